"""What every sized plant keeps, on random small profiles and plants: balances and monotone costs.

All plants are solved at gap 0. Costs are compared as bounds: a plant with more freedom must not
have a proven bound above the cost of a design of the plant with less, and its own gap must be
closed, so that the bound says something. Every price and every constraint has many examples of its
own in the slow tests; the fast ones draw some of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from milpcore import sizing
from milpcore.core import Status
from milpcore.sizing import (
    Boiler,
    Chiller,
    ElectricBoiler,
    HeatProfile,
    HeatPump,
    InitialState,
    Plant,
    SizingCase,
    SizingParameters,
    SizingResult,
    Store,
)

SLACK = 2e-6
"""Relative to costs and mean demand: the tolerance of the check, twice."""
FEW, MANY = settings(max_examples=8), settings(max_examples=8 if os.environ.get("CI") else 25)
"""CI draws the same examples on every run, and has twenty minutes for everything."""
FEWEST = settings(max_examples=4)
STEPS_h = (0.25, 0.5, 1.0)
MAIN, OTHER, TANK, SPARE = "pump", "boiler", "store", "spare"


@st.composite
def unit_limits(draw: st.DrawFn, step_h: float) -> dict[str, Any]:
    """Limits of a unit, each tight enough that easing it may change something."""
    state: InitialState | None = None
    if draw(st.booleans()):
        load_kW = draw(st.sampled_from([0.0, 40.0]))
        hours_h = step_h * draw(st.integers(0, 3))
        state = InitialState(is_on=load_kW > 0.0, load_kW=load_kW, hours_in_state_h=hours_h)
    return {
        "minimum_load": draw(st.sampled_from([0.3, 0.5, 0.8])),
        "min_up_h": step_h * draw(st.integers(0, 3)),
        "min_down_h": step_h * draw(st.integers(0, 3)),
        "load_changes_per_window": draw(st.sampled_from([1, 1, 2])),
        "window_h": step_h * draw(st.integers(2, 4)),
        "smallest_kW": draw(st.sampled_from([0.0, 30.0])),
        "largest_kW": draw(st.sampled_from([40.0, 80.0, 150.0])),
        "is_optional": draw(st.booleans()),
        "initial": state,
    }


@st.composite
def cases(draw: st.DrawFn) -> SizingCase:
    """A heat pump, a boiler and a store, mostly with a dear spare unit without limits."""
    n_steps, step_h = draw(st.integers(3, 6)), draw(st.sampled_from(STEPS_h))
    some = st.lists(st.integers(10, 120), min_size=n_steps, max_size=n_steps)
    price = partial(st.integers, 20)
    parameters = SizingParameters(
        plant=Plant(
            electricity_price_EUR_per_MWh=draw(price(250)),
            gas_price_EUR_per_MWh=draw(price(100)),
            co2_price_EUR_per_t=draw(st.integers(0, 200)),
            cooling_water_price_EUR_per_MWh=draw(st.integers(0, 20)),
            interest_rate=0.05,
            operating_hours_h_per_a=draw(st.sampled_from([200.0, 2000.0, 4000.0])),
        ),
        heat_pumps=[
            HeatPump(
                name=MAIN,
                cop=draw(st.sampled_from([1.8, 2.5, 4.0])),
                investment_EUR_per_kW=draw(price(900)),
                **draw(unit_limits(step_h)),
            )
        ],
        boilers=[
            Boiler(
                name=OTHER,
                investment_EUR_per_kW=draw(price(300)),
                **draw(unit_limits(step_h)),
            )
        ],
        electric_boilers=[
            ElectricBoiler(
                name=SPARE,
                efficiency=0.7,
                investment_EUR_per_kW=1000,
                minimum_load=0,
                load_changes_per_window=None,
                min_up_h=0,
                min_down_h=0,
            )
        ][: draw(st.sampled_from([1, 1, 1, 0]))],
        stores=[
            Store(
                name=TANK,
                investment_EUR_per_kWh=draw(price(100)),
                charge_efficiency=draw(st.sampled_from([0.9, 1.0])),
                discharge_efficiency=draw(st.sampled_from([0.85, 1.0])),
                loss_per_h=draw(st.sampled_from([0.0, 0.05])),
                rate_per_h=draw(st.sampled_from([0.2, 0.5, 1.0])),
                start_end_share=draw(st.sampled_from([0.0, 0.5, 1.0])),
                smallest_kWh=draw(st.sampled_from([0.0, 40.0])),
                largest_kWh=draw(st.sampled_from([50.0, 200.0])),
                is_optional=draw(st.booleans()),
            )
        ],
    )
    profile = HeatProfile(step_h=step_h, heat_demand_kW=draw(some), waste_heat_kW=draw(some))
    return SizingCase(profile, parameters)


def sized(case: SizingCase) -> SizingResult:
    """Size a plant, proven to the last digit."""
    result = sizing.size_plant(*case, mip_rel_gap=0.0)
    assert result.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert result.design is None or result.gap <= SLACK
    return result


def never_dearer(free: SizingCase, bound_to: SizingCase) -> None:
    """Whether all that is possible in one case is so in another that costs no more."""
    dearer = sized(bound_to)
    assume(dearer.design is not None)
    cheaper = sized(free)
    assert cheaper.design is not None
    cost = dearer.tac_EUR_per_a
    assert cheaper.bound_EUR_per_a <= cost + SLACK * abs(cost)


# Balances


def columns(result: SizingResult, kind: str) -> list[np.ndarray]:
    """Columns of the operation table: heat of every unit, or charge, discharge, level of stores."""
    parameters = result.parameters
    parts = parameters.heat_units if kind == "heat_kW" else parameters.stores
    return [result.operation[f"{part.name}_{kind}"].to_numpy() for part in parts]


def check_steps(result: SizingResult) -> None:
    """Heat of all units and stores is the demand, step by step."""
    supply = sum(columns(result, "heat_kW")) + sum(columns(result, "discharge_kW"))
    demand = result.operation["heat_demand_kW"] + sum(columns(result, "charge_kW"))
    slack = SLACK * float(result.operation["heat_demand_kW"].mean())
    np.testing.assert_allclose(supply, demand, rtol=0.0, atol=slack)


def check_stores(result: SizingResult) -> None:
    """What goes into a store is lost or comes out: its content is the same at both ends."""
    step_h = result.profile.step_h
    kinds = ("charge_kW", "discharge_kW", "level_kWh")
    flows = zip(*(columns(result, kind) for kind in kinds), strict=True)
    for store, (charge, discharge, level) in zip(result.parameters.stores, flows, strict=True):
        into = store.charge_efficiency * step_h * charge.sum()
        out = step_h * discharge.sum() / store.discharge_efficiency
        lost = store.loss_per_h * step_h * level.sum()
        slack = SLACK * len(charge) * float(result.operation["heat_demand_kW"].mean())
        assert abs(into - out - lost) <= slack
        assert level.min() >= -slack


def check_plant(result: SizingResult) -> None:
    """Electricity, gas and waste heat are the demand, what cools away, and what is lost."""
    profile, parameters, row = result.profile, result.parameters, result.summary.iloc[0]
    MWh_per_a = parameters.annual_scale_per_a(profile) * profile.step_h / 1000.0
    goes_in = row["electricity_MWh_per_a"] + row["gas_MWh_per_a"]
    goes_in += MWh_per_a * np.sum(profile.waste_heat_kW)
    comes_out = row["cooling_water_MWh_per_a"] + MWh_per_a * np.sum(profile.heat_demand_kW)
    for unit, heat in zip(parameters.heat_units, columns(result, "heat_kW"), strict=True):
        if not isinstance(unit, HeatPump):
            comes_out += MWh_per_a * heat.sum() * (1.0 / unit.efficiency - 1.0)
    kinds = ("charge_kW", "discharge_kW", "level_kWh")
    flows = zip(*(columns(result, kind) for kind in kinds), strict=True)
    for store, (charge, discharge, level) in zip(parameters.stores, flows, strict=True):
        lost = (1.0 - store.charge_efficiency) * charge.sum() + store.loss_per_h * level.sum()
        lost += (1.0 / store.discharge_efficiency - 1.0) * discharge.sum()
        comes_out += MWh_per_a * lost
    assert goes_in == pytest.approx(comes_out, rel=SLACK)


BALANCES = (check_steps, check_stores, check_plant)


@settings(max_examples=8)
@given(cases())
def test_energy_is_kept_in_every_step_store_and_plant(case: SizingCase) -> None:
    result = sized(case)
    assume(result.design is not None)
    for check in BALANCES:
        check(result)


@pytest.mark.slow
@settings(max_examples=50 if os.environ.get("CI") else 100)
@given(cases())
def test_energy_is_kept_in_many_plants(case: SizingCase) -> None:
    result = sized(case)
    assume(result.design is not None)
    for check in BALANCES:
        check(result)


# Prices

PLANT_PRICES = (
    "electricity_price_EUR_per_MWh",
    "gas_price_EUR_per_MWh",
    "co2_price_EUR_per_t",
    "cooling_water_price_EUR_per_MWh",
    "electricity_emission_t_per_MWh",
    "gas_emission_t_per_MWh",
    "interest_rate",
    "operating_hours_h_per_a",
)
INVESTMENTS = {MAIN: "investment_EUR_per_kW", OTHER: "investment_EUR_per_kW"}
INVESTMENTS |= {TANK: "investment_EUR_per_kWh"}
PRICES = (*PLANT_PRICES, *INVESTMENTS)


def raised(case: SizingCase, price: str, factor: float) -> SizingCase:
    """Raise a price of the plant, or the investment of a unit."""
    profile, parameters = case
    if price in INVESTMENTS:
        (unit,) = (one for one in parameters.units if one.name == price)
        key = INVESTMENTS[price]
        return SizingCase(
            profile, parameters.replace_unit(price, **{key: factor * getattr(unit, key)})
        )
    value = factor * getattr(parameters.plant, price)
    return SizingCase(profile, parameters.replace(plant=parameters.plant.replace(**{price: value})))


FACTORS = st.sampled_from([1.02, 1.3, 2.0])


@FEW
@given(st.sampled_from(PRICES), cases(), FACTORS)
def test_a_higher_price_never_lowers_the_cost(price: str, case: SizingCase, factor: float) -> None:
    never_dearer(case, raised(case, price, factor))


@pytest.mark.slow
@pytest.mark.parametrize("price", PRICES)
@MANY
@given(cases(), FACTORS)
def test_no_price_lowers_the_cost_of_many_plants(
    price: str, case: SizingCase, factor: float
) -> None:
    never_dearer(case, raised(case, price, factor))


# Constraints


def eased(*names: str, **changes: Callable[[Any], Any]) -> Callable[[SizingCase], SizingCase]:
    """Make a change of some units: every key's new value from its old one."""

    def ease(case: SizingCase) -> SizingCase:
        parameters = case.parameters
        for unit in case.parameters.units:
            if unit.name in names:
                new = {key: change(getattr(unit, key)) for key, change in changes.items()}
                parameters = parameters.replace_unit(unit.name, **new)
        return SizingCase(case.profile, parameters)

    return ease


