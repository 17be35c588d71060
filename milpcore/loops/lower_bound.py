r"""A rigorous lower bound on the cost of every network of utility loops.

The only coupling between streams and loops is the mixing condition of
`milpcore.loops.network_units`: in every plant the heat that water absorbs below tau is at most what
the loop's flow can take there, for every tau, with equality in all. It holds for every split,
mixing, header and number of loops on a route, as loops visit each plant at most once a round: that
is what a loop is (`milpcore.loops.rounds`), and the evaluator refuses others. With multipliers (a
price v of heat in each plant that does not fall with temperature) the problem falls apart:

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

Among many ways the best ring of plants, of any plants in any order, is found exactly at given
prices (`milpcore.loops.bound_rings`), so that all ways are bounded at once; up to four plants each
is then bounded alone, as far as time allows.

The bound holds for all prices. They are improved by column generation
(`milpcore.loops.bound_master`) around the best ones known; boxes of flows are halved where the
chord of the pipes' cost is loose. The search uses values found by pattern search; what is reported
is computed again with the rigorous bounds. Rounding of floating-point numbers is not accounted for.

Limits that forbid a stream all loops, and the largest flow, tighten it; other limits only ever make
networks dearer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from milpcore.core.blas import one_blas_thread
from milpcore.loops.bound_boxes import cut_box, first_boxes, whole_box
from milpcore.loops.bound_dual import Bounder
from milpcore.loops.bound_master import FlowBox, Master, MasterResult
from milpcore.loops.bound_rings import ANY_RING, largest_ring_flow, ring_box, takes_rings
from milpcore.loops.bound_start import first_prices, largest_flows
from milpcore.loops.inputs import Floats, LoopInputs
from milpcore.loops.options import checked_options

STEP = 0.35
"""Share of the way from the best prices to those of the linear program."""
FEW_ROUTES = 5
"""With more routes all rings of plants are bounded at once before them."""
RINGS_SHARE = 0.6
"""Share of the time for that."""
PRICES_SHARE = 0.25
"""Largest share of the time for the linear program that gives the first prices."""
WIDE = 0.02
"""Boxes of flows narrower than this share are not halved."""
MOST_ROUNDS, MOST_ROUNDS_OF_MANY = 40, 20
"""Rounds of column generation after which a box is rather cut: with one route, with many."""
FINE, COARSE = 2e-5, 4e-4
"""Shares of the known cost that may be left in a box that can, or cannot, reach the goal."""
NARROW_K = 0.25
"""Ranges of a leg's temperature narrower than this are not halved."""
SPREAD_OVER_RINGS = 1e-4
"""Share of the known cost for which boxes of flows on any ring are halved at least."""
WORTH_OF_SPREAD = 0.5
"""Money a year and kW that a leg spread over temperatures is guessed to gain."""


