"""Where the parts of a network stand in its diagram: exchangers, headers, rows of lines.

Both sides of the diagram, hot streams above and cold streams below, have places from left (hot) to
right (cold). On each side exchangers and headers are ordered so that the hotter header of an
exchanger stands left of it, the colder one right of it, and a stream meets its exchangers in order.
Lines share a row where they do not overlap, so that exchangers in series stand in one line.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from milpcore.loops.evaluation import Evaluation

SIDES = ("hot", "cold")


class Node(NamedTuple):
    """A header on one side of the diagram."""

    side: str
    loop: int
    header: str


class Line(NamedTuple):
    """An exchanger or link between two headers of a side.

    Attributes
    ----------
    left, right : Node
        The headers at its ends; exchangers have the hotter one left.
    unit : int or None
        Place of the exchanger in `Evaluation.exchanger_rows`; None for a link.
    flow_kW_per_K : float
    """

    left: Node
    right: Node
    unit: int | None
    flow_kW_per_K: float


@dataclass(frozen=True)
class Layout:
    """Places and rows of a diagram.

    Attributes
    ----------
    node_x, unit_x : dict
        Place of each header and of each exchanger, 0 (left) to 1 (right).
    lines : tuple of Line
        Exchangers and links.
    line_row : tuple of int
        Row of each line within its side and loop, from 0.
    n_rows : dict
        Number of rows by side and loop.
    n_slots : int
        Most places on a side.
    """

    node_x: dict[Node, float]
    unit_x: dict[int, float]
    lines: tuple[Line, ...]
    line_row: tuple[int, ...]
    n_rows: dict[tuple[str, int], int]
    n_slots: int


def layout_of(found: Evaluation) -> Layout:
    """Arrange a network.

    Parameters
    ----------
    found : Evaluation
        A network; its violations do not matter.

    Returns
    -------
    Layout
    """
    lines = [*_exchanger_lines(found), *_link_lines(found)]
    alone = _alone(found, lines)
    node_x: dict[Node, float] = {}
    unit_x: dict[int, float] = {}
    n_slots = 1
    for side in SIDES:
        mine = [line for line in lines if line.left.side == side]
        order = _ordered(found, side, mine, alone)
        n_slots = max(n_slots, len(order))
        for slot, item in enumerate(order):
            x = (slot + 0.5) / len(order)
            if isinstance(item, Node):
                node_x[item] = x
            else:
                unit_x[item] = x
    line_row, n_rows = _rows(lines, node_x, unit_x)
    return Layout(node_x, unit_x, tuple(lines), tuple(line_row), n_rows, n_slots)


def _exchanger_lines(found: Evaluation) -> list[Line]:
    lines = []
    for place, row in enumerate(found.exchanger_rows):
        source, target = (Node(row.kind, row.loop, name) for name in (row.source, row.target))
        left, right = (target, source) if row.kind == "hot" else (source, target)
        lines.append(Line(left, right, place, row.flow_kW_per_K))
    return lines


def _link_lines(found: Evaluation) -> list[Line]:
    """Put every link on the side where its plant has exchangers."""
    lines = []
    for number, loop in enumerate(found.network.loops, start=1):
        side_of = side_of_plants(found, number)
        for link in loop.links:
            side = side_of.get(loop.plant_of_header[link.source], "cold")
            ends = Node(side, number, link.source), Node(side, number, link.target)
            lines.append(Line(*ends, None, link.flow_kW_per_K))
    return lines


def side_of_plants(found: Evaluation, loop: int) -> dict[str, str]:
    """Side on which the headers of each plant stand that have no exchanger."""
    sides: dict[str, str] = {}
    for row in found.exchanger_rows:
        if row.loop == loop and sides.get(row.plant) != "hot":
            sides[row.plant] = row.kind
    return sides


def _alone(found: Evaluation, lines: Sequence[Line]) -> list[Node]:
    """Headers that only pipes lead to, on the side of their plant."""
    used = {(node.loop, node.header) for line in lines for node in (line.left, line.right)}
    nodes = []
    for number, loop in enumerate(found.network.loops, start=1):
        sides = side_of_plants(found, number)
        for header in loop.headers:
            if (number, header.name) not in used:
                nodes.append(Node(sides.get(header.plant, "cold"), number, header.name))
    return nodes


def _ordered(
    found: Evaluation, side: str, lines: Sequence[Line], alone: Sequence[Node]
) -> list[Node | int]:
    """Order headers and exchangers of a side from left to right."""
    heat_C = {(row.loop, row.header): row.temperature_C for row in found.header_rows}
    before: set[tuple[Node | int, Node | int]] = set()
    warmth: dict[Node | int, float] = {}
    for line in lines:
        for node in (line.left, line.right):
            warmth[node] = heat_C[node.loop, node.header]
        if line.unit is not None:
            row = found.exchanger_rows[line.unit]
            warmth[line.unit] = 0.5 * (row.loop_in_C + row.loop_out_C)
            before |= {(line.left, line.unit), (line.unit, line.right)}
    for node in alone:
        if node.side == side:
            warmth[node] = heat_C[node.loop, node.header]
    by_stream: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for line in lines:
        if line.unit is not None:
            row = found.exchanger_rows[line.unit]
            position = row.position if side == "hot" else -row.position
            by_stream[row.stream].append((position, line.unit))
    for units in by_stream.values():
        chain = [unit for _, unit in sorted(units)]
        before |= set(pairwise(chain))
    return _sorted_by_warmth(warmth, before)


def _sorted_by_warmth(
    warmth: Mapping[Node | int, float], before: set[tuple[Node | int, Node | int]]
) -> list[Node | int]:
    """Order items, the warmest first, so that pairs keep their order as far as they can."""
    following: dict[Hashable, list[Node | int]] = defaultdict(list)
    waiting: dict[Node | int, int] = dict.fromkeys(warmth, 0)
    for first, then in sorted(before, key=str):
        following[first].append(then)
        waiting[then] += 1

    def entry(item: Node | int) -> tuple[float, str, Node | int]:
        return (math.inf if math.isnan(warmth[item]) else -warmth[item], str(item), item)

    ready = [entry(item) for item, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    done: dict[Node | int, None] = {}
    while len(done) < len(warmth):
        if ready:
            item = heapq.heappop(ready)[2]
        else:  # the pairs go round in a circle: the warmest goes first
            item = min(entry(item) for item in warmth if item not in done)[2]
        if item in done:
            continue
        done[item] = None
        for then in following[item]:
            waiting[then] -= 1
            if waiting[then] == 0:
                heapq.heappush(ready, entry(then))
    return list(done)


def _rows(
    lines: Sequence[Line], node_x: Mapping[Node, float], unit_x: Mapping[int, float]
) -> tuple[list[int], dict[tuple[str, int], int]]:
    """Give every line the first row of its side and loop where it overlaps nothing."""
    row_of = [0] * len(lines)
    n_rows: dict[tuple[str, int], int] = defaultdict(int)
    taken: dict[tuple[str, int], list[list[tuple[float, float]]]] = defaultdict(list)

    def span(line: Line) -> tuple[float, float]:
        ends = [node_x[line.left], node_x[line.right]]
        ends += [] if line.unit is None else [unit_x[line.unit]]
        return min(ends), max(ends)

    for place in sorted(range(len(lines)), key=lambda n: (lines[n].unit is None, span(lines[n]))):
        line = lines[place]
        low, high = span(line)
        key = line.left.side, line.left.loop
        rows = taken[key]
        free = (
            n
            for n, spans in enumerate(rows)
            if all(high <= begin or end <= low for begin, end in spans)
        )
        row = next(free, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append((low, high))
        row_of[place] = row
        n_rows[key] = len(rows)
    return row_of, dict(n_rows)
