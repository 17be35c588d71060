"""From the solver's report to a `Solution`.

The objective, the gap and the violation are computed from the problem's own arrays; a status is
given only where the report supports it, and a point that breaks the problem is not believed.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.core.arrays import FloatArray
from milpcore.core.problem import Problem
from milpcore.core.solution import Solution, Status, relative_gap

TRUSTED_VIOLATION = 1e-4
"""Relative violation above which a point is not believed, unless the tolerances asked for allow
more."""

# HiGHS' model status numbers (HighsModelStatus), which SciPy quotes in its message.
OPTIMAL, INFEASIBLE, UNBOUNDED_OR_INFEASIBLE, UNBOUNDED = 7, 8, 9, 10
TIME_LIMIT, ITERATION_LIMIT, UNKNOWN, SOLUTION_LIMIT, INTERRUPT = 13, 14, 15, 16, 17
_AT_A_LIMIT = (Status.TIME_LIMIT, Status.NODE_LIMIT, Status.INTERRUPTED)
_FROM_SCIPY = {0: OPTIMAL, 1: TIME_LIMIT, 2: INFEASIBLE, 3: UNBOUNDED}


class Report(NamedTuple):
    """What the solver reported.

    Attributes
    ----------
    highs_status : int
        HiGHS' model status.
    message : str
        In its words.
    x : ndarray of float64, shape (n,), or None
        The point, if any.
    bound : float or None
        Lower bound on the optimum, constant included, if reported.
    n_nodes : int
        Nodes of the search.
    """

    highs_status: int
    message: str
    x: FloatArray | None = None
    bound: float | None = None
    n_nodes: int = 0


class Limits(NamedTuple):
    """What the caller asked for, as far as the outcome depends on it.

    Attributes
    ----------
    time_limit_s : float or None
        Time limit in seconds.
    node_limit : int or None
        Node limit.
    tolerance : float
        Largest feasibility tolerance.
    """

    time_limit_s: float | None
    node_limit: int | None
    tolerance: float


def highs_status(scipy_status: int, message: str) -> int:
    """Return HiGHS' model status, which is finer than SciPy's.

    Parameters
    ----------
    scipy_status : int
        ``status`` of SciPy's result.
    message : str
        ``message`` of SciPy's result.

    Returns
    -------
    int
        HiGHS' number where the message quotes it, otherwise the one SciPy's stands for.

    Examples
    --------
    >>> highs_status(4, "The HiGHS status code was not recognized. (HiGHS Status 16: ...)")
    16
    """
    quoted = re.search(r"HiGHS Status (\d+)", message)
    return int(quoted.group(1)) if quoted else _FROM_SCIPY.get(scipy_status, UNKNOWN)


def solution_of(problem: Problem, report: Report, limits: Limits, solve_s: float) -> Solution:
    """Build the solution.

    Parameters
    ----------
    problem : Problem
        What was solved.
    report : Report
        What the solver reported.
    limits : Limits
        What the caller asked for.
    solve_s : float
        Seconds it took.

    Returns
    -------
    Solution
        Without duals.
    """
    status = _status(report, limits)
    bound = -math.inf if report.bound is None else report.bound
    point = report.x
    if status is Status.OPTIMAL and point is None:
        status = Status.ERROR
    if status not in (Status.OPTIMAL, *_AT_A_LIMIT):
        point = None
    doubt = ""
    if point is not None:
        broken = problem.violation(point, relative=True)
        if broken > max(TRUSTED_VIOLATION, 10.0 * limits.tolerance):
            doubt = f"the solver's point violates the problem by {broken:.1e} (relative); dropped; "
            status, point = Status.ERROR, None
    message = doubt + _sentence(status, point is not None, limits) + report.message
    if point is None:
        if status is Status.INFEASIBLE:
            bound = math.inf
        elif status not in _AT_A_LIMIT:
            bound = -math.inf
        return Solution.without_point(
            status, message, bound=bound, n_nodes=report.n_nodes, solve_s=solve_s
        )
    objective = problem.objective(point)
    if status is Status.OPTIMAL and problem.n_integers == 0:
        bound = objective
    return Solution(
        status=status,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        n_nodes=report.n_nodes,
        solve_s=solve_s,
        x=point,
        values=problem.values(point),
        max_violation=problem.violation(point),
        message=message,
    )


def solution_without_columns(problem: Problem) -> Solution:
    """Solve a problem that has no columns: each row's value is 0.

    Parameters
    ----------
    problem : Problem
        Without columns.

    Returns
    -------
    Solution
        Optimal or infeasible.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> row = assembly.rows("impossible", (), lower=1.0)
    >>> solution_without_columns(assembly.problem()).status
    <Status.INFEASIBLE: 'infeasible'>
    """
    report = Report(OPTIMAL, "no columns", np.zeros(0), problem.objective_constant)
    if problem.violation(np.zeros(0)) > 0.0:
        report = Report(INFEASIBLE, "no columns")
    return solution_of(problem, report, Limits(None, None, 0.0), 0.0)


def with_duals(problem: Problem, solution: Solution, row_duals: FloatArray) -> Solution:
    """Add the duals of a linear program to its solution.

    Parameters
    ----------
    problem : Problem
        The linear program.
    solution : Solution
        Optimal.
    row_duals : ndarray of float64, shape (m,)
        Dual of each row.

    Returns
    -------
    Solution
        With duals by row block and reduced costs by column block.
    """
    reduced_costs = problem.cost - problem.matrix.T @ row_duals
    return replace(
        solution,
        row_duals={name: row_duals[block] for name, block in problem.row_blocks.items()},
        column_duals=problem.values(reduced_costs),
    )


def _status(report: Report, limits: Limits) -> Status:
    """Return the status the report supports."""
    plain = {
        OPTIMAL: Status.OPTIMAL,
        INFEASIBLE: Status.INFEASIBLE,
        UNBOUNDED: Status.UNBOUNDED,
        INTERRUPT: Status.INTERRUPTED,
    }
    if report.highs_status in plain:
        return plain[report.highs_status]
    if report.highs_status == TIME_LIMIT and limits.time_limit_s is not None:
        return Status.TIME_LIMIT
    if report.highs_status == SOLUTION_LIMIT and limits.node_limit is not None:
        return Status.NODE_LIMIT
    return Status.ERROR


def _sentence(status: Status, has_point: bool, limits: Limits) -> str:
    """Say the outcome in words."""
    incumbent = "an incumbent" if has_point else "no incumbent"
    return {
        Status.OPTIMAL: "optimal",
        Status.TIME_LIMIT: f"time limit of {_seconds(limits)} s reached with {incumbent}",
        Status.NODE_LIMIT: f"limit of {limits.node_limit} nodes reached with {incumbent}",
        Status.INTERRUPTED: f"stopped by the observer with {incumbent}",
        Status.INFEASIBLE: "infeasible: no point satisfies all rows and bounds",
        Status.UNBOUNDED: "unbounded: the objective falls without end",
    }.get(status, "no result") + "; HiGHS: "


def _seconds(limits: Limits) -> str:
    """Write the time limit, which may be what others have left of a larger one."""
    limit_s = limits.time_limit_s or 0.0
    return f"{limit_s:.3g}" if limit_s < 100.0 else f"{limit_s:.0f}"
