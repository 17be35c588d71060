"""One sheet of an Excel workbook, turned into rows of raw cells.

A formula counts with the value that the spreadsheet program stored with it; nothing is calculated.
A formula without a stored value, as programs that never calculate write it, is refused.
"""

from __future__ import annotations

import io
from typing import Any

from milpcore.extras import require
from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.stream_cells import (
    RawTable,
    RefusedCell,
    content,
    empty_table,
    has_content,
    without_blank_columns,
)

SHEET = "streams"
_SAVE_AGAIN = "open the workbook in a spreadsheet program and save it there"


def workbook_table(
    data: bytes, title: str, sheet: str | None, faults: FaultList, *, usual_sheet: str = SHEET
) -> RawTable:
    """Read one sheet of a workbook.

    Parameters
    ----------
    data : bytes
        Content of the file.
    title : str
        Name of the file.
    sheet : str or None
        Name of the sheet; None for the one with the usual name, else the only one.
    faults : FaultList
        Receives a damaged file and a sheet that is missing or not named.
    usual_sheet : str
        The usual name, in small letters.

    Returns
    -------
    RawTable
        The cells, without columns after a fault.

    Raises
    ------
    MissingExtraError
        If the package openpyxl is missing.
    """
    openpyxl = require("openpyxl", "xlsx", "reading an Excel workbook")
    try:
        stored, written = (
            openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only)
            for data_only in (True, False)
        )
        names = [str(worksheet.title) for worksheet in stored.worksheets]
        chosen = _chosen_sheet(names, sheet, usual_sheet, faults)
        if chosen is None:
            return empty_table(title)
        pairs = zip(_cells(stored[chosen]), _cells(written[chosen]), strict=True)
        rows = [
            (f"row {number}", tuple(_cell(*pair) for pair in zip(*lines, strict=True)))
            for number, lines in enumerate(pairs, start=1)
        ]
    except Exception as error:  # whatever a damaged zip archive or XML part makes openpyxl raise
        reason = f"is not a readable workbook ({type(error).__name__})"
        faults.add("", "file", title, reason, _SAVE_AGAIN)
        return empty_table(title)
    rows = [row for row in rows if has_content(row[1])]
    if not rows:
        return empty_table(title)
    width = max(len(cells) for _, cells in rows)
    padded = [(place, cells + (None,) * (width - len(cells))) for place, cells in rows]
    place, header = padded[0]
    for cell in header:
        if isinstance(cell, RefusedCell):
            faults.add(place, "header", *cell)
            return empty_table(title)
    return without_blank_columns(title, place, header, padded[1:])


def _cells(worksheet: Any) -> Any:
    """Iterate over the rows of a sheet, whatever size the file claims it has."""
    worksheet.reset_dimensions()
    return worksheet.iter_rows()


def _cell(stored: Any, written: Any) -> object:
    """Return the value of a cell; type "str" without a value is the stored text of no letters."""
    if written.data_type == "f" and stored.value is None and stored.data_type != "str":
        formula = getattr(written.value, "text", written.value)
        return RefusedCell(shown(formula), "is a formula without a stored value", _SAVE_AGAIN)
    return content(stored.value)


def _chosen_sheet(
    names: list[str], sheet: str | None, usual_sheet: str, faults: FaultList
) -> str | None:
    """Return the sheet asked for, else the one with the usual name, else the only one."""
    if sheet is not None:
        if sheet in names:
            return sheet
        faults.add("", "sheet", sheet, "does not exist", f"sheets: {', '.join(names)}")
        return None
    named = [name for name in names if name.strip().casefold() == usual_sheet]
    if len(named) == 1 or len(names) == 1:
        return (named or names)[0]
    remedy = f"call the sheet '{usual_sheet}', or choose one with --sheet (in Python: sheet=...)"
    faults.add("", "sheet", ", ".join(names), "the workbook has several sheets", remedy)
    return None
