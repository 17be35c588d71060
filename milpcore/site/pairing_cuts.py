r"""Pairing cuts: what a level lacks when each arc into it is paired with an arc out of it.

Idea. On a path, a state ``x`` has one arc in, which brings the cold duty ``c``, and one arc out,
which brings the hot heat ``h``; external heat, heat pumps and the cascade from above bring at least
``(c - h)^+``. A relaxation mixes arcs: the hot heat of one path meets the cold duty of another.
However arcs in and out are paired, the need ``(c - h)^+`` is convex in the difference, so the
cheapest pairing is the monotone one, largest with largest; its value is the maximum over all
sets ``T`` of [0, oo) of

.. math::

   E_x + \sum_{k \to x} q_k + \sum_{a\,\mathrm{out}} R_a \ge
   \sum_{a\,\mathrm{into}} |T \cap [0, c_a]|\, u_a
   - \sum_{a\,\mathrm{out}} |T \cap [0, h_a]|\, u_a \tag{18}

In plain text: inflow of the state >= T-length of cold duty in less T-length of hot heat out. With
a chain of the cascade, its heat arriving at the level stands for that of the arcs.

Proof, whatever the prices. A closed state has 0 on the right and no negative inflow. An open one
on a path has ``|T n [0, c]| - |T n [0, h]|``, which is at most ``|T n (h, c]| <= c - h`` if ``c >
h`` and not positive otherwise; by its balance the inflow is at least ``c - h``, and never negative.

Separation, exact. For a fractional point the right side minus the inflow is largest for the set of
all ``t`` where more cold flow than hot flow is longer than t,

.. math:: T = \{t: \sum_{c_a > t} u_a > \sum_{h_a > t} u_a\} \tag{19}

a union of intervals between neighbouring duties of arcs with flow. The coefficients extend to all
arcs of the state. Cuts are added in rounds to the linear relaxation, at most one a state and round,
where the violation exceeds a millionth of the largest duty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy import sparse

from milpcore.core import Problem, solve_lp
from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.state_path import PathProblem

LEAST_VIOLATION = 1e-6
LEAST_FLOW = 1e-9


class Cut(NamedTuple):
    """Columns and coefficients of a row ``>= 0``, and by how much a point violates it, MW."""

    column: Integers
    value: Floats
    violation_MW: float


@dataclass(frozen=True)
class PairingCuts:
    """Separate the cuts (18) on the linear relaxation, round after round.

    Parameters
    ----------
    max_rounds : int
        Relaxations to solve at most.
    """

    name: ClassVar[str] = "pairing cuts"
    max_rounds: int = 12

    def add(self, inputs: SiteInputs, path: PathProblem) -> PathProblem:
        """Return the path with the row block ``pairing_cut``."""
        del inputs
        cuts: list[Cut] = []
        problem = path.problem
        for _ in range(self.max_rounds):
            relaxed = solve_lp(problem.relaxed())
            if relaxed.x is None:
                break
            found = violated_cuts(path, relaxed.x)
            if not found:
                break
            cuts += found
            problem = with_cuts(path.problem, "pairing_cut", cuts)
        return path._replace(problem=problem)


def violated_cuts(path: PathProblem, x: Floats) -> list[Cut]:
    """Find the most violated cut of every state, if it is violated.

    Parameters
    ----------
    path : PathProblem
        Problem and network.
    x : ndarray
        Values of the problem's columns.

    Returns
    -------
    list of Cut
    """
    network = path.network
    arc = path.problem.column_blocks["arc"]
    n_places = int(path.place.max()) + 1
    into, out = ~network.to_sink, ~network.from_source
    head, tail = path.place[network.head[into]], path.place[network.tail[out]]
    least_MW = LEAST_VIOLATION * float(max(network.hot_MW.max(), network.cold_MW.max(), 1e-9))
    cold = _Side(head, arc[into], network.cold_MW[into], x)
    hot = _Side(tail, arc[out], network.hot_MW[out], x)
    order = np.argsort(path.inflow_place, kind="stable")
    first = np.searchsorted(path.inflow_place[order], np.arange(n_places + 1))
    found = []
    for place in range(n_places):
        inflow = path.inflow_column[order[first[place] : first[place + 1]]]
        cut = _cut(cold.at(place), hot.at(place), inflow, x)
        if cut is not None and cut.violation_MW > least_MW:
            found.append(cut)
    return found


def with_cuts(problem: Problem, name: str, cuts: list[Cut]) -> Problem:
    """Return the problem with a further block of rows ``>= 0``."""
    row = np.repeat(np.arange(len(cuts)), [cut.column.size for cut in cuts])
    column = np.concatenate([cut.column for cut in cuts])
    value = np.concatenate([cut.value for cut in cuts])
    extra = sparse.csc_array((value, (row, column)), shape=(len(cuts), problem.n_columns))
    return problem.with_rows(name, extra, lower=0.0)


class _Arcs(NamedTuple):
    """Arcs on one side of a state: columns, duties, flows."""

    column: Integers
    duty_MW: Floats
    flow: Floats


class _Side:
    """The arcs into, or out of, each state."""

    def __init__(self, state: Integers, column: Integers, duty_MW: Floats, x: Floats) -> None:
        order = np.argsort(state, kind="stable")
        self.state, self.column = state[order], column[order]
        self.duty_MW, self.flow = duty_MW[order], x[column[order]]

    def at(self, state: int) -> _Arcs:
        """Arcs of one state."""
        low, high = np.searchsorted(self.state, [state, state + 1])
        part = slice(low, high)
        return _Arcs(self.column[part], self.duty_MW[part], self.flow[part])


def _cut(cold: _Arcs, hot: _Arcs, inflow: Integers, x: Floats) -> Cut | None:
    """Most violated cut of a state by (19); None where no flow meets."""
    cold_used, hot_used = cold.flow > LEAST_FLOW, hot.flow > LEAST_FLOW
    if not cold_used.any():
        return None
    ends = np.unique(np.concatenate([[0.0], cold.duty_MW[cold_used], hot.duty_MW[hot_used]]))
    if ends.size < 2:
        return None
    middle = 0.5 * (ends[1:] + ends[:-1])
    excess = _longer(cold, cold_used, middle) - _longer(hot, hot_used, middle)
    length = np.diff(ends) * (excess > 0.0)
    measure = np.concatenate([[0.0], np.cumsum(length)])
    violation = float(excess.clip(min=0.0) @ np.diff(ends) - x[inflow].sum())
    value = np.concatenate(
        [
            np.ones(inflow.size),
            -np.interp(cold.duty_MW, ends, measure),
            np.interp(hot.duty_MW, ends, measure),
        ]
    )
    return Cut(np.concatenate([inflow, cold.column, hot.column]), value, violation)


def _longer(arcs: _Arcs, used: Booleans, duty_MW: Floats) -> Floats:
    """Flow on arcs whose duty exceeds each of the values given."""
    order = np.argsort(arcs.duty_MW[used])
    duty, flow = arcs.duty_MW[used][order], arcs.flow[used][order]
    total = np.append(np.cumsum(flow[::-1])[::-1], 0.0)
    return np.asarray(total[np.searchsorted(duty, duty_MW, side="right")])
