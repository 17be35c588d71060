"""Configurations that differ in their largest number of levels, one after another in a child.

What the other models of ``milpcore greenfield`` share: the child process and its progress line,
Ctrl-C, which keeps what is finished and what the search at hand returns in time, tables of all
configurations, the end of the command.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import pandas as pd

from milpcore.cli.configurations import (
    Configuration,
    exit_code,
    is_worth,
    say_without,
    why_unfinished,
)
from milpcore.cli.greenfield_text import runs
from milpcore.cli.messages import print_error
from milpcore.cli.output import Drawn, show, write_output
from milpcore.cli.signals import ctrl_c_held, is_interrupted_early
from milpcore.core import Channel, Status, run_in_child
from milpcore.report import ProgressLine, progress_text
from milpcore.scales import Kind, scale_for
from milpcore.site.model import Progress

GRACE_S = 0.3
"""Seconds that a search has to hand over its incumbent after Ctrl-C."""
_log = logging.getLogger(__name__)


Result = TypeVar("Result", bound=Configuration)


@dataclass(frozen=True)
class Job(Generic[Result]):
    """What is to be solved.

    Attributes
    ----------
    solve : callable
        Defined at the top level of a module: from `request`, the largest number of levels and the
        channel to the parent to a result. It sends `Progress`, or a text that names a new phase.
    request : object
        Picklable.
    levels : tuple of int
        Largest numbers of levels, rising.
    blank : callable
        From a number of levels, a status and a note to a result without a design.
    measure : str
        What is minimised.
    rescue : callable, optional
        Makes the result of a search that was ended before it handed over its design, from its
        number of levels and the latest `Progress`; None where that does not tell the design.
    """

    solve: Callable[[Any, int, Channel], Result]
    request: Any
    levels: tuple[int, ...]
    blank: Callable[[int, Status, str], Result]
    measure: str = "tac"
    rescue: Callable[[int, Progress], Result | None] | None = None


class Found(NamedTuple, Generic[Result]):
    """What came of a job.

    Attributes
    ----------
    results : tuple
        One for each number of levels; without a design where an interruption has left none.
    not_finished, not_started : tuple of int
        What the interruption kept from being finished, or from being looked at.
    was_interrupted : bool
        Whether Ctrl-C ended it.
    """

    results: tuple[Result, ...]
    not_finished: tuple[int, ...] = ()
    not_started: tuple[int, ...] = ()
    was_interrupted: bool = False

    @property
    def best(self) -> Result | None:
        """The design of least objective; of equal ones that with fewest levels."""
        best, least = None, math.inf
        for one in self.results:
            value = _objective(one.summary)
            if one.has_design and (best is None or value < least - 1e-9 * abs(least)):
                best, least = one, value
        return best


class Partial(NamedTuple):
    """Message of a child: what it has of a configuration that it goes on with."""

    result: Any


class _Begins(NamedTuple):
    max_levels: int


class _Failed(NamedTuple):
    max_levels: int
    note: str


@contextmanager
def ctrl_c_kept(arguments: argparse.Namespace) -> Iterator[None]:
    """Keep Ctrl-C while inputs are prepared, for `run_job` to answer with what was asked for.

    Parameters
    ----------
    arguments : argparse.Namespace
        The command's.
    """
    with ctrl_c_held() as presses:
        yield
    arguments.was_pressed = bool(presses)


def run_job(arguments: argparse.Namespace, job: Job[Result]) -> Found[Result]:
    """Solve all configurations in a child process.

    Parameters
    ----------
    arguments : argparse.Namespace
        The command's; with `quiet`.
    job : Job
        What to solve; refused input must have been refused before.

    Returns
    -------
    Found
    """
    watch = _Watch(job, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    if is_interrupted_early(arguments) or getattr(arguments, "was_pressed", False):
        return watch.found(was_interrupted=True)
    try:
        with watch.line:
            watch.line.begin(lambda _: "starting")
            run_in_child(
                _in_child,
                *(job.solve, job.request, job.levels),
                on_message=watch.hear,
                grace_s=GRACE_S,
            )
    except KeyboardInterrupt:
        return watch.found(was_interrupted=True)
    return watch.found(was_interrupted=False)


def _in_child(
    channel: Channel, solve: Callable[[Any, int, Channel], Any], request: Any, levels: Sequence[int]
) -> None:
    """Send every result to the parent; stop when it asks to."""
    for max_levels in levels:
        if channel.should_stop.is_set():
            return
        channel.send(_Begins(max_levels))
        try:
            channel.send(solve(request, max_levels, channel))
        except Exception as error:
            _log.exception("at most %d levels: failed", max_levels)
            channel.send(_Failed(max_levels, f"{type(error).__name__}: {error}"))


class _Watch(Generic[Result]):
    """What the parent knows while the child works."""

    def __init__(self, job: Job[Result], line: ProgressLine) -> None:
        self.job, self.line = job, line
        self.results: list[Result] = []
        self.current: int | None = None
        self.phase = ""
        self.latest: Progress | None = None
        self.partial: Result | None = None

    def hear(self, message: object) -> None:
        """Take a message of the child."""
        if isinstance(message, _Begins):
            self.current, self.phase = message.max_levels, ""
            self.latest = self.partial = None
            self.line.begin(self.text)
        elif isinstance(message, str):
            self.phase, self.latest = message, None
            self.line.begin(self.text)
        elif isinstance(message, Progress):
            self.latest = message
        elif isinstance(message, Partial):
            self.partial = message.result
        else:
            self._take(message)

    def _take(self, message: Any) -> None:
        """Keep a result."""
        if isinstance(message, _Failed):
            message = self.job.blank(message.max_levels, Status.ERROR, message.note)
        result: Result = message
        self.results.append(result)
        self.current, self.phase, self.latest = None, "", None
        if result.status is not Status.INTERRUPTED:
            row = result.summary.iloc[0]
            value = _objective(result.summary)
            text = self._composed(result.max_levels, float(row["solve_s"]), value, math.nan)
            self.line.end(f"{text}  {result.status.value}")

    def text(self, elapsed_s: float) -> str:
        """Text of the progress line."""
        latest = self.latest or Progress(0.0, math.inf, -math.inf, 0)
        bound = latest.bound if latest.bound > 0.0 else math.nan
        nodes = latest.n_nodes
        text = self._composed(self.current or 0, elapsed_s, latest.incumbent, bound, nodes)
        return f"{text}  {self.phase}" if self.phase else text

    def _composed(
        self, max_levels: int, time_s: float, value: float, bound: float, n_nodes: int = 0
    ) -> str:
        kind = Kind.EMISSION if self.job.measure == "co2" else Kind.COST
        return progress_text(
            max_levels,
            time_s,
            quantity=self.job.measure.upper(),
            scale=scale_for(kind, (value, bound)),
            incumbent=value,
            bound=bound,
            n_nodes=n_nodes,
        )

    def found(self, *, was_interrupted: bool) -> Found[Result]:
        """Return everything, with what an interruption has left."""
        levels, blank = self.job.levels, self.job.blank
        cut = [one.max_levels for one in self.results if one.status is Status.INTERRUPTED]
        left = levels[len(self.results) :]
        if left and left[0] == self.current:
            self.results.append(self._rescued(left[0]))
            cut.append(left[0])
            left = left[1:]
        for max_levels in left:
            note = "Not started: the study was interrupted."
            self.results.append(blank(max_levels, Status.INTERRUPTED, note))
        return Found(tuple(self.results), tuple(cut), left, was_interrupted)

    def _rescued(self, max_levels: int) -> Result:
        """Return what is known of the search that an interruption has ended."""
        known = None
        if self.job.rescue is not None and self.latest is not None:
            known = self.job.rescue(max_levels, self.latest)
        known = self.partial if known is None else known
        if known is not None:
            return known
        note = "Interrupted before a design was handed over."
        return self.job.blank(max_levels, Status.INTERRUPTED, note)


def _objective(summary: pd.DataFrame) -> float:
    column = "objective_value" if "objective_value" in summary else "tac_EUR_per_a"
    return float(summary[column].iloc[0])


class Output(NamedTuple):
    """How a model shows and writes its results.

    Attributes
    ----------
    text : callable
        Lays them out for people.
    tables : callable
        Writes tables and copies of inputs into a folder.
    figures : callable
        Draws figures.
    record : mapping
        What a run can be repeated with.
    inputs : tuple of str
        Files that the run has read.
    """

    text: Callable[[], str]
    tables: Callable[[Path], object]
    figures: Callable[[], Iterable[Drawn]]
    record: Mapping[str, Any]
    inputs: tuple[str, ...]


def finish(arguments: argparse.Namespace, found: Found[Any], output: Output) -> int:
    """Show and write what was found; return the exit code."""
    if found.was_interrupted:
        stages = ("not finished", found.not_finished), ("not started", found.not_started)
        said = [f"; {stage}: N = {runs(which)}" for stage, which in stages if which]
        print_error(f"interrupted{''.join(said)}")

    def write(out: str) -> None:
        write_output(
            out,
            tables=output.tables,
            figures=output.figures(),
            entries=output.record,
            inputs=output.inputs,
        )

    show(
        content=lambda: {"configurations": [one.to_json_dict() for one in found.results]},
        text=output.text,
        write=write if is_worth(found.results, arguments.out) else None,
        as_json=arguments.json,
        out=arguments.out,
        unfinished=why_unfinished(found.results),
        was_interrupted=found.was_interrupted,
    )
    if arguments.json:
        say_without(found.results, found.not_started)
    return exit_code(found.results, was_interrupted=found.was_interrupted)


def joined(tables: Sequence[tuple[int, pd.DataFrame]]) -> pd.DataFrame:
    """Put tables of all configurations below each other, led by ``max_levels``.

    Parameters
    ----------
    tables : sequence of tuple of int and DataFrame
        Largest number of levels, and its table.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> one = pd.DataFrame({"level_C": [25.0]})
    >>> joined([(2, one), (3, one)])["max_levels"].tolist()
    [2, 3]
    """
    full = [pair for pair in tables if len(pair[1])] or [*tables[:1]]
    parts = []
    for max_levels, table in full:
        part = table.copy()
        if "max_levels" not in part:
            part.insert(0, "max_levels", max_levels)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def notes_table(results: Sequence[Configuration]) -> pd.DataFrame:
    """Explanations of all configurations, columns ``max_levels`` and ``note``."""
    pairs = [(one.max_levels, note) for one in results for note in one.notes]
    return pd.DataFrame(pairs, columns=["max_levels", "note"])


def notes_paragraph(results: Sequence[Configuration]) -> str:
    """Write every note once, with the numbers of levels that it holds for."""
    said: dict[str, list[int]] = {}
    for one in results:
        for note in one.notes:
            said.setdefault(note, []).append(one.max_levels)
    return "\n".join(f"N = {runs(where)}: {note}" for note, where in said.items())
