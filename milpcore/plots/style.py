"""The look that all figures share: size, colours of Okabe and Ito, grid, and saving.

The palette is told apart with every common colour blindness (M. Okabe, K. Ito, *Color Universal
Design*, 2008). Figures are 1000 pixels wide at their own resolution.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from milpcore.extras import require
from milpcore.files import replacing
from milpcore.scales import Scale

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOT = "#D55E00"
COLD = "#0072B2"
PUMP = "#009E73"
EXTERNAL = "#E69F00"
EXTERNAL_INK = "#9A5B00"
"""A darker shade of the same, for text."""
COOLING = "#56B4E9"
ELECTRICITY = "#CC79A7"
EXCHANGER = "#F0E442"
INK = "#222222"
FAINT = "#8A8A8A"

TITLE_SIZE = 13.0
LABEL_SIZE = 11.0
TEXT_SIZE = 9.5
_WIDTH_IN = 10.0
_DPI = 100
FORMATS = ("png", "svg")


def new_figure(*, height_in: float = 6.2) -> Figure:
    """Start an empty figure, 1000 pixels wide, that keeps its parts from overlapping."""
    module = require("matplotlib.figure", "plot", "drawing figures")
    figure: Figure = module.Figure(
        figsize=(_WIDTH_IN, height_in), dpi=_DPI, layout="constrained", facecolor="white"
    )
    return figure


def dress(axes: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """Give axes their title, labels, faint grid and open frame."""
    if title:
        axes.set_title(title, fontsize=TITLE_SIZE, loc="left", color=INK)
    axes.set_xlabel(x, fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(y, fontsize=LABEL_SIZE, color=INK)
    axes.tick_params(labelsize=TEXT_SIZE, color=FAINT)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(FAINT)


def sentence_figure(title: str, sentence: str) -> Figure:
    """Write why there is nothing to draw, instead of empty axes."""
    figure = new_figure(height_in=2.4)
    axes = figure.add_subplot()
    dress(axes, title=title)
    axes.set_axis_off()
    axes.text(0.5, 0.5, sentence, ha="center", color=INK, fontsize=LABEL_SIZE)
    return figure


def legend_below(
    figure: Figure,
    handles: Iterable[Artist] | None = None,
    labels: Iterable[str] | None = None,
    *,
    n_columns: int,
    at_right: bool = False,
) -> None:
    """Put one legend below all axes of a figure, where it covers nothing.

    Parameters
    ----------
    figure : Figure
        The figure.
    handles : iterable of Artist, optional
        What is explained; all that has a label if not given.
    labels : iterable of str, optional
        Their explanations; their own labels if not given.
    n_columns : int
        Columns of the legend.
    at_right : bool
        Whether it stands at the right instead of in the middle.
    """
    entries: list[list[Any]] = []
    if handles is not None:
        shown = list(handles)
        entries = [shown, [one.get_label() for one in shown] if labels is None else list(labels)]
    figure.legend(
        *entries,
        loc="outside lower right" if at_right else "outside lower center",
        ncols=n_columns,
        frameon=False,
        fontsize=TEXT_SIZE,
    )


def heat_label(heat_kW: float, scale: Scale) -> str:
    """Write heat with one decimal; small heat, from 1e-6 of the unit, with two digits.

    Parameters
    ----------
    heat_kW : float
        Heat, kW.
    scale : Scale
        Unit of the label.

    Returns
    -------
    str

    Examples
    --------
    >>> megawatt = Scale(1e3, "MW")
    >>> heat_label(11_640.0, megawatt), heat_label(45.2, megawatt), heat_label(0.0, megawatt)
    ('11.6', '0.045', '0.0')
    """
    value = heat_kW / scale.factor
    return f"{value:.2g}" if 1e-6 <= abs(value) < 0.1 else scale.text(heat_kW, 1)


def measure_label(measure: str) -> str:
    """Write a measure of cost or emission as figures show it.

    Examples
    --------
    >>> measure_label("tac"), measure_label("co2")
    ('TAC', 'CO₂')
    """
    return measure.upper().replace("CO2", "CO₂")


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart so that they do not overlap, each as little as needed.

    Parameters
    ----------
    positions : sequence of float
        Wanted places, rising.
    gap : float
        Least distance between neighbours.
    low, high : float
        Limits of all places; with too little room the labels share it evenly.

    Returns
    -------
    list of float
        Places at least `gap` apart, in the same order.

    Examples
    --------
    >>> [round(place, 3) for place in spread([0.50, 0.51, 0.90], 0.05, 0.0, 1.0)]
    [0.48, 0.53, 0.9]
    >>> spread([0.0, 0.0, 0.0], 0.8, 0.0, 1.0)
    [0.0, 0.5, 1.0]
    """
    count = len(positions)
    if count > 1 and gap * (count - 1) >= high - low:
        return [low + (high - low) * index / (count - 1) for index in range(count)]
    groups: list[tuple[float, int]] = []  # centre and number of labels that stand close together
    for position in positions:
        groups.append((_within(position, 1, gap, low, high), 1))
        while len(groups) > 1:
            (below, n_below), (above, n_above) = groups[-2:]
            if above - below >= gap * (n_below + n_above) / 2.0 * (1.0 - 1e-12):
                break
            size = n_below + n_above
            centre = (n_below * below + n_above * above) / size
            groups[-2:] = [(_within(centre, size, gap, low, high), size)]
    return [
        centre + gap * (index - (size - 1) / 2.0)
        for centre, size in groups
        for index in range(size)
    ]


def _within(centre: float, size: int, gap: float, low: float, high: float) -> float:
    half = gap * (size - 1) / 2.0
    return min(max(centre, low + half), high - half)


def save_figure(
    figure: Figure, path: str | Path, *, formats: Sequence[str] = FORMATS
) -> tuple[Path, ...]:
    """Write a figure, each file whole or not at all, the same bytes for the same figure.

    Parameters
    ----------
    figure : Figure
        The figure.
    path : str or Path
        File to write, without suffix.
    formats : sequence of str
        Suffixes: ``"png"``, ``"svg"``, ``"pdf"`` …

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        If the folder is missing or cannot be written to.
    """
    matplotlib = require("matplotlib", "plot", "drawing figures")
    stem = Path(path)
    paths = tuple(stem.with_name(f"{stem.name}.{suffix}") for suffix in formats)
    for suffix, target in zip(formats, paths, strict=True):
        dated = {"Date": None} if suffix == "svg" else {}
        with (
            replacing(target) as temporary,
            matplotlib.rc_context({"svg.hashsalt": f"milpcore {stem.name}"}),
        ):
            figure.savefig(temporary, format=suffix, metadata=dated)
    return paths
