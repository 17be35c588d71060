"""The parameters of utility loops as data: ranges, bundled defaults with unit, status and source.

Values, units, statuses and sources stand in ``milpcore/data/loop_two_plants.toml``; the ranges
stand here. In a file every value is plain or a table of value, unit, status and source.
"""

from __future__ import annotations

import math
import tomllib
import unicodedata
from collections.abc import Mapping
from importlib import resources
from typing import Any

from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.stream_units import ABSOLUTE_ZERO_C
from milpcore.toml_values import Key

STATUSES = ("found", "exact", "domain", "assumed", "fitted", "calculated")
MOST_TEXT = 200
_ENTRY = {"value", "unit", "status", "source"}


_MONEY = "give it in the currency of the file"
_TEMPERATURE = Range(ABSOLUTE_ZERO_C, 2000.0, "give °C")
_FILM = Range(0.0, 1e3, "give kW/(m2 K), such as 1.0", open_minimum=True)
_EXPONENT = Range(0.0, 3.0, "give an exponent, such as 0.8")
_UTILITY = {
    "price_per_kW_a": Range(0.0, 1e5, "give the price of 1 kW over a whole year"),
    "supply_C": _TEMPERATURE,
    "target_C": _TEMPERATURE,
    "htc_kW_per_m2_K": _FILM,
}
_CARRIER = {
    "heat_capacity_kJ_per_kg_K": Range(0.1, 20.0, "give kJ/(kg K), 4.2 for water"),
    "density_kg_per_m3": Range(0.1, 2e4, "give kg/m3, 960 for hot water"),
    "viscosity_Pa_s": Range(1e-7, 10.0, "give Pa s, 2.834e-4 for hot water"),
    "htc_kW_per_m2_K": _FILM,
}
RANGES: dict[str, dict[str, Range]] = {
    "general": {
        "dt_min_K": Range(0.0, 500.0, "give kelvin, such as 10"),
        "annual_factor_per_a": Range(0.0, 2.0, "give the share of an investment paid a year"),
        "operating_hours_h_per_a": Range(0.0, 8784.0, "give hours a year", open_minimum=True),
        "electricity_price_per_kWh": Range(0.0, 100.0, "give the price of 1 kWh, not of 1 MWh"),
    },
    "fluid": _CARRIER,
    "exchanger": {
        "fixed": Range(0.0, 1e9, _MONEY),
        "per_area": Range(0.0, 1e7, _MONEY),
        "exponent": Range(0.0, 2.0, "give an exponent, such as 0.8", open_minimum=True),
    },
    "pipe": {
        "material_per_kg": Range(0.0, 1e4, _MONEY),
        "installation_per_m": Range(0.0, 1e6, _MONEY),
        "right_of_way_per_m": Range(0.0, 1e6, _MONEY),
        "insulation_per_m2": Range(0.0, 1e6, _MONEY),
    },
    "pump": {
        "fixed": Range(0.0, 1e9, _MONEY),
        "per_power": Range(0.0, 1e7, _MONEY),
        "exponent": _EXPONENT,
        "efficiency": Range(0.01, 1.0, "give a fraction, such as 0.7 for 70 %"),
    },
    "hot_utility": _UTILITY,
    "cold_utility": _UTILITY,
    "limits": {
        "max_flow_kW_per_K": Range(0.0, 1e9, "give kW/K, or inf for no limit", open_minimum=True),
        "max_units": Range(1.0, 1e6, "give a number of exchangers, or inf for no limit"),
        "min_unit_duty_kW": Range(0.0, 1e9, "give kW, or 0 for no limit"),
    },
    "distance": {"length_m": Range(0.0, 1e6, "give metres of pipe", open_minimum=True)},
}
TABLES = tuple(RANGES)
_TEXTS = {("general", "currency"), ("fluid", "name")}
_MAY_BE_INFINITE = {"max_flow_kW_per_K", "max_units"}
UTILITY_DATA = ("supply_C", "target_C", "htc_kW_per_m2_K")
"""Keys of a utility that have no default: without them its exchangers are not costed."""
LISTS = {
    "general": ("visit_order",),
    "limits": ("forbidden_matches", "forced_matches"),
    "distance": ("plants",),
}
"""Keys that hold lists of names."""


