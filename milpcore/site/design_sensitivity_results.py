"""Tables of a sensitivity study of designs, units in the column names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.design_tips import DesignState, Signature
from milpcore.site.inputs import Floats
from milpcore.site.results import SiteResult
from milpcore.site.sensitivity_results import pairs_of, percent_of, pumps_text
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import empty_table, table
from milpcore.site.tipping import TippingPoint

TIPPING_SCHEMA = {
    "parameter": "str",
    "value": "float64",
    "percent": "float64",
    "before_levels_C": "str",
    "before_heat_pumps": "str",
    "after_levels_C": "str",
    "after_heat_pumps": "str",
}
TABLES = ("points", "tipping_points")
_FROM_SUMMARY = (
    "status",
    "objective_value",
    "gap",
    "tac_EUR_per_a",
    "opex_EUR_per_a",
    "capex_EUR_per_a",
    "co2_t_per_a",
    "external_heat_kW",
    "cooling_kW",
    "electricity_kW",
    "heat_pump_heat_kW",
    "n_heat_pumps",
)


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
    tipping_points : DataFrame
        One row per change of levels or heat pumps: ``parameter``, ``value``, ``percent``, and
        the designs before and after in the order of rising values.
    results : mapping of str to tuple of SiteResult
        The checked designs of each parameter, one per value.
    """

    objective: Measure
    economics: SiteEconomics
    points: pd.DataFrame
    tipping_points: pd.DataFrame
    results: Mapping[str, tuple[SiteResult, ...]]

    @classmethod
    def of(
        cls,
        base: SiteEconomics,
        points: Sequence[pd.DataFrame],
        tips: Sequence[tuple[str, TippingPoint]],
        results: Mapping[str, tuple[SiteResult, ...]],
    ) -> DesignSensitivityStudy:
        """Join the tables of all parameters."""
        rows = [
            (
                key,
                tip.value,
                percent_of(getattr(base, key), np.array([tip.value]))[0],
                *_texts(cast(Signature, tip.before)),
                *_texts(cast(Signature, tip.after)),
            )
            for key, tip in tips
        ]
        tipping = empty_table(TIPPING_SCHEMA)
        if rows:
            tipping = table(TIPPING_SCHEMA, *zip(*rows, strict=True))
        first = next(iter(results.values()))[0]
        return cls(first.objective, base, pd.concat(points, ignore_index=True), tipping, results)

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
                        }
                        for _, row in tips.iterrows()
                    ],
                }
            )
        return {"objective": self.objective.value, "parameters": parameters}

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write ``points.csv`` and ``tipping_points.csv``, both or none.

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


def design_rows(
    key: str, base: float, values: Floats, states: Sequence[DesignState]
) -> pd.DataFrame:
    """Table of the designs of one parameter."""
    levels, pumps = zip(*(_texts(state.signature) for state in states), strict=True)
    summary = pd.concat([state.result.summary for state in states], ignore_index=True)
    return pd.DataFrame(
        {
            "parameter": pd.Series([key] * len(values), dtype="str"),
            "value": values,
            "percent": percent_of(base, values),
            "levels_C": pd.Series(levels, dtype="str"),
            "heat_pumps": pd.Series(pumps, dtype="str"),
            **{name: summary[name] for name in _FROM_SUMMARY},
        }
    )


def _texts(signature: Signature) -> tuple[str, str]:
    levels, pumps = signature
    return ", ".join(f"{level:.10g}" for level in levels) or "none", pumps_text(pumps)


def _design(row: pd.Series[Any], side: str) -> dict[str, Any]:
    text = str(row[f"{side}_levels_C"])
    levels = [] if text == "none" else [float(level) for level in text.split(", ")]
    return {"levels_C": levels, "heat_pumps": pairs_of(str(row[f"{side}_heat_pumps"]))}
