"""Which stream can be served by which utility level.

A hot stream gives its heat to a level at or below its limit temperature, a cold one takes it from a
level at or above. The feasible levels of a stream are therefore all levels up to, or from, one
index, its *kink*: the highest level at or below the limit of a hot stream, the lowest at or above
that of a cold one. Streams with the same kink and kind are alike, and their duties can be merged.
"""

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, BoolArray, FloatArray, IntArray
from preprocess.jit import kernel

LIMIT_TOLERANCE_K = 1e-6
NO_LEVEL = -1


def kink_index(
    is_hot: npt.ArrayLike, limit_temperature_C: npt.ArrayLike, level_C: npt.ArrayLike
) -> IntArray:
    """Find the level nearest to the limit temperature of each stream on its feasible side.

    Parameters
    ----------
    is_hot : array_like of bool, shape (S,)
        True for a hot stream, False for a cold one.
    limit_temperature_C : array_like, shape (S,)
        Highest level of a hot stream, lowest level of a cold one; a level that misses it by no
        more than 1e-6 K is feasible. °C.
    level_C : array_like, shape (L,)
        Levels, rising strictly. °C.

    Returns
    -------
    ndarray of int64, shape (S,)
        Hot: index of the highest level at or below the limit. Cold: index of the lowest level at or
        above it. -1 where no level is feasible.

    Raises
    ------
    ValueError
        Streams of different length, limits or levels that are not finite, or levels that do not
        rise; the message lists everything.

    Examples
    --------
    >>> kink_index([True, False, True, False], [85, 85, 20, 80], [25, 80, 143]).tolist()
    [1, 2, -1, 1]
    """
    arguments = Arguments("kink_index")
    hot = arguments.flags("is_hot", is_hot)
    limit_C = arguments.vector("limit_temperature_C", limit_temperature_C)
    levels_C = arguments.vector("level_C", level_C)
    arguments.same_length("is_hot", "limit_temperature_C")
    arguments.rising("level_C")
    arguments.raise_if_any()
    return _kink_kernel(hot, limit_C, levels_C, LIMIT_TOLERANCE_K)


def feasible_matches(
    is_hot: npt.ArrayLike, kink: npt.ArrayLike, n_levels: int
) -> tuple[IntArray, IntArray]:
    """List every feasible pair of stream and level.

    Parameters
    ----------
    is_hot : array_like of bool, shape (S,)
        True for a hot stream, False for a cold one.
    kink : array_like of int, shape (S,)
        Kink of each stream (see `kink_index`); a stream with -1 has no match.
    n_levels : int
        Number of levels L.

    Returns
    -------
    stream, level : ndarray of int64, shape (M,)
        The pairs, rising by stream, then level: hot streams with levels 0 to kink, cold streams
        with levels kink to L - 1.

    Raises
    ------
    ValueError
        Vectors of different length, a kink outside -1 to L - 1 or a negative number of levels; the
        message lists everything.

    Examples
    --------
    >>> stream, level = feasible_matches([True, False], [1, 2], 3)
    >>> stream.tolist(), level.tolist()
    ([0, 0, 1], [0, 1, 2])
    """
    arguments = Arguments("feasible_matches")
    hot = arguments.flags("is_hot", is_hot)
    levels = arguments.count("n_levels", n_levels)
    kinks = arguments.indices("kink", kink, at_least=NO_LEVEL, below=levels)
    arguments.same_length("is_hot", "kink")
    arguments.raise_if_any()
    return _matches_kernel(hot, kinks, levels)


