"""Where levels may be and how large heat pumps may get in near-optimal designs.

Levels of different sets are told apart by their place from below: the ranges are those of all
near-optimal level sets with as many levels as the best one. A heat pump is named by the places of
its two levels. Its range is over all these sets and all their operations that stay within the
share: exact for each set (`milpcore.site.size_extremes`), and complete where the list of sets is
(`milpcore.site.ranked_sets`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from milpcore.site.alternatives_results import LEVEL_RANGES, SIZE_RANGES
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW, Design
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.size_extremes import extreme_amount
from milpcore.site.tables import empty_table, table
from preprocess.jit import kernel

TOTALS = ("all heat pumps", "electricity", "external heat")
"""Quantities of a whole design."""
HEAT_PUMP = "heat pump"


class NearSets(NamedTuple):
    """Near-optimal level sets with as many levels as the best one.

    Attributes
    ----------
    network : LevelNetwork
    sets : ndarray of int (R, n)
        The best one first.
    budget : float
        Cost that a design may have, in units of the network.
    max_levels : int
    within_percent : float
    is_proven : bool
        Whether these are all such sets.
    kW : float
        Of a MW of the network on the site as it is.
    """

    network: LevelNetwork
    sets: Integers
    budget: float
    max_levels: int
    within_percent: float
    is_proven: bool
    kW: float = KW_PER_MW


def level_ranges(inputs: SiteInputs, near: NearSets) -> pd.DataFrame:
    """Lowest and highest temperature of each level, one row a level from below."""
    if not len(near.sets):
        return empty_table(LEVEL_RANGES)
    level_C = inputs.level_C[near.sets]
    rows = [
        (
            near.max_levels,
            near.within_percent,
            place + 1,
            level_C[0, place],
            level_C[:, place].min(),
            level_C[:, place].max(),
            np.unique(near.sets[:, place]).size,
            near.is_proven,
        )
        for place in range(near.sets.shape[1])
    ]
    return table(LEVEL_RANGES, *zip(*rows, strict=True))


def size_ranges(inputs: SiteInputs, near: NearSets, designs: Sequence[Design]) -> pd.DataFrame:
    """Least and most heat of each pump that one of the designs has, and of the totals (kW).

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    near : NearSets
    designs : sequence of Design
        The best one first; those with another number of levels name no pumps.

    Returns
    -------
    DataFrame
        Columns of `SIZE_RANGES`.
    """
    if not len(near.sets) or not designs:
        return empty_table(SIZE_RANGES)
    n_levels = near.sets.shape[1]
    pairs = sorted(
        {pair for one in designs for pair in _places(inputs, one, n_levels)},
    )
    best = _places(inputs, designs[0], n_levels)
    rows: list[tuple[object, ...]] = []

    def add(name: str, pair: tuple[int, int], best_kW: float, extremes: Floats) -> None:
        least_kW, most_kW = (float(value) * near.kW for value in extremes)
        ends = (pair[0] + 1, pair[1] + 1)
        shown = (best_kW, min(least_kW, best_kW), max(most_kW, best_kW), near.is_proven)
        rows.append((near.max_levels, near.within_percent, name, *ends, *shown))

    for pair in pairs:
        add(HEAT_PUMP, pair, best.get(pair, 0.0), _extremes(near, pair, "pump"))
    first = designs[0]
    power_kW = float((first.pump_heat_kW / inputs.pump_cop).sum()) if inputs.n_pairs else 0.0
    of_best = (float(first.pump_heat_kW.sum()), power_kW, float(first.external_heat_kW.sum()))
    for name, best_kW in zip(TOTALS, of_best, strict=True):
        add(name, (-1, -1), best_kW, _extremes(near, (-1, -1), name))
    return table(SIZE_RANGES, *zip(*rows, strict=True))


def _places(inputs: SiteInputs, design: Design, n_levels: int) -> dict[tuple[int, int], float]:
    """Heat (kW) of each pump of a design by the places of its levels from below."""
    levels = np.flatnonzero(design.is_open)
    if levels.size != n_levels:
        return {}
    used = np.flatnonzero(design.pump_heat_kW > 0.0)
    source = np.searchsorted(levels, inputs.pump_source[used])
    sink = np.searchsorted(levels, inputs.pump_sink[used])
    pairs = zip(source.tolist(), sink.tolist(), strict=True)
    return dict(zip(pairs, design.pump_heat_kW[used].tolist(), strict=True))


def _extremes(near: NearSets, pair: tuple[int, int], quantity: str) -> Floats:
    """Least and most (MW) of a quantity over all sets and operations."""
    network = near.network
    heat, cooling = np.zeros(network.n_levels), np.zeros(network.n_levels)
    pump = np.zeros(network.pump_cost.size)
    if quantity == TOTALS[0]:
        pump[:] = 1.0
    elif quantity == TOTALS[1]:
        pump[:] = 1.0 - network.pump_share
    elif quantity == TOTALS[2]:
        heat[:] = 1.0
    extremes = _over_sets(
        near.sets,
        near.budget,
        *pair,
        network.hot_below_MW,
        network.cold_below_MW,
        network.external_heat_cost,
        network.cooling_cost,
        network.pump_cost,
        heat,
        cooling,
        pump,
        network.pump_index,
        network.pump_share,
    )
    if np.isnan(extremes).any():
        raise RuntimeError("the least and the most of a quantity were not found")
    return np.asarray(extremes)


@kernel
def _over_sets(
    sets: Integers,
    budget: float,
    low: int,
    high: int,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_cost: Floats,
    heat_amount: Floats,
    cooling_amount: Floats,
    pump_amount: Floats,
    pump_index: Integers,
    pump_share: Floats,
) -> Floats:
    """Least and most (2,) of an amount, or of the pump between two places if `low` is not -1."""
    extremes = np.array([np.inf, -np.inf])
    for row in range(sets.shape[0]):
        pump = -1
        if low >= 0:
            pump = pump_index[sets[row, low], sets[row, high]]
            if pump < 0:
                extremes[0], extremes[1] = min(extremes[0], 0.0), max(extremes[1], 0.0)
                continue
            pump_amount[pump] = 1.0
        for side in range(2):
            found = extreme_amount(
                sets[row],
                budget,
                -1.0 if side == 0 else 1.0,
                hot_below,
                cold_below,
                external_heat,
                cooling,
                pump_cost,
                heat_amount,
                cooling_amount,
                pump_amount,
                pump_index,
                pump_share,
            )
            if np.isnan(found):
                extremes[side] = np.nan
            elif side == 0:
                extremes[0] = min(extremes[0], found)
            else:
                extremes[1] = max(extremes[1], found)
        if pump >= 0:
            pump_amount[pump] = 0.0
    return extremes
