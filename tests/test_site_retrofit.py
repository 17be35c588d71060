"""The retrofit study: reference numbers, brute force, options, tables."""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_retrofit import EXISTING, best_value, small_plans
from helpers_sites import site_at_levels, streams_of
from hypothesis import given, settings

import milpcore
from milpcore import InputError, SiteEconomics, Status
from milpcore.economics import Measure
from milpcore.site import RetrofitStudy, check, retrofit
from milpcore.site.retrofit import Changes, RetrofitProgress, changes_of
from milpcore.site.retrofit_plan import RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site.retrofit_search import Found

SMALL = (5.0, 40.0, 60.0, 85.0, 205.0)
"""Levels of today for the case dairy_8, °C."""


@pytest.fixture(scope="module")
def dairy() -> milpcore.Streams:
    return milpcore.load_case("dairy_8")


@pytest.fixture(scope="module")
def pairs(dairy: milpcore.Streams) -> RetrofitStudy:
    return retrofit(dairy, existing_C=SMALL, move=2, range_K=25.0)


@pytest.mark.compiled
def test_the_published_study_comes_out_on_the_fitted_site() -> None:
    streams = milpcore.load_case("site_400")
    single = retrofit(streams, existing_C=EXISTING, move=1)
    double = retrofit(streams, existing_C=EXISTING, move=2)
    before = single.baseline.summary.iloc[0]
    assert before["tac_EUR_per_a"] == pytest.approx(149_545_171, abs=1.0)
    assert before["n_heat_pumps"] == 0
    assert single.without_moves_saving_percent == pytest.approx(0.281, abs=5e-4)
    pumps = single.without_moves.heat_pumps
    assert pumps[["source_C", "sink_C"]].to_numpy().tolist() == [[25.0, 80.0]]
    moved = {one.name: (one.moved_C, round(one.saving_percent, 3)) for one in single.results}
    nothing = ({}, 0.281)
    assert moved == {
        "13": nothing,
        "25": ({25.0: 35.0}, 0.380),
        "80": nothing,
        "143": ({143.0: 134.0}, 1.088),
        "214": nothing,
        "285": nothing,
        "1600": nothing,
    }
    found = {one.name: (one.moved_C, round(one.saving_percent, 3)) for one in double.results}
    assert len(found) == 21
    assert found["25, 80"] == ({25.0: 35.0, 80.0: 90.0}, 0.732)
    assert found["25, 143"] == ({25.0: 35.0, 143.0: 134.0}, 1.413)
    assert found["80, 143"] == ({80.0: 75.0, 143.0: 134.0}, 1.173)
    best = double.best
    assert best is not None
    assert best.name == "25, 143"
    for one in (*single.results, *double.results):
        assert one.result.status is Status.OPTIMAL
        assert one.result.summary["gap"].iloc[0] <= 2.1e-9
        assert (one.given_up_C, one.added_C, one.unused_C) == ((), (), ())


@pytest.mark.compiled
def test_more_moves_never_save_less_and_three_levels_save_most() -> None:
    streams = milpcore.load_case("site_400")
    best = []
    for move in range(4):
        one = retrofit(streams, existing_C=EXISTING, move=move).best
        assert one is not None
        best.append(one.saving_percent)
    assert best == pytest.approx([0.281, 1.088, 1.413, 1.584], abs=5e-4)


def _retrofit(plan: RetrofitPlan) -> RetrofitStudy:
    return retrofit(
        plan.inputs.streams,
        existing_C=plan.existing_C.tolist(),
        move=plan.move,
        range_K=plan.range_K,
        heat_pumps=plan.inputs is not plan.bare,
        add=plan.add,
        close=plan.close,
        economics=plan.inputs.economics,
        objective=plan.inputs.objective,
    )


