"""The problem table against hand-worked cases, exact arithmetic and its invariances."""

import math

import numpy as np
import pytest
from helpers_preprocess import (
    Stream,
    columns,
    duty_kW,
    exact_heat_below,
    exact_utilities_kW,
    masked_problem_table,
    stream_lists,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess import grand_composite_curve, kernel_py, problem_table
from preprocess.composite_curves import _pinch_kernel
from preprocess.heat_sweep import _cumulate_kernel, _merge_kernel, cumulated_heat

SHARE = 1e-10  # of the total duty: what counts as zero


def assert_same_targets(one, other, total_kW, factor=1.0):
    tolerance_kW = 2 * SHARE * total_kW * factor
    assert other.hot_utility_kW == pytest.approx(factor * one.hot_utility_kW, abs=tolerance_kW)
    assert other.cold_utility_kW == pytest.approx(factor * one.cold_utility_kW, abs=tolerance_kW)


def random_columns(n_streams, seed=1):
    rng = np.random.default_rng(seed)
    sides = []
    for _ in range(2):
        low_C = rng.uniform(0.0, 400.0, n_streams)
        sides += [low_C, low_C + rng.uniform(1e-3, 150.0, n_streams)]
        sides.append(rng.uniform(1.0, 1e4, n_streams))
    return sides


@pytest.mark.parametrize(
    ("streams", "hot_kW", "cold_kW", "pinch_C"),
    [
        # one pinch where the cold stream starts
        ([(True, 80, 180, 200), (False, 100, 200, 300)], 140, 40, [100]),
        # two pinches: 50 kW missing above 150, balanced in between, 30 kW left below 60
        (
            [(True, 110, 150, 80), (True, 30, 60, 30), (False, 60, 90, 80), (False, 150, 170, 50)],
            50,
            30,
            [60, 150],
        ),
        # a range of zeros reports its two ends only, not the change of slope at 120
        (
            [
                *[(True, 100, 120, 20), (True, 120, 140, 60), (True, 50, 100, 10)],
                *[(False, 100, 120, 20), (False, 120, 140, 60), (False, 140, 200, 40)],
            ],
            40,
            10,
            [100, 140],
        ),
        # a gap without streams in which nothing flows is such a range too
        ([(True, 20, 60, 40), (False, 90, 120, 70)], 70, 40, [60, 90]),
        # threshold problems: one utility only, no pinch
        ([(True, 100, 200, 300), (False, 50, 150, 100)], 0, 200, []),
        ([(True, 100, 200, 100), (False, 50, 150, 300)], 200, 0, []),
        # threshold problems with zeros of the cascade inside: balanced top and heat left below,
        # balanced bottom and heat missing above, balanced parts above and below a gap: no pinch
        ([(True, 100, 150, 70), (False, 100, 150, 70), (True, 50, 100, 20)], 0, 20, []),
        ([(True, 100, 150, 70), (False, 100, 150, 70), (False, 150, 180, 20)], 20, 0, []),
        (
            [*[(True, 100, 150, 70), (False, 100, 150, 70)], (True, 20, 30, 5), (False, 20, 30, 5)],
            0,
            0,
            [],
        ),
        # balanced everywhere
        ([(True, 100, 150, 70), (False, 100, 150, 70)], 0, 0, []),
        # one side only
        ([(True, 100, 150, 70), (True, 20, 120, 30)], 0, 100, []),
        ([(False, 100, 150, 70), (False, 20, 120, 30)], 100, 0, []),
        # isothermal: condensing 60 kW at 120, boiling 100 kW at 100, at 100 also condensing 10 kW
        ([(True, 120, 120, 60), (False, 100, 100, 100), (True, 100, 100, 10)], 30, 0, []),
        # boiling at the very top: no heat passes just below it
        ([(False, 150, 150, 40), (True, 50, 150, 25)], 40, 25, [150]),
        # condensing at the very bottom
        ([(True, 50, 50, 40), (False, 50, 150, 25)], 25, 40, [50]),
        # all temperatures equal
        ([(True, 80, 80, 30), (False, 80, 80, 50)], 20, 0, []),
        ([(True, 80, 80, 50), (False, 80, 80, 30)], 0, 20, []),
        ([(True, 80, 80, 50), (False, 80, 80, 50)], 0, 0, []),
        # streams without heat and no streams at all
        ([(True, 80, 90, 0), (False, 85, 85, 0)], 0, 0, []),
        ([], 0, 0, []),
    ],
)
def test_hand_worked_cases(streams, hot_kW, cold_kW, pinch_C):
    table = problem_table(*columns([Stream(*stream) for stream in streams]))
    assert table.hot_utility_kW == pytest.approx(hot_kW, abs=1e-12)
    assert table.cold_utility_kW == pytest.approx(cold_kW, abs=1e-12)
    assert table.pinch_C.tolist() == pinch_C


def test_jump_is_two_points_at_one_temperature():
    table = problem_table([120, 100], [120, 140], [60, 20], [90], [120], [30])
    assert table.temperature_C.tolist() == [90.0, 100.0, 120.0, 120.0, 140.0]
    assert table.cascade_kW.tolist() == [50.0, 60.0, 70.0, 10.0, 0.0]


def test_isothermal_streams_apart_by_rounding_exchange_heat():
    condensing_C, boiling_C = 150.1 - 5.05, 140.0 + 5.05
    assert condensing_C < boiling_C  # by one unit of rounding
    table = problem_table([condensing_C], [condensing_C], [80.0], [boiling_C], [boiling_C], [80.0])
    assert (table.hot_utility_kW, table.cold_utility_kW) == (0.0, 0.0)


def test_pinch_with_a_negligible_jump_is_reported_once():
    table = problem_table([80], [180], [200], [100, 100], [200, 100], [300, 1e-9])
    assert table.temperature_C.tolist() == [80.0, 100.0, 100.0, 180.0, 200.0]
    assert table.cascade_kW[1:3].tolist() == [0.0, 0.0]
    assert table.pinch_C.tolist() == [100.0]


def test_small_streams_are_not_lost_beside_a_large_one():
    """The large streams cancel; what is left are streams below their rounding."""
    low_C = np.linspace(50.0, 400.0, 3000)
    small = (low_C, low_C + 0.5, np.full(3000, 4e-7))
    cold = [np.append(column, last) for column, last in zip(small, (10, 20, 1e3), strict=True)]
    demand_kW, rest_kW = cumulated_heat(
        np.append(cold[0], [20.0, 500.0]),
        np.append(cold[1], [30.0, 510.0]),
        np.append(cold[2], [1e10, -1e10]),
    )[1:]
    exact_kW = math.fsum(cold[2])
    assert demand_kW[-1] + rest_kW[-1] == pytest.approx(exact_kW, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_zero_is_relative_to_the_total_duty(scale):
    hot = ([100.0], [200.0], [scale])
    balanced = problem_table(*hot, [100.0], [200.0], [scale * (1 + 1e-10)])
    assert (balanced.hot_utility_kW, balanced.cold_utility_kW) == (0.0, 0.0)
    short = problem_table(*hot, [100.0], [200.0], [scale * (1 + 1e-9)])
    assert short.hot_utility_kW == pytest.approx(scale * 1e-9, rel=1e-5)
    assert short.cold_utility_kW == 0.0


def test_ends_within_a_nano_kelvin_are_the_lowest_of_them():
    ends_C = np.array([20.0, 10.0 + 1.5e-9, 10.0, 10.0 + 0.5e-9, 30.0])
    merged_C = [20.0, 10.0 + 1.5e-9, 10.0, 10.0, 30.0]
    for merge in (_merge_kernel, kernel_py(_merge_kernel)):
        changed_C = ends_C.copy()
        merge(changed_C, np.argsort(ends_C), 1e-9)
        assert changed_C.tolist() == merged_C
    table = problem_table([50.0], [50.0 + 0.9e-9], [5.0], [], [], [])
    assert table.temperature_C.tolist() == [50.0, 50.0]
    assert table.cascade_kW.tolist() == [5.0, 0.0]


def test_negative_zero_leaves_no_trace():
    table = problem_table([-0.0], [10.0], [5.0], [], [], [])
    assert str(table.temperature_C[0]) == "0.0"


@given(stream_lists())
@settings(deadline=None)
def test_utilities_equal_the_exact_definition(streams):
    table = problem_table(*columns(streams))
    total_kW = sum(stream.heat_kW for stream in streams)
    hot_kW, cold_kW = exact_utilities_kW(streams)
    assert table.hot_utility_kW == pytest.approx(hot_kW, abs=1.01 * SHARE * total_kW)
    assert table.cold_utility_kW == pytest.approx(cold_kW, abs=1.01 * SHARE * total_kW)


@given(stream_lists())
@settings(deadline=None)
def test_balance_and_shape_of_the_cascade(streams):
    table = problem_table(*columns(streams))
    supplied_kW = table.hot_utility_kW + duty_kW(streams, True)
    used_kW = table.cold_utility_kW + duty_kW(streams, False)
    assert supplied_kW == pytest.approx(used_kW, rel=3 * SHARE)
    assert np.all(np.diff(table.temperature_C) >= 0)
    assert np.all(table.cascade_kW >= 0)
    if table.cascade_kW.size:
        assert table.cascade_kW.min() == 0.0
        assert table.cascade_kW[-1] == table.hot_utility_kW
        assert table.cascade_kW[0] == table.cold_utility_kW
    zeros_C = table.temperature_C[table.cascade_kW == 0.0]
    assert np.all(np.diff(table.pinch_C) > 0)
    assert np.all(np.isin(table.pinch_C, zeros_C))


@given(stream_lists())
@settings(deadline=None)
def test_every_zero_is_a_pinch_or_between_two_unless_it_is_a_threshold_problem(streams):
    table = problem_table(*columns(streams))
    if table.hot_utility_kW == 0.0 or table.cold_utility_kW == 0.0:
        assert table.pinch_C.size == 0
        return
    assert table.pinch_C.size > 0
    interior_C = table.temperature_C[1:-1][table.cascade_kW[1:-1] == 0.0]
    for zero_C in interior_C:
        if zero_C in table.pinch_C:
            continue
        point = int(np.flatnonzero(table.temperature_C == zero_C)[0])
        assert table.cascade_kW[point - 1] == table.cascade_kW[point + 1] == 0.0


@given(stream_lists(min_size=2), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_of_the_streams_does_not_matter(streams, random):
    shuffled = random.sample(streams, len(streams))
    one, other = problem_table(*columns(streams)), problem_table(*columns(shuffled))
    assert_same_targets(one, other, sum(stream.heat_kW for stream in streams))
    assert one.pinch_C.tolist() == other.pinch_C.tolist()


@given(stream_lists(), st.integers(0, 11), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_splitting_a_stream_changes_nothing(streams, index, share):
    stream = streams[index % len(streams)]
    others = [other for other in streams if other is not stream]
    side_by_side = [
        stream._replace(heat_kW=share * stream.heat_kW),
        stream._replace(heat_kW=(1 - share) * stream.heat_kW),
    ]
    middle_C = stream.low_C + round(share, 2) * (stream.high_C - stream.low_C)
    one_above_the_other = [
        stream._replace(high_C=middle_C, heat_kW=round(share, 2) * stream.heat_kW),
        stream._replace(low_C=middle_C, heat_kW=(1 - round(share, 2)) * stream.heat_kW),
    ]
    whole = problem_table(*columns(streams))
    total_kW = sum(stream.heat_kW for stream in streams)
    for parts in (side_by_side, one_above_the_other):
        assert_same_targets(whole, problem_table(*columns(others + parts)), total_kW)


@given(stream_lists(), st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_scaling_the_heat_scales_the_utilities(streams, factor):
    scaled = [stream._replace(heat_kW=factor * stream.heat_kW) for stream in streams]
    one, other = problem_table(*columns(streams)), problem_table(*columns(scaled))
    assert_same_targets(one, other, sum(stream.heat_kW for stream in streams), factor)


@given(stream_lists())
@settings(deadline=None)
def test_turning_the_scale_round_swaps_the_utilities(streams):
    turned = [Stream(not s.is_hot, -s.high_C, -s.low_C, s.heat_kW) for s in streams]
    one, other = problem_table(*columns(streams)), problem_table(*columns(turned))
    swapped = one._replace(hot_utility_kW=one.cold_utility_kW, cold_utility_kW=one.hot_utility_kW)
    assert_same_targets(swapped, other, sum(stream.heat_kW for stream in streams))
    assert other.pinch_C.tolist() == (-one.pinch_C[::-1]).tolist()


@given(stream_lists(), st.floats(0.0, 50.0))
@settings(deadline=None)
def test_a_larger_temperature_difference_never_lowers_a_utility(streams, more_K):
    shifted = [
        s._replace(
            low_C=s.low_C - more_K if s.is_hot else s.low_C + more_K,
            high_C=s.high_C - more_K if s.is_hot else s.high_C + more_K,
        )
        for s in streams
    ]
    one, other = problem_table(*columns(streams)), problem_table(*columns(shifted))
    slack_kW = 2 * SHARE * sum(stream.heat_kW for stream in streams)
    steepest = max(
        (s.heat_kW / (s.high_C - s.low_C) for s in streams if s.low_C < s.high_C), default=0
    )
    slack_kW += steepest * 2e-9 * len(streams)  # ends closer than 1e-9 K are one
    assert other.hot_utility_kW >= one.hot_utility_kW - slack_kW
    assert other.cold_utility_kW >= one.cold_utility_kW - slack_kW


@pytest.mark.parametrize("n_streams", [1, 7, 200])
def test_cascade_equals_one_mask_per_interval(n_streams):
    given_columns = [np.round(column, 3) for column in random_columns(n_streams)]
    ends_C, cascade_kW = masked_problem_table(*given_columns)
    temperature_C, net_heat_kW = grand_composite_curve(*given_columns)
    np.testing.assert_array_equal(temperature_C, ends_C)
    np.testing.assert_allclose(net_heat_kW, cascade_kW, rtol=1e-10, atol=1e-6)


def test_steep_streams_leave_no_trace():
    """Streams of 3e5 kW within 1e-8 K: a plain running slope keeps kilowatts of rounding."""
    rng = np.random.default_rng(3)
    steep_C = rng.uniform(0.0, 900.0, 60)
    ends_C = steep_C + 1e-8
    streams = [
        Stream(bool(index % 2), float(low_C), float(high_C), 1e6 / 3 + index)
        for index, (low_C, high_C) in enumerate(zip(steep_C, ends_C, strict=True))
    ]
    streams.append(Stream(True, 100.0, 900.0, 10.0))
    table = problem_table(*columns(streams))
    hot_kW, cold_kW = exact_utilities_kW(streams)
    assert table.hot_utility_kW == pytest.approx(hot_kW, rel=1e-13)
    assert table.cold_utility_kW == pytest.approx(cold_kW, rel=1e-13)


def test_many_streams_stay_precise():
    given_columns = random_columns(50_000)
    table = problem_table(*given_columns)
    hot_kW, cold_kW = math.fsum(given_columns[2]), math.fsum(given_columns[5])
    balance_kW = (table.hot_utility_kW - table.cold_utility_kW) - (cold_kW - hot_kW)
    assert abs(balance_kW) < 1e-14 * (hot_kW + cold_kW)
    assert table.temperature_C.size == 200_000
    assert table.pinch_C.size == 1
    # by definition, at the pinch: cold minus hot heat above it
    above_kW = []
    for low_C, high_C, heat_kW in (given_columns[:3], given_columns[3:]):
        share = np.clip((high_C - table.pinch_C[0]) / (high_C - low_C), 0.0, 1.0)
        above_kW.append(math.fsum(share * heat_kW))
    assert table.hot_utility_kW == pytest.approx(above_kW[1] - above_kW[0], rel=1e-6)


@given(stream_lists())
@settings(deadline=None, max_examples=50)
def test_compiled_and_python_kernels_agree_to_the_last_bit(streams):
    low_C, high_C = np.array([s.low_C for s in streams]), np.array([s.high_C for s in streams])
    heat_kW = np.array([s.heat_kW * (-1 if s.is_hot else 1) for s in streams])
    ends_C = np.concatenate((low_C, high_C))
    order = np.argsort(ends_C)
    compiled = _cumulate_kernel(ends_C, order, heat_kW)
    python = kernel_py(_cumulate_kernel)(ends_C, order, heat_kW)
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)
    demand_kW = compiled[1]
    np.testing.assert_array_equal(
        _pinch_kernel(compiled[0], demand_kW), kernel_py(_pinch_kernel)(compiled[0], demand_kW)
    )
    for point, (at_C, heat) in enumerate(zip(compiled[0], demand_kW, strict=True)):
        with_jump = point > 0 and compiled[0][point - 1] == at_C
        exact = sum(
            exact_heat_below([s], at_C, with_jump) * (-1 if s.is_hot else 1) for s in streams
        )
        assert heat == pytest.approx(float(exact), abs=1e-13 * np.abs(heat_kW).sum())


def test_every_fault_is_listed():
    with pytest.raises(ValueError, match=r"^problem_table: ") as caught:
        problem_table([80, 90, 95], [70, 100, 80], [5, -1, -2], [1.0], [np.nan], [1, 2])
    assert str(caught.value) == (
        "problem_table: hot_kW[1] is -1.0, must be >= 0 (and 1 more); "
        "hot_low_C[0] is 80.0, must not be above hot_high_C[0] = 70.0 (and 1 more); "
        "cold_high_C[0] is nan, must be finite; "
        "cold_low_C (1), cold_high_C (1), cold_kW (2) must have the same length"
    )
