"""From what a search has found to checked designs, tables and notes; see `milpcore.site.pareto`."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.front_search.archive import Archive
from milpcore.site.front_search.front import value_at
from milpcore.site.front_search.operation import design_at
from milpcore.site.front_search.outline import Node, Outline, Piece
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
    marginal = [(b[0] - a[0]) / (a[1] - b[1]) for a, b in pairwise(values)]
    marginal += [math.nan] * bool(values)
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


def segments_of(archive: Archive, outline: Outline) -> tuple[ParetoSegment, ...]:
    """Bring what joins the points into the units of the measures.

    Parameters
    ----------
    archive : Archive
        What the search has found.
    outline : Outline
        Its points.

    Returns
    -------
    tuple of ParetoSegment
    """
    first_unit, second_unit = archive.pair.unit.tolist()
    numbers = level_set_numbers(archive, outline)
    segments = []
    for (a, b), piece in zip(pairwise(outline.nodes), outline.pieces, strict=True):
        joined = piece.number >= 0 and _is_whole(archive, piece, a, b)
        segments.append(
            ParetoSegment(
                level_set=numbers[piece.number] if piece.number >= 0 else 0,
                first_begin=piece.first_begin * first_unit,
                second_begin=piece.second_begin * second_unit,
                first_end=piece.first_end * first_unit,
                second_end=piece.second_end * second_unit,
                slope=piece.slope * first_unit / second_unit,
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
