"""Retrofit of a site with options against full enumeration, its check, files and refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from helpers_cli import run
from helpers_options import (
    choices_of,
    forced_levels_C,
    least_operation,
    nearest,
    needs_choice,
    pumps_between,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_site_options import SITE, limits, prices, pump_options, tolerance

import milpcore
from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import InputError
from milpcore.site.check import CheckError
from milpcore.site.inputs import SiteInputs
from milpcore.site.retrofit import retrofit
from milpcore.site.retrofit_check import Changed, check_retrofit
from milpcore.site.retrofit_plan import RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site.retrofit_results import RetrofitStudy
from milpcore.site_options import (
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenLevels,
    ForbiddenPumps,
    HeatPumpOptions,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options

TODAY_C = (35.0, 70.0, 105.0, 135.0)
"""Levels of today: those of heat pumps that are there lie among them."""
MOVED = LevelOptions(investment_EUR=4e4, moved_investment_EUR=1.5e4)


@st.composite
def plans(draw: st.DrawFn) -> RetrofitPlan:
    """Draw a retrofit of one site with options, each often absent."""
    levels = LevelOptions(
        investment_EUR=draw(st.sampled_from([0.0, 2e4, 1e6])),
        moved_investment_EUR=draw(st.sampled_from([None, 0.0, 3e4])),
        forced_C=draw(st.sampled_from([(), (), (90.0,), (70.0,)])),
        forbidden=draw(st.sampled_from([(), (ForbiddenLevels(from_C=58.0, to_C=66.0),)])),
    )
    pumps = draw(pump_options())
    there = tuple(one for one in pumps.existing if one.source_C in TODAY_C)
    options = SiteOptions(
        heat_pumps=replace(pumps, existing=there),
        levels=levels,
        external_heat=ExternalHeatOptions(prices=draw(prices()).prices),
        cooling=draw(prices()),
        limits=draw(limits()),
    )
    add, close = draw(st.sampled_from([(0, 0), (0, 0), (1, 0), (0, 1)]))
    return plan_retrofit(
        SITE,
        RetrofitOptions(
            TODAY_C, draw(st.integers(0, 2)), 30.0, None, draw(st.booleans()), add, close, None
        )._replace(options=options),
        economics=SiteEconomics(),
        objective=draw(st.sampled_from(["tac", "tac", "opex", "co2"])),
    )


def plan_of(options: SiteOptions, *, move: int = 1, add: int = 0) -> RetrofitPlan:
    asked = RetrofitOptions(TODAY_C, move, 30.0, None, True, add, 0, None, options)
    return plan_retrofit(SITE, asked, economics=SiteEconomics(), objective="tac")


def study_of(plan: RetrofitPlan) -> RetrofitStudy:
    return retrofit(
        plan.inputs.streams,
        existing_C=plan.existing_C.tolist(),
        move=plan.move,
        range_K=plan.range_K,
        heat_pumps=plan.allows_pumps,
        add=plan.add,
        close=plan.close,
        economics=plan.inputs.economics,
        objective=plan.inputs.objective,
        options=plan.inputs.options,
    )


def choices_with_cost(
    plan: RetrofitPlan, choice: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield every set of levels, and what those that are not of today cost, EUR."""
    level_C, own = plan.inputs.level_C, plan.existing.tolist()
    options = plan.inputs.options.levels
    added_EUR = options.investment_EUR
    moved_EUR = added_EUR
    if options.moved_investment_EUR is not None:
        moved_EUR = options.moved_investment_EUR
    for closed in combinations([p for p in range(len(own)) if p not in choice], plan.close):
        kept = [p for p in range(len(own)) if p not in closed]
        free = [level for level in range(level_C.size) if level not in [own[p] for p in closed]]
        range_K = {p: plan.range_K if p in choice else 0.0 for p in kept}
        reach = [
            [one for one in free if abs(level_C[one] - level_C[own[p]]) <= range_K[p]] for p in kept
        ]
        for places in product(*reach):
            if list(places) != sorted(places):
                continue
            for added in product(free, repeat=plan.add):
                levels = sorted({*places, *added})
                cost_EUR = 0.0
                for level in levels:
                    here = [p for p, place in zip(kept, places, strict=True) if place == level]
                    if not any(own[p] == level for p in here):
                        cost_EUR += moved_EUR if here else added_EUR
                yield tuple(levels), cost_EUR


def enumerated(plan: RetrofitPlan, choice: tuple[int, ...]) -> float:
    """Least objective of a configuration, by an operation written anew from the options."""
    options, inputs = plan.inputs.options, plan.inputs
    free: SiteInputs = replace(inputs, options=replace(options, levels=LevelOptions()))
    annuity = inputs.economics.annuity_per_a if inputs.objective is Measure.TAC else 0.0
    best, known = np.inf, {}
    for levels, cost_EUR in choices_with_cost(plan, choice):
        level_C = inputs.level_C[list(levels)]
        if any(np.abs(level_C - one).min() > 1e-6 for one in forced_levels_C(options)):
            continue
        if levels not in known:
            chosen = nearest(inputs, levels)
            pumps = pumps_between(inputs, levels)
            pumps = [one for one in pumps if plan.allows_pumps or not one.is_new]
            sets = choices_of(inputs, pumps) if needs_choice(inputs) else [pumps]
            known[levels] = np.inf
            if chosen is not None:
                known[levels] = min(
                    (least_operation(free, levels, chosen, built) for built in sets),
                    default=np.inf,
                )
        best = min(best, known[levels] + annuity * cost_EUR)
    return best


