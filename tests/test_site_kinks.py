"""When kinks are enough: the theorems on tiny sites, and where each of their conditions fails."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from helpers_sites import (
    PRICES,
    cost_of_levels,
    level_sets,
    site_at_levels,
    stream_tables,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import milpcore
from milpcore import SiteEconomics, site
from milpcore.faults import InputError
from milpcore.site.any_temperature import any_temperature_bound, cells
from milpcore.site.inputs import SiteInputs, without_heat_pumps
from milpcore.site.kink_theorem import kink_faults
from milpcore.streams import Streams

CHEAP_ELECTRICITY = PRICES["cheap electricity"]
HEAT_IS_CHEAPER = ["base", "cooling has a price", "poor pumps"]
"""Prices with (B) of `milpcore.site.kink_theorem`."""
LONG_LIFT = SiteEconomics(max_lift_K=250.0, max_sink_C=250.0, heat_pump_investment_EUR_per_kW=5e3)
TEMPERATURES = st.lists(
    st.integers(80, 950).map(lambda value: value / 4.0), min_size=1, max_size=6, unique=True
)


def _objective(
    streams: Streams,
    economics: SiteEconomics,
    n_levels: int,
    extra_C: list[float],
    objective: str = "tac",
) -> float:
    """Optimum with the kinks and some other candidates."""
    kinks_C = site.prepare(streams, economics=economics).level_C
    result = site.greenfield(
        streams,
        n_levels=n_levels,
        economics=economics,
        objective=objective,
        candidates_C=[*kinks_C.tolist(), *extra_C],
        mip_rel_gap=0.0,
    )
    return float(result.summary["objective_value"].iloc[0])


def _enumerated(inputs: SiteInputs, n_levels: int, allowed: np.ndarray) -> float:
    """Least objective of all sets of the candidates allowed."""
    return min(
        (
            cost_of_levels(inputs, levels)
            for levels in level_sets(inputs, n_levels)
            if allowed[list(levels)].all()
        ),
        default=np.inf,
    )


@settings(max_examples=20)
@given(stream_tables(max_streams=3), TEMPERATURES, st.booleans(), st.data())
def test_without_pumps_kinks_are_enough_at_monotone_prices(
    streams: Streams, extra_C: list[float], rising: bool, data: st.DataObject
) -> None:
    kinks_C = site.prepare(streams).level_C
    inputs = without_heat_pumps(site.prepare(streams, candidates_C=[*kinks_C, *extra_C[:3]]))
    n = inputs.n_candidates
    factors = [
        np.sort(data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))) / 4.0
        for _ in range(2)
    ]
    inputs = replace(
        inputs,
        external_heat_factor=factors[0] if rising else np.ones(n),
        cooling_factor=factors[1][::-1].copy(),
        economics=PRICES["cooling has a price"],
    )
    assert kink_faults(inputs, 3, heat_pumps=False) == []
    everywhere = _enumerated(inputs, 3, np.ones(n, dtype=bool))
    at_kinks = _enumerated(inputs, 3, np.isin(inputs.level_C, kinks_C))
    assert at_kinks == pytest.approx(everywhere, rel=1e-7, abs=1e-3)


def test_without_pumps_kinks_lose_where_heat_is_cheaper_above() -> None:
    inputs = without_heat_pumps(
        site_at_levels({30.0: 10.0}, {60.0: 100.0}, candidates_C=[30, 60, 90])
    )
    inputs = replace(inputs, external_heat_factor=np.array([1.0, 1.0, 0.5]))
    assert kink_faults(inputs, 3, heat_pumps=False) == [
        "external heat is cheaper at a higher level"
    ]
    everywhere = _enumerated(inputs, 2, np.ones(3, dtype=bool))
    assert everywhere < 0.6 * _enumerated(inputs, 2, np.array([True, True, False]))


def test_without_pumps_kinks_lose_where_cooling_is_dearer_above() -> None:
    economics = SiteEconomics(cooling_price_EUR_per_MWh=10.0)
    inputs = without_heat_pumps(
        site_at_levels({50.0: 100.0}, {}, candidates_C=[20, 50], economics=economics)
    )
    inputs = replace(inputs, cooling_factor=np.array([0.5, 1.0]))
    assert kink_faults(inputs, 1, heat_pumps=False) == ["cooling is dearer at a higher level"]
    assert cost_of_levels(inputs, [0]) == pytest.approx(0.5 * cost_of_levels(inputs, [1]))


@settings(max_examples=15)
@given(stream_tables(max_streams=4), TEMPERATURES, st.sampled_from(HEAT_IS_CHEAPER))
def test_two_levels_need_no_other_temperature(
    streams: Streams, extra_C: list[float], prices: str
) -> None:
    economics = PRICES[prices]
    assert kink_faults(site.prepare(streams, economics=economics), 2) == []
    at_kinks = _objective(streams, economics, 2, [])
    assert at_kinks == pytest.approx(_objective(streams, economics, 2, extra_C), rel=1e-9, abs=1e-6)


@settings(max_examples=12)
@given(stream_tables(max_streams=4), TEMPERATURES, st.sampled_from(HEAT_IS_CHEAPER))
def test_levels_beyond_the_outermost_kinks_are_of_no_use(
    streams: Streams, extra_C: list[float], prices: str
) -> None:
    economics = PRICES[prices]
    kinks_C = site.prepare(streams).level_C
    outside_C = [
        value
        for value in extra_C
        if value < kinks_C[0] or value > min(kinks_C[-1], economics.max_sink_C)
    ]
    assume(outside_C)
    at_kinks = _objective(streams, economics, 4, [])
    assert at_kinks == pytest.approx(
        _objective(streams, economics, 4, outside_C), rel=1e-9, abs=1e-6
    )


@settings(max_examples=15)
@given(stream_tables(max_streams=5), TEMPERATURES)
def test_chains_that_do_not_pay_need_no_other_temperature(
    streams: Streams, extra_C: list[float]
) -> None:
    inputs = site.prepare(streams, economics=LONG_LIFT)
    assume(not kink_faults(inputs, 4))
    at_kinks = _objective(streams, LONG_LIFT, 4, [])
    assert at_kinks == pytest.approx(_objective(streams, LONG_LIFT, 4, extra_C), rel=1e-9, abs=1e-6)


@pytest.mark.compiled
def test_the_condition_of_chains_holds_somewhere_with_pumps_in_use() -> None:
    economics = SiteEconomics(max_lift_K=90.0)
    inputs = site_at_levels(
        {60.0: 900.0, 75.0: 300.0}, {95.0: 500.0, 110.0: 800.0}, economics=economics
    )
    assert kink_faults(inputs, 5) == []
    result = site.greenfield(inputs.streams, n_levels=4, economics=economics, mip_rel_gap=0.0)
    assert len(result.heat_pumps) >= 2
    fine = _objective(inputs.streams, economics, 4, np.arange(60.0, 110.0, 0.5).tolist())
    assert fine == pytest.approx(float(result.summary["objective_value"].iloc[0]), rel=1e-9)


def test_kinks_lose_where_no_single_pump_reaches() -> None:
    """Heat at 40 °C, demand at 130 °C, lifts up to 60 K: the relay between is no kink."""
    streams = site_at_levels({40.0: 2000.0}, {130.0: 1500.0}).streams
    economics = SiteEconomics(
        electricity_price_EUR_per_MWh=60.0, heat_pump_investment_EUR_per_kW=200.0
    )
    inputs = site.prepare(streams, economics=economics)
    assert kink_faults(inputs, 3) == ["a chain of heat pumps may reach 90 K, one alone 60 K"]
    assert _objective(streams, economics, 3, [85.0]) < 0.75 * _objective(streams, economics, 3, [])


def test_kinks_lose_where_electricity_is_cheaper_than_heat() -> None:
    """A longer lift turns more electricity into heat; +100 kW at 60 °C, -1000 kW at 80 °C."""
    inputs = site_at_levels({60.0: 100.0}, {80.0: 1000.0}, economics=CHEAP_ELECTRICITY)
    (fault,) = kink_faults(inputs, 2)
    assert fault.startswith("a kW of heat pump electricity with its investment costs 258.075 a")
    kinks = _objective(inputs.streams, CHEAP_ELECTRICITY, 3, [])
    assert _objective(inputs.streams, CHEAP_ELECTRICITY, 3, [110.0]) < 0.995 * kinks


def test_kinks_lose_where_two_pumps_in_a_chain_save_electricity() -> None:
    economics = SiteEconomics(
        carnot_efficiency=0.4, heat_pump_dt_source_K=1.0, heat_pump_dt_sink_K=1.0
    )
    inputs = site_at_levels({60.0: 1000.0}, {110.0: 800.0}, economics=economics, objective="opex")
    (fault,) = kink_faults(inputs, 3)
    assert re.match(r"two heat pumps in a chain may use 0\.0\d+ kW less electricity", fault)
    streams = inputs.streams
    kinks = _objective(streams, economics, 3, [], "opex")
    assert _objective(streams, economics, 3, [85.0], "opex") < 0.985 * kinks


def test_no_pump_is_possible_so_kinks_are_enough() -> None:
    streams = milpcore.load_case("dairy_8")
    low = SiteEconomics(max_sink_C=15.0)
    assert kink_faults(site.prepare(streams, economics=low), 9) == []
    assert kink_faults(site.prepare(streams, objective="capex"), 9) == []
    assert kink_faults(site.prepare(streams), 9, heat_pumps=False) == []
    assert len(kink_faults(site.prepare(streams), 9)) == 1


@given(
    st.floats(-20.0, 200.0),
    st.floats(1.0, 60.0),
    st.floats(1.0, 60.0),
    st.floats(0.3, 1.0),
    st.floats(0.0, 15.0),
    st.floats(0.0, 15.0),
)
def test_equation_1(
    low_C: float, first_K: float, second_K: float, eta: float, source_K: float, sink_K: float
) -> None:
    low = low_C + 273.15
    middle, high, d_K = low + first_K, low + first_K + second_K, source_K + sink_K

    def share(i: float, j: float) -> float:
        return 1.0 - (j + sink_K - i + source_K) / (eta * (j + sink_K))

    u = 1.0 - share(low, middle)
    a_j, a_m = high + sink_K, middle + sink_K
    expected = (1.0 - eta) / eta * u * (a_j - a_m) / a_j - d_K / (eta * a_j) * (1.0 - u)
    found = share(low, middle) * share(middle, high) - share(low, high)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(max_examples=15)
@given(
    stream_tables(max_streams=4),
    TEMPERATURES,
    st.sampled_from(HEAT_IS_CHEAPER),
    st.sampled_from([20.0, 5.0]),
)
def test_the_bound_holds_at_any_temperatures(
    streams: Streams, extra_C: list[float], prices: str, step_K: float
) -> None:
    economics = PRICES[prices]
    found = any_temperature_bound(
        streams, n_levels=3, step_K=step_K, economics=economics, mip_rel_gap=0.0
    )
    cost = _objective(streams, economics, 3, extra_C)
    assert found.bound <= cost * (1.0 + 1e-9) + 1e-6
    assert found.bound <= found.relaxed <= _objective(streams, economics, 3, []) * (1.0 + 1e-9)


@pytest.mark.compiled
def test_finer_cells_bound_closer() -> None:
    streams = site_at_levels({40.0: 2000.0}, {130.0: 1500.0}).streams
    best = _objective(streams, SiteEconomics(), 3, np.arange(40.0, 130.0, 0.5).tolist())
    bounds = [
        any_temperature_bound(streams, n_levels=3, step_K=step_K, mip_rel_gap=0.0).bound
        for step_K in (8.0, 2.0, 0.5)
    ]
    assert bounds == sorted(bounds)
    assert 0.995 * best < bounds[-1] <= best


def test_a_cell_has_the_pumps_of_its_best_place() -> None:
    streams = site_at_levels({40.0: 100.0}, {70.0: 100.0}).streams
    inputs = cells(streams, step_K=10.0)
    assert inputs.level_C.tolist() == [40.0, 45.0, 55.0, 65.0, 70.0]
    pairs = list(zip(inputs.pump_source.tolist(), inputs.pump_sink.tolist(), strict=True))
    cop = dict(zip(pairs, inputs.pump_cop.tolist(), strict=True))
    eta, kelvin = 0.65, 273.15
    assert cop[0, 2] == pytest.approx(eta * (60.0 + kelvin) / (60.0 - 30.0))
    assert cop[1, 2] == pytest.approx(eta * (60.0 + kelvin) / (60.0 - 40.0))
    assert cop[1, 4] == pytest.approx(eta * (80.0 + kelvin) / (80.0 - 40.0))
    assert pairs == sorted(pairs)


@pytest.mark.parametrize(
    ("economics", "message"),
    [
        (CHEAP_ELECTRICITY, "economics = Theorem 2: does not hold: a kW of heat pump electricity"),
        (
            SiteEconomics(heat_pump_dt_source_K=0.0, heat_pump_dt_sink_K=0.0),
            "heat_pump_dt_source_K + heat_pump_dt_sink_K = 0.0: must be positive",
        ),
    ],
)
def test_sites_without_a_bound_are_refused(economics: SiteEconomics, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        any_temperature_bound(milpcore.load_case("dairy_8"), n_levels=3, economics=economics)
