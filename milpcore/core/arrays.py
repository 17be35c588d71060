"""Array types of the core and the checks at its door.

Every check returns the array in the form the core stores, or raises an error that names the
argument, the rule, and the first index that breaks it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)

MAX_POSITIONS = int(np.iinfo(np.int32).max)
"""Largest number of rows, of columns and of coefficients: the solver counts in 32 bits."""


def element_name(block: str, index: tuple[int, ...]) -> str:
    """Name one element of a block.

    Parameters
    ----------
    block : str
        Name of the block.
    index : tuple of int
        Index within the block; ``()`` for a single row or column.

    Returns
    -------
    str
        Such as ``"level_balance[2,5]"``.

    Examples
    --------
    >>> element_name("level_balance", (2, 5)), element_name("total", ())
    ('level_balance[2,5]', 'total')
    """
    return f"{block}[{','.join(map(str, index))}]" if index else block


def locate(blocks: Mapping[str, IntArray], position: int) -> str:
    """Name the element at a position, such as ``"is_open[3]"``.

    Parameters
    ----------
    blocks : mapping of str to ndarray of int
        Positions by block name.
    position : int
        Position along the axis.

    Returns
    -------
    str
        Name of the element; ``"[position]"`` if no block holds it.

    Examples
    --------
    >>> locate({"is_open": np.arange(4), "flow": np.arange(4, 10).reshape(2, 3)}, 8)
    'flow[1,1]'
    """
    for name, positions in blocks.items():
        hits = positions == position
        if hits.any():
            return element_name(name, first_index(hits))
    return f"[{position}]"


def first_index(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return the index of the first true element.

    Parameters
    ----------
    mask : ndarray of bool
        With at least one true element.

    Returns
    -------
    tuple of int
        ``()`` for a mask without dimensions.

    Examples
    --------
    >>> first_index(np.array([[False, False], [False, True]]))
    (1, 1)
    """
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def checked_sizes(where: str, shape: int | Sequence[int]) -> tuple[int, ...]:
    """Return a shape as a tuple of integers of at least 0.

    Parameters
    ----------
    where : str
        What the shape belongs to, for the message.
    shape : int or sequence of int
        Shape.

    Returns
    -------
    tuple of int
        Sizes.

    Raises
    ------
    ValueError
        If it holds anything else.

    Examples
    --------
    >>> checked_sizes("rows balance", 3), checked_sizes("rows balance", [])
    ((3,), ())
    """
    sizes = np.asarray(shape)
    if sizes.size == 0 and sizes.ndim == 1:
        return ()
    if sizes.ndim > 1 or sizes.dtype.kind not in "iu" or bool((sizes < 0).any()):
        raise ValueError(f"{where}: the shape {shape!r} must hold integers of at least 0")
    return tuple(int(size) for size in sizes.reshape(-1))


def checked_positions(what: str, values: ArrayLike, size: int, kind: str) -> NDArray[Any]:
    """Return an integer array with all elements from 0 to ``size - 1``.

    Parameters
    ----------
    what : str
        Name of the argument, for the message.
    values : array_like of int
        Positions.
    size : int
        Length of the axis.
    kind : str
        ``"rows"`` or ``"columns"``, for the message.

    Returns
    -------
    ndarray of int
        The positions.

    Raises
    ------
    TypeError
        If they are no integers.
    ValueError
        If one is out of range.

    Examples
    --------
    >>> checked_positions("put: rows", [0, 7], 5, "rows")
    Traceback (most recent call last):
        ...
    ValueError: put: rows hold the position 7, but there are only 5 rows (from 0)
    """
    positions = np.asarray(values)
    if positions.size == 0:
        return positions.astype(np.int64)
    if positions.dtype.kind not in "iu":
        raise TypeError(
            f"{what} must be integer positions, as returned by {kind}(); got {positions.dtype}"
        )
    low, high = int(positions.min()), int(positions.max())
    if low < 0 or high >= size:
        raise ValueError(
            f"{what} hold the position {low if low < 0 else high}, "
            f"but there are only {size} {kind} (from 0)"
        )
    return positions


