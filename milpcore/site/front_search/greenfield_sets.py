"""Greenfield: every set of at most N candidate levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from milpcore.site.front_search.families import Listed, Minimum, Pause
from milpcore.site.front_search.measures import Pair, Weighted
from milpcore.site.front_search.sets_below import SetsBelow
from milpcore.site.inputs import Integers
from milpcore.site.path_search.incumbents import first_level_set, level_set_cost
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.search import Search, SearchState
from milpcore.site.path_search.start import Start, better_start, first_guess, stepped_prices


@dataclass(frozen=True, eq=False)
class GreenfieldSets:
    """Every set of at most `n_levels` candidates.

    Attributes
    ----------
    pair : Pair
    n_levels : int
        From 1; sets of one level must be able to serve every stream if it is 1.
    solver : LinearSolver
    """

    pair: Pair
    n_levels: int
    solver: LinearSolver

    def first(self) -> Integers:
        """One or two levels that serve every stream."""
        return first_level_set(self.pair.network)

    def minimum(self, weighted: Weighted, known: Sequence[Integers], pause: Pause) -> Minimum:
        """Find the cheapest, beginning from some that are known."""

        def should_stop(_: SearchState) -> bool:
            pause()
            return False

        network = weighted.network
        start = first_guess(network, self.n_levels)
        for levels in known:
            other = Start(levels, stepped_prices(network, levels))
            start = better_start(network, self.n_levels, start, other)
        search = Search(
            network,
            self.solver,
            n_levels=self.n_levels,
            levels=start.levels,
            price=start.price,
            mip_rel_gap=0.0,
            deadline_s=math.inf,
            should_stop=should_stop,
        )
        state = search.run()
        return Minimum(state.levels, state.bound, state.finished)

    def below(
        self,
        weighted: Weighted,
        known: Sequence[Integers],
        cutoff: Callable[[], float],
        offer: Callable[[Integers], None],
        pause: Pause,
    ) -> Listed:
        """Offer all that cost less than a cutoff, which may fall meanwhile."""
        network = weighted.network
        costs = [level_set_cost(network, levels)[0] for levels in known]
        best = known[int(np.argmin(costs))]
        start = first_guess(network, self.n_levels)
        start = better_start(
            network, self.n_levels, start, Start(best, stepped_prices(network, best))
        )
        search = SetsBelow(
            network,
            self.solver,
            n_levels=self.n_levels,
            price=start.price,
            least=min(costs),
            cutoff=cutoff,
            offer=offer,
            pause=pause,
        )
        return Listed(*search.run())

    def simpler(self, levels: Integers) -> list[Integers]:
        """Those without one of the levels, or with one of them lower, as low as can be."""
        fewer = (
            [np.delete(levels, place) for place in range(levels.size)] if levels.size > 1 else []
        )
        lower = []
        for place in range(levels.size):
            least = int(levels[place - 1]) + 1 if place else 0
            for level in range(least, int(levels[place])):
                trial = levels.copy()
                trial[place] = level
                lower.append(trial)
        return fewer + lower
