"""Sensitivity of designs whose levels may change: exact changes, checked designs, every fault."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
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
from milpcore.site.design_sensitivity_results import DesignSensitivityStudy
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
    heard: list[DesignProgress] = []
    study = retrofit_sensitivity(
        load_case("site_400"),
        existing_C=EXISTING_C,
        vary=ELECTRICITY,
        n_steps=5,
        on_progress=heard.append,
    )
    assert heard == [DesignProgress(ELECTRICITY, done, 5) for done in range(1, 6)]
    assert set(study.points["levels_C"]) == {"13, 25, 80, 134, 214, 285, 1600"}
    (tip,) = study.tipping_points.itertuples()
    assert tip.percent == pytest.approx(-23.597, abs=2e-3)
    assert (tip.before_heat_pumps, tip.after_heat_pumps) == ("25→80, 80→134", "25→80")


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
    assert design_tips(ELECTRICITY, [60.0, 61.0], same, find, **options) == []
    near = design_tips(ELECTRICITY, [60.0, 60.0005], states, find, **options)
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
    paths = study.write(tmp_path)
    assert [path.name for path in paths] == ["points.csv", "tipping_points.csv"]


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
