"""Tables of a sensitivity study of designs, units in the column names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.design_tips import DesignState, DesignTip, Signature
from milpcore.site.inputs import Floats
from milpcore.site.results import SiteResult
from milpcore.site.sensitivity_request import values_of
from milpcore.site.sensitivity_results import (
    joined,
    pairs_of,
    percent_of,
    pumps_text,
    study_status,
)
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import COST_COLUMNS, SCHEMAS, empty_table, table

_COSTS = dict.fromkeys(COST_COLUMNS.values(), "float64")
TIPPING_SCHEMA = {
    "parameter": "str",
    "value": "float64",
    "percent": "float64",
    "before_levels_C": "str",
    "before_heat_pumps": "str",
    "after_levels_C": "str",
    "after_heat_pumps": "str",
    **_COSTS,
}
DESIGN_SCHEMA = {
    "parameter": "str",
    "from_value": "float64",
    "to_value": "float64",
    "from_percent": "float64",
    "to_percent": "float64",
    "levels_C": "str",
    "heat_pumps": "str",
}
_FROM_SUMMARY = (
    "status",
    "objective_value",
    "gap",
    *_COSTS,
    "external_heat_kW",
    "cooling_kW",
    "electricity_kW",
    "heat_pump_heat_kW",
    "n_heat_pumps",
)
POINT_SCHEMA = {
    "parameter": "str",
    "value": "float64",
    "percent": "float64",
    "levels_C": "str",
    "heat_pumps": "str",
    **{name: SCHEMAS["summary"][name] for name in _FROM_SUMMARY},
}
TABLES = ("points", "designs", "tipping_points")


class DesignsAlong(NamedTuple):
    """The best designs along one parameter; picklable.

    Attributes
    ----------
    parameter : str
    values : ndarray (V,)
        Those whose design is found, rising.
    states : tuple of DesignState
        The design at each.
    tips : tuple of DesignTip
        The changes between them.
    is_complete : bool
        Whether all values are there and every change was looked for.
    """

    parameter: str
    values: Floats
    states: tuple[DesignState, ...]
    tips: tuple[DesignTip, ...]
    is_complete: bool


@dataclass(frozen=True, eq=False)
class DesignSensitivityStudy:
    """How the best design answers to parameters.

    Attributes
    ----------
    objective : Measure
        What was minimised.
    economics : SiteEconomics
        Base values.
    points : DataFrame
        One row per parameter and value: ``parameter``, ``value`` (its own unit), ``percent`` of
        change, ``levels_C`` and ``heat_pumps`` of the best design as text, status, gap, costs
        (EUR/a, t/a), heat and electricity (kW).
    designs : DataFrame
        One row per parameter and range over which levels and heat pumps stay the same:
        ``parameter``, ``from_value``, ``to_value``, ``from_percent``, ``to_percent``,
        ``levels_C``, ``heat_pumps``. Of a parameter that an interruption left unfinished the
        ranges are those between its values.
    tipping_points : DataFrame
        One row per change of levels or heat pumps: ``parameter``, ``value``, ``percent``, and
        the designs before and after in the order of rising values; costs there (EUR/a, t/a).
    results : mapping of str to tuple of SiteResult
        The checked designs of each parameter, one per value.
    unfinished : tuple of str
        Parameters that an interruption kept from being finished, or from being begun.
    """

    objective: Measure
    economics: SiteEconomics
    points: pd.DataFrame
    designs: pd.DataFrame
    tipping_points: pd.DataFrame
    results: Mapping[str, tuple[SiteResult, ...]]
    unfinished: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        objective: Measure,
        base: SiteEconomics,
        keys: Sequence[str],
        parts: Sequence[DesignsAlong],
    ) -> DesignSensitivityStudy:
        """Join what was found along all parameters.

        Parameters
        ----------
        objective : Measure
            What was minimised.
        base : SiteEconomics
            Base values.
        keys : sequence of str
            All parameters that were asked for.
        parts : sequence of DesignsAlong
            Those that were finished or at least begun, with one value each.
        """
        finished = {part.parameter for part in parts if part.is_complete}
        points = [_point_rows(base, part) for part in parts]
        return cls(
            objective,
            base,
            joined(points, POINT_SCHEMA),
            _table_of(DESIGN_SCHEMA, [row for part in parts for row in _design_rows(base, part)]),
            _table_of(TIPPING_SCHEMA, [row for part in parts for row in _tipping_rows(base, part)]),
            {part.parameter: tuple(state.result for state in part.states) for part in parts},
            tuple(key for key in keys if key not in finished),
        )

    def to_json_dict(self) -> dict[str, Any]:
        """Per parameter its designs and tipping points, as plain Python values."""
        parameters = []
        for key, results in self.results.items():
            points = self.points[self.points["parameter"] == key]
            tips = self.tipping_points[self.tipping_points["parameter"] == key]
            parameters.append(
                {
                    "parameter": key,
                    "base": float(getattr(self.economics, key)),
                    "is_finished": key not in self.unfinished,
                    "points": [
                        {"value": float(value), "percent": plain(percent), **one.to_json_dict()}
                        for value, percent, one in zip(
                            points["value"], points["percent"], results, strict=True
                        )
                    ],
                    "tipping_points": [
                        {
                            "percent": plain(row["percent"]),
                            "value": float(row["value"]),
                            "before": _design(row, "before"),
                            "after": _design(row, "after"),
                            **{name: plain(row[name]) for name in COST_COLUMNS.values()},
                        }
                        for _, row in tips.iterrows()
                    ],
                }
            )
        return {
            "objective": self.objective.value,
            "status": study_status(self.unfinished),
            "unfinished": list(self.unfinished),
            "parameters": parameters,
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write ``points.csv``, ``designs.csv`` and ``tipping_points.csv``, all or none.

        Parameters
        ----------
        directory : str or path
            Made if it is missing.

        Returns
        -------
        tuple of Path
            The files.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.
        """
        return write_tables({name: getattr(self, name) for name in TABLES}, directory)


