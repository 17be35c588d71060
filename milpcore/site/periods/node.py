r"""Nodes of the search over periods: what is alive, what it costs at least, and how it is split.

An arc costs the sum over periods, (3) of `milpcore.site.periods.network`, with what its upper level
costs; it dies when every path through it costs too much, and so does a heat pump with every path
through both of its levels.

**Splitting.** The relaxation mixes paths: the surplus of one pays the deficit of another at the
same boundary between neighbouring candidates. A path crosses a boundary on one arc or not at all.
So the arcs across are ordered by their mean deficit over all hours and parted at the mean ``t`` of
the fractional path: one child has the paths that cross with at most ``t`` or not at all, the other
those that cross with more. One split confines the deficits of every period at once, where a
threshold on the coverage of a single period (`milpcore.site.path_search.branching`) would gain in
that period only. Where no boundary separates anything, a level is closed or opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.branching import score_boundaries
from milpcore.site.path_search.labels import (
    backward_labels,
    cheapest_path,
    first_arcs,
    forward_labels,
    through_arcs,
)
from milpcore.site.path_search.node import MAX_ROUNDS, WORTHWHILE, pumps_left
from milpcore.site.path_search.prices import arc_costs
from milpcore.site.periods.network import PeriodNetwork, PeriodPrices, feasible_prices

LEAST_FLOW = 1e-7


@dataclass
class PeriodNode:
    """One open part of the search space.

    Attributes
    ----------
    bound : float
        Proven lower bound of every design in it.
    arcs, pumps : ndarray of int
        Numbers of the alive arcs and pumps, rising.
    can_start, can_end : ndarray of bool (L,)
        Where a path may start and end.
    price : PeriodPrices
        Feasible for the alive pumps.
    """

    bound: float
    arcs: Integers
    pumps: Integers
    can_start: Booleans
    can_end: Booleans
    price: PeriodPrices

    def child(self) -> PeriodNode:
        """Return a copy to restrict further."""
        return replace(
            self,
            can_start=self.can_start.copy(),
            can_end=self.can_end.copy(),
        )


class PeriodLabels(NamedTuple):
    """Arc costs and labels of a node at its prices.

    Attributes
    ----------
    tail, head : ndarray of int (A,)
        Of the alive arcs.
    cost : ndarray (A,)
        Of each arc, all periods together.
    start_cost : ndarray (L,)
    first_arc : ndarray of int (L+1,)
    forward, backward : ndarray (N, L)
    bound : float
        Length of the cheapest path.
    """

    tail: Integers
    head: Integers
    cost: Floats
    start_cost: Floats
    first_arc: Integers
    forward: Floats
    backward: Floats
    bound: float

    def through(self) -> Floats:
        """Cost of the cheapest path through each alive arc (A,)."""
        return through_arcs(self.tail, self.head, self.cost, self.forward, self.backward)


def root_node(network: PeriodNetwork, wanted_price: Floats) -> PeriodNode:
    """Return the node of all designs, with prices near the wanted ones (P, L)."""
    base = network.base
    pumps = np.arange(base.pump_cost.size)
    return PeriodNode(
        bound=-np.inf,
        arcs=np.arange(base.arc_tail.size),
        pumps=pumps,
        can_start=base.can_start.copy(),
        can_end=base.can_end.copy(),
        price=feasible_prices(network, wanted_price, pumps),
    )


def label_node(network: PeriodNetwork, node: PeriodNode, n_levels: int) -> PeriodLabels:
    """Arc costs, labels and bound of a node at its prices."""
    tail, head = network.base.arc_tail[node.arcs], network.base.arc_head[node.arcs]
    price, deficit = node.price.level, network.deficit_MW[:, node.arcs]
    cost = np.zeros(tail.size)
    for period in range(network.n_periods):
        cost += arc_costs(tail, head, deficit[period], price[period])
    cost += network.level_cost[head]
    start_cost = network.total_deficit_MW @ price + network.level_cost
    start_cost[~node.can_start] = np.inf
    forward = forward_labels(tail, head, cost, start_cost, n_levels)
    return PeriodLabels(
        tail=tail,
        head=head,
        cost=cost,
        start_cost=start_cost,
        first_arc=first_arcs(tail, network.n_levels),
        forward=forward,
        backward=backward_labels(tail, head, cost, node.can_end, n_levels),
        bound=cheapest_path(forward, node.can_end),
    )


class PeriodReduction(NamedTuple):
    """What is left of a node.

    Attributes
    ----------
    labels : PeriodLabels or None
        At the node's prices; None if nothing is left.
    dropped : float
        Least bound of what was dropped, infinite if nothing was.
    """

    labels: PeriodLabels | None
    dropped: float


def reduce_node(
    network: PeriodNetwork, node: PeriodNode, n_levels: int, cutoff: float
) -> PeriodReduction:
    """Drop from a node all that cannot beat the cutoff, while that helps.

    The node is changed in place; its prices stay.
    """
    dropped = np.inf
    for _ in range(MAX_ROUNDS):
        labels = label_node(network, node, n_levels)
        node.bound = max(node.bound, labels.bound)
        if labels.bound >= cutoff:
            return PeriodReduction(None, min(dropped, labels.bound))
        before = node.arcs.size, node.pumps.size
        through = labels.through()
        keep = through < cutoff
        if not keep.all():
            dropped = min(dropped, float(through[~keep].min()))
            node.arcs = node.arcs[keep]
        node.pumps, beyond = pumps_left(network.base, node.pumps, labels, keep, cutoff)
        dropped = min(dropped, beyond)
        small = node.arcs.size < WORTHWHILE * before[0] or node.pumps.size < WORTHWHILE * before[1]
        if not small:
            break
    labels = label_node(network, node, n_levels)
    node.bound = max(node.bound, labels.bound)
    if labels.bound >= cutoff:
        return PeriodReduction(None, min(dropped, labels.bound))
    return PeriodReduction(labels, dropped)


def branch(
    network: PeriodNetwork, node: PeriodNode, labels: PeriodLabels, flow: Floats
) -> list[PeriodNode]:
    """Split a node in two.

    Parameters
    ----------
    network : PeriodNetwork
    node : PeriodNode
    labels : PeriodLabels
        Of the node.
    flow : ndarray (A,)
        Fractional flow of its alive arcs.

    Returns
    -------
    list of PeriodNode
        Together they hold every path of the node; each has fewer arcs or fewer ends.

    Raises
    ------
    RuntimeError
        If the node has but one path.
    """
    n = network.n_levels
    deficit = network.base.deficit_MW[node.arcs]
    used = np.flatnonzero(flow > LEAST_FLOW)
    tail, head = labels.tail[used], labels.head[used]
    step = node.price.level[:, head] - node.price.level[:, tail]
    boundary, threshold_MW, _ = score_boundaries(
        tail, head, deficit[used], flow[used], flow[used] * step.sum(axis=0), n, n
    )
    if boundary >= 0:
        return _split_by_deficit(node, labels, deficit, boundary, threshold_MW)
    share = np.maximum(np.bincount(labels.head, flow, n), np.bincount(labels.tail, flow, n))
    for level in np.argsort(np.abs(share - 0.5), kind="stable").tolist():
        children = split_by_level(network, node, level)
        if children:
            return children
    raise RuntimeError("a node with one path was not closed")


def _split_by_deficit(
    node: PeriodNode, labels: PeriodLabels, deficit: Floats, boundary: int, threshold_MW: float
) -> list[PeriodNode]:
    """Children whose arc across a boundary has at most, and more than, a mean deficit."""
    across = (labels.tail <= boundary) & (boundary < labels.head)
    low, high = node.child(), node.child()
    low.arcs = node.arcs[~across | (deficit <= threshold_MW)]
    high.arcs = node.arcs[~across | (deficit > threshold_MW)]
    every = np.arange(node.can_start.size)
    high.can_start &= every <= boundary
    high.can_end &= every > boundary
    return [low, high]


def split_by_level(network: PeriodNetwork, node: PeriodNode, level: int) -> list[PeriodNode]:
    """Children with a level closed and open; empty if that does not separate anything."""
    tail, head = network.base.arc_tail[node.arcs], network.base.arc_head[node.arcs]
    touches, passes = (tail == level) | (head == level), (tail < level) & (level < head)
    avoidable = passes.any() or node.can_start[level + 1 :].any() or node.can_end[:level].any()
    alone = bool(node.can_start[level] and node.can_end[level])
    if not avoidable or not (touches.any() or alone):
        return []
    closed, opened = node.child(), node.child()
    closed.arcs, opened.arcs = node.arcs[~touches], node.arcs[~passes]
    closed.can_start[level] = closed.can_end[level] = False
    every = np.arange(network.n_levels)
    opened.can_start &= every <= level
    opened.can_end &= every >= level
    return [closed, opened]
