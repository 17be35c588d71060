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
from milpcore.sizing.size_ranges import RangesProgress, size_ranges
from milpcore.sizing.solve import SizingOutcome

GRACE_S = 0.3
"""Seconds that a search has to end with its plant after Ctrl-C; the last one told of is known."""
NOTHING_YET = "the search had found no plant"
LEAST_RANGES_S, MOST_RANGES_S = 30.0, 60.0
"""Between these, ranges may take as long as the search did."""


class Request(NamedTuple):
    """What is asked for; picklable.

    Attributes
    ----------
    profile : HeatProfile
    parameters : SizingParameters
    mip_rel_gap : float
        Gap at which the search ends.
    time_limit_s : float or None
        Of the search.
    ranges_share : float or None
        Share of TAC within which ranges of sizes are searched for; None for no ranges.
    ranges_time_s : float or None
        Time limit of that; see `ranges_limit_s` for None.
    """

    profile: HeatProfile
    parameters: SizingParameters
    mip_rel_gap: float
    time_limit_s: float | None
    ranges_share: float | None = None
    ranges_time_s: float | None = None

    def ranges_limit_s(self, search_s: float) -> float:
        """Time for the ranges after a search that took so long.

        Examples
        --------
        >>> from milpcore import sizing
        >>> request = Request(*sizing.load_case("base_48h"), 1e-3, None, 1e-3)
        >>> [request.ranges_limit_s(seconds) for seconds in (0.2, 40.0, 600.0)]
        [30.0, 40.0, 60.0]
        """
        if self.ranges_time_s is not None:
            return self.ranges_time_s
        proportionate_s = min(max(search_s, LEAST_RANGES_S), MOST_RANGES_S)
        return min(proportionate_s, math.inf if self.time_limit_s is None else self.time_limit_s)


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    result : SizingResult
        The plant; after an interruption the best one found until then, if any.
    was_interrupted : bool
        Whether Ctrl-C ended the search, or that for the ranges.
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


def ranges_line(request: Request, search_s: float, name: str, elapsed_s: float) -> str:
    """Text of the progress line while ranges are searched for."""
    limit_s = request.ranges_limit_s(search_s)
    return f"ranges of sizes  {elapsed_s:.1f} s of at most {limit_s:.3g} s  {name}"


def _size_in_child(channel: Channel, request: Request) -> SizingResult:
    """Search; tell the parent that it begins and how far it is, and stop when it asks to."""
    channel.send(None)
    result = size_plant(
        request.profile,
        request.parameters,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        observer=_observer_of(channel),
    )
    if result.design is None or request.ranges_share is None or channel.should_stop.is_set():
        return result
    channel.send(result)
    ranges = size_ranges(
        result,
        within_share=request.ranges_share,
        time_limit_s=request.ranges_limit_s(_search_s(result)),
        observer=observer_of(channel),
    )
    return result.with_ranges(ranges)


def _search_s(result: SizingResult) -> float:
    return float(result.summary["solve_s"].iloc[0])


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
    latest: SizingProgress | RangesProgress | None = None
    result: SizingResult | None = None
    began_s: float = field(default_factory=time.monotonic)

    def hear(self, message: SizingProgress | SizingResult | RangesProgress | None) -> None:
        """Take a message of the child: None first, the result before the ranges."""
        if message is None or isinstance(message, SizingResult):
            self.result, self.latest = message, None
            self.began_s = time.monotonic()
            self.line.begin(self.text)
        else:
            self.latest = message

    def text(self, elapsed_s: float) -> str:
        """Text of the progress line."""
        latest = self.latest
        if self.result is not None:
            name = latest.name if isinstance(latest, RangesProgress) else ""
            return ranges_line(self.request, _search_s(self.result), name, elapsed_s).rstrip()
        progress = latest if isinstance(latest, SizingProgress) else None
        return progress_line(self.request, progress, elapsed_s)

    def unfinished(self) -> SizingResult:
        """Make the result of a search that was ended: what it has told of."""
        latest = self.latest
        if self.result is not None:
            ranges = latest.ranges if isinstance(latest, RangesProgress) else None
            return self.result.with_ranges(ranges)
        progress = latest if isinstance(latest, SizingProgress) else None
        return _unfinished(self.request, time.monotonic() - self.began_s, progress)


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
