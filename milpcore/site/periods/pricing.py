r"""What given levels cost in all periods: one small linear program, with options mixed-integer.

With levels fixed, streams at the nearest, and heat free to fall, what is left to decide is the heat
of heat pump offers, :math:`q^t_k`, and their sizes. External heat is offered at the levels where it
is cheaper than at all above, cooling where it is cheaper than at all below. With :math:`D^t_l` the
cold duty less the hot heat at open level ``l`` in period ``t``, for all ``t``

.. math::

   E^t_l - W^t_l + R^t_{above} - R^t_{below}
   + \sum_{in} q^t_k - \sum_{out} r_k q^t_k = D^t_l \quad \forall l \tag{1}

.. math:: q^t_k \le s_k \quad \forall k \tag{2}

and least cost :math:`\sum_k f_k s_k + \sum_t (\sum_l e^t_l E^t_l + \sum_l w^t_l W^t_l + \sum_k
c^t_k q^t_k)` in the objective. Where that is OPEX or CO2, a second program minimises TAC, with no
more of the objective than its least value (3). Options of sizes and of the whole site are those of
`milpcore.site.periods.size_options`; what they decide is decided first, and the rest is a linear
program again.
"""

from __future__ import annotations

import numpy as np

from milpcore.core import Assembly, Problem, Solution, Status, solve, solve_lp
from milpcore.economics import Measure
from milpcore.site.inputs import Floats, Integers
from milpcore.site.model import KW_PER_MW
from milpcore.site.operation_problem import LEXICOGRAPHIC_SLACK
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.relaxation import cheaper_than_above, cheaper_than_below
from milpcore.site.periods.inputs import PeriodCosts
from milpcore.site.periods.network import PeriodNetwork
from milpcore.site.periods.size_options import add_period_limits, add_size_options, size_limit_MW
from preprocess.jit import kernel

SHARP = 1000.0
"""Factor of row (3), because the solver's tolerances are absolute."""


def offers_between(network: PeriodNetwork, levels: Integers) -> Integers:
    """Heat pump offers between levels of a set, rising."""
    site = network.inputs.site
    is_open = np.zeros(network.n_levels, dtype=np.bool_)
    is_open[levels] = True
    return np.flatnonzero(is_open[site.pump_source] & is_open[site.pump_sink])


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


def set_cost(network: PeriodNetwork, levels: Integers) -> float:
    """Cost of a rising set of levels, in units of the network.

    Infinite if a stream has no level, a forced level is missing, or limits cannot be kept.

    Raises
    ------
    RuntimeError
        If the solver fails.
    """
    if not serves_all(network, levels):
        return np.inf
    solution = _solved(operation_problem(network, levels, [network.offer_costs]), network)
    if solution is None:
        return np.inf
    return solution.objective + float(network.level_cost[levels].sum())


def best_operation(network: PeriodNetwork, levels: Integers) -> Solution | None:
    """Least objective, then least TAC, with levels that serve all streams; None if impossible.

    Values, MW: ``pump_heat`` (P, K') and ``size`` (K',) of `offers_between`, ``source_heat`` where
    sources are split.
    """
    inputs, first_costs = network.inputs, network.offer_costs
    if not inputs.tac_decides:
        return _solved(operation_problem(network, levels, [first_costs]), network)
    tac = inputs.costs(Measure.TAC).scaled(1.0 / inputs.site.cost_scale)
    first = operation_problem(network, levels, [tac, first_costs])
    found = _solved(first, network)
    if found is None:
        return None
    most = SHARP * (found.objective + LEXICOGRAPHIC_SLACK * abs(found.objective))
    second = operation_problem(network, levels, [first_costs, tac])
    kept = second.with_rows("first_objective", SHARP * first.cost, upper=most)  # (3)
    return _solved(kept, network, may_fail=True) or found


def operation_problem(
    network: PeriodNetwork, levels: Integers, measures: list[PeriodCosts]
) -> Problem:
    """Assemble (1), (2) and options for a rising set of levels that serves all streams.

    Parameters
    ----------
    network : PeriodNetwork
    levels : ndarray of int (m,)
    measures : list of PeriodCosts
        Heat is offered wherever it is cheap in one of them; the last is minimised.
    """
    n, m, costs, site = network.n_periods, levels.size, measures[-1], network.inputs.site
    offers, demand = offers_between(network, levels), set_demand_MW(network, levels)
    source, sink = (
        np.searchsorted(levels, level[offers]) for level in (site.pump_source, site.pump_sink)
    )
    heated, cooled = (
        np.unique(np.concatenate([cheap(price.sum(axis=0)[levels]) for price in prices]))
        for cheap, prices in (
            (cheaper_than_above, [one.external_heat for one in measures]),
            (cheaper_than_below, [one.cooling for one in measures]),
        )
    )
    if network.inputs.splits_sources:
        heated = np.arange(m)
    assembly = Assembly()
    external = assembly.columns("external_heat", (n, heated.size))
    cooling = assembly.columns("cooling", (n, cooled.size))
    cascade = assembly.columns("cascade", (n, m - 1))
    heat = assembly.columns("pump_heat", (n, offers.size))
    size = assembly.columns("size", (offers.size,), upper=size_limit_MW(site.terms, offers))
    balance = assembly.rows("level_balance", (n, m), lower=demand, upper=demand)  # (1)
    assembly.put(balance[:, heated], external, 1.0)
    assembly.put(balance[:, cooled], cooling, -1.0)
    assembly.put(balance[:, :-1], cascade, 1.0)
    assembly.put(balance[:, 1:], cascade, -1.0)
    assembly.put(balance[:, sink], heat, 1.0)
    assembly.put(balance[:, source], heat, -site.pump_source_share[offers])
    within = assembly.rows("within_size", (n, offers.size), upper=0.0)  # (2)
    assembly.put(within, heat, 1.0)
    assembly.put(within, size, -1.0)
    prices = (
        costs.external_heat[:, levels[heated]],
        costs.cooling[:, levels[cooled]],
        costs.operation[:, offers],
        costs.size[offers],
    )
    for columns, price in zip((external, cooling, heat, size), prices, strict=True):
        assembly.cost(columns, price)
    if network.is_restricted:
        add_size_options(assembly, network.inputs, offers, size, costs.built / KW_PER_MW, m)
        own = (external, levels[heated]), (heat, offers)
        add_period_limits(assembly, network.inputs, *own, costs)
    return assembly.problem()


def _solved(problem: Problem, network: PeriodNetwork, *, may_fail: bool = False) -> Solution | None:
    """Solve, first for what is to be decided, if anything is; None where options leave nothing."""
    may_fail |= network.is_restricted
    if problem.integrality.any():
        decided = solve(problem, mip_rel_gap=0.0)
        if decided.status is Status.INFEASIBLE and may_fail:
            return None
        if decided.status is not Status.OPTIMAL:
            raise RuntimeError(f"the heat pumps were not chosen: {decided.message}")
        taken = np.round(decided.values["pump_built"])
        problem = problem.with_bounds(problem.column_blocks["pump_built"], taken, taken).relaxed()
    solution = solve_lp(problem, method="highs-ds")
    if solution.status is Status.INFEASIBLE and may_fail:
        return None
    if solution.status is not Status.OPTIMAL:
        raise RuntimeError(f"the operation of fixed levels was not solved: {solution.message}")
    return solution


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
