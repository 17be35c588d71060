"""Chillers beside cooling water: by hand, against enumeration, tampered with, and in results."""

from __future__ import annotations

import dataclasses
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_sizing_enumeration import Least, least_tac
from helpers_sizing_tiny import KINDS, assert_valid, tac_of, tiny_case

from milpcore import sizing
from milpcore.cli.sizing_text import result_text, sizing_json
from milpcore.core import Status, solve_lp
from milpcore.faults import InputError
from milpcore.plots.sizing_tables import cost_split
from milpcore.sizing import (
    MODELS,
    Boiler,
    Chiller,
    HeatProfile,
    HeatPump,
    Plant,
    SizingCase,
    SizingModel,
    SizingParameters,
    SizingResult,
    build,
    caps,
    check,
    prepare,
    size_plant,
)
from milpcore.sizing.check import Rule
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.hull_bound import hull_bound
from milpcore.sizing.no_commitment import NoCommitment
from milpcore.sizing.plateau_hull import can_be_held
from milpcore.sizing.simulate import simulate

N_CASES = 2 * len(KINDS)


@cache
def chilled_case(number: int) -> SizingCase:
    """A tiny case with one or two chillers, and cooling water that is dear in some steps."""
    profile, parameters = tiny_case(number)[2:]
    rng = np.random.default_rng([2026, number])
    chillers = []
    for place in range(1 + int(rng.random() < 0.4)):
        about: dict[str, Any] = {"name": f"chiller {place}", "cop": float(rng.uniform(2.0, 8.0))}
        if rng.random() < 0.3:
            about["existing_kW"] = float(rng.integers(10, 60))
        else:
            about["smallest_kW"] = float(rng.choice([0.0, 0.0, 15.0, 50.0]))
            about["largest_kW"] = float(rng.choice([60.0, 90.0, np.inf]))
            about["is_optional"] = bool(rng.random() < 0.8)
            about["investment_EUR_per_kW"] = float(rng.integers(0, 200))
        chillers.append(Chiller(**about))
    n_steps = profile.n_steps
    series = {
        **profile.series,
        "cooling_water_price_EUR_per_MWh": rng.choice([2.0, 60.0, 150.0], n_steps),
    }
    if rng.random() < 0.5:
        series["cop_chiller 0"] = rng.uniform(1.5, 6.0, n_steps)
    profile = dataclasses.replace(profile, series=series)
    return SizingCase(profile, parameters.replace(chillers=chillers))


@cache
def reference(number: int) -> Least:
    return least_tac(*chilled_case(number))


def agrees(number: int, model: SizingModel) -> bool:
    """Compare with enumeration; False where the formulation is not made for the case."""
    profile, parameters = chilled_case(number)
    if model.commitment.refusal(prepare(profile, parameters)) is not None:
        return False
    result, least = size_plant(profile, parameters, model=model, mip_rel_gap=0.0), reference(number)
    if least.design is None:
        assert result.status is Status.INFEASIBLE
        return True
    assert result.status is Status.OPTIMAL
    assert result.design is not None
    dearest = max(
        abs(parameters.heat_cost_EUR_per_kWh(unit, profile)).max() for unit in parameters.heat_units
    )
    heat_kWh = float(profile.heat_demand_kW.mean()) * parameters.plant.operating_hours_h_per_a
    slack = 1e-7 * max(abs(least.tac_EUR_per_a), 0.1 * dearest * heat_kWh)
    assert result.tac_EUR_per_a == pytest.approx(least.tac_EUR_per_a, rel=0, abs=slack)
    assert result.bound_EUR_per_a <= least.tac_EUR_per_a + slack
    assert_valid(result.design, profile, parameters, tolerance_kW=1e-4)
    tac = tac_of(result.design, profile, parameters)
    assert result.tac_EUR_per_a == pytest.approx(tac, rel=0, abs=slack)
    return True


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_formulations_reach_the_enumerated_tac(model: SizingModel) -> None:
    first = 2 * MODELS.index(model)
    assert sum(agrees(number, model) for number in (first, first + 1))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_formulations_reach_the_enumerated_tac_of_all_cases(model: SizingModel) -> None:
    some = range(MODELS.index(model) % 3, N_CASES, 3) if os.environ.get("CI") else range(N_CASES)
    compared = [agrees(number, model) for number in some]
    assert sum(compared) >= len(some) // 3


