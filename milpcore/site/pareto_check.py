"""The independent check of a Pareto front, from its tables, the streams and the prices alone.

1. every point is a design that passes `milpcore.site.check`, with all measures as they are shown
2. points rise in the first and fall in the second measure: none is as good as another in both
3. marginal costs are those to the next point that was not merely asked for, supported points
   those of the lower hull
4. edges run between their points, and fall
5. no design has more levels than allowed; of existing levels at most so many have moved, each
   within its range
6. no point lies below the proven bound
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site.check import check
from milpcore.site.inputs import Booleans, Floats
from milpcore.site.pareto_results import ParetoStudy
from milpcore.site.tables import COST_COLUMNS
from milpcore.site.violations import CheckError, Report
from milpcore.streams import Streams

__all__ = ["CheckError", "check_front"]

TOLERANCE = 1e-7
"""Share of the largest value of a measure on the front within which its values agree."""
SAME_K = 2e-6
"""Temperatures closer than this are the same."""


def check_front(study: ParetoStudy, streams: Streams, economics: SiteEconomics) -> None:
    """Check a front against its streams and prices, from the tables alone.

    Parameters
    ----------
    study : ParetoStudy
        What a search found.
    streams : Streams
        The stream table that was asked about.
    economics : SiteEconomics
        The prices and limits that were asked about.

    Raises
    ------
    CheckError
        With every violation.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> streams = milpcore.load_case("dairy_8")
    >>> check_front(site.pareto(streams, n_levels=4), streams, milpcore.SiteEconomics())
    """
    report = Report()
    for number, one in enumerate(study.points_found, 1):
        try:
            check(one.result, streams, economics)
        except CheckError as error:
            for violation in error.violations:
                report.violations.append(
                    violation._replace(where=f"point {number}, {violation.where}")
                )
    points, segments = study.points, study.segments
    if len(segments) != max(len(points) - 1, 0):
        report.add("number of rows", "segments", len(segments), max(len(points) - 1, 0))
    report.raise_if_any()
    if len(points):
        _check_points(report, study, points)
        _check_segments(report, study, points, segments)
        _check_levels(report, study, points)
    report.raise_if_any()


def _check_points(report: Report, study: ParetoStudy, points: pd.DataFrame) -> None:
    """Measures, order, marginal costs, supported points and bounds."""
    where = [f"point {number}" for number in points["point"]]
    for column in COST_COLUMNS.values():
        found = [float(one.result.summary[column].iloc[0]) for one in study.points_found]
        scale = float(np.abs(found).max())
        report.near(column, where, points[column], found, TOLERANCE * scale)
    first, second = (points[column].to_numpy() for column in study.columns)
    for name, steps in ((study.columns[0], np.diff(first)), (study.columns[1], -np.diff(second))):
        for row in np.flatnonzero(~(steps > 0.0)):
            rule = "more than before" if name == study.columns[0] else "less than before"
            report.add(name, where[row + 1], points[name].iloc[row + 1], rule)
    if report.violations:
        return
    marginal = points[f"marginal_{study.marginal_unit}"].to_numpy()
    own = np.flatnonzero(points["kind"].to_numpy() != "asked")
    after = own[np.searchsorted(own, np.arange(len(points) - 1), side="right")]
    expected = (first[after] - first[:-1]) / (second[:-1] - second[after])
    report.near("marginal cost", where[:-1], marginal[:-1], expected, 1e-6 * np.abs(expected))
    is_supported = points["is_supported"].to_numpy()
    for place in _wrongly_marked(first, second, is_supported):
        found_mark = bool(is_supported[place])
        report.add("is_supported", where[place], found_mark, not found_mark)
    bound = points[f"bound_{study.columns[0]}"].to_numpy()
    scale = TOLERANCE * float(np.abs(first).max())
    for row in np.flatnonzero(~(bound <= first + scale)):
        report.add(f"bound of {study.columns[0]}", where[row], bound[row], f"<= {first[row]}")


def _wrongly_marked(first: Floats, second: Floats, is_supported: Booleans) -> list[int]:
    """Points marked as supported above the lower hull, or not marked at a corner of it."""
    slack = TOLERANCE * np.array([np.abs(first).max(), np.abs(second).max()])
    corners: list[int] = []
    for row in range(len(first)):
        while len(corners) > 1 and _height(first, second, corners[-2], corners[-1], row) >= 0.0:
            corners.pop()
        corners.append(row)
    wrong = []
    for before, after in pairwise(corners):
        limit = (second[before] - second[after]) * slack[0]
        limit += (first[after] - first[before]) * slack[1]
        for row in range(before + 1, after):
            if is_supported[row] and _height(first, second, before, row, after) > limit:
                wrong.append(row)
    for place, row in enumerate(corners):
        if is_supported[row]:
            continue
        if place in (0, len(corners) - 1):
            wrong.append(row)
            continue
        before, after = corners[place - 1], corners[place + 1]
        limit = (second[before] - second[after]) * slack[0]
        limit += (first[after] - first[before]) * slack[1]
        if _height(first, second, before, row, after) < -limit:
            wrong.append(row)
    return wrong


def _height(first: Floats, second: Floats, before: int, row: int, after: int) -> float:
    """How far a point lies above the line from one point to another, times its length."""
    high, wide = second[before] - second[after], first[after] - first[before]
    return float(high * (first[row] - first[before]) + wide * (second[row] - second[before]))


def _check_segments(
    report: Report, study: ParetoStudy, points: pd.DataFrame, segments: pd.DataFrame
) -> None:
    """Edges run between their points, fall, and have the slope that is shown."""
    where = [f"segment {number}" for number in segments["from_point"]]
    edge = segments["level_set"].to_numpy() > 0
    for place, (column, sign) in enumerate(zip(study.columns, (1.0, -1.0), strict=True)):
        value = sign * points[column].to_numpy()
        begin, end = (sign * segments[f"{side}_{column}"].to_numpy() for side in ("begin", "end"))
        margin = TOLERANCE * float(np.abs(value).max())
        outside = (begin < value[:-1] - margin) | (end > value[1:] + margin) | (end < begin)
        for row in np.flatnonzero(outside):
            expected = f"from {value[row]:.12g} to {value[row + 1]:.12g}"
            found = f"{begin[row]:.12g} to {end[row]:.12g}"
            report.add(f"{column}, measure {place + 1}", where[row], found, expected)
    first, second = study.columns
    rise = (segments[f"end_{first}"] - segments[f"begin_{first}"]).to_numpy()[edge]
    fall = (segments[f"begin_{second}"] - segments[f"end_{second}"]).to_numpy()[edge]
    slope = segments[f"slope_{study.marginal_unit}"].to_numpy()[edge]
    margin_rise = 2.0 * TOLERANCE * float(np.abs(points[first]).max()) * np.ones(len(rise))
    named = [name for name, is_edge in zip(where, edge, strict=True) if is_edge]
    report.near("slope times length", named, slope * fall, rise, margin_rise)


def _check_levels(report: Report, study: ParetoStudy, points: pd.DataFrame) -> None:
    """Rule 5: levels of each point."""
    existing_C = np.array(study.existing_C)
    for number, one in enumerate(study.points_found, 1):
        level_C = one.result.levels["temperature_C"].to_numpy()
        name = f"point {number}"
        if len(level_C) > study.max_levels:
            report.add("n_levels", name, len(level_C), f"<= {study.max_levels}")
        if not existing_C.size:
            continue
        distance_K = np.abs(level_C[:, None] - existing_C[None, :])
        moved = np.flatnonzero(distance_K.min(axis=1) > SAME_K)
        if len(moved) > study.move:
            report.add("levels moved", name, len(moved), f"<= {study.move}")
        for row in np.flatnonzero(distance_K.min(axis=1) > study.range_K + SAME_K):
            expected = f"within {study.range_K:g} K of an existing level"
            report.add("temperature_C", name, level_C[row], expected)
    if not np.array_equal(points["n_levels"], [len(o.result.levels) for o in study.points_found]):
        report.add("n_levels", "points", list(points["n_levels"]), "those of the designs")
