"""Parameters of model B: defaults, derived numbers, changes, and every message."""

from __future__ import annotations

import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
from helpers_sizing import profile
from helpers_streams import fault_lines
from hypothesis import given
from hypothesis import strategies as st

from milpcore.sizing import (
    Boiler,
    Chiller,
    ElectricBoiler,
    HeatPump,
    InitialState,
    Plant,
    SizingParameters,
    Store,
    is_existing,
    size_limits,
    steps_of,
)
from milpcore.sizing.parameter_schema import KEYS, RANGES, STATUSES, WORDS
from milpcore.sizing.units import table_of
from preprocess import carnot_cop

KINDS: dict[str, Any] = {
    "plant": Plant,
    "heat_pump": HeatPump,
    "boiler": Boiler,
    "electric_boiler": ElectricBoiler,
    "store": Store,
    "chiller": Chiller,
    "initial": InitialState,
}
NUMBERS = [(table, key) for table, keys in RANGES.items() for key in keys]
UNLIMITED = "load_changes_per_window"


def test_defaults_are_the_base_parameters() -> None:
    base = SizingParameters()
    assert dataclasses.asdict(base.plant) == {
        "electricity_price_EUR_per_MWh": 180.0,
        "gas_price_EUR_per_MWh": 60.0,
        "co2_price_EUR_per_t": 65.0,
        "electricity_emission_t_per_MWh": 0.380,
        "gas_emission_t_per_MWh": 0.201,
        "cooling_water_price_EUR_per_MWh": 3.0,
        "interest_rate": 0.07,
        "lifetime_a": 20.0,
        "operating_hours_h_per_a": 8000.0,
    }
    commitment = {
        "min_up_h": 2.0,
        "min_down_h": 1.0,
        "load_changes_per_window": 1,
        "window_h": 1.0,
        "smallest_kW": 0.0,
        "largest_kW": math.inf,
        "is_optional": True,
        "existing_kW": None,
        "lifetime_a": None,
        "initial": None,
    }
    (pump,), (boiler,), (store,) = base.heat_pumps, base.boilers, base.stores
    assert dataclasses.asdict(pump) == {
        "name": "heat_pump",
        "investment_EUR_per_kW": 800.0,
        "cop": 2.13,
        "minimum_load": 0.4,
        **commitment,
    }
    assert dataclasses.asdict(boiler) == {
        "name": "boiler",
        "investment_EUR_per_kW": 55.0,
        "efficiency": 0.90,
        "minimum_load": 0.2,
        **commitment,
    }
    assert dataclasses.asdict(store) == {
        "name": "store",
        "investment_EUR_per_kWh": 25.0,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.95,
        "loss_per_h": 0.005,
        "rate_per_h": 0.3,
        "start_end_share": 0.5,
        "smallest_kWh": 0.0,
        "largest_kWh": math.inf,
        "is_optional": True,
        "existing_kWh": None,
        "lifetime_a": None,
    }
    assert base.electric_boilers == ()
    electric = ElectricBoiler()
    assert (electric.minimum_load, electric.load_changes_per_window) == (0.0, None)


def test_the_cop_is_the_one_calculated() -> None:
    assert HeatPump().cop == round(float(carnot_cop(25, 105, 0.5, 5, 5)), 2)


def test_every_key_has_a_field_unit_status_source_and_range() -> None:
    assert list(KEYS) == list(KINDS)
    for table, keys in KEYS.items():
        fields = [field.name for field in dataclasses.fields(KINDS[table])]
        assert fields == list(dict.fromkeys([*(k for k in fields if k in keys), *fields]))
        assert set(fields) == set(keys)
        for key, about in keys.items():
            assert about.status in STATUSES
            assert about.source
            assert (key in RANGES[table]) == (about.unit not in ("text", "state", "true or false"))
            unit = about.unit.replace("/", "_per_").replace("1_per_h", "per_h")
            plain = about.unit in ("-", "1", "text", "state", "true or false")
            assert plain or key.endswith(f"_{unit}"), key


