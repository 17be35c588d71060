r"""Rules of thumb for the size of a heat pump.

By the peak: a share of the largest demand. By the duration curve: the pump is made larger as long
as its next kW runs for as many hours a year as it takes to pay its investment,

.. math:: h^* = \frac{a_H - a_G}{c_G - c_H + r\,c_{cw}}

with the yearly costs of a kW of heat pump and of boiler, :math:`a_H` and :math:`a_G`, the costs of
their heat, :math:`c_H` and :math:`c_G`, the waste heat :math:`r` taken per heat delivered and the
price of cooling water. Neither looks at load changes, stores or waste heat.
"""

from __future__ import annotations

import math

import numpy as np

from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile


def size_by_peak_kW(profile: HeatProfile, share: float) -> float:
    """Size a heat pump as a share of the peak demand.

    Parameters
    ----------
    profile : HeatProfile
        Heat demand.
    share : float
        Of the largest demand.

    Returns
    -------
    float
        Size, kW.

    Examples
    --------
    >>> profile = HeatProfile(step_h=1, heat_demand_kW=[100, 300], waste_heat_kW=[0, 0])
    >>> size_by_peak_kW(profile, 0.5)
    150.0
    """
    return share * float(profile.heat_demand_kW.max())


def break_even_hours_h_per_a(profile: HeatProfile, parameters: SizingParameters) -> float:
    """Hours a year in which a kW of heat pump pays for itself instead of a kW of boiler.

    Parameters
    ----------
    profile : HeatProfile
        Prices over time, if any; their mean counts.
    parameters : SizingParameters
        With at least one heat pump and one boiler, of which the first ones count.

    Returns
    -------
    float
        Infinite where the heat of the pump is not cheaper; 0 where its size is not dearer.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> break_even_hours_h_per_a(profile, parameters)
    inf
    >>> cheap = parameters.replace(electricity_price_EUR_per_MWh=90)
    >>> round(break_even_hours_h_per_a(profile, cheap))
    2431
    """
    pump, boiler = parameters.heat_pumps[0], parameters.boilers[0]
    dearer = parameters.size_cost_EUR_per_a(pump) - parameters.size_cost_EUR_per_a(boiler)
    cooling = parameters.cooling_cost_EUR_per_kWh(profile)
    saved = (
        parameters.heat_cost_EUR_per_kWh(boiler, profile)
        - parameters.heat_cost_EUR_per_kWh(pump, profile)
        + parameters.source_share(pump, profile) * cooling
    )
    if float(saved.mean()) <= 0.0:
        return math.inf
    return max(dearer, 0.0) / float(saved.mean())


def size_by_duration_kW(profile: HeatProfile, parameters: SizingParameters) -> float:
    """Size a heat pump by the duration curve of the demand.

    Parameters
    ----------
    profile : HeatProfile
        Heat demand.
    parameters : SizingParameters
        With a heat pump and a boiler.

    Returns
    -------
    float
        The demand that is reached or exceeded for `break_even_hours_h_per_a`, kW; 0 where that is
        longer than the year of operation.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> size_by_duration_kW(profile, parameters)
    0.0
    >>> cheap = parameters.replace(electricity_price_EUR_per_MWh=90)
    >>> 1000 < size_by_duration_kW(profile, cheap) < 1200
    True
    """
    share = break_even_hours_h_per_a(profile, parameters)
    share /= parameters.plant.operating_hours_h_per_a
    if share > 1.0:
        return 0.0
    falling = np.sort(profile.heat_demand_kW)[::-1]
    place = min(math.ceil(share * falling.size), falling.size) - 1
    return float(falling[max(place, 0)])
