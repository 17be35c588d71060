"""``milpcore greenfield --steps``: text, JSON, files, refusals, interruption."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Channel, files_in, in_this_process, run

import milpcore
from milpcore import plots, site
from milpcore.cli import by_levels
from milpcore.core import ChildInterrupted
from milpcore.site.stream_steps_compared import StepsCompared

DAIRY = milpcore.load_case("dairy_8")
STEPS = ("greenfield", "dairy_8", "--quiet", "--steps", "--levels")


@pytest.fixture(autouse=True)
def _no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_levels, "run_in_child", in_this_process)


def _killed_after(
    message_of: Callable[[Any], bool],
) -> Callable[..., None]:
    """Stand in for a child that Ctrl-C ends as soon as it has sent a message."""

    def killed(
        function: Callable[..., Any],
        *args: Any,
        on_message: Callable[[Any], object],
        grace_s: float,
    ) -> None:
        del grace_s

        def hear(message: Any) -> None:
            on_message(message)
            if message_of(message):
                raise ChildInterrupted("interrupted")

        function(Channel(hear), *args)

    return killed


def test_json_has_both_services_and_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *STEPS, "3,4", "--steps-bound", "3", "--json")
    assert (done.code, done.err) == (0, "")
    _, four = json.loads(done.out)["configurations"]
    steps = site.stepwise(DAIRY, n_levels=4)
    one = site.greenfield(DAIRY, n_levels=4)
    assert four["objective_value"] == steps.result.summary["objective_value"].iloc[0]
    assert four["one_level_value"] == one.summary["objective_value"].iloc[0]
    assert four["saving"] == four["one_level_value"] - four["objective_value"] > 0.0
    assert four["any_temperature_bound"] <= four["objective_value"]
    assert four["saving_percent"] <= four["most_saving_percent"] < 100.0
    assert len(four["steps"]) == four["n_steps"] == steps.n_steps == 15
    duty_kW = sum(one["duty_kW"] for one in four["steps"])
    assert duty_kW == pytest.approx(float(DAIRY.duty_kW.sum()))
    assert four["one_level"]["levels_C"] == one.levels["temperature_C"].tolist()


def test_text_has_the_saving_and_the_steps(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *STEPS, "2,4", "--candidates", "kinks+grid:20", "--time-limit", "60")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[2].startswith("service in steps: 8 streams cut into ")
    assert lines[2].endswith(" candidate levels (kinks+grid:20), at most 60 s a search")
    assert "no steps" not in done.out
    rows = [line.split() for line in lines if line.split()[:1] == ["4"]]
    assert rows[0][1] == "1412.19"
    assert float(rows[0][2]) < 1236.2
    assert any(line.startswith("milk/pasteuriser heating ") for line in lines)
    assert any("of them in more than one; what the exchangers cost" in line for line in lines)


def test_the_bound_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *STEPS, "3", "--steps-bound", "5")
    assert "no steps" in done.out
    assert done.out.splitlines()[8].split()[:5] == ["3", "1824.47", "1573.05", "251.42", "13.78"]


def test_other_measures_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *STEPS, "4", "--objective", "co2")
    assert "CO2, one" in done.out
    assert "t/a" in done.out


def test_files_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(capsys, *STEPS, "1,4", "--out", str(out))
    assert done.code == 1
    assert "N = 1: No design with 1 level" in done.out
    names = ("summary", "levels", "heat_pumps", "steps", "one_level", "notes")
    figures = ("cost_of_steps.png", "cost_of_steps.svg", "levels_04.png", "levels_04.svg")
    inputs = ("inputs/streams.csv", "inputs/economics.toml")
    expected = {"run.json", *figures, *inputs, *(f"{name}.csv" for name in names)}
    assert set(files_in(out)) == expected
    steps = pd.read_csv(out / "steps.csv")
    assert list(steps.columns)[:5] == ["max_levels", "zone", "name", "kind", "t_from_C"]
    assert set(steps["max_levels"]) == {4}
    assert (steps["dt_min_K"] > 0.0).all()
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["model"], record["bound_s"]) == ("steps", None)


@pytest.mark.parametrize(
    ("argv", "messages"),
    [
        (
            ("--steps", "--no-cascade", "--within", "1", "--candidates", "refined"),
            (
                "--no-cascade: does not go with --steps: not modelled for service in steps; ",
                "--within = 1.0: does not go with --steps",
                "--candidates = refined: does not go with --steps",
            ),
        ),
        (
            ("--steps", "--steps-bound", "5", "--objective", "capex", "--formulation", "x"),
            ("formulation = x: unknown", "objective = capex: needs no bound"),
        ),
        (("--steps-bound", "5"), ("--steps-bound = 5.0: is for --steps only; add --steps",)),
        (("--steps-bound", "0"), ("'0' must be a positive number (s)",)),
        (
            ("--steps", "--periods", "x.csv"),
            ("--steps: does not go with --periods: one model at a time; leave out one",),
        ),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], messages: tuple[str, ...]
) -> None:
    done = run(capsys, "greenfield", "dairy_8", *argv)
    assert (done.code, done.out) == (2, "")
    for message in messages:
        assert message in done.err


def test_options_of_a_site_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[heat_pumps]\nmax_number = 1\n", encoding="utf-8")
    done = run(capsys, *STEPS, "4", "--economics", str(prices))
    assert done.code == 2
    assert "[heat_pumps]: options do not go with --steps" in done.err


def test_ctrl_c_during_the_bound_shows_the_design(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = _killed_after(lambda message: message == "bound over all temperatures")
    monkeypatch.setattr(by_levels, "run_in_child", killed)
    done = run(capsys, *STEPS, "4,5", "--steps-bound", "5", "--json")
    assert done.code == 130
    assert "interrupted; not finished: N = 4; not started: N = 5" in done.err
    four, five = json.loads(done.out)["configurations"]
    assert (four["status"], four["n_steps"]) == ("optimal", 15)
    assert four["any_temperature_bound"] is None
    assert (five["status"], five["one_level_value"]) == ("interrupted", None)


def test_ctrl_c_before_the_steps_shows_one_level(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = _killed_after(lambda message: message == "in steps")
    monkeypatch.setattr(by_levels, "run_in_child", killed)
    done = run(capsys, *STEPS, "4")
    assert done.code == 130
    assert "N = 4: Interrupted before the search for steps." in done.out
    assert "1412.19" in done.out


def test_an_unproven_base_is_told() -> None:
    one = site.greenfield(DAIRY, n_levels=4, observer=lambda _: True)
    found = StepsCompared(one, site.stepwise(DAIRY, n_levels=4), None)
    if one.status is milpcore.Status.OPTIMAL:
        pytest.skip("the search ends before it can be stopped")
    assert "One level a stream is not proven" in " ".join(found.notes)


def test_the_figure_shows_saving_and_exchangers() -> None:
    found = [
        StepsCompared(
            site.greenfield(DAIRY, n_levels=count), site.stepwise(DAIRY, n_levels=count), None
        )
        for count in (3, 4)
    ]
    summary = pd.concat([one.summary for one in found], ignore_index=True)
    left, right = plots.cost_of_steps(summary, title="dairy").axes
    assert [text.get_text() for text in left.texts] == ["−13.8 %", "−12.5 %"]
    assert left.get_ylabel() == "TAC, k€/a"
    assert list(right.lines[1].get_ydata()) == [12, 15]
