"""What the search for a Pareto front hands over, for tables to be made of it."""

from __future__ import annotations

from typing import NamedTuple

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.front_search.archive import Archive
from milpcore.site.pareto_request import ParetoPlan


class FoundFront(NamedTuple):
    """What a search has found; picklable.

    Attributes
    ----------
    archive : Archive
        Level sets, front and bounds; without a front where there is no design.
    status : Status
    search_s : float
        Wall time.
    unproven : tuple of Measure
        Those whose least value the search had no time to prove.
    """

    archive: Archive
    status: Status
    search_s: float
    unproven: tuple[Measure, ...] = ()


def unstarted_front(plan: ParetoPlan) -> FoundFront:
    """Stand in for a search that was interrupted before it had found anything.

    Parameters
    ----------
    plan : ParetoPlan
        What is asked for.

    Returns
    -------
    FoundFront
    """
    nothing = Archive(plan.pair())
    return FoundFront(nothing, Status.INTERRUPTED, 0.0, (plan.first, plan.second))


def least_found_and_proven(archive: Archive, end: int) -> tuple[float, float]:
    """Least value of a measure on a front, and a proven lower bound of it.

    Parameters
    ----------
    archive : Archive
        With a front.
    end : int
        0 for the first measure, 1 for the second.

    Returns
    -------
    tuple of two float
        EUR/a, or t/a.
    """
    unit = float(archive.pair.unit[end])
    proven = max(cut.least / cut[end] for cut in archive.cuts if cut[1 - end] == 0.0)
    found = float(archive.ends[0][end])
    return found * unit, min(found, proven) * unit
