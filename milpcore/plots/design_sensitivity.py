"""The figure of sensitivity studies of designs: cost, levels and heat pumps along parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from milpcore.economics import Measure
from milpcore.economics_schema import ABOUT, TECHNICAL_KEYS, label_of
from milpcore.plots.style import (
    COLD,
    FAINT,
    INK,
    LABEL_SIZE,
    PUMP,
    TEXT_SIZE,
    TITLE_SIZE,
    dress,
    legend_below,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, scale_for
from milpcore.site.design_sensitivity_results import DesignSensitivityStudy
from milpcore.site.tables import COST_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_COLUMNS = 3
_COST_IN, _ROW_IN, _FRAME_IN = 2.4, 0.19, 1.5
"""Heights of the panel of costs, of one level or heat pump, and of all that stands around."""
_FEWEST_ROWS = 5
_BAR = 0.62
_NOTHING = "none"


class _Rows(NamedTuple):
    """What the lower panels have a row for, from below."""

    levels: list[str]
    pumps: list[str]


def designs_over_parameters(
    study: DesignSensitivityStudy, *, title: str = "Best designs over parameters"
) -> Figure:
    """Draw the objective over every parameter, and which levels and heat pumps are best where.

    Parameters
    ----------
    study : DesignSensitivityStudy
        Parameters varied one at a time, levels free to change.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        A column for each parameter, three beside each other. On top the objective, with a full
        marker where levels change and an open one where only heat pumps do; behind them the line
        has a gap where it may jump, as along limits of heat pumps. Below, a bar for every level
        and every heat pump, over the range in which the best design has it. The change in
        percent runs to the right; the value does where the base value is 0.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    keys = [str(key) for key in study.points["parameter"].unique()]
    if not keys:
        return sentence_figure(title, "Nothing was finished.")
    blocks = [keys[at : at + _MOST_COLUMNS] for at in range(0, len(keys), _MOST_COLUMNS)]
    rows = [_rows(study, block) for block in blocks]
    heights = [
        [_COST_IN, *(_ROW_IN * max(len(names) + 1, _FEWEST_ROWS) for names in both if names)]
        for both in rows
    ]
    figure = new_figure(height_in=sum(map(sum, heights)) + _FRAME_IN * len(blocks))
    figure.suptitle(title, x=0.01, ha="left", fontsize=TITLE_SIZE, color=INK)
    grid = figure.add_gridspec(len(blocks), 1, height_ratios=[sum(one) for one in heights])
    for place, (block, both, height) in enumerate(zip(blocks, rows, heights, strict=True)):
        inner = grid[place].subgridspec(len(height), _columns(keys), height_ratios=height)
        for column, key in enumerate(block):
            panels = [figure.add_subplot(inner[row, column]) for row in range(len(height))]
            _draw(panels, study, key, both, is_first=column == 0)
    legend_below(figure, *_legend(figure.axes[0], study), n_columns=3)
    return figure


def _columns(keys: list[str]) -> int:
    return min(len(keys), _MOST_COLUMNS)


def _rows(study: DesignSensitivityStudy, keys: list[str]) -> _Rows:
    """Name every level and heat pump of some parameters, the hottest on top."""
    designs = study.designs[study.designs["parameter"].isin(keys)]
    levels = _names(designs["levels_C"])
    pumps = _names(designs["heat_pumps"])
    return _Rows(
        sorted(levels, key=float),
        sorted(pumps, key=lambda text: [float(end) for end in text.split("→")]),
    )


def _names(texts: Iterable[str]) -> set[str]:
    return {name for text in texts for name in text.split(", ")} - {_NOTHING}


def _draw(
    panels: list[Axes], study: DesignSensitivityStudy, key: str, rows: _Rows, *, is_first: bool
) -> None:
    """Draw the column of one parameter."""
    points, designs, tips = (
        table[table["parameter"] == key]
        for table in (study.points, study.designs, study.tipping_points)
    )
    by_percent = bool(points["percent"].notna().all())
    x = "percent" if by_percent else "value"
    _draw_cost(panels[0], study, points, tips, x, jumps=key in TECHNICAL_KEYS)
    dress(panels[0], y=panels[0].get_ylabel() if is_first else "")
    panels[0].set_title(_heading(study, key), fontsize=LABEL_SIZE, loc="left", color=INK)
    shown = [(names, name) for names, name in zip(rows, ("levels_C", "heat_pumps"), strict=True)]
    for axes, (names, column) in zip(panels[1:], [one for one in shown if one[0]], strict=True):
        _draw_bars(axes, names, designs, column, x)
        what = "levels, °C" if column == "levels_C" else "heat\npumps, °C"
        dress(axes, y=what if is_first else "")
        axes.grid(visible=False, axis="y")
        axes.set_ylim(-0.8, len(names) - 0.2)
        axes.set_yticks(range(len(names)), names if is_first else [""] * len(names))
        axes.tick_params(axis="y", length=0, labelsize=TEXT_SIZE - 1.0)
    for axes in panels:
        for value in tips[x]:
            axes.axvline(value, color=FAINT, lw=0.8, ls=":", zorder=0.5)
        axes.tick_params(labelbottom=axes is panels[-1])
        axes.set_xlim(*_limits(points[x]))
    panels[-1].set_xlabel("change, %" if by_percent else ABOUT[key]["unit"].replace("-", ""))


