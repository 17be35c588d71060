"""The linear program behind the bound: convex combinations of what streams and loops may do.

Columns are exchangers of a stream (or its heat sold at every temperature), and loops of a route,
flow and leg temperatures. Rows are, for every plant and step of the temperature axis, the mean over
the step of the mixing condition ``D(tau) >= 0`` of `milpcore.loops.network_units`, with equality
for tau above all, and one convex combination for each stream and route. Its duals are slopes of the
price of heat in each plant: prices are linear between nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly, Status, solve_lp
from milpcore.loops.inputs import Floats, LoopInputs, Route


@dataclass(frozen=True, eq=False)
class FlowBox:
    """Ranges of flows and temperatures of loops.

    Attributes
    ----------
    low, high (R,) : ndarray
        Total flow on each route, kW/K.
    cold, hot : tuple of ndarray
        Ends of the range of each leg's temperature, by route.
    """

    low: Floats
    high: Floats
    cold: tuple[Floats, ...]
    hot: tuple[Floats, ...]

    def has_loop(self, route: int, flow: float, leg_C: Floats) -> bool:
        """Whether a loop is at an end of the flows, and its legs within the ranges."""
        low, high = self.low[route], self.high[route]
        is_end = min(abs(flow - low), abs(flow - high)) <= 1e-9 * max(high, 1.0)
        above = np.all(leg_C >= self.cold[route] - 1e-9)
        return bool(is_end and above and np.all(leg_C <= self.hot[route] + 1e-9))

    def has_unit(self, place: tuple[float, float], limits: tuple[float, float]) -> bool:
        """Whether water before an exchanger is within limits."""
        return place[0] >= limits[0] - 1e-9 and place[1] <= limits[1] + 1e-9


@dataclass(frozen=True, eq=False)
class MasterResult:
    """Solution of the linear program.

    Attributes
    ----------
    objective : float
        Money a year, without the cost without loops.
    prices (P, n) : ndarray
        Price of heat in each plant at the nodes.
    flow (R,) : ndarray
        Mean flow on each route.
    missing (R,) : ndarray
        By how much the cost of that flow is above the mean cost.
    leg_C, spread_K : tuple of ndarray
        Mean temperature of each leg and mean deviation from it, by route.
    """

    objective: float
    prices: Floats
    flow: Floats
    missing: Floats
    leg_C: tuple[Floats, ...]
    spread_K: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class UnitColumn:
    """What a stream may do: cost, row entries, coldest and hottest water before exchangers."""

    stream: int
    cost: float
    entries: Floats
    cold_C: float
    hot_C: float


@dataclass(frozen=True, eq=False)
class LoopColumn:
    """A loop: place of its route in the box, its way, flow, temperatures of legs, cost, entries.

    Where a box is of any ring, temperatures are left out.
    """

    route: int
    way: Route
    flow: float
    leg_C: Floats
    cost: float
    entries: Floats


class Master:
    """Columns found so far.

    Parameters
    ----------
    inputs : LoopInputs
    nodes_C (n,) : ndarray
        Nodes of the temperature axis, rising.
    """

    def __init__(self, inputs: LoopInputs, nodes_C: Floats) -> None:
        self.inputs, self.nodes = inputs, nodes_C
        self.n_plants = len(inputs.case.plants)
        self.unit_columns: list[UnitColumn] = []
        self.last_use: list[int] = []
        self.n_solves = 0
        self.loop_columns: list[LoopColumn] = []

    def below(self, at_C: Floats) -> Floats:
        """Mean of ``min(T, tau)`` over tau in each step, and T itself: (m,) to (m, n)."""
        value = at_C[:, None]
        low, high = self.nodes[:-1], self.nodes[1:]
        inside = np.clip(value, low, high) - low
        mean = np.minimum(value, low) + inside - inside**2 / (2.0 * (high - low))
        return np.concatenate([mean, value], axis=1)

    def add_unit(
        self, stream: int, cost: float, load_kW: float, cold_C: float, hot_C: float
    ) -> None:
        """Add an exchanger: its area and fixed part less what it saves."""
        below = np.diff(self.below(np.array([cold_C, hot_C])), axis=0)[0]
        before = cold_C if self.inputs.is_hot[stream] else hot_C
        self._add(stream, cost, load_kW / (hot_C - cold_C) * below, (before, before))

    def add_sold(self, stream: int, cost: float, heat_kW: Floats) -> None:
        """Add heat sold by equal parts of the axis' steps."""
        n_parts = heat_kW.size // (self.nodes.size - 1)
        places = np.arange(heat_kW.size + 1) / n_parts
        ends_C = np.interp(places, np.arange(self.nodes.size), self.nodes)
        share = np.diff(self.below(ends_C), axis=0) / np.diff(ends_C)[:, None]
        used = np.flatnonzero(heat_kW)
        range_C = (float(ends_C[used[0] + 1]), float(ends_C[used[-1]])) if used.size else (0.0, 0.0)
        self._add(stream, cost, heat_kW @ share, range_C)

    def _add(
        self, stream: int, cost: float, absorbed_kW: Floats, range_C: tuple[float, float]
    ) -> None:
        """Add a column of a stream that gives (or takes) heat."""
        row = np.zeros((self.n_plants, self.nodes.size))
        row[self.inputs.plant[stream]] = -self.inputs.direction[stream] * absorbed_kW
        self.unit_columns.append(UnitColumn(stream, cost, row.ravel(), *range_C))
        self.last_use.append(self.n_solves)

    def add_loop(self, route: int, flow: float, leg_C: Floats, way: Route | None = None) -> None:
        """Add a loop of a route, or one that takes another way."""
        row = np.zeros((self.n_plants, self.nodes.size))
        is_listed, way = way is None, way or self.inputs.routes[route]
        below = self.below(leg_C)
        for number, plant in enumerate(way.plants):
            row[plant] = flow * (below[number] - below[number - 1])
        cost = float(self.inputs.pipes_and_pumps_per_a(flow, way))
        kept_C = leg_C if is_listed else leg_C[:0]
        self.loop_columns.append(LoopColumn(route, way, flow, kept_C, cost, row.ravel()))

    def solve(self, box: FlowBox, water_C: list[tuple[float, float]]) -> MasterResult | None:
        """Solve it for a box and limits of the water before exchangers (S,); None if that fails."""
        inputs = self.inputs
        loops = [c for c in self.loop_columns if box.has_loop(c.route, c.flow, c.leg_C)]
        self._forget()
        places = [
            place
            for place, c in enumerate(self.unit_columns)
            if box.has_unit((c.cold_C, c.hot_C), water_C[c.stream])
        ]
        units = [self.unit_columns[place] for place in places]
        assembly = Assembly()
        shape = (self.n_plants, self.nodes.size)
        upper = np.full(shape, np.inf)
        upper[:, -1] = 0.0
        mixing = assembly.rows("mixing", shape, lower=0.0, upper=upper).ravel()
        one = assembly.rows("stream", inputs.n_streams, upper=1.0)
        is_forced = box.low > 0.0
        n_routes = len(inputs.routes)
        most = 1.0 if inputs.routes[0].plants else float(inputs.n_loops)  # else loops on any rings
        way = assembly.rows("route", n_routes, lower=is_forced.astype(float), upper=most)
        count = assembly.rows("loops", (), upper=float(inputs.n_loops))
        lack = assembly.columns("lack", shape)
        assembly.put(mixing, lack.ravel(), 1.0)
        assembly.cost(lack, DEAREST_PER_KW)
        spill = assembly.columns("spill", self.n_plants)
        assembly.put(mixing.reshape(shape)[:, -1], spill, -1.0)
        assembly.cost(spill, DEAREST_PER_KW)
        use = assembly.columns("unit", len(units))
        run = assembly.columns("loop", len(loops))
        if use.size:
            assembly.put(mixing, use[:, None], np.array([c.entries for c in units]) / SCALE)
            assembly.put(one[[c.stream for c in units]], use, 1.0)
            assembly.cost(use, np.array([c.cost for c in units]) / SCALE)
        if run.size:
            assembly.put(mixing, run[:, None], np.array([c.entries for c in loops]) / SCALE)
            assembly.put(way[[c.route for c in loops]], run, 1.0)
            assembly.put(count, run, 1.0)
            assembly.cost(run, np.array([c.cost for c in loops]) / SCALE)
        solution = solve_lp(assembly.problem())
        if solution.status is not Status.OPTIMAL:
            return None
        self.n_solves += 1
        for place in np.flatnonzero(solution.column_duals["unit"] <= NEARLY_USED):
            self.last_use[places[int(place)]] = self.n_solves
        duals = solution.row_duals["mixing"]
        # the price falls by the dual of a step between its upper node and its lower one
        prices = -np.cumsum(duals[:, ::-1], axis=1)[:, ::-1]
        return self._result(solution.objective * SCALE, prices, loops, solution.values["loop"])

    def _forget(self) -> None:
        """Drop columns that have not been of use for longest, once there are too many."""
        if len(self.unit_columns) > MOST_COLUMNS:
            order = np.argsort(-np.array(self.last_use), kind="stable")[: MOST_COLUMNS // 2]
            kept = sorted(order.tolist())
            self.unit_columns = [self.unit_columns[place] for place in kept]
            self.last_use = [self.last_use[place] for place in kept]

    def _result(
        self, objective: float, prices: Floats, loops: list[LoopColumn], share: Floats
    ) -> MasterResult:
        """Mean flows and temperatures of the loops."""
        routes = self.inputs.routes
        flow, cost, total = np.zeros(len(routes)), np.zeros(len(routes)), np.zeros(len(routes))
        mean = [np.zeros(route.n_legs) for route in routes]
        spread = [np.zeros(route.n_legs) for route in routes]
        share = np.maximum(share, 0.0)  # the solver's tolerance
        for weight, column in zip(share, loops, strict=True):
            flow[column.route] += weight * column.flow
            cost[column.route] += weight * column.cost
            total[column.route] += weight
            mean[column.route] += weight * column.leg_C
        for number in range(len(routes)):
            mean[number] /= max(total[number], 1e-9)
        for weight, column in zip(share, loops, strict=True):
            spread[column.route] += weight * np.abs(column.leg_C - mean[column.route])
        ways = list(routes)
        for place in np.argsort(share, kind="stable"):  # of rings the one with most of the flow
            ways[loops[place].route] = loops[place].way
        actual = [
            float(self.inputs.pipes_and_pumps_per_a(f, way))
            for f, way in zip(flow, ways, strict=True)
        ]
        missing = np.array(actual) - cost
        return MasterResult(objective, prices, flow, missing, tuple(mean), tuple(spread))


SCALE = 1e3
MOST_COLUMNS = 1000
NEARLY_USED = 1e-3
"""Reduced cost, thousands a year, of columns that count as used."""
DEAREST_PER_KW = 200.0
"""Price of heat a year that is not there, while columns are lacking."""
