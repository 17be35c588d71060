"""CSV text of a stream table, turned into rows of raw cells.

Columns are separated by commas or, as spreadsheets write where the comma is the decimal sign, by
semicolons. Which of them it is shows in the header, because column names are known; nothing else
is tried. A text in a wrong encoding or with other separators is refused, but read on all the same,
so that its other faults come in the same message.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress

from milpcore.faults import FaultList
from milpcore.stream_cells import (
    RawTable,
    content,
    empty_table,
    has_content,
    without_blank_columns,
)
from milpcore.stream_units import split_unit

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ACCEPTED = (",", ";")
_SAVE_AS_CSV = "save it as 'CSV UTF-8' in the spreadsheet program"

Cells = tuple[object, ...]


def csv_table(data: bytes, title: str, known: Sequence[str], faults: FaultList) -> RawTable:
    """Split the content of a CSV file into cells.

    Parameters
    ----------
    data : bytes
        Content, UTF-8 with or without byte order mark, separated by commas or semicolons.
    title : str
        Name of the file.
    known : sequence of str
        Known column names, by which the delimiter shows.
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
    delimiter = _delimiter(text, known)
    lines: list[tuple[int, Cells]] = []
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    first_line = 1
    try:
        for cells in reader:
            lines.append((first_line, tuple(content(cell) for cell in cells)))
            first_line = reader.line_num + 1
    except csv.Error as error:
        rule = f"is not CSV: {error}"
        faults.add(f"line {reader.line_num}", "line", None, rule, "check the quotes")
        return empty_table(title)
    lines = [line for line in lines if has_content(line[1])]
    if lines and _declares_delimiter(lines[0][1]):
        del lines[0]
    if not lines:
        return empty_table(title)
    place, header = lines[0]
    if delimiter not in _ACCEPTED:
        rule = f"columns must be separated by commas or semicolons, not {_DELIMITERS[delimiter]}"
        value = delimiter.replace("\t", r"\t")
        faults.add(f"line {place}", "delimiter", value, rule, _SAVE_AS_CSV)
    rows = list(_fitting(header, lines[1:], delimiter, faults))
    table = without_blank_columns(title, f"line {place}", header, rows)
    return table._replace(may_have_decimal_commas=delimiter != ",")


def _decoded(data: bytes, title: str, faults: FaultList) -> str | None:
    """Decode UTF-8, or say what the content is instead; None when it is no text."""
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
        text = data.decode("cp1252", errors="replace")  # to look for further faults only
    else:
        if b"\0" in data:
            faults.add("", "encoding", "NUL characters", "must be UTF-8", _SAVE_AS_CSV)
    return None if "\0" in text else text


def _delimiter(text: str, known: Sequence[str]) -> str:
    """Return the delimiter by which the header shows the most columns, in doubt the comma."""
    names = {name.casefold() for name in known}

    def n_columns(delimiter: str) -> tuple[int, int]:
        cells = _header(text, delimiter)
        return len(names.intersection(split_unit(cell)[0].casefold() for cell in cells)), len(cells)

    return max(_DELIMITERS, key=n_columns)


def _header(text: str, delimiter: str) -> list[str]:
    """Return the first line with content, its cells stripped."""
    separators = " ".join(_DELIMITERS)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    with suppress(csv.Error):
        for line in lines:
            cells = [cell.strip() for cell in line]
            if not "".join(cells).strip(separators) or _declares_delimiter(tuple(cells)):
                continue
            return cells
    return []


def _declares_delimiter(cells: Cells) -> bool:
    """Whether the line is the ``sep=;`` of a spreadsheet program."""
    return str(cells[0]).casefold() in {"sep=", *(f"sep={delimiter}" for delimiter in _DELIMITERS)}


def _fitting(
    header: Cells, lines: list[tuple[int, Cells]], delimiter: str, faults: FaultList
) -> Iterator[tuple[str, Cells]]:
    """Yield the lines that are as long as the header."""
    word = _DELIMITERS[delimiter]
    commas = "decimal commas, " if delimiter == "," else ""
    remedy = f"check for {commas}missing {word}, or {word} in a name without quotes"
    for number, cells in lines:
        if len(cells) == len(header):
            yield f"line {number}", cells
            continue
        rule = f"has {len(cells)} values, the header has {len(header)}"
        faults.add(f"line {number}", "line", None, rule, remedy)
