"""``milpcore greenfield --glide``: levels with a supply and a return temperature."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

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
from milpcore.cli.glide_text import glide_text
from milpcore.cli.greenfield_inputs import asked_of
from milpcore.cli.observing import design_observer_of
from milpcore.cli.output import Drawn, check_output, write_inputs
from milpcore.cli.sources import Source, input_files
from milpcore.core import Channel, Status
from milpcore.economics import SiteEconomics
from milpcore.faults import Gathered
from milpcore.site.glide import gliding
from milpcore.site.glide_check import check_glide
from milpcore.site.glide_inputs import GlideInputs, prepare_glide
from milpcore.site.glide_results import TABLES, GlideResult, make_glide_result
from milpcore.site.model import Progress, relative_gap
from milpcore.site.table_files import write_tables
from milpcore.streams import Streams

RESCUE_S = 5.0
"""Seconds for the design at the levels of an interrupted search, some milliseconds as a rule."""
Pairs = tuple[tuple[float, float], ...]


class Request(NamedTuple):
    """What is asked for; picklable."""

    streams: Streams
    economics: SiteEconomics
    objective: str
    pairs_C: Pairs | None
    most_glide_K: float | None
    branches: bool
    mip_rel_gap: float
    time_limit_s: float | None

    def site(self) -> dict[str, Any]:
        """Arguments of `prepare_glide`."""
        return {
            "pairs_C": self.pairs_C,
            "most_glide_K": self.most_glide_K,
            "economics": self.economics,
            "objective": self.objective,
        }


def run(arguments: argparse.Namespace) -> int:
    """Find the designs with levels that glide, show them, write them."""
    levels: tuple[int, ...] = arguments.levels
    inputs = input_files(arguments)
    check_output(arguments.out, inputs=inputs, writes=_writes(levels))
    request, source, prepared = _request(arguments)
    job = Job(
        _solve,
        request,
        levels,
        blank=partial(_blank, prepared),
        measure=request.objective,
        rescue=partial(_rescued, request, prepared),
    )
    found = run_job(arguments, job)

    def tables(folder: Path) -> None:
        parts = {
            name: joined([(one.max_levels, getattr(one, name)) for one in found.results])
            for name in TABLES
        }
        write_tables({**parts, "notes": notes_table(found.results)}, folder)
        write_inputs(folder, source.streams, request.economics)

    output = Output(
        text=lambda: "\n\n".join([_heading(source, request, prepared), glide_text(found)]),
        tables=tables,
        figures=lambda: _figures(source.name, found),
        record=_record(source, request, levels),
        inputs=inputs,
    )
    return finish(arguments, found, output)


def _request(arguments: argparse.Namespace) -> tuple[Request, Source, GlideInputs]:
    """Read all inputs; what is wrong with any of them is one error."""
    faults = Gathered()
    source, economics, _, _ = asked_of(arguments, "glide", faults)
    if source is None or economics is None:
        faults.raise_if_any()
        raise AssertionError("what was not read has faults")
    wanted: float | Pairs = arguments.glide
    request = Request(
        source.streams,
        economics,
        arguments.objective,
        None if isinstance(wanted, float) else wanted,
        wanted if isinstance(wanted, float) and math.isfinite(wanted) else None,
        arguments.branches,
        arguments.gap,
        arguments.time_limit,
    )
    with ctrl_c_kept(arguments):
        prepared = faults.of(lambda: prepare_glide(request.streams, **request.site()))
    faults.raise_if_any()
    assert prepared is not None
    return request, source, prepared


def _solve(request: Request, max_levels: int, channel: Channel) -> GlideResult:
    """Solve one configuration, in the child."""
    return gliding(
        request.streams,
        n_levels=max_levels,
        branches=request.branches,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=request.time_limit_s,
        observer=design_observer_of(channel),
        **request.site(),
    )


def _blank(inputs: GlideInputs, max_levels: int, status: Status, note: str) -> GlideResult:
    """Make the result of a configuration without a design."""
    return make_glide_result(
        inputs,
        None,
        max_levels=max_levels,
        status=status,
        bound=math.nan,
        solve_s=math.nan,
        note=note,
    )


def _rescued(
    request: Request, inputs: GlideInputs, max_levels: int, latest: Progress
) -> GlideResult | None:
    """Return the best design at the levels that an interrupted search has told of."""
    if not latest.levels:
        return None
    chosen = list(latest.levels)
    pairs_C = tuple(zip(inputs.supply_C[chosen], inputs.return_C[chosen], strict=True))
    found = gliding(
        request.streams,
        n_levels=max_levels,
        branches=request.branches,
        mip_rel_gap=request.mip_rel_gap,
        time_limit_s=RESCUE_S,
        **request._replace(pairs_C=pairs_C, most_glide_K=None).site(),
    )
    if not found.has_design:
        return None
    bound = min(max(latest.bound, 0.0), found.objective_value)
    summary = found.summary.assign(
        status=Status.INTERRUPTED.value,
        bound=bound,
        gap=relative_gap(found.objective_value, bound),
        n_pairs=inputs.n_pairs,
        solve_s=latest.elapsed_s,
    )
    result = replace(found, status=Status.INTERRUPTED, summary=summary)
    check_glide(result)
    return result


def _heading(source: Source, request: Request, prepared: GlideInputs) -> str:
    """Say what was solved."""
    if request.pairs_C is not None:
        width = "as listed"
    elif request.most_glide_K is None:
        width = "any two limit temperatures"
    else:
        width = f"up to {request.most_glide_K:g} K apart"
    told = [
        f"levels that glide: {prepared.n_pairs} candidate pairs, {width}",
        f"least {request.objective.upper()}",
        f"gap {request.mip_rel_gap:g}",
    ]
    if request.branches:
        told.append("streams may branch")
    if request.time_limit_s is not None:
        told.append(f"at most {request.time_limit_s:g} s each")
    return "\n".join(filter(None, (source.headline, source.origin, ", ".join(told))))


def _figure(max_levels: int) -> str:
    return f"levels_{max_levels:02d}"


def _writes(levels: tuple[int, ...]) -> list[str]:
    """List what a run may write besides its record and its inputs."""
    return [
        *(f"{name}.csv" for name in (*TABLES, "notes")),
        *(f"{name}.{suffix}" for name in map(_figure, levels) for suffix in ("png", "svg")),
    ]


def _figures(name: str, found: Found[GlideResult]) -> Iterator[Drawn]:
    """Draw the levels and the streams on them, for each configuration."""
    from milpcore import plots

    for one in found.results:
        if one.has_design:
            formats = ("png", "svg") if one is found.best else ("png",)
            yield Drawn(_figure(one.max_levels), plots.gliding_levels(one, name=name), formats)


def _record(source: Source, request: Request, levels: tuple[int, ...]) -> dict[str, Any]:
    """Everything that a run can be repeated with."""
    return {
        "command": "greenfield",
        "model": "glide",
        "streams": source.name,
        "levels": list(levels),
        "objective": request.objective,
        "pairs_C": None if request.pairs_C is None else [list(pair) for pair in request.pairs_C],
        "most_glide_K": request.most_glide_K,
        "branches": request.branches,
        "gap": request.mip_rel_gap,
        "time_limit_s": request.time_limit_s,
    }
