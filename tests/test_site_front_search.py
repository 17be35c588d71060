"""Parts of the search for a front: curves, envelopes, lists of level sets, operation."""

from __future__ import annotations

import time
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers_pareto import CONTRARY, PAIRS, contrary_site, greenfield_sets, retrofit_sets, site_of
from helpers_sites import least_cost, mask_of, site_at_levels
from hypothesis import given

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.front_search.archive import Archive, Cut, lower_hull
from milpcore.site.front_search.curves import curve_of
from milpcore.site.front_search.front import (
    covers,
    empty_front,
    front_of,
    highest_sum,
    merged,
    pokes_below,
    value_at,
)
from milpcore.site.front_search.greenfield_sets import GreenfieldSets
from milpcore.site.front_search.measures import Pair, measure_pair
from milpcore.site.front_search.operation import design_at, design_of, measures_of
from milpcore.site.front_search.outline import is_on, outline_of
from milpcore.site.front_search.search import FrontSearch
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import Floats, without_heat_pumps
from milpcore.site.model import nearest_levels
from milpcore.site.operate import operate_levels
from milpcore.site.path_search.incumbents import level_set_cost
from milpcore.site.path_search.search import SearchStopped
from milpcore.site.path_search.solvers import default_solver


def _no_pause() -> None:
    """Never stop."""


def _pair(seed: int, names: tuple[str, str] = ("tac", "co2")) -> Pair:
    streams, economics = contrary_site(seed)
    return measure_pair(site_of(streams, economics), *(Measure(name) for name in names))


@st.composite
def curves(draw: st.DrawFn) -> Floats:
    """Draw a convex falling polyline with few digits, or a single point."""
    steps = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=3))
    steps.sort(key=lambda one: one[1] / one[0], reverse=True)
    first, second = [draw(st.integers(0, 8))], [draw(st.integers(0, 8)) + 20]
    for wide, high in steps:
        first.append(first[-1] + wide)
        second.append(second[-1] - high)
    return np.column_stack((first, second)).astype(float)


def _value(curve: Floats, second: float) -> float:
    """Least first measure of a curve, by plain interpolation."""
    if second < curve[-1, 1]:
        return np.inf
    return float(np.interp(second, curve[::-1, 1], curve[::-1, 0]))


PLACES = np.unique(np.concatenate([np.arange(0.0, 30.0, 0.25), np.arange(0.0, 30.0, 1.0 / 3.0)]))


@given(st.lists(curves(), min_size=1, max_size=6))
def test_a_merged_front_is_the_least_of_its_curves(given_curves: list[Floats]) -> None:
    front = empty_front()
    for number, curve in enumerate(given_curves):
        front = merged(front, front_of(curve, number))
    for second in PLACES.tolist():
        expected = min(_value(curve, second) for curve in given_curves)
        assert value_at(front.spans, second, False) == pytest.approx(expected, abs=1e-9)
    spans = front.spans
    assert np.all(spans[:, 0] <= spans[:, 2])
    assert np.all(spans[:, 1] >= spans[:, 3])
    assert np.all(spans[1:, 0] >= spans[:-1, 2])
    for (begin, first, end, last), (number, edge) in zip(spans, front.origin, strict=True):
        curve = given_curves[number]
        assert 0 <= edge < max(1, len(curve) - 1)
        assert _value(curve, begin) == pytest.approx(first, abs=1e-9)
        assert _value(curve, end) == pytest.approx(last, abs=1e-9)


@given(st.lists(curves(), min_size=1, max_size=4), curves())
def test_a_curve_pokes_below_a_front_exactly_if_it_is_lower_somewhere(
    given_curves: list[Floats], trial: Floats
) -> None:
    front = empty_front()
    for number, curve in enumerate(given_curves):
        front = merged(front, front_of(curve, number))
    after = merged(front, front_of(trial, len(given_curves)))
    is_lower = bool(np.any(after.origin[:, 0] == len(given_curves)))
    assert pokes_below(trial, front.spans, 1e-9, 1e-9) == is_lower
    assert not pokes_below(trial, after.spans, 1e-9, 1e-9)
    assert covers(trial, after.spans[after.origin[:, 0] == len(given_curves)], 1e-9, 1e-9)
    assert not covers(trial + 1.0, front_of(trial, 0).spans, 0.5, 0.5)


