"""Figure of one utility system: streams, levels, heat pumps, external heat and cooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.plots.style import (
    COLD,
    EXTERNAL_INK,
    FAINT,
    HOT,
    INK,
    LABEL_SIZE,
    PUMP,
    TEXT_SIZE,
    TITLE_SIZE,
    dress,
    heat_label,
    legend_below,
    measure_label,
    new_figure,
    spread,
)
from milpcore.scales import Kind, Scale, scale_for
from milpcore.site.results import SiteResult
from milpcore.targets import Curve, targets

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_MOST_HEAT = 0.9
"""Share of the streams' heat that lies below the knee of a compressed temperature axis."""
_SHARE_ABOVE_KNEE = 0.2
_LEVEL_LINE = "#B9B9B9"
_CELLS = (0.36, 0.70, 1.00)
"""Right ends of the three columns beside the figure."""
_ROW_GAP = 0.032
_MOST_LABELS = 14
"""Number of heat pumps above which their heat is left to the table."""


class _TemperatureAxis(NamedTuple):
    """Temperature axis that is drawn tighter above its knee; no knee when it is nan."""

    low_C: float
    high_C: float
    knee_C: float
    slope: float

    def forward(self, temperature_C: Floats) -> Floats:
        above = np.maximum(temperature_C - self.knee_C, 0.0)
        return np.minimum(temperature_C, self.knee_C) + self.slope * above

    def inverse(self, place: Floats) -> Floats:
        above = np.maximum(place - self.knee_C, 0.0)
        return np.minimum(place, self.knee_C) + above / self.slope

    def share(self, temperature_C: Floats) -> Floats:
        """Place on the axis, from 0 at the bottom to 1 at the top."""
        if not np.isfinite(self.knee_C):
            return (temperature_C - self.low_C) / (self.high_C - self.low_C)
        low, high = self.forward(np.array([self.low_C, self.high_C]))
        share: Floats = (self.forward(temperature_C) - low) / (high - low)
        return share


def levels_and_streams(result: SiteResult, *, name: str = "") -> Figure:
    """Draw the composite curves with the utility levels between them.

    Parameters
    ----------
    result : SiteResult
        A configuration with a design.
    name : str
        Name of the site, which leads the title.

    Returns
    -------
    Figure
        Temperature (°C) over heat: hot streams and what each level takes from them to the left,
        heat pumps in the middle, cold streams and what each level gives them to the right, and a
        row per level with external heat and cooling. Above the temperature below which most heat
        lies, the scale is compressed where that makes the rest readable.

    Raises
    ------
    ValueError
        Without a design there is nothing to draw.
    MissingExtraError
        Without Matplotlib.
    """
    if not result.has_design:
        raise ValueError(f"max_levels = {result.max_levels}: there is no design to draw")
    found, levels = targets(result.streams), result.levels
    hot_kW = levels["hot_streams_kW"].to_numpy(dtype=np.float64)
    cold_kW = levels["cold_streams_kW"].to_numpy(dtype=np.float64)
    level_C = levels["temperature_C"].to_numpy(dtype=np.float64)
    cold_curve = Curve(
        found.cold_composite.temperature_C, found.cold_composite.heat_kW - found.cold_utility_kW
    )
    axis = _temperature_axis(level_C, (found.hot_composite, cold_curve))
    scale = scale_for(Kind.HEAT, [hot_kW.sum(), cold_kW.sum()])
    figure = new_figure(height_in=6.8)
    n_pumps = len(result.heat_pumps)
    widths = (3.0, min(3.4, 0.9 + 0.3 * n_pumps), 3.0, 2.4)
    hot, pumps, cold, rows = figure.subplots(1, 4, sharey=True, width_ratios=widths)
    _side(hot, found.hot_composite, level_C, hot_kW, scale, name="hot streams", colour=HOT)
    _side(cold, cold_curve, level_C, cold_kW, scale, name="cold streams", colour=COLD)
    hot.invert_xaxis()
    _draw_pumps(pumps, result.heat_pumps)
    _draw_rows(rows, levels, axis)
    _dress_temperature(hot, axis)
    for axes in (hot, pumps, cold):
        for temperature_C in level_C:
            axes.axhline(temperature_C, color=_LEVEL_LINE, lw=0.9, zorder=1)
        axes.grid(visible=False)
    handles = [
        handle for axes in (hot, cold, pumps) for handle in axes.get_legend_handles_labels()[0]
    ]
    legend_below(figure, handles, n_columns=4)
    title = f"{name}: {_title(result)}" if name else _title(result)
    figure.suptitle(title, fontsize=TITLE_SIZE, x=0.01, ha="left", color=INK)
    return figure


