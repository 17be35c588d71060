"""Good level sets: insertion, and local search screened by a proven bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.network import LevelNetwork
from preprocess.jit import kernel

LEAST_GAIN = 1e-10
"""Steps that gain less than this share are none."""
EQUAL = 1e-9
"""Costs closer than this share are equal."""


@kernel
def arc_length(i: int, j: int, hot_below: Floats, cold_below: Floats, profile: Floats) -> float:
    """Length of the arc from level i to level j at feasible prices; 0 beyond either end."""
    if i < 0 or j < 0:
        return 0.0
    n = profile.shape[0]
    deficit = (cold_below[n] - cold_below[i + 1]) - (hot_below[n] - hot_below[j])
    return float(deficit * (profile[j] - profile[i]))


@kernel
def _length(levels: Integers, hot_below: Floats, cold_below: Floats, profile: Floats) -> float:
    """Lower bound of a level set's cost from feasible prices."""
    length = (cold_below[-1] - hot_below[-1]) * profile[levels[0]]
    for a in range(levels.shape[0] - 1):
        length += arc_length(levels[a], levels[a + 1], hot_below, cold_below, profile)
    return float(length)


@kernel
def _place_one(
    base: Integers,
    least: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
    profile: Floats,
) -> tuple[Integers, float]:
    """Add the level that makes a set cheapest, if that costs less than `least`."""
    n = external_heat.shape[0]
    kept = base.shape[0]
    total = cold_below[-1] - hot_below[-1]
    length = _length(base, hot_below, cold_below, profile) if kept else 0.0
    trial = np.empty(kept + 1, dtype=np.int64)
    price = np.empty(kept + 1)
    best = base
    place = 0
    for new in range(n):
        if place < kept and base[place] == new:
            place += 1
            continue
        below = base[place - 1] if place > 0 else -1
        above = base[place] if place < kept else -1
        longer = (
            length
            - arc_length(below, above, hot_below, cold_below, profile)
            + arc_length(below, new, hot_below, cold_below, profile)
            + arc_length(new, above, hot_below, cold_below, profile)
        )
        if place == 0:
            longer += total * (profile[new] - (profile[base[0]] if kept else 0.0))
        if longer >= least:
            continue
        trial[:place] = base[:place]
        trial[place] = new
        trial[place + 1 :] = base[place:]
        value = level_set_prices(
            trial,
            hot_below,
            cold_below,
            external_heat,
            cooling,
            pump_index,
            pump_share,
            pump_cost,
            price,
        )
        if value < least:
            least = value
            best = trial.copy()
    return best, least


@kernel
def _move_two(
    levels: Integers,
    least: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
    profile: Floats,
) -> tuple[Integers, float]:
    """Move two neighbours between their neighbours, if that costs less than `least`."""
    n = external_heat.shape[0]
    m = levels.shape[0]
    total = cold_below[-1] - hot_below[-1]
    length = _length(levels, hot_below, cold_below, profile)
    price = np.empty(m)
    for a in range(m - 1):
        below = -1 if a == 0 else levels[a - 1]
        above = -1 if a == m - 2 else levels[a + 2]
        rest = length - arc_length(below, levels[a], hot_below, cold_below, profile)
        rest -= arc_length(levels[a], levels[a + 1], hot_below, cold_below, profile)
        rest -= arc_length(levels[a + 1], above, hot_below, cold_below, profile)
        trial = levels.copy()
        for first in range(below + 1, above - 1 if above >= 0 else n - 1):
            here = rest + arc_length(below, first, hot_below, cold_below, profile)
            if a == 0:
                here += total * (profile[first] - profile[levels[0]])
            for second in range(first + 1, above if above >= 0 else n):
                longer = here + arc_length(first, second, hot_below, cold_below, profile)
                longer += arc_length(second, above, hot_below, cold_below, profile)
                if longer >= least:
                    continue
                trial[a], trial[a + 1] = first, second
                value = level_set_prices(
                    trial,
                    hot_below,
                    cold_below,
                    external_heat,
                    cooling,
                    pump_index,
                    pump_share,
                    pump_cost,
                    price,
                )
                if value < least:
                    return trial, value
    return levels, least


