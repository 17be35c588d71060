"""What `Problem` changes to become another problem: bounds, fixed values, more rows or columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from milpcore.core.arrays import (
    FloatArray,
    IntArray,
    checked_finite,
    checked_numbers,
    checked_positions,
    locate,
)

if TYPE_CHECKING:
    from milpcore.core.problem import Problem

FIXING_TOLERANCE = 1e-6
"""How far a value given to `Problem.fixed` may lie outside a bound or off an integer: solvers
return such values."""


def bounds_of_columns(
    problem: Problem, columns: ArrayLike, lower: ArrayLike, upper: ArrayLike
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return checked positions and their new bounds for `Problem.with_bounds`."""
    positions = checked_positions("with_bounds: columns", columns, problem.n_columns, "columns")
    sides = []
    for side, values in (("lower", lower), ("upper", upper)):
        numbers = checked_numbers(f"with_bounds: {side}", values)
        try:
            sides.append(np.broadcast_to(numbers, positions.shape))
        except ValueError:
            raise ValueError(
                f"with_bounds: {side} has the shape {numbers.shape}, "
                f"which does not broadcast to {positions.shape}"
            ) from None
    low, high = sides
    wrong = ~((low <= high) & (low < math.inf) & (high > -math.inf))
    if wrong.any():
        name = locate(problem.column_blocks, int(positions[wrong][0]))
        raise ValueError(
            f"with_bounds: {name}: there is no number from {low[wrong][0]:g} to {high[wrong][0]:g}"
        )
    return positions, low, high


def values_of_columns(
    problem: Problem, name: str, values: ArrayLike, index: Any
) -> tuple[IntArray, FloatArray]:
    """Return positions and values, moved onto bounds and integers, for `Problem.fixed`."""
    if name not in problem.column_blocks:
        known = ", ".join(problem.column_blocks) or "none"
        raise ValueError(f"fixed: there is no column block {name!r}; known: {known}")
    block = problem.column_blocks[name]
    positions = np.asarray(block if index is None else block[index])
    numbers = checked_numbers("fixed: values", values)
    try:
        given = np.broadcast_to(numbers, positions.shape)
    except ValueError:
        raise ValueError(
            f"fixed: {name} has the shape {positions.shape} here, "
            f"but the values have {numbers.shape}"
        ) from None
    lower, upper = problem.column_lower[positions], problem.column_upper[positions]
    snapped = np.where(problem.integrality[positions] != 0, np.round(given), given)
    snapped = np.clip(snapped, lower, upper)
    wrong = ~(np.abs(snapped - given) <= FIXING_TOLERANCE)
    if wrong.any():
        position = int(positions[wrong][0])
        kind = "an integer" if problem.integrality[position] else "a number"
        raise ValueError(
            f"fixed: {locate(problem.column_blocks, position)} = {given[wrong][0]:g} must be "
            f"{kind} from {problem.column_lower[position]:g} to {problem.column_upper[position]:g}"
        )
    return positions, snapped


def extended(
    problem: Problem,
    axis: Literal["rows", "columns"],
    name: str,
    coefficients: ArrayLike | sparse.sparray,
) -> tuple[sparse.csc_array[np.float64], IntArray]:
    """Return the matrix with more rows or columns, and their positions."""
    is_rows = axis == "rows"
    along, across = (0, 1) if is_rows else (1, 0)
    if name in (problem.row_blocks if is_rows else problem.column_blocks):
        raise ValueError(f"with_{axis}: there is a block {name!r} of {axis} already")
    what = f"with_{axis}: {name}"
    given: Any = coefficients
    if not isinstance(coefficients, sparse.sparray):
        given = checked_numbers(what, coefficients)
    more = sparse.coo_array(given)
    checked_finite(what, more.data)
    is_single = more.ndim == 1
    if is_single:
        more = more.reshape((1, -1) if is_rows else (-1, 1))
    size, length = problem.matrix.shape[along], problem.matrix.shape[across]
    if more.ndim != 2 or more.shape[across] != length:
        other = "columns" if is_rows else "rows"
        raise ValueError(f"{what} has the shape {more.shape}, but there are {length} {other}")
    stack = sparse.vstack if is_rows else sparse.hstack
    matrix = sparse.csc_array(stack((problem.matrix, more), format="csc"))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    positions = np.arange(size, size + more.shape[along])
    return matrix, positions.reshape(() if is_single else -1)
