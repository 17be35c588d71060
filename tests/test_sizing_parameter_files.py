"""Parameters from TOML and back, with every message."""

from __future__ import annotations

import math
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from helpers_streams import fault_lines
from hypothesis import given
from hypothesis import strategies as st

from milpcore.sizing import (
    Boiler,
    ElectricBoiler,
    HeatProfile,
    HeatPump,
    InitialState,
    Plant,
    SizingParameters,
    Store,
    read_parameters,
    size_plant,
    write_parameters,
)


def toml_lines(tmp_path: Path, content: str | bytes) -> list[str]:
    path = tmp_path / "mine.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return fault_lines(read_parameters, path)


def read_text(tmp_path: Path, text: str) -> SizingParameters:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_parameters(str(path))


def test_the_bundled_file_is_the_default() -> None:
    bundled = resources.files("milpcore.data").joinpath("sizing_base_48h.toml")
    with resources.as_file(bundled) as path:
        assert read_parameters(path) == SizingParameters()
        text = path.read_text(encoding="utf-8")
    commented = [line.split("#")[1] for line in text.splitlines() if line.startswith("# lifetime")]
    assert commented == [" lifetime_a = 15.0                         "]


def test_the_bundled_file_says_what_else_there_is(tmp_path: Path) -> None:
    """The lines that are commented out work as they stand."""
    bundled = resources.files("milpcore.data").joinpath("sizing_base_48h.toml")
    lines = bundled.read_text(encoding="utf-8").splitlines()
    keys = ("# lifetime_a", "# existing_kW", "# initial")
    text = "\n".join(line[2:] if line.startswith(keys) else line for line in lines)
    (pump,) = read_text(tmp_path, text).heat_pumps
    assert pump.lifetime_a == 15.0
    assert pump.existing_kW == 300.0
    assert pump.initial == InitialState(is_on=True, load_kW=200, hours_in_state_h=3)


def test_a_file_with_prices_alone_keeps_the_units(tmp_path: Path) -> None:
    found = read_text(tmp_path, "[plant]\ngas_price_EUR_per_MWh = 55 # spot\n")
    assert found == SizingParameters().replace(gas_price_EUR_per_MWh=55)
    assert read_text(tmp_path, "") == SizingParameters()


def test_a_file_with_units_has_just_these(tmp_path: Path) -> None:
    text = """
[[electric_boiler]]
investment_EUR_per_kW = 70
load_changes_per_window = 2
[[boiler]]
[[boiler]]
name = "old"
existing_kW = 500
initial = { is_on = true, load_kW = 250, hours_in_state_h = inf }
[[store]]
start_end_share = "free"
"""
    state = InitialState(is_on=True, load_kW=250)
    assert read_text(tmp_path, text) == SizingParameters(
        heat_pumps=(),
        boilers=(Boiler(), Boiler(name="old", existing_kW=500, initial=state)),
        electric_boilers=(ElectricBoiler(investment_EUR_per_kW=70, load_changes_per_window=2),),
        stores=(Store(start_end_share=None),),
    )


