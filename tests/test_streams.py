"""The stream table: sources, units, the bundled cases, and writing."""

from __future__ import annotations

import ast
import dataclasses
import importlib.resources
import json
import pickle
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from helpers_streams import HEADER, record

import milpcore.files as files_module
import milpcore.naming as naming_module
import milpcore.streams as streams_module
from milpcore.streams import (
    Streams,
    case_names,
    case_source,
    load_case,
    read_streams,
    write_streams,
)

ROWS = ["site,H1,150,60,900,5", "site,C1,20,80,600,2.5"]


@pytest.fixture
def pair() -> Streams:
    return read_streams([record(), record(name="C1", t_supply=20, t_target=80, heat_flow=600)])


def test_csv_gives_columns_in_canonical_order_and_units(tmp_path: Path) -> None:
    path = tmp_path / "streams.csv"
    path.write_text("dt_cont,name,zone,heat_flow,t_target,t_supply\n5,H1,site,900,60,150\n")
    table = read_streams(path).table
    names = ["zone", "name", "kind", "t_supply", "t_target", "heat_flow", "dt_cont"]
    assert list(table.columns) == names
    assert table.iloc[0].tolist() == ["site", "H1", "hot", 150.0, 60.0, 900.0, 5.0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_line_ends_and_byte_order_mark_do_not_matter(
    tmp_path: Path, end: str, mark: bytes
) -> None:
    path = tmp_path / "streams.csv"
    path.write_bytes(mark + end.join([HEADER, *ROWS]).encode())
    assert read_streams(path).label.tolist() == ["site/H1", "site/C1"]


def test_csv_blanks_blank_lines_and_empty_columns_are_not_content(tmp_path: Path) -> None:
    plain, spaced = tmp_path / "plain.csv", tmp_path / "spaced.csv"
    plain.write_text("\n".join([HEADER, *ROWS]))
    spaced.write_text(
        " zone , name,t_supply,t_target, heat_flow,dt_cont ,\n"
        '\n"site", "H1", 150 ,60,900,5,\n,,,,,,\nsite ,C1,20,80,600,2.5,\n\n'
    )
    assert read_streams(spaced) == read_streams(plain)


def test_csv_path_may_be_text_and_names_keep_commas_quotes_and_letters(tmp_path: Path) -> None:
    path = tmp_path / "streams.csv"
    path.write_text(f'{HEADER}\n"Süd, ""A""",NA,150,60,900,5\n', encoding="utf-8")
    assert read_streams(str(path)).label.tolist() == ['Süd, "A"/NA']


def test_workbook_equals_csv(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*HEADER.split(","), None, "htc"])
    sheet.append(["site", 101, 150, 60.5, 900, 5, None, 0.5])
    sheet.append([None] * 8)
    sheet.append(["site", "C1", "20", 80, 600, 2.5, None, 1])
    book.save(tmp_path / "streams.xlsx")
    (tmp_path / "streams.csv").write_text(
        f"{HEADER},htc\nsite,101,150,60.5,900,5,0.5\nsite,C1,20,80,600,2.5,1\n"
    )
    assert read_streams(tmp_path / "streams.xlsx") == read_streams(tmp_path / "streams.csv")


def test_workbook_sheet_called_streams_or_chosen(tmp_path: Path) -> None:
    path = tmp_path / "streams.xlsx"
    book = openpyxl.Workbook()
    for title, name in (("Notes", "no"), ("Streams", "yes"), ("Old", "old")):
        sheet = book.create_sheet(title)
        sheet.append(HEADER.split(","))
        sheet.append(["site", name, 150, 60, 900, 5])
    book.save(path)
    assert read_streams(path).label.tolist() == ["site/yes"]
    assert read_streams(path, sheet="Old").label.tolist() == ["site/old"]


