"""The cheapest ring of plants, and the bound over all rings at once."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from helpers_loop_cases import random_case
from helpers_loops import ring
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.loops import evaluate
from milpcore.loops.bound_dual import Bounder
from milpcore.loops.bound_rings import ANY_RING, least_ring, ring_box, ring_of, takes_rings
from milpcore.loops.inputs import prepare
from milpcore.loops.lower_bound import lower_bound


@given(seed=st.integers(0, 10**6), n=st.integers(2, 5))
@settings(deadline=None, max_examples=30)
def test_the_cheapest_ring_against_all_of_them(seed: int, n: int) -> None:
    costs = np.random.default_rng(seed).normal(1.0, 2.0, (n, n))

    def total(order: tuple[int, ...]) -> float:
        return float(sum(costs[a, b] for a, b in zip(order, (*order[1:], order[0]), strict=True)))

    orders = [o for k in range(2, n + 1) for o in itertools.permutations(range(n), k)]
    cost, order = least_ring(costs)
    assert cost == pytest.approx(min(map(total, orders)))
    assert total(order) == pytest.approx(cost)
    assert len(set(order)) == len(order) >= 2


def test_rings_at_prices_are_no_dearer_than_any_listed_way() -> None:
    inputs = prepare(random_case(3, n_hot=3, n_cold=3, n_plants=4))
    bounder = Bounder(inputs, node_K=8.0)
    over_rings = Bounder(replace(inputs, routes=(ANY_RING,)), node_K=8.0)
    rng = np.random.default_rng(2)
    for high in (20.0, 200.0):
        prices = np.cumsum(rng.exponential(3.0, (4, bounder.nodes.size)), axis=1) - 20.0
        alone = []
        for route in inputs.routes:
            assert ring_of(inputs, route.plants) == route
            box = replace(
                ring_box(0.0, high),
                cold=(np.full(route.n_legs, bounder.nodes[0]),),
                hot=(np.full(route.n_legs, bounder.nodes[-1]),),
            )
            alone.append(
                Bounder(replace(inputs, routes=(route,)), node_K=8.0).loops(prices, box, None)
            )
        assert over_rings.loops(prices, ring_box(0.0, high), None) == pytest.approx(min(alone))


@pytest.mark.compiled
@pytest.mark.parametrize("order", ["ABCDE", "ADBEC"])
def test_the_bound_holds_for_five_plants_in_any_order(order: str) -> None:
    case, network = ring(7, list(order))
    near = [distance._replace(length_m=2.0) for distance in case.parameters.distances]
    case = replace(case, parameters=case.parameters.replace(distances=near))
    found = evaluate(case, network).checked()
    inputs = prepare(case)
    assert takes_rings(inputs)
    bound = lower_bound(
        inputs, known_cost_per_a=found.tac_per_a, gap=0.02, time_limit_s=4.0, node_K=8.0
    )
    assert 0.0 < bound.bound_per_a <= found.tac_per_a * (1.0 + 1e-9)
