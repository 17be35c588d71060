"""Marks of root gaps on a linear scale: a line for each formulation, a mark for each choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from milpcore.plots.style import COLD, EXTERNAL, HOT, INK, PUMP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = (("o", COLD), ("s", HOT), ("^", PUMP), ("D", EXTERNAL), ("v", INK))


def draw_gaps(
    axes: Axes, root_gap: pd.Series[float], lines: Sequence[str], choices: Sequence[str]
) -> None:
    """Draw root gaps, the marks of a line one below the other.

    Parameters
    ----------
    axes : Axes
        Gets a label for every choice.
    root_gap : Series of float
        Relative; none is missing.
    lines, choices : sequence of str
        Line and choice of each gap; both stand in the order in which they first appear.
    """
    names, kinds = list(dict.fromkeys(lines)), list(dict.fromkeys(choices))
    place = {name: number for number, name in enumerate(names)}
    for number, kind in enumerate(kinds):
        marker, colour = _MARKS[number % len(_MARKS)]
        is_one = np.array([choice == kind for choice in choices])
        percent = 100.0 * root_gap[is_one].to_numpy(np.float64)
        shift = 0.8 * ((number + 0.5) / len(kinds) - 0.5)
        height = [place[name] + shift for name, one in zip(lines, is_one, strict=True) if one]
        axes.plot(percent, height, marker, color=colour, ms=6.5, label=kind, clip_on=False)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0.0, max(1.08 * 100.0 * float(root_gap.max()), 1e-3))
