"""Options of a site by formulation: size of the program, time, and gap at a limit, on site_400.

Every kind of option with one value each, at most six levels, base prices. Columns of the table
``options.csv``: `option`, `formulation`, size of the mixed-integer program (empty for searches),
`status`, `gap`, `objective_EUR_per_a`, and `solve_s` beside `cpu_s`, the processor time of the
same: where other programs run at the same time the first is far above the second.

What it cannot show: other values of an option may be harder; an option that costs much leaves
`set_search` more sets to look at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.site import find_formulation, prepare
from milpcore.site_options import (
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenLevels,
    ForbiddenPumps,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    HeatSource,
    InvestmentPoint,
    LevelOptions,
    LimitOptions,
    SiteOptions,
)
from milpcore.streams import load_case

NAME = "options"
SUMMARY = "each option of a site by formulation: size, time, gap at a limit of 120 s, on site_400"
N_LEVELS = 6
TIME_LIMIT_S = 120.0
FORMULATIONS = ("set_search", "path_search", "level_path")
OPTIONS = {
    "fixed investment, 2 million EUR each": SiteOptions(
        heat_pumps=HeatPumpOptions(fixed_investment_EUR=2e6)
    ),
    "least size, 5 MW": SiteOptions(heat_pumps=HeatPumpOptions(min_size_kW=5e3)),
    "largest size, 5 MW": SiteOptions(heat_pumps=HeatPumpOptions(max_size_kW=5e3)),
    "one heat pump": SiteOptions(heat_pumps=HeatPumpOptions(max_number=1)),
    "existing, 35 to 80 °C, 8 MW": SiteOptions(
        heat_pumps=HeatPumpOptions(
            existing=(ExistingPump(source_C=35.0, sink_C=80.0, size_kW=8e3),)
        )
    ),
    "no heat pump to 100 to 120 °C": SiteOptions(
        heat_pumps=HeatPumpOptions(forbidden=(ForbiddenPumps(sink_from_C=100.0, sink_to_C=120.0),))
    ),
    "35 to 80 °C forced, 5 MW": SiteOptions(
        heat_pumps=HeatPumpOptions(forced=(ForcedPump(source_C=35.0, sink_C=80.0, heat_kW=5e3),))
    ),
    "investment by size, 3 segments": SiteOptions(
        heat_pumps=HeatPumpOptions(
            investment_points=tuple(
                InvestmentPoint(heat_kW=kW, investment_EUR=EUR)
                for kW, EUR in ((500.0, 6e5), (5e3, 3.5e6), (2e4, 1e7), (2e5, 6e7))
            )
        )
    ),
    "two types": SiteOptions(
        heat_pumps=HeatPumpOptions(
            types=(
                HeatPumpType(name="standard", max_lift_K=50.0, max_sink_C=100.0),
                HeatPumpType(name="steam", carnot_efficiency=0.5, fixed_investment_EUR=1e6),
            )
        )
    ),
    "two sources, one of 50 MW": SiteOptions(
        external_heat=ExternalHeatOptions(
            sources=(
                HeatSource(
                    name="waste",
                    price_EUR_per_MWh=8.0,
                    emission_t_per_MWh=0.1,
                    efficiency=0.8,
                    capacity_kW=5e4,
                ),
                HeatSource(
                    name="gas", price_EUR_per_MWh=35.0, emission_t_per_MWh=0.2, efficiency=0.9
                ),
            )
        )
    ),
    "no more than 230 MW of external heat": SiteOptions(
        limits=LimitOptions(external_heat_kW=2.3e5)
    ),
    "levels, 5 million EUR each": SiteOptions(levels=LevelOptions(investment_EUR=5e6)),
    "a level at 80 °C": SiteOptions(levels=LevelOptions(forced_C=(80.0,))),
    "no level from 100 to 120 °C": SiteOptions(
        levels=LevelOptions(forbidden=(ForbiddenLevels(from_C=100.0, to_C=120.0),))
    ),
}


def run(out_dir: Path) -> pd.DataFrame:  # noqa: ARG001
    """Measure every option with every formulation that is exact."""
    return pd.DataFrame(list(rows()))


def rows(
    formulations: tuple[str, ...] = FORMULATIONS, *, time_limit_s: float = TIME_LIMIT_S
) -> Iterator[dict[str, Any]]:
    """Yield one row a measurement, formulation by formulation."""
    streams = load_case("site_400")
    for name in formulations:
        for option, options in OPTIONS.items():
            inputs = prepare(streams, options=options)
            formulation = find_formulation(name)(n_levels=N_LEVELS)
            if formulation.refusal(inputs) is not None:
                continue
            size = dict.fromkeys(("n_columns", "n_rows", "n_integers"))
            if hasattr(formulation, "build"):
                problem = formulation.build(inputs)
                size = {key: getattr(problem, key) for key in size}
            cpu_s = time.process_time()
            outcome = formulation.solve(inputs, time_limit_s=time_limit_s)
            yield {
                "option": option,
                "formulation": name,
                **size,
                "status": outcome.status.value,
                "gap": outcome.gap,
                "objective_EUR_per_a": outcome.objective,
                "solve_s": outcome.solve_s,
                "cpu_s": time.process_time() - cpu_s,
            }
