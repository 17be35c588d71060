"""Retrofit with connections and every other option and objective, against full enumeration."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from helpers_sites import all_connections, streams_of
from test_site_option_sources import GAS, WASTE
from test_site_option_types import CHEAP, STEAM
from test_site_retrofit_connections import enumerated
from test_site_retrofit_options import choices_with_cost, study_of

from milpcore import SiteEconomics, SiteOptions, Streams
from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.connected_levels import operate_connected, useful_matches
from milpcore.site.design_cost import measured_cost, objective_value
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import nearest_levels
from milpcore.site.operate import operate
from milpcore.site.retrofit_plan import RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site_options import (
    ConnectionOptions,
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenConnections,
    ForbiddenPumps,
    ForcedPump,
    HeatPumpOptions,
    InvestmentPoint,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
)

ROWS = (
    (140.0, 115.0, 900.0, 5.0),
    (70.0, 45.0, 600.0, 5.0),
    (60.0, 95.0, 700.0, 5.0),
    (85.0, 92.0, 400.0, 5.0),
    (85.0, 120.0, 500.0, 5.0),
    (25.0, 27.0, 500.0, 5.0),
)
SITE = Streams(streams_of(*ROWS).table.assign(htc=[1.0, 1.0, 1.0, 0.03, 0.5, 0.05]))
"""Streams whose exchangers are dear or cheap: a new level is worth it to some of them."""
TODAY_C = (30.0, 70.0, 135.0)
AREA = ConnectionOptions(area_investment_EUR=1e3)
FORBIDDEN = replace(AREA, forbidden=(ForbiddenConnections(stream="S5", from_C=34.0, to_C=70.0),))
"""The last stream may not go to the levels that are nearest to it."""


def points(*sizes: tuple[float, float]) -> HeatPumpOptions:
    curve = tuple(InvestmentPoint(heat_kW=heat, investment_EUR=cost) for heat, cost in sizes)
    return HeatPumpOptions(investment_points=curve)


def table(cop: float) -> tuple[CopPoint, ...]:
    ends_C = [(source_C, sink_C) for source_C in (0.0, 100.0) for sink_C in (20.0, 150.0)]
    return tuple(CopPoint(source_C=one, sink_C=other, cop=cop) for one, other in ends_C)


PUMPS = {
    "fixed investment": HeatPumpOptions(fixed_investment_EUR=2e5),
    "least size": HeatPumpOptions(min_size_kW=600.0),
    "largest size": HeatPumpOptions(max_size_kW=250.0),
    "number": HeatPumpOptions(max_number=1),
    "existing": HeatPumpOptions(
        existing=(ExistingPump(source_C=30.0, sink_C=70.0, size_kW=300.0),)
    ),
    "forced": HeatPumpOptions(forced=(ForcedPump(source_C=30.0, sink_C=70.0, heat_kW=900.0),)),
    "forbidden": HeatPumpOptions(forbidden=(ForbiddenPumps(sink_from_C=100.0),)),
    "concave": points((100.0, 9e4), (500.0, 2.4e5), (2e3, 6e5)),
    "convex": points((0.0, 0.0), (300.0, 1e5), (2e3, 1.5e6)),
    "types": HeatPumpOptions(types=(CHEAP, STEAM)),
    "table": HeatPumpOptions(cop_table=table(3.0)),
    "all": HeatPumpOptions(
        fixed_investment_EUR=5e4,
        min_size_kW=100.0,
        max_size_kW=700.0,
        max_number=2,
        existing=(ExistingPump(source_C=70.0, sink_C=135.0, size_kW=200.0),),
        forced=(ForcedPump(source_C=30.0, sink_C=70.0, heat_kW=300.0),),
    ),
}
OTHERS = {
    "nothing": SiteOptions(),
    "sources": SiteOptions(external_heat=ExternalHeatOptions(sources=(GAS, WASTE))),
    "external heat": SiteOptions(limits=LimitOptions(external_heat_kW=600.0)),
    "emissions": SiteOptions(limits=LimitOptions(emission_t_per_a=2900.0)),
    "impossible": SiteOptions(limits=LimitOptions(emission_t_per_a=100.0)),
    "prices": SiteOptions(
        external_heat=ExternalHeatOptions(
            prices=(PriceStep(from_C=100.0, price_EUR_per_MWh=70.0),)
        ),
        cooling=PriceOptions(prices=(PriceStep(price_EUR_per_MWh=15.0),)),
    ),
    "forced level": SiteOptions(levels=LevelOptions(forced_C=(105.0,))),
}
OPTIONS = {name: SiteOptions(heat_pumps=one) for name, one in PUMPS.items()} | OTHERS


def plan_of(options: SiteOptions, objective: str, connections: ConnectionOptions) -> RetrofitPlan:
    paid = replace(options.levels, investment_EUR=4e4, moved_investment_EUR=1e4)
    chosen = replace(options, connections=connections, levels=paid)
    asked = RetrofitOptions(TODAY_C, 1, 40.0, None, True, 0, 0, None, chosen)
    return plan_retrofit(SITE, asked, economics=SiteEconomics(), objective=objective)


def operations(inputs: SiteInputs, levels: tuple[int, ...]) -> Iterator[tuple[float, float]]:
    """Yield objective and TAC of every way to connect the streams, operated by itself."""
    is_open = np.zeros(inputs.n_candidates, dtype=np.bool_)
    is_open[list(levels)] = True
    for stream_level in all_connections(inputs, levels):
        if inputs.terms.connections.allows(stream_level).all():  # type: ignore[union-attr]
            design = operate(inputs, is_open, stream_level)
            if design is not None:
                yield objective_value(inputs, design), measured_cost(inputs, Measure.TAC, design)


def least_of(found: list[tuple[float, float]]) -> tuple[float, float]:
    """Least objective, and least TAC of all that have it."""
    least = min((cost for cost, _ in found), default=math.inf)
    return least, min((tac for cost, tac in found if cost <= least * (1.0 + 3e-9)), default=least)


def least_tac(plan: RetrofitPlan, choice: tuple[int, ...]) -> float:
    """Least TAC of all designs of a configuration that have the least OPEX or CO2."""
    annuity = plan.inputs.economics.annuity_per_a
    return least_of(
        [
            (cost, tac + annuity * level_EUR)
            for levels, level_EUR in choices_with_cost(plan, choice)
            for cost, tac in operations(plan.inputs, levels)
        ]
    )[1]


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize(
    ("objective", "connections"),
    [
        pytest.param("tac", AREA, id="tac"),
        pytest.param("co2", AREA, id="co2"),
        pytest.param("tac", FORBIDDEN, id="forbidden", marks=pytest.mark.slow),
    ],
)
def test_every_option_and_objective_has_the_best_of_all(
    name: str, objective: str, connections: ConnectionOptions
) -> None:
    plan = plan_of(OPTIONS[name], objective, connections)
    study = study_of(plan)
    for choice, one in zip(plan.choices, study.results, strict=True):
        best = enumerated(plan, choice)
        if math.isinf(best):
            assert one.result.status is Status.INFEASIBLE
            continue
        row = one.result.summary.iloc[0]
        assert row["objective_value"] == pytest.approx(best, rel=1e-7)
        assert row["bound"] <= best * (1.0 + 1e-7)
        assert one.result.status is Status.OPTIMAL
        if objective != "tac":
            assert row["tac_EUR_per_a"] == pytest.approx(least_tac(plan, choice), rel=1e-7)
    assert any(one.result.has_design for one in study.results) or name == "impossible"


def at_any_cost(inputs: SiteInputs, seed: int) -> SiteInputs:
    """Return the site with exchangers that cost something or are forbidden at random."""
    random = np.random.default_rng(seed)
    terms = inputs.terms
    assert terms is not None
    assert terms.connections is not None
    is_allowed = terms.connections.is_allowed
    is_end = np.isin(inputs.level_C, [30.0, 130.0, 135.0])
    kept = is_allowed & (is_end | (random.random(is_allowed.shape) < 0.8))
    investment_EUR = np.where(kept, random.uniform(0.0, 5e6, kept.shape), 0.0)
    connections = replace(terms.connections, is_allowed=kept, investment_EUR=investment_EUR)
    return replace(inputs, terms=replace(terms, connections=connections))


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("objective", ["tac", "opex", "co2"])
def test_levels_are_operated_with_the_best_connections(name: str, objective: str) -> None:
    plan = plan_of(OPTIONS[name], objective, AREA)
    level_C = plan.inputs.level_C
    n_off, n_dropped = 0, 0
    for seed, top_C in enumerate((130.0, 135.0)):
        inputs = at_any_cost(plan.inputs, seed)
        wanted_C = [30.0, 70.0, 105.0, top_C]
        levels = tuple(int(np.abs(level_C - one).argmin()) for one in wanted_C)
        best, tac = least_of(list(operations(inputs, levels)))
        design = operate_connected(inputs, np.array(levels))
        if design is None:
            assert math.isinf(best)
            assert name in ("impossible", "emissions", "external heat")
            continue
        assert objective_value(inputs, design) == pytest.approx(best, rel=3e-9)
        assert measured_cost(inputs, Measure.TAC, design) == pytest.approx(tac, rel=1e-8)
        is_open = np.isin(np.arange(level_C.size), levels)
        n_off += int((design.stream_level != nearest_levels(inputs, is_open)).sum())
        n_dropped += int((~useful_matches(inputs, is_open)[:, is_open]).sum())
    assert name == "impossible" or (n_off > 0 and n_dropped > 0)


def test_levels_without_cascade_are_refused() -> None:
    inputs = replace(plan_of(SiteOptions(), "tac", AREA).inputs, cascade=False)
    with pytest.raises(ValueError, match="free to cascade"):
        operate_connected(inputs, np.arange(inputs.n_candidates))
