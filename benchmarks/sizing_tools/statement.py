"""An instance of the sizing problem as plain numbers, and a table of decisions as a design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from milpcore.sizing import HeatProfile, SizingCase, SizingDesign, SizingParameters, steps_of
from milpcore.sizing.units import HeatUnit

STORE_h = 24.0
"""Hours of mean demand that the largest store holds."""


def limited(case: SizingCase) -> SizingCase:
    """Give every unit the largest size that the other tools need.

    Parameters
    ----------
    case : SizingCase
        One heat pump, one boiler, one store.

    Returns
    -------
    SizingCase
        Heat pump and boiler up to the peak demand, the store up to `STORE_h` of the mean demand.
    """
    profile, parameters = case
    peak_kW = float(profile.heat_demand_kW.max())
    for unit in parameters.heat_units:
        parameters = parameters.replace_unit(unit.name, largest_kW=peak_kW)
    largest_kWh = STORE_h * float(profile.heat_demand_kW.mean())
    for store in parameters.stores:
        parameters = parameters.replace_unit(store.name, largest_kWh=largest_kWh)
    return SizingCase(profile, parameters)


def without_load_changes(case: SizingCase) -> SizingCase:
    """Leave out the limit of load changes."""
    parameters = case.parameters
    for unit in parameters.heat_units:
        parameters = parameters.replace_unit(unit.name, load_changes_per_window=None)
    return SizingCase(case.profile, parameters)


def statement_of(case: SizingCase) -> dict[str, Any]:
    """Return an instance as plain numbers, for JSON.

    Parameters
    ----------
    case : SizingCase
        As `limited` gives it: one heat pump, one boiler, one store, constant prices, free initial
        states, a given share of the store at start and end.

    Returns
    -------
    dict
        kW, kWh, h, EUR/kWh, and EUR per kW (kWh) and year; times in steps.

    Raises
    ------
    ValueError
        If the case has what the statements of the other tools have not.
    """
    profile, parameters = case
    _refuse_unknown(profile, parameters)
    pump, boiler, store = parameters.heat_pumps[0], parameters.boilers[0], parameters.stores[0]
    plant = parameters.plant
    kept_share = 1.0 - store.loss_per_h * profile.step_h
    return {
        "step_h": profile.step_h,
        "annual_scale_per_a": parameters.annual_scale_per_a(profile),
        "demand_kW": profile.heat_demand_kW.tolist(),
        "waste_kW": profile.waste_heat_kW.tolist(),
        "electricity_EUR_per_kWh": float(
            plant.electricity_price_EUR_per_MWh
            + plant.electricity_emission_t_per_MWh * plant.co2_price_EUR_per_t
        )
        / 1000.0,
        "gas_EUR_per_kWh": float(
            plant.gas_price_EUR_per_MWh + plant.gas_emission_t_per_MWh * plant.co2_price_EUR_per_t
        )
        / 1000.0,
        "cooling_EUR_per_kWh": plant.cooling_water_price_EUR_per_MWh / 1000.0,
        "heat_pump": _unit(pump, case) | {"cop": pump.cop},
        "boiler": _unit(boiler, case) | {"efficiency": boiler.efficiency},
        "store": {
            "cost_EUR_per_kWh_a": parameters.size_cost_EUR_per_a(store),
            "largest_kWh": store.largest_kWh,
            "charge_efficiency": store.charge_efficiency,
            "discharge_efficiency": store.discharge_efficiency,
            "compound_loss_per_h": 1.0 - kept_share ** (1.0 / profile.step_h),
            "rate_per_h": store.rate_per_h,
            "start_end_share": store.start_end_share,
        },
    }


def design_of(decisions: Mapping[str, Any], margin_kW: float) -> SizingDesign:
    """Return a table of decisions as a design.

    Parameters
    ----------
    decisions : mapping of str to list
        As the tools write it: ``size_kW`` (U,), ``capacity_kWh``, ``heat_kW`` (U, T), ``is_on``
        (U, T), ``charge_kW`` and ``discharge_kW`` (T,), ``level_kWh`` (T+1,).
    margin_kW : float
        A unit that is no larger is not built; its state means nothing to the tools, and is off.

    Returns
    -------
    SizingDesign
        With a solver's small negative numbers set to 0.
    """

    def array(key: str) -> Any:
        return np.maximum(np.array(decisions[key], dtype=float), 0.0)

    size_kW = array("size_kW")
    return SizingDesign(
        size_kW=size_kW,
        capacity_kWh=array("capacity_kWh").reshape(1),
        heat_kW=array("heat_kW"),
        is_on=(array("is_on") > 0.5) & (size_kW > margin_kW)[:, None],
        charge_kW=array("charge_kW")[None, :],
        discharge_kW=array("discharge_kW")[None, :],
        level_kWh=array("level_kWh")[None, :],
    )


def decisions_of(design: SizingDesign) -> dict[str, Any]:
    """Return sizes, states and heat of a design as plain numbers, to be fixed in another tool."""
    return {
        "size_kW": design.size_kW.tolist(),
        "capacity_kWh": float(design.capacity_kWh[0]),
        "heat_kW": design.heat_kW.tolist(),
        "is_on": design.is_on.astype(int).tolist(),
    }


def _unit(unit: HeatUnit, case: SizingCase) -> dict[str, Any]:
    profile, parameters = case
    changes = unit.load_changes_per_window
    return {
        "cost_EUR_per_kW_a": parameters.size_cost_EUR_per_a(unit),
        "largest_kW": unit.largest_kW,
        "minimum_load": unit.minimum_load,
        "min_up": steps_of(unit.min_up_h, profile.step_h),
        "min_down": steps_of(unit.min_down_h, profile.step_h),
        "window": None if changes is None else steps_of(unit.window_h, profile.step_h),
    }


def _refuse_unknown(profile: HeatProfile, parameters: SizingParameters) -> None:
    counts = len(parameters.heat_pumps), len(parameters.boilers), len(parameters.stores)
    is_plain = not profile.series and not parameters.electric_boilers and counts == (1, 1, 1)
    is_plain = is_plain and not parameters.chillers
    units = parameters.heat_units
    is_plain = is_plain and all(u.initial is None and u.existing_kW is None for u in units)
    is_plain = is_plain and all(u.load_changes_per_window in (None, 1) for u in units)
    limits = [u.largest_kW for u in units] + [store.largest_kWh for store in parameters.stores]
    if not is_plain or not np.all(np.isfinite(limits)):
        raise ValueError("only a new heat pump, boiler and store with limits, at constant prices")
    if parameters.stores[0].start_end_share is None:
        raise ValueError("only a store with a given share at start and end")
