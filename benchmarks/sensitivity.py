"""The sensitivity of fixed levels of the bundled site: seconds a point, with tipping points.

Scenario 3 of the paper: seven levels, one parameter after the other from -50 to 50 % in 41 steps.
Parts of the table ``sensitivity.csv``:

- ``point``: seconds a point, median of the repeats. `OURS` is `milpcore.site.sensitivity` with its
  exact tipping points, tables and the check of every point; `OURS_POINTS` is the same points
  without tipping points and tables; `BASELINE` is one linear program through
  `scipy.optimize.linprog` (HiGHS) for each point, from prepared inputs, with assembly, without
  check. All of them must agree on every cost, else nothing is reported.
- ``map``: seconds a point of the map of two parameters, 41 by 41, borders included.
- ``design``: seconds a value of the greenfield and retrofit studies, in which levels may change.
- ``tipping point``: the published ones beside ours. `FITTED` says what that is worth.
- ``target``: seconds a point wanted, and measured.

What it cannot show: the site is a fitted one, so neither times nor tipping points are comparable
with the paper's like for like; and one linear program a point is what is simple to write, not what
is fast with HiGHS, which could be warm-started through its own interface.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.design_sensitivity import greenfield_sensitivity, retrofit_sensitivity
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.inputs import prepare
from milpcore.site.model import nearest_levels
from milpcore.site.operate import objective_value, operate
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_map import sensitivity_map
from milpcore.streams import Streams, load_case

NAME = "sensitivity"
SUMMARY = "scenario 3 on site_400: seconds a point, beside one linear program a point in SciPy"

CASE = "site_400"
LEVELS_C = (15.0, 35.0, 80.0, 134.0, 214.0, 285.0, 1600.0)
EXISTING_C = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
PUBLISHED = {
    "electricity_price_EUR_per_MWh": -16.0,
    "heat_pump_investment_EUR_per_kW": -45.0,
    "electricity_emission_t_per_MWh": -45.0,
    "co2_price_EUR_per_t": float("nan"),
}
"""Parameters and tipping points (%) of Hochhaus, Grünewald, Riese (2026)."""
PAPER_S = 0.1
"""Seconds a point that the paper reports for Gurobi on 12 cores."""
TARGET_S = 0.005
REPEATS = 5
STEPS = 41
OURS = "milpcore sensitivity, tipping points, tables and checks included"
OURS_POINTS = "milpcore, points and checks alone"
BASELINE = "one linear program a point, HiGHS through SciPy"
LARGEST_DISAGREEMENT = 1e-7
FITTED = (
    "site and prices were fitted to the facts that the paper prints (its data is unpublished), so "
    "this is no independent confirmation"
)
COLUMNS = (
    "part",
    "case",
    "method",
    "parameter",
    "n_points",
    "repeats",
    "median_s",
    "min_s",
    "times_faster",
    "published_percent",
    "percent",
    "before",
    "after",
    "note",
)


def run(
    out_dir: Path,  # noqa: ARG001
    *,
    repeats: int = REPEATS,
    n_steps: int = STEPS,
    designs: bool = True,
) -> pd.DataFrame:
    """Measure everything; half a minute, most of it the linear programs.

    Parameters
    ----------
    out_dir : Path
        Not used: there are no further files.
    repeats : int
        Repeats of each measurement.
    n_steps : int
        Values of each parameter.
    designs : bool
        Whether to measure studies in which levels may change.

    Returns
    -------
    DataFrame
        One row per measurement.

    Raises
    ------
    RuntimeError
        If methods disagree on a cost.
    """
    streams, keys = load_case(CASE), tuple(PUBLISHED)
    rows = _point_rows(streams, keys, repeats, n_steps)
    rows += _map_rows(streams, keys, repeats, n_steps)
    rows += _tipping_rows(streams, keys)
    if designs:
        rows += _design_rows(streams)
    ours = next(row for row in rows if row["method"] == OURS)
    rows.append(
        {
            "part": "target",
            "method": OURS,
            "median_s": ours["median_s"],
            "note": f"wanted at most {TARGET_S:g} s, the paper has {PAPER_S:g} s: {FITTED}",
        }
    )
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    return table.assign(case=CASE)


def _timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each repeat, after one run that compiles and reads caches."""
    work()
    seconds = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start_s)
    return seconds


