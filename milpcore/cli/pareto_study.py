"""Search for a Pareto front in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from milpcore.core import Channel, ChildInterrupted, run_in_child
from milpcore.economics import SiteEconomics
from milpcore.report import ProgressLine
from milpcore.site.front_search.search import FrontProgress
from milpcore.site.pareto import FoundFront, front_study, search_front
from milpcore.site.pareto_request import ParetoOptions, plan_pareto
from milpcore.site.pareto_results import ParetoStudy
from milpcore.streams import Streams

GRACE_S = 0.9
"""Seconds that a search has to hand over what it has found after Ctrl-C; usually 0.2 s do."""
_SEND_EVERY_S = 0.1
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
    KeyboardInterrupt
        At Ctrl-C before anything was found.
    """
    plan = plan_pareto(request.streams, request.options, economics=request.economics)
    n_candidates = plan.inputs.n_candidates

    def hear(progress: FrontProgress) -> None:
        line.begin(progress_line(progress))

    was_interrupted = False
    with line:
        line.begin(lambda _: "starting")
        try:
            found = run_in_child(_search_in_child, request, on_message=hear, grace_s=GRACE_S)
        except ChildInterrupted as interrupt:
            if not isinstance(interrupt.value, FoundFront):
                raise
            found, was_interrupted = interrupt.value, True
        line.begin(lambda since_s: f"tables and checks of the points  {since_s:.1f} s")
        return Answer(front_study(plan, found), was_interrupted, n_candidates)


def progress_line(progress: FrontProgress) -> Callable[[float], str]:
    """Text of the progress line, from the seconds since it was begun."""
    phase = _PHASES[progress.phase]
    done = f"{phase}: {progress.n_done} of {progress.n_total}"
    sets = f"{progress.n_level_sets} level sets"
    return lambda since_s: f"{done}  {progress.elapsed_s + since_s:.1f} s  {sets}"


def _search_in_child(channel: Channel, request: Request) -> FoundFront:
    """Send progress to the parent; stop when it asks to."""
    sent_s = -math.inf

    def observe(progress: FrontProgress) -> bool:
        nonlocal sent_s
        now_s = time.monotonic()
        if now_s - sent_s >= _SEND_EVERY_S:
            channel.send(progress)
            sent_s = now_s
        return channel.should_stop.is_set()

    plan = plan_pareto(request.streams, request.options, economics=request.economics)
    return search_front(plan, observe)
