"""COP and heat pump pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess import candidate_levels, carnot_cop, heat_pump_pairs, kernel_py
from preprocess.heat_pumps import _cop_kernel, _pairs_kernel

SITE = {
    "carnot_efficiency": 0.65,
    "dt_source_K": 10.0,
    "dt_sink_K": 10.0,
    "max_lift_K": 60.0,
    "max_sink_C": 200.0,
}
level_lists = st.lists(
    st.integers(-60, 60).map(lambda step: step * 5.1), min_size=1, max_size=15
).map(lambda values: candidate_levels(values))


def looped_pairs(level_C, carnot_efficiency, dt_source_K, dt_sink_K, max_lift_K, max_sink_C):
    """Every pair by the definition, without early exits."""
    pairs = []
    for i, source_C in enumerate(level_C):
        for j, sink_C in enumerate(level_C):
            if sink_C <= source_C or sink_C - source_C > max_lift_K + 1e-9:
                continue
            hot_K, cold_K = sink_C + dt_sink_K + 273.15, source_C - dt_source_K + 273.15
            if sink_C > max_sink_C + 1e-9 or cold_K <= 0:
                continue
            cop = carnot_efficiency / (1 - cold_K / hot_K)
            if cop > 1:
                pairs.append((i, j, cop))
    return pairs


@pytest.mark.parametrize(
    ("source_C", "sink_C", "efficiency", "dt_K", "cop"),
    [
        (25, 105, 0.5, 5, 0.5 * 383.15 / 90),  # 2.13
        (25, 80, 0.65, 10, 0.65 * 363.15 / 75),
        (0, 100, 1.0, 0, 373.15 / 100),
    ],
)
def test_cop_in_kelvin(source_C, sink_C, efficiency, dt_K, cop):
    assert carnot_cop(source_C, sink_C, efficiency, dt_K, dt_K) == pytest.approx(cop, rel=1e-14)


def test_cop_broadcasts():
    level_C = np.array([20.0, 60.0, 110.0])
    table = carnot_cop(level_C[:, None], level_C[None, :], 0.6, 5.0, [5.0, 6.0, 7.0])
    assert table.shape == (3, 3)
    for i in range(3):
        for j in range(3):
            one = carnot_cop(level_C[i], level_C[j], 0.6, 5.0, 5.0 + j)
            np.testing.assert_array_equal(table[i, j], one)
    assert carnot_cop([], 50.0, 0.5, 5.0, 5.0).shape == (0,)


def test_no_cop_without_lift_or_below_absolute_zero():
    assert np.isnan(carnot_cop(50.0, 50.0, 0.5, 0.0, 0.0))
    assert np.isnan(carnot_cop(80.0, 50.0, 0.5, 10.0, 10.0))
    assert np.isnan(carnot_cop(-265.0, 0.0, 0.5, 10.0, 10.0))
    assert np.isfinite(carnot_cop(55.0, 50.0, 0.5, 5.0, 5.0))


@given(st.floats(-50, 150), st.floats(0.1, 100), st.floats(0.1, 50), st.floats(0.1, 1))
@settings(deadline=None)
def test_cop_falls_with_lift_from_either_end(source_C, lift_K, more_K, efficiency):
    cop = carnot_cop(source_C, source_C + lift_K, efficiency, 5.0, 5.0)
    assert carnot_cop(source_C, source_C + lift_K + more_K, efficiency, 5.0, 5.0) < cop
    assert carnot_cop(source_C - more_K, source_C + lift_K, efficiency, 5.0, 5.0) < cop
    assert carnot_cop(source_C, source_C + lift_K, efficiency, 5.0 + more_K, 5.0) < cop
    assert carnot_cop(source_C, source_C + lift_K, efficiency, 5.0, 5.0 + more_K) < cop


@given(
    level_lists,
    st.floats(0.05, 1.0),
    st.floats(0.0, 30.0),
    st.floats(0.0, 30.0),
    st.one_of(st.floats(0.0, 300.0), st.just(np.inf)),
    st.one_of(st.floats(-200.0, 300.0), st.just(np.inf)),
)
@settings(deadline=None)
def test_pairs_equal_the_double_loop(level_C, efficiency, below_K, above_K, lift_K, sink_C):
    pairs = heat_pump_pairs(
        level_C,
        carnot_efficiency=efficiency,
        dt_source_K=below_K,
        dt_sink_K=above_K,
        max_lift_K=lift_K,
        max_sink_C=sink_C,
    )
    expected = looped_pairs(level_C, efficiency, below_K, above_K, lift_K, sink_C)
    found = list(zip(pairs.source.tolist(), pairs.sink.tolist(), strict=True))
    assert found == [pair[:2] for pair in expected]
    np.testing.assert_allclose(pairs.cop, [pair[2] for pair in expected], rtol=1e-10)
    assert np.all(pairs.cop > 1.0)
    np.testing.assert_array_equal(
        pairs.cop,
        carnot_cop(level_C[pairs.source], level_C[pairs.sink], efficiency, below_K, above_K),
    )


def test_limits_hold_within_rounding():
    level_C = np.array([0.3, 60.1 + 0.2, 120.3])
    assert level_C[1] - level_C[0] != 60.0
    pairs = heat_pump_pairs(level_C, **SITE)
    assert pairs.source.tolist() == [0, 1]
    assert pairs.sink.tolist() == [1, 2]
    capped = heat_pump_pairs([150.0, 200.0, 200.1], **SITE)
    assert capped.sink.tolist() == [1]
    assert heat_pump_pairs([150.0, 200.0 + 5e-10], **SITE).sink.tolist() == [1]
    assert heat_pump_pairs([150.0, 200.0 + 2e-9], **SITE).sink.tolist() == []


def test_pairs_at_or_below_one_are_dropped():
    weak = SITE | {"carnot_efficiency": 0.2, "max_lift_K": 200.0}
    pairs = heat_pump_pairs([0.0, 10.0, 100.0], **weak)
    assert (pairs.source.tolist(), pairs.sink.tolist()) == ([0], [1])  # 0.2 * 293.15 / 30
    exactly_one = SITE | {"carnot_efficiency": 0.5, "dt_source_K": 0.0, "dt_sink_K": 0.0}
    exactly_one["max_lift_K"] = 200.0
    pairs = heat_pump_pairs([100.0 - 273.15, 200.0 - 273.15], **exactly_one)
    assert pairs.source.size == 0


def test_sources_below_absolute_zero_are_dropped():
    pairs = heat_pump_pairs([-270.0, -262.0, -255.0], **SITE)
    assert (pairs.source.tolist(), pairs.sink.tolist()) == ([], [])
    pairs = heat_pump_pairs(
        [-264.0, -250.0], **(SITE | {"carnot_efficiency": 1.0, "dt_source_K": 9})
    )
    assert pairs.source.tolist() == [0]


def test_few_levels_have_no_pairs():
    for level_C in ([], [80.0]):
        pairs = heat_pump_pairs(level_C, **SITE)
        assert [part.size for part in pairs] == [0, 0, 0]
        assert pairs.source.dtype == pairs.sink.dtype == np.int64


@given(level_lists)
@settings(deadline=None, max_examples=50)
def test_compiled_and_python_kernels_agree(level_C):
    arguments = (level_C, 0.65, 10.0, 10.0, 60.0, 200.0)
    for one, other in zip(
        _pairs_kernel(*arguments), kernel_py(_pairs_kernel)(*arguments), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    same = np.full(level_C.size, 0.5)
    arguments = (level_C, level_C[::-1].copy(), same, 10 * same, 10 * same)
    np.testing.assert_array_equal(_cop_kernel(*arguments), kernel_py(_cop_kernel)(*arguments))


def test_every_fault_of_heat_pump_pairs_is_listed():
    with pytest.raises(ValueError, match=r"^heat_pump_pairs: ") as caught:
        heat_pump_pairs(
            [80.0, 25.0, 20.0],
            carnot_efficiency=1.2,
            dt_source_K=-1.0,
            dt_sink_K="x",
            max_lift_K=-np.inf,
            max_sink_C=np.nan,
        )
    assert str(caught.value) == (
        "heat_pump_pairs: level_C[1] is 25.0, must be above the entry before it (and 1 more); "
        "carnot_efficiency is 1.2, must be <= 1; dt_source_K is -1.0, must be >= 0; "
        "dt_sink_K must hold numbers; max_lift_K is -inf, must be finite; "
        "max_sink_C is nan, must be finite"
    )
    with pytest.raises(ValueError, match=r"^heat_pump_pairs: ") as caught:
        heat_pump_pairs([20.0], **(SITE | {"max_lift_K": [60.0, 70.0], "carnot_efficiency": 0}))
    assert str(caught.value) == (
        "heat_pump_pairs: carnot_efficiency is 0.0, must be > 0; max_lift_K must be one number"
    )


def test_every_fault_of_carnot_cop_is_listed():
    with pytest.raises(ValueError, match=r"^carnot_cop: ") as caught:
        carnot_cop([20.0, 30.0], [50.0, 60.0, np.inf], 0.0, -5.0, 5.0)
    assert str(caught.value) == (
        "carnot_cop: sink_C[2] is inf, must be finite; efficiency is 0.0, must be > 0; "
        "dt_source_K is -5.0, must be >= 0; "
        "shapes [(2,), (3,), (), (), ()] do not broadcast"
    )
