"""Two parameters at once: the map agrees with the studies of one, borders are exact.

What is best at a place is found here by the linear program of `milpcore.site.operate`, which the
map does not use.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers_fixed_levels import ELECTRICITY, INVESTMENT, LEVELS_C

from milpcore import InputError, SiteEconomics, load_case
from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.model import Design, nearest_levels
from milpcore.site.operate import operate
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_map import sensitivity_map
from milpcore.site.sensitivity_map_results import RowTables, SensitivityMap

CO2_PRICE, GAS = "co2_price_EUR_per_t", "gas_price_EUR_per_MWh"
MANY_LEVELS_C = (15.0, 35.0, 50.0, 65.0, 80.0, 100.0, 134.0, 160.0, 214.0, 285.0, 1600.0)


@pytest.fixture(scope="module")
def found() -> SensitivityMap:
    return sensitivity_map(
        load_case("site_400"), levels_C=LEVELS_C, vary=(ELECTRICITY, INVESTMENT), n_steps=11
    )


@pytest.fixture(scope="module")
def coarse() -> SensitivityMap:
    """Six sets of heat pumps on nine points: two of them lie between the points."""
    return sensitivity_map(
        load_case("site_400"),
        levels_C=MANY_LEVELS_C,
        vary=(GAS, ELECTRICITY),
        from_percent=-80.0,
        to_percent=150.0,
        n_steps=3,
    )


def operated(levels_C: tuple[float, ...], **prices: float) -> tuple[SiteInputs, Design]:
    """Solve the linear program of one place."""
    economics = replace(SiteEconomics(), **prices)
    inputs = prepare(load_case("site_400"), economics=economics, candidates_C=levels_C)
    everything = np.ones(inputs.n_candidates, dtype=bool)
    design = operate(inputs, everything, nearest_levels(inputs, everything))
    assert design is not None
    return inputs, design


def best_set(found: SensitivityMap, place: tuple[float, float]) -> str:
    """Name the heat pumps that the linear program runs at a place."""
    keys = [axis.parameter for axis in found.axes]
    inputs, design = operated(found.levels_C, **dict(zip(keys, place, strict=True)))
    level_C, used = inputs.level_C, design.pump_heat_kW > 0.0
    pairs = zip(level_C[inputs.pump_source[used]], level_C[inputs.pump_sink[used]], strict=True)
    return ", ".join(f"{source:g}→{sink:g}" for source, sink in sorted(pairs)) or "none"


def test_its_middle_row_is_the_study_of_one_parameter(found: SensitivityMap) -> None:
    alone = sensitivity(load_case("site_400"), levels_C=LEVELS_C, vary=INVESTMENT, n_steps=11)
    tac = found.grid("tac_EUR_per_a")
    assert tac.shape == (11, 11)
    np.testing.assert_allclose(tac[5], alone.points["tac_EUR_per_a"], rtol=1e-12)
    along = found.borders[found.borders["along"] == INVESTMENT]
    middle = along[along["first_percent"] == 0.0]
    assert middle["second_percent"].tolist() == alone.tipping_points["percent"].tolist()
    assert middle["before"].tolist() == alone.tipping_points["before"].tolist()


def test_its_middle_column_is_the_study_of_the_other(found: SensitivityMap) -> None:
    alone = sensitivity(load_case("site_400"), levels_C=LEVELS_C, vary=ELECTRICITY, n_steps=11)
    np.testing.assert_allclose(
        found.grid("tac_EUR_per_a")[:, 5], alone.points["tac_EUR_per_a"], rtol=1e-12
    )
    along = found.borders[found.borders["along"] == ELECTRICITY]
    middle = along[along["second_percent"] == 0.0]
    np.testing.assert_allclose(
        middle["first_percent"], alone.tipping_points["percent"], atol=2e-4, rtol=0.0
    )
    assert middle["after"].tolist() == alone.tipping_points["after"].tolist()


@pytest.mark.parametrize("along", [0, 1])
def test_every_change_between_neighbours_is_a_border(found: SensitivityMap, along: int) -> None:
    index = found.set_index if along else found.set_index.T
    on_line, other = ("second_value", "first_value") if along else ("first_value", "second_value")
    axis, lines = found.axes[along], found.axes[1 - along]
    table = found.borders[found.borders["along"] == axis.parameter]
    assert table[other].is_monotonic_increasing
    for line, value in enumerate(lines.values):
        borders = table.loc[table[other] == value, on_line].to_numpy()
        assert (np.diff(borders) > 0.0).all()
        for place in range(len(axis.values) - 1):
            between = (borders > axis.values[place]) & (borders < axis.values[place + 1])
            assert between.any() == (index[line, place] != index[line, place + 1])


@pytest.mark.parametrize("n_steps", [2, 3, 5, 21])
def test_borders_are_where_both_operations_cost_the_same(n_steps: int) -> None:
    """TAC of either operation is linear in both prices, so the border is a straight line."""
    keys = (ELECTRICITY, CO2_PRICE)
    found = sensitivity_map(load_case("site_400"), levels_C=LEVELS_C, vary=keys, n_steps=n_steps)
    base = SiteEconomics()
    designs = [operated(LEVELS_C, **{ELECTRICITY: price})[1] for price in (60.0, 100.0)]

    def dearer(electricity: float, co2: float) -> float:
        inputs, _ = operated(LEVELS_C, **{ELECTRICITY: electricity, CO2_PRICE: co2})
        tac = [
            inputs.evaluate(Measure.TAC, one.external_heat_kW, one.cooling_kW, one.pump_heat_kW)
            for one in designs
        ]
        return tac[0] - tac[1]

    at_base = dearer(base.electricity_price_EUR_per_MWh, base.co2_price_EUR_per_t)
    by_electricity = dearer(0.0, base.co2_price_EUR_per_t)
    by_co2 = dearer(base.electricity_price_EUR_per_MWh, 0.0)
    per_percent = 0.01 * (at_base - np.array([by_electricity, by_co2]))

    def electricity_percent(co2_percent: float) -> float:
        return float(-(at_base + per_percent[1] * co2_percent) / per_percent[0])

    assert electricity_percent(-50.0) == pytest.approx(-20.6, abs=0.05)
    assert electricity_percent(50.0) == pytest.approx(-12.0, abs=0.05)
    across = found.borders[found.borders["along"] == ELECTRICITY]
    percent = np.linspace(-50.0, 50.0, n_steps)
    np.testing.assert_allclose(across["second_percent"], percent)
    np.testing.assert_allclose(
        across["first_percent"], [electricity_percent(one) for one in percent], atol=1e-3
    )
    assert set(across["before"] + " | " + across["after"]) == {"35→80, 80→134 | 35→80"}
    up = found.borders[found.borders["along"] == CO2_PRICE]
    crossed = [
        one for one in percent if electricity_percent(-50.0) < one < electricity_percent(50.0)
    ]
    np.testing.assert_allclose(up["first_percent"], crossed, atol=1e-9)
    np.testing.assert_allclose(
        [electricity_percent(one) for one in up["second_percent"]], crossed, atol=1e-3
    )
    corners = [found.axes[axis].base * (1.0 + percent / 100.0) for axis in (0, 1)]
    ends = {end for border in found.pieces.borders for end in border}
    for at in (0, -1):
        on_edge = [end[0] for end in ends if end[1] == pytest.approx(corners[1][at])]
        told = base.electricity_price_EUR_per_MWh * (1.0 + electricity_percent(percent[at]) / 100.0)
        assert on_edge == [pytest.approx(told, rel=1e-4)]


def test_all_that_is_on_a_line_of_a_coarse_grid_is_found(coarse: SensitivityMap) -> None:
    """Edges and middle lines are scanned with the linear program, borders halved by it."""
    n_found = 0
    for along in (0, 1):
        axis, lines = coarse.axes[along], coarse.axes[1 - along]
        table = coarse.borders[coarse.borders["along"] == axis.parameter]
        on_line, other = ("first_value", "second_value")[:: 1 - 2 * along]
        for value in lines.values.tolist():

            def best(at: float, value: float = value, along: int = along) -> str:
                return best_set(coarse, (value, at) if along else (at, value))

            rows = table[table[other] == value]
            scanned = np.linspace(axis.values[0], axis.values[-1], 24).tolist()
            scanned = sorted([*scanned, *(rows[on_line] - 1e-4), *(rows[on_line] + 1e-4)])
            told = [best(at) for at in scanned]
            changes = [(a, b) for a, b in pairwise(told) if a != b]
            assert changes == list(zip(rows["before"], rows["after"], strict=True))
            n_found += len(rows)
    assert n_found == len(coarse.borders) == 15


def test_what_lies_between_the_points_is_not_lost(coarse: SensitivityMap) -> None:
    assert coarse.sets["n_points"].tolist() == [4, 2, 2, 1, 0, 0]
    assert coarse.sets["heat_pumps"].tolist()[4:] == ["100→134", "50→65, 80→134, 100→134"]
    low, high = (np.array([axis.values[at] for axis in coarse.axes]) for at in (0, -1))
    places = np.random.default_rng(5).uniform(low, high, (100, 2))
    told = []
    for place in places:
        (area,) = [one for one in coarse.pieces.areas if _holds(np.array(one.corners), place)]
        told.append(area.heat_pumps)
    assert told == [best_set(coarse, (x, y)) for x, y in places.tolist()]
    assert set(told) >= {"100→134", "50→65, 80→134, 100→134"}


def test_rows_that_are_finished_are_a_map(coarse: SensitivityMap) -> None:
    rows: list[RowTables] = []
    values = {axis.parameter: axis.values.tolist() for axis in coarse.axes}
    sensitivity_map(
        load_case("site_400"), levels_C=MANY_LEVELS_C, vary=values, on_result=rows.append
    )

    def first(n_rows: int) -> SensitivityMap:
        known = (coarse.levels_C, coarse.objective, coarse.economics, coarse.axes)
        return SensitivityMap.of(*known, rows[:n_rows])

    assert first(3).pieces == coarse.pieces
    assert first(3).borders.equals(coarse.borders)
    two, finished = first(2), coarse.axes[0].values[:2]
    assert {x for area in two.pieces.areas for x, _ in area.corners} >= set(finished)
    assert max(x for area in two.pieces.areas for x, _ in area.corners) == finished[-1]
    assert two.borders["first_value"].max() <= finished[-1] == 54.0
    one = first(1)
    assert one.pieces.areas == ()
    assert one.borders["along"].unique().tolist() == [ELECTRICITY]
    assert set(one.sets["heat_pumps"]) >= {*one.borders["before"], *one.borders["after"]}
    assert (one.sets["n_points"] == 0).any()


def test_three_sets_meet_in_less_than_two_pixels(coarse: SensitivityMap) -> None:
    ends = [end for border in coarse.pieces.borders for end in border]
    (meeting,) = {end for end in ends if ends.count(end) == 3}
    ranges = np.array([np.ptp(axis.values) for axis in coarse.axes])
    angle = np.linspace(0.0, 2.0 * np.pi, 16)
    round_it = meeting + 3e-3 * ranges * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert len({best_set(coarse, (x, y)) for x, y in round_it.tolist()}) == 3


def _holds(corners: np.ndarray, place: np.ndarray) -> bool:
    """Whether a place lies in a polygon, by the angle that its corners are seen under."""
    steps = np.concatenate([corners, corners[:1]]) - place
    cross = steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]
    return bool(abs(np.arctan2(cross, (steps[:-1] * steps[1:]).sum(axis=1)).sum()) > np.pi)


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
    assert {border["along"] for border in content["borders"]} == {ELECTRICITY, INVESTMENT}
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
    assert len(found.pieces.areas) == 2
    assert found.to_json_dict()["parameters"][0]["percent"] == [None] * 3


@pytest.mark.parametrize("vary", [[ELECTRICITY], [ELECTRICITY, INVESTMENT, "lifetime_a"]])
def test_other_than_two_parameters_are_refused(vary: list[str]) -> None:
    told = f"vary = {', '.join(vary)}: must name two parameters; choose two"
    with pytest.raises(InputError, match=told):
        sensitivity_map(load_case("two_streams"), levels_C=[50.0, 130.0], vary=vary)


def test_values_that_reward_waste_are_named() -> None:
    with pytest.raises(InputError, match=f"{ELECTRICITY} = -500, {INVESTMENT} = 0: tac of heat"):
        sensitivity_map(
            load_case("site_400"),
            levels_C=LEVELS_C,
            vary={ELECTRICITY: [-500.0, 50.0], INVESTMENT: [0.0, 9e5]},
        )
