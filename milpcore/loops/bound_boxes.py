"""Boxes of flows and temperatures of loops that `milpcore.loops.lower_bound` looks at."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from milpcore.loops.bound_master import FlowBox, MasterResult
from milpcore.loops.inputs import Floats, LoopInputs


def whole_box(inputs: LoopInputs, nodes_C: Floats, most: Floats) -> FlowBox:
    """Return the box of all flows and temperatures, the flow on any routes at once."""
    cold = tuple(np.full(route.n_legs, nodes_C[0]) for route in inputs.routes)
    hot = tuple(np.full(route.n_legs, nodes_C[-1]) for route in inputs.routes)
    return FlowBox(np.zeros(most.size), most, cold, hot)


def first_boxes(
    inputs: LoopInputs, nodes_C: Floats, most: Floats, known_flow: float | None
) -> list[FlowBox]:
    """List boxes around a known flow; with many routes one of each, with many loops one of all."""
    whole, n_routes = whole_box(inputs, nodes_C, most), most.size
    if inputs.n_loops > 1 and n_routes > 1:
        return [whole]
    if n_routes > 1:  # a box for each route
        return [replace(whole, high=row) for row in np.diag(most)]
    flow = known_flow or 0.15 * float(most[0])
    cuts = flow * np.array([0.5, 0.8, 0.95, 1.08, 1.3, 2.0])
    ends = np.array([0.0, *cuts[cuts < 0.99 * most[0]], most[0]])
    found = [
        replace(whole, low=np.array([low]), high=np.array([high]))
        for low, high in itertools.pairwise(ends)
    ]
    return sorted(found, key=lambda box: abs(float(box.low[0] + box.high[0]) / 2.0 - flow))


def cut_box(flows: FlowBox, result: MasterResult, number: int, leg: int) -> tuple[FlowBox, FlowBox]:
    """Cut a box at the mean flow of a route, or (leg from 0) temperature of a leg."""
    if leg < 0:
        at = _inner(result.flow[number], flows.low[number], flows.high[number])
        high, low = flows.high.copy(), flows.low.copy()
        high[number] = low[number] = at
        return replace(flows, high=high), replace(flows, low=low)
    cold, hot = (list(ends) for ends in (flows.cold, flows.hot))
    at = _inner(result.leg_C[number][leg], cold[number][leg], hot[number][leg])
    cold[number], hot[number] = cold[number].copy(), hot[number].copy()
    cold[number][leg] = hot[number][leg] = at
    first = replace(flows, hot=tuple(hot))
    second = replace(flows, cold=tuple(cold))
    others = np.arange(flows.high.size) != number
    # the other routes are looked at once
    return first, replace(second, high=np.where(others, 0.0, second.high))


def _inner(value: float, low: float, high: float) -> float:
    """Return a place to cut a range, not too near its ends."""
    margin = 0.15 * (high - low)
    return float(min(max(value, low + margin), high - margin))
