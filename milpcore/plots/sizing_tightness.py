"""Figure of a tightness table of the sizing model: the root gap of every variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.style import (
    COLD,
    EXTERNAL,
    HOT,
    INK,
    PUMP,
    dress,
    legend_below,
    new_figure,
    sentence_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = (("o", COLD), ("s", HOT), ("^", PUMP), ("D", EXTERNAL), ("v", INK))


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
    lines = list(dict.fromkeys(names))
    figure = new_figure(height_in=1.9 + 0.5 * len(lines))
    axes = figure.subplots()
    place = {name: number for number, name in enumerate(lines)}
    cuts = list(dict.fromkeys(known["cuts"]))
    for number, cut in enumerate(cuts):
        marker, colour = _MARKS[number % len(_MARKS)]
        is_one = (known["cuts"] == cut).to_numpy()
        percent = 100.0 * known.loc[is_one, "root_gap"].to_numpy(np.float64)
        shift = 0.8 * ((number + 0.5) / len(cuts) - 0.5)
        height = [place[name] + shift for name, one in zip(names, is_one, strict=True) if one]
        label = cut.replace("_", " ").replace("+", " and ")
        axes.plot(percent, height, marker, color=colour, ms=6.5, label=label, clip_on=False)
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(0.0, max(1.08 * 100.0 * float(known["root_gap"].max()), 1e-3))
    proven = 100.0 * float(known["optimum_gap"].max())
    dress(axes, title=title, x=f"root gap to the best known cost (proven to {proven:.2g} %), %")
    axes.grid(visible=False, axis="y")
    legend_below(figure, *axes.get_legend_handles_labels(), n_columns=len(cuts), at_right=True)
    return figure
