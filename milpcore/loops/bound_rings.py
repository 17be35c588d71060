"""The cheapest ring of plants, of all plants and orders at once, for the lower bound.

With more than four plants the bound does not go through the ways of a loop one by one. At prices of
heat a leg of flow F from plant o to plant d costs ``pipe(F) + pump(F) - F G_od``, G its worth per
flow (`milpcore.loops.lower_bound`), whatever else the loop does. So the best ring is the cheapest
one of a complete graph with these costs, found exactly by dynamic programming over sets of plants
(M. Held, R. M. Karp, doi:10.1137/0110015). A ring's cost is concave in F: over a range of flows it
is least at an end.
"""

from __future__ import annotations

import numpy as np

from milpcore.loops.bound_master import FlowBox
from milpcore.loops.cost_laws import pipe_cost_per_a, pump_cost_per_a
from milpcore.loops.inputs import MOST_PLANTS_IN_ALL_ORDERS, Floats, Ints, LoopInputs, Route
from preprocess.jit import kernel

ANY_RING = Route((), ())
"""Stands for all rings in boxes of flows and in the linear program."""


def takes_rings(inputs: LoopInputs) -> bool:
    """Whether the bound is over rings in place of single ways: where not all orders are listed."""
    is_free = inputs.case.parameters.visit_order is None
    return is_free and len(inputs.case.plants) > MOST_PLANTS_IN_ALL_ORDERS


def leg_costs_per_a(inputs: LoopInputs, flow_kW_per_K: float) -> Floats:
    """Cost of pipe and pump from each plant to each other at a flow (P, P), infinite within one."""
    plants, parameters = inputs.case.plants, inputs.case.parameters
    costs = np.full((len(plants), len(plants)), np.inf)
    for one in range(len(plants)):
        for other in range(one):
            length_m = parameters.distance_m(plants[one], plants[other])
            cost = pipe_cost_per_a(flow_kW_per_K, length_m, parameters)
            cost = cost + pump_cost_per_a(flow_kW_per_K, length_m, parameters)
            costs[one, other] = costs[other, one] = float(cost)
    return costs


def ring_of(inputs: LoopInputs, order: tuple[int, ...]) -> Route:
    """Return the route of a ring."""
    plants, parameters = inputs.case.plants, inputs.case.parameters
    after = (*order[1:], order[0])
    pairs = zip(order, after, strict=True)
    return Route(order, tuple(parameters.distance_m(plants[a], plants[b]) for a, b in pairs))


def largest_ring_flow(inputs: LoopInputs, worth_per_a: float) -> float:
    """Flow above which any ring, of two legs at least, costs more than loops are worth."""
    flows = np.geomspace(1.0, 1e7, 200)
    costs = np.array([2.0 * leg_costs_per_a(inputs, float(flow)).min() for flow in flows])
    place = min(int(np.searchsorted(costs, worth_per_a)), flows.size - 1)
    return min(float(flows[place]), inputs.case.parameters.limits.max_flow_kW_per_K)


def ring_box(low: float, high: float) -> FlowBox:
    """Return the box of a range of flows on any ring."""
    nothing = (np.zeros(0),)
    return FlowBox(np.array([low]), np.array([high]), nothing, nothing)


def least_ring(costs: Floats) -> tuple[float, tuple[int, ...]]:
    """Find the cheapest ring of two or more places, each visited once at most.

    Parameters
    ----------
    costs : ndarray of float64, shape (P, P)
        Of going from each place to each other; may be negative. P at most about 12.

    Returns
    -------
    tuple of float and tuple of int
        Its cost, and its places in order.

    Examples
    --------
    >>> least_ring(np.array([[9.0, 1.0, 5.0], [4.0, 9.0, -3.0], [1.0, 2.0, 9.0]]))
    (-1.0, (0, 1, 2))
    """
    cost, order = _least_ring_kernel(np.ascontiguousarray(costs, dtype=np.float64))
    return float(cost), tuple(int(place) for place in order if place >= 0)


@kernel
def _least_ring_kernel(costs: Floats) -> tuple[float, Ints]:
    """Dynamic programs, each over the rings whose first place is the lowest."""
    n = costs.shape[0]
    best = np.inf
    order = np.full(n, -1, dtype=np.int64)
    for first in range(n - 1):
        m = n - first - 1
        way = np.full((1 << m, m), np.inf)
        before = np.full((1 << m, m), -1, dtype=np.int64)
        for v in range(m):
            way[1 << v, v] = costs[first, first + 1 + v]
        for visited in range(1, 1 << m):
            for v in range(m):
                here = way[visited, v]
                if here == np.inf:
                    continue
                if here + costs[first + 1 + v, first] < best:
                    best = here + costs[first + 1 + v, first]
                    order[:] = -1
                    count = 0
                    left, place = visited, v
                    while place >= 0:
                        count += 1
                        left, place = left ^ (1 << place), before[left, place]
                    left, place = visited, v
                    while place >= 0:
                        order[count] = first + 1 + place
                        count -= 1
                        left, place = left ^ (1 << place), before[left, place]
                    order[0] = first
                for u in range(m):
                    if visited >> u & 1:
                        continue
                    onward = here + costs[first + 1 + v, first + 1 + u]
                    if onward < way[visited | (1 << u), u]:
                        way[visited | (1 << u), u] = onward
                        before[visited | (1 << u), u] = v
    return best, order
