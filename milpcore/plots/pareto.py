"""Figure of a Pareto front; see `milpcore.plots.pareto_along` for what changes along it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from milpcore.economics import Measure
from milpcore.plots.style import (
    COLD,
    COOLING,
    ELECTRICITY,
    EXTERNAL,
    FAINT,
    HOT,
    INK,
    PUMP,
    dress,
    legend_below,
    measure_label,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, Scale, scale_for
from milpcore.site.pareto_results import ParetoStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = (COLD, HOT, PUMP, ELECTRICITY, EXTERNAL, COOLING, INK)
_MOST_NAMED = 12
"""Level sets named in the legend; of more, only their number."""
_VISIBLE = 2e-3
"""Share of the range from which a proven distance is seen."""


def pareto_front(study: ParetoStudy, *, name: str = "site") -> Figure:
    """Draw the front: the first measure over the second.

    Parameters
    ----------
    study : ParetoStudy
        The front.
    name : str
        Of the site, for the title.

    Returns
    -------
    Figure
        Supported points filled, unsupported ones open, what was asked for as small squares; a
        colour for each level set, dotted lines where the front jumps; the region that is not
        excluded shaded, where it is large enough to be seen.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    title = f"{name}: {front_title(study)}"
    if not study.has_front:
        return sentence_figure(title, " ".join(study.notes_found))
    points, segments = study.points, study.segments
    first_scale, second_scale = scales_of(study)
    first, second = study.columns
    figure = new_figure(height_in=7.0)
    axes = figure.subplots()
    if study.distance > _VISIBLE:
        _shade(axes, study, first_scale, second_scale)
    sets = study.level_sets
    colours = {number: _COLOURS[(number - 1) % len(_COLOURS)] for number in sets["level_set"]}
    for _, row in segments.iterrows():
        x = [row[f"{side}_{second}"] / second_scale.factor for side in ("begin", "end")]
        y = [row[f"{side}_{first}"] / first_scale.factor for side in ("begin", "end")]
        before, after = (points.iloc[int(row[key]) - 1] for key in ("from_point", "to_point"))
        ends_x = [one[second] / second_scale.factor for one in (before, after)]
        ends_y = [one[first] / first_scale.factor for one in (before, after)]
        if row["level_set"] > 0:
            axes.plot(x, y, color=colours[row["level_set"]], lw=2.0, zorder=2)
            jump_x, jump_y = [ends_x[0], x[0]], [ends_y[0], y[0]]
            axes.plot(jump_x, jump_y, color=FAINT, lw=1.0, ls=":", zorder=1)
            axes.plot([x[1], ends_x[1]], [y[1], ends_y[1]], color=FAINT, lw=1.0, ls=":", zorder=1)
        else:
            corner_x, corner_y = [ends_x[0], ends_x[0], ends_x[1]], [ends_y[0], ends_y[1]]
            axes.plot(corner_x, [*corner_y, ends_y[1]], color=FAINT, lw=1.0, ls=":", zorder=1)
    _markers(axes, study, colours, first_scale, second_scale)
    _hull(axes, study, first_scale, second_scale)
    if len(sets) <= _MOST_NAMED:
        for number, levels_C in zip(sets["level_set"], sets["levels_C"], strict=True):
            axes.plot([], [], color=colours[number], lw=2.0, label=f"{levels_C} °C")
    else:
        axes.plot([], [], color=COLD, lw=2.0, label=f"{len(sets)} sets of levels, by colour")
    if (segments[f"jump_{first}"] > 0.0).any():
        axes.plot([], [], color=FAINT, lw=1.0, ls=":", label="jump to another set of levels")
    dress(
        axes,
        title=title,
        x=f"{measure_label(study.second.value)}, {second_scale.unit}",
        y=f"{measure_label(study.first.value)}, {first_scale.unit}",
    )
    _unshifted(axes)
    front_legend(figure, axes)
    return figure


def scales_of(study: ParetoStudy) -> tuple[Scale, Scale]:
    """Return the units in which both measures of a front read well."""
    scales = []
    for measure, column in zip((study.first, study.second), study.columns, strict=True):
        kind = Kind.EMISSION if measure is Measure.CO2 else Kind.COST
        scales.append(scale_for(kind, study.points[column].tolist()))
    return scales[0], scales[1]


def front_title(study: ParetoStudy) -> str:
    """Say what a front is of."""
    kind = {
        "fixed": "levels fixed",
        "retrofit": f"{study.move} of {len(study.existing_C)} levels may move",
        "greenfield": f"at most {study.max_levels} levels",
    }[study.levels_kind]
    pair = f"{measure_label(study.first.value)} over {measure_label(study.second.value)}"
    return f"{pair}, {kind}"


def _markers(
    axes: Axes, study: ParetoStudy, colours: dict[int, str], first_scale: Scale, second_scale: Scale
) -> None:
    """Mark supported and unsupported points, and those that were asked for."""
    first, second = study.columns
    points = study.points
    is_asked = points["kind"] == "asked"
    for mask, marker, filled, label in (
        (points["is_supported"] & ~is_asked, "o", True, "supported point"),
        (~points["is_supported"] & ~is_asked, "o", False, "unsupported point"),
        (is_asked, "s", False, f"limit on {measure_label(study.second.value)} asked for"),
    ):
        rows = points[mask]
        if not len(rows):
            continue
        edge = [colours[number] for number in rows["level_set"]]
        axes.scatter(
            rows[second] / second_scale.factor,
            rows[first] / first_scale.factor,
            marker=marker,
            s=22.0 if marker == "s" else 46.0,
            c=edge if filled else "white",
            edgecolors=edge,
            linewidths=1.5,
            zorder=4,
        )
        look: dict[str, Any] = {"ls": "", "marker": marker, "mec": INK, "mew": 1.5}
        look |= {"mfc": INK if filled else "white", "ms": 4.7 if marker == "s" else 6.8}
        axes.plot([], [], label=label, **look)


def _hull(axes: Axes, study: ParetoStudy, first_scale: Scale, second_scale: Scale) -> None:
    """Join the supported points where unsupported ones lie above the line."""
    points = study.points
    if study.segments["is_supported"].all():
        return
    corners = points[points["is_supported"]]
    axes.plot(
        corners[study.columns[1]] / second_scale.factor,
        corners[study.columns[0]] / first_scale.factor,
        color=FAINT,
        lw=1.0,
        ls=(0, (6, 4)),
        zorder=1,
        label="lower hull: what prices alone bring about",
    )


def _shade(axes: Axes, study: ParetoStudy, first_scale: Scale, second_scale: Scale) -> None:
    """Shade what lies between the front and its proven bound."""
    first, second = study.columns
    at, here, low = (
        study.bounds[name].to_numpy() for name in (second, f"front_{first}", f"bound_{first}")
    )
    axes.fill_between(
        at / second_scale.factor,
        low / first_scale.factor,
        here / first_scale.factor,
        color="#E9E4F2",
        lw=0.0,
        zorder=0,
        label=f"not excluded, up to {100.0 * study.distance:.2g} % of the range",
    )


def _unshifted(axes: Axes) -> None:
    """Write numbers of both axes in full."""
    axes.ticklabel_format(useOffset=False)


def front_legend(figure: Figure, axes: Axes) -> None:
    """Put the legend of some axes below them."""
    handles, labels = axes.get_legend_handles_labels()
    longest = max((len(label) for label in labels), default=0)
    columns = 3 if longest < 40 else 2
    legend_below(figure, handles, labels, n_columns=min(columns, max(1, len(labels))))
