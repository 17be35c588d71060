"""Path formulations with an arc-wise cascade and with layers: `ArcPath` and `LayeredPath`.

Idea. In the relaxation of `LevelPath` several fractional paths pass a level, and the surplus of
one pays the deficit of another: heat is pooled at the node and in the chain of the cascade. Two
changes take most of that away, together but not alone:

- the cascade flows down each arc and only where the arc is used, ``0 <= R_a <= M_a u_a``, with as
  small a limit as can be proven (`milpcore.site.cascade_limits`),
- a state is a level *as the k-th open one*, with heat flows of its own
  (`milpcore.site.state_network`), so that paths with different numbers of levels below share
  nothing.

Variables, rows and their numbers: `milpcore.site.state_path`. Size with N layers: at most N - 1
times the arcs of `LevelPath`, N L states, N (N - 1)/2 times the pumps; with an `upper_bound` only
what a design at least as good can use (`milpcore.site.survivors`), usually a small part.

Exact. With one kind of integers of `IntegerColumns` the flow is a single path (the proof of
`milpcore.site.level_path` does not look at layers: with ``y`` binary all paths in a decomposition
of the flow visit the same levels in the same order, so they are the same states). On a single
path with levels l_1 < ... < l_m the rows are those of the model with these levels open, but for
limits that some optimal design keeps: of `milpcore.site.limits` and, for the arcs, of
`milpcore.site.cascade_limits`. The nearest open level is best where the cascade is free
(`milpcore.site.conditions.nearest_level_faults`).

Tightness of the linear relaxations, without `upper_bound`:

- layers with a chain are never looser than `LevelPath`: layered flows summed over layers are a
  flow of that model;
- with the same limit, layers are never looser than none: sums over the states of a level satisfy
  (1), (13), (14) and (2)-(5);
- the tight limit is never looser than (2), which holds for the same input: ``Up_a`` is at most the
  hot heat at or above ``j``, ``Dn_a`` at most the cold duty at or below ``i``;
- `ArcPath` is never looser than `LevelPath` without dominance rows: (14) makes its ``R_a`` a chain.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from milpcore.core import Problem, Solution
from milpcore.site.cascade_limits import Cascade, best_cascade
from milpcore.site.conditions import local_exchange_faults
from milpcore.site.inputs import Booleans, Integers, SiteInputs
from milpcore.site.level_path import IntegerColumns
from milpcore.site.milp_parts import (
    checked_level_count,
    nearest_level_refusal,
    refuse_where_wrong,
)
from milpcore.site.model import Observer, Outcome, nearest_levels
from milpcore.site.option_refusals import network_option_refusal
from milpcore.site.solve_milp import solve_formulation
from milpcore.site.state_path import PathOptions, PathProblem, build_path


class CutFamily(Protocol):
    """Rows that tighten the relaxation of a path formulation and keep its optimum."""

    @property
    def name(self) -> str:
        """Name in tables."""

    def add(self, inputs: SiteInputs, path: PathProblem) -> PathProblem:
        """Return the path with further rows."""


@dataclass(frozen=True)
class ArcPath:
    """A path of levels whose cascade flows down arcs.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.
    cascade : Cascade, optional
        Limit of the cascade; by default the tight one where it is valid, the loose one elsewhere.
        With `Cascade.CHAIN` it is `LevelPath`.
    integer : IntegerColumns
        Which columns are integer; all choices have the same optimum and LP bound.
    upper_bound : float, optional
        Objective of a known design (`Outcome.objective`), EUR/a or t/a: arcs and pumps that no
        design at least as good uses are left out.
    cuts : tuple of CutFamily
        Rows to add.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> ArcPath(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    name: ClassVar[str] = "arc_path"
    layered: ClassVar[bool] = False
    n_levels: int
    cascade: Cascade | None = None
    integer: IntegerColumns = IntegerColumns.COUNTS
    upper_bound: float | None = None
    cuts: tuple[CutFamily, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why it would be wrong for the input, and what to use; None if exact."""
        return _refusal(inputs, self.cascade)

    def build(self, inputs: SiteInputs) -> Problem:
        """Assemble the problem.

        Raises
        ------
        InputError
            Where `refusal` says so.
        """
        return self.path(inputs).problem

    def path(self, inputs: SiteInputs) -> PathProblem:
        """Assemble the problem and keep its network, as `coverage_intervals` needs it."""
        return _path(self, inputs)

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


@dataclass(frozen=True)
class LayeredPath:
    """A path of levels, each with its place among the open ones.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.
    cascade : Cascade, optional
        How heat cascades; by default down arcs with the tight limit where it is valid, with the
        loose one elsewhere.
    integer : IntegerColumns
        Which columns are integer; all choices have the same optimum and LP bound.
    upper_bound : float, optional
        Objective of a known design (`Outcome.objective`), EUR/a or t/a: arcs and pumps that no
        design at least as good uses are left out.
    cuts : tuple of CutFamily
        Rows to add.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> LayeredPath(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    name: ClassVar[str] = "layered_path"
    layered: ClassVar[bool] = True
    n_levels: int
    cascade: Cascade | None = None
    integer: IntegerColumns = IntegerColumns.COUNTS
    upper_bound: float | None = None
    cuts: tuple[CutFamily, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why it would be wrong for the input, and what to use; None if exact."""
        return _refusal(inputs, self.cascade)

    def build(self, inputs: SiteInputs) -> Problem:
        """Assemble the problem.

        Raises
        ------
        InputError
            Where `refusal` says so.
        """
        return self.path(inputs).problem

    def path(self, inputs: SiteInputs) -> PathProblem:
        """Assemble the problem and keep its network, as `coverage_intervals` needs it."""
        return _path(self, inputs)

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


def _refusal(inputs: SiteInputs, cascade: Cascade | None) -> str | None:
    """Reason, semicolon, remedy; None if exact."""
    faults = local_exchange_faults(inputs) if cascade is Cascade.TIGHT else []
    if faults and inputs.cascade:
        return f"would be wrong with the tight limit of the cascade, because {faults[0]}" + (
            "; leave cascade to be decided by the input"
        )
    return nearest_level_refusal(inputs, None) or network_option_refusal(inputs)


def _path(formulation: ArcPath | LayeredPath, inputs: SiteInputs) -> PathProblem:
    """Assemble the problem and add the cuts, one family after the other."""
    refuse_where_wrong(formulation, inputs)
    options = PathOptions(
        n_levels=formulation.n_levels,
        layered=formulation.layered,
        cascade=best_cascade(inputs) if formulation.cascade is None else formulation.cascade,
        integer=IntegerColumns(formulation.integer),
        upper_bound=formulation.upper_bound,
    )
    path = build_path(inputs, options)
    for family in formulation.cuts:
        path = family.add(inputs, path)
    return path
