"""Run a retrofit study in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from milpcore.cli.alternatives import Wanted
from milpcore.cli.signals import ctrl_c_after
from milpcore.core import Channel, ChildInterrupted, run_in_child
from milpcore.economics import SiteEconomics
from milpcore.report import ProgressLine
from milpcore.scales import number
from milpcore.site.alternatives import retrofit_alternatives
from milpcore.site.alternatives_options import check_moves_only
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.periods.inputs import over_periods
from milpcore.site.periods.retrofit import retrofit_periods
from milpcore.site.periods.retrofit_search import PeriodRetrofitSearch
from milpcore.site.periods.table import Periods
from milpcore.site.retrofit import RetrofitObserver, RetrofitProgress, retrofit
from milpcore.site.retrofit_plan import RetrofitOptions, plan_retrofit
from milpcore.site.retrofit_results import AnyStudy
from milpcore.streams import Streams

GRACE_S = 0.3
"""Seconds that the study has to hand over what is finished after Ctrl-C."""


class Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    economics: SiteEconomics
    options: RetrofitOptions
    objective: str
    wants_singles: bool
    wanted: Wanted = Wanted()
    periods: Periods | None = None


class _Found(NamedTuple):
    """What the child finds."""

    study: AnyStudy
    singles: AnyStudy | None
    alternatives: Alternatives | None


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    study : RetrofitStudy
        The configurations that were finished.
    singles : RetrofitStudy or None
        The same levels moved one at a time, for the figure.
    was_interrupted : bool
        Whether Ctrl-C ended the study.
    n_candidates : int
        Number of candidate levels.
    alternatives : Alternatives or None
        The best ways to move levels, if they are wanted.
    """

    study: AnyStudy
    singles: AnyStudy | None
    was_interrupted: bool
    n_candidates: int
    alternatives: Alternatives | None = None


def run_study(request: Request, line: ProgressLine) -> Answer:
    """Solve all configurations in a child process.

    Parameters
    ----------
    request : Request
        What is asked for.
    line : ProgressLine
        Shows how far it is.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If the input has faults; at once.
    """

    def hear(progress: RetrofitProgress) -> None:
        line.begin(progress_line(progress))

    try:
        with ctrl_c_after():
            n_candidates = _n_candidates(request)
        with line:
            line.begin(lambda _: "starting")
            found = run_in_child(_study_in_child, request, on_message=hear, grace_s=GRACE_S)
    except KeyboardInterrupt as interrupt:
        value = interrupt.value if isinstance(interrupt, ChildInterrupted) else None
        if not isinstance(value, _Found):
            return unstarted_study(request)
        return Answer(value[0], value[1], True, _n_candidates(request), value.alternatives)
    return Answer(found.study, found.singles, False, n_candidates, found.alternatives)


def unstarted_study(request: Request) -> Answer:
    """Return the answer to a request that was interrupted before the first combination.

    Parameters
    ----------
    request : Request
        What is asked for.

    Returns
    -------
    Answer
        The levels of today, and no combination.

    Raises
    ------
    InputError
        If the input has faults.
    """
    return Answer(_today(request), None, True, _n_candidates(request))


def _n_candidates(request: Request) -> int:
    """Refuse at once what the child would refuse; return the number of candidate levels."""
    options = request.options
    if request.wanted.anything:
        check_moves_only(options)
    plan = plan_retrofit(
        request.streams, options, economics=request.economics, objective=request.objective
    )
    if request.periods is not None:
        PeriodRetrofitSearch(plan, over_periods(plan.inputs, request.periods))
    return plan.inputs.n_candidates


def _today(request: Request) -> AnyStudy:
    """Return the study as it is before the first combination."""
    return _solved(request, request.options, lambda _: True)


def _solved(request: Request, options: RetrofitOptions, observer: RetrofitObserver) -> AnyStudy:
    """Solve a study, over several periods if there are some."""
    asked: dict[str, Any] = {
        **options._asdict(),
        "economics": request.economics,
        "objective": request.objective,
        "observer": observer,
    }
    if request.periods is None:
        return retrofit(request.streams, **asked)
    return retrofit_periods(request.streams, request.periods, **asked)


def progress_line(progress: RetrofitProgress) -> Callable[[float], str]:
    """Text of the progress line, from the seconds since it was begun."""
    done = f"{progress.n_done} of {progress.n_configurations} combinations"
    best = progress.best_saving_percent
    saving = "" if math.isnan(best) else f"  best saving {number(best, 3)} %"
    return lambda since_s: f"{done}  {progress.elapsed_s + since_s:.1f} s{saving}"


def _study_in_child(channel: Channel, request: Request) -> _Found:
    """Send progress to the parent; stop when it asks to."""
    sent = -1

    def observe(progress: RetrofitProgress) -> bool:
        nonlocal sent
        if progress.n_done > sent:
            channel.send(progress)
            sent = progress.n_done
        return channel.should_stop.is_set()

    study = _solved(request, request.options, observe)
    singles = found = None
    if request.wants_singles and not channel.should_stop.is_set():
        singles = _solved(request, request.options._replace(move=1), observe)
    if request.wanted.anything and not channel.should_stop.is_set():
        found = _alternatives(request, channel)
    return _Found(study, singles, found)


def _alternatives(request: Request, channel: Channel) -> Alternatives:
    """Find the best ways to move levels."""
    options = request.options
    return retrofit_alternatives(
        request.streams,
        existing_C=options.existing_C,
        move=options.move,
        range_K=options.range_K,
        movable_C=options.movable_C,
        heat_pumps=options.heat_pumps,
        n_alternatives=request.wanted.n_best,
        within_percent=request.wanted.within_percent,
        economics=request.economics,
        objective=request.objective,
        candidates_C=options.candidates_C,
        options=options.options,
        observer=lambda _: channel.should_stop.is_set(),
    )
