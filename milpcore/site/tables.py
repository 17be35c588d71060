"""Tables of a utility system of model A: schema as data, and how a design fills it.

Everything is computed from a `Design`, whatever formulation found it; levels without use are left
out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.design_cost import measured_cost
from milpcore.site.inputs import Booleans, Floats, SiteInputs
from milpcore.site.model import Design, Outcome, relative_gap

COST_COLUMNS: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.TAC: "tac_EUR_per_a",
        Measure.OPEX: "opex_EUR_per_a",
        Measure.CAPEX: "capex_EUR_per_a",
        Measure.CO2: "co2_t_per_a",
    }
)


def schema_of(**kinds: str) -> Mapping[str, str]:
    """Columns in table order and their dtypes."""
    return MappingProxyType(kinds)


SCHEMAS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "summary": schema_of(
            max_levels="int64",
            n_levels="int64",
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
            external_heat_kW="float64",
            cooling_kW="float64",
            electricity_kW="float64",
            n_heat_pumps="int64",
            heat_pump_heat_kW="float64",
            n_nodes="int64",
            solve_s="float64",
            formulation="str",
        ),
        "levels": schema_of(
            temperature_C="float64",
            n_hot_streams="int64",
            n_cold_streams="int64",
            hot_streams_kW="float64",
            cold_streams_kW="float64",
            external_heat_kW="float64",
            cooling_kW="float64",
            heat_pump_sink_kW="float64",
            heat_pump_source_kW="float64",
            cascade_in_kW="float64",
            cascade_out_kW="float64",
        ),
        "heat_pumps": schema_of(
            source_C="float64",
            sink_C="float64",
            lift_K="float64",
            cop="float64",
            heat_kW="float64",
            source_heat_kW="float64",
            power_kW="float64",
            investment_EUR="float64",
        ),
        "connections": schema_of(
            zone="str",
            name="str",
            kind="str",
            t_supply_C="float64",
            t_target_C="float64",
            level_C="float64",
            duty_kW="float64",
            dt_min_K="float64",
        ),
    }
)
"""Columns and dtypes of every table."""


def used_levels(inputs: SiteInputs, design: Design) -> Booleans:
    """Open levels (L,) with a stream, a utility or a heat pump."""
    pumps = design.pump_heat_kW > 0.0
    touched = np.zeros(inputs.n_candidates, dtype=np.bool_)
    touched[design.stream_level] = True
    touched[inputs.pump_source[pumps]] = True
    touched[inputs.pump_sink[pumps]] = True
    touched |= inputs.is_forced
    return design.is_open & (touched | (design.external_heat_kW + design.cooling_kW > 0.0))


def level_table(inputs: SiteInputs, design: Design) -> pd.DataFrame:
    """Terms of every used level's balance; heat passes the levels between unchanged."""
    size, is_used = inputs.n_candidates, used_levels(inputs, design)
    terms, counts = [], []
    for chosen in (inputs.stream_is_hot, ~inputs.stream_is_hot):
        at_level, duty_kW = design.stream_level[chosen], inputs.stream_duty_kW[chosen]
        counts.append(np.bincount(at_level, minlength=size))
        terms.append(np.bincount(at_level, weights=duty_kW, minlength=size))
    source_kW = inputs.pump_source_share * design.pump_heat_kW
    sink_sum_kW = np.bincount(inputs.pump_sink, weights=design.pump_heat_kW, minlength=size)
    source_sum_kW = np.bincount(inputs.pump_source, weights=source_kW, minlength=size)
    columns = (
        inputs.level_C,
        *counts,
        *terms,
        design.external_heat_kW,
        design.cooling_kW,
        sink_sum_kW,
        source_sum_kW,
        design.cascade_kW[1:],
        design.cascade_kW[:-1],
    )
    return table(SCHEMAS["levels"], *(column[is_used] for column in columns))


def heat_pump_table(inputs: SiteInputs, design: Design) -> pd.DataFrame:
    """Heat pumps that deliver heat, with their energy balance and investment.

    Where options name types, with a column ``type`` at the end.
    """
    built = np.flatnonzero(design.pump_heat_kW > 0.0)
    heat_kW, investment_EUR = design.pump_heat_kW[built], _investment_EUR(inputs, design)[built]
    if inputs.terms is not None:  # a new heat pump beside one that is there is one row
        kind = inputs.terms.pump_type[built]
        ends = np.stack((inputs.pump_source[built], inputs.pump_sink[built], kind), axis=1)
        _, first, row = np.unique(ends, axis=0, return_index=True, return_inverse=True)
        heat_kW, investment_EUR = (
            np.bincount(row.ravel(), weights=part, minlength=first.size).astype(np.float64)
            for part in (heat_kW, investment_EUR)
        )
        built = built[first]
    source_C, sink_C = (
        inputs.level_C[end[built]] for end in (inputs.pump_source, inputs.pump_sink)
    )
    cop = inputs.pump_cop[built]
    power_kW = heat_kW / cop
    found = table(
        SCHEMAS["heat_pumps"],
        source_C,
        sink_C,
        sink_C - source_C,
        cop,
        heat_kW,
        heat_kW - power_kW,
        power_kW,
        investment_EUR,
    )
    if inputs.options.heat_pumps.types and inputs.terms is not None:
        names = np.array(inputs.terms.type_names, dtype=object)[inputs.terms.pump_type[built]]
        found["type"] = pd.Series(names, dtype="str")
    return found


