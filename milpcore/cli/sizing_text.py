"""A sized plant as readable text, and as the object that ``--json`` prints."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from milpcore.plots.sizing_tables import cost_split, part_label
from milpcore.report import TextColumn, gap_text, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.table_files import plain
from milpcore.sizing.range_table import SizeRanges
from milpcore.sizing.results import CHILLED, SizingResult
from milpcore.sizing.units import Store, Unit, is_existing

_JSON = (
    "tac_EUR_per_a",
    "bound_EUR_per_a",
    "gap",
    "opex_EUR_per_a",
    "capex_EUR_per_a",
    "co2_t_per_a",
    "status",
    "solve_s",
)


def sizing_json(result: SizingResult) -> dict[str, Any]:
    """Return what ``--json`` prints.

    Parameters
    ----------
    result : SizingResult
        The plant.

    Returns
    -------
    dict
        ``sizes`` by name and unit, such as ``boiler_kW``, ``size_ranges`` by name, and the summary;
        None for what is not known.
    """
    sizes: dict[str, float | None] = {_size_key(unit): None for unit in result.parameters.units}
    if result.design is not None:
        values = result.sizes["size"].tolist()
        sizes = dict(zip(sizes, map(float, values), strict=True))
    row = result.summary.iloc[0]
    ranges = result.ranges
    return {
        "sizes": sizes,
        "size_ranges": None if ranges is None else _ranges_json(ranges),
        "ranges_share": None if ranges is None else ranges.within_share,
        **{key: plain(row[key]) for key in _JSON},
    }


def _ranges_json(ranges: SizeRanges) -> dict[str, dict[str, Any]]:
    rows = ranges.table.drop(columns="size").to_dict("records")
    return {
        row["name"]: {str(key): plain(value) for key, value in row.items() if key != "name"}
        for row in rows
    }


def result_text(result: SizingResult) -> str:
    """Lay out a plant: its sizes, its cost, and how good it is.

    Parameters
    ----------
    result : SizingResult
        The plant.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    if result.design is None:
        return _no_plant_text(result)
    parts = [_sizes_text(result), _ranges_text(result), _costs_text(result), _summary_text(result)]
    return "\n\n".join(filter(None, parts))


def why_no_plant(result: SizingResult) -> str:
    """Say in one line why there is no plant."""
    status = result.status.value
    return f"{status}: {result.message}" if result.message else status


def _no_plant_text(result: SizingResult) -> str:
    bound = float(result.summary["bound_EUR_per_a"].iloc[0])
    scale = scale_for(Kind.COST, [bound])
    lines = [f"No plant: {why_no_plant(result)}"]
    if math.isfinite(bound):
        lines.append(f"proven: none costs less than {scale.text(bound)} {scale.unit}")
    return "\n".join(lines)


def _size_key(unit: Unit) -> str:
    return f"{unit.name}_kWh" if isinstance(unit, Store) else f"{unit.name}_kW"


def _sizes_text(result: SizingResult) -> str:
    sizes = result.sizes
    heat = scale_for(Kind.HEAT, sizes["size"])
    units = [heat.unit if unit == "kW" else f"{heat.unit}h" for unit in sizes["unit"]]
    parts = zip(result.parameters.units, sizes["size"], strict=True)
    invested = [_investment_EUR(unit, float(size)) for unit, size in parts]
    money = scale_for(Kind.COST, invested)
    names = [
        f"{unit.name} (existing)" if is_existing(unit) else unit.name
        for unit in result.parameters.units
    ]
    is_plain = [kind in ("store", "chiller") for kind in sizes["kind"]]

    def of_units(column: str) -> list[str]:
        """Write a count that stores and chillers do not have."""
        pairs = zip(sizes[column], is_plain, strict=True)
        return ["–" if plain else str(int(value)) for value, plain in pairs]

    energy = [number(float(value), 0) for value in sizes["heat_MWh_per_a"]]
    hours = [number(float(value), 0) for value in sizes["full_load_h_per_a"]]
    horizon = f"in {result.profile.horizon_h:.6g} h"
    return text_table(
        [
            TextColumn("unit", "", names, left=True),
            TextColumn("size", "", [heat.text(float(value), 1) for value in sizes["size"]]),
            TextColumn("", "", units, left=True),
            TextColumn(
                "investment", money.unit.removesuffix("/a"), list(map(money.text, invested))
            ),
            TextColumn("CAPEX", money.unit, [money.text(v) for v in sizes["capex_EUR_per_a"]]),
            TextColumn("heat", "MWh/a", energy),
            TextColumn("full load", "h/a", hours),
            TextColumn("load changes", horizon, of_units("load_changes")),
            TextColumn("starts", horizon, of_units("starts")),
        ]
    )


