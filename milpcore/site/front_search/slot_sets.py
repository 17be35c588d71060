r"""Retrofit: existing levels in their order, at most K of which stand elsewhere than today.

All choices are walked depth first, as in `milpcore.site.slot_search`, but with the number of
levels that may still move: with feasible heat prices the cost of a choice is at least a path
length, which is completed as cheaply as any choice with so many moves can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from milpcore.site.front_search.families import Listed, Minimum, Pause
from milpcore.site.front_search.measures import Weighted
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.path_search.incumbents import SetArrays, arc_length, level_set_cost, set_arrays
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.search import SearchStopped
from milpcore.site.path_search.start import set_prices
from preprocess.jit import kernel

CHUNK = 512
"""Level sets handed over at a time."""
STEPS = 200_000
"""Steps of the walk between two looks at the clock."""
LEAST_GAP = 1e-11
"""Costs that are lower by less than this share are not looked for."""


@dataclass(frozen=True, eq=False)
class SlotSets:
    """Every choice of one candidate for each existing level, in their order.

    Attributes
    ----------
    stay : ndarray of int (n,)
        Candidate of each existing level, rising.
    candidates : tuple of ndarray of int
        Where each may go, its own place included, rising.
    most_moves : int
        Existing levels that may stand elsewhere than today.
    """

    stay: Integers
    candidates: tuple[Integers, ...]
    most_moves: int

    @cached_property
    def _first(self) -> Integers:
        sizes = [one.size for one in self.candidates]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @cached_property
    def _flat(self) -> Integers:
        return np.concatenate(self.candidates).astype(np.int64)

    @cached_property
    def _moved(self) -> Booleans:
        """Whether each candidate is another place than today's."""
        slot = np.repeat(np.arange(self.stay.size), [one.size for one in self.candidates])
        return np.asarray(self._flat != self.stay[slot])

    def first(self) -> Integers:
        """Return the levels of today."""
        return np.unique(self.stay)

    def minimum(self, weighted: Weighted, known: Sequence[Integers], pause: Pause) -> Minimum:
        """Find the cheapest, beginning from some that are known."""
        network = weighted.network
        costs = [level_set_cost(network, levels)[0] for levels in known]
        best = known[int(np.argmin(costs))]
        least = min(costs)

        def cutoff() -> float:
            return least - LEAST_GAP * abs(least)

        def offer(sets: Integers) -> None:
            nonlocal best, least
            for row in sets:
                levels = row[row >= 0]
                cost, _ = level_set_cost(network, levels)
                if cost < least:
                    best, least = levels, cost

        bound, finished = self.below(weighted, known, cutoff, offer, pause)
        return Minimum(best, min(bound, least), finished)

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
        profiles = np.stack([set_prices(network, levels) for levels in _starts(network, known)])
        arrays = set_arrays(network)
        to_go = _completions(
            self._first, self._flat, self._moved, self.most_moves, profiles, *arrays[:2]
        )
        walk = _Walk(self, profiles, to_go, arrays)
        try:
            while not walk.done:
                pause()
                found = walk.go(cutoff())
                if len(found):
                    offer(found)
        except SearchStopped:
            return Listed(walk.least_length, False)
        return Listed(cutoff(), True)

    def simpler(self, levels: Integers) -> list[Integers]:
        """Those with one level back at its place of today, or left out by meeting another.

        One that has met another comes back beside it, if that takes fewer moves.
        """
        homes = np.setdiff1d(self.stay, levels)
        apart = [np.union1d(levels, home) for home in homes]
        choices = [levels[levels != level] for level in levels] if levels.size > 1 else []
        for level in levels:
            for home in homes:
                choices.append(np.unique(np.append(levels[levels != level], home)))
        most = self.moves(levels)
        fewer = [one for one in apart if self.moves(one) < most]
        return fewer + [one for one in choices if self.moves(one) <= most]

    def places(self, levels: Integers) -> Integers:
        """Candidate of each slot (n,) with which all together take these levels by fewest moves.

        Raises
        ------
        ValueError
            If no choice takes exactly these levels.
        """
        if not np.isfinite(self.moves(levels)):
            raise ValueError(f"slots: no choice takes the levels {levels.tolist()}")
        place = np.empty(self.stay.size, dtype=np.int64)
        at = levels.size - 1
        for slot in range(self.stay.size - 1, -1, -1):
            options = []
            for lower in (at, at - 1) if slot < self.stay.size - 1 else (at,):
                if lower >= 0 and levels[lower] in self.candidates[slot]:
                    below = SlotSets(self.stay[: slot + 1], self.candidates[: slot + 1], slot + 1)
                    options.append((below.moves(levels[: lower + 1]), -lower))
            at = -min(options)[1]
            place[slot] = levels[at]
        return place

    def moves(self, levels: Integers) -> float:
        """Least number of existing levels that must move for a level set; inf if it has none."""
        return float(_least_moves(self._first, self._flat, self._moved, levels, self.most_moves))


class _Walk:
    """One walk through all choices, which can be left and taken up again."""

    def __init__(self, sets: SlotSets, profiles: Floats, to_go: Floats, arrays: SetArrays) -> None:
        n_slots = sets.stay.size
        self.sets, self.profiles, self.to_go, self.arrays = sets, profiles, to_go, arrays
        self.place = np.full(n_slots, -1, dtype=np.int64)
        self.following = sets._first[:-1].copy()
        self.length = np.zeros((n_slots, len(profiles)))
        self.slot = 0
        total = arrays.cold_below_MW[-1] - arrays.hot_below_MW[-1]
        lowest = sets.candidates[0]
        whole = total * profiles[:, lowest] + to_go[:, : lowest.size, -1]
        self.least_length = float(whole.min(axis=1).max())

    @property
    def done(self) -> bool:
        return self.slot < 0

    def go(self, cutoff: float) -> Integers:
        """Go on, and return some level sets below the cutoff, padded with -1."""
        found, count, self.slot = _walk(
            self.sets._first,
            self.sets._flat,
            self.sets._moved,
            self.sets.most_moves,
            self.profiles,
            self.to_go,
            cutoff,
            self.slot,
            self.place,
            self.following,
            self.length,
            *self.arrays,
        )
        return found[:count]


