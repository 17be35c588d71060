"""Tables behind the figures of a greenfield study, written beside them as CSV."""

from __future__ import annotations

import numpy as np
import pandas as pd

from milpcore.economics import Measure
from milpcore.site.results import GreenfieldStudy, SiteResult


def cost_components(study: GreenfieldStudy) -> pd.DataFrame:
    """Split TAC into what is paid for, one row per configuration with a design.

    Parameters
    ----------
    study : GreenfieldStudy
        The configurations.

    Returns
    -------
    DataFrame
        ``max_levels``, ``external_heat_EUR_per_a``, ``electricity_EUR_per_a`` (both with their
        CO2 certificates), ``heat_pumps_EUR_per_a`` (annuity of the investment),
        ``cooling_EUR_per_a`` and their sum ``tac_EUR_per_a``; in between the annuities
        ``levels_EUR_per_a`` and ``exchangers_EUR_per_a`` where options give them an investment.

    Examples
    --------
    >>> cost_components(GreenfieldStudy(())).columns.tolist()[:2]
    ['max_levels', 'external_heat_EUR_per_a']
    """
    columns = (
        "max_levels",
        "external_heat_EUR_per_a",
        "electricity_EUR_per_a",
        "heat_pumps_EUR_per_a",
        "cooling_EUR_per_a",
        "tac_EUR_per_a",
    )
    rows = []
    for result in study.results:
        if not result.has_design:
            continue
        row, prices = result.summary.iloc[0], result.economics
        rows.append(
            (
                result.max_levels,
                prices.external_heat_price(Measure.TAC) * float(row["external_heat_kW"]),
                prices.electricity_price(Measure.TAC) * float(row["electricity_kW"]),
                prices.heat_pump_investment(Measure.TAC) * float(row["heat_pump_heat_kW"]),
                prices.cooling_price(Measure.TAC) * float(row["cooling_kW"]),
                float(row["tac_EUR_per_a"]),
            )
            if result.options.is_none
            else _with_options(result)
        )
    table = pd.DataFrame(rows, columns=list(columns))
    found = [result for result in study.results if result.has_design]
    for name, annuities in (
        ("levels_EUR_per_a", [_levels_EUR_per_a(one) for one in found]),
        ("exchangers_EUR_per_a", [_exchangers_EUR_per_a(one) for one in found]),
    ):
        if any(annuities):
            rest = table["heat_pumps_EUR_per_a"] - annuities
            table["heat_pumps_EUR_per_a"] = rest.where(rest > 1e-9 * table["tac_EUR_per_a"], 0.0)
            table.insert(len(table.columns) - 2, name, annuities)
    return table


def _levels_EUR_per_a(result: SiteResult) -> float:
    """Annuity of the levels in use."""
    investment_EUR = result.options.levels.investment_EUR * len(result.levels)
    return result.economics.annuity_per_a * investment_EUR


def _exchangers_EUR_per_a(result: SiteResult) -> float:
    """Annuity of the exchangers of all connections."""
    if "investment_EUR" not in result.connections:
        return 0.0
    return result.economics.annuity_per_a * float(result.connections["investment_EUR"].sum())


def _with_options(result: SiteResult) -> tuple[float, ...]:
    """Split TAC where prices and investments are more than numbers per kW."""
    row, prices, options = result.summary.iloc[0], result.economics, result.options
    levels, hours = result.levels, prices.operating_hours_h_per_a / 1000.0
    gas = prices.gas_price_EUR_per_MWh / prices.boiler_efficiency
    t_per_MWh = prices.gas_emission_t_per_MWh / prices.boiler_efficiency
    level_C = levels["temperature_C"].tolist()
    heat = [
        options.external_heat.price_EUR_per_MWh(one, gas) + t_per_MWh * prices.co2_price_EUR_per_t
        for one in level_C
    ]
    usual = prices.cooling_price_EUR_per_MWh
    cold = [options.cooling.price_EUR_per_MWh(one, usual) for one in level_C]
    heat_EUR_per_a = hours * float(levels["external_heat_kW"].to_numpy() @ np.array(heat))
    if options.external_heat.sources:
        heat_EUR_per_a = float(result.heat_sources["cost_EUR_per_a"].sum())
    return (
        result.max_levels,
        heat_EUR_per_a,
        prices.electricity_price(Measure.TAC) * float(row["electricity_kW"]),
        float(row["capex_EUR_per_a"]),
        hours * float(levels["cooling_kW"].to_numpy() @ np.array(cold)),
        float(row["tac_EUR_per_a"]),
    )


def heat_pump_use(study: GreenfieldStudy) -> pd.DataFrame:
    """Add every heat pump up over the configurations, the one with most heat first.

    Parameters
    ----------
    study : GreenfieldStudy
        The configurations.

    Returns
    -------
    DataFrame
        ``source_C``, ``sink_C``, ``n_configurations`` that use it, ``total_heat_kW`` (sink heat,
        summed over the configurations), ``largest_heat_kW``.

    Examples
    --------
    >>> len(heat_pump_use(GreenfieldStudy(())))
    0
    """
    used = study.heat_pumps.groupby(["source_C", "sink_C"], as_index=False).agg(
        n_configurations=("heat_kW", "size"),
        total_heat_kW=("heat_kW", "sum"),
        largest_heat_kW=("heat_kW", "max"),
    )
    order = ["total_heat_kW", "source_C", "sink_C"]
    return used.sort_values(order, ascending=[False, True, True], ignore_index=True)
