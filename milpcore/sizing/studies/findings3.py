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
)
from milpcore.sizing.studies.findings2 import with_ratio

SHAPES = ("random", "step", "seasonal")
GROWS = "the store grows with the spread of the demand"
PREFERS = "at a price ratio of 1.5 the heat pump is preferred"
REGIME = "near a spread of 33 % the boiler jumps and the store shrinks, as waste heat is missing"
OTHER_SHAPES = "without spikes there is no change of regime near 33 %"
_MEANS = ("heat_pump_kW", "boiler_kW", "store_kWh", "short_step_share", "short_heat_share")
_BEFORE, _AFTER = 0.33, 0.40
"""Spreads on both sides of the change of regime."""
_NO_BOILER_kW = 1.0


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
    return [*_grows(means), *_prefers(means), *_regime(found, means), *_shapes(means)]


def _of(means: pd.DataFrame, shape: str, ratio: float) -> pd.DataFrame:
    chosen = means[(means["experiment"] == shape) & (means["price_ratio"] == ratio)]
    return chosen.sort_values("deviation_share").reset_index(drop=True)


def _grows(means: pd.DataFrame) -> list[Finding]:
    found = []
    for ratio in sorted(set(means["price_ratio"])):
        part = _of(means, "random", ratio)
        part = part[part["deviation_share"] <= _BEFORE + 1e-9]
        if len(part) < 2:
            continue
        steps = [
            b["store_kWh"] - a["store_kWh"] - a["store_unproven_kWh"] - b["store_unproven_kWh"]
            for a, b in itertools.pairwise(part.to_dict("records"))
        ]
        first, last = part.iloc[0], part.iloc[-1]
        n_clear = sum(step > 0.0 for step in steps)
        verdict = AGREES if n_clear == len(steps) else OPEN
        if last["store_kWh"] < first["store_kWh"]:
            verdict = DISAGREES
        text = (
            f"ratio {ratio:g}: mean store {first['store_kWh']:.0f} kWh at "
            f"{100.0 * first['deviation_share']:g} % to {last['store_kWh']:.0f} kWh at "
            f"{100.0 * last['deviation_share']:g} %; {n_clear} of {len(steps)} steps are larger "
            "than what is not proven"
        )
        found.append(Finding(GROWS, PAPER, verdict, text))
    return found


def _prefers(means: pd.DataFrame) -> list[Finding]:
    part = _of(means, "random", 1.5)
    if part.empty:
        return []
    is_larger = (part["heat_pump_kW"] > part["boiler_kW"]).all()
    words = ", ".join(
        f"{100.0 * row['deviation_share']:g} %: {row['heat_pump_kW']:.0f} and "
        f"{row['boiler_kW']:.0f}"
        for row in part.to_dict("records")
    )
    text = f"pump and boiler, kW, mean of the seeds, by spread: {words}"
    return [Finding(PREFERS, PAPER, AGREES if is_larger else DISAGREES, text)]


def _regime(rows: pd.DataFrame, means: pd.DataFrame) -> list[Finding]:
    part = _of(means, "random", 1.5)
    before, after = (_nearest(part, share) for share in (_BEFORE, _AFTER))
    if before is None or after is None:
        return []
    jumps = after["boiler_kW_min"] > before["boiler_kW_max"]
    shrinks = before["store_kWh"] - before["store_unproven_kWh"] > (
        after["store_kWh"] + after["store_unproven_kWh"]
    )
    verdict = AGREES if jumps and shrinks else OPEN
    if after["boiler_kW"] <= before["boiler_kW"] or after["store_kWh"] > before["store_kWh"]:
        verdict = DISAGREES if after["boiler_kW"] <= before["boiler_kW"] else OPEN
    text = "; ".join(
        f"{100.0 * row['deviation_share']:g} %: boiler {row['boiler_kW']:.0f} kW "
        f"({row['boiler_kW_min']:.0f} to {row['boiler_kW_max']:.0f}), store "
        f"{row['store_kWh']:.0f} kWh ({row['store_kWh_min']:.0f} to {row['store_kWh_max']:.0f}), "
        f"pump alone short of waste heat in {100.0 * row['short_step_share']:.1f} % of the steps"
        for row in (before, after)
    )
    proven = _proven_regime(rows)
    return [Finding(REGIME, PAPER, verdict, text + proven)]


def _proven_regime(rows: pd.DataFrame) -> str:
    """Say what proven ranges of one seed add."""
    if "boiler_kW_least" not in rows:
        return ""
    has_range = rows[(rows["experiment"] == "random") & rows["boiler_kW_least"].notna()]
    before, after = (_nearest(has_range, share) for share in (_BEFORE, _AFTER))
    if before is None or after is None:
        return ""
    words = [
        f"{name} {'larger' if sign > 0 else 'smaller' if sign < 0 else 'not told apart'}"
        for name, column in (("boiler", "boiler_kW"), ("store", "store_kWh"))
        for sign in [compared(proven_range(before, column), proven_range(after, column))]
    ]
    seed = int(before["seed"])
    return f"; proven ranges of seed {seed} at the larger spread: {', '.join(words)}"


def _shapes(means: pd.DataFrame) -> list[Finding]:
    found = []
    for shape in ("step", "seasonal"):
        part = _of(means, shape, 1.5)
        if part.empty:
            continue
        words = ", ".join(
            f"{100.0 * row['deviation_share']:g} %: {row['boiler_kW']:.0f} kW, "
            f"{row['store_kWh']:.0f} kWh, short in {100.0 * row['short_step_share']:.1f} %"
            for row in part.to_dict("records")
        )
        verdict = AGREES if _no_jump(part) else DISAGREES
        text = f"{shape}, boiler, store and steps short of waste heat by spread: {words}"
        found.append(Finding(OTHER_SHAPES, OURS, verdict, text))
    return found


def _no_jump(part: pd.DataFrame) -> bool:
    """Whether no boiler enters between 25 and 40 % where there was none."""
    at: Sequence[float] = part[part["deviation_share"].between(0.25, 0.40)]["boiler_kW"].tolist()
    return not any(a < _NO_BOILER_kW <= b for a, b in itertools.pairwise(at))


def _nearest(rows: pd.DataFrame, share: float) -> Row | None:
    """Return the row of a spread; None without one within a percent."""
    if rows.empty:
        return None
    distance = (rows["deviation_share"].astype(float) - share).abs()
    if float(distance.min()) > 0.01:
        return None
    row: Row = rows.iloc[int(distance.to_numpy().argmin())].to_dict()
    return row
