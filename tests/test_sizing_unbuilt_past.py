"""A unit that is not built has no past; one that is built is bound by all of it.

In the model (every formulation, its bounds and its starts), in the enumeration and in the check.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers_sizing_enumeration import Least, least_tac
from helpers_sizing_tiny import assert_valid
from hypothesis import given, settings

from milpcore.core import Problem, Status, solve
from milpcore.sizing import (
    COMMITMENTS,
    Boiler,
    HeatProfile,
    HeatPump,
    InitialState,
    SizingDesign,
    SizingModel,
    SizingParameters,
    check,
    prepare,
    size_plant,
    size_ranges,
)
from milpcore.sizing.caps import caps
from milpcore.sizing.hull_bound import hull_bound
from milpcore.sizing.inputs import ALWAYS
from milpcore.sizing.model import build
from milpcore.sizing.plateau_hull import can_be_held
from milpcore.sizing.start import first_solution

STEP_h = 0.25
MODELS = [
    SizingModel(commitment, size_cuts=cuts, window_limits=cuts)
    for commitment in COMMITMENTS
    for cuts in (True, False)
]


def profile(demand_kW: list[float], waste_heat_kW: float = 200.0) -> HeatProfile:
    waste_kW = [waste_heat_kW] * len(demand_kW)
    return HeatProfile(step_h=STEP_h, heat_demand_kW=demand_kW, waste_heat_kW=waste_kW)


def plant(boiler: Boiler, **changes: Any) -> SizingParameters:
    """A pump that stands already and needs no boiler, without rules of time, and a boiler."""
    values: dict[str, Any] = {
        "existing_kW": 250,
        "cop": 4,
        "minimum_load": 0.1,
        "min_up_h": 0,
        "min_down_h": 0,
        "load_changes_per_window": None,
    }
    return SizingParameters(
        heat_pumps=[HeatPump(**{**values, **changes})], boilers=[boiler], stores=[]
    )


def running(hours_h: float = 0.0, load_kW: float = 50.0) -> InitialState:
    return InitialState(is_on=load_kW > 0.0, load_kW=load_kW, hours_in_state_h=hours_h)


def boiler(**changes: Any) -> Boiler:
    values: dict[str, Any] = {
        "min_up_h": 0,
        "min_down_h": 0,
        "minimum_load": 0.2,
        "load_changes_per_window": 1,
        "window_h": 2,
        "initial": running(),
    }
    return Boiler(**{**values, **changes})


def solved(demand: HeatProfile, parameters: SizingParameters, model: SizingModel) -> Least | None:
    """Compare a formulation with the enumeration at gap 0; the latter, None if refused."""
    inputs = prepare(demand, parameters)
    if model.commitment.refusal(inputs) is not None:
        return None
    least = least_tac(demand, parameters)
    result = size_plant(demand, parameters, model=model, mip_rel_gap=0.0)
    if least.design is None:
        assert result.status is Status.INFEASIBLE
        return least
    assert result.status is Status.OPTIMAL
    assert result.design is not None
    tac = least.tac_EUR_per_a
    assert result.tac_EUR_per_a == pytest.approx(tac, rel=1e-7)
    assert result.bound_EUR_per_a <= tac + 1e-7 * abs(tac)
    for design in (result.design, least.design):
        assert check(demand, parameters, design) == ()
        assert_valid(design, demand, parameters, tolerance_kW=1e-6 * demand.heat_demand_kW.mean())
    return least


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_boiler_that_ran_need_not_be_built(model: SizingModel) -> None:
    for demand_kW in (100.0, 40.0):  # 40 kW are less than its load before
        demand = profile([demand_kW] * 4)
        least = solved(demand, plant(boiler()), model)
        assert least is not None
        assert least.design is not None
        assert least.design.size_kW.tolist() == [250.0, 0.0]
        without = least_tac(demand, plant(boiler(largest_kW=50, initial=None)))
        assert least.tac_EUR_per_a == pytest.approx(without.tac_EUR_per_a)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_boiler_that_must_be_built_or_exists_goes_on(model: SizingModel) -> None:
    demand = profile([100.0] * 4)
    for about in ({"smallest_kW": 20, "is_optional": False}, {"existing_kW": 100}):
        least = solved(demand, plant(boiler(**about)), model)
        assert least is not None
        assert least.design is not None
        np.testing.assert_allclose(least.design.heat_kW[1], 50.0)
    least = solved(profile([40.0] * 4), plant(boiler(existing_kW=100)), model)
    assert least is not None
    assert least.design is None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_boiler_that_is_needed_keeps_the_load_before(model: SizingModel) -> None:
    """The pump alone has too little waste heat in the last two steps."""
    demand = profile([150.0, 150.0, 200.0, 200.0], waste_heat_kW=120.0)
    least = solved(demand, plant(boiler(window_h=0.5)), model)
    assert least is not None
    assert least.design is not None
    heat_kW = least.design.heat_kW[1]
    np.testing.assert_allclose(heat_kW[:2], 50.0)
    assert least.design.size_kW[1] > 0.0
    free = least_tac(demand, plant(boiler(window_h=0.5, initial=None)))
    assert least.tac_EUR_per_a > free.tac_EUR_per_a * (1.0 + 1e-6)


def drawn(number: int) -> tuple[HeatProfile, SizingParameters]:
    """Draw a plant whose boiler has a past that counts, and is needed in about half of them."""
    rng = np.random.default_rng([31, number])
    demand = profile(
        rng.choice([40.0, 60.0, 100.0, 160.0], 4).tolist(), float(rng.choice([50, 200, 200]))
    )
    load_kW = float(rng.choice([0.0, 30.0, 60.0], p=[0.3, 0.35, 0.35]))
    about: dict[str, Any] = {
        "minimum_load": float(rng.choice([0.0, 0.3])),
        "min_up_h": STEP_h * int(rng.integers(4)),
        "min_down_h": STEP_h * int(rng.integers(4)),
        "window_h": STEP_h * int(rng.integers(1, 5)),
        "load_changes_per_window": int(rng.choice([1, 1, 2])),
        "smallest_kW": float(rng.choice([0.0, 40.0])),
        "is_optional": bool(rng.random() < 0.7),
        "investment_EUR_per_kW": float(rng.choice([20.0, 200.0])),
        "initial": InitialState(
            is_on=load_kW > 0.0 or rng.random() < 0.3,
            load_kW=load_kW,
            hours_in_state_h=STEP_h * int(rng.integers(4)),
        ),
    }
    return demand, plant(boiler(**about), cop=float(rng.choice([1.5, 4.0, 4.0])))


@pytest.mark.parametrize("commitment", COMMITMENTS, ids=lambda one: one.name)
def test_formulations_reach_the_enumerated_tac_whatever_the_past(commitment: Any) -> None:
    built = {True: 0, False: 0}
    for number in range(24):
        demand, parameters = drawn(number)
        least = solved(demand, parameters, SizingModel(commitment))
        if least is not None and least.design is not None:
            built[bool(least.design.size_kW[1] > 0.0)] += 1
    assert min(built.values()) >= 4


def test_the_bound_of_plateaus_and_starts_hold_for_units_not_built() -> None:
    held = 0
    left_out = [(profile([demand_kW] * 4), plant(boiler())) for demand_kW in (100.0, 40.0)]
    for demand, parameters in [*left_out, *map(drawn, range(24))]:
        inputs = prepare(demand, parameters)
        limits = caps(inputs, np.zeros(0))
        least = least_tac(demand, parameters).tac_EUR_per_a / inputs.cost_scale_EUR_per_a
        start = first_solution(inputs, build(inputs, SizingModel(), limits), limits)
        assert start is None or start.objective >= least - 1e-6 * abs(least)
        if can_be_held(inputs, 1) and np.isfinite(least):
            assert hull_bound(inputs, limits, 1).bound <= least + 1e-6 * abs(least)
            held += int(inputs.units.is_held_if_built[1])
    assert held >= 3


def test_a_start_leaves_out_a_unit_whose_past_fits_no_schedule() -> None:
    demand, parameters = profile([40.0] * 4), plant(boiler())
    inputs = prepare(demand, parameters)
    limits = caps(inputs, np.zeros(0))
    start = first_solution(inputs, build(inputs, SizingModel(), limits), limits)
    assert start is not None
    assert start.values["size"][1] == 0.0


def test_ranges_begin_with_a_design_without_the_unit() -> None:
    result = size_plant(profile([100.0] * 4), plant(boiler()), mip_rel_gap=0.0)
    table = size_ranges(result, within_share=0.5, time_limit_s=20.0).table.set_index("name")
    row = table.loc["boiler"]
    assert (row["proven_least"], row["found_least"]) == (0.0, 0.0)
    assert row["found_most"] >= 50.0  # at the load before, or with a change after the window


def test_only_where_a_window_holds_a_load_there_is_a_choice() -> None:
    for about, has_choice in (
        ({}, True),
        ({"is_optional": False}, True),  # size 0 all the same
        ({"is_optional": False, "smallest_kW": 20}, False),
        ({"existing_kW": 100}, False),
        ({"initial": running(2.0)}, False),
        ({"initial": running(load_kW=0.0)}, False),
        ({"initial": None}, False),
        ({"load_changes_per_window": 2}, False),
        ({"load_changes_per_window": None}, False),
    ):
        inputs = prepare(profile([100.0] * 4), plant(boiler(**about)))
        assert inputs.units.is_held_if_built.tolist() == [False, has_choice], about
        problem = build(inputs, SizingModel(), caps(inputs, np.zeros(0)))
        assert problem.column_blocks["has_size"].size == int(has_choice), about
    assert ALWAYS < 0


# ---- what the check accepts is what the model can represent --------------------------------------


@st.composite
def operations(draw: st.DrawFn) -> tuple[HeatProfile, SizingParameters, SizingDesign]:
    """A course of the boiler, right or wrong; the pump makes the rest of the demand."""
    n_steps = draw(st.integers(2, 5))
    size_kW = draw(st.sampled_from([0.0, 0.0, 50.0, 80.0]))
    states = draw(st.lists(st.booleans(), min_size=n_steps, max_size=n_steps))
    loads = draw(st.lists(st.sampled_from([20.0, 50.0]), min_size=n_steps, max_size=n_steps))
    load_kW = draw(st.sampled_from([0.0, 20.0, 50.0]))
    steps = st.integers(0, 3)
    state = InitialState(
        is_on=load_kW > 0.0 or draw(st.booleans()),
        load_kW=load_kW,
        hours_in_state_h=STEP_h * draw(steps),
    )
    unit = boiler(
        minimum_load=draw(st.sampled_from([0.0, 0.2])),
        min_up_h=STEP_h * draw(steps),
        min_down_h=STEP_h * draw(steps),
        window_h=STEP_h * draw(st.integers(1, 4)),
        load_changes_per_window=draw(st.sampled_from([1, 1, 2, None])),
        initial=draw(st.sampled_from([state, state, None])),
    )
    is_on = np.array(states) & (size_kW > 0.0)
    heat_kW = np.where(is_on, loads, 0.0)
    design = SizingDesign(
        size_kW=np.array([250.0, size_kW]),
        capacity_kWh=np.zeros(0),
        heat_kW=np.array([100.0 - heat_kW, heat_kW]),
        is_on=np.array([np.ones(n_steps, dtype=bool), is_on]),
        charge_kW=np.zeros((0, n_steps)),
        discharge_kW=np.zeros((0, n_steps)),
        level_kWh=np.zeros((0, n_steps + 1)),
    )
    return profile([100.0] * n_steps), plant(unit), design


def represents(problem: Problem, design: SizingDesign, scale_kW: float) -> bool:
    """Whether a solution has these sizes and loads, and states of the boiler if it is built."""
    lower, upper = problem.column_lower.copy(), problem.column_upper.copy()
    blocks = problem.column_blocks
    given_values = [
        (blocks["size"], design.size_kW / scale_kW),
        (blocks["heat"], design.heat_kW / scale_kW),
    ]
    if design.size_kW[1] > 0.0:
        given_values.append((blocks["is_on"][1], design.is_on[1].astype(float)))
    for columns, values in given_values:
        if np.any(values < lower[columns] - 1e-9) or np.any(values > upper[columns] + 1e-9):
            return False
        lower[columns] = upper[columns] = values
    return solve(
        replace(problem, column_lower=lower, column_upper=upper), presolve=False
    ).has_incumbent


@settings(max_examples=120, deadline=None)
@given(operations())
def test_the_model_represents_what_the_check_accepts(
    case: tuple[HeatProfile, SizingParameters, SizingDesign],
) -> None:
    demand, parameters, design = case
    inputs = prepare(demand, parameters)
    if inputs.units.is_always_on[1] and design.size_kW[1] > 0.0:
        design = replace(design, is_on=np.ones_like(design.is_on))  # the model has no other state
    is_valid = check(demand, parameters, design) == ()
    limits = caps(inputs, np.zeros(0)).within(np.array([250.0, 80.0]))
    limits = replace(limits, size_kW=np.array([250.0, 80.0]))
    for commitment in COMMITMENTS:
        if commitment.refusal(inputs) is None:
            problem = build(inputs, SizingModel(commitment), limits)
            found = represents(problem, design, inputs.heat_scale_kW)
            assert found == is_valid, commitment.name
