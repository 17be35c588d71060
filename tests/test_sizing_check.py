"""The check of model B passes valid designs and finds every way of tampering with them."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers_sizing_designs import (
    BOILER,
    PUMP,
    ROD,
    SPARE,
    STORE,
    TANK,
    Case,
    ROD_kW,
    case,
    cases,
    changed,
    design,
    fitting,
    parameters,
)
from helpers_sizing_edits import (
    Edit,
    Place,
    both,
    load,
    places,
    plus,
    put,
    reported,
    times,
    units,
)
from hypothesis import given

from milpcore.sizing.check import Rule, check, checked
from milpcore.sizing.simulate import simulate


def test_a_valid_design_passes() -> None:
    assert check(*case()) == ()
    assert check(*case(), **reported(case())) == ()
    assert check(*case(), **reported(case()), tolerance=0.0) == ()


def test_the_door_returns_the_simulation_of_a_valid_design() -> None:
    simulation = checked(*case(), **reported(case()))
    assert simulation.tac_EUR_per_a == simulate(*case()).tac_EUR_per_a


def rolled(row: list[float]) -> list[int]:
    """Steps in which a row differs from itself, one step later."""
    return [t for t in range(len(row)) if row[t] != row[t - 1]]


AS_GIVEN: list[tuple[str, Edit, set[Place]]] = [
    (
        "a shifted load",
        both(
            put("heat_kW", ROD, lambda row: np.roll(row, 1)),
            put("is_on", ROD, lambda row: np.roll(row, 1)),
        ),
        {(Rule.BALANCE, "plant", t) for t in rolled(ROD_kW)},
    ),
    (
        "a shifted load of a unit with limits",
        load(PUMP, 2, 200.0),
        {(Rule.BALANCE, "plant", 2)},
    ),
    (
        "a capacity x 0.9",
        put("capacity_kWh", STORE, times(0.9)),
        {
            (Rule.LEVEL, "store", 3),
            (Rule.RATE, "store", 7),
            (Rule.START, "store", 0),
            (Rule.END, "store", 12),
        },
    ),
    (
        "a size x 0.9",
        put("size_kW", PUMP, times(0.9)),
        {(Rule.LOAD, "pump", 0), (Rule.LOAD, "pump", 1)},
    ),
    (
        "an existing size x 0.9",
        put("size_kW", ROD, times(0.9)),
        {(Rule.SIZE, "rod", None), *((Rule.LOAD, "rod", t) for t in (0, 7, 10))},
    ),
    (
        "a simultaneous charge",
        both(
            put("charge_kW", (STORE, 0), plus(4.0)),
            put("discharge_kW", (STORE, 0), plus(4.0)),
        ),
        {(Rule.EXCLUSIVE, "store", 0), (Rule.RECURSION, "store", 1)},
    ),
    (
        "a two-step stop",
        load(BOILER, slice(3, 5), [0.0, 0.0]),
        {
            *((Rule.BALANCE, "plant", t) for t in (3, 4)),
            *((Rule.SPACING, "boiler", t) for t in (3, 5, 6)),
        },
    ),
    (
        "less charge",
        put("charge_kW", (STORE, 2), 100.0),
        {(Rule.BALANCE, "plant", 2), (Rule.RECURSION, "store", 3)},
    ),
    (
        "less discharge",
        put("discharge_kW", (TANK, 8), 9.0),
        {(Rule.BALANCE, "plant", 8), (Rule.RECURSION, "tank", 9)},
    ),
    (
        "a level",
        put("level_kWh", (STORE, 5), plus(1.0)),
        {(Rule.RECURSION, "store", 5), (Rule.RECURSION, "store", 6)},
    ),
    ("a unit that is not built", put("is_on", (SPARE, 4), True), {(Rule.NOT_BUILT, "spare", 4)}),
]


@pytest.mark.parametrize(("_", "edit", "expected"), AS_GIVEN, ids=[x[0] for x in AS_GIVEN])
def test_tampering_is_found(_: str, edit: Edit, expected: set[Place]) -> None:
    profile, plant, good = case()
    assert places(check(profile, plant, edit(good))) == expected


MENDED: list[tuple[str, Edit, set[Place]]] = [
    (
        "charge and discharge that leave the level as it is",
        both(put("charge_kW", (STORE, 0), plus(8.0)), put("discharge_kW", (STORE, 0), 1.0)),
        {(Rule.EXCLUSIVE, "store", 0)},
    ),
    (
        "a stop of two steps where three are the least",
        load(PUMP, slice(1, 5), [0.0, 0.0, 100.0, 100.0]),
        {(Rule.DOWN, "pump", 3)},
    ),
    (
        "a run of one step where two are the least",
        load(PUMP, slice(8, 10), [120.0, 0.0]),
        {(Rule.UP, "pump", 9), (Rule.SPACING, "pump", 9)},
    ),
    (
        "three load changes where two are the most",
        load(BOILER, 3, 160.0),
        {(Rule.SPACING, "boiler", t) for t in (3, 4, 5, 6)},
    ),
    ("a load above the size", load(ROD, 0, 65.0), {(Rule.LOAD, "rod", 0)}),
    ("heat while off", put("heat_kW", (ROD, 1), 5.0), {(Rule.OFF, "rod", 1)}),
    ("off under load", put("is_on", (ROD, 2), False), {(Rule.OFF, "rod", 2)}),
    (
        "on without load",
        put("is_on", (PUMP, 11), True),
        {(rule, "pump", 11) for rule in (Rule.LOAD, Rule.DOWN, Rule.SPACING)},
    ),
    (
        "heat of a unit that is not built",
        load(SPARE, 4, 5.0),
        {(Rule.LOAD, "spare", 4), (Rule.NOT_BUILT, "spare", 4)},
    ),
    (
        "negative heat",
        put("heat_kW", (ROD, 1), -1.0),
        {(Rule.OFF, "rod", 1), (Rule.SIGN, "rod", 1)},
    ),
    (
        "negative charge, balanced by less discharge",
        both(put("charge_kW", (STORE, 3), -8.0), put("discharge_kW", (STORE, 3), 9.0)),
        {(Rule.SIGN, "store", 3)},
    ),
    (
        "negative discharge in place of charge",
        both(put("charge_kW", (STORE, 0), 0.0), put("discharge_kW", (STORE, 0), -1.0)),
        {(Rule.SIGN, "store", 0)},
    ),
    (
        "a negative size",
        put("size_kW", SPARE, -1.0),
        {(Rule.SIGN, "spare", None), (Rule.SIZE, "spare", None)},
    ),
    (
        "another level at the start",
        both(put("level_kWh", (STORE, 0), 30.0), put("charge_kW", (STORE, 0), 15.5)),
        {(Rule.START, "store", 0)},
    ),
    (
        "another level at the end",
        both(put("level_kWh", (STORE, 12), 33.5), put("discharge_kW", (STORE, 11), 2.0)),
        {(Rule.END, "store", 12)},
    ),
    (
        "another level at the end than at the start",
        both(
            put("level_kWh", (TANK, slice(9, None)), 21.0),
            put("discharge_kW", (TANK, 8), 8.0),
        ),
        {(Rule.END, "tank", 12)},
    ),
    (
        "a size between 0 and the smallest",
        put("size_kW", SPARE, 40.0),
        {(Rule.SIZE, "spare", None)},
    ),
    (
        "another capacity than there is",
        put("capacity_kWh", TANK, 31.0),
        {(Rule.SIZE, "tank", None)},
    ),
]


@pytest.mark.parametrize(("_", "edit", "expected"), MENDED, ids=[x[0] for x in MENDED])
def test_each_rule_alone(_: str, edit: Edit, expected: set[Place]) -> None:
    tampered = edit(design())
    assert places(check(fitting(tampered), parameters(), tampered)) == expected


LIMITS: list[tuple[dict[str, dict[str, Any]], set[Place]]] = [
    ({"pump": {"min_up_h": 1.01}}, {(Rule.UP, "pump", 10)}),
    ({"pump": {"min_up_h": 0.51}}, set()),
    ({"pump": {"min_down_h": 1.51}}, {(Rule.DOWN, "pump", 8)}),
    ({"boiler": {"min_down_h": 1.5}}, {(Rule.DOWN, "boiler", 11)}),
    ({"boiler": {"min_up_h": 4.5}}, set()),
    ({"pump": {"window_h": 1.01}}, {(Rule.SPACING, "pump", 10)}),
    ({"boiler": {"window_h": 2.5}}, {(Rule.SPACING, "boiler", t) for t in (5, 6, 9)}),
    (
        {"boiler": {"load_changes_per_window": 1}},
        {(Rule.SPACING, "boiler", t) for t in (2, 5, 6, 9, 11)},
    ),
    ({"boiler": {"load_changes_per_window": None, "window_h": 6.0}}, set()),
    ({"pump": {"minimum_load": 0.55}}, {(Rule.LOAD, "pump", t) for t in (2, 3, 4)}),
    ({"pump": {"cop": 2.1}}, {(Rule.WASTE, "plant", 0), (Rule.WASTE, "plant", 1)}),
    ({"pump": {"largest_kW": 199}}, {(Rule.SIZE, "pump", None)}),
    ({"pump": {"smallest_kW": 201}}, {(Rule.SIZE, "pump", None)}),
    ({"spare": {"is_optional": False}}, {(Rule.SIZE, "spare", None)}),
    ({"rod": {"existing_kW": 65}}, {(Rule.SIZE, "rod", None)}),
    ({"store": {"largest_kWh": 63}}, {(Rule.SIZE, "store", None)}),
    ({"store": {"smallest_kWh": 65}}, {(Rule.SIZE, "store", None)}),
    ({"store": {"rate_per_h": 1.9}}, {(Rule.RATE, "store", 7)}),
    ({"store": {"start_end_share": 0.4}}, {(Rule.START, "store", 0), (Rule.END, "store", 12)}),
    ({"store": {"start_end_share": None}}, set()),
    (
        {"store": {"loss_per_h": 0.1}},  # it is empty at 6 and 7
        {(Rule.RECURSION, "store", t) for t in (1, 2, 3, 4, 5, 6, 9, 10, 11, 12)},
    ),
    (
        {"store": {"charge_efficiency": 0.6}},
        {(Rule.RECURSION, "store", t) for t in (1, 2, 3, 8, 9)},
    ),
    (
        {"store": {"discharge_efficiency": 0.3}},
        {(Rule.RECURSION, "store", t) for t in (4, 5, 6, 11, 12)},
    ),
]


@pytest.mark.parametrize(("changes", "expected"), LIMITS, ids=[str(x[0]) for x in LIMITS])
def test_limits(changes: dict[str, dict[str, Any]], expected: set[Place]) -> None:
    assert places(check(fitting(design()), units(**changes), design())) == expected


def test_levels_above_the_capacity_and_below_0() -> None:
    plant = units(store={"start_end_share": None, "rate_per_h": 3.0})
    full = changed(design(), "capacity_kWh", STORE, 63.0)
    assert places(check(fitting(full), plant, full)) == {(Rule.LEVEL, "store", 3)}
    empty = both(
        put("discharge_kW", (STORE, 5), 15.5),
        put("level_kWh", (STORE, slice(6, 8)), [-1.0, -0.9375]),
        put("charge_kW", (STORE, 7), 131.515625),
    )(design())
    found = places(check(fitting(empty), plant, empty))
    assert found == {(Rule.LEVEL, "store", 6), (Rule.LEVEL, "store", 7)}


def test_charge_and_discharge_share_the_rate() -> None:
    tampered = both(put("charge_kW", (STORE, 7), 100.0), put("discharge_kW", (STORE, 7), 30.0))(
        design()
    )
    found = places(check(fitting(tampered), parameters(), tampered))
    assert found == {
        (Rule.RATE, "store", 7),
        (Rule.EXCLUSIVE, "store", 7),
        (Rule.RECURSION, "store", 8),
    }


def test_waste_heat_of_a_step() -> None:
    waste_kW = np.full(12, 100.0)
    waste_kW[[3, 8]] = 49.0, 59.0
    profile = fitting(design(), waste_heat_kW=waste_kW)
    found = places(check(profile, parameters(), design()))
    assert found == {(Rule.WASTE, "plant", 3), (Rule.WASTE, "plant", 8)}


@given(cases())
def test_what_is_simulated_passes_the_rules_on_it(case: Case) -> None:
    """Whatever else a random design breaks: balance, levels and costs are right."""
    profile, plant, random_design = case
    right = dataclasses.replace(random_design, level_kWh=simulate(*case).level_kWh)
    # The demand of a random design cannot be negative.
    supply_kW = right.heat_kW.sum(axis=0) + (right.discharge_kW - right.charge_kW).sum(axis=0)
    rules = {v.rule for v in check(profile, plant, right, **reported(case))}
    assert rules.isdisjoint({Rule.RECURSION, Rule.TAC, Rule.OPEX, Rule.CAPEX, Rule.CO2})
    is_negative = supply_kW < -1e-6 * profile.heat_demand_kW.mean()
    assert (Rule.BALANCE in rules) == is_negative.any()


@st.composite
def tamperings(draw: st.DrawFn) -> Edit:
    """Change any one number by 1 % or more, or 1 kW where it is 0."""
    fields = [field.name for field in dataclasses.fields(design()) if field.name != "is_on"]
    numbers = [name for name in fields if getattr(design(), name).size]
    field = draw(st.sampled_from(numbers))
    array = getattr(design(), field)
    place = tuple(draw(st.integers(0, n - 1)) for n in array.shape)
    factor = draw(st.floats(1.01, 2.0) | st.floats(0.0, 0.99))
    return put(field, place, lambda old: old * factor if old else 1.0)


@given(tamperings())
def test_any_number_tampered_with_is_found(edit: Edit) -> None:
    profile, plant, good = case()
    assert check(profile, plant, edit(good), **reported(case()))


@given(st.integers(0, 3), st.integers(0, 11))
def test_any_state_tampered_with_is_found(unit: int, step: int) -> None:
    """But for the rod, which may stand by at no load."""
    profile, plant, good = case()
    plant = plant.replace_unit("rod", minimum_load=0.1)
    assert check(profile, plant, good) == ()
    assert check(profile, plant, changed(good, "is_on", (unit, step), lambda old: ~old))


@given(st.sampled_from([2.0**-10, 0.5, 2.0, 2.0**10]), tamperings())
def test_the_size_of_the_plant_does_not_matter(factor: float, edit: Edit) -> None:
    """The same violations of a design, demand, waste heat and limits in other units."""
    tampered = edit(design())
    once = places(check(fitting(design()), parameters(), tampered))
    arrays = {
        field.name: factor * getattr(tampered, field.name)
        for field in dataclasses.fields(tampered)
        if field.name != "is_on"
    }
    base = fitting(design())
    profile = fitting(
        tampered,
        heat_demand_kW=factor * base.heat_demand_kW,
        waste_heat_kW=factor * base.waste_heat_kW,
    )
    plant = units(
        pump={"largest_kW": factor * 400},
        boiler={"smallest_kW": factor * 100, "largest_kW": factor * 500},
        spare={"smallest_kW": factor * 50},
        rod={"existing_kW": factor * 64},
        store={"smallest_kWh": factor * 10, "largest_kWh": factor * 70},
        tank={"existing_kWh": factor * 30},
    )
    assert places(check(profile, plant, dataclasses.replace(tampered, **arrays))) == once
