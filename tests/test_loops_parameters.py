"""Parameters of loops: defaults, files, cases, and every fault in one error."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

import milpcore
from milpcore.faults import InputError
from milpcore.loops import (
    FLUIDS,
    Distance,
    ExchangerCost,
    Fluid,
    Limits,
    LoopCase,
    LoopParameters,
    Match,
    PipeCost,
    PumpCost,
    Utility,
    case_names,
    load_case,
    read_case,
    read_parameters,
    write_parameters,
)
from milpcore.loops.parameter_schema import KEYS, STATUSES, bundled_document
from milpcore.loops.printed import CAVEAT, printed_totals

PAIR = [Distance(("A", "B"), 100)]
STREAMS = [
    {
        "zone": "A",
        "name": "H",
        "t_supply": 150,
        "t_target": 70,
        "heat_flow": 1600,
        "dt_cont": 5,
        "htc": 1,
    },
    {
        "zone": "B",
        "name": "C",
        "t_supply": 40,
        "t_target": 90,
        "heat_flow": 1000,
        "dt_cont": 5,
        "htc": 1,
    },
]


def faults_of(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [str(fault) for fault in error.value.faults]


def read(tmp_path: Path, text: str) -> LoopParameters:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_parameters(path)


def refused(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    return faults_of(error)


def test_defaults_are_the_printed_values() -> None:
    parameters = LoopParameters()
    assert parameters.fluid == Fluid() == FLUIDS["hot water"]
    assert dataclasses.astuple(parameters.exchanger) == (11000.0, 150.0, 1.0)
    assert dataclasses.astuple(parameters.pipe) == (0.82, 185.0, 6.8, 295.0)
    assert dataclasses.astuple(parameters.pump) == (8600.0, 7310.0, 0.2, 0.7)
    assert (parameters.hot_utility.price_per_kW_a, parameters.cold_utility.price_per_kW_a) == (
        20.0,
        8.0,
    )
    assert not parameters.costs_heaters_and_coolers  # their temperatures are not printed
    assert parameters.distances == ()


@pytest.mark.parametrize("file", ["loop_two_plants.toml", "loop_fluids.toml"])
def test_every_bundled_value_has_unit_status_and_source(file: str) -> None:
    for table in bundled_document(file).values():
        for entry in table if isinstance(table, list) else [table]:
            for key, about in entry.items():
                if key != "plants":
                    assert set(about) == {"value", "unit", "status", "source"}, key
                    assert about["status"] in STATUSES


def test_bundled_cases() -> None:
    assert set(case_names()) == {"loop_two_plants", "loop_four_plants"}
    two = load_case("loop_two_plants")
    assert two.parameters.costs_heaters_and_coolers
    assert two.plant_of_stream.tolist() == [0] * 7 + [1] * 7
    assert two.htc_kW_per_m2_K[0] == 1.642
    four = load_case("loop_four_plants")
    assert four.parameters.distance_m("D", "A") == 1500.0
    assert four.parameters.fluid == FLUIDS["thermal oil"]
    assert milpcore.targets(four.streams).hot_utility_kW == pytest.approx(87400.0)
    with pytest.raises(InputError, match="unknown case; did you mean 'loop_two_plants'"):
        load_case("loop_two_plant")


def test_printed_totals_belong_to_the_example_alone() -> None:
    case = load_case("loop_two_plants")
    limited = case.parameters.replace(limits=Limits(max_units=16))
    assert len(printed_totals(LoopCase(streams=case.streams, parameters=limited))) == 2
    dearer = case.parameters.replace(electricity_price_per_kWh=0.2)
    assert printed_totals(LoopCase(streams=case.streams, parameters=dearer)) == ()
    assert printed_totals(load_case("loop_four_plants")) == ()
    for total in printed_totals(case):
        parts = total.exchangers + total.pipes + total.pumps
        utilities = 20.0 * total.hot_utility_kW + 8.0 * total.cold_utility_kW
        assert parts + utilities == pytest.approx(total.tac_per_a, rel=4e-6)
    assert "very likely" in CAVEAT


def test_files_are_written_exactly(tmp_path: Path) -> None:
    parameters = LoopParameters(
        currency='E"R\\',
        dt_min_K=7.1,
        fluid=FLUIDS["thermal oil"],
        exchanger=ExchangerCost(exponent=0.83),
        pipe=PipeCost(right_of_way_per_m=1 / 3),
        pump=PumpCost(efficiency=0.6),
        hot_utility=Utility(price_per_kW_a=30, supply_C=200, target_C=190, htc_kW_per_m2_K=2),
        distances=[*PAIR, Distance(("A", "C"), 1e3 / 7)],
        visit_order=["B", "A"],
        limits=Limits(
            max_flow_kW_per_K=500,
            max_units=12,
            forbidden_matches=["A/H", Match("B/C", 2)],
            forced_matches=[Match("A/G", 1)],
        ),
    )
    write_parameters(parameters, tmp_path / "copy.toml")
    assert read_parameters(tmp_path / "copy.toml") == parameters
    for name in case_names():
        write_parameters(load_case(name).parameters, tmp_path / "case.toml")
        assert read_parameters(tmp_path / "case.toml") == load_case(name).parameters


def test_values_stand_plain_or_with_their_documentation(tmp_path: Path) -> None:
    text = """
