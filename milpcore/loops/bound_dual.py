"""Bounds (1) of `milpcore.loops.lower_bound` at given prices of heat."""

from __future__ import annotations

import itertools
import math

import numpy as np

from milpcore.loops.bound_master import FlowBox, Master
from milpcore.loops.bound_rings import ANY_RING, least_ring, leg_costs_per_a, ring_of
from milpcore.loops.bound_units import StreamPricer
from milpcore.loops.inputs import Floats, LoopInputs

ROUGH_CELL_K = 0.05
FINE_CELL_K = 0.01


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
        if inputs.routes == (ANY_RING,):
            return self._rings(prices, box, master)
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

    def _rings(self, prices: Floats, box: FlowBox, master: Master | None) -> float:
        """Least cost of the loops on any rings of plants; adds the best ones to the master."""
        n_plants = len(self.inputs.case.plants)
        range_C = float(self.nodes[0]), float(self.nodes[-1])
        worth = np.zeros((n_plants, n_plants))
        at_C = np.zeros((n_plants, n_plants))
        for pair in itertools.permutations(range(n_plants), 2):
            worth[pair], at_C[pair] = self._best_leg(prices, pair, range_C)
        low, high = float(box.low[0]), float(box.high[0])
        least = math.inf
        for flow in (high,) if low <= 0.0 else (low, high):
            cost, order = least_ring(leg_costs_per_a(self.inputs, flow) - flow * worth)
            least = min(least, cost)
            if master is not None:
                legs = list(itertools.pairwise((*order, order[0])))
                master.add_loop(
                    0, flow, np.array([at_C[leg] for leg in legs]), ring_of(self.inputs, order)
                )
        return min(0.0, least) * self.inputs.n_loops if low <= 0.0 else least
