r"""The best levels of one configuration of a retrofit over several operating periods.

A level of today stays, or moves to a candidate near it. The choices of places are listed, each is
bounded from below, and those that may be best are priced by the linear program of
`milpcore.site.periods.operate` in rising order of that bound, until it exceeds the least cost.
So the search is exact, and every set of levels is priced once in a study.

With options the program is a mixed-integer one, what levels cost that move or are added comes on
top, and the bound is that of the network without what fixed costs and limits forbid. The list is
finite, so that limits of the whole site are exact, too.

The bound. By (1) of `milpcore.site.periods.network` a level set costs no less than what its
periods cost by themselves, with heat pumps that bear a part of the investment in each period, for
any split of it. Here the split follows the prices of heat at the levels of today in the mean of
all periods; a bound then takes microseconds a period (`separate_costs`).

How many choices there are is counted before anything is listed, and too many are refused.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.faults import FaultList
from milpcore.site.inputs import Floats, Integers
from milpcore.site.model import KW_PER_MW
from milpcore.site.path_search.start import stepped_prices
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.network import PeriodNetwork, feasible_prices, period_network
from milpcore.site.periods.operate import design_cost, operate_periods
from milpcore.site.periods.outcome import PeriodOutcome, outcome_of_design
from milpcore.site.periods.pricing import separate_costs, set_cost
from milpcore.site.retrofit_changes import changes_of, level_investment_EUR, with_changes_paid
from milpcore.site.retrofit_option_search import NO_DESIGN
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site.retrofit_search import NOT_SERVED, Found, Slots, orders
from milpcore.site.slot_search import EQUAL, changes

FORMULATION_NAME = "slot_periods"
MOST_CHOICES = 500_000
"""Choices of places in one configuration that are listed."""
MOST_ORDERS = 5_000
"""Orders of kept and new levels in one configuration."""
BLOCK = 4096
"""Choices that are bounded between two looks at the observer."""


@dataclass(frozen=True, eq=False)
class PeriodRetrofitSearch:
    """What the configurations of a study share.

    Attributes
    ----------
    plan : RetrofitPlan
    inputs : PeriodInputs
        The site of the plan in its periods.

    Raises
    ------
    InputError
        If a configuration has more than `MOST_CHOICES` choices.
    """

    plan: RetrofitPlan
    inputs: PeriodInputs
    _costs: dict[tuple[int, ...], float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if n_orders(self.plan) > MOST_ORDERS:
            _refuse(f"{n_orders(self.plan):,} orders of levels", f"{MOST_ORDERS:,} orders")
        for choice in self.plan.choices:
            n_listed = 0
            for slots in orders(self.plan, choice):
                n_listed += n_places(slots.candidates)
            if n_listed > MOST_CHOICES:
                _refuse(f"{n_listed:,} choices of places", f"{MOST_CHOICES:,} choices of places")

    @cached_property
    def network(self) -> PeriodNetwork:
        """The level network over all periods."""
        return period_network(self.inputs, self.plan.n_slots)

    @cached_property
    def _pump_cost(self) -> Floats:
        """Cost of heat pumps (P, K) with their part of the investment."""
        base = self.network.base
        price = stepped_prices(base, self.plan.existing)
        wanted = self.network.share_of_hours[:, None] * price
        return feasible_prices(self.network, wanted, np.arange(base.pump_cost.size)).pump_cost

    def solve(
        self, choice: tuple[int, ...], should_stop: Callable[[], bool]
    ) -> tuple[PeriodOutcome, Found] | None:
        """Find the best levels when some may move; as `RetrofitSearch.solve`."""
        start_s = time.perf_counter()
        listed = self._listed(choice, should_stop)
        if listed is None:
            return None
        unit = KW_PER_MW * self.inputs.site.cost_scale
        best, priced = math.inf, list[tuple[float, int]]()
        for row in np.argsort(listed.bound, kind="stable").tolist():
            if should_stop():
                return None
            if listed.bound[row] > _limit(best):
                break
            cost = self._cost(listed.place[row]) + self._charge(listed.found(row)) / unit
            priced.append((cost, row))
            best = min(best, cost)
        rows = [row for cost, row in priced if cost <= _limit(best) and math.isfinite(cost)]
        row = self._settled(listed, rows) if rows else 0
        found = listed.found(row)._replace(cost=best, least_cost=best, n_choices=len(priced))
        levels = np.unique(found.place)
        outcome = outcome_of_design(
            self.paid(found),
            operate_periods(self.inputs, self.network, levels) if rows else None,
            status=Status.OPTIMAL if rows else Status.INFEASIBLE,
            bound=(1.0 - EQUAL) * best * unit,
            start_s=start_s,
            n_nodes=len(priced),
            message="" if rows else NOT_SERVED if self.plan.inputs.terms is None else NO_DESIGN,
        )
        return outcome, found

    def paid(self, found: Found) -> PeriodInputs:
        """Return the site on which the levels that a choice changes cost what they cost."""
        changes = changes_of(self.plan, found)
        return replace(self.inputs, site=with_changes_paid(self.plan, changes))

    def _listed(self, choice: tuple[int, ...], should_stop: Callable[[], bool]) -> _Listed | None:
        """List all choices with their bounds; None if that was stopped."""
        slots = list(orders(self.plan, choice))
        places = [all_places(one.candidates) for one in slots]
        place = np.concatenate(places)
        bound = np.empty(len(place))
        for first in range(0, len(place), BLOCK):
            if should_stop():
                return None
            block = slice(first, first + BLOCK)
            bound[block] = separate_costs(self.network, _distinct(place[block]), self._pump_cost)
        owner = np.repeat(np.arange(len(slots)), [len(one) for one in places])
        return _Listed(slots, owner, place, bound)

    def _cost(self, place: Integers) -> float:
        """Cost of a choice, in units of the network."""
        levels = np.unique(place)
        key = tuple(levels.tolist())
        if key not in self._costs:
            self._costs[key] = set_cost(self.network, levels)
        return self._costs[key]

    def _settled(self, listed: _Listed, rows: list[int]) -> int:
        """Of choices of equal cost, that of least TAC, then fewest changes, then lowest levels."""
        if self.inputs.tac_decides:
            tac = {row: self._tac(listed.found(row)) for row in rows}
            rows = [row for row in rows if tac[row] <= _limit(min(tac.values()))]

        def rank(row: int) -> tuple[int, ...]:
            place, stay = listed.place[row], listed.slots[listed.owner[row]].stay
            return (*changes(place, stay, place.size), *np.unique(place).tolist())

        return min(rows, key=rank)

    def _tac(self, found: Found) -> float:
        design = operate_periods(self.inputs, self.network, np.unique(found.place))
        assert design is not None  # its cost is finite
        return design_cost(self.paid(found), design, Measure.TAC)

    def _charge(self, found: Found) -> float:
        """Cost of the levels that a choice moves or adds, where it counts, EUR/a."""
        terms = self.plan.inputs.terms
        if terms is None or self.inputs.measure is not Measure.TAC:
            return 0.0
        investment_EUR = level_investment_EUR(self.plan, changes_of(self.plan, found))
        return self.plan.inputs.economics.annuity_per_a * float(investment_EUR.sum())


class _Listed(NamedTuple):
    """Choices of places: slots of each order, order (R,), places (R, n), bound (R,)."""

    slots: list[Slots]
    owner: Integers
    place: Integers
    bound: Floats

    def found(self, row: int) -> Found:
        """One of them, its cost unknown."""
        position = self.slots[self.owner[row]].position
        return Found(position, self.place[row], math.nan, math.nan, 0)


def n_orders(plan: RetrofitPlan) -> int:
    """Ways to close levels and to put new ones between the others in one configuration."""
    n_kept = len(plan.existing) - plan.close
    closed = math.comb(len(plan.existing) - plan.move, plan.close)
    return closed * math.comb(n_kept + plan.add, plan.add)


def _refuse(found: str, most: str) -> None:
    faults = FaultList()
    rule = f"must leave at most {most} in a configuration over several periods"
    remedy = "move, add or close fewer levels, move them less, or give fewer candidates"
    faults.add("", "move, range_K, add, close", found, rule, remedy)
    faults.raise_if_any("retrofit")


def _limit(cost: float) -> float:
    """Cost up to which another one counts as equal."""
    return cost + EQUAL * abs(cost)


def all_places(candidates: Sequence[Integers]) -> Integers:
    """Every choice of one candidate for each slot that does not pass the one before.

    Parameters
    ----------
    candidates : sequence of ndarray of int
        Of each slot, rising.

    Returns
    -------
    ndarray of int (R, n)
        Each row not falling.

    Examples
    --------
    >>> all_places([np.array([1, 3]), np.array([2, 3])]).tolist()
    [[1, 2], [1, 3], [3, 3]]
    """
    rows = np.empty((1, 0), dtype=np.int64)
    for own in candidates:
        row, place = np.repeat(rows, own.size, axis=0), np.tile(own, len(rows))
        keeps_order = place >= row[:, -1] if row.shape[1] else np.ones(place.size, dtype=np.bool_)
        rows = np.column_stack([row, place])[keeps_order]
    return rows


def n_places(candidates: Sequence[Integers]) -> int:
    """Count the rows of `all_places` without listing them.

    Examples
    --------
    >>> n_places([np.arange(100)] * 4)
    4421275
    """
    last, count = np.array([-1]), np.array([1], dtype=object)  # Python numbers: no overflow
    for own in candidates:
        upto = np.searchsorted(last, own, side="right")
        count = np.concatenate([[0], np.cumsum(count)])[upto]
        last = own
    return int(count.sum())


def _distinct(place: Integers) -> Integers:
    """Levels of each row of places, padded with -1 behind."""
    repeats = np.zeros(place.shape, dtype=np.bool_)
    repeats[:, 1:] = place[:, 1:] == place[:, :-1]
    order = np.argsort(repeats, axis=1, kind="stable")
    return np.where(
        np.take_along_axis(repeats, order, axis=1), -1, np.take_along_axis(place, order, axis=1)
    )
