"""Versions and machine beside every measurement, so that a table can be read years later."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

import milpcore

PACKAGES = ("numpy", "scipy", "numba", "pandas", "highspy")


def provenance() -> dict[str, str | int | float]:
    """Describe this run.

    Returns
    -------
    dict
        ``measured_utc``, versions (``milpcore``, ``python`` and each of `PACKAGES`; "absent" where
        not installed), ``machine``, ``cpu``, ``n_cores`` (those this process may use) and
        ``memory_GiB``.
    """
    return {
        "measured_utc": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "milpcore": milpcore.__version__,
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "n_cores": _cores(),
        "memory_GiB": _memory_GiB(),
    }


def with_provenance(table: pd.DataFrame) -> pd.DataFrame:
    """Append the description of this run to every row.

    Parameters
    ----------
    table : DataFrame
        Measurements.

    Returns
    -------
    DataFrame
        A copy with the columns of `provenance` at the right.

    Raises
    ------
    ValueError
        If a column of the table has the name of one of them.
    """
    described = provenance()
    taken = sorted(set(described) & set(table.columns))
    if taken:
        raise ValueError(f"columns {taken} are those of the provenance: rename them")
    return table.assign(**described)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _cpu() -> str:
    """Model of the processor, as the operating system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every operating system
        return os.cpu_count() or 1


def _memory_GiB() -> float:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return float("nan")
