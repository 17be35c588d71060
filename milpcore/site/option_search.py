r"""`SetSearch`: the exact search for a site with options, set of levels by set of levels.

Idea. Options only add cost or take something away. So without them a level set costs no more than
with them, and `milpcore.site.sets_by_count` lists, with proof, every level set that costs less
than a cutoff without them. Each of these is screened (`milpcore.site.option_screen`) and
priced with its options by the small mixed-integer program of `milpcore.site.operate`; the best
price so far is the cutoff, which falls. When the list ends, no other set can be better.

What is left of the options in the relaxation makes the list short, without losing anything:

- A fixed cost ``F_k`` of a heat pump that delivers at most ``M_k``
  (`milpcore.site.limits.FlowLimits.pump_heat`, or its largest size) is at least ``F_k/M_k`` for
  each kW: the cost per kW is that much higher.
- Between the same levels a heat pump that is there, and a new one, become one at the lower price.
- What levels cost is taken off the cutoff, number by number, and arcs past a forced level are left
  out (`milpcore.site.sets_by_count`).

Exact if heat cascades freely (`milpcore.site.conditions.nearest_level_faults`), for all options but
limits of the whole site: there level sets that look cheap may all be impossible, so that there is
no cutoff to begin with.
How long the list is depends on how much the options cost on top: where it is long, `LevelPath` may
be faster.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.design_cost import measured_cost, objective_value
from milpcore.site.explain import conflict, too_few_levels
from milpcore.site.inputs import Integers, SiteInputs
from milpcore.site.milp_parts import (
    checked_level_count,
    nearest_level_refusal,
    refuse_where_wrong,
)
from milpcore.site.model import KW_PER_MW, Design, Observer, Outcome, Progress, relative_gap
from milpcore.site.operate import operate_levels, without_spare_levels
from milpcore.site.option_screen import relaxed_network, screen_refusal
from milpcore.site.path_search.incumbents import level_set_costs
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.search import Search, SearchState, SearchStopped
from milpcore.site.path_search.solvers import Until, default_solver
from milpcore.site.path_search.start import first_guess
from milpcore.site.ranked_sets import neighbours
from milpcore.site.sets_by_count import CountedSets

EQUAL = 1e-9
"""Costs closer than this share are equal; then TAC decides."""
START_GAP = 1e-3
"""Gap at which the first search, without options, ends."""
MOST_TRIED = 60
"""Neighbours of the best set that are priced before the search, in each round."""


@dataclass(frozen=True)
class SetSearch:
    """Exact search for the best levels of a site with options.

    Parameters
    ----------
    n_levels : int
        Largest number of levels, from 1.
    solver : LinearSolver, optional
        Solver of the small LPs, as in `PathSearch`.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> from milpcore.site_options import LevelOptions
    >>> options = milpcore.SiteOptions(levels=LevelOptions(investment_EUR=1e5))
    >>> inputs = site.prepare(milpcore.load_case("dairy_8"), options=options)
    >>> SetSearch(n_levels=3).solve(inputs).status.value
    'optimal'
    """

    name: ClassVar[str] = "set_search"
    n_levels: int
    solver: LinearSolver | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why the search would be wrong for the input, and what to use; None if exact."""
        refusal = nearest_level_refusal(inputs, None)
        if refusal is None and inputs.terms is not None and inputs.terms.limits_site:
            return (
                "would not end where limits of external heat or emissions leave no level set; "
                "use level_path"
            )
        return refusal or screen_refusal(inputs)

    def solve(
        self,
        inputs: SiteInputs,
        *,
        mip_rel_gap: float = 1e-4,
        time_limit_s: float | None = None,
        observer: Observer | None = None,
    ) -> Outcome:
        """Solve one configuration.

        Parameters
        ----------
        inputs : SiteInputs
            The site.
        mip_rel_gap : float
            Relative gap at which the search ends; 0 for a proof to 1e-9.
        time_limit_s : float, optional
            Wall-clock seconds; the incumbent is returned with its gap.
        observer : Observer, optional
            Called now and then; returning True stops the search.

        Returns
        -------
        Outcome

        Raises
        ------
        InputError
            If the search would be wrong for the input.
        """
        refuse_where_wrong(self, inputs)
        n_levels = min(self.n_levels, inputs.n_candidates)
        clash = too_few_levels(inputs, n_levels)
        run = _Run(
            inputs, n_levels, self.solver or default_solver(), mip_rel_gap, time_limit_s, observer
        )
        return run.infeasible(clash) if clash else run.outcome()


