"""Figure of a tightness table: the root gap of every variant, logarithmic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.style import (
    COLD,
    COOLING,
    ELECTRICITY,
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST_PERCENT = 1e-3
"""Gaps from 1e-5 down are drawn at the left edge, as closed."""
_MARKS = (
    ("o", COLD),
    ("s", HOT),
    ("^", PUMP),
    ("D", EXTERNAL),
    ("v", ELECTRICITY),
    ("P", COOLING),
    ("X", FAINT),
    ("*", INK),
)


def root_gaps(table: pd.DataFrame, *, title: str = "Tightness of the relaxations") -> Figure:
    """Draw the root gap of every variant and number of levels.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.compare`.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        One line per variant, one mark per number of levels; the scale is logarithmic, and gaps of
        0.001 % or less stand at its left edge. Variants without a bound have no mark; if none
        has one, a sentence says so.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if not table["root_gap"].notna().any():
        sentence = "no variant has a root gap: its bound or the optimum is missing"
        return sentence_figure(title, sentence)
    variants = list(dict.fromkeys(table["variant"]))
    figure = new_figure(height_in=max(3.0, 1.7 + 0.27 * len(variants)))
    axes = figure.subplots()
    place = {name: number for number, name in enumerate(variants)}
    _shade_reduced(axes, table, place)
    counts = sorted(set(table["max_levels"]))
    for number, n_levels in enumerate(counts):
        marker, colour = _MARKS[number % len(_MARKS)]
        rows = table[(table["max_levels"] == n_levels) & table["root_gap"].notna()]
        percent = np.maximum(100.0 * rows["root_gap"].to_numpy(np.float64), _LEAST_PERCENT)
        shift = 0.5 * ((number + 0.5) / len(counts) - 0.5)
        height = np.array([place[name] + shift for name in rows["variant"]])
        axes.plot(
            percent, height, marker, color=colour, ms=6.5, label=f"N = {n_levels}", clip_on=False
        )
    axes.set_xscale("log")
    _scale(axes, table)
    axes.set_yticks(range(len(variants)), variants)
    axes.set_ylim(len(variants) - 0.4, -0.6)
    dress(axes, title=title, x="root gap, % of the optimum (left edge: 0.001 % or less)")
    if table["reduced"].any():
        figure.text(
            0.01, 0.008, "shaded: reduced by a known design", color=FAINT, fontsize=TEXT_SIZE
        )
    axes.grid(visible=False, axis="y")
    legend_below(figure, *axes.get_legend_handles_labels(), n_columns=len(counts), at_right=True)
    return figure


def _scale(axes: Axes, table: pd.DataFrame) -> None:
    """Limits and ticks in plain numbers."""
    top = max(1.0, 1.5 * float((100.0 * table["root_gap"]).max()))
    axes.set_xlim(_LEAST_PERCENT, top)
    ticks = [10.0**power for power in range(-3, 3) if 10.0**power <= top]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def _shade_reduced(axes: Axes, table: pd.DataFrame, place: dict[str, int]) -> None:
    """Shade the variants that a known design has made smaller."""
    reduced = table[table["reduced"].astype(bool)]["variant"].unique()
    for name in reduced:
        axes.axhspan(place[name] - 0.5, place[name] + 0.5, color="#F3F6F9", zorder=0)
