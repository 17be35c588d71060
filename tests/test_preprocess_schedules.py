"""The nearest schedule against every pattern of states and borders."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.schedules import nearest_schedule

STEPS = 5


def runs_of(states: list[int]) -> list[tuple[int, int, int]]:
    """State, first step and end of every run."""
    edges = [0, *(t for t in range(1, len(states)) if states[t] != states[t - 1]), len(states)]
    return [(states[a], a, b) for a, b in pairwise(edges)]


def is_allowed(states, borders, spacing, min_up, min_down, past) -> bool:
    """Whether states and borders keep spacing and least times; borders[0] counts with a past."""
    changes = [t for t in range(STEPS) if borders[t]]
    if past is not None:
        since = past[3]
        changes = [-since, *changes] if since < 90 else changes
    if any(b - a < spacing for a, b in pairwise(changes)):
        return False
    for state, first, end in runs_of(states):
        least = min_up if state else min_down
        begun = first > 0 or (past is not None and bool(state) != past[0])
        if first == 0 and past is not None and bool(state) == past[0]:
            is_short = end < STEPS and past[2] + end < least
        else:
            is_short = begun and end < STEPS and end - first < least
        if is_short:
            return False
    has_switched = past is not None and bool(states[0]) != past[0]
    return not (has_switched and past[2] < (min_up if past[0] else min_down))


def best_distance(wish, limit, least_load, spacing, min_up, min_down, past) -> float:
    """Least sum of distances of all schedules, by listing them."""
    best = np.inf
    for states in product((0, 1), repeat=STEPS):
        for inner in product((0, 1), repeat=STEPS - 1):
            for first in (0, 1) if past is not None else (0,):
                borders = (first, *inner)
                if any(
                    states[t] != states[t - 1] and not borders[t] for t in range(1, STEPS)
                ) or not is_allowed(list(states), borders, spacing, min_up, min_down, past):
                    continue
                if past is not None and not first and bool(states[0]) != past[0]:
                    continue
                total, edges = 0.0, [0, *(t for t in range(1, STEPS) if borders[t]), STEPS]
                for place, (a, b) in enumerate(pairwise(edges)):
                    held = past is not None and place == 0 and not first
                    if held:
                        load = past[1]
                        ok = load <= limit[a:b].min() or not states[a]
                    elif states[a]:
                        most = limit[a:b].min()
                        ok = most >= least_load
                        load = min(max(float(np.median(wish[a:b])), least_load), most)
                    else:
                        load, ok = 0.0, True
                    total += float(np.abs(wish[a:b] - load).sum()) if ok else np.inf
                best = min(best, total)
    return best


loads = st.lists(st.integers(0, 9), min_size=STEPS, max_size=STEPS)
pasts = st.one_of(
    st.none(),
    st.builds(
        lambda on, load, state, since: (on, float(load) if on else 0.0, state, max(since, 0)),
        st.booleans(),
        st.integers(3, 6),
        st.integers(1, 4),
        st.integers(1, 4),
    ),
)


@settings(deadline=None, max_examples=20)
@given(loads, loads, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), pasts)
def test_no_schedule_is_nearer(wish, limit, spacing, min_up, min_down, past) -> None:
    wished, most = np.array(wish, dtype=float), np.array(limit, dtype=float)
    schedule = nearest_schedule(
        wished,
        most,
        least_load=2.0,
        spacing=spacing,
        min_up=min_up,
        min_down=min_down,
        past=past,
    )
    best = best_distance(wished, most, 2.0, spacing, min_up, min_down, past)
    assert schedule.distance == pytest.approx(best)
    if np.isfinite(best):
        assert np.abs(wished - schedule.load).sum() == pytest.approx(best)
        assert np.all(schedule.load[~schedule.is_on] == 0.0)
        changed = np.flatnonzero(np.diff(schedule.load) != 0.0) + 1
        assert np.all(schedule.is_border[changed])
