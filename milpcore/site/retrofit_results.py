"""What a retrofit study brings: tables with units in their column names.

Every number comes from checked results, one per configuration: `milpcore.site.results.SiteResult`,
or `milpcore.site.periods.results.PeriodResult` where there are several operating periods.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pandas as pd

from milpcore.site.table_files import write_tables
from milpcore.site.tables import empty_table, table
from milpcore.site_options import SiteOptions

BASELINE = "baseline"
WITHOUT_MOVES = "without_moves"
NONE_MOVED = "none"
"""Name of the configuration that moves nothing."""

_OWN = {
    "configuration": "str",
    "moved_C": "str",
    "given_up_C": "str",
    "added_C": "str",
    "levels_C": "str",
    "saving_percent": "float64",
}
_LEFT_OUT = ("max_levels", "n_nodes", "formulation")
_EQUAL = 1e-9
"""Costs closer than this share are equal."""


class Result(Protocol):
    """What a study shows of a checked result; see `milpcore.site.results.SiteResult`."""

    @property
    def schemas(self) -> Mapping[str, Mapping[str, str]]:
        """Columns and dtypes of its tables."""

    @property
    def summary(self) -> pd.DataFrame:
        """One row."""

    @property
    def levels(self) -> pd.DataFrame:
        """Levels in use."""

    @property
    def heat_pumps(self) -> pd.DataFrame:
        """Heat pumps."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Explanations."""

    @property
    def options(self) -> SiteOptions:
        """What was asked for beyond the published model."""

    @property
    def has_design(self) -> bool:
        """Whether there is one."""

    def to_json_dict(self) -> dict[str, Any]:
        """Return plain values."""


R = TypeVar("R", bound=Result)


@dataclass(frozen=True, eq=False)
class RetrofitResult(Generic[R]):
    """The best that moving some levels can do.

    Attributes
    ----------
    choice_C : tuple of float
        Existing levels that were allowed to move, °C, rising.
    moved_C : dict of float to float
        Where those that really move go, °C.
    given_up_C : tuple of float
        Existing levels that are left out, °C: closed, or moved to where another one is.
    added_C : tuple of float
        New levels, °C.
    unused_C : tuple of float
        Levels of the configuration that no stream, heat pump or utility uses, °C.
    saving_percent : float
        Of the objective, against the existing levels without heat pumps; nan without a design.
    result : SiteResult or PeriodResult
        The checked design.
    """

    choice_C: tuple[float, ...]
    moved_C: dict[float, float]
    given_up_C: tuple[float, ...]
    added_C: tuple[float, ...]
    unused_C: tuple[float, ...]
    saving_percent: float
    result: R

    @property
    def name(self) -> str:
        """Levels that were allowed to move, such as ``"25, 143"``; ``"none"`` if there are none."""
        return levels_text(self.choice_C) or NONE_MOVED

    def to_json_dict(self) -> dict[str, Any]:
        """One configuration as plain Python values, NaN as None."""
        saving = self.saving_percent
        return {
            "choice_C": list(self.choice_C),
            "moved_C": {f"{old:.10g}": new for old, new in self.moved_C.items()},
            "given_up_C": list(self.given_up_C),
            "added_C": list(self.added_C),
            "unused_C": list(self.unused_C),
            "saving_percent": saving if math.isfinite(saving) else None,
            **self.result.to_json_dict(),
        }


