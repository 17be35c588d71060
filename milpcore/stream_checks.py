"""The check of a whole stream table: header, rows, and what must hold between cells."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.stream_cells import RawTable, RefusedCell
from milpcore.stream_decimals import with_decimal_points
from milpcore.stream_header import Column, read_header
from milpcore.stream_schema import (
    CANONICAL,
    DUTIES,
    DUTY_TOLERANCE,
    KINDS,
    MAX_AMOUNT,
    MISSING,
    NUMBERS,
    TEXTS,
    TOO_LARGE_REMEDY,
    read_number,
    read_text,
    too_large,
)
from milpcore.stream_units import PlainUnit, Quantity


def canonical_table(
    raw: RawTable, plain_units: Mapping[Quantity, PlainUnit], faults: FaultList
) -> pd.DataFrame:
    """Check all cells and bring them to canonical columns and units.

    Parameters
    ----------
    raw : RawTable
        Cells as found.
    plain_units : mapping of Quantity to PlainUnit
        Units of the numbers that carry none, neither themselves nor in the header.
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
    columns = read_header(raw, plain_units, faults)
    if not raw.rows and not n_reader_faults:
        remedy = f"give one row a stream, with the columns {','.join(CANONICAL)}"
        faults.add("", "table", "no rows", "must have at least one stream", remedy)
    if raw.may_have_decimal_commas:
        numbers = {column.position for column in columns.values() if column.plain is not None}
        raw = with_decimal_points(raw, numbers)
    if "htc" in columns and all(row[columns["htc"].position] is None for row in raw.rows):
        del columns["htc"]
    first_place: dict[str, str] = {}
    checked = [
        _checked_row(place, row, columns, first_place, faults)
        for place, row in zip(raw.places, raw.rows, strict=True)
    ]
    faults.raise_if_any(raw.title)
    names = (*CANONICAL, "htc") if "htc" in columns else CANONICAL
    return pd.DataFrame({name: [row[name] for row in checked] for name in names})


def _checked_row(
    place: str,
    row: tuple[object, ...],
    columns: Mapping[str, Column],
    first_place: dict[str, str],
    faults: FaultList,
) -> dict[str, object]:
    """Check one row; numbers that are faulty or not given are NaN."""
    found = {name: row[column.position] for name, column in columns.items()}
    cells = {name: cell for name, cell in found.items() if not isinstance(cell, RefusedCell)}
    label = "/".join(shown(cells[name]) for name in TEXTS if cells.get(name) is not None)
    where = f"{place} ({label})" if label else place
    for name, cell in found.items():
        if isinstance(cell, RefusedCell):
            faults.add(where, name, *cell)
    texts = {name: read_text(cells[name], name, where, faults) for name in TEXTS if name in cells}
    if len(texts) == len(TEXTS) and all(texts.values()):
        pair = "/".join(texts.values())
        if pair in first_place:
            rule = f"zone/name must be unique, {first_place[pair]} has it too"
            faults.add(where, "name", shown(pair), rule, "rename one of them")
        first_place.setdefault(pair, place)
    numbers = {
        name: read_number(cells[name], name, column.plain, where, faults)
        for name, column in columns.items()
        if name in cells and column.plain is not None
    }
    kind = _kind(found, numbers, where, faults)
    duty_kW = _duty_kW(found, numbers, where, faults)
    return {**numbers, **texts, "kind": kind, "heat_flow": duty_kW}


def _kind(
    cells: dict[str, object], numbers: dict[str, float], where: str, faults: FaultList
) -> str:
    """Return hot or cold, from the temperatures or, for isothermal streams, from the table."""
    cell = cells.get("kind")
    if isinstance(cell, RefusedCell):
        return ""
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
        remedy = "give heat_flow or heat_capacity_flowrate"
        faults.add(where, "heat_flow", None, MISSING, remedy)
    t_supply_C, t_target_C = numbers.get("t_supply", math.nan), numbers.get("t_target", math.nan)
    product_kW = flowrate_kW_per_K * abs(t_supply_C - t_target_C)
    if math.isnan(product_kW):
        return heat_kW
    written = shown(cells["heat_capacity_flowrate"])
    rule = f"over {abs(t_supply_C - t_target_C):g} K makes {product_kW:g} kW"
    if "heat_flow" not in given:
        if product_kW == 0.0:
            remedy = "give heat_flow instead"
            faults.add(where, "heat_capacity_flowrate", written, rule, remedy)
        elif product_kW > MAX_AMOUNT:
            rule += f", and heat_flow {too_large(NUMBERS['heat_flow'])}"
            remedy = TOO_LARGE_REMEDY
            faults.add(where, "heat_capacity_flowrate", written, rule, remedy)
        return product_kW
    if abs(product_kW - heat_kW) > DUTY_TOLERANCE * heat_kW:
        rule += f" and contradicts the heat_flow of {heat_kW:g} kW"
        remedy = "correct one of them or leave it blank"
        faults.add(where, "heat_capacity_flowrate", written, rule, remedy)
    return heat_kW
