"""``milpcore loops``: a network designed, bounded, shown and written."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NamedTuple

from milpcore.cli.loops_evaluate import (
    COPIES,
    network_figures,
    network_writes,
    write_network_tables,
)
from milpcore.cli.loops_source import LoopSource, loop_inputs, loop_source
from milpcore.cli.loops_text import evaluation_text
from milpcore.cli.messages import INTERRUPTED, OK, print_error
from milpcore.cli.observing import observer_of
from milpcore.cli.output import check_output, show, write_output
from milpcore.cli.signals import is_interrupted_early
from milpcore.core import Channel, run_in_child
from milpcore.loops.case import LoopCase
from milpcore.loops.design import DesignProgress, LoopResult, design
from milpcore.loops.inputs import prepare
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
    prepare(  # refuses at once what the child would refuse
        request.case,
        n_loops=request.n_loops,
        costs_utility_exchangers=request.costs_utility_exchangers,
    )
    result = None
    if not is_interrupted_early(arguments):
        result = _designed(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    if result is None:
        print_error("interrupted")
        return INTERRUPTED
    found = result

    def write(out: str) -> None:
        write_output(
            out,
            tables=lambda folder: write_network_tables(folder, found.evaluation),
            figures=network_figures(source.source.name, found.evaluation),
            entries=_record(source, request, found),
            inputs=inputs,
        )

    show(
        content=found.to_json_dict,
        text=lambda: design_text(source, request, found),
        write=write,
        as_json=arguments.json,
        out=arguments.out,
    )
    return OK


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
    proof = (
        f"{result.status.value}: TAC {number(result.tac_per_a, 0)} {currency}/a, no network costs "
        f"less than {number(result.bound_per_a, 0)} {currency}/a, gap {gap_text(result.gap)} %, "
        f"{result.solve_s:.1f} s"
    )
    return "\n\n".join(
        ["\n".join(filter(None, heading)), evaluation_text(result.evaluation), proof]
    )


def _designed(request: Request, line: ProgressLine) -> LoopResult | None:
    """Design in a child process; None after Ctrl-C."""
    state: list[DesignProgress] = []

    def text(elapsed_s: float) -> str:
        if not state:
            return f"start  {elapsed_s:.1f} s"
        bound = state[-1].bound_per_a
        proven = f", bound {number(bound, 0)}" if bound > 0.0 else ""
        return f"{state[-1].phase}  TAC {number(state[-1].tac_per_a, 0)}{proven}  {elapsed_s:.1f} s"

    def hear(message: DesignProgress) -> None:
        state.append(message)

    try:
        with line:
            line.begin(text)
            return run_in_child(_design_in_child, request, on_message=hear, grace_s=GRACE_S)
    except KeyboardInterrupt:
        return None


def _design_in_child(channel: Channel, request: Request) -> LoopResult:
    """Design, and tell the parent how far it is."""
    return design(
        request.case,
        n_loops=request.n_loops,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        costs_utility_exchangers=request.costs_utility_exchangers,
        observer=observer_of(channel),
    )


def _record(source: LoopSource, request: Request, result: LoopResult) -> dict[str, Any]:
    """Return what the record of the run says."""
    return {
        "command": "loops",
        "streams": source.source.name,
        "loops": request.n_loops,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
        "utility_exchangers": request.costs_utility_exchangers,
        "tac_per_a": result.tac_per_a,
        "bound_per_a": result.bound_per_a,
        "status": result.status.value,
    }


def _loops(count: int) -> str:
    return "1 loop" if count == 1 else f"{count} loops"
