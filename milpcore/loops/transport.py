"""Transport model of utility loops: heat from cells of streams to cells of a loop's temperature.

Idea
----
Every stream is cut into cells k of its temperature, the loops' range into cells j of width
``loop_cell_K``. Heat goes from a cell of a stream to a cell of a loop wherever the two are at least
ΔTmin apart at both ends. All temperatures are data, so the area of that heat is linear in it,
though the loops' temperatures are free: they are where a contiguous run of cells begins and ends.

Variables (kW, kW/K, money a year in thousands)
------------------------------------------------
``heat_l (pairs,)``       heat of loop l between cell k of stream s and cell j
``joins (L, S)``          binary: stream s has an exchanger with loop l
``is_route (L, R)``       binary: loop l takes route r; at most one
``flow (L, R, segments)`` capacity flow, by segments of the cost of pipes and pumps
``is_segment``            binary: the segment the flow is in
``reaches_l_r (legs, J)`` binary: the leg's water is hotter than cell j
``above_l_r (legs, J)``   flow times that
``turned_l (P, J)``       heat that hot streams of a plant give to cold ones of it; only where the
                          routes have no stages, else water would have to go round in the plant
``rest (S, K)``           heat left to the utility
``has_utility (S,)``      binary, if heaters and coolers are costed

Rows
----
(1) ``sum of heat of a cell + rest = capacity times width of the cell``
(2) ``sum of heat of a cell over j <= capacity times width times joins``
(3) ``heat given to cell j in plant p - taken from it = width (above[leg out] - above[leg in])``,
    in two rows, of hot and of cold streams, between which heat is turned
(4) ``reaches[j] >= reaches[j + 1]``: a leg has one temperature
(5) ``above <= flow``, ``above <= most flow reaches``, ``above >= flow - most flow (1 - reaches)``
(6) ``flow in segment between its ends times is_segment``; one segment of one route for each loop
(7) ``sum of heat >= least duty joins``, ``sum of joins <= most units``; forced matches: joins = 1,
    with at least 1 % of the stream's duty
(8) ``rest of a cell <= capacity times width times has_utility``
(9) ``flow of loop l >= flow of loop l + 1`` where the loops are alike

`milpcore.loops.transport_form` has other ways to write (2) and (5), and rows that tighten them.

Cost: utilities, ``fixed joins``, area of every pair at its mid temperatures, chords of the cost of
pipes and pumps, which is concave, so that they never cost more than the pipe.

One exchanger a stream and loop is paid, whatever its flow over temperature, and areas are those at
the middle of the cells: the objective is an estimate of a network's cost, *not* a bound on it.
`milpcore.loops.lower_bound` has that. Size: pairs grow with streams and with the inverse of both
widths. Source: a transport (transshipment) form of non-isothermal loops; compare Hong et al., whose
example is bundled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly, Problem, Solution, solve
from milpcore.loops.inputs import Floats, Ints, LoopInputs, Route
from milpcore.loops.transport_form import TransportForm
from milpcore.loops.transport_grid import TransportGrid, transport_grid
from milpcore.loops.transport_links import put_links
from milpcore.loops.transport_rows import (
    MONEY,
    LoopRows,
    put_heat,
    put_joins,
    put_loop,
    put_utilities,
    put_visits,
)


@dataclass(frozen=True, eq=False)
class TransportModel:
    """The assembled model with what is needed to read its solution.

    Attributes
    ----------
    problem : Problem
    inputs : LoopInputs
    grid : TransportGrid
    routes : tuple of Route
        Routes that a loop may take in this model.
    pair_cell, pair_loop_cell : tuple of ndarray of int64
        Cells of every pair, by loop.
    """

    problem: Problem
    inputs: LoopInputs
    grid: TransportGrid
    routes: tuple[Route, ...]
    pair_cell: tuple[Ints, ...]
    pair_loop_cell: tuple[Ints, ...]


@dataclass(frozen=True, eq=False)
class LoopPlan:
    """A loop in the transport model's solution.

    Attributes
    ----------
    route : Route
    flow_kW_per_K : float
    leg_C (legs,) : ndarray
        Temperature of the water in each leg.
    heat_kW (S, J) : ndarray
        Heat between each stream and each cell of the loop.
    loop_C (J + 1,) : ndarray
        Edges of the cells.
    """

    route: Route
    flow_kW_per_K: float
    leg_C: Floats
    heat_kW: Floats
    loop_C: Floats


@dataclass(frozen=True, eq=False)
class TransportResult:
    """Solution of the transport model.

    Attributes
    ----------
    solution : Solution
        Of the solver; its objective in thousands a year.
    estimate_per_a : float
        Estimated total annual cost, ``nan`` without a point.
    loops : tuple of LoopPlan
        Loops that are built.
    """

    solution: Solution
    estimate_per_a: float
    loops: tuple[LoopPlan, ...]


def transport_model(
    inputs: LoopInputs,
    *,
    routes: tuple[Route, ...] | None = None,
    stream_cell_K: float = 4.0,
    loop_cell_K: float = 4.0,
    n_segments: int = 6,
    grid: TransportGrid | None = None,
    form: TransportForm | None = None,
) -> TransportModel:
    """Assemble the transport model.

    Parameters
    ----------
    inputs : LoopInputs
    routes : tuple of Route, optional
        Routes that loops may take; all of the inputs if not given.
    stream_cell_K, loop_cell_K : float
        Largest widths of cells.
    n_segments : int
        Chords of the cost of pipes and pumps.
    grid : TransportGrid, optional
        Cells to use in place of equal ones.
    form : TransportForm, optional
        How rows (2) and (5) are written, and what is added to them.

    Returns
    -------
    TransportModel
    """
    form = TransportForm() if form is None else form
    routes = inputs.routes if routes is None else routes
    if grid is None:
        grid = transport_grid(inputs, stream_cell_K=stream_cell_K, loop_cell_K=loop_cell_K)
    assembly = Assembly()
    cell_kW = inputs.capacity_kW_per_K[grid.stream] * (grid.high_C - grid.low_C)
    joins = put_joins(assembly, inputs)
    served = put_utilities(assembly, inputs, grid, cell_kW)
    pairs, flows = [], []
    for loop in range(inputs.n_loops):
        columns = put_loop(assembly, inputs, grid, routes, loop, n_segments, form.product)
        put_visits(assembly, inputs, routes, loop, joins[loop], columns.is_route)
        rows = LoopRows(served, columns.balance, joins[loop])
        found = put_heat(assembly, inputs, grid, loop, rows, cell_kW, form.joins_by_cell)
        if form.has_links:
            put_links(assembly, inputs, grid, routes, loop, columns, found, cell_kW)
        pairs.append(found)
        flows.append(columns.flow.ravel())
    if len(inputs.case.parameters.limits.forbidden + inputs.case.parameters.limits.forced) == 0:
        for loop in range(inputs.n_loops - 1):  # (9)
            order = assembly.rows(f"order_{loop}", (), lower=0.0)
            assembly.put(order, flows[loop], 1.0)
            assembly.put(order, flows[loop + 1], -1.0)
    return TransportModel(
        problem=assembly.problem(),
        inputs=inputs,
        grid=grid,
        routes=routes,
        pair_cell=tuple(found.cell for found in pairs),
        pair_loop_cell=tuple(found.loop_cell for found in pairs),
    )


def solve_transport(
    model: TransportModel, *, mip_rel_gap: float = 1e-3, time_limit_s: float | None = None
) -> TransportResult:
    """Solve the transport model and read its loops.

    Parameters
    ----------
    model : TransportModel
    mip_rel_gap, time_limit_s : float
        Of the solver.

    Returns
    -------
    TransportResult

    Examples
    --------
    >>> from milpcore import loops
    >>> from milpcore.loops.inputs import prepare
    >>> inputs = prepare(loops.load_case("loop_two_plants"))
    >>> model = transport_model(inputs, stream_cell_K=16, loop_cell_K=16)
    >>> result = solve_transport(model)
    >>> result.estimate_per_a < inputs.cost_without_loops_per_a()
    True
    """
    solution = solve(model.problem, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s)
    if not solution.has_incumbent:
        return TransportResult(solution, np.nan, ())
    plans = [_plan(model, solution, loop) for loop in range(model.inputs.n_loops)]
    built = tuple(plan for plan in plans if plan is not None)
    return TransportResult(solution, solution.objective / MONEY, built)


def _plan(model: TransportModel, solution: Solution, loop: int) -> LoopPlan | None:
    """Read one loop; None if it is not built."""
    values, grid, inputs = solution.values, model.grid, model.inputs
    flows = values[f"flow_{loop}"].sum(axis=1)
    number = int(np.argmax(flows))
    if flows[number] <= 1e-6:
        return None
    n_reached = np.rint(values[f"reaches_{loop}_{number}"]).astype(int).sum(axis=1)
    heat_kW = np.zeros((inputs.n_streams, grid.n_cells))
    streams = grid.stream[model.pair_cell[loop]]
    np.add.at(heat_kW, (streams, model.pair_loop_cell[loop]), values[f"heat_{loop}"])
    route = model.routes[number]
    return LoopPlan(route, float(flows[number]), grid.loop_C[n_reached], heat_kW, grid.loop_C)
