"""The linear programs of fixed levels, case by case: columns, a basis to start from, the simplex.

Columns: external heat and cooling of every level in turn, then for each level but the lowest the
heat that falls from it to the next one below, followed by the heat pumps that deliver to it,
possible or not, so that a column means the same in every case.
"""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.level_set import solve_balances
from preprocess.jit import kernel

NOTHING = 1e-9
"""Heat below this share of all duties is none."""
GOLDEN = 0.6180339887498949
"""Multiples of it, less their whole part, are numbers without relation to each other."""
TIE = 1e-11
"""Reduced costs below this share of the largest cost are zero."""


@kernel
def operate_all(
    supply: Floats,
    unit_costs: Floats,
    cop: Floats,
    start: Integers,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Integers]:
    """Find the best operation of every case.

    Parameters
    ----------
    supply : ndarray (C, L)
        Hot heat less cold duty, as a share of all duties.
    unit_costs : ndarray (K, C, 4)
        Of external heat, cooling, electricity and pump sink heat; each of the K measures decides
        between equals of those before it. What is left is decided by numbers that have nothing to
        do with each other, so that chance never is.
    cop : ndarray (C, L, L)
        By source and sink, 0 for none.
    start : ndarray of int (C, L)
        Bases to start from, -1 for none.

    Returns
    -------
    external_heat, cooling, cascade : ndarray (C, L)
        Shares of all duties; the cascade arrives from the level above.
    pump_heat : ndarray (C, L, L)
        At the sink, by source and sink.
    price : ndarray (C, L)
        Of heat in the first measure.
    basis : ndarray of int (C, L)
    """
    n_cases, m = supply.shape
    n_columns = 3 * m - 1 + m * (m - 1) // 2
    external, cooling, cascade, prices = (
        np.zeros((n_cases, m)),
        np.zeros((n_cases, m)),
        np.zeros((n_cases, m)),
        np.zeros((n_cases, m)),
    )
    pump = np.zeros((n_cases, m, m))
    bases = np.full((n_cases, m), -1, dtype=np.int64)
    first, second = np.empty(n_columns, dtype=np.int64), np.empty(n_columns, dtype=np.int64)
    first_value, second_value = np.empty(n_columns), np.empty(n_columns)
    cost, dual = np.empty(n_columns), np.empty(m)
    power = np.zeros(n_columns)  # electricity of a unit of sink heat
    allowed = np.empty(n_columns, dtype=np.bool_)
    for case in range(n_cases):
        allowed[:] = True
        used = 2 * m
        for a in range(m):
            for side in range(2):
                column = 2 * a + side
                first[column], second[column] = a, -1
                first_value[column], second_value[column] = 1.0 - 2.0 * side, 0.0
        for a in range(1, m):  # heat from a to a - 1, then the pumps up to a
            first[used], second[used] = a - 1, a
            first_value[used], second_value[used] = 1.0, -1.0
            used += 1
            for b in range(a):
                allowed[used] = cop[case, b, a] > 0.0
                power[used] = 1.0 / cop[case, b, a] if allowed[used] else 1.0
                first[used], second[used] = a, b
                first_value[used], second_value[used] = 1.0, power[used] - 1.0
                used += 1
        basis, value, inverse = bases[case], np.empty(m), np.zeros((m, m))
        if not _starts(
            start[case],
            supply[case],
            allowed,
            first,
            second,
            first_value,
            second_value,
            basis,
            value,
            inverse,
        ):
            for a in range(m):
                demand = -supply[case, a]
                basis[a] = 2 * a if demand >= 0.0 else 2 * a + 1
                value[a] = abs(demand)
                inverse[a] = 0.0
                inverse[a, a] = 1.0 if demand >= 0.0 else -1.0
        for measure in range(unit_costs.shape[0] + 1):
            by_number = measure == unit_costs.shape[0]
            heat, cold, electricity, sink = unit_costs[0 if by_number else measure, case]
            for column in range(n_columns):
                if by_number:
                    is_pump = column >= 2 * m and first[column] > second[column]
                    cost[column] = 1.0 + (GOLDEN * column) % 1.0 if is_pump else 0.0
                elif column < 2 * m:
                    cost[column] = heat if column % 2 == 0 else cold
                elif first[column] < second[column]:
                    cost[column] = 0.0
                else:
                    cost[column] = electricity * power[column] + sink
            solve_balances(
                first, second, first_value, second_value, cost, allowed, basis, value, inverse, dual
            )
            if measure == 0:
                prices[case] = dual
            for column in range(n_columns):
                reduced = cost[column] - first_value[column] * dual[first[column]]
                if second[column] >= 0:
                    reduced -= second_value[column] * dual[second[column]]
                allowed[column] &= reduced <= TIE
        for row in range(m):
            column = basis[row]
            if value[row] <= NOTHING:
                continue
            if column < 2 * m:
                if column % 2 == 0:
                    external[case, column // 2] = value[row]
                else:
                    cooling[case, column // 2] = value[row]
            elif first[column] < second[column]:
                cascade[case, first[column]] = value[row]
            else:
                pump[case, second[column], first[column]] = value[row]
    return external, cooling, cascade, pump, prices, bases


@kernel
def _starts(
    start: Integers,
    supply: Floats,
    allowed: Booleans,
    first: Integers,
    second: Integers,
    first_value: Floats,
    second_value: Floats,
    basis: Integers,
    value: Floats,
    inverse: Floats,
) -> bool:
    """Set up a given basis; whether it is one, and feasible."""
    m = start.shape[0]
    matrix = np.zeros((m, m))
    for row in range(m):
        column = start[row]
        if column < 0 or column >= allowed.shape[0] or not allowed[column]:
            return False
        matrix[first[column], row] = first_value[column]
        if second[column] >= 0:
            matrix[second[column], row] = second_value[column]
    if abs(np.linalg.det(matrix)) < 1e-9:
        return False
    inverse[:] = np.linalg.inv(matrix)
    for row in range(m):
        value[row] = 0.0
        for a in range(m):
            value[row] -= inverse[row, a] * supply[a]
        if value[row] < -1e-12:
            return False
        value[row] = max(0.0, value[row])
        basis[row] = start[row]
    return True
