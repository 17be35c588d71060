"""A sizing problem as arrays: what every formulation, cut and start of model B reads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milpcore.faults import FaultList
from milpcore.sizing.chiller_arrays import ChillerArrays, chiller_arrays
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.units import HeatUnit, Store, is_existing, size_limits, steps_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

UNLIMITED = np.iinfo(np.int64).max
"""Load changes per window where there is no limit; steps since something long ago."""
ALWAYS = -1
"""In place of the column that says whether a unit is built, where nothing depends on it."""


@dataclass(frozen=True, eq=False)
class UnitArrays:
    """The units that make heat, one entry each (U,).

    Attributes
    ----------
    smallest_kW, largest_kW : ndarray (U,)
        Limits of the size of a unit that is built; equal for an existing one.
    may_be_absent : ndarray of bool (U,)
        Whether size 0 is possible besides.
    size_cost_EUR_per_kW_a : ndarray (U,)
    minimum_load : ndarray (U,)
    min_up, min_down : ndarray of int (U,)
        Least steps on and off.
    most_changes : ndarray of int (U,)
        Load changes in any window, `UNLIMITED` for no limit.
    window : ndarray of int (U,)
        Steps of the window.
    has_past : ndarray of bool (U,)
        Whether the state before the first step is given; the three that follow count only then.
    was_on : ndarray of bool (U,)
    past_load_kW : ndarray (U,)
    steps_in_state, steps_since_change : ndarray of int (U,)
        Whole steps; a part of a step does not count.
    source_share : ndarray (U, T)
        Waste heat taken per heat delivered.
    heat_cost_EUR_per_kWh : ndarray (U, T)
        Energy and CO2 less the cooling water saved.
    """

    smallest_kW: Floats
    largest_kW: Floats
    may_be_absent: Booleans
    size_cost_EUR_per_kW_a: Floats
    minimum_load: Floats
    min_up: Integers
    min_down: Integers
    most_changes: Integers
    window: Integers
    has_past: Booleans
    was_on: Booleans
    past_load_kW: Floats
    steps_in_state: Integers
    steps_since_change: Integers
    source_share: Floats
    heat_cost_EUR_per_kWh: Floats

    @property
    def least_kW(self) -> Floats:
        """Least sizes (U,): 0 where a unit may be absent."""
        return np.where(self.may_be_absent, 0.0, self.smallest_kW)

    @property
    def is_limited(self) -> Booleans:
        """Whether load changes are limited (U,)."""
        return self.most_changes < UNLIMITED

    @property
    def is_held_if_built(self) -> Booleans:
        """Whether the past holds a load at the first step unless a unit is not built (U,)."""
        held = (self.most_changes == 1) & (self.steps_since_change < self.window)
        had_load = self.has_past & (self.past_load_kW > 0.0)
        return np.asarray(had_load & held & (self.least_kW == 0.0))

    @property
    def is_always_on(self) -> Booleans:
        """Whether being off is never better than running at any load from 0 on (U,)."""
        started = ~self.has_past | self.was_on
        return np.asarray((self.minimum_load == 0.0) & started)


@dataclass(frozen=True, eq=False)
class StoreArrays:
    """The stores, one entry each (K,).

    Attributes
    ----------
    smallest_kWh, largest_kWh : ndarray (K,)
        Limits of the capacity of a store that is built; equal for an existing one.
    may_be_absent : ndarray of bool (K,)
    capacity_cost_EUR_per_kWh_a : ndarray (K,)
    charge_efficiency, discharge_efficiency : ndarray (K,)
    kept_share : ndarray (K,)
        Content left after a step.
    rate_per_h : ndarray (K,)
    start_end_share : ndarray (K,)
        Not a number where the level at start and end is free.
    """

    smallest_kWh: Floats
    largest_kWh: Floats
    may_be_absent: Booleans
    capacity_cost_EUR_per_kWh_a: Floats
    charge_efficiency: Floats
    discharge_efficiency: Floats
    kept_share: Floats
    rate_per_h: Floats
    start_end_share: Floats

    @property
    def least_kWh(self) -> Floats:
        """Least capacities (K,): 0 where a store may be absent."""
        return np.where(self.may_be_absent, 0.0, self.smallest_kWh)


@dataclass(frozen=True, eq=False)
class SizingInputs:
    """A profile and parameters as arrays.

    Attributes
    ----------
    profile : HeatProfile
    parameters : SizingParameters
    demand_kW, waste_kW : ndarray (T,)
    step_h : float
    annual_scale_per_a : float
        How often the horizon happens in a year.
    cooling_cost_EUR_per_a : float
        Of all waste heat, before heat pumps and chillers take any.
    units : UnitArrays
    stores : StoreArrays
    chillers : ChillerArrays
    heat_scale_kW, cost_scale_EUR_per_a : float
        Powers of ten; models are assembled in multiples of them.
    """

    profile: HeatProfile
    parameters: SizingParameters
    demand_kW: Floats
    waste_kW: Floats
    step_h: float
    annual_scale_per_a: float
    cooling_cost_EUR_per_a: float
    units: UnitArrays
    stores: StoreArrays
    chillers: ChillerArrays
    heat_scale_kW: float
    cost_scale_EUR_per_a: float

    @property
    def n_steps(self) -> int:
        """Number of steps T."""
        return self.demand_kW.size

    @property
    def n_units(self) -> int:
        """Number of units that make heat, U."""
        return self.units.smallest_kW.size

    @property
    def n_stores(self) -> int:
        """Number of stores, K."""
        return self.stores.smallest_kWh.size

    @property
    def hours_per_a(self) -> float:
        """Hours a year that one step stands for."""
        return self.annual_scale_per_a * self.step_h


def prepare(profile: HeatProfile, parameters: SizingParameters | None = None) -> SizingInputs:
    """Turn a profile and parameters into arrays.

    Parameters
    ----------
    profile : HeatProfile
        Demand and waste heat over time.
    parameters : SizingParameters, optional
        Prices and units; the base case if not given.

    Returns
    -------
    SizingInputs

    Raises
    ------
    InputError
        Listing what does not fit together: columns for units that do not exist, stores that
        lose everything in one step or could grow without cost and limit.

    Examples
    --------
    >>> from milpcore import sizing
    >>> inputs = prepare(*sizing.load_case("base_48h"))
    >>> inputs.n_units, inputs.n_stores, inputs.n_steps
    (2, 1, 192)
    """
    parameters = SizingParameters() if parameters is None else parameters
    parameters.check_profile(profile)
    _refuse_endless_stores(parameters)
    waste_kW = np.asarray(profile.waste_heat_kW)
    cooling = parameters.cooling_cost_EUR_per_kWh(profile)
    scale_per_a = parameters.annual_scale_per_a(profile)
    mean_kW = float(np.mean(profile.heat_demand_kW))
    units = _unit_arrays(profile, parameters)
    dearest = float(np.abs(units.heat_cost_EUR_per_kWh).max())
    yearly = mean_kW * max(dearest, 1e-6) * parameters.plant.operating_hours_h_per_a
    return SizingInputs(
        profile=profile,
        parameters=parameters,
        demand_kW=np.asarray(profile.heat_demand_kW),
        waste_kW=waste_kW,
        step_h=profile.step_h,
        annual_scale_per_a=scale_per_a,
        cooling_cost_EUR_per_a=scale_per_a * profile.step_h * float(cooling @ waste_kW),
        units=units,
        stores=_store_arrays(profile, parameters),
        chillers=chiller_arrays(profile, parameters),
        heat_scale_kW=_power_of_ten(mean_kW) / 100.0,
        cost_scale_EUR_per_a=_power_of_ten(yearly) / 1000.0,
    )


def _unit_arrays(profile: HeatProfile, parameters: SizingParameters) -> UnitArrays:
    units = parameters.heat_units
    cooling = parameters.cooling_cost_EUR_per_kWh(profile)
    limits = [size_limits(unit) for unit in units]
    source_share = np.stack([parameters.source_share(unit, profile) for unit in units])
    cost = np.stack([parameters.heat_cost_EUR_per_kWh(unit, profile) for unit in units])
    past = [unit.initial for unit in units]
    changes = [unit.load_changes_per_window for unit in units]

    def whole_steps(hours: list[float]) -> Integers:
        steps = [math.floor(h / profile.step_h + 1e-9) if h < math.inf else -1 for h in hours]
        return np.array([UNLIMITED if step < 0 else step for step in steps], dtype=np.int64)

    def steps(hours: list[float]) -> Integers:
        return np.array([steps_of(h, profile.step_h) for h in hours], dtype=np.int64)

    return UnitArrays(
        smallest_kW=np.array([smallest for smallest, _ in limits]),
        largest_kW=np.array([largest for _, largest in limits]),
        may_be_absent=np.array([_may_be_absent(unit) for unit in units]),
        size_cost_EUR_per_kW_a=np.array([parameters.size_cost_EUR_per_a(u) for u in units]),
        minimum_load=np.array([unit.minimum_load for unit in units]),
        min_up=steps([unit.min_up_h for unit in units]),
        min_down=steps([unit.min_down_h for unit in units]),
        most_changes=np.array([UNLIMITED if n is None else n for n in changes], dtype=np.int64),
        window=steps([unit.window_h for unit in units]),
        has_past=np.array([state is not None for state in past]),
        was_on=np.array([state is not None and state.is_on for state in past]),
        past_load_kW=np.array([0.0 if state is None else state.load_kW for state in past]),
        steps_in_state=whole_steps([math.inf if s is None else s.hours_in_state_h for s in past]),
        steps_since_change=whole_steps([math.inf if s is None else s.last_change_h for s in past]),
        source_share=source_share,
        heat_cost_EUR_per_kWh=cost - cooling * source_share,
    )


def _store_arrays(profile: HeatProfile, parameters: SizingParameters) -> StoreArrays:
    stores = parameters.stores
    limits = [size_limits(store) for store in stores]
    shares = [store.start_end_share for store in stores]
    return StoreArrays(
        smallest_kWh=np.array([smallest for smallest, _ in limits]),
        largest_kWh=np.array([largest for _, largest in limits]),
        may_be_absent=np.array([_may_be_absent(store) for store in stores], dtype=bool),
        capacity_cost_EUR_per_kWh_a=np.array([parameters.size_cost_EUR_per_a(s) for s in stores]),
        charge_efficiency=np.array([store.charge_efficiency for store in stores]),
        discharge_efficiency=np.array([store.discharge_efficiency for store in stores]),
        kept_share=np.array([1.0 - store.loss_per_h * profile.step_h for store in stores]),
        rate_per_h=np.array([store.rate_per_h for store in stores]),
        start_end_share=np.array([np.nan if share is None else share for share in shares]),
    )


def _may_be_absent(unit: HeatUnit | Store) -> bool:
    return not is_existing(unit) and unit.is_optional


def _refuse_endless_stores(parameters: SizingParameters) -> None:
    """Refuse stores whose size nothing limits."""
    faults = FaultList()
    for store in parameters.stores:
        free = parameters.size_cost_EUR_per_a(store) == 0.0
        if free and size_limits(store)[1] == math.inf:
            rule = "no limit, and the store costs nothing"
            remedy = "give largest_kWh or investment_EUR_per_kWh"
            faults.add(store.name, "largest_kWh", "inf", rule, remedy)
    faults.raise_if_any("stores")


def _power_of_ten(value: float) -> float:
    return float(10.0 ** math.floor(math.log10(value)))
