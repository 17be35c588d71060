"""When the shortcuts of the faster formulations are exact, tested for each input.

Every function returns the conditions that fail, in words; an empty list means that the shortcut
is exact. Notation: external heat costs ``e_l`` and cooling ``w_l`` at level ``l``, a kW of
electricity ``p``, the investment of a kW of sink heat ``f``; a pump ``k = (i -> j)`` delivers
``q`` from source heat ``r_k q``, ``r_k = 1 - 1/COP_k``, at cost ``c_k = p/COP_k + f``.
"""

from __future__ import annotations

import numpy as np

from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs

_SLACK = 1e-12
CHOSEN_CONNECTIONS = "connections cost something or are forbidden"
"""Why a stream may be best off at another level than the nearest."""


def nearest_level_faults(inputs: SiteInputs) -> list[str]:
    """Conditions under which a stream is best connected to the open level nearest to its kink.

    Proof. Take any design in which a cold stream is served from an open level above the lowest
    feasible one. Serve it from the lowest instead and let the heat that arrived at the old level
    fall to the new one: every other flow stays as it is, and so does the cost. A hot stream moved
    up to the highest feasible open level lets its heat fall to where it went before. Hence a free
    cascade is all that is needed, whatever the prices, as long as no cost or limit hangs on
    a single connection. Of `milpcore.site_options` only those of connections do: in the exchange
    levels, heat pumps and what is bought stay as they are. A smaller temperature difference needs
    a larger exchanger, so that with the cost of its area the nearest level may be the dearest.
    """
    faults = [] if inputs.cascade else ["heat may not cascade between levels"]
    if inputs.chooses_connections:
        faults.append(CHOSEN_CONNECTIONS)
    return faults


def connection_search_faults(inputs: SiteInputs) -> list[str]:
    """Conditions under which `milpcore.site.connection_search` is exact.

    Its heat prices come from a free cascade, and know heat pumps by a cost per kW alone and no
    limit of the whole site; connections have no price in OPEX and CO2.
    """
    terms, faults = inputs.terms, []
    if not inputs.cascade:
        faults.append("heat may not cascade between levels")
    if inputs.objective is not Measure.TAC:
        faults.append(f"least {inputs.objective.value.upper()} is asked for")
    if terms is not None and (terms.restricts_pumps or terms.has_types):
        faults.append("heat pumps have more than a cost per kW")
    if terms is not None and terms.limits_site:
        faults.append("external heat or emissions are limited")
    return faults


def pump_dominance_faults(inputs: SiteInputs) -> list[str]:
    """Conditions under which heat pumps only lift process heat to process needs.

    That is: some optimal design has, at every level, pump heat delivered <= cold duty + pump
    source heat drawn, and pump source heat drawn <= hot duty + pump heat delivered.

    Proof. (a) Pumped heat that then cascades from the sink ``j`` to ``m < j``: pump the same
    source heat to ``m`` only (or let it fall, if ``m`` lies below the source). COP falls with
    the sink temperature, so this delivers ``d >= 0`` less and takes ``d`` less electricity; ``d``
    is bought at ``m``. Not dearer if ``p + f >= e_m``. (b) Cascaded heat from ``h > i`` that is
    then pumped from ``i`` to ``j``: pump it from ``h``, or let it fall if ``h >= j``; the same
    exchange. (c) External heat that feeds a pump: buy at the sink instead; not dearer if
    ``e_j <= c_k + r_k e_i``. (d) Pumped heat that is then removed by cooling: remove it at the
    source; not dearer if ``r_k w_i <= c_k + w_j``. Each exchange shortens a path of heat, so
    repeating them ends.

    Options. The exchanges need the pump of the smaller lift: it must be allowed, have no lower COP,
    and take any amount at the same price per kW. So they are not proven where a heat pump has a
    fixed cost, a least or a largest size, or counts; nor where pairs are forbidden such that a
    pair (i, j) is allowed, but not each (i, m) and (m, j) between. They do hold with levels
    that cost something, are forced or forbidden: no exchange opens or closes a level; and with
    prices by temperature, which the conditions look at. A limit of external heat, of its sources or
    of emissions rules them out: ``d`` could not be bought. Nor are they proven with several types
    of heat pumps, of which one may exist between two levels and not for a smaller lift.
    """
    faults = nearest_level_faults(inputs)
    if inputs.n_pairs == 0:
        return faults
    faults += _offer_faults(inputs)
    costs = inputs.objective_costs
    source, sink, share = inputs.pump_source, inputs.pump_sink, inputs.pump_source_share
    dearest = float(costs.external_heat[: int(sink.max()) + 1].max())
    electric = costs.electricity + costs.heat_pump
    if electric < dearest * (1.0 - _SLACK):
        faults.append(
            f"a kW of heat pump electricity with its investment costs {electric:g} a year, "
            f"less than a kW of external heat, {dearest:g}"
        )
    fed = costs.pump_heat + share * costs.external_heat[source]
    if np.any(costs.external_heat[sink] > fed * (1.0 + _SLACK)):
        faults.append("lifting external heat bought at a lower level pays")
    wasted = costs.pump_heat + costs.cooling[sink]
    if np.any(share * costs.cooling[source] > wasted * (1.0 + _SLACK)):
        faults.append("lifting heat to a level where cooling is cheaper pays")
    return faults


