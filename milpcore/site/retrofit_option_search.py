"""The best levels of one configuration of a retrofit whose site has options.

Options only add cost or take something away, so that on the network without them
(`milpcore.site.option_screen.relaxed_network`) every choice of levels costs no more than with them.
`milpcore.site.slot_list` lists every choice that costs no more there than the best one known; these
are screened, priced with their options by `milpcore.site.operate`, in rising order of that bound,
and what levels cost that move or are added comes on top. The list is finite whatever is
asked for, so that limits of the whole site are exact, too: if no choice keeps them, that is proven.
A level set is operated once for all configurations of a study.

Where connections cost something or are forbidden, `milpcore.site.connected_levels` prices a level
set, and the bounds hold as they are:

1. without options a set costs no more with streams at the nearest level than with any connections
   (`milpcore.site.conditions.nearest_level_faults`), allowed or not, so that what the relaxation
   says of the nearest ones bounds heat and heat pumps of all;
2. each stream pays at least its cheapest connection in the set; that, the relaxation and what
   levels cost that move or are added are parts of TAC that do not overlap, so that they add up. In
   OPEX and CO2 connections and levels cost nothing, and their bound is that of heat alone.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.connected_levels import operate_connected
from milpcore.site.design_cost import measured_cost, objective_value
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW, Design, Outcome, relative_gap
from milpcore.site.option_screen import Screen, relaxed_network
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.start import set_prices
from milpcore.site.retrofit_changes import changes_of, level_investment_EUR, with_changes_paid
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site.retrofit_search import Found, Slots, orders
from milpcore.site.scaling import design_in_own_size, resized, size_factor
from milpcore.site.slot_list import choices_below
from milpcore.site.slot_search import EQUAL, all_open_prices, best_in_slots, changes

_log = logging.getLogger(__name__)
NO_DESIGN = "no choice of levels serves every stream and keeps what options ask for"


class _Priced(NamedTuple):
    """A choice with its options, EUR/a or t/a; infinite where it cannot be operated."""

    cost: float
    tac: float
    found: Found
    rank: tuple[int, ...]


class _Arena(NamedTuple):
    """The site in a usual size, and its relaxation."""

    inputs: SiteInputs
    network: LevelNetwork
    screen: Screen
    open_prices: Floats
    factor: float
    unit: float


@dataclass(frozen=True, eq=False)
class OptionRetrofitSearch:
    """What the configurations of a study with options share.

    Attributes
    ----------
    plan : RetrofitPlan
    """

    plan: RetrofitPlan
    _designs: dict[tuple[int, ...], Design | None] = field(default_factory=dict, init=False)

    @cached_property
    def _arena(self) -> _Arena:
        factor = size_factor(self.plan.inputs)
        inputs = resized(self.plan.inputs, factor)
        network, screen = relaxed_network(inputs, self.plan.n_slots)
        unit = KW_PER_MW * inputs.cost_scale / factor
        return _Arena(inputs, network, screen, all_open_prices(network), factor, unit)

    def solve(
        self, choice: tuple[int, ...], should_stop: Callable[[], bool]
    ) -> tuple[Outcome, Found] | None:
        """Find the best levels when some may move; as `RetrofitSearch.solve`."""
        start_s = time.perf_counter()
        slots = list(orders(self.plan, choice))
        run = _Run(self, slots, should_stop)
        if not run.finishes():
            return None
        elapsed_s = time.perf_counter() - start_s
        _log.debug("%s: %d choices priced, %.4f s", choice, len(run.priced), elapsed_s)
        best = run.best()
        if best is None:
            none = math.inf
            counted = (run.n_listed, elapsed_s)
            told = Outcome(Status.INFEASIBLE, None, math.nan, none, none, *counted, NO_DESIGN)
            return told, Found(slots[0].position, slots[0].stay, none, none, run.n_listed)
        design = self.design(best.found)
        assert design is not None
        paid = with_changes_paid(self.plan, changes_of(self.plan, best.found))
        objective = objective_value(paid, design)
        bound = (1.0 - EQUAL) * min(run.least, objective)
        gap = relative_gap(objective, bound)
        counted = (run.n_listed, elapsed_s)
        return Outcome(Status.OPTIMAL, design, objective, bound, gap, *counted), best.found

    def design(self, found: Found) -> Design | None:
        """Operate the levels of a choice; None where that cannot be."""
        key = tuple(np.unique(found.place).tolist())
        if key not in self._designs:
            arena = self._arena
            design = operate_connected(arena.inputs, np.array(key, dtype=np.int64))
            if design is not None:
                design = design_in_own_size(design, arena.factor)
            self._designs[key] = design
        return self._designs[key]

    def priced(self, found: Found, rank: tuple[int, ...]) -> _Priced:
        """Cost of a choice with its options."""
        design = self.design(found)
        if design is None:
            return _Priced(math.inf, math.inf, found, rank)
        inputs, charge = self.plan.inputs, self.charge(found)
        cost, tac = objective_value(inputs, design), measured_cost(inputs, Measure.TAC, design)
        own = charge if inputs.objective is Measure.TAC else 0.0
        return _Priced(cost + own, tac + charge, found, rank)

    def charge(self, found: Found) -> float:
        """Return the cost of the levels that a choice moves or adds, EUR/a."""
        investment_EUR = level_investment_EUR(self.plan, changes_of(self.plan, found))
        return self.plan.inputs.economics.annuity_per_a * float(investment_EUR.sum())


class _Run:
    """One configuration."""

    def __init__(
        self, search: OptionRetrofitSearch, slots: list[Slots], should_stop: Callable[[], bool]
    ) -> None:
        self.search, self.slots, self.should_stop = search, slots, should_stop
        self.arena = search._arena
        self.inputs = search.plan.inputs
        self.priced: list[_Priced] = []
        self.least = math.inf
        self.n_listed = 0
        costs, duty_kW = self.inputs.objective_costs, self.inputs.stream_duty_kW.sum()
        self.rounding = 1e-13 * float(duty_kW * costs.external_heat.max())

    def limit(self) -> float:
        """Cost up to which a choice is of interest: equal costs are, too."""
        return self.least + EQUAL * abs(self.least) + self.rounding

    def finishes(self) -> bool:
        """Price what may be best; whether it was not stopped."""
        profiles = [np.stack([self.arena.open_prices])] * len(self.slots)
        for order, slots in enumerate(self.slots):
            if self.should_stop():
                return False
            relaxed = best_in_slots(
                self.arena.network,
                slots.candidates,
                slots.stay,
                open_prices=self.arena.open_prices,
            )
            if math.isfinite(relaxed.cost):
                prices = set_prices(self.arena.network, relaxed.levels)
                profiles[order] = np.stack([prices, self.arena.open_prices])
                self._price(slots, relaxed.place)
            if np.all(slots.stay >= 0):
                self._price(slots, slots.stay)
        listed: list[tuple[float, int, Integers]] = []
        for order, slots in enumerate(self.slots):
            if self.should_stop():
                return False
            limit = self.limit() / self.arena.unit
            found = choices_below(self.arena.network, slots.candidates, profiles[order], limit)
            pairs = zip(found[1].tolist(), found[0], strict=True)
            listed += [(cost, order, place) for cost, place in pairs]
        self.n_listed = len(listed)
        self.priced = []  # what is in it is listed, too
        for cost, order, place in sorted(listed, key=lambda one: one[0]):
            if cost * self.arena.unit > self.limit():
                break
            if self.should_stop():
                return False
            self._consider(self.slots[order], place)
        return True

    def _consider(self, slots: Slots, place: Integers) -> None:
        """Price a choice unless it is dearer in any case."""
        levels = np.unique(place)
        terms = self.inputs.terms
        if terms is not None and terms.is_forced[levels].sum() < terms.is_forced.sum():
            return
        is_tac = self.inputs.objective is Measure.TAC
        own = self.search.charge(self._found(slots, place)) if is_tac else 0.0
        if self.inputs.chooses_connections:
            own += self.inputs.least_connected(levels)
        if own + self.arena.screen.bound(levels) * self.arena.unit <= self.limit():
            self._price(slots, place)

    def _found(self, slots: Slots, place: Integers) -> Found:
        return Found(slots.position, place.astype(np.int64), math.nan, math.nan, self.n_listed)

    def _price(self, slots: Slots, place: Integers) -> None:
        size = place.size
        rank = (*changes(place, slots.stay, size), *np.unique(place).tolist())
        one = self.search.priced(self._found(slots, place), rank)
        if math.isfinite(one.cost):
            self.priced.append(one)
            self.least = min(self.least, one.cost)

    def best(self) -> _Priced | None:
        """Return the choice of least cost, then least TAC, then fewest changes, then lowest."""
        left = [one for one in self.priced if one.cost <= self.limit()]
        if not left:
            return None
        tac = min(one.tac for one in left)
        left = [one for one in left if one.tac <= tac + EQUAL * abs(tac) + self.rounding]
        return min(left, key=lambda one: one.rank)
