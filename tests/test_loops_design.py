"""The design of loops in one call: network, check, bound."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from helpers_loop_cases import case_of, two_streams

from milpcore import loops
from milpcore.core import Status
from milpcore.faults import InputError
from milpcore.loops.design import design
from milpcore.loops.design_result import DesignProgress, Found, design_result
from milpcore.loops.evaluate import evaluate
from milpcore.loops.inputs import prepare
from milpcore.loops.lower_bound import BoundEnd, lower_bound
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
    seen: list[str] = []

    def stop(progress: DesignProgress) -> bool:
        seen.append(progress.phase)
        return progress.phase == "search"

    result = design(two_streams(distance_m=60.0), observer=stop, mip_rel_gap=0.3)
    assert seen.count("search") == 1
    assert result.status is Status.OPTIMAL


def test_further_loops_on_one_route_cost_more() -> None:
    case = two_streams(distance_m=60.0)
    options = {"gap": 0.02, "time_limit_s": 20.0, "node_K": 8.0, "known_cost_per_a": 200e3}
    one = lower_bound(prepare(case), **options)
    two = lower_bound(prepare(case, n_loops=2), **options)
    assert two.bound_per_a <= one.bound_per_a + 1e-6 * 200e3


def test_options_are_refused_all_at_once() -> None:
    with pytest.raises(InputError) as error:
        design(
            two_streams(), n_loops=0, mip_rel_gap=2.0, time_limit_s=-1.0, seed=-1,
            costs_utility_exchangers=1,
        )  # fmt: skip
    assert [str(fault) for fault in error.value.faults] == [
        "n_loops = 0: must be a whole number from 1 to 100; give the largest number of loops",
        "mip_rel_gap = 2.0: must be from 0 to below 1; 0.01 is usual",
        "time_limit_s = -1.0: must be above 0 (s); give a number",
        "costs_utility_exchangers = 1: must be True or False; True costs heaters and coolers",
        "seed = -1: must be a whole number from 0; any one will do",
    ]
    for options in ({"n_loops": -1}, {"n_loops": 1.5}, {"mip_rel_gap": -1}, {"seed": None},
                    {"time_limit_s": math.nan}, {"n_loops": True}, {"n_loops": 101}):  # fmt: skip
        with pytest.raises(InputError, match="design: 1 fault"):
            design(two_streams(), **options)
    with pytest.raises(InputError, match="lower_bound: 3 faults"):
        lower_bound(prepare(two_streams()), gap=1.0, time_limit_s=0.0, node_K=-1.0)


def test_costs_without_a_bound_are_refused_at_once() -> None:
    case = two_streams()
    dear = replace(case.parameters.pump, per_power=1.0, exponent=3.0)
    case = replace(case, parameters=case.parameters.replace(pump=dear))
    with pytest.raises(InputError, match=r"\[pump\]: exponent = 3: no bound: pipes and pumps do"):
        design(case)


@pytest.mark.compiled
def test_the_same_input_gives_the_same_result() -> None:
    case = two_streams(distance_m=60.0)
    one, other = (design(case, mip_rel_gap=0.02, time_limit_s=1e4).to_json_dict() for _ in "ab")
    one.pop("solve_s"), other.pop("solve_s")
    assert one == other
    assert one["reason"] == ""


@pytest.mark.compiled
def test_a_bound_that_gets_no_further_is_no_time_limit() -> None:
    case = two_streams(distance_m=60.0)
    law = replace(case.parameters.exchanger, exponent=0.7)
    case = replace(case, parameters=case.parameters.replace(exchanger=law))
    result = design(case, time_limit_s=1e4)
    assert result.status is Status.NODE_LIMIT
    assert result.gap > 0.01
    assert result.reason == (
        "the bound gets no further, whatever the time (areas are bounded by the chord of their "
        "cost, whose exponent is 0.7)"
    )


def test_no_more_is_said_than_is_known_of_a_network_without_loops() -> None:
    inputs = prepare(two_streams(distance_m=9000.0))
    cost = inputs.cost_without_loops_per_a()

    def title(share: float, end: BoundEnd, cut: tuple[str, ...] = (), gap: float = 0.01) -> str:
        found = Found(loops.LoopNetwork(), share * cost, 1.0, cut, 60.0)
        return design_result(inputs, found, end=end, mip_rel_gap=gap).network.title

    assert title(1.0, BoundEnd.GOAL) == "no loop pays"
    assert title(0.995, BoundEnd.GOAL) == "no loop saves more than 0.5 %"
    assert title(0.9, BoundEnd.TIME) == "no loop found in the time"
    assert title(0.9, BoundEnd.CUT_UP, ("the search for networks",)) == "no loop found in the time"
    assert title(0.9, BoundEnd.CUT_UP) == "no loop found"
    assert title(0.9, BoundEnd.STOPPED) == "no loop found before the interruption"


@pytest.mark.compiled
def test_a_short_time_limit_ends_every_layer() -> None:
    design(two_streams(distance_m=60.0), time_limit_s=5, mip_rel_gap=0.3)  # compiles
    result = design(loops.load_case("loop_four_plants"), n_loops=2, time_limit_s=0.5)
    assert result.status is Status.TIME_LIMIT
    assert result.evaluation.is_feasible
    assert 0.0 <= result.bound_per_a <= result.tac_per_a
    assert "the result may depend on the machine" in result.reason


def test_an_observer_that_stops_everything_gets_what_there_is() -> None:
    result = design(two_streams(distance_m=60.0), observer=lambda _: True)
    assert result.status is Status.INTERRUPTED
    assert result.network.loops == ()


@pytest.mark.slow
def test_printed_example_is_below_the_best_known_and_proven_near() -> None:
    inputs = prepare(loops.load_case("loop_two_plants"))
    (plans,) = starting_plans(inputs, time_limit_s=300.0).plans
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
    # any network of two loops below every one of a single loop will do
    two = design(
        case, n_loops=2, mip_rel_gap=0.2, time_limit_s=100.0,
        observer=lambda progress: progress.phase == "search" and progress.tac_per_a < 600_000.0,
    )  # fmt: skip
    assert len(two.network.loops) == 2
    assert two.bound_per_a <= two.tac_per_a
    one = lower_bound(
        prepare(case), known_cost_per_a=1.01 * two.tac_per_a, gap=0.005, time_limit_s=100.0,
        node_K=2.0,
    )  # fmt: skip
    assert two.tac_per_a < one.bound_per_a  # proven: no single loop is as cheap
