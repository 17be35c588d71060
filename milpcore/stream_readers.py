"""Sources of a stream table, each turned into rows of raw cells; what they mean is checked later.

A reader knows where a row stands (line of a file, row of a sheet, index of a DataFrame, place in
a list) and nothing about streams, except that the header lets it see a wrong delimiter. Blanks
around a header or a text cell are not part of it. Rows and columns without any content are not
rows and columns.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from milpcore.cases import case_names
from milpcore.extras import require
from milpcore.faults import FaultList
from milpcore.files import read_bytes
from milpcore.naming import shown

SHEET = "streams"
BOOKKEEPING = ("loc", "index")
"""Keys of OpenPinch records that carry no physical data and are left out."""
_RECORD_TABLES = ("streams", "utilities", "options", "zone_tree", "network")
_WORKBOOKS = (".xlsx", ".xlsm")
_TEXTS = (".csv", ".txt", "")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAVE_AS_CSV = "save it as 'CSV UTF-8 (comma delimited)'"


class RawTable(NamedTuple):
    """Cells as found.

    Attributes
    ----------
    title : str
        Name of the source, heading of the error message.
    header : str
        Where the column names stand, in the user's words.
    columns : tuple of str
        Column names, stripped.
    places : list of str
        Where each row stands.
    rows : list of tuple
        Cells of each row, one a column; None is blank.
    """

    title: str
    header: str
    columns: tuple[str, ...]
    places: list[str]
    rows: list[tuple[object, ...]]


def read_raw(
    source: object, known: Sequence[str], sheet: str | None, faults: FaultList
) -> RawTable:
    """Read any source that `read_streams` accepts.

    Parameters
    ----------
    source : object
        Path, DataFrame, list of dicts, or dict with the key "streams".
    known : sequence of str
        Known column names, by which a wrong delimiter shows.
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
        return _file_table(Path(source), known, sheet, faults)
    if isinstance(source, pd.DataFrame):
        return _frame_table(source)
    if isinstance(source, Mapping):
        source = _records_of(source, faults)
    if isinstance(source, list | tuple):
        return _record_table(source, faults)
    accepted = "must be a path, a DataFrame, a list of dicts or a dict with the key 'streams'"
    faults.add("", "source", type(source).__name__, accepted, "pass one of these")
    return empty_table("streams")


def empty_table(title: str) -> RawTable:
    """Return a table without columns and rows."""
    return RawTable(title, "", (), [], [])


def content(cell: object) -> object:
    """Return what a cell holds: text without surrounding blanks, None where there is nothing.

    NaN, NA and NaT are how DataFrames and JSON spell a blank; so is a unit without a value.

    Examples
    --------
    >>> content(" H1 "), content("  "), content({"value": float("nan"), "unit": "kW"})
    ('H1', None, None)
    """
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, Mapping) and "value" in cell and content(cell["value"]) is None:
        return None
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return None
    return None if isinstance(cell, float | np.floating) and np.isnan(cell) else cell


