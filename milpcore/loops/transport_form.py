"""Ways to write the rows of the transport model, `milpcore.loops.transport`.

All have the same optimum on the same cells; they differ in size and in how far the linear
relaxation is below it (`milpcore.loops.comparison`).

- `WholeProduct`: rows (5) with the flow as a whole, with the least limit of the flow that is known
  or, loose, with the largest flow that a loop can have use for.
- `SegmentProduct`: rows (5) for each segment of the flow, between whose ends the flow then is,

  ``start reaches_g <= above_g <= end reaches_g``,
  ``start (is_segment_g - reaches_g) <= flow_g - above_g <= end (is_segment_g - reaches_g)``,

  with ``reaches`` the sum of ``reaches_g`` over the segments g. With heat limits also

  (12) ``sum of width (above_g[leg out] - above_g[leg in]) over cells j and hotter
       <= heat of the hot streams that meet them times is_segment_g``, likewise of cold streams over
       j and colder, and nothing the other way where a stage has streams of one kind only:
       a segment of large flows, cheap for each kW/K, can carry no more heat than there is.
- Links (`milpcore.loops.transport_links`): heat of a cell only where the loop passes, cell by cell.

Source: own; the products are the multiple-choice form of a piecewise function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from milpcore.core import Assembly
from milpcore.loops.inputs import Floats, Ints, LoopInputs, Route
from milpcore.loops.transport_grid import TransportGrid, heat_pairs


@dataclass(frozen=True, eq=False)
class Legs:
    """Columns of one route of a loop.

    Attributes
    ----------
    numbers : tuple of int
        Loop and route.
    route : Route
    flow, is_segment (segments,) : ndarray of int64
    end_kW_per_K (segments + 1,) : ndarray
        Flows between which the segments are.
    reaches (legs, J) : ndarray of int64
    """

    numbers: tuple[int, int]
    route: Route
    flow: Ints
    is_segment: Ints
    end_kW_per_K: Floats
    reaches: Ints

    @property
    def suffix(self) -> str:
        """End of the names of blocks."""
        return "_{}_{}".format(*self.numbers)


class Product(Protocol):
    """Rows (5): flow times whether a leg reaches a cell."""

    def put(
        self, assembly: Assembly, inputs: LoopInputs, grid: TransportGrid, legs: Legs, /
    ) -> Ints:
        """Add the rows; return ``above (legs, J, parts)``, whose sum over parts is the product."""


@dataclass(frozen=True)
class WholeProduct:
    """The flow as a whole.

    Attributes
    ----------
    is_loose : bool
        Whether the limit in (5) is the flow of all heat over 1 K, or the end of the last segment.
    """

    is_loose: bool = False

    def put(self, assembly: Assembly, inputs: LoopInputs, _: TransportGrid, legs: Legs) -> Ints:
        """Add ``above (legs, J)``."""
        shape = legs.reaches.shape
        most = float(legs.end_kW_per_K[-1])
        above = assembly.columns(f"above{legs.suffix}", shape, upper=most)
        if self.is_loose:
            most = inputs.most_flow_kW_per_K()
        product = assembly.rows(
            f"product{legs.suffix}",
            (3, *shape),
            lower=np.array([0.0, 0.0, -most])[:, None, None],
        )
        assembly.put(product[0], above, -1.0)
        assembly.put(product[0][..., None], legs.flow, 1.0)
        assembly.put(product[1], above, -1.0)
        assembly.put(product[1], legs.reaches, most)
        assembly.put(product[2], above, 1.0)
        assembly.put(product[2][..., None], legs.flow, -1.0)
        assembly.put(product[2], legs.reaches, -most)
        return above[..., None]


@dataclass(frozen=True)
class SegmentProduct:
    """The flow by segments.

    Attributes
    ----------
    has_heat_limits : bool
        Whether rows (12) limit the heat that each segment carries.
    """

    has_heat_limits: bool = True

    def put(self, assembly: Assembly, inputs: LoopInputs, grid: TransportGrid, legs: Legs) -> Ints:
        """Add ``above`` and ``reaches_part (legs, J, segments)``."""
        low, high = legs.end_kW_per_K[:-1], legs.end_kW_per_K[1:]
        shape = (*legs.reaches.shape, legs.flow.size)
        above = assembly.columns(f"above{legs.suffix}", shape, upper=high)
        part = assembly.columns(f"reaches_part{legs.suffix}", shape, upper=1.0)
        parts = assembly.rows(f"parts{legs.suffix}", shape[:2], lower=0.0, upper=0.0)
        assembly.put(parts, legs.reaches, -1.0)
        assembly.put(parts[..., None], part, 1.0)
        product = assembly.rows(f"product{legs.suffix}", (4, *shape), lower=0.0)
        for row, end, sign in ((0, low, 1.0), (1, high, -1.0)):
            assembly.put(product[row], above, sign)
            assembly.put(product[row], part, -sign * end)
        for row, end, sign in ((2, low, 1.0), (3, high, -1.0)):
            assembly.put(product[row], legs.flow, sign)
            assembly.put(product[row], above, -sign)
            assembly.put(product[row], legs.is_segment, -sign * end)
            assembly.put(product[row], part, sign * end)
        if self.has_heat_limits:
            _put_heat_limits(assembly, inputs, grid, legs, above)
        return above


def _put_heat_limits(
    assembly: Assembly, inputs: LoopInputs, grid: TransportGrid, legs: Legs, above: Ints
) -> None:
    """Add (12): what the streams at a stage can give or take, for every segment."""
    cell, loop_cell = heat_pairs(inputs, grid, legs.numbers[0])
    cell_kW = inputs.capacity_kW_per_K[grid.stream] * (grid.high_C - grid.low_C)
    width_K, places = np.diff(grid.loop_C), np.arange(grid.n_cells)
    for leg, stage in enumerate(legs.route.stages):
        is_here = inputs.at_stage(stage)
        for name, sign in (("given", 1.0), ("taken", -1.0)):
            has = (is_here & (inputs.direction == sign))[grid.stream[cell]]
            beyond = sign * places[None, :] >= sign * places[:, None]
            if not has.any():
                beyond = np.eye(grid.n_cells, dtype=bool)
            # hot cells that meet cell j or a hotter one, cold cells that meet j or a colder one
            furthest = np.full(grid.stream.size, -1)
            towards = loop_cell if sign > 0.0 else grid.n_cells - 1 - loop_cell
            np.maximum.at(furthest, cell[has], towards[has])
            step = places if sign > 0.0 else grid.n_cells - 1 - places
            most_kW = (furthest[None, :] >= step[:, None]) @ cell_kW
            shape = (grid.n_cells, legs.flow.size)
            limit = assembly.rows(f"{name}{legs.suffix}_{leg}", shape, upper=0.0)
            row, place = np.nonzero(beyond)
            assembly.put(limit[row], above[leg][place], sign * width_K[place, None])
            assembly.put(limit[row], above[leg - 1][place], -sign * width_K[place, None])
            assembly.put(limit, legs.is_segment, -most_kW[:, None])


@dataclass(frozen=True)
class TransportForm:
    """How the rows of the transport model are written.

    Attributes
    ----------
    joins_by_cell : bool
        Whether rows (2) stand for each cell of a stream, or for all its cells together.
    product : Product
        Rows (5).
    has_links : bool
        Whether heat is limited to the cells that the loop passes, see
        `milpcore.loops.transport_links`.
    """

    joins_by_cell: bool = True
    product: Product = WholeProduct()
    has_links: bool = False
