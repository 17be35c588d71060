"""Boxes of sizes: together they hold every design, and their bounds bound what they hold."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from helpers_sizing_enumeration import least_tac
from helpers_sizing_tiny import tiny_case

from milpcore import sizing
from milpcore.core import Status, solve
from milpcore.sizing.caps import caps
from milpcore.sizing.model import build
from milpcore.sizing.progress import Clock
from milpcore.sizing.size_boxes import Box, box_problem, cannot_run, leaves
from milpcore.sizing.size_limits import wide_capacities
from milpcore.sizing.solve import _Run


def boxes_of(inputs: sizing.SizingInputs, cutoff: float) -> tuple[list[Box], sizing.Caps]:
    limits = caps(inputs, 1000.0 * wide_capacities(inputs))
    found = leaves(
        inputs,
        sizing.SizingModel(),
        limits,
        cutoff=lambda: cutoff,
        offer=lambda *_: None,
        is_over=lambda: False,
    )
    return found, limits


@pytest.mark.parametrize("number", range(18))
def test_the_least_of_all_boxes_is_the_enumerated_tac(number: int) -> None:
    case = tiny_case(number)
    least = least_tac(case.profile, case.parameters)
    if least.design is None:
        return
    inputs = sizing.prepare(case.profile, case.parameters)
    scale = inputs.cost_scale_EUR_per_a
    model = sizing.SizingModel(exclusivity=sizing.EveryStep())
    boxes, limits = boxes_of(inputs, math.inf)
    costs = []
    for box in boxes:
        if math.isinf(box.bound):
            continue
        problem, _ = box_problem(inputs, model, limits, box)
        solution = solve(problem, mip_rel_gap=0.0)
        if solution.status is Status.OPTIMAL:
            costs.append(solution.objective * scale)
            assert box.bound * scale <= costs[-1] + 1e-7 * abs(costs[-1])
    assert min(costs) == pytest.approx(least.tac_EUR_per_a, rel=1e-7, abs=1e-3)


def test_boxes_cover_the_whole_range_without_overlap() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("B", deviation_share=0.4, seed=1))
    limits = caps(inputs, np.array([5000.0]))
    boxes, _ = boxes_of(inputs, 6500.0)
    assert len(boxes) > 4
    assert [box.bound for box in boxes] == sorted(box.bound for box in boxes)
    pieces = sorted((box.low_kW[0], box.high_kW[0]) for box in boxes)
    assert pieces[0][0] == 0.0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(pieces))
    assert pieces[-1][1] >= limits.size_kW[0]


def test_a_unit_cannot_run_where_no_run_fits_below_its_caps() -> None:
    pump = sizing.HeatPump(cop=2.0, minimum_load=0.5, min_up_h=2.0, load_changes_per_window=None)
    parameters = sizing.SizingParameters(heat_pumps=[pump])
    waste = [100.0, 100.0, 100.0, 10.0, 100.0, 100.0]
    profile = sizing.HeatProfile(step_h=1, heat_demand_kW=[300.0] * 6, waste_heat_kW=waste)
    inputs = sizing.prepare(profile, parameters)
    limits = caps(inputs, np.array([0.0]))
    low_kW = np.array([200.0, 0.0])
    assert (
        cannot_run(inputs, limits, low_kW)[0].tolist() == [False, False, False, True] + [False] * 2
    )
    assert not cannot_run(inputs, limits, np.zeros(2)).any()
    assert not cannot_run(inputs, limits, low_kW)[1].any()


def test_no_box_is_split_when_time_is_up() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("B", deviation_share=0.4, seed=1))
    found = leaves(
        inputs,
        sizing.SizingModel(),
        caps(inputs, np.array([5000.0])),
        cutoff=lambda: 6500.0,
        offer=lambda *_: None,
        is_over=lambda: True,
    )
    assert len(found) == 1


def test_boxes_limit_the_sizes_of_their_problems() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("B", deviation_share=0.4, seed=1))
    boxes, limits = boxes_of(inputs, 6500.0)
    for box in boxes[:3]:
        problem, _ = box_problem(inputs, sizing.SizingModel(), limits, box)
        size = problem.column_blocks["size"]
        assert box.low_kW[0] > 0.0
        low_kW, high_kW = (
            bound[size] * inputs.heat_scale_kW
            for bound in (problem.column_lower, problem.column_upper)
        )
        assert low_kW == pytest.approx(box.low_kW)
        assert np.all(high_kW <= box.high_kW * (1.0 + 1e-12))


def test_nothing_below_the_cutoff_proves_no_more_than_the_cutoff() -> None:
    inputs = sizing.prepare(*sizing.benchmark_scenario("A", n_steps=12))
    search = _Run(inputs, sizing.SizingModel(), 0.1, Clock(None, None))
    search._begin(wide_capacities(inputs))
    assert search.best is not None
    limits = caps(inputs, wide_capacities(inputs))
    bound, status = search._search(lambda model: build(inputs, model, limits), from_best=False)
    assert status is Status.INFEASIBLE
    assert bound == pytest.approx(0.95 * search.best.objective)


def test_a_wide_gap_never_claims_more_than_the_optimum() -> None:
    # The best design lies in one of several boxes; the others are only asked for what is better.
    case = sizing.benchmark_scenario("B", deviation_share=0.4, seed=2, n_steps=16)
    optimum = sizing.size_plant(*case, mip_rel_gap=1e-6).tac_EUR_per_a
    for gap in (0.05, 0.02):
        result = sizing.size_plant(*case, mip_rel_gap=gap)
        assert result.tac_EUR_per_a > optimum * (1.0 + 1e-5)
        assert result.bound_EUR_per_a <= optimum
        assert 0.0 < result.gap <= gap
