"""Options of model A against full enumeration, on both sides of every condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers_options import enumerated_with_options
from helpers_sites import PRICES, stream_tables, streams_of
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from milpcore.core import Status, solve
from milpcore.economics import SiteEconomics
from milpcore.faults import InputError
from milpcore.plots.tables import cost_components
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.conditions import pump_dominance_faults
from milpcore.site.greenfield import greenfield, greenfield_study
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.level_path import LevelPath
from milpcore.site.model import KW_PER_MW, Formulation, MilpFormulation
from milpcore.site.option_search import SetSearch
from milpcore.site.path_search import PathSearch
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
from milpcore.streams import Streams

MILPS: tuple[Callable[[int], MilpFormulation], ...] = (
    LevelPath,
    KinkAssignment,
    AssignmentStrong,
    AssignmentWeak,
)
EXACT: tuple[Callable[[int], Formulation], ...] = (*MILPS, SetSearch)

LONG_LIFTS = SiteEconomics(max_lift_K=100.0)

SITE = streams_of(
    (120.0, 70.0, 900.0, 5.0),
    (90.0, 45.0, 1500.0, 5.0),
    (60.0, 95.0, 1100.0, 5.0),
    (80.0, 125.0, 800.0, 5.0),
    (30.0, 55.0, 500.0, 5.0),
)
"""A site on which heat pumps pay, with six candidates from 35 to 135 °C."""


def pump_options() -> st.SearchStrategy[HeatPumpOptions]:
    """Draw options of heat pumps, each often absent."""

    def of(fixed: float, least: float, most: float, number: int | None, n: int) -> HeatPumpOptions:
        existing = [
            ExistingPump(source_C=35.0, sink_C=70.0, size_kW=300.0),
            ExistingPump(source_C=60.0, sink_C=105.0, size_kW=1e5),
        ]
        forbidden = [ForbiddenPumps(source_to_C=40.0), ForbiddenPumps(sink_from_C=100.0)]
        return HeatPumpOptions(
            fixed_investment_EUR=fixed,
            min_size_kW=min(least, most),
            max_size_kW=most,
            max_number=number,
            existing=tuple(existing[: n % 3]),
            forbidden=tuple(forbidden[: n // 3]),
        )

    return st.builds(
        of,
        st.sampled_from([0.0, 2e4, 3e5]),
        st.sampled_from([0.0, 150.0, 900.0]),
        st.sampled_from([np.inf, 400.0, 80.0]),
        st.sampled_from([None, 1, 2, 0]),
        st.integers(0, 8),
    )


def level_options() -> st.SearchStrategy[LevelOptions]:
    """Draw options of levels, each often absent."""

    def of(investment: float, forced: float | None, forbidden: bool) -> LevelOptions:
        return LevelOptions(
            investment_EUR=investment,
            forced_C=() if forced is None else (forced,),
            forbidden=(ForbiddenLevels(from_C=41.0, to_C=43.0),) if forbidden else (),
        )

    return st.builds(
        of, st.sampled_from([0.0, 5e4, 1e6]), st.sampled_from([None, 62.0, 90.0]), st.booleans()
    )


def prices() -> st.SearchStrategy[PriceOptions]:
    """Draw price steps, often none; any profile."""
    starts = st.lists(st.sampled_from([-np.inf, 30.0, 62.0, 90.0, 120.0]), max_size=3, unique=True)
    price = st.sampled_from([0.0, 9.0, 60.0])

    def steps(from_C: list[float]) -> st.SearchStrategy[PriceOptions]:
        each = (
            st.builds(PriceStep, from_C=st.just(one), price_EUR_per_MWh=price) for one in from_C
        )
        return st.tuples(*each).map(lambda chosen: PriceOptions(prices=chosen))

    return starts.flatmap(steps)


def limits() -> st.SearchStrategy[LimitOptions]:
    """Draw limits of the whole site, often none."""
    return st.builds(
        LimitOptions,
        external_heat_kW=st.sampled_from([np.inf, np.inf, np.inf, 700.0, 100.0, 0.0]),
        emission_t_per_a=st.sampled_from([np.inf, np.inf, np.inf, 1500.0, 200.0]),
    )


@st.composite
def optional_sites(draw: st.DrawFn, *, max_streams: int = 4) -> SiteInputs:
    """Draw a site with options and prices on either side of every condition."""
    streams, levels = draw(stream_tables(max_streams=max_streams)), draw(level_options())
    kinks_C = prepare(streams).level_C  # forbidden levels must leave some
    assume(levels.forced_C or not levels.forbidden or np.any((kinks_C < 41.0) | (kinks_C > 43.0)))
    return prepare(
        streams,
        economics=PRICES[draw(st.sampled_from(sorted(PRICES)))],
        cascade=draw(st.sampled_from([True, True, True, False])),
        objective=draw(st.sampled_from(["tac", "tac", "opex", "co2"])),
        options=SiteOptions(
            heat_pumps=draw(pump_options()),
            levels=levels,
            external_heat=ExternalHeatOptions(prices=draw(prices()).prices),
            cooling=draw(prices()),
            limits=draw(limits()),
        ),
    )


def tolerance(inputs: SiteInputs, value: float) -> float:
    """Difference allowed: relative, and the solver's own where costs are nearly nil."""
    largest = max(costs.max(initial=0.0) for costs in inputs.objective_costs[:3])
    return 1e-7 * value + 1e-8 * largest * inputs.stream_duty_kW.sum()