def _point_rows(base: SiteEconomics, part: DesignsAlong) -> pd.DataFrame:
    """Table of the designs at the values of one parameter."""
    levels, pumps = zip(*(_texts(state.signature) for state in part.states), strict=True)
    summary = pd.concat([state.result.summary for state in part.states], ignore_index=True)
    return pd.DataFrame(
        {
            "parameter": pd.Series([part.parameter] * len(part.values), dtype="str"),
            "value": part.values,
            "percent": percent_of(getattr(base, part.parameter), part.values),
            "levels_C": pd.Series(levels, dtype="str"),
            "heat_pumps": pd.Series(pumps, dtype="str"),
            **{name: summary[name] for name in _FROM_SUMMARY},
        }
    )


def _design_rows(base: SiteEconomics, part: DesignsAlong) -> list[tuple[object, ...]]:
    """List the ranges of one parameter over which the design stays the same."""
    first, last = float(part.values[0]), float(part.values[-1])
    ranges: list[tuple[float, float, Signature]] = []
    if part.is_complete:
        ends = [first, *(tip.value for tip in part.tips), last]
        there = [part.states[0].signature, *(tip.above.signature for tip in part.tips)]
        ranges = list(zip(ends, ends[1:], there, strict=False))
    else:
        for value, state in zip(part.values.tolist(), part.states, strict=True):
            begin = value
            if ranges and ranges[-1][2] == state.signature:
                begin = ranges.pop()[0]
            ranges.append((begin, value, state.signature))
    number = getattr(base, part.parameter)
    return [
        (
            part.parameter,
            low,
            high,
            *percent_of(number, np.array([low, high])).tolist(),
            *_texts(signature),
        )
        for low, high, signature in ranges
        if low < high or not part.is_complete
    ]


def _tipping_rows(base: SiteEconomics, part: DesignsAlong) -> list[tuple[object, ...]]:
    """List the changes of the design along one parameter, with the cost at each."""
    values = np.array([tip.value for tip in part.tips])
    percent = percent_of(getattr(base, part.parameter), values).tolist()
    there = values_of(base, part.parameter, values)
    return [
        (
            part.parameter,
            tip.value,
            change,
            *_texts(tip.below.signature),
            *_texts(tip.above.signature),
            *(tip.cost(measure, economics) for measure in COST_COLUMNS),
        )
        for tip, change, economics in zip(part.tips, percent, there, strict=True)
    ]


def _table_of(schema: Mapping[str, str], rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return table(schema, *zip(*rows, strict=True)) if rows else empty_table(schema)


def _texts(signature: Signature) -> tuple[str, str]:
    levels, pumps = signature
    return ", ".join(f"{level:.10g}" for level in levels) or "none", pumps_text(pumps)


def _design(row: pd.Series[Any], side: str) -> dict[str, Any]:
    text = str(row[f"{side}_levels_C"])
    levels = [] if text == "none" else [float(level) for level in text.split(", ")]
    return {"levels_C": levels, "heat_pumps": pairs_of(str(row[f"{side}_heat_pumps"]))}
