"""From the sets on the lines of a map to areas: exact on every line, straight in between.

The lines at the values of two parameters cut their map into cells. Which set of heat pumps is best
along a line is known exactly (`Line`); what lies between the lines follows from it:

1. where the four edges of a cell have one and the same set, so has the cell;
2. where two sets meet at two places of the edges, the border between them is the straight line
   from one place to the other; so it is for several pairs of sets at once, as long as no pair
   meets at more than two places, and no two borders would cross. It is tested: to either side of
   the middle of each border, at `FINEST` of the range of both parameters from it, the set there
   must be the best one;
3. any other cell is quartered by two further lines, whose sets are found as exactly as those of
   the others: where three sets or more meet, where a set begins or ends between two lines, where
   a border bends, or one pair meets four times. At `FINEST` of the ranges quartering ends, and
   what does not fit (2) meets in the middle of the part that is left.

A set that touches none of these lines and places, because its area lies within a cell, is not
found.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple, Protocol

FINEST = 1.0 / 512.0
"""Where quartering ends, as a share of the range: less than two pixels of the figure."""

Place = tuple[float, float]
"""Values of the first and the second parameter."""


class Line(NamedTuple):
    """Which sets are best along a line on which one parameter rises.

    Attributes
    ----------
    tips : tuple of float
        Values where the set changes, rising.
    sets : tuple of str
        Sets before, between and after them.
    """

    tips: tuple[float, ...]
    sets: tuple[str, ...]

    def part(self, low: float, high: float) -> Line:
        """Return what lies between two values.

        Examples
        --------
        >>> Line((1.0, 2.0, 3.0), ("a", "b", "c", "d")).part(1.5, 2.5)
        Line(tips=(2.0,), sets=('b', 'c'))
        """
        begin, end = bisect_right(self.tips, low), bisect_left(self.tips, high)
        return Line(self.tips[begin:end], self.sets[begin : end + 1])


class Area(NamedTuple):
    """A polygon in which one set is best.

    Attributes
    ----------
    heat_pumps : str
        The set.
    corners : tuple of (float, float)
        Values of the first and the second parameter, counterclockwise.
    """

    heat_pumps: str
    corners: tuple[Place, ...]


class Pieces(NamedTuple):
    """A part of a map.

    Attributes
    ----------
    areas : tuple of Area
        They fill it without overlap.
    borders : tuple of pairs of (float, float)
        Straight lines between areas of different sets, from one place to another.
    """

    areas: tuple[Area, ...] = ()
    borders: tuple[tuple[Place, Place], ...] = ()


class Cell(NamedTuple):
    """A rectangle of a map, and what is known along its edges.

    Attributes
    ----------
    low, high : tuple of float
        Its least and its largest values of both parameters.
    across : tuple of two Line
        Along the first parameter, at the least and the largest value of the second.
    up : tuple of two Line
        Along the second parameter, at the least and the largest value of the first.
    """

    low: Place
    high: Place
    across: tuple[Line, Line]
    up: tuple[Line, Line]


class Search(Protocol):
    """Finds which sets are best."""

    @property
    def finest(self) -> Place:
        """`FINEST` of the ranges of both parameters."""

    def line(self, along: int, at: float, values: Sequence[float]) -> Line:
        """Return the sets along parameter 0 or 1, at a value of the other, over rising values."""

    def sets_at(self, places: Sequence[Place]) -> list[str]:
        """Return the set at each of several places."""


class _Arc(NamedTuple):
    """A stretch of the edges of a cell with one set, counterclockwise."""

    heat_pumps: str
    begin: Place
    corners: tuple[Place, ...]


def strip_pieces(
    first: Place,
    second: Sequence[float],
    up: tuple[Line, Line],
    across: Sequence[Line],
    search: Search,
) -> Pieces:
    """Divide what lies between two neighbouring values of the first parameter.

    Parameters
    ----------
    first : tuple of two float
        These values.
    second : sequence of float (Q,)
        Values of the second parameter, rising.
    up : tuple of two Line
        Along the second parameter at both values of the first.
    across : sequence of Line (Q,)
        Along the first parameter at each value of the second.
    search : Search
        Finds sets along further lines.

    Returns
    -------
    Pieces
        Neighbouring cells with one and the same set are one area.
    """
    areas: list[Area] = []
    borders: list[tuple[Place, Place]] = []
    begin = second[0]  # of the cells with one and the same set
    for place, (low, high) in enumerate(pairwise(second)):
        edges = up[0].part(low, high), up[1].part(low, high)
        cell = Cell((first[0], low), (first[1], high), (across[place], across[place + 1]), edges)
        found = cell_pieces(cell, search)
        (area, *more) = found.areas
        if more or not areas or areas[-1] != _rectangle(cell, area.heat_pumps, begin, low):
            begin = low
            areas += found.areas
        else:
            areas[-1] = _rectangle(cell, area.heat_pumps, begin, high)
        borders += found.borders
    return Pieces(tuple(areas), tuple(borders))


def cell_pieces(cell: Cell, search: Search) -> Pieces:
    """Divide a cell between the sets on its edges.

    Parameters
    ----------
    cell : Cell
        With its edges.
    search : Search
        Finds sets along further lines.

    Returns
    -------
    Pieces

    Examples
    --------
    >>> class Slope(NamedTuple):
    ...     finest: Place = (0.01, 0.01)
    ...
    ...     def sets_at(self, places: Sequence[Place]) -> list[str]:
    ...         return ["a" if x < 0.4 + 0.1 * y else "b" for x, y in places]
    >>> across = Line((0.4,), ("a", "b")), Line((0.5,), ("a", "b"))
    >>> up = Line((), ("a",)), Line((), ("b",))
    >>> found = cell_pieces(Cell((0.0, 0.0), (1.0, 1.0), across, up), Slope())
    >>> found.borders
    (((0.5, 1.0), (0.4, 0.0)),)
    >>> found.areas[0]
    Area(heat_pumps='a', corners=((0.5, 1.0), (0.0, 1.0), (0.0, 0.0), (0.4, 0.0)))
    """
    arcs = _arcs(cell)
    if len(arcs) == 1:
        return Pieces((_rectangle(cell, arcs[0].heat_pumps, cell.low[1], cell.high[1]),))
    partners = _partners(arcs)
    straight = None if partners is None else _joined(arcs, partners)
    is_finest = all(
        high - low <= least
        for low, high, least in zip(cell.low, cell.high, search.finest, strict=True)
    )
    if straight is not None and (is_finest or _is_confirmed(cell, straight, search)):
        return straight
    if is_finest:
        return _meeting(arcs, _middle(cell))
    parts = [cell_pieces(quarter, search) for quarter in _quarters(cell, search)]
    return Pieces(
        tuple(area for part in parts for area in part.areas),
        tuple(border for part in parts for border in part.borders),
    )


def _rectangle(cell: Cell, heat_pumps: str, low: float, high: float) -> Area:
    left, right = cell.low[0], cell.high[0]
    return Area(heat_pumps, ((left, low), (right, low), (right, high), (left, high)))


def _middle(cell: Cell) -> Place:
    return 0.5 * (cell.low[0] + cell.high[0]), 0.5 * (cell.low[1] + cell.high[1])


def _arcs(cell: Cell) -> list[_Arc]:
    """Go round a cell from its lower left corner; sets change where one arc ends."""
    (left, bottom), (right, top) = cell.low, cell.high
    edges: list[tuple[Place, list[Place], tuple[str, ...]]] = [
        ((left, bottom), [(tip, bottom) for tip in cell.across[0].tips], cell.across[0].sets),
        ((right, bottom), [(right, tip) for tip in cell.up[1].tips], cell.up[1].sets),
        (
            (right, top),
            [(tip, top) for tip in cell.across[1].tips[::-1]],
            cell.across[1].sets[::-1],
        ),
        ((left, top), [(left, tip) for tip in cell.up[0].tips[::-1]], cell.up[0].sets[::-1]),
    ]
    arcs: list[_Arc] = []
    for corner, places, sets in edges:
        if arcs and arcs[-1].heat_pumps == sets[0]:
            arcs[-1] = arcs[-1]._replace(corners=(*arcs[-1].corners, corner))
        else:
            arcs.append(_Arc(sets[0], corner, ()))
        arcs += [_Arc(text, at, ()) for text, at in zip(sets[1:], places, strict=True)]
    first, last = arcs[0], arcs[-1]
    if len(arcs) > 1 and first.heat_pumps == last.heat_pumps:
        arcs[0] = last._replace(corners=(*last.corners, first.begin, *first.corners))
        arcs.pop()
    return arcs


def _partners(arcs: Sequence[_Arc]) -> list[int] | None:
    """Match the places where arcs begin that one straight border joins; None if there is doubt."""
    by_pair: dict[frozenset[str], list[int]] = {}
    for place, arc in enumerate(arcs):
        by_pair.setdefault(frozenset((arcs[place - 1].heat_pumps, arc.heat_pumps)), []).append(
            place
        )
    partners = [-1] * len(arcs)
    for places in by_pair.values():
        if len(places) != 2:
            return None
        begin, end = places
        partners[begin], partners[end] = end, begin
    for (a, b), (c, d) in combinations(by_pair.values(), 2):
        if (a < c < b) != (a < d < b):
            return None
    return partners


def _joined(arcs: Sequence[_Arc], partners: Sequence[int]) -> Pieces:
    """Let straight borders join the places where arcs begin."""
    areas: list[Area] = []
    left = set(range(len(arcs)))
    while left:
        start = at = min(left)
        corners: list[Place] = []
        while True:
            left.discard(at)
            after = (at + 1) % len(arcs)
            corners += [arcs[at].begin, *arcs[at].corners, arcs[after].begin]
            at = partners[after]
            if at == start:
                break
        areas.append(Area(arcs[start].heat_pumps, tuple(corners)))
    borders = tuple(
        (arcs[begin].begin, arcs[end].begin) for begin, end in enumerate(partners) if begin < end
    )
    return Pieces(tuple(areas), borders)


def _is_confirmed(cell: Cell, pieces: Pieces, search: Search) -> bool:
    """Whether the sets beside the middle of each border are what the pieces say."""
    places = [
        place
        for border in pieces.borders
        for place in _beside(border, search.finest)
        if all(low < at < high for low, at, high in zip(cell.low, place, cell.high, strict=True))
    ]
    told = [next((one.heat_pumps for one in pieces.areas if _holds(one, at)), "") for at in places]
    return not places or search.sets_at(places) == told


def _beside(border: tuple[Place, Place], finest: Place) -> list[Place]:
    """Return a place on either side of the middle of a border; none beside a very short one."""
    (x, y), (end_x, end_y) = border
    across, up = (end_x - x) / finest[0], (end_y - y) / finest[1]
    length = math.hypot(across, up)
    if length < 2.0:
        return []
    middle, step = (0.5 * (x + end_x), 0.5 * (y + end_y)), (-up / length, across / length)
    return [
        (middle[0] + sign * step[0] * finest[0], middle[1] + sign * step[1] * finest[1])
        for sign in (-1.0, 1.0)
    ]


def _holds(area: Area, place: Place) -> bool:
    """Whether a place lies within an area: a ray to the right crosses its edges an odd time."""
    is_within = False
    for (x, y), (end_x, end_y) in pairwise((*area.corners, area.corners[0])):
        if (y > place[1]) != (end_y > place[1]):
            is_within ^= place[0] < x + (place[1] - y) / (end_y - y) * (end_x - x)
    return is_within


def _meeting(arcs: Sequence[_Arc], middle: Place) -> Pieces:
    """Let all borders meet in one place."""
    ends = [*(arc.begin for arc in arcs[1:]), arcs[0].begin]
    areas = [
        Area(arc.heat_pumps, (arc.begin, *arc.corners, end, middle))
        for arc, end in zip(arcs, ends, strict=True)
    ]
    return Pieces(tuple(areas), tuple((arc.begin, middle) for arc in arcs))


def _quarters(cell: Cell, search: Search) -> list[Cell]:
    """Cut a cell into four, with what is best along the lines between them."""
    middle = _middle(cell)
    places = tuple(zip(cell.low, middle, cell.high, strict=True))
    across = (cell.across[0], search.line(0, middle[1], places[0]), cell.across[1])
    up = (cell.up[0], search.line(1, middle[0], places[1]), cell.up[1])
    quarters = []
    for row, (left, right) in enumerate(pairwise(places[0])):
        for column, (bottom, top) in enumerate(pairwise(places[1])):
            quarters.append(
                Cell(
                    (left, bottom),
                    (right, top),
                    (across[column].part(left, right), across[column + 1].part(left, right)),
                    (up[row].part(bottom, top), up[row + 1].part(bottom, top)),
                )
            )
    return quarters
