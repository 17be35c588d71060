"""The parameters of model B as data: ranges, bundled defaults with unit, status and source.

Values, units, statuses and sources stand in ``milpcore/data/sizing_defaults.toml``, one table for
the plant and one for each kind of unit; the ranges stand here. Their upper ends are tight enough to
notice a slip of units: 800,000 EUR/MW in place of 800 EUR/kW, or minutes in place of hours.
"""

from __future__ import annotations

import math
import tomllib
import unicodedata
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np

from milpcore.economics_schema import RANGES as SITE_RANGES
from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.toml_values import Key

STATUSES = ("found", "domain", "assumed", "calculated")
HEAT_UNITS = ("heat_pump", "boiler", "electric_boiler")
"""Tables of what makes heat, in the order of the unit axis."""
UNITS = (*HEAT_UNITS, "store", "chiller")
LARGEST_kW = 1e7
MOST_TEXT = 200
WORDS = {"load_changes_per_window": "unlimited", "start_end_share": "free"}
"""Keys that may have a word in place of the number; it is None in Python."""


_FRACTION = "give a fraction, such as 0.9 for 90 %"
_LOAD = "give a share of the size, such as 0.4 for 40 %"
_SIZE = "give a size in kW"
_CAPACITY = "give a capacity in kWh"
_PER_kW = "give EUR per kW of heat"
_HOURS = "give hours"
_LIFETIME = SITE_RANGES["lifetime_a"]
_COOLING = Range(0.0, 1e5, "give the price per MWh of heat removed")
_COMMITMENT = {
    "minimum_load": Range(0.0, 1.0, _LOAD),
    "min_up_h": Range(0.0, 72.0, _HOURS),
    "min_down_h": Range(0.0, 72.0, _HOURS),
    "load_changes_per_window": Range(1.0, 1e6, "give a number of changes, or leave it unlimited"),
    "window_h": Range(0.0, 48.0, _HOURS, open_minimum=True),
    "smallest_kW": Range(0.0, LARGEST_kW, _SIZE),
    "largest_kW": Range(0.0, LARGEST_kW, _SIZE, open_minimum=True),
    "existing_kW": Range(0.0, LARGEST_kW, _SIZE),
    "lifetime_a": _LIFETIME,
}
RANGES: dict[str, dict[str, Range]] = {
    "plant": {
        **{
            key: SITE_RANGES[key]
            for key in (
                "electricity_price_EUR_per_MWh",
                "gas_price_EUR_per_MWh",
                "co2_price_EUR_per_t",
                "electricity_emission_t_per_MWh",
                "gas_emission_t_per_MWh",
                "interest_rate",
                "lifetime_a",
                "operating_hours_h_per_a",
            )
        },
        "cooling_water_price_EUR_per_MWh": _COOLING,
    },
    "heat_pump": {
        "investment_EUR_per_kW": Range(0.0, 2e4, _PER_kW),
        "cop": Range(1.0, 20.0, "give heat delivered per electricity"),
        **_COMMITMENT,
    },
    "boiler": {
        "investment_EUR_per_kW": Range(0.0, 2e4, _PER_kW),
        "efficiency": SITE_RANGES["boiler_efficiency"],
        **_COMMITMENT,
    },
    "electric_boiler": {
        "investment_EUR_per_kW": Range(0.0, 2e4, _PER_kW),
        "efficiency": Range(0.01, 1.0, _FRACTION),
        **_COMMITMENT,
    },
    "store": {
        "investment_EUR_per_kWh": Range(0.0, 5e3, "give EUR per kWh of capacity"),
        "charge_efficiency": Range(0.01, 1.0, _FRACTION),
        "discharge_efficiency": Range(0.01, 1.0, _FRACTION),
        "loss_per_h": Range(0.0, 0.2, "give a fraction, such as 0.005 for 0.5 % an hour"),
        "rate_per_h": Range(0.0, 20.0, "give kW per kWh, such as 0.3", open_minimum=True),
        "start_end_share": Range(0.0, 1.0, "give a share of the capacity, or leave it free"),
        "smallest_kWh": Range(0.0, LARGEST_kW, _CAPACITY),
        "largest_kWh": Range(0.0, LARGEST_kW, _CAPACITY, open_minimum=True),
        "existing_kWh": Range(0.0, LARGEST_kW, _CAPACITY),
        "lifetime_a": _LIFETIME,
    },
    "chiller": {
        "investment_EUR_per_kW": Range(0.0, 2e4, "give EUR per kW of heat removed"),
        "cop": Range(1.0, 20.0, "give heat removed per electricity"),
        **{key: _COMMITMENT[key] for key in ("smallest_kW", "largest_kW", "existing_kW")},
        "lifetime_a": _LIFETIME,
    },
    "initial": {
        "load_kW": Range(0.0, LARGEST_kW, "give the heat before the first step"),
        "hours_in_state_h": Range(0.0, 1e6, _HOURS),
        "hours_since_load_change_h": Range(0.0, 1e6, _HOURS),
    },
}
_FLAGS = ("is_optional", "is_on")
_MAY_BE_INFINITE = ("largest_kW", "largest_kWh", "hours_in_state_h", "hours_since_load_change_h")


def _bundled() -> dict[str, dict[str, Key]]:
    """Read the bundled defaults and what is known about them."""
    path = resources.files("milpcore.data").joinpath("sizing_defaults.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        table: {
            key: Key(
                None if about.get("value") == WORDS.get(key, "") else about.get("value"),
                about["unit"],
                about["status"],
                about["source"],
            )
            for key, about in keys.items()
        }
        for table, keys in tables.items()
    }


KEYS = _bundled()
"""Keys of every table in the order of the bundled file."""


