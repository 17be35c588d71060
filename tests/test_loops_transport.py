"""The transport model of loops: balances, enumeration, limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers_loop_cases import case_of, random_case, two_streams

from milpcore import loops
from milpcore.core import Status, solve_lp
from milpcore.loops import Limits
from milpcore.loops.inputs import prepare
from milpcore.loops.route_stages import sides_of, staged
from milpcore.loops.transport import solve_transport, transport_model


def _check_balances(result, inputs) -> None:
    for plan in result.loops:
        width = np.diff(plan.loop_C)
        cells = plan.loop_C[:-1]
        for place, stage in enumerate(plan.route.stages):
            leaves, enters = plan.leg_C[place], plan.leg_C[place - 1]
            crossed = (cells < leaves - 1e-9).astype(float) - (cells < enters - 1e-9)
            sign = np.where(inputs.at_stage(stage), inputs.direction, 0.0)
            np.testing.assert_allclose(
                sign @ plan.heat_kW, plan.flow_kW_per_K * width * crossed, atol=1e-2
            )
        outside = ~np.isin(inputs.plant, plan.route.plants)
        assert plan.heat_kW[outside].sum() == pytest.approx(0.0, abs=1e-6)
    served = sum(plan.heat_kW.sum(axis=1) for plan in result.loops)
    assert np.all(served <= inputs.duty_kW * (1 + 1e-9))


@pytest.mark.parametrize("n_loops", [1, 2])
def test_heat_is_balanced_in_every_plant_and_cell(n_loops: int) -> None:
    inputs = prepare(loops.load_case("loop_two_plants"), n_loops=n_loops)
    model = transport_model(inputs, stream_cell_K=10, loop_cell_K=10)
    result = solve_transport(model, mip_rel_gap=0.02)
    assert result.loops
    _check_balances(result, inputs)


@pytest.mark.parametrize("both_sides", [False, True])
def test_plants_may_give_and_take(both_sides: bool) -> None:
    inputs = prepare(random_case(3, n_hot=3, n_cold=3, n_plants=3))
    routes = inputs.routes
    if both_sides:
        routes = tuple(
            staged(route, [sides_of(inputs, plant)[0] for plant in route.plants])
            for route in routes
        )
    assert any(set(route.kinds) == {1, -1} for route in routes) == both_sides
    model = transport_model(inputs, routes=routes, stream_cell_K=20, loop_cell_K=20)
    result = solve_transport(model)
    assert result.solution.status is Status.OPTIMAL
    _check_balances(result, inputs)


@pytest.mark.parametrize("utilities", [False, True])
def test_same_cost_as_every_choice_of_its_binaries(utilities: bool) -> None:
    case = two_streams(distance_m=60.0, has_utility_data=utilities)
    inputs = prepare(case, costs_utility_exchangers=utilities)
    model = transport_model(inputs, stream_cell_K=30, loop_cell_K=25, n_segments=2)
    found = solve_transport(model, mip_rel_gap=0.0).solution
    best = np.inf
    n_cells = model.grid.n_cells
    states = [np.arange(n_cells) < n for n in range(n_cells + 1)]
    utility_states = itertools.product((0, 1), repeat=2) if utilities else [None]
    for utility, joins, segment, hot, cold in itertools.product(
        list(utility_states), (0, 1), ((0, 0), (1, 0), (0, 1)), states, states
    ):
        problem = model.problem.fixed("joins", [[joins, joins]])
        problem = problem.fixed("is_segment_0", [segment]).fixed("is_route_0", [sum(segment)])
        problem = problem.fixed("reaches_0_0", np.array([hot, cold], dtype=float))
        if utility is not None:
            problem = problem.fixed("has_utility", utility)
        solution = solve_lp(problem.relaxed())
        if solution.status is Status.OPTIMAL:
            best = min(best, solution.objective)
    assert found.objective == pytest.approx(best, rel=1e-7)
    assert found.values["joins"].sum() == pytest.approx(2.0)


def test_limits_hold() -> None:
    free = two_streams(distance_m=60.0)
    limits = {
        "flow": Limits(max_flow_kW_per_K=60.0),
        "units": Limits(max_units=1),
        "forbidden": Limits(forbidden_matches=["east/H1"]),
    }

    def solved(limit: Limits | None):
        case = case_of_two(limit) if limit else free
        model = transport_model(prepare(case), stream_cell_K=10, loop_cell_K=10)
        return solve_transport(model)

    def case_of_two(limit: Limits):
        return two_streams(distance_m=60.0, limits=limit)

    assert solved(None).loops[0].flow_kW_per_K > 60.0
    assert solved(limits["flow"]).loops[0].flow_kW_per_K <= 60.0 + 1e-6
    for name in ("units", "forbidden"):  # one side alone is of no use
        assert solved(limits[name]).loops == ()
    rows = [("east", "H1", 160.0, 80.0, 16000.0, 1.5), ("west", "C1", 100.0, 125.0, 12000.0, 1.2)]
    for least_kW, n_loops in ((7000.0, 1), (9000.0, 0)):  # 8 MW are 20 K above 100 °C
        case = case_of(rows, distance_m=60.0, limits=Limits(min_unit_duty_kW=least_kW))
        assert len(solve_transport(transport_model(prepare(case))).loops) == n_loops


def test_forced_matches_are_paid() -> None:
    rows = [
        ("east", "H1", 160.0, 80.0, 8000.0, 1.5),
        ("east", "H2", 85.0, 65.0, 100.0, 1.5),
        ("west", "C1", 50.0, 110.0, 6000.0, 1.2),
    ]
    free, forced = (
        solve_transport(
            transport_model(prepare(case_of(rows, distance_m=60.0, limits=limits)))
        ).solution
        for limits in (Limits(), Limits(forced_matches=["east/H2"]))
    )
    assert free.values["joins"][0, 1] == pytest.approx(0.0)
    assert forced.values["joins"][0, 1] == pytest.approx(1.0)


def test_forced_match_with_a_loop_that_is_not_there() -> None:
    case = two_streams(limits=Limits(forced_matches=[loops.Match("east/H1", 2)]))
    with pytest.raises(ValueError, match="at most there is 1 loop"):
        prepare(case)
