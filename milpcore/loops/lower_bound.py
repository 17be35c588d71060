r"""A rigorous lower bound on the cost of every network of utility loops.

The only coupling between streams and loops is the mixing condition of
`milpcore.loops.network_units`: in every plant the heat that water absorbs below tau is at most what
the loop's flow can take there, for every tau, with equality in all. It holds for every split,
mixing, header and number of loops on a route. With multipliers (a price v of heat in each plant
that does not fall with temperature) the problem falls apart:

(1) ``bound = cost without loops - sum over streams of max(0, earnings) + loops``

- the best a *stream* can earn at the prices (`milpcore.loops.bound_units`): one exchanger exactly,
  or two and more at the ideal price of every temperature;
- the best a *loop* can do: with W the integral of v, a leg from plant o to plant d is worth
  ``max over T of W_d(T) - W_o(T)`` per flow, G for all legs of a route, and the loop
  ``cost(F) - F G``. Loops on one route cost no less than one with their total flow, as the cost is
  concave with ``cost(0) = 0``; concave less linear is least at an end of F's range. Where all
  loops have the same route, two of them cost at least as much more than one as pipes of no flow,
  ``cost(F1) + cost(F2) - cost(F1 + F2) >= cost(0+)``: networks of more than one loop are bounded
  by that much more.

The bound holds for all prices. They are improved by column generation
(`milpcore.loops.bound_master`) around the best ones known; boxes of flows are halved where the
chord of the pipes' cost is loose. The search uses values found by pattern search; what is reported
is computed again with the rigorous bounds. Rounding of floating-point numbers is not accounted for.

Limits that forbid a stream all loops, and the largest flow, tighten it; other limits only ever make
networks dearer.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from milpcore.core.blas import one_blas_thread
from milpcore.loops.bound_master import FlowBox, Master, MasterResult
from milpcore.loops.bound_start import first_boxes, first_prices, largest_flows
from milpcore.loops.bound_units import StreamPricer
from milpcore.loops.inputs import Floats, LoopInputs

ROUGH_CELL_K = 0.05
FINE_CELL_K = 0.01
STEP = 0.35
"""Share of the way from the best prices to those of the linear program."""
WIDE = 0.02
"""Boxes of flows narrower than this share are not halved."""
FINE, COARSE = 2e-5, 4e-4
"""Shares of the known cost that may be left in a box that can, or cannot, reach the goal."""
NARROW_K = 0.25
"""Ranges of a leg's temperature narrower than this are not halved."""
WORTH_OF_SPREAD = 0.5
"""Money a year and kW that a leg spread over temperatures is guessed to gain."""


@dataclass(frozen=True, eq=False)
class LowerBound:
    """A bound and how far it was taken.

    Attributes
    ----------
    bound_per_a : float
        No network costs less.
    n_boxes : int
        Boxes of flows looked at.
    n_rounds : int
        Rounds of column generation.
    solve_s : float
        Seconds it took.
    prices (P, n) : ndarray
        Prices of heat at the nodes, of the box that sets the bound.
    nodes_C (n,) : ndarray
        Nodes of the prices.
    """

    bound_per_a: float
    n_boxes: int
    n_rounds: int
    solve_s: float
    prices: Floats
    nodes_C: Floats


@dataclass(frozen=True, eq=False)
class _Box:
    """A box of loops with its bound, its prices and the boxes to cut it into."""

    flows: FlowBox
    bound: float
    prices: Floats
    parts: tuple[FlowBox, ...]


