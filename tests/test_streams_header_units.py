"""Units in the headers of a stream table: converted, or refused, never dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from helpers_streams import HEADER, fault_lines, record

from milpcore.streams import read_streams

ROW = "site,H1,150,60,900,5"
CORRECT = "correct the header, or leave the argument out"
CONVERT = "convert the numbers, then name their unit"


def csv_file(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "streams.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def with_keys(stream: dict[str, Any], **headers: str) -> dict[str, Any]:
    return {headers.get(name, name): value for name, value in stream.items()}


@pytest.mark.parametrize(
    "header",
    [
        "t_supply [K],t_target (K),heat_flow [MW],dt_cont [K],htc [W/m²K]",
        "t_supply(kelvin),t_target / K,heat_flow /MW,dt_cont [°C],htc (W/(m² K))",
    ],
)
def test_numbers_are_in_the_unit_of_their_header(tmp_path: Path, header: str) -> None:
    row = "site,H1,423.15,333.15,0.9,5,500"
    table = read_streams(csv_file(tmp_path, f"zone,name,{header}", row)).table
    assert table.iloc[0].tolist() == ["site", "H1", "hot", 150.0, 60.0, 900.0, 5.0, 0.5]


@pytest.mark.parametrize("unit", ["°C", "degC", "C"])
def test_degrees_in_the_header_are_degrees(tmp_path: Path, unit: str) -> None:
    header = HEADER.replace("t_supply", f"t_supply [{unit}]").replace(
        "t_target", f"t_target ({unit})"
    )
    assert read_streams(csv_file(tmp_path, header, ROW)) == read_streams([record()])


def test_every_source_has_headers_with_units(tmp_path: Path) -> None:
    stream = with_keys(
        record(heat_flow=None, heat_capacity_flowrate=0.01),
        heat_capacity_flowrate="heat_capacity_flowrate [MW/K]",
    )
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(stream))
    sheet.append(list(stream.values()))
    book.save(tmp_path / "streams.xlsx")
    for source in ([stream], pd.DataFrame([stream]), tmp_path / "streams.xlsx"):
        assert read_streams(source).duty_kW[0] == pytest.approx(900.0, rel=1e-15)


def test_an_unknown_unit_is_refused_with_all_other_faults(tmp_path: Path) -> None:
    header = "zone,name,t_supply [°F],t_target [kW],heat_flow [mW],dt_cont [],htc [kW/m2]"
    lines = fault_lines(read_streams, csv_file(tmp_path, header, "site,,1,2,3,4,5"))
    assert lines == [
        f"line 1: t_supply [°F]: unknown unit; known: °C, K; {CONVERT}",
        f"line 1: t_target [kW]: unknown unit; known: °C, K; {CONVERT}",
        f"line 1: heat_flow [mW]: unknown unit; known: W, kW, MW; {CONVERT}",
        f"line 1: dt_cont []: unknown unit; known: K, °C, delta_degC; {CONVERT}",
        "line 1: htc [kW/m2]: unknown unit; known: W/(m² K), kW/(m² K), MW/(m² K); " + CONVERT,
        "line 2 (site): name: is empty; give every stream a zone and a name",
    ]


@pytest.mark.parametrize(
    ("header", "remedy"),
    [
        ("T_supply [K]", "rename it to 't_supply [K]' or delete it"),
        ("t supply (°C)", "rename it to 't_supply [°C]' or delete it"),
        ("t_supply_K", "rename it to 't_supply' if it is in °C, otherwise to 't_supply [unit]'"),
        ("T_supply [F]", "rename it to 't_supply' if it is in °C, otherwise to 't_supply [unit]'"),
        ("Zone [A]", "rename it to 'zone' or delete it"),
    ],
)
def test_no_remedy_drops_a_unit(tmp_path: Path, header: str, remedy: str) -> None:
    path = csv_file(tmp_path, f"{HEADER},{header}", f"{ROW},1")
    (line,) = fault_lines(read_streams, path)
    assert line.startswith(f"line 1: {header}: unknown column; {remedy}")


def test_remedies_name_the_unit_that_plain_numbers_have() -> None:
    stream = record()
    del stream["t_supply"], stream["heat_flow"]
    options: dict[str, Any] = {"temperature_unit": "K", "heat_unit": "MW"}
    assert fault_lines(read_streams, [stream | {"Heatflow": 1, "t_target": None}], **options) == [
        "keys: Heatflow: unknown column; rename it to 'heat_flow' if it is in MW, otherwise to "
        "'heat_flow [unit]' (W, kW, MW), or delete it",
        "keys: t_supply: missing column; add it (K)",
        "keys: heat_flow: missing column; add it (MW), or heat_capacity_flowrate (MW/K)",
        "streams[0] (site/H1): t_target: is missing (blank or NaN); give it (K)",
    ]


def test_arguments_and_headers_must_agree() -> None:
    stream = with_keys(
        record(t_supply=423.15, t_target=333.15, heat_flow=0.9),
        t_supply="t_supply [K]",
        heat_flow="heat_flow [MW]",
    )
    agreed = read_streams([stream], temperature_unit="K", heat_unit="MW")
    assert agreed == read_streams([record()])
    assert fault_lines(read_streams, [stream], temperature_unit="C", heat_unit="kW") == [
        f"keys: t_supply [K]: contradicts temperature_unit = C; {CORRECT}",
        f"keys: heat_flow [MW]: contradicts heat_unit = kW; {CORRECT}",
    ]
    flowrate = with_keys(
        record(heat_flow=None, heat_capacity_flowrate=10),
        heat_capacity_flowrate="heat_capacity_flowrate [kW/K]",
    )
    assert fault_lines(read_streams, [flowrate], heat_unit="MW") == [
        f"keys: heat_capacity_flowrate [kW/K]: contradicts heat_unit = MW; {CORRECT}",
    ]


def test_a_temperature_without_unit_beside_kelvin_is_refused() -> None:
    stream = with_keys(record(t_supply=423.15), t_supply="t_supply [K]")
    assert fault_lines(read_streams, [stream]) == [
        "keys: t_target: has no unit beside 't_supply [K]'; "
        "write its unit as well, such as 't_target [K]'"
    ]
    celsius = with_keys(record(), t_target="t_target [°C]")
    assert read_streams([celsius]) == read_streams([record()])


def test_cells_and_headers_must_agree() -> None:
    stream = with_keys(
        record(t_supply={"value": 423.15, "unit": "K"}, dt_cont={"value": 5, "unit": "°C"}),
        t_supply="t_supply [°C]",
        dt_cont="dt_cont [K]",
    )
    assert fault_lines(read_streams, [stream]) == [
        "streams[0] (site/H1): t_supply = 423.15 K: contradicts the unit in the header "
        "'t_supply [°C]'; keep one of the two units"
    ]
    same = with_keys(record(t_supply={"value": 150, "unit": "C"}), t_supply="t_supply [°C]")
    assert read_streams([same]) == read_streams([record()])


def test_faults_of_cells_are_in_the_unit_of_the_header() -> None:
    stream = with_keys(
        record(t_supply=-1, t_target=333.15, heat_flow="x"),
        t_supply="t_supply [K]",
        t_target="t_target [K]",
        heat_flow="heat_flow [MW]",
    )
    zero, number = fault_lines(read_streams, [stream])
    assert "t_supply = -1 K: must not be below absolute zero" in zero
    assert "heat_flow = x MW: is not a number" in number


def test_a_column_with_and_without_unit_is_there_twice() -> None:
    assert fault_lines(read_streams, [record() | {"t_supply [K]": 400}]) == [
        "keys: t_supply [K]: column appears more than once; keep one of them"
    ]


def test_bookkeeping_columns_are_left_out_of_every_source(tmp_path: Path) -> None:
    stream = {"index": 7, **record(), "loc": "x"}
    path = csv_file(tmp_path, f"index,{HEADER},loc", f"7,{ROW},x")
    for source in ([stream], pd.DataFrame([stream]), path):
        assert read_streams(source) == read_streams([record()])
