"""Ten thousand price scenarios of the paper's third scenario on the bundled site.

The levels stay, four prices vary in a Latin hypercube. Measured: here, with one and two processes
that are started for it, and on a Dask cluster of two workers that is running. The named baseline
in the same run is one linear program a case through scipy, with tables and check, as
`milpcore.site.operate` does it, on `BASELINE_CASES` of the same cases. All results are compared.

What it cannot show: the site is a fitted one, and larger sites with more levels take longer a case.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.extras import MissingExtraError, require
from milpcore.site import prepare
from milpcore.site.operate import operate
from milpcore.streams import load_case
from milpcore.sweeps import FixedLevelsRun, latin_hypercube, sweep

NAME = "sweep"
SUMMARY = "10,000 price scenarios of site_400: here, in processes, on Dask, beside one LP a case"

LEVELS_C = (15.0, 35.0, 80.0, 134.0, 214.0, 285.0, 1600.0)
RANGES = {
    "electricity_price_EUR_per_MWh": (42.5, 127.5),
    "co2_price_EUR_per_t": (40.0, 120.0),
    "heat_pump_investment_EUR_per_kW": (350.0, 1050.0),
    "electricity_emission_t_per_MWh": (0.19, 0.57),
}
"""The paper's four parameters, 50 % either way of the base values."""
N_CASES, BASELINE_CASES, REPEATS = 10_000, 200, 3
BASELINE = "one LP a case through scipy"
TARGET_PER_S = 500.0


def run(out_dir: Path) -> pd.DataFrame:  # noqa: ARG001
    """Measure every way to run the cases.

    Parameters
    ----------
    out_dir : Path
        Not used: the table is all there is.

    Returns
    -------
    DataFrame
        One row per way: ``n_cases``, ``repeats``, ``median_s``, ``cases_per_s``, the same for a
        worker, ``times_faster_than_baseline``, and whether the target for a worker is met.

    Raises
    ------
    RuntimeError
        If two ways have different results.
    """
    job = FixedLevelsRun(load_case("site_400"), LEVELS_C)
    cases = latin_hypercube(RANGES, N_CASES, seed=20260101)
    expected = sweep(job, cases)  # compiles
    _compare_with_baseline(job, cases, expected)
    rows = [_baseline_row(job, cases), _row("in this process", 1, lambda: sweep(job, cases))]
    for n_workers in (1, 2):
        with ProcessPoolExecutor(n_workers, mp_context=get_context("spawn")) as pool:
            _warm(job, cases, pool, expected)
            name = f"processes that are running: {n_workers}"
            rows.append(_row(name, n_workers, partial(sweep, job, cases, executor=pool)))
    name = "2 processes, started and ended"
    rows.append(_row(name, 2, lambda: sweep(job, cases, executor=2)))
    rows += _dask_rows(job, cases, expected)
    table = pd.DataFrame(rows)
    baseline = float(table.loc[table["way"] == BASELINE, "cases_per_s"].iloc[0])
    table["times_faster_than_baseline"] = table["cases_per_s"] / baseline
    table["target_per_s_and_worker"] = TARGET_PER_S
    table["is_met"] = table["cases_per_s_and_worker"] >= TARGET_PER_S
    return table


def _row(
    way: str, n_workers: int, call: Callable[[], Any], n_cases: int = N_CASES
) -> dict[str, Any]:
    times_s = []
    for _ in range(REPEATS):
        start_s = time.perf_counter()
        call()
        times_s.append(time.perf_counter() - start_s)
    median_s = statistics.median(times_s)
    return {
        "way": way,
        "n_workers": n_workers,
        "n_cases": n_cases,
        "repeats": REPEATS,
        "median_s": median_s,
        "cases_per_s": n_cases / median_s,
        "cases_per_s_and_worker": n_cases / median_s / n_workers,
    }


def _warm(job: FixedLevelsRun, cases: pd.DataFrame, pool: Any, expected: pd.DataFrame) -> None:
    """Let workers import and load kernels, and compare their result."""
    found = sweep(job, cases, executor=pool)
    if not found.drop(columns="run_s").equals(expected.drop(columns="run_s")):
        raise RuntimeError("another executor has another result")


def _dask_rows(
    job: FixedLevelsRun, cases: pd.DataFrame, expected: pd.DataFrame
) -> list[dict[str, Any]]:
    try:
        distributed = require("distributed", "dask", "the measurement with Dask")
    except MissingExtraError as error:
        print(f"without Dask: {error}", file=sys.stderr)
        return []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        _warm(job, cases, client, expected)
        return [_row("Dask, 2 workers", 2, lambda: sweep(job, cases, executor=client))]


def _baseline_row(job: FixedLevelsRun, cases: pd.DataFrame) -> dict[str, Any]:
    return _row(BASELINE, 1, lambda: _baseline(job, cases), BASELINE_CASES)


def _baseline(job: FixedLevelsRun, cases: pd.DataFrame) -> list[float]:
    """TAC of the first cases, one linear program each."""
    found = []
    for case in cases.head(BASELINE_CASES).to_dict("records"):
        economics = SiteEconomics(**{str(key): value for key, value in case.items()})
        inputs = prepare(job.system.streams, economics=economics, candidates_C=LEVELS_C)
        design = operate(inputs, np.ones(inputs.n_candidates, dtype=bool), inputs.stream_kink)
        if design is None:
            raise RuntimeError("the levels do not serve every stream")
        flows = (design.external_heat_kW, design.cooling_kW, design.pump_heat_kW)
        found.append(inputs.evaluate(Measure.TAC, *flows))
    return found


def _compare_with_baseline(
    job: FixedLevelsRun, cases: pd.DataFrame, expected: pd.DataFrame
) -> None:
    found = expected["tac_EUR_per_a"].head(BASELINE_CASES).to_numpy()
    if not np.allclose(found, _baseline(job, cases), rtol=1e-7):
        raise RuntimeError("the linear programs have another optimum")
