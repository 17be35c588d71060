"""Where the search for a lower bound of loop networks begins: prices and largest flows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from milpcore.core import solve_lp
from milpcore.faults import Fault, InputError
from milpcore.loops.inputs import Floats, LoopInputs
from milpcore.loops.transport import transport_model
from milpcore.loops.transport_grid import segment_ends
from milpcore.loops.transport_rows import MONEY

LEAST_LP_S = 0.1
MOST_LOOPS_OF_PRICES = 2
"""Loops in the model that gives the first prices: those of further ones are the same."""
N_SEGMENTS = 6
"""Chords of the cost of pipes and pumps in the model that gives the first prices."""


def first_prices(
    inputs: LoopInputs, nodes_C: Floats, flow: float | None, *, time_limit_s: float = math.inf
) -> Floats:
    """Prices to start from: duals of the balances of a coarse transport model's relaxation.

    They are 0 if it takes longer than its time.
    """
    n_loops = min(inputs.n_loops, MOST_LOOPS_OF_PRICES)
    must_join = inputs.must_join[[*range(n_loops), -1]]
    inputs = replace(inputs, joins=inputs.joins[:n_loops], must_join=must_join)
    model = transport_model(inputs, stream_cell_K=4.0, loop_cell_K=4.0, n_segments=N_SEGMENTS)
    problem = model.problem.relaxed()
    if flow is not None and len(inputs.routes) == 1:
        ends = segment_ends(inputs, N_SEGMENTS)
        segment = int(np.clip(np.searchsorted(ends, flow) - 1, 0, N_SEGMENTS - 1))
        chosen = np.zeros((1, N_SEGMENTS))
        chosen[0, segment] = 1.0
        problem = problem.fixed("is_segment_0", chosen)
        problem = problem.fixed("flow_0", chosen * min(flow, float(ends[-1])))
    limit_s = max(time_limit_s, LEAST_LP_S) if math.isfinite(time_limit_s) else None
    duals = solve_lp(problem, time_limit_s=limit_s).row_duals.get("balance_0")
    if duals is None:
        return np.zeros((len(inputs.case.plants), nodes_C.size))
    rising = np.maximum.accumulate(duals[:, 0] / MONEY, axis=1)
    middle_C = (model.grid.loop_C[:-1] + model.grid.loop_C[1:]) / 2.0
    return np.array([np.interp(nodes_C, middle_C, row) for row in rising])


def _not_concave(inputs: LoopInputs) -> InputError:
    """Say that there is no bound."""
    parameters = inputs.case.parameters
    value = f"{parameters.pump.exponent:g}"
    rule = "no bound: pipes and pumps do not get cheaper the larger they are"
    remedy = "give laws whose cost per flow falls with the flow"
    return InputError("loops", (Fault("[pump]", "exponent", value, rule, remedy),))


def largest_flows(inputs: LoopInputs, known: float, base: float) -> tuple[Floats, float]:
    """Flow on each route above which pipes and pumps cost more than loops can save, and that."""
    most_saved = 0.0
    for plant_heat in (inputs.is_hot, ~inputs.is_hot):
        price = inputs.utility_price_per_kW_a[plant_heat].max(initial=0.0)
        most_saved += float(price * inputs.exchangeable_kW())
    streams = np.arange(inputs.n_streams)
    most_saved += float(inputs.utility_exchanger_per_a(streams, inputs.duty_kW).sum())
    worth = known - (base - most_saved)
    limits = []
    flows = np.geomspace(1.0, 1e7, 400)
    for route in inputs.routes:
        costs = inputs.pipes_and_pumps_per_a(flows, route)
        slopes = np.diff(costs) / np.diff(flows)
        if np.any(np.diff(slopes) > 1e-6 * slopes[0]) or np.any(slopes < 0.0):
            raise _not_concave(inputs)
        place = min(int(np.searchsorted(costs, worth)), flows.size - 1)
        limits.append(float(flows[place]))
    allowed = inputs.case.parameters.limits.max_flow_kW_per_K * inputs.n_loops
    largest: Floats = np.minimum(np.array(limits), allowed)
    return largest, most_saved
