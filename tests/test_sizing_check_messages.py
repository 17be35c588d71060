"""The check of model B: tolerances, costs, shapes, and every message."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers_sizing_designs import (
    BOILER,
    PUMP,
    ROD,
    SPARE,
    STORE,
    TANK,
    case,
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
    put,
    reported,
    units,
)
from helpers_streams import fault_lines

from milpcore.sizing.check import CheckError, Rule, Violation, check, checked
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.simulate import simulate

MEAN_kW = float(fitting(design()).heat_demand_kW.mean())


def demand_of(step: int, amount_kW: float) -> dict[str, Any]:
    demand_kW = fitting(design()).heat_demand_kW.copy()
    demand_kW[step] += amount_kW
    return {"heat_demand_kW": demand_kW}


def waste_of(step: int, amount_kW: float) -> dict[str, Any]:
    waste_kW = np.full(12, 100.0)
    waste_kW[step] += amount_kW
    return {"waste_heat_kW": waste_kW}


AMOUNTS: list[tuple[Rule, Callable[[float], Edit]]] = [
    (Rule.LOAD, lambda x: put("heat_kW", (ROD, 0), 64.0 + x)),
    (Rule.LOAD, lambda x: put("size_kW", BOILER, 160.0 + 2.0 * x)),
    (Rule.OFF, lambda x: put("heat_kW", (ROD, 1), x)),
    (Rule.SIGN, lambda x: put("heat_kW", (ROD, 1), -x)),
    (Rule.SIGN, lambda x: put("size_kW", SPARE, -x)),
    (Rule.SIZE, lambda x: put("size_kW", ROD, 64.0 + x)),
    (Rule.SIZE, lambda x: put("size_kW", ROD, 64.0 - x)),
    (Rule.SIZE, lambda x: put("size_kW", SPARE, x)),
    (Rule.SIZE, lambda x: put("size_kW", SPARE, 50.0 - x)),
    (Rule.SIZE, lambda x: put("size_kW", BOILER, 500.0 + x)),
    (Rule.SIZE, lambda x: put("capacity_kWh", TANK, 30.0 + x)),
    (Rule.SPACING, lambda x: put("heat_kW", (BOILER, 3), 120.0 + x)),
    (Rule.SPACING, lambda x: put("heat_kW", (BOILER, 3), 120.0 - x)),
    (Rule.RECURSION, lambda x: put("level_kWh", (STORE, 5), 32.0 + x)),
    (Rule.RECURSION, lambda x: put("level_kWh", (STORE, 5), 32.0 - x)),
    (Rule.LEVEL, lambda x: put("level_kWh", (STORE, 3), 64.0 + x)),
    (Rule.LEVEL, lambda x: put("level_kWh", (STORE, 7), -x)),
    (Rule.START, lambda x: put("level_kWh", (STORE, 0), 32.0 + x)),
    (Rule.START, lambda x: put("level_kWh", (STORE, 0), 32.0 - x)),
    (Rule.END, lambda x: put("level_kWh", (STORE, 12), 32.0 + x)),
    (Rule.END, lambda x: put("level_kWh", (STORE, 12), 32.0 - x)),
    (Rule.END, lambda x: put("level_kWh", (TANK, 12), 20.0 + x)),
    (Rule.END, lambda x: put("level_kWh", (TANK, 12), 20.0 - x)),
    (Rule.RATE, lambda x: put("charge_kW", (STORE, 7), 128.0 + x)),
    (Rule.EXCLUSIVE, lambda x: put("discharge_kW", (STORE, 0), x)),
    (Rule.EXCLUSIVE, lambda x: put("charge_kW", (STORE, 3), x)),
]


@pytest.mark.parametrize("tolerance", [1e-6, 1e-4])
@pytest.mark.parametrize(("rule", "edit"), AMOUNTS)
def test_amounts_within_the_tolerance_do_not_matter(
    rule: Rule, edit: Callable[[float], Edit], tolerance: float
) -> None:
    def rules(amount: float) -> set[Rule]:
        tampered = edit(amount * tolerance * MEAN_kW)(design())
        violations = check(fitting(tampered), parameters(), tampered, tolerance=tolerance)
        return {violation.rule for violation in violations}

    assert rule not in rules(0.9)
    assert rule in rules(1.1)


@pytest.mark.parametrize(("rule", "change"), [(Rule.BALANCE, demand_of), (Rule.WASTE, waste_of)])
def test_steps_may_miss_their_balance_by_the_tolerance(
    rule: Rule, change: Callable[[int, float], dict[str, Any]]
) -> None:
    for step, sign in ((0, -1.0), (1, -1.0), (11, 1.0)):
        for amount in (0.9, 1.1):
            profile = fitting(design(), **change(step, sign * amount * 1e-6 * MEAN_kW))
            is_found = amount > 1.0 and (rule is Rule.BALANCE or sign < 0.0)
            expected = {(rule, "plant", step)} if is_found else set()
            assert places(check(profile, parameters(), design())) == expected


def test_sizes_are_exact_without_tolerance() -> None:
    profile, plant, good = case()

    def found(edit: Edit) -> set[Place]:
        return places(check(profile, plant, edit(good), tolerance=0.0))

    assert found(put("is_on", (SPARE, 4), True)) == {(Rule.NOT_BUILT, "spare", 4)}
    assert found(put("size_kW", SPARE, 50.0)) == set()
    assert found(put("size_kW", SPARE, np.nextafter(50.0, 0.0))) == {(Rule.SIZE, "spare", None)}
    assert found(put("size_kW", SPARE, 1e-12)) == {(Rule.SIZE, "spare", None)}


def test_a_size_within_the_tolerance_is_none() -> None:
    for size, expected in ((0.9, {(Rule.NOT_BUILT, "spare", 4)}), (1.1, set())):
        tampered = both(
            put("size_kW", SPARE, size * 1e-6 * MEAN_kW), put("is_on", (SPARE, 4), True)
        )(design())
        plant = units(spare={"smallest_kW": 0.0, "minimum_load": 0.0, "min_up_h": 0.0})
        plant = plant.replace_unit("spare", load_changes_per_window=None)
        assert places(check(fitting(tampered), plant, tampered)) == expected


COSTS = {
    Rule.TAC: "tac_EUR_per_a",
    Rule.OPEX: "opex_EUR_per_a",
    Rule.CAPEX: "capex_EUR_per_a",
    Rule.CO2: "co2_t_per_a",
}


@pytest.mark.parametrize("rule", COSTS)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_reported_costs(rule: Rule, sign: float) -> None:
    """Costs may miss by a millionth of TAC, emissions by one of their own."""
    right, name = reported(case()), COSTS[rule]
    scale = right["co2_t_per_a"] if rule is Rule.CO2 else right["tac_EUR_per_a"]
    assert check(*case(), **{**right, name: right[name] + sign * 0.9e-6 * scale}) == ()
    for wrong in (right[name] + sign * 1.1e-6 * scale, math.nan, math.inf, -right[name]):
        found = places(check(*case(), **{**right, name: wrong}))
        assert found == {(rule, "plant", None)}
        assert places(check(*case(), **{name: wrong})) == found


def test_costs_of_a_plant_that_earns_what_it_costs() -> None:
    """At a TAC of 0 the tolerance is that of its parts."""
    profile, plant, good = case()
    tac = [
        simulate(profile, plant.replace(electricity_price_EUR_per_MWh=price), good).tac_EUR_per_a
        for price in (0.0, -100.0)
    ]
    price = -100.0 * tac[0] / (tac[0] - tac[1])
    plant = plant.replace(electricity_price_EUR_per_MWh=price)
    simulation = simulate(profile, plant, good)
    capex = simulation.capex_EUR_per_a
    assert abs(simulation.tac_EUR_per_a) < 1e-9 * capex
    assert check(profile, plant, good, tac_EUR_per_a=0.9e-6 * capex) == ()
    found = places(check(profile, plant, good, tac_EUR_per_a=1.1e-6 * capex))
    assert found == {(Rule.TAC, "plant", None)}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("size_kW", np.ones(3), "(3,) of float64, expected array (4,) of numbers"),
        ("size_kW", [1.0] * 4, "list, expected array (4,) of numbers"),
        ("capacity_kWh", np.ones((2, 1)), "(2, 1) of float64, expected array (2,) of numbers"),
        ("heat_kW", np.ones((12, 4)), "(12, 4) of float64, expected array (4, 12) of numbers"),
        ("heat_kW", None, "NoneType, expected array (4, 12) of numbers"),
        ("is_on", np.ones((4, 12)), "(4, 12) of float64, expected array (4, 12) of true or false"),
        ("charge_kW", np.ones((2, 13)), "(2, 13) of float64, expected array (2, 12) of numbers"),
        (
            "discharge_kW",
            np.ones((2, 12), dtype=np.bool_),
            "(2, 12) of bool, expected array (2, 12) of numbers",
        ),
        (
            "level_kWh",
            np.ones((2, 13), dtype=object),
            "(2, 13) of object, expected array (2, 13) of numbers",
        ),
    ],
)
def test_shapes(field: str, value: Any, message: str) -> None:
    profile, plant, good = case()
    tampered = dataclasses.replace(changed(good, "size_kW", 0, math.nan), **{field: value})
    (violation,) = check(profile, plant, tampered)
    assert str(violation) == f"plant: shape: found {field} = {message}"


def test_all_shapes_are_named() -> None:
    profile, plant, good = case()
    nothing: dict[str, Any] = {field.name: np.zeros(()) for field in dataclasses.fields(good)}
    violations = check(profile, plant, SizingDesign(**nothing))
    assert [v.value.partition(" ")[0] for v in violations] == list(nothing)


@pytest.mark.parametrize(
    ("field", "place", "where"),
    [
        ("size_kW", ROD, "rod"),
        ("capacity_kWh", TANK, "tank"),
        ("heat_kW", (BOILER, 3), "boiler, step 3 (1.5 h)"),
        ("charge_kW", (STORE, 11), "store, step 11 (5.5 h)"),
        ("discharge_kW", (TANK, 0), "tank, step 0 (0 h)"),
        ("level_kWh", (STORE, 12), "store, step 12 (6 h)"),
    ],
)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers(field: str, place: Any, where: str, value: float) -> None:
    profile, plant, good = case()
    (violation,) = check(profile, plant, changed(good, field, place, value))
    assert str(violation) == f"{where}: number: found {field} = {value:g}, expected a finite number"


def test_whole_numbers_will_do() -> None:
    profile, plant, good = case()
    whole = good.size_kW.astype(np.int32)
    assert check(profile, plant, dataclasses.replace(good, size_kW=whole)) == ()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            load(ROD, 0, 65.0),
            "rod, step 0 (8 h): load range: found 65 kW, expected at most 64 kW (within 0.1 kW)",
        ),
        (
            put("is_on", (PUMP, 11), True),
            "pump, step 11 (13.5 h): load range: found 0 kW, expected at least 100 kW "
            "(within 0.1 kW)",
        ),
        (
            put("heat_kW", (ROD, 1), 5.0),
            "rod, step 1 (8.5 h): off: found 5 kW, expected 0 kW (within 0.1 kW)",
        ),
        (
            put("is_on", (SPARE, 4), True),
            "spare, step 4 (10 h): not built: found on, expected off",
        ),
        (
            put("size_kW", SPARE, 40.0),
            "spare: size: found 40 kW, expected at least 50 kW, or 0 (within 0.1 kW)",
        ),
        (
            put("size_kW", BOILER, 90.0),
            "boiler: size: found 90 kW, expected at least 100 kW (within 0.1 kW)",
        ),
        (
            put("capacity_kWh", TANK, 31.0),
            "tank: size: found 31 kWh, expected 30 kWh (within 0.1 kWh)",
        ),
        (
            put("discharge_kW", (STORE, 0), -1.0),
            "store, step 0 (8 h): sign: found discharge_kW = -1, expected not negative "
            "(within 0.1)",
        ),
        (
            put("discharge_kW", (STORE, 0), 1.0),
            "store, step 0 (8 h): charge and discharge: found 8 kW and 1 kW, expected one of them "
            "0 (within 0.1 kW)",
        ),
        (
            load(PUMP, slice(8, 10), [120.0, 0.0]),
            "pump, step 9 (12.5 h): load changes: found 2 load changes, the last 0.5 h after the "
            "first, expected at most 1 in any 1 h",
        ),
        (
            load(PUMP, slice(8, 10), [120.0, 0.0]),
            "pump, step 9 (12.5 h): minimum up time: found on for 0.5 h, expected at least 1 h",
        ),
        (
            load(PUMP, slice(1, 5), [0.0, 0.0, 100.0, 100.0]),
            "pump, step 3 (9.5 h): minimum down time: found off for 1 h, expected at least 1.5 h",
        ),
        (
            put("level_kWh", (STORE, 3), 65.0),
            "store, step 3 (9.5 h): level limits: found 65 kWh, expected at most 64 kWh "
            "(within 0.1 kWh)",
        ),
        (
            put("level_kWh", (STORE, 7), -1.0),
            "store, step 7 (11.5 h): level limits: found -1 kWh, expected at least 0 kWh "
            "(within 0.1 kWh)",
        ),
        (
            put("level_kWh", (STORE, 0), 31.0),
            "store, step 0 (8 h): level at start: found 31 kWh, expected 32 kWh (within 0.1 kWh)",
        ),
        (
            put("level_kWh", (STORE, 12), 33.0),
            "store, step 12 (14 h): level at end: found 33 kWh, expected 32 kWh (within 0.1 kWh)",
        ),
        (
            put("level_kWh", (STORE, 12), 33.0),
            "store, step 12 (14 h): level recursion: found 33 kWh, expected 32 kWh "
            "(within 0.1 kWh)",
        ),
        (
            put("charge_kW", (STORE, 7), 129.0),
            "store, step 7 (11.5 h): charge rate: found 129 kW, expected at most 128 kW "
            "(within 0.1 kW)",
        ),
    ],
)
def test_messages(edit: Edit, message: str) -> None:
    """A day that starts at 8; demand and tolerance chosen for short numbers."""
    tampered = edit(design())
    profile = fitting(tampered, heat_demand_kW=np.full(12, 100.0), start_h=8.0)
    violations = check(profile, parameters(), tampered, tolerance=1e-3)
    assert message in [str(v) for v in violations if v.rule is not Rule.BALANCE]


def test_messages_of_the_plant() -> None:
    profile = fitting(
        design(), heat_demand_kW=np.full(12, 100.0), waste_heat_kW=np.full(12, 95.0), start_h=8.0
    )
    lines = [str(v) for v in check(profile, parameters(), design(), tolerance=1e-3)]
    assert lines[:2] == [
        "plant, step 0 (8 h): heat balance: found 336 kW, expected 100 kW (within 0.1 kW)",
        "plant, step 0 (8 h): waste heat: found 100 kW, expected at most 95 kW (within 0.1 kW)",
    ]
    free = units(store={"start_end_share": None})
    higher = changed(design(), "level_kWh", (STORE, 0), 33.0)
    assert (
        "store, step 12 (14 h): level at end: found 32 kWh, expected 33 kWh (within 0.1 kWh)"
        in [str(v) for v in check(profile, free, higher, tolerance=1e-3)]
    )


def test_the_error_lists_every_violation() -> None:
    profile, plant, good = case()
    tampered = changed(good, "is_on", (SPARE, slice(3, 5)), True)
    with pytest.raises(CheckError) as caught:
        checked(profile, plant, tampered)
    assert str(caught.value) == (
        "check failed: 2 violations\n"
        "  - spare, step 3 (1.5 h): not built: found on, expected off\n"
        "  - spare, step 4 (2 h): not built: found on, expected off"
    )
    assert caught.value.violations == check(profile, plant, tampered)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.violations, str(copy)) == (caught.value.violations, str(caught.value))
    with pytest.raises(CheckError, match=r"^check failed: 1 violation\n"):
        checked(profile, plant, changed(good, "is_on", (SPARE, 3), True))


def test_long_lists_are_cut_in_the_message_alone() -> None:
    violation = Violation(Rule.OFF, "boiler", 1, 0.5, "5 kW", "0 kW", "")
    lines = str(CheckError((violation,) * 100)).splitlines()
    assert lines[1:] == [f"  - {violation}"] * 100
    error = CheckError((violation,) * 101)
    assert len(error.violations) == 101
    assert str(error).splitlines()[1:] == [*lines[1:], "  and 1 more"]


@pytest.mark.parametrize("name", COSTS.values())
def test_the_door_passes_everything_on(name: str) -> None:
    with pytest.raises(CheckError):
        checked(*case(), **{**reported(case()), name: 1.0})
    profile, plant, good = case()
    tampered = changed(good, "heat_kW", (ROD, 1), 1e-3)
    with pytest.raises(CheckError):
        checked(profile, plant, tampered)
    checked(profile, plant, tampered, tolerance=1e-5)


def test_the_door_simulates_within_its_tolerance() -> None:
    profile, plant, good = case()
    near = changed(good, "heat_kW", (BOILER, 3), 120.0 + 1e-3)
    assert checked(profile, plant, near, tolerance=1e-5).n_load_changes[BOILER] == 6


def test_bad_questions_are_refused() -> None:
    (line,) = fault_lines(check, *case(), tolerance=1.0)
    assert line.startswith("tolerance = 1.0: must be at least 0 and at most 0.01")
    _, plant, good = case()
    series = {"cop_heater": np.full(12, 3.0)}
    (line,) = fault_lines(check, fitting(good, series=series), plant, good)
    assert line.startswith("columns: cop_heater: no heat pump is called 'heater'")
