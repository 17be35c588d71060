"""The independent check of a utility system with gliding levels.

`check_glide` recomputes from the tables, the streams and the prices alone: service of every stream
with its difference at both ends, balances of heat and water of every level, the order of the
cascade, COP and limits of heat pumps, costs, bound and gap.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from milpcore.site.check_parts import BALANCE_TOLERANCE, TEMPERATURE_TOLERANCE_K
from milpcore.site.glide_results import GlideResult, WATER_kJ_per_kg_K, table_costs
from milpcore.site.inputs import Floats
from milpcore.site.model import relative_gap
from milpcore.site.tables import COST_COLUMNS
from milpcore.site.violations import Report


def check_glide(result: GlideResult) -> None:
    """Check a result against its streams and prices, from the tables alone.

    Parameters
    ----------
    result : GlideResult
        With a design.

    Raises
    ------
    CheckError
        With every violation.
    """
    report = Report()
    total_kW = float(result.streams.duty_kW.sum())
    _check_service(report, result, total_kW)
    _check_levels(report, result, total_kW)
    _check_pumps(report, result, total_kW)
    row = result.summary.iloc[0]
    cost = table_costs(result.levels, result.heat_pumps, result.economics)
    scale = max(abs(value) for value in cost.values())
    for measure, name in COST_COLUMNS.items():
        report.near(name, ["summary"], row[name], cost[measure], 1e-9 * scale)
    value = float(row["objective_value"])
    report.near("objective", ["summary"], value, cost[result.objective], 1e-9 * scale)
    report.at_most("bound", ["summary"], row["bound"], value, 0.0)
    report.near("gap", ["summary"], row["gap"], relative_gap(value, float(row["bound"])), 1e-12)
    report.at_most("levels", ["summary"], len(result.levels), result.max_levels, 0.0)
    report.raise_if_any()


def _check_service(report: Report, result: GlideResult, total_kW: float) -> None:
    """Every stream served whole, by levels in use, with its difference at both ends."""
    streams, connections = result.streams, result.connections
    served = connections.groupby(["zone", "name"])["duty_kW"].sum()
    keys = list(zip(streams.table["zone"], streams.table["name"], strict=True))
    found_kW = [float(served.get(key, 0.0)) for key in keys]
    names = [str(label) for label in streams.label]
    report.near("duty (kW)", names, found_kW, streams.duty_kW, BALANCE_TOLERANCE * total_kW)
    margin = dict(zip(keys, streams.dt_cont_K + result.economics.level_dt_cont_K, strict=True))
    sign = np.where(connections["kind"] == "hot", 1.0, -1.0)
    is_hot = sign > 0.0
    supply_C, return_C = (connections[name].to_numpy() for name in ("supply_C", "return_C"))
    where = [f"{zone}/{name}" for zone, name in connections[["zone", "name"]].to_numpy()]
    least_K = np.array(
        [margin.get(tuple(key), np.inf) for key in connections[["zone", "name"]].to_numpy()]
    )
    ends = (
        ("supply", "t_supply_C", np.where(is_hot, supply_C, return_C)),
        ("target", "t_target_C", np.where(is_hot, return_C, supply_C)),
    )
    for name, column, level_C in ends:
        difference_K = sign * (connections[column].to_numpy() - level_C)
        what = f"difference at the {name} end (K)"
        report.at_most(what, where, least_K, difference_K, TEMPERATURE_TOLERANCE_K)
        shown_K = connections[f"dt_{name}_end_K"]
        report.near(what, where, shown_K, difference_K, TEMPERATURE_TOLERANCE_K)


def _check_levels(report: Report, result: GlideResult, total_kW: float) -> None:
    """Balances of heat and water, every term from its own table, and the order of the cascade."""
    levels, tolerance_kW = result.levels, BALANCE_TOLERANCE * total_kW
    where = [f"level {s:.10g}/{r:.10g} °C" for s, r in levels[["supply_C", "return_C"]].to_numpy()]

    def summed(table: pd.DataFrame, supply: str, back: str, value: str) -> Floats:
        sums = table.groupby([supply, back])[value].sum()
        pairs = levels[["supply_C", "return_C"]].itertuples(index=False, name=None)
        return np.array([float(sums.get(pair, 0.0)) for pair in pairs])

    parts = {
        kind: result.connections[result.connections["kind"] == kind] for kind in ("hot", "cold")
    }
    pumps, cascade = result.heat_pumps, result.cascade
    terms = {
        "hot_streams_kW": summed(parts["hot"], "supply_C", "return_C", "duty_kW"),
        "cold_streams_kW": summed(parts["cold"], "supply_C", "return_C", "duty_kW"),
        "heat_pump_sink_kW": summed(pumps, "sink_supply_C", "sink_return_C", "heat_kW"),
        "heat_pump_source_kW": summed(
            pumps, "source_supply_C", "source_return_C", "source_heat_kW"
        ),
        "cascade_in_kW": summed(cascade, "to_supply_C", "to_return_C", "heat_kW"),
        "cascade_out_kW": summed(cascade, "from_supply_C", "from_return_C", "heat_kW"),
    }
    for name, value in terms.items():
        report.near(name, where, levels[name], value, tolerance_kW)
    heated_kW = (
        terms["hot_streams_kW"]
        + levels["external_heat_kW"].to_numpy()
        + terms["heat_pump_sink_kW"]
        + terms["cascade_in_kW"]
    )
    cooled_kW = (
        terms["cold_streams_kW"]
        + levels["cooling_kW"].to_numpy()
        + terms["heat_pump_source_kW"]
        + terms["cascade_out_kW"]
    )
    report.near("balance (kW)", where, heated_kW, cooled_kW, tolerance_kW)
    glide_K = levels["supply_C"].to_numpy() - levels["return_C"].to_numpy()
    report.near("glide (K)", where, levels["glide_K"], glide_K, TEMPERATURE_TOLERANCE_K)
    glides = glide_K > 0.0
    named = [name for name, one in zip(where, glides, strict=True) if one]
    carried_kW = levels["water_kg_per_s"].to_numpy()[glides] * WATER_kJ_per_kg_K * glide_K[glides]
    report.near("water carries (kW)", named, carried_kW, cooled_kW[glides], tolerance_kW)
    for end in ("supply", "return"):
        lower, upper = cascade[f"to_{end}_C"], cascade[f"from_{end}_C"]
        report.at_most(f"cascade at the {end} (°C)", ["cascade"] * len(cascade), lower, upper, 0.0)
    for name in levels.columns.drop("water_kg_per_s"):
        if name.endswith("_kW"):
            report.at_most(f"{name} not negative", where, -levels[name], 0.0, 0.0)


def _check_pumps(report: Report, result: GlideResult, total_kW: float) -> None:
    """COP by its own formula, energy balance, lift and sink limit."""
    pumps, economics = result.heat_pumps, result.economics
    if not len(pumps):
        return
    where = [f"heat pump {number}" for number in range(1, len(pumps) + 1)]
    condensing_K = pumps["sink_supply_C"] + economics.heat_pump_dt_sink_K + 273.15
    evaporating_K = pumps["source_return_C"] - economics.heat_pump_dt_source_K + 273.15
    cop = economics.carnot_efficiency * condensing_K / (condensing_K - evaporating_K)
    report.near("COP", where, pumps["cop"], cop, 1e-9 * cop)
    report.near("power (kW)", where, pumps["power_kW"], pumps["heat_kW"] / cop, 1e-9 * total_kW)
    balance_kW = pumps["source_heat_kW"] + pumps["power_kW"]
    report.near("balance (kW)", where, balance_kW, pumps["heat_kW"], 1e-9 * total_kW)
    lift_K = pumps["sink_supply_C"] - pumps["source_return_C"]
    report.near("lift (K)", where, pumps["lift_K"], lift_K, TEMPERATURE_TOLERANCE_K)
    report.at_most("lift (K)", where, lift_K, economics.max_lift_K, TEMPERATURE_TOLERANCE_K)
    highest_C = economics.max_sink_C
    report.at_most("sink (°C)", where, pumps["sink_supply_C"], highest_C, TEMPERATURE_TOLERANCE_K)
