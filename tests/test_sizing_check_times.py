"""The check of minimum times and load changes: initial states, and the conventions in full."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import hypothesis.strategies as st
import pytest
from helpers_sizing_designs import changed, one_boiler
from hypothesis import given

from milpcore.sizing import InitialState, steps_of
from milpcore.sizing.check import Rule, check

ON = InitialState(is_on=True, load_kW=60)
OFF = InitialState()


def timing(heat_kW: list[float], **about: Any) -> list[tuple[Rule, int | None]]:
    """Rules on time that the boiler breaks, and when."""
    plant = one_boiler(heat_kW, **about)
    rules = (Rule.SPACING, Rule.UP, Rule.DOWN)
    return [(v.rule, v.step) for v in check(*plant) if v.rule in rules]


@pytest.mark.parametrize(
    ("initial", "heat_kW", "expected"),
    [
        (None, [60, 0, 0, 60], []),
        (None, [0, 60, 60, 60], []),
        (ON.replace(hours_in_state_h=0.5), [60, 0, 0, 60], [(Rule.UP, 1)]),
        (ON.replace(hours_in_state_h=0.99), [60, 0, 0, 60], [(Rule.UP, 1)]),
        (ON.replace(hours_in_state_h=1.0), [60, 0, 0, 60], []),
        (ON.replace(hours_in_state_h=0.0), [0, 0, 0, 60], [(Rule.UP, 0)]),
        (ON, [0, 0, 0, 60], []),
        (OFF.replace(hours_in_state_h=0.5), [60, 60, 60, 60], [(Rule.DOWN, 0)]),
        (OFF.replace(hours_in_state_h=0.5), [0, 60, 60, 60], []),
        (OFF.replace(hours_in_state_h=1.0), [60, 60, 60, 60], []),
        (OFF.replace(hours_in_state_h=0.0), [0, 60, 60, 60], [(Rule.DOWN, 1)]),
        (OFF, [60, 60, 60, 0], []),
        (OFF, [60, 60, 0, 0], [(Rule.UP, 2)]),
        (ON, [0, 60, 60, 0], [(Rule.DOWN, 1), (Rule.UP, 3)]),
    ],
)
def test_minimum_times_from_the_initial_state_on(
    initial: InitialState | None, heat_kW: list[float], expected: list[tuple[Rule, int]]
) -> None:
    """At least 1.5 h on, 1 h off, in steps of half an hour."""
    found = timing(
        heat_kW, initial=initial, min_up_h=1.5, min_down_h=1.0, load_changes_per_window=None
    )
    assert found == expected


@pytest.mark.parametrize(
    ("since_h", "most", "heat_kW", "expected"),
    [
        (0.5, 1, [60, 80, 80, 80], [1]),
        (0.9, 1, [60, 80, 80, 80], [1]),
        (1.0, 1, [60, 80, 80, 80], []),
        (0.5, 1, [60, 60, 80, 80], []),
        (1.0, 1, [80, 80, 80, 80], [0]),
        (1.5, 1, [80, 80, 80, 80], []),
        (0.0, 1, [80, 80, 80, 80], [0]),
        (math.inf, 1, [80, 80, 80, 60], []),
        (math.inf, 1, [80, 60, 60, 60], [1]),
        (1.0, 1, [0, 0, 0, 0], [0]),
        (0.5, 2, [80, 60, 60, 60], [1]),
        (1.0, 2, [80, 60, 60, 60], []),
        (1.0, 2, [80, 60, 80, 80], [2]),
        (0.0, None, [80, 60, 80, 60], []),
    ],
)
@pytest.mark.parametrize("is_start_or_stop", [False, True])
def test_load_changes_from_the_initial_state_on(
    since_h: float,
    most: int | None,
    heat_kW: list[float],
    expected: list[int],
    is_start_or_stop: bool,
) -> None:
    """At most some in 1.5 h, steps of half an hour; 1.2 h take as many steps."""
    if is_start_or_stop:
        initial = ON.replace(hours_in_state_h=since_h)
    else:
        initial = ON.replace(hours_since_load_change_h=since_h)
    for window_h in (1.5, 1.2):
        found = timing(
            heat_kW,
            initial=initial,
            min_up_h=0,
            min_down_h=0,
            load_changes_per_window=most,
            window_h=window_h,
        )
        assert found == [(Rule.SPACING, step) for step in expected]


@pytest.mark.parametrize("tolerance", [0.0, 1e-6])
def test_a_unit_that_is_not_built_has_no_past(tolerance: float) -> None:
    initial = ON.replace(hours_in_state_h=0.0)
    profile, plant, idle = one_boiler([0, 0, 0], initial=initial, load_changes_per_window=1)
    rules = [violation.rule for violation in check(profile, plant, idle, tolerance=tolerance)]
    assert Rule.UP in rules
    assert Rule.SPACING in rules
    absent = changed(idle, "size_kW", 0, 0.0)
    rules = [violation.rule for violation in check(profile, plant, absent, tolerance=tolerance)]
    assert rules == [Rule.BALANCE] * 3


@pytest.mark.parametrize(("step_h", "three_steps_h"), [(0.7, 2.1), (0.1, 0.3), (1 / 3, 1.0)])
def test_rounding_makes_no_further_step(step_h: float, three_steps_h: float) -> None:
    """3 x 0.7 is less than 2.1 in binary, and 0.3 / 0.1 less than 3."""
    about: dict[str, Any] = {
        "min_up_h": three_steps_h,
        "min_down_h": three_steps_h,
        "window_h": three_steps_h,
        "load_changes_per_window": 1,
    }

    def rules(heat_kW: list[float], **more: Any) -> list[tuple[Rule, int | None]]:
        profile, plant, operated = one_boiler(heat_kW, **about, **more)
        profile = dataclasses.replace(profile, step_h=step_h)
        return [(v.rule, v.step) for v in check(profile, plant, operated) if v.unit == "boiler"]

    assert rules([60, 0, 0, 0, 60, 60, 60, 0]) == []
    both = [Rule.SPACING, Rule.DOWN]
    assert rules([60, 0, 0, 60, 60, 60, 60, 60]) == [(rule, 3) for rule in both]
    initial = ON.replace(hours_in_state_h=three_steps_h)
    assert rules([0, 0, 0], initial=initial) == []
    initial = ON.replace(hours_in_state_h=three_steps_h - 0.01 * step_h)
    assert rules([0, 0, 0], initial=initial) == [(Rule.SPACING, 0), (Rule.UP, 0)]


hours = st.floats(0.0, 3.0)


@st.composite
def timings(draw: st.DrawFn) -> tuple[list[float], dict[str, Any]]:
    loads = st.sampled_from([0.0, 0.0, 60.0, 60.0, 80.0])
    about: dict[str, Any] = {
        "min_up_h": draw(hours),
        "min_down_h": draw(hours),
        "window_h": draw(st.floats(0.1, 3.0)),
        "load_changes_per_window": draw(st.integers(1, 3)),
    }
    if draw(st.booleans()):
        is_on, in_state_h = draw(st.booleans()), draw(hours)
        about["initial"] = InitialState(
            is_on=is_on,
            load_kW=60.0 * is_on,
            hours_in_state_h=in_state_h,
            hours_since_load_change_h=draw(st.floats(0.0, in_state_h)),
        )
    return draw(st.lists(loads, min_size=2, max_size=10)), about


@given(timings())
def test_times_are_those_of_whole_steps(timing_case: tuple[list[float], dict[str, Any]]) -> None:
    """The conventions word for word: every window, every step after a start or stop."""
    heat_kW, about = timing_case
    initial: InitialState | None = about.get("initial")
    before = (heat_kW[0], 0.0, 0.0)
    if initial is not None:
        before = (initial.load_kW, initial.hours_in_state_h, initial.last_change_h)
    loads = [before[0], *heat_kW]
    n_steps, window = len(heat_kW), steps_of(about["window_h"], 0.5)
    events = [t for t in range(n_steps) if loads[t + 1] != loads[t]]
    if initial is not None:
        events.append(-math.floor(before[2] / 0.5))
    counts = [sum(s <= t < s + window for t in events) for s in range(-20, n_steps)]
    is_spaced = max(counts) <= about["load_changes_per_window"]

    def stays(is_on: bool, least_h: float) -> bool:
        least = steps_of(least_h, 0.5)
        row = [heat > 0.0 for heat in heat_kW]
        changes = [t for t in range(n_steps) if row[t] == is_on and (loads[t] > 0.0) != is_on]
        if any(state != is_on for t in changes for state in row[t : t + least]):
            return False
        if initial is None or (before[0] > 0.0) != is_on:
            return True
        left = max(0, least - math.floor(before[1] / 0.5))
        return all(state == is_on for state in row[:left])

    found = {rule for rule, _ in timing(heat_kW, **about)}
    assert (Rule.SPACING not in found) == is_spaced
    assert (Rule.UP not in found) == stays(True, about["min_up_h"])
    assert (Rule.DOWN not in found) == stays(False, about["min_down_h"])
