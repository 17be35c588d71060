r"""Coverage intervals: a bound from splitting the external heat, one linear program an interval.

Idea. `milpcore.site.coverage_rows` charges every arc at least the least external heat ``t`` that
any design worth having buys. Split the range of external heat, from the least to the largest of the
relaxation at a cost up to that of a known design, into intervals; every such design buys an amount
in one of them. In the interval ``[t, t']``

- arcs are charged at least ``t``, by the rows (20),
- arcs with a deficit above ``t'`` are gone, on boundaries above the highest heat pump sink, where
  the coverage is the external heat alone,
- the external heat itself is confined to the interval,

so that the paths left have little to share. The bound is the least over the intervals of the optima
of their linear programs, and the known design's own cost where no interval is left below it:

.. math:: \min_k \; LP(t_k, t_{k+1}) \le \text{optimum} \tag{21}

Proof. A design as good as the known one is feasible in the program of its interval: (20) holds by
its proof, and where no pump delivers or draws heat above a boundary, the cascade is external heat
above less cooling above less the deficit of the arc across, and not negative, so that the deficit
is at most ``t'``. A design at the end of two intervals is in both.

The interval with the least bound is split next, where its relaxation buys its heat, but not within
a twentieth of its ends.
"""

from __future__ import annotations

import heapq
import math
from typing import NamedTuple

import numpy as np

from milpcore.core import Problem, Status, solve_lp
from milpcore.site.coverage_rows import (
    arc_deficits_MW,
    external_heat_range_MW,
    with_coverage,
)
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.state_path import PathProblem

LEAST_PART = 0.05
"""Share of an interval that both parts keep."""
SLACK_MW = 1e-6


class IntervalBound(NamedTuple):
    """A bound by intervals of the external heat.

    Attributes
    ----------
    bound : float
        Lower bound on the optimum, EUR/a or t/a.
    n_programs : int
        Linear programs solved.
    """

    bound: float
    n_programs: int


def coverage_intervals(
    inputs: SiteInputs, path: PathProblem, upper_bound: float, *, n_intervals: int
) -> IntervalBound:
    """Bound the optimum by linear programs over intervals of the external heat.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    path : PathProblem
        A path formulation, such as ``LayeredPath(6).path(inputs)``.
    upper_bound : float
        Objective of a known design (`Outcome.objective`), EUR/a or t/a.
    n_intervals : int
        Number of intervals, from 1.

    Returns
    -------
    IntervalBound
        Its bound is at most `upper_bound`.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> inputs = site.prepare(milpcore.load_case("dairy_8"))
    >>> best = site.PathSearch(2).solve(inputs).objective
    >>> path = site.ArcPath(2).path(inputs)
    >>> coverage_intervals(inputs, path, best, n_intervals=4).bound <= best
    True
    """
    range_MW = external_heat_range_MW(inputs, path.problem, upper_bound)
    if range_MW is None:
        return IntervalBound(-math.inf, 2)
    unit = KW_PER_MW * inputs.cost_scale
    most = upper_bound / unit
    free_from = _pump_free_from(inputs, path)
    bound, heat_MW = _interval(inputs, path, range_MW, free_from)
    leaves, n_programs = [(bound, *range_MW, heat_MW)], 3
    while len(leaves) < n_intervals:
        bound, low, high, heat_MW = leaves[0]
        if bound >= most or high - low <= SLACK_MW:
            break
        heapq.heappop(leaves)
        keep = LEAST_PART * (high - low)
        middle = min(max(heat_MW, low + keep), high - keep)
        for part in ((low, middle), (middle, high)):
            part_bound, part_heat_MW = _interval(inputs, path, part, free_from)
            heapq.heappush(leaves, (max(bound, part_bound), *part, part_heat_MW))
            n_programs += 1
    return IntervalBound(min(most, leaves[0][0]) * unit, n_programs)


def _pump_free_from(inputs: SiteInputs, path: PathProblem) -> int:
    """Lowest boundary above which no heat pump that is left delivers heat."""
    pumps = path.network.pump
    return int(inputs.pump_sink[pumps].max()) if pumps.size else 0


def _interval(
    inputs: SiteInputs, path: PathProblem, range_MW: tuple[float, float], free_from: int
) -> tuple[float, float]:
    """Optimum of an interval's relaxation and its external heat, MW; inf if it is infeasible."""
    low, high = range_MW
    problem = _confined(with_coverage(inputs, path, low), low, high)
    number, _, head, deficit = arc_deficits_MW(inputs, path)
    gone = (head > free_from) & (deficit > high + SLACK_MW)
    columns = problem.column_blocks["arc"][number[gone]]
    relaxed = solve_lp(problem.with_bounds(columns, 0.0, 0.0).relaxed())
    if relaxed.status is Status.INFEASIBLE:
        return math.inf, low
    if relaxed.x is None:
        return -math.inf, 0.5 * (low + high)
    return relaxed.objective, float(relaxed.values["external_heat"].sum())


def _confined(problem: Problem, low: float, high: float) -> Problem:
    """Return the problem with external heat between two amounts, MW."""
    row = np.zeros(problem.n_columns)
    row[problem.column_blocks["external_heat"]] = 1.0
    return problem.with_rows(
        "external_heat_range", row, lower=low - SLACK_MW, upper=high + SLACK_MW
    )
