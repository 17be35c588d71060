"""Tables of a sensitivity study, units in the column names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.inputs import Floats, Integers
from milpcore.site.operations import Operations
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import COST_COLUMNS, empty_table, table
from milpcore.site.tipping import TippingPoint

_COSTS = dict.fromkeys(COST_COLUMNS.values(), "float64")
POINT_SCHEMA = {
    "parameter": "str",
    "value": "float64",
    "percent": "float64",
    **_COSTS,
    "external_heat_kW": "float64",
    "cooling_kW": "float64",
    "electricity_kW": "float64",
    "heat_pump_heat_kW": "float64",
    "n_heat_pumps": "int64",
}
PUMP_SCHEMA = {
    "parameter": "str",
    **dict.fromkeys(
        ("value", "percent", "source_C", "sink_C", "heat_kW", "power_kW", "cop"), "float64"
    ),
}
TIPPING_SCHEMA = {
    "parameter": "str",
    "value": "float64",
    "percent": "float64",
    "before": "str",
    "after": "str",
    **_COSTS,
}
TABLES = ("points", "heat_pumps", "tipping_points")
Pumps = tuple[tuple[float, float], ...]


class ParameterTables(NamedTuple):
    """What one parameter brings, see `SensitivityStudy`; picklable.

    Attributes
    ----------
    parameter : str
    points, heat_pumps, tipping_points : DataFrame
    """

    parameter: str
    points: pd.DataFrame
    heat_pumps: pd.DataFrame
    tipping_points: pd.DataFrame


@dataclass(frozen=True, eq=False)
class SensitivityStudy:
    """How cost and heat pumps of fixed levels answer to parameters.

    Attributes
    ----------
    levels_C : tuple of float
        The levels.
    objective : Measure
        What was minimised.
    economics : SiteEconomics
        Base values.
    points : DataFrame
        One row per parameter and value: ``parameter``, ``value`` (its own unit), ``percent`` of
        change, costs (EUR/a, t/a), heat and electricity (kW), ``n_heat_pumps``.
    heat_pumps : DataFrame
        One row per heat pump that runs at a point: temperatures (°C), heat and power (kW), COP.
    tipping_points : DataFrame
        One row per change of the set of heat pumps: ``parameter``, ``value``, ``percent``, and the
        sets ``before`` and ``after`` in the order of rising values, as text such as ``35→80``;
        costs there (EUR/a, t/a).
    unfinished : tuple of str
        Parameters that an interruption kept from being finished; they are in no table.
    """

    levels_C: tuple[float, ...]
    objective: Measure
    economics: SiteEconomics
    points: pd.DataFrame
    heat_pumps: pd.DataFrame
    tipping_points: pd.DataFrame
    unfinished: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        levels_C: tuple[float, ...],
        objective: Measure,
        base: SiteEconomics,
        keys: Sequence[str],
        parts: Sequence[ParameterTables],
    ) -> SensitivityStudy:
        """Join what was found along all parameters.

        Parameters
        ----------
        levels_C : tuple of float
            The levels, rising.
        objective : Measure
            What was minimised.
        base : SiteEconomics
            Base values.
        keys : sequence of str
            All parameters that were asked for.
        parts : sequence of ParameterTables
            Those that were finished.
        """
        finished = {part.parameter for part in parts}
        return cls(
            levels_C,
            objective,
            base,
            joined([part.points for part in parts], POINT_SCHEMA),
            joined([part.heat_pumps for part in parts], PUMP_SCHEMA),
            joined([part.tipping_points for part in parts], TIPPING_SCHEMA),
            tuple(key for key in keys if key not in finished),
        )

    def to_json_dict(self) -> dict[str, Any]:
        """Per finished parameter its points and tipping points, as plain Python values."""
        parameters = []
        for key, points in self.points.groupby("parameter", sort=False):
            pumps = self.heat_pumps[self.heat_pumps["parameter"] == key]
            by_value = dict(list(pumps.groupby("value")))
            tips = self.tipping_points[self.tipping_points["parameter"] == key]
            parameters.append(
                {
                    "parameter": key,
                    "base": float(getattr(self.economics, str(key))),
                    "points": [
                        {
                            **{name: plain(row[name]) for name in points.columns[1:]},
                            "heat_pumps": _records(by_value.get(row["value"])),
                        }
                        for _, row in points.iterrows()
                    ],
                    "tipping_points": [
                        {
                            "percent": plain(row["percent"]),
                            "value": float(row["value"]),
                            "before": pairs_of(row["before"]),
                            "after": pairs_of(row["after"]),
                            **{name: float(row[name]) for name in COST_COLUMNS.values()},
                        }
                        for _, row in tips.iterrows()
                    ],
                }
            )
        return {
            "levels_C": list(self.levels_C),
            "objective": self.objective.value,
            "status": study_status(self.unfinished),
            "unfinished": list(self.unfinished),
            "parameters": parameters,
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write every table as CSV into a directory, each whole or not at all."""
        return write_tables({name: getattr(self, name) for name in TABLES}, directory)


