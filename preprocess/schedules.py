"""A kernel that turns a wished load profile into one that a unit can run.

The schedule is a row of plateaus, each off or on at one load, found by a dynamic programme over the
borders between plateaus.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from preprocess.jit import kernel

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


class Schedule(NamedTuple):
    """Loads of a unit, and where they may change.

    Attributes
    ----------
    load : ndarray (T,)
    is_on : ndarray of bool (T,)
    is_border : ndarray of bool (T,)
        Whether a plateau begins at the step; the first one counts if there is a past.
    distance : float
        Sum of the distances from the wish; infinite if there is no schedule.
    """

    load: Floats
    is_on: Booleans
    is_border: Booleans
    distance: float


def nearest_schedule(
    wish: Floats,
    limit: Floats,
    *,
    least_load: float,
    spacing: int,
    min_up: int,
    min_down: int,
    past: tuple[bool, float, int, int] | None = None,
) -> Schedule:
    """Return the schedule with the least sum of distances from a wished load.

    Parameters
    ----------
    wish, limit : ndarray (T,)
        Wished load, and the most it may be.
    least_load : float
        While on.
    spacing : int
        Least number of steps between load changes, from 1.
    min_up, min_down : int
        Least number of steps on and off.
    past : (bool, float, int, int), optional
        On or off before the first step, the load then, and steps since the last start or stop and
        since the last load change; nothing counts at the first step if not given.

    Returns
    -------
    Schedule
        A plateau's load is the median of the wish over it, within the limits. Plateaus are no
        as long as twice the spacing (a longer one is made of two).

    Examples
    --------
    >>> wish, limit = np.array([1.0, 5.0, 6.0, 5.0, 0.0, 0.0]), np.full(6, 9.0)
    >>> nearest_schedule(wish, limit, least_load=3.0, spacing=2, min_up=2, min_down=1).load
    array([0., 5., 5., 5., 0., 0.])
    """
    was_on, load, in_state, since = (False, 0.0, 0, 0) if past is None else past
    loads, on, border, distance = _nearest_schedule(
        np.ascontiguousarray(wish, dtype=np.float64),
        np.ascontiguousarray(limit, dtype=np.float64),
        float(least_load),
        int(spacing),
        max(int(min_up), 1),
        max(int(min_down), 1),
        past is not None,
        bool(was_on),
        float(load),
        int(min(in_state, wish.size + min_up + min_down)),
        int(min(since, wish.size + spacing)),
    )
    return Schedule(loads, on, border, float(distance))


@kernel
def _plateau(
    wish: Floats, limit: Floats, first: int, end: int, least_load: float
) -> tuple[float, float]:
    """Best load of a plateau that is on, and its distance; infinite if there is none."""
    most = limit[first:end].min()
    if most < least_load:
        return 0.0, np.inf
    load = min(max(np.median(wish[first:end]), least_load), most)
    return load, np.abs(wish[first:end] - load).sum()


@kernel
def _nearest_schedule(
    wish: Floats,
    limit: Floats,
    least_load: float,
    spacing: int,
    min_up: int,
    min_down: int,
    has_past: bool,
    was_on: bool,
    past_load: float,
    in_state: int,
    since: int,
) -> tuple[Floats, Booleans, Booleans, float]:
    """Dynamic programme; a state is (border, on or off, steps in that state so far, capped)."""
    n = wish.shape[0]
    cap = max(min_up, min_down)
    longest = 2 * spacing - 1
    best = np.full((n + 1, 2, cap + 1), np.inf)
    origin = np.full((n + 1, 2, cap + 1, 3), -1)
    chosen = np.zeros((n + 1, 2, cap + 1))
    if has_past:
        state = 1 if was_on else 0
        need = min_up if was_on else min_down
        for end in range(n + 1):
            if end > 0 and was_on and limit[end - 1] < past_load:
                break
            if end < n and since + end < spacing:
                continue
            kept = min(in_state + end, need)
            best[end, state, kept] = np.abs(wish[:end] - past_load).sum()
            origin[end, state, kept, 0] = -2
            chosen[end, state, kept] = past_load
    for end in range(1, n + 1):
        for first in range(max(0, end - longest), end):
            length = end - first
            starts_free = first == 0 and not has_past
            if length < spacing and end < n and not starts_free:
                continue
            for state in range(2):
                if state == 1:
                    load, distance = _plateau(wish, limit, first, end, least_load)
                else:
                    load, distance = 0.0, np.abs(wish[first:end]).sum()
                if distance == np.inf:
                    continue
                need = min_up if state == 1 else min_down
                if starts_free:
                    if distance < best[end, state, need]:
                        best[end, state, need] = distance
                        origin[end, state, need] = (0, -1, -1)
                        chosen[end, state, need] = load
                    continue
                for before in range(2):
                    needed = min_up if before == 1 else min_down
                    for run in range(needed + 1):
                        value = best[first, before, run] + distance
                        if value == np.inf or (before != state and run < needed):
                            continue
                        kept = min(need, length if before != state else run + length)
                        if value < best[end, state, kept]:
                            best[end, state, kept] = value
                            origin[end, state, kept] = (first, before, run)
                            chosen[end, state, kept] = load
    loads, on, border = np.zeros(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    last, distance = 0, np.inf
    for place in range(2 * (cap + 1)):
        if best[n, place // (cap + 1), place % (cap + 1)] < distance:
            last = place
            distance = best[n, place // (cap + 1), place % (cap + 1)]
    if distance == np.inf:
        return loads, on, border, distance
    end, state, run = n, last // (cap + 1), last % (cap + 1)
    while end > 0:
        first, before, before_run = origin[end, state, run]
        is_past = first == -2
        if is_past:
            first = 0
        loads[first:end] = chosen[end, state, run]
        on[first:end] = state == 1
        border[first] = not is_past and (first > 0 or has_past)
        end, state, run = first, before, before_run
    return loads, on, border, distance
