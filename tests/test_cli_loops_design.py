"""``milpcore loops`` as a design: Ctrl-C, options that do not fit, what is said of the proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers_cli import files_in, run
from helpers_loop_cases import case_of, two_streams

import milpcore
from milpcore.cli import loops_design
from milpcore.core import ChildInterrupted
from milpcore.loops import DesignProgress, Limits, LoopCase, evaluate, write_parameters
from milpcore.loops.design import design
from milpcore.loops.design_result import interrupted_result
from milpcore.loops.inputs import prepare

INTERRUPTED = 130


@pytest.fixture
def given(tmp_path: Path) -> Callable[[LoopCase], tuple[str, ...]]:
    """Write a case and name its files."""

    def write(case: LoopCase) -> tuple[str, ...]:
        milpcore.write_streams(case.streams, tmp_path / "plants.csv")
        write_parameters(case.parameters, tmp_path / "mine.toml")
        return (str(tmp_path / "plants.csv"), "--parameters", str(tmp_path / "mine.toml"))

    return write


def _told_then_interrupted(*told: DesignProgress, value: object = None) -> Callable[..., Any]:
    """Stand in for a child that tells of its progress and is ended."""

    def run_in_child(*_: Any, on_message: Callable[[Any], object], grace_s: float) -> Any:
        for progress in told:
            on_message(progress)
        raise ChildInterrupted(f"interrupted; ended after {grace_s} s", value)

    return run_in_child


@pytest.mark.compiled
def test_ctrl_c_shows_the_best_network_with_its_gap(
    given: Callable[[LoopCase], tuple[str, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case, told = two_streams(distance_m=60.0), []
    files = given(case)
    design(case, mip_rel_gap=0.05, observer=lambda progress: told.append(progress) or False)
    best = told[-1]
    assert best.network.loops
    assert best.bound_per_a > 0.0
    monkeypatch.setattr(loops_design, "run_in_child", _told_then_interrupted(*told))
    out = tmp_path / "out"
    done = run(capsys, "loops", *files, "--json", "--out", str(out))
    assert done.code == INTERRUPTED
    assert done.err.startswith("milpcore: interrupted\nmilpcore: writing what there is")
    content = json.loads(done.out)
    assert content["status"] == "interrupted"
    assert content["tac_per_a"] == pytest.approx(best.tac_per_a, rel=1e-9)
    assert content["bound_per_a"] == best.bound_per_a
    assert content["gap"] == pytest.approx(1.0 - best.bound_per_a / best.tac_per_a)
    assert content["tac_per_a"] == evaluate(case, best.network).tac_per_a
    assert "network.json" in files_in(out)
    older = (out / "network.json").read_bytes()
    monkeypatch.setattr(loops_design, "run_in_child", _told_then_interrupted())
    done = run(capsys, "loops", *files, "--out", str(out))
    assert done.code == INTERRUPTED
    assert "nothing was finished, and nothing was written" in done.err
    assert "interrupted: TAC 368000 $/a, no network costs less than 0 $/a, gap 100.00 %" in done.out
    assert "no loop found before the interruption" in done.out
    assert (out / "network.json").read_bytes() == older


def test_what_comes_just_in_time_is_shown(
    given: Callable[[LoopCase], tuple[str, ...]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = two_streams()
    late = interrupted_result(prepare(case), None)
    monkeypatch.setattr(loops_design, "run_in_child", _told_then_interrupted(value=late))
    done = run(capsys, "loops", *given(case), "--json")
    assert (done.code, json.loads(done.out)["status"]) == (INTERRUPTED, "interrupted")


def test_no_network_for_forced_matches_is_said(
    given: Callable[[LoopCase], tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("east", "H1", 160.0, 80.0, 16000.0, 1.5), ("west", "C1", 100.0, 125.0, 12000.0, 1.2)]
    # above 120 °C there are 8000 kW
    limits = Limits(forced_matches=["east/H1"], min_unit_duty_kW=11000.0)
    files = given(case_of(rows, distance_m=60.0, limits=limits))
    said = "no network was found that keeps all limits, forced matches among them; that there is "
    done = run(capsys, "loops", *files, "--quiet")
    assert done.code == 1
    assert f"node_limit: {said}none is not proven" in done.out
    assert "refused: 1 violation\n  - stream east/H1: forced match: found none" in done.out
    done = run(capsys, "loops", *files, "--quiet", "--json")
    content = json.loads(done.out)
    assert (done.code, content["tac_per_a"], content["gap"]) == (1, None, None)
    assert said in done.err
    assert said in content["reason"]


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        (
            ("--evaluate", "network.json", "--loops", "2", "--gap", "0.1", "--time-limit", "9",
             "--utility-exchangers"),
            ["--loops = 2", "--utility-exchangers", "--gap = 0.1", "--time-limit = 9"],
        ),
        (("--tolerance", "1e-3"), ["--tolerance = 0.001"]),
    ],
)  # fmt: skip
def test_options_of_the_other_use_are_refused(
    options: tuple[str, ...], messages: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "loops", *options)
    use = "to --evaluate" if "--evaluate" in options else "without --evaluate"
    assert done.code == 2
    lines = [f"  - {message}: is of no use {use}; leave it out" for message in messages]
    assert done.err.splitlines()[1:] == lines
