"""Figures of what changes along a Pareto front: marginal cost, levels and heat pumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from milpcore.economics import Measure
from milpcore.plots.pareto import front_legend, front_title, scales_of
from milpcore.plots.style import (
    COLD,
    ELECTRICITY,
    HOT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, scale_for
from milpcore.site.pareto_results import ParetoStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_DESIGNS = 16
"""Points whose designs are drawn; of more, the first of each level set."""


def marginal_cost(study: ParetoStudy, *, name: str = "site") -> Figure:
    """Draw what a unit less of the second measure costs, over how much less it is.

    Parameters
    ----------
    study : ParetoStudy
        The front.
    name : str
        Of the site, for the title.

    Returns
    -------
    Figure
        Steps: the marginal cost from each point to the next, jumps included and points left out
        that were merely asked for, and the lower hull, which is what a price on the second measure
        brings about.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    is_abatement = study.second is Measure.CO2
    what = "marginal abatement cost" if is_abatement else "marginal cost"
    title = f"{name}: {what}, {front_title(study)}"
    if len(study.points_found) < 2:
        return sentence_figure(title, "The front is a single point: there is nothing to trade off.")
    points = study.points
    points = points[points["kind"] != "asked"]
    first, second = study.columns
    _, second_scale = scales_of(study)
    unit = study.marginal_unit.replace("_per_", "/").replace("EUR", "€")
    figure = new_figure(height_in=6.4)
    axes = figure.subplots()
    value, less = points[first].to_numpy(), points[second].iloc[0] - points[second].to_numpy()
    supported = np.flatnonzero(points["is_supported"].to_numpy())
    for colour, width, style, rows, label in (
        (COLD, 1.4, "-", np.arange(len(points)), "from each point to the next"),
        (HOT, 2.2, "--", supported, "between supported points: best at such a price"),
    ):
        slope = np.diff(value[rows]) / np.diff(less[rows])
        at, height = less[rows] / second_scale.factor, np.append(slope, slope[-1])
        axes.step(at, height, where="post", label=label, color=colour, lw=width, ls=style)
    edges = study.segments[study.segments["level_set"] > 0]
    begin = (points[second].iloc[0] - edges[f"begin_{second}"]) / second_scale.factor
    end = (points[second].iloc[0] - edges[f"end_{second}"]) / second_scale.factor
    slope = edges[f"slope_{study.marginal_unit}"]
    for left, right, height in zip(begin, end, slope, strict=True):
        axes.plot([left, right], [height, height], color=PUMP, lw=3.0, alpha=0.55, zorder=1)
    axes.plot([], [], color=PUMP, lw=3.0, alpha=0.55, label="within a set of levels (the dual)")
    steps = study.points[f"marginal_{study.marginal_unit}"].dropna()
    if steps.max() > 30.0 * max(steps.min(), 1e-9) and steps.min() > 0.0 and slope.min() > 0.0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    else:
        axes.set_ylim(bottom=min(0.0, 1.1 * steps.min()), top=1.15 * max(steps.max(), 1e-9))
    less_of = "CO₂ abated" if is_abatement else f"less {measure_label(study.second.value)}"
    dress(
        axes,
        title=title,
        x=f"{less_of} from the first point, {second_scale.unit}",
        y=f"{what}, {unit}",
    )
    front_legend(figure, axes)
    return figure


