"""Listing all paths of a node that no known price profile excludes, if they are few."""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.labels import backward_labels
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import Labels, Node, priced_arcs, start_costs
from preprocess.jit import kernel


def paths_below(
    network: LevelNetwork,
    node: Node,
    labels: Labels,
    n_levels: int,
    cutoff: float,
    *,
    max_paths: int,
    max_steps: int,
) -> Integers | None:
    """Every path of a node that stays below a cutoff at all of its prices and profiles.

    Parameters
    ----------
    network : LevelNetwork
    node : Node
    labels : Labels
        Of the node.
    n_levels : int
        Largest number of levels.
    cutoff : float
    max_paths, max_steps : int
        Where to give up.

    Returns
    -------
    ndarray of int (paths, n_levels) or None
        Levels, padded with -1; None if there are too many.
    """
    prices = (node.price, *node.profiles)
    costs = [
        priced_arcs(network, labels.tail, labels.head, labels.lifted, price) for price in prices
    ]
    backward = [
        backward_labels(labels.tail, labels.head, cost, node.can_end, n_levels) for cost in costs
    ]
    paths, count = list_paths(
        labels.head,
        labels.first_arc,
        node.can_end,
        np.stack([start_costs(network, node, price) for price in prices]),
        np.stack(costs),
        np.stack(backward),
        cutoff,
        max_paths,
        max_steps,
    )
    return None if count < 0 else paths[:count]


@kernel
def list_paths(
    head: Integers,
    first_arc: Integers,
    can_end: Booleans,
    start_cost: Floats,
    cost: Floats,
    backward: Floats,
    cutoff: float,
    max_paths: int,
    max_steps: int,
) -> tuple[Integers, int]:
    """Every path whose length stays below the cutoff under all profiles.

    Parameters
    ----------
    head, first_arc : ndarray of int (A,), (L+1,)
        Arcs sorted by tail.
    start_cost : ndarray (P, L)
    cost : ndarray (P, A)
        Arc costs under each profile.
    backward : ndarray (P, N, L)
        Backward labels under each profile.
    cutoff : float
    max_paths, max_steps : int
        Where to give up.

    Returns
    -------
    paths : ndarray of int (max_paths, N)
        Levels, padded with -1.
    count : int
        Number of paths, -1 if given up.
    """
    n_profiles, n_levels, n = backward.shape
    paths = np.full((max_paths, n_levels), -1, dtype=np.int64)
    count = 0
    length = np.empty((n_levels, n_profiles))
    level = np.empty(n_levels, dtype=np.int64)
    following = np.empty(n_levels, dtype=np.int64)
    steps = 0
    for start in range(n):
        possible = True
        for profile in range(n_profiles):
            length[0, profile] = start_cost[profile, start]
            total = start_cost[profile, start] + backward[profile, n_levels - 1, start]
            possible = possible and total < cutoff
        if not possible:
            continue
        level[0] = start
        following[0] = -1
        depth = 0
        while depth >= 0:
            here = level[depth]
            if following[depth] < 0:
                following[depth] = first_arc[here]
                complete = can_end[here]
                for profile in range(n_profiles):
                    complete = complete and length[depth, profile] < cutoff
                if complete:
                    if count >= max_paths:
                        return paths, -1
                    for a in range(depth + 1):
                        paths[count, a] = level[a]
                    count += 1
            if depth == n_levels - 1 or following[depth] >= first_arc[here + 1]:
                depth -= 1
                continue
            arc = following[depth]
            following[depth] += 1
            steps += 1
            if steps > max_steps:
                return paths, -1
            target = head[arc]
            left = n_levels - 2 - depth
            possible = True
            for profile in range(n_profiles):
                reached = length[depth, profile] + cost[profile, arc]
                length[depth + 1, profile] = reached
                if reached + backward[profile, left, target] >= cutoff:
                    possible = False
                    break
            if possible:
                depth += 1
                level[depth] = target
                following[depth] = -1
    return paths, count
