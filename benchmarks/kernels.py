"""Warm times of every function of `preprocess`, wrapper and checks included.

The streams are random with a fixed seed: stream ends anywhere between 0 and 500 °C for the curves,
limit temperatures on a grid of 5 K (77 levels at most) for levels and matches, because the number
of feasible matches grows with streams times levels. The composite curve takes all streams as one
side. The baseline of the problem table is the textbook procedure in plain NumPy, one boolean mask
of all streams per temperature interval, timed in the same run on the same 400 streams (its effort
grows with the square of their number, so not on more); both must give the same utilities.
Compilation and reading of the cache are not part of the times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

import preprocess

NAME = "kernels"
SUMMARY = (
    "every preprocess function on 400 and 100,000 streams; problem table against interval masks"
)
BASELINE = "problem_table, one mask per interval"
SIZES = (400, 100_000)
SEED = 2026
TIME_PER_ROW_S = 0.7
MOST_REPEATS = 500
FEWEST_REPEATS = 3

FloatArray = npt.NDArray[np.float64]


class Sample(NamedTuple):
    """Random streams: ends for the curves, limits for the levels."""

    is_hot: npt.NDArray[np.bool_]
    low_C: FloatArray
    high_C: FloatArray
    heat_kW: FloatArray
    limit_C: FloatArray

    def sides(self) -> tuple[FloatArray, ...]:
        """Return the arguments of the problem table."""
        columns = (self.low_C, self.high_C, self.heat_kW)
        return tuple(column[kind] for kind in (self.is_hot, ~self.is_hot) for column in columns)


def run(out_dir: Path) -> pd.DataFrame:  # noqa: ARG001
    """Time every function on every size.

    Parameters
    ----------
    out_dir : Path
        Not used, there are no further files.

    Returns
    -------
    DataFrame
        One row per case and phase: ``case``, ``phase``, ``n_streams``, ``n_results`` (points,
        levels, matches or pairs returned), ``repeats``, ``median_s``, ``min_s`` and
        ``times_faster_than_masks`` (from the least times, which other load on the machine disturbs
        least; NaN but for the problem table of 400 streams).
    """
    rows = []
    for n_streams in SIZES:
        sample = random_sample(n_streams)
        calls = phases(sample)
        if n_streams == min(SIZES):
            calls[BASELINE] = partial(masked_problem_table, *sample.sides())
            assert_same_utilities(sample)
        rows += [
            {
                "case": f"{n_streams:,} streams",
                "phase": phase,
                "n_streams": n_streams,
                **timed(call),
            }
            for phase, call in calls.items()
        ]
    table = pd.DataFrame(rows)
    baseline_s = table.loc[table["phase"] == BASELINE, "min_s"].item()
    is_compared = (table["phase"] == "problem_table") & (table["n_streams"] == min(SIZES))
    table["times_faster_than_masks"] = (baseline_s / table["min_s"]).where(is_compared)
    return table


def random_sample(n_streams: int) -> Sample:
    """Return random streams, half of them hot."""
    rng = np.random.default_rng(SEED)
    low_C = rng.uniform(0.0, 400.0, n_streams)
    return Sample(
        is_hot=np.arange(n_streams) % 2 == 0,
        low_C=low_C,
        high_C=low_C + rng.uniform(1.0, 100.0, n_streams),
        heat_kW=rng.uniform(10.0, 5000.0, n_streams),
        limit_C=np.asarray(rng.integers(3, 80, n_streams) * 5, dtype=np.float64),
    )


def phases(sample: Sample) -> dict[str, Callable[[], object]]:
    """Return one call per public function, its inputs made beforehand."""
    level_C = preprocess.candidate_levels(sample.limit_C)
    kink = preprocess.kink_index(sample.is_hot, sample.limit_C, level_C)
    sides = sample.sides()
    return {
        "composite_curve": lambda: preprocess.composite_curve(
            sample.low_C, sample.high_C, sample.heat_kW
        ),
        "grand_composite_curve": lambda: preprocess.grand_composite_curve(*sides),
        "problem_table": lambda: preprocess.problem_table(*sides),
        "candidate_levels": lambda: preprocess.candidate_levels(sample.limit_C),
        "kink_index": lambda: preprocess.kink_index(sample.is_hot, sample.limit_C, level_C),
        "feasible_matches": lambda: preprocess.feasible_matches(sample.is_hot, kink, level_C.size),
        "kink_duties": lambda: preprocess.kink_duties(
            sample.is_hot, kink, sample.heat_kW, level_C.size
        ),
        "carnot_cop": lambda: preprocess.carnot_cop(sample.low_C, sample.high_C, 0.65, 10.0, 10.0),
        "heat_pump_pairs": lambda: preprocess.heat_pump_pairs(
            level_C,
            carnot_efficiency=0.65,
            dt_source_K=10.0,
            dt_sink_K=10.0,
            max_lift_K=60.0,
            max_sink_C=200.0,
        ),
    }


def timed(call: Callable[[], object]) -> dict[str, float]:
    """Call once to warm up, then time single calls."""
    result = call()
    durations_s: list[float] = []
    while len(durations_s) < FEWEST_REPEATS or (
        len(durations_s) < MOST_REPEATS and sum(durations_s) < TIME_PER_ROW_S
    ):
        start_s = time.perf_counter()
        call()
        durations_s.append(time.perf_counter() - start_s)
    first = result[0] if isinstance(result, tuple) else result
    return {
        "n_results": np.size(first),  # type: ignore[arg-type]
        "repeats": len(durations_s),
        "median_s": float(np.median(durations_s)),
        "min_s": min(durations_s),
    }


def masked_problem_table(
    hot_low_C: FloatArray,
    hot_high_C: FloatArray,
    hot_kW: FloatArray,
    cold_low_C: FloatArray,
    cold_high_C: FloatArray,
    cold_kW: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return temperatures and feasible cascade, interval by interval."""
    ends_C = np.unique(np.concatenate((hot_low_C, hot_high_C, cold_low_C, cold_high_C)))
    hot_slope = hot_kW / (hot_high_C - hot_low_C)
    cold_slope = cold_kW / (cold_high_C - cold_low_C)
    demand_kW = np.zeros(ends_C.size)
    for i in range(ends_C.size - 1):
        low_C, high_C = ends_C[i], ends_C[i + 1]
        slope = cold_slope[(cold_low_C <= low_C) & (cold_high_C >= high_C)].sum()
        slope -= hot_slope[(hot_low_C <= low_C) & (hot_high_C >= high_C)].sum()
        demand_kW[i + 1] = demand_kW[i] + slope * (high_C - low_C)
    return ends_C, demand_kW - demand_kW.min()


def assert_same_utilities(sample: Sample) -> None:
    """Refuse to compare times of different answers."""
    table = preprocess.problem_table(*sample.sides())
    _, cascade_kW = masked_problem_table(*sample.sides())
    ours, baseline = (table.cold_utility_kW, table.hot_utility_kW), cascade_kW[[0, -1]]
    if not np.allclose(ours, baseline, rtol=1e-9, atol=1e-6):
        raise RuntimeError(f"utilities differ: {ours} kW and by masks {baseline} kW")
