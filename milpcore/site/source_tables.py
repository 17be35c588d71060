"""External heat by source: its table, and its part of the independent check.

13. sources: each delivers within its capacity and up to its highest level, together they deliver
    what every level buys; ``fuel = heat/efficiency``, ``cost = h fuel (price + EF c_CO2)``,
    ``CO2 = h EF fuel``
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.inputs import Floats, SiteInputs
from milpcore.site.model import Design
from milpcore.site.violations import Report
from milpcore.site_options import SiteOptions

SCHEMA: Mapping[str, str] = MappingProxyType(
    {
        "source": "str",
        "level_C": "float64",
        "heat_kW": "float64",
        "fuel_kW": "float64",
        "cost_EUR_per_a": "float64",
        "co2_t_per_a": "float64",
    }
)
"""Columns and dtypes of `milpcore.site.results.SiteResult.heat_sources`."""
SIZE_TOLERANCE = 1e-6
"""Relative tolerance of capacities: they limit heat flows, which balance within as much."""
SAME_K = 2e-6


def empty_sources() -> pd.DataFrame:
    """Table without rows.

    Examples
    --------
    >>> list(empty_sources())[:2]
    ['source', 'level_C']
    """
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in SCHEMA.items()})


def heat_by_source_kW(inputs: SiteInputs, design: Design) -> Floats:
    """External heat of each level and source (L, S); no column without sources."""
    sources = None if inputs.terms is None else inputs.terms.sources
    if sources is None:
        return np.zeros((inputs.n_candidates, 0))
    if design.source_heat_kW is not None:
        return design.source_heat_kW
    heat_kW = np.zeros((inputs.n_candidates, len(sources.names)))
    heat_kW[np.arange(inputs.n_candidates), sources.usual] = design.external_heat_kW
    return heat_kW


def source_table(inputs: SiteInputs, design: Design | None) -> pd.DataFrame:
    """One row for each source and level that it heats (°C, kW, EUR/a, t/a), in their order."""
    sources = None if inputs.terms is None else inputs.terms.sources
    if sources is None or design is None:
        return empty_sources()
    heat_kW = heat_by_source_kW(inputs, design)
    source, level = np.nonzero(heat_kW.T > 0.0)
    heat = heat_kW[level, source]
    columns = (
        np.array(sources.names, dtype=object)[source],
        inputs.level_C[level],
        heat,
        sources.fuel_share[source] * heat,
        inputs.source_costs(Measure.OPEX)[source] * heat,
        inputs.source_costs(Measure.CO2)[source] * heat,
    )
    return pd.DataFrame(
        {
            name: pd.Series(column, dtype=kind)
            for (name, kind), column in zip(SCHEMA.items(), columns, strict=True)
        }
    )


def sources_note(inputs: SiteInputs, design: Design) -> list[str]:
    """Say how much heat comes from which source, in a sentence; nothing without sources."""
    if inputs.terms is None or inputs.terms.sources is None:
        return []
    heat_kW = heat_by_source_kW(inputs, design).sum(axis=0)
    parts = [
        f"{name} {heat:.4g} kW"
        for name, heat in zip(inputs.terms.sources.names, heat_kW, strict=True)
        if heat > 0.0
    ]
    return [f"External heat by source: {', '.join(parts)}."] if parts else []


def check_sources(
    report: Report,
    heat_sources: pd.DataFrame,
    levels: pd.DataFrame,
    economics: SiteEconomics,
    options: SiteOptions,
) -> tuple[float, float]:
    """Rule 13; return the cost (EUR/a, without CO2) and the CO2 (t/a) of external heat."""
    sources = {one.name: one for one in options.external_heat.sources}
    hours = economics.operating_hours_h_per_a / 1000.0
    level_C = levels["temperature_C"].to_numpy(dtype=np.float64)
    sums_kW, of_source_kW = np.zeros(len(levels)), dict.fromkeys(sources, 0.0)
    cost_EUR_per_a = co2_t_per_a = 0.0
    for row in heat_sources.to_dict("records"):
        where = f"source {row['source']} at {row['level_C']:.12g} °C"
        near = np.flatnonzero(np.abs(level_C - row["level_C"]) <= SAME_K)
        if row["source"] not in sources or not near.size:
            report.add("heat source", where, "unknown", "a source and an open level")
            continue
        one, heat_kW = sources[row["source"]], float(row["heat_kW"])
        sums_kW[near] += heat_kW
        of_source_kW[one.name] += heat_kW
        report.at_most("level_C", [where], row["level_C"], one.max_level_C, SAME_K)
        fuel_kW = heat_kW / one.efficiency
        price = one.price_EUR_per_MWh + one.emission_t_per_MWh * economics.co2_price_EUR_per_t
        for column, expected in (
            ("fuel_kW", fuel_kW),
            ("cost_EUR_per_a", hours * fuel_kW * price),
            ("co2_t_per_a", hours * fuel_kW * one.emission_t_per_MWh),
        ):
            report.near(column, [where], row[column], expected, 1e-9 * abs(expected))
        cost_EUR_per_a += hours * fuel_kW * one.price_EUR_per_MWh
        co2_t_per_a += hours * fuel_kW * one.emission_t_per_MWh
    for name, heat_kW in of_source_kW.items():
        most_kW = sources[name].capacity_kW * (1.0 + SIZE_TOLERANCE)
        report.at_most("heat of a source, kW", [f"source {name}"], heat_kW, most_kW, 1e-9)
    bought_kW = levels["external_heat_kW"].to_numpy(dtype=np.float64)
    names = [f"level {one:.12g} °C" for one in level_C]
    report.near("heat of all sources, kW", names, sums_kW, bought_kW, 1e-9 * bought_kW)
    return cost_EUR_per_a, co2_t_per_a
