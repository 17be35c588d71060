"""Every message of the stream table, and that all faults come in one error."""

from __future__ import annotations

import datetime as dt
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from helpers_streams import HEADER, fault_lines, record

from milpcore.extras import MissingExtraError
from milpcore.faults import InputError
from milpcore.streams import (
    Streams,
    case_source,
    load_case,
    read_streams,
    write_streams,
)
from milpcore.targets import targets

ROW = "site,H1,150,60,900,5"
AT = "streams[0] (site/H1): "
MISSING = "is missing (blank or NaN)"
NUMBER = "is not a number; write the number alone, such as 73.5, without unit"
COMMA = "is not a number; write a decimal point and no thousands separator, such as 73.5"
POSITIVE = (
    "must be positive (kW); give the amount of the duty; hot or cold follows from the temperatures"
)
TOO_LARGE = "check the value and its unit"
ZERO = "must not be below absolute zero (-273.15 °C, 0 K); check the value and its unit"
DT = "give the stream's share of the minimum temperature difference, such as 5"
EMPTY = (
    "table = no rows: must have at least one stream; give one row a stream, with the columns "
    "zone,name,kind,t_supply,t_target,heat_flow,dt_cont"
)
SAVE = "save it as 'CSV UTF-8' in the spreadsheet program"
AGAIN = "open the workbook in a spreadsheet program and save it there"
LENGTH = "check for decimal commas, missing commas, or commas in a name without quotes"


