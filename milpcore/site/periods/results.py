"""What a site with periods brings: tables of the shared design and of every period.

- ``summary``: one row; costs, energy, bound, gap, status and time
- ``levels``, ``heat_pumps``, ``connections``: the design, the same in every period
- ``periods``: one row per period; energy and operating cost
- ``operation``: one row per period and level, with every term of its energy balance
- ``pump_operation``: one row per period and heat pump
- ``heat_sources``: one row per period, source of external heat and level; none without sources

Costs are those of the tables: `milpcore.site.periods.check` computes them again from nothing else.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.inputs import Booleans, Integers
from milpcore.site.model import relative_gap
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.operate import PeriodDesign
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site.periods.table import Periods
from milpcore.site.source_tables import SCHEMA as SOURCES
from milpcore.site.table_files import json_rows, plain, write_tables
from milpcore.site.tables import empty_table, table
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams


def _schema(**kinds: str) -> Mapping[str, str]:
    """Columns in table order and their dtypes."""
    return MappingProxyType(kinds)


SCHEMAS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "summary": _schema(
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
        "levels": _schema(temperature_C="float64", n_hot_streams="int64", n_cold_streams="int64"),
        "heat_pumps": _schema(
            source_C="float64",
            sink_C="float64",
            lift_K="float64",
            cop="float64",
            size_kW="float64",
            full_load_h_per_a="float64",
            investment_EUR="float64",
        ),
        "connections": _schema(
            zone="str",
            name="str",
            kind="str",
            t_supply_C="float64",
            t_target_C="float64",
            level_C="float64",
            dt_min_K="float64",
        ),
        "periods": _schema(
            period="str",
            hours_h_per_a="float64",
            external_heat_kW="float64",
            cooling_kW="float64",
            electricity_kW="float64",
            opex_EUR_per_a="float64",
            co2_t_per_a="float64",
        ),
        "operation": _schema(
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
        "pump_operation": _schema(
            period="str",
            source_C="float64",
            sink_C="float64",
            heat_kW="float64",
            source_heat_kW="float64",
            power_kW="float64",
        ),
        "heat_sources": _schema(period="str", **SOURCES),
    }
)
"""Columns and dtypes of every table."""


def type_columns(name: str, options: SiteOptions, *, has_design: bool) -> list[str]:
    """Columns that a table has beyond its schema: the type of heat pumps, where there are types."""
    is_typed = name in ("heat_pumps", "pump_operation") and bool(options.heat_pumps.types)
    return ["type"] if is_typed and has_design else []


@dataclass(frozen=True, eq=False)
class PeriodResult:
    """The best utility system found for all periods together.

    Attributes
    ----------
    max_levels : int
        Levels allowed.
    status : Status
        How the search ended.
    objective : Measure
        What was minimised.
    summary, levels, heat_pumps, connections, periods, operation, pump_operation : DataFrame
    heat_sources : DataFrame
        See the module; empty without a design, but for the summary.
    notes : tuple of str
        Explanations for people.
    streams : Streams
    asked : Periods
    economics : SiteEconomics
    options : SiteOptions
        What was asked about.
    """

    max_levels: int
    status: Status
    objective: Measure
    summary: pd.DataFrame
    levels: pd.DataFrame
    heat_pumps: pd.DataFrame
    connections: pd.DataFrame
    periods: pd.DataFrame
    operation: pd.DataFrame
    pump_operation: pd.DataFrame
    heat_sources: pd.DataFrame
    notes: tuple[str, ...]
    streams: Streams
    asked: Periods
    economics: SiteEconomics
    options: SiteOptions

    @property
    def has_design(self) -> bool:
        """Whether a utility system was found."""
        return len(self.levels) > 0

    def to_json_dict(self) -> dict[str, Any]:
        """Return the design and what every period does with it as plain values, NaN as None.

        ``periods`` has a dict for each period, with its ``levels`` (terms of their balances),
        ``heat_pumps`` and, where there are any, ``heat_sources``; all else is shared by the
        periods.
        """
        parts = {"levels": self.operation, "heat_pumps": self.pump_operation}
        if len(self.heat_sources):
            parts["heat_sources"] = self.heat_sources
        of_period = {
            name: {
                part: json_rows(frame[frame["period"] == name], "period")
                for part, frame in parts.items()
            }
            for name in self.periods["period"]
        }
        (row,) = json_rows(self.summary)
        return {
            **row,
            "levels_C": [plain(value) for value in self.levels["temperature_C"]],
            "heat_pumps": json_rows(self.heat_pumps),
            "periods": [{**one, **of_period[one["period"]]} for one in json_rows(self.periods)],
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write every table as CSV into a directory, each whole or not at all.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.
        """
        return write_tables({name: getattr(self, name) for name in SCHEMAS}, directory)


