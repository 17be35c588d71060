"""Figures of case study 1: what flexibility, load changes, levels and cooling water are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.sizing_look import hour_ticks
from milpcore.plots.sizing_study_parts import NO_PLANT, cost_intervals, size_line, titled
from milpcore.plots.style import (
    COLD,
    EXTERNAL,
    FAINT,
    HOT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.sizing.results import SizingResult
from milpcore.sizing.simulate import simulate
from milpcore.sizing.studies.case1 import WITH, WITHOUT
from milpcore.sizing.studies.evidence import extra_cost, gap_words
from milpcore.sizing.studies.findings1 import limit_words, with_and_without

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COST = "least TAC, k€/a"


def draw_flexibility(table: pd.DataFrame) -> Figure:
    """Draw sizes and cost with and without a heat pump.

    Parameters
    ----------
    table : DataFrame
        ``flexible`` of case study 1.

    Returns
    -------
    Figure
        Left: the sizes. Right: the least cost of both, each from its proven bound to the best
        plant found; what lies between the two is what flexibility is worth.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = "What the flexibility of a small heat pump is worth"
    pair = with_and_without(table) if len(table) else None
    if pair is None:
        return sentence_figure(title, NO_PLANT)
    has, lacks = pair
    figure = new_figure(height_in=4.6)
    sizes, costs = figure.subplots(1, 2, width_ratios=(1.4, 1.0))
    names = ("heat pump, kW", "boiler, kW", "store, kWh")
    for row, shift, shade, label in ((has, -0.2, 1.0, WITH), (lacks, 0.2, 0.45, WITHOUT)):
        values = [float(row[k]) for k in ("heat_pump_kW", "boiler_kW", "store_kWh")]
        for place, (value, colour) in enumerate(zip(values, (PUMP, EXTERNAL, COLD), strict=True)):
            sizes.bar(place + shift, value, width=0.36, color=colour, alpha=shade)
            sizes.annotate(
                f"{value:,.0f}",
                xy=(place + shift, value),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color=INK,
                fontsize=TEXT_SIZE,
            )
        sizes.bar(0.0, 0.0, color=FAINT, alpha=shade, label=label)
    sizes.set_xticks(range(3), names)
    sizes.legend(frameon=False, fontsize=TEXT_SIZE, loc="upper left")
    dress(sizes, y="kW, kWh")
    titled(sizes, "Sizes of the best plants", gap_words(table))
    worth = extra_cost(lacks, has)
    both = pd.DataFrame([has, lacks])
    cost_intervals(costs, [0.0, 1.0], both, label="best plant; below it to the proven bound")
    costs.set_xlim(-0.6, 1.6)
    costs.set_xticks([0, 1], [WITH, WITHOUT])
    dress(costs, y=_COST)
    remark = f"worth {worth.least:,.0f} to {worth.most:,.0f} €/a (proven); parameters are ours"
    titled(costs, "Least cost", remark)
    legend_below(figure, *costs.get_legend_handles_labels(), n_columns=1, at_right=True)
    return figure