def csv_faults(tmp_path: Path, content: str | bytes, **options: Any) -> list[str]:
    path = tmp_path / "streams.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return fault_lines(read_streams, path, **options)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"t_supply": None}, f"t_supply: {MISSING}; give it (°C)"),
        ({"t_supply": float("nan")}, f"t_supply: {MISSING}; give it (°C)"),
        ({"dt_cont": pd.NA}, f"dt_cont: {MISSING}; give it (K)"),
        ({"t_supply": "nan"}, "t_supply = nan: must be finite; give a finite number"),
        ({"t_supply": "inf"}, "t_supply = inf: must be finite; give a finite number"),
        ({"t_supply": -np.inf}, "t_supply = -inf: must be finite; give a finite number"),
        ({"t_supply": "1e999"}, "t_supply = 1e999: must be finite; give a finite number"),
        (
            {"heat_flow": 10**400},
            f"heat_flow = {'1' + '0' * 58}…: must be finite; give a finite number",
        ),
        (
            {"heat_flow": 10**5000},
            "heat_flow = a very large number: must be finite; give a finite number",
        ),
        ({"heat_flow": Decimal("NaN")}, "heat_flow = NaN: must be finite; give a finite number"),
        ({"heat_flow": Decimal("sNaN")}, f"heat_flow = sNaN: {NUMBER}"),
        ({"t_supply": "hot"}, f"t_supply = hot: {NUMBER}"),
        ({"t_supply": "150 °C"}, f"t_supply = 150 °C: {NUMBER}"),
        ({"t_supply": "1_50"}, f"t_supply = 1_50: {NUMBER}"),
        ({"t_supply": "１５０"}, f"t_supply = １５０: {NUMBER}"),
        ({"t_supply": "150,5"}, f"t_supply = 150,5: {COMMA}"),
        ({"heat_flow": "1.900,5"}, f"heat_flow = 1.900,5: {COMMA}"),
        ({"t_supply": True}, f"t_supply = True: {NUMBER}"),
        ({"t_supply": np.timedelta64(5, "s")}, f"t_supply = 5 seconds: {NUMBER}"),
        ({"t_supply": 1j}, f"t_supply = 1j: {NUMBER}"),
        ({"t_supply": [150]}, f"t_supply = [150]: {NUMBER}"),
        (
            {"heat_flow": dt.datetime(2024, 5, 9)},
            "heat_flow = 2024-05-09 00:00:00: is not a number; "
            "the spreadsheet made it a date; format the cell as a number",
        ),
        ({"t_supply": None, "kind": "hot"}, f"t_supply: {MISSING}; give it (°C)"),
        ({"t_target": None, "kind": "cold"}, f"t_target: {MISSING}; give it (°C)"),
        ({"heat_flow": 1e308}, f"heat_flow = 1e+308: must not be above 1e+12 kW; {TOO_LARGE}"),
        (
            {"heat_flow": {"value": 1.1e9, "unit": "MW"}},
            f"heat_flow = 1100000000.0 MW: must not be above 1e+12 kW; {TOO_LARGE}",
        ),
        (
            {"heat_flow": None, "heat_capacity_flowrate": 1e13},
            f"heat_capacity_flowrate = 10000000000000.0: must not be above 1e+12 kW/K; {TOO_LARGE}",
        ),
        (
            {"t_supply": 1000001},
            f"t_supply = 1000001: must not be above 1e+06 °C; {TOO_LARGE}",
        ),
        ({"dt_cont": 2e6}, f"dt_cont = 2000000.0: must not be above 1e+06 K; {TOO_LARGE}"),
        ({"htc": 1e300}, f"htc = 1e+300: must not be above 1e+12 kW/(m² K); {TOO_LARGE}"),
        ({"t_target": -274}, f"t_target = -274: {ZERO}"),
        ({"t_target": {"value": -1, "unit": "K"}}, f"t_target = -1 K: {ZERO}"),
        ({"heat_flow": 0}, f"heat_flow = 0: {POSITIVE}"),
        ({"heat_flow": "-900.0"}, f"heat_flow = -900.0: {POSITIVE}"),
        ({"heat_flow": {"value": -1, "unit": "MW"}}, f"heat_flow = -1 MW: {POSITIVE}"),
        (
            {"heat_capacity_flowrate": 0, "heat_flow": None},
            "heat_capacity_flowrate = 0: must be positive (kW/K); "
            "give its amount; hot or cold follows from the temperatures",
        ),
        (
            {"heat_capacity_flowrate": -10},
            "heat_capacity_flowrate = -10: must be positive (kW/K); "
            "give its amount; hot or cold follows from the temperatures",
        ),
        ({"dt_cont": -0.1}, f"dt_cont = -0.1: must not be negative (K); {DT}"),
        (
            {"htc": 0},
            "htc = 0: must be positive (kW/(m² K)); give it in every row or leave the column out",
        ),
        (
            {"t_supply": {"value": 150, "unit": "F"}},
            "t_supply = 150 F: unknown unit; known: °C, K",
        ),
        (
            {"t_supply": {"value": 150, "unit": "delta_degC"}},
            "t_supply = 150 delta_degC: unknown unit; known: °C, K",
        ),
        (
            {"dt_cont": {"value": 5, "unit": "F"}},
            "dt_cont = 5 F: unknown unit; known: K, °C, delta_degC",
        ),
        (
            {"heat_flow": {"value": 900, "unit": "mW"}},
            "heat_flow = 900 mW: unknown unit; known: W, kW, MW",
        ),
        (
            {"heat_flow": {"value": 900, "unit": 7}},
            "heat_flow = 900 7: unknown unit; known: W, kW, MW",
        ),
        (
            {"heat_capacity_flowrate": {"value": 10, "unit": "kW"}},
            "heat_capacity_flowrate = 10 kW: unknown unit; known: W/K, kW/K, MW/K",
        ),
        (
            {"htc": {"value": 10, "unit": "kW/m2"}},
            "htc = 10 kW/m2: unknown unit; known: W/(m² K), kW/(m² K), MW/(m² K)",
        ),
        (
            {"heat_flow": {"values": [1, 2], "unit": "kW"}},
            "heat_flow = {'values': [1, 2], 'unit': 'kW'}: "
            "must be a number or {'value': ..., 'unit': ...}; give one value and its unit",
        ),
        (
            {"heat_flow": {"value": 1, "unit": "kW", "units": "MW"}},
            "heat_flow = {'value': 1, 'unit': 'kW', 'units': 'MW'}: "
            "must be a number or {'value': ..., 'unit': ...}; give one value and its unit",
        ),
        (
            {"kind": "warm"},
            "kind = warm: must be hot or cold; write hot or cold, or leave it blank",
        ),
        ({"kind": 1}, "kind = 1: must be hot or cold; write hot or cold, or leave it blank"),
        (
            {"kind": "cold"},
            "kind = cold: contradicts the temperatures (150 to 60 °C), which make the stream hot; "
            "swap t_supply and t_target, or correct the kind",
        ),
        (
            {"t_target": 150},
            "kind: isothermal stream (t_supply = t_target) needs a kind; "
            "add the column kind with hot or cold",
        ),
        (
            {"heat_flow": None},
            f"heat_flow: {MISSING}; give heat_flow or heat_capacity_flowrate",
        ),
        (
            {"heat_capacity_flowrate": 11},
            "heat_capacity_flowrate = 11: over 90 K makes 990 kW and contradicts the heat_flow of "
            "900 kW; correct one of them or leave it blank",
        ),
        (
            {"heat_flow": None, "heat_capacity_flowrate": 7, "t_target": 150, "kind": "hot"},
            "heat_capacity_flowrate = 7: over 0 K makes 0 kW; give heat_flow instead",
        ),
        (
            {"heat_flow": None, "heat_capacity_flowrate": 2e10},
            "heat_capacity_flowrate = 20000000000.0: over 90 K makes 1.8e+12 kW, and heat_flow "
            f"must not be above 1e+12 kW; {TOO_LARGE}",
        ),
    ],
)
def test_faults_of_one_number_or_kind(changes: dict[str, object], expected: str) -> None:
    assert fault_lines(read_streams, [record(**changes)]) == [AT + expected]