@kernel
def _descend(
    levels: Integers,
    cost: float,
    n_levels: int,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
    profile: Floats,
) -> tuple[Integers, float]:
    """Insert or replace one level, or move two neighbours, while that lowers the cost."""
    arrays = (hot_below, cold_below, external_heat, cooling, pump_index, pump_share, pump_cost)
    improved = True
    while improved:
        improved = False
        for removed in range(-1, levels.shape[0]):
            if removed >= levels.shape[0] or (removed < 0 and levels.shape[0] >= n_levels):
                continue
            base = levels
            if removed >= 0:
                base = np.concatenate((levels[:removed], levels[removed + 1 :]))
            least = cost * (1.0 - LEAST_GAIN)
            better, value = _place_one(base, least, *arrays, profile)
            if value < least:
                levels, cost, improved = better, value, True
        if not improved:
            least = cost * (1.0 - LEAST_GAIN)
            better, value = _move_two(levels, least, *arrays, profile)
            if value < least:
                levels, cost, improved = better, value, True
    return levels, cost


@kernel
def _price_sets(
    sets: Integers,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> Floats:
    """Exact cost of level sets given as rows padded with -1."""
    price = np.empty(sets.shape[1])
    costs = np.empty(sets.shape[0])
    for row in range(sets.shape[0]):
        length = 0
        while length < sets.shape[1] and sets[row, length] >= 0:
            length += 1
        costs[row] = level_set_prices(
            sets[row, :length],
            hot_below,
            cold_below,
            external_heat,
            cooling,
            pump_index,
            pump_share,
            pump_cost,
            price,
        )
    return costs


class SetArrays(NamedTuple):
    """The arrays of a network that price a level set, in the order the kernels take them."""

    hot_below_MW: Floats
    cold_below_MW: Floats
    external_heat_cost: Floats
    cooling_cost: Floats
    pump_index: Integers
    pump_share: Floats
    pump_cost: Floats


def set_arrays(network: LevelNetwork) -> SetArrays:
    """Arrays of a network that price level sets."""
    return SetArrays(*(getattr(network, name) for name in SetArrays._fields))


def level_set_cost(network: LevelNetwork, levels: Integers) -> tuple[float, Floats]:
    """Exact cost of a level set, and the heat price of each of its levels."""
    price = np.zeros(levels.size)
    return float(level_set_prices(levels, *set_arrays(network), price)), price


def local_search(
    network: LevelNetwork, levels: Integers, n_levels: int, profile: Floats
) -> tuple[Integers, float]:
    """Improve a level set until no step helps.

    Parameters
    ----------
    network : LevelNetwork
    levels : ndarray of int
        A level set that serves every stream, rising.
    n_levels : int
        Largest number of levels.
    profile : ndarray (L,)
        Feasible heat prices, whose bound screens the steps.

    Returns
    -------
    levels : ndarray of int
    cost : float
    """
    cost, _ = level_set_cost(network, levels)
    return _descend(levels, cost, n_levels, *set_arrays(network), profile)


def level_set_costs(network: LevelNetwork, sets: Integers) -> Floats:
    """Exact costs of level sets, one a row, padded with -1."""
    return _price_sets(sets, *set_arrays(network))


def first_level_set(network: LevelNetwork) -> Integers:
    """One or two levels that serve every stream."""
    single = np.flatnonzero(network.can_start & network.can_end)
    if single.size:
        costs = [level_set_cost(network, single[[place]])[0] for place in range(single.size)]
        return single[[int(np.argmin(costs))]]
    lowest, highest = np.flatnonzero(network.can_start)[-1], np.flatnonzero(network.can_end)[0]
    return np.array([lowest, highest])


def shaken(network: LevelNetwork, levels: Integers, random: np.random.Generator) -> Integers | None:
    """Replace two inner levels by random ones; None if there are too few."""
    inner = levels[1:-1]
    free = np.setdiff1d(np.arange(network.n_levels), levels)
    count = min(2, inner.size, free.size)
    if count == 0:
        return None
    gone = random.choice(inner, count, replace=False)
    come = random.choice(free, count, replace=False)
    return np.sort(np.concatenate([np.setdiff1d(levels, gone), come]))


def canonical(network: LevelNetwork, levels: Integers, gap: float) -> tuple[Integers, float]:
    """Among designs of equal cost next to this one: fewest levels, then each as low as can be.

    Equal is what differs by less than 1e-9, or by less than the gap asked for.
    """
    cost, _ = level_set_cost(network, levels)
    limit = cost + min(EQUAL, gap) * abs(cost)
    changed = True
    while changed:
        changed = False
        for place in range(levels.size):
            without = np.delete(levels, place)
            if without.size and level_set_cost(network, without)[0] <= limit:
                levels, changed = without, True
                break
        if changed:
            continue
        for place in range(levels.size):
            lower = int(levels[place]) - 1
            while lower > (levels[place - 1] if place else -1):
                trial = levels.copy()
                trial[place] = lower
                if level_set_cost(network, trial)[0] > limit:
                    break
                levels, changed = trial, True
                lower -= 1
    return levels, level_set_cost(network, levels)[0]
