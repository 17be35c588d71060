"""Sized plants without a search: for what shows results, not for what finds them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from milpcore.core import Status
from milpcore.sizing import (
    Boiler,
    HeatProfile,
    HeatPump,
    Plant,
    SizeRanges,
    SizingDesign,
    SizingOutcome,
    SizingParameters,
    SizingResult,
    Store,
    simulate,
)
from milpcore.sizing.range_table import COLUMNS
from milpcore.sizing.results import result_of

STEP_h = 0.5
DEMAND_kW = (100.0, 180.0, 60.0, 100.0, 120.0, 90.0)
WASTE_kW = (80.0, 70.0, 90.0, 60.0, 60.0, 50.0)
PUMP_kW = (40.0, 40.0, 40.0, 40.0, 0.0, 0.0)
BOILER_kW = (60.0, 80.0, 80.0, 60.0, 120.0, 90.0)
CHARGE_kW = (0.0, 0.0, 60.0, 0.0, 0.0, 0.0)
DISCHARGE_kW = (0.0, 60.0, 0.0, 0.0, 0.0, 0.0)
LEVEL_kWh = (60.0, 60.0, 30.0, 60.0, 60.0, 60.0, 60.0)


def small_parameters(**names: str) -> SizingParameters:
    """A heat pump, a boiler and a store without loss, which change load as they like."""
    free: dict[str, Any] = {"load_changes_per_window": None, "min_up_h": 0.0, "min_down_h": 0.0}
    return SizingParameters(
        plant=Plant(
            electricity_price_EUR_per_MWh=100,
            gas_price_EUR_per_MWh=45,
            co2_price_EUR_per_t=50,
            electricity_emission_t_per_MWh=0.4,
            gas_emission_t_per_MWh=0.2,
            cooling_water_price_EUR_per_MWh=4,
            interest_rate=0.0,
            lifetime_a=10,
            operating_hours_h_per_a=3000,
        ),
        heat_pumps=[
            HeatPump(
                name=names.get("pump", "heat_pump"), cop=2.0, investment_EUR_per_kW=500, **free
            )
        ],
        boilers=[
            Boiler(
                name=names.get("boiler", "boiler"), efficiency=0.9, investment_EUR_per_kW=60, **free
            )
        ],
        stores=[
            Store(
                name=names.get("store", "store"),
                investment_EUR_per_kWh=20,
                charge_efficiency=1,
                discharge_efficiency=1,
                loss_per_h=0,
                rate_per_h=0.5,
                start_end_share=0.5,
            )
        ],
    )


def small_result(
    status: Status = Status.OPTIMAL,
    parameters: SizingParameters | None = None,
    *,
    start_h: float = 0.0,
) -> SizingResult:
    """Three hours: the store gives off heat in the second step and is charged in the third."""
    parameters = small_parameters() if parameters is None else parameters
    profile = HeatProfile(
        step_h=STEP_h, heat_demand_kW=DEMAND_kW, waste_heat_kW=WASTE_kW, start_h=start_h
    )
    heat_kW = np.array([PUMP_kW, BOILER_kW])
    design = SizingDesign(
        size_kW=np.array([40.0, 120.0]),
        capacity_kWh=np.array([120.0]),
        heat_kW=heat_kW,
        is_on=heat_kW > 0.0,
        charge_kW=np.array([CHARGE_kW]),
        discharge_kW=np.array([DISCHARGE_kW]),
        level_kWh=np.array([LEVEL_kWh]),
    )
    return checked_result(profile, parameters, design, status)


def boiler_only(n_steps: int) -> SizingResult:
    """A boiler at a load that never changes; the pump and the store are not built."""
    parameters = small_parameters()
    profile = HeatProfile(
        step_h=0.25, heat_demand_kW=np.full(n_steps, 90.0), waste_heat_kW=np.zeros(n_steps)
    )
    design = SizingDesign(
        size_kW=np.array([0.0, 90.0]),
        capacity_kWh=np.array([0.0]),
        heat_kW=np.array([np.zeros(n_steps), np.full(n_steps, 90.0)]),
        is_on=np.array([np.zeros(n_steps, dtype=bool), np.ones(n_steps, dtype=bool)]),
        charge_kW=np.zeros((1, n_steps)),
        discharge_kW=np.zeros((1, n_steps)),
        level_kWh=np.zeros((1, n_steps + 1)),
    )
    return checked_result(profile, parameters, design, Status.OPTIMAL)


def checked_result(
    profile: HeatProfile, parameters: SizingParameters, design: SizingDesign, status: Status
) -> SizingResult:
    """Put a valid design in tables, with a bound 1 % below its cost."""
    tac = simulate(profile, parameters, design).tac_EUR_per_a
    outcome = SizingOutcome(status, design, tac, 0.99 * tac, 7, "as made up")
    return result_of(profile, parameters, outcome, model="made_up", solve_s=1.25)


def no_result(status: Status, bound_EUR_per_a: float, message: str) -> SizingResult:
    """No plant."""
    made = small_result()
    outcome = SizingOutcome(status, None, math.nan, bound_EUR_per_a, 7, message)
    return result_of(made.profile, made.parameters, outcome, model="made_up", solve_s=1.25)


def small_ranges(result: SizingResult, *, within_share: float = 1e-3, **_: Any) -> SizeRanges:
    """Ranges made up: 5 and 10 % below, 20 and 30 % above the sizes."""
    table = result.sizes[["name", "unit", "size"]].copy()
    for name, factor in (
        ("proven_least", 0.9),
        ("found_least", 0.95),
        ("found_most", 1.2),
        ("proven_most", 1.3),
    ):
        table[name] = factor * table["size"]
    return SizeRanges(table[list(COLUMNS)], within_share)
