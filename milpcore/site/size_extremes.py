r"""The least and the most of an amount at limited cost: flows of one level set.

With its levels fixed a site is a linear program ``min c x, A x = b, x >= 0``. How large can an
amount ``a x`` be (the heat of a pump, all electricity) while ``c x <= C``? Minimise
``c x - t a x`` for rising ``t >= 0`` by parametric simplex: at every breakpoint ``t`` the next
column raises the amount at a price of ``t`` each, the cheapest way there is, because the frontier
of cost over amount is convex. The walk ends where the cost reaches ``C`` within an edge, on a ray
(heat can always be bought, pumped and thrown away at some price), or where no column raises the
amount any more. The least amount is the same with ``-a``.
"""

from __future__ import annotations

import numpy as np

from milpcore.site.front_search.curves import set_program, total_of
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.level_set import TOLERANCE, solve_balances
from preprocess.jit import kernel

MOST_PIVOTS = 5000


@kernel
def extreme_amount(
    levels: Integers,
    budget: float,
    sign: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_cost: Floats,
    heat_amount: Floats,
    cooling_amount: Floats,
    pump_amount: Floats,
    pump_index: Integers,
    pump_share: Floats,
) -> float:
    """Most (sign 1) or least (sign -1) of an amount at a cost of at most the budget.

    Parameters
    ----------
    levels : ndarray of int (m,)
        A level set that serves every stream, rising.
    budget : float
        In units of the costs times MW.
    sign : float
        1 for the most, -1 for the least.
    hot_below, cold_below : ndarray (L+1,)
        MW.
    external_heat, cooling, pump_cost : ndarray (L,), (L,), (K,)
        Cost per MW.
    heat_amount, cooling_amount, pump_amount : ndarray (L,), (L,), (K,)
        What a MW counts in the amount.
    pump_index, pump_share : ndarray (L, L), (K,)

    Returns
    -------
    float
        Nan if the level set costs more than the budget; infinite if the amount costs nothing.
    """
    rows, values, costs, basis, value, inverse = set_program(
        levels,
        hot_below,
        cold_below,
        external_heat,
        cooling,
        pump_cost,
        heat_amount,
        cooling_amount,
        pump_amount,
        pump_index,
        pump_share,
    )
    m = basis.shape[0]
    price = np.empty(m)
    allowed: Booleans = np.ones(rows.shape[1], dtype=np.bool_)
    solve_balances(
        rows[0], rows[1], values[0], values[1], costs[0], allowed, basis, value, inverse, price
    )
    amount_price, direction = np.empty(m), np.empty(m)
    if total_of(costs[0], basis, value) > budget:
        return np.nan
    for _ in range(MOST_PIVOTS):
        cost, amount = total_of(costs[0], basis, value), total_of(costs[1], basis, value)
        for a in range(m):
            price[a], amount_price[a] = 0.0, 0.0
            for row in range(m):
                price[a] += costs[0, basis[row]] * inverse[row, a]
                amount_price[a] += costs[1, basis[row]] * inverse[row, a]
        entering, rate, gain, spent = -1, np.inf, 0.0, 0.0
        for column in range(rows.shape[1]):
            own = costs[0, column] - values[0, column] * price[rows[0, column]]
            raised = costs[1, column] - values[0, column] * amount_price[rows[0, column]]
            if rows[1, column] >= 0:
                own -= values[1, column] * price[rows[1, column]]
                raised -= values[1, column] * amount_price[rows[1, column]]
            raised *= sign
            if raised <= TOLERANCE:
                continue
            own = max(own, 0.0)
            if own < rate * raised - TOLERANCE:
                entering, rate, gain, spent = column, own / raised, raised, own
        if entering < 0:
            return amount
        for row in range(m):
            direction[row] = values[0, entering] * inverse[row, rows[0, entering]]
            if rows[1, entering] >= 0:
                direction[row] += values[1, entering] * inverse[row, rows[1, entering]]
        leaving, step = -1, np.inf
        for row in range(m):
            if direction[row] > TOLERANCE:
                ratio = value[row] / direction[row]
                if ratio < step - 1e-14 or (
                    ratio <= step + 1e-14 and leaving >= 0 and basis[row] < basis[leaving]
                ):
                    step, leaving = ratio, row
        if leaving < 0 or cost + spent * step >= budget:
            if spent <= 0.0:
                return sign * np.inf
            return amount + sign * gain * max(budget - cost, 0.0) / spent
        pivot_value = direction[leaving]
        for a in range(m):
            inverse[leaving, a] /= pivot_value
        value[leaving] = step
        for row in range(m):
            if row != leaving and direction[row] != 0.0:
                value[row] = max(0.0, value[row] - step * direction[row])
                for a in range(m):
                    inverse[row, a] -= direction[row] * inverse[leaving, a]
        basis[leaving] = entering
    return np.nan
