"""Where the search for networks starts: loops of the transport model on promising routes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from milpcore.loops.inputs import LoopInputs, Route
from milpcore.loops.route_stages import (
    gives_and_takes,
    promising_routes,
    promising_stages,
    with_stages,
)
from milpcore.loops.transport import LoopPlan, solve_transport, transport_model

ROUTES_TRIED = 4
ROUTES_TRIED_OF_MIXED = 2
"""Routes tried where plants give and take: each of them with one or two choices of sides."""
COARSE_PAIRS = 6000
"""Pairs of cells a transport model may have about."""
START_GAP = 0.003
IDLE_SHARE = 1e-4
"""Stages with a smaller share of a loop's heat are left out."""


def cell_width_K(inputs: LoopInputs) -> float:
    """Width of the transport model's cells, at least 4 K, so that there are not too many pairs."""
    coldest, hottest = inputs.loop_range_C()
    stream_K = float((inputs.high_C - inputs.low_C).sum())
    pairs_K2 = 0.5 * stream_K * max(hottest - coldest, 1.0) * inputs.n_loops
    return max(4.0, math.sqrt(pairs_K2 / COARSE_PAIRS))


def starting_plans(inputs: LoopInputs, *, time_limit_s: float) -> list[tuple[LoopPlan, ...]]:
    """Solve the transport model on the routes that look best.

    Parameters
    ----------
    inputs : LoopInputs
    time_limit_s : float
        Of all solutions together; choosing routes comes on top.

    Returns
    -------
    list of tuple of LoopPlan
        Loops that networks can be built for; empty if no loop is possible, or none pays. Where the
        model has no point with the forced matches, which its cells may cause, those without.
    """
    if not inputs.can_have_loop:
        return []
    found = _plans(inputs, time_limit_s)
    if not found and inputs.must_join.any():
        return _plans(replace(inputs, must_join=np.zeros_like(inputs.must_join)), time_limit_s)
    return found


def _plans(inputs: LoopInputs, time_limit_s: float) -> list[tuple[LoopPlan, ...]]:
    """Solve the transport model on the routes that look best."""
    cell_K = cell_width_K(inputs)
    coarse_K = 2.5 * cell_K
    tries: list[tuple[Route, ...]] = [inputs.routes]
    if len(inputs.routes) > 1 or gives_and_takes(inputs):
        routes = promising_routes(inputs, inputs.routes, cell_K=coarse_K)
        n_tried = ROUTES_TRIED
        if gives_and_takes(inputs):
            chosen = routes[: max(ROUTES_TRIED_OF_MIXED, inputs.n_loops)]
            routes = [
                one for way in chosen for one in promising_stages(inputs, way, cell_K=coarse_K)
            ]
            n_tried = len(routes)
            cell_K *= 2.0
        tries = [(route,) for route in routes[:n_tried]]
        if inputs.n_loops > 1:
            cell_K *= 2.0
            tries = [tuple(routes[: 2 * inputs.n_loops + 1])]
    found = []
    for routes_tried in tries:
        model = transport_model(
            inputs, routes=routes_tried, stream_cell_K=cell_K, loop_cell_K=cell_K
        )
        share_s = time_limit_s / len(tries)
        plans = solve_transport(model, mip_rel_gap=START_GAP, time_limit_s=share_s).loops
        if plans:
            found.append(tuple(without_idle_stages(inputs, plan) for plan in plans))
    return found


def without_idle_stages(inputs: LoopInputs, plan: LoopPlan) -> LoopPlan:
    """Leave out plants, and sides of plants, at which a loop exchanges no heat.

    Parameters
    ----------
    inputs : LoopInputs
    plan : LoopPlan

    Returns
    -------
    LoopPlan
        The same if nothing is idle, or there is no shorter way without it.
    """
    heat_kW = plan.heat_kW.sum(axis=1)
    stages = plan.route.stages
    is_used = [
        bool(heat_kW[inputs.at_stage(stage)].sum() > IDLE_SHARE * heat_kW.sum()) for stage in stages
    ]
    kept = [place for place, used in enumerate(is_used) if used]
    found = with_stages(inputs, [stages[place] for place in kept])
    if all(is_used) or found is None:
        return plan
    route, first = found
    if route.length_m > plan.route.length_m:
        return plan
    turned = [*kept[first:], *kept[:first]]
    return replace(plan, route=route, leg_C=plan.leg_C[turned])
