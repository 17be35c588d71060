"""Minimise a smooth function under smooth constraints with SciPy's sequential quadratic programs.

A local optimiser: what it returns is as good as where it started. From bad starts it may return
points that break their constraints at an absurdly low cost, so the violation is computed again and
handed back; callers reject what is above their tolerance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, minimize

from milpcore.core.arrays import FloatArray

WithGradient = Callable[[FloatArray], tuple[float, FloatArray]]
WithJacobian = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False)
class LocalOptimum:
    """Where a local optimiser ended.

    Attributes
    ----------
    x : ndarray of float64
        The point.
    objective : float
        Objective there.
    violation : float
        Largest violation of constraints and bounds; ``inf`` where one is not a number.
    n_iterations : int
        Quadratic programs solved.
    has_converged : bool
        Whether the optimiser says so.
    """

    x: FloatArray
    objective: float
    violation: float
    n_iterations: int
    has_converged: bool


def minimise_smooth(
    objective: WithGradient,
    start: FloatArray,
    *,
    lower: FloatArray,
    upper: FloatArray,
    at_least_zero: WithJacobian,
    zero: WithJacobian,
    most_iterations: int = 200,
    tolerance: float = 1e-9,
    is_over: Callable[[], bool] | None = None,
) -> LocalOptimum:
    """Minimise from a start.

    Parameters
    ----------
    objective : callable
        Takes a point (n,), returns value and gradient (n,).
    start : ndarray of float64, shape (n,)
        Moved within its bounds first.
    lower, upper : ndarray of float64, shape (n,)
        Bounds.
    at_least_zero, zero : callable
        Take a point, return values (m,) and Jacobian (m, n) of constraints.
    most_iterations : int
        Quadratic programs at most.
    tolerance : float
        Change of the objective at which it has converged.
    is_over : callable, optional
        Asked before every evaluation; where it says True, the start is returned with an infinite
        violation.

    Returns
    -------
    LocalOptimum

    Examples
    --------
    The point of the line ``x + y = 2`` nearest to 0 with ``x >= 1.5``:

    >>> found = minimise_smooth(
    ...     lambda x: (float(x @ x), 2 * x),
    ...     np.array([3.0, 0.0]),
    ...     lower=np.full(2, -10.0),
    ...     upper=np.full(2, 10.0),
    ...     at_least_zero=lambda x: (x[:1] - 1.5, np.array([[1.0, 0.0]])),
    ...     zero=lambda x: (x.sum(keepdims=True) - 2.0, np.ones((1, 2))),
    ... )
    >>> found.x.round(6), found.violation < 1e-9
    (array([1.5, 0.5]), True)
    """
    first = np.clip(start, lower, upper)
    constraints = [
        {"type": kind, "fun": _Parts(function).value, "jac": _Parts(function).jacobian}
        for kind, function in (("ineq", at_least_zero), ("eq", zero))
    ]

    def watched(x: FloatArray) -> tuple[float, FloatArray]:
        if is_over is not None and is_over():
            raise _StoppedError
        return objective(x)

    call: Any = minimize  # typed without constraints as dicts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of line searches outside all bounds
        try:
            found = call(
                watched,
                first,
                jac=True,
                method="SLSQP",
                bounds=Bounds(lower, upper),
                constraints=constraints,
                options={"maxiter": most_iterations, "ftol": tolerance},
            )
        except _StoppedError:
            return LocalOptimum(first, np.inf, np.inf, 0, False)
    x = np.asarray(found.x, dtype=np.float64)
    if not np.all(np.isfinite(x)):
        return LocalOptimum(first, np.inf, np.inf, int(found.nit), False)
    with np.errstate(all="ignore"):
        slack = at_least_zero(x)[0]
        rest = np.concatenate([-slack, np.abs(zero(x)[0]), lower - x, x - upper, [0.0]])
    violation = float(rest.max()) if np.all(np.isfinite(rest)) else np.inf
    return LocalOptimum(x, float(found.fun), violation, int(found.nit), bool(found.success))


class _StoppedError(Exception):
    """The caller asked to stop."""


class _Parts:
    """Values and Jacobian of one function as two."""

    def __init__(self, function: WithJacobian) -> None:
        self._function = function

    def value(self, x: FloatArray) -> FloatArray:
        """Values."""
        return self._function(x)[0]

    def jacobian(self, x: FloatArray) -> FloatArray:
        """Jacobian."""
        return self._function(x)[1]
