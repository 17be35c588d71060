"""`PeriodSearch`: the exact search for a site with periods, see `milpcore.site.periods.search`."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import ClassVar

from milpcore.core import Status
from milpcore.faults import FaultList
from milpcore.site.explain import too_few_levels
from milpcore.site.milp_parts import checked_level_count
from milpcore.site.model import KW_PER_MW, Observer, Progress, relative_gap
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.network import period_network
from milpcore.site.periods.outcome import PeriodOutcome, outcome_of_levels
from milpcore.site.periods.search import BranchAndBound, PeriodSearchState
from milpcore.site.periods.size_options import relaxation_refusal


@dataclass(frozen=True)
class PeriodSearch:
    """Exact search for the best shared levels and sizes, with its own bounds.

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
    >>> from milpcore.site.periods import Periods, prepare_periods
    >>> periods = Periods(("day", "night"), [4e3, 4e3], [[900, 900], [900, 0]])
    >>> inputs = prepare_periods(milpcore.load_case("two_streams"), periods)
    >>> outcome = PeriodSearch(n_levels=2).solve(inputs)
    >>> outcome.status.value, outcome.gap <= 1e-4
    ('optimal', True)
    """

    n_levels: int
    name: ClassVar[str] = "period_search"

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def refusal(self, inputs: PeriodInputs) -> str | None:
        """Why the search cannot bound a site, and what to use; None where it is exact."""
        return relaxation_refusal(inputs)

    def _refuse_where_wrong(self, inputs: PeriodInputs) -> None:
        refusal, faults = self.refusal(inputs), FaultList()
        if refusal is not None:
            rule, _, remedy = refusal.partition("; ")
            faults.add("", "formulation", self.name, rule, remedy)
        faults.raise_if_any("periods")

    def solve(
        self,
        inputs: PeriodInputs,
        *,
        mip_rel_gap: float = 1e-4,
        time_limit_s: float | None = None,
        observer: Observer | None = None,
    ) -> PeriodOutcome:
        """Solve one configuration.

        Parameters
        ----------
        inputs : PeriodInputs
            The site with its periods.
        mip_rel_gap : float
            Relative gap at which the search ends; 0 for a proof to 1e-9.
        time_limit_s : float, optional
            Wall-clock seconds; the incumbent is returned with its gap.
        observer : Observer, optional
            Called at every node; returning True stops the search.

        Returns
        -------
        PeriodOutcome

        Raises
        ------
        InputError
            If the search cannot bound the site, see `refusal`.
        """
        start_s = time.perf_counter()
        self._refuse_where_wrong(inputs)
        network = period_network(inputs, self.n_levels)
        reason = too_few_levels(inputs.site, self.n_levels)
        if reason:
            return outcome_of_levels(
                inputs,
                network,
                None,
                status=Status.INFEASIBLE,
                bound=math.inf,
                start_s=start_s,
                message=reason,
            )
        unit = KW_PER_MW * inputs.site.cost_scale

        def should_stop(state: PeriodSearchState) -> bool:
            if observer is None:
                return False
            known = state.cost * unit, max(0.0, state.bound * unit), state.n_nodes
            levels = tuple(state.levels.tolist())
            return observer(Progress(time.perf_counter() - start_s, *known, levels))

        search = BranchAndBound(
            network,
            n_levels=min(self.n_levels, network.n_levels),
            mip_rel_gap=mip_rel_gap,
            deadline_s=start_s + (math.inf if time_limit_s is None else time_limit_s),
            should_stop=should_stop,
        )
        state = search.run()
        found, status, message = math.isfinite(state.cost), Status.OPTIMAL, ""
        if not state.finished and relative_gap(state.cost, state.bound) > mip_rel_gap:
            status = Status.INTERRUPTED if state.stopped else Status.TIME_LIMIT
            message = "" if found else "no design found yet"
        elif not found:
            status, message = Status.INFEASIBLE, "no choice of levels can be operated"
        return outcome_of_levels(
            inputs,
            network,
            state.levels if found else None,
            status=status,
            bound=state.bound * unit,
            root_bound=state.root_bound * unit if math.isfinite(state.root_bound) else math.nan,
            n_nodes=state.n_nodes,
            n_programs=state.n_programs,
            start_s=start_s,
            message=message,
        )
