"""Sides of plants that a loop meets, and starts without idle stages."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from helpers_loop_cases import case_of, random_case

from milpcore.core import solve_lp
from milpcore.loops import design
from milpcore.loops.inputs import Route, prepare
from milpcore.loops.route_stages import (
    promising_routes,
    promising_stages,
    sides_of,
    staged,
    with_stages,
)
from milpcore.loops.starts import starting_plans, without_idle_stages
from milpcore.loops.transport import solve_transport, transport_model


def _mixed_case():
    """The plant in the middle takes heat from one neighbour and gives heat to the other."""
    rows = [
        ("hot", "H1", 220.0, 140.0, 14000.0, 1.5),
        ("middle", "C1", 100.0, 170.0, 15000.0, 1.2),
        ("middle", "H2", 130.0, 70.0, 12000.0, 1.2),
        ("cold", "C2", 40.0, 90.0, 14000.0, 1.2),
    ]
    lengths = {("hot", "middle"): 200.0, ("middle", "cold"): 200.0, ("hot", "cold"): 350.0}
    return case_of(rows, distance_m=lengths)


def test_sides_of_a_plant() -> None:
    inputs = prepare(_mixed_case())
    hot, middle, cold = (inputs.case.plants.index(name) for name in ("hot", "middle", "cold"))
    assert sides_of(inputs, hot) == ((1,),)
    assert sides_of(inputs, cold) == ((-1,),)
    assert set(sides_of(inputs, middle)) == {(1,), (-1,), (1, -1), (-1, 1)}


def test_stages_are_found_wherever_they_begin() -> None:
    inputs = prepare(random_case(3, n_hot=3, n_cold=3, n_plants=3))
    route = next(route for route in inputs.routes if len(route.plants) == 3)
    whole = staged(route, [sides_of(inputs, plant)[0] for plant in route.plants])
    for first in range(whole.n_legs):
        turned = [*whole.stages[first:], *whole.stages[:first]]
        found = with_stages(inputs, turned)
        if found is None:  # both sides of one plant at the ends: they are two visits
            assert turned[0][0] == turned[-1][0]
            continue
        again, start = found
        assert again == whole
        assert [*turned[start:], *turned[:start]] == list(whole.stages)
    assert with_stages(inputs, [whole.stages[0]]) is None


def test_routes_are_sorted_by_their_relaxation() -> None:
    inputs = prepare(_mixed_case())
    found = promising_routes(inputs, inputs.routes, cell_K=20.0)
    assert sorted(found, key=repr) == sorted(inputs.routes, key=repr)
    costs = []
    for route in found:
        model = transport_model(inputs, routes=(route,), stream_cell_K=20.0, loop_cell_K=20.0)
        costs.append(solve_lp(model.problem.relaxed()).objective)
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


@pytest.mark.parametrize("seed", [3, 0, 1])
def test_sides_are_no_worse_than_changing_any_one_plant(seed: int) -> None:
    inputs = prepare(random_case(seed, n_hot=3, n_cold=3, n_plants=3))
    route = next(route for route in inputs.routes if len(route.plants) == 3)
    (best, *others_found) = promising_stages(inputs, route, cell_K=20.0)
    assert promising_routes(inputs, [best, *others_found], cell_K=20.0)[0] == best
    sides = [
        tuple(kind for _, kind in own)
        for _, own in itertools.groupby(best.stages, lambda stage: stage[0])
    ]
    others = [
        staged(route, [*sides[:place], other, *sides[place + 1 :]])
        for place, plant in enumerate(route.plants)
        for other in sides_of(inputs, plant)
    ]
    assert len(set(others)) > len(route.plants)
    assert promising_routes(inputs, [best, *others], cell_K=20.0)[0] == best


def test_idle_stages_are_left_out() -> None:
    inputs = prepare(_mixed_case())
    route = next(route for route in inputs.routes if len(route.plants) == 3)
    sides = [sides_of(inputs, plant)[0] for plant in route.plants]
    alone = replace(inputs, joins=inputs.joins & (inputs.plant != 1))  # the middle has no match
    model = transport_model(
        alone, routes=(staged(route, sides),), stream_cell_K=15.0, loop_cell_K=15.0
    )
    (plan,) = solve_transport(model, mip_rel_gap=0.0).loops
    shorter = without_idle_stages(alone, plan)
    assert plan.route.n_legs == 4
    assert shorter.route.n_legs == 2
    assert shorter.route.length_m < plan.route.length_m
    assert len(shorter.leg_C) == 2
    leaving_C = dict(zip(shorter.route.stages, shorter.leg_C, strict=True))
    sides_kept = {kind: leg_C for (_, kind), leg_C in leaving_C.items()}
    assert sides_kept[1] == pytest.approx(plan.leg_C.max())
    assert sides_kept[-1] == pytest.approx(plan.leg_C.min())
    assert without_idle_stages(alone, shorter) is shorter


@pytest.mark.compiled
def test_a_loop_may_meet_both_sides_of_plants() -> None:
    rows = [
        ("east", "H1", 200.0, 120.0, 9000.0, 1.5),
        ("east", "C1", 50.0, 80.0, 12000.0, 1.2),
        ("west", "H2", 180.0, 110.0, 11000.0, 1.5),
        ("west", "C2", 55.0, 85.0, 8000.0, 1.2),
    ]
    result = design(case_of(rows, distance_m=60.0), time_limit_s=100, mip_rel_gap=0.5)
    (loop,) = result.network.loops
    # from one side of a plant to the other the water stays in its header
    assert all(link.flow_kW_per_K < 0.999 * loop.flow_kW_per_K for link in loop.links)
    met = {exchanger.stream for exchanger in loop.exchangers}
    assert met == {"east/H1", "east/C1", "west/H2", "west/C2"}
    assert result.evaluation.is_feasible
    assert result.bound_per_a <= result.tac_per_a


def test_starts_pay_and_keep_to_allowed_routes() -> None:
    inputs = prepare(_mixed_case())
    for plans in starting_plans(inputs, time_limit_s=10.0).plans:
        for plan in plans:
            assert isinstance(plan.route, Route)
            assert with_stages(inputs, plan.route.stages) is not None
            assert plan.flow_kW_per_K > 0.0
