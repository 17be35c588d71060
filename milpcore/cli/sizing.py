"""The command ``milpcore sizing``."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, is_worth_writing, show, write_output
from milpcore.cli.record import INPUTS
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sizing_source import Source, open_source
from milpcore.cli.sizing_study import Answer, Request, run_study, unstarted_study
from milpcore.cli.sizing_text import result_text, sizing_json, why_no_plant
from milpcore.core import Status
from milpcore.faults import FaultList
from milpcore.plots.sizing_tables import cost_split
from milpcore.report import ProgressLine
from milpcore.site.table_files import write_tables
from milpcore.sizing.parameter_files import write_parameters
from milpcore.sizing.profile_readers import write_profile
from milpcore.sizing.results import SizingResult

_TABLES = ("summary", "sizes", "size_ranges", "operation", "costs")
_FIGURES = ("operation", "operation_peak", "costs")
_COPIES = ("profile.csv", "parameters.toml")


def run(arguments: argparse.Namespace) -> int:
    """Size a plant, show it, write it; or run a study."""
    if arguments.study is not None:
        from milpcore.cli.sizing_case_study import run_case_study

        return run_case_study(arguments)
    _refuse_what_is_not_read(arguments)
    given = (arguments.profile, arguments.economics)
    inputs = tuple(text for text in given if text is not None)
    check_output(arguments.out, inputs=inputs, writes=_writes(), copies=_COPIES)
    source = open_source(arguments.profile, economics=arguments.economics, sheet=arguments.sheet)
    request = Request(
        source.profile,
        source.parameters,
        arguments.gap,
        arguments.time_limit,
        None if arguments.no_ranges else arguments.ranges,
        arguments.ranges_time,
    )
    if is_interrupted_early(arguments):
        answer = unstarted_study(request)
    else:
        answer = run_study(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    result = answer.result
    if answer.was_interrupted:
        print_error("interrupted")

    def write(out: str) -> None:
        _write(out, source, request, result, inputs=inputs)

    show(
        content=lambda: sizing_json(result),
        text=lambda: f"{_heading(source, request, answer)}\n\n{result_text(result)}",
        write=write if _is_worth_writing(result, arguments.out) else None,
        as_json=arguments.json,
        out=arguments.out,
        what="tables" if result.design is None else "figures and tables",
        was_interrupted=answer.was_interrupted,
    )
    if answer.was_interrupted:
        return INTERRUPTED
    if result.design is None and arguments.json:
        print_error(why_no_plant(result))
    return NO_SOLUTION if result.design is None else OK


def _refuse_what_is_not_read(arguments: argparse.Namespace) -> None:
    """Refuse options that would have no effect."""
    faults = FaultList()
    if arguments.workers is not None:
        rule = "has no meaning without --study"
        faults.add("", "--workers", arguments.workers, rule, "leave it out, or name a study")
    if arguments.no_ranges and arguments.ranges_time is not None:
        rule = "has no meaning with --no-ranges"
        faults.add("", "--ranges-time", f"{arguments.ranges_time:g}", rule, "leave one of them out")
    faults.raise_if_any("sizing")


def _is_worth_writing(result: SizingResult, out: str | None) -> bool:
    """Whether a search ended with a plant, or the proof that there is none."""
    has_plant = result.design is not None
    is_ended = result.status is not Status.INTERRUPTED
    is_finished = (has_plant and is_ended) or result.status is Status.INFEASIBLE
    return is_worth_writing(out, is_finished=is_finished, has_anything=has_plant)


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was solved."""
    options = [f"least TAC, gap {request.mip_rel_gap:g}"]
    if request.time_limit_s is not None:
        options.append(f"at most {request.time_limit_s:g} s")
    options.append(f"formulation {answer.result.model}")
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(options))))


def _writes() -> list[str]:
    """List what a run may write besides its record and its inputs."""
    return [
        *(f"{name}.csv" for name in _TABLES),
        *(f"{name}.{suffix}" for name in _FIGURES for suffix in ("png", "svg")),
    ]


def _write(
    out: str, source: Source, request: Request, result: SizingResult, *, inputs: tuple[str, ...]
) -> None:
    """Write tables, inputs, the record of the run and figures."""

    def tables(folder: Path) -> None:
        summary = _finite(result.summary)
        found = {"summary": summary, "sizes": result.sizes, "costs": cost_split(result)}
        if result.design is not None:
            found["operation"] = result.operation
        if result.ranges is not None:
            found["size_ranges"] = _finite(result.ranges.table)
        write_tables(found, folder)
        copies = folder / INPUTS
        copies.mkdir()
        write_profile(source.profile, copies / "profile.csv")
        write_parameters(source.parameters, copies / "parameters.toml")

    write_output(
        out,
        tables=tables,
        figures=_figures(source.name, result) if result.design is not None else (),
        entries=_record(source, request, result),
        inputs=inputs,
    )


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with nothing where a number is infinite, as JSON has null."""
    return table.replace([math.inf, -math.inf], math.nan)


def _figures(name: str, result: SizingResult) -> Iterator[Drawn]:
    """Draw the figures one by one."""
    from milpcore import plots

    title = f"{name}: operation over {result.profile.horizon_h:.6g} h"
    yield Drawn("operation", plots.draw_operation(result, title=title))
    window_h = plots.around_peak(result.profile)
    if window_h is not None:
        title = f"{name}: operation around the highest demand"
        figure = plots.draw_operation(result, title=title, window_h=window_h)
        yield Drawn("operation_peak", figure)
    yield Drawn("costs", plots.draw_costs(result, title=f"{name}: total annual cost"))


def _record(source: Source, request: Request, result: SizingResult) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    return {
        "command": "sizing",
        "profile": source.name,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
        "ranges_share": request.ranges_share,
        "ranges_time_s": request.ranges_time_s,
        "formulation": result.model,
    }
