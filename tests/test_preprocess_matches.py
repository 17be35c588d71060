"""Candidate levels, kinks and feasible matches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess import (
    candidate_levels,
    feasible_matches,
    kernel_py,
    kink_duties,
    kink_index,
)
from preprocess.matches import _kink_duties_kernel, _kink_kernel, _matches_kernel

limits = st.lists(
    st.tuples(
        st.booleans(), st.integers(-20, 20).map(lambda step: step * 7.3), st.floats(0.01, 1e4)
    ),
    max_size=15,
)
levels = st.lists(st.integers(-20, 20).map(lambda step: step * 7.3), max_size=10)


def split(streams):
    is_hot = np.array([stream[0] for stream in streams], dtype=bool)
    limit_C = np.array([stream[1] for stream in streams], dtype=float)
    duty_kW = np.array([stream[2] for stream in streams], dtype=float)
    return is_hot, limit_C, duty_kW


def feasible_table(is_hot, limit_C, level_C):
    """Boolean table streams × levels by the definition."""
    below = level_C[None, :] <= limit_C[:, None] + 1e-6
    above = level_C[None, :] >= limit_C[:, None] - 1e-6
    return np.where(is_hot[:, None], below, above)


def test_candidates_rise_and_merge_rounding():
    limit_C = [0.1 + 0.2, 0.3, 285.0, -0.0, 1e-8, 25.0]
    assert candidate_levels(limit_C).tolist() == [0.0, 0.3, 25.0, 285.0]
    assert str(candidate_levels([-0.0])[0]) == "0.0"
    assert candidate_levels([80.0, 80.000001]).tolist() == [80.0, 80.000001]


def test_existing_levels_join_the_candidates():
    assert candidate_levels([35.0], [1600.0, 35.0, 13.0]).tolist() == [13.0, 35.0, 1600.0]
    assert candidate_levels([]).tolist() == []


def test_kink_allows_for_the_rounding_of_levels():
    limit_C = np.array([80.0000004999, 80.0000004999])
    level_C = candidate_levels(limit_C)
    assert kink_index([True, False], limit_C, level_C).tolist() == [0, 0]
    assert kink_index([True], [80.0], [80.0000009]).tolist() == [0]
    assert kink_index([True], [80.0], [80.0000011]).tolist() == [-1]
    assert kink_index([False], [80.0], [79.9999991]).tolist() == [0]
    assert kink_index([False], [80.0], [79.9999989]).tolist() == [-1]


def test_no_level_is_low_or_high_enough():
    assert kink_index([True, False], [10.0, 90.0], [20.0, 80.0]).tolist() == [-1, -1]
    assert kink_index([True, False], [10.0, 90.0], []).tolist() == [-1, -1]


@given(limits, levels)
@settings(deadline=None)
def test_matches_equal_the_boolean_table(streams, temperatures_C):
    is_hot, limit_C, _ = split(streams)
    level_C = candidate_levels(temperatures_C)
    kink = kink_index(is_hot, limit_C, level_C)
    stream, level = feasible_matches(is_hot, kink, level_C.size)
    expected = np.nonzero(feasible_table(is_hot, limit_C, level_C))
    np.testing.assert_array_equal(stream, expected[0])
    np.testing.assert_array_equal(level, expected[1])


@given(limits.filter(len))
@settings(deadline=None)
def test_own_candidates_are_the_kinks_and_keep_all_duty(streams):
    is_hot, limit_C, duty_kW = split(streams)
    level_C = candidate_levels(limit_C)
    kink = kink_index(is_hot, limit_C, level_C)
    np.testing.assert_allclose(level_C[kink], limit_C, atol=1e-6)
    hot_kink_kW, cold_kink_kW = kink_duties(is_hot, kink, duty_kW, level_C.size)
    assert hot_kink_kW.sum() == pytest.approx(duty_kW[is_hot].sum(), rel=1e-12)
    assert cold_kink_kW.sum() == pytest.approx(duty_kW[~is_hot].sum(), rel=1e-12)
    for index, at_C in enumerate(level_C):
        here = np.abs(limit_C - at_C) < 1e-5
        assert hot_kink_kW[index] == pytest.approx(duty_kW[here & is_hot].sum(), rel=1e-12)
        assert cold_kink_kW[index] == pytest.approx(duty_kW[here & ~is_hot].sum(), rel=1e-12)


@given(limits.filter(len), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_and_splitting_of_streams_do_not_change_the_duties(streams, random):
    halves = [(hot, limit_C, duty_kW / 2) for hot, limit_C, duty_kW in streams for _ in (1, 2)]
    random.shuffle(halves)
    results = []
    for table in (streams, halves):
        is_hot, limit_C, duty_kW = split(table)
        level_C = candidate_levels(limit_C)
        kink = kink_index(is_hot, limit_C, level_C)
        results.append(kink_duties(is_hot, kink, duty_kW, level_C.size))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-12)


@given(limits, levels)
@settings(deadline=None, max_examples=50)
def test_compiled_and_python_kernels_agree(streams, temperatures_C):
    is_hot, limit_C, duty_kW = split(streams)
    level_C = candidate_levels(temperatures_C)
    kink = _kink_kernel(is_hot, limit_C, level_C, 1e-6)
    np.testing.assert_array_equal(kink, kernel_py(_kink_kernel)(is_hot, limit_C, level_C, 1e-6))
    compiled = _matches_kernel(is_hot, kink, level_C.size)
    python = kernel_py(_matches_kernel)(is_hot, kink, level_C.size)
    np.testing.assert_array_equal(compiled, python)
    served = kink >= 0
    arguments = (is_hot[served], kink[served], duty_kW[served], level_C.size)
    np.testing.assert_array_equal(
        _kink_duties_kernel(*arguments), kernel_py(_kink_duties_kernel)(*arguments)
    )


def message_of(function, *arguments):
    with pytest.raises(ValueError, match=f"^{function.__name__}: ") as caught:
        function(*arguments)
    return str(caught.value)


def test_every_fault_of_candidate_levels_is_listed():
    assert message_of(candidate_levels, [1.0, np.nan], 5.0) == (
        "candidate_levels: limit_temperature_C[1] is nan, must be finite; "
        "extra_C has 0 dimensions, must have 1"
    )


def test_every_fault_of_kink_index_is_listed():
    assert message_of(kink_index, [True], [1.0, 2.0], [3.0, 3.0]) == (
        "kink_index: is_hot (1), limit_temperature_C (2) must have the same length; "
        "level_C[1] is 3.0, must be above the entry before it"
    )
    assert message_of(kink_index, [1, 0], [1.0, 2.0], [[3.0]]) == (
        "kink_index: is_hot must be a vector of booleans; level_C has 2 dimensions, must have 1"
    )


def test_every_fault_of_feasible_matches_is_listed():
    assert message_of(feasible_matches, [True], [2, -2], 2) == (
        "feasible_matches: kink[0] is 2, must be >= -1 and < 2 (and 1 more); "
        "is_hot (1), kink (2) must have the same length"
    )
    assert message_of(feasible_matches, [[True], [True, False]], [0.5], -1) == (
        "feasible_matches: is_hot must be a vector of booleans; "
        "n_levels is -1, must be an integer >= 0; kink must be a vector of integers"
    )
    assert "n_levels is 2.5, must be an integer >= 0" in message_of(
        feasible_matches, [True], [0], 2.5
    )


def test_every_fault_of_kink_duties_is_listed():
    assert message_of(kink_duties, [True, False], [0, -1], [1.0, -2.0], 1) == (
        "kink_duties: kink[1] is -1, must be >= 0 and < 1; duty_kW[1] is -2.0, must be >= 0"
    )
