"""A mixed-integer linear program as arrays, with the names of its blocks.

    minimise    objective_constant + cost @ x
    subject to  row_lower <= matrix @ x <= row_upper
                column_lower <=       x <= column_upper
                x[j] integer where integrality[j] == 1

A problem is never changed: `Problem.relaxed`, `Problem.fixed` and `Problem.with_bounds` return
another one that shares the matrix, `Problem.with_rows` and `Problem.with_columns` a larger one.
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
    checked_bounds,
    checked_finite,
    checked_numbers,
)
from milpcore.core.changes import bounds_of_columns, extended, values_of_columns
from milpcore.core.model_file import write_model
from milpcore.core.ranges import block_ranges


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
        positions, low, high = bounds_of_columns(self, columns, lower, upper)
        column_lower, column_upper = self.column_lower.copy(), self.column_upper.copy()
        column_lower[positions] = low
        column_upper[positions] = high
        return replace(self, column_lower=column_lower, column_upper=column_upper)

    def with_rows(
        self,
        name: str,
        coefficients: ArrayLike | sparse.sparray,
        *,
        lower: ArrayLike = -math.inf,
        upper: ArrayLike = math.inf,
    ) -> Problem:
        """Return the problem with one more block of rows.

        Parameters
        ----------
        name : str
            Of the block; no other block of rows has it.
        coefficients : array_like or sparse array, shape (k, n) or (n,)
            Of all columns; one dimension makes a single row, a block without dimensions.
        lower, upper : array_like of float
            Bounds of the rows, broadcast to them.

        Returns
        -------
        Problem
            Shares the columns.

        Raises
        ------
        TypeError, ValueError
            If there is such a block, shapes do not fit, or a number is unusable.

        Examples
        --------
        >>> from milpcore.core import Assembly
        >>> assembly = Assembly()
        >>> flow = assembly.columns("flow", 3)
        >>> problem = assembly.problem().with_rows("total", [1.0, 1.0, 2.0], upper=4.0)
        >>> problem.n_rows, problem.violation([1.0, 1.0, 1.5])
        (1, 1.0)
        """
        matrix, block = extended(self, "rows", name, coefficients)
        low, high = checked_bounds("with_rows:", name, lower, upper, block.shape)
        return replace(
            self,
            matrix=matrix,
            row_lower=np.append(self.row_lower, low),
            row_upper=np.append(self.row_upper, high),
            row_blocks={**self.row_blocks, name: block},
        )

    def with_columns(
        self,
        name: str,
        coefficients: ArrayLike | sparse.sparray,
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = math.inf,
    ) -> Problem:
        """Return the problem with one more block of continuous columns.

        Parameters
        ----------
        name : str
            Of the block; no other block of columns has it.
        coefficients : array_like or sparse array, shape (m, k) or (m,)
            In all rows; one dimension makes a single column, a block without dimensions.
        cost, lower, upper : array_like of float
            Of the columns, broadcast to them.

        Returns
        -------
        Problem
            Shares the rows.

        Raises
        ------
        TypeError, ValueError
            If there is such a block, shapes do not fit, or a number is unusable.

        Examples
        --------
        >>> from milpcore.core import Assembly
        >>> assembly = Assembly()
        >>> total = assembly.rows("total", (), lower=4.0)
        >>> problem = assembly.problem().with_columns("flow", [[1.0, 2.0]], cost=[1.0, 3.0])
        >>> problem.objective([0.0, 2.0]), problem.violation([0.0, 2.0])
        (6.0, 0.0)
        """
        matrix, block = extended(self, "columns", name, coefficients)
        low, high = checked_bounds("with_columns:", name, lower, upper, block.shape)
        prices = np.broadcast_to(checked_finite(f"with_columns: {name}: cost", cost), block.shape)
        return replace(
            self,
            matrix=matrix,
            column_lower=np.append(self.column_lower, low),
            column_upper=np.append(self.column_upper, high),
            cost=np.append(self.cost, prices),
            integrality=np.append(self.integrality, np.zeros(block.size, dtype=np.uint8)),
            column_blocks={**self.column_blocks, name: block},
        )

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
        positions, snapped = values_of_columns(self, name, values, index)
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
