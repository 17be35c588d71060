r"""Cost laws of loops: pipes, pumps and exchangers, vectorised over flows.

A leg of a loop with heat capacity flow :math:`F` (kW/K) is one pipe of length :math:`L` with one
pump. With :math:`c_p`, :math:`\rho`, :math:`\mu` of the fluid and everything in SI units

.. math::

    V = F / (c_p \rho), \qquad D = 0.363\, V^{0.45} \rho^{0.13}                     (1)

    w = 1330 D^2 + 75.18 D + 0.9268, \qquad D_{out} = 1.101 D + 0.006349            (2)

    pipe = AF\, L\, (A_1 w + A_2 D_{out}^{0.48} + A_3 + A_4 D_{out})                (3)

    v = 4 V / (\pi D^2), \quad Re = \rho v D / \mu, \quad
    \Delta p = 0.184\, Re^{-0.2}\, (L / D)\, \rho v^2 / 2                           (4)

    pump = AF\, (a + b\, (V \Delta p)^c) + P_{el}\, h\, V \Delta p / (1000 \eta)    (5)

(1) is the economic diameter of turbulent flow (Peters and Timmerhaus, *Plant Design and Economics
for Chemical Engineers*), (2) the weight per metre and the outer diameter of a pipe, as printed with
the example of two plants, whose costs come out to 0.002 %. Both costs are 0 where there is no flow,
and jump to the fixed part of (3) and (5) above it. Above that both are concave in F
(:math:`V \Delta p` grows with :math:`F^{0.64}`) while the exponent of (5) is at most 1.
An exchanger costs ``AF (fixed + per_area area^exponent)``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from milpcore.loops.equipment import ExchangerCost, Fluid
from milpcore.loops.parameters import LoopParameters

Floats = npt.NDArray[np.float64]


def pipe_diameter_m(flow_kW_per_K: npt.ArrayLike, fluid: Fluid) -> Floats:
    """Inner diameter of a pipe.

    Parameters
    ----------
    flow_kW_per_K : array_like
        Heat capacity flows, not negative.
    fluid : Fluid

    Returns
    -------
    ndarray
        Diameters, m, in the shape of the flows; 0 without flow.

    Examples
    --------
    >>> print(f"{pipe_diameter_m(1092.0, Fluid()):.4f} m")
    0.4924 m
    """
    return _diameter_m(_volume_m3_per_s(flow_kW_per_K, fluid), fluid)


def pipe_cost_per_a(
    flow_kW_per_K: npt.ArrayLike, distance_m: npt.ArrayLike, parameters: LoopParameters
) -> Floats:
    """Annual cost of pipes.

    Parameters
    ----------
    flow_kW_per_K : array_like
        Heat capacity flows, not negative.
    distance_m : array_like
        Lengths, of a shape that fits the flows.
    parameters : LoopParameters

    Returns
    -------
    ndarray
        Cost of each pipe in money a year; 0 without flow.

    Examples
    --------
    >>> print(f"{pipe_cost_per_a([1092.0, 1092.0], 1000.0, LoopParameters()).sum():.0f} $/a")
    318282 $/a
    """
    flow = np.asarray(flow_kW_per_K, dtype=np.float64)
    law = parameters.pipe
    diameter_m = pipe_diameter_m(flow, parameters.fluid)
    outer_m = 1.101 * diameter_m + 0.006349
    weight_kg_per_m = 1330.0 * diameter_m**2 + 75.18 * diameter_m + 0.9268
    per_metre = (
        law.material_per_kg * weight_kg_per_m
        + law.installation_per_m * outer_m**0.48
        + law.right_of_way_per_m
        + law.insulation_per_m2 * outer_m
    )
    cost = parameters.annual_factor_per_a * np.asarray(distance_m, dtype=np.float64) * per_metre
    return np.where(flow > 0.0, cost, 0.0)


def pump_power_W(
    flow_kW_per_K: npt.ArrayLike, distance_m: npt.ArrayLike, fluid: Fluid, *, pi: float = math.pi
) -> Floats:
    """Hydraulic power of pumps: volume flow times pressure drop.

    Parameters
    ----------
    flow_kW_per_K : array_like
        Heat capacity flows, not negative.
    distance_m : array_like
        Lengths of the pipes, of a shape that fits the flows.
    fluid : Fluid
    pi : float
        Some printed figures were made with 3.14.

    Returns
    -------
    ndarray
        Power, W; 0 without flow.
    """
    flow = np.asarray(flow_kW_per_K, dtype=np.float64)
    volume_m3_per_s = _volume_m3_per_s(np.where(flow > 0.0, flow, 1.0), fluid)
    density = fluid.density_kg_per_m3
    diameter_m = _diameter_m(volume_m3_per_s, fluid)
    speed_m_per_s = 4.0 * volume_m3_per_s / (pi * diameter_m**2)
    reynolds = density * speed_m_per_s * diameter_m / fluid.viscosity_Pa_s
    friction = 0.184 * reynolds**-0.2
    length_m = np.asarray(distance_m, dtype=np.float64)
    drop_Pa = friction * length_m / diameter_m * density * speed_m_per_s**2 / 2.0
    return np.where(flow > 0.0, volume_m3_per_s * drop_Pa, 0.0)


def pump_cost_per_a(
    flow_kW_per_K: npt.ArrayLike,
    distance_m: npt.ArrayLike,
    parameters: LoopParameters,
    *,
    pi: float = math.pi,
) -> Floats:
    """Annual cost of pumps, one for each pipe: investment and electricity.

    Parameters
    ----------
    flow_kW_per_K : array_like
        Heat capacity flows, not negative.
    distance_m : array_like
        Lengths of the pipes, of a shape that fits the flows.
    parameters : LoopParameters
    pi : float
        Some printed figures were made with 3.14.

    Returns
    -------
    ndarray
        Cost of each pump in money a year; 0 without flow.

    Examples
    --------
    >>> print(f"{pump_cost_per_a([1092.0, 1092.0], 1000.0, LoopParameters()).sum():.0f} $/a")
    37845 $/a
    """
    law = parameters.pump
    power_W = pump_power_W(flow_kW_per_K, distance_m, parameters.fluid, pi=pi)
    investment = law.fixed + law.per_power * power_W**law.exponent
    electricity_kW = power_W / (1000.0 * law.efficiency)
    per_kW_a = parameters.electricity_price_per_kWh * parameters.operating_hours_h_per_a
    cost = parameters.annual_factor_per_a * investment + per_kW_a * electricity_kW
    return np.where(power_W > 0.0, cost, 0.0)


def exchanger_cost_per_a(
    area_m2: npt.ArrayLike, law: ExchangerCost, annual_factor_per_a: float
) -> Floats:
    """Annual cost of exchangers that are built.

    Parameters
    ----------
    area_m2 : array_like
        Areas.
    law : ExchangerCost
    annual_factor_per_a : float
        Share of the investment that is paid a year.

    Returns
    -------
    ndarray
        Cost of each in money a year, the fixed part also for area 0.

    Examples
    --------
    >>> print(exchanger_cost_per_a(100.0, ExchangerCost(), 0.264).round(6))
    6864.0
    """
    area = np.asarray(area_m2, dtype=np.float64)
    return np.asarray(annual_factor_per_a * (law.fixed + law.per_area * area**law.exponent))


def _volume_m3_per_s(flow_kW_per_K: npt.ArrayLike, fluid: Fluid) -> Floats:
    capacity_kJ_per_m3_K = fluid.heat_capacity_kJ_per_kg_K * fluid.density_kg_per_m3
    return np.asarray(flow_kW_per_K, dtype=np.float64) / capacity_kJ_per_m3_K


def _diameter_m(volume_m3_per_s: Floats, fluid: Fluid) -> Floats:
    diameter_m: Floats = 0.363 * volume_m3_per_s**0.45 * fluid.density_kg_per_m3**0.13
    return diameter_m
