"""What the options of a site mean for its arrays: `SiteOptions` in, arrays over levels and pumps.

A heat pump *offer* is one way to have a heat pump from a level to another: a new one, or one that
is there already. All offers stand in the pump arrays of `SiteInputs`, one after the other, so that
balances and costs of every formulation hold them without knowing about options; what cannot be said
by a price per kW stands here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList, Gathered
from milpcore.site.connection_terms import ConnectionTerms
from milpcore.site.option_pairs import carnot_pairs, offers_of
from milpcore.site.option_sources import SourceTerms, source_terms
from milpcore.site.option_types import pump_types
from milpcore.site_options import (
    ExternalHeatOptions,
    ForcedPump,
    PriceOptions,
    SiteOptions,
)
from preprocess.heat_pumps import HeatPumpPairs

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
SAME_K = 1e-6
"""Temperatures closer than this are the same."""
SAME_SHARE = 1e-9
"""Sizes that differ by less than this share are the same."""


class ForcedOffer(NamedTuple):
    """Heat that pumps from one candidate to another deliver at least.

    Attributes
    ----------
    source, sink : int
        Candidates.
    least_kW : float
    """

    source: int
    sink: int
    least_kW: float


@dataclass(frozen=True, eq=False)
class OptionTerms:
    """What options add to a site; only where there are any.

    Attributes
    ----------
    pump_investment_EUR_per_kW : ndarray (K,)
        Of each offer's sink heat.
    pump_fixed_EUR : ndarray (K,)
        Investment of an offer that is taken, whatever its size.
    pump_least_kW, pump_most_kW : ndarray (K,)
        Sink heat of an offer that is taken; infinite where there is no limit.
    pump_is_new : ndarray of bool (K,)
        Whether it counts among the new heat pumps.
    most_new_pumps : int or None
        Largest number of new heat pumps.
    level_investment_EUR : ndarray (L,)
        Of each level in use.
    is_forced : ndarray of bool (L,)
        Levels that every design has.
    external_heat_EUR_per_MWh, cooling_EUR_per_MWh : ndarray (L,) or None
        Price at each level, without CO2; None where it is that of `SiteEconomics` everywhere.
    most_external_heat_kW, most_emission_t_per_a : float
        Limits of the whole site; infinite without.
    sources : SourceTerms or None
        Where external heat comes from; None for the gas boiler.
    pump_group : ndarray of int (K,)
        The same number for the segments of one heat pump; see `milpcore.site.option_investment`.
    pump_is_alternative : ndarray of bool (K,)
        Whether at most one offer of its group may be taken.
    pump_type : ndarray of int (K,)
        Type of each offer.
    type_names : tuple of str
        Names of the types; a single empty one where options name none.
    connections : ConnectionTerms or None
        Exchangers of streams at levels; None where connections cost nothing and all may be had.
    forced : tuple of ForcedOffer
        Heat pumps that every design has.
    """

    pump_investment_EUR_per_kW: Floats
    pump_fixed_EUR: Floats
    pump_least_kW: Floats
    pump_most_kW: Floats
    pump_is_new: Booleans
    most_new_pumps: int | None
    level_investment_EUR: Floats
    is_forced: Booleans
    pump_group: Integers
    pump_is_alternative: Booleans
    pump_type: Integers
    type_names: tuple[str, ...]
    external_heat_EUR_per_MWh: Floats | None = None
    cooling_EUR_per_MWh: Floats | None = None
    most_external_heat_kW: float = math.inf
    most_emission_t_per_a: float = math.inf
    sources: SourceTerms | None = None
    connections: ConnectionTerms | None = None
    forced: tuple[ForcedOffer, ...] = ()

    @property
    def is_chosen(self) -> Booleans:
        """Offers (K,) that need a binary: a fixed cost, a least size, or counted."""
        counted = self.pump_is_new & (self.most_new_pumps is not None)
        costs = (self.pump_fixed_EUR > 0.0) | self.pump_is_alternative
        return np.asarray(costs | (self.pump_least_kW > 0.0) | counted)

    @property
    def restricts_pumps(self) -> bool:
        """Whether an offer has more than a price per kW: the exchange of heat pumps is not free."""
        has_size = np.isfinite(self.pump_most_kW).any()
        return bool(self.forced or self.is_chosen.any() or has_size)

    @property
    def has_types(self) -> bool:
        """Whether several types of heat pumps may join the same levels."""
        return len(self.type_names) > 1

    @property
    def limits_site(self) -> bool:
        """Whether external heat, its sources or emissions have a limit."""
        if self.sources is not None and self.sources.is_split:
            return True
        return min(self.most_external_heat_kW, self.most_emission_t_per_a) < math.inf

    def external_heat(self, economics: SiteEconomics, measure: Measure) -> Floats | None:
        """Cost of external heat at each level (L,), EUR/(kW a); None where it is the usual one."""
        if self.sources is not None:
            return self.sources.costs(economics, measure)[self.sources.usual]
        if self.external_heat_EUR_per_MWh is None or measure not in (Measure.TAC, Measure.OPEX):
            return None
        t_per_MWh = economics.gas_emission_t_per_MWh / economics.boiler_efficiency
        price = self.external_heat_EUR_per_MWh + t_per_MWh * economics.co2_price_EUR_per_t
        return economics.operating_hours_h_per_a / 1000.0 * price

    def cooling(self, economics: SiteEconomics, measure: Measure) -> Floats | None:
        """Cost of cooling at each level (L,), EUR/(kW a); None where it is the usual one."""
        if self.cooling_EUR_per_MWh is None or measure not in (Measure.TAC, Measure.OPEX):
            return None
        return economics.operating_hours_h_per_a / 1000.0 * self.cooling_EUR_per_MWh

    @property
    def costs_levels(self) -> bool:
        """Whether a level costs something."""
        return bool(self.level_investment_EUR.any())

    def fixed(self, economics: SiteEconomics, measure: Measure) -> FixedCosts:
        """Cost of taking an offer and of using a level, EUR/a; none in OPEX and CO2."""
        pays = measure in (Measure.TAC, Measure.CAPEX)
        annuity_per_a = economics.annuity_per_a if pays else 0.0
        return FixedCosts(
            annuity_per_a * self.pump_fixed_EUR, annuity_per_a * self.level_investment_EUR
        )

    def resized(self, factor: float) -> OptionTerms:
        """Return the same for a site with all duties times a factor."""
        return replace(
            self,
            pump_fixed_EUR=self.pump_fixed_EUR * factor,
            pump_least_kW=self.pump_least_kW * factor,
            pump_most_kW=self.pump_most_kW * factor,
            level_investment_EUR=self.level_investment_EUR * factor,
            most_external_heat_kW=self.most_external_heat_kW * factor,
            most_emission_t_per_a=self.most_emission_t_per_a * factor,
            sources=None if self.sources is None else self.sources.resized(factor),
            connections=None if self.connections is None else self.connections.resized(factor),
            forced=tuple(one._replace(least_kW=one.least_kW * factor) for one in self.forced),
        )

    def of_pumps(self, kept: Booleans) -> OptionTerms:
        """Return the same for some of the offers."""
        return replace(
            self,
            pump_investment_EUR_per_kW=self.pump_investment_EUR_per_kW[kept],
            pump_fixed_EUR=self.pump_fixed_EUR[kept],
            pump_least_kW=self.pump_least_kW[kept],
            pump_most_kW=self.pump_most_kW[kept],
            pump_is_new=self.pump_is_new[kept],
            pump_group=self.pump_group[kept],
            pump_is_alternative=self.pump_is_alternative[kept],
            pump_type=self.pump_type[kept],
        )


class FixedCosts(NamedTuple):
    """Cost of decisions, whatever the heat: EUR/a, or in the unit of an objective.

    Attributes
    ----------
    pump : ndarray (K,)
        Of an offer that is taken.
    level : ndarray (L,)
        Of a level in use.
    """

    pump: Floats
    level: Floats


def allowed_levels(
    candidates_C: Sequence[float], options: SiteOptions, faults: FaultList
) -> Sequence[float] | None:
    """Candidates with those that options ask for, without those that they forbid, °C.

    Notes ends of heat pumps that are forbidden, and keeps them; None, noted, where none is left.

    Examples
    --------
    >>> faults = FaultList()
    >>> allowed_levels([25.0, 80.0], SiteOptions(), faults), len(faults)
    ([25.0, 80.0], 0)
    """
    if options.is_none:
        return candidates_C
    forbidden = options.levels.forbidden

    def is_allowed(value_C: float) -> bool:
        return not any(one.from_C - SAME_K <= value_C <= one.to_C + SAME_K for one in forbidden)

    ends_C = []
    for name, kind in (("existing", "an existing"), ("forced", "a forced")):
        pumps = getattr(options.heat_pumps, name)
        own_C = [end_C for one in pumps for end_C in (one.source_C, one.sink_C)]
        for end_C in sorted({end_C for end_C in own_C if not is_allowed(end_C)}):
            rule = f"is the end of {kind} heat pump, but no level may lie there"
            remedy = "allow the level, or leave the pump out"
            faults.add("", name, f"{end_C:g} °C", rule, remedy)
        ends_C += own_C
    wanted_C = [*candidates_C, *options.levels.forced_C]
    allowed_C = [*(value_C for value_C in wanted_C if is_allowed(value_C)), *ends_C]
    if allowed_C:
        return allowed_C
    faults.add(
        "", "forbidden", None, "no candidate level is left", "allow some, or give other candidates"
    )
    return None


def option_terms(
    level_C: Floats,
    economics: SiteEconomics,
    options: SiteOptions,
    objective: Measure = Measure.TAC,
) -> tuple[HeatPumpPairs, OptionTerms | None]:
    """List the heat pump offers of a site, and what options say about them and about levels.

    Parameters
    ----------
    level_C : ndarray (L,)
        Candidate levels, rising.
    economics : SiteEconomics
        Prices and limits.
    options : SiteOptions
        What is asked for beyond them.
    objective : Measure
        What is minimised.

    Returns
    -------
    HeatPumpPairs
        New heat pumps, rising by source, then sink, for each segment of their investment; then
        existing ones in their order.
    OptionTerms or None
        None without options.

    Raises
    ------
    InputError
        If an existing heat pump can have no COP above 1, no size is left for new ones, or a forced
        one cannot be had.

    Examples
    --------
    >>> from milpcore.site_options import HeatPumpOptions
    >>> options = SiteOptions(heat_pumps=HeatPumpOptions(fixed_investment_EUR=1e6))
    >>> pairs, terms = option_terms(np.array([25.0, 80.0]), SiteEconomics(), options)
    >>> terms.pump_fixed_EUR.tolist(), terms.is_chosen.tolist()
    ([1000000.0], [True])
    """
    types = pump_types(economics, options.heat_pumps)
    if options.is_none:
        return carnot_pairs(level_C, economics), None
    faults = Gathered()
    offers = [offers_of(level_C, one, faults) for one in types]
    pairs = [one.pairs for one in offers]
    first_group = np.cumsum([0, *(one.n_groups for one in offers[:-1])])
    sizes = [len(one.cop) for one in pairs]

    def joined(values: list[npt.NDArray[np.generic]]) -> Floats:
        return np.concatenate(values).astype(np.float64)

    terms = OptionTerms(
        pump_investment_EUR_per_kW=joined([one.EUR_per_kW for one in offers]),
        pump_fixed_EUR=joined([one.fixed_EUR for one in offers]),
        pump_least_kW=joined([one.least_kW for one in offers]),
        pump_most_kW=joined([one.most_kW for one in offers]),
        pump_is_new=joined([one.is_new for one in offers]) > 0.0,
        pump_group=joined([one.group for one in offers]).astype(np.int64)
        + np.repeat(first_group, sizes).astype(np.int64),
        pump_is_alternative=joined([one.is_alternative for one in offers]) > 0.0,
        pump_type=np.repeat(np.arange(len(types)), sizes).astype(np.int64),
        type_names=tuple(one.name for one in types),
        most_new_pumps=options.heat_pumps.max_number,
        level_investment_EUR=np.full(len(level_C), options.levels.investment_EUR),
        is_forced=_is_forced(level_C, options),
        external_heat_EUR_per_MWh=_prices(
            level_C,
            options.external_heat,
            economics.gas_price_EUR_per_MWh / economics.boiler_efficiency,
        ),
        cooling_EUR_per_MWh=_prices(level_C, options.cooling, economics.cooling_price_EUR_per_MWh),
        most_external_heat_kW=options.limits.external_heat_kW,
        most_emission_t_per_a=options.limits.emission_t_per_a,
        sources=source_terms(level_C, economics, options, objective),
    )
    ends = (joined([one[end] for one in pairs]) for end in range(2))
    source, sink = (one.astype(np.int64) for one in ends)
    offered = HeatPumpPairs(source, sink, joined([one.cop for one in pairs]))
    forced = faults.of(lambda: _forced_offers(level_C, options.heat_pumps.forced, offered, terms))
    faults.raise_if_any(after_title=None)
    return offered, replace(terms, forced=forced or ())


def _forced_offers(
    level_C: Floats, pumps: Sequence[ForcedPump], offered: HeatPumpPairs, terms: OptionTerms
) -> tuple[ForcedOffer, ...]:
    """Find the candidates of forced heat pumps, and refuse those that cannot be had."""
    faults, forced = FaultList(), []
    for one in pumps:
        ends = [int(np.abs(level_C - end_C).argmin()) for end_C in (one.source_C, one.sink_C)]
        forced.append(ForcedOffer(ends[0], ends[1], one.heat_kW))
        here = np.flatnonzero((offered.source == ends[0]) & (offered.sink == ends[1]))
        most_kW = _most_heat_kW(terms, here)
        name = f"{one.source_C:g} → {one.sink_C:g} °C"
        if not here.size:
            rule = (
                "cannot be had: beyond the limits of lift and sink, forbidden, or none may be new"
            )
            remedy = "raise max_lift_K, max_sink_C or max_number, or leave it out"
            faults.add("", "forced", name, rule, remedy)
        elif one.heat_kW > most_kW * (1.0 + SAME_SHARE):
            rule = f"cannot deliver {one.heat_kW:.10g} kW: heat pumps there have {most_kW:.10g} kW"
            faults.add("", "forced", name, rule, "ask for less, or allow larger or new ones")
    faults.raise_if_any("heat pump options")
    return tuple(forced)


def _most_heat_kW(terms: OptionTerms, offers: Integers) -> float:
    """Most heat of some offers together: of the segments that exclude each other, one."""
    most_kW, group = terms.pump_most_kW[offers], terms.pump_group[offers]
    excludes = terms.pump_is_alternative[offers]
    single_kW = [most_kW[excludes & (group == one)].max() for one in np.unique(group[excludes])]
    return float(most_kW[~excludes].sum() + sum(single_kW))


def _prices(
    level_C: Floats, options: PriceOptions | ExternalHeatOptions, usual: float
) -> Floats | None:
    """Price at each level (L,), EUR/MWh; None without steps."""
    if not options.prices:
        return None
    return np.array([options.price_EUR_per_MWh(float(one), usual) for one in level_C])


def _is_forced(level_C: Floats, options: SiteOptions) -> Booleans:
    """Levels (L,) that are forced, or the ends of a forced heat pump."""
    ends_C = [end_C for one in options.heat_pumps.forced for end_C in (one.source_C, one.sink_C)]
    forced_C = np.array([*options.levels.forced_C, *ends_C], dtype=np.float64)
    near = np.abs(level_C[:, None] - forced_C[None, :]) <= SAME_K
    return np.asarray(near.any(axis=1))


def most_new_pumps(terms: OptionTerms, n_levels: int) -> int:
    """Largest number of new heat pumps that join so many levels."""
    most = n_levels * (n_levels - 1) // 2 * len(terms.type_names)
    return most if terms.most_new_pumps is None else min(most, terms.most_new_pumps)


def least_sizes_MW(terms: OptionTerms | None, n_levels: int) -> float:
    """Sum of the least sizes of all heat pumps that a design can have, and of forced heat, MW.

    A heat pump whose curve has segments may have the least size of all of them.
    """
    if terms is None:
        return 0.0
    forced_MW = sum(one.least_kW for one in terms.forced) / 1000.0
    if not terms.pump_least_kW.any():
        return forced_MW
    least_kW = np.full(int(terms.pump_group.max()) + 1, np.inf)
    np.minimum.at(least_kW, terms.pump_group, terms.pump_least_kW)
    least_MW = float(least_kW[np.isfinite(least_kW)].max()) / 1000.0
    return least_MW * most_new_pumps(terms, n_levels) + forced_MW
