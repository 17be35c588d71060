"""Keys of a study file, and the rule of each key's value.

A key means the same in every run and method, so that its value is judged whatever else is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from milpcore.economics import Measure
from milpcore.economics_schema import ABOUT, RANGES, Range, checked_number
from milpcore.faults import FaultList, InputError
from milpcore.naming import shown, suggestion
from milpcore.number_kinds import is_number
from milpcore.site.candidates import FORMS, candidates_from_text
from milpcore.stream_units import ABSOLUTE_ZERO_C
from milpcore.sweeps.cases import check_count, check_grid, check_ranges


class RunKeys(NamedTuple):
    """What a run must be told beside its streams, and what it may be told."""

    needed: str
    optional: tuple[str, ...]


RUNS = {
    "fixed_levels": RunKeys("levels_C", ("heat_pumps",)),
    "greenfield": RunKeys("n_levels", ("mip_rel_gap", "time_limit_s", "cascade", "candidates")),
    "retrofit": RunKeys(
        "existing_C", ("move", "range_K", "movable_C", "heat_pumps", "add", "close", "candidates")
    ),
}
METHODS = {
    "grid": ("values",),
    "latin_hypercube": ("ranges", "n_cases", "seed"),
    "table": ("file",),
}

Check = Callable[[str, str, Any, FaultList], None]
"""Called with section, key and value; notes faults."""


def check_study(section: Mapping[str, object], faults: FaultList) -> None:
    """Note faults of keys and values of ``[study]``; with an unknown run, any run's keys may stand.

    Parameters
    ----------
    section : mapping
        As read.
    faults : FaultList
        Receives every fault.

    Examples
    --------
    >>> faults = FaultList()
    >>> check_study({"run": "greenfield", "streams": "site_400", "n_levels": 0}, faults)
    >>> faults.raise_if_any("study.toml")
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: study.toml: 1 fault
      - [study]: n_levels = 0: must be a whole number from 1; correct it
    """
    run = _choice("[study]", "run", section.get("run"), RUNS, faults)
    keys = RUNS.values() if run is None else (RUNS[run],)
    known = dict.fromkeys(key for one in keys for key in (one.needed, *one.optional))
    needed = () if run is None else (RUNS[run].needed,)
    known_keys = ("run", "streams", "objective", *known)
    _check_keys("[study]", section, known_keys, (*needed, "streams"), faults)


def check_cases(section: Mapping[str, object], faults: FaultList) -> None:
    """Note faults of keys and values of ``[cases]``; likewise with an unknown method.

    Parameters
    ----------
    section : mapping
        As read.
    faults : FaultList
        Receives every fault.
    """
    method = _choice("[cases]", "method", section.get("method"), METHODS, faults)
    keys = METHODS.values() if method is None else (METHODS[method],)
    known = [key for one in keys for key in one]
    needed = () if method is None else [key for key in known if key != "seed"]
    _check_keys("[cases]", section, ("method", *known), needed, faults)


def check_parameter(where: str, name: str, faults: FaultList) -> None:
    """Note a name that no parameter has."""
    if name not in RANGES:
        faults.add(where, shown(name), "", "unknown parameter", suggestion(name, RANGES))


def _check_keys(
    where: str,
    section: Mapping[str, object],
    known: tuple[str, ...],
    needed: tuple[str, ...] | list[str],
    faults: FaultList,
) -> None:
    for key, value in section.items():
        if key not in known:
            faults.add(where, shown(key), shown(value), "unknown key", suggestion(key, known))
        elif key in _CHECKS:
            _CHECKS[key](where, key, value, faults)
    for key in needed:
        if key not in section:
            faults.add(where, key, "", "is missing", "add it")


def _choice(
    where: str, key: str, value: object, known: Mapping[str, object], faults: FaultList
) -> str | None:
    if isinstance(value, str) and value in known:
        return value
    found = None if value is None else shown(value)
    faults.add(where, key, found, f"must be one of {', '.join(known)}", "choose one")
    return None


def _objective(where: str, key: str, value: object, faults: FaultList) -> None:
    _choice(where, key, value, {measure.value: measure for measure in Measure}, faults)


def _candidates(where: str, key: str, value: object, faults: FaultList) -> None:
    """Check the set of candidates, a text as on the command line."""
    if not isinstance(value, str):
        faults.add(where, key, _written(value), f"must be a text: {FORMS}", "write it in quotes")
        return
    try:
        candidates_from_text(value)
    except InputError as error:
        for fault in error.faults:
            faults.add(where, key, repr(value), *fault[3:])


def _rule(holds: Callable[[Any], bool], rule: str, remedy: str) -> Check:
    """Check of a value that stands alone."""

    def check(where: str, key: str, value: object, faults: FaultList) -> None:
        if not holds(value):
            faults.add(where, key, _written(value), rule, remedy)

    return check


def _count(least: int) -> Check:
    return lambda where, key, value, faults: check_count(key, value, least, faults, where)


def _temperatures(where: str, key: str, value: object, faults: FaultList) -> None:
    if not isinstance(value, list) or not value:
        rule = "must be a list of temperatures (°C)"
        faults.add(where, key, _written(value), rule, "such as [25.0, 80.0, 143.0]")
        return
    for place, level_C in enumerate(value, start=1):
        if not (is_number(level_C) and ABSOLUTE_ZERO_C <= level_C < math.inf):
            rule = f"must be a temperature from {ABSOLUTE_ZERO_C} °C"
            found = _written(level_C)
            faults.add(f"{where}, position {place}", key, found, rule, "correct or remove it")


def _values(where: str, key: str, value: object, faults: FaultList) -> None:
    """Check the table of a grid: names and finite numbers; ranges are each case's own matter."""
    table = _table(where, key, value, faults)
    if table is None:
        return
    check_grid(table, faults, f"[cases.{key}]")
    anything = Range(-math.inf, math.inf, "")
    for name, choices in table.items():
        check_parameter(f"[cases.{key}]", name, faults)
        unit = ABOUT[name]["unit"] if name in ABOUT else "-"
        for place, choice in enumerate(choices if isinstance(choices, list) else (), start=1):
            place_text = f"[cases.{key}], position {place}"
            checked_number(shown(name), choice, anything, unit, faults, place_text)


