"""Options of model A: what heat pumps cost, and which of them may be had."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from milpcore.faults import FaultList, InputError
from milpcore.naming import shown
from milpcore.site_options_checks import (
    MOST,
    check_count,
    check_lift,
    check_numbers,
    check_order,
    checked_items,
    note_repeated,
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
    type : str
        One of `HeatPumpOptions.types`, where there are any.

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
    type: str = ""

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        check_lift(self.source_C, self.sink_C, faults)
        faults.raise_if_any("existing heat pump")


@dataclass(frozen=True, kw_only=True)
class ForcedPump:
    """A heat pump that every design has; its ends are levels that every design has.

    Parameters
    ----------
    source_C, sink_C : float
        Levels that it joins.
    heat_kW : float
        Heat that it delivers at least, together with one that is there already.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> ForcedPump(source_C=35, sink_C=80, heat_kW=1000).heat_kW
    1000.0
    """

    source_C: float
    sink_C: float
    heat_kW: float

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        check_lift(self.source_C, self.sink_C, faults)
        faults.raise_if_any("forced heat pump")


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
class HeatPumpType:
    """Heat pumps of one make, beside those of others; what is left out is as in `SiteEconomics`.

    Parameters
    ----------
    name : str
        Shown in results; each once.
    carnot_efficiency, max_lift_K, max_sink_C, investment_EUR_per_kW : float, optional
        In place of those of `SiteEconomics`.
    fixed_investment_EUR, min_size_kW, max_size_kW, cop_table, investment_points
        As in `HeatPumpOptions`.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> HeatPumpType(name="steam", max_sink_C=180.0, carnot_efficiency=0.4).max_sink_C
    180.0
    """

    name: str
    carnot_efficiency: float | None = None
    max_lift_K: float | None = None
    max_sink_C: float | None = None
    investment_EUR_per_kW: float | None = None
    fixed_investment_EUR: float = 0.0
    min_size_kW: float = 0.0
    max_size_kW: float = MOST
    cop_table: tuple[CopPoint, ...] = ()
    investment_points: tuple[InvestmentPoint, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        if not isinstance(self.name, str) or not self.name.strip():
            remedy = "such as 'steam'"
            faults.add("", "name", shown(self.name), "must be a text that says something", remedy)
        check_numbers(self, faults)
        names = (
            "fixed_investment_EUR",
            "min_size_kW",
            "max_size_kW",
            "cop_table",
            "investment_points",
        )
        faults.raise_if_any("heat pump type")
        try:
            checked = HeatPumpOptions(**{name: getattr(self, name) for name in names})
        except InputError as error:
            for fault in error.faults:
                faults.add(*fault)
        else:
            for name in names:
                object.__setattr__(self, name, getattr(checked, name))
        faults.raise_if_any("heat pump type")


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
    forced : tuple of ForcedPump
        Heat pumps that every design has, at most one from a level to another.
    cop_table : tuple of CopPoint
        COP in place of the fraction of Carnot's, bilinear between the four points around; a heat
        pump without four points around its source and sink is not possible.
    investment_points : tuple of InvestmentPoint
        Investment by size, in place of the price per kW, linear between the points; a new heat pump
        has a size between the first and the last of them.
    types : tuple of HeatPumpType
        Several types, each of which may join the same levels. Sizes, costs and COP are then those
        of the types; numbers and forbidden pairs are those of all together.

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
    forced: tuple[ForcedPump, ...] = ()
    cop_table: tuple[CopPoint, ...] = ()
    investment_points: tuple[InvestmentPoint, ...] = ()
    types: tuple[HeatPumpType, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        points = checked_items(self, "cop_table", CopPoint, faults)
        known = [(one.source_C, one.sink_C) for one in points]
        note_repeated("cop_table", known, _lift, "remove the duplicate", faults)
        check_numbers(self, faults)
        check_order(self, "min_size_kW", "max_size_kW", faults)
        check_count(self, "max_number", faults)
        existing = checked_items(self, "existing", ExistingPump, faults)
        checked_items(self, "forbidden", ForbiddenPumps, faults)
        forced = checked_items(self, "forced", ForcedPump, faults)
        ends = [(round(one.source_C, 6), round(one.sink_C, 6)) for one in forced]
        note_repeated("forced", ends, _lift, "add up their heat", faults)
        pairs = [(round(one.source_C, 6), round(one.sink_C, 6), one.type) for one in existing]
        note_repeated("existing", pairs, _lift, "add up their sizes", faults)
        if checked_items(self, "investment_points", InvestmentPoint, faults):
            self._check_points(faults)
        self._check_types(checked_items(self, "types", HeatPumpType, faults), existing, faults)
        faults.raise_if_any("heat pump options")

    def _check_types(
        self,
        types: tuple[HeatPumpType, ...],
        existing: tuple[ExistingPump, ...],
        faults: FaultList,
    ) -> None:
        """Note types that come twice or are unknown, and what belongs to each of them."""
        names = [one.name for one in types]
        note_repeated("types", names, shown, "rename one type", faults)
        for one in existing:
            if one.type not in (names or [""]):
                rule = "has a type that is none of the types"
                remedy = f"known are {', '.join(names)}" if names else "leave the type out"
                faults.add("", "existing", shown(one.type), rule, remedy)
        default = {"min_size_kW": 0.0, "max_size_kW": MOST, "fixed_investment_EUR": 0.0}
        for name in ("cop_table", "investment_points", *default):
            if types and getattr(self, name) != default.get(name, ()):
                rule = "must not be given beside types"
                faults.add("", name, None, rule, "give it to each type")

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


def _lift(pump: tuple[float | str, ...]) -> str:
    """Name a heat pump by its source and sink."""
    return f"{pump[0]:g} → {pump[1]:g} °C"
