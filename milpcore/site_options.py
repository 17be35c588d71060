"""Options of model A beyond its published simplifications: what a level or a heat pump costs.

Everything here is optional, and the defaults mean "none": a site without options is exactly the
published model. Options are frozen dataclasses, checked when they are made; a TOML file with prices
may hold them too (`milpcore.site_options_file`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from milpcore.faults import FaultList
from milpcore.site_options_checks import (
    MOST,
    check_numbers,
    check_order,
    checked_items,
    checked_temperatures,
)
from milpcore.site_options_connections import ConnectionOptions, ForbiddenConnections
from milpcore.site_options_pumps import (
    CopPoint,
    ExistingPump,
    ForbiddenPumps,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    InvestmentPoint,
)
from milpcore.site_options_sources import (
    ExternalHeatOptions,
    HeatSource,
    PriceOptions,
    PriceStep,
)


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
    connections : ConnectionOptions

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
    connections: ConnectionOptions = field(default_factory=ConnectionOptions)

    @property
    def is_none(self) -> bool:
        """Whether nothing is asked for beyond the published model."""
        return self == SiteOptions()


__all__ = [
    "ConnectionOptions",
    "CopPoint",
    "ExistingPump",
    "ExternalHeatOptions",
    "ForbiddenConnections",
    "ForbiddenLevels",
    "ForbiddenPumps",
    "ForcedPump",
    "HeatPumpOptions",
    "HeatPumpType",
    "HeatSource",
    "InvestmentPoint",
    "LevelOptions",
    "LimitOptions",
    "PriceOptions",
    "PriceStep",
    "SiteOptions",
]
