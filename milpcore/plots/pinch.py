"""Figures of pinch analysis: composite curves and the grand composite curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milpcore.plots.style import (
    COLD,
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
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.targets import Targets

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def composite_curves(found: Targets, *, title: str = "Composite curves") -> Figure:
    """Draw the hot and the cold composite curve with the minimum utilities at their ends.

    Parameters
    ----------
    found : Targets
        Targets of a stream table.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Temperature (°C, unshifted) over enthalpy (kW, MW or GW).

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    sides = (
        ("hot streams", found.hot_composite, HOT),
        ("cold streams", found.cold_composite, COLD),
    )
    ends_kW = [float(curve.heat_kW.max()) for _, curve, _ in sides if curve.heat_kW.size]
    scale = scale_for(Kind.HEAT, ends_kW)
    figure = new_figure()
    axes = figure.add_subplot()
    for name, (temperature_C, heat_kW), colour in sides:
        if heat_kW.size:
            total = heat_label(float(heat_kW[-1] - heat_kW[0]), scale)
            label = f"{name}, {total} {scale.unit}"
            axes.plot(heat_kW / scale.factor, temperature_C, color=colour, lw=2.2, label=label)
    dress(axes, title=title, x=f"enthalpy, {scale.unit}", y="temperature, °C")
    axes.margins(y=0.12)
    cold_kW, hot_kW = found.cold_utility_kW, found.hot_utility_kW
    last_kW = max(ends_kW)
    _utility(axes, scale, 0.0, cold_kW, at=0.035, name="cold utility", colour=COLD)
    _utility(axes, scale, last_kW - hot_kW, last_kW, at=0.965, name="hot utility", colour=HOT)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    legend_below(figure, n_columns=2)
    return figure


def _utility(
    axes: Axes, scale: Scale, from_kW: float, to_kW: float, *, at: float, name: str, colour: str
) -> None:
    """Draw a double arrow as long as a utility is large, at a height in shares of the axes."""
    if to_kW <= from_kW:
        return
    ends = from_kW / scale.factor, to_kW / scale.factor
    axes.annotate(
        "",
        xy=(ends[0], at),
        xytext=(ends[1], at),
        xycoords=axes.get_xaxis_transform(),
        textcoords=axes.get_xaxis_transform(),
        arrowprops={"arrowstyle": "<->", "color": colour, "shrinkA": 0.0, "shrinkB": 0.0},
    )
    is_cold = from_kW == 0.0 and at < 0.5
    axes.annotate(
        f"{name} {heat_label(to_kW - from_kW, scale)} {scale.unit}",
        xy=(ends[1] if is_cold else ends[0], at),
        xycoords=axes.get_xaxis_transform(),
        xytext=(6 if is_cold else -6, 0),
        textcoords="offset points",
        ha="left" if is_cold else "right",
        va="center",
        color=colour,
        fontsize=TEXT_SIZE,
    )


def grand_composite_curve(found: Targets, *, title: str = "Grand composite curve") -> Figure:
    """Draw the net heat flow over the shifted temperature, with utilities and pinches.

    Parameters
    ----------
    found : Targets
        Targets of a stream table.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Shifted temperature (°C) over net heat flow (kW, MW or GW).

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    temperature_C, heat_kW = found.grand_composite
    scale = scale_for(Kind.HEAT, heat_kW.tolist())
    figure = new_figure()
    axes = figure.add_subplot()
    axes.plot(heat_kW / scale.factor, temperature_C, color=INK, lw=2.2, label="net heat flow")
    dress(axes, title=title, x=f"net heat flow, {scale.unit}", y="shifted temperature, °C")
    axes.margins(y=0.12)
    ends = (
        ("hot utility", found.hot_utility_kW, float(temperature_C[-1]), HOT),
        ("cold utility", found.cold_utility_kW, float(temperature_C[0]), COLD),
    )
    for name, utility_kW, level_C, colour in ends:
        text = f"{name}, {heat_label(utility_kW, scale)} {scale.unit}"
        axes.plot([0.0, utility_kW / scale.factor], [level_C] * 2, color=colour, lw=3, label=text)
    for pinch_C in found.pinch_C:
        name = f"pinch, {number(float(pinch_C), 1)} °C"
        axes.axhline(pinch_C, color=FAINT, lw=1.0, ls="--", zorder=1)
        axes.plot([0.0], [pinch_C], "o", color=PUMP, ms=8, label=name, clip_on=False)
    axes.set_xlim(left=0.0)
    legend_below(figure, n_columns=4)
    return figure
