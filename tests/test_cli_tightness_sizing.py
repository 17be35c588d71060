"""``milpcore tightness --model sizing``: table, JSON, files, interruption, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import (
    files_in,
    in_this_process,
    interrupted_after_one,
    interrupted_at_once,
    run,
)

from milpcore import sizing
from milpcore.cli import tightness_rows, tightness_sizing
from milpcore.cli.tightness_sizing import DEFAULT_OPTIMUM_S, Request
from milpcore.sizing.comparison import COLUMNS
from milpcore.sizing.variants import VARIANTS

CHOSEN = ("--formulation", "big_m:where,three_binary:every_step:no")


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", in_this_process)


@pytest.fixture
def argv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Four hours with a plant of their own, in the working folder."""
    monkeypatch.chdir(tmp_path)
    profile, parameters = sizing.benchmark_scenario("B", deviation_share=0.4, n_steps=16)
    sizing.write_profile(profile, "hours.csv")
    sizing.write_parameters(parameters, "plant.toml")
    options = ("--model", "sizing", "--economics", "plant.toml")
    return ("tightness", "hours.csv", *options)


def test_json_is_what_python_finds(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv, *CHOSEN, "--json")
    assert (done.code, done.err) == (0, "")
    rows = json.loads(done.out)["rows"]
    assert [list(row) for row in rows] == [list(COLUMNS)] * len(rows)
    expected = sizing.compare(
        sizing.read_profile("hours.csv"),
        sizing.read_parameters("plant.toml"),
        variants=CHOSEN[1].split(","),
    )
    assert [row["variant"] for row in rows] == expected["variant"].tolist()
    bounds = [row["lp_bound_EUR_per_a"] for row in rows]
    assert bounds == pytest.approx(expected["lp_bound_EUR_per_a"].to_numpy())
    assert rows[0]["gap"] is None
    assert rows[0]["status"] == ""


def test_text_has_the_optimum_and_a_line_for_each_variant(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv, *CHOSEN)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("hours.csv: 4 h in 16 steps, mean demand ")
    assert lines[2].startswith("best known ")
    assert lines[2].endswith(" k€/a, proven within 0 %") or ", proven within 0.000 %" in lines[2]
    for title in (
        "commitment",
        "direction",
        "cuts",
        "held",
        "binaries",
        "LP bound",
        "root gap",
        "closed",
    ):
        assert title in lines[4]
    starts = [line.split()[:4] for line in lines[7:14]]
    assert lines[12].split()[4] == "heat_pump"
    assert starts == [
        ["big_m", "where_needed", "size_cuts+window_limits", "tight"],
        ["big_m", "where_needed", "window_limits", "tight"],
        ["big_m", "where_needed", "size_cuts", "tight"],
        ["big_m", "where_needed", "no_cuts", "tight"],
        ["big_m", "where_needed", "size_cuts+window_limits", "wide"],
        ["big_m", "where_needed", "size_cuts+window_limits", "tight"],
        ["three_binary", "every_step", "no_cuts", "tight"],
    ]
    assert "MILP" not in done.out
    assert done.out.endswith("\nfigure and table: add --out DIR\n")
    searched = run(capsys, *argv, "--formulation", "three_binary:every_step:no", *LIMIT)
    for title in ("nodes", "MILP", "both ways"):
        assert title in searched.out


LIMIT = ("--time-limit", "20")


def test_out_writes_table_figure_inputs_and_record(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv, *CHOSEN, "--out", "tight", "--optimum-time", "30")
    assert done.code == 0
    assert done.out.endswith("\nfigure and table: tight\n")
    folder = Path("tight")
    names = files_in(folder)
    assert names == [
        "inputs/parameters.toml",
        "inputs/profile.csv",
        "run.json",
        "tightness.csv",
        "tightness.png",
        "tightness.svg",
    ]
    assert tuple(pd.read_csv(folder / "tightness.csv").columns) == COLUMNS
    assert sizing.read_profile(folder / "inputs/profile.csv") == sizing.read_profile("hours.csv")
    copy = sizing.read_parameters(folder / "inputs/parameters.toml")
    assert copy == sizing.read_parameters("plant.toml")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    told = ("command", "model", "profile", "variants", "optimum_time_limit_s", "time_limit_s")
    assert [record[name] for name in told] == [
        "tightness",
        "sizing",
        "hours.csv",
        CHOSEN[1].split(","),
        30.0,
        0.0,
    ]
    assert record["files"] == names


def test_the_default_is_the_bundled_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    def stop(request: Request, *_: object, **__: object) -> tuple[list[dict[str, Any]], bool]:
        asked.append(request)
        return [], True

    monkeypatch.setattr(tightness_sizing, "hear_rows", stop)
    assert run(capsys, "tightness", "--model", "sizing").code == 130
    case = sizing.load_case("base_48h")
    assert asked == [Request(*case, None, 0.0, 60.0, 1e-4, DEFAULT_OPTIMUM_S)]
    text = " ".join(run(capsys, "tightness", "--help").out.split())
    assert f"optimum of --model sizing (default: {DEFAULT_OPTIMUM_S:g})" in text


def test_ctrl_c_keeps_what_is_finished(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", interrupted_after_one)
    done = run(capsys, *argv, "--json")
    assert (done.code, done.err) == (130, "milpcore: interrupted\n")
    assert [row["variant"] for row in json.loads(done.out)["rows"]] == [VARIANTS[0].name]

    monkeypatch.setattr(tightness_rows, "run_in_child", interrupted_at_once)
    done = run(capsys, *argv, "--json", "--out", "out")
    assert (done.code, json.loads(done.out)) == (130, {"rows": []})
    assert "nothing was finished, and nothing was written: out" in done.err
    assert run(capsys, *argv).code == 130
    assert not Path("out").exists()


def test_no_design_exits_with_1(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    Path("plant.toml").write_text("[[boiler]]\nexisting_kW = 10\n", encoding="utf-8")
    done = run(capsys, *argv, *CHOSEN)
    assert done.code == 1
    assert "\nno design (no operation meets the demand" in done.out
    done = run(capsys, *argv, *CHOSEN, "--json", "--out", "out")
    assert done.code == 1
    assert done.err.startswith("milpcore: no design: no operation meets the demand")
    assert json.loads(done.out)["rows"][0]["optimum_EUR_per_a"] is None
    assert Path("out/tightness.csv").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--formulation", "big_n"), "did you mean 'big_m'?"),
        (("--levels", "4,6"), "--levels = 4,6: is for --model site"),
        (("--heat-unit", "MW"), "--heat-unit = MW: is for --model site"),
        (("--objective", "co2"), "--objective = co2: the sizing model minimises TAC only"),
        (("--optimum-time", "0"), "argument --optimum-time: '0' must be a positive number (s)"),
        (("--model", "sites"), "invalid choice: 'sites'"),
        (("--out", ""), "name a folder"),
    ],
)
def test_bad_arguments_exit_with_2(
    options: tuple[str, ...],
    message: str,
    argv: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    done = run(capsys, *argv, *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_the_site_has_no_time_for_the_optimum(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "tightness", "dairy_8", "--optimum-time", "5")
    assert (done.code, done.out) == (2, "")
    assert "--optimum-time = 5: is for --model sizing" in done.err
