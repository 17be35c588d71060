"""``milpcore tightness --model loops``: table, JSON, files, interruption, refusals."""

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
from helpers_loop_cases import case_of, two_streams

import milpcore
from milpcore import loops
from milpcore.cli import tightness_loops, tightness_rows
from milpcore.cli.tightness_loops import Request
from milpcore.loops.comparison import COLUMNS
from milpcore.loops.variants import VARIANTS
from milpcore.streams import read_streams, write_streams

CHOSEN = ("--formulation", "residual:plain,transport:plain,16K:limits")
NAMES = [
    "energy:residual:plain",
    "energy:transport:plain",
    "cost:16K:limits",
    "cost:16K:limits+links",
]


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", in_this_process)


@pytest.fixture
def argv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Two streams with parameters of their own, in the working folder."""
    monkeypatch.chdir(tmp_path)
    case = two_streams(distance_m=60.0)
    write_streams(case.streams, "plants.csv")
    loops.write_parameters(case.parameters, "loop.toml")
    return ("tightness", "plants.csv", "--model", "loops", "--parameters", "loop.toml")


def test_json_is_what_python_finds(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv, *CHOSEN, "--json")
    assert (done.code, done.err) == (0, "")
    rows = json.loads(done.out)["rows"]
    assert [list(row) for row in rows] == [list(COLUMNS)] * len(rows)
    case = loops.read_case("plants.csv", "loop.toml")
    expected = loops.compare(case, variants=CHOSEN[1].split(","))
    assert [row["variant"] for row in rows] == expected["variant"].tolist() == NAMES
    bounds = [row["lp_bound"] for row in rows]
    assert bounds == pytest.approx(expected["lp_bound"].to_numpy())
    assert (rows[0]["gap"], rows[0]["cells_K"], rows[0]["status"]) == (None, None, "")


def test_text_has_a_block_for_each_optimum(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv, *CHOSEN)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("plants.csv: 2 streams, ")
    most = 12000.0 / 90.0
    what = "energy, least cost of utilities with one loop of at most"
    assert lines[3] == f"{what} {most:.1f} kW/K:"
    assert lines[4].startswith("best known ")
    assert " $/a, proven within 0" in lines[4]
    for title in ("columns", "rows", "binaries", "non-zeros", "LP bound", "root gap", "closed"):
        assert title in lines[6]
    assert "$/a" in lines[7]
    assert [line.split()[0] for line in lines[9:11]] == NAMES[:2]
    assert lines[12] == "cost, estimate of the TAC with one loop on cells of 16 K:"
    assert [line.split()[0] for line in lines[18:20]] == NAMES[2:]
    assert "MILP" not in done.out
    assert done.out.endswith("\nfigure and table: add --out DIR\n")
    searched = run(capsys, *argv, *CHOSEN, "--time-limit", "20").out
    assert "nodes" in searched
    assert "MILP" in searched


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
        "inputs/streams.csv",
        "run.json",
        "tightness.csv",
        "tightness.png",
        "tightness.svg",
    ]
    assert tuple(pd.read_csv(folder / "tightness.csv").columns) == COLUMNS
    assert read_streams(folder / "inputs/streams.csv") == read_streams("plants.csv")
    copy = loops.read_parameters(folder / "inputs/parameters.toml")
    assert copy == loops.read_parameters("loop.toml")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    told = ("command", "model", "streams", "variants", "optimum_time_limit_s", "time_limit_s")
    assert [record[name] for name in told] == [
        "tightness",
        "loops",
        "plants.csv",
        CHOSEN[1].split(","),
        30.0,
        0.0,
    ]
    assert record["files"] == names


def test_the_default_is_the_printed_example(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    def stop(request: Request, *_: object, **__: object) -> tuple[list[dict[str, Any]], bool]:
        asked.append(request)
        return [], True

    monkeypatch.setattr(tightness_loops, "hear_rows", stop)
    assert run(capsys, "tightness", "--model", "loops").code == 130
    case = loops.load_case("loop_two_plants")
    assert asked == [Request(case, None, 0.0, 60.0, 1e-4, 60.0)]
    text = " ".join(run(capsys, "tightness", "--help").out.split())
    assert "default: loop_two_plants" in text
    assert "(default: 60), or for each of the four optima of --model loops, likewise" in text


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


def test_no_optimum_exits_with_1(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    limits = loops.Limits(forced_matches=["east/H1"], min_unit_duty_kW=11000.0)
    # above 120 °C, which is 20 K above the cold stream's supply, there are 8000 kW
    rows = [("east", "H1", 160.0, 80.0, 16000.0, 1.5), ("west", "C1", 100.0, 125.0, 12000.0, 1.2)]
    case = case_of(rows, limits=limits)
    loops.write_parameters(case.parameters, "loop.toml")
    milpcore.write_streams(case.streams, "plants.csv")
    done = run(capsys, *argv, *CHOSEN)
    assert done.code == 1
    assert "\ncost, estimate of the TAC with one loop on cells of 16 K: no optimum (" in done.out
    assert "\nenergy:residual:plain " in done.out, "the other question has an answer"
    done = run(capsys, *argv, *CHOSEN, "--json", "--out", "out")
    assert done.code == 1
    assert done.err.startswith("milpcore: no optimum: ")
    assert json.loads(done.out)["rows"][-1]["optimum"] is None
    assert Path("out/tightness.csv").is_file()


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        (("--formulation", "residul"), ["did you mean 'residual'?"]),
        (
            ("--levels", "4,6", "--economics", "plant.toml", "--objective", "co2"),
            [
                "--levels = 4,6: is for --model site",
                "--economics = plant.toml: is for --model site and sizing",
                "--objective = co2: the models of loops minimise costs only",
            ],
        ),
        (("--optimum-time", "0"), ["argument --optimum-time: '0' must be a positive number (s)"]),
        (("--parameters", "nothing.toml"), ["nothing.toml"]),
        (("--out", ""), ["name a folder"]),
    ],
)
def test_bad_arguments_exit_with_2(
    options: tuple[str, ...],
    messages: list[str],
    argv: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    done = run(capsys, *argv, *options)
    assert (done.code, done.out) == (2, "")
    for message in messages:
        assert message in done.err


def test_streams_without_parameters_are_refused(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv[:4])
    assert (done.code, done.out) == (2, "")
    assert "--parameters" in done.err


@pytest.mark.parametrize("model", ["site", "sizing"])
def test_other_models_have_no_parameters_of_loops(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "tightness", "--model", model, "--parameters", "loop.toml")
    assert (done.code, done.out) == (2, "")
    assert "--parameters = loop.toml: is for --model loops" in done.err
