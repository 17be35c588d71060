"""Pareto fronts against enumeration, mixed-integer programs, by hand; tables, faults, limits."""

from __future__ import annotations

import json
import logging
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from helpers_pareto import (
    CONTRARY,
    PAIRS,
    contrary_site,
    greenfield_sets,
    least_by_milp,
    least_of_sets,
    places_of,
    retrofit_sets,
    site_of,
    small_fronts,
    value_on,
)
from helpers_sites import streams_of
from hypothesis import given, settings

import milpcore
from milpcore import InputError, SiteEconomics, Streams
from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site import CheckError, FrontProgress, ParetoStudy, check_front, pareto
from milpcore.site.pareto_results import TABLES

EXISTING = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
LEVELS = (15.0, 35.0, 80.0, 134.0, 214.0, 285.0, 1600.0)
NEAR = 2e-7
"""Share of a measure by which limits are moved, because fronts jump."""


def _agrees(study: ParetoStudy, least: Any) -> None:
    """Compare a front with the least first measure under limits on the second."""
    first, second = (study.points[column] for column in study.columns)
    margin = 1e-6 * max(first.max(), 1e-3 * second.max())
    for limit in places_of(study).tolist():
        found = least(limit + 1e-9 * second.max())
        low, high = (value_on(study, limit + sign * NEAR * second.max()) for sign in (1.0, -1.0))
        assert low - margin <= found <= high + margin


@pytest.mark.parametrize(
    ("seed", "n_levels"),
    [(9, 4), (13, 4), (43, 3), (122, 4), (156, 4), (263, 3)],
)
def test_a_greenfield_front_is_that_of_all_level_sets(seed: int, n_levels: int) -> None:
    streams, economics = contrary_site(seed)
    study = pareto(streams, n_levels=n_levels, economics=economics, resolution=0.0)
    inputs = site_of(streams, economics)
    sets = greenfield_sets(inputs, n_levels)
    _agrees(study, lambda most: least_of_sets(inputs, ("tac", "co2"), sets, most))
    assert study.status is Status.OPTIMAL
    assert study.distance < 1e-5
    assert len(study.points) > 2


def test_the_seeds_bring_all_kinds_of_points() -> None:
    kinds, jumps, gaps, unsupported = set(), 0, 0, 0
    for seed in (1, 9, 122, 306):
        streams, economics = contrary_site(seed)
        study = pareto(streams, n_levels=4, economics=economics, resolution=0.0)
        kinds |= set(study.points["kind"])
        jumps += int((study.segments["jump_tac_EUR_per_a"] > 0.0).sum())
        unsupported += int((~study.points["is_supported"]).sum())
        nothing = study.segments[study.segments["level_set"] == 0]
        steps = study.points["tac_EUR_per_a"].diff().to_numpy()[nothing["to_point"] - 1]
        assert nothing["jump_tac_EUR_per_a"].tolist() == pytest.approx(steps.tolist())
        gaps += len(nothing)
        jumping = study.segments["jump_tac_EUR_per_a"] > 0.0
        assert not (jumping & study.segments["is_supported"]).any()
    assert kinds == {"end", "vertex", "crossing"}
    assert min(jumps, unsupported) > 3
    assert gaps > 0


@pytest.mark.parametrize("n_points", [0, 3])
def test_segments_begin_and_end_at_the_very_numbers_of_points(n_points: int) -> None:
    n_equal, n_slopes = 0, 0
    for seed in (9, 122, 306):
        streams, economics = contrary_site(seed)
        study = pareto(streams, n_levels=4, economics=economics, n_points=n_points)
        points, segments = study.points.set_index("point"), study.segments
        ends = {side: points.loc[segments[f"{side}_point"]] for side in ("from", "to")}
        is_whole = (segments["level_set"] > 0).to_numpy(copy=True)
        for side, own in (("begin", ends["from"]), ("end", ends["to"])):
            for column in study.columns:
                shown, told = segments[f"{side}_{column}"].to_numpy(), own[column].to_numpy()
                is_near = np.abs(shown - told) <= 1e-9 * np.abs(points[column]).max()
                assert shown[is_near].tolist() == told[is_near].tolist()
                n_equal += int(is_near.sum())
                is_whole &= is_near
        is_whole &= (ends["to"]["kind"] != "asked").to_numpy()
        slopes = segments["slope_EUR_per_t"][is_whole]
        assert slopes.tolist() == ends["from"]["marginal_EUR_per_t"][is_whole].tolist()
        n_slopes += len(slopes)
    assert (n_equal > 50, n_slopes > 5) == (True, True)


