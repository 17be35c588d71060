"""What all units share: prices and financing of the plant, and the state before the first step.

Every value is checked when an object is made; one error lists all faults.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from milpcore.faults import FaultList
from milpcore.sizing.parameter_schema import checked_entries, default

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Part = TypeVar("Part", bound="DataclassInstance")


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Prices, emission factors and financing that all units share.

    Parameters
    ----------
    electricity_price_EUR_per_MWh, gas_price_EUR_per_MWh : float
        Electricity may be negative; gas per lower heating value.
    co2_price_EUR_per_t : float
        Paid for the emissions of electricity and gas.
    electricity_emission_t_per_MWh, gas_emission_t_per_MWh : float
        Emission factors.
    cooling_water_price_EUR_per_MWh : float
        Of waste heat that no heat pump or chiller takes.
    interest_rate : float
        Fraction a year; 0 makes the annuity 1/lifetime.
    lifetime_a : float
        Depreciation time of units without one of their own.
    operating_hours_h_per_a : float
        Hours a year that the horizon stands for.

    Raises
    ------
    InputError
        Listing every value that is not a finite number or out of range.

    Examples
    --------
    >>> Plant(gas_price_EUR_per_MWh=50).gas_price_EUR_per_MWh
    50.0
    """

    electricity_price_EUR_per_MWh: float = default("plant", "electricity_price_EUR_per_MWh")
    gas_price_EUR_per_MWh: float = default("plant", "gas_price_EUR_per_MWh")
    co2_price_EUR_per_t: float = default("plant", "co2_price_EUR_per_t")
    electricity_emission_t_per_MWh: float = default("plant", "electricity_emission_t_per_MWh")
    gas_emission_t_per_MWh: float = default("plant", "gas_emission_t_per_MWh")
    cooling_water_price_EUR_per_MWh: float = default("plant", "cooling_water_price_EUR_per_MWh")
    interest_rate: float = default("plant", "interest_rate")
    lifetime_a: float = default("plant", "lifetime_a")
    operating_hours_h_per_a: float = default("plant", "operating_hours_h_per_a")

    def __post_init__(self) -> None:
        settle(self, "plant")

    def replace(self, **changes: Any) -> Plant:
        """Change some values by key, checked like all others."""
        return replaced(self, "plant", changes)


@dataclass(frozen=True, kw_only=True)
class InitialState:
    """State of a unit before the first step.

    Parameters
    ----------
    is_on : bool
        Whether it runs.
    load_kW : float
        Its heat, 0 when it is off.
    hours_in_state_h : float
        Since the last start or stop; infinite for longer than anything counts.
    hours_since_load_change_h : float or None
        Since the last load change; None for `hours_in_state_h`.

    Raises
    ------
    InputError
        Listing every value out of range or in contradiction to another.

    Examples
    --------
    >>> InitialState(is_on=True, load_kW=300, hours_in_state_h=5).last_change_h
    5.0
    """

    is_on: bool = default("initial", "is_on")
    load_kW: float = default("initial", "load_kW")
    hours_in_state_h: float = default("initial", "hours_in_state_h")
    hours_since_load_change_h: float | None = default("initial", "hours_since_load_change_h")

    def __post_init__(self) -> None:
        settle(self, "initial")

    @property
    def last_change_h(self) -> float:
        """Hours since the last load change, starts and stops included."""
        if self.hours_since_load_change_h is None:
            return self.hours_in_state_h
        return self.hours_since_load_change_h

    def replace(self, **changes: Any) -> InitialState:
        """Change some values by key, checked like all others."""
        return replaced(self, "initial", changes)


def settle(part: DataclassInstance, table: str) -> None:
    """Check the fields of a new object and set them to their plain types.

    Parameters
    ----------
    part : dataclass
        A plant, unit or state, just made.
    table : str
        The table that it stands for.

    Raises
    ------
    InputError
        Listing all faults.
    """
    faults = FaultList()
    checked = checked_entries(table, _plain_fields(part), "", faults)
    faults.raise_if_any(type(part).__name__)
    for key, value in checked.items():
        is_state = key == "initial" and value is not None
        object.__setattr__(part, key, InitialState(**value) if is_state else value)


def replaced(part: Part, table: str, changes: Mapping[str, Any]) -> Part:
    """Return a part with some values changed.

    Parameters
    ----------
    part : dataclass
        A plant, unit or state.
    table : str
        The table that it stands for.
    changes : mapping of str to object
        New values by key.

    Returns
    -------
    dataclass
        Another one of the same kind.

    Raises
    ------
    InputError
        Listing unknown keys beside values at fault.
    """
    faults = FaultList()
    given = {key: _plain(value) for key, value in changes.items()}
    checked_entries(table, given | {**_plain_fields(part), **given}, "", faults)
    faults.raise_if_any(f"{type(part).__name__}.replace")
    return dataclasses.replace(part, **changes)


def _plain_fields(part: DataclassInstance) -> dict[str, object]:
    """Return fields and values; a state as a dict of its own."""
    return {field.name: _plain(getattr(part, field.name)) for field in dataclasses.fields(part)}


def _plain(value: object) -> object:
    return dataclasses.asdict(value) if isinstance(value, InitialState) else value
