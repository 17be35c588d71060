r"""What sizes a design can have that costs no more than a given one: linear bounds.

For every size and capacity the linear relaxation is maximised (or minimised) under

.. math:: \text{cost} \le z. \tag{1}

No design that costs at most ``z`` lies outside. Smaller upper limits make smaller big-M values
(`milpcore.sizing.caps`), which tighten the relaxation again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from milpcore.core import Problem, Status
from milpcore.sizing.caps import Caps, caps
from milpcore.sizing.inputs import Floats, SizingInputs
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.no_commitment import NoCommitment, without_caps
from milpcore.sizing.progress import SecondsLeft, no_limit
from milpcore.sizing.solver import solve_relaxed

ROUNDS = 3
WORTHWHILE = 0.95
"""Another round is worth its time if a limit fell below this share."""
SLACK = 1e-6
"""Share by which limits are kept above what the linear program says, for its tolerances."""
SWINGS = 2.0
"""First limit of capacities: so many times what the largest demand needs as rate, with a day."""
DAY_h = 24.0


def aimed(problem: Problem, column: int, sign: float, most_cost: float) -> Problem:
    """Return the problem of the least (sign 1) or most (-1) of a column, with row (1).

    Parameters
    ----------
    problem : Problem
        Any.
    column : int
        Position of the column.
    sign : float
        1 to minimise it, -1 to maximise it.
    most_cost : float
        Limit of the problem's objective.

    Returns
    -------
    Problem
    """
    cost = np.zeros(problem.n_columns)
    cost[column] = sign
    return replace(below(problem, most_cost), cost=cost, objective_constant=0.0)


def below(problem: Problem, most_cost: float) -> Problem:
    """Return a problem with row (1).

    Parameters
    ----------
    problem : Problem
        Any.
    most_cost : float
        Limit of its objective.

    Returns
    -------
    Problem
    """
    upper = most_cost - problem.objective_constant
    return problem.with_rows("most_cost", problem.cost, upper=upper)


def largest_sizes(
    problem: Problem,
    most_cost: float,
    *,
    blocks: Sequence[str] = ("size", "capacity"),
    seconds_left: SecondsLeft = no_limit,
) -> dict[str, Floats]:
    """Upper limits of columns of sizes in designs of at most some cost.

    Parameters
    ----------
    problem : Problem
        From `milpcore.sizing.model.build`.
    most_cost : float
        In the problem's unit.
    blocks : sequence of str
        ``size``, ``capacity``, ``chiller``.
    seconds_left : callable
        For all linear programs together.

    Returns
    -------
    dict of str to ndarray
        By block; the present upper bounds where the linear program is not solved.
    """
    relaxed = problem.relaxed()
    limits = {}
    for block in blocks:
        columns = problem.column_blocks[block]
        limit = problem.column_upper[columns].copy()
        for place, column in enumerate(columns):
            if problem.column_lower[column] < limit[place]:
                aim = aimed(relaxed, int(column), -1.0, most_cost)
                solution = solve_relaxed(aim, seconds_left)
                if solution.status is Status.OPTIMAL:
                    limit[place] = min(limit[place], -solution.bound * (1.0 + SLACK) + SLACK)
        limits[block] = limit
    return limits


def tightened(
    inputs: SizingInputs,
    model: SizingModel,
    capacity_kWh: Floats,
    most_cost: float,
    *,
    seconds_left: SecondsLeft = no_limit,
) -> Caps:
    """Tighten caps for designs of at most some cost, as long as that helps.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    model : SizingModel
        Its formulation.
    capacity_kWh : ndarray (K,)
        Limits of the capacities in these designs, to begin with.
    most_cost : float
        In multiples of ``inputs.cost_scale_EUR_per_a``.
    seconds_left : callable
        For all linear programs together; limits that they do not reach stay as they are.

    Returns
    -------
    Caps
    """
    limits = caps(inputs, capacity_kWh, window_limits=model.window_limits)
    for _ in range(ROUNDS):
        if seconds_left() <= 0.0:
            break
        problem = build(inputs, model, limits)
        largest = largest_sizes(problem, most_cost, seconds_left=seconds_left)
        capacity = largest["capacity"] * inputs.heat_scale_kW
        size = largest["size"] * inputs.heat_scale_kW
        fell = np.any(capacity < WORTHWHILE * limits.capacity_kWh) or np.any(
            size < WORTHWHILE * limits.size_kW
        )
        limits = caps(inputs, capacity, window_limits=model.window_limits).within(size)
        if not fell:
            break
    return limits


def energy_relaxation(inputs: SizingInputs) -> Problem:
    """Return the relaxation without commitment, big-M values and limits but those given."""
    return build(inputs, SizingModel(NoCommitment()), without_caps(inputs)).relaxed()


def wide_capacities(inputs: SizingInputs) -> Floats:
    """First limits of the capacities (K,), kWh: more than most uses of a store need.

    Examples
    --------
    >>> from milpcore import sizing
    >>> inputs = sizing.prepare(*sizing.load_case("base_48h"))
    >>> wide_capacities(inputs) > 10 * inputs.demand_kW.max()
    array([ True])
    """
    stores = inputs.stores
    peak = float(inputs.demand_kW.max())
    day = DAY_h * float(inputs.demand_kW.mean())
    most = SWINGS * peak / np.maximum(stores.rate_per_h, 1e-6) + day
    return np.maximum(np.minimum(most, stores.largest_kWh), stores.smallest_kWh)
