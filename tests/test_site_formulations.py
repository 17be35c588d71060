"""The formulations of model A one by one: what they build, refuse and return."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from helpers_sites import (
    level_sets,
    mask_of,
    site_at_levels,
    small_sites,
    streams_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.core import Status, solve, solve_lp
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import InputError
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.conditions import pump_dominance_faults
from milpcore.site.formulations import FORMULATIONS, find_formulation
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.level_path import SOURCE, IntegerColumns, LevelPath, level_arcs
from milpcore.site.limits import flow_limits
from milpcore.site.model import KW_PER_MW, MilpFormulation, Progress, nearest_levels
from milpcore.site.operate import objective_value, operate
from milpcore.streams import load_case

MILP = (AssignmentWeak, AssignmentStrong, KinkAssignment, LevelPath)
SITE_400_EUR_PER_A = {3: 158_389_860.0, 5: 139_855_575.0, 8: 132_025_304.0}
"""Optima of the bundled site by number of levels, each within 1e-4."""


@pytest.fixture(scope="module")
def site_400() -> SiteInputs:
    return prepare(load_case("site_400"))


@pytest.fixture
def two_kinks() -> SiteInputs:
    """Hot 100 kW down to 60 °C, cold 1000 kW up to 80 °C."""
    return site_at_levels({60.0: 100.0}, {80.0: 1000.0})


# ---- names and options


def test_formulations_are_found_by_name() -> None:
    assert [formulation.name for formulation in FORMULATIONS][:4] == [
        "assignment_weak",
        "assignment_strong",
        "kink_assignment",
        "level_path",
    ]
    for formulation in FORMULATIONS:
        assert find_formulation(formulation.name) is formulation
        assert formulation(n_levels=3).n_levels == 3


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("level_paht", "did you mean 'level_path'?"),
        ("simplex", "known: assignment_weak, assignment_strong, kink_assignment, level_path"),
    ],
)
def test_an_unknown_name_is_refused(name: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        find_formulation(name)
    assert f"formulation = {name}: unknown; {remedy}" in str(caught.value)


@pytest.mark.parametrize("formulation", MILP)
@pytest.mark.parametrize("n_levels", [0, -1, 2.0, True, "3", None])
def test_a_number_of_levels_that_is_none_is_refused(
    formulation: type[LevelPath], n_levels: int
) -> None:
    with pytest.raises(InputError) as caught:
        formulation(n_levels)
    assert (
        f"{formulation.name}: n_levels = {n_levels!r}: must be a whole number from 1; "
        "give the largest number wanted"
    ) in str(caught.value)


def test_options_are_normalised() -> None:
    path = LevelPath(np.int64(4), integer="levels")  # type: ignore[arg-type]
    assert type(path.n_levels) is int
    assert path.integer is IntegerColumns.LEVELS
    with pytest.raises(ValueError, match="'nodes' is not a valid IntegerColumns"):
        LevelPath(4, integer="nodes")  # type: ignore[arg-type]


@pytest.mark.parametrize("formulation", [KinkAssignment(3), LevelPath(3)])
def test_without_cascade_only_assignments_are_exact(
    formulation: KinkAssignment | LevelPath, two_kinks: SiteInputs
) -> None:
    inputs = replace(two_kinks, cascade=False)
    reason = "connects streams to the nearest level, but heat may not cascade between levels"
    assert formulation.refusal(inputs) == f"{reason}; use assignment_strong"
    assert formulation.refusal(two_kinks) is None
    for call in (formulation.build, formulation.solve):
        with pytest.raises(InputError) as caught:
            call(inputs)
        message = f"formulation = {formulation.name}: {reason}; use assignment_strong"
        assert message in str(caught.value)
    for exact in (AssignmentWeak(3), AssignmentStrong(3)):
        assert exact.refusal(inputs) is None
        assert exact.solve(inputs).status is Status.OPTIMAL


@pytest.mark.parametrize("formulation", [KinkAssignment, LevelPath])
def test_dominance_rows_are_there_where_exact(
    formulation: type[LevelPath], two_kinks: SiteInputs
) -> None:
    rows = {"pumped_heat_is_used", "pumped_heat_is_found"}
    assert rows <= set(formulation(2).build(two_kinks).row_blocks)
    assert not rows & set(formulation(2, dominance_rows=False).build(two_kinks).row_blocks)
    assert "pumps_out_limit" in formulation(2, dominance_rows=False).build(two_kinks).row_blocks


# ---- what is built


@pytest.mark.parametrize("formulation", MILP)
def test_all_share_the_interface(formulation: type[LevelPath], site_400: SiteInputs) -> None:
    problem = formulation(4).build(site_400)
    n_levels, n_pairs = site_400.n_candidates, site_400.n_pairs
    shapes = {name: block.shape for name, block in problem.column_blocks.items()}
    assert list(shapes.items())[:5] == [
        ("is_open", (n_levels,)),
        ("external_heat", (n_levels,)),
        ("cooling", (n_levels,)),
        ("cascade", (n_levels + 1,)),
        ("pump_heat", (n_pairs,)),
    ]
    assert problem.row_blocks["level_balance"].shape == (n_levels,)


@pytest.mark.parametrize(
    ("formulation", "columns", "rows", "integers"),
    [
        (AssignmentWeak(5), 31073, 1265, 26472),
        (AssignmentStrong(5), 31073, 27425, 26472),
        (KinkAssignment(5), 20496, 16783, 156),
        (LevelPath(5), 17005, 1298, 156),
        (LevelPath(5, integer=IntegerColumns.ARCS), 16849, 1142, 12092),
        (LevelPath(5, integer=IntegerColumns.LEVELS), 16849, 1142, 156),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_sizes_on_the_bundled_site(
    formulation: MilpFormulation, columns: int, rows: int, integers: int, site_400: SiteInputs
) -> None:
    problem = formulation.build(site_400)
    assert (problem.n_columns, problem.n_rows, problem.n_integers) == (columns, rows, integers)


def test_arcs_carry_every_stream_to_the_nearest_level(site_400: SiteInputs) -> None:
    arcs = level_arcs(site_400)
    random = np.random.default_rng(0)
    lowest = np.flatnonzero(site_400.hot_kink_kW)[0]
    highest = np.flatnonzero(site_400.cold_kink_kW)[-1]
    for _ in range(20):
        inner = random.choice(np.arange(1, site_400.n_candidates), 5, replace=False)
        levels = np.unique([random.integers(0, lowest + 1), *inner, highest])
        if levels[0] > lowest:
            continue
        ends = np.array([SOURCE, *levels, site_400.n_candidates])
        used = [
            int(np.flatnonzero((arcs.tail == tail) & (arcs.head == head)).item())
            for tail, head in pairwise(ends)
        ]
        stream_level = nearest_levels(site_400, mask_of(site_400, levels.tolist()))
        for kW, end, is_hot in (
            (arcs.hot_kW, arcs.tail, site_400.stream_is_hot),
            (arcs.cold_kW, arcs.head, ~site_400.stream_is_hot),
        ):
            brought_kW = {int(end[arc]): kW[arc] for arc in used}
            for level in levels:
                at_level = (stream_level == level) & is_hot
                expected_kW = site_400.stream_duty_kW[at_level].sum()
                assert brought_kW[int(level)] == pytest.approx(expected_kW, abs=1e-6)


def test_arcs_that_leave_a_stream_unserved_do_not_exist() -> None:
    inputs = site_at_levels({50.0: 1.0, 90.0: 1.0}, {70.0: 1.0, 60.0: 1.0})
    arcs = level_arcs(inputs)
    assert inputs.level_C.tolist() == [50.0, 60.0, 70.0, 90.0]
    assert arcs.head[arcs.tail == SOURCE].tolist() == [0]
    assert arcs.tail[arcs.head == 4].tolist() == [2, 3]
    assert len(arcs.tail) == 1 + 6 + 2
    only_hot = level_arcs(site_at_levels({50.0: 1.0, 90.0: 1.0}, {}))
    assert only_hot.head[only_hot.tail == SOURCE].tolist() == [0]
    assert only_hot.tail[only_hot.head == 2].tolist() == [0, 1]
    only_cold = level_arcs(site_at_levels({}, {50.0: 1.0, 90.0: 1.0}))
    assert only_cold.head[only_cold.tail == SOURCE].tolist() == [0, 1]


@settings(max_examples=40)
@given(small_sites(), st.data())
def test_optimal_operation_keeps_the_flow_limits(inputs: SiteInputs, data: st.DataObject) -> None:
    levels = data.draw(st.sampled_from(list(level_sets(inputs, 5))))
    is_open = mask_of(inputs, levels)
    design = operate(inputs, is_open, nearest_levels(inputs, is_open))
    if design is None or objective_value(inputs, design) == 0.0:
        return
    limits = flow_limits(inputs, len(levels))
    pumps_in, pumps_out = np.zeros((2, inputs.n_candidates))
    np.add.at(pumps_in, inputs.pump_sink, design.pump_heat_kW)
    source_kW = inputs.pump_source_share * design.pump_heat_kW
    np.add.at(pumps_out, inputs.pump_source, source_kW)
    flows = (
        design.external_heat_kW,
        design.cooling_kW,
        pumps_in,
        pumps_out,
        design.pump_heat_kW,
    )
    for flow_kW, most_MW in zip(flows, limits, strict=True):
        assert np.all(flow_kW <= KW_PER_MW * most_MW * (1.0 + 1e-7) + 1e-6)


def test_flow_limits_of_a_pump_that_feeds_itself() -> None:
    cheap = SiteEconomics(electricity_price_EUR_per_MWh=20.0, electricity_emission_t_per_MWh=0.05)
    inputs = site_at_levels({60.0: 100.0}, {80.0: 1000.0}, economics=cheap)
    (cop,) = inputs.pump_cop
    limits = flow_limits(inputs, n_levels=2)
    np.testing.assert_allclose(limits.pumps_in, [0.0, cop])
    np.testing.assert_allclose(limits.pumps_out, [cop - 1.0, 0.0])
    np.testing.assert_allclose(limits.external_heat, [1.0, 1.0])
    base = site_at_levels({60.0: 100.0}, {80.0: 1000.0})
    assert pump_dominance_faults(base) == []
    limits = flow_limits(base, n_levels=2)
    np.testing.assert_allclose(limits.pumps_in, [0.0, 1.0])
    np.testing.assert_allclose(limits.pumps_out, [1.0 - 1.0 / cop, 0.0])
    np.testing.assert_allclose(limits.external_heat, [0.0, 1.0])
    np.testing.assert_allclose(limits.cooling, [0.1, 0.0])


def test_flow_limits_of_heat_that_falls_to_a_pump() -> None:
    cheap = SiteEconomics(electricity_price_EUR_per_MWh=20.0, electricity_emission_t_per_MWh=0.05)
    inputs = site_at_levels(
        {}, {50.0: 100.0, 80.0: 200.0, 105.0: 400.0, 150.0: 800.0}, economics=cheap
    )
    ends = list(zip(inputs.pump_source, inputs.pump_sink, strict=True))
    only = [ends.index((0, 2))]
    inputs = replace(
        inputs,
        pump_source=inputs.pump_source[only],
        pump_sink=inputs.pump_sink[only],
        pump_cop=inputs.pump_cop[only],
    )
    assert pump_dominance_faults(inputs) != []
    # Heat of 80 °C falls to 50 °C and is pumped to 105 °C.
    np.testing.assert_allclose(flow_limits(inputs, 3).external_heat, [0.7, 0.7, 0.7, 1.5])


def test_flow_limits_where_cooling_is_cheaper_above() -> None:
    economics = SiteEconomics(cooling_price_EUR_per_MWh=100.0, carnot_efficiency=0.9)
    inputs = site_at_levels({60.0: 1000.0, 90.0: 1.0}, {}, economics=economics)
    inputs = replace(inputs, cooling_factor=np.array([1.0, 0.0]))
    wasted_MW = 1.001 * (1.0 + 800.0 / (923.2 + 66.075))
    np.testing.assert_allclose(
        flow_limits(inputs, 2).cooling, [1.001 + wasted_MW, 0.001 + wasted_MW], rtol=1e-5
    )
    free = economics.replace(
        electricity_price_EUR_per_MWh=0.0,
        co2_price_EUR_per_t=0.0,
        heat_pump_investment_EUR_per_kW=0.0,
    )
    limits = flow_limits(replace(inputs, economics=free), 2)
    share = inputs.pump_source_share.min()
    np.testing.assert_allclose(limits.cooling, [1.001 + 1.001 / share, 0.001 + 1.001 / share])


# ---- what is returned


def test_the_chosen_operation_is_returned_in_kW(two_kinks: SiteInputs) -> None:
    outcome = LevelPath(2).solve(two_kinks, mip_rel_gap=0.0)
    design = outcome.design
    assert design is not None
    (cop,) = two_kinks.pump_cop
    pumped_kW = 100.0 / (1.0 - 1.0 / cop)
    assert design.pump_heat_kW == pytest.approx([pumped_kW])
    assert design.external_heat_kW == pytest.approx([0.0, 1000.0 - pumped_kW])
    assert not design.cooling_kW.any()
    assert design.stream_level.tolist() == [0, 1]
    price = two_kinks.costs(Measure.TAC)
    expected = price.external_heat[1] * (1000.0 - pumped_kW) + price.pump_heat[0] * pumped_kW
    assert outcome.objective == pytest.approx(expected)
    assert outcome.gap <= 1e-9
    assert outcome.solve_s > 0.0


@pytest.mark.parametrize("formulation", MILP)
def test_one_level_is_enough_or_infeasible(
    formulation: type[LevelPath], two_kinks: SiteInputs
) -> None:
    outcome = formulation(1).solve(two_kinks)
    assert (outcome.status, outcome.design, outcome.gap) == (Status.INFEASIBLE, None, math.inf)
    assert math.isnan(outcome.objective)
    assert outcome.message == (
        "hot stream site/S0 needs a level at or below 60 °C, "
        "cold stream site/S1 one at or above 80 °C"
    )
    assert solve(formulation(1).build(two_kinks)).status is Status.INFEASIBLE
    enough = site_at_levels({80.0: 100.0}, {60.0: 1000.0})
    outcome = formulation(1).solve(enough)
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(900.0 * 498.4889, rel=1e-6)


@pytest.mark.parametrize("formulation", MILP)
def test_sites_of_one_kind(formulation: type[LevelPath]) -> None:
    cold = formulation(3).solve(site_at_levels({}, {60.0: 10.0, 80.0: 20.0}))
    assert cold.objective == pytest.approx(30.0 * 498.4889, rel=1e-6)
    hot = formulation(3).solve(site_at_levels({60.0: 10.0, 80.0: 20.0}, {}))
    assert (hot.objective, hot.gap) == (0.0, 0.0)
    assert hot.design is not None
    assert hot.design.cooling_kW.sum() == pytest.approx(30.0)


def test_more_levels_than_candidates_are_no_harm(two_kinks: SiteInputs) -> None:
    outcome = LevelPath(100).solve(two_kinks)
    assert outcome.design is not None
    assert outcome.design.is_open.tolist() == [True, True]


@pytest.mark.parametrize("formulation", MILP)
def test_a_time_limit_returns_a_bound(formulation: type[LevelPath], site_400: SiteInputs) -> None:
    outcome = formulation(6).solve(site_400, time_limit_s=0.2)
    assert outcome.status is Status.TIME_LIMIT
    assert outcome.solve_s < 5.0
    assert 0.0 <= outcome.bound <= 135_950_000.0
    if outcome.design is None:
        assert math.isnan(outcome.objective)
        assert outcome.gap == math.inf
    else:
        assert outcome.gap > 1e-4


def test_an_observer_sees_the_end_and_can_stop_before(two_kinks: SiteInputs) -> None:
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return False

    outcome = LevelPath(2).solve(two_kinks, observer=watch)
    assert [progress.incumbent for progress in seen] == [math.inf, outcome.objective]
    assert seen[-1].bound == outcome.bound
    stopped = LevelPath(2).solve(two_kinks, observer=lambda _: True)
    assert (stopped.status, stopped.design) == (Status.INTERRUPTED, None)
    assert stopped.message == "stopped before the search"


@pytest.mark.parametrize("n_levels", [3, pytest.param(8, marks=pytest.mark.slow)])
def test_the_bundled_site_has_its_published_optimum(n_levels: int, site_400: SiteInputs) -> None:
    outcome = LevelPath(n_levels).solve(site_400)
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(SITE_400_EUR_PER_A[n_levels], rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("formulation", [AssignmentStrong(5), KinkAssignment(5), LevelPath(5)])
def test_formulations_agree_on_the_bundled_site(
    formulation: MilpFormulation, site_400: SiteInputs
) -> None:
    problem = formulation.build(site_400)
    assert solve_lp(problem.relaxed()).objective == pytest.approx(139.64991, abs=1e-4)
    solution = solve(problem, mip_rel_gap=1e-4, time_limit_s=200.0)
    assert solution.objective == pytest.approx(SITE_400_EUR_PER_A[5] * 1e-6, rel=1e-4)


# ---- what does not matter


@settings(max_examples=15)
@given(small_sites(objectives=("tac",), any_profile=False), st.floats(0.01, 1000.0))
def test_cost_scales_with_heat(inputs: SiteInputs, factor: float) -> None:
    streams = inputs.streams.table
    rows = streams[["t_supply", "t_target", "heat_flow", "dt_cont"]].to_numpy(copy=True)
    rows[:, 2] *= factor
    scaled = prepare(
        streams_of(*map(tuple, rows)), economics=inputs.economics, candidates_C=inputs.level_C
    )
    first, second = (LevelPath(3).solve(site, mip_rel_gap=0.0) for site in (inputs, scaled))
    assert second.objective == pytest.approx(factor * first.objective, rel=1e-7, abs=1e-6)


@settings(max_examples=15)
@given(small_sites(objectives=("tac",), any_profile=False), st.randoms(use_true_random=False))
def test_order_and_splitting_of_streams_change_nothing(inputs: SiteInputs, random: object) -> None:
    streams = inputs.streams.table
    rows = streams[["t_supply", "t_target", "heat_flow", "dt_cont"]].to_numpy().tolist()
    halves = [[*row[:2], row[2] / 2.0, row[3]] for row in rows for _ in range(2)]
    random.shuffle(halves)  # type: ignore[attr-defined]
    split = prepare(
        streams_of(*map(tuple, halves)), economics=inputs.economics, candidates_C=inputs.level_C
    )
    for make in (AssignmentStrong, LevelPath):
        first, second = (make(3).solve(site, mip_rel_gap=0.0) for site in (inputs, split))
        assert second.objective == pytest.approx(first.objective, rel=1e-7, abs=1e-6)
