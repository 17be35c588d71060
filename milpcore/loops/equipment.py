"""Fluid, cost laws and utilities as frozen dataclasses, checked when they are made.

Defaults, their units, statuses and sources are data: ``milpcore/data/loop_two_plants.toml``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from milpcore.faults import FaultList
from milpcore.loops.parameter_schema import CARRIERS, UTILITY_DATA, checked_entries, default

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, kw_only=True)
class Fluid:
    """What flows in the loops; the defaults are hot water.

    Parameters
    ----------
    name : str
        For people.
    heat_capacity_kJ_per_kg_K, density_kg_per_m3, viscosity_Pa_s : float
        Constant over temperature.
    htc_kW_per_m2_K : float
        Film coefficient in every exchanger.

    Raises
    ------
    InputError
        Listing every value out of range.

    Examples
    --------
    >>> Fluid().heat_capacity_kJ_per_kg_K, FLUIDS["thermal oil"].density_kg_per_m3
    (4.2, 885.0)
    """

    name: str = default("fluid", "name")
    heat_capacity_kJ_per_kg_K: float = default("fluid", "heat_capacity_kJ_per_kg_K")
    density_kg_per_m3: float = default("fluid", "density_kg_per_m3")
    viscosity_Pa_s: float = default("fluid", "viscosity_Pa_s")
    htc_kW_per_m2_K: float = default("fluid", "htc_kW_per_m2_K")

    def __post_init__(self) -> None:
        _settle(self, "fluid")


@dataclass(frozen=True, kw_only=True)
class ExchangerCost:
    """Investment of an exchanger: ``fixed + per_area area_m2^exponent``.

    Parameters
    ----------
    fixed, per_area, exponent : float

    Raises
    ------
    InputError
        Listing every value out of range.
    """

    fixed: float = default("exchanger", "fixed")
    per_area: float = default("exchanger", "per_area")
    exponent: float = default("exchanger", "exponent")

    def __post_init__(self) -> None:
        _settle(self, "exchanger")


@dataclass(frozen=True, kw_only=True)
class PipeCost:
    """Investment of a metre of pipe, see `milpcore.loops.cost_laws`.

    Parameters
    ----------
    material_per_kg, installation_per_m, right_of_way_per_m, insulation_per_m2 : float
        The coefficients A1 to A4 of the law.

    Raises
    ------
    InputError
        Listing every value out of range.
    """

    material_per_kg: float = default("pipe", "material_per_kg")
    installation_per_m: float = default("pipe", "installation_per_m")
    right_of_way_per_m: float = default("pipe", "right_of_way_per_m")
    insulation_per_m2: float = default("pipe", "insulation_per_m2")

    def __post_init__(self) -> None:
        _settle(self, "pipe")


@dataclass(frozen=True, kw_only=True)
class PumpCost:
    """Investment of a pump, ``fixed + per_power power_W^exponent``, and its efficiency.

    Parameters
    ----------
    fixed, per_power, exponent : float
        The power is the hydraulic one.
    efficiency : float
        Hydraulic power per electricity.

    Raises
    ------
    InputError
        Listing every value out of range.
    """

    fixed: float = default("pump", "fixed")
    per_power: float = default("pump", "per_power")
    exponent: float = default("pump", "exponent")
    efficiency: float = default("pump", "efficiency")

    def __post_init__(self) -> None:
        _settle(self, "pump")


@dataclass(frozen=True, kw_only=True)
class Utility:
    """A hot or cold utility; with temperatures and film its exchangers can be costed.

    Parameters
    ----------
    price_per_kW_a : float
        Price of 1 kW over a whole year.
    supply_C, target_C, htc_kW_per_m2_K : float or None
        All of them or none; a utility that condenses or boils has equal temperatures.

    Raises
    ------
    InputError
        Listing every value out of range, and temperatures that are given in part.

    Examples
    --------
    >>> Utility(price_per_kW_a=20).has_exchanger_data
    False
    >>> Utility(price_per_kW_a=8, supply_C=20, target_C=30, htc_kW_per_m2_K=1).target_C
    30.0
    """

    price_per_kW_a: float
    supply_C: float | None = None
    target_C: float | None = None
    htc_kW_per_m2_K: float | None = None

    def __post_init__(self) -> None:
        _settle(self, "hot_utility")  # both utilities have the same ranges
        faults = FaultList()
        missing = [key for key in UTILITY_DATA if getattr(self, key) is None]
        if 0 < len(missing) < len(UTILITY_DATA):
            check_utility(self, "", faults)
        faults.raise_if_any("Utility")

    @property
    def has_exchanger_data(self) -> bool:
        """Whether heaters or coolers of this utility can be costed."""
        return self.supply_C is not None


def check_utility(values: Utility | Mapping[str, Any], where: str, faults: FaultList) -> None:
    """Note temperatures and a film coefficient that are given in part."""
    given = values if isinstance(values, Mapping) else dataclasses.asdict(values)
    missing = [key for key in UTILITY_DATA if given.get(key) is None]
    if 0 < len(missing) < len(UTILITY_DATA):
        rule = f"must be given with {', '.join(k for k in UTILITY_DATA if k not in missing)}"
        faults.add(where, ", ".join(missing), None, rule, "give all three, or none of them")


def fields_of(part: DataclassInstance) -> dict[str, Any]:
    """Return fields and values of a part."""
    return {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}


def _settle(part: DataclassInstance, table: str) -> None:
    """Check the fields of a new object and set them to their plain types."""
    faults = FaultList()
    checked = checked_entries(table, fields_of(part), "", faults)
    faults.raise_if_any(type(part).__name__)
    for key, value in checked.items():
        object.__setattr__(part, key, value)


FLUIDS = {
    name: Fluid(name=name, **{key: entry.default for key, entry in keys.items()})
    for name, keys in CARRIERS.items()
}
"""Fluids that need only be named."""
