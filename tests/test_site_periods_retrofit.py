"""Retrofits over several periods: every choice of places, priced by an independent program."""

from __future__ import annotations

from itertools import combinations, product

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers_periods import cost_of_set, small_period_sites
from hypothesis import given, settings

import milpcore
from milpcore import InputError, site
from milpcore.economics import Measure
from milpcore.site.periods import PeriodInputs, Periods, retrofit_periods
from milpcore.site.periods import retrofit_search as search_module
from milpcore.site.periods.retrofit_search import all_places, n_orders, n_places
from milpcore.site.retrofit_plan import RetrofitOptions, plan_retrofit
from milpcore.site.retrofit_search import orders

TODAY_C = [5.0, 40.0, 85.0, 205.0]


def choices_of(
    level_C: np.ndarray,
    existing: list[int],
    moving: tuple[int, ...],
    range_K: float,
    add: int,
    close: int,
) -> set[tuple[int, ...]]:
    """Level sets of a configuration, by trying every order and place."""
    sets = set()
    everywhere = range(len(level_C))
    for closed in combinations([p for p in range(len(existing)) if p not in moving], close):
        gone = {existing[p] for p in closed}
        own = [
            [e for e in everywhere if abs(level_C[e] - level_C[existing[p]]) <= range_K + 1e-6]
            if p in moving
            else [existing[p]]
            for p in range(len(existing))
            if p not in closed
        ]
        for places in product(*own):
            if list(places) != sorted(places) or gone & set(places):
                continue
            for new in product(everywhere, repeat=add):
                if not gone & set(new):
                    sets.add(tuple(sorted({*places, *new})))
    return sets


@st.composite
def retrofits(draw: st.DrawFn) -> tuple[PeriodInputs, dict[str, object]]:
    """Draw a site with periods and what may change of its levels."""
    inputs = draw(small_period_sites(max_streams=5))
    level_C = inputs.site.level_C
    ends = {0, level_C.size - 1}
    existing = sorted(ends | draw(st.sets(st.integers(0, level_C.size - 1), max_size=2)))
    move = draw(st.integers(0, min(2, len(existing))))
    asked = {
        "existing_C": level_C[existing].tolist(),
        "move": move,
        "range_K": draw(st.sampled_from([0.0, 12.0, 40.0, 500.0])),
        "add": draw(st.integers(0, 1)),
        "close": draw(st.integers(0, min(1, len(existing) - move, len(existing) - 1))),
        "heat_pumps": draw(st.booleans()),
    }
    return inputs, asked


@settings(max_examples=40)
@given(retrofits())
def test_every_configuration_is_as_good_as_its_best_choice(
    drawn: tuple[PeriodInputs, dict[str, object]],
) -> None:
    inputs, asked = drawn
    own = inputs.site
    study = retrofit_periods(
        own.streams,
        inputs.periods,
        economics=own.economics,
        objective=own.objective,
        candidates_C=own.level_C.tolist(),
        **asked,
    )
    bare = (
        inputs
        if asked["heat_pumps"]
        else site.periods.inputs.over_periods(site.inputs.without_heat_pumps(own), inputs.periods)
    )
    existing = [int(np.abs(own.level_C - one_C).argmin()) for one_C in asked["existing_C"]]
    moves = combinations(range(len(existing)), asked["move"])
    for one, moving in zip(study.results, moves, strict=True):
        sets = choices_of(
            own.level_C, existing, moving, asked["range_K"], asked["add"], asked["close"]
        )
        least = min(cost_of_set(bare, levels) for levels in sets)
        row = one.result.summary.iloc[0]
        if np.isinf(least):
            assert not one.result.has_design
            continue
        value = row["tac_EUR_per_a" if own.objective is Measure.CAPEX else "objective_value"]
        assert value == pytest.approx(least, rel=1e-6, abs=1e-3)
        assert row["bound"] <= row["objective_value"]
        chosen = {round(level_C, 6) for level_C in one.result.levels["temperature_C"]}
        assert any(chosen <= {round(own.level_C[e], 6) for e in levels} for levels in sets)


@settings(max_examples=30)
@given(st.lists(st.sets(st.integers(0, 7), min_size=1), min_size=1, max_size=4))
def test_places_are_all_that_keep_the_order(slots: list[set[int]]) -> None:
    candidates = [np.array(sorted(one), dtype=np.int64) for one in slots]
    every = [row for row in product(*map(sorted, slots)) if list(row) == sorted(row)]
    assert sorted(map(tuple, all_places(candidates).tolist())) == sorted(every)
    assert n_places(candidates) == len(every)