@pytest.mark.parametrize(
    ("seed", "move"), [(5, 1), (80, 0), (80, 2), (104, 3), (199, 1), (318, 2), (318, 3)]
)
def test_a_retrofit_front_is_that_of_all_combinations(seed: int, move: int) -> None:
    streams, economics = contrary_site(seed)
    pair = PAIRS[(seed + move) % len(PAIRS)]
    kinks = site_of(streams, economics).level_C
    existing_C = sorted({float(kinks[0]), 68.0, 89.0, float(kinks[-1])})
    study = pareto(
        streams,
        objectives=pair,
        existing_C=existing_C,
        move=move,
        range_K=25.0,
        economics=economics,
        resolution=0.0,
    )
    inputs = site_of(streams, economics, [*kinks.tolist(), *existing_C])
    sets = list(retrofit_sets(inputs, existing_C, move, 25.0))
    _agrees(study, lambda most: least_of_sets(inputs, pair, sets, most))


@settings(max_examples=15)
@given(small_fronts(max_streams=4), st.integers(1, 4))
def test_random_fronts_agree_with_enumeration_and_hold_no_dominated_point(
    case: tuple[Streams, SiteEconomics, tuple[str, str]], n_levels: int
) -> None:
    streams, economics, pair = case
    study = pareto(streams, objectives=pair, n_levels=n_levels, economics=economics, resolution=0.0)
    inputs = site_of(streams, economics)
    sets = greenfield_sets(inputs, n_levels)
    if not study.has_front:
        assert study.status is Status.INFEASIBLE
        assert least_of_sets(inputs, pair, sets, 1e15) == np.inf
        return
    first, second = (study.points[column].to_numpy() for column in study.columns)
    assert np.all(np.diff(first) > 0.0)
    assert np.all(np.diff(second) < 0.0)
    _agrees(study, lambda most: least_of_sets(inputs, pair, sets, most))


@settings(max_examples=8)
@given(st.integers(0, 400), st.sampled_from(PAIRS))
def test_limits_agree_with_level_path_and_one_more_row(seed: int, pair: tuple[str, str]) -> None:
    streams, economics = contrary_site(seed, n_streams=6)
    study = pareto(
        streams, objectives=pair, n_levels=3, economics=economics, resolution=0.0, n_points=2
    )
    inputs = site_of(streams, economics)
    first, second = (study.points[column] for column in study.columns)
    for value, own, asked in zip(
        first, second, study.points[f"asked_{study.columns[1]}"], strict=True
    ):
        limit = own if np.isnan(asked) else asked
        found = least_by_milp(inputs, 3, pair, limit + 1e-7 * second.max())
        margin = 2e-6 * max(first.max(), 1e-3 * second.max())
        assert found <= value + margin
        assert found >= value_on(study, limit + 1e-6 * second.max()) - margin


def _by_hand() -> tuple[Streams, SiteEconomics, dict[float, float]]:
    """Warm surplus at 60 °C; demand at 80, 90, 100 °C, and at 170 °C beyond every heat pump.

    With three levels only one of 80, 90 and 100 °C can be open, and serves what lies at or below.
    """
    economics = SiteEconomics(heat_pump_investment_EUR_per_kW=10_000.0)
    demand_kW = {80.0: 300.0, 90.0: 50.0, 100.0: 250.0, 170.0: 300.0}
    rows = [(90.0, 70.0, 5000.0, 5.0)]
    rows += [(limit - 30.0, limit - 10.0, heat_kW, 5.0) for limit, heat_kW in demand_kW.items()]
    return streams_of(*rows), economics, demand_kW


