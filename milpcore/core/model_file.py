"""Write a problem as .mps or .lp file through highspy (extra ``highs``)."""

from __future__ import annotations

import os
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from milpcore.core.arrays import IntArray, element_name
from milpcore.extras import require

if TYPE_CHECKING:
    from milpcore.core.problem import Problem

SUFFIXES = (".mps", ".lp")


def element_names(blocks: Mapping[str, IntArray], size: int, prefix: str) -> list[str]:
    """Name all elements of an axis after their blocks.

    Parameters
    ----------
    blocks : mapping of str to ndarray of int
        Positions by block name.
    size : int
        Length of the axis.
    prefix : str
        Name of elements that belong to no block.

    Returns
    -------
    list of str, length `size`
        Such as ``"is_open[3]"``; a single element is ``"total[]"``, because its bare name may be
        a keyword of the format.

    Examples
    --------
    >>> element_names({"is_open": np.arange(2), "total": np.array(2)}, 4, "column")
    ['is_open[0]', 'is_open[1]', 'total[]', 'column[3]']
    """
    names = [f"{prefix}[{position}]" for position in range(size)]
    for name, positions in blocks.items():
        flat = positions.reshape(-1).tolist()
        for position, index in zip(flat, np.ndindex(positions.shape), strict=True):
            names[position] = element_name(name, index) if index else f"{name}[]"
    return names


def write_model(problem: Problem, path: str | os.PathLike[str]) -> None:
    """Write a problem; the file appears whole or not at all.

    Parameters
    ----------
    problem : Problem
        What to write.
    path : path-like
        Ends in ``.mps`` or ``.lp``.

    Raises
    ------
    MissingExtraError
        If highspy is not installed.
    ValueError
        If the suffix is another one, or the format cannot state the problem.
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{target.name}: a model file must end in {' or '.join(SUFFIXES)}")
    highspy = require("highspy", "highs", f"writing {suffix} files")
    model = _highs_model(highspy, problem, suffix)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    if highs.passModel(model) == highspy.HighsStatus.kError:
        raise ValueError(f"{target.name}: HiGHS refuses the problem")
    temporary = target.with_name(f".{target.stem}-{uuid.uuid4().hex}{suffix}")
    try:
        if highs.writeModel(str(temporary)) == highspy.HighsStatus.kError:
            raise OSError(f"{target}: the file cannot be written; does its folder exist?")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _highs_model(highspy: Any, problem: Problem, suffix: str) -> Any:
    """Translate the problem into highspy's model object."""
    row_names = element_names(problem.row_blocks, problem.n_rows, "row")
    column_names = element_names(problem.column_blocks, problem.n_columns, "column")
    matrix, row_lower, row_upper = problem.matrix, problem.row_lower, problem.row_upper
    if suffix == ".lp":
        keep = _rows_of_lp(problem, row_names)
        matrix, row_lower, row_upper = matrix[keep], row_lower[keep], row_upper[keep]
        row_names = [_name_of_lp(row_names[i]) for i in keep]
        column_names = [_name_of_lp(name) for name in column_names]
    for names in (row_names, column_names):
        if len(set(names)) < len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise ValueError(f"the {suffix} file would have two elements named {twice}")
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = problem.cost
    model.offset_ = problem.objective_constant
    model.col_lower_, model.col_upper_ = problem.column_lower, problem.column_upper
    model.row_lower_, model.row_upper_ = row_lower, row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    if problem.n_integers:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(flag != 0)] for flag in problem.integrality]
    model.row_names_, model.col_names_ = row_names, column_names
    return model


def _rows_of_lp(problem: Problem, names: list[str]) -> IntArray:
    """Return the rows an .lp file can state: those with entries and a bound."""
    n_entries = np.bincount(problem.matrix.indices, minlength=problem.n_rows)
    is_bounded = np.isfinite(problem.row_lower) | np.isfinite(problem.row_upper)
    broken = (n_entries == 0) & ((problem.row_lower > 0.0) | (problem.row_upper < 0.0))
    if broken.any():
        raise ValueError(
            f"row {names[int(np.argmax(broken))]} is empty and cannot be met, which the .lp "
            "format cannot state; save it as .mps"
        )
    return np.flatnonzero((n_entries > 0) & is_bounded).astype(np.int64)


def _name_of_lp(name: str) -> str:
    """Rename an element for the .lp format.

    There a bracket opens a quadratic term, and a name that begins like a number (``inf...``,
    ``nan...``, ``e1...``) is read as one.
    """
    begins_like_number = re.match(r"inf|nan|e\d", name, flags=re.IGNORECASE)
    renamed = name.replace("[", "(").replace("]", ")")
    return f"_{renamed}" if begins_like_number else renamed
