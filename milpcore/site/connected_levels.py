r"""Operation of some levels with the best connections, where it matters which they are.

With a free cascade and some levels open, no connection beyond the nearest level that a stream may
use lowers the cost of heat, whatever is asked for: serve the stream from there, and let the heat
fall between the two (`milpcore.site.conditions.nearest_level_faults`, whose exchange needs nothing
of the levels between). Every flow that is counted or limited stays as it is. Hence

1. with every stream at its nearest allowed level there is an operation if there is one at all, and
   OPEX and CO2, in which connections cost nothing, are at their least;
2. a connection is not needed if one to a nearer level costs no more.

Where 2. leaves each stream one level, that is the answer. Otherwise one program chooses
connections, flows and heat pumps together (`milpcore.site.operation_problem`), for least TAC with
OPEX or CO2 limited to their least by 1. `milpcore.site.operate` then finds the flows anew.
"""

from __future__ import annotations

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.design_cost import measured_cost
from milpcore.site.inputs import Booleans, Integers, SiteInputs
from milpcore.site.level_program import LevelProgram, chosen, level_program, program_of
from milpcore.site.model import Design
from milpcore.site.operate import operate, operate_levels
from milpcore.site.operation_problem import Matches, free_part, operation_problem, prices_of


def operate_connected(inputs: SiteInputs, levels: Integers) -> Design | None:
    """Operate some levels with every stream where it is best; as `operate_levels`.

    Exact for every objective and option; TAC decides between connections of equal OPEX or CO2.
    Levels are there anyway: what they cost decides nothing.

    Parameters
    ----------
    inputs : SiteInputs
        The site; heat cascades freely.
    levels : ndarray of int
        Open levels.

    Returns
    -------
    Design or None
        None if a stream has no level, a level that options force is not open, or limits of the
        whole site cannot be kept.

    Raises
    ------
    ValueError
        If heat may not cascade.
    RuntimeError
        If the solver fails.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> operate_connected(inputs, np.array([0, 1])).stream_level
    array([0, 1])
    """
    if not inputs.chooses_connections:
        return operate_levels(inputs, levels)
    if not inputs.cascade:
        raise ValueError("operate_connected: heat must be free to cascade between levels")
    is_open = np.zeros(inputs.n_candidates, dtype=np.bool_)
    is_open[levels] = True
    useful = useful_matches(inputs, is_open)
    start = operate(inputs, is_open, _nearest(inputs, useful))
    if start is None or np.count_nonzero(useful) == inputs.n_streams:
        return start
    found = operate(inputs, is_open, _connected(inputs, is_open, useful, start))
    if found is None:
        raise RuntimeError("operate_connected: the connections found cannot be operated")
    return min((start, found), key=lambda one: measured_cost(inputs, Measure.TAC, one))


def useful_matches(inputs: SiteInputs, is_open: Booleans) -> Booleans:
    """Tell which open levels each stream may need (S, L): each cheaper than all nearer ones.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    is_open : ndarray of bool (L,)
        Open levels.

    Returns
    -------
    ndarray of bool (S, L)
        The nearest allowed level is always among them.
    """
    cost = np.full((inputs.n_streams, inputs.n_candidates), np.inf)
    cost[inputs.matches] = inputs.connection_costs(Measure.TAC)[inputs.matches]
    cost[:, ~is_open] = np.inf
    is_hot = inputs.stream_is_hot[:, None]
    outward = np.where(is_hot, cost[:, ::-1], cost)  # cold streams rise from their nearest level
    nearer = np.full_like(cost, np.inf)
    nearer[:, 1:] = np.minimum.accumulate(outward, axis=1)[:, :-1]
    useful = outward < nearer
    return np.where(is_hot, useful[:, ::-1], useful)


def _nearest(inputs: SiteInputs, useful: Booleans) -> Integers:
    """Nearest of the useful levels of each stream (S,), -1 without any."""
    highest = inputs.n_candidates - 1 - useful[:, ::-1].argmax(axis=1)
    nearest = np.where(inputs.stream_is_hot, highest, useful.argmax(axis=1))
    return np.where(useful.any(axis=1), nearest, -1)


def _connected(inputs: SiteInputs, is_open: Booleans, useful: Booleans, start: Design) -> Integers:
    """Level of each stream (S,) for least TAC, no worse in the objective than `start`."""
    stream, place = np.nonzero(useful[:, is_open])
    part = free_part(inputs, is_open, Matches(stream, place))
    tac = prices_of(inputs, part, Measure.TAC)
    if inputs.objective is Measure.TAC:
        problem = operation_problem(inputs, part, tac)
    else:
        first = prices_of(inputs, part, inputs.objective)
        least = measured_cost(inputs, inputs.objective, start) / first.unit
        problem = operation_problem(inputs, part, tac, first, least)
    solution = chosen(problem)
    if solution.status is not Status.OPTIMAL:
        raise RuntimeError(f"operate_connected: no connections: {solution.message}")
    taken = solution.values["connection"] > 0.5
    stream_level = np.full(inputs.n_streams, -1, dtype=np.int64)
    stream_level[stream[taken]] = part.level[place[taken]]
    return stream_level


def connected_program(
    inputs: SiteInputs, levels: Integers, *, budget: float | None = None
) -> LevelProgram | None:
    """Program of least objective over some levels, with every stream where it is best.

    As `milpcore.site.level_program.level_program`, which it is where nothing hangs on a single
    connection; else it chooses among the connections that are of use by 1. and 2., which leave
    all flows but the cascade as they are and cost no more: so it has the least and the most of
    every amount at limited cost, too.

    Raises
    ------
    ValueError
        If heat may not cascade.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> connected_program(inputs, np.array([0, 1])).problem.n_integers
    0
    """
    if not inputs.chooses_connections:
        return level_program(inputs, levels, budget=budget)
    if not inputs.cascade:
        raise ValueError("connected_program: heat must be free to cascade between levels")
    is_open = np.zeros(inputs.n_candidates, dtype=np.bool_)
    is_open[levels] = True
    useful = useful_matches(inputs, is_open)
    if np.any(inputs.is_forced & ~is_open) or not useful.any(axis=1).all():
        return None
    if inputs.objective is Measure.TAC:
        stream, level = np.nonzero(useful)
    else:  # by 1.
        stream, level = np.arange(inputs.n_streams), _nearest(inputs, useful)
    matches = Matches(stream, np.searchsorted(np.flatnonzero(is_open), level))
    return program_of(inputs, free_part(inputs, is_open, matches), budget)
