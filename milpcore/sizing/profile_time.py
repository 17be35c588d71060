"""The time axis of a profile: a constant step, or what keeps it from being one.

Times may be rounded: a time may lie up to 2 % of a step off the even grid between first and last
one (15 min written as 0.33 h of 20 min, or a clock that is some seconds late). A step that is whole
seconds within that is taken as whole seconds. Nothing else is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.sizing.profile_schema import FEWEST_STEPS, STEP, RowFault, note_rows
from milpcore.stream_schema import MISSING

Floats = npt.NDArray[np.float64]

GRID_TOLERANCE = 0.02
"""Most that a time may be off the even grid, in steps."""
_EXACT = 1e-9
_SECONDS_PER_H = 3600.0
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")
_CLOCKS = "; if the clocks were changed there, give UTC or times with their offset"


class TimeAxis(NamedTuple):
    """An even time axis.

    Attributes
    ----------
    start_h, step_h : float
        First time and step, h.
    """

    start_h: float
    step_h: float


def read_moments(
    cells: list[object], place: Callable[[int], str], faults: FaultList
) -> list[pd.Timestamp | None]:
    """Read dates and times; None after a fault.

    Parameters
    ----------
    cells : list of object
        Text like ``2024-12-31 23:45``, with or without an offset, or ``31.12.2024 23:45``; or
        datetimes. None is blank.
    place : callable
        Says where a row stands.
    faults : FaultList
        Receives cells that are none of these, and times with an offset beside some without.

    Returns
    -------
    list of Timestamp or None
    """
    moments = [None if cell is None else _moment(cell) for cell in cells]
    known = [moment for moment in moments if moment is not None]
    is_aware = bool(known) and known[0].tzinfo is not None
    found = []
    for row, (cell, moment) in enumerate(zip(cells, moments, strict=True)):
        if cell is None:
            found.append(RowFault(row, "", MISSING, "give date and time"))
        elif moment is None:
            remedy = "write it like 2024-12-31 23:45, or 2024-12-31 23:45+01:00"
            found.append(RowFault(row, shown(cell), "is not a date and time", remedy))
        elif (moment.tzinfo is not None) != is_aware:
            rule = "has no offset beside times with one" if is_aware else "has an offset"
            remedy = "write all times with their offset from UTC, or none"
            found.append(RowFault(row, shown(cell), rule, remedy))
            moments[row] = None
    note_rows("time", found, place, faults)
    return moments


def hours_since_first(moments: list[pd.Timestamp | None]) -> Floats:
    """Return the hours that have really passed since the first known moment, NaN where unknown."""
    first = next((moment for moment in moments if moment is not None), None)
    hours = [
        np.nan if moment is None or first is None else (moment - first).total_seconds()
        for moment in moments
    ]
    return np.array(hours, dtype=np.float64) / _SECONDS_PER_H


def even_axis(
    time_h: Floats,
    field: str,
    place: Callable[[int], str],
    written: Callable[[int], object],
    faults: FaultList,
    *,
    is_local: bool = False,
) -> TimeAxis | None:
    """Find the constant step of a time axis.

    Parameters
    ----------
    time_h : ndarray (T,)
        Times, NaN where unknown; that is no fault here. h.
    field : str
        Name of the column or index.
    place, written : callable
        Say where a row stands and what is written there.
    faults : FaultList
        Receives too few rows, times that do not rise, duplicates, gaps, uneven steps, and a step
        out of range.
    is_local : bool
        Whether these are dates without an offset, in which a change of clocks shows as a fault.

    Returns
    -------
    TimeAxis or None
        None after a fault, or where a time is unknown.
    """
    n_rows = time_h.size
    if n_rows < FEWEST_STEPS:
        value = "1 row" if n_rows == 1 else "no rows"
        rule = f"must have at least {FEWEST_STEPS} steps"
        faults.add("", "table", value, rule, "give one row for each step")
        return None
    known = np.flatnonzero(np.isfinite(time_h))
    if known.size < FEWEST_STEPS:
        return None
    if known.size == n_rows:
        axis = _fitted(time_h)
        if axis is not None:
            if STEP.contains(axis.step_h):
                return axis
            rule = f"the step is {axis.step_h:g} h, {STEP.rule('h')}"
            faults.add("", field, None, rule, STEP.remedy)
            return None
    found = _step_faults(time_h, known, place, written, _CLOCKS if is_local else "")
    note_rows(field, found, place, faults)
    return None


def _moment(cell: object) -> pd.Timestamp | None:
    """Read one date and time."""
    try:
        if isinstance(cell, str):
            german = _GERMAN.fullmatch(cell)
            if german is not None:
                day, month, year, hour, minute, second = (int(p or 0) for p in german.groups())
                return pd.Timestamp(datetime(year, month, day, hour, minute, second))
            return pd.Timestamp(datetime.fromisoformat(cell))
        if isinstance(cell, date | np.datetime64):
            moment = pd.Timestamp(cell)
            return None if pd.isna(moment) else moment
    except ValueError:
        pass
    return None


def _fitted(time_h: Floats) -> TimeAxis | None:
    """Return the even axis between first and last time, if no time is far from it."""
    n_steps = time_h.size - 1
    start_h = float(time_h[0])
    step_h = float(time_h[-1] - time_h[0]) / n_steps
    if step_h <= 0.0:
        return None
    off = np.abs(time_h - (start_h + step_h * np.arange(time_h.size))).max() / step_h
    if off > GRID_TOLERANCE:
        return None
    whole_h = round(step_h * _SECONDS_PER_H) / _SECONDS_PER_H
    may_be_off = max(off, _EXACT)
    if whole_h > 0.0 and abs(step_h - whole_h) * n_steps <= may_be_off * step_h:
        step_h = whole_h
    return TimeAxis(start_h, step_h)


def _step_faults(
    time_h: Floats,
    known: npt.NDArray[np.intp],
    place: Callable[[int], str],
    written: Callable[[int], object],
    hint: str,
) -> list[RowFault]:
    """Find the rows that are not one usual step after the row before."""
    rows = np.diff(known)
    passed_h = np.diff(time_h[known])
    rising = passed_h > 0.0
    if rising.any():
        step_h = float(np.quantile(passed_h[rising] / rows[rising], 0.5, method="lower"))
    else:
        step_h = np.nan
    found = []
    for before, n_rows, difference_h in zip(known[:-1], rows, passed_h, strict=True):
        row = int(before + n_rows)
        n_steps = difference_h / step_h
        tolerance = 2.0 * GRID_TOLERANCE
        if abs(n_steps - n_rows) <= tolerance:
            continue
        value = shown(written(row))
        earlier = place(int(before))
        if difference_h == 0.0 or abs(n_steps) <= tolerance:
            rule = f"is there twice, {earlier} has it too"
            found.append(RowFault(row, value, rule, f"delete one of them{hint}"))
        elif difference_h < 0.0:
            rule = f"must be after {earlier}, {shown(written(int(before)))}"
            found.append(RowFault(row, value, rule, f"sort the rows by time{hint}"))
        elif n_steps > n_rows and abs(n_steps - round(n_steps)) <= tolerance:
            missing = round(n_steps) - int(n_rows)
            steps = "1 step is" if missing == 1 else f"{missing} steps are"
            rule = f"{steps} missing before it, of {step_h:g} h each"
            found.append(RowFault(row, value, rule, f"fill the gap, or cut the table there{hint}"))
        else:
            rule = f"is {difference_h:g} h after {earlier}, most steps are {step_h:g} h"
            found.append(RowFault(row, value, rule, "bring all rows to the same step"))
    if not found and known.size == time_h.size:
        even_h = time_h[0] + (time_h[-1] - time_h[0]) / (time_h.size - 1) * np.arange(time_h.size)
        row = int(np.argmax(np.abs(time_h - even_h)))
        rule = f"is {abs(time_h[row] - even_h[row]):.2g} h off an even step from first to last"
        found.append(RowFault(row, shown(written(row)), rule, "bring all rows to the same step"))
    return found