def test_an_unsupported_point_by_hand() -> None:
    streams, economics, demand_kW = _by_hand()
    study = pareto(streams, n_levels=3, economics=economics, resolution=0.0)
    tac, co2 = (
        (economics.external_heat_price(one), economics.electricity_price(one))
        for one in (Measure.TAC, Measure.CO2)
    )
    invested = economics.heat_pump_investment(Measure.TAC)
    points = [(900.0 * tac[0], 900.0 * co2[0])]
    for sink_C, heat_kW in ((80.0, 300.0), (90.0, 350.0), (100.0, 600.0)):
        cop = 0.65 * (sink_C + 10.0 + 273.15) / (sink_C + 10.0 - 50.0)
        points.append(
            (
                (900.0 - heat_kW) * tac[0] + heat_kW * (tac[1] / cop + invested),
                (900.0 - heat_kW) * co2[0] + heat_kW * co2[1] / cop,
            )
        )
    assert sum(demand_kW.values()) == 900.0
    found = study.points[["tac_EUR_per_a", "co2_t_per_a"]].to_numpy()
    assert found == pytest.approx(np.array(points), rel=1e-9)
    assert study.points["is_supported"].tolist() == [True, True, False, True]
    assert study.points["levels_C"].tolist()[1:] == [
        f"60, {middle}, 170" for middle in (80, 90, 100)
    ]
    assert study.points["heat_pumps"].tolist() == ["none", "60→80", "60→90", "60→100"]
    slopes = [(b[0] - a[0]) / (a[1] - b[1]) for a, b in pairwise(points)]
    marginal = study.points["marginal_EUR_per_t"].to_numpy()
    assert marginal[:-1] == pytest.approx(slopes)
    assert np.isnan(marginal[-1])
    own = [(points[at][0] - points[0][0]) / (points[0][1] - points[at][1]) for at in (1, 2, 3)]
    segments = study.segments
    assert segments["slope_EUR_per_t"].to_numpy() == pytest.approx(own)
    jumps = [0.0]
    for at in (2, 3):  # the line of the next level set from no heat pump at all
        jumps.append(points[0][0] + own[at - 1] * (points[0][1] - points[at - 1][1]))
        jumps[-1] -= points[at - 1][0]
    assert segments["jump_tac_EUR_per_a"].to_numpy() == pytest.approx(jumps, abs=1e-3)
    assert segments["is_supported"].tolist() == [True, False, False]
    assert segments["level_set"].tolist() == [1, 2, 3]
    assert "1 of 4 points is the cheapest at no CO2 price, only under a limit on emissions." in (
        study.notes_found
    )
    price = 80.0 + slopes[0]
    assert f"abatement first pays above {price:.4g} EUR/t." in study.notes_found[0]


def test_a_price_that_makes_a_supported_point_the_cheapest() -> None:
    streams, economics, _ = _by_hand()
    study = pareto(streams, n_levels=3, economics=economics, resolution=0.0)
    slopes = study.points.loc[study.points["is_supported"]]
    steps = -np.diff(slopes["tac_EUR_per_a"]) / np.diff(slopes["co2_t_per_a"])
    for extra, expected in (
        (0.99 * steps[0], slopes["co2_t_per_a"].iloc[0]),
        (1.01 * steps[0], slopes["co2_t_per_a"].iloc[1]),
        (0.99 * steps[1], slopes["co2_t_per_a"].iloc[1]),
        (1.01 * steps[1], slopes["co2_t_per_a"].iloc[2]),
    ):
        dearer = economics.replace(co2_price_EUR_per_t=80.0 + extra)
        result = milpcore.site.greenfield(streams, n_levels=3, economics=dearer)
        assert result.summary["co2_t_per_a"].iloc[0] == pytest.approx(expected)


