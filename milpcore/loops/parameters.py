"""Parameters of utility loops: all that a network depends on besides the streams, checked.

Every value is checked when an object is made; one error lists all faults. Defaults, their units,
statuses and sources are data: ``milpcore/data/loop_two_plants.toml``. Money is in `currency`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from milpcore.faults import FaultList
from milpcore.loops.equipment import (
    ExchangerCost,
    Fluid,
    PipeCost,
    PumpCost,
    Utility,
    fields_of,
)
from milpcore.loops.limits import Limits
from milpcore.loops.parameter_schema import checked_entries, checked_text, default
from milpcore.naming import shown


class Distance(NamedTuple):
    """Length of a pipe between two plants.

    Attributes
    ----------
    plants : tuple of two str
        Zones of the stream table, in any order.
    length_m : float
        Length of the pipe.
    """

    plants: tuple[str, str]
    length_m: float


def _utility(table: str) -> Utility:
    """Make the utility of which only the price is known."""
    return Utility(price_per_kW_a=default(table, "price_per_kW_a"))


@dataclass(frozen=True, kw_only=True)
class LoopParameters:
    """Everything but the streams that a network of utility loops depends on.

    Parameters
    ----------
    currency : str
        Of every price and cost.
    dt_min_K : float
        Least temperature difference between a stream and a loop.
    annual_factor_per_a : float
        Share of an investment that is paid a year.
    operating_hours_h_per_a : float
    electricity_price_per_kWh : float
        Of pumps.
    fluid : Fluid
    exchanger : ExchangerCost
        Also of heaters and coolers.
    pipe : PipeCost
    pump : PumpCost
        One pump a pipe.
    hot_utility, cold_utility : Utility
    distances : sequence of Distance
        Between plants, each pair once. A loop visits its plants one after the other and returns to
        the first; every leg is one pipe and one pump (two plants: supply and return). A length is
        that of the pipe which may be laid: it is taken as given, by designs, bound and evaluator,
        where it is longer than the way over a third plant, too.
    visit_order : sequence of str or None
        Order of the plants on every loop, which may leave some out; None to have it chosen.
    limits : Limits

    Raises
    ------
    InputError
        Listing every value out of range or of a wrong kind.

    Examples
    --------
    >>> parameters = LoopParameters(distances=[Distance(("east", "west"), 800)])
    >>> parameters.distance_m("west", "east"), parameters.dt_min_K, parameters.fluid.name
    (800.0, 10.0, 'hot water')
    """

    currency: str = default("general", "currency")
    dt_min_K: float = default("general", "dt_min_K")
    annual_factor_per_a: float = default("general", "annual_factor_per_a")
    operating_hours_h_per_a: float = default("general", "operating_hours_h_per_a")
    electricity_price_per_kWh: float = default("general", "electricity_price_per_kWh")
    fluid: Fluid = dataclasses.field(default_factory=Fluid)
    exchanger: ExchangerCost = dataclasses.field(default_factory=ExchangerCost)
    pipe: PipeCost = dataclasses.field(default_factory=PipeCost)
    pump: PumpCost = dataclasses.field(default_factory=PumpCost)
    hot_utility: Utility = dataclasses.field(default_factory=partial(_utility, "hot_utility"))
    cold_utility: Utility = dataclasses.field(default_factory=partial(_utility, "cold_utility"))
    distances: Sequence[Distance] = ()
    visit_order: Sequence[str] | None = None
    limits: Limits = dataclasses.field(default_factory=Limits)

    def __post_init__(self) -> None:
        faults = FaultList()
        fields = fields_of(self)
        general = {key: fields[key] for key in (*_GENERAL, "visit_order")}
        checked = checked_entries("general", general, "", faults)
        checked["visit_order"] = checked_order(checked["visit_order"], "", faults)
        checked["distances"] = _checked_distances(self.distances, faults)
        for key, kind in PARTS.items():
            if not isinstance(fields[key], kind):
                rule = f"must be a {kind.__name__}"
                remedy = f"pass loops.{kind.__name__}(...)"
                faults.add("", key, shown(fields[key]), rule, remedy)
        faults.raise_if_any("LoopParameters")
        for key, value in checked.items():
            object.__setattr__(self, key, value)

    @property
    def costs_heaters_and_coolers(self) -> bool:
        """Whether both utilities have temperatures and a film coefficient."""
        return self.hot_utility.has_exchanger_data and self.cold_utility.has_exchanger_data

    def distance_m(self, plant: str, other: str) -> float:
        """Length of the pipe between two plants, m.

        Raises
        ------
        KeyError
            If it is not given; `LoopCase` has all distances of its plants.
        """
        for distance in self.distances:
            if set(distance.plants) == {plant, other}:
                return distance.length_m
        raise KeyError(f"no distance between {plant!r} and {other!r}")

    def replace(self, **changes: Any) -> LoopParameters:
        """Change some values, checked like all others; TypeError for an unknown name."""
        return dataclasses.replace(self, **changes)


_GENERAL = (
    "currency",
    "dt_min_K",
    "annual_factor_per_a",
    "operating_hours_h_per_a",
    "electricity_price_per_kWh",
)
PARTS: dict[str, type] = {
    "fluid": Fluid,
    "exchanger": ExchangerCost,
    "pipe": PipeCost,
    "pump": PumpCost,
    "hot_utility": Utility,
    "cold_utility": Utility,
    "limits": Limits,
}
"""Tables of a file that are objects of their own."""


def checked_order(value: object, where: str, faults: FaultList) -> tuple[str, ...] | None:
    """Return an order of plants, noting what is no list of distinct names."""
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        rule = "must be a list of plants"
        faults.add(where, "visit_order", shown(value), rule, "leave it out to have it chosen")
        return None
    order = tuple(checked_text("visit_order", plant, where, faults) for plant in value)
    if len(set(order)) < len(order):
        rule = "must name every plant once"
        faults.add(where, "visit_order", shown(", ".join(order)), rule, "leave out the others")
    return order


def checked_distance(plants: object, length_m: object, where: str, faults: FaultList) -> Distance:
    """Return a distance, noting a length or plants that are none."""
    checked = checked_entries("distance", {"length_m": length_m}, where, faults)
    if length_m is None:
        faults.add(where, "length_m", None, "is missing (m)", "give metres of pipe")
    number = checked["length_m"]
    names: tuple[str, ...] = ()
    if isinstance(plants, Sequence) and not isinstance(plants, str):
        names = tuple(checked_text("plants", plant, where, faults) for plant in plants)
    if len(names) != 2 or names[0] == names[1]:
        rule = "must be two different plants"
        faults.add(where, "plants", shown(plants), rule, 'write plants = ["plant 1", "plant 2"]')
        names = ("", "")
    return Distance((names[0], names[1]), math.nan if number is None else number)


def check_pairs(distances: Sequence[Distance], place: str, faults: FaultList) -> None:
    """Note pairs of plants that have more than one distance; `place` leads their number."""
    seen: dict[frozenset[str], int] = {}
    for number, distance in enumerate(distances, start=1):
        pair = frozenset(distance.plants)
        if len(pair) == 2 and pair in seen:
            rule = f"has a distance already, {place} {seen[pair]}"
            remedy = "give every pair once: both ways are as long"
            value = shown(" - ".join(distance.plants))
            faults.add(f"{place} {number}", "plants", value, rule, remedy)
        seen.setdefault(pair, number)


def _checked_distances(value: object, faults: FaultList) -> tuple[Distance, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        remedy = "pass [Distance((plant, other), length_m)]"
        faults.add("", "distances", shown(value), "must be a list of Distance", remedy)
        return ()
    found = []
    for number, entry in enumerate(value, start=1):
        if isinstance(entry, tuple) and len(entry) == 2:
            found.append(checked_distance(*entry, f"distance {number}", faults))
        else:
            remedy = "pass [Distance((plant, other), length_m)]"
            faults.add("", "distances", shown(entry), "must be a Distance", remedy)
    check_pairs(found, "distance", faults)
    return tuple(found)
