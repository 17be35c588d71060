"""Figures of model B: the profile of heat demand and waste heat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from milpcore.plots.sizing_look import hour_ticks, time_label
from milpcore.plots.style import (
    FAINT,
    HOT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    heat_label,
    legend_below,
    new_figure,
)
from milpcore.scales import Kind, Scale, scale_for
from milpcore.sizing.profile import Floats, HeatProfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_MOST_STEPS = 1000
"""Longer profiles are drawn by days: their means, and the range from lowest to highest."""
_HOURS_PER_DAY = 24.0


def draw_profile(profile: HeatProfile, *, title: str = "Heat demand and waste heat") -> Figure:
    """Draw demand and waste heat over time, and their duration curves.

    Parameters
    ----------
    profile : HeatProfile
        The profile.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Above: both over time, constant over each step (h); of more than 1000 steps the daily means
        and the ranges within the days (d). Below: the hours in which they are at least as large as
        a value, with the mean demand.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    columns = (
        ("waste heat", profile.waste_heat_kW, PUMP),
        ("heat demand", profile.heat_demand_kW, HOT),
    )
    scale = scale_for(Kind.HEAT, [float(value.max()) for _, value, _ in columns])
    by_days = profile.n_steps > _MOST_STEPS and profile.horizon_h > 2.0 * _HOURS_PER_DAY
    figure = new_figure(height_in=7.2)
    over_time, duration = figure.subplots(2, 1, height_ratios=(3, 2))
    for name, value_kW, colour in columns:
        width = 1.4 if name == "heat demand" else 2.6
        alpha = 1.0 if name == "heat demand" else 0.55
        if by_days:
            label = f"{name}: mean of the day, range within"
            line = _daily_ranges(over_time, profile, value_kW / scale.factor, colour)
            line.set(linewidth=width, alpha=alpha, label=label)
        else:
            edges = np.append(profile.time_h, profile.time_h[-1] + profile.step_h)
            over_time.stairs(
                value_kW / scale.factor,
                edges,
                baseline=None,
                color=colour,
                lw=width,
                alpha=alpha,
                label=name,
            )
        falling = np.sort(value_kW)[::-1] / scale.factor
        edges = profile.step_h * np.arange(value_kW.size + 1)
        duration.stairs(falling, edges, baseline=None, color=colour, lw=1.5 * width, alpha=alpha)
    mean_kW = float(profile.heat_demand_kW.mean())
    label = f"mean demand, {heat_label(mean_kW, scale)} {scale.unit}"
    for axes in (over_time, duration):
        axes.axhline(mean_kW / scale.factor, color=FAINT, lw=1.0, ls="--", zorder=1, label=label)
        axes.set_ylim(bottom=0.0)
        label = ""
    x = time_label(profile, "d" if by_days else "h")
    dress(over_time, title=title, x=x, y=f"heat, {scale.unit}")
    dress(duration, title="Duration curves", x="time at or above, h", y=f"heat, {scale.unit}")
    first_h, last_h = profile.start_h, profile.start_h + profile.horizon_h
    if by_days:
        over_time.set_xlim(first_h / _HOURS_PER_DAY, last_h / _HOURS_PER_DAY)
    else:
        over_time.set_xlim(first_h, last_h)
        hour_ticks(over_time, first_h, last_h)
    duration.set_xlim(0.0, profile.horizon_h)
    hour_ticks(duration, 0.0, profile.horizon_h)
    _note_peak(duration, profile, scale)
    legend_below(figure, n_columns=3)
    return figure


def _daily_ranges(axes: Axes, profile: HeatProfile, value: Floats, colour: str) -> Line2D:
    """Draw the mean of each day as a line and the range within it as a band."""
    day = np.floor(profile.time_h / _HOURS_PER_DAY + 1e-9)
    firsts = np.flatnonzero(np.diff(day, prepend=day[0] - 1.0))
    counts = np.diff(firsts, append=day.size)
    mean = np.add.reduceat(value, firsts) / counts
    lowest, highest = np.minimum.reduceat(value, firsts), np.maximum.reduceat(value, firsts)
    middle = day[firsts] + 0.5
    axes.fill_between(middle, lowest, highest, color=colour, alpha=0.18, lw=0.0)
    (line,) = axes.plot(middle, mean, color=colour)
    return line


def _note_peak(axes: Axes, profile: HeatProfile, scale: Scale) -> None:
    """Write the largest demand beside the curve."""
    peak_kW = float(profile.heat_demand_kW.max())
    axes.annotate(
        f"peak demand {heat_label(peak_kW, scale)} {scale.unit}",
        xy=(0.0, peak_kW / scale.factor),
        xytext=(14, 0),
        textcoords="offset points",
        va="top",
        color=INK,
        fontsize=TEXT_SIZE,
    )
