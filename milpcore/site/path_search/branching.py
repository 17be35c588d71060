r"""Where to branch: a threshold on the coverage of a boundary, or a level open or closed.

The fractional path of a relaxation crosses a boundary on several arcs with different deficits.
Let ``t`` be their mean. Every design has a coverage of the boundary either at most ``t`` (then all
arcs across with a larger deficit are gone) or at least ``t`` (then every arc across is charged at
least ``t``); the fractional path is dearer in both. With flow ``u`` and price step ``p_j - p_i``
the two children rise by about

.. math::

   \sum u\,(p_j - p_i)\,(d' - t)^+ \quad\text{and}\quad \sum u\,(p_j - p_i)\,(t - d')^+ .

Where prices are shared, the external heat itself is such a threshold: it is the coverage of all
boundaries above the last pump, and no boundary has less.

The other way is to close a level, or to open it (no arc may pass it). Where the heat of pumps is
limited (`milpcore.site.path_search.pump_limits`), a level that is open by a share ``y`` lets ``y``
times its limits pass, which the prices value at ``y`` times its credit ``g``; closed it loses that,
opened it has to pay for the rest. So the children rise by up to ``y g`` and ``(1 - y) g``, and the
product is compared with that of the best threshold. Without limits a level is only split where no
threshold separates anything.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import (
    Labels,
    Node,
    arcs_at_level,
    level_credits,
    opened_at,
    pump_free_from,
)
from preprocess.jit import kernel

LEAST_SPREAD = 1e-6
"""Deficits closer than this (relative) count as one."""
LEAST_FLOW = 1e-7
MARGIN = 0.05
"""A threshold keeps this share of the spread away from both ends, so that both children gain."""


class Threshold(NamedTuple):
    """A threshold on coverage.

    Attributes
    ----------
    coverage_MW : float
    low, high : int
        Boundaries from `low` to before `high` have at most that coverage in one child.
    lifted_low, lifted_high : int
        Boundaries that have at least that coverage in the other child.
    score : float
        Product of the estimated rises.
    """

    coverage_MW: float
    low: int
    high: int
    lifted_low: int
    lifted_high: int
    score: float


def branch(
    network: LevelNetwork, node: Node, labels: Labels, flow: Floats, *, is_stalled: bool = False
) -> list[Node]:
    """Split a node in two.

    Parameters
    ----------
    network : LevelNetwork
    node : Node
    labels : Labels
        Of the node.
    flow : ndarray (A,)
        Fractional flow of its alive arcs.
    is_stalled : bool
        Whether the last split hardly raised the bound: then the most undecided level is split.

    Returns
    -------
    list of Node
        Together they hold every design of the node; each has fewer arcs or higher floors.
    """
    threshold = _best_threshold(network, node, labels, flow)
    credit = level_credits(network, node.price)
    share = _open_share(network, labels, flow)
    gain = np.clip(credit * share, 0.0, None) * np.clip(credit * (1.0 - share), 0.0, None)
    if threshold is None or is_stalled or gain.max() > threshold.score:
        undecided = np.lexsort((np.abs(share - 0.5), np.zeros_like(gain) if is_stalled else -gain))
        children = _split_by_level(network, node, undecided)
        if children:
            return children
    if threshold is None:
        raise RuntimeError("a node with one path was not closed")
    below, above = node.child(node.bound), node.child(node.bound)
    part = slice(threshold.low, threshold.high)
    below.ceiling[part] = np.minimum(below.ceiling[part], threshold.coverage_MW)
    part = slice(threshold.lifted_low, threshold.lifted_high)
    above.floor[part] = np.maximum(above.floor[part], threshold.coverage_MW)
    return [below, above]


def _best_threshold(
    network: LevelNetwork, node: Node, labels: Labels, flow: Floats
) -> Threshold | None:
    """Threshold with the largest product of estimated rises."""
    n = network.n_levels
    used = np.flatnonzero(flow > LEAST_FLOW)
    tail, head = labels.tail[used], labels.head[used]
    price = flow[used] * (node.price.level[head] - node.price.level[tail])
    free_from = pump_free_from(network, node) if network.shared_price else n
    boundary, coverage_MW, score = score_boundaries(
        tail, head, labels.lifted[used], flow[used], price, n, free_from
    )
    if boundary < 0:
        return None
    if boundary >= free_from:
        return Threshold(coverage_MW, free_from, n - 1, 0, n - 1, score)
    return Threshold(coverage_MW, boundary, boundary + 1, boundary, boundary + 1, score)


@kernel
def score_boundaries(
    tail: Integers,
    head: Integers,
    lifted: Floats,
    flow: Floats,
    price: Floats,
    n: int,
    free_from: int,
) -> tuple[int, float, float]:
    """Boundary with the best score, its threshold (MW) and score; -1 where none separates."""
    best, best_coverage, best_score = -1, 0.0, -1.0
    for boundary in range(n - 1):
        least, most, total, weight, count = np.inf, -np.inf, 0.0, 0.0, 0
        for arc in range(tail.shape[0]):
            if tail[arc] <= boundary < head[arc]:
                least = min(least, lifted[arc])
                most = max(most, lifted[arc])
                total += flow[arc] * lifted[arc]
                weight += flow[arc]
                count += 1
        if count < 2 or most - least <= LEAST_SPREAD * max(1.0, abs(least), abs(most)):
            continue
        margin = MARGIN * (most - least)
        coverage = min(max(total / weight, least + margin), most - margin)
        shared = boundary >= free_from
        fall = rise = 0.0
        for arc in range(tail.shape[0]):
            across = tail[arc] <= boundary < head[arc]
            if across or (shared and head[arc] > free_from):
                fall += price[arc] * max(lifted[arc] - coverage, 0.0)
            if across or shared:
                rise += price[arc] * max(coverage - lifted[arc], 0.0)
        score = max(fall, 0.0) * max(rise, 0.0)
        if score > best_score:
            best, best_coverage, best_score = boundary, coverage, score
    return best, best_coverage, best_score


def _open_share(network: LevelNetwork, labels: Labels, flow: Floats) -> Floats:
    """Share (L,) to which each level is open."""
    n = network.n_levels
    return np.maximum(np.bincount(labels.head, flow, n), np.bincount(labels.tail, flow, n))


def _split_by_level(network: LevelNetwork, node: Node, order: Integers) -> list[Node]:
    """Close or open the first level in an order that some paths use and others do not, if any."""
    for level in order:
        touches, passes = arcs_at_level(network, node, level)
        starts_above, ends_below = node.can_start[level + 1 :], node.can_end[:level]
        avoidable = passes.any() or starts_above.any() or ends_below.any()
        if not avoidable or not touches.any():
            continue
        closed = node.child(node.bound)
        closed.arcs = node.arcs[~touches]
        closed.can_start[level] = closed.can_end[level] = False
        return [closed, opened_at(network, node, level)]
    return []
