"""Units of the stream table: which spellings are known and what they are worth.

A unit is a scale and an offset into the canonical unit of its quantity: temperatures in °C,
temperature differences in K, heat in kW, heat capacity flow rates in kW/K and heat transfer
coefficients in kW/(m² K). Spellings are those of engineers and of the OpenPinch and pint packages.
Capitals count, because ``mW`` is not ``MW``. A unit stands with the number, or in the header of its
column, or is that of all plain numbers.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from milpcore.faults import FaultList

ABSOLUTE_ZERO_C = -273.15
_KELVIN_DECIMALS = 9


class Quantity(Enum):
    """What a column measures; the value is the canonical unit."""

    TEMPERATURE = "°C"
    DIFFERENCE = "K"
    HEAT = "kW"
    FLOWRATE = "kW/K"
    TRANSFER = "kW/(m² K)"


class Unit(NamedTuple):
    """One unit of a quantity: ``canonical = scale * value + offset``.

    Attributes
    ----------
    name : str
        Usual spelling, shown in messages.
    scale : float
        Canonical units per unit.
    offset : float
        Canonical value at 0, for temperatures only.
    """

    name: str
    scale: float
    offset: float = 0.0

    def canonical(self, value: float) -> float:
        """Convert a value; kelvin are rounded to 1e-9 K, so that 373.15 K is exactly 100 °C."""
        if self.offset:
            return round(self.scale * value + self.offset, _KELVIN_DECIMALS)
        return self.scale * value

    def equals(self, other: Unit) -> bool:
        """Whether both convert alike, as K and °C do for a temperature difference."""
        return (self.scale, self.offset) == (other.scale, other.offset)


class PlainUnit(NamedTuple):
    """The unit of numbers that carry none.

    Attributes
    ----------
    unit : Unit
        The unit.
    argument : str
        The argument that says so, such as ``"temperature_unit = K"``; empty for a default.
    header : str
        The header that says so, such as ``"t_supply [K]"``; empty where it has no unit.
    """

    unit: Unit
    argument: str = ""
    header: str = ""


_TRANSFER_SPELLINGS = ("{}/m2/K", "{}/m2K", "{}m-2K-1", "{}/K/m2")
UNITS: dict[Quantity, dict[str, Unit]] = {
    Quantity.TEMPERATURE: {"degC": Unit("°C", 1.0), "K": Unit("K", 1.0, ABSOLUTE_ZERO_C)},
    Quantity.DIFFERENCE: {
        "K": Unit("K", 1.0),
        "degC": Unit("°C", 1.0),
        "delta_degC": Unit("delta_degC", 1.0),
    },
    Quantity.HEAT: {"W": Unit("W", 1e-3), "kW": Unit("kW", 1.0), "MW": Unit("MW", 1e3)},
    Quantity.FLOWRATE: {
        "W/K": Unit("W/K", 1e-3),
        "kW/K": Unit("kW/K", 1.0),
        "MW/K": Unit("MW/K", 1e3),
    },
    Quantity.TRANSFER: {
        spelling.format(power): Unit(f"{power}/(m² K)", scale)
        for power, scale in (("W", 1e-3), ("kW", 1.0), ("MW", 1e3))
        for spelling in _TRANSFER_SPELLINGS
    },
}
_DEGREES = ("degrees_Celsius", "degree_Celsius", "Celsius", "celsius", "deg_C", "°C", "ºC", "℃")
_HEADER_WITH_UNIT = re.compile(r"(.*?)\s*(?:\[(.*)\]|\((.*)\)|/(.*))", flags=re.DOTALL)
_TEMPERATURE_ARGUMENTS = {"C": "degC", "K": "K"}
_HEAT_ARGUMENTS = ("kW", "MW")
_POWERS = (("megawatt", "MW"), ("kilowatt", "kW"), ("watt", "W"), ("kelvin", "K"), ("meter", "m"))


def find_unit(text: str, quantity: Quantity) -> Unit | None:
    """Look up a unit by its spelling.

    Parameters
    ----------
    text : str
        The unit as written, such as ``"degC"``, ``"kW/(m^2 K)"`` or ``"W/m2/delta_degC"``.
    quantity : Quantity
        What is measured; ``K`` is a level for a temperature and a difference elsewhere.

    Returns
    -------
    Unit or None
        The unit, or None when the spelling is not one of this quantity.

    Examples
    --------
    >>> find_unit("W/(m2 K)", Quantity.TRANSFER)
    Unit(name='W/(m² K)', scale=0.001, offset=0.0)
    >>> find_unit("K", Quantity.TEMPERATURE).canonical(373.15)
    100.0
    >>> find_unit("mW", Quantity.HEAT) is None
    True
    """
    return UNITS[quantity].get(_normal_spelling(text, quantity))


def known_units(quantity: Quantity) -> str:
    """List the units of a quantity, for messages.

    Examples
    --------
    >>> known_units(Quantity.TRANSFER)
    'W/(m² K), kW/(m² K), MW/(m² K)'
    """
    return ", ".join(dict.fromkeys(unit.name for unit in UNITS[quantity].values()))


def split_unit(header: str) -> tuple[str, str | None]:
    """Split a header into name and unit: ``name [unit]``, ``name (unit)`` or ``name / unit``.

    Examples
    --------
    >>> split_unit("t_supply [K]"), split_unit("htc (W/(m2 K))"), split_unit("heat_flow / MW")
    (('t_supply', 'K'), ('htc', 'W/(m2 K)'), ('heat_flow', 'MW'))
    >>> split_unit("zone")
    ('zone', None)
    """
    match = _HEADER_WITH_UNIT.fullmatch(header)
    if match is None:
        return header, None
    return match[1], next(unit.strip() for unit in match.groups()[1:] if unit is not None)


def plain_units(
    temperature_unit: str | None, heat_unit: str | None, faults: FaultList
) -> dict[Quantity, PlainUnit]:
    """Return the unit of plain numbers of each quantity.

    Parameters
    ----------
    temperature_unit : str or None
        "C" or "K"; None for °C unless a header says otherwise.
    heat_unit : str or None
        "kW" or "MW", for heat and, per K, for heat capacity flow rates; None likewise for kW.
    faults : FaultList
        Receives arguments that are neither.

    Returns
    -------
    dict of Quantity to PlainUnit
    """
    if temperature_unit not in (None, *_TEMPERATURE_ARGUMENTS):
        rule = "must be 'C' or 'K'"
        faults.add("", "temperature_unit", temperature_unit, rule, "choose one of them")
        temperature_unit = None
    if heat_unit not in (None, *_HEAT_ARGUMENTS):
        faults.add("", "heat_unit", heat_unit, "must be 'kW' or 'MW'", "choose one of them")
        heat_unit = None
    temperature = "" if temperature_unit is None else f"temperature_unit = {temperature_unit}"
    heat = "" if heat_unit is None else f"heat_unit = {heat_unit}"
    chosen = (
        (Quantity.TEMPERATURE, _TEMPERATURE_ARGUMENTS[temperature_unit or "C"], temperature),
        (Quantity.DIFFERENCE, "K", ""),
        (Quantity.HEAT, heat_unit or "kW", heat),
        (Quantity.FLOWRATE, f"{heat_unit or 'kW'}/K", heat),
        (Quantity.TRANSFER, "kW/m2/K", ""),
    )
    return {
        quantity: PlainUnit(UNITS[quantity][name], argument) for quantity, name, argument in chosen
    }


def _normal_spelling(text: str, quantity: Quantity) -> str:
    """Reduce a unit to letters, digits and slashes, degrees of a divisor to K."""
    for written, short in _POWERS:
        text = text.replace(written, short)
    for written in _DEGREES:
        text = text.replace(written, "degC")
    text = text.replace("²", "2").replace("⁻¹", "-1").replace("⁻2", "-2")
    text = re.sub(r"[\s^*·.()]", "", text)
    if quantity in (Quantity.TEMPERATURE, Quantity.DIFFERENCE):
        return {"C": "degC", "deltadegC": "delta_degC", "delta_C": "delta_degC"}.get(text, text)
    return re.sub(r"(?<![A-Za-z])(delta_?|Δ)?(degC|C|K)", "K", text)
