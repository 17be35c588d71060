"""The command ``milpcore targets``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from milpcore.cli.messages import OK
from milpcore.cli.output import Drawn, check_output, show, write_inputs, write_output
from milpcore.cli.signals import ctrl_c_after
from milpcore.cli.sources import Source, source_of
from milpcore.scales import Kind, number, scale_for
from milpcore.targets import Targets, targets

_CURVES = ("composite_curves", "grand_composite_curve")


def run(arguments: argparse.Namespace) -> int:
    """Find the targets of a stream table, show them, write the curves."""
    writes = [f"{name}.{suffix}" for name in _CURVES for suffix in ("csv", "png", "svg")]
    inputs = (arguments.streams,)
    check_output(arguments.out, inputs=inputs, writes=writes, copies=("streams.csv",))
    source = source_of(arguments)
    with ctrl_c_after():
        found = targets(source.streams)
    what = "figures and tables"
    show(
        content=found.to_json_dict,
        text=lambda: targets_text(source, found),
        write=lambda out: _write(out, source, found, inputs=inputs),
        as_json=arguments.json,
        out=arguments.out,
        what=what if arguments.out is not None else f"composite curves as {what}",
    )
    return OK


def targets_text(source: Source, found: Targets) -> str:
    """Describe targets in words."""
    scale = scale_for(Kind.HEAT, (found.hot_utility_kW, found.cold_utility_kW))
    pinches = [
        f"pinch, shifted scale  {number(float(pinch_C)):>12} °C" for pinch_C in found.pinch_C
    ]
    lines = [
        source.headline,
        *([source.origin] if source.origin else []),
        "",
        f"minimum hot utility   {scale.text(found.hot_utility_kW):>12} {scale.unit}",
        f"minimum cold utility  {scale.text(found.cold_utility_kW):>12} {scale.unit}",
        *(pinches or [f"pinch, shifted scale  {'none':>12}: a threshold problem"]),
    ]
    return "\n".join(lines)


def _write(out: str, source: Source, found: Targets, *, inputs: tuple[str, ...]) -> None:
    """Write the curves as tables and figures, the streams and the record of the run."""

    def tables(folder: Path) -> None:
        for name in _CURVES:
            table = getattr(found, name)
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        write_inputs(folder, source.streams)

    entries = {"command": "targets", "streams": source.name, "targets": found.to_json_dict()}
    write_output(
        out, tables=tables, figures=_figures(source.name, found), entries=entries, inputs=inputs
    )


def _figures(name: str, found: Targets) -> Iterator[Drawn]:
    from milpcore import plots

    title = f"{name}: composite curves"
    yield Drawn("composite_curves", plots.composite_curves(found, title=title))
    title = f"{name}: grand composite curve"
    yield Drawn("grand_composite_curve", plots.grand_composite_curve(found, title=title))
