"""The door of model A with several operating periods: one site, its periods, arrays for all.

Axes: period ``P``, stream ``S``, level ``L``, heat pump pair ``K``. Levels, connections and sizes
are shared; duties, heat bought and removed, cascade and pump heat are those of a period. The hours
of the periods take the place of ``operating_hours_h_per_a``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.inputs import Floats, SiteInputs, prepare
from milpcore.site.periods.table import Periods
from milpcore.streams import Streams
from preprocess.matches import kink_duties


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

    @property
    def external_heat_cost(self) -> Floats:
        """Cost of a kW of external heat in each period (P,), EUR/(kW a), at any level."""
        return self.weight * self.site.economics.external_heat_price(Measure.TAC)

    @property
    def cooling_cost(self) -> Floats:
        """Cost of a kW of cooling in each period (P,), EUR/(kW a), at any level."""
        return self.weight * self.site.economics.cooling_price(Measure.TAC)

    @property
    def pump_operation_cost(self) -> Floats:
        """Electricity of a kW of sink heat in each period (P, K), EUR/(kW a)."""
        electricity = self.site.economics.electricity_price(Measure.TAC)
        return self.weight[:, None] * (electricity / self.site.pump_cop)

    @property
    def pump_investment(self) -> float:
        """Annual investment of a kW of size, EUR/(kW a)."""
        return self.site.economics.heat_pump_investment(Measure.TAC)


def prepare_periods(
    streams: Streams,
    periods: Periods,
    *,
    economics: SiteEconomics | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
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
    site = prepare(streams, economics=economics, candidates_C=candidates_C)
    if periods.duty_kW.shape[1] != site.n_streams:
        rule = f"must be {site.n_streams}, as in the stream table"
        faults.add("", "streams", periods.duty_kW.shape[1], rule, "give a duty for every stream")
    if site.economics.electricity_price(Measure.TAC) < 0.0:
        rule = "must not cost less than nothing, its CO2 included: searches and bounds rely on it"
        price = site.economics.electricity_price_EUR_per_MWh
        faults.add("", "electricity_price_EUR_per_MWh", price, rule, "raise the price")
    faults.raise_if_any("periods")
    sides = [
        kink_duties(site.stream_is_hot, site.stream_kink, duty_kW, site.n_candidates)
        for duty_kW in periods.duty_kW
    ]
    hot_kW, cold_kW = (np.array(side) for side in zip(*sides, strict=True))
    return PeriodInputs(site, periods, hot_kW, cold_kW)
