"""The exact search against full enumeration, and each of its bounds against exact costs."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from helpers_sites import (
    PRICES,
    cost_of_levels,
    enumerated_optimum,
    level_sets,
    price_factors,
    site_at_levels,
    small_sites,
)
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import milpcore
from milpcore import InputError, site
from milpcore.core import Status
from milpcore.economics import SiteEconomics
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.operate import operate_levels
from milpcore.site.path_search import bounding, search
from milpcore.site.path_search.bounding import raise_bound
from milpcore.site.path_search.branching import branch
from milpcore.site.path_search.incumbents import canonical, first_level_set, level_set_cost
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.node import (
    Node,
    feasible_prices,
    label_node,
    pumps_left,
    reduce_node,
    root_node,
)
from milpcore.site.path_search.prices import HeatPrices, without_charges
from milpcore.site.path_search.progress import Progress
from milpcore.site.path_search.pump_limits import limit_pumps
from milpcore.site.path_search.solvers import HighsSolver, ScipySolver
from milpcore.site.path_search.start import Start, better_start, first_guess

SITE_400_EUR_PER_A = {
    2: 215_183_197,
    3: 158_389_860,
    4: 150_190_963,
    5: 139_855_575,
    6: 135_934_380,
    7: 132_740_942,
    8: 132_025_304,
    9: 130_852_964,
    10: 129_716_105,
    11: 128_570_970,
    12: 128_150_934,
    13: 127_676_095,
    14: 127_341_630,
    15: 126_844_500,
}
"""Reference optima of the bundled site, each within 1e-4."""


@st.composite
def middle_sites(draw: st.DrawFn) -> SiteInputs:
    """Draw a site with up to 14 kinks, dense enough for the search to branch."""
    kinks = draw(st.lists(st.integers(2, 30), min_size=6, max_size=14, unique=True))
    hot, cold = {}, {}
    for kink in kinks:
        heat_kW = draw(st.integers(1, 60)) * 13.0
        if draw(st.booleans()):
            hot[kink * 7.0] = heat_kW
        else:
            cold[kink * 7.0] = heat_kW
    assume(hot and cold)
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    objective = draw(st.sampled_from(["tac", "opex", "co2"]))
    inputs = site_at_levels(hot, cold, economics=economics, objective=objective)
    if draw(st.booleans()):
        return inputs
    return replace(
        inputs,
        external_heat_factor=draw(price_factors(inputs.n_candidates)),
        cooling_factor=draw(price_factors(inputs.n_candidates)),
    )


def unit(inputs: SiteInputs) -> float:
    """EUR/a or t/a of one unit of the network."""
    return KW_PER_MW * inputs.cost_scale


def paths_of(network: LevelNetwork, n_levels: int) -> list[np.ndarray]:
    """All level sets of at most `n_levels` levels that serve every stream."""
    sets = (
        np.array(chosen)
        for count in range(1, n_levels + 1)
        for chosen in combinations(range(network.n_levels), count)
    )
    return [s for s in sets if network.can_start[s[0]] and network.can_end[s[-1]]]


def path_length(network: LevelNetwork, price: np.ndarray, levels: np.ndarray) -> float:
    """Bound of a level set at some heat prices, by the definition of the coverage."""
    cold, hot = network.cold_below_MW, network.hot_below_MW
    length = (cold[-1] - hot[-1]) * price[levels[0]]
    for i, j in pairwise(levels):
        lack = (cold[-1] - cold[i + 1]) - (hot[-1] - hot[j])
        length += lack * (price[j] - price[i])
    return float(length)


def n_paths(network: LevelNetwork, node: Node, n_levels: int) -> int:
    """Number of paths that a node still holds."""
    count = node.can_start.astype(np.int64)
    total = int(count @ node.can_end)
    for _ in range(n_levels - 1):
        following = np.zeros_like(count)
        np.add.at(following, network.arc_head[node.arcs], count[network.arc_tail[node.arcs]])
        count = following
        total += int(count @ node.can_end)
    return total


@given(inputs=small_sites(), n_levels=st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_a_level_set_costs_what_its_linear_program_says(inputs: SiteInputs, n_levels: int) -> None:
    network = level_network(inputs)
    for levels in list(level_sets(inputs, n_levels))[:25]:
        cost, _ = level_set_cost(network, np.array(levels))
        expected = cost_of_levels(inputs, levels)
        noise = 1e-8 * inputs.stream_duty_kW.sum() * inputs.cost_scale  # the LP solver's own
        assert cost * unit(inputs) == pytest.approx(expected, rel=1e-8, abs=noise)


@given(inputs=small_sites(), n_levels=st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_the_search_finds_the_enumerated_optimum(inputs: SiteInputs, n_levels: int) -> None:
    outcome = site.PathSearch(n_levels).solve(inputs, mip_rel_gap=0.0)
    expected = enumerated_optimum(inputs, n_levels)
    if math.isinf(expected):
        assert outcome.status is Status.INFEASIBLE
        assert outcome.design is None
        return
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(expected, rel=1e-7, abs=1e-6)
    assert outcome.bound == pytest.approx(expected, rel=1e-7, abs=1e-6)
    assert outcome.bound <= outcome.objective


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("solver", [HighsSolver, ScipySolver])
@given(inputs=middle_sites(), n_levels=st.integers(2, 5))
@settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_branching_alone_proves_the_optimum(
    monkeypatch: pytest.MonkeyPatch,
    solver: type,
    limited: bool,
    inputs: SiteInputs,
    n_levels: int,
) -> None:
    """Without enumeration (but of single paths) and with tiny LPs, so that all parts must work."""
    stuck_at = (1, 4) if limited else ()
    monkeypatch.setattr(Progress, "is_stuck", lambda _, n_nodes, _gap: n_nodes in stuck_at)
    monkeypatch.setattr(search, "MAX_PATHS", 1)
    monkeypatch.setattr(search, "SHAKES", 0)
    monkeypatch.setattr(bounding, "FIRST_ARCS", 12)
    monkeypatch.setattr(bounding, "FIRST_PUMPS", 3)
    network = level_network(inputs)
    outcome = site.PathSearch(n_levels, solver()).solve(inputs, mip_rel_gap=0.0)
    expected = min(
        (level_set_cost(network, levels)[0] for levels in paths_of(network, n_levels)),
        default=math.inf,
    )
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(expected * unit(inputs), rel=1e-7, abs=1e-6)
    assert outcome.bound == pytest.approx(expected * unit(inputs), rel=1e-7, abs=1e-6)


@given(inputs=middle_sites(), n_levels=st.integers(2, 4), gap=st.floats(0.02, 0.3))
@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_wide_gap_leaves_a_bound_below_the_optimum(
    monkeypatch: pytest.MonkeyPatch, inputs: SiteInputs, n_levels: int, gap: float
) -> None:
    """Limits of pumps hold below the cutoff only, and the best design may cost more than that."""
    monkeypatch.setattr(Progress, "is_stuck", lambda _, n_nodes, _gap: n_nodes == 1)
    monkeypatch.setattr(search, "MAX_PATHS", 1)
    monkeypatch.setattr(search, "SHAKES", 0)
    monkeypatch.setattr(search.Search, "_improve", search.Search._offer)
    network = level_network(inputs)
    outcome = site.PathSearch(n_levels).solve(inputs, mip_rel_gap=gap)
    best = min(level_set_cost(network, levels)[0] for levels in paths_of(network, n_levels))
    assert outcome.bound <= best * unit(inputs) * (1.0 + 1e-9) + 1e-6
    assert outcome.objective <= outcome.bound / (1.0 - gap) * (1.0 + 1e-9) + 1e-6


@given(inputs=middle_sites(), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_no_design_costs_less_than_its_path_at_feasible_prices(
    inputs: SiteInputs, seed: int
) -> None:
    network = level_network(inputs)
    random = np.random.default_rng(seed)
    node = root_node(network, network.lowest_price)
    wanted = np.sort(random.uniform(-0.2, 1.0, network.n_levels)) * network.external_heat_cost.max()
    price = feasible_prices(network, node, without_charges(wanted)).level
    assert np.all(np.diff(price) >= 0.0)
    assert np.all(price <= network.external_heat_cost)
    assert np.all(price >= -network.cooling_cost - 1e-12)
    rise = network.pump_cost + network.pump_share * price[network.pump_source]
    assert np.all(price[network.pump_sink] <= rise + 1e-12)
    paths = paths_of(network, 4)
    for place in random.choice(len(paths), min(60, len(paths)), replace=False):
        levels = paths[place]
        cost, _ = level_set_cost(network, levels)
        assert path_length(network, price, levels) <= cost + 1e-9 * max(1.0, cost)


@pytest.mark.compiled
@given(inputs=middle_sites(), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_no_design_within_the_limits_of_its_pumps_costs_less_than_its_path(
    inputs: SiteInputs, seed: int
) -> None:
    network = level_network(inputs)
    random = np.random.default_rng(seed)
    paths = paths_of(network, 4)
    sample = [paths[i] for i in random.choice(len(paths), min(40, len(paths)), replace=False)]
    heat = [pump_heat_MW(inputs, levels) for levels in sample]
    into, out = (np.max([one[side] for one in heat], axis=0) for side in (0, 1))
    network = replace(network, into_limit_MW=into, out_limit_MW=out)
    dearest = network.external_heat_cost.max()
    wanted = HeatPrices(*(random.uniform(0.0, 1.0, (3, network.n_levels)) * dearest))
    wanted.into[random.random(network.n_levels) < 0.5] = 0.0
    node = root_node(network, network.lowest_price)
    price = feasible_prices(network, node, wanted)
    source, sink = network.pump_source, network.pump_sink
    charges = price.into[sink] + network.pump_share * price.out[source]
    rise = network.pump_cost + network.pump_share * price.level[source] + charges
    assert np.all(price.level[sink] <= rise + 1e-12)
    for levels in sample:
        cost, _ = level_set_cost(network, levels)
        credit = float((into * price.into + out * price.out)[levels].sum())
        length = path_length(network, price.level, levels) - credit
        assert length <= cost + 1e-8 * max(1.0, cost, credit)


@given(inputs=middle_sites(), n_levels=st.integers(2, 4), above=st.floats(0.001, 0.5))
@settings(deadline=None, max_examples=25)
def test_no_design_below_the_cutoff_breaks_the_limits_of_its_pumps(
    inputs: SiteInputs, n_levels: int, above: float
) -> None:
    network = level_network(inputs)
    paths = paths_of(network, n_levels)
    costs = np.array([level_set_cost(network, levels)[0] for levels in paths])
    cutoff = float(costs.min()) * (1.0 + above) + 1e-6
    node = root_node(network, network.external_heat_cost)
    found = limit_pumps(
        network, ScipySolver(), node, n_levels=n_levels, cutoff=cutoff, pause=lambda: None
    )
    assert not network.has_pump_limits
    for place in np.flatnonzero(costs < cutoff):
        into, out = pump_heat_MW(inputs, paths[place])
        slack = 1e-6 * inputs.stream_duty_kW.sum() / KW_PER_MW
        assert np.all(into <= found.into_limit_MW + slack)
        assert np.all(out <= found.out_limit_MW + slack)


def pump_heat_MW(inputs: SiteInputs, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heat that pumps deliver to each level (L,) and draw from it in the best operation."""
    design = operate_levels(inputs, levels)
    assert design is not None
    heat_MW = design.pump_heat_kW / KW_PER_MW
    n = inputs.n_candidates
    drawn_MW = inputs.pump_source_share * heat_MW
    into = np.bincount(inputs.pump_sink, heat_MW, minlength=n)
    return into, np.bincount(inputs.pump_source, drawn_MW, minlength=n)


