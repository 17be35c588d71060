"""Heat pump offers between candidate levels, of one type of heat pumps: pairs, COP, segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics import SiteEconomics
from milpcore.faults import FaultList, Gathered
from milpcore.site.option_investment import Segment, pump_segments
from milpcore.site.option_types import PumpType
from milpcore.site_options import CopPoint, HeatPumpOptions
from preprocess.heat_pumps import LIMIT_TOLERANCE_K, HeatPumpPairs, carnot_cop, heat_pump_pairs

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
SAME_K = 1e-6
"""Temperatures closer than this are the same."""
ANY_SIZE = Segment(0.0, np.inf, 0.0, 0.0, False)
"""Stands for segments that are refused."""


class Offers(NamedTuple):
    """Heat pumps of one type.

    Attributes
    ----------
    pairs : HeatPumpPairs
        New ones for each segment of their investment; then existing ones.
    EUR_per_kW, fixed_EUR, least_kW, most_kW : ndarray (P,)
        Investment and sizes.
    is_new, is_alternative : ndarray of bool (P,)
        Whether it is new, and whether it excludes others of its group.
    group : ndarray of int (P,)
        The same for the segments of one heat pump.
    n_groups : int
    """

    pairs: HeatPumpPairs
    EUR_per_kW: Floats
    fixed_EUR: Floats
    least_kW: Floats
    most_kW: Floats
    is_new: Booleans
    is_alternative: Booleans
    group: Integers
    n_groups: int


def carnot_pairs(level_C: Floats, economics: SiteEconomics) -> HeatPumpPairs:
    """List the new heat pumps within the limits, with a share of Carnot's COP."""
    return heat_pump_pairs(
        level_C,
        carnot_efficiency=economics.carnot_efficiency,
        dt_source_K=economics.heat_pump_dt_source_K,
        dt_sink_K=economics.heat_pump_dt_sink_K,
        max_lift_K=economics.max_lift_K,
        max_sink_C=economics.max_sink_C,
    )


def offers_of(level_C: Floats, of: PumpType, faults: Gathered) -> Offers:
    """List the offers of one type between candidate levels (L,), rising.

    Notes existing heat pumps that can have no COP above 1, and that no size is left for new ones;
    what is listed then is good enough to look for other faults.
    """
    economics, pump = of.economics, of.pumps
    if pump.cop_table:
        pairs = _pairs_of_table(level_C, economics, pump.cop_table)
    else:
        pairs = carnot_pairs(level_C, economics)
    pairs = _without_forbidden(level_C, pairs, pump)
    present = _existing(level_C, economics, pump, faults)
    n_new, n_present = len(pairs.cop), len(present.cop)
    sizes_kW = [one.size_kW for one in pump.existing]
    segments = faults.of(lambda: pump_segments(pump, economics)) or [ANY_SIZE]

    def of_each(new: Sequence[float], existing: Sequence[float] | float) -> Floats:
        there = np.broadcast_to(np.asarray(existing, dtype=np.float64), (n_present,))
        return np.concatenate((np.repeat(np.asarray(new, dtype=np.float64), n_new), there))

    group = np.append(np.tile(np.arange(n_new), len(segments)), n_new + np.arange(n_present))
    columns = zip(
        (pairs.source, pairs.sink, pairs.cop),
        (present.source, present.sink, present.cop),
        strict=True,
    )
    return Offers(
        HeatPumpPairs(
            *(np.concatenate((np.tile(new, len(segments)), there)) for new, there in columns)
        ),
        EUR_per_kW=of_each([one.EUR_per_kW for one in segments], 0.0),
        fixed_EUR=of_each([one.fixed_EUR for one in segments], 0.0),
        least_kW=of_each([one.least_kW for one in segments], 0.0),
        most_kW=of_each([one.most_kW for one in segments], sizes_kW),
        is_new=np.arange(group.size) < n_new * len(segments),
        is_alternative=of_each([float(one.is_alternative) for one in segments], 0.0) > 0.0,
        group=group.astype(np.int64),
        n_groups=n_new + n_present,
    )