def _offer_faults(inputs: SiteInputs) -> list[str]:
    """Conditions of `pump_dominance_faults` that only options can break."""
    terms = inputs.terms
    if terms is None:
        return []
    if terms.limits_site:
        return ["external heat or emissions are limited"]
    if terms.restricts_pumps:
        return ["heat pumps have a fixed cost, a least or largest size, or are counted"]
    if terms.has_types:
        return ["there are several types of heat pumps"]
    if not _smaller_lifts_exist(inputs):
        return ["a heat pump is allowed, but not the one of a smaller lift between its levels"]
    if not _cop_is_monotone(inputs):
        return ["a heat pump's COP rises with the sink or falls with the source temperature"]
    return []


def _smaller_lifts_exist(inputs: SiteInputs) -> bool:
    """Whether with a pair (i, j) every (i, m) and (m, j) between them is allowed."""
    size = inputs.n_candidates
    exists = np.zeros((size, size), dtype=np.bool_)
    exists[inputs.pump_source, inputs.pump_sink] = True
    for source, sink in zip(inputs.pump_source.tolist(), inputs.pump_sink.tolist(), strict=True):
        between = np.arange(source + 1, sink)
        if not (exists[source, between].all() and exists[between, sink].all()):
            return False
    return True


def loops_may_pay(inputs: SiteInputs) -> bool:
    """Whether pumping heat up and letting it fall again may be a way to buy heat.

    A loop makes heat of electricity alone, a kW of it for at least ``p + f``. Where external heat
    costs no more at any level that pumps reach, the loop is not needed: what it gives off is
    bought where it is used, and its pumps deliver less. (Of pumps with a least size, only what is
    above that size is a flow that can be left out.) Where external heat or emissions are limited,
    it may not be there to buy.
    """
    if inputs.n_pairs == 0:
        return False
    if inputs.terms is not None and inputs.terms.limits_site:
        return True
    costs = inputs.objective_costs
    dearest = float(costs.external_heat[: int(inputs.pump_sink.max()) + 1].max())
    return costs.electricity + costs.heat_pump < dearest * (1.0 - _SLACK)


def local_exchange_faults(inputs: SiteInputs) -> list[str]:
    """Conditions under which the cascade carries nothing but process heat to process needs.

    Beside `pump_dominance_faults`: external heat is bought where it is needed, if it is not
    cheaper above; heat is removed where it arises, if that is not cheaper below; and the COP
    rises with the source and falls with the sink temperature.
    """
    faults = pump_dominance_faults(inputs)
    costs = inputs.objective_costs
    if np.any(np.diff(costs.external_heat) < -_SLACK * costs.external_heat[:-1]):
        faults.append("external heat is cheaper at a higher level")
    if np.any(np.diff(costs.cooling) > _SLACK * costs.cooling[:-1]):
        faults.append("cooling is dearer at a higher level")
    if not _cop_is_monotone(inputs):
        faults.append("a heat pump's COP rises with the sink or falls with the source temperature")
    return faults


def _cop_is_monotone(inputs: SiteInputs) -> bool:
    """Whether COP falls with the sink and rises with the source, over the pairs that exist."""
    for fixed, moving, sign in (
        (inputs.pump_source, inputs.pump_sink, 1.0),
        (inputs.pump_sink, inputs.pump_source, -1.0),
    ):
        order = np.lexsort((moving, fixed))
        same = np.diff(fixed[order]) == 0
        if np.any(same & (sign * np.diff(inputs.pump_cop[order]) > _SLACK)):
            return False
    return True
