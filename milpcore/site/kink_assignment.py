r"""Streams of one kink and kind are assigned together.

Idea: while no cost or limit hangs on a single connection and heat cascades freely, streams with
the same feasible levels are alike. Each kink with hot heat, and each with cold duty, is one group
with its total duty.

Source: the merging of identical clients in facility location, applied to the model of Hochhaus,
Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated Utility Systems with Heat Pumps
using MILP*, Systems and Control Transactions; the rows (10b) after Cornuéjols, Fisher, Nemhauser
(1977), https://doi.org/10.1287/mnsc.23.8.789.

Interface and rows (1)-(7): `milpcore.site.model` and `milpcore.site.milp_parts`; MW. With ``G``
groups and ``M`` feasible matches of groups and levels, own columns

- ``share`` (M,): share of group ``g`` that uses level ``l``, from 0 to 1, continuous,

heat of streams at a level ``duty_g x_gl``, and own rows

.. math::

   \sum_l x_{gl} = 1 \quad \forall g \tag{8}

   \sum_l y_l \le N \tag{9}

   x_{gl} \le y_l \quad \forall (g, l) \tag{10b}

Plain text: each group shares itself out (8), at most N levels (9), none but open ones (10b).

Size: M + 4 L + 1 + K columns, M + G + 3 L + 1 rows and two to four for each level with pumps;
L binaries.

Its LP bound without the dominance rows (6), (7) is that of `AssignmentStrong`: the mean of the
connections of a group's streams, weighted by duty, is a share with the same heat flows, and a
share given to each stream is a connection. With the dominance rows, which replace (5), neither
order holds.

Exact if heat cascades freely: with open levels fixed, the cheapest share of a group is all of it
at the level nearest to its kink (`milpcore.site.conditions.nearest_level_faults`), which connects
each stream to one level. The dominance rows are exact where
`milpcore.site.conditions.pump_dominance_faults` finds nothing; the proof stands there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milpcore.core import Assembly, Problem, Solution
from milpcore.site.inputs import Booleans, Integers, SiteInputs
from milpcore.site.milp_parts import (
    DutyTerms,
    add_stream_terms,
    checked_level_count,
    nearest_level_refusal,
    refuse_where_wrong,
    uses_dominance_rows,
)
from milpcore.site.model import KW_PER_MW, Observer, Outcome, add_interface, nearest_levels
from milpcore.site.solve_milp import solve_formulation
from preprocess.matches import feasible_matches


@dataclass(frozen=True)
class KinkAssignment:
    """Groups of streams with the same kink are assigned to open levels.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.
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
    >>> KinkAssignment(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    name: ClassVar[str] = "kink_assignment"
    n_levels: int
    dominance_rows: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

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
        hot_kink, cold_kink = (
            np.flatnonzero(inputs.hot_kink_kW),
            np.flatnonzero(inputs.cold_kink_kW),
        )
        kink = np.concatenate((hot_kink, cold_kink))
        is_hot = np.arange(kink.size) < hot_kink.size
        duty_MW = np.where(is_hot, inputs.hot_kink_kW[kink], inputs.cold_kink_kW[kink]) / KW_PER_MW
        group, level = feasible_matches(is_hot, kink, inputs.n_candidates)

        assembly = Assembly()
        interface = add_interface(assembly, inputs, open_is_integer=True)
        share = assembly.columns("share", group.shape, upper=1.0)
        hot, cold = (
            DutyTerms(level[chosen], share[chosen], duty_MW[group[chosen]])
            for chosen in (is_hot[group], ~is_hot[group])
        )
        add_stream_terms(
            assembly,
            inputs,
            interface,
            hot,
            cold,
            n_levels=self.n_levels,
            dominance_rows=uses_dominance_rows(inputs, self.dominance_rows),
        )
        whole = assembly.rows("whole_group", kink.shape, lower=1.0, upper=1.0)  # (8)
        assembly.put(whole[group], share, 1.0)
        most_levels = assembly.rows("most_levels", (), upper=float(self.n_levels))  # (9)
        assembly.put(most_levels, interface.is_open, 1.0)
        only_open = assembly.rows("only_open", share.shape, upper=0.0)  # (10b)
        assembly.put(only_open, share, 1.0)
        assembly.put(only_open, interface.is_open[level], -1.0)
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