@given(small_plans())
@settings(max_examples=40)
def test_every_configuration_is_the_best_of_all(plan: RetrofitPlan) -> None:
    study = _retrofit(plan)
    assert len(study.results) == len(plan.choices) == study.n_configurations
    all_external = float(
        plan.inputs.costs(plan.inputs.objective).external_heat.max()
        * plan.inputs.stream_duty_kW.sum()
    )
    for choice, one in zip(plan.choices, study.results, strict=True):
        first, tac = best_value(plan, choice)
        row = one.result.summary.iloc[0]
        assert one.choice_C == tuple(plan.existing_C[list(choice)])
        if not np.isfinite(first):
            assert one.result.status is Status.INFEASIBLE
            assert np.isnan(one.saving_percent)
            continue
        assert one.result.status is Status.OPTIMAL
        assert row["objective_value"] == pytest.approx(first, rel=1e-7, abs=1e-7 * all_external)
        assert row["tac_EUR_per_a"] == pytest.approx(tac, rel=1e-5, abs=1e-2)
        assert row["bound"] <= row["objective_value"]
        assert row["gap"] <= 1e-6


@given(small_plans())
@settings(max_examples=40)
def test_what_has_changed_leads_from_the_old_levels_to_the_new_ones(plan: RetrofitPlan) -> None:
    study = _retrofit(plan)
    existing = set(plan.existing_C)
    for one in study.results:
        if not one.result.has_design:
            continue
        gone = set(one.moved_C) | set(one.given_up_C)
        assert set(one.moved_C).isdisjoint(one.given_up_C)
        assert gone <= existing
        assert set(one.moved_C) <= set(one.choice_C)
        assert len(one.given_up_C) == plan.close
        assert len(one.added_C) <= plan.add
        for old, new in one.moved_C.items():
            assert abs(old - new) <= plan.range_K + 1e-6
            assert old != new
        expected = (existing - gone) | set(one.moved_C.values()) | set(one.added_C)
        used = set(one.result.levels["temperature_C"])
        assert used | set(one.unused_C) == expected
        assert used.isdisjoint(one.unused_C)
        kept = sorted(existing - set(one.given_up_C))
        places = [one.moved_C.get(old, old) for old in kept]
        assert places == sorted(places)


@pytest.mark.compiled
@given(small_plans())
@settings(max_examples=20)
def test_freedom_never_costs_and_closing_never_saves(plan: RetrofitPlan) -> None:
    free = _retrofit(replace(plan, add=0, close=0))
    without = free.without_moves_saving_percent
    for one in free.results:
        assert one.saving_percent >= without - 1e-5
    more = _retrofit(replace(plan, close=0, add=1))
    for before, after in zip(free.results, more.results, strict=True):
        assert after.saving_percent >= before.saving_percent - 1e-5
    # A single choice may gain by a level that is closed: others may then move past its place.
    closed = [one for one in _retrofit(replace(plan, add=0)).results if one.result.has_design]
    best = max(one.saving_percent for one in free.results)
    assert all(one.saving_percent <= best + 1e-5 for one in closed)


def test_the_baseline_has_no_pumps_and_every_result_passes_the_check(
    pairs: RetrofitStudy, dairy: milpcore.Streams
) -> None:
    assert len(pairs.baseline.heat_pumps) == 0
    unused = "The level at 60 °C is not used."
    assert pairs.baseline.notes == ("No heat pump: heat pumps are left out.", unused)
    assert pairs.without_moves.notes == (unused,)
    assert len(pairs.without_moves.heat_pumps) == 1
    for result in (pairs.baseline, pairs.without_moves, *(one.result for one in pairs.results)):
        check(result, dairy, SiteEconomics())
        assert set(result.connections["name"]) == set(dairy.table["name"])
    saved = [one.saving_percent for one in pairs.results]
    before = float(pairs.baseline.summary["tac_EUR_per_a"].iloc[0])
    after = pairs.summary["tac_EUR_per_a"].to_numpy()
    assert saved == pytest.approx((100.0 * (1.0 - after / before)).tolist())