def kink_duties(
    is_hot: npt.ArrayLike, kink: npt.ArrayLike, duty_kW: npt.ArrayLike, n_levels: int
) -> tuple[FloatArray, FloatArray]:
    """Add the duties of all streams with the same kink.

    Parameters
    ----------
    is_hot : array_like of bool, shape (S,)
        True for a hot stream, False for a cold one.
    kink : array_like of int, shape (S,)
        Kink of each stream (see `kink_index`), from 0 to L - 1.
    duty_kW : array_like, shape (S,)
        Duty of each stream, not negative. kW.
    n_levels : int
        Number of levels L.

    Returns
    -------
    hot_kink_kW, cold_kink_kW : ndarray, shape (L,)
        Duty of the hot and of the cold streams whose kink is that level. kW.

    Raises
    ------
    ValueError
        Vectors of different length, a negative duty or one that is not finite, or a kink outside 0
        to L - 1: a stream without a feasible level (-1) is refused, its duty would be lost. The
        message lists everything.

    Examples
    --------
    >>> hot_kink_kW, cold_kink_kW = kink_duties([True, True, False], [1, 1, 0], [30, 20, 70], 2)
    >>> hot_kink_kW.tolist(), cold_kink_kW.tolist()
    ([0.0, 50.0], [70.0, 0.0])
    """
    arguments = Arguments("kink_duties")
    hot = arguments.flags("is_hot", is_hot)
    levels = arguments.count("n_levels", n_levels)
    kinks = arguments.indices("kink", kink, at_least=0, below=levels)
    heat_kW = arguments.vector("duty_kW", duty_kW, at_least=0.0)
    arguments.same_length("is_hot", "kink", "duty_kW")
    arguments.raise_if_any()
    return _kink_duties_kernel(hot, kinks, heat_kW, levels)


@kernel
def _kink_kernel(
    is_hot: BoolArray, limit_temperature_C: FloatArray, level_C: FloatArray, tolerance_K: float
) -> IntArray:
    """Bisect the levels for the kink of every stream."""
    kink = np.empty(is_hot.size, dtype=np.int64)
    for stream in range(is_hot.size):
        hot = is_hot[stream]
        limit_C = limit_temperature_C[stream]
        first, beyond = 0, level_C.size  # becomes the number of levels on the lower side
        while first < beyond:
            middle = (first + beyond) // 2
            if hot:
                is_lower = level_C[middle] <= limit_C + tolerance_K
            else:
                is_lower = level_C[middle] < limit_C - tolerance_K
            if is_lower:
                first = middle + 1
            else:
                beyond = middle
        if hot:
            kink[stream] = first - 1
        else:
            kink[stream] = first if first < level_C.size else NO_LEVEL
    return kink


@kernel
def _matches_kernel(is_hot: BoolArray, kink: IntArray, n_levels: int) -> tuple[IntArray, IntArray]:
    """Count the matches, then write them."""
    n_matches = 0
    for stream in range(is_hot.size):
        if kink[stream] != NO_LEVEL:
            n_matches += kink[stream] + 1 if is_hot[stream] else n_levels - kink[stream]
    match_stream = np.empty(n_matches, dtype=np.int64)
    match_level = np.empty(n_matches, dtype=np.int64)
    match = 0
    for stream in range(is_hot.size):
        if kink[stream] == NO_LEVEL:
            continue
        first = 0 if is_hot[stream] else kink[stream]
        beyond = kink[stream] + 1 if is_hot[stream] else n_levels
        for level in range(first, beyond):
            match_stream[match] = stream
            match_level[match] = level
            match += 1
    return match_stream, match_level


@kernel
def _kink_duties_kernel(
    is_hot: BoolArray, kink: IntArray, duty_kW: FloatArray, n_levels: int
) -> tuple[FloatArray, FloatArray]:
    """Add up the duties per kink and kind."""
    hot_kink_kW = np.zeros(n_levels)
    cold_kink_kW = np.zeros(n_levels)
    for stream in range(is_hot.size):
        if is_hot[stream]:
            hot_kink_kW[kink[stream]] += duty_kW[stream]
        else:
            cold_kink_kW[kink[stream]] += duty_kW[stream]
    return hot_kink_kW, cold_kink_kW
