"""What is wrong with the arguments of a call: kinds of objects, and numbers with their limits."""

from __future__ import annotations

import math
from collections.abc import Callable

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.number_kinds import is_number


def note_kind(
    name: str, value: object, kind: type, faults: FaultList, *, is_optional: bool = False
) -> bool:
    """Note an argument that is not an object of a kind.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
    kind : type
        That it must have.
    faults : FaultList
        Receives the fault.
    is_optional : bool
        Whether None will do.

    Returns
    -------
    bool
        Whether it is right.

    Examples
    --------
    >>> faults = FaultList()
    >>> note_kind("horizon", "48", int, faults), note_kind("horizon", 48, int, faults)
    (False, True)
    >>> faults.raise_if_any("call")
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: call: 1 fault
      - horizon = type str: must be of the type int; pass one
    """
    if isinstance(value, kind) or (is_optional and value is None):
        return True
    rule = f"must be of the type {kind.__name__}{', or None' if is_optional else ''}"
    found = f"the type {value.__name__}" if isinstance(value, type) else f"type {_kind_of(value)}"
    faults.add("", name, found, rule, "pass one")
    return False


def note_observer(value: object, faults: FaultList) -> None:
    """Note an observer that cannot be called."""
    if value is not None and not callable(value):
        rule = "must be a function of the progress that returns whether to stop, or None"
        faults.add(
            "",
            "observer",
            f"type {_kind_of(value)}",
            rule,
            "pass one, or leave it out",
        )


def note_number(
    name: str,
    value: object,
    is_allowed: Callable[[float], bool],
    rule: str,
    remedy: str,
    faults: FaultList,
) -> None:
    """Note an argument that is no number, or not an allowed one.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
    is_allowed : callable
        Of a number that is not NaN.
    rule, remedy : str
        What must hold, and an example.
    faults : FaultList
        Receives the fault.
    """
    if not is_number(value):
        faults.add("", name, shown(value), f"must be a number; {rule}", remedy)
        return
    number = float(value)
    if math.isnan(number) or not is_allowed(number):
        faults.add("", name, f"{value}", rule, remedy)


def _kind_of(value: object) -> str:
    return type(value).__name__
