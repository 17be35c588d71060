"""Search for a Pareto front in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from milpcore.cli.observing import observer_of
from milpcore.cli.signals import ctrl_c_after, ctrl_c_held
from milpcore.core import Channel, ChildInterrupted, run_in_child
from milpcore.economics import SiteEconomics
from milpcore.report import ProgressLine
from milpcore.site.front_search.search import FrontProgress
from milpcore.site.pareto import front_study, search_front
from milpcore.site.pareto_found import FoundFront, unstarted_front
from milpcore.site.pareto_request import ParetoOptions, ParetoPlan, plan_pareto
from milpcore.site.pareto_results import ParetoStudy
from milpcore.streams import Streams

GRACE_S = 0.9
"""Seconds that a search has to hand over what it has found after Ctrl-C; usually 0.2 s do."""
_PHASES = {
    "ends": "ends of the front",
    "supported": "supported points",
    "between": "between supported points",
}


class Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    economics: SiteEconomics
    options: ParetoOptions


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    study : ParetoStudy
    was_interrupted : bool
        Whether Ctrl-C ended the search.
    n_candidates : int
        Number of candidate levels.
    """

    study: ParetoStudy
    was_interrupted: bool
    n_candidates: int


def run_study(request: Request, line: ProgressLine) -> Answer:
    """Search for the front in a child process.

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

    def hear(progress: FrontProgress) -> None:
        line.begin(progress_line(progress))

    was_interrupted = False
    with line:
        try:
            with ctrl_c_after():
                plan = _plan(request)
            line.begin(lambda _: "starting")
            found = run_in_child(_search_in_child, request, on_message=hear, grace_s=GRACE_S)
        except KeyboardInterrupt as interrupt:
            was_interrupted = True
            value = interrupt.value if isinstance(interrupt, ChildInterrupted) else None
            plan = _plan(request)
            found = value if isinstance(value, FoundFront) else unstarted_front(plan)
        line.begin(lambda since_s: f"tables and checks of the points  {since_s:.1f} s")
        with ctrl_c_held() as presses:
            study = front_study(plan, found)
    return Answer(study, was_interrupted or bool(presses), plan.inputs.n_candidates)


def unstarted_study(request: Request) -> Answer:
    """Return the answer to a request that was interrupted before anything was found.

    Parameters
    ----------
    request : Request
        What is asked for.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If the input has faults.
    """
    plan = _plan(request)
    return Answer(front_study(plan, unstarted_front(plan)), True, plan.inputs.n_candidates)


def _plan(request: Request) -> ParetoPlan:
    return plan_pareto(request.streams, request.options, economics=request.economics)


def progress_line(progress: FrontProgress) -> Callable[[float], str]:
    """Text of the progress line, from the seconds since it was begun."""
    phase = _PHASES[progress.phase]
    done = f"{phase}: {progress.n_done} of {progress.n_total}"
    sets = f"{progress.n_level_sets} level sets"
    return lambda since_s: f"{done}  {progress.elapsed_s + since_s:.1f} s  {sets}"


def _search_in_child(channel: Channel, request: Request) -> FoundFront:
    """Send progress to the parent; stop when it asks to."""
    return search_front(_plan(request), observer_of(channel))