class Bounder:
    """Dual bounds of a case at prices.

    Parameters
    ----------
    inputs : LoopInputs
    node_K : float
        Distance of the prices' nodes.
    """

    def __init__(self, inputs: LoopInputs, *, node_K: float = 1.0) -> None:
        self.inputs = inputs
        coldest, hottest = inputs.loop_range_C()
        n_steps = max(2, math.ceil((hottest - coldest) / node_K))
        self.nodes = np.linspace(coldest, hottest, n_steps + 1)
        self.base = inputs.cost_without_loops_per_a()
        streams = np.flatnonzero(inputs.joins.any(axis=0))
        self.rough = {
            int(s): StreamPricer(inputs, int(s), self.nodes, cell_K=ROUGH_CELL_K) for s in streams
        }
        self.fine = {
            int(s): StreamPricer(inputs, int(s), self.nodes, cell_K=FINE_CELL_K) for s in streams
        }

    def water_limits_C(self, box: FlowBox) -> list[tuple[float, float]]:
        """Coldest and hottest water before an exchanger of each stream.

        In a plant that only gives, no water is colder than what comes; one that only takes has none
        that is hotter. That holds for a box in which there is one loop on one route.
        """
        inputs = self.inputs
        limits = [(-math.inf, math.inf)] * inputs.n_streams
        on = np.flatnonzero(box.high > 0.0)
        if inputs.n_loops > 1 or on.size != 1:
            return limits
        number = int(on[0])
        for place, plant in enumerate(inputs.routes[number].plants):
            here = np.flatnonzero(inputs.plant == plant)
            if np.ptp(inputs.direction[here]) > 0.0:
                continue
            cold, hot = box.cold[number][place - 1], box.hot[number][place - 1]
            for stream in here:
                limits[stream] = (cold, math.inf) if inputs.is_hot[stream] else (-math.inf, hot)
        return limits

    def rigorous(self, prices: Floats, box: FlowBox, *, tolerance: float) -> float:
        """Bound (1) at prices (P, n) that do not fall, over a box of flows."""
        earned, water_C = 0.0, self.water_limits_C(box)
        for stream, pricer in self.fine.items():
            price = prices[self.inputs.plant[stream]]
            lowest = pricer.lowest(*water_C[stream])
            many = pricer.many_units(price, lowest)[0]
            one = pricer.one_unit(price, lowest, tolerance=tolerance).bound
            earned += max(0.0, many, one)
        return self.base - earned + self.loops(prices, box, None)

    def rough_value(self, prices: Floats, box: FlowBox, master: Master) -> float:
        """Value (1) as found by pattern search; adds its columns to the master."""
        inputs, earned, water_C = self.inputs, 0.0, self.water_limits_C(box)
        for stream, pricer in self.rough.items():
            price = prices[inputs.plant[stream]]
            lowest = pricer.lowest(*water_C[stream])
            many, cost, sold_kW = pricer.many_units(price, lowest)
            one = pricer.one_unit(price, lowest, tolerance=None)
            best = max(many, one.earned)
            if best <= 0.0:
                continue
            earned += best
            sign = inputs.direction[stream]
            if one.earned >= many:
                ends = self._integral(price, np.array([one.cold_C, one.hot_C]))
                worth = float(ends[1] - ends[0]) / (one.hot_C - one.cold_C) * one.load_kW
                cost = sign * worth - one.earned
                master.add_unit(stream, cost, one.load_kW, one.cold_C, one.hot_C)
            else:
                master.add_sold(stream, cost, sold_kW)
        return self.base - earned + self.loops(prices, box, master)

    def _integral(self, price: Floats, at_C: Floats) -> Floats:
        """Integral of a price up to temperatures."""
        steps = 0.5 * (price[1:] + price[:-1]) * np.diff(self.nodes)
        total = np.concatenate([[0.0], np.cumsum(steps)])
        place = np.clip(np.searchsorted(self.nodes, at_C) - 1, 0, self.nodes.size - 2)
        beyond = at_C - self.nodes[place]
        slope = (price[place + 1] - price[place]) / np.diff(self.nodes)[place]
        integral: Floats = total[place] + beyond * (price[place] + 0.5 * slope * beyond)
        return integral

    def _best_leg(
        self, prices: Floats, ends: tuple[int, int], range_C: tuple[float, float]
    ) -> tuple[float, float]:
        """Largest worth of a leg between two plants per flow, and its temperature."""
        origin, target = prices[ends[0]], prices[ends[1]]
        difference = target - origin
        first, last = difference[:-1], difference[1:]
        crosses = np.flatnonzero((first > 0.0) & (last < 0.0))
        share = first[crosses] / (first[crosses] - last[crosses])
        width = np.diff(self.nodes)[crosses]
        at_C = np.concatenate([self.nodes, self.nodes[crosses] + share * width])
        at_C = np.unique(np.clip(at_C, *range_C))
        worth = self._integral(target, at_C) - self._integral(origin, at_C)
        best = int(np.argmax(worth))
        return float(worth[best]), float(at_C[best])

    def loops(self, prices: Floats, box: FlowBox, master: Master | None) -> float:
        """Least cost of the loops of (1); adds columns to the master."""
        inputs = self.inputs
        forced, free, n_forced = 0.0, [], 0
        for number, route in enumerate(inputs.routes):
            low, high = box.low[number], box.high[number]
            if high <= 0.0:
                continue
            pairs = list(itertools.pairwise((*route.plants, route.plants[0])))
            ranges = zip(box.cold[number], box.hot[number], strict=True)
            legs = [
                self._best_leg(prices, pair, (float(cold), float(hot)))
                for pair, (cold, hot) in zip(pairs, ranges, strict=True)
            ]
            per_flow = sum(worth for worth, _ in legs)
            ends = np.array([high] if low <= 0.0 else [low, high])
            costs = inputs.pipes_and_pumps_per_a(ends, route) - ends * per_flow
            if master is not None:
                for end in ends:
                    legs_C = np.array([at_C for _, at_C in legs])
                    master.add_loop(number, float(end), legs_C)
            if low > 0.0:
                forced += float(costs.min())
                n_forced += 1
            else:
                free.append(min(0.0, float(costs.min())))
        return forced + sum(sorted(free)[: max(inputs.n_loops - n_forced, 0)])


