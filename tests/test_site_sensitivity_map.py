"""Two parameters at once: the map agrees with the studies of one, borders are exact."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers_fixed_levels import ELECTRICITY, INVESTMENT, LEVELS_C

from milpcore import InputError, SiteEconomics, load_case
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_map import sensitivity_map
from milpcore.site.sensitivity_map_results import SensitivityMap


@pytest.fixture(scope="module")
def found() -> SensitivityMap:
    return sensitivity_map(
        load_case("site_400"), levels_C=LEVELS_C, vary=(ELECTRICITY, INVESTMENT), n_steps=11
    )


def test_its_middle_row_is_the_study_of_one_parameter(found: SensitivityMap) -> None:
    alone = sensitivity(load_case("site_400"), levels_C=LEVELS_C, vary=INVESTMENT, n_steps=11)
    tac = found.grid("tac_EUR_per_a")
    assert tac.shape == (11, 11)
    np.testing.assert_allclose(tac[5], alone.points["tac_EUR_per_a"], rtol=1e-12)
    middle = found.borders[found.borders["first_percent"] == 0.0]
    assert middle["second_percent"].tolist() == alone.tipping_points["percent"].tolist()
    assert middle["before"].tolist() == alone.tipping_points["before"].tolist()


def test_its_middle_column_is_the_study_of_the_other(found: SensitivityMap) -> None:
    alone = sensitivity(load_case("site_400"), levels_C=LEVELS_C, vary=ELECTRICITY, n_steps=11)
    np.testing.assert_allclose(
        found.grid("tac_EUR_per_a")[:, 5], alone.points["tac_EUR_per_a"], rtol=1e-12
    )


def test_every_change_between_neighbours_in_a_row_is_a_border(found: SensitivityMap) -> None:
    index = found.set_index
    first, second = found.axes
    for row, value in enumerate(first.values):
        borders = found.borders[found.borders["first_value"] == value]["second_value"].to_numpy()
        assert (np.diff(borders) > 0.0).all()
        for place in range(len(second.values) - 1):
            between = (borders > second.values[place]) & (borders < second.values[place + 1])
            assert between.any() == (index[row, place] != index[row, place + 1])


def test_sets_are_counted(found: SensitivityMap) -> None:
    assert found.sets["n_points"].sum() == 121
    assert found.sets["n_points"].is_monotonic_decreasing
    assert found.sets["heat_pumps"].tolist()[:2] == ["35→80", "35→80, 80→134"]
    for place, text in enumerate(found.sets["heat_pumps"]):
        assert (found.points["heat_pumps"] == text).sum() == (found.set_index == place).sum()


def test_json_and_tables(found: SensitivityMap, tmp_path: Path) -> None:
    content = json.loads(json.dumps(found.to_json_dict(), allow_nan=False))
    assert [axis["parameter"] for axis in content["parameters"]] == [ELECTRICITY, INVESTMENT]
    assert content["parameters"][0]["percent"][0] == -50.0
    assert content["sets"][0]["heat_pumps"] == [{"source_C": 35.0, "sink_C": 80.0}]
    assert np.array(content["set_index"]).shape == (11, 11)
    assert np.array(content["co2_t_per_a"]).shape == (11, 11)
    assert content["borders"][0]["before"] != content["borders"][0]["after"]
    paths = found.write(tmp_path)
    assert [path.name for path in paths] == ["points.csv", "sets.csv", "borders.csv"]


def test_values_may_be_given_and_rows_are_told() -> None:
    told: list[tuple[int, int]] = []
    found = sensitivity_map(
        load_case("two_streams"),
        levels_C=[50.0, 130.0],
        vary={"cooling_price_EUR_per_MWh": [0.0, 4.0, 8.0], "lifetime_a": [10.0, 20.0]},
        economics=SiteEconomics(),
        on_row=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found.points["first_percent"].isna().all()
    assert found.points["second_percent"].tolist() == [-50.0, 0.0] * 3
    assert found.borders.empty
    assert found.to_json_dict()["parameters"][0]["percent"] == [None] * 3


@pytest.mark.parametrize("vary", [[ELECTRICITY], [ELECTRICITY, INVESTMENT, "lifetime_a"]])
def test_other_than_two_parameters_are_refused(vary: list[str]) -> None:
    with pytest.raises(InputError, match="must name two parameters; choose two"):
        sensitivity_map(load_case("two_streams"), levels_C=[50.0, 130.0], vary=vary)


def test_values_that_reward_waste_are_named() -> None:
    with pytest.raises(InputError, match=f"{ELECTRICITY} = -500, {INVESTMENT} = 0: tac of heat"):
        sensitivity_map(
            load_case("site_400"),
            levels_C=LEVELS_C,
            vary={ELECTRICITY: [-500.0, 50.0], INVESTMENT: [0.0, 9e5]},
        )
