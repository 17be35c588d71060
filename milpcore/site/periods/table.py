"""The table of operating periods: how long each lasts, and what every stream needs in it.

Two layouts, told apart by the header. Wide: ``zone,name,<period>,<period>, ...``, a row a stream.
Long: ``zone,name,period,heat_flow``, a row a stream and period. In both the rows named
``hours_h_per_a``, without zone, hold the hours a year of each period. Duties are in kW unless the
header of their column says otherwise, as in ``winter [MW]`` or ``heat_flow (MW)``; 0 is a stream
that stands still. Periods come in the order in which the table names them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.faults import FaultList
from milpcore.files import replacing
from milpcore.naming import shown
from milpcore.stream_cells import RawTable
from milpcore.stream_readers import read_raw
from milpcore.stream_units import (
    PlainUnit,
    Quantity,
    Unit,
    find_unit,
    known_units,
    plain_units,
    split_unit,
)
from milpcore.streams import Streams

Floats = npt.NDArray[np.float64]

HOURS = "hours_h_per_a"
"""Name of the rows that hold the hours of the periods."""
LONG = ("zone", "name", "period", "heat_flow")
MOST_HOURS_H_PER_A = 8784.0
LEAST_SHARE = 1e-8
"""Least duty of a running stream, as a share of the period's: solvers have absolute tolerances."""


