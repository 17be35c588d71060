"""Areas of heat exchangers: logarithmic mean temperature difference and film coefficients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def mean_difference_K(one_end_K: npt.ArrayLike, other_end_K: npt.ArrayLike) -> Floats:
    """Logarithmic mean of the temperature differences at the ends of an exchanger.

    Parameters
    ----------
    one_end_K, other_end_K : array_like
        Differences, positive, of shapes that fit.

    Returns
    -------
    ndarray
        The mean, K, to rounding also where both are equal or nearly so.

    Examples
    --------
    >>> mean_difference_K([20.0, 10.0], [10.0, 10.0]).round(4).tolist()
    [14.427, 10.0]
    """
    one, other = np.broadcast_arrays(
        np.asarray(one_end_K, dtype=np.float64), np.asarray(other_end_K, dtype=np.float64)
    )
    least = np.minimum(one, other)
    excess = np.abs(one - other) / least
    # excess / log1p(excess) -> 1 + excess/2 - excess^2/12 + excess^3/24 where excess -> 0
    series = 1.0 + excess * (0.5 - excess * (1.0 / 12.0 - excess / 24.0))
    is_small = excess < 1e-4
    mean: Floats = least * np.where(
        is_small, series, excess / np.log1p(np.where(is_small, 1.0, excess))
    )
    return mean


def exchanger_area_m2(
    duty_kW: npt.ArrayLike,
    one_end_K: npt.ArrayLike,
    other_end_K: npt.ArrayLike,
    htc_kW_per_m2_K: npt.ArrayLike,
    other_htc_kW_per_m2_K: npt.ArrayLike,
) -> Floats:
    """Area of counter-current exchangers, film coefficients in series without wall or fouling.

    Parameters
    ----------
    duty_kW : array_like
        Heat exchanged.
    one_end_K, other_end_K : array_like
        Temperature differences at the ends, positive.
    htc_kW_per_m2_K, other_htc_kW_per_m2_K : array_like
        Film coefficients of both sides.

    Returns
    -------
    ndarray
        Areas, m².

    Examples
    --------
    >>> print(exchanger_area_m2(1000.0, 10.0, 10.0, 1.0, 1.0).round(6))
    200.0
    """
    resistance = 1.0 / np.asarray(htc_kW_per_m2_K) + 1.0 / np.asarray(other_htc_kW_per_m2_K)
    mean_K = mean_difference_K(one_end_K, other_end_K)
    return np.asarray(np.asarray(duty_kW) * resistance / mean_K, dtype=np.float64)
