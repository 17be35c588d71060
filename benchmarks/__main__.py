"""Command line of the benchmarks."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

import pandas as pd

from benchmarks import BENCHMARKS
from benchmarks.provenance import with_provenance
from milpcore.extras import MissingExtraError
from milpcore.faults import InputError
from milpcore.files import replacing
from milpcore.naming import suggestion

RESULTS = Path(__file__).resolve().parent / "results"


class Benchmark(Protocol):
    """What every benchmark module has."""

    NAME: str
    SUMMARY: str

    def run(self, out_dir: Path) -> pd.DataFrame:
        """Measure; further files go to `out_dir`."""


def load(name: str) -> Benchmark:
    """Import one benchmark.

    Parameters
    ----------
    name : str
        One of `BENCHMARKS`.

    Returns
    -------
    Benchmark
        The module.
    """
    return cast("Benchmark", importlib.import_module(f"benchmarks.{name}"))


def write(table: pd.DataFrame, path: Path) -> None:
    """Write measurements with versions and machine as CSV, in one step.

    Parameters
    ----------
    table : DataFrame
        One row per measurement.
    path : Path
        The CSV file; an existing one is replaced.
    """
    with replacing(path) as temporary:
        with_provenance(table).to_csv(temporary, index=False, lineterminator="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """List the benchmarks or run some of them.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; that of the process if not given.

    Returns
    -------
    int
        0 when all went well, 2 for a wrong name, a missing package or a place that cannot be
        written, 130 when interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure milpcore; without NAME, list what there is.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"one or more of {BENCHMARKS}")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=RESULTS, help="folder for the CSV files"
    )
    options = parser.parse_args(arguments)
    if not options.names:
        for name in BENCHMARKS:
            print(f"{name:<14}{load(name).SUMMARY}")
        return 0
    for name in options.names:
        if name not in BENCHMARKS:
            print(f"no benchmark {name!r}: {suggestion(name, BENCHMARKS)}", file=sys.stderr)
            return 2
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for name in options.names:
            _run(name, options.out)
    except (MissingExtraError, InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; benchmarks that ended are written", file=sys.stderr)
        return 130
    return 0


def _run(name: str, out_dir: Path) -> None:
    benchmark = load(name)
    print(f"{name}: {benchmark.SUMMARY}", flush=True)
    start_s = time.perf_counter()
    table = benchmark.run(out_dir)
    path = out_dir / f"{name}.csv"
    write(table, path)
    print(table.to_string(index=False))
    print(f"{path} written after {time.perf_counter() - start_s:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
