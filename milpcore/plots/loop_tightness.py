"""Figure of a tightness table of the models of loops: the root gap of every variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from milpcore.plots.gap_marks import draw_gaps
from milpcore.plots.style import dress, legend_below, new_figure, sentence_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_QUESTIONS = {
    "energy": "least cost of utilities",
    "cost": "estimate of the total annual cost on cells",
}


def loop_root_gaps(table: pd.DataFrame, *, title: str = "Tightness of the relaxations") -> Figure:
    """Draw the root gap of every variant.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.loops.compare`.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Axes for each question; in that of cost one line for each way to write the rows, one mark
        for each width of cells. Variants without a bound have no mark; if none has one, a
        sentence says so.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    known = table[table["root_gap"].notna()]
    if known.empty:
        sentence = "no variant has a root gap: its bound or the optimum is missing"
        return sentence_figure(title, sentence)
    groups = [(name, known[known["question"] == name]) for name in dict.fromkeys(known["question"])]
    lines = [[_line(name) for name in group["variant"]] for _, group in groups]
    counts = [len(set(names)) for names in lines]
    figure = new_figure(height_in=1.6 + 1.1 * len(groups) + 0.42 * sum(counts))
    every = figure.subplots(len(groups), squeeze=False, height_ratios=counts)[:, 0]
    for place, (axes, (question, group), names) in enumerate(
        zip(every, groups, lines, strict=True)
    ):
        widths = group["cells_K"]
        choices = [f"cells of {one:g} K" if one > 0.0 else "" for one in widths]
        draw_gaps(axes, group["root_gap"], names, choices)
        proven = 100.0 * float(group["optimum_gap"].max())
        what = f"{_QUESTIONS[question]}: root gap to the best known (proven to {proven:.2g} %), %"
        dress(axes, title="" if place else title, x=what)
        axes.grid(visible=False, axis="y")
        handles, labels = axes.get_legend_handles_labels()
        if any(labels):
            legend_below(figure, handles, labels, n_columns=len(labels), at_right=True)
    return figure


def _line(variant: str) -> str:
    """Name of a variant's line: the model only where there are several, never the width."""
    question, model, rows = variant.split(":")
    return rows if question == "cost" else f"{model}: {rows}"
