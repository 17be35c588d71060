r"""Arcs and heat pumps that a design no dearer than a known one can still use (reduced costs).

Idea: `milpcore.site.path_search.prices` gives, for feasible heat prices, a lower bound on the cost
of every design as the length of its path. With forward labels ``F``, backward labels ``B`` and
arc costs ``w``, every path through the arc ``a = (i, j)`` in layer ``k`` (``i`` is the k-th open
level, from 0) with at most ``N`` levels costs at least

.. math:: F_{k,i} + w_a + B_{N-2-k,\,j} \tag{1}

in plain text: cheapest way of exactly k + 1 levels to i, the arc, cheapest way on with at most
N - 2 - k further levels. If that exceeds the cost of a known design, no design at least as good
uses the arc in that layer, and the arc can be left out of any formulation without a change of the
optimum. The same with (1) over all layers for an arc as such, over pairs of levels for pumps, and
over starts and ends. The prices are those of the root of the exact search.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.faults import Fault, InputError
from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.bounding import raise_bound
from milpcore.site.path_search.incumbents import first_level_set, local_search
from milpcore.site.path_search.labels import backward_labels
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.node import Labels, Node, reduce_node, root_node
from milpcore.site.path_search.solvers import default_solver
from milpcore.site.path_search.start import stepped_prices

MARGIN = 1e-6
"""A known design's own arcs survive by this share of its cost."""
ROUNDS = 3
WORTHWHILE = 0.9
"""Another linear program is worth its time if less than this share of the arcs is left."""


class Survivors(NamedTuple):
    """What is left of the level network; ``A`` arcs between levels.

    Attributes
    ----------
    tail, head : ndarray of int (A,)
        Levels of each arc, sorted by tail, then head.
    in_layer : ndarray of bool (N-1, A)
        Whether an arc may lead from the k-th open level to the next.
    can_start : ndarray of bool (L,)
        Levels that may be the lowest open one.
    can_end : ndarray of bool (N, L)
        Levels that may be the highest open one and the k-th.
    pumps : ndarray of int (K',)
        Numbers of the heat pump pairs, rising.
    """

    tail: Integers
    head: Integers
    in_layer: Booleans
    can_start: Booleans
    can_end: Booleans
    pumps: Integers


def survivors(inputs: SiteInputs, n_levels: int, upper_bound: float | None = None) -> Survivors:
    """List what a design at least as good as `upper_bound` can use.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    n_levels : int
        Largest number of levels.
    upper_bound : float, optional
        Objective of a known design (`Outcome.objective`), EUR/a or t/a; everything that some path
        can use if not given.

    Returns
    -------
    Survivors

    Raises
    ------
    InputError
        If `upper_bound` is found to be below the cost of every design.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> inputs = site.prepare(milpcore.load_case("site_400"))
    >>> len(survivors(inputs, 6).tail), len(survivors(inputs, 6, 135_934_381.0).tail) < 200
    (12090, True)
    """
    network = level_network(inputs)
    n_levels = min(n_levels, network.n_levels)
    start = np.where(network.can_start, 0.0, np.inf)
    if upper_bound is None:
        arcs, pumps = np.arange(network.arc_tail.size), np.arange(inputs.n_pairs)
        return _by_layer(network, arcs, np.zeros(arcs.size), start, np.inf, n_levels, pumps)
    cutoff = upper_bound * (1.0 + MARGIN) / (KW_PER_MW * inputs.cost_scale)
    cutoff += MARGIN * float(network.hot_below_MW[-1] + network.cold_below_MW[-1]) * 1e-3
    node, labels = _reduced_root(network, n_levels, cutoff)
    return _by_layer(
        network, node.arcs, labels.cost, labels.start_cost, cutoff, n_levels, node.pumps
    )


def good_design(inputs: SiteInputs, n_levels: int) -> float:
    """Objective of a design that a local search finds, EUR/a or t/a; inf if there is none.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    n_levels : int
        Largest number of levels.
    """
    network = level_network(inputs)
    levels = first_level_set(network)
    if levels.size > n_levels:
        return np.inf
    _, cost = local_search(network, levels, n_levels, network.lowest_price)
    return cost * KW_PER_MW * inputs.cost_scale


def _reduced_root(network: LevelNetwork, n_levels: int, cutoff: float) -> tuple[Node, Labels]:
    """Root of the exact search with its best prices, reduced by the cutoff."""
    solver = default_solver()
    node = root_node(network, _first_prices(network, n_levels))
    labels = _reduced(network, node, n_levels, cutoff)
    for _ in range(ROUNDS):
        before = node.arcs.size
        raise_bound(
            network,
            solver,
            node,
            labels,
            n_levels=n_levels,
            cutoff=np.inf,
            tolerance=1e-6 * abs(cutoff),
        )
        labels = _reduced(network, node, n_levels, cutoff)
        if node.arcs.size > WORTHWHILE * before:
            break
    return node, labels


def _reduced(network: LevelNetwork, node: Node, n_levels: int, cutoff: float) -> Labels:
    """Reduce a node, which a known design below the cutoff keeps from being empty."""
    labels, _ = reduce_node(network, node, n_levels, cutoff)
    if labels is None:
        rule = "is below the cost of every design"
        remedy = "give the objective of a design, or none"
        raise InputError("survivors", (Fault("", "upper_bound", "", rule, remedy),))
    return labels


def _first_prices(network: LevelNetwork, n_levels: int) -> Floats:
    """Heat prices (L,) that step as those of a good level set do."""
    levels, _ = local_search(network, first_level_set(network), n_levels, network.lowest_price)
    return stepped_prices(network, levels)


def _by_layer(
    network: LevelNetwork,
    arcs: Integers,
    cost: Floats,
    start_cost: Floats,
    cutoff: float,
    n_levels: int,
    pumps: Integers,
) -> Survivors:
    """Bound (1) for every arc and layer."""
    tail, head = network.arc_tail[arcs], network.arc_head[arcs]
    forward = np.full((n_levels, network.n_levels), np.inf)
    forward[0] = start_cost
    for layer in range(n_levels - 1):
        np.minimum.at(forward[layer + 1], head, forward[layer, tail] + cost)
    backward = backward_labels(tail, head, cost, network.can_end, n_levels)
    through = forward[:-1, tail] + cost + backward[n_levels - 2 :: -1][: n_levels - 1, head]
    in_layer = through < cutoff
    alive = in_layer.any(axis=0)
    return Survivors(
        tail=tail[alive],
        head=head[alive],
        in_layer=in_layer[:, alive],
        can_start=start_cost + backward[-1] < cutoff,
        can_end=(forward < cutoff) & network.can_end,
        pumps=pumps,
    )
