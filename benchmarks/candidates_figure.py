"""The figure of the candidates benchmark: what each set loses, and how long it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from milpcore.plots.style import (
    COLD,
    FAINT,
    HOT,
    INK,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    new_figure,
    save_figure,
)

KINDS = (
    ("random", COLD, "24 random sites"),
    ("small", PUMP, "24 small sites"),
    ("site_400", HOT, "site_400, N = 4, 6, 8"),
)
LEAST_PERCENT = 1e-3
"""Losses up to the gap of the searches are drawn as none."""


def draw_candidates(table: pd.DataFrame, *, path: Path) -> tuple[Path, ...]:
    """Draw and save the figure.

    Parameters
    ----------
    table : DataFrame
        Measurements of the candidates benchmark.
    path : Path
        File to write, without suffix.

    Returns
    -------
    tuple of Path
        The files written.
    """
    sites = table[table["part"] == "site"]
    names = list(dict.fromkeys(sites["candidates"]))
    figure = new_figure(height_in=5.4)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.6, 1.0))
    random = np.random.default_rng(1)
    for place, (kind, colour, label) in enumerate(KINDS):
        of_kind = sites[sites["kind"] == kind]
        rows = np.array([names.index(name) for name in of_kind["candidates"]], dtype=float)
        rows += 0.24 * (place - 1) + random.uniform(-0.07, 0.07, rows.size)
        loss = of_kind["loss_percent"].to_numpy()
        look = {"s": 18, "color": colour, "alpha": 0.75, "linewidths": 0}
        left.scatter(np.where(loss < LEAST_PERCENT, 0.0, loss), rows, label=label, **look)
        right.scatter(of_kind["took_s"], rows, **look)
    left.set_xscale("symlog", linthresh=0.01, linscale=0.6)
    left.set_xlim(left=-0.003)
    left.set_xticks([0.0, 0.01, 0.1, 1.0, 10.0, 100.0], ["0", "0.01", "0.1", "1", "10", "100"])
    left.axvline(0.0, color=FAINT, linewidth=0.8)
    dress(left, title="Cost lost against kinks + 1 K grid", x="%, up to 0.001 % drawn at 0")
    dress(right, title="Time of the search", x="s")
    right.set_xscale("log")
    left.set_yticks(range(len(names)), names, fontsize=TEXT_SIZE, color=INK)
    left.set_ylim(len(names) - 0.4, -0.6)
    right.tick_params(labelleft=False)
    legend_below(figure, n_columns=3)
    return save_figure(figure, path, formats=("png",))
