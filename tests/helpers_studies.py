"""Every kind of study on a small site, for what all of them must hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import milpcore
from milpcore import Streams, site
from milpcore.sweeps import FixedLevelsRun, GreenfieldRun, RetrofitRun, grid, summarize

EXISTING_C = (5.0, 40.0, 85.0, 205.0)
ELECTRICITY = "electricity_price_EUR_per_MWh"
CO2 = "co2_price_EUR_per_t"
CASES = grid({ELECTRICITY: [40.0, 85.0, 130.0], CO2: [40.0, 120.0]})
VARIED: dict[str, Any] = {"vary": ELECTRICITY, "n_steps": 3}

STUDIES: dict[str, Callable[[Streams], Any]] = {
    "targets": lambda streams: milpcore.targets(streams),
    "greenfield": lambda streams: site.greenfield(streams, n_levels=4),
    "greenfield_milp": lambda streams: site.greenfield(
        streams, n_levels=3, formulation="level_path"
    ),
    "greenfield_study": lambda streams: site.greenfield_study(streams, levels=[2, 4]),
    "retrofit": lambda streams: site.retrofit(streams, existing_C=EXISTING_C, range_K=15.0),
    "sensitivity": lambda streams: site.sensitivity(
        streams, levels_C=EXISTING_C, vary=[ELECTRICITY, "carnot_efficiency"], n_steps=5
    ),
    "sensitivity_map": lambda streams: site.sensitivity_map(
        streams, levels_C=EXISTING_C, vary=[ELECTRICITY, CO2], n_steps=3
    ),
    "greenfield_sensitivity": lambda streams: site.greenfield_sensitivity(
        streams, n_levels=3, **VARIED
    ),
    "retrofit_sensitivity": lambda streams: site.retrofit_sensitivity(
        streams, existing_C=EXISTING_C, **VARIED
    ),
    "pareto_greenfield": lambda streams: site.pareto(streams, n_levels=4, n_points=2),
    "pareto_retrofit": lambda streams: site.pareto(
        streams, existing_C=EXISTING_C, move=2, range_K=15.0, objectives=("opex", "capex")
    ),
    "sweep_fixed_levels": lambda streams: milpcore.sweep(
        FixedLevelsRun(streams, EXISTING_C), CASES
    ),
    "sweep_greenfield": lambda streams: milpcore.sweep(
        GreenfieldRun(streams, n_levels=3), CASES[:2]
    ),
    "sweep_retrofit": lambda streams: summarize(
        milpcore.sweep(RetrofitRun(streams, EXISTING_C), CASES[:2])
    ),
    "compare": lambda streams: milpcore.compare(
        streams, levels=[3], formulations=["level_path", "assignment_strong"]
    ),
}
"""From streams to a result, by name."""
