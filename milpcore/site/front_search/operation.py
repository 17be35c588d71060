r"""Designs at points of a front: heat of the pumps first, everything else follows from it.

A vertex of a level set's curve is the only best operation for weights between those of the edges
beside it; so the simplex of `milpcore.site.operations_kernel` finds its pumps. A point on an edge
is a mixture of the vertices at both ends, which the constraint "at most so much of the second
measure" makes the best operation of the level set: both measures are linear, and so is the edge.
With the pumps given and one price for external heat and for cooling at all levels, heat that falls
from above comes first, and external heat is bought, and surplus removed, where it arises.
"""

from __future__ import annotations

import numpy as np

from milpcore.economics import Measure
from milpcore.site.front_search.measures import Pair
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW, Design, nearest_levels
from milpcore.site.operations_kernel import operate_all

PUMPED_HEAT, ELECTRICITY = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.0)
"""Amounts that tell equals apart, as unit costs of heat, cooling, electricity and sink heat."""
NOISE = 1e-11
"""Heat below this share of all duties is none."""
OFF_CURVE = 1e-7
"""Largest distance, as a share of a measure, of an operation from the vertex it shall be."""


def design_at(pair: Pair, levels: Integers, curve: Floats, second: float) -> Design:
    """Operate a level set at a point of its curve.

    Parameters
    ----------
    pair : Pair
    levels : ndarray of int
        The level set.
    curve : ndarray (V, 2)
        Vertices of its front by rising first measure, in the units of `pair`.
    second : float
        Second measure of the point, in the units of `pair`; a value beyond the curve means its
        nearest end.

    Returns
    -------
    Design
    """
    vertex = int(np.searchsorted(-curve[:, 1], -second))
    vertex = min(vertex, len(curve) - 1)
    pumps_kW = _pumps_at_vertex(pair, levels, curve, vertex)
    if vertex > 0 and second > curve[vertex, 1]:
        share = (second - curve[vertex, 1]) / (curve[vertex - 1, 1] - curve[vertex, 1])
        if share > NOISE:
            before_kW = _pumps_at_vertex(pair, levels, curve, vertex - 1)
            pumps_kW = pumps_kW + share * (before_kW - pumps_kW)
    return design_of(pair.inputs, levels, pumps_kW)


def design_of(inputs: SiteInputs, levels: Integers, pump_heat_kW: Floats) -> Design:
    """Return the best design with given levels and pumps.

    Parameters
    ----------
    inputs : SiteInputs
        With one price of external heat, and one of cooling, at all levels.
    levels : ndarray of int (m,)
        Open levels, rising; every stream uses the nearest.
    pump_heat_kW : ndarray (K,)
        Sink heat of each pump, between these levels.

    Returns
    -------
    Design
        Levels without stream, pump, external heat and cooling are closed.
    """
    n, total_kW = inputs.n_candidates, float(inputs.stream_duty_kW.sum())
    is_open = np.zeros(n, dtype=bool)
    is_open[levels] = True
    nearest = nearest_levels(inputs, is_open)
    signed_kW = np.where(inputs.stream_is_hot, inputs.stream_duty_kW, -inputs.stream_duty_kW)
    supply_kW = np.bincount(nearest, signed_kW, minlength=n)
    supply_kW += np.bincount(inputs.pump_sink, pump_heat_kW, minlength=n)
    drawn_kW = inputs.pump_source_share * pump_heat_kW
    supply_kW -= np.bincount(inputs.pump_source, drawn_kW, minlength=n)
    supply_kW[np.abs(supply_kW) <= NOISE * total_kW] = 0.0
    external_kW, cooling_kW = np.zeros((2, n))
    cascade_kW = np.zeros(n + 1)
    surplus: list[tuple[int, float]] = []  # level and heat that is not used yet, from the top
    for level in range(n - 1, -1, -1):
        cascade_kW[level + 1] = sum(heat for _, heat in surplus)
        if supply_kW[level] > 0.0:
            surplus.append((level, float(supply_kW[level])))
            continue
        need_kW = -float(supply_kW[level])
        while surplus and need_kW > 0.0:
            origin, heat_kW = surplus.pop()
            used_kW = min(heat_kW, need_kW)
            need_kW -= used_kW
            if heat_kW > used_kW:
                surplus.append((origin, heat_kW - used_kW))
        external_kW[level] = need_kW
    cascade_kW[0] = sum(heat for _, heat in surplus)
    for origin, heat_kW in surplus:  # it is removed where it arises instead of falling
        cooling_kW[origin] = heat_kW
        cascade_kW[: origin + 1] -= heat_kW
    cascade_kW[np.abs(cascade_kW) <= NOISE * total_kW] = 0.0
    used = (external_kW > 0.0) | (cooling_kW > 0.0)
    used[nearest] = True
    used[inputs.pump_source[pump_heat_kW > 0.0]] = True
    used[inputs.pump_sink[pump_heat_kW > 0.0]] = True
    return Design(used, external_kW, cooling_kW, cascade_kW, pump_heat_kW, nearest)


