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
def _screen(
    levels: Integers, hot_below: Floats, cold_below: Floats, total: float, profile: Floats
) -> float:
    """Lower bound of a level set's cost from a feasible price profile."""
    n = profile.shape[0]
    bound = total * profile[levels[0]]
    for a in range(levels.shape[0] - 1):
        i, j = levels[a], levels[a + 1]
        deficit = (cold_below[n] - cold_below[i + 1]) - (hot_below[n] - hot_below[j])
        bound += deficit * (profile[j] - profile[i])
    return float(bound)


@kernel
def _promising(
    levels: Integers,
    cost: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
    profile: Floats,
    price: Floats,
) -> float:
    """Cost of a level set, infinite if its bound already reaches `cost`."""
    total = cold_below[-1] - hot_below[-1]
    if _screen(levels, hot_below, cold_below, total, profile) >= cost:
        return np.inf
    return level_set_prices(
        levels,
        hot_below,
        cold_below,
        external_heat,
        cooling,
        pump_index,
        pump_share,
        pump_cost,
        price,
    )


@kernel
def _improve(
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
    """One improving step: insert or replace a level, or move two neighbours; the first found."""
    n = external_heat.shape[0]
    m = levels.shape[0]
    least = cost * (1.0 - LEAST_GAIN)
    price = np.empty(n_levels)
    for removed in range(-1 if m < n_levels else 0, m):
        base = np.empty(m if removed < 0 else m - 1, dtype=np.int64)
        kept = 0
        for a in range(m):
            if a != removed:
                base[kept] = levels[a]
                kept += 1
        trial = np.empty(kept + 1, dtype=np.int64)
        place = 0
        for new in range(n):
            if place < kept and base[place] == new:
                place += 1
                continue
            trial[:place] = base[:place]
            trial[place] = new
            trial[place + 1 :] = base[place:]
            value = _promising(
                trial,
                least,
                hot_below,
                cold_below,
                external_heat,
                cooling,
                pump_index,
                pump_share,
                pump_cost,
                profile,
                price,
            )
            if value < least:
                return trial, value
    for a in range(m - 1):
        low = 0 if a == 0 else levels[a - 1] + 1
        high = n - 1 if a == m - 2 else levels[a + 2] - 1
        trial = levels.copy()
        for first in range(low, high):
            for second in range(first + 1, high + 1):
                trial[a], trial[a + 1] = first, second
                value = _promising(
                    trial,
                    least,
                    hot_below,
                    cold_below,
                    external_heat,
                    cooling,
                    pump_index,
                    pump_share,
                    pump_cost,
                    profile,
                    price,
                )
                if value < least:
                    return trial, value
    return levels, cost


class _SetArrays(NamedTuple):
    """The arrays of a network that price a level set, in the order the kernels take them."""

    hot_below_MW: Floats
    cold_below_MW: Floats
    external_heat_cost: Floats
    cooling_cost: Floats
    pump_index: Integers
    pump_share: Floats
    pump_cost: Floats


def _arrays(network: LevelNetwork) -> _SetArrays:
    return _SetArrays(*(getattr(network, name) for name in _SetArrays._fields))


def level_set_cost(network: LevelNetwork, levels: Integers) -> tuple[float, Floats]:
    """Exact cost of a level set, and the heat price of each of its levels."""
    price = np.zeros(levels.size)
    return float(level_set_prices(levels, *_arrays(network), price)), price


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
    while True:
        better, value = _improve(levels, cost, n_levels, *_arrays(network), profile)
        if value >= cost:
            return levels, cost
        levels, cost = better, value


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


def canonical(network: LevelNetwork, levels: Integers) -> tuple[Integers, float]:
    """Among designs of equal cost next to this one: fewest levels, then each as low as can be."""
    cost, _ = level_set_cost(network, levels)
    limit = cost + EQUAL * abs(cost)
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
