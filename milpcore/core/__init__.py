"""Assemble, solve and save sparse mixed-integer linear programs.

`Assembly` collects blocks of columns and rows as integer arrays and stacks them once into a
`Problem`; `solve` and `solve_lp` return a `Solution` with a `Status`; `solve_in_child` and
`run_in_child` do so in a process that Ctrl-C can end.
"""

from milpcore.core.assembly import Assembly
from milpcore.core.child import (
    ChildInterrupted,
    ChildTimeoutError,
    run_in_child,
    solve_in_child,
)
from milpcore.core.child_side import Channel, ChildError
from milpcore.core.lp_bound import LpBound, dual_bound, lp_bound
from milpcore.core.problem import Problem
from milpcore.core.solution import Solution, Status, relative_gap
from milpcore.core.solve import solve, solve_lp
from milpcore.core.solve_from import SolveObserver, SolveProgress, solve_from

__all__ = [
    "Assembly",
    "Channel",
    "ChildError",
    "ChildInterrupted",
    "ChildTimeoutError",
    "LpBound",
    "Problem",
    "Solution",
    "SolveObserver",
    "SolveProgress",
    "Status",
    "dual_bound",
    "lp_bound",
    "relative_gap",
    "run_in_child",
    "solve",
    "solve_from",
    "solve_in_child",
    "solve_lp",
]
