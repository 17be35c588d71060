"""What must hold for the result of any site: energy balances, and costs that change as they should.

All searches run to gap 0 and are compared at 1e-6: a gap of 1e-4 hides a wrong row. `greenfield`
itself runs the check, so that every solve here is also a test of tables against streams.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from helpers_sites import PRICES, enumerated_optimum, enumerated_with_connections, stream_tables
from hypothesis import assume, given, settings

from milpcore import Measure, SiteEconomics, Streams
from milpcore.site.greenfield import greenfield, greenfield_study
from milpcore.site.inputs import prepare
from milpcore.site.results import SiteResult

SAME = 1e-6
economics = st.sampled_from(list(PRICES.values()))
n_levels = st.integers(2, 5)
measures = st.sampled_from(list(Measure))
exactly = partial(greenfield, mip_rel_gap=0.0)
a_few = settings(max_examples=20)
very_few = settings(max_examples=10)


def value(result: SiteResult) -> float:
    return float(result.summary["objective_value"].iloc[0])


def cost(result: SiteResult, measure: Measure) -> float:
    column = {"co2": "co2_t_per_a"}.get(measure.value, f"{measure.value}_EUR_per_a")
    return float(result.summary[column].iloc[0])


def least_change(streams: Streams, prices: SiteEconomics) -> float:
    """Cost that does not matter beside that of heating the whole site externally, EUR/a."""
    return 1e-9 * prices.external_heat_price(Measure.TAC) * float(streams.duty_kW.sum())


def same(streams: Streams, prices: SiteEconomics, expected: float) -> object:
    return pytest.approx(expected, rel=SAME, abs=least_change(streams, prices))


@a_few
@given(stream_tables(), economics, n_levels, measures, st.booleans())
def test_energy_is_conserved(
    streams: Streams, prices: SiteEconomics, n: int, objective: Measure, cascade: bool
) -> None:
    result = exactly(streams, n_levels=n, economics=prices, objective=objective, cascade=cascade)
    levels, pumps = result.levels, result.heat_pumps
    total_kW = streams.duty_kW.sum()
    near = partial(pytest.approx, rel=1e-9, abs=1e-9 * total_kW)
    supply_kW = levels[
        ["hot_streams_kW", "external_heat_kW", "heat_pump_sink_kW", "cascade_in_kW"]
    ].sum(axis=1)
    demand_kW = levels[
        ["cold_streams_kW", "cooling_kW", "heat_pump_source_kW", "cascade_out_kW"]
    ].sum(axis=1)
    assert supply_kW.to_numpy() == near(demand_kW.to_numpy())
    assert levels["cascade_in_kW"].sum() == near(levels["cascade_out_kW"].sum())
    hot_kW = streams.duty_kW[streams.is_hot].sum()
    bought_kW = levels["external_heat_kW"].sum() + pumps["power_kW"].sum()
    assert hot_kW + bought_kW == near(total_kW - hot_kW + levels["cooling_kW"].sum())
    pumped_kW = pumps["source_heat_kW"] + pumps["power_kW"]
    assert pumped_kW.to_numpy() == near(pumps["heat_kW"].to_numpy())
    assert result.connections["duty_kW"].sum() == near(total_kW)
    assert len(levels) <= n


@a_few
@given(stream_tables(), economics, n_levels, measures, st.randoms(use_true_random=False))
def test_stream_order_is_irrelevant(
    streams: Streams, prices: SiteEconomics, n: int, objective: Measure, random: object
) -> None:
    order = list(range(len(streams)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first, second = (
        exactly(one, n_levels=n, economics=prices, objective=objective)
        for one in (streams, streams.select(order))
    )
    assert value(second) == same(streams, prices, value(first))
    assert second.connections["name"].tolist() == first.connections["name"].iloc[order].tolist()


@a_few
@given(stream_tables(), economics, n_levels, st.floats(0.01, 0.99), st.booleans())
def test_splitting_a_stream_changes_no_cost(
    streams: Streams, prices: SiteEconomics, n: int, share: float, cascade: bool
) -> None:
    split = pd.concat([streams.table, streams.table.iloc[[0]].assign(name="part")])
    split = split.reset_index(drop=True)
    split.loc[0, "heat_flow"] *= share
    split.loc[len(split) - 1, "heat_flow"] *= 1.0 - share
    whole, parts = (
        exactly(one, n_levels=n, economics=prices, cascade=cascade)
        for one in (streams, Streams(split))
    )
    if cascade:
        assert value(parts) == same(streams, prices, value(whole))
    else:  # parts may use different levels
        assert value(parts) <= value(whole) * (1.0 + SAME) + least_change(streams, prices)


@a_few
@given(stream_tables(), economics, n_levels, measures, st.sampled_from([0.01, 0.3, 40.0, 1e4]))
def test_cost_scales_with_heat(
    streams: Streams, prices: SiteEconomics, n: int, objective: Measure, factor: float
) -> None:
    scaled = Streams(streams.table.assign(heat_flow=streams.table["heat_flow"] * factor))
    first, second = (
        exactly(one, n_levels=n, economics=prices, objective=objective) for one in (streams, scaled)
    )
    assert value(second) == same(scaled, prices, factor * value(first))


@very_few
@given(stream_tables(), economics, measures)
def test_more_levels_never_cost_more(
    streams: Streams, prices: SiteEconomics, objective: Measure
) -> None:
    study = greenfield_study(
        streams, levels=[2, 3, 4, 6], economics=prices, objective=objective, mip_rel_gap=0.0
    )
    values = study.summary["objective_value"].to_numpy()
    slack = SAME * values[0] + least_change(streams, prices)
    assert (np.diff(values) <= slack).all()
    alone = exactly(streams, n_levels=6, economics=prices, objective=objective)
    assert value(alone) == same(streams, prices, float(values[-1]))


@very_few
@given(stream_tables(), economics, n_levels, measures)
def test_heat_pumps_and_cascade_never_raise_cost(
    streams: Streams, prices: SiteEconomics, n: int, objective: Measure
) -> None:
    solve = partial(exactly, streams, n_levels=n, objective=objective)
    everything = value(solve(economics=prices))
    slack = SAME * everything + least_change(streams, prices)
    assert everything <= value(solve(economics=prices, cascade=False)) + slack
    for limit in ({"max_sink_C": 60.0}, {"max_lift_K": 15.0}):
        assert everything <= value(solve(economics=prices.replace(**limit))) + slack


@very_few
@given(stream_tables(), economics, n_levels)
def test_each_objective_is_least_where_it_is_minimised(
    streams: Streams, prices: SiteEconomics, n: int
) -> None:
    by_objective = {
        measure: exactly(streams, n_levels=n, economics=prices, objective=measure)
        for measure in Measure
    }
    for measure, best in by_objective.items():
        all_external = prices.external_heat_price(measure) * float(streams.duty_kW.sum())
        for other in by_objective.values():
            assert cost(best, measure) <= cost(other, measure) + SAME * all_external
    assert cost(by_objective[Measure.CAPEX], Measure.CAPEX) == 0.0


@a_few
@given(stream_tables(max_streams=5), economics, st.integers(1, 3), measures)
def test_tiny_sites_match_the_enumeration_of_level_sets(
    streams: Streams, prices: SiteEconomics, n: int, objective: Measure
) -> None:
    inputs = prepare(streams, economics=prices, objective=objective)
    expected = enumerated_optimum(inputs, n)
    result = exactly(streams, n_levels=n, economics=prices, objective=objective)
    assert result.has_design == np.isfinite(expected)
    if result.has_design:
        row = result.summary.iloc[0]
        measure = Measure.TAC if objective is Measure.CAPEX else objective
        assert cost(result, measure) == same(streams, prices, expected)
        assert row["status"] == "optimal"
        margin = 1e-7 * float(row["objective_value"]) + least_change(streams, prices)
        assert row["objective_value"] - margin <= row["bound"] <= row["objective_value"]


@settings(max_examples=12)
@given(stream_tables(max_streams=4), economics, st.integers(1, 3))
def test_tiny_sites_without_cascade_match_the_enumeration_of_connections(
    streams: Streams, prices: SiteEconomics, n: int
) -> None:
    inputs = prepare(streams, economics=prices, cascade=False)
    expected = enumerated_with_connections(inputs, n)
    result = exactly(streams, n_levels=n, economics=prices, cascade=False)
    assert result.has_design == np.isfinite(expected)
    if result.has_design:
        assert value(result) == same(streams, prices, expected)


@very_few
@given(stream_tables(), n_levels)
def test_dearer_heat_and_power_never_lower_cost(streams: Streams, n: int) -> None:
    base = SiteEconomics()
    cheap = exactly(streams, n_levels=n, economics=base)
    slack = SAME * value(cheap) + least_change(streams, base)
    for key in ("gas_price_EUR_per_MWh", "electricity_price_EUR_per_MWh", "co2_price_EUR_per_t"):
        dear = exactly(
            streams, n_levels=n, economics=replace(base, **{key: 1.5 * getattr(base, key)})
        )
        assert value(cheap) <= value(dear) + slack


@a_few
@given(stream_tables())
def test_enough_levels_without_heat_pumps_reach_the_pinch_targets(streams: Streams) -> None:
    """With a level at every kink, external heat is that of the heat cascade over the levels."""
    prices = SiteEconomics(max_lift_K=1e-3)
    inputs = prepare(streams, economics=prices)
    assume(inputs.n_pairs == 0)
    result = exactly(streams, n_levels=inputs.n_candidates, economics=prices)
    deficit_kW = np.cumsum((inputs.cold_kink_kW - inputs.hot_kink_kW)[::-1])
    expected_kW = max(0.0, float(deficit_kW.max()))
    found_kW = float(result.summary["external_heat_kW"].iloc[0])
    assert found_kW == pytest.approx(expected_kW, rel=1e-9, abs=1e-9 * streams.duty_kW.sum())
