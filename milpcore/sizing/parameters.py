r"""All parameters of a sizing problem, and the numbers that a model derives from them.

Per kWh of heat (of a chiller: of heat removed), with electricity price :math:`p_{el}`, emission
factor :math:`e_{el}`, CO2 price :math:`c` and likewise for gas,

================  ===================================  ======================
unit              cost, EUR/kWh                        emission, t/kWh
================  ===================================  ======================
heat pump         :math:`(p_{el} + e_{el} c) / COP`    :math:`e_{el} / COP`
gas boiler        :math:`(p_{gas} + e_{gas} c)/\eta`   :math:`e_{gas} / \eta`
electric boiler   :math:`(p_{el} + e_{el} c)/\eta`     :math:`e_{el} / \eta`
chiller           :math:`(p_{el} + e_{el} c) / COP`    :math:`e_{el} / COP`
================  ===================================  ======================

each divided by 1000 because prices are per MWh. Prices, emission factors and COPs may be series: a
column of the profile overrides the constant. What happens in the horizon happens :math:`S =
\mathrm{hours} / (T \Delta)` times a year; a size costs its annuity times its investment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics import annuity_per_a
from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.sizing.chiller import Chiller
from milpcore.sizing.parameter_schema import KEYS, WORDS, checked_entries
from milpcore.sizing.plant import Plant
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_schema import COP
from milpcore.sizing.units import (
    Boiler,
    ElectricBoiler,
    HeatPump,
    HeatUnit,
    Store,
    Unit,
    is_existing,
    table_of,
)

Floats = npt.NDArray[np.float64]

_GROUPS: dict[str, type] = {
    "heat_pumps": HeatPump,
    "boilers": Boiler,
    "electric_boilers": ElectricBoiler,
    "stores": Store,
    "chillers": Chiller,
}


@dataclass(frozen=True, kw_only=True)
class SizingParameters:
    """Prices and all units of a plant; the defaults are those of the base case.

    Parameters
    ----------
    plant : Plant
        Prices, emission factors, financing.
    heat_pumps : sequence of HeatPump
        Any number; kept as a tuple, like the others.
    boilers : sequence of Boiler
        Gas boilers.
    electric_boilers : sequence of ElectricBoiler
        None by default.
    stores : sequence of Store
        Thermal stores.
    chillers : sequence of Chiller
        None by default.

    Raises
    ------
    InputError
        Listing names that are not unique and lists that hold anything else, or if nothing makes
        heat.

    Examples
    --------
    >>> parameters = SizingParameters()
    >>> [unit.name for unit in parameters.heat_units], parameters.stores[0].name
    (['heat_pump', 'boiler'], 'store')
    >>> print(f"{parameters.size_cost_EUR_per_a(parameters.stores[0]):.4f} EUR/(kWh a)")
    2.3598 EUR/(kWh a)
    """

    plant: Plant = dataclasses.field(default_factory=Plant)
    heat_pumps: Sequence[HeatPump] = (HeatPump(),)
    boilers: Sequence[Boiler] = (Boiler(),)
    electric_boilers: Sequence[ElectricBoiler] = ()
    stores: Sequence[Store] = (Store(),)
    chillers: Sequence[Chiller] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        if not isinstance(self.plant, Plant):
            faults.add("", "plant", shown(self.plant), "must be a Plant", "pass sizing.Plant(...)")
        for group, kind in _GROUPS.items():
            units = getattr(self, group)
            if not isinstance(units, list | tuple) or any(type(u) is not kind for u in units):
                rule = f"must be a list of {kind.__name__}"
                faults.add("", group, shown(units), rule, f"pass [sizing.{kind.__name__}(...)]")
            else:
                object.__setattr__(self, group, tuple(units))
        if not len(faults):
            check_units(list(self.units), faults)
        faults.raise_if_any("SizingParameters")

    @property
    def heat_units(self) -> tuple[HeatUnit, ...]:
        """All units that make heat, the unit axis: heat pumps, boilers, electric boilers."""
        return (*self.heat_pumps, *self.boilers, *self.electric_boilers)

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units that make heat, then the stores, then the chillers."""
        return (*self.heat_units, *self.stores, *self.chillers)

    def unit(self, name: str) -> Unit:
        """Return the unit of a name.

        Raises
        ------
        InputError
            If there is none; the message names the nearest.
        """
        for unit in self.units:
            if unit.name == name:
                return unit
        faults = FaultList()
        remedy = suggestion(str(name), [unit.name for unit in self.units])
        faults.add("", "name", shown(name), "unknown unit", remedy)
        faults.raise_if_any("SizingParameters")
        raise AssertionError

    def replace(self, **changes: Any) -> SizingParameters:
        """Change the plant's values by key, or whole lists of units.

        Parameters
        ----------
        **changes : object
            Keys of `Plant`; or ``plant``, ``heat_pumps``, ``boilers``, ``electric_boilers``,
            ``stores``, ``chillers``.

        Returns
        -------
        SizingParameters

        Raises
        ------
        InputError
            Listing unknown keys, with the nearest known one, and values out of range.

        Examples
        --------
        >>> changed = SizingParameters().replace(gas_price_EUR_per_MWh=80, stores=[])
        >>> changed.plant.gas_price_EUR_per_MWh, changed.stores
        (80.0, ())
        """
        faults = FaultList()
        parts = {key: value for key, value in changes.items() if key in ("plant", *_GROUPS)}
        known = [*KEYS["plant"], "plant", *_GROUPS]
        prices = {}
        for key, value in changes.items():
            if key in KEYS["plant"]:
                prices[key] = value
            elif key not in parts:
                faults.add("", shown(key), shown(value), "unknown key", suggestion(key, known))
        checked = checked_entries("plant", prices, "", faults)
        faults.raise_if_any("SizingParameters.replace")
        if prices:
            parts["plant"] = parts.get("plant", self.plant).replace(**checked)
        return dataclasses.replace(self, **parts)

    def replace_unit(self, name: str, **changes: Any) -> SizingParameters:
        """Change values of one unit.

        Parameters
        ----------
        name : str
            Name of the unit.
        **changes : object
            New values by key.

        Returns
        -------
        SizingParameters

        Raises
        ------
        InputError
            If there is no such unit, or listing unknown keys and values out of range.

        Examples
        --------
        >>> SizingParameters().replace_unit("heat_pump", cop=3).heat_pumps[0].cop
        3.0
        """
        changed = self.unit(name).replace(**changes)
        group = next(group for group, kind in _GROUPS.items() if type(changed) is kind)
        units = [changed if unit.name == name else unit for unit in getattr(self, group)]
        replaced: dict[str, Any] = {group: units}
        return dataclasses.replace(self, **replaced)

    def annuity_per_a(self, unit: Unit) -> float:
        """Return the yearly share of a unit's investment, 1/a."""
        lifetime_a = self.plant.lifetime_a if unit.lifetime_a is None else unit.lifetime_a
        return annuity_per_a(self.plant.interest_rate, lifetime_a)

    def size_cost_EUR_per_a(self, unit: Unit) -> float:
        """Return what a kW (of a store: a kWh) of size costs a year; 0 for an existing unit."""
        if is_existing(unit):
            return 0.0
        if isinstance(unit, Store):
            return self.annuity_per_a(unit) * unit.investment_EUR_per_kWh
        return self.annuity_per_a(unit) * unit.investment_EUR_per_kW

    def annual_scale_per_a(self, profile: HeatProfile) -> float:
        """Return how often the horizon happens in a year, 1/a."""
        return self.plant.operating_hours_h_per_a / profile.horizon_h

    def plant_series(self, key: str, profile: HeatProfile) -> Floats:
        """Return a value of the plant in every step (T,): the profile's column, or the constant.

        Parameters
        ----------
        key : str
            Key of `Plant`, such as ``"electricity_price_EUR_per_MWh"``.
        profile : HeatProfile
            The profile.

        Returns
        -------
        ndarray (T,)
            In the unit that the key names; read-only.
        """
        return _in_every_step(profile.series.get(key), getattr(self.plant, key), profile)

    def cop(self, unit: HeatPump | Chiller, profile: HeatProfile) -> Floats:
        """Return the COP of a heat pump or chiller in every step (T,).

        The profile's column ``cop_<name>`` comes before ``cop``, which is for heat pumps only, that
        before the constant.
        """
        common = profile.series.get(COP) if isinstance(unit, HeatPump) else None
        series = profile.series.get(f"{COP}_{unit.name}", common)
        return _in_every_step(series, unit.cop, profile)

    def source_share(self, unit: HeatUnit, profile: HeatProfile) -> Floats:
        """Return the waste heat that a unit takes per heat delivered (T,); 0 but for pumps."""
        if isinstance(unit, HeatPump):
            return 1.0 - 1.0 / self.cop(unit, profile)
        return np.zeros(profile.n_steps)

    def heat_cost_EUR_per_kWh(self, unit: HeatUnit, profile: HeatProfile) -> Floats:
        """Return what a unit's heat costs (T,): energy and CO2, without cooling water saved."""
        carrier = "gas" if isinstance(unit, Boiler) else "electricity"
        price = self.plant_series(f"{carrier}_price_EUR_per_MWh", profile)
        emission = self.plant_series(f"{carrier}_emission_t_per_MWh", profile)
        paid = price + emission * self.plant.co2_price_EUR_per_t
        return paid / (1000.0 * self._yield(unit, profile))

    def heat_emission_t_per_kWh(self, unit: HeatUnit, profile: HeatProfile) -> Floats:
        """Return what a unit's heat emits (T,)."""
        carrier = "gas" if isinstance(unit, Boiler) else "electricity"
        emission = self.plant_series(f"{carrier}_emission_t_per_MWh", profile)
        return emission / (1000.0 * self._yield(unit, profile))

    def chilling_cost_EUR_per_kWh(self, chiller: Chiller, profile: HeatProfile) -> Floats:
        """Return what heat removed costs (T,): electricity and CO2, without cooling water saved."""
        price = self.plant_series("electricity_price_EUR_per_MWh", profile)
        emission = self.plant_series("electricity_emission_t_per_MWh", profile)
        paid = price + emission * self.plant.co2_price_EUR_per_t
        return paid / (1000.0 * self.cop(chiller, profile))

    def cooling_cost_EUR_per_kWh(self, profile: HeatProfile) -> Floats:
        """Return what cooling water costs per kWh of waste heat (T,)."""
        return self.plant_series("cooling_water_price_EUR_per_MWh", profile) / 1000.0

    def check_profile(self, profile: HeatProfile) -> None:
        """Refuse a profile that does not fit these parameters.

        Raises
        ------
        InputError
            Listing columns ``cop_<name>`` without a heat pump or chiller of that name, and stores
            that would lose all their content in one step.

        Examples
        --------
        >>> profile = HeatProfile(
        ...     step_h=1.0, heat_demand_kW=[5, 6], waste_heat_kW=[1, 1], series={"cop_old": [3, 3]}
        ... )
        >>> SizingParameters().check_profile(profile)
        Traceback (most recent call last):
            ...
        milpcore.faults.InputError: profile and parameters: 1 fault
          - columns: cop_old: no heat pump is called 'old'; known: heat_pump
        """
        faults = FaultList()
        names = [pump.name for pump in self.heat_pumps] + [one.name for one in self.chillers]
        kinds = "heat pump or chiller" if self.chillers else "heat pump"
        for column in profile.series:
            prefix, _, name = column.partition("_")
            if prefix == COP and name and name not in names:
                remedy = suggestion(name, names) if names else "delete the column"
                faults.add("columns", column, None, f"no {kinds} is called {name!r}", remedy)
        for store in self.stores:
            if store.loss_per_h * profile.step_h >= 1.0:
                rule = f"loses all its content in a step of {profile.step_h:g} h"
                remedy = "take shorter steps, or a smaller loss"
                faults.add(store.name, "loss_per_h", store.loss_per_h, rule, remedy)
        faults.raise_if_any("profile and parameters")

    def table(self) -> pd.DataFrame:
        """List all values with unit of measurement, status and source.

        Returns
        -------
        DataFrame
            Columns ``part`` ("plant", or the name of a unit), ``parameter``, ``value``, ``unit``,
            ``status``, ``source``; the status of a value that is not the default is "given",
            without source.

        Examples
        --------
        >>> table = SizingParameters().replace(gas_price_EUR_per_MWh=55).table()
        >>> table.loc[[1], ["part", "parameter", "value", "status"]]
            part              parameter value status
        1  plant  gas_price_EUR_per_MWh  55.0  given
        """
        columns = ["part", "parameter", "value", "unit", "status", "source"]
        return pd.DataFrame(list(self._table_rows()), columns=columns)

    def _table_rows(self) -> Iterator[tuple[object, ...]]:
        parts = [("plant", "plant", self.plant), *((u.name, table_of(u), u) for u in self.units)]
        for name, table, part in parts:
            for key, about in KEYS[table].items():
                value = getattr(part, key)
                is_default = value == about.default
                status, source = (about.status, about.source) if is_default else ("given", "")
                written = WORDS.get(key, "") if value is None else value
                yield name, key, written, about.unit, status, source

    def _yield(self, unit: HeatUnit, profile: HeatProfile) -> Floats:
        """Heat per electricity or gas (T,)."""
        if isinstance(unit, HeatPump):
            return self.cop(unit, profile)
        return np.full(profile.n_steps, unit.efficiency)


def check_units(units: Sequence[Unit], faults: FaultList) -> None:
    """Note names that are not unique, and that nothing makes heat."""
    seen: dict[str, str] = {}
    for unit in units:
        table = table_of(unit)
        if unit.name in seen:
            rule = f"must be unique, a {seen[unit.name]} has it too"
            faults.add(table, "name", unit.name, rule, "give each unit a name of its own")
        seen.setdefault(unit.name, table)
    if all(isinstance(unit, Store | Chiller) for unit in units):
        note_without_heat(faults)


def note_without_heat(faults: FaultList) -> None:
    """Note that nothing makes heat."""
    remedy = "give a heat_pump, a boiler or an electric_boiler"
    faults.add("", "units", None, "nothing makes heat", remedy)


def _in_every_step(series: Floats | None, constant: float, profile: HeatProfile) -> Floats:
    """Return a series, or a constant as one."""
    if series is not None:
        return series
    constants = np.full(profile.n_steps, constant)
    constants.flags.writeable = False
    return constants
