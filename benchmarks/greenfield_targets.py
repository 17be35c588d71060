"""The targets of the greenfield benchmark, each with its measured figure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.baselines import PAPER

HIGHS, SCIPY = "highspy", "scipy"
STUDY, ALONE = "in a study", "alone"


def search_method(label: str, way: str) -> str:
    """Return what tables call the search with a solver, within a study or alone."""
    return f"path_search, {label}, {way}"


def measured_targets(
    table: pd.DataFrame, compared: pd.DataFrame, *, random_limit_s: float
) -> pd.DataFrame:
    """State every target with its measured figure.

    Parameters
    ----------
    table : DataFrame
        All measurements.
    compared : DataFrame
        Of `benchmarks.baselines.ratios`.
    random_limit_s : float
        Time limit of the random sites.

    Returns
    -------
    DataFrame
        ``target``, ``wanted``, ``measured``, ``is_met``.
    """
    rows: list[tuple[str, str, float, bool]] = []

    def add(target: str, sign: str, limit: float, measured: float) -> None:
        is_met = measured <= limit if sign == "<=" else measured >= limit
        rows.append((target, f"{sign} {limit:g}", measured, bool(is_met)))

    for label, mean_s, worst_s in ((HIGHS, 0.5, 3.0), (SCIPY, 2.0, np.inf)):
        for way in (STUDY, ALONE):
            own = table[table["method"] == search_method(label, way)]
            if len(own):
                add(f"site_400, {label}, {way}: mean, s", "<=", mean_s, own["median_s"].mean())
                if "cpu_s" in own:
                    add(f"site_400, {label}, {way}: mean CPU, s", "<=", mean_s, own["cpu_s"].mean())
                add(f"site_400, {label}, {way}: worst, s", "<=", worst_s, own["median_s"].max())
                add(f"site_400, {label}, {way}: unproven", "<=", 0, own["at_least"].sum())
    drawn = table[table["part"] == "random site"]
    if len(drawn):
        add("random sites: mean, s", "<=", np.inf, drawn["median_s"].mean())
        add("random sites: worst, s", "<=", random_limit_s, drawn["median_s"].max())
        add("random sites: unproven", "<=", 0, drawn["at_least"].sum())
    if len(compared):
        best = compared.loc[compared["geometric_mean_s"].idxmin()]
        paper = compared[compared["method"] == PAPER].iloc[0]
        add(f"times faster than {best['method']}, the best", ">=", 20.0, best["times_faster"])
        add(f"times faster than {PAPER}, the paper's", ">=", 100.0, paper["times_faster"])
    return pd.DataFrame(rows, columns=["target", "wanted", "measured", "is_met"])
