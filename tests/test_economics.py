"""Prices and limits: defaults, cost laws, reading, writing, and every message."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.resources
import math
import pickle
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_streams import fault_lines
from hypothesis import given
from hypothesis import strategies as st

from milpcore.economics import Measure, SiteEconomics, read_economics, write_economics
from milpcore.economics_schema import ABOUT, DEFAULTS, RANGES, STATUSES
from milpcore.faults import InputError

KEYS = [field.name for field in dataclasses.fields(SiteEconomics)]
SYNTAX = "write one 'key = number' a line, with a decimal point"


def toml_faults(tmp_path: Path, content: str | bytes) -> list[str]:
    path = tmp_path / "mine.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return fault_lines(read_economics, path)


def test_defaults_are_the_base_parameters() -> None:
    assert dataclasses.asdict(SiteEconomics()) == {
        "electricity_price_EUR_per_MWh": 85.0,
        "gas_price_EUR_per_MWh": 40.0,
        "co2_price_EUR_per_t": 80.0,
        "electricity_emission_t_per_MWh": 0.380,
        "gas_emission_t_per_MWh": 0.201,
        "boiler_efficiency": 0.90,
        "cooling_price_EUR_per_MWh": 0.0,
        "operating_hours_h_per_a": 8000.0,
        "interest_rate": 0.07,
        "lifetime_a": 20.0,
        "heat_pump_investment_EUR_per_kW": 700.0,
        "carnot_efficiency": 0.65,
        "heat_pump_dt_source_K": 10.0,
        "heat_pump_dt_sink_K": 10.0,
        "max_lift_K": 60.0,
        "max_sink_C": 200.0,
        "level_dt_cont_K": 5.0,
    }


def test_every_value_has_range_unit_status_and_source() -> None:
    assert KEYS == list(RANGES) == list(DEFAULTS) == list(ABOUT)
    for key, about in ABOUT.items():
        assert set(about) == {"unit", "status", "source"}
        assert about["status"] in STATUSES
        assert about["source"]
        unit = about["unit"].replace("/", "_per_").replace("°", "")
        assert unit == "-" or key.endswith(f"_{unit}")


def test_bundled_file_is_itself_readable() -> None:
    bundled = importlib.resources.files("milpcore.data").joinpath("site_400.toml")
    with importlib.resources.as_file(bundled) as path:
        assert read_economics(path) == SiteEconomics()


@pytest.mark.parametrize(
    ("measure", "heat", "electricity", "pump"),
    [
        (Measure.TAC, 8 * (40 + 0.201 * 80) / 0.9, 8 * (85 + 0.38 * 80), 66.0750480),
        (Measure.OPEX, 8 * (40 + 0.201 * 80) / 0.9, 8 * (85 + 0.38 * 80), 0.0),
        (Measure.CAPEX, 0.0, 0.0, 66.0750480),
        (Measure.CO2, 8 * 0.201 / 0.9, 8 * 0.38, 0.0),
    ],
)
def test_unit_prices(measure: Measure, heat: float, electricity: float, pump: float) -> None:
    economics = SiteEconomics(cooling_price_EUR_per_MWh=3)
    cooling = 24.0 if measure in (Measure.TAC, Measure.OPEX) else 0.0
    assert economics.external_heat_price(measure) == pytest.approx(heat, rel=1e-14)
    assert economics.electricity_price(measure) == pytest.approx(electricity, rel=1e-14)
    assert economics.heat_pump_investment(measure) == pytest.approx(pump, rel=1e-9)
    assert economics.cooling_price(measure) == pytest.approx(cooling, rel=1e-14)


def test_unit_prices_printed_with_the_parameters() -> None:
    economics = SiteEconomics()
    assert round(economics.external_heat_price(Measure.TAC), 2) == 498.49
    assert round(economics.electricity_price(Measure.TAC), 2) == 923.2
    assert round(economics.heat_pump_investment(Measure.TAC), 2) == 66.08


def test_annuity_without_interest_is_one_over_lifetime() -> None:
    assert SiteEconomics(interest_rate=0.0).annuity_per_a == 1 / 20
    assert SiteEconomics(interest_rate=5e-324).annuity_per_a == 1 / 20
    assert SiteEconomics(interest_rate=5e-324, lifetime_a=0.5).annuity_per_a == 2.0
    assert SiteEconomics(interest_rate=1e-12).annuity_per_a == pytest.approx(0.05, rel=1e-10)


@given(st.floats(1e-4, 1.0), st.floats(0.1, 200.0))
def test_annuity_pays_back_the_investment(interest: float, lifetime_a: float) -> None:
    annuity = SiteEconomics(interest_rate=interest, lifetime_a=lifetime_a).annuity_per_a
    assert annuity == pytest.approx(interest / (1 - (1 + interest) ** -lifetime_a), rel=1e-9)
    assert annuity > max(interest, 1 / lifetime_a) * (1 - 1e-12)


@given(st.floats(0, 500), st.floats(0, 500), st.floats(1.0, 4.0), st.sampled_from([*Measure]))
def test_tac_is_opex_plus_capex_and_prices_scale_with_hours(
    gas: float, co2: float, factor: float, measure: Measure
) -> None:
    few = SiteEconomics(
        gas_price_EUR_per_MWh=gas, co2_price_EUR_per_t=co2, operating_hours_h_per_a=2000
    )
    many = few.replace(operating_hours_h_per_a=2000 * factor)
    for name in ("external_heat_price", "cooling_price", "electricity_price"):
        price = getattr(few, name)
        assert price(Measure.TAC) == price(Measure.OPEX) + price(Measure.CAPEX)
        assert getattr(many, name)(measure) == pytest.approx(factor * price(measure))
    pump = few.heat_pump_investment
    assert pump(Measure.TAC) == pump(Measure.OPEX) + pump(Measure.CAPEX)
    assert many.heat_pump_investment(measure) == pump(measure)


def test_measures_have_values_and_units() -> None:
    assert [(measure.value, measure.unit) for measure in Measure] == [
        ("tac", "EUR/a"),
        ("opex", "EUR/a"),
        ("capex", "EUR/a"),
        ("co2", "t/a"),
    ]
    assert Measure(Measure.TAC) is Measure.TAC


def test_unknown_measures_name_the_nearest() -> None:
    assert fault_lines(Measure, "opx") == ["measure = opx: unknown; did you mean 'opex'?"]
    assert fault_lines(Measure, 7) == ["measure = 7: unknown; known: tac, opex, capex, co2"]


def test_values_become_floats() -> None:
    economics = SiteEconomics(lifetime_a=15, max_lift_K=np.float64(50))
    assert (economics.lifetime_a, economics.max_lift_K) == (15.0, 50.0)
    assert {type(value) for value in dataclasses.asdict(economics).values()} == {float}


def test_economics_are_frozen_hashable_and_picklable() -> None:
    economics = SiteEconomics(lifetime_a=15)
    assert pickle.loads(pickle.dumps(economics)) == economics
    assert hash(economics) == hash(SiteEconomics().replace(lifetime_a=15))
    with pytest.raises(dataclasses.FrozenInstanceError):
        economics.lifetime_a = 10.0  # type: ignore[misc]


def test_table_tells_defaults_from_given_values() -> None:
    table = SiteEconomics(gas_price_EUR_per_MWh=55).table().set_index("parameter")
    assert list(table.columns) == ["value", "unit", "status", "source"]
    rows = {key: row[1:] for key, *row in SiteEconomics(gas_price_EUR_per_MWh=55).table().values}
    assert rows["gas_price_EUR_per_MWh"] == ["EUR/MWh", "given", ""]
    assert rows["interest_rate"][:2] == ["-", "assumed"]
    assert table.loc["gas_price_EUR_per_MWh", "value"] == 55.0
    assert (table["status"] == "given").sum() == 1


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (
            "electricity_price_EUR_per_MWh",
            -1e6,
            "-1000000.0: must be at least -100000 and at most 100000 EUR/MWh; "
            "give the price per MWh",
        ),
        (
            "gas_price_EUR_per_MWh",
            -1,
            "-1: must be at least 0 and at most 100000 EUR/MWh; give the price per MWh",
        ),
        (
            "co2_price_EUR_per_t",
            -1,
            "-1: must be at least 0 and at most 100000 EUR/t; give the price per t of CO2",
        ),
        (
            "electricity_emission_t_per_MWh",
            380,
            "380: must be at least 0 and at most 10 t/MWh; "
            "give t per MWh, such as 0.2 for natural gas",
        ),
        (
            "gas_emission_t_per_MWh",
            -0.1,
            "-0.1: must be at least 0 and at most 10 t/MWh; "
            "give t per MWh, such as 0.2 for natural gas",
        ),
        (
            "boiler_efficiency",
            90,
            "90: must be at least 0.01 and at most 1.2; give a fraction, such as 0.9 for 90 %",
        ),
        (
            "cooling_price_EUR_per_MWh",
            -1,
            "-1: must be at least 0 and at most 100000 EUR/MWh; give the price per MWh",
        ),
        (
            "operating_hours_h_per_a",
            8785,
            "8785: must be above 0 and at most 8784 h/a; a leap year has 8784 h",
        ),
        (
            "interest_rate",
            7,
            "7: must be at least 0 and at most 1; give a fraction, such as 0.07 for 7 %",
        ),
        (
            "lifetime_a",
            0,
            "0: must be at least 0.1 and at most 200 a; give the depreciation time in years",
        ),
        (
            "heat_pump_investment_EUR_per_kW",
            -700,
            "-700: must be at least 0 and at most 1000000 EUR/kW; give EUR per kW of sink heat",
        ),
        (
            "carnot_efficiency",
            0,
            "0: must be at least 0.01 and at most 1; give a fraction, such as 0.9 for 90 %",
        ),
        (
            "heat_pump_dt_source_K",
            -1,
            "-1: must be at least 0 and at most 200 K; give a temperature difference in K",
        ),
        (
            "heat_pump_dt_sink_K",
            -1,
            "-1: must be at least 0 and at most 200 K; give a temperature difference in K",
        ),
        (
            "max_lift_K",
            0,
            "0: must be above 0 and at most 5000 K; give a temperature difference in K",
        ),
        (
            "max_sink_C",
            -274,
            "-274: must be at least -273.15 and at most 5000 °C; give a temperature in °C",
        ),
        (
            "level_dt_cont_K",
            -5,
            "-5: must be at least 0 and at most 200 K; give a temperature difference in K",
        ),
        ("lifetime_a", math.nan, "nan: must be a finite number (a); write a number"),
        ("lifetime_a", -math.inf, "-inf: must be a finite number (a); write a number"),
        ("lifetime_a", True, "True: must be a finite number (a); write a number"),
        ("lifetime_a", [20], "[20]: must be a finite number (a); write a number"),
        (
            "interest_rate",
            "0.07",
            "'0.07': must be a finite number; write a number without quotes",
        ),
    ],
)
def test_values_out_of_range(key: str, value: Any, expected: str) -> None:
    line = f"{key} = {expected}"
    assert fault_lines(SiteEconomics, **{key: value}) == [line]
    assert fault_lines(SiteEconomics().replace, **{key: value}) == [line]


def test_integers_without_end() -> None:
    line = "lifetime_a = a very large number: must be a finite number (a); write a number"
    assert fault_lines(SiteEconomics, lifetime_a=10**5000) == [line]


@pytest.mark.parametrize("key", KEYS)
def test_ends_of_the_ranges_are_allowed(key: str) -> None:
    allowed = RANGES[key]
    assert getattr(SiteEconomics(**{key: allowed.maximum}), key) == allowed.maximum
    if allowed.open_minimum:
        assert fault_lines(SiteEconomics, **{key: allowed.minimum})
    else:
        assert getattr(SiteEconomics(**{key: allowed.minimum}), key) == allowed.minimum
    beyond = np.nextafter(allowed.maximum, math.inf)
    assert len(fault_lines(SiteEconomics, **{key: beyond})) == 1


def test_replace_changes_only_what_it_names() -> None:
    economics = SiteEconomics(gas_price_EUR_per_MWh=55).replace(lifetime_a=15)
    expected = SiteEconomics(gas_price_EUR_per_MWh=55, lifetime_a=15)
    assert economics == expected


def test_replace_lists_unknown_keys_and_bad_values() -> None:
    lines = fault_lines(SiteEconomics().replace, gas_price=1, colour=2, lifetime_a=-1)
    assert lines == [
        "gas_price = 1: unknown key; did you mean 'gas_price_EUR_per_MWh'?",
        f"colour = 2: unknown key; known: {', '.join(KEYS)}",
        "lifetime_a = -1: must be at least 0.1 and at most 200 a; give the depreciation time in "
        "years",
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_keys_left_out_keep_their_defaults(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(mark + b"[site]\ngas_price_EUR_per_MWh = 55 # spot\n")
    assert read_economics(str(path)) == SiteEconomics(gas_price_EUR_per_MWh=55)
    path.write_bytes(mark + b"[site]\n")
    assert read_economics(path) == SiteEconomics()


def test_all_faults_of_a_file_come_in_one_error(tmp_path: Path) -> None:
    content = """
