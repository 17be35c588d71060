"""Options of model A: what connecting streams to levels costs, and which of it may be had."""

from __future__ import annotations

from dataclasses import dataclass

from milpcore.faults import FaultList
from milpcore.site_options_checks import MOST, check_numbers, check_order, checked_items

ANY = ""
"""Stands for every zone, or every stream."""


@dataclass(frozen=True, kw_only=True)
class ForbiddenConnections:
    """Streams that may not be connected to levels in a range of temperature, ends included.

    Parameters
    ----------
    zone, stream : str
        Names as in the stream table; left out, all of them.
    from_C, to_C : float
        Range of level temperatures; what is left out has no end.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> ForbiddenConnections(zone="mill", from_C=120.0).stream
    ''
    """

    zone: str = ANY
    stream: str = ANY
    from_C: float = -MOST
    to_C: float = MOST

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        check_order(self, "from_C", "to_C", faults)
        for name in ("zone", "stream"):
            value = getattr(self, name)
            if not isinstance(value, str):
                remedy = "give a name in quotation marks"
                faults.add("", name, repr(value), "must be a name", remedy)
        faults.raise_if_any("forbidden connections")


@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """What connecting a stream to a level costs: an exchanger of the area that it needs.

    The level is isothermal, the exchanger counter-current, without wall or fouling; its investment
    is ``fixed_investment_EUR + area_investment_EUR area^area_exponent``.

    Parameters
    ----------
    fixed_investment_EUR : float
        Of each stream's connection, whatever its area.
    area_investment_EUR : float
        Of an exchanger of 1 m², beside the fixed part.
    area_exponent : float
        Exponent of the area (m²).
    level_htc_kW_per_m2_K : float
        Film coefficient on the side of the level.
    stream_htc_kW_per_m2_K : float, optional
        Film coefficient of streams where the stream table has no column ``htc``.
    forbidden : tuple of ForbiddenConnections
        Connections that may not be had.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> ConnectionOptions(fixed_investment_EUR=2e4, area_investment_EUR=600.0).area_exponent
    1.0
    """

    fixed_investment_EUR: float = 0.0
    area_investment_EUR: float = 0.0
    area_exponent: float = 1.0
    level_htc_kW_per_m2_K: float = 2.0
    stream_htc_kW_per_m2_K: float | None = None
    forbidden: tuple[ForbiddenConnections, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        checked_items(self, "forbidden", ForbiddenConnections, faults)
        faults.raise_if_any("connection options")

    @property
    def decides(self) -> bool:
        """Whether it matters which level a stream is connected to, or whether connections cost."""
        return self.costs or bool(self.forbidden)

    @property
    def costs(self) -> bool:
        """Whether a connection costs anything."""
        return self.fixed_investment_EUR > 0.0 or self.area_investment_EUR > 0.0
