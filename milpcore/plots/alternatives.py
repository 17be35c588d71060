"""The figure of alternatives: levels of the best designs as a strip chart, their cost beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.extras import require
from milpcore.plots.style import (
    COLD,
    FAINT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.inputs import Floats

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 40
"""Alternatives drawn; of more, the best."""
FEW = 15
"""Alternatives up to which every level has its temperature beside it."""
GAP = 0.15
"""Share of the axis that the break before far levels takes."""
LEAST_APART = 0.03
"""Share of the axis by which two numbers must be apart; else only the lower level has one."""
FAR = 0.5
"""Levels above a gap wider than this share of the whole range are drawn beyond a break."""


def alternatives_chart(found: Alternatives, *, title: str = "Alternatives") -> Figure:
    """Draw the levels and heat pumps of the best designs, one row a rank, and their cost.

    Parameters
    ----------
    found : Alternatives
        The ranks.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        At the left each level as a dot and each heat pump as an arrow, and where ranges are known
        a band for each level; at the right what each rank costs above the best, in percent. Ranks
        that are not proven are drawn hollow. A sentence where there is no design.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if not found.designs:
        return sentence_figure(title, f"no level set {found.lacking}")
    shown = min(len(found.designs), MOST_ROWS)
    figure = new_figure(height_in=max(3.4, 2.1 + 0.31 * shown))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2.6, 1.0))
    ranges = found.level_ranges[["lowest_C", "highest_C"]].to_numpy().ravel()
    level_C = [design.levels["temperature_C"] for design in found.designs]
    axis = _Axis(np.concatenate([*level_C, ranges]))
    _bands(left, found, axis)
    for row in range(shown):
        _row(left, found, row, axis, has_numbers=shown <= FEW)
    axis.dress(left)
    _costs(right, found, shown)
    rows = np.arange(shown)
    dress(left, title=title, x="temperature of the level, °C", y="rank")
    left.set_yticks(rows, [str(row + 1) for row in rows])
    left.set_ylim(shown - 0.35, -0.75)
    legend_below(figure, _legend(found), n_columns=4)
    return figure


