"""What a site with periods brings: tables of the shared design and of every period.

- ``summary``: one row; costs, energy, bound, gap, status and time
- ``levels``, ``heat_pumps``, ``connections``: the design, the same in every period
- ``periods``: one row per period; energy and operating cost
- ``operation``: one row per period and level, with every term of its energy balance
- ``pump_operation``: one row per period and heat pump
- ``heat_sources``: one row per period, source of external heat and level; none without sources

Costs are those of the tables: `milpcore.site.periods.check` computes them again from nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site.periods.table import Periods
from milpcore.site.periods.tables import (
    SCHEMAS,
    connection_table,
    level_table,
    operation_table,
    period_table,
    pump_operation_table,
    pump_rows,
    pump_table,
    source_table,
    summary_table,
)
from milpcore.site.table_files import json_rows, plain, write_tables
from milpcore.site.tables import empty_table
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams


@dataclass(frozen=True, eq=False)
class PeriodResult:
    """The best utility system found for all periods together.

    Attributes
    ----------
    max_levels : int
        Levels allowed.
    status : Status
        How the search ended.
    objective : Measure
        What was minimised.
    summary, levels, heat_pumps, connections, periods, operation, pump_operation : DataFrame
    heat_sources : DataFrame
        See the module; empty without a design, but for the summary.
    notes : tuple of str
        Explanations for people.
    streams : Streams
    asked : Periods
    economics : SiteEconomics
    options : SiteOptions
        What was asked about.
    """

    max_levels: int
    status: Status
    objective: Measure
    summary: pd.DataFrame
    levels: pd.DataFrame
    heat_pumps: pd.DataFrame
    connections: pd.DataFrame
    periods: pd.DataFrame
    operation: pd.DataFrame
    pump_operation: pd.DataFrame
    heat_sources: pd.DataFrame
    notes: tuple[str, ...]
    streams: Streams
    asked: Periods
    economics: SiteEconomics
    options: SiteOptions

    @property
    def schemas(self) -> Mapping[str, Mapping[str, str]]:
        """Columns and dtypes of its tables, by name."""
        has_sources = bool(self.options.external_heat.sources)
        return {name: SCHEMAS[name] for name in SCHEMAS if has_sources or name != "heat_sources"}

    @property
    def has_design(self) -> bool:
        """Whether a utility system was found."""
        return len(self.levels) > 0

    def to_json_dict(self) -> dict[str, Any]:
        """Return the design and what every period does with it as plain values, NaN as None.

        ``periods`` has a dict for each period, with its ``levels`` (terms of their balances),
        ``heat_pumps`` and, where there are any, ``heat_sources``; all else is shared by the
        periods.
        """
        parts = {"levels": self.operation, "heat_pumps": self.pump_operation}
        if len(self.heat_sources):
            parts["heat_sources"] = self.heat_sources
        of_period = {
            name: {
                part: json_rows(frame[frame["period"] == name], "period")
                for part, frame in parts.items()
            }
            for name in self.periods["period"]
        }
        (row,) = json_rows(self.summary)
        return {
            **row,
            "levels_C": [plain(value) for value in self.levels["temperature_C"]],
            "heat_pumps": json_rows(self.heat_pumps),
            "periods": [{**one, **of_period[one["period"]]} for one in json_rows(self.periods)],
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write every table as CSV into a directory, each whole or not at all.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.
        """
        return write_tables({name: getattr(self, name) for name in self.schemas}, directory)


def make_result(
    inputs: PeriodInputs, outcome: PeriodOutcome, max_levels: int, formulation: str
) -> PeriodResult:
    """Tables of an outcome."""
    tables = {name: empty_table(schema) for name, schema in SCHEMAS.items()}
    design = outcome.design
    if design is not None:
        used = design.is_open
        pumps = pump_rows(inputs, design)
        tables["levels"] = level_table(inputs, design, used)
        tables["heat_pumps"] = pump_table(inputs, design, pumps)
        tables["connections"] = connection_table(inputs, design)
        tables["operation"] = operation_table(inputs, design, used)
        tables["pump_operation"] = pump_operation_table(inputs, design, pumps)
        tables["periods"] = period_table(inputs, design)
        tables["heat_sources"] = source_table(inputs, design)
    tables["summary"] = summary_table(inputs, outcome, tables, max_levels, formulation)
    return PeriodResult(
        max_levels=max_levels,
        status=outcome.status,
        objective=inputs.site.objective,
        notes=(outcome.message,) if outcome.message and design is None else (),
        streams=inputs.site.streams,
        asked=inputs.periods,
        economics=inputs.site.economics,
        options=inputs.site.options,
        **tables,
    )
