r"""Heat demand over time, made up: fluctuating, stepped and seasonal profiles, the same everywhere.

A fluctuating profile is normal noise with trains of spikes, each one step long:

.. math:: x_t = z_t + \sum_k \sum_i s_{ki}\, a_{ki}\, [t = p_{ki}], \qquad
          d_t = \max\left(\bar d + \sigma \frac{x_t - \mathrm{mean}\,x}{\mathrm{std}\,x},\;
                          \lambda \bar d\right)

with :math:`z_t \sim N(0, 1)`; train :math:`k` has amplitudes :math:`a_{ki}` from a normal
distribution (never below 0), gaps :math:`p_{ki} - p_{k,i-1}` from another (rounded to whole steps,
at least 1; the first spike falls into the first gap by a uniform phase) and the sign :math:`s_{ki}
= -1` for a share of them. Mean :math:`\bar d` and standard deviation :math:`\sigma` (divisor
:math:`T`) of the demand are exact before it is clipped at :math:`\lambda \bar d`.

Every profile comes with itself `lag_steps` earlier, which is how waste heat is made of demand. What
lies before the first step continues the same process (a fluctuating one with noise and spikes of
its own), so that the demand does not depend on the lag.

Random numbers are the raw output of PCG64, whose stream NumPy guarantees for all versions and
platforms (its distributions are not guaranteed), turned to normal ones by Box and Muller. Noise and
every train have streams of their own: a longer profile begins like a shorter one, but for the
rescaling to mean and standard deviation.

References
----------
Hochhaus et al. (2025), Systems and Control Transactions 4:1994-1999 (LAPSE:2025.0473), describe
noise, spikes and the lag; their profiles are not published, so the form here is an assumption.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, FloatArray, IntArray

HOURS_PER_DAY = 24
DAYS_PER_YEAR = 365
_DURATION_LIMIT = 10**9
_UNIFORM_BITS = 53
_HORIZON, _BEFORE = 0, 1
"""Streams of random numbers: of the horizon, and of the steps before it."""


class Spikes(NamedTuple):
    """A train of spikes.

    Attributes
    ----------
    amplitude, amplitude_deviation : float
        Mean and standard deviation of the height, in standard deviations of the noise.
    gap_steps, gap_deviation_steps : float
        Mean and standard deviation of the distance between two spikes, in steps.
    """

    amplitude: float
    amplitude_deviation: float
    gap_steps: float
    gap_deviation_steps: float


class DemandPair(NamedTuple):
    """A profile, and the same profile some steps earlier.

    Attributes
    ----------
    demand_kW : ndarray, shape (T,)
        The profile.
    earlier_kW : ndarray, shape (T,)
        The profile `lag_steps` before.
    """

    demand_kW: FloatArray
    earlier_kW: FloatArray


def fluctuating_profile(
    n_steps: int,
    *,
    seed: int,
    mean_kW: float,
    deviation_share: float,
    spikes: Sequence[Spikes] = (),
    downward_share: float = 0.0,
    lowest_share: float | None = 0.0,
    lag_steps: int = 1,
) -> DemandPair:
    """Draw noise with spikes, of exact mean and standard deviation before clipping.

    Parameters
    ----------
    n_steps : int
        Number of steps T, from 2.
    seed : int
        From 0; the same arguments give the same profile on every platform.
    mean_kW : float
        Mean, positive. kW.
    deviation_share : float
        Standard deviation of the whole profile as a share of the mean, not negative.
    spikes : sequence of Spikes
        Trains of spikes, added up.
    downward_share : float
        Probability that a spike points down, 0 to 1.
    lowest_share : float or None
        The profile is clipped at this share of the mean, below 1; None leaves it unclipped, and
        then it may be negative.
    lag_steps : int
        Distance of the earlier profile, not negative.

    Returns
    -------
    DemandPair
        Demand (T,) and demand `lag_steps` before (T,), kW.

    Raises
    ------
    ValueError
        Arguments out of range; the message lists everything.

    Examples
    --------
    >>> pair = fluctuating_profile(
    ...     96, seed=1, mean_kW=1000.0, deviation_share=0.15, spikes=[Spikes(4.0, 1.0, 30.0, 8.0)]
    ... )
    >>> print(f"{pair.demand_kW.mean():.6f} {pair.demand_kW.std():.6f}")
    1000.000000 150.000000
    >>> bool(np.all(pair.earlier_kW[1:] == pair.demand_kW[:-1]))
    True
    """
    arguments = Arguments("fluctuating_profile")
    n_steps = _n_steps(arguments, n_steps, at_least=2)
    seed = arguments.count("seed", seed)
    lag_steps = arguments.count("lag_steps", lag_steps)
    mean_kW = arguments.number("mean_kW", mean_kW, above=0.0)
    deviation_share = arguments.number("deviation_share", deviation_share, at_least=0.0)
    downward = arguments.number("downward_share", downward_share, at_least=0.0, at_most=1.0)
    lowest_kW = _lowest(arguments, lowest_share, mean_kW)
    for place, train in enumerate(spikes):
        _check_spikes(arguments, f"spikes[{place}]", train)
    arguments.raise_if_any()
    horizon = _noise_with_spikes(n_steps, seed, _HORIZON, spikes, downward)
    before = _noise_with_spikes(lag_steps, seed, _BEFORE, spikes, downward)
    scale_kW = deviation_share * mean_kW / horizon.std()
    value = np.concatenate((before, horizon)) - horizon.mean()
    return _pair(np.maximum(mean_kW + scale_kW * value, lowest_kW), n_steps)


def stepped_profile(
    n_steps: int,
    *,
    level_kW: npt.ArrayLike,
    duration_steps: npt.ArrayLike,
    lag_steps: int = 1,
) -> DemandPair:
    """Repeat a sequence of constant levels, such as shifts or batches.

    Parameters
    ----------
    n_steps : int
        Number of steps T, from 1.
    level_kW : array_like, shape (N,)
        Levels in their order, not negative. kW.
    duration_steps : array_like of int, shape (N,)
        Steps that each level lasts, from 1.
    lag_steps : int
        Distance of the earlier profile, not negative; the sequence also repeats before the start.

    Returns
    -------
    DemandPair
        Demand (T,) and demand `lag_steps` before (T,), kW.

    Raises
    ------
    ValueError
        Arguments out of range or of different length; the message lists everything.

    Examples
    --------
    >>> pair = stepped_profile(6, level_kW=[100, 300], duration_steps=[1, 2])
    >>> pair.demand_kW.tolist(), pair.earlier_kW.tolist()
    ([100.0, 300.0, 300.0, 100.0, 300.0, 300.0], [300.0, 100.0, 300.0, 300.0, 100.0, 300.0])
    """
    arguments = Arguments("stepped_profile")
    n_steps = _n_steps(arguments, n_steps, at_least=1)
    lag_steps = arguments.count("lag_steps", lag_steps)
    levels_kW = arguments.vector("level_kW", level_kW, at_least=0.0)
    durations = arguments.indices(
        "duration_steps", duration_steps, at_least=1, below=_DURATION_LIMIT
    )
    arguments.same_length("level_kW", "duration_steps")
    if levels_kW.size == 0:
        arguments.fault("level_kW must have at least one level")
    arguments.raise_if_any()
    ends: IntArray = np.cumsum(durations)
    step = np.arange(-lag_steps, n_steps) % ends[-1]
    return _pair(levels_kW[np.searchsorted(ends, step, side="right")], n_steps)


def seasonal_profile(
    n_steps: int,
    *,
    seed: int,
    step_h: float,
    mean_kW: float,
    yearly_share: float,
    coldest_day: float,
    daily_factor: npt.ArrayLike,
    noise_share: float = 0.0,
    lowest_share: float | None = 0.0,
    start_h: float = 0.0,
    lag_steps: int = 1,
) -> DemandPair:
    r"""Draw a yearly cosine times a daily pattern, with noise.

    With the day of the year :math:`\tau/24`, the hour :math:`h`, the mean :math:`\bar d` and
    :math:`z_t \sim N(0, 1)`

    .. math:: d_t = \max\left(\bar d \left[\left(1 + a \cos 2\pi
              \frac{\tau_t/24 - \tau_{cold}}{365}\right) b_h + \sigma z_t\right],\;
              \lambda \bar d\right)

    where the pattern :math:`b` is rescaled to a mean of 1. Over a whole year without noise and
    clipping the mean is :math:`\bar d`.

    Parameters
    ----------
    n_steps : int
        Number of steps T, from 1.
    seed : int
        From 0; the same arguments give the same profile on every platform.
    step_h : float
        Length of a step, positive. h.
    mean_kW : float
        Mean over the year, positive. kW.
    yearly_share : float
        Amplitude of the cosine as a share of the mean, 0 to 1.
    coldest_day : float
        Day of the largest demand, counted from 0 on the first of January.
    daily_factor : array_like, shape (24,)
        Demand in each hour of a day, not negative, not all 0.
    noise_share : float
        Standard deviation of the noise as a share of the mean, not negative.
    lowest_share : float or None
        The profile is clipped at this share of the mean, below 1; None leaves it unclipped.
    start_h : float
        Start of the horizon in hours since the start of the year.
    lag_steps : int
        Distance of the earlier profile, not negative.

    Returns
    -------
    DemandPair
        Demand (T,) and demand `lag_steps` before (T,), kW.

    Raises
    ------
    ValueError
        Arguments out of range; the message lists everything.

    Examples
    --------
    >>> pair = seasonal_profile(
    ...     8760, seed=1, step_h=1.0, mean_kW=1000.0, yearly_share=0.5, coldest_day=15.0,
    ...     daily_factor=[1.0] * 12 + [2.0] * 12,
    ... )
    >>> print(f"{pair.demand_kW.mean():.2f} {pair.demand_kW.max():.2f}")
    1000.00 2000.00
    """
    arguments = Arguments("seasonal_profile")
    n_steps = _n_steps(arguments, n_steps, at_least=1)
    seed = arguments.count("seed", seed)
    lag_steps = arguments.count("lag_steps", lag_steps)
    step_h = arguments.number("step_h", step_h, above=0.0)
    start_h = arguments.number("start_h", start_h)
    mean_kW = arguments.number("mean_kW", mean_kW, above=0.0)
    yearly_share = arguments.number("yearly_share", yearly_share, at_least=0.0, at_most=1.0)
    coldest_day = arguments.number("coldest_day", coldest_day)
    noise_share = arguments.number("noise_share", noise_share, at_least=0.0)
    lowest_kW = _lowest(arguments, lowest_share, mean_kW)
    factor = arguments.vector("daily_factor", daily_factor, at_least=0.0)
    if factor.size != HOURS_PER_DAY or not factor.any():
        arguments.fault(f"daily_factor must have {HOURS_PER_DAY} values that are not all 0")
    arguments.raise_if_any()
    time_h = start_h + step_h * np.arange(-lag_steps, n_steps)
    since_coldest = (time_h / HOURS_PER_DAY - coldest_day) / DAYS_PER_YEAR
    yearly = 1.0 + yearly_share * np.cos(2.0 * math.pi * since_coldest)
    hour = np.floor(np.round(time_h, 9)).astype(np.int64) % HOURS_PER_DAY
    noise = np.concatenate((_normal(lag_steps, seed, _BEFORE), _normal(n_steps, seed, _HORIZON)))
    share = yearly * factor[hour] / factor.mean() + noise_share * noise
    return _pair(np.maximum(mean_kW * share, lowest_kW), n_steps)


def _n_steps(arguments: Arguments, n_steps: int, *, at_least: int) -> int:
    count = arguments.count("n_steps", n_steps)
    if 0 < count < at_least or n_steps == 0:
        arguments.fault(f"n_steps is {n_steps!r}, must be >= {at_least}")
    return max(count, at_least)


def _lowest(arguments: Arguments, lowest_share: float | None, mean_kW: float) -> float:
    """Return the level to clip at, kW; minus infinity for none."""
    if lowest_share is None:
        return -math.inf
    share = arguments.number("lowest_share", lowest_share, at_least=0.0)
    if share >= 1.0:
        arguments.fault(f"lowest_share is {share}, must be < 1")
    return share * mean_kW


def _check_spikes(arguments: Arguments, name: str, train: Spikes) -> None:
    """Note what is wrong with a train of spikes."""
    if len(train) != len(Spikes._fields):
        arguments.fault(f"{name} must be Spikes of {len(Spikes._fields)} numbers")
        return
    arguments.number(f"{name}.amplitude", train[0], at_least=0.0)
    arguments.number(f"{name}.amplitude_deviation", train[1], at_least=0.0)
    arguments.number(f"{name}.gap_steps", train[2], at_least=1.0)
    arguments.number(f"{name}.gap_deviation_steps", train[3], at_least=0.0)


def _noise_with_spikes(
    n_steps: int, seed: int, part: int, spikes: Sequence[Spikes], downward_share: float
) -> FloatArray:
    """Return noise of standard deviation 1 with all spikes added (n_steps,)."""
    value = _normal(n_steps, seed, part)
    for number, (amplitude, amplitude_deviation, gap, gap_deviation) in enumerate(spikes):
        stream = (seed, part, number + 1)
        gaps = np.maximum(np.rint(gap + gap_deviation * _normal(n_steps, *stream, 0)), 1.0)
        gaps[:1] = np.floor(gaps[:1] * _uniform(1, *stream, 1)) + 1.0
        place = (np.cumsum(gaps) - 1.0).astype(np.int64)
        height = np.maximum(amplitude + amplitude_deviation * _normal(n_steps, *stream, 2), 0.0)
        is_downward = _uniform(n_steps, *stream, 3) < downward_share
        inside = place < n_steps
        value[place[inside]] += np.where(is_downward, -height, height)[inside]
    return value


def _normal(count: int, *stream: int) -> FloatArray:
    """Return standard normal numbers (count,), each of two raw ones."""
    first, second = _uniform(2 * count, *stream).reshape(count, 2).T
    return np.sqrt(-2.0 * np.log1p(-first)) * np.cos(2.0 * math.pi * second)


def _uniform(count: int, *stream: int) -> FloatArray:
    """Numbers from 0 to below 1 (count,) of one stream."""
    generator = np.random.PCG64(np.random.SeedSequence(stream))
    raw = np.asarray(generator.random_raw(count), dtype=np.uint64)
    return np.asarray((raw >> np.uint64(64 - _UNIFORM_BITS)) * 2.0**-_UNIFORM_BITS)


def _pair(value_kW: FloatArray, n_steps: int) -> DemandPair:
    """Split values from before the start to the end into the profile and the earlier one."""
    lag_steps = value_kW.size - n_steps
    return DemandPair(value_kW[lag_steps:].copy(), value_kW[:n_steps].copy())
