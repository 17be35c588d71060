"""Every message of a profile, and that all faults come in one error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from helpers_sizing import profile, table
from helpers_streams import fault_lines
from hypothesis import given
from hypothesis import strategies as st

from milpcore.extras import MissingExtraError
from milpcore.faults import InputError
from milpcore.sizing import HeatProfile, read_profile, write_profile

HEADER = "time_h,heat_demand_kW,waste_heat_kW"
HEAT = "must be at least 0 and at most 10000000 kW; give amounts of heat in kW"
KNOWN = (
    "time_h, time, heat_demand_kW, waste_heat_kW, electricity_price_EUR_per_MWh, "
    "gas_price_EUR_per_MWh, electricity_emission_t_per_MWh, gas_emission_t_per_MWh, "
    "cooling_water_price_EUR_per_MWh, cop, cop_<name>"
)
CLOCKS = "; if the clocks were changed there, give UTC or times with their offset"
NUMBER = "is not a number; write the number alone, such as 73.5, without unit"


def lines_of(frame: pd.DataFrame) -> list[str]:
    return fault_lines(read_profile, frame)


def csv_lines(tmp_path: Path, content: str | bytes) -> list[str]:
    path = tmp_path / "profile.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return fault_lines(read_profile, path)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("heat_demand_kW", None, "heat_demand_kW: is missing (blank or NaN); give it (kW)"),
        ("heat_demand_kW", -0.5, f"heat_demand_kW = -0.5: {HEAT}"),
        ("heat_demand_kW", 1.1e7, f"heat_demand_kW = 11000000.0: {HEAT}"),
        ("waste_heat_kW", -1, f"waste_heat_kW = -1: {HEAT}"),
        ("waste_heat_kW", "", "waste_heat_kW: is missing (blank or NaN); give it (kW)"),
        ("waste_heat_kW", np.inf, "waste_heat_kW = inf: must be finite; give a finite number"),
        ("waste_heat_kW", "warm", f"waste_heat_kW = warm: {NUMBER}"),
        ("waste_heat_kW", True, f"waste_heat_kW = True: {NUMBER}"),
        ("time_h", None, "time_h: is missing (blank or NaN); give it (h)"),
        ("time_h", "noon", f"time_h = noon: {NUMBER}"),
        ("time_h", np.inf, "time_h = inf: must be finite; give a finite number"),
        (
            "cop",
            0.9,
            "cop = 0.9: must be at least 1 and at most 20; give heat delivered per electricity",
        ),
        ("cop", None, "cop: is missing (blank or NaN); give it"),
        (
            "gas_price_EUR_per_MWh",
            -1,
            "gas_price_EUR_per_MWh = -1: must be at least 0 and at most 100000 EUR/MWh; "
            "give the price per MWh",
        ),
        (
            "electricity_emission_t_per_MWh",
            380,
            "electricity_emission_t_per_MWh = 380: must be at least 0 and at most 10 t/MWh; "
            "give t per MWh, such as 0.2 for natural gas",
        ),
        (
            "cooling_water_price_EUR_per_MWh",
            -2,
            "cooling_water_price_EUR_per_MWh = -2: must be at least 0 and at most 100000 EUR/MWh; "
            "give the price per MWh of heat removed",
        ),
    ],
)
def test_single_cells(column: str, value: object, expected: str) -> None:
    frame = table(6, cop=2.5, cop_old=3.0, gas_price_EUR_per_MWh=50.0).astype(object)
    for name in ("electricity_emission_t_per_MWh", "cooling_water_price_EUR_per_MWh"):
        frame[name] = 1.0
    frame = frame.astype(object)
    assert read_profile(frame).series.keys() == set(frame) - {
        "time_h",
        "heat_demand_kW",
        "waste_heat_kW",
    }
    frame.loc[3, column] = value
    assert lines_of(frame) == [f"index 3: {expected}"]


def test_negative_electricity_prices_are_prices() -> None:
    found = read_profile(table(3, electricity_price_EUR_per_MWh=[-50.0, 0.0, 80.0]))
    assert found.series["electricity_price_EUR_per_MWh"][0] == -50.0


@pytest.mark.parametrize(
    ("time_h", "expected"),
    [
        (
            [0, 1, 2, 3, 4, 6, 7],
            [
                "index 5: time_h = 6.0: 1 step is missing before it, of 1 h each; "
                "fill the gap, or cut the table there"
            ],
        ),
        (
            [0, 1, 2, 5, 6, 7, 8],
            [
                "index 3: time_h = 5.0: 2 steps are missing before it, of 1 h each; "
                "fill the gap, or cut the table there"
            ],
        ),
        (
            [0, 1, 2, 2, 3, 4, 5],
            ["index 3: time_h = 2.0: is there twice, index 2 has it too; delete one of them"],
        ),
        (
            [0, 1, 2, 1, 2, 3, 4],
            ["index 3: time_h = 1.0: must be after index 2, 2.0; sort the rows by time"],
        ),
        (
            [0, 1, 2, 3.5, 4.5, 5.5, 6.5],
            [
                "index 3: time_h = 3.5: is 1.5 h after index 2, most steps are 1 h; "
                "bring all rows to the same step"
            ],
        ),
        (
            [0, 1, 2, 2, 4, 3.5, np.nan],
            [
                "index 6: time_h: is missing (blank or NaN); give it (h)",
                "index 3: time_h = 2.0: is there twice, index 2 has it too; delete one of them",
                "index 4: time_h = 4.0: 1 step is missing before it, of 1 h each; "
                "fill the gap, or cut the table there",
                "index 5: time_h = 3.5: must be after index 4, 4.0; sort the rows by time",
            ],
        ),
        (
            [0, np.nan, 2, 3, 4, 5, 6],
            ["index 1: time_h: is missing (blank or NaN); give it (h)"],
        ),
        (
            [0, np.nan, 1, 2, 3, 4, 5],
            [
                "index 1: time_h: is missing (blank or NaN); give it (h)",
                "index 2: time_h = 1.0: is 1 h after index 0, most steps are 1 h; "
                "bring all rows to the same step",
            ],
        ),
        (
            [6, 5, 4],
            [
                "index 1: time_h = 5.0: must be after index 0, 6.0; sort the rows by time",
                "index 2: time_h = 4.0: must be after index 1, 5.0; sort the rows by time",
            ],
        ),
        (
            [1, 1],
            ["index 1: time_h = 1.0: is there twice, index 0 has it too; delete one of them"],
        ),
        (
            [0, 25, 50],
            [
                "time_h: the step is 25 h, must be above 0 and at most 24 h; "
                "give the step in hours, such as 0.25 for 15 min"
            ],
        ),
        (
            [0, 1.03, 2.06, 3.09, 4.08, 5.08, 6.08],
            [
                "index 3: time_h = 3.09: is 0.05 h off an even step from first to last; "
                "bring all rows to the same step"
            ],
        ),
        ([0], ["table = 1 row: must have at least 2 steps; give one row for each step"]),
        ([], ["table = no rows: must have at least 2 steps; give one row for each step"]),
    ],
)
def test_times(time_h: list[float], expected: list[str]) -> None:
    assert lines_of(table(len(time_h), time_h=np.array(time_h, dtype=float))) == expected


def test_local_times_hint_at_changed_clocks() -> None:
    index = pd.DatetimeIndex(["2024-03-31 00:00", "2024-03-31 01:00", "2024-03-31 03:00"])
    frame = table(3, time_h=None).set_index(index)
    assert lines_of(frame) == [
        "index 2024-03-31 03:00:00: time = 2024-03-31 03:00:00: 1 step is missing before it, of "
        f"1 h each; fill the gap, or cut the table there{CLOCKS}"
    ]
    twice = pd.DatetimeIndex(["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00"])
    assert lines_of(frame.set_index(twice)) == [
        "index 2024-10-27 02:00:00: time = 2024-10-27 02:00:00: is there twice, index 2024-10-27 "
        f"02:00:00 has it too; delete one of them{CLOCKS}"
    ]
    aware = frame.set_index(index.tz_localize("UTC"))
    assert CLOCKS not in lines_of(aware)[0]


def test_dates(tmp_path: Path) -> None:
    rows = ("2024-01-01", "yesterday", "", "2024-01-01 03:00+01:00", "2024-13-01", "45292.5")
    text = "time,heat_demand_kW,waste_heat_kW\n" + "".join(f"{row},1,1\n" for row in rows)
    wrong = "write it like 2024-12-31 23:45, or 2024-12-31 23:45+01:00"
    assert csv_lines(tmp_path, text) == [
        f"line 3: time = yesterday: is not a date and time; {wrong}",
        "line 4: time: is missing (blank or NaN); give date and time",
        "line 5: time = 2024-01-01 03:00+01:00: has an offset; "
        "write all times with their offset from UTC, or none",
        f"line 6: time = 2024-13-01: is not a date and time; {wrong}",
        f"line 7: time = 45292.5: is not a date and time; {wrong}",
    ]
    aware = "time,heat_demand_kW,waste_heat_kW\n2024-01-01T00Z,1,1\n2024-01-01 01:00,1,1\n"
    assert csv_lines(tmp_path, aware) == [
        "line 3: time = 2024-01-01 01:00: has no offset beside times with one; "
        "write all times with their offset from UTC, or none"
    ]


def test_an_index_without_a_date() -> None:
    index = pd.DatetimeIndex(["2024-01-01", pd.NaT, "2024-01-03"])
    assert lines_of(table(3, time_h=None).set_index(index)) == [
        "index NaT: time: is missing (blank or NaN); give date and time"
    ]


def test_headers(tmp_path: Path) -> None:
    header = "time_min,heat_demand_MW,waste_heat_kW [MW],waste_heat_kW,colour,cops,"
    assert csv_lines(tmp_path, f"{header}\n0,1,2,3,4,5,6\n15,1,2,3,4,5,6\n") == [
        "line 1: time_min: unknown column; "
        "rename it to 'time_h' with its numbers in h, or delete it",
        "line 1: heat_demand_MW: unknown column; "
        "rename it to 'heat_demand_kW' with its numbers in kW, or delete it",
        "line 1: waste_heat_kW [MW]: contradicts the unit of the name, kW; "
        "convert the numbers to kW",
        "line 1: waste_heat_kW: column appears more than once; keep one of them",
        f"line 1: colour: unknown column; delete it; known: {KNOWN}",
        "line 1: cops: unknown column; rename it to 'cop' or delete it",
        "line 1: header: column 7 has no name; name it or delete it",
        "line 1: heat_demand_kW: missing column; add it (kW); zeros where there is none",
        "line 1: time_h: missing column; add it (h), or a column time (date and time)",
    ]


def test_times_may_be_given_once() -> None:
    index = pd.date_range("2024-01-01", periods=3, freq="h")
    both = "give the times twice; keep one of them"
    assert lines_of(table(3).set_index(index)) == [f"columns: time_h and the DatetimeIndex: {both}"]
    assert lines_of(table(3, time=index)) == [f"columns: time_h and time: {both}"]
    assert lines_of(table(3, time_h=None)) == [
        "columns: time_h: missing column; "
        "add it (h), or a column time (date and time) or a DatetimeIndex"
    ]


def test_decimal_signs_that_are_not_certain(tmp_path: Path) -> None:
    text = "time_h;heat_demand_kW;waste_heat_kW\n0;1,234;5\n1;1.000,5;6\n2;7;8\n"
    assert csv_lines(tmp_path, text) == [
        "line 2: heat_demand_kW = 1,234: may be 1234 or a number with three decimals; "
        "write 1234 or 1,2340, whichever is meant",
        "line 3: heat_demand_kW = 1.000,5: has thousands separators; write it without them",
    ]


def test_files(tmp_path: Path) -> None:
    assert csv_lines(tmp_path, "time_h\theat_demand_kW\twaste_heat_kW\n0\t1\t2\n1\t1\t2\n") == [
        r"line 1: delimiter = \t: columns must be separated by commas or semicolons, not tabs; "
        "save it as 'CSV UTF-8' in the spreadsheet program"
    ]
    assert csv_lines(tmp_path, f"{HEADER}\n0,1,2,3\n1,x,2\n2,3,4\n") == [
        "line 2: line: has 4 values, the header has 3; "
        "check for decimal commas, missing commas, or commas in a name without quotes",
        f"line 3: heat_demand_kW = x: {NUMBER}",
    ]
    assert csv_lines(tmp_path, "") == [
        "table = no columns: is empty: must have a line with the columns time_h, heat_demand_kW, "
        "waste_heat_kW; write it, and one line for each step below"
    ]
    assert fault_lines(read_profile, tmp_path / "profil.csv") == [
        f"file = {tmp_path / 'profil.csv'}: does not exist; did you mean 'profile.csv'?"
    ]
    assert fault_lines(read_profile, tmp_path / "profile.ods") == [
        f"file = {tmp_path / 'profile.ods'}: must be .csv or .xlsx; "
        "save it as .csv or .xlsx, or pass its content as a DataFrame"
    ]
    assert fault_lines(read_profile, tmp_path / "profile.csv", sheet="x") == [
        "sheet = x: is for workbooks only (.xlsx); leave the sheet out"
    ]
    assert fault_lines(read_profile, [1, 2]) == [
        "source = list: must be a path or a DataFrame; pass one of these"
    ]
    assert fault_lines(write_profile, profile(), tmp_path / "profile.txt") == [
        f"file = {tmp_path / 'profile.txt'}: must be .csv or .xlsx; give the file that suffix"
    ]


def test_workbooks(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Other")
    book.save(tmp_path / "plant.xlsx")
    (line,) = fault_lines(read_profile, tmp_path / "plant.xlsx")
    assert line.startswith(
        "sheet = Sheet, Other: the workbook has several sheets; call the sheet "
        "'profile', or choose one with"
    )
    sheet = book["Other"]
    for row in (
        ["time_h", "heat_demand_kW", "waste_heat_kW"],
        [0, 1, 2],
        ["=A2+1", 1, 2],
        [2, 1, 2],
    ):
        sheet.append(row)
    book.save(tmp_path / "plant.xlsx")
    assert fault_lines(read_profile, tmp_path / "plant.xlsx", sheet="Other") == [
        "row 3: time_h = =A2+1: is a formula without a stored value; "
        "open the workbook in a spreadsheet program and save it there"
    ]


def test_workbooks_need_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plant.xlsx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"milpcore\[xlsx\]"):
        read_profile(tmp_path / "plant.xlsx")


def test_a_demand_of_nothing() -> None:
    expected = ["heat_demand_kW: is 0 in every step: there is nothing to supply; check the column"]
    assert lines_of(table(3, heat_demand_kW=0.0)) == expected
    assert fault_lines(profile, heat_demand_kW=np.zeros(4)) == expected


def test_very_many_faults_of_a_column_are_counted() -> None:
    lines = lines_of(table(200, heat_demand_kW=-1.0, waste_heat_kW=[*[1.0] * 180, *[np.nan] * 20]))
    demand = [line for line in lines if "heat_demand_kW" in line]
    assert len(demand) == 21
    assert demand[19].startswith("index 19: heat_demand_kW = -1.0: must be")
    assert demand[20] == (
        "heat_demand_kW: 180 further rows are at fault, the last one is index 199; "
        "mend the ones above in the same way"
    )
    assert len([line for line in lines if "waste_heat_kW" in line]) == 20


def test_all_faults_of_a_table_come_in_one_error() -> None:
    frame = table(6, cop=[3, 3, 0, 3, 3, 3], colour="red").astype(object)
    frame.loc[1, "heat_demand_kW"] = "much"
    frame.loc[2, "waste_heat_kW"] = -3
    frame.loc[4, "time_h"] = 0.7
    lines = lines_of(frame)
    assert len(lines) == 6
    for part in ("colour", "index 1: heat", "index 2: waste", "index 2: cop", "index 4: time_h"):
        assert any(part in line for line in lines)


def test_fields_of_a_profile() -> None:
    assert fault_lines(
        HeatProfile,
        step_h=0,
        start_h="now",
        start="soon",
        heat_demand_kW=[1, -2, 3],
        waste_heat_kW=[1, 2],
        series={
            "cop": [1, np.nan, 0.5],
            "price": [1, 2, 3],
            "cop_": 1,
            "gas_price_EUR_per_MWh": "x",
        },
    ) == [
        "step_h = 0: must be above 0 and at most 24 h; "
        "give the step in hours, such as 0.25 for 15 min",
        "start_h = now: must be a finite number (h); write a number",
        "start = soon: is not a date and time; pass a Timestamp, or leave it out",
        "series: price: unknown column; delete it; known: electricity_price_EUR_per_MWh, "
        "gas_price_EUR_per_MWh, electricity_emission_t_per_MWh, gas_emission_t_per_MWh, "
        "cooling_water_price_EUR_per_MWh, cop, cop_<name>",
        "series: cop_: unknown column; rename it to 'cop' or delete it",
        f"step 1: heat_demand_kW = -2: {HEAT}",
        "waste_heat_kW = 2 steps: must have as many steps as heat_demand_kW, 3; cut or complete it",
        "step 1: cop: is missing (blank or NaN); give it",
        "step 2: cop = 0.5: must be at least 1 and at most 20; give heat delivered per electricity",
        "gas_price_EUR_per_MWh: must be an array of numbers; pass one number for each step",
    ]
    assert fault_lines(profile, heat_demand_kW=[[1, 2]], series=[1]) == [
        "series = [1]: must be a mapping; pass a dict of arrays by the name of their column",
        "heat_demand_kW = shape (1, 2): must have one number for each of at least 2 steps; "
        "pass a vector",
    ]
    assert fault_lines(profile, heat_demand_kW=[1]) == [
        "heat_demand_kW = shape (1,): must have one number for each of at least 2 steps; "
        "pass a vector"
    ]


@pytest.mark.parametrize(("first", "n_steps"), [(-1, 2), (0, 1), (3, 2), (0, 5)])
def test_parts_outside_the_profile(first: int, n_steps: int) -> None:
    assert fault_lines(profile().part, first, n_steps) == [
        f"steps = {n_steps} steps from {first}: must be 2 or more of the steps 0 to 3; "
        "choose steps of the profile"
    ]


CORRUPTIONS = {
    "gap": lambda frame, row: frame.drop(index=row),
    "double": lambda frame, row: pd.concat([frame.loc[:row], frame.loc[row:]]),
    "swapped": lambda frame, row: frame.loc[
        [*range(row), row + 1, row, *range(row + 2, len(frame))]
    ],
    "moved": lambda frame, row: _changed(frame, row, "time_h", frame.loc[row, "time_h"] + 0.1),
    "missing": lambda frame, row: _changed(frame, row, "heat_demand_kW", None),
    "negative": lambda frame, row: _changed(frame, row, "waste_heat_kW", -0.001),
    "text": lambda frame, row: _changed(frame, row, "heat_demand_kW", "12 kW"),
    "endless": lambda frame, row: _changed(frame, row, "waste_heat_kW", np.inf),
}


def _changed(frame: pd.DataFrame, row: int, column: str, value: Any) -> pd.DataFrame:
    frame = frame.astype(object)
    frame.loc[row, column] = value
    return frame


@given(st.integers(8, 60), st.data())
def test_corrupted_tables_are_refused_with_all_faults(n_steps: int, data: st.DataObject) -> None:
    """Each of some rows far apart is spoiled in its own way: as many rows are named."""
    n_faults = data.draw(st.integers(1, n_steps // 6))
    rows = [2 + 6 * number for number in range(n_faults) if 2 + 6 * number < n_steps - 2]
    frame = table(n_steps)
    ways = [data.draw(st.sampled_from(sorted(CORRUPTIONS))) for _ in rows]
    for row, way in reversed(list(zip(rows, ways, strict=True))):
        frame = CORRUPTIONS[way](frame.reset_index(drop=True), row)
    frame = frame.reset_index(drop=True)
    with pytest.raises(InputError) as caught:
        read_profile(frame)
    found = {fault.field for fault in caught.value.faults}
    n_cells = sum(way in ("missing", "negative", "text", "endless") for way in ways)
    cells = [fault for fault in caught.value.faults if fault.field != "time_h"]
    assert len(cells) == n_cells
    for fault in cells:
        assert fault.where.startswith("index ")
        assert fault.rule
        assert fault.remedy
    n_times = len(ways) - n_cells
    times = [fault for fault in caught.value.faults if fault.field == "time_h"]
    assert len(times) >= n_times
    assert bool(times) == bool(n_times)
    assert found <= {"time_h", "heat_demand_kW", "waste_heat_kW"}
