"""Sources of a stream table, each turned into rows of raw cells; what they mean is checked later.

A reader knows where a row stands (line of a file, row of a sheet, index of a DataFrame, place in
a list) and nothing about streams, except that the header shows how a text is delimited. Blanks
around a header or a text cell are not part of it. Rows and columns without any content are not
rows and columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from milpcore.cases import case_names
from milpcore.faults import FaultList
from milpcore.files import read_bytes
from milpcore.naming import shown
from milpcore.stream_cells import RawTable, content, empty_table
from milpcore.stream_csv import csv_table
from milpcore.stream_workbook import SHEET, workbook_table

_RECORD_TABLES = ("streams", "utilities", "options", "zone_tree", "network")
_WORKBOOKS = (".xlsx", ".xlsm")
_TEXTS = (".csv", ".txt", "")


def read_raw(
    source: object, known: Sequence[str], sheet: str | None, faults: FaultList
) -> RawTable:
    """Read any source that `read_streams` accepts.

    Parameters
    ----------
    source : object
        Path, DataFrame, list of dicts, or dict with the key "streams".
    known : sequence of str
        Known column names, by which the delimiter of a text shows.
    sheet : str or None
        Sheet of a workbook.
    faults : FaultList
        Receives what keeps the source from being read.

    Returns
    -------
    RawTable
        The cells; without rows and columns after a fault that leaves nothing to look at.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if sheet is None and str(path) in case_names() and not path.exists():
            remedy = f"the bundled table of this name is load_case({str(path)!r})"
            faults.add("", "file", path, "does not exist", remedy)
            return empty_table(str(path))
        return file_table(path, known, sheet, faults)
    if isinstance(source, pd.DataFrame):
        return frame_table(source)
    if isinstance(source, Mapping):
        source = _records_of(source, faults)
    if isinstance(source, list | tuple):
        return _record_table(source, faults)
    accepted = "must be a path, a DataFrame, a list of dicts or a dict with the key 'streams'"
    faults.add("", "source", type(source).__name__, accepted, "pass one of these")
    return empty_table("streams")


def file_table(
    path: Path,
    known: Sequence[str],
    sheet: str | None,
    faults: FaultList,
    *,
    usual_sheet: str = SHEET,
    other_ways: str = "a DataFrame or a list of dicts",
) -> RawTable:
    """Read a CSV file or a workbook, by its suffix.

    Parameters
    ----------
    path : Path
        The file.
    known : sequence of str
        Known column names, by which the delimiter of a text shows.
    sheet : str or None
        Sheet of a workbook; None for the one with the usual name, else the only one.
    faults : FaultList
        Receives what keeps the file from being read.
    usual_sheet : str
        The usual name, in small letters.
    other_ways : str
        What the content may be passed as instead, for messages.

    Returns
    -------
    RawTable
        The cells; without rows and columns after a fault that leaves nothing to look at.
    """
    title = str(path)
    suffix = path.suffix.lower()
    if sheet is not None and suffix not in _WORKBOOKS:
        faults.add("", "sheet", sheet, "is for workbooks only (.xlsx)", "leave the sheet out")
        return empty_table(title)
    if suffix not in _TEXTS + _WORKBOOKS:
        remedy = f"save it as .csv or .xlsx, or pass its content as {other_ways}"
        faults.add("", "file", title, "must be .csv or .xlsx", remedy)
        return empty_table(title)
    before = len(faults)
    data = read_bytes(path, faults)
    if len(faults) > before:
        return empty_table(title)
    if suffix in _WORKBOOKS:
        return workbook_table(data, title, sheet, faults, usual_sheet=usual_sheet)
    return csv_table(data, title, known, faults)


def frame_table(frame: pd.DataFrame) -> RawTable:
    """Take the cells of a DataFrame; NaN, NA and NaT are blank."""
    columns = [frame.iloc[:, i].tolist() for i in range(frame.shape[1])]
    return RawTable(
        title="DataFrame",
        header="columns",
        columns=tuple(str(name).strip() for name in frame.columns),
        places=[f"index {label}" for label in frame.index],
        rows=[tuple(content(cells[i]) for cells in columns) for i in range(len(frame))],
    )


def _records_of(source: Mapping[object, object], faults: FaultList) -> object:
    """Return the list under "streams"; utilities and options of an OpenPinch dict are left out."""
    for key in source:
        if key not in _RECORD_TABLES:
            remedy = f"known: {', '.join(_RECORD_TABLES)}"
            faults.add("", shown(key), None, "unknown key beside 'streams'", remedy)
    if "streams" not in source:
        remedy = "pass {'streams': [...]} or the list itself"
        faults.add("", "streams", None, "must be a key of the dict", remedy)
        return []
    records = source["streams"]
    if isinstance(records, list | tuple):
        return records
    remedy = "pass a list of dicts, one a stream"
    faults.add("", "streams", type(records).__name__, "must be a list of dicts", remedy)
    return []


def _record_table(records: Sequence[object], faults: FaultList) -> RawTable:
    """Take the cells of a list of dicts; a key that a record lacks is blank there."""
    kept: list[tuple[str, dict[str, object]]] = []
    for number, record in enumerate(records):
        place = f"streams[{number}]"
        if isinstance(record, Mapping):
            kept.append((place, {str(key): content(cell) for key, cell in record.items()}))
        else:
            rule = "must be a dict"
            faults.add(place, "stream", type(record).__name__, rule, "pass one dict a stream")
    columns = dict.fromkeys(itertools.chain.from_iterable(cells for _, cells in kept))
    rows = [tuple(cells.get(name) for name in columns) for _, cells in kept]
    return RawTable("list of dicts", "keys", tuple(columns), [place for place, _ in kept], rows)
