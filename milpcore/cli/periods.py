"""``milpcore greenfield --periods``: one set of levels and pump sizes for several periods."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from milpcore.cli.by_levels import (
    Found,
    Job,
    Output,
    ctrl_c_kept,
    finish,
    joined,
    notes_table,
    run_job,
)
from milpcore.cli.greenfield_inputs import asked_of
from milpcore.cli.observing import design_observer_of
from milpcore.cli.output import COPIES, Drawn, check_output, write_inputs
from milpcore.cli.periods_text import periods_text
from milpcore.cli.sources import Source, input_files
from milpcore.core import Channel, Status
from milpcore.economics import SiteEconomics
from milpcore.faults import Gathered
from milpcore.site.candidates import Candidates, candidates_name
from milpcore.site.model import Progress
from milpcore.site.periods.check import check_periods
from milpcore.site.periods.formulation import PeriodSearch
from milpcore.site.periods.inputs import PeriodInputs, prepare_periods
from milpcore.site.periods.network import period_network
from milpcore.site.periods.outcome import PeriodOutcome, outcome_of_levels
from milpcore.site.periods.results import PeriodResult, make_result
from milpcore.site.periods.study import greenfield_periods
from milpcore.site.periods.table import Periods, read_periods, write_periods
from milpcore.site.periods.tables import SCHEMAS
from milpcore.site.table_files import write_tables
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

COPY = "periods.csv"
"""Copy of the table of periods."""


class Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    periods: Periods
    economics: SiteEconomics
    options: SiteOptions
    candidates: Candidates | None
    objective: str
    mip_rel_gap: float
    time_limit_s: float | None


def run(arguments: argparse.Namespace) -> int:
    """Find the designs for all periods, show them, write them."""
    levels: tuple[int, ...] = arguments.levels
    inputs = (*input_files(arguments), arguments.periods)
    writes = _writes(levels)
    check_output(arguments.out, inputs=inputs, writes=writes, copies=(*COPIES, COPY))
    request, source = _request(arguments)
    with ctrl_c_kept(arguments):
        prepared = prepare_periods(
            request.streams,
            request.periods,
            economics=request.economics,
            candidates_C=request.candidates,
            objective=request.objective,
            options=request.options,
        )
    job = Job(
        _solve,
        request,
        levels,
        blank=partial(_blank, prepared),
        measure=request.objective,
        rescue=partial(_rescued, prepared),
    )
    found = run_job(arguments, job)

    def tables(folder: Path) -> None:
        _write(found, folder)
        write_inputs(folder, source.streams, request.economics, request.options)
        write_periods(request.periods, source.streams, folder / "inputs" / COPY)

    output = Output(
        text=lambda: "\n\n".join([_heading(source, request, prepared), periods_text(found)]),
        tables=tables,
        figures=lambda: _figures(source.name, found),
        record=_record(source, request, arguments),
        inputs=inputs,
    )
    return finish(arguments, found, output)


def _request(arguments: argparse.Namespace) -> tuple[Request, Source]:
    """Read all inputs; what is wrong with any of them is one error."""
    faults = Gathered()
    source, economics, candidates, options = asked_of(arguments, "periods", faults)
    periods = None
    if source is not None:
        streams = source.streams
        periods = faults.of(
            lambda: read_periods(arguments.periods, streams, heat_unit=arguments.heat_unit)
        )
    faults.raise_if_any()
    assert source is not None
    assert economics is not None
    assert periods is not None
    request = Request(
        source.streams,
        periods,
        economics,
        options,
        candidates,
        arguments.objective,
        arguments.gap,
        arguments.time_limit,
    )
    return request, source


def _solve(request: Request, max_levels: int, channel: Channel) -> PeriodResult:
    """Solve one configuration, in the child."""
    return greenfield_periods(
        request.streams,
        request.periods,
        n_levels=max_levels,
        economics=request.economics,
        candidates_C=request.candidates,
        objective=request.objective,
        options=request.options,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        observer=design_observer_of(channel),
    )


def _blank(inputs: PeriodInputs, max_levels: int, status: Status, note: str) -> PeriodResult:
    """Make the result of a configuration without a design."""
    nan = math.nan
    outcome = PeriodOutcome(status, None, nan, -math.inf, nan, nan, 0, 0, nan, note)
    return make_result(inputs, outcome, max_levels, PeriodSearch.name)


def _rescued(inputs: PeriodInputs, max_levels: int, latest: Progress) -> PeriodResult | None:
    """Operate the levels that an interrupted search has told of."""
    if not latest.levels:
        return None
    outcome = outcome_of_levels(
        inputs,
        period_network(inputs),
        np.array(latest.levels, dtype=np.int64),
        status=Status.INTERRUPTED,
        bound=latest.bound,
        n_nodes=latest.n_nodes,
        start_s=time.perf_counter() - latest.elapsed_s,
    )
    result = make_result(inputs, outcome, max_levels, PeriodSearch.name)
    site = inputs.site
    check_periods(result, site.streams, inputs.periods, site.economics, options=site.options)
    return result


def _heading(source: Source, request: Request, prepared: PeriodInputs) -> str:
    """Say what was solved."""
    periods = request.periods
    count = "1 period" if periods.n_periods == 1 else f"{periods.n_periods} periods"
    name = candidates_name(request.candidates)
    told = [
        f"{count}, {periods.hours_h_per_a.sum():g} h/a",
        f"least {request.objective.upper()}",
        f"gap {request.mip_rel_gap:g}",
        f"{prepared.site.n_candidates} candidate levels{'' if name == 'kinks' else f' ({name})'}",
    ]
    if request.time_limit_s is not None:
        told.append(f"at most {request.time_limit_s:g} s each")
    what = f"{source.name}: {source.streams.n_streams} streams"
    return "\n".join(filter(None, (what, source.origin, ", ".join(told))))


def _figure(max_levels: int) -> str:
    return f"periods_{max_levels:02d}"


def _writes(levels: tuple[int, ...]) -> list[str]:
    """List what a run may write besides its record and its inputs."""
    return [
        *(f"{name}.csv" for name in (*SCHEMAS, "notes")),
        *(f"{name}.{suffix}" for name in map(_figure, levels) for suffix in ("png", "svg")),
    ]


def _write(found: Found[PeriodResult], folder: Path) -> None:
    """Write the tables of all configurations."""
    tables = {
        name: joined([(one.max_levels, getattr(one, name)) for one in found.results])
        for name in found.results[0].schemas
    }
    write_tables({**tables, "notes": notes_table(found.results)}, folder)


def _figures(name: str, found: Found[PeriodResult]) -> Iterator[Drawn]:
    """Draw what every period does with the design, for each configuration."""
    from milpcore import plots

    for one in found.results:
        if one.has_design:
            formats = ("png", "svg") if one is found.best else ("png",)
            figure = plots.period_operation(one, name=name)
            yield Drawn(_figure(one.max_levels), figure, formats)


def _record(source: Source, request: Request, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    return {
        "command": "greenfield",
        "model": "periods",
        "streams": source.name,
        "periods": Path(arguments.periods).name,
        "levels": list(arguments.levels),
        "objective": request.objective,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
        "candidates": candidates_name(request.candidates),
    }
