"""Run many cases: any executor, any order, the same result; finished cases are never lost."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.faults import Fault, InputError
from milpcore.sweeps.cases import checked_cases
from milpcore.sweeps.checkpoint import Checkpoint
from milpcore.sweeps.worker import Row, run_cases, run_chunk

_log = logging.getLogger(__name__)
MOST_PER_CHUNK = 250
CHUNKS_PER_WORKER = 8
AHEAD = 3
"""Chunks handed out per worker at a time, so that an interruption does not wait for many."""
NOT_RUN = "not_run"

Run = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class SweepProgress(NamedTuple):
    """How far a sweep is.

    Attributes
    ----------
    n_done, n_cases : int
        Finished cases (of earlier runs too), and all.
    elapsed_s : float
        Since this run began.
    cases_per_s : float
        Rate of this run; nan before the first chunk.
    remaining_s : float
        At that rate; nan before the first chunk.
    """

    n_done: int
    n_cases: int
    elapsed_s: float
    cases_per_s: float
    remaining_s: float


def sweep(
    run: Run,
    cases: pd.DataFrame | Iterable[Mapping[str, Any]],
    *,
    executor: Executor | int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    chunk_size: int | None = None,
    on_progress: Callable[[SweepProgress], object] | None = None,
) -> pd.DataFrame:
    """Run every case, here or on many workers.

    Parameters
    ----------
    run : callable
        From a case (parameters by name) to values by name: numbers, texts or None. A method
        ``run_many(cases)`` is used for whole chunks where there is one. With an executor the run
        is pickled once, and unpickled once a worker.
    cases : DataFrame or iterable of mapping
        One row a case, see `milpcore.sweeps.grid` and `milpcore.sweeps.latin_hypercube`.
    executor : concurrent.futures.Executor, distributed.Client or int, optional
        Where to run: an executor or a Dask client that the caller owns, or a number of processes
        to start. Default: in this process.
    checkpoint : path, optional
        File that keeps finished cases. The same sweep resumes from it; another one is refused.
    chunk_size : int, optional
        Cases per task; chosen from their number by default.
    on_progress : callable, optional
        Called after every chunk with `SweepProgress`.

    Returns
    -------
    DataFrame
        One row per case, in their order: parameters, ``status`` (``optimal`` or what the run says,
        ``bad_input``, ``error``), ``error``, the run's values, ``run_s``. All but ``run_s`` is the
        same whatever the executor.

    Raises
    ------
    InputError
        If cases, checkpoint, executor or chunk size cannot be used, or the run cannot be pickled.
    KeyboardInterrupt
        After Ctrl-C, when the chunks that were finished are in the checkpoint.

    Examples
    --------
    >>> from milpcore.sweeps import grid
    >>> sweep(lambda case: {"square": case["x"] ** 2}, grid({"x": [1, 2, 3]}))["square"].tolist()
    [1, 4, 9]
    """
    table = checked_cases(cases)
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in record.items()} for record in table.to_dict("records")
    ]
    rows: list[Row | None] = [None] * len(records)
    start_s = time.perf_counter()
    with ExitStack() as stack:
        kept: Checkpoint | None = None
        if checkpoint is not None:
            print_of = _fingerprint(run, table)
            kept = Checkpoint(Path(checkpoint), fingerprint=print_of, n_cases=len(records))
            stack.enter_context(kept)
            for number, row in kept.finished().items():
                rows[number] = row
        waiting = [(number, records[number]) for number, row in enumerate(rows) if row is None]
        n_before = len(records) - len(waiting)
        pool, n_workers = stack.enter_context(_executor(executor))
        size = _chunk_size(chunk_size, len(waiting), n_workers)
        chunks = iter([waiting[at : at + size] for at in range(0, len(waiting), size)])
        n_done = n_before
        _log.info(
            "sweep begins: %d cases, %d finished before, chunks of %d, %d workers",
            len(records),
            n_before,
            size,
            n_workers,
        )
        for found in _results(run, chunks, pool, n_workers):
            if kept is not None:
                kept.add(found)
            for number, row in found:
                rows[number] = row
            n_done += len(found)
            _log.debug("%d of %d cases", n_done, len(records))
            if on_progress is not None:
                elapsed_s = time.perf_counter() - start_s
                rate = (n_done - n_before) / elapsed_s if elapsed_s > 0.0 else math.nan
                remaining_s = (len(records) - n_done) / rate
                on_progress(SweepProgress(n_done, len(records), elapsed_s, rate, remaining_s))
    elapsed_s = time.perf_counter() - start_s
    _log.info("sweep ends: %d cases in this run, %.3f s", len(records) - n_before, elapsed_s)
    return _joined(table, rows)


def _results(
    run: Run, chunks: Iterator[list[tuple[int, Any]]], pool: Executor | None, n_workers: int
) -> Iterator[list[tuple[int, Row]]]:
    """Rows chunk by chunk, in any order."""
    if pool is None:
        for chunk in chunks:
            yield run_cases(run, chunk)
        return
    pickled = _pickled(run)
    fingerprint = hashlib.sha256(pickled).hexdigest()
    running: set[Future[list[tuple[int, Row]]]] = set()
    try:
        while True:
            for chunk in islice(chunks, AHEAD * n_workers - len(running)):
                running.add(pool.submit(run_chunk, fingerprint, pickled, chunk))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        for future in running:
            future.cancel()


@contextmanager
def _executor(executor: Any) -> Iterator[tuple[Executor | None, int]]:
    """Find the executor to use and its number of workers."""
    if executor is None:
        yield None, 1
    elif isinstance(executor, int) and not isinstance(executor, bool):
        if executor < 1:
            _refuse("executor", executor, "must be at least one process", "such as 2")
        pool = ProcessPoolExecutor(
            executor, mp_context=get_context("spawn"), initializer=_live_with_the_parent
        )
        try:
            yield pool, executor
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    elif hasattr(executor, "get_executor"):  # a client of distributed
        yield executor.get_executor(pure=False), max(1, len(executor.ncores()))
    elif hasattr(executor, "submit"):
        yield executor, int(getattr(executor, "_max_workers", 0) or os.cpu_count() or 1)
    else:
        rule = "must be an executor, a Dask client or a number of processes"
        _refuse("executor", type(executor).__name__, rule, "such as 2")


def _live_with_the_parent() -> None:
    """Leave Ctrl-C to the parent process, and end with it even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def end_with_parent() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _chunk_size(wanted: int | None, n_cases: int, n_workers: int) -> int:
    if wanted is None:
        return max(1, min(MOST_PER_CHUNK, math.ceil(n_cases / (CHUNKS_PER_WORKER * n_workers))))
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
        _refuse("chunk_size", wanted, "must be a whole number from 1", "leave it out")
    return wanted


