"""The greenfield study of the bundled site: the exact search against its baselines, and elsewhere.

Parts of the table ``greenfield.csv``:

- ``search``: `site_400`, N = 2 to 15, gap 1e-4, with highspy and with SciPy alone; each number of
  levels within a study (which hands on what it has found) and alone; median of the repeats, from
  prepared inputs. The results of all repeats must be the same, else nothing is reported.
- ``random site``: 24 sites with fixed seeds (`benchmarks.random_sites`), each N alone.
- ``baseline``: four formulations through `scipy.optimize.milp` (`benchmarks.baselines`).
- ``other tool``: the paper's model in linopy, and SCIP and Gurobi, where they are installed
  (`benchmarks.other_tools`).

``median_s`` is wall-clock time; ``cpu_s`` is the processor time of the median run, which other load
on the machine disturbs less: where the two are far apart, measure again on a quiet machine.

Beside it: ``greenfield_targets.csv`` (each target with its measured figure),
``greenfield_ratios.csv`` (shifted geometric means), ``greenfield_gap.csv`` (gap over time),
``greenfield_profile.csv`` (where the time goes), and the figure ``greenfield_speed``.

What it cannot show: the site is a fitted one, so times are not comparable with the paper's; other
solvers may do better on the baselines; an unfinished run says nothing about how long it would take.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.__main__ import write
from benchmarks.baselines import measure_baselines, ratios
from benchmarks.greenfield_figure import draw_speed
from benchmarks.greenfield_targets import (
    ALONE,
    HIGHS,
    SCIPY,
    STUDY,
    measured_targets,
    search_method,
)
from benchmarks.other_tools import measure_other_tools
from benchmarks.random_sites import RandomCase, random_cases
from benchmarks.search_profile import CountingSolver, profile_search
from milpcore.extras import MissingExtraError
from milpcore.site import Outcome, PathSearch, Progress, SiteInputs, prepare
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.solvers import HighsSolver, ScipySolver
from milpcore.streams import load_case

NAME = "greenfield"
SUMMARY = "the exact search on site_400 and 24 random sites, against the baselines and over time"

CASE = "site_400"
MIP_REL_GAP = 1e-4
LEVEL_COUNTS = tuple(range(2, 16))
REPEATS = 3
RANDOM_LEVEL_COUNTS = (3, 5, 8, 12)
RANDOM_LIMIT_S = 60.0
BASELINE_LEVEL_COUNTS = (3, 5, 8, 12)
BASELINE_LIMIT_S = 300.0
GAP_LEVEL_COUNTS = (8, 14)
LARGEST_DISAGREEMENT = 2.0 * MIP_REL_GAP

COLUMNS = (
    "part",
    "case",
    "n_streams",
    "n_candidates",
    "max_levels",
    "method",
    "repeats",
    "median_s",
    "min_s",
    "max_s",
    "cpu_s",
    "at_least",
    "n_nodes",
    "n_programs",
    "lp_s",
    "status",
    "gap",
    "objective_EUR_per_a",
    "bound_EUR_per_a",
    "levels_C",
)
"""Columns of the table."""


def run(
    out_dir: Path,
    *,
    level_counts: Sequence[int] = LEVEL_COUNTS,
    repeats: int = REPEATS,
    cases: Sequence[RandomCase] | None = None,
    random_level_counts: Sequence[int] = RANDOM_LEVEL_COUNTS,
    random_limit_s: float = RANDOM_LIMIT_S,
    baseline_level_counts: Sequence[int] = BASELINE_LEVEL_COUNTS,
    baseline_limit_s: float = BASELINE_LIMIT_S,
    gap_level_counts: Sequence[int] = GAP_LEVEL_COUNTS,
    other_tools: bool = True,
) -> pd.DataFrame:
    """Measure everything; with the defaults it takes more than an hour, most of it the baselines.

    Parameters
    ----------
    out_dir : Path
        Folder of the further files.
    level_counts : sequence of int
        Numbers of levels of the study of the bundled site, rising; they hold the others.
    repeats : int
        Repeats of the study.
    cases : sequence of RandomCase, optional
        Random sites; default all of them.
    random_level_counts, baseline_level_counts, gap_level_counts : sequence of int
        Numbers of levels of the other parts.
    random_limit_s, baseline_limit_s : float
        Time limits of each run.
    other_tools : bool
        Whether to measure other tools.

    Returns
    -------
    DataFrame
        One row per measurement.

    Raises
    ------
    RuntimeError
        If two runs disagree on a result.
    """
    inputs = prepare(load_case(CASE))
    solvers = _solvers()
    for make in solvers.values():  # compile and read the cache
        PathSearch(4, solver=make()).solve(inputs)
    rows: list[dict[str, object]] = []
    for label, make in solvers.items():
        rows += _search_rows(inputs, label, make, level_counts, repeats)
    _refuse_disagreement(rows)
    gaps = pd.concat([_gap_over_time(inputs, n, solvers) for n in gap_level_counts])
    profiles = [
        profile_search(inputs, make(), level_counts, mip_rel_gap=MIP_REL_GAP).assign(solver=label)
        for label, make in solvers.items()
    ]
    print("  random sites", flush=True)
    for case in random_cases() if cases is None else cases:
        rows += _random_rows(case, random_level_counts, solvers, random_limit_s)
    print("  baselines", flush=True)
    rows += measure_baselines(
        CASE, baseline_level_counts, limit_s=baseline_limit_s, mip_rel_gap=MIP_REL_GAP
    )
    _refuse_wrong_baseline(rows)
    if other_tools:
        rows += measure_other_tools(
            CASE, limit_s=baseline_limit_s, mip_rel_gap=MIP_REL_GAP, out_dir=out_dir
        )
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    own = search_method(next(iter(solvers)), ALONE)
    compared = ratios(table, own, limit_s=baseline_limit_s)
    targets = measured_targets(table, compared, random_limit_s=random_limit_s)
    for name, part in (
        ("targets", targets),
        ("ratios", compared.assign(limit_s=baseline_limit_s)),
        ("gap", gaps),
        ("profile", pd.concat(profiles)[["solver", "phase", "total_s", "share"]]),
    ):
        write(part, out_dir / f"{NAME}_{name}.csv")
        print(part.to_string(index=False), flush=True)
    _draw(table, gaps, baseline_limit_s, out_dir)
    return table


def _solvers() -> dict[str, Callable[[], LinearSolver]]:
    """LP solvers that are installed, the fastest first."""
    solvers: dict[str, Callable[[], LinearSolver]] = {}
    try:
        HighsSolver()
        solvers[HIGHS] = HighsSolver
    except MissingExtraError as error:
        print(f"only SciPy is measured: {error}", file=sys.stderr)
    solvers[SCIPY] = ScipySolver
    return solvers


def _search_rows(
    inputs: SiteInputs,
    label: str,
    make: Callable[[], LinearSolver],
    level_counts: Sequence[int],
    repeats: int,
) -> list[dict[str, object]]:
    """Every number of levels, within a study and alone, again and again."""
    records: list[dict[str, object]] = []
    for _ in range(repeats):
        for way, group in ((STUDY, [level_counts]), (ALONE, [[n] for n in level_counts])):
            for part in group:
                records += _study(inputs, make, part, method=search_method(label, way))
    table = pd.DataFrame(records)
    rows = []
    for (method, n_levels), runs in table.groupby(["method", "max_levels"], sort=False):
        if len(set(runs["objective_EUR_per_a"])) > 1 or len(set(runs["levels_C"])) > 1:
            raise RuntimeError(f"{method}, {n_levels} levels: repeats have different results")
        median = runs.iloc[(runs["elapsed_s"] - runs["elapsed_s"].median()).abs().argmin()]
        rows.append(
            {
                "part": "search",
                "case": CASE,
                **median.drop("elapsed_s"),
                "repeats": repeats,
                "median_s": runs["elapsed_s"].median(),
                "min_s": runs["elapsed_s"].min(),
                "max_s": runs["elapsed_s"].max(),
            }
        )
    return rows


def _study(
    inputs: SiteInputs,
    make: Callable[[], LinearSolver],
    level_counts: Sequence[int],
    *,
    method: str,
    limit_s: float | None = None,
) -> list[dict[str, object]]:
    """One study; the first number of levels also carries what comes before it."""
    solver = CountingSolver(make())
    search = PathSearch(level_counts[0], solver=solver)
    outcomes = search.solve_study(
        inputs, level_counts, mip_rel_gap=MIP_REL_GAP, time_limit_s=limit_s, observer=None
    )
    records = []
    start_s, cpu_start_s = time.perf_counter(), time.process_time()
    for n_levels, outcome in outcomes:
        records.append(
            {
                "method": method,
                "n_streams": inputs.n_streams,
                "n_candidates": inputs.n_candidates,
                "max_levels": n_levels,
                "elapsed_s": time.perf_counter() - start_s,
                "cpu_s": time.process_time() - cpu_start_s,
                "n_programs": solver.n_programs,
                "lp_s": solver.solve_s,
                **_described(inputs, outcome),
            }
        )
        solver.n_programs, solver.solve_s = 0, 0.0
        start_s, cpu_start_s = time.perf_counter(), time.process_time()
    return records


def _described(inputs: SiteInputs, outcome: Outcome) -> dict[str, object]:
    is_open = outcome.design.is_open if outcome.design is not None else np.zeros(0, dtype=int)
    levels_C = inputs.level_C[is_open] if outcome.design is not None else is_open
    return {
        "n_nodes": outcome.n_nodes,
        "status": outcome.status.value,
        "at_least": outcome.status.value != "optimal",
        "gap": outcome.gap,
        "objective_EUR_per_a": outcome.objective,
        "bound_EUR_per_a": outcome.bound,
        "levels_C": " ".join(f"{level_C:g}" for level_C in levels_C),
    }


def _random_rows(
    case: RandomCase,
    level_counts: Sequence[int],
    solvers: dict[str, Callable[[], LinearSolver]],
    limit_s: float,
) -> list[dict[str, object]]:
    """Every number of levels alone, with the first solver."""
    inputs = case.inputs()
    label, make = next(iter(solvers.items()))
    rows = []
    for n_levels in level_counts:
        for record in _study(
            inputs, make, [n_levels], method=search_method(label, ALONE), limit_s=limit_s
        ):
            elapsed_s = record.pop("elapsed_s")
            row = {"part": "random site", "case": case.name, "repeats": 1, "median_s": elapsed_s}
            rows.append({**record, **row, "method": f"random sites, {label}, {ALONE}"})
    worst = max(rows, key=lambda row: row["median_s"])
    told = f"{worst['median_s']:.2f} s at N = {worst['max_levels']}, {worst['status']}"
    print(f"  {case.name}: worst {told}", flush=True)
    return rows


def _gap_over_time(
    inputs: SiteInputs, n_levels: int, solvers: dict[str, Callable[[], LinearSolver]]
) -> pd.DataFrame:
    """Watch a search; one row whenever incumbent or bound has changed."""
    seen: list[Progress] = []

    def observer(progress: Progress) -> bool:
        if not seen or seen[-1][1:3] != progress[1:3]:
            seen.append(progress)
        return False

    label, make = next(iter(solvers.items()))
    search = PathSearch(n_levels, solver=make())
    outcome = search.solve(inputs, mip_rel_gap=MIP_REL_GAP, observer=observer)
    last = Progress(outcome.solve_s, outcome.objective, outcome.bound, outcome.n_nodes)
    table = pd.DataFrame([*seen, last]).rename(
        columns={"incumbent": "incumbent_EUR_per_a", "bound": "bound_EUR_per_a"}
    )
    table.insert(0, "max_levels", n_levels)
    table.insert(1, "solver", label)
    gap = 1.0 - table["bound_EUR_per_a"] / table["incumbent_EUR_per_a"]
    return table.assign(gap=gap)


def _refuse_disagreement(rows: list[dict[str, object]]) -> None:
    """All ways to search must agree on the cost, each within its gap."""
    table = pd.DataFrame(rows)
    for n_levels, runs in table.groupby("max_levels"):
        cost = runs["objective_EUR_per_a"]
        if cost.max() > cost.min() * (1.0 + LARGEST_DISAGREEMENT):
            raise RuntimeError(f"{n_levels} levels: objectives differ: {cost.tolist()}")


def _refuse_wrong_baseline(rows: list[dict[str, object]]) -> None:
    """No bound of a baseline above a cost of the search, and the other way round."""
    table = pd.DataFrame(rows).query("part != 'random site'")
    for n_levels, runs in table.groupby("max_levels"):
        cost, bound = runs["objective_EUR_per_a"].min(), runs["bound_EUR_per_a"].max()
        if bound > cost * (1.0 + 1e-6):
            raise RuntimeError(f"{n_levels} levels: bound {bound} is above the cost {cost}")


def _draw(table: pd.DataFrame, gaps: pd.DataFrame, limit_s: float, out_dir: Path) -> None:
    """Draw the figure where matplotlib is installed."""
    try:
        draw_speed(table, gaps, limit_s=limit_s, path=out_dir / f"{NAME}_speed")
    except MissingExtraError as error:
        print(f"no figure: {error}", file=sys.stderr)
