"""Heat pumps that every design has: against enumeration, in a retrofit, checked, refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_options import enumerated_with_options
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_site_options import EXACT, SITE, limits, pump_options, tolerance
from test_site_options import prices as price_steps
from test_site_retrofit_options import enumerated, plan_of, study_of

from milpcore import InputError, SiteEconomics, SiteOptions, site
from milpcore.core import Status
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.option_search import SetSearch
from milpcore.site.path_search import PathSearch
from milpcore.site_options import (
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenPumps,
    ForcedPump,
    HeatPumpOptions,
    LimitOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options


def forced(heat_kW: float, **more: object) -> SiteOptions:
    """Options with a heat pump from 35 to 70 °C in every design."""
    pump = ForcedPump(source_C=35.0, sink_C=70.0, heat_kW=heat_kW)
    return SiteOptions(heat_pumps=HeatPumpOptions(forced=(pump,), **more))  # type: ignore[arg-type]


@st.composite
def sites(draw: st.DrawFn) -> SiteInputs:
    """Draw a site with one or two forced heat pumps and other options."""
    pumps = [ForcedPump(source_C=35.0, sink_C=70.0, heat_kW=draw(st.sampled_from([50.0, 1500.0])))]
    if draw(st.booleans()):
        pumps.append(ForcedPump(source_C=70.0, sink_C=105.0, heat_kW=300.0))
    options = SiteOptions(
        heat_pumps=replace(draw(pump_options()), forced=tuple(pumps)),
        external_heat=ExternalHeatOptions(prices=draw(price_steps()).prices),
        cooling=draw(price_steps()),
        limits=draw(limits()),
    )
    try:
        return prepare(SITE, options=options, objective=draw(st.sampled_from(["tac", "opex"])))
    except InputError:  # forbidden, or none may be new
        assume(False)
        raise


@settings(max_examples=15)
@given(sites(), st.integers(2, 4))
def test_every_formulation_has_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = enumerated_with_options(inputs, n_levels)
    for make in EXACT:
        if make(n_levels).refusal(inputs) is not None:
            assert make is SetSearch
            continue
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        if not np.isfinite(best):
            assert outcome.status is Status.INFEASIBLE, make
            continue
        assert abs(outcome.objective - best) <= tolerance(inputs, best), make
        assert outcome.bound <= best + tolerance(inputs, best)


@pytest.mark.parametrize("heat_kW", [200.0, 2500.0])
@pytest.mark.parametrize("existing_kW", [0.0, 300.0])
def test_a_forced_heat_pump_delivers_what_is_asked(heat_kW: float, existing_kW: float) -> None:
    there = ExistingPump(source_C=35.0, sink_C=70.0, size_kW=existing_kW) if existing_kW else None
    options = forced(heat_kW, existing=(there,) if there else ())
    result = site.greenfield(SITE, n_levels=4, options=options)
    table = result.heat_pumps.set_index(["source_C", "sink_C"])
    assert table.loc[(35.0, 70.0), "heat_kW"] >= heat_kW * (1.0 - 1e-9)
    free = site.greenfield(
        SITE,
        n_levels=4,
        options=replace(options, heat_pumps=replace(options.heat_pumps, forced=())),
    )
    assert result.summary["tac_EUR_per_a"].iloc[0] >= free.summary["tac_EUR_per_a"].iloc[0] - 1.0
    if heat_kW > 2000.0:  # more than pays
        assert result.summary["tac_EUR_per_a"].iloc[0] > free.summary["tac_EUR_per_a"].iloc[0]


@pytest.mark.parametrize("heat_kW", [100.0, 1200.0])
def test_a_retrofit_has_the_optimum_of_full_enumeration(heat_kW: float) -> None:
    plan = plan_of(forced(heat_kW))
    study = study_of(plan)
    for choice, one in zip(plan.choices, study.results, strict=True):
        best = enumerated(plan, choice)
        value = one.result.summary["objective_value"].iloc[0]
        assert abs(value - best) <= tolerance(plan.inputs, best)
    assert study.baseline.heat_pumps.empty


def test_a_forced_heat_pump_that_is_missing_is_found_by_the_check() -> None:
    result = site.greenfield(SITE, n_levels=4, options=forced(200.0))
    more = forced(1e5)
    with pytest.raises(site.CheckError, match="forced heat pump, kW"):
        site.check(replace(result, options=more), SITE, SiteEconomics(), options=more)


def test_path_search_refuses_and_says_why() -> None:
    refusal = PathSearch(3).refusal(prepare(SITE, options=forced(100.0)))
    assert refusal is not None
    assert "heat pumps are forced" in refusal
    assert refusal.endswith("use set_search")


def test_limits_that_a_forced_heat_pump_breaks_are_infeasible() -> None:
    options = replace(forced(2500.0), limits=LimitOptions(emission_t_per_a=10.0))
    result = site.greenfield(SITE, n_levels=4, options=options)
    assert result.status is Status.INFEASIBLE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            lambda: HeatPumpOptions(forced=(ForcedPump(source_C=1.0, sink_C=200.0, heat_kW=1.0),)),
            "forced = 1 → 200 °C: cannot be had: beyond the limits of lift and sink, forbidden, "
            "or none may be new; raise max_lift_K, max_sink_C or max_number, or leave it out",
        ),
        (
            lambda: HeatPumpOptions(
                forced=(ForcedPump(source_C=35.0, sink_C=70.0, heat_kW=1.0),),
                forbidden=(ForbiddenPumps(source_to_C=40.0),),
            ),
            "forced = 35 → 70 °C: cannot be had",
        ),
        (lambda: ForcedPump(source_C=70.0, sink_C=35.0, heat_kW=1.0), "must be above source_C"),
        (
            lambda: HeatPumpOptions(
                forced=(
                    ForcedPump(source_C=35.0, sink_C=70.0, heat_kW=1.0),
                    ForcedPump(source_C=35.0, sink_C=70.0, heat_kW=2.0),
                )
            ),
            "forced = 35 → 70 °C: must not come twice",
        ),
    ],
)
def test_faults_are_named(options: object, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        prepare(SITE, options=SiteOptions(heat_pumps=options()))  # type: ignore[operator]


def test_a_file_holds_forced_heat_pumps(tmp_path: Path) -> None:
    path = tmp_path / "options.toml"
    write_site_options(SiteEconomics(), forced(750.0), path)
    assert "[[heat_pumps.forced]]" in path.read_text(encoding="utf-8")
    assert read_site_options(path)[1] == forced(750.0)