def _title(result: SiteResult) -> str:
    row = result.summary.iloc[0]
    kind = Kind.EMISSION if row["unit"] == "t/a" else Kind.COST
    value = float(row["objective_value"])
    scale = scale_for(kind, [value])
    count = int(row["n_levels"])
    levels = "1 utility level" if count == 1 else f"{count} utility levels"
    measure = measure_label(str(row["objective"]))
    return f"{levels} (at most {result.max_levels}), {measure} {scale.text(value)} {scale.unit}"


def _temperature_axis(level_C: Floats, curves: tuple[Curve, Curve]) -> _TemperatureAxis:
    """Find the limits, and the knee above which little heat is spread over many kelvin."""
    every_C = np.unique(np.concatenate((level_C, *(curve.temperature_C for curve in curves))))
    low_C, high_C = float(every_C[0]), float(every_C[-1])
    margin_K = max(5.0, 0.03 * (high_C - low_C))
    limits = low_C - margin_K, high_C + margin_K
    below_kW = np.zeros(len(every_C))
    for temperature_C, heat_kW in curves:
        if heat_kW.size:
            below_kW += np.interp(every_C, temperature_C, heat_kW)
    knee_C = 50.0 * np.ceil(every_C[np.searchsorted(below_kW, _MOST_HEAT * below_kW[-1])] / 50.0)
    below_K, above_K = knee_C - limits[0], limits[1] - knee_C
    if above_K < 1.5 * below_K:
        return _TemperatureAxis(*limits, np.nan, 1.0)
    slope = _SHARE_ABOVE_KNEE / (1.0 - _SHARE_ABOVE_KNEE) * below_K / above_K
    return _TemperatureAxis(*limits, float(knee_C), float(slope))


def _dress_temperature(axes: Axes, axis: _TemperatureAxis) -> None:
    """Scale, limits and ticks of the temperature axis that all four parts share."""
    if np.isfinite(axis.knee_C):
        axes.set_yscale("function", functions=(axis.forward, axis.inverse))
        step = 50.0 if axis.knee_C - axis.low_C <= 500.0 else 100.0
        lower = np.arange(np.ceil(axis.low_C / step) * step, axis.knee_C + 1.0, step)
        high_step = 100.0 * np.ceil((axis.high_C - axis.knee_C) / 4.0 / 100.0)
        upper = np.arange(axis.knee_C, axis.high_C, high_step)[1:]
        axes.set_yticks(np.concatenate((lower, upper)))
        axes.axhline(axis.knee_C, color=FAINT, lw=1.0, ls=":")
        axes.annotate(
            f"scale compressed above {axis.knee_C:g} °C",
            xy=(0.98, axis.knee_C),
            xycoords=axes.get_yaxis_transform(),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            color=FAINT,
            fontsize=TEXT_SIZE - 1.0,
        )
    axes.set_ylim(axis.low_C, axis.high_C)
    axes.set_ylabel("temperature, °C", fontsize=LABEL_SIZE, color=INK)


