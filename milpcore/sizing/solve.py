r"""The solution of model B: a start, limits of all sizes, then a search box by box.

1. A start without search (`milpcore.sizing.start`), in capacities that are wide enough for most
   uses; wider ones where there is none.
2. No design that costs less has a size above what linear programs say
   (`milpcore.sizing.size_limits`): first one without big-M values, then the model's own, which is
   built again within these limits.
3. The plateaus of the unit that makes most of the heat, if it hardly stops, bound all designs and
   bring one that is hardly above the bound (`milpcore.sizing.hull_bound`); mostly that is the end.
4. The sizes are split into boxes as far as that tightens relaxations, and a start is looked for in
   each (`milpcore.sizing.size_boxes`).
5. Each box that may hold something better is solved by HiGHS; the least of all their bounds and the
   cost of the best design bounds every design.
6. Where a solution charges and discharges a store at once, these steps get a direction and the
   search begins again; meanwhile a linear program with the way on balance brings a valid design.
7. Every design found is solved once more as a linear program with its states fixed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from milpcore.core import Problem, Solution, SolveProgress, Status
from milpcore.faults import FaultList
from milpcore.sizing.caps import Caps, caps
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.hull_bound import NEAR_NODES, hull_bound, unit_to_hold, with_plateaus
from milpcore.sizing.inputs import Floats, SizingInputs
from milpcore.sizing.model import SizingModel, StoreStep, WhereNeeded, build
from milpcore.sizing.progress import Clock, SizingObserver, SizingProgress, at_least, share_of
from milpcore.sizing.read import at_once, design_of, one_way
from milpcore.sizing.size_boxes import Box, box_problem, leaves
from milpcore.sizing.size_limits import (
    below,
    energy_relaxation,
    largest_sizes,
    tightened,
    wide_capacities,
)
from milpcore.sizing.solver import solve_milp, solve_relaxed
from milpcore.sizing.start import first_solution, polished, states_of, with_states
from milpcore.sizing.why_infeasible import why_infeasible

_log = logging.getLogger(__name__)
WIDTHS = (1.0, 30.0, 1000.0)
"""Multiples of that limit in which a first design is looked for."""
SHARE_OF_GAP = 0.5
"""Part of the gap asked for that the search is given; the rest is for tolerances and directions."""
LIMITS_SHARE = 0.3
"""Share of the time left after the first design that limits of the sizes may take."""
WHY_s = 2.0
"""Time that naming the cause is given in any case where no design exists."""
HELD_SHARE = 0.5
"""Share of the time left that the plateaus of a unit may take; the rest is for the boxes."""


@dataclass(frozen=True, eq=False)
class SizingOutcome:
    """What the search brought.

    Attributes
    ----------
    status : Status
        How it ended.
    design : SizingDesign or None
        The best one found.
    objective_EUR_per_a, bound_EUR_per_a : float
        TAC of the design as the model says it, and lower bound of all designs.
    n_nodes : int
        Nodes of all searches.
    message : str
        Explanation for people.
    """

    status: Status
    design: SizingDesign | None
    objective_EUR_per_a: float
    bound_EUR_per_a: float
    n_nodes: int
    message: str = ""


def search(
    inputs: SizingInputs,
    model: SizingModel,
    *,
    mip_rel_gap: float,
    time_limit_s: float | None = None,
    observer: SizingObserver | None = None,
) -> SizingOutcome:
    """Solve model B.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    model : SizingModel
        Its formulation.
    mip_rel_gap : float
        Gap at which the search ends.
    time_limit_s : float, optional
        After which the best design is returned with its gap.
    observer : callable, optional
        Called with `SizingProgress` between solves, and by the solver if highspy is installed;
        once it returns True the best design is returned with its gap and the status INTERRUPTED.

    Returns
    -------
    SizingOutcome

    Raises
    ------
    InputError
        If the cost has no lower bound because a store without limit burns heat at a profit.
    """
    run = _Run(inputs, model, mip_rel_gap, Clock(time_limit_s, observer))
    return run.outcome()


class _Run:
    """One search; costs in multiples of ``inputs.cost_scale_EUR_per_a``."""

    def __init__(
        self,
        inputs: SizingInputs,
        model: SizingModel,
        mip_rel_gap: float,
        clock: Clock,
    ) -> None:
        self.inputs, self.model, self.gap = inputs, model, mip_rel_gap
        self.clock, self.phase = clock, "first design"
        self.best: Solution | None = None
        self.seen: Solution | None = None  # the solver's last incumbent
        self.bound = self.elsewhere = -math.inf  # of all designs; of those not being searched
        self.n_nodes = 0

    def outcome(self) -> SizingOutcome:
        """Search, and say what came of it."""
        inputs, model = self.inputs, self.model
        energy = energy_relaxation(inputs)
        least = solve_relaxed(energy, self.clock.seconds_left)
        if least.status is Status.INFEASIBLE:
            return self._infeasible()
        if least.status is Status.UNBOUNDED:
            _refuse_unbounded(inputs)
        self.bound = least.bound
        if self.clock.stops(self._progress):
            return self._nothing(Status.INTERRUPTED, "stopped before a design was looked for")
        for factor in WIDTHS:
            ended = self._begin(factor * wide_capacities(inputs))
            if self.best is not None or self._is_over():
                break
        if self.best is None and ended is Status.INFEASIBLE:
            return self._infeasible()
        if self.best is None:
            return self._nothing(self._ended(Status.TIME_LIMIT), "no design was found in time")
        _log.info("start: %.6g EUR/a", self.best.objective * inputs.cost_scale_EUR_per_a)
        self.phase = "limits of the sizes"
        if self.clock.stops(self._progress):
            return self._found(Status.INTERRUPTED)
        cost, left = self.best.objective, self.clock.seconds_left
        largest = largest_sizes(energy, cost, seconds_left=left)["capacity"]
        if self._is_over():
            return self._found(self._ended_now())
        if not np.all(np.isfinite(largest)):
            _refuse_unbounded(inputs)
        some = share_of(LIMITS_SHARE, left)
        capacity_kWh = largest * inputs.heat_scale_kW
        limits = tightened(inputs, model, capacity_kWh, cost, seconds_left=some)
        self._hold(limits)
        if self._is_closed() or self._is_over():
            return self._found(self._ended_now())
        self.phase = "boxes of sizes"
        boxes = leaves(
            inputs,
            model,
            limits,
            cutoff=self._cutoff,
            offer=self._try_start,
            is_over=self._is_over,
            seconds_left=left,
        )
        _log.info("%d boxes of sizes", len(boxes))
        return self._found(self._search_boxes(boxes, limits))

    def _found(self, status: Status) -> SizingOutcome:
        """Hand over the best design."""
        assert self.best is not None
        scale = self.inputs.cost_scale_EUR_per_a
        return SizingOutcome(
            status=status,
            design=design_of(self.inputs, self.best),
            objective_EUR_per_a=self.best.objective * scale,
            bound_EUR_per_a=self.bound * scale,
            n_nodes=self.n_nodes,
        )

    def _begin(self, capacity_kWh: Floats) -> Status:
        """Look for a first design with capacities up to some limit; INFEASIBLE if none exists."""
        inputs, model = self.inputs, self.model
        limits = caps(inputs, capacity_kWh, window_limits=model.window_limits)
        problem = build(inputs, model, limits)
        left = self.clock.seconds_left
        self._take(problem, first_solution(inputs, problem, limits, seconds_left=left))
        if self.best is not None:
            return Status.OPTIMAL
        return self._search(lambda model: build(inputs, model, limits), from_best=True)[1]

    def _hold(self, limits: Caps) -> None:
        """Bound all designs by the plateaus of the unit that makes most of the heat."""
        assert self.best is not None
        unit = unit_to_hold(self.inputs, self.best)
        if unit is None or self._is_over():
            return
        problem = build(self.inputs, self.model, limits)
        self._prove(solve_relaxed(problem, self.clock.seconds_left).bound)
        if self._is_closed() or self._is_over():
            return
        self.phase = f"plateaus of {self.inputs.parameters.heat_units[unit].name}"
        limit_s = HELD_SHARE * self.clock.left_s
        hull = hull_bound(self.inputs, limits, unit, time_limit_s=limit_s)
        self._prove(hull.bound)
        _log.info("%s: bound %.6g EUR/a", self.phase, hull.bound * self.inputs.cost_scale_EUR_per_a)
        if hull.border is None or self._is_over():
            return
        found = solve_milp(
            with_plateaus(problem, unit, hull.border),
            None,
            mip_rel_gap=SHARE_OF_GAP * self.gap,
            time_limit_s=self.clock.left_s,
            node_limit=NEAR_NODES,
        )
        if found.has_incumbent:
            self._take(problem, self._polished(problem, found))

    def _prove(self, bound: float) -> None:
        """Take a lower bound of the designs that cost less than the best one."""
        assert self.best is not None
        self.bound = max(self.bound, min(bound, self.best.objective))

    def _is_closed(self) -> bool:
        """Whether the best design is proven to the gap."""
        assert self.best is not None
        cost = self.best.objective
        return cost - self.bound <= self.gap * abs(cost)

    def _search_boxes(self, boxes: list[Box], limits: Caps) -> Status:
        """Search every box that is not closed; the least of their bounds is that of all."""
        assert self.best is not None
        bound, status = math.inf, Status.OPTIMAL
        for place, box in enumerate(boxes):
            found = box.bound
            self.phase = f"box {place + 1} of {len(boxes)}"
            self.elsewhere = min([bound, *(other.bound for other in boxes[place + 1 :])])
            self.bound = max(self.bound, min(self.elsewhere, found, self._cutoff()))
            if found < self._cutoff():

                def problem_of(model: SizingModel, box: Box = box) -> Problem:
                    return box_problem(self.inputs, model, limits, box)[0]

                proven, ended = self._search(problem_of, from_best=len(boxes) == 1)
                found = max(found, proven)
                status = status if ended is Status.INFEASIBLE or ended is Status.OPTIMAL else ended
            bound = min(bound, found)
        cost = self.best.objective
        self.bound = min(max(bound, self.bound), cost)
        return Status.OPTIMAL if self._is_closed() else self._ended(status)

    def _search(
        self, problem_of: Callable[[SizingModel], Problem], *, from_best: bool
    ) -> tuple[float, Status]:
        """Search until no store charges and discharges at once, or the time is up.

        One that begins with the best design also brings its bound where it is not finished; one
        among many is only asked for what costs less.
        """
        bound = -math.inf
        while True:
            if self._is_over():
                return bound, Status.TIME_LIMIT
            problem = problem_of(self.model)
            start, cutoff = self._in(problem) if from_best else None, self._cutoff()
            found = solve_milp(
                problem if from_best or self.best is None else below(problem, cutoff),
                start,
                mip_rel_gap=SHARE_OF_GAP * self.gap,
                time_limit_s=self.clock.left_s,
                observer=partial(self._hear, problem) if self.clock.is_watched else None,
            )
            self.n_nodes += found.n_nodes
            if found.status is Status.INFEASIBLE:
                return (math.inf if from_best else cutoff), found.status
            bound = max(bound, found.bound if from_best else min(found.bound, cutoff))
            if not found.has_incumbent:
                return bound, found.status
            both = self._take(problem, self._polished(problem, found))
            if not both or bound >= self._cutoff() or found.status is not Status.OPTIMAL:
                return bound, found.status
            chosen = self.model.exclusivity.steps(self.inputs)
            _log.info("%d steps charge and discharge at once", len(both))
            self.model = replace(self.model, exclusivity=WhereNeeded((*chosen, *both)))

    def _try_start(self, problem: Problem, limits: Caps, relaxed: Solution) -> None:
        """Look for a better start in a box."""
        if relaxed.objective < self._cutoff():
            left = self.clock.seconds_left
            start = first_solution(self.inputs, problem, limits, relaxed, seconds_left=left)
            self._take(problem, start)

    def _polished(self, problem: Problem, found: Solution) -> Solution | None:
        """Make a solution exact."""
        return polished(self.inputs, problem, found, seconds_left=self.clock.seconds_left)

    def _cutoff(self) -> float:
        """Return the cost below which a design is worth finding."""
        if self.best is None:
            return math.inf
        return self.best.objective - SHARE_OF_GAP * self.gap * abs(self.best.objective)

    def _take(self, problem: Problem, exact: Solution | None) -> tuple[StoreStep, ...]:
        """Keep a solution with fixed states if it is valid and the best; where it is not valid."""
        if exact is None:
            return ()
        both, left = at_once(design_of(self.inputs, exact)), self.clock.seconds_left
        valid = one_way(self.inputs, problem, exact, seconds_left=left) if both else exact
        if valid is not None and (self.best is None or valid.objective < self.best.objective):
            self.best = valid
        return both

    def _is_over(self) -> bool:
        """Whether the time is up or the observer wants the search to stop."""
        return self.clock.stops(self._progress) or self.clock.left_s <= 0.0

    def _hear(self, problem: Problem, progress: SolveProgress) -> bool:
        """Take a better incumbent of the solver, and pass its bound on; whether it is to stop."""
        found = progress.incumbent
        if found is not None and found is not self.seen and found.has_incumbent:
            self.seen = found
            if self.best is None or found.objective < self.best.objective:
                self._take(problem, self._polished(problem, found))
        return self.clock.stops(lambda: self._progress(progress.bound))

    def _progress(self, proven: float = -math.inf) -> SizingProgress:
        """Put together what is known, with what the solver has proven of what it searches."""
        self.bound = max(self.bound, min(self.elsewhere, proven, self._cutoff()))
        scale, best = self.inputs.cost_scale_EUR_per_a, self.best
        cost = math.nan if best is None else best.objective
        return SizingProgress(
            elapsed_s=self.clock.elapsed_s,
            best_EUR_per_a=cost * scale,
            bound_EUR_per_a=(cost if cost < self.bound else self.bound) * scale,
            phase=self.phase,
            design=None if best is None else design_of(self.inputs, best),
        )

    def _ended(self, status: Status) -> Status:
        """How a search ended that is not finished."""
        return Status.INTERRUPTED if self.clock.is_stopped else status

    def _ended_now(self) -> Status:
        """How a search ended that is closed, or over by its time or its observer."""
        return Status.OPTIMAL if self._is_closed() else self._ended(Status.TIME_LIMIT)

    def _in(self, problem: Problem) -> Solution | None:
        """Return the best solution in a problem's own columns."""
        if self.best is None:
            return None
        states = states_of(self.best)
        return with_states(self.inputs, problem, *states, seconds_left=self.clock.seconds_left)

    def _infeasible(self) -> SizingOutcome:
        """Say that there is no design, and why."""
        left = at_least(WHY_s, self.clock.seconds_left)
        return self._nothing(Status.INFEASIBLE, why_infeasible(self.inputs, seconds_left=left))

    def _nothing(self, status: Status, message: str) -> SizingOutcome:
        scale = self.inputs.cost_scale_EUR_per_a
        bound = math.inf if status is Status.INFEASIBLE else self.bound * scale
        return SizingOutcome(status, None, math.nan, bound, self.n_nodes, message)


def _refuse_unbounded(inputs: SizingInputs) -> None:
    """Refuse stores in which so much heat may be burnt at a profit that no cost is the least."""
    faults = FaultList()
    for store, largest in zip(inputs.parameters.stores, inputs.stores.largest_kWh, strict=True):
        if math.isinf(largest):
            rule = "no limit, and prices are so low that heat is bought to be lost in the store"
            faults.add(store.name, "largest_kWh", "inf", rule, "give largest_kWh")
    faults.raise_if_any("size_plant")
