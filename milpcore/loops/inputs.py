"""Arrays of a case that the models of loops share: streams, routes, prices, cost laws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt

from milpcore.exchangers import mean_difference_K
from milpcore.faults import Fault, InputError
from milpcore.loops.case import LoopCase
from milpcore.loops.cost_laws import pipe_cost_per_a, pump_cost_per_a
from milpcore.loops.door import checked_joins
from milpcore.loops.options import checked_options

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_SPAN_K = 1e-6
"""Span given to isothermal streams."""
MOST_PLANTS_IN_ALL_ORDERS = 4
"""With more plants a loop takes the shortest way round each set of plants."""


@dataclass(frozen=True)
class Route:
    """Plants that a loop visits one after the other, returning to the first.

    Attributes
    ----------
    plants : tuple of int
        Places in `LoopCase.plants`; at least two.
    leg_m : tuple of float
        Length of the pipe from each plant to the next; 0 from one stage of a plant to its next.
    kinds : tuple of int
        Empty, or which streams the loop meets at each stage: 1 hot, -1 cold. A plant that gives and
        takes has then two stages, one after the other.
    """

    plants: tuple[int, ...]
    leg_m: tuple[float, ...]
    kinds: tuple[int, ...] = ()

    @property
    def n_legs(self) -> int:
        """Number of legs, those inside plants included."""
        return len(self.plants)

    @property
    def stages(self) -> tuple[tuple[int, int], ...]:
        """Plant and kind of streams (0 for both) of each stage."""
        return tuple(zip(self.plants, self.kinds or (0,) * len(self.plants), strict=True))

    @property
    def length_m(self) -> float:
        """Length of all pipes."""
        return sum(self.leg_m)


@dataclass(frozen=True, eq=False)
class LoopInputs:
    """What every model of loops needs of a case.

    Attributes
    ----------
    case : LoopCase
    costs_utility_exchangers : bool
        Whether heaters and coolers cost area and a fixed part. They stand at the target end.
    plant (S,) : ndarray of int64
        Place of each stream's plant.
    is_hot (S,) : ndarray of bool
    direction (S,) : ndarray
        1 for a hot stream, -1 for a cold one.
    supply_C, target_C (S,) : ndarray
        Isothermal streams have a span of 1e-6 K.
    duty_kW, capacity_kW_per_K (S,) : ndarray
    resistance_m2_K_per_kW (S,) : ndarray
        Of both films of an exchanger between stream and loop.
    utility_price_per_kW_a (S,) : ndarray
        Of the utility that serves the stream without loops.
    fixed_per_a : float
        Fixed part of an exchanger.
    area_price_per_m2_a (S,) : ndarray
        Price of a square metre; where the law's exponent is below 1 that of the chord from 0 to the
        largest area the stream can have, so that no area costs less.
    routes : tuple of Route
        Ways a loop may take.
    joins : ndarray of bool, shape (loops, S)
        Whether a stream may, and can, exchange heat with a loop (`milpcore.loops.door`).
    must_join : ndarray of bool, shape (loops + 1, S)
        Streams that must; the last row is for any loop.
    """

    case: LoopCase
    costs_utility_exchangers: bool
    plant: Ints
    is_hot: npt.NDArray[np.bool_]
    direction: Floats
    supply_C: Floats
    target_C: Floats
    duty_kW: Floats
    capacity_kW_per_K: Floats
    resistance_m2_K_per_kW: Floats
    utility_price_per_kW_a: Floats
    fixed_per_a: float
    area_price_per_m2_a: Floats
    routes: tuple[Route, ...]
    joins: npt.NDArray[np.bool_]
    must_join: npt.NDArray[np.bool_]

    @property
    def n_streams(self) -> int:
        """Number of streams."""
        return int(self.duty_kW.size)

    @property
    def n_loops(self) -> int:
        """Largest number of loops."""
        return int(self.joins.shape[0])

    @property
    def can_have_loop(self) -> bool:
        """Whether some stream can exchange heat with a loop at all."""
        return bool(self.joins.any())

    @property
    def dt_min_K(self) -> float:
        """Least difference between a stream and a loop."""
        return self.case.parameters.dt_min_K

    @property
    def low_C(self) -> Floats:
        """Lower end of each stream (S,)."""
        return np.minimum(self.supply_C, self.target_C)

    @property
    def high_C(self) -> Floats:
        """Upper end of each stream (S,)."""
        return np.maximum(self.supply_C, self.target_C)

    def loop_range_C(self) -> tuple[float, float]:
        """Lowest and highest temperature at which a loop can take and give heat.

        Raises
        ------
        InputError
            Without hot streams, or without cold ones.
        """
        if self.is_hot.all() or not self.is_hot.any():
            found = "all hot" if self.is_hot.any() else "all cold"
            rule, remedy = "a loop is between hot streams and cold ones", "give some of both"
            raise InputError("loops", (Fault("", "streams", found, rule, remedy),))
        coldest = float(self.low_C[~self.is_hot].min(initial=math.inf)) + self.dt_min_K
        hottest = float(self.high_C[self.is_hot].max(initial=-math.inf)) - self.dt_min_K
        return coldest, hottest

    def most_flow_kW_per_K(self) -> float:
        """Largest flow that a loop can have use for, and may have.

        Water of a larger flow would have a smaller span: `exchangeable_kW` over 1 K.
        """
        return min(self.case.parameters.limits.max_flow_kW_per_K, self.exchangeable_kW())

    def at_stage(self, stage: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Streams (S,) that a loop meets at a stage of its route."""
        plant, kind = stage
        here: npt.NDArray[np.bool_] = self.plant == plant
        if kind:
            here = np.logical_and(here, self.direction == kind)
        return here

    def exchangeable_kW(self) -> float:
        """Heat that the smaller side has to give or to take."""
        return float(min(self.duty_kW[self.is_hot].sum(), self.duty_kW[~self.is_hot].sum()))

    def pipes_and_pumps_per_a(self, flow_kW_per_K: npt.ArrayLike, route: Route) -> Floats:
        """Annual cost of a loop's legs at given flows, in their shape; 0 without flow."""
        flow = np.asarray(flow_kW_per_K, dtype=np.float64)[..., None]
        legs = np.array([length for length in route.leg_m if length > 0.0])
        parameters = self.case.parameters
        costs = pipe_cost_per_a(flow, legs, parameters) + pump_cost_per_a(flow, legs, parameters)
        return np.asarray(costs.sum(axis=-1), dtype=np.float64)

    def utility_exchanger_per_a(self, stream: npt.ArrayLike, rest_kW: npt.ArrayLike) -> Floats:
        """Annual cost of the heaters or coolers of streams that leave `rest_kW` to the utility.

        Parameters
        ----------
        stream : array_like of int
        rest_kW : array_like
            Of a shape that fits `stream`.

        Returns
        -------
        ndarray
            Cost of each; 0 where there is no rest or heaters and coolers are not costed.
        """
        index, rest = np.broadcast_arrays(np.asarray(stream), np.asarray(rest_kW, dtype=float))
        if not self.costs_utility_exchangers:
            return np.zeros(rest.shape)
        one_K, other_K = self.utility_ends_K(index, rest)
        area = rest * self.utility_resistance(index) / mean_difference_K(one_K, other_K)
        law = self.case.parameters.exchanger
        factor = self.case.parameters.annual_factor_per_a
        cost = factor * (law.fixed + law.per_area * np.maximum(area, 0.0) ** law.exponent)
        return np.where(rest > self.duty_kW[index] * 1e-9, cost, 0.0)

    def utility_resistance(self, stream: npt.ArrayLike) -> Floats:
        """Resistance of both films of a heater or cooler, m² K/kW."""
        index = np.asarray(stream)
        hot, cold = self.case.parameters.hot_utility, self.case.parameters.cold_utility
        film = np.where(
            self.is_hot[index], cold.htc_kW_per_m2_K or np.nan, hot.htc_kW_per_m2_K or np.nan
        )
        return np.asarray(1.0 / self.case.htc_kW_per_m2_K[index] + 1.0 / film)

    def utility_ends_K(
        self, stream: npt.ArrayLike, rest_kW: npt.ArrayLike
    ) -> tuple[Floats, Floats]:
        """Temperature differences at the ends of a heater or cooler: inner end, target end."""
        index = np.asarray(stream)
        hot, cold = self.case.parameters.hot_utility, self.case.parameters.cold_utility
        sign = self.direction[index]
        inner_C = self.target_C[index] + sign * np.asarray(rest_kW) / self.capacity_kW_per_K[index]
        is_hot = self.is_hot[index]
        # counter-current: the utility leaves at the stream's inner end
        leaves_C = np.where(is_hot, cold.target_C or np.nan, hot.target_C or np.nan)
        enters_C = np.where(is_hot, cold.supply_C or np.nan, hot.supply_C or np.nan)
        return sign * (inner_C - leaves_C), sign * (self.target_C[index] - enters_C)

    def cost_without_loops_per_a(self) -> float:
        """Annual cost of serving every stream by its utility."""
        streams = np.arange(self.n_streams)
        exchangers = self.utility_exchanger_per_a(streams, self.duty_kW).sum()
        return float(self.utility_price_per_kW_a @ self.duty_kW + exchangers)