EVERYTHING = SiteOptions(
    heat_pumps=HeatPumpOptions(
        fixed_investment_EUR=5e4,
        min_size_kW=100.0,
        max_size_kW=900.0,
        max_number=1,
        existing=(ExistingPump(source_C=35.0, sink_C=70.0, size_kW=300.0),),
    ),
    levels=MOVED,
    external_heat=ExternalHeatOptions(prices=(PriceStep(from_C=100.0, price_EUR_per_MWh=70.0),)),
    cooling=PriceOptions(prices=(PriceStep(price_EUR_per_MWh=5.0),)),
    limits=LimitOptions(external_heat_kW=1200.0, emission_t_per_a=3500.0),
)


@settings(max_examples=12)
@example(plan_of(EVERYTHING, move=2))
@example(plan_of(replace(EVERYTHING, limits=LimitOptions()), add=1))
@given(plans())
def test_every_configuration_is_the_best_of_all(plan: RetrofitPlan) -> None:
    study = study_of(plan)
    for choice, one in zip(plan.choices, study.results, strict=True):
        best = enumerated(plan, choice)
        if not np.isfinite(best):
            assert one.result.status is Status.INFEASIBLE
            continue
        row = one.result.summary.iloc[0]
        allowed = tolerance(plan.inputs, best)
        assert abs(row["objective_value"] - best) <= allowed
        assert row["bound"] <= best + allowed
        assert one.result.status is Status.OPTIMAL


def saving(options: SiteOptions, **arguments: object) -> tuple[dict[float, float], float]:
    study = retrofit(
        SITE,
        existing_C=TODAY_C,
        move=1,
        range_K=30.0,
        options=options,
        **arguments,  # type: ignore[arg-type]
    )
    assert study.best is not None
    return study.best.moved_C, study.best.saving_percent


def test_a_level_moves_only_where_that_pays() -> None:
    def levels(**values: float) -> SiteOptions:
        return SiteOptions(levels=LevelOptions(**values))

    moved, free = saving(levels(moved_investment_EUR=0.0, investment_EUR=9e9))
    plain, most = saving(SiteOptions())
    assert moved == plain
    assert free == pytest.approx(most)
    again, paid = saving(levels(moved_investment_EUR=1e4))
    assert again == moved
    assert 0.0 < paid < free
    stays, least = saving(levels(investment_EUR=1e8))
    assert stays == {}
    assert least < paid


def test_what_moves_is_paid_and_checked() -> None:
    options = SiteOptions(levels=MOVED)
    study = retrofit(SITE, existing_C=TODAY_C, range_K=30.0, add=1, options=options)
    one = study.best
    assert one is not None
    assert one.moved_C
    assert one.added_C
    row = one.result.summary.iloc[0]
    pumps_EUR = one.result.heat_pumps["investment_EUR"].sum()
    levels_EUR = 1.5e4 * len(one.moved_C) + 4e4 * len(one.added_C)
    economics = SiteEconomics()
    assert row["capex_EUR_per_a"] == pytest.approx(
        economics.annuity_per_a * (pumps_EUR + levels_EUR)
    )
    assert row["formulation"] == "slot_list"
    told = Changed(one.moved_C, one.given_up_C, one.added_C)
    check_retrofit(one.result, SITE, economics, TODAY_C, told)
    (old,) = one.moved_C
    for wrong, message in (
        (told._replace(added_C=()), "level: found in use"),
        (told._replace(moved_C={}), "level: found in use"),
        (told._replace(moved_C={}, added_C=(*told.added_C, *one.moved_C.values())), "capex_EUR"),
        (told._replace(given_up_C=(old,)), "found moved and given up"),
        (told._replace(given_up_C=(1.0,)), "expected a level of today"),
        (told._replace(added_C=(*told.added_C, 135.0)), "as a level of today stays"),
    ):
        with pytest.raises(CheckError, match=message):
            check_retrofit(one.result, SITE, economics, TODAY_C, wrong)


