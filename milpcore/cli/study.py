"""Run a greenfield study in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from milpcore.cli.alternatives import Wanted
from milpcore.cli.alternatives import progress_text as wanted_progress
from milpcore.cli.observing import observer_of
from milpcore.cli.signals import ctrl_c_after
from milpcore.core import Channel, Status, run_in_child
from milpcore.economics import Measure, SiteEconomics
from milpcore.report import ProgressLine, progress_text
from milpcore.scales import Kind, scale_for
from milpcore.site.alternatives import alternatives
from milpcore.site.alternatives_options import check_alternatives
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.candidates import Candidates
from milpcore.site.check import check
from milpcore.site.design_cost import objective_value
from milpcore.site.greenfield import greenfield_study
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.model import Design, Outcome, Progress, relative_gap
from milpcore.site.operate import operate
from milpcore.site.results import GreenfieldStudy, SiteResult, make_result, unstarted_result
from milpcore.site.solve_milp import NONE_YET, lowest_and_highest
from milpcore.site.study import SolveSettings, checked_settings, chosen_formulation
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

GRACE_S = 0.3
"""Seconds that a search has to hand over its incumbent after Ctrl-C."""


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
    candidates: Candidates | None = None
    wanted: Wanted = Wanted()
    options: SiteOptions = SiteOptions()


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    study : GreenfieldStudy
        All configurations. The one that Ctrl-C has interrupted keeps what its search had found,
        else what is known without it; those not started have no numbers.
    not_started : tuple of int
        Numbers of levels that an interruption kept from being looked at.
    was_interrupted : bool
        Whether Ctrl-C ended the study.
    formulation : str
        The formulation in use; empty if that was not known yet.
    n_candidates : int or None
        Number of candidate levels; None if that was not known yet.
    alternatives : tuple of Alternatives
        Of each configuration, if any are wanted; those that an interruption left.
    """

    study: GreenfieldStudy
    not_started: tuple[int, ...]
    was_interrupted: bool
    formulation: str
    n_candidates: int | None
    alternatives: tuple[Alternatives, ...] = ()


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
    _check(request)
    watch = _Watch(request, line)
    not_started: tuple[int, ...] = ()
    interrupted = False
    try:
        with ctrl_c_after():
            watch.prepare()
        with line:
            watch.begin()
            run_in_child(_study_in_child, request, on_message=watch.hear, grace_s=GRACE_S)
    except KeyboardInterrupt:  # `ChildInterrupted` is one
        interrupted = True
        not_started = watch.complete()
    n_candidates = None if watch.inputs is None else watch.inputs.n_candidates
    study = GreenfieldStudy(tuple(watch.results))
    found = tuple(watch.alternatives)
    return Answer(study, not_started, interrupted, watch.formulation, n_candidates, found)


def unstarted_study(request: Request) -> Answer:
    """Return the answer to a request that was interrupted before anything began.

    Parameters
    ----------
    request : Request
        What is asked for.

    Returns
    -------
    Answer
        Every configuration without numbers.

    Raises
    ------
    InputError
        If what is asked for has faults.
    """
    _check(request)
    results = tuple(_unstarted(request, max_levels, "") for max_levels in request.levels)
    return Answer(GreenfieldStudy(results), request.levels, True, "", None)


def _check(request: Request) -> None:
    settings = SolveSettings(request.mip_rel_gap, request.time_limit_s, None)
    checked_settings(settings, levels=request.levels, formulation=request.formulation)
    if request.wanted.anything:
        check_alternatives(request.candidates, _prepared(request))


def _prepared(request: Request) -> SiteInputs:
    return prepare(
        request.streams,
        economics=request.economics,
        candidates_C=request.candidates,
        cascade=request.cascade,
        objective=request.objective,
        options=request.options,
    )


def _study_in_child(channel: Channel, request: Request) -> None:
    """Send progress and every result to the parent; stop when it asks to."""
    channel.send(Progress(0.0, math.inf, -math.inf, 0))
    greenfield_study(
        request.streams,
        levels=request.levels,
        economics=request.economics,
        objective=request.objective,
        formulation=request.formulation,
        cascade=request.cascade,
        candidates_C=request.candidates,
        options=request.options,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        observer=observer_of(channel),
        on_result=channel.send,
    )
    for max_levels in request.levels if request.wanted.anything else ():
        if channel.should_stop.is_set():
            return
        found = alternatives(
            request.streams,
            n_levels=max_levels,
            n_alternatives=request.wanted.n_best,
            within_percent=request.wanted.within_percent,
            economics=request.economics,
            objective=request.objective,
            candidates_C=request.candidates,
            options=request.options,
            time_limit_s=request.time_limit_s,
            observer=observer_of(channel),
        )
        channel.send(found)


