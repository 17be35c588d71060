r"""The exact search for levels that may only move within slots, by listing with bounds.

A retrofit keeps the number of levels: the m-th level takes one of the candidates of its own slot,
in the order of the slots; two levels at one temperature count as one. The list of all choices is
walked depth first. With heat prices ``p`` that are feasible for the dual
(`milpcore.site.path_search.prices`), the cost of a choice ``l_1 <= ... <= l_n`` is at least

.. math::

   D\,p_{l_1} + \sum_m d_{l_m l_{m+1}} (p_{l_{m+1}} - p_{l_m}), \tag{1}

``D`` the total deficit and ``d`` that of an arc (`milpcore.site.path_search.network`): a branch
ends where (1), completed as cheaply as any choice can be, exceeds the best choice under one of the
price profiles. Every choice that is left is priced exactly
(`milpcore.site.path_search.level_set`), so that the result is optimal to rounding. A second walk
looks through the choices of equal cost for the one that changes least.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.incumbents import arc_length, level_set_cost, set_arrays
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.start import set_prices
from preprocess.jit import kernel

EQUAL = 1e-9
"""Costs closer than this share are equal; then fewer moves win, fewer levels, lower levels."""

ROUNDING = 1e-13
"""Costs closer than this share of the cost of heating all streams are equal, too."""


class SlotOptimum(NamedTuple):
    """The best choice.

    Attributes
    ----------
    place : ndarray of int (n,)
        Level of each slot.
    cost : float
        Exact cost, in units of the network; infinite where no choice serves every stream.
    n_choices : int
        Choices priced exactly.
    """

    place: Integers
    cost: float
    n_choices: int

    @property
    def levels(self) -> Integers:
        """The level set: each level once, rising."""
        return np.unique(self.place)


def best_in_slots(
    network: LevelNetwork,
    slots: Sequence[Integers],
    stay: Integers,
    *,
    equal: float = EQUAL,
    open_prices: Floats | None = None,
) -> SlotOptimum:
    """Find the best level for each slot.

    Parameters
    ----------
    network : LevelNetwork
    slots : sequence of ndarray of int
        Candidates of each slot, rising; slots from the lowest to the highest.
    stay : ndarray of int (n,)
        Level at which a slot counts as not moved; -1 for a level that is new.
    equal : float
        Costs closer than this share are equal.
    open_prices : ndarray (L,), optional
        From `all_open_prices`, to save its time where one network is searched again and again.

    Returns
    -------
    SlotOptimum
        Optimal within the share `equal`. Of the choices of equal cost it has the fewest slots
        moved, then the fewest levels, then the lowest ones, from the first slot on.
    """
    at = np.asarray(stay, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum([slot.size for slot in slots])]).astype(np.int64)
    candidates = np.concatenate(slots).astype(np.int64)
    place, cost = _descend(network, slots, _start(slots, at))
    general = all_open_prices(network) if open_prices is None else open_prices
    profiles = np.stack([set_prices(network, np.unique(place)), general])
    duties_MW = network.hot_below_MW[-1] + network.cold_below_MW[-1]
    rounding = ROUNDING * float(duties_MW * network.external_heat_cost.max())
    to_go = completions(first, candidates, profiles, network.hot_below_MW, network.cold_below_MW)
    found = place.astype(np.int64)
    count = 0
    for settles, share in ((False, 0.1 * equal), (True, 0.9 * equal)):
        cost, priced = _walk(
            first,
            candidates,
            at,
            profiles,
            to_go,
            found,
            cost,
            settles,
            share,
            rounding,
            *set_arrays(network),
        )
        count += priced
    return SlotOptimum(found, float(cost), int(count))


def all_open_prices(network: LevelNetwork) -> Floats:
    """Feasible heat prices (L,) of the site with every level open."""
    return set_prices(network, np.arange(network.n_levels))


def _start(slots: Sequence[Integers], stay: Integers) -> Integers:
    """Where all stay and new levels are as low as can be; as low as can be if that is no order."""
    for wanted in (stay, np.full_like(stay, -1)):
        place: list[int] = []
        for slot, at in zip(slots, wanted, strict=True):
            allowed = slot[slot >= max(at, place[-1] if place else 0)]
            if not allowed.size:
                break
            place.append(int(allowed[0]))
        if len(place) == len(slots):
            return np.array(place, dtype=np.int64)
    raise ValueError("slots: no choice of one candidate each is in rising order")


def _descend(
    network: LevelNetwork, slots: Sequence[Integers], place: Integers
) -> tuple[Integers, float]:
    """Move one slot after the other to its best candidate."""
    cost, _ = level_set_cost(network, np.unique(place))
    improved = True
    while improved:
        improved = False
        for slot, candidates in enumerate(slots):
            least = place[slot - 1] if slot else -1
            most = place[slot + 1] if slot + 1 < len(slots) else network.n_levels
            for level in candidates[(candidates >= least) & (candidates <= most)]:
                trial = place.copy()
                trial[slot] = level
                value, _ = level_set_cost(network, np.unique(trial))
                if value < cost * (1.0 - EQUAL):
                    place, cost, improved = trial, value, True
    return place, cost


@kernel
def completions(
    first: Integers,
    candidates: Integers,
    profiles: Floats,
    hot_below: Floats,
    cold_below: Floats,
) -> Floats:
    """Least of (1) from each candidate to the last slot, by profile (P, C); inf where none is."""
    n_slots = first.shape[0] - 1
    n_profiles, n = profiles.shape
    to_go = np.full((n_profiles, candidates.shape[0]), np.inf)
    for slot in range(n_slots - 1, -1, -1):
        for here in range(first[slot], first[slot + 1]):
            i = candidates[here]
            if slot == n_slots - 1:
                if cold_below[n] - cold_below[i + 1] <= 0.0:
                    for profile in range(n_profiles):
                        to_go[profile, here] = 0.0
                continue
            for there in range(first[slot + 1], first[slot + 2]):
                j = candidates[there]
                if j < i:
                    continue
                for profile in range(n_profiles):
                    step = arc_length(i, j, hot_below, cold_below, profiles[profile])
                    step += to_go[profile, there]
                    to_go[profile, here] = min(to_go[profile, here], step)
    return to_go


@kernel
def changes(place: Integers, stay: Integers, size: int) -> tuple[int, int]:
    """Slots moved, and levels, of the first `size` slots."""
    moves = 0
    levels = 0
    for slot in range(size):
        moves += stay[slot] >= 0 and place[slot] != stay[slot]
        levels += slot == 0 or place[slot] > place[slot - 1]
    return moves, levels


@kernel
def reaches(
    below: int,
    level: int,
    before: Floats,
    length: Floats,
    to_go: Floats,
    limit: float,
    profiles: Floats,
    hot_below: Floats,
    cold_below: Floats,
) -> bool:
    """Go on to a level, from one below or from the start (-1); whether every profile allows it.

    Fills `length` (P,), the lengths so far at each profile, from those `before`, until one with
    what is `to_go` at least (P,) exceeds the limit.
    """
    n_profiles, n = profiles.shape
    total = cold_below[n] - hot_below[n]
    for profile in range(n_profiles):
        reached = total * profiles[profile, level]
        if below >= 0:
            reached = before[profile] + arc_length(
                below, level, hot_below, cold_below, profiles[profile]
            )
        length[profile] = reached
        if reached + to_go[profile] > limit or to_go[profile] == np.inf:
            return False
    return True


@kernel
def distinct(place: Integers, levels: Integers) -> int:
    """Write the different levels of slots, which do not fall; return how many there are."""
    size = 0
    for slot in range(place.shape[0]):
        if size == 0 or place[slot] > levels[size - 1]:
            levels[size] = place[slot]
            size += 1
    return size


@kernel
def _walk(
    first: Integers,
    candidates: Integers,
    stay: Integers,
    profiles: Floats,
    to_go: Floats,
    best: Integers,
    best_cost: float,
    settles: bool,
    share: float,
    rounding: float,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> tuple[float, int]:
    """Walk all choices depth first; `best` holds a choice, and the best one at the end.

    Looks for a cost lower by more than `share`; with `settles`, for fewer changes at a cost higher
    by no more than `share`.
    """
    n_slots = first.shape[0] - 1
    place = np.empty(n_slots, dtype=np.int64)
    following = first[:-1].copy()
    length = np.zeros((n_slots, profiles.shape[0]))
    levels = np.empty(n_slots, dtype=np.int64)
    price = np.empty(n_slots)
    fewest, size = changes(best, stay, n_slots)
    smallest = size + 1  # so that the first of equals is found again
    margin = share * abs(best_cost) + rounding if np.isfinite(best_cost) else 0.0
    limit = best_cost + margin if settles else best_cost - margin
    count = 0
    slot = 0
    while slot >= 0:
        if following[slot] >= first[slot + 1]:
            following[slot] = first[slot]
            slot -= 1
            continue
        here = following[slot]
        following[slot] += 1
        j = candidates[here]
        if slot == 0:
            if hot_below[j] > 0.0:
                continue
        elif j < place[slot - 1]:
            continue
        below = place[slot - 1] if slot > 0 else -1
        before = length[slot - 1] if slot > 0 else length[slot]
        if not reaches(
            below, j, before, length[slot], to_go[:, here], limit, profiles, hot_below, cold_below
        ):
            continue
        place[slot] = j
        if settles:
            moves, size = changes(place, stay, slot + 1)
            if moves > fewest or (moves == fewest and size >= smallest):
                continue
        if slot < n_slots - 1:
            slot += 1
            following[slot] = first[slot]
            continue
        size = distinct(place, levels)
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
        count += 1
        if cost > limit or cost == np.inf:
            continue
        best[:] = place
        best_cost = cost
        if settles:
            fewest, smallest = changes(place, stay, n_slots)
        else:
            limit = cost - (share * abs(cost) + rounding)
    return best_cost, count
