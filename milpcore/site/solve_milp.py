"""Solve a mixed-integer formulation of model A: build, solve, read, operate; then TAC second.

What the solver finds is only a choice of levels and connections; the flows and the objective of
the outcome come from `milpcore.site.operate`, and its gap from that objective and the solver's
bound.
"""

from __future__ import annotations

import logging
import math
import time

import numpy as np

from milpcore.core import Solution, Status, solve
from milpcore.site.design_cost import objective_value
from milpcore.site.explain import too_few_levels
from milpcore.site.inputs import SiteInputs
from milpcore.site.lexicographic import least_tac
from milpcore.site.milp_parts import refuse_where_wrong
from milpcore.site.model import (
    KW_PER_MW,
    Design,
    MilpFormulation,
    Observer,
    Outcome,
    Progress,
    relative_gap,
)
from milpcore.site.operate import operate, without_spare_levels

_log = logging.getLogger(__name__)
LIMITS = (Status.TIME_LIMIT, Status.NODE_LIMIT)
NONE_YET = "no design found yet; this one has the lowest and the highest candidate only"


def solve_formulation(
    formulation: MilpFormulation,
    inputs: SiteInputs,
    *,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> Outcome:
    """Solve one configuration with one mixed-integer program.

    Parameters
    ----------
    formulation : MilpFormulation
        The formulation, with its largest number of levels.
    inputs : SiteInputs
        The site.
    mip_rel_gap : float
        Relative gap at which the search ends; 0 for a proof to the solver's tolerances.
    time_limit_s : float, optional
        Wall-clock seconds for everything; the incumbent is returned with its gap.
    observer : Observer, optional
        Called before and after the search, which itself cannot be observed.

    Returns
    -------
    Outcome
        In units of `SiteInputs.objective_costs`, EUR/a or t/a. Without a design the objective is
        nan and the gap infinite.

    Raises
    ------
    InputError
        If the formulation would be wrong for the input; the message names what to use.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> from milpcore.site.level_path import LevelPath
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> outcome = solve_formulation(LevelPath(n_levels=2), inputs, mip_rel_gap=0.0)
    >>> outcome.objective >= outcome.bound >= 0.0
    True
    """
    start_s = time.perf_counter()
    refuse_where_wrong(formulation, inputs)
    if observer is not None and observer(Progress(0.0, math.inf, 0.0, 0)):
        return _without_design(Status.INTERRUPTED, "stopped before the search", 0.0, 0, start_s)
    clash = too_few_levels(inputs, formulation.n_levels)
    if clash:
        return _without_design(Status.INFEASIBLE, clash, math.inf, 0, start_s)
    problem = formulation.build(inputs)
    left_s = None
    if time_limit_s is not None:
        left_s = max(0.0, time_limit_s - (time.perf_counter() - start_s))
    _log.debug(
        "%s: %d columns, %d rows, %d nonzeros",
        formulation.name,
        problem.n_columns,
        problem.n_rows,
        problem.n_nonzeros,
    )
    solution = solve(problem, mip_rel_gap=mip_rel_gap, time_limit_s=left_s)
    told = (solution.status.value, solution.gap, solution.n_nodes, solution.solve_s)
    _log.debug("%s: %s, gap %.3g, %d nodes, %.3f s", formulation.name, *told)
    outcome = _outcome(formulation, inputs, solution, start_s)
    if time_limit_s is not None:
        left_s = max(0.0, time_limit_s - outcome.solve_s)
    outcome = least_tac(formulation, inputs, outcome, mip_rel_gap=mip_rel_gap, time_limit_s=left_s)
    if observer is not None:
        observer(Progress(outcome.solve_s, outcome.objective, outcome.bound, outcome.n_nodes))
    return outcome


def _outcome(
    formulation: MilpFormulation, inputs: SiteInputs, solution: Solution, start_s: float
) -> Outcome:
    """Turn the solver's point into a design, and its bound into the objective's unit."""
    bound = solution.bound * KW_PER_MW * inputs.cost_scale
    if math.isnan(bound) or bound < 0.0:
        bound = 0.0  # no cost is negative
    design, message = None, solution.message
    if solution.has_incumbent:
        design = operate(inputs, *formulation.read(inputs, solution))
    elif solution.status in LIMITS and formulation.n_levels > 1:
        design, message = lowest_and_highest(inputs, formulation.n_levels), NONE_YET
        if design is None:
            return _without_design(
                solution.status, solution.message, bound, solution.n_nodes, start_s
            )
    if design is None:
        status = Status.ERROR if solution.has_incumbent else solution.status
        return _without_design(status, solution.message, bound, solution.n_nodes, start_s)
    design = without_spare_levels(inputs, design)
    objective = objective_value(inputs, design)
    bound = min(bound, objective)
    return Outcome(
        status=solution.status,
        design=design,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        n_nodes=solution.n_nodes,
        solve_s=time.perf_counter() - start_s,
        message=message,
    )


def lowest_and_highest(inputs: SiteInputs, n_levels: int = 2) -> Design | None:
    """Cool all hot streams at the lowest and heat all cold ones at the highest candidate.

    A design that always exists with two levels, for a search that ended before it found one; None
    where options force others and the number of levels does not allow for all, or forbid one of
    these connections.
    """
    highest = inputs.n_candidates - 1
    level = np.where(inputs.stream_is_hot, 0, highest)
    is_open = np.isin(np.arange(inputs.n_candidates), [0, highest])
    is_open |= inputs.is_forced
    if is_open.sum() > n_levels:
        return None
    connections = None if inputs.terms is None else inputs.terms.connections
    if connections is not None and not connections.allows(level).all():
        return None
    return operate(inputs, is_open, level)


def _without_design(
    status: Status, message: str, bound: float, n_nodes: int, start_s: float
) -> Outcome:
    return Outcome(
        status=status,
        design=None,
        objective=math.nan,
        bound=bound,
        gap=math.inf,
        n_nodes=n_nodes,
        solve_s=time.perf_counter() - start_s,
        message=message,
    )
