"""Faults of a sweep's study file: all of them in one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from milpcore.faults import InputError
from milpcore.sweeps.study_file import read_sweep

SOUND = """\
[study]
run = "fixed_levels"
streams = "site_400"
levels_C = [15, 35, 80, 134, 214, 285, 1600]
[cases]
method = "grid"
[cases.values]
co2_price_EUR_per_t = [80.0, 120.0]
"""
TABLE = SOUND[: SOUND.index("method")] + 'method = "table"\nfile = "cases.csv"\n'
FAULTY = """\
[study]
run = "fixed"
streams = "nosuch.csv"
levels_C = "x"
move = -1
objective = "tax"
foo = 1
[site]
gas_price = 3
boiler_efficiency = 90
[cases]
method = "grid"
n_cases = 3
[cases.values]
electricity_price_EUR_per_MWh = ["a", 40.0, nan]
lifetime = [10, 20]
co2_price_EUR_per_t = 80
[plot]
"""
STREAMS = """\
zone,name,t_supply,t_target,heat_flow,dt_cont
site,H1,150,60,-9,5
site,C1,20,x,600,5
"""


def refusal(folder: Path, text: str) -> list[str]:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_sweep(file)
    assert caught.value.title == str(file)
    return str(caught.value).splitlines()[1:]


def test_all_faults_come_in_one_message(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_sweep(file)
    keys = (
        "run, streams, objective, levels_C, heat_pumps, n_levels, mip_rel_gap, time_limit_s, "
        "cascade, candidates, existing_C, move, range_K, movable_C, add, close"
    )
    price = "electricity_price_EUR_per_MWh"
    finite = "must be a finite number (EUR/MWh); write a number"
    assert str(caught.value).splitlines() == [
        f"{file}: 14 faults",
        "  - plot: unknown section; known: study, site, cases",
        "  - [study]: run = fixed: must be one of fixed_levels, greenfield, retrofit; choose one",
        "  - [study]: levels_C = 'x': must be a list of temperatures (°C); "
        "such as [25.0, 80.0, 143.0]",
        "  - [study]: move = -1: must be a whole number from 0; correct it",
        "  - [study]: objective = tax: must be one of tac, opex, capex, co2; choose one",
        f"  - [study]: foo = 1: unknown key; known: {keys}",
        f"  - [study] streams: file = {tmp_path / 'nosuch.csv'}: does not exist; check the path",
        "  - [site]: gas_price = 3: unknown key; did you mean 'gas_price_EUR_per_MWh'?",
        "  - [site]: boiler_efficiency = 90: must be at least 0.01 and at most 1.2; "
        "give a fraction, such as 0.9 for 90 %",
        "  - [cases]: n_cases = 3: unknown key; known: method, values",
        "  - [cases.values]: co2_price_EUR_per_t = 80: must be a list of values; list the values",
        f"  - [cases.values], position 1: {price} = 'a': {finite} without quotes",
        f"  - [cases.values], position 3: {price} = nan: {finite}",
        "  - [cases.values]: lifetime: unknown parameter; did you mean 'lifetime_a'?",
    ]


def test_faults_of_streams_and_table_of_cases_stand_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "streams.csv").write_text(STREAMS, encoding="utf-8")
    (tmp_path / "cases.csv").write_text(
        "gas_price_EUR_per_MWh,max_lift\n30,40\nmuch,50\n40,\n", encoding="utf-8"
    )
    text = TABLE.replace("site_400", "streams.csv").replace("[15,", "[nan,") + "seed = 1\n"
    streams = [
        "line 2 (site/H1): heat_flow = -9: must be positive (kW); give the amount",
        "line 3 (site/C1): t_target = x: is not a number; ",
    ]
    lines = refusal(tmp_path, text)
    assert len(lines) == 7
    for line, start in zip(
        lines,
        [
            "[study], position 1: levels_C = nan: must be a temperature from -273.15 °C; "
            "correct or remove it",
            *(f"streams.csv, {one}" for one in streams),
            "[cases]: seed = 1: unknown key; known: method, file",
            "cases.csv, case 2: gas_price_EUR_per_MWh = much: must be a finite number; "
            "write a number",
            "cases.csv: max_lift: unknown parameter; did you mean 'max_lift_K'?",
            "cases.csv, case 3: max_lift = nan: must be a finite number; write a number",
        ],
        strict=True,
    ):
        assert line.startswith(f"  - {start}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SOUND.replace("method", "methods"), "method: must be one of grid, latin_hypercube, table"),
        ("[cases]" + SOUND.partition("[cases]")[2], "[study]: must be a section of the file"),
        (SOUND.replace('"site_400"', "400"), "streams = 400: must be a text; name it in quotes"),
        (SOUND.replace('streams = "site_400"\n', ""), "[study]: streams: is missing; add it"),
        (
            SOUND.replace("[cases]", "heat_pumps = 1\n[cases]"),
            "[study]: heat_pumps = 1: must be true or false; choose one, without quotes",
        ),
        (
            SOUND.replace("[80.0, 120.0]", "[]"),
            "[cases.values]: co2_price_EUR_per_t = []: must be a list of values; list the values",
        ),
        (
            SOUND.replace("[cases.values]\nco2_price_EUR_per_t", "values"),
            "[cases]: values = [80.0, 120.0]: must be a table; "
            "put the parameters below a line [cases.values]",
        ),
        (TABLE, "cannot be read: [Errno 2] No such file or directory"),
        (
            SOUND.replace("285, 1600", "285"),
            "[study], stream site/C192: levels_C = 15…285 °C: no level high enough",
        ),
    ],
)
def test_one_fault_is_told(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in "\n".join(refusal(tmp_path, text))


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("n_levels", "0", "must be a whole number from 1; correct it"),
        ("mip_rel_gap", "1.0", "must be from 0 to below 1; 1e-4 is usual"),
        ("time_limit_s", "0.0", "must be positive (s); leave it out for no limit"),
        ("cascade", "'yes'", "must be true or false; choose one, without quotes"),
        ("range_K", "inf", "must be a finite number from 0 (K); 10 is usual"),
        ("add", "true", "must be a whole number from 0; correct it"),
        ("existing_C", "[]", "must be a list of temperatures (°C); such as [25.0, 80.0, 143.0]"),
    ],
)
def test_values_are_judged_whatever_the_run(
    tmp_path: Path, key: str, value: str, rule: str
) -> None:
    text = SOUND.replace("fixed_levels", "greenfields").replace(
        "[cases]", f"{key}={value}\n[cases]"
    )
    shown = value.replace("true", "True")
    assert refusal(tmp_path, text) == [
        "  - [study]: run = greenfields: must be one of fixed_levels, greenfield, retrofit; "
        "choose one",
        f"  - [study]: {key} = {shown}: {rule}",
    ]


def test_ranges_are_judged_whatever_the_method(tmp_path: Path) -> None:
    text = SOUND.replace("grid", "hypercube").replace("[cases.values]", "seed = -1\n[cases.ranges]")
    text = text.replace("[80.0, 120.0]", "[120.0, 80.0]") + "max_lift = [40, 60]\n"
    assert refusal(tmp_path, text) == [
        "  - [cases]: method = hypercube: must be one of grid, latin_hypercube, table; choose one",
        "  - [cases]: seed = -1: must be a whole number from 0; correct it",
        "  - [cases.ranges]: co2_price_EUR_per_t = [120.0, 80.0]: must be two finite numbers, "
        "the lower one first; such as [20, 60]",
        "  - [cases.ranges]: max_lift: unknown parameter; did you mean 'max_lift_K'?",
    ]


def test_a_table_without_cases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("max_lift_K\n", encoding="utf-8")
    assert refusal(tmp_path, TABLE) == [
        "  - cases.csv: cases = 0 rows: must have at least one case; add cases"
    ]