def with_more_waste_heat(case: SizingCase) -> SizingCase:
    """Give more waste heat; what is not used must cost nothing."""
    waste_kW = np.asarray(case.profile.waste_heat_kW) + 40.0
    return SizingCase(replace(case.profile, waste_heat_kW=waste_kW), case.parameters)


def with_another_boiler(case: SizingCase) -> SizingCase:
    """Add a unit that need not be built."""
    boiler = Boiler(name="another", investment_EUR_per_kW=5, is_optional=True)
    parameters = case.parameters
    return SizingCase(case.profile, parameters.replace(boilers=[*parameters.boilers, boiler]))


HEATERS = (MAIN, OTHER)
EASED: dict[str, Callable[[SizingCase], SizingCase]] = {
    "larger largest unit": eased(*HEATERS, largest_kW=lambda kW: 1.5 * kW),
    "larger largest store": eased(TANK, largest_kWh=lambda kWh: 2.0 * kWh),
    "smaller smallest unit": eased(*HEATERS, smallest_kW=lambda kW: 0.5 * kW),
    "smaller smallest store": eased(TANK, smallest_kWh=lambda kWh: 0.5 * kWh),
    "optional units": eased(*HEATERS, TANK, is_optional=lambda _: True),
    "smaller minimum load": eased(*HEATERS, minimum_load=lambda share: 0.5 * share),
    "no minimum load": eased(*HEATERS, minimum_load=lambda _: 0.0),
    "one more load change": eased(*HEATERS, load_changes_per_window=lambda n: n + 1),
    "any load changes": eased(*HEATERS, load_changes_per_window=lambda _: None),
    "half the window": eased(*HEATERS, window_h=lambda hours: 0.5 * hours),
    "no least time on": eased(*HEATERS, min_up_h=lambda _: 0.0),
    "no least time off": eased(*HEATERS, min_down_h=lambda _: 0.0),
    "free start": eased(*HEATERS, initial=lambda _: None),
    "faster store": eased(TANK, rate_per_h=lambda rate: 2.0 * rate),
    "free level at both ends": eased(TANK, start_end_share=lambda _: None),
    "another boiler": with_another_boiler,
    "more waste heat": with_more_waste_heat,
}


