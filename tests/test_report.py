"""Readable text: units for people, tables, the progress line."""

from __future__ import annotations

import io
import math
import shutil
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milpcore.report import ProgressLine, TextColumn, gap_text, progress_text, text_table
from milpcore.scales import Kind, Scale, number, scale_for


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("kind", "largest", "unit"),
    [
        (Kind.HEAT, 0.0, "kW"),
        (Kind.HEAT, 9_999.0, "kW"),
        (Kind.HEAT, 10_000.0, "MW"),
        (Kind.HEAT, 2e7, "GW"),
        (Kind.COST, 9_000.0, "€/a"),
        (Kind.COST, 1_824_469.0, "k€/a"),
        (Kind.COST, 215e6, "M€/a"),
        (Kind.COST, -215e6, "M€/a"),
        (Kind.COST, 5e12, "G€/a"),
        (Kind.EMISSION, 771_250.0, "kt/a"),
        (Kind.EMISSION, 6_539.0, "t/a"),
    ],
)
def test_the_unit_fits_the_largest_number(kind: Kind, largest: float, unit: str) -> None:
    values = [0.0, math.nan, math.inf, largest]
    prefixes = {"k": 1e3, "M": 1e6, "G": 1e9}
    factor = prefixes.get(unit[0], 1.0) / (1e3 if kind is Kind.HEAT else 1.0)
    assert scale_for(kind, values) == (factor, unit)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_as_itself_and_never_as_minus_zero(value: float) -> None:
    text = number(value, 3)
    assert float(text) == pytest.approx(value, abs=5.1e-4, rel=1e-12)
    assert not (text.startswith("-") and float(text) == 0.0)


def test_what_is_no_number_has_a_sign_of_its_own() -> None:
    assert [number(value) for value in (math.nan, math.inf, -math.inf)] == ["–", "∞", "-∞"]
    assert Scale(1e6, "M€/a").text(math.nan) == "–"


def test_a_table_keeps_columns_apart_and_units_below_titles() -> None:
    lines = text_table(
        [
            TextColumn("levels\nused", "", ["2", "15"]),
            TextColumn("TAC", "M€/a", ["215.18", "126.84"]),
            TextColumn("status", "", ["optimal", "time_limit"], left=True),
        ]
    ).splitlines()
    assert lines == [
        "levels",
        "  used     TAC  status",
        "          M€/a",
        "------  ------  ----------",
        "     2  215.18  optimal",
        "    15  126.84  time_limit",
    ]


def test_a_table_without_units_has_no_line_for_them() -> None:
    assert text_table([TextColumn("n", "", ["1"])]).splitlines() == ["n", "-", "1"]


def test_a_table_without_rows_is_its_header() -> None:
    assert text_table([TextColumn("heat", "kW", [])]).splitlines() == ["heat", "  kW", "----"]


@pytest.mark.parametrize(
    ("gap", "text"),
    [(0.0, "0"), (2e-16, "0"), (9.9e-5, "0.010"), (1e-3, "0.10"), (1.0, "100.00"), (math.nan, "–")],
)
def test_a_gap_is_in_percent(gap: float, text: str) -> None:
    assert gap_text(gap) == text


MILLION = Scale(1e6, "M€/a")


def test_progress_says_what_is_known() -> None:
    assert progress_text(8, 0.0, quantity="TAC", scale=MILLION, incumbent=math.inf) == "N=8  0.0 s"
    text = progress_text(8, 3.0, quantity="TAC", scale=MILLION, bound=131.9e6, n_nodes=1)
    assert text == "N=8  3.0 s  bound 131.90 M€/a  1 node"
    text = progress_text(8, 3.0, quantity="TAC", scale=MILLION, incumbent=132e6, bound=-math.inf)
    assert text == "N=8  3.0 s  TAC 132.00 M€/a"


def test_a_bound_above_the_best_design_proves_it() -> None:
    text = progress_text(8, 3.0, quantity="TAC", scale=MILLION, incumbent=132e6, bound=133e6)
    assert text == "N=8  3.0 s  TAC 132.00 M€/a  bound 132.00  gap 0 %"


def test_a_stream_that_is_no_terminal_gets_nothing() -> None:
    stream = io.StringIO()
    with ProgressLine(stream, interval_s=0.001) as line:
        line.begin(lambda _: "text")
        time.sleep(0.02)
        line.end("last")
    assert stream.getvalue() == ""


def test_nobody_who_wants_quiet_gets_anything() -> None:
    stream = Terminal()
    with ProgressLine(stream, wanted=False) as line:
        line.begin(lambda _: "text")
        line.end("last")
    assert stream.getvalue() == ""


def test_the_line_overwrites_itself_and_its_clock_runs() -> None:
    stream = Terminal()
    seen: list[float] = []
    with ProgressLine(stream, interval_s=0.005) as line:
        line.begin(lambda elapsed_s: seen.append(elapsed_s) or "running")
        until = time.monotonic() + 5.0
        while len(seen) < 3 and time.monotonic() < until:
            time.sleep(0.005)
        line.end("done")
    assert len(seen) >= 3
    assert seen == sorted(seen)
    assert "\n" not in stream.getvalue().removesuffix("\n")
    assert stream.getvalue().endswith("\rdone   \n")


def test_a_line_that_is_not_finished_is_wiped() -> None:
    stream = Terminal()
    with ProgressLine(stream, interval_s=10.0) as line:
        line.begin(lambda _: "running")
    assert stream.getvalue() == "\rrunning\r       \r"


def test_the_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    assert shutil.get_terminal_size().columns == 10
    stream = Terminal()
    with ProgressLine(stream, interval_s=10.0) as line:
        line.begin(lambda _: "0123456789abc")
        line.end("0123456789abc")
    assert stream.getvalue() == "\r012345678\r012345678\n"
