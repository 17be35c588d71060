"""Size a plant in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from milpcore.core import Channel, ChildInterrupted, Status, run_in_child
from milpcore.report import ProgressLine
from milpcore.sizing.inputs import prepare
from milpcore.sizing.model import SizingModel
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.results import SizingResult, result_of
from milpcore.sizing.size_plant import size_plant
from milpcore.sizing.solve import SizingOutcome

GRACE_S = 0.3
"""Seconds that a search which is just ending has to hand over its plant after Ctrl-C."""
NOTHING_YET = "the search had handed over no plant"


class Request(NamedTuple):
    """What is asked for; picklable."""

    profile: HeatProfile
    parameters: SizingParameters
    mip_rel_gap: float
    time_limit_s: float | None


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    result : SizingResult
        The plant; after an interruption usually none.
    was_interrupted : bool
        Whether Ctrl-C ended the search.
    """

    result: SizingResult
    was_interrupted: bool


def run_study(request: Request, line: ProgressLine) -> Answer:
    """Size the plant in a child process.

    Parameters
    ----------
    request : Request
        What is asked for.
    line : ProgressLine
        Shows how long it takes.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If profile and parameters do not fit together; at once.
    """
    began_s = time.monotonic()

    def hear(_: None) -> None:
        line.begin(progress_line(request))

    try:
        prepare(request.profile, request.parameters)  # refuses at once what the child would refuse
        with line:
            line.begin(lambda _: "starting")
            result = run_in_child(_size_in_child, request, on_message=hear, grace_s=GRACE_S)
    except KeyboardInterrupt as interrupt:
        value = interrupt.value if isinstance(interrupt, ChildInterrupted) else None
        if not isinstance(value, SizingResult):
            value = _unfinished(request, time.monotonic() - began_s)
        return Answer(value, True)
    return Answer(result, False)


def unstarted_study(request: Request) -> Answer:
    """Return the answer to a request that was interrupted before the search began.

    Parameters
    ----------
    request : Request
        What is asked for.

    Returns
    -------
    Answer
        Without a plant.

    Raises
    ------
    InputError
        If profile and parameters do not fit together.
    """
    prepare(request.profile, request.parameters)
    return Answer(_unfinished(request, 0.0), True)


def progress_line(request: Request) -> Callable[[float], str]:
    """Text of the progress line, from the seconds since the search began."""
    profile, limit_s = request.profile, request.time_limit_s
    what = f"{profile.n_steps} steps, {len(request.parameters.units)} units and stores"
    limit = "" if limit_s is None else f" of at most {limit_s:g} s"
    return lambda elapsed_s: f"{what}  {elapsed_s:.1f} s{limit}"


def _size_in_child(channel: Channel, request: Request) -> SizingResult:
    """Tell the parent that the search begins, and search."""
    channel.send(None)
    return size_plant(
        request.profile,
        request.parameters,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
    )


def _unfinished(request: Request, elapsed_s: float) -> SizingResult:
    """Make the result of a search that was ended."""
    outcome = SizingOutcome(Status.INTERRUPTED, None, math.nan, -math.inf, 0, NOTHING_YET)
    return result_of(
        request.profile,
        request.parameters,
        outcome,
        model=SizingModel().name,
        solve_s=elapsed_s,
    )
