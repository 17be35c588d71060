"""Other tools on the same problems: linopy with HiGHS, SCIP, and Gurobi within its free size.

linopy states the paper's model (`assignment_weak`) on the bundled site with whole arrays, as its
documentation recommends, and hands it to HiGHS. SCIP and Gurobi read problems that milpcore has
written: SCIP the same model, and both the retrofit-size problems, the existing levels of the
paper with a few neighbours as candidates, which fit into the 2,000 rows and columns of the free
gurobipy licence. A tool that is not installed is left out with a note.
"""

from __future__ import annotations

import importlib
import math
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Problem, solve
from milpcore.extras import MissingExtraError, require
from milpcore.site import AssignmentWeak, LevelPath, SiteInputs, prepare
from milpcore.site.limits import flow_limits
from milpcore.site.model import KW_PER_MW, relative_gap
from milpcore.streams import load_case

PAPER_LEVEL_COUNTS = (3, 5)
EXISTING_C = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
REACH_K = 10.0
"""Retrofit-size candidates lie this close to an existing level."""
PART = "other tool"
LARGEST_DIFFERENCE = 1e-3


def measure_other_tools(
    case: str, *, limit_s: float, mip_rel_gap: float, out_dir: Path
) -> list[dict[str, object]]:
    """Measure the tools that are installed.

    Parameters
    ----------
    case : str
        Bundled stream table.
    limit_s : float
        Time limit of each run.
    mip_rel_gap : float
    out_dir : Path
        Where model files are kept for the time of a run.

    Returns
    -------
    list of dict
        One row per tool and problem.

    Raises
    ------
    RuntimeError
        If two tools prove different optima.
    """
    streams = load_case(case)
    inputs = prepare(streams)
    near_C = [c for c in inputs.level_C if min(abs(c - e) for e in EXISTING_C) <= REACH_K]
    retrofit = prepare(streams, candidates_C=sorted({*near_C, *EXISTING_C}))
    unit_EUR_per_a = KW_PER_MW * inputs.cost_scale
    options = {"limit_s": limit_s, "mip_rel_gap": mip_rel_gap}
    rows: list[dict[str, object]] = []

    def add(name: str, problem_name: str, n_levels: int, call: Callable[[], Any]) -> None:
        try:
            start_s = time.perf_counter()
            objective, bound, is_proven = call()
        except MissingExtraError as error:
            print(f"  {name} is not measured: {error}", file=sys.stderr)
            return
        rows.append(
            {
                "part": PART,
                "case": problem_name,
                "max_levels": n_levels,
                "method": name,
                "repeats": 1,
                "median_s": time.perf_counter() - start_s,
                "at_least": not is_proven,
                "status": "optimal" if is_proven else "time_limit",
                "objective_EUR_per_a": objective * unit_EUR_per_a,
                "bound_EUR_per_a": bound * unit_EUR_per_a,
                "gap": relative_gap(objective, bound),
            }
        )

    for n in PAPER_LEVEL_COUNTS:
        weak = AssignmentWeak(n).build(inputs)
        name = f"{case}, {AssignmentWeak.name}"
        add("linopy, HiGHS", name, n, lambda n=n: solve_linopy(inputs, n, **options))
        add("SCIP", name, n, lambda p=weak: solve_scip(p, out_dir=out_dir, **options))
    n = len(EXISTING_C)
    small = LevelPath(n).build(retrofit)
    name = f"retrofit size, {small.n_rows} rows, {small.n_columns} columns, {LevelPath.name}"
    add("HiGHS through SciPy", name, n, lambda: _solve_here(small, **options))
    add("SCIP", name, n, lambda: solve_scip(small, out_dir=out_dir, **options))
    add("Gurobi", name, n, lambda: solve_gurobi(small, out_dir=out_dir, **options))
    _refuse_disagreement(rows)
    return rows