def lower_bound(
    inputs: LoopInputs,
    *,
    known_cost_per_a: float | None = None,
    known_flow_kW_per_K: float | None = None,
    gap: float = 0.005,
    time_limit_s: float = 60.0,
    node_K: float = 1.0,
    on_bound: Callable[[float], None] | None = None,
) -> LowerBound:
    """Bound the cost of every network of a case from below.

    Parameters
    ----------
    inputs : LoopInputs
    known_cost_per_a : float, optional
        Cost of a network: boxes of flows that cannot be better are left.
    known_flow_kW_per_K : float, optional
        Its flow, about which boxes are cut first.
    gap : float
        Share of the known cost at which a bound is good enough.
    time_limit_s : float
    node_K : float
        Distance of the prices' nodes.
    on_bound : callable, optional
        Called with the bound after every box.

    Returns
    -------
    LowerBound

    Raises
    ------
    ValueError
        If the cost of pipes and pumps is not concave in the flow, which the bound needs.

    Examples
    --------
    >>> from milpcore import loops
    >>> from milpcore.loops.inputs import prepare
    >>> inputs = prepare(loops.load_case("loop_two_plants"))
    >>> found = lower_bound(inputs, known_cost_per_a=1.54e6, gap=0.2, node_K=8)
    >>> 1.54e6 * 0.8 <= found.bound_per_a < 1.54e6
    True
    """
    task = _Task(known_cost_per_a, known_flow_kW_per_K, gap, time_limit_s, node_K, on_bound)
    if inputs.n_loops == 1 or len(inputs.routes) > 1:
        return _bound_by_boxes(inputs, task)
    # one route: a further loop costs no less than a pipe of no flow, on top of one with all flow
    further = float(inputs.pipes_and_pumps_per_a(1e-6, inputs.routes[0]))
    alone = replace(
        inputs,
        joins=np.logical_or.reduce(inputs.joins, axis=0)[None, :],
        must_join=np.zeros((2, inputs.n_streams), dtype=bool),
    )
    task = replace(task, time_limit_s=0.7 * time_limit_s)
    one = _bound_by_boxes(alone, task)
    task = replace(task, time_limit_s=0.3 * time_limit_s, further_per_a=further)
    more = _bound_by_boxes(inputs, task)
    least = one if one.bound_per_a <= more.bound_per_a else more
    return replace(
        least,
        n_boxes=one.n_boxes + more.n_boxes,
        n_rounds=one.n_rounds + more.n_rounds,
        solve_s=one.solve_s + more.solve_s,
    )


@dataclass(frozen=True)
class _Task:
    """Arguments of `lower_bound`; `further_per_a` is cost that every network has besides."""

    known_cost_per_a: float | None
    known_flow_kW_per_K: float | None
    gap: float
    time_limit_s: float
    node_K: float
    on_bound: Callable[[float], None] | None
    further_per_a: float = 0.0


def _bound_by_boxes(inputs: LoopInputs, task: _Task) -> LowerBound:
    """Bound by boxes of flows and temperatures."""
    with one_blas_thread():
        return _bound_with_one_thread(inputs, task)