def test_derived_numbers_of_the_base_case() -> None:
    """The price of pump heat, and of boiler heat with the cooling water that a pump saves."""
    base, small = SizingParameters(), profile()
    pump, boiler = base.heat_units
    pump_cost = base.heat_cost_EUR_per_kWh(pump, small)
    boiler_cost = base.heat_cost_EUR_per_kWh(boiler, small)
    share = base.source_share(pump, small)
    cooling = base.cooling_cost_EUR_per_kWh(small)
    assert pump_cost.shape == boiler_cost.shape == share.shape == cooling.shape == (4,)
    assert round(1000 * pump_cost[0]) == 96
    assert round(1000 * (boiler_cost + share * cooling)[0]) == 83
    np.testing.assert_allclose(pump_cost, (180 + 0.38 * 65) / 2.13 / 1000, rtol=1e-14)
    np.testing.assert_allclose(boiler_cost, (60 + 0.201 * 65) / 0.9 / 1000, rtol=1e-14)
    np.testing.assert_allclose(base.heat_emission_t_per_kWh(pump, small), 0.38 / 2130, rtol=1e-14)
    np.testing.assert_allclose(base.heat_emission_t_per_kWh(boiler, small), 0.201 / 900, rtol=1e-14)
    np.testing.assert_allclose(cooling, 0.003, rtol=1e-14)
    np.testing.assert_allclose(share, 1 - 1 / 2.13, rtol=1e-14)
    np.testing.assert_array_equal(base.source_share(boiler, small), 0.0)
    annuity = 0.07 / (1 - 1.07**-20)
    assert base.annuity_per_a(pump) == pytest.approx(annuity)
    assert base.size_cost_EUR_per_a(pump) == pytest.approx(800 * annuity)
    assert base.size_cost_EUR_per_a(base.stores[0]) == pytest.approx(25 * annuity)
    assert base.annual_scale_per_a(small) == 8000.0
    assert base.annual_scale_per_a(profile(192)) == pytest.approx(8000 / 48)


def test_electric_boilers_pay_electricity() -> None:
    parameters = SizingParameters(electric_boilers=[ElectricBoiler(efficiency=0.98)])
    unit = parameters.heat_units[-1]
    cost = parameters.heat_cost_EUR_per_kWh(unit, profile())
    np.testing.assert_allclose(cost, (180 + 0.38 * 65) / 980, rtol=1e-14)
    np.testing.assert_allclose(
        parameters.heat_emission_t_per_kWh(unit, profile()), 0.38 / 980, rtol=1e-14
    )
    np.testing.assert_array_equal(parameters.source_share(unit, profile()), 0.0)


def test_series_of_the_profile_come_before_constants() -> None:
    series = {
        "electricity_price_EUR_per_MWh": [-20, 0, 100, 300],
        "gas_price_EUR_per_MWh": [10, 20, 30, 40],
        "electricity_emission_t_per_MWh": [0.1, 0.2, 0.3, 0.4],
        "gas_emission_t_per_MWh": [0.2, 0.2, 0.2, 0.3],
        "cooling_water_price_EUR_per_MWh": [1, 2, 3, 4],
        "cop": [2, 3, 4, 5],
        "cop_new": [6, 7, 8, 9],
    }
    given = profile(series=series)
    pumps = [HeatPump(), HeatPump(name="new")]
    parameters = SizingParameters(heat_pumps=pumps).replace(co2_price_EUR_per_t=100)
    arrays = {key: np.array(value, dtype=float) for key, value in series.items()}
    paid = arrays["electricity_price_EUR_per_MWh"] + 100 * arrays["electricity_emission_t_per_MWh"]
    gas = arrays["gas_price_EUR_per_MWh"] + 100 * arrays["gas_emission_t_per_MWh"]
    for pump, cop in zip(parameters.heat_pumps, (arrays["cop"], arrays["cop_new"]), strict=True):
        np.testing.assert_array_equal(parameters.cop(pump, given), cop)
        cost = parameters.heat_cost_EUR_per_kWh(pump, given)
        np.testing.assert_allclose(cost, paid / cop / 1000, rtol=1e-14)
        share = parameters.source_share(pump, given)
        np.testing.assert_allclose(share, 1 - 1 / cop, rtol=1e-14)
    boiler = parameters.boilers[0]
    cost = parameters.heat_cost_EUR_per_kWh(boiler, given)
    np.testing.assert_allclose(cost, gas / 900, rtol=1e-14)
    emission = parameters.heat_emission_t_per_kWh(boiler, given)
    np.testing.assert_allclose(emission, arrays["gas_emission_t_per_MWh"] / 900, rtol=1e-14)
    cooling = parameters.cooling_cost_EUR_per_kWh(given)
    np.testing.assert_allclose(cooling, [0.001, 0.002, 0.003, 0.004], rtol=1e-14)
    parameters.check_profile(given)


