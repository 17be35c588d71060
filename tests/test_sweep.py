"""Sweeps: same result on every executor, nothing lost, nothing computed twice."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_sweep import Counted, Dying, Long, Stopped, Together, square

import milpcore
from milpcore.faults import InputError
from milpcore.sweeps import SweepProgress, WorkersLostError, grid, latin_hypercube, sweep
from milpcore.sweeps.checkpoint import Checkpoint
from milpcore.sweeps.chunks import Chunks
from milpcore.sweeps.worker import CHUNK_S, run_cases

HERE = Path(__file__).resolve().parent


def without_time(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="run_s")


def test_a_failed_case_is_a_row() -> None:
    table = sweep(square, grid({"x": [1, 3, 5, 7]}))
    assert table["status"].tolist() == ["optimal", "bad_input", "error", "optimal"]
    assert table["square"].fillna(-1).tolist() == [1, -1, -1, 49]
    assert table["error"][1] == "x = 3: must not be 3; take 4"
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
    assert [(one.n_done, math.isnan(one.cases_per_s)) for one in heard] == [(4, True)]
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
@pytest.mark.parametrize("n_processes", ["0", "2"])
def test_kill_loses_a_second_at_most_and_repeats_nothing(tmp_path: Path, n_processes: str) -> None:
    """Kill a real run early, twice: what had ended a second before is kept, and not run again."""
    checkpoint, log = tmp_path / "sweep.sqlite", tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}"}

    def command(pause_s: float) -> list[str]:
        script = [sys.executable, str(HERE / "helpers_sweep.py"), str(checkpoint), str(log)]
        return [*script, n_processes, str(pause_s), "300"]

    for pause_s in (0.1, 0.15):
        before = kept(checkpoint)
        log.write_text("")
        process = subprocess.Popen(command(pause_s), env=environment)
        deadline_s = time.time() + 60.0
        while len(ended(log, time.time() - 1.0)) < 4 and time.time() < deadline_s:
            time.sleep(0.01)
        killed_s = time.time()
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.5)  # workers of a killed parent end by themselves
        assert len(ended(log, killed_s - 1.0)) >= 4
        assert ended(log, killed_s - 1.0) <= kept(checkpoint)
        assert not before & ended(log, math.inf)
    before = kept(checkpoint)
    log.write_text("")
    last = subprocess.run(command(0.0), env=environment, capture_output=True, text=True, check=True)
    assert last.stdout.split() == [str(2 * sum(range(300)))]
    assert sorted(map(int, (line.split()[0] for line in log.read_text().splitlines()))) == sorted(
        set(range(300)) - before
    )


def kept(checkpoint: Path) -> set[int]:
    """Numbers of the cases in a checkpoint, as the next run finds them."""
    if not checkpoint.exists():
        return set()
    with closing(sqlite3.connect(checkpoint)) as database:
        return {number for (number,) in database.execute("SELECT number FROM finished")}


def ended(log: Path, until_s: float) -> set[int]:
    """Numbers of the cases that had ended at a time (s)."""
    lines = log.read_text().splitlines() if log.exists() else []
    return {int(number) for number, at_s in map(str.split, lines) if float(at_s) <= until_s}


def test_ctrl_c_loses_half_a_second_of_work_at_most(tmp_path: Path) -> None:
    file, run, cases = tmp_path / "sweep.sqlite", Stopped(0.1, 8), grid({"x": list(range(300))})
    with pytest.raises(KeyboardInterrupt):
        sweep(run, cases, checkpoint=file)
    assert run.ran == list(range(8))
    before = kept(file)
    assert before >= set(range(8 - 5))
    again = Stopped(0.0, -1)
    sweep(again, cases, checkpoint=file)
    assert again.ran == sorted(set(range(300)) - before)


def test_ctrl_c_ends_processes_where_they_are(tmp_path: Path) -> None:
    told_s: list[float] = []

    def interrupt(_: SweepProgress) -> None:
        told_s.append(time.monotonic())
        raise KeyboardInterrupt

    file, cases = tmp_path / "sweep.sqlite", grid({"x": list(range(20))})
    with pytest.raises(KeyboardInterrupt):
        sweep(Long(), cases, executor=2, checkpoint=file, on_progress=interrupt)
    assert time.monotonic() - told_s[0] < 10.0
    assert (len(told_s), kept(file)) == (1, {0})


def test_a_transaction_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    """What a kill in the midst of writing leaves: half a transaction, and the journal beside it."""
    file, torn = tmp_path / "sweep.sqlite", tmp_path / "torn.sqlite"
    whole = {number: {"square": number**2} for number in range(3000)}
    with Checkpoint(file, fingerprint="a", n_cases=9000) as checkpoint:
        checkpoint.add(whole.items())
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")  # pages reach the file before the transaction ends
        writer.execute("BEGIN")
        writer.execute("UPDATE finished SET row = 'torn'")
        shutil.copyfile(file, torn)
        with closing(sqlite3.connect(torn)) as without_journal:
            assert ("torn",) in set(without_journal.execute("SELECT row FROM finished"))
        shutil.copyfile(file, torn)
        shutil.copyfile(f"{file}-journal", f"{torn}-journal")
    with Checkpoint(torn, fingerprint="a", n_cases=9000) as again:
        assert again.finished() == whole
        again.add([(3000, {"square": 0})])
    assert kept(torn) == set(range(3001))
    (tmp_path / "begun.sqlite").touch()  # killed before the first transaction
    with Checkpoint(tmp_path / "begun.sqlite", fingerprint="a", n_cases=2) as begun:
        assert begun.finished() == {}


def test_workers_hand_back_what_they_have_no_time_for() -> None:
    chunk = [(number, {"x": number}) for number in range(20)]
    found = run_cases(Stopped(0.2, -1), chunk)
    assert [number for number, _ in found] == [0, 1, 2]
    assert sum(row["run_s"] for _, row in found[:-1]) < CHUNK_S


def test_chunks_take_half_a_second_as_measured() -> None:
    chunks = Chunks([(number, {}) for number in range(1000)], n_workers=2)

    def done(n_found: int, each_s: float) -> int:
        chunk = chunks.take()
        chunks.done(chunk, [(number, {"run_s": each_s}) for number, _ in chunk[:n_found]])
        return len(chunk)

    sizes = [done(*one) for one in ((1, 3.0), (1, 1e-4), (8, 1e-4), (64, 1e-4), (250, 0.01))]
    assert sizes == [1, 1, 8, 64, 250]
    assert done(2, 0.3) == 50
    first = chunks.take()  # what was handed back comes first
    assert [number for number, _ in first] == [326]
    chunks.done(first, [(326, {"run_s": 0.0})])
    rest = []
    while chunk := chunks.take():
        chunks.done(chunk, [(number, {"run_s": 0.0}) for number, _ in chunk])
        rest += [number for number, _ in chunk]
    assert rest == list(range(327, 1000))


def test_the_last_cases_are_shared_by_all_workers() -> None:
    chunks = Chunks([(number, {}) for number in range(10)], n_workers=4, chunk_size=100)
    assert [len(chunks.take()) for _ in range(7)] == [3, 2, 2, 1, 1, 1, 0]


def test_a_process_that_dies_ends_the_sweep_with_its_results_kept(tmp_path: Path) -> None:
    file, cases = tmp_path / "sweep.sqlite", grid({"x": list(range(200))})
    with pytest.raises(WorkersLostError, match="lost; was there too little memory") as caught:
        sweep(Dying(40), cases, executor=2, checkpoint=file)
    assert isinstance(caught.value.__cause__, BrokenProcessPool)
    assert 15 <= len(kept(file)) < 200
    assert 40 not in kept(file)


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.slow
def test_dask_has_the_same_result(dask: Any) -> None:
    cases = grid({"x": list(range(40))})
    alone = without_time(sweep(square, cases))
    for size in (None, 3):
        there = sweep(square, cases, executor=dask, chunk_size=size)
        pd.testing.assert_frame_equal(without_time(there), alone)
    counted = sweep(Counted(), cases, executor=dask, chunk_size=3)
    assert counted["worker"].nunique() == 2


@pytest.mark.slow
def test_a_dask_worker_that_dies_is_replaced(dask: Any, tmp_path: Path) -> None:
    cases, died = grid({"x": list(range(60))}), tmp_path / "died"
    table = sweep(Dying(20, once=str(died)), cases, executor=dask)
    assert died.exists()
    assert table["twice"].tolist() == [2 * x for x in range(60)]


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
