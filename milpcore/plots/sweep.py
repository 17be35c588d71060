"""Figures of a sweep: how TAC spreads, and which heat pumps run how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.style import (
    COLD,
    FAINT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, scale_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BARS = 20


def tac_distribution(table: pd.DataFrame, *, title: str = "TAC over all cases") -> Figure:
    """Draw a histogram of TAC with its median and the range of nine cases in ten.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.sweep`, with ``tac_EUR_per_a``.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        A sentence where no case has a design.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    known = table["tac_EUR_per_a"].dropna() if "tac_EUR_per_a" in table else pd.Series(dtype=float)
    if not len(known):
        return sentence_figure(title, "no case has a design")
    scale = scale_for(Kind.COST, known)
    values = known.to_numpy(np.float64) / scale.factor
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    figure = new_figure(height_in=4.8)
    axes = figure.subplots()
    bins = int(np.clip(np.sqrt(len(values)), 5, 60))
    axes.hist(values, bins=bins, color=COLD, alpha=0.85, edgecolor="white", linewidth=0.4)
    axes.axvline(middle, color=INK, linewidth=1.8, label=f"median {middle:.4g} {scale.unit}")
    label = f"nine cases in ten: {low:.4g} to {high:.4g} {scale.unit}"
    axes.axvspan(low, high, color=FAINT, alpha=0.15, label=label, zorder=0)
    dress(axes, title=title, x=f"TAC, {scale.unit}", y=f"cases of {len(values)}")
    legend_below(figure, n_columns=2)
    return figure


def heat_pump_shares(
    heat_pumps: pd.DataFrame, *, title: str = "How often each heat pump runs"
) -> Figure:
    """Draw the share of the cases in which each heat pump runs, with its mean heat.

    Parameters
    ----------
    heat_pumps : DataFrame
        `milpcore.sweeps.SweepSummary.heat_pumps`.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        The most frequent ones, at most `MOST_BARS`; a sentence where none ever runs.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if not len(heat_pumps):
        return sentence_figure(title, "no heat pump runs in any case")
    rows = heat_pumps.head(MOST_BARS)
    scale = scale_for(Kind.HEAT, rows["mean_heat_kW"])
    figure = new_figure(height_in=1.6 + 0.38 * len(rows))
    axes = figure.subplots()
    place = np.arange(len(rows))
    share = 100.0 * rows["share"].to_numpy(np.float64)
    axes.barh(place, share, height=0.62, color=PUMP)
    names = [f"{a:g} → {b:g} °C" for a, b in zip(rows["source_C"], rows["sink_C"], strict=True)]
    axes.set_yticks(place, names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0.0, 100.0)
    for y, (percent, heat_kW) in enumerate(zip(share, rows["mean_heat_kW"], strict=True)):
        text = f"{percent:.1f} %, mean {scale.text(heat_kW, 1)} {scale.unit}"
        inside = percent > 65.0
        axes.text(
            percent - 1.0 if inside else percent + 1.0,
            y,
            text,
            ha="right" if inside else "left",
            va="center",
            fontsize=TEXT_SIZE,
            color="white" if inside else INK,
        )
    dress(axes, title=title, x="cases in which it runs, % (mean heat where it does)")
    axes.grid(visible=False, axis="y")
    return figure
