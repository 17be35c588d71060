"""The command ``milpcore tightness``."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.cli import tightness_sizing
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    is_worth_writing,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, economics_of, input_files, source_of
from milpcore.compare import compare_rows, comparison_table
from milpcore.core import Channel, run_in_child
from milpcore.economics import SiteEconomics
from milpcore.faults import Fault, InputError
from milpcore.report import ProgressLine, TextColumn, gap_text, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.table_files import plain
from milpcore.streams import Streams

DEFAULT_STREAMS = "site_400"
DEFAULT_LEVELS = (4, 6, 8)
GRACE_S = 0.3
"""Seconds that the solve under way has to end after Ctrl-C."""


def run(arguments: argparse.Namespace) -> int:
    """Compare formulations of a site, or of a plant, show the table, write it."""
    if arguments.model == "sizing":
        return tightness_sizing.run(arguments)
    if arguments.optimum_time is not None:
        shown, rule = f"{arguments.optimum_time:g}", "is for --model sizing"
        raise InputError("tightness", (Fault("", "--optimum-time", shown, rule, "leave it out"),))
    if arguments.streams is None:
        arguments.streams = DEFAULT_STREAMS
    inputs = input_files(arguments)
    writes = [f"tightness.{suffix}" for suffix in ("csv", "png", "svg")]
    check_output(arguments.out, inputs=inputs, writes=writes)
    source = source_of(arguments)
    economics = economics_of(arguments)
    request = _Request(
        streams=source.streams,
        economics=economics,
        levels=DEFAULT_LEVELS if arguments.levels is None else arguments.levels,
        formulations=arguments.formulation,
        objective=arguments.objective,
        time_limit_s=arguments.time_limit,
        lp_time_limit_s=arguments.lp_time_limit,
        mip_rel_gap=arguments.gap,
    )
    rows: list[dict[str, Any]] = []
    was_interrupted = is_interrupted_early(arguments)
    if not was_interrupted:
        line = ProgressLine(sys.stderr, wanted=not arguments.quiet)
        rows, was_interrupted = _rows(request, line)
    if was_interrupted:
        print_error("interrupted")
    table = comparison_table(rows)
    heading = "\n".join(filter(None, (source.headline, source.origin)))

    def write(out: str) -> None:
        _write(out, source, request, table, inputs=inputs)

    show(
        content=lambda: {"rows": _records(table)},
        text=lambda: f"{heading}\n\n{tightness_text(table)}",
        write=write if _is_worth_writing(table, arguments.out) else None,
        as_json=arguments.json,
        out=arguments.out,
        what="figure and table",
        unfinished="no row has a bound" if len(table) else "nothing was finished",
        was_interrupted=was_interrupted,
    )
    if was_interrupted:
        return INTERRUPTED
    without = sorted(set(table.loc[table["optimum"].isna(), "max_levels"]))
    if without and arguments.json:
        print_error(f"no design with N = {', '.join(map(str, without))}")
    return NO_SOLUTION if without else OK


def _is_worth_writing(table: pd.DataFrame, out: str | None) -> bool:
    """Whether a row has a bound, or there is no design to bound."""
    is_finished = table[["lp_bound", "bound"]].notna().any(axis=1) | table["optimum"].isna()
    return is_worth_writing(out, is_finished=bool(is_finished.any()), has_anything=bool(len(table)))


class _Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    economics: SiteEconomics
    levels: tuple[int, ...]
    formulations: tuple[str, ...] | None
    objective: str
    time_limit_s: float
    lp_time_limit_s: float
    mip_rel_gap: float


def _rows(request: _Request, line: ProgressLine) -> tuple[list[dict[str, Any]], bool]:
    """Rows that a child process sends, and whether Ctrl-C has ended it."""
    rows: list[dict[str, Any]] = []

    def hear(row: dict[str, Any]) -> None:
        rows.append(row)
        line.begin(_progress(row))

    with line:
        line.begin(lambda elapsed_s: f"exact search, first variant  {elapsed_s:.0f} s")
        try:
            run_in_child(_compare_in_child, request, on_message=hear, grace_s=GRACE_S)
        except KeyboardInterrupt:  # `ChildInterrupted` is one
            return rows, True
    return rows, False


def _compare_in_child(channel: Channel, request: _Request) -> None:
    """Send every row to the parent; stop when it asks to."""
    for row in compare_rows(
        request.streams,
        levels=request.levels,
        formulations=request.formulations,
        economics=request.economics,
        objective=request.objective,
        time_limit_s=request.time_limit_s,
        lp_time_limit_s=request.lp_time_limit_s,
        mip_rel_gap=request.mip_rel_gap,
    ):
        channel.send(row)
        if channel.should_stop.is_set():
            break


def _progress(row: dict[str, Any]) -> Callable[[float], str]:
    """Text of the progress line after a row."""
    done = f"N = {row['max_levels']}  {row['variant']} done"
    return lambda elapsed_s: f"{done}, next {elapsed_s:.0f} s"


def tightness_text(table: pd.DataFrame) -> str:
    """Lay out a tightness table, one block per number of levels.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.compare`.

    Returns
    -------
    str
        Blocks with an empty line between them.
    """
    counts = table["max_levels"].unique().tolist()
    return "\n\n".join(_block(n, table[table["max_levels"] == n]) for n in counts)


def _block(n_levels: int, table: pd.DataFrame) -> str:
    """One number of levels: the optimum, and a line for every variant."""
    first = table.iloc[0]
    kind = Kind.EMISSION if first["unit"] == "t/a" else Kind.COST
    scale = scale_for(kind, table["optimum"])
    if math.isnan(first["optimum"]):
        return f"N = {n_levels}: no design ({first['note']})"
    best = f"best known {scale.text(first['optimum'], 3)} {scale.unit}"
    heading = f"N = {n_levels}: {best}, proven within {gap_text(first['optimum_gap'])} %"
    columns = [
        TextColumn("variant", "", table["variant"].tolist(), left=True),
        *(
            TextColumn(title, "", _counts(table[name]))
            for title, name in (
                ("columns", "n_columns"),
                ("rows", "n_rows"),
                ("integers", "n_integers"),
                ("non-zeros", "n_nonzeros"),
            )
        ),
        TextColumn("LP bound", scale.unit, [scale.text(one, 3) for one in table["lp_bound"]]),
        TextColumn("root gap", "%", [_percent(one, 4) for one in table["root_gap"]]),
        TextColumn("closed", "%", [_percent(one, 1) for one in table["gap_closed"]]),
        TextColumn("LP", "s", [_seconds(one) for one in table["lp_s"]]),
    ]
    if (table["n_nodes"] >= 0).any():
        columns += [
            TextColumn("nodes", "", _counts(table["n_nodes"])),
            TextColumn("gap", "%", [gap_text(one) for one in table["gap"]]),
            TextColumn("MILP", "s", [_seconds(one) for one in table["milp_s"]]),
        ]
    notes = [
        f"{variant}: {note}"
        for variant, note in zip(table["variant"], table["note"], strict=True)
        if note
    ]
    return "\n".join([heading, "", text_table(columns), *([""] if notes else []), *notes])


def _counts(values: pd.Series[int]) -> list[str]:
    return ["–" if value < 0 else f"{value:d}" for value in values]


def _percent(value: float, decimals: int) -> str:
    return "–" if math.isnan(value) else number(100.0 * value, decimals)


def _seconds(value: float) -> str:
    return "–" if math.isnan(value) else number(value, 2)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON, where what is missing is null."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def _write(
    out: str, source: Source, request: _Request, table: pd.DataFrame, *, inputs: tuple[str, ...]
) -> None:
    """Write the table, the inputs, the record of the run and the figure."""

    def tables(folder: Path) -> None:
        table.to_csv(folder / "tightness.csv", index=False, lineterminator="\n")
        write_inputs(folder, source.streams, request.economics)

    entries = {**request._asdict(), "command": "tightness", "streams": source.name}
    del entries["economics"]
    write_output(
        out, tables=tables, figures=_figures(source.name, table), entries=entries, inputs=inputs
    )


def _figures(name: str, table: pd.DataFrame) -> Iterator[Drawn]:
    from milpcore.plots import root_gaps

    yield Drawn("tightness", root_gaps(table, title=f"{name}: tightness of the relaxations"))
