"""``milpcore greenfield --glide``: text, JSON, files, refusals, interruption."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Channel, files_in, in_this_process, interrupted_after_one, run

import milpcore
from milpcore import plots, site
from milpcore.cli import by_levels
from milpcore.cli.glide import Request, _rescued
from milpcore.cli.greenfield_models import glide
from milpcore.core import ChildInterrupted
from milpcore.economics import SiteEconomics
from milpcore.site.glide_inputs import prepare_glide
from milpcore.site.glide_results import TABLES
from milpcore.site.model import Progress

PLANTS = milpcore.load_case("loop_two_plants")
PAIRS = "31.2:31.2,81.4:65.5,105.6:88.4,145.7:145.7"
PAIRS_C = ((31.2, 31.2), (81.4, 65.5), (105.6, 88.4), (145.7, 145.7))
GLIDE = ("greenfield", "loop_two_plants", "--quiet", "--levels")


@pytest.fixture(autouse=True)
def _no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_levels, "run_in_child", in_this_process)


def test_the_value_is_a_width_or_pairs() -> None:
    assert glide("0") == 0.0
    assert glide("all") == math.inf
    assert glide(" 90:60, 150:150") == ((90.0, 60.0), (150.0, 150.0))
    assert glide("5:-5") == ((5.0, -5.0),)
    for text in ("", "-1", "x", "90:60,80", "90:60:30", "nan", "inf", "90:nan", "1,2"):
        with pytest.raises(argparse.ArgumentTypeError, match="must be the widest glide in K"):
            glide(text)


def test_json_is_what_python_finds(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *GLIDE, "2,3", "--glide", PAIRS, "--json")
    assert (done.code, done.err) == (0, "")
    _, three = json.loads(done.out)["configurations"]
    expected = site.gliding(PLANTS, n_levels=3, pairs_C=PAIRS_C).to_json_dict()
    for one in (three, expected):
        del one["solve_s"]
    assert three == expected
    assert {(one["supply_C"], one["return_C"]) for one in three["levels"]} < set(PAIRS_C)
    assert len(three["connections"]) == PLANTS.n_streams
    loop = next(one for one in three["levels"] if one["glide_K"] > 0.0)
    assert loop["water_kg_per_s"] > 0.0
    still = next(one for one in three["levels"] if one["glide_K"] == 0.0)
    assert still["water_kg_per_s"] is None


def test_text_shows_levels_pumps_and_connections(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("two_streams", "--levels", "1,2", "--glide", "all", "--branches", "--time-limit", "60")
    done = run(capsys, "greenfield", *argv)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[2] == (
        "levels that glide: 6 candidate pairs, any two limit temperatures, least TAC, gap 0.0001, "
        "streams may branch, at most 60 s each"
    )
    assert "Best: at most 1 level, TAC 0.00 €/a" in lines
    (loop,) = [line.split() for line in lines if line.split()[:2] == ["140", "50"]]
    assert loop[-1] == "3.2"
    (stream,) = [line.split() for line in lines if line.startswith("site/H1 ")]
    assert stream[1:] == ["150", "60", "140", "50", "1200.00", "3.2"]


def test_width_and_heat_without_a_design(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *GLIDE, "1", "--glide", PAIRS, "--json")
    assert done.code == 1
    (one,) = json.loads(done.out)["configurations"]
    assert (one["status"], one["levels"], one["tac_EUR_per_a"]) == ("infeasible", [], None)
    assert "N = 1: infeasible: No single pair serves every stream, of the 4 candidates" in done.err


def test_files_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(capsys, *GLIDE, "1-3", "--glide", PAIRS, "--objective", "opex", "--out", str(out))
    assert done.code == 1
    inputs = {"inputs/streams.csv", "inputs/economics.toml"}
    figures = {"levels_02.png", "levels_03.png", "levels_03.svg"}
    expected = {"run.json", *inputs, *figures, *(f"{name}.csv" for name in (*TABLES, "notes"))}
    assert set(files_in(out)) == expected
    connections = pd.read_csv(out / "connections.csv")
    assert connections["max_levels"].tolist() == [2] * 14 + [3] * 14
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["model"], record["objective"]) == ("glide", "opex")
    assert record["pairs_C"][1] == [81.4, 65.5]


@pytest.mark.parametrize(
    ("argv", "messages"),
    [
        (
            (
                *("--glide", "20", "--no-cascade", "--alternatives", "3", "--within", "1"),
                *("--candidates", "grid:5", "--formulation", "x", "--objective", "capex"),
            ),
            (
                "--no-cascade: does not go with --glide: not modelled for levels that glide; ",
                "--alternatives = 3: does not go with --glide",
                "--within = 1.0: does not go with --glide",
                "--candidates = grid:5: does not go with --glide",
                "--formulation = x: does not go with --glide",
                "objective = capex: is not modelled",
            ),
        ),
        (("--branches",), ("--branches: is for --glide only; add --glide",)),
        (
            ("--glide", "20", "--steps", "--steps-bound", "9"),
            ("--glide: does not go with --steps: one model at a time",),
        ),
        (("--glide", "60:90"), ("pairs_C = (60, 90): must have a return from -273.15 °C up",)),
        (("--glide", "wide"), ("'wide' must be the widest glide in K, all, or pairs",)),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], messages: tuple[str, ...]
) -> None:
    done = run(capsys, "greenfield", "loop_two_plants", *argv)
    assert (done.code, done.out) == (2, "")
    for message in messages:
        assert message in done.err


def test_more_than_a_moderate_site_and_options_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[limits]\nexternal_heat_kW = 1e5\n", encoding="utf-8")
    done = run(capsys, "greenfield", "--glide", "all", "--economics", str(prices))
    assert done.code == 2
    assert "[limits]: options do not go with --glide" in done.err
    assert "are more than 600: the model is one of moderate size" in done.err


def test_ctrl_c_keeps_what_is_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(
        function: Callable[..., Any],
        *args: Any,
        on_message: Callable[[Any], object],
        grace_s: float,
    ) -> None:
        del grace_s

        def hear(message: Any) -> None:
            on_message(message)
            if hasattr(message, "summary"):
                raise ChildInterrupted("interrupted")

        function(Channel(hear), *args)

    monkeypatch.setattr(by_levels, "run_in_child", killed)
    done = run(capsys, *GLIDE, "2,3", "--glide", PAIRS, "--json")
    assert done.code == 130
    assert "interrupted; not started: N = 3" in done.err
    two, three = json.loads(done.out)["configurations"]
    assert (two["status"], three["status"]) == ("optimal", "interrupted")
    assert three["levels"] == []
    assert two["tac_EUR_per_a"] == pytest.approx(39.13e6, rel=1e-3)


def test_a_search_that_is_asked_to_stop_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_levels, "run_in_child", interrupted_after_one)
    done = run(capsys, *GLIDE, "3,4", "--glide", "10")
    assert done.code == 130
    assert "milpcore: interrupted; not " in done.err
    assert "N = 4: Not started" in done.out


def test_levels_that_an_interrupted_search_has_told_of_become_a_design() -> None:
    request = Request(PLANTS, SiteEconomics(), "tac", PAIRS_C, None, False, 1e-4, None)
    inputs = prepare_glide(PLANTS, **request.site())
    best = site.gliding(PLANTS, n_levels=3, pairs_C=PAIRS_C)
    chosen = [
        PAIRS_C.index((supply, back))
        for supply, back in best.levels[["supply_C", "return_C"]].to_numpy()
    ]
    latest = Progress(2.0, best.objective_value, 0.5 * best.objective_value, 7, tuple(chosen))
    found = _rescued(request, inputs, 3, latest)
    assert found is not None
    assert found.status is milpcore.Status.INTERRUPTED
    assert found.objective_value == pytest.approx(best.objective_value, rel=1e-4)
    assert found.summary["gap"].iloc[0] == pytest.approx(0.5, abs=1e-3)
    assert _rescued(request, inputs, 3, latest._replace(levels=())) is None


def test_an_observer_hears_of_levels_and_stops_the_search() -> None:
    pytest.importorskip("highspy")
    heard: list[Progress] = []

    def observe(progress: Progress) -> bool:
        heard.append(progress)
        return False

    best = site.gliding(PLANTS, n_levels=3, most_glide_K=10, observer=observe)
    alone = site.gliding(PLANTS, n_levels=3, most_glide_K=10)
    assert best.objective_value == pytest.approx(alone.objective_value, rel=2e-4)
    assert heard
    assert all(one.bound <= best.objective_value * (1.0 + 1e-6) for one in heard)
    stopped = site.gliding(PLANTS, n_levels=3, most_glide_K=10, observer=lambda _: True)
    assert stopped.status is milpcore.Status.INTERRUPTED
    if not stopped.has_design:
        assert stopped.notes == ("Interrupted before a design was found.",)


def test_the_figure_shows_what_levels_take_and_give(tmp_path: Path) -> None:
    result = site.gliding(PLANTS, n_levels=3, pairs_C=PAIRS_C)
    names = [path.stem for path in result.write(tmp_path)]
    assert names == list(TABLES)
    figure = plots.gliding_levels(result, name="plants")
    left, right = figure.axes
    widths = [bar.get_width() for bar in right.patches]
    assert sum(widths) == pytest.approx(0.0, abs=1e-6)
    taken_kW = result.levels[
        ["hot_streams_kW", "external_heat_kW", "heat_pump_sink_kW", "cascade_in_kW"]
    ]
    assert sum(width for width in widths if width > 0.0) * 1e3 == pytest.approx(
        taken_kW.to_numpy().sum()
    )
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels[0] == "31.2"
    assert right.get_xlabel() == "heat given (left) and taken (right), MW"
    none = plots.gliding_levels(site.gliding(PLANTS, n_levels=1, pairs_C=PAIRS_C))
    assert [text.get_text() for text in none.axes[0].texts] == ["no design"]
