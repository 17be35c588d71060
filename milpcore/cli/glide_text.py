"""Levels that glide as readable text."""

from __future__ import annotations

import pandas as pd

from milpcore.cli.by_levels import Found, joined, notes_paragraph
from milpcore.cli.greenfield_text import summary_text
from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.glide_results import GlideResult

MOST_CONNECTIONS = 40
"""Connections listed; more are left to the table in a file."""
_FLOWS = (
    ("hot\nstreams", "hot_streams_kW"),
    ("cold\nstreams", "cold_streams_kW"),
    ("external\nheat", "external_heat_kW"),
    ("cooling", "cooling_kW"),
    ("from\npumps", "heat_pump_sink_kW"),
    ("to\npumps", "heat_pump_source_kW"),
    ("from\nabove", "cascade_in_kW"),
    ("to\nbelow", "cascade_out_kW"),
)


def glide_text(found: Found[GlideResult]) -> str:
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
    parts = [summary_text(summary), notes_paragraph(found.results)]
    if found.best is not None:
        parts += _best(found.best)
    return "\n\n".join(part for part in parts if part)


def _best(best: GlideResult) -> list[str]:
    row = best.summary.iloc[0]
    value = float(row["objective_value"])
    scale = scale_for(Kind.EMISSION if row["unit"] == "t/a" else Kind.COST, [value])
    count = "1 level" if best.max_levels == 1 else f"{best.max_levels} levels"
    name = str(row["objective"]).upper()
    parts = [f"Best: at most {count}, {name} {scale.text(value)} {scale.unit}"]
    parts.append(_levels(best.levels))
    if len(best.heat_pumps):
        parts.append(_pumps(best.heat_pumps))
    if len(best.connections) <= MOST_CONNECTIONS:
        parts.append(_connections(best.connections))
    return parts


def _celsius(title: str, values: pd.Series[float]) -> TextColumn:
    return TextColumn(title, "°C", [f"{value:g}" for value in values])


def _levels(table: pd.DataFrame) -> str:
    heat = scale_for(Kind.HEAT, table[[column for _, column in _FLOWS]].to_numpy().ravel())
    return text_table(
        [
            _celsius("level\nsupply", table["supply_C"]),
            _celsius("return", table["return_C"]),
            *(
                TextColumn(title, heat.unit, [heat.text(value) for value in table[column]])
                for title, column in _FLOWS
            ),
            TextColumn("water", "kg/s", [number(value, 1) for value in table["water_kg_per_s"]]),
        ]
    )


def _pumps(table: pd.DataFrame) -> str:
    heat = scale_for(Kind.HEAT, table["heat_kW"])
    return text_table(
        [
            _celsius("heat pump\ncools from", table["source_supply_C"]),
            _celsius("to", table["source_return_C"]),
            _celsius("heats\nfrom", table["sink_return_C"]),
            _celsius("to", table["sink_supply_C"]),
            TextColumn("COP", "", [number(value) for value in table["cop"]]),
            TextColumn("heat", heat.unit, [heat.text(value) for value in table["heat_kW"]]),
            TextColumn("power", heat.unit, [heat.text(value) for value in table["power_kW"]]),
        ]
    )


def _connections(table: pd.DataFrame) -> str:
    heat = scale_for(Kind.HEAT, table["duty_kW"])
    names = [f"{zone}/{name}" for zone, name in zip(table["zone"], table["name"], strict=True)]
    return text_table(
        [
            TextColumn("stream", "", names, left=True),
            _celsius("from", table["t_supply_C"]),
            _celsius("to", table["t_target_C"]),
            _celsius("level\nsupply", table["supply_C"]),
            _celsius("return", table["return_C"]),
            TextColumn("heat", heat.unit, [heat.text(value) for value in table["duty_kW"]]),
            TextColumn("water", "kg/s", [number(value, 1) for value in table["water_kg_per_s"]]),
        ]
    )
