"""Rows of the transport model of loops; the numbers are those of `milpcore.loops.transport`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly
from milpcore.loops.inputs import Floats, Ints, LoopInputs, Route
from milpcore.loops.transport_form import Legs, Product
from milpcore.loops.transport_grid import (
    TransportGrid,
    flow_limit_kW_per_K,
    heat_pairs,
    segment_ends,
)

LEAST_FORCED_SHARE = 0.01
"""Share of its duty that a stream with a forced match exchanges, so that there is an exchanger."""
MONEY = 1e-3
"""The objective is in thousands a year."""


def put_joins(assembly: Assembly, inputs: LoopInputs) -> Ints:
    """Add columns ``joins (L, S)`` with their limits (7)."""
    must = inputs.must_join[:-1] & inputs.joins
    shape = (inputs.n_loops, inputs.n_streams)
    joins = assembly.columns("joins", shape, lower=must, upper=inputs.joins, integer=True)
    assembly.cost(joins, inputs.fixed_per_a * MONEY)
    most = inputs.case.parameters.limits.max_units
    if np.isfinite(most):
        assembly.put(assembly.rows("units", (), upper=most), joins, 1.0)
    forced = np.flatnonzero(inputs.must_join[-1])
    assembly.put(assembly.rows("forced", forced.size, lower=1.0)[:, None], joins.T[forced], 1.0)
    return joins


def put_utilities(
    assembly: Assembly, inputs: LoopInputs, grid: TransportGrid, cell_kW: Floats
) -> Ints:
    """Add ``rest`` and, if they are costed, heaters and coolers: rows (1), returned, and (8)."""
    stream = grid.stream
    rest = assembly.columns("rest", stream.size, upper=cell_kW)
    served = assembly.rows("cell", stream.size, lower=cell_kW, upper=cell_kW)
    assembly.put(served, rest, 1.0)
    price = inputs.utility_price_per_kW_a[stream]
    if inputs.costs_utility_exchangers:
        parameters = inputs.case.parameters
        hot, cold = parameters.hot_utility, parameters.cold_utility
        middle = np.where(
            inputs.is_hot[stream],
            ((cold.supply_C or 0.0) + (cold.target_C or 0.0)) / 2.0,
            ((hot.supply_C or 0.0) + (hot.target_C or 0.0)) / 2.0,
        )
        difference_K = np.abs((grid.low_C + grid.high_C) / 2.0 - middle)
        area_m2 = inputs.utility_resistance(stream) / np.maximum(difference_K, 1.0)
        price = price + inputs.area_price_per_m2_a[stream] * area_m2
        has_utility = assembly.columns("has_utility", inputs.n_streams, upper=1.0, integer=True)
        assembly.cost(has_utility, inputs.fixed_per_a * MONEY)
        needs = assembly.rows("needs_utility", stream.size, upper=0.0)
        assembly.put(needs, rest, 1.0)
        assembly.put(needs, has_utility[stream], -cell_kW)
    assembly.cost(rest, price * MONEY)
    return served


@dataclass(frozen=True, eq=False)
class LoopRows:
    """Rows and columns that a loop's heat enters."""

    served: Ints
    balance: Ints
    joins: Ints


@dataclass(frozen=True, eq=False)
class LoopColumns:
    """Columns and rows of a loop that others enter.

    Attributes
    ----------
    balance (P, 2, J) : ndarray of int64
        Rows (3) of hot and of cold streams.
    flow (R, segments) : ndarray of int64
    is_route (R,) : ndarray of int64
    reaches : tuple of ndarray of int64, (legs, J) each
        Of every route.
    """

    balance: Ints
    flow: Ints
    is_route: Ints
    reaches: tuple[Ints, ...]