def default(table: str, key: str) -> Any:
    """Return the bundled value of a key."""
    return KEYS[table][key].default


def checked_entries(
    table: str, values: Mapping[str, object], where: str, faults: FaultList
) -> dict[str, Any]:
    """Check keys and values of one table and what must hold between them, noting all faults.

    Parameters
    ----------
    table : str
        "plant", "heat_pump", "boiler", "electric_boiler", "store", "chiller" or "initial".
    values : mapping of str to object
        Keys and values as given; keys left out have their defaults.
    where : str
        Where the table stands.
    faults : FaultList
        Receives all faults.

    Returns
    -------
    dict of str to object
        The given keys with numbers as float.
    """
    checked: dict[str, Any] = {}
    complete = {key: entry.default for key, entry in KEYS[table].items()}
    for key, value in values.items():
        if key not in KEYS[table]:
            remedy = suggestion(key, KEYS[table])
            faults.add(where, shown(key), shown(value), "unknown key", remedy)
            continue
        before = len(faults)
        checked[key] = _checked(table, key, value, where, faults)
        if len(faults) == before:
            complete[key] = checked[key]
    if table != "plant":
        _check_relations(table, complete, where, faults)
    return checked


def _checked(table: str, key: str, value: object, where: str, faults: FaultList) -> Any:
    """Check one value."""
    word = WORDS.get(key)
    may_be_none = KEYS[table][key].default is None or word is not None
    if may_be_none and (value is None or (word is not None and value == word)):
        return None
    if key == "name":
        return _checked_name(value, where, faults)
    if key in _FLAGS:
        if not isinstance(value, bool | np.bool_):
            faults.add(where, key, shown(value), "must be true or false", "write one of them")
            return False
        return bool(value)
    if key == "initial":
        return _checked_initial(value, where, faults)
    if key in _MAY_BE_INFINITE and isinstance(value, float) and value == math.inf:
        return math.inf
    allowed, unit = RANGES[table][key], KEYS[table][key].unit
    if word is not None and isinstance(value, str):
        rule = f"must be a number or '{word}'"
        faults.add(where, key, repr(shown(value)), rule, "write one of them")
        return math.nan
    if key != "load_changes_per_window":
        return checked_number(key, value, allowed, unit, faults, where)
    before = len(faults)
    number = checked_number(key, value, allowed, "-", faults, where)
    if len(faults) == before and number != int(number):
        faults.add(where, key, shown(value), "must be a whole number", "count the load changes")
    return int(number) if len(faults) == before else 0


def _checked_name(value: object, where: str, faults: FaultList) -> str:
    """Check the name of a unit."""
    name = value.strip() if isinstance(value, str) else ""
    if not name:
        faults.add(where, "name", shown(value), "must be text", "give every unit a name")
    elif len(name) > MOST_TEXT or any(unicodedata.category(sign)[0] == "C" for sign in name):
        rule = f"must have at most {MOST_TEXT} characters and no control characters"
        faults.add(where, "name", shown(name), rule, "shorten or clean it")
    return name


def _checked_initial(value: object, where: str, faults: FaultList) -> dict[str, Any] | None:
    """Check a state before the first step."""
    if isinstance(value, Mapping):
        return checked_entries("initial", value, f"{where} initial".strip(), faults)
    rule = "must be a table of is_on, load_kW, hours_in_state_h"
    faults.add(where, "initial", shown(value), rule, "leave it out for a free state")
    return None


def _check_relations(table: str, values: Mapping[str, Any], where: str, faults: FaultList) -> None:
    """Note what must hold between the values of one unit."""
    if table == "initial":
        _check_initial_relations(values, where, faults)
        return
    unit = "kWh" if table == "store" else "kW"
    smallest, largest = values[f"smallest_{unit}"], values[f"largest_{unit}"]
    existing = values[f"existing_{unit}"]
    if smallest > largest:
        rule = f"must not be above largest_{unit} = {largest:g}"
        faults.add(where, f"smallest_{unit}", f"{smallest:g}", rule, "swap or correct them")
    if existing is not None and (smallest > 0.0 or largest < math.inf):
        rule = f"fixes the size, beside smallest_{unit} or largest_{unit}"
        faults.add(where, f"existing_{unit}", f"{existing:g}", rule, "keep one of the two")
        return
    initial = values.get("initial")
    if initial is None:
        return
    is_on = initial.get("is_on", default("initial", "is_on"))
    load_kW = initial.get("load_kW", default("initial", "load_kW"))
    highest_kW = largest if existing is None else existing
    lowest_kW = 0.0 if existing is None or not is_on else values["minimum_load"] * existing
    if not lowest_kW * (1.0 - 1e-9) <= load_kW <= highest_kW * (1.0 + 1e-9):
        rule = f"must be from {lowest_kW:g} to {highest_kW:g} kW, the unit's range"
        faults.add(where, "initial.load_kW", f"{load_kW:g}", rule, "correct the load or the size")


def _check_initial_relations(values: Mapping[str, Any], where: str, faults: FaultList) -> None:
    """Note what must hold between the values of a state before the first step."""
    load_kW, hours_h = values["load_kW"], values["hours_in_state_h"]
    if load_kW > 0.0 and not values["is_on"]:
        rule = "must be 0 of a unit that is off"
        faults.add(where, "load_kW", f"{load_kW:g}", rule, "write is_on = true, or no load")
    since_h = values["hours_since_load_change_h"]
    if since_h is not None and since_h > hours_h:
        rule = f"must not be above hours_in_state_h = {hours_h:g}"
        remedy = "a start or stop is a load change; leave it out if it was the last one"
        faults.add(where, "hours_since_load_change_h", f"{since_h:g}", rule, remedy)
