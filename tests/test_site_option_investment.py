"""Investment of heat pumps by size: full enumeration, segments, check, refusals."""

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
from test_site_retrofit_options import enumerated, plan_of, study_of

from milpcore.core import solve
from milpcore.economics import SiteEconomics
from milpcore.faults import InputError
from milpcore.site.check import CheckError, check
from milpcore.site.greenfield import greenfield
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.level_path import LevelPath
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_investment import Segment, distributed, pump_segments
from milpcore.site.option_search import SetSearch
from milpcore.site_options import (
    ExistingPump,
    HeatPumpOptions,
    InvestmentPoint,
    LevelOptions,
    SiteOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options

SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "concave": ((0.0, 0.0), (300.0, 2.5e5), (900.0, 5e5), (3000.0, 9e5)),
    "concave from a least size": ((200.0, 2e5), (600.0, 4e5), (2000.0, 6e5)),
    "convex": ((0.0, 0.0), (400.0, 1e5), (1000.0, 5e5)),
    "convex from a least size": ((150.0, 6e4), (500.0, 1.5e5), (1500.0, 9e5)),
    "neither": ((0.0, 5e4), (400.0, 6e4), (500.0, 4e5), (1600.0, 6e5)),
    "steps": ((100.0, 1e5), (700.0, 1e5), (1500.0, 4e5)),
}


def points(shape: str) -> tuple[InvestmentPoint, ...]:
    return tuple(InvestmentPoint(heat_kW=at, investment_EUR=cost) for at, cost in SHAPES[shape])


def of(shape: str, **others: object) -> SiteOptions:
    pumps = HeatPumpOptions(investment_points=points(shape), **others)  # type: ignore[arg-type]
    return SiteOptions(heat_pumps=pumps)


THERE = (ExistingPump(source_C=60.0, sink_C=105.0, size_kW=500.0),)


@st.composite
def sites(draw: st.DrawFn) -> SiteInputs:
    """Draw a curve, with what else may be asked of heat pumps."""
    options = of(
        draw(st.sampled_from(sorted(SHAPES))),
        max_number=draw(st.sampled_from([None, None, 1])),
        min_size_kW=draw(st.sampled_from([0.0, 0.0, 350.0])),
        max_size_kW=draw(st.sampled_from([np.inf, 800.0])),
        existing=draw(st.sampled_from([(), THERE])),
    )
    objective = draw(st.sampled_from(["tac", "tac", "co2"]))
    levels = LevelOptions(investment_EUR=draw(st.sampled_from([0.0, 2e4])))
    prices = SiteEconomics(
        heat_pump_investment_EUR_per_kW=draw(st.sampled_from([0.0, 700.0])),
        electricity_price_EUR_per_MWh=draw(st.sampled_from([30.0, 90.0])),
    )
    return prepare(
        SITE, options=replace(options, levels=levels), objective=objective, economics=prices
    )


@settings(max_examples=12)
@example(prepare(SITE, options=of("concave")), 3)
@example(prepare(SITE, options=of("concave from a least size", existing=THERE)), 3)
@example(prepare(SITE, options=of("convex")), 3)
@example(prepare(SITE, options=of("convex", max_number=1)), 3)
@example(prepare(SITE, options=of("convex from a least size")), 3)
@example(prepare(SITE, options=of("neither")), 3)
@example(prepare(SITE, options=of("steps", existing=THERE)), 3)
@given(sites(), st.integers(2, 3))
def test_every_formulation_has_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = enumerated_with_options(inputs, n_levels)
    for make in EXACT:
        assert make(n_levels).refusal(inputs) is None
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        assert abs(outcome.objective - best) <= tolerance(inputs, best), make
        assert outcome.bound <= best + tolerance(inputs, best)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_retrofit_has_the_optimum_of_full_enumeration(shape: str) -> None:
    plan = plan_of(replace(of(shape), levels=LevelOptions(investment_EUR=1e4)))
    for choice, one in zip(plan.choices, study_of(plan).results, strict=True):
        best = enumerated(plan, choice)
        value = one.result.summary["objective_value"].iloc[0]
        assert abs(value - best) <= tolerance(plan.inputs, best)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_investment_lies_on_the_curve(shape: str) -> None:
    options = of(shape)
    result = greenfield(SITE, n_levels=4, options=options, mip_rel_gap=0.0)
    pumps = result.heat_pumps
    assert len(pumps)
    at_kW, cost_EUR = zip(*SHAPES[shape], strict=True)
    expected = np.interp(pumps["heat_kW"], at_kW, cost_EUR)
    assert pumps["investment_EUR"].tolist() == pytest.approx(expected.tolist(), rel=1e-9)
    other = of(shape, max_size_kW=float(pumps["heat_kW"].max()) * 0.9)
    with pytest.raises(CheckError, match="size of a new heat pump"):
        check(result, SITE, SiteEconomics(), options=other)
    dearer = replace(
        options.heat_pumps,
        investment_points=tuple(
            replace(one, investment_EUR=1.1 * one.investment_EUR)
            for one in options.heat_pumps.investment_points
        ),
    )
    with pytest.raises(CheckError, match="investment_EUR: found"):
        check(result, SITE, SiteEconomics(), options=SiteOptions(heat_pumps=dearer))


