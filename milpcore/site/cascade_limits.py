r"""How much heat can sensibly cascade down an arc: the big-M values of the arc-wise cascade.

The cascade of an arc ``a = (i, j)`` flows from ``j`` down to ``i``, its two ends being consecutive
open levels: ``0 <= R_a <= M_a u_a``. Notation: ``H`` and ``C`` are sums of hot heat and cold duty
by kink; the streams that arcs (i, j), ..., (p, q) of one path bring to the levels ``j .. p`` are
the hot ones with their kink in [j, q) and the cold ones in (i, p].

**Loose limit**, whatever the prices. Take the elementary flows of `milpcore.site.limits`; each
visits a level once, so it falls down the arc once. Those that end at cold streams carry at most
what arrives there, or the largest COP times as much inside a loop; those that end in cooling
carry at most the hot heat at or above ``j``, and what pumps add to heat on its way to cooling:

.. math:: M_a = g\,C_{\le top(i)} + H_{\ge j} + \text{pumped to cooling} \tag{1}

with ``top(i)`` the highest level that heat of ``i`` can reach and ``g`` the largest COP. Where
`milpcore.site.conditions.pump_dominance_faults` finds nothing, heat that has cascaded is not
pumped and there are no loops: ``g = 1``, ``top(i) = i``. Where `local_exchange_faults` finds
nothing, external heat and heat to be cooled do not cascade either, and

.. math:: M_a = \min(C_{\le i}, H_{\ge j}) \tag{2}

**Tight limit**, only where `local_exchange_faults` finds nothing:

.. math::

   M_a = \max(0, \min(Up_a, Dn_a)), \quad
   Up_a &= \max_{(p,q):\,p \ge j} \; H_{[j,q)} - C_{(i,p]}, \\
   Dn_a &= \max_{(p,q):\,q \le i} \; C_{(p,i]} - H_{[q,j)} \tag{3}

over arcs (p, q) that a path can use with ``a``: with layers, ``p = j`` in the next layer or ``p >
j`` in a later one, and likewise below; q may be the sink and p the source.

Proof. Fix the open levels; call a level with more hot heat than cold duty a surplus, with less a
deficit. External heat costs ``e``, cooling ``w``, a pump ``k`` costs ``c_k`` per unit delivered
and takes ``r_k``; ``p + f`` is a unit of pump electricity with its investment.

(a) There is an optimum in which heat flows in four ways only: surplus -> cascade -> deficit;
surplus -> chain of pumps without a cascade between -> deficit; surplus -> cooling at the same
level; external heat -> deficit at the same level. Decompose an optimum into elementary flows.
Pumped heat that then cascades, and cascaded heat that is then pumped, is pumped over the smaller
lift from the same source heat instead: the COP is not lower, the pair exists since lift and sink
are within their limits, and the ``d >= 0`` that arrives less takes ``d`` less electricity and is
bought, which is no dearer as ``p + f >= e``. External heat is not pumped as ``e_j <= c_k +
r_k e_i``, and does not cascade as ``e`` does not fall with temperature. Heat to be cooled is not
pumped as ``r_k w_i <= c_k + w_j`` and does not cascade as ``w`` does not rise.

(b) Among these optima take one with the least sum of cascaded heat times its drop. Let heat
cascade from ``s`` to ``t``, past ``m``: ``t < m < s``. If ``m`` is a deficit, the cascade serves
all of it. Else let heat from ``s`` stop at ``m`` and free there as much as it takes from ``t``:
external heat moves from ``m`` to ``t``, where it is no dearer; a chain of pumps to ``m`` ends
at ``t`` instead if it starts below or passes ``t`` (its pump across ``t`` gets the smaller lift,
the same source heat delivers less for as much less electricity, the rest is bought), and if
it starts between ``t`` and ``m``, its source heat falls to ``t`` and the rest is bought. The cost
does not rise, the sum falls: a contradiction. In the same way a surplus ``m`` sends all its heat
down: heat of ``m`` falls to ``t`` instead, and what ``m`` did with it ``s`` does now: cooling (no
dearer at ``s``), a pump from ``s``, or a fall from ``s`` to what the pump has served, the rest
being bought.

(c) Let ``R_a > 0``, and (p, q) the first arc from ``j`` upwards with nothing cascading. Every
deficit among the levels ``j .. p`` has heat falling past it, from above it to below it, so it is
served by the cascade alone, and no heat falls in from above ``p``. Hence ``R_a`` is at most the
surpluses less the deficits of these levels, ``H_[j,q) - C_(i,p] <= Up_a``. Likewise downwards: to
the first arc (p, q) with nothing cascading, all surpluses among ``q .. i`` fall on to deficits
among them, so that ``R_a`` is at most deficits less surpluses, ``C_(p,i] - H_[q,j) <= Dn_a``.

Each of three conditions is needed: where pump electricity is cheaper than external heat, external
heat cheaper above, or cooling dearer above, and nothing else fails, tests hold a site on which the
limit (3) cuts off the optimum. The proof also needs that feeding pumps with external heat and
pumping heat to cheaper cooling do not pay; no site was found, in some thousand random ones, where
only these fail and the limit is wrong, but such input is refused like the others.

The optimum of (b) keeps the limits of `milpcore.site.limits` too: external heat is at most the
cold duty, cooling at most the hot heat of its level, and pumps form chains from surplus to deficit.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from milpcore.site.conditions import local_exchange_faults, pump_dominance_faults
from milpcore.site.inputs import Floats, SiteInputs
from milpcore.site.limits import flow_limits
from milpcore.site.model import KW_PER_MW
from milpcore.site.state_network import StateNetwork


class Cascade(Enum):
    """How heat cascades in a path formulation."""

    CHAIN = "chain"
    """From each candidate to the next lower one, past closed levels."""
    LOOSE = "loose"
    """Down the arc between consecutive open levels, with the loose limit (1), (2)."""
    TIGHT = "tight"
    """The same with the tight limit (3)."""


def loose_limits(inputs: SiteInputs, network: StateNetwork, n_levels: int) -> Floats:
    """Limits (1) and (2) of the heat that cascades down each arc.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    network : StateNetwork
        With ``A`` arcs.
    n_levels : int
        Largest number of levels.

    Returns
    -------
    ndarray (A,)
        MW; 0 for arcs from the source and to the sink.
    """
    hot_from, cold_up_to = _sums_MW(inputs)
    inner = ~(network.from_source | network.to_sink)
    low, high = network.tail_level[inner], network.head_level[inner]
    limit = np.zeros(inner.size)
    if not local_exchange_faults(inputs):
        limit[inner] = np.minimum(cold_up_to[low], hot_from[high])  # (2)
        return limit
    gain, top = 1.0, low
    if pump_dominance_faults(inputs) and inputs.n_pairs:
        gain, top = float(inputs.pump_cop.max()), np.maximum(low, inputs.pump_sink.max())
    hot_all = hot_from[np.arange(inputs.n_candidates)]
    pumped_to_cooling = float((flow_limits(inputs, n_levels).cooling - hot_all).max())
    limit[inner] = gain * cold_up_to[top] + hot_from[high] + pumped_to_cooling  # (1)
    return limit


def tight_limits(inputs: SiteInputs, network: StateNetwork) -> Floats:
    """Limits (3) of the heat that cascades down each arc; not valid for every input.

    Parameters
    ----------
    inputs : SiteInputs
        The site; valid where `milpcore.site.conditions.local_exchange_faults` finds nothing.
    network : StateNetwork
        With ``A`` arcs; fewer arcs give smaller limits.

    Returns
    -------
    ndarray (A,)
        MW; 0 for arcs from the source and to the sink.
    """
    hot_from, cold_up_to = _sums_MW(inputs)
    n, last = inputs.n_candidates, int(network.layer.max(initial=0))
    low, high = np.maximum(network.tail_level, 0), network.head_level
    cold_to_tail = np.where(network.from_source, 0.0, cold_up_to[low])
    inner = ~(network.from_source | network.to_sink)
    worth = -hot_from[high] - cold_to_tail  # H below q less C up to p, but for a constant
    above = np.full((last + 1, n), -np.inf)
    below = np.full((last + 1, n), -np.inf)
    tail, head = network.tail[~network.from_source], network.head[~network.to_sink]
    np.maximum.at(above, (network.layer[tail], network.level[tail]), worth[~network.from_source])
    np.maximum.at(below, (network.layer[head], network.level[head]), worth[~network.to_sink])
    arc_tail, arc_head = network.tail[inner], network.head[inner]
    base = cold_up_to[network.tail_level[inner]] + hot_from[network.head_level[inner]]
    up = (
        base
        + _best(above[::-1, ::-1], network.is_layered)[::-1, ::-1][
            network.layer[arc_head], network.level[arc_head]
        ]
    )
    down = base + _best(below, network.is_layered)[network.layer[arc_tail], network.level[arc_tail]]
    limit = np.zeros(inner.size)
    limit[inner] = np.maximum(0.0, np.minimum(up, down))
    return limit


def _best(value: Floats, is_layered: bool) -> Floats:
    """Best value at a state itself, or at a lower level (and layer) before it."""
    best = np.maximum.accumulate(value, axis=1)
    if not is_layered:
        return best
    earlier = np.full_like(value, -np.inf)
    earlier[1:, 1:] = np.maximum.accumulate(best, axis=0)[:-1, :-1]
    return np.maximum(value, earlier)


def _sums_MW(inputs: SiteInputs) -> tuple[Floats, Floats]:
    """Hot heat with kink at or above, (L+1,), and cold duty at or below each level, (L,)."""
    hot_from = np.append(np.cumsum(inputs.hot_kink_kW[::-1])[::-1], 0.0) / KW_PER_MW
    return hot_from, np.cumsum(inputs.cold_kink_kW) / KW_PER_MW


def cascade_limits(
    inputs: SiteInputs, network: StateNetwork, cascade: Cascade, n_levels: int
) -> Floats:
    """Limits of the kind wanted, (A,) in MW."""
    if cascade is Cascade.TIGHT:
        return tight_limits(inputs, network)
    return loose_limits(inputs, network, n_levels)


def best_cascade(inputs: SiteInputs) -> Cascade:
    """Tight limit where it is valid, loose limit elsewhere."""
    return Cascade.LOOSE if local_exchange_faults(inputs) else Cascade.TIGHT
