"""Alternatives of a site with options: what they leave alone, stops, refusals, files, command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import test_site_option_types as kinds
from helpers_cli import in_this_process, run
from helpers_option_alternatives import greenfield_sets
from helpers_sites import streams_of
from test_site_option_alternatives import EXAMPLES, asked, moved, ranked
from test_site_options import SITE
from test_site_retrofit_options import MOVED, TODAY_C, plan_of

import milpcore
from milpcore import plots, site
from milpcore.cli import retrofit_study, study
from milpcore.core import Status
from milpcore.economics import SiteEconomics
from milpcore.faults import InputError
from milpcore.site.alternative_search import AlternativeSearch
from milpcore.site.alternatives_options import AlternativeOptions
from milpcore.site.inputs import prepare
from milpcore.site_options import (
    ConnectionOptions,
    ExternalHeatOptions,
    ForbiddenConnections,
    HeatPumpOptions,
    HeatPumpType,
    HeatSource,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.site_options_file import write_site_options
from milpcore.streams import Streams


def test_options_without_effect_have_the_ranks_without_options() -> None:
    dairy = milpcore.load_case("dairy_8")
    idle = SiteOptions(heat_pumps=HeatPumpOptions(max_size_kW=1e9))
    plain = site.alternatives(dairy, n_levels=4, within_percent=2.0)
    same = site.alternatives(dairy, n_levels=4, within_percent=2.0, options=idle)
    assert plain.sets_C == same.sets_C
    assert (plain.n_near, plain.n_tied) == (same.n_near, same.n_tied)
    for column in ("best_kW", "least_kW", "most_kW"):
        assert plain.size_ranges[column].to_numpy() == pytest.approx(
            same.size_ranges[column].to_numpy(), rel=1e-6, abs=1e-3
        )


def test_a_set_may_count_that_could_do_without_two_levels() -> None:
    """Both ends of a heat pump pay for themselves together, none of them alone."""
    every = greenfield_sets(
        prepare(
            SITE,
            economics=SiteEconomics(electricity_price_EUR_per_MWh=90.0),
            options=SiteOptions(levels=LevelOptions(investment_EUR=1.5e6)),
        ),
        4,
    )
    costs = every.costs()
    both = [
        levels
        for levels in every.counting()
        if any(costs[one] < costs[levels] for one in costs if set(one) < set(levels))
    ]
    found = ranked(every.inputs, 4, 100)
    assert len(found.sets_C) == len(every.counting())
    assert both


def test_a_site_of_a_few_watts_has_the_same_ranks_with_options() -> None:
    table = SITE.table.copy()
    table["heat_flow"] *= 1e-6
    found = []
    for streams, factor in ((SITE, 1.0), (Streams(table), 1e-6)):
        options = SiteOptions(
            heat_pumps=HeatPumpOptions(
                fixed_investment_EUR=5e4 * factor, min_size_kW=100.0 * factor
            ),
            levels=LevelOptions(investment_EUR=2e4 * factor),
        )
        asked = {"n_alternatives": 5, "within_percent": 3.0, "options": options}
        found.append(site.alternatives(streams, n_levels=4, **asked))  # type: ignore[arg-type]
        retrofit = {"existing_C": TODAY_C, "range_K": 30.0, "move": 2}
        found.append(site.retrofit_alternatives(streams, **retrofit, **asked))  # type: ignore[arg-type]
    for large, small in (found[::2], found[1::2]):
        assert small.sets_C == large.sets_C
        assert small.bound == pytest.approx(1e-6 * large.bound, rel=1e-7)
        for column in ("best_kW", "least_kW", "most_kW"):
            assert small.size_ranges[column].to_numpy() * 1e6 == pytest.approx(
                large.size_ranges[column].to_numpy(), rel=1e-5, abs=1e-2
            )


@pytest.mark.parametrize("calls", [1, 3, 8, 30])
def test_a_search_that_is_stopped_proves_what_it_says(calls: int) -> None:
    options = EXAMPLES["levels and pumps"]
    heard = 0

    def stop(_: site.Progress) -> bool:
        nonlocal heard
        heard += 1
        return heard >= calls

    asked = {"n_levels": 4, "options": options, "candidates_C": list(range(20, 151, 5))}
    cut = site.alternatives(SITE, observer=stop, within_percent=1.0, **asked)  # type: ignore[arg-type]
    assert cut.status is Status.INTERRUPTED
    if not cut.designs:
        assert cut.notes == ("interrupted: the first 0 of 0 ranks are proven.",)
        return
    assert not cut.size_ranges["is_proven"].any()
    full = site.alternatives(SITE, n_alternatives=cut.n_proven + 1, **asked)  # type: ignore[arg-type]
    assert cut.sets_C[: cut.n_proven] == full.sets_C[: cut.n_proven]


def test_ranges_that_are_stopped_are_not_proven() -> None:
    inputs = prepare(SITE, options=EXAMPLES["levels and pumps"])
    search = AlternativeSearch(inputs, asked(3, 5.0), 4)
    ranking = search.greenfield(4)
    search.options = AlternativeOptions(3, 5.0, 1e-9, None)
    found = search.told(ranking)
    assert found.status is Status.OPTIMAL
    assert found.n_proven == 3
    assert found.level_ranges["is_proven"].all()
    assert not found.size_ranges["is_proven"].any()


def test_where_nothing_can_be_kept_there_is_no_rank() -> None:
    options = SiteOptions(limits=LimitOptions(emission_t_per_a=1.0))
    none = site.retrofit_alternatives(SITE, existing_C=TODAY_C, range_K=30.0, options=options)
    assert none.status is Status.INFEASIBLE
    assert none.notes == (
        "No set of at most 4 levels serves every stream and keeps what options ask for.",
    )
    assert len(none.alternatives) == 0
    forced_C = (35.0, 70.0, 105.0)
    crowded = SiteOptions(levels=LevelOptions(forced_C=forced_C))
    assert site.alternatives(SITE, n_levels=2, options=crowded).status is Status.INFEASIBLE


def test_designs_of_a_retrofit_pay_for_what_moves() -> None:
    plan = plan_of(SiteOptions(levels=MOVED), move=2)
    found = moved(plan, 20)
    annuity = SiteEconomics().annuity_per_a
    assert {len(one) for one in found.moved_C} == {0, 1}
    for design, changes in zip(found.designs, found.moved_C, strict=True):
        pumps_EUR = design.heat_pumps["investment_EUR"].sum()
        assert design.summary["capex_EUR_per_a"].iloc[0] == pytest.approx(
            annuity * (pumps_EUR + 1.5e4 * len(changes))
        )


def test_what_a_greenfield_does_not_take_is_refused_all_at_once() -> None:
    options = SiteOptions(
        limits=LimitOptions(external_heat_kW=100.0, emission_t_per_a=5.0),
        external_heat=ExternalHeatOptions(
            sources=(
                HeatSource(name="waste", price_EUR_per_MWh=5.0, capacity_kW=400.0),
                HeatSource(name="gas", price_EUR_per_MWh=45.0, max_level_C=80.0),
            )
        ),
        connections=ConnectionOptions(
            forbidden=(ForbiddenConnections(stream="S0", from_C=60.0, to_C=70.0),)
        ),
    )
    sources = options.external_heat.sources
    low = replace(options, external_heat=ExternalHeatOptions(sources=sources[1:]))
    with pytest.raises(InputError) as caught:
        site.alternatives(SITE, n_levels=3, options=options)
    faults = caught.value.faults
    assert [(one.field, one.value) for one in faults] == [
        ("external_heat_kW", "100 kW"),
        ("emission_t_per_a", "5 t/a"),
        ("capacity_kW", "400 kW"),
        ("connections", ""),
    ]
    assert "would not end" in faults[0].rule
    assert "nearest level" in faults[-1].rule
    assert all("retrofit" in one.remedy for one in faults)
    with pytest.raises(InputError, match=r"max_level_C = 80 °C: cannot be ranked where a level"):
        site.alternatives(SITE, n_levels=3, options=low)
    dear = replace(
        kinds.of(kinds.GOOD, kinds.CHEAP),
        cooling=PriceOptions(prices=(PriceStep(price_EUR_per_MWh=500.0),)),
    )
    with pytest.raises(InputError, match=r"types: their ranking cannot bound types of heat pumps"):
        site.alternatives(SITE, n_levels=3, options=dear)


@pytest.fixture(name="files")
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Write streams, and options of heat pumps and levels; commands run in this process."""
    options = replace(kinds.of(kinds.CHEAP, kinds.STEAM), levels=replace(MOVED, investment_EUR=1e3))
    monkeypatch.setattr(study, "run_in_child", in_this_process)
    monkeypatch.setattr(retrofit_study, "run_in_child", in_this_process)
    milpcore.write_streams(SITE, tmp_path / "site.csv")
    economics = SiteEconomics(electricity_price_EUR_per_MWh=40.0)
    write_site_options(economics, options, tmp_path / "options.toml")
    return str(tmp_path / "site.csv"), str(tmp_path / "options.toml")


