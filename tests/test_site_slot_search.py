"""The slot search against full enumeration: cost, ties, order, levels that meet."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from helpers_sites import cost_of_levels, site_at_levels, small_sites
from hypothesis import given
from hypothesis import strategies as st

from milpcore.site.inputs import SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.incumbents import level_set_cost
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.slot_search import (
    EQUAL,
    ROUNDING,
    all_open_prices,
    best_in_slots,
    changes,
)

Slots = list[np.ndarray]


@st.composite
def slots_of(draw: st.DrawFn, n_levels: int) -> tuple[Slots, np.ndarray]:
    """Draw up to four slots, each with some levels, and where they are today."""
    levels = st.integers(0, n_levels - 1)
    slots, stay = [], []
    for _ in range(draw(st.integers(1, 4))):
        slot = sorted(draw(st.sets(levels, min_size=1, max_size=5)))
        slots.append(np.array(slot))
        stay.append(draw(st.sampled_from([-1, *slot])))
    return slots, np.array(stay)


def _in_order(slots: Slots) -> list[tuple[int, ...]]:
    """Every choice of one candidate each that does not fall."""
    choices = product(*(slot.tolist() for slot in slots))
    return [one for one in choices if list(one) == sorted(one)]


def _key(place: tuple[int, ...], stay: np.ndarray) -> tuple[int, int, tuple[int, ...]]:
    """Rank among equals: moves, levels, lowest place."""
    moves = sum(at >= 0 and level != at for level, at in zip(place, stay, strict=True))
    return moves, len(set(place)), place


def _tiny(network: LevelNetwork) -> float:
    duties_MW = network.hot_below_MW[-1] + network.cold_below_MW[-1]
    return 10.0 * ROUNDING * float(duties_MW * network.external_heat_cost.max())


@given(st.data())
def test_the_best_of_all_choices_is_found(data: st.DataObject) -> None:
    inputs = data.draw(small_sites())
    network = level_network(inputs)
    slots, stay = data.draw(slots_of(inputs.n_candidates))
    choices = _in_order(slots)
    if not choices:
        with pytest.raises(ValueError, match=r"^slots: no choice of one candidate each is in"):
            best_in_slots(network, slots, stay)
        return
    costs = {one: level_set_cost(network, np.unique(one))[0] for one in choices}
    least = min(costs.values())
    found = best_in_slots(network, slots, stay)
    place = tuple(found.place.tolist())
    assert place in costs
    assert found.levels.tolist() == sorted(set(place))
    if not np.isfinite(least):
        assert found.cost == np.inf
        return
    tiny = _tiny(network)
    assert found.cost == pytest.approx(costs[place], rel=1e-12, abs=tiny)
    assert found.cost <= least * (1.0 + EQUAL) + tiny
    surely_equal = [one for one, cost in costs.items() if cost <= least * (1.0 + 0.5 * EQUAL)]
    assert _key(place, stay) <= min(_key(one, stay) for one in surely_equal)
    scale = KW_PER_MW * inputs.cost_scale
    oracle = cost_of_levels(inputs, found.levels.tolist())
    assert found.cost * scale == pytest.approx(oracle, rel=1e-7, abs=1e-3)


@given(st.data())
def test_a_wider_slot_never_costs_more(data: st.DataObject) -> None:
    inputs = data.draw(small_sites())
    network = level_network(inputs)
    slots, stay = data.draw(slots_of(inputs.n_candidates))
    if not _in_order(slots):
        return
    everywhere = [np.arange(inputs.n_candidates) for _ in slots]
    narrow, wide = (best_in_slots(network, one, stay).cost for one in (slots, everywhere))
    assert wide <= narrow * (1.0 + 2.0 * EQUAL) + _tiny(network) or narrow == np.inf


def _plain_site() -> SiteInputs:
    """Heat at 60 and 100 °C, demand at 50 and 90 °C, too hot for any pump to pay."""
    return site_at_levels({60.0: 300.0, 100.0: 200.0}, {50.0: 400.0, 90.0: 300.0})


def test_among_equals_nothing_moves() -> None:
    inputs = _plain_site()
    network = level_network(inputs)
    levels = np.arange(inputs.n_candidates)
    stay = np.array([0, 3])  # 50 and 100 °C
    costs = {high: level_set_cost(network, np.array([0, high]))[0] for high in levels[2:].tolist()}
    assert costs[2] == pytest.approx(costs[3], rel=1e-12)
    found = best_in_slots(network, [np.array([0]), levels], stay)
    assert found.place.tolist() == [0, 3]
    new = best_in_slots(network, [np.array([0]), levels], np.array([0, -1]))
    assert new.place.tolist() == [0, 2]


def test_a_new_level_that_saves_nothing_is_no_level() -> None:
    inputs = _plain_site()
    network = level_network(inputs)
    levels = np.arange(inputs.n_candidates)
    every = [np.array([level]) for level in levels.tolist()]
    found = best_in_slots(network, [*every, levels], np.array([*levels, -1]))
    assert found.levels.tolist() == levels.tolist()
    assert changes(found.place, np.array([*levels, -1]), 5) == (0, 4)


def test_places_that_serve_no_stream_cost_infinity() -> None:
    network = level_network(_plain_site())
    found = best_in_slots(network, [np.array([2]), np.array([3])], np.array([2, 3]))
    assert found.cost == np.inf
    assert found.place.tolist() == [2, 3]


def test_a_start_that_serves_no_stream_is_left() -> None:
    network = level_network(_plain_site())
    slots = [np.array([0, 2]), np.array([1, 2, 3])]
    found = best_in_slots(network, slots, np.array([2, 2]))
    assert np.isfinite(found.cost)
    assert found.place.tolist() == [0, 2]


def test_prices_handed_in_change_nothing() -> None:
    network = level_network(_plain_site())
    slots, stay = [np.array([0, 1]), np.array([1, 2, 3])], np.array([1, 1])
    expected = best_in_slots(network, slots, stay)
    given = best_in_slots(network, slots, stay, open_prices=all_open_prices(network))
    assert given.place.tolist() == expected.place.tolist()
    assert given[1:] == expected[1:]


def test_equal_says_what_counts_as_equal() -> None:
    inputs = site_at_levels(
        {60.0: 300.0, 95.0: 200.0},
        {70.0: 150.0, 90.0: 300.0},
        candidates_C=[60.0, 70.0, 90.0, 95.0, 200.0],
    )
    network = level_network(inputs)
    slots, stay = [np.array([0]), np.arange(5), np.array([4])], np.array([0, 0, 4])
    exact = best_in_slots(network, slots, stay)
    assert exact.place.tolist() != [0, 0, 4]
    stays, _ = level_set_cost(network, np.array([0, 4]))
    share = 1.2 * (stays / exact.cost - 1.0)
    assert 0.0 < share < 10.0
    assert best_in_slots(network, slots, stay, equal=share).place.tolist() == [0, 0, 4]
