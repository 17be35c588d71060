"""Units of the stream table: which spellings are known and what they are worth.

A unit is a scale and an offset into the canonical unit of its quantity: temperatures in °C,
temperature differences in K, heat in kW, heat capacity flow rates in kW/K and heat transfer
coefficients in kW/(m² K). Spellings are those of engineers and of the OpenPinch and pint packages.
Capitals count, because ``mW`` is not ``MW``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

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
