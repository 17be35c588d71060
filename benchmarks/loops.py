"""Utility loops between plants: time and gap of each layer, on the printed example and larger ones.

Parts of the table ``loops.csv``, each on the bundled example and on seeded random plants of 14 to
112 streams in 2 to 6 plants (each plant only gives or only takes):

- ``transport``: assembly and search of the transport model, gap 0.5 %, with a time limit;
- ``polish``: sizes of one exchanger a match, to the last digit;
- ``search``: local search over sets of exchangers for a fixed time, with what it gains;
- ``bound``: the lower bound with its gap to the network found, with a time limit;
- ``residual``: the residual-energy model.

What it cannot show: there is no public tool that designs such loops with pipes and pumps to measure
against, and random plants are no sites.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import relative_gap
from milpcore.loops import Distance, LoopCase, LoopParameters, Utility, load_case
from milpcore.loops.inputs import prepare
from milpcore.loops.lower_bound import lower_bound
from milpcore.loops.network_moves import start_of_plans
from milpcore.loops.network_search import SearchLimits, search
from milpcore.loops.residual import energy_target
from milpcore.loops.starts import cell_width_K
from milpcore.loops.transport import solve_transport, transport_model
from milpcore.streams import Streams

NAME = "loops"
SUMMARY = "utility loops: time and gap of each layer, 14 to 112 streams in 2 to 6 plants"

SIZES = ((14, 2), (28, 2), (56, 2), (112, 2), (14, 3), (28, 4), (28, 6))
TRANSPORT_GAP = 0.005
LIMIT_S = 30.0
COLUMNS = (
    "case",
    "n_streams",
    "n_plants",
    "part",
    "seconds",
    "n_columns",
    "n_binaries",
    "tac_per_a",
    "bound_per_a",
    "gap",
    "status",
)


def random_plants(n_streams: int, n_plants: int, *, seed: int = 1) -> LoopCase:
    """Make a seeded case: half of the plants give heat, the others take it."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(n_streams):
        plant = number % n_plants
        is_hot = plant % 2 == 0
        low = float(generator.uniform(70.0, 110.0) if is_hot else generator.uniform(40.0, 70.0))
        high = low + float(generator.uniform(20.0, 50.0))
        rows.append(
            {
                "zone": f"plant {plant + 1}",
                "name": f"{'H' if is_hot else 'C'}{number + 1}",
                "t_supply": high if is_hot else low,
                "t_target": low if is_hot else high,
                "heat_flow": float(generator.uniform(4000.0, 20000.0)),
                "dt_cont": 5.0,
                "htc": float(generator.uniform(1.0, 2.0)),
            }
        )
    names = [f"plant {number + 1}" for number in range(n_plants)]
    distances = [
        Distance((one, other), float(generator.uniform(400.0, 1500.0)))
        for place, one in enumerate(names)
        for other in names[place + 1 :]
    ]
    parameters = LoopParameters(
        distances=distances,
        hot_utility=Utility(price_per_kW_a=20.0),
        cold_utility=Utility(price_per_kW_a=8.0),
    )
    return LoopCase(streams=Streams(pd.DataFrame(rows)), parameters=parameters)


def run(
    out_dir: Path,  # noqa: ARG001
    *,
    sizes: tuple[tuple[int, int], ...] = SIZES,
    limit_s: float = LIMIT_S,
) -> pd.DataFrame:
    """Measure everything; some minutes a case.

    Parameters
    ----------
    out_dir : Path
        Not used: there are no further files.
    sizes : tuple of (int, int)
        Streams and plants of the random cases.
    limit_s : float
        Seconds for each layer.

    Returns
    -------
    DataFrame
        One row per case and part.

    Raises
    ------
    RuntimeError
        If a bound is above the cost of a network.
    """
    cases = [("loop_two_plants", load_case("loop_two_plants"))]
    cases += [
        (f"random {streams}/{plants}", random_plants(streams, plants)) for streams, plants in sizes
    ]
    rows = [row for name, case in cases for row in _rows(name, case, limit_s)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(name: str, case: LoopCase, limit_s: float) -> list[dict[str, Any]]:
    """Measure the layers of a case one after the other."""
    inputs = prepare(case)
    same = {"case": name, "n_streams": inputs.n_streams, "n_plants": len(case.plants)}
    rows: list[dict[str, Any]] = []

    def add(part: str, start_s: float, **more: Any) -> None:
        rows.append({**same, "part": part, "seconds": time.perf_counter() - start_s, **more})

    now = time.perf_counter
    start_s = now()
    width_K = cell_width_K(inputs)
    model = transport_model(inputs, stream_cell_K=width_K, loop_cell_K=width_K)
    size = {"n_columns": model.problem.n_columns, "n_binaries": model.problem.n_binaries}
    found = solve_transport(model, mip_rel_gap=TRANSPORT_GAP, time_limit_s=limit_s)
    solution = found.solution
    add("transport", start_s, **size, gap=solution.gap, status=solution.status.value)
    known, flow = inputs.cost_without_loops_per_a(), None
    if found.loops:
        start = start_of_plans(inputs, found.loops)
        for part, limits in (
            ("polish", SearchLimits(most_rounds=0)),
            ("search", SearchLimits(time_limit_s=limit_s)),
        ):
            start_s = now()
            best = search(inputs, start, limits)
            cost = None if best is None else best.cost_per_a
            add(part, start_s, tac_per_a=cost)
            if best is not None:
                known, flow = min(known, best.cost_per_a), float(best.flow_kW_per_K.sum())
    start_s = now()
    bound = lower_bound(
        inputs,
        known_cost_per_a=known,
        known_flow_kW_per_K=flow,
        gap=0.01,
        time_limit_s=limit_s,
        node_K=2.0,
    ).bound_per_a
    if bound > known * (1 + 1e-9):
        raise RuntimeError(f"{name}: bound {bound} above the cost {known}")
    gap = relative_gap(known, bound)
    add("bound", start_s, tac_per_a=known, bound_per_a=bound, gap=gap)
    start_s = now()
    target = energy_target(inputs, time_limit_s=limit_s, mip_rel_gap=1e-4)
    add("residual", start_s, gap=target.solution.gap, status=target.solution.status.value)
    return rows
