"""Properties of reading and writing: nothing lost, nothing but `InputError` on bad input."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_streams import HEADER
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.faults import Fault, InputError
from milpcore.stream_units import Quantity, find_unit
from milpcore.streams import Streams, load_case, read_streams, write_streams

temperatures_C = st.floats(-273.15, 2000.0).map(lambda value: round(value, 6))
positive = st.floats(1e-3, 1e6)
texts = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda text: text and not {"\ufffe", "\uffff"} & set(text))
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Valid records, some isothermal, some with a heat transfer coefficient throughout."""
    names = draw(st.lists(st.tuples(texts, texts), min_size=1, max_size=6, unique_by="/".join))
    with_htc = draw(st.booleans())
    records = []
    for zone, name in names:
        t_supply, t_target = draw(temperatures_C), draw(temperatures_C)
        kind = "hot" if t_supply > t_target else "cold"
        if draw(st.booleans()):
            t_target, kind = t_supply, draw(st.sampled_from(["hot", "cold"]))
        stream: dict[str, Any] = {"zone": zone, "name": name, "kind": kind}
        stream |= {"t_supply": t_supply, "t_target": t_target}
        stream |= {"heat_flow": draw(positive), "dt_cont": draw(st.floats(0.0, 50.0))}
        records.append(stream | ({"htc": draw(positive)} if with_htc else {}))
    return records


def written_and_read(streams: Streams, suffix: str) -> Streams:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"copy{suffix}"
        write_streams(streams, path)
        return read_streams(path)


def streams_or_faults(source: Any) -> Streams | tuple[Fault, ...]:
    try:
        return read_streams(source)
    except InputError as error:
        return error.faults


@given(tables())
def test_csv_round_trip_is_exact(records: list[dict[str, Any]]) -> None:
    streams = read_streams(records)
    assert written_and_read(streams, ".csv") == streams


@given(tables(), st.integers(0, 6), st.sampled_from([",", "."]))
def test_a_spreadsheet_with_semicolons_is_never_read_as_another_table(
    records: list[dict[str, Any]], digits: int, sign: str
) -> None:
    numbers = ("t_supply", "t_target", "heat_flow", "dt_cont", "htc")
    for record in records:
        given_numbers = {name: f"{record[name]:.{digits}f}" for name in numbers if name in record}
        record |= given_numbers | {"kind": ""}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "streams.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]), delimiter=";")
            writer.writeheader()
            for record in records:
                local = {
                    name: record[name].replace(".", sign) for name in numbers if name in record
                }
                writer.writerow(record | local)
        expected, found = streams_or_faults(records), streams_or_faults(path)
    if isinstance(found, Streams):
        assert found == expected
    elif isinstance(expected, Streams):
        assert digits == 3
        assert all("may be" in fault.rule for fault in found)


@given(tables())
@settings(max_examples=25)
def test_workbook_round_trip_is_exact(records: list[dict[str, Any]]) -> None:
    streams = read_streams(records)
    assert written_and_read(streams, ".xlsx") == streams


@given(tables())
def test_frame_and_records_are_the_same_table(records: list[dict[str, Any]]) -> None:
    streams = read_streams(records)
    assert read_streams(pd.DataFrame(records)) == streams
    assert Streams(streams.table) == streams


@given(tables(), st.randoms(use_true_random=False))
def test_rows_and_columns_may_come_in_any_order(records: list[dict[str, Any]], random: Any) -> None:
    order = list(range(len(records)))
    columns = list(records[0])
    random.shuffle(order)
    random.shuffle(columns)
    shuffled = [{name: records[i][name] for name in columns} for i in order]
    assert read_streams(shuffled) == read_streams(records).select(order)


@given(tables())
def test_kelvin_mean_the_same_as_celsius(records: list[dict[str, Any]]) -> None:
    kelvin = [
        stream | {name: stream[name] + 273.15 for name in ("t_supply", "t_target")}
        for stream in records
    ]
    assert read_streams(kelvin, temperature_unit="K") == read_streams(records)


@given(tables())
def test_heat_capacity_flowrate_means_the_same_as_heat_flow(records: list[dict[str, Any]]) -> None:
    streams = read_streams(records)
    flowrates = []
    for stream in records:
        difference_K = abs(stream["t_supply"] - stream["t_target"])
        if difference_K > 0.0:
            flowrate = stream["heat_flow"] / difference_K
            stream = stream | {"heat_flow": None, "heat_capacity_flowrate": flowrate}
        flowrates.append(stream)
    np.testing.assert_allclose(read_streams(flowrates).duty_kW, streams.duty_kW, rtol=1e-12)


@given(tables())
def test_megawatt_mean_a_thousand_kilowatt(records: list[dict[str, Any]]) -> None:
    carried = [s | {"heat_flow": {"value": s["heat_flow"], "unit": "MW"}} for s in records]
    plain = read_streams(records, heat_unit="MW")
    assert plain == read_streams(carried)
    np.testing.assert_allclose(plain.duty_kW, 1e3 * read_streams(records).duty_kW, rtol=1e-15)


