"""The stream table's schema as data, and the check of a single cell against it.

====================== ========= =============== ==========================================
column                 unit      range           meaning
====================== ========= =============== ==========================================
zone, name             text      unique pair     where the stream belongs, and its name
kind                   text      hot or cold     optional; needed for isothermal streams
t_supply, t_target     °C        -273.15 to 1e6  start and end temperature
heat_flow              kW        > 0, up to 1e12 duty
heat_capacity_flowrate kW/K      > 0, up to 1e12 instead of heat_flow: times the difference
dt_cont                K         0 to 1e6        share of the minimum temperature difference
htc                    kW/(m² K) > 0, up to 1e12 heat transfer coefficient, all rows or none
====================== ========= =============== ==========================================

The upper ends are far above anything real; they keep sums and products finite.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.stream_cells import content, number_remedy, plain_number
from milpcore.stream_units import ABSOLUTE_ZERO_C, PlainUnit, Quantity, Unit, find_unit, known_units

KINDS = ("hot", "cold")
MAX_TEXT_LENGTH = 200
DUTY_TOLERANCE = 1e-3
"""Largest relative difference between heat_flow and heat_capacity_flowrate times |dT|."""
MISSING = "is missing (blank or NaN)"
MAX_AMOUNT = 1e12
"""Largest duty (kW), flow rate (kW/K) and heat transfer coefficient (kW/(m² K))."""
MAX_TEMPERATURE = 1e6
"""Largest temperature (°C) and difference (K)."""
TOO_LARGE_REMEDY = "check the value and its unit"
_UNPRINTED = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories of control characters, lone surrogates, line and paragraph separators."""


class NumberColumn(NamedTuple):
    """One column of numbers.

    Attributes
    ----------
    quantity : Quantity
        What it measures; the value of the enum is the canonical unit.
    required : bool
        Whether every table has it; of `heat_flow` and `heat_capacity_flowrate` one is enough.
    minimum, maximum : float
        Least and largest value, in the canonical unit.
    is_open : bool
        Whether the least value itself is excluded.
    rule, remedy : str
        The lower end in words, and what to do about a value below.
    """

    quantity: Quantity
    required: bool
    minimum: float
    maximum: float
    is_open: bool
    rule: str
    remedy: str


_TEMPERATURE = NumberColumn(
    Quantity.TEMPERATURE,
    required=True,
    minimum=ABSOLUTE_ZERO_C,
    maximum=MAX_TEMPERATURE,
    is_open=False,
    rule="must not be below absolute zero (-273.15 °C, 0 K)",
    remedy="check the value and its unit",
)
NUMBERS: dict[str, NumberColumn] = {
    "t_supply": _TEMPERATURE,
    "t_target": _TEMPERATURE,
    "heat_flow": NumberColumn(
        Quantity.HEAT,
        required=False,
        minimum=0.0,
        maximum=MAX_AMOUNT,
        is_open=True,
        rule="must be positive (kW)",
        remedy="give the amount of the duty; hot or cold follows from the temperatures",
    ),
    "heat_capacity_flowrate": NumberColumn(
        Quantity.FLOWRATE,
        required=False,
        minimum=0.0,
        maximum=MAX_AMOUNT,
        is_open=True,
        rule="must be positive (kW/K)",
        remedy="give its amount; hot or cold follows from the temperatures",
    ),
    "dt_cont": NumberColumn(
        Quantity.DIFFERENCE,
        required=True,
        minimum=0.0,
        maximum=MAX_TEMPERATURE,
        is_open=False,
        rule="must not be negative (K)",
        remedy="give the stream's share of the minimum temperature difference, such as 5",
    ),
    "htc": NumberColumn(
        Quantity.TRANSFER,
        required=False,
        minimum=0.0,
        maximum=MAX_AMOUNT,
        is_open=True,
        rule="must be positive (kW/(m² K))",
        remedy="give it in every row or leave the column out",
    ),
}
TEXTS = ("zone", "name")
DUTIES = ("heat_flow", "heat_capacity_flowrate")
COLUMNS = ("zone", "name", "kind", *NUMBERS)
BOOKKEEPING = ("loc", "index")
"""Columns of OpenPinch tables that carry no physical data and are left out."""
CANONICAL = ("zone", "name", "kind", "t_supply", "t_target", "heat_flow", "dt_cont")


