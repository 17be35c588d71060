r"""The best sizes and operation of given levels in all periods: one small linear program.

With levels fixed, streams at the nearest, and heat free to fall, what is left to decide is the heat
of pumps, :math:`q^t_k`, and their sizes. External heat is offered at the levels where it is cheaper
than at all above, cooling where it is cheaper than at all below. With :math:`D^t_l` the cold duty
less the hot heat at open level ``l`` in period ``t``, for all ``t``

.. math::

   E^t_l - W^t_l + R^t_{above} - R^t_{below}
   + \sum_{in} q^t_k - \sum_{out} r_k q^t_k = D^t_l \quad \forall l \tag{1}

.. math:: q^t_k \le s_k \quad \forall k \tag{2}

and least cost :math:`\sum_k f_k s_k + \sum_t (\sum_l e^t_l E^t_l + \sum_l w^t_l W^t_l + \sum_k
c^t_k q^t_k)` in the objective. Where that is OPEX or CO2, a second program minimises TAC, with no
more of the objective than its least value (3). The flows are then placed
(`milpcore.site.periods.placing`), and each size is the most heat that its pump delivers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly, Problem, Solution, Status, solve_lp
from milpcore.economics import Measure
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.model import KW_PER_MW, nearest_levels
from milpcore.site.operate import LEXICOGRAPHIC_SLACK
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.relaxation import cheaper_than_above, cheaper_than_below
from milpcore.site.periods.inputs import PeriodCosts, PeriodInputs
from milpcore.site.periods.network import PeriodNetwork
from milpcore.site.periods.placing import cheapest_places, placed
from preprocess.jit import kernel

NOISE = 1e-9
"""Pump heat below this share of all duties is set to zero."""
SHARP = 1000.0
"""Factor of row (3), because the solver's tolerances are absolute."""


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
    """Whether a rising set of levels has one for every stream, and all that are forced."""
    base = network.base
    if not levels.size or network.is_forced[levels].sum() != network.is_forced.sum():
        return False
    return bool(base.can_start[levels[0]] and base.can_end[levels[-1]])


def best_operation(network: PeriodNetwork, levels: Integers) -> tuple[float, Integers, Floats]:
    """Cost of a rising set of levels, its pump pairs (K',), and their heat (P, K'), MW.

    The cost is infinite if a stream has no level, or a forced level is missing.

    Raises
    ------
    RuntimeError
        If the solver fails.
    """
    pairs = pumps_between(network, levels)
    if not serves_all(network, levels):
        return np.inf, pairs, np.zeros((network.n_periods, pairs.size))
    solution = _solved(operation_problem(network, levels, [network.costs]))
    cost = solution.objective + float(network.level_cost[levels].sum())
    return cost, pairs, np.asarray(solution.values["pump_heat"])


def operation_problem(
    network: PeriodNetwork, levels: Integers, measures: list[PeriodCosts]
) -> Problem:
    """Assemble (1) and (2) for a rising set of levels that serves all streams.

    Parameters
    ----------
    network : PeriodNetwork
    levels : ndarray of int (m,)
    measures : list of PeriodCosts
        Heat is offered wherever it is cheap in one of them; the last is minimised.
    """
    n, m, base, costs = network.n_periods, levels.size, network.base, measures[-1]
    pairs, demand = pumps_between(network, levels), set_demand_MW(network, levels)
    source, sink = (
        np.searchsorted(levels, level[pairs]) for level in (base.pump_source, base.pump_sink)
    )
    heated, cooled = (
        np.unique(np.concatenate([cheap(price.sum(axis=0)[levels]) for price in prices]))
        for cheap, prices in (
            (cheaper_than_above, [one.external_heat for one in measures]),
            (cheaper_than_below, [one.cooling for one in measures]),
        )
    )
    assembly = Assembly()
    external = assembly.columns("external_heat", (n, heated.size))
    cooling = assembly.columns("cooling", (n, cooled.size))
    cascade = assembly.columns("cascade", (n, m - 1))
    heat = assembly.columns("pump_heat", (n, pairs.size))
    size = assembly.columns("size", (pairs.size,))
    balance = assembly.rows("level_balance", (n, m), lower=demand, upper=demand)  # (1)
    assembly.put(balance[:, heated], external, 1.0)
    assembly.put(balance[:, cooled], cooling, -1.0)
    assembly.put(balance[:, :-1], cascade, 1.0)
    assembly.put(balance[:, 1:], cascade, -1.0)
    assembly.put(balance[:, sink], heat, 1.0)
    assembly.put(balance[:, source], heat, -base.pump_share[pairs])
    within = assembly.rows("within_size", (n, pairs.size), upper=0.0)  # (2)
    assembly.put(within, heat, 1.0)
    assembly.put(within, size, -1.0)
    prices = (
        costs.external_heat[:, levels[heated]],
        costs.cooling[:, levels[cooled]],
        costs.operation[:, pairs],
        costs.size[pairs],
    )
    for columns, price in zip((external, cooling, heat, size), prices, strict=True):
        assembly.cost(columns, price)
    return assembly.problem()


