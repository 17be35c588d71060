"""Formulations of model B side by side: bounds, dominance, sizes shared, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from helpers_sizing_tiny import tiny_case

from milpcore import sizing
from milpcore.core import Solution, Status, solve, solve_lp
from milpcore.faults import InputError
from milpcore.sizing import MODELS, BigM, EveryStep, PlateauPath, SizingModel, ThreeBinary
from milpcore.sizing.caps import caps
from milpcore.sizing.comparison import _size_limits
from milpcore.sizing.model import StoreStep, WhereNeeded, build
from milpcore.sizing.no_commitment import NoCommitment, without_caps
from milpcore.sizing.read import at_once, design_of, one_way
from milpcore.sizing.size_cuts import ranges_kW
from milpcore.sizing.size_limits import largest_sizes, wide_capacities
from milpcore.sizing.solver import solve_milp

STEPS = 14


@pytest.fixture(scope="module", params=["A", "B", "C"])
def scenario(request: pytest.FixtureRequest) -> sizing.SizingInputs:
    case = sizing.benchmark_scenario(request.param, deviation_share=0.3, seed=1, n_steps=STEPS)
    return sizing.prepare(*case)


def relaxation(inputs: sizing.SizingInputs, model: SizingModel, capacity_kWh: float) -> float:
    limits = caps(inputs, np.array([capacity_kWh]), window_limits=model.window_limits)
    solution = solve_lp(build(inputs, model, limits).relaxed())
    assert solution.status is Status.OPTIMAL
    return solution.objective * inputs.cost_scale_EUR_per_a


def test_relaxations_are_ordered(scenario: sizing.SizingInputs) -> None:
    optimum = sizing.size_plant(scenario.profile, scenario.parameters, mip_rel_gap=1e-6)
    assert optimum.status is Status.OPTIMAL
    least = {model.name: relaxation(scenario, model, 5000.0) for model in MODELS}
    slack = 1e-7 * optimum.tac_EUR_per_a
    for bound in least.values():
        assert bound <= optimum.tac_EUR_per_a + slack
    plain = SizingModel(exclusivity=EveryStep(), size_cuts=False, window_limits=False)
    for model in MODELS:
        assert least[model.name] >= least[plain.name] - slack
    for tighter in (ThreeBinary(), PlateauPath()):
        model = SizingModel(commitment=tighter)
        assert least[model.name] >= least[SizingModel().name] - slack
    energy_only = SizingModel(NoCommitment(), size_cuts=False)
    energy = solve_lp(build(scenario, energy_only, without_caps(scenario)).relaxed())
    assert energy.objective * scenario.cost_scale_EUR_per_a <= min(least.values()) + slack


def test_the_parts_change_the_relaxation() -> None:
    # On a day with large swings every part tightens something: none is there for nothing.
    inputs = sizing.prepare(*sizing.benchmark_scenario("B", deviation_share=0.4, seed=1))
    whole = relaxation(inputs, SizingModel(), 5000.0)
    assert relaxation(inputs, SizingModel(window_limits=False), 5000.0) < 0.999 * whole
    inputs = sizing.prepare(*sizing.benchmark_scenario("A", deviation_share=0.15, seed=1))
    whole = relaxation(inputs, SizingModel(), 2000.0)
    assert relaxation(inputs, SizingModel(size_cuts=False), 2000.0) < 0.999 * whole


def test_with_fixed_sizes_every_formulation_reaches_the_same_cost(
    scenario: sizing.SizingInputs,
) -> None:
    best = sizing.size_plant(scenario.profile, scenario.parameters, mip_rel_gap=1e-6)
    assert best.design is not None
    costs = []
    for commitment in sizing.COMMITMENTS:
        limits = caps(scenario, np.array([5000.0]))
        problem = build(scenario, SizingModel(commitment=commitment), limits)
        scale = scenario.heat_scale_kW
        fixed = problem.fixed("size", best.design.size_kW / scale).fixed(
            "capacity", best.design.capacity_kWh / scale
        )
        solution = solve(fixed, mip_rel_gap=1e-7)
        assert solution.status is Status.OPTIMAL
        costs.append(solution.objective * scenario.cost_scale_EUR_per_a)
    assert np.ptp(costs) <= 1e-6 * costs[0]


@pytest.mark.parametrize("commitment", sizing.COMMITMENTS, ids=lambda one: one.name)
def test_formulations_accept_each_others_states(
    commitment: sizing.BigM, scenario: sizing.SizingInputs
) -> None:
    limits = caps(scenario, np.array([5000.0]))
    own = build(scenario, SizingModel(commitment=commitment), limits)
    solution = solve(own, mip_rel_gap=1e-3)
    for other in sizing.COMMITMENTS:
        problem = build(scenario, SizingModel(commitment=other), limits)
        problem = problem.fixed("is_on", np.round(solution.values["is_on"]))
        again = solve(problem, mip_rel_gap=1e-3)
        assert again.status is Status.OPTIMAL
        assert again.bound <= solution.objective * (1.0 + 1e-6)
        assert solution.bound <= again.objective * (1.0 + 1e-6)


def test_plateau_path_names_what_to_use_where_loads_are_free() -> None:
    boiler = sizing.Boiler(load_changes_per_window=None)
    parameters = sizing.SizingParameters(heat_pumps=[], boilers=[boiler])
    profile = sizing.HeatProfile(step_h=1, heat_demand_kW=[5, 6], waste_heat_kW=[0, 0])
    model = SizingModel(commitment=PlateauPath())
    with pytest.raises(ValueError, match=r"plateau_path: no unit is limited .* use BigM"):
        sizing.size_plant(profile, parameters, model=model)


def test_ranges_ask_for_the_store_that_the_optimum_has() -> None:
    # One boiler, no pump: the store must take half the range that the best plateaus leave.
    store = sizing.Store(loss_per_h=0.0, charge_efficiency=1.0, discharge_efficiency=1.0)
    boiler = sizing.Boiler(min_up_h=0, min_down_h=0, minimum_load=0.0)
    parameters = sizing.SizingParameters(heat_pumps=[], boilers=[boiler], stores=[store])
    demand = [100.0, 400.0, 100.0, 400.0] * 3
    profile = sizing.HeatProfile(step_h=0.25, heat_demand_kW=demand, waste_heat_kW=[0.0] * 12)
    inputs = sizing.prepare(profile, parameters)
    assert ranges_kW(inputs) == [([0], 300.0)]
    result = sizing.size_plant(profile, parameters, mip_rel_gap=1e-6)
    assert result.design is not None
    assert result.design.capacity_kWh[0] == pytest.approx(300.0 / 2 / store.rate_per_h)


@pytest.mark.parametrize("number", range(18))
def test_no_design_of_that_cost_lies_outside_of_the_limits(number: int) -> None:
    case = tiny_case(number)
    inputs = sizing.prepare(case.profile, case.parameters)
    result = sizing.size_plant(case.profile, case.parameters, mip_rel_gap=0.0)
    if result.design is None:
        return
    limits = caps(inputs, 1000.0 * wide_capacities(inputs))
    problem = build(inputs, SizingModel(), limits)
    cost = result.tac_EUR_per_a / inputs.cost_scale_EUR_per_a
    most = largest_sizes(problem, cost + 1e-9 * abs(cost))
    scale = inputs.heat_scale_kW
    assert np.all(result.design.size_kW <= most["size"] * scale * (1 + 1e-6) + 1e-6)
    assert np.all(result.design.capacity_kWh <= most["capacity"] * scale * (1 + 1e-6) + 1e-6)


def test_directions_are_where_they_were_asked_for() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("A", n_steps=8))
    limits = caps(inputs, np.array([1000.0]))
    some = SizingModel(exclusivity=WhereNeeded((StoreStep(0, 3), StoreStep(0, 5))))
    assert build(inputs, some, limits).column_blocks["is_charging"].size == 2
    every = SizingModel(exclusivity=EveryStep())
    assert build(inputs, every, limits).column_blocks["is_charging"].size == 8


def test_options_out_of_range_are_listed_together() -> None:
    profile = sizing.load_case("base_48h").profile
    with pytest.raises(InputError) as caught:
        sizing.size_plant(profile, mip_rel_gap=1.5, time_limit_s=0.0)
    assert [fault.field for fault in caught.value.faults] == ["mip_rel_gap", "time_limit_s"]


def test_a_free_store_without_limit_is_refused() -> None:
    store = sizing.Store(investment_EUR_per_kWh=0.0)
    parameters = sizing.SizingParameters(stores=[store])
    with pytest.raises(InputError, match="no limit, and the store costs nothing"):
        sizing.prepare(sizing.load_case("base_48h").profile, parameters)


def test_a_time_limit_returns_the_start_with_its_gap() -> None:
    case = sizing.benchmark_scenario("B", deviation_share=0.4, seed=1)
    result = sizing.size_plant(*case, time_limit_s=8.0, mip_rel_gap=1e-6)
    assert result.status is Status.TIME_LIMIT
    assert result.design is not None
    assert 0.0 < result.gap < 0.2


def test_commitments_have_names_of_their_own() -> None:
    assert len({model.name for model in MODELS}) == len(MODELS)
    assert isinstance(MODELS[0].commitment, BigM)


@pytest.mark.parametrize("loss_per_h", [0.1, 0.0])
def test_a_store_that_burns_heat_at_a_profit_needs_a_limit(loss_per_h: float) -> None:
    cheap = {"investment_EUR_per_kWh": 1.0, "loss_per_h": loss_per_h}
    profile = sizing.HeatProfile(step_h=1.0, heat_demand_kW=[50, 50], waste_heat_kW=[0, 0])

    def parameters(**limits: float) -> sizing.SizingParameters:
        return sizing.SizingParameters(
            plant=sizing.Plant(electricity_price_EUR_per_MWh=-10_000),
            heat_pumps=[],
            boilers=[],
            electric_boilers=[sizing.ElectricBoiler()],
            stores=[sizing.Store(**cheap, **limits)],
        )

    with pytest.raises(InputError, match="heat is bought to be lost in the store"):
        sizing.size_plant(profile, parameters())
    limited = sizing.size_plant(profile, parameters(largest_kWh=500.0), mip_rel_gap=1e-6)
    assert limited.status is Status.OPTIMAL
    assert limited.tac_EUR_per_a < 0.0


@pytest.mark.parametrize("number", range(6))
def test_scipy_alone_reaches_the_same_cost(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = tiny_case(number)
    with_start = sizing.size_plant(case.profile, case.parameters, mip_rel_gap=0.0)
    monkeypatch.setattr("milpcore.sizing.solver.importlib.util.find_spec", lambda _: None)
    alone = sizing.size_plant(case.profile, case.parameters, mip_rel_gap=0.0)
    assert alone.status is with_start.status
    if alone.design is not None:
        assert alone.tac_EUR_per_a == pytest.approx(with_start.tac_EUR_per_a, rel=1e-7)
        assert alone.bound_EUR_per_a == pytest.approx(with_start.bound_EUR_per_a, rel=1e-7)


def test_stores_go_the_way_they_went_on_balance() -> None:
    # Electricity is paid for being taken: without directions the store burns heat by doing both.
    profile = sizing.HeatProfile(step_h=1.0, heat_demand_kW=[50, 20, 60], waste_heat_kW=[0, 0, 0])
    parameters = sizing.SizingParameters(
        plant=sizing.Plant(electricity_price_EUR_per_MWh=-100.0),
        heat_pumps=[],
        boilers=[],
        electric_boilers=[sizing.ElectricBoiler(existing_kW=100.0)],
        stores=[sizing.Store(existing_kWh=100.0)],
    )
    inputs = sizing.prepare(profile, parameters)
    problem = build(inputs, SizingModel(), caps(inputs, np.array([100.0])))
    both = solve(problem, mip_rel_gap=0.0)
    assert at_once(design_of(inputs, both))
    only = one_way(inputs, problem, both)
    assert only is not None
    design = design_of(inputs, only)
    assert not at_once(design)
    net = both.values["charge"] - both.values["discharge"]
    assert np.all(design.charge_kW[net <= 0.0] == 0.0)
    assert np.all(design.discharge_kW[net > 0.0] == 0.0)
    assert only.objective > both.objective


def test_a_load_that_may_not_change_yet_goes_on() -> None:
    # The last change was half an hour ago: the boiler keeps its 80 kW for two more steps.
    running = sizing.InitialState(
        is_on=True, load_kW=80.0, hours_in_state_h=9.0, hours_since_load_change_h=0.5
    )
    boiler = sizing.Boiler(existing_kW=100.0, minimum_load=0.5, window_h=1.0, initial=running)
    parameters = sizing.SizingParameters(heat_pumps=[], boilers=[boiler])
    demand = [80.0, 80.0, 60.0, 60.0, 60.0, 60.0]
    profile = sizing.HeatProfile(step_h=0.25, heat_demand_kW=demand, waste_heat_kW=[0.0] * 6)
    costs = []
    for commitment in sizing.COMMITMENTS:
        model = SizingModel(commitment=commitment)
        result = sizing.size_plant(profile, parameters, model=model, mip_rel_gap=0.0)
        assert result.design is not None
        assert result.design.heat_kW[0, :2].tolist() == pytest.approx([80.0, 80.0])
        costs.append(result.tac_EUR_per_a)
    assert np.ptp(costs) <= 1e-6 * costs[0]


def test_a_search_that_tells_no_bound_has_that_of_the_relaxation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("A", n_steps=8))
    problem = build(inputs, SizingModel(), caps(inputs, np.array([1000.0])))

    def silent(*_: object, **__: object) -> Solution:
        return Solution.without_point(
            Status.TIME_LIMIT, "late", bound=-np.inf, n_nodes=0, solve_s=1.0
        )

    monkeypatch.setattr("milpcore.sizing.solver.importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("milpcore.sizing.solver.solve", silent)
    found = solve_milp(problem, None, mip_rel_gap=1e-3, time_limit_s=1.0)
    assert found.bound == pytest.approx(solve_lp(problem.relaxed()).objective)


def test_the_plateau_path_proves_no_wrong_optimum() -> None:
    """With presolve HiGHS calls a design of the first case optimal that costs 0.1 % more."""
    for seed in range(1, 6):
        inputs = sizing.prepare(
            *sizing.benchmark_scenario("A", deviation_share=0.3, seed=seed, n_steps=12)
        )
        plain = sizing.size_plant(inputs.profile, inputs.parameters, mip_rel_gap=1e-7)
        least = plain.tac_EUR_per_a / inputs.cost_scale_EUR_per_a
        model = SizingModel(PlateauPath())
        _, limits = _size_limits(inputs, plain)
        found = solve_milp(build(inputs, model, limits), None, mip_rel_gap=0.0)
        assert found.objective <= least * (1.0 + 1e-6)
        assert found.bound <= least * (1.0 + 1e-9)
