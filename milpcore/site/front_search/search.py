"""The search for a front: its ends, its supported vertices, then what lies between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from milpcore.core import Status
from milpcore.site.front_search.archive import ROUNDING, Archive, Cut, lower_hull
from milpcore.site.front_search.families import Family
from milpcore.site.front_search.measures import Pair
from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.search import SearchStopped

_log = logging.getLogger(__name__)

CHUNK = 1000
"""Level sets priced between two looks at the clock."""

Point = tuple[float, float]
Edge = tuple[Point, Point]


class FrontProgress(NamedTuple):
    """How far a search is.

    Attributes
    ----------
    elapsed_s : float
        Since the search began.
    phase : str
        ``"ends"``, ``"supported"``, ``"between"`` or ``"points"``.
    n_done, n_total : int
        Segments of the front that are proven, and all that are known.
    n_level_sets : int
        Level sets on the front.
    """

    elapsed_s: float
    phase: str
    n_done: int
    n_total: int
    n_level_sets: int


FrontObserver = Callable[[FrontProgress], bool]
"""Called now and then with `FrontProgress`; returning True ends the search."""


class FrontSearch:
    """One search for the front of all level sets of a family.

    Parameters
    ----------
    pair : Pair
    family : Family
    resolution : float
        Share of the range of both measures by which the front may be off.
    deadline_s : float
        Value of `time.perf_counter` at which it ends.
    observer : FrontObserver or None
    """

    def __init__(
        self,
        pair: Pair,
        family: Family,
        *,
        resolution: float,
        deadline_s: float,
        observer: FrontObserver | None,
    ) -> None:
        self.pair, self.family, self.resolution = pair, family, resolution
        self.deadline_s, self.observer = deadline_s, observer
        self.start_s = time.perf_counter()
        self.archive = Archive(pair)
        self.status = Status.OPTIMAL
        self.phase, self.n_done, self.n_total = "ends", 0, 2
        self.n_searches = 0

    def run(self) -> Archive:
        """Search until the resolution is proven, the time is up or the observer ends it."""
        self.archive.add(self.family.first())
        try:
            self._ends()
            self._supported()
            self._between()
        except SearchStopped:
            pass
        self.archive.prefer_simple(self.family.simpler)
        return self.archive

    @property
    def slack(self) -> Floats:
        """What the front may be off in each measure (2,)."""
        least, most = self.archive.ends
        return np.maximum(self.resolution * (most - least), ROUNDING * most)

    def _pause(self) -> None:
        """Look at the clock and at the observer."""
        now_s = time.perf_counter()
        if now_s >= self.deadline_s:
            self.status = Status.TIME_LIMIT
            raise SearchStopped
        progress = FrontProgress(
            now_s - self.start_s, self.phase, self.n_done, self.n_total, len(self.archive.owners)
        )
        if self.observer is not None and self.observer(progress):
            self.status = Status.INTERRUPTED
            raise SearchStopped

    def _minimise(self, first_weight: float, second_weight: float, known: list[Integers]) -> float:
        """Search for the least weighted sum, and return its proven bound."""
        weighted = self.pair.weighted(first_weight, second_weight)
        found = self.family.minimum(weighted, known, self._pause)
        self.n_searches += 1
        self.archive.add(found.levels)
        least = found.bound * weighted.scale
        self.archive.cuts.append(Cut(first_weight, second_weight, least))
        told = (self.phase, first_weight, second_weight, least, len(self.archive.owners))
        _log.debug("%s: weights %.6g and %.6g, bound %.10g, %d level sets", *told)
        if not found.finished:
            raise SearchStopped
        return least

    def _ends(self) -> None:
        """Find the least of each measure; searches along edges find the least of the other."""
        for end in range(2):
            self.n_done = end
            self._minimise(1.0 - end, float(end), self._known())

    def _known(self) -> list[Integers]:
        """Level sets at both ends of the front."""
        origin = self.archive.front.origin
        return [self.archive.sets[number] for number in dict.fromkeys(origin[[0, -1], 0].tolist())]

    def _points(self) -> list[Point]:
        """List the ends of all spans as (first, second)."""
        spans = self.archive.front.spans
        begins = zip(spans[:, 1].tolist(), spans[:, 0].tolist(), strict=True)
        return [*begins, *zip(spans[:, 3].tolist(), spans[:, 2].tolist(), strict=True)]

    def _edges(self) -> list[Edge]:
        """Edges of the lower hull of the front, by rising first measure."""
        hull = lower_hull(self._points())
        shifts = self.archive.shifts()
        return [
            (a, b) for a, b in pairwise(hull) if b[0] - a[0] > shifts[0] and a[1] - b[1] > shifts[1]
        ]

    def _supported(self) -> None:
        """Search along every edge of the hull until none has anything below it."""
        self.phase = "supported"
        searched: set[Edge] = set()
        while True:
            edges = self._edges()
            left = [edge for edge in edges if edge not in searched]
            self.n_done, self.n_total = len(edges) - len(left), len(edges)
            if not left:
                return
            edge = max(left, key=_area)
            searched.add(edge)
            self._minimise(*_weights(edge), self._owners_at(edge))

    def _owners_at(self, edge: Edge) -> list[Integers]:
        """Level sets that reach the ends of an edge."""
        archive = self.archive
        spans, origin = archive.front
        at = np.zeros(len(spans), dtype=bool)
        for first, second in edge:
            at |= (spans[:, 0] == second) & (spans[:, 1] == first)
            at |= (spans[:, 2] == second) & (spans[:, 3] == first)
        return [archive.sets[number] for number in np.unique(origin[at, 0]).tolist()]

    def _between(self) -> None:
        """List what lies above an edge but below the front, the largest distance first."""
        self.phase = "between"
        edges = self._edges()
        slack = self.slack
        open_edges = {
            edge: distance for edge in edges if (distance := self._distance(edge, slack)) > 1.0
        }
        self.n_total = len(edges)
        while open_edges:
            self.n_done = len(edges) - len(open_edges)
            edge = max(open_edges, key=lambda one: open_edges[one])
            del open_edges[edge]
            self._list(edge, slack)
            open_edges = {
                one: distance
                for one in open_edges
                if (distance := self._distance(one, slack)) > 1.0
            }
        self.n_done = len(edges)

    def _distance(self, edge: Edge, slack: Floats) -> float:
        return self.archive.distance(edge[1][1], edge[0][1], slack)

    def _list(self, edge: Edge, slack: Floats) -> None:
        """List every level set that could still lower the front over an edge."""
        archive, weights = self.archive, _weights(edge)
        weighted = self.pair.weighted(*weights)
        off = weights[0] * slack[0] + weights[1] * slack[1]

        def cutoff() -> float:
            top = archive.highest(*weights, edge[1][1], edge[0][1])
            return float(top - off) / weighted.scale

        def offer(sets: Integers) -> None:
            for begin in range(0, len(sets), CHUNK):
                self._pause()
                archive.offer(weighted, sets[begin : begin + CHUNK], cutoff())

        known = self._owners_at(edge)
        listed = self.family.below(weighted, known, cutoff, offer, self._pause)
        self.n_searches += 1
        archive.cuts.append(Cut(*weights, listed.bound * weighted.scale))
        told = (*weights, archive.n_priced, len(archive.owners))
        _log.debug("between: weights %.6g and %.6g, %d listed so far, %d level sets", *told)
        if not listed.finished:
            raise SearchStopped


def _area(edge: Edge) -> float:
    return float((edge[1][0] - edge[0][0]) * (edge[0][1] - edge[1][1]))


def _weights(edge: Edge) -> tuple[float, float]:
    """Weights of the line through both ends of an edge; they add up to one."""
    high, wide = edge[0][1] - edge[1][1], edge[1][0] - edge[0][0]
    return high / (high + wide), wide / (high + wide)
