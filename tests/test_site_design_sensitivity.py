"""Sensitivity of designs whose levels may change: exact changes, checked designs, every fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_fixed_levels import ELECTRICITY, INVESTMENT
from helpers_sites import stream_tables
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore import InputError, SiteEconomics, Status, Streams, load_case
from milpcore.economics import Measure
from milpcore.site.design_sensitivity import (
    DesignProgress,
    greenfield_sensitivity,
    retrofit_sensitivity,
)
from milpcore.site.design_sensitivity_results import DesignsAlong, DesignSensitivityStudy
from milpcore.site.design_tips import EQUAL, DesignState, cheaper_by, design_tips
from milpcore.site.greenfield import greenfield
from milpcore.site.results import SiteResult

EXISTING_C = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
KEYS = (ELECTRICITY, INVESTMENT, "gas_price_EUR_per_MWh", "boiler_efficiency", "lifetime_a")


@pytest.fixture(scope="module")
def study() -> DesignSensitivityStudy:
    return greenfield_sensitivity(
        load_case("site_400"), n_levels=6, vary=(ELECTRICITY, INVESTMENT), n_steps=5
    )


def changes(study: DesignSensitivityStudy) -> list[tuple[str, ...]]:
    columns = ["before_levels_C", "before_heat_pumps", "after_levels_C", "after_heat_pumps"]
    return [tuple(row) for row in study.tipping_points[columns].to_numpy().tolist()]


@pytest.mark.compiled
def test_designs_of_the_reference_site_tip_where_they_cost_the_same(
    study: DesignSensitivityStudy,
) -> None:
    tips = study.tipping_points
    assert tips["parameter"].tolist() == [ELECTRICITY] * 2 + [INVESTMENT] * 2
    assert tips["percent"].tolist() == pytest.approx([-45.386, 7.956, 19.251, 23.037], abs=2e-3)
    assert study.points["status"].unique().tolist() == ["optimal"]
    base = SiteEconomics()
    for tip in tips.itertuples():
        step = 1e-4 * getattr(base, str(tip.parameter))
        for side, levels, pumps in (
            (-step, tip.before_levels_C, tip.before_heat_pumps),
            (step, tip.after_levels_C, tip.after_heat_pumps),
        ):
            here = base.replace(**{str(tip.parameter): tip.value + side})
            found = greenfield(load_case("site_400"), n_levels=6, economics=here, mip_rel_gap=0.0)
            (level_C, pairs) = DesignState.of(found).signature
            assert ", ".join(f"{one:g}" for one in level_C) == levels
            assert ", ".join(f"{i:g}→{j:g}" for i, j in pairs) == pumps


@pytest.mark.compiled
@settings(max_examples=12)
@given(stream_tables(), st.sampled_from(KEYS), st.integers(2, 4))
def test_no_change_of_the_design_is_missed(streams: Streams, key: str, n_levels: int) -> None:
    base = SiteEconomics(electricity_emission_t_per_MWh=0.1, cooling_price_EUR_per_MWh=2.0)
    low, high = 0.3 * getattr(base, key), 1.3 * getattr(base, key)
    coarse, fine = (
        greenfield_sensitivity(
            streams,
            n_levels=n_levels,
            vary={key: np.linspace(low, high, n_values)},
            economics=base,
        )
        for n_values in (2, 31)
    )
    assert changes(coarse) == changes(fine)
    np.testing.assert_allclose(
        coarse.tipping_points["value"], fine.tipping_points["value"], rtol=2e-4
    )


@pytest.mark.compiled
def test_the_best_retrofit_is_found_again_at_every_value() -> None:
    study = retrofit_sensitivity(
        load_case("site_400"), existing_C=EXISTING_C, vary=ELECTRICITY, n_steps=5
    )
    assert set(study.points["levels_C"]) == {"13, 25, 80, 134, 214, 285, 1600"}
    (tip,) = study.tipping_points.itertuples()
    assert tip.percent == pytest.approx(-23.597, abs=2e-3)
    assert (tip.before_heat_pumps, tip.after_heat_pumps) == ("25→80, 80→134", "25→80")


class Watcher:
    """Notes progress, and wants to stop at the n-th call."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.heard: list[DesignProgress] = []
        self.stop_at = stop_at

    def __call__(self, progress: DesignProgress) -> bool:
        self.heard.append(progress)
        return len(self.heard) >= self.stop_at


PRICES = (ELECTRICITY, "gas_price_EUR_per_MWh")
DAIRY: dict[str, Any] = {"n_levels": 4, "vary": PRICES, "n_steps": 4}


