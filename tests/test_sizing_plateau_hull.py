"""The relaxation in which a unit's plateaus carry all sizes: valid, tight, and what it leads to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_sizing_tiny import tiny_case

from milpcore import sizing
from milpcore.core import Status, lp_bound, solve, solve_lp
from milpcore.sizing import solve as search
from milpcore.sizing.caps import Caps, caps
from milpcore.sizing.hull_bound import (
    HullBound,
    hull_bound,
    nearest_path,
    unit_to_hold,
    with_plateaus,
)
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.no_commitment import NoCommitment
from milpcore.sizing.plateau_hull import can_be_held, useful_plateaus
from milpcore.sizing.plateau_path import Plateaus, plateaus
from milpcore.sizing.size_limits import wide_capacities

CASES = range(18)
MORE = range(18, 54)


def limits_of(inputs: sizing.SizingInputs, capacity_kWh: float | None = None) -> Caps:
    capacity = wide_capacities(inputs) if capacity_kWh is None else np.array([capacity_kWh])
    return caps(inputs, capacity)


def held_units(inputs: sizing.SizingInputs) -> list[int]:
    return [unit for unit in range(inputs.n_units) if can_be_held(inputs, unit)]


@pytest.mark.parametrize(
    "number", [*CASES, *(pytest.param(number, marks=pytest.mark.slow) for number in MORE)]
)
def test_the_copies_cut_off_no_design(number: int) -> None:
    """At gap 0 the model with copies has the optimum that the plain model has."""
    case = tiny_case(number)
    plain = sizing.size_plant(case.profile, case.parameters, mip_rel_gap=0.0)
    inputs = sizing.prepare(case.profile, case.parameters)
    for unit in held_units(inputs):
        model = SizingModel(held_units=(unit,))
        result = sizing.size_plant(case.profile, case.parameters, model=model, mip_rel_gap=0.0)
        assert result.status is plain.status, case.label
        if plain.design is None:
            continue
        same = pytest.approx(plain.tac_EUR_per_a, rel=1e-7, abs=1e-3)
        assert result.tac_EUR_per_a == same, case.label
        z = plain.tac_EUR_per_a / inputs.cost_scale_EUR_per_a
        limits = caps(inputs, np.maximum(plain.design.capacity_kWh, wide_capacities(inputs)))
        bound = hull_bound(inputs, limits, unit).bound
        assert bound <= z + 1e-6 * abs(z) + 1e-9, case.label


def test_cases_hold_units_of_all_kinds() -> None:
    """Given states among them, or the test above would say little."""
    held = [
        (inputs, unit)
        for inputs in (sizing.prepare(*tiny_case(number)[2:]) for number in CASES)
        for unit in held_units(inputs)
    ]
    assert len(held) >= 8
    assert any(inputs.units.has_past[unit] for inputs, unit in held)
    assert any(inputs.units.was_on[unit] for inputs, unit in held)
    assert any(inputs.n_stores == 2 for inputs, _ in held)
    assert any(np.sum(inputs.units.source_share.max(axis=1) > 0.0) == 2 for inputs, _ in held)


@pytest.mark.parametrize("name", ["A", "C"])
def test_most_of_the_gap_goes_where_the_boiler_makes_most_of_the_heat(name: str) -> None:
    case = sizing.benchmark_scenario(name, deviation_share=0.3, seed=2, n_steps=20)
    result = sizing.size_plant(*case, mip_rel_gap=1e-6)
    inputs = sizing.prepare(*case)
    z = result.tac_EUR_per_a / inputs.cost_scale_EUR_per_a
    limits = limits_of(inputs)
    plain = z - solve_lp(build(inputs, SizingModel(), limits).relaxed()).objective
    held = z - hull_bound(inputs, limits, 1).bound
    assert held + 1e-7 * z >= 0.0
    assert held < 0.35 * plain


def test_the_bound_is_that_of_the_linear_program() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("C", deviation_share=0.3, n_steps=16))
    limits = limits_of(inputs)
    problem = build(inputs, SizingModel(NoCommitment(), held_units=(1,)), limits).relaxed()
    exact = solve_lp(problem).objective
    assert hull_bound(inputs, limits, 1).bound == pytest.approx(exact, rel=1e-6)
    assert hull_bound(inputs, limits, 1).bound <= exact + 1e-9 * abs(exact)
    assert lp_bound(problem).bound == hull_bound(inputs, limits, 1).bound


def test_lower_limits_of_sizes_count_on_every_plateau() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("C", deviation_share=0.3, n_steps=16))
    limits = limits_of(inputs)
    large = replace(limits, least_size_kW=np.array([300.0, 0.0]))
    model = SizingModel(NoCommitment(), held_units=(1,))
    solution = solve_lp(build(inputs, model, large).relaxed())
    used, size = solution.values["hull_plateau_1"], solution.values["hull_size_1"]
    assert np.any((used > 0.01) & (used < 0.99))
    assert np.all(size[0] >= 300.0 / inputs.heat_scale_kW * used - 1e-6)
    assert hull_bound(inputs, large, 1).bound > hull_bound(inputs, limits, 1).bound + 0.01


def test_plateaus_on_which_the_demand_cannot_be_met_are_left_out() -> None:
    demand = [100.0] * 4 + [500.0] * 4
    profile = sizing.HeatProfile(step_h=0.25, heat_demand_kW=demand, waste_heat_kW=[0.0] * 8)
    inputs = sizing.prepare(profile, sizing.benchmark_scenario("A").parameters)
    limits = limits_of(inputs, 100.0)
    pump = replace(limits, load_kW=np.array([[0.0] * 8, [600.0] * 8]))
    kept = useful_plateaus(inputs, pump, 1)
    assert len(kept.first) < len(plateaus(inputs, 1).first)
    # A store of 100 kWh moves 30 kW: no plateau spans the rise of 400 kW.
    assert not np.any((kept.first < 4) & (kept.end > 4))
    assert set(kept.end[kept.first < 4]) >= {4}


def test_the_nearest_path_covers_the_horizon() -> None:
    arcs = Plateaus(np.array([0, 1]), np.array([1, 3]), np.zeros(2, dtype=np.int64))
    assert nearest_path(arcs, np.array([1.0, 0.0]), 4) is None
    assert nearest_path(arcs, np.array([1.0, 0.0]), 3).tolist() == [True, True, False]
    goes_on = Plateaus(np.array([0, 1]), np.array([1, 3]), np.array([1, 0]))
    assert nearest_path(goes_on, np.ones(2), 3).tolist() == [False, True, False]


def test_loads_change_where_plateaus_begin_only() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("A", deviation_share=0.3, n_steps=16))
    problem = build(inputs, SizingModel(), limits_of(inputs))
    border = np.zeros(16, dtype=bool)
    border[[0, 5, 11]] = True
    near = solve(with_plateaus(problem, 1, border), mip_rel_gap=1e-4)
    assert near.status is Status.OPTIMAL
    boiler_kW = near.values["heat"][1]
    changed = np.flatnonzero(np.abs(np.diff(boiler_kW)) > 1e-6) + 1
    assert set(changed) <= {5, 11}
    assert changed.size > 0
    assert near.objective >= solve(problem, mip_rel_gap=1e-5).bound


def test_a_unit_is_held_only_if_it_makes_most_of_the_heat_and_runs() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("C", n_steps=12))
    problem = build(inputs, SizingModel(), limits_of(inputs))
    solution = solve(problem, mip_rel_gap=1e-3)
    values = {name: np.array(value) for name, value in solution.values.items()}
    values["heat"] = np.array([np.full(12, 1.0), np.full(12, 9.0)])
    values["is_on"] = np.ones((2, 12))
    assert unit_to_hold(inputs, replace(solution, values=values)) == 1
    values["heat"] = values["heat"][::-1]
    assert unit_to_hold(inputs, replace(solution, values=values)) == 0
    values["is_on"][0, :3] = 0.0
    assert unit_to_hold(inputs, replace(solution, values=values)) is None
    given = inputs.parameters
    boiler = replace(given.boilers[0], load_changes_per_window=None)
    pump = replace(given.heat_pumps[0], load_changes_per_window=None)
    free = replace(given, boilers=(boiler,), heat_pumps=(pump,))
    unlimited = sizing.prepare(inputs.profile, free)
    values["is_on"] = np.ones((2, 12))
    assert unit_to_hold(unlimited, replace(solution, values=values)) is None
    with pytest.raises(ValueError, match="unit 1 may change its load more than once"):
        build(unlimited, SizingModel(held_units=(1,)), limits_of(unlimited))


def test_plateaus_leave_time_to_the_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def unfinished(
        inputs: sizing.SizingInputs, limits: Caps, unit: int, *, time_limit_s: float
    ) -> HullBound:
        del inputs, limits, unit
        asked.append(time_limit_s)
        return HullBound(-np.inf, None)

    monkeypatch.setattr(search, "hull_bound", unfinished)
    case = sizing.benchmark_scenario("A", deviation_share=0.15, seed=1, n_steps=16)
    result = sizing.size_plant(*case, mip_rel_gap=1e-5, time_limit_s=600.0)
    assert result.status is Status.OPTIMAL
    assert len(asked) == 1
    assert asked[0] <= 0.5 * 600.0


def test_the_search_ends_with_the_bound_of_the_plateaus() -> None:
    case = sizing.benchmark_scenario("A", deviation_share=0.15, seed=1, n_steps=48)
    result = sizing.size_plant(*case, mip_rel_gap=1e-3)
    assert result.status is Status.OPTIMAL
    assert result.summary["n_nodes"].iloc[0] == 0
    assert result.gap <= 1e-3
