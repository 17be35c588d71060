"""The command ``milpcore greenfield``."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from milpcore.cli.greenfield_text import best_result, runs, study_text
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import check_output, output_folder, print_json, write_record
from milpcore.cli.sources import Source, open_source
from milpcore.cli.study import Answer, Request, run_study
from milpcore.economics import SiteEconomics, read_economics, write_economics
from milpcore.report import ProgressLine
from milpcore.site.results import SiteResult
from milpcore.streams import write_streams


def run(arguments: argparse.Namespace) -> int:
    """Solve a greenfield study, show it, write it."""
    check_output(arguments.out)
    request, source = _request(arguments)
    line = ProgressLine(sys.stderr, wanted=not arguments.quiet)
    answer = run_study(request, line)
    if answer.was_interrupted:
        _say_interrupted(answer)
    if arguments.json:
        print_json(answer.study.to_json_dict())
    else:
        sys.stdout.write(f"{_heading(source, request, answer)}\n\n")
        sys.stdout.write(f"{study_text(answer.study)}\n")
    sys.stdout.flush()
    if arguments.out is not None:
        _write(arguments.out, source, request, answer)
    if not arguments.json:
        where = "add --out DIR" if arguments.out is None else arguments.out
        sys.stdout.write(f"\nfigures and tables: {where}\n")
    without = [result for result in answer.study.results if not result.has_design]
    if arguments.json:
        for result in without:
            print_error(_why(result))
    if answer.was_interrupted:
        return INTERRUPTED
    return NO_SOLUTION if without else OK


def _request(arguments: argparse.Namespace) -> tuple[Request, Source]:
    """Read all inputs, so that their faults come before anything long."""
    source = open_source(arguments.streams)
    economics = SiteEconomics()
    if arguments.economics is not None:
        economics = read_economics(arguments.economics)
    request = Request(
        streams=source.streams,
        economics=economics,
        levels=arguments.levels,
        objective=arguments.objective,
        formulation=arguments.formulation,
        mip_rel_gap=arguments.gap,
        time_limit_s=arguments.time_limit,
        cascade=not arguments.no_cascade,
    )
    return request, source


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was solved."""
    options = [
        f"least {request.objective.upper()}",
        f"gap {request.mip_rel_gap:g}",
        f"formulation {answer.formulation}",
        f"{answer.n_candidates} candidate levels",
    ]
    if request.time_limit_s is not None:
        options.append(f"at most {request.time_limit_s:g} s each")
    if not request.cascade:
        options.append("no cascade")
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(options))))


def _say_interrupted(answer: Answer) -> None:
    left = f"; not started: N = {runs(answer.not_started)}" if answer.not_started else ""
    print_error(f"interrupted{left}")


def _why(result: SiteResult) -> str:
    notes = " ".join(result.notes)
    return f"N = {result.max_levels}: {result.status.value}{': ' if notes else ''}{notes}"


def _write(out: str, source: Source, request: Request, answer: Answer) -> None:
    """Write tables, figures, inputs and the record of the run."""
    from milpcore.plots import (
        cost_over_levels,
        heat_pump_use,
        levels_and_streams,
        save_figure,
        tables,
    )

    study, name = answer.study, source.name
    with output_folder(out) as folder:
        study.write(folder)
        for part in ("cost_components", "heat_pump_use"):
            table = getattr(tables, part)(study)
            table.to_csv(folder / f"{part}.csv", index=False, lineterminator="\n")
        write_streams(source.streams, folder / "streams.csv")
        write_economics(request.economics, folder / "economics.toml")
        save_figure(
            cost_over_levels(study, title=f"{name}: greenfield study"), folder / "cost_over_levels"
        )
        save_figure(
            heat_pump_use(study, title=f"{name}: use of the heat pumps"), folder / "heat_pump_use"
        )
        best = best_result(study)
        for result in study.results:
            if result.has_design:
                formats = ("png", "svg") if result is best else ("png",)
                figure = levels_and_streams(result, name=name)
                save_figure(figure, folder / f"levels_{result.max_levels:02d}", formats=formats)
        write_record(folder, inputs=("streams.csv", "economics.toml"), **_record(source, request))


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
    }