def read_text(cell: object, field: str, where: str, faults: FaultList) -> str:
    """Return a zone or a name; empty after a fault."""
    if cell is None:
        faults.add(where, field, None, "is empty", "give every stream a zone and a name")
        return ""
    if isinstance(cell, int | np.integer) and not isinstance(cell, bool) and 0 <= cell < 10**15:
        return str(cell)
    if not isinstance(cell, str):
        faults.add(where, field, shown(cell), "must be text", "write it as text")
        return ""
    if any(unicodedata.category(sign) in _UNPRINTED or sign in "\ufffe\uffff" for sign in cell):
        rule = "must not contain line breaks or control characters"
        faults.add(where, field, shown(cell), rule, "remove them")
        return ""
    if len(cell) > MAX_TEXT_LENGTH:
        rule = f"must not be longer than {MAX_TEXT_LENGTH} characters"
        faults.add(where, field, shown(cell), rule, "shorten it")
        return ""
    return cell


def read_number(cell: object, field: str, plain: PlainUnit, where: str, faults: FaultList) -> float:
    """Return a number in the canonical unit; NaN when it is not given or faulty."""
    column = NUMBERS[field]
    value, unit = cell, plain.unit
    if isinstance(cell, Mapping):
        unpacked = _unpacked(cell, field, plain, where, faults)
        if unpacked is None:
            return math.nan
        value, unit = unpacked
    if value is None:
        if field not in DUTIES:
            faults.add(where, field, None, MISSING, _missing_remedy(column, unit))
        return math.nan
    written = f"{shown(value)} {unit.name}" if cell is not value or plain.header else shown(value)
    number = plain_number(value)
    if number is None:
        faults.add(where, field, written, "is not a number", number_remedy(value))
        return math.nan
    canonical = unit.canonical(number) if math.isfinite(number) else number
    if not math.isfinite(canonical):
        faults.add(where, field, written, "must be finite", "give a finite number")
        return math.nan
    if canonical < column.minimum or (column.is_open and canonical == column.minimum):
        faults.add(where, field, written, column.rule, column.remedy)
        return math.nan
    if canonical > column.maximum:
        faults.add(where, field, written, too_large(column), TOO_LARGE_REMEDY)
        return math.nan
    return canonical


def too_large(column: NumberColumn) -> str:
    """Say the upper end of a range in words."""
    return f"must not be above {column.maximum:g} {column.quantity.value}"


def _unpacked(
    cell: Mapping[object, object], field: str, plain: PlainUnit, where: str, faults: FaultList
) -> tuple[object, Unit] | None:
    """Split ``{"value": ..., "unit": ...}``; without a unit the number is a plain one."""
    if "value" not in cell or len(cell) > 2 or set(cell) - {"value", "unit", "units"}:
        rule = "must be a number or {'value': ..., 'unit': ...}"
        faults.add(where, field, shown(dict(cell)), rule, "give one value and its unit")
        return None
    value = content(cell["value"])
    text = cell.get("unit", cell.get("units"))
    if text is None:
        return value, plain.unit
    quantity = NUMBERS[field].quantity
    unit = find_unit(text, quantity) if isinstance(text, str) else None
    written = f"{shown(value)} {shown(text)}"
    if unit is None:
        faults.add(where, field, written, "unknown unit", f"known: {known_units(quantity)}")
        return None
    if plain.header and not unit.equals(plain.unit):
        rule = f"contradicts the unit in the header {shown(plain.header)!r}"
        faults.add(where, field, written, rule, "keep one of the two units")
        return None
    return value, unit


def _missing_remedy(column: NumberColumn, unit: Unit) -> str:
    """Say what to fill in: the unit, or that an optional column is all or nothing."""
    if column.required:
        return f"give it ({unit.name})"
    return "give it in every row or leave the column out"