@dataclass(frozen=True, eq=False)
class RetrofitStudy(Generic[R]):
    """Every combination of levels that may move, beside the levels of today.

    Attributes
    ----------
    baseline : SiteResult or PeriodResult
        The existing levels without heat pumps, but those that options say are there today.
    without_moves : SiteResult or PeriodResult
        The existing levels, with heat pumps if they are allowed.
    results : tuple of RetrofitResult
        One per combination, in lexicographic order of positions.
    existing_C : tuple of float
        Levels of today, °C, rising.
    n_configurations : int
        Combinations asked for; more than there are results after an interruption.
    """

    baseline: R
    without_moves: R
    results: tuple[RetrofitResult[R], ...]
    existing_C: tuple[float, ...]
    n_configurations: int

    @property
    def best(self) -> RetrofitResult[R] | None:
        """Configuration of largest saving, then least TAC, then fewest changes, then the first.

        None when no configuration has a design. Objectives, and TAC, that differ by less than
        1e-9 of their size are equal.
        """
        rows = [one for one in self.results if one.result.has_design]
        for column in ("objective_value", "tac_EUR_per_a"):
            values = [float(one.result.summary[column].iloc[0]) for one in rows]
            least = min(values, default=math.nan)
            limit = least + _EQUAL * abs(least)
            rows = [one for one, value in zip(rows, values, strict=True) if value <= limit]
        return min(
            rows,
            key=lambda one: len(one.moved_C) + len(one.given_up_C) + len(one.added_C),
            default=None,
        )

    @property
    def today_text(self) -> str:
        """Heat pumps of the baseline, in words."""
        has_pumps = bool(self.baseline.options.heat_pumps.existing)
        return "with the heat pumps of today" if has_pumps else "without heat pumps"

    @property
    def without_moves_saving_percent(self) -> float:
        """Saving of heat pumps alone."""
        return saving_percent(self.baseline, self.without_moves)

    @property
    def summary(self) -> pd.DataFrame:
        """One row per configuration (°C, %, EUR/a, t/a, kW, s)."""
        return self._rows([_row(one) for one in self.results])

    @property
    def existing(self) -> pd.DataFrame:
        """The existing levels without and with heat pumps, two rows with columns of `summary`."""
        pairs = ((BASELINE, self.baseline), (WITHOUT_MOVES, self.without_moves))
        return self._rows(
            [
                (name, "", "", "", saving_percent(self.baseline, result), result)
                for name, result in pairs
            ]
        )

    @property
    def levels(self) -> pd.DataFrame:
        """Levels of the existing system and of all configurations, led by ``configuration``."""
        return self.joined("levels")

    @property
    def heat_pumps(self) -> pd.DataFrame:
        """Heat pumps of the existing system and of all configurations, likewise."""
        return self.joined("heat_pumps")

    @property
    def connections(self) -> pd.DataFrame:
        """Connections of the existing system and of all configurations, likewise."""
        return self.joined("connections")

    @property
    def notes(self) -> pd.DataFrame:
        """Explanations, columns ``configuration`` and ``note``."""
        pairs = [(name, note) for name, result in self._named() for note in result.notes]
        schema = {"configuration": "str", "note": "str"}
        return table(schema, *zip(*pairs, strict=True)) if pairs else empty_table(schema)

    def to_json_dict(self) -> dict[str, Any]:
        """Return the study as plain Python values, NaN as None.

        After an interruption it is led by ``"status": "interrupted"`` and the numbers of
        combinations asked for and not started.
        """
        n_not_started = self.n_configurations - len(self.results)
        missing = {
            "status": "interrupted",
            "n_configurations": self.n_configurations,
            "n_not_started": n_not_started,
        }
        return {
            **(missing if n_not_started else {}),
            BASELINE: self.baseline.to_json_dict(),
            WITHOUT_MOVES: {
                **self.without_moves.to_json_dict(),
                "saving_percent": self.without_moves_saving_percent,
            },
            "results": [one.to_json_dict() for one in self.results],
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
            The files ``summary.csv``, ``existing.csv``, ``levels.csv``, ``heat_pumps.csv``,
            ``connections.csv`` and ``notes.csv``; where options name sources of external heat,
            ``heat_sources.csv``, too, and with several operating periods ``periods.csv``,
            ``operation.csv`` and ``pump_operation.csv``.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.
        """
        tables = {name: getattr(self, name) for name in ("summary", "existing")}
        for name in self.baseline.schemas:
            if name not in (*tables, "heat_sources"):
                tables[name] = self.joined(name)
        tables["notes"] = self.notes
        if "heat_sources" in self.baseline.schemas:
            tables["heat_sources"] = self.joined("heat_sources")
        return write_tables(tables, directory)

    def joined(self, name: str) -> pd.DataFrame:
        """Return a table of the existing system and of all configurations.

        Parameters
        ----------
        name : str
            Of a table of the results, such as ``"heat_sources"`` or ``"pump_operation"``.

        Returns
        -------
        DataFrame
            Led by ``configuration``.
        """
        names, results = zip(*self._named(), strict=True)
        tables: list[pd.DataFrame] = [getattr(result, name) for result in results]
        joined = pd.concat(tables, ignore_index=True)
        led = np.repeat(np.array(names, dtype=object), [len(one) for one in tables])
        joined.insert(0, "configuration", pd.Series(led, dtype="str"))
        return joined

    def _rows(self, rows: list[_Row]) -> pd.DataFrame:
        of_results = self.baseline.schemas["summary"]
        kept = [name for name in of_results if name not in _LEFT_OUT]
        schema = {**_OWN, **{name: of_results[name] for name in kept}}
        if not rows:
            return empty_table(schema)
        *texts, savings, results = (list(column) for column in zip(*rows, strict=True))
        levels = [levels_text(tuple(result.levels["temperature_C"])) for result in results]
        summaries = pd.concat([result.summary for result in results], ignore_index=True)
        return table(schema, *texts, levels, savings, *(summaries[name] for name in kept))

    def _named(self) -> list[tuple[str, R]]:
        existing = [(BASELINE, self.baseline), (WITHOUT_MOVES, self.without_moves)]
        return existing + [(one.name, one.result) for one in self.results]


AnyConfiguration = RetrofitResult[Any]
AnyStudy = RetrofitStudy[Any]
"""With one operating period, or several."""


def saving_percent(baseline: Result, result: Result) -> float:
    """Compare a result with another in their objective, in percent; nan without a design.

    Where the baseline costs nothing there is nothing to save.
    """
    before, after = (float(one.summary["objective_value"].iloc[0]) for one in (baseline, result))
    if math.isnan(after):
        return math.nan
    return 100.0 * (before - after) / before if before > 0.0 else 0.0


def levels_text(levels_C: tuple[float, ...]) -> str:
    """Write temperatures with commas between them.

    Examples
    --------
    >>> levels_text((25.0, 143.5))
    '25, 143.5'
    """
    return ", ".join(f"{level_C:.10g}" for level_C in levels_C)


def moves_text(moved_C: dict[float, float]) -> str:
    """Write moves with arrows.

    Examples
    --------
    >>> moves_text({25.0: 35.0, 143.0: 134.0})
    '25→35, 143→134'
    """
    return ", ".join(f"{old:.10g}→{new:.10g}" for old, new in moved_C.items())


_Row = tuple[str, str, str, str, float, Result]


def _row(one: AnyConfiguration) -> _Row:
    return (
        one.name,
        moves_text(one.moved_C),
        levels_text(one.given_up_C),
        levels_text(one.added_C),
        one.saving_percent,
        one.result,
    )
