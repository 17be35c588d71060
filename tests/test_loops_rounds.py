"""A loop visits each plant at most once a round: the evaluator refuses others, the bound holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_loop_cases import case_of
from helpers_loops import Made, made, ring, with_loop
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.loops import (
    Distance,
    Exchanger,
    Header,
    Limits,
    Link,
    Loop,
    LoopNetwork,
    Pipe,
    Rule,
    Utility,
    evaluate,
)
from milpcore.loops.inputs import prepare
from milpcore.loops.lower_bound import lower_bound


def _coming_back() -> Made:
    """One hot plant, and water that cools three streams in turn, the first and last in plant B."""
    rows = [
        ("A", "H1", 160.0, 55.0, 3150.0, 1.0),
        ("B", "C1", 95.0, 120.0, 1000.0, 1.0),
        ("B", "C3", 35.0, 60.0, 1000.0, 1.0),
        ("C", "C2", 65.0, 90.0, 1000.0, 1.0),
    ]
    lengths = {("A", "B"): 300.0, ("B", "C"): 300.0, ("A", "C"): 600.0}
    names = ("A in", "A out", "B1 in", "B1 out", "C in", "C out", "B2 in", "B2 out")
    units = (("A/H1", 3000.0), ("B/C1", 1000.0), ("C/C2", 1000.0), ("B/C3", 1000.0))
    loop = Loop(
        flow_kW_per_K=30.0, supply_C=145.0, return_C=45.0, start="A in",
        headers=[Header(name, name[0]) for name in names],
        exchangers=[
            Exchanger(stream, names[2 * place], names[2 * place + 1], 30.0, load_kW)
            for place, (stream, load_kW) in enumerate(units)
        ],
        pipes=[Pipe(names[place], names[(place + 1) % 8], 30.0) for place in (1, 3, 5, 7)],
    )  # fmt: skip
    case = case_of(rows, distance_m=lengths)
    dear = case.parameters.replace(hot_utility=Utility(price_per_kW_a=80.0))
    return Made(replace(case, parameters=dear), LoopNetwork(loops=[loop]))


def _rounds(found: list[object]) -> list[str]:
    return [str(violation) for violation in found if violation.rule is Rule.ROUNDS]


@pytest.mark.compiled
def test_a_loop_that_comes_back_is_refused_as_it_may_cost_less_than_the_bound() -> None:
    case, network = _coming_back()
    found = evaluate(case, network)
    assert [str(violation) for violation in found.violations] == [
        "loop 1, plant B: each plant once a round: found water back in it at header B2 in, "
        "expected one visit a round: split it into two loops"
    ]
    bound = lower_bound(
        prepare(case), known_cost_per_a=found.tac_per_a * 1.1, gap=0.08, time_limit_s=60, node_K=3.0
    )
    assert bound.bound_per_a > found.tac_per_a


def test_the_start_does_not_hide_that_a_loop_comes_back() -> None:
    case, network = _coming_back()
    loop = network.loops[0]
    order = ["B2 in", "B2 out", "A in", "A out", "B1 in", "B1 out", "C in", "C out"]
    turned = with_loop(network, start=order[0], return_C=78.0)
    assert len(_rounds(evaluate(case, turned).violations)) == 1
    twice = [pipe for pipe in loop.pipes if "C" not in pipe.source + pipe.target]
    between = Link("B1 out", "B2 in", 30.0)
    exchangers = [unit for unit in loop.exchangers if unit.stream != "C/C2"]
    headers = [header for header in loop.headers if header.plant != "C"]
    once = with_loop(network, headers=headers, pipes=twice, links=[between], exchangers=exchangers)
    assert _rounds(evaluate(case, once).violations) == []


def test_a_loop_that_branches_is_refused() -> None:
    case, network = _coming_back()
    loop = network.loops[0]
    pipes = [
        Pipe("A out", "B1 in", 15.0), Pipe("A out", "C in", 15.0),
        Pipe("B1 out", "A in", 15.0), Pipe("C out", "A in", 15.0),
    ]  # fmt: skip
    kept = [header for header in loop.headers if not header.name.startswith("B2")]
    units = [unit._replace(flow_kW_per_K=15.0) for unit in loop.exchangers[1:3]]
    branched = with_loop(
        network, pipes=pipes, headers=kept, exchangers=[loop.exchangers[0], *units]
    )
    assert _rounds(evaluate(case, branched).violations) == [
        "loop 1, plant A: each plant once a round: found legs from B and C, expected one leg in "
        "and one out: split it into two loops"
    ]


@given(seed=st.integers(0, 10**6), order=st.sampled_from(["ABAC", "ABCB", "ABAB", "ABCABC"]))
def test_rings_that_come_back_are_refused(seed: int, order: str) -> None:
    case, network = ring(seed, list(order))
    found = evaluate(case, network).violations
    # two legs from one plant to another have a mean temperature that is none of the stated ones
    assert {violation.rule for violation in found} - {Rule.TEMPERATURE} == {Rule.ROUNDS}
    named = {violation.where for violation in found if violation.rule is Rule.ROUNDS}
    repeated = {plant for plant in order if order.count(plant) > 1}
    assert named == {f"loop 1, plant {plant}" for plant in repeated}


@pytest.mark.compiled
@given(seed=st.integers(0, 10**6), n_plants=st.integers(2, 3), n_loops=st.integers(1, 2))
@settings(deadline=None, max_examples=5)
def test_the_bound_is_below_whatever_the_evaluator_accepts(
    seed: int, n_plants: int, n_loops: int
) -> None:
    case, network = made(seed, n_plants=n_plants, n_loops=n_loops)
    assert evaluate(case, network).is_feasible
    # pipes for which the loops pay, so that the bound says something
    near = [distance._replace(length_m=1.0) for distance in case.parameters.distances]
    case = replace(case, parameters=case.parameters.replace(distances=near))
    found = evaluate(case, network)
    inputs = prepare(case, n_loops=n_loops)
    bound = lower_bound(
        inputs, known_cost_per_a=found.tac_per_a, gap=0.05, time_limit_s=0.5, node_K=8.0
    )
    assert bound.bound_per_a <= found.tac_per_a * (1.0 + 1e-9)
    assert np.isfinite(bound.bound_per_a)


def test_lengths_are_taken_as_given_where_a_detour_is_shorter() -> None:
    case, network = ring(3, ["A", "B", "C"])
    lengths = [
        Distance(("A", "B"), 250.0),
        Distance(("B", "C"), 250.0),
        Distance(("A", "C"), 600.0),
    ]
    case = replace(case, parameters=case.parameters.replace(distances=lengths))
    found = evaluate(case, network)
    assert found.is_feasible
    legs = {(pipe.from_plant, pipe.to_plant): pipe.length_m for pipe in found.pipe_rows}
    assert legs["C", "A"] == 600.0
    (route,) = [route for route in prepare(case).routes if route.plants == (0, 1, 2)]
    assert route.leg_m == tuple(legs[leg] for leg in ("AB", "BC", "CA") for leg in [tuple(leg)])


def test_the_largest_flow_is_that_of_pipes_side_by_side() -> None:
    case, network = ring(4, ["A", "B"])
    loop = network.loops[0]
    half = [
        pipe._replace(flow_kW_per_K=pipe.flow_kW_per_K / 2) for pipe in loop.pipes for _ in range(2)
    ]
    limits = Limits(max_flow_kW_per_K=0.75 * loop.flow_kW_per_K)
    case = replace(case, parameters=case.parameters.replace(limits=limits))
    found = evaluate(case, with_loop(network, pipes=half)).violations
    assert [violation.where for violation in found] == ["loop 1, leg A -> B", "loop 1, leg B -> A"]
    assert {violation.rule for violation in found} == {Rule.MAX_FLOW}