def test_profiles_that_do_not_fit() -> None:
    given = profile(step_h=10.0, series={"cop_old": [2, 2, 2, 2], "cop_heat_pump": [2, 2, 2, 2]})
    parameters = SizingParameters(stores=[Store(loss_per_h=0.1), Store(name="tight")])
    assert fault_lines(parameters.check_profile, given) == [
        "columns: cop_old: no heat pump is called 'old'; known: heat_pump",
        "store: loss_per_h = 0.1: loses all its content in a step of 10 h; "
        "take shorter steps, or a smaller loss",
    ]
    assert fault_lines(
        parameters.replace(heat_pumps=[]).check_profile,
        profile(series={"cop_heat_pump": np.full(4, 2)}),
    ) == ["columns: cop_heat_pump: no heat pump is called 'heat_pump'; delete the column"]


def test_existing_units_cost_nothing_and_have_one_size() -> None:
    parameters = SizingParameters(
        heat_pumps=[HeatPump(existing_kW=300), HeatPump(name="new", lifetime_a=10)],
        stores=[Store(existing_kWh=80)],
    )
    old, new = parameters.heat_pumps
    (store,) = parameters.stores
    assert [is_existing(unit) for unit in (old, new, store)] == [True, False, True]
    assert [size_limits(unit) for unit in (old, new, store)] == [
        (300.0, 300.0),
        (0.0, math.inf),
        (80.0, 80.0),
    ]
    assert parameters.size_cost_EUR_per_a(old) == parameters.size_cost_EUR_per_a(store) == 0.0
    annuity = 0.07 / (1 - 1.07**-10)
    assert parameters.size_cost_EUR_per_a(new) == pytest.approx(800 * annuity)
    assert size_limits(Store(smallest_kWh=5, largest_kWh=9)) == (5.0, 9.0)


@given(st.integers(0, 1000), st.sampled_from([0.25, 1 / 3, 0.1, 0.05, 1.0, 1 / 60]))
def test_whole_steps_stay_whole(count: int, step_h: float) -> None:
    assert steps_of(count * step_h, step_h) == count
    assert steps_of((count + 0.01) * step_h, step_h) == count + 1


def test_state_before_the_start() -> None:
    state = InitialState(is_on=True, load_kW=300, hours_in_state_h=5, hours_since_load_change_h=2)
    assert state.last_change_h == 2.0
    assert InitialState(is_on=True, load_kW=3, hours_in_state_h=5).last_change_h == 5.0
    assert InitialState().last_change_h == math.inf
    unit = HeatPump(initial=state)
    assert unit.initial == state
    assert unit.replace(largest_kW=400).initial == state
    assert unit.replace(initial=None).initial is None
    assert HeatPump(initial={"is_on": True, "load_kW": 5}).initial == InitialState(  # type: ignore[arg-type]
        is_on=True, load_kW=5
    )
    assert state.replace(load_kW=7).load_kW == 7.0


def test_units_are_found_and_changed_by_name() -> None:
    base = SizingParameters(boilers=[Boiler(), Boiler(name="spare")])
    assert [unit.name for unit in base.units] == ["heat_pump", "boiler", "spare", "store"]
    changed = base.replace_unit("spare", efficiency=0.8).replace_unit("store", rate_per_h=1)
    assert [unit.efficiency for unit in changed.boilers] == [0.9, 0.8]
    assert changed.unit("store").rate_per_h == 1.0  # type: ignore[union-attr]
    assert changed.heat_pumps == base.heat_pumps
    assert fault_lines(base.unit, "spar") == ["name = spar: unknown unit; did you mean 'spare'?"]
    assert fault_lines(base.replace_unit, "spare", efficency=1, min_up_h=100) == [
        "efficency = 1: unknown key; did you mean 'efficiency'?",
        "min_up_h = 100: must be at least 0 and at most 72 h; give hours",
    ]
    assert [table_of(unit) for unit in base.units] == ["heat_pump", "boiler", "boiler", "store"]


def test_replace_changes_prices_and_lists_of_units() -> None:
    base = SizingParameters()
    changed = base.replace(gas_price_EUR_per_MWh=80, stores=[], electric_boilers=[ElectricBoiler()])
    assert changed.plant == Plant(gas_price_EUR_per_MWh=80)
    assert changed.stores == ()
    assert len(changed.electric_boilers) == 1
    both = base.replace(plant=Plant(lifetime_a=5), interest_rate=0)
    assert both.plant == Plant(lifetime_a=5, interest_rate=0)
    assert fault_lines(base.replace, gas_price=1, boiler=[], lifetime_a=-1) == [
        "gas_price = 1: unknown key; did you mean 'gas_price_EUR_per_MWh'?",
        "boiler = []: unknown key; did you mean 'boilers'?",
        "lifetime_a = -1: must be at least 0.1 and at most 200 a; give the depreciation time in "
        "years",
    ]
    assert fault_lines(base.replace, heat_pumps=[], boilers=[]) == [
        "units: nothing makes heat; give a heat_pump, a boiler or an electric_boiler"
    ]
    assert fault_lines(
        SizingParameters,
        plant=3,
        boilers=[HeatPump()],
        stores="all",
    ) == [
        "plant = 3: must be a Plant; pass sizing.Plant(...)",
        "boilers = [HeatPump(name='heat_pump', investment_EUR_per_kW=800.0, co…: must be a list of "
        "Boiler; pass [sizing.Boiler(...)]",
        "stores = all: must be a list of Store; pass [sizing.Store(...)]",
    ]
    assert fault_lines(base.replace, boilers=[Boiler(name="store"), Boiler(name="heat_pump")]) == [
        "boiler: name = heat_pump: must be unique, a heat_pump has it too; "
        "give each unit a name of its own",
        "store: name = store: must be unique, a boiler has it too; "
        "give each unit a name of its own",
    ]


def test_parameters_are_frozen_hashable_and_picklable() -> None:
    parameters = SizingParameters(heat_pumps=[HeatPump(initial=InitialState())])
    assert pickle.loads(pickle.dumps(parameters)) == parameters
    assert hash(parameters) == hash(
        SizingParameters(heat_pumps=(HeatPump(initial=InitialState()),))
    )
    for part in (parameters, parameters.plant, *parameters.units):
        with pytest.raises(dataclasses.FrozenInstanceError):
            part.name = "x"  # type: ignore[misc,union-attr]


def test_table_tells_defaults_from_given_values() -> None:
    parameters = SizingParameters(boilers=[Boiler(name="old", existing_kW=500)])
    table = parameters.replace(co2_price_EUR_per_t=100).table()
    given = table[table["status"] == "given"]
    assert list(zip(given["part"], given["parameter"], strict=True)) == [
        ("plant", "co2_price_EUR_per_t"),
        ("old", "name"),
        ("old", "existing_kW"),
    ]
    assert (given["source"] == "").all()
    row = table[(table["part"] == "heat_pump") & (table["parameter"] == "cop")].iloc[0]
    assert list(row[["value", "unit", "status"]]) == [2.13, "-", "calculated"]
    assert len(table) == 9 + 14 + 14 + 12
    free = SizingParameters(stores=[Store(start_end_share=None)]).table()
    assert free.loc[free["parameter"] == "start_end_share", "value"].tolist() == ["free"]


@pytest.mark.parametrize(("table", "key"), NUMBERS)
def test_ends_of_the_ranges(table: str, key: str) -> None:
    allowed, kind = RANGES[table][key], KINDS[table]
    fitting = {
        "smallest_kW": {"largest_kW": math.inf},
        "load_kW": {"is_on": True},
        "hours_since_load_change_h": {"hours_in_state_h": math.inf},
    }.get(key, {})

    def made(value: float) -> float:
        return getattr(kind(**{key: value}, **fitting), key)

    assert made(allowed.maximum) == allowed.maximum
    beyond = [allowed.maximum * 1.01 + 1]
    if allowed.open_minimum:
        beyond.append(allowed.minimum)
    else:
        assert made(allowed.minimum) == allowed.minimum
        beyond.append(allowed.minimum - 0.01 * max(1.0, abs(allowed.minimum)))
    for value in beyond:
        unit = KEYS[table][key].unit
        unit = "-" if key == UNLIMITED else unit
        (line,) = fault_lines(kind, **{key: value}, **fitting)
        assert line == f"{key} = {value}: {allowed.rule(unit)}; {allowed.remedy}"
        (line,) = fault_lines(kind(**fitting).replace, **{key: value})
        assert line == f"{key} = {value}: {allowed.rule(unit)}; {allowed.remedy}"


@pytest.mark.parametrize(("table", "key"), NUMBERS)
@pytest.mark.parametrize("value", [math.nan, True, "5", [1]])
def test_values_that_are_no_numbers(table: str, key: str, value: Any) -> None:
    (line,) = fault_lines(KINDS[table], **{key: value})
    word = WORDS.get(key)
    if word is not None and value == "5":
        assert line == f"{key} = '5': must be a number or '{word}'; write one of them"
    else:
        assert line.startswith(f"{key} = ")
        assert "must be a finite number" in line