def _limits(values: pd.Series[float]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.02 * (high - low) or 1.0
    return low - margin, high + margin


def _heading(study: DesignSensitivityStudy, key: str) -> str:
    unit = ABOUT[key]["unit"]
    base = f"{getattr(study.economics, key):g}{'' if unit == '-' else f' {unit}'}"
    return f"{label_of(key)}\nbase value {base}"


def _draw_cost(
    axes: Axes,
    study: DesignSensitivityStudy,
    points: pd.DataFrame,
    tips: pd.DataFrame,
    x: str,
    *,
    jumps: bool,
) -> None:
    """Draw the objective with its markers, in pieces where it may jump at a tipping point."""
    column = COST_COLUMNS[study.objective]
    kind = Kind.EMISSION if study.objective is Measure.CO2 else Kind.COST
    scale = scale_for(kind, study.points[column])
    line = pd.concat([points[[x, column]], tips[[x, column]]]).sort_values(x, kind="stable")
    part = np.searchsorted(tips[x], line[x]) if jumps else np.zeros(len(line))
    for _, piece in line.groupby(part):
        axes.plot(piece[x], piece[column] / scale.factor, color=INK, lw=1.8, zorder=2)
    for changed, look in _looks(tips):
        here = tips[changed]
        axes.plot(here[x], here[column] / scale.factor, zorder=3, **look)
    values = study.points[column].dropna() / scale.factor
    if len(values):
        margin = 0.08 * float(np.ptp(values)) or 1.0
        axes.set_ylim(values.min() - margin, values.max() + margin)
    axes.set_ylabel(f"{measure_label(study.objective.value)}, {scale.unit}")


def _looks(tips: pd.DataFrame) -> list[tuple[pd.Series[bool], dict[str, Any]]]:
    """Tell changes of levels from those of heat pumps alone, each with its marker."""
    levels_change = tips["before_levels_C"] != tips["after_levels_C"]
    shape: dict[str, Any] = {"ls": "", "marker": "o", "ms": 7.5, "mew": 1.8}
    return [
        (levels_change, {**shape, "mfc": COLD, "mec": COLD}),
        (~levels_change, {**shape, "mfc": "white", "mec": PUMP}),
    ]


def _draw_bars(axes: Axes, names: list[str], designs: pd.DataFrame, column: str, x: str) -> None:
    """Draw a bar over every range in which a level or heat pump is used."""
    colour = COLD if column == "levels_C" else PUMP
    ends = zip(designs[f"from_{x}"], designs[f"to_{x}"], designs[column], strict=True)
    spans: dict[str, list[list[float]]] = {name: [] for name in names}
    for low, high, text in ends:
        for name in _names([text]):
            there = spans[name]
            if there and there[-1][1] == low:
                there[-1][1] = high
            else:
                there.append([low, high])
    for place, name in enumerate(names):
        bars = [(low, high - low) for low, high in spans[name]]
        axes.broken_barh(bars, (place - _BAR / 2, _BAR), color=colour, lw=0, zorder=2)


def _legend(axes: Axes, study: DesignSensitivityStudy) -> tuple[list[Any], list[str]]:
    """Explain bars and markers, as far as there are any."""
    handles, labels = [], []
    texts = ("tipping point: levels change", "tipping point: only heat pumps change")
    for (changed, look), text in zip(_looks(study.tipping_points), texts, strict=True):
        if changed.any():
            handles += axes.plot([], [], **look)
            labels.append(text)
    for colour, text, column in (
        (COLD, "level in use", "levels_C"),
        (PUMP, "heat pump in use", "heat_pumps"),
    ):
        if _names(study.designs[column]):
            handles += axes.plot([], [], color=colour, lw=6.0)
            labels.append(text)
    return handles, labels
