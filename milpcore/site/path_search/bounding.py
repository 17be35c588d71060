"""Better heat prices for a node from its relaxation, column by column as they matter (sifting).

The LP starts with the arcs of the cheapest paths and the pumps closest to paying at the node's
present prices. Its prices are repaired until they are feasible for all pumps and then priced over
all arcs, so every round gives a proven bound; columns that would have improved the LP are added.
The cheapest paths alone run close to each other, and on hundreds of levels an LP of nothing else
gets stuck; so the best arc into and out of every level is always among the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.basis import BASIC
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import (
    Labels,
    Node,
    charged_pump_costs,
    feasible_prices,
    label_node,
)
from milpcore.site.path_search.prices import HeatPrices
from milpcore.site.path_search.relaxation import LinearSolver, solve_relaxation
from preprocess.jit import kernel

FIRST_ARCS, FIRST_PUMPS = 500, 200
MORE_ARCS, MORE_PUMPS = 300, 200
MAX_ROUNDS = 12
CLOSE = 0.05
"""A bound this close to the LP's optimum, as a share of the gap asked for, is good enough."""
KEPT_PROFILES = 6


class Raised(NamedTuple):
    """Outcome of `raise_bound`.

    Attributes
    ----------
    labels : Labels
        At the node's new prices.
    flow : ndarray (A,)
        Flow of the alive arcs in the last LP, zeros if none was solved.
    n_programs : int
        LPs solved.
    """

    labels: Labels
    flow: Floats
    n_programs: int


@dataclass
class _Columns:
    """Which alive arcs and pumps are in the LP."""

    arcs: Booleans
    pumps: Booleans


def raise_bound(
    network: LevelNetwork,
    solver: LinearSolver,
    node: Node,
    labels: Labels,
    *,
    n_levels: int,
    cutoff: float,
    tolerance: float,
) -> Raised:
    """Find better prices for a node, which is changed in place.

    Parameters
    ----------
    network : LevelNetwork
    solver : LinearSolver
    node : Node
        Gets the best prices found, its bound, and a basis for its children.
    labels : Labels
        Of the node at its present prices.
    n_levels : int
        Largest number of levels.
    cutoff : float
        A bound that closes the node.
    tolerance : float
        Gap asked for, in units of cost.

    Returns
    -------
    Raised
    """
    best_price, best = node.price, labels
    flow = np.zeros(node.arcs.size)
    n_programs = 0
    levels = np.unique(np.concatenate([labels.tail, labels.head]))
    columns = _first_columns(network, node, labels)
    while levels.size and n_programs < MAX_ROUNDS:
        n_programs += 1
        relaxed = solve_relaxation(
            network,
            solver,
            node,
            levels,
            node.arcs[columns.arcs],
            labels.lifted[columns.arcs],
            node.pumps[columns.pumps],
            n_levels,
        )
        if relaxed is None:
            break
        node.basis = relaxed.basis
        flow[:] = 0.0
        flow[columns.arcs] = relaxed.flow
        node.price = feasible_prices(network, node, relaxed.price)
        present = label_node(network, node, n_levels)
        if present.bound > best.bound:
            best_price, best = node.price, present
        enough = min(cutoff, relaxed.objective - CLOSE * tolerance)
        if best.bound >= enough or not _add_columns(
            network, node, columns, present, relaxed.price, relaxed.objective
        ):
            break
    node.price = best_price
    node.bound = max(node.bound, best.bound)
    node.profiles = (best_price, *node.profiles)[:KEPT_PROFILES]
    return Raised(best, flow, n_programs)


def _first_columns(network: LevelNetwork, node: Node, labels: Labels) -> _Columns:
    """Arcs of the cheapest paths, pumps with the least slack, and what was basic before."""
    arcs = np.zeros(node.arcs.size, dtype=bool)
    if node.arcs.size:
        through = labels.through()
        arcs = _smallest(through, FIRST_ARCS)
        arcs |= best_at_levels(labels.tail, labels.head, through, np.inf, network.n_levels)
    pumps = _smallest(_pump_slack(network, node, node.price), FIRST_PUMPS)
    if node.basis is not None:
        arcs |= node.basis.arc[node.arcs] == BASIC
        pumps |= node.basis.pump[node.pumps] == BASIC
    return _Columns(arcs, pumps)


def _add_columns(
    network: LevelNetwork,
    node: Node,
    columns: _Columns,
    labels: Labels,
    price: HeatPrices,
    objective: float,
) -> bool:
    """Add arcs and pumps with negative reduced cost; whether there were any."""
    slack = _pump_slack(network, node, price)
    slack[columns.pumps] = np.inf
    through = labels.through()
    through[columns.arcs] = np.inf
    scale = 1e-9 * max(1.0, abs(objective))
    pumps = lowest_below(slack, -1e-9, MORE_PUMPS)
    limit = objective - scale
    arcs = lowest_below(through, limit, MORE_ARCS)
    arcs |= best_at_levels(labels.tail, labels.head, through, limit, network.n_levels)
    columns.pumps |= pumps
    columns.arcs |= arcs
    return bool(pumps.any() or arcs.any())


def _pump_slack(network: LevelNetwork, node: Node, price: HeatPrices) -> Floats:
    """Reduced cost of the alive pumps."""
    pumps = node.pumps
    drawn = network.pump_share[pumps] * price.level[network.pump_source[pumps]]
    spent = charged_pump_costs(network, pumps, price) + drawn
    return np.asarray(spent - price.level[network.pump_sink[pumps]])


@kernel
def best_at_levels(
    tail: Integers, head: Integers, through: Floats, limit: float, n: int
) -> Booleans:
    """Mask (A,) of the best arc into and out of each level, of those below a limit."""
    arrival, departure = np.full(n, -1), np.full(n, -1)
    for arc in range(through.shape[0]):
        value = through[arc]
        if value < limit:
            best = arrival[head[arc]]
            if best < 0 or value < through[best]:
                arrival[head[arc]] = arc
            best = departure[tail[arc]]
            if best < 0 or value < through[best]:
                departure[tail[arc]] = arc
    mask = np.zeros(through.shape[0], dtype=np.bool_)
    for level in range(n):
        if arrival[level] >= 0:
            mask[arrival[level]] = True
        if departure[level] >= 0:
            mask[departure[level]] = True
    return mask


def _smallest(values: Floats, count: int) -> Booleans:
    """Mask of the `count` smallest values (all, if there are no more); ties stay together."""
    if values.size <= count:
        return np.ones(values.size, dtype=bool)
    return np.asarray(values <= np.partition(values, count)[count])


def lowest_below(values: Floats, limit: float, count: int) -> Booleans:
    """Mask of at most `count` values below a limit, the lowest first."""
    mask = np.zeros(values.size, dtype=bool)
    below = np.flatnonzero(values < limit)
    mask[below[np.argsort(values[below], kind="stable")[:count]]] = True
    return mask