def test_limits_of_pumps_halve_the_gap_where_electricity_is_cheap() -> None:
    """A chain of pumps over closed levels is what the relaxation without limits lives on."""
    duty_kW = {at_C: 100.0 + at_C for at_C in np.arange(20.0, 180.0, 8.0)}
    hot = dict(list(duty_kW.items())[:9])
    cold = dict(list(duty_kW.items())[6:])
    economics = SiteEconomics(electricity_price_EUR_per_MWh=25.0, co2_price_EUR_per_t=20.0)
    network = level_network(site_at_levels(hot, cold, economics=economics))
    guess = first_guess(network, 4)
    best = site.PathSearch(4).solve(site_at_levels(hot, cold, economics=economics), mip_rel_gap=0.0)
    best_cost = best.objective / unit(site_at_levels(hot, cold, economics=economics))
    gaps = []
    for limited in (False, True):
        node = root_node(network, guess.price)
        if limited:
            labels = label_node(network, node, 4)
            options = {"n_levels": 4, "cutoff": best_cost * 1.001}
            raise_bound(network, ScipySolver(), node, labels, tolerance=1e-9, **options)
            network = limit_pumps(network, ScipySolver(), node, pause=lambda: None, **options)
        labels = label_node(network, node, 4)
        raise_bound(
            network, ScipySolver(), node, labels, n_levels=4, cutoff=math.inf, tolerance=1e-9
        )
        gaps.append(best_cost - node.bound)
    assert 0.0 <= gaps[1] < 0.5 * gaps[0]


