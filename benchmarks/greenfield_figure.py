"""The figure of the greenfield benchmark: time per configuration, and gap over time."""

from __future__ import annotations

from pathlib import Path

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
    new_figure,
    save_figure,
)

OWN = (
    ("path_search, highspy, in a study", "path search, highspy", PUMP),
    ("path_search, scipy, in a study", "path search, SciPy alone", COLD),
)
BASELINES = (
    ("assignment_weak", "assignment_weak (the paper's)", HOT, "s"),
    ("assignment_strong", "assignment_strong", EXTERNAL, "^"),
    ("kink_assignment", "kink_assignment", ELECTRICITY, "D"),
    ("level_path", "level_path", COOLING, "v"),
)
GAP_COLOURS = (PUMP, HOT, COLD)
LEGEND = {"fontsize": TEXT_SIZE, "frameon": False, "ncols": 3}
LEAST_GAP = 3e-5
"""Smaller gaps are drawn here: the axis is logarithmic."""


def draw_speed(
    table: pd.DataFrame, gaps: pd.DataFrame, *, limit_s: float, path: Path
) -> tuple[Path, ...]:
    """Draw and save the figure.

    Parameters
    ----------
    table : DataFrame
        Measurements of the greenfield benchmark.
    gaps : DataFrame
        Gap over time.
    limit_s : float
        Time limit of the baselines.
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
    figure = new_figure(height_in=5.2)
    left, right = figure.subplots(1, 2)
    for method, label, colour in OWN:
        own = table[table["method"] == method]
        left.plot(own["max_levels"], own["median_s"], "o-", color=colour, label=label)
    for place, (method, label, colour, marker) in enumerate(BASELINES):
        runs = table[(table["part"] == "baseline") & (table["method"] == method)]
        at = runs["max_levels"] + 0.18 * (place - 1.5)
        is_open = runs["at_least"].astype(bool)
        seconds = runs["median_s"].where(~is_open, limit_s)
        left.plot(at, seconds, marker, color=colour, label=label, linestyle="none")
        for x in at[is_open]:
            left.annotate(
                "",
                xy=(x, limit_s * 2.8),
                xytext=(x, limit_s * 1.15),
                arrowprops={"arrowstyle": "->", "color": colour},
            )
    left.axhline(limit_s, color=FAINT, linewidth=0.8, linestyle=":")
    left.set_yscale("log")
    left.set_ylim(top=limit_s * 12.0)
    dress(left, title="Time to a proven gap of 1e-4", x="largest number of levels", y="s")
    left.text(
        1.8,
        limit_s * 4.0,
        f"arrow: not finished in {limit_s:g} s",
        fontsize=TEXT_SIZE,
        color=INK,
    )
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", **LEGEND)
    for (n_levels, seen), colour in zip(gaps.groupby("max_levels"), GAP_COLOURS, strict=False):
        gap = seen["gap"].clip(lower=LEAST_GAP, upper=1.0)
        right.step(
            seen["elapsed_s"],
            gap,
            where="post",
            color=colour,
            label=f"at most {n_levels} levels",
        )
    right.axhline(1e-4, color=FAINT, linewidth=0.8, linestyle=":")
    right.set_yscale("log")
    dress(right, title="Gap over time, path search, highspy", x="s", y="relative gap")
    right.set_xlim(left=0.0)
    right.legend(fontsize=TEXT_SIZE, frameon=False)
    return save_figure(figure, path, formats=("png",))