FAULTY: dict[str, list[Any]] = {
    "zone": [None, "", " ", 1.5, "a\nb", "x" * 201],
    "name": [None, "", float("nan"), b"H1", "a\x00b", ["H1"]],
    "kind": ["warm", 1, True],
    "t_supply": [
        None,
        float("nan"),
        float("inf"),
        "x",
        "1,5",
        -273.16,
        True,
        {"value": 1, "unit": "??"},
    ],
    "t_target": [None, "nan", "-inf", 10**400, 1j, {"value": 1, "unit": "F"}, {"unit": "C"}],
    "heat_flow": [None, 0, -1, "0", "-5e3", "5 kW", {"value": 1, "unit": "t/h"}, Decimal("nan")],
    "dt_cont": [None, -1e-9, "five", float("-inf"), {"value": -5, "unit": "K"}, pd.NaT],
}
corruptions = st.sampled_from([(name, value) for name in FAULTY for value in FAULTY[name]])


@given(corruptions, st.integers(0, 399))
@settings(max_examples=50)
def test_one_bad_cell_in_a_good_table_is_found_where_it_is(
    corruption: tuple[str, Any], row: int
) -> None:
    column, value = corruption
    records = [dict(stream) for stream in SITE]
    records[row][column] = value
    with pytest.raises(InputError) as caught:
        read_streams(records)
    assert {fault.where.split(" ")[0] for fault in caught.value.faults} == {f"streams[{row}]"}
    assert caught.value.faults[0].field == column


SITE = [
    {str(name): value for name, value in stream.items()}
    for stream in load_case("site_400").table.to_dict("records")
]

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.decimals()
    | st.fractions()
    | st.dates()
    | st.timedeltas()
    | st.binary(max_size=5)
    | st.text(max_size=8)
    | st.sampled_from([pd.NA, pd.NaT, np.float32("nan"), np.int8(3), np.bool_(True), object()]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["value", "unit", "units", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)
column_names = st.sampled_from([*HEADER.split(","), "htc", "kind", "heat_capacity_flowrate"])


def reads_or_refuses(read: Callable[[], Streams]) -> None:
    """A table without NaN, or `InputError`; any other exception fails the test."""
    try:
        streams = read()
    except InputError:
        return
    numbers = streams.table.select_dtypes("number").to_numpy()
    assert np.isfinite(numbers).all()
    assert (streams.duty_kW > 0.0).all()
    assert ((streams.t_supply_C - streams.t_target_C) * np.where(streams.is_hot, 1, -1) >= 0).all()


@given(tables(), st.lists(st.tuples(st.integers(0, 5), column_names, anything), max_size=3))
def test_records_with_anything_in_them(
    records: list[dict[str, Any]], changes: list[tuple[int, str, Any]]
) -> None:
    for row, column, value in changes:
        records[row % len(records)][column] = value
    reads_or_refuses(lambda: read_streams(records))
    frame = pd.DataFrame(
        {
            name: pd.Series([r.get(name) for r in records], dtype=object)
            for name in dict.fromkeys(k for r in records for k in r)
        }
    )
    reads_or_refuses(lambda: read_streams(frame))


@given(anything | st.lists(st.dictionaries(column_names | st.integers(), anything)))
def test_sources_of_any_kind(source: Any) -> None:
    if not isinstance(source, str):
        reads_or_refuses(lambda: read_streams(source))


CSV = "\n".join([HEADER, *(f"site,H{i},{150 + i},60.5,900,5" for i in range(4))]).encode()


@given(st.data())
def test_csv_with_bytes_changed(data: st.DataObject) -> None:
    content = changed(data, CSV)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "streams.csv"
        path.write_bytes(content)
        reads_or_refuses(lambda: read_streams(path))


def workbook_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "streams.xlsx"
        write_streams(load_case("two_streams"), path)
        return path.read_bytes()


WORKBOOK = workbook_bytes()


@given(st.data())
@settings(max_examples=40)
def test_workbook_with_bytes_changed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "streams.xlsx"
        path.write_bytes(changed(data, WORKBOOK))
        reads_or_refuses(lambda: read_streams(path))


def changed(data: st.DataObject, content: bytes) -> bytes:
    """Replace a few stretches of bytes by others, longer or shorter."""
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(start + 20, len(content))))
        patch = data.draw(st.binary(max_size=8) | st.sampled_from([b",", b";", b'"', b"\n", b"-"]))
        content = content[:start] + patch + content[stop:]
    return content


@given(st.text(max_size=20), st.sampled_from(Quantity))
def test_no_text_is_taken_for_a_unit_of_another_quantity(text: str, quantity: Quantity) -> None:
    unit = find_unit(text, quantity)
    if unit is not None:
        others = {Quantity.TEMPERATURE, Quantity.DIFFERENCE}
        rest = set(Quantity) - ({quantity} | (others if quantity in others else set()))
        assert all(find_unit(text, other) is None for other in rest)