class BoundEnd(Enum):
    """Why a bound was taken no further."""

    GOAL = "goal"
    """It is within the gap wanted of the known cost."""
    TIME = "time"
    """The time was over."""
    STOPPED = "stopped"
    """The caller asked to stop."""
    CUT_UP = "cut_up"
    """Cutting the box that sets it would not lift it: it is as good as this method gets."""


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
    end : BoundEnd
        Why it was taken no further.
    prices (P, n) : ndarray
        Prices of heat at the nodes, of the box that sets the bound.
    nodes_C (n,) : ndarray
        Nodes of the prices.
    """

    bound_per_a: float
    n_boxes: int
    n_rounds: int
    solve_s: float
    end: BoundEnd
    prices: Floats
    nodes_C: Floats


@dataclass(frozen=True, eq=False)
class _Box:
    """A box of loops with its bound, its prices and the boxes to cut it into.

    ``is_settled`` says that further rounds would hardly lift its bound.
    """

    flows: FlowBox
    bound: float
    prices: Floats
    parts: tuple[FlowBox, ...]
    is_settled: bool


def lower_bound(
    inputs: LoopInputs,
    *,
    known_cost_per_a: float | None = None,
    known_flow_kW_per_K: float | None = None,
    gap: float = 0.005,
    time_limit_s: float = 60.0,
    node_K: float = 1.0,
    on_bound: Callable[[float], bool | None] | None = None,
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
        What has begun when it is over, linear programs or the pricing of one box, goes to its end.
    node_K : float
        Distance of the prices' nodes.
    on_bound : callable, optional
        Called with the bound after every box; True ends it.

    Returns
    -------
    LowerBound

    Raises
    ------
    InputError
        If an option is out of range, or the cost of pipes and pumps is not concave in the flow,
        which the bound needs.

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
    checked_options("lower_bound", gap=gap, time_limit_s=time_limit_s, node_K=node_K)
    if not inputs.can_have_loop:
        base = inputs.cost_without_loops_per_a()
        nothing = np.zeros((len(inputs.case.plants), 2))
        return LowerBound(base, 0, 0, 0.0, BoundEnd.GOAL, nothing, np.zeros(2))
    if takes_rings(inputs):
        return _bound_by_boxes(inputs, replace(task, is_over_rings=True))
    is_free = inputs.case.parameters.visit_order is None
    if inputs.n_loops == 1 and is_free and len(inputs.routes) > FEW_ROUTES:
        return _bound_by_rings_and_routes(inputs, task)
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
    left_s = max(time_limit_s - one.solve_s, 0.0)
    task = replace(task, time_limit_s=left_s, further_per_a=further)
    more = _bound_by_boxes(inputs, task)
    least = one if one.bound_per_a <= more.bound_per_a else more
    return replace(
        least,
        n_boxes=one.n_boxes + more.n_boxes,
        n_rounds=one.n_rounds + more.n_rounds,
        solve_s=one.solve_s + more.solve_s,
    )


def _bound_by_rings_and_routes(inputs: LoopInputs, task: _Task) -> LowerBound:
    """Bound all rings at once, then one route after the other, by no less than that."""
    rings_s = RINGS_SHARE * task.time_limit_s
    rings = _bound_by_boxes(inputs, replace(task, is_over_rings=True, time_limit_s=rings_s))
    left_s = task.time_limit_s - rings.solve_s
    if rings.end in (BoundEnd.GOAL, BoundEnd.STOPPED) or left_s <= 0.0:
        return rings
    routes = _bound_by_boxes(
        inputs, replace(task, time_limit_s=left_s, floor_per_a=rings.bound_per_a)
    )
    return replace(
        routes,
        n_boxes=rings.n_boxes + routes.n_boxes,
        n_rounds=rings.n_rounds + routes.n_rounds,
        solve_s=rings.solve_s + routes.solve_s,
    )


@dataclass(frozen=True)
class _Task:
    """Arguments of `lower_bound`, and how it goes about it.

    `further_per_a` is cost that every network has besides, `floor_per_a` a bound that is known.
    """

    known_cost_per_a: float | None
    known_flow_kW_per_K: float | None
    gap: float
    time_limit_s: float
    node_K: float
    on_bound: Callable[[float], bool | None] | None
    further_per_a: float = 0.0
    floor_per_a: float = 0.0
    is_over_rings: bool = False


def _bound_by_boxes(inputs: LoopInputs, task: _Task) -> LowerBound:
    """Bound by boxes of flows and temperatures."""
    with one_blas_thread():
        return _bound_with_one_thread(inputs, task)


def _bound_with_one_thread(inputs: LoopInputs, task: _Task) -> LowerBound:
    """Bound by boxes with one BLAS thread."""
    start_s = time.perf_counter()
    listed, has_rings = inputs, task.is_over_rings
    if has_rings:
        inputs = replace(inputs, routes=(ANY_RING,))
    bounder = Bounder(inputs, node_K=task.node_K)
    bounder.base += task.further_per_a
    known_cost_per_a, known_flow_kW_per_K = task.known_cost_per_a, task.known_flow_kW_per_K
    known = min(bounder.base, math.inf if known_cost_per_a is None else known_cost_per_a)
    most, most_saved = largest_flows(listed, known, bounder.base)
    if has_rings:
        most = np.array([largest_ring_flow(inputs, known - (bounder.base - most_saved))])
    floor = max(bounder.base - most_saved, task.floor_per_a, 0.0)
    master = Master(inputs, bounder.nodes)
    goal, end_s = known * (1.0 - task.gap), start_s + task.time_limit_s
    search = _Search(bounder, master, known, goal, end_s)
    prices_s = PRICES_SHARE * task.time_limit_s
    prices = first_prices(listed, bounder.nodes, known_flow_kW_per_K, time_limit_s=prices_s)
    boxes = []
    if inputs.n_loops == 1 and most.size > 1:  # a bound for all routes, and prices to start from
        whole = search.examine(whole_box(inputs, bounder.nodes, most), prices, floor)
        prices, floor = whole.prices, whole.bound
    first = (
        [ring_box(0.0, float(most[0]))]
        if has_rings
        else first_boxes(inputs, bounder.nodes, most, known_flow_kW_per_K)
    )
    for flows in first:
        boxes.append(search.examine(flows, prices, floor))
        prices = boxes[-1].prices
    while True:
        worst = min(boxes, key=lambda box: box.bound)
        is_stopped = task.on_bound is not None and task.on_bound(min(worst.bound, known)) is True
        parts = worst.parts or (() if worst.is_settled else (worst.flows,))
        end = search.end(worst.bound, is_stopped=is_stopped, has_parts=bool(parts))
        if end is not None:
            break
        boxes.remove(worst)
        boxes += [search.examine(part, worst.prices, worst.bound) for part in parts]
    return LowerBound(
        min(worst.bound, known),
        search.n_boxes,
        search.n_rounds,
        time.perf_counter() - start_s,
        end,
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
        self.most_rounds = MOST_ROUNDS if len(bounder.inputs.routes) == 1 else MOST_ROUNDS_OF_MANY
        self.n_boxes = self.n_rounds = 0

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.perf_counter() > self.end_s

    def end(self, bound: float, *, is_stopped: bool, has_parts: bool) -> BoundEnd | None:
        """Why the bound is taken no further; None if it is."""
        if bound >= self.goal:
            return BoundEnd.GOAL
        if is_stopped:
            return BoundEnd.STOPPED
        if self.is_over:
            return BoundEnd.TIME
        return None if has_parts else BoundEnd.CUT_UP

    def examine(self, flows: FlowBox, prices: Floats, floor: float) -> _Box:
        """Improve the prices of a box and bound it, by `floor` at least; by that once time is over.

        The first box is always looked at, as nothing else is known.
        """
        if self.is_over and self.n_boxes > 0:
            return _Box(flows, floor, prices, (), False)
        self.n_boxes += 1
        first_round = self.n_rounds
        centre = trial = prices
        water_C = self.bounder.water_limits_C(flows)
        result: MasterResult | None = None
        best, is_settled = -math.inf, False
        while True:
            self.n_rounds += 1
            value = self.bounder.rough_value(trial, flows, self.master)
            if value > best:
                best, centre = value, trial
            found = self.master.solve(flows, water_C)
            result = found or result
            if best >= self.goal + 0.001 * self.known or self.is_over:
                break
            if found is None:  # forced loops without a column yet
                break
            reachable = self.bounder.base + found.objective
            out_of_reach = max(self.goal - reachable, 0.0)
            enough = max(
                0.25 * out_of_reach, (FINE if out_of_reach == 0.0 else COARSE) * self.known
            )
            is_settled = reachable - best <= enough
            if is_settled or self.n_rounds - first_round >= self.most_rounds:
                break
            trial = centre + STEP * (found.prices - centre)
        away = abs(best - self.goal) / max(len(self.bounder.fine), 1)
        tolerance = max(2e-5 * self.known, 0.2 * away)
        bound = max(self.bounder.rigorous(centre, flows, tolerance=tolerance), floor)
        return _Box(flows, bound, centre, self._parts(flows, result), is_settled)

    def _parts(self, flows: FlowBox, result: MasterResult | None) -> tuple[FlowBox, ...]:
        """Halves of a box: where pipes are dearer than the chord, or where a leg is spread."""
        if result is None:
            return ()
        inputs = self.bounder.inputs
        if inputs.routes == (ANY_RING,) and inputs.n_loops > 1:  # each has a flow of its own
            return ()
        width = flows.high - flows.low
        scores: dict[tuple[int, int], float] = {}
        for n in np.flatnonzero(width > WIDE * flows.high):
            scores[int(n), -1] = float(result.missing[n])
            if inputs.routes == (ANY_RING,):  # several rings at once hide what the chord misses
                scores[int(n), -1] = max(scores[int(n), -1], SPREAD_OVER_RINGS * self.known)
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
        return cut_box(flows, result, place, at_leg)