@pytest.mark.parametrize("objective", ["tac", "opex", "co2"])
def test_one_period_of_all_hours_is_the_retrofit_without_periods(objective: str) -> None:
    streams = milpcore.load_case("dairy_8")
    hours = milpcore.SiteEconomics().operating_hours_h_per_a
    year = Periods(("year",), [hours], [streams.duty_kW])
    asked = {"existing_C": TODAY_C, "range_K": 15.0, "move": 2, "objective": objective}
    whole = site.retrofit(streams, **asked)
    study = retrofit_periods(streams, year, **asked)
    halves = Periods(("a", "b"), [hours / 2, hours / 2], [streams.duty_kW, streams.duty_kW])
    for periods in (study, retrofit_periods(streams, halves, **asked)):
        for name in ("objective_value", "tac_EUR_per_a", "saving_percent"):
            np.testing.assert_allclose(periods.summary[name], whole.summary[name], rtol=1e-7)
            np.testing.assert_allclose(periods.existing[name], whole.existing[name], rtol=1e-7)
    assert study.summary["moved_C"].tolist() == whole.summary["moved_C"].tolist()


def seasons() -> tuple[milpcore.Streams, Periods]:
    streams = milpcore.load_case("dairy_8")
    factors = np.array([[1.0], [0.4]]) * np.where(streams.is_hot, 1.0, [[0.7], [1.6]])
    return streams, Periods(("summer", "winter"), [3500.0, 4500.0], factors * streams.duty_kW)


def test_tables_of_all_configurations_are_written(tmp_path) -> None:
    streams, periods = seasons()
    study = retrofit_periods(streams, periods, existing_C=TODAY_C, range_K=15.0)
    written = {path.name for path in study.write(tmp_path)}
    assert {"summary.csv", "existing.csv", "operation.csv", "pump_operation.csv"} <= written
    operation = study.joined("operation")
    names = ["baseline", "without_moves", "5", "40", "85", "205"]
    assert operation["configuration"].unique().tolist() == names
    assert set(operation["period"]) == {"summer", "winter"}
    content = study.to_json_dict()
    assert content["results"][1]["moved_C"]
    assert content["results"][1]["periods"][0]["period"] == "summer"
    best = study.best
    assert best is not None
    assert best.saving_percent == max(study.summary["saving_percent"])
    assert best.saving_percent > study.without_moves_saving_percent > 0.0


def test_a_study_that_is_stopped_keeps_what_is_finished() -> None:
    streams, periods = seasons()
    study = retrofit_periods(
        streams, periods, existing_C=TODAY_C, observer=lambda progress: progress.n_done == 2
    )
    assert len(study.results) == 2
    assert study.to_json_dict()["n_not_started"] == 2


def test_too_many_choices_are_refused_with_their_number(monkeypatch) -> None:
    streams, periods = seasons()
    asked = {"existing_C": TODAY_C, "move": 3, "range_K": 60.0}
    most = 0
    for moving in combinations(range(4), 3):
        inputs = site.prepare(
            streams, candidates_C=sorted({*TODAY_C, *site.prepare(streams).level_C})
        )
        existing = [int(np.abs(inputs.level_C - one_C).argmin()) for one_C in TODAY_C]
        own = [
            np.flatnonzero(np.abs(inputs.level_C - one_C) <= 60.0) if p in moving else [existing[p]]
            for p, one_C in enumerate(TODAY_C)
        ]
        most = max(most, sum(list(row) == sorted(row) for row in product(*own)))
    monkeypatch.setattr(search_module, "MOST_CHOICES", most)
    assert retrofit_periods(streams, periods, **asked).best is not None
    monkeypatch.setattr(search_module, "MOST_CHOICES", most - 1)
    with pytest.raises(InputError, match=f"{most:,} choices.*at most {most - 1:,} choices"):
        retrofit_periods(streams, periods, **asked)


def test_what_are_no_periods_is_refused() -> None:
    with pytest.raises(InputError, match="must be Periods"):
        retrofit_periods(milpcore.load_case("dairy_8"), None, existing_C=TODAY_C)  # type: ignore[arg-type]


def test_too_many_orders_are_refused_before_any_is_tried() -> None:
    streams, periods = seasons()
    with pytest.raises(InputError, match=r"orders of levels.*add or close fewer"):
        retrofit_periods(streams, periods, existing_C=TODAY_C, add=50)


@pytest.mark.parametrize(("close", "add"), [(0, 0), (1, 0), (0, 2), (1, 2), (2, 1)])
def test_orders_are_counted_as_they_are_listed(close: int, add: int) -> None:
    asked = RetrofitOptions(TODAY_C, 1, 10.0, None, True, add, close, None)
    dairy = milpcore.load_case("dairy_8")
    plan = plan_retrofit(dairy, asked, economics=None, objective="tac")
    assert n_orders(plan) == sum(1 for _ in orders(plan, plan.choices[0]))
