"""Design of a network of utility loops: start, search, check and bound in one call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from milpcore.core import Status, relative_gap, solve_lp
from milpcore.loops.case import LoopCase
from milpcore.loops.evaluate import evaluate
from milpcore.loops.evaluation import Evaluation
from milpcore.loops.inputs import LoopInputs, Route, prepare
from milpcore.loops.lower_bound import LowerBound, lower_bound
from milpcore.loops.network import LoopNetwork
from milpcore.loops.network_design import UnitDesign
from milpcore.loops.network_headers import lay_out
from milpcore.loops.network_moves import start_of_plans
from milpcore.loops.network_search import SearchLimits, search
from milpcore.loops.printed import CAVEAT
from milpcore.loops.transport import LoopPlan, solve_transport, transport_model

START_SHARE, START_SHARE_OF_MANY = 0.2, 0.4
"""Share of the time limit for starts, with one and many routes; start and search have 0.7."""
ROUTES_TRIED = 4
COARSE_PAIRS = 6000
"""Pairs of cells a transport model may have about."""


@dataclass(frozen=True, eq=False)
class LoopResult:
    """A network with its proof.

    Attributes
    ----------
    network : LoopNetwork
        Without loops where none pays.
    evaluation : Evaluation
        By the independent evaluator; keeps all rules.
    tac_per_a : float
        What was minimised: the total without, or with, heaters and coolers.
    bound_per_a : float
        No network of at most this number of loops costs less.
    gap : float
        Between the two, relative to the cost.
    status : Status
        Optimal within the gap wanted, or at the time limit.
    costs_utility_exchangers : bool
        Which total was minimised.
    n_loops_allowed : int
    solve_s : float
    """

    network: LoopNetwork
    evaluation: Evaluation
    tac_per_a: float
    bound_per_a: float
    gap: float
    status: Status
    costs_utility_exchangers: bool
    n_loops_allowed: int
    solve_s: float

    @property
    def tac_without_utility_exchangers_per_a(self) -> float:
        """Total with exchangers between streams and loops only."""
        return self.evaluation.tac_per_a

    @property
    def tac_with_utility_exchangers_per_a(self) -> float:
        """Total with heaters and coolers; NaN without their data."""
        return self.evaluation.tac_with_utility_exchangers_per_a

    @property
    def caveat(self) -> str:
        """What must be said with the two totals."""
        return CAVEAT

    def to_json(self) -> dict[str, Any]:
        """Return plain values: costs, loops, utilities, proof."""
        costs, loops = self.evaluation.costs, self.network.loops
        return {
            "tac_per_a": self.tac_per_a,
            "tac_without_utility_exchangers_per_a": self.tac_without_utility_exchangers_per_a,
            "tac_with_utility_exchangers_per_a": _or_none(self.tac_with_utility_exchangers_per_a),
            "caveat": self.caveat,
            "bound_per_a": self.bound_per_a,
            "gap": self.gap,
            "costs": {
                "hot_utility": costs.hot_utility,
                "cold_utility": costs.cold_utility,
                "exchangers": costs.exchangers,
                "pipes": costs.pipes,
                "pumps": costs.pumps,
            },
            "loops": [
                {
                    "flow_kW_per_K": loop.flow_kW_per_K,
                    "supply_C": loop.supply_C,
                    "return_C": loop.return_C,
                }
                for loop in loops
            ],
            "hot_utility_kW": self.evaluation.hot_utility_kW,
            "cold_utility_kW": self.evaluation.cold_utility_kW,
            "n_units": self.evaluation.n_units,
            "status": self.status.value,
            "solve_s": self.solve_s,
        }


@dataclass(frozen=True)
class DesignProgress:
    """State of a design, handed to an observer.

    Attributes
    ----------
    phase : str
        "start", "search" or "bound".
    tac_per_a : float
        Of the best network so far.
    bound_per_a : float
        ``-inf`` while nothing is known.
    elapsed_s : float
    """

    phase: str
    tac_per_a: float
    bound_per_a: float
    elapsed_s: float


Observer = Callable[[DesignProgress], bool | None]


def design(
    case: LoopCase,
    *,
    n_loops: int = 1,
    mip_rel_gap: float = 0.01,
    time_limit_s: float = 120.0,
    costs_utility_exchangers: bool = False,
    seed: int = 1,
    observer: Observer | None = None,
) -> LoopResult:
    """Design a network of utility loops and bound its cost.

    Parameters
    ----------
    case : LoopCase
    n_loops : int
        Largest number of loops.
    mip_rel_gap : float
        Gap at which the proof is good enough.
    time_limit_s : float
        Of all phases; the last round of each may pass it.
    costs_utility_exchangers : bool
        Whether heaters and coolers are costed in what is minimised. Both totals are in the result.
    seed : int
        Of the search.
    observer : callable, optional
        Called with `DesignProgress`; a return value of True ends the search for networks.

    Returns
    -------
    LoopResult

    Raises
    ------
    InputError
        As `prepare`.

    Examples
    --------
    >>> from milpcore import loops
    >>> result = design(
    ...     loops.load_case("loop_two_plants"),
    ...     mip_rel_gap=0.5,
    ...     observer=lambda progress: progress.phase == "search",  # the first network will do
    ... )
    >>> result.bound_per_a <= result.tac_per_a < 1_600_000, result.status
    (True, <Status.OPTIMAL: 'optimal'>)
    """
    start_s = time.perf_counter()
    inputs = prepare(case, n_loops=n_loops, costs_utility_exchangers=costs_utility_exchangers)
    watch = _Watch(observer, start_s, inputs.cost_without_loops_per_a())
    found = _search(inputs, watch, time_limit_s, seed)
    network = LoopNetwork(title="no loop pays")
    if found is not None and found.cost_per_a < watch.cost_per_a + 1e-6:
        network = lay_out(inputs, found, title="designed by milpcore") or network
    evaluation = evaluate(case, network).checked()
    cost = evaluation.tac_per_a
    if costs_utility_exchangers:
        cost = evaluation.tac_with_utility_exchangers_per_a
    rest_s = max(time_limit_s - (time.perf_counter() - start_s), 0.05 * time_limit_s)
    bound = _bound(inputs, cost, found, mip_rel_gap, rest_s, watch)
    gap = relative_gap(cost, bound.bound_per_a)
    return LoopResult(
        network=network,
        evaluation=evaluation,
        tac_per_a=cost,
        bound_per_a=bound.bound_per_a,
        gap=gap,
        status=Status.OPTIMAL if gap <= mip_rel_gap else Status.TIME_LIMIT,
        costs_utility_exchangers=costs_utility_exchangers,
        n_loops_allowed=n_loops,
        solve_s=time.perf_counter() - start_s,
    )


class _Watch:
    """Best cost and bound so far, told to an observer."""

    def __init__(self, observer: Observer | None, start_s: float, cost: float) -> None:
        self.observer, self.start_s = observer, start_s
        self.cost_per_a, self.bound_per_a = cost, -math.inf
        self.is_stopped = False

    def better(self, found: UnitDesign) -> None:
        """Take notice of a network."""
        self.cost_per_a = min(self.cost_per_a, found.cost_per_a)
        self.tell("search")

    def bound(self, bound_per_a: float) -> None:
        """Take notice of a bound."""
        self.bound_per_a = max(self.bound_per_a, bound_per_a)
        self.tell("bound")

    def tell(self, phase: str) -> None:
        """Call the observer."""
        if self.observer is not None:
            elapsed_s = time.perf_counter() - self.start_s
            progress = DesignProgress(phase, self.cost_per_a, self.bound_per_a, elapsed_s)
            self.is_stopped |= self.observer(progress) is True


def _search(inputs: LoopInputs, watch: _Watch, time_limit_s: float, seed: int) -> UnitDesign | None:
    """Start from the transport model and search, longest from the best start."""
    watch.tell("start")
    share = START_SHARE if len(inputs.routes) == 1 else START_SHARE_OF_MANY
    starts = [start_of_plans(inputs, plans) for plans in _plans(inputs, share * time_limit_s)]
    if not starts:
        return None
    tried = [search(inputs, start, SearchLimits(most_rounds=0)) for start in starts]
    costs = [math.inf if found is None else found.cost_per_a for found in tried]
    best = int(np.argmin(costs))
    limits = SearchLimits(time_limit_s=(0.7 - share) * time_limit_s)
    return search(
        inputs,
        tried[best] or starts[best],
        limits,
        seed=seed,
        on_better=watch.better,
        is_stopped=lambda: watch.is_stopped,
    )


def _plans(inputs: LoopInputs, time_limit_s: float) -> list[tuple[LoopPlan, ...]]:
    """Loops of the transport model that networks can be built for.

    With many routes those are tried that look best. In plants that give and take, heat may go from
    hot to cold streams of the plant by water that goes round in it, which no network here has: a
    loop then meets the side of each plant that has more to give or take in such a plan.
    """
    cell_K = cell_width_K(inputs)
    tries: list[tuple[Route, ...]] = [inputs.routes]
    if len(inputs.routes) > 1:
        best = _promising(inputs, inputs.routes, 2.5 * cell_K)
        tries = [(route,) for route in best[:ROUTES_TRIED]]
        if inputs.n_loops > 1:
            cell_K *= 2.0
            tries = [tuple(best[: 2 * inputs.n_loops + 1])]
    is_mixed = any(0 in set(_kinds(inputs, route)) for route in inputs.routes)
    found = []
    share_s = time_limit_s / len(tries) / (2.0 if is_mixed else 1.0)
    for routes in tries:
        plans = _solved(inputs, routes, cell_K * (2.0 if is_mixed else 1.0), share_s)
        if is_mixed and plans:
            sided = tuple(dict.fromkeys(_one_sided(inputs, plan) for plan in plans))
            plans = _solved(inputs, sided, cell_K, share_s)
        if plans:
            found.append(plans)
    return found


def _solved(
    inputs: LoopInputs, routes: tuple[Route, ...], cell_K: float, time_limit_s: float
) -> tuple[LoopPlan, ...]:
    """Loops of the transport model on some routes."""
    model = transport_model(inputs, routes=routes, stream_cell_K=cell_K, loop_cell_K=cell_K)
    return solve_transport(model, mip_rel_gap=0.003, time_limit_s=time_limit_s).loops


def _kinds(inputs: LoopInputs, route: Route) -> tuple[int, ...]:
    """Whether each plant of a route only gives (1), only takes (-1), or both (0)."""
    kinds = []
    for plant in route.plants:
        signs = set(inputs.direction[inputs.plant == plant].tolist())
        kinds.append(int(signs.pop()) if len(signs) == 1 else 0)
    return tuple(kinds)


def _one_sided(inputs: LoopInputs, plan: LoopPlan) -> Route:
    """Route on which the loop meets the side of each plant that gives or takes more."""
    heat_kW = inputs.direction * plan.heat_kW.sum(axis=1)
    net = [float(heat_kW[inputs.plant == plant].sum()) for plant in plan.route.plants]
    return replace(plan.route, kinds=tuple(1 if value > 0.0 else -1 for value in net))


def _promising(inputs: LoopInputs, routes: tuple[Route, ...], cell_K: float) -> list[Route]:
    """Routes in the order of the transport model's relaxation with each alone."""
    alone = replace(inputs, joins=inputs.joins[:1], must_join=inputs.must_join[[0, -1]])
    costs = []
    for route in routes:
        model = transport_model(alone, routes=(route,), stream_cell_K=cell_K, loop_cell_K=cell_K)
        solution = solve_lp(model.problem.relaxed())
        costs.append(solution.objective if solution.has_incumbent else math.inf)
    return [routes[place] for place in np.argsort(costs, kind="stable")]


def cell_width_K(inputs: LoopInputs) -> float:
    """Width of the transport model's cells, at least 4 K, so that there are not too many pairs."""
    coldest, hottest = inputs.loop_range_C()
    stream_K = float((inputs.high_C - inputs.low_C).sum())
    pairs_K2 = 0.5 * stream_K * max(hottest - coldest, 1.0) * inputs.n_loops
    return max(4.0, math.sqrt(pairs_K2 / COARSE_PAIRS))


def _bound(
    inputs: LoopInputs,
    cost: float,
    found: UnitDesign | None,
    gap: float,
    time_limit_s: float,
    watch: _Watch,
) -> LowerBound:
    """Bound the cost, with the network's flow as a hint."""
    flow = None if found is None else float(found.flow_kW_per_K.sum())
    coldest, hottest = inputs.loop_range_C()
    return lower_bound(
        inputs,
        known_cost_per_a=cost,
        known_flow_kW_per_K=flow if len(inputs.routes) == 1 else None,
        gap=gap,
        time_limit_s=time_limit_s,
        node_K=max(2.0, (hottest - coldest) / 60.0),
        on_bound=watch.bound,
    )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
