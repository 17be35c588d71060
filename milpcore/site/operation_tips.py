r"""Tipping points of fixed levels: where along a parameter the set of heat pumps changes.

They are found by halving with optimal bases as proof, see `milpcore.site.tipping`, to `TOLERANCE`
of the parameter's base value. For prices, emission factors, operating hours, the investment,
interest, lifetime, the boiler's efficiency and the limits of lift and sink none is missed. For the
keys that change the balances themselves (`MATRIX_KEYS`: Carnot efficiency and temperature
differences) each step of the grid is cut into `SPLITS` parts first; a set of heat pumps that comes
and goes again within one part, where both ends have the same optimal basis, is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from milpcore.economics import SiteEconomics
from milpcore.economics_schema import TECHNICAL_KEYS
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.inputs import Floats
from milpcore.site.operations import Operations
from milpcore.site.sensitivity_request import values_of
from milpcore.site.sensitivity_results import Pumps, used_pumps
from milpcore.site.tipping import TippingPoint, tipping_points

TOLERANCE = 1e-6
"""Width to which a tipping point is narrowed down, relative to the base value."""
SPLITS = 4
"""Parts of a step where a key changes the balances."""
MATRIX_KEYS = TECHNICAL_KEYS - {"max_lift_K", "max_sink_C"}
"""Keys that change the balances themselves."""


@dataclass(frozen=True)
class OperationState:
    """The best operation at one value: pumps that run (°C), and the optimal basis."""

    signature: Pumps
    token: tuple[int, ...]


def operation_tips(
    system: FixedLevels, base: SiteEconomics, key: str, values: Floats, operations: Operations
) -> list[TippingPoint]:
    """Find where the set of heat pumps changes along one parameter.

    Parameters
    ----------
    system : FixedLevels
        The levels.
    base : SiteEconomics
        All other parameters.
    key : str
        The parameter, a key of `SiteEconomics`.
    values : ndarray (P,)
        Of the parameter in its own unit, rising.
    operations : Operations
        The best operation at each of them.

    Returns
    -------
    list of TippingPoint
        Rising; the signatures are sets of heat pumps, a pair (source, sink) in °C for each.
    """
    tolerance = tip_tolerance(base, key, values)
    return tips_between(system, base, key, values, operation_states(operations), tolerance)


def tip_tolerance(base: SiteEconomics, key: str, values: Floats) -> float:
    """Width to which tipping points are narrowed down, in the parameter's own unit.

    Parameters
    ----------
    base : SiteEconomics
        Base values; for a parameter that is 0 there, the range of its values counts.
    key : str
        The parameter, a key of `SiteEconomics`.
    values : ndarray (P,)
        All its values.

    Returns
    -------
    float
    """
    return TOLERANCE * (abs(getattr(base, key)) or float(np.ptp(values)))


def tips_between(
    system: FixedLevels,
    base: SiteEconomics,
    key: str,
    values: Floats,
    states: Sequence[OperationState],
    tolerance: float,
) -> list[TippingPoint]:
    """Find where the set of heat pumps changes along one parameter, from what is known.

    Parameters
    ----------
    system : FixedLevels
        The levels.
    base : SiteEconomics
        All other parameters.
    key : str
        The parameter, a key of `SiteEconomics`.
    values : ndarray (P,)
        Of the parameter in its own unit, rising.
    states : sequence of OperationState (P,)
        At each of them.
    tolerance : float
        Width to which tipping points are narrowed down.

    Returns
    -------
    list of TippingPoint
        As those of `operation_tips`.
    """

    def solve(value: float, near: OperationState) -> OperationState:
        start = np.array([near.token], dtype=np.int64)
        case = replace(base, **{key: value})
        return operation_states(system.operate([case], start=start))[0]

    if key in MATRIX_KEYS:
        fine = np.interp(
            np.arange(SPLITS * (len(values) - 1) + 1) / SPLITS, np.arange(len(values)), values
        )
        states = operation_states(system.operate(values_of(base, key, fine)))
        values = fine
    return tipping_points(values.tolist(), states, solve, tolerance)


def operation_states(operations: Operations) -> list[OperationState]:
    """Return what the search for tipping points needs to know of each operation."""
    bases = operations.basis.tolist()
    return [
        OperationState(pumps, tuple(sorted(basis)))
        for pumps, basis in zip(used_pumps(operations), bases, strict=True)
    ]
