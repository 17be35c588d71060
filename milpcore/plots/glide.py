"""The figure of levels that glide: temperatures over heat, for levels and their streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from milpcore.plots.style import (
    COLD,
    COOLING,
    EXTERNAL,
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
from milpcore.site.glide_results import GlideResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TERMS = (
    ("hot_streams_kW", HOT, "hot streams", 1.0),
    ("external_heat_kW", EXTERNAL, "external heat", 1.0),
    ("heat_pump_sink_kW", PUMP, "heat pumps", 1.0),
    ("cascade_in_kW", "#C9C9C9", "other levels", 1.0),
    ("cold_streams_kW", COLD, "cold streams", -1.0),
    ("cooling_kW", COOLING, "cooling", -1.0),
    ("heat_pump_source_kW", PUMP, "", -1.0),
    ("cascade_out_kW", "#C9C9C9", "", -1.0),
)


def gliding_levels(result: GlideResult, *, name: str = "site") -> Figure:
    """Draw supply and return of every level, and what it takes and gives.

    Parameters
    ----------
    result : GlideResult
        The design.
    name : str
        Name of the site, for the title.

    Returns
    -------
    Figure
        At the left each level from return to supply temperature, between the hot and the cold
        streams that it serves; at the right the heat that it takes (to the right) and gives (to the
        left). A sentence where there is no design.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    count = "1 level" if result.max_levels == 1 else f"{result.max_levels} levels"
    title = f"{name}: at most {count} that may glide"
    if not result.has_design:
        return sentence_figure(title, "no design")
    scale = scale_for(Kind.COST, [result.objective_value])
    if result.summary["unit"].iloc[0] == "t/a":
        scale = scale_for(Kind.EMISSION, [result.objective_value])
    value = f"{scale.text(result.objective_value)} {scale.unit}"
    n_levels = len(result.levels)
    figure = new_figure(height_in=max(4.2, 2.4 + 0.7 * n_levels))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1.0))
    _temperatures(left, result)
    measure = measure_label(result.objective.value)
    dress(left, title=f"{title}, {measure} {value}", x="temperature, °C")
    _heat(right, result)
    labels = [
        f"{supply:g} / {back:g}" if supply > back else f"{supply:g}"
        for supply, back in result.levels[["supply_C", "return_C"]].to_numpy()
    ]
    left.set_yticks(np.arange(n_levels), labels)
    left.set_ylabel("level, supply / return, °C")
    left.set_ylim(-0.6, n_levels - 0.4)
    legend_below(figure, n_columns=4)
    return figure


def _temperatures(axes: Axes, result: GlideResult) -> None:
    """Draw levels as thick lines, hot streams above and cold streams below."""
    for row, (supply_C, back_C) in enumerate(result.levels[["supply_C", "return_C"]].to_numpy()):
        label = "level, return to supply" if row == 0 else None
        axes.plot(
            [back_C, supply_C], [row, row], "|-", color=INK, lw=3.5, ms=13, mew=2.5, label=label
        )
        served = result.connections
        served = served[(served["supply_C"] == supply_C) & (served["return_C"] == back_C)]
        for kind, colour, sign in (("hot", HOT, 1.0), ("cold", COLD, -1.0)):
            side = served[served["kind"] == kind].sort_values("t_supply_C")
            apart = min(0.1, 0.3 / max(len(side) - 1, 1))
            place = row + sign * (0.13 + apart * np.arange(len(side)))
            ends = side[["t_supply_C", "t_target_C"]].to_numpy()
            axes.hlines(place, ends.min(axis=1), ends.max(axis=1), color=colour, linewidth=1.4)


def _heat(axes: Axes, result: GlideResult) -> None:
    """Stack what every level takes to the right, and what it gives to the left."""
    levels = result.levels
    scale = scale_for(Kind.HEAT, levels[[name for name, *_ in _TERMS]].to_numpy().ravel())
    rows = np.arange(len(levels))
    ends = {1.0: np.zeros(len(levels)), -1.0: np.zeros(len(levels))}
    for name, colour, label, sign in _TERMS:
        width = sign * levels[name].to_numpy() / scale.factor
        if not width.any():
            continue
        known = axes.get_legend_handles_labels()[1]
        text = label or {"#C9C9C9": "other levels", PUMP: "heat pumps"}[colour]
        axes.barh(
            rows,
            width,
            left=ends[sign],
            height=0.6,
            color=colour,
            label=None if text in known else text,
        )
        ends[sign] = ends[sign] + width
    axes.axvline(0.0, color=INK, linewidth=1.0)
    dress(axes, x=f"heat given (left) and taken (right), {scale.unit}")
    for row, water in enumerate(levels["water_kg_per_s"]):
        if np.isfinite(water):
            axes.annotate(
                f"{water:.0f} kg/s water",
                (0.0, row + 0.32),
                xytext=(0, 1),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=TEXT_SIZE - 1.0,
                color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
