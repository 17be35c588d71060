"""The best levels of one configuration of a retrofit; see `milpcore.site.retrofit`."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np

from milpcore.core import Status
from milpcore.site.connected_levels import operate_connected
from milpcore.site.design_cost import objective_value
from milpcore.site.inputs import Floats, Integers, SiteInputs, with_tie_break
from milpcore.site.model import KW_PER_MW, Design, Outcome, relative_gap
from milpcore.site.path_search.network import LevelNetwork, level_network
from milpcore.site.path_search.tac_second import WEIGHTS, settled_design
from milpcore.site.retrofit_plan import SAME_K, RetrofitPlan
from milpcore.site.scaling import design_in_own_size, resized, size_factor
from milpcore.site.slot_search import EQUAL, all_open_prices, best_in_slots, changes
from milpcore.site.study import honest

_log = logging.getLogger(__name__)
EQUAL_SETTLED = 1e-11
"""Share below which costs are equal where TAC comes second, with a weight."""

FORMULATION_NAME = "slot_search"
NOT_OPERATED = "the existing levels cannot keep what options ask for"
NOT_SERVED = "the levels that are left do not serve every stream"


class Slots(NamedTuple):
    """One way to order kept and new levels.

    Attributes
    ----------
    position : ndarray of int (n,)
        Existing level of each slot, -1 for a new one.
    stay : ndarray of int (n,)
        Candidate at which it stays, -1 for a new one.
    candidates : tuple of ndarray of int
        Where each may go.
    """

    position: Integers
    stay: Integers
    candidates: tuple[Integers, ...]


class Found(NamedTuple):
    """The best choice of levels.

    Attributes
    ----------
    position : ndarray of int (n,)
        Existing level of each slot, -1 for a new one.
    place : ndarray of int (n,)
        Candidate of each slot, rising.
    cost, least_cost : float
        Its cost, and that of the cheapest; equal but for rounding. In units of the network.
    n_choices : int
        Choices priced exactly.
    """

    position: Integers
    place: Integers
    cost: float
    least_cost: float
    n_choices: int


class _Arena(NamedTuple):
    """A network with what every search in it shares."""

    inputs: SiteInputs
    network: LevelNetwork
    open_prices: Floats


@dataclass(frozen=True, eq=False)
class RetrofitSearch:
    """What the configurations of a study share.

    Attributes
    ----------
    plan : RetrofitPlan
    """

    plan: RetrofitPlan
    _arenas: dict[float, _Arena] = field(default_factory=dict, init=False)

    @cached_property
    def first(self) -> _Arena:
        """The network of the objective."""
        return _arena(self.plan.inputs)

    def settled(self) -> Iterator[_Arena]:
        """Yield networks with TAC beside the objective, less and less; none where that is TAC."""
        for weight in WEIGHTS:
            inputs = with_tie_break(self.plan.inputs, weight)
            if inputs is None:
                return
            if weight not in self._arenas:
                self._arenas[weight] = _arena(inputs)
            yield self._arenas[weight]

    def solve(
        self, choice: tuple[int, ...], should_stop: Callable[[], bool]
    ) -> tuple[Outcome, Found] | None:
        """Find the best levels when some may move.

        Parameters
        ----------
        choice : tuple of int
            Positions of the existing levels that may move.
        should_stop : callable
            Asked now and then.

        Returns
        -------
        (Outcome, Found) or None
            None if it was stopped.
        """
        start_s = time.perf_counter()
        inputs = self.plan.inputs
        found = self._best(choice, self.first, EQUAL, should_stop)
        if found is None:
            return None
        n_choices = found.n_choices
        if not math.isfinite(found.cost):
            elapsed_s = time.perf_counter() - start_s
            return _infeasible(n_choices, elapsed_s), found
        design = _operated(inputs, found)
        least = found.least_cost * KW_PER_MW * inputs.cost_scale
        bound = (1.0 - EQUAL) * min(least, objective_value(inputs, design))
        is_proven = with_tie_break(inputs) is None
        for arena in self.settled():
            other = self._best(choice, arena, EQUAL_SETTLED, should_stop)
            if other is None:
                return None
            n_choices += other.n_choices
            trial = settled_design(arena.inputs, inputs, np.unique(other.place), design)
            if trial is not None:
                design, found, is_proven = trial, other, True
                break
        elapsed_s = time.perf_counter() - start_s
        _log.debug("%s: %d sets of levels priced, %.4f s", choice, n_choices, elapsed_s)
        outcome = _outcome(inputs, design, bound, n_choices, elapsed_s, is_proven)
        return outcome, found

    def _best(
        self,
        choice: tuple[int, ...],
        arena: _Arena,
        equal: float,
        should_stop: Callable[[], bool],
    ) -> Found | None:
        """Search every order of kept and new levels; None if it was stopped."""
        plan, options, n_choices = self.plan, [], 0
        for slots in orders(plan, choice):
            if should_stop():
                return None
            best = best_in_slots(
                arena.network,
                slots.candidates,
                slots.stay,
                equal=equal,
                open_prices=arena.open_prices,
            )
            n_choices += best.n_choices
            options.append((best, slots))
        least = min(best.cost for best, _ in options)
        limit = least + equal * abs(least)
        best, slots = min(
            (pair for pair in options if pair[0].cost <= limit),
            key=lambda pair: (
                *changes(pair[0].place, pair[1].stay, plan.n_slots),
                *pair[0].levels.tolist(),
            ),
        )
        return Found(slots.position, best.place, best.cost, least, n_choices)


def operated(inputs: SiteInputs, levels: Integers) -> Outcome:
    """Operate some levels that serve every stream, at least cost.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    levels : ndarray of int
        Candidates.

    Returns
    -------
    Outcome
        Infeasible where options leave no operation.
    """
    start_s = time.perf_counter()
    factor = size_factor(inputs) if inputs.terms is not None else 1.0
    design = operate_connected(resized(inputs, factor), levels)
    if design is None:
        told = _infeasible(1, time.perf_counter() - start_s)
        return dataclasses.replace(told, message=NOT_OPERATED)
    design = design_in_own_size(design, factor)
    bound = (1.0 - EQUAL) * objective_value(inputs, design)
    return _outcome(inputs, design, bound, 1, time.perf_counter() - start_s, is_proven=True)


def orders(plan: RetrofitPlan, choice: tuple[int, ...]) -> Iterator[Slots]:
    """Yield every order of kept and new levels, for every set of levels that may be closed.

    Parameters
    ----------
    plan : RetrofitPlan
        The study.
    choice : tuple of int
        Positions of the existing levels that may move.

    Yields
    ------
    Slots
        With as many slots as `RetrofitPlan.n_slots`.
    """
    positions = range(len(plan.existing))
    everywhere = np.arange(plan.inputs.n_candidates)
    own = {position: plan.existing[position : position + 1] for position in positions}
    for position in choice:
        distance_K = np.abs(plan.inputs.level_C - plan.existing_C[position])
        own[position] = np.flatnonzero(distance_K <= plan.range_K + SAME_K)
    unmoved = [position for position in positions if position not in choice]
    for closed in combinations(unmoved, plan.close):
        kept = np.array([p for p in positions if p not in closed], dtype=np.int64)
        left_free = plan.existing[list(closed)]
        for places in combinations_with_replacement(range(kept.size + 1), plan.add):
            slots = np.insert(kept, places, -1) if places else kept
            yield Slots(
                position=slots,
                stay=np.where(slots < 0, -1, plan.existing[slots]),
                candidates=tuple(
                    np.setdiff1d(own.get(int(one), everywhere), left_free) for one in slots
                ),
            )


def _arena(inputs: SiteInputs) -> _Arena:
    network = level_network(inputs)
    return _Arena(inputs, network, all_open_prices(network))


def _operated(inputs: SiteInputs, found: Found) -> Design:
    design = operate_connected(inputs, np.unique(found.place))
    assert design is not None  # its cost is finite
    return design


def _infeasible(n_choices: int, solve_s: float) -> Outcome:
    none = math.inf
    return Outcome(
        Status.INFEASIBLE, None, math.nan, none, none, n_choices, solve_s, message=NOT_SERVED
    )


def _outcome(
    inputs: SiteInputs,
    design: Design,
    bound: float,
    n_choices: int,
    solve_s: float,
    is_proven: bool,
) -> Outcome:
    objective = objective_value(inputs, design)
    outcome = Outcome(
        Status.OPTIMAL,
        design,
        objective,
        min(bound, objective),
        relative_gap(objective, min(bound, objective)),
        n_choices,
        solve_s,
        tac_proven=is_proven,
    )
    return honest(inputs, outcome, 2.0 * EQUAL)