def test_all_faults_of_a_file_come_in_one_error(tmp_path: Path) -> None:
    text = """
min_up_h = 3
lifetime_a = 3
gas_price = 3
tank = 1
[plants]
[plant]
gas_prize_EUR_per_MWh = 55
interest_rate = "7 %"
name = "x"
[[heat_pump]]
name = "first"
cop = 0.5
[[heat_pump]]
coefficient = 3
load_changes_per_window = "all"
[[store]]
loss_per_h = 0.5
smallest_kWh = 5
existing_kWh = 4
[[boiler]]
initial = { is_on = false, load_kW = 4, hours = 3 }
"""
    assert toml_lines(tmp_path, text) == [
        "min_up_h: key outside a table; "
        "put it below a line [[heat_pump]], [[boiler]], [[electric_boiler]]",
        "lifetime_a: key outside a table; put it below a line [plant], [[heat_pump]], [[boiler]], "
        "[[electric_boiler]], [[store]], [[chiller]]",
        "gas_price: key outside a table; "
        "did you mean 'gas_price_EUR_per_MWh', below a line [plant]?",
        "tank: unknown table; known: plant, heat_pump, boiler, electric_boiler, store, chiller",
        "plants: unknown table; did you mean 'plant'?",
        "[plant]: gas_prize_EUR_per_MWh = 55: unknown key; did you mean 'gas_price_EUR_per_MWh'?",
        "[plant]: interest_rate = '7 %': must be a finite number; write a number without quotes",
        "[plant]: name = x: unknown key; known: electricity_price_EUR_per_MWh, "
        "gas_price_EUR_per_MWh, co2_price_EUR_per_t, electricity_emission_t_per_MWh, "
        "gas_emission_t_per_MWh, cooling_water_price_EUR_per_MWh, interest_rate, lifetime_a, "
        "operating_hours_h_per_a",
        "[[heat_pump]] 1 (first): cop = 0.5: must be at least 1 and at most 20; "
        "give heat delivered per electricity",
        "[[heat_pump]] 2: coefficient = 3: unknown key; known: name, investment_EUR_per_kW, cop, "
        "minimum_load, min_up_h, min_down_h, load_changes_per_window, window_h, smallest_kW, "
        "largest_kW, is_optional, existing_kW, lifetime_a, initial",
        "[[heat_pump]] 2: load_changes_per_window = 'all': must be a number or 'unlimited'; "
        "write one of them",
        "[[boiler]] 1 initial: hours = 3: unknown key; known: is_on, load_kW, hours_in_state_h, "
        "hours_since_load_change_h",
        "[[boiler]] 1 initial: load_kW = 4: must be 0 of a unit that is off; "
        "write is_on = true, or no load",
        "[[store]] 1: loss_per_h = 0.5: must be at least 0 and at most 0.2 1/h; "
        "give a fraction, such as 0.005 for 0.5 % an hour",
        "[[store]] 1: existing_kWh = 4: fixes the size, beside smallest_kWh or largest_kWh; "
        "keep one of the two",
    ]


def test_relations_name_their_unit(tmp_path: Path) -> None:
    text = '[[store]]\nname = "tank"\nsmallest_kWh = 5\nexisting_kWh = 4\n[[boiler]]\n'
    assert toml_lines(tmp_path, text) == [
        "[[store]] 1 (tank): existing_kWh = 4: fixes the size, beside smallest_kWh or largest_kWh; "
        "keep one of the two"
    ]


def test_tables_of_a_wrong_kind(tmp_path: Path) -> None:
    assert toml_lines(tmp_path, "[heat_pump]\ncop = 3\n[[plant]]\n[[store]]\n") == [
        "[plant] = [{}]: must be a table; put the keys below a line [plant]",
        "heat_pump = {'cop': 3}: must be tables [[heat_pump]], one for each unit; "
        "write [[heat_pump]] with two brackets",
    ]


def test_a_cooler_is_named_as_a_price(tmp_path: Path) -> None:
    assert toml_lines(tmp_path, "[[boiler]]\n[[cooler]]\n") == [
        "cooler: is no unit here: waste heat that no unit takes is cooled at a price; give "
        "cooling_water_price_EUR_per_MWh below [plant] or as a column of the profile, or a table "
        "[[chiller]]"
    ]


def test_chillers_make_no_heat(tmp_path: Path) -> None:
    (line,) = toml_lines(tmp_path, "[[chiller]]\ncop = 3\n")
    assert line.startswith("units: nothing makes heat")


def test_a_chiller_as_a_price_costs_its_electricity() -> None:
    """20 kW of cooling at a COP of 4 take 5 kW of electricity in each of the plant's hours."""
    plant = Plant(electricity_price_EUR_per_MWh=100, operating_hours_h_per_a=1000)
    price = 100 + plant.electricity_emission_t_per_MWh * plant.co2_price_EUR_per_t
    chilled = plant.replace(cooling_water_price_EUR_per_MWh=price / 4)
    free = plant.replace(cooling_water_price_EUR_per_MWh=0)
    profile = HeatProfile(step_h=1.0, heat_demand_kW=[50, 50], waste_heat_kW=[20, 20])
    tacs = [
        size_plant(profile, SizingParameters(plant=one, heat_pumps=[], stores=[])).tac_EUR_per_a
        for one in (free, chilled)
    ]
    assert tacs[1] - tacs[0] == pytest.approx(5.0 * price)  # 5 MWh/a


