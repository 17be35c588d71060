"""Assemble a sparse mixed-integer linear program from blocks of integer arrays.

A variable block or row block is nothing but an integer array of positions. A coefficient is put
with ``put(rows, cols, values)``, where the three arguments broadcast like any NumPy operands, so
one call states one term of a whole family of rows. Coefficients put twice at one position add up;
zeros drop; both happen once, when `Assembly.problem` stacks everything:

    minimise    constant + cost @ x
    subject to  row_lower <= matrix @ x <= row_upper
                column_lower <=       x <= column_upper,   some of x integer.

There is no expression tree: nothing is kept per coefficient but two 4-byte positions and an 8-byte
value, so millions of non-zeros assemble in about a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from milpcore.core.arrays import (
    MAX_POSITIONS,
    FloatArray,
    IntArray,
    checked_bounds,
    checked_finite,
    checked_positions,
    checked_sizes,
    flat_copy,
    stacked,
)
from milpcore.core.problem import Problem


class Assembly:
    """Collect columns, rows, coefficients and costs; `problem` stacks them once.

    Examples
    --------
    Two depots may be opened to serve three towns; a town is served only by an open depot.

    >>> import numpy as np
    >>> from milpcore.core import Assembly, solve
    >>> assembly = Assembly()
    >>> is_open = assembly.columns("is_open", 2, upper=1.0, integer=True)
    >>> share = assembly.columns("share", (3, 2), upper=1.0)
    >>> served = assembly.rows("served", 3, lower=1.0, upper=1.0)
    >>> assembly.put(served[:, None], share, 1.0)
    >>> linked = assembly.rows("linked", (3, 2), upper=0.0)
    >>> assembly.put(linked, share, 1.0)
    >>> assembly.put(linked, is_open, -1.0)  # is_open broadcasts over the towns
    >>> assembly.cost(is_open, [4.0, 3.0])
    >>> assembly.cost(share, [[1.0, 5.0], [2.0, 2.0], [4.0, 1.0]])
    >>> problem = assembly.problem()
    >>> problem.n_rows, problem.n_columns, problem.n_nonzeros
    (9, 8, 18)
    >>> solve(problem).objective
    11.0
    """

    def __init__(self) -> None:
        self._columns = _Axis("columns")
        self._rows = _Axis("rows")
        self._integrality: list[NDArray[np.uint8]] = []
        self._row_positions: list[NDArray[np.int32]] = []
        self._column_positions: list[NDArray[np.int32]] = []
        self._coefficients: list[FloatArray] = []
        self._cost_positions: list[NDArray[np.int32]] = []
        self._costs: list[FloatArray] = []
        self._constant = 0.0

    def columns(
        self,
        name: str,
        shape: int | Sequence[int],
        *,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = math.inf,
        integer: bool = False,
    ) -> IntArray:
        """Add a block of columns (variables).

        Parameters
        ----------
        name : str
            Name of the block, a Python identifier, unique among the columns.
        shape : int or sequence of int
            Shape of the block; ``()`` is a single column, sizes of 0 are fine.
        lower, upper : array_like
            Bounds, broadcast to `shape`; ``-inf`` and ``inf`` where there is none.
        integer : bool
            Whether the whole block takes integer values only.

        Returns
        -------
        ndarray of int64, shape `shape`
            Positions of the columns, read-only.

        Raises
        ------
        TypeError, ValueError
            If the name, the shape or a bound is unusable; the message names the block and index.

        Examples
        --------
        >>> Assembly().columns("flow", (2, 3), upper=10.0)
        array([[0, 1, 2],
               [3, 4, 5]])
        """
        positions = self._columns.add(name, shape, lower, upper)
        self._integrality.append(np.full(positions.size, 1 if integer else 0, dtype=np.uint8))
        return positions

    def rows(
        self,
        name: str,
        shape: int | Sequence[int],
        *,
        lower: ArrayLike = -math.inf,
        upper: ArrayLike = math.inf,
    ) -> IntArray:
        """Add a block of rows (constraints) ``lower <= row <= upper``.

        Parameters
        ----------
        name : str
            Name of the block, a Python identifier, unique among the rows.
        shape : int or sequence of int
            Shape of the block; ``()`` is a single row, sizes of 0 are fine.
        lower, upper : array_like
            Bounds of the row's value, broadcast to `shape`; the same for an equation.

        Returns
        -------
        ndarray of int64, shape `shape`
            Positions of the rows, read-only.

        Raises
        ------
        TypeError, ValueError
            If the name, the shape or a bound is unusable; the message names the block and index.

        Examples
        --------
        >>> Assembly().rows("balance", 4, lower=0.0, upper=0.0)
        array([0, 1, 2, 3])
        """
        return self._rows.add(name, shape, lower, upper)

    def put(self, rows: ArrayLike, cols: ArrayLike, values: ArrayLike) -> None:
        """Put coefficients; the three arguments broadcast, and what meets adds up.

        Parameters
        ----------
        rows : array_like of int
            Positions as returned by `rows`.
        cols : array_like of int
            Positions as returned by `columns`.
        values : array_like of float
            Coefficients, finite.

        Raises
        ------
        TypeError, ValueError
            If positions are no integers or out of range, values are not finite, or the shapes do
            not broadcast.

        Examples
        --------
        >>> assembly = Assembly()
        >>> flow = assembly.columns("flow", 3)
        >>> total = assembly.rows("total", (), upper=5.0)
        >>> assembly.put(total, flow, [1.0, 2.0, 3.0])
        >>> assembly.put(total, flow[0], 1.0)
        >>> assembly.problem().matrix.toarray()
        array([[2., 2., 3.]])
        """
        row = checked_positions("put: rows", rows, self._rows.size, "rows")
        column = checked_positions("put: cols", cols, self._columns.size, "columns")
        value = checked_finite("put: values", values)
        try:
            shape = np.broadcast_shapes(row.shape, column.shape, value.shape)
        except ValueError:
            raise ValueError(
                f"put: rows {row.shape}, cols {column.shape} and values {value.shape} "
                "do not broadcast to one shape"
            ) from None
        self._row_positions.append(flat_copy(row, shape, np.int32))
        self._column_positions.append(flat_copy(column, shape, np.int32))
        self._coefficients.append(flat_copy(value, shape, np.float64))

    def cost(self, cols: ArrayLike, values: ArrayLike) -> None:
        """Put cost coefficients of the minimised objective; what meets adds up.

        Parameters
        ----------
        cols : array_like of int
            Positions as returned by `columns`.
        values : array_like of float
            Cost per unit of the column, finite; broadcasts with `cols`.

        Raises
        ------
        TypeError, ValueError
            As for `put`.

        Examples
        --------
        >>> assembly = Assembly()
        >>> flow = assembly.columns("flow", (2, 2))
        >>> assembly.cost(flow, [1.0, 2.0])
        >>> assembly.cost(flow[0], 10.0)
        >>> assembly.problem().cost
        array([11., 12.,  1.,  2.])
        """
        column = checked_positions("cost: cols", cols, self._columns.size, "columns")
        value = checked_finite("cost: values", values)
        try:
            shape = np.broadcast_shapes(column.shape, value.shape)
        except ValueError:
            raise ValueError(
                f"cost: cols {column.shape} and values {value.shape} do not broadcast to one shape"
            ) from None
        self._cost_positions.append(flat_copy(column, shape, np.int32))
        self._costs.append(flat_copy(value, shape, np.float64))

    def constant(self, value: float) -> None:
        """Add a constant to the objective.

        Parameters
        ----------
        value : float
            Finite; repeated calls add up.

        Raises
        ------
        TypeError, ValueError
            If the value is no finite number.

        Examples
        --------
        >>> assembly = Assembly()
        >>> assembly.constant(2.5)
        >>> assembly.constant(1.0)
        >>> assembly.problem().objective_constant
        3.5
        """
        number = checked_finite("constant", value)
        if number.shape != ():
            raise ValueError(f"constant must be one number; got the shape {number.shape}")
        self._constant += float(number)

    def problem(self) -> Problem:
        """Stack everything put so far; the assembly stays usable.

        Returns
        -------
        Problem
            With a csc matrix without duplicates, without stored zeros, positions sorted.

        Raises
        ------
        ValueError
            If there are more coefficients than 32-bit positions can count.

        Examples
        --------
        >>> Assembly().problem().n_columns
        0
        """
        n_put = sum(part.size for part in self._coefficients)
        if n_put > MAX_POSITIONS:
            raise ValueError(f"problem: {n_put} coefficients put; at most {MAX_POSITIONS} fit")
        n_rows, n_columns = self._rows.size, self._columns.size
        coordinates = (
            stacked(self._row_positions, np.int32),
            stacked(self._column_positions, np.int32),
        )
        coefficients = stacked(self._coefficients, np.float64)
        matrix = sparse.coo_array((coefficients, coordinates), shape=(n_rows, n_columns)).tocsc()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        cost = np.zeros(n_columns)
        np.add.at(cost, stacked(self._cost_positions, np.int32), stacked(self._costs, np.float64))
        return Problem(
            matrix=matrix,
            row_lower=stacked(self._rows.lower, np.float64),
            row_upper=stacked(self._rows.upper, np.float64),
            column_lower=stacked(self._columns.lower, np.float64),
            column_upper=stacked(self._columns.upper, np.float64),
            cost=cost,
            integrality=stacked(self._integrality, np.uint8),
            objective_constant=self._constant,
            column_blocks=dict(self._columns.blocks),
            row_blocks=dict(self._rows.blocks),
        )


class _Axis:
    """The blocks along one axis of the matrix: names, positions and bounds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.size = 0
        self.blocks: dict[str, IntArray] = {}
        self.lower: list[FloatArray] = []
        self.upper: list[FloatArray] = []

    def add(
        self, name: str, shape: int | Sequence[int], lower: ArrayLike, upper: ArrayLike
    ) -> IntArray:
        """Check and append one block; return its positions."""
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(
                f"{self.kind}: the name {name!r} must be an identifier, such as 'level_balance'"
            )
        if name in self.blocks:
            raise ValueError(f"{self.kind} {name}: there is a block of this name already")
        sizes = checked_sizes(f"{self.kind} {name}", shape)
        end = self.size + math.prod(sizes)
        if end > MAX_POSITIONS:
            raise ValueError(
                f"{self.kind} {name}: {end} {self.kind} in all; at most {MAX_POSITIONS} fit"
            )
        low, high = checked_bounds(self.kind, name, lower, upper, sizes)
        positions = np.arange(self.size, end, dtype=np.int64).reshape(sizes)
        positions.flags.writeable = False
        self.blocks[name] = positions
        self.lower.append(low.reshape(-1))
        self.upper.append(high.reshape(-1))
        self.size = end
        return positions
