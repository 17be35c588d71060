"""What the first use costs: import, compilation with an empty cache, several first uses at once.

- ``import``: `import milpcore` against importing numpy, scipy.optimize, pandas and numba, in fresh
  processes that take turns; medians. ``milpcore.site`` is shown beside it.
- ``first greenfield``: one call on the bundled site with an empty Numba cache, then the same again
  in a new process.
- ``at once``: three processes that start together on one empty cache; then one that reads what
  they left. All must find the same levels and cost, to the last digit, else nothing is reported.

The files of milpcore and of the packages are in the operating system's cache (one run is not
counted), which is not so on the very first use after a restart.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

NAME = "first_use"
SUMMARY = "import time, first call with an empty kernel cache, three first calls at once"

ROOT = Path(__file__).resolve().parents[1]
IMPORT_REPEATS = 9
FIRST_REPEATS = 3
AT_ONCE = 3
MAX_IMPORT_RATIO = 1.2
MAX_COMPILATION_S = 15.0
BASELINE = "import numpy, scipy.optimize, pandas, numba"
OWN_IMPORT = "import milpcore.site"
IMPORTS = (BASELINE, OWN_IMPORT, "import milpcore")
GREENFIELD = """
import time
import milpcore
from milpcore import site
start_s, cpu_start_s = time.perf_counter(), time.process_time()
result = site.greenfield(milpcore.load_case("site_400"), n_levels={n_levels})
print(time.perf_counter() - start_s, time.process_time() - cpu_start_s)
print(repr(result.summary["tac_EUR_per_a"].item()), result.levels.to_csv(index=False))
"""
IMPORT = """
import time
start_s, cpu_start_s = time.perf_counter(), time.process_time()
{statement}
print(time.perf_counter() - start_s, time.process_time() - cpu_start_s)
"""
N_LEVELS = 8
PROCESS_LIMIT_S = 300.0


class Spent(NamedTuple):
    """Wall-clock and processor time, s."""

    elapsed_s: float
    cpu_s: float


def run(
    out_dir: Path,  # noqa: ARG001
    *,
    import_repeats: int = IMPORT_REPEATS,
    first_repeats: int = FIRST_REPEATS,
    at_once: int = AT_ONCE,
    n_levels: int = N_LEVELS,
) -> pd.DataFrame:
    """Measure imports and first calls.

    Parameters
    ----------
    out_dir : Path
        Not used: the table is all there is.
    import_repeats, first_repeats : int
        Repeats.
    at_once : int
        Number of processes that start together.
    n_levels : int
        Largest number of levels of the call.

    Returns
    -------
    DataFrame
        ``part``, ``what``, ``repeats``, ``median_s``, ``min_s``, ``max_s``, ``median_cpu_s``
        (processor time, which other load disturbs less), ``wanted``, ``measured``, ``is_met``.

    Raises
    ------
    RuntimeError
        If a process fails, or two of them have different results.
    """
    rows = [*_imports(import_repeats), *_first_calls(first_repeats, n_levels)]
    rows += _calls_at_once(at_once, n_levels)
    return pd.DataFrame(rows)


def _imports(repeats: int) -> list[dict[str, object]]:
    """Fresh processes, one import each, in turns."""
    times: dict[str, list[Spent]] = {statement: [] for statement in IMPORTS}
    for number in range(repeats + 1):
        for statement in IMPORTS:
            spent = _spent(_finished(_start(IMPORT.format(statement=statement), None)))
            if number:
                times[statement].append(spent)
    rows = [_row("import", statement, spent) for statement, spent in times.items()]
    own_s, baseline_s = (
        np.median([spent.elapsed_s for spent in times[statement]])
        for statement in (OWN_IMPORT, BASELINE)
    )
    ratio = float(own_s / baseline_s)
    rows[IMPORTS.index(OWN_IMPORT)] |= {
        "wanted": f"<= {MAX_IMPORT_RATIO} times the packages",
        "measured": ratio,
        "is_met": ratio <= MAX_IMPORT_RATIO,
    }
    return rows


def _first_calls(repeats: int, n_levels: int) -> list[dict[str, object]]:
    """Time the same call with an empty cache, and again."""
    first: list[Spent] = []
    second: list[Spent] = []
    results = set()
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for times in (first, second):
                spent, result = _called(_start(GREENFIELD.format(n_levels=n_levels), cache))
                times.append(spent)
                results.add(result)
    _refuse_differences(results)
    more_s = float(
        np.median([a.elapsed_s - b.elapsed_s for a, b in zip(first, second, strict=True)])
    )
    row = _row("first greenfield", "empty cache", first)
    row |= {
        "wanted": f"<= {MAX_COMPILATION_S} s more than the second",
        "measured": more_s,
        "is_met": more_s <= MAX_COMPILATION_S,
    }
    return [row, _row("first greenfield", "second process", second)]


def _calls_at_once(count: int, n_levels: int) -> list[dict[str, object]]:
    """Start several processes on one empty cache, then one more."""
    code = GREENFIELD.format(n_levels=n_levels)
    with tempfile.TemporaryDirectory() as cache:
        start_s = time.perf_counter()
        processes = [_start(code, cache) for _ in range(count)]
        called = [_called(process) for process in processes]
        whole_s = time.perf_counter() - start_s
        after = _called(_start(code, cache))
    results = {result for _, result in [*called, after]}
    _refuse_differences(results)
    row = _row("at once", f"{count} processes, empty cache", [spent for spent, _ in called])
    row |= {"wanted": "the same results", "measured": float(len(results)), "is_met": True}
    return [
        row,
        _row("at once", "until the last has ended, imports included", [Spent(whole_s, np.nan)]),
        _row("at once", "a process that reads their cache", [after[0]]),
    ]


def _start(code: str, cache: str | None) -> subprocess.Popen[str]:
    """Start a fresh interpreter from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finished(process: subprocess.Popen[str]) -> str:
    """Wait for a process and return what it printed.

    Raises
    ------
    RuntimeError
        If it failed.
    """
    try:
        output, errors = process.communicate(timeout=PROCESS_LIMIT_S)
    finally:
        if process.poll() is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"a process failed:\n{errors}")
    return output


def _spent(line: str) -> Spent:
    """Read what a process printed about its time."""
    return Spent(*(float(word) for word in line.split()))


def _called(process: subprocess.Popen[str]) -> tuple[Spent, str]:
    """Time and result of a process that runs `GREENFIELD`."""
    first_line, _, result = _finished(process).partition("\n")
    return _spent(first_line), result


def _refuse_differences(results: set[str]) -> None:
    if len(results) != 1:
        raise RuntimeError("processes have different results:\n" + "\n".join(sorted(results)))


def _row(part: str, what: str, times: list[Spent]) -> dict[str, object]:
    elapsed_s = [spent.elapsed_s for spent in times]
    return {
        "part": part,
        "what": what,
        "repeats": len(times),
        "median_s": float(np.median(elapsed_s)),
        "min_s": min(elapsed_s),
        "max_s": max(elapsed_s),
        "median_cpu_s": float(np.median([spent.cpu_s for spent in times])),
    }
