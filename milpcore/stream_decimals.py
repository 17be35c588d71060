"""Decimal commas in a text whose columns are not separated by commas.

One decimal sign holds for the whole table, and the numbers must show which: ``62,5`` and ``0,125``
do, ``1,234`` does not, because it may be a group of thousands. A number with the other sign, or
with groups of thousands, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from milpcore.naming import shown
from milpcore.stream_cells import RawTable, RefusedCell

_ONE_SIGN = re.compile(r"[+-]?\d*([.,])\d*(?:[eE][+-]?\d+)?", flags=re.ASCII)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", flags=re.ASCII)
_THOUSANDS = re.compile(
    r"[+-]?\d{1,3}(?:[.,'’ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]\d{3})+(?:[.,]\d+)?",
    flags=re.ASCII,
)
_SIGN_NAMES = {",": "comma", ".": "point"}


def with_decimal_points(raw: RawTable, number_columns: Collection[int]) -> RawTable:
    """Write all numbers with decimal points, or refuse their cells.

    Parameters
    ----------
    raw : RawTable
        Cells as found.
    number_columns : collection of int
        Places of the columns of numbers.

    Returns
    -------
    RawTable
        The same table; cells of numbers that cannot be told for sure are `RefusedCell`.

    Examples
    --------
    >>> raw = RawTable("", "", ("name", "t_supply"), ["line 2"], [("62,5", "62,5")])
    >>> with_decimal_points(raw, [1]).rows
    [('62,5', '62.5')]
    """
    shown_by: dict[str, str] = {}
    for place, row in zip(raw.places, raw.rows, strict=True):
        for column in number_columns:
            cell = row[column]
            match = _ONE_SIGN.fullmatch(cell) if isinstance(cell, str) else None
            if match is not None and not _MAY_BE_THOUSANDS.fullmatch(match[0]):
                shown_by.setdefault(match[1], f"{match[0]} ({place})")
    rows = [
        tuple(
            _with_point(cell, shown_by) if column in number_columns else cell
            for column, cell in enumerate(row)
        )
        for row in raw.rows
    ]
    return raw._replace(rows=rows)


def _with_point(cell: object, shown_by: Mapping[str, str]) -> object:
    """Return the cell with a decimal point; refused where it is not certain what it means."""
    if not isinstance(cell, str):
        return cell
    match = _ONE_SIGN.fullmatch(cell)
    if match is None:
        if _THOUSANDS.fullmatch(cell):
            return RefusedCell(shown(cell), "has thousands separators", "write it without them")
        return cell
    if not shown_by:
        whole = cell.replace(match[1], "")
        rule = f"may be {whole} or a number with three decimals"
        return RefusedCell(cell, rule, f"write {whole} or {cell}0, whichever is meant")
    decimal = "," if "," in shown_by else "."
    if match[1] != decimal:
        rule = f"has a {_SIGN_NAMES[match[1]]}, but the decimal sign is that of {shown_by[decimal]}"
        remedy = "write all numbers with the same decimal sign, without thousands separators"
        return RefusedCell(cell, rule, remedy)
    return cell.replace(",", ".")
