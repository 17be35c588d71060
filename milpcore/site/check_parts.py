"""What the independent checks of several studies have in common: tolerances, levels, heat pumps.

Computed from tables and prices alone, like the checks themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site.violations import Report

BALANCE_TOLERANCE = 1e-6
"""Relative tolerance of energy balances."""
TABLE_TOLERANCE = 1e-9
"""Relative tolerance of what is computed from the tables: sums, COP, costs, gap."""
TEMPERATURE_TOLERANCE_K = 2e-6
"""Limit temperatures are rounded to 1e-6 K."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def level_names(levels: pd.DataFrame) -> list[str]:
    """Name every level by its temperature."""
    return [f"level {temperature_C:.12g} °C" for temperature_C in levels["temperature_C"]]


def level_rows(levels: pd.DataFrame, value_C: Floats) -> Integers:
    """Row of the level with each temperature, -1 where there is none."""
    temperature_C = levels["temperature_C"].to_numpy()
    distance_K = np.abs(value_C[:, None] - temperature_C[None, :])
    nearest = distance_K.argmin(axis=1)
    near = distance_K[np.arange(len(value_C)), nearest] <= TEMPERATURE_TOLERANCE_K
    return np.where(near, nearest, -1)


def check_open(
    report: Report, what: str, where: Sequence[str], value_C: Floats, levels: pd.DataFrame
) -> Integers:
    """Note every temperature that is no open level's; return the rows of the levels."""
    rows = level_rows(levels, value_C)
    for row in np.flatnonzero(rows < 0).tolist():
        report.add(what, where[row], value_C[row], "the temperature of an open level")
    return rows


def check_pump_ends(report: Report, pumps: pd.DataFrame, levels: pd.DataFrame) -> list[str]:
    """Check that heat pumps lift heat from one open level to another; return their names."""
    source_C, sink_C = pumps["source_C"].to_numpy(), pumps["sink_C"].to_numpy()
    where = [f"heat pump {i:.12g} → {j:.12g} °C" for i, j in zip(source_C, sink_C, strict=True)]
    for end, value_C in (("source_C", source_C), ("sink_C", sink_C)):
        check_open(report, end, where, value_C, levels)
    lift_K = sink_C - source_C
    report.near("lift_K", where, pumps["lift_K"], lift_K, TEMPERATURE_TOLERANCE_K)
    for row in np.flatnonzero(~(lift_K > 0.0)).tolist():
        report.add("lift, K", where[row], lift_K[row], "positive")
    return where


def carnot_cop(pumps: pd.DataFrame, economics: SiteEconomics) -> Floats:
    """COP of every heat pump, ``eta T_sink / (T_sink - T_source)``."""
    warm_K = pumps["sink_C"].to_numpy() + economics.heat_pump_dt_sink_K + 273.15
    cold_K = pumps["source_C"].to_numpy() - economics.heat_pump_dt_source_K + 273.15
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(economics.carnot_efficiency * warm_K / (warm_K - cold_K))


def annuity_per_a(economics: SiteEconomics) -> float:
    """Share of an investment that a year bears, ``i / (1 - (1 + i)^-n)``."""
    rate, life_a = economics.interest_rate, economics.lifetime_a
    return 1.0 / life_a if rate == 0.0 else rate / (1.0 - (1.0 + rate) ** -life_a)
