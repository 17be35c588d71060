"""The command ``milpcore targets``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from milpcore.cli.messages import OK
from milpcore.cli.output import check_output, output_folder, print_json, write_record
from milpcore.cli.sources import Source, open_source
from milpcore.scales import Kind, number, scale_for
from milpcore.streams import write_streams
from milpcore.targets import Targets, targets


def run(arguments: argparse.Namespace) -> int:
    """Find the targets of a stream table, show them, write the curves."""
    check_output(arguments.out)
    source = open_source(arguments.streams)
    found = targets(source.streams)
    if arguments.json:
        print_json(found.to_json_dict())
    else:
        sys.stdout.write(f"{targets_text(source, found)}\n")
    if arguments.out is not None:
        _write(arguments.out, source, found)
        if not arguments.json:
            sys.stdout.write(f"\nfigures and tables: {arguments.out}\n")
    elif not arguments.json:
        sys.stdout.write("\ncomposite curves as figures and tables: add --out DIR\n")
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


def _write(out: str, source: Source, found: Targets) -> None:
    from milpcore.plots import composite_curves, grand_composite_curve, save_figure

    with output_folder(out) as folder:
        write_streams(source.streams, folder / "streams.csv")
        for name in ("composite_curves", "grand_composite_curve"):
            table = getattr(found, name)
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        curves = composite_curves(found, title=f"{source.name}: composite curves")
        save_figure(curves, folder / "composite_curves")
        title = f"{source.name}: grand composite curve"
        save_figure(grand_composite_curve(found, title=title), folder / "grand_composite_curve")
        write_record(
            Path(folder),
            inputs=("streams.csv",),
            command="targets",
            streams=source.name,
            targets=found.to_json_dict(),
        )