def test_a_wrong_result_is_never_returned(
    dairy: milpcore.Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["milpcore.site.retrofit"]
    seen: list[Any] = []

    def refuse(result: Any, *_: Any) -> None:
        seen.append(result)
        raise milpcore.site.CheckError(())

    monkeypatch.setattr(module, "check_retrofit", refuse)
    with pytest.raises(milpcore.site.CheckError):
        retrofit(dairy, existing_C=SMALL)
    assert len(seen) == 1


def _plan(existing_C: list[float], **changed: int) -> RetrofitPlan:
    """Plan for a site with candidates 40, 58, 70 and 90 °C."""
    inputs = site_at_levels({40.0: 300.0, 58.0: 100.0}, {70.0: 200.0, 90.0: 100.0})
    options = RetrofitOptions(existing_C, 2, 10.0, None, True, 0, 0, None)
    return plan_retrofit(
        inputs.streams, options._replace(**changed), economics=None, objective="tac"
    )


def _changed(plan: RetrofitPlan, *slots: tuple[int, float]) -> Changes:
    """Read changes from existing level (-1: a new one) and temperature of each slot."""
    position, place_C = (np.array(column) for column in zip(*slots, strict=True))
    place = np.searchsorted(plan.inputs.level_C, place_C)
    return changes_of(plan, Found(position, place, 1.0, 1.0, 1))


def test_levels_that_meet_count_as_one_given_up() -> None:
    plan = _plan([40.0, 50.0, 66.0, 92.0])
    level = {one: index for index, one in enumerate(plan.inputs.level_C.tolist())}
    meet = _changed(plan, (0, 40.0), (1, 58.0), (2, 58.0), (3, 92.0))
    assert meet == ({1: level[58.0]}, [2], [], [level[58.0]])
    onto = _changed(plan, (0, 40.0), (1, 66.0), (2, 66.0), (3, 92.0))
    assert onto == ({}, [1], [], [level[66.0]])
    new = _changed(plan, (0, 40.0), (1, 50.0), (-1, 58.0), (2, 66.0), (-1, 66.0), (3, 92.0))
    assert new == ({}, [], [level[58.0]], [])
    closed = _changed(plan, (0, 40.0), (2, 70.0), (3, 92.0))
    assert closed == ({2: level[70.0]}, [1], [], [])
    taken = _changed(plan, (0, 40.0), (1, 66.0), (3, 92.0))
    assert taken == ({}, [1], [], [])


def test_a_level_may_take_the_place_of_one_that_moves_on() -> None:
    plan = _plan([40.0, 50.0, 66.0, 92.0])
    level = {one: index for index, one in enumerate(plan.inputs.level_C.tolist())}
    chain = _changed(plan, (0, 40.0), (1, 66.0), (2, 70.0), (3, 92.0))
    assert chain == ({1: level[66.0], 2: level[70.0]}, [], [], [])
    both = _changed(plan, (0, 66.0), (1, 66.0), (2, 70.0), (3, 92.0))
    assert both == ({1: level[66.0], 2: level[70.0]}, [0], [], [level[66.0]])
    new = _changed(plan, (0, 40.0), (1, 58.0), (-1, 66.0), (2, 70.0), (3, 92.0))
    assert new == ({1: level[58.0], 2: level[70.0]}, [], [level[66.0]], [])


def test_no_other_level_takes_the_temperature_of_one_given_up() -> None:
    streams = streams_of((90.0, 60.0, 300.0, 5.0), (20.0, 100.0, 200.0, 5.0))
    study = retrofit(streams, existing_C=[40.0, 50.0, 110.0], move=2, close=1)
    by_name = {one.name: one for one in study.results}
    for name, gone_C in (("40, 110", 50.0), ("50, 110", 40.0)):
        assert by_name[name].given_up_C == (gone_C,)
        assert by_name[name].moved_C == {}
        assert gone_C not in set(by_name[name].result.levels["temperature_C"])
    assert by_name["40, 50"].result.status is Status.INFEASIBLE


def test_one_of_the_movable_levels_moves() -> None:
    dairy = milpcore.load_case("dairy_8")
    study = retrofit(dairy, existing_C=SMALL, movable_C=[85.0, 40.0], range_K=25.0)
    assert [one.name for one in study.results] == ["40", "85"]
    assert [one.moved_C for one in study.results] == [{40.0: 54.5}, {85.0: 83.5}]


def test_the_order_of_existing_levels_does_not_matter(pairs: RetrofitStudy) -> None:
    dairy = milpcore.load_case("dairy_8")
    other = retrofit(dairy, existing_C=SMALL[::-1], move=2, range_K=25.0)
    columns = pairs.summary.columns.drop("solve_s")
    pd.testing.assert_frame_equal(other.summary[columns], pairs.summary[columns])


def test_without_pumps_moves_save_nothing_here(dairy: milpcore.Streams) -> None:
    study = retrofit(dairy, existing_C=SMALL, heat_pumps=False)
    assert study.without_moves is study.baseline
    assert study.without_moves_saving_percent == 0.0
    assert not study.summary["n_heat_pumps"].any()
    assert set(study.notes["note"]) == {
        "No heat pump: heat pumps are left out.",
        "The level at 60 °C is not used.",
    }


def test_a_new_level_is_put_where_it_saves_most(dairy: milpcore.Streams) -> None:
    study = retrofit(dairy, existing_C=(5.0, 205.0), move=0, add=2)
    (one,) = study.results
    assert one.name == "none"
    assert one.added_C == (54.5, 83.5)
    assert (one.moved_C, one.given_up_C) == ({}, ())
    assert one.result.max_levels == 4
    greenfield = milpcore.site.greenfield(dairy, n_levels=4, mip_rel_gap=1e-9)
    assert one.result.summary["tac_EUR_per_a"].iloc[0] == pytest.approx(
        greenfield.summary["tac_EUR_per_a"].iloc[0], rel=1e-8
    )


def test_a_closed_level_is_not_added_again(dairy: milpcore.Streams) -> None:
    study = retrofit(dairy, existing_C=(5.0, 85.0, 205.0), move=0, add=1, close=1)
    (one,) = study.results
    assert len(one.given_up_C) == 1
    assert set(one.added_C).isdisjoint(one.given_up_C)


def test_a_configuration_that_serves_not_all_streams_has_no_design(
    dairy: milpcore.Streams,
) -> None:
    study = retrofit(dairy, existing_C=(5.0, 205.0), move=1, close=1, range_K=1.0)
    assert [one.result.status for one in study.results] == [Status.INFEASIBLE] * 2
    assert study.best is None
    assert study.summary["saving_percent"].isna().all()
    assert study.results[0].result.notes == (
        "No design with 1 level: hot stream milk/pasteuriser cooling needs a level at or below "
        "10.5 °C, cold stream drying/air heating one at or above 202.5 °C; allow at least 2 "
        "levels.",
    )
    assert study.to_json_dict()["results"][0]["saving_percent"] is None


def test_an_unused_level_is_told(dairy: milpcore.Streams) -> None:
    (one,) = retrofit(dairy, existing_C=SMALL, move=0).results
    assert one.unused_C == (60.0,)
    assert one.result.notes == ("The level at 60 °C is not used.",)
    study = retrofit(dairy, existing_C=(*SMALL, 1600.0), move=0)
    assert study.existing_C == (*SMALL, 1600.0)
    assert study.results[0].unused_C == (60.0, 1600.0)
    assert study.results[0].result.notes == ("The levels at 60, 1600 °C are not used.",)


@pytest.mark.parametrize("objective", list(Measure))
def test_savings_are_in_the_objective(objective: Measure, dairy: milpcore.Streams) -> None:
    study = retrofit(dairy, existing_C=SMALL, objective=objective, range_K=25.0)
    value = study.summary["objective_value"].to_numpy()
    before = study.existing["objective_value"].iloc[0]
    saved = 100.0 * (1.0 - value / before) if before > 0.0 else np.zeros(len(value))
    assert study.summary["saving_percent"].to_numpy() == pytest.approx(saved, abs=1e-9)
    assert set(study.summary["objective"]) == {objective.value}
    if objective is Measure.CAPEX:
        assert set(study.summary["n_heat_pumps"]) == {0}


def test_tables_are_led_by_the_configuration(pairs: RetrofitStudy) -> None:
    assert pairs.summary.columns.tolist() == [
        "configuration",
        "moved_C",
        "given_up_C",
        "added_C",
        "levels_C",
        "saving_percent",
        "n_levels",
        "status",
        "objective",
        "objective_value",
        "bound",
        "unit",
        "gap",
        "tac_EUR_per_a",
        "opex_EUR_per_a",
        "capex_EUR_per_a",
        "co2_t_per_a",
        "external_heat_kW",
        "cooling_kW",
        "electricity_kW",
        "n_heat_pumps",
        "heat_pump_heat_kW",
        "solve_s",
    ]
    assert len(pairs.summary) == 10
    best = pairs.summary.set_index("configuration").loc["40, 60"]
    assert best["moved_C"] == "40→32.5, 60→54.5"
    assert best["levels_C"] == "5, 32.5, 54.5, 85, 205"
    assert pairs.existing["configuration"].tolist() == ["baseline", "without_moves"]
    assert pairs.existing["saving_percent"].iloc[0] == 0.0
    names = ["baseline", "without_moves", *pairs.summary["configuration"]]
    for table in (pairs.levels, pairs.connections):
        assert table.columns[0] == "configuration"
        assert list(dict.fromkeys(table["configuration"])) == names
    assert set(pairs.heat_pumps["configuration"]) == set(names) - {"baseline"}
    assert pairs.notes["configuration"].tolist()[:3] == ["baseline", "baseline", "without_moves"]
    levels = pairs.levels.query("configuration == '40, 60'")["temperature_C"]
    assert levels.tolist() == [5.0, 32.5, 54.5, 85.0, 205.0]


def test_json_has_the_keys_promised(pairs: RetrofitStudy) -> None:
    found = json.loads(json.dumps(pairs.to_json_dict(), allow_nan=False))
    assert list(found) == ["baseline", "without_moves", "results"]
    assert found["baseline"]["heat_pumps"] == []
    assert found["without_moves"]["saving_percent"] == pytest.approx(18.453, abs=1e-3)
    assert len(found["results"]) == 10
    for one in found["results"]:
        assert {
            "moved_C",
            "levels_C",
            "heat_pumps",
            "tac_EUR_per_a",
            "saving_percent",
            "gap",
            "solve_s",
            "status",
            "given_up_C",
            "added_C",
            "choice_C",
            "unused_C",
        } <= set(one)
    by_choice = {tuple(one["choice_C"]): one for one in found["results"]}
    assert by_choice[40.0, 60.0]["moved_C"] == {"40": 32.5, "60": 54.5}
    assert by_choice[40.0, 60.0]["levels_C"] == [5.0, 32.5, 54.5, 85.0, 205.0]


def test_tables_are_written(pairs: RetrofitStudy, tmp_path: Path) -> None:
    paths = pairs.write(tmp_path / "new")
    names = ("summary", "existing", "levels", "heat_pumps", "connections", "notes")
    assert [path.name for path in paths] == [f"{name}.csv" for name in names]
    for path in paths:
        table: pd.DataFrame = getattr(pairs, path.stem)
        written = pd.read_csv(path, dtype={"moved_C": str}, keep_default_na=False)
        assert list(written.columns) == list(table.columns)
        assert len(written) == len(table)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"directory = .*file: cannot be made"):
        pairs.write(tmp_path / "file")