@given(
    st.lists(curves(), min_size=1, max_size=4),
    st.sampled_from([0.1, 0.5, 0.8]),
    st.integers(21, 27),
    st.sampled_from([0.5, 2.0, 5.0]),
)
def test_the_highest_sum_looks_at_jumps_from_the_left(
    given_curves: list[Floats], weight: float, low: float, wide: float
) -> None:
    front = empty_front()
    for number, curve in enumerate([np.array([[30.0, 1.0]]), *given_curves]):
        front = merged(front, front_of(curve, number))
    places = np.linspace(low, low + wide, 2001)
    values = [value_at(front.spans, place, True) for place in places[1:]]
    values = [value_at(front.spans, low, False), *values]
    dense = float(np.max(weight * np.array(values) + (1.0 - weight) * places))
    found = highest_sum(front.spans, weight, 1.0 - weight, low, low + wide)
    assert dense - 1e-9 <= found <= dense + 0.02 * wide


def test_a_lower_hull_leaves_out_what_lies_above_or_on_it() -> None:
    points = [(0.0, 4.0), (1.0, 3.0), (2.0, 2.0), (2.5, 2.5), (4.0, 0.0), (5.0, 0.0)]
    hull = lower_hull(points)
    assert hull == [(0.0, 4.0), (4.0, 0.0)]
    shifts = np.array([1e-9, 1e-9])
    assert is_on(hull, 2.0, 2.0, shifts)
    assert not is_on(hull, 2.5, 2.5, shifts)
    assert is_on([(1.0, 1.0)], 1.0, 1.0, shifts)


@pytest.mark.parametrize("seed", [3, 7, 21, 122, 129, 163, 306])
def test_the_curve_of_a_level_set_is_that_of_limits_on_the_second_measure(seed: int) -> None:
    streams, economics = contrary_site(seed)
    names = PAIRS[seed % len(PAIRS)]
    pair = _pair(seed, names)
    levels = np.arange(pair.inputs.n_candidates)
    curve = curve_of(pair.arrays, levels) * pair.unit
    assert np.all(np.diff(curve[:, 0]) > 0.0)
    assert np.all(np.diff(curve[:, 1]) < 0.0)
    slopes = np.diff(curve[:, 1]) / np.diff(curve[:, 0])
    assert np.all(np.diff(slopes) > 0.0)
    limited = replace(site_of(streams, economics), objective=Measure(names[1]))
    nearest = nearest_levels(limited, mask_of(limited, levels.tolist()))
    for row in range(len(curve)):
        for most in {curve[row, 1], curve[max(row - 1, 0) : row + 1, 1].mean()}:
            expected = least_cost(
                limited, levels.tolist(), nearest, measure=Measure(names[0]), at_most=most + 1e-6
            )
            assert np.interp(most, curve[::-1, 1], curve[::-1, 0]) == pytest.approx(
                expected, rel=1e-6, abs=1e-3
            )


def test_levels_that_serve_not_every_stream_have_no_curve() -> None:
    pair = _pair(3)
    assert len(curve_of(pair.arrays, np.array([0]))) == 0
    archive = Archive(pair)
    assert not archive.add(np.array([0]))
    assert archive.sets == []


@pytest.mark.parametrize("seed", [2, 9, 17, 42, 109, 122])
@pytest.mark.parametrize("rank", [0, 4, 20])
def test_every_level_set_below_a_cutoff_is_listed(seed: int, rank: int) -> None:
    pair = _pair(seed)
    family = GreenfieldSets(pair, 4, default_solver())
    weighted = pair.weighted(0.7, 0.3)
    costs = {}
    for levels in greenfield_sets(pair.inputs, 4):
        cost, _ = level_set_cost(weighted.network, np.array(levels))
        if np.isfinite(cost):
            costs[levels] = cost
    rank = min(rank, len(costs) - 1)
    cutoff = sorted(costs.values())[rank] * (1.0 + 1e-9)
    found: set[tuple[int, ...]] = set()

    def offer(sets: np.ndarray) -> None:
        found.update(tuple(row[row >= 0].tolist()) for row in sets)

    known = [np.array(min(costs, key=lambda one: costs[one]))]
    listed = family.below(weighted, known, lambda: cutoff, offer, _no_pause)
    assert listed.finished
    assert listed.bound == pytest.approx(cutoff)
    below = {levels for levels, cost in costs.items() if cost < cutoff}
    assert below <= found
    assert len(below) > rank


