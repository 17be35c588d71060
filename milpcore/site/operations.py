"""What operating the same levels in many cases brings, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.economics import Measure
from milpcore.site.inputs import Booleans, Floats, Integers


@dataclass(frozen=True)
class Operations:
    """The best operation of the same levels in many cases.

    Attributes
    ----------
    level_C : ndarray (L,)
        The levels, rising.
    external_heat_kW, cooling_kW : ndarray (C, L)
    cascade_kW : ndarray (C, L)
        Heat that arrives from the level above.
    pump_heat_kW, cop : ndarray (C, L, L)
        Sink heat by source and sink level; COP, 0 where no heat pump is possible.
    price : ndarray (C, L)
        Marginal cost of heat at a level in the objective, EUR/(kW a) or t/(kW a).
    cost : dict of Measure to ndarray (C,)
        In every measure, EUR/a or t/a.
    basis : ndarray of int (C, L)
        Columns of the optimal basis, to start similar cases from.
    """

    level_C: Floats
    external_heat_kW: Floats
    cooling_kW: Floats
    cascade_kW: Floats
    pump_heat_kW: Floats
    cop: Floats
    price: Floats
    cost: dict[Measure, Floats]
    basis: Integers

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.basis)

    @property
    def is_used(self) -> Booleans:
        """Whether each heat pump runs (C, L, L)."""
        return self.pump_heat_kW > 0.0

    @property
    def electricity_kW(self) -> Floats:
        """Electricity of all heat pumps (C,)."""
        power = np.divide(self.pump_heat_kW, self.cop, where=self.cop > 0.0, out=0.0 * self.cop)
        return np.asarray(power.sum(axis=(1, 2)))