@pytest.mark.compiled
def test_fixed_levels_of_the_bundled_site() -> None:
    study = pareto(milpcore.load_case("site_400"), existing_C=LEVELS, n_points=3)
    points = study.points
    assert points["kind"].tolist() == ["end", "asked", "asked", "asked", "end"]
    assert points["tac_EUR_per_a"].iloc[[0, -1]].tolist() == pytest.approx(
        [147_431_548.5, 148_769_792.2], abs=1.0
    )
    assert points["co2_t_per_a"].tolist() == pytest.approx(
        np.linspace(524_811.723057, 515_919.051538, 5), rel=1e-9
    )
    assert points["marginal_EUR_per_t"].iloc[:-1].tolist() == pytest.approx([150.488244] * 4)
    assert points["is_supported"].all()
    assert study.segments["is_supported"].all()
    assert study.distance < 1e-6
    assert points["heat_pumps"].tolist() == ["35→80", *["35→80, 80→134"] * 4]
    assert (study.levels_kind, study.max_levels, study.existing_C) == ("fixed", 7, LEVELS)


def test_a_marginal_cost_within_a_level_set_is_the_dual_of_the_limit() -> None:
    streams, economics = contrary_site(9)
    study = pareto(streams, n_levels=4, economics=economics, resolution=0.0, n_points=1)
    inputs = site_of(streams, economics)
    sets = greenfield_sets(inputs, 4)
    edges = study.segments[study.segments["level_set"] > 0]
    for _, row in edges.iterrows():
        middle = 0.5 * (row["begin_co2_t_per_a"] + row["end_co2_t_per_a"])
        step = 0.2 * (row["begin_co2_t_per_a"] - row["end_co2_t_per_a"])
        less, more = (
            least_of_sets(inputs, ("tac", "co2"), sets, middle + sign * step)
            for sign in (-1.0, 1.0)
        )
        assert (less - more) / (2.0 * step) == pytest.approx(row["slope_EUR_per_t"], rel=1e-3)


@pytest.mark.parametrize("seed", [17, 129, 306])
def test_a_coarse_front_is_off_by_no_more_than_it_says(seed: int) -> None:
    streams, economics = contrary_site(seed)
    exact = pareto(streams, n_levels=4, economics=economics, resolution=0.0)
    coarse = pareto(streams, n_levels=4, economics=economics, resolution=0.2)
    assert coarse.distance <= 0.2 * (1.0 + 1e-9)
    ranges = [np.ptp(coarse.points[column]) for column in coarse.columns]
    first, second = exact.columns
    for value, limit in zip(exact.points[first], exact.points[second], strict=True):
        there = value_on(coarse, limit + (coarse.distance + 1e-9) * ranges[1])
        assert value >= there - (coarse.distance + 1e-9) * ranges[0]


@pytest.mark.compiled
def test_the_first_of_equal_level_sets_moves_fewest() -> None:
    study = pareto(milpcore.load_case("site_400"), existing_C=EXISTING, move=7, resolution=0.0)
    assert study.points["levels_C"].iloc[0] == "13, 35, 90, 134, 207, 285, 1600"
    two = pareto(milpcore.load_case("site_400"), existing_C=EXISTING, move=2, resolution=0.0)
    assert set(two.points["levels_C"]) == {"13, 35, 80, 134, 214, 285, 1600"}
    kept = pareto(
        milpcore.load_case("site_400"), existing_C=EXISTING, move=2, movable_C=[143.0, 285.0]
    )
    assert set(kept.points["levels_C"]) == {"13, 25, 80, 134, 214, 285, 1600"}
    still = pareto(milpcore.load_case("site_400"), existing_C=EXISTING, move=2, range_K=0.0)
    assert set(still.points["levels_C"]) == {"13, 25, 80, 143, 214, 285, 1600"}


