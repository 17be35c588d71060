"""Smooth forms of the logarithmic mean and of the minimum, with derivatives."""

from __future__ import annotations

import numpy as np

from milpcore.loops.inputs import Floats


def smooth_mean_K(one_K: Floats, other_K: Floats) -> tuple[Floats, Floats, Floats]:
    """Logarithmic mean ``sqrt(a b) sinh(x) / x`` with ``x = ln(a / b) / 2``, and its derivatives.

    Parameters
    ----------
    one_K, other_K : ndarray
        Positive temperature differences at the ends.

    Returns
    -------
    mean_K, by_one, by_other : ndarray
        The mean and its derivatives, smooth also where both ends are equal.

    Examples
    --------
    >>> mean, by_one, by_other = smooth_mean_K(np.array([20.0, 10.0]), np.array([10.0, 10.0]))
    >>> mean.round(4), by_one.round(4)
    (array([14.427, 10.   ]), array([0.402, 0.5  ]))
    """
    x = 0.5 * np.log(one_K / other_K)
    is_small = np.abs(x) < 1e-3
    divisor = np.where(is_small, 1.0, x)
    ratio = np.where(is_small, 1.0 + x * x / 6.0, np.sinh(x) / divisor)
    slope = np.where(is_small, x / 3.0 + x**3 / 30.0, (np.cosh(x) * x - np.sinh(x)) / divisor**2)
    root = np.sqrt(one_K * other_K)
    mean = root * ratio
    return mean, (mean + root * slope) / (2.0 * one_K), (mean - root * slope) / (2.0 * other_K)


def rounded_minimum(value_C: Floats, tau_C: Floats, width_K: float) -> tuple[Floats, Floats]:
    """Minimum of two temperatures with a rounded kink, never above it, and its slope.

    Parameters
    ----------
    value_C, tau_C : ndarray
        Of shapes that fit.
    width_K : float
        Width of the kink; at equality the value is ``width_K ln 2`` below.

    Returns
    -------
    minimum_C, by_value : ndarray
        The minimum and its derivative by `value_C`; that by `tau_C` is 1 less it.

    Examples
    --------
    >>> minimum, slope = rounded_minimum(np.array([5.0, 9.0]), np.array([9.0, 9.0]), 0.1)
    >>> minimum.round(3), slope.round(3)
    (array([5.   , 8.931]), array([1. , 0.5]))
    """
    z = (tau_C - value_C) / width_K
    minimum = tau_C - width_K * np.logaddexp(0.0, z)
    return minimum, 0.5 * (1.0 + np.tanh(0.5 * z))
