"""The command ``milpcore tightness``."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.cli import tightness_loops, tightness_sizing
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, write_inputs, write_output
from milpcore.cli.sources import Source, economics_of, input_files, source_of
from milpcore.cli.tightness_rows import (
    WRITES,
    hear_rows,
    measured,
    refuse_options,
    show_table,
    with_notes,
)
from milpcore.compare import compare_rows, comparison_table
from milpcore.economics import SiteEconomics
from milpcore.report import TextColumn, gap_text
from milpcore.scales import Kind, scale_for
from milpcore.streams import Streams

DEFAULT_STREAMS = "site_400"
DEFAULT_LEVELS = (4, 6, 8)


def run(arguments: argparse.Namespace) -> int:
    """Compare formulations of a site, of a plant or of loops, show the table, write it."""
    if arguments.model == "sizing":
        return tightness_sizing.run(arguments)
    if arguments.model == "loops":
        return tightness_loops.run(arguments)
    refuse_options(arguments, "site")
    if arguments.streams is None:
        arguments.streams = DEFAULT_STREAMS
    inputs = input_files(arguments)
    check_output(arguments.out, inputs=inputs, writes=WRITES)
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
    rows, was_interrupted = hear_rows(
        request,
        arguments,
        first=lambda elapsed_s: f"exact search, first variant  {elapsed_s:.0f} s",
        done=lambda row: f"N = {row['max_levels']}  {row['variant']}",
    )
    table = comparison_table(rows)
    heading = "\n".join(filter(None, (source.headline, source.origin)))

    def write(out: str) -> None:
        _write(out, source, request, table, inputs=inputs)

    show_table(
        table,
        arguments,
        text=lambda: f"{heading}\n\n{tightness_text(table)}",
        write=write,
        is_finished=table[["lp_bound", "bound"]].notna().any(axis=1) | table["optimum"].isna(),
        was_interrupted=was_interrupted,
    )
    if was_interrupted:
        return INTERRUPTED
    without = sorted(set(table.loc[table["optimum"].isna(), "max_levels"]))
    if without and arguments.json:
        print_error(f"no design with N = {', '.join(map(str, without))}")
    return NO_SOLUTION if without else OK


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

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table."""
        yield from compare_rows(
            self.streams,
            levels=self.levels,
            formulations=self.formulations,
            economics=self.economics,
            objective=self.objective,
            time_limit_s=self.time_limit_s,
            lp_time_limit_s=self.lp_time_limit_s,
            mip_rel_gap=self.mip_rel_gap,
        )


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
    bounds = [scale.text(one, 3) for one in table["lp_bound"]]
    columns = [
        TextColumn("variant", "", table["variant"].tolist(), left=True),
        *measured(
            table,
            TextColumn("LP bound", scale.unit, bounds),
            integers=("integers", "n_integers"),
        ),
    ]
    return with_notes(heading, columns, table)


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