def test_frame_keeps_its_numbers_whatever_their_types() -> None:
    frame = pd.DataFrame([record()]).astype({"t_supply": "Int64", "t_target": "float32"})
    frame["heat_flow"] = pd.Series([Fraction(1801, 2)], dtype=object)
    frame["dt_cont"] = ["2.5"]
    frame.index = pd.Index(["first"])
    streams = read_streams(frame)
    assert streams.table.iloc[0].tolist()[3:] == [150.0, 60.0, 900.5, 2.5]
    assert "htc" not in streams.table


def test_constructor_validates_and_copies() -> None:
    frame = pd.DataFrame([record(t_target=60.0)])
    streams = Streams(frame)
    frame.loc[0, "t_target"] = 140.0
    assert streams.t_target_C.tolist() == [60.0]
    assert streams == read_streams([record()])


def test_openpinch_document_with_units() -> None:
    text = """{"utilities": [], "options": {}, "streams": [{
        "zone": "A", "name": "C1", "loc": 0, "index": 0,
        "t_supply": {"value": 293.15, "units": "K"}, "t_target": {"value": 80, "unit": "degC"},
        "heat_flow": {"value": 0.6, "unit": "MW"}, "dt_cont": {"value": 5, "unit": "delta_degC"},
        "htc": {"value": NaN, "unit": "kW/m^2/degC"}}]}"""
    table = read_streams(json.loads(text)).table
    assert table.iloc[0].tolist() == ["A", "C1", "cold", 20.0, 80.0, 600.0, 5.0]


@pytest.mark.parametrize(
    ("column", "quantity", "expected"),
    [
        ("t_supply", {"value": 150, "unit": "degC"}, 150.0),
        ("t_supply", {"value": 150, "unit": "°C"}, 150.0),
        ("t_supply", {"value": 150, "unit": "C"}, 150.0),
        ("t_supply", {"value": 150, "unit": " degree_Celsius "}, 150.0),
        ("t_supply", {"value": 423.15, "unit": "K"}, 150.0),
        ("t_supply", {"value": 423.15, "unit": "kelvin"}, 150.0),
        ("t_supply", {"value": 150, "unit": None}, 150.0),
        ("t_supply", {"value": "150"}, 150.0),
        ("dt_cont", {"value": 7, "unit": "K"}, 7.0),
        ("dt_cont", {"value": 7, "unit": "°C"}, 7.0),
        ("dt_cont", {"value": 7, "unit": "delta_degC"}, 7.0),
        ("dt_cont", {"value": 7, "unit": "delta_degree_Celsius"}, 7.0),
        ("heat_flow", {"value": 4, "unit": "kW"}, 4.0),
        ("heat_flow", {"value": 4, "unit": "MW"}, 4000.0),
        ("heat_flow", {"value": 4000, "unit": "W"}, 4.0),
        ("heat_flow", {"value": 4, "unit": "kilowatt"}, 4.0),
        ("htc", {"value": 2, "unit": "kW/(m^2 K)"}, 2.0),
        ("htc", {"value": 2, "unit": "kW/(m² K)"}, 2.0),
        ("htc", {"value": 2, "unit": "kW/m^2/degC"}, 2.0),
        ("htc", {"value": 2, "unit": "kW/m^2/delta_degC"}, 2.0),
        ("htc", {"value": 2, "unit": "kW·m⁻²·K⁻¹"}, 2.0),
        ("htc", {"value": 2, "unit": "kilowatt / kelvin / meter ** 2"}, 2.0),
        ("htc", {"value": 2000, "unit": "W/(m2 K)"}, 2.0),
        ("htc", {"value": 2000, "unit": "W/m²/°C"}, 2.0),
        ("htc", {"value": 0.002, "unit": "MW/m2/K"}, 2.0),
    ],
)
def test_units_are_converted(column: str, quantity: object, expected: float) -> None:
    table = read_streams([record(**{column: quantity})]).table
    assert table.loc[0, column] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("flowrate", "unit"), [(10, "kW/K"), (10, "kW/delta_degC"), (10000, "W/°C"), (0.01, "MW/K")]
)
def test_heat_capacity_flowrate_makes_the_duty(flowrate: float, unit: str) -> None:
    stream = record(heat_flow=None, heat_capacity_flowrate={"value": flowrate, "unit": unit})
    assert read_streams([stream]).duty_kW[0] == pytest.approx(900.0, rel=1e-15)


