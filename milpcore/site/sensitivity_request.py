"""What a sensitivity study is asked for: keys and values, all faults at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from milpcore.economics import SiteEconomics
from milpcore.economics_schema import ABOUT, RANGES
from milpcore.faults import FaultList
from milpcore.naming import nearest_name, shown, suggestion
from milpcore.number_kinds import is_number, is_whole
from milpcore.site.inputs import Floats


def checked_request(
    base: SiteEconomics,
    vary: str | Sequence[str] | Mapping[str, Sequence[float]],
    from_percent: float,
    to_percent: float,
    n_steps: int,
) -> dict[str, Floats]:
    """Values of each key, rising.

    Parameters
    ----------
    base : SiteEconomics
        Base values.
    vary : str, sequence of str, or mapping of str to sequence of float
        Keys, or keys with values.
    from_percent, to_percent : float
        Range relative to the base value.
    n_steps : int
        Values in that range.

    Returns
    -------
    dict of str to ndarray (P,)

    Raises
    ------
    InputError
        Listing every fault.
    """
    faults = FaultList()
    keys = [vary] if isinstance(vary, str) else list(vary)
    if not keys:
        remedy = f"such as {next(iter(RANGES))}"
        faults.add("", "vary", "[]", "must name at least one parameter", remedy)
    _note_unknown(list(dict.fromkeys(keys)), faults)
    for key in {key for key in keys if keys.count(key) > 1}:
        faults.add("", "vary", shown(key), "must not come twice", "remove the duplicate")
    given = vary if isinstance(vary, Mapping) else None
    if given is None:
        _check_range(from_percent, to_percent, n_steps, faults)
    faults.raise_if_any("sensitivity")
    request: dict[str, Floats] = {}
    for key in keys:
        if given is None:
            value = float(getattr(base, key))
            percent = np.linspace(from_percent, to_percent, int(n_steps))
            values = np.sort(value * (1.0 + percent / 100.0))
            if value == 0.0:
                rule = "is 0 and cannot be varied by percent"
                faults.add("", key, value, rule, "give its values")
        else:
            values = _values(key, given[key], faults)
        request[key] = values
        for extreme in {float(values.min(initial=math.inf)), float(values.max(initial=-math.inf))}:
            if values.size and not RANGES[key].contains(extreme):
                faults.add(
                    "", key, extreme, RANGES[key].rule(ABOUT[key]["unit"]), "narrow the range"
                )
    faults.raise_if_any("sensitivity")
    return request


def values_of(base: SiteEconomics, key: str, values: Floats) -> list[SiteEconomics]:
    """Return the base with one key at each of several values."""
    return [replace(base, **{key: value}) for value in values.tolist()]


def _note_unknown(keys: Sequence[str], faults: FaultList) -> None:
    """Note keys that are none; those that look like none share a list of all that there are."""
    strangers = []
    for key in keys:
        if key not in RANGES and nearest_name(str(key), RANGES) is not None:
            faults.add("", "vary", shown(key), "unknown parameter", suggestion(str(key), RANGES))
        elif key not in RANGES:
            strangers.append(shown(key) or '""')
    if strangers:
        rule = "unknown parameter" if len(strangers) == 1 else "unknown parameters"
        faults.add("", "vary", ", ".join(strangers), rule, f"known: {', '.join(RANGES)}")


def _check_range(low: float, high: float, n_steps: int, faults: FaultList) -> None:
    for name, value in (("from_percent", low), ("to_percent", high)):
        if not _is_finite(value):
            faults.add("", name, repr(value), "must be a number (%)", "such as -50")
    if _is_finite(low) and _is_finite(high) and not low < high:
        faults.add("", "from_percent", low, f"must be below to_percent, {high:g}", "swap them")
    if not (is_whole(n_steps) and n_steps >= 2):
        faults.add("", "n_steps", repr(n_steps), "must be a whole number from 2", "such as 41")


def _values(key: str, given: Sequence[float], faults: FaultList) -> Floats:
    try:
        values = np.unique(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        faults.add("", key, shown(given), "must be numbers", "list the values")
        return np.empty(0)
    if values.size < 2 or not np.isfinite(values).all():
        faults.add("", key, shown(given), "must be two or more finite numbers", "list the values")
        return np.empty(0)
    return values


def _is_finite(value: object) -> TypeGuard[float]:
    return is_number(value) and math.isfinite(value)
