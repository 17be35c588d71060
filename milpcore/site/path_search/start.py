"""Where a search begins: a level set, and heat prices.

With all candidates open the site costs the least that it can cost, and the heat prices of that
design are feasible whatever the number of levels: they screen the local search, and for many levels
the cheapest path at these prices is close to the best design.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.incumbents import first_level_set, level_set_cost, local_search
from milpcore.site.path_search.labels import trace_path
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import Labels, label_node, root_node

MANY_LEVELS = 20
"""Above this many levels insertion one by one takes long, and the cheapest path is near."""


class Start(NamedTuple):
    """Where a search begins.

    Attributes
    ----------
    levels : ndarray of int
        A level set that serves every stream.
    price : ndarray (L,)
        Heat prices, feasible or not.
    """

    levels: Integers
    price: Floats


def first_guess(network: LevelNetwork, n_levels: int) -> Start:
    """Find a level set by insertion or as the cheapest path, and prices that bound well.

    Parameters
    ----------
    network : LevelNetwork
    n_levels : int
        Largest number of levels.

    Returns
    -------
    Start
    """
    all_open = stepped_prices(network, np.arange(network.n_levels))
    levels = first_level_set(network)
    if n_levels > MANY_LEVELS:
        path = _cheapest_path(_root_labels(network, n_levels, all_open))
        levels = path if path.size else levels
    profile = root_node(network, all_open).price.level
    levels, _ = local_search(network, levels, n_levels, profile)
    stepped = Start(levels, stepped_prices(network, levels))
    return better_start(network, n_levels, Start(levels, all_open), stepped)


def stepped_prices(network: LevelNetwork, levels: Integers) -> Floats:
    """Heat prices (L,) that step as those of the best operation of a level set do."""
    _, price = level_set_cost(network, levels)
    above = np.searchsorted(levels, np.arange(network.n_levels))
    return np.asarray(price[np.clip(above, 0, levels.size - 1)])


def set_prices(network: LevelNetwork, levels: Integers) -> Floats:
    """Feasible heat prices (L,) near those of the best operation of a level set."""
    return root_node(network, stepped_prices(network, levels)).price.level


def better_start(network: LevelNetwork, n_levels: int, first: Start, second: Start) -> Start:
    """Take the cheaper level set of two, and the prices of the higher bound."""
    starts = (first, second)
    costs = [level_set_cost(network, start.levels)[0] for start in starts]
    bounds = [_root_labels(network, n_levels, start.price).bound for start in starts]
    return Start(starts[int(np.argmin(costs))].levels, starts[int(np.argmax(bounds))].price)


def _root_labels(network: LevelNetwork, n_levels: int, price: Floats) -> Labels:
    return label_node(network, root_node(network, price), n_levels)


def _cheapest_path(labels: Labels) -> Integers:
    return trace_path(
        labels.head, labels.cost, labels.first_arc, labels.start_cost, labels.backward
    )