def test_a_front_of_one_point_says_why() -> None:
    study = pareto(milpcore.load_case("two_streams"), n_levels=2, n_points=5)
    assert len(study.points) == 1
    assert study.segments.empty
    assert study.distance == 0.0
    assert study.notes_found == (
        "The front is a single point: one design has the least TAC and the least CO2.",
        "No heat pump: no two candidate levels are within a lift of 60 K and a sink of 200 °C "
        "with a COP above 1.",
    )
    bare = pareto(milpcore.load_case("dairy_8"), n_levels=4, heat_pumps=False)
    assert bare.notes_found[1] == "No heat pump: heat pumps are left out."
    bad = SiteEconomics(carnot_efficiency=0.2, co2_price_EUR_per_t=0.0)
    none_pays = pareto(milpcore.load_case("dairy_8"), n_levels=4, economics=bad)
    assert none_pays.notes_found[1] == (
        "No heat pump: none improves either measure between the levels of the front."
    )


def test_one_level_that_cannot_serve_all_is_no_front() -> None:
    study = pareto(milpcore.load_case("two_streams"), n_levels=1)
    assert study.status is Status.INFEASIBLE
    assert not study.has_front
    (note,) = study.notes_found
    assert note.startswith("No design with 1 level: hot stream ")
    assert note.endswith("; allow at least 2 levels.")
    content = study.to_json_dict()
    assert (content["points"], content["distance_percent"]) == ([], None)
    assert list(study.levels.columns)[:2] == ["point", "temperature_C"]


def test_a_time_limit_keeps_what_is_found() -> None:
    streams, economics = contrary_site(129)
    study = pareto(streams, n_levels=4, economics=economics, time_limit_s=1e-9)
    assert study.status is Status.TIME_LIMIT
    assert study.has_front
    assert np.isnan(study.distance), "the range of a front without ends is nothing to measure by"
    assert study.segments["distance_percent"].isna().all()
    assert study.unproven == (Measure.TAC, Measure.CO2)
    assert study.notes_found[0].startswith(
        "Stopped at the time limit: the designs are feasible. How far they are from the exact "
        "front is not known before its ends are: the least TAC found is "
    )
    content = json.loads(json.dumps(study.to_json_dict(), allow_nan=False))
    assert (content["distance_percent"], content["unproven_ends"]) == (None, ["tac", "co2"])
    assert not any("first pays" in note for note in study.notes_found)


def _stopped_when(when: Callable[[FrontProgress], bool]) -> ParetoStudy:
    return pareto(milpcore.load_case("site_400"), n_levels=6, observer=when)


@pytest.mark.compiled
def test_an_end_that_is_not_proven_is_named_with_what_is_known_of_it() -> None:
    study = _stopped_when(lambda progress: progress.n_done == 1)
    assert study.unproven == (Measure.CO2,)
    assert np.isnan(study.distance)
    note = study.notes_found[0]
    assert "the least TAC" not in note
    known = re.search(
        r"least CO2 found is (\S+) kt/a, (?:proven to be at least (\S+)|with no)", note
    )
    assert known is not None
    least, proven = known.groups("0")
    exact_kt = 472.748745  # of the slow test below
    assert float(proven) <= exact_kt <= float(least) + 0.005
    assert study.points["co2_t_per_a"].min() == pytest.approx(1e3 * float(least), rel=1e-4)


@pytest.mark.compiled
@pytest.mark.parametrize("phase", ["supported", "between"])
def test_with_both_ends_proven_the_distance_is_at_most_the_range(phase: str) -> None:
    study = _stopped_when(lambda progress: progress.phase == phase)
    assert study.unproven == ()
    assert study.status is Status.INTERRUPTED
    assert 0.0 < study.distance <= 1.0 + 1e-6
    assert (study.segments["distance_percent"] <= 100.0 + 1e-4).all()
    assert study.notes_found[0] == (
        "Interrupted: the designs are feasible, and no other one is better than all of them by "
        f"more than {100.0 * study.distance:.3g} % of the range of both measures."
    )