def site_of_least_sizes() -> SiteInputs:
    """A site on which pumped heat falls again, because less cannot be pumped."""
    pumps = HeatPumpOptions(
        fixed_investment_EUR=1e5,
        min_size_kW=800.0,
        existing=(ExistingPump(source_C=60.0, sink_C=105.0, size_kW=900.0),),
    )
    return prepare(SITE, options=SiteOptions(heat_pumps=pumps))


def site_of_limits() -> SiteInputs:
    """A site that has to make heat of electricity, because it may buy little."""
    options = SiteOptions(
        external_heat=ExternalHeatOptions(
            prices=(PriceStep(from_C=100.0, price_EUR_per_MWh=90.0),)
        ),
        cooling=PriceOptions(
            prices=(
                PriceStep(price_EUR_per_MWh=20.0),
                PriceStep(from_C=50.0, price_EUR_per_MWh=1.0),
            )
        ),
        limits=LimitOptions(external_heat_kW=850.0, emission_t_per_a=3200.0),
    )
    return prepare(SITE, options=options)


@settings(max_examples=25)
@example(site_of_least_sizes(), 3)
@example(site_of_limits(), 3)
@given(optional_sites(), st.integers(1, 3))
def test_every_formulation_has_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    if not inputs.cascade:
        return
    best = enumerated_with_options(inputs, n_levels)
    for make in EXACT:
        if make(n_levels).refusal(inputs) is not None:
            assert make is SetSearch
            continue
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        if not np.isfinite(best):
            assert outcome.status is Status.INFEASIBLE
            continue
        assert abs(outcome.objective - best) <= tolerance(inputs, best), make
        assert outcome.bound <= best + tolerance(inputs, best)


@settings(max_examples=40)
@given(
    stream_tables(max_streams=5),
    st.sampled_from(sorted(PRICES)),
    st.sampled_from([{"source_to_C": 40.0}, {"sink_from_C": 80.0, "sink_to_C": 100.0}]),
    st.integers(2, 3),
)
def test_path_search_is_exact_with_forbidden_levels_and_pumps(
    streams: Streams, prices: str, forbidden: dict[str, float], n_levels: int
) -> None:
    options = SiteOptions(
        heat_pumps=HeatPumpOptions(forbidden=(ForbiddenPumps(**forbidden),)),
        levels=LevelOptions(forbidden=(ForbiddenLevels(from_C=71.0, to_C=72.0),)),
    )
    candidates_C = [-100.0, 25.0, 62.0, 97.0, 131.0, 300.0]
    inputs = prepare(streams, economics=PRICES[prices], options=options, candidates_C=candidates_C)
    best = enumerated_with_options(inputs, n_levels)
    outcome = PathSearch(n_levels).solve(inputs, mip_rel_gap=0.0)
    assert abs(outcome.objective - best) <= tolerance(inputs, best)