@dataclass
class _Watch:
    """What the parent knows while the child works."""

    request: Request
    line: ProgressLine
    inputs: SiteInputs | None = None
    formulation: str = ""
    results: list[SiteResult] = field(default_factory=list)
    alternatives: list[Alternatives] = field(default_factory=list)
    latest: Progress | None = None
    began_s: float = 0.0

    def prepare(self) -> None:
        """Refuse at once what the child would refuse."""
        request = self.request
        inputs = _prepared(request)
        self.formulation = chosen_formulation(inputs, request.formulation)(request.levels[0]).name
        self.inputs = inputs

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
        self.began_s = time.monotonic()
        if self.current is not None:
            self.line.begin(self.text)
        elif self.request.wanted.anything and len(self.alternatives) < len(self.request.levels):
            max_levels = self.request.levels[len(self.alternatives)]
            self.line.begin(lambda since_s: f"{wanted_progress(max_levels)}  {since_s:.1f} s")

    def hear(self, message: Progress | SiteResult | Alternatives) -> None:
        """Take a message of the child."""
        if isinstance(message, Alternatives):
            took = f"{wanted_progress(message.max_levels)}  {message.solve_s:.1f} s"
            self.line.end(f"{took}  {message.status.value}")
            self.alternatives.append(message)
            self.begin()
        elif isinstance(message, Progress):
            is_first, self.latest = self.latest is None, message
            if is_first:
                self.begin()
        elif not self.ends_interrupted:  # what comes after an interruption was not started
            if message.status is not Status.INTERRUPTED:
                self.line.end(_result_text(message))
            self.results.append(message)
            self.latest = Progress(0.0, math.inf, -math.inf, 0)
            self.begin()

    def complete(self) -> tuple[int, ...]:
        """Add what an interruption kept from being finished; return what was not started."""
        if self.ends_interrupted and not self.results[-1].has_design:
            self.results.pop()
        is_started = self.latest is not None and not self.ends_interrupted
        if self.inputs is not None and self.current is not None and is_started:
            self.results.append(self._unfinished(self.inputs, self.current))
        not_started = self.request.levels[len(self.results) :]
        for max_levels in not_started:
            self.results.append(_unstarted(self.request, max_levels, self.formulation))
        return not_started

    def text(self, elapsed_s: float) -> str:
        """Text of the progress line."""
        latest = self.latest
        if latest is None:
            return "starting"
        incumbent, bound = latest.incumbent, latest.bound
        return progress_text(
            self.current or 0,
            elapsed_s,
            quantity=self.request.objective.upper(),
            scale=scale_for(self.kind, (incumbent, bound)),
            incumbent=incumbent,
            bound=bound if bound > 0.0 else math.nan,
            n_nodes=latest.n_nodes,
        )

    def _unfinished(self, inputs: SiteInputs, max_levels: int) -> SiteResult:
        """Make the result of a search that was ended before it handed over a design.

        As at a time limit it is the design with fewer levels, or that of the lowest and the
        highest candidate.
        """
        latest = self.latest or Progress(0.0, math.inf, -math.inf, 0)
        inputs = _with_levels(inputs, self.request, self.results)
        designs = [_design(inputs, result) for result in self.results if result.has_design]
        if designs:
            design, message = designs[-1], "the search had handed over no better design"
        elif max_levels > 1:
            design, message = lowest_and_highest(inputs, max_levels), NONE_YET
        else:
            design, message = None, "the search had handed over no design"
        objective = math.nan if design is None else objective_value(inputs, design)
        bound = max(0.0, latest.bound) if design is None else min(max(0.0, latest.bound), objective)
        outcome = Outcome(
            Status.INTERRUPTED,
            design,
            objective,
            bound,
            math.inf if design is None else relative_gap(objective, bound),
            latest.n_nodes,
            time.monotonic() - self.began_s,
            message,
        )
        result = make_result(
            inputs, outcome, max_levels=max_levels, formulation_name=self.formulation
        )
        check(
            result, inputs.streams, inputs.economics, cascade=inputs.cascade, options=inputs.options
        )
        return result


def _unstarted(request: Request, max_levels: int, formulation: str) -> SiteResult:
    return unstarted_result(
        request.streams,
        request.economics,
        Measure(request.objective),
        cascade=request.cascade,
        max_levels=max_levels,
        formulation_name=formulation,
        options=request.options,
    )


def _design(inputs: SiteInputs, result: SiteResult) -> Design | None:
    """Return the design of a result."""
    is_open = np.isin(inputs.level_C, result.levels["temperature_C"])
    level = np.searchsorted(inputs.level_C, result.connections["level_C"])
    return operate(inputs, is_open, level)


def _with_levels(inputs: SiteInputs, request: Request, results: Sequence[SiteResult]) -> SiteInputs:
    """Return the site with the levels of results among its candidates: some may be refined."""
    found_C = [result.levels["temperature_C"].to_numpy() for result in results]
    level_C = np.unique(np.concatenate([inputs.level_C, *found_C]))
    if level_C.size == inputs.n_candidates:
        return inputs
    return prepare(
        request.streams,
        economics=request.economics,
        candidates_C=level_C.tolist(),
        cascade=request.cascade,
        objective=request.objective,
        options=request.options,
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
