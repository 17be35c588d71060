"""From what a search has found to checked designs, tables and notes; see `milpcore.site.pareto`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.front_search.archive import Archive
from milpcore.site.front_search.front import value_at
from milpcore.site.front_search.operation import design_at
from milpcore.site.front_search.outline import Node, Outline, Piece, PointKind
from milpcore.site.inputs import Floats
from milpcore.site.model import Outcome, relative_gap
from milpcore.site.pareto_request import ParetoPlan
from milpcore.site.pareto_results import LEVEL_SET_SCHEMA, ParetoPoint, ParetoSegment
from milpcore.site.results import SiteResult, make_result
from milpcore.site.retrofit_results import levels_text
from milpcore.site.tables import COST_COLUMNS, empty_table, table

NAME = "pareto_front"
BOUND_PLACES = 200
"""Values of the second measure at which the lower bound is tabled, besides those of points."""


def points_of(
    plan: ParetoPlan, archive: Archive, outline: Outline, status: Status
) -> tuple[ParetoPoint, ...]:
    """Operate the level set of every point and make its tables.

    Parameters
    ----------
    plan : ParetoPlan
        What was asked for.
    archive : Archive
        What the search has found.
    outline : Outline
        Its points.
    status : Status
        How the search ended.

    Returns
    -------
    tuple of ParetoPoint
        Not checked yet.
    """
    numbers = level_set_numbers(archive, outline)
    results = [_result(plan, archive, node, status) for node in outline.nodes]
    columns = [COST_COLUMNS[measure] for measure in (plan.first, plan.second)]
    values = [[float(one.summary[column].iloc[0]) for column in columns] for one in results]
    marginal = _marginal([node.kind for node in outline.nodes], values)
    return tuple(
        ParetoPoint(
            kind=node.kind.value,
            is_supported=node.is_supported,
            level_set=numbers[node.number],
            asked=node.asked * float(archive.pair.unit[1]),
            marginal=slope,
            result=result,
        )
        for node, slope, result in zip(outline.nodes, marginal, results, strict=True)
    )


def _marginal(kinds: list[PointKind], values: list[list[float]]) -> list[float]:
    """First measure over second to the next point of the front itself; nan at the last."""
    marginal = [math.nan] * len(values)
    after: list[float] = []
    for place in reversed(range(len(values))):
        here = values[place]
        if after:
            marginal[place] = (after[0] - here[0]) / (here[1] - after[1])
        if kinds[place] is not PointKind.ASKED:
            after = here
    return marginal


def without_distance(outline: Outline) -> Outline:
    """Return a front whose ends are not proven, so that nothing can be measured by its range."""
    pieces = tuple(piece._replace(distance=math.nan) for piece in outline.pieces)
    return outline._replace(pieces=pieces, distance=math.nan)


def segments_of(
    archive: Archive, outline: Outline, points: Sequence[ParetoPoint]
) -> tuple[ParetoSegment, ...]:
    """Bring what joins the points into the units of the measures.

    Parameters
    ----------
    archive : Archive
        What the search has found.
    outline : Outline
        Its points.
    points : sequence of ParetoPoint
        The same with their designs. A segment that begins or ends at a point does so at the very
        numbers of the point, and an edge between two points has the marginal cost as its slope.

    Returns
    -------
    tuple of ParetoSegment
    """
    columns = [COST_COLUMNS[measure] for measure in (archive.pair.first, archive.pair.second)]
    values = [[float(one.result.summary[column].iloc[0]) for column in columns] for one in points]
    unit = archive.pair.unit.tolist()
    shifts = archive.shifts().tolist() if points else []
    numbers = level_set_numbers(archive, outline)

    def amounts(ends: tuple[float, float], node: Node, shown: list[float]) -> list[float]:
        near = zip(ends, (node.first, node.second), shifts, shown, unit, strict=True)
        return [at if abs(end - own) <= shift else end * one for end, own, shift, at, one in near]

    segments = []
    for place, piece in enumerate(outline.pieces):
        a, b = outline.nodes[place : place + 2]
        joined = piece.number >= 0 and _is_whole(archive, piece, a, b)
        begin = amounts((piece.first_begin, piece.second_begin), a, values[place])
        end = amounts((piece.first_end, piece.second_end), b, values[place + 1])
        is_own = joined and b.kind is not PointKind.ASKED
        segments.append(
            ParetoSegment(
                level_set=numbers[piece.number] if piece.number >= 0 else 0,
                first_begin=begin[0],
                second_begin=begin[1],
                first_end=end[0],
                second_end=end[1],
                slope=points[place].marginal if is_own else piece.slope * unit[0] / unit[1],
                is_supported=joined and a.is_supported and b.is_supported,
                distance=piece.distance,
            )
        )
    return tuple(segments)


def level_set_numbers(archive: Archive, outline: Outline) -> dict[int, int]:
    """Numbers from 1 for the level sets of points and edges, in their order; equal ones share."""
    by_levels: dict[tuple[int, ...], int] = {}
    numbers: dict[int, int] = {}
    used = [node.number for node in outline.nodes[:1]]
    for piece, node in zip(outline.pieces, outline.nodes[1:], strict=True):
        used += [piece.number, node.number]
    for number in used:
        if number >= 0:
            levels = tuple(archive.sets[number].tolist())
            numbers[number] = by_levels.setdefault(levels, len(by_levels) + 1)
    return numbers


def level_sets_of(archive: Archive, outline: Outline) -> pd.DataFrame:
    """Open levels of each level set of points and edges."""
    by_number = {number: place for place, number in level_set_numbers(archive, outline).items()}
    rows = []
    for number in sorted(by_number):
        level_C = archive.pair.inputs.level_C[archive.sets[by_number[number]]]
        rows.append((number, len(level_C), levels_text(tuple(level_C.tolist()))))
    return (
        table(LEVEL_SET_SCHEMA, *zip(*rows, strict=True)) if rows else empty_table(LEVEL_SET_SCHEMA)
    )


def bounds_of(plan: ParetoPlan, archive: Archive, outline: Outline) -> pd.DataFrame:
    """Front and proven lower bound of the first measure over the second, which falls."""
    nodes = outline.nodes
    first, second = (COST_COLUMNS[measure] for measure in (plan.first, plan.second))
    names = (second, f"front_{first}", f"bound_{first}")
    if not nodes:
        return pd.DataFrame({name: pd.Series([], dtype="float64") for name in names})
    spaced = np.linspace(nodes[-1].second, nodes[0].second, BOUND_PLACES)
    places = np.unique(np.concatenate([spaced, [node.second for node in nodes]]))[::-1]
    first_unit, second_unit = archive.pair.unit.tolist()
    front = [value_at(archive.front.spans, place, False) * first_unit for place in places]
    bound = [least_first(archive, place) * first_unit for place in places.tolist()]
    return pd.DataFrame(dict(zip(names, (places * second_unit, front, bound), strict=True)))


def least_first(archive: Archive, second: float) -> float:
    """Proven lower bound of the first measure with at most so much of the second."""
    here = float(value_at(archive.front.spans, second, False))
    return max(0.0, min(here, archive.least_first(second)))


def _is_whole(archive: Archive, piece: Piece, a: Node, b: Node) -> bool:
    """Whether an edge joins two points without a jump."""
    shifts: Floats = archive.shifts()
    steps = (
        abs(piece.first_begin - a.first) <= shifts[0],
        abs(piece.second_begin - a.second) <= shifts[1],
        abs(piece.first_end - b.first) <= shifts[0],
        abs(piece.second_end - b.second) <= shifts[1],
    )
    return all(steps)


def _result(plan: ParetoPlan, archive: Archive, node: Node, status: Status) -> SiteResult:
    """Tables of the design at a point."""
    pair = archive.pair
    design = design_at(pair, archive.sets[node.number], archive.curves[node.number], node.second)
    inputs = replace(plan.inputs, objective=plan.first)
    flows = design.external_heat_kW, design.cooling_kW, design.pump_heat_kW
    value = inputs.evaluate(plan.first, *flows)
    bound = min(value, least_first(archive, node.second) * float(pair.unit[0]))
    outcome = Outcome(status, design, value, bound, relative_gap(value, bound), 0, 0.0)
    result = make_result(inputs, outcome, max_levels=plan.max_levels, formulation_name=NAME)
    summary = result.summary
    if plan.first is Measure.CAPEX:  # the least CAPEX is nothing, but not at every point
        summary = summary.assign(bound=bound, gap=relative_gap(value, bound))
    return replace(result, summary=summary, notes=())
