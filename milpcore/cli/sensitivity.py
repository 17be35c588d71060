"""The command ``milpcore sensitivity``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from milpcore.cli import design_sensitivity
from milpcore.cli.messages import INTERRUPTED, OK, print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    is_worth_writing,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.sensitivity_arguments import FIXED, completed
from milpcore.cli.sensitivity_study import Request, run_study, unstarted_study
from milpcore.cli.sensitivity_text import map_text, sensitivity_text
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, economics_of, input_files, source_of
from milpcore.economics import SiteEconomics
from milpcore.economics_schema import label_of
from milpcore.report import ProgressLine
from milpcore.site import sensitivity_map_results, sensitivity_results
from milpcore.site.sensitivity_map_results import SensitivityMap
from milpcore.site.sensitivity_results import SensitivityStudy

_FIGURE, _MAP_FIGURE = "sensitivity", "sensitivity_map"


def run(arguments: argparse.Namespace) -> int:
    """Vary parameters, show what comes of it, write it."""
    arguments = completed(arguments)
    if arguments.designs != FIXED:
        return design_sensitivity.run(arguments)
    inputs = input_files(arguments)
    check_output(arguments.out, inputs=inputs, writes=_writes(arguments))
    source = source_of(arguments)
    request = _request(arguments, source)
    if is_interrupted_early(arguments):
        answer = unstarted_study(request)
    else:
        answer = run_study(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    found = answer.found
    if answer.was_interrupted:
        print_error(f"interrupted; not finished: {_missing(found)}")

    def text() -> str:
        told = map_text(found) if isinstance(found, SensitivityMap) else sensitivity_text(found)
        return f"{_heading(source, arguments)}\n\n{told}"

    def write(out: str) -> None:
        _write(out, arguments, source, request.economics, found, inputs=inputs)

    show(
        content=found.to_json_dict,
        text=text,
        write=write if _is_worth_writing(found, arguments.out) else None,
        as_json=arguments.json,
        out=arguments.out,
        was_interrupted=answer.was_interrupted,
    )
    return INTERRUPTED if answer.was_interrupted else OK


def _request(arguments: argparse.Namespace, source: Source) -> Request:
    """Say what is asked for, in the words of Python."""
    return Request(
        streams=source.streams,
        economics=economics_of(arguments),
        levels_C=arguments.existing,
        vary=arguments.vary,
        from_percent=arguments.from_percent,
        to_percent=arguments.to_percent,
        n_steps=arguments.steps,
        objective=arguments.objective,
        heat_pumps=not arguments.no_pumps,
        is_map=arguments.map,
    )


def _is_worth_writing(found: SensitivityStudy | SensitivityMap, out: str | None) -> bool:
    """Whether a parameter is finished, or a map; two rows of one can be drawn."""
    if isinstance(found, SensitivityMap):
        has_anything = len(found.axes[0].values) > 1
        return is_worth_writing(out, is_finished=not found.unfinished, has_anything=has_anything)
    is_finished = not found.points.empty
    return is_worth_writing(out, is_finished=is_finished, has_anything=is_finished)


def _missing(found: SensitivityStudy | SensitivityMap) -> str:
    """Name what an interruption left out."""
    if isinstance(found, SensitivityMap):
        n_done, n_left = len(found.axes[0].values), len(found.unfinished)
        return f"{n_left} of {n_done + n_left} rows"
    return ", ".join(label_of(key) for key in found.unfinished)


def _heading(source: Source, arguments: argparse.Namespace) -> str:
    """Say what was solved."""
    levels = ", ".join(f"{level:.10g}" for level in arguments.existing)
    told = [
        f"least {arguments.objective.upper()} at {levels} °C",
        "" if not arguments.no_pumps else "no heat pumps",
        f"{arguments.steps} values from {arguments.from_percent:g} to {arguments.to_percent:g} %",
    ]
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(filter(None, told)))))


def _writes(arguments: argparse.Namespace) -> list[str]:
    """List what a run may write besides its record and its inputs."""
    module = sensitivity_map_results if arguments.map else sensitivity_results
    figure = _MAP_FIGURE if arguments.map else _FIGURE
    return [
        *(f"{name}.csv" for name in module.TABLES),
        *(f"{figure}.{suffix}" for suffix in ("png", "svg")),
    ]


def _write(
    out: str,
    arguments: argparse.Namespace,
    source: Source,
    economics: SiteEconomics,
    found: SensitivityStudy | SensitivityMap,
    *,
    inputs: tuple[str, ...],
) -> None:
    """Write tables, inputs, the record of the run and the figure."""

    def tables(folder: Path) -> None:
        found.write(folder)
        write_inputs(folder, source.streams, economics)

    write_output(
        out,
        tables=tables,
        figures=_figures(source.name, found),
        entries=_record(arguments, source, found),
        inputs=inputs,
    )


def _figures(name: str, found: SensitivityStudy | SensitivityMap) -> Iterator[Drawn]:
    from milpcore.plots.sensitivity import cost_over_parameters, heat_pump_map

    levels = ", ".join(f"{level:.10g}" for level in found.levels_C)
    if isinstance(found, SensitivityMap):
        title = f"{name}: best heat pumps at {levels} °C"
        yield Drawn(_MAP_FIGURE, heat_pump_map(found, title=title))
    else:
        title = f"{name}: sensitivity at {levels} °C"
        yield Drawn(_FIGURE, cost_over_parameters(found, title=title))


def _record(
    arguments: argparse.Namespace, source: Source, found: SensitivityStudy | SensitivityMap
) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    return {
        "command": "sensitivity",
        "designs": FIXED,
        "streams": source.name,
        "existing_C": list(arguments.existing),
        "vary": list(arguments.vary),
        "from_percent": arguments.from_percent,
        "to_percent": arguments.to_percent,
        "steps": arguments.steps,
        "map": arguments.map,
        "heat_pumps": not arguments.no_pumps,
        "objective": arguments.objective,
        "unfinished": list(found.unfinished),
    }
