"""CSV of a spreadsheet program whose decimal sign is the comma."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers_streams import HEADER, fault_lines, record

from milpcore.naming import shown
from milpcore.streams import Streams, read_streams

SAVE = "save it as 'CSV UTF-8' in the spreadsheet program"
SAME = "write all numbers with the same decimal sign, without thousands separators"


def table_file(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = tmp_path / "streams.csv"
    lines = [header.replace(",", ";"), *rows]
    path.write_text("\r\n".join(lines), encoding=encoding, newline="")
    return path


def expected(**changes: object) -> Streams:
    return read_streams([record(**changes)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_semicolons_and_decimal_commas_are_read(tmp_path: Path, encoding: str) -> None:
    path = table_file(tmp_path, "site;H1;150;62,5;9,005E+02;,5", encoding=encoding)
    assert read_streams(path) == expected(t_target=62.5, heat_flow=900.5, dt_cont=0.5)


def test_semicolons_and_decimal_points_are_read(tmp_path: Path) -> None:
    path = table_file(tmp_path, "site;H1;150;62.5;1.642;5")
    assert read_streams(path) == expected(t_target=62.5, heat_flow=1.642)


def test_three_decimals_are_decimals_where_another_number_shows_the_sign(tmp_path: Path) -> None:
    path = table_file(tmp_path, "site;H1;150;62,5;1,642;-0,000")
    assert read_streams(path) == expected(t_target=62.5, heat_flow=1.642, dt_cont=0.0)
    path = table_file(tmp_path, "site;H1;150;60;1,642;0,125")
    assert read_streams(path) == expected(heat_flow=1.642, dt_cont=0.125)


def test_names_keep_their_commas_and_do_not_show_the_sign(tmp_path: Path) -> None:
    path = table_file(tmp_path, 'A 1,5;"1,5;x";150;60;900;5')
    assert read_streams(path) == expected(zone="A 1,5", name="1,5;x")
    path = table_file(tmp_path, "A;1,5;150;62.5;900;5")
    assert read_streams(path) == expected(zone="A", name="1,5", t_target=62.5)


def test_the_first_line_may_declare_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "streams.csv"
    path.write_text(f"sep=;\n{HEADER.replace(',', ';')}\nsite;H1;150;62,5;-1;5\n")
    (line,) = fault_lines(read_streams, path)
    assert line.startswith("line 3 (site/H1): heat_flow = -1: ")
    path.write_text(f"sep=,\n{HEADER}\nsite,H1,150,60,900,5\n")
    assert read_streams(path) == expected()


def test_headers_may_have_units_and_be_quoted(tmp_path: Path) -> None:
    header = '"zone","name","t_supply [°C]","t_target / °C","heat_flow [MW]","dt_cont (K)"'
    path = table_file(tmp_path, "site;H1;150;62,5;0,9;5", header=header)
    assert read_streams(path) == expected(t_target=62.5)


def test_a_number_with_the_other_sign_is_refused(tmp_path: Path) -> None:
    path = table_file(tmp_path, "site;H1;150;62,5;1.234;5", "site;H2;150;62,5;900;0.5")
    rule = f"has a point, but the decimal sign is that of 62,5 (line 2); {SAME}"
    assert fault_lines(read_streams, path) == [
        f"line 2 (site/H1): heat_flow = 1.234: {rule}",
        f"line 3 (site/H2): dt_cont = 0.5: {rule}",
    ]
    path = table_file(tmp_path, "site;H1;150;62.5;1,234;5")
    assert fault_lines(read_streams, path) == [
        f"line 2 (site/H1): heat_flow = 1,234: has a comma, but the decimal sign is that of "
        f"62.5 (line 2); {SAME}"
    ]


@pytest.mark.parametrize("number", ["1,234", "1.234", "-12,345", "+123.456"])
def test_a_number_that_may_be_thousands_is_refused(tmp_path: Path, number: str) -> None:
    whole = number.replace(",", "").replace(".", "")
    path = table_file(tmp_path, f"site;H1;150;60;{number};5")
    assert fault_lines(read_streams, path) == [
        f"line 2 (site/H1): heat_flow = {number}: may be {whole} or a number with three decimals; "
        f"write {whole} or {number}0, whichever is meant"
    ]


@pytest.mark.parametrize(
    "number", ["1.234,5", "1,234.5", "1.234.567", "1 234,5", "1\N{NO-BREAK SPACE}234", "1'234"]
)
def test_thousands_separators_are_refused(tmp_path: Path, number: str) -> None:
    path = table_file(tmp_path, f"site;H1;150;62,5;{number};5")
    assert fault_lines(read_streams, path) == [
        f"line 2 (site/H1): heat_flow = {shown(number)}: "
        "has thousands separators; write it without them"
    ]


def test_a_wrong_encoding_comes_with_all_other_faults(tmp_path: Path) -> None:
    header = HEADER.replace("t_supply", "t_supply [°C]")
    rows = ["Süd;H1;150;62,5;1.234,5;5", "Süd;H2;150;62,5;-900;5", "Süd;H3;150"]
    path = table_file(tmp_path, *rows, header=header, encoding="cp1252")
    positive = "must be positive (kW); give the amount of the duty; "
    assert fault_lines(read_streams, path) == [
        f"line 1: encoding = byte 0xb0: must be UTF-8; {SAVE}",
        "line 4: line: has 3 values, the header has 6; "
        "check for missing semicolons, or semicolons in a name without quotes",
        "line 2 (Süd/H1): heat_flow = 1.234,5: has thousands separators; write it without them",
        f"line 3 (Süd/H2): heat_flow = -900: {positive}hot or cold follows from the temperatures",
    ]


def test_no_message_speaks_of_a_programming_library(tmp_path: Path) -> None:
    for text in ("site;H1;150;62,5;1.234;5", "site\tH1\t150\t62,5\t1.234\t5", "Süd;H1;1;2;3;4"):
        delimiter = "\t" if "\t" in text else ";"
        path = tmp_path / "streams.csv"
        path.write_bytes(f"{HEADER.replace(',', delimiter)}\n{text}".encode("cp1252"))
        assert "pandas" not in "".join(fault_lines(read_streams, path))


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Zone ;colour", "line 1: Zone: unknown column; rename it to 'zone' or delete it"),
        ("Betrieb;Strom", "line 1: Betrieb: unknown column; delete it; known: "),
        ("Betrieb,Strom", "line 1: Betrieb: unknown column; delete it; known: "),
    ],
)
def test_headers_without_known_columns_are_split_all_the_same(
    tmp_path: Path, header: str, line: str
) -> None:
    path = tmp_path / "streams.csv"
    path.write_text(f"{header}\n1;2\n" if ";" in header else f"{header}\n1,2\n")
    assert fault_lines(read_streams, path)[0].startswith(line)