def test_a_search_is_stuck_when_its_gap_stays_while_its_nodes_double() -> None:
    progress = Progress()
    assert not progress.is_stuck(49, 1.0)
    assert not progress.is_stuck(50, 1.0)
    assert not progress.is_stuck(99, 0.95)
    assert not progress.is_stuck(100, 0.85)
    assert progress.is_stuck(200, 0.80)
    assert not progress.is_stuck(399, 0.80)
    assert not progress.is_stuck(400, 0.80)
    assert progress.is_stuck(600, 0.79)


@given(
    inputs=small_sites(), n_levels=st.integers(2, 4), share=st.floats(0.0, 1.0), seed=st.integers(0)
)
@settings(deadline=None, max_examples=60)
def test_the_bound_of_dropped_pumps_is_that_of_the_cheapest_path_through_one(
    inputs: SiteInputs, n_levels: int, share: float, seed: int
) -> None:
    network = level_network(inputs)
    random = np.random.default_rng(seed)
    node = root_node(network, network.external_heat_cost * random.uniform(0.3, 1.0))
    labels = label_node(network, node, n_levels)
    lengths = [
        (set(levels.tolist()), path_length(network, node.price.level, levels))
        for levels in paths_of(network, n_levels)
    ]
    through = np.array(
        [
            min((length for path, length in lengths if {i, j} <= path), default=math.inf)
            for i, j in zip(network.pump_source.tolist(), network.pump_sink.tolist(), strict=True)
        ]
    )
    longest = max(length for _, length in lengths)
    cutoff = labels.bound + share * (longest - labels.bound)
    noise = 1e-9 * max(1.0, abs(longest))
    assume(not np.any(np.abs(through - cutoff) < noise))
    keep = np.ones(labels.tail.size, dtype=np.bool_)
    left, told = pumps_left(network, node.pumps, labels, keep, cutoff)
    assert left.tolist() == np.flatnonzero(through < cutoff).tolist()
    assert told == pytest.approx(through[through >= cutoff].min(initial=np.inf), abs=noise)


