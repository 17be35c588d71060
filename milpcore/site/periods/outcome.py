"""What solving a site with periods brings, whoever solved it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from milpcore.core import Status
from milpcore.site.inputs import Integers
from milpcore.site.model import relative_gap
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.network import PeriodNetwork
from milpcore.site.periods.operate import (
    PeriodDesign,
    design_cost,
    operate_periods,
    without_spare_levels,
)


@dataclass(frozen=True, eq=False)
class PeriodOutcome:
    """Outcome of one configuration; costs in EUR/a, emissions in t/a.

    Attributes
    ----------
    status : Status
        How it ended.
    design : PeriodDesign or None
        The best design found.
    objective, bound : float
        What is minimised, of `design`, and lower bound of every design; TAC for least CAPEX.
    gap : float
        ``(objective - bound)/|objective|``.
    root_bound : float
        Bound before branching, nan if not known.
    n_nodes, n_programs : int
        Nodes of the search tree, linear programs of its relaxations.
    solve_s : float
        Wall time.
    message : str
        Explanation for people.
    """

    status: Status
    design: PeriodDesign | None
    objective: float
    bound: float
    gap: float
    root_bound: float
    n_nodes: int
    n_programs: int
    solve_s: float
    message: str = ""


def outcome_of_levels(
    inputs: PeriodInputs,
    network: PeriodNetwork,
    levels: Integers | None,
    *,
    status: Status,
    bound: float,
    start_s: float,
    root_bound: float = math.nan,
    n_nodes: int = 0,
    n_programs: int = 0,
    message: str = "",
) -> PeriodOutcome:
    """Operate the levels that were found, if any, less those of no use for any objective."""
    design = None if levels is None else operate_periods(inputs, network, levels)
    if design is not None and inputs.tac_decides:
        design = without_spare_levels(inputs, network, design)
    return outcome_of_design(
        inputs,
        design,
        status=status,
        bound=bound,
        start_s=start_s,
        root_bound=root_bound,
        n_nodes=n_nodes,
        n_programs=n_programs,
        message=message,
    )


def outcome_of_design(
    inputs: PeriodInputs,
    design: PeriodDesign | None,
    *,
    status: Status,
    bound: float,
    start_s: float,
    root_bound: float = math.nan,
    n_nodes: int = 0,
    n_programs: int = 0,
    message: str = "",
) -> PeriodOutcome:
    """Tell of a design, if there is one; its cost is the objective.

    Only rounding is taken off the bound: one that is really above the objective stays, for the
    check to refuse.
    """
    objective = math.nan if design is None else design_cost(inputs, design, inputs.measure)
    lower = max(0.0, bound)  # nothing costs less than nothing, whether or not a bound is known
    if objective < lower <= objective * (1.0 + 1e-7) + 1e-6:
        lower = objective
    return PeriodOutcome(
        status=status,
        design=design,
        objective=objective,
        bound=lower,
        gap=relative_gap(objective, lower),
        root_bound=root_bound,
        n_nodes=n_nodes,
        n_programs=n_programs,
        solve_s=time.perf_counter() - start_s,
        message=message,
    )
