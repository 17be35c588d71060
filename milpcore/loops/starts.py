"""Where the search for networks starts: loops of the transport model on promising routes."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.core import Status
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
LEAST_SOLVE_S = 0.05
START_GAP = 0.003
IDLE_SHARE = 1e-4
"""Stages with a smaller share of a loop's heat are left out."""


def cell_width_K(inputs: LoopInputs) -> float:
    """Width of the transport model's cells, at least 4 K, so that there are not too many pairs."""
    coldest, hottest = inputs.loop_range_C()
    stream_K = float((inputs.high_C - inputs.low_C).sum())
    pairs_K2 = 0.5 * stream_K * max(hottest - coldest, 1.0) * inputs.n_loops
    return max(4.0, math.sqrt(pairs_K2 / COARSE_PAIRS))


class Starts(NamedTuple):
    """Where networks are searched for.

    Attributes
    ----------
    plans : list of tuple of LoopPlan
        Loops that networks can be built for; empty if no loop is possible, or none pays. Where the
        model has no point with the forced matches, which its cells may cause, those without.
    is_cut : bool
        Whether the time limit ended any of the solutions.
    """

    plans: list[tuple[LoopPlan, ...]]
    is_cut: bool


def starting_plans(inputs: LoopInputs, *, time_limit_s: float) -> Starts:
    """Solve the transport model on the routes that look best.

    Parameters
    ----------
    inputs : LoopInputs
    time_limit_s : float
        Of all together; at most half of it is taken to choose routes.

    Returns
    -------
    Starts
    """
    if not inputs.can_have_loop:
        return Starts([], False)
    end_s = time.perf_counter() + time_limit_s
    found = _plans(inputs, end_s)
    if not found.plans and inputs.must_join.any():
        free = replace(inputs, must_join=np.zeros_like(inputs.must_join))
        return Starts(_plans(free, end_s).plans, found.is_cut)
    return found


def _plans(inputs: LoopInputs, end_s: float) -> Starts:
    """Solve the transport model on the routes that look best."""
    middle_s = 0.5 * (time.perf_counter() + end_s)
    cell_K = cell_width_K(inputs)
    coarse_K = 2.5 * cell_K
    tries: list[tuple[Route, ...]] = [inputs.routes]
    if len(inputs.routes) > 1 or gives_and_takes(inputs):
        routes = promising_routes(inputs, inputs.routes, cell_K=coarse_K, end_s=middle_s)
        n_tried = ROUTES_TRIED
        if gives_and_takes(inputs):
            chosen = routes[: max(ROUTES_TRIED_OF_MIXED, inputs.n_loops)]
            routes = [
                one
                for way in chosen
                for one in promising_stages(inputs, way, cell_K=coarse_K, end_s=middle_s)
            ]
            n_tried = len(routes)
            cell_K *= 2.0
        tries = [(route,) for route in routes[:n_tried]]
        if inputs.n_loops > 1:
            cell_K *= 2.0
            tries = [tuple(routes[: 2 * inputs.n_loops + 1])]
    found, is_cut = [], time.perf_counter() > middle_s
    for number, routes_tried in enumerate(tries):
        left_s = end_s - time.perf_counter()
        if left_s < LEAST_SOLVE_S:
            is_cut = True
            break
        model = transport_model(
            inputs, routes=routes_tried, stream_cell_K=cell_K, loop_cell_K=cell_K
        )
        share_s = max(end_s - time.perf_counter(), LEAST_SOLVE_S) / (len(tries) - number)
        result = solve_transport(model, mip_rel_gap=START_GAP, time_limit_s=share_s)
        is_cut |= result.solution.status is Status.TIME_LIMIT
        if result.loops:
            found.append(tuple(without_idle_stages(inputs, plan) for plan in result.loops))
    return Starts(found, is_cut)


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
