"""``milpcore tightness``: table, JSON, files, interruption, and every way to go wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from helpers_cli import (
    files_in,
    in_this_process,
    interrupted_after_one,
    interrupted_at_once,
    run,
)

import milpcore
from milpcore.cli import tightness_rows
from milpcore.compare import COLUMNS


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", in_this_process)


ARGUMENTS = ("tightness", "dairy_8", "--levels", "3", "--formulation", "level_path,layered_path:")


def test_text_is_a_table_for_each_number_of_levels(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *ARGUMENTS[:3], "2,3", *ARGUMENTS[4:], "--time-limit", "5")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("dairy_8: 8 streams")
    assert "N = 2: best known 1824.469 k€/a, proven within 0 %" in lines
    assert "N = 3: best known 1824.469 k€/a, proven within 0 %" in lines
    for title in ("columns", "integers", "LP bound", "root gap", "closed", "nodes", "MILP"):
        assert title in done.out
    row = next(line for line in lines[20:] if line.startswith("level_path "))
    assert "13.0430" in row
    tight = [line for line in lines if line.startswith("layered_path:tight ")]
    assert "100.0" in tight[-1]
    assert done.out.endswith("\nfigure and table: add --out DIR\n")
    assert "reduced:layered_path:tight+4_intervals: bound of 4 intervals" in done.out


def test_without_a_time_limit_there_is_no_search(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *ARGUMENTS)
    assert done.code == 0
    assert "nodes" not in done.out
    assert "MILP" not in done.out


def test_json_is_one_object_with_null_for_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run(capsys, *ARGUMENTS[:-1], "level_path", "--json")
    assert (done.code, done.err) == (0, "")
    (row,) = json.loads(done.out)["rows"]
    assert list(row) == list(COLUMNS)
    assert row["variant"] == "level_path"
    assert row["root_gap"] == pytest.approx(0.13043, rel=1e-3)
    assert row["gap"] is None
    assert row["status"] == ""


def test_out_writes_table_figure_and_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tight"
    done = run(capsys, *ARGUMENTS, "--out", str(folder))
    assert done.code == 0
    assert done.out.endswith(f"\nfigure and table: {folder}\n")
    names = files_in(folder)
    assert names == [
        "inputs/economics.toml",
        "inputs/streams.csv",
        "run.json",
        "tightness.csv",
        "tightness.png",
        "tightness.svg",
    ]
    table = pd.read_csv(folder / "tightness.csv")
    assert tuple(table.columns) == COLUMNS
    same = milpcore.compare(
        milpcore.load_case("dairy_8"), levels=[3], formulations=["level_path", "layered_path:"]
    )
    assert table["variant"].tolist() == same["variant"].tolist()
    assert table["lp_bound"].to_numpy() == pytest.approx(same["lp_bound"].to_numpy())
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["command"] == "tightness"
    assert record["levels"] == [3]
    assert record["formulations"] == ["level_path", "layered_path:"]
    assert record["files"] == names
    assert list(record["inputs_sha256"]) == ["inputs/economics.toml", "inputs/streams.csv"]


def test_prices_and_objective_are_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[site]\ngas_price_EUR_per_MWh = 80.0\n", encoding="utf-8")

    def optimum(*options: str) -> float:
        done = run(capsys, *ARGUMENTS[:-1], "level_path", "--json", *options)
        return float(json.loads(done.out)["rows"][0]["optimum"])

    assert optimum("--economics", str(prices)) > 1.05 * optimum()
    assert optimum("--objective", "co2") < 0.1 * optimum()


def test_ctrl_c_keeps_what_is_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", interrupted_after_one)
    done = run(capsys, *ARGUMENTS, "--json")
    assert (done.code, done.err) == (130, "milpcore: interrupted\n")
    assert [row["variant"] for row in json.loads(done.out)["rows"]] == ["level_path"]


def test_ctrl_c_before_the_first_row_says_that_nothing_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tightness_rows, "run_in_child", interrupted_at_once)
    out = tmp_path / "out"
    done = run(capsys, *ARGUMENTS, "--json", "--out", str(out))
    assert done.code == 130
    assert done.err == (
        f"milpcore: interrupted\nmilpcore: nothing was finished, and nothing was written: {out}\n"
    )
    assert json.loads(done.out) == {"rows": []}
    assert not out.exists()


def test_older_results_are_replaced_once_a_row_has_a_bound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, new = tmp_path / "out", tmp_path / "new"
    assert run(capsys, *ARGUMENTS, "--out", str(out)).code == 0
    older = {name: (out / name).read_bytes() for name in files_in(out)}
    argv = ("tightness", "site_400", "--levels", "4", "--formulation", "level_path", "--quiet")
    done = run(capsys, *argv, "--lp-time-limit", "0.01", "--json", "--out", str(out))
    (row,) = json.loads(done.out)["rows"]
    assert (done.code, row["lp_bound"]) == (0, None)
    assert done.err == f"milpcore: no row has a bound, and nothing was written: {out}\n"
    assert {name: (out / name).read_bytes() for name in files_in(out)} == older
    assert run(capsys, *argv, "--lp-time-limit", "0.01", "--out", str(new)).code == 0
    assert "tightness.csv" in files_in(new)
    assert run(capsys, *ARGUMENTS[:3], "2", *ARGUMENTS[4:], "--out", str(out)).code == 0
    assert (out / "tightness.csv").read_bytes() != older["tightness.csv"]


def test_nothing_but_json_reaches_standard_output(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "milpcore", *ARGUMENTS[:-1], "level_path", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["rows"]) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_design_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "two.csv"
    path.write_text(
        "zone,name,t_supply,t_target,heat_flow,dt_cont\nsite,H,150,60,100,5\nsite,C,30,120,100,5\n",
        encoding="utf-8",
    )
    arguments = ("tightness", str(path), "--levels", "1", "--formulation", "level_path")
    done = run(capsys, *arguments)
    assert done.code == 1
    assert "N = 1: no design (" in done.out
    done = run(capsys, *arguments, "--json")
    assert (done.code, done.err) == (1, "milpcore: no design with N = 1\n")
    assert json.loads(done.out)["rows"][0]["optimum"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--formulation", "level_pth"), "did you mean 'level_path'?"),
        (("--time-limit", "-1"), "argument --time-limit: '-1' must be a number from 0 (s)"),
        (("--lp-time-limit", "0"), "argument --lp-time-limit: '0' must be a positive number (s)"),
        (("--levels", "0"), "argument --levels: '0' must be like"),
        (("--out", ""), "name a folder"),
    ],
)
def test_bad_arguments_exit_with_2(
    options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "tightness", "dairy_8", *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_help_names_defaults_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "tightness", "--help")
    assert (done.code, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert "default: 4,6,8" in text
    assert "default: site_400" in text
    assert "exit codes:" in text
    assert max(map(len, done.out.splitlines())) <= 100
