r"""Heat prices: dual feasible by our own arithmetic, and the arc costs they imply.

Heat prices ``p_l`` (per MW) are feasible for a set of levels and pumps if

- ``-cooling_l <= p_l <= external_heat_l``  (1)
- ``p_i <= p_j`` for ``i < j``, since heat cascades down for nothing  (2)
- ``p_j <= cost_k + share_k p_i`` for every pump ``k = (i -> j)``  (3)

Then, for every path and every operation of it, with coverage ``c >= d`` on each arc,

.. math::

   \text{cost} \ge \sum_l p_l\,(c_{\text{below } l} - c_{\text{above } l})
   \ge p_{low}\, d_{total} + \sum_{(i,j)} d'_{ij}\,(p_j - p_i) \tag{4}

with ``d' >= d`` any proven lower bound on the coverage of the arc. The right side is a path
length, so the cheapest path bounds every design from below.

Where pumps deliver at most ``I_l`` to an open level and draw at most ``O_l`` from it, and nothing
where it is closed, heat prices may break (3) for a charge ``m, n >= 0`` on that heat:

- ``p_j <= cost_k + share_k p_i + m_j + share_k n_i`` for every pump ``k = (i -> j)``  (5)

and (4) holds with a credit for every level of the path:

.. math::

   \text{cost} \ge p_{low}\, d_{total} + \sum_{(i,j)} d'_{ij}\,(p_j - p_i)
   - \sum_{l\,\mathrm{open}} (I_l\, m_l + O_l\, n_l) \tag{6}
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers
from preprocess.jit import kernel

MAX_SWEEPS = 200


class HeatPrices(NamedTuple):
    """Dual prices of a node.

    Attributes
    ----------
    level : ndarray (L,)
        Of heat, per MW.
    into, out : ndarray (L,)
        Charges on the heat that pumps deliver to a level and draw from it, per MW, not negative.
    """

    level: Floats
    into: Floats
    out: Floats


def without_charges(level: Floats) -> HeatPrices:
    """Heat prices (L,) without charges."""
    none = np.zeros(level.shape[0])
    return HeatPrices(level, none, none)


@kernel
def lift_deficits(tail: Integers, head: Integers, deficit: Floats, floor: Floats) -> Floats:
    """Deficit of each arc (A,), lifted to the largest floor of a boundary it crosses."""
    lifted = np.empty(tail.shape[0])
    level = -1
    reached = -1
    highest = -np.inf
    for arc in range(tail.shape[0]):
        if tail[arc] != level:
            level = tail[arc]
            reached = level
            highest = -np.inf
        while reached < head[arc]:
            highest = max(highest, floor[reached])
            reached += 1
        lifted[arc] = max(deficit[arc], highest)
    return lifted


@kernel
def lowest_prices(
    cooling: Floats,
    source: Integers,
    sink: Integers,
    share: Floats,
    cost: Floats,
) -> Floats:
    """Least prices (L,) that satisfy (1) to (3) from below."""
    n = cooling.shape[0]
    price = -cooling
    for _ in range(MAX_SWEEPS):
        changed = False
        for level in range(1, n):
            if price[level] < price[level - 1]:
                price[level] = price[level - 1]
                changed = True
        for pump in range(source.shape[0]):
            needed = (price[sink[pump]] - cost[pump]) / share[pump]
            if share[pump] > 1e-9 and price[source[pump]] < needed:
                price[source[pump]] = needed
                changed = True
        if not changed:
            break
    return price


@kernel
def repair_prices(
    wanted: Floats,
    lowest: Floats,
    external_heat: Floats,
    source: Integers,
    sink: Integers,
    share: Floats,
    cost: Floats,
) -> Floats:
    """Largest feasible prices (L,) below the wanted ones (but not below the lowest).

    Every step only lowers a price to a limit that (1) to (3) impose, so the sweeps converge to
    the largest feasible prices; where they do not settle, the lowest prices are returned.
    """
    n = wanted.shape[0]
    price = np.minimum(np.maximum(wanted, lowest), external_heat)
    for _ in range(MAX_SWEEPS):
        changed = False
        for pump in range(source.shape[0]):
            limit = cost[pump] + share[pump] * price[source[pump]]
            if price[sink[pump]] > limit:
                price[sink[pump]] = limit
                changed = True
        for level in range(n - 2, -1, -1):
            if price[level] > price[level + 1]:
                price[level] = price[level + 1]
                changed = True
        if not changed:
            return price
    return lowest.copy()


@kernel
def arc_costs(tail: Integers, head: Integers, lifted: Floats, price: Floats) -> Floats:
    """Cost of each arc (A,) in equation (4)."""
    cost = np.empty(tail.shape[0])
    for arc in range(tail.shape[0]):
        cost[arc] = lifted[arc] * (price[head[arc]] - price[tail[arc]])
    return cost
