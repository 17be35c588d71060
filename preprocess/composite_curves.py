r"""Composite curves and the problem table of pinch analysis.

A stream with heat :math:`Q` between :math:`T_{low} < T_{high}` has the constant slope
:math:`Q / (T_{high} - T_{low})`; an isothermal stream puts all its heat at one temperature, a jump.
The *composite curve* of one side adds the heat of its streams up from the lowest temperature. On
the shifted scale (hot streams lowered and cold streams raised by their share of the minimum
temperature difference) the net heat demand below :math:`T`,

.. math:: D(T) = \sum_{cold} Q_s(\text{below } T) - \sum_{hot} Q_s(\text{below } T),

gives the feasible heat cascade :math:`R(T) = D(T) - \min D`: the *grand composite curve*. Its top
end is the minimum hot utility, its bottom end the minimum cold utility and its zeros in between
are the pinches, because no heat passes there (Linnhoff and Flower's problem table). A *threshold
problem*, which needs only one of the utilities or none, has no pinch: nothing divides it into a
part that needs heat and one that has too much, also where the cascade happens to be zero.

All curves rise in temperature and have a point at *every* distinct stream end, also where the slope
happens not to change; a jump is two points at the same temperature, the lower side first. Streams
without heat leave no point. A range without streams is a part of constant heat between two points.

Ends up to 1e-9 K above another one are that one, and the error of any point stays at a few units of
rounding of the total duty, however many streams there are (see `preprocess.heat_sweep`).

References
----------
B. Linnhoff, J. R. Flower (1978), Synthesis of heat exchanger networks: I. Systematic generation of
energy optimal networks, AIChE Journal 24(4), 633-642, doi:10.1002/aic.690240411.

I. C. Kemp, Pinch Analysis and Process Integration, 2nd edition, Butterworth-Heinemann, 2007.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, FloatArray
from preprocess.heat_sweep import cumulated_heat
from preprocess.jit import kernel

ZERO_SHARE_OF_DUTY = 1e-10


class ProblemTable(NamedTuple):
    """Minimum utilities, pinches and the feasible heat cascade on the shifted scale.

    Attributes
    ----------
    temperature_C : ndarray, shape (T,)
        Shifted temperatures, rising; an isothermal stream's appears twice, lower side first. °C.
    cascade_kW : ndarray, shape (T,)
        Heat that flows downwards past each point with minimum utilities (the grand composite
        curve), nowhere negative. kW.
    hot_utility_kW : float
        Minimum hot utility, the last entry of the cascade. kW.
    cold_utility_kW : float
        Minimum cold utility, the first entry of the cascade. kW.
    pinch_C : ndarray, shape (P,)
        Zeros of the cascade, rising; of a range of zeros its two ends. Empty for a threshold
        problem, where a utility is zero. °C.
    """

    temperature_C: FloatArray
    cascade_kW: FloatArray
    hot_utility_kW: float
    cold_utility_kW: float
    pinch_C: FloatArray


def composite_curve(
    t_low_C: npt.ArrayLike, t_high_C: npt.ArrayLike, heat_kW: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Add the streams of one side, hot or cold, up to their composite curve.

    Parameters
    ----------
    t_low_C, t_high_C : array_like, shape (S,)
        Lower and upper temperature of each stream, equal for an isothermal one. °C.
    heat_kW : array_like, shape (S,)
        Heat of each stream, not negative. kW.

    Returns
    -------
    temperature_C : ndarray, shape (T,)
        Every distinct stream end, rising; twice, lower side first, where the curve jumps. °C.
    enthalpy_kW : ndarray, shape (T,)
        Heat of all streams below that temperature, from 0 to the total. kW.

    Raises
    ------
    ValueError
        Vectors of different length, values that are not finite, negative heat, or a lower
        temperature above the upper one; the message lists everything.

    References
    ----------
    Kemp, Pinch Analysis and Process Integration, 2nd edition.

    Examples
    --------
    Two streams that overlap from 80 to 100 °C and 50 kW that condense at 120 °C:

    >>> temperature_C, enthalpy_kW = composite_curve([60, 80, 120], [100, 110, 120], [80, 60, 50])
    >>> temperature_C.tolist()
    [60.0, 80.0, 100.0, 110.0, 120.0, 120.0]
    >>> enthalpy_kW.tolist()
    [0.0, 40.0, 120.0, 140.0, 140.0, 190.0]
    """
    arguments = Arguments("composite_curve")
    low_C, high_C, stream_kW = _side(
        arguments, ("t_low_C", "t_high_C", "heat_kW"), t_low_C, t_high_C, heat_kW
    )
    arguments.raise_if_any()
    temperature_C, heat_below_kW, rest_kW = cumulated_heat(low_C, high_C, stream_kW)
    return temperature_C, heat_below_kW + rest_kW


def grand_composite_curve(
    hot_low_C: npt.ArrayLike,
    hot_high_C: npt.ArrayLike,
    hot_kW: npt.ArrayLike,
    cold_low_C: npt.ArrayLike,
    cold_high_C: npt.ArrayLike,
    cold_kW: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray]:
    """Return the first two parts of `problem_table`, the curve of the feasible heat cascade.

    Parameters
    ----------
    hot_low_C, hot_high_C, hot_kW : array_like, shape (H,)
        Shifted lower and upper temperatures and heat of the hot streams. °C, °C, kW.
    cold_low_C, cold_high_C, cold_kW : array_like, shape (C,)
        The same of the cold streams. °C, °C, kW.

    Returns
    -------
    temperature_C : ndarray, shape (T,)
        Shifted temperatures, rising; twice, lower side first, where the curve jumps. °C.
    net_heat_kW : ndarray, shape (T,)
        Heat passed downwards at that temperature, from the cold to the hot utility. kW.

    Raises
    ------
    ValueError
        As `problem_table`.

    References
    ----------
    Kemp, Pinch Analysis and Process Integration, 2nd edition.

    Examples
    --------
    >>> temperature_C, net_heat_kW = grand_composite_curve(
    ...     [80], [180], [200], [100], [200], [300]
    ... )
    >>> temperature_C.tolist(), net_heat_kW.tolist()
    ([80.0, 100.0, 180.0, 200.0], [40.0, 0.0, 80.0, 140.0])
    """
    table = problem_table(hot_low_C, hot_high_C, hot_kW, cold_low_C, cold_high_C, cold_kW)
    return table.temperature_C, table.cascade_kW