def _bound_with_one_thread(inputs: LoopInputs, task: _Task) -> LowerBound:
    """Bound by boxes with one BLAS thread."""
    start_s = time.perf_counter()
    bounder = Bounder(inputs, node_K=task.node_K)
    bounder.base += task.further_per_a
    known_cost_per_a, known_flow_kW_per_K = task.known_cost_per_a, task.known_flow_kW_per_K
    gap, on_bound = task.gap, task.on_bound
    known = min(bounder.base, math.inf if known_cost_per_a is None else known_cost_per_a)
    most, most_saved = largest_flows(inputs, known, bounder.base)
    floor = bounder.base - most_saved
    master = Master(inputs, bounder.nodes)
    search = _Search(bounder, master, known, known * (1.0 - gap), start_s + task.time_limit_s)
    prices = first_prices(inputs, bounder.nodes, known_flow_kW_per_K)
    boxes = []
    for flows in first_boxes(inputs, bounder.nodes, most, known_flow_kW_per_K):
        boxes.append(search.examine(flows, prices, floor))
        prices = boxes[-1].prices
    while True:
        worst = min(boxes, key=lambda box: box.bound)
        if on_bound:
            on_bound(min(worst.bound, known))
        is_over = time.perf_counter() > search.end_s
        if worst.bound >= search.goal or not worst.parts or is_over:
            break
        boxes.remove(worst)
        boxes += [search.examine(part, worst.prices, worst.bound) for part in worst.parts]
    return LowerBound(
        min(worst.bound, known),
        search.n_boxes,
        search.n_rounds,
        time.perf_counter() - start_s,
        worst.prices,
        bounder.nodes,
    )


class _Search:
    """Column generation in boxes of flows, with columns in common."""

    def __init__(
        self, bounder: Bounder, master: Master, known: float, goal: float, end_s: float
    ) -> None:
        self.bounder, self.master = bounder, master
        self.known, self.goal, self.end_s = known, goal, end_s
        self.n_boxes = self.n_rounds = 0

    def examine(self, flows: FlowBox, prices: Floats, floor: float = -math.inf) -> _Box:
        """Improve the prices of a box and bound it."""
        self.n_boxes += 1
        centre = trial = prices
        water_C = self.bounder.water_limits_C(flows)
        result: MasterResult | None = None
        best = -math.inf
        while True:
            self.n_rounds += 1
            value = self.bounder.rough_value(trial, flows, self.master)
            if value > best:
                best, centre = value, trial
            found = self.master.solve(flows, water_C)
            result = found or result
            if best >= self.goal + 0.001 * self.known or time.perf_counter() > self.end_s:
                break
            if found is None:  # forced loops without a column yet
                break
            reachable = self.bounder.base + found.objective
            out_of_reach = max(self.goal - reachable, 0.0)
            enough = max(
                0.25 * out_of_reach, (FINE if out_of_reach == 0.0 else COARSE) * self.known
            )
            if reachable - best <= enough:
                break
            trial = centre + STEP * (found.prices - centre)
        away = abs(best - self.goal) / max(len(self.bounder.fine), 1)
        tolerance = max(2e-5 * self.known, 0.2 * away)
        bound = max(self.bounder.rigorous(centre, flows, tolerance=tolerance), floor)
        return _Box(flows, bound, centre, self._parts(flows, result))

    def _parts(self, flows: FlowBox, result: MasterResult | None) -> tuple[FlowBox, ...]:
        """Halves of a box: where pipes are dearer than the chord, or where a leg is spread."""
        if result is None:
            return ()
        inputs = self.bounder.inputs
        width = flows.high - flows.low
        scores: dict[tuple[int, int], float] = {}
        for n in np.flatnonzero(width > WIDE * flows.high):
            scores[int(n), -1] = float(result.missing[n])
        if inputs.n_loops == 1:
            for used in np.flatnonzero(result.flow > 0.0):
                number = int(used)
                legs = np.flatnonzero(flows.hot[number] - flows.cold[number] > NARROW_K)
                for leg in legs:
                    spread = float(result.spread_K[number][leg] * result.flow[number])
                    scores[number, int(leg)] = spread * WORTH_OF_SPREAD
        if not scores or max(scores.values()) < 1e-5 * self.known:
            return ()
        place, at_leg = max(scores, key=scores.__getitem__)
        return _cut(flows, result, place, at_leg)


def _cut(flows: FlowBox, result: MasterResult, number: int, leg: int) -> tuple[FlowBox, FlowBox]:
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