def solve_linopy(
    inputs: SiteInputs, n_levels: int, *, limit_s: float, mip_rel_gap: float
) -> tuple[float, float, bool]:
    """State the paper's model in linopy and solve it; return objective, bound, whether proven.

    Parameters
    ----------
    inputs : SiteInputs
    n_levels : int
    limit_s, mip_rel_gap : float

    Returns
    -------
    objective, bound : float
        In units of the other formulations.
    is_proven : bool
    """
    require("linopy", "benchmarks", "the comparison with linopy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # masked variables count as 0, which is what is meant
        model = state_in_linopy(inputs, n_levels)
    model.solve(
        solver_name="highs",
        io_api="direct",
        progress=False,
        output_flag=False,
        time_limit=limit_s,
        mip_rel_gap=mip_rel_gap,
    )
    info = model.solver_model.getInfo()
    objective, bound = float(info.objective_function_value), float(info.mip_dual_bound)
    is_close = abs(objective - bound) <= 1.001 * mip_rel_gap * abs(objective)
    return objective, bound, math.isfinite(objective) and is_close


def state_in_linopy(inputs: SiteInputs, n_levels: int) -> Any:
    """Return `assignment_weak` as a linopy model, in MW, rows (1) to (5), (8), (9), (10a)."""
    linopy: Any = require("linopy", "benchmarks", "the comparison with linopy")
    xarray: Any = require("xarray", "benchmarks", "the comparison with linopy")
    n, costs, scale = inputs.n_candidates, inputs.objective_costs, inputs.cost_scale
    limits = flow_limits(inputs, n_levels)
    levels = pd.RangeIndex(n, name="level")
    streams = pd.RangeIndex(inputs.n_streams, name="stream")
    source, sink = levels.rename("source"), levels.rename("sink")

    def by_level(values: Any) -> Any:
        return xarray.DataArray(np.asarray(values, dtype=float), coords=[levels])

    kink, is_hot = inputs.stream_kink[:, None], inputs.stream_is_hot[:, None]
    may = np.where(is_hot, np.arange(n) <= kink, np.arange(n) >= kink)
    pump_cost, share, pumps = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n), dtype=bool)
    at = (inputs.pump_source, inputs.pump_sink)
    pump_cost[at], share[at], pumps[at] = costs.pump_heat, inputs.pump_source_share, True
    pair = {"coords": [source, sink]}
    duty_MW = np.where(inputs.stream_is_hot, 1.0, -1.0) * inputs.stream_duty_kW / KW_PER_MW

    model = linopy.Model()
    may_array = xarray.DataArray(may, coords=[streams, levels])
    chosen = model.add_variables(
        binary=True, coords=[streams, levels], mask=may_array, name="connection"
    )
    is_open = model.add_variables(binary=True, coords=[levels], name="is_open")
    heat = model.add_variables(lower=0.0, coords=[levels], name="external_heat")
    cooling = model.add_variables(lower=0.0, coords=[levels], name="cooling")
    most_MW = by_level(np.where(np.arange(n) == n - 1, 0.0, np.inf))
    cascade = model.add_variables(lower=0.0, upper=most_MW, coords=[levels], name="cascade_in")
    pump = model.add_variables(
        lower=0.0, mask=xarray.DataArray(pumps, **pair), name="pump_heat", **pair
    )
    into = pump.sum("source").rename({"sink": "level"})
    out = (xarray.DataArray(share, **pair) * pump).sum("sink").rename({"source": "level"})
    duties = (xarray.DataArray(duty_MW, coords=[streams]) * chosen).sum("stream")
    passed_on = (1.0 * cascade).shift(level=1)
    balance = duties + heat - cooling + cascade - passed_on + into - out
    model.add_constraints(balance == 0.0, name="level_balance")  # (1)
    model.add_constraints(heat <= by_level(limits.external_heat) * is_open, name="heat")  # (2)
    model.add_constraints(cooling <= by_level(limits.cooling) * is_open, name="cool")  # (3)
    model.add_constraints(into <= by_level(limits.pumps_in) * is_open, name="in")  # (4)
    model.add_constraints(out <= by_level(limits.pumps_out) * is_open, name="out")  # (5)
    model.add_constraints(chosen.sum("level") == 1.0, name="one_level")  # (8)
    model.add_constraints(is_open.sum() <= n_levels, name="most_levels")  # (9)
    served = by_level(may.sum(axis=0))
    model.add_constraints(chosen.sum("stream") <= served * is_open, name="only_open")  # (10a)
    model.add_objective(
        (by_level(costs.external_heat / scale) * heat).sum()
        + (by_level(costs.cooling / scale) * cooling).sum()
        + (xarray.DataArray(pump_cost / scale, **pair) * pump).sum()
    )
    return model


def solve_scip(
    problem: Problem, *, limit_s: float, mip_rel_gap: float, out_dir: Path
) -> tuple[float, float, bool]:
    """Solve a problem with SCIP; return objective, bound and whether it is proven."""
    pyscipopt = _solver_package("pyscipopt")
    with tempfile.TemporaryDirectory(dir=out_dir) as folder:
        path = Path(folder) / "problem.mps"
        problem.save(path)
        model = pyscipopt.Model()
        model.hideOutput()
        model.readProblem(str(path))
        model.setParam("limits/time", limit_s)
        model.setParam("limits/gap", mip_rel_gap)
        model.optimize()
        is_proven = model.getStatus() in ("optimal", "gaplimit")
        return float(model.getObjVal()), float(model.getDualbound()), is_proven


def solve_gurobi(
    problem: Problem, *, limit_s: float, mip_rel_gap: float, out_dir: Path
) -> tuple[float, float, bool]:
    """Solve a problem with Gurobi; return objective, bound and whether it is proven."""
    gurobipy = _solver_package("gurobipy")
    with tempfile.TemporaryDirectory(dir=out_dir) as folder:
        path = Path(folder) / "problem.mps"
        problem.save(path)
        environment = gurobipy.Env(params={"OutputFlag": 0})
        model = gurobipy.read(str(path), environment)
        model.Params.TimeLimit = limit_s
        model.Params.MIPGap = mip_rel_gap
        model.optimize()
        return float(model.ObjVal), float(model.ObjBound), model.Status == gurobipy.GRB.OPTIMAL


def _solver_package(name: str) -> Any:
    """Import a solver that no extra of milpcore installs."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        text = f"its package {name} is not installed: python -m pip install {name}"
        raise MissingExtraError(text) from error


def _solve_here(problem: Problem, *, limit_s: float, mip_rel_gap: float) -> tuple[Any, ...]:
    solution = solve(problem, mip_rel_gap=mip_rel_gap, time_limit_s=limit_s)
    return solution.objective, solution.bound, solution.status.value == "optimal"


def _refuse_disagreement(rows: list[dict[str, object]]) -> None:
    """Proven optima of the same problem must agree."""
    table = pd.DataFrame([row for row in rows if not row["at_least"]])
    if table.empty:
        return
    for (case, n_levels), runs in table.groupby(["case", "max_levels"]):
        cost = runs["objective_EUR_per_a"]
        if cost.max() > cost.min() * (1.0 + LARGEST_DIFFERENCE):
            raise RuntimeError(f"{case}, {n_levels} levels: optima differ: {cost.tolist()}")
