"""The command ``milpcore targets``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from milpcore.cli.messages import OK
from milpcore.cli.output import Drawn, check_output, show, write_inputs, write_output
from milpcore.cli.signals import ctrl_c_after
from milpcore.cli.sources import Source, source_of
from milpcore.faults import FaultList
from milpcore.report import TextColumn, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.streams import write_streams
from milpcore.targets import Targets, targets
from milpcore.total_site import TotalSite, total_site

_CURVES = ("composite_curves", "grand_composite_curve")
_PROFILES = "total_site_profiles"
_ZONE_TABLES = ("zones.csv", "residual_streams.csv", f"{_PROFILES}.csv")


def run(arguments: argparse.Namespace) -> int:
    """Find the targets of a stream table, show them, write the curves."""
    _refuse_share_without_zones(arguments)
    writes = [f"{name}.{suffix}" for name in _CURVES for suffix in ("csv", "png", "svg")]
    if arguments.zones:
        writes += [*_ZONE_TABLES, f"{_PROFILES}.png", f"{_PROFILES}.svg"]
    inputs = (arguments.streams,)
    check_output(arguments.out, inputs=inputs, writes=writes, copies=("streams.csv",))
    source = source_of(arguments)
    with ctrl_c_after():
        found = targets(source.streams)
        site = None
        if arguments.zones:
            site = total_site(source.streams, level_dt_cont_K=arguments.level_dt_cont)
    what = "figures and tables"
    show(
        content=lambda: _content(found, site),
        text=lambda: targets_text(source, found) + (zones_text(site) if site else ""),
        write=lambda out: _write(out, source, found, site, inputs=inputs),
        as_json=arguments.json,
        out=arguments.out,
        what=what if arguments.out is not None else f"composite curves as {what}",
    )
    return OK


def _refuse_share_without_zones(arguments: argparse.Namespace) -> None:
    faults = FaultList()
    if arguments.level_dt_cont is not None and not arguments.zones:
        share = f"{arguments.level_dt_cont:g}"
        faults.add("", "--level-dt-cont", share, "is for --zones only", "add --zones")
    faults.raise_if_any("targets")


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


def zones_text(site: TotalSite) -> str:
    """Describe the zones and what utility levels between them could recover."""
    table = site.zone_table
    titles = {
        "hot_streams_kW": "hot\nstreams",
        "cold_streams_kW": "cold\nstreams",
        "recovered_kW": "recovered\ninside",
        "hot_utility_kW": "hot\nutility",
        "cold_utility_kW": "cold\nutility",
    }
    scale = scale_for(Kind.HEAT, table[list(titles)].to_numpy().ravel().tolist())
    pinches = [
        ", ".join(number(float(value), 1) for value in zone.targets.pinch_C) or "none"
        for zone in site.zones
    ]
    columns = [
        TextColumn("zone", "", [*table["zone"], "sum of zones"], left=True),
        TextColumn(
            "streams", "", [str(count) for count in (*table["n_streams"], sum(table["n_streams"]))]
        ),
        *(
            TextColumn(
                title,
                scale.unit,
                [scale.text(value) for value in (*table[name], table[name].sum())],
            )
            for name, title in titles.items()
        ),
        TextColumn("pinch", "°C", [*pinches, ""]),
    ]
    share = f"{site.level_dt_cont_K:g} K of their own"
    texts = (
        ("recovered between zones", site.recovered_kW),
        ("minimum hot utility", site.hot_utility_kW),
        ("minimum cold utility", site.cold_utility_kW),
    )
    lines = [f"{name:<24}{scale.text(value):>10} {scale.unit}" for name, value in texts]
    left = 0 if site.residual_streams is None else site.residual_streams.n_streams
    return "\n".join(
        [
            "",
            "",
            "zones by themselves, then what they leave:",
            "",
            text_table(columns),
            "",
            f"with any number of utility levels between zones, levels with {share}:",
            *lines,
            f"{'residual streams':<24}{left:>10}",
        ]
    )


def _content(found: Targets, site: TotalSite | None) -> dict[str, Any]:
    """Make the object that is printed as JSON and recorded."""
    return {**found.to_json_dict(), **({} if site is None else site.to_json_dict())}


def _write(
    out: str, source: Source, found: Targets, site: TotalSite | None, *, inputs: tuple[str, ...]
) -> None:
    """Write the curves as tables and figures, the streams and the record of the run."""

    def tables(folder: Path) -> None:
        for name in _CURVES:
            table = getattr(found, name)
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        if site is not None:
            _write_zones(folder, site)
        write_inputs(folder, source.streams)

    entries = {"command": "targets", "streams": source.name, "targets": _content(found, site)}
    figures = _figures(source.name, found, site)
    write_output(out, tables=tables, figures=figures, entries=entries, inputs=inputs)


def _write_zones(folder: Path, site: TotalSite) -> None:
    """Write the zones, the profiles, and the residual streams as a stream table."""
    tables = ((_ZONE_TABLES[0], site.zone_table), (_ZONE_TABLES[2], site.total_site_profiles))
    for name, table in tables:
        table.to_csv(folder / name, index=False, lineterminator="\n")
    if site.residual_streams is not None:
        write_streams(site.residual_streams, folder / _ZONE_TABLES[1])


def _figures(name: str, found: Targets, site: TotalSite | None) -> Iterator[Drawn]:
    from milpcore import plots

    title = f"{name}: composite curves"
    yield Drawn("composite_curves", plots.composite_curves(found, title=title))
    title = f"{name}: grand composite curve"
    yield Drawn("grand_composite_curve", plots.grand_composite_curve(found, title=title))
    if site is not None:
        title = f"{name}: total site profiles"
        yield Drawn(_PROFILES, plots.total_site_profiles(site, title=title))