@pytest.mark.parametrize("limited", [False, True])
@given(inputs=middle_sites(), n_levels=st.integers(2, 4), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_nothing_below_the_cutoff_is_lost_by_reducing_or_branching(
    limited: bool, inputs: SiteInputs, n_levels: int, seed: int
) -> None:
    """Follow random children to a few levels of depth: the best design is in one of each two."""
    network = level_network(inputs)
    costs = [level_set_cost(network, levels)[0] for levels in paths_of(network, n_levels)]
    best = min(costs)
    cutoff = best * 1.3 + 1e-6
    random = np.random.default_rng(seed)
    prices = network.external_heat_cost * random.uniform(0.3, 1.0)
    nodes = [root_node(network, prices)]
    if limited:
        network = limit_pumps(
            network,
            ScipySolver(),
            nodes[0],
            n_levels=n_levels,
            cutoff=best * 1.01 + 1e-6,
            pause=lambda: None,
        )
    for _ in range(4):
        least = math.inf
        following = []
        for node in nodes:
            labels, dropped = reduce_node(network, node, n_levels, cutoff)
            assert dropped >= cutoff
            if labels is None:
                continue
            least = min(least, labels.bound)
            raised = raise_bound(
                network,
                ScipySolver(),
                node,
                labels,
                n_levels=n_levels,
                cutoff=math.inf,
                tolerance=1e-9,
            )
            least = min(least, raised.labels.bound)
            if raised.flow.any() and n_paths(network, node, n_levels) > 1:
                following += branch(network, node, raised.labels, raised.flow)
            else:
                following.append(node)
        assert least <= best + 1e-9 * max(1.0, best)
        nodes = following
    bounds = [label_node(network, node, n_levels).bound for node in nodes]
    assert min(bounds) <= best + 1e-9 * max(1.0, best)


def test_the_search_refuses_a_site_without_cascade() -> None:
    inputs = site.prepare(milpcore.load_case("two_streams"), cascade=False)
    with pytest.raises(InputError, match=r"heat may not cascade.*use assignment_strong"):
        site.PathSearch(3).solve(inputs)


@pytest.mark.compiled
def test_both_solvers_and_every_run_give_the_same() -> None:
    inputs = site.prepare(milpcore.load_case("site_400"))
    solvers = (HighsSolver(), HighsSolver(), ScipySolver())
    outcomes = [site.PathSearch(5, solver).solve(inputs) for solver in solvers]
    assert outcomes[0].objective == outcomes[1].objective
    assert outcomes[0].bound == outcomes[1].bound
    assert outcomes[2].objective == pytest.approx(outcomes[0].objective, rel=1e-9)
    assert np.array_equal(outcomes[0].design.is_open, outcomes[2].design.is_open)


@pytest.mark.compiled
def test_a_stopped_search_keeps_a_valid_bound_and_the_incumbent() -> None:
    inputs = site.prepare(milpcore.load_case("site_400"))
    seen = []

    def stop_at_once(progress: site.Progress) -> bool:
        seen.append(progress)
        return len(seen) == 3

    outcome = site.PathSearch(9).solve(inputs, observer=stop_at_once)
    assert len(seen) == 3
    assert outcome.status is Status.INTERRUPTED
    assert outcome.bound <= SITE_400_EUR_PER_A[9] <= outcome.objective + 1.0
    assert 0.0 < outcome.gap < 0.05


@pytest.mark.compiled
def test_a_time_limit_keeps_a_valid_bound_and_the_incumbent() -> None:
    inputs = site.prepare(milpcore.load_case("site_400"))
    outcome = site.PathSearch(9).solve(inputs, time_limit_s=1e-3)
    assert outcome.status is Status.TIME_LIMIT
    assert outcome.bound <= SITE_400_EUR_PER_A[9] <= outcome.objective + 1.0


def test_among_equal_costs_the_fewest_and_lowest_levels_win() -> None:
    inputs = site_at_levels({60.0: 100.0}, {90.0: 100.0}, candidates_C=[40, 60, 90, 120, 150])
    network = level_network(inputs)
    levels, _ = canonical(network, np.array([0, 1, 2, 3]), 1e-4)
    outcome = site.PathSearch(4).solve(inputs)
    assert outcome.design is not None
    assert levels.size == outcome.design.is_open.sum() == 2


@pytest.mark.compiled
def test_a_study_starts_each_configuration_from_the_one_before() -> None:
    inputs = site.prepare(milpcore.load_case("site_400"))
    study = site.PathSearch(2).solve_study(
        inputs, [2, 3, 4, 5], mip_rel_gap=1e-4, time_limit_s=None, observer=None
    )
    for n_levels, outcome in study:
        assert outcome.objective == pytest.approx(SITE_400_EUR_PER_A[n_levels], rel=1e-4)
        assert outcome.gap <= 1e-4


@pytest.mark.slow
def test_every_configuration_of_the_bundled_site_is_proven() -> None:
    study = site.greenfield_study(milpcore.load_case("site_400"))
    for result in study.results:
        row = result.summary.iloc[0]
        assert row["status"] == "optimal"
        assert row["gap"] <= 1e-4
        expected = SITE_400_EUR_PER_A[int(row["max_levels"])]
        assert row["tac_EUR_per_a"] == pytest.approx(expected, rel=1e-4)
        assert row["bound"] <= expected * (1.0 + 1e-4)


def test_the_better_of_two_starts_has_the_cheaper_levels_and_the_higher_bound() -> None:
    network = level_network(site.prepare(milpcore.load_case("site_400")))
    guess = first_guess(network, 6)
    dear = Start(first_level_set(network), guess.price)
    low = Start(guess.levels, network.lowest_price)
    for first, second in ((dear, low), (low, dear)):
        better = better_start(network, 6, first, second)
        assert better.levels.tolist() == guess.levels.tolist()
        assert better.price.tolist() == guess.price.tolist()


@pytest.mark.compiled
def test_many_levels_start_from_what_all_of_them_cost() -> None:
    network = level_network(site.prepare(milpcore.load_case("site_400")))
    everything = np.arange(network.n_levels)
    least, _ = level_set_cost(network, everything)
    cost, _ = level_set_cost(network, first_guess(network, network.n_levels).levels)
    assert cost == pytest.approx(least, rel=1e-9)
