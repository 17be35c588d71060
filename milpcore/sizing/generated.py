"""Profiles made up: random with spikes, stepped and seasonal ones.

Waste heat is a share of the demand some time earlier. The mathematics stands in
`preprocess.profiles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_schema import STEP
from preprocess import profiles
from preprocess.profiles import DemandPair

_LONGEST_LAG = 1000.0
_WHOLE = 1e-6
"""Share of a step by which a duration may miss whole steps."""


class SpikeTrain(NamedTuple):
    """Spikes that come again and again, each one step long.

    Attributes
    ----------
    amplitude, amplitude_deviation : float
        Mean and standard deviation of the height, in standard deviations of the noise.
    gap_h, gap_deviation_h : float
        Mean and standard deviation of the time between two spikes, h.
    """

    amplitude: float
    amplitude_deviation: float
    gap_h: float
    gap_deviation_h: float


BASE_SPIKES = (SpikeTrain(1.5, 0.5, 3.0, 1.0), SpikeTrain(5.0, 1.5, 12.0, 3.0))
"""Spikes of the base case: 15 ± 5 % and 50 ± 15 % of the mean beside noise of 10 %, every 3 ± 1 h
and every 12 ± 3 h. The noise and the form are assumptions."""
BENCHMARK_SPIKES = (SpikeTrain(1.5, 0.5, 2.0, 0.75), SpikeTrain(3.5, 0.8, 8.0, 2.0))
"""Spikes of the benchmark scenarios: every 8 ± 3 and 32 ± 8 steps of 15 min."""
DAILY_FACTOR = (
    *(0.75, 0.72, 0.70, 0.70, 0.75, 0.95, 1.25, 1.35, 1.30, 1.20, 1.12, 1.08),
    *(1.05, 1.02, 1.00, 1.00, 1.03, 1.10, 1.18, 1.20, 1.12, 1.00, 0.90, 0.80),
)
"""Demand in each hour of a day with a peak in the morning and one in the evening; assumed."""


def random_profile(
    *,
    seed: int,
    n_steps: int = 192,
    step_h: float = 0.25,
    mean_kW: float = 1000.0,
    deviation_share: float = 0.15,
    spikes: Sequence[SpikeTrain] = BASE_SPIKES,
    downward_share: float = 1.0 / 3.0,
    lowest_share: float | None = 0.0,
    lag_h: float | None = None,
    waste_share: float = 1.0,
) -> HeatProfile:
    """Draw a profile of noise with small and large spikes; the defaults are the base case.

    Parameters
    ----------
    seed : int
        From 0; the same arguments give the same profile on every platform.
    n_steps : int
        Number of steps, from 2.
    step_h : float
        Length of a step, h.
    mean_kW : float
        Mean of the demand, kW.
    deviation_share : float
        Standard deviation of the whole demand as a share of its mean. Both are exact before the
        demand is clipped; afterwards the deviation is a little lower where it is large.
    spikes : sequence of SpikeTrain
        Trains of spikes; `BASE_SPIKES`, `BENCHMARK_SPIKES` or others.
    downward_share : float
        Probability that a spike points down.
    lowest_share : float
        The demand is clipped at this share of its mean; from 0.
    lag_h : float, optional
        Waste heat is the demand this long before. Default: one step.
    waste_share : float
        Waste heat as a share of the demand.

    Returns
    -------
    HeatProfile

    Raises
    ------
    InputError
        Listing every argument that is out of range.

    Examples
    --------
    >>> random_profile(seed=1)
    HeatProfile(192 steps of 0.25 h: demand 366.39 to 1719.29 kW, waste heat ...)
    """
    faults = FaultList()
    step_h, lag_steps, waste_share = _common(step_h, lag_h, waste_share, faults)
    if lowest_share is None:
        rule = "must be a number: a profile has no negative demand"
        faults.add("", "lowest_share", None, rule, "0 to clip at zero")
    faults.raise_if_any("random_profile")
    trains = [
        profiles.Spikes(a, deviation, gap_h / step_h, gap_deviation_h / step_h)
        for a, deviation, gap_h, gap_deviation_h in spikes
    ]
    return _profile(
        profiles.fluctuating_profile,
        step_h,
        waste_share,
        "random_profile",
        n_steps=n_steps,
        seed=seed,
        mean_kW=mean_kW,
        deviation_share=deviation_share,
        spikes=trains,
        downward_share=downward_share,
        lowest_share=lowest_share,
        lag_steps=lag_steps,
    )


def step_profile(
    levels: Sequence[tuple[float, float]],
    *,
    n_steps: int = 192,
    step_h: float = 0.25,
    lag_h: float | None = None,
    waste_share: float = 1.0,
) -> HeatProfile:
    """Repeat a sequence of constant levels, such as shifts or batches.

    Parameters
    ----------
    levels : sequence of (float, float)
        Demand (kW) and duration (h, whole steps) of each level.
    n_steps : int
        Number of steps, from 2.
    step_h : float
        Length of a step, h.
    lag_h : float, optional
        Waste heat is the demand this long before. Default: one step.
    waste_share : float
        Waste heat as a share of the demand.

    Returns
    -------
    HeatProfile

    Raises
    ------
    InputError
        Listing every argument that is out of range, and durations that are no whole steps.

    Examples
    --------
    >>> step_profile([(1500, 16), (400, 8)], n_steps=96).heat_demand_kW[[0, 63, 64, 95]]
    array([1500., 1500.,  400.,  400.])
    """
    faults = FaultList()
    step_h, lag_steps, waste_share = _common(step_h, lag_h, waste_share, faults)
    durations = []
    for number, (_, duration_h) in enumerate(levels):
        durations.append(_whole_steps(f"levels[{number}]", duration_h, step_h, faults))
    faults.raise_if_any("step_profile")
    return _profile(
        profiles.stepped_profile,
        step_h,
        waste_share,
        "step_profile",
        n_steps=n_steps,
        level_kW=[level_kW for level_kW, _ in levels],
        duration_steps=durations,
        lag_steps=lag_steps,
    )


def seasonal_profile(
    *,
    seed: int = 0,
    n_steps: int = 8760,
    step_h: float = 1.0,
    mean_kW: float = 1000.0,
    yearly_share: float = 0.5,
    coldest_day: float = 15.0,
    daily_factor: Sequence[float] = DAILY_FACTOR,
    noise_share: float = 0.05,
    lowest_share: float = 0.0,
    start_h: float = 0.0,
    lag_h: float | None = None,
    waste_share: float = 1.0,
) -> HeatProfile:
    """Draw a yearly cosine times a daily pattern, with noise.

    Parameters
    ----------
    seed : int
        From 0; the same arguments give the same profile on every platform.
    n_steps : int
        Number of steps, from 2; by default a year of hours.
    step_h : float
        Length of a step, h.
    mean_kW : float
        Mean over a year, kW.
    yearly_share : float
        Amplitude of the cosine as a share of the mean, 0 to 1.
    coldest_day : float
        Day of the largest demand, counted from 0 on the first of January.
    daily_factor : sequence of float, (24,)
        Demand in each hour of a day; rescaled to a mean of 1.
    noise_share : float
        Standard deviation of the noise as a share of the mean.
    lowest_share : float
        The demand is clipped at this share of its mean; from 0.
    start_h : float
        Start of the horizon in hours since the start of the year.
    lag_h : float, optional
        Waste heat is the demand this long before. Default: one step.
    waste_share : float
        Waste heat as a share of the demand.

    Returns
    -------
    HeatProfile

    Raises
    ------
    InputError
        Listing every argument that is out of range.

    Examples
    --------
    >>> year = seasonal_profile(noise_share=0.0)
    >>> day = seasonal_profile(noise_share=0.0, n_steps=24, start_h=15 * 24)
    >>> print(f"{year.heat_demand_kW.mean():.1f} {day.heat_demand_kW.mean():.1f}")
    1000.0 1500.0
    """
    faults = FaultList()
    step_h, lag_steps, waste_share = _common(step_h, lag_h, waste_share, faults)
    faults.raise_if_any("seasonal_profile")
    return _profile(
        profiles.seasonal_profile,
        step_h,
        waste_share,
        "seasonal_profile",
        n_steps=n_steps,
        seed=seed,
        step_h=step_h,
        mean_kW=mean_kW,
        yearly_share=yearly_share,
        coldest_day=coldest_day,
        daily_factor=daily_factor,
        noise_share=noise_share,
        lowest_share=lowest_share,
        start_h=start_h,
        lag_steps=lag_steps,
    )


def _common(
    step_h: float, lag_h: float | None, waste_share: float, faults: FaultList
) -> tuple[float, int, float]:
    """Check the arguments that all profiles share; the lag in steps."""
    before = len(faults)
    step_h = checked_number("step_h", step_h, STEP, "h", faults)
    share = Range(0.0, 100.0, "give a share of the demand")
    waste_share = checked_number("waste_share", waste_share, share, "-", faults)
    if len(faults) > before:
        return step_h, 0, waste_share
    lag_steps = 1 if lag_h is None else _whole_steps("lag_h", lag_h, step_h, faults)
    return step_h, lag_steps, waste_share


def _whole_steps(name: str, duration_h: float, step_h: float, faults: FaultList) -> int:
    """Return a duration in whole steps."""
    before = len(faults)
    allowed = Range(0.0, _LONGEST_LAG, "give hours")
    hours = checked_number(name, duration_h, allowed, "h", faults)
    if len(faults) > before:
        return 0
    steps = round(hours / step_h)
    if abs(hours / step_h - steps) > _WHOLE:
        rule = f"must be whole steps of {step_h:g} h"
        faults.add("", name, f"{hours:g}", rule, f"such as {steps * step_h:g}")
    return steps


def _profile(
    draw: Callable[..., DemandPair],
    step_h: float,
    waste_share: float,
    title: str,
    /,
    **arguments: Any,
) -> HeatProfile:
    """Draw a profile; what the drawing refuses becomes faults."""
    try:
        pair = draw(**arguments)
    except ValueError as error:
        faults = FaultList()
        for fault in str(error).partition(": ")[2].split("; "):
            name, _, rule = fault.partition(" ")
            faults.add("", name, None, rule, "correct the argument")
        faults.raise_if_any(title)
        raise
    start_h = arguments.get("start_h", 0.0)
    return HeatProfile(
        step_h=step_h,
        heat_demand_kW=pair.demand_kW,
        waste_heat_kW=waste_share * pair.earlier_kW,
        start_h=start_h,
    )
