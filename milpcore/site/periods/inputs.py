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
    """

    external_heat: Floats
    cooling: Floats
    operation: Floats
    size: Floats

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
        costs, weight = self.site.costs(measure), self.weight[:, None]
        return PeriodCosts(
            external_heat=weight * costs.external_heat,
            cooling=weight * costs.cooling,
            operation=weight * (costs.electricity / self.site.pump_cop),
            size=np.full(self.site.n_pairs, costs.heat_pump),
        )

    @cached_property
    def objective_costs(self) -> PeriodCosts:
        """What a search minimises: the objective, or TAC where that is least CAPEX.

        Least CAPEX is nothing at all, reached without heat pumps, which `prepare_periods` drops:
        what is left to decide is TAC.
        """
        is_capex = self.site.objective is Measure.CAPEX
        return self.costs(Measure.TAC if is_capex else self.site.objective)

    @property
    def tac_decides(self) -> bool:
        """Whether TAC comes second, between operations of equal objective."""
        return self.site.objective in (Measure.OPEX, Measure.CO2)


def prepare_periods(
    streams: Streams,
    periods: Periods,
    *,
    economics: SiteEconomics | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    objective: Measure | str = Measure.TAC,
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
    faults = FaultList()
    if not isinstance(periods, Periods):
        remedy = "read them with milpcore.site.periods.read_periods(...)"
        faults.add("", "periods", type(periods).__name__, "must be Periods", remedy)
    if isinstance(candidates_C, Refined):
        rule = "is not for periods: rounds of refinement know one period"
        faults.add("", "candidates_C", candidates_C.name, rule, "use kinks+grid:5 or finer")
    faults.raise_if_any("site")
    site = prepare(streams, economics=economics, candidates_C=candidates_C, objective=objective)
    if periods.duty_kW.shape[1] != site.n_streams:
        rule = f"must be {site.n_streams}, as in the stream table"
        faults.add("", "streams", periods.duty_kW.shape[1], rule, "give a duty for every stream")
    for measure in dict.fromkeys((site.objective, Measure.TAC)):
        if site.costs(measure).electricity < 0.0:
            rule = "must not cost less than nothing, CO2 included: searches and bounds rely on it"
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