@dataclass(frozen=True, eq=False)
class Periods:
    """Operating periods of a site.

    Parameters
    ----------
    names : tuple of str
        Name of each period.
    hours_h_per_a : ndarray (P,)
        Hours a year of each.
    duty_kW : ndarray (P, S)
        Duty of every stream in each period, 0 where it stands still.

    Raises
    ------
    InputError
        Listing every name, duration and duty that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> Periods(("summer", "winter"), np.array([4000.0, 4000.0]), np.array([[5.0], [9.0]]))
    Periods(2 periods, 1 streams, 8000 h/a)
    """

    names: tuple[str, ...]
    hours_h_per_a: Floats
    duty_kW: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        for name in ("hours_h_per_a", "duty_kW"):
            array = np.array(getattr(self, name), dtype=np.float64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        faults = FaultList()
        _note_faults(self, faults)
        faults.raise_if_any("periods")

    def __repr__(self) -> str:
        """Sizes and total duration."""
        return (
            f"Periods({self.n_periods} periods, {self.duty_kW.shape[1]} streams, "
            f"{self.hours_h_per_a.sum():g} h/a)"
        )

    @property
    def n_periods(self) -> int:
        """Number of periods P."""
        return len(self.names)


def read_periods(
    source: str | Path | pd.DataFrame,
    streams: Streams,
    *,
    heat_unit: Literal["kW", "MW"] | None = None,
) -> Periods:
    """Read a table of periods for the streams of a site.

    Parameters
    ----------
    source : path or DataFrame
        CSV (commas or semicolons) or workbook, wide or long, see the module.
    streams : Streams
        The stream table; every stream must occur.
    heat_unit : {"kW", "MW"}, optional
        Unit of duties whose header has none; default kW.

    Returns
    -------
    Periods
        Duties in the order of the stream table.

    Raises
    ------
    InputError
        Listing all faults: missing, unknown and repeated streams, cells that are no duties or
        hours, units that are unknown or contradict.

    Examples
    --------
    >>> import pandas as pd, milpcore
    >>> table = pd.DataFrame(
    ...     {"zone": [None, "site", "site"], "name": ["hours_h_per_a", "H1", "C1"]}
    ...     | {"summer": [3000, 1200, 0], "winter": [5000, 1000, 900]}
    ... )
    >>> read_periods(table, milpcore.load_case("two_streams"))
    Periods(2 periods, 2 streams, 8000 h/a)
    """
    faults = FaultList()
    raw = read_raw(source, LONG, None, faults)
    faults.raise_if_any(raw.title)
    plain = plain_units(None, heat_unit, faults)[Quantity.HEAT]
    headers = [_header(header, plain, raw.header, faults) for header in raw.columns]
    faults.raise_if_any(raw.title)
    raw = raw._replace(columns=tuple(name for name, _ in headers))
    units = [unit for _, unit in headers]
    missing = [name for name in ("zone", "name") if name not in raw.columns]
    for name in missing:
        faults.add(raw.header, name, None, "the column is missing", "name the stream of each row")
    repeated = sorted({name for name in raw.columns if raw.columns.count(name) > 1})
    for name in repeated:
        faults.add(raw.header, name, None, "the column occurs twice", "rename or remove one")
    faults.raise_if_any(raw.title)
    is_long = "period" in raw.columns and "heat_flow" in raw.columns
    cells = _long_cells(raw, units, faults) if is_long else _wide_cells(raw, units)
    values = _values(cells, streams, raw, faults)
    faults.raise_if_any(raw.title)
    return Periods(*values)


def write_periods(periods: Periods, streams: Streams, path: str | Path) -> None:
    """Write a table of periods in the wide layout, as `read_periods` reads it.

    Parameters
    ----------
    periods : Periods
        Hours and duties.
    streams : Streams
        Its stream table.
    path : str or Path
        The CSV file, written whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    values = np.column_stack([periods.hours_h_per_a, periods.duty_kW]).T
    table = pd.DataFrame(values, columns=list(periods.names))
    table.insert(0, "name", [HOURS, *streams.table["name"]])
    table.insert(0, "zone", ["", *streams.table["zone"]])
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


class _Cell(NamedTuple):
    """One value of the table: of a stream, in a unit, or the hours, in a period."""

    place: str
    stream: tuple[str, str]
    period: str
    value: object
    unit: Unit


def _header(header: str, plain: PlainUnit, where: str, faults: FaultList) -> tuple[str, Unit]:
    """Split a header into its name and the unit of its duties; what is no unit belongs to it."""
    name, text = split_unit(header)
    unit = None if text is None else find_unit(text, Quantity.HEAT)
    if text is None or (unit is None and not header.rstrip().endswith("]")):
        return header, plain.unit
    if unit is None:
        remedy = f"known: {known_units(Quantity.HEAT)}; name the period without brackets"
        faults.add(where, shown(header), None, "unknown unit", remedy)
    elif plain.argument and not unit.equals(plain.unit):
        rule = f"contradicts {plain.argument}"
        faults.add(where, shown(header), None, rule, "correct the header, or leave it out")
    return name, unit or plain.unit


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _wide_cells(raw: RawTable, units: Sequence[Unit]) -> list[_Cell]:
    zone, name = raw.columns.index("zone"), raw.columns.index("name")
    periods = [place for place in range(len(raw.columns)) if place not in (zone, name)]
    return [
        _Cell(place, (_text(row[zone]), _text(row[name])), raw.columns[at], row[at], units[at])
        for place, row in zip(raw.places, raw.rows, strict=True)
        for at in periods
    ]


def _long_cells(raw: RawTable, units: Sequence[Unit], faults: FaultList) -> list[_Cell]:
    for name in raw.columns:
        if name not in LONG:
            rule = "is no column of the long layout"
            faults.add(raw.header, name, None, rule, f"remove it; columns are {', '.join(LONG)}")
    at = [raw.columns.index(name) for name in LONG]
    cells = []
    for place, row in zip(raw.places, raw.rows, strict=True):
        zone, stream, period, value = (row[column] for column in at)
        if period is None:
            faults.add(place, "period", None, "is blank", "name the period")
            continue
        own = (_text(zone), _text(stream)), _text(period)
        cells.append(_Cell(place, *own, value, units[at[-1]]))
    return cells


def _values(
    cells: list[_Cell], streams: Streams, raw: RawTable, faults: FaultList
) -> tuple[tuple[str, ...], Floats, Floats]:
    """Names, hours (P,) and duties (P, S); what is missing or wrong becomes a fault."""
    periods = tuple(dict.fromkeys(cell.period for cell in cells))
    keys = list(zip(streams.table["zone"], streams.table["name"], strict=True))
    row_of = {key: row for row, key in enumerate(keys)} | {("", HOURS): len(keys)}
    found = np.full((len(periods), len(keys) + 1), np.nan)
    seen = np.zeros(found.shape, dtype=np.bool_)
    if not periods:
        rule = "must name at least one period"
        faults.add(raw.header, "period", None, rule, "add a column for each period")
    for cell in cells:
        stream, period = row_of.get(cell.stream), periods.index(cell.period)
        called = "/".join(part for part in cell.stream if part)
        if stream is None:
            if period == 0:
                rule = "is no stream of the stream table"
                faults.add(cell.place, "name", called, rule, "correct zone and name, or remove it")
            continue
        if seen[period, stream]:
            rule = f"has a value for {called} already"
            faults.add(cell.place, cell.period, cell.value, rule, "remove one of them")
            continue
        seen[period, stream] = True
        value = _number(cell.value)
        if value is None:
            unit, remedy = (
                ("kW", "0 if it stands still") if stream < len(keys) else ("h/a", "hours")
            )
            rule = f"must be a number ({unit})"
            faults.add(cell.place, cell.period, cell.value, rule, f"give one, {remedy}")
        elif stream == len(keys):
            found[period, stream] = value
        elif value < 0.0:
            rule = f"of {called} must not be negative; kind comes from the stream table"
            faults.add(cell.place, cell.period, cell.value, rule, "give the duty's amount")
        else:
            found[period, stream] = cell.unit.canonical(value)
    for stream in np.flatnonzero(~seen.all(axis=0)).tolist() if periods else []:
        called = "/".join(keys[stream]) if stream < len(keys) else HOURS
        lacking = ", ".join(
            name for name, is_seen in zip(periods, seen[:, stream], strict=True) if not is_seen
        )
        remedy = "add it, 0 kW for a standstill"
        if called == HOURS:
            remedy = "add the hours of each period"
        faults.add("", called, None, f"has no value in {lacking}", remedy)
    return periods, found[:, -1], found[:, :-1]


def _number(cell: object) -> float | None:
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _note_faults(periods: Periods, faults: FaultList) -> None:
    """Note what keeps periods from making sense."""
    n, hours = periods.n_periods, periods.hours_h_per_a
    if n == 0:
        faults.add("", "names", None, "there must be at least one period", "name it")
    if len(set(periods.names)) < n:
        faults.add("", "names", periods.names, "must differ", "rename periods")
    if hours.shape != (n,) or periods.duty_kW.ndim != 2 or periods.duty_kW.shape[0] != n:
        shapes = f"{hours.shape}, {periods.duty_kW.shape}"
        rule = f"must have the shapes ({n},) and ({n}, streams)"
        faults.add("", "hours_h_per_a, duty_kW", shapes, rule, "give a row for each period")
        return
    for name, value in zip(periods.names, hours.tolist(), strict=True):
        if not (math.isfinite(value) and value > 0.0):
            faults.add(f"period {name}", HOURS, value, "must be above 0 (h/a)", "give its duration")
    if hours.sum() > MOST_HOURS_H_PER_A + 1e-6:
        rule = f"must not exceed {MOST_HOURS_H_PER_A:g} h/a together"
        faults.add("", HOURS, f"{hours.sum():g}", rule, "shorten periods")
    for name, duty_kW in zip(periods.names, periods.duty_kW, strict=True):
        for stream in np.flatnonzero(~(np.isfinite(duty_kW) & (duty_kW >= 0.0))).tolist():
            rule = "must not be negative (kW); kind comes from the stream table"
            where = f"stream {stream + 1}, period {name}"
            faults.add(where, "heat_flow", duty_kW[stream], rule, "give the duty's amount")
        few = np.flatnonzero((duty_kW > 0.0) & (duty_kW < LEAST_SHARE * np.nansum(duty_kW)))
        for stream in few.tolist():
            rule = f"is less than {LEAST_SHARE:g} of all duties of the period: too little"
            where = f"stream {stream + 1}, period {name}"
            faults.add(
                where, "heat_flow", f"{duty_kW[stream]:g}", rule, "check its unit, or give 0"
            )
    for stream in np.flatnonzero(np.all(periods.duty_kW == 0.0, axis=0)).tolist():
        rule = "stands still in every period"
        faults.add(f"stream {stream + 1}", "heat_flow", 0, rule, "leave the stream out everywhere")
