"""Which way a loop goes and which side of each plant it meets: promising routes, changes of them.

A plant that only gives or only takes heat is one stage of a route. One that does both may be met on
one side alone, or on both, one after the other: four choices. Water may meet more sides of a plant
more often than that in a network; no design here does.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import replace

from milpcore.core import solve_lp
from milpcore.loops.inputs import LoopInputs, Route
from milpcore.loops.transport import transport_model

Sides = tuple[int, ...]
"""Kinds of streams a loop meets in a plant, in order: 1 hot, -1 cold."""


def sides_of(inputs: LoopInputs, plant: int) -> tuple[Sides, ...]:
    """List the ways to meet a plant.

    Parameters
    ----------
    inputs : LoopInputs
    plant : int

    Returns
    -------
    tuple of tuple of int
        Both sides first.
    """
    kinds = tuple(sorted({int(sign) for sign in inputs.direction[inputs.plant == plant]}))
    if len(kinds) < 2:
        return (kinds,)
    return (kinds, kinds[::-1], kinds[:1], kinds[1:])


def gives_and_takes(inputs: LoopInputs) -> bool:
    """Whether some plant has hot and cold streams."""
    return any(len(sides_of(inputs, plant)) > 1 for plant in range(len(inputs.case.plants)))


def staged(route: Route, sides: Sequence[Sides]) -> Route:
    """Make stages of a route's plants.

    Parameters
    ----------
    route : Route
        Without stages.
    sides : sequence of tuple of int
        Of each of its plants.

    Returns
    -------
    Route

    Examples
    --------
    >>> staged(Route((0, 1), (70.0, 80.0)), [(1,), (-1, 1)])
    Route(plants=(0, 1, 1), leg_m=(70.0, 0.0, 80.0), kinds=(1, -1, 1))
    """
    plants: list[int] = []
    lengths: list[float] = []
    for plant, length, own in zip(route.plants, route.leg_m, sides, strict=True):
        plants += [plant] * len(own)
        lengths += [0.0] * (len(own) - 1) + [length]
    return Route(tuple(plants), tuple(lengths), tuple(itertools.chain.from_iterable(sides)))


def with_stages(inputs: LoopInputs, stages: Sequence[tuple[int, int]]) -> tuple[Route, int] | None:
    """Find the route that has given stages in this order, wherever it begins.

    Parameters
    ----------
    inputs : LoopInputs
    stages : sequence of (int, int)
        Plant and kind of streams.

    Returns
    -------
    tuple of Route and int, or None
        The route and the place of its first stage among those given; None if no loop may go there.
    """
    for first in range(len(stages)):
        turned = [*stages[first:], *stages[:first]]
        visits = [(plant, list(own)) for plant, own in itertools.groupby(turned, lambda s: s[0])]
        order = tuple(plant for plant, _ in visits)
        for route in inputs.routes:
            if route.plants == order:
                sides = [tuple(kind for _, kind in own) for _, own in visits]
                return staged(route, sides), first
    return None


def promising_routes(
    inputs: LoopInputs, routes: Sequence[Route], *, cell_K: float, end_s: float = math.inf
) -> list[Route]:
    """Sort routes by the relaxation of the transport model with one loop on each alone.

    Parameters
    ----------
    inputs : LoopInputs
    routes : sequence of Route
    cell_K : float
        Widths of the cells.
    end_s : float
        Time of `time.perf_counter` after which no more are looked at; shorter ones are first.

    Returns
    -------
    list of Route
        The cheapest first, those that were not looked at last.
    """
    worth = _Worth(inputs, cell_K, end_s)
    shortest_first = sorted(routes, key=lambda route: (route.n_legs, route.length_m))
    return sorted(shortest_first, key=worth.estimate)


def promising_stages(
    inputs: LoopInputs, route: Route, *, cell_K: float, end_s: float = math.inf
) -> list[Route]:
    """Choose the sides on which a loop meets the plants of a route.

    From both sides of every plant, in either order, one plant after the other is given its best
    sides until none changes.

    Parameters
    ----------
    inputs : LoopInputs
    route : Route
        Without stages.
    cell_K : float
        Widths of the cells of the transport model whose relaxation is compared.
    end_s : float
        Time of `time.perf_counter` after which sides are no longer changed.

    Returns
    -------
    list of Route
        One or two, the cheaper first.
    """
    worth = _Worth(inputs, cell_K, end_s)
    options = [sides_of(inputs, plant) for plant in route.plants]
    found: list[Route] = []
    for first in (0, 1):
        chosen = [own[min(first, len(own) - 1)] for own in options]
        is_better = True
        while is_better:
            is_better = False
            for place, own in enumerate(options):
                tries = [[*chosen[:place], sides, *chosen[place + 1 :]] for sides in own]
                costs = [worth.estimate(staged(route, one)) for one in tries]
                least = costs.index(min(costs))
                if costs[least] < worth.estimate(staged(route, chosen)) * (1.0 - 1e-9):
                    chosen, is_better = tries[least], True
        found.append(staged(route, chosen))
    return sorted(dict.fromkeys(found), key=worth.estimate)


class _Worth:
    """Relaxed costs of routes, each with one loop; those asked for again are kept."""

    def __init__(self, inputs: LoopInputs, cell_K: float, end_s: float) -> None:
        self.inputs = replace(inputs, joins=inputs.joins[:1], must_join=inputs.must_join[[0, -1]])
        self.cell_K, self.end_s = cell_K, end_s
        self.known: dict[Route, float] = {}

    def estimate(self, route: Route) -> float:
        """Thousands a year; infinite where a side that must be met is not, or time is over."""
        if route not in self.known:
            self.known[route] = self._solved(route)
        return self.known[route]

    def _solved(self, route: Route) -> float:
        if (route.kinds and len(set(route.kinds)) < 2) or time.perf_counter() > self.end_s:
            return math.inf
        model = transport_model(
            self.inputs, routes=(route,), stream_cell_K=self.cell_K, loop_cell_K=self.cell_K
        )
        solution = solve_lp(model.problem.relaxed())
        return solution.objective if solution.has_incumbent else math.inf