def test_progress_counts_values_and_what_lies_between() -> None:
    watcher = Watcher()
    parts: list[DesignsAlong] = []
    study = greenfield_sensitivity(
        load_case("dairy_8"), **DAIRY, observer=watcher, on_parameter=parts.append
    )
    assert study.unfinished == ()
    seen = [one[1:] for one in watcher.heard]
    assert seen == sorted(seen, key=lambda one: (PRICES.index(one[0]), one[1], one[3]))
    elapsed_s = [one.elapsed_s for one in watcher.heard]
    assert 0.0 <= elapsed_s[0] <= elapsed_s[-1]
    assert elapsed_s == sorted(elapsed_s)
    for key, part in zip(PRICES, parts, strict=True):
        here = [one for one in watcher.heard if one.parameter == key]
        assert {one.n_values for one in here} == {4}
        assert {one.n_done for one in here} >= {0, 1, 2, 3}
        assert all(one.n_between == 0 for one in here if one.n_done < 4)
        assert (part.parameter, part.is_complete, len(part.states)) == (key, True, 4)
        tips = study.tipping_points[study.tipping_points["parameter"] == key]
        assert [tip.value for tip in part.tips] == tips["value"].tolist()
    assert max(one.n_between for one in watcher.heard) > 0


def test_a_study_that_is_stopped_holds_what_is_finished() -> None:
    streams = load_case("dairy_8")
    whole = greenfield_sensitivity(streams, **DAIRY)
    watcher = Watcher()
    greenfield_sensitivity(streams, **DAIRY, observer=watcher)
    turns = np.linspace(1, len(watcher.heard), 16).astype(int).tolist()
    seen: set[tuple[int, int]] = set()
    for stop_at in turns:
        stopped = Watcher(stop_at)
        part = greenfield_sensitivity(streams, **DAIRY, observer=stopped)
        assert len(stopped.heard) == stop_at, "asked again after it said stop"
        n_points = len(part.points)
        seen.add((n_points, len(part.unfinished)))
        whole_points = whole.points.drop(columns="gap").iloc[:n_points]
        pd.testing.assert_frame_equal(part.points.drop(columns="gap"), whole_points)
        assert part.unfinished == (PRICES if len(part.unfinished) == 2 else PRICES[1:])
        finished = [key for key in PRICES if key not in part.unfinished]
        for name in ("designs", "tipping_points"):
            mine, theirs = (
                one[one["parameter"].isin(finished)]
                for one in (getattr(part, name), getattr(whole, name))
            )
            pd.testing.assert_frame_equal(mine, theirs)
        told = [one["is_finished"] for one in part.to_json_dict()["parameters"]]
        assert told == [key not in part.unfinished for key in part.results]
    assert {(0, 2), (4, 2), (8, 1)} <= seen


@pytest.mark.compiled
def test_designs_of_an_unfinished_parameter_lie_between_its_values(
    study: DesignSensitivityStudy,
) -> None:
    states = tuple(DesignState.of(one) for one in study.results[ELECTRICITY])
    values = np.array(study.points["value"][:5])
    part = DesignsAlong(ELECTRICITY, values[:4], states[:4], (), False)
    cut = DesignSensitivityStudy.of(Measure.TAC, SiteEconomics(), (ELECTRICITY, INVESTMENT), [part])
    assert cut.unfinished == (ELECTRICITY, INVESTMENT)
    assert cut.designs[["from_percent", "to_percent"]].to_numpy().tolist() == [
        [-50.0, -50.0],
        [-25.0, 0.0],
        [25.0, 25.0],
    ]


@pytest.mark.compiled
def test_designs_reach_from_tip_to_tip_and_costs_at_tips_are_those_of_both(
    study: DesignSensitivityStudy,
) -> None:
    designs = study.designs[study.designs["parameter"] == ELECTRICITY]
    tips = study.tipping_points[study.tipping_points["parameter"] == ELECTRICITY]
    assert designs["from_value"].tolist() == [42.5, *tips["value"]]
    assert designs["to_value"].tolist() == [*tips["value"], 127.5]
    assert designs["levels_C"].tolist()[1:] == tips["after_levels_C"].tolist()
    assert designs["heat_pumps"].tolist()[:-1] == tips["before_heat_pumps"].tolist()
    for tip in tips.itertuples():
        here = SiteEconomics().replace(**{ELECTRICITY: tip.value})
        found = greenfield(load_case("site_400"), n_levels=6, economics=here, mip_rel_gap=0.0)
        for name in ("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a"):
            there = found.summary[name].iloc[0]
            rel = 1e-9 if name.startswith("tac") else 0.1
            assert getattr(tip, name) == pytest.approx(there, rel=rel)


