r"""Where to branch: a threshold on the coverage of a boundary, or a level open or closed.

The fractional path of a relaxation crosses a boundary on several arcs with different deficits.
Let ``t`` be their mean. Every design has a coverage of the boundary either at most ``t`` (then all
arcs across with a larger deficit are gone) or at least ``t`` (then every arc across is charged at
least ``t``); the fractional path is dearer in both. With flow ``u`` and price step ``p_j - p_i``
the two children rise by about

.. math::

   \sum u\,(p_j - p_i)\,(d' - t)^+ \quad\text{and}\quad \sum u\,(p_j - p_i)\,(t - d')^+ .

Where prices are shared, the external heat itself is such a threshold: it is the coverage of all
boundaries above the last pump, and no boundary has less. Where no threshold separates anything,
a level is closed, or opened (no arc may pass it).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import Labels, Node, pump_free_from

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


def branch(network: LevelNetwork, node: Node, labels: Labels, flow: Floats) -> list[Node]:
    """Split a node in two.

    Parameters
    ----------
    network : LevelNetwork
    node : Node
    labels : Labels
        Of the node.
    flow : ndarray (A,)
        Fractional flow of its alive arcs.

    Returns
    -------
    list of Node
        Together they hold every design of the node; each has fewer arcs or higher floors.
    """
    threshold = _best_threshold(network, node, labels, flow)
    if threshold is None:
        return _split_by_level(network, node, labels, flow)
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
    tail, head, lifted = labels.tail[used], labels.head[used], labels.lifted[used]
    weight = flow[used]
    price = weight * (node.price[head] - node.price[tail])
    free_from = pump_free_from(network, node) if network.shared_price else n
    best: Threshold | None = None
    for boundary in range(n - 1):
        across = (tail <= boundary) & (head > boundary)
        values = lifted[across]
        if values.size < 2 or np.ptp(values) <= LEAST_SPREAD * max(1.0, np.abs(values).max()):
            continue
        mean = values @ weight[across] / weight[across].sum()
        margin = MARGIN * np.ptp(values)
        mean = float(np.clip(mean, values.min() + margin, values.max() - margin))
        if boundary >= free_from:
            low, high, lifted_low, lifted_high = free_from, n - 1, 0, n - 1
            fewer = head > free_from
            raised = np.ones(used.size, dtype=bool)
        else:
            low, high = lifted_low, lifted_high = boundary, boundary + 1
            fewer = raised = across
        fall = float(price[fewer] @ np.maximum(lifted[fewer] - mean, 0.0))
        rise = float(price[raised] @ np.maximum(mean - lifted[raised], 0.0))
        score = max(fall, 0.0) * max(rise, 0.0)
        if best is None or score > best.score:
            best = Threshold(mean, low, high, lifted_low, lifted_high, score)
    return best


def _split_by_level(network: LevelNetwork, node: Node, labels: Labels, flow: Floats) -> list[Node]:
    """Close or open the most undecided level that some paths use and others do not."""
    n = network.n_levels
    tail, head = labels.tail, labels.head
    through = np.maximum(np.bincount(head, flow, n), np.bincount(tail, flow, n))
    for level in np.argsort(np.abs(through - 0.5), kind="stable"):
        touches = (tail == level) | (head == level)
        passes = (tail < level) & (head > level)
        above = np.arange(n) > level
        below = np.arange(n) < level
        avoidable = passes.any() or node.can_start[above].any() or node.can_end[below].any()
        if not avoidable or not touches.any():
            continue
        closed, opened = node.child(node.bound), node.child(node.bound)
        closed.arcs = node.arcs[~touches]
        closed.can_start[level] = closed.can_end[level] = False
        opened.arcs = node.arcs[~passes]
        opened.can_start[above] = False
        opened.can_end[below] = False
        return [closed, opened]
    raise RuntimeError("a node with one path was not closed")
