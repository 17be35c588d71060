"""The units of a plant as frozen dataclasses: heat pumps, boilers, electric boilers, stores.

Chillers, which make no heat, stand in `milpcore.sizing.chiller`.

Every value is checked when an object is made; one error lists all faults. Defaults, their units,
status and sources are data: ``milpcore/data/sizing_defaults.toml``.

Conventions of time, for all units that make heat (a *load change* is a step whose load differs from
that of the step before; a start or stop is one):

- A unit that starts stays on for at least `min_up_h`, one that stops stays off for `min_down_h`,
  both rounded up to whole steps (`steps_of`). At the end of the horizon a shorter rest will do.
- Of any `window_h` in a row (rounded up to whole steps, counted at the starts of steps) at most
  `load_changes_per_window` begin with a load change; None is no limit.
- The initial state is free (None: nothing counts at the first step, any load may stand before) or
  given: then the first step may be a start, stop or load change, hours in a minimum up or down time
  have passed already, and the last load change before the start counts in the windows that reach
  back to it; earlier ones do not. Hours before the start are cut to whole steps. The load before
  the start does not limit the size.
- A unit that is not built (size 0) has no past and no obligations: neither windows nor least times
  hold for it, also where a state before the first step is given. One that exists or is built is
  bound by all that is given of its past.
- A unit with `existing_kW` has that size and costs no investment. Others have size 0 (where
  `is_optional`) or one from `smallest_kW` to `largest_kW`.

A store keeps ``level(t + 1) = (1 - loss_per_h h) level(t) + charge_efficiency h charge(t)
- h discharge(t) / discharge_efficiency`` with the step h in hours, and charge and discharge
together are at most `rate_per_h` times its capacity.

There is no demand for cold: waste heat that no heat pump takes goes to cooling water at a price, or
is removed by chillers, any share of it in any step up to their sizes. A chiller takes electricity,
heat removed by COP; what it gives off is not counted. It has no least load or times and no limit of
load changes: it is continuous and needs no states. Cold of another kind than waste heat, and heat
that a chiller gives off to a heat pump, cannot be stated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from milpcore.sizing.chiller import Chiller
from milpcore.sizing.parameter_schema import default
from milpcore.sizing.plant import InitialState, replaced, settle

_ROUNDING = 1e-9
"""Share of a step by which a duration may exceed whole steps before it takes another one."""


@dataclass(frozen=True, kw_only=True)
class HeatPump:
    """A heat pump that takes waste heat; ``1 - 1/cop`` kW of it per kW of heat delivered.

    Parameters
    ----------
    name : str
        Unique in the plant.
    investment_EUR_per_kW : float
        Per kW of heat delivered.
    cop : float
        Heat delivered per electricity; the profile's columns ``cop`` and ``cop_<name>`` override
        it.
    minimum_load : float
        Least load while on, as a share of the size.
    min_up_h, min_down_h : float
        Least times on and off; 0 for none.
    load_changes_per_window : int or None
        Most load changes in any window; None is no limit.
    window_h : float
        Length of the window.
    smallest_kW, largest_kW : float
        Limits of the size of a new unit; the largest may be infinite.
    is_optional : bool
        Whether a new unit may also have size 0.
    existing_kW : float or None
        Size of a unit that stands already; None for a new one.
    lifetime_a : float or None
        Depreciation time; None for the plant's.
    initial : InitialState or None
        State before the first step; None is free.

    Raises
    ------
    InputError
        Listing every value out of range or in contradiction to another.

    Examples
    --------
    >>> HeatPump(cop=3).replace(name="small", largest_kW=200).cop
    3.0
    """

    name: str = default("heat_pump", "name")
    investment_EUR_per_kW: float = default("heat_pump", "investment_EUR_per_kW")
    cop: float = default("heat_pump", "cop")
    minimum_load: float = default("heat_pump", "minimum_load")
    min_up_h: float = default("heat_pump", "min_up_h")
    min_down_h: float = default("heat_pump", "min_down_h")
    load_changes_per_window: int | None = default("heat_pump", "load_changes_per_window")
    window_h: float = default("heat_pump", "window_h")
    smallest_kW: float = default("heat_pump", "smallest_kW")
    largest_kW: float = default("heat_pump", "largest_kW")
    is_optional: bool = default("heat_pump", "is_optional")
    existing_kW: float | None = default("heat_pump", "existing_kW")
    lifetime_a: float | None = default("heat_pump", "lifetime_a")
    initial: InitialState | None = None

    def __post_init__(self) -> None:
        settle(self, "heat_pump")

    def replace(self, **changes: Any) -> HeatPump:
        """Change some values by key, checked like all others."""
        return replaced(self, "heat_pump", changes)


@dataclass(frozen=True, kw_only=True)
class Boiler:
    """A gas boiler; parameters as those of `HeatPump` but for the efficiency.

    Parameters
    ----------
    efficiency : float
        Heat per lower heating value of the gas, up to 1.2 because condensing boilers exceed 1.

    Raises
    ------
    InputError
        Listing every value out of range or in contradiction to another.
    """

    name: str = default("boiler", "name")
    investment_EUR_per_kW: float = default("boiler", "investment_EUR_per_kW")
    efficiency: float = default("boiler", "efficiency")
    minimum_load: float = default("boiler", "minimum_load")
    min_up_h: float = default("boiler", "min_up_h")
    min_down_h: float = default("boiler", "min_down_h")
    load_changes_per_window: int | None = default("boiler", "load_changes_per_window")
    window_h: float = default("boiler", "window_h")
    smallest_kW: float = default("boiler", "smallest_kW")
    largest_kW: float = default("boiler", "largest_kW")
    is_optional: bool = default("boiler", "is_optional")
    existing_kW: float | None = default("boiler", "existing_kW")
    lifetime_a: float | None = default("boiler", "lifetime_a")
    initial: InitialState | None = None

    def __post_init__(self) -> None:
        settle(self, "boiler")

    def replace(self, **changes: Any) -> Boiler:
        """Change some values by key, checked like all others."""
        return replaced(self, "boiler", changes)


@dataclass(frozen=True, kw_only=True)
class ElectricBoiler:
    """An electric boiler; parameters as those of `HeatPump` but for the efficiency.

    Parameters
    ----------
    efficiency : float
        Heat per electricity, at most 1.

    Raises
    ------
    InputError
        Listing every value out of range or in contradiction to another.
    """

    name: str = default("electric_boiler", "name")
    investment_EUR_per_kW: float = default("electric_boiler", "investment_EUR_per_kW")
    efficiency: float = default("electric_boiler", "efficiency")
    minimum_load: float = default("electric_boiler", "minimum_load")
    min_up_h: float = default("electric_boiler", "min_up_h")
    min_down_h: float = default("electric_boiler", "min_down_h")
    load_changes_per_window: int | None = default("electric_boiler", "load_changes_per_window")
    window_h: float = default("electric_boiler", "window_h")
    smallest_kW: float = default("electric_boiler", "smallest_kW")
    largest_kW: float = default("electric_boiler", "largest_kW")
    is_optional: bool = default("electric_boiler", "is_optional")
    existing_kW: float | None = default("electric_boiler", "existing_kW")
    lifetime_a: float | None = default("electric_boiler", "lifetime_a")
    initial: InitialState | None = None

    def __post_init__(self) -> None:
        settle(self, "electric_boiler")

    def replace(self, **changes: Any) -> ElectricBoiler:
        """Change some values by key, checked like all others."""
        return replaced(self, "electric_boiler", changes)


@dataclass(frozen=True, kw_only=True)
class Store:
    """A thermal store.

    Parameters
    ----------
    name : str
        Unique in the plant.
    investment_EUR_per_kWh : float
        Per kWh of capacity.
    charge_efficiency, discharge_efficiency : float
        Heat stored per heat taken in, and heat given off per heat taken from the store.
    loss_per_h : float
        Share of the content that is lost in an hour.
    rate_per_h : float
        Most charge and discharge together, kW per kWh of capacity.
    start_end_share : float or None
        Level at start and end as a share of the capacity; None for any level, the same at both.
    smallest_kWh, largest_kWh : float
        Limits of the capacity of a new store; the largest may be infinite.
    is_optional : bool
        Whether a new store may also have capacity 0.
    existing_kWh : float or None
        Capacity of a store that stands already; None for a new one.
    lifetime_a : float or None
        Depreciation time; None for the plant's.

    Raises
    ------
    InputError
        Listing every value out of range or in contradiction to another.

    Examples
    --------
    >>> Store(start_end_share="free").start_end_share is None
    True
    """

    name: str = default("store", "name")
    investment_EUR_per_kWh: float = default("store", "investment_EUR_per_kWh")
    charge_efficiency: float = default("store", "charge_efficiency")
    discharge_efficiency: float = default("store", "discharge_efficiency")
    loss_per_h: float = default("store", "loss_per_h")
    rate_per_h: float = default("store", "rate_per_h")
    start_end_share: float | None = default("store", "start_end_share")
    smallest_kWh: float = default("store", "smallest_kWh")
    largest_kWh: float = default("store", "largest_kWh")
    is_optional: bool = default("store", "is_optional")
    existing_kWh: float | None = default("store", "existing_kWh")
    lifetime_a: float | None = default("store", "lifetime_a")

    def __post_init__(self) -> None:
        settle(self, "store")

    def replace(self, **changes: Any) -> Store:
        """Change some values by key, checked like all others."""
        return replaced(self, "store", changes)


HeatUnit: TypeAlias = HeatPump | Boiler | ElectricBoiler
"""What makes heat."""
Unit: TypeAlias = HeatUnit | Store | Chiller
"""Anything with a size."""


def size_limits(unit: Unit) -> tuple[float, float]:
    """Return the least and the largest size of a unit, kW or kWh.

    Parameters
    ----------
    unit : HeatPump, Boiler, ElectricBoiler, Store or Chiller
        The unit.

    Returns
    -------
    smallest, largest : float
        Twice the same for an existing unit. An optional one may have size 0 besides.

    Examples
    --------
    >>> size_limits(HeatPump(largest_kW=500)), size_limits(Store(existing_kWh=80))
    ((0.0, 500.0), (80.0, 80.0))
    """
    if isinstance(unit, Store):
        existing, smallest, largest = unit.existing_kWh, unit.smallest_kWh, unit.largest_kWh
    else:
        existing, smallest, largest = unit.existing_kW, unit.smallest_kW, unit.largest_kW
    return (smallest, largest) if existing is None else (existing, existing)


def is_existing(unit: Unit) -> bool:
    """Whether a unit stands already: fixed size, no investment."""
    size = unit.existing_kWh if isinstance(unit, Store) else unit.existing_kW
    return size is not None


def steps_of(duration_h: float, step_h: float) -> int:
    """Return how many whole steps a duration takes, rounded up.

    Parameters
    ----------
    duration_h, step_h : float
        Duration and length of a step, h.

    Returns
    -------
    int

    Examples
    --------
    >>> steps_of(1.0, 0.25), steps_of(0.9, 0.25), steps_of(0.0, 0.25), steps_of(0.3, 0.1)
    (4, 4, 0, 3)
    """
    return math.ceil(duration_h / step_h - _ROUNDING)


def table_of(unit: Unit) -> str:
    """Return the name of the table that a unit stands in, such as "heat_pump"."""
    names = {"HeatPump": "heat_pump", "ElectricBoiler": "electric_boiler"}
    return names.get(type(unit).__name__, type(unit).__name__.lower())
