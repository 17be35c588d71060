r"""The independent check of a result with periods, from its tables, the streams and the prices.

Nothing here knows the arrays or matrices that were solved. As in `milpcore.site.check`, with

1. every stream connected once, to an open level that can serve it, the same in every period
2. every level balanced in every period: ``hot + external heat + pumps in + cascade in = cold +
   cooling + pumps out + cascade out``, with the duties asked about
3. heat cascading only downwards, unchanged between neighbouring open levels
4. heat pumps: ``Q_sink = Q_source + P``, ``COP = eta T_sink/(T_sink - T_source)``, lift and sink
   within limits, **no more heat in any period than their size**, and no size larger than needed
5. costs: ``OPEX = sum of hours [(p_gas + EF_gas c)/eta_b E + c_cool W + (p_el + EF_el c) P]``,
   ``CAPEX = i/(1 - (1+i)^-n) f size``, ``TAC = OPEX + CAPEX``, with what options say of prices,
   heat pumps, by their sizes, and levels: rules 8 to 10 of `milpcore.site.option_check` and 13 of
   `milpcore.site.source_tables`; limits of external heat hold in every period, those of emissions
   over the year
6. the objective is the measure it names, its bound is not above it, and the gap is theirs
7. the whole site balanced in every period
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site.check_parts import (
    BALANCE_TOLERANCE,
    TABLE_TOLERANCE,
    TEMPERATURE_TOLERANCE_K,
    Integers,
    annuity_per_a,
    check_open,
    check_pump_ends,
    level_names,
    level_rows,
)
from milpcore.site.option_check import (
    SIZE_TOLERANCE,
    check_limits,
    check_number,
    check_offers,
    check_places,
    prices_EUR_per_MWh,
    rows_at,
    size_range_kW,
)
from milpcore.site.option_types import rows_of_types
from milpcore.site.periods.results import PeriodResult
from milpcore.site.periods.table import Periods
from milpcore.site.periods.tables import SCHEMAS, type_columns
from milpcore.site.source_tables import check_sources
from milpcore.site.violations import Report
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

_GIVEN = ("hot_streams_kW", "external_heat_kW", "heat_pump_sink_kW", "cascade_in_kW")
_TAKEN = ("cold_streams_kW", "cooling_kW", "heat_pump_source_kW", "cascade_out_kW")


def check_periods(
    result: PeriodResult,
    streams: Streams,
    periods: Periods,
    economics: SiteEconomics,
    *,
    options: SiteOptions | None = None,
    level_investment_EUR: float | None = None,
) -> None:
    """Check a result against streams, periods, prices and options, from the tables alone.

    Parameters
    ----------
    result : PeriodResult
    streams : Streams
    periods : Periods
    economics : SiteEconomics
    options : SiteOptions, optional
        What was asked about.
    level_investment_EUR : float, optional
        Of the levels in use; by default what options say of each.

    Raises
    ------
    CheckError
        With every violation: what, where, found, expected, tolerance.
    """
    report, asked = Report(), SiteOptions() if options is None else options
    for name, schema in SCHEMAS.items():
        columns = list(getattr(result, name).columns)
        more = type_columns(name, asked, has_design=result.has_design)
        if columns != [*schema, *more]:
            report.add("columns", name, columns, [*schema, *more])
    if len(result.summary) != 1:
        report.add("number of rows", "summary", len(result.summary), 1)
    report.raise_if_any()
    if not result.has_design:
        for name in SCHEMAS:
            if name != "summary" and len(getattr(result, name)):
                report.add("number of rows", name, len(getattr(result, name)), 0)
        report.raise_if_any()
        return
    for what, field in (("status", result.status), ("objective", result.objective)):
        if field.value != result.summary[what].iloc[0]:
            report.add(what, "result", field.value, result.summary[what].iloc[0])
    n_rows = {
        "operation": len(result.levels) * periods.n_periods,
        "pump_operation": len(result.heat_pumps) * periods.n_periods,
        "periods": periods.n_periods,
        "connections": streams.n_streams,
    }
    for name, expected in n_rows.items():
        if len(getattr(result, name)) != expected:
            report.add("number of rows", name, len(getattr(result, name)), expected)
    report.raise_if_any()
    at_level = _check_connections(report, result, streams, economics)
    check_places(report, result.levels, asked)
    _check_pumps(report, result, economics, asked)
    for period in range(periods.n_periods):
        _check_period(report, result, streams, periods, period, at_level)
    levels_EUR = level_investment_EUR
    if levels_EUR is None:
        levels_EUR = asked.levels.investment_EUR * len(result.levels)
    _check_costs(report, result, periods, economics, asked, levels_EUR)
    report.raise_if_any()


def _check_connections(
    report: Report, result: PeriodResult, streams: Streams, economics: SiteEconomics
) -> Integers:
    """Rule 1; the row of each stream's level, -1 for none."""
    connections, where = result.connections, [f"stream {label}" for label in streams.label]
    for column in ("zone", "name", "kind"):
        found, wanted = connections[column].to_numpy(), streams.table[column].to_numpy()
        for row in np.flatnonzero(found != wanted).tolist():
            report.add(column, where[row], found[row], wanted[row])
    level_C, target_C = connections["level_C"].to_numpy(), streams.t_target_C
    distance_K = np.where(streams.is_hot, target_C - level_C, level_C - target_C)
    slack_K = TEMPERATURE_TOLERANCE_K
    given = (("t_supply_C", streams.t_supply_C), ("t_target_C", target_C), ("dt_min_K", distance_K))
    for column, values in given:
        report.near(column, where, connections[column], values, slack_K)
    needed_K = streams.dt_cont_K + economics.level_dt_cont_K
    report.at_most("temperature difference needed, K", where, needed_K, distance_K, slack_K)
    at_level = check_open(report, "level_C", where, level_C, result.levels)
    names = level_names(result.levels)
    for kind in ("hot", "cold"):
        chosen = (streams.table["kind"] == kind).to_numpy() & (at_level >= 0)
        count = np.bincount(at_level[chosen], minlength=len(names))
        report.near(f"n_{kind}_streams", names, result.levels[f"n_{kind}_streams"], count, 0.0)
    return at_level


