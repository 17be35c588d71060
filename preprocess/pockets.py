r"""What remains of a heat cascade when every pocket of it is closed.

A feasible heat cascade :math:`R(T)` (see `preprocess.composite_curves`) is the heat that passes
:math:`T` on its way down when all heat is bought above the highest temperature and all heat is
removed below the lowest one. Utilities may do better: heat may be bought lower and removed higher.
Let :math:`u(T)` be the heat bought below :math:`T` and :math:`w(T)` the heat removed above
:math:`T`. Heat still falls everywhere exactly if

.. math:: R(T) - u(T) - w(T) \ge 0 \quad \forall T. \tag{1}

The largest :math:`u` that rises, and the largest :math:`w` that falls, with temperature are

.. math:: u(T) = \min_{T' \ge T} R(T'), \qquad w(T) = \min_{T' \le T} R(T'). \tag{2}

The parts of :math:`R` that lie above :math:`u` or :math:`w` are the *pockets*: there the process
heats itself. Where :math:`u` rises the process is a **sink** of heat, where :math:`w` falls it is a
**source**. Both hold (1) together: :math:`R` is zero somewhere, :math:`u` is zero below its
highest zero and :math:`w` above its lowest one, so that at most one of them is not zero at any
temperature. The sum of all sinks is :math:`u` at the top, :math:`R` there, the minimum hot utility;
the sum of all sources is the minimum cold utility.

References
----------
V. R. Dhole, B. Linnhoff (1993), Total site targets for fuel, co-generation, emissions, and cooling,
Computers & Chemical Engineering 17, S101-S109, doi:10.1016/0098-1354(93)80214-8.

J. Klemeš, V. R. Dhole, K. Raissi, S. J. Perry, L. Puigjaner (1997), Targeting and design
methodology for reduction of fuel, power and CO2 on total sites, Applied Thermal Engineering
17(8-10), 993-1003, doi:10.1016/S1359-4311(96)00087-7.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, FloatArray

SAME_LINE_SHARE = 1e-10
"""Points that lie off a straight line by no more than that share of the scale are on it."""


class Segments(NamedTuple):
    """Straight parts of a curve of heat over temperature, rising in temperature.

    Attributes
    ----------
    low_C, high_C : ndarray, shape (G,)
        Ends of each part, equal where the heat comes at one temperature. °C.
    heat_kW : ndarray, shape (G,)
        Heat of each part, positive. kW.
    """

    low_C: FloatArray
    high_C: FloatArray
    heat_kW: FloatArray


def closed_pockets(
    temperature_C: npt.ArrayLike, cascade_kW: npt.ArrayLike, *, scale_kW: float | None = None
) -> tuple[Segments, Segments]:
    """Close the pockets of a grand composite curve and return its net sinks and net sources.

    Neighbouring parts on one straight line are one part, so that points where the slope does not
    change leave no trace.

    Parameters
    ----------
    temperature_C : array_like, shape (T,)
        Temperatures, not falling; twice where the curve jumps. °C.
    cascade_kW : array_like, shape (T,)
        Heat that passes each of them downwards, not negative, somewhere zero. kW.
    scale_kW : float, optional
        Heat that rounding is measured by, such as the duty of all streams; the largest value of
        the cascade if not given. Parts up to 1e-10 of it are left out. kW.

    Returns
    -------
    sinks, sources : Segments
        Where heat is to be bought, and where it is to be removed.

    Raises
    ------
    ValueError
        Vectors of different length, values that are not finite, or a negative cascade; the message
        lists everything.

    References
    ----------
    Dhole and Linnhoff (1993), doi:10.1016/0098-1354(93)80214-8.

    Examples
    --------
    Above the pinch at 80 °C a pocket lies between 100 and 120 °C:

    >>> sinks, sources = closed_pockets([60, 80, 100, 110, 140], [30, 0, 50, 20, 80])
    >>> [array.tolist() for array in sinks]
    [[80.0, 110.0], [88.0, 140.0], [20.0, 60.0]]
    >>> [array.tolist() for array in sources]
    [[60.0], [80.0], [30.0]]
    """
    arguments = Arguments("closed_pockets")
    at_C = arguments.vector("temperature_C", temperature_C)
    passing_kW = arguments.vector("cascade_kW", cascade_kW, at_least=0.0)
    arguments.same_length("temperature_C", "cascade_kW")
    arguments.raise_if_any()
    if scale_kW is None:
        scale_kW = float(passing_kW.max(initial=0.0))
    sinks = _rising_parts(at_C, passing_kW, SAME_LINE_SHARE * scale_kW)
    mirrored = _rising_parts(-at_C[::-1], passing_kW[::-1], SAME_LINE_SHARE * scale_kW)
    sources = Segments(-mirrored.high_C[::-1], -mirrored.low_C[::-1], mirrored.heat_kW[::-1])
    return sinks, sources


def _rising_parts(at_C: FloatArray, passing_kW: FloatArray, tolerance_kW: float) -> Segments:
    """Straight parts of ``u``, the largest rising curve that is nowhere above the cascade."""
    if at_C.size < 2:
        return Segments(np.empty(0), np.empty(0), np.empty(0))
    bought_kW = np.minimum.accumulate(passing_kW[::-1])[::-1]  # (2)
    rise_kW = np.diff(bought_kW)
    part = np.flatnonzero(rise_kW > 0.0)  # there the cascade itself starts at bought_kW
    whole_kW = np.diff(passing_kW)[part]
    width_K = np.diff(at_C)[part]
    is_whole = bought_kW[part + 1] == passing_kW[part + 1]
    low_C = at_C[part] + 0.0
    high_C = np.where(is_whole, at_C[part + 1], low_C + rise_kW[part] / whole_kW * width_K) + 0.0
    return _joined(low_C, high_C, rise_kW[part], tolerance_kW)


def _joined(
    low_C: FloatArray, high_C: FloatArray, heat_kW: FloatArray, tolerance_kW: float
) -> Segments:
    """Join neighbours on one straight line; leave out what is within the tolerance."""
    runs: list[tuple[int, int]] = []
    for part in range(low_C.size):
        if runs and _is_line(low_C, high_C, heat_kW, runs[-1][0], part + 1, tolerance_kW):
            runs[-1] = (runs[-1][0], part + 1)
        else:
            runs.append((part, part + 1))
    sums_kW = [float(heat_kW[first:beyond].sum()) for first, beyond in runs]
    kept = [run for run, sum_kW in zip(runs, sums_kW, strict=True) if sum_kW > tolerance_kW]
    return Segments(
        np.array([low_C[first] for first, _ in kept], dtype=np.float64),
        np.array([high_C[beyond - 1] for _, beyond in kept], dtype=np.float64),
        np.array([sum_kW for sum_kW in sums_kW if sum_kW > tolerance_kW], dtype=np.float64),
    )


def _is_line(
    low_C: FloatArray,
    high_C: FloatArray,
    heat_kW: FloatArray,
    first: int,
    beyond: int,
    tolerance_kW: float,
) -> bool:
    """Whether parts follow each other without a step and all their ends lie on one line."""
    if high_C[beyond - 2] != low_C[beyond - 1] or np.any(
        high_C[first:beyond] == low_C[first:beyond]
    ):
        return False
    cumulated_kW = np.cumsum(heat_kW[first:beyond])
    share = (high_C[first:beyond] - low_C[first]) / (high_C[beyond - 1] - low_C[first])
    return bool(np.all(np.abs(cumulated_kW - share * cumulated_kW[-1]) <= tolerance_kW))
