"""Nodes of the search: what is alive, what coverage is possible, and what that costs at least.

A node knows the arcs and pumps that may still be used, where a path may start and end, and a floor
and a ceiling for the coverage of every boundary between neighbouring candidate levels (see
`milpcore.site.path_search.network`). An arc dies when the floor of one boundary it crosses exceeds
the ceiling of another, or when every path through it costs too much.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.basis import Basis
from milpcore.site.path_search.labels import (
    backward_labels,
    cheapest_path,
    first_arcs,
    forward_labels,
    through_arcs,
    through_pairs,
)
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.prices import (
    HeatPrices,
    arc_costs,
    lift_deficits,
    repair_prices,
    without_charges,
)
from preprocess.jit import kernel

MAX_ROUNDS = 4
WORTHWHILE = 0.9
"""Another round of reduction is worth its time if less than this share is left."""
MAX_PAIR_WORK = 50_000_000
"""Arc visits above which pumps are not tested one by one."""
SLACK_MW = 1e-9


@dataclass
class Node:
    """One open part of the search space.

    Attributes
    ----------
    bound : float
        Proven lower bound of every design in it.
    arcs, pumps : ndarray of int
        Numbers of the alive arcs and pumps, rising.
    can_start, can_end : ndarray of bool (L,)
        Where a path may start and end.
    floor, ceiling : ndarray (L-1,)
        Least and largest coverage of the boundary above each level, where a path crosses it, MW.
    price : HeatPrices
        Feasible here.
    profiles : tuple of HeatPrices
        Feasible prices of the nodes above, the newest first.
    basis : Basis or None
        To start the next LP from.
    """

    bound: float
    arcs: Integers
    pumps: Integers
    can_start: Booleans
    can_end: Booleans
    floor: Floats
    ceiling: Floats
    price: HeatPrices
    profiles: tuple[HeatPrices, ...] = field(default=())
    basis: Basis | None = None

    def child(self, bound: float) -> Node:
        """Return a copy to restrict further, with a bound at least as high."""
        return replace(
            self,
            bound=max(self.bound, bound),
            can_start=self.can_start.copy(),
            can_end=self.can_end.copy(),
            floor=self.floor.copy(),
            ceiling=self.ceiling.copy(),
        )


class Labels(NamedTuple):
    """Arc costs and labels of a node at its prices.

    Attributes
    ----------
    tail, head : ndarray of int (A,)
        Of the alive arcs.
    lifted, cost : ndarray (A,)
        Deficit with floors, MW, and cost of each alive arc.
    start_cost : ndarray (L,)
    first_arc : ndarray of int (L+1,)
    forward, backward : ndarray (N, L)
    bound : float
        Length of the cheapest path.
    """

    tail: Integers
    head: Integers
    lifted: Floats
    cost: Floats
    start_cost: Floats
    first_arc: Integers
    forward: Floats
    backward: Floats
    bound: float

    def through(self) -> Floats:
        """Cost of the cheapest path through each alive arc (A,)."""
        return through_arcs(self.tail, self.head, self.cost, self.forward, self.backward)


def root_node(network: LevelNetwork, wanted_price: Floats) -> Node:
    """Return the node of all designs, with prices near the wanted ones."""
    n = network.n_levels
    node = Node(
        bound=-np.inf,
        arcs=np.arange(network.arc_tail.size),
        pumps=np.arange(network.pump_cost.size),
        can_start=network.can_start.copy(),
        can_end=network.can_end.copy(),
        floor=np.full(n - 1, -np.inf),
        ceiling=np.full(n - 1, np.inf),
        price=without_charges(network.lowest_price),
    )
    node.price = feasible_prices(network, node, without_charges(wanted_price))
    return node


def feasible_prices(network: LevelNetwork, node: Node, wanted: HeatPrices) -> HeatPrices:
    """Prices near the wanted ones, with the same charges, feasible for the pumps of the node."""
    level = repair_prices(
        wanted.level,
        network.lowest_price,
        network.external_heat_cost,
        network.pump_source[node.pumps],
        network.pump_sink[node.pumps],
        network.pump_share[node.pumps],
        charged_pump_costs(network, node.pumps, wanted),
    )
    return wanted._replace(level=level)


def charged_pump_costs(network: LevelNetwork, pumps: Integers, price: HeatPrices) -> Floats:
    """Cost of each of the pumps with the charges at both ends, the right side of (5)."""
    into = price.into[network.pump_sink[pumps]]
    out = price.out[network.pump_source[pumps]]
    return network.pump_cost[pumps] + into + network.pump_share[pumps] * out


def level_credits(network: LevelNetwork, price: HeatPrices) -> Floats:
    """Credit of each level (L,) where it is open, in (6)."""
    limits = (network.into_limit_MW, price.into), (network.out_limit_MW, price.out)
    credit = np.zeros(network.n_levels)
    for limit_MW, charge in limits:
        charged = charge > 0.0
        credit[charged] += limit_MW[charged] * charge[charged]
    return credit


def start_costs(network: LevelNetwork, node: Node, price: HeatPrices) -> Floats:
    """Cost of starting a path at each level (L,)."""
    cost = network.total_deficit_MW * price.level - level_credits(network, price)
    return np.where(node.can_start, cost, np.inf)


def priced_arcs(
    network: LevelNetwork, tail: Integers, head: Integers, lifted: Floats, price: HeatPrices
) -> Floats:
    """Cost of each arc (A,) in (6), the credit of its upper level included."""
    return arc_costs(tail, head, lifted, price.level) - level_credits(network, price)[head]


def label_node(network: LevelNetwork, node: Node, n_levels: int) -> Labels:
    """Arc costs, labels and bound of a node at its prices."""
    tail, head = network.arc_tail[node.arcs], network.arc_head[node.arcs]
    lifted = lift_deficits(tail, head, network.deficit_MW[node.arcs], node.floor)
    cost = priced_arcs(network, tail, head, lifted, node.price)
    start_cost = start_costs(network, node, node.price)
    forward = forward_labels(tail, head, cost, start_cost, n_levels)
    return Labels(
        tail=tail,
        head=head,
        lifted=lifted,
        cost=cost,
        start_cost=start_cost,
        first_arc=first_arcs(tail, network.n_levels),
        forward=forward,
        backward=backward_labels(tail, head, cost, node.can_end, n_levels),
        bound=cheapest_path(forward, node.can_end),
    )


class Reduction(NamedTuple):
    """What is left of a node.

    Attributes
    ----------
    labels : Labels or None
        At the node's prices; None if nothing is left.
    dropped : float
        Least bound of what was dropped, infinite if nothing was.
    """

    labels: Labels | None
    dropped: float


def reduce_node(network: LevelNetwork, node: Node, n_levels: int, cutoff: float) -> Reduction:
    """Drop from a node all that cannot beat the cutoff, and raise floors, while that helps.

    Parameters
    ----------
    network : LevelNetwork
    node : Node
        Changed in place; its prices stay.
    n_levels : int
        Largest number of levels.
    cutoff : float
        Everything with a bound at or above this is dropped.

    Returns
    -------
    Reduction
    """
    dropped = np.inf
    for _ in range(MAX_ROUNDS):
        _drop_beyond_ceiling(network, node)
        labels = label_node(network, node, n_levels)
        node.bound = max(node.bound, labels.bound)
        if labels.bound >= cutoff:
            return Reduction(None, min(dropped, labels.bound))
        before = node.arcs.size, node.pumps.size
        through = labels.through()
        keep = through < cutoff
        if not keep.all():
            dropped = min(dropped, float(through[~keep].min()))
            node.arcs = node.arcs[keep]
        node.pumps, beyond = pumps_left(network, node.pumps, labels, keep, cutoff)
        dropped = min(dropped, beyond)
        rose = _raise_floors(network, node, labels, keep)
        small = node.arcs.size < WORTHWHILE * before[0] or node.pumps.size < WORTHWHILE * before[1]
        if not (rose or small):
            break
    labels = label_node(network, node, n_levels)
    node.bound = max(node.bound, labels.bound)
    if labels.bound >= cutoff:
        return Reduction(None, min(dropped, labels.bound))
    return Reduction(labels, dropped)


@kernel
def _within_ceiling(
    tail: Integers, head: Integers, lifted: Floats, ceiling: Floats, slack: float
) -> Booleans:
    """Whether each arc (A,) stays below the ceilings of the boundaries it crosses."""
    within = np.ones(tail.shape[0], dtype=np.bool_)
    for arc in range(tail.shape[0]):
        for boundary in range(tail[arc], head[arc]):
            if lifted[arc] > ceiling[boundary] + slack:
                within[arc] = False
                break
    return within


@kernel
def _least_across(tail: Integers, head: Integers, lifted: Floats, n: int) -> Floats:
    """Least deficit of the arcs across each boundary (L-1,), infinite without arcs."""
    least = np.full(n - 1, np.inf)
    for arc in range(tail.shape[0]):
        for boundary in range(tail[arc], head[arc]):
            if lifted[arc] < least[boundary]:
                least[boundary] = lifted[arc]
    return least


def _drop_beyond_ceiling(network: LevelNetwork, node: Node) -> None:
    """Drop arcs whose deficit, or a floor they cross, exceeds a ceiling they cross."""
    tail, head = network.arc_tail[node.arcs], network.arc_head[node.arcs]
    lifted = lift_deficits(tail, head, network.deficit_MW[node.arcs], node.floor)
    within = _within_ceiling(tail, head, lifted, node.ceiling, SLACK_MW)
    if not within.all():
        node.arcs = node.arcs[within]


class NodeLabels(Protocol):
    """Costs and labels of a node's arcs, as far as dropping heat pumps needs them."""

    @property
    def tail(self) -> Integers:
        """Lower level of each arc (A,)."""

    @property
    def head(self) -> Integers:
        """Upper level of each arc (A,)."""

    @property
    def cost(self) -> Floats:
        """Cost of each arc (A,)."""

    @property
    def forward(self) -> Floats:
        """Cost up to each level (N, L)."""

    @property
    def backward(self) -> Floats:
        """Cost from each level on (N, L)."""


