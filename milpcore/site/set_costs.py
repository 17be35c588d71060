r"""What level sets cost, and which of them count, for `milpcore.site.ranked_sets`.

`NetworkCosts` prices a set on the level network, which states a site without options, and some
options, exactly (`milpcore.site.option_refusals`). `OptionCosts` prices it with all of its options,
by the program of `milpcore.site.level_program`; its network is a relaxation
(`milpcore.site.option_screen`), from which a set costs at least

.. math:: \text{least}(S) = \text{own}(S) + \text{screen}(S) + \text{connections}(S)
          \le \text{cost}(S) \tag{1}

with what its levels cost themselves (of a greenfield all of them, of a retrofit those that are not
where a level of today stays), its operation without what fixed costs and numbers leave out, and the
cheapest connection of every stream. Only a set for which that is below the cutoff is operated.

A set counts

- in a greenfield, if none of its levels that options do not force can be left out without extra
  cost;
- in a retrofit, if it cannot do with fewer moves, or with as many and a level less, by moving one
  level back or letting it meet another one.

Leaving out one level at a time is enough where levels cost nothing: with options, too, more open
levels never cost more, as heat pumps, sources and limits are those of today's levels with nothing
done at the new one (the proof is that of `milpcore.site.retrofit`). Where a level costs something,
two levels may both be worth it together and neither alone. Such a set counts; the one without both
stands before it, if that is cheaper.

In a retrofit the charge of a set is what a moved level costs, times ``moves - (n - |S|)`` for ``n``
levels of today. Proof: of ``n`` levels, ``n - moves`` stay, each at a level of its own of the set;
all other levels of the set are those that one moves to. So fewest moves are least charge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from milpcore.site.connected_levels import connected_program
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.level_program import least_objective
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_screen import relaxed_network
from milpcore.site.path_search.incumbents import level_set_cost, level_set_costs, set_arrays
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.search import SearchStopped
from milpcore.site.slot_search import EQUAL, ROUNDING
from preprocess.jit import kernel

MOST_PRICED = 5_000_000
"""Level sets priced on the network before a search gives up."""
MOST_OPERATED = 300_000
"""Level sets operated with options before a search gives up."""

Cutoff = Callable[[], float]
"""Cost from which on a level set is of no interest, at the moment; it never rises."""


class Counted(NamedTuple):
    """A level set that counts.

    Attributes
    ----------
    cost : float
        In units of the network.
    levels : tuple of int
        Candidates, rising.
    """

    cost: float
    levels: tuple[int, ...]


class SetCosts(Protocol):
    """What level sets cost, in units of the network.

    Attributes
    ----------
    network : LevelNetwork
        On which no level set costs more.
    tiny : float
        Costs closer than this are equal.
    n_priced : int
        Level sets priced so far.
    """

    network: LevelNetwork
    tiny: float
    n_priced: int

    def counting(self, sets: Integers, cutoff: Cutoff) -> Iterator[Counted]:
        """Yield those of some sets, rows padded with -1, that cost less than the cutoff and count.

        Raises
        ------
        SearchStopped
            If too many have been priced, or the search is to stop.
        """


def higher(cost: float, tiny: float, share: float = 0.0) -> float:
    """Cost a share higher, and by what counts as equal."""
    return cost + (share + EQUAL) * abs(cost) + tiny


def rounding(network: LevelNetwork) -> float:
    """Differences of cost that mean nothing, beside 0."""
    duties_MW = network.hot_below_MW[-1] + network.cold_below_MW[-1]
    return ROUNDING * float(duties_MW * network.external_heat_cost.max())


class NetworkCosts:
    """Costs of a site that the level network states exactly.

    Parameters
    ----------
    network : LevelNetwork
    family : SlotSets, optional
        Of a retrofit; then moves count, not levels.
    """

    def __init__(self, network: LevelNetwork, family: SlotSets | None = None) -> None:
        self.network, self.family = network, family
        self.tiny = rounding(network)
        self.n_priced = 0

    def counting(self, sets: Integers, cutoff: Cutoff) -> Iterator[Counted]:
        """Yield those that cost less than the cutoff and count."""
        costs = level_set_costs(self.network, sets)
        self.n_priced += len(sets)
        cheap = np.flatnonzero(costs < cutoff())
        for row in cheap[self._count(sets[cheap], costs[cheap])]:
            yield Counted(float(costs[row]), tuple(sets[row][sets[row] >= 0].tolist()))
        if self.n_priced > MOST_PRICED:
            raise SearchStopped

    def _count(self, sets: Integers, costs: Floats) -> Booleans:
        if self.family is None:
            arrays = set_arrays(self.network)
            return np.asarray(all_needed(sets, costs, EQUAL, self.tiny, *arrays))
        family, pairs = self.family, zip(sets, costs.tolist(), strict=True)

        def is_below(levels: Integers, limit: float) -> bool:
            return level_set_cost(self.network, levels)[0] < limit

        return np.array(
            [
                moves_needed(family, one[one >= 0], higher(c, self.tiny), is_below)
                for one, c in pairs
            ],
            dtype=np.bool_,
        )


class OptionCosts:
    """Costs with options.

    Parameters
    ----------
    inputs : SiteInputs
        The site; of a retrofit with levels that cost nothing.
    n_levels : int
        Largest number of levels of a set.
    pause : callable
        Called now and then; raises `SearchStopped` to end the search.
    family : SlotSets, optional
        Of a retrofit.
    moved_EUR_per_a : float
        In a retrofit, what a level that moves costs, in the objective.
    """

    def __init__(
        self,
        inputs: SiteInputs,
        n_levels: int,
        pause: Callable[[], None],
        family: SlotSets | None = None,
        moved_EUR_per_a: float = 0.0,
    ) -> None:
        self.inputs, self.pause, self.family = inputs, pause, family
        self.network, self.screen = relaxed_network(inputs, n_levels)
        self.unit = KW_PER_MW * inputs.cost_scale
        self.tiny = rounding(self.network)
        self.level_cost = inputs.objective_fixed_costs.level / self.unit
        self.moved = moved_EUR_per_a / self.unit
        self.n_priced = 0
        self._least: dict[tuple[int, ...], float] = {}
        self._costs: dict[tuple[int, ...], float] = {}

    def counting(self, sets: Integers, cutoff: Cutoff) -> Iterator[Counted]:
        """Yield those that cost less than the cutoff and count, the most promising first."""
        relaxed = level_set_costs(self.network, sets)
        rows = [one[one >= 0] for one in sets[relaxed < cutoff()]]
        least = np.array([self.least(one) for one in rows])
        for place in np.argsort(least, kind="stable"):
            if not least[place] < cutoff():
                return
            levels = rows[place]
            cost = self.cost(levels)
            if cost < cutoff() and self._counts(levels, cost):
                yield Counted(cost, tuple(levels.tolist()))

    def own(self, levels: Integers) -> float:
        """Cost of the levels themselves: all of a greenfield, those that move of a retrofit."""
        if self.family is None:
            return float(self.level_cost[levels].sum())
        if self.moved == 0.0:
            return 0.0
        met = self.family.stay.size - levels.size
        return self.moved * (self.family.moves(levels) - met)

    def least(self, levels: Integers) -> float:
        """Cost of a set (rising) at least, equation (1); infinite without a forced level."""
        key = tuple(levels.tolist())
        if key not in self._least:
            self._least[key] = self._bound(levels)
        return self._least[key]

    def _bound(self, levels: Integers) -> float:
        inputs = self.inputs
        if inputs.is_forced[levels].sum() < inputs.is_forced.sum():
            return np.inf
        bound = self.own(levels) + self.screen.bound(levels)
        if inputs.chooses_connections:
            bound += inputs.least_connected(levels) / self.unit
        return bound

    def cost(self, levels: Integers) -> float:
        """Cost of a set (rising) with its options; infinite where it cannot be operated."""
        key = tuple(levels.tolist())
        if key not in self._costs:
            self.pause()
            if self.n_priced >= MOST_OPERATED:
                raise SearchStopped
            self.n_priced += 1
            operation = least_objective(connected_program(self.inputs, levels))
            self._costs[key] = self.own(levels) + operation / self.unit
        return self._costs[key]

    def _counts(self, levels: Integers, cost: float) -> bool:
        limit = higher(cost, self.tiny)
        if self.family is not None:
            return moves_needed(self.family, levels, limit, self._is_below)
        places = range(levels.size) if levels.size > 1 else ()
        return not any(self._is_below(np.delete(levels, place), limit) for place in places)

    def _is_below(self, levels: Integers, limit: float) -> bool:
        """Whether a set costs less; never without a forced level."""
        return self.least(levels) < limit and self.cost(levels) < limit


def moves_needed(
    family: SlotSets, levels: Integers, limit: float, is_below: Callable[[Integers, float], bool]
) -> bool:
    """Whether no level of a retrofit can do with fewer moves, or be given up, at no extra cost.

    Only sets that move fewer levels, or as many and have fewer levels, count as simpler, so that
    of two that are alike one stays.
    """
    rank = family.moves(levels), levels.size
    return not any(
        (family.moves(simpler), simpler.size) < rank and is_below(simpler, limit)
        for simpler in family.simpler(levels)
    )


@kernel
def all_needed(
    sets: Integers,
    costs: Floats,
    equal: float,
    tiny: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> Booleans:
    """Whether no level of a set (rows, padded with -1) can be left out without extra cost."""
    is_needed = np.ones(sets.shape[0], dtype=np.bool_)
    price = np.empty(sets.shape[1])
    for row in range(sets.shape[0]):
        size = 0
        while size < sets.shape[1] and sets[row, size] >= 0:
            size += 1
        limit = costs[row] + equal * abs(costs[row]) + tiny
        for place in range(size):
            if size == 1:
                break
            fewer = np.empty(size - 1, dtype=np.int64)
            fewer[:place] = sets[row, :place]
            fewer[place:] = sets[row, place + 1 : size]
            without = level_set_prices(
                fewer,
                hot_below,
                cold_below,
                external_heat,
                cooling,
                pump_index,
                pump_share,
                pump_cost,
                price,
            )
            if without <= limit:
                is_needed[row] = False
                break
    return is_needed
