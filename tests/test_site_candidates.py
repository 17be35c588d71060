"""Sets of candidate levels: what they hold, what they cost, how texts and faults name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers_cli import in_this_process, run
from helpers_sites import enumerated_optimum, site_at_levels, stream_tables, streams_of
from hypothesis import given, settings
from hypothesis import strategies as st

import milpcore
from milpcore import SiteEconomics, site
from milpcore.cli import retrofit_study
from milpcore.cli import study as greenfield_study
from milpcore.faults import InputError
from milpcore.site.candidates import candidates_name
from milpcore.streams import Streams
from milpcore.sweeps.study_file import read_sweep

LIMITS_C = st.lists(st.integers(-40, 900).map(lambda tenth: tenth / 4.0), min_size=1, max_size=9)
SETS: tuple[site.Candidates, ...] = (
    site.Kinks(),
    site.KinksAndGaps(),
    site.KinksAndGaps(15.0),
    site.KinksAndGrid(7.0),
    site.Grid(7.0),
    site.Grid(0.5),
    site.Refined(2.0),
)


@given(LIMITS_C, st.sampled_from(SETS))
def test_every_set_serves_every_stream(limits: list[float], chosen: site.Candidates) -> None:
    limit_C = np.array(limits)
    levels_C = chosen.levels_C(limit_C, SiteEconomics())
    assert levels_C.min() <= limit_C.min()
    assert levels_C.max() >= limit_C.max()
    if "kinks" in chosen.name:
        assert np.isin(np.unique(limit_C), levels_C).all()


@given(LIMITS_C, st.sampled_from([None, 15.0, 3.0]))
def test_gaps_are_divided_up_to_the_sink_limit(limits: list[float], most_K: float | None) -> None:
    economics = SiteEconomics(max_lift_K=25.0, max_sink_C=120.0)
    levels_C = site.KinksAndGaps(most_K).levels_C(np.array(limits), economics)
    widest_K = 25.0 if most_K is None else most_K
    for low_C, high_C in pairwise(levels_C.tolist()):
        if high_C <= 120.0:
            assert high_C - low_C <= widest_K + 1e-9
    added_C = np.setdiff1d(levels_C, limits)
    assert (added_C <= 120.0).all()
    wide = [(low, high) for low, high in pairwise(np.unique(limits)) if high - low > widest_K]
    for level_C in added_C:
        assert any(low < level_C < high for low, high in wide)


def test_the_grid_of_kinks_and_grid_ends_at_the_sink_limit() -> None:
    levels_C = site.KinksAndGrid(10.0).levels_C(
        np.array([23.0, 500.0]), SiteEconomics(max_sink_C=55.0)
    )
    assert levels_C.tolist() == [23.0, 30.0, 40.0, 50.0, 500.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kinks", site.Kinks()),
        ("kinks+grid:5", site.KinksAndGrid(5.0)),
        (" grid:0.5 ", site.Grid(0.5)),
        ("kinks+gaps", site.KinksAndGaps()),
        ("kinks+gaps:20", site.KinksAndGaps(20.0)),
        ("refined", site.Refined()),
        ("refined:0.25", site.Refined(0.25)),
        ("80, 15,-3.5", site.ListedLevels((80.0, 15.0, -3.5))),
    ],
)
def test_texts_and_names_of_sets(text: str, expected: site.Candidates) -> None:
    assert site.candidates_from_text(text) == expected
    assert site.candidates_from_text(expected.name) == expected


@pytest.mark.parametrize("text", ["", "kink", "grid", "kinks:5", "grid:x", "15,x", "nan", "a:b:c"])
def test_texts_that_are_no_set(text: str) -> None:
    with pytest.raises(InputError) as caught:
        site.candidates_from_text(text)
    assert [fault.rule for fault in caught.value.faults] == [
        "must be kinks, kinks+grid:5, grid:5, kinks+gaps, kinks+gaps:20, refined, refined:0.5 or "
        "15,35,80"
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: site.Grid(0.0), "step_K = 0.0: must be a number from 0.01 (K); 5 is usual"),
        (lambda: site.Grid(np.nan), "step_K = nan: must be a number from 0.01 (K)"),
        (lambda: site.KinksAndGrid(True), "step_K = True: must be a number from 0.01 (K)"),
        (lambda: site.KinksAndGaps(-1.0), "most_K = -1.0: must be a number from 0.01 (K)"),
        (lambda: site.Refined(0.001), "step_K = 0.001: must be a number from 0.01 (K)"),
        (lambda: site.Refined(reach=0), "reach = 0: must be a whole number from 1; correct it"),
        (
            lambda: site.Refined(most_rounds=1.5),  # type: ignore[arg-type]
            "most_rounds = 1.5: must be a whole number from 1",
        ),
        (
            lambda: site.Grid(0.01).levels_C(np.array([0.0, 100.0]), SiteEconomics()),
            "step_K = 0.01: makes 10001 candidate levels, more than 5000; take a larger step",
        ),
    ],
)
def test_sets_that_make_no_sense(make: object, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        make()  # type: ignore[operator]


def test_the_default_is_the_kinks() -> None:
    streams = milpcore.load_case("dairy_8")
    found = [
        site.greenfield(streams, n_levels=5, candidates_C=chosen)
        for chosen in (None, site.Kinks(), np.unique(site.prepare(streams).level_C).tolist())
    ]
    for other in found[1:]:
        assert other.levels.equals(found[0].levels)
        assert other.summary.drop(columns="solve_s").equals(
            found[0].summary.drop(columns="solve_s")
        )
    assert [candidates_name(one) for one in (None, site.Kinks(), [15.0])] == [
        "kinks",
        "kinks",
        "15",
    ]


COARSE = (site.Kinks(), site.KinksAndGaps(40.0), site.KinksAndGrid(50.0), site.Grid(50.0))


@settings(max_examples=25)
@given(stream_tables(max_streams=3), st.sampled_from(COARSE))
def test_a_set_is_solved_to_its_own_optimum(streams: Streams, chosen: site.Candidates) -> None:
    inputs = site.prepare(streams, candidates_C=chosen)
    if inputs.n_candidates > 9:
        return
    result = site.greenfield(streams, n_levels=3, candidates_C=chosen, mip_rel_gap=0.0)
    assert np.isin(result.levels["temperature_C"], inputs.level_C).all()
    assert float(result.summary["objective_value"].iloc[0]) == pytest.approx(
        enumerated_optimum(inputs, 3), rel=1e-7, abs=1e-3
    )


def _relay_site() -> Streams:
    """Heat at 40 °C and demand at 130 °C, further apart than one heat pump may lift."""
    return site_at_levels({40.0: 2000.0}, {130.0: 1500.0}).streams


CHEAP = SiteEconomics(electricity_price_EUR_per_MWh=60.0, heat_pump_investment_EUR_per_kW=200.0)


def _tac(streams: Streams, chosen: site.Candidates | Sequence[float] | None) -> float:
    result = site.greenfield(
        streams, n_levels=3, economics=CHEAP, candidates_C=chosen, mip_rel_gap=0.0
    )
    return float(result.summary["objective_value"].iloc[0])


@pytest.mark.compiled
def test_more_candidates_never_cost_more_and_refining_finds_what_a_fine_grid_finds() -> None:
    streams = _relay_site()
    kinks = _tac(streams, site.Kinks())
    coarse = _tac(streams, site.KinksAndGrid(10.0))
    fine = _tac(streams, site.KinksAndGrid(0.25))
    refined = _tac(streams, site.Refined(0.25))
    gaps = _tac(streams, site.KinksAndGaps())
    assert coarse < 0.8 * kinks
    assert gaps < 0.8 * kinks
    assert fine < coarse * (1.0 - 1e-6)
    assert refined == pytest.approx(fine, rel=1e-9)


def test_a_refined_study_falls_with_more_levels_and_says_what_its_bound_is_for() -> None:
    study = site.greenfield_study(
        _relay_site(), levels=[1, 2, 3, 4], economics=CHEAP, candidates_C=site.Refined(1.0)
    )
    assert [result.status.value for result in study.results] == ["infeasible", *["optimal"] * 3]
    cost = study.summary["objective_value"].to_numpy()[1:]
    assert (np.diff(cost) <= 1e-9 * cost[:-1]).all()
    assert (study.summary["bound"][1:] <= study.summary["objective_value"][1:]).all()
    pattern = r"Candidates refined in \d+ rounds to \d+: the bound holds for these, not for all"
    assert all(re.match(pattern, result.notes[-1]) for result in study.results[1:])


@pytest.mark.compiled
def test_refining_stops_when_told_to_and_keeps_what_it_has() -> None:
    calls = 0

    def stop_late(_: site.Progress) -> bool:
        nonlocal calls
        calls += 1
        return calls > 12

    study = site.greenfield_study(
        milpcore.load_case("site_400"),
        levels=[5, 6, 7],
        candidates_C=site.Refined(0.5),
        observer=stop_late,
        mip_rel_gap=1e-6,
    )
    assert [result.status.value for result in study.results][-1] == "interrupted"
    assert not study.results[-1].has_design
    assert study.results[-1].notes[0].startswith("Interrupted") or study.results[-1].notes


@pytest.mark.compiled
def test_refining_ends_after_the_most_rounds_and_at_the_time_limit() -> None:
    streams = _relay_site()
    one_round = site.Refined(0.25, most_rounds=1)
    assert _tac(streams, one_round) == pytest.approx(_tac(streams, site.Kinks()), rel=1e-9)
    result = site.greenfield(
        milpcore.load_case("site_400"),
        n_levels=9,
        candidates_C=site.Refined(0.25),
        time_limit_s=1e-3,
    )
    assert result.has_design
    assert result.status.value == "time_limit"


@pytest.mark.compiled
def test_a_retrofit_moves_levels_to_the_set_of_candidates() -> None:
    streams = milpcore.load_case("dairy_8")
    options = {"existing_C": [5.0, 40.0, 85.0, 205.0], "range_K": 15.0}
    usual = site.retrofit(streams, **options)  # type: ignore[arg-type]
    finer = site.retrofit(streams, candidates_C=site.KinksAndGrid(0.5), **options)  # type: ignore[arg-type]
    for ours, theirs in zip(finer.results, usual.results, strict=True):
        assert ours.saving_percent >= theirs.saving_percent - 1e-9
    with pytest.raises(InputError, match=r"candidates_C = refined:1: has no levels of its own"):
        site.retrofit(streams, candidates_C=site.Refined(), **options)  # type: ignore[arg-type]


def test_candidates_that_serve_no_stream_are_refused() -> None:
    streams = streams_of((100.0, 60.0, 500.0, 5.0), (40.0, 90.0, 400.0, 5.0))
    with pytest.raises(InputError, match=r"no level low enough for this hot stream"):
        site.prepare(streams, candidates_C=site.ListedLevels((80.0, 120.0)))


def test_the_command_line_takes_a_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greenfield_study, "run_in_child", in_this_process)
    monkeypatch.setattr(retrofit_study, "run_in_child", in_this_process)
    study = ("greenfield", "dairy_8", "--levels", "4", "--quiet", "--candidates")
    done = run(capsys, *study, "kinks+grid:10")
    assert done.code == 0
    assert re.search(r", \d+ candidate levels \(kinks\+grid:10\)$", done.out, flags=re.MULTILINE)
    refined = run(capsys, *study, "refined:2")
    assert re.search(r", 8 candidate levels at first \(refined:2\)$", refined.out, re.MULTILINE)
    wrong = run(capsys, *study, "kink")
    assert wrong.code == 2
    assert "candidates = 'kink': must be kinks, kinks+grid:5" in wrong.err
    existing = ("retrofit", "dairy_8", "--existing", "5,40,85,205", "--quiet")
    moved = run(capsys, *existing, "--candidates", "grid:5")
    assert moved.code == 0
    assert "candidate levels (grid:5, and today's)" in moved.out


def _study_file(folder: Path, candidates: str) -> Path:
    """Write a study of one case."""
    path = folder / "study.toml"
    path.write_text(
        f"""
[study]
run = "greenfield"
streams = "dairy_8"
n_levels = 4
candidates = {candidates}

[cases]
method = "grid"

[cases.values]
gas_price_EUR_per_MWh = [40.0]
""",
        encoding="utf-8",
    )
    return path


def test_a_study_file_names_a_set(tmp_path: Path) -> None:
    study = read_sweep(_study_file(tmp_path, '"grid:5"'))
    table = milpcore.sweep(study.run, study.cases)
    grid = site.greenfield(milpcore.load_case("dairy_8"), n_levels=4, candidates_C=site.Grid(5.0))
    assert table["objective_value"].tolist() == grid.summary["objective_value"].tolist()
    with pytest.raises(InputError, match=r"\[study\]: candidates = 'kink': must be kinks, kinks\+"):
        read_sweep(_study_file(tmp_path, '"kink"'))
    with pytest.raises(InputError, match=r"\[study\]: candidates = 5: must be a text: kinks, "):
        read_sweep(_study_file(tmp_path, "5"))
