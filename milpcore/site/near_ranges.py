"""Where levels may be and how large heat pumps may get in near-optimal designs.

Levels of different sets are told apart by their place from below: the ranges are those of all
near-optimal level sets with as many levels as the best one. A heat pump is named by the places of
its two levels, and its type where there are several. Its range is over all these sets and all their
operations that stay within the share: exact for each set (`milpcore.site.size_extremes` on the
level network, `milpcore.site.option_extremes` with options), and complete where the list of sets is
(`milpcore.site.ranked_sets`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from milpcore.site.alternatives_results import LEVEL_RANGES, SIZE_RANGES
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import Design
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
    sets : ndarray of int (R, n)
        The best one first.
    max_levels : int
    within_percent : float
    is_proven : bool
        Whether these are all such sets.
    """

    sets: Integers
    max_levels: int
    within_percent: float
    is_proven: bool


class Operated(NamedTuple):
    """A level set and its best operation.

    Attributes
    ----------
    levels : ndarray of int
        Rising.
    design : Design
    """

    levels: Integers
    design: Design


class Quantity(NamedTuple):
    """What has a range: the heat of one heat pump, or a total.

    Attributes
    ----------
    name : str
        `HEAT_PUMP` or one of `TOTALS`.
    low, high : int
        Places from below of the levels of a heat pump, else -1.
    kind : int
        Type of a heat pump.
    """

    name: str
    low: int = -1
    high: int = -1
    kind: int = 0


class Extremes(Protocol):
    """Least and most of quantities over near-optimal sets and their operations.

    Attributes
    ----------
    finished : bool
        Whether none was cut short.
    """

    finished: bool

    def of(self, quantity: Quantity, known_kW: float, /) -> Floats:
        """Least and most (2,), kW; one design has what is known."""


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


def size_ranges(
    inputs: SiteInputs, near: NearSets, operated: Sequence[Operated], extremes: Extremes
) -> pd.DataFrame:
    """Least and most heat of each pump that one of the designs has, and of the totals (kW).

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    near : NearSets
    operated : sequence of Operated
        The best one first; those with another number of levels name no pumps.
    extremes : Extremes

    Returns
    -------
    DataFrame
        Columns of `SIZE_RANGES`; where options name types of heat pumps ``type``, too.
    """
    best, n_levels = operated[0], near.sets.shape[1]
    heat_kW = _pumps(inputs, best)
    named = {
        one for each in operated if each.levels.size == n_levels for one in _pumps(inputs, each)
    }
    power_kW = best.design.pump_heat_kW / inputs.pump_cop
    of_all = (best.design.pump_heat_kW, power_kW, best.design.external_heat_kW)
    best_kW = {one: heat_kW.get(one, 0.0) for one in sorted(named)}
    best_kW |= {Quantity(name): float(kW.sum()) for name, kW in zip(TOTALS, of_all, strict=True)}
    found = [extremes.of(one, kW) for one, kW in best_kW.items()]
    is_proven = near.is_proven and extremes.finished
    rows = [
        (
            near.max_levels,
            near.within_percent,
            one.name,
            one.low + 1,
            one.high + 1,
            kW,
            min(least_kW, kW),
            max(most_kW, kW),
            is_proven,
        )
        for (one, kW), (least_kW, most_kW) in zip(best_kW.items(), found, strict=True)
    ]
    ranges = table(SIZE_RANGES, *zip(*rows, strict=True))
    if inputs.options.heat_pumps.types and inputs.terms is not None:
        names = inputs.terms.type_names
        kinds = [names[one.kind] if one.name == HEAT_PUMP else "" for one in best_kW]
        ranges["type"] = pd.Series(kinds, dtype="str")
    return ranges


def _pumps(inputs: SiteInputs, one: Operated) -> dict[Quantity, float]:
    """Heat (kW) of each pump of a design, by the places of its levels from below and its type."""
    heat_kW: dict[Quantity, float] = {}
    used = np.flatnonzero(one.design.pump_heat_kW > 0.0)
    source = np.searchsorted(one.levels, inputs.pump_source[used]).tolist()
    sink = np.searchsorted(one.levels, inputs.pump_sink[used]).tolist()
    kind = [0] * used.size if inputs.terms is None else inputs.terms.pump_type[used].tolist()
    shares_kW = one.design.pump_heat_kW[used].tolist()
    for low, high, each, share_kW in zip(source, sink, kind, shares_kW, strict=True):
        quantity = Quantity(HEAT_PUMP, low, high, each)
        heat_kW[quantity] = heat_kW.get(quantity, 0.0) + share_kW
    return heat_kW


class NetworkExtremes:
    """Extremes of a site that the level network states exactly.

    Parameters
    ----------
    network : LevelNetwork
    sets : ndarray of int (R, n)
        Near-optimal level sets.
    budget : float
        Cost that a design may have, in units of the network.
    kW : float
        Of a MW of the network on the site as it is.
    """

    finished = True

    def __init__(self, network: LevelNetwork, sets: Integers, budget: float, kW: float) -> None:
        self.network, self.sets, self.budget, self.kW = network, sets, budget, kW

    def of(self, quantity: Quantity, _known_kW: float) -> Floats:
        """Least and most (2,) over all sets and operations, kW."""
        network = self.network
        heat, cooling = np.zeros(network.n_levels), np.zeros(network.n_levels)
        pump = np.zeros(network.pump_cost.size)
        if quantity.name == TOTALS[0]:
            pump[:] = 1.0
        elif quantity.name == TOTALS[1]:
            pump[:] = 1.0 - network.pump_share
        elif quantity.name == TOTALS[2]:
            heat[:] = 1.0
        extremes = _over_sets(
            self.sets,
            self.budget,
            quantity.low,
            quantity.high,
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
        return np.asarray(extremes * self.kW)


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
