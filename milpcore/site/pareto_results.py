"""What a Pareto front brings: points, what joins them, and designs; units in the column names.

Every point is a checked result (`milpcore.site.results.SiteResult`); the objective is the first
measure, its bound what any design with at most as much of the second must cost.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.results import SiteResult
from milpcore.site.retrofit_results import levels_text
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import COST_COLUMNS, SCHEMAS, empty_table, table
from milpcore.streams import Streams

TABLES = (
    "points",
    "segments",
    "level_sets",
    "levels",
    "heat_pumps",
    "connections",
    "bounds",
    "notes",
)
_PUMP_KEYS = ("source_C", "sink_C", "heat_kW", "power_kW", "cop")
LEVEL_SET_SCHEMA: Mapping[str, str] = MappingProxyType(
    {"level_set": "int64", "n_levels": "int64", "levels_C": "str"}
)
"""Columns and dtypes of `ParetoStudy.level_sets`."""
_NOTES: Mapping[str, str] = MappingProxyType({"note": "str"})


@dataclass(frozen=True, eq=False)
class ParetoPoint:
    """One design on the front.

    Attributes
    ----------
    kind : str
        ``"end"``, ``"vertex"``, ``"crossing"`` of two level sets, or ``"asked"``.
    is_supported : bool
        Whether no mixture of other points is better.
    level_set : int
        Number of its level set, from 1, by its first point.
    asked : float
        Value of the second measure that was asked for; nan for none.
    marginal : float
        First measure that a unit less of the second costs, up to the next point that was not
        merely asked for: slope of the front, or where it jumps, cost of that point over what it
        saves; nan at the last.
    result : SiteResult
        The checked design.
    """

    kind: str
    is_supported: bool
    level_set: int
    asked: float
    marginal: float
    result: SiteResult


@dataclass(frozen=True, eq=False)
class ParetoSegment:
    """What joins a point to the next one.

    Attributes
    ----------
    level_set : int
        Number of the level set whose operation changes along it; 0 where there is nothing between.
    first_begin, second_begin, first_end, second_end : float
        Where the edge begins and ends, in units of the measures; not at the points where the
        front jumps.
    slope : float
        First measure that a unit less of the second costs along the edge (the dual); nan without.
    is_supported : bool
        Whether it is part of the lower hull.
    distance : float
        Proven distance from the true front, share of the range of both measures; nan while that
        range is not known.
    """

    level_set: int
    first_begin: float
    second_begin: float
    first_end: float
    second_end: float
    slope: float
    is_supported: bool
    distance: float


@dataclass(frozen=True, eq=False)
class ParetoStudy:
    """A front of two measures.

    Attributes
    ----------
    first, second : Measure
        What is traded off; points rise in the first and fall in the second.
    levels_kind : str
        ``"fixed"``, ``"retrofit"`` or ``"greenfield"``.
    max_levels : int
        Largest number of levels.
    existing_C : tuple of float
        Levels of today, °C; empty for a greenfield.
    move : int
        Existing levels that may move.
    range_K : float
        How far.
    status : Status
        ``optimal`` when the resolution is proven everywhere.
    resolution : float
        Asked for.
    distance : float
        Proven: no design is better than the front by more than this share of the range of both
        measures; 0 where it is exact to rounding, nan while that range is not known.
    points_found : tuple of ParetoPoint
    segments_found : tuple of ParetoSegment
        One fewer than points.
    level_sets : DataFrame
        Open levels of each set, ``level_set``, ``n_levels`` and ``levels_C`` (°C).
    bounds : DataFrame
        Front and proven lower bound of the first measure over the second, for drawing: columns
        such as ``co2_t_per_a``, ``front_tac_EUR_per_a`` and ``bound_tac_EUR_per_a``.
    notes_found : tuple of str
        Explanations for the user.
    streams : Streams
    economics : SiteEconomics
    solve_s : float
        Wall time of the search.
    unproven : tuple of Measure
        Ends of the front that the search had no time to prove: those of whose least value there
        is but a bound.
    """

    first: Measure
    second: Measure
    levels_kind: str
    max_levels: int
    existing_C: tuple[float, ...]
    move: int
    range_K: float
    status: Status
    resolution: float
    distance: float
    points_found: tuple[ParetoPoint, ...]
    segments_found: tuple[ParetoSegment, ...]
    level_sets: pd.DataFrame
    bounds: pd.DataFrame
    notes_found: tuple[str, ...]
    streams: Streams
    economics: SiteEconomics
    solve_s: float
    unproven: tuple[Measure, ...] = ()

    @property
    def marginal_unit(self) -> str:
        """Unit of marginal costs: ``EUR_per_t``, ``EUR_per_EUR`` or ``t_per_EUR``."""
        return f"{_amount(self.first)}_per_{_amount(self.second)}"

    @property
    def columns(self) -> tuple[str, str]:
        """Columns of `points` that hold both measures."""
        return COST_COLUMNS[self.first], COST_COLUMNS[self.second]

    @property
    def has_front(self) -> bool:
        """Whether there is any design."""
        return bool(self.points_found)

    @property
    def points(self) -> pd.DataFrame:
        """One row per point (EUR/a, t/a, kW), by rising first measure."""
        schema = self._point_schema()
        rows = [self._point_row(number, one) for number, one in enumerate(self.points_found, 1)]
        return table(schema, *zip(*rows, strict=True)) if rows else empty_table(schema)

    @property
    def segments(self) -> pd.DataFrame:
        """One row per pair of neighbouring points: the edge between them, and jumps."""
        schema = self._segment_schema()
        rows = [self._segment_row(number, one) for number, one in enumerate(self.segments_found, 1)]
        return table(schema, *zip(*rows, strict=True)) if rows else empty_table(schema)

    @property
    def levels(self) -> pd.DataFrame:
        """Levels of all points, led by ``point`` (°C, kW)."""
        return self._joined("levels")

    @property
    def heat_pumps(self) -> pd.DataFrame:
        """Heat pumps of all points, led by ``point`` (°C, K, kW, EUR)."""
        return self._joined("heat_pumps")

    @property
    def connections(self) -> pd.DataFrame:
        """Connections of all points, led by ``point`` (°C, kW, K)."""
        return self._joined("connections")

    @property
    def notes(self) -> pd.DataFrame:
        """Explanations, column ``note``."""
        return table(_NOTES, list(self.notes_found))

    def to_json_dict(self) -> dict[str, Any]:
        """Return the front as plain Python values, nan as None.

        None too what more points would change, marginal costs and whether a point is supported,
        while an end of the front is not proven.
        """
        points, segments = self.points, self.segments
        if self.unproven:
            points = _with_none(points, "is_supported", f"marginal_{self.marginal_unit}")
            segments = _with_none(segments, "is_supported", f"slope_{self.marginal_unit}")
        return {
            "objectives": [self.first.value, self.second.value],
            "levels_kind": self.levels_kind,
            "max_levels": self.max_levels,
            "existing_C": list(self.existing_C),
            "move": self.move,
            "range_K": self.range_K,
            "status": self.status.value,
            "resolution": self.resolution,
            "distance_percent": plain(100.0 * self.distance),
            "unproven_ends": [measure.value for measure in self.unproven],
            "solve_s": self.solve_s,
            "points": [
                {
                    **{name: plain(row[name]) for name in points.columns if name != "heat_pumps"},
                    "levels_C": [plain(level) for level in one.result.levels["temperature_C"]],
                    "heat_pumps": _pump_records(one.result),
                }
                for (_, row), one in zip(points.iterrows(), self.points_found, strict=True)
            ],
            "segments": [
                {name: plain(row[name]) for name in segments.columns}
                for _, row in segments.iterrows()
            ],
            "level_sets": [
                {"level_set": int(number), "levels_C": [float(one) for one in text.split(", ")]}
                for number, text in zip(
                    self.level_sets["level_set"], self.level_sets["levels_C"], strict=True
                )
            ],
            "notes": list(self.notes_found),
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write every table as CSV into a directory, each whole or not at all.

        Parameters
        ----------
        directory : str or path
            Made if it is missing.

        Returns
        -------
        tuple of Path
            ``points.csv``, ``segments.csv``, ``level_sets.csv``, ``levels.csv``,
            ``heat_pumps.csv``, ``connections.csv``, ``bounds.csv`` and ``notes.csv``.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.
        """
        return write_tables({name: getattr(self, name) for name in TABLES}, directory)

    def _point_schema(self) -> dict[str, str]:
        return {
            "point": "int64",
            "kind": "str",
            "is_supported": "bool",
            **dict.fromkeys(COST_COLUMNS.values(), "float64"),
            f"asked_{self.columns[1]}": "float64",
            f"bound_{self.columns[0]}": "float64",
            f"marginal_{self.marginal_unit}": "float64",
            "level_set": "int64",
            "n_levels": "int64",
            "levels_C": "str",
            "n_heat_pumps": "int64",
            "heat_pumps": "str",
            "external_heat_kW": "float64",
            "cooling_kW": "float64",
            "electricity_kW": "float64",
            "heat_pump_heat_kW": "float64",
        }

    def _point_row(self, number: int, one: ParetoPoint) -> tuple[Any, ...]:
        row = one.result.summary.iloc[0]
        names = ("external_heat_kW", "cooling_kW", "electricity_kW", "heat_pump_heat_kW")
        return (
            number,
            one.kind,
            one.is_supported,
            *(float(row[column]) for column in COST_COLUMNS.values()),
            one.asked,
            float(row["bound"]),
            one.marginal,
            one.level_set,
            int(row["n_levels"]),
            levels_text(tuple(one.result.levels["temperature_C"])),
            int(row["n_heat_pumps"]),
            pumps_text(one.result),
            *(float(row[name]) for name in names),
        )

    def _segment_schema(self) -> dict[str, str]:
        first, second = self.columns
        return {
            "from_point": "int64",
            "to_point": "int64",
            "level_set": "int64",
            f"begin_{first}": "float64",
            f"begin_{second}": "float64",
            f"end_{first}": "float64",
            f"end_{second}": "float64",
            f"slope_{self.marginal_unit}": "float64",
            f"jump_{first}": "float64",
            "is_supported": "bool",
            "distance_percent": "float64",
        }

    def _segment_row(self, number: int, one: ParetoSegment) -> tuple[Any, ...]:
        before = self.points_found[number - 1].result.summary.iloc[0]
        start = float(before[self.columns[0]])
        begin = one.first_end if one.level_set == 0 else one.first_begin
        jump = begin - start
        return (
            number,
            number + 1,
            one.level_set,
            one.first_begin,
            one.second_begin,
            one.first_end,
            one.second_end,
            one.slope,
            jump if jump > 1e-8 * abs(start) else 0.0,
            one.is_supported,
            100.0 * one.distance,
        )

    def _joined(self, name: str) -> pd.DataFrame:
        if not self.points_found:
            return empty_table({"point": "int64", **SCHEMAS[name]})
        tables: list[pd.DataFrame] = [getattr(one.result, name) for one in self.points_found]
        joined = pd.concat(tables, ignore_index=True)
        numbers = np.arange(1, len(tables) + 1, dtype=np.int64)
        joined.insert(0, "point", np.repeat(numbers, [len(one) for one in tables]))
        return joined


def pumps_text(result: SiteResult) -> str:
    """Write the heat pumps of a design as ``"25→80, 80→134"``, ``"none"`` if there are none."""
    pairs = zip(result.heat_pumps["source_C"], result.heat_pumps["sink_C"], strict=True)
    return ", ".join(f"{source_C:.10g}→{sink_C:.10g}" for source_C, sink_C in pairs) or "none"


def _pump_records(result: SiteResult) -> list[dict[str, Any]]:
    columns = [result.heat_pumps[key] for key in _PUMP_KEYS]
    return [
        {key: plain(value) for key, value in zip(_PUMP_KEYS, values, strict=True)}
        for values in zip(*columns, strict=True)
    ]


def _with_none(found: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return found.astype(dict.fromkeys(columns, "object")).assign(**dict.fromkeys(columns))


def _amount(measure: Measure) -> str:
    return "t" if measure is Measure.CO2 else "EUR"


def is_exact(distance: float) -> bool:
    """Whether a proven distance is but rounding."""
    return math.isfinite(distance) and distance <= 1e-6
