"""The simulator of model B: hand-computed flows, levels and costs, conventions, energy balances."""

from __future__ import annotations

import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
from helpers_sizing import profile as some_profile
from helpers_sizing_designs import (
    BOILER,
    PUMP,
    ROD,
    SPARE,
    STORE,
    Case,
    LEVEL_kWh,
    TANK_LEVEL_kWh,
    case,
    cases,
    changed,
    fitting,
    one_boiler,
)
from helpers_streams import fault_lines
from hypothesis import given

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
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.simulate import Simulation, level_after, simulate

EXACT = 1e-12


def small_case() -> Case:
    """Three steps, one unit of each kind, round numbers."""
    parameters = SizingParameters(
        plant=Plant(
            gas_price_EUR_per_MWh=40,
            co2_price_EUR_per_t=50,
            electricity_emission_t_per_MWh=0.4,
            gas_emission_t_per_MWh=0.2,
            cooling_water_price_EUR_per_MWh=2,
            interest_rate=0,
            lifetime_a=20,
            operating_hours_h_per_a=3000,
        ),
        heat_pumps=[HeatPump(investment_EUR_per_kW=600)],
        boilers=[Boiler(investment_EUR_per_kW=80, efficiency=0.8, lifetime_a=10)],
        electric_boilers=[ElectricBoiler(efficiency=0.5, existing_kW=30)],
        stores=[Store(investment_EUR_per_kWh=40), Store(name="old", existing_kWh=500)],
    )
    profile = HeatProfile(
        step_h=0.5,
        heat_demand_kW=[140, 250, 150],
        waste_heat_kW=[200, 200, 100],
        series={"cop": [2, 4, 2.5], "electricity_price_EUR_per_MWh": [100, 200, -50]},
    )
    design = SizingDesign(
        size_kW=np.array([300.0, 100.0, 30.0]),
        capacity_kWh=np.array([50.0, 500.0]),
        heat_kW=np.array([[100.0, 200, 50], [40, 40, 80], [0, 10, 20]]),
        is_on=np.ones((3, 3), dtype=np.bool_),
        charge_kW=np.zeros((2, 3)),
        discharge_kW=np.zeros((2, 3)),
        level_kWh=np.zeros((2, 4)),
    )
    return Case(profile, parameters, design)


def test_flows_by_hand() -> None:
    simulation = simulate(*small_case())
    assert simulation.electricity_kW.tolist() == [[50, 50, 20], [0, 0, 0], [0, 20, 40]]
    assert simulation.gas_kW.tolist() == [[0, 0, 0], [50, 50, 100], [0, 0, 0]]
    assert simulation.source_heat_kW.tolist() == [[50, 150, 30], [0, 0, 0], [0, 0, 0]]
    assert simulation.cooling_water_kW.tolist() == [150, 50, 70]


def test_costs_by_hand() -> None:
    """Half an hour of 50, 70, 60 kW of electricity, 50, 50, 100 kW of gas, 150, 50, 70 kW cooled.

    Electricity 2.5 + 7 - 1.5 EUR, gas 4 EUR, cooling water 0.27 EUR, 0.036 + 0.02 t of CO2 at 2.8
    EUR: 15.07 EUR, 2000 times a year. Sizes: 600 300/20, 80 100/10, 40 50/20 EUR/a.
    """
    simulation = simulate(*small_case())
    assert simulation.opex_EUR_per_a == pytest.approx(30140.0, rel=EXACT)
    assert simulation.capex_EUR_per_a == pytest.approx(9000.0 + 800.0 + 100.0, rel=EXACT)
    assert simulation.tac_EUR_per_a == pytest.approx(40040.0, rel=EXACT)
    assert simulation.co2_t_per_a == pytest.approx(112.0, rel=EXACT)


