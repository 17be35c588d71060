"""One utility system as readable text."""

from __future__ import annotations

import pandas as pd

from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.results import SiteResult

_TERMS = (
    ("hot\nstreams", "hot_streams_kW"),
    ("cold\nstreams", "cold_streams_kW"),
    ("external\nheat", "external_heat_kW"),
    ("cooling", "cooling_kW"),
    ("from\npumps", "heat_pump_sink_kW"),
    ("to\npumps", "heat_pump_source_kW"),
    ("from\nabove", "cascade_in_kW"),
    ("to\nbelow", "cascade_out_kW"),
)


def design_text(result: SiteResult) -> list[str]:
    """Lay out the levels and the heat pumps of a design.

    Parameters
    ----------
    result : SiteResult
        With a design.

    Returns
    -------
    list of str
        A table of levels and, where there are any, one of heat pumps.
    """
    tables = [_levels_text(result.levels)]
    return [*tables, _pumps_text(result.heat_pumps)] if len(result.heat_pumps) else tables


def _levels_text(levels: pd.DataFrame) -> str:
    heat = scale_for(Kind.HEAT, levels[[column for _, column in _TERMS]].to_numpy().ravel())
    return text_table(
        [
            TextColumn("level", "°C", [f"{value:g}" for value in levels["temperature_C"]]),
            *(
                TextColumn(title, heat.unit, [heat.text(value, 2) for value in levels[column]])
                for title, column in _TERMS
            ),
        ]
    )


def _pumps_text(pumps: pd.DataFrame) -> str:
    heat = scale_for(Kind.HEAT, pumps["heat_kW"])
    return text_table(
        [
            TextColumn("heat pump\nfrom", "°C", [f"{value:g}" for value in pumps["source_C"]]),
            TextColumn("to", "°C", [f"{value:g}" for value in pumps["sink_C"]]),
            TextColumn("COP", "", [number(value) for value in pumps["cop"]]),
            TextColumn("heat", heat.unit, [heat.text(value) for value in pumps["heat_kW"]]),
            TextColumn("power", heat.unit, [heat.text(value) for value in pumps["power_kW"]]),
        ]
    )
