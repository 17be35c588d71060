"""What ``milpcore tightness`` does for every model: rows from a child process, text, JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import pandas as pd

from milpcore.cli.messages import print_error
from milpcore.cli.output import is_worth_writing, show
from milpcore.cli.signals import is_interrupted_early
from milpcore.core import Channel, run_in_child
from milpcore.faults import FaultList
from milpcore.report import ProgressLine, TextColumn, gap_text, text_table
from milpcore.scales import number
from milpcore.site.table_files import plain

GRACE_S = 0.3
"""Seconds that the solve under way has to end after Ctrl-C."""
WRITES = tuple(f"tightness.{suffix}" for suffix in ("csv", "png", "svg"))
"""Files of a table besides the record of the run and copies of the inputs."""


DEFAULT_OPTIMUM_S = 60.0
"""Seconds for an optimum of the models that have no exact search of their own."""
_MODELS_OF = {
    "levels": ("site",),
    "temperature_unit": ("site", "loops"),
    "heat_unit": ("site", "loops"),
    "economics": ("site", "sizing"),
    "parameters": ("loops",),
    "optimum_time": ("sizing", "loops"),
}
"""Models that an option is for; all others have it."""
_OBJECTIVES = {
    "sizing": "the sizing model minimises TAC only",
    "loops": "the models of loops minimise costs only",
}


class RowRequest(Protocol):
    """What is asked for; picklable."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table one by one."""


def refuse_options(arguments: argparse.Namespace, model: str) -> None:
    """Refuse what only other models have.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of the command.
    model : str
        ``site``, ``sizing`` or ``loops``.

    Raises
    ------
    InputError
        Listing every option that does not apply.
    """
    faults = FaultList()
    for name, models in _MODELS_OF.items():
        value = getattr(arguments, name)
        if value is not None and model not in models:
            shown = f"{value:g}" if isinstance(value, float) else value
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else shown
            rule = f"is for --model {' and '.join(models)}"
            faults.add("", f"--{name.replace('_', '-')}", shown, rule, "leave it out")
    if arguments.objective != "tac" and model in _OBJECTIVES:
        faults.add("", "--objective", arguments.objective, _OBJECTIVES[model], "leave it out")
    faults.raise_if_any("tightness" if model == "site" else f"tightness --model {model}")


def hear_rows(
    request: RowRequest,
    arguments: argparse.Namespace,
    *,
    first: Callable[[float], str],
    done: Callable[[dict[str, Any]], str],
) -> tuple[list[dict[str, Any]], bool]:
    """Hear the rows of a request from a child process, and show how far it is.

    Parameters
    ----------
    request : RowRequest
        What is asked for.
    arguments : argparse.Namespace
        Of the command, with `quiet`.
    first : callable
        Text of the progress line before the first row, from the seconds that have passed.
    done : callable
        What a row was, for the progress line after it.

    Returns
    -------
    tuple of list of dict and bool
        The rows, and whether Ctrl-C has ended them, which is then said.
    """
    rows: list[dict[str, Any]] = []
    was_interrupted = is_interrupted_early(arguments)
    if not was_interrupted:
        line = ProgressLine(sys.stderr, wanted=not arguments.quiet)

        def hear(row: dict[str, Any]) -> None:
            rows.append(row)
            line.begin(lambda elapsed_s: f"{done(row)} done, next {elapsed_s:.0f} s")

        with line:
            line.begin(first)
            try:
                run_in_child(_send_rows, request, on_message=hear, grace_s=GRACE_S)
            except KeyboardInterrupt:  # `ChildInterrupted` is one
                was_interrupted = True
    if was_interrupted:
        print_error("interrupted")
    return rows, was_interrupted


def _send_rows(channel: Channel, request: RowRequest) -> None:
    """Send every row to the parent; stop when it asks to."""
    for row in request.rows():
        channel.send(row)
        if channel.should_stop.is_set():
            break


def show_table(
    table: pd.DataFrame,
    arguments: argparse.Namespace,
    *,
    text: Callable[[], str],
    write: Callable[[str], None],
    is_finished: pd.Series[bool],
    was_interrupted: bool,
) -> None:
    """Print a table, and write it where that is worth while.

    Parameters
    ----------
    table : DataFrame
        One row for every variant.
    arguments : argparse.Namespace
        Of the command, with `json` and `out`.
    text : callable
        Lays out the table for people.
    write : callable
        Writes it into a folder.
    is_finished : Series of bool
        Whether a row has a bound, or there is no design to bound.
    was_interrupted : bool
        Whether Ctrl-C has ended the comparison.
    """
    is_worth = is_worth_writing(
        arguments.out, is_finished=bool(is_finished.any()), has_anything=bool(len(table))
    )
    show(
        content=lambda: {"rows": records(table)},
        text=text,
        write=write if is_worth else None,
        as_json=arguments.json,
        out=arguments.out,
        what="figure and table",
        unfinished="no row has a bound" if len(table) else "nothing was finished",
        was_interrupted=was_interrupted,
    )


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON, where what is missing is null."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]


def counts(title: str, table: pd.DataFrame, name: str) -> TextColumn:
    """Column of counts; -1 is none."""
    return TextColumn(title, "", ["–" if value < 0 else f"{value:d}" for value in table[name]])


def numbers(title: str, unit: str, table: pd.DataFrame, name: str, decimals: int) -> TextColumn:
    """Column of numbers; shares, whose unit is %, a hundred times as large."""
    factor = 100.0 if unit == "%" else 1.0
    shown = [number(factor * float(value), decimals) for value in table[name]]
    return TextColumn(title, unit, shown)


def measured(
    table: pd.DataFrame, bound: TextColumn, *, integers: tuple[str, str]
) -> list[TextColumn]:
    """Columns of sizes, relaxation and search that every model's table has.

    Parameters
    ----------
    table : DataFrame
        Rows with ``n_columns``, ``n_rows``, ``n_nonzeros``, ``root_gap``, ``gap_closed``,
        ``lp_s``, ``n_nodes``, ``gap`` and ``milp_s``.
    bound : TextColumn
        That of the relaxation's bound.
    integers : tuple of str
        Title and name of the column of integers.

    Returns
    -------
    list of TextColumn
        Those of the search only where there was one.
    """
    columns = [
        counts("columns", table, "n_columns"),
        counts("rows", table, "n_rows"),
        counts(integers[0], table, integers[1]),
        counts("non-zeros", table, "n_nonzeros"),
        bound,
        numbers("root gap", "%", table, "root_gap", 4),
        numbers("closed", "%", table, "gap_closed", 1),
        numbers("LP", "s", table, "lp_s", 2),
    ]
    if (table["n_nodes"] >= 0).any():
        columns += [
            counts("nodes", table, "n_nodes"),
            TextColumn("gap", "%", [gap_text(one) for one in table["gap"]]),
            numbers("MILP", "s", table, "milp_s", 2),
        ]
    return columns


def with_notes(heading: str, columns: Sequence[TextColumn], table: pd.DataFrame) -> str:
    """Lay out a heading, a table and the notes of its variants."""
    told = zip(table["variant"], table["note"], strict=True)
    notes = [f"{variant}: {note}" for variant, note in told if note]
    return "\n".join([heading, "", text_table(columns), *([""] if notes else []), *notes])