def test_heat_unit_holds_for_both_duties_but_not_for_carried_units() -> None:
    streams = read_streams(
        [
            record(name="a", heat_flow=0.9),
            record(name="b", heat_flow=None, heat_capacity_flowrate=0.01),
            record(name="c", heat_flow={"value": 900, "unit": "kW"}),
        ],
        heat_unit="MW",
    )
    assert streams.duty_kW == pytest.approx([900.0, 900.0, 900.0], rel=1e-15)


def test_heat_flow_beside_a_consistent_flowrate_is_taken() -> None:
    assert read_streams([record(heat_capacity_flowrate=10.005)]).duty_kW.tolist() == [900.0]


def test_kelvin_become_the_celsius_meant() -> None:
    streams = read_streams([record(t_supply=373.15, t_target=288.15)], temperature_unit="K")
    assert (streams.t_supply_C[0], streams.t_target_C[0]) == (100.0, 15.0)
    assert streams.dt_cont_K[0] == 5.0


def test_isothermal_streams_take_their_kind_from_the_table() -> None:
    streams = read_streams(
        [
            record(name="steam", kind="cold", t_target=150),
            record(name="vapour", kind="Hot", t_target={"value": 423.15, "unit": "K"}),
            record(name="plain", kind=None),
        ]
    )
    assert streams.table["kind"].tolist() == ["cold", "hot", "hot"]
    assert streams.is_hot.tolist() == [False, True, True]


def test_ends_of_the_ranges_are_allowed() -> None:
    least = 5e-324
    table = read_streams([record(dt_cont=0, heat_flow=least, htc=least)]).table
    assert table.iloc[0].tolist()[5:] == [least, 0.0, least]
    flowrate = read_streams([record(heat_flow=None, heat_capacity_flowrate=0.5)])
    assert flowrate.duty_kW.tolist() == [45.0]


def test_numbers_may_be_names_and_names_may_be_long() -> None:
    records = [record(name=name) for name in (0, np.int8(7), 10**15 - 1, "n" * 200)]
    names = read_streams(records).table["name"].tolist()
    assert names == ["0", "7", "999999999999999", "n" * 200]


def test_absolute_zero_is_still_a_temperature() -> None:
    assert read_streams([record(t_target=0)], temperature_unit="K").t_target_C[0] == -273.15


def test_properties_are_read_only_arrays(pair: Streams) -> None:
    arrays = {
        "is_hot": [True, False],
        "t_supply_C": [150.0, 20.0],
        "t_target_C": [60.0, 80.0],
        "duty_kW": [900.0, 600.0],
        "dt_cont_K": [5.0, 5.0],
        "label": ["site/H1", "site/C1"],
    }
    for name, expected in arrays.items():
        array = getattr(pair, name)
        assert array.tolist() == expected
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    assert pair.is_hot.dtype == np.bool_
    assert pair.n_streams == len(pair) == 2


def test_htc_is_an_array_or_none(pair: Streams) -> None:
    assert pair.htc_kW_per_m2_K is None
    htc = read_streams([record(htc=0.5)]).htc_kW_per_m2_K
    assert htc is not None
    assert htc.tolist() == [0.5]


def test_repr_counts_streams_duties_and_temperatures(pair: Streams) -> None:
    text = "Streams(2 streams: 1 hot with 900 kW, 1 cold with 600 kW, 20 to 150 °C)"
    assert repr(pair) == text
    one = "Streams(1 stream: 0 hot with 0 kW, 1 cold with 600 kW, 20 to 80 °C)"
    assert repr(pair.select([1])) == one