@pytest.mark.parametrize("seed", [4, 12, 80, 199])
@pytest.mark.parametrize("move", [0, 1, 2, 4])
def test_every_choice_of_slots_below_a_cutoff_is_listed_and_no_other(seed: int, move: int) -> None:
    streams, economics = contrary_site(seed)
    kinks = site_of(streams, economics).level_C
    existing_C = [float(kinks[0]), 61.0, 104.0, float(kinks[-1]) + 3.0]
    inputs = site_of(streams, economics, [*kinks.tolist(), *existing_C])
    pair = measure_pair(inputs, Measure.TAC, Measure.CO2)
    stay = np.array([int(np.abs(inputs.level_C - one).argmin()) for one in existing_C])
    near = [np.flatnonzero(np.abs(inputs.level_C - one) <= 30.0) for one in existing_C]
    family = SlotSets(stay, tuple(near), move)
    weighted = pair.weighted(0.6, 0.4)
    sets = list(retrofit_sets(inputs, existing_C, move, 30.0))
    costs = {one: level_set_cost(weighted.network, np.array(one))[0] for one in sets}
    cutoff = 1.02 * min(costs.values())
    found: set[tuple[int, ...]] = set()

    def offer(rows: np.ndarray) -> None:
        found.update(tuple(row[row >= 0].tolist()) for row in rows)

    known = [family.first()]
    listed = family.below(weighted, known, lambda: cutoff, offer, _no_pause)
    assert listed.finished
    assert found == {levels for levels, cost in costs.items() if cost < cutoff}
    best = family.minimum(weighted, known, _no_pause)
    assert best.bound == pytest.approx(min(costs.values()), rel=1e-9)
    assert costs[tuple(best.levels.tolist())] == pytest.approx(min(costs.values()))
    for levels in sets:
        moved = [one for one in levels if one not in stay]
        assert len(moved) <= family.moves(np.array(levels)) <= move
    strange = np.array([stay[0], stay[-1]])
    assert family.moves(strange) > 0


def test_slots_keep_the_order_of_levels() -> None:
    pair = _pair(122)
    last = pair.inputs.n_candidates - 1
    places = ([0], [1, 4], [2, 5], [last])
    family = SlotSets(np.array([0, 1, 2, last]), tuple(np.array(one) for one in places), 2)
    found: list[tuple[int, ...]] = []

    def offer(rows: np.ndarray) -> None:
        found.extend(tuple(row[row >= 0].tolist()) for row in rows)

    weighted = pair.weighted(0.6, 0.4)
    family.below(weighted, [family.first()], lambda: 1e9, offer, _no_pause)
    assert found == [(0, 1, 2, last), (0, 1, 5, last), (0, 4, 5, last)]


def test_a_level_set_takes_part_if_it_costs_less_than_the_cutoff() -> None:
    pair = _pair(3)
    everything = np.arange(pair.inputs.n_candidates)
    weighted = pair.weighted(0.5, 0.5)
    cost, _ = level_set_cost(weighted.network, everything)
    for share, takes_part in ((1e-6, True), (0.0, False), (-1e-6, False)):
        archive = Archive(pair)
        archive.add(everything[[0, -1]])
        assert archive.offer(weighted, everything[None], cost * (1.0 + share)) is takes_part
        assert len(archive.sets) == 1 + takes_part
        assert archive.n_priced == 1


def test_the_resolution_is_a_share_of_both_ranges() -> None:
    pair = _pair(129)
    family = GreenfieldSets(pair, 4, default_solver())
    search = FrontSearch(pair, family, resolution=0.01, deadline_s=np.inf, observer=None)
    archive = search.run()
    least, most = archive.ends
    assert search.slack == pytest.approx(0.01 * (most - least))
    exact = FrontSearch(pair, family, resolution=0.0, deadline_s=np.inf, observer=None)
    assert exact.run().front.spans.size
    assert exact.slack == pytest.approx(1e-9 * exact.archive.ends[1])


def test_a_stopped_list_proves_only_what_it_has_looked_at() -> None:
    pair = _pair(122)
    weighted = pair.weighted(0.7, 0.3)
    last = pair.inputs.n_candidates - 1

    def stop() -> None:
        raise SearchStopped

    for family in (
        GreenfieldSets(pair, 4, default_solver()),
        SlotSets(np.array([0, last]), (np.array([0]), np.array([last])), 0),
    ):
        known = [np.arange(pair.inputs.n_candidates)]
        listed = family.below(weighted, known, lambda: 1e9, lambda _: None, stop)
        assert not listed.finished
        assert listed.bound < 1e8


