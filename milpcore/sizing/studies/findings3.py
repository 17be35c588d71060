"""What case study 3 says to the statements it tests, and its tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pandas as pd

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
    findings_table,
    proven_range,
    solved,
    verdict_of,
    verdict_on_found,
)
from milpcore.sizing.studies.findings2 import with_ratio

SHAPES = ("random", "step", "seasonal")
GROWS = "the store grows with the spread of the demand"
PREFERS = "at a price ratio of 1.5 the heat pump is preferred"
REGIME = "near a spread of 33 % the boiler jumps and the store shrinks, as waste heat is missing"
STEP_STORE = "with two levels a store is built only where waste heat of the step before is short"
SMOOTH = "with a smooth daily pattern the boiler does not jump"
_MEANS = ("heat_pump_kW", "boiler_kW", "store_kWh", "short_step_share", "short_heat_share")
_BEFORE, _AFTER = 0.33, 0.40
"""Spreads on both sides of the change of regime."""
_JUMP_kW = 100.0
"""A tenth of the mean demand: a boiler from this size on has jumped."""
_NO_STORE_kWh = 1.0


def tables(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lay out the rows of case study 3 by shape, averaged over seeds, and its findings.

    Parameters
    ----------
    rows : DataFrame
        Of the sweep.

    Returns
    -------
    dict of str to DataFrame
        ``points``, ``deviations`` (mean, least and most over the seeds) and ``findings``.
    """
    found = all_solved(rows)
    short = ("short_step_share", "short_heat_share", "lowest_waste_share", "sigma_margin")
    names = ("experiment", "price_ratio", "deviation_share", "seed", *SIZES, *short, *COSTS)
    return {
        "points": columns_of(found, names),
        "deviations": averaged(found),
        "findings": findings_table(findings(rows)),
    }


