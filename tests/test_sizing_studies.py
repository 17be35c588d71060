"""Points, profiles, rules of thumb and runs of sizing studies."""

from __future__ import annotations

import json
import math
import re
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import milpcore
from milpcore.faults import InputError
from milpcore.sizing import CheckError, HeatProfile, load_case, size_plant
from milpcore.sizing.studies import (
    STUDIES,
    Point,
    StudyRun,
    break_even_hours_h_per_a,
    point_of,
    problem,
    result_of_row,
    shaped_profile,
    size_by_duration_kW,
    size_by_peak_kW,
    study_named,
    table_of_points,
    waste_shortage,
)
from milpcore.sizing.studies.points import FLEXIBLE, UNLIMITED
from milpcore.sizing.studies.run import DESIGN, row_of

QUICK = StudyRun(mip_rel_gap=1e-2, time_limit_s=20.0, ranges_s=1.0)


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_points_come_back_from_the_table_and_from_csv(study, tmp_path):  # type: ignore[no-untyped-def]
    points = study.points()
    table = table_of_points(points)
    assert [point_of(record) for record in table.to_dict("records")] == points
    table.to_csv(tmp_path / "points.csv", index=False)
    read = pd.read_csv(tmp_path / "points.csv").to_dict("records")
    assert [point_of({str(k): v for k, v in record.items()}) for record in read] == points
    assert len(set(points)) == len(points)


def test_a_point_changes_what_it_says_and_nothing_else() -> None:
    base = load_case("base_48h")
    assert problem(Point(experiment="x")) == base
    changed = problem(
        Point(
            experiment="x",
            electricity_price_EUR_per_MWh=90.0,
            cooling_water_price_EUR_per_MWh=7.0,
            heat_pump_investment_EUR_per_kW=300.0,
            load_changes=2,
            window_h=3.0,
            loss_per_h=0.02,
        )
    ).parameters
    assert changed.plant == base.parameters.plant.replace(
        electricity_price_EUR_per_MWh=90.0, cooling_water_price_EUR_per_MWh=7.0
    )
    for unit in changed.heat_units:
        assert (unit.load_changes_per_window, unit.window_h) == (2, 3.0)
    assert changed.heat_pumps[0].investment_EUR_per_kW == 300.0
    assert changed.stores[0] == base.parameters.stores[0].replace(loss_per_h=0.02)


def test_no_limit_no_pump_and_a_fixed_pump() -> None:
    free = problem(Point(experiment="x", load_changes=UNLIMITED)).parameters
    assert [unit.load_changes_per_window for unit in free.heat_units] == [None, None]
    assert problem(Point(experiment="x", fixed_heat_pump_kW=0.0)).parameters.heat_pumps == ()
    pump = problem(Point(experiment="x", fixed_heat_pump_kW=120.0)).parameters.heat_pumps[0]
    assert (pump.smallest_kW, pump.largest_kW, pump.is_optional) == (120.0, 120.0, False)
    assert pump.investment_EUR_per_kW == 800.0


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.25), st.integers(1, 50))
def test_shapes_have_the_mean_and_the_spread_asked_for(share: float, seed: int) -> None:
    for shape in ("random", "step"):
        demand = shaped_profile(shape, deviation_share=share, seed=seed, n_steps=192).heat_demand_kW
        if shape == "random" and demand.min() == 0.0:
            continue
        assert demand.mean() == pytest.approx(1000.0)
        assert demand.std() == pytest.approx(1000.0 * share)
    demand = shaped_profile("seasonal", deviation_share=share, seed=seed).heat_demand_kW
    assert demand.mean() == pytest.approx(1000.0)
    assert demand.std() == pytest.approx(1000.0 * share, rel=0.15)


def test_an_unknown_shape_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown shape.*'step'"):
        shaped_profile("stepp", deviation_share=0.1)
    with pytest.raises(InputError, match=r"unknown study.*'case2'"):
        study_named("case_2")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 0.5), st.floats(0.2, 0.9))
def test_shortage_is_counted_step_by_step(seed: int, share: float, source_share: float) -> None:
    profile = shaped_profile("random", deviation_share=share, seed=seed, n_steps=48)
    found = waste_shortage(profile, source_share=source_share)
    missing = [
        max(0.0, d - w / source_share)
        for d, w in zip(profile.heat_demand_kW, profile.waste_heat_kW, strict=True)
    ]
    assert found.step_share == pytest.approx(sum(m > 1e-6 for m in missing) / 48)
    assert found.heat_share == pytest.approx(sum(missing) / profile.heat_demand_kW.sum())


def test_waste_heat_runs_out_where_three_deviations_reach_the_mean() -> None:
    lowest, margins = {}, {}
    for share in (0.15, 0.30, 0.36, 0.50):
        found = [
            waste_shortage(
                shaped_profile("random", deviation_share=share, seed=s), source_share=0.53
            )
            for s in range(5)
        ]
        lowest[share] = np.mean([one.step_share for one in found])
        margins[share] = found[0].sigma_margin
    assert lowest[0.15] < lowest[0.30] < lowest[0.36] < lowest[0.50]
    assert margins[0.30] > 0.0 > margins[0.36]