def table_cop(source_C: Floats, sink_C: Floats, points: Sequence[CopPoint]) -> Floats:
    """COP of heat pumps by bilinear interpolation in a table.

    Parameters
    ----------
    source_C, sink_C : ndarray (P,)
        Ends of each heat pump.
    points : sequence of CopPoint
        The table; its temperatures make a grid, of which points may be missing.

    Returns
    -------
    ndarray (P,)
        NaN where one of the four points around is missing.

    Examples
    --------
    >>> corners = ((20.0, 60.0, 4.0), (20.0, 80.0, 3.0), (40.0, 60.0, 8.0), (40.0, 80.0, 5.0))
    >>> table = [CopPoint(source_C=i, sink_C=j, cop=value) for i, j, value in corners]
    >>> table_cop(np.array([20.0, 30.0, 50.0]), np.array([70.0, 70.0, 70.0]), table)
    array([3.5, 5. , nan])
    """
    axes = [np.unique([getattr(one, end) for one in points]) for end in ("source_C", "sink_C")]
    grid = np.full((axes[0].size, axes[1].size), np.nan)
    for one in points:
        grid[np.searchsorted(axes[0], one.source_C), np.searchsorted(axes[1], one.sink_C)] = one.cop
    cop = np.zeros(source_C.shape)
    (rows, row_shares), (columns, column_shares) = (
        _around(axis, value_C) for axis, value_C in zip(axes, (source_C, sink_C), strict=True)
    )
    for row, row_share in zip(rows, row_shares, strict=True):
        for column, column_share in zip(columns, column_shares, strict=True):
            share = row_share * column_share
            cop += np.where(share != 0.0, share * grid[row, column], 0.0)
    return cop


def _around(axis_C: Floats, value_C: Floats) -> tuple[list[Integers], list[Floats]]:
    """Places below and above on an axis, and their shares; NaN outside."""
    below = np.clip(np.searchsorted(axis_C, value_C + SAME_K, side="right") - 1, 0, axis_C.size - 1)
    above = np.minimum(below + 1, axis_C.size - 1)
    width_K = axis_C[above] - axis_C[below]
    past_K, share = value_C - axis_C[below], np.zeros_like(value_C)
    np.divide(past_K, width_K, where=width_K > 0.0, out=share)
    share[np.abs(past_K) <= SAME_K] = 0.0
    share[(value_C < axis_C[0] - SAME_K) | (value_C > axis_C[-1] + SAME_K)] = np.nan
    return [below, above], [1.0 - share, share]


def _pairs_of_table(
    level_C: Floats, economics: SiteEconomics, points: Sequence[CopPoint]
) -> HeatPumpPairs:
    """List every heat pump within the limits that the table has a COP above 1 for."""
    source, sink = (index.astype(np.int64) for index in np.triu_indices(len(level_C), 1))
    source_C, sink_C = level_C[source], level_C[sink]
    cop = table_cop(source_C, sink_C, points)
    kept = (cop > 1.0) & (sink_C - source_C <= economics.max_lift_K + LIMIT_TOLERANCE_K)
    kept &= sink_C <= economics.max_sink_C + LIMIT_TOLERANCE_K
    return HeatPumpPairs(source[kept], sink[kept], cop[kept])


def _without_forbidden(
    level_C: Floats, pairs: HeatPumpPairs, options: HeatPumpOptions
) -> HeatPumpPairs:
    """Drop the new heat pumps that may not be built."""
    if options.max_number == 0:
        return HeatPumpPairs(pairs.source[:0], pairs.sink[:0], pairs.cop[:0])
    source_C, sink_C = level_C[pairs.source], level_C[pairs.sink]
    kept = np.ones(source_C.size, dtype=np.bool_)
    for one in options.forbidden:
        kept &= ~(
            (source_C >= one.source_from_C - SAME_K)
            & (source_C <= one.source_to_C + SAME_K)
            & (sink_C >= one.sink_from_C - SAME_K)
            & (sink_C <= one.sink_to_C + SAME_K)
        )
    return HeatPumpPairs(pairs.source[kept], pairs.sink[kept], pairs.cop[kept])


def _existing(
    level_C: Floats, economics: SiteEconomics, options: HeatPumpOptions, faults: Gathered
) -> HeatPumpPairs:
    """List the heat pumps that are there already; their ends are candidates."""
    source_C = np.array([one.source_C for one in options.existing], dtype=np.float64)
    sink_C = np.array([one.sink_C for one in options.existing], dtype=np.float64)
    cop = carnot_cop(
        source_C,
        sink_C,
        economics.carnot_efficiency,
        economics.heat_pump_dt_source_K,
        economics.heat_pump_dt_sink_K,
    )
    if options.cop_table:
        cop = table_cop(source_C, sink_C, options.cop_table)
    without = FaultList()
    for one in np.flatnonzero(~(cop > 1.0)):
        name = f"{source_C[one]:g} → {sink_C[one]:g} °C"
        without.add("", "existing", name, "has no COP above 1", "leave it out")
    faults.of(lambda: without.raise_if_any("heat pump options"))
    source, sink = (
        np.abs(level_C[None, :] - end_C[:, None]).argmin(axis=1).astype(np.int64)
        for end_C in (source_C, sink_C)
    )
    return HeatPumpPairs(source, sink, cop)
