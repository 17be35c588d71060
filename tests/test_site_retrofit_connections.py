"""Retrofit with connections that cost something: enumeration, report of exchangers, refusals."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from helpers_options import (
    choices_of,
    forced_levels_C,
    least_operation,
    needs_choice,
    pumps_between,
)
from helpers_sites import all_connections, streams_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_site_connections import connection_options, own_investment_EUR
from test_site_retrofit_options import TODAY_C, choices_with_cost, study_of

import milpcore
from milpcore import InputError, SiteEconomics, SiteOptions, site
from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs
from milpcore.site.results import make_result
from milpcore.site.retrofit_plan import RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site_options import (
    ConnectionOptions,
    ForbiddenConnections,
    LevelOptions,
)

SITE = streams_of(
    (120.0, 80.0, 700.0, 5.0),
    (70.0, 45.0, 900.0, 5.0),
    (60.0, 95.0, 650.0, 5.0),
    (85.0, 120.0, 800.0, 5.0),
)
COSTS = ConnectionOptions(
    fixed_investment_EUR=1e4, area_investment_EUR=3e3, stream_htc_kW_per_m2_K=0.5
)
TODAY_OF_DAIRY_C = (5.0, 40.0, 85.0, 205.0)


@st.composite
def plans(draw: st.DrawFn) -> RetrofitPlan:
    """Draw a retrofit of one site with connections that matter."""
    connections = draw(connection_options().filter(lambda one: one.decides))
    names = set(SITE.table["name"]) | {""}
    forbidden = tuple(one for one in connections.forbidden if one.stream in names)
    if any(one.stream == "" for one in forbidden):
        forbidden = ()  # today's levels lie there
    options = SiteOptions(
        connections=replace(connections, forbidden=forbidden),
        levels=LevelOptions(
            investment_EUR=draw(st.sampled_from([0.0, 4e4])),
            moved_investment_EUR=draw(st.sampled_from([None, 1e4])),
        ),
    )
    asked = RetrofitOptions(
        TODAY_C,
        draw(st.integers(0, 2)),
        30.0,
        None,
        draw(st.booleans()),
        draw(st.sampled_from([0, 0, 1])),
        0,
        None,
        options,
    )
    try:
        return plan_retrofit(SITE, asked, economics=SiteEconomics(), objective="tac")
    except InputError:  # a stream without any level
        assume(False)
        raise


def serves(inputs: SiteInputs, stream: int, level: int) -> bool:
    """Whether a level can serve a stream at all."""
    kink = inputs.stream_kink[stream]
    return bool(level <= kink if inputs.stream_is_hot[stream] else level >= kink)


def today(plan: RetrofitPlan, stream: int) -> float:
    """Area that a stream needs at the nearest level of today that it may use; nan without."""
    inputs = plan.inputs
    plain = replace(
        inputs.options.connections,
        fixed_investment_EUR=0.0,
        area_investment_EUR=1.0,
        area_exponent=1.0,
    )
    per_m2 = replace(inputs, options=replace(inputs.options, connections=plain))
    able = [one for one in plan.existing.tolist() if serves(inputs, stream, one)]
    able = [one for one in able if math.isfinite(own_investment_EUR(per_m2, stream, one))]
    if not able:
        return math.nan
    nearest = max(able) if inputs.stream_is_hot[stream] else min(able)
    return own_investment_EUR(per_m2, stream, nearest)


def beyond_EUR(plan: RetrofitPlan, stream: int, level: int) -> float:
    """Investment in the area that an exchanger lacks, written anew."""
    inputs, options = plan.inputs, plan.inputs.options.connections
    if math.isinf(own_investment_EUR(inputs, stream, level)):
        return math.inf
    there = today(plan, stream)
    plain = replace(options, fixed_investment_EUR=0.0, area_investment_EUR=1.0, area_exponent=1.0)
    needed = own_investment_EUR(
        replace(inputs, options=replace(inputs.options, connections=plain)), stream, level
    )
    if options.area_investment_EUR == 0.0:  # nothing to compare
        return options.fixed_investment_EUR if math.isnan(there) else 0.0
    if not math.isnan(there) and needed <= there * (1.0 + 1e-9):
        return 0.0
    missing = needed - (0.0 if math.isnan(there) else there)
    return (
        options.fixed_investment_EUR + options.area_investment_EUR * missing**options.area_exponent
    )


def enumerated(plan: RetrofitPlan, choice: tuple[int, ...]) -> float:
    """Least objective of a configuration over all levels, connections and heat pumps."""
    inputs = plan.inputs
    free = replace(inputs, options=replace(inputs.options, levels=LevelOptions()))
    annuity = inputs.economics.annuity_per_a if inputs.objective is Measure.TAC else 0.0
    cost_EUR = np.array(
        [
            [
                beyond_EUR(plan, stream, level) if serves(inputs, stream, level) else math.inf
                for level in range(inputs.n_candidates)
            ]
            for stream in range(inputs.n_streams)
        ]
    )
    signed_kW = np.where(inputs.stream_is_hot, inputs.stream_duty_kW, -inputs.stream_duty_kW)
    best, known, operated = math.inf, {}, {}
    for levels, level_EUR in choices_with_cost(plan, choice):
        level_C = inputs.level_C[list(levels)]
        if any(np.abs(level_C - one).min() > 1e-6 for one in forced_levels_C(inputs.options)):
            continue
        if levels not in known:
            known[levels] = math.inf
            pumps = pumps_between(inputs, levels)
            pumps = [one for one in pumps if plan.allows_pumps or not one.is_new]
            sets = list(choices_of(inputs, pumps)) if needs_choice(inputs) else [pumps]
            for stream_level in all_connections(inputs, levels):
                own_EUR = cost_EUR[np.arange(inputs.n_streams), stream_level].sum()
                if math.isinf(own_EUR):
                    continue
                chosen = [levels.index(int(level)) for level in stream_level]
                supply_kW = np.bincount(chosen, weights=signed_kW, minlength=len(levels))
                key = (levels, *supply_kW.round(6))
                if key not in operated:
                    operated[key] = min(
                        (least_operation(free, levels, chosen, built) for built in sets),
                        default=math.inf,
                    )
                known[levels] = min(known[levels], operated[key] + annuity * own_EUR)
        best = min(best, known[levels] + annuity * level_EUR)
    return best


@settings(max_examples=8, deadline=None)
@given(plans())
def test_every_configuration_is_the_best_of_all(plan: RetrofitPlan) -> None:
    study = study_of(plan)
    for choice, one in zip(plan.choices, study.results, strict=True):
        best = enumerated(plan, choice)
        if math.isinf(best):
            assert one.result.status is Status.INFEASIBLE
            continue
        row = one.result.summary.iloc[0]
        assert row["objective_value"] == pytest.approx(best, rel=1e-6)
        assert row["bound"] <= best * (1.0 + 1e-6)
        assert one.result.status is Status.OPTIMAL


def _study(options: ConnectionOptions) -> site.RetrofitStudy:
    return site.retrofit(
        milpcore.load_case("dairy_8"),
        existing_C=TODAY_OF_DAIRY_C,
        range_K=15.0,
        options=SiteOptions(connections=options),
    )


def test_exchangers_that_are_too_small_are_named_and_paid() -> None:
    study = _study(COSTS)
    moved = next(one for one in study.results if one.moved_C)
    table = moved.result.connections.set_index("name")
    is_small = table["area_m2"] > table["existing_area_m2"] * (1.0 + 1e-6)
    assert is_small.any()
    assert not is_small.all()
    assert (table.loc[~is_small, "investment_EUR"] == 0.0).all()
    more = (table["area_m2"] - table["existing_area_m2"])[is_small]
    paid = table.loc[is_small, "investment_EUR"]
    np.testing.assert_allclose(paid, 1e4 + 3e3 * more, rtol=1e-6)
    (note,) = (one for one in moved.result.notes if "too small" in one)
    assert f"{is_small.sum()} of 8" in note
    assert all(name in note for name in more.index)
    stays = next(one for one in study.results if not one.moved_C)
    assert "The exchangers of today are large enough." in stays.result.notes
    assert "area_m2" not in study.baseline.connections


def test_dear_exchangers_keep_levels_where_they_are() -> None:
    free = site.retrofit(milpcore.load_case("dairy_8"), existing_C=TODAY_OF_DAIRY_C, range_K=15.0)
    dear = _study(replace(COSTS, area_investment_EUR=1e6))
    for without, with_cost in zip(free.results, dear.results, strict=True):
        assert with_cost.saving_percent <= without.saving_percent + 1e-9
    assert any(one.moved_C for one in free.results)
    assert not any((one.result.connections["investment_EUR"] > 0.0).any() for one in dear.results)


@pytest.mark.parametrize("column", ["area_m2", "existing_area_m2", "investment_EUR"])
def test_tampered_exchangers_are_refused(column: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door = sys.modules["milpcore.site.retrofit"]  # the package has a function of that name
    make = make_result

    def tampered(*arguments: object, **named: object) -> site.SiteResult:
        result = make(*arguments, **named)  # type: ignore[arg-type]
        table = result.connections.copy()
        if column in table:
            table.loc[5, column] = table.loc[5, column] * 1.01 + 1.0
        return replace(result, connections=table)

    monkeypatch.setattr(door, "make_result", tampered)
    with pytest.raises(site.CheckError, match=column):
        _study(COSTS)


def test_forbidden_connections_hold_for_levels_to_come() -> None:
    forbidden = (ForbiddenConnections(zone="drying", from_C=30.0, to_C=35.0),)
    study = _study(replace(COSTS, forbidden=forbidden))
    for one in study.results:
        level_C = one.result.connections.set_index("zone").loc["drying", "level_C"]
        assert not level_C.between(30.0, 35.0).any()
