r"""The K best level sets, and all those within a share of the best, without a gap.

A level set counts where each of its levels saves something: where none can be left out without
extra cost. (Levels of no use can be put anywhere, and would fill every list.) In a retrofit, whose
number of levels is given, each of its moves has to save something instead. What a set costs, and
whether it counts, `milpcore.site.set_costs` says: on the level network, or with options.

Idea. A pool keeps the sets that have been priced, in order. Its cutoff is the cost of its K-th set,
or the best cost and a share above it, whichever is higher; it only falls. A search
(`milpcore.site.sets_by_count` for any candidates, `milpcore.site.front_search.slot_sets` for slots)
then offers every level set that costs less than the cutoff on a network on which no set costs more:
with options that is a relaxation, because options only add cost or take something away.

Why none between is missing. Let ``c`` be the cutoff at the end and ``b <= c`` the bound that the
search returns: every level set with a cost below ``b`` costs less on the network, too, and has been
offered, whether it counts or not. A set that was offered and counts is in the pool unless it, or a
lower bound of its cost, was at least the cutoff of that moment, which was no lower than ``c``. So
the pool holds every set that counts and costs less than ``b``; and a search that ends by itself has
``b = c``, above the cost of the K-th set. A search that is stopped proves the ranks of those sets
that cost less than ``b``.

Ties. Costs closer than 1e-9 of them are equal. Of these, sets with fewer levels come first, then
those with lower temperatures. The cutoff lies that share above the K-th cost, so that every set
that ties with the K-th is known and the choice among them does not depend on the search.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from milpcore.site.front_search.families import Listed
from milpcore.site.inputs import Integers
from milpcore.site.path_search.search import SearchStopped
from milpcore.site.set_costs import SetCosts, higher

MOST_KEPT = 200_000
"""Level sets kept before a search gives up."""
MOST_PASSES = 6
"""Rounds of neighbours with which the pool is filled before the search."""

Below = Callable[[Callable[[], float], Callable[[Integers], None]], Listed]
"""A search for all level sets below a cutoff: takes the cutoff and where to offer sets."""


class RankedSet(NamedTuple):
    """A level set and its cost; they sort by cost, then number of levels, then levels.

    Attributes
    ----------
    cost : float
        In units of the network.
    n_levels : int
    levels : tuple of int
        Candidates, rising.
    """

    cost: float
    n_levels: int
    levels: tuple[int, ...]


class Ranking(NamedTuple):
    """What a search for the best level sets has found and proven.

    Attributes
    ----------
    sets : tuple of RankedSet
        The best, in order; at most as many as were asked for.
    near : tuple of RankedSet
        All within the share asked for, in order.
    n_tied : int
        Further sets that cost as much as the last of `sets`.
    bound : float
        Every set that counts and costs less is known.
    finished : bool
        Whether nothing below the cutoff is left.
    n_priced : int
        Level sets priced.
    """

    sets: tuple[RankedSet, ...]
    near: tuple[RankedSet, ...]
    n_tied: int
    bound: float
    finished: bool
    n_priced: int


class SetPool:
    """The best level sets so far.

    Parameters
    ----------
    costs : SetCosts
        What level sets cost.
    n_best : int
        How many are wanted, from 1.
    share : float or None
        Those within this share of the best cost are wanted, too.
    """

    def __init__(self, costs: SetCosts, n_best: int, share: float | None) -> None:
        self.costs, self.n_best, self.share = costs, n_best, share
        self.order: list[RankedSet] = []
        self._known: set[tuple[int, ...]] = set()

    def above(self, cost: float, share: float = 0.0) -> float:
        """Cost a share higher, and by what counts as equal."""
        return higher(cost, self.costs.tiny, share)

    def cutoff(self) -> float:
        """Cost from which on nothing is wanted."""
        if len(self.order) < self.n_best:
            return np.inf
        cutoff = self.above(self.order[self.n_best - 1].cost)
        if self.share is not None:
            cutoff = max(cutoff, self.above(self.order[0].cost, self.share))
        return cutoff

    def offer(self, sets: Integers) -> None:
        """Price level sets, one a row and padded with -1, and keep those that are wanted."""
        for cost, levels in self.costs.counting(sets, self.cutoff):
            if levels not in self._known and cost < self.cutoff():
                self._known.add(levels)
                insort(self.order, RankedSet(cost, len(levels), levels))
        while self.order and self.order[-1].cost >= self.cutoff():
            self._known.discard(self.order.pop().levels)
        if len(self.order) > MOST_KEPT:
            raise SearchStopped

    def fill(self, n_levels: int, pause: Callable[[], None]) -> None:
        """Price the neighbours of the best sets, so that the cutoff is low from the start."""
        seen: set[tuple[int, ...]] = set()
        for _ in range(MOST_PASSES):
            fresh = [one.levels for one in self.order[: self.n_best] if one.levels not in seen]
            if not fresh:
                return
            for levels in fresh:
                pause()
                seen.add(levels)
                self.offer(neighbours(np.array(levels), self.costs.network.n_levels, n_levels))

    def ranking(self, listed: Listed) -> Ranking:
        """Order what is known, with its proof."""
        ranked = self._by_rank()
        near: list[RankedSet] = []
        if self.share is not None and ranked:
            limit = self.above(ranked[0].cost, self.share)
            near = [one for one in ranked if one.cost < limit]
        best = ranked[: self.n_best]
        limit = self.above(best[-1].cost) if best else np.inf
        n_tied = sum(one.cost < limit for one in ranked[self.n_best :])
        bound = min(listed.bound, self.cutoff())
        return Ranking(
            tuple(best), tuple(near), n_tied, bound, listed.finished, self.costs.n_priced
        )

    def _by_rank(self) -> list[RankedSet]:
        """All sets, those of equal cost by number of levels, then levels."""
        ranked: list[RankedSet] = []
        group: list[RankedSet] = []
        for one in self.order:
            if group and one.cost >= self.above(group[0].cost):
                ranked += sorted(group, key=lambda equal: equal[1:])
                group = []
            group.append(one)
        return ranked + sorted(group, key=lambda equal: equal[1:])


def ranked_sets(
    pool: SetPool, known: Sequence[Integers], below: Below, n_levels: int, pause: Callable[[], None]
) -> Ranking:
    """Find the best level sets.

    Parameters
    ----------
    pool : SetPool
        Empty; tells what is wanted.
    known : sequence of ndarray of int
        Some level sets that serve every stream, one a row.
    below : callable
        The search for all level sets below a cutoff.
    n_levels : int
        Largest number of levels of the neighbours that the pool is filled with; 0 for none.
    pause : callable
        Called now and then; raises `SearchStopped` to end the search.

    Returns
    -------
    Ranking
    """
    try:
        for levels in known:
            pool.offer(levels)
        if n_levels:
            pool.fill(n_levels, pause)
    except SearchStopped:
        return pool.ranking(Listed(-np.inf, False))
    return pool.ranking(below(pool.cutoff, pool.offer))


def neighbours(levels: Integers, n: int, most: int) -> Integers:
    """Level sets with one level moved, left out or added, padded with -1.

    Parameters
    ----------
    levels : ndarray of int (m,)
        Rising.
    n : int
        Number of candidates.
    most : int
        Largest number of levels.

    Returns
    -------
    ndarray of int (sets, most)

    Examples
    --------
    >>> neighbours(np.array([0, 2]), 3, 2).tolist()
    [[2, -1], [1, 2], [0, -1], [0, 1]]
    """
    sets = []
    for place in range(levels.size):
        fewer = np.delete(levels, place)
        if fewer.size:
            sets.append(fewer)
        sets += [np.append(fewer, new) for new in np.setdiff1d(np.arange(n), levels)]
    if levels.size < most:
        sets += [np.append(levels, new) for new in np.setdiff1d(np.arange(n), levels)]
    rows = np.full((len(sets), most), -1, dtype=np.int64)
    for row, one in zip(rows, sets, strict=True):
        row[: one.size] = np.sort(one)
    return rows