def test_the_largest_values_are_accepted_and_their_sums_are_finite() -> None:
    largest = {"heat_flow": 1e12, "t_supply": 1e6, "t_target": -273.15, "dt_cont": 0.0}
    streams = read_streams([record(**largest, name=str(number)) for number in range(9)])
    assert targets(streams).cold_utility_kW == 9e12


@pytest.mark.parametrize(
    ("changes", "label", "expected"),
    [
        ({"zone": " "}, "H1", "zone: is empty; give every stream a zone and a name"),
        ({"name": None}, "site", "name: is empty; give every stream a zone and a name"),
        ({"name": float("nan")}, "site", "name: is empty; give every stream a zone and a name"),
        ({"name": 1.5}, "site/1.5", "name = 1.5: must be text; write it as text"),
        ({"name": True}, "site/True", "name = True: must be text; write it as text"),
        (
            {"name": 10**15},
            "site/1000000000000000",
            "name = 1000000000000000: must be text; write it as text",
        ),
        ({"name": -1}, "site/-1", "name = -1: must be text; write it as text"),
        (
            {"name": "two\nlines"},
            r"site/two\nlines",
            r"name = two\nlines: must not contain line breaks or control characters; remove them",
        ),
        (
            {"name": "lone \ud800"},
            r"site/lone \ud800",
            r"name = lone \ud800: must not contain line breaks or control characters; remove them",
        ),
        (
            {"name": "n" * 201},
            f"site/{'n' * 59}…",
            f"name = {'n' * 59}…: must not be longer than 200 characters; shorten it",
        ),
    ],
)
def test_faults_of_zone_and_name(changes: dict[str, object], label: str, expected: str) -> None:
    assert fault_lines(read_streams, [record(**changes)]) == [f"streams[0] ({label}): {expected}"]


def test_values_of_sixty_signs_are_shown_whole() -> None:
    for number in ("1" * 58 + "x", "1" * 59 + "x"):
        assert fault_lines(read_streams, [record(t_supply=number)]) == [
            f"{AT}t_supply = {number}: {NUMBER}"
        ]


def test_zone_and_name_blank_leave_the_place_alone() -> None:
    lines = fault_lines(read_streams, [record(zone=None, name=None)])
    assert [line.partition(": ")[0] for line in lines] == ["streams[0]", "streams[0]"]


def test_duplicates_name_the_first_place() -> None:
    lines = fault_lines(read_streams, [record(), record(zone="b"), record(), record(name="H1 ")])
    rule = "zone/name must be unique, streams[0] has it too; rename one of them"
    expected = [f"streams[{i}] (site/H1): name = site/H1: {rule}" for i in (2, 3)]
    assert lines == expected


def test_duplicates_count_as_they_are_labelled() -> None:
    pair = [record(zone="a/b", name="c"), record(zone="a", name="b/c")]
    (line,) = fault_lines(read_streams, pair)
    assert line.endswith("zone/name must be unique, streams[0] has it too; rename one of them")


def test_htc_must_be_there_for_all_or_none() -> None:
    lines = fault_lines(read_streams, [record(htc=1), record(name="H2")])
    rule = f"htc: {MISSING}; give it in every row or leave the column out"
    assert lines == [f"streams[1] (site/H2): {rule}"]


def test_csv_lists_all_faults_by_line_of_the_file(tmp_path: Path) -> None:
    rows = ['"two\nlines",H1,150,60,900,5', "", "site,H2,x,60,-1,-5", "site,H3,1,2"]
    lines = csv_faults(tmp_path, "\n".join([HEADER, *rows]))
    assert lines == [
        f"line 6: line: has 4 values, the header has 6; {LENGTH}",
        r"line 2 (two\nlines/H1): zone = two\nlines: must not contain line breaks or control "
        "characters; remove them",
        f"line 5 (site/H2): t_supply = x: {NUMBER}",
        f"line 5 (site/H2): heat_flow = -1: {POSITIVE}",
        f"line 5 (site/H2): dt_cont = -5: must not be negative (K); {DT}",
    ]


