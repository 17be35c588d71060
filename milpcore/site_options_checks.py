"""Ranges of the options of model A, and how their dataclasses check themselves."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.number_kinds import is_whole
from milpcore.stream_units import ABSOLUTE_ZERO_C

MOST = math.inf
"""No limit."""
_TEMPERATURE = "give a temperature in °C"
_SIZE = "give kW of heat delivered at the sink"
OPTION_RANGES: dict[str, tuple[Range, str]] = {
    "fixed_investment_EUR": (Range(0.0, 1e12, "give EUR for each"), "EUR"),
    "area_investment_EUR": (Range(0.0, 1e9, "give EUR of an exchanger of 1 m²"), "EUR"),
    "area_exponent": (Range(0.0, 2.0, "0.6 to 1 is usual", open_minimum=True), "-"),
    **dict.fromkeys(
        ("level_htc_kW_per_m2_K", "stream_htc_kW_per_m2_K"),
        (Range(0.0, 1e12, "give kW/(m² K)", open_minimum=True), "kW/(m² K)"),
    ),
    "min_size_kW": (Range(0.0, 1e12, _SIZE), "kW"),
    "max_size_kW": (Range(0.0, MOST, _SIZE, open_minimum=True), "kW"),
    "size_kW": (Range(0.0, 1e12, _SIZE, open_minimum=True), "kW"),
    "investment_EUR": (Range(0.0, 1e12, "give EUR"), "EUR"),
    "moved_investment_EUR": (Range(0.0, 1e12, "give EUR for each level that moves"), "EUR"),
    "cop": (Range(0.0, 1e6, "heat delivered over electricity", open_minimum=True), "-"),
    "price_EUR_per_MWh": (Range(0.0, 1e5, "give the price per MWh"), "EUR/MWh"),
    "emission_t_per_MWh": (Range(0.0, 10.0, "give t of CO2 for a MWh of fuel"), "t/MWh"),
    "efficiency": (Range(0.0, 2.0, "heat delivered over fuel", open_minimum=True), "-"),
    "carnot_efficiency": (Range(0.01, 1.0, "share of Carnot's COP"), "-"),
    "max_lift_K": (Range(0.0, 5000.0, "give K between levels", open_minimum=True), "K"),
    "max_sink_C": (Range(ABSOLUTE_ZERO_C, 5000.0, _TEMPERATURE), "°C"),
    "investment_EUR_per_kW": (Range(0.0, 1e6, "give EUR for a kW delivered"), "EUR/kW"),
    "heat_kW": (Range(0.0, 1e12, _SIZE), "kW"),
    "capacity_kW": (Range(0.0, MOST, "give kW of heat delivered"), "kW"),
    "external_heat_kW": (Range(0.0, MOST, "give kW of external heat"), "kW"),
    "emission_t_per_a": (Range(0.0, MOST, "give t of CO2 a year"), "t/a"),
    **dict.fromkeys(("source_C", "sink_C"), (Range(ABSOLUTE_ZERO_C, 5000.0, _TEMPERATURE), "°C")),
    **dict.fromkeys(
        ("from_C", "source_from_C", "sink_from_C"),
        (Range(-MOST, 5000.0, _TEMPERATURE), "°C"),
    ),
    **dict.fromkeys(
        ("to_C", "source_to_C", "sink_to_C", "max_level_C"),
        (Range(ABSOLUTE_ZERO_C, MOST, _TEMPERATURE), "°C"),
    ),
}
"""Range and unit of every number; infinite where a limit may be left out."""

Item = TypeVar("Item")
Key = TypeVar("Key", bound="str | float | tuple[Any, ...]")


def check_numbers(options: object, faults: FaultList) -> None:
    """Check every number of a dataclass against `OPTION_RANGES`, and make it a float.

    What may be left out, and is, stays None.
    """
    for one in dataclasses.fields(options):  # type: ignore[arg-type]
        if one.name in OPTION_RANGES:
            allowed, unit = OPTION_RANGES[one.name]
            value = getattr(options, one.name)
            if value is None and one.default is None:
                continue
            if isinstance(value, float) and math.isinf(value) and allowed.contains(value):
                continue
            number = checked_number(one.name, value, allowed, unit, faults)
            object.__setattr__(options, one.name, number)


def check_order(options: object, lower: str, upper: str, faults: FaultList) -> None:
    """Note an upper end below its lower one."""
    low, high = getattr(options, lower), getattr(options, upper)
    if low > high:
        faults.add("", upper, f"{high:g}", f"must be at least {lower} = {low:g}", "exchange them")


def check_lift(source_C: float, sink_C: float, faults: FaultList) -> None:
    """Note a sink that is not above its source."""
    if sink_C <= source_C:
        rule = f"must be above source_C = {source_C:g} °C"
        faults.add("", "sink_C", f"{sink_C:g} °C", rule, "exchange the two")


def note_repeated(
    name: str, keys: Sequence[Key], shown_as: Callable[[Key], str], remedy: str, faults: FaultList
) -> None:
    """Note every key that comes more than once."""
    for key in sorted({one for one in keys if keys.count(one) > 1}):
        faults.add("", name, shown_as(key), "must not come twice", remedy)


def check_count(options: object, name: str, faults: FaultList) -> None:
    """Note what is neither None nor a whole number from 0."""
    value = getattr(options, name)
    if value is not None and not (is_whole(value) and value >= 0):
        rule = "must be a whole number from 0"
        faults.add("", name, shown(value), rule, "leave it out for no limit")


def checked_items(
    options: object, name: str, kind: type[Item], faults: FaultList
) -> tuple[Item, ...]:
    """Return a tuple of one kind, noting anything else."""
    given = getattr(options, name)
    is_list = isinstance(given, Sequence) and not isinstance(given, str)
    if not is_list or any(not isinstance(one, kind) for one in given):
        rule = f"must be a tuple of {kind.__name__}"
        faults.add("", name, shown(given), rule, f"such as ({kind.__name__}(...),)")
        return ()
    object.__setattr__(options, name, tuple(given))
    return tuple(given)


def checked_temperatures(options: object, name: str, faults: FaultList) -> tuple[float, ...]:
    """Return distinct temperatures, rising, noting anything else."""
    given = getattr(options, name)
    if not isinstance(given, Sequence) or isinstance(given, str):
        rule = "must be a list of temperatures (°C)"
        faults.add("", name, shown(given), rule, "such as [80.0, 143.0]")
        return ()
    known = len(faults)
    allowed, unit = OPTION_RANGES["source_C"]
    values = [
        round(checked_number(name, value, allowed, unit, faults, f"position {place}"), 6)
        for place, value in enumerate(cast(Sequence[object], given), start=1)
    ]
    if len(faults) > known:
        return ()
    note_repeated(name, values, lambda value: f"{value:g} °C", "remove the duplicate", faults)
    return tuple(sorted(values))
