"""Profiles shared by the tests of model B."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from milpcore.sizing import HeatProfile


def profile(n_steps: int = 4, **changes: Any) -> HeatProfile:
    """A small valid profile, with some fields changed."""
    values: dict[str, Any] = {
        "step_h": 0.25,
        "heat_demand_kW": np.linspace(900, 1100, n_steps),
        "waste_heat_kW": np.linspace(800, 1000, n_steps),
    }
    return HeatProfile(**{**values, **changes})


def table(n_steps: int = 6, step_h: float = 0.25, **columns: Any) -> pd.DataFrame:
    """A small valid table with the column time_h, with columns added, changed or (None) dropped."""
    frame = pd.DataFrame(
        {
            "time_h": step_h * np.arange(n_steps),
            "heat_demand_kW": np.arange(n_steps) + 900.0,
            "waste_heat_kW": np.arange(n_steps) + 800.0,
        }
    )
    for name, values in columns.items():
        if values is None:
            del frame[name]
        else:
            frame[name] = values
    return frame
