"""What a search for alternatives brings: the best level sets in order, and near-optimal ranges.

Tables, units in their column names:

- ``alternatives``: one row per rank; levels, heat pumps, cost, whether the rank is proven
- ``alternative_levels``, ``alternative_heat_pumps``: their levels and heat pumps, led by ``rank``
- ``level_ranges``: where each level may be in any design within the share asked for
- ``size_ranges``: least and most heat of each heat pump, and totals, in any such design
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.site.results import SiteResult
from milpcore.site.retrofit_results import levels_text, moves_text
from milpcore.site.slot_search import EQUAL
from milpcore.site.table_files import plain
from milpcore.site.tables import COST_COLUMNS, SCHEMAS, empty_table, table

ALTERNATIVES: Mapping[str, str] = MappingProxyType(
    {
        "max_levels": "int64",
        "rank": "int64",
        "is_proven": "bool",
        "n_levels": "int64",
        "levels_C": "str",
        "heat_pumps_C": "str",
        "moved_C": "str",
        "given_up_C": "str",
        "objective": "str",
        "unit": "str",
        "objective_value": "float64",
        "above_best_percent": "float64",
        **dict.fromkeys(COST_COLUMNS.values(), "float64"),
        "external_heat_kW": "float64",
        "electricity_kW": "float64",
        "cooling_kW": "float64",
    }
)
LEVEL_RANGES: Mapping[str, str] = MappingProxyType(
    {
        "max_levels": "int64",
        "within_percent": "float64",
        "level": "int64",
        "best_C": "float64",
        "lowest_C": "float64",
        "highest_C": "float64",
        "n_temperatures": "int64",
        "is_proven": "bool",
    }
)
SIZE_RANGES: Mapping[str, str] = MappingProxyType(
    {
        "max_levels": "int64",
        "within_percent": "float64",
        "quantity": "str",
        "from_level": "int64",
        "to_level": "int64",
        "best_kW": "float64",
        "least_kW": "float64",
        "most_kW": "float64",
        "is_proven": "bool",
    }
)
TABLES = (
    "alternatives",
    "alternative_levels",
    "alternative_heat_pumps",
    "level_ranges",
    "size_ranges",
)
"""Tables of a study, in the order of their files."""


@dataclass(frozen=True, eq=False)
class Alternatives:
    """The best level sets of one configuration.

    Attributes
    ----------
    max_levels : int
        Levels allowed.
    n_wanted : int
        Alternatives asked for.
    status : Status
        ``optimal`` if every rank is proven, or no more level sets exist.
    designs : tuple of SiteResult
        In order of rank, each operated at least cost and checked. The bound of each is that of the
        best: no design costs less.
    sets_C : tuple of tuple of float
        Level set of each, °C; in a retrofit with levels that are not used.
    moved_C : tuple of dict of float to float
        For each, which existing level has gone where, °C; empty in a greenfield.
    given_up_C : tuple of tuple of float
        For each, which existing levels have met another one, °C; empty in a greenfield.
    n_proven : int
        So many of the first ranks are proven.
    n_tied : int
        Further level sets that cost as much as the last one.
    bound : float
        Every level set that counts and costs less is known, EUR/a or t/a; infinite if all are.
    within_percent : float or None
        Share of the best objective up to which ranges go.
    n_near, n_other : int
        Level sets within that share, and those of them with another number of levels than the best
        one, which the ranges leave out.
    level_ranges, size_ranges : DataFrame
    n_priced : int
        Level sets priced.
    solve_s : float
    is_retrofit : bool
        Whether existing levels move; then each move, not each level, has to save something.
    lacking : str
        What no level set does, where there is none.
    """

    max_levels: int
    n_wanted: int
    status: Status
    designs: tuple[SiteResult, ...]
    sets_C: tuple[tuple[float, ...], ...]
    moved_C: tuple[dict[float, float], ...]
    given_up_C: tuple[tuple[float, ...], ...]
    n_proven: int
    n_tied: int
    bound: float
    within_percent: float | None
    n_near: int
    n_other: int
    level_ranges: pd.DataFrame
    size_ranges: pd.DataFrame
    n_priced: int
    solve_s: float
    is_retrofit: bool = False
    lacking: str = "serves every stream"

    @property
    def alternatives(self) -> pd.DataFrame:
        """One row per rank (°C, EUR/a, t/a, %, kW)."""
        if not self.designs:
            return empty_table(ALTERNATIVES)
        rows = [self._row(place) for place in range(len(self.designs))]
        return table(ALTERNATIVES, *zip(*rows, strict=True))

    @property
    def alternative_levels(self) -> pd.DataFrame:
        """Levels of all alternatives, led by ``max_levels`` and ``rank`` (°C, kW)."""
        return self._joined(lambda design: design.levels, "levels")

    @property
    def alternative_heat_pumps(self) -> pd.DataFrame:
        """Heat pumps of all alternatives, led by ``max_levels`` and ``rank`` (°C, K, kW, EUR)."""
        return self._joined(lambda design: design.heat_pumps, "heat_pumps")

    @property
    def notes(self) -> tuple[str, ...]:
        """What is proven and what is not, in words."""
        found, wanted = len(self.designs), self.n_wanted
        notes = []
        if self.status is Status.INFEASIBLE:
            return (f"No set of at most {self.max_levels} levels {self.lacking}.",)
        if self.n_proven < found or self.status is not Status.OPTIMAL:
            why = self.status.value.replace("_", " ")
            notes.append(f"{why}: the first {self.n_proven} of {found} ranks are proven.")
        elif found < wanted:
            what = "move" if self.is_retrofit else "level"
            sets = (
                "is no more than 1 level set"
                if found == 1
                else f"are no more than {found} level sets"
            )
            notes.append(f"There {sets} without a {what} of no use.")
        else:
            notes.append("No other level set costs less than the last of these.")
        if self.n_tied:
            which = "set costs" if self.n_tied == 1 else "sets cost"
            notes.append(f"{self.n_tied} further level {which} as much as the last one.")
        if self.within_percent is not None and found:
            sets = "1 level set" if self.n_near == 1 else f"{self.n_near} level sets"
            text = f"{sets} within {self.within_percent:g} % of the best"
            if self.n_other:
                text += f", {self.n_other} of them with another number of levels, not in the ranges"
            notes.append(text + ".")
        return tuple(notes)

    def to_json_dict(self) -> dict[str, Any]:
        """Return everything as plain Python values, NaN and infinity as None."""
        ranks = self.alternatives
        return {
            "max_levels": self.max_levels,
            "status": self.status.value,
            "n_proven": self.n_proven,
            "n_tied": self.n_tied,
            "bound": plain(self.bound),
            "alternatives": [
                {
                    "rank": place + 1,
                    "is_proven": place < self.n_proven,
                    "above_best_percent": plain(ranks["above_best_percent"].iloc[place]),
                    "moved_C": {f"{old:.10g}": new for old, new in self.moved_C[place].items()},
                    "given_up_C": list(self.given_up_C[place]),
                    **design.to_json_dict(),
                }
                for place, design in enumerate(self.designs)
            ],
            "within_percent": self.within_percent,
            "n_level_sets_within": self.n_near if self.within_percent is not None else None,
            "level_ranges": _records(self.level_ranges),
            "size_ranges": _records(self.size_ranges),
            "notes": list(self.notes),
            "solve_s": self.solve_s,
        }

    def _row(self, place: int) -> tuple[Any, ...]:
        design = self.designs[place]
        row, best = design.summary.iloc[0], self.designs[0].summary.iloc[0]
        value, least = float(row["objective_value"]), float(best["objective_value"])
        above = 0.0
        if value > least * (1.0 + EQUAL):
            above = 100.0 * (value - least) / least if least > 0.0 else math.nan
        return (
            self.max_levels,
            place + 1,
            place < self.n_proven,
            len(design.levels),
            levels_text(tuple(design.levels["temperature_C"])),
            pumps_text(design),
            moves_text(self.moved_C[place]),
            levels_text(self.given_up_C[place]),
            str(row["objective"]),
            str(row["unit"]),
            value,
            above,
            *(float(row[column]) for column in COST_COLUMNS.values()),
            *(float(row[f"{name}_kW"]) for name in ("external_heat", "electricity", "cooling")),
        )

    def _joined(self, table_of: Callable[[SiteResult], pd.DataFrame], name: str) -> pd.DataFrame:
        tables = [table_of(design) for design in self.designs]
        led = {"max_levels": "int64", "rank": "int64"}
        if not tables:
            return empty_table({**led, **SCHEMAS[name]})
        rank = np.repeat(np.arange(1, len(tables) + 1), [len(one) for one in tables])
        joined = pd.concat(tables, ignore_index=True)
        joined.insert(0, "rank", rank.astype(np.int64))
        joined.insert(0, "max_levels", np.int64(self.max_levels))
        return joined


def pumps_text(design: SiteResult) -> str:
    """Write the heat pumps of a design with arrows, such as ``"61→113, 113→167"``."""
    pumps = design.heat_pumps
    pairs = zip(pumps["source_C"], pumps["sink_C"], strict=True)
    return ", ".join(f"{source_C:.10g}→{sink_C:.10g}" for source_C, sink_C in pairs)


def joined_tables(found: Sequence[Alternatives]) -> dict[str, pd.DataFrame]:
    """Tables of several configurations below each other, by name."""
    return {
        name: pd.concat([getattr(one, name) for one in found], ignore_index=True)
        for name in TABLES
        if found
    }


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    names = [name for name in rows.columns if name not in ("max_levels", "within_percent")]
    return [
        {name: plain(value) for name, value in zip(names, values, strict=True)}
        for values in rows[names].itertuples(index=False, name=None)
    ]
