"""Figure of what a plant costs a year, split into what is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from milpcore.plots.sizing_look import short_name, unit_colours
from milpcore.plots.sizing_tables import CO2, COOLING, ELECTRICITY, GAS, cost_split, part_label
from milpcore.plots.style import (
    COOLING as COOLING_COLOUR,
)
from milpcore.plots.style import (
    ELECTRICITY as ELECTRICITY_COLOUR,
)
from milpcore.plots.style import (
    EXTERNAL,
    FAINT,
    INK,
    TEXT_SIZE,
    dress,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, number, scale_for
from milpcore.sizing.results import SizingResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {
    ELECTRICITY: ELECTRICITY_COLOUR,
    GAS: EXTERNAL,
    CO2: FAINT,
    COOLING: COOLING_COLOUR,
}
_NOTHING = 1e-9
"""Share of TAC below which there is no bar."""
_BAR_IN = 0.42


def draw_costs(result: SizingResult, *, title: str = "Total annual cost") -> Figure:
    """Draw the total annual cost as bars: every investment, energy, CO2 and cooling water.

    Parameters
    ----------
    result : SizingResult
        A plant.
    title : str
        Title of the figure; TAC follows.

    Returns
    -------
    Figure
        One bar for each part that is not 0, with its cost and its share of TAC; a sentence
        without a design.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    if result.design is None:
        return sentence_figure(title, result.message or "No design was found.")
    tac = result.tac_EUR_per_a
    split = cost_split(result)
    split = split[split["cost_EUR_per_a"].abs() > _NOTHING * abs(tac)]
    scale = scale_for(Kind.COST, [tac])
    of_units = unit_colours(result.parameters)
    figure = new_figure(height_in=1.5 + _BAR_IN * len(split))
    axes = figure.add_subplot()
    labels = []
    for place, (part, of, cost, share) in enumerate(split.itertuples(index=False, name=None)):
        colour = _COLOURS.get(part) or of_units[of]
        axes.barh(place, cost / scale.factor, height=0.66, color=colour)
        axes.annotate(
            f"{scale.text(cost, 1 if abs(cost) >= scale.factor else 2)} {scale.unit}"
            + ("" if share != share else f"  ({_percent(share)} %)"),
            xy=(max(0.0, cost) / scale.factor, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=TEXT_SIZE,
        )
        label = part_label(part, short_name(of))
        labels.append(measure_label(CO2) + label.removeprefix(CO2) if part == CO2 else label)
    axes.set_yticks(range(len(split)), labels)
    axes.invert_yaxis()
    axes.margins(x=0.24)
    axes.axvline(0.0, color=FAINT, lw=1.0)
    dress(axes, title=f"{title}: {scale.text(tac)} {scale.unit}", x=f"cost, {scale.unit}")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure


def _percent(share: float) -> str:
    """Write a share in percent; small ones keep a digit more."""
    return number(100.0 * share, 1 if abs(share) >= 1e-3 else 2)