def check_eased(what: str, case: SizingCase) -> None:
    if what == "more waste heat":
        plant = case.parameters.plant.replace(cooling_water_price_EUR_per_MWh=0)
        case = SizingCase(case.profile, case.parameters.replace(plant=plant))
    never_dearer(EASED[what](case), case)


@FEW
@given(st.sampled_from(list(EASED)), cases())
def test_an_eased_constraint_never_raises_the_cost(what: str, case: SizingCase) -> None:
    check_eased(what, case)


@pytest.mark.slow
@pytest.mark.parametrize("what", EASED)
@MANY
@given(cases())
def test_no_eased_constraint_raises_the_cost_of_many_plants(what: str, case: SizingCase) -> None:
    check_eased(what, case)


def test_less_loss_is_no_easier_where_heat_cannot_be_thrown_away() -> None:
    """A boiler of fixed load, and a store whose loss is the only place for the rest."""
    profile = HeatProfile(step_h=1, heat_demand_kW=[9, 9, 9], waste_heat_kW=[0, 0, 0])
    boiler = Boiler(existing_kW=10, minimum_load=1, load_changes_per_window=None)
    fixed = {"charge_efficiency": 1, "discharge_efficiency": 1, "rate_per_h": 1}

    def plant(loss_per_h: float) -> SizingParameters:
        store = Store(existing_kWh=20, loss_per_h=loss_per_h, start_end_share=0.5, **fixed)
        return SizingParameters(heat_pumps=[], boilers=[boiler], stores=[store])

    assert sized(SizingCase(profile, plant(0.1))).design is not None
    assert sized(SizingCase(profile, plant(0.05))).status is Status.INFEASIBLE


