"""Tables of a map of two parameters, units in the column names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.inputs import Floats
from milpcore.site.map_cells import Pieces
from milpcore.site.operations import Operations
from milpcore.site.sensitivity_results import (
    POINT_SCHEMA,
    Pumps,
    joined,
    operation_columns,
    pairs_of,
    percent_of,
    pumps_text,
    study_status,
    used_pumps,
)
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import empty_table, table
from milpcore.site.tipping import TippingPoint

_VALUES = dict.fromkeys(
    ("first_value", "first_percent", "second_value", "second_percent"), "float64"
)
MAP_SCHEMA = {
    **_VALUES,
    "heat_pumps": "str",
    **dict(list(POINT_SCHEMA.items())[3:]),
}
BORDER_SCHEMA = {
    "along": "str",
    **_VALUES,
    "before": "str",
    "after": "str",
}
TABLES = ("points", "sets", "borders")


class Axis(NamedTuple):
    """A parameter that is varied.

    Attributes
    ----------
    parameter : str
        Key of `SiteEconomics`.
    base : float
        Its base value.
    values : ndarray (P,)
        Its values, rising, in its own unit.
    """

    parameter: str
    base: float
    values: Floats

    @property
    def percent(self) -> Floats:
        """Values relative to the base (P,), %; nan where the base is 0."""
        return percent_of(self.base, self.values)


class Border(NamedTuple):
    """A place where the set of heat pumps changes along a line of the grid.

    Attributes
    ----------
    along : int
        Parameter that rises along the line, 0 or 1.
    at : float
        Value of the other one.
    tip : TippingPoint
        Value where the set changes, and the sets before and after it.
    """

    along: int
    at: float
    tip: TippingPoint


class RowTables(NamedTuple):
    """What one value of the first parameter brings, see `SensitivityMap`; picklable.

    Attributes
    ----------
    points : DataFrame
    borders : DataFrame
        Along the second parameter, and along the first one since the value before.
    pieces : Pieces
        What lies between the value before and this one.
    """

    points: pd.DataFrame
    borders: pd.DataFrame
    pieces: Pieces


@dataclass(frozen=True, eq=False)
class SensitivityMap:
    """How cost and heat pumps of fixed levels answer to two parameters together.

    Attributes
    ----------
    levels_C : tuple of float
        The levels.
    objective : Measure
        What was minimised.
    economics : SiteEconomics
        Base values.
    axes : tuple of two Axis
        The parameters and their values, of the first one those that were finished.
    points : DataFrame
        One row per pair of values, the second changing fastest: ``first_value``,
        ``first_percent``, ``second_value``, ``second_percent``, ``heat_pumps`` that run, costs
        (EUR/a, t/a), heat and electricity (kW), ``n_heat_pumps``.
    sets : DataFrame
        One row per set of heat pumps, the most frequent first: ``heat_pumps``, ``n_points``, which
        is 0 for sets that are only found between the points.
    borders : DataFrame
        Where the set changes on the lines of the grid, exact to 1e-6 of the base value: ``along``
        names the parameter that rises on the line, while the other has one of its values; values,
        percent, and the sets ``before`` and ``after``. First all lines along the second parameter,
        then those along the first.
    pieces : Pieces
        The whole map divided between the sets, for drawing: areas and the straight borders between
        them, in values of the parameters. See `milpcore.site.map_cells`.
    unfinished : tuple of float
        Values of the first parameter that an interruption kept from being finished.
    """

    levels_C: tuple[float, ...]
    objective: Measure
    economics: SiteEconomics
    axes: tuple[Axis, Axis]
    points: pd.DataFrame
    sets: pd.DataFrame
    borders: pd.DataFrame
    pieces: Pieces
    unfinished: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        levels_C: tuple[float, ...],
        objective: Measure,
        base: SiteEconomics,
        axes: tuple[Axis, Axis],
        rows: Sequence[RowTables],
    ) -> SensitivityMap:
        """Join the tables of all rows.

        Parameters
        ----------
        levels_C : tuple of float
            The levels, rising.
        objective : Measure
            What was minimised.
        base : SiteEconomics
            Base values.
        axes : tuple of two Axis
            The parameters with all values that were asked for.
        rows : sequence of RowTables
            Of the first values of the first parameter, those that were finished.
        """
        points = joined([row.points for row in rows], MAP_SCHEMA)
        pieces = Pieces(
            tuple(area for row in rows for area in row.pieces.areas),
            tuple(border for row in rows for border in row.pieces.borders),
        )
        first, second = axes
        borders = _sorted(joined([row.borders for row in rows], BORDER_SCHEMA), first.parameter)
        n_done = len(rows)
        return cls(
            levels_C,
            objective,
            base,
            (first._replace(values=first.values[:n_done]), second),
            points,
            _sets(points, borders, pieces),
            borders,
            pieces,
            tuple(first.values[n_done:].tolist()),
        )

    def grid(self, column: str) -> Floats:
        """Arrange a column of `points` as an array (first values, second values)."""
        shape = tuple(len(axis.values) for axis in self.axes)
        return np.asarray(self.points[column].to_numpy(dtype=np.float64).reshape(shape))

    @property
    def set_index(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Row of `sets` that is best at each pair of values (first values, second values)."""
        place = {text: index for index, text in enumerate(self.sets["heat_pumps"])}
        shape = tuple(len(axis.values) for axis in self.axes)
        index = [place[text] for text in self.points["heat_pumps"]]
        return np.array(index, dtype=np.int64).reshape(shape)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the map as plain Python values, NaN as None."""
        return {
            "levels_C": list(self.levels_C),
            "objective": self.objective.value,
            "status": study_status(self.unfinished),
            "unfinished": list(self.unfinished),
            "parameters": [
                {
                    "parameter": axis.parameter,
                    "base": axis.base,
                    "values": axis.values.tolist(),
                    "percent": [plain(value) for value in axis.percent],
                }
                for axis in self.axes
            ],
            "sets": [
                {"heat_pumps": pairs_of(text), "n_points": int(count)}
                for text, count in zip(self.sets["heat_pumps"], self.sets["n_points"], strict=True)
            ],
            "set_index": self.set_index.tolist(),
            **{
                name: self.grid(name).tolist()
                for name in ("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a", "co2_t_per_a")
            },
            "borders": [
                {
                    **{name: plain(row[name]) for name in ("along", *_VALUES)},
                    "before": pairs_of(row["before"]),
                    "after": pairs_of(row["after"]),
                }
                for _, row in self.borders.iterrows()
            ],
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write ``points.csv``, ``sets.csv`` and ``borders.csv``, all of them or none.

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


def map_rows(axes: tuple[Axis, Axis], row: int, operations: Operations) -> pd.DataFrame:
    """Table of the points at one value of the first parameter."""
    first, second = axes
    texts = [pumps_text(pumps) for pumps in used_pumps(operations)]
    return pd.DataFrame(
        {
            "first_value": first.values[row],
            "first_percent": first.percent[row],
            "second_value": second.values,
            "second_percent": second.percent,
            "heat_pumps": pd.Series(texts, dtype="str"),
            **operation_columns(operations),
        }
    )


def border_rows(axes: tuple[Axis, Axis], borders: Sequence[Border]) -> pd.DataFrame:
    """Table of places where the set of heat pumps changes."""
    if not borders:
        return empty_table(BORDER_SCHEMA)
    first, second = np.array(
        [(one.at, one.tip.value) if one.along else (one.tip.value, one.at) for one in borders]
    ).T
    return table(
        BORDER_SCHEMA,
        [axes[one.along].parameter for one in borders],
        first,
        percent_of(axes[0].base, first),
        second,
        percent_of(axes[1].base, second),
        [pumps_text(cast(Pumps, one.tip.before)) for one in borders],
        [pumps_text(cast(Pumps, one.tip.after)) for one in borders],
    )


def _sorted(borders: pd.DataFrame, first: str) -> pd.DataFrame:
    """Put borders line by line, those along the second parameter first."""
    is_across = borders["along"] == first
    across = borders[is_across].sort_values(["second_value", "first_value"])
    return pd.concat([borders[~is_across], across], ignore_index=True).astype(BORDER_SCHEMA)


def _sets(points: pd.DataFrame, borders: pd.DataFrame, pieces: Pieces) -> pd.DataFrame:
    """Count the points of each set, those between the points too."""
    between = [*borders["before"], *borders["after"], *(one.heat_pumps for one in pieces.areas)]
    counts: dict[str, int] = dict.fromkeys(between, 0)
    for text in points["heat_pumps"]:
        counts[text] = counts.get(text, 0) + 1
    order = sorted(counts, key=lambda text: (-counts[text], text))
    return pd.DataFrame(
        {
            "heat_pumps": pd.Series(order, dtype="str"),
            "n_points": pd.Series([counts[text] for text in order], dtype="int64"),
        }
    )
