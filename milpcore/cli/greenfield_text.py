"""A greenfield study as readable text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from milpcore.cli.design_text import design_text
from milpcore.report import TextColumn, gap_text, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.results import GreenfieldStudy, SiteResult

_EQUAL = 1e-9
"""Relative difference that is none."""


def study_text(study: GreenfieldStudy) -> str:
    """Lay out a study: a table of configurations, notes, the best one in detail.

    Parameters
    ----------
    study : GreenfieldStudy
        The configurations.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    parts = [summary_text(study.summary), *notes_text(study)]
    best = best_result(study)
    if best is not None:
        parts += _best_text(best)
    return "\n\n".join(part for part in parts if part)


def best_result(study: GreenfieldStudy) -> SiteResult | None:
    """Find the configuration of least objective, then of least TAC, then with fewest levels.

    Parameters
    ----------
    study : GreenfieldStudy
        The configurations, in rising number of levels.

    Returns
    -------
    SiteResult or None
        None when no configuration has a design. Objectives, and TAC, that differ by less than
        1e-9 of their size are equal.

    Examples
    --------
    >>> best_result(GreenfieldStudy(())) is None
    True
    """
    rows = [(one, one.summary.iloc[0]) for one in study.results if one.has_design]
    for column in ("objective_value", "tac_EUR_per_a"):
        values = [float(row[column]) for _, row in rows]
        least = min(values, default=math.nan)
        limit = least + _EQUAL * abs(least)
        rows = [pair for pair, value in zip(rows, values, strict=True) if value <= limit]
    best, _ = min(rows, key=lambda pair: int(pair[1]["n_levels"]), default=(None, None))
    return best


def summary_text(summary: pd.DataFrame) -> str:
    """Table of the configurations, with units in its header."""
    cost_columns = ("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a")
    heat_columns = ("external_heat_kW", "electricity_kW", "cooling_kW")
    cost = scale_for(Kind.COST, summary["tac_EUR_per_a"])
    heat = scale_for(Kind.HEAT, summary["external_heat_kW"])
    emission = scale_for(Kind.EMISSION, summary["co2_t_per_a"])
    columns = [
        TextColumn("levels\nat most", "", _counts(summary["max_levels"])),
        TextColumn("levels\nused", "", _counts(summary["n_levels"])),
        TextColumn("heat\npumps", "", _counts(summary["n_heat_pumps"])),
    ]
    for title, column in zip(("TAC", "OPEX", "CAPEX"), cost_columns, strict=True):
        cells = [cost.text(value) for value in summary[column]]
        columns.append(TextColumn(title, cost.unit, cells))
    cells = [emission.text(value) for value in summary["co2_t_per_a"]]
    columns.append(TextColumn("CO2", emission.unit, cells))
    titles = ("external\nheat", "elec-\ntricity", "cooling")
    for title, column in zip(titles, heat_columns, strict=True):
        cells = [heat.text(value, 1) for value in summary[column]]
        columns.append(TextColumn(title, heat.unit, cells))
    columns += [
        TextColumn("gap", "%", [gap_text(value) for value in summary["gap"]]),
        TextColumn("status", "", [str(status) for status in summary["status"]], left=True),
        TextColumn("time", "s", [number(value, 1) for value in summary["solve_s"]]),
    ]
    return text_table(columns)


def notes_text(study: GreenfieldStudy) -> list[str]:
    """Write every note once, with the numbers of levels that it holds for."""
    said: dict[str, list[int]] = {}
    for result in study.results:
        for note in result.notes:
            said.setdefault(note, []).append(result.max_levels)
    everything = [result.max_levels for result in study.results]
    lines = [
        note if where == everything and len(where) > 1 else f"N = {runs(where)}: {note}"
        for note, where in said.items()
    ]
    return ["\n".join(lines)] if lines else []


def runs(numbers: Sequence[int]) -> str:
    """Write rising numbers with ranges.

    Examples
    --------
    >>> runs([2, 3, 4, 6, 8, 9])
    '2-4, 6, 8-9'
    """
    groups: list[list[int]] = []
    for value in numbers:
        if groups and value == groups[-1][-1] + 1:
            groups[-1].append(value)
        else:
            groups.append([value])
    return ", ".join(
        f"{group[0]}-{group[-1]}" if len(group) > 1 else str(group[0]) for group in groups
    )


def _best_text(best: SiteResult) -> list[str]:
    row = best.summary.iloc[0]
    kind = Kind.EMISSION if row["unit"] == "t/a" else Kind.COST
    value = float(row["objective_value"])
    scale = scale_for(kind, [value])
    name = str(row["objective"]).upper()
    count = "1 level" if best.max_levels == 1 else f"{best.max_levels} levels"
    title = f"Best: at most {count}, {name} {scale.text(value)} {scale.unit}"
    return [title, *design_text(best)]


def _counts(column: pd.Series[int]) -> list[str]:
    return [str(value) for value in column]
