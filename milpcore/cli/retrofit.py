"""The command ``milpcore retrofit``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from milpcore.cli.alternatives import Wanted, alternatives_text, drawn, wanted_of, write, writes
from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import (
    COPIES,
    Drawn,
    check_output,
    is_worth_writing,
    show,
    write_inputs,
    write_output,
)
from milpcore.cli.periods import COPY as PERIODS_COPY
from milpcore.cli.retrofit_study import Answer, Request, run_study, unstarted_study
from milpcore.cli.retrofit_text import retrofit_text
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sources import Source, input_files, site_options_of, source_of
from milpcore.faults import FaultList, Gathered
from milpcore.report import ProgressLine
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.candidates import candidates_from_text, candidates_name
from milpcore.site.periods.results import PeriodResult
from milpcore.site.periods.table import read_periods, write_periods
from milpcore.site.periods.tables import SCHEMAS as PERIOD_SCHEMAS
from milpcore.site.retrofit_plan import RetrofitOptions

_TABLES = ("summary", "existing", "levels", "heat_pumps", "connections", "notes", "heat_sources")


def run(arguments: argparse.Namespace) -> int:
    """Solve a retrofit study, show it, write it."""
    with_periods = arguments.periods is not None
    inputs = (*input_files(arguments), *([arguments.periods] if with_periods else []))
    wanted = wanted_of(arguments)
    files = [*_writes(with_periods=with_periods), *writes(wanted, [len(set(arguments.existing))])]
    copies = (*COPIES, PERIODS_COPY) if with_periods else COPIES
    check_output(arguments.out, inputs=inputs, writes=files, copies=copies)
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
    faults, wanted = Gathered(), wanted_of(arguments)
    source = faults.of(lambda: source_of(arguments))
    prices = faults.of(lambda: site_options_of(arguments))
    candidates = faults.of(lambda: candidates_from_text(arguments.candidates))
    periods = None
    if arguments.periods is not None:
        faults.of(lambda: _refuse_alternatives(wanted))
        if source is not None:
            streams = source.streams
            periods = faults.of(
                lambda: read_periods(arguments.periods, streams, heat_unit=arguments.heat_unit)
            )
    faults.raise_if_any()
    assert source is not None
    assert prices is not None
    economics, site_options = prices
    options = RetrofitOptions(
        existing_C=arguments.existing,
        move=arguments.move,
        range_K=arguments.range,
        movable_C=arguments.movable,
        heat_pumps=not arguments.no_pumps,
        add=arguments.add,
        close=arguments.close,
        candidates_C=candidates,
        options=None if site_options.is_none else site_options,
    )
    request = Request(
        source.streams,
        economics,
        options,
        arguments.objective,
        wants_singles=arguments.out is not None and arguments.move == 2,
        wanted=wanted,
        periods=periods,
    )
    return request, source


def _refuse_alternatives(wanted: Wanted) -> None:
    """Refuse alternatives beside several periods."""
    faults = FaultList()
    if wanted.anything:
        rule = "do not go with --periods: not modelled for operating periods"
        faults.add("", "--alternatives, --within", None, rule, "leave out one of the two")
    faults.raise_if_any("retrofit --periods")


def _heading(source: Source, request: Request, answer: Answer) -> str:
    """Say what was solved."""
    options, periods = request.options, request.periods
    movable = options.existing_C if options.movable_C is None else options.movable_C
    told = [
        "" if periods is None else f"{periods.n_periods} periods",
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


def _writes(*, with_periods: bool) -> list[str]:
    """List what a run may write besides its record and its inputs."""
    tables = dict.fromkeys((*_TABLES, *(PERIOD_SCHEMAS if with_periods else ())))
    best = "periods_best" if with_periods else "levels_best"
    figures = ("retrofit_savings", best)
    return [
        *(f"{name}.csv" for name in tables),
        *(f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")),
    ]


def _write(
    out: str, source: Source, request: Request, answer: Answer, *, inputs: tuple[str, ...]
) -> None:
    """Write tables, inputs, the record of the run and figures."""

    def tables(folder: Path) -> None:
        answer.study.write(folder)
        write(_found(answer), folder)
        write_inputs(folder, source.streams, request.economics, request.options.options)
        if request.periods is not None:
            write_periods(request.periods, source.streams, folder / "inputs" / PERIODS_COPY)

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
    if best is None:
        return
    result = best.result
    if isinstance(result, PeriodResult):
        yield Drawn("periods_best", plots.period_operation(result, name=name))
    else:
        yield Drawn("levels_best", plots.levels_and_streams(result, name=name))


def _record(source: Source, request: Request) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    options = request.options
    return {
        "command": "retrofit",
        "streams": source.name,
        "periods": None if request.periods is None else list(request.periods.names),
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
