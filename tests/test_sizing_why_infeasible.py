"""Where no operation meets the demand, the message names the cause, the step and the heat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from milpcore.core import Status
from milpcore.sizing import (
    Boiler,
    HeatProfile,
    HeatPump,
    SizingParameters,
    Store,
    prepare,
    size_plant,
)
from milpcore.sizing.why_infeasible import UNKNOWN, why_infeasible

FREE: dict[str, Any] = {"load_changes_per_window": None, "min_up_h": 0, "min_down_h": 0}


def said(demand_kW: list[float], waste_kW: float, **units: Any) -> str:
    """Size a plant that cannot be, and return what is said of it."""
    profile = HeatProfile(
        step_h=0.25, heat_demand_kW=demand_kW, waste_heat_kW=[waste_kW] * len(demand_kW)
    )
    plant = {"heat_pumps": [], "boilers": [], "stores": [], **units}
    result = size_plant(profile, SizingParameters(**plant))
    assert (result.status, result.design) == (Status.INFEASIBLE, None)
    start = "no operation meets the demand in every step: "
    assert result.message.startswith(start)
    return result.message.removeprefix(start)


def test_missing_waste_heat_is_named_with_step_and_kW() -> None:
    pump = HeatPump(cop=2, **FREE)
    assert said([80, 120, 100, 110], 50, heat_pumps=[pump]) == (
        "waste heat is missing; in step 1 (0.25 h) 20 of 120 kW cannot be delivered with 50 kW of "
        "waste heat; in all 7.5 kWh in 2 of 4 steps; more waste heat, a higher COP, or a unit that "
        "needs none may help"
    )
    text = said([80, 120, 100, 110], 50, heat_pumps=[pump], stores=[Store(largest_kWh=1)])
    assert text.startswith("waste heat is missing; in step 1 (0.25 h) ")


def test_units_that_are_too_small_are_named() -> None:
    old = Boiler(existing_kW=90, **FREE)
    assert said([80, 120, 100, 90], 0, boilers=[old]) == (
        "the units are too small; in step 1 (0.25 h) 30 of 120 kW cannot be delivered; in all 10 "
        "kWh in 2 of 4 steps; a larger limit of size or a further unit may help"
    )
    small = HeatPump(cop=2, largest_kW=20, **FREE)
    text = said([80, 120], 50, boilers=[old], heat_pumps=[small])
    assert text.startswith("the units are too small; in step 1 (0.25 h) 10 of 120 kW")


def test_several_causes_at_once_are_no_single_one() -> None:
    pump = HeatPump(cop=2, largest_kW=110, **FREE)
    text = said([120, 120], 50, heat_pumps=[pump])
    assert text.startswith("heat is missing; in step 0 (0 h) 20 of 120 kW")
    assert text.endswith(UNKNOWN)


def test_stores_that_are_too_small_are_named() -> None:
    """The pump has waste heat for 160 kW in all, but not when the demand is there."""
    tank = Store(
        existing_kWh=1,
        charge_efficiency=1,
        discharge_efficiency=1,
        loss_per_h=0,
        rate_per_h=4,
        start_end_share=None,
    )
    pump = HeatPump(cop=2, **FREE)
    text = said([50, 110, 50, 50], 40, heat_pumps=[pump], stores=[tank])
    assert text.startswith("waste heat is missing; in step 1 (0.25 h)")
    both = said(
        [50, 110, 50, 50],
        40,
        heat_pumps=[pump.replace(largest_kW=80)],
        stores=[tank],
    )
    assert both.startswith("the stores are too small; in step 1 (0.25 h)")


def test_loads_that_windows_hold_are_named() -> None:
    boiler = Boiler(load_changes_per_window=1, window_h=1, min_up_h=0, min_down_h=0)
    text = said([100.0, 60.0] * 6, 0, boilers=[boiler])
    assert text.startswith("heat is missing where loads are held over their windows; in step ")
    assert " 40 of 100 kW cannot be delivered" in text


def test_swings_between_load_changes_are_named() -> None:
    """A window cut by the start or the end allows each load alone, but not all of them."""
    boiler = Boiler(load_changes_per_window=1, window_h=1, min_up_h=0, min_down_h=0)
    pump = HeatPump(cop=2, existing_kW=10, **FREE)
    assert said([100, 60, 100], 50, boilers=[boiler], heat_pumps=[pump]) == (
        "between the load changes that boiler may make the demand swings by at least 40 kW, of "
        "which stores and other units take 10; a larger store, more load changes or a shorter "
        "window may help"
    )


def test_without_a_cause_it_says_what_may_help() -> None:
    boiler = Boiler(existing_kW=100, minimum_load=0.5, **FREE)
    assert said([40, 40], 0, boilers=[boiler]) == UNKNOWN


def test_without_time_it_names_no_cause() -> None:
    profile = HeatProfile(step_h=1.0, heat_demand_kW=[80, 120], waste_heat_kW=[50, 50])
    plant = SizingParameters(heat_pumps=[HeatPump(cop=2, **FREE)], boilers=[], stores=[])
    inputs = prepare(profile, plant)
    assert "waste heat is missing" in why_infeasible(inputs)
    assert why_infeasible(inputs, seconds_left=lambda: 0.0).endswith(UNKNOWN)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_missing_is_what_each_step_lacks_without_stores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    demand = rng.integers(50, 150, 5).astype(float)
    waste = rng.integers(10, 60, 5).astype(float)
    profile = HeatProfile(step_h=1.0, heat_demand_kW=demand, waste_heat_kW=waste)
    plant = SizingParameters(
        heat_pumps=[HeatPump(cop=2, **FREE)], boilers=[Boiler(existing_kW=20, **FREE)], stores=[]
    )
    lacks = np.maximum(demand - 20.0 - 2.0 * waste, 0.0)
    text = why_infeasible(prepare(profile, plant))
    if lacks.max() > 0.0:
        step = int(np.argmax(lacks))
        assert f"in step {step} ({step} h) {lacks[step]:.6g} of {demand[step]:.6g} kW" in text
        assert f"{lacks.sum():.6g} kWh in {int((lacks > 0).sum())} of 5 steps" in text
    else:
        assert text.endswith(UNKNOWN)
