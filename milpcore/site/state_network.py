"""States of a path of open levels: a level, or a level as the k-th open one (layered).

A path visits states from the source to the sink along arcs. Plain: a state is a level. Layered:
a state ``(k, l)`` says that ``l`` is the k-th open level, counted from 0; an arc leads from layer
``k`` to layer ``k + 1``, so that a path has as many levels as it has layers, and no row has to
limit their number. A heat pump from ``(k, i)`` to ``(k', j)`` exists if ``k < k'`` and ``k' - k <=
j - i``, as on any path through both.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.survivors import Survivors

SOURCE = -1
"""Tail of the arcs to the lowest open level."""


class StateNetwork(NamedTuple):
    """States, arcs and heat pumps; ``X`` states, ``A`` arcs, ``P`` pumps between states.

    Attributes
    ----------
    layer, level : ndarray of int (X,)
        Of each state; layer 0 for all if there are none.
    tail, head : ndarray of int (A,)
        States of each arc; -1 for the source, X for the sink. Source arcs first, sink arcs last.
    tail_level, head_level : ndarray of int (A,)
        The same as levels; -1 for the source, L for the sink.
    hot_MW, cold_MW : ndarray (A,)
        Hot heat that the arc brings to its tail and cold duty that it brings to its head.
    pump : ndarray of int (P,)
        Heat pump pair of each pump between states.
    source, sink : ndarray of int (P,)
        Its states.
    is_layered : bool
        Whether states have layers.
    """

    layer: Integers
    level: Integers
    tail: Integers
    head: Integers
    tail_level: Integers
    head_level: Integers
    hot_MW: Floats
    cold_MW: Floats
    pump: Integers
    source: Integers
    sink: Integers
    is_layered: bool

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.level)

    @property
    def from_source(self) -> Booleans:
        """Whether each arc starts a path (A,)."""
        return np.asarray(self.tail == SOURCE)

    @property
    def to_sink(self) -> Booleans:
        """Whether each arc ends a path (A,)."""
        return np.asarray(self.head == self.n_states)


def state_network(inputs: SiteInputs, left: Survivors, *, layered: bool) -> StateNetwork:
    """Build the states, arcs and pumps of what is left of a site's level network.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    left : Survivors
        Arcs, starts, ends and pumps to use.
    layered : bool
        Whether a state knows how many levels are open below it.

    Returns
    -------
    StateNetwork

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> from milpcore.site.survivors import survivors
    >>> inputs = site.prepare(milpcore.load_case("two_streams"))
    >>> left = survivors(inputs, 2)
    >>> state_network(inputs, left, layered=False).n_states
    2
    >>> network = state_network(inputs, left, layered=True)
    >>> network.layer, network.level
    (array([0, 1]), array([0, 1]))
    """
    n = inputs.n_candidates
    if layered:
        layer, arc = np.nonzero(left.in_layer)
        end_layer, end = np.nonzero(left.can_end)
    else:
        arc = np.arange(left.tail.size)
        layer = np.zeros(arc.size, dtype=np.int64)
        end = np.flatnonzero(left.can_end.any(axis=0))
        end_layer = np.zeros(end.size, dtype=np.int64)
    next_layer = layer + 1 if layered else layer
    start = np.flatnonzero(left.can_start)
    number, state_layer, state_level = _states(
        n,
        np.concatenate([layer, next_layer, np.zeros(start.size, dtype=np.int64), end_layer]),
        np.concatenate([left.tail[arc], left.head[arc], start, end]),
    )
    n_states = state_level.size
    tail_level = np.concatenate([np.full(start.size, SOURCE), left.tail[arc], end])
    head_level = np.concatenate([start, left.head[arc], np.full(end.size, n)])
    hot_below, cold_below = (
        np.concatenate([[0.0], np.cumsum(kink_kW)]) / KW_PER_MW
        for kink_kW in (inputs.hot_kink_kW, inputs.cold_kink_kW)
    )
    pump, source, sink = _pumps(inputs, left.pumps, number, layered=layered)
    return StateNetwork(
        layer=state_layer,
        level=state_level,
        tail=np.concatenate(
            [np.full(start.size, SOURCE), number[layer, left.tail[arc]], number[end_layer, end]]
        ),
        head=np.concatenate(
            [number[0, start], number[next_layer, left.head[arc]], np.full(end.size, n_states)]
        ),
        tail_level=tail_level,
        head_level=head_level,
        hot_MW=hot_below[head_level] - hot_below[np.maximum(tail_level, 0)],
        cold_MW=cold_below[np.minimum(head_level + 1, n)] - cold_below[tail_level + 1],
        pump=pump,
        source=source,
        sink=sink,
        is_layered=layered,
    )


def _states(
    n_candidates: int, layer: Integers, level: Integers
) -> tuple[Integers, Integers, Integers]:
    """Give numbers to the states that occur: (layers, L) numbers, layers, levels."""
    occurs = np.zeros((int(layer.max(initial=0)) + 1, n_candidates), dtype=bool)
    occurs[layer, level] = True
    number = np.full(occurs.shape, -1, dtype=np.int64)
    number[occurs] = np.arange(int(occurs.sum()))
    state_layer, state_level = (index.astype(np.int64) for index in np.nonzero(occurs))
    return number, state_layer, state_level


def _pumps(
    inputs: SiteInputs, pumps: Integers, number: Integers, *, layered: bool
) -> tuple[Integers, Integers, Integers]:
    """Pumps between states: pair, source state, sink state."""
    low, high = inputs.pump_source[pumps], inputs.pump_sink[pumps]
    n_layers = number.shape[0]
    steps = list(combinations(range(n_layers), 2)) if layered else [(0, 0)]
    none = np.empty(0, dtype=np.int64)
    parts = [(none, none, none)]
    for first, second in steps:
        exists = (number[first, low] >= 0) & (number[second, high] >= 0)
        exists &= second - first <= high - low
        parts.append((pumps[exists], number[first, low[exists]], number[second, high[exists]]))
    pair, source, sink = (np.concatenate(part) for part in zip(*parts, strict=True))
    return pair, source, sink
