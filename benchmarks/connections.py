"""Cost of connections on site_400: time to a gap of 1 % and of 1e-4, beside the assignment.

Three cost laws of exchangers (assumed, within what handbooks give), a film coefficient of 0.5
kW/(m² K) on the side of streams and of 2 on that of levels, base prices. Columns of the table
``connections.csv``: `law`, `n_levels`, `formulation`, `gap_asked`, `status`, `gap`, objective and
bound, `share_percent` of the exchangers in TAC, `n_off_nearest`: streams that are not at the open
level nearest to them, and `solve_s` beside `cpu_s`, the processor time of the same.

The baseline is `assignment_strong`, a binary for every stream and level in one program of the same
solver, HiGHS, with the same limit.

What it cannot show: other sites; dearer exchangers move more streams away from the nearest level.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.economics import Measure
from milpcore.site import find_formulation, prepare
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Design, nearest_levels
from milpcore.site_options import ConnectionOptions, SiteOptions
from milpcore.streams import load_case

NAME = "connections"
SUMMARY = "cost of connections on site_400: time to gaps of 1 % and 1e-4, beside the assignment"
TIME_LIMIT_S = 120.0
LAWS = {
    "11,000 + 150 A": (11e3, 150.0, 1.0),
    "20,000 + 600 A^0.8": (20e3, 600.0, 0.8),
    "50,000 + 2,000 A": (50e3, 2e3, 1.0),
}
"""EUR of an exchanger of A m²."""
N_LEVELS = (4, 6, 8, 11, 15)
GAPS = (1e-2, 1e-4)
BASELINE = "assignment_strong"
N_LEVELS_OF_BASELINE = (6,)


def run(out_dir: Path) -> pd.DataFrame:  # noqa: ARG001
    """Measure every law, number of levels and gap; the baseline for few of them."""
    return pd.DataFrame(list(rows()))


def rows(
    n_levels: tuple[int, ...] = N_LEVELS,
    n_levels_of_baseline: tuple[int, ...] = N_LEVELS_OF_BASELINE,
    *,
    case: str = "site_400",
    time_limit_s: float = TIME_LIMIT_S,
) -> Iterator[dict[str, Any]]:
    """Yield one row a measurement."""
    streams = load_case(case)
    for law, (fixed_EUR, area_EUR, exponent) in LAWS.items():
        options = ConnectionOptions(
            fixed_investment_EUR=fixed_EUR,
            area_investment_EUR=area_EUR,
            area_exponent=exponent,
            stream_htc_kW_per_m2_K=0.5,
        )
        inputs = prepare(streams, options=SiteOptions(connections=options))
        for name, counts in (("connection_search", n_levels), (BASELINE, n_levels_of_baseline)):
            for count in counts:
                for gap in GAPS:
                    found = _measured(inputs, name, count, gap, time_limit_s)
                    yield {"law": law, "n_levels": count, "formulation": name, **found}


def _measured(
    inputs: SiteInputs, name: str, n_levels: int, gap: float, time_limit_s: float
) -> dict[str, Any]:
    """Solve one configuration."""
    formulation = find_formulation(name)(n_levels=n_levels)
    cpu_s = time.process_time()
    outcome = formulation.solve(inputs, mip_rel_gap=gap, time_limit_s=time_limit_s)
    cpu_s = time.process_time() - cpu_s
    return {
        "gap_asked": gap,
        "status": outcome.status.value,
        "gap": outcome.gap,
        "objective_EUR_per_a": outcome.objective,
        "bound_EUR_per_a": outcome.bound,
        **_of_design(inputs, outcome.design, outcome.objective),
        "solve_s": outcome.solve_s,
        "cpu_s": cpu_s,
    }


def _of_design(inputs: SiteInputs, design: Design | None, objective: float) -> dict[str, Any]:
    """Share of the exchangers in TAC, and the streams that pass the nearest open level by."""
    if design is None:
        return {"share_percent": None, "n_off_nearest": None}
    costs = inputs.connection_costs(Measure.TAC)
    paid = costs[range(inputs.n_streams), design.stream_level].sum()
    is_off = design.stream_level != nearest_levels(inputs, design.is_open)
    return {"share_percent": 100.0 * paid / objective, "n_off_nearest": int(is_off.sum())}
