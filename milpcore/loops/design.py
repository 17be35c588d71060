"""Design of a network of utility loops: start, search, check and bound in one call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from milpcore.loops.bound_start import largest_flows
from milpcore.loops.case import LoopCase
from milpcore.loops.design_result import (
    DesignProgress,
    Found,
    LoopResult,
    design_result,
    evaluated,
    minimised,
)
from milpcore.loops.inputs import LoopInputs, prepare
from milpcore.loops.lower_bound import BoundEnd, lower_bound
from milpcore.loops.network import LoopNetwork
from milpcore.loops.network_design import UnitDesign
from milpcore.loops.network_headers import lay_out
from milpcore.loops.network_moves import start_of_plans
from milpcore.loops.network_search import SearchLimits, search
from milpcore.loops.options import checked_options
from milpcore.loops.starts import starting_plans

START_SHARE, START_SHARE_OF_MANY = 0.2, 0.4
"""Share of the time limit for solutions of the transport model, with one and many routes."""
START_AND_SEARCH_SHARE = 0.7
ROUNDS_TO_BUILD = 30
"""Rounds of the search for a start that cannot be built as it is."""
STALLED_ROUNDS, STALLED_ROUNDS_PER_UNIT = 60, 5
"""Rounds of the search without a better network, and more per exchanger, after which it ends."""
MOST_LOOPS_SEARCHED = 4
"""Loops that networks are searched with, unless limits name more; the bound is for all allowed."""
LEAST_TIME_S = 0.01


Observer = Callable[[DesignProgress], bool | None]


def design(
    case: LoopCase,
    *,
    n_loops: int = 1,
    mip_rel_gap: float = 0.01,
    time_limit_s: float = 120.0,
    costs_utility_exchangers: bool = False,
    seed: int = 1,
    observer: Observer | None = None,
) -> LoopResult:
    """Design a network of utility loops and bound its cost.

    The same input gives the same result as long as the time limit cuts nothing short: the search
    ends after rounds that are counted. What the limit cuts may depend on the machine.

    Parameters
    ----------
    case : LoopCase
    n_loops : int
        Largest number of loops, 1 to 100. Networks are searched with 4 of them at most, or as many
        as limits name; the bound is for all.
    mip_rel_gap : float
        Gap at which the proof is good enough, from 0 to below 1.
    time_limit_s : float
        Of all phases; each has what those before it have left. What has begun at its end, one
        step of an optimiser or of the bound, is finished.
    costs_utility_exchangers : bool
        Whether heaters and coolers are costed in what is minimised. Both totals are in the result.
    seed : int
        Of the search, from 0.
    observer : callable, optional
        Called with `DesignProgress`; a return value of True ends the phase.

    Returns
    -------
    LoopResult

    Raises
    ------
    InputError
        Listing options out of range; as `prepare`; if costs of pipes and pumps have no bound.

    Examples
    --------
    >>> from milpcore import loops
    >>> result = design(
    ...     loops.load_case("loop_two_plants"),
    ...     mip_rel_gap=0.5,
    ...     observer=lambda progress: progress.phase == "search",  # the first network will do
    ... )
    >>> result.bound_per_a <= result.tac_per_a < 1_600_000, result.status
    (True, <Status.OPTIMAL: 'optimal'>)
    """
    start_s = time.perf_counter()
    inputs = checked_design(
        case,
        n_loops=n_loops,
        mip_rel_gap=mip_rel_gap,
        time_limit_s=time_limit_s,
        costs_utility_exchangers=costs_utility_exchangers,
        seed=seed,
    )
    watch = _Watch(inputs, observer, start_s, time_limit_s)
    found = _searched(watch, _start(watch), seed)
    end = BoundEnd.STOPPED
    if not (watch.is_stopped and watch.phase == "start"):
        end = _bound(watch, found, mip_rel_gap)
    ended = Found(watch.network, watch.bound_per_a, watch.elapsed_s, tuple(watch.cut), time_limit_s)
    return design_result(inputs, ended, end=end, mip_rel_gap=mip_rel_gap)


def checked_design(
    case: LoopCase,
    *,
    n_loops: int,
    mip_rel_gap: float,
    time_limit_s: float,
    costs_utility_exchangers: bool,
    seed: int = 1,
) -> LoopInputs:
    """Refuse at once what `design` refuses; return the arrays of the case.

    Parameters
    ----------
    case, n_loops, mip_rel_gap, time_limit_s, costs_utility_exchangers, seed
        As in `design`.

    Returns
    -------
    LoopInputs

    Raises
    ------
    InputError
        As in `design`.

    Examples
    --------
    >>> from milpcore import loops
    >>> checked_design(
    ...     loops.load_case("loop_two_plants"),
    ...     n_loops=1,
    ...     mip_rel_gap=2,
    ...     time_limit_s=9,
    ...     costs_utility_exchangers=False,
    ... )
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: design: 1 fault
      - mip_rel_gap = 2: must be from 0 to below 1; 0.01 is usual
    """
    checked_options(
        "design",
        n_loops=n_loops,
        mip_rel_gap=mip_rel_gap,
        time_limit_s=time_limit_s,
        costs_utility_exchangers=costs_utility_exchangers,
        seed=seed,
    )
    inputs = prepare(case, n_loops=n_loops, costs_utility_exchangers=costs_utility_exchangers)
    cost = inputs.cost_without_loops_per_a()
    largest_flows(inputs, cost, cost)  # refuses costs that have no bound
    return inputs


class _Watch:
    """Best network and bound so far, told to an observer, and the time that is left."""

    def __init__(
        self, inputs: LoopInputs, observer: Observer | None, start_s: float, limit_s: float
    ) -> None:
        self.inputs, self.observer = inputs, observer
        self.start_s, self.limit_s = start_s, limit_s
        self.network, self.bound_per_a = LoopNetwork(), 0.0
        alone = minimised(inputs, evaluated(inputs, self.network))
        self.cost_per_a = math.inf if math.isnan(alone) else alone
        self.phase, self.is_stopped = "start", False
        self.cut: list[str] = []

    @property
    def elapsed_s(self) -> float:
        """Seconds since the design began."""
        return time.perf_counter() - self.start_s

    def left_s(self, share: float = 1.0) -> float:
        """Seconds until a share of the time limit is over, hardly any after that."""
        return max(share * self.limit_s - self.elapsed_s, LEAST_TIME_S)

    def better(self, found: UnitDesign) -> None:
        """Take notice of a network."""
        if found.cost_per_a < self.cost_per_a:
            network = lay_out(self.inputs, found, title="designed by milpcore")
            if network is not None:
                self.cost_per_a = minimised(self.inputs, evaluated(self.inputs, network))
                self.network = network
        self.tell("search")

    def bound(self, bound_per_a: float) -> bool:
        """Take notice of a bound; whether to stop."""
        self.bound_per_a = max(self.bound_per_a, bound_per_a)
        return self.tell("bound")

    def tell(self, phase: str) -> bool:
        """Call the observer; whether it has ended this phase."""
        if phase != self.phase:
            self.phase, self.is_stopped = phase, False
        if self.observer is not None:
            bound, elapsed_s = self.bound_per_a, self.elapsed_s
            progress = DesignProgress(phase, self.cost_per_a, bound, elapsed_s, self.network)
            self.is_stopped |= self.observer(progress) is True
        return self.is_stopped


def _start(watch: _Watch) -> UnitDesign | None:
    """Lay out loops of the transport model; the cheapest that can be built, else the first."""
    if watch.tell("start"):
        return None
    inputs = _searched_inputs(watch.inputs)
    share = START_SHARE if len(inputs.routes) == 1 else START_SHARE_OF_MANY
    plans, is_cut = starting_plans(inputs, time_limit_s=watch.left_s(share))
    if is_cut:
        watch.cut.append("the choice of a start")
    starts = [start_of_plans(inputs, loops) for loops in plans]
    tried = []
    for number, start in enumerate(starts):
        for rounds in (0, ROUNDS_TO_BUILD):
            limit_s = watch.left_s(START_AND_SEARCH_SHARE) / (len(starts) - number)
            found = search(inputs, start, SearchLimits(limit_s, most_rounds=rounds))
            if found is not None:
                tried.append(found)
                break
    if not tried:
        return starts[0] if starts else None
    best = min(tried, key=lambda found: found.cost_per_a)
    watch.better(best)
    return best


def _searched_inputs(inputs: LoopInputs) -> LoopInputs:
    """Return inputs of no more loops than networks are searched with."""
    limits = inputs.case.parameters.limits
    named = [match.loop or 0 for match in (*limits.forced, *limits.forbidden)]
    n_loops = max(MOST_LOOPS_SEARCHED, *named, 0)
    if inputs.n_loops <= n_loops:
        return inputs
    must_join = inputs.must_join[[*range(n_loops), -1]]
    return replace(inputs, joins=inputs.joins[:n_loops], must_join=must_join)


def _searched(watch: _Watch, start: UnitDesign | None, seed: int) -> UnitDesign | None:
    """Search around a design; it stays if nothing better is found."""
    if start is None or watch.is_stopped:
        return start
    limits = SearchLimits(
        time_limit_s=watch.left_s(START_AND_SEARCH_SHARE),
        most_stalled_rounds=STALLED_ROUNDS + STALLED_ROUNDS_PER_UNIT * start.units.n_units,
    )
    found = search(
        _searched_inputs(watch.inputs),
        start,
        limits,
        seed=seed,
        on_better=watch.better,
        is_stopped=lambda: watch.tell("search"),
    )
    if watch.elapsed_s > START_AND_SEARCH_SHARE * watch.limit_s:
        watch.cut.append("the search for networks")
    return start if found is None or start.cost_per_a < found.cost_per_a else found


def _bound(watch: _Watch, found: UnitDesign | None, gap: float) -> BoundEnd:
    """Bound the cost, with the network's flow as a hint; why it ended."""
    inputs = watch.inputs
    flow = None if found is None else float(found.flow_kW_per_K.sum())
    coldest, hottest = inputs.loop_range_C() if inputs.can_have_loop else (0.0, 0.0)
    bound = lower_bound(
        inputs,
        known_cost_per_a=watch.cost_per_a if math.isfinite(watch.cost_per_a) else None,
        known_flow_kW_per_K=flow if len(inputs.routes) == 1 else None,
        gap=gap,
        time_limit_s=watch.left_s(),
        node_K=max(2.0, (hottest - coldest) / 60.0),
        on_bound=watch.bound,
    )
    watch.bound(bound.bound_per_a)
    return bound.end
