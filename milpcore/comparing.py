"""What comparisons of formulations share: variants by parts of their names, root gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from milpcore.faults import FaultList
from milpcore.naming import suggestion

NO_GAP = 1e-9
"""Root gaps below this are rounding."""


def root_gap(optimum: float, bound: float) -> float:
    """Gap of a relaxation's bound to the optimum, relative to it.

    Parameters
    ----------
    optimum, bound : float
        Cost of the best solution known, and the bound, in the same unit.

    Returns
    -------
    float
        0 for less than rounding; NaN without a bound.

    Examples
    --------
    >>> root_gap(100.0, 98.0), root_gap(100.0, 100.0 + 1e-9)
    (0.02, 0.0)
    """
    if math.isnan(bound):
        return math.nan
    gap = (optimum - bound) / max(abs(optimum), 1e-12)
    return gap if gap > NO_GAP else 0.0


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
