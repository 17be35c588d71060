"""The exact cost of one set of open levels: a primal simplex on as many rows as levels.

Balance of the m-th open level, ``E - W + R_up - R_down + sum in q - sum out share q = D`` with
``D`` the cold duty less the hot heat of the streams nearest to it. External heat (``D > 0``) or
cooling is a feasible start; the basis inverse is dense, the columns are enumerated.
"""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from preprocess.jit import kernel

DANTZIG_PIVOTS = 300
MAX_PIVOTS = 5000
TOLERANCE = 1e-11


@kernel
def solve_balances(
    first: Integers,
    second: Integers,
    first_value: Floats,
    second_value: Floats,
    cost: Floats,
    allowed: Booleans,
    basis: Integers,
    value: Floats,
    inverse: Floats,
    price: Floats,
) -> None:
    """Minimise cost over the columns allowed, from a feasible basis, by primal simplex.

    Parameters
    ----------
    first, second : ndarray of int (C,)
        Rows of each column; `second` is -1 where there is one only.
    first_value, second_value, cost : ndarray (C,)
    allowed : ndarray of bool (C,)
        Columns that may enter the basis; as many as are in use.
    basis : ndarray of int (m,), changed
    value : ndarray (m,), changed
        Of the basic columns.
    inverse : ndarray (m, m), changed
        Inverse of the basis.
    price : ndarray (m,), written
        Dual of each row.
    """
    m = basis.shape[0]
    used = allowed.shape[0]
    direction = np.empty(m)
    for pivot in range(MAX_PIVOTS):
        for a in range(m):
            price[a] = 0.0
        for row in range(m):
            weight = cost[basis[row]]
            if weight != 0.0:
                for a in range(m):
                    price[a] += weight * inverse[row, a]
        entering = -1
        steepest = -TOLERANCE
        for column in range(used):
            if not allowed[column]:
                continue
            reduced = cost[column] - first_value[column] * price[first[column]]
            if second[column] >= 0:
                reduced -= second_value[column] * price[second[column]]
            if reduced < steepest:
                entering = column
                if pivot >= DANTZIG_PIVOTS:
                    break
                steepest = reduced
        if entering < 0:
            break
        for row in range(m):
            direction[row] = first_value[entering] * inverse[row, first[entering]]
            if second[entering] >= 0:
                direction[row] += second_value[entering] * inverse[row, second[entering]]
        leaving = -1
        step = np.inf
        for row in range(m):
            if direction[row] > TOLERANCE:
                ratio = value[row] / direction[row]
                if ratio < step - 1e-14 or (
                    ratio <= step + 1e-14 and leaving >= 0 and basis[row] < basis[leaving]
                ):
                    step, leaving = ratio, row
        if leaving < 0:
            break  # no cost is negative, so this is rounding: the point at hand is optimal
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


@kernel
def level_set_prices(
    levels: Integers,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
    price: Floats,
) -> float:
    """Cost of a rising set of levels, infinite if it does not serve every stream.

    Parameters
    ----------
    levels : ndarray of int (m,)
        The open levels, rising.
    hot_below, cold_below : ndarray (L+1,)
        Hot heat and cold duty with kink below a level, MW.
    external_heat, cooling : ndarray (L,)
        Cost per MW.
    pump_index : ndarray of int (L, L)
        Pump by (source, sink), -1 for none.
    pump_share, pump_cost : ndarray (K,)
        Source heat per sink heat, cost per MW of sink heat.
    price : ndarray (m,), written
        Heat price of each open level at the optimum.
    """
    m = levels.shape[0]
    n = external_heat.shape[0]
    if hot_below[levels[0]] > 0.0 or cold_below[n] - cold_below[levels[m - 1] + 1] > 0.0:
        return np.inf
    n_columns = 3 * m + m * (m - 1) // 2
    first = np.empty(n_columns, dtype=np.int64)
    second = np.full(n_columns, -1, dtype=np.int64)
    first_value = np.empty(n_columns)
    second_value = np.zeros(n_columns)
    cost = np.zeros(n_columns)
    basis = np.empty(m, dtype=np.int64)
    value = np.empty(m)
    inverse = np.zeros((m, m))
    used = 0
    for a in range(m):
        level = levels[a]
        below = -1 if a == 0 else levels[a - 1]
        above = n if a == m - 1 else levels[a + 1]
        demand = (cold_below[level + 1] - cold_below[below + 1]) - (
            hot_below[above] - hot_below[level]
        )
        first[used], first_value[used], cost[used] = a, 1.0, external_heat[level]
        first[used + 1], first_value[used + 1], cost[used + 1] = a, -1.0, cooling[level]
        basis[a] = used if demand >= 0.0 else used + 1
        value[a] = abs(demand)
        inverse[a, a] = 1.0 if demand >= 0.0 else -1.0
        used += 2
    for a in range(1, m):
        first[used], first_value[used] = a - 1, 1.0
        second[used], second_value[used] = a, -1.0
        used += 1
        for b in range(a):
            pump = pump_index[levels[b], levels[a]]
            if pump >= 0:
                first[used], first_value[used] = a, 1.0
                second[used], second_value[used] = b, -pump_share[pump]
                cost[used] = pump_cost[pump]
                used += 1
    allowed = np.ones(used, dtype=np.bool_)
    solve_balances(
        first, second, first_value, second_value, cost, allowed, basis, value, inverse, price
    )
    total = 0.0
    for row in range(m):
        total += cost[basis[row]] * value[row]
    return total