def test_the_cases_have_chillers_that_pay_in_some_steps_only_and_some_that_do_not() -> None:
    designs = [reference(number).design for number in range(N_CASES)]
    runs = [one.chilled_kW > 1e-6 for one in designs if one is not None]
    assert sum(bool(run.any() and not run.any(axis=0).all()) for run in runs) >= 4
    assert sum(not run.any(axis=1).all() for run in runs) >= 2


def test_the_plateau_hull_bounds_the_enumerated_tac() -> None:
    """Below the optimum, and not below what the relaxation without the hull says."""
    n_held = 0
    for number in range(N_CASES):
        inputs, least = prepare(*chilled_case(number)), reference(number)
        if least.design is None:
            continue
        limits = caps(inputs, least.design.capacity_kWh)
        plain = solve_lp(build(inputs, SizingModel(NoCommitment()), limits).relaxed())
        for unit in filter(lambda u: can_be_held(inputs, u), range(inputs.n_units)):
            bound = hull_bound(inputs, limits, unit).bound
            tac = least.tac_EUR_per_a / inputs.cost_scale_EUR_per_a
            assert plain.objective - 1e-5 * abs(tac) <= bound <= tac + 1e-6 * abs(tac)
            n_held += 1
    assert n_held >= 8


def test_enumerated_emissions_and_costs_are_those_of_the_simulation() -> None:
    for number in range(N_CASES):
        profile, parameters = chilled_case(number)
        least = reference(number)
        if least.design is not None:
            simulation = simulate(profile, parameters, least.design)
            assert simulation.co2_t_per_a == pytest.approx(least.co2_t_per_a)
            assert simulation.capex_EUR_per_a == pytest.approx(least.capex_EUR_per_a)


PLANT = Plant(
    electricity_price_EUR_per_MWh=90,
    electricity_emission_t_per_MWh=0.2,
    co2_price_EUR_per_t=50,
    operating_hours_h_per_a=1000,
    interest_rate=0,
    lifetime_a=10,
)


def by_hand(chiller: Chiller, **series: list[float]) -> SizingCase:
    """A boiler; cooling water at 10 and 100 EUR/MWh, chilling at 25 EUR/MWh with a COP of 4."""
    profile = HeatProfile(
        step_h=1.0,
        heat_demand_kW=[50, 50],
        waste_heat_kW=[20, 40],
        series={"cooling_water_price_EUR_per_MWh": [10, 100], **series},
    )
    boilers = [Boiler(existing_kW=100)]
    return SizingCase(
        profile,
        SizingParameters(
            plant=PLANT, heat_pumps=[], boilers=boilers, stores=[], chillers=[chiller]
        ),
    )


def sized(case: SizingCase) -> SizingResult:
    result = size_plant(*case, mip_rel_gap=0.0)
    assert result.status is Status.OPTIMAL
    return result


def test_an_existing_chiller_runs_up_to_its_size_where_cooling_water_is_dear() -> None:
    result = sized(by_hand(Chiller(existing_kW=30)))
    operation, row = result.operation, result.summary.iloc[0]
    np.testing.assert_allclose(operation["chiller_chilled_kW"], [0, 30], atol=1e-9)
    np.testing.assert_allclose(operation["cooling_water_kW"], [20, 10])
    none = result.parameters.replace(chillers=[])
    plain = sized(SizingCase(result.profile, none))
    saved = 500 * 0.030 * (100 - 25)  # 500 h/a of the second step, MW, EUR/MWh
    assert plain.tac_EUR_per_a - result.tac_EUR_per_a == pytest.approx(saved)
    assert row["capex_EUR_per_a"] == 0.0
    assert row["chilled_MWh_per_a"] == pytest.approx(15)
    assert row["cooling_water_MWh_per_a"] == pytest.approx(15)
    assert row["electricity_MWh_per_a"] == pytest.approx(15 / 4)
    added = row["co2_t_per_a"] - plain.summary["co2_t_per_a"].iloc[0]
    assert added == pytest.approx(0.2 * 15 / 4)
    assert "chilled_MWh_per_a" not in plain.summary


