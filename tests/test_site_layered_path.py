"""Path formulations with layers and arc-wise cascade, and their cuts: the swap contract.

Small sites are solved at gap 0 and agree with full enumeration to 1e-7, for prices on both sides of
every condition; where a condition fails, the tight limit forced on is shown to be wrong.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from helpers_sites import (
    PRICES,
    cost_of_levels,
    enumerated_optimum,
    level_sets,
    mask_of,
    site_at_levels,
    small_sites,
    stream_tables,
    streams_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.core import Problem, Status, solve, solve_lp
from milpcore.economics import SiteEconomics
from milpcore.faults import InputError
from milpcore.site.cascade_limits import Cascade, best_cascade, loose_limits, tight_limits
from milpcore.site.conditions import local_exchange_faults
from milpcore.site.coverage_intervals import coverage_intervals
from milpcore.site.coverage_rows import CoverageRows, external_heat_range_MW
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.layered_path import ArcPath, CutFamily, LayeredPath
from milpcore.site.level_path import IntegerColumns, LevelPath
from milpcore.site.model import KW_PER_MW, MilpFormulation
from milpcore.site.pairing_cuts import PairingCuts, violated_cuts
from milpcore.site.path_search import PathSearch
from milpcore.site.state_network import state_network
from milpcore.site.state_path import PathOptions, build_path
from milpcore.site.survivors import good_design, survivors
from milpcore.streams import Streams

PATHS = (ArcPath, LayeredPath)
OPTIONS = tuple(product(PATHS, (Cascade.CHAIN, Cascade.LOOSE, None)))
small_counts = st.integers(1, 4)
proportional = small_sites(objectives=("tac", "tac", "capex"))


def unit(inputs: SiteInputs) -> float:
    """Objective of one unit in a problem, EUR/a or t/a."""
    return KW_PER_MW * inputs.cost_scale


def tolerance(inputs: SiteInputs, value: float) -> float:
    """Difference allowed at a value: relative, and the solver's own where costs are nearly nil."""
    largest = max(costs.max(initial=0.0) for costs in inputs.objective_costs[:3])
    relative = 1e-7
    return relative * value + 1e-8 * float(largest) * float(inputs.stream_duty_kW.sum())


def lp_bound(inputs: SiteInputs, formulation: MilpFormulation) -> float:
    relaxed = solve_lp(formulation.build(inputs).relaxed())
    assert relaxed.status is Status.OPTIMAL
    return relaxed.objective * unit(inputs)


def optimum(inputs: SiteInputs, problem: Problem) -> float:
    """Least objective of a problem at gap 0, inf if infeasible."""
    solution = solve(problem, mip_rel_gap=0.0)
    if solution.status is Status.INFEASIBLE:
        return np.inf
    assert solution.status is Status.OPTIMAL, solution.message
    return solution.objective * unit(inputs)


def check_optimum(inputs: SiteInputs, formulation: MilpFormulation, best: float) -> None:
    """The formulation's optimum is the enumerated one, and its relaxation is below it."""
    found = optimum(inputs, formulation.build(inputs))
    assert (found == best) or abs(found - best) <= tolerance(inputs, best), formulation
    if best < np.inf:
        assert lp_bound(inputs, formulation) <= best + tolerance(inputs, best), formulation


@settings(max_examples=15)
@given(proportional, small_counts, st.sampled_from(IntegerColumns))
def test_paths_have_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int, integer: IntegerColumns
) -> None:
    best = enumerated_optimum(inputs, n_levels)
    for make, cascade in OPTIONS:
        check_optimum(inputs, make(n_levels, cascade=cascade, integer=integer), best)


@settings(max_examples=15)
@given(small_sites(), small_counts, st.sampled_from([1.0, 1.3]))
def test_reduced_paths_with_cuts_have_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int, worse: float
) -> None:
    best = enumerated_optimum(inputs, n_levels)
    if best == np.inf:
        return
    assert good_design(inputs, n_levels) >= best - tolerance(inputs, best)
    known = worse * best
    families: tuple[tuple[CutFamily, ...], ...] = (
        (),
        (PairingCuts(),),
        (CoverageRows(known),),
        (CoverageRows(known), PairingCuts()),
    )
    for (make, cascade), cuts in product(((ArcPath, Cascade.CHAIN), *OPTIONS[2::3]), families):
        formulation = make(n_levels, cascade=cascade, upper_bound=known, cuts=cuts)
        check_optimum(inputs, formulation, best)


