"""Tables of a site with periods: schema as data, and how a design fills it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from milpcore.economics import Measure
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.model import relative_gap
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.operate import PeriodDesign, bought_cost, source_heat_kW
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site.source_tables import SCHEMA as SOURCES
from milpcore.site.tables import empty_table, schema_of, table
from milpcore.site_options import SiteOptions

SCHEMAS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "summary": schema_of(
            max_levels="int64",
            n_levels="int64",
            n_periods="int64",
            status="str",
            objective="str",
            objective_value="float64",
            bound="float64",
            unit="str",
            gap="float64",
            tac_EUR_per_a="float64",
            opex_EUR_per_a="float64",
            capex_EUR_per_a="float64",
            co2_t_per_a="float64",
            external_heat_MWh_per_a="float64",
            cooling_MWh_per_a="float64",
            electricity_MWh_per_a="float64",
            n_heat_pumps="int64",
            heat_pump_size_kW="float64",
            n_nodes="int64",
            solve_s="float64",
            formulation="str",
        ),
        "levels": schema_of(temperature_C="float64", n_hot_streams="int64", n_cold_streams="int64"),
        "heat_pumps": schema_of(
            source_C="float64",
            sink_C="float64",
            lift_K="float64",
            cop="float64",
            size_kW="float64",
            full_load_h_per_a="float64",
            investment_EUR="float64",
        ),
        "connections": schema_of(
            zone="str",
            name="str",
            kind="str",
            t_supply_C="float64",
            t_target_C="float64",
            level_C="float64",
            dt_min_K="float64",
        ),
        "periods": schema_of(
            period="str",
            hours_h_per_a="float64",
            external_heat_kW="float64",
            cooling_kW="float64",
            electricity_kW="float64",
            opex_EUR_per_a="float64",
            co2_t_per_a="float64",
        ),
        "operation": schema_of(
            period="str",
            temperature_C="float64",
            hot_streams_kW="float64",
            cold_streams_kW="float64",
            external_heat_kW="float64",
            cooling_kW="float64",
            heat_pump_sink_kW="float64",
            heat_pump_source_kW="float64",
            cascade_in_kW="float64",
            cascade_out_kW="float64",
        ),
        "pump_operation": schema_of(
            period="str",
            source_C="float64",
            sink_C="float64",
            heat_kW="float64",
            source_heat_kW="float64",
            power_kW="float64",
        ),
        "heat_sources": schema_of(period="str", **SOURCES),
    }
)
"""Columns and dtypes of every table."""


def type_columns(name: str, options: SiteOptions, *, has_design: bool) -> list[str]:
    """Columns that a table has beyond its schema: the type of heat pumps, where there are types."""
    is_typed = name in ("heat_pumps", "pump_operation") and bool(options.heat_pumps.types)
    return ["type"] if is_typed and has_design else []


def level_table(inputs: PeriodInputs, design: PeriodDesign, used: Booleans) -> pd.DataFrame:
    """Levels of the design, with how many streams are connected to each."""
    site = inputs.site
    counts = [
        np.bincount(design.stream_level[chosen], minlength=site.n_candidates)[used]
        for chosen in (site.stream_is_hot, ~site.stream_is_hot)
    ]
    return table(SCHEMAS["levels"], site.level_C[used], *counts)


class _Rows(NamedTuple):
    """Rows of the heat pump tables: one for the offers of a type between two levels.

    Attributes
    ----------
    first : ndarray of int (R,)
        An offer of each row.
    row : ndarray of int (K,)
        Row of each offer, -1 where it is not had.
    """

    first: Integers
    row: Integers


def pump_rows(inputs: PeriodInputs, design: PeriodDesign) -> _Rows:
    """Find the rows of the heat pump tables."""
    site = inputs.site
    built = np.flatnonzero(design.size_kW > 0.0)
    kind = np.zeros(site.n_pairs, np.int64) if site.terms is None else site.terms.pump_type
    ends = np.stack((site.pump_source[built], site.pump_sink[built], kind[built]), axis=1)
    first, of_built = np.unique(ends, axis=0, return_index=True, return_inverse=True)[1:]
    row = np.full(site.n_pairs, -1, dtype=np.int64)
    row[built] = of_built.ravel()
    return _Rows(built[first], row)


def _typed(inputs: PeriodInputs, pumps: Integers, found: pd.DataFrame) -> pd.DataFrame:
    """Add the column ``type`` where options name types."""
    terms = inputs.site.terms
    if terms is not None and inputs.site.options.heat_pumps.types:
        names = np.array(terms.type_names, dtype=object)[terms.pump_type[pumps]]
        found["type"] = pd.Series(names, dtype="str")
    return found


def _summed(values: Floats, rows: _Rows) -> Floats:
    """Sum of each row's offers (..., R), from values of offers (..., K)."""
    sums = np.zeros((*values.shape[:-1], rows.first.size))
    had = np.flatnonzero(rows.row >= 0)
    for offer in had.tolist():
        sums[..., rows.row[offer]] += values[..., offer]
    return sums


