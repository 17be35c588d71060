"""A network of utility loops as data: headers, exchangers, mixing lines and pipes.

A *loop* circulates between plants and visits each at most once a round, see
`milpcore.loops.rounds`. Its fluid is split and mixed at *headers*, each of which stands
in one plant and has one temperature. What lies between two headers carries a heat capacity flow:

- an *exchanger* with one stream of its plant,
- a *link*, a line without an exchanger, such as a bypass,
- a *pipe* from a header of one plant to a header of another, which costs what its flow and the
  distance say and has a pump of its own.

So parallel branches are exchangers between the same two headers, exchangers in series on a branch
have a header of their own between them, and an intermediate header that mixes is a header with
several exchangers before and behind it. A stream meets its exchangers one after the other in the
order of their `position`, counted from its supply over all loops; heaters and coolers are implied:
they bring every stream from its last exchanger to its target.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.number_kinds import is_number
from milpcore.stream_units import ABSOLUTE_ZERO_C


class Header(NamedTuple):
    """A place of one temperature where flows are mixed and split.

    Attributes
    ----------
    name : str
        Unique in its loop.
    plant : str
        Zone of the stream table.
    temperature_C : float or None
        Stated temperature, compared with the simulated one; None for none.
    """

    name: str
    plant: str
    temperature_C: float | None = None


class Exchanger(NamedTuple):
    """An exchanger between a stream and a loop.

    Attributes
    ----------
    stream : str
        Label "zone/name".
    source, target : str
        Headers of the loop before and behind it.
    flow_kW_per_K : float
        Heat capacity flow of the loop through it.
    load_kW : float
        Heat exchanged, positive for hot and cold streams.
    position : int
        Place along the stream among its exchangers with loops; 1 is the first after its supply.
    """

    stream: str
    source: str
    target: str
    flow_kW_per_K: float
    load_kW: float
    position: int = 1


class Link(NamedTuple):
    """A line between two headers of a plant: source, target, flow (kW/K)."""

    source: str
    target: str
    flow_kW_per_K: float


class Pipe(NamedTuple):
    """A pipe with its pump between headers of two plants: source, target, flow (kW/K)."""

    source: str
    target: str
    flow_kW_per_K: float


@dataclass(frozen=True, kw_only=True)
class Loop:
    """One loop.

    Parameters
    ----------
    flow_kW_per_K : float
        Heat capacity flow that circulates: what passes `start`.
    supply_C, return_C : float
        Mean temperatures of the hottest and of the coldest leg: leaving the side of the sources,
        leaving the side of the sinks. A leg is all pipes from one plant to another.
    start : str
        Header at the end of the coldest leg, the one with the temperature `return_C`.
    headers : sequence of Header
    exchangers : sequence of Exchanger
    links : sequence of Link
    pipes : sequence of Pipe
    """

    flow_kW_per_K: float
    supply_C: float
    return_C: float
    start: str
    headers: Sequence[Header]
    exchangers: Sequence[Exchanger]
    pipes: Sequence[Pipe]
    links: Sequence[Link] = ()

    def __post_init__(self) -> None:
        for field in ("headers", "exchangers", "links", "pipes"):
            object.__setattr__(self, field, tuple(getattr(self, field)))

    @property
    def arcs(self) -> tuple[Exchanger | Link | Pipe, ...]:
        """All that lies between two headers."""
        return (*self.exchangers, *self.links, *self.pipes)

    @property
    def plant_of_header(self) -> dict[str, str]:
        """Plant of each header by name."""
        return {header.name: header.plant for header in self.headers}

    def visits(self) -> tuple[str, ...]:
        """Plants that pipes lead to, in the order of the legs from that of `start` on.

        Where a plant sends pipes to several others, each is followed to its end before the next.
        """
        plant = self.plant_of_header
        legs: dict[str, list[str]] = {}
        for pipe in self.pipes:
            legs.setdefault(plant[pipe.source], []).append(plant[pipe.target])
        found: list[str] = []
        ready = [plant[self.start]] if legs else []
        while ready:
            name = ready.pop()
            if name not in found:
                found.append(name)
                ready += reversed(legs.get(name, []))
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class LoopNetwork:
    """Loops with everything between them and the streams; none is a network, too.

    Parameters
    ----------
    loops : sequence of Loop
        Numbered from 1 in this order.
    title : str
        For people.
    tac_per_a : float or None
        Stated cost: utilities, exchangers between streams and loops, pipes and pumps.

    Raises
    ------
    InputError
        Listing all faults of form: numbers that are not finite, flows and loads that are not
        positive, headers that are unknown or not unique, exchangers and links from one plant to
        another, pipes within one, places along a stream that are not 1, 2, 3 …

    Examples
    --------
    One exchanger in each plant, 100 kW:

    >>> names = "east in", "east out", "west", "west end"
    >>> loop = Loop(
    ...     flow_kW_per_K=10,
    ...     supply_C=70,
    ...     return_C=60,
    ...     start="east in",
    ...     headers=[Header(name, name[:4]) for name in names],
    ...     exchangers=[
    ...         Exchanger("east/H", "east in", "east out", 10, 100),
    ...         Exchanger("west/C", "west", "west end", 10, 100),
    ...     ],
    ...     pipes=[Pipe("east out", "west", 10), Pipe("west end", "east in", 10)],
    ... )
    >>> LoopNetwork(loops=[loop]).n_units
    2
    """

    loops: Sequence[Loop] = ()
    title: str = ""
    tac_per_a: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "loops", tuple(self.loops))
        faults = FaultList()
        if self.tac_per_a is not None:
            _check_number("", "tac_per_a", self.tac_per_a, faults)
        for number, loop in enumerate(self.loops, start=1):
            _check_loop(f"loop {number}", loop, faults)
        _check_positions(self.loops, faults)
        faults.raise_if_any("network")

    @property
    def n_units(self) -> int:
        """Number of exchangers between streams and loops."""
        return sum(len(loop.exchangers) for loop in self.loops)


def _check_loop(where: str, loop: Loop, faults: FaultList) -> None:
    """Note faults of form of one loop."""
    _check_flow(where, "flow_kW_per_K", loop.flow_kW_per_K, faults)
    for field in ("supply_C", "return_C"):
        _check_temperature(where, field, getattr(loop, field), faults)
    names = [header.name for header in loop.headers]
    known = list(dict.fromkeys(names))
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        remedy = "give every header of a loop a name of its own"
        faults.add(where, "header", shown(name), "is not unique", remedy)
    for header in loop.headers:
        if header.temperature_C is not None:
            place = f"{where}, header {shown(header.name)}"
            _check_temperature(place, "temperature_C", header.temperature_C, faults)
    if loop.start not in names:
        remedy = suggestion(str(loop.start), known)
        faults.add(where, "start", shown(loop.start), "no such header", remedy)
    plant = loop.plant_of_header
    for arc in loop.arcs:
        place = f"{where}, {arc_name(arc)}"
        _check_flow(place, "flow_kW_per_K", arc.flow_kW_per_K, faults)
        if isinstance(arc, Exchanger):
            _check_flow(place, "load_kW", arc.load_kW, faults)
        unknown = [name for name in (arc.source, arc.target) if name not in plant]
        for name in unknown:
            faults.add(place, "header", shown(name), "no such header", suggestion(name, known))
        if not unknown:
            _check_plants(place, arc, plant[arc.source], plant[arc.target], faults)


def arc_name(arc: Exchanger | Link | Pipe) -> str:
    """Name what lies between two headers for messages.

    Examples
    --------
    >>> arc_name(Link("a", "b", 3.0)), arc_name(Exchanger("east/H", "a", "b", 1.0, 2.0))
    ('link a -> b', 'exchanger east/H (1)')
    """
    if isinstance(arc, Exchanger):
        return f"exchanger {shown(arc.stream)} ({arc.position})"
    return f"{type(arc).__name__.lower()} {shown(arc.source)} -> {shown(arc.target)}"


def _check_plants(
    where: str, arc: Exchanger | Link | Pipe, source: str, target: str, faults: FaultList
) -> None:
    """Note exchangers and links that leave their plant, and pipes that do not."""
    if arc.source == arc.target:
        faults.add(where, "header", shown(arc.source), "leads back to itself", "name another one")
    elif isinstance(arc, Pipe):
        if source == target:
            rule = "is within one plant"
            faults.add(where, "plant", shown(source), rule, "make it a link, which costs nothing")
    elif source != target:
        rule = "leads from one plant to another"
        remedy = "put a pipe between them"
        faults.add(where, "plant", shown(f"{source} -> {target}"), rule, remedy)


def _check_positions(loops: Sequence[Loop], faults: FaultList) -> None:
    """Note streams whose exchangers are not numbered 1, 2, 3 and so on."""
    positions: dict[str, list[int]] = {}
    for loop in loops:
        for exchanger in loop.exchangers:
            positions.setdefault(exchanger.stream, []).append(exchanger.position)
    for stream, found in positions.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            rule = f"must be {', '.join(str(n) for n in range(1, len(found) + 1))}"
            remedy = "number the exchangers of a stream from its supply on"
            value = ", ".join(shown(n) for n in found)
            faults.add(f"stream {shown(stream)}", "position", value, rule, remedy)


def _check_number(where: str, field: str, value: float, faults: FaultList) -> bool:
    if not _is_finite(value):
        faults.add(where, field, shown(value), "must be a finite number", "write a number")
        return False
    return True


def _is_finite(value: object) -> bool:
    """Whether a value is a number that a float can hold."""
    if not is_number(value):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _check_flow(where: str, field: str, value: float, faults: FaultList) -> None:
    if _check_number(where, field, value, faults) and not value > 0.0:
        unit = "kW" if field == "load_kW" else "kW/K"
        remedy = "turn it round, or leave out what carries nothing"
        faults.add(where, field, shown(value), f"must be positive ({unit})", remedy)


def _check_temperature(where: str, field: str, value: float, faults: FaultList) -> None:
    if _check_number(where, field, value, faults) and not ABSOLUTE_ZERO_C <= value <= 1e6:
        faults.add(where, field, shown(value), "must be a temperature (°C)", "check its unit")
