"""Made-up profiles, their statistics, and the bundled cases."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_sizing import profile
from helpers_streams import fault_lines
from hypothesis import given
from hypothesis import strategies as st

import milpcore
from milpcore import sizing
from milpcore.sizing.parameter_schema import STATUSES
from preprocess import Spikes, fluctuating_profile
from preprocess import profile_statistics as plain_statistics


@given(st.integers(0, 10**6), st.floats(0.0, 0.2), st.floats(1.0, 1e6))
def test_random_profiles_have_exact_mean_and_deviation(
    seed: int, share: float, mean_kW: float
) -> None:
    """At 20 % nothing is clipped at 0 unless a spike has five standard deviations."""
    found = sizing.random_profile(seed=seed, deviation_share=share, mean_kW=mean_kW)
    demand_kW = found.heat_demand_kW
    if demand_kW.min() > 0.0:
        assert demand_kW.mean() == pytest.approx(mean_kW, rel=1e-9)
        assert demand_kW.std() == pytest.approx(share * mean_kW, rel=1e-9, abs=1e-9 * mean_kW)
    np.testing.assert_array_equal(found.waste_heat_kW[1:], demand_kW[:-1])


def test_hours_and_shares_reach_the_generator() -> None:
    found = sizing.random_profile(
        seed=3,
        n_steps=100,
        step_h=0.5,
        mean_kW=500.0,
        deviation_share=0.4,
        spikes=[sizing.SpikeTrain(2.0, 0.5, 4.0, 1.0)],
        downward_share=0.6,
        lowest_share=0.1,
        lag_h=2.0,
        waste_share=0.7,
    )
    pair = fluctuating_profile(
        100,
        seed=3,
        mean_kW=500.0,
        deviation_share=0.4,
        spikes=[Spikes(2.0, 0.5, 8.0, 2.0)],
        downward_share=0.6,
        lowest_share=0.1,
        lag_steps=4,
    )
    np.testing.assert_array_equal(found.heat_demand_kW, pair.demand_kW)
    np.testing.assert_array_equal(found.waste_heat_kW, 0.7 * pair.earlier_kW)
    assert found.step_h == 0.5
    assert found.heat_demand_kW.min() == 50.0


def test_steps_and_seasons() -> None:
    steps = sizing.step_profile([(100, 0.5), (300, 1)], n_steps=8, lag_h=0.5, waste_share=0.5)
    np.testing.assert_array_equal(steps.heat_demand_kW, [100, 100, 300, 300, 300, 300, 100, 100])
    np.testing.assert_array_equal(steps.waste_heat_kW, [150, 150, 50, 50, 150, 150, 150, 150])
    week = sizing.seasonal_profile(n_steps=168, start_h=24.0 * 180, waste_share=2.0)
    assert week.start_h == 4320.0
    assert week.time_h[-1] == 4320.0 + 167
    np.testing.assert_array_equal(week.waste_heat_kW[1:], 2 * week.heat_demand_kW[:-1])
    winter = sizing.seasonal_profile(n_steps=168)
    assert winter.heat_demand_kW.mean() > 2.5 * week.heat_demand_kW.mean()
    assert (
        sizing.seasonal_profile(n_steps=48, seed=1) == sizing.seasonal_profile(n_steps=48)
    ) is False


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda: sizing.random_profile(seed=-1, mean_kW=0, n_steps=1),
            [
                "n_steps: is 1, must be >= 2; correct the argument",
                "seed: is -1, must be an integer >= 0; correct the argument",
                "mean_kW: is 0.0, must be > 0; correct the argument",
            ],
        ),
        (
            lambda: sizing.random_profile(seed=1, step_h=0, waste_share=-1),
            [
                "step_h = 0: must be above 0 and at most 24 h; "
                "give the step in hours, such as 0.25 for 15 min",
                "waste_share = -1: must be at least 0 and at most 100; give a share of the demand",
            ],
        ),
        (
            lambda: sizing.random_profile(seed=1, lag_h=0.3),
            ["lag_h = 0.3: must be whole steps of 0.25 h; such as 0.25"],
        ),
        (
            lambda: sizing.random_profile(seed=1, lag_h=-1),
            ["lag_h = -1: must be at least 0 and at most 1000 h; give hours"],
        ),
        (
            lambda: sizing.random_profile(seed=1, lowest_share=None),
            ["lowest_share: must be a number: a profile has no negative demand; 0 to clip at zero"],
        ),
        (
            lambda: sizing.step_profile([(100, 0.3), (200, 1)]),
            ["levels[0] = 0.3: must be whole steps of 0.25 h; such as 0.25"],
        ),
        (
            lambda: sizing.step_profile([]),
            ["level_kW: must have at least one level; correct the argument"],
        ),
        (
            lambda: sizing.step_profile([(0, 1)]),
            ["heat_demand_kW: is 0 in every step: there is nothing to supply; check the column"],
        ),
        (
            lambda: sizing.seasonal_profile(yearly_share=2),
            ["yearly_share: is 2.0, must be <= 1; correct the argument"],
        ),
        (
            lambda: sizing.profile_statistics(profile(), spike_window_h=0, spike_threshold=-1),
            [
                "spike_window_h = 0: must be above 0 and at most 1000 h; give hours, such as 2",
                "spike_threshold = -1: must be above 0 and at most 1000000; 3 is usual",
            ],
        ),
    ],
)
def test_arguments_out_of_range(call: Any, expected: list[str]) -> None:
    assert fault_lines(call) == expected


def test_statistics_of_a_profile() -> None:
    day = sizing.step_profile([(1500, 16), (500, 8)], n_steps=192, waste_share=0.5)
    table = sizing.profile_statistics(day)
    demand = {name: value for (name, _), value in table["heat_demand_kW"].items()}
    assert demand["mean"] == pytest.approx(3500 / 3)
    assert demand["standard deviation over mean"] == pytest.approx(
        demand["standard deviation"] / (3500 / 3)
    )
    plain = plain_statistics(day.heat_demand_kW, step_h=0.25, n_lags=96)
    assert demand["autocorrelation, 1 step"] == plain.autocorrelation[1]
    assert demand["autocorrelation, 1 h"] == plain.autocorrelation[4]
    assert demand["autocorrelation, 24 h"] == plain.autocorrelation[96] > 0.4
    assert (demand["largest rise"], demand["largest fall"]) == (4000.0, 4000.0)
    assert (demand["lowest"], demand["highest"], demand["spikes"]) == (500.0, 1500.0, 0.0)
    assert math.isnan(demand["mean height of spikes"])
    waste = table["waste_heat_kW"]
    assert waste[("mean", "kW")] == pytest.approx(0.5 * demand["mean"])
    units = {unit for _, unit in table.index}
    assert units == {"kW", "-", "1/h", "1", "kW/h"}


def test_lags_that_a_profile_does_not_have_are_unknown() -> None:
    table = sizing.profile_statistics(profile(4, step_h=0.3))["heat_demand_kW"]
    assert math.isnan(table[("autocorrelation, 1 h", "-")])
    assert math.isnan(table[("autocorrelation, 24 h", "-")])
    assert not math.isnan(table[("autocorrelation, 1 step", "-")])
    hourly = sizing.profile_statistics(profile(4, step_h=1.0, waste_heat_kW=np.zeros(4)))
    assert hourly["heat_demand_kW"][("autocorrelation, 1 h", "-")] == pytest.approx(0.25)
    assert math.isnan(hourly["waste_heat_kW"][("standard deviation over mean", "-")])


def test_the_window_is_given_in_hours() -> None:
    demand_kW = np.full(200, 100.0) + np.random.default_rng(1).normal(0, 1, 200)
    demand_kW[50:53] += 40.0  # half an hour at steps of 10 min
    short = profile(200, step_h=1 / 6, heat_demand_kW=demand_kW, waste_heat_kW=np.zeros(200))

    def n_spikes(window_h: float) -> float:
        table = sizing.profile_statistics(short, spike_window_h=window_h, spike_threshold=8.0)
        return float(table["heat_demand_kW"][("spikes upward", "1")])

    assert (n_spikes(0.5), n_spikes(2.0)) == (0.0, 1.0)


def test_the_base_case_is_the_profile_of_its_seed() -> None:
    case = sizing.load_case("base_48h")
    made = sizing.random_profile(seed=1)
    np.testing.assert_allclose(case.profile.heat_demand_kW, made.heat_demand_kW, atol=1e-5)
    np.testing.assert_allclose(case.profile.waste_heat_kW, made.waste_heat_kW, atol=1e-5)
    assert (case.profile.n_steps, case.profile.horizon_h, case.profile.start_h) == (192, 48.0, 0.0)
    assert case.profile.heat_demand_kW.mean() == pytest.approx(1000.0, rel=1e-8)
    assert case.profile.heat_demand_kW.std() == pytest.approx(150.0, rel=1e-6)
    assert case.parameters == sizing.SizingParameters()
    case.parameters.check_profile(case.profile)


@pytest.mark.parametrize(
    ("name", "prices", "investments", "rate"),
    [
        ("A", (160, 50), (250, 80, 60), 0.3),
        ("B", (120, 80), (500, 80, 30), 0.5),
        ("C", (150, 52), (300, 100, 40), 0.4),
    ],
)
def test_scenarios_are_the_ones_of_the_benchmarks(
    name: str, prices: tuple[float, float], investments: tuple[float, ...], rate: float
) -> None:
    _, parameters = sizing.benchmark_scenario(name)
    (pump,), (boiler,), (store,) = parameters.heat_pumps, parameters.boilers, parameters.stores
    plant = parameters.plant
    assert (plant.electricity_price_EUR_per_MWh, plant.gas_price_EUR_per_MWh) == prices
    assert investments == (
        pump.investment_EUR_per_kW,
        boiler.investment_EUR_per_kW,
        store.investment_EUR_per_kWh,
    )
    assert (store.rate_per_h, pump.cop, boiler.efficiency) == (rate, 2.4, 0.9)
    assert (plant.co2_price_EUR_per_t, plant.cooling_water_price_EUR_per_MWh) == (90.0, 2.0)
    assert (plant.electricity_emission_t_per_MWh, plant.gas_emission_t_per_MWh) == (0.38, 0.202)
    assert (store.charge_efficiency, store.discharge_efficiency) == (0.97, 0.97)
    assert (store.loss_per_h, store.start_end_share) == (0.005, 0.5)
    assert parameters.annuity_per_a(pump) == 0.1
    assert plant.operating_hours_h_per_a == 8000.0
    for unit, load in ((pump, 0.4), (boiler, 0.2)):
        assert (unit.min_up_h, unit.min_down_h, unit.minimum_load) == (2.0, 2.0, load)
        assert (unit.load_changes_per_window, unit.window_h) == (1, 1.0)


def test_scenarios_say_what_they_favour() -> None:
    cost = {}
    for name in sizing.scenario_names():
        case = sizing.benchmark_scenario(name)
        pump, boiler = case.parameters.heat_units
        pump_cost = case.parameters.heat_cost_EUR_per_kWh(pump, case.profile)[0]
        cost[name] = pump_cost / case.parameters.heat_cost_EUR_per_kWh(boiler, case.profile)[0]
    assert cost["A"] > 1.05
    assert cost["B"] < 0.65
    assert 0.95 < cost["C"] < 1.0


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3, 0.4])
def test_profiles_of_the_scenarios(share: float) -> None:
    found, _ = sizing.benchmark_scenario("B", deviation_share=share, seed=2)
    assert found.heat_demand_kW.min() >= 50.0
    if found.heat_demand_kW.min() > 50.0:
        assert found.heat_demand_kW.std() == pytest.approx(1000 * share, rel=1e-9)
    else:
        assert 0.9 * 1000 * share < found.heat_demand_kW.std() < 1000 * share
    trains = (Spikes(1.5, 0.5, 8, 3), Spikes(3.5, 0.8, 32, 8))
    pair = fluctuating_profile(
        192,
        seed=2,
        mean_kW=1000,
        deviation_share=share,
        spikes=trains,
        downward_share=0.35,
        lowest_share=0.05,
    )
    np.testing.assert_array_equal(found.heat_demand_kW, pair.demand_kW)
    np.testing.assert_array_equal(found.waste_heat_kW, pair.earlier_kW)


def test_cases_have_a_source_and_a_status() -> None:
    for name in (*sizing.case_names(), *sizing.scenario_names()):
        status, _, source = sizing.case_source(name).partition(": ")
        assert status in STATUSES
        assert len(source) > 30
    assert "unpublished" in sizing.case_source("base_48h")
    for name in sizing.scenario_names():
        assert "not from a publication" in sizing.case_source(name)


def test_unknown_cases() -> None:
    assert fault_lines(sizing.load_case, "base_24h") == [
        "name = base_24h: unknown case; did you mean 'base_48h'?"
    ]
    assert fault_lines(sizing.load_case, "A") == [
        "name = A: unknown case; known: base_48h, flexible_pump_48h"
    ]
    assert fault_lines(sizing.benchmark_scenario, "D") == ["name = D: unknown case; known: A, B, C"]
    assert fault_lines(sizing.case_source, "base") == [
        "name = base: unknown case; did you mean 'base_48h'?"
    ]


def test_every_bundled_file_belongs_to_a_case() -> None:
    folder = resources.files("milpcore.data")
    files = {Path(file.name) for file in folder.iterdir()}
    tables = {file.stem for file in files if file.suffix == ".csv"}
    ours = {name for name in tables if name.startswith("sizing_")}
    text = folder.joinpath("sizing_cases.toml").read_text(encoding="utf-8")
    cases = {name: tomllib.loads(text)[name] for name in sizing.case_names()}
    assert ours == {f"sizing_{case.get('profile', name)}" for name, case in cases.items()}
    assert {Path(f"sizing_{name}.toml") for name in cases} < files
    assert tables - ours == set(milpcore.case_names())
    assert {f"scenario_{name}" for name in sizing.scenario_names()} < set(tomllib.loads(text))
