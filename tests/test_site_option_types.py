"""Several types of heat pumps: full enumeration, check, files, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_options import enumerated_with_options
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_site_options import EXACT, SITE, tolerance
from test_site_retrofit_options import TODAY_C, enumerated, plan_of, study_of

from milpcore.core import Status
from milpcore.economics import SiteEconomics
from milpcore.faults import InputError
from milpcore.site.check import CheckError, check
from milpcore.site.conditions import pump_dominance_faults
from milpcore.site.greenfield import greenfield
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.option_screen import screen_refusal
from milpcore.site.option_search import SetSearch
from milpcore.site.retrofit import retrofit
from milpcore.site_options import (
    CopPoint,
    ExistingPump,
    ForbiddenPumps,
    HeatPumpOptions,
    HeatPumpType,
    InvestmentPoint,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options

CHEAP = HeatPumpType(
    name="cheap",
    carnot_efficiency=0.5,
    max_lift_K=50.0,
    max_sink_C=110.0,
    investment_EUR_per_kW=50.0,
    max_size_kW=300.0,
)
GOOD = HeatPumpType(name="good", carnot_efficiency=0.7, investment_EUR_per_kW=600.0)
STEAM = HeatPumpType(
    name="steam",
    max_lift_K=80.0,
    max_sink_C=180.0,
    fixed_investment_EUR=3e4,
    min_size_kW=200.0,
    cop_table=tuple(
        CopPoint(source_C=i, sink_C=j, cop=300.0 / (60.0 + j - i))
        for i in (20.0, 90.0)
        for j in (60.0, 150.0)
    ),
)
LARGE = HeatPumpType(
    name="large",
    carnot_efficiency=0.55,
    investment_points=tuple(
        InvestmentPoint(heat_kW=at, investment_EUR=cost)
        for at, cost in ((100.0, 9e4), (600.0, 2.4e5), (2000.0, 5e5))
    ),
)

CHEAP_POWER = SiteEconomics(electricity_price_EUR_per_MWh=30.0)
"""Prices at which both types are built between the same levels."""


def of(*types: HeatPumpType, **others: object) -> SiteOptions:
    return SiteOptions(heat_pumps=HeatPumpOptions(types=types, **others))  # type: ignore[arg-type]


THERE = (
    ExistingPump(source_C=60.0, sink_C=105.0, size_kW=300.0, type="good"),
    ExistingPump(source_C=60.0, sink_C=105.0, size_kW=100.0, type="cheap"),
)


@st.composite
def sites(draw: st.DrawFn) -> SiteInputs:
    """Draw two types, with what else may be asked of heat pumps."""
    types = draw(
        st.sampled_from([(CHEAP, GOOD), (GOOD, STEAM), (CHEAP, LARGE), (GOOD, CHEAP), (STEAM,)])
    )
    names = {one.name for one in types}
    there = draw(st.sampled_from([(), THERE]))
    options = of(
        *types,
        max_number=draw(st.sampled_from([None, None, 1, 2])),
        existing=tuple(one for one in there if one.type in names),
        forbidden=draw(st.sampled_from([(), (ForbiddenPumps(source_to_C=40.0),)])),
    )
    cold = draw(st.sampled_from([(), (PriceStep(price_EUR_per_MWh=20.0),)]))
    prices = SiteEconomics(
        electricity_price_EUR_per_MWh=draw(st.sampled_from([30.0, 90.0])),
    )
    return prepare(
        SITE,
        options=replace(options, cooling=PriceOptions(prices=cold)),
        objective=draw(st.sampled_from(["tac", "tac", "co2"])),
        economics=prices,
    )


@settings(max_examples=15)
@example(prepare(SITE, options=of(CHEAP, GOOD), economics=CHEAP_POWER), 3)
@example(prepare(SITE, options=of(CHEAP, GOOD, existing=THERE, max_number=1)), 3)
@example(prepare(SITE, options=of(GOOD, STEAM)), 3)
@example(prepare(SITE, options=of(CHEAP, LARGE)), 3)
@given(sites(), st.integers(2, 3))
def test_every_formulation_has_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = enumerated_with_options(inputs, n_levels)
    for make in EXACT:
        if make(n_levels).refusal(inputs) is not None:
            assert make is SetSearch
            assert screen_refusal(inputs) is not None
            continue
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        assert abs(outcome.objective - best) <= tolerance(inputs, best), make
        assert outcome.bound <= best + tolerance(inputs, best)


@pytest.mark.parametrize(
    ("types", "add"), [((CHEAP, GOOD), 0), ((GOOD, STEAM), 0), ((CHEAP, GOOD), 1)]
)
def test_a_retrofit_has_the_optimum_of_full_enumeration(
    types: tuple[HeatPumpType, ...], add: int
) -> None:
    there = (ExistingPump(source_C=35.0, sink_C=70.0, size_kW=200.0, type="good"),)
    plan = plan_of(of(*types, existing=there), add=add)
    study = study_of(plan)
    assert set(study.baseline.heat_pumps["type"]) == {"good"}
    pairs = list(zip(plan.choices, study.results, strict=True))
    for choice, one in pairs[:: 1 + 2 * add]:  # with a level more there are many sets to enumerate
        best = enumerated(plan, choice)
        value = one.result.summary["objective_value"].iloc[0]
        assert abs(value - best) <= tolerance(plan.inputs, best)


def test_parallel_heat_pumps_are_rows_of_their_own_and_checked() -> None:
    options = of(CHEAP, GOOD)
    result = greenfield(SITE, n_levels=3, options=options, economics=CHEAP_POWER)
    pumps = result.heat_pumps
    assert pumps.columns[-1] == "type"
    assert pumps.duplicated(["source_C", "sink_C"]).any()
    assert set(pumps["type"]) == {"cheap", "good"}
    assert {one["type"] for one in result.to_json_dict()["heat_pumps"]} == {"cheap", "good"}
    check(result, SITE, CHEAP_POWER, options=options)
    swapped = pumps.assign(type=pumps["type"].map({"cheap": "good", "good": "cheap"}))
    unknown = pumps.assign(type="unknown")
    for table, message in (
        (swapped, "cop: found"),
        (unknown, "type: found"),
        (pumps.drop(columns="type"), "columns: found"),
    ):
        with pytest.raises(CheckError, match=message):
            check(replace(result, heat_pumps=table), SITE, CHEAP_POWER, options=options)
    for others, message in (
        (of(replace(CHEAP, max_size_kW=200.0), GOOD), "size of a new heat pump"),
        (of(replace(CHEAP, max_lift_K=5.0), GOOD), "lift, K"),
        (of(replace(CHEAP, max_sink_C=50.0), GOOD), "sink_C"),
        (of(CHEAP, replace(GOOD, investment_EUR_per_kW=1.0)), "investment_EUR"),
        (of(CHEAP, GOOD, max_number=1), "number of new heat pumps"),
    ):
        with pytest.raises(CheckError, match=message):
            check(result, SITE, CHEAP_POWER, options=others)


def test_one_type_like_the_usual_one_changes_nothing() -> None:
    plain = greenfield(SITE, n_levels=4, mip_rel_gap=0.0)
    same = greenfield(SITE, n_levels=4, mip_rel_gap=0.0, options=of(HeatPumpType(name="usual")))
    tac = plain.summary["tac_EUR_per_a"].iloc[0]
    assert same.summary["tac_EUR_per_a"].iloc[0] == pytest.approx(tac, rel=1e-9)
    assert same.summary["formulation"].iloc[0] == "path_search"
    assert set(same.heat_pumps["type"]) == {"usual"}
    more = greenfield(SITE, n_levels=4, mip_rel_gap=0.0, options=of(HeatPumpType(name="a"), GOOD))
    assert more.summary["tac_EUR_per_a"].iloc[0] < tac


def test_what_relies_on_one_type_refuses() -> None:
    options = of(CHEAP, replace(GOOD, max_size_kW=np.inf))
    inputs = prepare(SITE, options=of(GOOD, replace(GOOD, name="again")))
    assert pump_dominance_faults(inputs) == ["there are several types of heat pumps"]
    with pytest.raises(InputError, match="several types of heat pumps; use set_search"):
        greenfield(SITE, n_levels=3, options=options, formulation="path_search")
    dear = PriceOptions(prices=(PriceStep(price_EUR_per_MWh=9e4),))
    options = replace(options, cooling=dear)
    with pytest.raises(InputError, match="as cooling is dear; use level_path"):
        greenfield(SITE, n_levels=3, options=options, formulation="set_search")
    with pytest.raises(InputError, match="give one type, or cheaper cooling"):
        retrofit(SITE, existing_C=TODAY_C, options=options)


def test_without_a_design_tables_are_empty() -> None:
    options = replace(of(CHEAP, GOOD), limits=LimitOptions(emission_t_per_a=1.0))
    result = greenfield(SITE, n_levels=3, options=options)
    assert result.status is Status.INFEASIBLE


def test_a_file_holds_types(tmp_path: Path) -> None:
    path, options = tmp_path / "options.toml", of(CHEAP, GOOD, STEAM, LARGE, existing=THERE)
    write_site_options(SiteEconomics(), options, path)
    assert read_site_options(path)[1] == options
    rows = "source_C,sink_C,cop\n20,60,5\n20,90,3\n50,60,9\n50,90,6\n"
    (tmp_path / "cop.csv").write_text(rows, encoding="utf-8")
    text = '[[heat_pumps.types]]\nname = "measured"\ncop_table = "cop.csv"\n'
    path.write_text(text, encoding="utf-8")
    (one,) = read_site_options(path)[1].heat_pumps.types
    assert one.cop_table[3] == CopPoint(source_C=50.0, sink_C=90.0, cop=6.0)
    path.write_text("[[heat_pumps.types]]\nmax_size_kW = -3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\[\[heat_pumps.types\]\] 1: name: is missing"):
        read_site_options(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HeatPumpType(name=""), "must be a text that says something"),
        (lambda: replace(GOOD, carnot_efficiency=2.0), "carnot_efficiency = 2.0: must be at least"),
        (lambda: replace(GOOD, min_size_kW=9.0, max_size_kW=8.0), "at least min_size_kW = 9"),
        (lambda: of(GOOD, GOOD), "types = good: must not come twice; rename one type"),
        (lambda: of(GOOD, max_size_kW=5.0), "max_size_kW: must not be given beside types"),
        (
            lambda: of(CHEAP, existing=THERE[:1]),
            "existing = good: has a type that is none of the types; known are cheap",
        ),
        (lambda: HeatPumpOptions(existing=THERE[:1]), "none of the types; leave the type out"),
    ],
)
def test_types_that_make_no_sense_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