@st.composite
def chillers(draw: st.DrawFn) -> Chiller:
    """A chiller that need not be built."""
    return Chiller(
        cop=draw(st.sampled_from([2.0, 4.0, 12.0])),
        investment_EUR_per_kW=draw(st.integers(0, 300)),
        smallest_kW=draw(st.sampled_from([0.0, 0.0, 20.0])),
        largest_kW=draw(st.sampled_from([20.0, 60.0, float("inf")])),
    )


def with_chiller(case: SizingCase, chiller: Chiller) -> SizingCase:
    return case._replace(parameters=case.parameters.replace(chillers=[chiller]))


@FEWEST
@given(cases(), chillers())
def test_a_chiller_that_need_not_be_built_never_raises_cost(
    case: SizingCase, chiller: Chiller
) -> None:
    never_dearer(with_chiller(case, chiller), case)


@FEWEST
@given(cases())
def test_a_chiller_that_costs_too_much_changes_nothing(case: SizingCase) -> None:
    """Which plants are possible neither."""
    free, plain = with_chiller(case, Chiller(investment_EUR_per_kW=20000, cop=1)), sized(case)
    result = sized(free)
    assert result.status is plain.status
    if result.design is not None:
        assert not result.design.chiller_kW.any()
        assert result.tac_EUR_per_a == pytest.approx(plain.tac_EUR_per_a, rel=SLACK)
