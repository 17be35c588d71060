"""Sites with periods: both solvers against enumeration, bounds against exact costs, the door."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from helpers_periods import (
    cost_of_set,
    enumerated_periods,
    middle_period_sites,
    small_period_sites,
)
from helpers_sites import level_sets, site_at_levels
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import milpcore
from milpcore import site
from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.inputs import Integers
from milpcore.site.model import KW_PER_MW, Progress
from milpcore.site.periods import (
    ExtensivePath,
    PeriodInputs,
    Periods,
    PeriodSearch,
    prepare_periods,
)
from milpcore.site.periods import search as search_module
from milpcore.site.periods.network import feasible_prices, period_network, split_investment
from milpcore.site.periods.node import PeriodNode, branch, label_node, reduce_node, root_node
from milpcore.site.periods.operate import design_cost, operate_periods
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site.periods.pricing import separate_costs, set_cost
from milpcore.site.periods.relaxation import raise_bound

GENERAL = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def seasonal(streams: milpcore.Streams, n_periods: int, seed: int = 1) -> Periods:
    """Periods of equal length with seeded factors, one stream in ten standing still."""
    random = np.random.default_rng(seed)
    swing = random.uniform(0.0, 0.5, streams.n_streams)
    phase = random.uniform(0.0, 1.0, streams.n_streams)
    time = (np.arange(n_periods)[:, None] + 0.5) / n_periods
    factor = 1.0 + swing * np.cos(2.0 * np.pi * (time - phase))
    factor = np.where(random.random(factor.shape) < 0.1, 0.0, factor)
    names = tuple(f"period {number + 1}" for number in range(n_periods))
    return Periods(names, np.full(n_periods, 8000.0 / n_periods), factor * streams.duty_kW)


def agrees(outcome: PeriodOutcome, expected: float) -> None:
    if np.isinf(expected):
        assert outcome.status is Status.INFEASIBLE
        assert outcome.design is None
        return
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(expected, rel=1e-7, abs=1e-3)
    assert outcome.bound <= outcome.objective
    assert outcome.bound == pytest.approx(expected, rel=2e-6, abs=1e-2)


@GENERAL
@given(small_period_sites(), st.integers(1, 4))
def test_the_search_finds_the_enumerated_optimum(inputs: PeriodInputs, n_levels: int) -> None:
    expected = enumerated_periods(inputs, n_levels)
    agrees(PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0), expected)


@GENERAL
@given(small_period_sites(max_streams=5), st.integers(1, 4))
def test_the_extensive_program_finds_the_enumerated_optimum(
    inputs: PeriodInputs, n_levels: int
) -> None:
    expected = enumerated_periods(inputs, n_levels)
    agrees(ExtensivePath(n_levels).solve(inputs, mip_rel_gap=0.0), expected)


@settings(GENERAL, max_examples=10)
@given(middle_period_sites(), st.integers(3, 6))
def test_search_and_extensive_program_agree(inputs: PeriodInputs, n_levels: int) -> None:
    expected = ExtensivePath(n_levels).solve(inputs, mip_rel_gap=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "MAX_PROGRAMS", 1)
        outcome = PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0)
    agrees(outcome, expected.objective)


@GENERAL
@given(small_period_sites())
def test_the_search_branches_to_the_enumerated_optimum(inputs: PeriodInputs) -> None:
    expected = enumerated_periods(inputs, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "MAX_PATHS", 1)
        patch.setattr(search_module, "MAX_PROGRAMS", 1)
        outcome = PeriodSearch(3).solve(inputs, mip_rel_gap=0.0)
    agrees(outcome, expected)


@settings(GENERAL, max_examples=15)
@given(middle_period_sites(), st.integers(2, 5), st.sampled_from([0.02, 0.1, 0.3]))
def test_a_search_that_ends_early_keeps_its_promise(
    inputs: PeriodInputs, n_levels: int, gap: float
) -> None:
    early = PeriodSearch(n_levels).solve(inputs, mip_rel_gap=gap)
    exact = PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0)
    assert early.status is exact.status
    if early.design is not None:
        assert early.bound <= exact.objective * (1.0 + 1e-7) + 1e-6
        assert early.gap <= gap
        assert early.objective >= exact.objective * (1.0 - 1e-7) - 1e-6


@GENERAL
@given(small_period_sites(), st.integers(0, 2**32 - 1))
def test_no_bound_exceeds_the_exact_cost(inputs: PeriodInputs, seed: int) -> None:
    network, unit = period_network(inputs), KW_PER_MW * inputs.site.cost_scale
    random = np.random.default_rng(seed)
    n, highest = network.n_levels, network.costs.external_heat
    wanted = np.sort(random.uniform(-0.5, 1.5, (network.n_periods, n)) * highest, axis=1)
    node = root_node(network, wanted)
    labels = label_node(network, node, n)
    length = {}
    for arc, (tail, head) in enumerate(zip(labels.tail, labels.head, strict=True)):
        length[int(tail), int(head)] = labels.cost[arc]
    for levels in level_sets(inputs.site, n):
        exact = cost_of_set(inputs, levels)
        if np.isinf(exact):
            assert np.isinf(set_cost(network, np.array(levels)))
            continue
        rounding = 1e-7 * (1.0 + exact)
        path = labels.start_cost[levels[0]] + sum(length[pair] for pair in pairwise(levels))
        separate = separate_costs(network, np.array([levels]), node.price.pump_cost)[0]
        operated = set_cost(network, np.array(levels))
        assert path * unit <= separate * unit + rounding
        assert separate * unit <= exact + rounding
        assert operated * unit == pytest.approx(exact, rel=1e-7, abs=1e-3)
        assert labels.bound * unit <= exact + rounding


@GENERAL
@given(small_period_sites(), st.integers(0, 2**32 - 1))
def test_prices_and_split_keep_their_conditions(inputs: PeriodInputs, seed: int) -> None:
    network = period_network(inputs)
    base, random = network.base, np.random.default_rng(seed)
    shape = network.n_periods, network.n_levels
    wanted = random.uniform(-1.0, 2.0, shape) * network.costs.external_heat
    pumps = np.arange(base.pump_cost.size)
    part = split_investment(network, wanted, pumps)
    assert np.all(part >= 0.0)
    assert np.all(part.sum(axis=0) <= network.costs.size * (1.0 + 1e-12))
    price = feasible_prices(network, wanted, pumps)
    assert np.all(np.diff(price.level, axis=1) >= -1e-12)
    assert np.all(price.level <= network.costs.external_heat + 1e-12)
    assert np.all(price.level >= -network.costs.cooling - 1e-12)
    fed = price.pump_cost + base.pump_share * price.level[:, base.pump_source]
    assert np.all(price.level[:, base.pump_sink] <= fed + 1e-9)


@GENERAL
@given(small_period_sites(), st.integers(1, 4))
def test_children_part_the_paths_of_a_node(inputs: PeriodInputs, n_levels: int) -> None:
    network = period_network(inputs)
    node = root_node(network, np.zeros((network.n_periods, network.n_levels)))
    ends = network.base.arc_tail, network.base.arc_head
    paths = node_paths(node, *ends, n_levels)
    labels = reduce_node(network, node, n_levels, np.inf).labels
    assume(labels is not None and len(paths) > 1)
    assert labels is not None
    raised = raise_bound(network, node, labels, n_levels=n_levels, cutoff=np.inf, tolerance=1e-9)
    children = branch(network, node, raised.labels, raised.flow)
    parts = [node_paths(one, *ends, n_levels) for one in children]
    assert sorted(parts[0] + parts[1]) == paths
    whole = node.arcs.size + node.can_start.sum() + node.can_end.sum()
    assert all(one.arcs.size + one.can_start.sum() + one.can_end.sum() < whole for one in children)


def node_paths(
    node: PeriodNode, tail: Integers, head: Integers, n_levels: int
) -> list[tuple[int, ...]]:
    arcs = {(int(tail[arc]), int(head[arc])) for arc in node.arcs}
    size = node.can_start.size
    sets = [
        tuple(level for level in range(size) if number >> level & 1) for number in range(1, 2**size)
    ]
    return sorted(
        levels
        for levels in sets
        if len(levels) <= n_levels
        and node.can_start[levels[0]]
        and node.can_end[levels[-1]]
        and all(pair in arcs for pair in pairwise(levels))
    )


@GENERAL
@given(small_period_sites(max_periods=1), st.integers(2, 4))
def test_one_period_is_the_site_itself(inputs: PeriodInputs, n_levels: int) -> None:
    economics = inputs.site.economics
    hours = float(inputs.periods.hours_h_per_a[0])
    duty_kW = inputs.periods.duty_kW[0]
    runs = duty_kW > 0.0
    table = inputs.site.streams.table.assign(heat_flow=duty_kW)[runs].reset_index(drop=True)
    single = site.prepare(
        milpcore.Streams(table),
        economics=economics.replace(operating_hours_h_per_a=hours),
        candidates_C=inputs.site.level_C.tolist(),
        objective=inputs.site.objective,
    )
    expected = site.PathSearch(n_levels).solve(single, mip_rel_gap=0.0)
    agrees(PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0), expected.objective)


@GENERAL
@given(small_period_sites(max_periods=2), st.floats(0.1, 0.9))
def test_a_period_in_two_parts_is_one_period(inputs: PeriodInputs, share: float) -> None:
    periods = inputs.periods
    hours, first = periods.hours_h_per_a, periods.hours_h_per_a[0]
    parted = Periods(
        ("a part", *periods.names),
        np.concatenate([[share * first, (1.0 - share) * first], hours[1:]]),
        np.concatenate([periods.duty_kW[:1], periods.duty_kW]),
    )
    twice = prepare_periods(
        inputs.site.streams,
        parted,
        economics=inputs.site.economics,
        candidates_C=inputs.site.level_C.tolist(),
        objective=inputs.site.objective,
    )
    whole = PeriodSearch(3).solve(inputs, mip_rel_gap=0.0)
    assume(whole.design is not None)
    agrees(PeriodSearch(3).solve(twice, mip_rel_gap=0.0), whole.objective)


@GENERAL
@given(small_period_sites(objectives=("opex", "co2")))
def test_tac_decides_between_operations_of_equal_objective(inputs: PeriodInputs) -> None:
    network = period_network(inputs)
    for levels in level_sets(inputs.site, 4):
        design = operate_periods(inputs, network, np.array(levels))
        least = cost_of_set(inputs, levels)
        assert (design is None) == np.isinf(least)
        if design is not None:
            found = design_cost(inputs, design, inputs.measure)
            assert found == pytest.approx(least, rel=1e-6, abs=1e-3)
            second = cost_of_set(inputs, levels, tac_second=True)
            tac = design_cost(inputs, design, Measure.TAC)
            assert tac == pytest.approx(second, rel=1e-5, abs=1.0)


def test_least_capex_has_no_heat_pump_and_least_tac() -> None:
    streams = milpcore.load_case("dairy_8")
    periods = seasonal(streams, 2)
    inputs = prepare_periods(streams, periods, objective="capex")
    outcome = PeriodSearch(4).solve(inputs, mip_rel_gap=0.0)
    dear = milpcore.SiteEconomics().replace(heat_pump_investment_EUR_per_kW=1e5)
    without = prepare_periods(streams, periods, economics=dear)
    assert outcome.objective == pytest.approx(PeriodSearch(4).solve(without).objective, rel=1e-4)
    assert outcome.design is not None
    assert outcome.design.size_kW.sum() == 0.0


def winter_and_summer(*, share: float) -> PeriodInputs:
    """Waste heat at 60 °C all year, heat wanted at 90 °C in winter and a share of it in summer."""
    inputs = site_at_levels({60.0: 1000.0}, {90.0: 700.0})
    duty_kW = np.array([[1000.0, 700.0], [1000.0, 700.0 * share]])
    periods = Periods(("winter", "summer"), np.array([4000.0, 4000.0]), duty_kW)
    return prepare_periods(inputs.streams, periods)


def test_a_pump_is_bought_for_its_largest_heat_and_pays_for_its_use() -> None:
    inputs = winter_and_summer(share=0.5)
    design = PeriodSearch(2).solve(inputs, mip_rel_gap=0.0).design
    assert design is not None
    np.testing.assert_allclose(design.pump_heat_kW.max(axis=1), [700.0, 350.0])
    assert design.size_kW.max() == pytest.approx(700.0)
    assert design.external_heat_kW.sum() == pytest.approx(0.0, abs=1e-6)


def test_a_pump_needed_for_a_few_hours_is_not_bought() -> None:
    base = winter_and_summer(share=0.5)
    duty_kW = base.periods.duty_kW.copy()
    duty_kW[1, 1] = 0.0
    rare = Periods(("winter", "rest"), np.array([100.0, 7900.0]), duty_kW)
    design = PeriodSearch(2).solve(prepare_periods(base.site.streams, rare)).design
    assert design is not None
    assert design.size_kW.max() == 0.0
    np.testing.assert_allclose(design.external_heat_kW.sum(axis=1), [700.0, 0.0])


def test_heat_falls_past_levels_and_what_is_left_is_removed_where_it_arises() -> None:
    inputs = site_at_levels({150.0: 100.0, 90.0: 50.0}, {40.0: 120.0})
    periods = Periods(("all",), np.array([8000.0]), inputs.stream_duty_kW[None, :])
    prepared = prepare_periods(inputs.streams, periods)
    design = operate_periods(prepared, period_network(prepared), np.array([0, 1, 2]))
    assert design is not None
    np.testing.assert_allclose(design.cascade_kW, [[0.0, 120.0, 70.0, 0.0]])
    np.testing.assert_allclose(design.cooling_kW, [[0.0, 0.0, 30.0]])
    assert design.external_heat_kW.sum() == 0.0


def test_a_site_that_costs_nothing_is_proven() -> None:
    inputs = site_at_levels({150.0: 100.0, 90.0: 50.0, 60.0: 70.0}, {40.0: 20.0})
    duty_kW = np.array([[100.0, 50.0, 0.1, 20.0], [3.0, 0.0, 70.0, 0.1]])
    periods = Periods(("a", "b"), np.array([4000.0, 3000.0]), duty_kW)
    outcome = PeriodSearch(3).solve(prepare_periods(inputs.streams, periods), mip_rel_gap=0.0)
    assert outcome.status is Status.OPTIMAL
    assert (outcome.objective, outcome.bound, outcome.gap) == (0.0, 0.0, 0.0)


def test_several_periods_of_a_dairy_agree() -> None:
    streams = milpcore.load_case("dairy_8")
    inputs = prepare_periods(streams, seasonal(streams, 4))
    searched = PeriodSearch(4).solve(inputs, mip_rel_gap=0.0)
    extensive = ExtensivePath(4).solve(inputs, mip_rel_gap=0.0)
    assert searched.objective == pytest.approx(extensive.objective, rel=1e-7)
    assert searched.gap <= 1e-8


def test_a_search_stops_when_told_or_when_the_time_is_up() -> None:
    streams = milpcore.load_case("dairy_8")
    inputs = prepare_periods(streams, seasonal(streams, 3))
    seen: list[Progress] = []

    def stop(progress: Progress) -> bool:
        seen.append(progress)
        return True

    told = PeriodSearch(4).solve(inputs, mip_rel_gap=0.0, observer=stop)
    late = PeriodSearch(4).solve(inputs, mip_rel_gap=0.0, time_limit_s=0.0)
    assert (told.status, late.status) == (Status.INTERRUPTED, Status.TIME_LIMIT)
    assert len(seen) == 1
    for outcome in (told, late):
        assert outcome.design is not None
        assert outcome.bound <= outcome.objective


@pytest.mark.slow
def test_the_bundled_site_with_one_period_keeps_its_reference() -> None:
    streams = milpcore.load_case("site_400")
    periods = Periods(("all",), np.array([8000.0]), streams.duty_kW[None, :])
    outcome = PeriodSearch(6).solve(prepare_periods(streams, periods))
    assert outcome.objective == pytest.approx(135_934_380, rel=1e-4)
    assert outcome.gap <= 1e-4
