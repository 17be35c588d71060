r"""The open levels are a path through the candidates, from below the lowest to above the highest.

Idea: with a free cascade every stream uses the open level nearest to its kink, so what a level
takes over depends on its neighbours alone. An arc ``a = (i, j)`` says "i and j are consecutive open
levels" and decides at once where all streams with their kink between i and j go: hot heat down to
i, cold duty up to j.

Source: the shortest path form of choosing breakpoints in order, as in lot sizing (Eppen, Martin
1987, https://doi.org/10.1287/opre.35.6.832), applied here to the model of Hochhaus, Grünewald,
Riese (2026), *Optimization of Site-wide Heat-Integrated Utility Systems with Heat Pumps using
MILP*, Systems and Control Transactions.

Interface and rows (1)-(7): `milpcore.site.model` and `milpcore.site.milp_parts`; MW. With ``A``
arcs between the nodes source, 0..L-1, sink, own columns

- ``arc`` (A,): ``u_a``, 1 where its ends are consecutive, from 0 to 1
- ``count`` (L,): number of open levels up to and including ``l``, only with `IntegerColumns.COUNTS`

Arc (i, j) brings the hot heat with its kink in [i, j) to i and the cold duty with its kink in (i,
j] to j. (source, j) brings the cold duty up to j to j and exists if no hot kink lies below j; (i,
sink) brings the hot heat from i to i and exists if no cold kink lies above i. Own rows

.. math::

   \sum_{a\,\mathrm{into}\,l} u_a = y_l \quad \forall l \tag{8}

   \sum_{a\,\mathrm{out\,of}\,l} u_a = y_l \quad \forall l \tag{9}

   \sum_{a\,\mathrm{out\,of\,source}} u_a = 1 \tag{10}

   \sum_l y_l \le N \tag{11}

   S_l - S_{l-1} = y_l \quad \forall l \tag{12}

Plain text: what enters a level leaves it (8), (9); one path (10); at most N levels (11); cumulative
counts (12). One kind of integer is enough, see `IntegerColumns`: with binary ``y`` an open level
carries the whole unit of flow, so that no arc passes over it and none can be a fraction; integer
counts make ``y`` binary, and binary arcs do by (8) and (10).

Size: L²/2 arcs at most, A + 4 L + 1 + K columns (+ L counts), 5 L + 2 rows (+ L), and two to
four for each level with pumps; L or A integers.

Its LP bound without dominance rows equals that of `KinkAssignment`, where each group is best
shared out over the nearest levels until one unit of ``y`` is used up: lay the ``y_l`` end to end
on a line and take the levels hit by the points t, t + 1, t + 2, ...; the paths for all t in [0, 1)
mixed have exactly these shares and at most N levels each. Never looser than `AssignmentWeak`.

Exact if heat cascades freely (`milpcore.site.conditions.nearest_level_faults`, with proof), and the
dominance rows where `milpcore.site.conditions.pump_dominance_faults` finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem, Solution
from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.milp_parts import (
    DutyTerms,
    add_stream_terms,
    checked_level_count,
    nearest_level_refusal,
    refuse_where_wrong,
    uses_dominance_rows,
)
from milpcore.site.model import (
    KW_PER_MW,
    Interface,
    Observer,
    Outcome,
    add_interface,
    nearest_levels,
)
from milpcore.site.solve_milp import solve_formulation

SOURCE = -1
"""Tail of the arcs to the lowest open level; their head and every other index is a level."""


class IntegerColumns(Enum):
    """Which columns of `LevelPath` are integer; each choice makes all others integral."""

    LEVELS = "levels"
    """``is_open``, binary."""
    ARCS = "arcs"
    """``arc``, binary."""
    COUNTS = "counts"
    """``count``, the cumulative number of open levels, integer."""


class Arcs(NamedTuple):
    """All arcs that some feasible choice of levels uses.

    Attributes
    ----------
    tail, head : ndarray of int (A,)
        Consecutive open levels; tail -1 is the source, head L the sink.
    hot_kW, cold_kW : ndarray (A,)
        Hot heat brought to the tail and cold duty brought to the head.
    """

    tail: Integers
    head: Integers
    hot_kW: Floats
    cold_kW: Floats


def level_arcs(inputs: SiteInputs) -> Arcs:
    """List the arcs of the level path.

    Parameters
    ----------
    inputs : SiteInputs
        The site.

    Returns
    -------
    Arcs
        From the source rising by head, then between levels rising by (tail, head), then to the
        sink rising by tail.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> len(level_arcs(prepare(milpcore.load_case("site_400"))).tail)
    12092
    """
    n_levels = inputs.n_candidates
    hot_kink, cold_kink = np.flatnonzero(inputs.hot_kink_kW), np.flatnonzero(inputs.cold_kink_kW)
    highest_start = int(hot_kink[0]) if hot_kink.size else n_levels - 1
    lowest_end = int(cold_kink[-1]) if cold_kink.size else 0
    first = np.arange(highest_start + 1)
    last = np.arange(lowest_end, n_levels)
    inner_tail, inner_head = np.triu_indices(n_levels, 1)
    tail = np.concatenate((np.full(first.size, SOURCE), inner_tail, last)).astype(np.int64)
    head = np.concatenate((first, inner_head, np.full(last.size, n_levels))).astype(np.int64)
    hot_below_kW, cold_below_kW = (
        np.concatenate(([0.0], np.cumsum(kink_kW)))
        for kink_kW in (inputs.hot_kink_kW, inputs.cold_kink_kW)
    )
    inside = np.minimum(head + 1, n_levels)
    return Arcs(
        tail=tail,
        head=head,
        hot_kW=hot_below_kW[head] - hot_below_kW[np.maximum(tail, 0)],
        cold_kW=cold_below_kW[inside] - cold_below_kW[tail + 1],
    )


@dataclass(frozen=True)
class LevelPath:
    """A path through the candidates with at most `n_levels` levels.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.
    integer : IntegerColumns
        Which columns are integer; all choices have the same optimum and LP bound.
    dominance_rows : bool, optional
        Whether to add the rows (6) and (7); by default where they are exact.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> LevelPath(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    name: ClassVar[str] = "level_path"
    n_levels: int
    integer: IntegerColumns = IntegerColumns.COUNTS
    dominance_rows: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))
        object.__setattr__(self, "integer", IntegerColumns(self.integer))

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why it would be wrong for the input, and what to use; None if exact."""
        return nearest_level_refusal(inputs, self.dominance_rows)

    def build(self, inputs: SiteInputs) -> Problem:
        """Assemble the problem.

        Raises
        ------
        InputError
            Where `refusal` says so.
        """
        refuse_where_wrong(self, inputs)
        arcs = level_arcs(inputs)
        assembly = Assembly()
        interface = add_interface(
            assembly, inputs, open_is_integer=self.integer is IntegerColumns.LEVELS
        )
        arc = assembly.columns(
            "arc", arcs.tail.shape, upper=1.0, integer=self.integer is IntegerColumns.ARCS
        )
        hot, cold = arcs.hot_kW > 0.0, arcs.cold_kW > 0.0
        add_stream_terms(
            assembly,
            inputs,
            interface,
            DutyTerms(arcs.tail[hot], arc[hot], arcs.hot_kW[hot] / KW_PER_MW),
            DutyTerms(arcs.head[cold], arc[cold], arcs.cold_kW[cold] / KW_PER_MW),
            n_levels=self.n_levels,
            dominance_rows=uses_dominance_rows(inputs, self.dominance_rows),
        )
        _add_path(assembly, interface, arcs, arc, n_levels=self.n_levels)
        if self.integer is IntegerColumns.COUNTS:
            _add_counts(assembly, interface, n_levels=self.n_levels)
        return assembly.problem()

    def read(self, inputs: SiteInputs, solution: Solution) -> tuple[Booleans, Integers]:
        """Open levels (L,) and the level of each stream (S,) of a solution."""
        is_open = solution.values["is_open"] > 0.5
        return is_open, nearest_levels(inputs, is_open)

    def solve(
        self,
        inputs: SiteInputs,
        *,
        mip_rel_gap: float = 1e-4,
        time_limit_s: float | None = None,
        observer: Observer | None = None,
    ) -> Outcome:
        """Solve one configuration; see `milpcore.site.solve_milp.solve_formulation`."""
        return solve_formulation(
            self, inputs, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s, observer=observer
        )


def _add_path(
    assembly: Assembly, interface: Interface, arcs: Arcs, arc: Integers, *, n_levels: int
) -> None:
    """Add the rows of a single path of open levels."""
    is_open = interface.is_open
    from_source, to_sink = arcs.tail == SOURCE, arcs.head == is_open.size
    enters = assembly.rows("path_enters", is_open.shape, lower=0.0, upper=0.0)  # (8)
    assembly.put(enters[arcs.head[~to_sink]], arc[~to_sink], 1.0)
    assembly.put(enters, is_open, -1.0)
    leaves = assembly.rows("path_leaves", is_open.shape, lower=0.0, upper=0.0)  # (9)
    assembly.put(leaves[arcs.tail[~from_source]], arc[~from_source], 1.0)
    assembly.put(leaves, is_open, -1.0)
    starts = assembly.rows("path_starts", (), lower=1.0, upper=1.0)  # (10)
    assembly.put(starts, arc[from_source], 1.0)
    most_levels = assembly.rows("most_levels", (), upper=float(n_levels))  # (11)
    assembly.put(most_levels, is_open, 1.0)


def _add_counts(assembly: Assembly, interface: Interface, *, n_levels: int) -> None:
    """Add integer cumulative counts of open levels."""
    is_open = interface.is_open
    count = assembly.columns("count", is_open.shape, upper=float(n_levels), integer=True)
    counted = assembly.rows("level_counted", is_open.shape, lower=0.0, upper=0.0)  # (12)
    assembly.put(counted, count, 1.0)
    assembly.put(counted[1:], count[:-1], -1.0)
    assembly.put(counted, is_open, -1.0)
