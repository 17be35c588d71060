"""Kernels on plateaus: steps in a row over which a unit keeps its load.

A unit whose load may change at most once in any `window` steps stays at one load for at least that
long, but for the plateaus that the horizon cuts at its start and end.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from preprocess.jit import kernel

Floats = npt.NDArray[np.float64]


def plateau_limit(limit: Floats, window: int) -> Floats:
    """Return the most that a load can be in each step where it must hold over plateaus.

    A load in step ``t`` is one of a plateau that holds some window of steps around ``t`` (cut at
    both ends of the horizon), so that it is at most the least limit of that window; the most of
    these counts.

    Parameters
    ----------
    limit : ndarray (T,)
        Upper limit of the load in each step.
    window : int
        Least number of steps of a plateau.

    Returns
    -------
    ndarray (T,)

    Examples
    --------
    >>> plateau_limit(np.array([5.0, 1.0, 4.0, 3.0, 9.0, 9.0]), 2)
    array([5., 1., 3., 3., 9., 9.])
    """
    return _plateau_limit(np.ascontiguousarray(limit, dtype=np.float64), window)


@kernel
def _plateau_limit(limit: Floats, window: int) -> Floats:
    n = limit.shape[0]
    best = np.full(n, -np.inf)
    for first in range(1 - window, n):
        low, high = max(0, first), min(n, first + window)
        least = limit[low]
        for step in range(low + 1, high):
            least = min(least, limit[step])
        for step in range(low, high):
            best[step] = max(best[step], least)
    return best


def least_range(demand: Floats, window: int, most_changes: int) -> float:
    """Return the smallest range of demand that some unit or store must follow on a plateau.

    The horizon is split into plateaus with at most `most_changes` borders in any `window` steps;
    the largest range (maximum less minimum) of a plateau is made as small as possible.

    Parameters
    ----------
    demand : ndarray (T,)
        What is to be met, kW.
    window : int
        Steps.
    most_changes : int
        1 or 2; with more, or as many as steps of the window, 0 is returned, which is a lower bound.

    Returns
    -------
    float
        kW.

    Examples
    --------
    >>> demand = np.array([1.0, 9.0, 2.0, 8.0, 3.0, 7.0])
    >>> least_range(demand, 2, 1), least_range(demand, 4, 2), least_range(demand, 1, 1)
    (7.0, 6.0, 0.0)
    """
    if most_changes >= window or most_changes > 2:
        return 0.0
    if most_changes == 0:
        return float(np.ptp(demand))
    return float(_least_range(np.ascontiguousarray(demand, np.float64), window, most_changes))


@kernel
def _least_range(demand: Floats, window: int, most_changes: int) -> float:
    """Dynamic programme over borders; the state is the length of the last plateau, capped."""
    n = demand.shape[0]
    best = np.full((n + 1, window + 1), np.inf)
    best[0, window] = 0.0
    for end in range(1, n + 1):
        highest, lowest = -np.inf, np.inf
        for first in range(end - 1, max(-1, end - 2 * window - 1), -1):
            highest, lowest = max(highest, demand[first]), min(lowest, demand[first])
            length = end - first
            is_cut = first == 0 or end == n
            for before in range(1, window + 1):
                span = length if most_changes == 1 else length + before
                if best[first, before] < np.inf and (is_cut or span >= window):
                    kept = window if first == 0 else min(window, length)
                    value = max(best[first, before], highest - lowest)
                    best[end, kept] = min(best[end, kept], value)
    least: float = best[n].min()
    return least