[site]
gas_prize_EUR_per_MWh = 55
boiler_efficiency = 90
interest_rate = "7 %"
lifetime_a = nan
[sites]
[about]
gas = {}
lifetime_a = "years"
max_lift_K = { unit = "°C", status = "guessed", source = "x" }
"""
    path = tmp_path / "mine.toml"
    lines = toml_faults(tmp_path, content)
    assert lines == [
        "sites: unknown table; did you mean 'site'?",
        "[site]: gas_prize_EUR_per_MWh = 55: unknown key; did you mean 'gas_price_EUR_per_MWh'?",
        "[site]: boiler_efficiency = 90: must be at least 0.01 and at most 1.2; "
        "give a fraction, such as 0.9 for 90 %",
        "[site]: interest_rate = '7 %': must be a finite number; write a number without quotes",
        "[site]: lifetime_a = nan: must be a finite number (a); write a number",
        f"[about]: gas: unknown key; known: {', '.join(KEYS)}",
        "[about]: lifetime_a = years: must be { unit = ..., status = ..., source = ... }; "
        "leave out what is not known",
        "[about]: max_lift_K.unit = °C: the unit is K; convert the value",
        "[about]: max_lift_K.status = guessed: unknown status; "
        "known: found, domain, assumed, fitted, exact",
    ]
    with pytest.raises(InputError) as caught:
        read_economics(path)
    assert str(caught.value).startswith(f"{path}: 9 faults\n  - sites: unknown table")


def test_keys_outside_the_table(tmp_path: Path) -> None:
    assert toml_faults(tmp_path, "gas_price_EUR_per_MWh = 55\n") == [
        "gas_price_EUR_per_MWh: key outside the table [site]; "
        "put gas_price_EUR_per_MWh below a line [site]",
        "[site]: must be a table; put the keys below a line [site]",
    ]


def test_tables_that_are_none(tmp_path: Path) -> None:
    missing = "must be a table; put the keys below a line [site]"
    assert toml_faults(tmp_path, "") == [f"[site]: {missing}"]
    assert toml_faults(tmp_path, "site = 3\nabout = 4\n") == [
        f"[site] = int: {missing}",
        "[about] = int: must be a table; write a line [about]",
    ]
    assert toml_faults(tmp_path, "[[site]]\n") == [f"[site] = list: {missing}"]
    assert toml_faults(tmp_path, "[site]\n[colour]\n") == [
        "colour: unknown table; known: site, about"
    ]


def test_syntax_and_encoding(tmp_path: Path) -> None:
    (line,) = toml_faults(tmp_path, "[site]\ngas_price_EUR_per_MWh = 55,5\n")
    assert line.startswith("syntax: is not TOML: Expected newline or end of document")
    assert "(at line 2, column 27)" in line
    assert line.endswith(f"; {SYNTAX}")
    (line,) = toml_faults(tmp_path, "[site]\nlifetime_a = 20\nlifetime_a = 20\n")
    assert line.startswith("syntax: is not TOML: Cannot overwrite a value (at line 3")
    assert toml_faults(tmp_path, "# Süd\n".encode("latin-1")) == [
        "line 1: encoding = byte 0xfc: must be UTF-8; save the file as UTF-8"
    ]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[site]\n")
    path = tmp_path / "mines.toml"
    assert fault_lines(read_economics, path) == [
        f"file = {path}: does not exist; did you mean 'mine.toml'?"
    ]
    assert fault_lines(read_economics, tmp_path) == [
        f"file = {tmp_path}: is a folder; name a file in it"
    ]
    far = tmp_path / "none" / "mine.toml"
    assert fault_lines(write_economics, SiteEconomics(), far) == [
        f"file = {far}: cannot be written: No such file or directory; "
        "name a file in a folder that you can write to"
    ]


valid = st.fixed_dictionaries(
    {
        key: st.floats(limit.minimum, limit.maximum, exclude_min=limit.open_minimum)
        for key, limit in RANGES.items()
    }
)


@given(valid)
def test_round_trip_is_exact(values: dict[str, float]) -> None:
    economics = SiteEconomics(**values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.toml"
        write_economics(economics, path)
        assert read_economics(path) == economics
        assert tomllib.loads(path.read_text("utf-8"))["site"] == values
        assert list(Path(folder).iterdir()) == [path]


@given(valid, st.sampled_from([*Measure]))
def test_prices_of_valid_values_are_finite(values: dict[str, float], measure: Measure) -> None:
    economics = SiteEconomics(**values)
    prices = [
        economics.external_heat_price(measure),
        economics.cooling_price(measure),
        economics.electricity_price(measure),
        economics.heat_pump_investment(measure),
    ]
    assert all(math.isfinite(price) for price in prices)
    assert min(prices[0], prices[1], prices[3]) >= 0.0


@given(st.text(max_size=40) | st.binary(max_size=40), st.booleans())
def test_any_file_is_read_or_refused(content: str | bytes, with_table: bool) -> None:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        path.write_bytes(b"[site]\nlifetime_a = " * with_table + data)
        with contextlib.suppress(InputError):
            assert read_economics(path).lifetime_a > 0.0


@pytest.mark.parametrize(
    "content", ["[site]\nlifetime_a = " + "9" * 5000, "[site]\nlifetime_a = 0x" + "f" * 5000]
)
def test_numbers_without_end(tmp_path: Path, content: str) -> None:
    assert len(toml_faults(tmp_path, content)) == 1


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    (line,) = toml_faults(tmp_path, "[site]\nlifetime_a = " + "[" * 100_000)
    assert line.startswith("syntax: is not TOML: ")