def designs_along_front(study: ParetoStudy, *, name: str = "site") -> Figure:
    """Draw what changes along a front: the levels, and heat of the heat pumps.

    Parameters
    ----------
    study : ParetoStudy
        The front.
    name : str
        Of the site, for the title.

    Returns
    -------
    Figure
        Above, the levels of each point up to somewhat above the heat pumps, an arrow for each heat
        pump, as thick as its heat; below, electricity and heat of the heat pumps. Points stand side
        by side; of many, only the first of each level set.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = f"{name}: designs along the front, {front_title(study)}"
    if not study.has_front:
        return sentence_figure(title, " ".join(study.notes_found))
    points = study.points
    if len(points) > _MOST_DESIGNS:
        points = points.drop_duplicates("level_set").sort_values("point")
    figure = new_figure(height_in=8.2)
    upper, lower = figure.subplots(2, 1, height_ratios=(2.0, 1.0), sharex=True)
    _draw_systems(upper, study, points["point"].tolist())
    dress(upper, title=title, y="temperature, °C")
    place = np.arange(1, len(points) + 1)
    heat = scale_for(Kind.HEAT, points["heat_pump_heat_kW"])
    for column, colour, label in (
        ("heat_pump_heat_kW", PUMP, "heat of all heat pumps"),
        ("electricity_kW", ELECTRICITY, "their electricity"),
    ):
        lower.plot(place, points[column] / heat.factor, "o-", color=colour, ms=4, label=label)
    first_scale, second_scale = scales_of(study)
    texts = [
        f"point {int(one['point'])}: {first_scale.text(one[study.columns[0]], 2)} "
        f"{first_scale.unit}, {second_scale.text(one[study.columns[1]], 2)} {second_scale.unit}"
        for one in (points.iloc[0], points.iloc[-1])
    ]
    what = "point of the front" if len(points) == len(study.points) else "first point of each set"
    dress(lower, x=f"{what} ({'; '.join(dict.fromkeys(texts))})", y=heat.unit)
    lower.set_ylim(bottom=0.0)
    lower.set_xticks(place, [str(number) for number in points["point"]])
    handles = [*upper.get_legend_handles_labels()[0], *lower.get_legend_handles_labels()[0]]
    legend_below(figure, handles, n_columns=4)
    return figure


def _draw_systems(axes: Axes, study: ParetoStudy, numbers: list[int]) -> None:
    """Draw levels and heat pumps of some points side by side."""
    place = {number: at for at, number in enumerate(numbers, 1)}
    most_C = _highest_shown(study)
    levels = study.levels[study.levels["point"].isin(numbers)]
    shown = levels[levels["temperature_C"] <= most_C]
    at = shown["point"].map(place)
    axes.hlines(shown["temperature_C"], at - 0.42, at + 0.42, color=INK, lw=1.4)
    axes.plot([], [], color=INK, lw=1.4, label="level")
    pumps = study.heat_pumps[study.heat_pumps["point"].isin(numbers)]
    for number, own in pumps.groupby("point"):
        across = place[cast(int, number)] + 0.62 * ((np.arange(len(own)) + 0.5) / len(own) - 0.5)
        widths = 0.6 + 3.0 * own["heat_kW"] / float(pumps["heat_kW"].max())
        for x, low, high, width in zip(across, own["source_C"], own["sink_C"], widths, strict=True):
            look = {"arrowstyle": "-|>", "color": PUMP, "lw": width, "mutation_scale": 7.0}
            look |= {"shrinkA": 0.0, "shrinkB": 0.0}
            axes.annotate("", xy=(x, high), xytext=(x, low), arrowprops=look)
    if len(pumps):
        axes.plot([], [], color=PUMP, lw=2.4, label="heat pump, as thick as its heat")
    beyond = int((levels["temperature_C"] > most_C).groupby(levels["point"]).sum().max())
    if beyond:
        note = f"levels above {most_C:g} °C: {beyond} or fewer at each point, not drawn"
        axes.text(0.005, 0.985, note, transform=axes.transAxes, va="top", fontsize=TEXT_SIZE)
        axes.set_ylim(top=most_C * 1.12)


def _highest_shown(study: ParetoStudy) -> float:
    """Temperature up to which levels are drawn: those of the heat pumps, and some more."""
    pumps, levels = study.heat_pumps, study.levels
    highest = float(levels["temperature_C"].max())
    if not len(pumps):
        return highest
    top = 10.0 * round(0.115 * float(pumps["sink_C"].max()) + 2.0)
    return highest if highest <= 1.3 * top else top
