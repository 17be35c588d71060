r"""Least cost of level sets at given heat prices, connections included: a shortest path.

At heat prices ``p_l`` that satisfy (1) to (3) of `milpcore.site.path_search.prices`, every design
with the open levels ``Y`` costs at least

.. math:: \sum_s \min_{l \in Y} c_{sl}, \qquad c_{sl} = k_{sl} \pm Q_s\, p_l \tag{1}

with ``k`` the cost of the connection, ``+`` for cold and ``-`` for hot streams, and ``c`` infinite
where the level cannot serve the stream: a cold stream pays for its heat, a hot one earns, and
external heat, cooling, cascade and heat pumps earn nothing at such prices.

Which of all open levels is the cheapest for a stream depends on all of them. Let ``b_s`` be the
cheapest candidate of all, open or not, and

.. math::

   q_{sl} = \min_{m \le l} c_{sm} \;(l \le b_s), \qquad q_{sl} = \min_{m \ge l} c_{sm}
   \;(l \ge b_s) \tag{2}

So ``q <= c``, and ``q`` only rises away from ``b_s`` on either side. Hence over the open levels
``q`` is least at one of the two neighbours of ``b_s``, and with ``i <= b_s < j`` neighbours in
``Y``

.. math:: \sum_s \min_{l \in Y} c_{sl} \ge \sum_s \min(q_{si}, q_{sj}) \tag{3}

Every stream has its neighbours on exactly one arc of the path through ``Y`` (from a source below
the lowest level to a sink above the highest), so that (3) is the length of that path, and the
cheapest path of so many levels bounds all sets. (3) is an equation where every ``c_s`` falls
towards its least value and rises after it, which it does but for kinks of the prices.
"""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from preprocess.jit import kernel


@kernel
def envelopes(cost: Floats) -> tuple[Floats, Integers]:
    """Costs (2) of streams at levels (S, L), and the cheapest level of each stream (S,)."""
    n_streams, n_levels = cost.shape
    least = cost.copy()
    best = np.zeros(n_streams, dtype=np.int64)
    for stream in range(n_streams):
        cheapest = 0
        for level in range(1, n_levels):
            if cost[stream, level] < cost[stream, cheapest]:
                cheapest = level
        best[stream] = cheapest
        for level in range(1, cheapest):
            least[stream, level] = min(least[stream, level - 1], least[stream, level])
        for level in range(n_levels - 2, cheapest, -1):
            least[stream, level] = min(least[stream, level + 1], least[stream, level])
    return least, best


@kernel
def path_costs(least: Floats, best: Integers) -> tuple[Floats, Floats, Floats]:
    """Costs (3) of arcs (L, L), of starting at each level (L,) and of ending there (L,)."""
    n_streams, n_levels = least.shape
    arc = np.zeros((n_levels, n_levels))
    start, end = np.zeros(n_levels), np.zeros(n_levels)
    for stream in range(n_streams):
        cheapest = best[stream]
        for lower in range(cheapest + 1):
            below = least[stream, lower]
            end[lower] += below
            for upper in range(cheapest + 1, n_levels):
                arc[lower, upper] += min(below, least[stream, upper])
        for upper in range(cheapest + 1, n_levels):
            start[upper] += least[stream, upper]
    return arc, start, end


@kernel
def labels(
    arc: Floats, start: Floats, end: Floats, is_alive: Booleans
) -> tuple[Floats, Floats, Integers]:
    """Label the places (N, L): the n-th lowest open level is at a candidate.

    Cost of the cheapest path up to each place, cost from there on, and the levels of the cheapest
    path (N,), the lowest ones of equals; -1 where there is none.
    """
    n_open, n_levels = is_alive.shape
    forward = np.full((n_open, n_levels), np.inf)
    backward = np.full((n_open, n_levels), np.inf)
    for level in range(n_levels):
        if is_alive[0, level]:
            forward[0, level] = start[level]
        if is_alive[n_open - 1, level]:
            backward[n_open - 1, level] = end[level]
    for place in range(1, n_open):
        for upper in range(n_levels):
            if is_alive[place, upper]:
                cheapest = np.inf
                for lower in range(upper):
                    cheapest = min(cheapest, forward[place - 1, lower] + arc[lower, upper])
                forward[place, upper] = cheapest
    for place in range(n_open - 2, -1, -1):
        for lower in range(n_levels):
            if is_alive[place, lower]:
                cheapest = np.inf
                for upper in range(lower + 1, n_levels):
                    cheapest = min(cheapest, arc[lower, upper] + backward[place + 1, upper])
                backward[place, lower] = cheapest
    path = np.full(n_open, -1, dtype=np.int64)
    for place in range(n_open):
        cheapest = np.inf
        before = path[place - 1] if place > 0 else -1
        for level in range(before + 1, n_levels):
            so_far = start[level] if place == 0 else arc[before, level]
            if so_far + backward[place, level] < cheapest:
                cheapest = so_far + backward[place, level]
                path[place] = level
        if path[place] < 0:
            break
    return forward, backward, path
