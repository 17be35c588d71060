"""Figures of a retrofit study: what moving existing levels saves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from milpcore.extras import require
from milpcore.plots.style import (
    COLD,
    FAINT,
    INK,
    LABEL_SIZE,
    PUMP,
    TEXT_SIZE,
    dress,
    legend_below,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import number
from milpcore.site.retrofit_results import (
    AnyConfiguration,
    AnyStudy,
    levels_text,
    moves_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_BARS = 30
_MOST_TOLD = 9
"""Levels above which the cells of a matrix do not say what has moved."""
_MOST_NUMBERED = 20
"""Levels above which the cells of a matrix have no number."""
_DARK = 0.62
"""Share of the colour scale above which text is white."""


def retrofit_savings(
    study: AnyStudy,
    *,
    singles: AnyStudy | None = None,
    title: str = "Retrofit",
) -> Figure:
    """Draw what every combination of moved levels saves.

    Parameters
    ----------
    study : RetrofitStudy
        The combinations.
    singles : RetrofitStudy, optional
        The same levels moved one at a time, for the diagonal of the matrix of pairs.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        For pairs a matrix as in Hochhaus, Grünewald, Riese (2026), Fig. 3: the saving of each
        pair, with what has moved. Otherwise a bar for each combination, for more than 30
        those that save most. In percent of the objective, against the existing levels without
        heat pumps; what heat pumps save without any move is marked. Without a design, a sentence
        that says so.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if not any(one.result.has_design for one in study.results):
        return sentence_figure(title, "no combination of levels has a design")
    if all(len(one.choice_C) == 2 for one in study.results):
        return _matrix(study, singles, title)
    return _bars(study, title)


def _quantity(study: AnyStudy) -> str:
    measure = measure_label(str(study.baseline.summary["objective"].iloc[0]))
    return f"saving, % of {measure} of the existing levels {study.today_text}"


def _pumps_alone(study: AnyStudy) -> str:
    saved = number(study.without_moves_saving_percent, 3)
    return f"heat pumps alone, nothing moved: {saved} %"


def _has_pumps(study: AnyStudy) -> bool:
    return study.without_moves is not study.baseline and study.without_moves.has_design


def _changes(one: AnyConfiguration) -> list[str]:
    """Write what a combination changes, in short lines."""
    parts = [f"{old:.10g}→{new:.10g}" for old, new in one.moved_C.items()]
    if one.given_up_C:
        parts.append(f"−{levels_text(one.given_up_C)}")
    if one.added_C:
        parts.append(f"+{levels_text(one.added_C)}")
    return parts


