"""The formulations that the search is compared with, straight through `scipy.optimize.milp`.

The time of a baseline is assembly and solution, from prepared inputs, as for the search itself.
Every run has a process of its own, so that its memory and an overrun of its time limit end there.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Channel, run_in_child, solve
from milpcore.site import (
    AssignmentStrong,
    AssignmentWeak,
    KinkAssignment,
    LevelPath,
    MilpFormulation,
    prepare,
)
from milpcore.site.model import KW_PER_MW
from milpcore.streams import load_case

FORMULATIONS: tuple[Callable[[int], MilpFormulation], ...] = (
    AssignmentWeak,
    AssignmentStrong,
    KinkAssignment,
    LevelPath,
)
PAPER = AssignmentWeak.name
SHIFT_S = 0.1
"""Shift of the geometric means."""
GRACE_S = 60.0
"""A run that takes this much longer than its limit is ended; its limit counts."""


def measure_baselines(
    case: str, level_counts: Sequence[int], *, limit_s: float, mip_rel_gap: float
) -> list[dict[str, object]]:
    """Measure every baseline.

    Parameters
    ----------
    case : str
        Bundled stream table.
    level_counts : sequence of int
    limit_s : float
        Time limit of each run.
    mip_rel_gap : float

    Returns
    -------
    list of dict
        One row per number of levels and formulation.
    """
    rows = []
    for n_levels in level_counts:
        for make in FORMULATIONS:
            row = _run(case, make, n_levels, limit_s, mip_rel_gap)
            rows.append(row)
            told = f"{row['method']}, at most {n_levels} levels: {row['status']}"
            print(f"  {told} after {row['median_s']:.1f} s", flush=True)
    return rows


def _run(
    case: str,
    make: Callable[[int], MilpFormulation],
    n_levels: int,
    limit_s: float,
    mip_rel_gap: float,
) -> dict[str, object]:
    job = (case, make, n_levels, limit_s, mip_rel_gap)
    try:
        return run_in_child(_measure, *job, time_limit_s=limit_s + GRACE_S)
    except TimeoutError:
        print(f"ended {GRACE_S:.0f} s after its limit", file=sys.stderr)
        return _row(case, make(n_levels), limit_s, status="time_limit")


def _measure(
    channel: Channel,  # noqa: ARG001
    case: str,
    make: Callable[[int], MilpFormulation],
    n_levels: int,
    limit_s: float,
    mip_rel_gap: float,
) -> dict[str, object]:
    """Solve one baseline in this process."""
    inputs = prepare(load_case(case))
    formulation = make(n_levels)
    start_s, cpu_start_s = time.perf_counter(), time.process_time()
    problem = formulation.build(inputs)
    solution = solve(problem, mip_rel_gap=mip_rel_gap, time_limit_s=limit_s)
    elapsed_s = time.perf_counter() - start_s
    cpu_s = time.process_time() - cpu_start_s
    unit_EUR_per_a = KW_PER_MW * inputs.cost_scale
    return _row(
        case,
        formulation,
        elapsed_s,
        status=solution.status.value,
        cpu_s=cpu_s,
        n_nodes=solution.n_nodes,
        objective_EUR_per_a=solution.objective * unit_EUR_per_a,
        bound_EUR_per_a=solution.bound * unit_EUR_per_a,
        gap=solution.gap,
    )


def _row(
    case: str, formulation: MilpFormulation, elapsed_s: float, *, status: str, **more: Any
) -> dict[str, object]:
    return {
        "part": "baseline",
        "case": case,
        "max_levels": formulation.n_levels,
        "method": formulation.name,
        "repeats": 1,
        "median_s": elapsed_s,
        "at_least": status != "optimal",
        "status": status,
        **more,
    }


def shifted_geometric_mean(values: Iterable[float], shift: float = SHIFT_S) -> float:
    """Return ``exp(mean(log(v + shift))) - shift``.

    Parameters
    ----------
    values : iterable of float
        From 0.
    shift : float
        Keeps the smallest values from deciding.

    Returns
    -------
    float
    """
    shifted = np.array(list(values), dtype=np.float64) + shift
    return float(math.exp(np.log(shifted).mean()) - shift)


def ratios(table: pd.DataFrame, own_method: str, *, limit_s: float) -> pd.DataFrame:
    """Compare every baseline with the search on the same numbers of levels.

    Parameters
    ----------
    table : DataFrame
        Rows of the baselines and of the search: ``part``, ``method``, ``max_levels``,
        ``median_s``, ``at_least``.
    own_method : str
        Method of the search to compare with.
    limit_s : float
        An unfinished run counts this much.

    Returns
    -------
    DataFrame
        One row per baseline: ``method``, ``geometric_mean_s``, ``own_geometric_mean_s``,
        ``times_faster``, ``unfinished``, ``at_least``.
    """
    own = table[table["method"] == own_method].set_index("max_levels")["median_s"]
    rows = []
    for method, runs in table[table["part"] == "baseline"].groupby("method", sort=False):
        unfinished = runs["at_least"].astype(bool)
        counted_s = runs["median_s"].where(~unfinished, limit_s)
        own_s = shifted_geometric_mean(own.loc[runs["max_levels"]])
        baseline_s = shifted_geometric_mean(counted_s)
        rows.append(
            {
                "method": method,
                "geometric_mean_s": baseline_s,
                "own_geometric_mean_s": own_s,
                "times_faster": baseline_s / own_s,
                "unfinished": int(unfinished.sum()),
                "at_least": bool(unfinished.any()),
            }
        )
    return pd.DataFrame(rows)
