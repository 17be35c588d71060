"""The retrofit study of the bundled site: seconds a configuration, beside the paper's model.

Every combination of one, two and three of the existing levels of the paper, each of which may move
by 10 K. Parts of the table ``retrofit.csv``:

- ``configuration``: each combination by each method, median of the repeats. `OURS` is the time
  between two results of `milpcore.site.retrofit`: search, linear program, tables and check;
  `OURS_ALONE` is that of search and linear program, to set beside other solvers. The paper's model
  (`benchmarks.retrofit_models`) takes the time of `scipy.optimize.milp`, or of Gurobi's
  ``optimize`` where it is installed and the model is within the 2,000 rows and columns of its free
  licence. Assembly and file are not counted.
- ``mean``: of these, by number of levels that move; where Gurobi could not solve all, also the
  means over those that every method has solved.
- ``savings``: the published savings beside ours.

What it cannot show: the site is a fitted one, so neither times nor savings are comparable with the
paper's like for like; and the search of one configuration profits from what the study has set up
before its first.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.other_tools import EXISTING_C
from benchmarks.retrofit_models import (
    FREE_SIZE,
    MIP_REL_GAP,
    RANGE_K,
    Solved,
    gurobi,
    highs,
    paper_model,
)
from milpcore.core import Problem
from milpcore.site import RetrofitResult, RetrofitStudy, retrofit
from milpcore.site.retrofit_results import moves_text
from milpcore.streams import Streams, load_case

NAME = "retrofit"
SUMMARY = (
    "retrofit of site_400, one to three levels moved, beside the paper's model in HiGHS, Gurobi"
)

CASE = "site_400"
MOVES = (1, 2, 3)
REPEATS = 3
LIMIT_S = 60.0
LARGEST_DISAGREEMENT = 2.0 * MIP_REL_GAP
OURS = "milpcore retrofit, result and check included"
OURS_ALONE = "milpcore retrofit, search and operation alone"
PAPER_HIGHS = "paper's model, HiGHS through SciPy"
PAPER_GUROBI = "paper's model, Gurobi"

PUBLISHED = (
    ("", "", 0.28),
    ("25", "25→35", 0.36),
    ("143", "143→134", 1.08),
    ("25, 80", "25→35, 80→90", 0.68),
    ("25, 143", "25→35, 143→134", 1.37),
)
"""Levels that may move, moves and saving (%) of Hochhaus, Grünewald, Riese (2026)."""
FITTED = (
    "site and prices were fitted to the facts that the paper prints (its data is unpublished), so "
    "this is no independent confirmation"
)

COLUMNS = (
    "part",
    "case",
    "move",
    "configuration",
    "moved_C",
    "method",
    "n_configurations",
    "n_columns",
    "n_rows",
    "repeats",
    "median_s",
    "min_s",
    "max_s",
    "status",
    "objective_EUR_per_a",
    "saving_percent",
    "paper_percent",
    "note",
)
"""Columns of the table."""
COUNTS = ("move", "n_configurations", "n_columns", "n_rows", "repeats")


def run(
    out_dir: Path,
    *,
    case: str = CASE,
    existing_C: Sequence[float] = EXISTING_C,
    moves: Sequence[int] = MOVES,
    repeats: int = REPEATS,
    limit_s: float = LIMIT_S,
) -> pd.DataFrame:
    """Measure the study and the paper's model.

    Parameters
    ----------
    out_dir : Path
        Where model files are kept for the time of a run.
    case : str
        Bundled stream table.
    existing_C : sequence of float
        Levels of today, °C.
    moves : sequence of int
        Numbers of levels that move.
    repeats : int
        Runs of every measurement.
    limit_s : float
        Time limit of each solve of the paper's model.

    Returns
    -------
    DataFrame
        One row per measurement.

    Raises
    ------
    RuntimeError
        If two methods disagree on an optimum.
    """
    streams = load_case(case)
    retrofit(streams, existing_C=existing_C, move=0)  # compile and read the cache
    methods: dict[str, Callable[[Problem], Solved]] = {
        PAPER_HIGHS: lambda problem: highs(problem, limit_s)
    }
    if importlib.util.find_spec("gurobipy") is None:
        print("Gurobi is not measured: gurobipy is not installed", file=sys.stderr)
    else:
        methods[PAPER_GUROBI] = lambda problem: gurobi(problem, limit_s, out_dir)
    rows: list[dict[str, object]] = []
    studies = []
    for move in moves:
        study, own = _own_rows(streams, existing_C, move, repeats)
        studies.append(study)
        rows += own
        for one in study.results:
            rows += _model_rows(streams, existing_C, one, methods, repeats)
        print(f"  {move} moved: {len(study.results)} configurations", flush=True)
    table = pd.DataFrame(rows)
    parts = [table.assign(part="configuration"), _means(table)]
    if case == CASE and tuple(existing_C) == EXISTING_C:
        parts.append(_savings(studies))
    whole = pd.concat(parts).assign(case=case).reindex(columns=list(COLUMNS))
    texts = ("moved_C", "status", "note")
    return whole.astype(dict.fromkeys(COUNTS, "Int64")).fillna(dict.fromkeys(texts, ""))


def _own_rows(
    streams: Streams, existing_C: Sequence[float], move: int, repeats: int
) -> tuple[RetrofitStudy, list[dict[str, object]]]:
    """Seconds between the results of a study, again and again."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats):
        ended_s = [0.0]

        def note(one: RetrofitResult, ended_s: list[float] = ended_s) -> None:
            now_s = time.perf_counter()
            seconds.setdefault((OURS, one.name), []).append(now_s - ended_s[0])
            solve_s = float(one.result.summary["solve_s"].iloc[0])
            seconds.setdefault((OURS_ALONE, one.name), []).append(solve_s)
            ended_s[0] = now_s

        def begin(_: object, ended_s: list[float] = ended_s) -> bool:
            ended_s[0] = ended_s[0] or time.perf_counter()
            return False

        study = retrofit(
            streams,
            existing_C=existing_C,
            move=move,
            range_K=RANGE_K,
            observer=begin,
            on_result=note,
        )
    rows = [
        {
            **_described(one),
            **_spread(seconds[method, one.name]),
            "move": move,
            "method": method,
            "status": one.result.status.value,
            "objective_EUR_per_a": float(one.result.summary["objective_value"].iloc[0]),
        }
        for one in study.results
        for method in (OURS, OURS_ALONE)
    ]
    return study, rows


