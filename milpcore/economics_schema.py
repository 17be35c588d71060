"""The parameters of model A as data: ranges, bundled defaults with unit, status and source.

Values, units, statuses and sources stand in ``milpcore/data/site_400.toml``; the ranges stand here.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, NamedTuple

from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.number_kinds import is_number
from milpcore.stream_units import ABSOLUTE_ZERO_C

OPTION_TABLES = ("heat_pumps", "levels", "external_heat", "cooling", "limits")
"""Tables of `milpcore.site_options_file` in a file of prices."""

STATUSES = ("found", "domain", "assumed", "fitted", "exact")


class Range(NamedTuple):
    """Range of a parameter in its unit, and what to do about a value outside."""

    minimum: float
    maximum: float
    remedy: str
    open_minimum: bool = False

    def contains(self, value: float) -> bool:
        """Whether a value lies in the range."""
        above = value > self.minimum if self.open_minimum else value >= self.minimum
        return above and value <= self.maximum

    def rule(self, unit: str) -> str:
        """Say the range in words."""
        lower = "above" if self.open_minimum else "at least"
        suffix = "" if unit == "-" else f" {unit}"
        return f"must be {lower} {self.minimum:.10g} and at most {self.maximum:.10g}{suffix}"


_PER_MWH = "give the price per MWh"
_FACTOR = "give t per MWh, such as 0.2 for natural gas"
_FRACTION = "give a fraction, such as 0.9 for 90 %"
_DIFFERENCE = "give a temperature difference in K"
RANGES = {
    # Negative electricity prices exist; negative gas prices would make burning gas a business.
    "electricity_price_EUR_per_MWh": Range(-1e5, 1e5, _PER_MWH),
    "gas_price_EUR_per_MWh": Range(0.0, 1e5, _PER_MWH),
    "co2_price_EUR_per_t": Range(0.0, 1e5, "give the price per t of CO2"),
    "electricity_emission_t_per_MWh": Range(0.0, 10.0, _FACTOR),
    "gas_emission_t_per_MWh": Range(0.0, 10.0, _FACTOR),
    # Above 1 for condensing boilers, whose efficiency refers to the lower heating value.
    "boiler_efficiency": Range(0.01, 1.2, _FRACTION),
    "cooling_price_EUR_per_MWh": Range(0.0, 1e5, _PER_MWH),
    "operating_hours_h_per_a": Range(0.0, 8784.0, "a leap year has 8784 h", open_minimum=True),
    "interest_rate": Range(0.0, 1.0, "give a fraction, such as 0.07 for 7 %"),
    "lifetime_a": Range(0.1, 200.0, "give the depreciation time in years"),
    "heat_pump_investment_EUR_per_kW": Range(0.0, 1e6, "give EUR per kW of sink heat"),
    "carnot_efficiency": Range(0.01, 1.0, _FRACTION),
    "heat_pump_dt_source_K": Range(0.0, 200.0, _DIFFERENCE),
    "heat_pump_dt_sink_K": Range(0.0, 200.0, _DIFFERENCE),
    "max_lift_K": Range(0.0, 5000.0, _DIFFERENCE, open_minimum=True),
    "max_sink_C": Range(ABSOLUTE_ZERO_C, 5000.0, "give a temperature in °C"),
    "level_dt_cont_K": Range(0.0, 200.0, _DIFFERENCE),
}

TECHNICAL_KEYS = frozenset(
    {
        "carnot_efficiency",
        "heat_pump_dt_source_K",
        "heat_pump_dt_sink_K",
        "max_lift_K",
        "max_sink_C",
        "level_dt_cont_K",
    }
)
"""Keys that change what heat pumps or levels can do, beside what things cost."""


def _bundled() -> dict[str, dict[str, Any]]:
    """Read the bundled defaults and what is known about them."""
    text = resources.files("milpcore.data").joinpath("site_400.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


_BUNDLED = _bundled()
DEFAULTS: dict[str, float] = _BUNDLED["site"]
ABOUT: dict[str, dict[str, str]] = _BUNDLED["about"]


_UNIT_SUFFIX = re.compile(r"_(?:(?:EUR|t|h)_per_(?:MWh|kW|t|a)|K|C|a)$")


def label_of(key: str) -> str:
    """Name of a parameter for people, without its unit.

    Examples
    --------
    >>> label_of("co2_price_EUR_per_t"), label_of("max_lift_K"), label_of("interest_rate")
    ('CO2 price', 'max lift', 'interest rate')
    """
    return _UNIT_SUFFIX.sub("", key).replace("_", " ").replace("co2", "CO2")


def checked_values(values: Mapping[str, object], where: str, faults: FaultList) -> dict[str, float]:
    """Check keys and values, noting all faults."""
    checked = {}
    for key, value in values.items():
        if key in RANGES:
            checked[key] = checked_value(key, value, faults, where)
        else:
            faults.add(where, shown(key), shown(value), "unknown key", suggestion(key, RANGES))
    return checked


def checked_value(key: str, value: object, faults: FaultList, where: str = "") -> float:
    """Return a value as float, noting one that is not a finite number in its range."""
    return checked_number(key, value, RANGES[key], ABOUT[key]["unit"], faults, where)


def checked_number(
    key: str, value: object, allowed: Range, unit: str, faults: FaultList, where: str = ""
) -> float:
    """Return a value as float, noting one that is not a finite number in a range.

    Parameters
    ----------
    key : str
        Name of the value.
    value : object
        As given.
    allowed : Range
        Where it must lie.
    unit : str
        Its unit; "-" for none.
    faults : FaultList
        Receives at most one fault.
    where : str
        Where the value stands.

    Returns
    -------
    float
        NaN when it is no finite number.
    """
    number = _finite(value)
    if number is None:
        remedy = "write a number without quotes" if isinstance(value, str) else "write a number"
        suffix = "" if unit == "-" else f" ({unit})"
        written = repr(shown(value)) if isinstance(value, str) else shown(value)
        faults.add(where, key, written, f"must be a finite number{suffix}", remedy)
        return math.nan
    if not allowed.contains(number):
        faults.add(where, key, shown(value), allowed.rule(unit), allowed.remedy)
    return number


def _finite(value: object) -> float | None:
    """Return a finite float, or None for anything else."""
    if not is_number(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def check_about(about: object, faults: FaultList) -> None:
    """Check the documentation of values: known keys, the key's own unit, a known status."""
    if not isinstance(about, dict):
        faults.add("", "[about]", type(about).__name__, "must be a table", "write a line [about]")
        return
    for key, entry in about.items():
        if key not in RANGES:
            faults.add("[about]", shown(key), None, "unknown key", suggestion(key, RANGES))
        elif not isinstance(entry, dict) or set(entry) - {"unit", "status", "source"}:
            rule = "must be { unit = ..., status = ..., source = ... }"
            faults.add("[about]", key, shown(entry), rule, "leave out what is not known")
        else:
            if entry.get("unit", ABOUT[key]["unit"]) != ABOUT[key]["unit"]:
                rule = f"the unit is {ABOUT[key]['unit']}"
                faults.add(
                    "[about]", f"{key}.unit", shown(entry["unit"]), rule, "convert the value"
                )
            if entry.get("status", STATUSES[0]) not in STATUSES:
                remedy = f"known: {', '.join(STATUSES)}"
                faults.add(
                    "[about]", f"{key}.status", shown(entry["status"]), "unknown status", remedy
                )
