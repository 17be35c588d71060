"""Figures of a greenfield study over its configurations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.levels import levels_and_streams
from milpcore.plots.style import (
    COLD,
    COOLING,
    ELECTRICITY,
    EXCHANGER,
    EXTERNAL,
    FAINT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    heat_label,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.plots.tables import cost_components
from milpcore.plots.tables import heat_pump_use as use_table
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.site.results import GreenfieldStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["cost_over_levels", "heat_pump_use", "levels_and_streams"]

_COMPONENTS = (
    ("external_heat_EUR_per_a", "external heat with its CO₂", EXTERNAL),
    ("electricity_EUR_per_a", "electricity with its CO₂", ELECTRICITY),
    ("heat_pumps_EUR_per_a", "investment in heat pumps", PUMP),
    ("levels_EUR_per_a", "investment in levels", FAINT),
    ("exchangers_EUR_per_a", "investment in exchangers", EXCHANGER),
    ("cooling_EUR_per_a", "cooling", COOLING),
)
_MOST_BARS = 30
_X_LABEL = "largest number of utility levels"


def cost_over_levels(study: GreenfieldStudy, *, title: str = "Greenfield study") -> Figure:
    """Draw the objective, its proof, the heat pumps and the cost over the number of levels.

    Parameters
    ----------
    study : GreenfieldStudy
        Configurations with different numbers of levels.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Above, the objective of every configuration with its number of heat pumps, and the lower
        bound where it is not proven optimal; below, TAC split into what is paid for. Without
        any design, a sentence that says so.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    summary = study.summary
    if not summary["objective_value"].notna().any():
        return sentence_figure(title, _without_designs(study))
    figure = new_figure(height_in=7.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.15))
    _objective(upper, summary, title)
    _components(lower, cost_components(study))
    lower.set_xticks(summary["max_levels"].tolist())
    first, last = int(summary["max_levels"].min()), int(summary["max_levels"].max())
    lower.set_xlim(first - 0.7, last + 0.7)
    return figure


def _without_designs(study: GreenfieldStudy) -> str:
    """Say how the configurations ended, none of which has a design."""
    ends = Counter(result.status.value for result in study.results)
    counts = ", ".join(f"{count} {status}" for status, count in ends.items())
    return f"no configuration has a design ({counts or 'there is none'})"


def _objective(axes: Axes, summary: pd.DataFrame, title: str) -> None:
    name = measure_label(str(summary["objective"].iloc[0])) if len(summary) else "TAC"
    kind = Kind.EMISSION if "t/a" in set(summary["unit"]) else Kind.COST
    found = summary[summary["objective_value"].notna()]
    scale = scale_for(kind, found["objective_value"])
    x, value = found["max_levels"], found["objective_value"] / scale.factor
    proven = (found["status"] == "optimal").to_numpy()
    axes.plot(x, value, color=COLD, lw=1.6, zorder=2)
    axes.plot(x[proven], value[proven], "o", color=COLD, ms=7, label=f"{name}, proven optimal")
    if not proven.all():
        _unproven(axes, found[~proven], scale)
    for levels, height, pumps in zip(x, value, found["n_heat_pumps"], strict=True):
        axes.annotate(
            str(pumps),
            xy=(levels, height),
            xytext=(5, 6),
            textcoords="offset points",
            ha="left",
            color=PUMP,
            fontsize=TEXT_SIZE,
            fontweight="bold",
        )
    missing = summary[summary["objective_value"].isna()]
    for levels, status in zip(missing["max_levels"], missing["status"], strict=True):
        axes.annotate(
            f"no design: {status}",
            xy=(levels, 0.06),
            xycoords=axes.get_xaxis_transform(),
            rotation=90,
            ha="center",
            va="bottom",
            color=INK,
            fontsize=TEXT_SIZE,
        )
    axes.plot([], [], ls="", marker="$3$", color=PUMP, ms=8, label="number of heat pumps")
    dress(axes, title=title, y=f"{name}, {scale.unit}")
    axes.margins(y=0.18)
    axes.legend(frameon=False, fontsize=TEXT_SIZE, loc="upper right")


