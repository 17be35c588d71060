r"""The linear relaxation of a node of the search, on the arcs and pumps that matter.

Columns: flow ``u`` of an arc, start ``s`` and end ``e`` of the path at a level, cascade ``R``
between neighbouring alive levels, pump heat ``q``, external heat ``E``, cooling ``W``. Rows, for
every alive level, with lifted deficits ``d'`` and pump source shares ``r``:

.. math::

   d_{total}\, s + \sum_{in} d' u + R_{below} - \sum_{out} d' u - R_{above}
     &= E - W + \sum_{in} q - \sum_{out} r q  \tag{1} \\
   s + \sum_{in} u &= \sum_{out} u + e  \tag{2}

one start (3), and at most N - 1 arcs (4). Where the heat of pumps is limited, with what is left
unused of the limits ``I``, ``O`` of a level as two more columns ``v``, ``w``,

.. math::

   v + \sum_{in} q = I\,\bigl(s + \sum_{in} u\bigr), \qquad
   w + \sum_{out} r q = O\,\bigl(s + \sum_{in} u\bigr) \tag{5, 6}

The left side of (1) is the coverage below less that
above the level. The heat price of a level is the dual of (1) with its sign changed. External heat
is only offered where it is cheaper than at every level above, cooling where it is cheaper than at
every level below.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from milpcore.site.inputs import Floats, Integers
from milpcore.site.path_search.basis import BASIC, LOWER, Basis, Statuses
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.node import Node
from milpcore.site.path_search.prices import HeatPrices, without_charges


class LinearProgram(NamedTuple):
    """An LP in compressed sparse columns: minimise ``cost @ x`` with ``x >= 0``.

    All rows are equations, but for the last one, which is an upper limit.
    """

    cost: Floats
    start: npt.NDArray[np.int32]
    row: npt.NDArray[np.int32]
    value: Floats
    right_side: Floats


class LinearSolution(NamedTuple):
    """Optimum of a `LinearProgram`: point, duals, and a basis to start the next one from."""

    primal: Floats
    row_dual: Floats
    column_status: Statuses
    row_status: Statuses
    objective: float


class LinearSolver(Protocol):
    """A solver of small LPs that may use the statuses of a similar one."""

    def solve(
        self,
        program: LinearProgram,
        column_status: Statuses | None,
        row_status: Statuses | None,
        *,
        time_limit_s: float = math.inf,
    ) -> LinearSolution | None:
        """Optimum, or None if there is none or it was not found in time."""


class Relaxed(NamedTuple):
    """Solution of a relaxation.

    Attributes
    ----------
    flow : ndarray
        Of the arcs given.
    price : HeatPrices
        A level that is not alive takes the heat price of the one below.
    objective : float
        As the solver says it; bounds are recomputed from `price`.
    basis : Basis
        For the next LP.
    """

    flow: Floats
    price: HeatPrices
    objective: float
    basis: Basis


class _Columns(NamedTuple):
    """Network numbers of the columns of an LP, block by block."""

    arcs: Integers
    starts: Integers
    ends: Integers
    cascades: Integers
    pumps: Integers
    heated: Integers
    cooled: Integers
    unused_into: Integers
    unused_out: Integers


def solve_relaxation(
    network: LevelNetwork,
    solver: LinearSolver,
    node: Node,
    levels: Integers,
    arcs: Integers,
    lifted: Floats,
    pumps: Integers,
    n_levels: int,
) -> Relaxed | None:
    """Solve the relaxation of a node on some of its arcs and pumps.

    Parameters
    ----------
    network : LevelNetwork
    solver : LinearSolver
    node : Node
        Its starts, ends and basis are used.
    levels : ndarray of int
        All levels that the node's arcs touch, rising.
    arcs, pumps : ndarray of int
        Numbers of the arcs and pumps to use.
    lifted : ndarray
        Lifted deficit of these arcs, MW.
    n_levels : int
        Largest number of levels.

    Returns
    -------
    Relaxed or None
        None if the solver reports no optimum.
    """
    columns = _Columns(
        arcs=arcs,
        starts=levels[node.can_start[levels]],
        ends=levels[node.can_end[levels]],
        cascades=levels[:-1],
        pumps=pumps,
        heated=levels[cheaper_than_above(network.external_heat_cost[levels])],
        cooled=levels[cheaper_than_below(network.cooling_cost[levels])],
        unused_into=levels if network.has_pump_limits else levels[:0],
        unused_out=levels if network.has_pump_limits else levels[:0],
    )
    program = _build(network, columns, levels, lifted, n_levels)
    column_status = row_status = None
    if node.basis is not None:
        column_status, row_status = _gather(node.basis, columns, levels)
    solution = solver.solve(program, column_status, row_status)
    if solution is None:
        return None
    m = levels.size
    below = np.searchsorted(levels, np.arange(network.n_levels), side="right") - 1
    price = without_charges(-solution.row_dual[:m][np.clip(below, 0, m - 1)])
    if network.has_pump_limits:
        into, out = np.zeros((2, network.n_levels))
        into[levels] = np.maximum(-solution.row_dual[2 * m : 3 * m], 0.0)
        out[levels] = np.maximum(-solution.row_dual[3 * m : 4 * m], 0.0)
        into[~np.isfinite(network.into_limit_MW)] = 0.0
        out[~np.isfinite(network.out_limit_MW)] = 0.0
        price = price._replace(into=into, out=out)
    basis = _scatter(network, columns, levels, solution)
    return Relaxed(solution.primal[: arcs.size], price, solution.objective, basis)


def _build(
    network: LevelNetwork, columns: _Columns, levels: Integers, lifted: Floats, n_levels: int
) -> LinearProgram:
    """Assemble rows (1), (2), with limits (5) and (6), then (3) and (4).

    From blocks of equally full columns; a level without limit has rows (5) and (6) of zeros.
    """
    m = levels.size
    last = 2 * m + columns.unused_into.size + columns.unused_out.size
    row = np.full(network.n_levels, -1, dtype=np.int64)
    row[levels] = np.arange(m)
    tail, head = row[network.arc_tail[columns.arcs]], row[network.arc_head[columns.arcs]]
    starts, ends = row[columns.starts], row[columns.ends]
    source, sink = row[network.pump_source[columns.pumps]], row[network.pump_sink[columns.pumps]]
    heated, cooled = row[columns.heated], row[columns.cooled]
    below = np.arange(m - 1)
    blocks = (
        _block(
            (tail, -lifted),
            (head, lifted),
            (m + tail, -1.0),
            (m + head, 1.0),
            (last + 1, 1.0),
            *_limited(network, levels, head),
        ),
        _block(
            (starts, network.total_deficit_MW),
            (m + starts, 1.0),
            (last, 1.0),
            *_limited(network, levels, starts),
        ),
        _block((m + ends, -1.0)),
        _block((below, -1.0), (below + 1, 1.0)),
        _block(
            (source, network.pump_share[columns.pumps]),
            (sink, -1.0),
            *_limited_pumps(network, levels, source, sink, network.pump_share[columns.pumps]),
        ),
        _block((heated, -1.0)),
        _block((cooled, 1.0)),
        _block((2 * m + row[columns.unused_into], 1.0)),
        _block((3 * m + row[columns.unused_out], 1.0)),
    )
    cost = np.concatenate(
        [
            np.zeros(sum(index.shape[0] for index, _ in blocks[:4])),
            network.pump_cost[columns.pumps],
            network.external_heat_cost[columns.heated],
            network.cooling_cost[columns.cooled],
            np.zeros(last - 2 * m),
        ]
    )
    widths = np.concatenate([np.full(index.shape[0], index.shape[1]) for index, _ in blocks])
    index = np.concatenate([index.ravel() for index, _ in blocks])
    value = np.concatenate([value.ravel() for _, value in blocks])
    right_side = np.zeros(last + 2)
    right_side[last:] = 1.0, n_levels - 1.0
    return LinearProgram(
        cost=cost,
        start=np.concatenate([[0], np.cumsum(widths)]).astype(np.int32),
        row=index.astype(np.int32),
        value=value,
        right_side=right_side,
    )


def _limited(
    network: LevelNetwork, levels: Integers, opened: Integers
) -> tuple[tuple[npt.ArrayLike, npt.ArrayLike], ...]:
    """Entries in (5) and (6) of the columns that open a level, given by its row."""
    if not network.has_pump_limits:
        return ()
    m = levels.size
    into, out = (
        np.where(np.isfinite(limit), -limit, 0.0)[opened]
        for limit in (network.into_limit_MW[levels], network.out_limit_MW[levels])
    )
    return (2 * m + opened, into), (3 * m + opened, out)


def _limited_pumps(
    network: LevelNetwork, levels: Integers, source: Integers, sink: Integers, share: Floats
) -> tuple[tuple[npt.ArrayLike, npt.ArrayLike], ...]:
    """Entries in (5) and (6) of heat pumps, given by the rows of their levels."""
    if not network.has_pump_limits:
        return ()
    m = levels.size
    into = np.isfinite(network.into_limit_MW[levels])[sink]
    out = np.isfinite(network.out_limit_MW[levels])[source]
    return (2 * m + sink, np.where(into, 1.0, 0.0)), (3 * m + source, np.where(out, share, 0.0))


def _block(
    *entries: tuple[npt.ArrayLike, npt.ArrayLike],
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Rows and values of LP columns with the same number of entries, one column a line."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(part) for entry in entries for part in entry))
    index = np.stack(arrays[0::2], axis=1).astype(np.int64)
    return index, np.stack(arrays[1::2], axis=1).astype(np.float64)


def _gather(basis: Basis, columns: _Columns, levels: Integers) -> tuple[Statuses, Statuses]:
    """Statuses of the columns and rows of an LP from those by network number."""
    column_status = np.concatenate(
        [
            basis.arc[columns.arcs],
            basis.start[columns.starts],
            basis.end[columns.ends],
            basis.cascade[columns.cascades],
            basis.pump[columns.pumps],
            basis.external_heat[columns.heated],
            basis.cooling[columns.cooled],
            basis.unused_into[columns.unused_into],
            basis.unused_out[columns.unused_out],
        ]
    )
    rows = (
        basis.balance[levels],
        basis.flow[levels],
        basis.into[columns.unused_into],
        basis.out[columns.unused_out],
        basis.other,
    )
    return column_status, np.concatenate(rows)


def _scatter(
    network: LevelNetwork, columns: _Columns, levels: Integers, solution: LinearSolution
) -> Basis:
    """Statuses by network number; what was not in the LP is given a likely one."""
    n, m = network.n_levels, levels.size
    ends = np.cumsum([part.size for part in columns])
    parts = np.split(solution.column_status, ends[:-1])
    rows = np.split(solution.row_status, np.cumsum([m, m, *(part.size for part in columns[7:])]))
    return Basis(
        arc=_spread(parts[0], columns.arcs, network.arc_tail.size, LOWER),
        start=_spread(parts[1], columns.starts, n, LOWER),
        end=_spread(parts[2], columns.ends, n, LOWER),
        cascade=_spread(parts[3], columns.cascades, n, BASIC),
        pump=_spread(parts[4], columns.pumps, network.pump_cost.size, LOWER),
        external_heat=_spread(parts[5], columns.heated, n, LOWER),
        cooling=_spread(parts[6], columns.cooled, n, LOWER),
        unused_into=_spread(parts[7], columns.unused_into, n, BASIC),
        unused_out=_spread(parts[8], columns.unused_out, n, BASIC),
        balance=_spread(rows[0], levels, n, LOWER),
        flow=_spread(rows[1], levels, n, BASIC),
        into=_spread(rows[2], columns.unused_into, n, LOWER),
        out=_spread(rows[3], columns.unused_out, n, LOWER),
        other=rows[4].copy(),
    )


def _spread(values: Statuses, index: Integers, size: int, default: int) -> Statuses:
    """Statuses by network number, from those of the LP."""
    spread = np.full(size, default, dtype=np.int8)
    spread[index] = values
    return spread


def cheaper_than_above(cost: Floats) -> Integers:
    """Levels where external heat is cheaper than at every higher level (the cascade is free)."""
    least = np.minimum.accumulate(cost[::-1])[::-1]
    return np.flatnonzero(cost < np.append(least[1:], np.inf))


def cheaper_than_below(cost: Floats) -> Integers:
    """Levels where cooling is cheaper than at every lower level (the cascade is free)."""
    least = np.minimum.accumulate(cost)
    return np.flatnonzero(cost < np.append(np.inf, least[:-1]))
