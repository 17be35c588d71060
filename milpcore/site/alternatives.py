"""The best level sets one after another, and what near-optimal designs have in common.

`alternatives` lists the K best sets of at most N candidates, `retrofit_alternatives` the K best
ways to move existing levels. Both are exact, with a proof that none between is missing
(`milpcore.site.ranked_sets`); every design is operated by a linear program and checked from its
tables. With `within_percent`, ranges of every level and heat pump over all designs within that
share of the best objective (`milpcore.site.near_ranges`).

Level sets are ranked by the objective alone; of each, the operation of least TAC is shown.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.number_kinds import is_whole
from milpcore.site.alternatives_options import (
    AlternativeOptions,
    check_candidates,
    check_options,
)
from milpcore.site.alternatives_results import LEVEL_RANGES, SIZE_RANGES, Alternatives
from milpcore.site.candidates import Candidates
from milpcore.site.check import check
from milpcore.site.design_cost import objective_value
from milpcore.site.explain import conflict
from milpcore.site.front_search.families import Listed
from milpcore.site.front_search.measures import Weighted
from milpcore.site.front_search.sets_below import SetsBelow
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import Integers, SiteInputs, prepare
from milpcore.site.model import KW_PER_MW, Observer, Outcome, Progress, relative_gap
from milpcore.site.near_ranges import NearSets, level_ranges, size_ranges
from milpcore.site.operate import operate_levels
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.search import Search, SearchState, SearchStopped
from milpcore.site.path_search.solvers import default_solver
from milpcore.site.path_search.start import first_guess
from milpcore.site.ranked_sets import Ranking, SetPool, needed_moves, ranked_sets
from milpcore.site.results import SiteResult, make_result
from milpcore.site.retrofit import changes_of
from milpcore.site.retrofit_plan import SAME_K, RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site.retrofit_search import Found
from milpcore.site.scaling import in_own_size, resized, size_factor
from milpcore.site.tables import empty_table
from milpcore.streams import Streams

START_GAP = 1e-4
"""Gap of the search for the best level set, which only has to be a good start."""
SEARCH_NAME = "ranked_sets"

_Changed = tuple[dict[float, float], tuple[float, ...]]
"""Which existing level has gone where, and which are given up, °C."""


def alternatives(
    streams: Streams,
    *,
    n_levels: int,
    n_alternatives: int = 10,
    within_percent: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    candidates_C: Candidates | Sequence[float] | None = None,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> Alternatives:
    """Find the K best level sets, and ranges of levels and heat pumps in near-optimal designs.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels, from 1.
    n_alternatives : int
        Level sets wanted, from 1 to `MOST_WANTED`.
    within_percent : float, optional
        Ranges are over all designs that cost at most so much more than the best one, %.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels, see `milpcore.site.candidates`; not `Refined`, whose candidates are only
        known when it has ended.
    time_limit_s : float, optional
        Wall-clock seconds; ranks that are proven by then are marked so.
    observer : callable, optional
        Called now and then with `Progress`; returning True stops the search.

    Returns
    -------
    Alternatives
        Level sets in which every level saves something. Costs closer than 1e-9 are equal; then
        fewer levels come first, then lower temperatures.

    Raises
    ------
    InputError
        Listing what is wrong with the input.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> found = alternatives(milpcore.load_case("dairy_8"), n_levels=4, n_alternatives=3)
    >>> found.alternatives[["rank", "levels_C", "is_proven"]]
       rank                levels_C  is_proven
    0     1  10.5, 54.5, 83.5, 202.5       True
    1     2  10.5, 54.5, 77.5, 202.5       True
    2     3    10.5, 54.5, 90, 202.5       True
    """
    options = AlternativeOptions(n_alternatives, within_percent, time_limit_s, observer)
    faults = FaultList()
    if not (is_whole(n_levels) and n_levels >= 1):
        rule = "must be a whole number from 1"
        faults.add("", "n_levels", repr(n_levels), rule, "give the largest number of levels")
    check_options(options, faults)
    check_candidates(candidates_C, faults)
    faults.raise_if_any("alternatives")
    inputs = prepare(streams, economics=economics, candidates_C=candidates_C, objective=objective)
    search = AlternativeSearch(inputs, options, int(n_levels))
    if n_levels == 1 and conflict(inputs):
        return search.nothing()
    return search.told(search.greenfield(min(int(n_levels), inputs.n_candidates)))


def retrofit_alternatives(
    streams: Streams,
    *,
    existing_C: Sequence[float],
    move: int = 1,
    range_K: float = 10.0,
    movable_C: Sequence[float] | None = None,
    heat_pumps: bool = True,
    n_alternatives: int = 10,
    within_percent: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    candidates_C: Candidates | Sequence[float] | None = None,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> Alternatives:
    """Find the K best ways to move existing levels.

    Parameters
    ----------
    streams : Streams
        The stream table.
    existing_C : sequence of float
        Levels of today, °C.
    move : int
        Levels that may move at most, any of them.
    range_K, movable_C, heat_pumps
        As in `milpcore.site.retrofit`.
    n_alternatives, within_percent, economics, objective, candidates_C, time_limit_s, observer
        As in `alternatives`; candidates are where levels may go beside the existing ones.

    Returns
    -------
    Alternatives
        Level sets in which every move saves something; moving nothing is one of them. Costs closer
        than 1e-9 are equal; then fewer levels come first, then lower temperatures.

    Raises
    ------
    InputError
        Listing what is wrong with the input.

    Examples
    --------
    >>> import milpcore
    >>> dairy, existing_C = milpcore.load_case("dairy_8"), [5.0, 40.0, 85.0, 205.0]
    >>> found = retrofit_alternatives(
    ...     dairy, existing_C=existing_C, range_K=15.0, n_alternatives=3
    ... )
    >>> found.moved_C
    ({40.0: 54.5}, {40.0: 32.5}, {85.0: 83.5})
    """
    options = AlternativeOptions(n_alternatives, within_percent, time_limit_s, observer)
    faults = FaultList()
    check_options(options, faults)
    faults.raise_if_any("alternatives")
    asked = RetrofitOptions(existing_C, move, range_K, movable_C, heat_pumps, 0, 0, candidates_C)
    plan = plan_retrofit(streams, asked, economics=economics, objective=objective)
    search = AlternativeSearch(plan.inputs, options, plan.n_slots)
    family = slot_sets(plan)
    ranking = search.retrofit(family)
    return search.told(ranking, lambda levels: _changed(plan, family, levels))


def slot_sets(plan: RetrofitPlan) -> SlotSets:
    """Every choice of a place for each existing level, with at most `RetrofitPlan.move` moves."""
    candidates = []
    for position, own in enumerate(plan.existing):
        distance_K = np.abs(plan.inputs.level_C - plan.existing_C[position])
        near = np.flatnonzero(distance_K <= plan.range_K + SAME_K)
        may_move = position in plan.movable and plan.move > 0
        candidates.append(near if may_move else np.array([own]))
    return SlotSets(plan.existing, tuple(candidates), plan.move)


def _changed(plan: RetrofitPlan, family: SlotSets, levels: Integers) -> _Changed:
    """Which existing level has gone where, and which has met another one."""
    place = family.places(levels)
    found = Found(np.arange(place.size), place, 0.0, 0.0, 0)
    level_C = plan.inputs.level_C
    changes = changes_of(plan, found)
    moved = {float(plan.existing_C[old]): float(level_C[new]) for old, new in changes.moved.items()}
    return moved, tuple(plan.existing_C[changes.given_up].tolist())


def _nothing_changed(_: Integers) -> _Changed:
    """Of a greenfield, which has no levels of today."""
    return {}, ()


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
    """

    inputs: SiteInputs
    options: AlternativeOptions
    max_levels: int

    def __post_init__(self) -> None:
        self.start_s = time.perf_counter()
        self.factor = size_factor(self.inputs)
        self.sized = resized(self.inputs, self.factor)
        self.network: LevelNetwork = level_network(self.sized)
        self.unit = KW_PER_MW * self.inputs.cost_scale / self.factor
        share = self.options.within_percent
        share = None if share is None else share / 100.0
        self.pool = SetPool(self.network, int(self.options.n_alternatives), share)
        self.stopped = Status.NODE_LIMIT

    def pause(self, bound: float = -math.inf, n_nodes: int = 0) -> None:
        """Look at the clock and at the observer."""
        elapsed_s = time.perf_counter() - self.start_s
        limit_s, observer = self.options.time_limit_s, self.options.observer
        if limit_s is not None and elapsed_s >= limit_s:
            self.stopped = Status.TIME_LIMIT
            raise SearchStopped
        best = self.pool.order[0].cost if self.pool.order else math.inf
        told = (best * self.unit, max(0.0, bound * self.unit), n_nodes)
        if observer is not None and observer(Progress(elapsed_s, *told)):
            self.stopped = Status.INTERRUPTED
            raise SearchStopped

    def greenfield(self, n_levels: int) -> Ranking:
        """All sets of at most so many candidates."""
        network, solver = self.network, default_solver()
        start = first_guess(network, n_levels)

        def should_stop(state: SearchState) -> bool:
            try:
                self.pause(state.bound, state.n_nodes)
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
            deadline_s=math.inf,
            should_stop=should_stop,
        ).run()

        def below(cutoff: Callable[[], float], offer: Callable[[Integers], None]) -> Listed:
            search = SetsBelow(
                network,
                solver,
                n_levels=n_levels,
                price=state.price,
                least=self.pool.order[0].cost,
                cutoff=cutoff,
                offer=offer,
                pause=self.pause,
            )
            return Listed(*search.run())

        known = [state.levels[np.newaxis]]
        ranking = ranked_sets(self.pool, known, below, n_levels, self.pause)
        return ranking._replace(bound=max(ranking.bound, state.bound))

    def retrofit(self, family: SlotSets) -> Ranking:
        """All ways to move existing levels."""
        weighted = Weighted(self.network, 1.0)
        today = family.first()
        self.pool.counts = lambda sets, costs: needed_moves(self.pool, family, sets, costs)

        def below(cutoff: Callable[[], float], offer: Callable[[Integers], None]) -> Listed:
            return family.below(weighted, [today], cutoff, offer, self.pause)

        return ranked_sets(self.pool, [today[np.newaxis]], below, 0, self.pause)

    def told(
        self,
        ranking: Ranking,
        changed: Callable[[Integers], _Changed] = _nothing_changed,
    ) -> Alternatives:
        """Operate the level sets, check them, and find the ranges."""
        best = np.array(ranking.sets[0].levels)
        bound = min(ranking.bound, ranking.sets[0].cost) * self.unit
        operated = [self._operated(one.levels, bound) for one in ranking.sets]
        designs = [self._checked(outcome) for outcome in operated]
        proven = sum(one.cost < ranking.bound for one in ranking.sets)
        same = [one.levels for one in ranking.near if len(one.levels) == best.size]
        percent = self.options.within_percent
        ranges = empty_table(LEVEL_RANGES), empty_table(SIZE_RANGES)
        if percent is not None:
            near = NearSets(
                network=self.network,
                sets=np.array(same),
                budget=self.pool.above(ranking.sets[0].cost, percent / 100.0),
                max_levels=self.max_levels,
                within_percent=percent,
                is_proven=ranking.finished,
                kW=KW_PER_MW / self.factor,
            )
            ranges = (
                level_ranges(self.inputs, near),
                size_ranges(self.inputs, near, [one.design for one in operated if one.design]),
            )
        sets = [np.array(one.levels) for one in ranking.sets]
        changes = [changed(levels) for levels in sets]
        return Alternatives(
            max_levels=self.max_levels,
            n_wanted=int(self.options.n_alternatives),
            status=Status.OPTIMAL if ranking.finished else self.stopped,
            designs=tuple(designs),
            sets_C=tuple(tuple(self.inputs.level_C[levels].tolist()) for levels in sets),
            moved_C=tuple(moved for moved, _ in changes),
            given_up_C=tuple(given_up for _, given_up in changes),
            n_proven=proven,
            n_tied=ranking.n_tied,
            bound=ranking.bound * self.unit,
            within_percent=percent,
            n_near=len(ranking.near),
            n_other=len(ranking.near) - len(same),
            level_ranges=ranges[0],
            size_ranges=ranges[1],
            n_priced=ranking.n_priced,
            solve_s=time.perf_counter() - self.start_s,
            is_retrofit=changed is not _nothing_changed,
        )

    def nothing(self) -> Alternatives:
        """Where no level set serves every stream."""
        return Alternatives(
            max_levels=self.max_levels,
            n_wanted=int(self.options.n_alternatives),
            status=Status.INFEASIBLE,
            designs=(),
            sets_C=(),
            moved_C=(),
            given_up_C=(),
            n_proven=0,
            n_tied=0,
            bound=math.inf,
            within_percent=self.options.within_percent,
            n_near=0,
            n_other=0,
            level_ranges=empty_table(LEVEL_RANGES),
            size_ranges=empty_table(SIZE_RANGES),
            n_priced=0,
            solve_s=time.perf_counter() - self.start_s,
        )

    def _operated(self, levels: tuple[int, ...], bound: float) -> Outcome:
        """Operate a level set, on the site in a usual size."""
        design = operate_levels(self.sized, np.array(levels))
        assert design is not None  # its cost is finite
        objective = objective_value(self.sized, design)
        bound = max(0.0, min(bound * self.factor, objective))
        gap = relative_gap(objective, bound)
        outcome = Outcome(Status.OPTIMAL, design, objective, bound, gap, 0, 0.0)
        return in_own_size(outcome, self.factor)

    def _checked(self, outcome: Outcome) -> SiteResult:
        """Tables of one design, after the independent check."""
        inputs = self.inputs
        result = make_result(
            inputs, outcome, max_levels=self.max_levels, formulation_name=SEARCH_NAME
        )
        check(result, inputs.streams, inputs.economics, cascade=inputs.cascade)
        return result
