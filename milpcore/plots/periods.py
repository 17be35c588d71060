"""The figure of several operating periods: heat supply of each, and the heat pumps they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from milpcore.plots.style import (
    COLD,
    COOLING,
    ELECTRICITY,
    EXTERNAL,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, scale_for
from milpcore.site.periods.results import PeriodResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
MOST_PUMPS = 15
"""Heat pumps drawn; of more, the largest."""
UPRIGHT = 5
"""Periods up to which their names are written level."""


def period_operation(result: PeriodResult, *, name: str = "site") -> Figure:
    """Draw where the heat of the cold streams comes from in every period, and the pump sizes.

    Parameters
    ----------
    result : PeriodResult
        The design.
    name : str
        Name of the site, for the title.

    Returns
    -------
    Figure
        At the left a stack for each period that adds up to the duty of its cold streams: external
        heat, electricity of heat pumps, heat recovered from hot streams; and a mark for the cooling
        of what hot streams have left. At the right the size of each heat pump, shared by all
        periods, with a line for what it delivers in each. A sentence where there is no design.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    count = "1 level" if result.max_levels == 1 else f"{result.max_levels} levels"
    title = f"{name}: at most {count} in {result.asked.n_periods} periods"
    if not result.has_design:
        return sentence_figure(title, "no design")
    n_pumps = min(len(result.heat_pumps), MOST_PUMPS)
    figure = new_figure(height_in=max(4.6, 2.6 + 0.32 * n_pumps))
    if n_pumps:
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1.0))
        _pumps(right, result)
    else:
        left = figure.subplots(1, 1)
    _supply(left, result, title)
    legend_below(figure, n_columns=3)
    return figure


def _supply(axes: Axes, result: PeriodResult, title: str) -> None:
    """Stack the supply of each period, and mark its cooling."""
    periods = result.periods
    cold_kW = result.operation.groupby("period", sort=False)["cold_streams_kW"].sum()
    demand_kW = cold_kW.reindex(periods["period"]).to_numpy()
    external_kW, power_kW, cooling_kW = (
        periods[column].to_numpy()
        for column in ("external_heat_kW", "electricity_kW", "cooling_kW")
    )
    recovered_kW = np.maximum(demand_kW - external_kW - power_kW, 0.0)
    scale = scale_for(Kind.HEAT, [*demand_kW, *cooling_kW])
    place = np.arange(len(periods))
    below_kW = np.zeros(len(periods))
    for flow_kW, colour, label in (
        (recovered_kW, COLD, "recovered from hot streams"),
        (power_kW, ELECTRICITY, "electricity of heat pumps"),
        (external_kW, EXTERNAL, "external heat"),
    ):
        axes.bar(
            place,
            flow_kW / scale.factor,
            bottom=below_kW / scale.factor,
            width=0.66,
            color=colour,
            label=label,
        )
        below_kW = below_kW + flow_kW
    axes.plot(
        place,
        cooling_kW / scale.factor,
        "D",
        color=COOLING,
        markeredgecolor=INK,
        markersize=6.5,
        linestyle="none",
        label="cooling (not in the stack)",
    )
    names = [
        f"{period}\n{hours:g} h/a" if len(periods) <= UPRIGHT else str(period)
        for period, hours in zip(periods["period"], periods["hours_h_per_a"], strict=True)
    ]
    axes.set_xticks(place, names)
    if len(periods) > UPRIGHT:
        axes.tick_params(axis="x", rotation=45)
    dress(axes, title=title, y=f"supply of the cold streams, {scale.unit}")
    axes.grid(visible=False, axis="x")
    axes.set_ylim(bottom=0.0)


def _pumps(axes: Axes, result: PeriodResult) -> None:
    """Draw the shared size of each heat pump, and a line for its heat in each period."""
    pumps = result.heat_pumps.nlargest(MOST_PUMPS, "size_kW").sort_values("source_C")
    scale = scale_for(Kind.HEAT, pumps["size_kW"])
    rows = np.arange(len(pumps))
    axes.barh(
        rows,
        pumps["size_kW"].to_numpy() / scale.factor,
        height=0.66,
        color=PUMP,
        alpha=0.35,
        label="size of a heat pump, all periods",
    )
    of_pump_kW = result.pump_operation["heat_kW"].to_numpy().reshape(-1, len(result.heat_pumps))
    for row, pump in enumerate(pumps.index):
        heat_kW = of_pump_kW[:, pump] / scale.factor
        axes.vlines(heat_kW, row - 0.33, row + 0.33, color=PUMP, linewidth=1.8)
    labels = [f"{low:g} → {high:g}" for low, high in pumps[["source_C", "sink_C"]].to_numpy()]
    if "type" in pumps:
        labels = [f"{ends} {kind}" for ends, kind in zip(labels, pumps["type"], strict=True)]
    axes.set_yticks(rows, labels)
    axes.vlines([], [], [], color=PUMP, linewidth=1.8, label="what it delivers in a period")
    left_out = len(result.heat_pumps) - len(pumps)
    title = "heat pumps, °C" + (f" (largest of {len(result.heat_pumps)})" if left_out else "")
    dress(axes, title=title, x=f"heat delivered, {scale.unit}")
    axes.grid(visible=False, axis="y")
    axes.set_xlim(left=0.0)
    axes.tick_params(axis="y", labelsize=TEXT_SIZE)
