r"""Parts of the search space by sizes: boxes, their relaxations, and how to split them.

In a box with sizes from :math:`\underline N` to :math:`\hat N` the big-M values are those of
:math:`\hat N`, and a unit that runs delivers at least :math:`\varphi \underline N`. So it cannot
run where no run of its least time on (cut at both ends of the horizon) fits below its caps:

.. math::

   u(t) = 0 \quad\text{if}\quad \max_{R \ni t}\, \min_{s \in R} \hat q(s)
   < \varphi \underline N. \tag{1}

Both make the relaxations of two halves much tighter than that of the whole where the waste heat is
scarce: a heat pump that is large enough to pay cannot run through the gaps, and one that is small
enough to do so does not pay. Where splitting brings little, a box stays whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from milpcore.core import Problem, Solution, Status
from milpcore.sizing.caps import Caps
from milpcore.sizing.inputs import Booleans, Floats, SizingInputs
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.progress import SecondsLeft, no_limit
from milpcore.sizing.solver import solve_relaxed
from preprocess.plateaus import plateau_limit

SLACK = 1e-7
"""Share by which a minimum load must exceed a cap to count as above it."""
NARROW = 1.0 / 16.0
"""Share of the first range of a size below which it is not split."""
LEAST_GAIN = 0.05
"""Share of what is missing to the cutoff that a split must gain."""
MOST_BOXES = 64


@dataclass(frozen=True, eq=False)
class Box:
    """Limits of the sizes of all units.

    Attributes
    ----------
    low_kW, high_kW : ndarray (U,)
    bound : float
        Least cost of its relaxation.
    """

    low_kW: Floats
    high_kW: Floats
    bound: float

    def halves(self, unit: int) -> tuple[Box, Box]:
        """Split at the middle of a unit's range."""
        high, low = self.high_kW.copy(), self.low_kW.copy()
        high[unit] = low[unit] = 0.5 * (self.low_kW[unit] + self.high_kW[unit])
        return replace(self, high_kW=high), replace(self, low_kW=low)


def box_problem(
    inputs: SizingInputs, model: SizingModel, limits: Caps, box: Box
) -> tuple[Problem, Caps]:
    """Build the problem of a box.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    model : SizingModel
        Its formulation.
    limits : Caps
        Of all designs.
    box : Box
        Limits of sizes within these.

    Returns
    -------
    problem : Problem
    limits : Caps
        That it was built with.
    """
    inner = replace(limits.within(box.high_kW), least_size_kW=box.low_kW)
    stopped = cannot_run(inputs, inner, box.low_kW)
    inner = replace(inner, load_kW=np.where(stopped, 0.0, inner.load_kW))
    problem = build(inputs, model, inner)
    upper = problem.column_upper.copy()
    is_on = problem.column_blocks["is_on"]
    upper[is_on[stopped]] = problem.column_lower[is_on[stopped]]
    return replace(problem, column_upper=upper), inner


def cannot_run(inputs: SizingInputs, limits: Caps, low_kW: Floats) -> Booleans:
    """Find the steps (U, T) in which units of at least some size cannot run, by (1).

    Parameters
    ----------
    inputs : SizingInputs
    limits : Caps
    low_kW : ndarray (U,)
        Least sizes.

    Returns
    -------
    ndarray of bool (U, T)
    """
    units = inputs.units
    stopped = np.zeros(limits.load_kW.shape, dtype=bool)
    for unit in np.flatnonzero(units.minimum_load * low_kW > 0.0):
        least_kW = units.minimum_load[unit] * low_kW[unit] * (1.0 - SLACK)
        run = max(int(units.min_up[unit]), 1)
        stopped[unit] = plateau_limit(limits.load_kW[unit], run) < least_kW
    return stopped


def leaves(
    inputs: SizingInputs,
    model: SizingModel,
    limits: Caps,
    *,
    cutoff: Callable[[], float],
    offer: Callable[[Problem, Caps, Solution], object],
    is_over: Callable[[], bool],
    seconds_left: SecondsLeft = no_limit,
) -> list[Box]:
    """Split the sizes into boxes, as far as that tightens relaxations.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    model : SizingModel
        Its formulation.
    limits : Caps
        Of all designs.
    cutoff : callable
        Returns the cost that boxes must stay below to be looked at.
    offer : callable
        Called with the problem, limits and relaxed solution of each box.
    is_over : callable
        Returns whether no further box is to be split.
    seconds_left : callable
        For all relaxations together; a box whose own is not solved keeps the bound it has.

    Returns
    -------
    list of Box
        All of them, closed ones included, by rising bound.
    """
    units = inputs.units
    low = np.minimum(limits.least_size_kW, limits.size_kW)
    relaxed = partial(_relaxed, inputs, model, limits, offer=offer, seconds_left=seconds_left)
    root = relaxed(Box(low, limits.size_kW, -np.inf))
    range_kW = np.maximum(root.high_kW - root.low_kW, 1e-300)
    waiting, done, n_boxes = [(root.bound, 0, root)], [], 1
    while waiting:
        bound, _, box = heapq.heappop(waiting)
        if bound >= cutoff() or n_boxes >= MOST_BOXES or is_over():
            done.append(box)
            continue
        width = (box.high_kW - box.low_kW) / range_kW
        wide = np.flatnonzero((units.minimum_load > 0.0) & (width > NARROW) & (range_kW > 1e-9))
        best: tuple[Box, Box] | None = None
        least = bound + LEAST_GAIN * (cutoff() - bound)
        for unit in wide:
            first, second = (relaxed(half) for half in box.halves(int(unit)))
            if min(first.bound, second.bound) >= least:
                best, least = (first, second), min(first.bound, second.bound)
        if best is None:
            done.append(box)
            continue
        for half in best:
            n_boxes += 1
            heapq.heappush(waiting, (half.bound, n_boxes, half))
    return sorted(done, key=lambda box: box.bound)


def _relaxed(
    inputs: SizingInputs,
    model: SizingModel,
    limits: Caps,
    box: Box,
    *,
    offer: Callable[[Problem, Caps, Solution], object],
    seconds_left: SecondsLeft,
) -> Box:
    """Return a box with the bound of its relaxation, infinite where that has no solution."""
    problem, inner = box_problem(inputs, model, limits, box)
    relaxed = solve_relaxed(problem, seconds_left)
    if relaxed.status is Status.INFEASIBLE:
        return replace(box, bound=np.inf)
    if relaxed.status is not Status.OPTIMAL:
        return box
    offer(problem, inner, relaxed)
    return replace(box, bound=max(box.bound, relaxed.objective))