@pytest.mark.compiled
def test_limits_of_heat_pumps_are_halved() -> None:
    study = retrofit_sensitivity(
        load_case("site_400"),
        existing_C=EXISTING_C,
        vary={"max_lift_K": [50.0, 57.0]},
        move=0,
        tolerance=1e-5,
    )
    (tip,) = study.tipping_points.itertuples()
    assert tip.value == pytest.approx(55.0, abs=1e-3)
    assert (tip.before_heat_pumps, tip.after_heat_pumps) == ("none", "25→80")


def test_without_a_design_there_is_a_status() -> None:
    study = greenfield_sensitivity(
        load_case("two_streams"), n_levels=1, vary="lifetime_a", n_steps=2
    )
    assert study.points["status"].tolist() == [Status.INFEASIBLE.value] * 2
    assert study.points["levels_C"].tolist() == ["none"] * 2
    assert study.tipping_points.empty
    points = study.to_json_dict()["parameters"][0]["points"]
    assert points[0]["tac_EUR_per_a"] is None


@pytest.mark.compiled
def test_designs_compare_measure_by_measure() -> None:
    streams = load_case("site_400")
    few, more = (DesignState.of(greenfield(streams, n_levels=n, mip_rel_gap=0.0)) for n in (5, 6))
    base = SiteEconomics()
    assert cheaper_by(more, few, [Measure.TAC], base) == pytest.approx(
        1.0 - 135_934_380.0 / 139_855_575.0, abs=2e-4
    )
    assert cheaper_by(few, more, [Measure.TAC], base) < 0.0
    assert cheaper_by(few, few, [Measure.CO2, Measure.TAC], base) == 0.0
    row = more.result.summary.iloc[0]
    assert more.cost(Measure.TAC, base) == pytest.approx(row["tac_EUR_per_a"], rel=1e-9)
    assert more.cost(Measure.CO2, base) == pytest.approx(row["co2_t_per_a"], rel=1e-9)
    assert EQUAL < 1e-6


@pytest.mark.compiled
def test_equal_designs_change_at_an_end_without_a_search(study: DesignSensitivityStudy) -> None:
    results: tuple[SiteResult, ...] = study.results[ELECTRICITY]
    states = [DesignState.of(results[1]), DesignState.of(results[-1])]

    def find(value: float) -> DesignState:
        raise AssertionError(f"asked at {value}")

    base = SiteEconomics()
    same = [states[0], states[0]]
    options = {"base": base, "tolerance": 1e-3}
    assert list(design_tips(ELECTRICITY, [60.0, 61.0], same, find, **options)) == []
    near = list(design_tips(ELECTRICITY, [60.0, 60.0005], states, find, **options))
    assert [tip.value for tip in near] == [60.0005]


@pytest.mark.compiled
def test_json_and_tables_hold_designs(study: DesignSensitivityStudy, tmp_path: Path) -> None:
    content = json.loads(json.dumps(study.to_json_dict(), allow_nan=False))
    assert content["objective"] == "tac"
    first = content["parameters"][0]
    assert (first["parameter"], first["base"]) == (ELECTRICITY, 85.0)
    assert first["points"][2]["percent"] == 0.0
    assert first["points"][2]["levels_C"] == [15, 61, 113, 131, 167, 805]
    tip = first["tipping_points"][1]
    assert tip["after"]["levels_C"] == [15, 61, 90, 113, 156, 805]
    assert tip["before"]["heat_pumps"][0] == {"source_C": 61.0, "sink_C": 113.0}
    assert tip["tac_EUR_per_a"] == study.tipping_points["tac_EUR_per_a"].iloc[1]
    assert first["is_finished"]
    paths = study.write(tmp_path)
    assert [path.name for path in paths] == ["points.csv", "designs.csv", "tipping_points.csv"]


def test_faults_are_listed() -> None:
    streams = load_case("two_streams")
    with pytest.raises(InputError, match="unknown parameter"):
        greenfield_sensitivity(streams, n_levels=2, vary="gas")
    with pytest.raises(InputError, match=r"tolerance = 0\.0: must be from 1e-9 to below 1"):
        greenfield_sensitivity(streams, n_levels=2, vary="lifetime_a", tolerance=0.0)
    with pytest.raises(InputError, match="levels"):
        greenfield_sensitivity(streams, n_levels=0, vary="lifetime_a")
    with pytest.raises(InputError, match="existing_C"):
        retrofit_sensitivity(streams, existing_C=[], vary="lifetime_a")
