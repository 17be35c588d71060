"""The residual-energy model of a loop against the transport model and enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from helpers_loop_cases import random_case, two_streams

from milpcore import loops
from milpcore.core import Status
from milpcore.loops.inputs import LoopInputs, prepare
from milpcore.loops.residual import energy_target, transport_target
from preprocess import problem_table


def _agree(inputs: LoopInputs, most: float) -> None:
    """Swap contract: add the loop's temperatures to the levels until both models have them."""
    extra: list[float] = []
    for _ in range(8):
        target = energy_target(inputs, max_flow_kW_per_K=most, extra_levels_C=extra)
        assert target.solution.status is Status.OPTIMAL
        other = transport_target(inputs, max_flow_kW_per_K=most, extra_levels_C=extra)
        assert target.utilities_per_a <= other * (1 + 1e-6)  # its temperatures are at edges
        if other <= target.utilities_per_a * (1 + 1e-6):
            return
        extra += [target.supply_C, target.return_C]
        finer = transport_target(inputs, max_flow_kW_per_K=most, extra_levels_C=extra)
        assert finer <= target.utilities_per_a * (1 + 1e-6)  # what one can, the other can
    pytest.fail("the models do not come together")


@pytest.mark.parametrize("most", [300.0, 1100.0])
def test_swap_contract_on_the_printed_example(most: float) -> None:
    _agree(prepare(loops.load_case("loop_two_plants")), most)


@pytest.mark.parametrize("seed", range(6))
def test_swap_contract_on_random_plants(seed: int) -> None:
    inputs = prepare(random_case(seed, n_hot=3, n_cold=3))
    _agree(inputs, 80.0 + 40.0 * seed)


def test_one_loop_needs_no_less_than_the_ideal_set_of_loops() -> None:
    inputs = prepare(loops.load_case("loop_two_plants"))
    shift = inputs.dt_min_K * inputs.direction
    low, high, hot = inputs.low_C - shift, inputs.high_C - shift, inputs.is_hot
    ideal = problem_table(
        low[hot], high[hot], inputs.duty_kW[hot], low[~hot], high[~hot], inputs.duty_kW[~hot]
    )
    target = energy_target(inputs, max_flow_kW_per_K=2000.0)
    assert ideal.hot_utility_kW <= target.hot_utility_kW + 1e-6
    assert target.hot_utility_kW < 2.0 * ideal.hot_utility_kW


def test_two_streams_against_a_grid_of_loops() -> None:
    inputs = prepare(two_streams())
    fine = np.linspace(60, 150, 91)
    target = energy_target(inputs, max_flow_kW_per_K=150.0, extra_levels_C=fine)
    best = 0.0
    hot, cold = inputs.capacity_kW_per_K
    for supply in fine:
        for back in fine[fine < supply]:
            for flow in np.linspace(5, 150, 30):
                # the lines of the loop and of both streams are straight
                taken = min(flow * (supply - back), 12000.0, cold * (supply - 60.0))
                given = min(flow * (supply - back), 16000.0, hot * (150.0 - back))
                if abs(taken - given) > 1e-6 or taken < flow * (supply - back) - 1e-6:
                    continue
                keeps_cold = back >= 60.0 and supply >= 60.0 + taken / cold
                keeps_hot = supply <= 150.0 and back <= 150.0 - given / hot
                if keeps_cold and keeps_hot:
                    best = max(best, taken)
    least = float(inputs.utility_price_per_kW_a @ inputs.duty_kW) - 28.0 * best
    assert target.utilities_per_a <= least + 1e-6
    assert target.utilities_per_a == pytest.approx(least, rel=0.02)


def test_more_flow_never_costs_more() -> None:
    inputs = prepare(random_case(4, n_hot=3, n_cold=3))
    costs = [
        energy_target(inputs, max_flow_kW_per_K=flow).utilities_per_a
        for flow in (20.0, 60.0, 180.0, 500.0)
    ]
    assert costs == sorted(costs, reverse=True)
