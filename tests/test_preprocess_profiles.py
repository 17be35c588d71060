"""Made-up profiles keep what they promise, and statistics find what was put in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocess import (
    Spikes,
    fluctuating_profile,
    kernel_py,
    profile_statistics,
    seasonal_profile,
    stepped_profile,
)
from preprocess.profile_analysis import (
    _lagged_products_kernel,
    _running_median_kernel,
    _spike_heights_kernel,
)

TRAINS = (Spikes(1.5, 0.5, 8.0, 3.0), Spikes(3.5, 0.8, 32.0, 8.0))


def fluctuating(n_steps: int = 192, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "seed": 1,
        "mean_kW": 1000.0,
        "deviation_share": 0.15,
        "spikes": TRAINS,
        "downward_share": 0.35,
        "lowest_share": None,
    }
    return fluctuating_profile(n_steps, **{**arguments, **changes})


def seasonal(n_steps: int = 8760, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "seed": 1,
        "step_h": 1.0,
        "mean_kW": 1000.0,
        "yearly_share": 0.5,
        "coldest_day": 15.0,
        "daily_factor": np.ones(24),
    }
    return seasonal_profile(n_steps, **{**arguments, **changes})


@given(
    st.integers(2, 400),
    st.integers(0, 2**63),
    st.floats(1e-3, 1e6),
    st.floats(0.0, 3.0),
    st.integers(0, 30),
)
def test_mean_and_deviation_are_exact(
    n_steps: int, seed: int, mean_kW: float, share: float, lag_steps: int
) -> None:
    pair = fluctuating(
        n_steps, seed=seed, mean_kW=mean_kW, deviation_share=share, lag_steps=lag_steps
    )
    assert pair.demand_kW.shape == pair.earlier_kW.shape == (n_steps,)
    assert pair.demand_kW.mean() == pytest.approx(mean_kW, rel=1e-9)
    assert pair.demand_kW.std() == pytest.approx(share * mean_kW, rel=1e-9, abs=1e-9 * mean_kW)


@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.floats(0.0, 0.9))
def test_clipping_only_lifts_what_is_below(seed: int, share: float, lowest: float) -> None:
    free = fluctuating(96, seed=seed, deviation_share=share)
    clipped = fluctuating(96, seed=seed, deviation_share=share, lowest_share=lowest)
    np.testing.assert_array_equal(clipped.demand_kW, np.maximum(free.demand_kW, lowest * 1000.0))
    assert clipped.demand_kW.std() <= free.demand_kW.std() * (1 + 1e-12)


@given(st.integers(0, 50), st.integers(0, 60))
def test_the_earlier_profile_is_the_demand_some_steps_before(seed: int, lag: int) -> None:
    pair = fluctuating(50, seed=seed, lag_steps=lag)
    np.testing.assert_array_equal(pair.demand_kW, fluctuating(50, seed=seed).demand_kW)
    np.testing.assert_array_equal(pair.earlier_kW[lag:], pair.demand_kW[: max(50 - lag, 0)])
    before = pair.earlier_kW[:lag]
    assert np.isfinite(before).all()
    assert np.unique(before).size == before.size


def test_seeds_and_lengths() -> None:
    one = fluctuating(seed=1).demand_kW
    np.testing.assert_array_equal(one, fluctuating(seed=1).demand_kW)
    assert np.abs(one - fluctuating(seed=2).demand_kW).max() > 10.0
    long = fluctuating(384, seed=1).demand_kW[:192]
    same_shape = (long - long.mean()) / long.std() - (one - one.mean()) / one.std()
    assert np.abs(same_shape).max() < 1e-9


def test_the_profile_of_a_seed_stays_the_same() -> None:
    values = fluctuating(5, spikes=()).demand_kW
    uniform = np.random.PCG64(np.random.SeedSequence((1, 0))).random_raw(10) / 2.0**64
    first, second = uniform.reshape(5, 2).T
    noise = np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * math.pi * second)
    expected = 1000 + 150 * (noise - noise.mean()) / noise.std()
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    np.testing.assert_allclose(
        values, [1138.90261, 1056.22722, 880.90454, 770.97205, 1152.99358], atol=1e-5
    )


def test_noise_is_normal_and_has_no_memory() -> None:
    noise = fluctuating(20_000, spikes=(), mean_kW=1.0, deviation_share=1.0).demand_kW - 1.0
    assert abs((noise**3).mean()) < 0.06
    assert abs((noise**4).mean() - 3.0) < 0.15
    assert abs((noise[1:] * noise[:-1]).mean()) < 0.02


def test_spikes_come_as_often_and_as_high_as_asked() -> None:
    """Spikes a thousand times the noise can be counted."""
    train = Spikes(1000.0, 100.0, 25.0, 5.0)
    value = fluctuating(50_000, spikes=[train], downward_share=0.3).demand_kW
    step = value - np.median(value)
    is_spike = np.abs(step) > 0.3 * np.abs(step).max()
    places = np.flatnonzero(is_spike)
    gaps = np.diff(places)
    assert gaps.mean() == pytest.approx(25.0, abs=0.5)
    assert gaps.std() == pytest.approx(5.0, abs=0.5)
    assert (step[places] < 0).mean() == pytest.approx(0.3, abs=0.03)
    heights = np.abs(step[places])
    assert heights.std() / heights.mean() == pytest.approx(0.1, abs=0.01)
    phases = [
        np.flatnonzero(np.abs(fluctuating(60, seed=s, spikes=[train]).demand_kW - 1000.0) > 200.0)[
            0
        ]
        for s in range(60)
    ]
    assert min(phases) < 5
    assert 8 < np.mean(phases) < 17


def test_spikes_of_both_signs_only_where_asked() -> None:
    train = [Spikes(1000.0, 0.0, 10.0, 0.0)]
    for share, sign in ((0.0, 1), (1.0, -1)):
        value = fluctuating(1000, spikes=train, downward_share=share).demand_kW
        extremes = (value - np.median(value))[np.abs(value - np.median(value)) > 100.0]
        assert (np.sign(extremes) == sign).all()
        assert extremes.size == 100


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1, max_size=5),
    st.integers(1, 60),
    st.integers(0, 40),
)
def test_steps_repeat(levels: list[tuple[int, int]], n_steps: int, lag: int) -> None:
    pattern = [level for level, duration in levels for _ in range(duration)]
    pair = stepped_profile(
        n_steps,
        level_kW=[level for level, _ in levels],
        duration_steps=[duration for _, duration in levels],
        lag_steps=lag,
    )
    for step in range(n_steps):
        assert pair.demand_kW[step] == pattern[step % len(pattern)]
        assert pair.earlier_kW[step] == pattern[(step - lag) % len(pattern)]


def test_seasons_follow_their_formula() -> None:
    factor = np.arange(24.0)
    pair = seasonal(100, step_h=0.25, start_h=1000.0, daily_factor=factor, lag_steps=3)
    for step in (0, 7, 99):
        hours = 1000.0 + step * 0.25
        yearly = 1 + 0.5 * math.cos(2 * math.pi * (hours / 24 - 15) / 365)
        expected = 1000 * yearly * factor[int(hours) % 24] / 11.5
        assert pair.demand_kW[step] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(pair.earlier_kW[3:], pair.demand_kW[:-3])
    year = seasonal().demand_kW
    assert year.mean() == pytest.approx(1000.0, rel=1e-9)
    assert np.argmax(year) == 15 * 24


def test_seasons_with_noise() -> None:
    quiet, noisy = (seasonal(noise_share=share, lowest_share=None) for share in (0.0, 0.2))
    noise = noisy.demand_kW - quiet.demand_kW
    assert noise.std() == pytest.approx(200.0, rel=0.03)
    assert abs(noise.mean()) < 10.0
    lifted = seasonal(noise_share=0.5, lowest_share=0.1).demand_kW
    assert lifted.min() == 100.0
    other = seasonal(noise_share=0.2, lowest_share=None, seed=2).demand_kW
    assert np.abs(other - noisy.demand_kW).max() > 100.0


def test_hours_begin_on_time_for_any_step() -> None:
    factor = np.arange(24.0)
    for step_h, per_hour in ((0.1, 10), (1 / 3, 3), (0.25, 4)):
        pair = seasonal(48 * per_hour, step_h=step_h, yearly_share=0.0, daily_factor=factor)
        hourly = pair.demand_kW.reshape(48, per_hour)
        np.testing.assert_allclose(
            hourly, np.tile(factor, 2)[:, None] * 1000 / 11.5 * np.ones(per_hour)
        )
    from_five = seasonal(
        120, step_h=1 / 3, start_h=5 + 1 / 3, yearly_share=0.0, daily_factor=factor
    ).demand_kW
    hours = ((np.arange(120) + 1) // 3 + 5) % 24
    np.testing.assert_allclose(from_five, factor[hours] * 1000 / 11.5)


@given(
    st.lists(st.floats(-100, 100), min_size=2, max_size=40),
    st.sampled_from([3, 5, 9]),
    st.integers(1, 8),
)
def test_statistics_against_plain_formulas(values: list[float], window: int, lags: int) -> None:
    array = np.array(values)
    n_lags = min(lags, len(values) - 1)
    found = profile_statistics(array, step_h=0.5, n_lags=n_lags, spike_window_steps=window)
    assert found.mean_kW == pytest.approx(math.fsum(values) / len(values), abs=1e-9)
    assert found.deviation_kW == pytest.approx(array.std(), abs=1e-9)
    assert (found.lowest_kW, found.highest_kW) == (min(values), max(values))
    ramps = np.diff(array) / 0.5
    assert found.largest_rise_kW_per_h == max(ramps.max(), 0.0)
    assert found.largest_fall_kW_per_h == max((-ramps).max(), 0.0)
    assert found.mean_ramp_kW_per_h == pytest.approx(np.abs(ramps).mean())
    centred = array - array.mean()
    total = (centred**2).sum()
    for lag, correlation in enumerate(found.autocorrelation):
        if array.max() == array.min():
            assert math.isnan(correlation)
        elif total > 1e-9:
            product = (centred[: len(values) - lag] * centred[lag:]).sum()
            assert correlation == pytest.approx(product / total, abs=1e-6)
    half = window // 2
    median = np.array(
        [np.median(array[max(i - half, 0) : i + half + 1]) for i in range(len(array))]
    )
    np.testing.assert_allclose(kernel_py(_running_median_kernel)(array, half), median, atol=1e-12)
    distance = array - median
    deviation = 1.4826 * np.median(np.abs(distance)) or 1.2533 * np.abs(distance).mean()
    expected = []
    for sign in (1.0, -1.0):
        is_spike = np.concatenate(([False], sign * distance > 3.0 * deviation))
        expected.append(int((is_spike[1:] & ~is_spike[:-1]).sum()) if deviation > 0 else 0)
    assert [found.n_upward_spikes, found.n_downward_spikes] == expected
    assert found.spikes_per_h == sum(expected) / (0.5 * len(values))


@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.integers(0, 100))
def test_spikes_do_not_depend_on_scale_or_level(scale: float, level: float, seed: int) -> None:
    value = fluctuating(120, seed=seed).demand_kW
    first = profile_statistics(value, step_h=0.25)
    second = profile_statistics(scale * value + level, step_h=0.25)
    assert first.n_upward_spikes == second.n_upward_spikes
    assert first.n_downward_spikes == second.n_downward_spikes


def test_planted_spikes_are_found_whatever_lies_below() -> None:
    generator = np.random.default_rng(7)
    base = 1000 + np.linspace(0, 900, 1000) + 200 * np.sin(np.arange(1000) / 60)
    base[500:] += 700.0  # a change of level is no spike
    value = base + generator.normal(0, 10, 1000)
    up, down = np.arange(20, 1000, 61), np.arange(45, 1000, 122)
    value[up] += 150.0
    value[down] -= 150.0
    value[21] += 150.0  # two in a row are one
    found = profile_statistics(value, step_h=0.25, spike_threshold=6.0)
    assert (found.n_upward_spikes, found.n_downward_spikes) == (up.size, down.size)
    assert found.mean_spike_kW == pytest.approx(150.0, abs=10.0)
    assert found.spikes_per_h == (up.size + down.size) / 250.0


def test_pure_noise_and_steps_have_almost_no_spikes() -> None:
    noise = np.random.default_rng(1).normal(1000, 50, 20_000)
    found = profile_statistics(noise, step_h=1.0, spike_window_steps=49)
    assert 20 < found.n_upward_spikes + found.n_downward_spikes < 110
    steps = np.repeat([100.0, 900.0, 400.0], 40)
    assert profile_statistics(steps, step_h=1.0).spikes_per_h == 0.0
    flat = np.full(200, 5.0)
    assert profile_statistics(flat, step_h=1.0).spikes_per_h == 0.0
    assert math.isnan(profile_statistics(flat, step_h=1.0).mean_spike_kW)
    flat[[20, 90, 150]] = 9.0
    assert profile_statistics(flat, step_h=1.0).n_upward_spikes == 3


def test_kernels_as_plain_python() -> None:
    value = fluctuating(60).demand_kW
    for compiled, arguments in (
        (_running_median_kernel, (value, 4)),
        (_spike_heights_kernel, (value - 1000.0, 100.0)),
        (_lagged_products_kernel, (value - 1000.0, 5)),
    ):
        np.testing.assert_array_equal(compiled(*arguments), kernel_py(compiled)(*arguments))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fluctuating(1), "n_steps is 1, must be >= 2"),
        (lambda: fluctuating(0), "n_steps is 0, must be >= 2"),
        (lambda: fluctuating(-1), "n_steps is -1, must be an integer >= 0"),
        (lambda: fluctuating(2.5), "n_steps is 2.5, must be an integer >= 0"),
        (lambda: fluctuating(seed=-1), "seed is -1, must be an integer >= 0"),
        (lambda: fluctuating(lag_steps=-1), "lag_steps is -1, must be an integer >= 0"),
        (lambda: fluctuating(mean_kW=0.0), "mean_kW is 0.0, must be > 0"),
        (lambda: fluctuating(mean_kW=math.nan), "mean_kW is nan, must be finite"),
        (lambda: fluctuating(deviation_share=-1), "deviation_share is -1.0, must be >= 0"),
        (lambda: fluctuating(downward_share=2), "downward_share is 2.0, must be <= 1"),
        (lambda: fluctuating(lowest_share=-0.1), "lowest_share is -0.1, must be >= 0"),
        (lambda: fluctuating(lowest_share=1.0), "lowest_share is 1.0, must be < 1"),
        (lambda: fluctuating(spikes=[(1, 2)]), r"spikes\[0\] must be Spikes of 4 numbers"),
        (lambda: fluctuating(spikes=[Spikes(1, 1, 0.5, 1)]), r"spikes\[0\].gap_steps is 0.5, must"),
        (lambda: fluctuating(spikes=[Spikes(-1, 1, 1, 1)]), r"spikes\[0\].amplitude is -1.0, must"),
        (lambda: fluctuating(spikes=[Spikes(1, -1, 1, 1)]), "amplitude_deviation is -1.0, must be"),
        (lambda: fluctuating(spikes=[Spikes(1, 1, 1, -1)]), "gap_deviation_steps is -1.0, must be"),
        (
            lambda: stepped_profile(3, level_kW=[-1, 2], duration_steps=[1]),
            r"level_kW\[0\] is -1.0, must be >= 0; level_kW \(2\), duration_steps \(1\) must have",
        ),
        (
            lambda: stepped_profile(3, level_kW=[1], duration_steps=[0]),
            r"duration_steps\[0\] is 0, must be >= 1 and < 1000000000",
        ),
        (
            lambda: stepped_profile(0, level_kW=[], duration_steps=[]),
            "n_steps is 0, must be >= 1; level_kW must have at least one level",
        ),
        (lambda: seasonal(step_h=0.0), "step_h is 0.0, must be > 0"),
        (lambda: seasonal(yearly_share=1.1), "yearly_share is 1.1, must be <= 1"),
        (lambda: seasonal(noise_share=-1), "noise_share is -1.0, must be >= 0"),
        (lambda: seasonal(daily_factor=[1]), "daily_factor must have 24 values that are not all 0"),
        (lambda: seasonal(daily_factor=np.zeros(24)), "daily_factor must have 24 values that are"),
        (lambda: profile_statistics([1.0], step_h=1.0), "value_kW has 1 entries, must have at"),
        (lambda: profile_statistics([1, 2], step_h=0.0), "step_h is 0.0, must be > 0"),
        (
            lambda: profile_statistics([1, 2], step_h=1.0, n_lags=2),
            "n_lags is 2, must be below the 2 steps",
        ),
        (
            lambda: profile_statistics([1, 2], step_h=1.0, spike_window_steps=4),
            "spike_window_steps is 4, must be odd and >= 3",
        ),
        (
            lambda: profile_statistics([1, 2], step_h=1.0, spike_threshold=0.0),
            "spike_threshold is 0.0, must be > 0",
        ),
    ],
)
def test_arguments_out_of_range(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