def test_a_straight_line_is_the_price_per_kW() -> None:
    line = tuple(InvestmentPoint(heat_kW=at, investment_EUR=700.0 * at) for at in (0.0, 1e3, 9e3))
    options = SiteOptions(heat_pumps=HeatPumpOptions(investment_points=line))
    assert pump_segments(options.heat_pumps, SiteEconomics()) == [
        Segment(0.0, 9e3, 0.0, 700.0, False)
    ]
    plain = greenfield(SITE, n_levels=4, mip_rel_gap=0.0)
    same = greenfield(SITE, n_levels=4, mip_rel_gap=0.0, options=options)
    tac = same.summary["tac_EUR_per_a"].iloc[0]
    assert tac == pytest.approx(plain.summary["tac_EUR_per_a"].iloc[0], rel=1e-9)


def test_only_a_convex_curve_does_without_binaries() -> None:
    for shape in SHAPES:
        problem = LevelPath(3).build(prepare(SITE, options=of(shape)))
        assert ("pump_built" in problem.column_blocks) == (shape != "convex")
    counted = LevelPath(3).build(prepare(SITE, options=of("convex", max_number=1)))
    assert "pump_built" in counted.column_blocks


def test_segments_are_tight() -> None:
    """Between two levels the relaxation is on the lower hull of the curve and of no heat pump."""
    economics = SiteEconomics(max_lift_K=200.0, electricity_price_EUR_per_MWh=1.0)
    inputs = prepare(SITE, options=of("concave"), candidates_C=[35.0, 135.0], economics=economics)
    problem = LevelPath(2).build(inputs)
    unit = KW_PER_MW * inputs.cost_scale
    relaxed = solve(problem.relaxed(), mip_rel_gap=0.0)
    heat_MW = relaxed.values["pump_heat"]
    built = relaxed.values["pump_built"]
    most_kW = 3000.0
    assert np.all(built <= 1.0 + 1e-9)
    paid = inputs.objective_fixed_costs.pump @ built + inputs.objective_costs.pump_heat @ (
        heat_MW * KW_PER_MW
    )
    electric = inputs.objective_costs.electricity / inputs.pump_cop[0]
    hull = economics.annuity_per_a * 9e5 / most_kW + electric
    assert paid == pytest.approx(hull * heat_MW.sum() * KW_PER_MW, rel=1e-6)
    assert relaxed.objective * unit > 0.0


def test_heat_is_spread_over_segments_at_least_cost() -> None:
    steps = [Segment(0.0, 2.0, 1.0, 3.0, True), Segment(2.0, 5.0, 5.0, 1.0, True)]
    assert distributed(1.0, None, steps).tolist() == [1.0, 0.0]
    assert distributed(2.0, None, steps).sum() == 2.0
    assert distributed(5.0 + 1e-9, None, steps).tolist() == [0.0, 5.0 + 1e-9]
    assert distributed(9.0, steps[0], steps).tolist() == [9.0, 0.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: of("convex", fixed_investment_EUR=5.0), "must not be given beside investment_"),
        (
            lambda: HeatPumpOptions(investment_points=points("convex")[:1]),
            "investment_points = 1: must be two at least",
        ),
        (
            lambda: HeatPumpOptions(investment_points=points("convex")[:2] * 2),
            "investment_points = 0 kW: must not come twice",
        ),
        (
            lambda: HeatPumpOptions(
                investment_points=(
                    InvestmentPoint(heat_kW=1, investment_EUR=5),
                    InvestmentPoint(heat_kW=2, investment_EUR=4),
                )
            ),
            "2 kW: must cost no less than 1 kW; correct one of the two",
        ),
        (lambda: InvestmentPoint(heat_kW=-1, investment_EUR=5), "heat_kW = -1: must be at least 0"),
        (
            lambda: prepare(SITE, options=of("convex", min_size_kW=2000.0)),
            "leaves no size between 2000 and inf kW",
        ),
    ],
)
def test_what_is_no_curve_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_a_file_holds_points(tmp_path: Path) -> None:
    path = tmp_path / "options.toml"
    write_site_options(SiteEconomics(), of("neither"), path)
    assert read_site_options(path)[1] == of("neither")


def test_set_search_and_level_path_agree_with_curves() -> None:
    inputs = prepare(SITE, options=of("concave"))
    costs = [make(4).solve(inputs, mip_rel_gap=0.0).objective for make in (SetSearch, LevelPath)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-7)
