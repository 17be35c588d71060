r"""Every stream is assigned to an open level: the published model and its tight version.

Idea: a binary for each feasible pair of stream and level. The only formulations that can do
without cascade. What connections cost (`milpcore.site.connection_terms`) stands on these binaries.

Source: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated Utility
Systems with Heat Pumps using MILP*, Systems and Control Transactions, for `AssignmentWeak`. The
row by pair of `AssignmentStrong` is the classical tightening of facility location: Cornuéjols,
Fisher, Nemhauser (1977), https://doi.org/10.1287/mnsc.23.8.789.

Interface and rows (1)-(5): `milpcore.site.model` and `milpcore.site.milp_parts`; MW. With ``M``
feasible matches (hot streams up to their kink, cold ones from it), own columns

- ``connection`` (M,): 1 where stream ``s`` uses level ``l``, binary,

heat of streams at a level ``duty_s x_sl``, and own rows

.. math::

   \sum_l x_{sl} = 1 \quad \forall s \tag{8}

   \sum_l y_l \le N \tag{9}

   \sum_s x_{sl} \le n_l\, y_l \quad \forall l \qquad\text{(weak)} \tag{10a}

   x_{sl} \le y_l \quad \forall (s, l) \qquad\text{(strong)} \tag{10b}

with ``n_l`` the number of streams that level ``l`` can serve. Plain text: each stream one level
(8), at most N levels (9), none but open ones (10).

Size: M + 4 L + 1 + K columns, S + 3 L + 1 rows, one or two for each level with pumps, and L (weak)
or M (strong) rows (10). Strong is never looser than weak: (10a) is the sum of (10b).

Exact always: this is the definition of model A. Where nothing hangs on a single connection and
heat cascades freely, `read` connects each stream to the open level nearest to its kink, which costs
no more (`milpcore.site.conditions.nearest_level_faults`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milpcore.core import Assembly, Problem, Solution
from milpcore.site.conditions import nearest_level_faults
from milpcore.site.inputs import Booleans, Integers, SiteInputs
from milpcore.site.milp_parts import DutyTerms, add_stream_terms, checked_level_count
from milpcore.site.model import (
    KW_PER_MW,
    Interface,
    Observer,
    Outcome,
    add_interface,
    nearest_levels,
)
from milpcore.site.solve_milp import solve_formulation


@dataclass(frozen=True)
class AssignmentWeak:
    """The published model: connections to a level are limited together.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> AssignmentWeak(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    name: ClassVar[str] = "assignment_weak"
    n_levels: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: SiteInputs) -> str | None:  # noqa: ARG002
        """Return None: exact for every input."""
        return None

    def build(self, inputs: SiteInputs) -> Problem:
        """Assemble the problem with rows (10a)."""
        assembly, interface, level, connection = _assemble(inputs, self.n_levels)
        n_streams = np.bincount(level, minlength=inputs.n_candidates)
        only_open = assembly.rows("only_open", interface.is_open.shape, upper=0.0)  # (10a)
        assembly.put(only_open[level], connection, 1.0)
        assembly.put(only_open, interface.is_open, -n_streams)
        return assembly.problem()

    def read(self, inputs: SiteInputs, solution: Solution) -> tuple[Booleans, Integers]:
        """Open levels (L,) and the level of each stream (S,) of a solution."""
        return _read(inputs, solution)

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
class AssignmentStrong:
    """The tight version: every connection to a level is limited on its own.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"), cascade=False)
    >>> AssignmentStrong(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    name: ClassVar[str] = "assignment_strong"
    n_levels: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: SiteInputs) -> str | None:  # noqa: ARG002
        """Return None: exact for every input."""
        return None

    def build(self, inputs: SiteInputs) -> Problem:
        """Assemble the problem with rows (10b)."""
        assembly, interface, level, connection = _assemble(inputs, self.n_levels)
        only_open = assembly.rows("only_open", connection.shape, upper=0.0)  # (10b)
        assembly.put(only_open, connection, 1.0)
        assembly.put(only_open, interface.is_open[level], -1.0)
        return assembly.problem()

    def read(self, inputs: SiteInputs, solution: Solution) -> tuple[Booleans, Integers]:
        """Open levels (L,) and the level of each stream (S,) of a solution."""
        return _read(inputs, solution)

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


def _assemble(inputs: SiteInputs, n_levels: int) -> tuple[Assembly, Interface, Integers, Integers]:
    """Assemble everything but (10); return also level and column of each match (M,)."""
    stream, level = inputs.matches
    assembly = Assembly()
    interface = add_interface(assembly, inputs, open_is_integer=True)
    connection = assembly.columns("connection", stream.shape, upper=1.0, integer=True)
    if inputs.chooses_connections:
        costs = inputs.objective_connection_costs[stream, level]
        assembly.cost(connection, costs / (KW_PER_MW * inputs.cost_scale))
    duty_MW = inputs.stream_duty_kW[stream] / KW_PER_MW
    is_hot = inputs.stream_is_hot[stream]
    hot, cold = (
        DutyTerms(level[chosen], connection[chosen], duty_MW[chosen])
        for chosen in (is_hot, ~is_hot)
    )
    add_stream_terms(
        assembly, inputs, interface, hot, cold, n_levels=n_levels, dominance_rows=False
    )
    one_level = assembly.rows("one_level", (inputs.n_streams,), lower=1.0, upper=1.0)  # (8)
    assembly.put(one_level[stream], connection, 1.0)
    most_levels = assembly.rows("most_levels", (), upper=float(n_levels))  # (9)
    assembly.put(most_levels, interface.is_open, 1.0)
    return assembly, interface, level, connection


def _read(inputs: SiteInputs, solution: Solution) -> tuple[Booleans, Integers]:
    is_open = solution.values["is_open"] > 0.5
    if not nearest_level_faults(inputs):
        return is_open, nearest_levels(inputs, is_open)
    stream, level = inputs.matches
    chosen = np.full(inputs.n_streams, -1, dtype=np.int64)
    taken = solution.values["connection"] > 0.5
    chosen[stream[taken]] = level[taken]
    return is_open, chosen
