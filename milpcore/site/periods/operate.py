"""The design of given levels: what is least in the objective, then in TAC, in all periods.

A small program finds the heat of the pumps (`milpcore.site.periods.pricing`); sizes
(`milpcore.site.periods.sizes`), and where heat is bought and removed
(`milpcore.site.periods.placing`), follow from it by arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.economics import Measure
from milpcore.site.inputs import Booleans, Floats, Integers
from milpcore.site.model import KW_PER_MW, nearest_levels
from milpcore.site.operation_problem import LEXICOGRAPHIC_SLACK
from milpcore.site.option_sources import source_columns
from milpcore.site.option_terms import OptionTerms
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.network import PeriodNetwork
from milpcore.site.periods.placing import Places, cheapest_places, placed, supplied
from milpcore.site.periods.pricing import best_operation, offers_between, serves_all, set_demand_MW
from milpcore.site.periods.sizes import sized

NOISE = 1e-9
"""Pump heat below this share of all duties is set to zero."""
ROUNDING = 1e-11
"""What a level lacks or has left below this share of all duties is nothing."""


@dataclass(frozen=True, eq=False)
class PeriodDesign:
    """A utility system with its operation in every period.

    Attributes
    ----------
    is_open : ndarray of bool (L,)
        Levels in use.
    stream_level : ndarray of int (S,)
        Level that each stream is connected to.
    size_kW : ndarray (K,)
        Of each heat pump offer, 0 for what is not had.
    external_heat_kW, cooling_kW : ndarray (P, L)
        Heat bought and removed.
    cascade_kW : ndarray (P, L+1)
        Heat arriving at each level from above.
    pump_heat_kW : ndarray (P, K)
        Sink heat.
    source_heat_kW : ndarray (P, L, S) or None
        External heat by source, where a level may have to do without its usual one.
    """

    is_open: Booleans
    stream_level: Integers
    size_kW: Floats
    external_heat_kW: Floats
    cooling_kW: Floats
    cascade_kW: Floats
    pump_heat_kW: Floats
    source_heat_kW: Floats | None = None


def operate_periods(
    inputs: PeriodInputs, network: PeriodNetwork, levels: Integers
) -> PeriodDesign | None:
    """Design with given levels; None if a stream has none, or options cannot be kept.

    Levels without use are closed, but those that are forced.
    """
    site = inputs.site
    solution = best_operation(network, levels) if serves_all(network, levels) else None
    if solution is None:
        return None
    offers = offers_between(network, levels)
    total_kW = np.maximum(inputs.periods.duty_kW.sum(axis=1), 1e-300)[:, None]
    heat_kW = np.asarray(solution.values["pump_heat"]) * KW_PER_MW
    pump_kW, size_kW = np.zeros((inputs.n_periods, site.n_pairs)), np.zeros(site.n_pairs)
    pump_kW[:, offers] = np.where(heat_kW > NOISE * total_kW, heat_kW, 0.0)
    size_kW[offers] = np.maximum(solution.values["size"], 0.0) * KW_PER_MW
    size_kW, pump_kW = sized(site, pump_kW, size_kW)
    demand_kW = np.zeros((inputs.n_periods, site.n_candidates))
    demand_kW[:, levels] = set_demand_MW(network, levels) * KW_PER_MW
    drawn = pump_kW * site.pump_source_share
    for period in range(inputs.n_periods):
        np.subtract.at(demand_kW[period], site.pump_sink, pump_kW[period])
        np.add.at(demand_kW[period], site.pump_source, drawn[period])
    if inputs.splits_sources:
        demand_kW = np.where(np.abs(demand_kW) > ROUNDING * total_kW, demand_kW, 0.0)
    is_open = np.zeros(site.n_candidates, dtype=np.bool_)
    is_open[levels] = True
    places = _places(inputs, is_open)
    flows = [placed(one, is_open, places) for one in demand_kW]
    external, cooling, cascade = (np.array(flow) for flow in zip(*flows, strict=True))
    stream_level, used = nearest_levels(site, is_open), site.is_forced.copy()
    used[stream_level] = True
    used |= (external + cooling).sum(axis=0) > 0.0
    built = np.flatnonzero(size_kW > 0.0)
    used[site.pump_source[built]] = used[site.pump_sink[built]] = True
    source_kW = None
    if site.terms is not None and inputs.splits_sources:
        split_kW = np.asarray(solution.values["source_heat"]) * KW_PER_MW
        source_kW = _from_sources(site.terms, external, source_columns(site, levels)[1], split_kW)
    return PeriodDesign(
        is_open=used,
        stream_level=stream_level,
        size_kW=size_kW,
        external_heat_kW=external,
        cooling_kW=cooling,
        cascade_kW=cascade,
        pump_heat_kW=pump_kW,
        source_heat_kW=source_kW,
    )


def _places(inputs: PeriodInputs, is_open: Booleans) -> Places:
    """Where heat is best bought and removed; from a source it costs the same at every level."""
    measures = inputs.objective_costs, inputs.costs(Measure.TAC)
    heat = [one.external_heat[0] for one in measures]  # in every period the same multiple
    if inputs.splits_sources:
        heat = [np.zeros(is_open.size)]
    return cheapest_places(is_open, heat, [one.cooling[0] for one in measures])


def _from_sources(
    terms: OptionTerms, external_kW: Floats, source: Integers, split_kW: Floats
) -> Floats:
    """External heat of each period, level and source (P, L, S), from that of columns (P, A)."""
    assert terms.sources is not None
    found = []
    for bought, split in zip(external_kW, split_kW, strict=True):
        supply = np.zeros(len(terms.sources.names))
        np.add.at(supply, source, split)
        found.append(supplied(bought, supply, terms.sources.reaches, terms.sources.usual))
    return np.array(found)


def source_heat_kW(inputs: PeriodInputs, design: PeriodDesign) -> Floats:
    """External heat of each period, level and source (P, L, S); no source without sources."""
    sources = None if inputs.site.terms is None else inputs.site.terms.sources
    n_sources = 0 if sources is None else len(sources.names)
    if design.source_heat_kW is not None:
        return design.source_heat_kW
    heat_kW = np.zeros((*design.external_heat_kW.shape, n_sources))
    if sources is not None:
        every = np.arange(inputs.site.n_candidates)
        heat_kW[:, every, sources.usual] = design.external_heat_kW
    return heat_kW


def bought_cost(inputs: PeriodInputs, design: PeriodDesign, measure: Measure) -> Floats:
    """Cost of external heat in each period (P,), EUR/a or t/a."""
    costs = inputs.costs(measure)
    if not costs.sources.size:
        return np.asarray((costs.external_heat * design.external_heat_kW).sum(axis=1))
    return np.asarray((source_heat_kW(inputs, design).sum(axis=1) * costs.sources).sum(axis=1))


def design_cost(inputs: PeriodInputs, design: PeriodDesign, measure: Measure) -> float:
    """Cost of a design in one measure, EUR/a or t/a."""
    costs, fixed = inputs.costs(measure), inputs.site.fixed_costs(measure)
    return float(
        costs.size @ design.size_kW
        + costs.built @ (design.size_kW > 0.0)
        + fixed.level @ design.is_open
        + bought_cost(inputs, design, measure).sum()
        + (costs.cooling * design.cooling_kW).sum()
        + (costs.operation * design.pump_heat_kW).sum()
    )


def without_spare_levels(
    inputs: PeriodInputs, network: PeriodNetwork, design: PeriodDesign
) -> PeriodDesign:
    """Leave out every level that saves nothing, from the highest to the lowest, again and again.

    The design costs no more, in the objective or in TAC, within 1e-9.
    """

    def costs_of(one: PeriodDesign) -> list[float]:
        return [design_cost(inputs, one, measure) for measure in (inputs.measure, Measure.TAC)]

    most = [cost * (1.0 + LEXICOGRAPHIC_SLACK) for cost in costs_of(design)]
    found = True
    while found:
        found = False
        levels = np.flatnonzero(design.is_open)
        for place in reversed(range(levels.size)):
            smaller = operate_periods(inputs, network, np.delete(levels, place))
            if smaller is None:
                continue
            if all(cost <= limit for cost, limit in zip(costs_of(smaller), most, strict=True)):
                design, found = smaller, True
                break
    return design