def pump_table(inputs: PeriodInputs, design: PeriodDesign, rows: _Rows) -> pd.DataFrame:
    """Heat pumps of the design: a row for what is there and what is new between two levels."""
    site, pumps = inputs.site, rows.first
    source_C, sink_C = site.level_C[site.pump_source[pumps]], site.level_C[site.pump_sink[pumps]]
    investment = site.economics.heat_pump_investment_EUR_per_kW * design.size_kW
    if site.terms is not None:
        investment = site.terms.pump_investment_EUR_per_kW * design.size_kW
        investment += site.terms.pump_fixed_EUR * (design.size_kW > 0.0)
    size_kW = _summed(design.size_kW, rows)
    energy_kWh = inputs.periods.hours_h_per_a @ _summed(design.pump_heat_kW, rows)
    columns = sink_C - source_C, site.pump_cop[pumps], size_kW, energy_kWh / size_kW
    invested = _summed(investment, rows)
    found = table(SCHEMAS["heat_pumps"], source_C, sink_C, *columns, invested)
    return _typed(inputs, pumps, found)


def connection_table(inputs: PeriodInputs, design: PeriodDesign) -> pd.DataFrame:
    """Level of each stream, and the temperature difference at its target end."""
    streams = inputs.site.streams
    level_C, target_C = inputs.site.level_C[design.stream_level], streams.t_target_C
    distance_K = np.where(streams.is_hot, target_C - level_C, level_C - target_C)
    named = (streams.table[name] for name in ("zone", "name", "kind"))
    columns = streams.t_supply_C, target_C, level_C, distance_K
    return table(SCHEMAS["connections"], *named, *columns)


def operation_table(inputs: PeriodInputs, design: PeriodDesign, used: Booleans) -> pd.DataFrame:
    """Terms of every used level's balance in every period; heat passes levels between unchanged."""
    site, n = inputs.site, inputs.n_periods
    shape = n, site.n_candidates
    hot, cold, sink, source = np.zeros((4, *shape))
    for period in range(n):
        duty_kW, heat_kW = inputs.periods.duty_kW[period], design.pump_heat_kW[period]
        for side, chosen in ((hot, site.stream_is_hot), (cold, ~site.stream_is_hot)):
            np.add.at(side[period], design.stream_level[chosen], duty_kW[chosen])
        np.add.at(sink[period], site.pump_sink, heat_kW)
        np.add.at(source[period], site.pump_source, site.pump_source_share * heat_kW)
    terms = (
        *(hot, cold, design.external_heat_kW, design.cooling_kW, sink, source),
        *(design.cascade_kW[:, 1:], design.cascade_kW[:, :-1]),
    )
    name = np.repeat(np.array(inputs.periods.names, dtype=object), int(used.sum()))
    level_C = np.tile(site.level_C[used], n)
    return table(SCHEMAS["operation"], name, level_C, *(term[:, used].ravel() for term in terms))


def pump_operation_table(inputs: PeriodInputs, design: PeriodDesign, rows: _Rows) -> pd.DataFrame:
    """Heat of every heat pump in every period."""
    site, n, pumps = inputs.site, inputs.n_periods, rows.first
    heat_kW = _summed(design.pump_heat_kW, rows)
    source_kW = site.pump_source_share[pumps] * heat_kW
    name = np.repeat(np.array(inputs.periods.names, dtype=object), pumps.size)
    ends = (np.tile(site.level_C[end[pumps]], n) for end in (site.pump_source, site.pump_sink))
    flows = heat_kW, source_kW, heat_kW / site.pump_cop[pumps]
    found = table(SCHEMAS["pump_operation"], name, *ends, *(flow.ravel() for flow in flows))
    return _typed(inputs, np.tile(pumps, n), found)


