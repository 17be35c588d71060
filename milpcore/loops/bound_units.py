r"""What a stream can earn at given prices of heat in a loop: rigorous upper bounds.

A price function v of the water temperature t, linear between nodes and nowhere falling, pays hot
streams ``v(t)`` for heat given to water at t; ``W`` is its integral. Cold streams, which pay v,
are hot ones on the negative temperature axis. A stream saves its utility's price c on all heat.

*One exchanger.* It takes the stream from its supply T_s (any other place has smaller differences),
load Q, water from a to b. With ``m = (W(b) - W(a)) / (b - a)`` and ``r`` the area price times
resistance it earns

(1) ``(c + m) Q - r Q / LM(T_s - b, T_s - Q / CP - a) + saved(Q) - fixed``.

Over a box of a and b, m is largest at the upper corner and the area least at the lower one. For
fixed corners (1) is concave in Q without `saved`: 1 / LM is convex and rises with Q. `saved`, the
cost of the heater or cooler that gets smaller, is convex in Q, as the area of
an exchanger with given utility temperatures is concave in its load
(``ln y (1 + (1 - k) / (y - 1))`` of ``y = d1 / d2``, ``0 <= k <= 1``), so its chord is above it.
Boxes are halved until the best bound is within a tolerance of the best value found.

*More exchangers*, of any arrangement and any split of the stream, cannot earn more than heat that
is sold at every temperature T at its best price, at two fixed parts:

(2) ``CP integral of u(T) dT - 2 fixed``, ``u(T) = c + max over t of v(t) - r / (T - t)``

over the part of the stream where u is positive or, where heaters and coolers at the target end are
costed, over the part above the best place T_x, `saved` included. T is rounded to the upper end of
its cell; between nodes ``v(t) - r / (T - t)`` is concave in t and taken from its tangents.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from milpcore.loops.inputs import Floats, LoopInputs
from preprocess.jit import kernel

N_PARTS = 10
"""Parts of a step of the price that heat is sold in."""
GRID = 32
"""Water temperatures tried for a first value."""


class UnitEarnings(NamedTuple):
    """The best exchanger of a stream at given prices.

    Attributes
    ----------
    bound : float
        No exchanger earns more, money a year.
    earned : float
        What the one described earns.
    load_kW, cold_C, hot_C : float
        Its load and the ends of its water.
    """

    bound: float
    earned: float
    load_kW: float
    cold_C: float
    hot_C: float


@kernel
def _mean_difference_kernel(one: float, other: float) -> float:
    difference = one - other
    if abs(difference) < 1e-4 * other:
        share = difference / other
        return other * (1.0 + share * (0.5 - share * (1.0 / 12.0 - share / 24.0)))
    return difference / math.log(one / other)


@kernel
def _integral_kernel(t, nodes, price, integral):  # type: ignore[no-untyped-def]
    """Integral of the price up to t; the price is linear between nodes."""
    place = min(max(np.searchsorted(nodes, t) - 1, 0), nodes.size - 2)
    beyond = t - nodes[place]
    slope = (price[place + 1] - price[place]) / (nodes[place + 1] - nodes[place])
    return integral[place] + beyond * (price[place] + 0.5 * slope * beyond)


@kernel
def _mean_price_kernel(a, b, nodes, price, integral):  # type: ignore[no-untyped-def]
    """Mean price between a and b; the price at b, which is above it, where they meet."""
    if b - a < 1e-5:
        place = min(max(np.searchsorted(nodes, b) - 1, 0), nodes.size - 2)
        share = (b - nodes[place]) / (nodes[place + 1] - nodes[place])
        return price[place] + share * (price[place + 1] - price[place])
    high = _integral_kernel(b, nodes, price, integral)
    return (high - _integral_kernel(a, nodes, price, integral)) / (b - a)


@kernel
def _best_load_kernel(rate, resistance, one, other, capacity, least, most):  # type: ignore[no-untyped-def]
    """Maximise ``rate Q - r Q / LM(one, other - Q / CP)``, concave, over a range of Q.

    Returns the load and an upper bound of the maximum.
    """
    low, high = least, most
    for _ in range(60):
        middle = 0.5 * (low + high)
        end = other - middle / capacity
        mean = _mean_difference_kernel(one, end)
        # derivative of LM by its second argument
        if abs(one - end) < 1e-4 * end:
            by_end = 0.5 + (one - end) / (6.0 * end)
        else:
            by_end = mean / (one - end) * (mean / end - 1.0)
        slope = rate - resistance * (1.0 / mean + middle * by_end / (capacity * mean * mean))
        if slope > 0.0:
            low = middle
        else:
            high = middle
        if high - low < 1e-7 * most:
            break
    best = high if high == most else low
    value = rate * best - resistance * best / _mean_difference_kernel(one, other - best / capacity)
    # a concave function is below its tangent: the rest of the bracket adds next to nothing
    return best, value + abs(rate) * (high - low)


@kernel
def _saved_kernel(load, duty, capacity, saving):  # type: ignore[no-untyped-def]
    """Cost of heater or cooler that a load saves; the fixed part only with all of the duty."""
    fixed, price, resistance, inner, end, exponent = saving
    if fixed == 0.0 and price == 0.0:
        return 0.0
    rest = max(duty - load, 0.0)
    full = duty * resistance / _mean_difference_kernel(inner + duty / capacity, end)
    area = 0.0
    if rest > 0.0:
        area = rest * resistance / _mean_difference_kernel(inner + rest / capacity, end)
    saved = price * (full**exponent - area**exponent)
    return saved


@kernel
def _start_kernel(  # type: ignore[no-untyped-def]
    supply, capacity, duty, resistance, utility_price, dt_min, nodes, price, integral, saving,
    lowest, is_whole, n,
):  # fmt: skip
    """Best exchanger with water temperatures on a grid: value, load, a, b."""
    best, best_load, best_a, best_b = -1e12, 0.0, lowest, lowest + 1.0
    step = (min(nodes[-1], supply - dt_min) - lowest) / n
    least = duty if is_whole else 0.0
    saved1 = _saved_kernel(least, duty, capacity, saving)
    saved2 = _saved_kernel(duty, duty, capacity, saving)
    chord = (saved2 - saved1) / duty
    for i in range(n):
        a = lowest + i * step
        most = min(duty, capacity * (supply - dt_min - a))
        if step <= 0.0 or most < least or most <= 0.0:
            continue
        for j in range(i + 1, n + 1):
            b = lowest + j * step
            rate = utility_price + _mean_price_kernel(a, b, nodes, price, integral)
            load, _ = _best_load_kernel(
                rate + chord, resistance, supply - b, supply - a, capacity, least, most
            )
            mean = _mean_difference_kernel(supply - b, supply - a - load / capacity)
            earned = rate * load - resistance * load / mean
            earned += _saved_kernel(load, duty, capacity, saving)
            if earned > best:
                best, best_load, best_a, best_b = earned, load, a, b
    return best, best_load, best_a, best_b


@kernel
def _refined_kernel(  # type: ignore[no-untyped-def]
    supply, capacity, duty, resistance, utility_price, dt_min, nodes, price, integral, saving,
    lowest, is_whole, start, step,
):  # fmt: skip
    """Pattern search from a start, to 0.01 K: value, load, a, b."""
    best, best_load, best_a, best_b = start
    least = duty if is_whole else 0.0
    saved1 = _saved_kernel(least, duty, capacity, saving)
    chord = (_saved_kernel(duty, duty, capacity, saving) - saved1) / duty
    while step > 0.01:
        is_better = False
        for move in range(6):
            da = step * (-1.0, 1.0, 0.0, 0.0, 1.0, -1.0)[move]
            db = step * (0.0, 0.0, -1.0, 1.0, 1.0, -1.0)[move]
            a = max(best_a + da, lowest)
            b = min(best_b + db, min(nodes[-1], supply - dt_min))
            most = min(duty, capacity * (supply - dt_min - a))
            if b - a < 0.05 or most < least or most <= 0.0:
                continue
            rate = utility_price + _mean_price_kernel(a, b, nodes, price, integral)
            load, _ = _best_load_kernel(
                rate + chord, resistance, supply - b, supply - a, capacity, least, most
            )
            mean = _mean_difference_kernel(supply - b, supply - a - load / capacity)
            earned = rate * load - resistance * load / mean
            earned += _saved_kernel(load, duty, capacity, saving)
            if earned > best:
                best, best_load, best_a, best_b = earned, load, a, b
                is_better = True
        if not is_better:
            step *= 0.5
    return best, best_load, best_a, best_b


@kernel
def _one_unit_kernel(  # type: ignore[no-untyped-def]
    supply, capacity, duty, resistance, utility_price, dt_min, nodes, price, integral, saving,
    lowest, is_whole, start, tolerance, boxes,
):  # fmt: skip
    """Branch and bound over water temperatures (and loads) of one exchanger, without `fixed`.

    Returns the bound, the best value, its load, a and b.
    """
    best, best_load, best_a, best_b = start
    bound = best
    n_boxes = 1
    boxes[0, 0], boxes[0, 1] = lowest, nodes[-1]
    boxes[0, 2], boxes[0, 3] = lowest, nodes[-1]
    boxes[0, 4], boxes[0, 5] = (duty if is_whole else 0.0), duty
    while n_boxes > 0:
        n_boxes -= 1
        a1, a2, b1, b2 = boxes[n_boxes, 0], boxes[n_boxes, 1], boxes[n_boxes, 2], boxes[n_boxes, 3]
        q1, q2 = boxes[n_boxes, 4], boxes[n_boxes, 5]
        b2 = min(b2, supply - dt_min)
        a2 = min(a2, min(b2, supply - dt_min - q1 / capacity))
        b1 = max(b1, a1)
        most = min(q2, capacity * (supply - dt_min - a1))
        if b1 > b2 + 1e-12 or a1 > a2 + 1e-12 or most < q1 or most <= 0.0:
            continue
        saved1 = _saved_kernel(q1, duty, capacity, saving)
        saved2 = _saved_kernel(q2, duty, capacity, saving)
        chord = (saved2 - saved1) / (q2 - q1) if q2 > q1 else 0.0
        rate = utility_price + chord + _mean_price_kernel(a2, b2, nodes, price, integral)
        load, value = _best_load_kernel(
            rate, resistance, supply - b1, supply - a1, capacity, q1, most
        )
        value += saved1 - chord * q1
        if value <= best + tolerance:
            continue
        # a point of the box: its middle, at the load found there
        a, b = 0.5 * (a1 + a2), 0.5 * (b1 + b2)
        if b - a > 0.05:
            most_here = min(q2, capacity * (supply - dt_min - a))
            if most_here >= q1 and most_here > 0.0:
                mean = utility_price + _mean_price_kernel(a, b, nodes, price, integral)
                one, other = supply - b, supply - a
                point, _ = _best_load_kernel(
                    mean + chord, resistance, one, other, capacity, q1, most_here
                )
                earned = mean * point - resistance * point / _mean_difference_kernel(
                    one, other - point / capacity
                )
                earned += _saved_kernel(point, duty, capacity, saving)
                if earned > best:
                    best, best_load, best_a, best_b = earned, point, a, b
                    if value <= best + tolerance:
                        continue
        gap = saved1 + chord * (load - q1) - _saved_kernel(load, duty, capacity, saving)
        if n_boxes + 2 >= boxes.shape[0] or max(a2 - a1, b2 - b1) < 1e-6:
            bound = max(bound, value)
            continue
        # halve what makes the bound loose: the load's chord, or the wider end by its weight
        end = supply - load / capacity
        by_a = load * resistance / max(end - a2, 0.1) ** 2 + load * abs(rate) / max(b2 - a1, 1.0)
        by_b = load * resistance / max(supply - b2, 0.1) ** 2 + load * abs(rate) / max(b2 - a1, 1.0)
        for half in range(2):
            boxes[n_boxes, 0], boxes[n_boxes, 1] = a1, a2
            boxes[n_boxes, 2], boxes[n_boxes, 3] = b1, b2
            boxes[n_boxes, 4], boxes[n_boxes, 5] = q1, q2
            if gap > 0.5 * (value - best) and gap > 0.25 * tolerance:
                cut = min(max(load, q1 + 0.1 * (q2 - q1)), q2 - 0.1 * (q2 - q1))
                boxes[n_boxes, 5 - half] = cut
            elif by_a * (a2 - a1) > by_b * (b2 - b1):
                boxes[n_boxes, 1 - half] = 0.5 * (a1 + a2)
            else:
                boxes[n_boxes, 3 - half] = 0.5 * (b1 + b2)
            n_boxes += 1
    return max(bound, best + tolerance), best, best_load, best_a, best_b


@kernel
def _sold_kernel(  # type: ignore[no-untyped-def]
    high, width, n_cells, resistance, utility_price, dt_min, nodes, price, lowest, n_parts,
    earned, place,
):  # fmt: skip
    """Bounds of the earnings per kW of every cell of a stream, from the hottest down.

    In each of `n_parts` of a step, earnings are concave in t: below their tangent in its middle.
    """
    for cell in range(n_cells):
        top = high - cell * width
        earned[cell], place[cell] = -1e30, -1
        for step in range(nodes.size - 1):
            if top - nodes[step] < dt_min - 1e-12:
                break
            part = (nodes[step + 1] - nodes[step]) / n_parts
            slope = (price[step + 1] - price[step]) / (nodes[step + 1] - nodes[step])
            for number in range(n_parts):
                middle = nodes[step] + (number + 0.5) * part
                if middle + 0.5 * part <= lowest:
                    continue
                if top - (middle - 0.5 * part) < dt_min - 1e-12:
                    break
                difference = top - middle
                value = utility_price + price[step] + slope * (middle - nodes[step])
                value -= resistance / difference
                tangent = slope - resistance / (difference * difference)
                value += 0.5 * part * abs(tangent)
                if value > earned[cell]:
                    earned[cell], place[cell] = value, step * n_parts + number


class StreamPricer:
    """Earnings of one stream at prices of the water in its plant.

    Parameters
    ----------
    inputs : LoopInputs
    stream : int
    nodes_C (n,) : ndarray
        Ends of the steps of the price, rising.
    cell_K : float
        Width of the cells of (2).
    """

    def __init__(self, inputs: LoopInputs, stream: int, nodes_C: Floats, *, cell_K: float) -> None:
        self.sign = float(inputs.direction[stream])
        self.nodes = nodes_C if self.sign > 0 else -nodes_C[::-1]
        self.supply = self.sign * float(inputs.supply_C[stream])
        self.capacity = float(inputs.capacity_kW_per_K[stream])
        self.duty = float(inputs.duty_kW[stream])
        self.resistance = float(
            inputs.resistance_m2_K_per_kW[stream] * inputs.area_price_per_m2_a[stream]
        )
        self.utility_price = float(inputs.utility_price_per_kW_a[stream])
        self.dt_min = inputs.dt_min_K
        self.fixed = inputs.fixed_per_a
        self.saving, self.saved_fixed = _saving(inputs, stream)
        self.n_cells = max(1, math.ceil(self.duty / self.capacity / cell_K - 1e-9))
        self.boxes = np.empty((4096, 6))

    def _prices(self, price: Floats) -> tuple[Floats, Floats]:
        own: Floats = np.ascontiguousarray(price if self.sign > 0 else -price[::-1])
        steps = 0.5 * (own[1:] + own[:-1]) * np.diff(self.nodes)
        return own, np.concatenate([[0.0], np.cumsum(steps)])

    def lowest(self, cold_C: float, hot_C: float) -> float:
        """Least water temperature before an exchanger, on the stream's own axis."""
        return max(float(self.nodes[0]), cold_C if self.sign > 0 else -hot_C)

    def one_unit(self, price: Floats, lowest: float, *, tolerance: float | None) -> UnitEarnings:
        """Bound what one exchanger earns at a price (n,) at the nodes, its fixed part paid.

        `lowest` is that of `lowest`; without a tolerance the bound is only the best value found.
        """
        own, integral = self._prices(price)
        found = (-math.inf, -math.inf, 0.0, 0.0, 0.0)
        for is_whole, extra in ((False, 0.0), (True, self.saved_fixed)):
            if is_whole and extra == 0.0:
                continue
            arguments = (
                self.supply, self.capacity, self.duty, self.resistance, self.utility_price,
                self.dt_min, self.nodes, own, integral, self.saving, lowest, is_whole,
            )  # fmt: skip
            start = _start_kernel(*arguments, GRID)
            start = _refined_kernel(*arguments, start, (self.nodes[-1] - self.nodes[0]) / GRID)
            result = (start[0], *start)
            if tolerance is not None:
                result = _one_unit_kernel(*arguments, start, tolerance, self.boxes)
            if result[0] + extra > found[0]:
                found = (result[0] + extra, result[1] + extra, *result[2:])
        bound, earned, load, a, b = (float(value) for value in found)
        ends = (a, b) if self.sign > 0 else (-b, -a)
        return UnitEarnings(bound - self.fixed, earned - self.fixed, load, *ends)

    def many_units(self, price: Floats, lowest: float) -> tuple[float, float, Floats]:
        """Bound what two or more exchangers earn, two fixed parts paid, with what they do.

        Returns
        -------
        bound : float
        cost : float
            Of the area and the fixed parts, less the cost of utility saved.
        sold_kW ((n - 1) N_PARTS,) : ndarray
            Heat sold in each part of the steps between nodes.
        """
        own, _ = self._prices(price)
        width = self.duty / self.capacity / self.n_cells
        per_kW = np.empty(self.n_cells)
        place = np.empty(self.n_cells, dtype=np.int64)
        _sold_kernel(
            self.supply, width, self.n_cells, self.resistance, self.utility_price, self.dt_min,
            self.nodes, own, lowest, N_PARTS, per_kW, place,
        )  # fmt: skip
        cell_kW = self.duty / self.n_cells
        is_sold = per_kW > 0.0
        bound = float(cell_kW * per_kW[is_sold].sum())
        saved_cost = 0.0
        if self.saved_fixed or self.saving[1]:
            saved = self.saved(cell_kW * np.arange(1.0, self.n_cells + 1.0))
            saved[-1] += self.saved_fixed
            before = np.concatenate([[0.0], np.cumsum(per_kW * cell_kW)[:-1]])
            totals = before + np.maximum(per_kW, 0.0) * cell_kW + saved
            last = int(np.argmax(totals))
            bound = max(float(totals[last]), 0.0)
            is_sold = np.arange(self.n_cells) <= last
            saved_cost = float(saved[last])
        is_sold &= place >= 0
        top = self.supply - np.flatnonzero(is_sold) * width
        ends = np.interp(
            np.arange(N_PARTS * (own.size - 1)) + 0.5, np.arange(own.size) * N_PARTS, self.nodes
        )
        area_cost = self.resistance / (top - ends[place[is_sold]])
        cost = cell_kW * float((area_cost - self.utility_price).sum()) - saved_cost
        parts = np.bincount(place[is_sold], minlength=ends.size).astype(np.float64)
        if self.sign < 0:
            parts = parts[::-1]
        return bound - 2.0 * self.fixed, cost + 2.0 * self.fixed, cell_kW * parts

    def saved(self, loads_kW: Floats) -> Floats:
        """Cost of heater or cooler saved by loads, without the fixed part."""
        values = [_saved_kernel(q, self.duty, self.capacity, self.saving) for q in loads_kW]
        return np.array(values)


def _saving(
    inputs: LoopInputs, stream: int
) -> tuple[tuple[float, float, float, float, float, float], float]:
    """Arguments of `_saved_kernel`, and the fixed part of a heater or cooler."""
    if not inputs.costs_utility_exchangers:
        return (0.0, 0.0, 0.0, 1.0, 1.0, 1.0), 0.0
    parameters = inputs.case.parameters
    law, factor = parameters.exchanger, parameters.annual_factor_per_a
    inner_K, end_K = inputs.utility_ends_K(np.array(stream), np.array(0.0))
    resistance = float(inputs.utility_resistance(np.array(stream)))
    fixed = factor * law.fixed
    price = factor * law.per_area
    return (fixed, price, resistance, float(inner_K), float(end_K), law.exponent), fixed
