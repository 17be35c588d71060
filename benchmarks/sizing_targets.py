"""The targets of the sizing benchmark with their measured figures, growth, and contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import pandas as pd

OURS = "milpcore"
KEY = ["scenario", "deviation_percent", "seed", "n_steps", "load_changes"]
FIRST_GAP, FIRST_LIMIT_S = 1e-3, 60.0
SECOND_GAP, SECOND_LIMIT_S = 5e-4, 180.0
WEEK_STEPS, WEEK_GAP, WEEK_LIMIT_S = 672, 5e-3, 600.0
HARD_GAP = 1e-2
"""An instance is hard for a tool whose gap is above this at the time limit."""
TIMES_SMALLER = 20.0
SAME_COST = 1e-6
"""Costs that differ by this share are the same."""
LEAST_GAP = 1e-9
"""Of ours, in ratios."""
Target: TypeAlias = tuple[str, str | None, float, bool | None, str]
"""Nothing is wanted of what is only told."""


def measured_targets(table: pd.DataFrame) -> pd.DataFrame:
    """State every target with its measured figure.

    Parameters
    ----------
    table : DataFrame
        All measurements.

    Returns
    -------
    DataFrame
        ``target``, ``wanted``, ``measured``, ``is_met``, ``where`` (instances that miss it).
    """
    rows = [*_proof_targets(table), *_week_target(table), *_comparison_targets(table)]
    return pd.DataFrame(rows, columns=["target", "wanted", "measured", "is_met", "where"])


def growth(table: pd.DataFrame) -> pd.DataFrame:
    """Return how the time to a gap grows with the number of steps.

    Parameters
    ----------
    table : DataFrame
        All measurements.

    Returns
    -------
    DataFrame
        ``mip_rel_gap``, ``scenario``, ``n_proven`` and ``n_measured`` horizons, ``exponent``: the
        slope of a straight line through the logarithms of steps and seconds of those proven.
    """
    rows = []
    horizons = table[table["part"] == "horizon"]
    for (gap, scenario), runs in horizons.groupby(["mip_rel_gap", "scenario"]):
        proven = runs[runs["status"] == "optimal"]
        exponent = np.nan
        if len(proven) > 1:
            steps, seconds = proven["n_steps"].astype(float), proven["elapsed_s"].astype(float)
            exponent = np.polyfit(np.log(steps), np.log(seconds), 1)[0]
        rows.append((gap, scenario, len(proven), len(runs), exponent))
    columns = ["mip_rel_gap", "scenario", "n_proven", "n_measured", "exponent"]
    return pd.DataFrame(rows, columns=columns)


def compared(table: pd.DataFrame) -> pd.DataFrame:
    """Put every other tool's run beside ours of the same instance.

    Parameters
    ----------
    table : DataFrame
        All measurements.

    Returns
    -------
    DataFrame
        One row per instance and other tool: `KEY`, ``method``, and cost, bound, gap and violations
        of both (``_own``).
    """
    columns = [*KEY, "tac_EUR_per_a", "bound_EUR_per_a", "gap", "violations"]
    runs = table[table["part"] == "comparison"]
    own, other = runs[runs["method"] == OURS], runs[runs["method"] != OURS]
    beside = other[["method", *columns]].merge(own[columns], on=KEY, suffixes=("", "_own"))
    numbers = [name for name in beside if name not in ("method", *KEY)]
    return beside.astype(dict.fromkeys(numbers, float))


def refuse_contradictions(table: pd.DataFrame) -> None:
    """Refuse bounds above costs of the same problem.

    Parameters
    ----------
    table : DataFrame
        All measurements.

    Raises
    ------
    RuntimeError
        Naming the instances.
    """
    beside = compared(table)
    most = 1.0 + SAME_COST
    wrong = beside["bound_EUR_per_a"] > beside["tac_EUR_per_a_own"] * most
    is_valid = beside["violations"] == 0.0
    wrong |= is_valid & (beside["bound_EUR_per_a_own"] > beside["tac_EUR_per_a"] * most)
    if wrong.any():
        raise RuntimeError(f"bounds above costs:\n{beside[wrong].to_string(index=False)}")


def _proof_targets(table: pd.DataFrame) -> Iterator[Target]:
    runs = table[table["part"] == "proof"]
    if runs.empty:
        return
    again = table[table["part"] == "first gap"].set_index(KEY)["s_to_gap_1e-3"]
    first_s = runs.set_index(KEY)["s_to_gap_1e-3"].astype(float)
    first_s = first_s.combine(again.astype(float), np.fmin).reindex(first_s.index)
    second_s = runs.set_index(KEY)["s_to_gap_5e-4"].astype(float)
    for gap, limit_s, seconds in (
        (FIRST_GAP, FIRST_LIMIT_S, first_s),
        (SECOND_GAP, SECOND_LIMIT_S, second_s),
    ):
        is_late = ~(seconds <= limit_s)
        name = f"gap of {gap:g} within {limit_s:g} s: instances of {len(seconds)}"
        n_met = int((~is_late).sum())
        yield name, f">= {len(seconds)}", n_met, n_met == len(seconds), _names(seconds[is_late])
        yield f"gap of {gap:g}: worst of those proven, s", None, seconds.max(), None, ""


def _week_target(table: pd.DataFrame) -> Iterator[Target]:
    weeks = table[(table["part"] == "horizon") & (table["n_steps"] == WEEK_STEPS)]
    for scenario, runs in weeks[weeks["mip_rel_gap"] == WEEK_GAP].groupby("scenario"):
        run = runs.iloc[0]
        seconds = float(run["elapsed_s"])
        is_met = run["status"] == "optimal" and seconds <= WEEK_LIMIT_S
        name = f"{scenario}: a week of {WEEK_STEPS} steps to {WEEK_GAP:g}, s"
        told = "" if is_met else f"{run['status']}, gap {run['gap']:.2e}"
        yield name, f"<= {WEEK_LIMIT_S:g}", seconds, bool(is_met), told


def _comparison_targets(table: pd.DataFrame) -> Iterator[Target]:
    for (tool, changes), runs in compared(table).groupby(["method", "load_changes"]):
        runs = runs.set_index(KEY)
        title = f"{tool}, load changes {changes}"
        own, cost = runs["tac_EUR_per_a_own"], runs["tac_EUR_per_a"]
        is_worse = ~(own <= cost.fillna(np.inf) * (1.0 + SAME_COST))
        yield (
            f"{title}: instances with our cost above its own",
            "<= 0",
            int(is_worse.sum()),
            not is_worse.any(),
            _names(own[is_worse]),
        )
        hard = runs[~(runs["gap"] <= HARD_GAP)]
        yield f"{title}: instances of {len(runs)} with a gap above 1 %", None, len(hard), None, ""
        if len(hard):
            ratio = hard["gap"].fillna(np.inf) / hard["gap_own"].clip(lower=LEAST_GAP)
            few = ratio[~(ratio >= TIMES_SMALLER)]
            name = f"{title}: on these, its gap over ours, "
            yield name + "least", f">= {TIMES_SMALLER:g}", ratio.min(), few.empty, _names(few)
            yield name + "median", None, ratio.median(), None, ""


def _names(values: pd.Series) -> str:
    return "; ".join(f"{place[0]} {place[1]:g} % seed {place[2]}" for place in values.index)