def _check_pumps(
    report: Report, result: PeriodResult, economics: SiteEconomics, options: SiteOptions
) -> None:
    """Rules 4 and 8 but for the heat of single periods; options speak of sizes."""
    pumps = result.heat_pumps.assign(heat_kW=result.heat_pumps["size_kW"])
    where = check_pump_ends(report, pumps, result.levels)
    check_number(report, pumps, economics, options)
    hours = result.periods["hours_h_per_a"].to_numpy()
    heat_kW = result.pump_operation["heat_kW"].to_numpy().reshape(len(hours), len(pumps))
    size_kW = pumps["size_kW"].to_numpy()
    full_h = hours @ heat_kW / np.maximum(size_kW, 1e-300)
    report.near("full_load_h_per_a", where, pumps["full_load_h_per_a"], full_h, 1e-6)
    pumps = pumps.assign(largest_kW=heat_kW.max(axis=0) if len(pumps) else size_kW)
    for rows, own, typed in rows_of_types(pumps, economics, options):
        here = check_pump_ends(report, rows, result.levels)
        for row in np.flatnonzero(rows.duplicated(["source_C", "sink_C"])):
            report.add("number of rows", here[row], "more than one", 1)
        check_offers(report, here, rows, own, typed)
        _check_sizes(report, here, rows, typed)


def _check_sizes(
    report: Report, where: list[str], pumps: pd.DataFrame, options: SiteOptions
) -> None:
    """Rule 4: a size is what the largest heat, the least size and what is forced ask for."""
    needed_kW = pumps["largest_kW"].to_numpy(dtype=np.float64, copy=True)
    present_kW, is_forced = np.zeros(len(pumps)), np.zeros(len(pumps), dtype=np.bool_)
    for there in options.heat_pumps.existing:
        present_kW[rows_at(pumps, there.source_C, there.sink_C)] += there.size_kW
    for one in options.heat_pumps.forced:
        at = rows_at(pumps, one.source_C, one.sink_C)
        needed_kW[at], is_forced[at] = np.maximum(needed_kW[at], one.heat_kW), True
    is_new = needed_kW > present_kW * (1.0 + SIZE_TOLERANCE)
    least_kW = np.where(is_new, present_kW + size_range_kW(options)[0], 0.0)
    size_kW, most_kW = pumps["size_kW"].to_numpy(), np.maximum(needed_kW, least_kW)
    margin = np.where(is_forced, SIZE_TOLERANCE, TABLE_TOLERANCE) * most_kW
    report.at_most("size_kW", where, size_kW, most_kW, margin)
    if not is_forced.any():  # what is forced may be had in several types
        report.near("size_kW", where, size_kW, most_kW, margin)