def draw_load_changes(table: pd.DataFrame) -> Figure:
    """Draw sizes and cost over the limit of load changes.

    Parameters
    ----------
    table : DataFrame
        ``load_changes`` of case study 1.

    Returns
    -------
    Figure
        From no limit to one in four hours: the store with its proven range above, the least cost
        below.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = "Store and cost over the limit of load changes"
    if table.empty:
        return sentence_figure(title, NO_PLANT)
    order = [
        float(row["window_h"]) / float(row["load_changes"]) if row["load_changes"] else 0.0
        for row in table.to_dict("records")
    ]
    table = table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    figure = new_figure(height_in=6.4)
    store, cost = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1.0))
    places = np.arange(len(table), dtype=float)
    size_line(store, places, table, "store_kWh")
    store.set_ylim(bottom=0.0)
    dress(store, y="store, kWh")
    titled(store, title, f"base case, boiler and store; {gap_words(table)}")
    cost_intervals(cost, places, table, label="best plant; below it to the proven bound")
    dress(cost, x="most load changes of each unit", y=_COST)
    cost.set_xticks(places, [limit_words(row) for row in table.to_dict("records")])
    legend_below(figure, n_columns=3)
    return figure


def draw_store_levels(results: Sequence[SizingResult]) -> Figure:
    """Draw the level of the store over time for several losses.

    Parameters
    ----------
    results : sequence of SizingResult
        Plants that differ in the loss of their store.

    Returns
    -------
    Figure
        Level as a share of the capacity, with the value that start and end must have.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = "Level of the store"
    shown = [one for one in results if one.design is not None and one.design.capacity_kWh[0] > 0.0]
    if not shown:
        return sentence_figure(title, NO_PLANT)
    figure = new_figure(height_in=4.6)
    axes = figure.add_subplot()
    colours = (FAINT, COLD, HOT, PUMP, EXTERNAL)
    for place, result in enumerate(shown):
        assert result.design is not None
        level = simulate(result.profile, result.parameters, result.design).level_kWh[0]
        share = 100.0 * level / float(result.design.capacity_kWh[0])
        times = result.profile.start_h + result.profile.step_h * np.arange(share.size)
        loss = 100.0 * result.parameters.stores[0].loss_per_h
        axes.plot(
            times,
            share,
            color=colours[place % len(colours)],
            lw=1.5,
            label=f"loss {loss:g} %/h: {share[:-1].mean():.0f} % in the mean",
        )
    axes.axhline(50.0, color=INK, lw=1.0, ls="--", label="start and end: half full")
    axes.set_ylim(0.0, 100.0)
    profile = shown[0].profile
    axes.set_xlim(profile.start_h, profile.start_h + profile.horizon_h)
    hour_ticks(axes, profile.start_h, profile.start_h + profile.horizon_h)
    dress(axes, x="time, h", y="level, % of the capacity")
    titled(
        axes,
        title,
        f"base case; {len(shown)} plants that differ in the loss; heat is stored as late as it may",
    )
    legend_below(figure, n_columns=2)
    return figure


def draw_cooling_water(table: pd.DataFrame) -> Figure:
    """Draw sizes and cost over the price of cooling water, with and without a heat pump.

    Parameters
    ----------
    table : DataFrame
        ``cooling_water`` of case study 1.

    Returns
    -------
    Figure
        Sizes with a heat pump allowed above; below, what the plant without one costs more, as
        proven: from the least to the most.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = "A heat pump for the cooling water it saves"
    key = "cooling_water_price_EUR_per_MWh"
    if table.empty:
        return sentence_figure(title, NO_PLANT)
    allowed = table[table["label"] == WITH].sort_values(key)
    pairs = [(price, with_and_without(part)) for price, part in table.groupby(key)]
    worth = [(float(str(x)), extra_cost(pair[1], pair[0])) for x, pair in pairs if pair]
    figure = new_figure(height_in=6.4)
    sizes, saved = figure.subplots(2, 1, sharex=True, height_ratios=(1.2, 1.0))
    for column in ("heat_pump_kW", "boiler_kW"):
        size_line(sizes, allowed[key].to_numpy(dtype=float), allowed, column, is_dotted=True)
    sizes.set_ylim(bottom=0.0)
    dress(sizes, y="size, kW")
    row = allowed.iloc[0]
    remark = (
        f"heat of the pump {row['heat_pump_heat_EUR_per_MWh']:.1f}, of the boiler "
        f"{row['boiler_heat_EUR_per_MWh']:.1f} €/MWh before cooling water; {gap_words(table)}"
    )
    titled(sizes, title, remark)
    x = [price for price, _ in worth]
    least, most = ([end / 1e3 for end in ends] for ends in zip(*(w for _, w in worth), strict=True))
    saved.vlines(x, least, most, color=PUMP, lw=6.0, alpha=0.6, label="proven, least to most")
    saved.axhline(0.0, color=INK, lw=1.0)
    dress(
        saved,
        title="What a plant without a heat pump costs more",
        x="price of cooling water, €/MWh",
        y="cost, k€/a",
    )
    legend_below(figure, n_columns=3)
    return figure
