"""Tables behind the figures of a greenfield study, written beside them as CSV."""

from __future__ import annotations

import pandas as pd

from milpcore.economics import Measure
from milpcore.site.results import GreenfieldStudy


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
        ``cooling_EUR_per_a`` and their sum ``tac_EUR_per_a``.

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
        )
    return pd.DataFrame(rows, columns=list(columns))


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
