"""Model A, the door: from a stream table and prices to the arrays every formulation reads.

Axes: stream ``S``, level ``L`` (rising temperature), heat pump pair ``K``. Source of the model:
Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated Utility Systems with
Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.candidates import Candidates
from milpcore.site.door import enter
from milpcore.site.option_terms import FixedCosts, OptionTerms
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams
from preprocess.matches import feasible_matches, kink_duties

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

NO_NEGATIVE_COST = "must not be negative: searches and bounds of model A rely on it"
"""Rule that unit costs must follow."""

TIE_BREAK = 1e-7
"""Weight of TAC in the objective OPEX or CO2, relative to the largest unit cost."""


class UnitCosts(NamedTuple):
    """Cost of one kW over a year in one measure, EUR/(kW a) or t/(kW a).

    Attributes
    ----------
    external_heat : ndarray (L,)
        Heat bought at a level.
    cooling : ndarray (L,)
        Heat removed at a level.
    pump_heat : ndarray (K,)
        Heat delivered by a heat pump at its sink: electricity and investment.
    electricity : float
        Electricity of a heat pump, part of `pump_heat`.
    heat_pump : float
        Investment of a kW of sink heat, part of `pump_heat`; the least where they differ.
    """

    external_heat: Floats
    cooling: Floats
    pump_heat: Floats
    electricity: float
    heat_pump: float


@dataclass(frozen=True)
class SiteInputs:
    """Everything a formulation of model A needs, as arrays.

    Attributes
    ----------
    streams : Streams
        The validated stream table.
    economics : SiteEconomics
        Prices and technical limits.
    objective : Measure
        What is minimised; TAC second where it is not TAC itself.
    cascade : bool
        Whether heat may flow from a level to a lower one.
    level_C : ndarray (L,)
        Candidate levels, rising.
    stream_limit_C : ndarray (S,)
        Limit temperature: highest level that cools a hot stream, lowest that heats a cold one.
    stream_is_hot : ndarray of bool (S,)
        Kind of each stream.
    stream_duty_kW : ndarray (S,)
        Duty, positive.
    stream_kink : ndarray of int (S,)
        Candidate level nearest to the limit temperature on the feasible side.
    hot_kink_kW, cold_kink_kW : ndarray (L,)
        Duty of the streams whose kink is that level.
    pump_source, pump_sink : ndarray of int (K,)
        Levels joined by each heat pump pair.
    pump_cop : ndarray (K,)
        COP of each pair.
    external_heat_factor, cooling_factor : ndarray (L,)
        Price at each level relative to the price in `economics`; ones by default.
    tac_weight : float
        Weight of TAC in `objective_costs` beside OPEX or CO2; 0 but in `with_tie_break`.
    options : SiteOptions
        What is asked for beyond the published model.
    terms : OptionTerms or None
        The same as arrays; None without options.
    """

    streams: Streams
    economics: SiteEconomics
    objective: Measure
    cascade: bool
    level_C: Floats
    stream_limit_C: Floats
    stream_is_hot: Booleans
    stream_duty_kW: Floats
    stream_kink: Integers
    hot_kink_kW: Floats
    cold_kink_kW: Floats
    pump_source: Integers
    pump_sink: Integers
    pump_cop: Floats
    external_heat_factor: Floats
    cooling_factor: Floats
    tac_weight: float = 0.0
    options: SiteOptions = field(default_factory=SiteOptions)
    terms: OptionTerms | None = None

    @property
    def n_candidates(self) -> int:
        """Number of candidate levels."""
        return len(self.level_C)

    @property
    def n_pairs(self) -> int:
        """Number of heat pump pairs."""
        return len(self.pump_cop)

    @property
    def n_streams(self) -> int:
        """Number of streams."""
        return len(self.stream_duty_kW)

    @property
    def pump_source_share(self) -> Floats:
        """Source heat per sink heat of each pair, ``1 - 1/COP`` (K,)."""
        return 1.0 - 1.0 / self.pump_cop

    def costs(self, measure: Measure) -> UnitCosts:
        """Cost of a kW over a year in one measure, EUR/(kW a) or t/(kW a)."""
        economics = self.economics
        electricity = economics.electricity_price(measure)
        heat_pump = economics.heat_pump_investment(measure)
        of_each: Floats | float = heat_pump
        external_heat = economics.external_heat_price(measure) * self.external_heat_factor
        cooling = economics.cooling_price(measure) * self.cooling_factor
        if self.terms is not None:
            stepped = self.terms.external_heat(economics, measure)
            external_heat = external_heat if stepped is None else stepped
            stepped = self.terms.cooling(economics, measure)
            cooling = cooling if stepped is None else stepped
        if self.terms is not None and measure in (Measure.TAC, Measure.CAPEX):
            of_each = economics.annuity_per_a * self.terms.pump_investment_EUR_per_kW
            heat_pump = float(of_each.min(initial=heat_pump))
        return UnitCosts(
            external_heat=external_heat,
            cooling=cooling,
            pump_heat=electricity / self.pump_cop + of_each,
            electricity=electricity,
            heat_pump=heat_pump,
        )

    @cached_property
    def is_forced(self) -> Booleans:
        """Levels that every design has (L,); none without options."""
        if self.terms is None:
            return np.zeros(self.n_candidates, dtype=np.bool_)
        return self.terms.is_forced

    def source_costs(self, measure: Measure) -> Floats:
        """Cost of a kW over a year from each source of external heat (S,); none without options."""
        if self.terms is None or self.terms.sources is None:
            return np.empty(0)
        return self.terms.sources.costs(self.economics, measure)

    @cached_property
    def objective_source_costs(self) -> Floats:
        """What a search minimises, of each source of external heat (S,)."""
        tac = self.source_costs(Measure.TAC)
        if self.objective in (Measure.TAC, Measure.CAPEX):
            return tac
        return np.asarray(self.source_costs(self.objective) + self.tac_weight * tac)

    @property
    def chooses_connections(self) -> bool:
        """Whether a stream need not go to the nearest level: connections cost, or are forbidden."""
        return self.terms is not None and self.terms.connections is not None

    @cached_property
    def matches(self) -> tuple[Integers, Integers]:
        """Stream and level of every connection (M,) that is feasible and not forbidden."""
        stream, level = feasible_matches(self.stream_is_hot, self.stream_kink, self.n_candidates)
        if self.terms is None or self.terms.connections is None:
            return stream, level
        kept = self.terms.connections.is_allowed[stream, level]
        return stream[kept], level[kept]

    def connection_costs(self, measure: Measure) -> Floats:
        """Cost of connecting each stream to each level (S, L), EUR/a; none in OPEX and CO2.

        Zeros where options say nothing about connections, and where one is not allowed.
        """
        terms = self.terms
        if terms is None or terms.connections is None:
            return np.zeros((self.n_streams, self.n_candidates))
        pays = measure in (Measure.TAC, Measure.CAPEX)
        return (self.economics.annuity_per_a if pays else 0.0) * terms.connections.investment_EUR

    @cached_property
    def objective_connection_costs(self) -> Floats:
        """What a search minimises of connections (S, L)."""
        tac = self.connection_costs(Measure.TAC)
        is_cost = self.objective in (Measure.TAC, Measure.CAPEX)
        return tac if is_cost else self.tac_weight * tac

    @cached_property
    def objective_match_costs(self) -> Floats:
        """The same (S, L), infinite where there is no match."""
        costs = np.full((self.n_streams, self.n_candidates), np.inf)
        costs[self.matches] = self.objective_connection_costs[self.matches]
        return costs

    def least_connected(self, levels: Integers) -> float:
        """Cost of the cheapest connections to some levels, whatever becomes of their heat."""
        return float(self.objective_match_costs[:, levels].min(axis=1).sum())

    def fixed_costs(self, measure: Measure) -> FixedCosts:
        """Cost of heat pumps and levels that are had at all, EUR/a; nothing without options."""
        if self.terms is None:
            return FixedCosts(np.zeros(self.n_pairs), np.zeros(self.n_candidates))
        return self.terms.fixed(self.economics, measure)

    @cached_property
    def objective_fixed_costs(self) -> FixedCosts:
        """What a search minimises beside `objective_costs`."""
        tac = self.fixed_costs(Measure.TAC)
        if self.objective in (Measure.TAC, Measure.CAPEX):
            return tac
        return FixedCosts(*(self.tac_weight * cost for cost in tac))

    @cached_property
    def objective_costs(self) -> UnitCosts:
        """What a search minimises: the objective, with `tac_weight` times TAC beside it.

        Least CAPEX is always nothing at all, reached without heat pumps; `prepare` drops them
        then, and what is left to decide is TAC.
        """
        tac = self.costs(Measure.TAC)
        if self.objective in (Measure.TAC, Measure.CAPEX):
            return tac
        first, weight = self.costs(self.objective), self.tac_weight
        return UnitCosts(
            external_heat=first.external_heat + weight * tac.external_heat,
            cooling=first.cooling + weight * tac.cooling,
            pump_heat=first.pump_heat + weight * tac.pump_heat,
            electricity=first.electricity + weight * tac.electricity,
            heat_pump=first.heat_pump + weight * tac.heat_pump,
        )

    @cached_property
    def cost_scale(self) -> float:
        """Power of ten that divides the unit costs in a matrix, for numbers near one.

        With duties in MW a cost of ``cost_scale`` EUR/(kW a) is 1; for TAC at usual prices it is
        1000, so that objectives are in million EUR/a.
        """
        largest = _largest(self.objective_costs)
        return 1.0 if largest <= 0.0 else float(10.0 ** round(np.log10(largest)))

    def evaluate(
        self, measure: Measure, external_heat_kW: Floats, cooling_kW: Floats, pump_heat_kW: Floats
    ) -> float:
        """Cost of heat flows in one measure, EUR/a or t/a.

        Without what heat pumps and levels cost that are had at all, see
        `milpcore.site.design_cost`.
        """
        costs = self.costs(measure)
        return float(
            costs.external_heat @ external_heat_kW
            + costs.cooling @ cooling_kW
            + costs.pump_heat @ pump_heat_kW
        )


def prepare(
    streams: Streams,
    *,
    economics: SiteEconomics | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    cascade: bool = True,
    objective: Measure | str = Measure.TAC,
    options: SiteOptions | None = None,
) -> SiteInputs:
    """Turn a stream table and prices into the arrays of model A.

    Parameters
    ----------
    streams : Streams
        The stream table.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels: a set of `milpcore.site.candidates`, or temperatures, °C. Default: the
        kinks, that is the distinct limit temperatures.
    cascade : bool
        Whether heat may flow from a level to a lower one.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between designs of equal
        OPEX, CAPEX or CO2.
    options : SiteOptions, optional
        What is asked for beyond the published model; default nothing.

    Returns
    -------
    SiteInputs

    Raises
    ------
    InputError
        If streams or prices are of another kind, a stream has no candidate level that serves it,
        or is negligible beside the others, a candidate is not a temperature, a cost is negative, or
        options contradict each other or the streams: one error with all of that but costs.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> inputs = site.prepare(milpcore.load_case("site_400"))
    >>> inputs.n_candidates
    156
    """
    economics = SiteEconomics() if economics is None else economics
    options = SiteOptions() if options is None else options
    faults = FaultList()
    for name, value, kind, remedy in (
        ("streams", streams, Streams, "read them with milpcore.read_streams(...)"),
        ("economics", economics, SiteEconomics, "give milpcore.SiteEconomics(...)"),
        ("options", options, SiteOptions, "give milpcore.SiteOptions(...)"),
    ):
        if not isinstance(value, kind):
            faults.add("", name, type(value).__name__, f"must be {kind.__name__}", remedy)
    faults.raise_if_any("site")
    door = enter(streams, economics, options, objective, candidates_C)
    is_hot, n_levels = np.asarray(streams.is_hot), len(door.level_C)
    hot_kink_kW, cold_kink_kW = kink_duties(is_hot, door.kink, streams.duty_kW, n_levels)
    inputs = SiteInputs(
        streams=streams,
        economics=economics,
        objective=door.measure,
        cascade=cascade,
        level_C=door.level_C,
        stream_limit_C=door.limit_C,
        stream_is_hot=is_hot,
        stream_duty_kW=np.asarray(streams.duty_kW),
        stream_kink=door.kink,
        hot_kink_kW=hot_kink_kW,
        cold_kink_kW=cold_kink_kW,
        pump_source=door.pairs.source,
        pump_sink=door.pairs.sink,
        pump_cop=door.pairs.cop,
        external_heat_factor=np.ones(n_levels),
        cooling_factor=np.ones(n_levels),
        options=options,
        terms=door.terms,
    )
    _refuse_profitable_waste(inputs)
    if inputs.objective is Measure.CAPEX and inputs.costs(Measure.CAPEX).heat_pump > 0.0:
        return without_heat_pumps(inputs)
    return inputs


def without_heat_pumps(inputs: SiteInputs) -> SiteInputs:
    """Return the same site with no heat pump allowed."""
    none, no_cop = np.empty(0, dtype=np.int64), np.empty(0)
    terms = inputs.terms
    if terms is not None:
        terms = terms.of_pumps(np.zeros(inputs.n_pairs, dtype=np.bool_))
    return replace(inputs, pump_source=none, pump_sink=none, pump_cop=no_cop, terms=terms)


def with_tie_break(inputs: SiteInputs, weight: float = TIE_BREAK) -> SiteInputs | None:
    """Return the site with some TAC in its costs, to choose between designs of equal objective.

    `weight` is relative to the largest unit cost. None where there is nothing to choose by: TAC
    decides already, or costs nothing.
    """
    if inputs.objective in (Measure.TAC, Measure.CAPEX):
        return None
    first, tac = _largest(inputs.costs(inputs.objective)), _largest(inputs.costs(Measure.TAC))
    if tac <= 0.0:
        return None
    return replace(inputs, tac_weight=weight * first / tac if first > 0.0 else 1.0)


def _largest(costs: UnitCosts) -> float:
    """Largest unit cost of any column."""
    return max((float(array.max()) for array in costs[:3] if array.size), default=0.0)


def _refuse_profitable_waste(inputs: SiteInputs) -> None:
    """Refuse unit costs below zero, with which the cost may have no lower end.

    Where cooling has a price, a heat pump that earns money need not run without end. Such prices
    are refused all the same: searches and bounds rely on costs of at least zero.
    """
    faults = FaultList()
    names = ("external heat", "cooling", "heat pump heat")
    for measure in dict.fromkeys((inputs.objective, Measure.TAC)):
        second = f" (TAC decides between designs of equal {inputs.objective.value.upper()})"
        for name, cost in zip(names, inputs.costs(measure)[:3], strict=True):
            if cost.size and cost.min() < 0.0:
                faults.add(
                    measure.value,
                    f"cost of {name}",
                    f"{cost.min():g} per kW and year",
                    NO_NEGATIVE_COST + ("" if measure is inputs.objective else second),
                    "raise the price behind it",
                )
    faults.raise_if_any("economics")
