"""The bound of one unit's plateaus (`milpcore.sizing.plateau_hull`), and a design near to it.

The linear program is large, but where one unit makes most of the heat and hardly stops it leaves
hardly any gap. What it says of the plateaus is nearly a path already; the nearest one, with the
states of all units left to choose, is a small problem that brings a good design.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from milpcore.core import Problem, Solution, lp_bound
from milpcore.sizing.caps import Caps
from milpcore.sizing.inputs import Booleans, Floats, SizingInputs
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.no_commitment import NoCommitment
from milpcore.sizing.plateau_hull import can_be_held, useful_plateaus
from milpcore.sizing.plateau_path import Plateaus

NEAR_NODES = 300
"""Node limit of the search for a design near to the relaxation."""
RUNNING_SHARE = 0.95
"""Share of the steps in which a unit must run for its plateaus to say much."""


@dataclass(frozen=True, eq=False)
class HullBound:
    """What the linear program says.

    Attributes
    ----------
    bound : float
        Proven least value of the objective over the designs within the limits.
    border : ndarray of bool (T,) or None
        Where the held unit's plateaus begin on the path nearest to the solution.
    """

    bound: float
    border: Booleans | None


@dataclass(frozen=True, eq=False)
class HeldPlateaus:
    """The linear program of a unit's plateaus.

    Attributes
    ----------
    unit : int
        The one that is held.
    problem : Problem
        Least cost of the designs within some limits.
    plateaus : Plateaus
        That the unit may have.
    n_steps : int
    """

    unit: int
    problem: Problem
    plateaus: Plateaus
    n_steps: int

    def bound(self, problem: Problem, *, time_limit_s: float | None = None) -> HullBound:
        """Bound the linear program, or another one of its columns.

        Parameters
        ----------
        problem : Problem
            Its own, or that with another objective or further rows.
        time_limit_s : float, optional

        Returns
        -------
        HullBound
        """
        found = lp_bound(problem, time_limit_s=time_limit_s)
        if found.x is None:
            return HullBound(found.bound, None)
        used = found.x[problem.column_blocks[f"hull_plateau_{self.unit}"]]
        return HullBound(found.bound, nearest_path(self.plateaus, used, self.n_steps))


def leading_unit(heat: Floats) -> int:
    """Return the unit that makes most of the heat (U, T), in any unit of heat.

    Examples
    --------
    >>> leading_unit(np.array([[1.0, 0.0], [2.0, 3.0]]))
    1
    """
    return int(np.argmax(heat.sum(axis=1)))


def unit_to_hold(inputs: SizingInputs, solution: Solution) -> int | None:
    """Return the unit that makes most of the heat if it may be held and hardly ever stops.

    Parameters
    ----------
    inputs : SizingInputs
    solution : Solution
        A design.

    Returns
    -------
    int or None
    """
    unit = leading_unit(np.asarray(solution.values["heat"]))
    runs = np.mean(solution.values["is_on"][unit] > 0.5) >= RUNNING_SHARE
    return unit if runs and can_be_held(inputs, unit) else None


def held_plateaus(inputs: SizingInputs, limits: Caps, unit: int) -> HeldPlateaus:
    """Build the linear program of a unit's plateaus.

    Parameters
    ----------
    inputs : SizingInputs
    limits : Caps
        With finite capacities.
    unit : int
        The one that is held.

    Returns
    -------
    HeldPlateaus
    """
    model = SizingModel(NoCommitment(), held_units=(unit,))
    problem = build(inputs, model, limits).relaxed()
    return HeldPlateaus(unit, problem, useful_plateaus(inputs, limits, unit), inputs.n_steps)


def hull_bound(
    inputs: SizingInputs, limits: Caps, unit: int, *, time_limit_s: float | None = None
) -> HullBound:
    """Bound the cost of all designs within limits.

    Parameters
    ----------
    inputs : SizingInputs
    limits : Caps
        With finite capacities.
    unit : int
        The one that is held.
    time_limit_s : float, optional
        For the linear program.

    Returns
    -------
    HullBound
    """
    held = held_plateaus(inputs, limits, unit)
    return held.bound(held.problem, time_limit_s=time_limit_s)


def nearest_path(arcs: Plateaus, used: Floats, n_steps: int) -> Booleans | None:
    """Return the path over the horizon with the largest sum of use times length.

    Parameters
    ----------
    arcs : Plateaus
    used : ndarray (A,)
        How much each is used.
    n_steps : int

    Returns
    -------
    ndarray of bool (T,) or None
        Where a plateau begins that does not go on from before; None if there is no path.

    Examples
    --------
    >>> first, end, is_past = np.array([0, 0, 2, 3]), np.array([2, 3, 5, 5]), np.zeros(4, int)
    >>> nearest_path(Plateaus(first, end, is_past), np.array([0.9, 0.1, 0.9, 0.1]), 5)
    array([ True, False,  True, False, False])
    """
    best = np.full(n_steps + 1, -np.inf)
    best[0] = 0.0
    origin = np.full(n_steps + 1, -1)
    for arc in np.argsort(arcs.first, kind="stable"):
        first, end = arcs.first[arc], arcs.end[arc]
        value = best[first] + used[arc] * (end - first)
        if value > best[end]:
            best[end], origin[end] = value, arc
    if origin[n_steps] < 0:
        return None
    border, at = np.zeros(n_steps, dtype=bool), n_steps
    while at > 0:
        arc = origin[at]
        at = int(arcs.first[arc])
        border[at] = arcs.is_past[arc] == 0
    return border


def with_plateaus(problem: Problem, unit: int, border: Booleans) -> Problem:
    """Let a unit change its load, start and stop only where plateaus begin.

    Parameters
    ----------
    problem : Problem
        From `milpcore.sizing.model.build`.
    unit : int
    border : ndarray of bool (T,)
        Where its plateaus begin.

    Returns
    -------
    Problem
        The states of the other units are free, and whether the unit runs.
    """
    upper = problem.column_upper.copy()
    closed = problem.column_blocks["change"][unit][~border]
    upper[closed] = problem.column_lower[closed]
    return replace(problem, column_upper=upper)
