"""Figures of case study 3: sizes over the spread of the demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.sizing_study_parts import LOOKS, NO_PLANT, labelled, titled
from milpcore.plots.style import (
    COLD,
    COOLING,
    FAINT,
    HOT,
    INK,
    dress,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.sizing.studies.evidence import gap_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_X = "deviation_share"
_CHANGE = 100.0 / 3.0
_SHAPE_LOOKS = {"random": (COLD, "D"), "step": (HOT, "v"), "seasonal": (COOLING, "^")}


def draw_deviations(means: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """Draw sizes over the spread of random demand, a column for each ratio of prices.

    Parameters
    ----------
    means : DataFrame
        ``deviations`` of case study 3.
    points : DataFrame
        ``points`` of case study 3, of which each is a dot.

    Returns
    -------
    Figure
        From above: heat pump and boiler, the store (means over seeds, with the range over seeds as
        a band), and how often a heat pump alone would lack waste heat.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    drawn = means[means["experiment"] == "random"] if len(means) else means
    if drawn.empty:
        return sentence_figure("Sizes over the spread of the demand", NO_PLANT)
    ratios = sorted(set(drawn["price_ratio"]))
    figure = new_figure(height_in=8.6)
    grid = figure.subplots(
        3, len(ratios), sharex=True, sharey="row", squeeze=False, height_ratios=(1.3, 1.3, 0.9)
    )
    for place, ratio in enumerate(ratios):
        part = drawn[drawn["price_ratio"] == ratio].sort_values(_X)
        dots = points[(points["experiment"] == "random") & (points["price_ratio"] == ratio)]
        upper, middle, lower = grid[:, place]
        for axes, columns in ((upper, ("heat_pump_kW", "boiler_kW")), (middle, ("store_kWh",))):
            for column in columns:
                _mean_line(axes, part, dots, column)
        _unproven(middle, part)
        x = 100.0 * part[_X].to_numpy(dtype=float)
        lower.plot(
            x,
            100.0 * part["short_step_share"],
            color=INK,
            marker="x",
            lw=1.4,
            label="steps in which a heat pump alone lacks waste heat",
        )
        for axes in (upper, middle, lower):
            axes.axvline(_CHANGE, color=FAINT, lw=1.0, ls="--")
        dress(upper, y="size, kW" if place == 0 else "")
        n_seeds = int(part["n_seeds"].max())
        remark = f"mean of {n_seeds} profiles; {gap_words(part)}"
        titled(upper, f"Electricity : gas = {ratio:g}", remark)
        dress(middle, y="store, kWh" if place == 0 else "")
        dress(lower, x="spread of the demand, % of its mean", y="steps, %" if place == 0 else "")
    for axes in grid[:, 0]:
        axes.set_ylim(bottom=0.0)
    handles, labels = labelled(grid[:, 0])
    line = grid[0, 0].plot([], [], color=FAINT, lw=1.0, ls="--")[0]
    handles.append(line)
    labels.append("33.3 %: mean less three standard deviations is 0")
    legend_below(figure, handles, labels, n_columns=2)
    return figure


def draw_shapes(means: pd.DataFrame) -> Figure:
    """Draw boiler and store over the spread for every shape of the demand.

    Parameters
    ----------
    means : DataFrame
        ``deviations`` of case study 3.

    Returns
    -------
    Figure
        A row for heat pump, boiler and store, a column for each ratio of prices.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if means.empty:
        return sentence_figure("Shapes of the demand", NO_PLANT)
    ratios = sorted(set(means["price_ratio"]))
    figure = new_figure(height_in=8.2)
    grid = figure.subplots(3, len(ratios), sharex=True, sharey="row", squeeze=False)
    for place, ratio in enumerate(ratios):
        for row, column in enumerate(("heat_pump_kW", "boiler_kW", "store_kWh")):
            axes = grid[row, place]
            for shape, (colour, marker) in _SHAPE_LOOKS.items():
                chosen = (means["experiment"] == shape) & (means["price_ratio"] == ratio)
                part = means[chosen].sort_values(_X)
                x = 100.0 * part[_X].to_numpy(dtype=float)
                label = {"random": "noise with spikes", "step": "two levels of 8 h each"}.get(
                    shape, "winter days with a daily pattern"
                )
                axes.plot(x, part[column], color=colour, marker=marker, lw=1.5, label=label)
            name, unit = LOOKS[column][0], column.rpartition("_")[2]
            dress(axes, y=f"{name}, {unit}" if place == 0 else "")
        part = means[means["price_ratio"] == ratio]
        titled(grid[0, place], f"Electricity : gas = {ratio:g}", gap_words(part))
        dress(
            grid[2, place], x="spread of the demand, % of its mean", y=grid[2, place].get_ylabel()
        )
    for axes in grid[:, 0]:
        axes.set_ylim(bottom=0.0)
    legend_below(figure, *grid[0, 0].get_legend_handles_labels(), n_columns=3)
    return figure


def _mean_line(axes: Axes, part: pd.DataFrame, dots: pd.DataFrame, column: str) -> None:
    """Draw the mean over seeds, the range over seeds, and each seed."""
    name, colour, marker = LOOKS[column]
    x = 100.0 * part[_X].to_numpy(dtype=float)
    low, high = (part[f"{column}_{end}"].to_numpy(dtype=float) for end in ("min", "max"))
    axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0.0)
    axes.plot(
        x,
        part[column],
        color=colour,
        marker=marker,
        lw=1.6,
        label=f"{name}: mean and range of the profiles",
    )
    at = 100.0 * dots[_X].to_numpy(dtype=float)
    axes.plot(at, dots[column], ls="none", marker=".", ms=4.0, color=colour)


def _unproven(axes: Axes, part: pd.DataFrame) -> None:
    """Draw how much store the part of the cost that is not proven could pay."""
    x = 100.0 * part[_X].to_numpy(dtype=float)
    mean, open_kWh = (part[k].to_numpy(dtype=float) for k in ("store_kWh", "store_unproven_kWh"))
    axes.errorbar(
        x,
        mean,
        yerr=np.minimum(open_kWh, np.maximum(mean, 0.0)) if mean.size else open_kWh,
        fmt="none",
        ecolor=INK,
        elinewidth=1.0,
        capsize=3.0,
        label="store that the cost not proven could pay",
    )
