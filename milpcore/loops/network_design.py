"""Exchangers of a network as arrays, with and without their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.loops.inputs import Floats, Ints, Route


@dataclass(frozen=True, eq=False)
class UnitSet:
    """Which exchangers there are; their sizes are free.

    Attributes
    ----------
    stream, loop (U,) : ndarray of int64
        Exchangers of a stream stand in the order in which it meets them.
    routes : tuple of Route
        Of every loop.
    has_utility (S,) : ndarray of bool
        Streams that have a heater or cooler.
    """

    stream: Ints
    loop: Ints
    routes: tuple[Route, ...]
    has_utility: npt.NDArray[np.bool_]

    @property
    def n_units(self) -> int:
        """Number of exchangers between streams and loops."""
        return int(self.stream.size)


@dataclass(frozen=True, eq=False)
class UnitDesign:
    """Exchangers with their sizes.

    Attributes
    ----------
    units : UnitSet
    load_kW, water_in_C, water_out_C (U,) : ndarray
    flow_kW_per_K (L,) : ndarray
    leg_C : tuple of ndarray
        Temperature of each loop's legs; leg n leaves plant n of the route.
    cost_per_a : float
        Utilities, exchangers, pipes and pumps.
    """

    units: UnitSet
    load_kW: Floats
    water_in_C: Floats
    water_out_C: Floats
    flow_kW_per_K: Floats
    leg_C: tuple[Floats, ...]
    cost_per_a: float


class Order(NamedTuple):
    """Order of water temperatures, which makes D a polynomial.

    Attributes
    ----------
    rank : ndarray of int64, shape (plants of loops, variables)
        Rank of the plant's water temperatures, the same for those that stay equal; -1 for others.
    ties : tuple of (int, int)
        Variables that are equal.
    """

    rank: Ints
    ties: tuple[tuple[int, int], ...]
