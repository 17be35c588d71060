"""Sources of external heat: full enumeration, files, tables, check, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_cli import run
from helpers_options import enumerated_with_options
from helpers_sites import PRICES, stream_tables
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_site_options import EXACT, SITE, limits, tolerance
from test_site_retrofit_options import TODAY_C, enumerated, plan_of, study_of

import milpcore
from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import InputError
from milpcore.plots.tables import cost_components
from milpcore.site.check import CheckError, check
from milpcore.site.greenfield import greenfield, greenfield_study
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.level_path import LevelPath
from milpcore.site.option_search import SetSearch
from milpcore.site.path_search import PathSearch
from milpcore.site.retrofit import retrofit
from milpcore.site_options import (
    ExternalHeatOptions,
    HeatPumpOptions,
    HeatSource,
    LimitOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options

GAS = HeatSource(name="gas", price_EUR_per_MWh=40.0, emission_t_per_MWh=0.2, efficiency=0.9)
BIOMASS = HeatSource(
    name="biomass",
    price_EUR_per_MWh=30.0,
    emission_t_per_MWh=0.02,
    efficiency=0.8,
    capacity_kW=500.0,
    max_level_C=130.0,
)
ELECTRIC = HeatSource(
    name="electric boiler", price_EUR_per_MWh=90.0, emission_t_per_MWh=0.1, efficiency=0.99
)
WASTE = HeatSource(
    name="waste incineration", price_EUR_per_MWh=5.0, capacity_kW=200.0, max_level_C=100.0
)
ALL = (GAS, BIOMASS, ELECTRIC, WASTE)


def of(*sources: HeatSource, **others: object) -> SiteOptions:
    external_heat = ExternalHeatOptions(sources=sources)
    return SiteOptions(external_heat=external_heat, **others)  # type: ignore[arg-type]


def sources() -> st.SearchStrategy[tuple[HeatSource, ...]]:
    """Draw sources on either side of every condition."""

    def one(name: str) -> st.SearchStrategy[HeatSource]:
        return st.builds(
            HeatSource,
            name=st.just(name),
            price_EUR_per_MWh=st.sampled_from([0.0, 30.0, 60.0]),
            emission_t_per_MWh=st.sampled_from([0.0, 0.1, 0.2]),
            efficiency=st.sampled_from([0.8, 1.0]),
            capacity_kW=st.sampled_from([np.inf, np.inf, 700.0, 50.0]),
            max_level_C=st.sampled_from([np.inf, np.inf, 120.0, 80.0]),
        )

    return st.one_of(
        st.tuples(one("A")), st.tuples(one("A"), one("B")), st.tuples(*map(one, "ABC"))
    )


@st.composite
def sites(draw: st.DrawFn) -> SiteInputs:
    """Draw a small site with sources, limits, and heat pumps that may cost something fixed."""
    fixed = draw(st.sampled_from([0.0, 0.0, 5e4]))
    return prepare(
        draw(stream_tables(max_streams=4)),
        economics=PRICES[draw(st.sampled_from(sorted(PRICES)))],
        objective=draw(st.sampled_from(["tac", "tac", "opex", "co2"])),
        options=of(
            *draw(sources()),
            limits=draw(limits()),
            heat_pumps=HeatPumpOptions(fixed_investment_EUR=fixed),
        ),
    )


def site(*given_sources: HeatSource, objective: str = "tac", **others: object) -> SiteInputs:
    return prepare(SITE, options=of(*given_sources, **others), objective=objective)


@settings(max_examples=20)
@example(site(*ALL), 3)
@example(site(*ALL, limits=LimitOptions(emission_t_per_a=900.0)), 3)
@example(site(GAS, ELECTRIC, limits=LimitOptions(emission_t_per_a=2500.0)), 3)
@example(site(*ALL, objective="co2"), 3)
@given(sites(), st.integers(1, 3))
def test_every_formulation_has_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = enumerated_with_options(inputs, n_levels)
    makers = (*EXACT, PathSearch)
    asked = 0
    for make in makers:
        if make(n_levels).refusal(inputs) is not None:
            assert make in (SetSearch, PathSearch)
            continue
        asked += 1
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        if not np.isfinite(best):
            assert outcome.status is Status.INFEASIBLE
            continue
        assert abs(outcome.objective - best) <= tolerance(inputs, best), make
        assert outcome.bound <= best + tolerance(inputs, best)
    assert asked >= 4


@pytest.mark.parametrize("add", [0, 1])
def test_a_retrofit_has_the_optimum_of_full_enumeration(add: int) -> None:
    plan = plan_of(of(*ALL, limits=LimitOptions(emission_t_per_a=1500.0)), add=add)
    for choice, one in zip(plan.choices, study_of(plan).results, strict=True):
        best = enumerated(plan, choice)
        value = one.result.summary["objective_value"].iloc[0]
        assert abs(value - best) <= tolerance(plan.inputs, best)


def test_without_capacities_the_usual_search_is_exact() -> None:
    free = (replace(BIOMASS, capacity_kW=np.inf), GAS, replace(WASTE, capacity_kW=np.inf))
    result = greenfield(SITE, n_levels=4, options=of(*free))
    assert result.summary["formulation"].iloc[0] == "path_search"
    table = result.heat_sources.set_index("level_C")["source"]
    steps = ((100.0, "waste incineration"), (130.0, "biomass"), (np.inf, "gas"))
    assert table.to_dict() == {
        level_C: next(name for most_C, name in steps if level_C <= most_C)
        for level_C in table.index
    }
    limited = greenfield(SITE, n_levels=4, options=of(*ALL))
    assert limited.summary["formulation"].iloc[0] == "level_path"
    with pytest.raises(InputError, match="use level_path"):
        greenfield(SITE, n_levels=4, options=of(*ALL), formulation="set_search")


def test_one_source_like_the_gas_boiler_changes_nothing() -> None:
    economics = SiteEconomics()
    boiler = HeatSource(
        name="boiler",
        price_EUR_per_MWh=economics.gas_price_EUR_per_MWh,
        emission_t_per_MWh=economics.gas_emission_t_per_MWh,
        efficiency=economics.boiler_efficiency,
    )
    plain = greenfield(SITE, n_levels=4, mip_rel_gap=0.0)
    same = greenfield(SITE, n_levels=4, mip_rel_gap=0.0, options=of(boiler))
    for column in ("tac_EUR_per_a", "co2_t_per_a"):
        assert same.summary[column].iloc[0] == pytest.approx(plain.summary[column].iloc[0])
    assert plain.heat_sources.empty
    small = replace(boiler, capacity_kW=1e9)
    split = greenfield(SITE, n_levels=4, mip_rel_gap=0.0, options=of(small))
    tac = split.summary["tac_EUR_per_a"].iloc[0]
    assert tac == pytest.approx(plain.summary["tac_EUR_per_a"].iloc[0])


def test_the_cheapest_source_with_capacity_left_is_bought() -> None:
    options = of(*ALL, heat_pumps=HeatPumpOptions(max_number=0))
    result = greenfield(SITE, n_levels=4, options=options, mip_rel_gap=0.0)
    heat_kW = result.heat_sources.groupby("source")["heat_kW"].sum()
    assert heat_kW["waste incineration"] == pytest.approx(200.0)
    assert heat_kW["biomass"] == pytest.approx(500.0)
    assert "electric boiler" not in heat_kW
    total = result.summary["external_heat_kW"].iloc[0]
    assert heat_kW["gas"] == pytest.approx(total - 700.0)
    assert any(note.startswith("External heat by source: gas") for note in result.notes)
    named = result.to_json_dict()["heat_sources_kW"]
    assert named == pytest.approx(heat_kW.to_dict())


def test_too_little_capacity_is_infeasible() -> None:
    small = of(replace(GAS, capacity_kW=1.0))
    made_of_electricity = greenfield(SITE, n_levels=4, options=small)
    assert made_of_electricity.heat_sources["heat_kW"].tolist() == pytest.approx([1.0])
    none = HeatPumpOptions(max_number=0)
    result = greenfield(SITE, n_levels=4, options=replace(small, heat_pumps=none))
    assert result.status is Status.INFEASIBLE
    low = of(replace(GAS, max_level_C=50.0), heat_pumps=none)
    assert greenfield(SITE, n_levels=4, options=low).status is Status.INFEASIBLE
    with pytest.raises(InputError, match="cannot be operated as they are; allow more external"):
        retrofit(SITE, existing_C=TODAY_C, options=of(replace(GAS, capacity_kW=1.0)))


def changed(column: str, factor: float) -> Callable[[object], object]:
    def change(result: object) -> object:
        table = result.heat_sources.copy()  # type: ignore[attr-defined]
        table.loc[0, column] *= factor
        return replace(result, heat_sources=table)  # type: ignore[type-var]

    return change


def test_the_check_finds_tampering() -> None:
    options = of(*ALL)
    result = greenfield(SITE, n_levels=4, options=options)
    check(result, SITE, SiteEconomics(), options=options)
    for change, message in (
        (changed("heat_kW", 0.5), "heat of all sources"),
        (changed("fuel_kW", 0.5), "fuel_kW: found"),
        (changed("cost_EUR_per_a", 0.5), "cost_EUR_per_a: found"),
        (changed("co2_t_per_a", 2.0), "co2_t_per_a: found"),
        (changed("level_C", 2.0), "heat source: found unknown"),
    ):
        with pytest.raises(CheckError, match=message):
            check(change(result), SITE, SiteEconomics(), options=options)  # type: ignore[arg-type]
    for others, message in (
        ((GAS, replace(BIOMASS, capacity_kW=400.0), ELECTRIC, WASTE), "heat of a source, kW"),
        ((GAS, replace(BIOMASS, max_level_C=50.0), ELECTRIC, WASTE), "level_C: found"),
        ((replace(GAS, efficiency=0.8), BIOMASS, ELECTRIC, WASTE), "fuel_kW: found"),
    ):
        with pytest.raises(CheckError, match=message):
            check(result, SITE, SiteEconomics(), options=of(*others))


def test_costs_add_up_in_tables() -> None:
    table = cost_components(greenfield_study(SITE, levels=[3, 4], options=of(*ALL)))
    parts = table.drop(columns=["max_levels", "tac_EUR_per_a"])
    assert parts.sum(axis=1).tolist() == pytest.approx(table["tac_EUR_per_a"].tolist(), rel=1e-9)


@pytest.mark.parametrize("objective", [Measure.OPEX, Measure.CO2])
def test_tac_decides_between_sources_of_equal_objective(objective: Measure) -> None:
    dear = replace(WASTE, name="dear", price_EUR_per_MWh=50.0, capacity_kW=1e6, max_level_C=900.0)
    cheap = replace(dear, name="cheap", price_EUR_per_MWh=4.0, capacity_kW=1e6)
    options = of(dear, cheap, GAS)
    result = greenfield(SITE, n_levels=3, options=options, objective=objective)
    assert set(result.heat_sources["source"]) == {"cheap"}


def test_a_file_holds_sources_and_the_command_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    milpcore.write_streams(SITE, tmp_path / "site.csv")
    path, out = tmp_path / "options.toml", tmp_path / "out"
    write_site_options(SiteEconomics(), of(*ALL), path)
    assert read_site_options(path) == (SiteEconomics(), of(*ALL))
    asked = (str(tmp_path / "site.csv"), "--economics", str(path), "--quiet")
    answer = run(capsys, "greenfield", *asked, "--levels", "3", "--out", str(out))
    assert answer.code == 0
    assert "External heat by source: gas" in answer.out
    assert (out / "heat_sources.csv").read_text(encoding="utf-8").startswith("max_levels,source,")
    again = run(capsys, "retrofit", *asked, "--existing", "35,70,105,135", "--json")
    assert again.code == 0
    assert "biomass" in json.loads(again.out)["results"][0]["heat_sources_kW"]
    study = retrofit(SITE, existing_C=TODAY_C, options=of(*ALL))
    assert [path.name for path in study.write(out / "b")][-1] == "heat_sources.csv"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: replace(GAS, name=" "), "name =  : must be a text"),
        (lambda: replace(GAS, efficiency=0.0), "efficiency = 0.0: must be above 0"),
        (lambda: replace(GAS, capacity_kW=-1.0), "capacity_kW = -1.0: must be at least 0"),
        (lambda: of(GAS, GAS), "name = gas: must not come twice; rename one source"),
        (
            lambda: ExternalHeatOptions(sources=(GAS,), prices=(PriceStep(price_EUR_per_MWh=3.0),)),
            "prices = 1 steps: must not be given beside sources",
        ),
        (lambda: ExternalHeatOptions(sources=(3,)), "must be a tuple of HeatSource"),  # type: ignore[arg-type]
    ],
)
def test_sources_that_make_no_sense_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_what_is_split_is_a_relaxation_where_nothing_is_limited() -> None:
    inputs = site(GAS, ELECTRIC)
    assert inputs.terms is not None
    assert inputs.terms.sources is not None
    assert not inputs.terms.sources.is_split
    terms = replace(inputs.terms, sources=replace(inputs.terms.sources, is_split=True))
    split = LevelPath(3).solve(replace(inputs, terms=terms), mip_rel_gap=0.0)
    whole = LevelPath(3).solve(inputs, mip_rel_gap=0.0)
    assert split.objective == pytest.approx(whole.objective, rel=1e-9)
