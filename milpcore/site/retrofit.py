r"""The retrofit study of model A: existing levels, some of which may move, be added or be closed.

Every configuration is a combination of existing levels that may move; each of them may go to a
candidate within a range or stay, and the order of levels is kept. The search
(`milpcore.site.slot_search`) is exact, the operation of its levels is a linear program
(`milpcore.site.operate`), and every result is checked from its tables (`milpcore.site.check`).
The cascade is always allowed: the search relies on it. A site with options has a search of its own
(`milpcore.site.retrofit_option_search`), exact for all of them.

Closing a level never lowers the cost. Proof: take the best operation of the levels that are left
and open the closed level again without buying, removing or pumping heat there. Let every stream
stay where it is; nothing else changes, so that its cost can be had with the level, too. And with a
free cascade, streams at the level nearest to them never cost more
(`milpcore.site.conditions.nearest_level_faults`). So `close` answers what giving up levels costs.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.candidates import Candidates
from milpcore.site.connection_tables import too_small_note
from milpcore.site.explain import explain
from milpcore.site.inputs import Integers, SiteInputs
from milpcore.site.model import Outcome
from milpcore.site.results import SiteResult, make_result
from milpcore.site.retrofit_changes import Changes, changes_of, with_changes_paid
from milpcore.site.retrofit_check import NOTHING_CHANGED, Changed, check_retrofit
from milpcore.site.retrofit_option_search import OptionRetrofitSearch
from milpcore.site.retrofit_plan import RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site.retrofit_results import (
    R,
    RetrofitResult,
    RetrofitStudy,
    levels_text,
    saving_percent,
)
from milpcore.site.retrofit_search import FORMULATION_NAME, Found, RetrofitSearch, operated
from milpcore.site.study_log import log_result, log_site
from milpcore.site.tables import used_levels
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

_log = logging.getLogger(__name__)
NO_PUMPS_NOTE = "No heat pump: heat pumps are left out."
TODAYS_PUMPS_NOTE = "No new heat pump: only those of today are allowed."
OPTION_FORMULATION_NAME = "slot_list"
__all__ = [
    "Changes",
    "RetrofitObserver",
    "RetrofitProgress",
    "changes_of",
    "retrofit",
]
_NO_PUMP = "No heat pump"


class RetrofitProgress(NamedTuple):
    """How far a study is.

    Attributes
    ----------
    elapsed_s : float
        Since the study began.
    n_done, n_configurations : int
        Configurations finished, and all of them.
    best_saving_percent : float
        Largest saving so far; nan before the first.
    """

    elapsed_s: float
    n_done: int
    n_configurations: int
    best_saving_percent: float


RetrofitObserver = Callable[[RetrofitProgress], bool]
"""Called now and then with `RetrofitProgress`; returning True stops the study."""


def retrofit(
    streams: Streams,
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
    on_result: Callable[[RetrofitResult[SiteResult]], object] | None = None,
) -> RetrofitStudy[SiteResult]:
    """Find what moving existing levels saves, for every combination of so many levels.

    Parameters
    ----------
    streams : Streams
        The stream table.
    existing_C : sequence of float
        Levels of today, °C, in any order.
    move : int
        Levels that may move at a time: 1 for each alone, 2 for every pair, 0 for none.
    range_K : float
        How far each may move; it goes to a candidate within that range or stays. Two levels
        that meet count as one, the other one being given up.
    movable_C : sequence of float, optional
        Existing levels that may move at all; default all of them.
    heat_pumps : bool
        Whether new heat pumps are allowed; those of today, in `options`, stay.
    add : int
        New levels in every configuration, each at any candidate.
    close : int
        Existing levels given up in every configuration, the best choice among those that may not
        move; no other level takes their temperature. It never saves cost, see the proof above.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    candidates_C : Candidates or sequence of float, optional
        Where levels may go besides the existing ones: a set of `milpcore.site.candidates`, or
        temperatures, °C; default the limit temperatures of the streams.
    options : SiteOptions, optional
        What is asked for beyond the published model. Existing levels are free; those that move or
        are added cost what `LevelOptions` says. The levels of today, against which savings
        count, have the heat pumps of today and need not keep limits.
    observer : callable, optional
        Called now and then with `RetrofitProgress`; returning True stops the study, which then
        holds the configurations that are finished.
    on_result : callable, optional
        Called with each `RetrofitResult` as soon as it has passed the check.

    Returns
    -------
    RetrofitStudy
        Every design is optimal within 2e-9 and checked; of designs that cost the same, the one
        that moves the fewest levels, then has the fewest and the lowest ones. Savings are in
        percent of the objective, against the existing levels without heat pumps.

    Raises
    ------
    InputError
        Listing what is wrong with the input.
    CheckError
        If a result contradicts its streams or prices, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> streams = milpcore.load_case("dairy_8")
    >>> study = retrofit(streams, existing_C=[5.0, 40.0, 85.0, 205.0], range_K=15.0)
    >>> study.summary[["configuration", "moved_C", "n_heat_pumps"]]
      configuration  moved_C  n_heat_pumps
    0             5                      1
    1            40  40→54.5             1
    2            85  85→83.5             1
    3           205                      1
    """
    asked = RetrofitOptions(
        existing_C, move, range_K, movable_C, heat_pumps, add, close, candidates_C, options
    )
    plan = plan_retrofit(streams, asked, economics=economics, objective=objective)
    existing = levels_text(tuple(plan.existing_C.tolist()))
    what = f"existing levels {existing} °C, {len(plan.choices)} configurations"
    log_site(_log, "retrofit", plan.inputs, what)
    baseline = _existing_result(plan, plan.bare)
    without_moves = baseline
    if plan.allows_pumps:
        without_moves = _existing_result(plan, plan.inputs)
    search = RetrofitSearch(plan) if plan.inputs.terms is None else OptionRetrofitSearch(plan)

    def solve(
        choice: tuple[int, ...], should_stop: Callable[[], bool]
    ) -> RetrofitResult[SiteResult] | None:
        solved = search.solve(choice, should_stop)
        if solved is None:
            return None
        result = _result(plan, choice, *solved, baseline)
        log_result(_log, f"{result.name} may move", result.result)
        return result

    results = configurations(plan, solve, observer, on_result)
    return RetrofitStudy(
        baseline, without_moves, results, tuple(plan.existing_C.tolist()), len(plan.choices)
    )


def configurations(
    plan: RetrofitPlan,
    solve: Callable[[tuple[int, ...], Callable[[], bool]], RetrofitResult[R] | None],
    observer: RetrofitObserver | None,
    on_result: Callable[[RetrofitResult[R]], object] | None,
) -> tuple[RetrofitResult[R], ...]:
    """Solve one configuration after the other, until the observer stops it.

    Parameters
    ----------
    plan : RetrofitPlan
    solve : callable
        Takes positions of the levels that may move and whether to stop; None if it was stopped.
    observer, on_result : callable or None
        As in `retrofit`.

    Returns
    -------
    tuple of RetrofitResult
        Those that are finished.
    """
    start_s = time.perf_counter()
    choices, results = plan.choices, list[RetrofitResult[R]]()

    def should_stop() -> bool:
        if observer is None:
            return False
        savings = [one.saving_percent for one in results if one.result.has_design]
        best = max(savings, default=math.nan)
        elapsed_s = time.perf_counter() - start_s
        return observer(RetrofitProgress(elapsed_s, len(results), len(choices), best))

    for choice in choices:
        result = None if should_stop() else solve(choice, should_stop)
        if result is None:
            break
        results.append(result)
        if on_result is not None:
            on_result(result)
    told = (len(results), len(choices), time.perf_counter() - start_s)
    _log.info("retrofit ends: %d of %d configurations, %.3f s", *told)
    return tuple(results)


def _existing_result(plan: RetrofitPlan, inputs: SiteInputs) -> SiteResult:
    """Operate the existing levels and check the result."""
    outcome = operated(inputs, plan.existing)
    has_pumps = inputs is not plan.bare
    n_levels = len(plan.existing)
    if outcome.design is None:
        if inputs is plan.bare:
            refuse_today()
        return _checked(plan, inputs, outcome, n_levels, [], has_pumps=has_pumps)
    notes = level_notes(plan, None, _unused(inputs, outcome, plan.existing))
    return _checked(plan, inputs, outcome, n_levels, notes, has_pumps=has_pumps)


def refuse_today() -> None:
    """Refuse existing levels that options do not let be operated as they are.

    Raises
    ------
    InputError
    """
    faults = FaultList()
    rule = "cannot be operated as they are"
    faults.add("", "existing_C", None, rule, "allow more external heat")
    faults.raise_if_any("retrofit")


def _result(
    plan: RetrofitPlan,
    choice: tuple[int, ...],
    outcome: Outcome,
    found: Found,
    baseline: SiteResult,
) -> RetrofitResult[SiteResult]:
    """One configuration: tables, check, what has changed."""
    inputs = plan.inputs
    chosen_C = tuple(plan.existing_C[list(choice)].tolist())
    has_pumps = plan.allows_pumps
    if outcome.design is None:
        result = _checked(plan, inputs, outcome, plan.n_slots, [], has_pumps=has_pumps)
        return RetrofitResult(chosen_C, {}, (), (), (), math.nan, result)
    changes = changes_of(plan, found)
    inputs = with_changes_paid(plan, changes)
    unused = _unused(inputs, outcome, np.unique(found.place))
    changed = changed_C(plan, changes)
    notes = level_notes(plan, changes, unused)
    result = _checked(plan, inputs, outcome, plan.n_slots, notes, changed, has_pumps=has_pumps)
    return RetrofitResult(
        choice_C=chosen_C,
        moved_C=changed.moved_C,
        given_up_C=changed.given_up_C,
        added_C=changed.added_C,
        unused_C=unused,
        saving_percent=saving_percent(baseline, result),
        result=result,
    )


def _unused(inputs: SiteInputs, outcome: Outcome, levels: Integers) -> tuple[float, ...]:
    """Temperatures of levels that no stream, heat pump or utility uses."""
    assert outcome.design is not None
    unused = levels[~used_levels(inputs, outcome.design)[levels]]
    return tuple(inputs.level_C[unused].tolist())


def no_pumps_note(options: SiteOptions) -> str:
    """Say that there are no new heat pumps."""
    return TODAYS_PUMPS_NOTE if options.heat_pumps.existing else NO_PUMPS_NOTE


def changed_C(plan: RetrofitPlan, changes: Changes) -> Changed:
    """Temperatures of the levels that move, are given up and are added."""
    existing_C, level_C = plan.existing_C, plan.inputs.level_C
    return Changed(
        {float(existing_C[old]): float(level_C[new]) for old, new in changes.moved.items()},
        tuple(existing_C[changes.given_up].tolist()),
        tuple(level_C[changes.added].tolist()),
    )


def level_notes(
    plan: RetrofitPlan, changes: Changes | None, unused_C: tuple[float, ...]
) -> list[str]:
    """Say which levels meet, and which are not used."""
    met = [] if changes is None else plan.inputs.level_C[changes.met].tolist()
    notes = [f"Levels meet at {level_C:.10g} °C and count as one." for level_C in met]
    if unused_C:
        which = "The level at" if len(unused_C) == 1 else "The levels at"
        verb = "is" if len(unused_C) == 1 else "are"
        notes.append(f"{which} {levels_text(unused_C)} °C {verb} not used.")
    return notes


def _checked(
    plan: RetrofitPlan,
    inputs: SiteInputs,
    outcome: Outcome,
    n_slots: int,
    notes: list[str],
    changed: Changed = NOTHING_CHANGED,
    *,
    has_pumps: bool,
) -> SiteResult:
    """Tables of an outcome, after the independent check, with notes that fit a retrofit."""
    name = FORMULATION_NAME if inputs.terms is None else OPTION_FORMULATION_NAME
    result = make_result(inputs, outcome, max_levels=n_slots, formulation_name=name)
    check_retrofit(result, inputs.streams, inputs.economics, plan.existing_C, changed)
    if outcome.design is None:
        return result
    general = explain(inputs, outcome, max_levels=len(result.levels))
    notes = [*notes, *too_small_note(result.connections)]
    if not has_pumps:
        general = tuple(note for note in general if not note.startswith(_NO_PUMP))
        notes = [no_pumps_note(inputs.options), *notes]
    return replace(result, notes=(*general, *notes))
