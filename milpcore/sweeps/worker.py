"""What a worker does with a chunk of cases.

The run arrives pickled, with its hash. A worker process unpickles each run once and keeps it, so
that streams and what was prepared from them are set up once a worker, not once a case. Results go
back after `CHUNK_S` at the latest, but for the case that is running then: what is not back is lost
when the sweep is killed.
"""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from milpcore.faults import InputError

_log = logging.getLogger(__name__)
CHUNK_S = 0.5
"""Time after which a worker begins no further case of a chunk."""
MOST_KEPT = 4
_kept: dict[str, Any] = {}

Case = dict[str, Any]
Row = dict[str, Any]


def run_chunk(
    fingerprint: str, pickled: bytes, chunk: Sequence[tuple[int, Case]]
) -> list[tuple[int, Row]]:
    """Run a chunk of cases, or as many of its first ones as there is time for.

    Parameters
    ----------
    fingerprint : str
        Hash of the run.
    pickled : bytes
        The run.
    chunk : sequence of (int, dict)
        Number and parameters of each case.

    Returns
    -------
    list of (int, dict)
        Number and row of each that was run: ``status``, ``error``, ``run_s`` and what the run
        returned.
    """
    if fingerprint not in _kept:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[fingerprint] = pickle.loads(pickled)
    return run_cases(_kept[fingerprint], chunk)


def run_cases(run: Any, chunk: Sequence[tuple[int, Case]]) -> list[tuple[int, Row]]:
    """Run cases together where the run can, and one by one where that fails or it cannot.

    Parameters
    ----------
    run : callable
        See `milpcore.sweeps.runner.sweep`.
    chunk : sequence of (int, dict)
        Number and parameters of each case; one or more.

    Returns
    -------
    list of (int, dict)
        Number and row of each, one by one only of those that were begun within `CHUNK_S`.
    """
    many: Callable[[list[Case]], Sequence[Mapping[str, Any]]] | None
    many = getattr(run, "run_many", None)
    if many is not None and len(chunk) > 1:
        start_s = time.perf_counter()
        try:
            found = many([case for _, case in chunk])
            each_s = (time.perf_counter() - start_s) / len(chunk)
            pairs = zip(chunk, found, strict=True)
            return [(number, _row(values, each_s)) for (number, _), values in pairs]
        except Exception as error:  # one by one it shows which case it was
            _log.debug("a chunk of %d cases failed together: %s", len(chunk), error)
    rows: list[tuple[int, Row]] = []
    end_s = time.perf_counter() + CHUNK_S
    for number, case in chunk:
        rows.append((number, _run_one(run, case)))
        if time.perf_counter() >= end_s:
            break
    return rows


def _run_one(run: Any, case: Case) -> Row:
    start_s = time.perf_counter()
    try:
        values = run(case)
        return _row(values, time.perf_counter() - start_s)
    except Exception as error:
        status, text = "error", " ".join(f"{type(error).__name__}: {error}".split())
        if isinstance(error, InputError):
            status, text = "bad_input", " | ".join(str(fault) for fault in error.faults)
        return {"status": status, "error": text, "run_s": time.perf_counter() - start_s}


def _row(values: Mapping[str, Any], run_s: float) -> Row:
    """Plain Python values, ready for JSON."""
    plain = {str(name): _plain(value) for name, value in values.items()}
    return {"status": "optimal", "error": "", **plain, "run_s": run_s}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a run must return numbers, texts or None by name, not {type(value).__name__}")