def _ranges_text(result: SizingResult) -> str:
    """Lay out the ranges of sizes under a line that says what they are; empty without any."""
    ranges = result.ranges
    if ranges is None:
        return ""
    table, percent = ranges.table, f"{100.0 * ranges.within_share:g} %"
    heat = scale_for(Kind.HEAT, table["size"])
    units = [heat.unit if unit == "kW" else f"{heat.unit}h" for unit in table["unit"]]

    def column(title: str, name: str) -> TextColumn:
        return TextColumn(title, "", [heat.text(float(value), 1) for value in table[name]])

    lines = text_table(
        [
            TextColumn("unit", "", [str(name) for name in table["name"]], left=True),
            column("proven\nat least", "proven_least"),
            column("found\nfrom", "found_least"),
            column("shown", "size"),
            column("found\nto", "found_most"),
            column("proven\nat most", "proven_most"),
            TextColumn("", "", units, left=True),
        ]
    )
    return f"sizes of all plants that cost at most {percent} more\n{lines}"


def _investment_EUR(unit: Unit, size: float) -> float:
    """Return what is paid at once; 0 for an existing unit."""
    if is_existing(unit):
        return 0.0
    if isinstance(unit, Store):
        return unit.investment_EUR_per_kWh * size
    return unit.investment_EUR_per_kW * size


def _costs_text(result: SizingResult) -> str:
    split = cost_split(result)
    split = split[split["cost_EUR_per_a"] != 0.0]
    tac = result.tac_EUR_per_a
    scale = scale_for(Kind.COST, [tac])
    labels = [part_label(str(part), str(of)) for part, of in split[["part", "of"]].to_numpy()]
    costs = [*split["cost_EUR_per_a"].tolist(), tac]
    shares = [*split["share"].tolist(), math.nan]
    return text_table(
        [
            TextColumn("cost", "", [*labels, "TAC"], left=True),
            TextColumn("", scale.unit, [scale.text(cost) for cost in costs]),
            TextColumn("share", "%", [number(100.0 * share, 2) for share in shares]),
        ]
    )


def _summary_text(result: SizingResult) -> str:
    row: pd.Series[Any] = result.summary.iloc[0]
    tac = float(row["tac_EUR_per_a"])
    scale = scale_for(Kind.COST, [tac])
    emission = scale_for(Kind.EMISSION, [float(row["co2_t_per_a"])])
    costs = [
        f"{name} {scale.text(float(row[column]))} {scale.unit}"
        for name, column in (("OPEX", "opex_EUR_per_a"), ("CAPEX", "capex_EUR_per_a"))
    ]
    co2 = f"CO2 {emission.text(float(row['co2_t_per_a']))} {emission.unit}"
    energies = [
        f"{name} {number(float(row[column]), 0)} MWh/a"
        for name, column in (
            ("electricity", "electricity_MWh_per_a"),
            ("gas", "gas_MWh_per_a"),
            ("cooling water", "cooling_water_MWh_per_a"),
            ("removed by chillers", CHILLED),
        )
        if column in row
    ]
    bound = f"proven bound {scale.text(float(row['bound_EUR_per_a']))}"
    gap = f"gap {gap_text(float(row['gap']))} %"
    status = f"{result.status.value} after {float(row['solve_s']):.1f} s"
    return "\n".join(
        [
            ", ".join([*costs, co2]),
            ", ".join(energies),
            ", ".join([f"TAC {scale.text(tac)} {scale.unit}", bound, gap, status]),
        ]
    )