@pytest.mark.parametrize("seed", [9, 122, 306])
def test_marginal_costs_do_not_depend_on_what_was_asked_for(seed: int) -> None:
    streams, economics = contrary_site(seed)
    bare, *asked = (
        pareto(streams, n_levels=4, economics=economics, resolution=0.0, n_points=count)
        for count in (0, 1, 7, 40)
    )
    assert (bare.segments["jump_tac_EUR_per_a"] > 0.0).any()
    expected = bare.points["marginal_EUR_per_t"].to_numpy()
    for study in asked:
        own = study.points[study.points["kind"] != "asked"]
        np.testing.assert_allclose(own["marginal_EUR_per_t"], expected, rtol=1e-6)
    dense = asked[-1].points
    assert len(dense) > len(expected) + 10
    first, second = (dense[column].to_numpy() for column in bare.columns)
    ends = np.flatnonzero(dense["kind"] != "asked")
    for row in np.flatnonzero(dense["kind"] == "asked"):
        after = ends[ends > row][0]
        slope = (first[after] - first[row]) / (second[row] - second[after])
        assert dense["marginal_EUR_per_t"].iloc[row] == pytest.approx(slope)


def test_an_observer_sees_phases_and_ends_the_search() -> None:
    streams, economics = contrary_site(129)
    seen: list[FrontProgress] = []
    whole = pareto(
        streams,
        n_levels=4,
        economics=economics,
        resolution=0.0,
        observer=lambda one: seen.append(one),
    )
    assert list(dict.fromkeys(one.phase for one in seen)) == ["ends", "supported", "between"]
    assert all(a.elapsed_s <= b.elapsed_s for a, b in pairwise(seen))
    assert all(0 <= one.n_done <= one.n_total for one in seen)
    assert seen[-1].n_level_sets > 1
    stopped = pareto(
        streams,
        n_levels=4,
        economics=economics,
        resolution=0.0,
        observer=lambda one: one.phase == "between",
    )
    assert stopped.status is Status.INTERRUPTED
    assert stopped.distance > whole.distance
    assert stopped.notes_found[0].startswith("Interrupted: ")
    supported = whole.points[whole.points["is_supported"]]
    assert stopped.points[stopped.points["is_supported"]]["tac_EUR_per_a"].tolist() == (
        pytest.approx(supported["tac_EUR_per_a"].tolist())
    )


@pytest.fixture(scope="module")
def study() -> ParetoStudy:
    """A front with edges, a jump, a crossing and an unsupported vertex."""
    streams, economics = contrary_site(9)
    return pareto(streams, n_levels=4, economics=economics, resolution=0.0, n_points=2)


def test_tables_files_and_json_say_the_same(study: ParetoStudy, tmp_path: Path) -> None:
    paths = study.write(tmp_path)
    assert [path.name for path in paths] == [f"{name}.csv" for name in TABLES]
    points = pd.read_csv(tmp_path / "points.csv")
    content = json.loads(json.dumps(study.to_json_dict(), allow_nan=False))
    assert [one["tac_EUR_per_a"] for one in content["points"]] == pytest.approx(
        points["tac_EUR_per_a"].tolist()
    )
    assert [one["is_supported"] for one in content["points"]] == points["is_supported"].tolist()
    assert [one["slope_EUR_per_t"] is None for one in content["segments"]] == (
        study.segments["slope_EUR_per_t"].isna().tolist()
    )
    for one, levels_C in zip(content["points"], points["levels_C"], strict=True):
        assert one["levels_C"] == [float(text) for text in levels_C.split(", ")]
        own = study.heat_pumps[study.heat_pumps["point"] == one["point"]]
        assert [pump["heat_kW"] for pump in one["heat_pumps"]] == own["heat_kW"].tolist()
    sets = {one["level_set"]: one["levels_C"] for one in content["level_sets"]}
    assert set(study.segments["level_set"]) - {0} <= set(sets)
    assert (content["objectives"], content["status"]) == (["tac", "co2"], "optimal")
    assert content["levels_kind"] == "greenfield"
    assert content["notes"] == list(study.notes_found)
    bounds = study.bounds
    assert (bounds["bound_tac_EUR_per_a"] <= bounds["front_tac_EUR_per_a"]).all()
    assert points["bound_tac_EUR_per_a"].tolist() == pytest.approx(
        points["tac_EUR_per_a"].tolist(), rel=1e-6
    )
    assert bounds["front_tac_EUR_per_a"].iloc[[0, -1]].tolist() == pytest.approx(
        study.points["tac_EUR_per_a"].iloc[[0, -1]].tolist()
    )


