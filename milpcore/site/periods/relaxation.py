r"""The linear relaxation of a node over all periods, on the arcs and pumps that matter (sifting).

Columns: flow ``u`` of an arc, start ``s`` and end ``e`` of the path at a level, size ``z`` of a
pump; in every period ``t`` cascade ``R`` between neighbouring alive levels, pump heat ``q``,
external heat ``E`` and cooling ``W`` at the alive levels where they are cheaper than at all above
and below (at one price: the highest and the lowest). Rows, with deficits ``d`` and pump source
shares ``r``, for every alive level

.. math::

   d^t_{total}\, s + \sum_{in} d^t u + R^t_{below} - \sum_{out} d^t u - R^t_{above}
     &= E^t - W^t + \sum_{in} q^t - \sum_{out} r q^t \quad \forall t \tag{1} \\
   s + \sum_{in} u &= \sum_{out} u + e  \tag{2}

for every pump in the program :math:`q^t \le z` in every period (3), one start (4), at most N - 1
arcs (5). The left side of (1) is the coverage below less that above the level, as in
`milpcore.site.path_search.relaxation`; the heat prices are the duals of (1) with their sign
changed, and those of (3) split the investment.

Size: P (m + K') + m + 2 rows for m alive levels and K' pumps. Few of some thousand pumps and ten
thousand arcs matter: an LP of 12 periods on 156 levels has some 4,000 rows.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem, Status, solve_lp
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.bounding import best_at_levels, lowest_below
from milpcore.site.path_search.relaxation import cheaper_than_above, cheaper_than_below
from milpcore.site.periods.network import PeriodNetwork, feasible_prices
from milpcore.site.periods.node import PeriodLabels, PeriodNode, label_node

FIRST_ARCS, FIRST_PUMPS = 500, 60
MORE_ARCS, MORE_PUMPS = 300, 60
MAX_ROUNDS = 10
CLOSE = 0.05
"""A bound this close to the LP's optimum, as a share of the gap asked for, is good enough."""


class RaisedBound(NamedTuple):
    """Outcome of `raise_bound`.

    Attributes
    ----------
    labels : PeriodLabels
        At the node's new prices.
    flow : ndarray (A,)
        Of the alive arcs in the last LP, zeros if none was solved.
    n_programs : int
        LPs solved.
    """

    labels: PeriodLabels
    flow: Floats
    n_programs: int


def raise_bound(
    network: PeriodNetwork,
    node: PeriodNode,
    labels: PeriodLabels,
    *,
    n_levels: int,
    cutoff: float,
    tolerance: float,
    deadline_s: float = math.inf,
) -> RaisedBound:
    """Find better prices for a node, which is changed in place.

    Parameters
    ----------
    network : PeriodNetwork
    node : PeriodNode
        Gets the best prices found and their bound.
    labels : PeriodLabels
        Of the node at its present prices.
    n_levels : int
        Largest number of levels.
    cutoff : float
        A bound that closes the node.
    tolerance : float
        Gap asked for, in units of cost.
    deadline_s : float
        Value of `time.perf_counter` at which an LP is given up.
    """
    best_price, best = node.price, labels
    flow = np.zeros(node.arcs.size)
    arcs, pumps = _first_columns(network, node, labels)
    n_programs = 0
    while n_programs < MAX_ROUNDS:
        n_programs += 1
        solved = _solve(network, node, labels, arcs, pumps, n_levels, deadline_s)
        if solved is None:
            break
        objective, price, of_arcs = solved
        flow[:] = 0.0
        flow[arcs] = of_arcs
        node.price = feasible_prices(network, price, node.pumps)
        present = label_node(network, node, n_levels)
        if present.bound > best.bound:
            best_price, best = node.price, present
        if best.bound >= min(cutoff, objective - CLOSE * tolerance):
            break
        limit = objective - 1e-9 * max(1.0, abs(objective))
        through = present.through()
        through[arcs] = np.inf
        slack = _pump_slack(network, node, price)
        slack[pumps] = np.inf
        more_arcs = lowest_below(through, limit, MORE_ARCS)
        more_arcs |= best_at_levels(present.tail, present.head, through, limit, network.n_levels)
        more_pumps = lowest_below(slack, -1e-9, MORE_PUMPS)
        if not (more_arcs.any() or more_pumps.any()):
            break
        arcs, pumps = arcs | more_arcs, pumps | more_pumps
    node.price = best_price
    node.bound = max(node.bound, best.bound)
    return RaisedBound(best, flow, n_programs)


def _solve(
    network: PeriodNetwork,
    node: PeriodNode,
    labels: PeriodLabels,
    arcs: Booleans,
    pumps: Booleans,
    n_levels: int,
    deadline_s: float,
) -> tuple[float, Floats, Floats] | None:
    """Optimum, heat prices (P, L) and flows of the chosen arcs; None if not found."""
    levels = np.unique(np.concatenate([labels.tail, labels.head, _lonely(node)]))
    if levels.size == 0:
        return None
    problem = build_relaxation(
        network,
        node,
        levels,
        node.arcs[arcs],
        node.pumps[pumps],
        n_levels,
    )
    left_s = None if deadline_s == math.inf else max(0.0, deadline_s - time.perf_counter())
    solution = solve_lp(problem, method="highs-ipm", time_limit_s=left_s)
    if solution.status is not Status.OPTIMAL:
        return None
    below = np.searchsorted(levels, np.arange(network.n_levels), side="right") - 1
    price = -np.asarray(solution.row_duals["coverage_balance"])
    chosen = price[:, np.clip(below, 0, levels.size - 1)]
    return solution.objective, chosen, np.asarray(solution.values["arc"])


