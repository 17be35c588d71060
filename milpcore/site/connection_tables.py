r"""Exchangers of connections in the tables of a result, and their independent check.

14. the exchanger of each stream has ``A = Q (1/h_s + 1/h) ln(d1/d2)/(d1 - d2)``, with the
    differences ``d1``, ``d2`` of supply and target to the level, and costs ``a + b A^c``; no
    connection is forbidden
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Design
from milpcore.site.violations import Report
from milpcore.site_options import ConnectionOptions
from milpcore.streams import Streams

SCHEMA: Mapping[str, str] = MappingProxyType({"area_m2": "float64", "investment_EUR": "float64"})
"""Columns that the table of connections has besides, where connections cost something."""
SAME_K = 2e-6
"""Temperatures closer than this are the same."""
TOLERANCE = 1e-6
"""Relative tolerance of areas: temperatures of levels are rounded to 1e-6 K."""


def with_exchangers(inputs: SiteInputs, design: Design, table: pd.DataFrame) -> pd.DataFrame:
    """Add area (m²) and investment (EUR) of every stream's exchanger, where they cost something."""
    terms = None if inputs.terms is None else inputs.terms.connections
    if terms is None or not inputs.options.connections.costs:
        return table
    pairs = np.arange(inputs.n_streams), design.stream_level
    columns = terms.area_m2[pairs], terms.investment_EUR[pairs]
    return table.assign(**dict(zip(SCHEMA, columns, strict=True)))


def columns_of(options: ConnectionOptions, *, has_design: bool) -> list[str]:
    """Columns that the table of connections has besides."""
    return list(SCHEMA) if options.costs and has_design else []


def check_exchangers(
    report: Report, connections: pd.DataFrame, streams: Streams, options: ConnectionOptions
) -> float:
    """Rule 14; return the investment in all exchangers, EUR."""
    total_EUR = 0.0
    given = dict(zip(streams.label, range(streams.n_streams), strict=True))
    for row in connections.to_dict("records"):
        where = f"stream {row['zone']}/{row['name']}"
        for one in options.forbidden:
            is_named = one.zone in ("", row["zone"]) and one.stream in ("", row["name"])
            if is_named and one.from_C + SAME_K < row["level_C"] < one.to_C - SAME_K:
                found = f"forbidden at {row['level_C']:.12g} °C"
                report.add("connection", where, found, "an allowed level")
        if not options.costs or where.removeprefix("stream ") not in given:
            continue
        stream = given[where.removeprefix("stream ")]
        area_m2 = _area_m2(row, streams, stream, options)
        investment_EUR = options.fixed_investment_EUR
        investment_EUR += options.area_investment_EUR * area_m2**options.area_exponent
        total_EUR += investment_EUR
        for column, expected in (("area_m2", area_m2), ("investment_EUR", investment_EUR)):
            margin = TOLERANCE * abs(expected)
            report.near(column, [where], row[column], expected, margin)
    return total_EUR


def _area_m2(
    row: Mapping[Hashable, Any], streams: Streams, stream: int, options: ConnectionOptions
) -> float:
    """Area of an exchanger; 0 where no cost depends on it."""
    if options.area_investment_EUR == 0.0:
        return 0.0
    htc = streams.htc_kW_per_m2_K
    own = options.stream_htc_kW_per_m2_K if htc is None else float(htc[stream])
    ends_K = [
        abs(float(end_C[stream]) - row["level_C"])
        for end_C in (streams.t_supply_C, streams.t_target_C)
    ]
    mean_K = sum(ends_K) / 2.0
    if abs(ends_K[0] - ends_K[1]) > 1e-6 * mean_K:
        mean_K = (ends_K[0] - ends_K[1]) / math.log(ends_K[0] / ends_K[1])
    resistance = 1.0 / (own or math.nan) + 1.0 / options.level_htc_kW_per_m2_K
    return float(streams.duty_kW[stream] * resistance / mean_K)
