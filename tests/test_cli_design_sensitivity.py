"""``milpcore sensitivity --designs`` from parsed arguments: JSON, text, files, Ctrl-C, faults.

The child process is replaced by a call, a second faster; one test interrupts the real one.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Run, files_in, in_this_process
from helpers_fixed_levels import ELECTRICITY, INVESTMENT

import milpcore
from milpcore import InputError, SiteEconomics
from milpcore.cli import design_sensitivity_study as child
from milpcore.cli import observing
from milpcore.cli import sensitivity as command
from milpcore.cli.design_sensitivity_study import Request, progress_line
from milpcore.cli.parser import add_streams
from milpcore.cli.sensitivity_arguments import completed, fill
from milpcore.core import ChildInterrupted
from milpcore.report import ProgressLine
from milpcore.site import DesignProgress, greenfield_sensitivity, retrofit_sensitivity
from milpcore.site.design_sensitivity_results import DesignsAlong

GREENFIELD = ("dairy_8", "--designs", "greenfield", "--levels", "4", "--steps", "5")
RETROFIT = ("dairy_8", "--designs", "retrofit", "--existing", "5,40,60,85,205", "--steps", "3")
GAS = "gas_price_EUR_per_MWh"


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "run_in_child", in_this_process)


def _parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_streams(parser, default="site_400")
    fill(parser)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    capsys.readouterr()
    code = command.run(_parsed(*argv))
    return Run(code, *capsys.readouterr())


def _timeless(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _timeless(value) for key, value in content.items() if key != "solve_s"}
    return [_timeless(one) for one in content] if isinstance(content, list) else content


def test_json_is_what_python_finds_for_greenfield(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[site]\nboiler_efficiency = 0.8\n", encoding="utf-8")
    argv = (*GREENFIELD, "--vary", f"{ELECTRICITY},{GAS}", "--objective", "opex", "--gap", "1e-3")
    argv += ("--from", "-40", "--to", "60", "--economics", str(prices), "--json")
    done = _run(capsys, *argv)
    assert (done.code, done.err) == (0, "")
    expected = greenfield_sensitivity(
        milpcore.load_case("dairy_8"),
        n_levels=4,
        vary=(ELECTRICITY, GAS),
        from_percent=-40.0,
        to_percent=60.0,
        n_steps=5,
        economics=SiteEconomics(boiler_efficiency=0.8),
        objective="opex",
        mip_rel_gap=1e-3,
    )
    found = json.loads(done.out)
    assert _timeless(found) == _timeless(expected.to_json_dict())
    assert found["objective"] == "opex"
    first = found["parameters"][0]
    assert [point["percent"] for point in first["points"]] == [-40.0, -15.0, 10.0, 35.0, 60.0]
    assert {"percent", "before", "after"} <= set(first["tipping_points"][0])
    assert set(first["tipping_points"][0]["before"]) == {"levels_C", "heat_pumps"}


def test_json_is_what_python_finds_for_retrofits(capsys: pytest.CaptureFixture[str]) -> None:
    argv = (*RETROFIT, "--vary", ELECTRICITY, "--move", "2", "--range", "25", "--no-pumps")
    done = _run(capsys, *argv, "--movable", "40,60,85", "--json")
    assert (done.code, done.err) == (0, "")
    expected = retrofit_sensitivity(
        milpcore.load_case("dairy_8"),
        existing_C=(5.0, 40.0, 60.0, 85.0, 205.0),
        vary=ELECTRICITY,
        move=2,
        range_K=25.0,
        movable_C=(40.0, 60.0, 85.0),
        heat_pumps=False,
        n_steps=3,
    )
    assert _timeless(json.loads(done.out)) == _timeless(expected.to_json_dict())


def test_defaults_are_those_of_the_study() -> None:
    fixed = completed(_parsed("--vary", GAS, "--existing", "5,85"))
    assert (fixed.designs, fixed.steps) == ("fixed", 41)
    retrofit = completed(_parsed("--vary", GAS, "--existing", "5,85", "--designs", "retrofit"))
    assert (retrofit.steps, retrofit.move, retrofit.range, retrofit.gap) == (21, 1, 10.0, 0.0)
    green = completed(_parsed("--vary", GAS, "--levels", "6", "--designs", "greenfield"))
    assert (green.steps, green.levels, green.gap) == (21, 6, 0.0)
    own = _parsed("--vary", GAS, "--existing", "5", "--designs", "retrofit", "--move", "0")
    assert completed(own).move == 0


def test_text_says_which_design_is_best_where(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, *GREENFIELD, "--vary", f"{ELECTRICITY},carnot_efficiency")
    lines = done.out.splitlines()
    told = "least TAC with at most 4 levels, 8 candidate levels, 5 values from -50 to 50 %"
    assert told in lines
    study = greenfield_sensitivity(
        milpcore.load_case("dairy_8"),
        n_levels=4,
        vary=(ELECTRICITY, "carnot_efficiency"),
        n_steps=5,
    )
    counts = study.tipping_points["parameter"].value_counts()
    (row,) = [line.split() for line in lines if line.startswith("electricity price  EUR/MWh")]
    assert row[3:6] == ["85", "42.5", "127.5"]
    assert row[-1] == str(counts[ELECTRICITY])
    for design in study.designs.itertuples():
        ends = (f"{design.from_value:.6g}", f"{design.to_value:.6g}")
        rows = [" ".join(line.split()) for line in lines if tuple(line.split()[:2]) == ends]
        assert any(row.endswith(f" {design.levels_C} {design.heat_pumps}") for row in rows)
    assert lines[-1] == "figures and tables: add --out DIR"
    done = _run(capsys, *RETROFIT, "--vary", ELECTRICITY, "--no-pumps", "--movable", "40,60")
    assert (
        "least TAC from 5, 40, 60, 85, 205 °C, 1 of 2 may move by 10 K, no heat pumps, "
        "13 candidate levels, 3 values from -50 to 50 %"
    ) in done.out.splitlines()


@pytest.mark.parametrize("argv", [GREENFIELD, RETROFIT])
def test_out_holds_tables_figure_inputs_and_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: tuple[str, ...]
) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    done = _run(capsys, *argv, "--vary", ELECTRICITY, "--out", str(out))
    assert done.out.endswith(f"\nfigures and tables: {out}\n")
    assert files_in(out) == sorted(
        [
            *(f"{name}.csv" for name in ("points", "designs", "tipping_points")),
            *(f"sensitivity_designs.{suffix}" for suffix in ("png", "svg")),
            "inputs/economics.toml",
            "inputs/streams.csv",
            "run.json",
        ]
    )
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["command"], record["designs"]) == ("sensitivity", argv[2])
    assert record["vary"] == [ELECTRICITY]
    assert record.get("n_levels") == (4 if argv is GREENFIELD else None)
    assert record.get("existing_C") == (None if argv is GREENFIELD else [5, 40, 60, 85, 205])
    assert record["unfinished"] == []
    assert len(pd.read_csv(out / "points.csv")) == record["n_steps"]
    assert "best " in (out / "sensitivity_designs.svg").read_text(encoding="utf-8")


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    milpcore.write_streams(milpcore.load_case("dairy_8"), file)
    with pytest.raises(InputError, match=r"its file points\.csv is an input of this run"):
        command.run(_parsed(str(file), *GREENFIELD[1:], "--vary", GAS, "--out", str(tmp_path)))


def test_a_value_without_a_design_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("two_streams", "--designs", "greenfield", "--levels", "1", "--steps", "2")
    done = _run(capsys, *argv, "--vary", "lifetime_a")
    assert done.code == 1
    assert "least TAC with at most 1 level, 2 candidate levels" in done.out
    (row, *_) = [line for line in done.out.splitlines() if line.startswith("lifetime")]
    assert row.split()[-3:] == ["–", "–", "0"]
    assert [line.split()[-2:] for line in done.out.splitlines()].count(["none", "none"]) == 1


@pytest.mark.parametrize(
    ("argv", "messages"),
    [
        (
            ("--designs", "retrofit", "--levels", "3", "--gap", "0.1", "--map"),
            (
                "--levels: has no meaning with --designs retrofit; leave it out, or use "
                "--designs greenfield",
                "--gap: has no meaning with --designs retrofit",
                "--map: has no meaning with --designs retrofit; leave it out, or use "
                "--designs fixed",
                "--existing: is needed with --designs retrofit; such as --existing 25,80,140",
            ),
        ),
        (
            ("--designs", "greenfield", "--existing", "5", "--no-pumps", "--move", "0"),
            (
                "--existing: has no meaning with --designs greenfield; leave it out, or use "
                "--designs fixed or retrofit",
                "--move: has no meaning with --designs greenfield",
                "--no-pumps: has no meaning with --designs greenfield",
                "--levels: is needed with --designs greenfield; such as --levels 6",
            ),
        ),
        ((), ("--existing: is needed with --designs fixed",)),
        (
            ("--existing", "5,85", "--range", "5", "--movable", "5"),
            (
                "--range: has no meaning with --designs fixed",
                "--movable: has no meaning with --designs fixed",
            ),
        ),
    ],
)
def test_arguments_of_another_study_are_refused(
    argv: tuple[str, ...], messages: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        command.run(_parsed("dairy_8", "--vary", GAS, *argv))
    assert len(caught.value.faults) == len(messages)
    for message in messages:
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((*GREENFIELD, "--vary", "gas"), "vary = gas: unknown parameter"),
        ((*GREENFIELD, "--vary", GAS, "--steps", "1"), "n_steps = 1: must be a whole number"),
        ((*GREENFIELD, "--vary", GAS, "--levels", "0"), "n_levels = 0: must be a whole number"),
        ((*RETROFIT, "--vary", GAS, "--movable", "7"), "movable_C"),
    ],
)
def test_bad_input_comes_before_the_child(
    argv: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    with pytest.raises(InputError) as caught:
        command.run(_parsed(*argv))
    assert message in str(caught.value)


def _interrupted(after: int, *, hands_over: bool) -> Callable[..., Any]:
    """Stand in for a child that is asked to stop after so many questions."""

    def run_in_child(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        class Channel:
            class should_stop:  # noqa: N801
                answers = itertools.repeat(False, after)

                @classmethod
                def is_set(cls) -> bool:
                    return next(cls.answers, True)

            send = options["on_message"]

        value = function(Channel, *args)
        raise ChildInterrupted("interrupted", value if hands_over else None)

    return run_in_child


def test_what_is_finished_is_kept_after_ctrl_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = (*GREENFIELD, "--vary", f"{INVESTMENT},{GAS}", "--out", str(tmp_path / "out"))
    monkeypatch.setattr(child, "run_in_child", _interrupted(3, hands_over=True))
    done = _run(capsys, *argv)
    assert done.code == 130
    told = "milpcore: interrupted; not finished: heat pump investment, gas price\n"
    out = tmp_path / "out"
    told += f"milpcore: writing what there is, figures last; Ctrl-C again stops it: {out}\n"
    assert done.err == told
    assert "heat pump investment was not finished: its designs may change between" in done.out
    assert "gas price was not looked at" in done.out
    (row,) = [line for line in done.out.splitlines() if line.startswith("heat pump investment  E")]
    assert row.split()[-1] == "–"
    n_points = len(pd.read_csv(tmp_path / "out" / "points.csv"))
    assert 0 < n_points < 5
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["unfinished"] == [INVESTMENT, GAS]


def test_finished_parameters_are_kept_when_the_child_hands_over_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "run_in_child", _interrupted(10**9, hands_over=False))
    done = _run(capsys, *GREENFIELD, "--vary", f"{INVESTMENT},{GAS}", "--json")
    assert (done.code, done.err) == (0, ""), "everything is finished"
    assert [one["parameter"] for one in json.loads(done.out)["parameters"]] == [INVESTMENT, GAS]
    content = json.loads(done.out)
    assert content["status"] == "finished"
    assert [one["is_finished"] for one in content["parameters"]] == [True, True]


@pytest.mark.parametrize("hands_over", [True, False])
def test_ctrl_c_before_the_first_design_lists_all_parameters(
    hands_over: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "run_in_child", _interrupted(0, hands_over=hands_over))
    out = tmp_path / "out"
    argv = (*GREENFIELD, "--vary", f"{GAS},{INVESTMENT}", "--out", str(out))
    done = _run(capsys, *argv, "--json")
    assert done.code == 130
    assert done.err == (
        "milpcore: interrupted; not finished: gas price, heat pump investment\n"
        f"milpcore: nothing was finished, and nothing was written: {out}\n"
    )
    content = json.loads(done.out)
    assert (content["status"], content["unfinished"]) == ("interrupted", [GAS, INVESTMENT])
    assert content["parameters"] == []
    assert not out.exists()
    text = _run(capsys, *argv)
    assert "gas price was not looked at\n\nheat pump investment was not looked at\n" in text.out


def test_older_results_are_replaced_once_a_parameter_is_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    argv = (*GREENFIELD, "--vary", f"{INVESTMENT},{GAS}", "--out", str(out))
    assert _run(capsys, *argv).code == 0
    older = {name: (out / name).read_bytes() for name in files_in(out)}
    monkeypatch.setattr(child, "run_in_child", _interrupted(3, hands_over=True))
    done = _run(capsys, *argv)
    assert done.code == 130
    assert done.err.endswith(f"nothing was finished, and nothing was written: {out}\n")
    assert {name: (out / name).read_bytes() for name in files_in(out)} == older
    asked: list[object] = []

    def run_in_child(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        def hear(message: object) -> None:
            asked.append(message)
            options["on_message"](message)

        class Channel:
            class should_stop:  # noqa: N801
                @staticmethod
                def is_set() -> bool:
                    return any(isinstance(one, DesignsAlong) for one in asked)

            send = staticmethod(hear)

        raise ChildInterrupted("interrupted", function(Channel, *args))

    monkeypatch.setattr(child, "run_in_child", run_in_child)
    assert _run(capsys, *argv).code == 130
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["unfinished"] == [GAS]


def test_progress_tells_how_far_it_is() -> None:
    keys = (INVESTMENT, GAS)
    line = progress_line(DesignProgress(1.5, GAS, 3, 21, 0), keys)
    assert line(0.5) == "2 of 2: gas price  3 of 21 values  2.0 s"
    line = progress_line(DesignProgress(0.0, GAS, 21, 21, 4), (GAS,))
    assert line(0.0) == "gas price  21 of 21 values, 4 between them  0.0 s"


def test_progress_is_shown_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    class Line(ProgressLine):
        def begin(self, compose: Callable[[float], str]) -> None:
            lines.append(compose(0.0))

    monkeypatch.setattr(observing, "SEND_EVERY_S", 0.0)
    options = {
        "vary": (GAS,),
        "from_percent": -50.0,
        "to_percent": 50.0,
        "n_steps": 3,
        "objective": "tac",
        "n_levels": 3,
        "mip_rel_gap": 0.0,
    }
    request = Request("greenfield", milpcore.load_case("dairy_8"), SiteEconomics(), options)
    answer = child.run_study(request, Line(io.StringIO()))
    assert not answer.was_interrupted
    assert lines[0] == "starting"
    assert {line.split("  ")[1] for line in lines[1:]} >= {f"{n} of 3 values" for n in range(3)}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_the_real_child_keeps_what_is_finished(tmp_path: Path) -> None:
    """Ctrl-C in the middle of the bundled site's study with eight levels."""
    argv = ["sensitivity", "--designs", "greenfield", "--levels", "8", "--vary", ELECTRICITY]
    command_line = [sys.executable, "-m", "milpcore", *argv, "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(12.0)
    process.send_signal(signal.SIGINT)
    start_s = time.monotonic()
    out, err = process.communicate(timeout=60.0)
    assert time.monotonic() - start_s < 10.0  # with the figure
    assert process.returncode == 130, err
    assert "electricity price was not finished" in out
    assert len(pd.read_csv(tmp_path / "out" / "points.csv")) >= 1
