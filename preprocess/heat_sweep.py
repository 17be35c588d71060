"""One sweep over the stream ends that cumulates heat over temperature, also precise for many.

Sorting the ends costs O(n log n) for n streams, the sweep O(n). Ends up to 1e-9 K above another one
are set to that one, so that ends which differ only by the rounding of a shift are one temperature
(isothermal streams at the same shifted temperature would otherwise miss each other).

Slope and heat are carried as unevaluated sums of two floats by error-free addition: when a steep
stream ends its slope is taken out again without a trace, where a plain running sum would keep its
rounding error for the rest of the scale, and sums over many streams do not drift.

References
----------
D. E. Knuth, The Art of Computer Programming, volume 2: Seminumerical Algorithms, section 4.2.2.
"""

import numpy as np

from preprocess.arguments import BoolArray, FloatArray, IntArray
from preprocess.jit import kernel

SAME_TEMPERATURE_K = 1e-9


def cumulated_heat(
    low_C: FloatArray, high_C: FloatArray, heat_kW: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cumulate the heat of streams over temperature, from 0 below the lowest end.

    The arguments are taken as valid; streams without heat leave no point.

    Parameters
    ----------
    low_C, high_C : ndarray, shape (S,)
        Lower and upper end of each stream, equal for an isothermal one. °C.
    heat_kW : ndarray, shape (S,)
        Heat of each stream, of either sign. kW.

    Returns
    -------
    temperature_C : ndarray, shape (T,)
        Distinct ends, rising; twice, lower side first, where the heat jumps. °C.
    heat_below_kW : ndarray, shape (T,)
        Heat below that temperature, rounded. kW.
    rest_kW : ndarray, shape (T,)
        What the rounding left out, to be added last. kW.

    Examples
    --------
    >>> ends = np.array([60.0, 120.0]), np.array([100.0, 120.0])
    >>> temperature_C, heat_below_kW, rest_kW = cumulated_heat(*ends, np.array([80.0, -50.0]))
    >>> temperature_C.tolist(), heat_below_kW.tolist(), rest_kW.tolist()
    ([60.0, 100.0, 120.0, 120.0], [0.0, 80.0, 80.0, 30.0], [0.0, 0.0, 0.0, 0.0])
    """
    carries_heat: BoolArray = heat_kW != 0.0
    ends_C = np.concatenate((low_C[carries_heat], high_C[carries_heat]))
    ends_C += 0.0  # turns -0.0 into 0.0
    order = np.argsort(ends_C)
    _merge_kernel(ends_C, order, SAME_TEMPERATURE_K)
    return _cumulate_kernel(ends_C, order, heat_kW[carries_heat])


@kernel
def _merge_kernel(ends_C: FloatArray, order: IntArray, tolerance_K: float) -> None:
    """Set every end that is up to `tolerance_K` above another one to that one, in place."""
    at_C = -np.inf
    for end in order:
        if ends_C[end] - at_C <= tolerance_K:
            ends_C[end] = at_C
        else:
            at_C = ends_C[end]


@kernel
def _add_exactly_kernel(first: float, second: float) -> tuple[float, float]:
    """Return the rounded sum and its rounding error (Knuth)."""
    total = first + second
    part = total - first
    return total, (first - (total - part)) + (second - part)


@kernel
def _cumulate_kernel(
    ends_C: FloatArray, order: IntArray, heat_kW: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cumulate signed heat over temperature from the lowest end.

    `ends_C` (2 S,) holds the lower ends of all streams, then the upper ones, `order` (2 S,) sorts
    them, `heat_kW` (S,) may have either sign. Returns temperature (T,), heat below it (T,) and the
    rounding error to be added to that (T,).
    """
    n_streams = heat_kW.size
    temperature_C = np.empty(order.size)
    heat_below_kW = np.empty(order.size)
    rest_kW = np.empty(order.size)
    n_points = 0
    slope = slope_rest = 0.0
    total = total_rest = 0.0
    event = 0
    while event < order.size:
        at_C = ends_C[order[event]]
        if n_points > 0:
            passed_kW = (slope + slope_rest) * (at_C - temperature_C[n_points - 1])
            total, error = _add_exactly_kernel(total, passed_kW)
            total_rest += error
        jump = jump_rest = 0.0
        while event < order.size and ends_C[order[event]] == at_C:
            end = order[event]
            event += 1
            is_low = end < n_streams
            stream = end if is_low else end - n_streams
            width_K = ends_C[stream + n_streams] - ends_C[stream]
            if width_K > 0.0:
                change = heat_kW[stream] / width_K
                slope, error = _add_exactly_kernel(slope, change if is_low else -change)
                slope_rest += error
            elif is_low:
                jump, error = _add_exactly_kernel(jump, heat_kW[stream])
                jump_rest += error
        temperature_C[n_points] = at_C
        heat_below_kW[n_points] = total
        rest_kW[n_points] = total_rest
        n_points += 1
        if jump + jump_rest != 0.0:
            total, error = _add_exactly_kernel(total, jump)
            total_rest += error + jump_rest
            temperature_C[n_points] = at_C
            heat_below_kW[n_points] = total
            rest_kW[n_points] = total_rest
            n_points += 1
    return temperature_C[:n_points], heat_below_kW[:n_points], rest_kW[:n_points]