def test_annuity_and_constant_prices() -> None:
    base, parameters, design = small_case()
    parameters = parameters.replace(
        interest_rate=0.07, electricity_price_EUR_per_MWh=90, operating_hours_h_per_a=1.5
    )
    profile = HeatProfile(
        step_h=0.5, heat_demand_kW=base.heat_demand_kW, waste_heat_kW=base.waste_heat_kW
    )
    parameters = parameters.replace_unit("heat_pump", cop=2.5)
    simulation = simulate(profile, parameters, design)
    twenty, ten = (0.07 / (1 - 1.07**-years) for years in (20, 10))
    capex = twenty * (600 * 300 + 40 * 50) + ten * 80 * 100
    assert simulation.capex_EUR_per_a == pytest.approx(capex, rel=EXACT)
    electricity_MWh = (350 / 2.5 + 60) / 2000  # once a year
    assert simulation.co2_t_per_a == pytest.approx(0.4 * electricity_MWh + 0.02, rel=EXACT)
    cooling_MWh = (500 - 350 * 0.6) / 2000
    opex = 90 * electricity_MWh + 4 + 2 * cooling_MWh + 50 * simulation.co2_t_per_a
    assert simulation.opex_EUR_per_a == pytest.approx(opex, rel=EXACT)


def test_every_price_may_be_a_series() -> None:
    """One unit of each kind of energy a step at prices that are powers of ten."""
    base, parameters, design = small_case()
    keys = (
        "electricity_price_EUR_per_MWh",
        "gas_price_EUR_per_MWh",
        "cooling_water_price_EUR_per_MWh",
        "electricity_emission_t_per_MWh",
        "gas_emission_t_per_MWh",
    )
    flows_kW = ([50, 70, 60], [50, 50, 100], [150, 50, 70], [50, 70, 60], [50, 50, 100])
    for key, flow_kW in zip(keys, flows_kW, strict=True):
        zeros = {other: np.zeros(3) for other in keys}
        series = {**zeros, key: np.array([1.0, 0.1, 0.01]), "cop": base.series["cop"]}
        simulation = simulate(dataclasses.replace(base, series=series), parameters, design)
        expected = 2000 * np.dot(flow_kW, [1.0, 0.1, 0.01]) / 2000
        if "emission" in key:
            assert simulation.co2_t_per_a == pytest.approx(expected, rel=EXACT)
            expected *= 50
        assert simulation.opex_EUR_per_a == pytest.approx(expected, rel=EXACT)


def test_a_heat_pump_may_have_a_cop_of_its_own() -> None:
    base, parameters, design = small_case()
    series = {**base.series, "cop_heat_pump": np.full(3, 5.0)}
    simulation = simulate(dataclasses.replace(base, series=series), parameters, design)
    assert simulation.electricity_kW[0].tolist() == [20, 40, 10]


def test_levels_by_hand() -> None:
    simulation = simulate(*case())
    assert simulation.level_kWh.tolist() == [LEVEL_kWh, TANK_LEVEL_kWh]


def test_levels_follow_from_the_decisions_and_the_start_level_alone() -> None:
    profile, parameters, design = case()
    tampered = changed(design, "level_kWh", (slice(None), slice(1, None)), 1e6)
    simulation = simulate(profile, parameters, tampered)
    assert simulation.level_kWh.tolist() == [LEVEL_kWh, TANK_LEVEL_kWh]
    higher = simulate(profile, parameters, changed(design, "level_kWh", (STORE, 0), 48.0))
    kept = (15 / 16) ** np.arange(13)
    assert higher.level_kWh[STORE] == pytest.approx(LEVEL_kWh + 16.0 * kept, rel=EXACT)


def test_one_step_of_a_store() -> None:
    store = Store(charge_efficiency=0.9, discharge_efficiency=0.8, loss_per_h=0.1)
    kept_kWh = 100.0 * (1 - 0.1 * 0.25)
    assert level_after(store, 100.0, 0.0, 0.0, 0.25) == pytest.approx(kept_kWh, rel=EXACT)
    charged_kWh = kept_kWh + 0.9 * 40.0 * 0.25
    assert level_after(store, 100.0, 40.0, 0.0, 0.25) == pytest.approx(charged_kWh, rel=EXACT)
    taken_kWh = kept_kWh - 40.0 * 0.25 / 0.8
    assert level_after(store, 100.0, 0.0, 40.0, 0.25) == pytest.approx(taken_kWh, rel=EXACT)


