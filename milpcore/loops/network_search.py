"""Local search over the exchangers of a network, each set of them optimised by smooth programs.

From the transport model's matches, sets of exchangers are changed at random
(`milpcore.loops.network_moves`) and optimised with kinks that get sharper
(`milpcore.loops.network_units`); what is better, or hardly worse, is where the search goes on. The
random numbers are seeded: the same number of rounds gives the same network, on any machine with the
same arithmetic, unless the time limit ends the search first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from milpcore.core.blas import one_blas_thread
from milpcore.loops.inputs import Floats, LoopInputs
from milpcore.loops.network_design import UnitDesign
from milpcore.loops.network_headers import lay_out
from milpcore.loops.network_moves import neighbour
from milpcore.loops.network_units import TOLERANCE, UnitProblem

WIDTHS_K = (2.0, 0.3, 0.03)
TIE_K = 0.15
HOPELESS = 0.004, 0.003, 0.0025
"""Shares of the best cost above which a set is given up, while kinks are still round."""
UPHILL = 0.002
"""Share of the best cost that a place to go on from may be above it, at first."""


@dataclass(frozen=True)
class SearchLimits:
    """When a search ends.

    Attributes
    ----------
    time_limit_s : float
    most_rounds : int
    most_stalled_rounds : int
        Rounds since the best network.
    """

    time_limit_s: float = 60.0
    most_rounds: int = 1_000_000
    most_stalled_rounds: int = 1_000_000


def polish(
    inputs: LoopInputs,
    start: UnitDesign,
    *,
    worth_per_a: float = math.inf,
    is_over: Callable[[], bool] | None = None,
) -> UnitDesign | None:
    """Optimise the sizes of a set of exchangers.

    Parameters
    ----------
    inputs : LoopInputs
    start : UnitDesign
        Need not keep any rule.
    worth_per_a : float
        Give up once the cost will hardly fall below this.
    is_over : callable, optional
        Give up once it says True.

    Returns
    -------
    UnitDesign or None
        Keeps every constraint to 1e-6 of its unit (MW, 10 K), or None.
    """
    problem = UnitProblem(inputs, start.units)
    x: Floats = problem.vector(start)
    for width_K, hopeless in zip(WIDTHS_K, HOPELESS, strict=True):
        found = problem.minimise(x, width_K, most_iterations=120, is_over=is_over)
        cost = found.objective / problem.money
        if found.violation > 1e-4 or not cost < worth_per_a * (1.0 + hopeless):
            return None
        x = found.x
    design = _sharp(problem, x, is_over)
    if design is None or not inputs.costs_utility_exchangers:
        return design
    return _without_idle_utilities(inputs, design, is_over)


def _sharp(
    problem: UnitProblem, x: Floats, is_over: Callable[[], bool] | None
) -> UnitDesign | None:
    """Keep the order of temperatures and optimise with sharp kinks."""
    for _ in range(3):
        order = problem.order(x, tie_K=TIE_K)
        found = problem.minimise(x, order, most_iterations=150, is_over=is_over)
        x = found.x
        if found.violation <= TOLERANCE and problem.violation(x) <= TOLERANCE:
            return problem.design(x)
    return None


def _without_idle_utilities(
    inputs: LoopInputs, design: UnitDesign, is_over: Callable[[], bool] | None
) -> UnitDesign:
    """Drop heaters and coolers that have nothing left to do; the design stays if that fails."""
    load_kW = np.bincount(design.units.stream, design.load_kW, inputs.n_streams)
    is_idle = design.units.has_utility & (load_kW >= inputs.duty_kW * (1.0 - 1e-5))
    if not is_idle.any():
        return design
    units = replace(design.units, has_utility=design.units.has_utility & ~is_idle)
    problem = UnitProblem(inputs, units)
    better = _sharp(problem, problem.vector(design), is_over)
    return design if better is None or better.cost_per_a > design.cost_per_a else better


def _sound(inputs: LoopInputs, design: UnitDesign | None) -> UnitDesign | None:
    """Return the design if it keeps the limits of matches and headers can be laid out for it."""
    if design is None or not _keeps_limits(inputs, design):
        return None
    return design if lay_out(inputs, design) is not None else None


def _keeps_limits(inputs: LoopInputs, design: UnitDesign) -> bool:
    """Whether a design keeps the number of units, and forced and forbidden matches."""
    units = design.units
    if units.n_units > inputs.case.parameters.limits.max_units:
        return False
    matched = np.zeros((len(units.routes), inputs.n_streams), dtype=bool)
    matched[units.loop, units.stream] = True
    if np.any(matched & ~inputs.joins[: matched.shape[0]]):
        return False
    must = inputs.must_join.copy()
    must[: matched.shape[0]] &= ~matched
    must[-1] &= ~matched.any(axis=0)
    return not must.any()


def search(
    inputs: LoopInputs,
    start: UnitDesign,
    limits: SearchLimits,
    *,
    seed: int = 1,
    on_better: Callable[[UnitDesign], None] | None = None,
    is_stopped: Callable[[], bool] | None = None,
) -> UnitDesign | None:
    """Search for cheap networks around a start.

    Parameters
    ----------
    inputs : LoopInputs
    start : UnitDesign
    limits : SearchLimits
    seed : int
        Of the random numbers.
    on_better : callable, optional
        Called with every better design.
    is_stopped : callable, optional
        Ends the search.

    Returns
    -------
    UnitDesign or None
        The best one; None if not one set of exchangers could be made to keep its constraints.
    """
    with one_blas_thread():
        return _search(inputs, start, limits, seed, on_better, is_stopped)


def _search(
    inputs: LoopInputs,
    start: UnitDesign,
    limits: SearchLimits,
    seed: int,
    on_better: Callable[[UnitDesign], None] | None,
    is_stopped: Callable[[], bool] | None,
) -> UnitDesign | None:
    """Search with one BLAS thread."""
    end_s = time.perf_counter() + limits.time_limit_s

    def is_over() -> bool:
        return time.perf_counter() > end_s

    generator = np.random.default_rng(seed)
    best = _sound(inputs, polish(inputs, start, is_over=is_over))
    here = best
    if best is not None and on_better:
        on_better(best)
    since_better = 0
    for _ in range(limits.most_rounds):
        if is_over() or (is_stopped and is_stopped()):
            break
        if since_better >= limits.most_stalled_rounds:
            break
        candidate = neighbour(inputs, here or start, generator)
        worth = math.inf if best is None else best.cost_per_a
        found = _sound(inputs, polish(inputs, candidate, worth_per_a=worth, is_over=is_over))
        since_better += 1
        if found is None:
            continue
        if best is None or found.cost_per_a < best.cost_per_a - 1.0:
            best, since_better = found, 0
            if on_better:
                on_better(best)
        uphill = UPHILL * generator.random() ** 2
        if here is None or found.cost_per_a < best.cost_per_a * (1.0 + uphill):
            here = found
        elif since_better % 40 == 39:
            here = best
    return best
