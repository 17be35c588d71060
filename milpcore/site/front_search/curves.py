r"""The front of one level set: the lower left border of a polyhedron, vertex by vertex.

With its levels fixed a site is a linear program in heat and pump flows, so all pairs of both
measures that it can reach form a convex polyhedron. Its efficient border begins at the vertex of
least first measure (and then second), ends at that of least second (and then first), and what lies
between is found by bisection: with the weights of the line through two neighbouring vertices
either some vertex lies below the line, or the line is an edge (Aneja, Nair, *Bicriteria
Transportation Problem*, Management Science 25, 1979, doi:10.1287/mnsc.25.1.73).
"""

from __future__ import annotations

import numpy as np

from milpcore.site.front_search.measures import CurveArrays
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.level_set import solve_balances
from preprocess.jit import kernel

MOST_VERTICES = 200
TIE = 1e-11
"""Reduced costs below this share of the largest unit cost are zero."""
EDGE = 1e-11
"""Vertices that lie below a line by less than this share of its height are on it."""


@kernel
def set_curve(
    levels: Integers,
    hot_below: Floats,
    cold_below: Floats,
    first_heat: Floats,
    first_cooling: Floats,
    first_pump: Floats,
    second_heat: Floats,
    second_cooling: Floats,
    second_pump: Floats,
    pump_index: Integers,
    pump_share: Floats,
) -> Floats:
    """Vertices (V, 2) of the front of a level set, by rising first and falling second measure.

    Parameters
    ----------
    levels : ndarray of int (m,)
        Rising.
    hot_below, cold_below : ndarray (L+1,)
        Hot heat and cold duty with kink below a level, MW.
    first_heat, first_cooling, second_heat, second_cooling : ndarray (L,)
        Costs of external heat and cooling.
    first_pump, second_pump : ndarray (K,)
        Costs of heat from a pump.
    pump_index : ndarray of int (L, L)
        Pump by (source, sink), -1 for none.
    pump_share : ndarray (K,)
        Source heat per sink heat.

    Returns
    -------
    ndarray (V, 2)
        Without rows if the levels do not serve every stream.
    """
    n = first_heat.shape[0]
    if hot_below[levels[0]] > 0.0 or cold_below[n] - cold_below[levels[-1] + 1] > 0.0:
        return np.empty((0, 2))
    return _bisected(
        *set_program(
            levels,
            hot_below,
            cold_below,
            first_heat,
            first_cooling,
            first_pump,
            second_heat,
            second_cooling,
            second_pump,
            pump_index,
            pump_share,
        )
    )


@kernel
def set_program(
    levels: Integers,
    hot_below: Floats,
    cold_below: Floats,
    first_heat: Floats,
    first_cooling: Floats,
    first_pump: Floats,
    second_heat: Floats,
    second_cooling: Floats,
    second_pump: Floats,
    pump_index: Integers,
    pump_share: Floats,
) -> tuple[Integers, Floats, Floats, Integers, Floats, Floats]:
    """Linear program of a level set that serves every stream, with a feasible basis.

    The parameters are those of `set_curve`. Returns rows and values (2, C) of the columns and
    their costs (2, C) in both measures, then basis (m,), value (m,) and inverse (m, m) as
    `milpcore.site.path_search.level_set.solve_balances` takes them.
    """
    m = levels.shape[0]
    n = first_heat.shape[0]
    n_columns = 3 * m + m * (m - 1) // 2
    rows = np.full((2, n_columns), -1, dtype=np.int64)
    values = np.zeros((2, n_columns))
    costs = np.zeros((2, n_columns))
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
        rows[0, used], values[0, used] = a, 1.0
        rows[0, used + 1], values[0, used + 1] = a, -1.0
        costs[0, used], costs[1, used] = first_heat[level], second_heat[level]
        costs[0, used + 1], costs[1, used + 1] = first_cooling[level], second_cooling[level]
        basis[a] = used if demand >= 0.0 else used + 1
        value[a] = abs(demand)
        inverse[a, a] = 1.0 if demand >= 0.0 else -1.0
        used += 2
    for a in range(1, m):
        rows[0, used], values[0, used] = a - 1, 1.0
        rows[1, used], values[1, used] = a, -1.0
        used += 1
        for b in range(a):
            pump = pump_index[levels[b], levels[a]]
            if pump >= 0:
                rows[0, used], values[0, used] = a, 1.0
                rows[1, used], values[1, used] = b, -pump_share[pump]
                costs[0, used], costs[1, used] = first_pump[pump], second_pump[pump]
                used += 1
    return (
        rows[:, :used].copy(),
        values[:, :used].copy(),
        costs[:, :used].copy(),
        basis,
        value,
        inverse,
    )


