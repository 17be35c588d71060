r"""What a new heat pump costs by its size: segments of the curve through given points.

Between the points ``(a_0, I_0), ..., (a_n, I_n)`` the investment is linear; a heat pump has one of
these sizes or is not built. Each segment ``n`` is an offer of its own
(`milpcore.site.option_terms`): heat from ``a_n`` to ``a_{n+1}`` at ``F_n + s_n q``, with its slope
``s_n`` and ``F_n = I_n - s_n a_n``. A heat pump has one of them. With a binary for each, rows (21)
and (22), and the sum of the binaries at most one, the relaxation of a heat pump is the convex hull
of its curve and of not being there: no tighter one exists. Where slopes rise and the curve starts
at zero (convex), segments are filled one after the other without any binary, unless heat pumps are
counted or have a least size.

The investment must not fall with the size: then a heat pump that delivers less never costs more, as
`milpcore.site.limits` needs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics import SiteEconomics
from milpcore.faults import FaultList
from milpcore.site_options import HeatPumpOptions

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
SAME_SLOPE = 1e-12
"""Slopes closer than this share are the same."""
WITHIN = 1e-7
"""Share by which a size may lie outside its segment, after rounding."""


class Segment(NamedTuple):
    """A part of the curve.

    Attributes
    ----------
    least_kW, most_kW : float
        Sizes; widths where segments are filled one after the other.
    fixed_EUR, EUR_per_kW : float
        Investment in a heat pump of that part.
    is_alternative : bool
        Whether a heat pump has at most one of the segments.
    """

    least_kW: float
    most_kW: float
    fixed_EUR: float
    EUR_per_kW: float
    is_alternative: bool


def pump_segments(options: HeatPumpOptions, economics: SiteEconomics) -> list[Segment]:
    """List the segments of the investment in a new heat pump.

    Parameters
    ----------
    options : HeatPumpOptions
        With points, or a price per kW in `economics` and a fixed part.
    economics : SiteEconomics
        Its price per kW.

    Returns
    -------
    list of Segment

    Raises
    ------
    InputError
        If no size is left between the limits.

    Examples
    --------
    >>> from milpcore.site_options import InvestmentPoint
    >>> sizes = ((100.0, 1e5), (500.0, 3e5), (900.0, 4e5))
    >>> points = tuple(InvestmentPoint(heat_kW=one, investment_EUR=two) for one, two in sizes)
    >>> pumps = HeatPumpOptions(investment_points=points)
    >>> [(one.fixed_EUR, one.EUR_per_kW) for one in pump_segments(pumps, SiteEconomics())]
    [(50000.0, 500.0), (175000.0, 250.0)]
    """
    points = options.investment_points
    least_kW, most_kW = options.min_size_kW, options.max_size_kW
    if not points:
        price = economics.heat_pump_investment_EUR_per_kW
        return [Segment(least_kW, most_kW, options.fixed_investment_EUR, price, False)]
    at_kW = np.array([one.heat_kW for one in points])
    cost_EUR = np.array([one.investment_EUR for one in points])
    slope = np.diff(cost_EUR) / np.diff(at_kW)
    bends = np.flatnonzero(np.abs(np.diff(slope)) > SAME_SLOPE * slope.max()) + 1
    first, last = np.append(0, bends), np.append(bends, slope.size)
    from_zero = at_kW[0] == 0.0 and cost_EUR[0] == 0.0
    is_convex = from_zero and bool(np.all(np.diff(slope[first]) > 0.0))
    fills = is_convex and options.max_number is None and least_kW <= 0.0
    segments: list[Segment] = []
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        low, high = max(float(at_kW[start]), least_kW), min(float(at_kW[end]), most_kW)
        if high < low or (high == low and segments):
            continue
        price = float(slope[start])
        if fills:
            segments.append(Segment(0.0, high - low, 0.0, price, False))
        else:
            fixed = float(cost_EUR[start] - price * at_kW[start])
            segments.append(Segment(low, high, fixed, price, True))
    if not segments:
        faults = FaultList()
        rule = f"leaves no size between {least_kW:g} and {most_kW:g} kW"
        faults.add("", "investment_points", None, rule, "change sizes or points")
        faults.raise_if_any("heat pump options")
    return segments


def distributed(heat: float, of: Segment | None, segments: list[Segment]) -> Floats:
    """Spread the heat of a heat pump over its segments, at least cost.

    Parameters
    ----------
    heat : float
        In the unit of the segments' sizes.
    of : Segment or None
        Segment it came from, kept where none fits.
    segments : list of Segment

    Returns
    -------
    ndarray (N,)

    Examples
    --------
    >>> halves = [Segment(0.0, 2.0, 0.0, 1.0, False), Segment(0.0, 2.0, 0.0, 3.0, False)]
    >>> distributed(3.0, None, halves)
    array([2., 1.])
    """
    parts = np.zeros(len(segments))
    if not segments[0].is_alternative:
        for place in sorted(range(len(segments)), key=lambda one: segments[one].EUR_per_kW):
            parts[place] = min(heat, segments[place].most_kW)
            heat -= parts[place]
        parts[-1] += max(0.0, heat)  # rounding
        return parts
    fits = [
        place
        for place, one in enumerate(segments)
        if one.least_kW * (1.0 - WITHIN) <= heat <= one.most_kW * (1.0 + WITHIN)
    ]
    if not fits:
        fits = [segments.index(of)] if of is not None else [len(segments) - 1]
    costs = [segments[one].fixed_EUR + segments[one].EUR_per_kW * heat for one in fits]
    parts[fits[int(np.argmin(costs))]] = heat
    return parts
