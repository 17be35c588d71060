"""Solve a problem with HiGHS from a known point: what SciPy's interface cannot pass on.

`scipy.optimize.milp` takes no starting point, says nothing of the bound where it has found none,
and cannot be stopped. HiGHS' own interface (extra ``highs``) does all three.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from milpcore.core.highs_model import loaded
from milpcore.core.outcome import INTERRUPT, Limits, Report, solution_of
from milpcore.core.problem import Problem
from milpcore.core.solution import Solution
from milpcore.extras import require


class SolveProgress(NamedTuple):
    """What a running solve knows.

    Attributes
    ----------
    elapsed_s : float
        Seconds since it began.
    objective : float
        Of the incumbent; ``inf`` without one.
    bound : float
        Proven lower bound of the optimum; ``-inf`` where nothing is known.
    n_nodes : int
        Nodes of the search so far.
    incumbent : Solution or None
        The last one that HiGHS has handed out.
    """

    elapsed_s: float
    objective: float
    bound: float
    n_nodes: int
    incumbent: Solution | None = None


SolveObserver = Callable[[SolveProgress], bool]
"""Called now and then with `SolveProgress`; returning True asks the solver to stop."""


def solve_from(
    problem: Problem,
    start: ArrayLike | None = None,
    *,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    node_limit: int | None = None,
    presolve: bool = True,
    observer: SolveObserver | None = None,
) -> Solution:
    """Solve a mixed-integer program, beginning with a known point.

    Parameters
    ----------
    problem : Problem
        What to solve.
    start : array_like (n,), optional
        A point; HiGHS ignores one that breaks the problem.
    mip_rel_gap : float
        Gap, relative to the objective with its constant, at which a solution counts as optimal.
    time_limit_s : float, optional
        Wall-clock seconds; the incumbent is returned with its gap.
    node_limit : int, optional
        Nodes of the search; the incumbent is returned with its gap.
    presolve : bool
        Whether HiGHS simplifies the problem first.
    observer : callable, optional
        Asked by HiGHS several times a second as a rule; some of its steps take longer. The
        incumbent is returned with its gap and the status INTERRUPTED.

    Returns
    -------
    Solution
        As from `milpcore.core.solve`; the bound is told without an incumbent, too.

    Raises
    ------
    MissingExtraError
        If highspy is not installed.
    BaseException
        What the observer raises, once HiGHS has stopped.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> take = assembly.columns("take", 2, upper=9.0, integer=True)
    >>> assembly.put(assembly.rows("need", (), lower=7.5), take, [2.0, 3.0])
    >>> assembly.cost(take, [3.0, 4.0])
    >>> solve_from(assembly.problem(), start=[4.0, 0.0]).objective
    11.0
    """
    highspy = require("highspy", "highs", "solving from a known point")
    options: dict[str, object] = {"mip_rel_gap": float(mip_rel_gap), "mip_abs_gap": 0.0}
    if not presolve:
        options["presolve"] = "off"
    if time_limit_s is not None:
        options["time_limit"] = float(time_limit_s)
    if node_limit is not None:
        options["mip_max_nodes"] = int(node_limit)
    highs = loaded(highspy, problem, options)
    if start is not None:
        point = highspy.HighsSolution()
        point.col_value = np.asarray(start, dtype=np.float64).tolist()
        highs.setSolution(point)
    start_s = time.perf_counter()
    if observer is None:
        highs.run()
    else:
        _run_observed(highspy, highs, problem, observer)
    solve_s = time.perf_counter() - start_s
    status, info = highs.getModelStatus(), highs.getInfo()
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    bound = float(info.mip_dual_bound)
    report = Report(
        highs_status=int(status),
        message=f"HiGHS: {highs.modelStatusToString(status)}",
        x=np.array(highs.getSolution().col_value) if has_point else None,
        bound=bound if math.isfinite(bound) else None,
        n_nodes=max(int(info.mip_node_count), 0),
    )
    return solution_of(problem, report, Limits(time_limit_s, node_limit, 0.0), solve_s)


def _run_observed(highspy: Any, highs: Any, problem: Problem, observer: SolveObserver) -> None:
    """Run HiGHS, and stop it when the observer wants that or raises something."""
    kinds = highspy.cb.HighsCallbackType
    start_s, raised = time.perf_counter(), list[BaseException]()
    incumbent: Solution | None = None

    def hear(kind: object, _message: str, out: Any, answer: Any, _data: object) -> None:
        nonlocal incumbent
        elapsed_s, n_nodes = time.perf_counter() - start_s, max(int(out.mip_node_count), 0)
        bound = float(out.mip_dual_bound)
        if kind == kinds.kCallbackMipImprovingSolution:
            report = Report(INTERRUPT, "still running", np.array(out.mip_solution), bound, n_nodes)
            incumbent = solution_of(problem, report, Limits(None, None, 0.0), elapsed_s)
            return
        objective = float(out.mip_primal_bound)
        try:
            should_stop = observer(SolveProgress(elapsed_s, objective, bound, n_nodes, incumbent))
        except BaseException as error:  # Ctrl-C included: HiGHS would drop it
            raised.append(error)
            should_stop = True
        answer.user_interrupt = bool(should_stop)

    highs.setCallback(hear, None)
    highs.startCallback(kinds.kCallbackMipImprovingSolution)
    highs.startCallback(kinds.kCallbackMipInterrupt)
    highs.run()
    if raised:
        raise raised[0]
