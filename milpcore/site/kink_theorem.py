r"""When the kinks are all the levels worth having, with proofs.

A *kink* is a distinct limit temperature of the streams. Notation: external heat costs ``e`` and
cooling ``w``, electricity ``p``, the investment of a pump ``f`` per kW of sink heat, all a year and
in the objective in use; a pump ``i -> j`` delivers ``q``, draws ``s = r_ij q``, ``r = 1 - 1/COP``,
and costs ``p (q - s) + f q``. With ``a = T + dt_sink`` and ``b = T - dt_source`` in kelvin,
``COP = eta a_j / (a_j - b_i)`` and ``d = dt_sink + dt_source``. A level is a *relay* if it is the
sink of one pump and the source of another.

**Theorem 1** (no heat pumps). If external heat does not get cheaper and cooling does not get dearer
with rising temperature, then for every design there is one at kinks that costs no more and has no
more levels.

**Theorem 2** (heat pumps). If external heat and cooling cost the same at every level and

.. math:: p + f \ge e, \tag{B}

then for every design there is one that costs no more and has no more levels, in which every level
that is no kink is a relay strictly between the outermost kinks.

Proof of both. Take a level at ``T`` strictly between neighbouring kinks ``k1 < T < k2``. Its cold
streams have limits ``<= k1``, its hot ones ``>= k2``: it may move to any place in ``[k1, k2]`` and
serve them all. Move it down to ``k1``, or up to ``k2``, but at most to the next open level, with
which it merges: the balances of both are added, external heat and cooling at one level cancel, heat
that cascaded between them stays. No open level is passed, so every other flow stays as it is.

1. Without pumps, a level with external heat (less cooling) moves down, one with cooling moves up,
   one with neither anywhere: no dearer.
2. A level that is only a sink moves down, one that is only a source, or neither, moves up. The
   pumps at it get shorter, so that they stay within their limits and their COP rises. Keep the
   source heat ``s`` of each: it delivers ``D >= 0`` less and takes ``D`` less electricity; buy
   ``D`` where it was delivered, which by (B) costs no more than ``(p + f) D``, what is saved. A
   pump between two levels that merge goes: its electricity ``q/COP`` is bought as heat instead,
   which by (B) costs no more than ``p q/COP + f q``.

Each step leaves one level fewer off the kinks, by arrival or by merging (a merged level may be a
relay that was none; it still is one level fewer). Beyond the outermost kinks: the lowest open level
is no sink; below the lowest kink it serves no cold stream, has without pumps no use for external
heat, and moves up, to the lowest kink or the next level. The highest is no source; above the
highest kink it serves no hot stream, has without pumps nothing to cool, and moves down. So the
steps end, in case 1 with no level off the kinks, in case 2 with none that is no relay.

**Corollary.** A relay has a level below and one above. With at most two levels kinks are
enough, and so they are where fewer than two kinks are up to the sink limit.

**Theorem 3** (chains that do not pay). Let, in addition, all kinks up to the sink limit lie within
``L <= max_lift`` of each other, ``A`` be the lowest kink plus ``dt_sink`` in kelvin, and

.. math::

   (p + w)\,\frac{1 - \eta}{\eta^2}\,\frac{(L + d)^2}{4 A^2}
   \le f \left(1 - \frac{L + d}{\eta A}\right),
   \qquad L + d < \eta A. \tag{C}

Then kinks are enough, whatever the number of levels.

Proof. Take a design as in Theorem 2 and in it a relay ``m`` that is no kink, with pumps ``i -> m``
and ``m -> j``. No level lies below the lowest kink. The top of a chain of pumps is no relay, hence
a kink, and not above the sink limit. So ``T_j - T_i <= L`` and a pump ``i -> j`` is allowed; its
COP exceeds 1 because ``L + d < eta A``. Let ``r`` of the sink heat of ``m -> j`` be fed by
``r_mj r`` of that of ``i -> m``, as much as both allow, and replace these parts by a pump
``i -> j``. By direct calculation

.. math::

   r_{im} r_{mj} - r_{ij} = \frac{1 - \eta}{\eta} u \frac{a_j - a_m}{a_j}
   - \frac{d}{\eta a_j} (1 - u), \qquad u = \frac{a_m - b_i}{\eta a_m} < 1. \tag{1}

If (1) is not positive, the direct pump can use all the source heat ``r_im r_mj r`` and delivers at
most ``r``. The rest is bought; by (B) all this costs at most ``p (1 - r_im r_mj) r + f r``, less
than the chain. If (1) is positive, the direct pump delivers ``r`` and leaves (1) times ``r`` of
source heat to be cooled: for each ``r`` it costs ``(p + w)(r_im r_mj - r_ij) - f r_mj`` more. With
``x = T_m - T_i`` and ``y = T_j - T_m`` the first term is at most
``(p + w) (1 - eta) y (x + d) / (eta^2 a_m a_j)``, where ``y (x + d) <= (L + d)^2 / 4`` and
``a_m, a_j >= A``; and ``r_mj >= 1 - (L + d)/(eta A)``. So by (C) it is not dearer. One of the two
pumps at ``m`` is gone. Repeated for all pairs of pumps at ``m`` it is no relay any more, and
Theorem 2 leaves at least one level fewer off the kinks. So this ends with none.

Where a condition fails kinks may lose, see the counterexamples in ``docs/candidates.md``; by how
much at most is what `milpcore.site.any_temperature` tells.
"""