def solved(options: SiteOptions, n_levels: int = 4, **arguments: object) -> float:
    result = greenfield(
        SITE,
        n_levels=n_levels,
        options=options,
        mip_rel_gap=0.0,
        **arguments,  # type: ignore[arg-type]
    )
    assert result.status is Status.OPTIMAL
    return float(result.summary["objective_value"].iloc[0])


RESTRICTIONS = {
    "fixed investment": SiteOptions(heat_pumps=HeatPumpOptions(fixed_investment_EUR=3e5)),
    "least size": SiteOptions(heat_pumps=HeatPumpOptions(min_size_kW=900.0)),
    "largest size": SiteOptions(heat_pumps=HeatPumpOptions(max_size_kW=300.0)),
    "number": SiteOptions(heat_pumps=HeatPumpOptions(max_number=1)),
    "forbidden pumps": SiteOptions(
        heat_pumps=HeatPumpOptions(forbidden=(ForbiddenPumps(source_to_C=40.0),))
    ),
    "level investment": SiteOptions(levels=LevelOptions(investment_EUR=1e5)),
    "forbidden levels": SiteOptions(
        levels=LevelOptions(forbidden=(ForbiddenLevels(from_C=55.0, to_C=63.0),))
    ),
    "forced level": SiteOptions(levels=LevelOptions(forced_C=(90.0,))),
    "dear steam": SiteOptions(
        external_heat=ExternalHeatOptions(prices=(PriceStep(from_C=130.0, price_EUR_per_MWh=60.0),))
    ),
    "dear cooling": SiteOptions(cooling=PriceOptions(prices=(PriceStep(price_EUR_per_MWh=5.0),))),
    "limit of emissions": SiteOptions(limits=LimitOptions(emission_t_per_a=2700.0)),
    "limit of external heat": SiteOptions(limits=LimitOptions(external_heat_kW=100.0)),
}
"""Options of which each makes the site dearer."""


@pytest.mark.parametrize("name", RESTRICTIONS)
def test_each_restriction_costs_something(name: str) -> None:
    kinks_C = sorted({35.0, 60.0, 65.0, 105.0, 135.0, 90.0})
    plain = solved(SiteOptions(), candidates_C=kinks_C)
    assert solved(RESTRICTIONS[name], candidates_C=kinks_C) > plain * (1.0 + 1e-4)


@pytest.mark.parametrize(
    "options",
    [
        HeatPumpOptions(existing=(ExistingPump(source_C=35.0, sink_C=65.0, size_kW=300.0),)),
        HeatPumpOptions(
            existing=(ExistingPump(source_C=35.0, sink_C=65.0, size_kW=300.0),),
            min_size_kW=150.0,
            fixed_investment_EUR=1e4,
        ),
    ],
    ids=["size of what is there", "and a least size of the rest"],
)
def test_an_existing_pump_saves_its_investment(options: HeatPumpOptions) -> None:
    result = greenfield(SITE, n_levels=3, options=SiteOptions(heat_pumps=options), mip_rel_gap=0.0)
    inputs = prepare(SITE, options=SiteOptions(heat_pumps=options))
    best = enumerated_with_options(inputs, 3)
    assert result.summary["objective_value"].iloc[0] == pytest.approx(best, rel=1e-7)
    pump = result.heat_pumps.set_index(["source_C", "sink_C"]).loc[(35.0, 65.0)]
    new_kW = max(pump["heat_kW"] - 300.0, options.min_size_kW)
    expected = 700.0 * new_kW + options.fixed_investment_EUR
    assert pump["investment_EUR"] == pytest.approx(expected)


@settings(max_examples=15)
@given(stream_tables(max_streams=5), pump_options(), level_options(), st.integers(2, 4))
def test_a_further_restriction_never_lowers_cost(
    streams: Streams, pumps: HeatPumpOptions, levels: LevelOptions, n_levels: int
) -> None:
    def cost(options: SiteOptions) -> float:
        inputs = prepare(streams, options=options)
        return LevelPath(n_levels).solve(inputs, mip_rel_gap=0.0).objective

    restricted = replace(pumps, fixed_investment_EUR=4e5, max_number=1)
    some = SiteOptions(heat_pumps=pumps, levels=levels)
    more = SiteOptions(heat_pumps=restricted, levels=replace(levels, investment_EUR=2e6))
    cheap, dear = cost(some), cost(more)
    assert np.isnan(cheap) == np.isnan(dear)
    assert np.isnan(cheap) or dear >= cheap * (1.0 - 1e-7) - 1e-6


