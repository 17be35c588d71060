"""Size a plant in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from milpcore.cli.observing import observer_of
from milpcore.core import Channel, ChildInterrupted, Status, run_in_child
from milpcore.report import ProgressLine, gap_text
from milpcore.scales import Kind, scale_for
from milpcore.sizing.inputs import prepare
from milpcore.sizing.model import SizingModel
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.progress import SizingObserver, SizingProgress
from milpcore.sizing.results import SizingResult, result_of
from milpcore.sizing.size_plant import size_plant
from milpcore.sizing.solve import SizingOutcome

GRACE_S = 0.3
"""Seconds that a search has to end with its plant after Ctrl-C; the last one told of is known."""
NOTHING_YET = "the search had found no plant"


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
        The plant; after an interruption the best one found until then, if any.
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
        Shows how far it is.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If profile and parameters do not fit together; at once.
    """
    watch = _Watch(request, line)
    try:
        prepare(request.profile, request.parameters)  # refuses at once what the child would refuse
        with line:
            line.begin(lambda _: "starting")
            result = run_in_child(_size_in_child, request, on_message=watch.hear, grace_s=GRACE_S)
    except KeyboardInterrupt as interrupt:
        value = interrupt.value if isinstance(interrupt, ChildInterrupted) else None
        return Answer(value if isinstance(value, SizingResult) else watch.unfinished(), True)
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


def progress_line(request: Request, progress: SizingProgress | None, elapsed_s: float) -> str:
    """Text of the progress line, from the seconds since the search began.

    What is not known yet is left out.
    """
    limit_s = request.time_limit_s
    limit = "" if limit_s is None else f" of at most {limit_s:g} s"
    parts = [f"{request.profile.n_steps} steps", f"{elapsed_s:.1f} s{limit}"]
    if progress is not None:
        tac, bound = progress.best_EUR_per_a, progress.bound_EUR_per_a
        scale = scale_for(Kind.COST, [value for value in (tac, bound) if math.isfinite(value)])
        if progress.design is not None:
            parts += [f"TAC {scale.text(tac)} {scale.unit}", f"gap {gap_text(progress.gap)} %"]
        elif math.isfinite(bound):
            parts.append(f"TAC above {scale.text(bound)} {scale.unit}")
        parts.append(progress.phase)
    return "  ".join(parts)


def _size_in_child(channel: Channel, request: Request) -> SizingResult:
    """Search; tell the parent that it begins and how far it is, and stop when it asks to."""
    channel.send(None)
    return size_plant(
        request.profile,
        request.parameters,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        observer=_observer_of(channel),
    )


def _observer_of(channel: Channel) -> SizingObserver:
    """Send every better design and every phase at once, other progress now and then."""
    now_and_then = observer_of(channel)
    told: tuple[str, float] = ("", math.nan)

    def observe(progress: SizingProgress) -> bool:
        nonlocal told
        news = (progress.phase, progress.best_EUR_per_a)
        if progress.design is None or news == told:
            return now_and_then(progress)
        told = news
        channel.send(progress)
        return channel.should_stop.is_set()

    return observe


@dataclass
class _Watch:
    """What the parent knows while the child works."""

    request: Request
    line: ProgressLine
    latest: SizingProgress | None = None
    began_s: float = field(default_factory=time.monotonic)

    def hear(self, progress: SizingProgress | None) -> None:
        """Take a message of the child; the first one is None."""
        self.latest = progress
        if progress is None:
            self.began_s = time.monotonic()
            self.line.begin(lambda since_s: progress_line(self.request, self.latest, since_s))

    def unfinished(self) -> SizingResult:
        """Make the result of a search that was ended: the best design that it has told of."""
        return _unfinished(self.request, time.monotonic() - self.began_s, self.latest)


def _unfinished(
    request: Request, elapsed_s: float, latest: SizingProgress | None = None
) -> SizingResult:
    """Make the result of a search that was ended."""
    outcome = SizingOutcome(Status.INTERRUPTED, None, math.nan, -math.inf, 0, NOTHING_YET)
    if latest is not None:
        outcome = replace(
            outcome,
            design=latest.design,
            objective_EUR_per_a=latest.best_EUR_per_a,
            bound_EUR_per_a=latest.bound_EUR_per_a,
            message=NOTHING_YET if latest.design is None else "",
        )
    return result_of(
        request.profile,
        request.parameters,
        outcome,
        model=SizingModel().name,
        solve_s=elapsed_s,
    )
