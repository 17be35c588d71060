r"""Coefficients of performance and the possible heat pumps between levels.

A heat pump takes heat at level :math:`i` and gives it off at the higher level :math:`j`. Its
working fluid evaporates :math:`\delta_{source}` below the one and condenses :math:`\delta_{sink}`
above the other, and it reaches a constant fraction :math:`\eta` of the Carnot efficiency between
these two temperatures (kelvin):

.. math::

    COP_{ij} = \eta \frac{T_j + \delta_{sink}}
                        {(T_j + \delta_{sink}) - (T_i - \delta_{source})}

COP is heat at the sink over electricity. Lift and sink limits refer to the levels themselves.

References
----------
Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems with
Heat Pumps using MILP, Systems and Control Transactions.

I. C. Kemp, Pinch Analysis and Process Integration, 2nd edition, Butterworth-Heinemann, 2007.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, FloatArray, IntArray
from preprocess.jit import kernel

ZERO_CELSIUS_K = 273.15
LIMIT_TOLERANCE_K = 1e-9


class HeatPumpPairs(NamedTuple):
    """The possible heat pumps, rising by source, then sink.

    Attributes
    ----------
    source, sink : ndarray of int64, shape (K,)
        Level that heat is taken from and the higher level that it is delivered to.
    cop : ndarray, shape (K,)
        Heat at the sink over electricity, above 1.
    """

    source: IntArray
    sink: IntArray
    cop: FloatArray


def carnot_cop(
    source_C: npt.ArrayLike,
    sink_C: npt.ArrayLike,
    efficiency: npt.ArrayLike,
    dt_source_K: npt.ArrayLike,
    dt_sink_K: npt.ArrayLike,
) -> FloatArray:
    """Return the COP as a constant fraction of Carnot's; the arguments broadcast.

    Parameters
    ----------
    source_C, sink_C : array_like
        Temperature of the level that heat is taken from and of the one it is delivered to. °C.
    efficiency : array_like
        Fraction of the Carnot efficiency, above 0 up to 1.
    dt_source_K, dt_sink_K : array_like
        Evaporation below the source, condensation above the sink, not negative. K.

    Returns
    -------
    ndarray of the broadcast shape
        Heat at the sink over electricity. NaN where no COP exists: condensation not above
        evaporation, or evaporation at or below absolute zero. A value of 1 or less means that a
        heat pump is no better than an electric heater.

    Raises
    ------
    ValueError
        Values that are not finite, an efficiency outside 0 to 1, a negative temperature difference
        or shapes that do not broadcast; the message lists everything.

    Examples
    --------
    The lift from 25 to 105 °C with half the Carnot efficiency and 5 K at either side:

    >>> print(f"{carnot_cop(25, 105, 0.5, 5, 5):.2f}")
    2.13
    >>> carnot_cop(25, [25, 60, 105], 0.5, 5, 5).round(2).tolist()
    [15.16, 3.76, 2.13]
    """
    arguments = Arguments("carnot_cop")
    given = (
        arguments.numbers("source_C", source_C),
        arguments.numbers("sink_C", sink_C),
        arguments.numbers("efficiency", efficiency, above=0.0, at_most=1.0),
        arguments.numbers("dt_source_K", dt_source_K, at_least=0.0),
        arguments.numbers("dt_sink_K", dt_sink_K, at_least=0.0),
    )
    shape: tuple[int, ...] = ()
    try:
        shape = np.broadcast_shapes(*(array.shape for array in given))
    except ValueError:
        arguments.fault(f"shapes {[array.shape for array in given]} do not broadcast")
    arguments.raise_if_any()
    flat = [np.broadcast_to(array, shape).reshape(-1).copy() for array in given]
    return _cop_kernel(*flat).reshape(shape)


def heat_pump_pairs(
    level_C: npt.ArrayLike,
    *,
    carnot_efficiency: float,
    dt_source_K: float,
    dt_sink_K: float,
    max_lift_K: float,
    max_sink_C: float,
) -> HeatPumpPairs:
    """List every heat pump between two levels within lift and sink limits, with its COP.

    Parameters
    ----------
    level_C : array_like, shape (L,)
        Levels, rising strictly. °C.
    carnot_efficiency : float
        Fraction of the Carnot efficiency, above 0 up to 1.
    dt_source_K, dt_sink_K : float
        Evaporation below the source level, condensation above the sink level, not negative. K.
    max_lift_K : float
        Largest temperature difference between the two levels, not negative, may be infinite. K.
    max_sink_C : float
        Highest sink level, may be infinite. °C.

    Returns
    -------
    HeatPumpPairs
        Source and sink level and COP of each pair. Dropped are pairs with a COP of 1 or less and
        those that would evaporate at or below absolute zero. Limits hold within 1e-9 K.

    Raises
    ------
    ValueError
        Levels that do not rise or are not finite, an efficiency outside 0 to 1, negative
        temperature differences; the message lists everything.

    Examples
    --------
    >>> pairs = heat_pump_pairs(
    ...     [25, 80, 143], carnot_efficiency=0.65, dt_source_K=10, dt_sink_K=10,
    ...     max_lift_K=60, max_sink_C=200,
    ... )
    >>> pairs.source.tolist(), pairs.sink.tolist(), pairs.cop.round(3).tolist()
    ([0], [1], [3.147])
    """
    arguments = Arguments("heat_pump_pairs")
    levels_C = arguments.vector("level_C", level_C)
    arguments.rising("level_C")
    efficiency = arguments.number("carnot_efficiency", carnot_efficiency, above=0.0, at_most=1.0)
    below_source_K = arguments.number("dt_source_K", dt_source_K, at_least=0.0)
    above_sink_K = arguments.number("dt_sink_K", dt_sink_K, at_least=0.0)
    lift_K = arguments.number("max_lift_K", max_lift_K, at_least=0.0, may_be_infinite=True)
    highest_C = arguments.number("max_sink_C", max_sink_C, may_be_infinite=True)
    arguments.raise_if_any()
    return HeatPumpPairs(
        *_pairs_kernel(
            levels_C,
            efficiency,
            below_source_K,
            above_sink_K,
            lift_K + LIMIT_TOLERANCE_K,
            highest_C + LIMIT_TOLERANCE_K,
        )
    )


@kernel
def _one_cop_kernel(
    source_C: float, sink_C: float, efficiency: float, dt_source_K: float, dt_sink_K: float
) -> float:
    """Return the COP of one heat pump, NaN where none exists."""
    evaporation_K = source_C + ZERO_CELSIUS_K - dt_source_K
    condensation_K = sink_C + ZERO_CELSIUS_K + dt_sink_K
    if evaporation_K <= 0.0 or condensation_K <= evaporation_K:
        return np.nan
    return efficiency * condensation_K / (condensation_K - evaporation_K)


@kernel
def _cop_kernel(
    source_C: FloatArray,
    sink_C: FloatArray,
    efficiency: FloatArray,
    dt_source_K: FloatArray,
    dt_sink_K: FloatArray,
) -> FloatArray:
    """Return the COP of every entry of vectors of one length."""
    cop = np.empty(source_C.size)
    for entry in range(source_C.size):
        cop[entry] = _one_cop_kernel(
            source_C[entry], sink_C[entry], efficiency[entry], dt_source_K[entry], dt_sink_K[entry]
        )
    return cop


@kernel
def _pairs_kernel(
    level_C: FloatArray,
    efficiency: float,
    dt_source_K: float,
    dt_sink_K: float,
    max_lift_K: float,
    max_sink_C: float,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Count the pairs within the limits, then write those with a COP above 1."""
    n_levels = level_C.size
    n_within = 0
    for i in range(n_levels):
        for j in range(i + 1, n_levels):
            if level_C[j] - level_C[i] > max_lift_K or level_C[j] > max_sink_C:
                break
            n_within += 1
    source = np.empty(n_within, dtype=np.int64)
    sink = np.empty(n_within, dtype=np.int64)
    cop = np.empty(n_within)
    n_pairs = 0
    for i in range(n_levels):
        for j in range(i + 1, n_levels):
            if level_C[j] - level_C[i] > max_lift_K or level_C[j] > max_sink_C:
                break
            pair_cop = _one_cop_kernel(level_C[i], level_C[j], efficiency, dt_source_K, dt_sink_K)
            if pair_cop > 1.0:  # also drops NaN
                source[n_pairs] = i
                sink[n_pairs] = j
                cop[n_pairs] = pair_cop
                n_pairs += 1
    return source[:n_pairs], sink[:n_pairs], cop[:n_pairs]