def test_a_study_can_be_sent_between_processes(study: ParetoStudy) -> None:
    again = pickle.loads(pickle.dumps(study))
    pd.testing.assert_frame_equal(again.points, study.points)


def _changed_point(study: ParetoStudy, place: int, **changes: object) -> ParetoStudy:
    points = list(study.points_found)
    points[place] = replace(points[place], **changes)  # type: ignore[arg-type]
    return replace(study, points_found=tuple(points))


def _changed_segment(study: ParetoStudy, place: int, **changes: object) -> ParetoStudy:
    segments = list(study.segments_found)
    segments[place] = replace(segments[place], **changes)  # type: ignore[arg-type]
    return replace(study, segments_found=tuple(segments))


def test_the_check_notices_what_is_wrong(study: ParetoStudy) -> None:
    supported = study.points["is_supported"].tolist()
    edge = int(np.flatnonzero(study.segments["level_set"] > 0)[0])
    first, second, *rest = study.points_found
    tampered = study.points_found[1].result
    wrong_summary = tampered.summary.assign(co2_t_per_a=1.0)
    found = study.segments_found[edge]
    for wrong, message in (
        (_changed_point(study, 1, marginal=1.0), "marginal cost: found 1,"),
        (_changed_point(study, 0, is_supported=False), "is_supported: found False"),
        (
            _changed_point(study, supported.index(False), is_supported=True),
            "is_supported: found True",
        ),
        (_changed_point(study, 1, result=replace(tampered, summary=wrong_summary)), "point 2, "),
        (replace(study, points_found=(second, first, *rest)), "expected more than before"),
        (replace(study, segments_found=()), "number of rows: found 0"),
        (_changed_segment(study, edge, first_end=0.0), "tac_EUR_per_a, measure 1"),
        (_changed_segment(study, edge, second_begin=1e9), "co2_t_per_a, measure 2"),
        (_changed_segment(study, edge, slope=2.0 * found.slope), "slope times length"),
        (replace(study, max_levels=2), "n_levels: found"),
        (replace(study, existing_C=(10.0, 90.0, 300.0), move=0), "levels moved: found"),
        (replace(study, existing_C=(10.0, 90.0), move=9), "expected within 0 K"),
    ):
        with pytest.raises(CheckError, match="check failed") as refused:
            check_front(wrong, study.streams, study.economics)
        assert message in str(refused.value)
    check_front(study, study.streams, study.economics)


def test_the_check_notices_other_prices(study: ParetoStudy) -> None:
    with pytest.raises(CheckError, match="point 1, summary: tac_EUR_per_a"):
        check_front(study, study.streams, CONTRARY["base"])


