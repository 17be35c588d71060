r"""The least and the most of an amount at limited cost, with options: a small program a level set.

Of each near-optimal set ``S`` the program that operates it (`milpcore.site.level_program`) with its
objective as a row:

.. math:: \min \text{ or } \max\; a x \quad\text{such that}\quad x \in X_S,\;
          c x \le C - \text{own}(S) \tag{1}

with ``X_S`` the flows, the heat pumps that are built and, where they are chosen, the connections;
``C`` the cost that a design may have and ``own`` that of the levels themselves. Heat pumps are
limited by the budget alone (`milpcore.site.level_program`), because a near-optimal operation may
pump more than any optimal one. A heat pump that no choice within the budget has, or each of them,
is decided (`milpcore.site.option_screen`). The linear relaxation bounds every extreme, so that most
sets end there. In others it decides which heat pumps are built, or else a mixed-integer program
does; then a linear program without rows (21) of `milpcore.site.option_parts`, which those that are
built do not need, finds the extreme. A set whose cheapest operation costs as much as the budget,
within rounding, has that one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from milpcore.core import Problem, Solution, Status, solve, solve_lp
from milpcore.site.connected_levels import connected_program
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.level_program import LevelProgram, solved
from milpcore.site.model import KW_PER_MW
from milpcore.site.near_ranges import HEAT_PUMP, TOTALS, Quantity
from milpcore.site.option_screen import Screen
from milpcore.site.path_search.search import SearchStopped

SAME = 1e-9
"""Share of an amount by which a relaxation must exceed what is known to be looked at."""
TIGHT = 1e-9
"""Tolerance of the programs."""
TOUCHING = 1e-6
"""Share of the budget that a cheapest operation may leave where no other one is found."""


class OptionExtremes:
    """Extremes of a site with options.

    Parameters
    ----------
    inputs : SiteInputs
        The site; in a usual size.
    sets : ndarray of int (R, n)
        Near-optimal level sets.
    budgets : ndarray (R,)
        What the operation of each may cost, EUR/a or t/a.
    screen : Screen
        Of the same site.
    kW : float
        Of a MW on the site as it is.
    pause : callable
        Called now and then; raises `SearchStopped` to end the search.
    """

    def __init__(
        self,
        inputs: SiteInputs,
        sets: Integers,
        budgets: Floats,
        screen: Screen,
        kW: float,
        pause: Callable[[], None],
    ) -> None:
        self.inputs, self.sets, self.budgets, self.screen = inputs, sets, budgets, screen
        self.kW, self.pause, self.finished = kW, pause, True
        self._program = cache(self._built)

    def of(self, quantity: Quantity, known_kW: float) -> Floats:
        """Least and most (2,) over all sets and operations, kW; of some where it was stopped."""
        extremes = np.full(2, known_kW / self.kW)
        try:
            for row in range(len(self.sets)):
                self.pause()
                program, limited = self._program(row)
                amount = self._amount(quantity, self.sets[row], program)
                for side, sign in enumerate((-1.0, 1.0)):
                    for value in self._extreme(row, limited, amount, sign, extremes[side]):
                        extremes[side] = sign * max(sign * extremes[side], sign * value)
        except SearchStopped:
            self.finished = False
        return extremes * self.kW

    def _built(self, row: int) -> tuple[LevelProgram, Problem]:
        """Program of a set, and with the budget as a row."""
        program = connected_program(self.inputs, self.sets[row], budget=self.budgets[row])
        assert program is not None  # its cost is finite
        problem, budget = program.problem, float(self.budgets[row]) / program.unit
        scale = float(np.abs(problem.cost).max()) or 1.0
        limited = problem.with_rows("budget", problem.cost / scale, upper=budget / scale)
        return program, self._screened(row, program, limited)

    def _screened(self, row: int, program: LevelProgram, problem: Problem) -> Problem:
        """Decide which heat pumps are built where the budget leaves no choice."""
        inputs, blocks = self.inputs, problem.column_blocks
        if inputs.terms is None or "pump_built" not in blocks:
            return problem
        budget = float(self.budgets[row]) / (KW_PER_MW * inputs.cost_scale)
        chosen = program.pair[inputs.terms.is_chosen[program.pair]]
        for one in self.screen.built_within(self.sets[row], budget * (1.0 + SAME)):
            here = inputs.pump_source[chosen] == one.source
            column = blocks["pump_built"][here & (inputs.pump_sink[chosen] == one.sink)]
            if not one.may:
                problem = problem.with_bounds(column, 0.0, 0.0)
            elif one.must and column.size == 1:
                problem = problem.with_bounds(column, 1.0, 1.0)
        return problem

    def _amount(self, quantity: Quantity, levels: Integers, program: LevelProgram) -> Floats:
        """Return what a MW of each column counts in a quantity (n,)."""
        inputs, pair, blocks = self.inputs, program.pair, program.problem.column_blocks
        amount = np.zeros(program.problem.n_columns)
        if quantity.name == TOTALS[2]:
            amount[blocks["external_heat"]] = 1.0
            return amount
        share = np.ones(pair.size)
        if quantity.name == TOTALS[1]:
            share = 1.0 / inputs.pump_cop[pair]
        elif quantity.name == HEAT_PUMP:
            kind = np.zeros(inputs.n_pairs) if inputs.terms is None else inputs.terms.pump_type
            is_own = inputs.pump_source[pair] == levels[quantity.low]
            is_own &= inputs.pump_sink[pair] == levels[quantity.high]
            share[~is_own | (kind[pair] != quantity.kind)] = 0.0
        amount[blocks["pump_heat"]] = share
        return amount

    def _extreme(
        self, row: int, limited: Problem, amount: Floats, sign: float, known: float
    ) -> Iterator[float]:
        """Yield the most (sign 1) or the least (-1) of one set (MW) if it exceeds what is known."""
        if not amount.any():
            yield 0.0
            return
        problem = replace(limited, cost=-sign * amount, objective_constant=0.0)
        solution = solve_lp(problem.relaxed(), primal_feasibility_tolerance=TIGHT)
        if solution.status is Status.OPTIMAL and problem.integrality.any():
            margin = SAME * max(1.0, abs(known))
            if -solution.objective <= sign * known + margin:
                return
            solution = _decided(problem, solution)
        if solution.status is Status.UNBOUNDED:
            yield sign * np.inf
        elif solution.status is Status.INFEASIBLE:
            yield float(amount @ self._cheapest(row))
        elif solution.status is Status.OPTIMAL:
            yield -sign * solution.objective
        else:
            raise RuntimeError(f"the least and the most of a quantity: {solution.message}")

    def _cheapest(self, row: int) -> Floats:
        """Columns of the cheapest operation of a set, which must use up the budget."""
        program = self._program(row)[0]
        solution = solved(program.problem)
        if solution is None or solution.x is None:
            raise RuntimeError("a near-optimal level set has no operation")
        left = float(self.budgets[row]) - solution.objective * program.unit
        if left > TOUCHING * abs(float(self.budgets[row])):
            raise RuntimeError("the least and the most of a quantity were not found")
        return solution.x


def _decided(problem: Problem, relaxed: Solution) -> Solution:
    """Solve a mixed-integer program, then with all that is decided the linear one."""
    column, decided = np.flatnonzero(problem.integrality), relaxed
    assert relaxed.x is not None
    if np.abs(relaxed.x[column] - np.round(relaxed.x[column])).max() > TIGHT:
        decided = solve(
            problem,
            mip_rel_gap=SAME,
            mip_feasibility_tolerance=TIGHT,
            primal_feasibility_tolerance=TIGHT,
        )
    if decided.status is not Status.OPTIMAL or decided.x is None:
        return decided
    taken = np.round(decided.x[column])
    fixed = problem.with_bounds(column, taken, taken).relaxed()
    if "pump_at_most" in problem.row_blocks:  # of those that are built, the own size is the limit
        row_upper = problem.row_upper.copy()
        is_built = decided.values["pump_built"] > 0.5
        row_upper[problem.row_blocks["pump_at_most"][is_built]] = np.inf
        fixed = replace(fixed, row_upper=row_upper)
    solution = solve_lp(fixed, primal_feasibility_tolerance=TIGHT)
    return decided if solution.status is Status.INFEASIBLE else solution
