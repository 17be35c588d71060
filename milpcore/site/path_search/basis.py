"""Simplex statuses by their number in the network, to carry from one small LP to the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Statuses = npt.NDArray[np.int8]
LOWER, BASIC = 0, 1


class Basis(NamedTuple):
    """Statuses of the columns and rows of a relaxation.

    Attributes
    ----------
    arc : ndarray of int8 (A,)
    start, end : ndarray of int8 (L,)
    cascade : ndarray of int8 (L,)
        Heat falling to a level from the next alive one.
    pump : ndarray of int8 (K,)
    external_heat, cooling, unused_into, unused_out : ndarray of int8 (L,)
    balance, flow, into, out : ndarray of int8 (L,)
    other : ndarray of int8 (2,)
        The rows that count starts and arcs.
    """

    arc: Statuses
    start: Statuses
    end: Statuses
    cascade: Statuses
    pump: Statuses
    external_heat: Statuses
    cooling: Statuses
    unused_into: Statuses
    unused_out: Statuses
    balance: Statuses
    flow: Statuses
    into: Statuses
    out: Statuses
    other: Statuses
