"""Branch and bound on the level network of a site with periods: best bound first.

Everything the search closes is closed by a bound it has computed itself, from prices and a split
of the investment that it has made feasible (`milpcore.site.periods.network`), or by listing every
path that such a bound leaves. The reported bound is the least of those of closed and open nodes.
Upper bounds are level sets whose operation in all periods is one linear program, mixed-integer with
options of sizes (`milpcore.site.periods.pricing`): these only add cost or take something away, so
that bounds without them hold. Sets are screened twice before that: by the length of their path,
and by the sum of what their periods cost by themselves with a split investment, a lower bound that
takes microseconds a period.
"""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.model import relative_gap
from milpcore.site.path_search.enumeration import list_paths
from milpcore.site.path_search.incumbents import shaken
from milpcore.site.path_search.labels import trace_path
from milpcore.site.path_search.search import SearchStopped
from milpcore.site.path_search.start import first_guess
from milpcore.site.periods.network import PeriodNetwork
from milpcore.site.periods.node import PeriodLabels, PeriodNode, branch, reduce_node, root_node
from milpcore.site.periods.pricing import separate_costs, set_cost
from milpcore.site.periods.relaxation import raise_bound

_log = logging.getLogger(__name__)
LEAST_GAP = 1e-9
"""Bounds closer to the incumbent than this (relative) close a node even at gap 0."""
ROUNDING = 2e-9
MAX_PATHS, MAX_STEPS, MAX_ARCS = 3000, 300_000, 1500
"""Where an enumeration gives up."""
MAX_PROGRAMS = 40
"""Level sets of an enumeration that may need a linear program of all periods."""
LP_ROUNDS = 3
TRIALS = 12
"""Neighbours that a step of the local search tries exactly."""
LEAST_GAIN = 1e-9
SHAKES = 8


@dataclass
class PeriodSearchState:
    """What a search knows at any moment, in units of the network.

    Attributes
    ----------
    levels : ndarray of int
        The best level set, empty while none is known.
    cost : float
        Its exact cost, infinite while none is known.
    bound : float
        Proven lower bound of every design.
    root_bound : float
        Bound of the root, before branching.
    n_nodes, n_programs, n_operations : int
        Nodes processed, relaxations solved, level sets operated exactly.
    stopped, finished : bool
        Whether the observer ended it; whether the gap asked for is proven.
    """

    levels: Integers
    cost: float
    bound: float = -np.inf
    root_bound: float = -np.inf
    n_nodes: int = 0
    n_programs: int = 0
    n_operations: int = 0
    stopped: bool = False
    finished: bool = False


def _less(cost: float, share: float) -> float:
    """Take a share off a cost; nothing off an infinite one."""
    return cost - share * abs(cost) if np.isfinite(cost) else cost


