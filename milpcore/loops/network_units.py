r"""Exchangers of a network without its headers: what they cost, and when headers can serve them.

An exchanger u between a stream and a loop takes water of flow ``f = load / |out - in|`` from
``in`` to ``out``. In a plant that a loop enters at ``T_in`` and leaves at ``T_out`` with flow F,
the water that comes (F at ``T_in``, every f at its ``out``) has to be mixed to the water that is
wanted (every f at its ``in``, F at ``T_out``). By Strassen's theorem (Ann. Math. Stat. 36, 1965)
that can be done exactly if, with ``g(T) = min(T, tau)``,

(1) ``D(tau) = F (g(T_out) - g(T_in)) - sum of f (g(out) - g(in)) >= 0`` for every tau,

with equality for large tau, the heat balance (2). Mixing only ever raises ``sum of f min(T, tau)``.
D is piecewise linear in tau and convex only at the temperatures of water that comes: (1) is enough
there. So headers need not be chosen to optimise a network; they are laid out afterwards
(`milpcore.loops.network_headers`).

Variables: loads (MW), water temperatures (10 K), flows and leg temperatures. Further constraints:

(3) ΔTmin at both ends of every exchanger, (4) water spans at least 0.1 K,
(5) loads of a stream within its duty, or equal to it where it has no heater or cooler.

The kinks of g are rounded first, ``g ~ tau - w softplus((tau - T) / w)`` with a width w that falls;
then the order of the temperatures is kept, those that have met stay equal, and D is sharp.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from milpcore.core.nonlinear import LocalOptimum, minimise_smooth
from milpcore.loops.inputs import Floats, Ints, LoopInputs
from milpcore.loops.network_design import Order, UnitDesign, UnitSet
from milpcore.loops.network_smooth import rounded_minimum, smooth_mean_K

LEAST_SPAN_K = 0.1
LOAD, KELVIN, FLOW = 1e3, 10.0, 100.0
"""Units of the variables: kW, K, kW/K."""
TOLERANCE = 1e-6


@dataclass(frozen=True)
class _Sizes:
    """Variables in their own units, with their places in the vector."""

    load: Floats
    water_in: Floats
    water_out: Floats
    flow: Floats
    legs: Floats


class UnitProblem:
    """The smooth problem of one set of exchangers.

    Parameters
    ----------
    inputs : LoopInputs
    units : UnitSet
    """

    def __init__(self, inputs: LoopInputs, units: UnitSet) -> None:
        self.inputs, self.units = inputs, units
        n_units, n_loops = units.n_units, len(units.routes)
        n_legs = [route.n_legs for route in units.routes]
        ends = np.cumsum([0, n_units, n_units, n_units, n_loops, sum(n_legs)])
        self.places = [np.arange(a, b) for a, b in itertools.pairwise(ends)]
        self.n_variables = int(ends[-1])
        self.leg_places = np.split(self.places[4], np.cumsum(n_legs)[:-1])
        scales = [LOAD, KELVIN, KELVIN, FLOW, KELVIN]
        self.scale = np.concatenate(
            [np.full(p.size, s) for p, s in zip(self.places, scales, strict=True)]
        )
        stream = units.stream
        self.sign = inputs.direction[stream]
        same = stream[:, None] == stream[None, :]
        self.before: Floats = np.tril(same, -1).astype(np.float64)
        self.capacity = inputs.capacity_kW_per_K[stream]
        self.used = np.unique(stream)
        self.of_stream = (stream[None, :] == self.used[:, None]).astype(float)
        self.money = 1e-4
        self.idle_cost = self._idle_cost()
        self.plants = self._plants()

    def _idle_cost(self) -> float:
        """Cost of the streams' utilities without loops, less exchangers of used streams."""
        inputs = self.inputs
        cost = inputs.utility_price_per_kW_a @ inputs.duty_kW
        idle = np.setdiff1d(np.arange(inputs.n_streams), self.used)
        return float(cost + inputs.utility_exchanger_per_a(idle, inputs.duty_kW[idle]).sum())

    def _plants(self) -> list[tuple[int, int, int, Ints]]:
        """(loop, place of leg in, place of leg out, units) of every stage of a loop."""
        found = []
        for loop, route in enumerate(self.units.routes):
            legs = self.leg_places[loop]
            for number, stage in enumerate(route.stages):
                at_stage = self.inputs.at_stage(stage)[self.units.stream]
                here = (self.units.loop == loop) & at_stage
                members = np.flatnonzero(here).astype(np.int64)
                found.append((loop, int(legs[number - 1]), int(legs[number]), members))
        return found

    def vector(self, design: UnitDesign) -> Floats:
        """Scaled variables of a design with these exchangers."""
        parts = (
            design.load_kW,
            design.water_in_C,
            design.water_out_C,
            design.flow_kW_per_K,
            *design.leg_C,
        )
        vector: Floats = np.concatenate(parts) / self.scale
        return vector

    def design(self, x: Floats) -> UnitDesign:
        """Design of scaled variables."""
        sizes = self.split(x)
        full = x * self.scale
        legs = tuple(full[places] for places in self.leg_places)
        return UnitDesign(
            units=self.units,
            load_kW=sizes.load,
            water_in_C=sizes.water_in,
            water_out_C=sizes.water_out,
            flow_kW_per_K=sizes.flow,
            leg_C=legs,
            cost_per_a=self.cost(x)[0] / self.money,
        )

    def split(self, x: Floats) -> _Sizes:
        """Variables in kW, °C and kW/K."""
        full = x * self.scale
        return _Sizes(*(full[place] for place in self.places))

    def ends(self, sizes: _Sizes) -> tuple[Floats, Floats]:
        """Temperature differences where the stream enters and leaves each exchanger (U,)."""
        supply_C = self.inputs.supply_C[self.units.stream]
        enters_C = supply_C - self.sign * (self.before @ sizes.load) / self.capacity
        leaves_C = enters_C - self.sign * sizes.load / self.capacity
        return (
            self.sign * (enters_C - sizes.water_out),
            self.sign * (leaves_C - sizes.water_in),
        )

    def ends_jacobian(self) -> tuple[Floats, Floats]:
        """Their derivatives by all variables, unscaled."""
        n_units = self.units.n_units
        first = np.zeros((n_units, self.n_variables))
        last = np.zeros((n_units, self.n_variables))
        first[:, self.places[0]] = -self.before / self.capacity[:, None]
        last[:, self.places[0]] = first[:, self.places[0]] - np.diag(1.0 / self.capacity)
        rows = np.arange(n_units)
        first[rows, self.places[2]] = -self.sign
        last[rows, self.places[1]] = -self.sign
        return first, last

    def cost(self, x: Floats) -> tuple[float, Floats]:
        """Total annual cost, in 10 000 a year, with its gradient."""
        inputs, stream, sizes = self.inputs, self.units.stream, self.split(x)
        first, last = (np.maximum(end, 0.5) for end in self.ends(sizes))
        mean, by_first, by_last = smooth_mean_K(first, last)
        area = np.maximum(sizes.load, 0.0) * inputs.resistance_m2_K_per_kW[stream] / mean
        cost_of_area, price = self._area_cost(area)
        gradient = np.zeros(self.n_variables)
        jacobian = self.ends_jacobian()
        gradient -= (price * area / mean * by_first) @ jacobian[0]
        gradient -= (price * area / mean * by_last) @ jacobian[1]
        utility_price = inputs.utility_price_per_kW_a[stream]
        gradient[self.places[0]] += (
            price * inputs.resistance_m2_K_per_kW[stream] / mean - utility_price
        )
        total = self.idle_cost - utility_price @ sizes.load + cost_of_area.sum()
        total += inputs.fixed_per_a * self.units.n_units
        total += self._utility_exchangers(sizes, gradient)
        for loop, route in enumerate(self.units.routes):
            flow, step = sizes.flow[loop], 1e-5 * max(abs(sizes.flow[loop]), 1.0)
            around = inputs.pipes_and_pumps_per_a(np.array([flow - step, flow, flow + step]), route)
            total += around[1]
            gradient[self.places[3][loop]] += (around[2] - around[0]) / (2.0 * step)
        return float(total) * self.money, gradient * self.scale * self.money

    def _area_cost(self, area_m2: Floats) -> tuple[Floats, Floats]:
        """Variable cost of areas and its derivative."""
        parameters = self.inputs.case.parameters
        law, factor = parameters.exchanger, parameters.annual_factor_per_a
        positive = np.maximum(area_m2, 1e-3)
        cost = factor * law.per_area * positive**law.exponent
        return cost, law.exponent * cost / positive

    def _utility_exchangers(self, sizes: _Sizes, gradient: Floats) -> float:
        """Cost of heaters and coolers of used streams; adds its derivative."""
        inputs = self.inputs
        if not inputs.costs_utility_exchangers:
            return 0.0
        streams = self.used[self.units.has_utility[self.used]]
        rest = (
            inputs.duty_kW[streams]
            - (self.of_stream @ sizes.load)[self.units.has_utility[self.used]]
        )
        least = inputs.duty_kW[streams] * 1e-6
        is_left = rest > least
        rest = np.maximum(rest, least)
        step = np.minimum(inputs.duty_kW[streams] * 1e-5, 0.5 * rest)
        high = inputs.utility_exchanger_per_a(streams, rest + step)
        low = inputs.utility_exchanger_per_a(streams, rest - step)
        slope = np.zeros(inputs.n_streams)
        slope[streams] = np.where(is_left, (high - low) / (2.0 * step), 0.0)
        gradient[self.places[0]] -= slope[self.units.stream]
        return float(inputs.utility_exchanger_per_a(streams, rest).sum())

    def mixing(self, x: Floats, kinks: float | Order) -> tuple[Floats, Floats]:
        """D of (1) at all water that comes, MW, and its Jacobian.

        `kinks` is the width to which they are rounded, K, or an order of temperatures.
        """
        sizes, full = self.split(x), x * self.scale
        span = sizes.water_out - sizes.water_in
        span = np.where(np.abs(span) < 1e-3, np.where(span < 0, -1e-3, 1e-3), span)
        flow = self.sign * sizes.load / span
        values, rows = [], []
        for number, (loop, leg_in, leg_out, members) in enumerate(self.plants):
            demand = np.concatenate([self.places[1][members], [leg_out]])
            source = np.concatenate([self.places[2][members], [leg_in]])
            weight = np.concatenate([flow[members], [sizes.flow[loop]]])
            tau = full[source][:, None]
            kept = np.arange(source.size)
            if isinstance(kinks, Order):
                rank = kinks.rank[number]
                below = rank[demand] < rank[source][:, None]
                wanted, wanted_slope = np.where(below, full[demand], tau), below * 1.0
                below = rank[source] < rank[source][:, None]
                comes, comes_slope = np.where(below, full[source], tau), below * 1.0
                # D is 0 below all and, by (2), above all; of equal temperatures one is enough
                inner = (rank[source] > 0) & (rank[source] < rank.max())
                kept = np.unique(rank[source], return_index=True)[1]
                kept = kept[inner[kept]]
            else:
                wanted, wanted_slope = rounded_minimum(full[demand], tau, kinks)
                comes, comes_slope = rounded_minimum(full[source], tau, kinks)
            jacobian = np.zeros((source.size, self.n_variables))
            jacobian[:, demand] += weight * wanted_slope
            jacobian[:, source] -= weight * comes_slope
            own = np.arange(source.size)
            jacobian[own, source] += (weight * (comes_slope - wanted_slope)).sum(axis=1)
            by_weight = wanted - comes
            jacobian[:, self.places[3][loop]] += by_weight[:, -1]
            share = flow[members] / span[members]
            jacobian[:, self.places[0][members]] += by_weight[:, :-1] * (
                self.sign[members] / span[members]
            )
            jacobian[:, self.places[1][members]] += by_weight[:, :-1] * share
            jacobian[:, self.places[2][members]] -= by_weight[:, :-1] * share
            values.append((by_weight @ weight)[kept])
            rows.append(jacobian[kept])
        return np.concatenate(values) / LOAD, np.vstack(rows) * self.scale / LOAD

    def order(self, x: Floats, *, tie_K: float) -> Order:
        """Order of the water temperatures in each plant; those within `tie_K` are tied."""
        full = x * self.scale
        ranks = np.full((len(self.plants), self.n_variables), -1, dtype=np.int64)
        ties = []
        for number, (_, leg_in, leg_out, members) in enumerate(self.plants):
            both = np.concatenate(
                [self.places[1][members], self.places[2][members], [leg_in, leg_out]]
            )
            rising = both[np.argsort(full[both], kind="stable")]
            is_next = np.diff(full[rising]) > tie_K
            ranks[number, rising] = np.concatenate([[0], np.cumsum(is_next)])
            pairs = itertools.pairwise(rising.tolist())
            ties += [pair for pair, apart in zip(pairs, is_next, strict=True) if not apart]
        return Order(ranks, tuple(ties))

    def heat(self, x: Floats) -> tuple[Floats, Floats]:
        """Equations (2), and (5) of streams without heater or cooler, MW, with Jacobian."""
        sizes, full = self.split(x), x * self.scale
        values, jacobian = [], np.zeros((len(self.plants), self.n_variables))
        for row, (loop, leg_in, leg_out, members) in enumerate(self.plants):
            flow = sizes.flow[loop]
            balance = flow * (full[leg_out] - full[leg_in])
            values.append(balance - self.sign[members] @ sizes.load[members])
            jacobian[row, self.places[0][members]] = -self.sign[members]
            jacobian[row, self.places[3][loop]] = full[leg_out] - full[leg_in]
            jacobian[row, leg_out] += flow
            jacobian[row, leg_in] -= flow
        value, more = self._served(sizes, whole=True)
        return (
            np.concatenate([np.array(values), value]) / LOAD,
            np.vstack([jacobian, more]) * self.scale / LOAD,
        )

    def _served(self, sizes: _Sizes, *, whole: bool) -> tuple[Floats, Floats]:
        """Duty less loads of used streams with, or without, heater or cooler."""
        is_whole = ~self.units.has_utility[self.used] & self.inputs.costs_utility_exchangers
        # a stream of one exchanger keeps its duty by the bounds
        chosen = is_whole if whole else ~is_whole & (self.of_stream.sum(axis=1) > 1)
        rest = self.inputs.duty_kW[self.used] - self.of_stream @ sizes.load
        jacobian = np.zeros((self.used.size, self.n_variables))
        jacobian[:, self.places[0]] = -self.of_stream
        return rest[chosen], jacobian[chosen]

    def limits(self, x: Floats, order: Order | None = None) -> tuple[Floats, Floats]:
        """Slack of (3) and (4), in 10 K, and of (5), MW, with Jacobian."""
        sizes = self.split(x)
        ends, jacobians = self.ends(sizes), self.ends_jacobian()
        span = np.zeros((self.units.n_units, self.n_variables))
        rows = np.arange(self.units.n_units)
        span[rows, self.places[2]], span[rows, self.places[1]] = self.sign, -self.sign
        rest, rest_jacobian = self._served(sizes, whole=False)
        least = self.inputs.dt_min_K
        within, within_jacobian = self._within(x * self.scale, order)
        values = [end - least for end in ends]
        values.append(self.sign * (sizes.water_out - sizes.water_in) - LEAST_SPAN_K)
        return (
            np.concatenate([np.concatenate([*values, within]) / KELVIN, rest / LOAD]),
            np.vstack(
                [*(j / KELVIN for j in (*jacobians, span, within_jacobian)), rest_jacobian / LOAD]
            )
            * self.scale,
        )

    def _within(self, full: Floats, order: Order | None) -> tuple[Floats, Floats]:
        """Water temperatures between those of the legs, in plants that only give or only take."""
        values, rows = [], []
        for number, (_, leg_in, leg_out, members) in enumerate(self.plants):
            sign = self.sign[members]
            if sign.size == 0 or np.ptp(sign) > 0.0:
                continue
            for place, leg, side in ((1, leg_in, sign[0]), (2, leg_out, -sign[0])):
                jacobian = np.zeros((members.size, self.n_variables))
                jacobian[np.arange(members.size), self.places[place][members]] = side
                jacobian[:, leg] = -side
                places = self.places[place][members]
                free = slice(None)
                if order is not None:
                    free = order.rank[number][places] != order.rank[number][leg]
                values.append((side * (full[places] - full[leg]))[free])
                rows.append(jacobian[free])
        if not values:
            return np.zeros(0), np.zeros((0, self.n_variables))
        return np.concatenate(values), np.vstack(rows)

    def bounds(self) -> tuple[Floats, Floats]:
        """Bounds of the scaled variables."""
        limits = self.inputs.case.parameters.limits
        coldest, hottest = self.inputs.loop_range_C()
        duty = self.inputs.duty_kW[self.units.stream]
        lower, upper = np.empty(self.n_variables), np.empty(self.n_variables)
        lower[self.places[0]] = np.maximum(limits.min_unit_duty_kW, 1e-3 * duty)
        upper[self.places[0]] = np.maximum(duty, lower[self.places[0]])
        for place in (1, 2, 4):
            lower[self.places[place]], upper[self.places[place]] = coldest - 1.0, hottest + 1.0
        most = self.inputs.most_flow_kW_per_K()
        lower[self.places[3]], upper[self.places[3]] = min(1.0, most / 2), most
        return lower / self.scale, upper / self.scale

    def minimise(
        self,
        start: Floats,
        kinks: float | Order,
        *,
        most_iterations: int = 200,
        is_over: Callable[[], bool] | None = None,
    ) -> LocalOptimum:
        """Local optimum from a start, both scaled; none once it `is_over`."""
        lower, upper = self.bounds()
        order = kinks if isinstance(kinks, Order) else None
        ties = () if order is None else order.ties
        equal = np.zeros((len(ties), self.n_variables))
        for row, (one, other) in enumerate(ties):
            equal[row, one], equal[row, other] = 1.0, -1.0

        def at_least_zero(x: Floats) -> tuple[Floats, Floats]:
            parts = [self.mixing(x, kinks), self.limits(x, order)]
            return np.concatenate([p[0] for p in parts]), np.vstack([p[1] for p in parts])

        def zero(x: Floats) -> tuple[Floats, Floats]:
            value, jacobian = self.heat(x)
            return np.concatenate([value, equal @ x]), np.vstack([jacobian, equal])

        return minimise_smooth(
            self.cost,
            start,
            lower=lower,
            upper=upper,
            at_least_zero=at_least_zero,
            zero=zero,
            most_iterations=most_iterations,
            is_over=is_over,
        )

    def violation(self, x: Floats) -> float:
        """Largest violation with sharp kinks, in the constraints' units (MW, 10 K)."""
        lower, upper = self.bounds()
        sharp = self.order(x, tie_K=0.0)._replace(ties=())
        slack = np.concatenate([self.mixing(x, sharp)[0], self.limits(x)[0], x - lower, upper - x])
        return float(max(-slack.min(), np.abs(self.heat(x)[0]).max(), 0.0))