def checked_numbers(what: str, values: ArrayLike) -> FloatArray:
    """Return an array of floats.

    Parameters
    ----------
    what : str
        Name of the argument, for the message.
    values : array_like of float
        Numbers; ``nan`` and infinite ones pass.

    Returns
    -------
    ndarray of float64
        The numbers; not a copy where none is needed.

    Raises
    ------
    TypeError
        If they are no real numbers.

    Examples
    --------
    >>> checked_numbers("cost: values", [1, 2])
    array([1., 2.])
    """
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "biuf" and numbers.size:
        raise TypeError(f"{what} must be real numbers; got {numbers.dtype}")
    return numbers.astype(np.float64, copy=False)


def checked_finite(what: str, values: ArrayLike) -> FloatArray:
    """Return an array of finite floats.

    Parameters
    ----------
    what : str
        Name of the argument, for the message.
    values : array_like of float
        Numbers.

    Returns
    -------
    ndarray of float64
        The numbers; not a copy where none is needed.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If one is ``nan`` or infinite.

    Examples
    --------
    >>> checked_finite("put: values", [1.0, float("nan")])
    Traceback (most recent call last):
        ...
    ValueError: put: values must be finite; got nan at [1]
    """
    numbers = checked_numbers(what, values)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        index = first_index(wrong)
        raise ValueError(f"{what} must be finite; got {numbers[index]:g} at {list(index)}")
    return numbers


def checked_bounds(
    where: str, name: str, lower: ArrayLike, upper: ArrayLike, shape: tuple[int, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds as own arrays of one shape.

    Parameters
    ----------
    where : str
        ``"rows"`` or ``"columns"``, for the message.
    name : str
        Name of the block, for the message.
    lower, upper : array_like of float
        Bounds that broadcast to `shape`; infinite where there is none.
    shape : tuple of int
        Shape of the block.

    Returns
    -------
    lower, upper : ndarray of float64, shape `shape`
        Copies.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they do not broadcast, hold ``nan``, are infinite on the wrong side, or cross.

    Examples
    --------
    >>> checked_bounds("columns", "flow", [0.0, 3.0], 2.0, (2,))
    Traceback (most recent call last):
        ...
    ValueError: columns flow[1]: the lower bound 3 is above the upper bound 2
    """
    sides = []
    for side, values, forbidden in (("lower", lower, math.inf), ("upper", upper, -math.inf)):
        numbers = checked_numbers(f"{where} {name}: {side}", values)
        try:
            numbers = np.array(np.broadcast_to(numbers, shape))
        except ValueError:
            raise ValueError(
                f"{where} {name}: {side} has the shape {numbers.shape}, "
                f"which does not broadcast to {shape}"
            ) from None
        wrong = np.isnan(numbers) | (numbers == forbidden)
        if wrong.any():
            index = first_index(wrong)
            raise ValueError(
                f"{where} {element_name(name, index)}: the {side} bound must be a number "
                f"or {-forbidden:g}; got {numbers[index]:g}"
            )
        sides.append(numbers)
    crossed = sides[0] > sides[1]
    if crossed.any():
        index = first_index(crossed)
        raise ValueError(
            f"{where} {element_name(name, index)}: the lower bound {sides[0][index]:g} "
            f"is above the upper bound {sides[1][index]:g}"
        )
    return sides[0], sides[1]


def flat_copy(values: NDArray[Any], shape: tuple[int, ...], dtype: type[Scalar]) -> NDArray[Scalar]:
    """Broadcast, flatten in C order, and convert, always as a new array.

    Parameters
    ----------
    values : ndarray
        Broadcastable to `shape`.
    shape : tuple of int
        Shape to broadcast to.
    dtype : type
        Type of the result.

    Returns
    -------
    ndarray of `dtype`, shape (product of `shape`,)
        A copy.

    Examples
    --------
    >>> flat_copy(np.array([1, 2]), (2, 2), np.float64)
    array([1., 2., 1., 2.])
    """
    copy: NDArray[Scalar] = np.array(np.broadcast_to(values, shape), dtype=dtype, order="C")
    return copy.reshape(-1)


def stacked(parts: Sequence[NDArray[Any]], dtype: type[Scalar]) -> NDArray[Scalar]:
    """Concatenate flat arrays; no parts give an empty array.

    Parameters
    ----------
    parts : sequence of ndarray, each 1-D
        Parts in order.
    dtype : type
        Type of the result.

    Returns
    -------
    ndarray of `dtype`
        The whole.

    Examples
    --------
    >>> stacked([], np.float64)
    array([], dtype=float64)
    """
    return np.concatenate([np.zeros(0, dtype=dtype), *parts]).astype(dtype, copy=False)
