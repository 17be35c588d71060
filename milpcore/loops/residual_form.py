"""Ways to write the sides of the residual-energy model, `milpcore.loops.residual`.

All have the same optimum; they differ in size and in how far the linear relaxation is below it
(`milpcore.loops.comparison`).

Starts
------
With ``has_starts`` the place where the loop begins to be cooled, its temperature T_h, is one of the
intervals between levels, and so is that where it begins to be heated, T_c. For places i of either:

``start (N + 1,)``         share of the loop that begins in place i; ``x_n`` is their sum up to n
``start_flow (N + 1,)``    flow of that share, MW/K, at most the largest flow times the share
``start_energy (N + 1,)``  flow times temperature, MW, between flow times the two levels of i

(10) flows and energies of all places add up to F and to Eh (of ``deficit`` Ec)
(11) ``R_n >= sum of (energy - flow t_n) of the places beyond level n``: what is taken above a level
     comes from water that begins above it. The sum is never positive, and for the loop itself
     the row says no more than R_n >= 0 or that nothing is taken; for shares of loops, as in a
     relaxation, it says much more.

Place 0 is the first level itself: water beyond the last stream is of no use. Source: own, after the
multiple-choice form of a union of polyhedra, one for each place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly
from milpcore.loops.inputs import Floats, Ints


@dataclass(frozen=True)
class ResidualForm:
    """How the rows of the residual-energy model are written.

    Attributes
    ----------
    big_m_by_level : bool
        Whether M of rows (3) is that of each level, or the largest of them for all.
    use_by_stream : bool
        Whether rows (4) stand for each stream, or for all streams of an interval together.
    is_monotone : bool
        Whether (3) orders the binaries along the axis. The rows imply it where the loop flows.
    has_starts : bool
        Whether flow and energy are divided among the places where the loop may begin.
    """

    big_m_by_level: bool = True
    use_by_stream: bool = True
    is_monotone: bool = True
    has_starts: bool = False


@dataclass(frozen=True, eq=False)
class Side:
    """Columns of one side of the loop: cooled (``residual``) or heated (``deficit``).

    Attributes
    ----------
    kind : str
        Name of the side.
    sign : float
        1 where the axis falls, -1 where it rises.
    axis_C (N + 1,) : ndarray
        Levels in the direction in which the loop changes.
    value, right (N + 1,) : ndarray of int64
        Residuals or deficits, and their binaries.
    flow, energy : ndarray of int64
        Of the loop; energy at the beginning of this side.
    max_flow : float
        MW/K.
    """

    kind: str
    sign: float
    axis_C: Floats
    value: Ints
    right: Ints
    flow: Ints
    energy: Ints
    max_flow: float


def put_sides(assembly: Assembly, form: ResidualForm, side: Side) -> None:
    """Add (3): signs and monotone binaries."""
    kind, value, right = side.kind, side.value, side.right
    above = side.max_flow * np.abs(side.axis_C - side.axis_C[0])
    below = side.max_flow * np.abs(side.axis_C - side.axis_C[-1])
    if not form.big_m_by_level:
        above, below = np.full_like(above, above.max()), np.full_like(below, below.max())
    most = assembly.rows(f"{kind}_most", value.size, upper=0.0)
    assembly.put(most, value, 1.0)
    assembly.put(most, right, -above)
    least = assembly.rows(f"{kind}_least", value.size, lower=-below)
    assembly.put(least, value, 1.0)
    assembly.put(least, right, -below)
    if form.is_monotone:
        order = assembly.rows(f"{kind}_order", value.size - 1, lower=0.0)
        assembly.put(order, right[1:], 1.0)
        assembly.put(order, right[:-1], -1.0)
    if form.has_starts:
        _put_starts(assembly, side)


def put_use(
    assembly: Assembly, form: ResidualForm, side: Side, used: Ints, largest: Floats
) -> None:
    """Add (4): no heat unless the loop is on the right side at both ends of the interval.

    Parameters
    ----------
    assembly : Assembly
    form : ResidualForm
    side : Side
    used (streams, N) : ndarray of int64
        Heat of the side's streams, intervals in the order of its axis.
    largest (streams, N) : ndarray
        What it can be, MW.
    """
    ends = (side.right[:-1], side.right[1:])
    if form.use_by_stream:
        use = assembly.rows(f"{side.kind}_use", (2, *used.shape), upper=0.0)
        assembly.put(use, used, 1.0)
        for row, end in zip(use, ends, strict=True):
            assembly.put(row, end[None, :], -largest)
        return
    use = assembly.rows(f"{side.kind}_use", (2, used.shape[1]), upper=0.0)
    assembly.put(use[:, None, :], used, 1.0)
    for row, end in zip(use, ends, strict=True):
        assembly.put(row, end, -largest.sum(axis=0))


def _put_starts(assembly: Assembly, side: Side) -> None:
    """Add the places where the loop begins, (10) and (11)."""
    kind, sign, axis_C, n_places = side.kind, side.sign, side.axis_C, side.axis_C.size
    start = assembly.columns(f"{kind}_start", n_places, upper=1.0)
    flow = assembly.columns(f"{kind}_start_flow", n_places, upper=side.max_flow)
    energy = assembly.columns(f"{kind}_start_energy", n_places, lower=-np.inf)
    for name, parts, whole in (("flow", flow, side.flow), ("energy", energy, side.energy)):
        total = assembly.rows(f"{kind}_start_{name}s", (), lower=0.0, upper=0.0)  # (10)
        assembly.put(total, parts, 1.0)
        assembly.put(total, whole, -1.0)
    before_C = np.concatenate([axis_C[:1], axis_C[:-1]])
    within = assembly.rows(f"{kind}_start_within", (3, n_places), lower=0.0)
    assembly.put(within[0], flow, sign * before_C)
    assembly.put(within[0], energy, -sign)
    assembly.put(within[1], energy, sign)
    assembly.put(within[1], flow, -sign * axis_C)
    assembly.put(within[2], start, side.max_flow)
    assembly.put(within[2], flow, -1.0)
    has_begun = assembly.rows(f"{kind}_has_begun", n_places, lower=0.0, upper=0.0)
    assembly.put(has_begun, side.right, -1.0)
    level, place = np.tril_indices(n_places)
    assembly.put(has_begun[level], start[place], 1.0)
    served = assembly.rows(f"{kind}_start_served", n_places, lower=0.0)  # (11)
    assembly.put(served, side.value, 1.0)
    level, place = np.triu_indices(n_places, 1)
    assembly.put(served[level], energy[place], -sign)
    assembly.put(served[level], flow[place], sign * axis_C[level])