def make_result(
    inputs: PeriodInputs, outcome: PeriodOutcome, max_levels: int, formulation: str
) -> PeriodResult:
    """Tables of an outcome."""
    tables = {name: empty_table(schema) for name, schema in SCHEMAS.items()}
    design = outcome.design
    if design is not None:
        used = design.is_open
        pumps = np.flatnonzero(design.size_kW > 0.0)
        tables["levels"] = _level_table(inputs, design, used)
        tables["heat_pumps"] = _pump_table(inputs, design, pumps)
        tables["connections"] = _connection_table(inputs, design)
        tables["operation"] = _operation_table(inputs, design, used)
        tables["pump_operation"] = _pump_operation_table(inputs, design, pumps)
        tables["periods"] = _period_table(inputs, design)
        tables["heat_sources"] = _source_table(inputs, design)
    tables["summary"] = _summary_table(inputs, outcome, tables, max_levels, formulation)
    return PeriodResult(
        max_levels=max_levels,
        status=outcome.status,
        objective=inputs.site.objective,
        notes=(outcome.message,) if outcome.message and design is None else (),
        streams=inputs.site.streams,
        asked=inputs.periods,
        economics=inputs.site.economics,
        options=inputs.site.options,
        **tables,
    )


def _level_table(inputs: PeriodInputs, design: PeriodDesign, used: Booleans) -> pd.DataFrame:
    site = inputs.site
    counts = [
        np.bincount(design.stream_level[chosen], minlength=site.n_candidates)[used]
        for chosen in (site.stream_is_hot, ~site.stream_is_hot)
    ]
    return table(SCHEMAS["levels"], site.level_C[used], *counts)


def _pump_table(inputs: PeriodInputs, design: PeriodDesign, pumps: Integers) -> pd.DataFrame:
    site, size_kW = inputs.site, design.size_kW[pumps]
    source_C, sink_C = site.level_C[site.pump_source[pumps]], site.level_C[site.pump_sink[pumps]]
    energy_kWh = inputs.periods.hours_h_per_a @ design.pump_heat_kW[:, pumps]
    investment = site.economics.heat_pump_investment_EUR_per_kW * size_kW
    columns = sink_C - source_C, site.pump_cop[pumps], size_kW, energy_kWh / size_kW, investment
    return table(SCHEMAS["heat_pumps"], source_C, sink_C, *columns)


def _connection_table(inputs: PeriodInputs, design: PeriodDesign) -> pd.DataFrame:
    streams = inputs.site.streams
    level_C, target_C = inputs.site.level_C[design.stream_level], streams.t_target_C
    distance_K = np.where(streams.is_hot, target_C - level_C, level_C - target_C)
    named = (streams.table[name] for name in ("zone", "name", "kind"))
    columns = streams.t_supply_C, target_C, level_C, distance_K
    return table(SCHEMAS["connections"], *named, *columns)


def _operation_table(inputs: PeriodInputs, design: PeriodDesign, used: Booleans) -> pd.DataFrame:
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


def _pump_operation_table(
    inputs: PeriodInputs, design: PeriodDesign, pumps: Integers
) -> pd.DataFrame:
    site, n = inputs.site, inputs.n_periods
    heat_kW = design.pump_heat_kW[:, pumps]
    source_kW = site.pump_source_share[pumps] * heat_kW
    name = np.repeat(np.array(inputs.periods.names, dtype=object), pumps.size)
    ends = (np.tile(site.level_C[end[pumps]], n) for end in (site.pump_source, site.pump_sink))
    flows = heat_kW, source_kW, heat_kW / site.pump_cop[pumps]
    return table(SCHEMAS["pump_operation"], name, *ends, *(flow.ravel() for flow in flows))


def _period_table(inputs: PeriodInputs, design: PeriodDesign) -> pd.DataFrame:
    external_kW, cooling_kW = (
        flow.sum(axis=1) for flow in (design.external_heat_kW, design.cooling_kW)
    )
    power_kW = (design.pump_heat_kW / inputs.site.pump_cop).sum(axis=1)
    of_periods = []
    for measure in (Measure.OPEX, Measure.CO2):
        costs = inputs.costs(measure)
        bought = costs.external_heat * design.external_heat_kW
        bought += costs.cooling * design.cooling_kW
        of_periods.append(bought.sum(axis=1) + (costs.operation * design.pump_heat_kW).sum(axis=1))
    return table(
        SCHEMAS["periods"],
        inputs.periods.names,
        inputs.periods.hours_h_per_a,
        external_kW,
        cooling_kW,
        power_kW,
        *of_periods,
    )


def _source_table(inputs: PeriodInputs, design: PeriodDesign) -> pd.DataFrame:
    """External heat of every source and level in every period."""
    sources = None if inputs.site.terms is None else inputs.site.terms.sources
    if sources is None:
        return empty_table(SCHEMAS["heat_sources"])
    period, level = np.nonzero(design.external_heat_kW)
    source = sources.usual[level]
    order = np.lexsort((level, source, period))
    period, level, source = period[order], level[order], source[order]
    heat_kW = design.external_heat_kW[period, level]
    cost, co2 = (
        inputs.weight[period] * inputs.site.source_costs(measure)[source] * heat_kW
        for measure in (Measure.OPEX, Measure.CO2)
    )
    named = (
        np.array(names, dtype=object)[at]
        for names, at in ((inputs.periods.names, period), (sources.names, source))
    )
    flows = inputs.site.level_C[level], heat_kW, sources.fuel_share[source] * heat_kW
    return table(SCHEMAS["heat_sources"], *named, *flows, cost, co2)


def _summary_table(
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
    levels_EUR = inputs.site.options.levels.investment_EUR * len(tables["levels"])

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
