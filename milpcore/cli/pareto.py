"""The command ``milpcore pareto``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    is_worth_writing,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.pareto_arguments import DEFAULT_LEVELS
from milpcore.cli.pareto_study import Answer, Request, run_study, unstarted_study
from milpcore.cli.pareto_text import pareto_text
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, economics_of, input_files, source_of
from milpcore.report import ProgressLine
from milpcore.site.pareto_notes import unproven_text
from milpcore.site.pareto_request import ParetoOptions
from milpcore.site.pareto_results import TABLES, ParetoStudy

_FIGURES = ("pareto_front", "marginal_cost", "designs_along_front")


def run(arguments: argparse.Namespace) -> int:
    """Search for a front, show it, write it."""
    inputs = input_files(arguments)
    check_output(arguments.out, inputs=inputs, writes=_writes())
    request, source = _request(arguments)
    if is_interrupted_early(arguments):
        answer = unstarted_study(request)
    else:
        answer = run_study(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    study = answer.study
    if answer.was_interrupted:
        shown = "; the front found so far is shown" if study.has_front else ""
        print_error(f"interrupted{shown}")

    def write(out: str) -> None:
        _write(out, source, request, study, inputs=inputs)

    is_worth = is_worth_writing(
        arguments.out, is_finished=not study.unproven, has_anything=study.has_front
    )
    show(
        content=study.to_json_dict,
        text=lambda: f"{_heading(source, request, answer)}\n\n{pareto_text(study)}",
        write=write if is_worth else None,
        as_json=arguments.json,
        out=arguments.out,
        unfinished=unproven_text(study.unproven) if study.unproven else "",
        was_interrupted=answer.was_interrupted,
    )
    if arguments.json and not study.has_front:
        print_error(" ".join(study.notes_found))
    if answer.was_interrupted:
        return INTERRUPTED
    return OK if study.has_front else NO_SOLUTION


def _request(arguments: argparse.Namespace) -> tuple[Request, Source]:
    """Read all inputs, so that their faults come before anything long."""
    source = source_of(arguments)
    economics = economics_of(arguments)
    n_levels = arguments.levels
    if n_levels is None and arguments.existing is None:
        n_levels = DEFAULT_LEVELS
    options = ParetoOptions(
        objectives=arguments.objectives,
        n_levels=n_levels,
        existing_C=arguments.existing,
        move=arguments.move,
        range_K=arguments.range,
        movable_C=arguments.movable,
        heat_pumps=not arguments.no_pumps,
        resolution=arguments.resolution,
        n_points=arguments.points,
        time_limit_s=arguments.time_limit,
    )
    return Request(source.streams, economics, options), source


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was searched for."""
    options = request.options
    first, second = (str(name).upper() for name in options.objectives)
    told = [f"{first} over {second}"]
    if options.existing_C is None:
        told.append(f"at most {options.n_levels} levels")
    else:
        levels = ", ".join(f"{level:.10g}" for level in options.existing_C)
        told.append(f"levels at {levels} °C")
        if options.move:
            told.append(f"{options.move} of them may move by {options.range_K:g} K")
    told += [
        "" if options.heat_pumps else "no heat pumps",
        f"{answer.n_candidates} candidate levels",
        f"resolution {options.resolution:g}",
    ]
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(filter(None, told)))))


def _writes() -> list[str]:
    """List what a run may write besides its record and its inputs."""
    return [
        *(f"{name}.csv" for name in TABLES),
        *(f"{name}.{suffix}" for name in _FIGURES for suffix in ("png", "svg")),
    ]


def _write(
    out: str, source: Source, request: Request, study: ParetoStudy, *, inputs: tuple[str, ...]
) -> None:
    """Write tables, inputs, the record of the run and figures."""

    def tables(folder: Path) -> None:
        study.write(folder)
        write_inputs(folder, source.streams, request.economics)

    write_output(
        out,
        tables=tables,
        figures=_figures(source.name, study),
        entries=_record(source, request),
        inputs=inputs,
    )


def _figures(name: str, study: ParetoStudy) -> Iterator[Drawn]:
    """Draw the figures one by one."""
    from milpcore.plots.pareto import pareto_front
    from milpcore.plots.pareto_along import designs_along_front, marginal_cost

    drawn = (pareto_front, marginal_cost, designs_along_front)
    for figure, draw in zip(_FIGURES, drawn, strict=True):
        yield Drawn(figure, draw(study, name=name))


def _record(source: Source, request: Request) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    options = request.options
    return {
        "command": "pareto",
        "streams": source.name,
        "objectives": [str(name) for name in options.objectives],
        "levels": options.n_levels,
        "existing_C": None if options.existing_C is None else list(options.existing_C),
        "move": options.move,
        "range_K": options.range_K,
        "movable_C": None if options.movable_C is None else list(options.movable_C),
        "heat_pumps": options.heat_pumps,
        "resolution": options.resolution,
        "points": options.n_points,
        "time_limit_s": options.time_limit_s,
    }
