"""Every choice of levels for slots that costs less than a limit; see `milpcore.site.slot_search`.

The same walk with the same bounds, but nothing is left out below the limit: where what is listed
is a relaxation, the best choice is among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.incumbents import set_arrays
from milpcore.site.path_search.level_set import level_set_prices
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.slot_search import completions, distinct, reaches
from preprocess.jit import kernel


def choices_below(
    network: LevelNetwork, slots: Sequence[Integers], profiles: Floats, limit: float
) -> tuple[Integers, Floats]:
    """List every choice of one candidate for each slot that costs no more than a limit.

    Parameters
    ----------
    network : LevelNetwork
    slots : sequence of ndarray of int
        Candidates of each slot, rising; slots from the lowest to the highest.
    profiles : ndarray (P, L)
        Feasible heat prices, for bounds.
    limit : float
        In units of the network; infinite for every choice that serves all streams.

    Returns
    -------
    ndarray of int (C, n)
        Level of each slot, not falling.
    ndarray (C,)
        Exact cost of each on the network.

    Examples
    --------
    >>> import numpy as np
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> from milpcore.site.path_search.network import level_network
    >>> from milpcore.site.slot_search import all_open_prices
    >>> network = level_network(prepare(milpcore.load_case("two_streams")))
    >>> slots, profiles = [np.array([0]), np.array([0, 1])], all_open_prices(network)[np.newaxis]
    >>> choices_below(network, slots, profiles, np.inf)[0]
    array([[0, 1]])
    """
    first = np.concatenate([[0], np.cumsum([slot.size for slot in slots])]).astype(np.int64)
    candidates = np.concatenate(slots).astype(np.int64)
    hot_below, cold_below = network.hot_below_MW, network.cold_below_MW
    to_go = completions(first, candidates, profiles, hot_below, cold_below)
    arrays, count = set_arrays(network), 0
    for _ in range(2):  # the first walk counts
        places, costs = np.empty((count, len(slots)), dtype=np.int64), np.empty(count)
        count = _walk(first, candidates, profiles, to_go, limit, places, costs, *arrays)
    return places, costs


@kernel
def _walk(
    first: Integers,
    candidates: Integers,
    profiles: Floats,
    to_go: Floats,
    limit: float,
    places: Integers,
    costs: Floats,
    hot_below: Floats,
    cold_below: Floats,
    external_heat: Floats,
    cooling: Floats,
    pump_index: Integers,
    pump_share: Floats,
    pump_cost: Floats,
) -> int:
    """Walk all choices depth first; write as many as there is room for, return how many."""
    n_slots = first.shape[0] - 1
    place = np.empty(n_slots, dtype=np.int64)
    following = first[:-1].copy()
    length = np.zeros((n_slots, profiles.shape[0]))
    levels = np.empty(n_slots, dtype=np.int64)
    price = np.empty(n_slots)
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
        if cost > limit or cost == np.inf:
            continue
        if count < costs.shape[0]:
            places[count] = place
            costs[count] = cost
        count += 1
    return count
