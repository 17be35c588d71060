"""Tables of a utility system with gliding levels, and their check.

Tables of a `GlideResult`, one row each: ``levels`` in use, rising by supply, with every term of the
balance and the water that goes round; ``connections`` of streams and levels (several for a stream
in branches); ``heat_pumps``; ``cascade``, heat that falls from level to level; ``summary``.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.glide_inputs import GlideInputs
from milpcore.site.inputs import Floats, Integers
from milpcore.site.model import relative_gap
from milpcore.site.table_files import json_rows, write_tables
from milpcore.site.tables import COST_COLUMNS
from milpcore.streams import Streams

WATER_kJ_per_kg_K = 4.19
"""Heat capacity of water, for the mass flow in tables."""
TABLES = ("summary", "levels", "connections", "heat_pumps", "cascade")
"""Names of the tables of a result."""


@dataclass(frozen=True)
class Flows:
    """Best flows at chosen levels (L,), kW.

    Attributes
    ----------
    level : ndarray of int (L,)
        Pair of each level.
    share : ndarray (S, L)
        Share of each stream that uses it.
    external_heat_kW, cooling_kW : ndarray (L,)
    cascade_kW : ndarray (L, L)
        Heat that falls from the first to the second.
    pump : ndarray of int (Q,)
        Heat pump between chosen levels.
    pump_heat_kW : ndarray (Q,)
        Its sink heat.
    """

    level: Integers
    share: Floats
    external_heat_kW: Floats
    cooling_kW: Floats
    cascade_kW: Floats
    pump: Integers
    pump_heat_kW: Floats


@dataclass(frozen=True, eq=False)
class GlideResult:
    """The best utility system found with at most `max_levels` levels that may glide.

    Attributes
    ----------
    max_levels : int
        Levels allowed.
    status : Status
        How the search ended.
    objective : Measure
        What was minimised.
    summary : DataFrame
        One row: costs (EUR/a, t/a), energy (kW), bound, gap, time (s); NaN without a design.
    levels, connections, heat_pumps, cascade : DataFrame
        Empty without a design.
    streams : Streams
        The stream table.
    economics : SiteEconomics
        Prices and limits.
    note : str
        An explanation for people, where there is one.
    """

    max_levels: int
    status: Status
    objective: Measure
    summary: pd.DataFrame
    levels: pd.DataFrame
    connections: pd.DataFrame
    heat_pumps: pd.DataFrame
    cascade: pd.DataFrame
    streams: Streams
    economics: SiteEconomics
    note: str = ""

    @property
    def has_design(self) -> bool:
        """Whether a utility system was found."""
        return len(self.levels) > 0

    @property
    def notes(self) -> tuple[str, ...]:
        """Explanations for people."""
        return (self.note,) if self.note else ()

    def to_json_dict(self) -> dict[str, Any]:
        """Return the summary and the design as plain values, NaN as None."""
        (row,) = json_rows(self.summary)
        return {
            **row,
            **{name: json_rows(getattr(self, name)) for name in TABLES if name != "summary"},
        }

    def write(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write every table as CSV into a directory, each whole or not at all.

        Raises
        ------
        InputError
            If the directory cannot be made or written to.
        """
        return write_tables({name: getattr(self, name) for name in TABLES}, directory)

    @property
    def objective_value(self) -> float:
        """Value of the design, EUR/a or t/a; NaN without one."""
        return float(self.summary["objective_value"].iloc[0])

    @property
    def external_heat_kW(self) -> float:
        """Heat bought, kW; NaN without a design."""
        return float(self.summary["external_heat_kW"].iloc[0])