def _lonely(node: PeriodNode) -> Integers:
    """Levels at which a path may both start and end."""
    return np.flatnonzero(node.can_start & node.can_end)


def build_relaxation(
    network: PeriodNetwork,
    node: PeriodNode,
    levels: Integers,
    arcs: Integers,
    pumps: Integers,
    n_levels: int,
) -> Problem:
    """Assemble rows (1) to (5) on some arcs and pumps of a node.

    Parameters
    ----------
    network : PeriodNetwork
    node : PeriodNode
        Its starts and ends are used.
    levels : ndarray of int (m,)
        All levels that the node's paths touch, rising.
    arcs, pumps : ndarray of int
        Numbers of the arcs and pumps to use.
    n_levels : int
        Largest number of levels.
    """
    base, n, m = network.base, network.n_periods, levels.size
    row = np.full(network.n_levels, -1, dtype=np.int64)
    row[levels] = np.arange(m)
    tail, head = row[base.arc_tail[arcs]], row[base.arc_head[arcs]]
    starts, ends = row[levels[node.can_start[levels]]], row[levels[node.can_end[levels]]]
    assembly = Assembly()
    arc = assembly.columns("arc", (arcs.size,))
    start, end = assembly.columns("start", starts.shape), assembly.columns("end", ends.shape)
    cascade = assembly.columns("cascade", (n, m - 1))
    heat = assembly.columns("pump_heat", (n, pumps.size))
    size = assembly.columns("size", (pumps.size,))
    heated = cheaper_than_above(base.external_heat_cost[levels])
    cooled = cheaper_than_below(base.cooling_cost[levels])
    external = assembly.columns("external_heat", (n, heated.size))
    cooling = assembly.columns("cooling", (n, cooled.size))
    balance = assembly.rows("coverage_balance", (n, m), lower=0.0, upper=0.0)  # (1)
    assembly.put(balance[:, head], arc, network.deficit_MW[:, arcs])
    assembly.put(balance[:, tail], arc, -network.deficit_MW[:, arcs])
    assembly.put(balance[:, starts], start, network.total_deficit_MW[:, None])
    assembly.put(balance[:, 1:], cascade, 1.0)
    assembly.put(balance[:, :-1], cascade, -1.0)
    assembly.put(balance[:, row[base.pump_sink[pumps]]], heat, -1.0)
    assembly.put(balance[:, row[base.pump_source[pumps]]], heat, base.pump_share[pumps])
    assembly.put(balance[:, heated], external, -1.0)
    assembly.put(balance[:, cooled], cooling, 1.0)
    path = assembly.rows("path", (m,), lower=0.0, upper=0.0)  # (2)
    assembly.put(path[head], arc, 1.0)
    assembly.put(path[tail], arc, -1.0)
    assembly.put(path[starts], start, 1.0)
    assembly.put(path[ends], end, -1.0)
    within = assembly.rows("within_size", (n, pumps.size), upper=0.0)  # (3)
    assembly.put(within, heat, 1.0)
    assembly.put(within, size, -1.0)
    assembly.put(assembly.rows("path_starts", (), lower=1.0, upper=1.0), start, 1.0)  # (4)
    most = assembly.rows("most_arcs", (), upper=n_levels - 1.0)  # (5)
    assembly.put(most, arc, 1.0)
    assembly.cost(arc, network.level_cost[base.arc_head[arcs]])
    assembly.cost(start, network.level_cost[levels[starts]])
    assembly.cost(heat, network.costs.operation[:, pumps])
    assembly.cost(size, network.costs.size[pumps])
    assembly.cost(external, network.costs.external_heat[:, levels[heated]])
    assembly.cost(cooling, network.costs.cooling[:, levels[cooled]])
    return assembly.problem()


def _first_columns(
    network: PeriodNetwork, node: PeriodNode, labels: PeriodLabels
) -> tuple[Booleans, Booleans]:
    """Arcs of the cheapest paths, and pumps with the least slack."""
    through = labels.through()
    arcs = lowest_below(through, np.inf, FIRST_ARCS)
    arcs |= best_at_levels(labels.tail, labels.head, through, np.inf, network.n_levels)
    slack = _pump_slack(network, node, node.price.level)
    return arcs, lowest_below(slack, np.inf, FIRST_PUMPS)


def _pump_slack(network: PeriodNetwork, node: PeriodNode, level_price: Floats) -> Floats:
    """Reduced cost of the alive pumps' sizes with the best use in every period."""
    base, pumps = network.base, node.pumps
    drawn = base.pump_share[pumps] * level_price[:, base.pump_source[pumps]]
    gain = level_price[:, base.pump_sink[pumps]] - network.costs.operation[:, pumps] - drawn
    return np.asarray(network.costs.size[pumps] - np.maximum(gain, 0.0).sum(axis=0))