def test_options_without_effect_have_the_optimum_without_options() -> None:
    idle = HeatPumpOptions(max_size_kW=1e9, max_number=50)
    plain = greenfield(SITE, n_levels=4, mip_rel_gap=0.0)
    for pumps in (idle, HeatPumpOptions(forbidden=(ForbiddenPumps(source_from_C=4000.0),))):
        options = SiteOptions(heat_pumps=pumps)
        result = greenfield(SITE, n_levels=4, options=options, mip_rel_gap=0.0)
        for table in ("levels", "heat_pumps"):
            pd.testing.assert_frame_equal(getattr(result, table), getattr(plain, table), rtol=1e-9)


def test_without_options_problems_are_what_they_were() -> None:
    plain, none = prepare(SITE), prepare(SITE, options=SiteOptions())
    assert none.terms is None
    for make in MILPS:
        with_none, without = (make(3).build(inputs) for inputs in (none, plain))
        assert set(without.row_blocks) == set(with_none.row_blocks)
        assert (without.matrix != with_none.matrix).nnz == 0
        assert "pump_built" not in without.column_blocks
        np.testing.assert_array_equal(without.cost, with_none.cost)


def test_dominance_rows_stay_where_only_levels_have_options() -> None:
    levels = SiteOptions(levels=LevelOptions(investment_EUR=1e5, forced_C=(62.0,)))
    assert pump_dominance_faults(prepare(SITE, options=levels)) == []
    gap = SiteOptions(
        heat_pumps=HeatPumpOptions(forbidden=(ForbiddenPumps(sink_from_C=50.0, sink_to_C=62.0),))
    )
    assert pump_dominance_faults(prepare(SITE, options=gap)) == [
        "a heat pump is allowed, but not the one of a smaller lift between its levels"
    ]
    fixed = SiteOptions(heat_pumps=HeatPumpOptions(fixed_investment_EUR=1.0))
    assert pump_dominance_faults(prepare(SITE, options=fixed)) == [
        "heat pumps have a fixed cost, a least or largest size, or are counted"
    ]


def test_forbidden_smaller_lifts_make_dominance_rows_wrong() -> None:
    # Heat of 60 °C is needed at 90 °C, but only a pump to 105 °C is allowed: it must fall again.
    forbidden = ForbiddenPumps(sink_to_C=100.0), ForbiddenPumps(source_from_C=80.0)
    inputs = prepare(
        streams_of(
            (120.0, 70.0, 900.0, 5.0),
            (150.0, 100.0, 800.0, 5.0),
            (60.0, 80.0, 1200.0, 5.0),
            (60.0, 95.0, 30.0, 5.0),
        ),
        options=SiteOptions(heat_pumps=HeatPumpOptions(forbidden=forbidden)),
    )
    best = enumerated_with_options(inputs, 3)
    unit = KW_PER_MW * inputs.cost_scale
    right, wrong = (
        solve(LevelPath(3).build(one), mip_rel_gap=0.0).objective * unit
        for one in (inputs, replace(inputs, terms=None))
    )
    assert right == pytest.approx(best, rel=1e-7)
    assert wrong > best * 1.05


def test_a_result_says_why_it_was_not_the_usual_search() -> None:
    options = SiteOptions(
        heat_pumps=HeatPumpOptions(max_number=1), levels=LevelOptions(investment_EUR=1e4)
    )
    result = greenfield(SITE, n_levels=3, options=options)
    assert result.summary["formulation"].iloc[0] == "set_search"
    assert result.notes[-1] == (
        "Solved with set_search: path_search does not know that heat pumps have a fixed cost or a "
        "least size, or are counted and levels cost something."
    )
    asked = greenfield(SITE, n_levels=3, options=options, formulation="kink_assignment")
    assert not any("path_search" in note for note in asked.notes)
    with pytest.raises(InputError, match="levels cost something; use set_search"):
        greenfield(SITE, n_levels=3, options=options, formulation="path_search")
    no_cascade = greenfield(SITE, n_levels=3, options=options, cascade=False)
    assert no_cascade.summary["formulation"].iloc[0] == "assignment_strong"