def test_all_faults_come_at_once() -> None:
    streams = milpcore.load_case("dairy_8")
    with pytest.raises(InputError) as refused:
        pareto(
            streams,
            objectives=("tac", "coo2"),
            existing_C=[5.0, 5.0, 85.0],
            n_levels=0,
            move=-1,
            range_K=-2.0,
            heat_pumps="yes",  # type: ignore[arg-type]
            resolution=1.0,
            n_points=-1,
            time_limit_s=0.0,
        )
    text = str(refused.value)
    for message in (
        "objectives = coo2: must be one of tac, opex, capex, co2; did you mean 'co2'?",
        "n_levels, existing_C = both: exactly one of them must be given; n_levels is for a",
        "n_levels = 0: must be a whole number from 1; give the largest number of levels",
        "existing_C = 5: must not come twice; remove the duplicate",
        "move = -1: must be a whole number from 0",
        "range_K = -2.0: must be a finite number from 0 (K); 10 is usual",
        "heat_pumps = 'yes': must be True or False; choose one of them",
        "resolution = 1.0: must be from 0 to below 1; 1e-3 is usual, 0 is exact",
        "n_points = -1: must be a whole number from 0 to 10000; such as 20",
        "time_limit_s = 0.0: must be positive (s); leave it out for no limit",
    ):
        assert message in text
    assert text.startswith("pareto: 10 faults")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "n_levels, existing_C = neither: exactly one of them must be given"),
        ({"n_levels": 3, "move": 2}, "move = 2: has no meaning without existing levels"),
        (
            {"n_levels": 3, "movable_C": [5.0]},
            "movable_C = [5.0]: has no meaning without existing levels; give existing_C, too",
        ),
        ({"n_levels": True}, "n_levels = True: must be a whole number from 1"),
        ({"n_levels": 3, "heat_pumps": 1}, "heat_pumps = 1: must be True or False"),
        (
            {"n_levels": 3, "objectives": "tac"},
            'objectives = tac: must be two of tac, opex, capex, co2; such as ("tac", "co2")',
        ),
        ({"n_levels": 3, "objectives": ["tac"]}, "objectives = tac: must be two of tac, opex, "),
        (
            {"n_levels": 3, "objectives": ["co2", "co2"]},
            "objectives = co2 twice: must be two different ones; name another one",
        ),
        ({"n_levels": 3, "resolution": float("nan")}, "resolution = nan: must be from 0 to"),
        ({"existing_C": [90.0, 95.0]}, "no level low enough for this hot stream"),
        (
            {"existing_C": [5.0, 205.0], "move": 3},
            "from 0 to 2, the number of levels that may move; so many of them may move together, "
            "0 for none",
        ),
        (
            {"n_levels": 3, "movable_C": (5.0, 41.0)},
            "movable_C = 5.0, 41.0: has no meaning without existing levels",
        ),
        (
            {"n_levels": 3, "economics": SiteEconomics(electricity_price_EUR_per_MWh=-500.0)},
            "pareto: 1 fault\n  - tac: cost of heat pump heat = -",
        ),
    ],
)
def test_each_fault_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        pareto(milpcore.load_case("dairy_8"), **options)
    assert message in str(refused.value)
    texts = [str(fault) for fault in refused.value.faults]
    assert len(texts) == len(set(texts))


def test_sites_of_a_few_watts_have_the_same_front() -> None:
    streams, economics = contrary_site(122)
    small = Streams(streams.table.assign(heat_flow=streams.table["heat_flow"] * 1e-6))
    usual, tiny = (
        pareto(one, n_levels=4, economics=economics, resolution=0.0) for one in (streams, small)
    )
    assert (1e6 * tiny.points["tac_EUR_per_a"]).tolist() == pytest.approx(
        usual.points["tac_EUR_per_a"].tolist(), rel=1e-7
    )
    assert tiny.points["is_supported"].tolist() == usual.points["is_supported"].tolist()


def test_searches_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    streams, economics = contrary_site(9)
    with caplog.at_level(logging.DEBUG, logger="milpcore"):
        pareto(streams, n_levels=4, economics=economics)
        pareto(streams, existing_C=[20.0, 200.0], economics=economics)
    told = [record.getMessage() for record in caplog.records if record.levelname == "INFO"]
    assert told[0].startswith("front begins: tac over co2, 8 streams, ")
    assert told[0].endswith(" candidate levels, at most 4 levels")
    assert told[1].startswith("front ends: optimal, ")
    assert told[2].endswith("existing levels 20, 200 °C, 0 may move")
    name = "milpcore.site.front_search.search"
    rounds = [record.getMessage() for record in caplog.records if record.name == name]
    phases = [text.partition(":")[0] for text in rounds]
    assert list(dict.fromkeys(phases)) == ["ends", "supported", "between"]


@pytest.mark.slow
def test_the_front_of_the_bundled_site_with_six_levels() -> None:
    study = pareto(milpcore.load_case("site_400"), n_levels=6, resolution=0.0)
    assert study.points["tac_EUR_per_a"].iloc[0] == pytest.approx(135_934_380.1, abs=1.0)
    assert study.points["co2_t_per_a"].iloc[-1] == pytest.approx(472_748.745, abs=0.01)
    assert len(study.points) == 3
    assert study.segments["jump_tac_EUR_per_a"].tolist() == pytest.approx([0.0, 80_988.88], abs=1.0)
