"""A problem handed to HiGHS' own interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from milpcore.core.problem import Problem


def loaded(highspy: Any, problem: Problem, options: Mapping[str, object]) -> Any:
    """Return a silent solver that holds a problem.

    Parameters
    ----------
    highspy : module
        The package.
    problem : Problem
        What to solve.
    options : mapping of str to object
        Of HiGHS, by name.

    Returns
    -------
    highspy.Highs
    """
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    for name, value in options.items():
        highs.setOptionValue(name, value)
    matrix = problem.matrix
    highs.passModel(
        problem.n_columns,
        problem.n_rows,
        matrix.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        problem.objective_constant,
        problem.cost,
        problem.column_lower,
        problem.column_upper,
        problem.row_lower,
        problem.row_upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
        problem.integrality.astype(np.int32),
    )
    return highs