def all_solved(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all shapes that have a plant, with the ratio of prices."""
    parts = [part for part in (solved(rows, shape) for shape in SHAPES) if len(part)]
    return with_ratio(pd.concat(parts, ignore_index=True)) if parts else rows.iloc[:0]


def averaged(rows: pd.DataFrame) -> pd.DataFrame:
    """Average sizes and shortages over seeds, with least and most.

    Parameters
    ----------
    rows : DataFrame
        Of `all_solved`.

    Returns
    -------
    DataFrame
        One row for each shape, ratio and spread: ``n_seeds``, mean, ``_min`` and ``_max`` of each
        size, the largest ``gap``, and ``store_unproven_kWh``: the store that the part of the cost
        which is not proven could pay, in the mean. Smaller differences of stores say nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"experiment": "random", "price_ratio": 1.5, "deviation_share": 0.1,
    ...     "heat_pump_kW": 1.0, "boiler_kW": 0.0, "store_kWh": [100.0, 300.0],
    ...     "short_step_share": 0.0, "short_heat_share": 0.0, "gap": [0.0, 0.001],
    ...     "tac_EUR_per_a": 10.0, "bound_EUR_per_a": 8.0, "store_EUR_per_kWh_a": 2.0})
    >>> averaged(rows)[["store_kWh", "store_kWh_min", "store_unproven_kWh"]].values.tolist()
    [[200.0, 100.0, 1.0]]
    """
    keys = ["experiment", "price_ratio", "deviation_share"]
    if rows.empty:
        return pd.DataFrame(columns=keys)
    unproven = (rows["tac_EUR_per_a"] - rows["bound_EUR_per_a"]) / rows["store_EUR_per_kWh_a"]
    groups = rows.assign(store_unproven_kWh=unproven).groupby(keys, sort=True)
    means = groups[[*_MEANS, "store_unproven_kWh"]].mean()
    for name in _MEANS[:3]:
        means[f"{name}_min"] = groups[name].min()
        means[f"{name}_max"] = groups[name].max()
    means["gap"] = groups["gap"].max()
    means.insert(0, "n_seeds", groups.size())
    return means.reset_index()


def findings(rows: pd.DataFrame) -> list[Finding]:
    """Judge the statements of case study 3; those whose points are missing are left out."""
    found = all_solved(rows)
    if found.empty:
        return []
    means = averaged(found)
    return [
        *_grows(found, means),
        *_prefers(found, means),
        *_regime(found, means),
        *_shapes(means),
    ]


def _of(means: pd.DataFrame, shape: str, ratio: float) -> pd.DataFrame:
    chosen = means[(means["experiment"] == shape) & (means["price_ratio"] == ratio)]
    return chosen.sort_values("deviation_share").reset_index(drop=True)


def _grows(rows: pd.DataFrame, means: pd.DataFrame) -> list[Finding]:
    found = []
    for ratio in sorted(set(means["price_ratio"])):
        part = _of(means, "random", ratio)
        part = part[part["deviation_share"] <= _BEFORE + 1e-9]
        if len(part) < 2:
            continue
        steps = [_step(a, b) for a, b in itertools.pairwise(part.to_dict("records"))]
        first, last = part.iloc[0], part.iloc[-1]
        ends = [_with_range(rows, ratio, float(end["deviation_share"])) for end in (first, last)]
        ranges = [proven_range(end, "store_kWh") for end in ends]
        verdict = verdict_of([compared(ranges[0], ranges[1])], 1)
        words = [f"{one.least:.0f} to {one.most:.0f}" for one in ranges]
        text = (
            f"ratio {ratio:g}: mean store {first['store_kWh']:.0f} kWh at "
            f"{100.0 * first['deviation_share']:g} % to {last['store_kWh']:.0f} kWh at "
            f"{100.0 * last['deviation_share']:g} %; proven ranges of one profile "
            f"{words[0]} and {words[1]}; of {len(steps)} steps in between {steps.count(1)} are up "
            f"and {steps.count(-1)} down by more than the cost not proven could pay"
        )
        found.append(Finding(GROWS, PAPER, verdict, text))
    return found


def _step(before: Row, after: Row) -> int:
    """Say whether the mean store grows (1) or shrinks (-1) by more than is not proven; else 0."""
    unproven = float(before["store_unproven_kWh"]) + float(after["store_unproven_kWh"])
    change = float(after["store_kWh"]) - float(before["store_kWh"])
    if abs(change) <= unproven:
        return 0
    return 1 if change > 0.0 else -1


def _prefers(rows: pd.DataFrame, means: pd.DataFrame) -> list[Finding]:
    part = _of(means, "random", 1.5)
    if part.empty:
        return []
    records = part.to_dict("records")
    ranged = [_with_range(rows, 1.5, float(row["deviation_share"])) for row in records]
    signs = [
        compared(proven_range(row, "boiler_kW"), proven_range(row, "heat_pump_kW"))
        for row in ranged
    ]
    words = ", ".join(
        f"{100.0 * row['deviation_share']:g} %: {row['heat_pump_kW']:.0f} and "
        f"{row['boiler_kW']:.0f}"
        for row in records
    )
    text = (
        f"pump and boiler, kW, mean of the profiles, by spread: {words}; proven of one profile at "
        f"{signs.count(1)} of {len(signs)} spreads that the pump is larger"
    )
    return [Finding(PREFERS, PAPER, verdict_of(signs, 1), text)]


def _with_range(rows: pd.DataFrame, ratio: float, share: float) -> Row:
    """Return the row of random demand that has proven ranges; an empty one without."""
    if "store_kWh_least" not in rows:
        return {}
    chosen = rows[
        (rows["experiment"] == "random")
        & (rows["price_ratio"] == ratio)
        & rows["store_kWh_least"].notna()
    ]
    return _nearest(chosen, share) or {}


def _regime(rows: pd.DataFrame, means: pd.DataFrame) -> list[Finding]:
    part = _of(means, "random", 1.5)
    before, after = (_nearest(part, share) for share in (_BEFORE, _AFTER))
    if before is None or after is None:
        return []
    text = "; ".join(
        f"{100.0 * row['deviation_share']:g} %: boiler {row['boiler_kW']:.0f} kW "
        f"({row['boiler_kW_min']:.0f} to {row['boiler_kW_max']:.0f}), store "
        f"{row['store_kWh']:.0f} kWh ({row['store_kWh_min']:.0f} to {row['store_kWh_max']:.0f}), "
        f"pump alone short of waste heat in {100.0 * row['short_step_share']:.1f} % of the steps"
        for row in (before, after)
    )
    ends = [_with_range(rows, 1.5, share) for share in (_BEFORE, _AFTER)]
    boiler, store = (
        compared(proven_range(ends[0], column), proven_range(ends[1], column))
        for column in ("boiler_kW", "store_kWh")
    )
    verdict = AGREES if (boiler, store) == (1, -1) else OPEN
    if boiler == -1 or store == 1:
        verdict = DISAGREES
    said = {1: "larger", -1: "smaller", 0: "not told apart"}
    proven = (
        f"; proven ranges of one profile, at the larger spread: boiler {said[boiler]}, store "
        f"{said[store]}"
    )
    return [Finding(REGIME, PAPER, verdict, text + proven)]


def _shapes(means: pd.DataFrame) -> list[Finding]:
    found = []
    for shape, statement, holds in (
        ("step", STEP_STORE, _store_where_short),
        ("seasonal", SMOOTH, _no_jump),
    ):
        part = _of(means, shape, 1.5)
        if part.empty:
            continue
        records = part.to_dict("records")
        words = ", ".join(
            f"{100.0 * row['deviation_share']:g} %: {row['boiler_kW']:.0f} kW, "
            f"{row['store_kWh']:.0f} kWh, short in {100.0 * row['short_step_share']:.1f} %"
            for row in records
        )
        verdict = verdict_on_found(holds(records), records)
        text = f"boiler, store and steps short of waste heat by spread: {words}"
        found.append(Finding(statement, OURS, verdict, text))
    return found


def _store_where_short(records: Sequence[Row]) -> bool:
    """Whether there is a store where some step lacks waste heat, and only there."""
    return all(
        (float(row["store_kWh"]) > _NO_STORE_kWh) == (float(row["short_step_share"]) > 0.0)
        for row in records
    )


def _no_jump(records: Sequence[Row]) -> bool:
    """Whether no boiler reaches the size of a jump."""
    return all(float(row["boiler_kW"]) < _JUMP_kW for row in records)


def _nearest(rows: pd.DataFrame, share: float) -> Row | None:
    """Return the row of a spread; None without one within a percent."""
    if rows.empty:
        return None
    distance = (rows["deviation_share"].astype(float) - share).abs()
    if float(distance.min()) > 0.01:
        return None
    row: Row = rows.iloc[int(distance.to_numpy().argmin())].to_dict()
    return row
