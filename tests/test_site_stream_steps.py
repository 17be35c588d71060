"""Streams served in steps: exact by cutting at the candidates, and bounded at all temperatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from helpers_sites import PRICES, level_sets, stream_tables, streams_of
from hypothesis import given, settings
from scipy.optimize import linprog

import milpcore
from milpcore import InputError, SiteEconomics, Streams, site
from milpcore.site.inputs import SiteInputs
from milpcore.site.stream_steps import LEAST_SHARE, StepwiseResult, cut_streams, stepwise
from milpcore.site.stream_steps_bound import limit_ranges, stepwise_bound, stepwise_cells

Floats = npt.NDArray[np.float64]
EXACT = {"mip_rel_gap": 0.0}
DEAR_ELECTRICITY = [name for name in sorted(PRICES) if "cheap electricity" not in name]


def _bits(inputs: SiteInputs, cuts_C: Sequence[float]) -> list[tuple[bool, float, float, float]]:
    """Hot or cold, lowest and highest limit, heat (kW) of every stream between the cuts."""
    low_C, high_C = limit_ranges(inputs.streams, inputs.economics.level_dt_cont_K)
    found = []
    for stream in range(inputs.n_streams):
        ends = [low_C[stream], high_C[stream]]
        inner = sorted({cut for cut in cuts_C if ends[0] < cut < ends[1]})
        width_K = ends[1] - ends[0]
        marks = [ends[0], *inner, ends[1]]
        for first, second in pairwise(marks):
            share = (second - first) / width_K if width_K else 1.0
            heat_kW = float(inputs.stream_duty_kW[stream]) * share
            found.append((bool(inputs.stream_is_hot[stream]), first, second, heat_kW))
    return found


def transshipped(inputs: SiteInputs, levels: Sequence[int], cuts_C: Sequence[float]) -> float:
    """Least cost at open levels where every bit may use any mix of levels that serve all of it.

    One dense linear program, with a variable for each bit and level; inf if impossible.
    """
    chosen = list(levels)
    costs, level_C = inputs.objective_costs, inputs.level_C
    pairs = [
        k
        for k in range(inputs.n_pairs)
        if inputs.pump_source[k] in chosen and inputs.pump_sink[k] in chosen
    ]
    bits = _bits(inputs, cuts_C)
    n = len(chosen)
    columns: list[Floats] = []
    prices: list[float] = []
    served = []

    def column(price: float, **at: float) -> Floats:
        entry = np.zeros(n + len(bits))
        for place, value in at.items():
            entry[int(place[1:])] = value
        columns.append(entry)
        prices.append(price)
        return entry

    for row, level in enumerate(chosen):
        column(costs.external_heat[level], **{f"r{row}": 1.0})
        column(costs.cooling[level], **{f"r{row}": -1.0})
        if row:
            column(0.0, **{f"r{row}": -1.0, f"r{row - 1}": 1.0})
    for k in pairs:
        source, sink = (chosen.index(end[k]) for end in (inputs.pump_source, inputs.pump_sink))
        taken = 1.0 - 1.0 / inputs.pump_cop[k]
        column(costs.pump_heat[k], **{f"r{source}": -taken, f"r{sink}": 1.0})
    for bit, (is_hot, low_C, high_C, _) in enumerate(bits):
        for row, level in enumerate(chosen):
            fits = level_C[level] <= low_C + 1e-6 if is_hot else level_C[level] >= high_C - 1e-6
            if fits:
                sign = 1.0 if is_hot else -1.0
                column(0.0, **{f"r{row}": sign, f"r{n + bit}": 1.0})
                served.append(bit)
    if set(served) != set(range(len(bits))):
        return np.inf
    duty_kW = np.array([bit[3] for bit in bits])
    size_kW, scale = duty_kW.sum(), max(prices) or 1.0
    found = linprog(
        np.array(prices) / scale,
        A_eq=np.array(columns).T,
        b_eq=np.concatenate((np.zeros(n), duty_kW / size_kW)),
    )
    return float(found.fun) * scale * size_kW if found.status == 0 else np.inf


def enumerated_steps(inputs: SiteInputs, n_levels: int) -> float:
    """Least cost of stepwise service over all sets of candidates."""
    return min(
        (transshipped(inputs, chosen, inputs.level_C) for chosen in level_sets(inputs, n_levels)),
        default=np.inf,
    )


def _close(inputs: SiteInputs) -> float:
    """Absolute tolerance: that of solvers, measured by the cost of buying all heat."""
    heat = float(inputs.objective_costs.external_heat.max() * inputs.stream_duty_kW.sum())
    return 2e-6 * max(heat, 1e-9)


def _value(found: StepwiseResult) -> float:
    return float(found.result.summary["objective_value"].iloc[0])


@given(
    stream_tables(max_streams=4),
    st.sampled_from(sorted(PRICES)),
    st.sampled_from(["tac", "tac", "opex", "co2"]),
    st.integers(1, 4),
    st.lists(st.sampled_from([33.0, 62.0, 97.0, 131.0]), max_size=2),
    st.sampled_from([None, "level_path", "kink_assignment", "assignment_strong"]),
)
@settings(deadline=None, max_examples=60)
def test_cut_streams_cost_what_full_transshipment_costs(
    streams: Streams,
    prices: str,
    objective: str,
    n_levels: int,
    more_C: list[float],
    formulation: str | None,
) -> None:
    """Proposition 3, with economics on both sides of every condition."""
    economics = PRICES[prices]
    kinks = site.prepare(streams, economics=economics, objective=objective)
    candidates_C = [*kinks.level_C.tolist(), *more_C]
    inputs = site.prepare(
        streams, economics=economics, objective=objective, candidates_C=candidates_C
    )
    found = stepwise(
        streams,
        n_levels=n_levels,
        economics=economics,
        objective=objective,
        candidates_C=candidates_C,
        formulation=formulation,
        **EXACT,
    )
    expected = enumerated_steps(inputs, n_levels)
    if not np.isfinite(expected):
        assert not found.result.has_design
        return
    assert _value(found) == pytest.approx(expected, rel=1e-6, abs=_close(inputs))


@given(stream_tables(max_streams=4), st.sampled_from(sorted(PRICES)), st.data())
@settings(deadline=None, max_examples=40)
def test_bits_cut_finer_than_the_open_levels_cost_the_same(
    streams: Streams, prices: str, data: st.DataObject
) -> None:
    """Proposition 2: where else a stream is cut does not matter."""
    inputs = site.prepare(streams, economics=PRICES[prices])
    chosen = data.draw(st.sampled_from(list(level_sets(inputs, 3))))
    open_C = inputs.level_C[list(chosen)].tolist()
    more_C = data.draw(st.lists(st.integers(1, 25).map(lambda ten: ten * 8.0), max_size=4))
    least = transshipped(inputs, chosen, open_C)
    finer = transshipped(inputs, chosen, [*open_C, *more_C])
    assert finer == least or finer == pytest.approx(least, rel=1e-7, abs=_close(inputs))


@given(stream_tables(max_streams=6), st.sampled_from(sorted(PRICES)), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_steps_never_cost_more_than_one_level_a_stream(
    streams: Streams, prices: str, n_levels: int
) -> None:
    """Proposition 1; and a larger set of candidates never costs more."""
    economics = PRICES[prices]
    one = site.greenfield(streams, n_levels=n_levels, economics=economics, **EXACT)
    steps = stepwise(streams, n_levels=n_levels, economics=economics, **EXACT)
    assert steps.result.has_design == one.has_design
    if not one.has_design:
        return
    inputs = site.prepare(streams, economics=economics)
    assert _value(steps) <= float(one.summary["objective_value"].iloc[0]) + _close(inputs)
    more_C = [*inputs.level_C.tolist(), 70.0, 105.0]
    finer = stepwise(streams, n_levels=n_levels, economics=economics, candidates_C=more_C, **EXACT)
    assert _value(finer) <= _value(steps) + _close(inputs)


@given(stream_tables(max_streams=6), st.sampled_from(sorted(PRICES)), st.integers(2, 5))
@settings(deadline=None, max_examples=40)
def test_the_steps_of_every_stream_add_up(streams: Streams, prices: str, n_levels: int) -> None:
    economics = PRICES[prices]
    found = stepwise(streams, n_levels=n_levels, economics=economics)
    if not found.result.has_design:
        assert found.steps.empty
        return
    total_kW = float(streams.duty_kW.sum())
    table, steps = streams.table, found.steps
    assert found.n_steps == len(steps) >= streams.n_streams
    for (zone, name), own in steps.groupby(["zone", "name"], sort=False):
        row = table[(table["zone"] == zone) & (table["name"] == name)].iloc[0]
        assert own["duty_kW"].sum() == pytest.approx(row["heat_flow"], abs=1e-9 * total_kW)
        assert own["t_from_C"].iloc[0] == row["t_supply"]
        assert own["t_to_C"].iloc[-1] == row["t_target"]
        assert own["t_to_C"].tolist()[:-1] == own["t_from_C"].tolist()[1:]
        assert own["level_C"].is_unique
        falls = np.diff(own["level_C"])
        assert np.all(falls < 0.0 if row["kind"] == "hot" else falls > 0.0)
        least_K = row["dt_cont"] + economics.level_dt_cont_K
        assert own["dt_min_K"].min() >= least_K - 2e-6
    levels, pumps = found.result.levels, found.result.heat_pumps
    by_level = steps.pivot_table("duty_kW", "level_C", "kind", aggfunc="sum").reindex(
        index=levels["temperature_C"], columns=["hot", "cold"]
    )
    for kind in ("hot", "cold"):
        np.testing.assert_allclose(
            by_level[kind].fillna(0.0), levels[f"{kind}_streams_kW"], atol=1e-9 * total_kW
        )
    gained_kW = levels["external_heat_kW"].sum() + pumps["power_kW"].sum()
    spent_kW = levels["cooling_kW"].sum()
    is_hot = streams.is_hot
    assert streams.duty_kW[is_hot].sum() + gained_kW == pytest.approx(
        streams.duty_kW[~is_hot].sum() + spent_kW, abs=1e-6 * total_kW
    )


@given(stream_tables(max_streams=5), st.data())
@settings(deadline=None, max_examples=30)
def test_order_and_splitting_change_nothing(streams: Streams, data: st.DataObject) -> None:
    candidates_C = site.prepare(streams).level_C.tolist()
    value = _value(stepwise(streams, n_levels=3, candidates_C=candidates_C, **EXACT))
    order = data.draw(st.permutations(range(streams.n_streams)))
    place = data.draw(st.integers(0, streams.n_streams - 1))
    table = streams.select(order).table
    first, second = table.iloc[[place]].copy(), table.iloc[[place]].copy()
    middle_C = 0.3 * first["t_supply"] + 0.7 * first["t_target"]
    first["t_target"], second["t_supply"], second["name"] = middle_C, middle_C, "rest"
    first["heat_flow"], second["heat_flow"] = 0.7 * first["heat_flow"], 0.3 * first["heat_flow"]
    split = Streams(pd.concat((table.drop(index=place), first, second), ignore_index=True))
    again = _value(stepwise(split, n_levels=3, candidates_C=candidates_C, **EXACT))
    if np.isfinite(value):
        assert again == pytest.approx(value, rel=1e-6, abs=_close(site.prepare(streams)))
    else:
        assert not np.isfinite(again)


@given(
    stream_tables(max_streams=6),
    st.lists(st.integers(1, 50).map(lambda four: 4.0 * four), min_size=1, max_size=8),
)
@settings(deadline=None)
def test_pieces_hold_the_streams_and_no_cut_inside(streams: Streams, cuts_C: list[float]) -> None:
    pieces = cut_streams(streams, cuts_C)
    low_C, high_C = limit_ranges(pieces, SiteEconomics().level_dt_cont_K)
    for cut in cuts_C:
        assert not np.any((low_C < cut - 2e-6) & (high_C > cut + 2e-6))
    for is_hot in (True, False):
        sums = [one.duty_kW[one.is_hot == is_hot].sum() for one in (pieces, streams)]
        assert sums[0] == pytest.approx(sums[1], rel=1e-12)
    assert cut_streams(pieces, cuts_C) == pieces
    before, after = milpcore.targets(streams), milpcore.targets(pieces)
    assert after.hot_utility_kW == pytest.approx(
        before.hot_utility_kW, abs=1e-9 * float(streams.duty_kW.sum())
    )


def _ramp() -> Streams:
    """A hot stream with limits from 50 to 150 °C at 1 kW/K, and a cold one with the same."""
    return streams_of((160.0, 60.0, 100.0, 5.0), (40.0, 140.0, 100.0, 5.0))


def _without_pumps() -> SiteEconomics:
    return SiteEconomics(max_lift_K=1.0, heat_pump_investment_EUR_per_kW=1e4)


def test_kinks_are_not_enough() -> None:
    """The example of the module: a level at 100 °C, where no stream has an end, saves half."""
    price = SiteEconomics().external_heat_price(milpcore.Measure.TAC)
    kinks = stepwise(_ramp(), n_levels=3, economics=_without_pumps(), **EXACT)
    assert kinks.result.levels["temperature_C"].tolist() == [50.0, 150.0]
    assert _value(kinks) == pytest.approx(100.0 * price)
    for level_C, bought_kW in ((90.0, 60.0), (100.0, 50.0), (120.0, 70.0)):
        candidates_C = [50.0, level_C, 150.0]
        found = stepwise(
            _ramp(), n_levels=3, economics=_without_pumps(), candidates_C=candidates_C, **EXACT
        )
        assert _value(found) == pytest.approx(bought_kW * price)
        assert found.n_steps == 4


def test_the_bound_of_the_example_comes_close() -> None:
    price = SiteEconomics().external_heat_price(milpcore.Measure.TAC)
    bounds = [
        stepwise_bound(
            _ramp(),
            n_levels=3,
            edges_C=site.Grid(step_K),
            economics=_without_pumps(),
            mip_rel_gap=0.0,
        ).bound
        / price
        for step_K in (50.0, 10.0, 1.0)
    ]
    assert bounds == sorted(bounds)
    assert 48.0 <= bounds[-1] <= 50.0 + 1e-6
    refined = stepwise_bound(
        _ramp(),
        n_levels=3,
        edges_C=site.Grid(50.0),
        finest_K=0.2,
        economics=_without_pumps(),
        mip_rel_gap=0.0,
    )
    assert refined.n_rounds > 3
    assert refined.n_cells < 100
    assert 49.5 <= refined.bound / price <= 50.0 + 1e-6


@given(
    stream_tables(max_streams=5),
    st.sampled_from(DEAR_ELECTRICITY),
    st.sampled_from(["tac", "opex", "co2"]),
    st.integers(1, 4),
    st.sampled_from([5.0, 20.0, 70.0]),
    st.lists(st.floats(5.0, 260.0).map(lambda value: round(value, 3)), min_size=1, max_size=4),
)
@settings(deadline=None, max_examples=60)
def test_no_stepwise_design_anywhere_beats_the_bound(
    streams: Streams,
    prices: str,
    objective: str,
    n_levels: int,
    step_K: float,
    levels_C: list[float],
) -> None:
    economics = PRICES[prices]
    low_C, high_C = limit_ranges(streams, economics.level_dt_cont_K)
    anywhere_C = [*levels_C, float(low_C.min()), float(high_C.max())]
    found = stepwise_bound(
        streams,
        n_levels=n_levels,
        edges_C=site.Grid(step_K),
        economics=economics,
        objective=objective,
        mip_rel_gap=0.0,
    )
    design = stepwise(
        streams,
        n_levels=n_levels,
        economics=economics,
        objective=objective,
        candidates_C=anywhere_C,
        **EXACT,
    )
    inputs = site.prepare(streams, economics=economics, objective=objective)
    if design.result.has_design:
        assert found.bound <= _value(design) + _close(inputs)
    halves_C = [*site.Grid(step_K / 2.0).levels_C(np.append(low_C, high_C), economics)]
    finer = stepwise_bound(
        streams,
        n_levels=n_levels,
        edges_C=halves_C,
        economics=economics,
        objective=objective,
        mip_rel_gap=0.0,
    )
    assert finer.bound >= found.bound - _close(inputs)


@given(stream_tables(max_streams=6), st.sampled_from([5.0, 30.0, 200.0]))
@settings(deadline=None, max_examples=40)
def test_cells_hold_all_heat(streams: Streams, step_K: float) -> None:
    cells = stepwise_cells(streams, edges_C=site.Grid(step_K))
    is_hot = streams.is_hot
    assert cells.hot_kink_kW.sum() == pytest.approx(streams.duty_kW[is_hot].sum(), rel=1e-12)
    assert cells.cold_kink_kW.sum() == pytest.approx(streams.duty_kW[~is_hot].sum(), rel=1e-12)


def test_too_little_heat_in_a_cell_goes_where_more_levels_serve_it() -> None:
    streams = streams_of((1e4 + 50.0, 50.0, 100.0, 5.0), (20.0, 1e4, 1e9, 5.0))
    streams = Streams(streams.table.assign(heat_flow=[100.0, 1e9]))
    cells = stepwise_cells(streams, edges_C=site.Grid(10.0))
    assert np.count_nonzero(cells.hot_kink_kW) < 10
    assert cells.hot_kink_kW.sum() == pytest.approx(100.0)
    assert np.flatnonzero(cells.hot_kink_kW).max() == cells.n_candidates - 1


def test_edges_that_are_too_close_are_left_out() -> None:
    edges_C = [50.0, 50.0004, 100.0, 100.0000004, 149.9995, 150.0, 400.0]
    assert stepwise_cells(_ramp(), edges_C=edges_C).level_C.tolist() == [75.0, 125.0]
    same = streams_of((80.0, 60.0, 9.0, 5.0)).table.assign(t_supply=60.0, kind="hot")
    assert stepwise_cells(Streams(same), edges_C=[50.0]).n_candidates == 1


def test_a_cut_that_leaves_too_little_is_left_out() -> None:
    streams = streams_of((160.0, 60.0, 100.0, 5.0), (40.0, 140.0, 100.0, 5.0))
    sliver_K = 0.5 * LEAST_SHARE * 200.0
    pieces = cut_streams(streams, [50.0 + sliver_K, 100.0, 100.0 + sliver_K, 150.0 - sliver_K])
    assert pieces.n_streams == 4
    assert (pieces.duty_kW >= LEAST_SHARE * 200.0).all()
    site.prepare(pieces)
    found = stepwise(streams, n_levels=3, candidates_C=[50.0, 50.0 + sliver_K, 100.0, 150.0])
    assert found.n_cuts_left_out == 2
    assert stepwise(streams, n_levels=3).n_cuts_left_out == 0


def test_streams_that_no_level_cuts_stay_as_they_are() -> None:
    streams = milpcore.load_case("two_streams")
    assert cut_streams(streams, [500.0]) is streams
    isothermal = milpcore.load_case("dairy_8")
    names = cut_streams(isothermal, np.arange(0.0, 300.0, 3.0).tolist()).table["name"]
    assert "concentrate boiling" in names.tolist()


def test_names_of_pieces_must_not_be_taken() -> None:
    table = streams_of((160.0, 60.0, 100.0, 5.0), (20.0, 30.0, 100.0, 5.0)).table
    table["name"] = ["S", "S [1]"]
    with pytest.raises(InputError, match="zone/name must be unique"):
        cut_streams(Streams(table), [100.0])


def test_what_cannot_be_cut_or_bounded_is_refused() -> None:
    streams = milpcore.load_case("two_streams")
    with pytest.raises(InputError, match=r"levels_C = .*: must be finite numbers \(°C\)"):
        cut_streams(streams, [float("nan")])
    with pytest.raises(InputError, match=r"refined:1: is not for streams served in steps"):
        stepwise(streams, n_levels=2, candidates_C=site.Refined())
    cheap = PRICES["cheap electricity"]
    with pytest.raises(InputError, match="the theorem: does not hold: a kW of heat pump electric"):
        stepwise_bound(streams, n_levels=2, economics=cheap)
    close = replace(SiteEconomics(), heat_pump_dt_source_K=0.0, heat_pump_dt_sink_K=0.0)
    with pytest.raises(InputError, match="else the COP between neighbouring cells has no limit"):
        stepwise_bound(streams, n_levels=2, economics=close)
    with pytest.raises(InputError, match="needs no bound: least CAPEX is none"):
        stepwise_bound(streams, n_levels=2, objective="capex")
    for width in (0.0, -1.0, float("nan"), "1", True):
        with pytest.raises(InputError, match=r"finest_K = .*: must be a number from 0.002 \(K\)"):
            stepwise_bound(streams, n_levels=2, finest_K=width)  # type: ignore[arg-type]


def test_an_observer_ends_the_search_and_the_rounds() -> None:
    dairy = milpcore.load_case("dairy_8")
    seen: list[float] = []

    def observe(progress: site.Progress) -> bool:
        seen.append(progress.bound)
        return True

    stopped = stepwise(dairy, n_levels=5, observer=observe)
    assert stopped.result.status is milpcore.Status.INTERRUPTED
    found = stepwise_bound(dairy, n_levels=5, finest_K=0.5, observer=observe)
    assert len(seen) >= 2
    whole = stepwise_bound(dairy, n_levels=5, finest_K=0.5)
    assert found.n_rounds == 1 < whole.n_rounds
    assert 0.0 <= found.bound <= whole.bound * (1.0 + 1e-9)


def test_time_that_is_up_ends_the_rounds() -> None:
    dairy = milpcore.load_case("dairy_8")
    assert stepwise_bound(dairy, n_levels=4, finest_K=0.1, time_limit_s=1e-3).n_rounds == 1
