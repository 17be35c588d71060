"""Greenfield with connections and other options or objectives: choice, optimum, TAC second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from helpers_sites import all_connections, streams_of

from milpcore import SiteOptions, Streams, site
from milpcore.economics import Measure
from milpcore.site.design_cost import measured_cost, objective_value
from milpcore.site.inputs import SiteInputs
from milpcore.site.operate import operate
from milpcore.site_options import (
    ConnectionOptions,
    ForbiddenConnections,
    HeatPumpOptions,
    LevelOptions,
    LimitOptions,
)

SITE = Streams(
    streams_of(
        (140.0, 115.0, 600.0, 5.0),
        (70.0, 45.0, 600.0, 5.0),
        (60.0, 95.0, 700.0, 5.0),
        (85.0, 92.0, 400.0, 5.0),
        (25.0, 27.0, 500.0, 5.0),
    ).table.assign(htc=[1.0, 1.0, 1.0, 0.03, 0.05])
)
CANDIDATES_C = (30.0, 70.0, 105.0, 135.0)
AREA = ConnectionOptions(area_investment_EUR=1e3)
FORBIDDEN = ConnectionOptions(
    area_investment_EUR=1e3, forbidden=(ForbiddenConnections(stream="S3", to_C=120.0),)
)
OTHERS = {
    "nothing": {},
    "fixed": {"heat_pumps": HeatPumpOptions(fixed_investment_EUR=2e5)},
    "least": {"heat_pumps": HeatPumpOptions(min_size_kW=600.0, max_number=1)},
    "limits": {"limits": LimitOptions(external_heat_kW=900.0)},
    "levels": {"levels": LevelOptions(investment_EUR=3e5, forced_C=(70.0,))},
}


def designs(inputs: SiteInputs, n_levels: int) -> Iterator[tuple[float, float]]:
    """Yield objective and TAC of every choice of levels and connections, operated by itself."""
    for size in range(1, n_levels + 1):
        for levels in combinations(range(inputs.n_candidates), size):
            is_open = np.isin(np.arange(inputs.n_candidates), levels)
            for stream_level in all_connections(inputs, levels):
                if inputs.terms.connections.allows(stream_level).all():  # type: ignore[union-attr]
                    design = operate(inputs, is_open, stream_level)
                    if design is not None:
                        tac = measured_cost(inputs, Measure.TAC, design)
                        yield objective_value(inputs, design), tac


@pytest.mark.parametrize("objective", ["tac", "opex", "co2"])
@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("connections", [AREA, FORBIDDEN], ids=["area", "forbidden"])
def test_the_exact_formulation_is_chosen_and_settles_tac(
    connections: ConnectionOptions, name: str, objective: str
) -> None:
    options = SiteOptions(connections=connections, **OTHERS[name])  # type: ignore[arg-type]
    asked = {"candidates_C": CANDIDATES_C, "objective": objective, "options": options}
    result = site.greenfield(SITE, n_levels=3, mip_rel_gap=0.0, **asked)  # type: ignore[arg-type]
    found = list(designs(site.prepare(SITE, **asked), 3))  # type: ignore[arg-type]
    least = min((cost for cost, _ in found), default=math.inf)
    tac = min(tac for cost, tac in found if cost <= least * (1.0 + 1e-8))
    row = result.summary.iloc[0]
    assert row["objective_value"] == pytest.approx(least, rel=1e-7)
    assert row["tac_EUR_per_a"] == pytest.approx(tac, rel=1e-6)
    by_search = objective == "tac" and name in ("nothing", "levels")
    assert row["formulation"] == ("connection_search" if by_search else "assignment_strong")
    assert any("connections cost something or are forbidden" in note for note in result.notes)


@pytest.mark.parametrize("objective", ["tac", "opex"])
@pytest.mark.parametrize("name", OTHERS)
def test_a_refusal_names_a_formulation_that_takes_the_site(name: str, objective: str) -> None:
    options = SiteOptions(connections=AREA, **OTHERS[name])  # type: ignore[arg-type]
    inputs = site.prepare(SITE, objective=objective, options=options)
    for formulation in site.FORMULATIONS:
        refusal = formulation(3).refusal(inputs)
        if refusal is not None:
            named = site.find_formulation(refusal.rpartition("; use ")[2])
            assert named(3).refusal(inputs) is None, (formulation.name, refusal)
