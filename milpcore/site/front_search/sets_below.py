r"""Every level set whose weighted cost stays below a cutoff, by branch and bound.

The tree is that of `milpcore.site.path_search.search`, with a cutoff that belongs to the caller
instead of an incumbent. What the tree drops never holds a level set below the cutoff: an arc, or a
pair of pump levels, goes when every path through it reaches the cutoff at feasible heat prices; and
where a node is split by the coverage of a boundary, the best operation of a level set lies in one
of both parts, so that the level set is listed there. So when the tree is closed, every level set
with a cost below the least bound that closed a part of it has been handed to the caller, whose
cutoff may fall meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.bounding import raise_bound
from milpcore.site.path_search.branching import branch
from milpcore.site.path_search.enumeration import paths_below
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import Labels, Node, reduce_node, root_node
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.search import SearchStopped

MAX_PATHS, MAX_STEPS, MAX_ARCS = 20_000, 2_000_000, 4000
"""Where a list of paths gives up, and the node is split instead."""
LP_ROUNDS = 3
CLOSE = 0.05
"""Share of the distance from the best known cost to the cutoff at which a bound is good enough."""


class SetsBelow:
    """The search for level sets below a cutoff.

    Parameters
    ----------
    network : LevelNetwork
        With the weighted sum as cost.
    solver : LinearSolver
    n_levels : int
        Largest number of levels.
    price : ndarray (L,)
        Heat prices to start from, feasible or not.
    least : float
        Cost of the cheapest level set known.
    cutoff : callable
        Returns the cutoff of now; it never rises.
    offer : callable
        Called with level sets, one a row, padded with -1.
    pause : callable
        Called now and then; raises `SearchStopped` to end the search.
    """

    def __init__(
        self,
        network: LevelNetwork,
        solver: LinearSolver,
        *,
        n_levels: int,
        price: Floats,
        least: float,
        cutoff: Callable[[], float],
        offer: Callable[[Integers], None],
        pause: Callable[[], None],
    ) -> None:
        self.network, self.solver, self.n_levels = network, solver, n_levels
        self.least, self.cutoff, self.offer, self.pause = least, cutoff, offer, pause
        self.closed_bound = np.inf
        self.root = root_node(network, price)
        self.n_nodes = 0

    def run(self) -> tuple[float, bool]:
        """List the level sets.

        Returns
        -------
        bound : float
            Every level set that costs less has been offered.
        finished : bool
            Whether no part of the tree is left below the cutoff.
        """
        order = 0
        nodes: list[tuple[float, int, Node]] = [(self.root.bound, order, self.root)]
        finished = False
        try:
            while nodes:
                self.pause()
                bound, _, node = nodes[0]  # it counts as open until it has been replaced
                children: list[Node] = []
                if bound >= self.cutoff():
                    self._close(bound)
                else:
                    children = self._process(node)
                heapq.heappop(nodes)
                for child in children:
                    order += 1
                    heapq.heappush(nodes, (child.bound, order, child))
            finished = True
        except SearchStopped:
            pass
        least_open = min((node.bound for _, _, node in nodes), default=np.inf)
        return min(self.closed_bound, least_open, self.cutoff()), finished

    def _process(self, node: Node) -> list[Node]:
        """Close a node, or split it."""
        self.n_nodes += 1
        labels = self._reduced(node)
        if labels is None:
            return []
        flow = np.zeros(self.network.arc_tail.size)
        for _ in range(LP_ROUNDS):
            before = node.arcs.size
            cutoff = self.cutoff()
            raised = raise_bound(
                self.network,
                self.solver,
                node,
                labels,
                n_levels=self.n_levels,
                cutoff=cutoff,
                tolerance=max(CLOSE * (cutoff - self.least), 1e-9 * abs(cutoff)),
            )
            flow[:] = 0.0
            flow[node.arcs] = raised.flow
            self.pause()
            labels = self._reduced(node)
            if labels is None:
                return []
            if node.arcs.size > 0.8 * before:
                break
        return branch(self.network, node, labels, flow[node.arcs])

    def _reduced(self, node: Node) -> Labels | None:
        """Reduce a node; None if it is closed by bounds or by listing its paths."""
        labels, dropped = reduce_node(self.network, node, self.n_levels, self.cutoff())
        self._close(dropped)
        if labels is not None and self._listed(node, labels):
            return None
        return labels

    def _listed(self, node: Node, labels: Labels) -> bool:
        """Offer every path that no profile excludes, if they are few; whether that was done."""
        if node.arcs.size > MAX_ARCS:
            return False
        paths = paths_below(
            self.network,
            node,
            labels,
            self.n_levels,
            self.cutoff(),
            max_paths=MAX_PATHS,
            max_steps=MAX_STEPS,
        )
        if paths is None:
            return False
        if len(paths):
            self.offer(paths)
        return True

    def _close(self, bound: float) -> None:
        self.closed_bound = min(self.closed_bound, bound)