def test_load_changes_and_starts_by_hand() -> None:
    simulation = simulate(*case())
    steps = [np.flatnonzero(row).tolist() for row in simulation.is_load_change]
    assert steps[PUMP] == [2, 5, 8, 10]
    assert steps[BOILER] == [1, 2, 5, 6, 9, 11]
    assert steps[SPARE] == []
    assert steps[ROD] == list(range(1, 12))
    starts = [np.flatnonzero(row).tolist() for row in simulation.is_start]
    assert starts == [[8], [11], [], [2, 5, 7, 9]]
    assert simulation.n_load_changes.tolist() == [4, 6, 0, 11]
    assert simulation.n_starts.tolist() == [1, 1, 0, 4]
    assert simulation.n_starts.dtype == simulation.n_load_changes.dtype == np.int64


def test_a_start_or_stop_at_the_same_load_is_a_load_change() -> None:
    simulation = simulate(*one_boiler([0, 0, 0], [True, False, True], minimum_load=0))
    assert simulation.is_load_change.tolist() == [[False, True, True]]
    assert simulation.is_start.tolist() == [[False, False, True]]


@pytest.mark.parametrize(
    ("initial", "first_kW", "changes", "starts"),
    [
        (None, 60, False, False),
        (None, 0, False, False),
        (InitialState(is_on=True, load_kW=60), 60, False, False),
        (InitialState(is_on=True, load_kW=60), 80, True, False),
        (InitialState(is_on=True, load_kW=60), 0, True, False),
        (InitialState(), 60, True, True),
        (InitialState(), 0, False, False),
    ],
)
def test_first_step(
    initial: InitialState | None, first_kW: float, changes: bool, starts: bool
) -> None:
    simulation = simulate(*one_boiler([first_kW, first_kW], initial=initial))
    assert simulation.is_load_change.tolist() == [[changes, False]]
    assert simulation.is_start.tolist() == [[starts, False]]


@pytest.mark.parametrize("tolerance", [0.0, 1e-6])
def test_a_unit_that_is_not_built_has_no_past(tolerance: float) -> None:
    initial = InitialState(is_on=True, load_kW=60)
    profile, parameters, design = one_boiler([0, 0], initial=initial)
    absent = changed(design, "size_kW", 0, 0.0)
    simulation = simulate(profile, parameters, absent, tolerance=tolerance)
    assert simulation.n_load_changes.tolist() == [0]
    simulation = simulate(profile, parameters, design, tolerance=tolerance)
    assert simulation.n_load_changes.tolist() == [1]


def test_closer_loads_than_the_tolerance_are_the_same() -> None:
    """The mean demand is 50 kW, so a millionth of it 5e-5 kW."""
    creeping = one_boiler([60, 60 + 4e-5, 60 + 8e-5, 60 + 4e-5])
    assert simulate(*creeping).n_load_changes.tolist() == [0]
    assert simulate(*creeping, tolerance=1e-7).n_load_changes.tolist() == [3]
    assert simulate(*one_boiler([60, 60 + 6e-5])).n_load_changes.tolist() == [1]
    initial = InitialState(is_on=True, load_kW=60)
    assert simulate(*one_boiler([60 + 4e-5] * 2, initial=initial)).n_load_changes.tolist() == [0]
    assert simulate(*one_boiler([60 + 6e-5] * 2, initial=initial)).n_load_changes.tolist() == [1]


def test_a_plant_without_stores() -> None:
    simulation = simulate(*one_boiler([50, 50]))
    assert simulation.level_kWh.shape == (0, 3)
    assert simulation.n_load_changes.tolist() == [0]


def test_a_simulation_stays_as_it_is_on_its_way_between_processes() -> None:
    simulation = simulate(*case())
    with pytest.raises(dataclasses.FrozenInstanceError):
        simulation.tac_EUR_per_a = 0.0  # type: ignore[misc]
    copy = pickle.loads(pickle.dumps(simulation))
    for field in dataclasses.fields(Simulation):
        np.testing.assert_array_equal(getattr(copy, field.name), getattr(simulation, field.name))


@pytest.mark.parametrize(
    ("tolerance", "line"),
    [
        (-1e-9, "tolerance = -1e-09: must be at least 0 and at most 0.01"),
        (0.02, "tolerance = 0.02: must be at least 0 and at most 0.01"),
        (math.nan, "tolerance = nan: must be a finite number"),
    ],
)
def test_tolerances_out_of_range_are_refused(tolerance: float, line: str) -> None:
    (found,) = fault_lines(simulate, *case(), tolerance=tolerance)
    assert found.startswith(line)


