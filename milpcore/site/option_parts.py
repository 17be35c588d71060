r"""Columns and rows of options, shared by every mixed-integer formulation and by the operation.

In MW, for the offers ``k = (i -> j)`` of `milpcore.site.option_terms` that need a decision, own
columns

- ``pump_built`` (chosen offers,): ``z_k``, binary

and rows, with ``M_k`` the least of the largest size and `milpcore.site.limits.FlowLimits.pump_heat`

.. math::

   q_k \le M_k z_k \tag{21}

   q_k \ge least_k z_k \tag{22}

   \sum_{k \in g} z_k \le y_i, \quad \sum_{k \in g} z_k \le y_j \tag{23}

   \sum_{k\,\mathrm{new}} z_k \le most \tag{24}

   \sum_{k \in g} z_k \le 1 \tag{28}

   \sum_{k: i \to j} q_k \ge forced_{ij} \tag{29}

.. math::

   \sum_l E_l \le E^{max}, \quad \sum_l e_l E_l + \sum_k e_k q_k \le CO2^{max} \tag{25}

Plain text: heat only of a pump that is built (21), at least so much (22), only between open levels
(23), at most so many new ones (24), one of the segments ``g`` of a heat pump (28), forced heat
between two levels (29), and the limits of the whole site (25), ``e`` being emissions. An offer
without decision has its largest size as a bound. Rows (23) follow from (21) and (4), (5) where all
is whole; in the relaxation they are tighter, because ``M_k`` is far above what a level takes.
"""

from __future__ import annotations

import math

import numpy as np

from milpcore.core import Assembly
from milpcore.economics import Measure
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW, Interface
from milpcore.site.option_investment import Segment, distributed
from milpcore.site.option_sources import add_sources, source_surcharge
from milpcore.site.option_terms import FixedCosts, OptionTerms


def largest_heat_MW(terms: OptionTerms) -> Floats:
    """Largest sink heat of each offer (K,), infinite without a limit."""
    return np.asarray(terms.pump_most_kW / KW_PER_MW)


def add_chosen_pumps(
    assembly: Assembly,
    terms: OptionTerms,
    offers: Integers,
    pump_heat: Integers,
    most_MW: Floats,
) -> Integers:
    """Add decisions and rows (21), (22), (24) for the offers that need them.

    Parameters
    ----------
    assembly : Assembly
        Of a formulation or an operation.
    terms : OptionTerms
        Of the site.
    offers : ndarray of int (P,)
        Offers that the assembly has.
    pump_heat : ndarray of int (P,)
        Columns of their heat.
    most_MW : ndarray (P,)
        Heat that no offer needs to exceed; finite.

    Returns
    -------
    ndarray of int (P,)
        Column of each decision, -1 where there is none.
    """
    chosen = np.flatnonzero(terms.is_chosen[offers])
    built = np.full(offers.size, -1, dtype=np.int64)
    if not chosen.size:
        return built
    column = assembly.columns("pump_built", chosen.shape, upper=1.0, integer=True)
    built[chosen] = column
    most = np.minimum(most_MW, largest_heat_MW(terms)[offers])[chosen]
    at_most = assembly.rows("pump_at_most", chosen.shape, upper=0.0)  # (21)
    assembly.put(at_most, pump_heat[chosen], 1.0)
    assembly.put(at_most, column, -most)
    least = terms.pump_least_kW[offers[chosen]] / KW_PER_MW
    has_least = np.flatnonzero(least > 0.0)
    at_least = assembly.rows("pump_at_least", has_least.shape, lower=0.0)  # (22)
    assembly.put(at_least, pump_heat[chosen[has_least]], 1.0)
    assembly.put(at_least, column[has_least], -least[has_least])
    if terms.most_new_pumps is not None:
        most_new = assembly.rows("most_new_pumps", (), upper=float(terms.most_new_pumps))  # (24)
        assembly.put(most_new, column[terms.pump_is_new[offers[chosen]]], 1.0)
    alternative = terms.pump_is_alternative[offers[chosen]]
    number, count = np.unique(
        terms.pump_group[offers[chosen]][alternative], return_inverse=True, return_counts=True
    )[1:]
    shared = np.flatnonzero(count > 1)
    row = np.full(count.size, -1, dtype=np.int64)
    row[shared] = assembly.rows("one_segment", shared.shape, upper=1.0)  # (28)
    has_row = row[number] >= 0
    assembly.put(row[number[has_row]], column[alternative][has_row], 1.0)
    return built


def add_forced_pumps(
    assembly: Assembly,
    terms: OptionTerms,
    source: Integers,
    sink: Integers,
    pump_heat: Integers,
) -> None:
    """Add rows (29): heat pumps from one level to another deliver so much together.

    Parameters
    ----------
    assembly : Assembly
        Of a formulation or an operation.
    terms : OptionTerms
        Of the site.
    source, sink : ndarray of int (P,)
        Candidates that the offers of the assembly join.
    pump_heat : ndarray of int (P,)
        Columns of their heat.
    """
    if not terms.forced:
        return
    least_MW = np.array([one.least_kW for one in terms.forced]) / KW_PER_MW
    rows = assembly.rows("forced_pumps", least_MW.shape, lower=least_MW)
    for row, one in zip(rows, terms.forced, strict=True):
        assembly.put(row, pump_heat[(source == one.source) & (sink == one.sink)], 1.0)


