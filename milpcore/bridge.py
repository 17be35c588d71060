r"""From model A to model B: a heat pump of a site result becomes a plant to be sized.

Model A knows a steady state: a heat pump delivers :math:`Q` kW at the level of its sink all the
operating hours :math:`h`, and heat from gas would have to do so without it. Model B asks what
happens when the demand fluctuates: which heat pump, boiler and store then. `sizing_case` makes its
problem of the site's numbers and a profile:

==============================================  ================================================
model B                                         from model A
==============================================  ================================================
mean of ``heat_demand_kW``                      heat of the pump, :math:`Q`
mean of ``waste_heat_kW``                       heat it takes from its source level, and what is
                                                cooled away at that level
``cop`` of the heat pump                        COP between its two levels, kept constant
prices of electricity, gas and CO2, emission    the same keys of `SiteEconomics`, unchanged
factors, ``interest_rate``, ``lifetime_a``      (the heat pump keeps no lifetime of its own)
``operating_hours_h_per_a``                     the same: the horizon stands for them, so that the
                                                heat of a year is :math:`Q h`, as there
``cooling_water_price_EUR_per_MWh``             ``cooling_price_EUR_per_MWh``: both per heat removed
``efficiency`` of the boiler                    ``boiler_efficiency``: both per lower heating value
``investment_EUR_per_kW`` of the heat pump      ``heat_pump_investment_EUR_per_kW``: both per kW of
                                                heat delivered, by the same annuity
investment of boiler and store, limits of       not known there: those of ``base``
load, times, load changes, rates, losses
==============================================  ================================================

The levels' temperatures enter by the COP alone. Where the demand is constant, loads may change
freely and boilers cost nothing, the sizes are those of the site: with :math:`Q_0` kW cooled away at
the source level and :math:`r = 1 - 1/COP`,

.. math:: TAC_B = Q\,(a f + h\,c_{el} / COP) + h\,c_{cool}\,Q_0 \tag{1}

if that is less than :math:`Q\,h\,c_{gas}/\eta + h\,c_{cool}\,(Q_0 + r Q)`: the terms of the pump in
the site's own cost, and of the heat from gas that it replaces.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList, InputError
from milpcore.naming import shown
from milpcore.number_kinds import is_whole
from milpcore.site.results import SiteResult
from milpcore.sizing.cases import SizingCase
from milpcore.sizing.parameter_schema import LARGEST_kW
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.plant import Plant
from milpcore.sizing.profile import HeatProfile

Part = TypeVar("Part")
_SAME_KEYS = (
    "electricity_price_EUR_per_MWh",
    "gas_price_EUR_per_MWh",
    "co2_price_EUR_per_t",
    "electricity_emission_t_per_MWh",
    "gas_emission_t_per_MWh",
    "interest_rate",
    "lifetime_a",
    "operating_hours_h_per_a",
)
_DEMAND = Range(0.0, LARGEST_kW, "give the mean demand in kW", open_minimum=True)
_WASTE = Range(0.0, LARGEST_kW, "give the mean waste heat in kW")


def sizing_case(
    result: SiteResult,
    profile: HeatProfile,
    *,
    heat_pump: int | None = None,
    heat_demand_kW: float | None = None,
    waste_heat_kW: float | None = None,
    is_measured: bool = False,
    base: SizingParameters | None = None,
) -> SizingCase:
    """Make a sizing problem of a heat pump of a site result.

    Parameters
    ----------
    result : SiteResult
        With at least one heat pump.
    profile : HeatProfile
        How demand and waste heat fluctuate; their means are set to those of the site. Its further
        series (prices, COPs over time) stay as they are and come before constants, as always.
    heat_pump : int, optional
        Row of ``result.heat_pumps``; not needed where there is but one.
    heat_demand_kW : float, optional
        Mean demand, the heat that is replaced; default the heat of the pump.
    waste_heat_kW : float, optional
        Mean waste heat; default what the pump takes and what is cooled away at its source level.
    is_measured : bool
        Whether the profile is the circuit's own, in kW: then nothing is scaled, and no means may be
        given.
    base : SizingParameters, optional
        All that a site result does not say: investment of boiler and store, minimum loads, times,
        load changes. With one heat pump, and at least one boiler; default the base case.

    Returns
    -------
    SizingCase
        Profile and parameters, as `milpcore.sizing.size_plant` takes them.

    Raises
    ------
    InputError
        Listing all faults: a result without heat pump, a row that does not exist, means out of
        range or of a waste heat that is zero in every step, a base of other units, values that
        model B does not take, such as a COP above 20.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site, sizing
    >>> result = site.greenfield(milpcore.load_case("dairy_8"), n_levels=4)
    >>> result.heat_pumps[["source_C", "sink_C", "heat_kW", "cop"]].round(2)
       source_C  sink_C  heat_kW   cop
    0      54.5    83.5   1699.4  4.86
    >>> profile, parameters = sizing_case(result, sizing.random_profile(seed=1))
    >>> f"{profile.heat_demand_kW.mean():.1f} kW, COP {parameters.heat_pumps[0].cop:.2f}"
    '1699.4 kW, COP 4.86'
    """
    faults = FaultList()
    base = SizingParameters() if base is None else base
    pump = _pump_row(result, heat_pump, faults)
    _check_base(base, faults)
    means = _means(result, pump, heat_demand_kW, waste_heat_kW, is_measured, faults)
    scaled = _scaled(profile, means, faults)
    parameters = _parameters(result, pump, base, faults)
    faults.raise_if_any("sizing_case")
    assert scaled is not None
    assert parameters is not None
    parameters.check_profile(scaled)
    return SizingCase(scaled, parameters)


def _pump_row(result: SiteResult, heat_pump: int | None, faults: FaultList) -> pd.Series | None:
    """Return the row of a heat pump."""
    if not isinstance(result, SiteResult):
        remedy = "pass what site.greenfield returns, or one of a study's results"
        faults.add("", "result", shown(result), "must be a SiteResult", remedy)
        return None
    table = result.heat_pumps
    if table.empty:
        rule = f"has no heat pump ({result.status.value})"
        remedy = "take a result with one, or size with SizingParameters"
        faults.add("", "result", None, rule, remedy)
        return None
    choices = ", ".join(
        f"{row} is {pump['source_C']:g} to {pump['sink_C']:g} °C"
        for row, (_, pump) in enumerate(table.iterrows())
    )
    if heat_pump is None and len(table) == 1:
        heat_pump = 0
    if heat_pump is None or not is_whole(heat_pump) or not 0 <= heat_pump < len(table):
        value = None if heat_pump is None else shown(heat_pump)
        rule = f"must be a row of the result's {len(table)} heat pumps"
        faults.add("", "heat_pump", value, rule, f"give one: {choices}")
        return None
    return table.iloc[int(heat_pump)]


def _check_base(base: SizingParameters, faults: FaultList) -> None:
    if not isinstance(base, SizingParameters):
        remedy = "pass sizing.SizingParameters(...)"
        faults.add("", "base", shown(base), "must be SizingParameters", remedy)
        return
    if len(base.heat_pumps) != 1:
        remedy = "keep the one that stands for the site's; add others to the parameters returned"
        faults.add("base", "heat_pumps", len(base.heat_pumps), "must be one", remedy)
    if not base.boilers:
        remedy = "give a boiler; the site's external heat comes from gas"
        faults.add("base", "boilers", 0, "must be one or more", remedy)


def _means(
    result: SiteResult,
    pump: pd.Series | None,
    demand_kW: float | None,
    waste_kW: float | None,
    is_measured: bool,
    faults: FaultList,
) -> tuple[float, float] | None:
    """Return the means of demand and waste heat; None where nothing is scaled."""
    given = {"heat_demand_kW": demand_kW, "waste_heat_kW": waste_kW}
    if is_measured:
        for name, value in given.items():
            if value is not None:
                rule = "is a mean to scale to, and a measured profile is not scaled"
                faults.add("", name, shown(value), rule, "leave it out, or is_measured")
        return None
    default = {} if pump is None else _site_means(result, pump)
    found = []
    for name, allowed in (("heat_demand_kW", _DEMAND), ("waste_heat_kW", _WASTE)):
        value = given[name]
        if value is None:
            found.append(default.get(name, math.nan))
        else:
            found.append(checked_number(name, value, allowed, "kW", faults))
    return found[0], found[1]


def _site_means(result: SiteResult, pump: pd.Series) -> dict[str, float]:
    """Return the heat of a pump, and that of its source and cooled away there, kW."""
    at_source = result.levels["temperature_C"] == pump["source_C"]
    cooled_kW = float(result.levels.loc[at_source, "cooling_kW"].sum())
    waste_kW = float(pump["source_heat_kW"]) + cooled_kW
    return {"heat_demand_kW": float(pump["heat_kW"]), "waste_heat_kW": waste_kW}


def _scaled(
    profile: HeatProfile, means: tuple[float, float] | None, faults: FaultList
) -> HeatProfile | None:
    """Return the profile with these means."""
    if not isinstance(profile, HeatProfile):
        remedy = "pass sizing.read_profile(...), or sizing.random_profile(seed=1)"
        faults.add("", "profile", shown(profile), "must be a HeatProfile", remedy)
        return None
    if means is None:
        return profile
    demand_kW, waste_kW = np.asarray(profile.heat_demand_kW), np.asarray(profile.waste_heat_kW)
    if means[1] > 0.0 and not waste_kW.any():
        rule = f"is 0 in every step, and cannot be scaled to a mean of {means[1]:.6g} kW"
        remedy = "give its shape, such as ones for a constant one, or waste_heat_kW=0"
        faults.add("profile", "waste_heat_kW", None, rule, remedy)
        return None
    if len(faults):  # means may be NaN
        return None
    waste_factor = means[1] / float(waste_kW.mean()) if waste_kW.any() else 0.0
    return dataclasses.replace(
        profile,
        heat_demand_kW=demand_kW * (means[0] / float(demand_kW.mean())),
        waste_heat_kW=waste_kW * waste_factor,
    )


def _parameters(
    result: SiteResult, pump: pd.Series | None, base: SizingParameters, faults: FaultList
) -> SizingParameters | None:
    """Return the base with all that the site knows, noting what model B does not take."""
    if pump is None or not isinstance(base, SizingParameters):
        return None
    site = result.economics

    def made(make: Callable[[], Part]) -> Part | None:
        try:
            return make()
        except InputError as error:
            for fault in error.faults:
                where = " ".join(part for part in ("site result", fault.where) if part)
                faults.add(where, fault.field, fault.value, fault.rule, fault.remedy)
            return None

    prices: dict[str, Any] = {key: getattr(site, key) for key in _SAME_KEYS}
    prices["cooling_water_price_EUR_per_MWh"] = site.cooling_price_EUR_per_MWh
    from_site: dict[str, Any] = {
        "cop": float(pump["cop"]),
        "investment_EUR_per_kW": site.heat_pump_investment_EUR_per_kW,
        "lifetime_a": None,
    }
    efficiency = site.boiler_efficiency
    plant = made(partial(Plant, **prices))
    heat_pumps = [made(partial(unit.replace, **from_site)) for unit in base.heat_pumps]
    boilers = [made(partial(unit.replace, efficiency=efficiency)) for unit in base.boilers]
    if len(faults):
        return None
    return base.replace(plant=plant, heat_pumps=heat_pumps, boilers=boilers)