def test_arrays_of_another_shape_are_refused() -> None:
    profile, parameters, design = case()
    wrong: Any = {"size_kW": [200.0], "is_on": design.heat_kW, "level_kWh": design.level_kWh[:, 1:]}
    remedy = "; give what SizingDesign describes"
    assert fault_lines(simulate, profile, parameters, dataclasses.replace(design, **wrong)) == [
        f"plant: size_kW = list: must be array (4,) of numbers{remedy}",
        f"plant: is_on = (4, 12) of float64: must be array (4, 12) of true or false{remedy}",
        f"plant: level_kWh = (2, 12) of float64: must be array (2, 13) of numbers{remedy}",
    ]


def test_numbers_that_are_none_are_refused() -> None:
    profile, parameters, design = case()
    design = changed(design, "size_kW", BOILER, math.inf)
    design = changed(design, "charge_kW", (STORE, 3), math.nan)
    remedy = "must be a finite number; give what SizingDesign describes"
    assert fault_lines(simulate, profile, parameters, design) == [
        f"boiler: size_kW = inf: {remedy}",
        f"store, step 3: charge_kW = nan: {remedy}",
    ]


def test_a_profile_of_other_units_is_refused() -> None:
    profile, parameters, design = case()
    series = {"cop_heater": np.full(12, 3.0)}
    (line,) = fault_lines(simulate, fitting(design, series=series), parameters, design)
    assert line.startswith("columns: cop_heater: no heat pump is called 'heater'")
    (line, *_) = fault_lines(simulate, some_profile(4), parameters, design)
    assert line.startswith("plant: heat_kW = (4, 12) of float64: must be array (4, 4) of numbers")
    assert profile.n_steps == 12


@given(cases())
def test_every_step_conserves_energy(case: Case) -> None:
    """Waste heat goes to heat pumps or cooling water; heat comes from waste heat, power and gas."""
    profile, parameters, design = case
    simulation = simulate(*case)
    cooled_kW = profile.waste_heat_kW - simulation.source_heat_kW.sum(axis=0)
    assert simulation.cooling_water_kW == pytest.approx(cooled_kW, rel=EXACT, abs=1e-9)
    for u, unit in enumerate(parameters.heat_units):
        into_kW = simulation.electricity_kW[u] + simulation.gas_kW[u] + simulation.source_heat_kW[u]
        lost_kW = 0.0
        if not isinstance(unit, HeatPump):
            lost_kW = (1.0 / unit.efficiency - 1.0) * design.heat_kW[u]
        assert into_kW == pytest.approx(design.heat_kW[u] + lost_kW, rel=EXACT, abs=1e-9)
        used = [
            float(flow[u].sum()) > 0.0 for flow in (simulation.electricity_kW, simulation.gas_kW)
        ]
        assert used == [not isinstance(unit, Boiler), isinstance(unit, Boiler)] or not any(used)


@given(cases())
def test_stores_conserve_energy_over_the_horizon(case: Case) -> None:
    """What goes in is given off, lost in conversion, lost while it stands, or there at the end."""
    profile, parameters, design = case
    simulation = simulate(*case)
    for k, store in enumerate(parameters.stores):
        level_kWh = simulation.level_kWh[k]
        charged_kWh = profile.step_h * design.charge_kW[k].sum()
        discharged_kWh = profile.step_h * design.discharge_kW[k].sum()
        converted_kWh = (1.0 - store.charge_efficiency) * charged_kWh
        converted_kWh += (1.0 / store.discharge_efficiency - 1.0) * discharged_kWh
        stood_kWh = store.loss_per_h * profile.step_h * level_kWh[:-1].sum()
        left_kWh = level_kWh[-1] - design.level_kWh[k, 0]
        out_kWh = discharged_kWh + converted_kWh + stood_kWh + left_kWh
        scale_kWh = charged_kWh + np.abs(level_kWh).sum() + converted_kWh
        assert out_kWh == pytest.approx(charged_kWh, abs=1e-11 * scale_kWh + 1e-12)