def _unproven(axes: Axes, found: pd.DataFrame, scale: Scale) -> None:
    """Mark the best designs found, and how far down a better one may lie where that is known."""
    best = (found["objective_value"] / scale.factor).to_numpy(dtype=np.float64)
    levels = found["max_levels"].to_numpy()
    axes.plot(levels, best, "o", mfc="white", mec=COLD, ms=7, label="best found, not proven")
    bound = (found["bound"] / scale.factor).to_numpy(dtype=np.float64)
    known = bound > 0.0
    if known.any():
        axes.errorbar(
            levels[known],
            best[known],
            yerr=np.vstack((best - bound, np.zeros_like(best)))[:, known],
            fmt="none",
            ecolor=FAINT,
            capsize=5,
            zorder=1,
            label="down to the lower bound",
        )


def _components(axes: Axes, costs: pd.DataFrame) -> None:
    """Stack what is paid for."""
    scale = scale_for(Kind.COST, costs["tac_EUR_per_a"])
    base = np.zeros(len(costs))
    for column, label, colour in _COMPONENTS:
        if column not in costs:
            continue
        height = costs[column].to_numpy(dtype=np.float64) / scale.factor
        if np.any(height > 0.0):
            axes.bar(
                costs["max_levels"], height, bottom=base, width=0.72, color=colour, label=label
            )
            base = base + height
    size = TEXT_SIZE if len(costs) <= 16 else TEXT_SIZE - 2.0
    for levels, total in zip(costs["max_levels"], base, strict=True):
        axes.annotate(
            number(float(total), 1),
            xy=(levels, total),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=INK,
            fontsize=size,
        )
    dress(axes, x=_X_LABEL, y=f"TAC, {scale.unit}")
    axes.grid(visible=False, axis="x")
    axes.set_ylim(0.0, max(float(base.max(initial=0.0)) * 1.32, 1e-9))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=TEXT_SIZE, loc="upper right", ncols=2)


def heat_pump_use(study: GreenfieldStudy, *, title: str = "Use of the heat pumps") -> Figure:
    """Draw how much heat each heat pump delivers and how often it is chosen.

    Parameters
    ----------
    study : GreenfieldStudy
        Configurations with different numbers of levels.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Bars per pair of levels, most heat first: sink heat summed over the configurations (left)
        and number of configurations that use the pair (right). At most 30 pairs are drawn;
        without any, a sentence says so.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    use = use_table(study)
    n_designs = sum(result.has_design for result in study.results)
    if not len(use):
        sentence = "no heat pump in any configuration" if n_designs else _without_designs(study)
        return sentence_figure(title, sentence)
    shown = use.head(_MOST_BARS)
    scale = scale_for(Kind.HEAT, use["total_heat_kW"])
    figure = new_figure(height_in=max(3.2, 1.9 + 0.24 * len(shown)))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.7, 1.0))
    label = f"sink heat, sum over the configurations, {scale.unit}"
    dress(left, title=title, x=label, y="source → sink, °C")
    dress(right, x=f"configurations that use it, of {n_designs}")
    _bars(left, right, shown, scale)
    right.set_xlim(0, n_designs * 1.08)
    right.xaxis.get_major_locator().set_params(integer=True)
    if len(use) > len(shown):
        rest = use.iloc[len(shown) :]
        heat = heat_label(float(rest["total_heat_kW"].sum()), scale)
        text = f"not drawn: {len(rest)} more pairs with {heat} {scale.unit} in all"
        figure.supxlabel(text, fontsize=TEXT_SIZE, color=FAINT)
    return figure


def _bars(left: Axes, right: Axes, use: pd.DataFrame, scale: Scale) -> None:
    places = np.arange(len(use))
    heat = (use["total_heat_kW"] / scale.factor).to_numpy()
    count = use["n_configurations"].to_numpy()
    left.barh(places, heat, color=PUMP, height=0.72)
    right.barh(places, count, color=COLD, height=0.72)
    pairs = zip(use["source_C"], use["sink_C"], strict=True)
    left.set_yticks(places, [f"{source_C:g} → {sink_C:g}" for source_C, sink_C in pairs])
    left.invert_yaxis()
    labels = [heat_label(heat_kW, scale) for heat_kW in use["total_heat_kW"]]
    for axes, values, texts in ((left, heat, labels), (right, count, [f"{n}" for n in count])):
        for place, value, text in zip(places, values, texts, strict=True):
            axes.annotate(
                text,
                xy=(value, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                color=INK,
                fontsize=TEXT_SIZE,
            )
        axes.grid(visible=False, axis="y")
    left.margins(x=0.1, y=0.02)
