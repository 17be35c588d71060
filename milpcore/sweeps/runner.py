"""Run many cases: any executor, any order, the same result; killed, it goes on where it was.

What a kill can lose is bounded by `milpcore.sweeps.worker.CHUNK_S`: a worker hands back what it
has finished as soon as no case is running and that time is over, and whatever comes back is in the
checkpoint before anything else happens.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import pickle
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.faults import Fault, InputError
from milpcore.sweeps.cases import checked_cases
from milpcore.sweeps.checkpoint import Checkpoint
from milpcore.sweeps.chunks import Chunks
from milpcore.sweeps.worker import Case, Row, run_cases, run_chunk
from milpcore.sweeps.workers import lost_workers_told, workers

_log = logging.getLogger(__name__)
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
        Rate of this run; nan before its first chunk.
    remaining_s : float
        At that rate; nan before its first chunk.
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
        ``run_many(cases)`` is used for whole chunks where there is one; a case must have the same
        values in any chunk. With an executor the run is pickled once, and unpickled once a worker.
    cases : DataFrame or iterable of mapping
        One row a case, see `milpcore.sweeps.grid` and `milpcore.sweeps.latin_hypercube`.
    executor : concurrent.futures.Executor, distributed.Client or int, optional
        Where to run: an executor or a Dask client that the caller owns, or a number of processes
        to start. Default: in this process.
    checkpoint : path, optional
        File that keeps finished cases. The same sweep resumes from it; another one is refused.
        Whatever ends the sweep, what is lost are the cases that were running and, for each worker,
        cases that took half a second together.
    chunk_size : int, optional
        Most cases per task. Default: as many as take half a second, as measured.
    on_progress : callable, optional
        Called with `SweepProgress` after every chunk, and at once where earlier runs have finished
        cases.

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
    WorkersLostError
        If a process was ended from outside, or an executor has lost a task. Finished cases are in
        the checkpoint.
    KeyboardInterrupt
        After Ctrl-C. Finished cases are in the checkpoint; processes that were started are ended.

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
        n_done = n_before = len(records) - len(waiting)
        tell = on_progress or (lambda _: None)
        pool, n_workers = stack.enter_context(workers(executor))
        chunks = Chunks(waiting, n_workers=n_workers, chunk_size=_checked_size(chunk_size))
        _log.info(
            "sweep begins: %d cases, %d finished before, %d workers",
            len(records),
            n_before,
            n_workers,
        )
        if n_before:
            tell(_progress(n_done, n_before, len(records), start_s))
        for found in stack.enter_context(closing(_results(run, chunks, pool, n_workers))):
            if kept is not None:
                kept.add(found)
            for number, row in found:
                rows[number] = row
            n_done += len(found)
            _log.debug("%d of %d cases", n_done, len(records))
            tell(_progress(n_done, n_before, len(records), start_s))
    elapsed_s = time.perf_counter() - start_s
    _log.info("sweep ends: %d cases in this run, %.3f s", len(records) - n_before, elapsed_s)
    return _joined(table, rows)


def _progress(n_done: int, n_before: int, n_cases: int, start_s: float) -> SweepProgress:
    elapsed_s = time.perf_counter() - start_s
    rate = (n_done - n_before) / elapsed_s if n_done > n_before else math.nan
    return SweepProgress(n_done, n_cases, elapsed_s, rate, (n_cases - n_done) / rate)


def _results(
    run: Run, chunks: Chunks, pool: Executor | None, n_workers: int
) -> Generator[list[tuple[int, Row]]]:
    """Rows chunk by chunk, in any order."""
    if pool is None:
        while chunk := chunks.take():
            found = run_cases(run, chunk)
            chunks.done(chunk, found)
            yield found
        return
    pickled = _pickled(run)
    fingerprint = hashlib.sha256(pickled).hexdigest()
    running: dict[Future[list[tuple[int, Row]]], list[tuple[int, Case]]] = {}
    try:
        while True:
            while len(running) < AHEAD * n_workers and (chunk := chunks.take()):
                with lost_workers_told():
                    running[pool.submit(run_chunk, fingerprint, pickled, chunk)] = chunk
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                with lost_workers_told():
                    found = future.result()
                chunks.done(running.pop(future), found)
                yield found
    finally:
        for future in running:
            future.cancel()


def _checked_size(wanted: int | None) -> int | None:
    if wanted is None:
        return None
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
