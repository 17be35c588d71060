"""What the figures of model B share: colours of units, names, and the axis of hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from milpcore.plots.style import COLD, ELECTRICITY, EXTERNAL, PUMP
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.units import table_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "heat_pump": PUMP,
    "boiler": EXTERNAL,
    "electric_boiler": ELECTRICITY,
    "store": COLD,
    "chiller": ELECTRICITY,
}
_LIGHTER = (0.0, 0.4, 0.65, 0.2, 0.8)
"""Shares of white in the colours of several units of a kind, in turn."""
_TICKS_h = (0.25, 0.5, 1.0, 2.0, 6.0, 12.0, 24.0, 48.0)
_MOST_TICKS = 12
_MOST_LETTERS = 24


def unit_colours(parameters: SizingParameters) -> dict[str, str]:
    """Choose a colour for every unit and store: one for each kind, lighter for further ones.

    Parameters
    ----------
    parameters : SizingParameters
        The plant.

    Returns
    -------
    dict of str to str
        Colour by name.

    Examples
    --------
    >>> unit_colours(SizingParameters())
    {'heat_pump': '#009e73', 'boiler': '#e69f00', 'store': '#0072b2'}
    """
    counts: dict[str, int] = {}
    colours = {}
    for unit in parameters.units:
        kind = table_of(unit)
        place = counts.get(kind, 0)
        counts[kind] = place + 1
        colours[unit.name] = lighter(_COLOURS[kind], _LIGHTER[place % len(_LIGHTER)])
    return colours


def lighter(colour: str, share: float) -> str:
    """Mix a colour with white.

    Examples
    --------
    >>> lighter("#000000", 0.0), lighter("#0000FF", 0.5)
    ('#000000', '#8080ff')
    """
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in parts)


def short_name(name: str) -> str:
    r"""Write the name of a unit so that it fits, and a dollar is a dollar.

    Examples
    --------
    >>> short_name("boiler"), short_name("the old boiler behind the brewery")
    ('boiler', 'the old boiler behind t…')
    >>> print(short_name("$1"))
    \$1
    """
    cut = name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"
    return cut.replace("$", r"\$")


def time_label(profile: HeatProfile, unit: str = "h") -> str:
    """Label of the axis of time: its unit, and since when.

    Examples
    --------
    >>> time_label(HeatProfile(step_h=1, heat_demand_kW=[1, 2], waste_heat_kW=[0, 0]))
    'time, h'
    """
    since = "" if profile.start is None else f" since {profile.start:%Y-%m-%d %H:%M}"
    return f"time{since}, {unit}"


def hour_ticks(
    axes: Axes, first_h: float, last_h: float, *, steps_h: Sequence[float] = _TICKS_h
) -> None:
    """Put ticks at round hours, where the axis is short enough for it.

    Parameters
    ----------
    axes : Axes
        Its horizontal axis is in hours.
    first_h, last_h : float
        Ends of the axis.
    steps_h : sequence of float
        Distances that ticks may have, rising.
    """
    length_h = last_h - first_h
    fitting = [step for step in steps_h if length_h / step <= _MOST_TICKS]
    if fitting and length_h > fitting[0]:
        first, last = np.ceil(first_h / fitting[0] - 1e-9), np.floor(last_h / fitting[0] + 1e-9)
        axes.set_xticks(fitting[0] * np.arange(first, last + 1.0))
