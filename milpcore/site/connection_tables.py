r"""Exchangers of connections in the tables of a result, and their independent check.

14. the exchanger of each stream has ``A = Q (1/h_s + 1/h) ln(d1/d2)/(d1 - d2)``, with the
    differences ``d1``, ``d2`` of supply and target to the level, and costs ``a + b A^c``; in a
    retrofit with ``A`` beyond that of today, or nothing if that is enough; no connection is
    forbidden, nor without a temperature difference where area costs something
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Design, nearest_levels
from milpcore.site.violations import Report
from milpcore.site_options import ConnectionOptions
from milpcore.streams import Streams

SCHEMA: Mapping[str, str] = MappingProxyType({"area_m2": "float64", "investment_EUR": "float64"})
"""Columns that the table of connections has besides, where connections cost something."""
EXISTING = "existing_area_m2"
"""Column that it has in a retrofit: the exchanger that the stream needs today."""
SAME_SHARE = 1e-6
"""Areas that differ by less than this share are the same."""
MOST_NAMED = 5
"""Exchangers that a note names."""
SAME_K = 2e-6
"""Temperatures closer than this are the same."""
LEAST_K = 1e-6
"""A difference up to this is none."""
TOLERANCE = 1e-6
"""Relative tolerance of areas: temperatures of levels are rounded to 1e-6 K."""


def with_exchangers(inputs: SiteInputs, design: Design, table: pd.DataFrame) -> pd.DataFrame:
    """Add area (m²) and investment (EUR) of every stream's exchanger, where they cost something."""
    terms = None if inputs.terms is None else inputs.terms.connections
    if terms is None or not inputs.options.connections.costs:
        return table
    pairs = np.arange(inputs.n_streams), design.stream_level
    columns = terms.area_m2[pairs], terms.investment_EUR[pairs]
    table = table.assign(**dict(zip(SCHEMA, columns, strict=True)))
    return table if terms.existing_m2 is None else table.assign(**{EXISTING: terms.existing_m2})


def exchangers_note(inputs: SiteInputs, design: Design) -> list[str]:
    """Say what exchangers cost, and how many streams pass the nearest level by, in a sentence."""
    terms = None if inputs.terms is None else inputs.terms.connections
    if terms is None:
        return []
    pairs = np.arange(inputs.n_streams), design.stream_level
    n_passing = int((nearest_levels(inputs, design.is_open) != design.stream_level).sum())
    passing = (
        f"{n_passing} of {inputs.n_streams} streams are not at the open level nearest to them."
    )
    if not inputs.options.connections.costs:
        return [passing]
    investment_EUR = terms.investment_EUR[pairs]
    area_m2 = terms.area_m2[pairs][investment_EUR > 0.0].sum()
    size = f" with {area_m2:.4g} m²" if area_m2 > 0.0 and terms.existing_m2 is None else ""
    return [
        f"Exchangers: {np.count_nonzero(investment_EUR)} to buy{size}, "
        f"{investment_EUR.sum():.4g} EUR; {passing}"
    ]


def too_small_note(table: pd.DataFrame) -> list[str]:
    """Say which exchangers of today are too small, in a sentence; nothing without such a column."""
    if EXISTING not in table:
        return []
    is_small = table["area_m2"] > table[EXISTING] * (1.0 + SAME_SHARE)
    if not is_small.any():
        return ["The exchangers of today are large enough."]
    more = (table["area_m2"] - table[EXISTING])[is_small]
    named = table[is_small].loc[more.sort_values(ascending=False).index[:MOST_NAMED]]
    names = ", ".join(named["zone"] + "/" + named["name"])
    names += ", …" if is_small.sum() > MOST_NAMED else ""
    return [
        f"Exchangers of today that are too small: {is_small.sum()} of {len(table)}, by "
        f"{more.sum():.4g} m² in all ({names})."
    ]


