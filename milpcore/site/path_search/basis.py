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
    external_heat, cooling, balance, flow : ndarray of int8 (L,)
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
    balance: Statuses
    flow: Statuses
    other: Statuses