def test_names_and_heat(tmp_path: Path) -> None:
    assert toml_lines(tmp_path, "[[boiler]]\n[[boiler]]\n") == [
        "[[boiler]] 2: name = boiler: must be unique, [[boiler]] 1 has it too; "
        "give each unit a name of its own"
    ]
    several = "[[boiler]]\nefficiency = 5\n[[heat_pump]]\nname = 'boiler'\n[[boiler]]\n"
    lines = toml_lines(tmp_path, several)  # beside other faults
    assert [line.split(";")[0] for line in lines] == [
        "[[boiler]] 1: efficiency = 5: must be at least 0.01 and at most 1.2",
        "[[boiler]] 1: name = boiler: must be unique, [[heat_pump]] 1 (boiler) has it too",
        "[[boiler]] 2: name = boiler: must be unique, [[heat_pump]] 1 (boiler) has it too",
    ]
    for text in ("[[store]]\n", "boiler = []\n"):
        assert toml_lines(tmp_path, text) == [
            "units: nothing makes heat; give a heat_pump, a boiler or an electric_boiler"
        ]


def test_files(tmp_path: Path) -> None:
    (line,) = toml_lines(tmp_path, "[plant\n")
    assert line.startswith("syntax: is not TOML")
    (line,) = toml_lines(tmp_path, b"[plant]\n# \xe4\n")
    assert line == "line 2: encoding = byte 0xe4: must be UTF-8; save the file as UTF-8"
    (line,) = fault_lines(read_parameters, tmp_path / "mina.toml")
    assert line.endswith("does not exist; did you mean 'mine.toml'?")
    (line,) = fault_lines(write_parameters, SizingParameters(), tmp_path / "no" / "mine.toml")
    assert "cannot be written" in line


sizes = st.floats(0, 1e7)
commitments = st.fixed_dictionaries(
    {},
    optional={
        "minimum_load": st.floats(0, 1),
        "min_up_h": st.floats(0, 72),
        "load_changes_per_window": st.one_of(st.none(), st.integers(1, 100)),
        "is_optional": st.booleans(),
        "existing_kW": st.one_of(st.none(), sizes),
        "lifetime_a": st.one_of(st.none(), st.floats(0.1, 200)),
        "initial": st.one_of(
            st.none(),
            st.builds(
                InitialState,
                hours_in_state_h=st.one_of(st.just(math.inf), sizes.map(lambda h: h / 100)),
            ),
        ),
    },
)
names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20).map(str.strip)


@given(
    st.lists(
        st.tuples(st.sampled_from([HeatPump, Boiler, ElectricBoiler]), commitments),
        min_size=1,
        max_size=5,
    ),
    st.lists(names.filter(bool), min_size=6, max_size=6, unique=True),
    st.floats(-1e5, 1e5),
    st.one_of(st.none(), st.floats(0, 1)),
)
def test_written_parameters_come_back(
    given_units: list[tuple[Any, dict[str, Any]]],
    unit_names: list[str],
    price: float,
    share: float | None,
) -> None:
    units = [
        kind(name=name, **keys) for (kind, keys), name in zip(given_units, unit_names, strict=False)
    ]
    parameters = SizingParameters(
        plant=Plant(electricity_price_EUR_per_MWh=price),
        heat_pumps=[unit for unit in units if isinstance(unit, HeatPump)],
        boilers=[unit for unit in units if isinstance(unit, Boiler)],
        electric_boilers=[unit for unit in units if isinstance(unit, ElectricBoiler)],
        stores=[Store(name=unit_names[-1], start_end_share=share)],
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.toml"
        write_parameters(parameters, path)
        assert read_parameters(path) == parameters


@pytest.mark.parametrize("stores", [(), (Store(),)])
def test_plants_without_some_units_come_back(stores: Any, tmp_path: Path) -> None:
    parameters = SizingParameters(heat_pumps=(), stores=stores)
    write_parameters(parameters, tmp_path / "copy.toml")
    assert read_parameters(tmp_path / "copy.toml") == parameters
