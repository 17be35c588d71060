"""Solve a problem with HiGHS through SciPy: one constraint block, one call.

The whole problem goes to `scipy.optimize.milp` as one ``LinearConstraint``. What comes back is
never taken on trust: the objective and the gap are computed again from the point and the bound,
the point's violation from the problem's own arrays, and a status is given only where the solver's
report supports it.

Two properties of SciPy's interface are hidden here. It warns about HiGHS options that it does not
know by name though it passes them on; that one warning is silenced. And HiGHS keeps its number of
threads per calling thread once it has been set; a solve with a chosen number therefore runs in a
thread of its own.
"""

from __future__ import annotations

import math
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from milpcore.core.arrays import MAX_POSITIONS, FloatArray
from milpcore.core.outcome import (
    INFEASIBLE,
    OPTIMAL,
    UNBOUNDED,
    UNBOUNDED_OR_INFEASIBLE,
    Limits,
    Report,
    highs_status,
    solution_of,
    solution_without_columns,
    with_duals,
)
from milpcore.core.problem import Problem
from milpcore.core.solution import Solution, Status


def solve(
    problem: Problem,
    *,
    mip_rel_gap: float = 1e-4,
    mip_abs_gap: float = 0.0,
    time_limit_s: float | None = None,
    node_limit: int | None = None,
    presolve: bool = True,
    threads: int | None = None,
    random_seed: int | None = None,
    mip_heuristic_effort: float | None = None,
    mip_feasibility_tolerance: float | None = None,
    primal_feasibility_tolerance: float | None = None,
    dual_feasibility_tolerance: float | None = None,
    log: bool = False,
) -> Solution:
    """Solve a mixed-integer (or linear) program.

    The call cannot be interrupted; `solve_in_child` can.

    Parameters
    ----------
    problem : Problem
        What to solve.
    mip_rel_gap : float
        Gap, relative to the objective with its constant, at which a solution counts as optimal.
    mip_abs_gap : float
        The same in the objective's unit; either gap suffices. HiGHS' own 1e-6 would end a search
        early where the objective is small; 0 leaves the relative gap to rule.
    time_limit_s : float, optional
        Wall-clock seconds; the incumbent is returned with its gap.
    node_limit : int, optional
        Nodes of the search; the incumbent is returned with its gap.
    presolve : bool
        Whether HiGHS simplifies the problem first.
    threads : int, optional
        Threads HiGHS may use; its choice if not given.
    random_seed : int, optional
        Seed of HiGHS' tie-breaking.
    mip_heuristic_effort : float, optional
        Share of the effort spent on finding incumbents, 0 to 1 (HiGHS: 0.05).
    mip_feasibility_tolerance : float, optional
        How far integer columns may be off an integer, and rows and bounds be violated, in
        mixed-integer programs (HiGHS: 1e-6).
    primal_feasibility_tolerance, dual_feasibility_tolerance : float, optional
        Tolerances of linear programs (HiGHS: 1e-7); without effect on mixed-integer ones.
    log : bool
        Whether HiGHS prints its log.

    Returns
    -------
    Solution
        With status, objective, bound and gap; without duals.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> take = assembly.columns("take", 4, upper=1.0, integer=True)
    >>> weight = assembly.rows("weight", (), upper=10.0)
    >>> assembly.put(weight, take, [5.0, 6.0, 3.0, 4.0])
    >>> assembly.cost(take, [-10.0, -13.0, -5.0, -6.0])
    >>> solution = solve(assembly.problem())
    >>> solution.status, solution.objective, solution.gap
    (<Status.OPTIMAL: 'optimal'>, -19.0, 0.0)
    >>> solution.values["take"].round()
    array([0., 1., 0., 1.])
    """
    options = _checked_options(
        mip_rel_gap=mip_rel_gap,
        mip_abs_gap=mip_abs_gap,
        time_limit_s=time_limit_s,
        node_limit=node_limit,
        threads=threads,
        random_seed=random_seed,
        mip_heuristic_effort=mip_heuristic_effort,
        mip_feasibility_tolerance=mip_feasibility_tolerance,
        primal_feasibility_tolerance=primal_feasibility_tolerance,
        dual_feasibility_tolerance=dual_feasibility_tolerance,
    )
    if problem.n_columns == 0:
        return solution_without_columns(problem)
    options |= {"presolve": bool(presolve), "disp": bool(log)}
    start_s = time.perf_counter()
    report = _call_milp(problem, options)
    if report.highs_status == UNBOUNDED_OR_INFEASIBLE:
        report = _decided(problem, options, report, time.perf_counter() - start_s)
    tolerance = max(mip_feasibility_tolerance or 0.0, primal_feasibility_tolerance or 0.0)
    limits = Limits(time_limit_s, node_limit, tolerance)
    return solution_of(problem, report, limits, time.perf_counter() - start_s)


