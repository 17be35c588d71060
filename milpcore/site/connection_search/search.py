"""Branch and bound over the places of levels, with bounds from heat prices.

A node says for each place (the lowest open level, the next one, ...) at which candidates it may be.
Prices are improved as long as that pays (`milpcore.site.connection_search.master`); candidates of a
place through which every path costs too much are dropped; then the place that the mixture spreads
most is split in two. A node with one level set left, or whose prices gain nothing, is closed by the
program of that set, or split further.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from milpcore.site.connection_search.level_bounds import envelopes, labels, path_costs
from milpcore.site.connection_search.level_set import PricedSet, priced_set
from milpcore.site.connection_search.master import STEP, Master, Mixture
from milpcore.site.connection_search.site_arrays import SiteArrays
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.search import SearchStopped

ROUNDS_AT_ROOT, ROUNDS = 60, 8
"""Prices tried at a root and at the nodes below it."""
SETTLED = 2e-5
"""Prices are good enough where the mixture costs less than this share more than their bound."""
SETS_TRIED = 2
"""Level sets of a mixture that are priced at each node."""
POLISHED, POLISH_S = 1e-7, 5.0
"""Gap and seconds of the last program, which connects the best levels as well as can be."""
LEAST_S = 0.1
"""Seconds that a program has in any case."""
EQUAL = 1e-9
"""Costs closer than this share are equal."""


@dataclass
class Node:
    """One open part of the search space.

    Attributes
    ----------
    bound : float
        Proven lower bound of every design in it.
    is_alive : ndarray of bool (N, L)
        Candidates of each place.
    price : ndarray (L,)
        Heat prices to start from.
    is_root : bool
    """

    bound: float
    is_alive: Booleans
    price: Floats
    is_root: bool = False


class Search:
    """One search for the best levels and connections.

    Parameters
    ----------
    site : SiteArrays
    n_levels : int
        Largest number of levels.
    gap : float
        Relative gap at which it ends.
    pause : callable
        Called now and then; may raise `SearchStopped`.
    """

    def __init__(
        self, site: SiteArrays, *, n_levels: int, gap: float, pause: Callable[[], None]
    ) -> None:
        self.site, self.n_levels = site, n_levels
        self.gap, self.pause = max(gap, EQUAL), pause
        self.set_gap = 0.25 * gap
        self.master = Master(site)
        self.cost, self.bound = np.inf, -np.inf
        self.levels = self.stream_level = np.empty(0, dtype=np.int64)
        self.n_nodes = 0
        self.end_s = np.inf
        self._closed = np.inf
        self._open: list[tuple[float, int, Node]] = []
        self._order = 0
        self._priced: dict[tuple[int, ...], PricedSet] = {}

    @property
    def cutoff(self) -> float:
        """Bound at which nothing better than the gap asked for is left."""
        return self.cost - self.gap * abs(self.cost) if np.isfinite(self.cost) else np.inf

    def run(self, levels: Integers, price: Floats) -> bool:
        """Search from a level set and heat prices; whether the gap is proven."""
        try:
            if levels.size <= self.n_levels:
                self._offer(levels)
            for n_open in self._numbers():
                node = Node(-np.inf, self._everywhere(n_open), self.site.feasible(price), True)
                self._push(node)
            while self._open:
                bound, _, node = self._open[0]
                self._update_bound()
                self.pause()
                if bound >= self.cutoff:
                    break
                children = self._process(node)
                heapq.heappop(self._open)
                for child in children:
                    self._push(child)
        except SearchStopped:
            self._update_bound()
            return False
        self._update_bound()
        return True

    def _numbers(self) -> list[int]:
        """Numbers of open levels to look at: only the largest where a level more costs nothing."""
        if not self.site.level_cost.any():
            return [self.n_levels]
        return list(range(self.n_levels, 0, -1))

    def _everywhere(self, n_open: int) -> Booleans:
        """Candidates of each place (N, L): none below or above of which too few are left."""
        n = self.site.n_levels
        place, level = np.arange(n_open)[:, None], np.arange(n)[None, :]
        return np.asarray((level >= place) & (level <= n - n_open + place))

    def polish(self) -> None:
        """Connect the best levels as well as can be."""
        if np.isfinite(self.cost):
            left_s = max(LEAST_S, min(POLISH_S, self.end_s - time.perf_counter()))
            found = priced_set(self.site, self.levels, gap=POLISHED, time_limit_s=left_s)
            if found.cost < self.cost:
                self.cost, self.stream_level = found.cost, found.stream_level

    def _push(self, node: Node) -> None:
        self._order += 1
        heapq.heappush(self._open, (node.bound, self._order, node))

    def _close(self, bound: float) -> None:
        self._closed = min(self._closed, bound)

    def _update_bound(self) -> None:
        least = min((node.bound for _, _, node in self._open), default=np.inf)
        self.bound = max(self.bound, min(least, self._closed, self.cost))

    def _offer(self, levels: Integers) -> PricedSet:
        """Price a level set, and keep it if it is the best."""
        key = tuple(levels.tolist())
        if key not in self._priced:
            self.pause()
            left_s = None
            if np.isfinite(self.end_s):
                left_s = max(LEAST_S, self.end_s - time.perf_counter())
            found = priced_set(self.site, levels, gap=self.set_gap, time_limit_s=left_s)
            has_forced = self.site.is_forced[levels].sum() == self.site.is_forced.sum()
            if has_forced and found.cost < self.cost:
                self.cost, self.levels = found.cost, levels
                self.stream_level = found.stream_level
            self._priced[key] = found._replace(stream_level=levels[:0])
        return self._priced[key]

    def _process(self, node: Node) -> list[Node]:
        """Bound a node; close or split it."""
        self.n_nodes += 1
        mixture, path = self._improve(node)
        if mixture is None and path.size == 0:
            return []
        tried = path[None, :]
        if mixture is not None:
            sets, which = np.unique(mixture.paths, axis=0, return_inverse=True)
            share = np.bincount(which.ravel(), weights=mixture.shares)
            tried = np.concatenate((sets[np.argsort(-share)[:SETS_TRIED]], tried))
        for levels in tried:
            self._offer(levels)
        if node.bound >= self.cutoff:
            self._close(node.bound)
            return []
        if (node.is_alive.sum(axis=1) == 1).all():
            self._close(max(node.bound, self._offer(node.is_alive.argmax(axis=1)).bound))
            return []
        return self._split(node, mixture)

    def _improve(self, node: Node) -> tuple[Mixture | None, Integers]:
        """Improve the prices of a node, and drop candidates; no path if that closes it."""
        none = np.empty(0, dtype=np.int64)
        trial, best, mixture, path = node.price, -np.inf, None, none
        for number in range(ROUNDS_AT_ROOT if node.is_root else ROUNDS):
            self._update_bound()
            self.pause()
            bound, found = self._evaluate(trial, node)
            if found.size == 0:
                return None, none
            if node.is_root and number % ROUNDS == 0:
                self._offer(found)
            if bound > best:
                best, node.price, path = bound, trial, found
            node.bound = max(node.bound, best)
            if node.bound >= self.cutoff:
                self._close(node.bound)
                return None, none
            mixture = self.master.solve(node.is_alive) or mixture
            if mixture is None or mixture.cost - best <= SETTLED * abs(mixture.cost):
                break
            trial = self.site.feasible(node.price + STEP * (mixture.price - node.price))
        return mixture, path

    def _evaluate(self, price: Floats, node: Node) -> tuple[float, Integers]:
        """Bound of a node at some prices, and its cheapest path; drop what costs too much."""
        site = self.site
        costs = site.stream_costs(price)
        arc, start, end = path_costs(*envelopes(costs))
        arc, start = arc + site.level_cost[None, :], start + site.level_cost
        self._force(arc, start, end)
        forward, backward, path = labels(arc, start, end, node.is_alive)
        if path.size == 0 or path[-1] < 0:
            return np.inf, path[:0]
        through = forward + backward
        is_dear = node.is_alive & ~(through < self.cutoff)
        if is_dear.any():
            self._close(float(through[is_dear].min()))
            node.is_alive = node.is_alive & ~is_dear
        if np.isfinite(costs[:, path].min(axis=1)).all():  # (3) may hide what is forbidden
            self.master.add(path, path[costs[:, path].argmin(axis=1)])
        if not node.is_alive.any(axis=1).all():
            return np.inf, path[:0]
        return float(through[0].min()), path

    def _force(self, arc: Floats, start: Floats, end: Floats) -> None:
        """Leave out what passes a forced level."""
        for level in np.flatnonzero(self.site.is_forced):
            arc[:level, level + 1 :] = np.inf
            start[level + 1 :] = np.inf
            end[:level] = np.inf

    def _split(self, node: Node, mixture: Mixture | None) -> list[Node]:
        """Split the candidates of the place that the mixture spreads most."""
        size = node.is_alive.sum(axis=1)
        place, last = int(np.argmax(size)), -1
        if mixture is not None:
            mean = mixture.shares @ mixture.paths
            spread = mixture.shares @ np.abs(mixture.paths - mean)
            spread[size < 2] = -1.0
            if spread.max() > 1e-6:
                place = int(np.argmax(spread))
                last = int(np.floor(mean[place]))
        candidates = np.flatnonzero(node.is_alive[place])
        if last < 0:
            last = int(candidates[(candidates.size - 1) // 2])
        last = min(max(last, int(candidates[0])), int(candidates[-1]) - 1)
        children = []
        for is_lower in (True, False):
            is_alive = node.is_alive.copy()
            if is_lower:
                is_alive[place, last + 1 :] = False
            else:
                is_alive[place, : last + 1] = False
            _keep_order(is_alive, place)
            if is_alive.any(axis=1).all():
                children.append(Node(node.bound, is_alive, node.price))
        return children


def _keep_order(is_alive: Booleans, place: int) -> None:
    """Drop candidates that the levels below or above leave no room for."""
    for above in range(place + 1, is_alive.shape[0]):
        below = np.flatnonzero(is_alive[above - 1])
        is_alive[above, : below[0] + 1 if below.size else None] = False
    for below_it in range(place - 1, -1, -1):
        above_it = np.flatnonzero(is_alive[below_it + 1])
        is_alive[below_it, above_it[-1] if above_it.size else 0 :] = False
