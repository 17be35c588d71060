r"""Limits of the heat of pumps at each level, from what a better design may cost at most.

In a relaxation heat pumps chain over levels that are hardly open, because nothing says how much
heat a level takes. Ask for the most heat ``Q`` that pumps deliver to a level ``l`` in any design
with ``l`` open that costs less than a cutoff ``z``. For a reward ``t > 0`` per unit of that heat,

.. math:: B(t) \le \min\,(\text{cost} - t\,Q) \quad\Rightarrow\quad Q \le \frac{z - B(t)}{t} \tag{1}

where ``B(t)`` is any lower bound of a design through ``l`` with the costs of the pumps into ``l``
reduced by ``t``: a shortest path at heat prices that are feasible for these costs, from the same
kind of LP as every bound of the search. The same with pumps out of ``l``. A reward is best where
the design found costs just ``z``; a few are tried. Rewards never exceed the costs that they are
taken from, so that all costs stay positive.

The limits hold for every design below the cutoff, at the root and everywhere below; the relaxation
and the heat prices use them (`milpcore.site.path_search.prices`, equation (6)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from milpcore.site.inputs import Floats
from milpcore.site.path_search.bounding import raise_bound
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import (
    Node,
    arcs_at_level,
    feasible_prices,
    label_node,
    opened_at,
    pumps_between_levels,
)
from milpcore.site.path_search.prices import lowest_prices
from milpcore.site.path_search.relaxation import LinearSolver

FIRST_REWARD = 0.1
"""Share of the least cost of the pumps concerned."""
LEAST_REWARD, LARGEST_REWARD = 1e-4, 0.9
STEP = 2.0
"""Factor to the other reward that is tried at each level, larger and smaller in turn."""

USELESS = 100.0
"""Limits above so many times all duties are left out."""


def limit_pumps(
    network: LevelNetwork,
    solver: LinearSolver,
    node: Node,
    *,
    n_levels: int,
    cutoff: float,
    pause: Callable[[], object],
) -> LevelNetwork:
    """Limit the heat of pumps at every level that a node's paths and pumps can use.

    Parameters
    ----------
    network : LevelNetwork
        Its present limits are used, and never raised.
    solver : LinearSolver
    node : Node
        With good prices; not changed.
    n_levels : int
        Largest number of levels.
    cutoff : float
        Only designs that cost less count.
    pause : callable
        Called before each level; may raise to end it.

    Returns
    -------
    LevelNetwork
    """
    most_MW = USELESS * float(network.hot_below_MW[-1] + network.cold_below_MW[-1])
    limits = []
    for known, end, weight in (
        (network.into_limit_MW, network.pump_sink, np.ones(network.pump_cost.size)),
        (network.out_limit_MW, network.pump_source, network.pump_share),
    ):
        limit, share_of_cost = known.copy(), FIRST_REWARD
        for level in np.unique(end[node.pumps]):
            pause()
            opened = _through(network, node, level)
            at_level = opened is not None and end[opened.pumps] == level
            if opened is None or not np.any(at_level):
                limit[level] = 0.0
                continue
            weights = np.where(at_level, weight[opened.pumps], 0.0)
            heat = _Heat(weights, network, solver, opened, n_levels)
            factor = STEP if level % 2 else 1.0 / STEP
            other = min(max(share_of_cost * factor, LEAST_REWARD), LARGEST_REWARD)
            tried = [(heat.limit(cutoff, reward), reward) for reward in (share_of_cost, other)]
            found, share_of_cost = min(tried)
            if found < most_MW:
                limit[level] = min(limit[level], found)
        limits.append(limit)
    return replace(network, into_limit_MW=limits[0], out_limit_MW=limits[1])


def _through(network: LevelNetwork, node: Node, level: int) -> Node | None:
    """Paths of a node that use a level, and the pumps between their levels; None without any."""
    touches, _ = arcs_at_level(network, node, level)
    if not touches.any():
        return None
    opened = opened_at(network, node, level)
    opened.pumps = node.pumps[pumps_between_levels(network, opened.arcs, node.pumps)]
    return opened


@dataclass(frozen=True)
class _Heat:
    """Heat of the pumps at one level of one side.

    Attributes
    ----------
    weight : ndarray
        Of each alive pump: how much of this heat a unit of its own is.
    network, solver, node, n_levels
        Where it flows; all paths of the node use the level.
    """

    weight: Floats
    network: LevelNetwork
    solver: LinearSolver
    node: Node
    n_levels: int

    def limit(self, cutoff: float, share_of_cost: float) -> float:
        """Most heat by (1), with a reward that is a share of the least cost of the pumps."""
        network, pumps, weight = self.network, self.node.pumps, self.weight
        counts = weight > 0.0
        reward = share_of_cost * float((network.pump_cost[pumps][counts] / weight[counts]).min())
        if reward <= 0.0:
            return np.inf
        cost = network.pump_cost.copy()
        cost[pumps] -= reward * weight
        ends = network.pump_source, network.pump_sink, network.pump_share
        lowest = lowest_prices(network.cooling_cost, *ends, cost)
        least = self._least_cost(replace(network, pump_cost=cost, lowest_price=lowest), cutoff)
        return max(0.0, cutoff - least) / reward

    def _least_cost(self, network: LevelNetwork, cutoff: float) -> float:
        """Lower bound of the node's designs at other pump costs, infinite without any."""
        trial = self.node.child(-np.inf)
        trial.bound = -np.inf
        trial.price = feasible_prices(network, trial, self.node.price)
        labels = label_node(network, trial, self.n_levels)
        if not np.isfinite(labels.bound):
            return np.inf
        raise_bound(
            network,
            self.solver,
            trial,
            labels,
            n_levels=self.n_levels,
            cutoff=np.inf,
            tolerance=cutoff - self.node.bound,
        )
        return trial.bound
