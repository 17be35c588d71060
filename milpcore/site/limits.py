r"""How much heat can sensibly enter or leave at a level: the big-M values of model A.

At fixed levels and connections the model is a flow of heat with gains: the cascade carries heat
unchanged, a heat pump ``k = (i -> j)`` turns ``r_k = 1 - 1/COP_k < 1`` at its source into 1 at its
sink. Every such flow is a sum of elementary ones [1]_, each visiting a level at most once:

1. hot stream -> cold stream,
2. hot stream -> cooling,
3. external heat -> cold stream,
4. a loop (pumps up, cascade down) that makes heat of electricity -> cold stream,

and flows from external heat or a loop to cooling, which cost something or nothing and can be left
out. Flow grows along the way, so in 1, 3 and on the way out of a loop it is at most what reaches
the cold stream. A loop that gives off 1 carries ``1/(1 - product of its r) <= COP_k`` through its
pump ``k``. A cold stream at level ``m`` has its kink at or below ``m``; from level ``l`` heat
reaches, by cascade and pumps, levels up to some highest one, ``top_l``. With ``C_l`` the cold duty
with its kink at or below ``l`` and ``H_l`` the hot heat with its kink at or above:

- external heat at ``l`` <= ``C_top(l)``,
- heat of pumps into ``j`` <= ``C_top(j)``, times the largest COP into ``j`` if loops may pay,
- source heat of pumps out of ``i`` <= ``C_top(i)`` times the largest ``r_k``, or ``r_k COP_k`` if
  loops may pay,
- cooling at ``l`` <= ``H_l``, if heat on its way to cooling is not pumped.

Where `milpcore.site.conditions.pump_dominance_faults` finds nothing, loops do not pay, external
heat does not feed pumps, and pumped heat does not cascade: ``top`` is then ``l`` itself for
external heat, and the end of chains of pumps for pumps. Without cascade there are no loops.

Heat on its way to cooling is not pumped if ``r_k w_i <= c_k + w_m`` for every pump and every
level ``m`` up to its sink: remove it at the source of its last pump. Uniform prices satisfy this.
Otherwise such a way costs no more than cooling at once, so that its electricity is at most
``H w_max/(p + f)``; if a pump costs nothing, its heat is at most ``H`` divided by the smallest
``r`` once for each pump on the way, of which there are fewer than levels. This adds to the cooling
of every level and to the heat of every pump.

Options (`milpcore.site.option_terms`). Largest sizes, counts and fixed costs change nothing: every
flow above is left out or made smaller, never moved to another pump. With least sizes take those of
the heat pumps of the design as given, and decompose what is above them: each adds its least size to
the heat that flows may start from, at its sink, and its source heat to where they may end. So with
``X`` the sum of the least sizes of as many pumps as a design can have, ``C`` and ``H`` become ``C +
X`` and ``H + X``, and the heat of pumps is ``X`` more. Heat of forced pumps counts as their least
size. Where
`milpcore.site.conditions.loops_may_pay` is false, the gain of loops is left out.

References
----------
.. [1] Ahuja, Magnanti, Orlin (1993), Network Flows, chapter 15; Gondran, Minoux (1984), Graphs
   and Algorithms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.conditions import loops_may_pay, pump_dominance_faults
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_terms import least_sizes_MW


class FlowLimits(NamedTuple):
    """Largest heat entering and leaving each level in some optimal design, MW.

    Attributes
    ----------
    external_heat, cooling : ndarray (L,)
        Heat bought and removed at the level.
    pumps_in, pumps_out : ndarray (L,)
        Sink heat of all heat pumps into the level, source heat of all out of it; 0 without pumps.
    pump_heat : ndarray (K,)
        Sink heat of a single heat pump; its own largest size is not looked at.
    """

    external_heat: Floats
    cooling: Floats
    pumps_in: Floats
    pumps_out: Floats
    pump_heat: Floats


def flow_limits(inputs: SiteInputs, n_levels: int) -> FlowLimits:
    """Return limits of the flows at each level that some optimal design keeps.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    n_levels : int
        Largest number of open levels.

    Returns
    -------
    FlowLimits
        In MW; derived in the module's docstring.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> inputs = site.prepare(milpcore.load_case("two_streams"))
    >>> limits = flow_limits(inputs, n_levels=2)
    >>> float(limits.external_heat.max()), float(limits.cooling.max())
    (0.9, 1.2)
    """
    least_MW = least_sizes_MW(inputs.terms, n_levels)
    cold_up_to_MW = np.cumsum(inputs.cold_kink_kW) / KW_PER_MW + least_MW
    hot_from_MW = np.cumsum(inputs.hot_kink_kW[::-1])[::-1] / KW_PER_MW + least_MW
    dominance = not pump_dominance_faults(inputs)
    cascades = inputs.cascade and not dominance
    top = _highest_reached(inputs, cascades=cascades)
    every = np.arange(inputs.n_candidates)
    share = inputs.pump_source_share
    has_loops = cascades and (inputs.terms is None or loops_may_pay(inputs))
    loop_gain = inputs.pump_cop if has_loops else np.ones(inputs.n_pairs)
    wasted_MW = _pumped_to_cooling_MW(inputs, n_levels, least_MW)
    pumped_MW = cold_up_to_MW[top]
    return FlowLimits(
        external_heat=cold_up_to_MW[every if dominance else top],
        cooling=hot_from_MW + wasted_MW,
        pumps_in=_largest(inputs.pump_sink, loop_gain, inputs) * pumped_MW
        + _largest(inputs.pump_sink, np.ones(inputs.n_pairs), inputs) * (wasted_MW + least_MW),
        pumps_out=_largest(inputs.pump_source, share * loop_gain, inputs) * pumped_MW
        + _largest(inputs.pump_source, share, inputs) * (wasted_MW + least_MW),
        pump_heat=loop_gain * pumped_MW[inputs.pump_sink] + wasted_MW + least_MW,
    )


def _largest(level: Integers, values: Floats, inputs: SiteInputs) -> Floats:
    """Largest of the pumps' values at each level, 0 where there is none."""
    largest = np.zeros(inputs.n_candidates)
    np.maximum.at(largest, level, values)
    return largest


def _highest_reached(inputs: SiteInputs, *, cascades: bool) -> Integers:
    """Highest level that heat of each level can be pumped to, perhaps after it cascaded."""
    top = np.arange(inputs.n_candidates)
    while True:
        further = top.copy()
        np.maximum.at(further, inputs.pump_source, top[inputs.pump_sink])
        if cascades:
            further = np.maximum.accumulate(further)
        if np.array_equal(further, top):
            return top
        top = further


def _pumped_to_cooling_MW(inputs: SiteInputs, n_levels: int, least_MW: float) -> float:
    """Most heat that pumps lift on its way to cooling."""
    if inputs.n_pairs == 0:
        return 0.0
    costs, share = inputs.objective_costs, inputs.pump_source_share
    cheapest_below = np.minimum.accumulate(costs.cooling)[inputs.pump_sink]
    if np.all(share * costs.cooling[inputs.pump_source] <= costs.pump_heat + cheapest_below):
        return 0.0
    hot_MW = float(inputs.hot_kink_kW.sum()) / KW_PER_MW + least_MW
    electric = costs.electricity + costs.heat_pump
    if electric > 0.0:
        return hot_MW * (1.0 + float(costs.cooling.max()) / electric)
    return hot_MW / float(share.min()) ** (n_levels - 1)