def _check_period(
    report: Report,
    result: PeriodResult,
    streams: Streams,
    periods: Periods,
    period: int,
    at_level: Integers,
) -> None:
    """Rules 2, 3, 7 and the pumps of one period."""
    n_levels, n_pumps, name = len(result.levels), len(result.heat_pumps), periods.names[period]
    levels = result.operation.iloc[period * n_levels : (period + 1) * n_levels]
    pumps = result.pump_operation.iloc[period * n_pumps : (period + 1) * n_pumps]
    where = [f"period {name}, level {value:.12g} °C" for value in result.levels["temperature_C"]]
    for frame in (levels, pumps):
        for found in frame["period"][frame["period"] != name]:
            report.add("period", f"period {name}", found, name)
    slack_K = TEMPERATURE_TOLERANCE_K
    report.near("temperature_C", where, levels["temperature_C"], result.levels.iloc[:, 0], slack_K)
    duty_kW, is_hot = periods.duty_kW[period], np.asarray(streams.is_hot)
    for column, chosen in (("hot_streams_kW", is_hot), ("cold_streams_kW", ~is_hot)):
        known = chosen & (at_level >= 0)
        heat_kW = np.bincount(at_level[known], weights=duty_kW[known], minlength=n_levels)
        report.near(column, where, levels[column], heat_kW, TABLE_TOLERANCE * heat_kW)
    pump_where = [f"period {name}, heat pump {row + 1}" for row in range(n_pumps)]
    heat_kW, source_kW, power_kW = (
        pumps[column].to_numpy() for column in ("heat_kW", "source_heat_kW", "power_kW")
    )
    margin_kW = TABLE_TOLERANCE * heat_kW
    sum_kW = source_kW + power_kW
    report.near("source_heat_kW + power_kW", pump_where, sum_kW, heat_kW, margin_kW)
    cop = result.heat_pumps["cop"].to_numpy()
    report.near("power_kW times COP", pump_where, power_kW * cop, heat_kW, margin_kW)
    size_kW = result.heat_pumps["size_kW"].to_numpy()
    report.at_most("heat_kW", pump_where, heat_kW, size_kW, TABLE_TOLERANCE * size_kW.sum())
    ends = (
        ("sink_C", heat_kW, "heat_pump_sink_kW"),
        ("source_C", source_kW, "heat_pump_source_kW"),
    )
    for end, flow_kW, column in ends:
        shared_C = result.heat_pumps[end].to_numpy()
        report.near(end, pump_where, pumps[end], shared_C, slack_K)
        at = level_rows(result.levels, shared_C)
        sums = np.bincount(at[at >= 0], weights=flow_kW[at >= 0], minlength=n_levels)
        report.near(column, where, levels[column], sums, TABLE_TOLERANCE * sums)
    _check_balances(report, levels, where)
    whole = duty_kW[is_hot].sum() + levels["external_heat_kW"].sum() + power_kW.sum()
    taken = duty_kW[~is_hot].sum() + levels["cooling_kW"].sum()
    margin = BALANCE_TOLERANCE * max(whole, taken)
    report.near("energy balance, supply in kW", [f"period {name}"], whole, taken, margin)
    totals = result.periods.iloc[period]
    here = [f"period {name}"]
    if totals["period"] != name:
        report.add("period", "periods", totals["period"], name)
    for column, value in (
        ("hours_h_per_a", periods.hours_h_per_a[period]),
        ("external_heat_kW", levels["external_heat_kW"].sum()),
        ("cooling_kW", levels["cooling_kW"].sum()),
        ("electricity_kW", power_kW.sum()),
    ):
        report.near(column, here, totals[column], value, TABLE_TOLERANCE * abs(value))


def _check_balances(report: Report, levels: pd.DataFrame, where: list[str]) -> None:
    """Rules 2 and 3 at the levels of one period."""
    supply_kW, demand_kW = (levels[list(part)].to_numpy().sum(axis=1) for part in (_GIVEN, _TAKEN))
    largest_kW = np.maximum(supply_kW, demand_kW).max(initial=0.0)
    margin = BALANCE_TOLERANCE * np.maximum(supply_kW, demand_kW) + TABLE_TOLERANCE * largest_kW
    report.near("level balance, supply in kW", where, supply_kW, demand_kW, margin)
    into_kW, out_kW = (levels[column].to_numpy() for column in ("cascade_in_kW", "cascade_out_kW"))
    above_kW, margin_kW = np.append(out_kW[1:], 0.0), TABLE_TOLERANCE * largest_kW
    report.near("cascade_in_kW", where, into_kW, above_kW, margin_kW)
    report.near("cascade_out_kW", where[:1], out_kW[:1], 0.0, margin_kW)
    flows = levels[[*_GIVEN, *_TAKEN]].to_numpy()
    for row in np.flatnonzero((flows < 0.0).any(axis=1)).tolist():
        report.add("flows, kW", where[row], float(flows[row].min()), "not negative")


