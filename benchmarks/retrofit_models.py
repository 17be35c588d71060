"""The paper's model of one configuration of a retrofit, and the solvers it is measured with."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from milpcore.core import Problem, solve
from milpcore.extras import require
from milpcore.site import AssignmentWeak, prepare
from milpcore.site.inputs import Floats
from milpcore.site.model import KW_PER_MW
from milpcore.streams import Streams

RANGE_K = 10.0
MIP_REL_GAP = 1e-4
FREE_SIZE = 2000
"""Rows, and columns, of the free Gurobi licence."""


class Solved(NamedTuple):
    """One solve of a model: seconds, objective (in its own unit), and whether it is proven."""

    elapsed_s: float
    objective: float
    is_proven: bool


def paper_model(
    streams: Streams, existing_C: Sequence[float], choice_C: Sequence[float]
) -> tuple[Problem, float]:
    """State one configuration in the paper's model.

    Parameters
    ----------
    streams : Streams
    existing_C : sequence of float
        Levels of today, °C.
    choice_C : sequence of float
        Those that may move.

    Returns
    -------
    problem : Problem
        `assignment_weak` with the candidates of this configuration; levels that do not move are
        open, and so is at least one level within the range of each that does.
    unit_EUR_per_a : float
        Unit of its objective.
    """
    kink_C = prepare(streams).level_C
    near_C = [kink_C[np.abs(kink_C - one) <= RANGE_K + 1e-6] for one in choice_C]
    candidates_C = np.unique(np.concatenate([np.asarray(existing_C), *near_C]))
    inputs = prepare(streams, candidates_C=candidates_C.tolist())
    problem = AssignmentWeak(len(existing_C)).build(inputs)
    fixed_C = sorted(set(existing_C) - set(choice_C))
    is_fixed = np.isin(inputs.level_C, fixed_C)
    problem = problem.fixed("is_open", 1.0, index=is_fixed)
    ranges = np.abs(inputs.level_C - np.asarray(choice_C).reshape(-1, 1)) <= RANGE_K + 1e-6
    return _with_open_ranges(problem, ranges.astype(np.float64)), KW_PER_MW * inputs.cost_scale


def _with_open_ranges(problem: Problem, ranges: Floats) -> Problem:
    """Add a row for each range (rows of `ranges`), in which a level must be open."""
    rows = sparse.lil_array((len(ranges), problem.n_columns))
    rows[:, problem.column_blocks["is_open"]] = ranges
    return problem.with_rows("range_has_a_level", rows, lower=1.0)


def highs(problem: Problem, limit_s: float) -> Solved:
    """Solve through SciPy, within a time limit (s)."""
    start_s = time.perf_counter()
    solution = solve(problem, mip_rel_gap=MIP_REL_GAP, time_limit_s=limit_s)
    elapsed_s = time.perf_counter() - start_s
    return Solved(elapsed_s, solution.objective, solution.status.value == "optimal")


def gurobi(problem: Problem, limit_s: float, out_dir: Path) -> Solved:
    """Solve with Gurobi, within a time limit (s); the model goes through a file in `out_dir`."""
    gurobipy: Any = require("gurobipy", "benchmarks", "the comparison with Gurobi")
    with tempfile.TemporaryDirectory(dir=out_dir) as folder:
        path = Path(folder) / "problem.mps"
        problem.save(path)
        with (
            gurobipy.Env(params={"OutputFlag": 0}) as environment,
            gurobipy.read(str(path), environment) as model,
        ):
            model.Params.TimeLimit = limit_s
            model.Params.MIPGap = MIP_REL_GAP
            start_s = time.perf_counter()
            model.optimize()
            elapsed_s = time.perf_counter() - start_s
            return Solved(elapsed_s, model.ObjVal, model.Status == gurobipy.GRB.OPTIMAL)
