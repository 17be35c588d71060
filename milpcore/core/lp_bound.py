"""A lower bound of a linear program from an interior point, made rigorous.

An interior-point method without its last step (crossover to a vertex) is the fastest way through a
large linear program, and ends a little outside the feasible region. Its dual values ``y`` are good
enough for a bound all the same: for any ``y`` of the right signs

    min cost @ x  >=  sum of y * (its row's bound) + sum over columns of the least of
                      (cost - y @ matrix) * x between the column's bounds,

which is computed here from the problem's own arrays.
"""

from __future__ import annotations

import importlib.util
import math
from typing import NamedTuple

import numpy as np

from milpcore.core.arrays import FloatArray
from milpcore.core.highs_model import loaded
from milpcore.core.problem import Problem
from milpcore.core.solution import Status
from milpcore.core.solve import solve_lp
from milpcore.extras import require


class LpBound(NamedTuple):
    """What an interior point says of a linear program.

    Attributes
    ----------
    bound : float
        Proven lower bound of the objective; infinite if the program has no solution.
    x : ndarray (n,) or None
        Nearly optimal point, nearly feasible.
    """

    bound: float
    x: FloatArray | None


def lp_bound(problem: Problem, *, time_limit_s: float | None = None) -> LpBound:
    """Bound a linear program by an interior-point method.

    Parameters
    ----------
    problem : Problem
        Without integer columns: pass ``problem.relaxed()``.
    time_limit_s : float, optional
        Wall-clock seconds; what is reached then still proves something.

    Returns
    -------
    LpBound
        With highspy (extra ``highs``) without crossover, which is the larger part of the time;
        SciPy's interface cannot leave it out.

    Raises
    ------
    ValueError
        If there are integer columns.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> flow = assembly.columns("flow", 2, upper=9.0)
    >>> assembly.put(assembly.rows("need", (), lower=6.0), flow, [1.0, 2.0])
    >>> assembly.cost(flow, [3.0, 4.0])
    >>> round(lp_bound(assembly.problem()).bound, 6)
    12.0
    """
    if importlib.util.find_spec("highspy") is None or problem.n_integers:
        limit_s = None if time_limit_s == math.inf else time_limit_s
        found = solve_lp(problem, method="highs-ipm", time_limit_s=limit_s)
        if found.status is Status.INFEASIBLE:
            return LpBound(math.inf, None)
        return LpBound(found.bound, found.x)
    highspy = require("highspy", "highs", "an interior point without crossover")
    options: dict[str, object] = {"solver": "ipm", "run_crossover": "off"}
    if time_limit_s is not None and math.isfinite(time_limit_s):
        options["time_limit"] = float(time_limit_s)
    highs = loaded(highspy, problem, options)
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return LpBound(math.inf, None)
    solution = highs.getSolution()
    if not solution.dual_valid:
        return LpBound(-math.inf, None)
    return LpBound(dual_bound(problem, np.array(solution.row_dual)), np.array(solution.col_value))


def dual_bound(problem: Problem, duals: FloatArray) -> float:
    """Return the lower bound that dual values prove, whatever they are.

    Parameters
    ----------
    problem : Problem
        Taken as a linear program.
    duals : ndarray (m,)
        Change of the objective with each row's bound; values of the wrong sign count as 0.

    Returns
    -------
    float
        Minus infinity where a column without bound has a reduced cost of the wrong sign.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> flow = assembly.columns("flow", 2, upper=9.0)
    >>> assembly.put(assembly.rows("need", (), lower=6.0), flow, [1.0, 2.0])
    >>> assembly.cost(flow, [3.0, 4.0])
    >>> dual_bound(assembly.problem(), np.array([2.0]))
    12.0
    """
    y = np.where(np.isneginf(problem.row_lower), np.minimum(duals, 0.0), duals)
    y = np.where(np.isposinf(problem.row_upper), np.maximum(y, 0.0), y)
    reduced = problem.cost - problem.matrix.T @ y
    rows = _least(y, problem.row_lower, problem.row_upper)
    columns = _least(reduced, problem.column_lower, problem.column_upper)
    return float(problem.objective_constant + rows.sum() + columns.sum())


def _least(factor: FloatArray, at_plus: FloatArray, at_minus: FloatArray) -> FloatArray:
    """Products of factors with the bound that their sign chooses, 0 where they are 0."""
    bound = np.where(factor > 0.0, at_plus, at_minus)
    return np.multiply(factor, bound, out=np.zeros_like(factor), where=factor != 0.0)
