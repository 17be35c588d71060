"""Design of a network of utility loops: start, search, check and bound in one call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from milpcore.core import Status, relative_gap
from milpcore.loops.case import LoopCase
from milpcore.loops.evaluate import evaluate
from milpcore.loops.evaluation import Evaluation
from milpcore.loops.inputs import LoopInputs, prepare
from milpcore.loops.lower_bound import LowerBound, lower_bound
from milpcore.loops.network import LoopNetwork
from milpcore.loops.network_design import UnitDesign
from milpcore.loops.network_headers import lay_out
from milpcore.loops.network_moves import start_of_plans
from milpcore.loops.network_search import SearchLimits, search
from milpcore.loops.printed import CAVEAT, printed_totals
from milpcore.loops.starts import starting_plans

START_SHARE, START_SHARE_OF_MANY = 0.2, 0.4
"""Share of the time limit for solutions of the transport model, with one and many routes."""
START_AND_SEARCH_SHARE = 0.7
ROUNDS_TO_BUILD = 30
"""Rounds of the search for a start that cannot be built as it is."""
STALLED_ROUNDS_PER_UNIT = 40
"""Rounds of the search without a better network, per exchanger, after which it ends."""
LEAST_BOUND_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class LoopResult:
    """A network with its proof.

    Attributes
    ----------
    network : LoopNetwork
        Without loops where none is possible, or none was found that pays.
    evaluation : Evaluation
        By the independent evaluator; keeps all rules if `has_network`.
    tac_per_a : float
        What was minimised: the total without, or with, heaters and coolers; NaN if not
        `has_network`.
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
    def has_network(self) -> bool:
        """Whether a network was found that keeps all limits; without forced matches there is one.

        Otherwise `network` is that without loops, and its evaluation says what it breaks.
        """
        return not math.isnan(self.tac_per_a)

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
        """What must be said where printed totals stand beside the two; empty without any."""
        return CAVEAT if printed_totals(self.evaluation.case) else ""

    def to_json_dict(self) -> dict[str, Any]:
        """Return plain values: what was minimised, both totals, costs, loops, utilities, proof."""
        found = self.evaluation.to_json_dict()
        return {
            "tac_per_a": self.tac_per_a,
            "bound_per_a": self.bound_per_a,
            "gap": self.gap,
            "tac_without_utility_exchangers_per_a": found.pop("tac_per_a"),
            **found,
            "status": self.status.value,
            "solve_s": self.solve_s,
            "caveat": self.caveat,
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
    alone = math.inf if inputs.must_join.any() else inputs.cost_without_loops_per_a()
    watch = _Watch(observer, start_s, alone)
    share = START_SHARE if len(inputs.routes) == 1 else START_SHARE_OF_MANY
    found = _start(inputs, watch, share * time_limit_s)
    found = _searched(inputs, found, watch, (START_AND_SEARCH_SHARE - share) * time_limit_s, seed)
    network = _network(inputs, found, watch)
    evaluation = evaluate(case, network)
    if network.loops or not inputs.must_join.any():
        evaluation = evaluation.checked()
    cost = evaluation.tac_per_a if evaluation.is_feasible else math.nan
    if costs_utility_exchangers and evaluation.is_feasible:
        cost = evaluation.tac_with_utility_exchangers_per_a
    rest_s = max(time_limit_s - (time.perf_counter() - start_s), LEAST_BOUND_SHARE * time_limit_s)
    bound_per_a = _bound(inputs, cost, found, mip_rel_gap, rest_s, watch).bound_per_a
    gap = relative_gap(cost, bound_per_a)
    return LoopResult(
        network=network,
        evaluation=evaluation,
        tac_per_a=cost,
        bound_per_a=bound_per_a,
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


def _start(inputs: LoopInputs, watch: _Watch, time_limit_s: float) -> UnitDesign | None:
    """Lay out loops of the transport model; the cheapest that can be built, else the first."""
    watch.tell("start")
    plans = starting_plans(inputs, time_limit_s=time_limit_s)
    starts = [start_of_plans(inputs, loops) for loops in plans]
    tried = [
        search(inputs, start, SearchLimits(most_rounds=0))
        or search(inputs, start, SearchLimits(most_rounds=ROUNDS_TO_BUILD))
        for start in starts
    ]
    built = [found for found in tried if found is not None]
    if not built:
        return starts[0] if starts else None
    best = min(built, key=lambda found: found.cost_per_a)
    watch.better(best)
    return best


def _searched(
    inputs: LoopInputs, start: UnitDesign | None, watch: _Watch, time_limit_s: float, seed: int
) -> UnitDesign | None:
    """Search around a design; it stays if nothing better is found."""
    if start is None:
        return None
    limits = SearchLimits(
        time_limit_s=time_limit_s,
        most_stalled_rounds=STALLED_ROUNDS_PER_UNIT * (start.units.n_units + 1),
    )
    found = search(
        inputs,
        start,
        limits,
        seed=seed,
        on_better=watch.better,
        is_stopped=lambda: watch.is_stopped,
    )
    return start if found is None or start.cost_per_a < found.cost_per_a else found


def _network(inputs: LoopInputs, found: UnitDesign | None, watch: _Watch) -> LoopNetwork:
    """Lay out the headers of a design; no loop where none pays, or it cannot be built yet."""
    if found is not None and found.cost_per_a < watch.cost_per_a + 1e-6:
        network = lay_out(inputs, found, title="designed by milpcore")
        if network is not None:
            return network
    return LoopNetwork(title="no loop pays")


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
    coldest, hottest = inputs.loop_range_C() if inputs.can_have_loop else (0.0, 0.0)
    return lower_bound(
        inputs,
        known_cost_per_a=None if math.isnan(cost) else cost,
        known_flow_kW_per_K=flow if len(inputs.routes) == 1 else None,
        gap=gap,
        time_limit_s=time_limit_s,
        node_K=max(2.0, (hottest - coldest) / 60.0),
        on_bound=watch.bound,
    )
