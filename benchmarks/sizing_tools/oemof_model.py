"""The sizing problem in oemof.solph; run by an interpreter that has it (see the package).

``python -m benchmarks.sizing_tools.oemof_model QUESTION ANSWER`` with two JSON files.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import pandas as pd
import pyomo.environ as pyo
from oemof import solph

from benchmarks.sizing_tools.exchange import Clock, answer

PACKAGES = ["oemof.solph", "pyomo", "highspy"]


def solve(statement: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """Build and solve; return status, objective, bound and decisions."""
    model, flows, store = build(statement)
    if statement.get("fixed"):
        fix(model, flows, store, statement["fixed"])
    clock.solving()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a time limit was reached is in the answer
        model.solve(solver="highs", cmdline_options=statement["highs"], allow_nonoptimal=True)
    found = model.solver_results
    objective, bound = found["best_feasible_objective"], found["best_objective_bound"]
    has_any = objective is not None and math.isfinite(objective)
    return {
        "status": found["termination_condition"],
        "objective": objective if has_any else None,
        "bound": bound if bound is not None and math.isfinite(bound) else None,
        "decisions": decisions(model, flows, store) if has_any else None,
    }


def build(statement: dict[str, Any]) -> tuple[Any, list[tuple[Any, Any]], Any]:
    """State the problem; return the model, the flows of pump and boiler, and the store."""
    step = pd.Timedelta(hours=statement["step_h"])
    n_steps, scale = len(statement["demand_kW"]), statement["annual_scale_per_a"]
    times = pd.date_range("2025-01-01", periods=n_steps + 1, freq=step)
    system = solph.EnergySystem(timeindex=times, infer_last_interval=False)
    power, gas, waste, heat = (solph.Bus(label=x) for x in ("power", "gas", "waste", "heat"))
    pump, boiler = statement["heat_pump"], statement["boiler"]

    def bought(price_EUR_per_kWh: float) -> Any:
        return solph.Flow(variable_costs=price_EUR_per_kWh * scale)

    def given(values: list[float]) -> Any:
        return solph.Flow(fix=values, nominal_capacity=1.0)

    grid = solph.components.Source(
        label="grid", outputs={power: bought(statement["electricity_EUR_per_kWh"])}
    )
    supply = solph.components.Source(
        label="gas_supply", outputs={gas: bought(statement["gas_EUR_per_kWh"])}
    )
    source = solph.components.Source(
        label="waste_heat", outputs={waste: given(statement["waste_kW"])}
    )
    cooling = solph.components.Sink(
        label="cooling_water", inputs={waste: bought(statement["cooling_EUR_per_kWh"])}
    )
    demand = solph.components.Sink(label="demand", inputs={heat: given(statement["demand_kW"])})
    heat_pump = solph.components.Converter(
        label="heat_pump",
        inputs={power: solph.Flow(), waste: solph.Flow()},
        outputs={heat: _sized(pump)},
        conversion_factors={power: 1.0 / pump["cop"], waste: 1.0 - 1.0 / pump["cop"], heat: 1.0},
    )
    gas_boiler = solph.components.Converter(
        label="boiler",
        inputs={gas: solph.Flow()},
        outputs={heat: _sized(boiler)},
        conversion_factors={gas: 1.0 / boiler["efficiency"], heat: 1.0},
    )
    store = _store(statement["store"], heat)
    parts = (grid, supply, source, cooling, demand, heat_pump, gas_boiler, store)
    system.add(power, gas, waste, heat, *parts)
    model = solph.Model(system)
    flows = [(heat_pump, heat), (gas_boiler, heat)]
    units = [pump, boiler]
    _free_borders(model, flows, units)
    _limit_load_changes(model, flows, units)
    _share_the_rate(model, store, statement["store"])
    return model, flows, store


def _sized(unit: dict[str, Any]) -> Any:
    """Return a flow whose capacity is an investment, with minimum load and states."""
    return solph.Flow(
        minimum=unit["minimum_load"],
        nominal_capacity=solph.Investment(
            ep_costs=unit["cost_EUR_per_kW_a"], maximum=unit["largest_kW"]
        ),
        nonconvex=solph.NonConvex(minimum_uptime=unit["min_up"], minimum_downtime=unit["min_down"]),
    )


def _store(store: dict[str, Any], heat: Any) -> Any:
    return solph.components.GenericStorage(
        label="store",
        inputs={heat: solph.Flow(nominal_capacity=solph.Investment())},
        outputs={heat: solph.Flow(nominal_capacity=solph.Investment())},
        nominal_capacity=solph.Investment(
            ep_costs=store["cost_EUR_per_kWh_a"], maximum=store["largest_kWh"]
        ),
        invest_relation_input_capacity=store["rate_per_h"],
        invest_relation_output_capacity=store["rate_per_h"],
        inflow_conversion_factor=store["charge_efficiency"],
        outflow_conversion_factor=store["discharge_efficiency"],
        loss_rate=store["compound_loss_per_h"],
        initial_storage_level=store["start_end_share"],
        balanced=True,
    )


def _free_borders(model: Any, flows: list[Any], units: list[dict[str, Any]]) -> None:
    """Free the first step, and starts whose least time on goes beyond the horizon."""
    block, steps = model.InvestNonConvexFlowBlock, list(model.TIMESTEPS)
    model.late_start = pyo.ConstraintList()
    for (i, o), unit in zip(flows, units, strict=True):
        for rows in (block.min_uptime_constr, block.min_downtime_constr):
            if (i, o, steps[0]) in rows:
                rows[i, o, steps[0]].deactivate()
        for t in steps[1:]:
            left = len(steps) - t
            if left < unit["min_up"]:
                block.min_uptime_constr[i, o, t].deactivate()
                on = block.status
                rest = sum(on[i, o, s] for s in steps[t:])
                model.late_start.add(left * (on[i, o, t] - on[i, o, t - 1]) <= rest)


def _limit_load_changes(model: Any, flows: list[Any], units: list[dict[str, Any]]) -> None:
    """At most one load change in any window."""
    steps = list(model.TIMESTEPS)
    limited = [
        (k, flow, unit)
        for k, (flow, unit) in enumerate(zip(flows, units, strict=True))
        if unit["window"] is not None
    ]
    model.change = pyo.Var([k for k, _, _ in limited], steps, within=pyo.Binary)
    model.load_change = pyo.ConstraintList()
    for k, (i, o), unit in limited:
        model.change[k, steps[0]].fix(0)
        for t in steps[1:]:
            rise = model.flow[i, o, t] - model.flow[i, o, t - 1]
            most = unit["largest_kW"] * model.change[k, t]
            model.load_change.add(rise <= most)
            model.load_change.add(-rise <= most)
            window = steps[max(t - unit["window"] + 1, 0) : t + 1]
            model.load_change.add(sum(model.change[k, s] for s in window) <= 1)


def _share_the_rate(model: Any, store: Any, numbers: dict[str, Any]) -> None:
    """Charge and discharge together are at most the rate."""
    bus = next(iter(store.inputs))
    capacity = model.GenericInvestmentStorageBlock.invest[store, 0]
    model.rate = pyo.Constraint(
        model.TIMESTEPS,
        rule=lambda m, t: (
            m.flow[bus, store, t] + m.flow[store, bus, t] <= numbers["rate_per_h"] * capacity
        ),
    )


def fix(model: Any, flows: list[Any], store: Any, fixed: dict[str, Any]) -> None:
    """Fix sizes, states and heat."""
    block = model.InvestNonConvexFlowBlock
    model.GenericInvestmentStorageBlock.invest[store, 0].fix(fixed["capacity_kWh"])
    for u, (i, o) in enumerate(flows):
        block.invest[i, o, 0].fix(fixed["size_kW"][u])
        for t in model.TIMESTEPS:
            block.status[i, o, t].fix(fixed["is_on"][u][t])
            model.flow[i, o, t].fix(fixed["heat_kW"][u][t])


def decisions(model: Any, flows: list[Any], store: Any) -> dict[str, Any]:
    """Read sizes and operation."""
    block, storage = model.InvestNonConvexFlowBlock, model.GenericInvestmentStorageBlock
    bus, steps, value = next(iter(store.inputs)), list(model.TIMESTEPS), pyo.value
    return {
        "size_kW": [value(block.invest[i, o, 0]) for i, o in flows],
        "capacity_kWh": value(storage.invest[store, 0]),
        "heat_kW": [[value(model.flow[i, o, t]) for t in steps] for i, o in flows],
        "is_on": [[value(block.status[i, o, t]) for t in steps] for i, o in flows],
        "charge_kW": [value(model.flow[bus, store, t]) for t in steps],
        "discharge_kW": [value(model.flow[store, bus, t]) for t in steps],
        "level_kWh": [value(storage.storage_content[store, t]) for t in model.TIMEPOINTS],
    }


if __name__ == "__main__":
    answer(solve, PACKAGES)