@kernel
def _bisected(
    rows: Integers,
    values: Floats,
    costs: Floats,
    basis: Integers,
    value: Floats,
    inverse: Floats,
) -> Floats:
    """Vertices of the front (V, 2) of the program with these columns, from a feasible basis."""
    m = basis.shape[0]
    allowed = np.ones(rows.shape[1], dtype=np.bool_)
    price = np.empty(m)
    points = np.empty((MOST_VERTICES, 2))
    for end in range(2):
        for step in range(2):
            cost = costs[end if step == 0 else 1 - end]
            solve_balances(
                rows[0], rows[1], values[0], values[1], cost, allowed, basis, value, inverse, price
            )
            if step == 0:
                _keep_equal(rows, values, cost, price, allowed)
        allowed[:] = True
        points[end, 0] = total_of(costs[0], basis, value)
        points[end, 1] = total_of(costs[1], basis, value)
    wide = points[1, 0] - points[0, 0]
    high = points[0, 1] - points[1, 1]
    if wide <= EDGE * abs(points[1, 0]) or high <= EDGE * abs(points[0, 1]):
        better = 0 if high <= EDGE * abs(points[0, 1]) else 1
        return points[better : better + 1].copy()
    following = np.full(MOST_VERTICES, -1, dtype=np.int64)
    following[0] = 1
    count = 2
    left = 0
    while following[left] >= 0:
        right = following[left]
        weight = points[left, 1] - points[right, 1]
        other = points[right, 0] - points[left, 0]
        cost = weight * costs[0] + other * costs[1]
        largest = cost.max()
        if count == MOST_VERTICES or largest <= 0.0:
            left = right
            continue
        solve_balances(
            rows[0],
            rows[1],
            values[0],
            values[1],
            cost / largest,
            allowed,
            basis,
            value,
            inverse,
            price,
        )
        here_first, here_second = total_of(costs[0], basis, value), total_of(costs[1], basis, value)
        line = weight * points[left, 0] + other * points[left, 1]
        depth = line - weight * here_first - other * here_second
        inside = points[left, 0] < here_first < points[right, 0]
        if inside and points[right, 1] < here_second < points[left, 1] and depth > EDGE * abs(line):
            points[count, 0], points[count, 1] = here_first, here_second
            following[count], following[left] = right, count
            count += 1
        else:
            left = right
    curve = np.empty((count, 2))
    place = 0
    for row in range(count):
        curve[row] = points[place]
        place = following[place]
    return curve


@kernel
def _keep_equal(
    rows: Integers, values: Floats, cost: Floats, price: Floats, allowed: Booleans
) -> None:
    """Allow only the columns that some optimum may use: those of no reduced cost."""
    limit = TIE * max(cost.max(), 1e-300)
    for column in range(rows.shape[1]):
        reduced = cost[column] - values[0, column] * price[rows[0, column]]
        if rows[1, column] >= 0:
            reduced -= values[1, column] * price[rows[1, column]]
        allowed[column] = reduced <= limit


@kernel
def total_of(cost: Floats, basis: Integers, value: Floats) -> float:
    """Cost of a basic solution in one measure."""
    total = 0.0
    for row in range(basis.shape[0]):
        total += cost[basis[row]] * value[row]
    return total


def curve_of(arrays: CurveArrays, levels: Integers) -> Floats:
    """Vertices (V, 2) of the front of a level set, see `set_curve`."""
    return np.asarray(set_curve(levels, *arrays))