class _Run:
    """One search, in units of the network."""

    def __init__(
        self,
        inputs: SiteInputs,
        n_levels: int,
        solver: LinearSolver,
        mip_rel_gap: float,
        time_limit_s: float | None,
        observer: Observer | None,
    ) -> None:
        self.start_s = time.perf_counter()
        self.inputs, self.n_levels = inputs, n_levels
        self.deadline_s = self.start_s + (math.inf if time_limit_s is None else time_limit_s)
        self.solver = Until(solver, self.deadline_s)
        self.gap, self.observer = mip_rel_gap, observer
        self.network, self.screen = relaxed_network(inputs, n_levels)
        self.unit = KW_PER_MW * inputs.cost_scale
        self.forced = inputs.is_forced
        self.level_cost = inputs.objective_fixed_costs.level / self.unit
        self.tac_decides = inputs.objective is not Measure.TAC
        duties_MW = self.network.hot_below_MW[-1] + self.network.cold_below_MW[-1]
        self.tiny = 1e-13 * float(duties_MW * self.network.external_heat_cost.max())
        self.cost = self.tac = math.inf
        self.design: Design | None = None
        self.levels: Integers = np.empty(0, dtype=np.int64)
        self.bound, self.n_priced = 0.0, 0
        self.stopped: Status | None = None
        self._known: set[tuple[int, ...]] = set()

    def outcome(self) -> Outcome:
        """Search, and tell what was found."""
        finished = self._search()
        if self.design is None:
            if finished:
                return self.infeasible("no choice of levels can be operated")
            return self._without(self.stopped or Status.ERROR, "no design found yet")
        design = without_spare_levels(self.inputs, self.design)
        objective = objective_value(self.inputs, design)
        bound = min(objective, max(0.0, self.bound * self.unit))
        gap = relative_gap(objective, bound)
        is_proven = finished or gap <= self.gap
        return Outcome(
            status=Status.OPTIMAL if is_proven else self.stopped or Status.ERROR,
            design=design,
            objective=objective,
            bound=bound,
            gap=gap,
            n_nodes=self.n_priced,
            solve_s=time.perf_counter() - self.start_s,
            tac_proven=finished,
        )

    def infeasible(self, reason: str) -> Outcome:
        """Tell that there is no design."""
        return self._without(Status.INFEASIBLE, reason)

    def _without(self, status: Status, reason: str) -> Outcome:
        bound = math.inf if status is Status.INFEASIBLE else self.bound * self.unit
        solve_s = time.perf_counter() - self.start_s
        return Outcome(status, None, math.nan, bound, math.inf, self.n_priced, solve_s, reason)

    def _search(self) -> bool:
        """Go through all numbers of levels; whether nothing is left."""
        try:
            self.pause()
            state = self._without_options()
            self._local_search(state.levels)
            listed = CountedSets(
                self.network, self.solver, state, self.n_levels, self.level_cost, self.forced
            )
            bound, finished = listed.below(self.cutoff, self.offer, self.pause)
        except SearchStopped:
            return False
        self.bound = max(self.bound, bound)
        return finished

    def pause(self) -> None:
        """Look at the clock and at the observer."""
        now_s = time.perf_counter()
        if now_s >= self.deadline_s:
            self.stopped = Status.TIME_LIMIT
            raise SearchStopped
        told = Progress(
            now_s - self.start_s, self.cost * self.unit, self.bound * self.unit, self.n_priced
        )
        if self.observer is not None and self.observer(told):
            self.stopped = Status.INTERRUPTED
            raise SearchStopped

    def cutoff(self) -> float:
        """Cost from which on a level set is of no interest."""
        if not math.isfinite(self.cost):
            return math.inf
        share = max(self.gap, EQUAL)
        if self.tac_decides and self.gap <= EQUAL:
            share = -EQUAL  # those of equal cost, too
        return self.cost - share * abs(self.cost)

    def offer(self, sets: Integers) -> None:
        """Price level sets, one a row and padded with -1."""
        for row in sets:
            levels = row[row >= 0]
            key = tuple(levels.tolist())
            if key in self._known or self.forced[levels].sum() != self.forced.sum():
                continue
            self._known.add(key)
            self.pause()
            base = float(self.level_cost[levels].sum())
            if base + self.screen.bound(levels) < self.cutoff():
                self._price(levels)

    def _price(self, levels: Integers) -> None:
        """Operate a level set with its options, and keep the best."""
        self.n_priced += 1
        design = operate_levels(self.inputs, levels)
        if design is None:
            return
        cost = objective_value(self.inputs, design) / self.unit
        margin = EQUAL * abs(self.cost) + self.tiny if math.isfinite(self.cost) else 0.0
        if cost > self.cost + margin * self.tac_decides:
            return
        tac = measured_cost(self.inputs, Measure.TAC, design) if self.tac_decides else cost
        if cost < self.cost - margin or tac < self.tac:
            self.cost, self.tac = min(cost, self.cost), tac
            self.design, self.levels = design, levels

    def _without_options(self) -> SearchState:
        """Find the best set without options, whose cost is a first bound."""
        start = first_guess(self.network, self.n_levels)

        def should_stop(_: SearchState) -> bool:
            try:
                self.pause()
            except SearchStopped:
                return True
            return False

        state = Search(
            self.network,
            self.solver,
            n_levels=self.n_levels,
            levels=start.levels,
            price=start.price,
            mip_rel_gap=START_GAP,
            deadline_s=self.deadline_s,
            should_stop=should_stop,
        ).run()
        fewest = 2 if conflict(self.inputs) else 1
        self.bound = max(0.0, state.bound) + float(np.sort(self.level_cost)[:fewest].sum())
        return state

    def _local_search(self, levels: Integers) -> None:
        """Price good sets, so that the cutoff is low from the start."""
        forced = np.flatnonzero(self.forced)
        ends = np.array([levels[0], levels[-1]])
        for first in (np.union1d(levels, forced), np.union1d(ends, forced), levels):
            if first.size <= self.n_levels:
                self.offer(first[np.newaxis])
        best = math.inf
        while self.cost < best and self.levels.size:
            best = self.cost
            sets = neighbours(self.levels, self.inputs.n_candidates, self.n_levels)
            sets = sets[self.forced[sets].sum(axis=1, where=sets >= 0) == forced.size]
            costs = level_set_costs(self.network, sets)
            costs += np.where(sets >= 0, self.level_cost[sets], 0.0).sum(axis=1)
            for row in np.argsort(costs)[:MOST_TRIED]:
                if costs[row] >= self.cutoff():
                    break
                self.offer(sets[row : row + 1])