def _investment_EUR(inputs: SiteInputs, design: Design) -> Floats:
    """Investment in each heat pump offer (K,)."""
    heat_kW, terms = design.pump_heat_kW, inputs.terms
    if terms is None:
        return np.asarray(inputs.economics.heat_pump_investment_EUR_per_kW * heat_kW)
    return np.asarray(
        terms.pump_investment_EUR_per_kW * heat_kW + terms.pump_fixed_EUR * (heat_kW > 0.0)
    )


def connection_table(inputs: SiteInputs, design: Design) -> pd.DataFrame:
    """Level of each stream, and the temperature difference at the stream's target end."""
    streams, is_hot = inputs.streams, inputs.stream_is_hot
    level_C, target_C = inputs.level_C[design.stream_level], np.asarray(streams.t_target_C)
    return table(
        SCHEMAS["connections"],
        streams.table["zone"].to_numpy(),
        streams.table["name"].to_numpy(),
        np.where(is_hot, "hot", "cold"),
        np.asarray(streams.t_supply_C),
        target_C,
        level_C,
        inputs.stream_duty_kW,
        np.where(is_hot, target_C - level_C, level_C - target_C),
    )


def summary_table(
    inputs: SiteInputs,
    outcome: Outcome,
    levels: pd.DataFrame,
    heat_pumps: pd.DataFrame,
    *,
    max_levels: int,
    formulation_name: str,
) -> pd.DataFrame:
    """Costs of the tables, and bound and gap on the pure measure."""
    design, measure = outcome.design, inputs.objective
    cost = dict.fromkeys(Measure, math.nan)
    external_kW = cooling_kW = electricity_kW = pump_kW = math.nan
    if design is not None:
        cost = {one: measured_cost(inputs, one, design) for one in Measure}
        external_kW = float(levels["external_heat_kW"].sum())
        cooling_kW = float(levels["cooling_kW"].sum())
        electricity_kW = float(heat_pumps["power_kW"].sum())
        pump_kW = float(heat_pumps["heat_kW"].sum())
    value = cost[measure]
    bound = _bound(inputs, outcome, value)
    gap = relative_gap(value, bound) if design is not None else math.nan
    status = Status.ERROR if outcome.status is Status.UNBOUNDED else outcome.status
    row = (
        max_levels,
        len(levels),
        status.value,
        measure.value,
        value,
        bound,
        measure.unit,
        gap,
        *(cost[one] for one in COST_COLUMNS),
        external_kW,
        cooling_kW,
        electricity_kW,
        len(heat_pumps),
        pump_kW,
        outcome.n_nodes,
        outcome.solve_s,
        formulation_name,
    )
    return table(SCHEMAS["summary"], *([value] for value in row))


def _bound(inputs: SiteInputs, outcome: Outcome, value: float) -> float:
    """Bound on the pure measure: never below 0, as no cost is negative, nor above `value`.

    Only rounding is taken off: a bound that is really above the value stays, for the check to
    refuse.
    """
    if outcome.status is Status.INFEASIBLE and outcome.design is None:
        return math.nan
    if not math.isfinite(outcome.bound):
        return 0.0 if outcome.design is not None else math.nan
    if inputs.objective is Measure.CAPEX:
        return 0.0  # the outcome's bound is one on TAC, which comes second
    bound = max(0.0, outcome.bound)
    costs = inputs.costs(inputs.objective)
    all_external = float(costs.external_heat.max() * inputs.stream_duty_kW.sum())
    rounding = 1e-6 * abs(value) + 1e-9 * all_external
    return value if value < bound <= value + rounding else bound


def table(schema: Mapping[str, str], *columns: Any) -> pd.DataFrame:
    """Table with the given columns, cast to the dtypes of the schema."""
    return pd.DataFrame(
        {
            name: pd.Series(column, dtype=kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        }
    )


def empty_table(schema: Mapping[str, str]) -> pd.DataFrame:
    """Table without rows, with the same columns and dtypes as a full one."""
    return table(schema, *([] for _ in schema))
