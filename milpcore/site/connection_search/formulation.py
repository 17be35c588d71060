r"""`ConnectionSearch`: the exact search where it matters which level a stream is connected to.

Idea. A larger temperature difference needs a smaller exchanger, so that with the cost of its area a
stream may pass the nearest level by. At given heat prices each stream chooses for itself, and the
least cost over all sets of N levels is bounded by a shortest path
(`milpcore.site.connection_search.level_bounds`). The best prices come from a linear program over
the sets met so far (`milpcore.site.connection_search.master`), and branching over the places of the
levels closes what is left (`milpcore.site.connection_search.search`). A level set is priced with
its best connections by a small mixed-integer program
(`milpcore.site.connection_search.level_set`).

Exact if heat cascades freely, for least TAC, with connections that cost something or are forbidden,
and with levels that cost something or are forced. The prices know heat pumps by a cost per kW
alone: other options of them, and limits of the whole site, are refused. Bounds are computed by the
search itself but for sets that are closed by their program, whose bound is the solver's.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions, which names the cost
of exchangers among what it leaves out.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milpcore.core import Status
from milpcore.site.conditions import connection_search_faults
from milpcore.site.connection_search.search import Search
from milpcore.site.connection_search.site_arrays import site_arrays
from milpcore.site.design_cost import objective_value
from milpcore.site.explain import too_few_levels
from milpcore.site.inputs import SiteInputs
from milpcore.site.milp_parts import checked_level_count, refuse_where_wrong
from milpcore.site.model import Observer, Outcome, Progress, relative_gap
from milpcore.site.operate import operate
from milpcore.site.path_search.search import SearchStopped
from milpcore.site.path_search.start import first_guess


@dataclass(frozen=True)
class ConnectionSearch:
    """Exact search for the best levels and connections.

    Parameters
    ----------
    n_levels : int
        Largest number of levels, from 1.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> from milpcore.site_options import ConnectionOptions
    >>> connections = ConnectionOptions(area_investment_EUR=500.0, stream_htc_kW_per_m2_K=0.5)
    >>> options = milpcore.SiteOptions(connections=connections)
    >>> inputs = site.prepare(milpcore.load_case("dairy_8"), options=options)
    >>> ConnectionSearch(n_levels=3).solve(inputs).status.value
    'optimal'
    """

    name: ClassVar[str] = "connection_search"
    n_levels: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why the search would be wrong for the input, and what to use; None if exact."""
        faults = connection_search_faults(inputs)
        if not faults:
            return None
        return f"does not know that {' and '.join(faults)}; use assignment_strong"

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
            Relative gap at which the search ends; 0 for a proof to the solver's tolerances.
        time_limit_s : float, optional
            Wall-clock seconds; the incumbent is returned with its gap.
        observer : Observer, optional
            Called now and then; returning True stops the search.

        Returns
        -------
        Outcome

        Raises
        ------
        InputError
            If the search would be wrong for the input.
        """
        start_s = time.perf_counter()
        refuse_where_wrong(self, inputs)
        n_levels = min(self.n_levels, inputs.n_candidates)
        clash = too_few_levels(inputs, n_levels)
        if clash:
            return _without(Status.INFEASIBLE, clash, math.inf, 0, start_s)
        site = site_arrays(inputs)
        stopped = Status.ERROR

        def pause() -> None:
            nonlocal stopped
            elapsed_s = time.perf_counter() - start_s
            if time_limit_s is not None and elapsed_s >= time_limit_s:
                stopped = Status.TIME_LIMIT
                raise SearchStopped
            bound = max(0.0, search.bound) * site.unit
            told = Progress(elapsed_s, search.cost * site.unit, bound, search.n_nodes)
            if observer is not None and observer(told):
                stopped = Status.INTERRUPTED
                raise SearchStopped

        search = Search(site, n_levels=n_levels, gap=mip_rel_gap, pause=pause)
        if time_limit_s is not None:
            search.end_s = start_s + time_limit_s
        guess = first_guess(site.network, n_levels)
        forced = np.flatnonzero(site.is_forced)
        levels = np.union1d(guess.levels, forced)
        finished = search.run(levels if levels.size <= n_levels else guess.levels, guess.price)
        return _outcome(inputs, search, finished, stopped, mip_rel_gap, start_s)


def _outcome(
    inputs: SiteInputs,
    search: Search,
    finished: bool,
    stopped: Status,
    mip_rel_gap: float,
    start_s: float,
) -> Outcome:
    """Operate what was found."""
    search.polish()
    bound = max(0.0, search.bound) * search.site.unit
    if not math.isfinite(search.cost):
        if finished:
            reason = "no choice of levels connects every stream as options ask for"
            return _without(Status.INFEASIBLE, reason, math.inf, search.n_nodes, start_s)
        return _without(stopped, "no design found yet", bound, search.n_nodes, start_s)
    is_open = np.zeros(inputs.n_candidates, dtype=np.bool_)
    is_open[search.levels] = True
    design = operate(inputs, is_open, search.stream_level)
    if design is None:
        raise RuntimeError("connection_search: the best levels cannot be operated")
    objective = objective_value(inputs, design)
    bound = min(bound, objective)
    gap = relative_gap(objective, bound)
    return Outcome(
        status=Status.OPTIMAL if finished or gap <= mip_rel_gap else stopped,
        design=design,
        objective=objective,
        bound=bound,
        gap=gap,
        n_nodes=search.n_nodes,
        solve_s=time.perf_counter() - start_s,
    )


def _without(status: Status, reason: str, bound: float, n_nodes: int, start_s: float) -> Outcome:
    """Tell that there is no design."""
    solve_s = time.perf_counter() - start_s
    return Outcome(status, None, math.nan, bound, math.inf, n_nodes, solve_s, reason)
