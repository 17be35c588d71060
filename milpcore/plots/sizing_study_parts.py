"""What the figures of sizing studies share: sizes with proven bands, costs as proven intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.plots.style import COLD, EXTERNAL, FAINT, INK, PUMP, TEXT_SIZE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

LOOKS = {
    "heat_pump_kW": ("heat pump", PUMP, "o"),
    "boiler_kW": ("boiler", EXTERNAL, "s"),
    "store_kWh": ("store", COLD, "D"),
}
"""Name, colour and marker of each size."""
BAND = "all designs up to 0.1 % dearer (proven)"
NO_PLANT = "No point of this figure has a plant."


def size_line(
    axes: Axes,
    x: Sequence[float] | Floats,
    table: pd.DataFrame,
    column: str,
    *,
    is_dotted: bool = False,
) -> None:
    """Draw a size over x, with its proven range as a band where there is one.

    Parameters
    ----------
    axes : Axes
    x : sequence of float
        Place of each row.
    table : DataFrame
        With the column and, as wanted, ``<column>_least`` and ``<column>_most``.
    column : str
        One of `LOOKS`.
    is_dotted : bool
        For points between which the size may jump.
    """
    name, colour, marker = LOOKS[column]
    if f"{column}_least" in table and table[f"{column}_least"].notna().any():
        axes.fill_between(
            x,
            table[f"{column}_least"].to_numpy(dtype=float),
            table[f"{column}_most"].to_numpy(dtype=float),
            color=colour,
            alpha=0.2,
            lw=0.0,
            label=f"{name}: {BAND}",
        )
    look = (":", 1.0) if is_dotted else ("-", 1.6)
    axes.plot(
        x,
        table[column],
        color=colour,
        marker=marker,
        ls=look[0],
        lw=look[1],
        label=f"{name}: best found",
    )


def cost_intervals(
    axes: Axes,
    places: Sequence[float] | Floats,
    table: pd.DataFrame,
    *,
    colour: str = INK,
    label: str,
    unit: float = 1e3,
) -> None:
    """Draw, beside each other, what the least cost may be: from the bound to the best plant.

    Parameters
    ----------
    axes : Axes
    places : sequence of float
        Where each row stands on the horizontal axis.
    table : DataFrame
        With ``tac_EUR_per_a`` and ``bound_EUR_per_a``.
    colour : str
    label : str
        For the legend.
    unit : float
        EUR/a that are 1 on the axis.
    """
    best = table["tac_EUR_per_a"].to_numpy(dtype=float) / unit
    bound = table["bound_EUR_per_a"].to_numpy(dtype=float) / unit
    axes.vlines(places, bound, best, color=colour, lw=4.0, alpha=0.45)
    axes.plot(places, best, ls="none", marker="_", ms=13.0, mew=2.2, color=colour, label=label)


def note(axes: Axes, text: str) -> None:
    """Write a remark below the title, at the left above the axes."""
    axes.annotate(
        text,
        xy=(0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        va="bottom",
        color=FAINT,
        fontsize=TEXT_SIZE,
    )


def titled(axes: Axes, title: str, remark: str) -> None:
    """Put a title and, in smaller letters below it, a remark above the axes."""
    axes.set_title(f"{title}\n", fontsize=13.0, loc="left", color=INK, linespacing=1.25)
    note(axes, remark)


def labelled(rows: Iterable[Axes]) -> tuple[list[Artist], list[str]]:
    """Gather handles and labels of several axes for one legend.

    Parameters
    ----------
    rows : iterable of Axes

    Returns
    -------
    tuple of lists
    """
    handles: list[Artist] = []
    labels: list[str] = []
    for axes in rows:
        found = axes.get_legend_handles_labels()
        handles += found[0]
        labels += found[1]
    return handles, labels
