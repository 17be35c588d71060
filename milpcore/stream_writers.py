"""Writing a table of text and numbers as CSV or workbook, exactly and whole."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from milpcore.extras import require
from milpcore.faults import Fault, InputError
from milpcore.files import replacing
from milpcore.stream_workbook import SHEET


def write_table(table: pd.DataFrame, path: Path, *, sheet: str = SHEET) -> None:
    """Write a table by the suffix of its file: ``.csv`` or ``.xlsx``.

    Parameters
    ----------
    table : DataFrame
        Columns of text and of finite numbers; the index is not written.
    path : Path
        File to write or replace.
    sheet : str
        Name of the sheet of a workbook.

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    MissingExtraError
        If a workbook is written without the package openpyxl.
    """
    columns = [str(name) for name in table.columns]
    rows = list(zip(*(table[name].tolist() for name in columns), strict=True))
    suffix = path.suffix.lower()
    if suffix == ".csv":
        _write_csv(columns, rows, path)
    elif suffix == ".xlsx":
        _write_workbook(columns, rows, path, sheet)
    else:
        fault = Fault("", "file", str(path), "must be .csv or .xlsx", "give the file that suffix")
        raise InputError(str(path), (fault,))


def _write_csv(columns: list[str], rows: list[tuple[object, ...]], path: Path) -> None:
    """Write UTF-8 with commas; numbers with as many digits as it takes to read them back."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_workbook(
    columns: list[str], rows: list[tuple[object, ...]], path: Path, sheet: str
) -> None:
    """Write one sheet; text stays text even where it looks like a formula.

    Numbers are handed over as their shortest exact text, because openpyxl would cut them to 16
    digits; the cells are numbers all the same.
    """
    openpyxl = require("openpyxl", "xlsx", "writing an Excel workbook")
    book = openpyxl.Workbook()
    worksheet = book.active
    worksheet.title = sheet
    worksheet.append(columns)
    for row_number, row in enumerate(rows, start=2):
        for column_number, value in enumerate(row, start=1):
            text = value if isinstance(value, str) else repr(value)
            cell = worksheet.cell(row_number, column_number, text)
            cell.data_type = "s" if isinstance(value, str) else "n"
    with replacing(path) as temporary:
        book.save(temporary)