def period_table(inputs: PeriodInputs, design: PeriodDesign) -> pd.DataFrame:
    """Energy, operating cost and emission of every period."""
    external_kW, cooling_kW = (
        flow.sum(axis=1) for flow in (design.external_heat_kW, design.cooling_kW)
    )
    power_kW = (design.pump_heat_kW / inputs.site.pump_cop).sum(axis=1)
    of_periods = []
    for measure in (Measure.OPEX, Measure.CO2):
        costs = inputs.costs(measure)
        of_periods.append(
            bought_cost(inputs, design, measure)
            + (costs.cooling * design.cooling_kW).sum(axis=1)
            + (costs.operation * design.pump_heat_kW).sum(axis=1)
        )
    return table(
        SCHEMAS["periods"],
        inputs.periods.names,
        inputs.periods.hours_h_per_a,
        external_kW,
        cooling_kW,
        power_kW,
        *of_periods,
    )


def source_table(inputs: PeriodInputs, design: PeriodDesign) -> pd.DataFrame:
    """External heat of every source and level in every period."""
    sources = None if inputs.site.terms is None else inputs.site.terms.sources
    if sources is None:
        return empty_table(SCHEMAS["heat_sources"])
    by_source_kW = source_heat_kW(inputs, design).transpose(0, 2, 1)
    period, source, level = np.nonzero(by_source_kW)
    heat_kW = by_source_kW[period, source, level]
    cost, co2 = (
        inputs.costs(measure).sources[period, source] * heat_kW
        for measure in (Measure.OPEX, Measure.CO2)
    )
    named = (
        np.array(names, dtype=object)[at]
        for names, at in ((inputs.periods.names, period), (sources.names, source))
    )
    flows = inputs.site.level_C[level], heat_kW, sources.fuel_share[source] * heat_kW
    return table(SCHEMAS["heat_sources"], *named, *flows, cost, co2)


def summary_table(
    inputs: PeriodInputs,
    outcome: PeriodOutcome,
    tables: Mapping[str, pd.DataFrame],
    max_levels: int,
    formulation: str,
) -> pd.DataFrame:
    """Costs of the tables, with bound and gap; numbers are nan without a design."""
    periods, pumps, nothing = tables["periods"], tables["heat_pumps"], outcome.design is None
    hours = periods["hours_h_per_a"].to_numpy()
    annuity = inputs.site.economics.annuity_per_a
    levels_EUR = 0.0
    if outcome.design is not None and inputs.site.terms is not None:
        each_EUR = inputs.site.terms.level_investment_EUR
        levels_EUR = float(each_EUR[outcome.design.is_open].sum())

    def energy_MWh(column: str) -> float:
        return math.nan if nothing else float(hours @ periods[column].to_numpy()) / 1000.0

    opex, co2, capex, size_kW = (
        math.nan if nothing else float(value)
        for value in (
            periods["opex_EUR_per_a"].sum(),
            periods["co2_t_per_a"].sum(),
            annuity * (pumps["investment_EUR"].sum() + levels_EUR),
            pumps["size_kW"].sum(),
        )
    )
    cost = {
        Measure.TAC: opex + capex,
        Measure.OPEX: opex,
        Measure.CAPEX: capex,
        Measure.CO2: co2,
    }
    objective = inputs.site.objective
    value, bound = cost[objective], outcome.bound
    if objective is Measure.CAPEX and not nothing:
        bound = 0.0  # that of the outcome is one on TAC, which comes second
    if not nothing and value < bound <= value * (1.0 + 1e-9):
        bound = value
    row: tuple[Any, ...] = (
        max_levels,
        len(tables["levels"]),
        inputs.n_periods,
        outcome.status.value,
        objective.value,
        value,
        math.nan if nothing and not math.isfinite(bound) else bound,
        objective.unit,
        math.nan if nothing else relative_gap(value, bound),
        *cost.values(),
        *(energy_MWh(f"{name}_kW") for name in ("external_heat", "cooling", "electricity")),
        len(pumps),
        size_kW,
        outcome.n_nodes,
        outcome.solve_s,
        formulation,
    )
    return table(SCHEMAS["summary"], *([value] for value in row))
