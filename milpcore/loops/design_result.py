"""What a design found: the network, its evaluation, what is proven, and why it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from milpcore.core import Status, relative_gap
from milpcore.loops.evaluate import evaluate
from milpcore.loops.evaluation import Evaluation
from milpcore.loops.inputs import LoopInputs
from milpcore.loops.lower_bound import BoundEnd
from milpcore.loops.network import LoopNetwork
from milpcore.loops.printed import CAVEAT, printed_totals

PROVEN = 1e-9
"""Share of the cost below which a bound is equal to it."""


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
        OPTIMAL within the gap wanted; TIME_LIMIT; NODE_LIMIT where the bound, or the search for a
        network that keeps forced matches, got no further before; INTERRUPTED by the observer.
    reason : str
        A sentence on what ended it, and what the time limit cut short; empty if nothing did.
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
    reason: str
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
            "tac_per_a": self.tac_per_a if self.has_network else None,
            "bound_per_a": self.bound_per_a,
            "gap": self.gap if self.has_network else None,
            "tac_without_utility_exchangers_per_a": found.pop("tac_per_a"),
            **found,
            "status": self.status.value,
            "reason": self.reason,
            "solve_s": self.solve_s,
            "caveat": self.caveat,
        }


@dataclass(frozen=True, eq=False)
class DesignProgress:
    """State of a design, handed to an observer.

    Attributes
    ----------
    phase : str
        "start", "search" or "bound".
    tac_per_a : float
        Of the best network so far; infinite where forced matches leave none yet.
    bound_per_a : float
        0 while nothing is known.
    elapsed_s : float
    network : LoopNetwork
        The best so far.
    """

    phase: str
    tac_per_a: float
    bound_per_a: float
    elapsed_s: float
    network: LoopNetwork


class Found(NamedTuple):
    """What a design has when it ends.

    Attributes
    ----------
    network : LoopNetwork
        The best one; without loops if there is none.
    bound_per_a : float
    elapsed_s : float
    cut : tuple of str
        What the time limit cut short.
    limit_s : float
        That limit.
    """

    network: LoopNetwork
    bound_per_a: float
    elapsed_s: float
    cut: tuple[str, ...] = ()
    limit_s: float = math.inf


def design_result(
    inputs: LoopInputs, found: Found, *, end: BoundEnd, mip_rel_gap: float
) -> LoopResult:
    """Evaluate the best network and say what is proven.

    Parameters
    ----------
    inputs : LoopInputs
    found : Found
    end : BoundEnd
        Why the bound was taken no further.
    mip_rel_gap : float
        The gap wanted.

    Returns
    -------
    LoopResult
    """
    evaluation = evaluated(inputs, found.network)
    cost = minimised(inputs, evaluation)
    has_network = not math.isnan(cost)
    bound_per_a = min(found.bound_per_a, cost) if has_network else found.bound_per_a
    gap = relative_gap(cost, bound_per_a) if has_network else math.inf
    status = Status.OPTIMAL if gap <= max(mip_rel_gap, PROVEN) else _ENDS[end]
    if not has_network and status is not Status.INTERRUPTED:
        status = Status.TIME_LIMIT if found.cut else Status.NODE_LIMIT
    network = evaluation.network
    if not network.loops:
        network = replace(network, title=_why_no_loop(inputs, gap, status, bool(found.cut)))
        evaluation = replace(evaluation, network=network)
    return LoopResult(
        network=network,
        evaluation=evaluation,
        tac_per_a=cost,
        bound_per_a=bound_per_a,
        gap=gap,
        status=status,
        reason=_reason(inputs, found, status, has_network=has_network),
        costs_utility_exchangers=inputs.costs_utility_exchangers,
        n_loops_allowed=inputs.n_loops,
        solve_s=found.elapsed_s,
    )


def interrupted_result(inputs: LoopInputs, progress: DesignProgress | None) -> LoopResult:
    """Make the result of a design that was ended from what it has told last.

    Parameters
    ----------
    inputs : LoopInputs
        Those of `checked_design`.
    progress : DesignProgress or None
        None if it has told nothing.

    Returns
    -------
    LoopResult
        With the status INTERRUPTED; the network without loops if there was none.

    Examples
    --------
    >>> from milpcore import loops
    >>> from milpcore.loops.inputs import prepare
    >>> result = interrupted_result(prepare(loops.load_case("loop_two_plants")), None)
    >>> round(result.tac_per_a), result.gap, result.status.value
    (2712934, 1.0, 'interrupted')
    """
    told = Found(LoopNetwork(), 0.0, 0.0)
    if progress is not None:
        told = Found(progress.network, progress.bound_per_a, progress.elapsed_s)
    return design_result(inputs, told, end=BoundEnd.STOPPED, mip_rel_gap=0.0)


_ENDS = {
    BoundEnd.GOAL: Status.NODE_LIMIT,
    BoundEnd.CUT_UP: Status.NODE_LIMIT,
    BoundEnd.TIME: Status.TIME_LIMIT,
    BoundEnd.STOPPED: Status.INTERRUPTED,
}
"""Status where the gap wanted was not reached, by what ended the bound."""


def evaluated(inputs: LoopInputs, network: LoopNetwork) -> Evaluation:
    """Evaluate a network, which must keep all rules but for forced matches without a loop."""
    evaluation = evaluate(inputs.case, network)
    if network.loops or not inputs.must_join.any():
        return evaluation.checked()
    return evaluation


def minimised(inputs: LoopInputs, evaluation: Evaluation) -> float:
    """Return what was minimised, of a network that keeps all rules; NaN of others."""
    if not evaluation.is_feasible:
        return math.nan
    if inputs.costs_utility_exchangers:
        return evaluation.tac_with_utility_exchangers_per_a
    return evaluation.tac_per_a


def _why_no_loop(inputs: LoopInputs, gap: float, status: Status, was_cut: bool) -> str:
    """Say no more than is known of a network without loops."""
    if not inputs.can_have_loop:
        return "no loop is possible"
    if gap <= PROVEN:
        return "no loop pays"
    if status is Status.INTERRUPTED:
        return "no loop found before the interruption"
    if status is Status.OPTIMAL:
        return f"no loop saves more than {100.0 * gap:.2g} %"
    return (
        "no loop found in the time" if was_cut or status is Status.TIME_LIMIT else "no loop found"
    )


def _reason(inputs: LoopInputs, found: Found, status: Status, *, has_network: bool) -> str:
    """Say in sentences what ended a design, and what the time limit cut short."""
    sentences = []
    if not has_network:
        sentences.append(
            "no network was found that keeps all limits, forced matches among them; that there is "
            "none is not proven"
        )
    elif status is Status.NODE_LIMIT:
        exponent = inputs.case.parameters.exchanger.exponent
        law = (
            f" (areas are bounded by the chord of their cost, whose exponent is {exponent:g})"
            if exponent < 1.0
            else ""
        )
        sentences.append(f"the bound gets no further, whatever the time{law}")
    elif status is Status.TIME_LIMIT:
        sentences.append(f"the time limit of {found.limit_s:g} s ended the bound")
    if found.cut:
        what = " and ".join(dict.fromkeys(found.cut))
        sentences.append(f"the time limit cut short {what}: the result may depend on the machine")
    return "; ".join(sentences)