def joined(tables: Sequence[pd.DataFrame], schema: Mapping[str, str]) -> pd.DataFrame:
    """Put tables below each other; an empty one of that schema where there are none."""
    return pd.concat(tables, ignore_index=True) if tables else empty_table(schema)


def study_status(unfinished: Sequence[object]) -> str:
    """Write in one word whether anything is missing.

    Examples
    --------
    >>> study_status(()), study_status(("lifetime_a",))
    ('finished', 'interrupted')
    """
    return "interrupted" if unfinished else "finished"


def point_rows(key: str, base: float, values: Floats, operations: Operations) -> pd.DataFrame:
    """Table of the points of one parameter."""
    return pd.DataFrame(
        {
            "parameter": pd.Series([key] * len(values), dtype="str"),
            "value": values,
            "percent": percent_of(base, values),
            **operation_columns(operations),
        }
    )


def operation_columns(operations: Operations) -> dict[str, Floats | Integers]:
    """Costs, heat and electricity of every case (C,), by the names of their columns."""
    return {
        **{COST_COLUMNS[measure]: operations.cost[measure] for measure in Measure},
        "external_heat_kW": operations.external_heat_kW.sum(axis=1),
        "cooling_kW": operations.cooling_kW.sum(axis=1),
        "electricity_kW": operations.electricity_kW,
        "heat_pump_heat_kW": operations.pump_heat_kW.sum(axis=(1, 2)),
        "n_heat_pumps": operations.is_used.sum(axis=(1, 2)),
    }


def used_pumps(operations: Operations) -> list[Pumps]:
    """Heat pumps that run in each case, source and sink in °C."""
    level_C = operations.level_C.tolist()
    return [
        tuple((level_C[i], level_C[j]) for i, j in np.argwhere(used).tolist())
        for used in operations.is_used
    ]


def heat_pump_rows(key: str, base: float, values: Floats, operations: Operations) -> pd.DataFrame:
    """Table of the heat pumps that run at the points of one parameter."""
    case, source, sink = np.nonzero(operations.is_used)
    heat_kW, cop = operations.pump_heat_kW[case, source, sink], operations.cop[case, source, sink]
    return pd.DataFrame(
        {
            "parameter": pd.Series([key] * len(case), dtype="str"),
            "value": values[case],
            "percent": percent_of(base, values)[case],
            "source_C": operations.level_C[source],
            "sink_C": operations.level_C[sink],
            "heat_kW": heat_kW,
            "power_kW": heat_kW / cop,
            "cop": cop,
        }
    )


def tipping_rows(
    key: str, base: float, tips: Sequence[TippingPoint], operations: Operations
) -> pd.DataFrame:
    """Table of the tipping points of one parameter, with the operation at each of them."""
    if not tips:
        return empty_table(TIPPING_SCHEMA)
    values = np.array([tip.value for tip in tips])
    return table(
        TIPPING_SCHEMA,
        [key] * len(tips),
        values,
        percent_of(base, values),
        [pumps_text(cast(Pumps, tip.before)) for tip in tips],
        [pumps_text(cast(Pumps, tip.after)) for tip in tips],
        *(operations.cost[measure] for measure in COST_COLUMNS),
    )


def pumps_text(pumps: Pumps) -> str:
    """Write a set of heat pumps.

    Examples
    --------
    >>> pumps_text(((35.0, 80.0), (80.0, 134.0))), pumps_text(())
    ('35→80, 80→134', 'none')
    """
    return ", ".join(f"{source:.10g}→{sink:.10g}" for source, sink in pumps) or "none"


def pairs_of(text: str) -> list[dict[str, float]]:
    """Read what `pumps_text` has written.

    Examples
    --------
    >>> pairs_of("35→80"), pairs_of("none")
    ([{'source_C': 35.0, 'sink_C': 80.0}], [])
    """
    if text == "none":
        return []
    pairs = (pair.split("→") for pair in text.split(", "))
    return [{"source_C": float(source), "sink_C": float(sink)} for source, sink in pairs]


def percent_of(base: float, values: Floats) -> Floats:
    """Change of values relative to a base, %; nan where that is 0."""
    if base == 0.0:
        return np.full(len(values), np.nan)
    return np.round(100.0 * (values / base - 1.0), 9)


def _records(rows: pd.DataFrame | None) -> list[dict[str, float]]:
    if rows is None:
        return []
    names = ("source_C", "sink_C", "heat_kW", "power_kW", "cop")
    return [{name: float(row[name]) for name in names} for _, row in rows.iterrows()]
