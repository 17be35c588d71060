"""A mixed-integer linear program as arrays, with the names of its blocks.

    minimise    objective_constant + cost @ x
    subject to  row_lower <= matrix @ x <= row_upper
                column_lower <=       x <= column_upper
                x[j] integer where integrality[j] == 1

A problem is never changed: `Problem.relaxed`, `Problem.fixed` and `Problem.with_bounds` return
another one that shares the matrix.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from milpcore.core.arrays import (
    FloatArray,
    IntArray,
    checked_numbers,
    checked_positions,
    locate,
)
from milpcore.core.model_file import write_model
from milpcore.core.ranges import block_ranges

FIXING_TOLERANCE = 1e-6
"""How far a value given to `Problem.fixed` may lie outside a bound or off an integer: solvers
return such values."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A mixed-integer linear program; made by `Assembly.problem`.

    Attributes
    ----------
    matrix : csc_array, shape (m, n)
        Coefficients, without duplicates.
    row_lower, row_upper : ndarray of float64, shape (m,)
        Bounds of the rows, infinite where there is none.
    column_lower, column_upper : ndarray of float64, shape (n,)
        Bounds of the columns, infinite where there is none.
    cost : ndarray of float64, shape (n,)
        Coefficients of the minimised objective.
    integrality : ndarray of uint8, shape (n,)
        1 for integer columns, else 0.
    objective_constant : float
        Constant of the objective.
    column_blocks, row_blocks : mapping of str to ndarray of int64
        Positions by block name, in the shape of the block.

    Raises
    ------
    ValueError
        If the shapes contradict one another.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> amount = assembly.columns("amount", 3, upper=[1.0, 2.0, 3.0], integer=True)
    >>> total = assembly.rows("total", (), upper=4.0)
    >>> assembly.put(total, amount, [2.0, 1.0, 1.0])
    >>> problem = assembly.problem()
    >>> problem.n_rows, problem.n_columns, problem.n_integers, problem.n_binaries
    (1, 3, 3, 1)
    >>> problem.violation([1.0, 2.0, 0.5])
    0.5
    """

    matrix: sparse.csc_array[np.float64]
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    cost: FloatArray
    integrality: NDArray[np.uint8]
    objective_constant: float = 0.0
    column_blocks: Mapping[str, IntArray] = field(default_factory=dict)
    row_blocks: Mapping[str, IntArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_rows, n_columns = self.matrix.shape
        for name, array, size, axis in (
            ("row_lower", self.row_lower, n_rows, "rows"),
            ("row_upper", self.row_upper, n_rows, "rows"),
            ("column_lower", self.column_lower, n_columns, "columns"),
            ("column_upper", self.column_upper, n_columns, "columns"),
            ("cost", self.cost, n_columns, "columns"),
            ("integrality", self.integrality, n_columns, "columns"),
        ):
            if array.shape != (size,):
                raise ValueError(
                    f"Problem: {name} has the shape {array.shape}, but the matrix has {size} {axis}"
                )

    def __repr__(self) -> str:
        """Return size and names of the blocks, on one line."""
        columns, rows = (
            ", ".join(name) or "none" for name in (self.column_blocks, self.row_blocks)
        )
        return (
            f"Problem({self.n_rows} rows, {self.n_columns} columns, {self.n_nonzeros} non-zeros, "
            f"{self.n_integers} integers; columns: {columns}; rows: {rows})"
        )

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.matrix.shape[0])

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.matrix.shape[1])

    @property
    def n_integers(self) -> int:
        """Number of integer columns, binaries included."""
        return int(np.count_nonzero(self.integrality))

    @property
    def n_binaries(self) -> int:
        """Number of integer columns with bounds within 0 and 1."""
        within = (self.column_lower >= 0.0) & (self.column_upper <= 1.0)
        return int(np.count_nonzero(within & (self.integrality != 0)))

    @property
    def n_nonzeros(self) -> int:
        """Number of non-zero coefficients of the matrix."""
        return int(self.matrix.nnz)

    def relaxed(self) -> Problem:
        """Return the linear relaxation: the same problem without integrality.

        Returns
        -------
        Problem
            Shares every other array.
        """
        return replace(self, integrality=np.zeros_like(self.integrality))

    def with_bounds(self, columns: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> Problem:
        """Return the problem with other bounds of some columns.

        Parameters
        ----------
        columns : array_like of int
            Positions of the columns.
        lower, upper : array_like of float
            New bounds, broadcast to the shape of `columns`.

        Returns
        -------
        Problem
            Shares the matrix.

        Raises
        ------
        TypeError, ValueError
            If a position is out of range, or bounds are ``nan``, infinite on the wrong side or
            cross; the message names block and index.

        Examples
        --------
        >>> from milpcore.core import Assembly
        >>> assembly = Assembly()
        >>> flow = assembly.columns("flow", 3)
        >>> assembly.problem().with_bounds(flow[1:], 1.0, 2.0).column_upper
        array([inf,  2.,  2.])
        """
        positions = checked_positions("with_bounds: columns", columns, self.n_columns, "columns")
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
            name = locate(self.column_blocks, int(positions[wrong][0]))
            raise ValueError(
                f"with_bounds: {name}: there is no number "
                f"from {low[wrong][0]:g} to {high[wrong][0]:g}"
            )
        column_lower, column_upper = self.column_lower.copy(), self.column_upper.copy()
        column_lower[positions] = low
        column_upper[positions] = high
        return replace(self, column_lower=column_lower, column_upper=column_upper)

    def fixed(self, name: str, values: ArrayLike, index: Any = None) -> Problem:
        """Return the problem with a block of columns, or a part of it, fixed.

        Parameters
        ----------
        name : str
            Name of a column block.
        values : array_like of float
            Values, broadcast to the block or the part. What misses a bound or an integer by at
            most 1e-6 is moved onto it, so that a solver's values can be given back.
        index : index expression, optional
            Part of the block, such as ``3``, ``slice(0, 2)``, an index array or a mask.

        Returns
        -------
        Problem
            With lower = upper = value for these columns.

        Raises
        ------
        TypeError, ValueError
            If there is no such block, or a value is no number, outside the bounds, or not an
            integer where it must be.

        Examples
        --------
        >>> from milpcore.core import Assembly
        >>> assembly = Assembly()
        >>> is_open = assembly.columns("is_open", 3, upper=1.0, integer=True)
        >>> problem = assembly.problem().fixed("is_open", 0.9999999, index=2)
        >>> problem.column_lower, problem.column_upper
        (array([0., 0., 1.]), array([1., 1., 1.]))
        """
        if name not in self.column_blocks:
            known = ", ".join(self.column_blocks) or "none"
            raise ValueError(f"fixed: there is no column block {name!r}; known: {known}")
        block = self.column_blocks[name]
        positions = np.asarray(block if index is None else block[index])
        numbers = checked_numbers("fixed: values", values)
        try:
            given = np.broadcast_to(numbers, positions.shape)
        except ValueError:
            raise ValueError(
                f"fixed: {name} has the shape {positions.shape} here, "
                f"but the values have {numbers.shape}"
            ) from None
        lower, upper = self.column_lower[positions], self.column_upper[positions]
        snapped = np.where(self.integrality[positions] != 0, np.round(given), given)
        snapped = np.clip(snapped, lower, upper)
        wrong = ~(np.abs(snapped - given) <= FIXING_TOLERANCE)
        if wrong.any():
            position = int(positions[wrong][0])
            kind = "an integer" if self.integrality[position] else "a number"
            raise ValueError(
                f"fixed: {locate(self.column_blocks, position)} = {given[wrong][0]:g} must be "
                f"{kind} from {self.column_lower[position]:g} to {self.column_upper[position]:g}"
            )
        return self.with_bounds(positions, snapped, snapped)

    def values(self, x: ArrayLike) -> dict[str, FloatArray]:
        """Split a point by column block.

        Parameters
        ----------
        x : array_like of float, shape (n,)
            Values of the columns.

        Returns
        -------
        dict of str to ndarray
            Values in the shape of each block.
        """
        point = self._point(x)
        return {name: point[positions] for name, positions in self.column_blocks.items()}

    def objective(self, x: ArrayLike) -> float:
        """Return the objective at a point, its constant included.

        Parameters
        ----------
        x : array_like of float, shape (n,)
            Values of the columns.

        Returns
        -------
        float
            ``objective_constant + cost @ x``.
        """
        return self.objective_constant + float(self.cost @ self._point(x))

    def violation(self, x: ArrayLike, *, relative: bool = False) -> float:
        """Return by how much a point breaks rows, bounds and integrality at most.

        Computed from the arrays alone, independent of any solver.

        Parameters
        ----------
        x : array_like of float, shape (n,)
            Values of the columns.
        relative : bool
            Divide each row's violation by the sum of the absolute terms of the row, and each
            bound's by the bound, where these exceed 1.

        Returns
        -------
        float
            0 for a feasible point; infinite if a value is not finite.

        Raises
        ------
        ValueError
            If `x` has the wrong shape.
        """
        point = self._point(x)
        if not np.isfinite(point).all():
            return math.inf
        activity = self.matrix @ point
        row_gap = np.maximum(self.row_lower - activity, activity - self.row_upper)
        column_gap = np.maximum(self.column_lower - point, point - self.column_upper)
        if relative:
            row_gap = row_gap / np.maximum(1.0, abs(self.matrix) @ np.abs(point))
            column_gap = column_gap / np.maximum(1.0, np.abs(point))
        is_integer = self.integrality != 0
        integer_gap = np.abs(point[is_integer] - np.round(point[is_integer]))
        return max(float(gap.max(initial=0.0)) for gap in (row_gap, column_gap, integer_gap))

    def ranges(self) -> pd.DataFrame:
        """Tabulate size and orders of magnitude of every block.

        Returns
        -------
        DataFrame
            One row per block; columns ``name``, ``kind`` ("columns" or "rows"), ``size``,
            ``n_integers``, ``n_nonzeros``, and the smallest and largest absolute non-zero
            ``coefficient``, finite ``bound`` and ``cost`` (``min_...``, ``max_...``; ``nan`` where
            there is none). Spans beyond 1e6 are worth another unit.

        Examples
        --------
        >>> from milpcore.core import Assembly
        >>> assembly = Assembly()
        >>> flow = assembly.columns("flow", 2, upper=500.0)
        >>> assembly.put(assembly.rows("balance", (), upper=3.0), flow, [1.0, -0.01])
        >>> table = assembly.problem().ranges()
        >>> table[["name", "min_coefficient", "max_coefficient", "max_bound"]]
              name  min_coefficient  max_coefficient  max_bound
        0     flow             0.01              1.0      500.0
        1  balance             0.01              1.0        3.0
        """
        return block_ranges(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the problem as a model file that any solver reads; needs the extra ``highs``.

        Elements are named after their block: ``is_open[3]``, ``level_balance[2,5]``, a single one
        ``total[]``. The .lp format has no brackets: there they are ``is_open(3)``, and names that
        begin like a number get an underscore in front: ``_inflow(3)``. A file appears whole or
        not at all.

        Parameters
        ----------
        path : path-like
            Ends in ``.mps`` or ``.lp``.

        Raises
        ------
        MissingExtraError
            If highspy is not installed.
        ValueError
            If the suffix is another one, or the format cannot state the problem.
        OSError
            If the file cannot be written.
        """
        write_model(self, path)

    def _point(self, x: ArrayLike) -> FloatArray:
        """Return `x` as an array of shape (n,), or raise."""
        point = checked_numbers("x", x)
        if point.shape != (self.n_columns,):
            raise ValueError(
                f"x has the shape {point.shape}, but the problem has {self.n_columns} columns"
            )
        return point
