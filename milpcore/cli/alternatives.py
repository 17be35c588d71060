"""What ``greenfield`` and ``retrofit`` share about alternatives: what is wanted, text, files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from milpcore.cli.output import Drawn
from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.alternatives_results import TABLES, Alternatives, joined_tables
from milpcore.site.table_files import write_tables


class Wanted(NamedTuple):
    """Which alternatives are wanted.

    Attributes
    ----------
    n_alternatives : int
        Designs in order; 0 for none.
    within_percent : float or None
        Share for ranges.
    """

    n_alternatives: int = 0
    within_percent: float | None = None

    @property
    def anything(self) -> bool:
        """Whether there is something to find."""
        return self.n_alternatives > 0 or self.within_percent is not None

    @property
    def n_best(self) -> int:
        """Designs to find; ranges alone need the best one."""
        return max(1, self.n_alternatives)


def wanted_of(arguments: argparse.Namespace) -> Wanted:
    """Read what is wanted from the command line."""
    return Wanted(arguments.alternatives, arguments.within)


def figure_name(max_levels: int) -> str:
    """File name of the figure of a configuration."""
    return f"alternatives_{max_levels:02d}"


def writes(wanted: Wanted, levels: Sequence[int]) -> list[str]:
    """List the files that alternatives may write."""
    if not wanted.anything:
        return []
    figures = [f"{figure_name(one)}.{suffix}" for one in levels for suffix in ("png", "svg")]
    return [*(f"{name}.csv" for name in TABLES), *figures]


def write(found: Sequence[Alternatives], folder: Path) -> None:
    """Write the tables of all configurations."""
    if found:
        write_tables(joined_tables(found), folder)


def drawn(found: Sequence[Alternatives], name: str) -> Iterator[Drawn]:
    """Draw the figure of each configuration."""
    from milpcore import plots

    for one in found:
        count = len(one.designs)
        title = f"{name}: {count} best, at most {one.max_levels} levels"
        figure = plots.alternatives_chart(one, title=title)
        yield Drawn(figure_name(one.max_levels), figure)


def alternatives_text(one: Alternatives) -> str:
    """Lay out the ranks of one configuration, what is proven, and the ranges.

    Parameters
    ----------
    one : Alternatives
        The configuration.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    count = "1 level" if one.max_levels == 1 else f"{one.max_levels} levels"
    parts = [f"Alternatives: at most {count}, {number(one.solve_s, 1)} s"]
    if one.designs:
        parts.append(_ranks(one))
    parts.append("\n".join(one.notes))
    if len(one.level_ranges):
        doubt = "" if one.level_ranges["is_proven"].all() else ", as far as it is known"
        title = f"Within {one.within_percent:g} % of the best{doubt}:"
        parts += [title, _level_ranges(one), _size_ranges(one)]
    return "\n\n".join(parts)


def progress_text(max_levels: int) -> str:
    """Say what is being done, for the progress line."""
    return f"N = {max_levels}: alternatives"


def _ranks(one: Alternatives) -> str:
    table = one.alternatives
    kind = Kind.EMISSION if str(table["unit"].iloc[0]) == "t/a" else Kind.COST
    scale = scale_for(kind, table["objective_value"])
    name = str(table["objective"].iloc[0]).upper()
    columns = [
        TextColumn("rank", "", [str(rank) for rank in table["rank"]]),
        TextColumn(name, scale.unit, [scale.text(value, 3) for value in table["objective_value"]]),
        TextColumn("above\nbest", "%", [number(x, 4) for x in table["above_best_percent"]]),
        TextColumn("levels", "°C", table["levels_C"].tolist(), left=True),
    ]
    for title, column in (("moved", "moved_C"), ("given up", "given_up_C")):
        if (table[column] != "").any():
            cells = [text or "–" for text in table[column]]
            columns.append(TextColumn(title, "°C", cells, left=True))
    cells = [text or "–" for text in table["heat_pumps_C"]]
    columns.append(TextColumn("heat pumps", "°C", cells, left=True))
    if not table["is_proven"].all():
        cells = ["yes" if proven else "no" for proven in table["is_proven"]]
        columns.append(TextColumn("proven", "", cells, left=True))
    return text_table(columns)


def _level_ranges(one: Alternatives) -> str:
    table = one.level_ranges
    return text_table(
        [
            TextColumn("level", "", [str(value) for value in table["level"]]),
            TextColumn("best", "°C", [f"{value:.10g}" for value in table["best_C"]]),
            TextColumn("lowest", "°C", [f"{value:.10g}" for value in table["lowest_C"]]),
            TextColumn("highest", "°C", [f"{value:.10g}" for value in table["highest_C"]]),
            TextColumn("temperatures", "", [str(value) for value in table["n_temperatures"]]),
        ]
    )


def _size_ranges(one: Alternatives) -> str:
    table = one.size_ranges
    columns = ("best_kW", "least_kW", "most_kW")
    scale = scale_for(Kind.HEAT, table[list(columns)].to_numpy().ravel())
    types = table["type"] if "type" in table else [""] * len(table)
    named = zip(table["quantity"], table["from_level"], table["to_level"], types, strict=True)
    names = [
        f"{quantity}, level {low} to {high}" + (f", {kind}" if kind else "")
        if low
        else str(quantity)
        for quantity, low, high, kind in named
    ]
    return text_table(
        [
            TextColumn("quantity", "", names, left=True),
            *(
                TextColumn(column[:-3], scale.unit, [scale.text(value) for value in table[column]])
                for column in columns
            ),
        ]
    )
