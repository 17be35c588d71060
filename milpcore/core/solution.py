"""What a solve returns: a status, the bounds on the optimum, and a point if there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from milpcore.core.arrays import FloatArray


class Status(Enum):
    """Why a solve ended.

    Examples
    --------
    >>> Status("time_limit")
    <Status.TIME_LIMIT: 'time_limit'>
    """

    OPTIMAL = "optimal"
    """Proven to within the gap asked for."""
    TIME_LIMIT = "time_limit"
    """The time was over; there may be an incumbent."""
    NODE_LIMIT = "node_limit"
    """The nodes were used up; there may be an incumbent."""
    INTERRUPTED = "interrupted"
    """Stopped by the user."""
    INFEASIBLE = "infeasible"
    """Proven to have no feasible point."""
    UNBOUNDED = "unbounded"
    """The objective falls without end."""
    ERROR = "error"
    """None of these; the message says what the solver reported."""


def relative_gap(objective: float, bound: float) -> float:
    """Return the gap between an objective and its bound, relative to the objective.

    Parameters
    ----------
    objective, bound : float
        In the same unit.

    Returns
    -------
    float
        ``|objective - bound| / max(|objective|, 1e-12)``; 0 if equal, ``inf`` for an infinite
        bound, ``nan`` if one of them is.

    Examples
    --------
    >>> relative_gap(100.0, 99.0), relative_gap(0.0, 0.0)
    (0.01, 0.0)
    """
    if objective == bound:
        return 0.0
    return abs(objective - bound) / max(abs(objective), 1e-12)


@dataclass(frozen=True, eq=False)
class Solution:
    """Outcome of a solve.

    Attributes
    ----------
    status : Status
        Why it ended.
    objective : float
        Objective of `x`, its constant included; ``nan`` without a point.
    bound : float
        Proven lower bound on the optimum, its constant included: ``-inf`` where nothing is known,
        ``inf`` for an infeasible problem.
    gap : float
        `relative_gap` of the two; ``nan`` without a point.
    n_nodes : int
        Nodes of the branch-and-bound search; 0 for linear programs.
    solve_s : float
        Wall-clock seconds of the solver.
    x : ndarray of float64, shape (n,), or None
        Values of the columns.
    values : mapping of str to ndarray of float64
        The same by column block, in the shape of the block; empty without a point.
    max_violation : float
        `Problem.violation` of `x`; ``nan`` without a point.
    message : str
        The outcome in words, with what the solver reported.
    row_duals : mapping of str to ndarray of float64
        Linear programs solved by `solve_lp`: change of the optimum per unit that the row's
        binding bound rises, by row block. Empty otherwise.
    column_duals : mapping of str to ndarray of float64
        Likewise the reduced costs: change of the optimum per unit that the column's binding bound
        rises, by column block. Empty otherwise.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    n_nodes: int
    solve_s: float
    x: FloatArray | None
    values: Mapping[str, FloatArray]
    max_violation: float
    message: str
    row_duals: Mapping[str, FloatArray] = field(default_factory=dict)
    column_duals: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def has_incumbent(self) -> bool:
        """Whether there is a point: optimal, or the best at a limit."""
        return self.x is not None

    @classmethod
    def without_point(
        cls,
        status: Status,
        message: str,
        *,
        bound: float = -math.inf,
        n_nodes: int = 0,
        solve_s: float = 0.0,
    ) -> Solution:
        """Return an outcome without a point.

        Parameters
        ----------
        status : Status
            Why it ended.
        message : str
            The outcome in words.
        bound : float
            Proven lower bound on the optimum.
        n_nodes : int
            Nodes of the search.
        solve_s : float
            Seconds it took.

        Returns
        -------
        Solution
            With ``x = None``.

        Examples
        --------
        >>> solution = Solution.without_point(Status.INTERRUPTED, "stopped by the user")
        >>> solution.has_incumbent, solution.objective
        (False, nan)
        """
        return cls(
            status=status,
            objective=math.nan,
            bound=bound,
            gap=math.nan,
            n_nodes=n_nodes,
            solve_s=solve_s,
            x=None,
            values={},
            max_violation=math.nan,
            message=message,
        )
