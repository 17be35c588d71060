r"""Where heat is bought and removed, once heat pumps run as they do: exact, without a solver.

With the heat of pumps given, a level lacks heat or has some left. Heat falls for nothing, so what
level ``l`` lacks comes from what is left at a level ``h >= l``, or is bought at the cheapest open
level from ``l`` up, for :math:`\hat e_l`; what is left at ``h`` and not used is removed at the
cheapest open level from ``h`` down, for :math:`\hat w_h`. Using it saves
:math:`\hat e_l + \hat w_h`. Each lack, from the highest level to the lowest, takes from the
lowest levels above that have something left.

**That saves the most.** The lacks that can be served together, and what is left that can be used
together, are the independent sets of two matroids; best sets of both go together (Mendelsohn and
Dulmage). A lack that is not served found all that is left above it taken by higher lacks, whose
:math:`\hat e` is no lower: no best set needs it. Heat left at ``h`` and not used finds every lack
at ``h`` and below served by what is left lower, whose :math:`\hat w` is no lower: no best set needs
it. The same holds for prices in two measures, the second deciding where the first is equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers


class Placed(NamedTuple):
    """Flows of heat in one period.

    Attributes
    ----------
    external_heat, cooling : ndarray (L,)
        Heat bought and removed, kW.
    cascade : ndarray (L+1,)
        Heat that arrives at each level from above, kW.
    """

    external_heat: Floats
    cooling: Floats
    cascade: Floats


class Places(NamedTuple):
    """Where each level's heat is best bought and removed (L,); of equal prices at itself."""

    bought: Integers
    removed: Integers


def cheapest_places(
    is_open: Booleans, external_heat: Sequence[Floats], cooling: Sequence[Floats]
) -> Places:
    """Find the cheapest open level from each one up, and from each one down.

    Parameters
    ----------
    is_open : ndarray of bool (L,)
    external_heat, cooling : sequence of ndarray (L,)
        Prices, one measure after the other: the second decides where the first is equal.

    Examples
    --------
    >>> prices = [np.array([5.0, 4.0, 4.0])]
    >>> cheapest_places(np.ones(3, dtype=bool), prices, prices)
    Places(bought=array([1, 1, 2]), removed=array([0, 1, 2]))
    """
    levels = np.flatnonzero(is_open)
    places = []
    for prices, order in ((external_heat, levels[::-1]), (cooling, levels)):
        price = np.column_stack(prices).tolist()
        best, place = int(order[0]) if order.size else -1, np.full(is_open.size, -1, dtype=np.int64)
        for level in order.tolist():
            if price[level] <= price[best]:
                best = level
            place[level] = best
        places.append(place)
    return Places(*places)


def placed(demand_kW: Floats, is_open: Booleans, places: Places) -> Placed:
    """Serve what levels lack (L,), kW, by what others have left, and buy and remove the rest.

    Parameters
    ----------
    demand_kW : ndarray (L,)
        What each level lacks; below 0 for what it has left; 0 at closed levels.
    is_open : ndarray of bool (L,)
    places : Places
        Where to buy and to remove.

    Examples
    --------
    >>> is_open, prices = np.ones(3, dtype=bool), [np.ones(3)]
    >>> places = cheapest_places(is_open, prices, prices)
    >>> flows = placed(np.array([5.0, 1.0, -4.0]), is_open, places)
    >>> flows.external_heat, flows.cascade
    (array([2., 0., 0.]), array([0., 3., 4., 0.]))
    """
    n = demand_kW.size
    external, cooling, fallen = np.zeros((3, n))
    surplus: list[int] = []
    left = np.maximum(-demand_kW, 0.0)
    levels = np.flatnonzero(is_open)[::-1].tolist()
    for level in levels:
        needed = max(float(demand_kW[level]), 0.0)
        while needed > 0.0 and surplus:
            moved = min(needed, float(left[surplus[-1]]))
            left[surplus[-1]] -= moved
            fallen[surplus[-1]] += moved
            fallen[level] -= moved
            needed -= moved
            if left[surplus[-1]] <= 0.0:
                surplus.pop()
        bought = int(places.bought[level])
        external[bought] += needed
        if bought != level:
            fallen[bought] += needed
            fallen[level] -= needed
        if left[level] > 0.0:
            surplus.append(level)
    for level in levels:
        removed = int(places.removed[level])
        cooling[removed] += left[level]
        if removed != level:
            fallen[level] += left[level]
            fallen[removed] -= left[level]
    falling = np.cumsum(fallen[::-1])[::-1]
    return Placed(external, cooling, np.append(np.maximum(falling, 0.0), 0.0))


def supplied(bought_kW: Floats, supply_kW: Floats, reaches: Booleans, usual: Integers) -> Floats:
    """Heat of each level and source (L, S), kW, that adds up to what levels buy.

    From the highest level down, each takes from the sources that reach it and have something left:
    a source that reaches a level reaches all below, so that order loses nothing.

    Parameters
    ----------
    bought_kW : ndarray (L,)
    supply_kW : ndarray (S,)
        Heat of each source; enough, but for rounding, which the usual one makes up for.
    reaches : ndarray of bool (S, L)
    usual : ndarray of int (L,)

    Examples
    --------
    >>> reaches = np.array([[True, False], [True, True]])
    >>> supplied(np.array([3.0, 2.0]), np.array([2.0, 3.0]), reaches, np.array([0, 1]))
    array([[2., 1.],
           [0., 2.]])
    """
    heat, left = np.zeros((bought_kW.size, supply_kW.size)), supply_kW.copy()
    for level in np.flatnonzero(bought_kW)[::-1].tolist():
        needed = float(bought_kW[level])
        for source in np.flatnonzero(reaches[:, level]).tolist():
            taken = min(needed, max(float(left[source]), 0.0))
            heat[level, source] += taken
            left[source] -= taken
            needed -= taken
        heat[level, usual[level]] += needed
    return heat
