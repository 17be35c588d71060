"""The operation of given levels and connections: exact, balanced, nothing left open unused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_sites import (
    Floats,
    least_cost,
    level_sets,
    mask_of,
    site_at_levels,
    small_sites,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.economics import SiteEconomics
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Design, nearest_levels
from milpcore.site.operate import BALANCE_SHARE, objective_value, operate, without_spare_levels


@pytest.fixture
def two_kinks() -> SiteInputs:
    """Hot 100 kW down to 60 °C, cold 1000 kW up to 80 °C."""
    return site_at_levels({60.0: 100.0}, {80.0: 1000.0})


@settings(max_examples=30)
@given(small_sites(), st.data())
def test_operation_balances_every_level_at_least_cost(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    levels = data.draw(st.sampled_from(list(level_sets(inputs, 5))))
    is_open = mask_of(inputs, levels)
    stream_level = nearest_levels(inputs, is_open)
    design = operate(inputs, is_open, stream_level)
    if stream_level.min() < 0:
        assert design is None
        return
    assert design is not None
    total_kW = inputs.stream_duty_kW.sum()
    assert np.abs(imbalance_kW(inputs, design)).max() <= 1e-9 * total_kW
    flows = (design.external_heat_kW, design.cooling_kW, design.cascade_kW, design.pump_heat_kW)
    assert min(flow.min(initial=0.0) for flow in flows) >= 0.0
    assert design.cascade_kW[[0, -1]].tolist() == [0.0, 0.0]
    closed = ~design.is_open
    assert not (design.is_open & ~is_open).any()
    assert not design.external_heat_kW[closed].any()
    assert not design.cooling_kW[closed].any()
    ends = closed[inputs.pump_source] | closed[inputs.pump_sink]
    assert not design.pump_heat_kW[ends].any()
    least = least_cost(inputs, levels, stream_level)
    largest = max(costs.max(initial=0.0) for costs in inputs.objective_costs[:3])
    slack = 1e-7 * least + 1e-8 * largest * total_kW
    assert abs(objective_value(inputs, design) - least) <= slack


def imbalance_kW(inputs: SiteInputs, design: Design) -> Floats:
    """Heat in minus heat out at each level."""
    balance_kW = design.external_heat_kW - design.cooling_kW
    balance_kW = balance_kW + design.cascade_kW[1:] - design.cascade_kW[:-1]
    np.add.at(balance_kW, inputs.pump_sink, design.pump_heat_kW)
    np.add.at(balance_kW, inputs.pump_source, -inputs.pump_source_share * design.pump_heat_kW)
    for stream, level in enumerate(design.stream_level):
        sign = 1.0 if inputs.stream_is_hot[stream] else -1.0
        balance_kW[level] += sign * inputs.stream_duty_kW[stream]
    return balance_kW


def test_levels_without_use_are_closed() -> None:
    inputs = site_at_levels(
        {100.0: 50.0}, {40.0: 80.0}, candidates_C=[40.0, 60.0, 70.0, 100.0, 120.0]
    )
    design = operate(inputs, np.ones(5, dtype=bool), inputs.stream_kink)
    assert design is not None
    assert design.is_open.tolist() == [True, False, False, True, False]
    assert design.external_heat_kW.tolist() == pytest.approx([30.0, 0.0, 0.0, 0.0, 0.0])
    assert design.cascade_kW.tolist() == pytest.approx([0.0, 50.0, 50.0, 50.0, 0.0, 0.0])


def test_a_level_that_saves_nothing_is_left_out() -> None:
    # Free cooling: 60 °C alone is as good for both hot streams.
    hot_only = site_at_levels({60.0: 10.0, 80.0: 20.0}, {})
    both = operate(hot_only, np.ones(2, dtype=bool), hot_only.stream_kink)
    assert both is not None
    assert both.is_open.all()
    fewest = without_spare_levels(hot_only, both)
    assert fewest.is_open.tolist() == [True, False]
    assert fewest.stream_level.tolist() == [0, 0]
    assert fewest.cooling_kW.tolist() == pytest.approx([30.0, 0.0])
    # And 70 °C, which is needed, takes the hot stream of 80 °C as well.
    needed = site_at_levels({60.0: 10.0, 80.0: 20.0}, {70.0: 15.0})
    design = operate(needed, np.ones(3, dtype=bool), needed.stream_kink)
    assert design is not None
    fewest = without_spare_levels(needed, design)
    assert objective_value(needed, fewest) == pytest.approx(objective_value(needed, design))
    assert fewest.is_open.tolist() == [True, True, False]


def test_without_cascade_a_spare_level_is_left_out_as_well() -> None:
    # The hot stream of 80 °C does more good at 70 °C, where it heats the cold one.
    inputs = site_at_levels({60.0: 10.0, 80.0: 20.0}, {70.0: 15.0}, cascade=False)
    design = operate(inputs, np.ones(3, dtype=bool), inputs.stream_kink)
    assert design is not None
    assert design.is_open.all()
    fewest = without_spare_levels(inputs, design)
    assert fewest.is_open.tolist() == [True, True, False]
    assert fewest.stream_level.tolist() == [0, 1, 1]
    assert objective_value(inputs, fewest) < objective_value(inputs, design)


@settings(max_examples=20)
@given(small_sites(), st.data())
def test_leaving_out_spare_levels_costs_nothing_and_leaves_none(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    levels = data.draw(st.sampled_from(list(level_sets(inputs, 5))))
    is_open = mask_of(inputs, levels)
    design = operate(inputs, is_open, nearest_levels(inputs, is_open))
    if design is None:
        return
    fewest = without_spare_levels(inputs, design)
    cost = objective_value(inputs, fewest)
    assert cost <= objective_value(inputs, design) * (1.0 + 2e-9)
    for level in np.flatnonzero(fewest.is_open):
        fewer = fewest.is_open.copy()
        fewer[level] = False
        smaller = operate(inputs, fewer, nearest_levels(inputs, fewer))
        assert smaller is None or objective_value(inputs, smaller) > cost


@settings(max_examples=40)
@given(
    st.lists(st.floats(-1.0, 6.0), min_size=2, max_size=6),
    st.lists(st.floats(20.0, 140.0), min_size=6, max_size=6, unique=True),
    st.booleans(),
)
def test_every_level_balances_however_unequal_the_duties(
    magnitude: list[float], limit_C: list[float], cascade: bool
) -> None:
    duty_kW = {at_C: 10.0**power for at_C, power in zip(limit_C, magnitude, strict=False)}
    hot, cold = dict(list(duty_kW.items())[::2]), dict(list(duty_kW.items())[1::2])
    inputs = site_at_levels(hot, cold, cascade=cascade)
    design = operate(inputs, np.ones(inputs.n_candidates, dtype=bool), inputs.stream_kink)
    assert design is not None
    passing_kW = np.zeros(inputs.n_candidates)
    np.add.at(passing_kW, inputs.stream_kink, inputs.stream_duty_kW)
    assert np.all(
        np.abs(imbalance_kW(inputs, design))
        <= 2e-9 * passing_kW
        + BALANCE_SHARE
        * (
            design.external_heat_kW
            + design.cooling_kW
            + design.cascade_kW[1:]
            + design.cascade_kW[:-1]
            + np.bincount(inputs.pump_sink, design.pump_heat_kW, minlength=inputs.n_candidates)
            + np.bincount(inputs.pump_source, design.pump_heat_kW, minlength=inputs.n_candidates)
        )
    )


def test_heat_is_bought_low_and_removed_high_where_that_costs_nothing() -> None:
    inputs = site_at_levels({90.0: 50.0}, {60.0: 30.0}, candidates_C=[40.0, 60.0, 90.0, 120.0])
    everything = np.ones(4, dtype=bool)
    surplus = operate(inputs, everything, inputs.stream_kink)
    assert surplus is not None
    assert surplus.cooling_kW.tolist() == pytest.approx([0.0, 0.0, 20.0, 0.0])
    cheap_below = replace(inputs, economics=SiteEconomics(cooling_price_EUR_per_MWh=5.0))
    cheap_below = replace(cheap_below, cooling_factor=np.array([0.5, 1.0, 1.0, 1.0]))
    surplus = operate(cheap_below, everything, inputs.stream_kink)
    assert surplus is not None
    assert surplus.cooling_kW.tolist() == pytest.approx([20.0, 0.0, 0.0, 0.0])
    assert surplus.is_open.tolist() == [True, True, True, False]


def test_tac_decides_where_the_objective_does_not() -> None:
    # Without emission of electricity every kW of pump heat is free of CO2, whatever it costs.
    economics = SiteEconomics(electricity_emission_t_per_MWh=0.0)
    inputs = site_at_levels(
        {60.0: 1000.0, 75.0: 1000.0}, {90.0: 300.0}, economics=economics, objective="co2"
    )
    design = operate(inputs, np.ones(3, dtype=bool), inputs.stream_kink)
    assert design is not None
    ends = list(zip(inputs.pump_source, inputs.pump_sink, strict=True))
    assert design.pump_heat_kW[ends.index((1, 2))] == pytest.approx(300.0)
    assert design.pump_heat_kW.sum() == pytest.approx(300.0)
    assert not design.external_heat_kW.any()


def test_the_first_objective_is_not_given_up_for_tac() -> None:
    # Electricity is dear but clean: least CO2 pumps everything, least TAC nothing.
    economics = SiteEconomics(
        electricity_price_EUR_per_MWh=4000.0, electricity_emission_t_per_MWh=0.001
    )
    by_objective = {}
    for objective in ("co2", "tac"):
        inputs = site_at_levels(
            {60.0: 1000.0}, {90.0: 300.0}, economics=economics, objective=objective
        )
        design = operate(inputs, np.ones(2, dtype=bool), inputs.stream_kink)
        assert design is not None
        by_objective[objective] = design.pump_heat_kW.sum()
    assert by_objective == {"co2": pytest.approx(300.0), "tac": 0.0}


def test_impossible_connections_are_refused(two_kinks: SiteInputs) -> None:
    with pytest.raises(ValueError, match="stream site/S1 is connected to level 80 °C, which is cl"):
        operate(two_kinks, np.array([True, False]), np.array([0, 1]))
    with pytest.raises(ValueError, match=r"stream site/S0 .* level 80 °C, which cannot serve it"):
        operate(two_kinks, np.array([True, True]), np.array([1, 1]))
    assert operate(two_kinks, np.array([True, True]), np.array([0, -1])) is None
