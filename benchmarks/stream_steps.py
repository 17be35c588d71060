"""What one level a stream costs, against streams that are cooled or heated in steps.

Parts of the table ``stream_steps.csv``:

- ``levels``: the bundled site for each number of levels. ``service`` is "one level" (the paper's
  model, kinks as candidates) or "steps" with the same candidates, with these and every 10 or 5 K
  over the whole range, and with all stream ends and every 1 K. ``saving_percent`` is against one
  level a stream with kinks. ``any temperature`` is the proven bound on stepwise service at all
  temperatures (`milpcore.site.stream_steps_bound`); its ``saving_percent`` is the most that any
  stepwise service could save.
- ``site``: the other bundled sites and the 24 random sites that all benchmarks share, at
  `SITE_LEVELS` levels: one level, steps with the same candidates and with all stream ends and every
  1 K, and the bound. The bound needs electricity that is not cheaper than heat.
- ``summary``: the savings of the random sites.

What it cannot show: more steps need more exchangers, whose cost is not counted, so the saving is an
upper limit of what steps are worth; times are those of one run; and no random site stands for a
real one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.random_sites import BANDS, PRICES, random_cases
from benchmarks.stream_steps_figure import draw_stream_steps
from milpcore.economics import SiteEconomics
from milpcore.site import Grid, greenfield, prepare, random_site
from milpcore.site.kink_theorem import kink_faults
from milpcore.site.results import SiteResult
from milpcore.site.stream_steps import stepwise
from milpcore.site.stream_steps_bound import limit_ranges, stepwise_bound
from milpcore.streams import Streams, load_case

NAME = "stream_steps"
SUMMARY = "cost of one level a stream against service in steps, on site_400 and other sites"

LEVELS = tuple(range(2, 16))
SITE_LEVELS = 6
BUNDLED = ("dairy_8", "loop_two_plants", "loop_four_plants")
GAP = 1e-4
LIMIT_S = 60.0
BOUND_S = 30.0
SITE_LIMIT_S = 10.0
EDGES = Grid(5.0)
"""First cells of the bound."""
FINEST_K = 0.25
"""Cells in use are halved down to this."""


SETS: dict[str, tuple[float | None, bool]] = {
    "kinks": (None, False),
    "kinks+10 K": (10.0, False),
    "kinks+5 K": (5.0, False),
    "ends+1 K": (1.0, True),
}
"""Step of a grid over the whole range, and whether all stream ends are candidates."""
FEW_SETS = ("kinks", "ends+1 K")


class Site(NamedTuple):
    """One site with its prices."""

    kind: str
    name: str
    streams: Streams
    economics: SiteEconomics


def run(
    out_dir: Path,
    *,
    levels: Iterable[int] = LEVELS,
    streams: Streams | None = None,
    sites: Callable[[], Iterator[Site]] | None = None,
    limit_s: float = LIMIT_S,
    bound_s: float = BOUND_S,
    site_limit_s: float = SITE_LIMIT_S,
) -> pd.DataFrame:
    """Solve the bundled site for every number of levels, and the other sites for one.

    Parameters
    ----------
    out_dir : Path
        Gets the figure ``stream_steps.png``.
    levels : iterable of int
        Largest numbers of levels of the bundled site.
    streams : Streams, optional
        Another site in its place.
    sites : callable, optional
        Yields the other sites.
    limit_s, bound_s : float
        Time limit of each search of the bundled site, and of all rounds of its bound.
    site_limit_s : float
        Time limit of each search, and of each bound, of the other sites.

    Returns
    -------
    DataFrame
        One row per measurement.
    """
    greenfield(load_case("two_streams"), n_levels=2)  # compile and read the cache
    rows: list[dict[str, object]] = []
    first = Site("bundled", "site_400", streams or load_case("site_400"), SiteEconomics())
    for n_levels in levels:
        rows += _rows(first, "levels", n_levels, tuple(SETS), (limit_s, bound_s))
        print(f"  {first.name}, {n_levels} levels", flush=True)
    draw_stream_steps(pd.DataFrame(rows), path=out_dir / NAME)
    for site in (all_sites if sites is None else sites)():
        rows += _rows(site, "site", SITE_LEVELS, FEW_SETS, (site_limit_s, site_limit_s))
        print(f"  {site.name}, {SITE_LEVELS} levels", flush=True)
    table = pd.DataFrame(rows)
    return pd.concat([table, _summary(table)], ignore_index=True)


def all_sites() -> Iterator[Site]:
    """Yield the other bundled sites and the shared random ones."""
    for name in BUNDLED:
        yield Site("bundled", name, load_case(name), SiteEconomics())
    for case in random_cases():
        streams = random_site(
            case.n_streams, seed=case.seed, bands=BANDS[case.bands], duty_shape=case.duties
        )
        yield Site("random", case.name, streams, PRICES[case.prices])


def candidates_of(name: str, streams: Streams, economics: SiteEconomics) -> list[float] | None:
    """Candidates by their name in `SETS`: kinks or all stream ends, with a grid from end to end.

    Parameters
    ----------
    name : str
        Key of `SETS`.
    streams : Streams
        The site.
    economics : SiteEconomics
        Its limits.

    Returns
    -------
    list of float or None
        Temperatures, °C; None for the kinks alone.
    """
    step_K, has_ends = SETS[name]
    if step_K is None:
        return None
    inputs = prepare(streams, economics=economics)
    at_C = inputs.level_C
    if has_ends:
        at_C = np.union1d(np.concatenate(limit_ranges(streams, economics.level_dt_cont_K)), at_C)
    first, beyond = np.ceil(at_C[0] / step_K), np.floor(at_C[-1] / step_K) + 1
    return [float(value) for value in np.union1d(at_C, step_K * np.arange(first, beyond))]


def _rows(
    site: Site,
    part: str,
    n_levels: int,
    sets: tuple[str, ...],
    limits_s: tuple[float, float],
) -> list[dict[str, object]]:
    """One level a stream, every stepwise service, and the bound."""
    known = {"part": part, "kind": site.kind, "site": site.name, "max_levels": n_levels}
    settings = {"n_levels": n_levels, "economics": site.economics, "mip_rel_gap": GAP}
    begin_s = time.perf_counter()
    one = greenfield(site.streams, time_limit_s=limits_s[0], **settings)  # type: ignore[arg-type]
    base = float(one.summary["objective_value"].iloc[0])
    rows = [
        {
            **known,
            "service": "one level",
            "candidates": "kinks",
            **_found(one, base, site.streams.n_streams, time.perf_counter() - begin_s),
        }
    ]
    for name in sets:
        begin_s = time.perf_counter()
        steps = stepwise(
            site.streams,
            candidates_C=candidates_of(name, site.streams, site.economics),
            time_limit_s=limits_s[0],
            **settings,  # type: ignore[arg-type]
        )
        took_s = time.perf_counter() - begin_s
        cost = _found(steps.result, base, steps.n_steps, took_s)
        rows.append({**known, "service": "steps", "candidates": name, **cost})
    if not kink_faults(prepare(site.streams, economics=site.economics), 2):
        bound = stepwise_bound(
            site.streams,
            edges_C=EDGES,
            finest_K=FINEST_K,
            time_limit_s=limits_s[1],
            **settings,  # type: ignore[arg-type]
        )
        best = min(float(str(row["objective_EUR_per_a"])) for row in rows)
        rows.append(
            {
                **known,
                "service": "any temperature",
                "candidates": f"cells to {FINEST_K:g} K",
                "n_candidates": bound.n_cells,
                "bound_EUR_per_a": bound.bound,
                "gap_percent": _percent(best - bound.bound, best),
                "saving_percent": _percent(base - bound.bound, base),
                "n_rounds": bound.n_rounds,
                "took_s": bound.solve_s,
            }
        )
    return rows


def _found(result: SiteResult, base: float, n_steps: int, took_s: float) -> dict[str, object]:
    """Take from a result what the table shows."""
    row = result.summary.iloc[0]
    value = float(row["objective_value"])
    return {
        "objective_EUR_per_a": value,
        "bound_EUR_per_a": float(row["bound"]),
        "gap_percent": 100.0 * float(row["gap"]),
        "status": result.status.value,
        "saving_percent": _percent(base - value, base),
        "n_levels": int(row["n_levels"]),
        "n_steps": n_steps,
        "external_heat_kW": float(row["external_heat_kW"]),
        "heat_pump_heat_kW": float(row["heat_pump_heat_kW"]),
        "n_heat_pumps": int(row["n_heat_pumps"]),
        "took_s": took_s,
    }


def _percent(difference: float, whole: float) -> float:
    """Share in percent; 0 where a site costs nothing."""
    return 100.0 * difference / whole if whole > 0.0 else 0.0


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Summarize the savings of the random sites."""
    rows = []
    random = table[(table["part"] == "site") & (table["kind"] == "random")]
    for (service, candidates), group in random.groupby(["service", "candidates"], sort=False):
        saving = group["saving_percent"]
        rows.append(
            {
                "part": "summary",
                "kind": "random",
                "service": service,
                "candidates": candidates,
                "n_sites": len(group),
                "median_saving_percent": saving.median(),
                "least_saving_percent": saving.min(),
                "most_saving_percent": saving.max(),
                "median_gap_percent": group["gap_percent"].median(),
                "took_s": group["took_s"].sum(),
            }
        )
    return pd.DataFrame(rows)
