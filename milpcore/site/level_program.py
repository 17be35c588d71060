"""The program of given levels, its solution, and how large heat pumps may get within a budget.

From `milpcore.site.operation_problem` `milpcore.site.operate` makes designs,
`milpcore.site.set_costs` the cost of a level set, and `milpcore.site.option_extremes` the least and
the most of an amount at limited cost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Problem, Solution, Status, solve, solve_lp
from milpcore.economics import Measure
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW, nearest_levels
from milpcore.site.operation_problem import (
    Flows,
    Part,
    Prices,
    fixed_part,
    operation_problem,
    prices_of,
)

FREE_SHARE = 1e3
"""Share of all duties that stands for infinite heat of a heat pump that costs nothing."""

CONNECTING = 1e-9
"""Relative gap and tolerance of a choice of connections: a millionth of a large stream counts."""

LIMITS = {"most_external_heat", "most_emission", "source_split", "forced_pumps"}
"""Rows with which there may be no operation."""


class LevelProgram(NamedTuple):
    """The program of least objective over some levels, with what is needed to read it.

    Attributes
    ----------
    problem : Problem
        With column blocks ``external_heat`` (O,) and ``pump_heat`` (P,), MW.
    pair : ndarray of int (P,)
        Heat pump pair of each column of pump heat.
    unit : float
        EUR/a or t/a of one unit of its objective.
    """

    problem: Problem
    pair: Integers
    unit: float


def level_program(
    inputs: SiteInputs, levels: Integers, *, budget: float | None = None
) -> LevelProgram | None:
    """Program of least objective over some levels, with every stream at the nearest of them.

    Parameters
    ----------
    inputs : SiteInputs
        The site; what levels cost is left out.
    levels : ndarray of int (O,)
        Open levels, rising.
    budget : float, optional
        Operations that cost at most so much are wanted, not the cheapest alone, EUR/a or t/a.

    Returns
    -------
    LevelProgram or None
        None if a stream has no level, or a level that options force is not among them.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> program = level_program(inputs, np.array([0, 1]))
    >>> round(least_objective(program)), level_program(inputs, np.array([0]))
    (448640, None)
    """
    is_open = np.zeros(inputs.n_candidates, dtype=np.bool_)
    is_open[levels] = True
    stream_level = nearest_levels(inputs, is_open)
    if np.any(stream_level < 0) or np.any(inputs.is_forced & ~is_open):
        return None
    return program_of(inputs, fixed_part(inputs, is_open, stream_level), budget)


def program_of(inputs: SiteInputs, part: Part, budget: float | None = None) -> LevelProgram:
    """Program of least objective over a part; the budget as in `level_program`."""
    has_tac = inputs.objective in (Measure.TAC, Measure.CAPEX)
    prices = prices_of(inputs, part, Measure.TAC if has_tac else inputs.objective)
    most_MW = None
    if budget is not None:
        most_MW = _pump_within_MW(inputs, part, prices, budget / prices.unit)
    problem = operation_problem(inputs, part, prices, most_MW=most_MW)
    return LevelProgram(problem, part.pair, prices.unit)


def _pump_within_MW(inputs: SiteInputs, part: Part, prices: Prices, budget: float) -> Floats:
    """Heat that no heat pump of a part can exceed (P,) where all costs at most the budget.

    No cost is negative, so that (1) ``F + c q <= C`` for the heat ``q`` of each. Where its heat
    costs nothing, ``c = 0``: (2) its electricity ``q/COP`` ends at cold streams or in cooling, as
    all electricity does, which limits it if cooling costs something everywhere. Else (3) its heat
    may fall back and be pumped again for nothing: no limit, and `FREE_SHARE` of all duties is more
    than any other heat pump has a use for.
    """
    price, cooling = prices.flows.pump_heat, float(prices.flows.cooling.min())
    cold_MW = float(inputs.stream_duty_kW[~inputs.stream_is_hot].sum()) / KW_PER_MW
    free_MW = FREE_SHARE * float(inputs.stream_duty_kW.sum()) / KW_PER_MW
    if cooling > 0.0:
        free_MW = min(free_MW, cold_MW + budget / cooling)
    most_MW = inputs.pump_cop[part.pair] * free_MW
    left = np.maximum(budget - prices.built, 0.0)
    return np.divide(left, price, where=price > 0.0, out=most_MW)


def least_objective(program: LevelProgram | None) -> float:
    """Objective of the best operation, EUR/a or t/a; infinite where there is none."""
    solution = None if program is None else solved(program.problem)
    return np.inf if program is None or solution is None else solution.objective * program.unit


def solved_flows(problem: Problem) -> Flows | None:
    """Solve and take the flows, none below zero; None where limits of the site leave nothing."""
    solution = solved(problem)
    if solution is None:
        return None
    return Flows(*(np.maximum(solution.values[name], 0.0) for name in Flows._fields))


def chosen(problem: Problem) -> Solution:
    """Solve for what is to be decided, heat pumps and connections."""
    if "connection" in problem.column_blocks:
        return solve(problem, mip_rel_gap=CONNECTING, mip_feasibility_tolerance=CONNECTING)
    return solve(problem, mip_rel_gap=0.0)


def solved(problem: Problem) -> Solution | None:
    """Solve; first what is to be decided, if anything is, then the flows.

    None where limits of the whole site leave nothing.

    Raises
    ------
    RuntimeError
        If the solver fails.
    """
    may_fail = bool(LIMITS & problem.row_blocks.keys())
    if problem.integrality.any():
        decided = chosen(problem)
        if decided.status is Status.INFEASIBLE and may_fail:
            return None
        if decided.status is not Status.OPTIMAL or decided.x is None:
            raise RuntimeError(f"operate: the heat pumps were not chosen: {decided.message}")
        column = np.flatnonzero(problem.integrality)
        taken = np.round(decided.x[column])
        problem = problem.with_bounds(column, taken, taken).relaxed()
    solution = solve_lp(problem)
    if solution.status is Status.INFEASIBLE and may_fail:
        return None
    if solution.status is not Status.OPTIMAL:
        raise RuntimeError(f"operate: the linear program was not solved: {solution.message}")
    return solution
