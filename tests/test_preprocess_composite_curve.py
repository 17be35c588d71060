"""Composite curves of one side."""

import math

import numpy as np
import pytest
from helpers_preprocess import exact_heat_below, stream_lists
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess import composite_curve, problem_table


def sides(streams):
    return (
        np.array([stream.low_C for stream in streams]),
        np.array([stream.high_C for stream in streams]),
        np.array([stream.heat_kW for stream in streams]),
    )


@pytest.mark.parametrize(
    ("low_C", "high_C", "heat_kW", "temperature_C", "enthalpy_kW"),
    [
        ([20], [60], [80], [20, 60], [0, 80]),
        # a jump inside, at the bottom and at the top
        ([20, 30], [60, 30], [80, 5], [20, 30, 30, 60], [0, 20, 25, 85]),
        ([20, 20], [60, 20], [80, 5], [20, 20, 60], [0, 5, 85]),
        ([20, 60], [60, 60], [80, 5], [20, 60, 60], [0, 80, 85]),
        # isothermal streams only, two of them at the same temperature
        ([50, 50, 70], [50, 50, 70], [1, 2, 4], [50, 50, 70, 70], [0, 3, 3, 7]),
        # a range without streams
        ([20, 90], [60, 100], [80, 10], [20, 60, 90, 100], [0, 80, 80, 90]),
        # every stream end stays a point, also between two streams of the same slope
        ([20, 40], [40, 60], [10, 10], [20, 40, 60], [0, 10, 20]),
        # streams without heat leave no point
        ([20, 5, 30], [60, 90, 30], [80, 0, 0], [20, 60], [0, 80]),
        ([], [], [], [], []),
    ],
)
def test_hand_worked_curves(low_C, high_C, heat_kW, temperature_C, enthalpy_kW):
    curve = composite_curve(low_C, high_C, heat_kW)
    assert curve[0].tolist() == temperature_C
    assert curve[1].tolist() == enthalpy_kW


@given(stream_lists())
@settings(deadline=None)
def test_every_point_equals_the_heat_below_it(streams):
    temperature_C, enthalpy_kW = composite_curve(*sides(streams))
    total_kW = sum(stream.heat_kW for stream in streams)
    assert np.all(np.diff(temperature_C) >= 0)
    assert np.all(np.diff(enthalpy_kW) >= 0)
    for point, (at_C, heat_kW) in enumerate(zip(temperature_C, enthalpy_kW, strict=True)):
        with_jump = point > 0 and temperature_C[point - 1] == at_C
        exact_kW = float(exact_heat_below(streams, at_C, with_jump))
        assert heat_kW == pytest.approx(exact_kW, abs=1e-13 * total_kW)


@given(stream_lists())
@settings(deadline=None)
def test_points_are_the_distinct_ends_and_jumps(streams):
    temperature_C, _ = composite_curve(*sides(streams))
    warm = [stream for stream in streams if stream.heat_kW > 0]
    ends_C = {end for stream in warm for end in (stream.low_C, stream.high_C)}
    jumps_C = {stream.low_C for stream in warm if stream.low_C == stream.high_C}
    assert temperature_C.tolist() == sorted([*ends_C, *jumps_C])


@given(stream_lists(min_size=2), st.randoms(use_true_random=False), st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_order_does_not_matter_and_heat_scales(streams, random, factor):
    temperature_C, enthalpy_kW = composite_curve(*sides(streams))
    low_C, high_C, heat_kW = sides(random.sample(streams, len(streams)))
    other_C, other_kW = composite_curve(low_C, high_C, factor * heat_kW)
    np.testing.assert_array_equal(other_C, temperature_C)
    np.testing.assert_allclose(other_kW, factor * enthalpy_kW, rtol=1e-12, atol=1e-12)


def test_hot_and_cold_curves_overlap_by_the_recovered_heat():
    """The problem table and the two curves, shifted until they touch, agree."""
    rng = np.random.default_rng(4)
    low_C = rng.uniform(0, 300, (2, 40))
    high_C = low_C + rng.uniform(1, 100, (2, 40))
    heat_kW = rng.uniform(1, 500, (2, 40))
    table = problem_table(low_C[0], high_C[0], heat_kW[0], low_C[1], high_C[1], heat_kW[1])
    hot_C, hot_kW = composite_curve(low_C[0], high_C[0], heat_kW[0])
    cold_C, cold_kW = composite_curve(low_C[1], high_C[1], heat_kW[1])
    all_C = np.union1d(hot_C, cold_C)
    distance_kW = np.interp(all_C, cold_C, cold_kW) - np.interp(all_C, hot_C, hot_kW)
    assert table.cold_utility_kW == pytest.approx(-distance_kW.min(), rel=1e-10)


def test_total_of_many_streams_is_the_exact_sum():
    rng = np.random.default_rng(5)
    low_C = rng.uniform(0, 400, 50_000)
    heat_kW = 10.0 ** rng.uniform(-6, 6, 50_000)
    _, enthalpy_kW = composite_curve(low_C, low_C + rng.uniform(1e-6, 100, 50_000), heat_kW)
    assert enthalpy_kW[-1] == pytest.approx(math.fsum(heat_kW), rel=1e-14)


@pytest.mark.parametrize(
    ("first_C", "last_C", "width_K"),
    [(50.0, 50.0, 0.0), (50.0, 500.0, 0.0), (50.0, 500.0, 0.5)],
    ids=["jumps at one temperature", "jumps", "slopes"],
)
def test_many_small_streams_are_not_lost_beside_a_large_one(first_C, last_C, width_K):
    """Each of 3000 streams is smaller than half a unit of rounding of the large one."""
    low_C = np.concatenate(([first_C], np.linspace(first_C, last_C, 3000)))
    heat_kW = np.concatenate(([1e10], np.full(3000, 4e-7)))
    assert 1e10 + 4e-7 == 1e10
    high_C = low_C + width_K
    _, enthalpy_kW = composite_curve(low_C, high_C, heat_kW)
    assert enthalpy_kW[-1] == math.fsum(heat_kW) > 1e10


def test_every_fault_is_listed():
    with pytest.raises(ValueError, match=r"^composite_curve: ") as caught:
        composite_curve([[1.0]], ["a"], [np.inf, -3])
    assert str(caught.value) == (
        "composite_curve: t_low_C has 2 dimensions, must have 1; t_high_C must hold numbers; "
        "heat_kW[0] is inf, must be finite; heat_kW[1] is -3.0, must be >= 0"
    )
