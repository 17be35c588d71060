"""The search behind `milpcore.site.alternatives`, and what is told of the level sets it finds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.alternatives_options import AlternativeOptions
from milpcore.site.alternatives_results import LEVEL_RANGES, SIZE_RANGES, Alternatives
from milpcore.site.check import check
from milpcore.site.connected_levels import operate_connected
from milpcore.site.design_cost import objective_value
from milpcore.site.front_search.families import Listed
from milpcore.site.front_search.measures import Weighted
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import Integers, SiteInputs
from milpcore.site.model import KW_PER_MW, Design, Outcome, Progress, relative_gap
from milpcore.site.near_ranges import (
    Extremes,
    NearSets,
    NetworkExtremes,
    Operated,
    level_ranges,
    size_ranges,
)
from milpcore.site.option_extremes import OptionExtremes
from milpcore.site.option_refusals import network_option_faults
from milpcore.site.path_search.network import level_network
from milpcore.site.path_search.search import Search, SearchState, SearchStopped
from milpcore.site.path_search.solvers import Until, default_solver
from milpcore.site.path_search.start import first_guess
from milpcore.site.ranked_sets import Ranking, SetPool, ranked_sets
from milpcore.site.results import SiteResult, make_result
from milpcore.site.retrofit import changed_C
from milpcore.site.retrofit_changes import changes_of, moved_investment_EUR, with_changes_paid
from milpcore.site.retrofit_check import NOTHING_CHANGED, Changed, check_retrofit
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site.retrofit_search import Found
from milpcore.site.scaling import design_in_own_size, resized, size_factor
from milpcore.site.set_costs import NetworkCosts, OptionCosts, SetCosts
from milpcore.site.sets_by_count import CountedSets
from milpcore.site.tables import empty_table

START_GAP = 1e-4
"""Gap of the search for the best level set, which only has to be a good start."""
SEARCH_NAME = "ranked_sets"
SERVED = "serves every stream"
KEPT = f"{SERVED} and keeps what options ask for"


class Moves(NamedTuple):
    """A retrofit: the study, and the level sets that its moves make."""

    plan: RetrofitPlan
    family: SlotSets

    def changed(self, levels: Integers) -> tuple[SiteInputs, Changed]:
        """Site on which levels that move are paid, and which existing level has gone where."""
        plan, place = self.plan, self.family.places(levels)
        changes = changes_of(plan, Found(np.arange(place.size), place, 0.0, 0.0, 0))
        return with_changes_paid(plan, changes), changed_C(plan, changes)

    @property
    def moved_EUR_per_a(self) -> float:
        """What a level that moves costs, in the objective."""
        inputs = self.plan.inputs
        if inputs.objective is not Measure.TAC:
            return 0.0
        return inputs.economics.annuity_per_a * moved_investment_EUR(inputs.options.levels)


@dataclass
class AlternativeSearch:
    """One search, on the site in a usual size.

    Attributes
    ----------
    inputs : SiteInputs
        The site, as it is.
    options : AlternativeOptions
    max_levels : int
        As shown in tables.
    moves : Moves or None
        Of a retrofit.
    """

    inputs: SiteInputs
    options: AlternativeOptions
    max_levels: int
    moves: Moves | None = None

    def __post_init__(self) -> None:
        self.start_s = time.perf_counter()
        self.factor = size_factor(self.inputs)
        self.sized = resized(self.inputs, self.factor)
        self.unit = KW_PER_MW * self.inputs.cost_scale / self.factor
        self.costs = self._costs()
        share = self.options.within_percent
        share = None if share is None else share / 100.0
        self.pool = SetPool(self.costs, int(self.options.n_alternatives), share)
        self.stopped = Status.NODE_LIMIT
        self.bound, self.n_nodes = -math.inf, 0

    def _costs(self) -> SetCosts:
        """Price sets on the network where it says everything; else with options."""
        sized, moves = self.sized, self.moves
        family = None if moves is None else moves.family
        moved_EUR_per_a = 0.0 if moves is None else moves.moved_EUR_per_a
        if not (network_option_faults(sized) or sized.chooses_connections or moved_EUR_per_a):
            return NetworkCosts(level_network(sized), family)
        n_levels = min(self.max_levels, sized.n_candidates)
        moved_EUR_per_a *= self.factor
        return OptionCosts(sized, n_levels, self.pause, family, moved_EUR_per_a)

    def pause(self) -> None:
        """Look at the clock and at the observer."""
        elapsed_s = time.perf_counter() - self.start_s
        limit_s, observer = self.options.time_limit_s, self.options.observer
        if limit_s is not None and elapsed_s >= limit_s:
            self.stopped = Status.TIME_LIMIT
            raise SearchStopped
        best = self.pool.order[0].cost if self.pool.order else math.inf
        told = (best * self.unit, max(0.0, self.bound * self.unit), self.n_nodes)
        if observer is not None and observer(Progress(elapsed_s, *told)):
            self.stopped = Status.INTERRUPTED
            raise SearchStopped

    def greenfield(self, n_levels: int) -> Ranking:
        """All sets of at most so many candidates."""
        limit_s = self.options.time_limit_s
        deadline_s = math.inf if limit_s is None else self.start_s + limit_s
        network, solver = self.costs.network, Until(default_solver(), deadline_s)
        start = first_guess(network, n_levels)

        def should_stop(state: SearchState) -> bool:
            self.bound, self.n_nodes = state.bound, state.n_nodes
            try:
                self.pause()
            except SearchStopped:
                return True
            return False

        state = Search(
            network,
            solver,
            n_levels=n_levels,
            levels=start.levels,
            price=start.price,
            mip_rel_gap=START_GAP,
            deadline_s=deadline_s,
            should_stop=should_stop,
        ).run()
        is_forced = self.sized.is_forced
        level_cost = self.sized.objective_fixed_costs.level / (self.unit * self.factor)
        listed = CountedSets(network, solver, state, n_levels, level_cost, is_forced)

        def below(cutoff: Callable[[], float], offer: Callable[[Integers], None]) -> Listed:
            return listed.below(cutoff, offer, self.pause)

        known = _starts(state.levels, np.flatnonzero(is_forced), n_levels)
        ranking = ranked_sets(self.pool, known, below, n_levels, self.pause)
        return ranking._replace(bound=max(ranking.bound, state.bound))

    def retrofit(self) -> Ranking:
        """All ways to move existing levels; with options, those that are best without first."""
        assert self.moves is not None
        family = self.moves.family
        weighted, today = Weighted(self.costs.network, 1.0), family.first()

        def below(cutoff: Callable[[], float], offer: Callable[[Integers], None]) -> Listed:
            return family.below(weighted, [today], cutoff, offer, self.pause)

        known = [today[np.newaxis]]
        if isinstance(self.costs, OptionCosts):
            relaxed = SetPool(NetworkCosts(self.costs.network, family), self.pool.n_best, None)
            promising = ranked_sets(relaxed, known, below, 0, self.pause).sets
            known += [np.array([one.levels]) for one in promising]
        return ranked_sets(self.pool, known, below, 0, self.pause)

    def told(self, ranking: Ranking) -> Alternatives:
        """Operate the level sets, check them, and find the ranges."""
        if not ranking.sets:
            return self.nothing(Status.INFEASIBLE if ranking.finished else self.stopped)
        best = ranking.sets[0]
        bound = min(ranking.bound, best.cost) * self.unit
        sets = [np.array(one.levels) for one in ranking.sets]
        operated = [Operated(levels, self._operated(levels)) for levels in sets]
        changes = [self._changed(levels) for levels in sets]
        designs = [
            self._checked(one.design, bound, *changed)
            for one, changed in zip(operated, changes, strict=True)
        ]
        same = [one.levels for one in ranking.near if len(one.levels) == len(best.levels)]
        ranges = empty_table(LEVEL_RANGES), empty_table(SIZE_RANGES)
        percent = self.options.within_percent
        if percent is not None:
            near = NearSets(np.array(same), self.max_levels, percent, ranking.finished)
            budget = self.pool.above(best.cost, percent / 100.0)
            sizes = self._size_ranges(near, operated, budget)
            ranges = level_ranges(self.inputs, near), sizes
        return Alternatives(
            max_levels=self.max_levels,
            n_wanted=int(self.options.n_alternatives),
            status=Status.OPTIMAL if ranking.finished else self.stopped,
            designs=tuple(designs),
            sets_C=tuple(tuple(self.inputs.level_C[levels].tolist()) for levels in sets),
            moved_C=tuple(changed.moved_C for _, changed in changes),
            given_up_C=tuple(changed.given_up_C for _, changed in changes),
            n_proven=sum(one.cost < ranking.bound for one in ranking.sets),
            n_tied=ranking.n_tied,
            bound=ranking.bound * self.unit,
            within_percent=percent,
            n_near=len(ranking.near),
            n_other=len(ranking.near) - len(same),
            level_ranges=ranges[0],
            size_ranges=ranges[1],
            n_priced=ranking.n_priced,
            solve_s=time.perf_counter() - self.start_s,
            is_retrofit=self.moves is not None,
        )

    def nothing(self, status: Status = Status.INFEASIBLE) -> Alternatives:
        """Where no level set serves every stream, keeps what options ask for, or was found."""
        return Alternatives(
            max_levels=self.max_levels,
            n_wanted=int(self.options.n_alternatives),
            status=status,
            designs=(),
            sets_C=(),
            moved_C=(),
            given_up_C=(),
            n_proven=0,
            n_tied=0,
            bound=math.inf if status is Status.INFEASIBLE else 0.0,
            within_percent=self.options.within_percent,
            n_near=0,
            n_other=0,
            level_ranges=empty_table(LEVEL_RANGES),
            size_ranges=empty_table(SIZE_RANGES),
            n_priced=self.costs.n_priced,
            solve_s=time.perf_counter() - self.start_s,
            is_retrofit=self.moves is not None,
            lacking=SERVED if self.inputs.terms is None else KEPT,
        )

    def _operated(self, levels: Integers) -> Design:
        """Operate a level set; of the site as it is."""
        design = operate_connected(self.sized, levels)
        assert design is not None  # its cost is finite
        return design_in_own_size(design, self.factor)

    def _changed(self, levels: Integers) -> tuple[SiteInputs, Changed]:
        return (self.inputs, NOTHING_CHANGED) if self.moves is None else self.moves.changed(levels)

    def _checked(
        self, design: Design, bound: float, inputs: SiteInputs, changed: Changed
    ) -> SiteResult:
        """Tables of one design, after the independent check."""
        objective = objective_value(inputs, design)
        bound = max(0.0, min(bound, objective))
        gap = relative_gap(objective, bound)
        outcome = Outcome(Status.OPTIMAL, design, objective, bound, gap, 0, 0.0)
        most = self.max_levels
        result = make_result(inputs, outcome, max_levels=most, formulation_name=SEARCH_NAME)
        asked = result, inputs.streams, inputs.economics
        if self.moves is None:
            check(*asked, cascade=inputs.cascade, options=inputs.options)
        else:
            check_retrofit(*asked, self.moves.plan.existing_C, changed)
        return result

    def _size_ranges(self, near: NearSets, operated: list[Operated], budget: float) -> pd.DataFrame:
        """Ranges of heat pumps and totals; `budget` in units of the network."""
        kW = KW_PER_MW / self.factor
        extremes: Extremes
        if isinstance(self.costs, OptionCosts):
            left = [budget - self.costs.own(levels) for levels in near.sets]
            budgets = np.array(left) * self.unit * self.factor
            screen, pause = self.costs.screen, self.pause
            extremes = OptionExtremes(self.sized, near.sets, budgets, screen, kW, pause)
        else:
            extremes = NetworkExtremes(self.costs.network, near.sets, budget, kW)
        return size_ranges(self.inputs, near, operated, extremes)


def _starts(levels: Integers, forced: Integers, n_levels: int) -> list[Integers]:
    """Level sets to begin with, rows of their own: the best one, made to hold what is forced."""
    ends = levels[[0, -1]]
    sets = (np.union1d(levels, forced), np.union1d(ends, forced)) if forced.size else (levels,)
    return [one[np.newaxis] for one in sets if one.size <= n_levels]