def csv_table(data: bytes, title: str, known: Sequence[str], faults: FaultList) -> RawTable:
    """Split the content of a CSV file into cells.

    Parameters
    ----------
    data : bytes
        Content, UTF-8 with or without byte order mark, comma delimited.
    title : str
        Name of the file.
    known : sequence of str
        Known column names.
    faults : FaultList
        Receives wrong encoding, wrong delimiter and lines of a wrong length.

    Returns
    -------
    RawTable
        The cells, without columns after a fault that leaves nothing to look at.
    """
    text = _decoded(data, title, faults)
    if text is None:
        return empty_table(title)
    lines: list[tuple[int, tuple[object, ...]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    first_line = 1
    try:
        for cells in reader:
            lines.append((first_line, tuple(content(cell) for cell in cells)))
            first_line = reader.line_num + 1
    except csv.Error as error:
        rule = f"is not CSV: {error}"
        faults.add(f"line {reader.line_num}", "line", None, rule, "check the quotes")
        return empty_table(title)
    lines = [line for line in lines if _has_content(line[1])]
    if not lines:
        return empty_table(title)
    place, header = lines[0]
    if _delimiter_fault(place, header, known, faults):
        return empty_table(title)
    rows = [(f"line {number}", cells) for number, cells in lines[1:]]
    return _rectangle(title, f"line {place}", header, rows, faults)


def _file_table(path: Path, known: Sequence[str], sheet: str | None, faults: FaultList) -> RawTable:
    """Read a CSV file or a workbook, by its suffix."""
    title = str(path)
    suffix = path.suffix.lower()
    if sheet is not None and suffix not in _WORKBOOKS:
        faults.add("", "sheet", sheet, "is for workbooks only (.xlsx)", "leave the sheet out")
        return empty_table(title)
    if suffix not in _TEXTS + _WORKBOOKS:
        remedy = "save it as .csv or .xlsx, or pass its content as a DataFrame or a list of dicts"
        faults.add("", "file", title, "must be .csv or .xlsx", remedy)
        return empty_table(title)
    if title in case_names() and not path.exists():
        remedy = f"the bundled table of this name is load_case({title!r})"
        faults.add("", "file", title, "does not exist", remedy)
        return empty_table(title)
    before = len(faults)
    data = read_bytes(path, faults)
    if len(faults) > before:
        return empty_table(title)
    if suffix in _WORKBOOKS:
        return _workbook_table(data, title, sheet, faults)
    return csv_table(data, title, known, faults)


def _decoded(data: bytes, title: str, faults: FaultList) -> str | None:
    """Decode UTF-8, or say what the content is instead."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        remedy = "name it .xlsx, or save it as CSV"
        faults.add("", "file", title, "is an Excel workbook, not a CSV file", remedy)
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        value = f"byte 0x{data[error.start]:02x}"
        faults.add(f"line {line}", "encoding", value, "must be UTF-8", _SAVE_AS_CSV)
        return None
    if "\0" in text:
        faults.add("", "encoding", "NUL characters", "must be UTF-8", _SAVE_AS_CSV)
        return None
    return text


def _delimiter_fault(
    line: int, header: tuple[object, ...], known: Sequence[str], faults: FaultList
) -> bool:
    """Note a header that shows known columns only when split elsewhere than at commas."""
    names = {name.casefold() for name in known}
    if any(str(cell).casefold() in names for cell in header):
        return False
    text = ",".join("" if cell is None else str(cell) for cell in header)
    for delimiter, word in _DELIMITERS.items():
        parts = {part.strip().strip('"').casefold() for part in text.split(delimiter)}
        if len(parts & names) >= 2 or text.casefold() == f"sep={delimiter}":
            remedy = (
                "save it with commas and decimal points, or pass "
                f"pandas.read_csv(path, sep={delimiter!r}, decimal=',')"
            )
            rule = f"columns must be separated by commas, not {word}"
            faults.add(f"line {line}", "delimiter", delimiter.replace("\t", r"\t"), rule, remedy)
            return True
    return False


def _workbook_table(data: bytes, title: str, sheet: str | None, faults: FaultList) -> RawTable:
    """Read one sheet of an Excel workbook; formulas count with the value last calculated."""
    openpyxl = require("openpyxl", "xlsx", "reading an Excel workbook")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        names = [str(worksheet.title) for worksheet in book.worksheets]
        chosen = _chosen_sheet(names, sheet, faults)
        if chosen is None:
            return empty_table(title)
        book[chosen].reset_dimensions()
        rows = [
            (f"row {number}", tuple(content(cell) for cell in cells))
            for number, cells in enumerate(book[chosen].iter_rows(values_only=True), start=1)
        ]
    except Exception as error:  # whatever a damaged zip archive or XML part makes openpyxl raise
        reason = f"is not a readable workbook ({type(error).__name__})"
        faults.add("", "file", title, reason, "open it in a spreadsheet program and save it again")
        return empty_table(title)
    rows = [row for row in rows if _has_content(row[1])]
    if not rows:
        return empty_table(title)
    width = max(len(cells) for _, cells in rows)
    padded = [(place, cells + (None,) * (width - len(cells))) for place, cells in rows]
    return _rectangle(title, *padded[0], padded[1:], faults)


def _chosen_sheet(names: list[str], sheet: str | None, faults: FaultList) -> str | None:
    """Return the sheet asked for, else the one called "streams", else the only one."""
    if sheet is not None:
        if sheet in names:
            return sheet
        faults.add("", "sheet", sheet, "does not exist", f"sheets: {', '.join(names)}")
        return None
    named = [name for name in names if name.strip().casefold() == SHEET]
    if len(named) == 1 or len(names) == 1:
        return (named or names)[0]
    remedy = f"call the sheet '{SHEET}', or choose one with sheet=..."
    faults.add("", "sheet", ", ".join(names), "the workbook has several sheets", remedy)
    return None


def _frame_table(frame: pd.DataFrame) -> RawTable:
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
    names = tuple(name for name in columns if name not in BOOKKEEPING)
    rows = [tuple(cells.get(name) for name in names) for _, cells in kept]
    return RawTable("list of dicts", "keys", names, [place for place, _ in kept], rows)


def _rectangle(
    title: str,
    header_place: str,
    header: tuple[object, ...],
    rows: Iterable[tuple[str, tuple[object, ...]]],
    faults: FaultList,
) -> RawTable:
    """Check that rows are as long as the header, and leave out columns without any content."""
    fitting = []
    for place, cells in rows:
        if len(cells) == len(header):
            fitting.append((place, cells))
            continue
        rule = f"has {len(cells)} values, the header has {len(header)}"
        remedy = "check for decimal commas, missing commas, or commas in a name without quotes"
        faults.add(place, "line", None, rule, remedy)
    used = [
        i
        for i in range(len(header))
        if header[i] is not None or any(cells[i] is not None for _, cells in fitting)
    ]
    return RawTable(
        title=title,
        header=header_place,
        columns=tuple("" if header[i] is None else str(header[i]) for i in used),
        places=[place for place, _ in fitting],
        rows=[tuple(cells[i] for i in used) for _, cells in fitting],
    )


def _has_content(cells: tuple[object, ...]) -> bool:
    """Whether any cell is not blank."""
    return any(cell is not None for cell in cells)
