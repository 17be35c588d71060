"""``milpcore greenfield --steps``: streams served in several steps by several levels."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from milpcore.cli.by_levels import (
    Found,
    Job,
    Output,
    Partial,
    ctrl_c_kept,
    finish,
    joined,
    notes_table,
    run_job,
)
from milpcore.cli.greenfield_inputs import asked_of
from milpcore.cli.observing import observer_of
from milpcore.cli.output import Drawn, check_output, write_inputs
from milpcore.cli.sources import Source, input_files
from milpcore.cli.steps_text import steps_text
from milpcore.core import Channel, Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import Gathered
from milpcore.site.candidates import Candidates, candidates_name
from milpcore.site.greenfield import greenfield
from milpcore.site.inputs import prepare
from milpcore.site.results import unstarted_result
from milpcore.site.stream_steps import cut_streams, stepwise
from milpcore.site.stream_steps_bound import stepwise_bound, stepwise_cells
from milpcore.site.stream_steps_compared import StepsCompared
from milpcore.site.study import chosen_formulation
from milpcore.site.table_files import write_tables
from milpcore.streams import Streams

FINEST_K = 0.25
"""Cells of the bound are halved down to this width, as long as there is time."""
_TABLES = ("summary", "levels", "heat_pumps", "steps", "one_level", "notes")


class Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    economics: SiteEconomics
    objective: str
    formulation: str | None
    candidates: Candidates | None
    mip_rel_gap: float
    time_limit_s: float | None
    bound_s: float | None


class _Known(NamedTuple):
    """What is known before anything is solved."""

    formulation: str
    n_candidates: int
    n_pieces: int


def run(arguments: argparse.Namespace) -> int:
    """Find the designs with service in steps, show them, write them."""
    levels: tuple[int, ...] = arguments.levels
    inputs = input_files(arguments)
    check_output(arguments.out, inputs=inputs, writes=_writes(levels))
    request, source, known = _request(arguments)
    job = Job(_solve, request, levels, partial(_blank, request, known), request.objective)
    found = run_job(arguments, job)

    def tables(folder: Path) -> None:
        _write(found, folder)
        write_inputs(folder, source.streams, request.economics)

    output = Output(
        text=lambda: "\n\n".join([_heading(source, request, known), steps_text(found)]),
        tables=tables,
        figures=lambda: _figures(source.name, found),
        record=_record(source, request, levels),
        inputs=inputs,
    )
    return finish(arguments, found, output)


def _request(arguments: argparse.Namespace) -> tuple[Request, Source, _Known]:
    """Read all inputs; what is wrong with any of them is one error."""
    faults = Gathered()
    source, economics, candidates, _ = asked_of(arguments, "steps", faults)
    if source is None or economics is None:
        faults.raise_if_any()
        raise AssertionError("what was not read has faults")
    request = Request(
        source.streams,
        economics,
        arguments.objective,
        arguments.formulation,
        candidates,
        arguments.gap,
        arguments.time_limit,
        arguments.steps_bound,
    )
    with ctrl_c_kept(arguments):
        known = faults.of(lambda: _prepared(request))
        if request.bound_s is not None:
            faults.of(
                lambda: stepwise_cells(
                    request.streams, economics=request.economics, objective=request.objective
                )
            )
    faults.raise_if_any()
    assert known is not None
    return request, source, known


def _prepared(request: Request) -> _Known:
    """Refuse at once what the child would refuse."""
    whole = prepare(
        request.streams,
        economics=request.economics,
        candidates_C=request.candidates,
        objective=request.objective,
    )
    level_C = whole.level_C.tolist()
    margin_K = whole.economics.level_dt_cont_K
    pieces = cut_streams(request.streams, level_C, level_dt_cont_K=margin_K)
    inputs = prepare(
        pieces,
        economics=request.economics,
        candidates_C=level_C,
        objective=request.objective,
    )
    name = chosen_formulation(inputs, request.formulation)(1).name
    return _Known(name, inputs.n_candidates, pieces.n_streams)


def _solve(request: Request, max_levels: int, channel: Channel) -> StepsCompared:
    """Solve one configuration with one level a stream, in steps, and bounded; in the child."""
    limits = {
        "n_levels": max_levels,
        "economics": request.economics,
        "objective": request.objective,
        "mip_rel_gap": request.mip_rel_gap,
        "observer": observer_of(channel),
    }
    searches: dict[str, Any] = {
        "formulation": request.formulation,
        "candidates_C": request.candidates,
        "time_limit_s": request.time_limit_s,
        **limits,
    }
    channel.send("one level a stream")
    one = greenfield(request.streams, **searches)
    if channel.should_stop.is_set():
        return StepsCompared(one, None, None)
    channel.send(Partial(StepsCompared(one, None, None)))
    channel.send("in steps")
    steps = stepwise(request.streams, **searches)
    found = StepsCompared(one, steps, None)
    if request.bound_s is None or channel.should_stop.is_set():
        return found
    channel.send(Partial(found))
    channel.send("bound over all temperatures")
    bounding: dict[str, Any] = limits
    bound = stepwise_bound(
        request.streams, finest_K=FINEST_K, time_limit_s=request.bound_s, **bounding
    )
    return StepsCompared(one, steps, bound)


def _blank(
    request: Request, known: _Known, max_levels: int, status: Status, note: str
) -> StepsCompared:
    """Make the result of a configuration without a design."""
    one = unstarted_result(
        request.streams,
        request.economics,
        Measure(request.objective),
        cascade=True,
        max_levels=max_levels,
        formulation_name=known.formulation,
    )
    return StepsCompared(one, None, None, ended=status, note=note)


def _heading(source: Source, request: Request, known: _Known) -> str:
    """Say what was solved."""
    name = candidates_name(request.candidates)
    told = [
        f"service in steps: {source.streams.n_streams} streams cut into {known.n_pieces} pieces",
        f"least {request.objective.upper()}",
        f"gap {request.mip_rel_gap:g}",
        f"formulation {known.formulation}",
        f"{known.n_candidates} candidate levels{'' if name == 'kinks' else f' ({name})'}",
    ]
    if request.time_limit_s is not None:
        told.append(f"at most {request.time_limit_s:g} s a search")
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(told))))


def _figure(max_levels: int) -> str:
    return f"levels_{max_levels:02d}"


def _writes(levels: tuple[int, ...]) -> list[str]:
    """List what a run may write besides its record and its inputs."""
    figures = ("cost_of_steps", *map(_figure, levels))
    return [
        *(f"{name}.csv" for name in _TABLES),
        *(f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")),
    ]


def _write(found: Found[StepsCompared], folder: Path) -> None:
    """Write the tables of all configurations."""
    results = [(one.max_levels, one) for one in found.results]
    parts = [(number, one.steps) for number, one in results if one.steps is not None]
    designs = [(number, part.result) for number, part in parts]
    blank = [(number, one.one_level) for number, one in results[:1]]
    tables = {
        "summary": joined([(number, one.summary) for number, one in results]),
        "levels": joined([(number, one.levels) for number, one in designs or blank]),
        "heat_pumps": joined([(number, one.heat_pumps) for number, one in designs or blank]),
        "steps": joined([(number, one.table_of_steps) for number, one in results]),
        "one_level": joined([(number, one.one_level.summary) for number, one in results]),
        "notes": notes_table(found.results),
    }
    write_tables(tables, folder)


def _figures(name: str, found: Found[StepsCompared]) -> Iterator[Drawn]:
    """Draw cost and exchangers over the number of levels, and every design in steps."""
    from milpcore import plots

    summary = joined([(one.max_levels, one.summary) for one in found.results])
    yield Drawn("cost_of_steps", plots.cost_of_steps(summary, title=f"{name}: service in steps"))
    for one in found.results:
        if one.steps is not None and one.has_design:
            formats = ("png", "svg") if one is found.best else ("png",)
            figure = plots.levels_and_streams(one.steps.result, name=f"{name}, in steps")
            yield Drawn(_figure(one.max_levels), figure, formats)


def _record(source: Source, request: Request, levels: tuple[int, ...]) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    return {
        "command": "greenfield",
        "model": "steps",
        "streams": source.name,
        "levels": list(levels),
        "objective": request.objective,
        "formulation": request.formulation,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
        "bound_s": request.bound_s,
        "candidates": candidates_name(request.candidates),
    }
