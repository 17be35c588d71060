"""A sensitivity study, or a map of two parameters, as readable text."""

from __future__ import annotations

from milpcore.economics import Measure
from milpcore.economics_schema import ABOUT, label_of
from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.site.sensitivity_map_results import SensitivityMap
from milpcore.site.sensitivity_results import SensitivityStudy
from milpcore.site.tables import COST_COLUMNS


def sensitivity_text(study: SensitivityStudy) -> str:
    """Lay out a study: the range of each parameter, then the tipping points.

    Parameters
    ----------
    study : SensitivityStudy
        Parameters varied one at a time.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    parts = [] if study.points.empty else [_ranges(study), _tips(study)]
    if study.unfinished:
        missing = ", ".join(label_of(key) for key in study.unfinished)
        parts.append(f"interrupted; not finished: {missing}")
    return "\n\n".join(parts)


def _ranges(study: SensitivityStudy) -> str:
    """One line for each parameter: its range, and what the objective and heat pumps do."""
    column = COST_COLUMNS[study.objective]
    groups = [
        (str(key), points.sort_values("value"))
        for key, points in study.points.groupby("parameter", sort=False)
    ]
    scale = _scale(study.objective, study.points[column].tolist())
    pumps = [(one["n_heat_pumps"].min(), one["n_heat_pumps"].max()) for _, one in groups]
    name = study.objective.value.upper()
    heat = scale_for(Kind.HEAT, study.points["heat_pump_heat_kW"])
    return text_table(
        [
            TextColumn("parameter", "", [label_of(key) for key, _ in groups], left=True),
            TextColumn("unit", "", [_unit(key) for key, _ in groups], left=True),
            TextColumn("base", "", [f"{getattr(study.economics, key):g}" for key, _ in groups]),
            TextColumn("from", "", [f"{one['value'].iloc[0]:g}" for _, one in groups]),
            TextColumn("to", "", [f"{one['value'].iloc[-1]:g}" for _, one in groups]),
            TextColumn(
                f"{name}\nfrom", scale.unit, [scale.text(one[column].iloc[0]) for _, one in groups]
            ),
            TextColumn("to", scale.unit, [scale.text(one[column].iloc[-1]) for _, one in groups]),
            TextColumn("heat\npumps", "", [f"{a}" if a == b else f"{a}-{b}" for a, b in pumps]),
            TextColumn(
                "their heat\nfrom",
                heat.unit,
                [heat.text(one["heat_pump_heat_kW"].iloc[0], 1) for _, one in groups],
            ),
            TextColumn(
                "to",
                heat.unit,
                [heat.text(one["heat_pump_heat_kW"].iloc[-1], 1) for _, one in groups],
            ),
        ]
    )


def _tips(study: SensitivityStudy) -> str:
    """One line for each tipping point."""
    tips = study.tipping_points
    if not len(tips):
        return "no tipping point: the set of heat pumps is the same at all values of a parameter"
    scale = _scale(study.objective, study.points[COST_COLUMNS[study.objective]].tolist())
    keys = tips["parameter"].tolist()
    return text_table(
        [
            TextColumn("tipping points of", "", [label_of(key) for key in keys], left=True),
            TextColumn("at", "%", [number(percent, 3) for percent in tips["percent"]]),
            TextColumn("value", "", [f"{value:.6g}" for value in tips["value"]]),
            TextColumn("", "", [_unit(key) for key in keys], left=True),
            TextColumn("heat pumps below", "°C", tips["before"].tolist(), left=True),
            TextColumn("above", "°C", tips["after"].tolist(), left=True),
            TextColumn(
                study.objective.value.upper(),
                scale.unit,
                [scale.text(value) for value in tips[COST_COLUMNS[study.objective]]],
            ),
        ]
    )


def map_text(found: SensitivityMap) -> str:
    """Lay out a map: how much of it each set of heat pumps covers, at what cost.

    Parameters
    ----------
    found : SensitivityMap
        Two parameters varied together.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    if found.points.empty:
        return _rows_left(found)
    column = COST_COLUMNS[found.objective]
    axes = [
        f"{label_of(axis.parameter)} {axis.values[0]:g} to {axis.values[-1]:g}"
        f"{'' if _unit(axis.parameter) == '-' else ' ' + _unit(axis.parameter)}"
        for axis in found.axes
    ]
    scale = _scale(found.objective, found.points[column].tolist())
    sets = found.sets
    least_most = [
        found.points.loc[found.points["heat_pumps"] == text, column].agg(["min", "max"])
        for text in sets["heat_pumps"]
    ]
    share = 100.0 * sets["n_points"] / sets["n_points"].sum()
    table = text_table(
        [
            TextColumn("heat pumps", "°C", sets["heat_pumps"].tolist(), left=True),
            TextColumn("points", "", [str(count) for count in sets["n_points"]]),
            TextColumn("share", "%", [number(value, 1) for value in share]),
            TextColumn(
                f"{found.objective.value.upper()}\nfrom",
                scale.unit,
                [scale.text(one["min"]) for one in least_most],
            ),
            TextColumn("to", scale.unit, [scale.text(one["max"]) for one in least_most]),
        ]
    )
    text = f"{axes[0]} by {axes[1]}: {len(found.points)} points\n\n{table}"
    return f"{text}\n\n{_rows_left(found)}" if found.unfinished else text


def _rows_left(found: SensitivityMap) -> str:
    """Say which values of the first parameter an interruption left out."""
    key, left = found.axes[0].parameter, found.unfinished
    unit = "" if _unit(key) == "-" else f" {_unit(key)}"
    return f"interrupted; not finished: {label_of(key)} from {left[0]:g} to {left[-1]:g}{unit}"


def _unit(key: str) -> str:
    return ABOUT[key]["unit"]


def _scale(objective: Measure, values: list[float]) -> Scale:
    return scale_for(Kind.EMISSION if objective is Measure.CO2 else Kind.COST, values)
