"""``milpcore tightness --model sizing``: the formulations of the sizing model side by side."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, write_output
from milpcore.cli.record import INPUTS
from milpcore.cli.sizing_arguments import DEFAULT_CASE
from milpcore.cli.sizing_source import Source, open_source
from milpcore.cli.tightness_rows import (
    DEFAULT_OPTIMUM_S,
    WRITES,
    counts,
    hear_rows,
    measured,
    refuse_options,
    show_table,
    with_notes,
)
from milpcore.report import TextColumn, gap_text
from milpcore.scales import Kind, scale_for
from milpcore.sizing.comparison import compare_rows, comparison_table
from milpcore.sizing.inputs import prepare
from milpcore.sizing.parameter_files import write_parameters
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_readers import write_profile
from milpcore.sizing.variants import find_variants

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

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table."""
        yield from compare_rows(
            self.profile,
            self.parameters,
            variants=self.variants,
            time_limit_s=self.time_limit_s,
            lp_time_limit_s=self.lp_time_limit_s,
            mip_rel_gap=self.mip_rel_gap,
            optimum_time_limit_s=self.optimum_time_limit_s,
        )


def run(arguments: argparse.Namespace) -> int:
    """Compare formulations of a plant, show the table, write it."""
    refuse_options(arguments, "sizing")
    place = DEFAULT_CASE if arguments.streams is None else arguments.streams
    inputs = tuple(text for text in (place, arguments.economics) if text is not None)
    check_output(arguments.out, inputs=inputs, writes=WRITES, copies=_COPIES)
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
    limit = f"of at most {request.optimum_time_limit_s:g} s"
    rows, was_interrupted = hear_rows(
        request,
        arguments,
        first=lambda elapsed_s: f"optimum, first variant  {elapsed_s:.0f} s {limit}",
        done=lambda row: str(row["variant"]),
    )
    table = comparison_table(rows)
    has_design = bool(table["optimum_EUR_per_a"].notna().all())
    heading = "\n".join(filter(None, (source.headline, source.origin)))

    def write(out: str) -> None:
        _write(out, source, request, table, inputs=inputs)

    show_table(
        table,
        arguments,
        text=lambda: f"{heading}\n\n{sizing_tightness_text(table)}".rstrip(),
        write=write,
        is_finished=table["lp_bound_EUR_per_a"].notna() | table["optimum_EUR_per_a"].isna(),
        was_interrupted=was_interrupted,
    )
    if was_interrupted:
        return INTERRUPTED
    if not has_design and arguments.json:
        print_error(f"no design: {table['note'].iloc[0]}")
    return OK if has_design else NO_SOLUTION


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

    bounds = [scale.text(one, 3) for one in table["lp_bound_EUR_per_a"]]
    columns = [
        *(
            TextColumn(name, "", table[name].tolist(), left=True)
            for name in ("commitment", "direction", "cuts", "limits", "held")
        ),
        *measured(
            table,
            TextColumn("LP bound", scale.unit, bounds),
            integers=("binaries", "n_binaries"),
        ),
    ]
    if (table["n_nodes"] >= 0).any():
        columns.append(counts("both ways", table, "n_both_ways"))
    return with_notes(heading, columns, table)


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
