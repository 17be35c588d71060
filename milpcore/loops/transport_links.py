"""Links of the transport model: heat of a stream's cell only where the loop passes.

Rows (3) and (5) say so of all heat together, times the largest flow. Cell by cell it is

(13) ``heat of cell k with cells j and hotter <= heat of the cell times reaches[j] of the hot leg``,
     ``heat of cell k with cells j and colder
     <= heat of the cell times (is_route - reaches[j] of the cold leg)``

where hot and cold leg are those at the plant of the cell's stream: a hot stream heats water from
the leg that arrives to the leg that leaves, a cold one the other way round. Where a plant gives and
takes at one stage, heat may be turned in it without the loop, and there are no such rows. At most
two rows for each pair.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from milpcore.core import Assembly
from milpcore.loops.inputs import Floats, Ints, LoopInputs, Route
from milpcore.loops.transport_grid import TransportGrid
from milpcore.loops.transport_rows import HeatPairs, LoopColumns


def put_links(
    assembly: Assembly,
    inputs: LoopInputs,
    grid: TransportGrid,
    routes: Sequence[Route],
    loop: int,
    columns: LoopColumns,
    pairs: HeatPairs,
    cell_kW: Floats,
) -> None:
    """Add (13) of one loop.

    Parameters
    ----------
    assembly : Assembly
    inputs : LoopInputs
    grid : TransportGrid
    routes : sequence of Route
    loop : int
    columns : LoopColumns
        Of the loop.
    pairs : HeatPairs
        In the order of their stream's cells.
    cell_kW (K,) : ndarray
        Heat of each cell.
    """
    is_staged = any(route.kinds for route in routes)
    stream = grid.stream[pairs.cell]
    for plant in range(len(inputs.case.plants)):
        for sign, side in ((1, "hot"), (-1, "cold")):
            is_plant, has_sign = inputs.plant[stream] == plant, inputs.direction[stream] == sign
            own = np.flatnonzero(is_plant & has_sign)
            is_mixed = bool((is_plant & ~has_sign).any())
            if own.size == 0 or (is_mixed and not is_staged):
                continue
            hotter, colder = _put_side(assembly, f"_{loop}_{plant}_{side}", pairs, own)
            cell, loop_cell = pairs.cell[own], pairs.loop_cell[own]
            for number, route in enumerate(routes):
                for leg, (there, kind) in enumerate(route.stages):
                    if there != plant or kind == -sign:
                        continue
                    reaches = columns.reaches[number]
                    hot_leg, cold_leg = (leg, leg - 1) if sign > 0 else (leg - 1, leg)
                    assembly.put(hotter, reaches[hot_leg][loop_cell], -cell_kW[cell])
                    assembly.put(colder, reaches[cold_leg][loop_cell], cell_kW[cell])
                    assembly.put(colder, columns.is_route[number], -cell_kW[cell])


def _put_side(assembly: Assembly, name: str, pairs: HeatPairs, own: Ints) -> tuple[Ints, Ints]:
    """Add the heat of the rows of one plant and side; return both blocks."""
    hotter = assembly.rows(f"link_hotter{name}", own.size, upper=0.0)
    colder = assembly.rows(f"link_colder{name}", own.size, upper=0.0)
    first = np.flatnonzero(np.diff(pairs.cell[own], prepend=-1))
    for begin, end in zip(first, [*first[1:], own.size], strict=True):
        low, high = np.triu_indices(end - begin)
        assembly.put(hotter[begin + low], pairs.heat[own[begin + high]], 1.0)
        assembly.put(colder[begin + high], pairs.heat[own[begin + low]], 1.0)
    return hotter, colder
