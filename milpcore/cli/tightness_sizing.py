"""``milpcore tightness --model sizing``: the formulations of the sizing model side by side."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, is_worth_writing, show, write_output
from milpcore.cli.record import INPUTS
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sizing_arguments import DEFAULT_CASE
from milpcore.cli.sizing_source import Source, open_source
from milpcore.core import Channel, run_in_child
from milpcore.faults import FaultList
from milpcore.report import ProgressLine, TextColumn, gap_text, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.table_files import plain
from milpcore.sizing.comparison import compare_rows, comparison_table
from milpcore.sizing.inputs import prepare
from milpcore.sizing.parameter_files import write_parameters
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_readers import write_profile
from milpcore.sizing.variants import find_variants

GRACE_S = 0.3
"""Seconds that the solve under way has to end after Ctrl-C."""
DEFAULT_OPTIMUM_S = 60.0
_WRITES = tuple(f"tightness.{suffix}" for suffix in ("csv", "png", "svg"))
_COPIES = ("profile.csv", "parameters.toml")


class Request(NamedTuple):
    """What is asked for; picklable."""

    profile: HeatProfile
    parameters: SizingParameters
    variants: tuple[str, ...] | None
    time_limit_s: float
    lp_time_limit_s: float
    mip_rel_gap: float
    optimum_time_limit_s: float


def run(arguments: argparse.Namespace) -> int:
    """Compare formulations of a plant, show the table, write it."""
    _refuse_site_options(arguments)
    place = DEFAULT_CASE if arguments.streams is None else arguments.streams
    inputs = tuple(text for text in (place, arguments.economics) if text is not None)
    check_output(arguments.out, inputs=inputs, writes=_WRITES, copies=_COPIES)
    source = open_source(place, economics=arguments.economics, sheet=arguments.sheet)
    request = Request(
        source.profile,
        source.parameters,
        arguments.formulation,
        arguments.time_limit,
        arguments.lp_time_limit,
        arguments.gap,
        DEFAULT_OPTIMUM_S if arguments.optimum_time is None else arguments.optimum_time,
    )
    find_variants(request.variants)  # refuses at once what the child would refuse
    prepare(request.profile, request.parameters)
    rows: list[dict[str, Any]] = []
    was_interrupted = is_interrupted_early(arguments)
    if not was_interrupted:
        line = ProgressLine(sys.stderr, wanted=not arguments.quiet)
        rows, was_interrupted = _rows(request, line)
    if was_interrupted:
        print_error("interrupted")
    table = comparison_table(rows)
    has_design = bool(table["optimum_EUR_per_a"].notna().all())
    heading = "\n".join(filter(None, (source.headline, source.origin)))

    def write(out: str) -> None:
        _write(out, source, request, table, inputs=inputs)

    show(
        content=lambda: {"rows": _records(table)},
        text=lambda: f"{heading}\n\n{sizing_tightness_text(table)}".rstrip(),
        write=write if _is_worth_writing(table, arguments.out) else None,
        as_json=arguments.json,
        out=arguments.out,
        what="figure and table",
        unfinished="no row has a bound" if len(table) else "nothing was finished",
        was_interrupted=was_interrupted,
    )
    if was_interrupted:
        return INTERRUPTED
    if not has_design and arguments.json:
        print_error(f"no design: {table['note'].iloc[0]}")
    return OK if has_design else NO_SOLUTION


def _refuse_site_options(arguments: argparse.Namespace) -> None:
    """Refuse what only the site model has."""
    faults = FaultList()
    for name in ("levels", "temperature_unit", "heat_unit"):
        value = getattr(arguments, name)
        if value is not None:
            shown = ",".join(map(str, value)) if name == "levels" else value
            rule = "is for --model site"
            faults.add("", f"--{name.replace('_', '-')}", shown, rule, "leave it out")
    if arguments.objective != "tac":
        rule = "the sizing model minimises TAC only"
        faults.add("", "--objective", arguments.objective, rule, "leave it out")
    faults.raise_if_any("tightness --model sizing")


def _is_worth_writing(table: pd.DataFrame, out: str | None) -> bool:
    """Whether a row has a bound, or there is no design to bound."""
    is_finished = table["lp_bound_EUR_per_a"].notna() | table["optimum_EUR_per_a"].isna()
    return is_worth_writing(out, is_finished=bool(is_finished.any()), has_anything=bool(len(table)))


def _rows(request: Request, line: ProgressLine) -> tuple[list[dict[str, Any]], bool]:
    """Rows that a child process sends, and whether Ctrl-C has ended it."""
    rows: list[dict[str, Any]] = []

    def hear(row: dict[str, Any]) -> None:
        rows.append(row)
        line.begin(_progress(row))

    limit = f"of at most {request.optimum_time_limit_s:g} s"
    with line:
        line.begin(lambda elapsed_s: f"optimum, first variant  {elapsed_s:.0f} s {limit}")
        try:
            run_in_child(_compare_in_child, request, on_message=hear, grace_s=GRACE_S)
        except KeyboardInterrupt:  # `ChildInterrupted` is one
            return rows, True
    return rows, False


def _compare_in_child(channel: Channel, request: Request) -> None:
    """Send every row to the parent; stop when it asks to."""
    for row in compare_rows(
        request.profile,
        request.parameters,
        variants=request.variants,
        time_limit_s=request.time_limit_s,
        lp_time_limit_s=request.lp_time_limit_s,
        mip_rel_gap=request.mip_rel_gap,
        optimum_time_limit_s=request.optimum_time_limit_s,
    ):
        channel.send(row)
        if channel.should_stop.is_set():
            break


def _progress(row: dict[str, Any]) -> Callable[[float], str]:
    """Text of the progress line after a row."""
    return lambda elapsed_s: f"{row['variant']} done, next {elapsed_s:.0f} s"


def sizing_tightness_text(table: pd.DataFrame) -> str:
    """Lay out a tightness table of the sizing model.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.sizing.compare`.

    Returns
    -------
    str
        The optimum, and a line for every variant; empty without rows.
    """
    if table.empty:
        return ""
    first = table.iloc[0]
    if math.isnan(first["optimum_EUR_per_a"]):
        return f"no design ({first['note']})"
    scale = scale_for(Kind.COST, table["optimum_EUR_per_a"])
    best = f"best known {scale.text(first['optimum_EUR_per_a'], 3)} {scale.unit}"
    heading = f"{best}, proven within {gap_text(first['optimum_gap'])} %"

    def counts(title: str, name: str) -> TextColumn:
        shown = ["–" if value < 0 else f"{value:d}" for value in table[name]]
        return TextColumn(title, "", shown)

    def numbers(title: str, unit: str, name: str, decimals: int, factor: float = 1.0) -> TextColumn:
        shown = [number(factor * float(value), decimals) for value in table[name]]
        return TextColumn(title, unit, shown)

    bounds = [scale.text(one, 3) for one in table["lp_bound_EUR_per_a"]]
    columns = [
        *(
            TextColumn(name, "", table[name].tolist(), left=True)
            for name in ("commitment", "direction", "cuts", "limits", "held")
        ),
        counts("columns", "n_columns"),
        counts("rows", "n_rows"),
        counts("binaries", "n_binaries"),
        counts("non-zeros", "n_nonzeros"),
        TextColumn("LP bound", scale.unit, bounds),
        numbers("root gap", "%", "root_gap", 4, 100.0),
        numbers("closed", "%", "gap_closed", 1, 100.0),
        numbers("LP", "s", "lp_s", 2),
    ]
    if (table["n_nodes"] >= 0).any():
        columns += [
            counts("nodes", "n_nodes"),
            TextColumn("gap", "%", [gap_text(one) for one in table["gap"]]),
            numbers("MILP", "s", "milp_s", 2),
            counts("both ways", "n_both_ways"),
        ]
    told = zip(table["variant"], table["note"], strict=True)
    notes = [f"{variant}: {note}" for variant, note in told if note]
    return "\n".join([heading, "", text_table(columns), *([""] if notes else []), *notes])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON, where what is missing is null."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def _write(
    out: str, source: Source, request: Request, table: pd.DataFrame, *, inputs: tuple[str, ...]
) -> None:
    """Write the table, the inputs, the record of the run and the figure."""

    def tables(folder: Path) -> None:
        table.to_csv(folder / "tightness.csv", index=False, lineterminator="\n")
        copies = folder / INPUTS
        copies.mkdir()
        write_profile(source.profile, copies / "profile.csv")
        write_parameters(source.parameters, copies / "parameters.toml")

    entries = {
        "command": "tightness",
        "model": "sizing",
        "profile": source.name,
        **{
            name: value
            for name, value in request._asdict().items()
            if name not in ("profile", "parameters")
        },
    }
    write_output(
        out, tables=tables, figures=_figures(source.name, table), entries=entries, inputs=inputs
    )


def _figures(name: str, table: pd.DataFrame) -> Iterator[Drawn]:
    from milpcore.plots import sizing_root_gaps

    title = f"{name}: tightness of the relaxations"
    yield Drawn("tightness", sizing_root_gaps(table, title=title))
