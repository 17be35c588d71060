"""Figures of pinch analysis: composite curves, grand composite curve, total site profiles."""

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
    sentence_figure,
)
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.targets import Targets
from milpcore.total_site import TotalSite

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


def total_site_profiles(found: TotalSite, *, title: str = "Total site profiles") -> Figure:
    """Draw what the zones leave, and how far utility levels could bring it together.

    Parameters
    ----------
    found : TotalSite
        Zones with their own heat recovery.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Left: net sources (to the left) and net sinks (to the right) of all zones, shifted
        temperature (°C) over heat (kW, MW or GW). Right: the site composite, both moved together on
        the scale of the utility levels until they touch; where they overlap any number of levels
        could carry the heat, and the rest is bought and removed.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    sides = (("net sources", found.source_profile, HOT), ("net sinks", found.sink_profile, COLD))
    totals_kW = [float(curve.heat_kW.max(initial=0.0)) for _, curve, _ in sides]
    if not max(totals_kW):
        return sentence_figure(title, "Every zone heats and cools itself: nothing is left.")
    scale = scale_for(Kind.HEAT, totals_kW)
    figure = new_figure()
    left, right = figure.subplots(1, 2, sharey=True)
    share_K = found.level_dt_cont_K
    for (name, (temperature_C, heat_kW), colour), total_kW, sign in zip(
        sides, totals_kW, (-1.0, 1.0), strict=True
    ):
        if not total_kW:
            continue
        label = f"{name}, {heat_label(total_kW, scale)} {scale.unit}"
        look = {"color": colour, "lw": 2.2}
        left.plot(sign * heat_kW / scale.factor, temperature_C, label=label, **look)
        start_kW = found.cold_utility_kW if sign > 0.0 else 0.0
        moved_C = temperature_C + sign * share_K
        right.plot((start_kW + heat_kW) / scale.factor, moved_C, **look)
    left.axvline(0.0, color=FAINT, lw=1.0)
    left.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    x = f"heat given  |  heat needed, {scale.unit}"
    dress(left, title=title, x=x, y="shifted temperature, °C")
    dress(right, title="Site composite, any number of levels", x=f"heat, {scale.unit}")
    right.set_ylabel(f"temperature of levels, °C\n(sources −{share_K:g} K, sinks +{share_K:g} K)")
    right.tick_params(labelleft=True)
    right.margins(y=0.14)
    last_kW = found.cold_utility_kW + totals_kW[1]
    _utility(right, scale, 0.0, found.cold_utility_kW, at=0.035, name="cold utility", colour=COLD)
    _utility(
        right,
        scale,
        last_kW - found.hot_utility_kW,
        last_kW,
        at=0.965,
        name="hot utility",
        colour=HOT,
    )
    _recovered(right, scale, found)
    right.set_xlim(left=min(0.0, right.get_xlim()[0]))
    legend_below(figure, n_columns=3)
    return figure


def _recovered(axes: Axes, scale: Scale, found: TotalSite) -> None:
    """Shade the heat that levels can carry from zone to zone."""
    if not found.recovered_kW:
        return
    begin_kW = found.cold_utility_kW
    ends = begin_kW / scale.factor, (begin_kW + found.recovered_kW) / scale.factor
    text = f"recovered by levels at best, {heat_label(found.recovered_kW, scale)} {scale.unit}"
    axes.axvspan(*ends, color=PUMP, alpha=0.15, lw=0, label=text, zorder=0)