def test_frame_names_rows_by_index() -> None:
    frame = pd.DataFrame([record(heat_flow=-1)], index=["first"])
    assert fault_lines(read_streams, frame) == [
        f"index first (site/H1): heat_flow = -1: {POSITIVE}"
    ]
    assert fault_lines(Streams, frame) == fault_lines(read_streams, frame)


def test_header_faults_come_with_row_faults(tmp_path: Path) -> None:
    header = "zone,Name,t_supply,t_supply,T_target (°C),colour"
    assert csv_faults(tmp_path, f"{header}\na,b,-300,1,2,red\n") == [
        "line 1: Name: unknown column; rename it to 'name' or delete it",
        "line 1: t_supply: column appears more than once; keep one of them",
        "line 1: T_target (°C): unknown column; rename it to 't_target [°C]' or delete it",
        "line 1: colour: unknown column; delete it; known: zone, name, kind, t_supply, t_target, "
        "heat_flow, heat_capacity_flowrate, dt_cont, htc",
        "line 1: name: missing column; add it (text)",
        "line 1: t_target: missing column; add it (°C)",
        f"line 1: dt_cont: missing column; add it (K): {DT}",
        "line 1: heat_flow: missing column; add it (kW), or heat_capacity_flowrate (kW/K)",
        f"line 2 (a): t_supply = -300: {ZERO}",
    ]


def test_columns_without_name_but_with_content(tmp_path: Path) -> None:
    lines = csv_faults(tmp_path, f"{HEADER},\n{ROW},7\n")
    assert lines == ["line 1: header: column 7 has no name; name it or delete it"]


def test_keys_of_records_and_columns_of_frames_are_columns() -> None:
    stream = record(Heatflow=1)
    del stream["heat_flow"]
    unknown = (
        "Heatflow: unknown column; rename it to 'heat_flow' if it is in kW, otherwise to "
        "'heat_flow [unit]' (W, kW, MW), or delete it"
    )
    missing = "heat_flow: missing column; add it (kW), or heat_capacity_flowrate (kW/K)"
    for header, source in (("keys", [stream]), ("columns", pd.DataFrame([stream]))):
        assert fault_lines(read_streams, source) == [f"{header}: {unknown}", f"{header}: {missing}"]


@pytest.mark.parametrize("content", ["", "\n\n", " , \n", HEADER, HEADER + "\n,,,,,\n"])
def test_empty_csv(tmp_path: Path, content: str) -> None:
    assert csv_faults(tmp_path, content) == [EMPTY]


@pytest.mark.parametrize(
    "source", [[], {"streams": []}, pd.DataFrame(), pd.DataFrame([record()]).iloc[:0]]
)
def test_empty_tables(source: Any) -> None:
    assert fault_lines(read_streams, source) == [EMPTY]


@pytest.mark.parametrize("source", [[{}], [{"loc": 0}], pd.DataFrame(index=[0, 1])])
def test_rows_without_columns(source: Any) -> None:
    fields = [line.split(": ")[1] for line in fault_lines(read_streams, source)]
    assert fields == ["zone", "name", "t_supply", "t_target", "dt_cont", "heat_flow"]


@pytest.mark.parametrize(("delimiter", "word"), [("\t", "tabs"), ("|", "vertical bars")])
def test_wrong_delimiter_with_all_other_faults(tmp_path: Path, delimiter: str, word: str) -> None:
    shown = delimiter.replace("\t", r"\t")
    expected = (
        f"line 1: delimiter = {shown}: columns must be separated by commas or semicolons, "
        f"not {word}; {SAVE}"
    )
    assert csv_faults(tmp_path, f"{HEADER}\n{ROW}".replace(",", delimiter)) == [expected]
    content = f"{HEADER}\n{ROW}\nsite;H2;150;60".replace(",", delimiter).replace("900", "-900,5")
    content = content.replace(";", delimiter)
    assert csv_faults(tmp_path, content) == [
        expected,
        f"line 3: line: has 4 values, the header has 6; check for missing {word}, or {word} in a "
        "name without quotes",
        f"line 2 (site/H1): heat_flow = -900.5: {POSITIVE}",
    ]