def make_glide_result(
    inputs: GlideInputs,
    flows: Flows | None,
    *,
    max_levels: int,
    status: Status,
    bound: float,
    solve_s: float,
    note: str = "",
) -> GlideResult:
    """Turn flows into tables; levels without use are left out."""
    if flows is None:
        empty = [pd.DataFrame(columns=list(names)) for names in _COLUMNS]
        levels, connections, pumps, cascade = empty
    else:
        levels, connections = _level_table(inputs, flows), _connection_table(inputs, flows)
        pumps, cascade = _pump_table(inputs, flows), _cascade_table(inputs, flows)
    cost = table_costs(levels, pumps, inputs.economics)
    has_design = flows is not None
    value = cost[inputs.objective] if has_design else math.nan
    bound = min(bound, value) if has_design else bound
    row = {
        "max_levels": max_levels,
        "n_levels": len(levels),
        "status": status.value,
        "objective": inputs.objective.value,
        "objective_value": value,
        "bound": bound,
        "unit": inputs.objective.unit,
        "gap": relative_gap(value, bound) if has_design else math.nan,
        **{name: cost[one] if has_design else math.nan for one, name in COST_COLUMNS.items()},
        "external_heat_kW": float(levels["external_heat_kW"].sum()) if has_design else math.nan,
        "cooling_kW": float(levels["cooling_kW"].sum()) if has_design else math.nan,
        "electricity_kW": float(pumps["power_kW"].sum()) if has_design else math.nan,
        "n_heat_pumps": len(pumps),
        "n_pairs": inputs.n_pairs,
        "solve_s": solve_s,
    }
    return GlideResult(
        max_levels=max_levels,
        status=status,
        objective=inputs.objective,
        summary=pd.DataFrame([row]),
        levels=levels,
        connections=connections,
        heat_pumps=pumps,
        cascade=cascade,
        streams=inputs.streams,
        economics=inputs.economics,
        note=note,
    )


_LEVEL_COLUMNS = (
    "supply_C",
    "return_C",
    "glide_K",
    "hot_streams_kW",
    "cold_streams_kW",
    "external_heat_kW",
    "cooling_kW",
    "heat_pump_sink_kW",
    "heat_pump_source_kW",
    "cascade_in_kW",
    "cascade_out_kW",
    "water_kg_per_s",
)
_CONNECTION_COLUMNS = (
    "zone",
    "name",
    "kind",
    "t_supply_C",
    "t_target_C",
    "supply_C",
    "return_C",
    "duty_kW",
    "dt_supply_end_K",
    "dt_target_end_K",
    "water_kg_per_s",
)
_PUMP_COLUMNS = (
    "source_return_C",
    "sink_supply_C",
    "source_supply_C",
    "sink_return_C",
    "lift_K",
    "cop",
    "heat_kW",
    "source_heat_kW",
    "power_kW",
)
_CASCADE_COLUMNS = ("from_supply_C", "from_return_C", "to_supply_C", "to_return_C", "heat_kW")
_COLUMNS = (_LEVEL_COLUMNS, _CONNECTION_COLUMNS, _PUMP_COLUMNS, _CASCADE_COLUMNS)


def _water(heat_kW: Floats, glide_K: Floats) -> Floats:
    """Mass flow of water (kg/s); NaN for a level of one temperature."""
    none = np.full_like(glide_K, np.nan)
    return np.divide(heat_kW, WATER_kJ_per_kg_K * glide_K, where=glide_K > 0.0, out=none)