def prepare(
    case: LoopCase, *, n_loops: int = 1, costs_utility_exchangers: bool = False
) -> LoopInputs:
    """Lay out the arrays of a case.

    Parameters
    ----------
    case : LoopCase
    n_loops : int
        Largest number of loops.
    costs_utility_exchangers : bool
        Whether heaters and coolers cost anything besides the utility's price.

    Returns
    -------
    LoopInputs

    Raises
    ------
    InputError
        If an option is out of range; as `milpcore.loops.door.checked_joins`.

    Examples
    --------
    >>> from milpcore import loops
    >>> inputs = prepare(loops.load_case("loop_two_plants"))
    >>> inputs.n_streams, len(inputs.routes), inputs.loop_range_C()
    (14, 1, (52.9, 138.1))
    >>> round(inputs.cost_without_loops_per_a())
    2712934
    """
    checked_options("loops", n_loops=n_loops, costs_utility_exchangers=costs_utility_exchangers)
    joins = checked_joins(case, n_loops=n_loops, costs_utility_exchangers=costs_utility_exchangers)
    table, parameters = case.streams, case.parameters
    is_hot = table.is_hot
    direction = np.where(is_hot, 1.0, -1.0)
    supply_C = table.t_supply_C
    span_K = np.maximum(direction * (supply_C - table.t_target_C), LEAST_SPAN_K)
    resistance = 1.0 / case.htc_kW_per_m2_K + 1.0 / parameters.fluid.htc_kW_per_m2_K
    law, factor = parameters.exchanger, parameters.annual_factor_per_a
    price = np.full(supply_C.size, factor * law.per_area)
    if law.exponent < 1.0:
        most_m2 = table.duty_kW * resistance / parameters.dt_min_K
        price *= np.maximum(most_m2, 1e-9) ** (law.exponent - 1.0)
    return LoopInputs(
        case=case,
        costs_utility_exchangers=costs_utility_exchangers,
        plant=case.plant_of_stream,
        is_hot=is_hot,
        direction=direction,
        supply_C=supply_C,
        target_C=supply_C - direction * span_K,
        duty_kW=table.duty_kW,
        capacity_kW_per_K=table.duty_kW / span_K,
        resistance_m2_K_per_kW=resistance,
        utility_price_per_kW_a=np.where(
            is_hot, parameters.cold_utility.price_per_kW_a, parameters.hot_utility.price_per_kW_a
        ),
        fixed_per_a=factor * law.fixed,
        area_price_per_m2_a=price,
        routes=_routes(case),
        joins=joins.may,
        must_join=joins.must,
    )


def _routes(case: LoopCase) -> tuple[Route, ...]:
    """List the ways a loop may take, each starting at its first plant."""
    plants, parameters = case.plants, case.parameters

    def route(order: tuple[int, ...]) -> Route:
        after = (*order[1:], order[0])
        legs = (
            parameters.distance_m(plants[here], plants[there])
            for here, there in zip(order, after, strict=True)
        )
        return Route(order, tuple(legs))

    given = parameters.visit_order
    if given is not None:
        order = tuple(plants.index(plant) for plant in given)
        sizes = range(2, len(order) + 1)
        return tuple(route(subset) for size in sizes for subset in combinations(order, size))
    found: list[Route] = []
    for size in range(2, len(plants) + 1):
        for subset in combinations(range(len(plants)), size):
            ways = [route((subset[0], *rest)) for rest in permutations(subset[1:])]
            if len(plants) > MOST_PLANTS_IN_ALL_ORDERS:
                shortest = min(ways, key=lambda way: way.length_m)
                back = (shortest.plants[0], *reversed(shortest.plants[1:]))
                ways = list(dict.fromkeys((shortest, route(back))))
            found += ways
    return tuple(found)
