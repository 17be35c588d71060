r"""`PathSearch`: the exact search on the level network, the default of the greenfield study.

Idea. With a free cascade every stream uses the open level nearest to its kink, a set of open levels
is a path, and a design is feasible exactly if the coverage of every arc (external heat and heat
pump heat above it) reaches the arc's deficit, a number that depends on the arc alone
(`milpcore.site.path_search.network`). For feasible heat prices the cost of any design is at least
a path length, so that a shortest path with at most N levels bounds the whole problem
(`milpcore.site.path_search.prices`), the cheapest path through an arc or a pair of pump levels
tells whether it can still matter (`milpcore.site.path_search.node`), and the best prices come from
a small LP (`milpcore.site.path_search.bounding`).

What closes the remaining gap is branching on coverage (`milpcore.site.path_search.branching`): in
the relaxation the surplus of one path pays the deficit of another at the same boundary; once the
coverage of the boundary is confined to an interval, arcs with larger deficits are gone and arcs
with smaller deficits are charged its lower end, so that there is nothing left to share. Nodes
with few paths are enumerated with the exact cost of each level set
(`milpcore.site.path_search.level_set`). A search that is stuck begins again with limits of the heat
that pumps move at each level (`milpcore.site.path_search.pump_limits`), whose charges tighten the
prices and tell which level to close or open.

Exact when the cascade is allowed and free and no cost or limit hangs on a single connection,
whatever the prices; other input is refused, and so are the options that
`milpcore.site.option_refusals` names. Bounds are computed by the search itself, never read
off a solver: see the modules named above. For OPEX and CO2 a second search settles TAC
(`milpcore.site.path_search.tac_second`). Among designs of equal cost (to 1e-9) the one with the
fewest levels, then with the lowest temperatures is reported, as far as the search meets them.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from milpcore.core import Status
from milpcore.site.design_cost import objective_value
from milpcore.site.explain import conflict
from milpcore.site.inputs import SiteInputs
from milpcore.site.milp_parts import nearest_level_refusal, refuse_where_wrong
from milpcore.site.model import KW_PER_MW, Observer, Outcome, relative_gap
from milpcore.site.operate import operate_levels
from milpcore.site.option_refusals import network_option_refusal
from milpcore.site.path_search.network import level_network
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.run import Run
from milpcore.site.path_search.search import SearchState
from milpcore.site.path_search.solvers import default_solver
from milpcore.site.path_search.start import Start, better_start, first_guess
from milpcore.site.path_search.tac_second import settle_tac


@dataclass(frozen=True)
class PathSearch:
    """Exact search for the best levels, with its own bounds.

    Parameters
    ----------
    n_levels : int
        Largest number of levels, from 1.
    solver : LinearSolver, optional
        Solver of the small LPs; HiGHS with warm starts where highspy is installed, otherwise
        HiGHS through SciPy.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> inputs = site.prepare(milpcore.load_case("dairy_8"))
    >>> outcome = site.PathSearch(n_levels=3).solve(inputs)
    >>> outcome.status.value, outcome.gap <= 1e-4
    ('optimal', True)
    """

    n_levels: int
    solver: LinearSolver | None = None
    name: ClassVar[str] = "path_search"

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why the search would be wrong for the input, and what to use; None if exact."""
        return nearest_level_refusal(inputs, None) or network_option_refusal(inputs)

    def solve(
        self,
        inputs: SiteInputs,
        *,
        mip_rel_gap: float = 1e-4,
        time_limit_s: float | None = None,
        observer: Observer | None = None,
    ) -> Outcome:
        """Solve one configuration.

        Parameters
        ----------
        inputs : SiteInputs
            The site.
        mip_rel_gap : float
            Relative gap at which the search ends; 0 for a proof to 1e-11 (OPEX and CO2: 1e-9).
        time_limit_s : float, optional
            Wall-clock seconds; the incumbent is returned with its gap.
        observer : Observer, optional
            Called at every node; returning True stops the search.

        Returns
        -------
        Outcome

        Raises
        ------
        InputError
            If the search would be wrong for the input.
        """
        study = self.solve_study(
            inputs,
            [self.n_levels],
            mip_rel_gap=mip_rel_gap,
            time_limit_s=time_limit_s,
            observer=observer,
        )
        return next(study)[1]

    def solve_study(
        self,
        inputs: SiteInputs,
        levels: Sequence[int],
        *,
        mip_rel_gap: float,
        time_limit_s: float | None,
        observer: Observer | None,
    ) -> Iterator[tuple[int, Outcome]]:
        """Solve several configurations, each starting from what the one before has found.

        Parameters
        ----------
        inputs : SiteInputs
            The site.
        levels : sequence of int
            Largest numbers of levels, rising.
        mip_rel_gap, time_limit_s, observer
            As in `solve`, for each configuration.

        Yields
        ------
        n_levels : int
        outcome : Outcome
        """
        refuse_where_wrong(self, inputs)
        network = level_network(inputs)
        solver = self.solver if self.solver is not None else default_solver()
        start: Start | None = None
        for n_levels in levels:
            start_s = time.perf_counter()
            if n_levels == 1 and conflict(inputs):
                yield n_levels, _infeasible(conflict(inputs), start_s)
                continue
            run = Run(
                solver,
                min(n_levels, network.n_levels),
                mip_rel_gap,
                time_limit_s,
                observer,
                start_s,
            )
            guess = first_guess(network, run.n_levels)
            start = guess if start is None else better_start(network, run.n_levels, guess, start)
            state = run.search(network, start, mip_rel_gap, _progress(inputs))
            start = Start(state.levels, state.price)
            outcome = _outcome(inputs, state, run)
            if outcome.status is Status.OPTIMAL:
                outcome, settled = settle_tac(inputs, outcome, state, run)
                start = Start(settled, state.price)
            yield n_levels, replace(outcome, solve_s=run.elapsed_s)


def _progress(inputs: SiteInputs) -> Callable[[SearchState], tuple[float, float, int]]:
    """Incumbent and bound (EUR/a or t/a) and nodes of a search."""
    unit = KW_PER_MW * inputs.cost_scale
    return lambda state: (state.cost * unit, max(0.0, state.bound * unit), state.n_nodes)


def _outcome(inputs: SiteInputs, state: SearchState, run: Run) -> Outcome:
    """Operate the best level set; its cost by the independent LP is the objective."""
    design = operate_levels(inputs, state.levels)
    if design is None:
        raise RuntimeError("the levels found do not serve every stream")
    objective = objective_value(inputs, design)
    bound = min(objective, max(0.0, state.bound * KW_PER_MW * inputs.cost_scale))
    gap = relative_gap(objective, bound)
    status = Status.OPTIMAL
    if not state.finished and gap > run.mip_rel_gap:
        status = Status.INTERRUPTED if state.stopped else Status.TIME_LIMIT
    return Outcome(
        status=status,
        design=design,
        objective=objective,
        bound=bound,
        gap=gap,
        n_nodes=state.n_nodes,
        solve_s=run.elapsed_s,
    )


def _infeasible(reason: str, start_s: float) -> Outcome:
    return Outcome(
        status=Status.INFEASIBLE,
        design=None,
        objective=math.nan,
        bound=math.inf,
        gap=math.inf,
        n_nodes=0,
        solve_s=time.perf_counter() - start_s,
        message=reason,
    )