def pumps_left(
    network: LevelNetwork, pumps: Integers, labels: NodeLabels, keep: Booleans, cutoff: float
) -> tuple[Integers, float]:
    """Drop pumps at levels without arcs, and those that no path below the cutoff can use.

    Parameters
    ----------
    network : LevelNetwork
    pumps : ndarray of int
        Numbers of the alive pumps; prices stay feasible for fewer.
    labels : NodeLabels
    keep : ndarray of bool (A,)
        Arcs that are left.
    cutoff : float

    Returns
    -------
    ndarray of int
        Numbers of the pumps that are left.
    float
        Least cost of a path through both levels of a pump of the second kind, infinite if there is
        none: no design with such a pump costs less. One of the first kind is in no design but those
        whose arcs were dropped before.
    """
    source, sink = network.pump_source[pumps], network.pump_sink[pumps]
    tail, head = labels.tail[keep], labels.head[keep]
    is_alive = _touched(network, tail, head)
    usable = is_alive[source] & is_alive[sink]
    if keep.size * int(is_alive.sum()) * labels.forward.shape[0] > MAX_PAIR_WORK:
        return pumps[usable], np.inf
    through = through_pairs(
        head,
        labels.cost[keep],
        first_arcs(tail, network.n_levels),
        labels.forward,
        labels.backward,
        source[usable],
        sink[usable],
    )
    usable[usable] = through < cutoff
    return pumps[usable], float(through[through >= cutoff].min(initial=np.inf))


