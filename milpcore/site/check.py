r"""The independent check of a result of model A, from its tables, the streams and the prices alone.

Nothing here knows the arrays or matrices that a formulation solved: COP, annuity and costs are
computed again, by their own formulas, in the numbering used beside the code:

1. every stream is connected to exactly one open level that can serve it: hot
   ``T <= t_target - dt_cont - level_dt_cont``, cold ``T >= t_target + dt_cont + level_dt_cont``
2. every level balances: ``hot + external heat + pumps in + cascade in
   = cold + cooling + pumps out + cascade out``
3. heat cascades only downwards, unchanged between neighbouring open levels, or not at all
4. heat pumps: ``Q_sink = Q_source + P``, ``COP = Q_sink/P = eta T_sink/(T_sink - T_source)`` with
   the temperature differences of evaporation and condensation, lift and sink within limits
5. costs: ``OPEX = h [(p_gas + EF_gas c)/eta_b E + c_cool W + (p_el + EF_el c) P]``,
   ``CAPEX = i/(1 - (1+i)^-n) f Q_sink``, ``TAC = OPEX + CAPEX``,
   ``CO2 = h [EF_gas/eta_b E + EF_el P]``
6. the objective is the measure it names, its bound is not above it, and the gap is theirs
7. the whole site balances: ``hot + E + P = cold + W``

and what options ask for, in `milpcore.site.option_check`, numbers 8 to 10,
`milpcore.site.source_tables`, number 13, and `milpcore.site.connection_tables`, number 14.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site.check_parts import (
    BALANCE_TOLERANCE,
    TABLE_TOLERANCE,
    TEMPERATURE_TOLERANCE_K,
    annuity_per_a,
    check_open,
    check_pump_ends,
    level_names,
    level_rows,
)
from milpcore.site.connection_tables import check_exchangers, columns_of
from milpcore.site.option_check import (
    check_limits,
    check_number,
    check_offers,
    check_places,
    investment_EUR_of,
    prices_EUR_per_MWh,
)
from milpcore.site.option_types import rows_of_types
from milpcore.site.results import SiteResult
from milpcore.site.source_tables import check_sources
from milpcore.site.tables import SCHEMAS
from milpcore.site.violations import CheckError, Report, Violation
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

__all__ = ["CheckError", "Violation", "check"]

_STATUSES = ("optimal", "time_limit", "node_limit", "interrupted", "infeasible", "error")
_MEASURES = {
    "tac": ("tac_EUR_per_a", "EUR/a"),
    "opex": ("opex_EUR_per_a", "EUR/a"),
    "capex": ("capex_EUR_per_a", "EUR/a"),
    "co2": ("co2_t_per_a", "t/a"),
}


def check(
    result: SiteResult,
    streams: Streams,
    economics: SiteEconomics,
    *,
    cascade: bool = True,
    options: SiteOptions | None = None,
    level_investment_EUR: float | None = None,
    existing_m2: Sequence[float] | None = None,
) -> None:
    """Check a result against its streams and prices, from the tables alone.

    Parameters
    ----------
    result : SiteResult
        What a formulation found.
    streams : Streams
        The stream table that was asked about.
    economics : SiteEconomics
        The prices and limits that were asked about.
    cascade : bool
        Whether heat was allowed to flow from a level to a lower one.
    options : SiteOptions, optional
        What was asked for beyond the published model; default nothing.
    level_investment_EUR : float, optional
        Investment in all levels together; default what options say of each level in use. In a
        retrofit levels of today are free (`milpcore.site.retrofit_check`).
    existing_m2 : sequence of float (S,), optional
        In a retrofit whose connections cost something, areas of the exchangers of today.

    Raises
    ------
    CheckError
        With every violation: what, where, found, expected, tolerance.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> streams = milpcore.load_case("site_400")
    >>> result = site.greenfield(streams, n_levels=2)
    >>> site.check(result, streams, milpcore.SiteEconomics())
    """
    report = Report()
    asked = SiteOptions() if options is None else options
    more = {
        "heat_pumps": ["type"] if asked.heat_pumps.types and result.has_design else [],
        "connections": columns_of(
            asked.connections,
            has_design=result.has_design,
            is_retrofit=existing_m2 is not None,
        ),
    }
    _check_form(report, result, more)
    report.raise_if_any()
    for what, field in (("status", result.status), ("objective", result.objective)):
        if field.value != result.summary[what].iloc[0]:
            report.add(what, "result", field.value, result.summary[what].iloc[0])
    if not result.has_design:
        _check_empty(report, result)
        report.raise_if_any()
        return
    _check_connections(report, result.connections, result.levels, streams, economics)
    _check_level_sums(report, result, forced_C=asked.levels.forced_C)
    check_places(report, result.levels, asked)
    _check_balances(report, result, streams, cascade=cascade)
    for rows, own, typed in rows_of_types(result.heat_pumps, economics, asked):
        _check_heat_pumps(report, rows, result.levels, own, typed)
    check_number(report, result.heat_pumps, economics, asked)
    _check_summary(report, result)
    levels_EUR = level_investment_EUR
    if levels_EUR is None:
        levels_EUR = asked.levels.investment_EUR * len(result.levels)
    levels_EUR += check_exchangers(
        report, result.connections, streams, asked.connections, existing_m2
    )
    _check_costs(report, result, economics, asked, levels_EUR)
    _check_objective(report, result)
    report.raise_if_any()


def _check_form(report: Report, result: SiteResult, more: dict[str, list[str]]) -> None:
    """Columns with those that options add, one summary row, finite numbers, none below zero."""
    for name, schema in SCHEMAS.items():
        table = getattr(result, name)
        columns = [*schema, *more.get(name, [])]
        if list(table.columns) != columns:
            report.add("columns", name, list(table.columns), columns)
    if len(result.summary) != 1:
        report.add("number of rows", "summary", len(result.summary), 1)
    if report.violations:
        return
    status = result.summary["status"].iloc[0]
    if status not in _STATUSES:
        report.add("status", "summary", status, f"one of {', '.join(_STATUSES)}")
    for name in ("levels", "heat_pumps", "connections"):
        table = getattr(result, name)
        for column in table.select_dtypes("number"):
            values = table[column].to_numpy(dtype=np.float64)
            least = -np.inf if column.endswith(("_C", "_K")) else 0.0
            for row in np.flatnonzero(~((values >= least) & np.isfinite(values))):
                expected = "finite" if least < 0.0 else "finite and not negative"
                report.add(column, f"{name} row {row + 1}", values[row], expected)


def _check_empty(report: Report, result: SiteResult) -> None:
    """Without a design there is nothing to show, and no cost."""
    row = result.summary.iloc[0]
    if row["status"] == "optimal":
        report.add("status", "summary", "optimal", "another one, as there is no level")
    for name in ("levels", "heat_pumps", "connections"):
        if len(getattr(result, name)):
            report.add("number of rows without a design", name, len(getattr(result, name)), 0)
    for column in ("objective_value", "gap", *_SUMS, *(name for name, _ in _MEASURES.values())):
        if not np.isnan(row[column]):
            report.add(f"{column} without a design", "summary", row[column], "nan")
    for column in ("n_levels", "n_heat_pumps"):
        if row[column] != 0:
            report.add(f"{column} without a design", "summary", row[column], 0)


def _check_connections(
    report: Report,
    connections: pd.DataFrame,
    levels: pd.DataFrame,
    streams: Streams,
    economics: SiteEconomics,
) -> None:
    """Rule 1: each stream once, as given, at an open level that can serve it."""
    wanted = pd.MultiIndex.from_frame(streams.table[["zone", "name"]])
    found = pd.MultiIndex.from_frame(connections[["zone", "name"]])
    for zone, name in found[found.duplicated()]:
        report.add("number of connections", f"stream {zone}/{name}", "more than one", 1)
    for zone, name in wanted[~wanted.isin(found)]:
        report.add("number of connections", f"stream {zone}/{name}", 0, 1)
    for zone, name in found[~found.isin(wanted)]:
        report.add("connection", f"stream {zone}/{name}", "a stream not in the table", "none")
    known = connections[found.isin(wanted)]
    stream = wanted.get_indexer(found[found.isin(wanted)])
    label = streams.label
    where = [f"stream {label[index]}" for index in stream]
    is_hot = np.asarray(streams.is_hot)[stream]
    for row in np.flatnonzero(known["kind"].to_numpy() != np.where(is_hot, "hot", "cold")):
        expected = "hot" if is_hot[row] else "cold"
        report.add("kind", where[row], known["kind"].iloc[row], expected)
    duty_kW, target_C = streams.duty_kW[stream], streams.t_target_C[stream]
    level_C = known["level_C"].to_numpy()
    report.near("duty_kW", where, known["duty_kW"], duty_kW, TABLE_TOLERANCE * duty_kW)
    given = (("t_supply_C", streams.t_supply_C[stream]), ("t_target_C", target_C))
    for column, values in given:
        report.near(column, where, known[column], values, TEMPERATURE_TOLERANCE_K)
    distance_K = np.where(is_hot, target_C - level_C, level_C - target_C)
    report.near("dt_min_K", where, known["dt_min_K"], distance_K, TEMPERATURE_TOLERANCE_K)
    needed_K = streams.dt_cont_K[stream] + economics.level_dt_cont_K
    for row in np.flatnonzero(~(distance_K >= needed_K - TEMPERATURE_TOLERANCE_K)):
        expected = f"at least {needed_K[row]:.12g}"
        what = f"temperature difference to the level at {level_C[row]:.12g} °C, K"
        report.add(what, where[row], distance_K[row], expected, TEMPERATURE_TOLERANCE_K)
    check_open(report, "level_C", where, level_C, levels)


def _check_level_sums(report: Report, result: SiteResult, *, forced_C: tuple[float, ...]) -> None:
    """Compare the terms of the level table with the sums of the other tables."""
    levels, connections, pumps = result.levels, result.connections, result.heat_pumps
    temperature_C = levels["temperature_C"].to_numpy()
    where = level_names(levels)
    if np.any(np.diff(temperature_C) <= TEMPERATURE_TOLERANCE_K):
        report.add("temperature_C", "levels", temperature_C.tolist(), "rising, no two equal")
    at_level = level_rows(levels, connections["level_C"].to_numpy())
    n_streams = np.zeros(len(levels))
    for kind in ("hot", "cold"):
        chosen = (connections["kind"] == kind).to_numpy() & (at_level >= 0)
        count = np.bincount(at_level[chosen], minlength=len(levels))
        duty_kW = connections["duty_kW"].to_numpy()[chosen]
        heat_kW = np.bincount(at_level[chosen], weights=duty_kW, minlength=len(levels))
        report.near(f"n_{kind}_streams", where, levels[f"n_{kind}_streams"], count, 0.0)
        column = f"{kind}_streams_kW"
        report.near(column, where, levels[column], heat_kW, TABLE_TOLERANCE * heat_kW)
        n_streams += count
    for end, heat, column in (
        ("sink_C", "heat_kW", "heat_pump_sink_kW"),
        ("source_C", "source_heat_kW", "heat_pump_source_kW"),
    ):
        at_level = level_rows(levels, pumps[end].to_numpy())
        here = at_level >= 0
        weights = pumps[heat].to_numpy()[here]
        sums_kW = np.bincount(at_level[here], weights=weights, minlength=len(levels))
        report.near(column, where, levels[column], sums_kW, TABLE_TOLERANCE * sums_kW)
        n_streams += sums_kW > 0.0
    used = n_streams + levels["external_heat_kW"] + levels["cooling_kW"] > 0.0
    away_K = np.abs(temperature_C[:, None] - np.array(forced_C)[None, :])
    is_forced = (away_K <= TEMPERATURE_TOLERANCE_K).any(axis=1)
    for row in np.flatnonzero(~used & ~is_forced):
        report.add("use of the level", where[row], "none", "a stream, heat pump or utility")


def _check_balances(report: Report, result: SiteResult, streams: Streams, *, cascade: bool) -> None:
    """Rules 2, 3 and 7: balance of every level, the cascade, and the whole site."""
    levels = result.levels
    where = level_names(levels)
    given = ("hot_streams_kW", "external_heat_kW", "heat_pump_sink_kW", "cascade_in_kW")
    taken = ("cold_streams_kW", "cooling_kW", "heat_pump_source_kW", "cascade_out_kW")
    supply_kW = levels[list(given)].to_numpy().sum(axis=1)
    demand_kW = levels[list(taken)].to_numpy().sum(axis=1)
    tolerance_kW = BALANCE_TOLERANCE * np.maximum(supply_kW, demand_kW)
    report.near("level balance, supply in kW", where, supply_kW, demand_kW, tolerance_kW)

    into_kW, out_kW = (levels[name].to_numpy() for name in ("cascade_in_kW", "cascade_out_kW"))
    if cascade:
        from_above_kW, to_below_kW = np.append(out_kW[1:], 0.0), np.append(0.0, into_kW[:-1])
    else:
        from_above_kW, to_below_kW = np.zeros(len(levels)), np.zeros(len(levels))
    margin_kW = TABLE_TOLERANCE * np.maximum(from_above_kW, into_kW)
    report.near("cascade_in_kW", where, into_kW, from_above_kW, margin_kW if cascade else 0.0)
    margin_kW = TABLE_TOLERANCE * np.maximum(to_below_kW, out_kW)
    report.near("cascade_out_kW", where, out_kW, to_below_kW, margin_kW if cascade else 0.0)

    hot_kW = float(streams.duty_kW[np.asarray(streams.is_hot)].sum())
    cold_kW = float(streams.duty_kW.sum()) - hot_kW
    supply = hot_kW + levels["external_heat_kW"].sum() + result.heat_pumps["power_kW"].sum()
    demand = cold_kW + levels["cooling_kW"].sum()
    margin = BALANCE_TOLERANCE * max(supply, demand)
    report.near("energy balance, supply in kW", ["whole site"], supply, demand, margin)


def _check_heat_pumps(
    report: Report,
    pumps: pd.DataFrame,
    levels: pd.DataFrame,
    economics: SiteEconomics,
    options: SiteOptions,
) -> None:
    """Rules 4 and 8: ends, limits, COP, energy balance, and investment of every heat pump."""
    where = check_pump_ends(report, pumps, levels)
    for row in np.flatnonzero(pumps.duplicated(["source_C", "sink_C"])):
        report.add("number of rows", where[row], "more than one", 1)
    cop = check_offers(report, where, pumps, economics, options)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (pumps["heat_kW"] / pumps["power_kW"]).to_numpy()
    report.near("heat_kW/power_kW", where, ratio, cop, TABLE_TOLERANCE * np.abs(cop))
    heat_kW = pumps["heat_kW"].to_numpy()
    sum_kW = (pumps["source_heat_kW"] + pumps["power_kW"]).to_numpy()
    what = "source_heat_kW + power_kW"
    report.near(what, where, sum_kW, heat_kW, TABLE_TOLERANCE * heat_kW)


_SUMS = ("external_heat_kW", "cooling_kW", "electricity_kW", "heat_pump_heat_kW")


def _check_summary(report: Report, result: SiteResult) -> None:
    """Compare counts and sums of the summary with the other tables."""
    row, levels, pumps = result.summary.iloc[0], result.levels, result.heat_pumps
    for what, found, expected in (
        ("n_levels", row["n_levels"], len(levels)),
        ("n_heat_pumps", row["n_heat_pumps"], len(pumps)),
        ("max_levels", row["max_levels"], result.max_levels),
    ):
        report.near(what, ["summary"], found, expected, 0.0)
    report.at_most("number of levels", ["levels"], len(levels), result.max_levels, 0.0)
    sums_kW = (
        levels["external_heat_kW"].sum(),
        levels["cooling_kW"].sum(),
        pumps["power_kW"].sum(),
        pumps["heat_kW"].sum(),
    )
    for what, sum_kW in zip(_SUMS, sums_kW, strict=True):
        report.near(what, ["summary"], row[what], sum_kW, TABLE_TOLERANCE * sum_kW)


def _check_costs(
    report: Report,
    result: SiteResult,
    economics: SiteEconomics,
    options: SiteOptions,
    other_EUR: float,
) -> None:
    """Rule 5: the four measures, recomputed from the level and heat pump tables.

    `other_EUR` is the investment in levels and exchangers.
    """
    hours = economics.operating_hours_h_per_a / 1000.0
    annuity = annuity_per_a(economics)
    external_kW = float(result.levels["external_heat_kW"].sum())
    co2 = hours * external_kW * economics.gas_emission_t_per_MWh / economics.boiler_efficiency
    power = hours * float(result.heat_pumps["power_kW"].sum())
    investment_EUR = sum(
        investment_EUR_of(*one).sum()
        for one in rows_of_types(result.heat_pumps, economics, options)
    )
    investment_EUR += other_EUR
    gas = economics.gas_price_EUR_per_MWh / economics.boiler_efficiency
    heat_price = prices_EUR_per_MWh(result.levels, options.external_heat, gas)
    heat_cost = hours * float(heat_price @ result.levels["external_heat_kW"])
    if options.external_heat.sources:
        asked = (economics, options)
        heat_cost, co2 = check_sources(report, result.heat_sources, result.levels, *asked)
    co2 += economics.electricity_emission_t_per_MWh * power
    cold_price = prices_EUR_per_MWh(
        result.levels, options.cooling, economics.cooling_price_EUR_per_MWh
    )
    check_limits(report, external_kW, co2, options.limits)
    opex = (
        heat_cost
        + economics.electricity_price_EUR_per_MWh * power
        + hours * float(cold_price @ result.levels["cooling_kW"])
        + economics.co2_price_EUR_per_t * co2
    )
    capex = annuity * float(investment_EUR)
    expected = {"tac": opex + capex, "opex": opex, "capex": capex, "co2": co2}
    for measure, value in expected.items():
        column = _MEASURES[measure][0]
        found = result.summary[column].iloc[0]
        report.near(column, ["summary"], found, value, TABLE_TOLERANCE * abs(value))


def _check_objective(report: Report, result: SiteResult) -> None:
    """Rule 6: objective, unit, bound and gap."""
    row = result.summary.iloc[0]
    if row["objective"] not in _MEASURES:
        report.add("objective", "summary", row["objective"], f"one of {', '.join(_MEASURES)}")
        return
    column, unit = _MEASURES[row["objective"]]
    if row["unit"] != unit:
        report.add("unit", "summary", row["unit"], unit)
    value, bound = float(row["objective_value"]), float(row["bound"])
    tolerance = TABLE_TOLERANCE * abs(value)
    report.near(f"objective_value ({column})", ["summary"], value, row[column], tolerance)
    report.at_most("bound", ["summary"], bound, value, tolerance)
    gap = max(0.0, value - bound) / max(abs(value), 1e-12)
    report.near("gap", ["summary"], row["gap"], gap, TABLE_TOLERANCE)
    if row["status"] == "infeasible":
        report.add("status", "summary", "infeasible", "another one, as there is a design")
