"""A Pareto front as readable text."""

from __future__ import annotations

from milpcore.economics import Measure
from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.site.pareto_notes import unproven_text
from milpcore.site.pareto_results import ParetoStudy, is_exact

MOST_ROWS = 60
"""Points printed; of more, the first and the last, and as many as fit between."""
DECIMALS = 3


def pareto_text(study: ParetoStudy) -> str:
    """Lay out a front: what is proven, the points, their level sets, notes.

    Parameters
    ----------
    study : ParetoStudy
        The front.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    notes = "\n".join(study.notes_found)
    if not study.has_front:
        return notes
    parts = [proof_text(study), _points(study), _level_sets(study), notes]
    return "\n\n".join(part for part in parts if part)


def proof_text(study: ParetoStudy) -> str:
    """Say how many points there are, and how far from the true front they may be."""
    points = study.points
    supported = int(points["is_supported"].sum())
    jumps = int((study.segments[f"jump_{study.columns[0]}"] > 0.0).sum())
    count = "1 point" if len(points) == 1 else f"{len(points)} points"
    told = [count if study.unproven else f"{count}, {supported} of them supported"]
    if jumps:
        told.append("1 jump" if jumps == 1 else f"{jumps} jumps")
    if study.unproven:
        told.append(f"distance to the exact front not known: {unproven_text(study.unproven)}")
    elif is_exact(study.distance):
        told.append("exact")
    else:
        told.append(
            f"no design is better by more than {100.0 * study.distance:.3g} % of the range of both"
        )
    return f"front: {', '.join(told)}; {study.solve_s:.1f} s"


def scale_of(measure: Measure, study: ParetoStudy, column: str) -> Scale:
    """Return the unit in which a measure of a front reads well."""
    kind = Kind.EMISSION if measure is Measure.CO2 else Kind.COST
    return scale_for(kind, study.points[column].tolist())


def _shown(study: ParetoStudy) -> list[int]:
    """Rows to print."""
    count = len(study.points)
    if count <= MOST_ROWS:
        return list(range(count))
    step = (count - 1) / (MOST_ROWS - 1)
    return sorted({round(step * place) for place in range(MOST_ROWS)})


def _points(study: ParetoStudy) -> str:
    """One line for each point."""
    rows = _shown(study)
    points = study.points.iloc[rows]
    columns = [TextColumn("point", "", [str(one) for one in points["point"]])]
    for measure, column in zip((study.first, study.second), study.columns, strict=True):
        scale = scale_of(measure, study, column)
        texts = [scale.text(value, DECIMALS) for value in points[column]]
        columns.append(TextColumn(measure.value.upper(), scale.unit, texts))
    marginal = points[f"marginal_{study.marginal_unit}"]
    unit = study.marginal_unit.replace("_per_", "/").replace("EUR", "€")
    supported = ["yes" if one else "no" for one in points["is_supported"]]
    marginal_texts = [_marginal(value) for value in marginal]
    if study.unproven:  # more points may change both
        supported = marginal_texts = ["–"] * len(points)
    pumps = ["–" if text == "none" else text for text in points["heat_pumps"]]
    columns += [
        TextColumn("marginal\ncost", unit, marginal_texts),
        TextColumn("supported", "", supported, left=True),
        TextColumn("kind", "", points["kind"].tolist(), left=True),
        TextColumn("level\nset", "", [str(one) for one in points["level_set"]]),
        TextColumn("heat pumps", "°C", pumps, left=True),
    ]
    text = text_table(columns)
    hidden = len(study.points) - len(rows)
    if hidden:
        text += f"\n\n{hidden} points between these are not printed; --json has them"
    return text


def _marginal(value: float) -> str:
    """Write a marginal cost with at least four digits, a dash at the last point."""
    return number(value, 1) if not abs(value) < 10.0 else number(value, 4)


def _level_sets(study: ParetoStudy) -> str:
    """One line for each level set that points use."""
    sets = study.level_sets
    return text_table(
        [
            TextColumn("level\nset", "", [str(one) for one in sets["level_set"]]),
            TextColumn("levels", "", [str(one) for one in sets["n_levels"]]),
            TextColumn("at", "°C", sets["levels_C"].tolist(), left=True),
        ]
    )