def _raise_floors(network: LevelNetwork, node: Node, labels: Labels, keep: Booleans) -> bool:
    """Raise floors to the least deficit left, and couple them; whether any rose."""
    tail, head = labels.tail[keep], labels.head[keep]
    least = _least_across(tail, head, labels.lifted[keep], network.n_levels)
    floor = np.maximum(node.floor, np.where(np.isfinite(least), least, -np.inf))
    crossed = always_crossed(node)
    if network.shared_price and crossed.size:
        above = crossed[crossed >= pump_free_from(network, node)]
        if above.size:
            floor = np.maximum(floor, floor[above].max())
            highest = float(node.ceiling[crossed].min())
            node.ceiling[above] = np.minimum(node.ceiling[above], highest)
    rose = bool(np.any(floor > node.floor + SLACK_MW))
    node.floor = floor
    return rose


def pumps_between_levels(network: LevelNetwork, arcs: Integers, pumps: Integers) -> Booleans:
    """Which of the pumps have arcs at both of their levels."""
    is_alive = _touched(network, network.arc_tail[arcs], network.arc_head[arcs])
    return is_alive[network.pump_source[pumps]] & is_alive[network.pump_sink[pumps]]


def _touched(network: LevelNetwork, tail: Integers, head: Integers) -> Booleans:
    """Levels (L,) that are an end of some arc."""
    is_touched = np.zeros(network.n_levels, dtype=np.bool_)
    is_touched[tail] = is_touched[head] = True
    return is_touched


def opened_at(network: LevelNetwork, node: Node, level: int) -> Node:
    """Child with the designs of a node that have a level open."""
    _, passes = arcs_at_level(network, node, level)
    opened = node.child(node.bound)
    opened.arcs = node.arcs[~passes]
    every = np.arange(network.n_levels)
    opened.can_start &= every <= level
    opened.can_end &= every >= level
    return opened


def arcs_at_level(network: LevelNetwork, node: Node, level: int) -> tuple[Booleans, Booleans]:
    """Which alive arcs (A,) end at a level, and which pass it."""
    tail, head = network.arc_tail[node.arcs], network.arc_head[node.arcs]
    return (tail == level) | (head == level), (tail < level) & (level < head)


def always_crossed(node: Node) -> Integers:
    """Boundaries that every path crosses."""
    starts, ends = np.flatnonzero(node.can_start), np.flatnonzero(node.can_end)
    if starts.size == 0 or ends.size == 0:
        return np.empty(0, dtype=np.int64)
    return np.arange(starts[-1], max(starts[-1], ends[0]))


def pump_free_from(network: LevelNetwork, node: Node) -> int:
    """Lowest boundary above which no pump delivers or draws heat.

    Where prices are shared, the coverage of such a boundary is the external heat of the site, and
    no boundary has less coverage than that.
    """
    return int(network.pump_sink[node.pumps].max()) if node.pumps.size else 0
