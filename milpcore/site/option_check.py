r"""The part of the independent check that options add, from tables and `SiteOptions` alone.

8. a heat pump row holds one that is there already, up to its size, and a new one for the rest:
   ``new = 0`` if ``Q_sink <= size``, else ``max(Q_sink - size, least size)``; new ones are within
   their sizes, allowed, and not more than their largest number; ``investment = f new + fixed (new
   > 0)``, or on the line through the two points around where points are given
9. external heat and cooling cost what the step of their level says, and limits are kept
10. every level lies where it may, forced ones are there, and each costs its investment
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site.check_parts import TABLE_TOLERANCE, TEMPERATURE_TOLERANCE_K, carnot_cop
from milpcore.site.option_types import rows_of_types
from milpcore.site.violations import Report
from milpcore.site_options import (
    CopPoint,
    ExternalHeatOptions,
    LimitOptions,
    PriceOptions,
    SiteOptions,
)

Floats = npt.NDArray[np.float64]
SIZE_TOLERANCE = 1e-6
"""Relative tolerance of sizes: they limit heat flows, which balance within as much."""
SAME_K = 2e-6
"""Temperatures closer than this are the same."""


def new_heat_kW(pumps: pd.DataFrame, options: SiteOptions) -> Floats:
    """Sink heat of the new heat pump of each row (P,), 0 where what is there is enough."""
    heat_kW = pumps["heat_kW"].to_numpy(dtype=np.float64)
    present_kW = np.zeros(len(pumps))
    for one in options.heat_pumps.existing:
        present_kW[rows_at(pumps, one.source_C, one.sink_C)] += one.size_kW
    rest_kW = heat_kW - present_kW
    is_new = rest_kW > SIZE_TOLERANCE * present_kW
    return np.where(is_new, np.maximum(rest_kW, size_range_kW(options)[0]), 0.0)


def size_range_kW(options: SiteOptions) -> tuple[float, float]:
    """Least and largest size of a new heat pump."""
    pumps = options.heat_pumps
    sizes_kW = [one.heat_kW for one in pumps.investment_points] or [0.0, np.inf]
    return max(pumps.min_size_kW, sizes_kW[0]), min(pumps.max_size_kW, sizes_kW[-1])


def curve_EUR(new_kW: Floats, options: SiteOptions) -> Floats:
    """Investment by size on the line through the two points around; 0 where nothing is built."""
    points = options.heat_pumps.investment_points
    investment_EUR = np.zeros(len(new_kW))
    for row in np.flatnonzero(new_kW > 0.0):
        above = next((n for n, one in enumerate(points) if one.heat_kW >= new_kW[row]), len(points))
        high = min(max(above, 1), len(points) - 1)
        one, other = points[high - 1], points[high]
        share = (new_kW[row] - one.heat_kW) / (other.heat_kW - one.heat_kW)
        investment_EUR[row] = one.investment_EUR * (1.0 - share) + other.investment_EUR * share
    return investment_EUR


def investment_EUR_of(
    pumps: pd.DataFrame, economics: SiteEconomics, options: SiteOptions
) -> Floats:
    """Investment in the new heat pump of each row (P,), by its size."""
    new_kW = new_heat_kW(pumps, options)
    if options.heat_pumps.investment_points:
        return curve_EUR(new_kW, options)
    fixed_EUR = options.heat_pumps.fixed_investment_EUR * (new_kW > 0.0)
    return np.asarray(economics.heat_pump_investment_EUR_per_kW * new_kW + fixed_EUR)


def check_offers(
    report: Report,
    where: list[str],
    pumps: pd.DataFrame,
    economics: SiteEconomics,
    options: SiteOptions,
) -> Floats:
    """Rules 4 and 8 of each row: lift, sink, COP, size and investment; return its COP (P,)."""
    sink_C, slack_K = pumps["sink_C"].to_numpy(), TEMPERATURE_TOLERANCE_K
    lift_K = sink_C - pumps["source_C"].to_numpy()
    new_kW = new_heat_kW(pumps, options)
    _check_new_pumps(report, where, pumps, new_kW, options)
    new = np.flatnonzero(new_kW > 0.0)
    where_new = [where[row] for row in new]
    report.at_most("lift, K", where_new, lift_K[new], economics.max_lift_K, slack_K)
    report.at_most("sink_C", where_new, sink_C[new], economics.max_sink_C, slack_K)
    has_table = bool(options.heat_pumps.cop_table)
    cop = table_cop(pumps, options) if has_table else carnot_cop(pumps, economics)
    report.near("cop", where, pumps["cop"], cop, TABLE_TOLERANCE * np.abs(cop))
    investment_EUR = investment_EUR_of(pumps, economics, options)
    margin_EUR = TABLE_TOLERANCE * investment_EUR
    report.near("investment_EUR", where, pumps["investment_EUR"], investment_EUR, margin_EUR)
    return cop


def _check_new_pumps(
    report: Report, where: list[str], pumps: pd.DataFrame, new_kW: Floats, options: SiteOptions
) -> None:
    """Rule 8: sizes, number and pairs of new heat pumps."""
    limits, is_new = options.heat_pumps, new_kW > 0.0
    smallest_kW, largest_kW = size_range_kW(options)
    heat_kW = pumps["heat_kW"].to_numpy(dtype=np.float64)
    least_kW = np.where(is_new, smallest_kW, 0.0) * (1.0 - SIZE_TOLERANCE)
    for row in np.flatnonzero(heat_kW < least_kW):
        expected = f"at least {smallest_kW:.12g}"
        report.add("size of a new heat pump, kW", where[row], heat_kW[row], expected)
    for row in np.flatnonzero(new_kW > largest_kW * (1.0 + SIZE_TOLERANCE)):
        expected = f"at most {largest_kW:.12g}"
        report.add("size of a new heat pump, kW", where[row], new_kW[row], expected)
    source_C, sink_C = (pumps[end].to_numpy(dtype=np.float64) for end in ("source_C", "sink_C"))
    for one in limits.forbidden:
        is_inside = (source_C >= one.source_from_C - SAME_K) & (
            source_C <= one.source_to_C + SAME_K
        )
        is_inside &= (sink_C >= one.sink_from_C - SAME_K) & (sink_C <= one.sink_to_C + SAME_K)
        for row in np.flatnonzero(is_inside & is_new):
            report.add("new heat pump", where[row], "forbidden", "an allowed pair of levels")


def check_number(
    report: Report, pumps: pd.DataFrame, economics: SiteEconomics, options: SiteOptions
) -> None:
    """Rule 8: number of new heat pumps of all types, that each is of one, and forced ones."""
    for one in options.heat_pumps.forced:
        heat_kW = float(pumps["heat_kW"].to_numpy()[rows_at(pumps, one.source_C, one.sink_C)].sum())
        if heat_kW < one.heat_kW * (1.0 - SIZE_TOLERANCE):
            where = f"{one.source_C:.12g} → {one.sink_C:.12g} °C"
            report.add("forced heat pump, kW", where, heat_kW, f"at least {one.heat_kW:.12g}")
    most = options.heat_pumps.max_number
    parts = list(rows_of_types(pumps, economics, options))
    if sum(len(rows) for rows, _, _ in parts) != len(pumps):
        report.add("type", "heat_pumps", pumps["type"].tolist(), "types that options name")
    if most is not None:
        n_new = sum(int((new_heat_kW(rows, own) > 0.0).sum()) for rows, _, own in parts)
        report.at_most("number of new heat pumps", ["heat_pumps"], n_new, most, 0.0)


def check_places(report: Report, levels: pd.DataFrame, options: SiteOptions) -> None:
    """Rule 10: forced and forbidden levels."""
    level_C = levels["temperature_C"].to_numpy(dtype=np.float64)
    for forced_C in options.levels.forced_C:
        if not np.any(np.abs(level_C - forced_C) <= SAME_K):
            report.add("forced level", f"{forced_C:.12g} °C", "missing", "an open level")
    for one in options.levels.forbidden:
        inside = (level_C > one.from_C + SAME_K) & (level_C < one.to_C - SAME_K)
        inside |= (one.to_C - one.from_C <= SAME_K) & (np.abs(level_C - one.from_C) <= SAME_K)
        for value_C in level_C[inside]:
            report.add("level", f"{value_C:.12g} °C", "forbidden", "an allowed temperature")


def prices_EUR_per_MWh(
    levels: pd.DataFrame, options: PriceOptions | ExternalHeatOptions, usual: float
) -> Floats:
    """Rule 9: price at each level (L,): that of the highest step not above it."""
    level_C = levels["temperature_C"].to_numpy(dtype=np.float64)
    price = np.full(len(levels), usual)
    for one in sorted(options.prices, key=lambda step: step.from_C):
        price[level_C >= one.from_C] = one.price_EUR_per_MWh
    return price


def table_cop(pumps: pd.DataFrame, options: SiteOptions) -> Floats:
    """Rule 4 with a table: COP of each row by interpolation along the sink, then the source."""
    points = options.heat_pumps.cop_table
    sources_C = sorted({one.source_C for one in points})
    cop = np.full(len(pumps), np.nan)
    for row, (source_C, sink_C) in enumerate(zip(pumps["source_C"], pumps["sink_C"], strict=True)):
        lower = max((one for one in sources_C if one <= source_C + SAME_K), default=np.nan)
        upper = min((one for one in sources_C if one >= source_C - SAME_K), default=np.nan)
        ends = [_along_sink(points, end, sink_C) for end in (lower, upper)]
        share = 0.0 if upper - lower <= SAME_K else (source_C - lower) / (upper - lower)
        cop[row] = ends[0] if share == 0.0 else (1.0 - share) * ends[0] + share * ends[1]
    return cop


def _along_sink(points: tuple[CopPoint, ...], source_C: float, sink_C: float) -> float:
    """COP at a source of the table, NaN where the sink lies outside or beside a gap."""
    sinks_C = sorted({one.sink_C for one in points})
    at = {one.sink_C: one.cop for one in points if one.source_C == source_C}
    lower = max((one for one in sinks_C if one <= sink_C + SAME_K), default=np.nan)
    upper = min((one for one in sinks_C if one >= sink_C - SAME_K), default=np.nan)
    ends = at.get(lower, np.nan), at.get(upper, np.nan)
    if upper - lower <= SAME_K:
        return ends[0]
    share = (sink_C - lower) / (upper - lower)
    return (1.0 - share) * ends[0] + share * ends[1]


def check_limits(
    report: Report, external_kW: float, co2_t_per_a: float, limits: LimitOptions
) -> None:
    """Rule 9: limits of the whole site."""
    for what, found, most in (
        ("external heat, kW", external_kW, limits.external_heat_kW),
        ("emission, t/a", co2_t_per_a, limits.emission_t_per_a),
    ):
        report.at_most(what, ["whole site"], found, most * (1.0 + SIZE_TOLERANCE), 1e-9)


def rows_at(pumps: pd.DataFrame, source_C: float, sink_C: float) -> npt.NDArray[np.bool_]:
    """Rows of the heat pumps from one temperature to another (P,)."""
    near = np.abs(pumps["source_C"] - source_C) <= SAME_K
    near &= np.abs(pumps["sink_C"] - sink_C) <= SAME_K
    return np.asarray(near, dtype=np.bool_)
