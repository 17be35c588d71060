r"""What a measured profile is like: mean, spread, memory, spikes and ramps.

A value is a spike when it lies further from the running median :math:`m_t` than a multiple of the
robust standard deviation of all distances (Hampel's rule):

.. math:: |x_t - m_t| > c\, s, \qquad s = 1.4826\, \mathrm{median}_t |x_t - m_t|

Neighbouring spikes on the same side are one. The median follows steps, shifts and seasons and is
not moved by the spikes themselves, so neither a change of level nor another spike hides one. Where
more than half of the values lie exactly on their median, :math:`s` is 1.2533 times the mean of the
distances. Of pure normal noise about 0.3 % of the values exceed :math:`c = 3`.

References
----------
F. R. Hampel, The influence curve and its role in robust estimation, J. Am. Stat. Assoc. 69 (1974)
383-393, doi:10.1080/01621459.1974.10482962.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, FloatArray
from preprocess.jit import kernel

NORMAL_MEDIAN_DISTANCE = 1.4826
"""Standard deviation of normal noise over the median of its distances from the centre."""
NORMAL_MEAN_DISTANCE = 1.2533
"""The same over the mean of the distances."""


class ProfileStatistics(NamedTuple):
    """Statistics of one profile.

    Attributes
    ----------
    mean_kW, deviation_kW, lowest_kW, highest_kW : float
        Mean, standard deviation (divisor T), smallest and largest value.
    autocorrelation : ndarray, shape (n_lags + 1,)
        Correlation with itself 0, 1, ... steps later; the sum of the products is divided by that at
        lag 0. NaN for a constant profile.
    n_upward_spikes, n_downward_spikes : int
        Number of spikes on either side.
    spikes_per_h : float
        All spikes over the length of the profile.
    mean_spike_kW : float
        Mean distance of the spikes' highest values from the running median; NaN without spikes.
    largest_rise_kW_per_h, largest_fall_kW_per_h : float
        Largest changes from one step to the next, both as amounts; 0 where there is none.
    mean_ramp_kW_per_h : float
        Mean amount of change.
    """

    mean_kW: float
    deviation_kW: float
    lowest_kW: float
    highest_kW: float
    autocorrelation: FloatArray
    n_upward_spikes: int
    n_downward_spikes: int
    spikes_per_h: float
    mean_spike_kW: float
    largest_rise_kW_per_h: float
    largest_fall_kW_per_h: float
    mean_ramp_kW_per_h: float


def profile_statistics(
    value_kW: npt.ArrayLike,
    *,
    step_h: float,
    n_lags: int = 1,
    spike_window_steps: int = 9,
    spike_threshold: float = 3.0,
) -> ProfileStatistics:
    """Describe a profile.

    Parameters
    ----------
    value_kW : array_like, shape (T,)
        Values at a constant step, at least 2. kW.
    step_h : float
        Length of a step, positive. h.
    n_lags : int
        Number of lags of the autocorrelation, below T.
    spike_window_steps : int
        Length of the running median, odd, from 3; it is cut at the ends.
    spike_threshold : float
        Distance from the median that makes a spike, in robust standard deviations, positive.

    Returns
    -------
    ProfileStatistics

    Raises
    ------
    ValueError
        Arguments out of range; the message lists everything.

    Examples
    --------
    >>> found = profile_statistics([10.0, 11.0, 10.0, 50.0, 10.0, 9.0, 10.0, 11.0], step_h=0.5)
    >>> found.n_upward_spikes, found.n_downward_spikes, found.spikes_per_h
    (1, 0, 0.25)
    >>> found.largest_rise_kW_per_h, found.mean_spike_kW
    (80.0, 40.0)
    """
    arguments = Arguments("profile_statistics")
    values_kW = arguments.vector("value_kW", value_kW)
    step_h = arguments.number("step_h", step_h, above=0.0)
    n_lags = arguments.count("n_lags", n_lags)
    window = arguments.count("spike_window_steps", spike_window_steps)
    threshold = arguments.number("spike_threshold", spike_threshold, above=0.0)
    if values_kW.ndim == 1 and values_kW.size < 2:
        arguments.fault(f"value_kW has {values_kW.size} entries, must have at least 2")
    elif n_lags >= values_kW.size:
        arguments.fault(f"n_lags is {n_lags}, must be below the {values_kW.size} steps")
    if window < 3 or window % 2 == 0:
        arguments.fault(f"spike_window_steps is {window}, must be odd and >= 3")
    arguments.raise_if_any()
    distance_kW = values_kW - _running_median_kernel(values_kW, window // 2)
    deviation_kW = _robust_deviation(distance_kW)
    upward_kW = _spike_heights_kernel(distance_kW, threshold * deviation_kW)
    downward_kW = _spike_heights_kernel(-distance_kW, threshold * deviation_kW)
    heights_kW = np.concatenate((upward_kW, downward_kW))
    ramp_kW_per_h = np.diff(values_kW) / step_h
    return ProfileStatistics(
        mean_kW=float(values_kW.mean()),
        deviation_kW=float(values_kW.std()),
        lowest_kW=float(values_kW.min()),
        highest_kW=float(values_kW.max()),
        autocorrelation=_autocorrelation(values_kW, n_lags),
        n_upward_spikes=upward_kW.size,
        n_downward_spikes=downward_kW.size,
        spikes_per_h=heights_kW.size / (values_kW.size * step_h),
        mean_spike_kW=float(heights_kW.mean()) if heights_kW.size else float("nan"),
        largest_rise_kW_per_h=max(float(ramp_kW_per_h.max()), 0.0),
        largest_fall_kW_per_h=max(float(-ramp_kW_per_h.min()), 0.0),
        mean_ramp_kW_per_h=float(np.abs(ramp_kW_per_h).mean()),
    )


def _robust_deviation(distance_kW: FloatArray) -> float:
    """Return a standard deviation that spikes do not move; 0 where nothing deviates."""
    amount_kW = np.abs(distance_kW)
    deviation_kW = NORMAL_MEDIAN_DISTANCE * float(np.median(amount_kW))
    if deviation_kW > 0.0:
        return deviation_kW
    return NORMAL_MEAN_DISTANCE * float(amount_kW.mean())


@kernel
def _running_median_kernel(value: FloatArray, half_window: int) -> FloatArray:
    """Return the median of the values up to `half_window` steps away (T,)."""
    n_steps = value.size
    median = np.empty(n_steps)
    window = np.empty(2 * half_window + 1)
    for step in range(n_steps):
        first = max(step - half_window, 0)
        size = min(step + half_window + 1, n_steps) - first
        for place in range(size):  # insertion into the sorted window
            entry = value[first + place]
            position = place
            while position > 0 and window[position - 1] > entry:
                window[position] = window[position - 1]
                position -= 1
            window[position] = entry
        middle = size // 2
        if size % 2 == 1:
            median[step] = window[middle]
        else:
            median[step] = 0.5 * window[middle - 1] + 0.5 * window[middle]
    return median


@kernel
def _spike_heights_kernel(distance: FloatArray, limit: float) -> FloatArray:
    """Return the largest distance of every run of values above the limit."""
    heights = np.empty(distance.size)
    n_spikes = 0
    is_inside = False
    for step in range(distance.size):
        if distance[step] > limit:
            if not is_inside:
                heights[n_spikes] = distance[step]
                n_spikes += 1
            heights[n_spikes - 1] = max(heights[n_spikes - 1], distance[step])
            is_inside = True
        else:
            is_inside = False
    return heights[:n_spikes].copy()


def _autocorrelation(value: FloatArray, n_lags: int) -> FloatArray:
    """Return the autocorrelation at lags 0 to `n_lags`; NaN for a constant."""
    centred = value - value.mean()
    largest = float(np.abs(centred).max())
    if value.max() == value.min() or largest == 0.0:
        return np.full(n_lags + 1, np.nan)
    products = _lagged_products_kernel(centred / largest, n_lags)  # neither tiny nor huge
    return np.asarray(products / products[0])


@kernel
def _lagged_products_kernel(centred: FloatArray, n_lags: int) -> FloatArray:
    """Return the sums of products of values 0 to `n_lags` steps apart."""
    products = np.empty(n_lags + 1)
    for lag in range(n_lags + 1):
        total = 0.0
        for step in range(centred.size - lag):
            total += centred[step] * centred[step + lag]
        products[lag] = total
    return products
