"""A sensitivity study of designs as readable text."""

from __future__ import annotations

import pandas as pd

from milpcore.economics import Measure
from milpcore.economics_schema import ABOUT, label_of
from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.site.design_sensitivity_results import DesignSensitivityStudy
from milpcore.site.tables import COST_COLUMNS


def design_sensitivity_text(study: DesignSensitivityStudy) -> str:
    """Lay out a study: what cost does along each parameter, then which design is best where.

    Parameters
    ----------
    study : DesignSensitivityStudy
        Parameters varied one at a time.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    parts = [_costs(study)] if len(study.points) else []
    for key in study.results:
        parts.append(_designs(study, key))
    for key in study.unfinished:
        if key in study.results:
            parts.append(
                f"{label_of(key)} was not finished: its designs may change between these values"
            )
        else:
            parts.append(f"{label_of(key)} was not looked at")
    return "\n\n".join(parts)


def _costs(study: DesignSensitivityStudy) -> str:
    """One line for each parameter: its range, and what the objective does."""
    column = COST_COLUMNS[study.objective]
    keys = list(study.results)
    groups = [study.points[study.points["parameter"] == key] for key in keys]
    counts = study.tipping_points["parameter"].value_counts()
    tips = ["–" if key in study.unfinished else str(counts.get(key, 0)) for key in keys]
    scale = _scale(study)
    return text_table(
        [
            TextColumn("parameter", "", [label_of(key) for key in keys], left=True),
            TextColumn("unit", "", [ABOUT[key]["unit"] for key in keys], left=True),
            TextColumn("base", "", [f"{getattr(study.economics, key):g}" for key in keys]),
            TextColumn("from", "", [f"{one['value'].iloc[0]:g}" for one in groups]),
            TextColumn("to", "", [f"{one['value'].iloc[-1]:g}" for one in groups]),
            TextColumn(
                f"{study.objective.value.upper()}\nfrom",
                scale.unit,
                [_cost(one[column].iloc[0], scale) for one in groups],
            ),
            TextColumn("to", scale.unit, [_cost(one[column].iloc[-1], scale) for one in groups]),
            TextColumn("tipping\npoints", "", tips),
        ]
    )


def _designs(study: DesignSensitivityStudy, key: str) -> str:
    """One line for each design along a parameter, from one tipping point to the next."""
    designs = study.designs[study.designs["parameter"] == key]
    unit = ABOUT[key]["unit"]
    return text_table(
        [
            TextColumn(
                f"{label_of(key)}\nfrom",
                "" if unit == "-" else unit,
                [f"{value:.6g}" for value in designs["from_value"]],
            ),
            TextColumn("to", "", [f"{value:.6g}" for value in designs["to_value"]]),
            TextColumn("from", "%", _percent(designs["from_percent"])),
            TextColumn("to", "%", _percent(designs["to_percent"])),
            TextColumn("levels", "°C", designs["levels_C"].tolist(), left=True),
            TextColumn("heat pumps", "°C", designs["heat_pumps"].tolist(), left=True),
        ]
    )


def _percent(values: pd.Series[float]) -> list[str]:
    return ["–" if pd.isna(value) else number(value, 3) for value in values]


def _cost(value: float, scale: Scale) -> str:
    return "–" if pd.isna(value) else scale.text(value)


def _scale(study: DesignSensitivityStudy) -> Scale:
    values = study.points[COST_COLUMNS[study.objective]].dropna().tolist()
    return scale_for(Kind.EMISSION if study.objective is Measure.CO2 else Kind.COST, values)
