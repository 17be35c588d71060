"""Figure of a tightness table of the sizing model: the root gap of every variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from milpcore.plots.gap_marks import draw_gaps
from milpcore.plots.style import dress, legend_below, new_figure, sentence_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sizing_root_gaps(table: pd.DataFrame, *, title: str = "Tightness of the relaxations") -> Figure:
    """Draw the root gap of every variant.

    Parameters
    ----------
    table : DataFrame
        From `milpcore.sizing.compare`.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        One line for each commitment, direction, limits and held unit, one mark for each set of
        cuts. Variants without a bound have no mark; if none has one, a sentence says so.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    known = table[table["root_gap"].notna()]
    if known.empty:
        sentence = "no variant has a root gap: its bound or the optimum is missing"
        return sentence_figure(title, sentence)
    names = [
        f"{row.commitment}, {row.direction}"
        f"{', wide limits' if row.limits == 'wide' else ''}"
        f"{f', {row.held!s} held' if row.held else ''}"
        for row in known.itertuples(index=False)
    ]
    figure = new_figure(height_in=1.9 + 0.5 * len(set(names)))
    axes = figure.subplots()
    cuts = [cut.replace("_", " ").replace("+", " and ") for cut in known["cuts"]]
    draw_gaps(axes, known["root_gap"], names, cuts)
    proven = 100.0 * float(known["optimum_gap"].max())
    dress(axes, title=title, x=f"root gap to the best known cost (proven to {proven:.2g} %), %")
    axes.grid(visible=False, axis="y")
    legend_below(figure, *axes.get_legend_handles_labels(), n_columns=len(set(cuts)), at_right=True)
    return figure
