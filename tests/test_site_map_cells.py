"""Maps divided by what is best along lines, against functions that say what is best anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from milpcore.site.map_cells import (
    FINEST,
    Area,
    Cell,
    Line,
    Pieces,
    Place,
    cell_pieces,
    strip_pieces,
)

Rule = Callable[[float, float], str]
N_SAMPLES = 300


class Known:
    """Sets that a function gives, sought along lines by sampling and halving."""

    def __init__(self, rule: Rule) -> None:
        self.rule, self.n_lines = rule, 0

    @property
    def finest(self) -> Place:
        return FINEST, FINEST

    def sets_at(self, places: Sequence[Place]) -> list[str]:
        return [self.rule(*place) for place in places]

    def line(self, along: int, at: float, values: Sequence[float]) -> Line:
        self.n_lines += 1

        def best(value: float) -> str:
            return self.rule(at, value) if along else self.rule(value, at)

        tips: list[float] = []
        spaced = np.linspace(values[0], values[-1], N_SAMPLES).tolist()
        sets = [best(values[0])]
        for low, high in pairwise(spaced):
            if best(low) == best(high):
                continue
            for _ in range(40):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if best(middle) == sets[-1] else (low, middle)
            tips.append(high)
            sets.append(best(high + 1e-9))
        return Line(tuple(tips), tuple(sets))


def three_sectors(x: float, y: float) -> str:
    angle = np.arctan2(y - 0.57, x - 0.43)
    return "a" if angle < -1.1 else ("b" if angle < 1.4 else "c")


def pinwheel(x: float, y: float) -> str:
    return "abcabc"[int(np.arctan2(y - 0.51, x - 0.52) % (2.0 * np.pi) / (np.pi / 3.0))]


RULES: dict[str, Rule] = {
    "one set": lambda _x, _y: "a",
    "slope": lambda x, y: "a" if x < 0.3 + 0.37 * y else "b",
    "nearly level": lambda x, y: "a" if y < 0.31 + 0.002 * x else "b",
    "bend": lambda x, y: "b" if x > 0.37 and y > 0.61 else "a",
    "curve": lambda x, y: "a" if x * x + y * y < 0.61 else "b",
    "three sectors": three_sectors,
    "pinwheel": pinwheel,
    "stripes": lambda x, y: "abcde"[int((x + 0.7 * y + 0.01) / 0.35)],
    "strip": lambda x, y: "b" if abs(x - y + 0.03) < 0.04 else "a",
    "saddle": lambda x, y: "a" if (x - 0.47) * (y - 0.52) > 0.0 else "b",
    "tongue": lambda x, y: "b" if abs(x - 0.41) < 0.06 * (1.0 - y / 0.13) else "a",
    "corner": lambda x, y: "b" if x + y > 1.97 else "a",
}


def divided(known: Known, first: Sequence[float], second: Sequence[float]) -> Pieces:
    """Divide a map, strip by strip."""
    parts = []
    for left, right in pairwise(first):
        up = known.line(1, left, second), known.line(1, right, second)
        across = [known.line(0, value, (left, right)) for value in second]
        parts.append(strip_pieces((left, right), second, up, across, known))
    return Pieces(
        tuple(area for part in parts for area in part.areas),
        tuple(border for part in parts for border in part.borders),
    )


def size_of(area: Area) -> float:
    """Signed area of a polygon, positive where its corners go counterclockwise."""
    x, y = np.array(area.corners).T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def holds(area: Area, place: Place) -> bool:
    """Whether a place lies in a polygon, by the angle that its corners are seen under."""
    steps = np.array([*area.corners, area.corners[0]]) - place
    cross = steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]
    return bool(abs(np.arctan2(cross, (steps[:-1] * steps[1:]).sum(axis=1)).sum()) > np.pi)


def distance(place: Place, pieces: Pieces) -> float:
    """Distance to the nearest border."""
    least = np.inf
    for begin, end in np.array(pieces.borders):
        along = end - begin
        share = np.clip((place - begin) @ along / max(float(along @ along), 1e-300), 0.0, 1.0)
        least = min(least, float(np.hypot(*(place - begin - share * along))))
    return least


GRIDS = {
    "2 by 2": ([0.0, 1.0], [0.0, 1.0]),
    "3 by 3": ([0.0, 0.5, 1.0], [0.0, 0.5, 1.0]),
    "2 by 6": ([0.0, 1.0], [0.0, 0.1, 0.3, 0.35, 0.7, 1.0]),
    "9 by 5": (np.linspace(0.0, 1.0, 9).tolist(), np.linspace(0.0, 1.0, 5).tolist()),
}


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("rule", RULES)
def test_areas_have_the_set_that_is_best(rule: str, grid: str) -> None:
    known = Known(RULES[rule])
    pieces = divided(known, *GRIDS[grid])
    sizes = [size_of(area) for area in pieces.areas]
    assert min(sizes) > -1e-12
    assert sum(sizes) == pytest.approx(1.0, abs=1e-9)
    for place in np.random.default_rng(1).uniform(size=(120, 2)).tolist():
        told = {area.heat_pumps for area in pieces.areas if holds(area, place)}
        if told != {known.rule(*place)}:
            assert distance(place, pieces) < 1.5 * FINEST, place


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("rule", ["slope", "nearly level", "stripes", "strip"])
def test_straight_borders_are_exact_and_found_with_few_lines(rule: str, grid: str) -> None:
    known = Known(RULES[rule])
    pieces = divided(known, *GRIDS[grid])
    for begin, end in pieces.borders:
        for x, y in (begin, end, (0.5 * (begin[0] + end[0]), 0.5 * (begin[1] + end[1]))):
            near = {known.rule(x + dx, y + dy) for dx in (-1e-8, 1e-8) for dy in (-1e-8, 1e-8)}
            assert len(near) == 2, (x, y)
    own = (len(GRIDS[grid][0]) - 1) * (len(GRIDS[grid][1]) + 2)
    assert known.n_lines <= own + (150 if rule == "strip" else 0)


def test_the_map_s_edges_are_met_where_the_set_changes() -> None:
    ends = {
        end for border in divided(Known(RULES["slope"]), *GRIDS["3 by 3"]).borders for end in border
    }
    on_edges = sorted(end for end in ends if end[1] in (0.0, 1.0))
    np.testing.assert_allclose(on_edges, [(0.3, 0.0), (0.67, 1.0)], atol=1e-9)


def test_three_sets_meet_where_they_do() -> None:
    known = Known(three_sectors)
    pieces = divided(known, *GRIDS["2 by 2"])
    ends = [end for border in pieces.borders for end in border]
    (meeting,) = {end for end in ends if ends.count(end) == 3}
    np.testing.assert_allclose(meeting, (0.43, 0.57), atol=FINEST)
    assert known.n_lines < 4 + 2 * 12


@pytest.mark.parametrize("grid", ["2 by 2", "3 by 3"])
@pytest.mark.parametrize(("rule", "size"), [("tongue", 0.5 * 0.12 * 0.13), ("corner", 0.5 * 9e-4)])
def test_what_is_smaller_than_a_cell_keeps_its_size(rule: str, size: float, grid: str) -> None:
    areas = divided(Known(RULES[rule]), *GRIDS[grid]).areas
    found = sum(size_of(area) for area in areas if area.heat_pumps == "b")
    assert found == pytest.approx(size, abs=FINEST**2)


def test_neighbouring_cells_with_one_set_are_one_area() -> None:
    pieces = divided(Known(RULES["one set"]), *GRIDS["9 by 5"])
    assert (len(pieces.areas), pieces.borders) == (8, ())
    level = divided(Known(lambda _x, y: "a" if y < 0.6 else "b"), *GRIDS["9 by 5"])
    assert len(level.areas) == 8 * 4  # below and above the cell with the border, and both parts


def test_lines_that_disagree_at_a_corner_leave_no_gap() -> None:
    a, b = Line((), ("a",)), Line((), ("b",))
    cell = Cell((0.0, 0.0), (FINEST, FINEST), (a, a), (a, b))
    pieces = cell_pieces(cell, Known(RULES["one set"]))
    assert sum(map(size_of, pieces.areas)) == pytest.approx(FINEST**2)
    assert {area.heat_pumps for area in pieces.areas} == {"a", "b"}


def test_borders_that_would_cross_meet_in_the_middle() -> None:
    along = [Line((0.5 * FINEST,), tuple(sets)) for sets in ("ab", "ac", "bc")]
    left = Line((0.3 * FINEST, 0.6 * FINEST), ("c", "b", "a"))
    cell = Cell((0.0, 0.0), (FINEST, FINEST), (along[0], along[1]), (left, along[2]))
    pieces = cell_pieces(cell, Known(pinwheel))
    assert [area.heat_pumps for area in pieces.areas] == list("abcabc")
    assert {end for _, end in pieces.borders} == {(0.5 * FINEST, 0.5 * FINEST)}
    assert sum(map(size_of, pieces.areas)) == pytest.approx(FINEST**2)


def test_a_line_that_begins_at_a_tip_has_the_set_after_it() -> None:
    line = Line((1.0, 2.0), ("a", "b", "c"))
    assert line.part(1.0, 2.0) == Line((), ("b",))
    assert line.part(0.0, 1.0) == Line((), ("a",))
    assert line.part(0.5, 3.0) == line