def test_the_baseline_is_today_whatever_is_to_come() -> None:
    there = ExistingPump(source_C=35.0, sink_C=70.0, size_kW=300.0)
    pumps = HeatPumpOptions(existing=(there,), max_number=0)
    options = SiteOptions(
        heat_pumps=pumps,
        levels=LevelOptions(forced_C=(90.0,)),
        limits=LimitOptions(emission_t_per_a=1.0),
    )
    study = retrofit(SITE, existing_C=TODAY_C, range_K=30.0, options=options)
    assert study.baseline.heat_pumps[["source_C", "sink_C"]].to_numpy().tolist() == [[35.0, 70.0]]
    assert study.baseline.heat_pumps["investment_EUR"].tolist() == [0.0]
    assert study.without_moves.status is Status.INFEASIBLE
    assert "cannot keep what options ask for" in study.without_moves.notes[0]
    assert [one.result.status for one in study.results] == [Status.INFEASIBLE] * 4
    assert "keeps what options ask for" in study.results[0].result.notes[0]
    none = retrofit(SITE, existing_C=TODAY_C, heat_pumps=False, options=options)
    assert none.without_moves is none.baseline
    assert none.baseline.notes[-1] == "No new heat pump: only those of today are allowed."


def test_options_without_effect_have_the_result_without_options() -> None:
    idle = SiteOptions(heat_pumps=HeatPumpOptions(max_size_kW=1e9))
    plain = retrofit(SITE, existing_C=TODAY_C, move=2, range_K=30.0)
    same = retrofit(SITE, existing_C=TODAY_C, move=2, range_K=30.0, options=idle)
    for one, other in zip(plain.results, same.results, strict=True):
        assert (one.moved_C, one.given_up_C) == (other.moved_C, other.given_up_C)
        assert one.saving_percent == pytest.approx(other.saving_percent, abs=1e-7)
    none = retrofit(SITE, existing_C=TODAY_C, options=SiteOptions())
    assert none.results[0].result.summary["formulation"].iloc[0] == "slot_search"


def test_a_site_of_a_few_watts_has_the_same_retrofit() -> None:
    table = SITE.table.copy()
    table["heat_flow"] = table["heat_flow"] * 1e-6
    tiny = milpcore.Streams(table)
    pumps = HeatPumpOptions(fixed_investment_EUR=5e-2, max_number=1)
    small = SiteOptions(heat_pumps=pumps, levels=LevelOptions(investment_EUR=2e-2))
    pumps = HeatPumpOptions(fixed_investment_EUR=5e4, max_number=1)
    large = SiteOptions(heat_pumps=pumps, levels=LevelOptions(investment_EUR=2e4))
    found = retrofit(tiny, existing_C=TODAY_C, range_K=30.0, options=small)
    usual = retrofit(SITE, existing_C=TODAY_C, range_K=30.0, options=large)
    for one, other in zip(found.results, usual.results, strict=True):
        assert one.moved_C == other.moved_C
        assert one.saving_percent == pytest.approx(other.saving_percent, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "objective", "message"),
    [
        (
            SiteOptions(levels=LevelOptions(forbidden=(ForbiddenLevels(from_C=70.0, to_C=80.0),))),
            "tac",
            "existing_C = 70 °C: is forbidden, but there",
        ),
        (
            SiteOptions(
                heat_pumps=HeatPumpOptions(
                    existing=(ExistingPump(source_C=35.0, sink_C=80.0, size_kW=1.0),)
                )
            ),
            "tac",
            "joins a level at 80 °C, which is none of the existing ones",
        ),
        (SiteOptions(levels=MOVED), "capex", "least CAPEX cannot be asked for with options"),
        (3, "tac", "must be SiteOptions"),
    ],
)
def test_what_makes_no_sense_is_refused(options: SiteOptions, objective: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        retrofit(SITE, existing_C=TODAY_C, options=options, objective=objective)


def test_the_command_takes_the_same_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = replace(
        EVERYTHING,
        heat_pumps=replace(
            EVERYTHING.heat_pumps,
            forbidden=(ForbiddenPumps(sink_from_C=130.0),),
            cop_table=tuple(
                CopPoint(source_C=i, sink_C=j, cop=3.0) for i in (0.0, 100.0) for j in (20.0, 150.0)
            ),
        ),
        limits=LimitOptions(),
    )
    milpcore.write_streams(SITE, tmp_path / "site.csv")
    write_site_options(SiteEconomics(), options, tmp_path / "options.toml")
    asked = ("retrofit", str(tmp_path / "site.csv"), "--existing", "35,70,105,135", "--range", "30")
    asked += ("--economics", str(tmp_path / "options.toml"), "--quiet")
    answer = run(capsys, *asked, "--json", "--out", str(tmp_path / "out"))
    assert answer.code == 0
    found = json.loads(answer.out)["results"]
    study = retrofit(SITE, existing_C=TODAY_C, range_K=30.0, options=options)
    assert [one["saving_percent"] for one in found] == [
        pytest.approx(one.saving_percent, rel=1e-9) for one in study.results
    ]
    copy = tmp_path / "out" / "inputs" / "economics.toml"
    assert read_site_options(copy)[1] == options
    text = run(capsys, *asked)
    assert "with the heat pumps of today" in text.out
    ranked = run(capsys, *asked, "--alternatives", "2")
    assert ranked.code == 0
    assert "Alternatives: at most 4 levels" in ranked.out
