"""Options of sites with periods: both solvers against enumeration, and against a single period."""

from __future__ import annotations

import numpy as np
import pytest
from helpers_period_options import enumerated_period_options, least_of_set, sites_with_options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_site_options import level_options, prices, pump_options

import milpcore
from milpcore import site
from milpcore.core import Status
from milpcore.site.model import KW_PER_MW
from milpcore.site.periods import (
    ExtensivePath,
    PeriodInputs,
    PeriodResult,
    Periods,
    PeriodSearch,
    greenfield_periods,
    prepare_periods,
)
from milpcore.site.periods.network import period_network
from milpcore.site.periods.node import label_node, root_node
from milpcore.site.periods.operate import best_operation, separate_costs
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site_options import (
    CopPoint,
    ExternalHeatOptions,
    HeatPumpOptions,
    HeatSource,
    SiteOptions,
)

GENERAL = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def network_options(draw: st.DrawFn) -> SiteOptions:
    """Draw options that the network can state: levels, prices, sources, COP, forbidden pumps."""
    points = ((0.0, 20.0), (0.0, 200.0), (150.0, 20.0), (150.0, 200.0))
    values = draw(st.sampled_from([(), (3.0, 2.0, 6.0, 4.0), (2.0, 5.0, 3.0, 0.5)]))
    table = [
        CopPoint(source_C=i, sink_C=j, cop=cop)
        for (i, j), cop in zip(points, values, strict=bool(values))
    ]
    waste = HeatSource(name="waste", price_EUR_per_MWh=3.0, max_level_C=85.0)
    boiler = HeatSource(
        name="boiler", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2, efficiency=0.9
    )
    steps = draw(prices())
    external = ExternalHeatOptions(prices=steps.prices)
    return SiteOptions(
        heat_pumps=HeatPumpOptions(
            cop_table=tuple(table), forbidden=draw(pump_options()).forbidden
        ),
        levels=draw(level_options()),
        external_heat=draw(
            st.sampled_from([external, ExternalHeatOptions(sources=(waste, boiler))])
        ),
        cooling=draw(prices()),
    )


def agrees(outcome: PeriodOutcome, expected: float) -> None:
    if np.isinf(expected):
        assert outcome.status is Status.INFEASIBLE
        assert outcome.design is None
        return
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(expected, rel=2e-7, abs=1e-2)
    assert outcome.bound <= outcome.objective
    assert outcome.bound == pytest.approx(expected, rel=2e-6, abs=1e-1)


@GENERAL
@given(sites_with_options(network_options()), st.integers(1, 4))
def test_both_solvers_find_the_enumerated_optimum(inputs: PeriodInputs, n_levels: int) -> None:
    expected = enumerated_period_options(inputs, n_levels)
    agrees(PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0), expected)
    agrees(ExtensivePath(n_levels).solve(inputs, mip_rel_gap=0.0), expected)


@GENERAL
@given(sites_with_options(network_options()), st.integers(0, 2**32 - 1))
def test_no_bound_exceeds_the_cost_of_a_set(inputs: PeriodInputs, seed: int) -> None:
    bounds_hold(inputs, seed)


def bounds_hold(inputs: PeriodInputs, seed: int) -> None:
    """Compare bounds at random prices, and exact costs, with those of every set."""
    network, unit = period_network(inputs), KW_PER_MW * inputs.site.cost_scale
    random = np.random.default_rng(seed)
    n, highest = network.n_levels, network.costs.external_heat
    wanted = np.sort(random.uniform(-0.5, 1.5, (network.n_periods, n)) * highest, axis=1)
    node = root_node(network, wanted)
    labels = label_node(network, node, n)
    for number in range(1, 2**n):
        levels = [level for level in range(n) if number >> level & 1]
        exact = least_of_set(inputs, levels)
        operated = best_operation(network, np.array(levels))[0] * unit
        assert operated == pytest.approx(exact, rel=1e-7, abs=1e-3)
        if np.isfinite(exact):
            separate = separate_costs(network, np.array([levels]), node.price.pump_cost)[0] * unit
            assert separate <= exact + 1e-7 * (1.0 + exact)
            assert labels.bound * unit <= exact + 1e-7 * (1.0 + exact)


@GENERAL
@given(sites_with_options(network_options(), max_periods=3), st.integers(1, 4))
def test_every_result_passes_its_check(inputs: PeriodInputs, n_levels: int) -> None:
    found = result_of(inputs, n_levels)
    assert found.has_design is (found.status is Status.OPTIMAL)


def result_of(inputs: PeriodInputs, n_levels: int) -> PeriodResult:
    return greenfield_periods(
        inputs.site.streams,
        inputs.periods,
        n_levels=n_levels,
        economics=inputs.site.economics,
        objective=inputs.site.objective,
        options=inputs.site.options,
        mip_rel_gap=0.0,
    )


@GENERAL
@given(sites_with_options(network_options(), max_periods=1), st.integers(1, 4))
def test_one_period_is_the_site_itself(inputs: PeriodInputs, n_levels: int) -> None:
    one, single = both_ways(inputs, n_levels)
    assert one == pytest.approx(single, rel=1e-6, abs=1e-2, nan_ok=True)


def both_ways(inputs: PeriodInputs, n_levels: int) -> tuple[float, float]:
    """Objective of a site with one period, and of the same site without periods."""
    duty_kW, hours = inputs.periods.duty_kW[0], float(inputs.periods.hours_h_per_a[0])
    table = inputs.site.streams.table.assign(heat_flow=duty_kW)
    runs = duty_kW > 0.0
    single = site.greenfield(
        milpcore.Streams(table[runs].reset_index(drop=True)),
        n_levels=n_levels,
        economics=inputs.site.economics.replace(operating_hours_h_per_a=hours),
        candidates_C=inputs.site.level_C.tolist(),
        objective=inputs.site.objective,
        options=inputs.site.options,
        mip_rel_gap=0.0,
    )
    return objective_of(result_of(inputs, n_levels)), objective_of(single)


def objective_of(result: PeriodResult | site.SiteResult) -> float:
    return float(result.summary["objective_value"].iloc[0])


@GENERAL
@given(sites_with_options(network_options()), st.floats(0.1, 0.9))
def test_a_period_in_two_parts_is_one_period(inputs: PeriodInputs, share: float) -> None:
    whole, parted = in_two_parts(inputs, share)
    agrees(parted, whole.objective if whole.design is not None else np.inf)


def in_two_parts(inputs: PeriodInputs, share: float) -> tuple[PeriodOutcome, PeriodOutcome]:
    """Solve a site, and the same with its first period in two parts."""
    periods = inputs.periods
    hours, first = periods.hours_h_per_a, periods.hours_h_per_a[0]
    parted = Periods(
        ("a part", *periods.names),
        np.concatenate([[share * first, (1.0 - share) * first], hours[1:]]),
        np.concatenate([periods.duty_kW[:1], periods.duty_kW]),
    )
    twice = prepare_periods(
        inputs.site.streams,
        parted,
        economics=inputs.site.economics,
        objective=inputs.site.objective,
        options=inputs.site.options,
    )
    first_outcome, second = (PeriodSearch(3).solve(one, mip_rel_gap=0.0) for one in (inputs, twice))
    return first_outcome, second
