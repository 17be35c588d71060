"""The check of a whole stream table: header, rows, and what must hold between cells."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from milpcore.faults import FaultList
from milpcore.naming import nearest_name, shown
from milpcore.stream_readers import RawTable
from milpcore.stream_schema import (
    CANONICAL,
    COLUMNS,
    DUTIES,
    DUTY_TOLERANCE,
    KINDS,
    MISSING,
    NUMBERS,
    TEXTS,
    read_number,
    read_text,
)
from milpcore.stream_units import Quantity, Unit


def canonical_table(
    raw: RawTable, plain_units: Mapping[Quantity, Unit], faults: FaultList
) -> pd.DataFrame:
    """Check all cells and bring them to canonical columns and units.

    Parameters
    ----------
    raw : RawTable
        Cells as found.
    plain_units : mapping of Quantity to Unit
        Units of the numbers that carry none.
    faults : FaultList
        May hold faults of the reader already; receives those of the cells.

    Returns
    -------
    DataFrame
        Columns `CANONICAL` (°C, kW, K) and, if given, ``htc`` (kW/(m² K)); index 0..S-1.

    Raises
    ------
    InputError
        Listing all faults, of the reader and of the cells.
    """
    n_reader_faults = len(faults)
    _check_header(raw, faults)
    if not raw.rows and not n_reader_faults:
        remedy = f"give one row a stream, with the columns {','.join(CANONICAL)}"
        faults.add("", "table", "no rows", "must have at least one stream", remedy)
    position = {name: raw.columns.index(name) for name in COLUMNS if name in raw.columns}
    if "htc" in position and all(row[position["htc"]] is None for row in raw.rows):
        del position["htc"]
    first_place: dict[str, str] = {}
    checked = []
    for place, row in zip(raw.places, raw.rows, strict=True):
        cells = {name: row[column] for name, column in position.items()}
        checked.append(_checked_row(place, cells, plain_units, first_place, faults))
    faults.raise_if_any(raw.title)
    names = (*CANONICAL, "htc") if "htc" in position else CANONICAL
    return pd.DataFrame({name: [row[name] for row in checked] for name in names})


def _check_header(raw: RawTable, faults: FaultList) -> None:
    """Note unknown, repeated and missing columns."""
    if not raw.columns and not raw.rows:
        return
    seen: set[str] = set()
    for number, name in enumerate(raw.columns, start=1):
        if name == "":
            rule = f"column {number} has no name"
            faults.add(raw.header, "header", None, rule, "name it or delete it")
        elif name in seen:
            rule = "column appears more than once"
            faults.add(raw.header, shown(name), None, rule, "keep one of them")
        elif name not in COLUMNS:
            near = nearest_name(name, COLUMNS)
            remedy = "delete it" if near is None else f"rename it to {near!r} or delete it"
            remedy += f"; known: {', '.join(COLUMNS)}" if near is None else ""
            faults.add(raw.header, shown(name), None, "unknown column", remedy)
        seen.add(name)
    for name in TEXTS:
        if name not in seen:
            faults.add(raw.header, name, None, "missing column", "add it (text)")
    for name, column in NUMBERS.items():
        if column.required and name not in seen:
            remedy = f"add it ({column.quantity.value})"
            if name == "dt_cont":
                remedy += f": {column.remedy}"
            faults.add(raw.header, name, None, "missing column", remedy)
    if not seen & set(DUTIES):
        remedy = "add it (kW), or heat_capacity_flowrate (kW/K)"
        faults.add(raw.header, "heat_flow", None, "missing column", remedy)


def _checked_row(
    place: str,
    cells: dict[str, object],
    plain_units: Mapping[Quantity, Unit],
    first_place: dict[str, str],
    faults: FaultList,
) -> dict[str, object]:
    """Check one row; numbers that are faulty or not given are NaN."""
    label = "/".join(shown(cells[name]) for name in TEXTS if cells.get(name) is not None)
    where = f"{place} ({label})" if label else place
    texts = {name: read_text(cells[name], name, where, faults) for name in TEXTS if name in cells}
    if len(texts) == len(TEXTS) and all(texts.values()):
        pair = "/".join(texts.values())
        if pair in first_place:
            rule = f"zone/name must be unique, {first_place[pair]} has it too"
            faults.add(where, "name", shown(pair), rule, "rename one of them")
        first_place.setdefault(pair, place)
    numbers = {
        name: read_number(cells[name], name, plain_units[column.quantity], where, faults)
        for name, column in NUMBERS.items()
        if name in cells
    }
    kind = _kind(cells, numbers, where, faults)
    duty_kW = _duty_kW(cells, numbers, where, faults)
    return {**numbers, **texts, "kind": kind, "heat_flow": duty_kW}


def _kind(
    cells: dict[str, object], numbers: dict[str, float], where: str, faults: FaultList
) -> str:
    """Return hot or cold, from the temperatures or, for isothermal streams, from the table."""
    cell = cells.get("kind")
    given = cell.casefold() if isinstance(cell, str) else ""
    if cell is not None and given not in KINDS:
        remedy = "write hot or cold, or leave it blank"
        faults.add(where, "kind", shown(cell), "must be hot or cold", remedy)
        return ""
    t_supply_C = numbers.get("t_supply", math.nan)
    t_target_C = numbers.get("t_target", math.nan)
    if math.isnan(t_supply_C) or math.isnan(t_target_C):
        return given
    if t_supply_C == t_target_C:
        if not given:
            rule = "isothermal stream (t_supply = t_target) needs a kind"
            faults.add(where, "kind", None, rule, "add the column kind with hot or cold")
        return given
    actual = "hot" if t_supply_C > t_target_C else "cold"
    if given and given != actual:
        temperatures = f"{t_supply_C:g} to {t_target_C:g} °C"
        rule = f"contradicts the temperatures ({temperatures}), which make the stream {actual}"
        faults.add(where, "kind", given, rule, "swap t_supply and t_target, or correct the kind")
    return actual


def _duty_kW(
    cells: dict[str, object], numbers: dict[str, float], where: str, faults: FaultList
) -> float:
    """Return the duty from heat_flow, else from the heat capacity flow rate."""
    heat_kW = numbers.get("heat_flow", math.nan)
    flowrate_kW_per_K = numbers.get("heat_capacity_flowrate", math.nan)
    given = [name for name in DUTIES if cells.get(name) is not None]
    if not given and any(name in cells for name in DUTIES):
        remedy = "give heat_flow (kW) or heat_capacity_flowrate (kW/K)"
        faults.add(where, "heat_flow", None, MISSING, remedy)
    t_supply_C, t_target_C = numbers.get("t_supply", math.nan), numbers.get("t_target", math.nan)
    product_kW = flowrate_kW_per_K * abs(t_supply_C - t_target_C)
    if math.isnan(product_kW):
        return heat_kW
    written = shown(cells["heat_capacity_flowrate"])
    rule = f"over {abs(t_supply_C - t_target_C):g} K makes {product_kW:g} kW"
    if "heat_flow" not in given:
        if product_kW == 0.0 or math.isinf(product_kW):
            remedy = "give heat_flow (kW) instead"
            faults.add(where, "heat_capacity_flowrate", written, rule, remedy)
        return product_kW
    if abs(product_kW - heat_kW) > DUTY_TOLERANCE * heat_kW:
        rule += f" and contradicts the heat_flow of {heat_kW:g} kW"
        remedy = "correct one of them or leave it blank"
        faults.add(where, "heat_capacity_flowrate", written, rule, remedy)
    return heat_kW