def _starts(network: LevelNetwork, known: Sequence[Integers]) -> list[Integers]:
    """Level sets whose prices bound the others: the best known ones, and all candidates."""
    costs = [level_set_cost(network, levels)[0] for levels in known]
    best = [known[place] for place in np.argsort(costs, kind="stable")[:2]]
    return [*best, np.arange(network.n_levels)]


@kernel
def _completions(
    first: Integers,
    candidates: Integers,
    moved: Booleans,
    most_moves: int,
    profiles: Floats,
    hot_below: Floats,
    cold_below: Floats,
) -> Floats:
    """Least length from each candidate to the last slot (P, C, M+1), by moves that are left.

    Moves left are those of the slots above; infinite where there is no way.
    """
    n_slots = first.shape[0] - 1
    n_profiles, n = profiles.shape
    to_go = np.full((n_profiles, candidates.shape[0], most_moves + 1), np.inf)
    for slot in range(n_slots - 1, -1, -1):
        for here in range(first[slot], first[slot + 1]):
            i = candidates[here]
            if slot == n_slots - 1:
                if cold_below[n] - cold_below[i + 1] <= 0.0:
                    to_go[:, here, :] = 0.0
                continue
            for there in range(first[slot + 1], first[slot + 2]):
                j = candidates[there]
                if j < i:
                    continue
                needed = 1 if moved[there] else 0
                for profile in range(n_profiles):
                    step = arc_length(i, j, hot_below, cold_below, profiles[profile])
                    for left in range(needed, most_moves + 1):
                        total = step + to_go[profile, there, left - needed]
                        if total < to_go[profile, here, left]:
                            to_go[profile, here, left] = total
    return to_go


@kernel
def _walk(
    first: Integers,
    candidates: Integers,
    moved: Booleans,
    most_moves: int,
    profiles: Floats,
    to_go: Floats,
    cutoff: float,
    slot: int,
    place: Integers,
    following: Integers,
    length: Floats,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> tuple[Integers, int, int]:
    """Walk on from a slot; level sets below the cutoff, their number, and the slot reached.

    `place` holds the position in `candidates` of each slot below, `following` where to go on; the
    slot is -1 when there is nothing left.
    """
    n_slots = first.shape[0] - 1
    n_profiles, n = profiles.shape
    total = cold_below[n] - hot_below[n]
    found = np.full((CHUNK, n_slots), -1, dtype=np.int64)
    count = 0
    levels = np.empty(n_slots, dtype=np.int64)
    price = np.empty(n_slots)
    for _ in range(STEPS):
        if slot < 0 or count == CHUNK:
            break
        if following[slot] >= first[slot + 1]:
            following[slot] = first[slot]
            slot -= 1
            continue
        here = following[slot]
        following[slot] += 1
        j = candidates[here]
        left = most_moves - (1 if moved[here] else 0)
        for below in range(slot):
            left -= 1 if moved[place[below]] else 0
        if left < 0:
            continue
        if slot == 0:
            if hot_below[j] > 0.0:
                continue
        elif j < candidates[place[slot - 1]]:
            continue
        possible = True
        for profile in range(n_profiles):
            reached = total * profiles[profile, j]
            if slot > 0:
                reached = length[slot - 1, profile] + arc_length(
                    candidates[place[slot - 1]], j, hot_below, cold_below, profiles[profile]
                )
            length[slot, profile] = reached
            rest = to_go[profile, here, left]
            if rest == np.inf or reached + rest >= cutoff:
                possible = False
                break
        if not possible:
            continue
        place[slot] = here
        if slot < n_slots - 1:
            slot += 1
            following[slot] = first[slot]
            continue
        size = 0
        for a in range(n_slots):
            level = candidates[place[a]]
            if size == 0 or level > levels[size - 1]:
                levels[size] = level
                size += 1
        cost = level_set_prices(
            levels[:size],
            hot_below,
            cold_below,
            external_heat,
            cooling,
            pump_index,
            pump_share,
            pump_cost,
            price,
        )
        if cost < cutoff:
            found[count, :size] = levels[:size]
            count += 1
    return found, count, slot


@kernel
def _least_moves(
    first: Integers, candidates: Integers, moved: Booleans, levels: Integers, most_moves: int
) -> float:
    """Fewest moved slots with which all slots together take exactly these levels."""
    n_slots, size = first.shape[0] - 1, levels.shape[0]
    fewest = np.full((n_slots, size), np.inf)
    for slot in range(n_slots):
        for here in range(first[slot], first[slot + 1]):
            for at in range(size):
                if levels[at] != candidates[here]:
                    continue
                before = np.inf
                if slot == 0:
                    before = 0.0 if at == 0 else np.inf
                else:
                    before = fewest[slot - 1, at]
                    if at > 0:
                        before = min(before, fewest[slot - 1, at - 1])
                cost = before + (1.0 if moved[here] else 0.0)
                fewest[slot, at] = min(fewest[slot, at], cost)
    least = fewest[n_slots - 1, size - 1]
    return float(least) if least <= most_moves else np.inf
