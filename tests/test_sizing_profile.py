"""Profiles from every source, whatever the step, and exactly back again."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from helpers_sizing import profile, table
from hypothesis import given
from hypothesis import strategies as st

from milpcore.faults import FaultList
from milpcore.sizing import HeatProfile, read_profile, write_profile
from milpcore.sizing.profile_time import GRID_TOLERANCE, hours_since_first, read_moments

HEADER = "time_h,heat_demand_kW,waste_heat_kW"


def read_text(tmp_path: Path, text: str) -> HeatProfile:
    path = tmp_path / "profile.csv"
    path.write_text(text, encoding="utf-8")
    return read_profile(path)


def test_csv_with_commas(tmp_path: Path) -> None:
    found = read_text(tmp_path, f"{HEADER}\n0,1000.5,900\n0.25,1100,950\n\n0.5,1200,0\n")
    assert found.step_h == 0.25
    np.testing.assert_array_equal(found.heat_demand_kW, [1000.5, 1100, 1200])
    np.testing.assert_array_equal(found.waste_heat_kW, [900, 950, 0])
    np.testing.assert_array_equal(found.time_h, [0.0, 0.25, 0.5])
    assert (found.n_steps, len(found), found.horizon_h) == (3, 3, 0.75)
    assert (found.start, found.times, found.start_h) == (None, None, 0.0)


def test_csv_with_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    text = "time_h;waste_heat_kW;heat_demand_kW;cop\n0;900;1000,5;2,1\n0,25;950,25;1100;2\n"
    found = read_text(tmp_path, text)
    np.testing.assert_array_equal(found.heat_demand_kW, [1000.5, 1100])
    np.testing.assert_array_equal(found.waste_heat_kW, [900, 950.25])
    np.testing.assert_array_equal(found.series["cop"], [2.1, 2.0])


def test_csv_with_semicolons_and_dates(tmp_path: Path) -> None:
    text = "time;heat_demand_kW;waste_heat_kW\n1.12.2024 8:00;1000,5;9\n01.12.2024 09:00;1,5;0\n"
    found = read_text(tmp_path, text)
    assert found.start == pd.Timestamp("2024-12-01 08:00")
    np.testing.assert_array_equal(found.heat_demand_kW, [1000.5, 1.5])


def test_units_in_headers_may_repeat_the_name(tmp_path: Path) -> None:
    text = (
        "time_h [h],heat_demand_kW (kW),waste_heat_kW / kW,gas_price_EUR_per_MWh [€/MWh]\n"
        "0,1,2,3\n1,4,5,6\n"
    )
    found = read_text(tmp_path, text)
    assert found.step_h == 1.0
    np.testing.assert_array_equal(found.series["gas_price_EUR_per_MWh"], [3, 6])


def test_workbook_with_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Notes")
    sheet = book.create_sheet("Profile")
    sheet.append(["time", "heat_demand_kW", "waste_heat_kW"])
    for minute in (0, 20, 40):
        sheet.append([datetime(2024, 5, 1, 12, minute), 100 + minute, 50])
    book.save(tmp_path / "plant.xlsx")
    found = read_profile(tmp_path / "plant.xlsx")
    assert found.step_h == 1 / 3
    assert found.start == pd.Timestamp("2024-05-01 12:00")
    assert found == read_profile(str(tmp_path / "plant.xlsx"), sheet="Profile")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "made",
    [
        profile(),
        profile(start_h=7.0, series={"cop": [2, 3, 2.5, 1], "cop_big pump": [4, 4, 4, 4.5]}),
        profile(start=pd.Timestamp("2024-02-29 23:30")),
        profile(start=pd.Timestamp("2024-03-31 01:30", tz="Europe/Berlin"), step_h=1 / 3),
    ],
)
def test_written_profiles_come_back(made: HeatProfile, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"copy.{suffix}"
    write_profile(made, path)
    again = read_profile(path)
    assert again == made
    assert list(again.series) == list(made.series)
    assert read_profile(made.table) == made


@given(
    st.integers(2, 60),
    st.integers(1, 86_400),
    st.floats(-1e4, 1e4),
    st.lists(st.floats(0, 1e7), min_size=2, max_size=60),
)
def test_any_constant_step_is_found(
    n_steps: int, seconds: int, start_h: float, heat_kW: list[float]
) -> None:
    demand_kW = np.resize([*heat_kW, 1.0], n_steps)
    demand_kW[0] += 1.0
    demand_kW = np.minimum(demand_kW, 1e7)
    step_h = seconds / 3600
    frame = table(n_steps, time_h=start_h + step_h * np.arange(n_steps), heat_demand_kW=demand_kW)
    found = read_profile(frame)
    assert found.step_h == pytest.approx(step_h, rel=1e-6)
    if seconds >= 60:
        assert found.step_h == step_h
    np.testing.assert_array_equal(found.heat_demand_kW, demand_kW)
    np.testing.assert_allclose(found.time_h, frame["time_h"], atol=1e-6, rtol=1e-9)


@given(st.integers(3, 400), st.integers(0, 10**6))
def test_times_may_be_rounded_and_clocks_late(n_steps: int, seed: int) -> None:
    late = np.random.default_rng(seed).uniform(-0.4, 0.4, n_steps) * GRID_TOLERANCE
    times = 0.25 * (np.arange(n_steps) + late)
    assert read_profile(table(n_steps, time_h=times)).step_h == pytest.approx(0.25, rel=0.01)


@pytest.mark.parametrize("decimals", [2, 3, 4, 9])
def test_a_third_of_an_hour_may_be_rounded(decimals: int) -> None:
    times = np.round(np.arange(144) / 3, decimals)
    assert read_profile(table(144, time_h=times)).step_h == 1 / 3


@pytest.mark.parametrize("day", ["2024-03-31", "2024-10-27"])
@pytest.mark.parametrize("step", ["15min", "1h"])
def test_changes_of_clocks_are_none_with_a_time_zone(day: str, step: str) -> None:
    index = pd.date_range(f"{day} 00:00", periods=120, freq=step, tz="Europe/Berlin")
    frame = table(120, time_h=None).set_index(index)
    found = read_profile(frame)
    assert found.step_h == pd.Timedelta(step).total_seconds() / 3600
    assert found.times is not None
    assert list(found.times) == list(index)
    assert read_profile(found.table) == found
    as_text = frame.reset_index(drop=True).assign(time=[t.isoformat() for t in index])
    assert read_profile(as_text) == found
    unaware = frame.tz_localize(None)
    with pytest.raises(ValueError, match="if the clocks were changed there, give UTC"):
        read_profile(unaware)


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-12-31 23:45", "2025-01-01 00:00"],
        ["2024-12-31T23:45:00", "2025-01-01T00:00:00"],
        ["31.12.2024 23:45", "1.1.2025 0:00"],
        ["31.12.2024 23:45:00", "01.01.2025 00:00:00"],
    ],
)
def test_dates_may_be_written_in_two_ways(texts: list[str], tmp_path: Path) -> None:
    rows = "".join(f"{text},1,2\n" for text in texts)
    found = read_text(tmp_path, f"time,heat_demand_kW,waste_heat_kW\n{rows}")
    assert found.start == pd.Timestamp("2024-12-31 23:45")
    assert found.step_h == 0.25


def test_offsets_count_the_hours_that_pass() -> None:
    faults = FaultList()
    cells: list[object] = ["2024-10-27T02:00+02:00", "2024-10-27T02:00+01:00", "2024-10-27T02:00Z"]
    hours = hours_since_first(read_moments(cells, str, faults))
    np.testing.assert_array_equal(hours, [0.0, 1.0, 2.0])
    assert len(faults) == 0


def test_arrays_are_copies_and_read_only() -> None:
    demand_kW = np.array([1.0, 2.0])
    found = profile(2, heat_demand_kW=demand_kW, series={"cop": [2, 3]})
    demand_kW[0] = 5.0
    assert found.heat_demand_kW[0] == 1.0
    for array in (found.heat_demand_kW, found.waste_heat_kW, found.series["cop"]):
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.step_h = 1.0  # type: ignore[misc]


def test_profiles_pickle_and_compare() -> None:
    made = profile(
        start=pd.Timestamp("2024-01-01", tz="Europe/Berlin"), series={"cop": np.full(4, 3)}
    )
    assert pickle.loads(pickle.dumps(made)) == made
    for changed in (
        profile(),
        profile(series={"cop": np.full(4, 3.0)}),
        profile(step_h=0.5),
        profile(waste_heat_kW=np.ones(4)),
        profile(start_h=1.0),
    ):
        assert changed != made
    assert profile() == profile()
    assert profile() != "profile"
    with pytest.raises(TypeError, match="unhashable"):
        hash(made)


def test_repr_and_energy() -> None:
    assert repr(profile(series={"cop": np.full(4, 2)})) == (
        "HeatProfile(4 steps of 0.25 h: demand 900 to 1100 kW, waste heat 800 to 1000 kW, cop)"
    )
    assert profile().heat_demand_MWh == pytest.approx(1.0)


def test_parts_keep_their_place_in_time() -> None:
    whole = profile(5, start=pd.Timestamp("2024-01-01"), series={"cop": [1, 2, 3, 4, 5]})
    part = whole.part(1, 3)
    np.testing.assert_array_equal(part.heat_demand_kW, whole.heat_demand_kW[1:4])
    np.testing.assert_array_equal(part.series["cop"], [2, 3, 4])
    np.testing.assert_allclose(part.time_h, whole.time_h[1:4])
    assert whole.times is not None
    assert part.times is not None
    assert list(part.times) == list(whole.times[1:4])
    assert profile(start_h=2.0).part(2, 2).start_h == 2.5


def test_table_has_the_times_once() -> None:
    assert list(profile().table.columns) == ["time_h", "heat_demand_kW", "waste_heat_kW"]
    dated = profile(start=pd.Timestamp("2024-01-01")).table
    assert list(dated.columns) == ["heat_demand_kW", "waste_heat_kW"]
    assert isinstance(dated.index, pd.DatetimeIndex)
    assert list(dated.index[:2]) == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01 00:15")]
