"""Branch and bound on coverage: best bound first, with enumeration of what is left.

Everything the search closes is closed by a bound that it has computed itself, from heat prices
that it has made feasible (`milpcore.site.path_search.prices`), or by listing every path that such
bounds leave. The reported bound is the least of those of closed and of open nodes.
"""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.bounding import raise_bound
from milpcore.site.path_search.branching import branch
from milpcore.site.path_search.enumeration import paths_below
from milpcore.site.path_search.incumbents import (
    canonical,
    level_set_cost,
    level_set_costs,
    local_search,
    shaken,
)
from milpcore.site.path_search.labels import trace_path
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import Labels, Node, reduce_node, root_node
from milpcore.site.path_search.progress import Progress
from milpcore.site.path_search.pump_limits import limit_pumps
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.solvers import Until

_log = logging.getLogger(__name__)
LEAST_GAP = 1e-11
"""Bounds closer to the incumbent than this (relative) close a node even at gap 0."""
ROUNDING = 2e-9
"""Part of the gap asked for that is left to rounding, and to a choice among equals."""
MAX_PATHS, MAX_STEPS, MAX_ARCS = 2000, 200_000, 1500
"""Where an enumeration gives up at the start."""
PATIENCE_NODES, MOST_PATIENCE = 100, 10
"""An enumeration may take longer in a search that does: twice as long after so many nodes."""
LP_ROUNDS = 3
LEAST_RISE = 0.01
"""A split that raises a bound by less than this share of what is missing has hardly helped."""
SHAKES = 12


class SearchStopped(Exception):  # noqa: N818
    """The time is up, or the observer wants the search to stop."""


@dataclass
class SearchState:
    """What a search knows at any moment, in units of the network.

    Attributes
    ----------
    levels : ndarray of int
        The best level set.
    cost : float
        Its exact cost.
    bound : float
        Proven lower bound of every design.
    n_nodes, n_programs, n_paths : int
        Nodes processed, LPs solved, level sets priced by enumeration.
    stopped : bool
        Whether the observer ended it.
    finished : bool
        Whether the gap asked for is proven.
    price : ndarray (L,)
        Heat prices at the root, for the next search.
    """

    levels: Integers
    cost: float
    price: Floats
    bound: float = -np.inf
    n_nodes: int = 0
    n_programs: int = 0
    n_paths: int = 0
    stopped: bool = False
    finished: bool = False


