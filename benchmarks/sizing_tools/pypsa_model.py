"""The sizing problem in PyPSA; run by an interpreter that has it (see the package).

``python -m benchmarks.sizing_tools.pypsa_model QUESTION ANSWER`` with two JSON files.
"""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import pandas as pd
import pypsa

from benchmarks.sizing_tools.exchange import Clock, answer

PACKAGES = ["pypsa", "linopy", "highspy"]
LONG_AGO = 1_000_000
"""Steps that the units are said to have run before the first one."""
UNITS = ["heat_pump", "boiler"]


def solve(statement: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """Build and solve; return status, objective, bound and decisions."""
    logging.disable(logging.CRITICAL)
    network = build(statement)
    model = network.model
    if statement.get("fixed"):
        fix(network, statement, statement["fixed"])
    clock.solving()
    model.solve(
        solver_name="highs",
        io_api="direct",
        progress=False,
        output_flag=False,
        **statement["highs"],
    )
    info = model.solver_model.getInfo()
    objective, bound = float(info.objective_function_value), float(info.mip_dual_bound)
    has_any = info.primal_solution_status == 2 and math.isfinite(objective)
    return {
        "status": model.termination_condition,
        "objective": objective if has_any else None,
        "bound": bound if math.isfinite(bound) else None,
        "decisions": decisions(network, statement) if has_any else None,
    }


def build(statement: dict[str, Any]) -> Any:
    """State the problem; return the network with its model."""
    n_steps, step_h = len(statement["demand_kW"]), statement["step_h"]
    network = pypsa.Network(snapshots=pd.RangeIndex(n_steps, name="snapshot"))
    weights = {"objective": step_h * statement["annual_scale_per_a"]}
    weights |= {"stores": step_h, "generators": step_h}
    network.snapshot_weightings = pd.DataFrame(weights, index=network.snapshots)
    for carrier in ("power", "gas", "waste", "heat"):
        network.add("Carrier", carrier)
        network.add("Bus", carrier, carrier=carrier)
    most_kW = 10.0 * max(statement["demand_kW"])
    for name, bus in (("electricity", "power"), ("gas", "gas")):
        price = statement[f"{name}_EUR_per_kWh"]
        network.add("Generator", f"{name}_supply", bus=bus, p_nom=most_kW, marginal_cost=price)
    waste = pd.Series(statement["waste_kW"], index=network.snapshots)
    network.add("Generator", "waste_heat", bus="waste", p_nom=1.0, p_min_pu=waste, p_max_pu=waste)
    network.add(
        "Generator",
        "cooling_water",
        bus="waste",
        sign=-1.0,
        p_nom=max(statement["waste_kW"]),
        marginal_cost=statement["cooling_EUR_per_kWh"],
    )
    demand = pd.Series(statement["demand_kW"], index=network.snapshots)
    network.add("Load", "demand", bus="heat", p_set=demand)
    pump, boiler = statement["heat_pump"], statement["boiler"]
    _add_link(
        network,
        "heat_pump",
        "power",
        pump,
        pump["cop"],
        bus2="waste",
        efficiency2=1.0 - pump["cop"],
    )
    _add_link(network, "boiler", "gas", boiler, boiler["efficiency"])
    _add_store(network, statement["store"])
    model = network.optimize.create_model(include_objective_constant=False)
    _free_first_step(model)
    _limit_load_changes(model, statement)
    _complete_store(model, statement["store"])
    return network


def _add_link(
    network: Any, name: str, bus: str, unit: dict[str, Any], output: float, **further: Any
) -> None:
    """Add a unit as a link; its size is that of its input, electricity or gas."""
    network.add(
        "Link",
        name,
        bus0=bus,
        bus1="heat",
        efficiency=output,
        p_nom_extendable=True,
        p_nom_max=unit["largest_kW"] / output,
        capital_cost=unit["cost_EUR_per_kW_a"] * output,
        committable=True,
        p_min_pu=unit["minimum_load"],
        min_up_time=unit["min_up"],
        min_down_time=unit["min_down"],
        up_time_before=LONG_AGO,
        **further,
    )


def _add_store(network: Any, store: dict[str, Any]) -> None:
    """Add the store; its size is its rate."""
    network.add(
        "StorageUnit",
        "store",
        bus="heat",
        p_nom_extendable=True,
        p_nom_max=store["largest_kWh"] * store["rate_per_h"],
        max_hours=1.0 / store["rate_per_h"],
        capital_cost=store["cost_EUR_per_kWh_a"] / store["rate_per_h"],
        efficiency_store=store["charge_efficiency"],
        efficiency_dispatch=store["discharge_efficiency"],
        standing_loss=store["compound_loss_per_h"],
        cyclic_state_of_charge=True,
    )


def _free_first_step(model: Any) -> None:
    """Let no stop count at the first step."""
    rows = model.constraints["Link-com-transition-shut-down"]
    right = rows.rhs.copy()
    right.loc[{"snapshot": right.snapshot[0]}] = 0.0
    rows.update(rhs=right)


def _limit_load_changes(model: Any, statement: dict[str, Any]) -> None:
    """At most one load change in any window."""
    flow = model["Link-p"]
    for name in UNITS:
        unit = statement[name]
        if unit["window"] is None:
            continue
        most = unit["largest_kW"] / _output(statement, name)
        load = flow.sel(name=name)
        steps = load.indexes["snapshot"]
        change = model.add_variables(binary=True, coords=[steps], name=f"{name}-change")
        later = slice(1, None)
        before = load.isel(snapshot=slice(None, -1)).assign_coords(snapshot=steps[later])
        rise, change_now = load.isel(snapshot=later) - before, change.isel(snapshot=later)
        model.add_constraints(rise - most * change_now <= 0.0, name=f"{name}-rise")
        model.add_constraints(rise + most * change_now >= 0.0, name=f"{name}-fall")
        model.add_constraints(change.isel(snapshot=0) == 0, name=f"{name}-first-change")
        window = change.rolling(snapshot=unit["window"]).sum()
        model.add_constraints(window <= 1, name=f"{name}-window")


def _complete_store(model: Any, store: dict[str, Any]) -> None:
    """State the level at the end, and that charge and discharge share the rate."""
    size = model["StorageUnit-p_nom"].sel(name="store")
    level = model["StorageUnit-state_of_charge"].sel(name="store").isel(snapshot=-1)
    share = store["start_end_share"] / store["rate_per_h"]
    model.add_constraints(level - share * size == 0, name="store-end-level")
    both = model["StorageUnit-p_store"] + model["StorageUnit-p_dispatch"]
    model.add_constraints(both.sel(name="store") - size <= 0, name="store-rate")


def fix(network: Any, statement: dict[str, Any], fixed: dict[str, Any]) -> None:
    """Fix sizes, states and heat."""
    model = network.model
    capacity = fixed["capacity_kWh"] * statement["store"]["rate_per_h"]
    size = model["StorageUnit-p_nom"].sel(name="store")
    model.add_constraints(size == capacity, name="fixed-store")
    for u, name in enumerate(UNITS):
        output = _output(statement, name)
        size, load = model["Link-p_nom"].sel(name=name), model["Link-p"].sel(name=name)
        status = model["Link-status"].sel(name=name)
        heat = np.array(fixed["heat_kW"][u]) / output
        on = np.array(fixed["is_on"][u], dtype=float)
        like = {"dims": "snapshot", "coords": {"snapshot": network.snapshots}}
        model.add_constraints(size == fixed["size_kW"][u] / output, name=f"fixed-{name}-size")
        model.add_constraints(load == _array(heat, like), name=f"fixed-{name}-load")
        model.add_constraints(status == _array(on, like), name=f"fixed-{name}-status")


def _array(values: Any, like: dict[str, Any]) -> Any:
    import xarray

    return xarray.DataArray(values, **like)


def _output(statement: dict[str, Any], name: str) -> float:
    """Return the heat of a unit per input."""
    unit = statement[name]
    return float(unit["cop"] if name == "heat_pump" else unit["efficiency"])


def decisions(network: Any, statement: dict[str, Any]) -> dict[str, Any]:
    """Read sizes and operation."""
    values = network.model.solution
    output = np.array([_output(statement, name) for name in UNITS])
    heat = np.stack([values["Link-p"].sel(name=name).to_numpy() for name in UNITS])
    size = np.array([float(values["Link-p_nom"].sel(name=name)) for name in UNITS])
    on = np.stack([values["Link-status"].sel(name=name).to_numpy() for name in UNITS])
    store = {
        key: values[f"StorageUnit-{key}"].sel(name="store").to_numpy()
        for key in ("p_store", "p_dispatch", "state_of_charge")
    }
    level = store["state_of_charge"]
    return {
        "size_kW": (output * size).tolist(),
        "capacity_kWh": float(values["StorageUnit-p_nom"].sel(name="store"))
        / statement["store"]["rate_per_h"],
        "heat_kW": (output[:, None] * heat).tolist(),
        "is_on": on.tolist(),
        "charge_kW": store["p_store"].tolist(),
        "discharge_kW": store["p_dispatch"].tolist(),
        "level_kWh": [float(level[-1]), *level.tolist()],
    }


if __name__ == "__main__":
    answer(solve, PACKAGES)
