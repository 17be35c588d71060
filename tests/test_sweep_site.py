"""Sweeps of model A: scenarios of prices for fixed levels, greenfield and retrofit."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import milpcore
from milpcore import site
from milpcore.faults import InputError
from milpcore.sweeps import (
    FixedLevelsRun,
    GreenfieldRun,
    RetrofitRun,
    grid,
    latin_hypercube,
    summarize,
    sweep,
)

LEVELS_C = [15, 35, 80, 134, 214, 285, 1600]
RANGES = {
    "electricity_price_EUR_per_MWh": (40.0, 130.0),
    "gas_price_EUR_per_MWh": (20.0, 80.0),
    "heat_pump_investment_EUR_per_kW": (350.0, 1000.0),
}


@pytest.fixture(scope="module")
def run() -> FixedLevelsRun:
    return FixedLevelsRun(milpcore.load_case("site_400"), LEVELS_C)


@pytest.fixture(scope="module")
def table(run: FixedLevelsRun) -> pd.DataFrame:
    return sweep(run, latin_hypercube(RANGES, 300, seed=1))


def test_scenarios_agree_with_operating_the_levels(
    run: FixedLevelsRun, table: pd.DataFrame
) -> None:
    for _, row in table.iloc[::60].iterrows():
        prices = milpcore.SiteEconomics(**{key: row[key] for key in RANGES})
        inputs = site.prepare(run.system.streams, economics=prices, candidates_C=LEVELS_C)
        result = site.greenfield(
            run.system.streams, economics=prices, candidates_C=LEVELS_C, n_levels=7
        )
        assert inputs.n_candidates == 7
        assert row["tac_EUR_per_a"] == pytest.approx(result.summary["tac_EUR_per_a"][0], rel=1e-4)
        assert row["n_heat_pumps"] == len(result.heat_pumps)


def test_regret_is_never_negative_and_nil_at_the_base(run: FixedLevelsRun) -> None:
    assert run({})["regret_EUR_per_a"] == pytest.approx(0.0, abs=1.0)
    assert run({"max_lift_K": 50.0})["regret_EUR_per_a"] is None
    dear = run({"electricity_price_EUR_per_MWh": 200.0})
    assert dear["n_heat_pumps"] == 0
    assert dear["regret_EUR_per_a"] > 0.0


def test_a_summary_counts_what_the_table_holds(table: pd.DataFrame) -> None:
    summary = summarize(table)
    assert summary.status.to_dict("records") == [{"status": "optimal", "n_cases": 300}]
    tac = summary.spread.set_index("quantity").loc["tac_EUR_per_a"]
    assert tac["mean"] == pytest.approx(table["tac_EUR_per_a"].mean())
    assert tac["q05"] == pytest.approx(np.quantile(table["tac_EUR_per_a"], 0.05))
    assert summary.pump_sets["n_cases"].sum() == 300
    share = summary.heat_pumps.set_index(["source_C", "sink_C"])["share"]
    assert share[35.0, 80.0] == pytest.approx((table["heat_pump_35_80_kW"] > 0).mean())
    upper = summary.heat_pumps.set_index(["source_C", "sink_C"])["mean_heat_kW"][80.0, 134.0]
    runs = table["heat_pump_80_134_kW"] > 0
    assert 0 < runs.sum() < 300
    assert upper == pytest.approx(table.loc[runs, "heat_pump_80_134_kW"].mean())
    assert summary.to_json_dict()["status"] == [{"status": "optimal", "n_cases": 300}]


def test_unknown_and_impossible_parameters_are_rows(run: FixedLevelsRun) -> None:
    cases = [{"gas_price": 3.0}, {"gas_price_EUR_per_MWh": -1.0}, {"gas_price_EUR_per_MWh": 30.0}]
    statuses = [sweep(run, [case])["status"][0] for case in cases]
    assert statuses == ["bad_input", "bad_input", "optimal"]
    with pytest.raises(InputError, match="unknown parameter"):
        run({"gas_price": 3.0})


def test_a_case_without_a_design_says_why(run: FixedLevelsRun) -> None:
    streams = milpcore.load_case("dairy_8")
    case = {"level_dt_cont_K": 40.0}
    table = sweep(GreenfieldRun(streams, n_levels=1), [{"gas_price_EUR_per_MWh": 50.0}] * 2)
    assert table["status"].tolist() == ["infeasible"] * 2
    assert table["error"].str.startswith("No design with 1 level: hot stream milk/").all()
    table = sweep(RetrofitRun(streams, [-10, 30, 250], move=1), [{"level_dt_cont_K": 2.0}, case])
    assert table["status"].tolist() == ["optimal", "bad_input"]
    assert table["error"][1].startswith("stream milk/pasteuriser cooling: existing_C = ")
    assert np.isnan(table["tac_EUR_per_a"][1])
    table = sweep(run, [{"electricity_price_EUR_per_MWh": price} for price in (50.0, -300.0)])
    assert table["status"].tolist() == ["optimal", "bad_input"]
    assert table["error"][1].startswith("tac of heat pump heat = -")  # and no "case 1"
    nothing = summarize(table[1:].drop(columns="tac_EUR_per_a"))
    assert list(nothing.spread.columns)[:2] == ["quantity", "mean"]


def test_runs_can_be_pickled_and_know_themselves(run: FixedLevelsRun) -> None:
    again = pickle.loads(pickle.dumps(run))
    assert again.fingerprint == run.fingerprint
    other = FixedLevelsRun(run.system.streams, LEVELS_C, objective="co2")
    assert other.fingerprint != run.fingerprint
    case = {"gas_price_EUR_per_MWh": 55.0}
    assert again(case) == run(case)


def test_greenfield_and_retrofit_scenarios() -> None:
    streams = milpcore.load_case("dairy_8")
    cases = grid({"electricity_price_EUR_per_MWh": [40.0, 85.0]})
    new = sweep(GreenfieldRun(streams, n_levels=3), cases)
    for price, tac in zip(cases.iloc[:, 0], new["tac_EUR_per_a"], strict=True):
        prices = milpcore.SiteEconomics(electricity_price_EUR_per_MWh=price)
        result = site.greenfield(streams, n_levels=3, economics=prices)
        assert tac == pytest.approx(result.summary["tac_EUR_per_a"][0])
    assert new["status"].tolist() == ["optimal", "optimal"]
    levels_C = [float(level) for level in str(new["levels_C"][1]).split()]
    old = sweep(RetrofitRun(streams, levels_C, move=1, range_K=10.0), cases)
    assert old["status"].tolist() == ["optimal", "optimal"]
    assert (old["tac_EUR_per_a"] >= new["tac_EUR_per_a"] * (1.0 - 1e-4)).all()


def test_the_table_is_the_same_whatever_the_chunks(run: FixedLevelsRun) -> None:
    """A limit that rules a heat pump out in one case says nothing about the others."""
    cases = grid({"max_lift_K": [40.0, 60.0, 80.0], "electricity_price_EUR_per_MWh": [60.0, 85.0]})
    one, two, all_together = (
        sweep(run, cases, chunk_size=size).drop(columns="run_s") for size in (1, 2, 6)
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pd.testing.assert_frame_equal(one, all_together, check_exact=True)
    assert one["heat_pump_15_80_kW"].isna().tolist() == [True] * 4 + [False] * 2
