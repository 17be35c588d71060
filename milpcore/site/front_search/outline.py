r"""The points of a front and what joins them, from the spans of its level sets.

Points are the ends of spans that are efficient: vertices of curves, places where two curves cross,
and points that were asked for. Between neighbouring points, from the smaller to the larger first
measure, the front may

- fall along one edge of one level set (the dual of the second measure is its slope),
- jump first: where a level set needs more of the second measure than is left, the next one begins
  at a larger first measure, and the end of its span is not efficient itself,
- end in a drop: where the edge reaches the first measure of a better point of another level set,
- have nothing in between but a jump.

A point is supported if no mixture of other points is better, that is, if it lies on the lower hull.
"""

from __future__ import annotations

from enum import Enum
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from milpcore.site.front_search.archive import Archive, lower_hull
from milpcore.site.front_search.front import value_at
from milpcore.site.inputs import Floats


class PointKind(Enum):
    """What makes a point of the front one to tell about."""

    END = "end"
    VERTEX = "vertex"
    CROSSING = "crossing"
    ASKED = "asked"


class Node(NamedTuple):
    """A point of the front, in the units of a pair.

    Attributes
    ----------
    first, second : float
    number : int
        Of the level set, see `Archive`.
    kind : PointKind
    is_supported : bool
    asked : float
        Value of the second measure that was asked for, nan for none.
    """

    first: float
    second: float
    number: int
    kind: PointKind
    is_supported: bool
    asked: float = float("nan")


class Piece(NamedTuple):
    """What joins a point to the next one, in the units of a pair.

    Attributes
    ----------
    number : int
        Level set of the edge, -1 where there is nothing in between.
    first_begin, second_begin, first_end, second_end : float
        Where the edge begins and ends; that of the points unless the front jumps there.
    slope : float
        First measure that a unit of the second costs along the edge; nan without one.
    distance : float
        Proven distance from the true front, as a share of the range of both measures.
    """

    number: int
    first_begin: float
    second_begin: float
    first_end: float
    second_end: float
    slope: float
    distance: float


class Outline(NamedTuple):
    """A front as points and what joins them, by rising first measure.

    Attributes
    ----------
    nodes : tuple of Node
    pieces : tuple of Piece
        One fewer than nodes.
    distance : float
        Proven distance of the whole front, its ends included.
    """

    nodes: tuple[Node, ...]
    pieces: tuple[Piece, ...]
    distance: float


class _Span(NamedTuple):
    """A span by rising first measure."""

    first: float
    second: float
    first_end: float
    second_end: float
    number: int


def outline_of(archive: Archive, n_asked: int = 0) -> Outline:
    """Return the points of a front and what joins them.

    Parameters
    ----------
    archive : Archive
        What a search has found.
    n_asked : int
        Further points, at evenly spaced values of the second measure between the ends.

    Returns
    -------
    Outline
    """
    spans = _spans(archive)
    nodes = _with_asked(archive, _nodes(archive, spans), n_asked)
    unit = range_of(archive)
    pieces = [_piece(archive, spans, a, b, unit) for a, b in pairwise(nodes)]
    worst = max([piece.distance for piece in pieces], default=0.0)
    return Outline(tuple(nodes), tuple(pieces), max(worst, archive.end_distance(unit)))


def range_of(archive: Archive) -> Floats:
    """Range of both measures on the front (2,), or their size where the front is a point."""
    least, most = archive.ends
    wide = most - least
    return np.where(wide > 1e3 * archive.shifts(), wide, np.maximum(most, 1e-300))


def _spans(archive: Archive) -> list[_Span]:
    """Spans by rising first measure, those that are but rounding left out."""
    first_shift, second_shift = archive.shifts().tolist()
    rows = [
        _Span(first, second, first_end, second_end, int(number))
        for (second_end, first_end, second, first), number in zip(
            archive.front.spans[::-1].tolist(), archive.front.origin[::-1, 0], strict=True
        )
    ]
    kept: list[_Span] = []
    for row in rows:
        short = row.first_end - row.first <= first_shift
        short &= row.second - row.second_end <= second_shift
        joined = bool(kept) and (
            row.first <= kept[-1].first_end + first_shift
            and row.second >= kept[-1].second_end - second_shift
        )
        if not (short and joined):
            kept.append(row)
    return kept


