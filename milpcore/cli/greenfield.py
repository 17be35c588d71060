"""The command ``milpcore greenfield``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from milpcore.cli.alternatives import alternatives_text, drawn, wanted_of, write, writes
from milpcore.cli.configurations import exit_code, is_worth, say_without, why_unfinished
from milpcore.cli.greenfield_models import other_model
from milpcore.cli.greenfield_text import best_result, runs, study_text
from milpcore.cli.messages import print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, input_files, site_options_of, source_of
from milpcore.cli.study import Answer, Request, run_study, unstarted_study
from milpcore.report import ProgressLine
from milpcore.site.candidates import Refined, candidates_from_text, candidates_name
from milpcore.site.results import GreenfieldStudy

_TABLES = ("summary", "levels", "heat_pumps", "connections", "notes", "heat_sources")
_FIGURE_TABLES = ("cost_components", "heat_pump_use")
_FIGURES = ("cost_over_levels", "heat_pump_use")


def run(arguments: argparse.Namespace) -> int:
    """Solve a greenfield study, show it, write it."""
    run_other = other_model(arguments)
    if run_other is not None:
        return run_other(arguments)
    inputs = input_files(arguments)
    wanted = wanted_of(arguments)
    files = [*_writes(arguments.levels), *writes(wanted, arguments.levels)]
    check_output(arguments.out, inputs=inputs, writes=files)
    request, source = _request(arguments)
    if is_interrupted_early(arguments):
        answer = unstarted_study(request)
    else:
        answer = run_study(request, ProgressLine(sys.stderr, wanted=not arguments.quiet))
    study = answer.study
    if answer.was_interrupted:
        _say_interrupted(request, answer)

    def write_all(out: str) -> None:
        _write(out, source, request, answer, inputs=inputs)

    show(
        content=lambda: _content(request, answer),
        text=lambda: _text(source, request, answer),
        write=write_all if is_worth(study.results, arguments.out) else None,
        as_json=arguments.json,
        out=arguments.out,
        unfinished=why_unfinished(study.results),
        was_interrupted=answer.was_interrupted,
    )
    if arguments.json:
        say_without(study.results, answer.not_started)
    return exit_code(study.results, was_interrupted=answer.was_interrupted)


def _request(arguments: argparse.Namespace) -> tuple[Request, Source]:
    """Read all inputs, so that their faults come before anything long."""
    source = source_of(arguments)
    economics, options = site_options_of(arguments)
    request = Request(
        streams=source.streams,
        economics=economics,
        levels=arguments.levels,
        objective=arguments.objective,
        formulation=arguments.formulation,
        mip_rel_gap=arguments.gap,
        time_limit_s=arguments.time_limit,
        cascade=not arguments.no_cascade,
        candidates=candidates_from_text(arguments.candidates),
        wanted=wanted_of(arguments),
        options=options,
    )
    return request, source


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was solved."""
    options = [
        f"least {request.objective.upper()}",
        f"gap {request.mip_rel_gap:g}",
    ]
    if answer.n_candidates is not None:
        options.append(f"formulation {answer.formulation}")
        options.append(f"{answer.n_candidates} candidate levels{_candidates_text(request)}")
    if request.time_limit_s is not None:
        options.append(f"at most {request.time_limit_s:g} s each")
    if not request.cascade:
        options.append("no cascade")
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(options))))


def _candidates_text(request: Request) -> str:
    """Which set of candidates it was, unless it is the usual one."""
    name = candidates_name(request.candidates)
    if name == "kinks":
        return ""
    return f" at first ({name})" if isinstance(request.candidates, Refined) else f" ({name})"


def _content(request: Request, answer: Answer) -> dict[str, Any]:
    """Everything for ``--json``."""
    content = answer.study.to_json_dict()
    if request.wanted.anything:
        content["alternatives"] = [one.to_json_dict() for one in answer.alternatives]
    return content


def _text(source: Source, request: Request, answer: Answer) -> str:
    parts = [_heading(source, request, answer), study_text(answer.study)]
    return "\n\n".join([*parts, *map(alternatives_text, answer.alternatives)])


def _say_interrupted(request: Request, answer: Answer) -> None:
    left = f"; not started: N = {runs(answer.not_started)}" if answer.not_started else ""
    if request.wanted.anything:
        missing = request.levels[len(answer.alternatives) :]
        left += f"; no alternatives for N = {runs(missing)}" if missing else ""
    print_error(f"interrupted{left}")


def _level_figure(max_levels: int) -> str:
    return f"levels_{max_levels:02d}"


def _writes(levels: tuple[int, ...]) -> list[str]:
    """List what a run may write besides its record and its inputs."""
    figures = (*_FIGURES, *map(_level_figure, levels))
    return [
        *(f"{name}.csv" for name in (*_TABLES, *_FIGURE_TABLES)),
        *(f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")),
    ]


def _write(
    out: str,
    source: Source,
    request: Request,
    answer: Answer,
    *,
    inputs: tuple[str, ...],
) -> None:
    """Write tables, inputs, the record of the run and figures."""
    from milpcore.plots import tables as figure_tables

    study = answer.study

    def tables(folder: Path) -> None:
        study.write(folder)
        for name in _FIGURE_TABLES:
            table = getattr(figure_tables, name)(study)
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        write(answer.alternatives, folder)
        write_inputs(folder, source.streams, request.economics, request.options)

    write_output(
        out,
        tables=tables,
        figures=chain(_figures(source.name, study), drawn(answer.alternatives, source.name)),
        entries=_record(source, request),
        inputs=inputs,
    )


def _figures(name: str, study: GreenfieldStudy) -> Iterator[Drawn]:
    """Draw the figures one by one."""
    from milpcore import plots

    title = f"{name}: greenfield study"
    yield Drawn("cost_over_levels", plots.cost_over_levels(study, title=title))
    title = f"{name}: use of the heat pumps"
    yield Drawn("heat_pump_use", plots.heat_pump_use(study, title=title))
    best = best_result(study)
    for result in study.results:
        if result.has_design:
            formats = ("png", "svg") if result is best else ("png",)
            figure = plots.levels_and_streams(result, name=name)
            yield Drawn(_level_figure(result.max_levels), figure, formats)


def _record(source: Source, request: Request) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    return {
        "command": "greenfield",
        "streams": source.name,
        "levels": list(request.levels),
        "objective": request.objective,
        "formulation": request.formulation,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
        "cascade": request.cascade,
        "candidates": candidates_name(request.candidates),
        "alternatives": request.wanted.n_alternatives,
        "within_percent": request.wanted.within_percent,
    }