@pytest.mark.parametrize(("investment", "size_kW"), [(374, 40.0), (376, 0.0)])
def test_a_chiller_is_built_where_it_saves_more_than_its_annuity(
    investment: float, size_kW: float
) -> None:
    """It saves 500 h/a x 75 EUR/MWh = 37.5 EUR/a per kW; a tenth of the investment is paid."""
    result = sized(by_hand(Chiller(investment_EUR_per_kW=investment)))
    (row,) = result.sizes[result.sizes["kind"] == "chiller"].to_dict("records")
    assert row["size"] == pytest.approx(size_kW)
    assert row["capex_EUR_per_a"] == pytest.approx(0.1 * investment * size_kW)
    assert row["full_load_h_per_a"] == pytest.approx(500 if size_kW else 0)


def test_a_least_size_is_built_whole_or_not_at_all() -> None:
    sizes = []
    for investment in (180, 190):  # 40 kW save 1500 EUR/a, 80 kW cost 8 EUR/a per EUR/kW
        chiller = Chiller(investment_EUR_per_kW=investment, smallest_kW=80)
        sizes.append(sized(by_hand(chiller)).sizes["size"].iloc[-1])
    assert sizes == pytest.approx([80, 0])


def test_a_column_of_its_own_overrides_the_cop_and_the_common_one_does_not() -> None:
    chiller = Chiller(existing_kW=30, name="cold")
    common = sized(by_hand(chiller, cop=[1, 1])).operation
    np.testing.assert_allclose(common["cold_chilled_kW"], [0, 30], atol=1e-9)
    own = sized(by_hand(chiller, cop_cold=[12.5, 1.0])).operation  # 8 and 100 EUR/MWh
    np.testing.assert_allclose(own["cold_chilled_kW"].iloc[0], 20)
    with pytest.raises(InputError, match="no heat pump or chiller is called 'other'"):
        sized(by_hand(chiller, cop_other=[2, 2]))


def test_a_chiller_takes_nothing_that_a_heat_pump_needs() -> None:
    """The pump alone can meet the demand, with all waste heat, however dear cooling water is."""
    profile = HeatProfile(step_h=1.0, heat_demand_kW=[80, 80], waste_heat_kW=[40, 60])
    parameters = SizingParameters(
        plant=PLANT.replace(cooling_water_price_EUR_per_MWh=1000),
        heat_pumps=[HeatPump(cop=2, largest_kW=100)],
        boilers=[],
        stores=[],
        chillers=[Chiller(existing_kW=50)],
    )
    operation = sized(SizingCase(profile, parameters)).operation
    np.testing.assert_allclose(operation["chiller_chilled_kW"], [0, 20], atol=1e-9)


def test_a_chiller_does_not_make_a_plant_possible() -> None:
    case = by_hand(Chiller(existing_kW=30))
    small = case.parameters.replace(boilers=[Boiler(existing_kW=40)])
    result = size_plant(case.profile, small)
    assert result.status is Status.INFEASIBLE
    assert "the units are too small" in result.message or "missing" in result.message


def tampered(**changes: Any) -> list[tuple[Rule, str, int | None]]:
    """What the check finds in the design of an existing and a new chiller, changed."""
    case = by_hand(Chiller(existing_kW=30))
    new = Chiller(name="new", investment_EUR_per_kW=10, largest_kW=9)
    case = case._replace(
        parameters=case.parameters.replace(chillers=[*case.parameters.chillers, new])
    )
    result = sized(case)
    assert result.design is not None
    row = result.summary.iloc[0]
    names = ("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a", "co2_t_per_a")
    told = {name: float(row[name]) for name in names}
    arrays = {name: np.array(value, dtype=float) for name, value in changes.items()}
    design: SizingDesign = dataclasses.replace(result.design, **arrays)
    return [(v.rule, v.unit, v.step) for v in check(*case, design, **told)]


def test_a_design_tampered_with_is_found() -> None:
    good = {"chiller_kW": [30, 9], "chilled_kW": [[0, 30], [0, 9]]}
    costs = [(rule, "plant", None) for rule in (Rule.TAC, Rule.OPEX, Rule.CO2)]
    assert tampered(**good) == []
    assert tampered(chilled_kW=[[0, 29.9], [0, 9]]) == costs
    assert tampered(chilled_kW=[[0, 30.1], [0, 9]])[0] == (Rule.CHILLED, "chiller", 1)
    beyond = tampered(chilled_kW=[[15, 30], [6, 9]])
    assert beyond == [(Rule.WASTE, "plant", 0), *costs]
    assert (Rule.SIGN, "new", 0) in tampered(chilled_kW=[[0, 30], [-1, 9]])
    size = tampered(chiller_kW=[27, 9])
    assert set(size) == {(Rule.SIZE, "chiller", None), (Rule.CHILLED, "chiller", 1)}
    large = tampered(chiller_kW=[30, 10])
    assert set(large) >= {(Rule.SIZE, "new", None), (Rule.CAPEX, "plant", None)}
    assert tampered(chilled_kW=[[0, 30]])[0][0] is Rule.SHAPE
    assert tampered(chiller_kW=[])[0][0] is Rule.SHAPE
    assert tampered(chiller_kW=[np.nan, 9])[0][0] is Rule.NUMBER


