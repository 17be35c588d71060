"""What holds for any network: heat balances, invariances, and that tampering is found."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from helpers_loops import Made, made, with_exchanger, with_loop
from hypothesis import given
from hypothesis import strategies as st

from milpcore.faults import InputError
from milpcore.loops import (
    Exchanger,
    Header,
    LoopCase,
    LoopNetwork,
    Pipe,
    evaluate,
    network_document,
    network_of,
)

NETWORKS = st.builds(
    made,
    st.integers(0, 10**6),
    n_plants=st.integers(2, 4),
    n_loops=st.integers(1, 3),
)


@given(network=NETWORKS)
def test_every_stream_header_and_loop_is_balanced(network: Made) -> None:
    found = evaluate(network.case, network.network, tolerance=1e-9)
    assert found.violations == ()
    whole_kW = math.fsum(row.duty_kW for row in found.stream_rows)
    loads_kW: dict[str, list[float]] = defaultdict(list)
    for unit in (*found.exchanger_rows, *found.utility_rows):
        loads_kW[unit.stream].append(unit.load_kW)
    for row in found.stream_rows:
        assert math.fsum(loads_kW[row.stream]) == pytest.approx(row.duty_kW, abs=1e-9 * whole_kW)
        assert row.loop_kW + row.utility_kW == pytest.approx(row.duty_kW)
    for loop in found.loop_rows:
        assert loop.given_kW == pytest.approx(loop.taken_kW, abs=1e-9 * whole_kW)
        assert loop.supply_C > loop.return_C
    recovered_kW = math.fsum(loop.taken_kW for loop in found.loop_rows)
    streams = network.case.streams
    demand_kW = float(streams.duty_kW[~streams.is_hot].sum())
    assert found.hot_utility_kW + recovered_kW == pytest.approx(demand_kW)


@given(network=NETWORKS)
def test_enthalpy_is_kept_at_every_header(network: Made) -> None:
    found = evaluate(network.case, network.network)
    header_C = {(row.loop, row.header): row.temperature_C for row in found.header_rows}
    outlet_C = {
        (row.loop, row.stream, row.position): row.loop_out_C for row in found.exchanger_rows
    }
    for number, loop in enumerate(network.network.loops, start=1):
        balance_kW: dict[str, list[float]] = defaultdict(list)
        for arc in loop.arcs:
            inlet_C = header_C[number, arc.source]
            end_C = inlet_C
            if isinstance(arc, Exchanger):
                end_C = outlet_C[number, arc.stream, arc.position]
                assert abs(end_C - inlet_C) * arc.flow_kW_per_K == pytest.approx(arc.load_kW)
            balance_kW[arc.source].append(-arc.flow_kW_per_K * inlet_C)
            balance_kW[arc.target].append(arc.flow_kW_per_K * end_C)
        for parts_kW in balance_kW.values():
            assert math.fsum(parts_kW) == pytest.approx(0.0, abs=1e-6 * loop.flow_kW_per_K)


@given(network=NETWORKS, seed=st.integers(0, 10**6))
def test_the_order_of_anything_does_not_matter(network: Made, seed: int) -> None:
    rng = np.random.default_rng(seed)

    def mixed(parts: Any) -> list[Any]:
        return [parts[place] for place in rng.permutation(len(parts))]

    case = network.case
    streams = case.streams.select(rng.permutation(case.streams.n_streams))
    loops = [
        dataclasses.replace(
            loop,
            headers=mixed(loop.headers),
            exchangers=mixed(loop.exchangers),
            links=mixed(loop.links),
            pipes=mixed(loop.pipes),
        )
        for loop in network.network.loops
    ]
    found = evaluate(case, network.network)
    other = evaluate(
        LoopCase(streams=streams, parameters=case.parameters), LoopNetwork(loops=loops)
    )
    assert other.is_feasible
    assert other.costs == pytest.approx(found.costs, rel=1e-12)
    areas = {(row.loop, row.stream, row.position): row.area_m2 for row in found.exchanger_rows}
    assert {
        (row.loop, row.stream, row.position): row.area_m2 for row in other.exchanger_rows
    } == pytest.approx(areas, rel=1e-12)


@given(network=NETWORKS, place=st.integers(0, 10**6), share=st.floats(0.05, 0.95))
def test_an_exchanger_split_in_series_keeps_temperatures_and_area(
    network: Made, place: int, share: float
) -> None:
    """Both parts in counter-current, with a header between them: only the fixed cost is added.

    Parts beside each other on the loop would be one after the other on the stream, and change its
    temperatures: that is another network.
    """
    loop = network.network.loops[0]
    place %= len(loop.exchangers)
    whole = loop.exchangers[place]
    later = [
        exchanger._replace(position=exchanger.position + 1)
        if exchanger.stream == whole.stream and exchanger.position > whole.position
        else exchanger
        for exchanger in loop.exchangers
    ]
    plant = loop.plant_of_header[whole.source]
    halves = [
        # the loop meets first what the stream meets last
        whole._replace(target="middle", load_kW=share * whole.load_kW, position=whole.position + 1),
        whole._replace(source="middle", load_kW=(1.0 - share) * whole.load_kW),
    ]
    split = with_loop(
        network.network,
        headers=[*loop.headers, Header("middle", plant)],
        exchangers=[*later[:place], *later[place + 1 :], *halves],
    )
    found, other = (evaluate(network.case, one) for one in (network.network, split))
    assert other.is_feasible
    area_m2 = math.fsum(row.area_m2 for row in found.exchanger_rows)
    assert math.fsum(row.area_m2 for row in other.exchanger_rows) == pytest.approx(area_m2)
    parameters = network.case.parameters
    fixed = parameters.annual_factor_per_a * parameters.exchanger.fixed
    assert other.tac_per_a == pytest.approx(found.tac_per_a + fixed)
    before = {row.header: row.temperature_C for row in found.header_rows if row.loop == 1}
    after = {row.header: row.temperature_C for row in other.header_rows if row.loop == 1}
    assert {name: after[name] for name in before} == pytest.approx(before)


@given(network=NETWORKS)
def test_pipes_side_by_side_cost_more_and_change_no_temperature(network: Made) -> None:
    """Costs of pipes are concave: two of half the flow are dearer than one."""
    loop = network.network.loops[0]
    first, *others = loop.pipes
    half = first._replace(flow_kW_per_K=first.flow_kW_per_K / 2.0)
    found = evaluate(network.case, network.network)
    other = evaluate(network.case, with_loop(network.network, pipes=[half, half, *others]))
    assert other.is_feasible
    assert other.costs.pipes > found.costs.pipes
    assert other.costs.pumps > found.costs.pumps
    assert other.costs.exchangers == pytest.approx(found.costs.exchangers)


@given(
    network=NETWORKS,
    loop=st.integers(0, 10),
    place=st.integers(0, 10**6),
    factor=st.sampled_from([0.5, 0.999, 1.001, 2.0]),
    what=st.sampled_from(
        ["load", "flow", "loop flow", "supply", "return", "header", "unit", "pipe", "stream"]
    ),
)
def test_tampering_is_found(network: Made, loop: int, place: int, factor: float, what: str) -> None:
    whole = network.network
    loop %= len(whole.loops)
    old = whole.loops[loop]
    place %= len(old.exchangers)
    exchanger = old.exchangers[place]
    changes: dict[str, Any] = {
        "load": lambda: with_exchanger(whole, place, loop, load_kW=factor * exchanger.load_kW),
        "flow": lambda: with_exchanger(
            whole, place, loop, flow_kW_per_K=factor * exchanger.flow_kW_per_K
        ),
        "loop flow": lambda: with_loop(whole, loop, flow_kW_per_K=factor * old.flow_kW_per_K),
        "supply": lambda: with_loop(whole, loop, supply_C=factor * old.supply_C),
        "return": lambda: with_loop(whole, loop, return_C=factor * old.return_C),
        "header": lambda: with_loop(
            whole,
            loop,
            headers=[
                old.headers[0]._replace(temperature_C=factor * old.return_C),
                *old.headers[1:],
            ],
        ),
        "unit": lambda: with_loop(
            whole, loop, exchangers=[*old.exchangers[:place], *old.exchangers[place + 1 :]]
        ),
        "pipe": lambda: with_loop(whole, loop, pipes=old.pipes[1:]),
        "stream": lambda: with_exchanger(whole, place, loop, stream=f"{exchanger.stream}x"),
    }
    try:
        found = evaluate(network.case, changes[what]())
    except InputError:
        return
    assert not found.is_feasible


@given(network=NETWORKS)
def test_a_network_turned_round_is_refused(network: Made) -> None:
    loop = network.network.loops[0]
    pipes = [Pipe(pipe.target, pipe.source, pipe.flow_kW_per_K) for pipe in loop.pipes]
    turned = with_loop(network.network, pipes=pipes)
    assert not evaluate(network.case, turned).is_feasible


@given(network=NETWORKS)
def test_a_document_makes_the_same_network(network: Made) -> None:
    assert network_of(network_document(network.network)) == network.network
