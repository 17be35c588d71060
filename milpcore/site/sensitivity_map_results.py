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
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.inputs import Floats
from milpcore.site.operations import Operations
from milpcore.site.sensitivity_results import (
    Pumps,
    operation_columns,
    pairs_of,
    percent_of,
    pumps_text,
    used_pumps,
)
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import empty_table
from milpcore.site.tipping import TippingPoint

BORDER_SCHEMA = {
    "first_value": "float64",
    "first_percent": "float64",
    "second_value": "float64",
    "second_percent": "float64",
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
        The parameters and their values.
    points : DataFrame
        One row per pair of values, the second changing fastest: ``first_value``,
        ``first_percent``, ``second_value``, ``second_percent``, ``heat_pumps`` that run, costs
        (EUR/a, t/a), heat and electricity (kW), ``n_heat_pumps``.
    sets : DataFrame
        One row per set of heat pumps, the most frequent first: ``heat_pumps``, ``n_points``.
    borders : DataFrame
        Where the set changes along the second parameter at each value of the first, exact:
        values, percent, and the sets ``before`` and ``after``.
    """

    levels_C: tuple[float, ...]
    objective: Measure
    economics: SiteEconomics
    axes: tuple[Axis, Axis]
    points: pd.DataFrame
    sets: pd.DataFrame
    borders: pd.DataFrame

    @classmethod
    def of(
        cls,
        base: SiteEconomics,
        system: FixedLevels,
        axes: tuple[Axis, Axis],
        points: Sequence[pd.DataFrame],
        borders: Sequence[pd.DataFrame],
    ) -> SensitivityMap:
        """Join the tables of all rows."""
        joined = pd.concat(points, ignore_index=True)
        counts = joined["heat_pumps"].value_counts(sort=False)
        order = sorted(counts.index, key=lambda text: (-counts[text], text))
        sets = pd.DataFrame(
            {
                "heat_pumps": pd.Series(order, dtype="str"),
                "n_points": [int(counts[text]) for text in order],
            }
        )
        return cls(
            tuple(system.level_C.tolist()),
            system.objective,
            base,
            axes,
            joined,
            sets,
            pd.concat(borders, ignore_index=True).astype(BORDER_SCHEMA),
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
        return np.array([place[text] for text in self.points["heat_pumps"]]).reshape(shape)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the map as plain Python values, NaN as None."""
        return {
            "levels_C": list(self.levels_C),
            "objective": self.objective.value,
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
                    **{name: plain(row[name]) for name in list(BORDER_SCHEMA)[:4]},
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


def border_rows(axes: tuple[Axis, Axis], row: int, tips: Sequence[TippingPoint]) -> pd.DataFrame:
    """Table of the tipping points at one value of the first parameter."""
    if not tips:
        return empty_table(BORDER_SCHEMA)
    first, second = axes
    values = np.array([tip.value for tip in tips])
    return pd.DataFrame(
        {
            "first_value": first.values[row],
            "first_percent": first.percent[row],
            "second_value": values,
            "second_percent": percent_of(second.base, values),
            "before": [pumps_text(cast(Pumps, tip.before)) for tip in tips],
            "after": [pumps_text(cast(Pumps, tip.after)) for tip in tips],
        }
    )
