"""Cells of streams and loops, pairs of them, and segments of flow of the transport model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.loops.inputs import Floats, Ints, LoopInputs


@dataclass(frozen=True, eq=False)
class TransportGrid:
    """Cells of streams and loops.

    Attributes
    ----------
    stream (K,) : ndarray of int64
        Stream of each cell, streams one after the other.
    low_C, high_C (K,) : ndarray
        Ends of each cell.
    loop_C (J + 1,) : ndarray
        Edges of the loops' cells, rising.
    """

    stream: Ints
    low_C: Floats
    high_C: Floats
    loop_C: Floats

    @property
    def n_cells(self) -> int:
        """Number of cells of the loops."""
        return self.loop_C.size - 1


def transport_grid(
    inputs: LoopInputs, *, stream_cell_K: float, loop_cell_K: float
) -> TransportGrid:
    """Cut streams and the loops' range into cells.

    Parameters
    ----------
    inputs : LoopInputs
    stream_cell_K, loop_cell_K : float
        Largest widths.

    Returns
    -------
    TransportGrid
    """
    streams, lows, highs = [], [], []
    for stream in range(inputs.n_streams):
        low, high = inputs.low_C[stream], inputs.high_C[stream]
        edges = np.linspace(
            low, high, max(1, int(np.ceil((high - low) / stream_cell_K - 1e-9))) + 1
        )
        streams.append(np.full(edges.size - 1, stream))
        lows.append(edges[:-1])
        highs.append(edges[1:])
    coldest, hottest = inputs.loop_range_C()
    n_cells = max(1, int(np.ceil((hottest - coldest) / loop_cell_K - 1e-9)))
    loop_C = np.linspace(coldest, max(hottest, coldest + 1e-3), n_cells + 1)
    return TransportGrid(
        np.concatenate(streams).astype(np.int64),
        np.concatenate(lows),
        np.concatenate(highs),
        loop_C,
    )


def heat_pairs(inputs: LoopInputs, grid: TransportGrid, loop: int) -> tuple[Ints, Ints]:
    """Cells of streams and of a loop that are at least ΔTmin apart at both ends."""
    sign = inputs.direction[grid.stream][:, None]
    low_K = sign * (grid.low_C[:, None] - grid.loop_C[None, :-1])
    high_K = sign * (grid.high_C[:, None] - grid.loop_C[None, 1:])
    apart = np.minimum(low_K, high_K) >= inputs.dt_min_K - 1e-9
    cell, loop_cell = np.nonzero(apart & inputs.joins[loop, grid.stream][:, None])
    return cell.astype(np.int64), loop_cell.astype(np.int64)


def flow_limit_kW_per_K(inputs: LoopInputs) -> float:
    """Largest flow that the model considers: all heat over a fifth of the loops' range."""
    coldest, hottest = inputs.loop_range_C()
    span_K = max((hottest - coldest) / 5.0, 1.0)
    return min(inputs.most_flow_kW_per_K(), inputs.exchangeable_kW() / span_K)


def segment_ends(inputs: LoopInputs, n_segments: int) -> Floats:
    """Flows between which pipes and pumps cost what a chord says, from 0, each twice the last."""
    shares = np.geomspace(1.0 / 2 ** (n_segments - 1), 1.0, n_segments)
    return np.concatenate([[0.0], flow_limit_kW_per_K(inputs) * shares])