def _ranges(where: str, key: str, value: object, faults: FaultList) -> None:
    table = _table(where, key, value, faults)
    if table is None:
        return
    check_ranges(table, faults, f"[cases.{key}]")
    for name in table:
        check_parameter(f"[cases.{key}]", name, faults)


def _table(where: str, key: str, value: object, faults: FaultList) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value
    remedy = f"put the parameters below a line [cases.{key}]"
    faults.add(where, key, _written(value), "must be a table", remedy)
    return None


def _written(value: object) -> str:
    return repr(shown(value)) if isinstance(value, str) else shown(value)


_FLAG = _rule(
    lambda value: isinstance(value, bool), "must be true or false", "choose one, without quotes"
)
_FILE = _rule(
    lambda value: isinstance(value, str) and bool(value),
    "must be a text",
    "name it in quotes",
)
_CHECKS: dict[str, Check] = {
    "streams": _FILE,
    "objective": _objective,
    "candidates": _candidates,
    "levels_C": _temperatures,
    "existing_C": _temperatures,
    "movable_C": _temperatures,
    "n_levels": _count(1),
    "move": _count(0),
    "add": _count(0),
    "close": _count(0),
    "range_K": _rule(
        lambda value: is_number(value) and 0.0 <= value < math.inf,
        "must be a finite number from 0 (K)",
        "10 is usual",
    ),
    "mip_rel_gap": _rule(
        lambda value: is_number(value) and 0.0 <= value < 1.0,
        "must be from 0 to below 1",
        "1e-4 is usual",
    ),
    "time_limit_s": _rule(
        lambda value: is_number(value) and value > 0.0,
        "must be positive (s)",
        "leave it out for no limit",
    ),
    "cascade": _FLAG,
    "heat_pumps": _FLAG,
    "values": _values,
    "ranges": _ranges,
    "n_cases": _count(1),
    "seed": _count(0),
    "file": _FILE,
}
