"""The command ``milpcore retrofit``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from milpcore.cli.alternatives import alternatives_text, drawn, wanted_of, write, writes
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    is_worth_writing,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.retrofit_study import Answer, Request, run_study, unstarted_study
from milpcore.cli.retrofit_text import retrofit_text
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, input_files, site_options_of, source_of
from milpcore.report import ProgressLine
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.candidates import candidates_from_text, candidates_name
from milpcore.site.retrofit_plan import RetrofitOptions

_TABLES = ("summary", "existing", "levels", "heat_pumps", "connections", "notes", "heat_sources")
_FIGURES = ("retrofit_savings", "levels_best")


def run(arguments: argparse.Namespace) -> int:
    """Solve a retrofit study, show it, write it."""
    inputs = input_files(arguments)
    wanted = wanted_of(arguments)
    files = [*_writes(), *writes(wanted, [len(set(arguments.existing))])]
    check_output(arguments.out, inputs=inputs, writes=files)
    request, source = _request(arguments)
    if is_interrupted_early(arguments):
        answer = unstarted_study(request)
    else:
        answer = run_study(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    study = answer.study
    if answer.was_interrupted:
        missing = study.n_configurations - len(study.results)
        told = f"interrupted; {missing} of {study.n_configurations} combinations not started"
        lacks = request.wanted.anything and answer.alternatives is None
        print_error(f"{told}; no alternatives" if lacks else told)
    is_finished = bool(study.results)
    is_worth = is_worth_writing(arguments.out, is_finished=is_finished, has_anything=True)

    def write_all(out: str) -> None:
        _write(out, source, request, answer, inputs=inputs)

    show(
        content=lambda: _content(request, answer),
        text=lambda: _text(source, request, answer),
        write=write_all if is_worth else None,
        as_json=arguments.json,
        out=arguments.out,
        was_interrupted=answer.was_interrupted,
    )
    without = [one for one in study.results if not one.result.has_design]
    if arguments.json:
        for one in without:
            print_error(f"{one.name}: {' '.join(one.result.notes)}")
    if answer.was_interrupted:
        return INTERRUPTED
    return NO_SOLUTION if without else OK


def _request(arguments: argparse.Namespace) -> tuple[Request, Source]:
    """Read all inputs, so that their faults come before anything long."""
    source = source_of(arguments)
    economics, site_options = site_options_of(arguments)
    options = RetrofitOptions(
        existing_C=arguments.existing,
        move=arguments.move,
        range_K=arguments.range,
        movable_C=arguments.movable,
        heat_pumps=not arguments.no_pumps,
        add=arguments.add,
        close=arguments.close,
        candidates_C=candidates_from_text(arguments.candidates),
        options=None if site_options.is_none else site_options,
    )
    request = Request(
        source.streams,
        economics,
        options,
        arguments.objective,
        wants_singles=arguments.out is not None and arguments.move == 2,
        wanted=wanted_of(arguments),
    )
    return request, source


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was solved."""
    options = request.options
    movable = options.existing_C if options.movable_C is None else options.movable_C
    told = [
        f"least {request.objective.upper()}",
        f"{options.move} of {len(movable)} levels may move by {options.range_K:g} K",
        f"{options.add} added" if options.add else "",
        f"{options.close} given up" if options.close else "",
        "" if options.heat_pumps else "no heat pumps",
        f"{answer.n_candidates} candidate levels{_candidates_text(request)}",
    ]
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(filter(None, told)))))


def _candidates_text(request: Request) -> str:
    """Which set of candidates it was, unless it is the usual one."""
    name = candidates_name(request.options.candidates_C)
    return "" if name == "kinks" else f" ({name}, and today's)"


def _found(answer: Answer) -> list[Alternatives]:
    return [] if answer.alternatives is None else [answer.alternatives]


def _content(request: Request, answer: Answer) -> dict[str, Any]:
    """Everything for ``--json``."""
    content = answer.study.to_json_dict()
    if request.wanted.anything:
        content["alternatives"] = [one.to_json_dict() for one in _found(answer)]
    return content


def _text(source: Source, request: Request, answer: Answer) -> str:
    parts = [_heading(source, request, answer), retrofit_text(answer.study)]
    return "\n\n".join([*parts, *map(alternatives_text, _found(answer))])


def _writes() -> list[str]:
    """List what a run may write besides its record and its inputs."""
    return [
        *(f"{name}.csv" for name in _TABLES),
        *(f"{name}.{suffix}" for name in _FIGURES for suffix in ("png", "svg")),
    ]


def _write(
    out: str, source: Source, request: Request, answer: Answer, *, inputs: tuple[str, ...]
) -> None:
    """Write tables, inputs, the record of the run and figures."""

    def tables(folder: Path) -> None:
        answer.study.write(folder)
        write(_found(answer), folder)
        write_inputs(folder, source.streams, request.economics, request.options.options)

    write_output(
        out,
        tables=tables,
        figures=chain(_figures(source.name, answer), drawn(_found(answer), source.name)),
        entries=_record(source, request),
        inputs=inputs,
    )


def _figures(name: str, answer: Answer) -> Iterator[Drawn]:
    """Draw the figures one by one."""
    from milpcore import plots

    title = f"{name}: retrofit"
    savings = plots.retrofit_savings(answer.study, singles=answer.singles, title=title)
    yield Drawn("retrofit_savings", savings)
    best = answer.study.best
    if best is not None:
        yield Drawn("levels_best", plots.levels_and_streams(best.result, name=name))


def _record(source: Source, request: Request) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    options = request.options
    return {
        "command": "retrofit",
        "streams": source.name,
        "existing_C": list(options.existing_C),
        "move": options.move,
        "range_K": options.range_K,
        "movable_C": None if options.movable_C is None else list(options.movable_C),
        "heat_pumps": options.heat_pumps,
        "add": options.add,
        "close": options.close,
        "objective": request.objective,
        "candidates": candidates_name(options.candidates_C),
        "alternatives": request.wanted.n_alternatives,
        "within_percent": request.wanted.within_percent,
    }
