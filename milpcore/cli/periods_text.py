"""Designs for several periods as readable text."""

from __future__ import annotations

import math

import pandas as pd

from milpcore.cli.by_levels import Found, notes_paragraph
from milpcore.economics import Measure
from milpcore.report import TextColumn, gap_text, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.periods.results import PeriodResult

_MANY_MWH_PER_A = 1e4


def periods_text(found: Found[PeriodResult]) -> str:
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
    summary = pd.concat([one.summary for one in found.results], ignore_index=True)
    parts = [_summary(summary), notes_paragraph(found.results)]
    if found.best is not None:
        parts += _best(found.best)
    return "\n\n".join(part for part in parts if part)


def _summary(table: pd.DataFrame) -> str:
    cost = scale_for(Kind.COST, table["tac_EUR_per_a"])
    size = scale_for(Kind.HEAT, table["heat_pump_size_kW"])
    emission = scale_for(Kind.EMISSION, table["co2_t_per_a"])
    energies = ("external_heat_MWh_per_a", "electricity_MWh_per_a", "cooling_MWh_per_a")
    most = max((x for name in energies for x in table[name] if math.isfinite(x)), default=0.0)
    factor, unit = (1e3, "GWh/a") if most >= _MANY_MWH_PER_A else (1.0, "MWh/a")
    return text_table(
        [
            TextColumn("levels\nat most", "", [str(value) for value in table["max_levels"]]),
            TextColumn("levels\nused", "", [str(value) for value in table["n_levels"]]),
            TextColumn("heat\npumps", "", [str(value) for value in table["n_heat_pumps"]]),
            TextColumn(
                "their\nsize", size.unit, [size.text(x) for x in table["heat_pump_size_kW"]]
            ),
            *(
                TextColumn(title, cost.unit, [cost.text(value) for value in table[column]])
                for title, column in (
                    ("TAC", "tac_EUR_per_a"),
                    ("OPEX", "opex_EUR_per_a"),
                    ("CAPEX", "capex_EUR_per_a"),
                )
            ),
            TextColumn("CO2", emission.unit, [emission.text(x) for x in table["co2_t_per_a"]]),
            *(
                TextColumn(title, unit, [number(value / factor) for value in table[column]])
                for title, column in zip(
                    ("external\nheat", "elec-\ntricity", "cooling"), energies, strict=True
                )
            ),
            TextColumn("gap", "%", [gap_text(value) for value in table["gap"]]),
            TextColumn("status", "", [str(status) for status in table["status"]], left=True),
            TextColumn("time", "s", [number(value, 1) for value in table["solve_s"]]),
        ]
    )


def _best(best: PeriodResult) -> list[str]:
    value = float(best.summary["objective_value"].iloc[0])
    scale = scale_for(Kind.EMISSION if best.objective is Measure.CO2 else Kind.COST, [value])
    count = "1 level" if best.max_levels == 1 else f"{best.max_levels} levels"
    told = f"{best.objective.value.upper()} {scale.text(value)} {scale.unit}"
    return [f"Best: at most {count}, {told}; the same in all periods:", *period_design_text(best)]


def period_design_text(result: PeriodResult) -> list[str]:
    """Lay out the levels and heat pumps of a design, and what every period does with them.

    Parameters
    ----------
    result : PeriodResult
        With a design.

    Returns
    -------
    list of str
        Tables of levels, of heat pumps where there are any, and of periods.
    """
    pumps = [_pumps(result.heat_pumps)] if len(result.heat_pumps) else []
    return [_levels(result.levels), *pumps, _periods(result.periods)]


def _levels(table: pd.DataFrame) -> str:
    return text_table(
        [
            TextColumn("level", "°C", [f"{value:g}" for value in table["temperature_C"]]),
            TextColumn("hot\nstreams", "", [str(value) for value in table["n_hot_streams"]]),
            TextColumn("cold\nstreams", "", [str(value) for value in table["n_cold_streams"]]),
        ]
    )


def _pumps(table: pd.DataFrame) -> str:
    size = scale_for(Kind.HEAT, table["size_kW"])
    return text_table(
        [
            TextColumn("heat pump\nfrom", "°C", [f"{value:g}" for value in table["source_C"]]),
            TextColumn("to", "°C", [f"{value:g}" for value in table["sink_C"]]),
            TextColumn("COP", "", [number(value) for value in table["cop"]]),
            TextColumn("size", size.unit, [size.text(value) for value in table["size_kW"]]),
            TextColumn("full\nload", "h/a", [number(x, 0) for x in table["full_load_h_per_a"]]),
            *(
                TextColumn(name, "", list(table[name]), left=True)
                for name in ("type",)
                if name in table
            ),
        ]
    )


def _periods(table: pd.DataFrame) -> str:
    flows = ("external_heat_kW", "electricity_kW", "cooling_kW")
    heat = scale_for(Kind.HEAT, table[list(flows)].to_numpy().ravel())
    cost = scale_for(Kind.COST, table["opex_EUR_per_a"])
    emission = scale_for(Kind.EMISSION, table["co2_t_per_a"])
    return text_table(
        [
            TextColumn("period", "", [str(name) for name in table["period"]], left=True),
            TextColumn("hours", "h/a", [f"{value:g}" for value in table["hours_h_per_a"]]),
            *(
                TextColumn(title, heat.unit, [heat.text(value) for value in table[column]])
                for title, column in zip(
                    ("external\nheat", "elec-\ntricity", "cooling"), flows, strict=True
                )
            ),
            TextColumn("OPEX", cost.unit, [cost.text(value) for value in table["opex_EUR_per_a"]]),
            TextColumn("CO2", emission.unit, [emission.text(x) for x in table["co2_t_per_a"]]),
        ]
    )
