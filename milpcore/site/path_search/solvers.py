"""The two LP solvers behind the search: HiGHS with warm starts, or HiGHS through SciPy.

`highspy` is the official interface of the solver that SciPy calls; it takes over a basis from one
LP to the next, which is what makes the search fast. Without it the same search runs on
`scipy.optimize.linprog`. An LP only ever proposes prices; the search reprices them itself, so that
both solvers lead to the same proven optimum.
"""

from __future__ import annotations

import importlib.util
import math
import time
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_array

from milpcore.extras import require
from milpcore.site.path_search.basis import BASIC, LOWER, Statuses
from milpcore.site.path_search.relaxation import LinearProgram, LinearSolution, LinearSolver

PRIMAL_SIMPLEX = 4
"""Most LPs follow one with the same columns and more; their bases stay primal feasible."""
FREE_ITERATIONS, MOST_ITERATIONS = 5000, 100
"""Where an LP is given up, the second for each row: the simplex method may cycle."""


class HighsSolver:
    """LPs through highspy, started from the basis of a similar one.

    Raises
    ------
    MissingExtraError
        If highspy is not installed.
    """

    def __init__(self) -> None:
        self._highspy = require("highspy", "highs", "the search with warm starts")
        self._highs = self._highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("parallel", "off"),
            ("simplex_strategy", PRIMAL_SIMPLEX),
        ):
            self._highs.setOptionValue(option, value)
        kinds = self._highspy.HighsBasisStatus
        self._statuses = [kinds.kLower, kinds.kBasic, kinds.kUpper, kinds.kZero, kinds.kNonbasic]

    def solve(
        self,
        program: LinearProgram,
        column_status: Statuses | None,
        row_status: Statuses | None,
        *,
        time_limit_s: float = math.inf,
    ) -> LinearSolution | None:
        """Optimum, or None if there is none or it was not found in time."""
        highs, highspy = self._highs, self._highspy
        n, m = program.cost.size, program.right_side.size
        row_lower = program.right_side.copy()
        row_lower[-1] = -np.inf
        passed = highs.passModel(
            n,
            m,
            program.row.size,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            program.cost,
            np.zeros(n),
            np.full(n, np.inf),
            row_lower,
            program.right_side,
            program.start,
            program.row,
            program.value,
            np.zeros(n, dtype=np.int32),
        )
        if passed == highspy.HighsStatus.kError:
            return None
        if column_status is not None and row_status is not None:
            column_status, row_status = _squared(column_status, row_status)
            basis = highspy.HighsBasis()
            basis.col_status = [self._statuses[status] for status in column_status.tolist()]
            basis.row_status = [self._statuses[status] for status in row_status.tolist()]
            basis.valid = True
            basis.alien = False
            highs.setBasis(basis)
        highs.setOptionValue("time_limit", highs.getRunTime() + time_limit_s)
        highs.setOptionValue("simplex_iteration_limit", FREE_ITERATIONS + MOST_ITERATIONS * m)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution, basis = highs.getSolution(), highs.getBasis()
        return LinearSolution(
            primal=np.array(solution.col_value),
            row_dual=np.array(solution.row_dual),
            column_status=np.array([int(s) for s in basis.col_status], dtype=np.int8),
            row_status=np.array([int(s) for s in basis.row_status], dtype=np.int8),
            objective=float(highs.getInfo().objective_function_value),
        )


class ScipySolver:
    """LPs through `scipy.optimize.linprog`, each from scratch."""

    def solve(
        self,
        program: LinearProgram,
        column_status: Statuses | None,
        row_status: Statuses | None,
        *,
        time_limit_s: float = math.inf,
    ) -> LinearSolution | None:
        """Optimum, or None if there is none or it was not found in time."""
        del column_status, row_status
        n, m = program.cost.size, program.right_side.size
        entries = program.value, program.row, program.start
        matrix: Any = csc_array(entries, shape=(m, n)).tocsr()
        result: Any = linprog(
            program.cost,
            A_ub=matrix[m - 1 :],
            b_ub=program.right_side[m - 1 :],
            A_eq=matrix[: m - 1],
            b_eq=program.right_side[: m - 1],
            method="highs-ds",
            options={} if math.isinf(time_limit_s) else {"time_limit": time_limit_s},
        )
        if result.status != 0:
            return None
        return LinearSolution(
            primal=result.x,
            row_dual=np.concatenate([result.eqlin.marginals, result.ineqlin.marginals]),
            column_status=np.where(result.x > 0.0, BASIC, LOWER).astype(np.int8),
            row_status=np.full(m, LOWER, dtype=np.int8),
            objective=float(result.fun),
        )


class Until:
    """Another solver, up to a moment: what is not solved by then is not solved.

    Parameters
    ----------
    solver : LinearSolver
    deadline_s : float
        Value of `time.perf_counter`; infinite for none.
    """

    def __init__(self, solver: LinearSolver, deadline_s: float) -> None:
        self._solver, self._deadline_s = solver, deadline_s

    def solve(
        self,
        program: LinearProgram,
        column_status: Statuses | None,
        row_status: Statuses | None,
        *,
        time_limit_s: float = math.inf,
    ) -> LinearSolution | None:
        """Optimum, or None if there is none or it was not found in time."""
        left_s = min(time_limit_s, self._deadline_s - time.perf_counter())
        if left_s <= 0.0:
            return None
        return self._solver.solve(program, column_status, row_status, time_limit_s=left_s)


def default_solver() -> LinearSolver:
    """Return the solver with warm starts where its package is installed, SciPy's otherwise."""
    if importlib.util.find_spec("highspy") is not None:
        return HighsSolver()
    return ScipySolver()


def _squared(column_status: Statuses, row_status: Statuses) -> tuple[Statuses, Statuses]:
    """Statuses with as many basic ones as rows: rows leave or enter the basis, then columns."""
    columns, rows = column_status.copy(), row_status.copy()
    excess = int((columns == BASIC).sum() + (rows == BASIC).sum()) - rows.size
    if excess < 0:
        rows[np.flatnonzero(rows != BASIC)[:-excess]] = BASIC
    for status in (rows, columns):
        if excess > 0:
            basic = np.flatnonzero(status == BASIC)[:excess]
            status[basic] = LOWER
            excess -= basic.size
    return columns, rows