def columns_of(
    options: ConnectionOptions, *, has_design: bool, is_retrofit: bool = False
) -> list[str]:
    """Columns that the table of connections has besides."""
    if not (options.costs and has_design):
        return []
    return [*SCHEMA, *([EXISTING] if is_retrofit else [])]


def check_exchangers(
    report: Report,
    connections: pd.DataFrame,
    streams: Streams,
    options: ConnectionOptions,
    existing_m2: Sequence[float] | None = None,
) -> float:
    """Rule 14; return the investment in all exchangers, EUR.

    `existing_m2` is the area (S,) of the exchangers of today in a retrofit, see
    `areas_of_today_m2`.
    """
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
        if _touches(row["level_C"], streams, stream, options):
            found = f"connected at {row['level_C']:.12g} °C"
            report.add("connection", where, found, "a temperature difference at both ends")
            continue
        area_m2 = _area_m2(row, streams, stream, options)
        today_m2 = math.nan if existing_m2 is None else existing_m2[stream]
        missing_m2 = area_m2 - (0.0 if math.isnan(today_m2) else today_m2)
        investment_EUR = options.fixed_investment_EUR
        priced_m2 = max(missing_m2, 0.0) ** options.area_exponent
        investment_EUR += options.area_investment_EUR * priced_m2
        if missing_m2 <= SAME_SHARE * (area_m2 - missing_m2) and not math.isnan(today_m2):
            investment_EUR = 0.0
        total_EUR += investment_EUR
        # the area is rounded, and what is missing is a difference of two of them
        share = TOLERANCE * max(1.0, area_m2 / missing_m2 if missing_m2 > 0.0 else 1.0)
        expected = {"area_m2": (area_m2, TOLERANCE), "investment_EUR": (investment_EUR, share)}
        if existing_m2 is not None:
            expected[EXISTING] = (0.0 if math.isnan(today_m2) else today_m2, TOLERANCE)
        for column, (value, tolerance) in expected.items():
            report.near(column, [where], row[column], value, tolerance * abs(value))
    return total_EUR


def areas_of_today_m2(
    streams: Streams,
    economics: SiteEconomics,
    options: ConnectionOptions,
    existing_C: npt.ArrayLike,
) -> list[float]:
    """Area (S,) that each stream needs at the nearest level of today that may serve it, or NaN."""
    areas_m2 = []
    for stream in range(streams.n_streams):
        sign = 1.0 if streams.is_hot[stream] else -1.0
        margin_K = float(streams.dt_cont_K[stream]) + economics.level_dt_cont_K
        limit_C = float(streams.t_target_C[stream]) - sign * margin_K
        row = streams.table.iloc[stream]
        able_C = [
            level_C
            for level_C in np.asarray(existing_C, dtype=np.float64).tolist()
            if sign * (limit_C - level_C) >= -SAME_K
            and not _is_forbidden(row, level_C, options)
            and not _touches(level_C, streams, stream, options)
        ]
        if not able_C:
            areas_m2.append(math.nan)
            continue
        nearest_C = max(able_C) if sign > 0.0 else min(able_C)
        areas_m2.append(_area_m2({"level_C": nearest_C}, streams, stream, options))
    return areas_m2


def _is_forbidden(row: pd.Series, level_C: float, options: ConnectionOptions) -> bool:
    """Whether a stream of the table may not be connected to a level."""
    return any(
        one.zone in ("", row["zone"])
        and one.stream in ("", row["name"])
        and one.from_C - SAME_K <= level_C <= one.to_C + SAME_K
        for one in options.forbidden
    )


def _touches(level_C: float, streams: Streams, stream: int, options: ConnectionOptions) -> bool:
    """Whether a level leaves no temperature difference to a stream whose area costs something."""
    ends_C = float(streams.t_supply_C[stream]), float(streams.t_target_C[stream])
    least_K = min(abs(end_C - level_C) for end_C in ends_C)
    return options.area_investment_EUR > 0.0 and least_K <= LEAST_K


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
