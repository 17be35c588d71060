"""``milpcore sizing --study``: arguments, files, JSON, resumption, Ctrl-C.

The processes are replaced by calls, some seconds faster, and the points by tiny ones; the slow
tests run the real ones.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import files_in, run
from helpers_sizing_studies import row

from milpcore.cli import sizing_case_study as command
from milpcore.cli.sizing_arguments import STUDY_NAMES
from milpcore.cli.sizing_case_figures import FIGURES
from milpcore.sizing.studies import (
    STUDIES,
    Point,
    StudyRun,
    case1,
    case2,
    case3,
    point_of,
    study_named,
)
from milpcore.sweeps import WorkersLostError
from milpcore.sweeps.runner import sweep

TINY: dict[str, Callable[[], list[Point]]] = {
    "case1": lambda: case1.points(
        n_steps=12,
        limits=((0, 1.0), (1, 1.0)),
        losses_per_h=(0.005,),
        cooling_water_EUR_per_MWh=(3.0, 60.0),
    ),
    "case2": lambda: case2.points(
        n_steps=12, investments_EUR_per_kW=(100.0, 1500.0), peak_shares=(0.2, 1.0)
    ),
    "case3": lambda: case3.points(
        n_steps=12, deviations=(0.33, 0.40), shape_deviations=(0.33, 0.40), seeds=(1, 2)
    ),
}


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "RANGES_S", 1.0)
    monkeypatch.setattr(
        command, "study_named", lambda name: replace(study_named(name), points=TINY[name])
    )
    monkeypatch.setattr(command, "sweep", _here)


def _here(*arguments: Any, executor: int, **options: Any) -> pd.DataFrame:
    """Sweep in this process."""
    assert executor >= 1
    return sweep(*arguments, **options)


def _made_up(run: StudyRun, points: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """Solve only the points that keep their operation."""

    def found(case: Mapping[str, Any]) -> dict[str, Any]:
        point = point_of(case)
        return run(case) if point.keeps_operation else values(point)

    return _here(found, points, **{**options, "checkpoint": None})


def _unrendered(figure: Any, path: Path, *, formats: Sequence[str]) -> None:
    """Write files in place of the figures, some seconds faster."""
    assert figure.axes
    for suffix in formats:
        path.with_name(f"{path.name}.{suffix}").write_text("drawn", encoding="utf-8")


def values_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """What a run would bring of a case."""
    return values(point_of(case))


def values(point: Point) -> dict[str, Any]:
    """What a run would bring."""
    return {key: value for key, value in row(point).items() if key not in dataclasses.asdict(point)}


def test_the_names_are_those_of_the_studies() -> None:
    assert STUDY_NAMES == tuple(study.name for study in STUDIES) == tuple(FIGURES)


@pytest.mark.parametrize("name", STUDY_NAMES)
def test_a_study_is_shown_and_written(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "sweep", _made_up)
    monkeypatch.setattr("milpcore.plots.save_figure", _unrendered)
    done = run(capsys, "sizing", "--study", name, "--gap", "1e-2", "--out", "out")
    assert (done.code, done.err) == (0, "")
    assert f"{name}: {study_named(name).title}" in done.out
    findings = pd.read_csv("out/findings.csv")
    for statement, verdict in zip(findings["statement"], findings["verdict"], strict=True):
        assert f"{verdict} (statement of " in done.out
        assert statement in done.out
    assert len(findings) >= 3
    written = set(files_in(Path("out")))
    figures = {f"{figure}.{end}" for figure in FIGURES[name] for end in ("png", "svg")}
    assert figures | {"rows.csv", "inputs/points.csv", "run.json"} <= written
    for table in written:
        if table.endswith(".csv") and table not in ("findings.csv", "inputs/points.csv"):
            assert {"tac_EUR_per_a", "bound_EUR_per_a", "gap"} & set(pd.read_csv(f"out/{table}"))
    rows = pd.read_csv("out/rows.csv")
    assert "design" not in rows
    assert len(rows) == len(TINY[name]())
    assert json.loads(Path("out/run.json").read_text(encoding="utf-8"))["study"] == name


def test_ranges_have_the_time_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def hear(run: StudyRun, points: pd.DataFrame, **_: object) -> pd.DataFrame:
        asked.append(run.ranges_s)
        return pd.DataFrame([{**point, **values_of(point)} for point in points.to_dict("records")])

    monkeypatch.setattr(command, "sweep", hear)
    for options in ((), ("--ranges-time", "7.5")):
        assert run(capsys, "sizing", "--study", "case2", *options, "--json").code == 0
    assert asked == [command.RANGES_S, 7.5]


def test_json_has_the_tables_and_the_checkpoint_is_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = case2.points(n_steps=8, investments_EUR_per_kW=(100.0,), ratios=(1.5, 2.0))[:2]
    monkeypatch.setattr(
        command, "study_named", lambda name: replace(study_named(name), points=lambda: two)
    )
    argv = ("sizing", "--study", "case2", "--gap", "1e-2", "--json", "--out", "out")
    first = run(capsys, *argv)
    assert (first.code, first.err) == (0, "")
    content = json.loads(first.out)
    assert (content["study"], content["status"]) == ("case2", "finished")
    assert content["n_points"] == content["n_finished"] == 2
    assert set(content["tables"]) == {"investment", "rules", "findings"}
    assert (content["gap"], content["time_limit_s"]) == (1e-2, 60.0)

    def never(*_: object) -> None:
        raise AssertionError("everything is in the checkpoint")

    monkeypatch.setattr("milpcore.sizing.studies.run.size_plant", never)
    assert json.loads(run(capsys, *argv).out) == content
    other = run(capsys, *argv[:4], "1e-3", *argv[5:])
    assert other.code == 2
    assert (
        "holds points of another study, or of one with other options; repeat --study" in other.err
    )


def test_what_a_study_does_not_read_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(
        capsys, "sizing", "mine.csv", "--economics", "p.toml", "--study", "case1", "--workers", "0"
    )
    assert done.code == 2
    for name in ("PROFILE", "--economics", "--workers"):
        assert name in done.err
    assert done.err.count("has no meaning with --study") == 2


def test_an_unknown_study_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "sizing", "--study", "case4").code == 2


def test_ctrl_c_says_what_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*given: Any, on_progress: Callable[[Any], object], **options: Any) -> pd.DataFrame:
        options.pop("executor")
        sweep(values_of, given[1].head(2), on_progress=on_progress, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "sweep", stop)
    argv = ("sizing", "--study", "case3", "--gap", "1e-2")
    done = run(capsys, *argv, "--out", "out", "--json")
    assert done.code == 130
    assert "interrupted, 2 of 16 points finished; they are kept" in done.err
    content = json.loads(done.out)
    assert (content["status"], content["n_finished"], content["tables"]) == ("interrupted", 2, {})
    assert Path("out/checkpoint.sqlite").is_file()
    assert not Path("out/rows.csv").exists()
    done = run(capsys, *argv)
    assert (done.code, done.out) == (130, "")
    assert "with --out they are kept" in done.err


def test_points_without_a_plant_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [
        Point(experiment="investment", n_steps=8, electricity_price_EUR_per_MWh=-1e9),
        Point(experiment="investment", n_steps=8, electricity_price_EUR_per_MWh=90.0),
    ]
    monkeypatch.setattr(
        command, "study_named", lambda name: replace(study_named(name), points=lambda: bad)
    )
    done = run(capsys, "sizing", "--study", "case2", "--gap", "1e-2", "--out", "out")
    assert done.code == 1
    assert "point 1: " in done.out
    assert "1 bad_input" in done.out
    assert len(pd.read_csv("out/investment.csv")) == 1


def test_a_lost_worker_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: Any, **__: Any) -> None:
        raise WorkersLostError("a worker of the sweep was lost")

    monkeypatch.setattr(command, "sweep", lose)
    done = run(capsys, "sizing", "--study", "case2", "--out", "out")
    assert done.code == 70
    assert "a worker of the sweep was lost; they are kept" in done.err


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDY_NAMES)
def test_tiny_versions_run_in_processes_and_bring_the_same(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "sweep", sweep)
    drawn = run(capsys, "sizing", "--study", name, "--gap", "1e-2", "--out", "out")
    assert drawn.code == 0
    assert all(Path(f"out/{figure}.png").stat().st_size > 5000 for figure in FIGURES[name])
    here = run(capsys, "sizing", "--study", name, "--gap", "1e-2", "--json", "--out", "out")
    assert here.code == 0
    monkeypatch.setattr(command, "sweep", _here)
    there = run(capsys, "sizing", "--study", name, "--gap", "1e-2", "--json")
    found, again = (json.loads(done.out)["tables"] for done in (here, there))
    for table in set(found) - {"findings"}:  # they speak of ranges, which depend on time
        assert list(map(_without_ranges, found[table])) == list(map(_without_ranges, again[table]))
        assert found[table]


def _without_ranges(record: dict[str, Any]) -> dict[str, Any]:
    return {key: v for key, v in record.items() if not key.endswith(("_least", "_most"))}


@pytest.mark.slow
def test_ctrl_c_ends_a_real_study_and_it_goes_on(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    words = ["sizing", "--study", "case2", "--gap", "0.5", "--time-limit", "2", "--out", "out"]
    study = subprocess.Popen(
        [sys.executable, "-m", "milpcore", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(25.0)
    study.send_signal(signal.SIGINT)
    out, err = study.communicate(timeout=30)
    assert study.returncode == 130, err
    assert "points finished; they are kept" in err
    assert out == ""
    assert (tmp_path / "out" / "checkpoint.sqlite").is_file()
