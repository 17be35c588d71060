"""Run a greenfield study in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from milpcore.core import Channel, ChildInterrupted, Status, run_in_child
from milpcore.economics import SiteEconomics
from milpcore.report import ProgressLine, progress_text
from milpcore.scales import Kind, scale_for
from milpcore.site.greenfield import greenfield_study
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.model import Outcome, Progress
from milpcore.site.results import GreenfieldStudy, SiteResult, make_result
from milpcore.site.study import SolveSettings, checked_settings, chosen_formulation
from milpcore.streams import Streams

GRACE_S = 0.3
"""Seconds that a search has to hand over its incumbent after Ctrl-C."""
_SEND_EVERY_S = 0.1


class Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    economics: SiteEconomics
    levels: tuple[int, ...]
    objective: str
    formulation: str | None
    mip_rel_gap: float
    time_limit_s: float | None
    cascade: bool


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    study : GreenfieldStudy
        The configurations that were finished, and the one that was interrupted.
    not_started : tuple of int
        Numbers of levels that an interruption kept from being looked at.
    was_interrupted : bool
        Whether Ctrl-C ended the study.
    formulation : str
        The formulation in use.
    n_candidates : int
        Number of candidate levels.
    """

    study: GreenfieldStudy
    not_started: tuple[int, ...]
    was_interrupted: bool
    formulation: str
    n_candidates: int


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
        If the input cannot be solved, or the formulation would be wrong for it; at once.
    """
    settings = SolveSettings(request.mip_rel_gap, request.time_limit_s, None)
    checked_settings(settings, levels=request.levels, formulation=request.formulation)
    inputs = _prepared(request)
    formulation = chosen_formulation(inputs, request.formulation)(request.levels[0]).name
    watch = _Watch(request, line)
    interrupted = False
    with line:
        watch.begin()
        try:
            run_in_child(_study_in_child, request, on_message=watch.hear, grace_s=GRACE_S)
        except ChildInterrupted:
            interrupted = True
    if interrupted:
        watch.cut()
        if watch.current is not None and not watch.ends_interrupted:
            watch.results.append(watch.unfinished(inputs, formulation))
    not_started = request.levels[len(watch.results) :]
    return Answer(
        GreenfieldStudy(tuple(watch.results)),
        not_started,
        interrupted,
        formulation,
        inputs.n_candidates,
    )


def _prepared(request: Request) -> SiteInputs:
    return prepare(
        request.streams,
        economics=request.economics,
        cascade=request.cascade,
        objective=request.objective,
    )


def _study_in_child(channel: Channel, request: Request) -> None:
    """Send progress and every result to the parent; stop when it asks to."""
    sent_s = -math.inf

    def observe(progress: Progress) -> bool:
        nonlocal sent_s
        now_s = time.monotonic()
        if now_s - sent_s >= _SEND_EVERY_S:
            channel.send(progress)
            sent_s = now_s
        return channel.should_stop.is_set()

    greenfield_study(
        request.streams,
        levels=request.levels,
        economics=request.economics,
        objective=request.objective,
        formulation=request.formulation,
        cascade=request.cascade,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        observer=observe,
        on_result=channel.send,
    )


@dataclass
class _Watch:
    """What the parent knows while the child works."""

    request: Request
    line: ProgressLine
    results: list[SiteResult] = field(default_factory=list)
    latest: Progress | None = None
    began_s: float = 0.0
    is_running: bool = False

    @property
    def current(self) -> int | None:
        """Number of levels being worked on; None after the last."""
        levels, done = self.request.levels, len(self.results)
        return levels[done] if done < len(levels) else None

    @property
    def ends_interrupted(self) -> bool:
        """Whether the last result is one that stopped when asked to."""
        return bool(self.results) and self.results[-1].status is Status.INTERRUPTED

    @property
    def kind(self) -> Kind:
        return Kind.EMISSION if self.request.objective == "co2" else Kind.COST

    def begin(self) -> None:
        """Start the line of the current configuration."""
        self.latest, self.began_s = None, time.monotonic()
        if self.current is not None:
            self.line.begin(self.text)

    def hear(self, message: Progress | SiteResult) -> None:
        """Take a message of the child."""
        if isinstance(message, Progress):
            if not self.is_running:
                self.is_running = True
                self.begin()
            self.latest = message
            return
        if not self.ends_interrupted:
            if message.status is not Status.INTERRUPTED:
                self.line.end(_result_text(message))
            self.results.append(message)
            self.begin()

    def cut(self) -> None:
        """Drop what came after an interruption: it was not started."""
        for place, result in enumerate(self.results):
            if result.status is Status.INTERRUPTED:
                del self.results[place + 1 :]
                return

    def text(self, elapsed_s: float) -> str:
        """Text of the progress line."""
        if not self.is_running:
            return "starting"
        latest = self.latest
        incumbent = math.nan if latest is None else latest.incumbent
        bound = math.nan if latest is None else latest.bound
        return progress_text(
            self.current or 0,
            elapsed_s,
            quantity=self.request.objective.upper(),
            scale=scale_for(self.kind, (incumbent, bound)),
            incumbent=incumbent,
            bound=bound if bound > 0.0 else math.nan,
            n_nodes=0 if latest is None else latest.n_nodes,
        )

    def unfinished(self, inputs: SiteInputs, formulation: str) -> SiteResult:
        """Make the result of a search that was ended before it handed over a design."""
        latest = self.latest or Progress(0.0, math.inf, -math.inf, 0)
        outcome = Outcome(
            Status.INTERRUPTED,
            None,
            math.nan,
            latest.bound,
            math.inf,
            latest.n_nodes,
            time.monotonic() - self.began_s,
            "the search was ended before it handed over a design",
        )
        return make_result(
            inputs, outcome, max_levels=self.current or 0, formulation_name=formulation
        )


def _result_text(result: SiteResult) -> str:
    """Last text of a configuration's progress line."""
    row = result.summary.iloc[0]
    value, bound = float(row["objective_value"]), float(row["bound"])
    kind = Kind.EMISSION if row["unit"] == "t/a" else Kind.COST
    text = progress_text(
        result.max_levels,
        float(row["solve_s"]),
        quantity=str(row["objective"]).upper(),
        scale=scale_for(kind, (value, bound)),
        incumbent=value,
        bound=bound,
        n_nodes=int(row["n_nodes"]),
    )
    return f"{text}  {row['status']}"
