"""What many scenarios say: how costs spread, which heat pumps stay, and what regret costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from milpcore.site.table_files import plain

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_QUANTILE_NAMES = tuple(f"q{round(100 * q):02d}" for q in QUANTILES)
MEASURES = (
    "tac_EUR_per_a",
    "opex_EUR_per_a",
    "capex_EUR_per_a",
    "co2_t_per_a",
    "external_heat_kW",
    "electricity_kW",
    "regret_EUR_per_a",
)


@dataclass(frozen=True, eq=False)
class SweepSummary:
    """Summary of a sweep.

    Attributes
    ----------
    status : DataFrame
        ``status`` and ``n_cases``.
    spread : DataFrame
        One row per quantity: ``mean``, ``std``, ``min``, quantiles ``q05`` to ``q95``, ``max``.
    heat_pumps : DataFrame
        One row per heat pump: how often it runs (``share`` of the cases with a design), and its
        mean heat where it does (kW).
    pump_sets : DataFrame
        One row per set of heat pumps: ``n_cases``, ``share`` and mean TAC (EUR/a).
    """

    status: pd.DataFrame
    spread: pd.DataFrame
    heat_pumps: pd.DataFrame
    pump_sets: pd.DataFrame

    def to_json_dict(self) -> dict[str, Any]:
        """All tables as plain Python values, NaN as None."""
        names = ("status", "spread", "heat_pumps", "pump_sets")
        return {
            name: [
                {key: plain(value) for key, value in record.items()}
                for record in getattr(self, name).to_dict("records")
            ]
            for name in names
        }


def summarize(results: pd.DataFrame) -> SweepSummary:
    """Summarise the table of a sweep of model A.

    Parameters
    ----------
    results : DataFrame
        As `milpcore.sweep` returned it; cases without a design are counted and left out.

    Returns
    -------
    SweepSummary
    """
    counts = results["status"].value_counts().sort_index()
    status = pd.DataFrame({"status": counts.index.to_numpy(), "n_cases": counts.to_numpy()})
    solved = (
        results[results["tac_EUR_per_a"].notna()] if "tac_EUR_per_a" in results else results[:0]
    )
    quantities = [name for name in MEASURES if name in solved and solved[name].notna().any()]
    rows = [_spread(name, solved[name].dropna().to_numpy(np.float64)) for name in quantities]
    spread = pd.DataFrame(rows, columns=["quantity", "mean", "std", "min", *_QUANTILE_NAMES, "max"])
    return SweepSummary(status, spread, _heat_pumps(solved), _pump_sets(solved))


def _spread(name: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    levels = np.quantile(values, QUANTILES)
    return {
        "quantity": name,
        "mean": values.mean(),
        "std": values.std(ddof=1) if len(values) > 1 else 0.0,
        "min": values.min(),
        **dict(zip(_QUANTILE_NAMES, levels, strict=True)),
        "max": values.max(),
    }


def _heat_pumps(solved: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in solved.columns:
        if not (str(name).startswith("heat_pump_") and str(name).count("_") == 4):
            continue
        source, sink = str(name).removesuffix("_kW").split("_")[2:]
        heat_kW = solved[name].fillna(0.0).to_numpy(np.float64)
        runs = heat_kW > 0.0
        if runs.any():
            rows.append((float(source), float(sink), runs.mean(), heat_kW[runs].mean()))
    columns = ["source_C", "sink_C", "share", "mean_heat_kW"]
    return pd.DataFrame(rows, columns=columns).sort_values("share", ascending=False)


def _pump_sets(solved: pd.DataFrame) -> pd.DataFrame:
    if "heat_pumps" not in solved or not len(solved):
        return pd.DataFrame(columns=["heat_pumps", "n_cases", "share", "mean_tac_EUR_per_a"])
    groups = solved.groupby("heat_pumps")["tac_EUR_per_a"].agg(["size", "mean"]).reset_index()
    groups.columns = pd.Index(["heat_pumps", "n_cases", "mean_tac_EUR_per_a"])
    groups.insert(2, "share", groups["n_cases"] / len(solved))
    return groups.sort_values(["n_cases", "heat_pumps"], ascending=[False, True])
