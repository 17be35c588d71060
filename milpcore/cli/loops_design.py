"""``milpcore loops``: a network designed, bounded, shown and written."""

from __future__ import annotations

import argparse
import math
import sys
import textwrap
from typing import Any, NamedTuple

from milpcore.cli.loops_evaluate import (
    COPIES,
    network_figures,
    network_writes,
    write_network_tables,
)
from milpcore.cli.loops_source import LoopSource, faults_of, loop_inputs, loop_source
from milpcore.cli.loops_text import WIDTH, evaluation_text
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.observing import observer_of
from milpcore.cli.output import check_output, is_worth_writing, show, write_output
from milpcore.cli.signals import is_interrupted_early
from milpcore.core import Channel, ChildInterrupted, run_in_child
from milpcore.loops.case import LoopCase
from milpcore.loops.design import checked_design, design
from milpcore.loops.design_result import DesignProgress, LoopResult, interrupted_result
from milpcore.loops.inputs import LoopInputs
from milpcore.report import ProgressLine, gap_text
from milpcore.scales import number

GRACE_S = 0.3
"""Seconds that a phase which is just ending has after Ctrl-C."""


class Request(NamedTuple):
    """What is asked for; picklable."""

    case: LoopCase
    n_loops: int
    mip_rel_gap: float
    time_limit_s: float
    costs_utility_exchangers: bool

    def options(self) -> dict[str, Any]:
        """Options of `design`."""
        return {name: value for name, value in self._asdict().items() if name != "case"}


class Answer(NamedTuple):
    """What came of it, and whether Ctrl-C ended it."""

    result: LoopResult
    was_interrupted: bool


def run_design(arguments: argparse.Namespace) -> int:
    """Design a network, show it, write it."""
    inputs = loop_inputs(arguments)
    check_output(arguments.out, inputs=inputs, writes=network_writes(), copies=COPIES)
    source = loop_source(arguments)
    request = Request(
        source.case,
        arguments.loops,
        arguments.gap,
        arguments.time_limit,
        arguments.utility_exchangers,
    )
    with faults_of(arguments):  # refuses before the child begins
        checked = checked_design(request.case, **request.options())
    if is_interrupted_early(arguments):
        answer = Answer(interrupted_result(checked, None), True)
    else:
        answer = _designed(request, checked, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    found = answer.result
    if answer.was_interrupted:
        print_error("interrupted")

    def write(out: str) -> None:
        write_output(
            out,
            tables=lambda folder: write_network_tables(folder, found.evaluation),
            figures=network_figures(source.source.name, found.evaluation),
            entries=_record(source, request, found),
            inputs=inputs,
        )

    is_finished = found.has_network and not answer.was_interrupted
    is_worth = is_worth_writing(
        arguments.out, is_finished=is_finished, has_anything=found.has_network
    )
    show(
        content=found.to_json_dict,
        text=lambda: design_text(source, request, found),
        write=write if is_worth else None,
        as_json=arguments.json,
        out=arguments.out,
        was_interrupted=answer.was_interrupted,
    )
    if answer.was_interrupted:
        return INTERRUPTED
    if not found.has_network and arguments.json:
        print_error(found.reason)
    return OK if found.has_network else NO_SOLUTION


def design_text(source: LoopSource, request: Request, result: LoopResult) -> str:
    """Lay out a network with what is proven of it."""
    what = "with" if request.costs_utility_exchangers else "without"
    currency = request.case.parameters.currency
    heading = [
        source.headline,
        source.source.origin,
        f"least TAC {what} heaters and coolers, at most {_loops(request.n_loops)}, "
        f"gap {request.mip_rel_gap:g}, at most {request.time_limit_s:g} s",
    ]
    return "\n\n".join(
        [
            "\n".join(filter(None, heading)),
            evaluation_text(result.evaluation),
            _proof(result, currency),
        ]
    )


def _proof(result: LoopResult, currency: str) -> str:
    """Say what is proven, and what ended the design."""
    if not result.has_network:
        return f"{result.status.value}: {result.reason}, {result.solve_s:.1f} s"
    lines = [
        f"{result.status.value}: TAC {number(result.tac_per_a, 0)} {currency}/a, no network costs "
        f"less than {number(result.bound_per_a, 0)} {currency}/a, gap {gap_text(result.gap)} %, "
        f"{result.solve_s:.1f} s"
    ]
    if not result.network.loops:
        lines.append(result.network.title)
    return "\n".join([*lines, *textwrap.wrap(result.reason, WIDTH)])


def _designed(request: Request, inputs: LoopInputs, line: ProgressLine) -> Answer:
    """Design in a child process; after Ctrl-C the best network that it has told of."""
    state: list[DesignProgress] = []

    def text(elapsed_s: float) -> str:
        if not state:
            return f"start  {elapsed_s:.1f} s"
        latest = state[-1]
        cost = f"  TAC {number(latest.tac_per_a, 0)}" if math.isfinite(latest.tac_per_a) else ""
        proven = f"  bound {number(latest.bound_per_a, 0)}" if latest.bound_per_a > 0.0 else ""
        return f"{latest.phase}{cost}{proven}  {elapsed_s:.1f} s"

    def hear(message: DesignProgress) -> None:
        state[:] = [message]

    try:
        with line:
            line.begin(text)
            found = run_in_child(_design_in_child, request, on_message=hear, grace_s=GRACE_S)
    except KeyboardInterrupt as interrupt:
        value = interrupt.value if isinstance(interrupt, ChildInterrupted) else None
        if not isinstance(value, LoopResult):
            value = interrupted_result(inputs, state[-1] if state else None)
        return Answer(value, True)
    return Answer(found, False)


def _design_in_child(channel: Channel, request: Request) -> LoopResult:
    """Design, and tell the parent how far it is, of every better network at once."""
    now_and_then = observer_of(channel)
    told = math.nan

    def observe(progress: DesignProgress) -> bool:
        nonlocal told
        if progress.tac_per_a == told:
            return now_and_then(progress)
        told = progress.tac_per_a
        channel.send(progress)
        return channel.should_stop.is_set()

    return design(request.case, **request.options(), observer=observe)


def _record(source: LoopSource, request: Request, result: LoopResult) -> dict[str, Any]:
    """Return what the record of the run says."""
    return {
        "command": "loops",
        "streams": source.source.name,
        "loops": request.n_loops,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
        "utility_exchangers": request.costs_utility_exchangers,
        "tac_per_a": result.tac_per_a if result.has_network else None,
        "bound_per_a": result.bound_per_a,
        "status": result.status.value,
        "reason": result.reason,
    }


def _loops(count: int) -> str:
    return "1 loop" if count == 1 else f"{count} loops"
