"""Variants of models found by parts of their names, such as ``big_m`` in ``big_m:no_cuts``."""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.faults import FaultList
from milpcore.naming import suggestion


def fitting_names(names: Sequence[str] | None, every: Sequence[str]) -> tuple[str, ...]:
    """Find names by their parts.

    Parameters
    ----------
    names : sequence of str or None
        Names, or parts of them; all if None.
    every : sequence of str
        Names that exist, parts of them between colons.

    Returns
    -------
    tuple of str
        In the order of `every`.

    Raises
    ------
    InputError
        For a name that is part of none.

    Examples
    --------
    >>> fitting_names(["no_cuts"], ["big_m:cuts", "big_m:no_cuts"])
    ('big_m:no_cuts',)
    """
    if names is None:
        return tuple(every)
    faults = FaultList()
    parts = dict.fromkeys(part for one in every for part in (*one.split(":"), one))
    for name in names:
        if not name or not any(name in one for one in every):
            rule = "is not part of the name of any variant"
            faults.add("", "formulation", name, rule, suggestion(name, parts))
    faults.raise_if_any("compare")
    return tuple(one for one in every if any(name in one for name in names))
