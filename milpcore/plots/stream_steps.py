"""The figure of service in steps: cost and exchangers over the number of levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from milpcore.plots.style import (
    COLD,
    HOT,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, scale_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def cost_of_steps(summary: pd.DataFrame, *, title: str = "Service in steps") -> Figure:
    """Draw the objective with one level a stream and in steps, and the number of steps.

    Parameters
    ----------
    summary : DataFrame
        Rows of `milpcore.site.stream_steps_compared.StepsCompared.summary`.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        At the left the objective over the number of levels, with the bound over all temperatures
        where it is known and the saving in percent; at the right the number of streams and of
        steps. A sentence where nothing was found.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    values = summary[["one_level_value", "objective_value"]].to_numpy().ravel()
    if pd.isna(values).all():
        return sentence_figure(title, "no configuration has a design")
    kind = Kind.EMISSION if "t/a" in set(summary["unit"]) else Kind.COST
    scale = scale_for(kind, values)
    figure = new_figure(height_in=4.8)
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1.0))
    x = summary["max_levels"]
    for column, colour, label in (
        ("one_level_value", HOT, "one level a stream"),
        ("objective_value", COLD, "in steps"),
    ):
        left.plot(x, summary[column] / scale.factor, "o-", color=colour, label=label)
    bound = summary["any_temperature_bound"]
    if bound.notna().any():
        label = "no steps cost less, at any temperatures"
        left.plot(x, bound / scale.factor, "--", color=PUMP, marker="_", ms=9, label=label)
    drawn = summary[summary["saving_percent"] > 0.05]
    for levels, value, saving in drawn[
        ["max_levels", "objective_value", "saving_percent"]
    ].to_numpy():
        left.annotate(
            f"−{saving:.1f} %",
            (levels, value / scale.factor),
            xytext=(-2, -7),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=TEXT_SIZE - 1.0,
            color=COLD,
        )
    name = measure_label(str(summary["objective"].iloc[0]))
    axis = "largest number of utility levels"
    dress(left, title=title, x=axis, y=f"{name}, {scale.unit}")
    found = summary[summary["n_steps"] > 0]
    right.plot(x, summary["n_streams"], "o-", color=HOT)
    right.plot(found["max_levels"], found["n_steps"], "o-", color=COLD)
    dress(right, title="exchangers with levels", x=axis, y="number")
    for axes in (left, right):
        axes.set_ylim(bottom=0.0)
        axes.set_xlim(float(x.min()) - 0.6, float(x.max()) + 0.6)
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, n_columns=3)
    return figure
