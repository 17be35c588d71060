"""The figure of the stream_steps benchmark: what one level a stream costs over levels."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from milpcore.plots.style import (
    COLD,
    HOT,
    PUMP,
    dress,
    legend_below,
    new_figure,
    save_figure,
)
from milpcore.scales import Kind, scale_for


def draw_stream_steps(table: pd.DataFrame, *, path: Path) -> tuple[Path, ...]:
    """Draw and save the figure.

    Parameters
    ----------
    table : DataFrame
        Measurements of the stream_steps benchmark.
    path : Path
        File to write, without suffix.

    Returns
    -------
    tuple of Path
        The files written.
    """
    levels = table[table["part"] == "levels"]
    scale = scale_for(Kind.COST, levels["objective_EUR_per_a"].tolist())
    figure = new_figure(height_in=5.6)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.35, 1.0))
    left = figure.add_subplot(grid[:, 0])
    upper, lower = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    one = levels[levels["service"] == "one level"]
    kinks = levels[(levels["service"] == "steps") & (levels["candidates"] == "kinks")]
    bound = levels[levels["service"] == "any temperature"]
    look = {"marker": "o", "ms": 4.5, "lw": 2.0}
    for rows, colour, label in (
        (one, HOT, "one level a stream"),
        (kinks, COLD, "service in steps, same candidates"),
    ):
        left.plot(
            rows["max_levels"],
            rows["objective_EUR_per_a"] / scale.factor,
            color=colour,
            label=label,
            **look,
        )
    if len(bound):
        left.plot(
            bound["max_levels"],
            bound["bound_EUR_per_a"] / scale.factor,
            color=PUMP,
            lw=1.6,
            ls="--",
            label="proven: no steps cost less, at any temperatures",
        )
    told = (kinks["max_levels"] % 2 == 0) & (kinks["saving_percent"] > 0.5)
    for row in kinks[told].itertuples():
        place = (row.max_levels, row.objective_EUR_per_a / scale.factor)
        left.annotate(
            f"−{row.saving_percent:.0f} %",
            place,
            xytext=(0, -22),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            color=COLD,
        )
    dress(left, title="Cost", x="utility levels, at most", y=f"TAC, {scale.unit}")
    for rows, colour in ((one, HOT), (kinks, COLD)):
        upper.plot(rows["max_levels"], rows["external_heat_kW"] / 1000.0, color=colour, **look)
        lower.plot(rows["max_levels"], rows["n_steps"], color=colour, **look)
    dress(upper, title="External heat", y="MW")
    dress(lower, title="Exchangers with levels", x="utility levels, at most", y="number of steps")
    for axes in (left, upper, lower):
        axes.set_ylim(bottom=0.0)
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, n_columns=3)
    return save_figure(figure, path, formats=("png",))
