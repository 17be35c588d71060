"""Candidates at a stream's own temperature, where area costs something: as if forbidden."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers_sites import streams_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_site_connections import FORMULATIONS, enumerated
from test_site_retrofit_connections import enumerated as enumerated_retrofit
from test_site_retrofit_options import study_of

import milpcore
from milpcore import InputError, SiteEconomics, SiteOptions, site
from milpcore.core import Status
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.retrofit_plan import RetrofitOptions, plan_retrofit
from milpcore.site_options import ConnectionOptions, ForbiddenConnections, LevelOptions

CLOSE = SiteEconomics(level_dt_cont_K=0.0)
AREA = ConnectionOptions(area_investment_EUR=2e3, stream_htc_kW_per_m2_K=0.5)
ROWS = (
    (120.0, 80.0, 700.0, 0.0),
    (70.0, 40.0, 900.0, 5.0),
    (60.0, 100.0, 650.0, 0.0),
    (85.0, 120.0, 800.0, 0.0),
)
SITE = streams_of(*ROWS)
"""Kinks at the ends of three streams: 80, 35, 100 and 120 °C."""


def of(
    streams: milpcore.Streams, candidates_C: list[float] | None = None, **more: object
) -> SiteInputs:
    options = SiteOptions(connections=replace(AREA, **more))  # type: ignore[arg-type]
    return prepare(streams, economics=CLOSE, candidates_C=candidates_C, options=options)


@st.composite
def touching_sites(draw: st.DrawFn) -> SiteInputs:
    """Draw a site some of whose candidates touch streams."""
    at_C = st.sampled_from([40.0, 60.0, 80.0, 100.0])
    rows = draw(
        st.lists(st.tuples(at_C, at_C, st.sampled_from([200.0, 700.0])), min_size=2, max_size=4)
    )
    dt_K = [draw(st.sampled_from([0.0, 0.0, 5.0])) for _ in rows]
    assume(any(one != other for one, other, _ in rows))
    streams = streams_of(
        *(
            (one, other, heat_kW, dt)
            for (one, other, heat_kW), dt in zip(rows, dt_K, strict=True)
            if one != other
        )
    )
    more_C = draw(st.lists(st.sampled_from([20.0, 50.0, 90.0, 130.0]), max_size=3, unique=True))
    try:
        return of(streams, [20.0, 40.0, 80.0, 130.0, *more_C])
    except InputError:
        assume(False)
        raise


@given(touching_sites(), st.integers(2, 3))
@settings(deadline=None, max_examples=25)
def test_all_formulations_find_the_enumerated_optimum(inputs: SiteInputs, n_levels: int) -> None:
    best = enumerated(inputs, n_levels)
    for make in FORMULATIONS:
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        if math.isinf(best):
            assert outcome.status is Status.INFEASIBLE, make.name
            continue
        assert outcome.objective == pytest.approx(best, rel=2e-6, abs=1.0), make.name
        assert outcome.bound <= best * (1.0 + 2e-6) + 1.0, make.name


def test_a_level_at_a_streams_temperature_serves_the_others() -> None:
    inputs = of(SITE, [35.0, 75.0, 80.0, 100.0, 105.0, 120.0, 125.0])
    assert inputs.terms is not None
    assert inputs.terms.connections is not None
    at = {level_C: place for place, level_C in enumerate(inputs.level_C.tolist())}
    is_allowed = inputs.terms.connections.is_allowed
    assert not is_allowed[0, at[80.0]]
    assert is_allowed[0, at[75.0]]
    assert not is_allowed[2, at[100.0]]
    assert is_allowed[2, at[105.0]]
    assert not is_allowed[3, at[120.0]]
    assert np.isfinite(inputs.terms.connections.area_m2).all()
    free = of(
        SITE,
        [35.0, 75.0, 80.0, 100.0, 105.0, 120.0, 125.0],
        area_investment_EUR=0.0,
        fixed_investment_EUR=1.0,
    )
    assert free.terms is not None
    assert free.terms.connections is not None
    assert free.terms.connections.is_allowed[0, at[80.0]]


def test_the_result_passes_its_check_and_a_tampered_one_does_not() -> None:
    asked = {"economics": CLOSE, "candidates_C": [35.0, 75.0, 80.0, 105.0, 125.0]}
    options = SiteOptions(connections=AREA)
    result = site.greenfield(SITE, n_levels=4, options=options, **asked)  # type: ignore[arg-type]
    table = result.connections.copy()
    assert (table["level_C"] - table["t_target_C"]).abs().min() > 1.0
    row = table.index[table["name"] == "S0"][0]
    table.loc[row, "level_C"] = 80.0
    wrong = replace(result, connections=table)
    with pytest.raises(site.CheckError, match="a temperature difference at both ends"):
        site.check(wrong, SITE, CLOSE, options=options)


def test_a_stream_without_any_other_candidate_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        of(SITE)
    (fault,) = caught.value.faults
    assert fault.value == "site/S3"
    assert fault.rule == (
        "has no level left that it may be connected to: no area is enough at 120 °C, where it has "
        "the same temperature"
    )
    assert fault.remedy == (
        "raise dt_cont of the stream or level_dt_cont, or give candidates elsewhere"
    )
    forbidden = (ForbiddenConnections(stream="S3", from_C=124.0),)
    with pytest.raises(InputError, match="no area is enough at 120 °C"):
        of(SITE, [35.0, 120.0, 125.0], forbidden=forbidden)
    with pytest.raises(InputError, match="connected to; allow some"):
        of(SITE, [35.0, 125.0], forbidden=forbidden)


@pytest.mark.parametrize("existing_C", [(35.0, 75.0, 125.0), (35.0, 80.0, 100.0, 125.0)])
def test_a_retrofit_has_the_best_of_all(existing_C: tuple[float, ...]) -> None:
    """Kinks alone would leave a stream without a level; those of today do not."""
    options = SiteOptions(connections=AREA, levels=LevelOptions(investment_EUR=2e4))
    asked = RetrofitOptions(existing_C, 1, 30.0, None, True, 0, 0, None, options)
    plan = plan_retrofit(SITE, asked, economics=CLOSE, objective="tac")
    study = study_of(plan)
    for choice, one in zip(plan.choices, study.results, strict=True):
        best = enumerated_retrofit(plan, choice)
        assert one.result.summary["objective_value"].iloc[0] == pytest.approx(best, rel=1e-7)
        table: pd.DataFrame = one.result.connections
        assert (table["level_C"] - table["t_target_C"]).abs().min() > 1e-6
