"""Where a sweep runs: in processes of its own, on an executor of the caller, on a Dask cluster."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any

from milpcore.faults import Fault, InputError


class WorkersLostError(RuntimeError):
    """Workers of a sweep were ended from outside, or lost a task; a checkpoint has the rest."""


@contextmanager
def lost_workers_told() -> Iterator[None]:
    """Say what an error of an executor means: those of cases never leave a worker.

    Raises
    ------
    WorkersLostError
        In place of any exception in the block.
    """
    try:
        yield
    except Exception as error:
        hint = "; was there too little memory?" if isinstance(error, BrokenExecutor) else ""
        reason = ": ".join(filter(None, (type(error).__name__, str(error))))
        raise WorkersLostError(f"a worker of the sweep was lost{hint} ({reason})") from error


@contextmanager
def workers(executor: Any) -> Iterator[tuple[Executor | None, int]]:
    """Find the executor to use, or start processes and end them with the block.

    Parameters
    ----------
    executor : concurrent.futures.Executor, distributed.Client, int or None
        See `milpcore.sweeps.runner.sweep`.

    Yields
    ------
    Executor or None
        None for this process.
    int
        Number of workers, as far as it is known.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if executor is None:
        yield None, 1
    elif isinstance(executor, int) and not isinstance(executor, bool):
        if executor < 1:
            _refuse(str(executor), "must be at least one process")
        with _processes(executor) as pool:
            yield pool, executor
    elif hasattr(executor, "get_executor"):  # a client of distributed
        yield executor.get_executor(pure=False), max(1, len(executor.ncores()))
    elif hasattr(executor, "submit"):
        yield executor, int(getattr(executor, "_max_workers", 0) or os.cpu_count() or 1)
    else:
        rule = "must be an executor, a Dask client or a number of processes"
        _refuse(type(executor).__name__, rule)


@contextmanager
def _processes(n_processes: int) -> Iterator[Executor]:
    """Start processes; an error or Ctrl-C in the block ends them where they are."""
    context = get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    with reader, writer:
        pool = ProcessPoolExecutor(
            n_processes, mp_context=context, initializer=_obey, initargs=(reader,)
        )
        try:
            yield pool
        except BaseException:
            writer.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _obey(parents_end: Connection) -> None:
    """Leave Ctrl-C to the parent process; end with it, even if it is killed, or when it says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    ends: list[Connection | int] = [parents_end]
    if parent is not None:
        ends.append(parent.sentinel)

    def end_with_parent() -> None:
        wait(ends)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _refuse(value: str, rule: str) -> None:
    raise InputError("sweep", (Fault("", "executor", value, rule, "such as 2"),))
