"""Service in steps as readable text."""

from __future__ import annotations

import pandas as pd

from milpcore.cli.by_levels import Found, joined, notes_paragraph
from milpcore.cli.design_text import design_text
from milpcore.report import TextColumn, gap_text, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.stream_steps_compared import StepsCompared

MOST_STEPS = 40
"""Steps listed; more are left to the table in a file."""


def steps_text(found: Found[StepsCompared]) -> str:
    """Lay out all configurations, and the best one in detail.

    Parameters
    ----------
    found : Found
        The configurations.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    summary = joined([(one.max_levels, one.summary) for one in found.results])
    parts = [_summary(summary), notes_paragraph(found.results)]
    if found.best is not None:
        parts += _best(found.best)
    return "\n\n".join(part for part in parts if part)


def _summary(table: pd.DataFrame) -> str:
    kind = Kind.EMISSION if str(table["unit"].iloc[0]) == "t/a" else Kind.COST
    values = table[["objective_value", "one_level_value"]].to_numpy().ravel()
    scale = scale_for(kind, values)
    heat = scale_for(Kind.HEAT, table["external_heat_kW"])
    name = str(table["objective"].iloc[0]).upper()

    def cost(title: str, column: str) -> TextColumn:
        return TextColumn(title, scale.unit, [scale.text(value) for value in table[column]])

    def percent(title: str, column: str) -> TextColumn:
        return TextColumn(title, "%", [number(value) for value in table[column]])

    columns = [
        TextColumn("levels\nat most", "", [str(value) for value in table["max_levels"]]),
        cost(f"{name}, one\nlevel each", "one_level_value"),
        cost(f"{name},\nin steps", "objective_value"),
        cost("\nsaving", "saving"),
        percent("\nsaving", "saving_percent"),
    ]
    if table["any_temperature_bound"].notna().any():
        columns += [
            cost("no steps\nbelow", "any_temperature_bound"),
            percent("saving\nat most", "most_saving_percent"),
        ]
    columns += [
        TextColumn("\nsteps", "", [str(value) for value in table["n_steps"]]),
        TextColumn("heat\npumps", "", [str(value) for value in table["n_heat_pumps"]]),
        TextColumn(
            "external\nheat", heat.unit, [heat.text(x, 1) for x in table["external_heat_kW"]]
        ),
        TextColumn("\ngap", "%", [gap_text(value) for value in table["gap"]]),
        TextColumn("\nstatus", "", [str(status) for status in table["status"]], left=True),
        TextColumn("\ntime", "s", [number(value, 1) for value in table["solve_s"]]),
    ]
    return text_table(columns)


def _best(best: StepsCompared) -> list[str]:
    assert best.steps is not None
    row = best.summary.iloc[0]
    scale = scale_for(
        Kind.EMISSION if row["unit"] == "t/a" else Kind.COST, [row["objective_value"]]
    )
    count = "1 level" if best.max_levels == 1 else f"{best.max_levels} levels"
    title = (
        f"Best: at most {count}, {str(row['objective']).upper()} "
        f"{scale.text(row['objective_value'])} {scale.unit}"
    )
    table = best.table_of_steps
    per_stream = table.groupby(["zone", "name"], sort=False).size()
    several = int((per_stream > 1).sum())
    told = (
        f"{len(table)} steps for {len(per_stream)} streams, {several} of them in more than one; "
        "what the exchangers cost is not counted."
    )
    parts = [title, *design_text(best.steps.result), told]
    return [*parts, _steps(table)] if len(table) <= MOST_STEPS else parts


def _steps(table: pd.DataFrame) -> str:
    heat = scale_for(Kind.HEAT, table["duty_kW"])
    names = [f"{zone}/{name}" for zone, name in zip(table["zone"], table["name"], strict=True)]
    return text_table(
        [
            TextColumn("stream", "", names, left=True),
            TextColumn("from", "°C", [f"{value:g}" for value in table["t_from_C"]]),
            TextColumn("to", "°C", [f"{value:g}" for value in table["t_to_C"]]),
            TextColumn("level", "°C", [f"{value:g}" for value in table["level_C"]]),
            TextColumn("heat", heat.unit, [heat.text(value) for value in table["duty_kW"]]),
            TextColumn("least\ndifference", "K", [f"{value:g}" for value in table["dt_min_K"]]),
        ]
    )