def _side(
    axes: Axes,
    curve: Curve,
    level_C: Floats,
    duty_kW: Floats,
    scale: Scale,
    *,
    name: str,
    colour: str,
) -> None:
    """Draw the composite curve of one side and the staircase of its levels' duties."""
    ends_kW = np.concatenate(([0.0], np.cumsum(duty_kW)))
    stairs = np.repeat(ends_kW, 2)[1:-1] / scale.factor
    axes.plot(stairs, np.repeat(level_C, 2), color=INK, lw=1.0, zorder=3)
    begin, end = ends_kW[:-1] / scale.factor, ends_kW[1:] / scale.factor
    label = "duty of a utility level" if colour == COLD else ""
    axes.hlines(level_C, begin, end, color=INK, lw=3.5, zorder=3, label=label)
    if curve.heat_kW.size:
        axes.plot(curve.heat_kW / scale.factor, curve.temperature_C, color=colour, lw=2, label=name)
    dress(axes, x=f"heat, {scale.unit}")
    total = heat_label(float(duty_kW.sum()), scale)
    axes.set_title(f"{name}, {total} {scale.unit}", fontsize=LABEL_SIZE, color=colour)
    axes.set_xlim(0.0, max(float(ends_kW[-1]) / scale.factor * 1.05, 1e-9))


def _draw_pumps(axes: Axes, pumps: pd.DataFrame) -> None:
    """Draw an arrow per heat pump from its source to its sink level, in a place of its own."""
    scale = scale_for(Kind.HEAT, pumps["heat_kW"])
    ends = zip(pumps["source_C"], pumps["sink_C"], pumps["heat_kW"], strict=True)
    for place, (source_C, sink_C, heat_kW) in enumerate(ends):
        axes.annotate(
            "",
            xy=(place, sink_C),
            xytext=(place, source_C),
            zorder=4,
            arrowprops={
                "arrowstyle": "-|>",
                "color": PUMP,
                "lw": 2.2,
                "shrinkA": 0.0,
                "shrinkB": 0.0,
            },
        )
        if len(pumps) > _MOST_LABELS:
            continue
        axes.annotate(
            heat_label(heat_kW, scale),
            xy=(place, (source_C + sink_C) / 2.0),
            xytext=(-5, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="center",
            color=PUMP,
            fontsize=TEXT_SIZE,
            zorder=2,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    if len(pumps):
        heat = f" with its sink heat, {scale.unit}" if len(pumps) <= _MOST_LABELS else ""
        axes.plot([], [], color=PUMP, lw=2.2, marker="^", label=f"heat pump{heat}")
    axes.set_xlim(-0.9, max(len(pumps), 1) - 0.4)
    axes.set_xticks([])
    dress(axes)
    count = {0: "no heat pump", 1: "1 heat pump"}.get(len(pumps), f"{len(pumps)} heat pumps")
    axes.set_title(count, fontsize=LABEL_SIZE, color=PUMP)
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)


def _draw_rows(axes: Axes, levels: pd.DataFrame, axis: _TemperatureAxis) -> None:
    """Write a row per level: temperature, external heat, cooling; moved apart to be readable."""
    utilities = levels[["external_heat_kW", "cooling_kW"]].to_numpy(dtype=np.float64)
    scale = scale_for(Kind.HEAT, utilities.ravel())
    level_C = levels["temperature_C"].to_numpy(dtype=np.float64)
    heads = ("level", "°C", INK), ("external\nheat", scale.unit, EXTERNAL_INK)
    for x, (name, unit, colour) in zip(
        _CELLS, (*heads, ("cooling", scale.unit, COLD)), strict=True
    ):
        _cell(axes, x, 1.01, f"{name}\n{unit}", colour, va="bottom")
    wanted = axis.share(level_C).tolist()
    for place, row, temperature_C, (external, cooling) in zip(
        spread(wanted, _ROW_GAP, 0.01, 0.99), wanted, level_C, utilities, strict=True
    ):
        axes.plot([0.0, 0.14], [row, place], color=_LEVEL_LINE, lw=0.9, transform=axes.transAxes)
        cells = (
            (f"{temperature_C:g}", INK),
            (heat_label(external, scale) if external > 0.0 else "", EXTERNAL_INK),
            (heat_label(cooling, scale) if cooling > 0.0 else "", COLD),
        )
        for x, (text, colour) in zip(_CELLS, cells, strict=True):
            _cell(axes, x, place, text, colour)
    axes.set_axis_off()


def _cell(axes: Axes, x: float, y: float, text: str, colour: str, *, va: str = "center") -> None:
    """Write a text flush right at a place in shares of the axes."""
    axes.text(
        x, y, text, ha="right", va=va, color=colour, fontsize=TEXT_SIZE, transform=axes.transAxes
    )
