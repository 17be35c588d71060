"""Sizes of heat pumps with options in several periods: small sites whose designs are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers_period_options import enumerated_period_options
from helpers_sites import site_at_levels

from milpcore import load_case, plots
from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import InputError
from milpcore.site.check import CheckError
from milpcore.site.model import KW_PER_MW
from milpcore.site.periods import (
    ExtensivePath,
    PeriodInputs,
    PeriodResult,
    Periods,
    PeriodSearch,
    check_periods,
    greenfield_periods,
    prepare_periods,
)
from milpcore.site.periods.network import period_network
from milpcore.site.periods.operate import (
    PeriodDesign,
    design_cost,
    operate_periods,
    without_spare_levels,
)
from milpcore.site.periods.outcome import outcome_of_levels
from milpcore.site.periods.pricing import set_cost
from milpcore.site_options import (
    ConnectionOptions,
    ExistingPump,
    ExternalHeatOptions,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    HeatSource,
    InvestmentPoint,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)

STREAMS = site_at_levels({60.0: 1000.0}, {90.0: 700.0}).streams
SEASONS = Periods(
    ("winter", "summer"), np.array([4000.0, 4000.0]), np.array([[1000.0, 700.0], [1000.0, 350.0]])
)
"""Waste heat at 60 °C all year, heat wanted at 90 °C in winter and half of it in summer."""
RARE = Periods(
    ("winter", "rest"), np.array([10.0, 7900.0]), np.array([[1000.0, 700.0], [1000.0, 0.0]])
)
"""Heat wanted for ten hours only: no heat pump pays."""


def found_with(pumps: HeatPumpOptions, periods: Periods = SEASONS, **others: Any) -> PeriodResult:
    options = SiteOptions(heat_pumps=pumps, **others)
    return greenfield_periods(STREAMS, periods, n_levels=2, options=options, mip_rel_gap=0.0)


def the_pump(result: PeriodResult) -> tuple[float, float]:
    """Size and investment of the only heat pump."""
    (row,) = result.heat_pumps.to_dict("records")
    return row["size_kW"], row["investment_EUR"]


def test_an_existing_pump_works_first_and_the_rest_is_new() -> None:
    there = ExistingPump(source_C=60.0, sink_C=90.0, size_kW=400.0)
    result = found_with(HeatPumpOptions(existing=(there,)))
    assert the_pump(result) == pytest.approx((700.0, 700.0 * 300.0))
    enough = found_with(HeatPumpOptions(existing=(replace(there, size_kW=2000.0),)))
    assert the_pump(enough) == pytest.approx((700.0, 0.0))


def test_a_new_pump_beside_an_existing_one_has_its_least_size() -> None:
    there = ExistingPump(source_C=60.0, sink_C=90.0, size_kW=300.0)
    result = found_with(HeatPumpOptions(existing=(there,), min_size_kW=500.0))
    assert the_pump(result) == pytest.approx((800.0, 700.0 * 500.0))
    assert result.pump_operation["heat_kW"].max() == pytest.approx(700.0)


def test_a_least_size_need_not_be_delivered() -> None:
    result = found_with(HeatPumpOptions(min_size_kW=900.0))
    assert the_pump(result) == pytest.approx((900.0, 700.0 * 900.0))
    np.testing.assert_allclose(result.pump_operation["heat_kW"], [700.0, 350.0])
    assert result.periods["external_heat_kW"].sum() == pytest.approx(0.0, abs=1e-6)


def test_a_largest_size_and_a_number_hold() -> None:
    small = found_with(HeatPumpOptions(max_size_kW=200.0))
    assert the_pump(small)[0] == pytest.approx(200.0)
    np.testing.assert_allclose(small.periods["external_heat_kW"], [500.0, 150.0])
    assert len(found_with(HeatPumpOptions(max_number=0)).heat_pumps) == 0
    assert len(found_with(HeatPumpOptions(max_number=1)).heat_pumps) == 1


def test_a_fixed_investment_keeps_a_pump_from_being_built() -> None:
    usual = found_with(HeatPumpOptions(fixed_investment_EUR=1e4))
    assert the_pump(usual) == pytest.approx((700.0, 700.0 * 700.0 + 1e4))
    assert len(found_with(HeatPumpOptions(fixed_investment_EUR=1e8)).heat_pumps) == 0


def test_a_forced_pump_is_had_even_where_it_stands_still() -> None:
    forced = ForcedPump(source_C=60.0, sink_C=90.0, heat_kW=800.0)
    result = found_with(HeatPumpOptions(forced=(forced,)))
    assert the_pump(result) == pytest.approx((800.0, 700.0 * 800.0))
    idle = found_with(HeatPumpOptions(forced=(replace(forced, heat_kW=50.0),)), RARE)
    assert the_pump(idle) == pytest.approx((50.0, 700.0 * 50.0))
    there = ExistingPump(source_C=60.0, sink_C=90.0, size_kW=900.0)
    had = found_with(HeatPumpOptions(forced=(forced,), existing=(there,)), RARE)
    assert the_pump(had) == pytest.approx((800.0, 0.0))


def test_investment_is_that_of_the_size_on_its_curve() -> None:
    curve = ((100.0, 9e4), (500.0, 2.4e5), (2000.0, 6e5))
    points = tuple(InvestmentPoint(heat_kW=one, investment_EUR=two) for one, two in curve)
    result = found_with(HeatPumpOptions(investment_points=points))
    assert the_pump(result) == pytest.approx((700.0, 2.4e5 + 200.0 * 240.0))


def test_each_type_has_a_row_a_line_and_a_name() -> None:
    types = (
        HeatPumpType(name="usual", max_size_kW=300.0),
        HeatPumpType(name="poor", carnot_efficiency=0.5, max_size_kW=300.0),
    )
    result = found_with(HeatPumpOptions(types=types))
    assert set(result.heat_pumps["type"]) == {"usual", "poor"}
    assert set(result.pump_operation["type"]) == {"usual", "poor"}
    figure = plots.period_operation(result)
    labels = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert sorted(labels) == ["60 → 90 poor", "60 → 90 usual"]


def test_types_that_cannot_bound_each_other_are_left_to_the_extensive_program() -> None:
    types = (
        HeatPumpType(name="usual", carnot_efficiency=0.7),
        HeatPumpType(name="poor", carnot_efficiency=0.3, investment_EUR_per_kW=0.0),
    )
    dear = PriceOptions(prices=(PriceStep(price_EUR_per_MWh=900.0),))
    options = SiteOptions(heat_pumps=HeatPumpOptions(types=types), cooling=dear)
    inputs = prepare_periods(STREAMS, SEASONS, options=options)
    with pytest.raises(InputError, match="as cooling is dear; use ExtensivePath"):
        PeriodSearch(2).solve(inputs)
    result = found_with(HeatPumpOptions(types=types), cooling=dear)
    assert result.summary["formulation"].tolist() == ["extensive_path"]


def test_a_limit_of_external_heat_holds_in_every_period() -> None:
    result = found_with(HeatPumpOptions(), RARE, limits=LimitOptions(external_heat_kW=400.0))
    assert result.periods["external_heat_kW"].tolist() == pytest.approx([400.0, 0.0])
    assert the_pump(result)[0] == pytest.approx(300.0)


def test_a_limit_of_emissions_holds_for_the_year() -> None:
    free = found_with(HeatPumpOptions(max_number=0))
    total = float(free.summary["co2_t_per_a"].iloc[0])
    with_pump = found_with(HeatPumpOptions(), limits=LimitOptions(emission_t_per_a=0.9 * total))
    assert with_pump.summary["co2_t_per_a"].iloc[0] <= 0.9 * total * (1.0 + 1e-6)
    none = found_with(HeatPumpOptions(max_number=0), limits=LimitOptions(emission_t_per_a=1.0))
    assert none.status is Status.INFEASIBLE
    assert none.notes == ("no choice of levels can be operated",)
    inputs = prepare_periods(STREAMS, SEASONS, options=none.options)
    assert ExtensivePath(2).solve(inputs).status is Status.INFEASIBLE


def test_nothing_found_in_time_is_not_called_infeasible() -> None:
    limits = SiteOptions(limits=LimitOptions(emission_t_per_a=1e-3))
    inputs = prepare_periods(STREAMS, SEASONS, options=limits)
    outcome = PeriodSearch(2).solve(inputs, time_limit_s=1e-9)
    assert (outcome.status, outcome.design) == (Status.TIME_LIMIT, None)
    assert outcome.message == "no design found yet"


def test_sources_have_their_capacity_in_every_period() -> None:
    waste = HeatSource(name="waste", price_EUR_per_MWh=1.0, capacity_kW=300.0)
    gas = HeatSource(name="gas", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2)
    result = found_with(
        HeatPumpOptions(max_number=0), external_heat=ExternalHeatOptions(sources=(gas, waste))
    )
    heat_kW = result.heat_sources.set_index(["period", "source"])["heat_kW"]
    assert heat_kW["winter", "waste"] == pytest.approx(300.0)
    assert heat_kW["summer", "waste"] == pytest.approx(300.0)
    assert heat_kW["winter", "gas"] == pytest.approx(400.0)
    assert heat_kW["summer", "gas"] == pytest.approx(50.0)
    (_, summer) = result.to_json_dict()["periods"]
    assert [one["source"] for one in summer["heat_sources"]] == ["gas", "waste"]


def test_spare_levels_are_left_out_where_tac_decides() -> None:
    site = site_at_levels({150.0: 100.0, 90.0: 50.0}, {40.0: 120.0})
    periods = Periods(("all",), np.array([8000.0]), site.stream_duty_kW[None, :])
    levels = SiteOptions(levels=LevelOptions(investment_EUR=1e5))
    inputs = prepare_periods(site.streams, periods, objective="co2", options=levels)
    network = period_network(inputs)
    design = operate_periods(inputs, network, np.arange(3))
    assert design is not None
    assert design.is_open.tolist() == [True, True, True]
    fewer = without_spare_levels(inputs, network, design)
    assert fewer.is_open.tolist() == [True, False, False]
    told = {"status": Status.OPTIMAL, "bound": 0.0, "start_s": 0.0}
    outcome = outcome_of_levels(inputs, network, np.arange(3), **told)  # type: ignore[arg-type]
    assert outcome.design is not None
    assert outcome.design.is_open.tolist() == [True, False, False]


def test_what_has_no_meaning_is_refused_by_name() -> None:
    priced = ConnectionOptions(area_investment_EUR=500.0, stream_htc_kW_per_m2_K=0.5)
    area = SiteOptions(connections=priced)
    with pytest.raises(InputError, match=r"\[connections\]: costs and limits of connections are"):
        prepare_periods(STREAMS, SEASONS, options=area)
    levels = SiteOptions(levels=LevelOptions(investment_EUR=1.0))
    with pytest.raises(InputError, match="least CAPEX cannot be asked for with options"):
        prepare_periods(STREAMS, SEASONS, objective="capex", options=levels)
    forced = SiteOptions(levels=LevelOptions(forced_C=(10.0, 20.0, 30.0)))
    with pytest.raises(InputError, match="must be one of tac, opex"):
        prepare_periods(STREAMS, SEASONS, objective="water")  # type: ignore[arg-type]
    found = greenfield_periods(STREAMS, SEASONS, n_levels=2, options=forced)
    assert found.notes == ("3 levels are forced",)


OPTIONS = SiteOptions(
    heat_pumps=HeatPumpOptions(
        existing=(ExistingPump(source_C=60.0, sink_C=90.0, size_kW=400.0),),
        fixed_investment_EUR=1e4,
    ),
    levels=LevelOptions(investment_EUR=1e4, forced_C=(75.0,)),
    external_heat=ExternalHeatOptions(
        sources=(
            HeatSource(name="waste", price_EUR_per_MWh=1.0, capacity_kW=100.0),
            HeatSource(name="gas", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2),
        )
    ),
    limits=LimitOptions(external_heat_kW=500.0),
)


@pytest.fixture(scope="module")
def optioned() -> PeriodResult:
    """A design with a new heat pump beside an existing one, a forced level and two sources."""
    found = greenfield_periods(STREAMS, SEASONS, n_levels=3, options=OPTIONS, mip_rel_gap=0.0)
    assert len(found.heat_sources) > 0
    return found


def checked(result: PeriodResult, options: SiteOptions = OPTIONS) -> None:
    check_periods(result, STREAMS, SEASONS, result.economics, options=options)


@pytest.mark.parametrize(
    ("name", "column", "factor", "words"),
    [
        ("heat_pumps", "size_kW", 1.1, "size_kW"),
        ("heat_pumps", "investment_EUR", 0.9, "investment_EUR"),
        ("heat_sources", "heat_kW", 1.1, "heat of all sources"),
        ("heat_sources", "fuel_kW", 1.1, "fuel_kW"),
        ("heat_sources", "cost_EUR_per_a", 0.9, "cost_EUR_per_a"),
        ("periods", "opex_EUR_per_a", 0.9, "opex_EUR_per_a"),
        ("summary", "capex_EUR_per_a", 0.9, "capex_EUR_per_a"),
    ],
)
def test_the_check_finds_tampered_options(
    optioned: PeriodResult, name: str, column: str, factor: float, words: str
) -> None:
    checked(optioned)
    frame = getattr(optioned, name)
    spoiled = replace(optioned, **{name: frame.assign(**{column: factor * frame[column]})})
    with pytest.raises(CheckError) as error:
        checked(spoiled)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": LevelOptions(investment_EUR=2e4, forced_C=(75.0,))}, "capex_EUR_per_a"),
        ({"levels": LevelOptions(investment_EUR=1e4, forced_C=(76.0,))}, "forced level"),
        ({"limits": LimitOptions(external_heat_kW=1.0)}, "external heat, kW"),
        ({"limits": LimitOptions(emission_t_per_a=1.0)}, "emission, t/a"),
        ({"heat_pumps": HeatPumpOptions(fixed_investment_EUR=1e4)}, "investment_EUR"),
        (
            {"heat_pumps": replace(OPTIONS.heat_pumps, max_size_kW=10.0)},
            "size of a new heat pump",
        ),
        ({"heat_pumps": replace(OPTIONS.heat_pumps, max_number=0)}, "number of new heat pumps"),
        (
            {
                "heat_pumps": replace(
                    OPTIONS.heat_pumps,
                    forced=(ForcedPump(source_C=60.0, sink_C=90.0, heat_kW=5e3),),
                )
            },
            "forced heat pump",
        ),
    ],
)
def test_the_check_knows_what_was_asked(
    optioned: PeriodResult, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(CheckError) as error:
        checked(optioned, replace(OPTIONS, **change))
    assert words in str(error.value)


def test_heat_is_bought_above_and_removed_below_where_that_is_cheaper() -> None:
    site = site_at_levels({150.0: 100.0, 40.0: 30.0}, {60.0: 20.0, 170.0: 50.0})
    duty_kW = site.stream_duty_kW * np.array([[1.0, 1.0, 9.0, 1.0], [1.0, 1.0, 0.0, 0.0]])
    periods = Periods(("cold", "warm"), np.array([4000.0, 4000.0]), duty_kW)
    heat = PriceOptions(prices=(PriceStep(from_C=160.0, price_EUR_per_MWh=10.0),))
    cold = PriceStep(from_C=100.0, price_EUR_per_MWh=50.0)
    options = SiteOptions(
        heat_pumps=HeatPumpOptions(max_number=0),
        external_heat=ExternalHeatOptions(prices=heat.prices),
        cooling=PriceOptions(prices=(cold,)),
    )
    inputs = prepare_periods(site.streams, periods, options=options)
    assert inputs.site.level_C.tolist() == [40.0, 60.0, 150.0, 170.0]
    network = period_network(inputs)
    design = operate_periods(inputs, network, np.arange(4))
    assert design is not None
    np.testing.assert_allclose(design.external_heat_kW, [[0, 0, 0, 130], [0, 0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(design.cooling_kW, [[30, 0, 0, 0], [30, 100, 0, 0]], atol=1e-9)
    least = set_cost(network, np.arange(4)) * KW_PER_MW * inputs.site.cost_scale
    assert design_cost(inputs, design, Measure.TAC) == pytest.approx(least)


@pytest.mark.parametrize("electricity_EUR_per_MWh", [60.0, 0.0])
def test_heat_is_lifted_to_where_cooling_is_cheap(electricity_EUR_per_MWh: float) -> None:
    site = site_at_levels({20.0: 100.0}, {60.0: 5.0})
    periods = Periods(("cold", "warm"), np.array([4000.0, 3000.0]), [[100.0, 5.0], [60.0, 0.0]])
    chilled = PriceStep(price_EUR_per_MWh=200.0)
    river = PriceStep(from_C=50.0, price_EUR_per_MWh=0.0)
    inputs = prepare_periods(
        site.streams,
        periods,
        economics=SiteEconomics(
            electricity_price_EUR_per_MWh=electricity_EUR_per_MWh,
            electricity_emission_t_per_MWh=0.0,
        ),
        options=SiteOptions(cooling=PriceOptions(prices=(chilled, river))),
    )
    design = best_of_both(inputs, 2)
    assert design.pump_heat_kW.max() > 100.0


def best_of_both(inputs: PeriodInputs, n_levels: int) -> PeriodDesign:
    """Design of both solvers, which find and prove what enumeration finds."""
    expected = enumerated_period_options(inputs, n_levels)
    for solver in (PeriodSearch(n_levels), ExtensivePath(n_levels)):
        outcome = solver.solve(inputs, mip_rel_gap=0.0)
        assert outcome.objective == pytest.approx(expected, rel=1e-7)
        assert outcome.bound == pytest.approx(expected, rel=1e-6)
        assert outcome.design is not None
    return outcome.design


def test_electricity_makes_heat_where_none_may_be_bought() -> None:
    site = site_at_levels({90.0: 1.0}, {60.0: 100.0})
    periods = Periods(("all",), np.array([4000.0]), np.array([[1.0, 100.0]]))
    none = SiteOptions(limits=LimitOptions(external_heat_kW=0.0))
    dear = SiteEconomics(electricity_price_EUR_per_MWh=500.0)
    inputs = prepare_periods(site.streams, periods, economics=dear, options=none)
    design = best_of_both(inputs, 2)
    assert design.external_heat_kW.sum() == pytest.approx(0.0, abs=1e-6)
    assert design.pump_heat_kW.sum() > 200.0


def test_nothing_is_bought_at_a_closed_level() -> None:
    site = site_at_levels({60.0: 1.0}, {50.0: 100.0}, candidates_C=[50.0, 60.0, 120.0])
    periods = Periods(("all",), np.array([4000.0]), np.array([[1.0, 100.0]]))
    cheap = PriceStep(from_C=100.0, price_EUR_per_MWh=1.0)
    options = SiteOptions(external_heat=ExternalHeatOptions(prices=(cheap,)))
    inputs = prepare_periods(
        site.streams, periods, options=options, candidates_C=[50.0, 60.0, 120.0]
    )
    assert best_of_both(inputs, 1).external_heat_kW[0, 2] == 0.0
    assert best_of_both(inputs, 2).external_heat_kW[0, 2] > 90.0


def test_the_objective_chooses_the_source_before_tac_does() -> None:
    site = site_at_levels({}, {60.0: 100.0, 120.0: 50.0})
    periods = Periods(("all",), np.array([4000.0]), np.array([[100.0, 50.0]]))
    clean = HeatSource(name="clean", price_EUR_per_MWh=90.0, max_level_C=85.0)
    dirty = HeatSource(name="dirty", price_EUR_per_MWh=10.0, emission_t_per_MWh=0.2)
    options = SiteOptions(
        heat_pumps=HeatPumpOptions(max_number=0),
        external_heat=ExternalHeatOptions(sources=(clean, dirty)),
    )

    def bought_kW(objective: str) -> dict[str, float]:
        result = greenfield_periods(
            site.streams, periods, n_levels=2, objective=objective, options=options
        )
        return dict(result.heat_sources.groupby("source")["heat_kW"].sum())

    assert bought_kW("co2") == pytest.approx({"clean": 100.0, "dirty": 50.0})
    assert bought_kW("tac") == pytest.approx({"dirty": 150.0})


def test_a_level_that_no_source_reaches_buys_nothing() -> None:
    cold_kW = {60.0: 100.0, 100.0: 20.0, 118.0: 5.0}
    site = site_at_levels({120.0: 10.0}, cold_kW)
    duty_kW = np.array([[10.0, 100.0, 20.0, 5.0], [0.0, 50.0, 20.0, 0.0]])
    periods = Periods(("all", "less"), np.array([4000.0, 10.0]), duty_kW)
    waste = HeatSource(name="waste", price_EUR_per_MWh=3.0, max_level_C=85.0, capacity_kW=300.0)
    boiler = HeatSource(name="boiler", price_EUR_per_MWh=45.0, max_level_C=110.0)
    options = SiteOptions(
        heat_pumps=HeatPumpOptions(max_number=0),
        external_heat=ExternalHeatOptions(sources=(waste, boiler)),
    )
    result = greenfield_periods(site.streams, periods, n_levels=3, options=options)
    assert result.status is Status.OPTIMAL
    heat_kW = result.heat_sources.groupby(["source", "level_C"])["heat_kW"].sum()
    assert dict(heat_kW) == pytest.approx({("boiler", 100.0): 35.0, ("waste", 60.0): 150.0})
    dry = replace(periods, duty_kW=duty_kW * [[0.4, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    none = greenfield_periods(site.streams, dry, n_levels=3, options=options)
    assert none.status is Status.INFEASIBLE


@pytest.mark.parametrize("first_EUR", [0.0, 1e-3, 0.1])
def test_a_first_size_for_nothing_is_no_dearer_than_one_that_costs_something(
    first_EUR: float,
) -> None:
    dairy = load_case("dairy_8")
    seasons = Periods(
        ("summer", "winter"), [3500.0, 4500.0], [0.6 * dairy.duty_kW, 1.3 * dairy.duty_kW]
    )
    points = (
        InvestmentPoint(heat_kW=100.0, investment_EUR=first_EUR),
        InvestmentPoint(heat_kW=1000.0, investment_EUR=7e4),
    )
    options = SiteOptions(heat_pumps=HeatPumpOptions(investment_points=points))
    inputs = prepare_periods(dairy, seasons, options=options)
    assert period_network(inputs).costs.size.min() >= 0.0
    found = greenfield_periods(dairy, seasons, n_levels=4, options=options)
    assert found.summary["tac_EUR_per_a"].iloc[0] == pytest.approx(1_504_927.0, rel=1e-4)


def test_a_search_without_time_keeps_its_design_with_a_bound() -> None:
    dairy = load_case("dairy_8")
    year = Periods(("year",), [8000.0], [dairy.duty_kW])
    found = greenfield_periods(dairy, year, n_levels=4, time_limit_s=1e-9)
    row = found.summary.iloc[0]
    assert found.has_design
    assert row["status"] == "time_limit"
    assert 0.0 <= row["bound"] < row["objective_value"]
    assert row["gap"] == pytest.approx(1.0 - row["bound"] / row["objective_value"])
