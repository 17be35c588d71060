"""Rows of sizing studies made up, as a sweep would bring them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from milpcore.sizing.studies import Point


def row(point: Point, **found: Any) -> dict[str, Any]:
    """A point with a plant: cost 100, proven to 99.9, unless another is given."""
    values: dict[str, Any] = {
        "status": "optimal",
        "error": "",
        "tac_EUR_per_a": 100.0,
        "bound_EUR_per_a": 99.9,
        "heat_pump_kW": 50.0,
        "boiler_kW": 900.0,
        "store_kWh": 400.0,
        "heat_pump_heat_share": 0.05,
        "heat_pump_load_changes": 14,
        "boiler_load_changes": 30,
        "load_changes_together": 1,
        "heat_pump_heat_EUR_per_MWh": 86.0,
        "boiler_heat_EUR_per_MWh": 81.0,
        "heat_pump_source_share": 0.5,
        "store_EUR_per_kWh_a": 2.0,
        "short_step_share": 0.0,
        "short_heat_share": 0.0,
        "level_mean_share": 0.2,
        "level_time_below_start_share": 0.9,
        "standing_loss_MWh_per_a": 10.0,
        **found,
    }
    tac, bound = values["tac_EUR_per_a"], values["bound_EUR_per_a"]
    return {**dataclasses.asdict(point), **values, "gap": (tac - bound) / tac, "run_s": 1.0}


def within(name: str, least: float, most: float) -> dict[str, float]:
    """A proven range."""
    return {f"{name}_least": least, f"{name}_most": most}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows as the table of a sweep."""
    return pd.DataFrame(list(rows))