def test_the_best_saves_most_then_changes_least(pairs: RetrofitStudy) -> None:
    best = pairs.best
    assert best is not None
    assert (best.name, round(best.saving_percent, 3)) == ("40, 60", 27.206)
    rest = replace(pairs, results=tuple(one for one in pairs.results if one is not best))
    assert rest.best is rest.results[4]
    assert rest.best.name == "40, 85"
    equal = [one for one in pairs.results if round(one.saving_percent, 3) == 18.453]
    assert [one.moved_C for one in equal] == [{}]
    more_moves = replace(equal[0], moved_C={40.0: 41.0})
    assert replace(pairs, results=(more_moves, equal[0])).best is equal[0]
    assert replace(pairs, results=()).best is None
    assert list(replace(pairs, results=()).summary.columns) == list(pairs.summary.columns)


def test_results_come_one_by_one_and_can_be_stopped(dairy: milpcore.Streams) -> None:
    seen: list[str] = []
    asked: list[RetrofitProgress] = []

    def observe(progress: RetrofitProgress) -> bool:
        asked.append(progress)
        return progress.n_done == 2

    study = retrofit(
        dairy,
        existing_C=SMALL,
        observer=observe,
        on_result=lambda one: seen.append(one.name),
    )
    assert seen == [one.name for one in study.results] == ["5", "40"]
    assert study.n_configurations == 5
    assert [progress.n_done for progress in asked] == sorted(one.n_done for one in asked)
    assert np.isnan(asked[0].best_saving_percent)
    assert asked[-1].best_saving_percent == max(one.saving_percent for one in study.results)
    assert {one.n_configurations for one in asked} == {5}