def _level_table(inputs: GlideInputs, flows: Flows) -> pd.DataFrame:
    size, duty_kW = flows.level.size, np.asarray(inputs.streams.duty_kW)
    is_hot = np.asarray(inputs.streams.is_hot)
    place = np.full(inputs.n_pairs, -1)
    place[flows.level] = np.arange(size)
    sink, source = place[inputs.pump_sink[flows.pump]], place[inputs.pump_source[flows.pump]]
    taken_kW = inputs.pump_source_share[flows.pump] * flows.pump_heat_kW
    supply_C, return_C = inputs.supply_C[flows.level], inputs.return_C[flows.level]
    terms = [
        duty_kW[is_hot] @ flows.share[is_hot],
        duty_kW[~is_hot] @ flows.share[~is_hot],
        flows.external_heat_kW,
        flows.cooling_kW,
        np.bincount(sink, weights=flows.pump_heat_kW, minlength=size),
        np.bincount(source, weights=taken_kW, minlength=size),
        flows.cascade_kW.sum(axis=0),
        flows.cascade_kW.sum(axis=1),
    ]
    round_kW = terms[0] + terms[2] + terms[4] + terms[6]
    columns = (
        supply_C,
        return_C,
        supply_C - return_C,
        *terms,
        _water(round_kW, supply_C - return_C),
    )
    is_used = np.sum(terms, axis=0) > 0.0
    table = dict(zip(_LEVEL_COLUMNS, (column[is_used] for column in columns), strict=True))
    return pd.DataFrame(table)


def _connection_table(inputs: GlideInputs, flows: Flows) -> pd.DataFrame:
    stream, place = np.nonzero(flows.share)
    streams, level = inputs.streams, flows.level[place]
    supply_C, return_C = inputs.supply_C[level], inputs.return_C[level]
    sign = np.where(streams.is_hot, 1.0, -1.0)[stream]
    from_C, to_C = np.asarray(streams.t_supply_C)[stream], np.asarray(streams.t_target_C)[stream]
    is_hot = sign > 0.0
    duty_kW = np.asarray(streams.duty_kW)[stream] * flows.share[stream, place]
    table = streams.table.iloc[stream]
    columns = (
        table["zone"].to_numpy(),
        table["name"].to_numpy(),
        table["kind"].to_numpy(),
        from_C,
        to_C,
        supply_C,
        return_C,
        duty_kW,
        sign * (from_C - np.where(is_hot, supply_C, return_C)),
        sign * (to_C - np.where(is_hot, return_C, supply_C)),
        _water(duty_kW, supply_C - return_C),
    )
    return pd.DataFrame(dict(zip(_CONNECTION_COLUMNS, columns, strict=True)))


def _pump_table(inputs: GlideInputs, flows: Flows) -> pd.DataFrame:
    built = flows.pump_heat_kW > 0.0
    pump, heat_kW = flows.pump[built], flows.pump_heat_kW[built]
    source, sink, cop = inputs.pump_source[pump], inputs.pump_sink[pump], inputs.pump_cop[pump]
    power_kW = heat_kW / cop
    columns = (
        inputs.return_C[source],
        inputs.supply_C[sink],
        inputs.supply_C[source],
        inputs.return_C[sink],
        inputs.supply_C[sink] - inputs.return_C[source],
        cop,
        heat_kW,
        heat_kW - power_kW,
        power_kW,
    )
    return pd.DataFrame(dict(zip(_PUMP_COLUMNS, columns, strict=True)))


def _cascade_table(inputs: GlideInputs, flows: Flows) -> pd.DataFrame:
    above, below = np.nonzero(flows.cascade_kW)
    ends = (flows.level[above], flows.level[below])
    columns = [of[end] for end in ends for of in (inputs.supply_C, inputs.return_C)]
    values = (*columns, flows.cascade_kW[above, below])
    return pd.DataFrame(dict(zip(_CASCADE_COLUMNS, values, strict=True)))


def table_costs(
    levels: pd.DataFrame, pumps: pd.DataFrame, economics: SiteEconomics
) -> dict[Measure, float]:
    """Cost of the tables in every measure, EUR/a and t/a."""
    heat_kW, cooling_kW = levels["external_heat_kW"].sum(), levels["cooling_kW"].sum()
    power_kW, sink_kW = pumps["power_kW"].sum(), pumps["heat_kW"].sum()
    return {
        measure: float(
            economics.external_heat_price(measure) * heat_kW
            + economics.cooling_price(measure) * cooling_kW
            + economics.electricity_price(measure) * power_kW
            + economics.heat_pump_investment(measure) * sink_kW
        )
        for measure in Measure
    }