def put_loop(
    assembly: Assembly,
    inputs: LoopInputs,
    grid: TransportGrid,
    routes: tuple[Route, ...],
    loop: int,
    n_segments: int,
    product: Product,
) -> LoopColumns:
    """Add flow and temperatures of a loop, rows (3) to (6)."""
    n_plants = len(inputs.case.plants)
    width_K = np.diff(grid.loop_C)
    ends = segment_ends(inputs, n_segments)
    rows = (n_plants, 2, grid.n_cells)  # of hot and of cold streams
    balance = assembly.rows(f"balance_{loop}", rows, lower=0.0, upper=0.0)
    if not any(route.kinds for route in routes):
        turned = assembly.columns(
            f"turned_{loop}", (n_plants, grid.n_cells), lower=-np.inf, upper=np.inf
        )
        assembly.put(balance[:, 0], turned, 1.0)
        assembly.put(balance[:, 1], turned, -1.0)
    shape = (len(routes), n_segments)
    flow = assembly.columns(f"flow_{loop}", shape, upper=flow_limit_kW_per_K(inputs))
    is_segment = assembly.columns(f"is_segment_{loop}", shape, upper=1.0, integer=True)
    is_route = assembly.columns(f"is_route_{loop}", len(routes), upper=1.0, integer=True)
    one = assembly.rows(f"one_route_{loop}", (), upper=1.0)
    assembly.put(one, is_route, 1.0)
    split = assembly.rows(f"one_segment_{loop}", len(routes), lower=0.0, upper=0.0)
    assembly.put(split, is_route, -1.0)
    assembly.put(split[:, None], is_segment, 1.0)
    within = assembly.rows(f"segment_{loop}", (2, *shape), lower=0.0)  # (6)
    assembly.put(within[0], flow, 1.0)
    assembly.put(within[0], is_segment, -ends[:-1])
    assembly.put(within[1], flow, -1.0)
    assembly.put(within[1], is_segment, ends[1:])
    every_reach = []
    for number, route in enumerate(routes):
        start_cost = inputs.pipes_and_pumps_per_a(np.maximum(ends, 1e-6), route)
        slope = np.diff(start_cost) / np.diff(ends)
        assembly.cost(flow[number], slope * MONEY)
        assembly.cost(is_segment[number], (start_cost[:-1] - slope * ends[:-1]) * MONEY)
        reaches = _put_reaches(assembly, f"_{loop}_{number}", route, grid)
        legs = Legs((loop, number), route, flow[number], is_segment[number], ends, reaches)
        above = product.put(assembly, inputs, grid, legs)
        for leg, (plant, kind) in enumerate(route.stages):  # (3): leg leaves, leg - 1 arrives
            places = balance[plant, int(kind < 0)][:, None]
            assembly.put(places, above[leg], -width_K[:, None])
            assembly.put(places, above[leg - 1], width_K[:, None])
        every_reach.append(reaches)
    return LoopColumns(balance, flow, is_route, tuple(every_reach))


def _put_reaches(assembly: Assembly, name: str, route: Route, grid: TransportGrid) -> Ints:
    """Add the temperatures of a route's legs, rows (4)."""
    shape = (route.n_legs, grid.n_cells)
    reaches = assembly.columns(f"reaches{name}", shape, upper=1.0, integer=True)
    falls = assembly.rows(f"falls{name}", (route.n_legs, grid.n_cells - 1), lower=0.0)
    assembly.put(falls, reaches[:, :-1], 1.0)
    assembly.put(falls, reaches[:, 1:], -1.0)
    return reaches


def put_visits(
    assembly: Assembly,
    inputs: LoopInputs,
    routes: tuple[Route, ...],
    loop: int,
    joins: Ints,
    is_route: Ints,
) -> None:
    """Let streams join only where the loop's route passes."""
    visits = assembly.rows(f"visits_{loop}", inputs.n_streams, upper=0.0)
    assembly.put(visits, joins, 1.0)
    passes = np.array([[plant in route.plants for route in routes] for plant in inputs.plant])
    assembly.put(visits[:, None], is_route, -passes.astype(float))


@dataclass(frozen=True, eq=False)
class HeatPairs:
    """Pairs of a loop: cell of a stream, cell of the loop, and the column of their heat."""

    cell: Ints
    loop_cell: Ints
    heat: Ints


def put_heat(
    assembly: Assembly,
    inputs: LoopInputs,
    grid: TransportGrid,
    loop: int,
    rows: LoopRows,
    cell_kW: Floats,
    joins_by_cell: bool,
) -> HeatPairs:
    """Add the heat of a loop's pairs with (1) to (3) and (7)."""
    cell, loop_cell = heat_pairs(inputs, grid, loop)
    stream = grid.stream[cell]
    middle_C = (grid.low_C + grid.high_C)[cell] / 2.0
    loop_middle_C = (grid.loop_C[:-1] + grid.loop_C[1:])[loop_cell] / 2.0
    difference_K = inputs.direction[stream] * (middle_C - loop_middle_C)
    heat = assembly.columns(f"heat_{loop}", cell.size)
    area_m2 = inputs.resistance_m2_K_per_kW[stream] / difference_K
    assembly.cost(heat, inputs.area_price_per_m2_a[stream] * area_m2 * MONEY)
    assembly.put(rows.served[cell], heat, 1.0)
    if joins_by_cell:
        join = assembly.rows(f"join_{loop}", grid.stream.size, upper=0.0)  # (2)
        assembly.put(join[cell], heat, 1.0)
        assembly.put(join, rows.joins[grid.stream], -cell_kW)
    else:
        join = assembly.rows(f"join_{loop}", inputs.n_streams, upper=0.0)
        assembly.put(join[stream], heat, 1.0)
        assembly.put(join[grid.stream], rows.joins[grid.stream], -cell_kW)
    is_cold = (~inputs.is_hot[stream]).astype(np.int64)
    places = rows.balance[inputs.plant[stream], is_cold, loop_cell]
    assembly.put(places, heat, inputs.direction[stream])
    forced_kW = LEAST_FORCED_SHARE * inputs.duty_kW * inputs.must_join.any(axis=0)
    least_kW = np.maximum(inputs.case.parameters.limits.min_unit_duty_kW, forced_kW)
    if np.any(least_kW > 0.0):
        least = assembly.rows(f"least_{loop}", inputs.n_streams, lower=0.0)
        assembly.put(least[stream], heat, 1.0)
        assembly.put(least, rows.joins, -least_kW)
    return HeatPairs(cell, loop_cell, heat)
