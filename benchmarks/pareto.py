"""Exact fronts of TAC over CO2 on the bundled site, beside limits on CO2 one at a time.

Parts of the table ``pareto.csv``:

- ``front``: seconds for a whole front with every supported and unsupported point, at resolution
  1e-3 and 0, for fixed levels, retrofits and greenfields; with its points and what is proven.
- ``limit``: seconds for one limit on CO2 as a mixed-integer program, `BASELINE`: `level_path` with
  one more row, by HiGHS through SciPy, with a time limit and a gap; evenly spaced limits between
  the ends of our front. Its cost, where it is solved, and in any case its bound must agree with
  the front at that limit, else nothing is reported.
- ``ratio``: seconds of the baseline for as many limits as the front has points, by its mean (one
  that ran into the time limit counts as that), over seconds of the front.

What it cannot show: the site is a fitted one; a front by limits has no proof between them, so that
the ratio flatters the baseline; and a solver other than HiGHS may be faster.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Problem, Status, solve
from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.level_path import LevelPath
from milpcore.site.model import KW_PER_MW
from milpcore.site.pareto import front_study, search_front
from milpcore.site.pareto_request import ParetoOptions, plan_pareto
from milpcore.site.pareto_results import ParetoStudy
from milpcore.streams import Streams, load_case

NAME = "pareto"
SUMMARY = "exact fronts of TAC over CO2 on site_400, beside mixed-integer programs with limits"

CASE = "site_400"
FIXED_C = (15.0, 35.0, 80.0, 134.0, 214.0, 285.0, 1600.0)
EXISTING_C = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
OURS = "milpcore pareto, whole front, every point checked"
BASELINE = "level_path with a limit on CO2, HiGHS through SciPy, one limit"
LIMIT_S = 20.0
GAP = 1e-4
N_LIMITS = 2
AGREEMENT = 3e-4
"""Largest relative difference of costs: the gap of the program, and the resolution of the front."""
COLUMNS = (
    "part",
    "case",
    "method",
    "what",
    "resolution",
    "seconds",
    "n_points",
    "n_supported",
    "n_unsupported",
    "n_jumps",
    "n_level_sets",
    "n_priced",
    "proven_percent",
    "co2_limit_t_per_a",
    "tac_EUR_per_a",
    "gap",
    "status",
    "times_faster",
)


def run(
    out_dir: Path,  # noqa: ARG001
    *,
    levels: tuple[int, ...] = (4, 6, 8),
    moves: tuple[int, ...] = (1, 2, 7),
    n_limits: int = N_LIMITS,
    limit_s: float = LIMIT_S,
) -> pd.DataFrame:
    """Measure everything; some minutes, most of it the mixed-integer programs.

    Parameters
    ----------
    out_dir : Path
        Not used: there are no further files.
    levels : tuple of int
        Largest numbers of levels of the greenfields.
    moves : tuple of int
        Numbers of existing levels that may move.
    n_limits : int
        Limits solved as mixed-integer programs for each greenfield.
    limit_s : float
        Seconds for each.

    Returns
    -------
    DataFrame
        One row per measurement.

    Raises
    ------
    RuntimeError
        If a mixed-integer program contradicts a front.
    """
    streams = load_case(CASE)
    search_front(plan_pareto(streams, ParetoOptions(n_levels=3), economics=None))  # compiles
    asked = [("fixed levels", ParetoOptions(existing_C=FIXED_C))]
    asked += [
        (f"retrofit, {move} may move", ParetoOptions(existing_C=EXISTING_C, move=move))
        for move in moves
    ]
    asked += [(f"greenfield, {count} levels", ParetoOptions(n_levels=count)) for count in levels]
    rows: list[dict[str, Any]] = []
    inputs = prepare(streams)
    for what, options in asked:
        for resolution, n_points in ((1e-3, 0), (0.0, n_limits)):
            now = options._replace(resolution=resolution, n_points=n_points)
            row, study = _front_row(streams, what, now)
            rows.append(row)
        if options.n_levels is not None:
            limits = _limit_rows(inputs, what, options.n_levels, study, limit_s)
            rows += limits
            rows.append(_ratio_row(what, row, limits))
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS)).assign(case=CASE)


def _front_row(
    streams: Streams, what: str, options: ParetoOptions
) -> tuple[dict[str, Any], ParetoStudy]:
    """Time one front."""
    start_s = time.perf_counter()
    plan = plan_pareto(streams, options, economics=None)
    found = search_front(plan)
    study = front_study(plan, found)
    seconds = time.perf_counter() - start_s
    points = study.points[study.points["kind"] != "asked"]
    supported = int(points["is_supported"].sum())
    row = {
        "part": "front",
        "method": OURS,
        "what": what,
        "resolution": options.resolution,
        "seconds": seconds,
        "n_points": len(points),
        "n_supported": supported,
        "n_unsupported": len(points) - supported,
        "n_jumps": int((study.segments["jump_tac_EUR_per_a"] > 0.0).sum()),
        "n_level_sets": len(study.level_sets),
        "n_priced": found.archive.n_priced,
        "proven_percent": 100.0 * study.distance,
        "status": study.status.value,
    }
    return row, study


def _limit_rows(
    inputs: SiteInputs,
    what: str,
    n_levels: int,
    study: ParetoStudy,
    limit_s: float,
) -> list[dict[str, Any]]:
    """Solve some limits as mixed-integer programs."""
    rows: list[dict[str, Any]] = []
    asked = study.points.dropna(subset="asked_co2_t_per_a")
    for limit_t, ours in zip(asked["asked_co2_t_per_a"], asked["tac_EUR_per_a"], strict=True):
        start_s = time.perf_counter()
        problem = limited_problem(inputs, n_levels, limit_t)
        solution = solve(problem, mip_rel_gap=GAP, time_limit_s=limit_s)
        seconds = time.perf_counter() - start_s
        scale = inputs.cost_scale * KW_PER_MW
        value, bound = solution.objective * scale, solution.bound * scale
        contradicts = value < (1.0 - AGREEMENT) * ours or bound > (1.0 + AGREEMENT) * ours
        if solution.status is Status.OPTIMAL:
            contradicts |= not value <= (1.0 + AGREEMENT) * ours
        if contradicts:
            raise RuntimeError(
                f"{what}, {limit_t:.6g} t/a: {value:.10g}, but the front {ours:.10g}"
            )
        rows.append(
            {
                "part": "limit",
                "method": BASELINE,
                "what": what,
                "seconds": seconds,
                "co2_limit_t_per_a": limit_t,
                "tac_EUR_per_a": value,
                "gap": solution.gap,
                "status": solution.status.value,
            }
        )
    return rows


def limited_problem(inputs: SiteInputs, n_levels: int, limit_t: float) -> Problem:
    """`level_path` with TAC as cost and one more row: CO2 at most `limit_t` (t/a).

    At the base prices electricity is dearer and dirtier than heat, so that the dominance rows and
    big-M values of TAC hold for CO2, too, and for every sum of both.
    """
    problem = LevelPath(n_levels=n_levels).build(inputs)
    row = np.zeros(problem.n_columns)
    co2 = inputs.costs(Measure.CO2)
    for block, cost in zip(("external_heat", "cooling", "pump_heat"), co2[:3], strict=True):
        row[problem.column_blocks[block]] = cost
    scale = float(row.max())
    return problem.with_rows("limit", row / scale, upper=limit_t / scale / KW_PER_MW)


def _ratio_row(what: str, front: dict[str, Any], limits: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare a front with as many limits as it has points."""
    mean_s = float(np.mean([row["seconds"] for row in limits])) if limits else float("nan")
    return {
        "part": "ratio",
        "method": BASELINE,
        "what": what,
        "seconds": mean_s * front["n_points"],
        "n_points": front["n_points"],
        "times_faster": mean_s * front["n_points"] / front["seconds"],
    }
