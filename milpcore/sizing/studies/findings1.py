"""What case study 1 says to the statements it tests, and its tables."""

from __future__ import annotations

import itertools

import pandas as pd

from milpcore.sizing.studies.case1 import WITH, WITHOUT
from milpcore.sizing.studies.evidence import (
    AGREES,
    COSTS,
    DISAGREES,
    OPEN,
    OURS,
    PAPER,
    SIZES,
    Finding,
    Row,
    columns_of,
    compared,
    extra_cost,
    findings_table,
    proven_range,
    solved,
    verdict_of,
    verdict_on_found,
)
from milpcore.sizing.studies.points import UNLIMITED, point_of, problem

FLEXIBLE_PUMP = "a small heat pump is chosen though its heat is dearer than the boiler's"
BETWEEN = "its load changes fall between those of the boiler"
NO_STORE = "without a limit on load changes no store is needed"
LARGER_STORE = "fewer load changes take a larger store"
BELOW_START = "the store's level lies below its start value, because loss grows with content"
COOLING = "a heat pump dearer in operation and investment is chosen for the cooling water it saves"
_SMALL_SHARE = 1e-3
"""A store below this share of the largest one is none."""


def tables(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lay out the rows of case study 1 by experiment, and its findings.

    Parameters
    ----------
    rows : DataFrame
        Of the sweep.

    Returns
    -------
    dict of str to DataFrame
        ``flexible``, ``load_changes``, ``store_level``, ``cooling_water`` and ``findings``.
    """
    changes = ("heat_pump_load_changes", "boiler_load_changes", "load_changes_together")
    heat = ("heat_pump_heat_EUR_per_MWh", "boiler_heat_EUR_per_MWh")
    levels = ("level_mean_share", "level_time_below_start_share", "standing_loss_MWh_per_a")
    wanted = {
        "flexible": ("label", *SIZES, "heat_pump_heat_share", *changes, *heat, *COSTS),
        "load_changes": ("load_changes", "window_h", *SIZES, *COSTS),
        "store_level": ("loss_per_h", "store_kWh", *levels, *COSTS),
        "cooling_water": ("cooling_water_price_EUR_per_MWh", "label", *SIZES, *heat, *COSTS),
    }
    found = {name: columns_of(solved(rows, name), names) for name, names in wanted.items()}
    return {**found, "findings": findings_table(findings(rows))}


def findings(rows: pd.DataFrame) -> list[Finding]:
    """Judge the statements of case study 1; those whose points are missing are left out."""
    return [
        *_flexible(solved(rows, "flexible")),
        *_load_changes(solved(rows, "load_changes")),
        *_levels(solved(rows, "store_level")),
        *_cooling_water(solved(rows, "cooling_water")),
    ]


def boiler_side_EUR_per_MWh(row: Row, cooling_water_EUR_per_MWh: float) -> float:
    """Cost of boiler heat with the cooling water that a heat pump would have saved, EUR/MWh.

    Examples
    --------
    >>> row = {"boiler_heat_EUR_per_MWh": 80.0, "heat_pump_source_share": 0.5}
    >>> boiler_side_EUR_per_MWh(row, 3.0)
    81.5
    """
    saved = float(row["heat_pump_source_share"]) * cooling_water_EUR_per_MWh
    return float(row["boiler_heat_EUR_per_MWh"]) + saved


def with_and_without(rows: pd.DataFrame) -> tuple[Row, Row] | None:
    """Return the rows with and without a heat pump, None if one is missing."""
    found = [rows[rows["label"] == label] for label in (WITH, WITHOUT)]
    if any(part.empty for part in found):
        return None
    first, second = (part.iloc[0].to_dict() for part in found)
    return first, second


def _flexible(rows: pd.DataFrame) -> list[Finding]:
    pair = with_and_without(rows) if len(rows) else None
    if pair is None:
        return []
    has, lacks = pair
    price = problem(point_of(has)).parameters.plant.cooling_water_price_EUR_per_MWh
    dearer = float(has["heat_pump_heat_EUR_per_MWh"]) - boiler_side_EUR_per_MWh(has, price)
    worth = extra_cost(lacks, has)
    pump_kW, boiler_kW = float(has["heat_pump_kW"]), float(has["boiler_kW"])
    is_small = 0.0 < pump_kW < boiler_kW
    verdict = AGREES if dearer > 0.0 and worth.least > 0.0 and is_small else OPEN
    if worth.most <= 0.0:
        verdict = DISAGREES
    first = Finding(
        FLEXIBLE_PUMP,
        PAPER,
        verdict,
        f"pump heat {dearer:.1f} EUR/MWh dearer than boiler heat with cooling water; pump "
        f"{pump_kW:.0f} kW beside a boiler of {boiler_kW:.0f} kW, "
        f"{100.0 * float(has['heat_pump_heat_share']):.1f} % of the heat; without it the plant "
        f"costs {worth.least:,.0f} to {worth.most:,.0f} EUR/a more (proven), with parameters of "
        "our choice",
    )
    total, together = (int(has[k]) for k in ("heat_pump_load_changes", "load_changes_together"))
    if not total:
        return [first]
    apart = total - together
    second = Finding(
        BETWEEN,
        PAPER,
        verdict_on_found(apart > together, [has]),
        f"{apart} of the pump's {total} load changes are in steps in which the boiler, which "
        f"changes {int(has['boiler_load_changes'])} times, keeps its load (in the design "
        f"found, proven to {100.0 * float(has['gap']):.2f} %)",
    )
    return [first, second]


def _load_changes(rows: pd.DataFrame) -> list[Finding]:
    if len(rows) < 2:
        return []
    records = rows.to_dict("records")
    free = [row for row in records if int(row["load_changes"]) == UNLIMITED]
    limited = [row for row in records if int(row["load_changes"]) != UNLIMITED]
    limited.sort(key=lambda row: float(row["window_h"]) / float(row["load_changes"]))
    found = []
    largest = max(float(row["store_kWh"]) for row in records)
    for row in free:
        most = proven_range(row, "store_kWh").most
        size = float(row["store_kWh"])
        verdict = verdict_on_found(size <= _SMALL_SHARE * largest, [row])
        limit = f", at most {most:.0f} kWh in designs up to 0.1 % dearer" if most < 1e12 else ""
        gap = f"best plant, proven to {100.0 * float(row['gap']):.2f} %"
        found.append(Finding(NO_STORE, OURS, verdict, f"store {size:.0f} kWh in the {gap}{limit}"))
    ranges = [proven_range(row, "store_kWh") for row in (*free, *limited)]
    signs = [compared(a, b) for a, b in itertools.pairwise(ranges)]
    words = ", ".join(
        f"{limit_words(row)}: {float(row['store_kWh']):.0f} "
        f"({within.least:.0f} to {within.most:.0f})"
        for row, within in zip((*free, *limited), ranges, strict=True)
    )
    n_proven = sum(sign == 1 for sign in signs)
    text = f"kWh (proven range): {words}; {n_proven} of {len(signs)} steps proven"
    return [*found, Finding(LARGER_STORE, OURS, verdict_of(signs, 1), text)]


def limit_words(row: Row) -> str:
    """Say a limit of load changes in words.

    Examples
    --------
    >>> limit_words({"load_changes": 0, "window_h": 1.0})
    'no limit'
    >>> limit_words({"load_changes": 1, "window_h": 4.0})
    '1 in 4 h'
    """
    if int(row["load_changes"]) == UNLIMITED:
        return "no limit"
    return f"{int(row['load_changes'])} in {float(row['window_h']):g} h"


def _levels(rows: pd.DataFrame) -> list[Finding]:
    if rows.empty or "level_mean_share" not in rows:
        return []
    records = rows[rows["level_mean_share"].notna()].to_dict("records")
    lossy = [row for row in records if float(row["loss_per_h"]) > 0.0]
    if not lossy:
        return []
    is_below = all(float(row["level_mean_share"]) < 0.5 for row in lossy)
    is_clear = all(
        cost_of_half_full_EUR_per_a(row)
        > float(row["tac_EUR_per_a"]) - float(row["bound_EUR_per_a"])
        for row in lossy
    )
    verdict = DISAGREES if not is_below else AGREES if is_clear else OPEN
    words = "; ".join(
        f"loss {100.0 * float(row['loss_per_h']):g} %/h: mean level "
        f"{100.0 * float(row['level_mean_share']):.0f} % of the capacity, below the start value of "
        f"50 % for {100.0 * float(row['level_time_below_start_share']):.0f} % of the time"
        + _half_full_words(row)
        for row in records
    )
    return [Finding(BELOW_START, OURS, verdict, words)]


def cost_of_half_full_EUR_per_a(row: Row) -> float:
    """Estimate what a store that is half full in the mean loses more, at the cost of boiler heat.

    Examples
    --------
    >>> row = {"standing_loss_MWh_per_a": 5.0, "level_mean_share": 0.1,
    ...        "boiler_heat_EUR_per_MWh": 80.0}
    >>> cost_of_half_full_EUR_per_a(row)
    1600.0
    """
    share = float(row["level_mean_share"])
    if share <= 0.0:
        return 0.0
    loss = float(row["standing_loss_MWh_per_a"]) * (0.5 / share - 1.0)
    return loss * float(row["boiler_heat_EUR_per_MWh"])


def _half_full_words(row: Row) -> str:
    if float(row["loss_per_h"]) == 0.0:
        return " (no cost tells levels apart)"
    unproven = float(row["tac_EUR_per_a"]) - float(row["bound_EUR_per_a"])
    return (
        f" (half full in the mean would lose about {cost_of_half_full_EUR_per_a(row):,.0f} EUR/a "
        f"more, {unproven:,.0f} EUR/a are not proven)"
    )


def _cooling_water(rows: pd.DataFrame) -> list[Finding]:
    found: list[tuple[float, Row, Row]] = []
    for price, part in rows.groupby("cooling_water_price_EUR_per_MWh") if len(rows) else ():
        pair = with_and_without(part)
        if pair is not None:
            found.append((float(str(price)), *pair))
    chosen = [
        entry
        for entry in found
        if extra_cost(entry[2], entry[1]).least > 0.0
        and entry[1]["heat_pump_heat_EUR_per_MWh"] > entry[1]["boiler_heat_EUR_per_MWh"]
    ]
    if not found:
        return []
    if not chosen:
        return [Finding(COOLING, OURS, OPEN, "no price at which the heat pump is proven to pay")]
    price, has, lacks = chosen[0]
    worth = extra_cost(lacks, has)
    text = (
        f"pump heat {float(has['heat_pump_heat_EUR_per_MWh']):.1f}, boiler heat "
        f"{float(has['boiler_heat_EUR_per_MWh']):.1f} EUR/MWh; with cooling water from "
        f"{price:g} EUR/MWh on a pump of {float(has['heat_pump_kW']):.0f} kW saves "
        f"{worth.least:,.0f} to {worth.most:,.0f} EUR/a (proven)"
    )
    return [Finding(COOLING, OURS, AGREES, text)]
