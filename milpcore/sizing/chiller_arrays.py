"""The chillers of a plant as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.units import is_existing, size_limits

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ChillerArrays:
    """The chillers, one entry each (C,).

    Attributes
    ----------
    smallest_kW, largest_kW : ndarray (C,)
        Limits of the size of a chiller that is built; equal for an existing one.
    may_be_absent : ndarray of bool (C,)
    size_cost_EUR_per_kW_a : ndarray (C,)
    cost_EUR_per_kWh : ndarray (C, T)
        Electricity and CO2 per heat removed, less the cooling water saved.
    """

    smallest_kW: Floats
    largest_kW: Floats
    may_be_absent: Booleans
    size_cost_EUR_per_kW_a: Floats
    cost_EUR_per_kWh: Floats

    @property
    def least_kW(self) -> Floats:
        """Least sizes (C,): 0 where a chiller may be absent."""
        return np.where(self.may_be_absent, 0.0, self.smallest_kW)


def chiller_arrays(profile: HeatProfile, parameters: SizingParameters) -> ChillerArrays:
    """Turn the chillers of a plant into arrays.

    Parameters
    ----------
    profile : HeatProfile
    parameters : SizingParameters

    Returns
    -------
    ChillerArrays

    Examples
    --------
    >>> from milpcore.sizing import Chiller, load_case
    >>> profile, parameters = load_case("base_48h")
    >>> plant = parameters.replace(chillers=[Chiller(existing_kW=50)])
    >>> chiller_arrays(profile, plant).least_kW
    array([50.])
    """
    chillers = parameters.chillers
    limits = [size_limits(chiller) for chiller in chillers]
    saved = parameters.cooling_cost_EUR_per_kWh(profile)
    cost = np.zeros((len(chillers), profile.n_steps))
    for place, chiller in enumerate(chillers):
        cost[place] = parameters.chilling_cost_EUR_per_kWh(chiller, profile) - saved
    absent = [not is_existing(chiller) and chiller.is_optional for chiller in chillers]
    return ChillerArrays(
        smallest_kW=np.array([smallest for smallest, _ in limits]),
        largest_kW=np.array([largest for _, largest in limits]),
        may_be_absent=np.array(absent, dtype=bool),
        size_cost_EUR_per_kW_a=np.array([parameters.size_cost_EUR_per_a(c) for c in chillers]),
        cost_EUR_per_kWh=cost,
    )