def _row(part: str, method: str, seconds: Sequence[float], n_points: int) -> dict[str, object]:
    return {
        "part": part,
        "method": method,
        "n_points": n_points,
        "repeats": len(seconds),
        "median_s": statistics.median(seconds) / n_points,
        "min_s": min(seconds) / n_points,
    }


def _cases(keys: Sequence[str], n_steps: int) -> list[SiteEconomics]:
    base = SiteEconomics()
    factors = 1.0 + np.linspace(-50.0, 50.0, n_steps) / 100.0
    return [
        base.replace(**{key: getattr(base, key) * factor}) for key in keys for factor in factors
    ]


def _point_rows(
    streams: Streams, keys: Sequence[str], repeats: int, n_steps: int
) -> list[dict[str, object]]:
    """Time the same points by each method; they must agree."""
    cases = _cases(keys, n_steps)
    system = FixedLevels(streams, LEVELS_C)
    found_EUR = system.operate(cases).cost[Measure.TAC]

    prepared = [prepare(streams, economics=one, candidates_C=LEVELS_C) for one in cases]
    every = np.ones(len(LEVELS_C), dtype=bool)

    def programs() -> list[float]:
        values = []
        for inputs in prepared:
            design = operate(inputs, every, nearest_levels(inputs, every))
            assert design is not None
            values.append(objective_value(inputs, design))
        return values

    worst = float(np.abs(np.array(programs()) / found_EUR - 1.0).max())
    if not worst <= LARGEST_DISAGREEMENT:
        raise RuntimeError(f"costs differ by {worst:.2g}")
    rows = [
        _row("point", method, _timed(work, repeats), len(cases))
        for method, work in (
            (OURS, lambda: sensitivity(streams, levels_C=LEVELS_C, vary=keys, n_steps=n_steps)),
            (OURS_POINTS, lambda: system.operate(cases)),
            (BASELINE, programs),
        )
    ]
    slowest = rows[-1]["median_s"]
    return [{**row, "times_faster": slowest / row["median_s"]} for row in rows]  # type: ignore[operator]


def _map_rows(
    streams: Streams, keys: Sequence[str], repeats: int, n_steps: int
) -> list[dict[str, object]]:
    def work() -> object:
        return sensitivity_map(streams, levels_C=LEVELS_C, vary=keys[:2], n_steps=n_steps)

    seconds = _timed(work, repeats)
    return [_row("map", "milpcore sensitivity_map, borders included", seconds, n_steps**2)]


def _tipping_rows(streams: Streams, keys: Sequence[str]) -> list[dict[str, object]]:
    """Put published tipping points beside ours."""
    tips = sensitivity(streams, levels_C=LEVELS_C, vary=keys).tipping_points
    rows: list[dict[str, object]] = []
    for key in keys:
        ours = tips[tips["parameter"] == key]
        found = {name: ours[name].iloc[0] for name in ("percent", "before", "after") if len(ours)}
        note = FITTED if len(ours) else f"none from -50 to 50 %; {FITTED}"
        rows.append(
            {
                "part": "tipping point",
                "method": OURS,
                "parameter": key,
                "published_percent": PUBLISHED[key],
                **found,
                "note": note,
            }
        )
    return rows


def _design_rows(streams: Streams) -> list[dict[str, object]]:
    """Studies in which levels may change, once each."""
    key, n_values = next(iter(PUBLISHED)), 21
    rows = []
    for method, work in (
        (
            "greenfield_sensitivity, 6 levels, gap 0",
            lambda: greenfield_sensitivity(streams, n_levels=6, vary=key, n_steps=n_values),
        ),
        (
            "retrofit_sensitivity, one level moves",
            lambda: retrofit_sensitivity(
                streams, existing_C=EXISTING_C, vary=key, n_steps=n_values
            ),
        ),
    ):
        row = _row("design", method, _timed(work, 1), n_values)
        rows.append({**row, "parameter": key})
    return rows
