"""Assemble one model with `milpcore.core` and with linopy, up to the matrix handed to the solver.

The model assigns streams to levels, with ``x`` = share and ``y`` = is_open:

- ``sum_l x[s,l] = 1`` for every stream
- ``x[s,l] <= y[l]`` for every stream and level
- ``sum_s duty[s] x[s,l] + external_heat[l] - cooling[l] = 0`` for every level

About four non-zeros per stream and level. Both tools state it with whole arrays, each in the way
its documentation recommends. Every build runs in a process of its own, so that peak memory is that
of one tool; both must give the same matrix, bounds and cost, else nothing is reported.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from milpcore.core import Assembly, Channel, run_in_child
from milpcore.extras import MissingExtraError, require

NAME = "assembly"
SUMMARY = "build the same model with milpcore.core and with linopy, up to the solver's matrix"

CASES = ((100, 40), (400, 156), (1250, 400))
"""Streams and levels."""

BASELINE = "linopy"
FEWEST_REPEATS, MOST_REPEATS, TIME_PER_ROW_S = 3, 15, 3.0
SEED = 20260101


class Arrays(NamedTuple):
    """What a solver is given: matrix, row bounds, column bounds, cost, integer columns."""

    matrix: Any
    row_lower: Any
    row_upper: Any
    lower: Any
    upper: Any
    cost: Any
    is_integer: Any


def run(out_dir: Path) -> pd.DataFrame:  # noqa: ARG001
    """Measure every case with both tools.

    Parameters
    ----------
    out_dir : Path
        Not used: the table is all there is.

    Returns
    -------
    DataFrame
        One row per case and tool: sizes, ``repeats``, ``median_s`` and ``min_s`` of one build,
        ``peak_MiB`` of memory beyond the peak of the imports, and
        ``times_faster_than_linopy`` (median by median).

    Raises
    ------
    RuntimeError
        If the tools disagree on the model.
    """
    tools = ["milpcore", "linopy"]
    try:
        require("linopy", "benchmarks", "the comparison with linopy")
    except MissingExtraError as error:
        print(f"only milpcore is measured: {error}", file=sys.stderr)
        tools.remove("linopy")
    rows = []
    for n_streams, n_levels in CASES:
        measured = {tool: run_in_child(measure, tool, n_streams, n_levels) for tool in tools}
        signatures = {tool: row.pop("signature") for tool, row in measured.items()}
        first = signatures["milpcore"]
        if not all(np.allclose(other, first, rtol=1e-9) for other in signatures.values()):
            raise RuntimeError(f"the tools built different models: {signatures}")
        baseline_s = measured.get(BASELINE, {}).get("median_s", np.nan)
        for tool, row in measured.items():
            case = f"{n_streams} streams x {n_levels} levels"
            ratio = baseline_s / row["median_s"] if tool != BASELINE else np.nan
            rows.append({"case": case, "tool": tool, **row, "times_faster_than_linopy": ratio})
    return pd.DataFrame(rows)


def measure(channel: Channel, tool: str, n_streams: int, n_levels: int) -> dict[str, Any]:
    """Build again and again in this process.

    Parameters
    ----------
    channel : Channel
        Of the child process.
    tool : str
        ``"milpcore"`` or ``"linopy"``.
    n_streams, n_levels : int
        Size of the model.

    Returns
    -------
    dict
        Sizes, times, memory and a signature of the model.
    """
    build = {"milpcore": build_milpcore, "linopy": build_linopy}[tool]
    build(5, 3)  # imports and first calls
    imported_MiB = peak_memory_MiB()
    arrays = build(n_streams, n_levels)
    peak_MiB = peak_memory_MiB() - imported_MiB
    durations_s = timed(lambda: build(n_streams, n_levels), channel)
    return {
        "n_rows": arrays.matrix.shape[0],
        "n_columns": arrays.matrix.shape[1],
        "n_nonzeros": arrays.matrix.nnz,
        "repeats": len(durations_s),
        "median_s": float(np.median(durations_s)),
        "min_s": min(durations_s),
        "peak_MiB": peak_MiB,
        "signature": signature(arrays),
    }


def timed(build: Callable[[], object], channel: Channel) -> list[float]:
    """Time single builds until there are enough."""
    durations_s: list[float] = []
    while len(durations_s) < FEWEST_REPEATS or (
        len(durations_s) < MOST_REPEATS and sum(durations_s) < TIME_PER_ROW_S
    ):
        if channel.should_stop.is_set():
            break
        start_s = time.perf_counter()
        build()
        durations_s.append(time.perf_counter() - start_s)
    return durations_s


def sample(n_streams: int, n_levels: int) -> tuple[Any, Any]:
    """Return duty (S,) in MW, negative for cold streams, and cost of external heat (L,)."""
    rng = np.random.default_rng(SEED)
    duty_MW = rng.uniform(0.1, 5.0, n_streams) * np.where(np.arange(n_streams) % 2, 1.0, -1.0)
    return duty_MW, rng.uniform(0.2, 0.6, n_levels)


def build_milpcore(n_streams: int, n_levels: int) -> Arrays:
    """Assemble with `milpcore.core`."""
    duty_MW, heat_cost = sample(n_streams, n_levels)
    assembly = Assembly()
    share = assembly.columns("share", (n_streams, n_levels), upper=1.0)
    is_open = assembly.columns("is_open", n_levels, upper=1.0, integer=True)
    external_heat = assembly.columns("external_heat", n_levels)
    cooling = assembly.columns("cooling", n_levels)

    assigned = assembly.rows("assigned", n_streams, lower=1.0, upper=1.0)
    assembly.put(assigned[:, None], share, 1.0)

    linked = assembly.rows("linked", (n_streams, n_levels), upper=0.0)
    assembly.put(linked, share, 1.0)
    assembly.put(linked, is_open, -1.0)

    balance = assembly.rows("balance", n_levels, lower=0.0, upper=0.0)
    assembly.put(balance, share, duty_MW[:, None])
    assembly.put(balance, external_heat, 1.0)
    assembly.put(balance, cooling, -1.0)

    assembly.cost(external_heat, heat_cost)
    assembly.cost(cooling, 0.01)
    problem = assembly.problem()
    return Arrays(
        problem.matrix,
        problem.row_lower,
        problem.row_upper,
        problem.column_lower,
        problem.column_upper,
        problem.cost,
        problem.integrality != 0,
    )


def build_linopy(n_streams: int, n_levels: int) -> Arrays:
    """Assemble with linopy; its ``matrices`` is what it hands to solvers."""
    import linopy
    import xarray

    duty_MW, heat_cost = sample(n_streams, n_levels)
    streams = pd.RangeIndex(n_streams, name="stream")
    levels = pd.RangeIndex(n_levels, name="level")
    model = linopy.Model()
    share = model.add_variables(lower=0.0, upper=1.0, coords=[streams, levels], name="share")
    is_open = model.add_variables(binary=True, coords=[levels], name="is_open")
    external_heat = model.add_variables(lower=0.0, coords=[levels], name="external_heat")
    cooling = model.add_variables(lower=0.0, coords=[levels], name="cooling")

    duty = xarray.DataArray(duty_MW, coords=[streams])
    model.add_constraints(share.sum("level") == 1.0, name="assigned")
    model.add_constraints(share - is_open <= 0.0, name="linked")
    balance = (duty * share).sum("stream") + external_heat - cooling
    model.add_constraints(balance == 0.0, name="balance")

    cost = xarray.DataArray(heat_cost, coords=[levels])
    model.add_objective((cost * external_heat + 0.01 * cooling).sum())
    matrices = model.matrices
    side, sense = matrices.b, matrices.sense
    return Arrays(
        matrices.A,
        np.where(sense == "<", -np.inf, side),
        np.where(sense == ">", np.inf, side),
        matrices.lb,
        matrices.ub,
        matrices.c,
        matrices.vtypes != "C",
    )


def signature(arrays: Arrays) -> list[float]:
    """Return numbers that equal models share, whatever the storage of their matrix.

    Sums over rows and columns weighted by fixed random numbers: a coefficient in another place or
    of another size changes them.
    """
    n_rows, n_columns = arrays.matrix.shape
    rng = np.random.default_rng(SEED)
    by_row, by_column = rng.uniform(1.0, 2.0, n_rows), rng.uniform(1.0, 2.0, n_columns)
    parts = [
        (arrays.row_lower, by_row),
        (arrays.row_upper, by_row),
        (arrays.lower, by_column),
        (arrays.upper, by_column),
        (arrays.cost, by_column),
        (arrays.is_integer.astype(float), by_column),
    ]
    weighted = [float(np.nan_to_num(part, posinf=1e3, neginf=-1e3) @ by) for part, by in parts]
    product = float(by_row @ (arrays.matrix @ by_column))
    absolute = float(by_row @ (abs(arrays.matrix) @ by_column))
    return [float(arrays.matrix.nnz), product, absolute, *weighted]


def peak_memory_MiB() -> float:
    """Return the largest memory this process has had so far; nan where that is unknown."""
    try:
        import resource
    except ImportError:  # not on every operating system
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))
