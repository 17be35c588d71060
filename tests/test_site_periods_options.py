"""Options of sites with periods: both solvers against enumeration, and against a single period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_period_options import enumerated_period_options, least_of_set, sites_with_options
from helpers_sites import level_sets, stream_tables
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_site_options import SITE, level_options, prices, pump_options

import milpcore
from milpcore import site
from milpcore.core import Status
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_table import OPTIONS
from milpcore.site.periods import (
    ExtensivePath,
    PeriodInputs,
    PeriodResult,
    Periods,
    PeriodSearch,
    greenfield_periods,
    prepare_periods,
)
from milpcore.site.periods import search as search_module
from milpcore.site.periods.network import period_network
from milpcore.site.periods.node import label_node, root_node
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site.periods.pricing import separate_costs, set_cost
from milpcore.site_options import (
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    HeatSource,
    InvestmentPoint,
    LimitOptions,
    PriceOptions,
    PriceStep,
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


@st.composite
def size_options(draw: st.DrawFn) -> SiteOptions:
    """Draw options of heat pumps and of the whole site, each often absent."""
    levels, points = draw(level_options()), draw(st.sampled_from(sorted(CURVES)))
    pumps = draw(pump_options())
    if draw(st.booleans()):
        forced = ForcedPump(
            source_C=35.0, sink_C=70.0, heat_kW=draw(st.sampled_from([50.0, 500.0]))
        )
        pumps = replace(pumps, forced=(forced,))
    if CURVES[points]:
        curve = [InvestmentPoint(heat_kW=one, investment_EUR=two) for one, two in CURVES[points]]
        pumps = replace(pumps, fixed_investment_EUR=0.0, investment_points=tuple(curve))
    elif draw(st.sampled_from([False, False, True])):
        pumps = HeatPumpOptions(
            max_number=pumps.max_number,
            forbidden=pumps.forbidden,
            forced=pumps.forced,
            existing=tuple(replace(one, type="good") for one in pumps.existing),
            types=(
                HeatPumpType(name="cheap", carnot_efficiency=0.4, investment_EUR_per_kW=300.0),
                HeatPumpType(
                    name="good",
                    carnot_efficiency=0.7,
                    investment_EUR_per_kW=500.0,
                    fixed_investment_EUR=pumps.fixed_investment_EUR,
                    min_size_kW=pumps.min_size_kW,
                    max_size_kW=pumps.max_size_kW,
                ),
            ),
        )
    return SiteOptions(
        heat_pumps=pumps,
        levels=levels,
        external_heat=draw(st.sampled_from(EXTERNAL)),
        cooling=draw(prices()),
        limits=LimitOptions(
            external_heat_kW=draw(st.sampled_from([np.inf, np.inf, 2000.0, 500.0])),
            emission_t_per_a=draw(st.sampled_from([np.inf, np.inf, 2000.0, 300.0])),
        ),
    )


CURVES = {
    "none": (),
    "nothing": (),
    "concave": ((0.0, 5e4), (500.0, 3e5), (1e5, 4e7)),
    "concave from a least size": ((100.0, 9e4), (500.0, 2e5), (2000.0, 5e5)),
    "convex": ((0.0, 0.0), (300.0, 1e5), (1e5, 7e7)),
    "convex with a start": ((0.0, 1e5), (300.0, 2e5), (3000.0, 2e6)),
    "flat": ((50.0, 1e5), (400.0, 1e5), (4000.0, 2e6)),
}
"""Investment by size."""
_WASTE = HeatSource(name="waste", price_EUR_per_MWh=3.0, max_level_C=85.0, capacity_kW=300.0)
_BOILER = HeatSource(name="boiler", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2, efficiency=0.9)
_CLEAN = HeatSource(name="clean", price_EUR_per_MWh=90.0, capacity_kW=1000.0)
EXTERNAL = (
    ExternalHeatOptions(),
    ExternalHeatOptions(),
    ExternalHeatOptions(prices=(PriceStep(from_C=90.0, price_EUR_per_MWh=80.0),)),
    ExternalHeatOptions(sources=(_WASTE, _BOILER)),
    ExternalHeatOptions(sources=(replace(_WASTE, capacity_kW=np.inf), _BOILER)),
    ExternalHeatOptions(sources=(_WASTE, _CLEAN, _BOILER)),
    ExternalHeatOptions(sources=(_WASTE, _CLEAN)),
    ExternalHeatOptions(sources=(replace(_WASTE, capacity_kW=np.inf),)),
)
"""Prices and sources of external heat, with capacities and levels that none reaches."""


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
    bounds_hold(inputs, seed, most=7)


def bounds_hold(inputs: PeriodInputs, seed: int, *, most: int) -> None:
    """Compare bounds at random prices, and exact costs, with those of every set up to a size."""
    network, unit = period_network(inputs), KW_PER_MW * inputs.site.cost_scale
    random = np.random.default_rng(seed)
    n, highest = network.n_levels, network.costs.external_heat
    wanted = np.sort(random.uniform(-0.5, 1.5, (network.n_periods, n)) * highest, axis=1)
    node = root_node(network, wanted)
    labels = label_node(network, node, n)
    for levels in level_sets(inputs.site, most):
        exact = least_of_set(inputs, levels)
        operated = set_cost(network, np.array(levels)) * unit
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


def sites_with_sizes(most_periods: int = 2) -> st.SearchStrategy[PeriodInputs]:
    """Draw random streams, or some between which heat pumps pay."""
    tables = st.one_of(stream_tables(max_streams=4), st.just(SITE))
    return sites_with_options(size_options(), tables=tables, max_periods=most_periods)


@settings(GENERAL, max_examples=40)
@given(sites_with_sizes(), st.integers(1, 3))
def test_options_of_sizes_are_exact(inputs: PeriodInputs, n_levels: int) -> None:
    expected = enumerated_period_options(inputs, n_levels)
    agrees(ExtensivePath(n_levels).solve(inputs, mip_rel_gap=0.0), expected)
    if PeriodSearch(n_levels).refusal(inputs) is None:
        agrees(PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0), expected)


@GENERAL
@given(sites_with_sizes())
def test_the_search_branches_to_the_enumerated_optimum(inputs: PeriodInputs) -> None:
    assume(PeriodSearch(3).refusal(inputs) is None)
    expected = enumerated_period_options(inputs, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "MAX_PATHS", 1)
        patch.setattr(search_module, "MAX_PROGRAMS", 1)
        outcome = PeriodSearch(3).solve(inputs, mip_rel_gap=0.0)
    agrees(outcome, expected)


@settings(GENERAL, max_examples=20)
@given(sites_with_sizes(3), st.integers(4, 5))
def test_search_and_extensive_program_agree(inputs: PeriodInputs, n_levels: int) -> None:
    assume(PeriodSearch(n_levels).refusal(inputs) is None)
    outcome = PeriodSearch(n_levels).solve(inputs, mip_rel_gap=0.0)
    extensive = ExtensivePath(n_levels).solve(inputs, mip_rel_gap=0.0)
    agrees(outcome, extensive.objective if extensive.design is not None else np.inf)


@settings(GENERAL, max_examples=40)
@given(sites_with_sizes(), st.integers(0, 2**32 - 1))
def test_no_bound_exceeds_the_cost_of_a_set_with_sizes(inputs: PeriodInputs, seed: int) -> None:
    assume(PeriodSearch(4).refusal(inputs) is None)
    bounds_hold(inputs, seed, most=3)


@st.composite
def typed_options(draw: st.DrawFn) -> SiteOptions:
    """Draw two types of heat pumps, either of which may be the better or the dearer one."""
    cooling = PriceStep(price_EUR_per_MWh=draw(st.sampled_from([0.0, 10.0, 25.0])))
    price, fixed = st.sampled_from([100.0, 500.0, 900.0]), st.sampled_from([0.0, 5e4])
    types = [
        HeatPumpType(
            name=name,
            carnot_efficiency=draw(st.sampled_from([0.4, 0.55, 0.7])),
            investment_EUR_per_kW=draw(price),
            fixed_investment_EUR=draw(fixed),
        )
        for name in ("first", "second")
    ]
    there = ExistingPump(source_C=35.0, sink_C=70.0, size_kW=200.0, type="first")
    return SiteOptions(
        heat_pumps=HeatPumpOptions(
            types=tuple(types), existing=(there,) if draw(st.booleans()) else ()
        ),
        cooling=PriceOptions(prices=(cooling,)),
    )


@settings(GENERAL, max_examples=40)
@given(
    sites_with_options(typed_options(), tables=st.just(SITE), max_periods=1),
    st.integers(0, 2**32 - 1),
)
def test_types_are_bounded_by_one_that_is_as_good_as_any(inputs: PeriodInputs, seed: int) -> None:
    assume(PeriodSearch(3).refusal(inputs) is None)
    bounds_hold(inputs, seed, most=3)


@settings(GENERAL, max_examples=60)
@given(sites_with_sizes(3), st.integers(1, 4))
def test_every_result_with_sizes_passes_its_check(inputs: PeriodInputs, n_levels: int) -> None:
    found = result_of(inputs, n_levels)
    assert found.has_design is (found.status is Status.OPTIMAL)


@settings(GENERAL, max_examples=40)
@given(sites_with_sizes(1), st.integers(1, 4))
def test_one_period_with_sizes_is_the_site_itself(inputs: PeriodInputs, n_levels: int) -> None:
    """A least size and a forced pump need not deliver it here: such a site costs no more."""
    one, single = both_ways(inputs, n_levels)
    pumps = inputs.site.options.heat_pumps
    points = [one.heat_kW for one in pumps.investment_points[:1]]
    types = [one.min_size_kW for one in pumps.types]
    if pumps.forced or any([pumps.min_size_kW, *points, *types]):
        assert np.isnan(single) or one <= single * (1.0 + 1e-6) + 1e-2
    else:
        assert one == pytest.approx(single, rel=1e-6, abs=1e-2, nan_ok=True)


@GENERAL
@given(sites_with_sizes(), st.floats(0.1, 0.9))
def test_a_period_in_two_parts_is_one_period_with_sizes(inputs: PeriodInputs, share: float) -> None:
    assume(PeriodSearch(3).refusal(inputs) is None)
    whole, parted = in_two_parts(inputs, share)
    agrees(parted, whole.objective if whole.design is not None else np.inf)


@pytest.mark.parametrize("name", [name for name in OPTIONS if "connections" not in name])
@pytest.mark.parametrize("objective", ["tac", "co2"])
def test_a_dairy_in_one_period_is_the_dairy(name: str, objective: str) -> None:
    streams = milpcore.load_case("dairy_8")
    hours = np.array([milpcore.SiteEconomics().operating_hours_h_per_a])
    periods = Periods(("all",), hours, np.array([streams.duty_kW]))
    asked = {"n_levels": 4, "objective": objective, "options": OPTIONS[name], "mip_rel_gap": 0.0}
    one = objective_of(greenfield_periods(streams, periods, **asked))
    single = objective_of(site.greenfield(streams, **asked))
    assert one == pytest.approx(single, rel=1e-6)