@settings(max_examples=15)
@given(small_sites(max_streams=8), st.data())
def test_with_the_open_levels_fixed_every_path_costs_the_same(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    sets = [levels for levels in level_sets(inputs, 5) if len(levels) >= 3] or [(0,)]
    levels = data.draw(st.sampled_from(sets))
    best = cost_of_levels(inputs, levels)
    is_open = mask_of(inputs, levels).astype(float)
    for make, cascade in OPTIONS:
        problem = make(5, cascade=cascade).build(inputs)
        found = optimum(inputs, problem.fixed("is_open", is_open))
        assert (found == best) or abs(found - best) <= tolerance(inputs, best), (make, cascade)


@settings(max_examples=8)
@given(stream_tables(max_streams=9), st.sampled_from(["base", "cooling has a price"]), st.data())
def test_the_tight_limit_costs_nothing_for_any_levels_where_it_is_valid(
    streams: Streams, prices: str, data: st.DataObject
) -> None:
    inputs = prepare(streams, economics=PRICES[prices])
    assert best_cascade(inputs) is Cascade.TIGHT
    n_levels = data.draw(st.integers(2, 5))
    problems = [make(n_levels).build(inputs) for make in PATHS]
    costs = {levels: cost_of_levels(inputs, levels) for levels in level_sets(inputs, n_levels)}
    served = [levels for levels, cost in costs.items() if len(levels) > 1 and cost < np.inf]
    for levels in data.draw(st.permutations(served))[:12]:
        is_open = mask_of(inputs, levels).astype(float)
        for problem in problems:
            found = optimum(inputs, problem.fixed("is_open", is_open))
            assert abs(found - costs[levels]) <= tolerance(inputs, found), levels


def test_a_cascade_at_its_tight_limit() -> None:
    hot_kW, cold_kW = {180.0: 100.0, 120.0: 50.0}, {100.0: 60.0, 60.0: 300.0}
    inputs = site_at_levels(hot_kW, cold_kW)
    for make in PATHS:
        options = PathOptions(4, make.layered, Cascade.TIGHT, IntegerColumns.LEVELS)
        path = build_path(inputs, options)
        problem = path.problem.fixed("is_open", np.ones(4))
        solution = solve(problem, mip_rel_gap=0.0)
        assert solution.values["cascade"] == pytest.approx([0.0, 0.09, 0.15, 0.1, 0.0])
        limits = tight_limits(inputs, path.network)
        used = solution.values["arc"] > 0.5
        assert limits[used] == pytest.approx([0.0, 0.09, 0.15, 0.1, 0.0])
        assert solution.objective * unit(inputs) == pytest.approx(
            cost_of_levels(inputs, range(4)), rel=1e-9
        )


@settings(max_examples=10)
@given(small_sites(objectives=("tac", "tac", "capex", "co2")), st.integers(1, 3))
def test_solve_reports_an_outcome_like_any_formulation(inputs: SiteInputs, n_levels: int) -> None:
    reference = LevelPath(n_levels).solve(inputs, mip_rel_gap=0.0)
    for make in PATHS:
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        assert outcome.status is reference.status
        if outcome.design is not None:
            slack = tolerance(inputs, reference.objective)
            assert abs(outcome.objective - reference.objective) <= slack
            assert outcome.bound <= outcome.objective


@settings(max_examples=12)
@given(small_sites(max_streams=8, objectives=("tac", "capex")), st.integers(2, 4))
def test_declared_dominance_of_the_relaxations_holds(inputs: SiteInputs, n_levels: int) -> None:
    if enumerated_optimum(inputs, n_levels) == np.inf:
        return
    bound = {
        (make, cascade): lp_bound(inputs, make(n_levels, cascade=cascade))
        for make, cascade in OPTIONS
    }
    for integer in IntegerColumns:
        other = lp_bound(inputs, LayeredPath(n_levels, integer=integer))
        assert abs(other - bound[LayeredPath, None]) <= tolerance(inputs, other)
    slack = tolerance(inputs, max(bound.values()))
    path = lp_bound(inputs, LevelPath(n_levels))
    plain = lp_bound(inputs, LevelPath(n_levels, dominance_rows=False))
    assert abs(bound[ArcPath, Cascade.CHAIN] - path) <= slack
    assert bound[LayeredPath, Cascade.CHAIN] >= path - slack
    assert bound[ArcPath, Cascade.LOOSE] >= plain - slack
    for make in PATHS:
        assert bound[make, None] >= bound[make, Cascade.LOOSE] - slack
    for cascade in (Cascade.LOOSE, None):
        assert bound[LayeredPath, cascade] >= bound[ArcPath, cascade] - slack


@settings(max_examples=15)
@given(small_sites(max_streams=8), st.integers(1, 4), st.booleans())
def test_the_tight_limit_is_at_most_the_loose_one_where_it_is_valid(
    inputs: SiteInputs, n_levels: int, layered: bool
) -> None:
    network = state_network(inputs, survivors(inputs, n_levels), layered=layered)
    loose, tight = loose_limits(inputs, network, n_levels), tight_limits(inputs, network)
    outer = network.from_source | network.to_sink
    assert not loose[outer].any()
    assert not tight[outer].any()
    assert tight.min(initial=0.0) >= 0.0
    assert np.all(tight <= loose + 1e-9)
    plain = state_network(inputs, survivors(inputs, n_levels), layered=False)
    by_arc = dict(
        zip(
            zip(plain.tail_level, plain.head_level, strict=True),
            tight_limits(inputs, plain),
            strict=True,
        )
    )
    for number, arc in enumerate(zip(network.tail_level, network.head_level, strict=True)):
        assert tight[number] <= by_arc[arc] + 1e-9


ELECTRIC = SiteEconomics(
    electricity_price_EUR_per_MWh=29.0,
    electricity_emission_t_per_MWh=0.01,
    heat_pump_investment_EUR_per_kW=1566.0,
    carnot_efficiency=0.9,
    heat_pump_dt_source_K=2.0,
    heat_pump_dt_sink_K=3.0,
)


def cheap_electricity() -> tuple[SiteInputs, tuple[int, ...]]:
    """A kW of pump electricity costs less than a kW of external heat."""
    streams = streams_of(
        (60.0, 90.0, 2401.0, 5.0),
        (100.0, 130.0, 1183.0, 2.0),
        (190.0, 180.0, 2779.0, 5.0),
        (100.0, 70.0, 1113.0, 5.0),
        (90.0, 100.0, 1918.0, 2.0),
        (60.0, 130.0, 287.0, 5.0),
    )
    return prepare(streams, economics=ELECTRIC), (0, 1, 2, 4)


def cheap_heat_above() -> tuple[SiteInputs, tuple[int, ...]]:
    """External heat is cheaper at a higher level."""
    streams = streams_of(
        (160.0, 230.0, 1351.0, 2.0),
        (170.0, 200.0, 280.0, 2.0),
        (100.0, 90.0, 2156.0, 5.0),
        (190.0, 180.0, 1435.0, 5.0),
    )
    factor = np.array([1.3, 1.0, 0.77, 0.46])
    return replace(prepare(streams), external_heat_factor=factor), (0, 2, 3)


def cheap_cooling_below() -> tuple[SiteInputs, tuple[int, ...]]:
    """Cooling is dearer at a higher level."""
    streams = streams_of(
        (190.0, 120.0, 854.0, 2.0),
        (50.0, -20.0, 1799.0, 2.0),
        (70.0, 40.0, 1946.0, 2.0),
        (40.0, 70.0, 959.0, 2.0),
    )
    economics = SiteEconomics(cooling_price_EUR_per_MWh=7.0)
    factor = np.array([1.23, 1.3, 1.77, 0.69])
    inputs = prepare(streams, economics=economics, objective="opex")
    return replace(inputs, cooling_factor=factor), (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("site", "fault"),
    [
        (cheap_electricity, "heat pump electricity"),
        (cheap_heat_above, "external heat is cheaper at a higher level"),
        (cheap_cooling_below, "cooling is dearer at a higher level"),
    ],
)
@pytest.mark.parametrize("make", PATHS)
def test_the_tight_limit_is_wrong_where_a_condition_fails(
    site: object, fault: str, make: type[ArcPath] | type[LayeredPath]
) -> None:
    inputs, levels = site()  # type: ignore[operator]
    (found,) = local_exchange_faults(inputs)
    assert fault in found
    best = cost_of_levels(inputs, levels)
    is_open = mask_of(inputs, levels).astype(float)

    def cost(cascade: Cascade) -> float:
        options = PathOptions(4, make.layered, cascade, IntegerColumns.LEVELS)
        problem = build_path(inputs, options).problem
        return optimum(inputs, problem.fixed("is_open", is_open))

    assert cost(Cascade.TIGHT) > best * 1.001
    assert cost(Cascade.LOOSE) == pytest.approx(best, rel=1e-7)
    assert best_cascade(inputs) is Cascade.LOOSE
    with pytest.raises(InputError) as caught:
        make(4, cascade=Cascade.TIGHT).build(inputs)
    assert f"would be wrong with the tight limit of the cascade, because {found}" in str(
        caught.value
    )
    assert "leave cascade to be decided by the input" in str(caught.value)


@settings(max_examples=12)
@given(small_sites(max_streams=8), st.integers(2, 4), st.sampled_from((*OPTIONS,)))
def test_pairing_cuts_hold_at_every_design_and_cut_off_the_relaxation(
    inputs: SiteInputs, n_levels: int, option: tuple[type[ArcPath], Cascade | None]
) -> None:
    make, cascade = option
    if enumerated_optimum(inputs, n_levels) == np.inf:
        return
    path = make(n_levels, cascade=cascade).path(inputs)
    relaxed = solve_lp(path.problem.relaxed())
    assert relaxed.x is not None
    solution = solve(path.problem, mip_rel_gap=0.0)
    assert solution.x is not None
    for cut in violated_cuts(path, relaxed.x):
        assert cut.value @ relaxed.x[cut.column] == pytest.approx(-cut.violation_MW, abs=1e-7)
        assert cut.value @ solution.x[cut.column] >= -1e-6
    assert violated_cuts(path, solution.x) == []
    tightened = PairingCuts().add(inputs, path).problem
    again = solve_lp(tightened.relaxed())
    assert again.objective >= relaxed.objective - 1e-9
    if "pairing_cut" in tightened.row_blocks:
        assert tightened.n_rows > path.problem.n_rows


def mid_size_site(seed: int) -> SiteInputs:
    """Fourteen streams on a 10 K grid, at base prices."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(14):
        supply_C = 10.0 * random.integers(3, 20)
        change_K = 10.0 * random.integers(1, 9) * random.choice([-1.0, 1.0])
        rows.append((supply_C, supply_C + change_K, float(random.integers(50, 5000)), 5.0))
    return prepare(streams_of(*rows))


@pytest.mark.parametrize("seed", [3, 8, 13])
def test_cuts_and_intervals_where_relaxations_are_weak(seed: int) -> None:
    inputs = mid_size_site(seed)
    best = PathSearch(4).solve(inputs, mip_rel_gap=0.0).objective
    slack = tolerance(inputs, best)
    for make, cascade in ((ArcPath, Cascade.CHAIN), (ArcPath, None), (LayeredPath, None)):
        path = make(4, cascade=cascade).path(inputs)
        relaxed = solve_lp(path.problem.relaxed())
        assert relaxed.x is not None
        for family in (PairingCuts(), CoverageRows(1.05 * best)):
            problem = family.add(inputs, path).problem
            assert problem.n_rows > path.problem.n_rows or make is LayeredPath
            bound = solve_lp(problem.relaxed()).objective
            assert bound >= relaxed.objective - 1e-9
            assert optimum(inputs, problem) == pytest.approx(best, abs=slack)
        for cut in violated_cuts(path, relaxed.x):
            assert cut.value @ relaxed.x[cut.column] == pytest.approx(-cut.violation_MW, abs=1e-7)
        for n_intervals in (2, 8):
            found = coverage_intervals(inputs, path, 1.05 * best, n_intervals=n_intervals)
            assert relaxed.objective * unit(inputs) - slack <= found.bound <= best + 1e-6 * best
    cut_off = PairingCuts().add(inputs, ArcPath(4).path(inputs)).problem
    assert "pairing_cut" in cut_off.row_blocks
    exact = coverage_intervals(inputs, ArcPath(4).path(inputs), best, n_intervals=8)
    assert exact.bound == pytest.approx(best, rel=1e-4)


duties = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), min_size=1, max_size=4)


@given(duties, duties)
def test_separation_finds_the_largest_violation_of_all_unions_of_intervals(
    into: list[tuple[int, int]], out: list[tuple[int, int]]
) -> None:
    from milpcore.site.pairing_cuts import _Arcs, _cut

    def arcs(entries: list[tuple[int, int]], first: int) -> _Arcs:
        duty, flow = (np.array(part, dtype=np.float64) for part in zip(*entries, strict=True))
        return _Arcs(np.arange(first, first + duty.size), duty, flow / 4.0)

    cold, hot = arcs(into, 0), arcs(out, len(into))
    x = np.concatenate([cold.flow, hot.flow])
    best = 0.0
    for chosen in product((0.0, 1.0), repeat=9):
        below = np.concatenate([[0.0], np.cumsum(chosen)])
        value = below[cold.duty_MW.astype(int)] @ cold.flow
        best = max(best, value - below[hot.duty_MW.astype(int)] @ hot.flow)
    cut = _cut(cold, hot, np.empty(0, dtype=np.int64), x)
    assert (0.0 if cut is None else cut.violation_MW) == pytest.approx(best, abs=1e-9)


@settings(max_examples=15)
@given(
    small_sites(max_streams=8),
    st.integers(1, 4),
    st.sampled_from(OPTIONS),
    st.sampled_from([1.0, 1.1, 1.5]),
)
def test_interval_bounds_lie_between_relaxation_and_optimum(
    inputs: SiteInputs,
    n_levels: int,
    option: tuple[type[ArcPath], Cascade | None],
    worse: float,
) -> None:
    make, cascade = option
    best = enumerated_optimum(inputs, n_levels)
    if best == np.inf:
        return
    known = worse * best
    path = make(n_levels, cascade=cascade).path(inputs)
    relaxed = solve_lp(path.problem.relaxed()).objective * unit(inputs)
    slack = tolerance(inputs, best) + 1e-6 * best
    last = relaxed
    for n_intervals in (1, 2, 6):
        found = coverage_intervals(inputs, path, known, n_intervals=n_intervals)
        assert found.bound <= best + slack
        assert found.bound >= min(last, known) - slack
        assert found.n_programs <= 2 * n_intervals + 1
        last = found.bound


@settings(max_examples=15)
@given(small_sites(max_streams=8), st.integers(1, 4))
def test_the_range_of_external_heat_holds_the_best_design(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = LevelPath(n_levels).solve(inputs, mip_rel_gap=0.0)
    if best.design is None:
        return
    problem = LevelPath(n_levels).build(inputs)
    found = external_heat_range_MW(inputs, problem, best.objective)
    assert found is not None
    heat_MW = best.design.external_heat_kW.sum() / KW_PER_MW
    assert found[0] <= heat_MW + 1e-9
    assert found[1] >= heat_MW - 1e-9


@settings(max_examples=15)
@given(small_sites(max_streams=8), st.integers(1, 4))
def test_the_best_levels_survive(inputs: SiteInputs, n_levels: int) -> None:
    costs = {levels: cost_of_levels(inputs, levels) for levels in level_sets(inputs, n_levels)}
    best, least = min(costs.items(), key=lambda item: item[1])
    if least == np.inf:
        assert good_design(inputs, n_levels) == np.inf
        return
    for known in (None, least):
        left = survivors(inputs, n_levels, known)
        arcs = list(zip(left.tail.tolist(), left.head.tolist(), strict=True))
        for layer, arc in enumerate(pairwise(best)):
            assert left.in_layer[layer, arcs.index(arc)]
        assert left.can_start[best[0]]
        assert left.can_end[len(best) - 1, best[-1]]


def test_an_upper_bound_below_every_design_is_refused() -> None:
    inputs, _ = cheap_heat_above()
    with pytest.raises(
        InputError, match="upper_bound: is below the cost of every design"
    ) as caught:
        ArcPath(3, upper_bound=1.0).build(inputs)
    assert "give the objective of a design, or none" in str(caught.value)


@pytest.mark.parametrize("make", PATHS)
def test_a_number_of_levels_is_checked(make: type[ArcPath]) -> None:
    with pytest.raises(InputError, match="must be a whole number from 1"):
        make(0)
    streams = streams_of((50.0, 90.0, 100.0, 5.0), (150.0, 90.0, 100.0, 5.0))
    with pytest.raises(InputError, match="connects streams to the nearest level"):
        make(2).build(prepare(streams, cascade=False))


def test_states_have_layers() -> None:
    streams = streams_of(
        (50.0, 90.0, 100.0, 5.0), (150.0, 60.0, 100.0, 5.0), (30.0, 120.0, 9.0, 5.0)
    )
    inputs = prepare(streams)
    network = state_network(inputs, survivors(inputs, 3), layered=True)
    inner = ~(network.from_source | network.to_sink)
    assert np.all(network.layer[network.head[inner]] == network.layer[network.tail[inner]] + 1)
    assert np.all(network.level >= network.layer)
    assert np.all(network.layer[network.sink] > network.layer[network.source])
    steps = network.layer[network.sink] - network.layer[network.source]
    assert np.all(steps <= network.level[network.sink] - network.level[network.source])
    assert np.all(network.layer[network.head[network.from_source]] == 0)
