"""Options of designs and bounds of loops, checked at the door."""

from __future__ import annotations

import math

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.number_kinds import is_number, is_whole

MOST_LOOPS = 100


def checked_options(title: str, **options: object) -> None:
    """Refuse options that make no sense, all in one error.

    Parameters
    ----------
    title : str
        Of the error.
    **options : object
        By name: ``n_loops``, ``seed``, ``mip_rel_gap``, ``gap``, ``time_limit_s``, ``node_K``,
        ``costs_utility_exchangers``.

    Raises
    ------
    InputError
        Listing all faults.

    Examples
    --------
    >>> checked_options("design", n_loops=0, mip_rel_gap=2.0, time_limit_s=60)
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: design: 2 faults
      - n_loops = 0: must be a whole number from 1 to 100; give the largest number of loops
      - mip_rel_gap = 2.0: must be from 0 to below 1; 0.01 is usual
    """
    faults = FaultList()
    for name, value in options.items():
        if name == "n_loops":
            if not is_whole(value) or not 1 <= _number(value) <= MOST_LOOPS:
                rule = f"must be a whole number from 1 to {MOST_LOOPS}"
                faults.add("", name, shown(value), rule, "give the largest number of loops")
        elif name == "seed":
            if not is_whole(value) or _number(value) < 0:
                rule = "must be a whole number from 0"
                faults.add("", name, shown(value), rule, "any one will do")
        elif name in ("mip_rel_gap", "gap"):
            if not 0.0 <= _number(value) < 1.0:
                faults.add("", name, shown(value), "must be from 0 to below 1", "0.01 is usual")
        elif name == "costs_utility_exchangers":
            if not isinstance(value, bool):
                rule = "must be True or False"
                faults.add("", name, shown(value), rule, "True costs heaters and coolers")
        elif not _number(value) > 0.0:
            unit = "K" if name.endswith("_K") else "s"
            faults.add("", name, shown(value), f"must be above 0 ({unit})", "give a number")
    faults.raise_if_any(title)


def _number(value: object) -> float:
    """Return a number as a float, NaN for anything else."""
    if not is_number(value):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan
