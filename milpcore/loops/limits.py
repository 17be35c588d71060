"""Limits of a network: flows, numbers of exchangers, matches that must or must not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from milpcore.faults import FaultList
from milpcore.loops.equipment import fields_of
from milpcore.loops.parameter_schema import checked_entries, default
from milpcore.naming import shown


class Match(NamedTuple):
    """A stream and a loop that must or must not exchange heat.

    Attributes
    ----------
    stream : str
        Label "zone/name".
    loop : int or None
        Number of the loop, from 1; None for any loop.
    """

    stream: str
    loop: int | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of loops and of exchangers between streams and loops.

    Parameters
    ----------
    max_flow_kW_per_K : float
        Largest heat capacity flow of a leg of a loop, all its pipes side by side; infinite for no
        limit.
    max_units : float
        Largest number of exchangers; infinite for no limit.
    min_unit_duty_kW : float
        Least load of an exchanger.
    forbidden_matches, forced_matches : sequence of Match or str
        A text is a stream "zone/name" with any loop. A forced match has at least one exchanger.

    Raises
    ------
    InputError
        Listing every value out of range or of a wrong kind, and matches that are both forced and
        forbidden.

    Examples
    --------
    >>> Limits(forbidden_matches=["plant 1/H7"]).forbidden_matches
    (Match(stream='plant 1/H7', loop=None),)
    """

    max_flow_kW_per_K: float = default("limits", "max_flow_kW_per_K")
    max_units: float = default("limits", "max_units")
    min_unit_duty_kW: float = default("limits", "min_unit_duty_kW")
    forbidden_matches: Sequence[Match | str] = ()
    forced_matches: Sequence[Match | str] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        checked = checked_entries("limits", fields_of(self), "", faults)
        for key in ("forbidden_matches", "forced_matches"):
            checked[key] = checked_matches(key, checked[key], "", faults)
        check_contradictions(checked, "", faults)
        faults.raise_if_any("Limits")
        for key, value in checked.items():
            object.__setattr__(self, key, value)

    @property
    def forbidden(self) -> tuple[Match, ...]:
        """`forbidden_matches` for type checkers."""
        return tuple(match for match in self.forbidden_matches if isinstance(match, Match))

    @property
    def forced(self) -> tuple[Match, ...]:
        """`forced_matches` for type checkers."""
        return tuple(match for match in self.forced_matches if isinstance(match, Match))


def checked_matches(key: str, value: object, where: str, faults: FaultList) -> tuple[Match, ...]:
    """Return matches from a list of labels, of `Match` or of tables, noting what is neither."""
    rule = "must be a list of streams 'zone/name', or of { stream = 'zone/name', loop = 1 }"
    if isinstance(value, str) or not isinstance(value, Sequence):
        faults.add(where, key, shown(value), rule, "write it in square brackets")
        return ()
    matches = []
    for entry in value:
        if isinstance(entry, Mapping) and "stream" in entry and set(entry) <= {"stream", "loop"}:
            match = Match(entry["stream"], entry.get("loop"))
        else:
            match = Match(entry) if isinstance(entry, str) else entry
        if not isinstance(match, Match) or not isinstance(match.stream, str):
            faults.add(where, key, shown(entry), rule, "name the stream as plant/stream")
        elif match.loop is not None and (type(match.loop) is not int or match.loop < 1):
            rule_of_loop = "loop must be a whole number from 1"
            value_of_match = f"{match.stream} with loop {match.loop!r}"
            faults.add(where, key, shown(value_of_match), rule_of_loop, "leave it out for any loop")
        else:
            matches.append(match)
    return tuple(matches)


def check_contradictions(limits: Mapping[str, Any], where: str, faults: FaultList) -> None:
    """Note matches that are both forced and forbidden."""
    forbidden = limits.get("forbidden_matches", ())
    for match in limits.get("forced_matches", ()):
        if match in forbidden or Match(match.stream) in forbidden:
            rule = "is forbidden, too"
            faults.add(where, "forced_matches", shown(match.stream), rule, "keep one of the two")