def _solved(problem: Problem) -> Solution:
    solution = solve_lp(problem, method="highs-ds")
    if solution.status is not Status.OPTIMAL:
        raise RuntimeError(f"the operation of fixed levels was not solved: {solution.message}")
    return solution


def _lexicographic(inputs: PeriodInputs, network: PeriodNetwork, levels: Integers) -> Floats:
    """Heat of the pumps between some levels (P, K'), MW: least objective, then least TAC."""
    if not inputs.tac_decides:
        return best_operation(network, levels)[2]
    tac = inputs.costs(Measure.TAC).scaled(1.0 / inputs.site.cost_scale)
    first = operation_problem(network, levels, [tac, network.costs])
    least = _solved(first).objective
    most = SHARP * (least + LEXICOGRAPHIC_SLACK * abs(least))
    second = operation_problem(network, levels, [network.costs, tac])
    kept = second.with_rows("first_objective", SHARP * first.cost, upper=most)  # (3)
    return np.asarray(_solved(kept).values["pump_heat"])


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
                external_heat[period],
                cooling[period],
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
    of_levels = np.where(sets >= 0, network.level_cost[sets], 0.0).sum(axis=1)
    costs: Floats = of_levels + _separate_costs(
        sets,
        network.hot_below_MW,
        network.cold_below_MW,
        network.costs.external_heat,
        network.costs.cooling,
        network.base.pump_index,
        network.base.pump_share,
        pump_cost,
    )
    return costs


def operate_periods(
    inputs: PeriodInputs, network: PeriodNetwork, levels: Integers
) -> PeriodDesign | None:
    """Design with given levels; None if a stream has none, or a forced level is missing.

    Flows are placed, see the module; levels without use are closed, but those that are forced.
    """
    site = inputs.site
    if not serves_all(network, levels):
        return None
    pairs, heat_MW = pumps_between(network, levels), _lexicographic(inputs, network, levels)
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
    measures = inputs.objective_costs, inputs.costs(Measure.TAC)
    places = cheapest_places(
        is_open,
        [one.external_heat[0] for one in measures],  # in every period the same multiple
        [one.cooling[0] for one in measures],
    )
    flows = [placed(one, is_open, places) for one in demand_kW]
    external, cooling, cascade = (np.array(flow) for flow in zip(*flows, strict=True))
    stream_level, used = nearest_levels(site, is_open), site.is_forced.copy()
    used[stream_level] = True
    used |= (external + cooling).sum(axis=0) > 0.0
    built = np.flatnonzero(pump_kW.any(axis=0))
    used[site.pump_source[built]] = used[site.pump_sink[built]] = True
    return PeriodDesign(
        is_open=used,
        stream_level=stream_level,
        size_kW=pump_kW.max(axis=0, initial=0.0),
        external_heat_kW=external,
        cooling_kW=cooling,
        cascade_kW=cascade,
        pump_heat_kW=pump_kW,
    )


def design_cost(inputs: PeriodInputs, design: PeriodDesign, measure: Measure) -> float:
    """Cost of a design in one measure, EUR/a or t/a."""
    costs, fixed = inputs.costs(measure), inputs.site.fixed_costs(measure)
    return float(
        costs.size @ design.size_kW
        + fixed.level @ design.is_open
        + (costs.external_heat * design.external_heat_kW).sum()
        + (costs.cooling * design.cooling_kW).sum()
        + (costs.operation * design.pump_heat_kW).sum()
    )


def without_spare_levels(
    inputs: PeriodInputs, network: PeriodNetwork, design: PeriodDesign
) -> PeriodDesign:
    """Leave out every level that saves nothing, from the highest to the lowest, again and again.

    The design costs no more, in the objective or in TAC, within 1e-9.
    """

    def costs_of(one: PeriodDesign) -> list[float]:
        return [design_cost(inputs, one, measure) for measure in (inputs.measure, Measure.TAC)]

    most = [cost * (1.0 + LEXICOGRAPHIC_SLACK) for cost in costs_of(design)]
    found = True
    while found:
        found = False
        levels = np.flatnonzero(design.is_open)
        for place in reversed(range(levels.size)):
            smaller = operate_periods(inputs, network, np.delete(levels, place))
            if smaller is None:
                continue
            if all(cost <= limit for cost, limit in zip(costs_of(smaller), most, strict=True)):
                design, found = smaller, True
                break
    return design
