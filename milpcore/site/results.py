"""What a study of model A brings: tables with units in their column names.

Tables of a `SiteResult` (one configuration, at most ``max_levels`` levels):

- ``summary``: one row; costs, energy, bound, gap, status and time
- ``levels``: one row per level in use, rising, with every term of its energy balance
- ``heat_pumps``: one row per heat pump
- ``connections``: one row per stream, in the order of the stream table

Everything is computed from a `Design`, whatever formulation found it, and costs are those of the
tables: `milpcore.site.check` recomputes them from nothing else.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.connection_tables import with_exchangers
from milpcore.site.explain import explain
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Outcome
from milpcore.site.source_tables import SCHEMA as SOURCE_SCHEMA
from milpcore.site.source_tables import empty_sources, source_table
from milpcore.site.table_files import plain, write_tables
from milpcore.site.tables import (
    COST_COLUMNS,
    SCHEMAS,
    connection_table,
    empty_table,
    heat_pump_table,
    level_table,
    summary_table,
    table,
)
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams


@dataclass(frozen=True, eq=False)
class SiteResult:
    """The best utility system found for at most `max_levels` levels.

    Attributes
    ----------
    max_levels : int
        Levels allowed.
    status : Status
        How the search ended.
    objective : Measure
        What was minimised.
    cascade : bool
        Whether heat was allowed to flow from a level to a lower one.
    summary : DataFrame
        One row: costs (EUR/a, t/a), energy (kW), bound, gap, time (s). Without a design the
        numbers are NaN and the counts 0.
    levels, heat_pumps, connections : DataFrame
        Terms of every level's balance, heat pumps, and the level of each stream; kW, °C, K.
        Empty without a design.
    notes : tuple of str
        Explanations for the user.
    streams : Streams
        The stream table.
    economics : SiteEconomics
        The prices and limits.
    options : SiteOptions
        What was asked for beyond the published model.
    heat_sources : DataFrame
        External heat by source and level (°C, kW, EUR/a, t/a); empty where options name no source.
    """

    max_levels: int
    status: Status
    objective: Measure
    cascade: bool
    summary: pd.DataFrame
    levels: pd.DataFrame
    heat_pumps: pd.DataFrame
    connections: pd.DataFrame
    notes: tuple[str, ...]
    streams: Streams
    economics: SiteEconomics
    options: SiteOptions = field(default_factory=SiteOptions)
    heat_sources: pd.DataFrame = field(default_factory=empty_sources)

    @property
    def schemas(self) -> Mapping[str, Mapping[str, str]]:
        """Columns and dtypes of its tables, by name."""
        has_sources = bool(self.options.external_heat.sources)
        return {**SCHEMAS, "heat_sources": SOURCE_SCHEMA} if has_sources else SCHEMAS

    @property
    def has_design(self) -> bool:
        """Whether a utility system was found."""
        return len(self.levels) > 0

    def to_json_dict(self) -> dict[str, Any]:
        """One configuration as plain Python values, NaN as None.

        Examples
        --------
        >>> import milpcore
        >>> from milpcore import site
        >>> result = site.greenfield(milpcore.load_case("site_400"), n_levels=2)
        >>> result.to_json_dict()["status"]
        'optimal'
        """
        row = self.summary.iloc[0]
        pump_keys = ["source_C", "sink_C", "heat_kW", "power_kW", "cop"]
        pump_keys += ["type"] if "type" in self.heat_pumps else []
        columns = [self.heat_pumps[key] for key in pump_keys]
        by_source = self.heat_sources.groupby("source", sort=False)["heat_kW"].sum()
        named = {name: plain(value) for name, value in by_source.items()}
        return {
            "max_levels": int(row["max_levels"]),
            "levels_C": [plain(value) for value in self.levels["temperature_C"]],
            "heat_pumps": [
                {key: plain(value) for key, value in zip(pump_keys, values, strict=True)}
                for values in zip(*columns, strict=True)
            ],
            **{column: plain(row[column]) for column in COST_COLUMNS.values()},
            "external_heat_kW": plain(row["external_heat_kW"]),
            **({"heat_sources_kW": named} if self.options.external_heat.sources else {}),
            "objective": str(row["objective"]),
            "objective_value": plain(row["objective_value"]),
            "bound": plain(row["bound"]),
            "unit": str(row["unit"]),
            "gap": plain(row["gap"]),
            "status": str(row["status"]),
            "solve_s": plain(row["solve_s"]),
        }


@dataclass(frozen=True, eq=False)
class GreenfieldStudy:
    """Configurations with different numbers of levels, in rising order.

    Attributes
    ----------
    results : tuple of SiteResult
        One per number of levels allowed.
    """

    results: tuple[SiteResult, ...]

    @property
    def summary(self) -> pd.DataFrame:
        """One row per configuration (EUR/a, t/a, kW, s)."""
        return self._joined(lambda result: result.summary, "summary")

    @property
    def levels(self) -> pd.DataFrame:
        """Levels of all configurations, led by ``max_levels`` (°C, kW)."""
        return self._joined(lambda result: result.levels, "levels")

    @property
    def heat_pumps(self) -> pd.DataFrame:
        """Heat pumps of all configurations, led by ``max_levels`` (°C, K, kW, EUR)."""
        return self._joined(lambda result: result.heat_pumps, "heat_pumps")

    @property
    def connections(self) -> pd.DataFrame:
        """Connections of all configurations, led by ``max_levels`` (°C, kW, K)."""
        return self._joined(lambda result: result.connections, "connections")

    @property
    def heat_sources(self) -> pd.DataFrame:
        """External heat by source, led by ``max_levels`` (°C, kW, EUR/a, t/a)."""
        return self._joined(lambda result: result.heat_sources, "heat_sources")

    @property
    def notes(self) -> pd.DataFrame:
        """Explanations of all configurations, columns ``max_levels`` and ``note``."""
        pairs = [(result.max_levels, note) for result in self.results for note in result.notes]
        schema = {"max_levels": "int64", "note": "str"}
        return table(schema, *zip(*pairs, strict=True)) if pairs else empty_table(schema)

    def to_json_dict(self) -> dict[str, Any]:
        """All configurations as plain Python values, NaN as None."""
        return {"configurations": [result.to_json_dict() for result in self.results]}

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write every table as CSV into a directory, each whole or not at all.

        Parameters
        ----------
        directory : str or path
            Made if it is missing. All files are written beside their targets first and renamed
            when the last one is done.

        Returns
        -------
        tuple of Path
            The files ``summary.csv``, ``levels.csv``, ``heat_pumps.csv``, ``connections.csv`` and
            ``notes.csv``; where options name sources of external heat, ``heat_sources.csv``, too.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.

        Examples
        --------
        >>> import tempfile, milpcore
        >>> from milpcore import site
        >>> study = site.greenfield_study(milpcore.load_case("site_400"), levels=[2])
        >>> [path.name for path in study.write(tempfile.mkdtemp())]
        ['summary.csv', 'levels.csv', 'heat_pumps.csv', 'connections.csv', 'notes.csv']
        """
        has_sources = any(one.options.external_heat.sources for one in self.results)
        names = (*SCHEMAS, "notes", *(("heat_sources",) if has_sources else ()))
        return write_tables({name: getattr(self, name) for name in names}, directory)

    def _joined(self, table_of: Callable[[SiteResult], pd.DataFrame], name: str) -> pd.DataFrame:
        if not self.results:
            schema = SOURCE_SCHEMA if name == "heat_sources" else SCHEMAS[name]
            return empty_table({"max_levels": "int64", **schema})
        tables = [table_of(result) for result in self.results]
        joined = pd.concat(tables, ignore_index=True)
        if "max_levels" not in joined:
            counts = [len(one) for one in tables]
            allowed = np.repeat([result.max_levels for result in self.results], counts)
            joined.insert(0, "max_levels", allowed.astype(np.int64))
        return joined


