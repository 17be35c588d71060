r"""Where external heat comes from: sources with own prices, shared by all levels.

What a kW costs depends on the source alone. Without capacities, and where every level has a source,
each level buys from the cheapest that reaches it: a price by temperature, for every formulation.
Otherwise, and where emissions are limited and there is a choice, heat is split: with ``x`` in MW,
own columns

- ``source_heat`` (levels that a source reaches, of each source): ``x_{ls}``

and rows

.. math::

   \sum_s x_{ls} = E_l \tag{26}

   \sum_l x_{ls} \le capacity_s \tag{27}

Plain text: external heat of a level is that of its sources (26), within capacities of the whole
site (27). ``E_l`` costs what the cheapest source costs that reaches ``l``, and ``x`` the rest, so
that what is not split is a relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from milpcore.core import Assembly
from milpcore.economics import Measure, SiteEconomics
from milpcore.site_options import SiteOptions
from milpcore.site_options_sources import HeatSource

if TYPE_CHECKING:
    from milpcore.site.inputs import SiteInputs

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
SAME_K = 1e-6
KW_PER_MW = 1000.0


@dataclass(frozen=True, eq=False)
class SourceTerms:
    """Sources of external heat as arrays.

    Attributes
    ----------
    names : tuple of str
    price_EUR_per_MWh, emission_t_per_MWh : ndarray (S,)
        Of heat, the price without CO2.
    fuel_share : ndarray (S,)
        Fuel for a unit of heat.
    most_kW : ndarray (S,)
        Heat to all levels; infinite without a limit.
    reaches : ndarray of bool (S, L)
        Whether the source can heat the level.
    usual : ndarray of int (L,)
        Cheapest source of each level in the objective, then in TAC; of all where none reaches it.
    is_split : bool
        Whether a level may have to do without its cheapest source.
    """

    names: tuple[str, ...]
    price_EUR_per_MWh: Floats
    emission_t_per_MWh: Floats
    fuel_share: Floats
    most_kW: Floats
    reaches: Booleans
    usual: Integers
    is_split: bool

    def costs(self, economics: SiteEconomics, measure: Measure) -> Floats:
        """Cost of a kW over a year from each source (S,), EUR/(kW a) or t/(kW a)."""
        hours = economics.operating_hours_h_per_a / 1000.0
        if measure is Measure.CO2:
            return hours * self.emission_t_per_MWh
        if measure is Measure.CAPEX:
            return np.zeros(len(self.names))
        co2 = economics.co2_price_EUR_per_t * self.emission_t_per_MWh
        return np.asarray(hours * (self.price_EUR_per_MWh + co2))

    def resized(self, factor: float) -> SourceTerms:
        """Return the same for a site with all duties times a factor."""
        return replace(self, most_kW=self.most_kW * factor)


def source_terms(
    level_C: Floats, economics: SiteEconomics, options: SiteOptions, objective: Measure
) -> SourceTerms | None:
    """Turn sources into arrays; None where the gas boiler is the only one.

    Parameters
    ----------
    level_C : ndarray (L,)
        Candidate levels.
    economics : SiteEconomics
        The CO2 price and hours.
    options : SiteOptions
        With or without sources.
    objective : Measure
        In which sources are cheap or dear.

    Returns
    -------
    SourceTerms or None

    Examples
    --------
    >>> source_terms(np.array([25.0]), SiteEconomics(), SiteOptions(), Measure.TAC) is None
    True
    """
    sources: tuple[HeatSource, ...] = options.external_heat.sources
    if not sources:
        return None
    fuel = np.array([1.0 / one.efficiency for one in sources])
    most_C = np.array([one.max_level_C for one in sources])
    reaches = level_C[None, :] <= most_C[:, None] + SAME_K
    most_kW = np.array([one.capacity_kW for one in sources])
    limited = np.isfinite(options.limits.emission_t_per_a) and len(sources) > 1
    terms = SourceTerms(
        names=tuple(one.name for one in sources),
        price_EUR_per_MWh=fuel * np.array([one.price_EUR_per_MWh for one in sources]),
        emission_t_per_MWh=fuel * np.array([one.emission_t_per_MWh for one in sources]),
        fuel_share=fuel,
        most_kW=most_kW,
        reaches=reaches,
        usual=np.zeros(len(level_C), dtype=np.int64),
        is_split=bool(np.isfinite(most_kW).any() or not reaches.any(axis=0).all() or limited),
    )
    tac, first = (terms.costs(economics, one) for one in (Measure.TAC, objective))
    order = np.lexsort((tac, first))
    able = reaches[order] | ~reaches.any(axis=0)
    return replace(terms, usual=order[able.argmax(axis=0)].astype(np.int64))


def source_columns(inputs: SiteInputs, levels: Integers) -> tuple[Integers, Integers]:
    """Position in some levels, and source, of each column ``source_heat`` (A,); none if not split.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    levels : ndarray of int (O,)
        Levels that an assembly has.
    """
    sources = None if inputs.terms is None else inputs.terms.sources
    if sources is None or not sources.is_split:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    source, place = np.nonzero(sources.reaches[:, levels])
    return place.astype(np.int64), source.astype(np.int64)


def source_surcharge(inputs: SiteInputs, measure: Measure | None, levels: Integers) -> Floats:
    """Cost of ``source_heat`` (A,) beside that of external heat at its level.

    In one measure, or in the objective of a search for None.
    """
    place, source = source_columns(inputs, levels)
    if not source.size:
        return np.empty(0)
    if measure is None:
        costs, of_each = inputs.objective_costs, inputs.objective_source_costs
    else:
        costs, of_each = inputs.costs(measure), inputs.source_costs(measure)
    return np.asarray(of_each[source] - costs.external_heat[levels[place]])


def add_sources(
    assembly: Assembly, inputs: SiteInputs, external_heat: Integers, levels: Integers
) -> Integers:
    """Add columns ``source_heat`` and rows (26), (27); the columns (A,) have no cost yet.

    Parameters
    ----------
    assembly : Assembly
        Of a formulation or an operation.
    inputs : SiteInputs
        The site.
    external_heat : ndarray of int (O,)
        Columns of external heat.
    levels : ndarray of int (O,)
        Their levels.
    """
    place, source = source_columns(inputs, levels)
    column = assembly.columns("source_heat", source.shape)
    if inputs.terms is None or inputs.terms.sources is None or not inputs.terms.sources.is_split:
        return column
    split = assembly.rows("source_split", levels.shape, lower=0.0, upper=0.0)  # (26)
    assembly.put(split, external_heat, -1.0)
    assembly.put(split[place], column, 1.0)
    most_MW = inputs.terms.sources.most_kW / KW_PER_MW
    limited = np.flatnonzero(np.isfinite(most_MW))
    row = np.full(most_MW.size, -1, dtype=np.int64)
    row[limited] = assembly.rows("source_capacity", limited.shape, upper=most_MW[limited])  # (27)
    is_limited = row[source] >= 0
    assembly.put(row[source[is_limited]], column[is_limited], 1.0)
    return column


def moved_down(split: Floats, upper: int, moved: float) -> None:
    """Buy some heat of a level at the next lower one, from the same sources; changes `split`.

    Parameters
    ----------
    split : ndarray (O, S)
        Heat of each level and source; a source that reaches a level reaches all below.
    upper : int
        The level that buys less.
    moved : float
        How much less.
    """
    total = float(split[upper].sum())
    if total > 0.0:
        part = split[upper] * min(1.0, moved / total)
        split[upper] -= part
        split[upper - 1] += part


def split_of(inputs: SiteInputs, levels: Integers, source_heat: Floats) -> Floats | None:
    """External heat of each level and source (O, S) from that of ``source_heat`` (A,).

    None where it is not split.
    """
    sources = None if inputs.terms is None else inputs.terms.sources
    if sources is None or not sources.is_split:
        return None
    split = np.zeros((levels.size, len(sources.names)))
    split[source_columns(inputs, levels)] = source_heat
    return split


def joined(inputs: SiteInputs, levels: Integers, split: Floats | None) -> Floats:
    """Heat of ``source_heat`` (A,) from that of each level and source; none where not split."""
    return np.empty(0) if split is None else split[source_columns(inputs, levels)]


def matched(inputs: SiteInputs, levels: Integers, split: Floats, heat: Floats) -> Floats:
    """Spread heat of some levels and sources (O, S), matched to that of levels, over all (L, S)."""
    spread = np.zeros((inputs.n_candidates, split.shape[1]))
    if inputs.terms is not None and inputs.terms.sources is not None:
        spread[levels] = split_to_match(split, heat, inputs.terms.sources.usual[levels])
    return spread


def split_to_match(split: Floats, heat: Floats, usual: Integers) -> Floats:
    """Scale the heat of sources (O, S) so that it adds up to that of levels (O,).

    What a level buys that had no source, after rounding, comes from its usual one.

    Examples
    --------
    >>> split_to_match(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([4.0, 1.0]), np.array([0, 1]))
    array([[2., 2.],
           [0., 1.]])
    """
    total = split.sum(axis=1)
    factor = np.divide(heat, total, where=total > 0.0, out=np.zeros_like(heat))
    found = split * factor[:, None]
    bare = np.flatnonzero((total <= 0.0) & (heat > 0.0))
    found[bare, usual[bare]] = heat[bare]
    return np.asarray(found)
