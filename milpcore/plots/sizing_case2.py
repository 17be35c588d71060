"""Figures of case study 2: sizes over the investment of the heat pump, and rules of thumb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.sizing_study_parts import NO_PLANT, labelled, size_line, titled
from milpcore.plots.style import (
    FAINT,
    HOT,
    INK,
    TEXT_SIZE,
    dress,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.sizing.studies.case2 import OPTIMUM
from milpcore.sizing.studies.evidence import gap_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_X = "heat_pump_investment_EUR_per_kW"


def draw_investment(table: pd.DataFrame) -> Figure:
    """Draw sizes over the investment of the heat pump, a column for each ratio of prices.

    Parameters
    ----------
    table : DataFrame
        ``investment`` of case study 2.

    Returns
    -------
    Figure
        Heat pump and boiler above, the store below; bands are proven ranges.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if table.empty:
        return sentence_figure("Sizes over the investment of the heat pump", NO_PLANT)
    ratios = sorted(set(table["price_ratio"]))
    figure = new_figure(height_in=7.0)
    grid = figure.subplots(2, len(ratios), sharex=True, sharey="row", squeeze=False)
    for place, ratio in enumerate(ratios):
        part = table[table["price_ratio"] == ratio].sort_values(_X)
        x = part[_X].to_numpy(dtype=float)
        upper, lower = grid[0, place], grid[1, place]
        for column in ("heat_pump_kW", "boiler_kW"):
            size_line(upper, x, part, column)
        size_line(lower, x, part, "store_kWh")
        dress(upper, y="size, kW" if place == 0 else "")
        titled(upper, f"Electricity : gas = {ratio:g}", gap_words(part))
        dress(lower, x="investment of the heat pump, €/kW", y="store, kWh" if place == 0 else "")
    for axes in grid[:, 0]:
        axes.set_ylim(bottom=0.0)
    legend_below(figure, *labelled(grid[:, 0]), n_columns=2)
    return figure


def draw_rules(table: pd.DataFrame) -> Figure:
    """Draw what each rule of thumb costs more than the optimum.

    Parameters
    ----------
    table : DataFrame
        ``rules`` of case study 2.

    Returns
    -------
    Figure
        A bar for each rule from the least to the most that it costs more, as proven, % of TAC.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = "Heat pumps sized by rules of thumb, beside the optimum"
    if table.empty:
        return sentence_figure(title, NO_PLANT)
    best = table[table["label"] == OPTIMUM].iloc[0]
    tac = float(best["tac_EUR_per_a"])
    rows = table[table["label"] != OPTIMUM].sort_values("heat_pump_kW")
    figure = new_figure(height_in=1.9 + 0.42 * len(rows))
    axes = figure.add_subplot()
    places = np.arange(len(rows), dtype=float)
    least, most = (
        100.0 * rows[f"regret_{end}_EUR_per_a"].to_numpy(dtype=float) / tac
        for end in ("least", "most")
    )
    axes.barh(places, least, height=0.6, color=HOT, label="at least (proven)")
    axes.barh(
        places,
        most - least,
        left=least,
        height=0.6,
        color=HOT,
        alpha=0.35,
        label="at most (proven)",
    )
    for place, low, high in zip(places, least, most, strict=True):
        axes.annotate(
            f"{low:.2f} to {high:.2f} %",
            xy=(high, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=TEXT_SIZE,
        )
    labels = [
        f"{row['label']}: {float(row['heat_pump_kW']):,.0f} kW" for row in rows.to_dict("records")
    ]
    axes.set_yticks(places, labels)
    axes.margins(x=0.16)
    axes.axvline(0.0, color=FAINT, lw=1.0)
    dress(axes, x="cost above the optimum, % of TAC")
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    remark = f"optimum: {float(best['heat_pump_kW']):,.0f} kW; {gap_words(table)}"
    titled(axes, title, remark)
    legend_below(figure, n_columns=2)
    return figure