class Search:
    """One search for the best path with at most `n_levels` levels.

    Parameters
    ----------
    network : LevelNetwork
    solver : LinearSolver
    n_levels : int
        From 1.
    levels : ndarray of int
        A level set that serves every stream, with at most `n_levels` levels.
    price : ndarray (L,)
        Heat prices to start from, feasible or not.
    mip_rel_gap : float
        Relative gap at which the search ends.
    deadline_s : float
        Value of `time.perf_counter` at which it ends.
    should_stop : callable
        Called with the state now and then.
    """

    def __init__(
        self,
        network: LevelNetwork,
        solver: LinearSolver,
        *,
        n_levels: int,
        levels: Integers,
        price: Floats,
        mip_rel_gap: float,
        deadline_s: float,
        should_stop: Callable[[SearchState], bool],
    ) -> None:
        self.network, self.n_levels = network, n_levels
        self.solver = Until(solver, deadline_s)
        self.gap = max(mip_rel_gap - ROUNDING, LEAST_GAP)
        self.deadline_s, self.should_stop = deadline_s, should_stop
        self.root = root_node(network, price)
        self.profile = self.root.price.level
        self.state = SearchState(levels, level_set_cost(network, levels)[0], self.profile)
        self.closed_bound = np.inf
        self.open: list[tuple[float, int, Node]] = []
        self.progress = Progress()

    @property
    def cutoff(self) -> float:
        """Bound at which nothing better than the gap asked for is left."""
        return self.state.cost - self.gap * abs(self.state.cost)

    def run(self) -> SearchState:
        """Search until the gap is proven, the time is up or the observer stops it."""
        state = self.state
        self._improve(state.levels)
        order = 0
        self.open = [(self.root.bound, order, self.root)]
        try:
            while self.open:
                self._pause()
                if self.progress.is_stuck(state.n_nodes, state.cost - state.bound):
                    self._limit_pumps()
                bound, _, node = self.open[0]  # it counts as open until it has been replaced
                if bound >= self.cutoff:
                    self._close(bound)
                    heapq.heappop(self.open)
                    continue
                children = self._process(node)
                heapq.heappop(self.open)
                if _log.isEnabledFor(logging.DEBUG):
                    self._tell(node, len(children))
                for child in children:
                    order += 1
                    heapq.heappush(self.open, (child.bound, order, child))
            state.finished = True
        except SearchStopped:
            pass
        self._update_bound()
        state.levels, state.cost = canonical(self.network, state.levels, self.gap)
        state.bound = min(state.bound, state.cost)
        return state

    def _process(self, node: Node) -> list[Node]:
        """Close a node, or split it."""
        state = self.state
        state.n_nodes += 1
        bound_before = node.bound
        labels = self._reduced(node)
        if labels is None:
            return []
        flow = np.zeros(self.network.arc_tail.size)
        for lp_round in range(LP_ROUNDS):
            before = node.arcs.size
            raised = raise_bound(
                self.network,
                self.solver,
                node,
                labels,
                n_levels=self.n_levels,
                cutoff=self.cutoff,
                tolerance=self.gap * abs(state.cost),
            )
            state.n_programs += raised.n_programs
            flow[:] = 0.0
            flow[node.arcs] = raised.flow
            if state.n_nodes == 1 and lp_round == 0:
                self._after_root(node)
            self._try_cheapest_path(raised.labels)
            self._pause()
            labels = self._reduced(node)
            if labels is None:
                return []
            if node.arcs.size > 0.8 * before:
                break
        gain = node.bound - bound_before
        is_stalled = self.network.has_pump_limits and gain < LEAST_RISE * (self.cutoff - node.bound)
        return branch(self.network, node, labels, flow[node.arcs], is_stalled=is_stalled)

    def _reduced(self, node: Node) -> Labels | None:
        """Reduce a node; None if it is closed by bounds or by enumeration."""
        labels, dropped = reduce_node(self.network, node, self.n_levels, self.cutoff)
        self._close(dropped)
        if labels is not None and self._enumerated(node, labels):
            return None
        return labels

    def _enumerated(self, node: Node, labels: Labels) -> bool:
        """Price every path that no profile excludes, if they are few; whether that was done."""
        if node.arcs.size > MAX_ARCS:
            return False
        cutoff = self.cutoff
        patience = min(1 + self.state.n_nodes // PATIENCE_NODES, MOST_PATIENCE)
        paths = paths_below(
            self.network,
            node,
            labels,
            self.n_levels,
            cutoff,
            max_paths=patience * MAX_PATHS,
            max_steps=patience * MAX_STEPS,
        )
        if paths is None:
            return False
        exact = level_set_costs(self.network, paths)
        for place in np.flatnonzero(exact <= self.state.cost):
            self._offer(paths[place][paths[place] >= 0])
        self.state.n_paths += len(paths)
        self._close(cutoff)
        return True

    def _offer(self, levels: Integers) -> None:
        """Price a level set exactly and keep it if it is the best, or as good with fewer levels."""
        state = self.state
        cost, _ = level_set_cost(self.network, levels)
        if cost < state.cost or (
            cost == state.cost
            and (levels.size, tuple(levels)) < (state.levels.size, tuple(state.levels))
        ):
            state.levels, state.cost = levels, cost

    def _try_cheapest_path(self, labels: Labels) -> None:
        """Price the path that the bound comes from; search around it if it is the best."""
        path = trace_path(
            labels.head,
            labels.cost,
            labels.first_arc,
            labels.start_cost,
            labels.backward,
        )
        if path.size and level_set_cost(self.network, path)[0] < self.state.cost:
            self._improve(path)

    def _improve(self, levels: Integers) -> None:
        better, _ = local_search(self.network, levels, self.n_levels, self.profile)
        self._offer(better)

    def _after_root(self, root: Node) -> None:
        """Shake the incumbent with the root's prices as a screen."""
        self.profile = self.state.price = root.price.level
        random = np.random.default_rng(self.n_levels)
        for _ in range(SHAKES):
            trial = shaken(self.network, self.state.levels, random)
            if trial is None:
                break
            self._improve(trial)
            self._pause()

    def _tell(self, node: Node, n_children: int) -> None:
        """Log a round: the gap of the node, and what has become of it."""
        state = self.state
        _log.debug(
            "node %d: gap %.3g, %d arcs left, %d children, %d open, %d LPs, %d level sets priced",
            state.n_nodes,
            (state.cost - node.bound) / max(abs(state.cost), 1e-300),
            node.arcs.size,
            n_children,
            len(self.open),
            state.n_programs,
            state.n_paths,
        )

    def _limit_pumps(self) -> None:
        """Begin again at the root, with limits of the heat of pumps."""
        root, cutoff = self.root, self.cutoff
        _log.debug("node %d: stuck; limiting the heat of pumps", self.state.n_nodes)
        if reduce_node(self.network, root, self.n_levels, cutoff).labels is not None:
            self.network = limit_pumps(
                self.network,
                self.solver,
                root,
                n_levels=self.n_levels,
                cutoff=cutoff,
                pause=self._pause,
            )
            root.basis = None
        self._close(cutoff)  # the limits hold for what costs less
        self.open = [(root.bound, 0, root)]

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
