"""Designs of model B made by hand and at random, to simulate, check and tamper with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from hypothesis.strategies import DrawFn

from milpcore.sizing import (
    Boiler,
    ElectricBoiler,
    HeatProfile,
    HeatPump,
    Plant,
    SizingParameters,
    Store,
)
from milpcore.sizing.design import SizingDesign

Floats = npt.NDArray[np.float64]


class Case(NamedTuple):
    """What `check` and `simulate` are given."""

    profile: HeatProfile
    parameters: SizingParameters
    design: SizingDesign


# One row of numbers for each unit; all of them are exact in binary.
PUMP, BOILER, SPARE, ROD = range(4)
STORE, TANK = range(2)
PUMP_kW = [200, 200, 100, 100, 100, 0, 0, 0, 120, 120, 0, 0]
BOILER_kW = [80, 160, 120, 120, 120, 160, 80, 80, 80, 0, 0, 80]
ROD_kW = [64, 0, 32, 8, 0, 16, 0, 64, 0, 8, 64, 16]
CHARGE_kW = [8, 40, 106, 0, 0, 0, 0, 128, 72, 0, 0, 0]
DISCHARGE_kW = [0, 0, 0, 10, 2.75, 15, 0, 0, 0, 0, 1.09375, 2.75]
LEVEL_kWh = [32, 32, 40, 64, 40, 32, 0, 0, 32, 48, 45, 40, 32]
TANK_LEVEL_kWh = [20, 20, 20, 20, 25, 25, 25, 25, 25, 20, 20, 20, 20]


def parameters() -> SizingParameters:
    """A heat pump, two boilers, a heating rod and two stores, with limits that the design meets.

    Of those that the design reaches exactly: the pump's load range, minimum up and down time,
    spacing of load changes and the waste heat; the boiler's load range, spacing and minimum down
    time; the store's capacity, emptiness and rate.
    """
    pump = HeatPump(
        name="pump",
        cop=2,
        minimum_load=0.5,
        min_up_h=1.0,
        min_down_h=1.5,
        load_changes_per_window=1,
        window_h=1.0,
        largest_kW=400,
    )
    boiler = Boiler(
        name="boiler",
        efficiency=0.8,
        minimum_load=0.5,
        min_up_h=1.0,
        min_down_h=1.0,
        load_changes_per_window=2,
        window_h=2.0,
        smallest_kW=100,
        largest_kW=500,
        is_optional=False,
    )
    spare = Boiler(name="spare", smallest_kW=50)
    rod = ElectricBoiler(name="rod", existing_kW=64)
    store = Store(
        charge_efficiency=0.5,
        discharge_efficiency=0.25,
        loss_per_h=0.125,
        rate_per_h=2.0,
        start_end_share=0.5,
        smallest_kWh=10,
        largest_kWh=70,
    )
    tank = Store(
        name="tank",
        charge_efficiency=1,
        discharge_efficiency=1,
        loss_per_h=0,
        rate_per_h=0.5,
        start_end_share=None,
        existing_kWh=30,
    )
    return SizingParameters(
        heat_pumps=[pump], boilers=[boiler, spare], electric_boilers=[rod], stores=[store, tank]
    )


def design() -> SizingDesign:
    """Twelve steps of half an hour; the spare boiler is not built."""
    heat_kW = np.array([PUMP_kW, BOILER_kW, np.zeros(12), ROD_kW], dtype=np.float64)
    charge_kW, discharge_kW = np.zeros((2, 12)), np.zeros((2, 12))
    charge_kW[STORE], discharge_kW[STORE] = CHARGE_kW, DISCHARGE_kW
    charge_kW[TANK, 3] = discharge_kW[TANK, 8] = 10.0  # while the store does the opposite
    return SizingDesign(
        size_kW=np.array([200.0, 160.0, 0.0, 64.0]),
        capacity_kWh=np.array([64.0, 30.0]),
        heat_kW=heat_kW,
        is_on=heat_kW > 0.0,
        charge_kW=charge_kW,
        discharge_kW=discharge_kW,
        level_kWh=np.array([LEVEL_kWh, TANK_LEVEL_kWh], dtype=np.float64),
    )


def fitting(design: SizingDesign, **changes: Any) -> HeatProfile:
    """The profile whose demand a design of this plant meets."""
    supply_kW = design.heat_kW.sum(axis=0) + (design.discharge_kW - design.charge_kW).sum(axis=0)
    waste_kW = np.full(12, 100.0)
    values: dict[str, Any] = {"heat_demand_kW": supply_kW, "waste_heat_kW": waste_kW}
    return HeatProfile(step_h=0.5, **{**values, **changes})


def case() -> Case:
    """A valid design with profile and parameters."""
    return Case(fitting(design()), parameters(), design())


def changed(design: SizingDesign, field: str, place: Any, value: Any) -> SizingDesign:
    """Copy a design with some numbers of one array set, or given by a function of the old ones."""
    array = getattr(design, field).copy()
    array[place] = value(array[place]) if callable(value) else value
    return dataclasses.replace(design, **{field: array})


def one_boiler(heat_kW: Sequence[float], is_on: Sequence[bool] | None = None, **about: Any) -> Case:
    """A boiler of 100 kW alone, steps of half an hour, mean demand 50 kW."""
    boiler = Boiler(**{"largest_kW": 100, "load_changes_per_window": None, **about})
    heat = np.array([heat_kW], dtype=np.float64)
    design = SizingDesign(
        size_kW=np.array([100.0]),
        capacity_kWh=np.zeros(0),
        heat_kW=heat,
        is_on=heat > 0.0 if is_on is None else np.array([is_on]),
        charge_kW=np.zeros((0, len(heat_kW))),
        discharge_kW=np.zeros((0, len(heat_kW))),
        level_kWh=np.zeros((0, len(heat_kW) + 1)),
    )
    demand_kW = np.full(len(heat_kW), 50.0)
    profile = HeatProfile(step_h=0.5, heat_demand_kW=demand_kW, waste_heat_kW=0.0 * demand_kW)
    parameters = SizingParameters(heat_pumps=[], boilers=[boiler], stores=[])
    return Case(profile, parameters, design)


@st.composite
def cases(draw: DrawFn) -> Case:
    """Plants of any units with random operation: balanced, but for the rest valid by chance."""
    n_steps, step_h = draw(st.integers(2, 6)), draw(st.sampled_from([0.25, 0.5, 1.0]))
    n_units = [draw(st.integers(0, 2)) for _ in range(4)]
    if not sum(n_units[:3]):
        n_units[1] = 1
    share = st.floats(0.05, 1.0)

    def series(most: float) -> Floats:
        values = draw(st.lists(st.floats(0.0, most), min_size=n_steps, max_size=n_steps))
        return np.round(values, 3)

    plant_parameters = SizingParameters(
        plant=Plant(
            electricity_price_EUR_per_MWh=draw(st.floats(-50.0, 300.0)),
            gas_price_EUR_per_MWh=draw(st.floats(0.0, 100.0)),
            co2_price_EUR_per_t=draw(st.floats(0.0, 200.0)),
        ),
        heat_pumps=[
            HeatPump(name=f"pump {i}", cop=draw(st.floats(1.0, 8.0))) for i in range(n_units[0])
        ],
        boilers=[
            Boiler(name=f"boiler {i}", efficiency=draw(st.floats(0.5, 1.2)), lifetime_a=10 + i)
            for i in range(n_units[1])
        ],
        electric_boilers=[
            ElectricBoiler(name=f"rod {i}", efficiency=draw(share), existing_kW=100.0 * i)
            for i in range(n_units[2])
        ],
        stores=[
            Store(
                name=f"store {i}",
                charge_efficiency=draw(share),
                discharge_efficiency=draw(share),
                loss_per_h=draw(st.floats(0.0, 0.2)),
            )
            for i in range(n_units[3])
        ],
    )
    n_heat, n_stores = sum(n_units[:3]), n_units[3]
    heat_kW = np.array([series(1000.0) for _ in range(n_heat)])
    heat_kW[0] += 1.0
    charge_kW = np.array([series(0.5) * heat_kW.sum(axis=0) for _ in range(n_stores)])
    discharge_kW = np.array([series(500.0) for _ in range(n_stores)])
    charge_kW, discharge_kW = (x.reshape(n_stores, n_steps) for x in (charge_kW, discharge_kW))
    demand_kW = heat_kW.sum(axis=0) + discharge_kW.sum(axis=0) - charge_kW.sum(axis=0)
    profile = HeatProfile(
        step_h=step_h,
        heat_demand_kW=np.maximum(demand_kW, 0.0) + 1e-9,
        waste_heat_kW=series(1000.0),
        series={"electricity_price_EUR_per_MWh": series(300.0)} if draw(st.booleans()) else {},
    )
    random_design = SizingDesign(
        size_kW=heat_kW.max(axis=1),
        capacity_kWh=np.array([draw(st.floats(0.0, 1e4)) for _ in range(n_stores)]),
        heat_kW=heat_kW,
        is_on=heat_kW > 0.0,
        charge_kW=charge_kW,
        discharge_kW=discharge_kW,
        level_kWh=np.array([np.append(series(500.0), 0.0) for _ in range(n_stores)]).reshape(
            n_stores, n_steps + 1
        ),
    )
    return Case(profile, plant_parameters, random_design)
