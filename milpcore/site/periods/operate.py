r"""The best sizes and operation of given levels in all periods: one small linear program.

With levels fixed, streams at the nearest, and heat free to fall, what is left to decide is the heat
of pumps, :math:`q^t_k`, and their sizes. External heat and cooling cost the same at every level, so
heat may be bought at the highest and removed at the lowest. With :math:`D^t_l` the cold duty less
the hot heat at open level ``l`` in period ``t``, for all ``t``

.. math::

   E^t [l\,\text{highest}] - W^t [l\,\text{lowest}] + R^t_{above} - R^t_{below}
   + \sum_{in} q^t_k - \sum_{out} r_k q^t_k = D^t_l \quad \forall l \tag{1}

.. math:: q^t_k \le s_k \quad \forall k \tag{2}

and least cost :math:`f \sum_k s_k + \sum_t (e^t E^t + w^t W^t + \sum_k c^t_k q^t_k)`. The flows are
then placed: heat is bought where it is needed and removed where it arises, and each size is the
most heat that its pump delivers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly, Status, solve_lp
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.model import KW_PER_MW, nearest_levels
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.network import PeriodNetwork
from preprocess.jit import kernel

NOISE = 1e-9
"""Pump heat below this share of all duties is set to zero."""


@dataclass(frozen=True, eq=False)
class PeriodDesign:
    """A utility system with its operation in every period.

    Attributes
    ----------
    is_open : ndarray of bool (L,)
        Levels in use.
    stream_level : ndarray of int (S,)
        Level that each stream is connected to.
    size_kW : ndarray (K,)
        Largest sink heat of each heat pump pair.
    external_heat_kW, cooling_kW : ndarray (P, L)
        Heat bought and removed.
    cascade_kW : ndarray (P, L+1)
        Heat arriving at each level from above.
    pump_heat_kW : ndarray (P, K)
        Sink heat.
    """

    is_open: Booleans
    stream_level: Integers
    size_kW: Floats
    external_heat_kW: Floats
    cooling_kW: Floats
    cascade_kW: Floats
    pump_heat_kW: Floats


def pumps_between(network: PeriodNetwork, levels: Integers) -> Integers:
    """Heat pump pairs between levels of a set, rising."""
    pairs = network.base.pump_index[np.ix_(levels, levels)]
    return np.sort(pairs[pairs >= 0])


def set_demand_MW(network: PeriodNetwork, levels: Integers) -> Floats:
    """Cold duty less hot heat at each level of a set in each period (P, m)."""
    below = np.concatenate([[0], levels[:-1] + 1])
    above = np.concatenate([levels[1:], [network.n_levels]])
    hot, cold = network.hot_below_MW, network.cold_below_MW
    return np.asarray((cold[:, levels + 1] - cold[:, below]) - (hot[:, above] - hot[:, levels]))


def serves_all(network: PeriodNetwork, levels: Integers) -> bool:
    """Whether a rising set of levels has one for every stream."""
    base = network.base
    return bool(levels.size and base.can_start[levels[0]] and base.can_end[levels[-1]])


def best_operation(network: PeriodNetwork, levels: Integers) -> tuple[float, Integers, Floats]:
    """Cost of a rising set of levels, its pump pairs (K',), and their heat (P, K'), MW.

    The cost is infinite if a stream has no level.

    Raises
    ------
    RuntimeError
        If the solver fails.
    """
    n, m = network.n_periods, levels.size
    none = np.empty(0, dtype=np.int64)
    if not serves_all(network, levels):
        return np.inf, none, np.zeros((n, 0))
    pairs, demand = pumps_between(network, levels), set_demand_MW(network, levels)
    base = network.base
    source, sink = (
        np.searchsorted(levels, level[pairs]) for level in (base.pump_source, base.pump_sink)
    )
    assembly = Assembly()
    external = assembly.columns("external_heat", (n,))
    cooling = assembly.columns("cooling", (n,))
    cascade = assembly.columns("cascade", (n, m - 1))
    heat = assembly.columns("pump_heat", (n, pairs.size))
    size = assembly.columns("size", (pairs.size,))
    balance = assembly.rows("level_balance", (n, m), lower=demand, upper=demand)  # (1)
    assembly.put(balance[:, -1], external, 1.0)
    assembly.put(balance[:, 0], cooling, -1.0)
    assembly.put(balance[:, :-1], cascade, 1.0)
    assembly.put(balance[:, 1:], cascade, -1.0)
    assembly.put(balance[:, sink], heat, 1.0)
    assembly.put(balance[:, source], heat, -base.pump_share[pairs])
    within = assembly.rows("within_size", (n, pairs.size), upper=0.0)  # (2)
    assembly.put(within, heat, 1.0)
    assembly.put(within, size, -1.0)
    assembly.cost(external, network.external_heat_cost)
    assembly.cost(cooling, network.cooling_cost)
    assembly.cost(heat, network.operation_cost[:, pairs])
    assembly.cost(size, network.investment)
    solution = solve_lp(assembly.problem(), method="highs-ds")
    if solution.status is not Status.OPTIMAL:
        raise RuntimeError(f"the operation of fixed levels was not solved: {solution.message}")
    return solution.objective, pairs, np.asarray(solution.values["pump_heat"])


@kernel
def _separate_costs(
    sets: Integers,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> Floats:
    """Sum over periods of the cost of each level set, rows padded with -1."""
    n = hot_below.shape[1] - 1
    price = np.empty(sets.shape[1])
    costs = np.zeros(sets.shape[0])
    for row in range(sets.shape[0]):
        length = 0
        while length < sets.shape[1] and sets[row, length] >= 0:
            length += 1
        for period in range(hot_below.shape[0]):
            costs[row] += level_set_prices(
                sets[row, :length],
                hot_below[period],
                cold_below[period],
                np.full(n, external_heat[period]),
                np.full(n, cooling[period]),
                pump_index,
                pump_share,
                pump_cost[period],
                price,
            )
    return costs


def separate_costs(network: PeriodNetwork, sets: Integers, pump_cost: Floats) -> Floats:
    """Lower bound of the cost of level sets (rows padded with -1) at split investments.

    By (1) of `milpcore.site.periods.network` a set costs at least what its periods cost by
    themselves with pumps of the given cost (P, K), which is solved exactly here.
    """
    return _separate_costs(
        sets,
        network.hot_below_MW,
        network.cold_below_MW,
        network.external_heat_cost,
        network.cooling_cost,
        network.base.pump_index,
        network.base.pump_share,
        pump_cost,
    )


def operate_periods(
    inputs: PeriodInputs, network: PeriodNetwork, levels: Integers
) -> PeriodDesign | None:
    """Design with given levels; None if a stream has none. Flows are placed, see the module."""
    site = inputs.site
    cost, pairs, heat_MW = best_operation(network, levels)
    if not np.isfinite(cost):
        return None
    least = NOISE * np.maximum(inputs.periods.duty_kW.sum(axis=1), 1e-300)[:, None]
    heat_kW = heat_MW * KW_PER_MW
    pump_kW = np.zeros((inputs.n_periods, site.n_pairs))
    pump_kW[:, pairs] = np.where(heat_kW > least, heat_kW, 0.0)
    demand_kW = np.zeros((inputs.n_periods, site.n_candidates))
    demand_kW[:, levels] = set_demand_MW(network, levels) * KW_PER_MW
    drawn = pump_kW * site.pump_source_share
    for period in range(inputs.n_periods):
        np.subtract.at(demand_kW[period], site.pump_sink, pump_kW[period])
        np.add.at(demand_kW[period], site.pump_source, drawn[period])
    is_open = np.zeros(site.n_candidates, dtype=np.bool_)
    is_open[levels] = True
    placed = [_placed(one, is_open) for one in demand_kW]
    external, cooling, cascade = (np.array(flow) for flow in zip(*placed, strict=True))
    return PeriodDesign(
        is_open=is_open,
        stream_level=nearest_levels(site, is_open),
        size_kW=pump_kW.max(axis=0, initial=0.0),
        external_heat_kW=external,
        cooling_kW=cooling,
        cascade_kW=cascade,
        pump_heat_kW=pump_kW,
    )


def _placed(demand_kW: Floats, is_open: Booleans) -> tuple[Floats, Floats, Floats]:
    """External heat (L,), cooling (L,), cascade (L+1,): each deficit from the next surplus above.

    What no surplus above covers is bought at the level, what no deficit below takes is removed
    there: the least external heat there can be, hence the least cost.
    """
    n = demand_kW.size
    external, cooling, taken = np.zeros((3, n))
    surplus: list[int] = []
    left = np.maximum(-demand_kW, 0.0)
    for level in np.flatnonzero(is_open)[::-1].tolist():
        needed = max(float(demand_kW[level]), 0.0)
        while needed > 0.0 and surplus:
            moved = min(needed, float(left[surplus[-1]]))
            left[surplus[-1]] -= moved
            taken[surplus[-1]] += moved
            taken[level] -= moved
            needed -= moved
            if left[surplus[-1]] <= 0.0:
                surplus.pop()
        external[level] = needed
        if left[level] > 0.0:
            surplus.append(level)
    cooling = np.where(is_open, left, 0.0)
    falling = np.cumsum(taken[::-1])[::-1]
    return external, cooling, np.append(np.maximum(falling, 0.0), 0.0)


def design_cost(inputs: PeriodInputs, design: PeriodDesign) -> float:
    """TAC of a design, EUR/a."""
    return float(
        inputs.pump_investment * design.size_kW.sum()
        + inputs.external_heat_cost @ design.external_heat_kW.sum(axis=1)
        + inputs.cooling_cost @ design.cooling_kW.sum(axis=1)
        + (inputs.pump_operation_cost * design.pump_heat_kW).sum()
    )