class _Axis:
    """Temperatures on an axis that is broken where the levels leave a wide gap at the top."""

    def __init__(self, level_C: Floats) -> None:
        values = np.unique(level_C)
        steps = np.diff(values)
        self.cut = None
        whole = float(values[-1] - values[0])
        if steps.size and steps.max() > FAR * whole and int(steps.argmax()) >= 1:
            place = int(steps.argmax())
            self.cut = float(values[place]), float(values[place + 1])
            self.width = float(values[place] - values[0])
            self.far = np.asarray(values[place + 1 :])
        self.values = values

    def __call__(self, level_C: float) -> float:
        """Place of a temperature on the axis."""
        if self.cut is None or level_C <= self.cut[0]:
            return level_C
        spread = float(self.far[-1] - self.far[0]) or 1.0
        beyond = 0.1 * (level_C - self.far[0]) / spread if self.far.size > 1 else 0.0
        return self.cut[0] + self.width * (GAP + beyond)

    def dress(self, axes: Axes) -> None:
        """Mark the break, and name the temperatures beyond it."""
        if self.cut is None:
            return
        middle = self.cut[0] + 0.5 * GAP * self.width
        axes.axvline(middle, color=FAINT, linewidth=1.0, linestyle=(0, (2, 3)))
        axes.annotate(
            "axis broken",
            (middle, 1.0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=TEXT_SIZE - 1.5,
            color=FAINT,
        )
        low = float(self.values[0])
        step = _step(self.cut[0] - low)
        ticks = np.arange(math.ceil(low / step) * step, self.cut[0] + 1e-9, step)
        ends = self.far[[0, -1]] if self.far.size > 1 else self.far[:1]
        axes.set_xticks(
            [*ticks.tolist(), *[self(float(end)) for end in ends][:1]],
            [*[f"{tick:g}" for tick in ticks], _far_label(ends)],
        )


def _far_label(ends: Floats) -> str:
    return "…".join(f"{end:g}" for end in ends)


def _step(width: float) -> float:
    """Distance of ticks, a round number."""
    rough = max(width, 1.0) / 6.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(float(k * power) for k in (1, 2, 5, 10) if k * power >= rough)


def _bands(axes: Axes, found: Alternatives, axis: _Axis) -> None:
    """Shade where each level may be in any design within the share asked for."""
    for lowest_C, highest_C in found.level_ranges[["lowest_C", "highest_C"]].to_numpy().tolist():
        axes.axvspan(axis(lowest_C), axis(highest_C), color=COLD, alpha=0.13, linewidth=1.0)


def _row(axes: Axes, found: Alternatives, row: int, axis: _Axis, *, has_numbers: bool) -> None:
    """Draw the levels and pumps of one rank."""
    design = found.designs[row]
    level_C = design.levels["temperature_C"].to_numpy()
    places = [axis(float(value)) for value in level_C]
    for source_C, sink_C in design.heat_pumps[["source_C", "sink_C"]].to_numpy().tolist():
        axes.annotate(
            "",
            xy=(axis(sink_C), row),
            xytext=(axis(source_C), row),
            arrowprops={
                "arrowstyle": "-|>",
                "color": PUMP,
                "shrinkA": 3,
                "shrinkB": 3,
                "connectionstyle": "arc3,rad=-0.25",
            },
        )
    fill = COLD if row < found.n_proven else "white"
    axes.plot(places, [row] * len(places), "o", color=COLD, markerfacecolor=fill, markersize=5.5)
    written = -math.inf
    for place, value in zip(places, level_C, strict=True):
        if has_numbers and place - written > LEAST_APART * (
            axis(float(axis.values[-1])) - places[0]
        ):
            written = place
            axes.annotate(
                f"{value:.4g}",
                (place, row),
                xytext=(0, -6),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=TEXT_SIZE - 2.5,
                color=INK,
            )


def _costs(axes: Axes, found: Alternatives, shown: int) -> None:
    """Draw what each rank costs above the best."""
    table: pd.DataFrame = found.alternatives.head(shown)
    above = table["above_best_percent"].fillna(0.0).to_numpy()  # none above what costs nothing
    is_proven = table["is_proven"].to_numpy()
    rows = np.arange(shown)
    axes.barh(
        rows,
        above,
        height=0.6,
        color=[COLD if proven else "white" for proven in is_proven],
        edgecolor=COLD,
    )
    kind = Kind.EMISSION if str(table["unit"].iloc[0]) == "t/a" else Kind.COST
    scale: Scale = scale_for(kind, table["objective_value"])
    for row, value in zip(rows, table["objective_value"], strict=True):
        axes.annotate(
            number(value / scale.factor, 3),
            (above[row], row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=TEXT_SIZE - 1.5,
            color=INK,
        )
    measure = measure_label(str(table["objective"].iloc[0]))
    dress(axes, title=f"{measure}, {scale.unit}", x="above the best, %")
    axes.set_xlim(0.0, max(1.45 * float(above.max()), 1e-6))
    axes.tick_params(labelleft=False)


def _legend(found: Alternatives) -> list[Artist]:
    line = require("matplotlib.lines", "plot", "drawing figures").Line2D
    patch = require("matplotlib.patches", "plot", "drawing figures").Patch
    handles: list[Artist] = [
        line([], [], marker="o", linestyle="none", color=COLD, label="level"),
        line([], [], marker=">", color=PUMP, label="heat pump, from source to sink"),
    ]
    if found.n_proven < len(found.designs):
        hollow = line([], [], marker="o", linestyle="none", color=COLD, label="rank not proven")
        hollow.set_markerfacecolor("white")
        handles.append(hollow)
    if len(found.level_ranges):
        text = f"range of a level within {found.within_percent:g} % of the best"
        handles.append(patch(color=COLD, alpha=0.2, label=text))
    return handles
