"""From a site result to a sizing problem: every conversion, and the site's own numbers again."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import milpcore
from milpcore import Measure, site, sizing
from milpcore.bridge import sizing_case
from milpcore.site import SiteResult

ECONOMICS = milpcore.SiteEconomics(
    electricity_price_EUR_per_MWh=61.0,
    gas_price_EUR_per_MWh=47.0,
    co2_price_EUR_per_t=83.0,
    electricity_emission_t_per_MWh=0.35,
    gas_emission_t_per_MWh=0.202,
    boiler_efficiency=0.92,
    cooling_price_EUR_per_MWh=3.5,
    operating_hours_h_per_a=7300.0,
    interest_rate=0.06,
    lifetime_a=17.0,
    heat_pump_investment_EUR_per_kW=650.0,
)
CONSTANT = sizing.HeatProfile(step_h=0.5, heat_demand_kW=[1, 1, 1], waste_heat_kW=[2, 2, 2])
FREE = (
    sizing.SizingParameters(stores=[])
    .replace_unit("boiler", investment_EUR_per_kW=0, load_changes_per_window=None)
    .replace_unit("heat_pump", load_changes_per_window=None)
)
"""As the site sees it: no store, loads as wanted, external heat without investment."""


@cache
def _result() -> SiteResult:
    """Two heat pumps; at the source of the first heat is also cooled away."""
    result = site.greenfield(milpcore.load_case("dairy_8"), n_levels=4, economics=ECONOMICS)
    assert len(result.heat_pumps) == 2
    return result


def _cooled_kW(result: SiteResult, pump: pd.Series) -> float:
    levels = result.levels.set_index("temperature_C")
    return float(levels.loc[pump["source_C"], "cooling_kW"])


def test_every_price_is_that_of_the_site() -> None:
    _, parameters = sizing_case(_result(), CONSTANT, heat_pump=1)
    plant, pump = parameters.plant, parameters.heat_pumps[0]
    assert plant == sizing.Plant(
        electricity_price_EUR_per_MWh=61.0,
        gas_price_EUR_per_MWh=47.0,
        co2_price_EUR_per_t=83.0,
        electricity_emission_t_per_MWh=0.35,
        gas_emission_t_per_MWh=0.202,
        cooling_water_price_EUR_per_MWh=3.5,
        interest_rate=0.06,
        lifetime_a=17.0,
        operating_hours_h_per_a=7300.0,
    )
    assert parameters.boilers[0] == sizing.Boiler(efficiency=0.92)
    row = _result().heat_pumps.iloc[1]
    assert pump == sizing.HeatPump(cop=row["cop"], investment_EUR_per_kW=650.0)
    assert parameters.size_cost_EUR_per_a(pump) == ECONOMICS.heat_pump_investment(Measure.TAC)
    assert parameters.stores == sizing.SizingParameters().stores


def test_what_the_site_does_not_know_is_that_of_the_base() -> None:
    base = sizing.SizingParameters(
        heat_pumps=[sizing.HeatPump(name="pump", minimum_load=0.3, cop=9, lifetime_a=5)],
        boilers=[sizing.Boiler(name="old", existing_kW=900), sizing.Boiler(min_up_h=7)],
        stores=[],
    )
    _, parameters = sizing_case(_result(), CONSTANT, heat_pump=0, base=base)
    row = _result().heat_pumps.iloc[0]
    assert parameters.heat_pumps[0].name == "pump"
    assert parameters.heat_pumps[0].minimum_load == 0.3
    assert parameters.heat_pumps[0].cop == row["cop"]
    assert parameters.heat_pumps[0].lifetime_a is None
    assert [boiler.efficiency for boiler in parameters.boilers] == [0.92, 0.92]
    assert parameters.boilers[0].existing_kW == 900
    assert parameters.boilers[1].min_up_h == 7
    assert parameters.stores == ()


@pytest.mark.parametrize("row", [0, 1])
def test_a_constant_demand_gives_the_numbers_of_the_site(row: int) -> None:
    result = _result()
    case = sizing_case(result, CONSTANT, heat_pump=row, base=FREE)
    sized = sizing.size_plant(*case, mip_rel_gap=0.0)
    pump = result.heat_pumps.iloc[row]
    cooled_kW = _cooled_kW(result, pump)
    assert (cooled_kW > 0.0) == (row == 0)
    assert sized.design is not None
    assert sized.design.size_kW.tolist() == pytest.approx([pump["heat_kW"], 0.0], abs=1e-6)
    summary = sized.summary.iloc[0]
    for measure, column in (
        (Measure.TAC, "tac_EUR_per_a"),
        (Measure.OPEX, "opex_EUR_per_a"),
        (Measure.CAPEX, "capex_EUR_per_a"),
        (Measure.CO2, "co2_t_per_a"),
    ):
        expected = (  # equation (1)
            pump["heat_kW"] * ECONOMICS.heat_pump_investment(measure)
            + pump["power_kW"] * ECONOMICS.electricity_price(measure)
            + cooled_kW * ECONOMICS.cooling_price(measure)
        )
        assert summary[column] == pytest.approx(expected, rel=1e-9)
    invested_EUR = summary["capex_EUR_per_a"] / ECONOMICS.annuity_per_a
    assert invested_EUR == pytest.approx(pump["investment_EUR"], rel=1e-9)


def test_without_the_pump_the_cost_is_that_of_external_heat() -> None:
    result = _result()
    pump = result.heat_pumps.iloc[0]
    profile, parameters = sizing_case(result, CONSTANT, heat_pump=0, base=FREE)
    without = sizing.size_plant(profile, parameters.replace(heat_pumps=[]), mip_rel_gap=0.0)
    removed_kW = pump["source_heat_kW"] + _cooled_kW(result, pump)
    expected = pump["heat_kW"] * ECONOMICS.external_heat_price(Measure.TAC)
    expected += removed_kW * ECONOMICS.cooling_price(Measure.TAC)
    assert without.tac_EUR_per_a == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), min_size=2, max_size=20).filter(
        lambda pairs: all(sum(column) > 1.0 for column in zip(*pairs, strict=True))
    ),
    st.sampled_from([0, 1]),
)
def test_the_heat_of_a_year_is_that_of_the_site(pairs: list[tuple[float, float]], row: int) -> None:
    demand_kW, waste_kW = map(list, zip(*pairs, strict=True))
    shape = sizing.HeatProfile(step_h=0.25, heat_demand_kW=demand_kW, waste_heat_kW=waste_kW)
    profile, parameters = sizing_case(_result(), shape, heat_pump=row)
    pump = _result().heat_pumps.iloc[row]
    heat_kWh = parameters.annual_scale_per_a(profile) * profile.step_h * profile.heat_demand_kW
    assert heat_kWh.sum() == pytest.approx(pump["heat_kW"] * 7300.0)
    expected_kW = pump["source_heat_kW"] + _cooled_kW(_result(), pump)
    assert profile.waste_heat_kW.mean() == pytest.approx(expected_kW)
    ratio = np.array(demand_kW) / np.mean(demand_kW)
    assert profile.heat_demand_kW == pytest.approx(ratio * pump["heat_kW"])


def test_means_may_be_given_and_further_columns_stay() -> None:
    prices = {"electricity_price_EUR_per_MWh": [50.0, 60.0, 70.0]}
    shape = dataclasses.replace(CONSTANT, series=prices, start_h=3.0)
    options: dict[str, Any] = {"heat_pump": 0, "heat_demand_kW": 500, "waste_heat_kW": 0}
    profile, _ = sizing_case(_result(), shape, **options)
    assert profile.heat_demand_kW.tolist() == [500.0] * 3
    assert profile.waste_heat_kW.tolist() == [0.0] * 3
    assert profile.series["electricity_price_EUR_per_MWh"].tolist() == [50.0, 60.0, 70.0]
    assert profile.start_h == 3.0


def test_a_measured_profile_stays_as_it_is() -> None:
    measured = sizing.random_profile(seed=2, n_steps=8)
    assert sizing_case(_result(), measured, heat_pump=1, is_measured=True).profile is measured


def test_one_heat_pump_needs_no_row() -> None:
    table = _result().heat_pumps.iloc[1:].reset_index(drop=True)
    result = dataclasses.replace(_result(), heat_pumps=table)
    found = sizing_case(result, CONSTANT)
    same = sizing_case(_result(), CONSTANT, heat_pump=1)
    assert found.profile == same.profile
    assert found.parameters == same.parameters


def _faults(*arguments: Any, **options: Any) -> str:
    with pytest.raises(milpcore.InputError) as caught:
        sizing_case(*arguments, **options)
    return str(caught.value)


def test_all_faults_are_listed_at_once() -> None:
    message = _faults(
        _result(),
        CONSTANT,
        heat_demand_kW=-5,
        waste_heat_kW=float("nan"),
        base=sizing.SizingParameters(heat_pumps=[sizing.HeatPump()], boilers=[]),
    )
    lines = message.splitlines()
    assert lines[0] == "sizing_case: 4 faults"
    assert lines[1].startswith(
        "  - heat_pump: must be a row of the result's 2 heat pumps; give one: 0 is "
    )
    assert lines[2:] == [
        "  - base: boilers = 0: must be one or more; give a boiler; the site's external heat comes "
        "from gas",
        "  - heat_demand_kW = -5: must be above 0 and at most 10000000 kW; give the mean demand in "
        "kW",
        "  - waste_heat_kW = nan: must be a finite number (kW); write a number",
    ]


@pytest.mark.parametrize("row", [2, -1, True, "0", 1.0])
def test_rows_that_do_not_exist_are_refused(row: Any) -> None:
    assert "must be a row of the result's 2 heat pumps" in _faults(
        _result(), CONSTANT, heat_pump=row
    )


def test_a_result_without_heat_pump_is_refused() -> None:
    result = site.greenfield(milpcore.load_case("two_streams"), n_levels=2)
    assert result.heat_pumps.empty
    assert "result: has no heat pump (optimal); take a result with one" in _faults(result, CONSTANT)


def test_other_objects_are_refused() -> None:
    message = _faults({"heat_kW": 5}, [1, 2, 3], base=CONSTANT)
    for rule in ("a SiteResult", "a HeatProfile", "SizingParameters"):
        assert f"must be {rule}" in message


def test_a_base_has_one_heat_pump() -> None:
    pumps = [sizing.HeatPump(name="one"), sizing.HeatPump(name="two")]
    base = sizing.SizingParameters(heat_pumps=pumps)
    message = _faults(_result(), CONSTANT, heat_pump=0, base=base)
    assert "base: heat_pumps = 2: must be one; keep the one that stands for the site's" in message


def test_waste_heat_of_zero_has_no_shape() -> None:
    shape = sizing.HeatProfile(step_h=1.0, heat_demand_kW=[1, 2], waste_heat_kW=[0, 0])
    assert "profile: waste_heat_kW: is 0 in every step" in _faults(_result(), shape, heat_pump=0)
    profile, _ = sizing_case(_result(), shape, heat_pump=0, waste_heat_kW=0)
    assert profile.waste_heat_kW.tolist() == [0.0, 0.0]


def test_a_measured_profile_takes_no_means() -> None:
    options: dict[str, Any] = {"heat_pump": 0, "is_measured": True, "heat_demand_kW": 10}
    message = _faults(_result(), CONSTANT, **options)
    rule = "is a mean to scale to, and a measured profile is not scaled"
    assert f"heat_demand_kW = 10: {rule}; leave it out, or is_measured" in message


def test_a_cop_that_model_b_does_not_take_is_refused() -> None:
    table = _result().heat_pumps.assign(cop=25.0)
    result = dataclasses.replace(_result(), heat_pumps=table)
    message = _faults(result, CONSTANT, heat_pump=0)
    assert "site result: cop = 25.0: must be at least 1 and at most 20" in message


def test_a_column_of_an_unknown_heat_pump_is_refused() -> None:
    shape = dataclasses.replace(CONSTANT, series={"cop_other": [3.0, 3.0, 3.0]})
    assert "no heat pump is called 'other'" in _faults(_result(), shape, heat_pump=0)