def _bars(study: AnyStudy, title: str) -> Figure:
    """Draw a bar for each combination."""
    shown = list(study.results)
    if len(shown) > _MOST_BARS or max(len(one.choice_C) for one in shown) > 2:
        shown = sorted(shown, key=_rank)[:_MOST_BARS]
    figure = new_figure(height_in=max(3.2, 1.9 + 0.3 * len(shown)))
    axes = figure.subplots()
    places = np.arange(len(shown))
    saving = np.array([one.saving_percent for one in shown])
    height = np.nan_to_num(saving)
    axes.barh(places, height, color=COLD, height=0.66, label="with moves, and what has changed")
    if _has_pumps(study):
        _mark_pumps(axes, study)
    for row, one in enumerate(shown):
        _bar_text(axes, row, one)
    axes.axvline(0.0, color=FAINT, lw=0.8)
    axes.set_yticks(places, [one.name for one in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    dress(axes, title=title, x=_quantity(study), y="may move, °C")
    axes.grid(visible=False, axis="y")
    low, high = min(0.0, float(height.min())), max(0.0, float(height.max()))
    if _has_pumps(study):
        high = max(high, study.without_moves_saving_percent)
    reach = max(high - low, 1e-3)
    room = reach * _room_for_text(shown)
    axes.set_xlim(low - room if low < 0.0 else 0.0, high + room)
    legend_below(figure, *axes.get_legend_handles_labels(), n_columns=2, at_right=True)
    if len(shown) < len(study.results):
        text = f"not drawn: {len(study.results) - len(shown)} more that save no more"
        figure.text(0.01, 0.008, text, color=FAINT, fontsize=TEXT_SIZE)
    return figure


def _rank(one: AnyConfiguration) -> float:
    return -one.saving_percent if one.result.has_design else math.inf


def _mark_pumps(axes: Axes, study: AnyStudy) -> None:
    alone = study.without_moves_saving_percent
    axes.axvline(alone, color=PUMP, lw=1.4, ls="--", label=_pumps_alone(study))


def _room_for_text(shown: list[AnyConfiguration]) -> float:
    """Width of the longest text beside a bar, relative to that of all bars."""
    share = min(0.6, 0.0115 * max(len(_told(one)) for one in shown))
    return share / (1.0 - share)


def _told(one: AnyConfiguration) -> str:
    """Write saving and changes of a combination."""
    if math.isnan(one.saving_percent):
        return "no design"
    changes = [
        moves_text(one.moved_C),
        f"given up {levels_text(one.given_up_C)}" if one.given_up_C else "",
        f"added {levels_text(one.added_C)}" if one.added_C else "",
    ]
    told = "; ".join(filter(None, changes)) or "stays"
    return f"{number(one.saving_percent, 3)} %  {told}"


def _bar_text(axes: Axes, row: int, one: AnyConfiguration) -> None:
    """Write saving and changes beside a bar."""
    saving = 0.0 if math.isnan(one.saving_percent) else one.saving_percent
    side = -1 if saving < 0.0 else 1
    axes.annotate(
        _told(one),
        xy=(saving, row),
        xytext=(4 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        color=INK,
        fontsize=TEXT_SIZE,
    )


def _matrix(study: AnyStudy, singles: AnyStudy | None, title: str) -> Figure:
    """Draw the pairs as the lower triangle of a matrix, single moves on its diagonal."""
    results = [*study.results, *(singles.results if singles is not None else ())]
    levels_C = sorted({level_C for one in study.results for level_C in one.choice_C})
    place = {level_C: index for index, level_C in enumerate(levels_C)}
    size = len(levels_C)
    saving = np.full((size, size), np.nan)
    cells: dict[tuple[int, int], AnyConfiguration] = {}
    for one in results:
        known = [place[level_C] for level_C in one.choice_C if level_C in place]
        if len(known) == len(one.choice_C) and known:
            cell = (max(known), min(known))
            saving[cell], cells[cell] = one.saving_percent, one
    figure = new_figure(height_in=7.6)
    axes = figure.subplots()
    colours = require("matplotlib.colors", "plot", "drawing figures")
    shades = colours.LinearSegmentedColormap.from_list("saving", ["#F4FAF7", PUMP, "#00463A"])
    least, high = float(np.nanmin(saving)), float(np.nanmax(saving))
    low = least - 0.3 * (high - least) if least > 0.5 * high else min(0.0, least)
    high = max(high, low + 1e-3)
    image = axes.imshow(saving, cmap=shades, vmin=low, vmax=high, aspect="auto")
    for (row, column), one in cells.items():
        is_dark = (saving[row, column] - low) / (high - low) > _DARK
        _cell_text(axes, row, column, one, size, ink="white" if is_dark else INK)
    ticks = [f"{level_C:.10g}" for level_C in levels_C]
    axes.set_xticks(range(size), ticks)
    axes.set_yticks(range(size), ticks)
    dress(axes, title=title, x="may move, °C", y="may move with it, °C")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label(_quantity(study), fontsize=LABEL_SIZE, color=INK)
    bar.ax.tick_params(labelsize=TEXT_SIZE, color=FAINT)
    _matrix_key(axes, study, has_singles=singles is not None, is_told=size <= _MOST_TOLD)
    return figure


def _cell_text(
    axes: Axes, row: int, column: int, one: AnyConfiguration, size: int, *, ink: str
) -> None:
    """Write saving and changes into a cell."""
    if size > _MOST_NUMBERED:
        return
    is_told = size <= _MOST_TOLD
    lines = _changes(one) if one.result.has_design else ["no design"]
    shown = number(one.saving_percent, 3 if is_told else 2)
    axes.annotate(
        shown,
        xy=(column, row),
        xytext=(0, 7 if is_told else 0),
        textcoords="offset points",
        ha="center",
        va="center",
        color=ink,
        fontsize=TEXT_SIZE + 1.5 if is_told else TEXT_SIZE - 2.0,
        fontweight="bold",
    )
    if is_told:
        axes.annotate(
            "\n".join(lines) or "–",
            xy=(column, row),
            xytext=(0, -1),
            textcoords="offset points",
            ha="center",
            va="top",
            color=ink,
            fontsize=TEXT_SIZE - 1.5,
        )


def _matrix_key(axes: Axes, study: AnyStudy, *, has_singles: bool, is_told: bool) -> None:
    """Say in the free upper triangle what the cells mean, and mark the best pair."""
    best = study.best
    lines = ["each cell: saving in % and what has moved" if is_told else "each cell: saving in %"]
    if has_singles:
        lines.append("diagonal: the level moved alone")
    if _has_pumps(study):
        lines.append(_pumps_alone(study))
    if is_told and any(one.given_up_C or one.added_C for one in study.results):
        lines.append("−: given up, +: added")
    if best is not None:
        told = moves_text(best.moved_C) or "nothing moved"
        lines.append(f"best pair: {told} with {number(best.saving_percent, 3)} %")
    axes.text(
        0.985,
        0.975,
        "\n".join(lines),
        transform=axes.transAxes,
        ha="right",
        va="top",
        color=INK,
        fontsize=TEXT_SIZE,
        linespacing=1.5,
    )
