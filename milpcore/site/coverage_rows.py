r"""Coverage rows: no boundary between levels has less heat coming from outside than is bought.

Idea. In a relaxation the surplus of one fractional path pays the deficit of another across the
same boundary. Call *coverage* of the boundary above level ``b`` what reaches the levels above it
from outside, and ``d_a`` the deficit of an arc across it (cold duty above its tail less hot heat
from its head up, `milpcore.site.path_search.network`); the cascade across it is coverage minus
deficit. If every design worth having buys at least ``t`` of external heat, then on every arc with a
deficit below ``t`` the difference cascades:

.. math::

   R_{b+1} + \sum_{l \le b} E_l + \sum_{l > b} W_l
   \ge \sum_{a\,\mathrm{across}\,b} (t - d_a)^+ u_a \quad \forall b \tag{20}

Plain text: cascade at the boundary + external heat below it + cooling above it >= sum over its arcs
of what their deficits lack to t.

Proof. On a path exactly one arc ``a`` crosses the boundary, or none and the right side is 0. The
cascade is ``R = E_above - W_above + P - d_a`` with ``P`` what pumps deliver above less what they
draw there. ``P >= 0``, since a pump whose source lies above has its sink there too, and delivers no
less than it draws. So the left side is ``sum E + P - d_a >= t - d_a``, and it is not negative.
Prices play no role.

The least external heat ``t`` of all designs at least as good as a known one with objective ``U``
is bounded from below by a linear program: least ``sum E`` over the relaxation with ``cost <= U``.
Rows (20) with a larger ``t`` tighten that relaxation, so this is done in rounds. The largest
external heat follows likewise, for `milpcore.site.coverage_intervals`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from milpcore.core import Problem, solve_lp
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.pairing_cuts import Cut, with_cuts
from milpcore.site.state_path import PathProblem

MARGIN = 1e-6
"""Share by which bounds from linear programs are weakened, for their tolerances."""


@dataclass(frozen=True)
class CoverageRows:
    """Add the rows (20), with the largest `t` that a known design allows to prove.

    Parameters
    ----------
    upper_bound : float
        Objective of a known design (`Outcome.objective`), EUR/a or t/a.
    max_rounds : int
        Linear programs for `t` at most.
    """

    name: ClassVar[str] = "coverage rows"
    upper_bound: float
    max_rounds: int = 3

    def add(self, inputs: SiteInputs, path: PathProblem) -> PathProblem:
        """Return the path with the row block ``coverage``."""
        least_MW, rounds = 0.0, 0
        tightened = path
        while rounds < self.max_rounds:
            rounds += 1
            range_MW = external_heat_range_MW(inputs, tightened.problem, self.upper_bound)
            if range_MW is None or range_MW[0] <= least_MW * 1.001 + 1e-9:
                break
            least_MW = range_MW[0]
            tightened = path._replace(problem=with_coverage(inputs, path, least_MW))
        return tightened


def with_coverage(inputs: SiteInputs, path: PathProblem, least_MW: float) -> Problem:
    """Return the problem with the rows (20) for designs that buy at least `least_MW`.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    path : PathProblem
        The path to tighten.
    least_MW : float
        External heat ``t`` that every design worth having buys.

    Returns
    -------
    Problem
        With the row block ``coverage`` unless no arc has a smaller deficit.
    """
    blocks = path.problem.column_blocks
    external_heat, cooling, cascade = (
        blocks[name] for name in ("external_heat", "cooling", "cascade")
    )
    number, tail, head, deficit = arc_deficits_MW(inputs, path)
    lacks = deficit < least_MW
    number, tail, head, lack = number[lacks], tail[lacks], head[lacks], (least_MW - deficit)[lacks]
    rows = []
    for boundary in range(inputs.n_candidates - 1):
        across = (tail <= boundary) & (head > boundary)
        if across.any():
            left = np.concatenate(
                [
                    cascade[[boundary + 1]],
                    external_heat[: boundary + 1],
                    cooling[boundary + 1 :],
                ]
            )
            column = np.concatenate([left, blocks["arc"][number[across]]])
            rows.append(Cut(column, np.concatenate([np.ones(left.size), -lack[across]]), 0.0))
    return with_cuts(path.problem, "coverage", rows) if rows else path.problem


def arc_deficits_MW(
    inputs: SiteInputs, path: PathProblem
) -> tuple[Integers, Integers, Integers, Floats]:
    """Arcs between levels: their numbers, tail and head levels, deficits in MW."""
    network = path.network
    number = np.flatnonzero(~(network.from_source | network.to_sink))
    tail, head = network.tail_level[number], network.head_level[number]
    cold_up_to = np.cumsum(inputs.cold_kink_kW) / KW_PER_MW
    hot_from = np.cumsum(inputs.hot_kink_kW[::-1])[::-1] / KW_PER_MW
    return number, tail, head, (cold_up_to[-1] - cold_up_to[tail]) - hot_from[head]


def external_heat_range_MW(
    inputs: SiteInputs, problem: Problem, upper_bound: float
) -> tuple[float, float] | None:
    """Least and largest external heat of the relaxation at a cost up to `upper_bound`, MW.

    Returns
    -------
    tuple of float, or None
        Both weakened by `MARGIN`; None where a linear program was not solved.
    """
    external_heat = problem.column_blocks["external_heat"]
    most = upper_bound * (1.0 + MARGIN) / (KW_PER_MW * inputs.cost_scale)
    duty_MW = float(inputs.cold_kink_kW.sum()) / KW_PER_MW
    most += MARGIN * 1e-3 * duty_MW
    limited = problem.relaxed().with_rows("known_cost", problem.cost, upper=most)
    cost = np.zeros(problem.n_columns)
    cost[external_heat] = 1.0
    found = []
    for sign in (1.0, -1.0):
        relaxed = solve_lp(replace(limited, cost=sign * cost))
        if relaxed.x is None:
            return None
        found.append(sign * relaxed.objective)
    margin_MW = MARGIN * (duty_MW + abs(found[1]))
    return max(0.0, found[0] - margin_MW), found[1] + margin_MW