def bundled_document(file: str) -> dict[str, Any]:
    """Read a bundled TOML file."""
    path = resources.files("milpcore.data").joinpath(file)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _entries(table: Mapping[str, Mapping[str, Any]]) -> dict[str, Key]:
    return {
        key: Key(about["value"], about["unit"], about["status"], about["source"])
        for key, about in table.items()
    }


def _bundled() -> dict[str, dict[str, Key]]:
    """Read the bundled defaults and what is known about them."""
    document = bundled_document("loop_two_plants.toml")
    keys = {name: _entries(document[name]) for name in TABLES if name != "distance"}
    keys["distance"] = _entries({"length_m": document["distance"][0]["length_m"]})
    for table in ("hot_utility", "cold_utility"):
        for key in UTILITY_DATA:
            keys[table][key] = keys[table][key]._replace(default=None)
    keys["distance"]["length_m"] = keys["distance"]["length_m"]._replace(default=None)
    return keys


KEYS = _bundled()
"""Keys with one value of every table."""
CARRIERS = {name: _entries(table) for name, table in bundled_document("loop_fluids.toml").items()}
"""Values of the fluids that need only be named."""


def default(table: str, key: str) -> Any:
    """Return the bundled value of a key."""
    return KEYS[table][key].default


def known_keys(table: str) -> tuple[str, ...]:
    """List the keys of a table."""
    return (*KEYS[table], *LISTS.get(table, ()))


def plain_entry(table: str, key: str, value: object, where: str, faults: FaultList) -> object:
    """Take the value out of a table of value, unit, status and source; others stay as they are.

    Parameters
    ----------
    table, key : str
        A known key.
    value : object
        As in the file.
    where : str
        Where it stands.
    faults : FaultList
        Receives faults of the documentation, and a missing value.

    Returns
    -------
    object
        The plain value; None after a fault.
    """
    if not isinstance(value, Mapping) or key not in KEYS[table]:
        return value
    if "value" not in value or set(value) - _ENTRY:
        rule = "must be a value, or { value = ..., unit = ..., status = ..., source = ... }"
        faults.add(where, key, shown(dict(value)), rule, "write the value alone")
        return None
    unit = KEYS[table][key].unit
    if value.get("unit", unit) != unit:
        faults.add(
            where, f"{key}.unit", shown(value["unit"]), f"the unit is {unit}", "convert the value"
        )
    if value.get("status", STATUSES[0]) not in STATUSES:
        remedy = f"known: {', '.join(STATUSES)}"
        faults.add(where, f"{key}.status", shown(value["status"]), "unknown status", remedy)
    return value["value"]


def checked_entries(
    table: str, values: Mapping[str, object], where: str, faults: FaultList
) -> dict[str, Any]:
    """Check keys and single values of one table, noting all faults.

    Parameters
    ----------
    table : str
        One of `TABLES`.
    values : mapping of str to object
        Keys and plain values as given; keys left out have their defaults.
    where : str
        Where the table stands.
    faults : FaultList
        Receives all faults.

    Returns
    -------
    dict of str to object
        The given keys with numbers as float; lists as given, which their owners check.
    """
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key in LISTS.get(table, ()):
            checked[key] = value
        elif key in KEYS[table]:
            checked[key] = _checked(table, key, value, where, faults)
        else:
            remedy = suggestion(key, known_keys(table))
            faults.add(where, shown(key), shown(value), "unknown key", remedy)
    return checked


def _checked(table: str, key: str, value: object, where: str, faults: FaultList) -> Any:
    """Check one value."""
    if (table, key) in _TEXTS:
        return checked_text(key, value, where, faults)
    if value is None and default(table, key) is None:
        return None
    if key in _MAY_BE_INFINITE and isinstance(value, float) and value == math.inf:
        return math.inf
    before = len(faults)
    number = checked_number(key, value, RANGES[table][key], KEYS[table][key].unit, faults, where)
    if key == "max_units" and len(faults) == before and number != int(number):
        faults.add(where, key, shown(value), "must be a whole number", "count the exchangers")
    return number


def checked_text(key: str, value: object, where: str, faults: FaultList) -> str:
    """Return a name without blanks around it, noting one that is not a short printable text."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        found = shown(value) if str(value).strip() else repr(value)
        faults.add(where, key, found, "must be text", "write a name in quotes")
    elif len(text) > MOST_TEXT or any(unicodedata.category(sign)[0] == "C" for sign in text):
        rule = f"must have at most {MOST_TEXT} characters and no control characters"
        faults.add(where, key, shown(text), rule, "shorten or clean it")
    return text
