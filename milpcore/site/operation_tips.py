r"""Tipping points of fixed levels: where along a parameter the set of heat pumps changes.

They are found by halving with optimal bases as proof, see `milpcore.site.tipping`, to `TOLERANCE`
of the parameter's base value. For prices, emission factors, operating hours, the investment,
interest, lifetime, the boiler's efficiency and the limits of lift and sink none is missed. For the
keys that change the balances themselves (`MATRIX_KEYS`: Carnot efficiency and temperature
differences) each step of the grid is cut into `SPLITS` parts first; a set of heat pumps that comes
and goes again within one part, where both ends have the same optimal basis, is missed.
"""

from __future__ import annotations

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
class _State:
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

    def solve(value: float, near: _State) -> _State:
        start = np.array([near.token], dtype=np.int64)
        case = replace(base, **{key: value})
        return _states(system.operate([case], start=start))[0]

    states = _states(operations)
    if key in MATRIX_KEYS:
        fine = np.interp(
            np.arange(SPLITS * (len(values) - 1) + 1) / SPLITS, np.arange(len(values)), values
        )
        states = _states(system.operate(values_of(base, key, fine)))
        values = fine
    scale = abs(getattr(base, key)) or float(np.ptp(values))
    return tipping_points(values.tolist(), states, solve, TOLERANCE * scale)


def _states(operations: Operations) -> list[_State]:
    bases = operations.basis.tolist()
    return [
        _State(pumps, tuple(sorted(basis)))
        for pumps, basis in zip(used_pumps(operations), bases, strict=True)
    ]