def test_equality_minds_order_and_values(pair: Streams) -> None:
    assert pair == pair.select([0, 1])
    assert pair != pair.select([1, 0])
    assert pair != pair.select([0])
    assert pair != "streams"
    with pytest.raises(TypeError, match="unhashable"):
        hash(pair)


def test_streams_are_frozen(pair: Streams) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        pair.table = pair.table.iloc[:1]  # type: ignore[misc]


def test_pickle_round_trip(pair: Streams) -> None:
    assert pickle.loads(pickle.dumps(pair)) == pair


def test_select_by_places_and_by_mask(pair: Streams) -> None:
    assert pair.select(~pair.is_hot).label.tolist() == ["site/C1"]
    swapped = pair.select(np.array([1, 0]))
    assert swapped.label.tolist() == ["site/C1", "site/H1"]
    assert swapped.table.index.tolist() == [0, 1]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("name", case_names())
def test_cases_survive_writing_exactly(tmp_path: Path, suffix: str, name: str) -> None:
    path = tmp_path / f"copy.{suffix}"
    write_streams(load_case(name), path)
    assert read_streams(path) == load_case(name)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_workbook_cells_are_numbers_and_text(tmp_path: Path) -> None:
    write_streams(load_case("two_streams"), tmp_path / "copy.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "copy.xlsx")["streams"]
    row = [cell.value for cell in sheet[2]]
    assert row == ["site", "H1", "hot", 150, 60, 1200, 5]
    assert {cell.data_type for cell in sheet[2][3:]} == {"n"}


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_texts_that_look_like_something_else_survive(tmp_path: Path, suffix: str) -> None:
    names = ["=1+1", "1e5", "007", "#N/A", "NaN", "a,b", 'say "H1"', "'x", "_x0041_", "ß漢🜁", "-"]
    streams = read_streams([record(zone=name, name=name) for name in names])
    path = tmp_path / f"copy.{suffix}"
    write_streams(streams, path)
    assert read_streams(path).table["name"].tolist() == names


def test_reference_site_is_the_one_of_the_design() -> None:
    streams = load_case("site_400")
    assert (streams.n_streams, int(streams.is_hot.sum())) == (400, 200)
    sign = np.where(streams.is_hot, -1.0, 1.0)
    limit_C = streams.t_target_C + sign * (streams.dt_cont_K + 5.0)
    assert (len(np.unique(limit_C)), limit_C.min()) == (156, 15.0)


def test_loop_example_has_its_duties_and_coefficients() -> None:
    streams = load_case("loop_two_plants")
    assert streams.duty_kW[~streams.is_hot].sum() == pytest.approx(78492.59)
    assert streams.htc_kW_per_m2_K is not None
    assert streams.htc_kW_per_m2_K[0] == 1.642


def test_dairy_has_isothermal_streams_of_both_kinds() -> None:
    streams = load_case("dairy_8")
    isothermal = streams.t_supply_C == streams.t_target_C
    assert streams.n_streams == 8
    assert sorted(streams.table["kind"][isothermal]) == ["cold", "hot"]


def test_every_case_says_where_it_comes_from() -> None:
    text = importlib.resources.files("milpcore.data").joinpath("cases.toml").read_text("utf-8")
    assert sorted(tomllib.loads(text)) == sorted(case_names())
    for name in case_names():
        status, _, source = case_source(name).partition(": ")
        assert status in ("found", "domain", "assumed", "fitted", "exact")
        assert source.endswith(".")
    assert "unpublished" in case_source("site_400")


def test_stream_modules_import_nothing_heavy() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "pandas", "milpcore"}
    files = Path(streams_module.__file__).parent.glob("stream*.py")
    for file in [*files, Path(files_module.__file__), Path(naming_module.__file__)]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).partition(".")[0] in allowed
            elif isinstance(node, ast.Import):
                assert {name.name.partition(".")[0] for name in node.names} <= allowed