def test_wrong_encodings_with_all_other_faults(tmp_path: Path) -> None:
    latin = f"{HEADER}\nSüd,H1,150,60,-900,5".encode("cp1252")
    assert csv_faults(tmp_path, latin) == [
        f"line 2: encoding = byte 0xfc: must be UTF-8; {SAVE}",
        f"line 2 (Süd/H1): heat_flow = -900: {POSITIVE}",
    ]
    degrees = f"{HEADER}\n{ROW}".replace("t_supply", "t_supply [°C]").encode("cp1252")
    assert csv_faults(tmp_path, degrees) == [f"line 1: encoding = byte 0xb0: must be UTF-8; {SAVE}"]
    wide = HEADER.encode("utf-16-le")
    assert csv_faults(tmp_path, wide) == [f"encoding = NUL characters: must be UTF-8; {SAVE}"]
    marked = HEADER.encode("utf-16")
    assert csv_faults(tmp_path, marked) == [f"line 1: encoding = byte 0xff: must be UTF-8; {SAVE}"]


def test_broken_quotes(tmp_path: Path) -> None:
    assert csv_faults(tmp_path, f'{HEADER}\n"site,H1,150,60,900,5\n') == [
        "line 2: line: is not CSV: unexpected end of data; check the quotes"
    ]


def test_workbooks_under_a_wrong_name(tmp_path: Path) -> None:
    path = tmp_path / "streams.csv"
    rule = f"file = {path}: is an Excel workbook, not a CSV file; name it .xlsx, or save it as CSV"
    assert csv_faults(tmp_path, b"PK\x03\x04...") == [rule]
    assert csv_faults(tmp_path, b"\xd0\xcf\x11\xe0...") == [rule]


