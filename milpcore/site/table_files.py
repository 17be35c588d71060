"""The tables of a study as CSV files in one folder, all of them or none, and cells for JSON."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.faults import FaultList
from milpcore.files import replacing


def write_tables(
    tables: Mapping[str, pd.DataFrame], directory: str | os.PathLike[str]
) -> tuple[Path, ...]:
    """Write every table as CSV into a directory, each whole or not at all.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by the name of their file, without suffix.
    directory : str or path
        Made if it is missing. All files are written beside their targets first and renamed
        when the last one is done.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        If the directory cannot be made or written to.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"level_C": [25.0]})
    >>> [path.name for path in write_tables({"levels": table}, tempfile.mkdtemp())]
    ['levels.csv']
    """
    folder = Path(directory)
    _make_directory(folder)
    paths = tuple(folder / f"{name}.csv" for name in tables)
    with ExitStack() as stack:
        for path, table in zip(paths, tables.values(), strict=True):
            temporary = stack.enter_context(replacing(path))
            table.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    return paths


def plain(value: Any) -> Any:
    """Return a value as plain Python for JSON, None for nan and infinity.

    Examples
    --------
    >>> plain(np.float64(2.5)), plain(np.int64(3)), plain(float("nan")), plain("text")
    (2.5, 3, None, 'text')
    """
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_rows(table: pd.DataFrame, *left_out: str) -> list[dict[str, Any]]:
    """Turn the rows of a table into plain values for JSON, but for some columns.

    Examples
    --------
    >>> json_rows(pd.DataFrame({"period": ["day"], "heat_kW": [np.nan]}), "period")
    [{'heat_kW': None}]
    """
    names = [name for name in table.columns if name not in left_out]
    return [
        {name: plain(value) for name, value in zip(names, values, strict=True)}
        for values in table[names].itertuples(index=False, name=None)
    ]


def _make_directory(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        faults = FaultList()
        rule = f"cannot be made: {error.strerror or error}"
        faults.add("", "directory", folder, rule, "name a folder that you can write to")
        faults.raise_if_any("results")
