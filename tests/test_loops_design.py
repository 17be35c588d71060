"""The design of loops in one call: network, check, bound."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers_loop_cases import case_of, two_streams

from milpcore import loops
from milpcore.core import Status
from milpcore.loops.design import DesignProgress, design
from milpcore.loops.evaluate import evaluate
from milpcore.loops.inputs import prepare
from milpcore.loops.lower_bound import lower_bound
from milpcore.loops.network_moves import start_of_plans
from milpcore.loops.network_search import SearchLimits, search
from milpcore.loops.starts import starting_plans

pytestmark = pytest.mark.compiled


@pytest.mark.parametrize("utilities", [False, True])
def test_result_holds_together(utilities: bool) -> None:
    case = two_streams(distance_m=60.0, has_utility_data=True)
    seen: list[DesignProgress] = []
    result = design(
        case,
        time_limit_s=8,
        mip_rel_gap=0.05,
        costs_utility_exchangers=utilities,
        observer=lambda progress: seen.append(progress) or False,
    )
    assert result.evaluation.is_feasible
    assert result.bound_per_a <= result.tac_per_a
    both = (
        result.tac_without_utility_exchangers_per_a,
        result.tac_with_utility_exchangers_per_a,
    )
    assert result.tac_per_a == both[utilities]
    assert both[0] < both[1]
    assert {progress.phase for progress in seen} == {"start", "search", "bound"}
    plain = json.loads(json.dumps(result.to_json_dict()))
    more = plain["costs"].pop("heaters_coolers")
    total = sum(plain["costs"].values())
    assert plain["tac_without_utility_exchangers_per_a"] == pytest.approx(total)
    assert plain["tac_with_utility_exchangers_per_a"] == pytest.approx(total + more)
    assert plain["n_units"] == result.evaluation.n_units
    assert plain["loops"][0]["supply_C"] > plain["loops"][0]["return_C"]
    assert plain["caveat"] == "", "nothing is printed for these streams"
    example = evaluate(loops.load_case("loop_two_plants"), loops.LoopNetwork(loops=()))
    assert "compare the total with heaters" in replace(result, evaluation=example).caveat


def test_limits_hold_in_networks() -> None:
    rows = [
        ("east", "H1", 160.0, 80.0, 16000.0, 1.5),
        ("east", "H2", 150.0, 90.0, 9000.0, 1.5),
        ("west", "C1", 50.0, 110.0, 12000.0, 1.2),
    ]
    limits = loops.Limits(
        max_units=2, max_flow_kW_per_K=150.0, min_unit_duty_kW=500.0,
        forbidden_matches=["east/H2"], forced_matches=["west/C1"],
    )  # fmt: skip
    case = case_of(rows, distance_m=60.0, limits=limits)
    result = design(case, time_limit_s=6, mip_rel_gap=0.5)
    assert result.evaluation.is_feasible  # the evaluator knows all limits
    assert result.evaluation.n_units == 2
    free = replace(case, parameters=case.parameters.replace(limits=loops.Limits()))
    assert design(free, time_limit_s=6, mip_rel_gap=0.5).tac_per_a < result.tac_per_a


def test_no_loop_where_none_pays() -> None:
    result = design(two_streams(distance_m=60_000.0), time_limit_s=60)
    assert result.network.loops == ()
    assert result.status is Status.OPTIMAL
    assert result.tac_per_a == pytest.approx(20 * 12000 + 8 * 16000)


def test_observer_stops_the_search() -> None:
    result = design(two_streams(distance_m=60.0), time_limit_s=200, observer=lambda _: True,
                    mip_rel_gap=0.3)  # fmt: skip
    assert result.solve_s < 100


def test_further_loops_on_one_route_cost_more() -> None:
    case = two_streams(distance_m=60.0)
    options = {"gap": 0.02, "time_limit_s": 20.0, "node_K": 8.0, "known_cost_per_a": 200e3}
    one = lower_bound(prepare(case), **options)
    two = lower_bound(prepare(case, n_loops=2), **options)
    assert two.bound_per_a <= one.bound_per_a + 1e-6 * 200e3


@pytest.mark.slow
def test_printed_example_is_below_the_best_known_and_proven_near() -> None:
    inputs = prepare(loops.load_case("loop_two_plants"))
    (plans,) = starting_plans(inputs, time_limit_s=300.0)
    limits = SearchLimits(time_limit_s=600.0, most_rounds=120)  # rounds, not seconds, end it
    found = search(inputs, start_of_plans(inputs, plans), limits, seed=1)
    assert found is not None
    assert found.cost_per_a <= 1_533_200
    bound = lower_bound(
        inputs, known_cost_per_a=found.cost_per_a, known_flow_kW_per_K=found.flow_kW_per_K[0],
        gap=0.018, time_limit_s=300.0, node_K=2.0,
    )  # fmt: skip
    assert 1_503_500 <= bound.bound_per_a <= found.cost_per_a


@pytest.mark.slow
def test_second_loop_pays_for_plants_on_two_sides() -> None:
    rows = [
        ("hot", "H1", 170.0, 90.0, 20000.0, 1.5),
        ("hot", "H2", 150.0, 80.0, 18000.0, 1.5),
        ("east", "C1", 60.0, 120.0, 15000.0, 1.2),
        ("east", "C2", 50.0, 90.0, 6000.0, 1.2),
        ("west", "C3", 60.0, 120.0, 14000.0, 1.2),
        ("west", "C4", 40.0, 80.0, 6000.0, 1.2),
    ]
    lengths = {("hot", "east"): 600.0, ("hot", "west"): 600.0, ("east", "west"): 1150.0}
    case = case_of(rows, distance_m=lengths)
    one, two = (design(case, n_loops=n, time_limit_s=60) for n in (1, 2))
    assert len(two.network.loops) == 2
    assert two.tac_per_a < one.bound_per_a  # proven: no single loop is as cheap
    assert np.isfinite(two.bound_per_a)