from __future__ import annotations

import numpy as np

from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs
from preprocess.heat_pumps import ZERO_CELSIUS_K

_SLACK = 1e-12


def kink_faults(inputs: SiteInputs, n_levels: int, *, heat_pumps: bool = True) -> list[str]:
    """Conditions of the theorems above that fail, in words; empty where kinks are enough.

    Parameters
    ----------
    inputs : SiteInputs
        The site, with whatever candidates.
    n_levels : int
        Largest number of levels.
    heat_pumps : bool
        Whether heat pumps are allowed at all.

    Returns
    -------
    list of str
        Empty if no temperature that is no kink can lower the objective.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("site_400"))
    >>> kink_faults(inputs, 2), kink_faults(inputs, 3)
    ([], ['a chain of heat pumps may reach 185 K, one alone 60 K'])
    """
    costs, economics = inputs.objective_costs, inputs.economics
    kink_C = np.unique(inputs.stream_limit_C)
    reached_C = kink_C[kink_C <= economics.max_sink_C]
    none_needed = inputs.objective is Measure.CAPEX and costs.heat_pump > 0.0
    if none_needed or not heat_pumps:
        return _monotone_faults(inputs)
    span_K = float(np.ptp(reached_C)) if reached_C.size else 0.0
    faults = []
    if np.ptp(costs.external_heat) > 0.0 or np.ptp(costs.cooling) > 0.0:
        faults.append("external heat or cooling does not cost the same at every level")
    dearest, electric = float(costs.external_heat.max()), costs.electricity + costs.heat_pump
    if electric < dearest * (1.0 - _SLACK):
        faults.append(
            f"a kW of heat pump electricity with its investment costs {electric:g} a year, "
            f"less than a kW of external heat, {dearest:g}"
        )
    no_relay = n_levels <= 2 or span_K == 0.0
    return faults if no_relay else faults + _chain_faults(inputs, span_K)


def _monotone_faults(inputs: SiteInputs) -> list[str]:
    """Conditions of Theorem 1."""
    costs = inputs.objective_costs
    faults = []
    if np.any(np.diff(costs.external_heat) < -_SLACK * costs.external_heat[:-1]):
        faults.append("external heat is cheaper at a higher level")
    if np.any(np.diff(costs.cooling) > _SLACK * costs.cooling[:-1]):
        faults.append("cooling is dearer at a higher level")
    return faults


def _chain_faults(inputs: SiteInputs, span_K: float) -> list[str]:
    """Conditions of Theorem 3, from the distance of the outermost kinks that pumps may reach."""
    costs, economics = inputs.objective_costs, inputs.economics
    if span_K > economics.max_lift_K:
        return [
            f"a chain of heat pumps may reach {span_K:g} K, one alone {economics.max_lift_K:g} K"
        ]
    efficiency = economics.carnot_efficiency
    d_K = economics.heat_pump_dt_sink_K + economics.heat_pump_dt_source_K
    lowest_C = float(inputs.stream_limit_C.min())
    lowest_K = lowest_C + economics.heat_pump_dt_sink_K + ZERO_CELSIUS_K
    share = 1.0 - (span_K + d_K) / (efficiency * lowest_K)
    ratio = (span_K + d_K) / (2.0 * lowest_K)
    saved = (1.0 - efficiency) / efficiency**2 * ratio**2
    dearest_cooling = float(costs.cooling.max())
    spent = costs.heat_pump * share
    worth = (costs.electricity + dearest_cooling) * saved
    if share > 0.0 and worth <= spent * (1.0 + _SLACK):
        return []
    return [
        f"two heat pumps in a chain may use {saved:.2g} kW less electricity than one for a kW of "
        f"heat, worth {worth:.4g} a year, and the second one may cost no more than {spent:.4g}"
    ]
