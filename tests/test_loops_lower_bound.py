"""The lower bound of loop networks: what streams earn, and bounds below every network's cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_loop_cases import case_of, random_case, two_streams
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.exchangers import mean_difference_K
from milpcore.loops import load_case
from milpcore.loops.bound_boxes import first_boxes
from milpcore.loops.bound_dual import Bounder
from milpcore.loops.bound_units import StreamPricer
from milpcore.loops.evaluate import evaluate
from milpcore.loops.inputs import LoopInputs, prepare
from milpcore.loops.lower_bound import _bound_by_boxes, _Task, lower_bound
from milpcore.loops.network_headers import lay_out
from milpcore.loops.network_moves import start_of_plans
from milpcore.loops.network_search import SearchLimits, search
from milpcore.loops.transport import solve_transport, transport_model


def _network_cost(inputs: LoopInputs, rounds: int = 2, cell_K: float = 12.0) -> float | None:
    model = transport_model(inputs, stream_cell_K=cell_K, loop_cell_K=cell_K)
    plans = solve_transport(model, mip_rel_gap=0.02, time_limit_s=20).loops
    if not plans:
        return None
    best = search(inputs, start_of_plans(inputs, plans), SearchLimits(1e9, rounds))
    network = None if best is None else lay_out(inputs, best)
    if network is None:
        return None
    found = evaluate(inputs.case, network).checked()
    return (
        found.tac_per_a
        if not inputs.costs_utility_exchangers
        else found.tac_with_utility_exchangers_per_a
    )


def _rising(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.cumsum(rng.exponential(40.0 / n, n)) + rng.uniform(-25, 0)


def _saved(inputs: LoopInputs, stream: int, load: np.ndarray) -> np.ndarray:
    duty = inputs.duty_kW[stream]
    before = inputs.utility_exchanger_per_a(stream, duty)
    return before - inputs.utility_exchanger_per_a(stream, np.maximum(duty - load, 0.0))


@pytest.mark.parametrize("utilities", [False, True])
@pytest.mark.parametrize(
    "seed",
    [1, *(pytest.param(seed, marks=pytest.mark.compiled) for seed in (0, 2))],
)
def test_one_exchanger_earns_no_more_than_its_bound(seed: int, utilities: bool) -> None:
    rng = np.random.default_rng(seed)
    case = two_streams(has_utility_data=True)
    inputs = prepare(case, costs_utility_exchangers=utilities)
    coldest, hottest = inputs.loop_range_C()
    nodes = np.linspace(coldest, hottest, 12)
    price = _rising(rng, nodes.size)
    integral = np.concatenate([[0], np.cumsum((price[1:] + price[:-1]) / 2 * np.diff(nodes))])
    fine = np.linspace(coldest, hottest, 4000)
    fine_price = np.interp(fine, nodes, price)
    fine_integral = np.concatenate(
        [[0], np.cumsum((fine_price[1:] + fine_price[:-1]) / 2 * np.diff(fine))]
    )
    assert fine_integral[-1] == pytest.approx(integral[-1])
    for stream in range(2):
        pricer = StreamPricer(inputs, stream, nodes, cell_K=0.02)
        lowest = pricer.lowest(-np.inf, np.inf)
        found = pricer.one_unit(price, lowest, tolerance=5.0)
        many, _, _ = pricer.many_units(price, lowest)
        a, b, share = (
            values.ravel()
            for values in np.meshgrid(
                np.linspace(coldest, hottest, 45),
                np.linspace(coldest, hottest, 45),
                np.linspace(0.02, 1.0, 50),
            )
        )
        a, b, share = (values[b - a > 0.5] for values in (a, b, share))
        load = share * inputs.duty_kW[stream]
        sign = inputs.direction[stream]
        leaves = inputs.supply_C[stream] - sign * load / inputs.capacity_kW_per_K[stream]
        into, out = (a, b) if sign > 0 else (b, a)
        one, other = sign * (inputs.supply_C[stream] - out), sign * (leaves - into)
        keeps = np.minimum(one, other) >= inputs.dt_min_K
        mean_price = (np.interp(b, fine, fine_integral) - np.interp(a, fine, fine_integral)) / (
            b - a
        )
        earned = load * (inputs.utility_price_per_kW_a[stream] + sign * mean_price)
        resistance = inputs.resistance_m2_K_per_kW[stream] * inputs.area_price_per_m2_a[stream]
        mean = mean_difference_K(np.where(keeps, one, 1.0), np.where(keeps, other, 1.0))
        earned = earned - resistance * load / mean - inputs.fixed_per_a
        earned += _saved(inputs, stream, load)
        best = float(earned[keeps].max())
        assert best <= found.bound + 1e-6
        assert found.earned <= found.bound
        assert found.earned >= best - 0.01 * abs(best) - 50.0
        # two exchangers that do what the best one does: heat sold everywhere is worth no less
        assert many >= best - inputs.fixed_per_a - 1e-6


@pytest.mark.compiled
@pytest.mark.parametrize("utilities", [False, True])
def test_bound_at_any_prices_is_below_a_network(utilities: bool) -> None:
    case = two_streams(distance_m=60.0, has_utility_data=True)
    inputs = prepare(case, costs_utility_exchangers=utilities)
    cost = _network_cost(inputs)
    assert cost is not None
    bounder = Bounder(inputs, node_K=4.0)
    box = first_boxes(inputs, bounder.nodes, np.array([4000.0]), None)[0]
    rng = np.random.default_rng(5)
    for _ in range(10):
        prices = np.array([_rising(rng, bounder.nodes.size) for _ in range(2)])
        assert bounder.rigorous(prices, box, tolerance=50.0) <= cost


@pytest.mark.compiled
@pytest.mark.parametrize(("seed", "n_plants"), [(0, 2), (1, 2), (2, 2), (1, 3)])
def test_bound_is_below_networks_of_random_plants(seed: int, n_plants: int) -> None:
    inputs = prepare(random_case(seed + 10, n_hot=2, n_cold=2, n_plants=n_plants))
    cost = _network_cost(inputs)
    # not told the cost, which no bound is let to exceed
    found = lower_bound(inputs, gap=0.05, time_limit_s=4, node_K=8.0)
    nothing = inputs.cost_without_loops_per_a()
    assert found.bound_per_a <= min(nothing, nothing if cost is None else cost)
    assert np.isfinite(found.bound_per_a)


@pytest.mark.compiled
def test_bound_of_two_streams_is_near() -> None:
    inputs = prepare(two_streams(distance_m=60.0))
    cost = _network_cost(inputs, rounds=10)
    assert cost is not None
    found = lower_bound(inputs, gap=0.009, known_cost_per_a=cost, time_limit_s=60, node_K=5.0)
    assert 0.99 * cost <= found.bound_per_a <= cost
    # told a dearer network, the bound could rise above this one
    above = 1.1 * cost
    apart = lower_bound(inputs, known_cost_per_a=above, gap=0.005, time_limit_s=10, node_K=5.0)
    assert 0.95 * cost <= apart.bound_per_a <= cost


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=8)
def test_saved_cost_of_utilities_is_convex(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low, span = float(rng.uniform(20, 60)), float(rng.uniform(5, 80))
    rows = [
        ("east", "H1", low + span, low, 9000.0, float(rng.uniform(0.2, 3))),
        ("west", "C1", low, low + span, 9000.0, float(rng.uniform(0.2, 3))),
    ]
    inputs = prepare(case_of(rows, has_utility_data=True), costs_utility_exchangers=True)
    loads = np.linspace(0.0, 9000.0, 40)[:-1]
    for stream in range(2):
        saved = _saved(inputs, stream, loads)
        assert np.all(np.diff(saved, 2) >= -1e-6)


def test_costs_that_rise_faster_than_flow_have_no_bound() -> None:
    case = two_streams()
    pump = case.parameters.pump
    dear = replace(pump, per_power=1.0, exponent=3.0)
    case = replace(case, parameters=case.parameters.replace(pump=dear))
    with pytest.raises(ValueError, match="pipes and pumps do not get cheaper"):
        lower_bound(prepare(case), time_limit_s=5)


@pytest.mark.slow
def test_two_loops_of_the_printed_example_cost_more_than_a_network_with_one() -> None:
    inputs = prepare(load_case("loop_two_plants"), n_loops=2)
    further = float(inputs.pipes_and_pumps_per_a(1e-6, inputs.routes[0]))
    # that of a network with one loop, see docs/loops.md
    task = _Task(1_532_491.0, 1088.0, 0.0, 300.0, 2.0, None, further)
    assert _bound_by_boxes(inputs, task).bound_per_a == pytest.approx(1_532_491.0)
