"""The header of a stream table: which column is which, and the unit of its plain numbers.

A number column may carry its unit, as in ``t_supply [K]``, ``heat_flow (MW)`` or ``htc / W/m2/K``.
Such a unit is never dropped and never guessed: an unknown one, and one that contradicts what the
caller says, are faults, and so is one temperature with a unit beside one without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from milpcore.faults import FaultList
from milpcore.naming import nearest_name, shown
from milpcore.stream_cells import RawTable
from milpcore.stream_schema import BOOKKEEPING, COLUMNS, DUTIES, NUMBERS, TEXTS
from milpcore.stream_units import PlainUnit, Quantity, find_unit, known_units, split_unit


class Column(NamedTuple):
    """Where a column stands.

    Attributes
    ----------
    position : int
        Its place in a row.
    plain : PlainUnit or None
        Unit of its plain numbers; None for text, and where the unit is at fault.
    """

    position: int
    plain: PlainUnit | None = None


def read_header(
    raw: RawTable, plain_units: Mapping[Quantity, PlainUnit], faults: FaultList
) -> dict[str, Column]:
    """Find the columns of a table.

    Parameters
    ----------
    raw : RawTable
        Cells as found.
    plain_units : mapping of Quantity to PlainUnit
        Units of the numbers that carry none, neither themselves nor in the header.
    faults : FaultList
        Receives unknown, repeated and missing columns, and units that are unknown or contradict.

    Returns
    -------
    dict of str to Column
        The known columns by name.
    """
    if not raw.columns and not raw.rows:
        return {}
    found: dict[str, Column] = {}
    seen: set[str] = set()
    for position, header in enumerate(raw.columns):
        name = split_unit(header)[0]
        name = name if name in NUMBERS else header
        if name in BOOKKEEPING:
            continue
        if name == "":
            rule = f"column {position + 1} has no name"
            faults.add(raw.header, "header", None, rule, "name it or delete it")
        elif name in seen:
            rule = "column appears more than once"
            faults.add(raw.header, shown(header), None, rule, "keep one of them")
        elif name in NUMBERS:
            plain = _plain_unit(raw.header, header, plain_units, faults)
            found[name] = Column(position, plain)
        elif name in COLUMNS:
            found[name] = Column(position)
        else:
            remedy = _unknown_remedy(header, plain_units)
            faults.add(raw.header, shown(header), None, "unknown column", remedy)
        seen.add(name)
    _check_missing(raw.header, seen, plain_units, faults)
    _check_temperatures(raw.header, found, faults)
    return found


def _plain_unit(
    where: str, header: str, plain_units: Mapping[Quantity, PlainUnit], faults: FaultList
) -> PlainUnit | None:
    """Return the unit of the plain numbers of a column; None after a fault."""
    name, text = split_unit(header)
    quantity = NUMBERS[name].quantity
    plain = plain_units[quantity]
    if text is None:
        return plain
    unit = find_unit(text, quantity)
    if unit is None:
        remedy = f"known: {known_units(quantity)}; convert the numbers, then name their unit"
        faults.add(where, shown(header), None, "unknown unit", remedy)
        return None
    if plain.argument and not unit.equals(plain.unit):
        rule = f"contradicts {plain.argument}"
        remedy = "correct the header, or leave the argument out"
        faults.add(where, shown(header), None, rule, remedy)
        return None
    return PlainUnit(unit, header=header)


def _unknown_remedy(header: str, plain_units: Mapping[Quantity, PlainUnit]) -> str:
    """Name the column that is meant; a number column never without its unit."""
    name, unit = split_unit(header)
    near = nearest_name(name, COLUMNS)
    if near is None:
        return f"delete it; known: {', '.join(COLUMNS)}"
    if near not in NUMBERS:
        return f"rename it to {near!r} or delete it"
    quantity = NUMBERS[near].quantity
    if unit is not None and find_unit(unit, quantity):
        return f"rename it to '{near} [{unit}]' or delete it"
    return (
        f"rename it to {near!r} if it is in {plain_units[quantity].unit.name}, otherwise to "
        f"'{near} [unit]' ({known_units(quantity)}), or delete it"
    )


def _check_missing(
    where: str, seen: set[str], plain_units: Mapping[Quantity, PlainUnit], faults: FaultList
) -> None:
    """Note the columns that every table has and this one has not."""
    for name in TEXTS:
        if name not in seen:
            faults.add(where, name, None, "missing column", "add it (text)")
    for name, column in NUMBERS.items():
        if column.required and name not in seen:
            remedy = f"add it ({plain_units[column.quantity].unit.name})"
            if name == "dt_cont":
                remedy += f": {column.remedy}"
            faults.add(where, name, None, "missing column", remedy)
    if not seen & set(DUTIES):
        heat, flowrate = (plain_units[NUMBERS[name].quantity].unit.name for name in DUTIES)
        remedy = f"add it ({heat}), or heat_capacity_flowrate ({flowrate})"
        faults.add(where, "heat_flow", None, "missing column", remedy)


def _check_temperatures(where: str, found: Mapping[str, Column], faults: FaultList) -> None:
    """Note a temperature without a unit beside one in another unit than the default."""
    pair = [(name, found[name].plain) for name in ("t_supply", "t_target") if name in found]
    for (name, plain), (_, other) in zip(pair, reversed(pair), strict=True):
        if plain is None or other is None or plain.header or not other.header:
            continue
        if not plain.unit.equals(other.unit):
            rule = f"has no unit beside {shown(other.header)!r}"
            remedy = f"write its unit as well, such as '{name} [{other.unit.name}]'"
            faults.add(where, name, None, rule, remedy)