def _bought(
    report: Report,
    result: PeriodResult,
    periods: Periods,
    period: int,
    economics: SiteEconomics,
    options: SiteOptions,
) -> tuple[float, float, float]:
    """Rules 9 and 13: cost without CO2 and CO2 of external heat, cost of cooling in a period."""
    n_levels, name = len(result.levels), periods.names[period]
    levels = result.operation.iloc[period * n_levels : (period + 1) * n_levels]
    hours = float(periods.hours_h_per_a[period])
    external_kW, cooling_kW = (
        levels[column].to_numpy() for column in ("external_heat_kW", "cooling_kW")
    )
    usual = economics.cooling_price_EUR_per_MWh
    cold_price = prices_EUR_per_MWh(levels, options.cooling, usual)
    cold_cost = hours / 1000.0 * float(cold_price @ cooling_kW)
    if options.external_heat.sources:
        own = result.heat_sources[result.heat_sources["period"] == name]
        here = economics.replace(operating_hours_h_per_a=hours)
        return *check_sources(report, own, levels, here, options), cold_cost
    gas = economics.gas_price_EUR_per_MWh / economics.boiler_efficiency
    heat_price = prices_EUR_per_MWh(levels, options.external_heat, gas)
    t_per_MWh = economics.gas_emission_t_per_MWh / economics.boiler_efficiency
    bought_MWh = hours / 1000.0 * external_kW
    return float(heat_price @ bought_MWh), t_per_MWh * float(bought_MWh.sum()), cold_cost


def _check_costs(
    report: Report,
    result: PeriodResult,
    periods: Periods,
    economics: SiteEconomics,
    options: SiteOptions,
    levels_EUR: float,
) -> None:
    """Rules 5, 6 and 9."""
    table, row = result.periods, result.summary.iloc[0]
    hours = periods.hours_h_per_a / 1000.0
    annuity = annuity_per_a(economics)
    heat, cold, power = (
        hours * table[f"{name}_kW"].to_numpy()
        for name in ("external_heat", "cooling", "electricity")
    )
    heat_cost, co2, cold_cost = np.array(
        [
            _bought(report, result, periods, period, economics, options)
            for period in range(periods.n_periods)
        ]
    ).T
    co2 = co2 + economics.electricity_emission_t_per_MWh * power
    opex = heat_cost + cold_cost + economics.electricity_price_EUR_per_MWh * power
    opex = opex + economics.co2_price_EUR_per_t * co2
    most_kW = float(table["external_heat_kW"].max())
    check_limits(report, most_kW, float(co2.sum()), options.limits)
    where = [f"period {name}" for name in periods.names]
    for column, values in (("opex_EUR_per_a", opex), ("co2_t_per_a", co2)):
        report.near(column, where, table[column], values, TABLE_TOLERANCE * np.abs(values))
    capex = annuity * (float(result.heat_pumps["investment_EUR"].sum()) + levels_EUR)
    tac = float(opex.sum()) + capex
    sums = {
        "opex_EUR_per_a": float(opex.sum()),
        "capex_EUR_per_a": capex,
        "tac_EUR_per_a": tac,
        "co2_t_per_a": float(co2.sum()),
        "external_heat_MWh_per_a": float(heat.sum()),
        "cooling_MWh_per_a": float(cold.sum()),
        "electricity_MWh_per_a": float(power.sum()),
        "heat_pump_size_kW": float(result.heat_pumps["size_kW"].sum()),
    }
    for column, value in sums.items():
        report.near(column, ["summary"], row[column], value, TABLE_TOLERANCE * abs(value))
    for column, count in (
        ("n_levels", len(result.levels)),
        ("n_heat_pumps", len(result.heat_pumps)),
        ("n_periods", periods.n_periods),
        ("max_levels", result.max_levels),
    ):
        report.near(column, ["summary"], row[column], count, 0.0)
    report.at_most("number of levels", ["levels"], len(result.levels), result.max_levels, 0.0)
    of_measure = {
        "tac": (tac, "EUR/a"),
        "opex": (float(opex.sum()), "EUR/a"),
        "capex": (capex, "EUR/a"),
        "co2": (float(co2.sum()), "t/a"),
    }
    value, unit = of_measure.get(row["objective"], (np.nan, "a known measure"))
    if row["unit"] != unit:
        report.add("unit", "summary", row["unit"], unit)
    tolerance = TABLE_TOLERANCE * abs(value)
    report.near("objective_value", ["summary"], row["objective_value"], value, tolerance)
    bound = float(row["bound"])
    report.at_most("bound", ["summary"], bound, value, tolerance)
    gap = max(0.0, value - bound) / max(abs(value), 1e-12)
    report.near("gap", ["summary"], row["gap"], gap, TABLE_TOLERANCE)