@pytest.mark.parametrize("seed", [3, 129, 163])
def test_a_point_between_vertices_is_operated_at_its_measures(seed: int) -> None:
    pair = _pair(seed)
    levels = np.arange(pair.inputs.n_candidates)
    curve = curve_of(pair.arrays, levels)
    assert len(curve) > 2
    places = np.sort(np.concatenate([curve[:, 1], 0.5 * (curve[1:, 1] + curve[:-1, 1])]))
    for second in places.tolist():
        design = design_at(pair, levels, curve, second)
        expected = np.interp(second, curve[::-1, 1], curve[::-1, 0]), second
        assert measures_of(pair, design) == pytest.approx(expected, rel=1e-9)
        net = design.cascade_kW
        assert net[0] == net[-1] == 0.0
        assert np.all(net >= 0.0)


@pytest.mark.parametrize(
    ("hot_kW", "cold_kW"),
    [
        ({150.0: 100.0, 100.0: 80.0}, {60.0: 90.0}),
        ({150.0: 100.0, 100.0: 80.0}, {60.0: 120.0, 30.0: 100.0, 170.0: 7.0}),
        ({90.0: 40.0, 40.0: 300.0}, {120.0: 90.0, 60.0: 90.0, 20.0: 10.0}),
    ],
)
def test_heat_is_bought_low_and_removed_high(
    hot_kW: dict[float, float], cold_kW: dict[float, float]
) -> None:
    inputs = site_at_levels(hot_kW, cold_kW)
    levels = np.arange(inputs.n_candidates)
    design = design_of(inputs, levels, np.zeros(inputs.n_pairs))
    expected = operate_levels(without_heat_pumps(inputs), levels)
    assert expected is not None
    for name in ("external_heat_kW", "cooling_kW", "cascade_kW"):
        assert getattr(design, name) == pytest.approx(getattr(expected, name), abs=1e-6)


def test_distances_come_from_proven_cuts() -> None:
    pair = _pair(3)
    archive = Archive(pair)
    archive.add(np.arange(pair.inputs.n_candidates))
    least, most = archive.ends
    unit = most - least
    whole = archive.distance(least[1], most[1], unit)
    assert whole == pytest.approx(min(most / unit))
    spans = archive.front.spans
    corner = float(spans[-1, 3] + spans[-1, 2])
    archive.cuts.append(Cut(1.0, 1.0, corner - 0.5 * float(unit.sum())))
    closer = archive.distance(least[1], most[1], unit)
    top = archive.highest(1.0, 1.0, least[1], most[1])
    assert closer == pytest.approx(min(whole, (top - archive.cuts[-1].least) / unit.sum()))
    assert archive.end_distance(unit) == pytest.approx(max(least / unit))
    archive.cuts += [Cut(1.0, 0.0, float(least[0])), Cut(0.0, 1.0, float(least[1]) - unit[1] / 4)]
    assert archive.end_distance(unit) == pytest.approx(0.25)
    assert archive.least_first(float(most[1])) == pytest.approx(float(least[0]))


def _archive_of(*given_curves: list[tuple[float, float]]) -> Archive:
    """Archive that holds some curves, as if they were those of level sets."""
    archive = Archive(_pair(3))
    for number, curve in enumerate(given_curves):
        archive.curves.append(np.array(curve))
        archive.sets.append(np.arange(3 + number))
        archive.front = merged(archive.front, front_of(archive.curves[-1], number))
    return archive