def test_a_configuration_that_is_stopped_is_left_out(dairy: milpcore.Streams) -> None:
    for calls in range(1, 8):
        left = iter([False] * calls)
        study = retrofit(
            dairy,
            existing_C=(5.0, 205.0),
            objective="co2",
            add=1,
            observer=lambda _, left=left: next(left, True),
        )
        assert len(study.results) < 2
        assert study.n_configurations == 2


def test_a_study_can_be_pickled(pairs: RetrofitStudy) -> None:
    again = pickle.loads(pickle.dumps(pairs))
    pd.testing.assert_frame_equal(again.summary, pairs.summary)
    assert again.to_json_dict() == pairs.to_json_dict()


BAD = [
    ({"existing_C": []}, "existing_C = []: must hold at least one temperature (°C); add levels"),
    ({"existing_C": 5.0}, "existing_C = 5.0: must be a list of temperatures (°C); such as [25.0"),
    ({"existing_C": "5, 205"}, "existing_C = '5, 205': must be a list of temperatures (°C)"),
    (
        {"existing_C": [5.0, "b", float("nan"), True, -300.0, float("inf")]},
        "position 2: existing_C = 'b': must be a temperature from -273.15 °C; correct or remove it"
        "|position 3: existing_C = nan: |position 4: existing_C = True: "
        "|position 5: existing_C = -300.0: |position 6: existing_C = inf: ",
    ),
    (
        {"existing_C": [5.0, 205.0, 5.0 + 1e-8]},
        "existing_C = 5: must not come twice; remove the duplicate",
    ),
    (
        {"existing_C": [10.6, 205.0]},
        "stream milk/pasteuriser cooling: existing_C = 10.6…205 °C: no level low enough for this "
        "hot stream, which needs one at or below 10.5 °C; add such a level",
    ),
    (
        {"existing_C": [5.0, 90.0]},
        "stream drying/air heating: existing_C = 5…90 °C: no level high enough for this cold "
        "stream, which needs one at or above 202.5 °C; add such a level",
    ),
    (
        {"existing_C": [30.0, 90.0]},
        "stream milk/pasteuriser cooling: existing_C = 30…90 °C: no level low enough for this hot "
        "stream, which needs one at or below 10.5 °C, nor for 1 other: services/chiller condenser "
        "(20 °C); add such a level|stream drying/air heating: existing_C = 30…90 °C: no level high "
        "enough for this cold stream, which needs one at or above 202.5 °C; add such a level",
    ),
    (
        {"movable_C": [4.0, 5.0, 41.0]},
        "movable_C = 4, 41: each must be one of the existing levels (°C); existing are 5, 40, 60, "
        "85, 205",
    ),
    (
        {"movable_C": [5.0, 41.0]},
        "movable_C = 41: must be one of the existing levels (°C); existing are 5, 40, 60, 85, 205",
    ),
    ({"movable_C": [5.0, 5.0]}, "movable_C = 5: must not come twice; remove the duplicate"),
    ({"movable_C": []}, "movable_C = []: must hold at least one temperature (°C)"),
    (
        {"move": 6},
        "move = 6: must be a whole number from 0 to 5, the number of levels that may move; 1 moves "
        "each level alone, 2 every pair",
    ),
    ({"move": 1.5}, "move = 1.5: must be a whole number from 0 to 5"),
    ({"move": True}, "move = True: must be a whole number from 0 to 5"),
    ({"move": -1}, "move = -1: must be a whole number from 0 to 5"),
    ({"move": 2, "movable_C": [5.0]}, "move = 2: must be a whole number from 0 to 1"),
    ({"range_K": -1.0}, "range_K = -1.0: must be a finite number from 0 (K); 10 is usual"),
    ({"range_K": float("inf")}, "range_K = inf: must be a finite number from 0 (K)"),
    ({"range_K": float("nan")}, "range_K = nan: must be a finite number from 0 (K)"),
    ({"range_K": "10"}, "range_K = '10': must be a finite number from 0 (K)"),
    ({"add": -1}, "add = -1: must be a whole number from 0; give the number of levels to add"),
    ({"add": 0.5}, "add = 0.5: must be a whole number from 0"),
    (
        {"close": -2},
        "close = -2: must be a whole number from 0; give the number of levels to give up",
    ),
    (
        {"close": 5},
        "close = 5: must be at most 4, the number of existing levels that do not move; give up or "
        "move fewer",
    ),
    (
        {"close": 5, "move": 0},
        "close = 5: must leave at least one level; give up fewer",
    ),
    ({"heat_pumps": "no"}, "heat_pumps = 'no': must be True or False; choose one of them"),
    ({"candidates_C": ["a"]}, "position 1: candidates_C = 'a': must be a temperature from -273.15"),
    ({"objective": "cost"}, "objective = cost: must be one of tac, opex, capex, co2"),
    ({"streams": None}, "streams = NoneType: must be Streams"),
    ({"economics": {}}, "economics = dict: must be SiteEconomics"),
]


