"""Figures of sensitivity studies: one parameter after the other, and two at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from milpcore.economics import Measure
from milpcore.economics_schema import ABOUT, label_of
from milpcore.extras import require
from milpcore.plots.style import (
    COLD,
    COOLING,
    ELECTRICITY,
    EXTERNAL,
    FAINT,
    HOT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    measure_label,
    new_figure,
)
from milpcore.scales import Kind, scale_for
from milpcore.site.inputs import Floats
from milpcore.site.map_cells import Place
from milpcore.site.sensitivity_map_results import Axis, SensitivityMap
from milpcore.site.sensitivity_results import SensitivityStudy, percent_of
from milpcore.site.tables import COST_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

_COLOURS = (COLD, HOT, PUMP, ELECTRICITY, EXTERNAL, COOLING, INK)
_STYLES = ("-", "--", ":", "-.")
_LIGHT = ("#CDE3F1", "#F7DCC8", "#CBE9DF", "#F1DDE8", "#F9E8C4", "#DDF0FA", "#E6E6E6")
_HEAT = "heat_pump_heat_kW"
_MOST_SETS = len(_LIGHT)


def cost_over_parameters(study: SensitivityStudy, *, title: str = "Sensitivity") -> Figure:
    """Draw the objective over the parameters, as Fig. 4 of Hochhaus, Grünewald, Riese (2026).

    Parameters
    ----------
    study : SensitivityStudy
        Parameters varied one at a time.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Above, the objective: one line for each parameter over its change in percent, a marker at
        each tipping point; below, the heat of all heat pumps. The legend says which heat pumps
        stop or start where. Parameters whose base value is 0 have no percent; with one of them
        every parameter has panels of its own, over its value.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    points = study.points
    keys = [str(key) for key in points["parameter"].unique()]
    groups, x = [keys], "percent"
    if points["percent"].isna().any():
        groups, x = [[key] for key in keys], "value"
    figure = new_figure(
        height_in=1.0 + 5.8 * len(groups) + 0.1 * (len(keys) + len(study.tipping_points))
    )
    grid = figure.subplots(2 * len(groups), 1, height_ratios=(1.5, 1.0) * len(groups))
    for place, group in enumerate(groups):
        upper, lower = grid[2 * place : 2 * place + 2]
        lower.sharex(upper)
        _panels(upper, lower, study, group, x)
        name = "change of the parameter, %" if x == "percent" else _label(group[0])
        dress(lower, x=name, y=lower.get_ylabel())
        dress(upper, title=title if place == 0 else "", y=upper.get_ylabel())
        upper.tick_params(labelbottom=False)
    handles = {
        label: handle
        for axes in grid[::2]
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    legend_below(figure, handles.values(), handles.keys(), n_columns=2)
    return figure


def _label(key: str) -> str:
    unit = ABOUT[key]["unit"]
    return label_of(key) if unit == "-" else f"{label_of(key)}, {unit}"


def _panels(upper: Axes, lower: Axes, study: SensitivityStudy, keys: list[str], x: str) -> None:
    """Draw the objective above, the heat of heat pumps below, markers in both."""
    column, points, tips = COST_COLUMNS[study.objective], study.points, study.tipping_points
    kind = Kind.EMISSION if study.objective is Measure.CO2 else Kind.COST
    scale, heat = scale_for(kind, points[column]), scale_for(Kind.HEAT, points[_HEAT])
    every = [str(key) for key in points["parameter"].unique()]
    for key in keys:
        at, tipping = (table[table["parameter"] == key] for table in (points, tips))
        at, tipping = at.sort_values(x), tipping.sort_values(x)
        place = every.index(key)
        look: dict[str, Any] = {
            "color": _COLOURS[place % len(_COLOURS)],
            "ls": _STYLES[place // len(_COLOURS) % len(_STYLES)],
            "lw": 1.8,
        }
        line = pd.concat([at[[x, column]], tipping[[x, column]]]).sort_values(x)
        label = "\n".join([label_of(key), *_changes(key, tipping)])
        upper.plot(line[x], line[column] / scale.factor, label=label, **look)
        _markers(upper, tipping[x], tipping[column] / scale.factor, look)
        places, heats = _with_jumps(at[x].to_numpy(), at[_HEAT].to_numpy(), tipping[x].to_numpy())
        lower.plot(places, heats / heat.factor, **look)
    shown = tips[tips["parameter"].isin(keys)]
    for value in shown[x]:
        for axes in (upper, lower):
            axes.axvline(value, color=FAINT, lw=0.8, ls=":", zorder=1)
    if len(shown):
        label = "tipping point: the set of heat pumps changes"
        _markers(upper, [], [], {"color": FAINT}, label=label)
    upper.set_ylabel(f"{measure_label(study.objective.value)}, {scale.unit}")
    lower.set_ylabel(f"heat of all\nheat pumps, {heat.unit}")
    lower.set_ylim(bottom=0.0, top=max(1.08 * points[_HEAT].max() / heat.factor, 1e-9))


def _markers(
    axes: Axes, x: ArrayLike, y: ArrayLike, look: dict[str, Any], *, label: str | None = None
) -> None:
    axes.plot(
        x,
        y,
        ls="",
        marker="o",
        ms=8,
        mfc="white",
        mec=look["color"],
        mew=1.8,
        zorder=3,
        label=label,
    )


def _with_jumps(x: Floats, heat: Floats, tips: Floats) -> tuple[Floats, Floats]:
    """Let heat jump at tipping points instead of rising between the points beside them."""
    after = np.clip(np.searchsorted(x, tips), 1, len(x) - 1)
    places = np.concatenate((x, tips, tips))
    heats = np.concatenate((heat, heat[after - 1], heat[after]))
    order = np.argsort(places, kind="stable")
    return places[order], heats[order]


def _changes(key: str, tips: pd.DataFrame) -> list[str]:
    """Say which heat pumps stop and start where a parameter rises."""
    lines = []
    unit = ABOUT[key]["unit"]
    columns = (tips[name] for name in ("percent", "value", "before", "after"))
    for percent, value, before, after in zip(*columns, strict=True):
        shown = f"{value:.5g}" if unit == "-" else f"{value:.5g} {unit}"
        where = shown if np.isnan(percent) else f"{percent:+.1f} % ({shown})".replace("-", "−")
        sets = [[] if text == "none" else text.split(", ") for text in (before, after)]
        lines += [f"  {pump} up to {where}" for pump in sets[0] if pump not in sets[1]]
        lines += [f"  {pump} from {where}" for pump in sets[1] if pump not in sets[0]]
    return lines


def heat_pump_map(found: SensitivityMap, *, title: str = "Best heat pumps") -> Figure:
    """Draw which heat pumps are best over two parameters, with contours of the objective.

    Parameters
    ----------
    found : SensitivityMap
        Two parameters varied together.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        The first parameter to the right, the second upwards; a colour for each of the most
        frequent sets of heat pumps, contours of equal cost or emission, and a cross at the base
        values. Borders pass through every place of `SensitivityMap.borders`, where they are exact,
        on the map's edges too, and are straight in between; where three sets meet is found to
        less than two pixels (`milpcore.site.map_cells`).

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    figure = new_figure(height_in=7.0)
    axes = figure.subplots()
    first, second = found.axes
    by_percent = all(axis.base != 0.0 for axis in found.axes)
    across, up = (axis.percent if by_percent else axis.values for axis in found.axes)
    _draw_areas(axes, found, by_percent)
    _contours(axes, found, across, up)
    if by_percent:
        axes.plot(0.0, 0.0, "+", color=INK, ms=12, mew=1.6, label="base values")
    labels = [_axis_label(axis, by_percent) for axis in (first, second)]
    dress(axes, title=title, x=labels[0], y=labels[1])
    axes.grid(visible=False)
    axes.set_xlim(across.min(), across.max())
    axes.set_ylim(up.min(), up.max())
    legend_below(figure, *axes.get_legend_handles_labels(), n_columns=3)
    return figure


def _axis_label(axis: Axis, by_percent: bool) -> str:
    if not by_percent:
        return _label(axis.parameter)
    unit = ABOUT[axis.parameter]["unit"]
    unit = "" if unit == "-" else f" {unit}"
    return f"change of {label_of(axis.parameter)} from {axis.base:g}{unit}, %"


def _draw_areas(axes: Axes, found: SensitivityMap, by_percent: bool) -> None:
    """Colour the areas of the sets and draw their borders."""
    collections = require("matplotlib.collections", "plot", "drawing figures")
    sets = found.sets["heat_pumps"].tolist()
    for place, text in enumerate(sets):
        areas = [area.corners for area in found.pieces.areas if area.heat_pumps == text]
        corners = [_shown(found, area, by_percent) for area in areas]
        colour = _LIGHT[min(place, _MOST_SETS - 1)]
        look = {"facecolor": colour, "edgecolor": colour, "linewidth": 0.3, "zorder": 0}
        axes.add_collection(collections.PolyCollection(corners, **look), autolim=False)
    gap = np.full((1, 2), np.nan)
    lines = [(_shown(found, border, by_percent), gap) for border in found.pieces.borders]
    if lines:
        places = np.concatenate([part for line in lines for part in line])
        axes.plot(*places.T, color=INK, lw=1.2, solid_capstyle="butt", zorder=1)
    for place, text in enumerate(sets[:_MOST_SETS]):
        is_rest = place == _MOST_SETS - 1 and len(sets) > _MOST_SETS
        label = "other sets" if is_rest else ("no heat pump" if text == "none" else text)
        axes.fill_between([], [], [], color=_LIGHT[place], label=label)


def _shown(found: SensitivityMap, places: Sequence[Place], by_percent: bool) -> Floats:
    """Bring values of both parameters (P, 2) into what the axes show."""
    values = np.array(places)
    if not by_percent:
        return values
    of_each = zip(found.axes, values.T, strict=True)
    return np.stack([percent_of(axis.base, column) for axis, column in of_each], axis=1)


def _contours(axes: Axes, found: SensitivityMap, across: Floats, up: Floats) -> None:
    """Draw lines of equal cost or emission, where it varies at all."""
    values = found.grid(COST_COLUMNS[found.objective]).T
    kind = Kind.EMISSION if found.objective is Measure.CO2 else Kind.COST
    scale = scale_for(kind, values.ravel())
    name = measure_label(found.objective.value)
    if np.ptp(values) > 1e-9 * np.abs(values).max():
        lines = axes.contour(
            across, up, values / scale.factor, levels=9, colors=FAINT, linewidths=0.9
        )
        axes.clabel(lines, fontsize=TEXT_SIZE - 1.0, colors=INK)
        axes.plot([], [], color=FAINT, lw=0.9, label=f"equal {name}, {scale.unit}")