[general]
dt_min_K = { value = 8, unit = "K", status = "assumed", source = "mine" }
visit_order = ["A", "B"]
[fluid]
name = "thermal oil"
density_kg_per_m3 = 900.0
[limits]
forced_matches = [{ stream = "A/H", loop = 1 }]
"""
    parameters = read(tmp_path, text)
    assert parameters.dt_min_K == 8.0
    assert parameters.visit_order == ("A", "B")
    assert parameters.fluid == dataclasses.replace(FLUIDS["thermal oil"], density_kg_per_m3=900.0)
    assert parameters.limits.forced == (Match("A/H", 1),)


def test_a_file_names_all_faults(tmp_path: Path) -> None:
    text = """
dt_min_K = 10
colour = 3
[general]
dt_min = 10
annual_factor_per_a = "0.2"
operating_hours_h_per_a = 9000
electricity_price_per_kWh = { value = 0.1, unit = "EUR/MWh", status = "guessed" }
currency = 7
visit_order = ["A", "A"]
[fluid]
name = "molten salt"
[pump]
efficiency = { unit = "-" }
[hot_utility]
supply_C = 180
[limits]
max_units = 2.5
forbidden_matches = "A/H"
forced_matches = [3, { stream = "A/H", loop = 0 }, "A/H"]
[[distance]]
plants = ["A", "A"]
length = 3
[[distance]]
plants = ["A", "B"]
length_m = 10
[[distance]]
plants = ["B", "A"]
length_m = -10
"""
    matches = "must be a list of streams 'zone/name', or of { stream = 'zone/name', loop = 1 }"
    assert refused(tmp_path, text) == [
        "dt_min_K = 10: key outside a table; put it below a line [general]",
        "colour = 3: unknown key outside a table; put it below the line of its table: general, "
        "fluid, exchanger, pipe, pump, hot_utility, cold_utility, limits, distance",
        "[general]: electricity_price_per_kWh.unit = EUR/MWh: the unit is money/kWh; convert the "
        "value",
        "[general]: electricity_price_per_kWh.status = guessed: unknown status; known: found, "
        "exact, domain, assumed, fitted, calculated",
        "[general]: dt_min = 10: unknown key; did you mean 'dt_min_K'?",
        "[general]: annual_factor_per_a = '0.2': must be a finite number (1/a); write a number "
        "without quotes",
        "[general]: operating_hours_h_per_a = 9000: must be above 0 and at most 8784 h/a; give "
        "hours a year",
        "[general]: currency = 7: must be text; write a name in quotes",
        "[pump]: efficiency = {'unit': '-'}: must be a value, or { value = ..., unit = ..., "
        "status = ..., source = ... }; write the value alone",
        "[limits]: max_units = 2.5: must be a whole number; count the exchangers",
        "[fluid]: name = molten salt: is none of the known fluids (hot water, thermal oil) and "
        "lacks heat_capacity_kJ_per_kg_K, density_kg_per_m3, viscosity_Pa_s, htc_kW_per_m2_K; "
        "name a known one, or give all values",
        "[hot_utility]: target_C, htc_kW_per_m2_K: must be given with supply_C; give all three, "
        "or none of them",
        f"[limits]: forbidden_matches = A/H: {matches}; write it in square brackets",
        f"[limits]: forced_matches = 3: {matches}; name the stream as plant/stream",
        "[limits]: forced_matches = A/H with loop 0: loop must be a whole number from 1; leave it "
        "out for any loop",
        "[general]: visit_order = A, A: must name every plant once; leave out the others",
        "[[distance]] 1: length = 3: unknown key; did you mean 'length_m'?",
        "[[distance]] 1: length_m: is missing (m); give metres of pipe",
        "[[distance]] 1: plants = ['A', 'A']: must be two different plants; write plants = "
        '["plant 1", "plant 2"]',
        "[[distance]] 3: length_m = -10: must be above 0 and at most 1000000 m; give metres of "
        "pipe",
        "[[distance]] 3: plants = B - A: has a distance already, [[distance]] 2; give every pair "
        "once: both ways are as long",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pump = 3", "[pump] = 3: must be a table; put the keys below a line [pump]"),
        (
            "[distance]\nlength_m = 3",
            "distance = {'length_m': 3}: must be tables [[distance]], one for each pair of plants; "
            "write [[distance]] with two brackets",
        ),
        (
            "[general]\nvisit_order = 'A'",
            "[general]: visit_order = A: must be a list of plants; leave it out to have it chosen",
        ),
        (
            "[limits]\nforced_matches = ['A/H']\nforbidden_matches = ['A/H']",
            "[limits]: forced_matches = A/H: is forbidden, too; keep one of the two",
        ),
    ],
)
def test_single_faults_of_files(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text) == [message]


def test_objects_are_checked_when_they_are_made() -> None:
    with pytest.raises(InputError) as error:
        Fluid(density_kg_per_m3=0, viscosity_Pa_s=math.nan)
    assert [fault.field for fault in error.value.faults] == ["density_kg_per_m3", "viscosity_Pa_s"]
    with pytest.raises(InputError, match="must be given with supply_C, target_C"):
        Utility(price_per_kW_a=8, supply_C=20, target_C=30)
    with pytest.raises(InputError) as error:
        LoopParameters(
            dt_min_K=-1,
            fluid="water",  # type: ignore[arg-type]
            distances=["A", Distance(("A", ""), 3), Distance(("A", "B"), math.inf)],  # type: ignore[list-item]
        )
    assert faults_of(error) == [
        "dt_min_K = -1: must be at least 0 and at most 500 K; give kelvin, such as 10",
        "distances = A: must be a Distance; pass [Distance((plant, other), length_m)]",
        "distance 2: plants = '': must be text; write a name in quotes",
        "distance 3: length_m = inf: must be a finite number (m); write a number",
        "fluid = water: must be a Fluid; pass loops.Fluid(...)",
    ]
    with pytest.raises(InputError, match="distances = 3: must be a list of Distance"):
        LoopParameters(distances=3)  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="no distance between 'A' and 'C'"):
        LoopParameters(distances=PAIR).distance_m("A", "C")
    assert LoopParameters().replace(dt_min_K=3).dt_min_K == 3.0


def test_streams_and_parameters_must_fit() -> None:
    rows = [{key: value for key, value in row.items() if key != "htc"} for row in STREAMS]
    third = {
        "zone": "D",
        "name": "C",
        "t_supply": 40,
        "t_target": 90,
        "heat_flow": 1000,
        "dt_cont": 5,
    }
    parameters = LoopParameters(
        distances=[*PAIR, Distance(("A", "E"), 100)],
        visit_order=["A", "F"],
        limits=Limits(forbidden_matches=["A/h"]),
    )
    with pytest.raises(InputError) as error:
        LoopCase(streams=milpcore.read_streams([*rows, third]), parameters=parameters)
    assert faults_of(error) == [
        "streams: htc: missing column (kW/(m2 K)); give every stream its film coefficient",
        'parameters: distance = A - D: is missing (m); add [[distance]] with plants = ["A", "D"]',
        'parameters: distance = B - D: is missing (m); add [[distance]] with plants = ["B", "D"]',
        "parameters: distance = E: no stream belongs to this plant; known: A, B, D",
        "parameters: visit_order = F: no stream belongs to this plant; known: A, B, D",
        "parameters: forbidden_matches = A/h: no such stream; did you mean 'A/H'?",
    ]
    with pytest.raises(InputError, match="zone = A: is the only plant; a loop is between two"):
        LoopCase(streams=milpcore.read_streams(STREAMS[:1]), parameters=LoopParameters())


def test_faults_of_both_files_come_together(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[general]\ndt_min_K = -3\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_case([{**STREAMS[0], "heat_flow": -1}, STREAMS[1]], path)
    assert [fault.field for fault in error.value.faults] == ["heat_flow", "dt_min_K"]
    path.write_text('[[distance]]\nplants = ["A", "B"]\nlength_m = 7\n', encoding="utf-8")
    assert read_case(STREAMS, path).parameters.distance_m("B", "A") == 7.0


def test_every_key_is_a_field() -> None:
    parts = {
        "fluid": Fluid,
        "exchanger": ExchangerCost,
        "pipe": PipeCost,
        "pump": PumpCost,
        "hot_utility": Utility,
        "limits": Limits,
    }
    for table, kind in parts.items():
        names = {field.name for field in dataclasses.fields(kind)}
        assert set(KEYS[table]) <= names