def test_more_forced_levels_than_places_are_infeasible() -> None:
    options = SiteOptions(levels=LevelOptions(forced_C=(60.0, 70.0, 80.0)))
    result = greenfield(SITE, n_levels=2, options=options)
    assert result.status is Status.INFEASIBLE
    assert "3 levels are forced" in result.notes[0]
    # Of four, the lowest and the highest serve what the forced ones do not.
    assert greenfield(SITE, n_levels=5, options=options).status is Status.OPTIMAL


def test_a_forced_level_without_use_is_shown() -> None:
    options = SiteOptions(levels=LevelOptions(forced_C=(300.0,), investment_EUR=1e5))
    result = greenfield(SITE, n_levels=3, options=options)
    assert result.levels["temperature_C"].iloc[-1] == 300.0
    assert result.summary["capex_EUR_per_a"].iloc[0] >= 3e5 * result.economics.annuity_per_a


@pytest.mark.parametrize(
    ("options", "arguments", "message"),
    [
        (
            SiteOptions(levels=LevelOptions(investment_EUR=1.0)),
            {"objective": "capex"},
            "least CAPEX",
        ),
        (
            SiteOptions(levels=LevelOptions(forbidden=(ForbiddenLevels(),))),
            {},
            "no candidate level is left",
        ),
        (
            SiteOptions(
                heat_pumps=HeatPumpOptions(
                    existing=(ExistingPump(source_C=60.0, sink_C=80.0, size_kW=1.0),)
                ),
                levels=LevelOptions(forbidden=(ForbiddenLevels(from_C=80.0, to_C=80.0),)),
            ),
            {},
            "80 °C: is the end of an existing heat pump, but no level may lie there",
        ),
        (
            SiteOptions(
                heat_pumps=HeatPumpOptions(
                    existing=(ExistingPump(source_C=-100.0, sink_C=900.0, size_kW=1.0),)
                )
            ),
            {},
            "has no COP above 1; leave it out",
        ),
        (3, {}, "must be SiteOptions; give milpcore.SiteOptions"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: SiteOptions, arguments: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        greenfield(SITE, n_levels=3, options=options, **arguments)  # type: ignore[arg-type]


@settings(max_examples=30)
@given(
    stream_tables(max_streams=5),
    st.sampled_from(sorted(PRICES)),
    prices(),
    prices(),
    st.integers(2, 3),
)
def test_path_search_is_exact_with_prices_by_temperature(
    streams: Streams, base: str, heat: PriceOptions, cold: PriceOptions, n_levels: int
) -> None:
    options = SiteOptions(external_heat=ExternalHeatOptions(prices=heat.prices), cooling=cold)
    inputs = prepare(streams, economics=PRICES[base], options=options)
    best = enumerated_with_options(inputs, n_levels)
    outcome = PathSearch(n_levels).solve(inputs, mip_rel_gap=0.0)
    assert abs(outcome.objective - best) <= tolerance(inputs, best)


def test_limits_that_cannot_be_kept_are_infeasible() -> None:
    options = SiteOptions(limits=LimitOptions(external_heat_kW=0.0, emission_t_per_a=1.0))
    result = greenfield(SITE, n_levels=3, options=options)
    assert result.status is Status.INFEASIBLE
    assert not result.has_design
    limited = SiteOptions(limits=LimitOptions(emission_t_per_a=2700.0))
    kept = greenfield(SITE, n_levels=4, options=limited)
    assert kept.summary["formulation"].iloc[0] == "level_path"
    assert kept.summary["co2_t_per_a"].iloc[0] <= 2700.0 * (1.0 + 1e-9)
    with pytest.raises(InputError, match="leave no level set; use level_path"):
        greenfield(SITE, n_levels=4, options=limited, formulation="set_search")


def test_cost_components_add_up_with_options() -> None:
    options = SiteOptions(
        heat_pumps=HeatPumpOptions(fixed_investment_EUR=5e4),
        levels=LevelOptions(investment_EUR=1e4),
        external_heat=ExternalHeatOptions(
            prices=(PriceStep(from_C=110.0, price_EUR_per_MWh=60.0),)
        ),
        cooling=PriceOptions(prices=(PriceStep(price_EUR_per_MWh=3.0),)),
    )
    study = greenfield_study(SITE, levels=[3, 4], options=options)
    table = cost_components(study)
    parts = table.drop(columns=["max_levels", "tac_EUR_per_a"])
    assert parts.sum(axis=1).tolist() == pytest.approx(table["tac_EUR_per_a"].tolist(), rel=1e-9)


def cop_tables() -> st.SearchStrategy[tuple[CopPoint, ...]]:
    """Draw a full grid of COP, from nearly Carnot's to any, some of them below 1."""

    def of(values: list[float], spread: float) -> tuple[CopPoint, ...]:
        corners = [(i, j) for i in (20.0, 50.0, 80.0) for j in (40.0, 75.0, 110.0)]
        return tuple(
            CopPoint(source_C=i, sink_C=j, cop=250.0 / (60.0 + j - i) + spread * value)
            for (i, j), value in zip(corners, values, strict=True)
        )

    values = st.lists(st.integers(0, 9).map(float), min_size=9, max_size=9)
    return st.builds(of, values, st.sampled_from([0.0, 0.02, 0.7]))


@settings(max_examples=30)
@given(
    stream_tables(max_streams=5),
    st.sampled_from(sorted(PRICES)),
    cop_tables(),
    st.sampled_from([0.0, 2e4]),
    st.integers(2, 3),
)
def test_a_cop_table_is_exact_in_every_formulation(
    streams: Streams, base: str, table: tuple[CopPoint, ...], fixed: float, n_levels: int
) -> None:
    pumps = HeatPumpOptions(cop_table=table, fixed_investment_EUR=fixed)
    inputs = prepare(streams, economics=PRICES[base], options=SiteOptions(heat_pumps=pumps))
    best = enumerated_with_options(inputs, n_levels)
    for make in (LevelPath, KinkAssignment, SetSearch, *((PathSearch,) if fixed == 0.0 else ())):
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        assert abs(outcome.objective - best) <= tolerance(inputs, best), make


def test_a_cop_that_rises_with_the_sink_rules_out_dominance_rows() -> None:
    def faults(cop_at_110: float) -> list[str]:
        corners = ((30.0, 60.0, 5.0), (30.0, 110.0, cop_at_110), (65.0, 60.0, 9.0))
        points = (*corners, (65.0, 110.0, 8.0))
        table = tuple(CopPoint(source_C=i, sink_C=j, cop=cop) for i, j, cop in points)
        options = SiteOptions(heat_pumps=HeatPumpOptions(cop_table=table))
        return pump_dominance_faults(prepare(SITE, options=options, economics=LONG_LIFTS))

    assert faults(3.0) == []
    assert faults(6.0) == [
        "a heat pump's COP rises with the sink or falls with the source temperature"
    ]


def test_heat_pumps_outside_a_cop_table_do_not_exist() -> None:
    corners = ((35.0, 65.0, 4.0), (35.0, 105.0, 2.0), (60.0, 65.0, 9.0))
    table = tuple(CopPoint(source_C=i, sink_C=j, cop=cop) for i, j, cop in corners)
    options = SiteOptions(heat_pumps=HeatPumpOptions(cop_table=table))
    inputs = prepare(SITE, options=options, economics=LONG_LIFTS)
    pairs = zip(inputs.level_C[inputs.pump_source], inputs.level_C[inputs.pump_sink], strict=True)
    # 60 → 105 °C is a missing corner, 35 → 60 and 60 → 135 °C lie outside.
    assert list(pairs) == [(35.0, 65.0), (35.0, 105.0), (60.0, 65.0)]
    assert inputs.pump_cop.tolist() == [4.0, 2.0, 9.0]