@given(cases())
def test_the_plant_conserves_energy_over_the_horizon(case: Case) -> None:
    """Electricity, gas and waste heat taken = heat supplied + losses + what stores gained."""
    profile, parameters, design = case
    simulation = simulate(*case)
    taken = simulation.electricity_kW + simulation.gas_kW + simulation.source_heat_kW
    into_kWh = profile.step_h * float(taken.sum())
    supplied_kW = design.heat_kW.sum() + design.discharge_kW.sum() - design.charge_kW.sum()
    out_kWh = profile.step_h * float(supplied_kW)
    for u, unit in enumerate(parameters.heat_units):
        if not isinstance(unit, HeatPump):
            burnt_kWh = profile.step_h * float(design.heat_kW[u].sum()) / unit.efficiency
            out_kWh += (1.0 - unit.efficiency) * burnt_kWh
    scale_kWh = into_kWh
    for k, store in enumerate(parameters.stores):
        charged = store.charge_efficiency * design.charge_kW[k]
        discharged = design.discharge_kW[k] / store.discharge_efficiency
        lost_kW = design.charge_kW[k] - charged + discharged - design.discharge_kW[k]
        lost_kW = lost_kW + store.loss_per_h * simulation.level_kWh[k, :-1]
        gained_kWh = simulation.level_kWh[k, -1] - simulation.level_kWh[k, 0]
        out_kWh += profile.step_h * float(lost_kW.sum()) + float(gained_kWh)
        scale_kWh += float(np.abs(simulation.level_kWh[k]).sum() + discharged.sum())
    assert out_kWh == pytest.approx(into_kWh, abs=1e-11 * scale_kWh)


@given(cases())
def test_costs_are_those_of_the_parameters(case: Case) -> None:
    """The same numbers by the prices of heat that models use, in one formula."""
    profile, parameters, design = case
    simulation = simulate(*case)
    hours_per_a = parameters.annual_scale_per_a(profile) * profile.step_h
    cooling = parameters.cooling_cost_EUR_per_kWh(profile)
    cost_EUR_per_h = cooling * profile.waste_heat_kW
    emission_t_per_h = np.zeros(profile.n_steps)
    for unit, heat_kW in zip(parameters.heat_units, design.heat_kW, strict=True):
        saved = cooling * parameters.source_share(unit, profile)
        cost_EUR_per_h += (parameters.heat_cost_EUR_per_kWh(unit, profile) - saved) * heat_kW
        emission_t_per_h += parameters.heat_emission_t_per_kWh(unit, profile) * heat_kW
    sizes = [*design.size_kW, *design.capacity_kWh]
    cost = [parameters.size_cost_EUR_per_a(unit) for unit in parameters.units]
    capex = float(np.dot(sizes, cost))
    opex = hours_per_a * float(cost_EUR_per_h.sum())
    scale = hours_per_a * float(np.abs(cost_EUR_per_h).sum()) + 1e3
    assert simulation.capex_EUR_per_a == pytest.approx(capex, rel=EXACT)
    assert simulation.opex_EUR_per_a == pytest.approx(opex, abs=1e-11 * scale)
    assert simulation.tac_EUR_per_a == simulation.opex_EUR_per_a + simulation.capex_EUR_per_a
    co2 = hours_per_a * float(emission_t_per_h.sum())
    assert simulation.co2_t_per_a == pytest.approx(co2, rel=1e-11)


@given(cases())
def test_twice_the_plant_costs_twice_as_much(case: Case) -> None:
    profile, parameters, design = case
    double = HeatProfile(
        step_h=profile.step_h,
        heat_demand_kW=2 * profile.heat_demand_kW,
        waste_heat_kW=2 * profile.waste_heat_kW,
        series=profile.series,
    )
    arrays = {
        field.name: 2 * getattr(design, field.name)
        for field in dataclasses.fields(design)
        if field.name != "is_on"
    }
    once, twice = (
        simulate(*case),
        simulate(double, parameters, dataclasses.replace(design, **arrays)),
    )
    for name in ("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a", "co2_t_per_a", "level_kWh"):
        np.testing.assert_array_equal(getattr(twice, name), 2 * getattr(once, name))
    np.testing.assert_array_equal(twice.is_load_change, once.is_load_change)