def add_site_limits(
    assembly: Assembly,
    inputs: SiteInputs,
    external_heat: Integers,
    levels: Integers,
    pump_heat: Integers,
    offers: Integers,
) -> Integers:
    """Add rows (25) and sources of external heat (26), (27) over some levels and offers.

    Returns
    -------
    ndarray of int
        Columns of `milpcore.site.option_sources`, without a cost yet.
    """
    terms = inputs.terms
    source_heat = add_sources(assembly, inputs, external_heat, levels)
    if terms is None:
        return source_heat
    if math.isfinite(terms.most_external_heat_kW):
        most_MW = terms.most_external_heat_kW / KW_PER_MW
        row = assembly.rows("most_external_heat", (), upper=most_MW)  # (25)
        assembly.put(row, external_heat, 1.0)
    if math.isfinite(terms.most_emission_t_per_a):
        co2 = inputs.costs(Measure.CO2)
        scale = max(co2.external_heat.max(), co2.pump_heat.max(initial=0.0)) or 1.0
        most = terms.most_emission_t_per_a / scale / KW_PER_MW
        row = assembly.rows("most_emission", (), upper=most)  # (25)
        assembly.put(row, external_heat, co2.external_heat[levels] / scale)
        assembly.put(row, pump_heat, co2.pump_heat[offers] / scale)
        more = source_surcharge(inputs, Measure.CO2, levels)
        assembly.put(row, source_heat, more / scale)
    return source_heat


def existing_first(terms: OptionTerms, pair: Integers, pump_heat_MW: Floats) -> Floats:
    """Let a heat pump that is there take over from a new one of its type and levels.

    Never dearer: a new one costs at least as much, and COP are the same. What is left of a new one
    goes to the cheapest of its segments.

    Parameters
    ----------
    terms : OptionTerms
        Of the site.
    pair : ndarray of int (K,)
        The same number for offers between the same levels.
    pump_heat_MW : ndarray (K,)
        Sink heat of each offer.

    Returns
    -------
    ndarray (K,)
        The same sums for each pair of levels.
    """
    heat_MW, most_MW = pump_heat_MW.copy(), largest_heat_MW(terms)
    is_new = terms.pump_is_new & (heat_MW > 0.0)
    for group in np.unique(terms.pump_group[is_new]):
        members = np.flatnonzero(terms.pump_group == group)
        taken = int(members[heat_MW[members].argmax()])
        new = float(heat_MW[members].sum())
        least = float(terms.pump_least_kW[members].min()) / KW_PER_MW
        same = (pair == pair[taken]) & (terms.pump_type == terms.pump_type[taken])
        for old in np.flatnonzero(~terms.pump_is_new & same):
            both = heat_MW[old] + new
            rest = max(both - float(most_MW[old]), least) if both > most_MW[old] else 0.0
            if rest <= new:
                heat_MW[old], new = both - rest, rest
        segments = [segment_of(terms, one) for one in members.tolist()]
        own = segments[members.tolist().index(taken)]
        heat_MW[members] = distributed(new, own, segments) if new > 0.0 else 0.0
    return heat_MW


def segment_of(terms: OptionTerms, offer: int) -> Segment:
    """One offer as a segment, sizes in MW."""
    return Segment(
        float(terms.pump_least_kW[offer]) / KW_PER_MW,
        float(terms.pump_most_kW[offer]) / KW_PER_MW,
        float(terms.pump_fixed_EUR[offer]),
        float(terms.pump_investment_EUR_per_kW[offer]) * KW_PER_MW,
        bool(terms.pump_is_alternative[offer]),
    )


def add_option_parts(
    assembly: Assembly, inputs: SiteInputs, interface: Interface, pump_limit_MW: Floats
) -> None:
    """Add everything that options ask for to a formulation; nothing without options."""
    terms = inputs.terms
    if terms is None:
        return
    costs: FixedCosts = inputs.objective_fixed_costs
    unit = inputs.cost_scale * KW_PER_MW
    assembly.cost(interface.is_open, costs.level / unit)
    offers, levels = np.arange(inputs.n_pairs), np.arange(inputs.n_candidates)
    columns = interface.external_heat, levels, interface.pump_heat, offers
    source_heat = add_site_limits(assembly, inputs, *columns)
    assembly.cost(source_heat, source_surcharge(inputs, None, levels) / inputs.cost_scale)
    ends = inputs.pump_source, inputs.pump_sink
    add_forced_pumps(assembly, terms, *ends, interface.pump_heat)
    built = add_chosen_pumps(assembly, terms, offers, interface.pump_heat, pump_limit_MW)
    chosen = np.flatnonzero(built >= 0)
    assembly.cost(built[chosen], costs.pump[chosen] / unit)
    for name, end in (
        ("pump_source_open", inputs.pump_source),
        ("pump_sink_open", inputs.pump_sink),
    ):
        first, group = np.unique(terms.pump_group[chosen], return_index=True, return_inverse=True)[
            1:
        ]
        rows = assembly.rows(name, first.shape, upper=0.0)  # (23)
        assembly.put(rows[group], built[chosen], 1.0)
        assembly.put(rows, interface.is_open[end[chosen[first]]], -1.0)
