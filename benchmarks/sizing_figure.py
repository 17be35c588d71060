"""The figure of the sizing benchmark: gaps of all tools at the same time limit."""

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
    new_figure,
    save_figure,
)

LOOK = {
    "milpcore": ("milpcore", PUMP, "o"),
    "pypsa": ("PyPSA", COLD, "s"),
    "oemof": ("oemof.solph", HOT, "^"),
}
LEAST_GAP, MOST_GAP = 1e-5, 1.0
"""Gaps beyond are drawn here: the axis is logarithmic."""


def draw_gaps(table: pd.DataFrame, path: Path) -> tuple[Path, ...]:
    """Draw and save the figure; without a comparison there is none.

    Parameters
    ----------
    table : DataFrame
        Measurements of the sizing benchmark.
    path : Path
        File to write, without suffix.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    runs = table[(table["part"] == "comparison") & (table["load_changes"] == "limited")]
    scenarios = sorted(set(runs["scenario"]))
    if not scenarios:
        return ()
    figure = new_figure(height_in=4.6)
    limit_s, asked = float(runs["limit_s"].iloc[0]), float(runs["mip_rel_gap"].iloc[0])
    axes = figure.subplots(1, len(scenarios), sharey=True, squeeze=False)[0]
    for place, (scenario, here) in enumerate(zip(scenarios, axes, strict=True)):
        own = runs[runs["scenario"] == scenario]
        order = (
            own[["deviation_percent", "seed"]]
            .drop_duplicates()
            .sort_values(["deviation_percent", "seed"])
        )
        at = {tuple(pair): x for x, pair in enumerate(order.itertuples(index=False))}
        for beside, (method, (label, colour, marker)) in enumerate(LOOK.items()):
            mine = own[own["method"] == method]
            pairs = zip(mine["deviation_percent"], mine["seed"], strict=True)
            x = [at[pair] + 0.25 * (beside - 1) for pair in pairs]
            gap = mine["gap"].astype(float).fillna(MOST_GAP).clip(LEAST_GAP, MOST_GAP)
            here.plot(x, gap, marker, color=colour, label=label, linestyle="none", markersize=6)
        here.axhline(asked, color=FAINT, linewidth=0.8, linestyle=":")
        _mark_deviations(here, order["deviation_percent"].to_numpy(dtype=float))
        here.set_yscale("log")
        dress(
            here,
            title=f"Scenario {scenario}",
            x="standard deviation, % of the mean",
            y="" if place else f"relative gap after {limit_s:g} s",
        )
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        fontsize=TEXT_SIZE,
        frameon=False,
        ncols=len(LOOK),
        title=f"each an instance; dotted: the gap asked for, {asked:g}; at 1: no design found",
        title_fontsize=TEXT_SIZE,
    )
    return save_figure(figure, path, formats=("png",))


def _mark_deviations(axes: object, deviation: np.ndarray) -> None:
    """Label groups of instances with the same deviation, with lines between them."""
    values = np.unique(deviation)
    middle = [float(np.flatnonzero(deviation == value).mean()) for value in values]
    axes.set_xticks(middle, [f"{value:g}" for value in values])  # type: ignore[attr-defined]
    for border in np.flatnonzero(np.diff(deviation)) + 0.5:
        axes.axvline(border, color=INK, linewidth=0.4, alpha=0.4)  # type: ignore[attr-defined]
