"""Profiles from CSV files, workbooks and DataFrames, checked whole, and written exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.sizing.profile import HeatProfile, check_demand
from milpcore.sizing.profile_schema import (
    DEMAND,
    KNOWN,
    REQUIRED,
    TIME,
    RowFault,
    TIME_h,
    find_column,
    note_rows,
    number_faults,
    unknown_remedy,
)
from milpcore.sizing.profile_time import (
    TimeAxis,
    even_axis,
    hours_since_first,
    read_moments,
)
from milpcore.stream_cells import RawTable, RefusedCell, empty_table, number_remedy, plain_number
from milpcore.stream_csv import csv_table
from milpcore.stream_decimals import with_decimal_points
from milpcore.stream_readers import file_table, frame_table
from milpcore.stream_schema import MISSING
from milpcore.stream_units import split_unit
from milpcore.stream_writers import write_table

Floats = npt.NDArray[np.float64]

SHEET = "profile"
"""Usual name of the sheet of a workbook."""
_TIME_REMEDY = "add it (h), or a column time (date and time)"


class _Axis(NamedTuple):
    """What the times of a table say: even steps, and date and time of the first one."""

    axis: TimeAxis | None
    start: pd.Timestamp | None


def read_profile(source: str | Path | pd.DataFrame, *, sheet: str | None = None) -> HeatProfile:
    """Read and check a profile.

    Parameters
    ----------
    source : str, Path or DataFrame
        CSV file (UTF-8; commas, or semicolons and then decimal commas or points), workbook
        (``.xlsx``, extra "xlsx") or DataFrame. Columns, in any order: ``time_h`` (start of the
        step, h) or ``time`` (date and time), ``heat_demand_kW``, ``waste_heat_kW``, and as wanted
        prices, emission factors and COPs over time, see `milpcore.sizing.profile_schema`. A
        DataFrame may have a DatetimeIndex instead of a column of times. Times with an offset or a
        time zone count the hours that really pass, so a change of clocks is none.
    sheet : str, optional
        Sheet of a workbook. Default: the one called "profile", else the only one.

    Returns
    -------
    HeatProfile

    Raises
    ------
    InputError
        Listing all faults: file, encoding, delimiter, unknown, repeated and missing columns, units
        in a header that contradict the name, cells that are missing, not a number or out of range,
        and times that are unknown, not rising, double, with gaps or uneven. Of more than 20 rows at
        fault in one column the others are counted.
    MissingExtraError
        If a workbook is read without the package openpyxl.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"heat_demand_kW": [900, 1000, 1100], "waste_heat_kW": [800, 900, 1000]},
    ...     index=pd.date_range("2024-10-27 01:00", periods=3, freq="h", tz="Europe/Berlin"),
    ... )
    >>> read_profile(table)
    HeatProfile(3 steps of 1 h: demand 900 to 1100 kW, waste heat 800 to 1000 kW)
    >>> read_profile(table.assign(waste_heat_kW=[800, None, -1]))
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: DataFrame: 2 faults
      - index 2024-10-27 02:00:00+02:00: waste_heat_kW: is missing (blank or NaN); give it (kW)
      - index 2024-10-27 02:00:00+01:00: waste_heat_kW = -1: must be at least 0 and at most ...
    """
    faults = FaultList()
    index: pd.DatetimeIndex | None = None
    if isinstance(source, pd.DataFrame):
        raw = frame_table(source)
        if isinstance(source.index, pd.DatetimeIndex):
            index = source.index
    elif isinstance(source, str | Path):
        raw = file_table(
            Path(source), KNOWN, sheet, faults, usual_sheet=SHEET, other_ways="a DataFrame"
        )
    else:
        rule = "must be a path or a DataFrame"
        faults.add("", "source", type(source).__name__, rule, "pass one of these")
        raw = empty_table("profile")
    return _profile_of(raw, index, faults)


def read_profile_bytes(data: bytes, title: str) -> HeatProfile:
    """Read the content of a CSV file, see `read_profile`."""
    faults = FaultList()
    return _profile_of(csv_table(data, title, KNOWN, faults), None, faults)


def write_profile(profile: HeatProfile, path: str | Path) -> None:
    """Write a profile so that `read_profile` gives back the same.

    The file appears whole or not at all. Where `start` is known the times are written with their
    offset from UTC; a step that is no whole number of seconds comes back within rounding.

    Parameters
    ----------
    profile : HeatProfile
        The profile.
    path : str or Path
        File to write or replace, ``.csv`` or ``.xlsx`` (extra "xlsx").

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    MissingExtraError
        If a workbook is written without the package openpyxl.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "copy.csv"
    >>> profile = HeatProfile(step_h=0.25, heat_demand_kW=[900, 1100], waste_heat_kW=[950, 900])
    >>> write_profile(profile, path)
    >>> read_profile(path) == profile
    True
    """
    table = profile.table
    if profile.times is not None:
        table.insert(0, TIME, [moment.isoformat() for moment in profile.times])
    write_table(table, Path(path), sheet=SHEET)


def _profile_of(raw: RawTable, index: pd.DatetimeIndex | None, faults: FaultList) -> HeatProfile:
    """Check a table of cells and make a profile of it."""
    nothing_to_read = bool(len(faults)) and not raw.columns
    if nothing_to_read:
        faults.raise_if_any(raw.title)
    if not raw.columns and not raw.rows and index is None:
        rule = f"is empty: must have a line with the columns {TIME_h}, {', '.join(REQUIRED)}"
        faults.add("", "table", "no columns", rule, "write it, and one line for each step below")
        faults.raise_if_any(raw.title)
    places = _header(raw, index is not None, faults)
    if raw.may_have_decimal_commas:
        raw = with_decimal_points(raw, {at for name, at in places.items() if name != TIME})
    found = _times(raw, places, index, faults)
    columns = {
        name: _numbers(raw, at, name, faults)
        for name, at in places.items()
        if name not in (TIME_h, TIME)
    }
    if not len(faults):
        check_demand(columns[DEMAND], faults)
    faults.raise_if_any(raw.title)
    assert found.axis is not None
    return HeatProfile(
        step_h=found.axis.step_h,
        start_h=0.0 if found.start is not None else found.axis.start_h,
        start=found.start,
        series={name: value for name, value in columns.items() if name not in REQUIRED},
        **{name: columns[name] for name in REQUIRED},
    )


def _header(raw: RawTable, has_index: bool, faults: FaultList) -> dict[str, int]:
    """Find the columns of a table by name, noting what is wrong with them."""
    places: dict[str, int] = {}
    for place, header in enumerate(raw.columns):
        name = _column_name(raw.header, header, faults)
        if header == "":
            rule = f"column {place + 1} has no name"
            faults.add(raw.header, "header", None, rule, "name it or delete it")
        elif name in places:
            rule = "column appears more than once"
            faults.add(raw.header, shown(header), None, rule, "keep one of them")
        elif name is None:
            remedy = unknown_remedy(split_unit(header)[0])
            faults.add(raw.header, shown(header), None, "unknown column", remedy)
        else:
            places[name] = place
    for name, column in REQUIRED.items():
        if name not in places:
            remedy = f"add it ({column.unit}); zeros where there is none"
            faults.add(raw.header, name, None, "missing column", remedy)
    times = [*(["the DatetimeIndex"] if has_index else []), *({TIME_h, TIME} & set(places))]
    if not times:
        remedy = _TIME_REMEDY if raw.title != "DataFrame" else f"{_TIME_REMEDY} or a DatetimeIndex"
        faults.add(raw.header, TIME_h, None, "missing column", remedy)
    if len(times) > 1:
        both = " and ".join(sorted(times, reverse=True))
        faults.add(raw.header, both, None, "give the times twice", "keep one of them")
        for name in (TIME_h, TIME):
            places.pop(name, None)
    return places


def _column_name(where: str, header: str, faults: FaultList) -> str | None:
    """Return the column that a header means; a unit beside the name must be that of the name."""
    if header in KNOWN or find_column(header) is not None:
        return header
    name, written = split_unit(header)
    column = find_column(name)
    unit = "h" if name == TIME_h else None if column is None else column.unit
    if unit is None or written is None:
        return None
    if "".join(written.split()).replace("€", "EUR") != unit:
        rule = f"contradicts the unit of the name, {unit}"
        faults.add(where, shown(header), None, rule, f"convert the numbers to {unit}")
    return name


def _times(
    raw: RawTable, places: dict[str, int], index: pd.DatetimeIndex | None, faults: FaultList
) -> _Axis:
    """Read the times of a table, from its index or from a column."""

    def place(row: int) -> str:
        return raw.places[row]

    field = TIME_h if TIME_h in places else TIME
    cells: list[object]
    if field in places:
        cells = [row[places[field]] for row in raw.rows]
    elif index is not None:
        cells = [None if pd.isna(moment) else moment for moment in index]
    else:
        return _Axis(None, None)
    if field == TIME_h:
        time_h = _plain_numbers(raw, places[TIME_h], TIME_h, faults)
        return _Axis(even_axis(time_h, TIME_h, place, cells.__getitem__, faults), None)
    cells = [_without_refusals(cell) for cell in cells]
    moments = read_moments(cells, place, faults)
    start = moments[0] if moments else None
    axis = even_axis(
        hours_since_first(moments),
        TIME,
        place,
        cells.__getitem__,
        faults,
        is_local=start is not None and start.tzinfo is None,
    )
    return _Axis(axis, start)


def _without_refusals(cell: object) -> object:
    """Return a cell; of one that the reader refused what is written there."""
    return cell.value if isinstance(cell, RefusedCell) else cell


def _numbers(raw: RawTable, at: int, name: str, faults: FaultList) -> Floats:
    """Read a column of numbers and check their range."""

    def check(values: Floats, written: Callable[[int], object]) -> list[RowFault]:
        return number_faults(name, values, written)

    return _plain_numbers(raw, at, name, faults, check)


def _plain_numbers(
    raw: RawTable,
    at: int,
    name: str,
    faults: FaultList,
    check: Callable[[Floats, Callable[[int], object]], list[RowFault]] | None = None,
) -> Floats:
    """Read a column of numbers; NaN where there is none, which is a fault."""
    cells = [row[at] for row in raw.rows]
    values = np.full(len(cells), np.nan)
    found: dict[int, RowFault] = {}
    for row, cell in enumerate(cells):
        if isinstance(cell, RefusedCell):
            found[row] = RowFault(row, *cell)
            continue
        number = None if cell is None else plain_number(cell)
        if number is not None:
            values[row] = number
        elif cell is not None:
            found[row] = RowFault(row, shown(cell), "is not a number", number_remedy(cell))
    checked = _unknown_numbers(values, cells) if check is None else check(values, cells.__getitem__)
    for fault in checked:
        found.setdefault(fault.row, fault)
    note_rows(name, [found[row] for row in sorted(found)], raw.places.__getitem__, faults)
    return values


def _unknown_numbers(values: Floats, cells: list[object]) -> list[RowFault]:
    """Find times that are missing or not finite; the latter become NaN."""
    found = []
    for row in np.flatnonzero(~np.isfinite(values)).tolist():
        if np.isnan(values[row]) and cells[row] is None:
            found.append(RowFault(row, "", MISSING, "give it (h)"))
        else:
            rule, remedy = "must be finite", "give a finite number"
            found.append(RowFault(row, shown(cells[row]), rule, remedy))
        values[row] = np.nan
    return found