def unstarted_result(
    streams: Streams,
    economics: SiteEconomics,
    objective: Measure,
    *,
    cascade: bool,
    max_levels: int,
    formulation_name: str,
    options: SiteOptions | None = None,
) -> SiteResult:
    """Stand in for a configuration that an interruption kept from being looked at.

    Parameters
    ----------
    streams : Streams
        The stream table.
    economics : SiteEconomics
        The prices and limits.
    objective : Measure
        What would have been minimised.
    cascade : bool
        Whether heat would have been allowed to flow from a level to a lower one.
    max_levels : int
        Levels allowed.
    formulation_name : str
        Shown in the summary.
    options : SiteOptions, optional
        What would have been asked for beyond the published model.

    Returns
    -------
    SiteResult
        Status interrupted, all numbers NaN, all tables but the summary empty.
    """
    known = {
        "max_levels": max_levels,
        "n_levels": 0,
        "status": Status.INTERRUPTED.value,
        "objective": objective.value,
        "unit": objective.unit,
        "n_heat_pumps": 0,
        "n_nodes": 0,
        "formulation": formulation_name,
    }
    row = [[known.get(column, math.nan)] for column in SCHEMAS["summary"]]
    return SiteResult(
        max_levels=max_levels,
        status=Status.INTERRUPTED,
        objective=objective,
        cascade=cascade,
        summary=table(SCHEMAS["summary"], *row),
        levels=empty_table(SCHEMAS["levels"]),
        heat_pumps=empty_table(SCHEMAS["heat_pumps"]),
        connections=empty_table(SCHEMAS["connections"]),
        notes=("Not started: the study was interrupted.",),
        streams=streams,
        economics=economics,
        options=SiteOptions() if options is None else options,
    )


def make_result(
    inputs: SiteInputs, outcome: Outcome, *, max_levels: int, formulation_name: str
) -> SiteResult:
    """Turn the outcome of a formulation into tables.

    Parameters
    ----------
    inputs : SiteInputs
        What was solved.
    outcome : Outcome
        What solving brought.
    max_levels : int
        Levels allowed.
    formulation_name : str
        Shown in the summary.

    Returns
    -------
    SiteResult
        Levels without use are left out. The objective value is the pure measure, recomputed from
        the tables; the bound is at most that value, and the gap is the gap of these two.
    """
    design = outcome.design
    if design is None:
        levels, heat_pumps, connections = (
            empty_table(SCHEMAS[name]) for name in ("levels", "heat_pumps", "connections")
        )
    else:
        levels = level_table(inputs, design)
        heat_pumps = heat_pump_table(inputs, design)
        connections = with_exchangers(inputs, design, connection_table(inputs, design))
    summary = summary_table(
        inputs,
        outcome,
        levels,
        heat_pumps,
        max_levels=max_levels,
        formulation_name=formulation_name,
    )
    return SiteResult(
        max_levels=max_levels,
        status=Status(summary["status"].iloc[0]),
        objective=inputs.objective,
        cascade=inputs.cascade,
        summary=summary,
        levels=levels,
        heat_pumps=heat_pumps,
        connections=connections,
        notes=explain(inputs, outcome, max_levels=max_levels),
        streams=inputs.streams,
        economics=inputs.economics,
        options=inputs.options,
        heat_sources=source_table(inputs, design),
    )