def _nodes(archive: Archive, spans: list[_Span]) -> list[Node]:
    """Efficient ends of spans, each once.

    An end that another point dominates, be it only by rounding, is none.
    """
    shifts = archive.shifts()
    places: list[tuple[float, float, int, int]] = []  # first, second, level set, and another one
    for span in spans:
        for first, second in ((span.first, span.second), (span.first_end, span.second_end)):
            if places and second >= places[-1][1] - shifts[1]:  # no better than the one before
                if first <= places[-1][0] + shifts[0]:
                    places[-1] = (*places[-1][:3], span.number)
                continue
            while places and first <= places[-1][0] + shifts[0]:
                places.pop()
            places.append((first, second, span.number, span.number))
    hull = lower_hull([(first, second) for first, second, *_ in places])
    nodes = []
    for place, (first, second, number, other) in enumerate(places):
        kind = PointKind.VERTEX if number == other else PointKind.CROSSING
        if place in (0, len(places) - 1):
            kind = PointKind.END
        chosen = min(number, other, key=lambda one: (archive.sets[one].size, one))
        on_hull = is_on(hull, first, second, shifts)
        nodes.append(Node(first, second, chosen, kind, on_hull))
    return nodes


def is_on(hull: list[tuple[float, float]], first: float, second: float, shifts: Floats) -> bool:
    """Whether a point lies on a lower hull, but for the shifts."""
    for a, b in pairwise(hull):
        if a[0] - shifts[0] <= first <= b[0] + shifts[0]:
            high, wide = a[1] - b[1], b[0] - a[0]
            above = high * (first - a[0]) + wide * (second - a[1])
            if above <= high * shifts[0] + wide * shifts[1]:
                return True
    return any(
        abs(first - corner[0]) <= shifts[0] and abs(second - corner[1]) <= shifts[1]
        for corner in hull
    )


def _with_asked(archive: Archive, nodes: list[Node], n_asked: int) -> list[Node]:
    """Add the best points with at most evenly spaced values of the second measure."""
    if n_asked == 0 or len(nodes) < 2:
        return nodes
    spans, origin = archive.front
    shifts = archive.shifts()
    hull = lower_hull([(node.first, node.second) for node in nodes])
    asked = np.linspace(nodes[0].second, nodes[-1].second, n_asked + 2)[1:-1]
    result = list(nodes)
    for most in asked.tolist():
        first = float(value_at(spans, most, False))
        span = int(np.flatnonzero(spans[:, 0] <= most)[-1])
        second = min(most, float(spans[span, 2]))
        near = [
            place
            for place, node in enumerate(result)
            if abs(node.first - first) <= shifts[0] and node.second <= second + shifts[1]
        ]
        if near:
            result[near[-1]] = result[near[-1]]._replace(asked=most)
            continue
        number = int(origin[span, 0])
        on_hull = is_on(hull, first, second, shifts)
        result.append(Node(first, second, number, PointKind.ASKED, on_hull, most))
    return sorted(result, key=lambda node: (node.first, -node.second))


def _piece(archive: Archive, spans: list[_Span], a: Node, b: Node, unit: Floats) -> Piece:
    """Join a point to the next one."""
    distance = archive.distance(b.second, a.second, unit)
    shifts = archive.shifts()
    inside = [
        span
        for span in spans
        if span.second_end < a.second - shifts[1]
        and span.second > b.second + shifts[1]
        and span.first < b.first - shifts[0]
        and span.first_end > a.first + shifts[0]
    ]
    if not inside:
        return Piece(-1, a.first, a.second, b.first, b.second, float("nan"), distance)
    (span, *_) = inside
    slope = (span.first_end - span.first) / (span.second - span.second_end)
    begin, end = (span.first, span.second), (span.first_end, span.second_end)
    if span.first <= a.first and span.second >= a.second:
        begin = (a.first, a.second)
    if span.first_end >= b.first and span.second_end <= b.second:
        end = (b.first, b.second)
    return Piece(span.number, *begin, *end, slope, distance)
