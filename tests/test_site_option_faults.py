"""Faults of options against a site, told in one error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers_cli import run
from test_site_options import SITE

import milpcore
from milpcore import InputError, SiteEconomics, SiteOptions, site
from milpcore.site_options import (
    ConnectionOptions,
    ExistingPump,
    ForbiddenConnections,
    ForbiddenLevels,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    InvestmentPoint,
    LevelOptions,
)
from milpcore.site_options_file import write_site_options

TODAY_C = (35.0, 70.0, 105.0, 135.0)
NO_HTC = ConnectionOptions(
    area_investment_EUR=100.0, forbidden=(ForbiddenConnections(zone="nowhere", from_C=300.0),)
)
BEYOND = ForcedPump(source_C=35.0, sink_C=135.0, heat_kW=100.0)
LARGE = ForcedPump(source_C=35.0, sink_C=70.0, heat_kW=100.0)
SMALL = ExistingPump(source_C=35.0, sink_C=70.0, size_kW=60.0)
FORBIDDEN_LEVEL = LevelOptions(forbidden=(ForbiddenLevels(from_C=60.0, to_C=72.0),))


def faults_of(**asked: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        site.prepare(SITE, **asked)  # type: ignore[arg-type]
    return [str(fault) for fault in caught.value.faults]


def retrofit_faults(**asked: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        site.retrofit(SITE, **{"existing_C": TODAY_C, **asked})  # type: ignore[arg-type]
    assert caught.value.title == "retrofit"
    return [str(fault) for fault in caught.value.faults]


def assert_told(found: list[str], *expected: str) -> None:
    for text in expected:
        assert sum(text in one for one in found) == 1, (text, found)
    assert len(found) == len(expected), found


def test_levels_heat_pumps_and_connections_are_told_at_once() -> None:
    pumps = HeatPumpOptions(forced=(BEYOND,), existing=(SMALL,))
    options = SiteOptions(heat_pumps=pumps, levels=FORBIDDEN_LEVEL, connections=NO_HTC)
    found = faults_of(options=options, objective="capex", candidates_C=[80.0, 100.0, 150.0])
    assert_told(
        found,
        "objective = capex: least CAPEX cannot be asked for",
        "level options: existing = 70 °C: is the end of an existing heat pump",
        "heat pump options: forced = 35 → 135 °C: cannot be had",
        "[[connections.forbidden]] 1: zone = nowhere: is no zone of the stream table",
        "[connections]: stream_htc_kW_per_m2_K: is missing",
    )


def test_a_site_without_candidates_still_names_unknown_streams() -> None:
    levels = LevelOptions(forbidden=(ForbiddenLevels(from_C=0.0, to_C=400.0),))
    found = faults_of(options=SiteOptions(levels=levels, connections=NO_HTC))
    assert_told(found, "no candidate level is left", "zone = nowhere", "stream_htc")


def test_an_unknown_objective_does_not_hide_other_faults() -> None:
    options = SiteOptions(connections=NO_HTC)
    assert_told(
        faults_of(options=options, objective="cost"), "objective = cost", "nowhere", "stream_htc"
    )


def test_streams_that_no_candidate_serves_are_told_once() -> None:
    options = SiteOptions(connections=NO_HTC)
    found = faults_of(options=options, candidates_C=[35.0, 60.0])
    assert_told(found, "no level high enough", "nowhere", "stream_htc")


def test_all_types_and_existing_heat_pumps_are_looked_at() -> None:
    points = tuple(InvestmentPoint(heat_kW=at, investment_EUR=at * 300.0) for at in (10.0, 50.0))
    types = tuple(
        HeatPumpType(name=name, investment_points=points, min_size_kW=100.0) for name in ("a", "b")
    )
    pumps = HeatPumpOptions(types=types, forced=(BEYOND,))
    found = faults_of(options=SiteOptions(heat_pumps=pumps))
    assert sum("leaves no size between 100 and inf kW" in one for one in found) == 2
    assert sum("cannot be had" in one for one in found) == 1
    assert not any("heat pump options: heat pump options" in one for one in found)


@pytest.mark.parametrize(
    ("pumps", "heat_kW", "most"),
    [
        (HeatPumpOptions(max_number=0, existing=(SMALL,)), 100.0, "60 kW"),
        (HeatPumpOptions(max_size_kW=30.0, existing=(SMALL,)), 100.0, "90 kW"),
        (HeatPumpOptions(max_size_kW=40.0, existing=(SMALL,)), 100.0, None),
        (
            HeatPumpOptions(
                investment_points=tuple(
                    InvestmentPoint(heat_kW=at, investment_EUR=cost)
                    for at, cost in ((10.0, 1e4), (50.0, 2e4), (90.0, 2.5e4))
                )
            ),
            100.0,
            "90 kW",
        ),
    ],
)
def test_more_forced_heat_than_sizes_allow_is_refused(
    pumps: HeatPumpOptions, heat_kW: float, most: str | None
) -> None:
    forced = (replace(LARGE, heat_kW=heat_kW),)
    options = SiteOptions(heat_pumps=replace(pumps, forced=forced))
    if most is None:
        assert site.greenfield(SITE, n_levels=3, options=options).levels is not None
        return
    told = f"cannot deliver 100 kW: heat pumps there have {most}"
    assert_told(faults_of(options=options), told)


def test_a_retrofit_tells_everything_at_once() -> None:
    pumps = HeatPumpOptions(forced=(BEYOND, LARGE), existing=(SMALL,))
    options = SiteOptions(heat_pumps=pumps, levels=FORBIDDEN_LEVEL, connections=NO_HTC)
    found = retrofit_faults(options=options, heat_pumps=False, movable_C=[50.0])
    assert_told(
        found,
        "movable_C = 50",
        "existing_C = 70 °C: is forbidden, but there",
        "forced = 35 → 135 °C: needs 100 kW, but no new heat pump is allowed",
        "forced = 35 → 70 °C: needs 100 kW, but no new heat pump is allowed, and those of today "
        "have 60 kW there",
        "level options: existing = 70 °C",
        "forced = 70 °C",
        "forced = 35 → 135 °C: cannot be had",
        "nowhere",
        "stream_htc",
    )


@pytest.mark.parametrize("candidates_C", [None, [35.0, 70.0, 90.0]])
def test_levels_of_today_that_do_not_serve_are_told_beside_options(
    candidates_C: list[float] | None,
) -> None:
    options = SiteOptions(connections=NO_HTC)
    asked = {"existing_C": [35.0, 70.0], "candidates_C": candidates_C}
    found = retrofit_faults(options=options, **asked)
    assert_told(found, "existing_C = 35…70 °C: no level high enough", "nowhere", "stream_htc")


def test_forced_heat_pumps_need_new_ones_or_those_of_today() -> None:
    def asked(*there: ExistingPump) -> SiteOptions:
        return SiteOptions(heat_pumps=HeatPumpOptions(forced=(LARGE,), existing=there))

    none = (
        "needs 100 kW, but no new heat pump is allowed, and those of today have 0 kW there; allow"
    )
    assert_told(retrofit_faults(options=asked(), heat_pumps=False), none)
    enough = asked(replace(SMALL, size_kW=120.0))
    study = site.retrofit(SITE, existing_C=TODAY_C, move=0, options=enough, heat_pumps=False)
    (row,) = study.results[0].result.heat_pumps.to_dict("records")
    assert row["heat_kW"] >= 100.0 * (1.0 - 1e-9)
    assert row["investment_EUR"] == 0.0


def test_the_command_refuses_forced_heat_pumps_without_heat_pumps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    milpcore.write_streams(SITE, tmp_path / "site.csv")
    options = SiteOptions(heat_pumps=HeatPumpOptions(forced=(LARGE,)))
    write_site_options(SiteEconomics(), options, tmp_path / "options.toml")
    asked = ("retrofit", str(tmp_path / "site.csv"), "--existing", "35,70,105,135", "--no-pumps")
    answer = run(capsys, *asked, "--economics", str(tmp_path / "options.toml"), "--quiet")
    assert answer.code == 2
    assert "no new heat pump is allowed" in answer.err
    assert "--no-pumps" in answer.err
