"""Retrofits over several periods with options, against full enumeration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_options import choices_of, forced_levels_C, nearest, needs_choice, pumps_between
from helpers_period_options import least_of_choice, periods_of
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from test_site_options import SITE, tolerance
from test_site_retrofit_options import (
    MOVED,
    TODAY_C,
    choices_with_cost,
    plan_of,
    plans,
    study_of,
)

from milpcore import InputError, SiteEconomics
from milpcore.economics import Measure
from milpcore.site.periods import PeriodInputs, PeriodResult, Periods, retrofit_periods
from milpcore.site.periods.inputs import over_periods
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site.retrofit_results import RetrofitStudy
from milpcore.site_options import (
    ConnectionOptions,
    ExistingPump,
    HeatPumpOptions,
    HeatSource,
    LevelOptions,
    LimitOptions,
    SiteOptions,
)

YEAR = Periods(("year",), [SiteEconomics().operating_hours_h_per_a], [SITE.duty_kW])


def periods_study(plan: RetrofitPlan, periods: Periods) -> RetrofitStudy[PeriodResult]:
    return retrofit_periods(
        SITE,
        periods,
        existing_C=plan.existing_C.tolist(),
        move=plan.move,
        range_K=plan.range_K,
        heat_pumps=plan.allows_pumps,
        add=plan.add,
        close=plan.close,
        objective=plan.inputs.objective,
        options=plan.inputs.options,
    )


def enumerated(plan: RetrofitPlan, inputs: PeriodInputs, choice: tuple[int, ...]) -> float:
    """Least objective of a configuration, every level set and choice of heat pumps tried."""
    site, options = plan.inputs, plan.inputs.options
    free = replace(inputs, site=replace(site, options=replace(options, levels=LevelOptions())))
    annuity = site.economics.annuity_per_a if site.objective is Measure.TAC else 0.0
    best, known = np.inf, dict[tuple[int, ...], float]()
    for levels, cost_EUR in choices_with_cost(plan, choice):
        level_C = site.level_C[list(levels)]
        if any(np.abs(level_C - one).min() > 1e-6 for one in forced_levels_C(options)):
            continue
        if levels not in known:
            chosen = nearest(site, levels)
            pumps = [
                one for one in pumps_between(site, levels) if plan.allows_pumps or not one.is_new
            ]
            sets = choices_of(site, pumps) if needs_choice(site) else [pumps]
            known[levels] = np.inf
            if chosen is not None:
                each = (least_of_choice(free, levels, chosen, built) for built in sets)
                known[levels] = min(each, default=np.inf)
        best = min(best, known[levels] + annuity * cost_EUR)
    return best


@settings(max_examples=25)
@given(plans(), st.data())
def test_a_retrofit_with_options_is_the_best_of_all_choices(
    plan: RetrofitPlan, data: st.DataObject
) -> None:
    periods = data.draw(periods_of(SITE, 2))
    try:
        study = periods_study(plan, periods)
    except InputError as error:
        if "cannot be operated" not in str(error):
            raise
        reject()
    inputs = over_periods(plan.inputs, periods)
    for one, choice in zip(study.results, plan.choices, strict=True):
        least = enumerated(plan, inputs, choice)
        assert one.result.has_design == np.isfinite(least)
        if np.isfinite(least):
            row = one.result.summary.iloc[0]
            assert row["objective_value"] == pytest.approx(
                least, abs=3.0 * tolerance(plan.inputs, least)
            )
            assert row["bound"] <= row["objective_value"]


@settings(max_examples=25)
@given(plans())
def test_one_period_of_all_hours_costs_what_the_retrofit_costs(plan: RetrofitPlan) -> None:
    """Of several periods it is the size that has a least value, so that such a site costs less."""
    alone, study = study_of(plan), periods_study(plan, YEAR)
    pumps = plan.inputs.options.heat_pumps
    points = [one.heat_kW for one in pumps.investment_points[:1]]
    has_least = any([pumps.forced, pumps.min_size_kW, *points])
    for first, second in ((alone.summary, study.summary), (alone.existing, study.existing)):
        costs = [one["objective_value"].to_numpy() for one in (first, second)]
        if has_least:
            known = ~np.isnan(costs[0])
            assert np.all(costs[1][known] <= costs[0][known] * (1.0 + 3e-7) + 1e-2)
            continue
        assert first["status"].tolist() == second["status"].tolist()
        np.testing.assert_allclose(costs[1], costs[0], rtol=3e-7, atol=1e-2)
        np.testing.assert_allclose(
            second["tac_EUR_per_a"], first["tac_EUR_per_a"], rtol=3e-7, atol=1e-2
        )


def test_levels_that_move_are_paid_and_those_that_stay_are_not() -> None:
    plan = plan_of(SiteOptions(levels=MOVED), move=2, add=1)
    study = periods_study(plan, YEAR)
    best = study.best
    assert best is not None
    annuity = plan.inputs.economics.annuity_per_a
    row = best.result.summary.iloc[0]
    pumps_EUR = float(best.result.heat_pumps["investment_EUR"].sum())
    levels_EUR = 1.5e4 * len(best.moved_C) + 4e4 * len(best.added_C)
    assert best.moved_C or best.added_C
    assert row["capex_EUR_per_a"] == pytest.approx(annuity * (pumps_EUR + levels_EUR), rel=1e-9)
    assert study.existing["capex_EUR_per_a"].iloc[0] == 0.0


def test_no_level_moves_for_less_than_it_costs() -> None:
    free, dear = (
        periods_study(plan_of(SiteOptions(levels=LevelOptions(investment_EUR=cost))), YEAR)
        for cost in (1.0, 1e9)
    )
    assert any(one.moved_C for one in free.results)
    assert not any(one.moved_C for one in dear.results)
    same = dear.existing["tac_EUR_per_a"].iloc[1]
    np.testing.assert_allclose(dear.summary["tac_EUR_per_a"], same, rtol=1e-9)


def test_limits_that_no_choice_keeps_are_proven_and_said() -> None:
    plan = plan_of(SiteOptions(limits=LimitOptions(emission_t_per_a=0.0)))
    study = periods_study(plan, YEAR)
    assert set(study.summary["status"]) == {"infeasible"}
    assert study.notes["note"].str.contains("keeps what options ask for").any()
    assert study.baseline.has_design
    assert not study.without_moves.has_design


def test_heat_pumps_of_today_count_in_the_baseline_and_sources_get_a_table() -> None:
    there = ExistingPump(source_C=35.0, sink_C=70.0, size_kW=300.0)
    options = SiteOptions(heat_pumps=HeatPumpOptions(existing=(there,)))
    study = periods_study(plan_of(options), YEAR)
    assert study.baseline.heat_pumps["size_kW"].tolist() == [300.0]
    assert study.baseline.heat_pumps["investment_EUR"].tolist() == [0.0]
    assert study.today_text == "with the heat pumps of today"
    sources = (HeatSource(name="boiler", price_EUR_per_MWh=40.0, efficiency=0.9),)
    external_heat = replace(SiteOptions().external_heat, sources=sources)
    study = periods_study(plan_of(SiteOptions(external_heat=external_heat)), YEAR)
    assert set(study.joined("heat_sources")["source"]) == {"boiler"}


def test_connections_are_refused_by_name() -> None:
    options = SiteOptions(connections=ConnectionOptions(fixed_investment_EUR=1e3))
    with pytest.raises(InputError, match=r"\[connections\].*not modelled for several periods"):
        retrofit_periods(SITE, YEAR, existing_C=TODAY_C, options=options)
