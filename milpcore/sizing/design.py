"""A plant and its operation, as arrays that no formulation knows of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SizingDesign:
    """Sizes, and what every unit does in every step.

    Units are those of `SizingParameters.heat_units`, stores those of `SizingParameters.stores`, in
    that order.

    Attributes
    ----------
    size_kW : ndarray (U,)
        Nominal heat output; 0 for a unit that is not built.
    capacity_kWh : ndarray (K,)
        Of each store.
    heat_kW : ndarray (U, T)
        Heat delivered.
    is_on : ndarray of bool (U, T)
        Whether the unit runs.
    charge_kW, discharge_kW : ndarray (K, T)
        Heat into and out of each store, measured outside of it.
    level_kWh : ndarray (K, T+1)
        Content of each store before each step, and at the end.
    chiller_kW : ndarray (C,)
        Size of each chiller of `SizingParameters.chillers`; may be left out without any.
    chilled_kW : ndarray (C, T)
        Heat that each chiller removes; may be left out without any.
    """

    size_kW: Floats
    capacity_kWh: Floats
    heat_kW: Floats
    is_on: Booleans
    charge_kW: Floats
    discharge_kW: Floats
    level_kWh: Floats
    chiller_kW: Floats = field(default_factory=lambda: np.zeros(0))
    chilled_kW: Floats = field(default_factory=lambda: np.zeros((0, 0)))
