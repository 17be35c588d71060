"""Cost laws of loops: the printed costs, the mean temperature difference, concavity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milpcore.exchangers import exchanger_area_m2, mean_difference_K
from milpcore.loops import FLUIDS, ExchangerCost, LoopParameters
from milpcore.loops.cost_laws import (
    exchanger_cost_per_a,
    pipe_cost_per_a,
    pipe_diameter_m,
    pump_cost_per_a,
    pump_power_W,
)

PRINTED = LoopParameters()
REFERENCE = np.array([1092.0, 1092.0])
BRANCHES = np.array([703.7, 528.3, 977.0, 255.1])
FLOW = st.floats(1e-3, 1e5)


@pytest.mark.parametrize(
    ("flow_kW_per_K", "pipes", "pumps_of_authors", "pumps"),
    [(REFERENCE, 318_282.0, 37_859.0, 37_845.0), (BRANCHES, 453_966.0, 64_513.0, 64_491.0)],
)
def test_printed_costs_come_out(
    flow_kW_per_K: np.ndarray, pipes: float, pumps_of_authors: float, pumps: float
) -> None:
    cost = pipe_cost_per_a(flow_kW_per_K, 1000.0, PRINTED)
    assert cost.sum() == pytest.approx(pipes, rel=2e-5)
    cost = pump_cost_per_a(flow_kW_per_K, 1000.0, PRINTED, pi=3.14)
    assert cost.sum() == pytest.approx(pumps_of_authors, rel=2e-5)
    cost = pump_cost_per_a(flow_kW_per_K, 1000.0, PRINTED)
    assert cost.sum() == pytest.approx(pumps, rel=2e-5)
    assert cost.sum() == pytest.approx(pumps_of_authors, rel=4e-4)


def test_the_paper_prints_its_pipes_to_the_same_digits() -> None:
    assert pipe_cost_per_a(BRANCHES, 1000.0, PRINTED).sum() == pytest.approx(453_969.0, rel=2e-5)


def test_no_flow_costs_nothing_and_a_little_costs_the_fixed_part() -> None:
    assert pipe_cost_per_a([0.0], 1000.0, PRINTED).tolist() == [0.0]
    assert pump_cost_per_a([0.0], 1000.0, PRINTED).tolist() == [0.0]
    assert pump_power_W([0.0], 1000.0, PRINTED.fluid).tolist() == [0.0]
    assert pump_cost_per_a(1e-30, 1.0, PRINTED) == pytest.approx(0.264 * 8600.0, rel=1e-3)


def test_laws_broadcast_over_flows_and_distances() -> None:
    flow = np.array([[10.0], [100.0]])
    length_m = np.array([50.0, 500.0, 5000.0])
    assert pipe_cost_per_a(flow, length_m, PRINTED).shape == (2, 3)
    single = pump_cost_per_a(100.0, 500.0, PRINTED)
    assert pump_cost_per_a(flow, length_m, PRINTED)[1, 1] == pytest.approx(float(single))


@given(flow=FLOW, length_m=st.floats(1.0, 1e4), share=st.floats(0.01, 0.99))
def test_cost_above_no_flow_is_concave(flow: float, length_m: float, share: float) -> None:
    low, high = flow, 3.0 * flow
    between = share * low + (1.0 - share) * high
    for law in (pipe_cost_per_a, pump_cost_per_a):
        ends = share * law(low, length_m, PRINTED) + (1.0 - share) * law(high, length_m, PRINTED)
        assert law(between, length_m, PRINTED) >= ends * (1.0 - 1e-12)


@given(flow=FLOW)
def test_power_follows_its_exponent(flow: float) -> None:
    fluid = FLUIDS["thermal oil"]
    ratio = pump_power_W(2.0 * flow, 700.0, fluid) / pump_power_W(flow, 700.0, fluid)
    assert ratio == pytest.approx(2.0 ** (1.0 - 0.2 * 0.55 - 0.45 + 2.0 * 0.1), rel=1e-9)
    assert pipe_diameter_m(2.0 * flow, fluid) / pipe_diameter_m(flow, fluid) == pytest.approx(
        2.0**0.45
    )


@given(one=st.floats(1e-3, 1e3), other=st.floats(1e-3, 1e3))
def test_mean_difference_is_the_textbook_one(one: float, other: float) -> None:
    mean = float(mean_difference_K(one, other))
    assert mean == float(mean_difference_K(other, one))
    assert math.sqrt(one * other) * (1 - 1e-12) <= mean <= 0.5 * (one + other) * (1 + 1e-12)
    if abs(one - other) > 1e-3 * max(one, other):
        assert mean == pytest.approx((one - other) / math.log(one / other), rel=1e-9)


@given(difference=st.floats(1e-2, 1e3), step=st.floats(-1e-2, 1e-2))
def test_mean_difference_of_nearly_equal_ends(difference: float, step: float) -> None:
    other = difference * math.exp(step)
    exact = math.sqrt(difference * other)
    x = 0.5 * math.log(other / difference)
    exact *= 1.0 + x**2 / 6.0 + x**4 / 120.0  # sinh(x) / x
    assert float(mean_difference_K(difference, other)) == pytest.approx(exact, rel=1e-13)


def test_area_and_cost_of_an_exchanger() -> None:
    area = exchanger_area_m2([800.0], [40.0], [20.0], [2.0], [0.5])
    mean_K = 20.0 / math.log(2.0)
    assert area == pytest.approx([800.0 * (1 / 2.0 + 1 / 0.5) / mean_K])
    law = ExchangerCost(fixed=1000, per_area=50, exponent=0.8)
    assert exchanger_cost_per_a([0.0, 10.0], law, 0.2) == pytest.approx(
        [200.0, 0.2 * (1000.0 + 50.0 * 10.0**0.8)]
    )
