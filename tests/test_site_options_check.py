"""The check finds every way of tampering with what options ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from test_site_options import SITE

from milpcore.economics import SiteEconomics
from milpcore.site.check import CheckError, check
from milpcore.site.greenfield import greenfield
from milpcore.site.results import SiteResult
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

PUMPS = HeatPumpOptions(fixed_investment_EUR=1e5, max_number=2)
LEVELS = LevelOptions(investment_EUR=1e4)
BASE = SiteOptions(heat_pumps=PUMPS, levels=LEVELS)


@pytest.fixture(scope="module")
def result() -> SiteResult:
    return greenfield(SITE, n_levels=4, options=BASE)


def pumps(**changes: object) -> SiteOptions:
    return replace(BASE, heat_pumps=replace(PUMPS, **changes))  # type: ignore[arg-type]


def levels(**changes: object) -> SiteOptions:
    return replace(BASE, levels=replace(LEVELS, **changes))  # type: ignore[arg-type]


def test_a_good_result_passes_and_needs_its_options(result: SiteResult) -> None:
    check(result, SITE, SiteEconomics(), options=BASE)
    assert result.options == BASE
    with pytest.raises(CheckError, match="capex_EUR_per_a"):
        check(result, SITE, SiteEconomics())


def limits(**values: float) -> SiteOptions:
    return replace(BASE, limits=LimitOptions(**values))


def steps(*steps: PriceStep) -> PriceOptions:
    return PriceOptions(prices=steps)


OTHERS: dict[str, tuple[Callable[[], SiteOptions], str]] = {
    "fixed": (lambda: pumps(fixed_investment_EUR=2e5), "investment_EUR: found"),
    "number": (lambda: pumps(max_number=0), "number of new heat pumps: found 1"),
    "least": (lambda: pumps(min_size_kW=1400.0), "size of a new heat pump, kW: found"),
    "largest": (lambda: pumps(max_size_kW=1000.0), "expected at most 1000"),
    "pair": (
        lambda: pumps(forbidden=(ForbiddenPumps(sink_from_C=105.0, sink_to_C=105.0),)),
        "60 → 105 °C: new heat pump: found forbidden",
    ),
    "existing": (
        lambda: pumps(existing=(ExistingPump(source_C=60.0, sink_C=105.0, size_kW=500.0),)),
        "investment_EUR: found",
    ),
    "level cost": (lambda: levels(investment_EUR=3e4), "capex_EUR_per_a: found"),
    "external heat": (
        lambda: limits(external_heat_kW=500.0),
        "whole site: external heat, kW: found",
    ),
    "emission": (lambda: limits(emission_t_per_a=1000.0), "whole site: emission, t/a: found"),
    "steam": (
        lambda: replace(
            BASE,
            external_heat=ExternalHeatOptions(
                prices=(PriceStep(from_C=130.0, price_EUR_per_MWh=99.0),)
            ),
        ),
        "opex_EUR_per_a: found",
    ),
    "cooling": (
        lambda: replace(BASE, cooling=steps(PriceStep(price_EUR_per_MWh=1.0))),
        "opex_EUR_per_a: found",
    ),
    "COP": (
        lambda: pumps(
            cop_table=tuple(
                CopPoint(source_C=i, sink_C=j, cop=3.0) for i in (30, 80) for j in (60, 150)
            )
        ),
        "60 → 105 °C: cop: found 3.881.*expected 3 ",
    ),
    "forced": (lambda: levels(forced_C=(90.0,)), "90 °C: forced level: found missing"),
    "place": (
        lambda: levels(forbidden=(ForbiddenLevels(from_C=100.0, to_C=110.0),)),
        "105 °C: level: found forbidden",
    ),
    "one place": (
        lambda: levels(forbidden=(ForbiddenLevels(from_C=105.0, to_C=105.0),)),
        "105 °C: level: found forbidden",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_result_that_breaks_an_option_is_found(result: SiteResult, name: str) -> None:
    asked, message = OTHERS[name]
    with pytest.raises(CheckError, match=message):
        check(result, SITE, SiteEconomics(), options=asked())


def test_tampered_investments_are_found(result: SiteResult) -> None:
    table = result.heat_pumps.copy()
    table.loc[0, "investment_EUR"] -= 1e5
    with pytest.raises(CheckError, match="investment_EUR: found"):
        check(replace(result, heat_pumps=table), SITE, SiteEconomics(), options=BASE)
