"""``milpcore tightness --model loops``: the formulations of the models of loops side by side."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.cli.loops_arguments import DEFAULT_STREAMS
from milpcore.cli.loops_source import LoopSource, loop_source
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, write_output
from milpcore.cli.record import INPUTS
from milpcore.cli.tightness_rows import (
    DEFAULT_OPTIMUM_S,
    WRITES,
    hear_rows,
    measured,
    refuse_options,
    show_table,
    with_notes,
)
from milpcore.loops.case import LoopCase
from milpcore.loops.comparison import compare_rows, comparison_table
from milpcore.loops.inputs import prepare
from milpcore.loops.parameter_files import write_parameters
from milpcore.loops.variants import ENERGY, find_variants
from milpcore.report import TextColumn, gap_text
from milpcore.scales import number
from milpcore.streams import write_streams

_COPIES = ("streams.csv", "parameters.toml")


class Request(NamedTuple):
    """What is asked for; picklable."""

    case: LoopCase
    variants: tuple[str, ...] | None
    time_limit_s: float
    lp_time_limit_s: float
    mip_rel_gap: float
    optimum_time_limit_s: float

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table."""
        yield from compare_rows(
            self.case,
            variants=self.variants,
            time_limit_s=self.time_limit_s,
            lp_time_limit_s=self.lp_time_limit_s,
            mip_rel_gap=self.mip_rel_gap,
            optimum_time_limit_s=self.optimum_time_limit_s,
        )


def run(arguments: argparse.Namespace) -> int:
    """Compare formulations of loops between plants, show the table, write it."""
    refuse_options(arguments, "loops")
    if arguments.streams is None:
        arguments.streams = DEFAULT_STREAMS
    inputs = tuple(text for text in (arguments.streams, arguments.parameters) if text is not None)
    check_output(arguments.out, inputs=inputs, writes=WRITES, copies=_COPIES)
    source = loop_source(arguments)
    request = Request(
        source.case,
        arguments.formulation,
        arguments.time_limit,
        arguments.lp_time_limit,
        arguments.gap,
        DEFAULT_OPTIMUM_S if arguments.optimum_time is None else arguments.optimum_time,
    )
    find_variants(request.variants)  # refuses at once what the child would refuse
    prepare(request.case)
    limit = f"of at most {request.optimum_time_limit_s:g} s"
    rows, was_interrupted = hear_rows(
        request,
        arguments,
        first=lambda elapsed_s: f"optimum, first variant  {elapsed_s:.0f} s {limit}",
        done=lambda row: str(row["variant"]),
    )
    table = comparison_table(rows)
    heading = "\n".join(filter(None, (source.headline, source.source.origin)))

    def write(out: str) -> None:
        _write(out, source, request, table, inputs=inputs)

    show_table(
        table,
        arguments,
        text=lambda: f"{heading}\n\n{loop_tightness_text(table)}".rstrip(),
        write=write,
        is_finished=table[["lp_bound", "bound"]].notna().any(axis=1) | table["optimum"].isna(),
        was_interrupted=was_interrupted,
    )
    if was_interrupted:
        return INTERRUPTED
    without = table[table["optimum"].isna()]
    if len(without) and arguments.json:
        print_error(f"no optimum: {without['note'].iloc[0]}")
    return NO_SOLUTION if len(without) else OK


def loop_tightness_text(table: pd.DataFrame) -> str:
    """Lay out a tightness table of the models of loops, one block per optimum.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.loops.compare`.

    Returns
    -------
    str
        Blocks with an empty line between them; empty without rows.
    """
    width_K = table["cells_K"].fillna(0.0)
    return "\n\n".join(_block(table[width_K == one]) for one in dict.fromkeys(width_K))


def _block(table: pd.DataFrame) -> str:
    """One optimum, and a line for every variant."""
    first = table.iloc[0]
    if first["question"] == ENERGY:
        most = number(first["max_flow_kW_per_K"], 1)
        what = f"energy, least cost of utilities with one loop of at most {most} kW/K"
    else:
        what = f"cost, estimate of the TAC with one loop on cells of {first['cells_K']:g} K"
    if math.isnan(first["optimum"]):
        return f"{what}: no optimum ({first['note']})"
    best = f"best known {number(first['optimum'], 0)} {first['unit']}"
    heading = f"{what}:\n{best}, proven within {gap_text(first['optimum_gap'])} %"
    bounds = [number(one, 0) for one in table["lp_bound"]]
    columns = [
        TextColumn("variant", "", table["variant"].tolist(), left=True),
        *measured(
            table,
            TextColumn("LP bound", first["unit"], bounds),
            integers=("binaries", "n_binaries"),
        ),
    ]
    return with_notes(heading, columns, table)


def _write(
    out: str, source: LoopSource, request: Request, table: pd.DataFrame, *, inputs: tuple[str, ...]
) -> None:
    """Write the table, the inputs, the record of the run and the figure."""

    def tables(folder: Path) -> None:
        table.to_csv(folder / "tightness.csv", index=False, lineterminator="\n")
        copies = folder / INPUTS
        copies.mkdir()
        write_streams(source.case.streams, copies / "streams.csv")
        write_parameters(source.case.parameters, copies / "parameters.toml")

    entries = {**request._asdict(), "command": "tightness", "model": "loops"}
    entries["streams"] = source.source.name
    del entries["case"]
    figures = _figures(source.source.name, table)
    write_output(out, tables=tables, figures=figures, entries=entries, inputs=inputs)


def _figures(name: str, table: pd.DataFrame) -> Iterator[Drawn]:
    from milpcore.plots import loop_root_gaps

    title = f"{name}: tightness of the relaxations"
    yield Drawn("tightness", loop_root_gaps(table, title=title))
