"""Every level set below a cutoff where levels cost something, and some may be forced.

With ``c`` the cost of a level, a set of ``m`` levels that costs less than the cutoff costs less
than the cutoff less ``c m`` without it. So sets are listed for each number ``m``, from the largest
on, by `milpcore.site.front_search.sets_below` on a network on which levels cost nothing; arcs past
a forced level are left out. Proof that none is missing: a set of ``m`` levels that costs less than
the bound returned costs less than the bound of the list of ``m`` without its levels, and was
offered there; a number whose list is left out has no such set, because the cheapest set of all and
``m`` levels cost as much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from milpcore.site.front_search.families import Listed
from milpcore.site.front_search.sets_below import SetsBelow
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.search import SearchState


class CountedSets(NamedTuple):
    """What is listed, and by what.

    Attributes
    ----------
    network : LevelNetwork
        On which levels cost nothing.
    solver : LinearSolver
    state : SearchState
        Of a search for its cheapest set of at most `n_levels`.
    n_levels : int
        Largest number of levels.
    level_cost : ndarray (L,)
        Cost of each level, in units of the network.
    is_forced : ndarray of bool (L,)
        Levels that every set has.
    """

    network: LevelNetwork
    solver: LinearSolver
    state: SearchState
    n_levels: int
    level_cost: Floats
    is_forced: Booleans

    def below(
        self,
        cutoff: Callable[[], float],
        offer: Callable[[Integers], None],
        pause: Callable[[], None],
    ) -> Listed:
        """Offer every set that costs less than a cutoff; its bound is that of all.

        Parameters
        ----------
        cutoff : callable
            Returns the cutoff of now, levels included; it never rises.
        offer : callable
            Called with level sets, one a row, padded with -1.
        pause : callable
            Called now and then; raises `SearchStopped` to end the search.
        """
        counts = range(self.n_levels, 0, -1) if self.level_cost.any() else (self.n_levels,)
        bounds = []
        for count in counts:
            base = self.levels_cost(count)
            least = self.state.bound + base
            if least >= cutoff():
                bounds.append(least)
                continue
            bound, finished = self._search(count, base, cutoff, offer, pause).run()
            bounds.append(bound + base)
            if not finished:
                fewer = range(1, count) if len(counts) > 1 else ()
                rest = [self.state.bound + self.levels_cost(one) for one in fewer]
                return Listed(min(*bounds, *rest, np.inf), False)
        return Listed(min(bounds), True)

    def levels_cost(self, count: int) -> float:
        """Least cost of so many levels."""
        return float(np.sort(self.level_cost)[:count].sum())

    def _search(
        self,
        count: int,
        base: float,
        cutoff: Callable[[], float],
        offer: Callable[[Integers], None],
        pause: Callable[[], None],
    ) -> SetsBelow:
        """Return the search for sets of at most so many levels, all forced ones among them."""
        search = SetsBelow(
            self.network,
            self.solver,
            n_levels=count,
            price=self.state.price,
            least=self.state.cost,
            cutoff=lambda: cutoff() - base,
            offer=offer,
            pause=pause,
        )
        forced = np.flatnonzero(self.is_forced)
        if forced.size:
            root, place = search.root, np.arange(self.network.n_levels)
            root.can_start = root.can_start & (place <= forced[0])
            root.can_end = root.can_end & (place >= forced[-1])
            tail = self.network.arc_tail[root.arcs]
            head = self.network.arc_head[root.arcs]
            passed = np.searchsorted(forced, tail, side="right") < np.searchsorted(forced, head)
            root.arcs = root.arcs[~passed]
        return search