def test_a_design_of_a_plant_without_chillers_has_none() -> None:
    case = by_hand(Chiller(existing_kW=30))
    design = sized(case).design
    assert design is not None
    found = check(case.profile, case.parameters.replace(chillers=[]), design)
    assert {violation.rule for violation in found} == {Rule.SHAPE}


@pytest.fixture(scope="module")
def drawn() -> SizingResult:
    """Twelve steps of a benchmark with a chiller that pays in the dear half of them."""
    profile, parameters = sizing.benchmark_scenario("A", deviation_share=0.2, seed=2, n_steps=12)
    prices = np.where(np.arange(12) % 6 < 3, 5.0, 90.0)
    profile = dataclasses.replace(profile, series={"cooling_water_price_EUR_per_MWh": prices})
    return size_plant(profile, parameters.replace(chillers=[Chiller()]), mip_rel_gap=1e-6)


def test_ranges_of_its_size_hold_in_plants_with_others(drawn: SizingResult) -> None:
    share = 5e-3
    ranges = sizing.size_ranges(drawn, within_share=share, time_limit_s=30.0)
    assert ranges.table["unit"].tolist() == ["kW", "kW", "kWh", "kW"]
    row = ranges.table.set_index("name").loc["chiller"]
    assert 0.0 < row["proven_least"] <= row["found_least"] < row["size"] < row["found_most"]
    assert row["found_most"] <= row["proven_most"] * (1 + 1e-9)
    assert row["proven_most"] - row["proven_least"] < 1.1 * (row["found_most"] - row["found_least"])
    most = drawn.tac_EUR_per_a * (1.0 + share)
    for low, high in ((0.0, 0.97 * row["proven_least"]), (1.03 * row["proven_most"], 1e5)):
        changes: dict[str, Any] = {"smallest_kW": low, "largest_kW": high}
        other = drawn.parameters.replace_unit("chiller", is_optional=not low, **changes)
        assert size_plant(drawn.profile, other, mip_rel_gap=1e-6).bound_EUR_per_a > most
    assert sizing_json(drawn.with_ranges(ranges))["size_ranges"]["chiller"]["unit"] == "kW"


def test_results_show_it(drawn: SizingResult) -> None:
    sizes = sizing_json(drawn)["sizes"]
    assert list(sizes) == ["heat_pump_kW", "boiler_kW", "store_kWh", "chiller_kW"]
    assert sizes["chiller_kW"] > 0.0
    text = result_text(drawn)
    assert "investment, chiller" in text
    assert "removed by chillers" in text
    split = cost_split(drawn)
    assert split["cost_EUR_per_a"].sum() == pytest.approx(drawn.tac_EUR_per_a)


def test_the_figure_of_operation_shows_it(drawn: SizingResult) -> None:
    pytest.importorskip("matplotlib")
    from milpcore.plots.sizing_operation import draw_operation

    figure = draw_operation(drawn)
    labels = [text for axes in figure.axes for text in axes.get_legend_handles_labels()[1]]
    assert any(label.startswith("into chiller, ") for label in labels)


def test_files_keep_chillers(tmp_path: Path) -> None:
    chillers = [Chiller(cop=3.3, existing_kW=12), Chiller(name="new", largest_kW=80, lifetime_a=9)]
    parameters = SizingParameters(chillers=chillers)
    sizing.write_parameters(parameters, tmp_path / "plant.toml")
    assert sizing.read_parameters(tmp_path / "plant.toml") == parameters


def test_faults_of_a_chiller() -> None:
    with pytest.raises(InputError, match="existing_kW = 5: fixes the size, beside"):
        Chiller(existing_kW=5, largest_kW=10)
    with pytest.raises(InputError, match="must be unique"):
        SizingParameters(chillers=[Chiller(name="store")])
    with pytest.raises(InputError, match="nothing makes heat"):
        SizingParameters(heat_pumps=[], boilers=[], chillers=[Chiller()])