@pytest.mark.parametrize(
    ("key", "slip"),
    [
        ("investment_EUR_per_kW", 800_000),
        ("cop", 213),
        ("minimum_load", 40),
        ("min_up_h", 120),
        ("window_h", 60),
    ],
)
def test_slips_of_units_are_noticed(key: str, slip: float) -> None:
    assert len(fault_lines(HeatPump, **{key: slip})) == 1


@pytest.mark.parametrize(
    ("key", "slip"),
    [
        ("investment_EUR_per_kWh", 25_000),
        ("charge_efficiency", 95),
        ("loss_per_h", 0.5),
        ("rate_per_h", 30),
        ("start_end_share", 50),
    ],
)
def test_slips_of_units_of_a_store_are_noticed(key: str, slip: float) -> None:
    assert len(fault_lines(Store, **{key: slip})) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        (
            HeatPump,
            {UNLIMITED: 1.5},
            f"{UNLIMITED} = 1.5: must be a whole number; count the load changes",
        ),
        (
            HeatPump,
            {UNLIMITED: "any"},
            f"{UNLIMITED} = 'any': must be a number or 'unlimited'; write one of them",
        ),
        (
            Store,
            {"start_end_share": "half"},
            "start_end_share = 'half': must be a number or 'free'; write one of them",
        ),
        (HeatPump, {"is_optional": 1}, "is_optional = 1: must be true or false; write one of them"),
        (HeatPump, {"name": " "}, "name =  : must be text; give every unit a name"),
        (HeatPump, {"name": 3}, "name = 3: must be text; give every unit a name"),
        (
            HeatPump,
            {"name": "a\nb"},
            "name = a\\nb: must have at most 200 characters and no "
            "control characters; shorten or clean it",
        ),
        (
            Boiler,
            {"smallest_kW": 5, "largest_kW": 4},
            "smallest_kW = 5: must not be above largest_kW = 4; swap or correct them",
        ),
        (
            Boiler,
            {"existing_kW": 5, "largest_kW": 4},
            "existing_kW = 5: fixes the size, beside "
            "smallest_kW or largest_kW; keep one of the two",
        ),
        (
            Store,
            {"existing_kWh": 5, "smallest_kWh": 4},
            "existing_kWh = 5: fixes the size, beside "
            "smallest_kWh or largest_kWh; keep one of the two",
        ),
        (
            Boiler,
            {"initial": 3},
            "initial = 3: must be a table of is_on, load_kW, "
            "hours_in_state_h; leave it out for a free state",
        ),
        (
            Boiler,
            {"initial": {"is_of": True}},
            "initial: is_of = True: unknown key; did you mean 'is_on'?",
        ),
        (
            InitialState,
            {"load_kW": 5},
            "load_kW = 5: must be 0 of a unit that is off; write is_on = true, or no load",
        ),
        (
            InitialState,
            {"hours_in_state_h": 2, "hours_since_load_change_h": 3},
            "hours_since_load_change_h = 3: must not be above hours_in_state_h = 2; "
            "a start or stop is a load change; leave it out if it was the last one",
        ),
        (
            Boiler,
            {"existing_kW": 100, "initial": InitialState(is_on=True, load_kW=101)},
            "initial.load_kW = 101: must be from 20 to 100 kW, the unit's range; "
            "correct the load or the size",
        ),
        (
            Boiler,
            {"existing_kW": 100, "initial": InitialState(is_on=True, load_kW=19)},
            "initial.load_kW = 19: must be from 20 to 100 kW, the unit's range; "
            "correct the load or the size",
        ),
        (
            Boiler,
            {"largest_kW": 100, "initial": InitialState(is_on=True, load_kW=101)},
            "initial.load_kW = 101: must be from 0 to 100 kW, the unit's range; "
            "correct the load or the size",
        ),
    ],
)
def test_values_at_fault(kind: Any, changes: dict[str, Any], expected: str) -> None:
    assert fault_lines(kind, **changes) == [expected]


def test_a_unit_that_is_off_may_stand_before_any_size() -> None:
    assert Boiler(existing_kW=100, initial=InitialState()).initial == InitialState()


def test_all_faults_of_a_unit_come_in_one_error() -> None:
    assert len(fault_lines(HeatPump, cop=0, minimum_load=2, window_h=0, name="")) == 4


def test_words_are_none() -> None:
    assert HeatPump(load_changes_per_window="unlimited").load_changes_per_window is None  # type: ignore[arg-type]
    assert HeatPump(load_changes_per_window=None).load_changes_per_window is None
    assert type(HeatPump(load_changes_per_window=np.int64(2)).load_changes_per_window) is int
    assert Store(start_end_share=0).start_end_share == 0.0
