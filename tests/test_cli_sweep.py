"""The command ``milpcore sweep`` and its study file."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import files_in, run

from milpcore.cli import sweep as command
from milpcore.faults import InputError
from milpcore.sweeps import SweepProgress, WorkersLostError
from milpcore.sweeps.study_file import read_sweep

STUDY = """\
[study]
run = "fixed_levels"
streams = "site_400"
levels_C = [15, 35, 80, 134, 214, 285, 1600]
[site]
gas_price_EUR_per_MWh = 45.0
[cases]
method = "grid"
[cases.values]
electricity_price_EUR_per_MWh = [40.0, 85.0, 200.0]
co2_price_EUR_per_t = [80.0, 120.0]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    file = tmp_path / "prices.toml"
    file.write_text(STUDY, encoding="utf-8")
    return file


def test_all_cases_are_run_shown_and_written(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    done = run(capsys, "sweep", str(study), "--out", str(out))
    assert (done.code, done.err) == (0, "")
    assert "prices: 6 cases (6 optimal)" in done.out
    table = pd.read_csv(out / "results.csv")
    assert len(table) == 6
    assert set(table["status"]) == {"optimal"}
    assert table["electricity_price_EUR_per_MWh"].tolist() == [40.0, 40.0, 85.0, 85.0, 200.0, 200.0]
    for name in ("spread.csv", "pump_sets.csv", "tac_distribution.png", "inputs/study.toml"):
        assert (out / name).is_file()
    again = run(capsys, "sweep", str(study), "--out", str(out), "--json")
    assert again.code == 0
    assert json.loads(again.out)["status"] == [{"status": "optimal", "n_cases": 6}]
    pd.testing.assert_frame_equal(pd.read_csv(out / "results.csv"), table)  # from the checkpoint


def test_a_changed_study_does_not_mix_with_an_old_checkpoint(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(capsys, "sweep", str(study), "--out", str(out)).code == 0
    study.write_text(STUDY.replace("45.0", "50.0"), encoding="utf-8")
    refused = run(capsys, "sweep", str(study), "--out", str(out))
    assert refused.code == 2
    assert "belongs to another sweep" in refused.err


def test_a_case_that_fails_is_told(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study.write_text(STUDY.replace("200.0", "200000.0"), encoding="utf-8")
    done = run(capsys, "sweep", str(study), "--out", str(tmp_path / "out"))
    assert done.code == 1
    assert "4 optimal" in done.out
    assert "2 bad_input" in done.out
    assert "case 5: " in done.out


def test_a_sweep_without_any_design(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study.write_text(STUDY.replace("40.0, 85.0, 200.0", "-400.0, -300.0"), encoding="utf-8")
    done = run(capsys, "sweep", str(study), "--out", str(tmp_path / "out"))
    assert (done.code, done.err) == (1, "")
    assert "case 3: tac of heat pump heat = -" in done.out
    assert "1 more in the column error of the results" in done.out
    assert len(pd.read_csv(tmp_path / "out" / "results.csv")) == 4
    assert pd.read_csv(tmp_path / "out" / "spread.csv").empty


def test_a_design_that_is_not_proven_counts_as_one(
    study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = command.sweep
    monkeypatch.setattr(
        command, "sweep", lambda *a, **options: whole(*a, **options).assign(status="time_limit")
    )
    done = run(capsys, "sweep", str(study), "--out", str(tmp_path / "out"))
    assert done.code == 0
    assert "6 time_limit" in done.out


def test_parquet_has_the_same_table(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    study.write_text(STUDY.replace("200.0", "200000.0"), encoding="utf-8")  # two rows of errors
    out = tmp_path / "out"
    for suffix in ("csv", "parquet"):
        done = run(capsys, "sweep", str(study), "--out", str(out), "--format", suffix)
        assert done.code == 1
    assert [name for name in files_in(out) if name.startswith("results")] == ["results.parquet"]
    table = pd.read_parquet(out / "results.parquet")
    with (tmp_path / "table.csv").open("w") as file:
        table.to_csv(file, index=False)
    assert table["error"].eq("").tolist() == [True] * 4 + [False] * 2
    assert table["tac_EUR_per_a"].dtype == float
    (out / "results.parquet").unlink()
    assert run(capsys, "sweep", str(study), "--out", str(out)).code == 1
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "table.csv"), pd.read_csv(out / "results.csv")
    )


@pytest.mark.parametrize(
    ("package", "extra", "argv", "purpose"),
    [
        ("pyarrow", "parquet", ("--format", "parquet"), "writing Parquet files"),
        ("distributed", "dask", ("--scheduler", "tcp://127.0.0.1:9"), "sweeps on a Dask cluster"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    study: Path, tmp_path: Path, package: str, extra: str, argv: tuple[str, ...], purpose: str
) -> None:
    out = tmp_path / "out"
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from milpcore.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "sweep", str(study), "--out", str(out), *argv]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"milpcore: {purpose} needs the package {package}: ")
    assert done.stderr.endswith(f'"milpcore[{extra}]"\n')
    assert not out.exists()


def test_lost_workers_are_told(
    study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise WorkersLostError("a worker of the sweep was lost (BrokenProcessPool)")

    monkeypatch.setattr(command, "sweep", lost)
    done = run(capsys, "sweep", str(study), "--out", str(tmp_path / "out"))
    assert (done.code, done.out) == (70, "")
    assert done.err == (
        "milpcore: a worker of the sweep was lost (BrokenProcessPool); finished cases are kept, "
        "the same command goes on with the rest\n"
    )


def test_progress_is_one_line() -> None:
    texts = [
        command._progress_text(progress, 3.2)
        for progress in (
            None,
            SweepProgress(40, 300, 0.1, math.nan, math.nan),
            SweepProgress(50, 300, 20.0, 0.5, 500.0),
            SweepProgress(5000, 10000, 0.5, 9400.0, 0.5),
        )
    ]
    assert texts == [
        "starting  3 s",
        "40 of 300 cases  starting  3 s",
        "50 of 300 cases  0.50 a second  500 s left",
        "5000 of 10000 cases  9400 a second  0 s left",
    ]


def test_faults_of_a_study_come_together(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(
        '[study]\nrun = "fixed_levels"\nlevel_C = [15]\n[sit]\n[site]\ngas = 3\n'
        '[cases]\nmethod = "grids"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_sweep(file)
    text = str(caught.value)
    for part in (
        "did you mean 'levels_C'",
        "levels_C: is missing",
        "streams: is missing",
        "did you mean 'site'",
        "unknown key",
        "must be one of grid, latin_hypercube, table",
    ):
        assert part in text
    file.write_text("[study\n", encoding="utf-8")
    with pytest.raises(InputError, match="1 fault"):
        read_sweep(file)


def test_tables_and_hypercubes_are_read(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("gas_price_EUR_per_MWh\n30\n60\n", encoding="utf-8")
    file = tmp_path / "study.toml"
    head = '[study]\nrun = "retrofit"\nstreams = "dairy_8"\nexisting_C = [5, 80]\nmove = 1\n'
    file.write_text(f'{head}[cases]\nmethod = "table"\nfile = "cases.csv"\n', encoding="utf-8")
    assert read_sweep(file).cases["gas_price_EUR_per_MWh"].tolist() == [30, 60]
    drawn = (
        '[cases]\nmethod = "latin_hypercube"\nn_cases = 5\n[cases.ranges]\nmax_lift_K = [40, 60]'
    )
    file.write_text(f"{head}{drawn}\n", encoding="utf-8")
    assert len(read_sweep(file).cases) == 5
    file.write_text(f"{head}{drawn.replace('max_lift_K', 'max_lift')}\n", encoding="utf-8")
    with pytest.raises(InputError, match="unknown parameter"):
        read_sweep(file)


def test_a_scheduler_that_is_not_there(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(command, "CONNECT_S", 1)
    out = str(tmp_path / "out")
    done = run(capsys, "sweep", str(study), "--out", out, "--scheduler", "tcp://127.0.0.1:9")
    assert done.code == 2
    assert "cannot be reached" in done.err


def test_an_interrupted_sweep_leaves_results_and_goes_on(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    argv = ("sweep", str(study), "--out", str(out), "--json")
    whole = command.sweep

    def interrupted(*args: Any, on_progress: Any, **options: Any) -> None:
        def one(progress: Any) -> None:
            on_progress(progress)
            raise KeyboardInterrupt

        whole(*args, on_progress=one, chunk_size=2, **options)

    for _ in range(2):
        monkeypatch.setattr(command, "sweep", interrupted)
        older = files_in(out)
        done = run(capsys, *argv)
        assert done.code == 130
        if not older:
            assert json.loads(done.out)["status"] == [
                {"status": "finished", "n_cases": 2},
                {"status": "interrupted", "n_cases": 4},
            ]
            assert files_in(out) == ["checkpoint.sqlite"]
        monkeypatch.setattr(command, "sweep", whole)
        done = run(capsys, *argv)
        assert (done.code, json.loads(done.out)["status"]) == (
            0,
            [{"status": "optimal", "n_cases": 6}],
        )
        assert "checkpoint.sqlite" in files_in(out)
        (out / "checkpoint.sqlite").unlink()


def test_results_of_others_are_not_overwritten(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.csv").write_text("mine", encoding="utf-8")
    done = run(capsys, "sweep", str(study), "--out", str(tmp_path))
    assert done.code == 2
    assert "its file results.csv is not what a run has written, and would be over" in done.err
    assert files_in(tmp_path) == ["prices.toml", "results.csv"]