def _pumps_at_vertex(pair: Pair, levels: Integers, curve: Floats, vertex: int) -> Floats:
    """Sink heat of the pumps (K,) at a vertex of a curve, kW."""
    inputs = pair.inputs
    first, second = (_unit_costs(inputs, measure) for measure in (pair.first, pair.second))
    first, second = first * KW_PER_MW / pair.unit[0], second * KW_PER_MW / pair.unit[1]
    if vertex == 0:
        measures = [first, second]
    elif vertex == len(curve) - 1:
        measures = [second, first]
    else:
        steps = np.abs(np.diff(curve[vertex - 1 : vertex + 2], axis=0))
        normals = steps[:, ::-1] / steps.sum(axis=1, keepdims=True)
        weights = normals.mean(axis=0)
        measures = [weights[0] * first + weights[1] * second, first, second]
    measures = [one / max(one.max(), 1e-300) for one in measures]
    measures += [np.array(PUMPED_HEAT), np.array(ELECTRICITY)]
    supply_kW, cop = _fixed_part(inputs, levels)
    total_kW = max(float(inputs.stream_duty_kW.sum()), 1e-300)
    flows = operate_all(
        (supply_kW / total_kW)[None],
        np.array(measures)[:, None, :],
        cop[None],
        np.full((1, levels.size), -1, dtype=np.int64),
    )
    pumps_kW = np.zeros(inputs.n_pairs)
    joined = cop[_position(levels, inputs.pump_source), _position(levels, inputs.pump_sink)]
    inside = np.isin(inputs.pump_source, levels) & np.isin(inputs.pump_sink, levels)
    pair_number = np.flatnonzero(inside & (joined > 0.0))
    source = _position(levels, inputs.pump_source[pair_number])
    sink = _position(levels, inputs.pump_sink[pair_number])
    pumps_kW[pair_number] = flows[3][0, source, sink] * total_kW
    _refuse_other_vertex(pair, design_of(inputs, levels, pumps_kW), curve[vertex])
    return pumps_kW


def _position(levels: Integers, level: Integers) -> Integers:
    return np.minimum(np.searchsorted(levels, level), levels.size - 1)


def _fixed_part(inputs: SiteInputs, levels: Integers) -> tuple[Floats, Floats]:
    """Hot heat less cold duty (m,), kW, and COP by source and sink (m, m), 0 for none."""
    is_open = np.zeros(inputs.n_candidates, dtype=bool)
    is_open[levels] = True
    nearest = nearest_levels(inputs, is_open)
    signed_kW = np.where(inputs.stream_is_hot, inputs.stream_duty_kW, -inputs.stream_duty_kW)
    supply_kW = np.bincount(nearest, signed_kW, minlength=inputs.n_candidates)[levels]
    cop = np.zeros((levels.size, levels.size))
    inside = is_open[inputs.pump_source] & is_open[inputs.pump_sink]
    source, sink = inputs.pump_source[inside], inputs.pump_sink[inside]
    cop[_position(levels, source), _position(levels, sink)] = inputs.pump_cop[inside]
    return np.asarray(supply_kW, dtype=np.float64), cop


def _unit_costs(inputs: SiteInputs, measure: Measure) -> Floats:
    """Cost of a kW of external heat, cooling, electricity and pump sink heat (4,)."""
    costs = inputs.costs(measure)
    return np.array([costs.external_heat[0], costs.cooling[0], costs.electricity, costs.heat_pump])


def measures_of(pair: Pair, design: Design) -> Floats:
    """Both measures of a design (2,), in the units of `pair`."""
    flows = design.external_heat_kW, design.cooling_kW, design.pump_heat_kW
    values = [pair.inputs.evaluate(measure, *flows) for measure in (pair.first, pair.second)]
    return np.array(values) / pair.unit


def _refuse_other_vertex(pair: Pair, design: Design, vertex: Floats) -> None:
    """Raise if an operation is not at the vertex that it shall be."""
    values = measures_of(pair, design)
    duties_MW = float(pair.network.hot_below_MW[-1] + pair.network.cold_below_MW[-1])
    if np.any(np.abs(values - vertex) > OFF_CURVE * np.maximum(np.abs(vertex), 1e-3 * duties_MW)):
        raise RuntimeError(f"pareto: operated at {values} instead of the vertex {vertex}")