def _pickled(run: Run) -> bytes:
    try:
        return pickle.dumps(run)
    except Exception as error:
        rule = f"cannot be sent to other processes: {error}"
        _refuse("run", type(run).__name__, rule, "use a function or object of a module")
        raise


def _fingerprint(run: Run, table: pd.DataFrame) -> str:
    """Hash of the cases and of the run: by its own ``fingerprint`` if it has one, else pickled."""
    own = getattr(run, "fingerprint", None)
    known = str(own).encode() if own is not None else _pickled(run)
    text = table.to_csv(index=False).encode()
    return hashlib.sha256(hashlib.sha256(known).digest() + text).hexdigest()


def _joined(table: pd.DataFrame, rows: list[Row | None]) -> pd.DataFrame:
    """Cases and rows side by side, the time last."""
    found = pd.DataFrame([row if row is not None else {"status": NOT_RUN} for row in rows])
    order = [name for name in found.columns if name != "run_s"] + ["run_s"] * ("run_s" in found)
    found = found[order]
    same = [name for name in found.columns if name in table.columns]
    found = found.rename(columns={name: f"{name}_result" for name in same})
    return pd.concat([table, found], axis=1)


def _refuse(name: str, value: object, rule: str, remedy: str) -> None:
    raise InputError("sweep", (Fault("", name, str(value), rule, remedy),))
