r"""Profiles of studies: one mean, any spread, three shapes; and where they lack waste heat.

The spread is the standard deviation of the whole demand as a share of its mean. A heat pump that
takes :math:`r = 1 - 1/COP` kW of waste heat per kW delivered can cover the demand alone in a step
only if :math:`r\,d(t) \le w(t)`; what is missing then has to come from elsewhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.sizing.generated import DAILY_FACTOR, random_profile, seasonal_profile, step_profile
from milpcore.sizing.profile import HeatProfile

SHAPES = ("random", "step", "seasonal")
MEAN_kW = 1000.0
SHIFT_h = 8.0
"""Length of each of the two levels of the stepped shape."""
_SEASONAL_NOISE = 0.3
"""Noise of the seasonal shape as a share of its standard deviation; the rest is the daily pattern,
whose amplitude does not change within two winter days."""


class Shortage(NamedTuple):
    """Where a heat pump alone would lack waste heat.

    Attributes
    ----------
    step_share : float
        Share of the steps.
    heat_share : float
        Share of the heat demand of the horizon that it could not deliver there.
    lowest_waste_share : float
        Least waste heat as a share of its mean.
    sigma_margin : float
        (mean - 3 standard deviations) / mean of the demand.
    """

    step_share: float
    heat_share: float
    lowest_waste_share: float
    sigma_margin: float


def shaped_profile(
    shape: str, *, deviation_share: float, seed: int = 1, n_steps: int = 192
) -> HeatProfile:
    """Make a profile of mean 1000 kW in steps of 15 min; waste heat is the demand a step earlier.

    Parameters
    ----------
    shape : str
        ``"random"``: noise and spikes as in the bundled case, clipped at 0. ``"step"``: two levels
        of 8 h each. ``"seasonal"``: winter days with a daily pattern and noise.
    deviation_share : float
        Standard deviation of the demand as a share of its mean; exact where nothing is clipped and,
        for the stepped shape, over whole periods.
    seed : int
        Of the noise.
    n_steps : int
        Number of steps.

    Returns
    -------
    HeatProfile

    Raises
    ------
    InputError
        If the shape is unknown or a value is out of range.

    Examples
    --------
    >>> profile = shaped_profile("step", deviation_share=0.3, n_steps=64)
    >>> profile.heat_demand_kW[[0, 32]]
    array([1300.,  700.])
    """
    if shape == "random":
        return random_profile(seed=seed, deviation_share=deviation_share, n_steps=n_steps)
    if shape == "step":
        high, low = (MEAN_kW * (1.0 + sign * deviation_share) for sign in (1.0, -1.0))
        return step_profile([(high, SHIFT_h), (low, SHIFT_h)], n_steps=n_steps)
    if shape == "seasonal":
        return _seasonal(deviation_share, seed, n_steps)
    faults = FaultList()
    faults.add("", "shape", shown(shape), "unknown shape", suggestion(shape, SHAPES))
    faults.raise_if_any("shaped_profile")
    raise AssertionError


def waste_shortage(profile: HeatProfile, *, source_share: float) -> Shortage:
    """Describe where waste heat limits a heat pump.

    Parameters
    ----------
    profile : HeatProfile
        Demand and waste heat.
    source_share : float
        Waste heat taken per heat delivered, ``1 - 1/COP``.

    Returns
    -------
    Shortage

    Examples
    --------
    >>> profile = HeatProfile(step_h=1, heat_demand_kW=[100, 300], waste_heat_kW=[300, 100])
    >>> waste_shortage(profile, source_share=0.5)[:2]
    (0.5, 0.25)
    """
    demand, waste = profile.heat_demand_kW, profile.waste_heat_kW
    missing = np.maximum(demand - waste / source_share, 0.0)
    mean = float(demand.mean())
    margin = mean - 3.0 * float(demand.std())
    lowest = float(waste.min()) / float(waste.mean()) if waste.any() else 0.0
    return Shortage(
        float(np.mean(missing > 1e-9 * mean)),
        float(missing.sum() / demand.sum()),
        lowest,
        margin / mean,
    )


def _seasonal(deviation_share: float, seed: int, n_steps: int) -> HeatProfile:
    """Scale the daily pattern and the noise so that together they have the spread wanted."""
    pattern = np.array(DAILY_FACTOR) / np.mean(DAILY_FACTOR)
    noise_share = _SEASONAL_NOISE * deviation_share
    daily_share = math.sqrt(1.0 - _SEASONAL_NOISE**2) * deviation_share
    daily = np.maximum(1.0 + daily_share / pattern.std() * (pattern - 1.0), 0.0)
    drawn = seasonal_profile(
        seed=seed,
        n_steps=n_steps,
        step_h=0.25,
        mean_kW=MEAN_kW,
        yearly_share=0.0,
        daily_factor=daily.tolist(),
        noise_share=noise_share,
    )
    scale = MEAN_kW / float(drawn.heat_demand_kW.mean())
    return HeatProfile(
        step_h=drawn.step_h,
        heat_demand_kW=scale * drawn.heat_demand_kW,
        waste_heat_kW=scale * drawn.waste_heat_kW,
    )