def solve_lp(
    problem: Problem,
    *,
    method: Literal["highs", "highs-ds", "highs-ipm"] = "highs",
    presolve: bool = True,
    time_limit_s: float | None = None,
    primal_feasibility_tolerance: float | None = None,
    dual_feasibility_tolerance: float | None = None,
) -> Solution:
    """Solve a linear program and return its duals.

    A dual is the change of the optimum per unit that the row's bound rises: at most 0 for a row at
    its upper bound, at least 0 for a row at its lower bound, of either sign for an equation, 0 for
    a row at neither. A row with two different bounds has one dual, that of the bound it is at.
    The column's dual, its reduced cost ``cost - matrix.T @ row dual``, is the same for the
    column's bounds.

    Parameters
    ----------
    problem : Problem
        Without integer columns: pass ``problem.relaxed()``.
    method : {"highs", "highs-ds", "highs-ipm"}
        HiGHS' choice, dual simplex, or interior point with crossover.
    presolve : bool
        Whether HiGHS simplifies the problem first.
    time_limit_s : float, optional
        Wall-clock seconds.
    primal_feasibility_tolerance, dual_feasibility_tolerance : float, optional
        HiGHS: 1e-7.

    Returns
    -------
    Solution
        With `row_duals` and `column_duals` if it is optimal.

    Raises
    ------
    ValueError
        If there are integer columns, or an option is out of range.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> heat = assembly.columns("heat", 2, upper=[4.0, 9.0])
    >>> assembly.put(assembly.rows("demand", (), lower=6.0), heat, 1.0)
    >>> assembly.cost(heat, [1.0, 3.0])
    >>> solution = solve_lp(assembly.problem())
    >>> solution.objective, float(solution.row_duals["demand"]), solution.column_duals["heat"]
    (10.0, 3.0, array([-2.,  0.]))
    """
    if method not in ("highs", "highs-ds", "highs-ipm"):
        raise ValueError(f"method must be 'highs', 'highs-ds' or 'highs-ipm'; got {method!r}")
    if problem.n_integers:
        raise ValueError(
            f"solve_lp: {problem.n_integers} columns are integer; "
            "pass problem.relaxed() to solve the linear relaxation"
        )
    options = _checked_options(
        time_limit_s=time_limit_s,
        primal_feasibility_tolerance=primal_feasibility_tolerance,
        dual_feasibility_tolerance=dual_feasibility_tolerance,
    )
    if problem.n_columns == 0:
        solution = solution_without_columns(problem)
        return with_duals(problem, solution, np.zeros(problem.n_rows))
    options["presolve"] = bool(presolve)
    start_s = time.perf_counter()
    report, row_duals = _call_linprog(problem, method, options)
    if report.highs_status == UNBOUNDED_OR_INFEASIBLE:
        report = _decided(problem, options, report, time.perf_counter() - start_s)
    limits = Limits(time_limit_s, None, primal_feasibility_tolerance or 0.0)
    solution = solution_of(problem, report, limits, time.perf_counter() - start_s)
    if solution.status is not Status.OPTIMAL:
        return solution
    return with_duals(problem, solution, row_duals)


_COUNTS = ("node_limit", "threads", "random_seed")
_LEAST = {
    "threads": 1,
    "mip_feasibility_tolerance": 1e-10,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
}
_MOST = {"mip_heuristic_effort": 1, **dict.fromkeys(_COUNTS, MAX_POSITIONS)}
_NAMES_IN_SCIPY = {"time_limit_s": "time_limit"}


