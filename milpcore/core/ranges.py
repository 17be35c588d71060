"""Orders of magnitude of a problem, block by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.core.arrays import FloatArray

if TYPE_CHECKING:
    from milpcore.core.problem import Problem

_COLUMNS = [
    "name",
    "kind",
    "size",
    "n_integers",
    "n_nonzeros",
    *(f"{end}_{what}" for what in ("coefficient", "bound", "cost") for end in ("min", "max")),
]


def block_ranges(problem: Problem) -> pd.DataFrame:
    """Tabulate size and orders of magnitude of every block.

    Parameters
    ----------
    problem : Problem
        With named blocks.

    Returns
    -------
    DataFrame
        One row per block, as described at `Problem.ranges`.
    """
    matrix, nothing = problem.matrix, np.zeros(0)
    coefficient = np.abs(matrix.data)
    column_of_entry = np.repeat(np.arange(problem.n_columns), np.diff(matrix.indptr))
    records: list[dict[str, object]] = []
    for kind, blocks, axis_of_entry, lower, upper, cost in (
        (
            "columns",
            problem.column_blocks,
            column_of_entry,
            problem.column_lower,
            problem.column_upper,
            problem.cost,
        ),
        ("rows", problem.row_blocks, matrix.indices, problem.row_lower, problem.row_upper, None),
    ):
        smallest, largest = np.full(lower.size, math.inf), np.zeros(lower.size)
        np.minimum.at(smallest, axis_of_entry, coefficient)
        np.maximum.at(largest, axis_of_entry, coefficient)
        n_nonzeros = np.bincount(axis_of_entry, minlength=lower.size)
        for name, block in blocks.items():
            members = block.reshape(-1)
            spans = (
                *_span(np.concatenate([smallest[members], largest[members]])),
                *_span(np.concatenate([lower[members], upper[members]])),
                *_span(nothing if cost is None else cost[members]),
            )
            n_integers = 0 if cost is None else int(problem.integrality[members].sum())
            counts = (members.size, n_integers, int(n_nonzeros[members].sum()))
            records.append(dict(zip(_COLUMNS, (name, kind, *counts, *spans), strict=True)))
    return pd.DataFrame.from_records(records, columns=_COLUMNS)


def _span(values: FloatArray) -> tuple[float, float]:
    """Return the smallest and largest absolute finite non-zero value, or nan."""
    absolute = np.abs(values)
    used = absolute[np.isfinite(absolute) & (absolute > 0.0)]
    return (float(used.min()), float(used.max())) if used.size else (math.nan, math.nan)
