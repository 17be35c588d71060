"""The solver of model B: HiGHS from a known design where its own interface is installed."""

from __future__ import annotations

import importlib.util
import math
import time
from dataclasses import replace
from typing import Any

from milpcore.core import (
    Problem,
    Solution,
    SolveObserver,
    Status,
    solve,
    solve_from,
    solve_lp,
)
from milpcore.core.solution import relative_gap
from milpcore.sizing.progress import SecondsLeft

NO_TIME = "no time was left to begin"
WITHOUT_PRESOLVE = "plateau_"
"""Columns (`milpcore.sizing.plateau_path`) for which the presolve of HiGHS 1.15, and of that in
SciPy 1.17, has called designs optimal that are not; without presolve no such case was found."""


def solve_milp(
    problem: Problem,
    start: Solution | None,
    *,
    mip_rel_gap: float,
    time_limit_s: float | None = None,
    node_limit: int | None = None,
    observer: SolveObserver | None = None,
) -> Solution:
    """Solve a problem, from a known solution if highspy is installed.

    Parameters
    ----------
    problem : Problem
    start : Solution or None
        Of the same columns.
    mip_rel_gap : float
    time_limit_s : float, optional
    node_limit : int, optional
    observer : callable, optional
        Asked while HiGHS runs if highspy is installed, else not at all.

    Returns
    -------
    Solution
        Its bound is at least that of the linear relaxation where the solver tells none and the
        time does for it.
    """
    start_s = time.perf_counter()
    if time_limit_s is not None and math.isinf(time_limit_s):
        time_limit_s = None
    options: dict[str, Any] = {
        "time_limit_s": time_limit_s,
        "node_limit": node_limit,
        "presolve": not any(name.startswith(WITHOUT_PRESOLVE) for name in problem.column_blocks),
    }
    if importlib.util.find_spec("highspy") is not None:
        x = None if start is None else start.x
        found = solve_from(problem, x, mip_rel_gap=mip_rel_gap, observer=observer, **options)
    else:
        found = solve(problem, mip_rel_gap=mip_rel_gap, **options)
    if found.status is Status.INFEASIBLE or math.isfinite(found.bound):
        return found
    until_s = math.inf if time_limit_s is None else start_s + time_limit_s
    bound = solve_relaxed(problem, lambda: until_s - time.perf_counter()).bound
    return replace(found, bound=bound, gap=relative_gap(found.objective, bound))


def solve_relaxed(problem: Problem, seconds_left: SecondsLeft) -> Solution:
    """Solve the linear relaxation of a problem in the time that is left.

    Parameters
    ----------
    problem : Problem
    seconds_left : callable
        Asked once.

    Returns
    -------
    Solution
        With the status TIME_LIMIT and without a bound if the time did not do. Nothing begins where
        none is left.
    """
    limit_s = seconds_left()
    if limit_s <= 0.0:
        return Solution.without_point(
            Status.TIME_LIMIT, NO_TIME, bound=-math.inf, n_nodes=0, solve_s=0.0
        )
    return solve_lp(problem.relaxed(), time_limit_s=None if math.isinf(limit_s) else limit_s)
