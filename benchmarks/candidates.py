"""Which candidate levels are enough: cost lost and time by set of candidates, on many sites.

Sites: the bundled one, the 24 random sites that all benchmarks share, and 24 small ones of the same
kinds with `SMALL` streams each, whose kinks lie far apart. Every set of candidates is solved by the
exact search; what a set loses is counted against the kinks with a grid of 1 K. Parts of the table
``candidates.csv``:

- ``site``: each site by each set; `loss_percent` may be off by the gaps of both searches
  (`gap_percent`). Of the design found: its relays (levels that are the sink of one heat pump and
  the source of another), and how many of them are no kink.
- ``any temperature``: the kinks against a proven bound for all temperatures
  (`milpcore.site.any_temperature`), where electricity is not cheaper than heat.
- ``summary``: by kind of site and set, losses, times, and how often relays off the kinks pay.

What it cannot show: times are those of one run; and no random site stands for a real one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.candidates_figure import draw_candidates
from benchmarks.random_sites import BANDS, PRICES, random_cases
from milpcore.economics import SiteEconomics
from milpcore.site import (
    Candidates,
    Grid,
    Kinks,
    KinksAndGaps,
    KinksAndGrid,
    Refined,
    SiteResult,
    greenfield,
    prepare,
    random_site,
)
from milpcore.site.any_temperature import any_temperature_bound
from milpcore.site.kink_theorem import kink_faults
from milpcore.streams import Streams, load_case

NAME = "candidates"
SUMMARY = "cost lost and time by set of candidate levels, on site_400 and 48 random sites"

SETS: tuple[Candidates, ...] = (
    KinksAndGrid(1.0),
    Kinks(),
    KinksAndGaps(),
    KinksAndGaps(10.0),
    KinksAndGrid(5.0),
    Refined(0.25),
    Grid(1.0),
    Grid(2.0),
    Grid(5.0),
    Grid(10.0),
)
"""The reference first."""
LEVELS = (4, 6, 8)
"""Of the bundled site."""
RANDOM_LEVELS = 6
SMALL = 16
SMALL_SEEDS = 1000
"""Added to the seeds of the shared sites."""
GAP = 1e-5
LIMIT_S = 10.0
STEP_K = 1.0
PAYS_PERCENT = 0.01
"""A saving below this is none: ten times the gap of the searches."""


class Site(NamedTuple):
    """One site and how many levels it may have."""

    kind: str
    name: str
    streams: Streams
    economics: SiteEconomics
    n_levels: int


def run(
    out_dir: Path,
    *,
    sites: Callable[[], Iterator[Site]] | None = None,
    sets: tuple[Candidates, ...] = SETS,
    limit_s: float = LIMIT_S,
) -> pd.DataFrame:
    """Solve every site on every set of candidates.

    Parameters
    ----------
    out_dir : Path
        Gets the figure ``candidates.png``.
    sites : callable, optional
        Yields the sites; default the bundled one and all random ones.
    sets : tuple of Candidates
        The reference first.
    limit_s : float
        Time limit of each search.

    Returns
    -------
    DataFrame
        One row per measurement.
    """
    greenfield(load_case("two_streams"), n_levels=2)  # compile and read the cache
    rows: list[dict[str, object]] = []
    for site in (all_sites if sites is None else sites)():
        rows += _site_rows(site, sets, limit_s)
        print(f"  {site.name}, {site.n_levels} levels", flush=True)
    table = pd.DataFrame(rows)
    whole = pd.concat([table, _summary(table)], ignore_index=True)
    draw_candidates(whole, path=out_dir / NAME)
    return whole


def all_sites() -> Iterator[Site]:
    """Yield the bundled site, the shared random sites, and small ones of the same kinds."""
    for n_levels in LEVELS:
        yield Site("site_400", "site_400", load_case("site_400"), SiteEconomics(), n_levels)
    for kind, n_streams, shift in (("random", None, 0), ("small", SMALL, SMALL_SEEDS)):
        for shared in random_cases():
            case = replace(
                shared, seed=shared.seed + shift, n_streams=n_streams or shared.n_streams
            )
            streams = random_site(
                case.n_streams,
                seed=case.seed,
                bands=BANDS[case.bands],
                duty_shape=case.duties,
            )
            yield Site(kind, case.name, streams, PRICES[case.prices], RANDOM_LEVELS)


def _site_rows(site: Site, sets: tuple[Candidates, ...], limit_s: float) -> list[dict[str, object]]:
    """One site by every set, and against the bound for all temperatures."""
    rows: list[dict[str, object]] = []
    known = {"kind": site.kind, "site": site.name, "max_levels": site.n_levels}
    kinks = prepare(site.streams, economics=site.economics)
    least = np.nan
    for chosen in sets:
        begin_s = time.perf_counter()
        result = greenfield(
            site.streams,
            n_levels=site.n_levels,
            economics=site.economics,
            candidates_C=chosen,
            mip_rel_gap=GAP,
            time_limit_s=limit_s,
        )
        took_s = time.perf_counter() - begin_s
        row = result.summary.iloc[0]
        value = float(row["objective_value"])
        least = value if not rows else least
        n_relays, n_off = relays(result, kinks.level_C)
        rows.append(
            {
                "part": "site",
                **known,
                "candidates": chosen.name,
                "n_candidates": prepare(
                    site.streams, economics=site.economics, candidates_C=chosen
                ).n_candidates,
                "objective_EUR_per_a": value,
                "bound_EUR_per_a": float(row["bound"]),
                "gap_percent": 100.0 * float(row["gap"]),
                "status": result.status.value,
                "loss_percent": _percent(value - least, least),
                "took_s": took_s,
                "n_relays": n_relays,
                "n_relays_off_kinks": n_off,
            }
        )
    if not kink_faults(kinks, 2):
        of_kinks = next(row for row in rows if row["candidates"] == Kinks().name)
        rows.append(_bound_row(site, known, float(str(of_kinks["objective_EUR_per_a"])), limit_s))
    return rows


def _bound_row(
    site: Site, known: dict[str, object], value: float, limit_s: float
) -> dict[str, object]:
    """Bound what other temperatures can save, against the kinks."""
    begin_s = time.perf_counter()
    found = any_temperature_bound(
        site.streams,
        n_levels=site.n_levels,
        step_K=STEP_K,
        economics=site.economics,
        mip_rel_gap=GAP,
        time_limit_s=limit_s,
    )
    return {
        "part": "any temperature",
        **known,
        "candidates": f"cells:{STEP_K:g}",
        "n_candidates": found.n_candidates,
        "objective_EUR_per_a": value,
        "bound_EUR_per_a": found.bound,
        "gap_percent": _percent(value - found.bound, value),
        "took_s": time.perf_counter() - begin_s,
    }


def _percent(difference: float, whole: float) -> float:
    """Share in percent; 0 where a site costs nothing."""
    return 100.0 * difference / whole if whole > 0.0 else 0.0


def relays(result: SiteResult, kink_C: np.ndarray) -> tuple[int, int]:
    """Levels that are sink of one pump and source of another, and those of them off the kinks."""
    pumps = result.heat_pumps
    relay_C = np.intersect1d(pumps["source_C"], pumps["sink_C"])
    return relay_C.size, int((~np.isin(relay_C, kink_C)).sum())


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Losses and times by kind of site and set."""
    solved = table[table["part"] == "site"]
    rows = []
    for (kind, candidates), group in solved.groupby(["kind", "candidates"], sort=False):
        loss = group["loss_percent"]
        rows.append(
            {
                "part": "summary",
                "kind": kind,
                "candidates": candidates,
                "n_sites": len(group),
                "n_proven": int((group["status"] == "optimal").sum()),
                "median_loss_percent": loss.median(),
                "mean_loss_percent": loss.mean(),
                "worst_loss_percent": loss.max(),
                "n_losing": int((loss > PAYS_PERCENT).sum()),
                "n_with_relays": int((group["n_relays"] > 0).sum()),
                "n_with_relays_off_kinks": int((group["n_relays_off_kinks"] > 0).sum()),
                "median_s": group["took_s"].median(),
                "took_s": group["took_s"].sum(),
            }
        )
    bounds = table[table["part"] == "any temperature"]
    for kind, group in bounds.groupby("kind", sort=False):
        rows.append(
            {
                "part": "summary",
                "kind": kind,
                "candidates": str(group["candidates"].iloc[0]),
                "n_sites": len(group),
                "median_loss_percent": group["gap_percent"].median(),
                "mean_loss_percent": group["gap_percent"].mean(),
                "worst_loss_percent": group["gap_percent"].max(),
                "n_losing": int((group["gap_percent"] > PAYS_PERCENT).sum()),
                "median_s": group["took_s"].median(),
                "took_s": group["took_s"].sum(),
            }
        )
    return pd.DataFrame(rows)