def test_a_front_jumps_drops_and_crosses_between_its_points() -> None:
    archive = _archive_of([(3.0, 8.0), (6.0, 4.0)], [(4.0, 5.0)])
    outline = outline_of(archive)
    places = [(node.first, node.second, node.number) for node in outline.nodes]
    assert places == [(3.0, 8.0, 0), (4.0, 5.0, 1), (6.0, 4.0, 0)]
    assert [node.is_supported for node in outline.nodes] == [True, True, True]
    first, second = outline.pieces
    assert first[:5] == pytest.approx((0, 3.0, 8.0, 4.0, 8.0 - 4.0 / 3.0))  # then it drops
    assert second[:5] == pytest.approx((0, 5.25, 5.0, 6.0, 4.0))  # after a jump
    assert (first.slope, second.slope) == pytest.approx((0.75, 0.75))

    crossing = outline_of(_archive_of([(0.0, 10.0), (6.0, 4.0)], [(1.0, 9.5), (5.0, 1.5)]))
    places = [(node.first, node.second) for node in crossing.nodes]
    assert np.array(places) == pytest.approx(np.array([(0.0, 10.0), (1.5, 8.5), (5.0, 1.5)]))
    assert [node.kind.value for node in crossing.nodes] == ["end", "crossing", "end"]
    assert [node.is_supported for node in crossing.nodes] == [True, False, True]
    assert [piece.number for piece in crossing.pieces] == [0, 1]

    nothing = outline_of(_archive_of([(0.0, 10.0)], [(1.0, 5.0)]))
    assert nothing.pieces[0].number == -1
    assert np.isnan(nothing.pieces[0].slope)


def test_points_that_are_asked_for_lie_where_the_front_is() -> None:
    archive = _archive_of([(3.0, 8.0), (6.0, 4.0)], [(4.0, 5.0)])
    asked = [node for node in outline_of(archive, n_asked=7).nodes if not np.isnan(node.asked)]
    places = [(node.first, node.second, node.asked) for node in asked]
    expected = [
        (3.375, 7.5, 7.5),
        (3.75, 7.0, 7.0),
        (4.0, 5.0, 5.0),  # the limits of 6.5, 6 and 5.5 as well: the front is flat there
        (5.625, 4.5, 4.5),
    ]
    assert np.array(places) == pytest.approx(np.array(expected))
    kinds = [node.kind.value for node in asked]
    assert kinds == ["asked", "asked", "vertex", "asked"]


def test_points_that_differ_by_rounding_are_one() -> None:
    archive = _archive_of(
        [(3.0, 8.0), (6.0, 4.0)], [(7.0, 4.0 - 1e-13)], [(3.0 + 1e-13, 7.9), (5.0, 5.0)]
    )
    places = [(node.first, node.second) for node in outline_of(archive).nodes]
    assert places[0] == pytest.approx((3.0, 7.9))
    assert places[-1] == pytest.approx((6.0, 4.0))


@pytest.mark.parametrize("after", [0, 1, 3, 10, 40, 150])
def test_a_search_that_is_stopped_claims_no_more_than_is_true(after: int) -> None:
    streams, economics = contrary_site(129)
    pair = measure_pair(site_of(streams, economics), Measure.TAC, Measure.CO2)
    family = GreenfieldSets(pair, 4, default_solver())
    calls = 0

    def observe(_: object) -> bool:
        nonlocal calls
        calls += 1
        return calls > after

    stopped = FrontSearch(pair, family, resolution=0.0, deadline_s=np.inf, observer=observe)
    exact = FrontSearch(pair, family, resolution=0.0, deadline_s=np.inf, observer=None)
    part, whole = stopped.run(), exact.run()
    assert exact.status is Status.OPTIMAL
    assert stopped.status is (Status.INTERRUPTED if calls > after else Status.OPTIMAL)
    outline = outline_of(part)
    least, most = part.ends
    unit = np.where(most - least > 1e-6 * most, most - least, most)
    off = outline.distance * unit + 1e-9 * most
    assert not any(pokes_below(curve, part.front.spans, *off.tolist()) for curve in whole.curves)
    for node in outline.nodes:
        bound = min(node.first, part.least_first(node.second))
        assert bound <= value_at(whole.front.spans, node.second * (1 + 1e-9), False) * (1 + 1e-9)


def test_a_search_ends_at_its_deadline() -> None:
    pair = _pair(129)
    family = GreenfieldSets(pair, 4, default_solver())
    search = FrontSearch(
        pair, family, resolution=0.0, deadline_s=time.perf_counter(), observer=None
    )
    archive = search.run()
    assert search.status is Status.TIME_LIMIT
    assert outline_of(archive).distance > 0.01


def test_contrary_prices_are_what_they_are_called() -> None:
    clean, dirty = (
        CONTRARY[f"{kind} electricity"] for kind in ("clean and dear", "dirty and cheap")
    )
    for economics, is_clean in ((clean, True), (dirty, False)):
        heat = economics.external_heat_price(Measure.CO2)
        assert (economics.electricity_price(Measure.CO2) < heat) is is_clean
