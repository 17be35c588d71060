"""The retrofit study over several operating periods: existing levels, some of which may move.

As `milpcore.site.retrofit`, with one set of levels and heat pump sizes for all periods; the search
is that of `milpcore.site.periods.retrofit_search`, and every result is checked from its tables
(`milpcore.site.periods.check`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.candidates import Candidates
from milpcore.site.inputs import Integers
from milpcore.site.model import relative_gap
from milpcore.site.periods.check import check_periods
from milpcore.site.periods.inputs import PeriodInputs, check_call, over_periods
from milpcore.site.periods.network import period_network
from milpcore.site.periods.operate import operate_periods
from milpcore.site.periods.outcome import PeriodOutcome, outcome_of_design
from milpcore.site.periods.results import PeriodResult, make_result
from milpcore.site.periods.retrofit_search import FORMULATION_NAME, PeriodRetrofitSearch
from milpcore.site.periods.table import Periods
from milpcore.site.retrofit import (
    RetrofitObserver,
    changed_C,
    configurations,
    level_notes,
    no_pumps_note,
    refuse_today,
)
from milpcore.site.retrofit_changes import changes_of
from milpcore.site.retrofit_check import (
    NOTHING_CHANGED,
    Changed,
    changes_investment_EUR,
    check_changes,
)
from milpcore.site.retrofit_plan import SAME_K, RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site.retrofit_results import (
    RetrofitResult,
    RetrofitStudy,
    saving_percent,
)
from milpcore.site.retrofit_search import NOT_OPERATED, Found
from milpcore.site.slot_search import EQUAL
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

PeriodConfiguration = RetrofitResult[PeriodResult]


def retrofit_periods(
    streams: Streams,
    periods: Periods,
    *,
    existing_C: Sequence[float],
    move: int = 1,
    range_K: float = 10.0,
    movable_C: Sequence[float] | None = None,
    heat_pumps: bool = True,
    add: int = 0,
    close: int = 0,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    candidates_C: Candidates | Sequence[float] | None = None,
    options: SiteOptions | None = None,
    observer: RetrofitObserver | None = None,
    on_result: Callable[[PeriodConfiguration], object] | None = None,
) -> RetrofitStudy[PeriodResult]:
    """Find what moving existing levels saves over all periods together.

    Parameters
    ----------
    streams : Streams
        The stream table; its duties are not used.
    periods : Periods
        Hours and duties of every period.
    existing_C, move, range_K, movable_C, heat_pumps, add, close, objective, candidates_C, options
        As in `milpcore.site.retrofit`.
    economics : SiteEconomics, optional
        Prices and limits; operating hours are those of the periods.
    observer, on_result : callable, optional
        As in `milpcore.site.retrofit`.

    Returns
    -------
    RetrofitStudy
        Of `PeriodResult`. Every design is optimal within 2e-9 and checked; of designs that cost
        the same, the one that moves the fewest levels, then has the fewest and the lowest ones.

    Raises
    ------
    InputError
        Listing what is wrong with the input, or naming what leaves too many choices to list.
    CheckError
        If a result contradicts its input, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.periods import Periods
    >>> streams = milpcore.load_case("two_streams")
    >>> periods = Periods(("day", "night"), [4e3, 4e3], [[900, 900], [900, 0]])
    >>> study = retrofit_periods(streams, periods, existing_C=[45.0, 140.0])
    >>> study.summary[["configuration", "moved_C", "n_periods", "n_heat_pumps"]]
      configuration moved_C  n_periods  n_heat_pumps
    0            45                  2             0
    1           140                  2             0
    """
    asked = RetrofitOptions(
        existing_C, move, range_K, movable_C, heat_pumps, add, close, candidates_C, options
    )
    check_call(periods)
    plan = plan_retrofit(streams, asked, economics=economics, objective=objective)
    study = _Study(plan, periods)
    existing = tuple(plan.existing_C.tolist())
    baseline = study.of_today(over_periods(plan.bare, periods))
    without_moves = study.of_today(study.inputs) if plan.allows_pumps else baseline
    search = PeriodRetrofitSearch(plan, study.inputs)

    def solve(
        choice: tuple[int, ...], should_stop: Callable[[], bool]
    ) -> PeriodConfiguration | None:
        solved = search.solve(choice, should_stop)
        if solved is None:
            return None
        return study.result(choice, *solved, search.paid(solved[1]), baseline)

    results = configurations(plan, solve, observer, on_result)
    return RetrofitStudy(baseline, without_moves, results, existing, len(plan.choices))


class _Study:
    """Results of a study."""

    def __init__(self, plan: RetrofitPlan, periods: Periods) -> None:
        self.plan = plan
        self.inputs = over_periods(plan.inputs, periods)

    def of_today(self, inputs: PeriodInputs) -> PeriodResult:
        """Operate the existing levels and check the result."""
        start_s = time.perf_counter()
        design = operate_periods(inputs, period_network(inputs), self.plan.existing)
        outcome = outcome_of_design(
            inputs,
            design,
            status=Status.OPTIMAL if design is not None else Status.INFEASIBLE,
            bound=math.inf,
            start_s=start_s,
            message="" if design is not None else NOT_OPERATED,
        )
        if design is not None:
            bound = (1.0 - EQUAL) * outcome.objective
            outcome = replace(outcome, bound=bound, gap=relative_gap(outcome.objective, bound))
        elif inputs is not self.inputs:
            refuse_today()
        result = make_result(inputs, outcome, len(self.plan.existing), FORMULATION_NAME)
        if design is None:
            return self._checked(result, [], NOTHING_CHANGED)
        unused_C = _unused_C(self.plan, self.plan.existing, result)
        return self._checked(result, level_notes(self.plan, None, unused_C), NOTHING_CHANGED)

    def result(
        self,
        choice: tuple[int, ...],
        outcome: PeriodOutcome,
        found: Found,
        paid: PeriodInputs,
        baseline: PeriodResult,
    ) -> PeriodConfiguration:
        """One configuration: tables, check, what has changed."""
        plan = self.plan
        chosen_C = tuple(plan.existing_C[list(choice)].tolist())
        result = make_result(paid, outcome, plan.n_slots, FORMULATION_NAME)
        if outcome.design is None:
            result = self._checked(result, [], NOTHING_CHANGED)
            return RetrofitResult(chosen_C, {}, (), (), (), math.nan, result)
        changes = changes_of(plan, found)
        changed = changed_C(plan, changes)
        unused_C = _unused_C(plan, np.unique(found.place), result)
        result = self._checked(result, level_notes(plan, changes, unused_C), changed)
        saving = saving_percent(baseline, result)
        return RetrofitResult(chosen_C, *changed, unused_C, saving, result)

    def _checked(self, result: PeriodResult, notes: list[str], changed: Changed) -> PeriodResult:
        """Return a result with its notes, after the independent check."""
        plan = self.plan
        used_C = result.levels["temperature_C"].to_numpy(dtype=np.float64)
        check_changes(used_C, plan.existing_C, changed)
        check_periods(
            result,
            result.streams,
            result.asked,
            result.economics,
            options=result.options,
            level_investment_EUR=changes_investment_EUR(used_C, changed, result.options),
        )
        if result.has_design and not plan.allows_pumps:
            notes = [no_pumps_note(result.options), *notes]
        return replace(result, notes=(*result.notes, *notes))


def _unused_C(plan: RetrofitPlan, levels: Integers, result: PeriodResult) -> tuple[float, ...]:
    """Temperatures of levels that no stream, heat pump or utility uses in any period."""
    used_C = result.levels["temperature_C"].to_numpy(dtype=np.float64)
    level_C = plan.inputs.level_C[levels]
    is_used = (np.abs(level_C[:, None] - used_C) <= SAME_K).any(axis=1)
    return tuple(level_C[~is_used].tolist())
