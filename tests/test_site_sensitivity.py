"""Sensitivity at fixed levels: the reference system, exact tipping points, every fault."""

from __future__ import annotations

import json
import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_fixed_levels import (
    ELECTRICITY,
    EMISSION,
    INVESTMENT,
    LEVELS_C,
    LevelSite,
    level_sites,
    prices,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore import InputError, SiteEconomics, load_case
from milpcore.economics import Measure
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_results import SensitivityStudy, pairs_of, used_pumps

CO2_PRICE = "co2_price_EUR_per_t"
PAPER = {ELECTRICITY: (-17.0, -15.0), INVESTMENT: (-46.0, -44.0), EMISSION: (-46.0, -44.0)}
"""Brackets of the tipping points, %."""
COST_KEYS = (
    ELECTRICITY,
    "gas_price_EUR_per_MWh",
    CO2_PRICE,
    EMISSION,
    "gas_emission_t_per_MWh",
    "boiler_efficiency",
    "cooling_price_EUR_per_MWh",
    "operating_hours_h_per_a",
    "interest_rate",
    "lifetime_a",
    INVESTMENT,
    "max_lift_K",
    "max_sink_C",
)
RANGES = {"boiler_efficiency": (0.5, 1.2), "operating_hours_h_per_a": (100.0, 8700.0)}


@pytest.fixture(scope="module")
def reference() -> SensitivityStudy:
    keys = (*PAPER, CO2_PRICE)
    return sensitivity(load_case("site_400"), levels_C=LEVELS_C, vary=keys)


def test_the_reference_system_tips_where_the_paper_says(reference: SensitivityStudy) -> None:
    tips = reference.tipping_points
    assert tips["parameter"].tolist() == list(PAPER)
    for (low, high), percent in zip(PAPER.values(), tips["percent"], strict=True):
        assert low < percent < high
    assert set(tips["before"]) == {"35→80, 80→134"}
    assert set(tips["after"]) == {"35→80"}
    assert tips["percent"].tolist() == pytest.approx([-16.294, -45.937, -45.559], abs=1e-3)


def test_the_reference_system_has_the_pumps_of_the_design_notes(
    reference: SensitivityStudy,
) -> None:
    pumps = reference.heat_pumps
    base = pumps[(pumps["parameter"] == ELECTRICITY) & (pumps["percent"] == 0.0)]
    assert base[["source_C", "sink_C"]].to_numpy().tolist() == [[35.0, 80.0]]
    assert base["heat_kW"].tolist() == pytest.approx([11.6e3], abs=50.0)
    cheap = pumps[(pumps["parameter"] == ELECTRICITY) & (pumps["percent"] == -17.5)]
    assert cheap["heat_kW"].tolist() == pytest.approx([30.2e3, 25.5e3], abs=50.0)
    assert cheap["power_kW"].tolist() == pytest.approx((cheap["heat_kW"] / cheap["cop"]).tolist())
    points = reference.points
    assert points.groupby("parameter").size().tolist() == [41] * 4
    at_base = points[points["percent"] == 0.0]
    assert len(set(at_base["tac_EUR_per_a"])) == 1
    steepest = points.groupby("parameter")["tac_EUR_per_a"].agg(lambda tac: tac.max() - tac.min())
    assert steepest.idxmax() == CO2_PRICE, "as in the paper"


def test_tipping_points_are_exact_to_a_hundredth_of_a_percent(
    reference: SensitivityStudy,
) -> None:
    system = FixedLevels(load_case("site_400"), LEVELS_C)
    base = SiteEconomics()
    for tip in reference.tipping_points.itertuples():
        step = 1e-4 * getattr(base, str(tip.parameter))
        sides = [base.replace(**{str(tip.parameter): tip.value + s * step}) for s in (-1.0, 1.0)]
        below, above = used_pumps(system.operate(sides))
        assert [list(map(list, pumps)) for pumps in (below, above)] == [
            [list(pair.values()) for pair in pairs_of(str(text))]
            for text in (tip.before, tip.after)
        ]


def changes(study: SensitivityStudy) -> list[tuple[str, str]]:
    tips = study.tipping_points
    return list(zip(tips["before"], tips["after"], strict=True))


@settings(max_examples=60)
@given(
    level_sites(),
    prices(level_dt_cont_K=False).filter(lambda one: one.electricity_price_EUR_per_MWh >= 0.0),
    st.sampled_from(COST_KEYS),
    st.sampled_from(["tac", "opex", "co2"]),
)
def test_no_tipping_point_is_missed(
    site: LevelSite, base: SiteEconomics, key: str, objective: str
) -> None:
    middle = getattr(SiteEconomics(), key) or 10.0
    low, high = RANGES.get(key, (0.2 * middle, 1.7 * middle))
    coarse, fine = np.linspace(low, high, 5), np.linspace(low, high, 201)
    options: dict[str, Any] = {
        "levels_C": site.levels_C,
        "economics": base,
        "objective": objective,
    }
    study = sensitivity(site.streams, vary={key: coarse}, **options)
    finer = sensitivity(site.streams, vary={key: fine}, **options)
    assert changes(study) == changes(finer)
    scale = abs(getattr(base, key)) or high - low
    np.testing.assert_allclose(
        study.tipping_points["value"], finer.tipping_points["value"], atol=1e-4 * scale, rtol=0.0
    )
    grid = finer.heat_pumps.groupby("value")[["source_C", "sink_C"]].apply(
        lambda rows: frozenset(map(tuple, rows.to_numpy().tolist()))
    )
    sets = [grid.get(value, frozenset()) for value in finer.points["value"]]
    seen = sum(before != after for before, after in pairwise(sets))
    assert seen <= len(finer.tipping_points)


def test_every_numeric_key_can_be_varied() -> None:
    streams = load_case("site_400")
    keys = [key for key in SiteEconomics.__dataclass_fields__ if "cooling" not in key]
    started: list[str] = []
    study = sensitivity(
        streams,
        levels_C=(-5.0, *LEVELS_C),
        vary=keys,
        from_percent=-20.0,
        to_percent=5.0,
        n_steps=3,
        on_parameter=started.append,
    )
    assert started == keys
    assert study.points["parameter"].unique().tolist() == keys
    assert (study.points.groupby("parameter").size() == 3).all()
    free = sensitivity(
        streams, levels_C=LEVELS_C, vary={"cooling_price_EUR_per_MWh": [5.0, 0.0, 5.0]}
    )
    assert free.points["value"].tolist() == [0.0, 5.0]
    assert free.points["percent"].isna().all()
    assert free.to_json_dict()["parameters"][0]["points"][0]["percent"] is None


def test_a_heat_pump_comes_with_its_limit() -> None:
    study = sensitivity(
        load_case("site_400"), levels_C=LEVELS_C, vary="max_lift_K", from_percent=-40.0
    )
    tip = study.tipping_points.iloc[0]
    assert tip["value"] == pytest.approx(45.0, abs=1e-4)
    assert (tip["before"], tip["after"]) == ("none", "35→80")


def test_without_heat_pumps_nothing_tips() -> None:
    study = sensitivity(
        load_case("site_400"), levels_C=LEVELS_C, vary=ELECTRICITY, heat_pumps=False
    )
    assert study.tipping_points.empty
    assert study.heat_pumps.empty
    assert len(set(study.points["tac_EUR_per_a"])) == 1


def test_json_has_the_shape_of_the_command(reference: SensitivityStudy) -> None:
    content = json.loads(json.dumps(reference.to_json_dict(), allow_nan=False))
    assert content["levels_C"] == list(LEVELS_C)
    assert content["objective"] == "tac"
    first = content["parameters"][0]
    assert first["parameter"] == ELECTRICITY
    assert first["base"] == 85.0
    assert len(first["points"]) == 41
    assert first["points"][0]["percent"] == -50.0
    assert {pump["sink_C"] for pump in first["points"][0]["heat_pumps"]} == {80.0, 134.0}
    (tip,) = first["tipping_points"]
    assert tip["after"] == [{"source_C": 35.0, "sink_C": 80.0}]
    assert tip["before"] == [*tip["after"], {"source_C": 80.0, "sink_C": 134.0}]
    assert content["parameters"][3]["tipping_points"] == []


def test_tables_are_written_whole(reference: SensitivityStudy, tmp_path: Path) -> None:
    paths = reference.write(tmp_path / "new")
    assert [path.name for path in paths] == ["points.csv", "heat_pumps.csv", "tipping_points.csv"]
    pd.testing.assert_frame_equal(pd.read_csv(paths[0]), reference.points, check_dtype=False)
    assert pd.read_csv(paths[2])["before"].tolist() == reference.tipping_points["before"].tolist()


def test_a_study_can_be_pickled(reference: SensitivityStudy) -> None:
    copy = pickle.loads(pickle.dumps(reference))
    pd.testing.assert_frame_equal(copy.points, reference.points)
    assert copy.objective is Measure.TAC


@pytest.mark.parametrize(
    ("vary", "options", "messages"),
    [
        ([], {}, [f"vary = []: must name at least one parameter; such as {ELECTRICITY}"]),
        (
            ["interest", "lifetime_a", "lifetime_a"],
            {"from_percent": 5.0, "to_percent": -5.0, "n_steps": 1},
            [
                "vary = interest: unknown parameter; did you mean 'interest_rate'?",
                "vary = lifetime_a: must not come twice; remove the duplicate",
                "from_percent = 5.0: must be below to_percent, -5; swap them",
                "n_steps = 1: must be a whole number from 2; such as 41",
            ],
        ),
        (
            ["gas", "lifetime", "steam", ""],
            {},
            [
                "vary = lifetime: unknown parameter; did you mean 'lifetime_a'?",
                'vary = gas, steam, "": unknown parameters; known: '
                + ", ".join(SiteEconomics.__dataclass_fields__),
            ],
        ),
        (
            ELECTRICITY,
            {"from_percent": float("nan"), "to_percent": "much", "n_steps": 2.5},
            [
                "from_percent = nan: must be a number (%); such as -50",
                "to_percent = 'much': must be a number (%); such as -50",
                "n_steps = 2.5: must be a whole number from 2; such as 41",
            ],
        ),
        (
            ["cooling_price_EUR_per_MWh", "boiler_efficiency", "operating_hours_h_per_a"],
            {},
            [
                "cooling_price_EUR_per_MWh = 0.0: is 0 and cannot be varied by percent; "
                "give its values",
                "boiler_efficiency = 1.35: must be at least 0.01 and at most 1.2; narrow the range",
                "operating_hours_h_per_a = 12000.0: must be above 0 and at most 8784 h/a; "
                "narrow the range",
            ],
        ),
        (
            {ELECTRICITY: [50.0], CO2_PRICE: ["dear"], "lifetime_a": [1.0, float("inf")]},
            {},
            [
                f"{ELECTRICITY} = [50.0]: must be two or more finite numbers; list the values",
                f"{CO2_PRICE} = ['dear']: must be numbers; list the values",
                "lifetime_a = [1.0, inf]: must be two or more finite numbers; list the values",
            ],
        ),
    ],
)
def test_every_fault_is_listed(vary: Any, options: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(InputError) as error:
        sensitivity(load_case("two_streams"), levels_C=[50.0, 130.0], vary=vary, **options)
    lines = str(error.value).splitlines()
    assert [line.removeprefix("  - ") for line in lines[1:]] == messages


def test_values_that_reward_waste_are_named() -> None:
    with pytest.raises(InputError, match=f"{ELECTRICITY} = -500: tac of heat pump heat = -"):
        sensitivity(
            load_case("site_400"), levels_C=LEVELS_C, vary={ELECTRICITY: [-500.0, 0.0, 50.0]}
        )


def test_levels_and_objective_are_checked() -> None:
    streams = load_case("two_streams")
    with pytest.raises(InputError, match="no level high enough"):
        sensitivity(streams, levels_C=[50.0], vary=ELECTRICITY)
    with pytest.raises(InputError, match="objective = npv: must be one of tac, opex, capex, co2"):
        sensitivity(streams, levels_C=[50.0, 130.0], vary=ELECTRICITY, objective="npv")
