"""Networks from the transport model's matches: smooth problem, mixing, headers, search."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers_loop_cases import random_case, two_streams
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore import loops
from milpcore.core.nonlinear import minimise_smooth
from milpcore.loops.evaluate import evaluate
from milpcore.loops.inputs import LoopInputs, prepare
from milpcore.loops.network_design import UnitDesign, UnitSet
from milpcore.loops.network_headers import lay_out
from milpcore.loops.network_moves import neighbour, start_of_plans
from milpcore.loops.network_search import SearchLimits, polish, search
from milpcore.loops.network_smooth import rounded_minimum, smooth_mean_K
from milpcore.loops.network_units import UnitProblem
from milpcore.loops.transport import solve_transport, transport_model


def _start(inputs: LoopInputs, cell_K: float = 10.0) -> UnitDesign:
    model = transport_model(inputs, stream_cell_K=cell_K, loop_cell_K=cell_K)
    return start_of_plans(inputs, solve_transport(model, mip_rel_gap=0.01).loops)


@pytest.fixture(scope="module")
def printed() -> tuple[LoopInputs, UnitDesign]:
    inputs = prepare(loops.load_case("loop_two_plants"))
    return inputs, _start(inputs, 6.0)


@pytest.mark.parametrize("utilities", [False, True])
def test_derivatives(utilities: bool) -> None:
    case = loops.load_case("loop_two_plants")
    inputs = prepare(case, costs_utility_exchangers=utilities)
    start = _start(inputs)
    start = neighbour(inputs, start, np.random.default_rng(2))
    problem = UnitProblem(inputs, start.units)
    x = problem.vector(start)
    order = problem.order(x, tie_K=0.0)
    functions = {
        "cost": lambda x: tuple(np.atleast_1d(part) for part in problem.cost(x)),
        "round": lambda x: problem.mixing(x, 0.5),
        "sharp": lambda x: problem.mixing(x, order),
        "heat": problem.heat,
        "limits": problem.limits,
    }
    for name, function in functions.items():
        jacobian = np.atleast_2d(function(x)[1])
        for place in range(x.size):
            step = np.zeros(x.size)
            step[place] = 1e-6
            slope = (function(x + step)[0] - function(x - step)[0]) / 2e-6
            np.testing.assert_allclose(slope, jacobian[:, place], atol=2e-6, err_msg=name)


def test_smooth_mean_is_the_logarithmic_one() -> None:
    one, other = np.array([30.0, 10.0, 10.000001, 50.0]), np.array([10.0, 30.0, 10.0, 49.99])
    mean, by_one, by_other = smooth_mean_K(one, other)
    np.testing.assert_allclose(mean, (one - other) / np.log(one / other), rtol=1e-9)
    step = 1e-5
    slope = (smooth_mean_K(one + step, other)[0] - smooth_mean_K(one - step, other)[0]) / 2e-5
    np.testing.assert_allclose(slope, by_one, rtol=1e-6)
    slope = (smooth_mean_K(one, other + step)[0] - smooth_mean_K(one, other - step)[0]) / 2e-5
    np.testing.assert_allclose(slope, by_other, rtol=1e-6)


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.01, 5))
@settings(deadline=None)
def test_rounded_minimum_is_never_above_and_never_far(a: float, b: float, width: float) -> None:
    value = float(rounded_minimum(np.array(a), np.array(b), width)[0])
    assert min(a, b) - width * np.log(2.0) - 1e-9 <= value <= min(a, b) + 1e-9


def test_local_optimiser_hands_back_violations() -> None:
    found = minimise_smooth(
        lambda x: (float(x[0]), np.ones(1)),
        np.array([0.0]),
        lower=np.array([-1.0]),
        upper=np.array([1.0]),
        at_least_zero=lambda x: (x - 2.0, np.ones((1, 1))),  # cannot be kept
        zero=lambda _: (np.zeros(0), np.zeros((0, 1))),
    )
    assert found.violation >= 1.0 - 1e-9


def test_network_of_the_start_keeps_all_rules(printed: tuple[LoopInputs, UnitDesign]) -> None:
    inputs, start = printed
    design = polish(inputs, start)
    assert design is not None
    network = lay_out(inputs, design)
    assert network is not None
    found = evaluate(inputs.case, network).checked()
    assert found.tac_per_a == pytest.approx(design.cost_per_a, rel=1e-9)
    assert found.tac_per_a < 1_560_000.0


def test_search_betters_and_repeats_itself() -> None:
    inputs = prepare(random_case(3, n_hot=3, n_cold=3))
    start = _start(inputs)
    found: list[float] = []
    limits = SearchLimits(time_limit_s=1e9, most_rounds=12)
    best = search(inputs, start, limits, on_better=lambda d: found.append(d.cost_per_a))
    assert best is not None
    assert found == sorted(found, reverse=True)
    assert best.cost_per_a == found[-1]
    assert len(found) > 1
    again = search(inputs, start, limits)
    assert again is not None
    assert again.cost_per_a == best.cost_per_a


def test_two_exchangers_against_a_grid_of_their_sizes() -> None:
    inputs = prepare(two_streams(distance_m=60.0))
    best = polish(inputs, _start(inputs))
    assert best is not None
    lowest = np.inf
    parameters = inputs.case.parameters
    for load, cold_C, span in itertools.product(
        np.linspace(6e3, 12e3, 13), np.linspace(60, 90, 31), np.linspace(10, 80, 36)
    ):
        flow, hot_C = load / span, cold_C + span
        leaves = inputs.supply_C - inputs.direction * load / inputs.capacity_kW_per_K
        ends = inputs.direction * (inputs.supply_C - [hot_C, cold_C])
        others = inputs.direction * (leaves - [cold_C, hot_C])
        if min(ends.min(), others.min()) < parameters.dt_min_K:
            continue
        area = load * inputs.resistance_m2_K_per_kW / smooth_mean_K(ends, others)[0]
        law, factor = parameters.exchanger, parameters.annual_factor_per_a
        cost = factor * (law.fixed + law.per_area * area).sum()
        cost += inputs.utility_price_per_kW_a @ (inputs.duty_kW - load)
        cost += float(inputs.pipes_and_pumps_per_a(flow, inputs.routes[0]))
        lowest = min(lowest, cost)
    assert best.cost_per_a <= lowest
    assert best.cost_per_a == pytest.approx(lowest, rel=0.01)


@pytest.mark.parametrize("seed", range(1, 4))
def test_random_plants_give_networks_that_keep_all_rules(seed: int) -> None:
    inputs = prepare(random_case(seed, n_hot=3, n_cold=3))
    best = search(inputs, _start(inputs), SearchLimits(1e9, 4), seed=seed)
    assert best is not None
    network = lay_out(inputs, best)
    assert network is not None
    found = evaluate(inputs.case, network).checked()
    assert found.tac_per_a == pytest.approx(best.cost_per_a, rel=1e-8)


def test_mixed_water_needs_links_and_gets_them() -> None:
    """Hot water that is too hot for one exchanger is mixed with cold water before it."""
    inputs = prepare(random_case(1, n_hot=2, n_cold=1))
    route = inputs.routes[0]
    stream = np.array([0, 1, 2])
    load = np.array([1000.0, 500.0, 1500.0])
    units = UnitSet(stream, np.zeros(3, dtype=np.int64), (route,), np.ones(3, dtype=bool))
    design = UnitDesign(
        units, load, np.array([60.0, 65.0, 75.0]), np.array([80.0, 75.0, 60.0]),
        np.array([100.0]), (np.array([75.0, 60.0]),), np.nan,
    )  # fmt: skip
    network = lay_out(inputs, design)
    assert network is not None
    assert network.loops[0].links  # 60 and 80 °C to 65 °C for the second exchanger
    found = evaluate(inputs.case, network)
    kept = {"header mass balance", "flow from the start", "loop heat balance", "loop closing"}
    assert not kept & {violation.rule.value for violation in found.violations}


def test_water_that_would_go_round_is_refused() -> None:
    inputs = prepare(random_case(1, n_hot=2, n_cold=1))
    units = UnitSet(
        np.array([0, 2]), np.zeros(2, dtype=np.int64), (inputs.routes[0],), np.ones(3, dtype=bool)
    )
    design = UnitDesign(
        units, np.array([2000.0, 2000.0]), np.array([70.0, 80.0]), np.array([80.0, 60.0]),
        np.array([100.0]), (np.array([80.0, 60.0]),), np.nan,
    )  # fmt: skip
    assert lay_out(inputs, design) is None  # 200 kW/K through the exchanger, 100 in the loop