@pytest.mark.parametrize("suffix", [".xls", ".json", ".parquet"])
def test_other_file_types(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"streams{suffix}"
    assert fault_lines(read_streams, path) == [
        f"file = {path}: must be .csv or .xlsx; save it as .csv or .xlsx, or pass its content as a "
        "DataFrame or a list of dicts"
    ]


def test_missing_files(tmp_path: Path) -> None:
    (tmp_path / "streams.csv").write_text(HEADER)
    near, far = tmp_path / "stream.csv", tmp_path / "none" / "streams.csv"
    assert fault_lines(read_streams, near) == [
        f"file = {near}: does not exist; did you mean 'streams.csv'?"
    ]
    assert fault_lines(read_streams, far) == [
        f"file = {far}: does not exist; check the path: there is no folder {str(far.parent)!r}"
    ]
    other = tmp_path / "q.csv"
    assert fault_lines(read_streams, other) == [f"file = {other}: does not exist; check the path"]
    assert fault_lines(read_streams, "site_400") == [
        "file = site_400: does not exist; the bundled table of this name is load_case('site_400')"
    ]


def test_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert fault_lines(read_streams, folder) == [f"file = {folder}: is a folder; name a file in it"]
    assert fault_lines(read_streams, "a\0b") == [
        "file = a\0b: cannot be read: embedded null byte; check the path and its rights"
    ]

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    path = tmp_path / "streams.csv"
    assert fault_lines(read_streams, path) == [
        f"file = {path}: cannot be read: Permission denied; check the path and its rights"
    ]


def workbook(path: Path, sheets: list[str]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title in sheets:
        sheet = book.create_sheet(title)
        sheet.append(HEADER.split(","))
        sheet.append([None])
        sheet.append(["site", "H1", 150, 60, dt.date(2024, 5, 9), "=1+1"])
        sheet.append(["site", "H2", 150, 60])
    book.save(path)
    return path


def test_workbook_rows_dates_and_formulas_never_calculated(tmp_path: Path) -> None:
    path = workbook(tmp_path / "streams.xlsx", ["only"])
    assert fault_lines(read_streams, path) == [
        f"row 3 (site/H1): dt_cont = =1+1: is a formula without a stored value; {AGAIN}",
        "row 3 (site/H1): heat_flow = 2024-05-09 00:00:00: is not a number; "
        "the spreadsheet made it a date; format the cell as a number",
        f"row 4 (site/H2): dt_cont: {MISSING}; give it (K)",
        f"row 4 (site/H2): heat_flow: {MISSING}; give heat_flow or heat_capacity_flowrate",
    ]


def test_workbook_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path / "streams.xlsx", ["a", "b"])
    assert fault_lines(read_streams, path) == [
        "sheet = a, b: the workbook has several sheets; "
        "call the sheet 'streams', or choose one with --sheet (in Python: sheet=...)"
    ]
    assert fault_lines(read_streams, path, sheet="c") == ["sheet = c: does not exist; sheets: a, b"]


def test_sheet_is_for_workbooks(tmp_path: Path) -> None:
    assert csv_faults(tmp_path, f"{HEADER}\n{ROW}", sheet="a") == [
        "sheet = a: is for workbooks only (.xlsx); leave the sheet out"
    ]


def test_damaged_and_empty_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "streams.xlsx"
    path.write_bytes(b"PK\x03\x04 no archive")
    assert fault_lines(read_streams, path) == [
        f"file = {path}: is not a readable workbook (BadZipFile); {AGAIN}"
    ]
    openpyxl.Workbook().save(path)
    assert fault_lines(read_streams, path) == [EMPTY]


def test_workbook_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "streams.xlsx", ["only"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError) as reading:
        read_streams(path)
    command = 'python -m pip install ".[xlsx]" in a source checkout, otherwise "milpcore[xlsx]"'
    needs = "an Excel workbook needs the package openpyxl"
    assert str(reading.value) == f"reading {needs}: {command}"
    with pytest.raises(MissingExtraError) as writing:
        write_streams(load_case("two_streams"), path)
    assert str(writing.value) == f"writing {needs}: {command}"


def test_sources_of_a_wrong_type() -> None:
    rule = "must be a path, a DataFrame, a list of dicts or a dict with the key 'streams'"
    assert fault_lines(read_streams, 7) == [f"source = int: {rule}; pass one of these"]
    assert fault_lines(read_streams, [record(), 7]) == [
        "streams[1]: stream = int: must be a dict; pass one dict a stream"
    ]
    assert fault_lines(read_streams, {"streams": "H1"}) == [
        "streams = str: must be a list of dicts; pass a list of dicts, one a stream"
    ]
    assert fault_lines(read_streams, {"stream": []}) == [
        "stream: unknown key beside 'streams'; known: streams, utilities, options, zone_tree, "
        "network",
        "streams: must be a key of the dict; pass {'streams': [...]} or the list itself",
    ]


def test_options_are_checked() -> None:
    options: dict[str, Any] = {"temperature_unit": "F", "heat_unit": ["kW"]}
    assert fault_lines(read_streams, [record(dt_cont=-1)], **options) == [
        "temperature_unit = F: must be 'C' or 'K'; choose one of them",
        "heat_unit = ['kW']: must be 'kW' or 'MW'; choose one of them",
        f"{AT}dt_cont = -1: must not be negative (K); {DT}",
    ]


def test_error_names_the_source_and_survives_pickling(tmp_path: Path) -> None:
    path = tmp_path / "streams.csv"
    path.write_text(HEADER)
    with pytest.raises(InputError) as caught:
        read_streams(path)
    assert str(caught.value) == f"{path}: 1 fault\n  - {EMPTY}"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "rows", [[2], [-1], [0, 0], [], [0.5], [[0]], [True], [False, False], "H1"]
)
def test_select_refuses_what_is_not_in_the_table(rows: Any) -> None:
    assert fault_lines(load_case("two_streams").select, rows) == [
        f"rows = {rows}: must be one or more distinct integers 0..1, or a mask; "
        "the table has 2 streams"
    ]


def test_unknown_cases() -> None:
    for call in (load_case, case_source):
        assert fault_lines(call, "site_40") == [
            "name = site_40: unknown case; did you mean 'site_400'?"
        ]
        assert fault_lines(call, "x") == [
            "name = x: unknown case; known: dairy_8, loop_four_plants, loop_two_plants, site_400, "
            "two_streams"
        ]


def test_write_refuses_other_suffixes_and_missing_folders(tmp_path: Path) -> None:
    streams = load_case("two_streams")
    other, far = tmp_path / "copy.xls", tmp_path / "none" / "copy.csv"
    assert fault_lines(write_streams, streams, other) == [
        f"file = {other}: must be .csv or .xlsx; give the file that suffix"
    ]
    for path in (far, far.with_suffix(".xlsx")):
        assert fault_lines(write_streams, streams, path) == [
            f"file = {path}: cannot be written: No such file or directory; "
            "name a file in a folder that you can write to"
        ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"copy.{suffix}"
    path.write_text("old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    assert fault_lines(write_streams, load_case("two_streams"), path) == [
        f"file = {path}: cannot be written: No space left on device; "
        "name a file in a folder that you can write to"
    ]
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])
