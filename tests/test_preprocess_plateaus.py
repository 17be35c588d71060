"""Kernels on plateaus against every way to place the borders."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.plateaus import least_range, plateau_limit

demands = st.lists(st.integers(0, 20), min_size=1, max_size=9)


def borders_of(n_steps: int, window: int, most_changes: int) -> list[tuple[int, ...]]:
    """All sets of borders with at most so many in any window."""
    found = []
    for count in range(n_steps):
        for borders in combinations(range(1, n_steps), count):
            near = [
                sum(first <= border < first + window for border in borders) for first in borders
            ]
            if max(near, default=0) <= most_changes:
                found.append(borders)
    return found


def plateaus_of(values: np.ndarray, borders: tuple[int, ...]) -> list[np.ndarray]:
    return np.split(values, borders)


@settings(deadline=None, max_examples=60)
@given(demands, st.integers(1, 4), st.integers(1, 2))
def test_least_range_is_that_of_the_best_borders(demand, window, most_changes) -> None:
    values = np.array(demand, dtype=float)
    best = min(
        max(np.ptp(part) for part in plateaus_of(values, borders))
        for borders in borders_of(values.size, window, most_changes)
    )
    assert least_range(values, window, most_changes) == (0.0 if most_changes >= window else best)


def test_more_than_two_changes_give_a_bound_of_zero() -> None:
    assert least_range(np.array([0.0, 9.0, 0.0, 9.0, 0.0]), 5, 3) == 0.0


def test_without_changes_the_range_is_that_of_all_steps() -> None:
    assert least_range(np.array([3.0, 9.0, 1.0]), 4, 0) == 8.0


@settings(deadline=None, max_examples=60)
@given(demands, st.integers(1, 4))
def test_plateau_limit_is_the_most_that_some_plateau_allows(limit, window) -> None:
    values = np.array(limit, dtype=float)
    most = np.full(values.size, -np.inf)
    for borders in borders_of(values.size, window, 1):
        for part in plateaus_of(np.arange(values.size), borders):
            most[part] = np.maximum(most[part], values[part].min())
    assert plateau_limit(values, window) == pytest.approx(most)
