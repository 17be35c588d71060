"""How time and memory grow with the number of streams and of candidate levels.

Sites come from `milpcore.site.random_site` in the style of the bundled one; on the fine grid
targets lie half as far apart, so that there are up to some 500 candidates. Every size has a process
of its own, with these phases:

- ``read``: the table from CSV, with all its checks
- ``prepare``: levels, kinks, heat pump pairs
- ``network``: arcs and their deficits
- ``search``: `PathSearch` from prepared inputs (network included), at most 8 levels, gap 1e-3
- ``result``: tables and the independent check

``peak_MiB`` is the largest memory of the process up to the end of a phase, all imports included,
``grown_MiB`` what it grew by in the phase; ``cpu_s`` is processor time, which other load on the
machine disturbs less. Compilation is not part of the times. Exponents are slopes of a straight
line through the logarithms (``scaling_exponents.csv``). The largest size whose sites are all proven
in the time limit is printed at the end.

What it cannot show: other styles of sites; how a search without limit would go on.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.__main__ import write
from benchmarks.assembly import peak_memory_MiB
from milpcore.core import Channel, run_in_child
from milpcore.site import PathSearch, prepare, random_site
from milpcore.site.check import check
from milpcore.site.generator import CHEMICAL_BANDS
from milpcore.site.path_search.network import level_network
from milpcore.site.results import make_result
from milpcore.streams import read_streams, write_streams

NAME = "scaling"
SUMMARY = "time and memory from 100 to 10,000 streams and up to some 500 candidate levels"

SIZES = (100, 200, 400, 1000, 2000, 4000, 10_000)
GRIDS = {"whole degrees": 1.0, "fine": 0.5}
"""Factor on the distance of targets."""
SEEDS = (1, 2, 3)
N_LEVELS = 8
MIP_REL_GAP = 1e-3
TIME_LIMIT_S = 60.0
CHILD_LIMIT_S = 300.0
TARGET_STREAMS, TARGET_MiB = 4000, 2000.0
PHASES = ("read", "prepare", "network", "search", "result")


def run(
    out_dir: Path,
    *,
    sizes: Sequence[int] = SIZES,
    seeds: Sequence[int] = SEEDS,
    time_limit_s: float = TIME_LIMIT_S,
) -> pd.DataFrame:
    """Measure every size, grid and seed.

    Parameters
    ----------
    out_dir : Path
        Folder of the exponents.
    sizes : sequence of int
        Numbers of streams.
    seeds : sequence of int
        Seeds of the sites.
    time_limit_s : float
        Of each search.

    Returns
    -------
    DataFrame
        One row per site and phase.
    """
    rows: list[dict[str, object]] = []
    for n_streams in sizes:
        for grid in GRIDS:
            for seed in seeds:
                job = (n_streams, grid, seed, time_limit_s)
                rows += run_in_child(measure, *job, time_limit_s=CHILD_LIMIT_S + time_limit_s)
        print(f"  {n_streams} streams done", flush=True)
    table = pd.DataFrame(rows)
    exponents = fitted_exponents(table)
    write(exponents, out_dir / f"{NAME}_exponents.csv")
    print(exponents.to_string(index=False))
    for line in verdict(table):
        print(line, flush=True)
    return table


def measure(
    channel: Channel,  # noqa: ARG001
    n_streams: int,
    grid: str,
    seed: int,
    time_limit_s: float,
) -> list[dict[str, object]]:
    """Measure one site in this process.

    Parameters
    ----------
    channel : Channel
        Of the child process.
    n_streams : int
    grid : str
        One of `GRIDS`.
    seed : int
    time_limit_s : float

    Returns
    -------
    list of dict
        One row per phase.
    """
    _warm_up()
    bands = [band._replace(step_K=band.step_K * GRIDS[grid]) for band in CHEMICAL_BANDS]
    elapsed_s, cpu_s, peak_MiB = [], [], [peak_memory_MiB()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.csv"
        write_streams(random_site(n_streams, seed=seed, bands=bands), path)
        peak_MiB[0] = peak_memory_MiB()
        clock_s, cpu_clock_s = time.perf_counter(), time.process_time()

        def finished() -> None:
            nonlocal clock_s, cpu_clock_s
            elapsed_s.append(time.perf_counter() - clock_s)
            cpu_s.append(time.process_time() - cpu_clock_s)
            peak_MiB.append(peak_memory_MiB())
            clock_s, cpu_clock_s = time.perf_counter(), time.process_time()

        streams = read_streams(path)
        finished()
        inputs = prepare(streams)
        finished()
        level_network(inputs)
        finished()
        outcome = PathSearch(N_LEVELS).solve(
            inputs, mip_rel_gap=MIP_REL_GAP, time_limit_s=time_limit_s
        )
        finished()
        result = make_result(inputs, outcome, max_levels=N_LEVELS, formulation_name=PathSearch.name)
        check(result, streams, inputs.economics, cascade=inputs.cascade)
        finished()
    about = {
        "case": f"random_site({n_streams}, seed={seed}), {grid}",
        "n_streams": n_streams,
        "grid": grid,
        "seed": seed,
        "n_candidates": inputs.n_candidates,
        "n_pairs": inputs.n_pairs,
        "max_levels": N_LEVELS,
        "mip_rel_gap": MIP_REL_GAP,
    }
    search = {
        "status": outcome.status.value,
        "gap": outcome.gap,
        "n_nodes": outcome.n_nodes,
        "objective_EUR_per_a": outcome.objective,
    }
    return [
        {
            **about,
            "phase": phase,
            "elapsed_s": elapsed_s[place],
            "cpu_s": cpu_s[place],
            "peak_MiB": peak_MiB[place + 1],
            "grown_MiB": peak_MiB[place + 1] - peak_MiB[place],
            **(search if phase == "search" else {}),
        }
        for place, phase in enumerate(PHASES)
    ]


def _warm_up() -> None:
    """Compile, or read from the cache, everything that is measured."""
    streams = random_site(60, seed=9)
    inputs = prepare(streams)
    for n_levels in (3, N_LEVELS):
        outcome = PathSearch(n_levels).solve(inputs)
        result = make_result(inputs, outcome, max_levels=n_levels, formulation_name=PathSearch.name)
        check(result, streams, inputs.economics, cascade=inputs.cascade)


def fitted_exponents(table: pd.DataFrame) -> pd.DataFrame:
    """Slopes of log time over log size, per phase.

    Parameters
    ----------
    table : DataFrame
        Measurements: ``phase``, ``n_streams``, ``n_candidates``, ``elapsed_s``.

    Returns
    -------
    DataFrame
        ``phase``, ``over``, ``exponent`` (time grows with the size to this power),
        ``smallest_s``, ``largest_s``.
    """
    rows = []
    for phase in PHASES:
        part = table[table["phase"] == phase]
        over = "n_streams" if phase in ("read", "prepare", "result") else "n_candidates"
        size, elapsed_s = np.log(part[over].to_numpy(float)), np.log(part["elapsed_s"].to_numpy())
        slope = np.polyfit(size, elapsed_s, 1)[0] if np.ptp(size) > 0.0 else np.nan
        rows.append(
            {
                "phase": phase,
                "over": over,
                "exponent": slope,
                "smallest_s": part["elapsed_s"].min(),
                "largest_s": part["elapsed_s"].max(),
            }
        )
    return pd.DataFrame(rows)


def verdict(table: pd.DataFrame) -> list[str]:
    """State the largest site proven and the largest memory, beside the targets.

    Parameters
    ----------
    table : DataFrame
        Measurements.

    Returns
    -------
    list of str
        Lines to print.
    """
    searches = table[table["phase"] == "search"]
    is_proven = searches.groupby("n_streams")["status"].agg(lambda part: (part == "optimal").all())
    proven = is_proven[is_proven].index
    largest = int(proven.max()) if len(proven) else 0
    unproven = searches[searches["status"] != "optimal"]
    worst = searches.loc[searches["elapsed_s"].idxmax()]
    most_MiB = table["peak_MiB"].max()
    return [
        f"largest size with all sites proven: {largest} streams (target {TARGET_STREAMS})",
        f"unproven: {unproven['case'].tolist() or 'none'}",
        f"slowest search: {worst['elapsed_s']:.2f} s, {worst['case']}, "
        f"{worst['n_candidates']} candidates",
        f"largest memory: {most_MiB:.0f} MiB (target below {TARGET_MiB:.0f})",
    ]
