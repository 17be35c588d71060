"""All level sets of small sites with options: what each costs, which count, how far sizes go.

Costs are those of `helpers_options`, which shares nothing with the searches: every choice of heat
pumps is tried, and the rest is a dense linear program written from the options themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from helpers_options import (
    Operation,
    Pump,
    choices_of,
    forced_levels_C,
    nearest,
    needs_choice,
    operation_of,
    pumps_between,
)
from helpers_sites import level_sets

from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site_options import LevelOptions

CLEAR = 1e-6
"""Costs that differ by less than this share, and more than `SAME`, decide nothing."""
SAME = 1e-10
Levels = tuple[int, ...]


class InDoubtError(Exception):
    """Costs are too close to tell which level set counts."""


@dataclass
class Enumeration:
    """Every level set that is allowed.

    Attributes
    ----------
    inputs : SiteInputs
        With levels that cost what `own` does not say.
    sets : list of tuple of int
        All of them.
    own : callable
        What the levels of a set cost beside `inputs`, EUR/a.
    simpler : callable
        Sets that a set must cost less than to count.
    allows_new : bool
        Whether new heat pumps are allowed.
    connections : callable, optional
        Of a set, the position of every stream's level and what that costs, EUR/a, for every choice;
        the nearest levels for nothing if not given.
    """

    inputs: SiteInputs
    sets: list[Levels]
    own: Callable[[Levels], float]
    simpler: Callable[[Levels], Iterable[Levels]]
    allows_new: bool = True
    connections: Callable[[Levels], Iterator[tuple[list[int], float]]] | None = None

    def operations(self, levels: Levels) -> Iterator[tuple[Operation, list[Pump]]]:
        """Yield all choices of heat pumps of a set; none without its forced levels."""
        level_C = self.inputs.level_C[list(levels)]
        forced_C = forced_levels_C(self.inputs.options)
        if any(np.abs(level_C - one).min() > 1e-6 for one in forced_C):
            return
        pumps = pumps_between(self.inputs, levels)
        pumps = [one for one in pumps if self.allows_new or not one.is_new]
        choices = choices_of(self.inputs, pumps) if needs_choice(self.inputs) else [pumps]
        for built in choices:
            for chosen, cost in (self.connections or self._nearest)(levels):
                one = operation_of(self.inputs, levels, chosen, list(built))
                yield one._replace(fixed=one.fixed + cost), list(built)

    def _nearest(self, levels: Levels) -> Iterator[tuple[list[int], float]]:
        chosen = nearest(self.inputs, levels)
        if chosen is not None:
            yield chosen, 0.0

    def costs(self) -> dict[Levels, float]:
        """Least cost of every set; infinite where it cannot be operated."""
        return {
            levels: min(
                (one.least(one.price) + one.fixed for one, _ in self.operations(levels)),
                default=np.inf,
            )
            + self.own(levels)
            for levels in self.sets
        }

    def counting(self) -> dict[Levels, float]:
        """Sets that count with their cost, the cheapest first.

        Raises
        ------
        InDoubtError
            If some cost nearly the same as a simpler one.
        """
        costs = self.costs()
        scale = max([one for one in costs.values() if np.isfinite(one)], default=0.0)
        counting = {}
        for levels, cost in costs.items():
            if not np.isfinite(cost):
                continue
            saved = min((costs[one] for one in self.simpler(levels)), default=np.inf) - cost
            if SAME * scale + 1e-6 < saved <= CLEAR * scale:
                raise InDoubtError
            if saved > CLEAR * scale:
                counting[levels] = cost
        return dict(sorted(counting.items(), key=lambda one: one[1]))

    def extreme_kW(
        self,
        sets: Sequence[Levels],
        budget: float,
        sign: float,
        amount: Callable[[int, list[Pump]], Sequence[float]],
    ) -> float:
        """Least (sign 1) or most (-1) of an amount over all operations within a budget."""
        best = np.inf
        for levels in sets:
            for operation, built in self.operations(levels):
                aim = sign * np.asarray(amount(len(levels), built))
                aim = np.append(aim, np.zeros(operation.price.size - aim.size))
                if operation.fixed > budget - self.own(levels):
                    continue
                best = min(best, operation.within(budget - self.own(levels)).least(aim))
        return float(sign * best)


def greenfield_sets(inputs: SiteInputs, n_levels: int) -> Enumeration:
    """All sets of at most so many candidates."""
    forced = {int(np.abs(inputs.level_C - one).argmin()) for one in forced_levels_C(inputs.options)}

    def simpler(levels: Levels) -> Iterator[Levels]:
        for gone in levels if len(levels) > 1 else ():
            if gone not in forced:
                yield tuple(one for one in levels if one != gone)

    return Enumeration(inputs, list(level_sets(inputs, n_levels)), lambda _: 0.0, simpler)


def retrofit_sets(plan: RetrofitPlan) -> Enumeration:
    """All ways to move existing levels, each by its fewest moves and least investment."""
    options, today = plan.inputs.options, plan.existing.tolist()
    inputs = replace(
        plan.inputs,
        options=replace(options, levels=replace(LevelOptions(), forced_C=options.levels.forced_C)),
    )
    level_C, own_C = inputs.level_C, plan.existing_C
    reach = [
        np.flatnonzero(np.abs(level_C - own) <= plan.range_K + 1e-6).tolist()
        if place in plan.movable
        else [today[place]]
        for place, own in enumerate(own_C)
    ]
    moved_EUR = options.levels.moved_investment_EUR
    moved_EUR = options.levels.investment_EUR if moved_EUR is None else moved_EUR
    is_tac = inputs.objective is Measure.TAC
    annuity = inputs.economics.annuity_per_a if is_tac else 0.0
    moves: dict[Levels, int] = {}
    paid: dict[Levels, int] = {}
    for places in product(*reach):
        n_moves = sum(one != own for one, own in zip(places, today, strict=True))
        if n_moves > plan.move or list(places) != sorted(places):
            continue
        levels = tuple(sorted(set(places)))
        stays = {one for one, own in zip(places, today, strict=True) if one == own}
        moves[levels] = min(n_moves, moves.get(levels, 99))
        paid[levels] = min(len(levels) - len(stays), paid.get(levels, 99))

    def simpler(levels: Levels) -> Iterator[Levels]:
        rank = moves[levels], len(levels)
        for home in today:
            apart = tuple(sorted({*levels, home}))
            if apart in moves and moves[apart] < moves[levels]:
                yield apart
        for gone in levels:
            left = tuple(one for one in levels if one != gone)
            back = [tuple(sorted({*left, home})) for home in today if home not in levels]
            for one in (left, *back):
                if one in moves and (moves[one], len(one)) < rank and moves[one] <= moves[levels]:
                    yield one

    def own(levels: Levels) -> float:
        return annuity * moved_EUR * paid[levels]

    return Enumeration(inputs, list(moves), own, simpler, plan.allows_pumps)