@pytest.mark.parametrize(
    "command", [("greenfield", "--levels", "3,4"), ("retrofit", "--existing", "35,70,105,135")]
)
def test_the_command_ranks_a_site_with_options(
    command: tuple[str, ...],
    files: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, *rest = command
    argv = (name, files[0], *rest, "--economics", files[1], "--quiet")
    argv += ("--alternatives", "4", "--within", "3", "--out", str(tmp_path / "out"))
    text = run(capsys, *argv)
    assert text.code == 0
    assert "Alternatives: at most 4 levels" in text.out
    assert "heat pump, level 1 to 2, " in text.out
    record = json.loads(run(capsys, *argv, "--json").out)["alternatives"][-1]
    sizes = pd.read_csv(tmp_path / "out" / "size_ranges.csv", keep_default_na=False)
    pumps = sizes[sizes["quantity"] == "heat pump"]
    assert set(pumps["type"]) <= {"cheap", "steam"}
    assert {one["type"] for one in record["size_ranges"]} <= {"cheap", "steam", ""}
    assert [one["rank"] for one in record["alternatives"]] == list(
        range(1, len(record["alternatives"]) + 1)
    )
    levels = pd.read_csv(tmp_path / "out" / "alternatives.csv", keep_default_na=False)
    assert len(levels) >= 2
    assert "type" in pd.read_csv(tmp_path / "out" / "alternative_heat_pumps.csv")


def test_the_command_refuses_what_cannot_be_ranked(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = SiteOptions(limits=LimitOptions(external_heat_kW=900.0))
    write_site_options(SiteEconomics(), options, tmp_path / "limits.toml")
    argv = ("--economics", str(tmp_path / "limits.toml"), "--alternatives", "2", "--quiet")
    refused = run(capsys, "greenfield", files[0], "--levels", "3", "--no-cascade", *argv)
    assert refused.code == 2
    assert "external_heat_kW = 900 kW: cannot be ranked" in refused.err
    assert "cannot be ranked where heat may not cascade" in refused.err
    ranks = run(capsys, "retrofit", files[0], "--existing", "35,70,105,135", *argv)
    assert ranks.code == 0
    assert "Alternatives: at most 4 levels" in ranks.out


def test_the_figure_says_why_there_is_none() -> None:
    options = SiteOptions(limits=LimitOptions(emission_t_per_a=1.0))
    none = site.retrofit_alternatives(SITE, existing_C=TODAY_C, options=options)
    texts = plots.alternatives_chart(none).axes[0].texts
    assert [text.get_text() for text in texts] == [
        "no level set serves every stream and keeps what options ask for"
    ]


def test_what_costs_nothing_has_no_share_above_it() -> None:
    streams = streams_of(
        (150.0, 120.0, 1000.0, 5.0), (40.0, 80.0, 500.0, 5.0), (20.0, 50.0, 300.0, 5.0)
    )
    found = site.alternatives(
        streams, n_levels=2, candidates_C=[40.0, 90.0, 120.0], objective="co2", n_alternatives=5
    )
    table = found.alternatives
    assert table["objective_value"].iloc[0] == 0.0
    assert table["above_best_percent"].iloc[0] == 0.0
    dearer = table["objective_value"] > 0.0
    assert dearer.any()
    assert table["above_best_percent"][dearer].isna().all()
    assert found.to_json_dict()["alternatives"][-1]["above_best_percent"] is None


def test_types_have_their_column_without_any_heat_pump() -> None:
    types = (HeatPumpType(name="never", investment_EUR_per_kW=1e6),)
    options = SiteOptions(heat_pumps=HeatPumpOptions(types=types))
    found = site.alternatives(milpcore.load_case("dairy_8"), n_levels=3, options=options)
    assert len(found.alternative_heat_pumps) == 0
    assert "type" in found.alternative_heat_pumps


def test_a_level_that_is_given_up_must_save_something() -> None:
    today_C = [5.0, 40.0, 52.0, 85.0, 205.0]
    found = site.retrofit_alternatives(
        milpcore.load_case("dairy_8"), existing_C=today_C, range_K=15.0, n_alternatives=40
    )
    (today,) = [
        rank
        for rank, (moved_C, given_up_C) in enumerate(
            zip(found.moved_C, found.given_up_C, strict=True)
        )
        if not moved_C and not given_up_C
    ]
    costs = found.alternatives["objective_value"]
    assert (costs[: today + 1] <= costs[today] * (1.0 + 1e-9)).all()
    assert today == len(costs) - 1, "moves that cost more than today are of no use"
