"""Tiny sizing problems by enumeration: the reference itself against numbers by hand."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from helpers_sizing_enumeration import (
    CHARGES,
    DISCHARGES,
    FREE,
    Least,
    Node,
    Program,
    Schedules,
    least_tac,
    schedules,
    size_schedules,
)
from helpers_sizing_tiny import KINDS, TinyCase, assert_valid, tac_of, tiny_case

from milpcore.sizing import (
    Boiler,
    ElectricBoiler,
    HeatProfile,
    HeatPump,
    InitialState,
    Plant,
    SizingParameters,
    Store,
)

HEAT_EUR_per_kWh = 0.05
"""Of the boilers below: gas at 40 EUR/MWh, efficiency 0.8."""
PLANT = Plant(
    electricity_price_EUR_per_MWh=100,
    gas_price_EUR_per_MWh=40,
    co2_price_EUR_per_t=0,
    gas_emission_t_per_MWh=0.2,
    electricity_emission_t_per_MWh=0.4,
    cooling_water_price_EUR_per_MWh=0,
    interest_rate=0,
    lifetime_a=10,
    operating_hours_h_per_a=1000,
)


def profile(demand_kW: list[float], step_h: float = 1.0, **changes: Any) -> HeatProfile:
    values = {"waste_heat_kW": np.zeros(len(demand_kW)), **changes}
    return HeatProfile(step_h=step_h, heat_demand_kW=np.array(demand_kW), **values)


def boiler(**changes: Any) -> Boiler:
    """A boiler that costs 10 EUR/(kW a), without rules of time."""
    values: dict[str, Any] = {
        "investment_EUR_per_kW": 100,
        "efficiency": 0.8,
        "minimum_load": 0,
        "min_up_h": 0,
        "min_down_h": 0,
        "load_changes_per_window": None,
    }
    return Boiler(**{**values, **changes})


def store(**changes: Any) -> Store:
    """A store without losses that costs 2 EUR/(kWh a), any level at start and end."""
    values: dict[str, Any] = {
        "investment_EUR_per_kWh": 20,
        "charge_efficiency": 1,
        "discharge_efficiency": 1,
        "loss_per_h": 0,
        "rate_per_h": 1,
        "start_end_share": None,
    }
    return Store(**{**values, **changes})


def plant(*units: Boiler | ElectricBoiler | HeatPump | Store, **changes: Any) -> SizingParameters:
    def of(kind: type) -> list[Any]:
        return [unit for unit in units if isinstance(unit, kind)]

    return SizingParameters(
        plant=PLANT.replace(**changes),
        heat_pumps=of(HeatPump),
        boilers=of(Boiler),
        electric_boilers=of(ElectricBoiler),
        stores=of(Store),
    )


def sequences(unit: Boiler, n_steps: int, step_h: float = 1.0) -> set[str]:
    """All on/off sequences of a unit that is built, such as "0110"."""
    course = schedules(unit, profile([1.0] * n_steps, step_h), all_of_them=True)
    return {"".join("01"[int(on)] for on in row) for row in course.is_on[course.is_built]}


def changes(unit: Boiler, n_steps: int, step_h: float = 1.0) -> set[str]:
    """Steps with a load change ("1") of the schedules that are always on and not needless."""
    course = schedules(unit, profile([1.0] * n_steps, step_h))
    steady = course.is_steady[course.is_on.all(axis=1) & course.is_built]
    return {"".join("10"[int(same)] for same in row) for row in steady}


def given(is_on: bool, hours_h: float, since_h: float | None = None) -> InitialState:
    return InitialState(
        is_on=is_on,
        load_kW=50.0 if is_on else 0.0,
        hours_in_state_h=hours_h,
        hours_since_load_change_h=since_h,
    )


# ---- rules of time ------------------------------------------------------------------------------


def test_without_rules_all_sequences_are_allowed() -> None:
    assert len(sequences(boiler(), 4)) == 16


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"min_up_h": 2.0}, "000 001 011 100 101 110 111"),  # not 010
        ({"min_up_h": 1.2}, "000 001 011 100 101 110 111"),
        ({"min_up_h": 1.0}, "000 001 010 011 100 101 110 111"),
        ({"min_down_h": 2.0}, "000 001 010 011 100 110 111"),  # not 101
        ({"min_up_h": 2.0, "min_down_h": 3.0}, "000 001 011 100 110 111"),
    ],
)
def test_minimum_times_of_a_free_state(hours: dict[str, float], expected: str) -> None:
    assert sequences(boiler(**hours), 3) == set(expected.split())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (given(True, 1.0), "110 100 111"),  # one more hour on; then off for two
        (given(True, 0.5), "110 111"),  # 0.5 h: two more steps, as one would make 1.5 h
        (given(True, 2.0), "000 001 100 110 111"),
        (given(True, math.inf), "000 001 100 110 111"),
        (given(False, 0.0), "000 001"),
        (given(False, 1.0), "000 001 011"),
        (given(False, 5.0), "000 001 011 110 111"),  # not 100 nor 010
    ],
)
def test_minimum_times_of_a_given_state(state: InitialState, expected: str) -> None:
    assert sequences(boiler(min_up_h=2.0, min_down_h=2.0, initial=state), 3) == set(
        expected.split()
    )


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"load_changes_per_window": None}, "1111"),  # at step 0 any load may stand before
        ({"load_changes_per_window": 1, "window_h": 1.0}, "1111"),
        ({"load_changes_per_window": 1, "window_h": 2.0}, "1101 1010"),
        ({"load_changes_per_window": 1, "window_h": 1.1}, "1101 1010"),
        ({"load_changes_per_window": 1, "window_h": 3.0}, "1100 1010 1001"),
        ({"load_changes_per_window": 2, "window_h": 3.0}, "1110 1101 1011"),
        ({"load_changes_per_window": 2, "window_h": 2.0}, "1111"),
    ],
)
def test_load_changes_of_a_free_state(limits: dict[str, Any], expected: str) -> None:
    assert changes(boiler(**limits), 4) == {f"1{course[1:]}" for course in expected.split()}


@pytest.mark.parametrize(
    ("most", "since_h", "expected"),
    [
        (1, 0.0, "000"),
        (1, 1.0, "001"),
        (1, 1.4, "001"),  # after 2 more steps, 3.4 h after the last one
        (1, 2.0, "010 001"),
        (1, 3.0, "100 010 001"),
        (2, 0.0, "100 010 001"),
        (2, 1.0, "101 011"),
        (2, 2.0, "110 101 011"),
        (2, 3.0, "110 101 011"),
    ],
)
def test_the_last_load_change_counts(most: int, since_h: float, expected: str) -> None:
    unit = boiler(load_changes_per_window=most, window_h=3.0, initial=given(True, 9.0, since_h))
    assert changes(unit, 3) == set(expected.split())


def test_starts_and_stops_are_load_changes() -> None:
    unit = boiler(load_changes_per_window=1, window_h=2.0)
    assert sequences(unit, 3) == {"000", "001", "011", "100", "110", "111"}
    began = unit.replace(initial=given(False, 1.0))
    assert sequences(began, 3) == {"000", "001", "011"}


# ---- costs by hand ------------------------------------------------------------------------------


def test_a_boiler_follows_demand() -> None:
    found = least_tac(profile([50, 80]), plant(boiler()))
    assert found.opex_EUR_per_a == pytest.approx(500 * HEAT_EUR_per_kWh * 130)
    assert found.capex_EUR_per_a == pytest.approx(80 * 10)
    assert found.tac_EUR_per_a == pytest.approx(3250 + 800)
    assert found.co2_t_per_a == pytest.approx(500 * 0.2 / 1000 / 0.8 * 130)
    assert found.design is not None
    np.testing.assert_allclose(found.design.heat_kW, [[50, 80]])


def test_a_standing_boiler_costs_nothing_and_waste_heat_is_cooled() -> None:
    waste = profile([50, 80], waste_heat_kW=[10, 30])
    found = least_tac(waste, plant(boiler(existing_kW=80), cooling_water_price_EUR_per_MWh=20))
    assert found.tac_EUR_per_a == pytest.approx(3250 + 500 * 0.02 * 40)
    assert found.capex_EUR_per_a == 0.0


def test_without_a_store_a_rare_load_change_is_infeasible() -> None:
    rare = boiler(load_changes_per_window=1, window_h=2.0)
    found = least_tac(profile([50, 80, 60]), plant(rare))
    assert (found.tac_EUR_per_a, found.design) == (math.inf, None)
    assert least_tac(profile([50, 80, 80]), plant(rare)).tac_EUR_per_a < math.inf


def test_a_store_takes_what_a_steady_boiler_leaves() -> None:
    steady = boiler(load_changes_per_window=1, window_h=4.0, initial=given(True, 9.0, 1.0))
    found = least_tac(profile([30, 70, 50]), plant(steady, store()))
    # the load stays 50 kW: 20 kWh are kept for an hour
    assert found.capex_EUR_per_a == pytest.approx(50 * 10 + 20 * 2)
    assert found.opex_EUR_per_a == pytest.approx(1000 / 3 * HEAT_EUR_per_kWh * 150)


def test_a_store_half_full_at_both_ends_must_be_twice_as_large() -> None:
    steady = boiler(load_changes_per_window=1, window_h=4.0, initial=given(True, 9.0, 1.0))
    half = store(start_end_share=0.5)
    found = least_tac(profile([30, 70, 50]), plant(steady, half))
    assert found.capex_EUR_per_a == pytest.approx(50 * 10 + 40 * 2)
    slow = half.replace(rate_per_h=0.25)
    found = least_tac(profile([30, 70, 50]), plant(steady, slow))
    assert found.capex_EUR_per_a == pytest.approx(50 * 10 + 80 * 2)


def test_minimum_load_shuts_a_unit_off() -> None:
    large = boiler(existing_kW=100, minimum_load=0.6)
    small = boiler(name="small", existing_kW=40, efficiency=0.4)
    demand = profile([30, 80, 30])
    assert least_tac(demand, plant(large)).design is None
    found = least_tac(demand, plant(large, small))
    assert found.opex_EUR_per_a == pytest.approx(1000 / 3 * 0.05 * (80 + 2 * 60))
    longer = least_tac(demand, plant(large.replace(min_up_h=2), small))
    assert longer.design is None  # small alone has not 80 kW, large not 30 kW
    enough = plant(large.replace(min_up_h=2), small.replace(existing_kW=80))
    assert least_tac(demand, enough).tac_EUR_per_a == pytest.approx(1000 / 3 * 0.1 * 140)


def test_minimum_down_time_keeps_a_unit_off() -> None:
    large = boiler(existing_kW=100, minimum_load=0.6, initial=given(False, 1.0), min_down_h=3)
    small = boiler(name="small", existing_kW=100, efficiency=0.4)
    found = least_tac(profile([80, 80, 80]), plant(large, small))
    assert found.opex_EUR_per_a == pytest.approx(1000 / 3 * 80 * (0.1 + 0.1 + 0.05))


def test_the_load_before_the_first_step_is_kept() -> None:
    unit = boiler(load_changes_per_window=1, window_h=2.0, initial=given(True, 1.0))
    assert least_tac(profile([50, 60]), plant(unit)).tac_EUR_per_a < math.inf
    assert least_tac(profile([49, 60]), plant(unit)).tac_EUR_per_a == math.inf


@pytest.mark.parametrize(("efficiency", "loads_kW"), [(0.8, [0, 40]), (0.2, [60, 0])])
def test_pumps_that_share_waste_heat(efficiency: float, loads_kW: list[float]) -> None:
    # Heat of the pumps for 0.05 and 0.025 EUR/kWh with 0.5 and 0.75 kWh of waste heat; saved per
    # kWh of waste heat 0 and 0.033 beside a boiler for 0.05, 0.3 and 0.233 beside one for 0.2.
    free: dict[str, Any] = {
        "investment_EUR_per_kW": 0,
        "minimum_load": 0,
        "min_up_h": 0,
        "min_down_h": 0,
        "load_changes_per_window": None,
    }
    pumps = [HeatPump(name="two", cop=2, **free), HeatPump(name="four", cop=4, **free)]
    other = boiler(existing_kW=100, efficiency=efficiency)
    demand = profile([100, 100], waste_heat_kW=[30, 30])
    found = least_tac(demand, plant(*pumps, other))
    assert found.design is not None
    np.testing.assert_allclose(found.design.heat_kW[:2, 0], loads_kW, atol=1e-9)


def test_a_store_does_not_charge_and_discharge_at_once() -> None:
    paid = ElectricBoiler(existing_kW=100, efficiency=1)
    lossy = store(charge_efficiency=0.5, discharge_efficiency=0.5, existing_kWh=100)
    parameters = plant(paid, lossy, electricity_price_EUR_per_MWh=-100)
    found = least_tac(profile([50, 50]), parameters)
    # 50 kW charged in one step save 12.5 kW in the other; at once, both steps took 100 kW
    assert found.tac_EUR_per_a == pytest.approx(-500 * 0.1 * 137.5)
    program = Program(profile([50, 50]), parameters)
    sets = [schedules(paid, profile([50, 50])), size_schedules(lossy)]
    relaxed, _ = program.solve(Node(sets, np.full((1, 2), FREE)))
    assert relaxed == pytest.approx(-500 * 0.1 * 200)


def test_a_smallest_size_is_bought_whole_or_not_at_all() -> None:
    cheap = boiler(investment_EUR_per_kW=10, smallest_kW=100, minimum_load=0.5)
    dear = boiler(name="dear", investment_EUR_per_kW=100)
    demand = profile([60, 60])
    assert least_tac(demand, plant(cheap, dear)).capex_EUR_per_a == pytest.approx(100)
    demand = profile([40, 40])  # below the minimum load of the cheap one
    assert least_tac(demand, plant(cheap, dear)).capex_EUR_per_a == pytest.approx(400)
    must = cheap.replace(is_optional=False)
    assert least_tac(demand, plant(must, dear)).capex_EUR_per_a == pytest.approx(500)


@pytest.mark.parametrize(("smallest_kW", "is_optional"), [(0, False), (20, True)])
def test_a_unit_of_size_0_has_no_past(smallest_kW: float, is_optional: bool) -> None:
    running = boiler(
        smallest_kW=smallest_kW,
        is_optional=is_optional,
        min_up_h=9,
        load_changes_per_window=1,
        window_h=3,
        initial=given(True, 1.0),
    )
    other = boiler(name="other", investment_EUR_per_kW=0)
    demand = profile([60, 60])
    assert least_tac(demand, plant(running, other)).capex_EUR_per_a == 0.0
    must = running.replace(smallest_kW=20, is_optional=False)
    kept = least_tac(demand, plant(must, other))  # at 50 kW for another two steps
    assert kept.capex_EUR_per_a == pytest.approx(500)


def test_endless_stores_are_unbounded() -> None:
    leaky = store(loss_per_h=0.1, investment_EUR_per_kWh=1)
    endless = plant(ElectricBoiler(), leaky, electricity_price_EUR_per_MWh=-10_000)
    found = least_tac(profile([50, 50]), endless)
    assert (found.tac_EUR_per_a, found.design) == (-math.inf, None)
    limited = endless.replace_unit("store", largest_kWh=100)
    assert -math.inf < least_tac(profile([50, 50]), limited).tac_EUR_per_a < 0.0


def test_directions_may_bound_what_is_unbounded_without_them() -> None:
    # Charging and discharging at once burns heat in a store of any size; one way at a time, what is
    # discharged in a step is at most its demand.
    lossy = store(charge_efficiency=0.5, discharge_efficiency=0.5, investment_EUR_per_kWh=1)
    endless = plant(ElectricBoiler(efficiency=1), lossy, electricity_price_EUR_per_MWh=-1000)
    demand = profile([50, 50, 20])
    program = Program(demand, endless)
    sets = [schedules(endless.electric_boilers[0], demand), size_schedules(lossy)]
    assert program.solve(Node(sets, np.full((1, 3), FREE))) == (-math.inf, None)
    # 100 kWh are in the store before the two large demands; 400 kW charged in the third step
    found = least_tac(demand, endless)
    assert found.tac_EUR_per_a == pytest.approx(-1000 / 3 * 420 + found.capex_EUR_per_a)
    assert found.design is not None
    np.testing.assert_allclose(found.design.discharge_kW, [[50, 50, 0]])
    np.testing.assert_allclose(found.design.charge_kW, [[0, 0, 400]])


# ---- tiny cases ---------------------------------------------------------------------------------


def cases(first: int, last: int) -> list[Any]:
    drawn = [tiny_case(number) for number in range(first, last)]
    return [pytest.param(case, id=case.label) for case in drawn]


@cache
def solved(number: int) -> Least:
    case = tiny_case(number)
    return least_tac(case.profile, case.parameters)


@pytest.mark.parametrize("case", cases(0, 90))
def test_designs_are_valid_and_cost_what_is_said(case: TinyCase) -> None:
    found = solved(case.number)
    assert found.n_programs < 2000
    if found.design is None:
        assert found.tac_EUR_per_a == math.inf
        return
    assert_valid(found.design, case.profile, case.parameters)
    tac = tac_of(found.design, case.profile, case.parameters)
    assert found.tac_EUR_per_a == pytest.approx(tac, rel=1e-9, abs=1e-6)
    assert found.opex_EUR_per_a + found.capex_EUR_per_a == pytest.approx(tac, rel=1e-9, abs=1e-6)


def one_by_one(case: TinyCase) -> float:
    """Solve a program for every combination of schedules and directions."""
    program = Program(case.profile, case.parameters)
    units = case.parameters.heat_units
    sets = [schedules(unit, case.profile, all_of_them=True) for unit in units]
    sets += [size_schedules(store) for store in case.parameters.stores]
    shape = program.charge.shape
    least = math.inf
    for chosen in itertools.product(*[singles(course) for course in sets]):
        bound, values = program.solve(Node(list(chosen), np.full(shape, FREE)))
        if bound >= least:
            continue
        assert values is not None
        if np.minimum(values[program.charge], values[program.discharge]).max(initial=0.0) == 0.0:
            least = bound
            continue
        for ways in itertools.product((CHARGES, DISCHARGES), repeat=math.prod(shape)):
            node = Node(list(chosen), np.array(ways).reshape(shape))
            least = min(least, program.solve(node)[0])
    return least


def singles(course: Schedules) -> list[Schedules]:
    return [course.rows(np.arange(len(course)) == row) for row in range(len(course))]


def short(number: int, n_steps: int) -> TinyCase:
    case = tiny_case(number)
    return case._replace(profile=case.profile.part(0, n_steps))


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 6, 7, 8, 10, 15])
def test_nothing_is_lost_by_bounds_and_splitting(number: int) -> None:
    case = short(number, 2)
    found = least_tac(case.profile, case.parameters)
    assert found.tac_EUR_per_a == pytest.approx(one_by_one(case), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(30))
def test_nothing_is_lost_in_longer_cases(number: int) -> None:
    case = short(number, 2 if KINDS[number % len(KINDS)] == "two_pumps" else 3)
    found = least_tac(case.profile, case.parameters)
    assert found.tac_EUR_per_a == pytest.approx(one_by_one(case), rel=1e-9)


RELAXATIONS: dict[str, dict[str, Any]] = {
    "no minimum load": {"minimum_load": 0.0},
    "no minimum times": {"min_up_h": 0.0, "min_down_h": 0.0},
    "unlimited load changes": {"load_changes_per_window": None},
    "free state": {"initial": None},
}


@pytest.mark.parametrize("relaxation", RELAXATIONS)
def test_a_relaxed_limit_never_costs_more(relaxation: str) -> None:
    cheaper = 0
    for number in range(27):
        case = tiny_case(number)
        parameters = case.parameters
        for unit in parameters.heat_units:
            parameters = parameters.replace_unit(unit.name, **RELAXATIONS[relaxation])
        before = solved(number).tac_EUR_per_a
        after = least_tac(case.profile, parameters).tac_EUR_per_a
        assert after == before or after <= before + 1e-9 * abs(before), case.label
        cheaper += after < before - 1e-6 * abs(after)
    assert cheaper >= 3  # the rule matters


def test_an_optional_unit_or_a_free_level_never_costs_more() -> None:
    for number in range(27):
        case = tiny_case(number)
        parameters = case.parameters
        for unit in parameters.units:
            easier: dict[str, Any] = {}
            if isinstance(unit, Store):
                easier["start_end_share"] = None
            if unit not in standing(parameters):
                easier["is_optional"] = True
            parameters = parameters.replace_unit(unit.name, **easier)
        before = solved(number).tac_EUR_per_a
        after = least_tac(case.profile, parameters).tac_EUR_per_a
        assert after == before or after <= before + 1e-9 * abs(before), case.label


def standing(parameters: SizingParameters) -> list[Any]:
    return [
        unit
        for unit in parameters.units
        if (unit.existing_kWh if isinstance(unit, Store) else unit.existing_kW) is not None
    ]


def test_cases_are_many_and_repeat() -> None:
    seen: Counter[str] = Counter()
    for number in range(90):
        case, again = tiny_case(number), tiny_case(number)
        assert case == again
        seen[case.kind] += 1
        seen["feasible" if solved(number).design else "infeasible"] += 1
        for unit in case.parameters.heat_units:
            seen[f"changes {unit.load_changes_per_window}"] += 1
            seen[f"minimum load {unit.minimum_load}"] += 1
            seen["free" if unit.initial is None else f"was on {unit.initial.is_on}"] += 1
            seen["standing" if unit.existing_kW is not None else "new"] += 1
            seen["at least, if at all"] += unit.is_optional and unit.smallest_kW > 0.0
        for one in case.parameters.stores:
            seen[f"share {one.start_end_share}"] += 1
        seen.update(list(case.profile.series))
    assert len(seen) >= 30
    assert {name: number for name, number in seen.items() if number < 4} == {}
