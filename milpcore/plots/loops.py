"""Figures of utility loops: composite curves with the loops between them, and costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from milpcore.loops.evaluation import Evaluation, ExchangerRow
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
    heat_label,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, Scale, number, scale_for
from preprocess.composite_curves import composite_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAR_IN = 0.42
_NO_LOOP = "There is no loop."
_COSTS = {
    "hot_utility": ("hot utility", EXTERNAL),
    "cold_utility": ("cold utility", COOLING),
    "exchangers": ("exchangers", HOT),
    "pipes": ("pipes", PUMP),
    "pumps": ("pumps, with electricity", ELECTRICITY),
    "heaters_coolers": ("heaters and coolers", FAINT),
}


def loop_composite_curves(
    found: Evaluation, *, title: str = "Composite curves of the loops"
) -> Figure:
    """Draw what streams exchange with each loop, and the loop between: heated, and cooled.

    Parameters
    ----------
    found : Evaluation
        A network.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Temperature (°C) over heat (kW, MW or GW), one loop right of the other; curves of the parts
        of streams that exchangers serve, and of the loop's fluid in the same exchangers. A sentence
        without a loop.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if not found.exchanger_rows:
        return sentence_figure(title, _NO_LOOP)
    rows = found.exchanger_rows
    whole_kW = max(math.fsum(row.load_kW for row in rows if row.kind == kind) for kind in _SIDES)
    scale = scale_for(Kind.HEAT, [whole_kW])
    figure = new_figure()
    axes = figure.add_subplot()
    begin_kW = 0.0
    for loop in found.loop_rows:
        mine = [row for row in rows if row.loop == loop.loop]
        for kind, (name, colour, loop_name, dashes) in _SIDES.items():
            side = [row for row in mine if row.kind == kind]
            first = "" if begin_kW == 0.0 else "_"
            ends = [(row.stream_in_C, row.stream_out_C) for row in side]
            _curve(axes, scale, side, ends, begin_kW, color=colour, lw=2.2, label=first + name)
            ends = [(row.loop_in_C, row.loop_out_C) for row in side]
            look = {"color": PUMP, "lw": 2.2, "ls": dashes, "label": first + loop_name}
            _curve(axes, scale, side, ends, begin_kW, **look)
        _note_loop(axes, scale, begin_kW, loop.given_kW, found, loop.loop)
        begin_kW += max(loop.given_kW, loop.taken_kW)
        if loop.loop < len(found.loop_rows):
            axes.axvline(begin_kW / scale.factor, color=FAINT, lw=1.0, ls=":")
    dress(axes, title=title, x=f"heat through the loops, {scale.unit}", y="temperature, °C")
    axes.margins(y=0.16)
    axes.set_xlim(left=0.0)
    utilities = f"{heat_label(found.hot_utility_kW, scale)} {scale.unit} of hot utility"
    cooling = f"{heat_label(found.cold_utility_kW, scale)} {scale.unit} of cold utility"
    axes.text(
        0.99,
        0.03,
        f"outside the loops: {utilities}, {cooling}",
        transform=axes.transAxes,
        ha="right",
        color=INK,
        fontsize=TEXT_SIZE,
    )
    legend_below(figure, n_columns=4)
    return figure


_SIDES = {
    "hot": ("hot streams", HOT, "loop, heated", "-"),
    "cold": ("cold streams", COLD, "loop, cooled", "--"),
}


def _curve(
    axes: Axes,
    scale: Scale,
    rows: list[ExchangerRow],
    ends_C: list[tuple[float, float]],
    begin_kW: float,
    **look: object,
) -> None:
    """Draw the composite curve of one side of some exchangers."""
    ends = np.array(ends_C, dtype=np.float64).reshape(-1, 2)
    loads_kW = np.array([row.load_kW for row in rows], dtype=np.float64)
    known = np.isfinite(ends).all(axis=1)
    if not known.any():
        return
    low_C, high_C = ends[known].min(axis=1), ends[known].max(axis=1)
    temperature_C, heat_kW = composite_curve(low_C, high_C, loads_kW[known])
    axes.plot((heat_kW + begin_kW) / scale.factor, temperature_C, **look)  # type: ignore[arg-type]


def _note_loop(
    axes: Axes, scale: Scale, begin_kW: float, heat_kW: float, found: Evaluation, number_: int
) -> None:
    """Write flow and temperatures of a loop above its curves."""
    row = found.loop_rows[number_ - 1]
    axes.text(
        (begin_kW + heat_kW / 2.0) / scale.factor,
        0.965,
        f"loop {number_}: {number(row.flow_kW_per_K, 1)} kW/K, "
        f"{number(row.supply_C, 1)} / {number(row.return_C, 1)} °C",
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="top",
        color=PUMP,
        fontsize=TEXT_SIZE,
    )


def loop_costs(found: Evaluation, *, title: str = "Total annual cost") -> Figure:
    """Draw the total annual cost as bars, one for each part.

    Parameters
    ----------
    found : Evaluation
        A network.
    title : str
        Title of the figure; TAC follows.

    Returns
    -------
    Figure
        One bar for each part; heaters and coolers, which the first total leaves out, in grey.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    currency = found.case.parameters.currency.replace("$", r"\$")
    costs = found.costs._asdict()
    parts = {name: value for name, value in costs.items() if math.isfinite(value)}
    factor, prefix = _money(max(parts.values(), default=0.0))
    unit = f"{prefix}{currency}/a"
    figure = new_figure(height_in=1.7 + _BAR_IN * len(parts))
    axes = figure.add_subplot()
    for place, (name, cost) in enumerate(parts.items()):
        axes.barh(place, cost / factor, height=0.66, color=_COSTS[name][1])
        share = 100.0 * cost / found.tac_per_a if name != "heaters_coolers" else math.nan
        text = f"{number(cost / factor, 1)} {unit}"
        axes.annotate(
            text if math.isnan(share) else f"{text}  ({number(share, 1)} %)",
            xy=(cost / factor, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=TEXT_SIZE,
        )
    axes.set_yticks(range(len(parts)), [_COSTS[name][0] for name in parts])
    axes.invert_yaxis()
    axes.margins(x=0.24)
    axes.axvline(0.0, color=FAINT, lw=1.0)
    total = f"{number(found.tac_per_a / factor, 1)} {unit}"
    beside = f"{number(found.tac_with_utility_exchangers_per_a / factor, 1)} {unit}"
    dress(axes, title=f"{title}: {total}", x=f"cost, {unit}")
    if "heaters_coolers" in parts:
        note = f"with heaters and coolers: {beside}"
    else:
        note = "heaters and coolers are not costed"
    axes.text(0.99, 0.03, note, transform=axes.transAxes, ha="right", color=INK, fontsize=TEXT_SIZE)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure


def _money(largest: float) -> tuple[float, str]:
    """Choose a factor and its prefix for amounts of money."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if largest >= 10.0 * factor:
            return factor, prefix
    return 1.0, ""
