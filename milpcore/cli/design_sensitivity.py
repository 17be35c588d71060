"""The command ``milpcore sensitivity --designs``: levels are chosen again at every value."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from milpcore.cli.design_sensitivity_study import Answer, Request, run_study, unstarted_study
from milpcore.cli.design_sensitivity_text import design_sensitivity_text
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    is_worth_writing,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.sensitivity_arguments import GREENFIELD
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, economics_of, input_files, source_of
from milpcore.economics_schema import label_of
from milpcore.report import ProgressLine
from milpcore.site import design_sensitivity_results
from milpcore.site.design_sensitivity_results import DesignSensitivityStudy

_FIGURE = "sensitivity_designs"


def run(arguments: argparse.Namespace) -> int:
    """Find the best design at every value, show what comes of it, write it."""
    inputs = input_files(arguments)
    check_output(arguments.out, inputs=inputs, writes=_writes())
    source = source_of(arguments)
    request = _request(arguments, source)
    if is_interrupted_early(arguments):
        answer = unstarted_study(request)
    else:
        answer = run_study(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    study = answer.study
    if answer.was_interrupted:
        missing = ", ".join(label_of(key) for key in study.unfinished)
        print_error(f"interrupted; not finished: {missing}")

    def write(out: str) -> None:
        _write(out, source, request, study, inputs=inputs)

    is_worth = is_worth_writing(
        arguments.out,
        is_finished=len(study.unfinished) < len(request.options["vary"]),
        has_anything=not study.points.empty,
    )
    show(
        content=study.to_json_dict,
        text=lambda: f"{_heading(source, request, answer)}\n\n{design_sensitivity_text(study)}",
        write=write if is_worth else None,
        as_json=arguments.json,
        out=arguments.out,
        was_interrupted=answer.was_interrupted,
    )
    if answer.was_interrupted:
        return INTERRUPTED
    return OK if (study.points["levels_C"] != "none").all() else NO_SOLUTION


def _request(arguments: argparse.Namespace, source: Source) -> Request:
    """Say what is asked for, in the words of Python."""
    options: dict[str, Any] = {
        "vary": arguments.vary,
        "from_percent": arguments.from_percent,
        "to_percent": arguments.to_percent,
        "n_steps": arguments.steps,
        "objective": arguments.objective,
    }
    if arguments.designs == GREENFIELD:
        options |= {"n_levels": arguments.levels, "mip_rel_gap": arguments.gap}
    else:
        options |= {
            "existing_C": arguments.existing,
            "move": arguments.move,
            "range_K": arguments.range,
            "movable_C": arguments.movable,
            "heat_pumps": not arguments.no_pumps,
        }
    return Request(arguments.designs, source.streams, economics_of(arguments), options)


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was solved."""
    options = request.options
    least = f"least {options['objective'].upper()}"
    if request.designs == GREENFIELD:
        told = [f"{least} with {_at_most(options['n_levels'])}"]
    else:
        movable = options["movable_C"] or options["existing_C"]
        levels = ", ".join(f"{level:.10g}" for level in options["existing_C"])
        may_move = f"{options['move']} of {len(movable)} may move by {options['range_K']:g} K"
        told = [f"{least} from {levels} °C, {may_move}"]
        told += [] if options["heat_pumps"] else ["no heat pumps"]
    told += [
        f"{answer.n_candidates} candidate levels",
        f"{options['n_steps']} values from {options['from_percent']:g} to "
        f"{options['to_percent']:g} %",
    ]
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(told))))


def _at_most(n_levels: int) -> str:
    return f"at most {n_levels} level{'' if n_levels == 1 else 's'}"


def _writes() -> list[str]:
    """List what a run may write besides its record and its inputs."""
    return [
        *(f"{name}.csv" for name in design_sensitivity_results.TABLES),
        *(f"{_FIGURE}.{suffix}" for suffix in ("png", "svg")),
    ]


def _write(
    out: str,
    source: Source,
    request: Request,
    study: DesignSensitivityStudy,
    *,
    inputs: tuple[str, ...],
) -> None:
    """Write tables, inputs, the record of the run and the figure."""

    def tables(folder: Path) -> None:
        study.write(folder)
        write_inputs(folder, source.streams, request.economics)

    write_output(
        out,
        tables=tables,
        figures=_figures(source.name, request, study),
        entries=_record(source, request, study),
        inputs=inputs,
    )


def _figures(name: str, request: Request, study: DesignSensitivityStudy) -> Iterator[Drawn]:
    from milpcore.plots.design_sensitivity import designs_over_parameters

    what = "best retrofits"
    if request.designs == GREENFIELD:
        what = f"best designs with {_at_most(request.options['n_levels'])}"
    yield Drawn(_FIGURE, designs_over_parameters(study, title=f"{name}: {what}"))


def _record(source: Source, request: Request, study: DesignSensitivityStudy) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    options = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in request.options.items()
    }
    return {
        "command": "sensitivity",
        "designs": request.designs,
        "streams": source.name,
        **options,
        "unfinished": list(study.unfinished),
    }
