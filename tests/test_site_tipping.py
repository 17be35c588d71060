"""Tipping points by halving: every change is found, and nothing that is none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from milpcore.site.tipping import MOST_HALVINGS, TippingPoint, tipping_points


class Piece(NamedTuple):
    """State between two thresholds."""

    signature: int
    token: tuple[int, int]


def piecewise(cuts: list[float], signatures: list[int]):  # type: ignore[no-untyped-def]
    """State by value: piece number and its signature."""

    def solve(value: float, near: Piece | None = None) -> Piece:
        assert near is None or isinstance(near, Piece)
        piece = int(np.searchsorted(cuts, value))
        return Piece(signatures[piece], (signatures[piece], piece))

    return solve


@given(
    st.lists(st.integers(1, 9999), max_size=5, unique=True),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
    st.lists(st.integers(0, 10000), min_size=2, max_size=7, unique=True),
)
def test_every_change_is_found_within_the_tolerance(
    cuts: list[int], signatures: list[int], grid: list[int]
) -> None:
    places = sorted(cut / 100.0 + 0.00371 for cut in cuts)
    values = sorted(value / 100.0 for value in grid)
    solve = piecewise(places, signatures)
    found = tipping_points(values, [solve(value) for value in values], solve, 1e-6)
    expected = [
        (place, signatures[piece], signatures[piece + 1])
        for piece, place in enumerate(places)
        if signatures[piece] != signatures[piece + 1] and values[0] < place < values[-1]
    ]
    assert [(tip.before, tip.after) for tip in found] == [one[1:] for one in expected]
    for tip, (place, _, _) in zip(found, expected, strict=True):
        assert abs(tip.value - place) <= 0.5e-6


def test_a_change_in_the_signature_counts_even_where_the_token_is_the_same() -> None:
    def solve(value: float, near: Piece | None = None) -> Piece:
        del near
        return Piece(int(value > 0.25), (0, 0))

    found = tipping_points([0.0, 1.0], [solve(0.0), solve(1.0)], solve, 1e-9)
    assert len(found) == 1
    assert abs(found[0].value - 0.25) <= 1e-9


def test_a_token_that_fits_at_the_other_end_ends_the_search() -> None:
    asked: list[float] = []

    def solve(value: float, near: Piece) -> Piece:
        asked.append(value)
        return near

    ends = [Piece(0, (0, 1)), Piece(0, (0, 2))]
    assert tipping_points([0.0, 1.0], ends, solve, 1e-9) == []
    assert asked == [1.0]


def test_equal_tokens_need_no_question() -> None:
    def solve(value: float, near: Piece) -> Piece:
        raise AssertionError(f"asked at {value} near {near}")

    state = Piece(0, (0, 0))
    assert tipping_points([0.0, 1.0, 2.0], [state] * 3, solve, 1e-9) == []


def test_changes_closer_than_the_tolerance_are_one() -> None:
    cuts = [0.3, 0.3000015, 0.6, 0.6000015]
    solve = piecewise(cuts, [0, 1, 2, 3, 2])
    (tip,) = tipping_points([0.0, 1.0], [solve(0.0), solve(1.0)], solve, 1e-6)
    assert (tip.before, tip.after) == (0, 2)
    assert abs(tip.value - 0.30000075) <= 1e-6
    apart = tipping_points([0.0, 1.0], [solve(0.0), solve(1.0)], solve, 1e-8)
    assert [(one.before, one.after) for one in apart] == [(0, 1), (1, 2), (2, 3), (3, 2)]


def test_halving_ends_where_floats_end() -> None:
    asked = 0

    def solve(value: float, near: Piece) -> Piece:
        nonlocal asked
        del near
        asked += 1
        return Piece(int(value > 1.0), (int(value > 1.0), 0))

    states = [Piece(0, (0, 0)), Piece(1, (1, 0))]
    assert tipping_points([0.0, 3.0], states, solve, 0.0) == [TippingPoint(1.0, 0, 1)]
    assert asked <= MOST_HALVINGS