def test_rules_of_thumb() -> None:
    profile, parameters = load_case("base_48h")
    assert size_by_peak_kW(profile, 0.4) == pytest.approx(0.4 * 1719.29, abs=0.01)
    cheap = parameters.replace(electricity_price_EUR_per_MWh=90.0)
    hours = break_even_hours_h_per_a(profile, cheap)
    size = size_by_duration_kW(profile, cheap)
    reached_h = 8000.0 * float(np.mean(profile.heat_demand_kW >= size))
    above_h = 8000.0 * float(np.mean(profile.heat_demand_kW > size))
    assert above_h < hours <= reached_h
    free = cheap.replace_unit("heat_pump", investment_EUR_per_kW=50.0)
    assert break_even_hours_h_per_a(profile, free) == 0.0
    assert size_by_duration_kW(profile, free) == profile.heat_demand_kW.max()
    dear = cheap.replace_unit("heat_pump", investment_EUR_per_kW=5000.0)
    assert size_by_duration_kW(profile, dear) == 0.0
    assert math.isinf(break_even_hours_h_per_a(profile, parameters))


def test_break_even_hours_make_a_constant_load_cost_the_same() -> None:
    profile = HeatProfile(
        step_h=1.0, heat_demand_kW=np.full(4, 100.0), waste_heat_kW=np.full(4, 100.0)
    )
    parameters = load_case("base_48h").parameters.replace(
        electricity_price_EUR_per_MWh=120.0, stores=[]
    )
    hours = break_even_hours_h_per_a(profile, parameters)
    parameters = parameters.replace(operating_hours_h_per_a=hours)
    with_pump = size_plant(profile, parameters.replace(boilers=[])).tac_EUR_per_a
    with_boiler = size_plant(profile, parameters.replace(heat_pumps=[])).tac_EUR_per_a
    assert with_pump == pytest.approx(with_boiler, rel=1e-9)


def test_the_flexible_case_is_the_base_profile_with_a_status_behind_every_value() -> None:
    case, base = load_case(FLEXIBLE), load_case("base_48h")
    assert case.profile == base.profile or np.array_equal(
        case.profile.heat_demand_kW, base.profile.heat_demand_kW
    )
    text = resources.files("milpcore.data").joinpath(f"sizing_{FLEXIBLE}.toml").read_text("utf-8")
    assert "THESE PARAMETERS ARE OURS" in text
    values = [line for line in text.splitlines() if re.match(r"\w+ = ", line)]
    assert len(values) == 32
    for line in values:
        assert re.search(r"# .*; ?(found|paper|domain|calculated|assumed)", line), line
    changed = {line.split(" = ")[0] for line in values if "chosen" in line and " = " in line}
    assert changed == {
        "electricity_price_EUR_per_MWh",
        "investment_EUR_per_kW",
        "cop",
        "investment_EUR_per_kWh",
        "charge_efficiency",
        "discharge_efficiency",
        "rate_per_h",
    }
    kept = case.parameters.replace(electricity_price_EUR_per_MWh=180.0)
    kept = kept.replace_unit("heat_pump", investment_EUR_per_kW=800.0, cop=2.13)
    kept = kept.replace_unit(
        "store",
        investment_EUR_per_kWh=25.0,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
        rate_per_h=0.3,
    )
    assert kept == base.parameters


def test_heat_of_the_flexible_pump_is_dearer_than_boiler_heat_with_cooling_water() -> None:
    profile, parameters = load_case(FLEXIBLE)
    pump, boiler = parameters.heat_units
    saved = parameters.source_share(pump, profile) * parameters.cooling_cost_EUR_per_kWh(profile)
    dearer = parameters.heat_cost_EUR_per_kWh(pump, profile) - saved
    assert (dearer > parameters.heat_cost_EUR_per_kWh(boiler, profile)).all()


def test_a_run_brings_plain_numbers_and_the_design() -> None:
    points = [
        Point(experiment="x", n_steps=8, keeps_operation=True, ranges_within=1e-3),
        Point(experiment="x", n_steps=8, fixed_heat_pump_kW=0.0, load_changes=UNLIMITED),
    ]
    rows = milpcore.sweep(QUICK, table_of_points(points))
    assert rows["status"].tolist() == ["optimal", "optimal"]
    assert (rows["bound_EUR_per_a"] <= rows["tac_EUR_per_a"]).all()
    first = {str(key): value for key, value in rows.iloc[0].to_dict().items()}
    for name in ("heat_pump_kW", "boiler_kW", "store_kWh"):
        order = ("_least", "_found_least", "", "_found_most", "_most")
        ends = [first[f"{name}{end}"] for end in order]
        assert ends == sorted(ends)
    again = result_of_row(first)
    assert again.tac_EUR_per_a == pytest.approx(first["tac_EUR_per_a"])
    assert row_of(again)["store_kWh"] == first["store_kWh"]
    assert not isinstance(rows[DESIGN].iloc[1], str)
    assert rows["heat_pump_kW"].iloc[1] == 0.0


def test_a_changed_design_is_not_taken() -> None:
    point = Point(experiment="x", n_steps=8, keeps_operation=True)
    rows = milpcore.sweep(QUICK, table_of_points([point]))
    record = {str(key): value for key, value in rows.iloc[0].to_dict().items()}
    design = json.loads(record[DESIGN])
    design["heat_kW"][1][3] *= 0.9
    with pytest.raises(CheckError):
        result_of_row({**record, DESIGN: json.dumps(design)})


def test_a_problem_without_a_plant_is_a_row_that_says_so() -> None:
    point = Point(experiment="x", n_steps=8, electricity_price_EUR_per_MWh=-1e9)
    (row,) = milpcore.sweep(QUICK, table_of_points([point])).to_dict("records")
    assert row["status"] == "bad_input"
    assert "electricity_price" in row["error"]


def test_the_fingerprint_tells_runs_apart() -> None:
    prints = {
        StudyRun(mip_rel_gap=gap, time_limit_s=limit, ranges_s=ranges).fingerprint
        for gap in (1e-3, 1e-2)
        for limit in (10.0, 20.0)
        for ranges in (1.0, 2.0)
    }
    assert len(prints) == 8