def _checked_options(**given: float | None) -> dict[str, Any]:
    """Return the options given, under SciPy's names and in HiGHS' types, or raise."""
    options: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        kinds = "iu" if name in _COUNTS else "iuf"
        least, most = _LEAST.get(name, 0), _MOST.get(name, math.inf)
        if np.asarray(value).dtype.kind not in kinds or not least <= value <= most:
            what = "an integer" if name in _COUNTS else "a number"
            limit = f" and at most {most}" if name in _MOST else ""
            raise ValueError(f"{name} must be {what} of at least {least}{limit}; got {value!r}")
        convert = int if name in _COUNTS else float
        options[_NAMES_IN_SCIPY.get(name, name)] = convert(value)
    return options


def _call_milp(problem: Problem, options: dict[str, Any]) -> Report:
    """Solve with `scipy.optimize.milp`."""
    cost, lower, upper = problem.cost, problem.column_lower, problem.column_upper
    integrality, matrix = problem.integrality, problem.matrix
    if problem.objective_constant:
        # A fixed column carries the constant, so that HiGHS' gap is that of the whole objective.
        cost = np.append(cost, problem.objective_constant)
        lower, upper = np.append(lower, 1.0), np.append(upper, 1.0)
        integrality = np.append(integrality, np.uint8(0))
        matrix = sparse.csc_array(
            (matrix.data, matrix.indices, np.append(matrix.indptr, matrix.indptr[-1])),
            shape=(problem.n_rows, problem.n_columns + 1),
        )

    settings: Any = dict(options)

    def call() -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message="Unrecognized options detected", category=RuntimeWarning
            )
            return milp(
                c=cost,
                integrality=integrality,
                bounds=Bounds(lower, upper),
                constraints=LinearConstraint(matrix, problem.row_lower, problem.row_upper),
                options=settings,
            )

    if "threads" in options:
        with ThreadPoolExecutor(max_workers=1) as own_thread:
            result = own_thread.submit(call).result()
    else:
        result = call()
    return Report(
        highs_status=highs_status(result.status, result.message),
        message=result.message,
        x=None if result.x is None else result.x[: problem.n_columns],
        bound=result.mip_dual_bound,
        n_nodes=int(result.mip_node_count or 0),
    )


def _call_linprog(
    problem: Problem, method: str, options: dict[str, Any]
) -> tuple[Report, FloatArray]:
    """Solve with `scipy.optimize.linprog`; return the rows' duals as well.

    SciPy takes equations and upper bounds: a row with two bounds is stated twice, a lower bound
    with its signs turned. Its "marginals" are derivatives by the right-hand side as stated.
    """
    has_lower, has_upper = np.isfinite(problem.row_lower), np.isfinite(problem.row_upper)
    is_equation = problem.row_lower == problem.row_upper
    equal = np.flatnonzero(is_equation)
    above = np.flatnonzero(has_upper & ~is_equation)
    below = np.flatnonzero(has_lower & ~is_equation)
    by_row = problem.matrix.tocsr()
    call: Any = linprog  # typed without sparse matrices
    result = call(
        problem.cost,
        A_ub=sparse.vstack([by_row[above], -by_row[below]], format="csc"),
        b_ub=np.concatenate([problem.row_upper[above], -problem.row_lower[below]]),
        A_eq=by_row[equal],
        b_eq=problem.row_lower[equal],
        bounds=np.column_stack([problem.column_lower, problem.column_upper]),
        method=method,
        options=dict(options),
    )
    report = Report(highs_status(result.status, result.message), result.message, result.x)
    duals = np.zeros(problem.n_rows)
    if result.x is not None:
        marginals = result.ineqlin.marginals
        duals[equal] = result.eqlin.marginals
        duals[above] += marginals[: above.size]
        duals[below] -= marginals[above.size :]
    return report, duals


def _decided(problem: Problem, options: dict[str, Any], report: Report, spent_s: float) -> Report:
    """Tell "unbounded" from "infeasible" where presolve left that open.

    The same problem without an objective is feasible or not; a feasible one whose status was
    "unbounded or infeasible" is unbounded.
    """
    remaining = dict(options)
    if "time_limit" in remaining:
        remaining["time_limit"] = max(0.0, remaining["time_limit"] - spent_s)
    free = replace(problem, cost=np.zeros(problem.n_columns), objective_constant=0.0)
    second = _call_milp(free, remaining)
    if second.highs_status == OPTIMAL:
        return report._replace(highs_status=UNBOUNDED)
    if second.highs_status == INFEASIBLE:
        return report._replace(highs_status=INFEASIBLE)
    return report
