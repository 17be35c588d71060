r"""The independent simulator of model B: what follows from the decisions of a design.

The decisions are sizes, heat and on/off state of every unit, charge and discharge of every store
and its content at the start, and the heat that every chiller removes. Everything else is computed
again, step by step, and nothing here is shared with what builds and solves a model:

1. levels: ``level(t + 1) = (1 - loss step) level(t) + charge efficiency step charge(t)
   - step discharge(t) / discharge efficiency``
2. heat pumps: ``electricity = heat / COP``, and the rest of their heat comes from the waste heat
3. boilers: ``gas = heat / efficiency``; electric boilers: ``electricity = heat / efficiency``
4. chillers: ``electricity = heat removed / COP``; cooling water: the waste heat that no heat pump
   takes and no chiller removes
5. ``OPEX = S step sum_t [electricity (p_el + e_el c) + gas (p_gas + e_gas c)
   + cooling water p_cool]``, ``CO2 = S step sum_t [electricity e_el + gas e_gas]`` with the hours a
   year by the hours of the horizon as S and the CO2 price c
6. ``CAPEX = sum annuity investment size`` of new units, ``TAC = OPEX + CAPEX``
7. a start is a step on after one off; a load change is a start, a stop or another load than in the
   step before. With a free initial state nothing counts at the first step, with a given one the
   step before the first has its state and load. A unit that is not built has no state and no past,
   and nothing counts for it.

**What another load is.** A solver keeps equal loads equal only within its tolerance, and rounding
alone separates numbers that were meant to be the same: compared exactly, they would count as load
changes that nobody made. Loads closer than a tolerance, a millionth of the mean demand, are
therefore the same. That is as much as the heat balance of a step may be off, so that a smaller
change could not be told from noise anyway. A load that creeps by less in every step counts as
constant; it gains nothing by that, as it gets no further than steps times tolerance (in a week of
672 steps 0.07 % of the mean demand). By the same measure a unit is not built if its size is not
above the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.design_form import number_flaws, shape_flaws
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.units import Boiler, HeatPump, HeatUnit, Store

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

TOLERANCE = 1e-6
"""Relative to the mean demand, and to the costs."""
_TOLERANCES = Range(0.0, 1e-2, "give a small share of the mean demand, such as 1e-6")


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """What follows from the decisions of a design; units and stores in its order.

    Attributes
    ----------
    level_kWh : ndarray (K, T+1)
        Content of each store before each step, and at the end.
    source_heat_kW : ndarray (U, T)
        Waste heat that each unit takes; 0 but for heat pumps.
    electricity_kW, gas_kW : ndarray (U, T)
        What each unit consumes; gas by lower heating value.
    chiller_electricity_kW : ndarray (C, T)
        What each chiller consumes.
    cooling_water_kW : ndarray (T,)
        Waste heat that no unit takes; negative where they take more than there is.
    is_load_change, is_start : ndarray of bool (U, T)
        Whether the step begins with one; starts and stops are load changes.
    tac_EUR_per_a, opex_EUR_per_a, capex_EUR_per_a : float
        Yearly costs.
    co2_t_per_a : float
        Emissions of electricity and gas.
    """

    level_kWh: Floats
    source_heat_kW: Floats
    electricity_kW: Floats
    gas_kW: Floats
    chiller_electricity_kW: Floats
    cooling_water_kW: Floats
    is_load_change: Booleans
    is_start: Booleans
    tac_EUR_per_a: float
    opex_EUR_per_a: float
    capex_EUR_per_a: float
    co2_t_per_a: float

    @property
    def n_load_changes(self) -> Integers:
        """Load changes of each unit (U,) in the horizon, starts and stops included."""
        return np.asarray(self.is_load_change.sum(axis=1), dtype=np.int64)

    @property
    def n_starts(self) -> Integers:
        """Starts of each unit (U,) in the horizon."""
        return np.asarray(self.is_start.sum(axis=1), dtype=np.int64)


def simulate(
    profile: HeatProfile,
    parameters: SizingParameters,
    design: SizingDesign,
    *,
    tolerance: float = TOLERANCE,
) -> Simulation:
    """Compute again what follows from the decisions of a design; it need not be a valid one.

    Parameters
    ----------
    profile : HeatProfile
        Demand and waste heat, T steps.
    parameters : SizingParameters
        Prices, U units, K stores and C chillers.
    design : SizingDesign
        Sizes and operation; of its levels only those at the start are read.
    tolerance : float
        Loads that differ by at most this share of the mean demand are the same.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        If profile and parameters do not fit, the tolerance is not from 0 to 0.01, or arrays have
        not the right shape, kind and finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from milpcore.sizing import Boiler, HeatProfile, SizingParameters, Store
    >>> from milpcore.sizing.design import SizingDesign
    >>> profile = HeatProfile(step_h=1.0, heat_demand_kW=[80, 120], waste_heat_kW=[50, 50])
    >>> store = Store(charge_efficiency=1, discharge_efficiency=1, loss_per_h=0)
    >>> parameters = SizingParameters(
    ...     heat_pumps=[], boilers=[Boiler(efficiency=0.8)], stores=[store]
    ... )
    >>> design = SizingDesign(
    ...     size_kW=np.array([100.0]),
    ...     capacity_kWh=np.array([80.0]),
    ...     heat_kW=np.array([[100.0, 100.0]]),
    ...     is_on=np.array([[True, True]]),
    ...     charge_kW=np.array([[20.0, 0.0]]),
    ...     discharge_kW=np.array([[0.0, 20.0]]),
    ...     level_kWh=np.array([[40.0, 60.0, 40.0]]),
    ... )
    >>> simulation = simulate(profile, parameters, design)
    >>> simulation.level_kWh, simulation.gas_kW, simulation.n_load_changes
    (array([[40., 60., 40.]]), array([[125., 125.]]), array([0]))
    """
    margin_kW = heat_margin_kW(profile, tolerance)
    parameters.check_profile(profile)
    _refuse_flaws(profile, parameters, design)
    n_units, n_steps = len(parameters.heat_units), profile.n_steps
    electricity_kW = np.zeros((n_units, n_steps))
    gas_kW = np.zeros((n_units, n_steps))
    source_heat_kW = np.zeros((n_units, n_steps))
    is_load_change = np.zeros((n_units, n_steps), dtype=np.bool_)
    is_start = np.zeros((n_units, n_steps), dtype=np.bool_)
    for u, unit in enumerate(parameters.heat_units):
        heat_kW = design.heat_kW[u]
        if isinstance(unit, HeatPump):
            electricity_kW[u] = heat_kW / parameters.cop(unit, profile)
            source_heat_kW[u] = heat_kW - electricity_kW[u]
        elif isinstance(unit, Boiler):
            gas_kW[u] = heat_kW / unit.efficiency
        else:
            electricity_kW[u] = heat_kW / unit.efficiency
        if design.size_kW[u] > margin_kW:
            is_load_change[u], is_start[u] = _changes(unit, heat_kW, design.is_on[u], margin_kW)
    cooling_water_kW = profile.waste_heat_kW - source_heat_kW.sum(axis=0)
    chiller_electricity_kW = np.zeros((len(parameters.chillers), n_steps))
    for c, chiller in enumerate(parameters.chillers):
        cooling_water_kW = cooling_water_kW - design.chilled_kW[c]
        chiller_electricity_kW[c] = design.chilled_kW[c] / parameters.cop(chiller, profile)
    consumed_kW = np.vstack([electricity_kW, chiller_electricity_kW])
    opex, co2 = _operating_cost(profile, parameters, consumed_kW, gas_kW, cooling_water_kW)
    capex = 0.0
    for unit, size_kW in zip(parameters.heat_units, design.size_kW, strict=True):
        capex += parameters.size_cost_EUR_per_a(unit) * float(size_kW)
    for store, capacity_kWh in zip(parameters.stores, design.capacity_kWh, strict=True):
        capex += parameters.size_cost_EUR_per_a(store) * float(capacity_kWh)
    for chiller, size_kW in zip(parameters.chillers, design.chiller_kW, strict=True):
        capex += parameters.size_cost_EUR_per_a(chiller) * float(size_kW)
    return Simulation(
        level_kWh=_levels(profile, parameters, design),
        source_heat_kW=source_heat_kW,
        electricity_kW=electricity_kW,
        gas_kW=gas_kW,
        chiller_electricity_kW=chiller_electricity_kW,
        cooling_water_kW=cooling_water_kW,
        is_load_change=is_load_change,
        is_start=is_start,
        tac_EUR_per_a=opex + capex,
        opex_EUR_per_a=opex,
        capex_EUR_per_a=capex,
        co2_t_per_a=co2,
    )


def heat_margin_kW(profile: HeatProfile, tolerance: float) -> float:
    """Return the amount of heat that does not matter: a share of the mean demand, kW.

    Parameters
    ----------
    profile : HeatProfile
    tolerance : float
        The share, from 0 to 0.01.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If the share is out of range.
    """
    faults = FaultList()
    share = checked_number("tolerance", tolerance, _TOLERANCES, "-", faults)
    faults.raise_if_any("tolerance")
    return share * float(profile.heat_demand_kW.mean())


def level_after(
    store: Store, level_kWh: float, charge_kW: float, discharge_kW: float, step_h: float
) -> float:
    """Return the content of a store after a step, kWh.

    Parameters
    ----------
    store : Store
    level_kWh : float
        Content before the step.
    charge_kW, discharge_kW : float
        Heat into and out of the store, measured outside of it.
    step_h : float
        Length of the step.

    Returns
    -------
    float

    Examples
    --------
    >>> store = Store(charge_efficiency=0.9, discharge_efficiency=0.8, loss_per_h=0.1)
    >>> f"{level_after(store, 100.0, 20.0, 0.0, 0.5):g}"
    '104'
    >>> f"{level_after(store, 100.0, 0.0, 16.0, 0.5):g}"
    '85'
    """
    kept_kWh = level_kWh - store.loss_per_h * step_h * level_kWh
    added_kWh = store.charge_efficiency * charge_kW * step_h
    taken_kWh = discharge_kW * step_h / store.discharge_efficiency
    return kept_kWh + added_kWh - taken_kWh


def _levels(profile: HeatProfile, parameters: SizingParameters, design: SizingDesign) -> Floats:
    """Levels of all stores (K, T+1) from the start level and all charges."""
    level_kWh = np.zeros((len(parameters.stores), profile.n_steps + 1))
    for k, store in enumerate(parameters.stores):
        level = float(design.level_kWh[k, 0])
        level_kWh[k, 0] = level
        for t in range(profile.n_steps):
            charge, discharge = float(design.charge_kW[k, t]), float(design.discharge_kW[k, t])
            level = level_after(store, level, charge, discharge, profile.step_h)
            level_kWh[k, t + 1] = level
    return level_kWh


def _changes(
    unit: HeatUnit, heat_kW: Floats, is_on: Booleans, margin_kW: float
) -> tuple[Booleans, Booleans]:
    """Whether each step (T,) begins with a load change, and with a start."""
    is_load_change = np.zeros(is_on.size, dtype=np.bool_)
    is_start = np.zeros(is_on.size, dtype=np.bool_)
    if unit.initial is None:
        was_on, load_kW = bool(is_on[0]), float(heat_kW[0])
    else:
        was_on, load_kW = unit.initial.is_on, unit.initial.load_kW
    for t in range(is_on.size):
        is_on_now, load_now_kW = bool(is_on[t]), float(heat_kW[t])
        is_other_load = abs(load_now_kW - load_kW) > margin_kW
        is_load_change[t] = is_on_now != was_on or is_other_load
        is_start[t] = is_on_now and not was_on
        was_on, load_kW = is_on_now, load_now_kW
    return is_load_change, is_start


def _operating_cost(
    profile: HeatProfile,
    parameters: SizingParameters,
    electricity_kW: Floats,
    gas_kW: Floats,
    cooling_water_kW: Floats,
) -> tuple[float, float]:
    """OPEX in EUR/a and emissions in t/a."""
    series = {
        key: parameters.plant_series(key, profile).tolist()
        for key in (
            "electricity_price_EUR_per_MWh",
            "gas_price_EUR_per_MWh",
            "electricity_emission_t_per_MWh",
            "gas_emission_t_per_MWh",
            "cooling_water_price_EUR_per_MWh",
        )
    }
    cost_EUR = emission_t = 0.0
    for t in range(profile.n_steps):
        electricity_MWh = float(electricity_kW[:, t].sum()) * profile.step_h / 1000.0
        gas_MWh = float(gas_kW[:, t].sum()) * profile.step_h / 1000.0
        cooling_MWh = float(cooling_water_kW[t]) * profile.step_h / 1000.0
        emission_t += electricity_MWh * series["electricity_emission_t_per_MWh"][t]
        emission_t += gas_MWh * series["gas_emission_t_per_MWh"][t]
        cost_EUR += electricity_MWh * series["electricity_price_EUR_per_MWh"][t]
        cost_EUR += gas_MWh * series["gas_price_EUR_per_MWh"][t]
        cost_EUR += cooling_MWh * series["cooling_water_price_EUR_per_MWh"][t]
    cost_EUR += emission_t * parameters.plant.co2_price_EUR_per_t
    times_per_a = parameters.plant.operating_hours_h_per_a / (profile.n_steps * profile.step_h)
    return times_per_a * cost_EUR, times_per_a * emission_t


def _refuse_flaws(profile: HeatProfile, parameters: SizingParameters, design: SizingDesign) -> None:
    """Raise one error with all flaws of the arrays."""
    faults = FaultList()
    flaws = shape_flaws(profile, parameters, design) or number_flaws(parameters, design)
    for flaw in flaws:
        where = flaw.unit if flaw.step is None else f"{flaw.unit}, step {flaw.step}"
        rule, remedy = f"must be {flaw.expected}", "give what SizingDesign describes"
        faults.add(where, flaw.field, flaw.found, rule, remedy)
    faults.raise_if_any("SizingDesign")
