"""The K best level sets and near-optimal ranges, against every level set of small sites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from helpers_sites import (
    PRICES,
    cost_of_levels,
    level_sets,
    mask_of,
    site_at_levels,
    small_sites,
    stream_tables,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import milpcore
from milpcore import site
from milpcore.core import Status
from milpcore.faults import InputError
from milpcore.site.alternatives import AlternativeSearch
from milpcore.site.alternatives_options import AlternativeOptions
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import nearest_levels
from milpcore.site.ranked_sets import neighbours
from milpcore.streams import Streams

TINY = 1e-3
CLEAR = 1e-6
"""Costs of the oracle are good to 1e-9 or so; what is closer than this is not decided by it."""


def _found(
    inputs: SiteInputs, n_levels: int, wanted: int, percent: float | None = None
) -> Alternatives:
    search = AlternativeSearch(inputs, AlternativeOptions(wanted, percent, None, None), n_levels)
    return search.told(search.greenfield(min(n_levels, inputs.n_candidates)))


def _candidates_of(inputs: SiteInputs, found: Alternatives) -> list[tuple[int, ...]]:
    """Level sets of all ranks as candidates."""
    return [
        tuple(np.searchsorted(inputs.level_C, design.levels["temperature_C"]).tolist())
        for design in found.designs
    ]


def _counting(inputs: SiteInputs, n_levels: int) -> dict[tuple[int, ...], float]:
    """Every level set in which each level saves something, with its cost."""
    costs = {one: cost_of_levels(inputs, one) for one in level_sets(inputs, n_levels)}
    counting = {}
    for levels, cost in costs.items():
        if not np.isfinite(cost):
            continue
        fewer = [costs[tuple(x for x in levels if x != gone)] for gone in levels if len(levels) > 1]
        saved = min(fewer, default=np.inf) - cost
        scale = max(abs(cost), 1.0)
        assume(saved > CLEAR * scale or saved < 1e-10 * scale + TINY * CLEAR)
        if saved > CLEAR * scale:
            counting[levels] = cost
    return counting


@settings(max_examples=60)
@given(small_sites(max_streams=4, objectives=("tac", "tac", "opex", "co2")), st.data())
def test_the_best_sets_are_those_of_full_enumeration(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    n_levels = data.draw(st.integers(2, 4))
    wanted = data.draw(st.sampled_from([1, 3, 10]))
    counting = _counting(inputs, n_levels)
    assume(counting)
    search = AlternativeSearch(inputs, AlternativeOptions(wanted, None, None, None), n_levels)
    found = search.greenfield(min(n_levels, inputs.n_candidates))
    expected = sorted(counting.values())
    got = [one.cost * search.unit for one in found.sets]
    assert len(got) == min(wanted, len(expected))
    assert got == pytest.approx(expected[: len(got)], rel=1e-7, abs=TINY)
    assert all(one.cost < found.bound for one in found.sets)
    assert found.finished
    sets = [one.levels for one in found.sets]
    assert len(set(sets)) == len(sets)
    assert set(sets) <= set(counting)
    last = expected[len(got) - 1]
    tied = sum(abs(cost - last) <= 1e-9 * abs(last) for cost in expected[len(got) :])
    near = sum(abs(cost - last) <= CLEAR * abs(last) + TINY for cost in expected[len(got) :])
    assert tied <= found.n_tied + near
    assert found.n_tied <= near
    for (one, cost), (other, dearer) in zip(
        zip(sets, got, strict=True), list(zip(sets, got, strict=True))[1:], strict=False
    ):
        if cost == dearer:
            assert (len(one), one) < (len(other), other)


def _extreme_kW(
    inputs: SiteInputs, levels: Sequence[int], budget: float, pump: tuple[int, int], sign: float
) -> float:
    """Least (sign 1) or most (sign -1) heat of a pump at limited cost, by a dense program."""
    chosen, n = list(levels), len(levels)
    stream_level = nearest_levels(inputs, mask_of(inputs, levels))
    pairs = [
        k
        for k in range(inputs.n_pairs)
        if inputs.pump_source[k] in chosen and inputs.pump_sink[k] in chosen
    ]
    costs = inputs.objective_costs
    balance, demand = np.zeros((n, 3 * n + len(pairs))), np.zeros(n)
    for row, level in enumerate(chosen):
        for stream in np.flatnonzero(stream_level == level):
            kW = inputs.stream_duty_kW[stream]
            demand[row] += -kW if inputs.stream_is_hot[stream] else kW
        balance[row, row], balance[row, n + row] = 1.0, -1.0
        if row > 0:
            balance[row, 2 * n + row], balance[row - 1, 2 * n + row] = -1.0, 1.0
        for column, k in enumerate(pairs, start=3 * n):
            if inputs.pump_sink[k] == level:
                balance[row, column] += 1.0
            if inputs.pump_source[k] == level:
                balance[row, column] -= 1.0 - 1.0 / inputs.pump_cop[k]
    price = np.concatenate(
        (
            costs.external_heat[chosen],
            costs.cooling[chosen],
            np.zeros(n),
            costs.pump_heat[pairs],
        )
    )
    aim = np.zeros(price.size)
    for column, k in enumerate(pairs, start=3 * n):
        if (inputs.pump_source[k], inputs.pump_sink[k]) == (chosen[pump[0]], chosen[pump[1]]):
            aim[column] = sign
    upper = [None] * price.size
    upper[2 * n] = 0.0  # type: ignore[call-overload]
    result = linprog(
        aim,
        A_ub=price[None, :] / budget,
        b_ub=[1.0],
        A_eq=balance,
        b_eq=demand,
        bounds=[(0.0, most) for most in upper],
    )
    if result.status == 3:
        return np.inf
    assert result.status == 0
    return sign * float(result.fun)


@settings(max_examples=40)
@given(
    small_sites(max_streams=4, objectives=("tac",), any_profile=False),
    st.sampled_from([0.5, 3.0, 10.0]),
)
def test_ranges_are_those_of_all_near_optimal_designs(inputs: SiteInputs, percent: float) -> None:
    counting = _counting(inputs, 3)
    assume(counting and min(counting.values()) > 1.0)
    least = min(counting.values())
    limit = least * (1.0 + percent / 100.0)
    assume(all(abs(cost - limit) > CLEAR * limit for cost in counting.values()))
    near = [levels for levels, cost in counting.items() if cost < limit]
    found = _found(inputs, 3, 1, percent)
    best = _candidates_of(inputs, found)[0]
    same = np.array([levels for levels in near if len(levels) == len(best)])
    assert (found.n_near, found.n_other) == (len(near), len(near) - len(same))
    ranges = found.level_ranges
    assert ranges["best_C"].tolist() == inputs.level_C[list(best)].tolist()
    assert ranges["lowest_C"].tolist() == inputs.level_C[same.min(axis=0)].tolist()
    assert ranges["highest_C"].tolist() == inputs.level_C[same.max(axis=0)].tolist()
    assert ranges["n_temperatures"].tolist() == [len(set(column)) for column in same.T.tolist()]
    assert ranges["is_proven"].all()
    pumps = found.size_ranges[found.size_ranges["quantity"] == "heat pump"]
    for row in pumps.itertuples():
        pair = (row.from_level - 1, row.to_level - 1)
        for column, sign in (("least_kW", 1.0), ("most_kW", -1.0)):
            every = [_extreme_kW(inputs, levels, limit, pair, sign) for levels in same]
            expected = min(every) if sign > 0.0 else max(every)
            assert getattr(row, column) == pytest.approx(expected, rel=1e-5, abs=0.05)
        assert row.least_kW <= row.best_kW <= row.most_kW


@settings(max_examples=30)
@given(stream_tables(max_streams=4), st.sampled_from(sorted(PRICES)), st.integers(0, 2), st.data())
def test_the_best_moves_are_those_of_full_enumeration(
    streams: Streams, prices: str, move: int, data: st.DataObject
) -> None:
    limits = site.prepare(streams).stream_limit_C
    middle = data.draw(st.lists(st.sampled_from([55.0, 90.0, 120.0]), max_size=2, unique=True))
    existing_C = sorted({float(limits.min()) - 3.0, float(limits.max()) + 3.0, *middle})
    found = site.retrofit_alternatives(
        streams,
        existing_C=existing_C,
        move=min(move, len(existing_C)),
        range_K=20.0,
        n_alternatives=50,
        economics=PRICES[prices],
    )
    inputs = site.prepare(
        streams, economics=PRICES[prices], candidates_C=[*limits.tolist(), *existing_C]
    )
    costs: dict[tuple[float, ...], float] = {}
    moves: dict[tuple[float, ...], int] = {}
    near = [
        [level for level in inputs.level_C.tolist() if abs(level - own) <= 20.0]
        for own in existing_C
    ]
    for place in product(*near):
        n_moves = sum(level != own for level, own in zip(place, existing_C, strict=True))
        if n_moves > move or list(place) != sorted(place):
            continue
        levels = tuple(sorted(set(place)))
        moves[levels] = min(n_moves, moves.get(levels, 99))
        if levels not in costs:
            chosen = np.searchsorted(inputs.level_C, levels).tolist()
            costs[levels] = cost_of_levels(inputs, chosen)
    least = min(costs.values())
    for rank, design in enumerate(found.designs):
        levels, moved_C = found.sets_C[rank], found.moved_C[rank]
        kept = {moved_C.get(own, own) for own in existing_C} - set(found.given_up_C[rank])
        assert kept == set(levels)
        assert len(moved_C) <= moves[levels]
        value = float(design.summary["objective_value"].iloc[0])
        assert value == pytest.approx(costs[levels], rel=1e-7, abs=TINY)
    first = float(found.designs[0].summary["objective_value"].iloc[0])
    assert first == pytest.approx(least, rel=1e-7, abs=TINY)
    assert found.status is Status.OPTIMAL
    listed = set(found.sets_C)
    for levels, cost in costs.items():
        simpler = [
            other
            for other, dearer in costs.items()
            if (moves[other], len(other)) < (moves[levels], len(levels))
            and dearer <= cost * (1.0 + CLEAR) + TINY
        ]
        if len(found.designs) < 50 and not simpler and np.isfinite(cost):
            assert levels in listed


@pytest.mark.compiled
def test_ranks_of_the_bundled_site() -> None:
    found = site.alternatives(
        milpcore.load_case("site_400"), n_levels=6, n_alternatives=10, within_percent=0.1
    )
    table = found.alternatives
    assert table["rank"].tolist() == list(range(1, 11))
    assert table["is_proven"].all()
    assert table["objective_value"].is_monotonic_increasing
    assert table["objective_value"].iloc[0] == pytest.approx(135_934_380, rel=1e-6)
    assert table["levels_C"].nunique() == 10
    assert found.level_ranges["best_C"].tolist()[0] == 15.0
    assert len(found.alternative_levels) == 60
    assert set(found.alternative_heat_pumps["rank"]) == set(range(1, 11))
    plain = found.to_json_dict()
    assert [one["rank"] for one in plain["alternatives"]] == list(range(1, 11))
    assert plain["level_ranges"][0]["lowest_C"] == 15.0


def test_equal_costs_are_in_order_and_counted() -> None:
    """At each of two levels either of two kinks will do."""
    inputs = site_at_levels(
        {60.0: 300.0, 100.0: 200.0}, {50.0: 400.0, 90.0: 300.0}, economics=PRICES["poor pumps"]
    )
    found = _found(inputs, 2, 1)
    again = _found(inputs, 2, 2)
    assert found.n_tied == 3
    assert found.notes == (
        "No other level set costs less than the last of these.",
        "3 further level sets cost as much as the last one.",
    )
    assert again.alternatives["above_best_percent"].tolist() == [0.0, 0.0]
    first, second = _candidates_of(inputs, again)
    assert first < second


def test_fewer_sets_than_asked_for() -> None:
    found = site.alternatives(milpcore.load_case("two_streams"), n_levels=5, n_alternatives=4)
    assert found.status is Status.OPTIMAL
    assert len(found.designs) == 1
    assert found.bound == np.inf
    assert found.notes[0] == "There is no more than 1 level set without a level of no use."
    assert found.to_json_dict()["bound"] is None


def test_one_level_that_serves_no_stream() -> None:
    found = site.alternatives(milpcore.load_case("two_streams"), n_levels=1)
    assert found.status is Status.INFEASIBLE
    assert found.notes == ("No set of at most 1 levels serves every stream.",)
    assert len(found.alternatives) == len(found.alternative_levels) == 0
    assert list(found.level_ranges.columns)[:2] == ["max_levels", "within_percent"]


@pytest.mark.compiled
@pytest.mark.parametrize("calls", [1, 4, 12, 20])
def test_a_search_that_is_stopped_proves_what_lies_below_its_bound(calls: int) -> None:
    streams = milpcore.load_case("site_400")
    asked = {"n_levels": 7, "n_alternatives": 10, "within_percent": 0.2}
    heard = 0

    def stop(_: site.Progress) -> bool:
        nonlocal heard
        heard += 1
        return heard >= calls

    cut = site.alternatives(streams, observer=stop, **asked)  # type: ignore[arg-type]
    assert cut.status is Status.INTERRUPTED
    assert cut.designs
    assert cut.n_proven < 10
    assert not cut.level_ranges["is_proven"].any()
    assert cut.notes[0].startswith(f"interrupted: the first {cut.n_proven} of ")
    full = site.alternatives(streams, n_levels=7, n_alternatives=cut.n_proven + 1)
    proven = cut.alternatives["levels_C"][: cut.n_proven].tolist()
    assert proven == full.alternatives["levels_C"][: cut.n_proven].tolist()
    assert cut.bound <= full.designs[-1].summary["objective_value"].iloc[0] * (1.0 + 1e-8)


@pytest.mark.compiled
def test_a_time_limit_keeps_what_is_found() -> None:
    found = site.alternatives(milpcore.load_case("site_400"), n_levels=8, time_limit_s=1e-3)
    assert found.status is Status.TIME_LIMIT
    assert found.designs
    assert found.notes[0].startswith("time limit: the first 0 of ")


def test_a_site_of_a_few_watts_has_the_same_ranks() -> None:
    dairy = milpcore.load_case("dairy_8")
    tiny = dairy.table.copy()
    tiny["heat_flow"] *= 1e-6
    large, small = (
        site.alternatives(one, n_levels=5, n_alternatives=5, within_percent=2.0)
        for one in (dairy, Streams(tiny))
    )
    assert small.alternatives["levels_C"].tolist() == large.alternatives["levels_C"].tolist()
    assert small.bound == pytest.approx(1e-6 * large.bound, rel=1e-9)
    for column in ("best_kW", "least_kW", "most_kW"):
        assert small.size_ranges[column].to_numpy() * 1e6 == pytest.approx(
            large.size_ranges[column].to_numpy(), rel=1e-6, abs=1e-3
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_alternatives": 0}, "n_alternatives = 0: must be a whole number from 1 to 10000"),
        ({"n_alternatives": True}, "n_alternatives = True: must be a whole number from 1"),
        ({"within_percent": -0.1}, "within_percent = -0.1: must be from 0 to below 100 (%)"),
        ({"time_limit_s": 0.0}, "time_limit_s = 0.0: must be positive (s); leave it out"),
        ({"n_levels": 0}, "n_levels = 0: must be a whole number from 1; give the largest number"),
        (
            {"candidates_C": site.Refined()},
            "candidates_C = refined:1: has no fixed set of candidates, so that nothing is the "
            "second best of it; use kinks+grid:1",
        ),
    ],
)
def test_what_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        site.alternatives(
            milpcore.load_case("dairy_8"),
            **{"n_levels": 4, **options},  # type: ignore[arg-type]
        )


def test_every_fault_is_listed() -> None:
    with pytest.raises(InputError) as caught:
        site.retrofit_alternatives(
            milpcore.load_case("dairy_8"),
            existing_C=[5.0, 205.0],
            n_alternatives=0,
            within_percent=100.0,
            time_limit_s=-1.0,
        )
    assert [fault.field for fault in caught.value.faults] == [
        "n_alternatives",
        "within_percent",
        "time_limit_s",
    ]


@given(st.sets(st.integers(0, 6), min_size=1, max_size=4), st.integers(4, 5))
def test_neighbours_are_all_sets_one_step_away(levels: set[int], most: int) -> None:
    rows = neighbours(np.array(sorted(levels)), 7, most)
    found = {frozenset(row[row >= 0].tolist()) for row in rows}
    assert len(found) == len(rows)
    expected = set()
    for other in level_sets(site_at_levels({10.0 * k: 1.0 for k in range(7)}, {}), most):
        gone, come = levels - set(other), set(other) - levels
        if len(gone) <= 1 and len(come) <= 1 and gone | come:
            expected.add(frozenset(other))
    assert found == expected


def test_places_of_a_level_set_need_the_fewest_moves() -> None:
    stay = np.array([1, 3, 5])
    family = SlotSets(stay, (np.arange(3), np.arange(2, 5), np.arange(4, 7)), 3)
    assert family.places(np.array([1, 3, 5])).tolist() == [1, 3, 5]
    assert family.places(np.array([2, 6])).tolist() == [2, 2, 6]
    assert family.places(np.array([1, 4])).tolist() == [1, 4, 4]
    with pytest.raises(ValueError, match=r"^slots: no choice takes the levels \[0\]"):
        family.places(np.array([0]))
