"""Sweeps: same result on every executor, nothing lost, nothing computed twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from helpers_sweep import Counted, Together, square

import milpcore
from milpcore.faults import InputError
from milpcore.sweeps import SweepProgress, grid, latin_hypercube, sweep

HERE = Path(__file__).resolve().parent


def without_time(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="run_s")


def test_a_failed_case_is_a_row() -> None:
    table = sweep(square, grid({"x": [1, 3, 5, 7]}))
    assert table["status"].tolist() == ["optimal", "bad_input", "error", "optimal"]
    assert table["square"].fillna(-1).tolist() == [1, -1, -1, 49]
    assert "must not be 3; take 4" in table["error"][1]
    assert table["error"][2] == "ZeroDivisionError: five"
    assert (table["run_s"] >= 0.0).all()
    assert list(table.columns) == ["x", "status", "error", "square", "text", "run_s"]


@pytest.mark.parametrize("chunk_size", [None, 1, 7])
def test_every_executor_has_the_same_result(chunk_size: int | None) -> None:
    cases = grid({"x": list(range(40))})
    alone = without_time(sweep(square, cases))
    with ThreadPoolExecutor(3) as pool:
        threads = sweep(square, cases, executor=pool, chunk_size=chunk_size)
    pd.testing.assert_frame_equal(without_time(threads), alone)


def test_processes_have_the_same_result_and_set_up_once() -> None:
    cases = grid({"x": list(range(12))})
    alone = without_time(sweep(square, cases))
    pd.testing.assert_frame_equal(without_time(sweep(square, cases, executor=2)), alone)
    counted = sweep(Counted(), cases, executor=2, chunk_size=1)
    assert counted["n_setups"].tolist() == [1] * 12


def test_chunks_run_together_and_one_by_one_where_that_fails() -> None:
    table = sweep(Together(), grid({"x": [1, 4, 9, 16, -1, 25]}), chunk_size=3)
    assert table["root"].fillna(-1.0).tolist() == [1.0, 2.0, 3.0, 4.0, -1.0, 5.0]
    assert table["together"].fillna(0).tolist() == [3, 3, 3, 1, 0, 1]
    assert table["error"][4] == "ValueError: negative"


def test_what_a_run_returns_must_be_plain() -> None:
    table = sweep(lambda case: {"list": [case["x"]]}, grid({"x": [1]}))
    assert table["status"][0] == "error"
    assert "must return numbers, texts or None by name, not list" in table["error"][0]


def test_progress_tells_rate_and_rest() -> None:
    heard: list[SweepProgress] = []
    sweep(square, grid({"x": [1, 2, 4]}), chunk_size=1, on_progress=heard.append)
    assert [one.n_done for one in heard] == [1, 2, 3]
    assert all(one.n_cases == 3 and one.cases_per_s > 0.0 for one in heard)
    assert heard[-1].remaining_s == 0.0


def test_a_checkpoint_resumes_and_belongs_to_one_sweep(tmp_path: Path) -> None:
    file = tmp_path / "sweep.sqlite"
    cases = grid({"x": [1, 2, 4, 6]})
    first = sweep(square, cases, checkpoint=file)
    heard: list[SweepProgress] = []
    again = sweep(square, cases, checkpoint=file, on_progress=heard.append)
    pd.testing.assert_frame_equal(again, first)  # with the times of the first run
    assert heard == []
    with pytest.raises(InputError, match="belongs to another sweep"):
        sweep(square, grid({"x": [1, 2]}), checkpoint=file)
    with pytest.raises(InputError, match="belongs to another sweep"):
        sweep(Together(), cases, checkpoint=file)
    other = tmp_path / "other.txt"
    other.write_text("no database, but rather a long text\n" * 50)
    with pytest.raises(InputError, match="no checkpoint of a sweep"):
        sweep(square, cases, checkpoint=other)
    with pytest.raises(InputError, match="cannot be used"):
        sweep(square, cases, checkpoint=tmp_path / "no" / "folder.sqlite")


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["0", "2"])
def test_kill_loses_nothing_and_repeats_nothing(tmp_path: Path, executor: str) -> None:
    """Kill a real run again and again; what was in the checkpoint is never run again."""
    checkpoint, log = tmp_path / "sweep.sqlite", tmp_path / "log"
    command = [sys.executable, str(HERE / "helpers_sweep.py"), str(checkpoint), str(log), executor]
    environment = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}"}
    n_before = 0
    for _ in range(4):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        wanted = n_before + 6
        while process.poll() is None and (not log.exists() or count(log) < wanted):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        time.sleep(0.5)  # workers of a killed parent end by themselves
        n_before = count(log)
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert finished.stdout.split() == [str(2 * sum(range(60)))]
    runs = log.read_text().split()
    assert set(runs) == {str(x) for x in range(60)}
    in_flight = 4 * (1 if executor == "0" else 3 * 2)  # kills times chunks handed out
    assert len(runs) - 60 <= in_flight


@pytest.mark.slow
def test_dask_has_the_same_result() -> None:
    distributed = pytest.importorskip("distributed")
    cases = grid({"x": list(range(40))})
    alone = without_time(sweep(square, cases))
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = sweep(square, cases, executor=client, chunk_size=3)
        counted = sweep(Counted(), cases, executor=client, chunk_size=3)
    pd.testing.assert_frame_equal(without_time(there), alone)
    assert counted["worker"].nunique() == 2


def count(log: Path) -> int:
    return len(log.read_text().split())


def test_latin_hypercubes_fill_every_range() -> None:
    ranges = {"a": (0.0, 1.0), "b": (-5.0, 5.0)}
    cases = latin_hypercube(ranges, 50, seed=3)
    assert sorted((cases["a"] * 50).astype(int)) == list(range(50))
    assert sorted(((cases["b"] + 5.0) * 5.0).astype(int)) == list(range(50))
    pd.testing.assert_frame_equal(cases, latin_hypercube(ranges, 50, seed=3))
    assert not cases.equals(latin_hypercube(ranges, 50, seed=4))


def test_faults_of_cases_come_together() -> None:
    with pytest.raises(InputError) as caught:
        latin_hypercube({"a": (1.0, 1.0), "b": (0.0, float("nan"))}, 0, seed=-1)
    assert len(caught.value.faults) == 4
    for wrong in ({}, {"x": []}, {"x": "abc"}):
        with pytest.raises(InputError):
            grid(wrong)
    with pytest.raises(InputError, match="at least one case"):
        sweep(square, [])
    for name, wrong in (("executor", 0), ("executor", "two"), ("chunk_size", 0)):
        with pytest.raises(InputError, match=name):
            sweep(square, grid({"x": [1]}), **{name: wrong})
    with pytest.raises(InputError, match="cannot be sent to other processes"):
        sweep(lambda case: dict(case), grid({"x": [1]}), executor=1)


def test_the_function_has_the_name_of_the_house() -> None:
    assert milpcore.sweep is sweep
