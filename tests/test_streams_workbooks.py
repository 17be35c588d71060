"""Formulas of a workbook: the value stored with them, or a refusal."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from helpers_streams import HEADER, fault_lines, record
from openpyxl.worksheet.formula import ArrayFormula

from milpcore.streams import read_streams

RULE = "is a formula without a stored value"
SAVE = "open the workbook in a spreadsheet program and save it there"


def book_with(tmp_path: Path, *values: Any, header: str = f"{HEADER},kind") -> Path:
    """A workbook as a program writes it that does not calculate."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(header.split(","))
    sheet.append(values)
    book.save(tmp_path / "streams.xlsx")
    return tmp_path / "streams.xlsx"


def store(path: Path, written: str, stored: str) -> None:
    """Replace XML of the sheet, as a spreadsheet program does when it stores values."""
    copy = path.with_suffix(".copy")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert written.encode() in data
                data = data.replace(written.encode(), stored.encode())
            target.writestr(name, data)
    shutil.move(copy, path)


@pytest.mark.parametrize(
    "formula", ["=450*2", ArrayFormula("E2", "=450*2")], ids=["plain", "array"]
)
def test_a_formula_without_a_stored_value_is_no_blank(tmp_path: Path, formula: Any) -> None:
    path = book_with(tmp_path, "site", "H1", 150, 60, formula, 5, None)
    assert fault_lines(read_streams, path) == [
        f"row 2 (site/H1): heat_flow = =450*2: {RULE}; {SAVE}"
    ]


def test_all_such_formulas_are_listed_with_the_other_faults(tmp_path: Path) -> None:
    path = book_with(tmp_path, "site", '="H"&1', "=C1", -300, 900, 5, "=G1")
    lines = fault_lines(read_streams, path)
    assert lines[:3] == [
        f'row 2 (site): name = ="H"&1: {RULE}; {SAVE}',
        f"row 2 (site): t_supply = =C1: {RULE}; {SAVE}",
        f"row 2 (site): kind = =G1: {RULE}; {SAVE}",
    ]
    assert [line.split(" = ")[0] for line in lines[3:]] == ["row 2 (site): t_target"]


def test_such_a_formula_counts_as_given(tmp_path: Path) -> None:
    header = f"{HEADER},kind,heat_capacity_flowrate"
    path = book_with(tmp_path, "site", "H1", 60, 60, None, 5, "=A1", "=A2", header=header)
    assert fault_lines(read_streams, path) == [
        f"row 2 (site/H1): kind = =A1: {RULE}; {SAVE}",
        f"row 2 (site/H1): heat_capacity_flowrate = =A2: {RULE}; {SAVE}",
    ]


def test_a_stored_value_is_read_also_when_it_is_no_text(tmp_path: Path) -> None:
    path = book_with(tmp_path, "site", "H1", 150, 60, "=450*2", 5, '=""')
    store(path, '<c r="E2"><f>450*2</f><v /></c>', '<c r="E2"><f>450*2</f><v>900</v></c>')
    store(path, '<c r="G2"><f>""</f><v /></c>', '<c r="G2" t="str"><f>""</f><v></v></c>')
    assert read_streams(path) == read_streams([record()])


def test_a_formula_without_a_stored_value_in_the_header(tmp_path: Path) -> None:
    path = book_with(tmp_path, "site", "H1", 150, 60, 900, 5, header=f"{HEADER},=A1")
    assert fault_lines(read_streams, path) == [f"row 1: header = =A1: {RULE}; {SAVE}"]
