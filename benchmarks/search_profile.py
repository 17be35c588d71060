"""Where the exact search spends its time: LPs, labels, enumeration, local search, assembly.

Python's own profiler counts the time of every function; the phases are sums over functions that do
not call each other, less what another phase spends inside them. Compiled kernels count where they
are called. Profiling slows the search down by some 10 %, shares change little.
"""

from __future__ import annotations

import cProfile
import math
import pstats
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from milpcore.site import PathSearch, SiteInputs
from milpcore.site.path_search.basis import Statuses
from milpcore.site.path_search.relaxation import LinearProgram, LinearSolution, LinearSolver

REST = "rest"


class Part(NamedTuple):
    """Functions of one module.

    Attributes
    ----------
    module : str
        Within `milpcore.site.path_search`.
    functions : tuple of str
    called_from : tuple of str
        Count only the time of calls from these; empty for all.
    """

    module: str
    functions: tuple[str, ...]
    called_from: tuple[str, ...] = ()


PHASES: dict[str, tuple[tuple[Part, ...], tuple[Part, ...]]] = {
    "assembly of the network": ((Part("network", ("level_network",)),), ()),
    "first guess": ((Part("start", ("first_guess",)),), ()),
    "local search": (
        (Part("search", ("_improve", "_offer"), ("run", "_after_root", "_try_cheapest_path")),),
        (),
    ),
    "LPs: solver": ((Part("solvers", ("solve",)),), ()),
    "LPs: assembly and bases": (
        (Part("relaxation", ("solve_relaxation",)),),
        (Part("solvers", ("solve",)),),
    ),
    "LPs: choice of columns": (
        (Part("bounding", ("_first_columns", "_add_columns")),),
        (),
    ),
    "labels and reduction": (
        (
            Part("node", ("reduce_node", "root_node")),
            Part("node", ("label_node", "feasible_prices"), ("raise_bound",)),
        ),
        (),
    ),
    "enumeration": ((Part("search", ("_enumerated",)),), ()),
    "branching": ((Part("branching", ("branch",)),), ()),
    "operation of the result": ((Part("formulation", ("_outcome",)),), ()),
}
"""Phase by phase: what counts, and what of it counts elsewhere."""


class CountingSolver:
    """An LP solver that counts its calls and their time."""

    def __init__(self, solver: LinearSolver) -> None:
        self.solver, self.n_programs, self.solve_s = solver, 0, 0.0

    def solve(
        self,
        program: LinearProgram,
        column_status: Statuses | None,
        row_status: Statuses | None,
        *,
        time_limit_s: float = math.inf,
    ) -> LinearSolution | None:
        """Solve with the solver inside."""
        start_s = time.perf_counter()
        solution = self.solver.solve(program, column_status, row_status, time_limit_s=time_limit_s)
        self.solve_s += time.perf_counter() - start_s
        self.n_programs += 1
        return solution


def profile_search(
    inputs: SiteInputs, solver: LinearSolver, level_counts: Sequence[int], *, mip_rel_gap: float
) -> pd.DataFrame:
    """Profile a study.

    Parameters
    ----------
    inputs : SiteInputs
    solver : LinearSolver
    level_counts : sequence of int
        Rising.
    mip_rel_gap : float

    Returns
    -------
    DataFrame
        One row per phase: ``phase``, ``total_s``, ``share``.
    """
    search = PathSearch(level_counts[0], solver=solver)

    def run() -> None:
        for _ in search.solve_study(
            inputs, level_counts, mip_rel_gap=mip_rel_gap, time_limit_s=None, observer=None
        ):
            pass

    run()  # compiling kernels is no part of the profile
    profiler = cProfile.Profile()
    profiler.runcall(run)
    stats: Any = pstats.Stats(profiler)
    whole_s = float(stats.total_tt)
    total_s = {
        phase: sum(_seconds(stats, part) for part in counted)
        - sum(_seconds(stats, part) for part in elsewhere)
        for phase, (counted, elsewhere) in PHASES.items()
    }
    total_s[REST] = whole_s - sum(total_s.values())
    table = pd.DataFrame({"phase": list(total_s), "total_s": list(total_s.values())})
    return table.assign(share=table["total_s"] / whole_s)


def _seconds(stats: Any, part: Part) -> float:
    """Time in some functions and all they call."""
    ending = f"path_search/{part.module}.py"
    total_s = 0.0
    for (file, _, name), (_, _, _, cumulative_s, callers) in stats.stats.items():
        if name not in part.functions or not file.replace("\\", "/").endswith(ending):
            continue
        if part.called_from:
            of_callers = [
                entry[3] for (_, _, caller), entry in callers.items() if caller in part.called_from
            ]
            cumulative_s = sum(of_callers)
        total_s += cumulative_s
    return total_s