def problem_table(
    hot_low_C: npt.ArrayLike,
    hot_high_C: npt.ArrayLike,
    hot_kW: npt.ArrayLike,
    cold_low_C: npt.ArrayLike,
    cold_high_C: npt.ArrayLike,
    cold_kW: npt.ArrayLike,
) -> ProblemTable:
    """Find minimum utilities, pinch temperatures and the heat cascade.

    All temperatures are shifted already: hot streams lowered and cold streams raised by their
    shares of the minimum temperature difference. One side, or both, may be empty.

    Parameters
    ----------
    hot_low_C, hot_high_C, hot_kW : array_like, shape (H,)
        Shifted lower and upper temperatures, equal for an isothermal stream, and heat, not
        negative, of the hot streams. °C, °C, kW.
    cold_low_C, cold_high_C, cold_kW : array_like, shape (C,)
        The same of the cold streams. °C, °C, kW.

    Returns
    -------
    ProblemTable
        Cascade (kW) over shifted temperature (°C), hot and cold utility (kW), pinches (°C).

    Raises
    ------
    ValueError
        Vectors of one side of different length, values that are not finite, negative heat, or a
        lower temperature above the upper one; the message lists everything.

    Notes
    -----
    Cascade values up to 1e-10 of the total duty of all streams count as zero and are returned as
    zero.

    References
    ----------
    Linnhoff and Flower (1978), doi:10.1002/aic.690240411; Kemp, Pinch Analysis and Process
    Integration, 2nd edition.

    Examples
    --------
    A hot stream of 2 kW/K from 180 to 80 °C and a cold one of 3 kW/K from 100 to 200 °C:

    >>> table = problem_table([80], [180], [200], [100], [200], [300])
    >>> table.hot_utility_kW, table.cold_utility_kW, table.pinch_C.tolist()
    (140.0, 40.0, [100.0])

    Only a cold stream: a threshold problem.

    >>> table = problem_table([], [], [], [100], [200], [300])
    >>> table.hot_utility_kW, table.cold_utility_kW, table.pinch_C.tolist()
    (300.0, 0.0, [])
    """
    arguments = Arguments("problem_table")
    hot = _side(arguments, ("hot_low_C", "hot_high_C", "hot_kW"), hot_low_C, hot_high_C, hot_kW)
    cold = _side(
        arguments, ("cold_low_C", "cold_high_C", "cold_kW"), cold_low_C, cold_high_C, cold_kW
    )
    arguments.raise_if_any()
    temperature_C, demand_kW, rest_kW = cumulated_heat(
        np.concatenate((hot[0], cold[0])),
        np.concatenate((hot[1], cold[1])),
        np.concatenate((-hot[2], cold[2])),
    )
    if temperature_C.size == 0:
        return ProblemTable(temperature_C, demand_kW, 0.0, 0.0, np.empty(0))
    lowest = int(np.argmin(demand_kW + rest_kW))
    cascade_kW = (demand_kW - demand_kW[lowest]) + (rest_kW - rest_kW[lowest])
    cascade_kW[cascade_kW <= ZERO_SHARE_OF_DUTY * (hot[2].sum() + cold[2].sum())] = 0.0
    is_threshold = cascade_kW[0] == 0.0 or cascade_kW[-1] == 0.0
    return ProblemTable(
        temperature_C,
        cascade_kW,
        hot_utility_kW=float(cascade_kW[-1]),
        cold_utility_kW=float(cascade_kW[0]),
        pinch_C=np.empty(0) if is_threshold else _pinch_kernel(temperature_C, cascade_kW),
    )


def _side(
    arguments: Arguments,
    names: tuple[str, str, str],
    low_C: npt.ArrayLike,
    high_C: npt.ArrayLike,
    heat_kW: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Validate the streams of one side."""
    low = arguments.vector(names[0], low_C)
    high = arguments.vector(names[1], high_C)
    heat = arguments.vector(names[2], heat_kW, at_least=0.0)
    arguments.same_length(*names)
    arguments.not_above(names[0], names[1])
    return low, high, heat


@kernel
def _pinch_kernel(temperature_C: FloatArray, cascade_kW: FloatArray) -> FloatArray:
    """Return the ends of every run of zeros of the cascade, without the ends of the table."""
    last = cascade_kW.size - 1
    pinch_C = np.empty(cascade_kW.size)
    n_pinches = 0
    for point in range(1, last):
        if cascade_kW[point] != 0.0:
            continue
        inside_a_run = cascade_kW[point - 1] == 0.0 and cascade_kW[point + 1] == 0.0
        repeated = n_pinches > 0 and pinch_C[n_pinches - 1] == temperature_C[point]
        if not (inside_a_run or repeated):
            pinch_C[n_pinches] = temperature_C[point]
            n_pinches += 1
    return pinch_C[:n_pinches]
