"""Alternatives of a site with options, against every level set and every choice of heat pumps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import test_site_option_investment as curves
import test_site_option_types as kinds
import test_site_retrofit_connected_options as connected_options
import test_site_retrofit_connections as connected
from helpers_option_alternatives import (
    CLEAR,
    Enumeration,
    InDoubtError,
    Levels,
    greenfield_sets,
    retrofit_sets,
)
from helpers_options import Pump
from helpers_sites import PRICES, all_connections, stream_tables
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_site_forced_pumps import forced
from test_site_options import (
    RESTRICTIONS,
    SITE,
    level_options,
    prices,
    pump_options,
    tolerance,
)
from test_site_retrofit_options import MOVED, plan_of, plans

from milpcore import site
from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import InputError
from milpcore.site.alternative_search import AlternativeSearch, Moves
from milpcore.site.alternatives import slot_sets
from milpcore.site.alternatives_options import AlternativeOptions
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.ranked_sets import SetPool
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site.set_costs import NetworkCosts, OptionCosts
from milpcore.site_options import (
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    HeatPumpOptions,
    HeatSource,
    LevelOptions,
    LimitOptions,
    SiteOptions,
)

COP_TABLE = tuple(
    CopPoint(source_C=i, sink_C=j, cop=330.0 / (90.0 + j - i))
    for i in (20.0, 110.0)
    for j in (40.0, 150.0)
)
EXAMPLES: dict[str, SiteOptions] = {
    **{name: one for name, one in RESTRICTIONS.items() if one.limits == LimitOptions()},
    "existing": SiteOptions(
        heat_pumps=HeatPumpOptions(
            existing=(ExistingPump(source_C=60.0, sink_C=105.0, size_kW=400.0),)
        )
    ),
    "forced": forced(700.0, fixed_investment_EUR=5e4),
    "concave": curves.of("concave from a least size"),
    "convex": curves.of("convex"),
    "types": kinds.of(kinds.CHEAP, kinds.GOOD),
    "types that count": kinds.of(kinds.GOOD, kinds.STEAM, max_number=1),
    "COP table": SiteOptions(heat_pumps=HeatPumpOptions(cop_table=COP_TABLE)),
    "sources": SiteOptions(
        external_heat=ExternalHeatOptions(
            sources=(
                HeatSource(name="waste", price_EUR_per_MWh=20.0, max_level_C=100.0),
                HeatSource(name="gas", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2),
            )
        )
    ),
    "levels and pumps": SiteOptions(
        heat_pumps=HeatPumpOptions(fixed_investment_EUR=4e4, min_size_kW=300.0),
        levels=LevelOptions(investment_EUR=3e4, forced_C=(70.0,)),
    ),
}
"""One example, or more, of every option that a greenfield is ranked with."""
LIMITED = {
    "limits": SiteOptions(limits=LimitOptions(external_heat_kW=1150.0, emission_t_per_a=3300.0)),
    "capacities": SiteOptions(
        external_heat=ExternalHeatOptions(
            sources=(
                HeatSource(name="waste", price_EUR_per_MWh=5.0, capacity_kW=400.0),
                HeatSource(name="gas", price_EUR_per_MWh=45.0, max_level_C=120.0),
            )
        )
    ),
}
"""Options that only a retrofit is ranked with."""


def asked(wanted: int, percent: float | None) -> AlternativeOptions:
    return AlternativeOptions(wanted, percent, None, None)


def ranked(
    inputs: SiteInputs, n_levels: int, wanted: int, percent: float | None = None
) -> Alternatives:
    search = AlternativeSearch(inputs, asked(wanted, percent), n_levels)
    return search.told(search.greenfield(min(n_levels, inputs.n_candidates)))


def moved(plan: RetrofitPlan, wanted: int, percent: float | None = None) -> Alternatives:
    moves = Moves(plan, slot_sets(plan))
    search = AlternativeSearch(plan.inputs, asked(wanted, percent), plan.n_slots, moves)
    return search.told(search.retrofit())


def check_ranks(found: Alternatives, every: Enumeration, wanted: int) -> dict[Levels, float]:
    """Compare ranks with all level sets that count; return these."""
    counting = every.counting()
    expected = list(counting.values())[:wanted]
    assert found.status is (Status.OPTIMAL if counting else Status.INFEASIBLE)
    sets = [
        tuple(np.searchsorted(every.inputs.level_C, np.array(one) - 1e-9).tolist())
        for one in found.sets_C
    ]
    assert len(sets) == len(set(sets)) == len(expected)
    for levels, design, cost in zip(sets, found.designs, expected, strict=True):
        value = float(design.summary["objective_value"].iloc[0])
        assert abs(value - cost) <= tolerance(every.inputs, cost)
        assert abs(value - counting[levels]) <= tolerance(every.inputs, cost)
    assert found.n_proven == len(sets)
    return counting


def check_sizes(
    found: Alternatives, every: Enumeration, counting: dict[Levels, float], percent: float
) -> None:
    """Compare ranges with the least and the most over all near-optimal sets and operations."""
    best = min(counting.values())
    limit = best * (1.0 + percent / 100.0)
    if best < 1.0 or any(abs(cost - limit) < CLEAR * limit for cost in counting.values()):
        raise InDoubtError
    near = [levels for levels, cost in counting.items() if cost < limit]
    n_best = len(found.sets_C[0])
    same = [levels for levels in near if len(levels) == n_best]
    assert (found.n_near, found.n_other) == (len(near), len(near) - len(same))
    level_C = every.inputs.level_C[np.array(same)]
    assert found.level_ranges["lowest_C"].tolist() == level_C.min(axis=0).tolist()
    assert found.level_ranges["highest_C"].tolist() == level_C.max(axis=0).tolist()
    types = [one.name for one in every.inputs.options.heat_pumps.types]
    duty_kW = float(every.inputs.stream_duty_kW.sum())
    for row in found.size_ranges.to_dict("records"):

        def amount(n: int, built: list[Pump], row: dict[str, object] = row) -> list[float]:
            if row["quantity"] == "external heat":
                sources = [1.0] * (n * len(every.inputs.options.external_heat.sources))
                return [*[1.0] * n, *[0.0] * (2 * n + len(built)), *sources]
            pumps = []
            for one in built:
                ends = one.source + 1, one.sink + 1
                is_own = ends == (row["from_level"], row["to_level"])
                is_own &= not types or types[one.kind] == row["type"]
                share = {"electricity": 1.0 / one.cop, "all heat pumps": 1.0}
                pumps.append(share.get(str(row["quantity"]), float(is_own)))
            return [*[0.0] * (3 * n), *pumps]

        for column, sign in (("least_kW", 1.0), ("most_kW", -1.0)):
            expected = every.extreme_kW(same, limit, sign, amount)
            if expected > 100.0 * duty_kW:  # free, or nearly
                assert row[column] > 90.0 * duty_kW
                continue
            assert row[column] == pytest.approx(expected, rel=1e-5, abs=1e-4 * duty_kW), row
        assert row["least_kW"] <= row["best_kW"] <= row["most_kW"]
        assert row["is_proven"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_option_is_ranked_as_by_full_enumeration(name: str) -> None:
    economics = SiteEconomics(electricity_price_EUR_per_MWh=60.0)
    more_C = [55.0, 66.0, 78.0, 96.0]
    kinks_C = prepare(SITE).level_C.tolist()
    inputs = prepare(
        SITE, options=EXAMPLES[name], economics=economics, candidates_C=[*kinks_C, *more_C]
    )
    pumps = inputs.options.heat_pumps
    n_levels = 3 if pumps.types or pumps.investment_points else 4  # else there is much to enumerate
    found = ranked(inputs, n_levels, 6, 8.0)
    every = greenfield_sets(inputs, n_levels)
    counting = check_ranks(found, every, 6)
    assert len(counting) >= 4 or "forced" in name
    check_sizes(found, every, counting, 8.0)
    assert found.designs[0].options == EXAMPLES[name]


@pytest.mark.parametrize("name", [*EXAMPLES, *LIMITED])
def test_every_option_of_a_retrofit_is_ranked_as_by_full_enumeration(name: str) -> None:
    options = (EXAMPLES | LIMITED)[name]
    forced_C = tuple({*options.levels.forced_C} & {70.0})
    pumps = replace(options.heat_pumps, existing=())
    if name not in ("level investment", "forbidden levels"):
        options = replace(options, levels=replace(MOVED, forced_C=forced_C), heat_pumps=pumps)
    plan = plan_of(options, move=2)
    found, every = moved(plan, 12, 3.0), retrofit_sets(plan)
    counting = check_ranks(found, every, 12)
    assert counting
    check_sizes(found, every, counting, 3.0)


@pytest.mark.parametrize(
    ("investment_EUR_per_kW", "cooling_EUR_per_MWh"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
)
def test_heat_pumps_that_run_for_next_to_nothing_have_the_range_of_the_budget(
    investment_EUR_per_kW: float, cooling_EUR_per_MWh: float
) -> None:
    economics = SiteEconomics(
        electricity_price_EUR_per_MWh=0.0,
        electricity_emission_t_per_MWh=0.0,
        heat_pump_investment_EUR_per_kW=investment_EUR_per_kW,
        cooling_price_EUR_per_MWh=cooling_EUR_per_MWh,
    )
    options = SiteOptions(heat_pumps=HeatPumpOptions(fixed_investment_EUR=5e4))
    inputs = prepare(SITE, options=options, economics=economics)
    found, every = ranked(inputs, 3, 2, 80.0), greenfield_sets(inputs, 3)
    check_sizes(found, every, check_ranks(found, every, 2), 80.0)
    most_kW = found.size_ranges["most_kW"].max()
    assert most_kW > 5.0 * inputs.stream_duty_kW.sum()
    assert np.isinf(most_kW) == (investment_EUR_per_kW == cooling_EUR_per_MWh)


@st.composite
def sites(draw: st.DrawFn) -> SiteInputs:
    """Draw a site with options, none of them a limit."""
    streams, levels = draw(stream_tables(max_streams=4)), draw(level_options())
    options = SiteOptions(
        heat_pumps=draw(pump_options()),
        levels=levels,
        external_heat=ExternalHeatOptions(prices=draw(prices()).prices),
        cooling=draw(prices()),
    )
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    objective = draw(st.sampled_from(["tac", "tac", "opex", "co2"]))
    try:
        return prepare(streams, economics=economics, objective=objective, options=options)
    except InputError:  # a forbidden level is the last that would serve a stream
        assume(False)
        raise


@settings(max_examples=40)
@given(sites(), st.integers(1, 3), st.sampled_from([1, 3, 10]), st.sampled_from([0.5, 5.0]))
def test_any_site_is_ranked_as_by_full_enumeration(
    inputs: SiteInputs, n_levels: int, wanted: int, percent: float
) -> None:
    every = greenfield_sets(inputs, n_levels)
    found = site.alternatives(
        inputs.streams,
        n_levels=n_levels,
        n_alternatives=wanted,
        within_percent=percent,
        economics=inputs.economics,
        objective=inputs.objective,
        options=inputs.options,
    )
    try:
        counting = check_ranks(found, every, wanted)
        if counting:
            check_sizes(found, every, counting, percent)
    except InDoubtError:
        assume(False)


@settings(max_examples=12)
@given(plans().filter(lambda plan: plan.add == plan.close == 0), st.sampled_from([2, 30]))
def test_any_retrofit_is_ranked_as_by_full_enumeration(plan: RetrofitPlan, wanted: int) -> None:
    every = retrofit_sets(plan)
    found = moved(plan, wanted, 2.0)
    try:
        counting = check_ranks(found, every, wanted)
        if counting:
            check_sizes(found, every, counting, 2.0)
    except InDoubtError:
        assume(False)


@settings(max_examples=10)
@given(connected.plans().filter(lambda plan: plan.add == 0), st.sampled_from([1, 2, 8]))
def test_a_retrofit_with_connections_is_ranked_as_by_full_enumeration(
    plan: RetrofitPlan, wanted: int
) -> None:
    every = connected_sets(plan)
    found = moved(plan, wanted, 0.5)
    try:
        check_sizes(found, every, check_ranks(found, every, wanted), 0.5)
    except InDoubtError:
        assume(False)


@pytest.mark.parametrize("objective", ["tac", "co2"])
@pytest.mark.parametrize("name", ["fixed investment", "number", "existing", "types", "emissions"])
def test_connections_and_other_options_are_ranked_together(name: str, objective: str) -> None:
    plan = connected_options.plan_of(
        connected_options.OPTIONS[name], objective, connected_options.AREA
    )
    every = connected_sets(plan)
    found = moved(plan, 4, 0.5)
    check_sizes(found, every, check_ranks(found, every, 4), 0.5)


def connected_sets(plan: RetrofitPlan) -> Enumeration:
    """All ways to move existing levels, with every way to connect the streams."""
    inputs = plan.inputs
    annuity = inputs.economics.annuity_per_a if inputs.objective is Measure.TAC else 0.0
    streams, candidates = range(inputs.n_streams), range(inputs.n_candidates)
    cost_EUR = np.array(
        [
            [
                connected.beyond_EUR(plan, one, level)
                if connected.serves(inputs, one, level)
                else np.inf
                for level in candidates
            ]
            for one in streams
        ]
    )

    def connections(levels: Levels) -> Iterator[tuple[list[int], float]]:
        for stream_level in all_connections(inputs, levels):
            own_EUR = cost_EUR[np.arange(inputs.n_streams), stream_level].sum()
            if np.isfinite(own_EUR):
                yield np.searchsorted(levels, stream_level).tolist(), float(annuity * own_EUR)

    return replace(retrofit_sets(plan), connections=connections)


@pytest.mark.parametrize("name", ["COP table", "forbidden pumps", "forbidden levels", "sources"])
def test_what_the_network_states_is_ranked_alike_with_options(name: str) -> None:
    inputs = prepare(SITE, options=EXAMPLES[name])
    search, other = (AlternativeSearch(inputs, asked(6, 5.0), 4) for _ in range(2))
    assert isinstance(search.costs, NetworkCosts)
    other.costs = OptionCosts(inputs, 4, other.pause)
    other.pool = SetPool(other.costs, 6, 0.05)
    found, same = (one.told(one.greenfield(4)) for one in (search, other))
    assert found.sets_C == same.sets_C
    assert found.n_near == same.n_near
    for column in ("least_kW", "most_kW"):
        assert found.size_ranges[column].to_numpy() == pytest.approx(
            same.size_ranges[column].to_numpy(), rel=1e-6, abs=1e-3
        )
