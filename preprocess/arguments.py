"""Validation of the arguments of the public functions: every fault of a call in one error.

A public function converts each argument through one `Arguments` object and calls
`Arguments.raise_if_any` before its kernel runs. Vectors come back as fresh, contiguous, writeable
arrays of one dtype, so every kernel is compiled exactly once whatever the caller owns (read-only
pandas columns, integer lists, strided views).
"""

import operator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


class Arguments:
    """Collects the faults of the arguments of one call.

    Parameters
    ----------
    function : str
        Name of the public function, the start of the message.

    Examples
    --------
    >>> arguments = Arguments("example")
    >>> heat_kW = arguments.vector("heat_kW", [10, -2, float("nan")], at_least=0.0)
    >>> arguments.raise_if_any()
    Traceback (most recent call last):
    ValueError: example: heat_kW[2] is nan, must be finite; heat_kW[1] is -2.0, must be >= 0
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self._faults: list[str] = []
        self._vectors: dict[str, npt.NDArray[Any]] = {}

    def vector(self, name: str, value: npt.ArrayLike, *, at_least: float = -np.inf) -> FloatArray:
        """Return `value` as a finite float vector; anything else is a fault."""
        n_faults = len(self._faults)
        array = self.numbers(name, value, at_least=at_least)
        if array.ndim != 1:
            self.fault(f"{name} has {array.ndim} dimensions, must have 1")
            return np.empty(0)
        if array.size > 0 or len(self._faults) == n_faults:
            self._vectors[name] = array
        return array

    def numbers(
        self,
        name: str,
        value: npt.ArrayLike,
        *,
        at_least: float = -np.inf,
        above: float = -np.inf,
        at_most: float = np.inf,
    ) -> FloatArray:
        """Return `value` as a finite float array of any shape; anything else is a fault."""
        try:
            given = np.asarray(value)
            if given.dtype.kind not in "biufO":
                raise TypeError
            array = np.array(given, dtype=np.float64, order="C")
        except (TypeError, ValueError):
            self.fault(f"{name} must hold numbers")
            return np.empty(0)
        finite = np.isfinite(array)
        self._first(name, array, ~finite, "must be finite")
        self._first(name, array, finite & (array < at_least), f"must be >= {at_least:g}")
        self._first(name, array, finite & (array <= above), f"must be > {above:g}")
        self._first(name, array, finite & (array > at_most), f"must be <= {at_most:g}")
        return array

    def flags(self, name: str, value: npt.ArrayLike) -> BoolArray:
        """Return `value` as a vector of booleans; anything else is a fault."""
        given = _as_given(value)
        if given.ndim != 1 or (given.dtype.kind != "b" and given.size > 0):
            self.fault(f"{name} must be a vector of booleans")
            return np.empty(0, dtype=np.bool_)
        array = np.array(given, dtype=np.bool_)
        self._vectors[name] = array
        return array

    def indices(self, name: str, value: npt.ArrayLike, *, at_least: int, below: int) -> IntArray:
        """Return `value` as a vector of integers in ``at_least <= index < below``."""
        given = _as_given(value)
        if given.ndim != 1 or (given.dtype.kind not in "iu" and given.size > 0):
            self.fault(f"{name} must be a vector of integers")
            return np.empty(0, dtype=np.int64)
        array = np.array(given, dtype=np.int64)
        outside = (array < at_least) | (array >= below)
        self._first(name, array, outside, f"must be >= {at_least} and < {below}")
        self._vectors[name] = array
        return array

    def count(self, name: str, value: int) -> int:
        """Return `value` as an integer that is not negative."""
        try:
            number = operator.index(value)
        except TypeError:
            number = -1
        if number < 0:
            self.fault(f"{name} is {value!r}, must be an integer >= 0")
            return 0
        return number

    def number(
        self,
        name: str,
        value: float,
        *,
        at_least: float = -np.inf,
        above: float = -np.inf,
        at_most: float = np.inf,
        may_be_infinite: bool = False,
    ) -> float:
        """Return `value` as one float inside the limits."""
        if may_be_infinite and np.ndim(value) == 0 and value == np.inf:
            return np.inf
        array = self.numbers(name, value, at_least=at_least, above=above, at_most=at_most)
        if array.ndim != 0:
            if array.size > 0:
                self.fault(f"{name} must be one number")
            return np.nan
        return float(array)

    def same_length(self, *names: str) -> None:
        """Require one length of the vectors of these names; faulty ones are left out."""
        lengths = {name: self._vectors[name].size for name in names if name in self._vectors}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} ({length})" for name, length in lengths.items())
            self.fault(f"{listed} must have the same length")

    def not_above(self, lower: str, upper: str) -> None:
        """Require vector `lower` to lie nowhere above vector `upper`."""
        if not self._comparable(lower, upper):
            return
        low, high = self._vectors[lower], self._vectors[upper]
        above = low > high
        if above.any():
            first = int(np.argmax(above))
            self.fault(
                f"{lower}[{first}] is {low[first]}, must not be above {upper}[{first}]"
                f" = {high[first]}{_others(above)}"
            )

    def rising(self, name: str) -> None:
        """Require the vector of this name to rise strictly."""
        if name not in self._vectors:
            return
        array = self._vectors[name]
        falls = np.zeros(array.size, dtype=np.bool_)
        falls[1:] = array[1:] <= array[:-1]
        self._first(name, array, falls, "must be above the entry before it")

    def fault(self, text: str) -> None:
        """Note one fault."""
        self._faults.append(text)

    def raise_if_any(self) -> None:
        """Raise one error that lists all faults, if there are any."""
        if self._faults:
            raise ValueError(f"{self._function}: " + "; ".join(self._faults))

    def _comparable(self, first: str, second: str) -> bool:
        if first not in self._vectors or second not in self._vectors:
            return False
        return self._vectors[first].size == self._vectors[second].size

    def _first(self, name: str, array: npt.NDArray[Any], wrong: BoolArray, rule: str) -> None:
        """Note the first wrong entry with its value, and how many more there are."""
        if not wrong.any():
            return
        position = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        place = f"[{', '.join(str(index) for index in position)}]" if array.ndim else ""
        self.fault(f"{name}{place} is {array[position]}, {rule}{_others(wrong)}")


def _as_given(value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return `value` as an array; a ragged list as one without the right number of dimensions."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.empty((0, 0))


def _others(wrong: BoolArray) -> str:
    more = int(np.count_nonzero(wrong)) - 1
    return f" (and {more} more)" if more else ""
