"""Formulations of the site model on the bundled site: size, LP bound, and the search.

Each is built, its LP relaxation solved, and then the whole problem through `scipy.optimize.milp`
with a time limit, one after the other in this process; `path_search`, which is no such problem,
searches in its own way within the same limit. `arc_path` and `layered_path` are left to
``milpcore tightness``: without the reduction that it offers, the largest relaxation takes minutes.
Columns of the table:

- ``n_columns``, ``n_rows``, ``n_integers``, ``n_nonzeros``: size before the solver's presolve
- ``lp_bound_EUR_per_a``, ``root_gap``: of the relaxation as assembled, the gap to the best
  objective that any formulation found in this run for the same number of levels
- ``objective_EUR_per_a``, ``bound_EUR_per_a``, ``gap``, ``n_nodes``, ``status``: of the search
- ``build_s``, ``lp_s``, ``milp_s``: wall-clock seconds of the three; ``milp_s`` of `path_search`
  is all of it
- ``note``: why cells of the row are empty

What it cannot show: times of other solvers, sites or machines. A time limit that is reached says
nothing about how much longer the search would take.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from milpcore.core import solve, solve_lp
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.level_path import IntegerColumns, LevelPath
from milpcore.site.model import KW_PER_MW, MilpFormulation
from milpcore.site.path_search import PathSearch
from milpcore.streams import load_case

NAME = "formulations"
SUMMARY = "formulations of the site model on site_400: size, LP bound, search with a time limit"

CASE = "site_400"
LEVEL_COUNTS = (3, 5, 8)
TIME_LIMIT_S = 30.0
MIP_REL_GAP = 1e-4

COLUMNS = (
    "case",
    "max_levels",
    "formulation",
    "n_columns",
    "n_rows",
    "n_integers",
    "n_nonzeros",
    "lp_bound_EUR_per_a",
    "root_gap",
    "objective_EUR_per_a",
    "bound_EUR_per_a",
    "gap",
    "n_nodes",
    "status",
    "build_s",
    "lp_s",
    "milp_s",
    "note",
)
"""Columns of the table."""
SIZES = ("n_columns", "n_rows", "n_integers", "n_nonzeros")
NO_MATRIX = "a search with small linear programs of its own, not one matrix: no size, no LP bound"


def run(
    out_dir: Path,  # noqa: ARG001
    *,
    level_counts: Sequence[int] = LEVEL_COUNTS,
    time_limit_s: float = TIME_LIMIT_S,
    case: str = CASE,
) -> pd.DataFrame:
    """Measure the formulations.

    Parameters
    ----------
    out_dir : Path
        Unused: there are no further files.
    level_counts : sequence of int
        Largest numbers of levels.
    time_limit_s : float
        Time limit of each search.
    case : str
        Bundled stream table.

    Returns
    -------
    DataFrame
        One row per number of levels and formulation.
    """
    inputs = prepare(load_case(case))
    records = []
    for n_levels in level_counts:
        for formulation in _formulations(n_levels):
            records.append(_measured(formulation, inputs, case, time_limit_s))
        records.append(_searched(PathSearch(n_levels), inputs, case, time_limit_s))
    table = pd.DataFrame.from_records(records).astype(dict.fromkeys(SIZES, "Int64"))
    best_EUR_per_a = table.groupby("max_levels")["objective_EUR_per_a"].transform("min")
    table["root_gap"] = (best_EUR_per_a - table["lp_bound_EUR_per_a"]) / best_EUR_per_a
    return table[list(COLUMNS)]


def _formulations(n_levels: int) -> tuple[MilpFormulation, ...]:
    """MILP formulations, and the options of the level path."""
    return (
        AssignmentWeak(n_levels),
        AssignmentStrong(n_levels),
        KinkAssignment(n_levels),
        *(LevelPath(n_levels, integer=kind) for kind in IntegerColumns),
        LevelPath(n_levels, dominance_rows=False),
    )


def _label(formulation: MilpFormulation) -> str:
    """Name with the options that differ."""
    if not isinstance(formulation, LevelPath):
        return formulation.name
    without = "" if formulation.dominance_rows is None else ", no dominance rows"
    return f"{formulation.name}, integer {formulation.integer.value}{without}"


def _measured(
    formulation: MilpFormulation, inputs: SiteInputs, case: str, time_limit_s: float
) -> dict[str, object]:
    """Build and solve one formulation."""
    unit_EUR_per_a = KW_PER_MW * inputs.cost_scale
    start_s = time.perf_counter()
    problem = formulation.build(inputs)
    build_s = time.perf_counter() - start_s
    relaxation = solve_lp(problem.relaxed())
    solution = solve(problem, mip_rel_gap=MIP_REL_GAP, time_limit_s=time_limit_s)
    return {
        "case": case,
        "max_levels": formulation.n_levels,
        "formulation": _label(formulation),
        "n_columns": problem.n_columns,
        "n_rows": problem.n_rows,
        "n_integers": problem.n_integers,
        "n_nonzeros": problem.n_nonzeros,
        "lp_bound_EUR_per_a": relaxation.objective * unit_EUR_per_a,
        "objective_EUR_per_a": solution.objective * unit_EUR_per_a,
        "bound_EUR_per_a": solution.bound * unit_EUR_per_a,
        "gap": solution.gap,
        "n_nodes": solution.n_nodes,
        "status": solution.status.value,
        "build_s": build_s,
        "lp_s": relaxation.solve_s,
        "milp_s": solution.solve_s,
        "note": "",
    }


def _searched(
    formulation: PathSearch, inputs: SiteInputs, case: str, time_limit_s: float
) -> dict[str, object]:
    """Run the search; cells that it has nothing for are empty."""
    outcome = formulation.solve(inputs, mip_rel_gap=MIP_REL_GAP, time_limit_s=time_limit_s)
    return {
        **dict.fromkeys(SIZES, pd.NA),
        "case": case,
        "max_levels": formulation.n_levels,
        "formulation": formulation.name,
        "lp_bound_EUR_per_a": math.nan,
        "objective_EUR_per_a": outcome.objective,
        "bound_EUR_per_a": outcome.bound,
        "gap": outcome.gap,
        "n_nodes": outcome.n_nodes,
        "status": outcome.status.value,
        "build_s": math.nan,
        "lp_s": math.nan,
        "milp_s": outcome.solve_s,
        "note": NO_MATRIX,
    }
