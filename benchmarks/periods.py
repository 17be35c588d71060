"""Several operating periods of site_400: time to a gap of 1 % and of 0.1 %.

The bundled site has one period. Here its 400 streams follow seeded factors *of our own*, not
data of any plant: stream by stream the duty swings by up to half around that of the table, with
its largest value at any time of the year, and one in ten values is a standstill. Periods are of
equal length, 8000 h a year together. Columns of ``periods.csv``: `seed`, `n_periods`,
`max_levels`, `asked_gap`, `status`, `gap`, `root_gap` (of the bound before branching; empty where
the first prices were enough), `tac_EUR_per_a`, `levels_C`, `heat_pump_size_kW`, `n_nodes`,
`n_programs`, `solve_s` beside `cpu_s`, the processor time of the same; and
`mean_levels_EUR_per_a`: what the best levels for mean duties cost when sizes and operation are the
best for all periods.

What it cannot show: other swings and prices may be harder; periods that are alike are easier.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.run import Run
from milpcore.site.path_search.solvers import default_solver
from milpcore.site.path_search.start import first_guess
from milpcore.site.periods import PeriodInputs, Periods, PeriodSearch, prepare_periods
from milpcore.site.periods.network import period_network
from milpcore.site.periods.pricing import set_cost
from milpcore.streams import Streams, load_case

NAME = "periods"
SUMMARY = "several operating periods of site_400 with shared levels and sizes: time to 1 and 0.1 %"
CASES = ((1, 1), (1, 4), (1, 12), (2, 12), (3, 12))
"""Seed and number of periods; with one period every factor is 1."""
N_LEVELS = (4, 6, 8, 10)
GAPS = (1e-2, 1e-3)
TIME_LIMIT_S = 600.0
HOURS_H_PER_A = 8000.0


def seasonal_periods(streams: Streams, n_periods: int, seed: int) -> Periods:
    """Periods of equal length with seeded duties, see the module."""
    random = np.random.default_rng(seed)
    factor = np.ones((1, streams.n_streams))
    if n_periods > 1:
        swing = random.uniform(0.0, 0.5, streams.n_streams)
        phase = random.uniform(0.0, 1.0, streams.n_streams)
        time_of_year = (np.arange(n_periods)[:, None] + 0.5) / n_periods
        factor = 1.0 + swing * np.cos(2.0 * np.pi * (time_of_year - phase))
        factor = np.where(random.random(factor.shape) < 0.1, 0.0, factor)
        factor[0] = np.where(factor.any(axis=0), factor[0], 1.0)
    names = tuple(f"period {number + 1}" for number in range(n_periods))
    hours = np.full(n_periods, HOURS_H_PER_A / n_periods)
    return Periods(names, hours, factor * streams.duty_kW)


def run(out_dir: Path) -> pd.DataFrame:  # noqa: ARG001
    """Measure every case."""
    next(rows(((1, 1),), (2,), (1e-2,)))  # kernels are compiled before anything is measured
    return pd.DataFrame(list(rows()))


def rows(
    cases: tuple[tuple[int, int], ...] = CASES,
    levels: tuple[int, ...] = N_LEVELS,
    gaps: tuple[float, ...] = GAPS,
    *,
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[dict[str, Any]]:
    """Yield one row a search."""
    streams = load_case("site_400")
    for seed, n_periods in cases:
        inputs = prepare_periods(streams, seasonal_periods(streams, n_periods, seed))
        for n_levels in levels:
            mean = mean_levels_cost(inputs, n_levels)
            for gap in gaps:
                cpu_s = time.process_time()
                outcome = PeriodSearch(n_levels).solve(
                    inputs, mip_rel_gap=gap, time_limit_s=time_limit_s
                )
                design, objective = outcome.design, outcome.objective
                assert design is not None
                yield {
                    "seed": seed,
                    "n_periods": n_periods,
                    "max_levels": n_levels,
                    "asked_gap": gap,
                    "status": outcome.status.value,
                    "gap": outcome.gap,
                    "root_gap": (objective - outcome.root_bound) / objective,
                    "tac_EUR_per_a": objective,
                    "levels_C": " ".join(f"{one:g}" for one in inputs.site.level_C[design.is_open]),
                    "heat_pump_size_kW": design.size_kW.sum(),
                    "n_nodes": outcome.n_nodes,
                    "n_programs": outcome.n_programs,
                    "solve_s": outcome.solve_s,
                    "cpu_s": time.process_time() - cpu_s,
                    "mean_levels_EUR_per_a": mean,
                }


def mean_levels_cost(inputs: PeriodInputs, n_levels: int) -> float:
    """TAC (EUR/a) of the best levels for mean duties, sized and operated for all periods."""
    network = period_network(inputs)
    run = Run(default_solver(), n_levels, 1e-4, TIME_LIMIT_S, None)
    start = first_guess(network.base, n_levels)
    state = run.search(network.base, start, 1e-4, lambda state: (state.cost, state.bound, 0))
    return set_cost(network, state.levels) * KW_PER_MW * inputs.site.cost_scale
