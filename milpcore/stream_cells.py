"""What every reader of a stream table returns: rows of cells as found, and what a cell holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd


class RefusedCell(NamedTuple):
    """A cell that a reader found but cannot take; it becomes a fault of its row.

    Attributes
    ----------
    value, rule, remedy : str
        As in `milpcore.faults.Fault`.
    """

    value: str
    rule: str
    remedy: str


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
    may_have_decimal_commas : bool
        Whether commas are free for decimals, because they do not separate the columns of a text.
    """

    title: str
    header: str
    columns: tuple[str, ...]
    places: list[str]
    rows: list[tuple[object, ...]]
    may_have_decimal_commas: bool = False


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


def has_content(cells: tuple[object, ...]) -> bool:
    """Whether any cell is not blank."""
    return any(cell is not None for cell in cells)


def without_blank_columns(
    title: str,
    header_place: str,
    header: tuple[object, ...],
    rows: list[tuple[str, tuple[object, ...]]],
) -> RawTable:
    """Make a table of rows as long as the header; columns without any content are left out."""
    used = [
        i
        for i in range(len(header))
        if header[i] is not None or any(cells[i] is not None for _, cells in rows)
    ]
    return RawTable(
        title=title,
        header=header_place,
        columns=tuple("" if header[i] is None else str(header[i]) for i in used),
        places=[place for place, _ in rows],
        rows=[tuple(cells[i] for i in used) for _, cells in rows],
    )


def plain_number(value: object) -> float | None:
    """Read a number or its text; None when it is neither.

    Examples
    --------
    >>> plain_number("62.5"), plain_number("1_000"), plain_number(True)
    (62.5, None, None)
    """
    if isinstance(value, bool | np.bool_ | np.timedelta64):
        return None
    if isinstance(value, str):
        if "_" in value or not value.isascii():
            return None
    elif not isinstance(value, Real | Decimal):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return None


def number_remedy(value: object) -> str:
    """Say how to write the number, by what is wrong with it."""
    if isinstance(value, date):
        return "the spreadsheet made it a date; format the cell as a number"
    if isinstance(value, str) and re.fullmatch(r"[+-]?[\d.]*,\d+", value):
        return "write a decimal point and no thousands separator, such as 73.5"
    return "write the number alone, such as 73.5, without unit"