class BranchAndBound:
    """One search for the best path with at most `n_levels` levels.

    Parameters
    ----------
    network : PeriodNetwork
    n_levels : int
        From 1.
    mip_rel_gap : float
        Relative gap at which the search ends.
    deadline_s : float
        Value of `time.perf_counter` at which it ends.
    should_stop : callable
        Called with the state now and then.
    """

    def __init__(
        self,
        network: PeriodNetwork,
        *,
        n_levels: int,
        mip_rel_gap: float,
        deadline_s: float,
        should_stop: Callable[[PeriodSearchState], bool],
    ) -> None:
        self.network, self.n_levels = network, n_levels
        self.gap = max(mip_rel_gap - ROUNDING, LEAST_GAP)
        self.deadline_s, self.should_stop = deadline_s, should_stop
        guess = first_guess(network.base, n_levels)
        wanted = network.share_of_hours[:, None] * guess.price
        self.root = root_node(network, wanted)
        self.profile = self.root.price
        self.known: dict[tuple[int, ...], float] = {}
        self.state = PeriodSearchState(np.empty(0, dtype=np.int64), np.inf)
        self.start = self._with_forced(guess.levels)
        self.closed_bound = np.inf
        self.open: list[tuple[float, int, PeriodNode]] = []

    @property
    def cutoff(self) -> float:
        """Bound at which nothing better than the gap asked for is left."""
        return _less(self.state.cost, self.gap)

    def run(self) -> PeriodSearchState:
        """Search until the gap is proven, the time is up or the observer stops it."""
        state, order = self.state, 0
        if self.start.size:
            self._offer(self.start)
        self.open = [(self.root.bound, order, self.root)]
        try:
            while self.open:
                self._pause()
                bound, _, node = self.open[0]  # it counts as open until it has been replaced
                if bound >= self.cutoff:
                    self._close(bound)
                    heapq.heappop(self.open)
                    continue
                children = self._process(node)
                heapq.heappop(self.open)
                for child in children:
                    order += 1
                    heapq.heappush(self.open, (child.bound, order, child))
            state.finished = True
        except SearchStopped:
            pass
        self._update_bound()
        return state

    def _with_forced(self, levels: Integers) -> Integers:
        """Add the forced levels to a set, in place of all but its ends if need be; or nothing."""
        forced = np.flatnonzero(self.network.is_forced)
        for some in (levels, levels[[0, -1]]):
            trial = np.union1d(some, forced).astype(np.int64)
            if trial.size <= self.n_levels:
                return trial
        return np.empty(0, dtype=np.int64)

    def _process(self, node: PeriodNode) -> list[PeriodNode]:
        """Close a node, or split it."""
        state = self.state
        state.n_nodes += 1
        labels = self._reduced(node)
        if labels is None:
            return []
        flow = np.zeros(self.network.base.arc_tail.size)
        for lp_round in range(LP_ROUNDS):
            before = node.arcs.size
            raised = raise_bound(
                self.network,
                node,
                labels,
                n_levels=self.n_levels,
                cutoff=self.cutoff,
                tolerance=self.gap * abs(state.cost if np.isfinite(state.cost) else node.bound),
                deadline_s=self.deadline_s,
            )
            state.n_programs += raised.n_programs
            flow[:] = 0.0
            flow[node.arcs] = raised.flow
            if state.n_nodes == 1:
                self.profile, state.root_bound = node.price, node.bound
            if state.n_nodes == 1 and lp_round == 0 and state.levels.size:
                self._improve(state.levels)
                self._shake()
            self._try_cheapest_path(raised.labels)
            self._pause()
            labels = self._reduced(node)
            self._tell(node)
            if labels is None:
                return []
            if node.arcs.size > 0.8 * before:
                break
        return branch(self.network, node, labels, flow[node.arcs])

    def _reduced(self, node: PeriodNode) -> PeriodLabels | None:
        """Reduce a node; None if it is closed by bounds or by enumeration."""
        labels, dropped = reduce_node(self.network, node, self.n_levels, self.cutoff)
        self._close(dropped)
        if labels is not None and self._enumerated(node, labels):
            return None
        return labels

    def _enumerated(self, node: PeriodNode, labels: PeriodLabels) -> bool:
        """Price every path below the cutoff, if they are few; whether that was done."""
        if node.arcs.size > MAX_ARCS:
            return False
        cutoff = self.cutoff
        paths, count = list_paths(
            labels.head,
            labels.first_arc,
            node.can_end,
            labels.start_cost[None, :],
            labels.cost[None, :],
            labels.backward[None, :, :],
            cutoff,
            MAX_PATHS,
            MAX_STEPS,
        )
        if count < 0:
            return False
        separate = separate_costs(self.network, paths[:count], node.price.pump_cost)
        order = np.argsort(separate, kind="stable")
        hopeful = order[separate[order] < cutoff]
        if hopeful.size > max(MAX_PROGRAMS, 1):
            return False
        for place in hopeful.tolist():
            self._offer(paths[place][paths[place] >= 0])
            self._pause()
        self._close(cutoff)
        return True

    def _offer(self, levels: Integers) -> float:
        """Operate a level set exactly and keep it if it is the best; its cost."""
        state, key = self.state, tuple(levels.tolist())
        if key not in self.known:
            self.known[key] = set_cost(self.network, levels)
            state.n_operations += 1
        cost = self.known[key]
        if np.isinf(cost):
            return cost
        if (cost, len(key), key) < (state.cost, state.levels.size, tuple(state.levels.tolist())):
            state.levels, state.cost = levels, cost
        return cost

    def _try_cheapest_path(self, labels: PeriodLabels) -> None:
        """Operate the path that the bound comes from; search around it if it is the best."""
        path = trace_path(
            labels.head, labels.cost, labels.first_arc, labels.start_cost, labels.backward
        )
        if path.size:
            before = self.state.cost
            if self._offer(path) < before:
                self._improve(path)

    def _shake(self) -> None:
        """Replace two levels of the incumbent by random ones and search around that."""
        random = np.random.default_rng(self.n_levels)
        for _ in range(SHAKES):
            if self.state.bound >= self.cutoff or self.root.bound >= self.cutoff:
                return
            trial = shaken(self.network.base, self.state.levels, random)
            if trial is None:
                return
            self._improve(self._descend(trial))

    def _descend(self, levels: Integers) -> Integers:
        """Insert or replace one level while that lowers the cost with a split investment."""
        row = np.full((1, self.n_levels), -1, dtype=np.int64)
        row[0, : levels.size] = levels
        here = float(separate_costs(self.network, row, self.profile.pump_cost)[0])
        while True:
            self._pause()
            limit = _less(here, LEAST_GAIN)
            sets = self._neighbours(levels, limit)
            separate = separate_costs(self.network, sets, self.profile.pump_cost)
            if separate.size == 0 or separate.min() >= limit:
                return levels
            best = int(separate.argmin())
            here, levels = float(separate[best]), sets[best][sets[best] >= 0]

    def _improve(self, levels: Integers) -> None:
        """Insert or replace one level while that lowers the cost."""
        here = self._offer(levels)
        improved = True
        while improved:
            improved = False
            limit = _less(here, LEAST_GAIN)
            sets = self._neighbours(levels, limit)
            separate = separate_costs(self.network, sets, self.profile.pump_cost)
            order = np.argsort(separate, kind="stable")
            for place in order[separate[order] < limit][:TRIALS].tolist():
                self._pause()
                trial = sets[place][sets[place] >= 0]
                cost = self._offer(trial)
                if cost < limit:
                    levels, here, improved = trial, cost, True
                    break

    def _neighbours(self, levels: Integers, limit: float) -> Integers:
        """List sets with a level put in, or in place of another, with paths shorter than a limit.

        Rows padded with -1.
        """
        network, base = self.network, self.network.base
        free = np.setdiff1d(np.arange(network.n_levels), levels)
        kept = [np.delete(levels, place) for place in range(levels.size)]
        rows = [np.full((0, self.n_levels), -1, dtype=np.int64)]
        if levels.size < self.n_levels:
            kept.append(levels)
        for base_set in kept:
            block = np.full((free.size, self.n_levels), -1, dtype=np.int64)
            whole = np.concatenate(
                [np.tile(base_set, (free.size, 1)), free[:, None].astype(np.int64)], axis=1
            )
            block[:, : whole.shape[1]] = np.sort(whole, axis=1)
            serves = base.can_start[block[:, 0]] & base.can_end[block[:, whole.shape[1] - 1]]
            serves &= network.is_forced[whole].sum(axis=1) == network.is_forced.sum()
            length = self._lengths(block[:, : whole.shape[1]])
            rows.append(block[serves & (length < limit)])
        return np.concatenate(rows)

    def _lengths(self, sets: Integers) -> Floats:
        """Length (M,) of the paths through level sets of one size (M, m), at the root's prices."""
        network, price = self.network, self.profile.level
        length = network.total_deficit_MW @ price[:, sets[:, 0]]
        length += network.level_cost[sets].sum(axis=1)
        n = network.n_levels
        hot, cold = network.hot_below_MW, network.cold_below_MW
        for lower, upper in zip(sets[:, :-1].T, sets[:, 1:].T, strict=True):
            deficit = (cold[:, [n]] - cold[:, lower + 1]) - (hot[:, [n]] - hot[:, upper])
            length += (deficit * (price[:, upper] - price[:, lower])).sum(axis=0)
        return np.asarray(length)

    def _tell(self, node: PeriodNode) -> None:
        state = self.state
        _log.debug(
            "node %d: gap %.3g, %d arcs and %d pumps left, %d open, %d LPs, %d sets operated",
            state.n_nodes,
            relative_gap(state.cost, node.bound),
            node.arcs.size,
            node.pumps.size,
            len(self.open),
            state.n_programs,
            state.n_operations,
        )

    def _close(self, bound: float) -> None:
        self.closed_bound = min(self.closed_bound, bound)

    def _update_bound(self) -> None:
        state = self.state
        least_open = min((node.bound for _, _, node in self.open), default=np.inf)
        state.bound = max(state.bound, min(self.closed_bound, least_open, state.cost))

    def _pause(self) -> None:
        """Look at the clock and at the observer."""
        if time.perf_counter() >= self.deadline_s:
            raise SearchStopped
        self._update_bound()
        if self.should_stop(self.state):
            self.state.stopped = True
            raise SearchStopped
