"""Connections that cost something or are forbidden: enumeration, bounds, tables, faults."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from helpers_options import least_operation, pumps_between
from helpers_sites import PRICES, all_connections, level_sets, site_at_levels, stream_tables
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import milpcore
from milpcore import InputError, SiteEconomics, SiteOptions, site
from milpcore.core import Status
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.connection_search import ConnectionSearch
from milpcore.site.connection_search.level_bounds import envelopes, labels, path_costs
from milpcore.site.connection_search.level_set import priced_set
from milpcore.site.connection_search.master import Master
from milpcore.site.connection_search.search import Search
from milpcore.site.connection_search.site_arrays import SiteArrays, site_arrays
from milpcore.site.design_cost import objective_value
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.level_path import LevelPath
from milpcore.site.model import Progress, nearest_levels
from milpcore.site.operate import operate
from milpcore.site.option_search import SetSearch
from milpcore.site.path_search import PathSearch
from milpcore.site_options import (
    ConnectionOptions,
    ForbiddenConnections,
    HeatPumpOptions,
    LevelOptions,
    LimitOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options

Floats = npt.NDArray[np.float64]
EXACT = {"mip_rel_gap": 0.0}
FORMULATIONS = (ConnectionSearch, AssignmentWeak, AssignmentStrong)


def own_investment_EUR(inputs: SiteInputs, stream: int, level: int) -> float:
    """Investment in one exchanger, written anew; infinite where it is forbidden or impossible."""
    options, streams = inputs.options.connections, inputs.streams
    level_C = float(inputs.level_C[level])
    row = streams.table.iloc[stream]
    for one in options.forbidden:
        is_named = one.zone in ("", row["zone"]) and one.stream in ("", row["name"])
        if is_named and one.from_C <= level_C <= one.to_C:
            return math.inf
    if options.area_investment_EUR == 0.0:
        return options.fixed_investment_EUR
    one, other = abs(row["t_supply"] - level_C), abs(row["t_target"] - level_C)
    if min(one, other) < 1e-6:
        return math.inf  # no area is enough
    mean = one if abs(one - other) < 1e-9 * one else (one - other) / math.log(one / other)
    htc = row.get("htc", options.stream_htc_kW_per_m2_K)
    area = row["heat_flow"] / mean * (1.0 / htc + 1.0 / options.level_htc_kW_per_m2_K)
    return options.fixed_investment_EUR + options.area_investment_EUR * area**options.area_exponent


def cost_by_connections(
    inputs: SiteInputs, levels: tuple[int, ...]
) -> dict[tuple[int, ...], float]:
    """Cost of a level set with each way to connect the streams, as far as it is allowed."""
    pumps, known, found = pumps_between(inputs, levels), {}, {}
    for stream_level in all_connections(inputs, levels):
        investment_EUR = sum(
            own_investment_EUR(inputs, stream, int(level))
            for stream, level in enumerate(stream_level)
        )
        if math.isinf(investment_EUR):
            continue
        chosen = [levels.index(int(level)) for level in stream_level]
        signed = np.where(inputs.stream_is_hot, inputs.stream_duty_kW, -inputs.stream_duty_kW)
        key = tuple(np.bincount(chosen, weights=signed, minlength=len(levels)).round(6))
        if key not in known:
            known[key] = least_operation(inputs, levels, chosen, pumps)
        cost = known[key] + inputs.economics.annuity_per_a * investment_EUR
        found[tuple(int(level) for level in stream_level)] = cost
    return found


def enumerated(inputs: SiteInputs, n_levels: int) -> float:
    """Least TAC over all level sets and connections; inf if there is none."""
    forced = [int(np.abs(inputs.level_C - one).argmin()) for one in inputs.options.levels.forced_C]
    return min(
        (
            cost
            for levels in level_sets(inputs, n_levels)
            if set(forced) <= set(levels)
            for cost in cost_by_connections(inputs, levels).values()
        ),
        default=math.inf,
    )


@st.composite
def connection_options(draw: st.DrawFn) -> ConnectionOptions:
    """Draw costs, and sometimes what is forbidden."""
    forbidden = []
    if draw(st.booleans()):
        from_C = draw(st.sampled_from([0.0, 60.0, 110.0]))
        stream = draw(st.sampled_from(["", "S1", "S2"]))
        forbidden = [ForbiddenConnections(stream=stream, from_C=from_C, to_C=from_C + 40.0)]
    return ConnectionOptions(
        fixed_investment_EUR=draw(st.sampled_from([0.0, 2e4])),
        area_investment_EUR=draw(st.sampled_from([0.0, 500.0, 2e4, 2e5])),
        area_exponent=draw(st.sampled_from([1.0, 0.7, 1.2])),
        stream_htc_kW_per_m2_K=draw(st.sampled_from([0.1, 1.0])),
        forbidden=tuple(forbidden),
    )


@st.composite
def connected_sites(draw: st.DrawFn, *, max_streams: int = 4) -> SiteInputs:
    """Draw a small site with connections that matter."""
    streams = draw(stream_tables(max_streams=max_streams))
    connections = draw(connection_options())
    if not set(streams.table["name"]) >= {one.stream for one in connections.forbidden} - {""}:
        connections = replace(connections, forbidden=())
    assume(connections.decides)
    levels = LevelOptions(
        investment_EUR=draw(st.sampled_from([0.0, 0.0, 5e4])),
        forced_C=draw(st.sampled_from([(), (), (), (62.0,), (25.0, 131.0)])),
    )
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    extra_C = draw(st.lists(st.sampled_from([25.0, 62.0, 97.0, 131.0]), max_size=2, unique=True))
    try:
        kinks_C = prepare(streams, economics=economics).level_C
        return prepare(
            streams,
            economics=economics,
            candidates_C=[*kinks_C, *extra_C],
            options=SiteOptions(connections=connections, levels=levels),
        )
    except InputError:
        assume(False)
        raise


def passing_by() -> SiteInputs:
    """Two streams with a level at the kinks and one that needs much smaller exchangers."""
    options = SiteOptions(
        connections=ConnectionOptions(area_investment_EUR=5e4, stream_htc_kW_per_m2_K=1.0)
    )
    hot, cold = {60.0: 800.0}, {100.0: 500.0}
    return site_at_levels(hot, cold, candidates_C=[20.0, 60.0, 100.0, 140.0], options=options)


@given(connected_sites(), st.integers(1, 3))
@example(passing_by(), 3)
@settings(deadline=None, max_examples=40)
def test_all_formulations_find_the_enumerated_optimum(inputs: SiteInputs, n_levels: int) -> None:
    best = enumerated(inputs, n_levels)
    for make in FORMULATIONS:
        outcome = make(n_levels).solve(inputs, **EXACT)
        if math.isinf(best):
            assert outcome.status is Status.INFEASIBLE, make.name
            continue
        assert outcome.status is Status.OPTIMAL, make.name
        duties_kW = float(inputs.stream_duty_kW.sum())
        close = 1e-6 * best + 1e-7 * duties_kW * float(inputs.costs(inputs.objective)[0].max())
        assert outcome.objective == pytest.approx(best, abs=close), make.name
        assert outcome.bound <= best + close, make.name
        assert outcome.bound >= best - close, make.name


@given(connected_sites(), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_paths_at_any_prices_bound_all_sets(inputs: SiteInputs, n_open: int, seed: int) -> None:
    arrays = site_arrays(inputs)
    n = arrays.n_levels
    assume(n_open <= n)
    random = np.random.default_rng(seed)
    price = arrays.feasible(arrays.network.external_heat_cost * random.uniform(-0.2, 1.0, n))
    costs = arrays.stream_costs(price)
    least, best = envelopes(costs)
    arc, start, end = path_costs(least, best)
    alive = random.random((n_open, n)) < 0.8
    forward, backward, path = labels(arc, start, end, alive)
    lengths = {}
    for levels in combinations(range(n), n_open):
        length = start[levels[0]] + end[levels[-1]]
        length += sum(arc[i, j] for i, j in pairwise(levels))
        chosen = costs[:, list(levels)].min(axis=1).sum()
        assert length <= chosen + 1e-9 * abs(chosen) or math.isinf(chosen)
        if all(alive[place, level] for place, level in enumerate(levels)):
            lengths[levels] = length
        cheapest = min(cost_by_connections(inputs, levels).values(), default=math.inf)
        cheapest -= inputs.economics.annuity_per_a * (inputs.options.levels.investment_EUR * n_open)
        assert length * arrays.unit <= cheapest + 1e-6 * abs(cheapest) or math.isinf(cheapest)
    finite = {levels: length for levels, length in lengths.items() if math.isfinite(length)}
    if not finite:
        assert path[-1] < 0
        return
    shortest = min(finite.values())
    assert (forward + backward)[0].min() == pytest.approx(shortest, rel=1e-9, abs=1e-12)
    assert finite[tuple(path.tolist())] == pytest.approx(shortest, rel=1e-9, abs=1e-12)
    for place in range(n_open):
        for level in range(n):
            through = min(
                (length for levels, length in finite.items() if levels[place] == level),
                default=math.inf,
            )
            found = forward[place, level] + backward[place, level]
            assert found == pytest.approx(through, rel=1e-9, abs=1e-12)


@given(connected_sites(max_streams=3), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_a_level_set_is_priced_with_its_best_connections(inputs: SiteInputs, seed: int) -> None:
    arrays = site_arrays(inputs)
    random = np.random.default_rng(seed)
    sets = list(level_sets(inputs, 3))
    levels = sets[random.integers(len(sets))]
    found = priced_set(arrays, np.array(levels), gap=0.0)
    costs = cost_by_connections(inputs, levels)
    if not costs:
        assert math.isinf(found.cost)
        assert math.isinf(found.bound)
        return
    best = min(costs.values())
    close = 1e-6 * best + 1.0
    assert found.cost * arrays.unit == pytest.approx(best, abs=close)
    assert found.bound * arrays.unit <= best + close
    assert costs[tuple(found.stream_level.tolist())] == pytest.approx(best, abs=close)


def middle_site(seed: int, *, area_EUR: float, level_EUR: float = 0.0) -> SiteInputs:
    """Draw a site of 16 streams and 14 candidates or so, where the search has to branch."""
    random = np.random.default_rng(seed)
    limits_C = random.choice(np.arange(3, 30), size=16, replace=True) * 7.0
    heat_kW = random.integers(20, 900, size=16) * 1.0
    is_hot = random.random(16) < 0.5
    is_hot[:2] = True, False
    rows = [
        (limit_C + (30.0 if hot else -10.0), limit_C + (10.0 if hot else 20.0), kW, 5.0)
        for limit_C, kW, hot in zip(limits_C, heat_kW, is_hot, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["t_supply", "t_target", "heat_flow", "dt_cont"])
    table.insert(0, "zone", "z")
    table.insert(1, "name", [f"S{number}" for number in range(16)])
    table["htc"] = random.uniform(0.1, 1.5, 16).round(2)
    connections = ConnectionOptions(area_investment_EUR=area_EUR, area_exponent=0.8)
    levels = LevelOptions(investment_EUR=level_EUR)
    return prepare(
        milpcore.Streams(table), options=SiteOptions(connections=connections, levels=levels)
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("area_EUR", "level_EUR"), [(300.0, 0.0), (5e3, 0.0), (2e3, 3e5)])
def test_the_search_agrees_with_the_assignment(
    seed: int, area_EUR: float, level_EUR: float
) -> None:
    inputs = middle_site(seed, area_EUR=area_EUR, level_EUR=level_EUR)
    for n_levels in (3, 5):
        found = ConnectionSearch(n_levels).solve(inputs, mip_rel_gap=1e-6)
        other = AssignmentStrong(n_levels).solve(inputs, mip_rel_gap=1e-6)
        assert found.status is other.status is Status.OPTIMAL
        assert found.objective == pytest.approx(other.objective, rel=3e-6)
        assert found.bound <= other.objective * (1.0 + 1e-6)
        assert other.bound <= found.objective * (1.0 + 1e-6)
        assert found.gap <= 1e-6


def test_streams_may_pass_the_nearest_level_by() -> None:
    inputs = middle_site(2, area_EUR=2e3)
    best = ConnectionSearch(5).solve(inputs, mip_rel_gap=1e-6)
    assert best.design is not None
    nearest = nearest_levels(inputs, best.design.is_open)
    assert (best.design.stream_level != nearest).any()
    at_nearest = operate(inputs, best.design.is_open, nearest)
    assert at_nearest is not None
    assert best.objective < 0.9999 * objective_value(inputs, at_nearest)
    for make in (KinkAssignment, LevelPath, PathSearch, SetSearch):
        refusal = make(5).refusal(inputs)
        assert refusal is not None
        assert refusal.endswith(
            "connections cost something or are forbidden; use connection_search"
        )


def test_a_wide_gap_leaves_a_bound_below_the_optimum() -> None:
    for seed in range(4):
        inputs = middle_site(seed, area_EUR=2e3)
        best = ConnectionSearch(4).solve(inputs, mip_rel_gap=1e-7)
        for gap in (0.3, 0.05, 0.01):
            found = ConnectionSearch(4).solve(inputs, mip_rel_gap=gap)
            assert found.bound <= best.objective * (1.0 + 1e-6)
            assert found.gap <= gap
            assert found.objective >= best.bound * (1.0 - 1e-6)


def _arrays_and_search(inputs: SiteInputs, n_levels: int) -> tuple[SiteArrays, Search]:
    arrays = site_arrays(inputs)
    return arrays, Search(arrays, n_levels=n_levels, gap=1e-6, pause=lambda: None)


def test_a_search_splits_nodes_and_mixes_columns() -> None:
    arrays, search = _arrays_and_search(middle_site(2, area_EUR=5e3), 4)
    start = np.array([0, arrays.n_levels - 1])
    assert search.run(start, arrays.network.external_heat_cost)
    assert search.n_nodes > 3
    assert isinstance(search.master, Master)
    assert search.master.n_programs > search.n_nodes
    assert search.bound <= search.cost <= search.bound * (1.0 + 1e-6)


def test_a_stopped_search_keeps_a_valid_bound_and_the_incumbent() -> None:
    inputs = middle_site(1, area_EUR=5e3)
    best = ConnectionSearch(5).solve(inputs, mip_rel_gap=1e-6)
    calls = 0

    def stop_later(_: object) -> bool:
        nonlocal calls
        calls += 1
        return calls > 12

    found = ConnectionSearch(5).solve(inputs, mip_rel_gap=1e-6, observer=stop_later)
    assert found.status is Status.INTERRUPTED
    assert found.design is not None
    assert found.bound <= best.objective * (1.0 + 1e-6)
    assert found.objective >= best.bound
    none = ConnectionSearch(5).solve(inputs, time_limit_s=1e-9)
    assert none.status is Status.TIME_LIMIT


def _greenfield(options: ConnectionOptions, **more: object) -> site.SiteResult:
    return site.greenfield(
        milpcore.load_case("dairy_8"),
        n_levels=4,
        options=SiteOptions(connections=options, **more),  # type: ignore[arg-type]
        **EXACT,
    )


COSTS = ConnectionOptions(
    fixed_investment_EUR=1e4, area_investment_EUR=2e3, stream_htc_kW_per_m2_K=0.5
)


def test_a_result_shows_its_exchangers() -> None:
    result = _greenfield(COSTS)
    assert result.summary["formulation"].iloc[0] == "connection_search"
    table = result.connections
    for row in table.to_dict("records"):
        one, other = (abs(row[end] - row["level_C"]) for end in ("t_supply_C", "t_target_C"))
        mean = one if one == other else (one - other) / math.log(one / other)
        area = row["duty_kW"] * (1.0 / 0.5 + 1.0 / 2.0) / mean
        assert row["area_m2"] == pytest.approx(area, rel=1e-9)
        assert row["investment_EUR"] == pytest.approx(1e4 + 2e3 * area, rel=1e-9)
    capex = result.summary["capex_EUR_per_a"].iloc[0]
    investment = table["investment_EUR"].sum() + result.heat_pumps["investment_EUR"].sum()
    assert capex == pytest.approx(SiteEconomics().annuity_per_a * investment, rel=1e-9)
    assert any("connection_search" in note for note in result.notes)
    (note,) = (one for one in result.notes if one.startswith("Exchangers:"))
    assert f"8 to buy with {table['area_m2'].sum():.4g} m²" in note
    assert f"{table['investment_EUR'].sum():.4g} EUR" in note


@pytest.mark.parametrize("column", ["area_m2", "investment_EUR"])
def test_tampered_exchangers_are_refused(column: str) -> None:
    result = _greenfield(COSTS)
    table = result.connections.copy()
    table.loc[2, column] *= 1.001
    options = SiteOptions(connections=COSTS)
    with pytest.raises(site.CheckError, match=column):
        site.check(
            replace(result, connections=table),
            result.streams,
            SiteEconomics(),
            options=options,
        )


def test_zones_that_may_not_use_steam_do_not() -> None:
    free = _greenfield(ConnectionOptions(fixed_investment_EUR=1.0))
    zone = "milk"
    used_C = free.connections.set_index("zone").loc[zone, "level_C"].max()
    forbidden = ForbiddenConnections(zone=zone, from_C=used_C - 1.0, to_C=used_C + 1.0)
    result = _greenfield(ConnectionOptions(forbidden=(forbidden,)))
    level_C = result.connections.set_index("zone").loc[zone, "level_C"]
    assert ((level_C < used_C - 1.0) | (level_C > used_C + 1.0)).all()
    assert result.summary["tac_EUR_per_a"].iloc[0] > free.summary["tac_EUR_per_a"].iloc[0] - 10.0
    assert "area_m2" not in result.connections
    with pytest.raises(site.CheckError, match="forbidden at"):
        site.check(
            free,
            free.streams,
            SiteEconomics(),
            options=SiteOptions(
                connections=ConnectionOptions(fixed_investment_EUR=1.0, forbidden=(forbidden,))
            ),
        )


def test_forbidden_levels_between_a_streams_own_are_no_error() -> None:
    """The bound looks past what is forbidden in between; no such set is mixed."""
    table = pd.DataFrame(
        [
            ("B", "S0", "cold", 80.0, 120.0, 1700.0, 5.0),
            ("A", "S1", "cold", 20.0, 20.0, 1200.0, 2.5),
            ("A", "S2", "hot", 30.0, 30.0, 1200.0, 2.5),
            ("A", "S3", "hot", 90.0, 90.0, 1200.0, 5.0),
            ("B", "S4", "cold", 140.0, 140.0, 900.0, 2.5),
            ("B", "S5", "hot", 230.0, 190.0, 1500.0, 2.5),
        ],
        columns=["zone", "name", "kind", "t_supply", "t_target", "heat_flow", "dt_cont"],
    )
    forbidden = ForbiddenConnections(zone="A", from_C=147.5, to_C=147.5)
    options = SiteOptions(connections=ConnectionOptions(forbidden=(forbidden,)))
    inputs = prepare(milpcore.Streams(table), options=options)
    for n_levels in (2, 3):
        found = ConnectionSearch(n_levels).solve(inputs, **EXACT)
        other = AssignmentStrong(n_levels).solve(inputs, **EXACT)
        assert found.status is other.status is Status.OPTIMAL
        assert found.objective == pytest.approx(other.objective, rel=1e-6)
        assert found.bound == pytest.approx(other.objective, rel=1e-6)


def test_a_search_that_is_stopped_keeps_the_bound_of_the_node_at_hand() -> None:
    bounds = []

    def watch(told: Progress) -> bool:
        bounds.append(told.bound)
        return len(bounds) > 6

    inputs = middle_site(1, area_EUR=5e3)
    found = ConnectionSearch(5).solve(inputs, mip_rel_gap=0.0, observer=watch)
    assert found.n_nodes <= 1
    assert bounds == sorted(bounds)
    assert found.bound > 0.5 * found.objective


def test_what_the_search_does_not_know_is_refused() -> None:
    streams = milpcore.load_case("dairy_8")
    for options, more, reason in (
        ({"heat_pumps": HeatPumpOptions(fixed_investment_EUR=1e5)}, {}, "more than a cost per kW"),
        ({"limits": LimitOptions(external_heat_kW=1e5)}, {}, "emissions are limited"),
        ({}, {"objective": "opex"}, "least OPEX is asked for"),
        ({}, {"cascade": False}, "heat may not cascade"),
    ):
        inputs = prepare(streams, options=SiteOptions(connections=COSTS, **options), **more)
        refusal = ConnectionSearch(3).refusal(inputs)
        assert refusal is not None
        assert reason in refusal
        assert refusal.endswith("use assignment_strong")
        result = site.greenfield(
            streams, n_levels=3, options=SiteOptions(connections=COSTS, **options), **more
        )
        assert result.summary["formulation"].iloc[0] == "assignment_strong"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ConnectionOptions(area_investment_EUR=1.0),
            "[connections]: stream_htc_kW_per_m2_K: is missing, and the stream table has "
            "no column htc; give one of both",
        ),
        (
            ConnectionOptions(forbidden=(ForbiddenConnections(zone="milk", stream="air heating"),)),
            "[[connections.forbidden]] 1: stream = air heating: is no stream of the zone milk; "
            "correct the zone, or leave it out",
        ),
        (
            ConnectionOptions(forbidden=(ForbiddenConnections(zone="mill"),)),
            "[[connections.forbidden]] 1: zone = mill: is no zone of the stream table; "
            "correct the name, or leave it out",
        ),
        (
            ConnectionOptions(forbidden=(ForbiddenConnections(zone="milk"),)),
            "stream = milk/pasteuriser heating: has no level left that it may be connected to; "
            "allow some, or give candidates elsewhere",
        ),
    ],
)
def test_faults_of_connections(options: ConnectionOptions, message: str) -> None:
    with pytest.raises(InputError) as caught:
        prepare(milpcore.load_case("dairy_8"), options=SiteOptions(connections=options))
    assert message in str(caught.value)


def test_both_film_coefficients_are_refused() -> None:
    table = milpcore.load_case("two_streams").table.assign(htc=1.0)
    with pytest.raises(InputError, match="is given, but the stream table has a column htc"):
        prepare(milpcore.Streams(table), options=SiteOptions(connections=COSTS))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConnectionOptions(area_exponent=0.0), "area_exponent"),
        (lambda: ConnectionOptions(level_htc_kW_per_m2_K=-1.0), "level_htc_kW_per_m2_K"),
        (lambda: ForbiddenConnections(from_C=50.0, to_C=40.0), "to_C"),
        (lambda: ForbiddenConnections(zone=3), "must be a name"),  # type: ignore[arg-type]
    ],
)
def test_options_out_of_range_are_refused(make: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()  # type: ignore[operator]


def test_options_go_through_a_file(tmp_path: Path) -> None:
    options = SiteOptions(
        connections=replace(
            COSTS, forbidden=(ForbiddenConnections(zone="milk", stream="x", to_C=20.0),)
        )
    )
    path = tmp_path / "options.toml"
    write_site_options(SiteEconomics(), options, path)
    assert "[[connections.forbidden]]" in path.read_text(encoding="utf-8")
    assert read_site_options(path) == (SiteEconomics(), options)