@pytest.mark.parametrize(("wrong", "message"), BAD)
def test_bad_input_is_refused(wrong: dict[str, Any], message: str, dairy: milpcore.Streams) -> None:
    asked = {"streams": dairy, "existing_C": SMALL, **wrong}
    with pytest.raises(InputError) as caught:
        retrofit(asked.pop("streams"), **asked)
    text = str(caught.value)
    assert text.startswith("retrofit: ")
    for part in message.split("|"):
        assert part in text
    assert len(caught.value.faults) == message.count("|") + 1


def test_many_streams_that_no_level_serves_are_two_faults() -> None:
    with pytest.raises(InputError) as caught:
        retrofit(milpcore.load_case("site_400"), existing_C=[80.0, 90.0])
    assert [str(fault) for fault in caught.value.faults] == [
        "stream site/H001: existing_C = 80…90 °C: no level low enough for this hot stream, which "
        "needs one at or below 15 °C, nor for 99 others, such as site/H002 (15 °C), site/H003 "
        "(15 °C), site/H004 (15 °C); add such a level",
        "stream site/C192: existing_C = 80…90 °C: no level high enough for this cold stream, which "
        "needs one at or above 805 °C, nor for 145 others, such as site/C189 (765 °C), site/C191 "
        "(695 °C), site/C197 (655 °C); add such a level",
    ]
    with pytest.raises(InputError) as caught:
        milpcore.site.prepare(milpcore.load_case("site_400"), candidates_C=[80.0, 90.0])
    assert [(fault.field, fault.remedy) for fault in caught.value.faults] == [
        ("candidates_C", "add such a candidate")
    ] * 2


def test_all_faults_are_listed_at_once(dairy: milpcore.Streams) -> None:
    with pytest.raises(InputError) as caught:
        retrofit(
            dairy,
            existing_C=[5.0, 5.0, "x"],  # type: ignore[list-item]
            move=-1,
            range_K=-1.0,
            movable_C=["y"],  # type: ignore[list-item]
            add=-1,
            close=-1,
            candidates_C=[],
            objective="none",
        )
    fields = [fault.field for fault in caught.value.faults]
    assert fields == [
        "existing_C",
        "candidates_C",
        "movable_C",
        "range_K",
        "move",
        "add",
        "close",
        "objective",
    ]
