"""Options of model A beyond its published simplifications: what a level or a heat pump costs.

Everything here is optional, and the defaults mean "none": a site without options is exactly the
published model. Options are frozen dataclasses, checked when they are made; a TOML file with prices
may hold them too (`milpcore.site_options_file`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from milpcore.faults import FaultList
from milpcore.site_options_checks import (
    MOST,
    check_count,
    check_numbers,
    check_order,
    checked_items,
    checked_temperatures,
)
from milpcore.site_options_sources import (
    ExternalHeatOptions,
    HeatSource,
    PriceOptions,
    PriceStep,
)


@dataclass(frozen=True, kw_only=True)
class ExistingPump:
    """A heat pump that is there already: its heat needs no investment up to its size.

    Parameters
    ----------
    source_C, sink_C : float
        Levels that it joins; it is of use where both are open. Limits of lift and sink are not
        asked of it.
    size_kW : float
        Largest heat delivered at the sink.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> ExistingPump(source_C=35, sink_C=80, size_kW=5000).size_kW
    5000.0
    """

    source_C: float
    sink_C: float
    size_kW: float

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        if self.sink_C <= self.source_C:
            rule = f"must be above source_C = {self.source_C:g} °C"
            faults.add("", "sink_C", f"{self.sink_C:g} °C", rule, "exchange the two")
        faults.raise_if_any("existing heat pump")


@dataclass(frozen=True, kw_only=True)
class ForbiddenPumps:
    """Heat pumps that may not be built: with source and sink in two ranges of temperature.

    Parameters
    ----------
    source_from_C, source_to_C, sink_from_C, sink_to_C : float
        Both ends belong to the range; what is left out has no end.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    Nothing may draw heat from 20 °C or below:

    >>> ForbiddenPumps(source_to_C=20.0).sink_to_C
    inf
    """

    source_from_C: float = -MOST
    source_to_C: float = MOST
    sink_from_C: float = -MOST
    sink_to_C: float = MOST

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        for end in ("source", "sink"):
            check_order(self, f"{end}_from_C", f"{end}_to_C", faults)
        faults.raise_if_any("forbidden heat pumps")


@dataclass(frozen=True, kw_only=True)
class ForbiddenLevels:
    """Temperatures at which no level may lie, both ends included; what is left out has no end.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> ForbiddenLevels(from_C=95.0, to_C=110.0).to_C
    110.0
    """

    from_C: float = -MOST
    to_C: float = MOST

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        check_order(self, "from_C", "to_C", faults)
        faults.raise_if_any("forbidden levels")


@dataclass(frozen=True, kw_only=True)
class CopPoint:
    """A measured or computed COP of a heat pump between two levels.

    Parameters
    ----------
    source_C, sink_C : float
        The levels.
    cop : float
        Heat delivered at the sink over electricity.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> CopPoint(source_C=35, sink_C=80, cop=3.9).cop
    3.9
    """

    source_C: float
    sink_C: float
    cop: float

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        faults.raise_if_any("COP table")


@dataclass(frozen=True, kw_only=True)
class InvestmentPoint:
    """What a new heat pump of one size costs.

    Parameters
    ----------
    heat_kW : float
        Heat delivered at the sink, from 0.
    investment_EUR : float

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> InvestmentPoint(heat_kW=500, investment_EUR=4e5).heat_kW
    500.0
    """

    heat_kW: float
    investment_EUR: float

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        faults.raise_if_any("investment point")


@dataclass(frozen=True, kw_only=True)
class HeatPumpOptions:
    """What heat pumps cost beside the investment per kW, and which of them may be built.

    Parameters
    ----------
    fixed_investment_EUR : float
        For each new heat pump, whatever its size; a heat pump joins one level to another.
    min_size_kW, max_size_kW : float
        A new heat pump delivers so much at least, and at most, or is not built.
    max_number : int, optional
        Largest number of new heat pumps.
    existing : tuple of ExistingPump
        Heat pumps that are there already, at most one from a level to another.
    forbidden : tuple of ForbiddenPumps
        New heat pumps that may not be built.
    cop_table : tuple of CopPoint
        COP in place of the fraction of Carnot's, bilinear between the four points around; a heat
        pump without four points around its source and sink is not possible.
    investment_points : tuple of InvestmentPoint
        Investment by size, in place of the price per kW, linear between the points; a new heat pump
        has a size between the first and the last of them.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> HeatPumpOptions(fixed_investment_EUR=2e6, max_number=2).max_number
    2
    """

    fixed_investment_EUR: float = 0.0
    min_size_kW: float = 0.0
    max_size_kW: float = MOST
    max_number: int | None = None
    existing: tuple[ExistingPump, ...] = ()
    forbidden: tuple[ForbiddenPumps, ...] = ()
    cop_table: tuple[CopPoint, ...] = ()
    investment_points: tuple[InvestmentPoint, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        points = checked_items(self, "cop_table", CopPoint, faults)
        known = [(one.source_C, one.sink_C) for one in points]
        for source_C, sink_C in sorted({one for one in known if known.count(one) > 1}):
            value = f"{source_C:g} → {sink_C:g} °C"
            faults.add("", "cop_table", value, "must not come twice", "remove the duplicate")
        check_numbers(self, faults)
        check_order(self, "min_size_kW", "max_size_kW", faults)
        check_count(self, "max_number", faults)
        existing = checked_items(self, "existing", ExistingPump, faults)
        checked_items(self, "forbidden", ForbiddenPumps, faults)
        pairs = [(round(one.source_C, 6), round(one.sink_C, 6)) for one in existing]
        for source_C, sink_C in {pair for pair in pairs if pairs.count(pair) > 1}:
            value = f"{source_C:g} → {sink_C:g} °C"
            faults.add("", "existing", value, "must not come twice", "add up their sizes")
        if checked_items(self, "investment_points", InvestmentPoint, faults):
            self._check_points(faults)
        faults.raise_if_any("heat pump options")

    def _check_points(self, faults: FaultList) -> None:
        """Put the points in rising order, noting what is no curve."""
        points = tuple(sorted(self.investment_points, key=lambda one: one.heat_kW))
        object.__setattr__(self, "investment_points", points)
        name = "investment_points"
        if len(points) < 2:
            faults.add("", name, len(points), "must be two at least", "give a second size")
        for one, other in pairwise(points):
            value = f"{other.heat_kW:g} kW"
            if other.heat_kW <= one.heat_kW:
                faults.add("", name, value, "must not come twice", "remove the duplicate")
            elif other.investment_EUR < one.investment_EUR:
                rule = f"must cost no less than {one.heat_kW:g} kW"
                faults.add("", name, value, rule, "correct one of the two")
        if self.fixed_investment_EUR > 0.0:
            rule = "must not be given beside investment_points, which hold it"
            value = f"{self.fixed_investment_EUR:g} EUR"
            faults.add("", "fixed_investment_EUR", value, rule, "add it to every point")


@dataclass(frozen=True, kw_only=True)
class LevelOptions:
    """What levels cost, and where they must or must not lie.

    Parameters
    ----------
    investment_EUR : float
        For each level in use; in a retrofit for each that is added, those of today being free.
    moved_investment_EUR : float, optional
        In a retrofit, for each level that moves; default `investment_EUR`.
    forced_C : tuple of float
        Levels that every design has; each takes one of the places, and costs what a level costs.
    forbidden : tuple of ForbiddenLevels
        Where no level may lie.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> LevelOptions(forced_C=(80.0,)).forced_C
    (80.0,)
    """

    investment_EUR: float = 0.0
    moved_investment_EUR: float | None = None
    forced_C: tuple[float, ...] = ()
    forbidden: tuple[ForbiddenLevels, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        forbidden = checked_items(self, "forbidden", ForbiddenLevels, faults)
        forced_C = checked_temperatures(self, "forced_C", faults)
        object.__setattr__(self, "forced_C", forced_C)
        for value_C in forced_C:
            if any(one.from_C <= value_C <= one.to_C for one in forbidden):
                rule = "is forbidden at the same time"
                faults.add("", "forced_C", f"{value_C:g} °C", rule, "choose one of both")
        faults.raise_if_any("level options")


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """What the whole site may not exceed.

    Parameters
    ----------
    external_heat_kW : float
        Of all levels together.
    emission_t_per_a : float
        CO2 of external heat and electricity.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> LimitOptions(emission_t_per_a=2e5).external_heat_kW
    inf
    """

    external_heat_kW: float = MOST
    emission_t_per_a: float = MOST

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        faults.raise_if_any("limits")


@dataclass(frozen=True, kw_only=True)
class SiteOptions:
    """All options of model A; the default is none of them.

    Parameters
    ----------
    heat_pumps : HeatPumpOptions
    levels : LevelOptions
    external_heat : ExternalHeatOptions
    cooling : PriceOptions
    limits : LimitOptions

    Examples
    --------
    >>> SiteOptions().is_none
    True
    >>> SiteOptions(levels=LevelOptions(investment_EUR=1e6)).is_none
    False
    """

    heat_pumps: HeatPumpOptions = field(default_factory=HeatPumpOptions)
    levels: LevelOptions = field(default_factory=LevelOptions)
    external_heat: ExternalHeatOptions = field(default_factory=ExternalHeatOptions)
    cooling: PriceOptions = field(default_factory=PriceOptions)
    limits: LimitOptions = field(default_factory=LimitOptions)

    @property
    def is_none(self) -> bool:
        """Whether nothing is asked for beyond the published model."""
        return self == SiteOptions()


__all__ = [
    "CopPoint",
    "ExistingPump",
    "ExternalHeatOptions",
    "ForbiddenLevels",
    "ForbiddenPumps",
    "HeatPumpOptions",
    "HeatSource",
    "InvestmentPoint",
    "LevelOptions",
    "LimitOptions",
    "PriceOptions",
    "PriceStep",
    "SiteOptions",
]
