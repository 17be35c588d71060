"""The door of model A with several operating periods: one site, its periods, arrays for all.

Axes: period ``P``, stream ``S``, level ``L``, heat pump pair ``K``. Levels, connections and sizes
are shared; duties, heat bought and removed, cascade and pump heat are those of a period. The hours
of the periods take the place of ``operating_hours_h_per_a``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.inputs import Floats, SiteInputs, prepare
from milpcore.site.periods.table import Periods
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams
from preprocess.matches import kink_duties


class PeriodCosts(NamedTuple):
    """Cost of a kW in one measure, EUR/(kW a) or t/(kW a).

    Attributes
    ----------
    external_heat, cooling : ndarray (P, L)
        Of heat bought and removed at a level in the hours of a period.
    operation : ndarray (P, K)
        Electricity for the sink heat of a heat pump in the hours of a period.
    size : ndarray (K,)
        Investment in the size of a heat pump.
    built : ndarray (K,)
        Of having a heat pump at all, EUR/a.
    sources : ndarray (P, S)
        Of external heat from each source, in the hours of a period; no column without sources.
    """

    external_heat: Floats
    cooling: Floats
    operation: Floats
    size: Floats
    built: Floats
    sources: Floats

    def scaled(self, factor: float) -> PeriodCosts:
        """Return all costs times a factor."""
        return PeriodCosts(*(cost * factor for cost in self))


@dataclass(frozen=True, eq=False)
class PeriodInputs:
    """A site with its operating periods, as arrays.

    Attributes
    ----------
    site : SiteInputs
        Streams, candidates, kinks, heat pump pairs and prices; its duties are those of the stream
        table, which decide nothing but which streams there are.
    periods : Periods
        Hours and duties.
    hot_kink_kW, cold_kink_kW : ndarray (P, L)
        Duty of the streams whose kink is that level.
    """

    site: SiteInputs
    periods: Periods
    hot_kink_kW: Floats = field(repr=False)
    cold_kink_kW: Floats = field(repr=False)

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return self.periods.n_periods

    @cached_property
    def weight(self) -> Floats:
        """Hours of each period relative to the operating hours of the prices (P,)."""
        hours = self.periods.hours_h_per_a
        return np.asarray(hours / self.site.economics.operating_hours_h_per_a)

    def costs(self, measure: Measure) -> PeriodCosts:
        """Cost of a kW in each period, in one measure."""
        site, weight = self.site, self.weight[:, None]
        costs = site.costs(measure)
        size = np.full(site.n_pairs, site.economics.heat_pump_investment(measure))
        if site.terms is not None and measure in (Measure.TAC, Measure.CAPEX):
            size = site.economics.annuity_per_a * site.terms.pump_investment_EUR_per_kW
        return PeriodCosts(
            external_heat=weight * costs.external_heat,
            cooling=weight * costs.cooling,
            operation=weight * (costs.electricity / site.pump_cop),
            size=size,
            built=site.fixed_costs(measure).pump,
            sources=weight * site.source_costs(measure),
        )

    @property
    def measure(self) -> Measure:
        """What a search minimises: the objective, or TAC where that is least CAPEX.

        Least CAPEX is nothing at all, reached without heat pumps, which `prepare_periods` drops:
        what is left to decide is TAC.
        """
        objective = self.site.objective
        return Measure.TAC if objective is Measure.CAPEX else objective

    @cached_property
    def objective_costs(self) -> PeriodCosts:
        """What a kW costs a search."""
        return self.costs(self.measure)

    @property
    def splits_sources(self) -> bool:
        """Whether a level may have to do without its cheapest source of external heat."""
        terms = self.site.terms
        return terms is not None and terms.sources is not None and terms.sources.is_split

    @property
    def tac_decides(self) -> bool:
        """Whether TAC comes second, between operations of equal objective."""
        return self.site.objective in (Measure.OPEX, Measure.CO2)


def _note_unknown_options(site: SiteInputs, faults: FaultList) -> None:
    """Note options that are not modelled: the area of an exchanger would be one more size."""
    if site.chooses_connections:
        rule = "costs and limits of connections are not modelled for several periods"
        remedy = "leave out the table, or ask about one period"
        faults.add("", "[connections]", None, rule, remedy)


def prepare_periods(
    streams: Streams,
    periods: Periods,
    *,
    economics: SiteEconomics | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    objective: Measure | str = Measure.TAC,
    options: SiteOptions | None = None,
) -> PeriodInputs:
    """Turn a stream table, its periods and prices into arrays.

    Parameters
    ----------
    streams : Streams
        The stream table; temperatures and kinds come from here.
    periods : Periods
        Hours and duties of every period, in the order of the stream table.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given. Its operating hours are
        replaced by those of the periods.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels, default the kinks of all streams, running or not.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``, over all periods together; TAC decides
        between operations of equal OPEX, CAPEX or CO2.
    options : SiteOptions, optional
        What is asked for beyond the published model, without connections; sizes, not the heat of
        single periods, have costs and limits.

    Returns
    -------
    PeriodInputs

    Raises
    ------
    InputError
        If periods and streams do not fit each other, or `milpcore.site.prepare` refuses the site.

    Examples
    --------
    >>> import numpy as np, milpcore
    >>> streams = milpcore.load_case("two_streams")
    >>> periods = Periods(("day", "night"), np.array([4e3, 4e3]), np.array([[9, 9], [9, 0.0]]))
    >>> prepare_periods(streams, periods).cold_kink_kW
    array([[0., 9.],
           [0., 0.]])
    """
    check_call(periods, candidates_C)
    site = prepare(
        streams,
        economics=economics,
        candidates_C=candidates_C,
        objective=objective,
        options=options,
    )
    return over_periods(site, periods)


def check_call(periods: Periods, candidates_C: Candidates | Sequence[float] | None = None) -> None:
    """Refuse what are no periods, and candidates that cannot be for several.

    Raises
    ------
    InputError
        Naming them.
    """
    faults = FaultList()
    if not isinstance(periods, Periods):
        remedy = "read them with milpcore.site.periods.read_periods(...)"
        faults.add("", "periods", type(periods).__name__, "must be Periods", remedy)
    if isinstance(candidates_C, Refined):
        rule = "is not for periods: rounds of refinement know one period"
        faults.add("", "candidates_C", candidates_C.name, rule, "use kinks+grid:5 or finer")
    faults.raise_if_any("site")


def over_periods(site: SiteInputs, periods: Periods) -> PeriodInputs:
    """Put a prepared site into its periods.

    Parameters
    ----------
    site : SiteInputs
    periods : Periods
        With a duty for each of its streams.

    Returns
    -------
    PeriodInputs

    Raises
    ------
    InputError
        If there are more or fewer duties than streams, or electricity costs less than nothing.
    """
    faults = FaultList()
    _note_unknown_options(site, faults)
    if periods.duty_kW.shape[1] != site.n_streams:
        rule = f"must be {site.n_streams}, as in the stream table"
        faults.add("", "streams", periods.duty_kW.shape[1], rule, "give a duty for every stream")
    for measure in dict.fromkeys((site.objective, Measure.TAC)):
        if site.costs(measure).electricity < 0.0:
            rule = "must not cost less than nothing, its CO2 included: bounds rely on it"
            price = site.economics.electricity_price_EUR_per_MWh
            name = "electricity_price_EUR_per_MWh"
            faults.add(measure.value, name, price, rule, "raise the price")
    faults.raise_if_any("periods")
    sides = [
        kink_duties(site.stream_is_hot, site.stream_kink, duty_kW, site.n_candidates)
        for duty_kW in periods.duty_kW
    ]
    hot_kW, cold_kW = (np.array(side) for side in zip(*sides, strict=True))
    return PeriodInputs(site, periods, hot_kW, cold_kW)