def _model_rows(
    streams: Streams,
    existing_C: Sequence[float],
    one: RetrofitResult,
    methods: dict[str, Callable[[Problem], Solved]],
    repeats: int,
) -> list[dict[str, object]]:
    """One configuration by the paper's model."""
    problem, unit_EUR_per_a = paper_model(streams, existing_C, one.choice_C)
    own = float(one.result.summary["objective_value"].iloc[0])
    rows = []
    for method, call in methods.items():
        if method == PAPER_GUROBI and max(problem.n_rows, problem.n_columns) > FREE_SIZE:
            continue
        runs = [call(problem) for _ in range(repeats)]
        objective, is_proven = runs[0].objective * unit_EUR_per_a, runs[0].is_proven
        if is_proven and abs(objective - own) > LARGEST_DISAGREEMENT * own:
            raise RuntimeError(f"{one.name}: {method} finds {objective}, milpcore {own}")
        rows.append(
            {
                **_described(one),
                **_spread([run.elapsed_s for run in runs]),
                "move": len(one.choice_C),
                "method": method,
                "n_columns": problem.n_columns,
                "n_rows": problem.n_rows,
                "status": "optimal" if is_proven else "time_limit",
                "objective_EUR_per_a": objective,
                "saving_percent": np.nan,
            }
        )
    return rows


def _described(one: RetrofitResult) -> dict[str, object]:
    return {
        "configuration": one.name,
        "moved_C": moves_text(one.moved_C),
        "n_configurations": 1,
        "saving_percent": one.saving_percent,
    }


def _spread(seconds: Sequence[float]) -> dict[str, object]:
    return {
        "repeats": len(seconds),
        "median_s": statistics.median(seconds),
        "min_s": min(seconds),
        "max_s": max(seconds),
    }


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over the configurations of the medians, by number of levels that move and method."""
    n_methods = table["method"].nunique()
    by_all = table.groupby("configuration")["method"].transform("nunique") == n_methods
    parts = [_mean(table, "all that this method has solved")]
    if not by_all.all():
        parts.append(_mean(table[by_all], "those that every method has solved"))
    return pd.concat(parts)


def _mean(table: pd.DataFrame, which: str) -> pd.DataFrame:
    groups = table.groupby(["move", "method"], sort=False)
    means = groups[["median_s", "min_s", "max_s"]].mean().reset_index()
    means["n_configurations"] = groups.size().to_numpy()
    means["repeats"] = groups["repeats"].max().to_numpy()
    unproven = groups["status"].agg(lambda status: int((status != "optimal").sum())).to_numpy()
    means["note"] = [f"{count} not proven in time" if count else "" for count in unproven]
    return means.assign(part="mean", configuration=which)


def _savings(studies: Sequence[RetrofitStudy]) -> pd.DataFrame:
    """Put published savings beside ours."""
    rows = []
    found = {one.name: one for study in studies for one in study.results}
    for name, published, percent in PUBLISHED:
        one = found.get(name)
        saving = studies[0].without_moves_saving_percent
        if name and one is None:
            continue
        if one is not None:
            saving = one.saving_percent
        rows.append(
            {
                "part": "savings",
                "configuration": name or "heat pumps alone",
                "moved_C": "" if one is None else moves_text(one.moved_C),
                "method": OURS,
                "saving_percent": saving,
                "paper_percent": percent,
                "note": f"paper: {published or 'nothing moved'}; {FITTED}",
            }
        )
    return pd.DataFrame(rows)
