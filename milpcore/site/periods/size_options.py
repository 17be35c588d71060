r"""Options of heat pumps and of the whole site, with several periods: they speak of sizes.

The rows are those of `milpcore.site.option_parts`, with the size :math:`s_k` of an offer in place
of the heat that a single period takes from it: a size, once had, has its fixed cost, its least and
largest value, its segment of the investment, and counts; forced heat pumps have at least so much
size. What is delivered in a period is at most the size, :math:`q^t_k \le s_k`, and may be anything
below: a heat pump in part load is no smaller one. Existing heat pumps are free up to theirs.
External heat, and that of each source, is limited in every period; emissions in all together:

.. math::

   \sum_l E^t_l \le E^{max}, \quad \sum_s x^t_{ls} = E^t_l, \quad
   \sum_l x^t_{ls} \le capacity_s \quad \forall t \tag{1} \\
   \sum_t \Bigl(\sum_l e^t_l E^t_l + \sum_k e^t_k q^t_k\Bigr) \le CO2^{max} \tag{2}

**Largest size.** No size need exceed the most heat that its offer delivers in any period
(`milpcore.site.periods.flow_limits`), its least size, or what is forced between its levels: a
smaller one costs no more, as investment does not fall with size.

**Relaxation.** An offer of size ``s`` costs at least ``f s`` with its price per kW and the part of
its fixed cost that a kW of the largest size bears. All offers between two levels become one pump
that costs no more than any of them: with the least price, and, of several COP, the least one. A
heat pump of source share ``r`` is one of the least share ``r_0`` with cooling ``r - r_0`` at its
source, so it costs ``c - w (r - r_0)`` a kW in a period.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly
from milpcore.economics import Measure
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_parts import add_chosen_pumps, add_forced_pumps, largest_heat_MW
from milpcore.site.option_sources import source_columns
from milpcore.site.option_terms import OptionTerms
from milpcore.site.periods.flow_limits import period_limits
from milpcore.site.periods.inputs import PeriodCosts, PeriodInputs


class RelaxedPumps(NamedTuple):
    """One heat pump between two levels for all offers there.

    Attributes
    ----------
    source, sink : ndarray of int (K',)
    cop : ndarray (K',)
    operation : ndarray (P, K')
        Cost of a kW of sink heat, EUR/(kW a) or t/(kW a).
    size : ndarray (K',)
        Cost of a kW of size.
    """

    source: Integers
    sink: Integers
    cop: Floats
    operation: Floats
    size: Floats


def is_restricted(site: SiteInputs) -> bool:
    """Whether options say more of heat pumps or the whole site than prices can."""
    terms = site.terms
    return terms is not None and (terms.restricts_pumps or terms.has_types or terms.limits_site)


def largest_size_MW(inputs: PeriodInputs, n_levels: int) -> Floats:
    """Size that no offer need exceed (K,), finite."""
    terms, site = inputs.site.terms, inputs.site
    most_MW = period_limits(inputs, n_levels).pump_heat.max(axis=0, initial=0.0)
    if terms is None:
        return np.asarray(most_MW)
    most_MW = np.maximum(most_MW, terms.pump_least_kW / KW_PER_MW)
    for one in terms.forced:
        here = (site.pump_source == one.source) & (site.pump_sink == one.sink)
        most_MW[here] = np.maximum(most_MW[here], one.least_kW / KW_PER_MW)
    return np.asarray(np.minimum(most_MW, largest_heat_MW(terms)))


def add_size_options(
    assembly: Assembly,
    inputs: PeriodInputs,
    offers: Integers,
    size: Integers,
    built_cost: Floats,
    n_levels: int,
) -> Integers:
    """Add what options ask of the sizes of some offers.

    Parameters
    ----------
    assembly : Assembly
    inputs : PeriodInputs
    offers : ndarray of int (P,)
    size : ndarray of int (P,)
        Columns of their sizes.
    built_cost : ndarray (K,)
        Of having each offer of the site.
    n_levels : int
        Largest number of levels.

    Returns
    -------
    ndarray of int (P,)
        Column of each decision, -1 where there is none.
    """
    terms, site = inputs.site.terms, inputs.site
    if terms is None:
        return np.full(offers.size, -1, dtype=np.int64)
    ends = site.pump_source[offers], site.pump_sink[offers]
    add_forced_pumps(assembly, terms, *ends, size)
    most_MW = largest_size_MW(inputs, n_levels)[offers]
    built = add_chosen_pumps(assembly, terms, offers, size, most_MW)
    chosen = np.flatnonzero(built >= 0)
    assembly.cost(built[chosen], built_cost[offers[chosen]])
    return built


def size_limit_MW(terms: OptionTerms | None, offers: Integers) -> Floats | float:
    """Largest size of some offers, infinite without one."""
    return math.inf if terms is None else largest_heat_MW(terms)[offers]


def add_period_limits(
    assembly: Assembly,
    inputs: PeriodInputs,
    external: tuple[Integers, Integers],
    pumps: tuple[Integers, Integers],
    costs: PeriodCosts,
) -> None:
    """Add (1) and (2), and what sources cost beside the usual ones of their levels.

    Parameters
    ----------
    assembly : Assembly
    inputs : PeriodInputs
    external : tuple of ndarray of int (P, m), (m,)
        Columns of external heat, and their levels.
    pumps : tuple of ndarray of int (P, K'), (K',)
        Columns of the heat of offers, and these.
    costs : PeriodCosts
        Of the site's offers.
    """
    terms, n = inputs.site.terms, inputs.n_periods
    if terms is None or not terms.limits_site:
        return
    (bought, levels), (heat, offers) = external, pumps
    if math.isfinite(terms.most_external_heat_kW):
        most_MW = terms.most_external_heat_kW / KW_PER_MW
        rows = assembly.rows("most_external_heat", (n,), upper=most_MW)  # (1)
        assembly.put(rows[:, None], bought, 1.0)
    place, source = source_columns(inputs.site, levels)
    split = assembly.columns("source_heat", (n, source.size))
    assembly.cost(split, costs.sources[:, source] - costs.external_heat[:, levels[place]])
    if terms.sources is not None and terms.sources.is_split:
        rows = assembly.rows("source_split", (n, levels.size), lower=0.0, upper=0.0)  # (1)
        assembly.put(rows, bought, -1.0)
        assembly.put(rows[:, place], split, 1.0)
        limited = np.flatnonzero(np.isfinite(terms.sources.most_kW))
        capacity_MW = terms.sources.most_kW[limited] / KW_PER_MW
        rows = assembly.rows("source_capacity", (n, limited.size), upper=capacity_MW)  # (1)
        for row, number in zip(rows.T, limited, strict=True):
            assembly.put(row[:, None], split[:, source == number], 1.0)
    if math.isfinite(terms.most_emission_t_per_a):
        co2 = inputs.costs(Measure.CO2)
        scale = max(float(one.max(initial=0.0)) for one in co2[:3]) or 1.0
        most = terms.most_emission_t_per_a / scale / KW_PER_MW
        row = assembly.rows("most_emission", (), upper=most)  # (2)
        assembly.put(row, bought, co2.external_heat[:, levels] / scale)
        assembly.put(row, heat, co2.operation[:, offers] / scale)
        more = co2.sources[:, source] - co2.external_heat[:, levels[place]]
        assembly.put(row, split, more / scale)


def relaxed_pumps(inputs: PeriodInputs, n_levels: int) -> RelaxedPumps:
    """Heat pumps that cost no more than the offers of a site, one between two levels.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.periods import Periods, prepare_periods
    >>> from milpcore.site_options import ExistingPump, HeatPumpOptions, SiteOptions
    >>> there = ExistingPump(source_C=50.0, sink_C=80.0, size_kW=100.0)
    >>> options = SiteOptions(heat_pumps=HeatPumpOptions(existing=(there,)))
    >>> periods = Periods(("day",), [8e3], [[900, 900]])
    >>> inputs = prepare_periods(milpcore.load_case("two_streams"), periods, options=options)
    >>> pumps = relaxed_pumps(inputs, 2)
    >>> inputs.site.pump_sink.tolist(), pumps.sink.tolist(), pumps.size.round(2).tolist()
    ([1, 2, 1], [1, 2], [0.0, 66.08])
    """
    site, costs = inputs.site, inputs.objective_costs
    price, fixed = costs.size, costs.built
    if site.terms is None:
        plain = site.pump_source, site.pump_sink, site.pump_cop
        return RelaxedPumps(*plain, costs.operation, price)
    least_kW, most_kW = site.terms.pump_least_kW, largest_size_MW(inputs, n_levels) * KW_PER_MW
    of_kW = np.where(fixed < 0.0, least_kW, most_kW)  # on a segment, at its least size
    price = price + np.divide(fixed, of_kW, where=of_kW > 0.0, out=np.zeros_like(price))
    price = np.maximum(price, 0.0)  # no investment is negative, whatever rounding says
    pair = site.pump_source * site.n_candidates + site.pump_sink
    _, first, group = np.unique(pair, return_index=True, return_inverse=True)
    least_cop, size = np.full((2, first.size), np.inf)
    np.minimum.at(least_cop, group, site.pump_cop)
    np.minimum.at(size, group, price)
    more_share = site.pump_source_share - (1.0 - 1.0 / least_cop[group])
    saved = costs.cooling[:, site.pump_source] * more_share
    operation = np.full((inputs.n_periods, first.size), np.inf)
    for period, cost in enumerate(costs.operation - saved):
        np.minimum.at(operation[period], group, cost)
    ends = site.pump_source[first], site.pump_sink[first]
    return RelaxedPumps(*ends, least_cop, operation, size)


def relaxation_refusal(inputs: PeriodInputs) -> str | None:
    """Why offers of several COP have no common relaxation, and the remedy; None if they have."""
    if inputs.site.terms is None or not inputs.site.terms.has_types:
        return None
    if (relaxed_pumps(inputs, inputs.site.n_candidates).operation >= 0.0).all():
        return None
    return "cannot bound types of heat pumps by each other, as cooling is dear; use ExtensivePath"
