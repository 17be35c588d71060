"""What sizing a plant brings: tables with units in their column names, checked before shown.

Tables of a `SizingResult`:

- ``summary``: one row; costs, energy, bound, gap, status and time
- ``sizes``: one row per unit and store, with its investment and what it delivers
- ``operation``: one row per step; demand, waste heat, cooling water, heat and state of every unit,
  charge, discharge and level (at the start of the step, and at its end) of every store, heat that
  every chiller removes
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.sizing.check import checked
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.range_table import SizeRanges
from milpcore.sizing.simulate import Simulation
from milpcore.sizing.solve import SizingOutcome
from milpcore.sizing.units import table_of

SUMMARY = (
    "tac_EUR_per_a",
    "bound_EUR_per_a",
    "gap",
    "opex_EUR_per_a",
    "capex_EUR_per_a",
    "co2_t_per_a",
    "electricity_MWh_per_a",
    "gas_MWh_per_a",
    "cooling_water_MWh_per_a",
    "n_nodes",
    "solve_s",
    "status",
)
CHILLED = "chilled_MWh_per_a"
SIZES = (
    "name",
    "kind",
    "size",
    "unit",
    "capex_EUR_per_a",
    "heat_MWh_per_a",
    "full_load_h_per_a",
    "load_changes",
    "starts",
)


@dataclass(frozen=True, eq=False)
class SizingResult:
    """The best plant found for a profile.

    Attributes
    ----------
    status : Status
        How the search ended.
    summary : DataFrame
        One row: EUR/a, t/a, MWh/a, s. Without a design the numbers are NaN. With chillers it also
        has ``chilled_MWh_per_a``, the heat that they remove.
    sizes : DataFrame
        Units, stores and chillers; sizes in the ``unit`` beside them, load changes and starts in
        the horizon. The heat of a chiller is what it removes. Empty without a design.
    operation : DataFrame
        Every step. Empty without a design.
    design : SizingDesign or None
        The same as arrays.
    profile : HeatProfile
    parameters : SizingParameters
    model : str
        Name of the formulation.
    message : str
        Explanation for people.
    ranges : SizeRanges or None
        How far its sizes may be from those of other designs that cost hardly more, once
        `milpcore.sizing.size_ranges` has found that and `with_ranges` has added it.
    """

    status: Status
    summary: pd.DataFrame
    sizes: pd.DataFrame
    operation: pd.DataFrame
    design: SizingDesign | None
    profile: HeatProfile
    parameters: SizingParameters
    model: str
    message: str
    ranges: SizeRanges | None = None

    @property
    def tac_EUR_per_a(self) -> float:
        """Total annual cost; NaN without a design."""
        return float(self.summary["tac_EUR_per_a"].iloc[0])

    @property
    def bound_EUR_per_a(self) -> float:
        """Proven lower bound of the total annual cost of any design."""
        return float(self.summary["bound_EUR_per_a"].iloc[0])

    @property
    def gap(self) -> float:
        """``(TAC - bound) / |TAC|``; NaN without a design."""
        return float(self.summary["gap"].iloc[0])

    def with_ranges(self, ranges: SizeRanges | None) -> SizingResult:
        """Return the same result with ranges of its sizes.

        Parameters
        ----------
        ranges : SizeRanges or None
            From `milpcore.sizing.size_ranges`.

        Returns
        -------
        SizingResult

        Examples
        --------
        >>> from milpcore import sizing
        >>> profile, parameters = sizing.load_case("base_48h")
        >>> result = sizing.size_plant(profile.part(0, 8), parameters)
        >>> result = result.with_ranges(sizing.size_ranges(result))
        >>> result.ranges.table["name"].tolist()
        ['heat_pump', 'boiler', 'store']
        """
        return replace(self, ranges=ranges)

    def __repr__(self) -> str:
        """One line: status, cost, gap and sizes."""
        if self.design is None:
            return f"SizingResult({self.status.value}: {self.message})"
        rows = zip(self.sizes["name"], self.sizes["size"], self.sizes["unit"], strict=True)
        sizes = ", ".join(f"{name} {size:.6g} {unit}" for name, size, unit in rows)
        if self.ranges is not None:
            sizes += f"; {self.ranges!r}"
        return (
            f"SizingResult({self.status.value}: {self.tac_EUR_per_a:,.0f} EUR/a, "
            f"gap {self.gap:.2e}; {sizes})"
        )


def result_of(
    profile: HeatProfile,
    parameters: SizingParameters,
    outcome: SizingOutcome,
    *,
    model: str,
    solve_s: float,
) -> SizingResult:
    """Check a design and put it in tables.

    Parameters
    ----------
    profile : HeatProfile
    parameters : SizingParameters
    outcome : SizingOutcome
        What the search brought.
    model : str
        Name of the formulation.
    solve_s : float
        Time that it took.

    Returns
    -------
    SizingResult

    Raises
    ------
    CheckError
        If the design is not valid, or costs other than the model says.
    """
    base: dict[str, Any] = {
        "bound_EUR_per_a": outcome.bound_EUR_per_a,
        "n_nodes": outcome.n_nodes,
        "solve_s": solve_s,
        "status": outcome.status.value,
    }
    design = outcome.design
    if design is None:
        empty = pd.DataFrame(columns=list(SIZES))
        row = dict.fromkeys(SUMMARY, math.nan) | base
        summary = pd.DataFrame([row], columns=list(SUMMARY))
        operation = pd.DataFrame()
        sizes = empty
    else:
        objective = outcome.objective_EUR_per_a
        simulation = checked(profile, parameters, design, tac_EUR_per_a=objective)
        tac = simulation.tac_EUR_per_a
        bound = min(outcome.bound_EUR_per_a, tac)
        per_a = parameters.annual_scale_per_a(profile) * profile.step_h / 1000.0
        row = base | {
            "tac_EUR_per_a": tac,
            "bound_EUR_per_a": bound,
            "gap": (tac - bound) / abs(tac) if tac else 0.0,
            "opex_EUR_per_a": simulation.opex_EUR_per_a,
            "capex_EUR_per_a": simulation.capex_EUR_per_a,
            "co2_t_per_a": simulation.co2_t_per_a,
            "electricity_MWh_per_a": per_a * _electricity_kW(simulation),
            "gas_MWh_per_a": per_a * float(simulation.gas_kW.sum()),
            "cooling_water_MWh_per_a": per_a * float(simulation.cooling_water_kW.sum()),
        }
        columns = list(SUMMARY)
        if parameters.chillers:
            row[CHILLED] = per_a * float(design.chilled_kW.sum())
            columns.insert(columns.index("n_nodes"), CHILLED)
        summary = pd.DataFrame([row], columns=columns)
        sizes = _size_table(profile, parameters, design, simulation)
        operation = _operation_table(profile, parameters, design, simulation)
    return SizingResult(
        status=outcome.status,
        summary=summary,
        sizes=sizes,
        operation=operation,
        design=design,
        profile=profile,
        parameters=parameters,
        model=model,
        message=outcome.message,
    )


def _size_table(
    profile: HeatProfile,
    parameters: SizingParameters,
    design: SizingDesign,
    simulation: Simulation,
) -> pd.DataFrame:
    per_a = parameters.annual_scale_per_a(profile) * profile.step_h
    rows = []
    for u, unit in enumerate(parameters.heat_units):
        size, heat = float(design.size_kW[u]), per_a * float(design.heat_kW[u].sum())
        rows.append(
            {
                "name": unit.name,
                "kind": table_of(unit),
                "size": size,
                "unit": "kW",
                "capex_EUR_per_a": size * parameters.size_cost_EUR_per_a(unit),
                "heat_MWh_per_a": heat / 1000.0,
                "full_load_h_per_a": heat / size if size > 0.0 else 0.0,
                "load_changes": int(simulation.n_load_changes[u]),
                "starts": int(simulation.n_starts[u]),
            }
        )
    for k, store in enumerate(parameters.stores):
        size, heat = float(design.capacity_kWh[k]), per_a * float(design.discharge_kW[k].sum())
        rows.append(
            {
                "name": store.name,
                "kind": "store",
                "size": size,
                "unit": "kWh",
                "capex_EUR_per_a": size * parameters.size_cost_EUR_per_a(store),
                "heat_MWh_per_a": heat / 1000.0,
                "full_load_h_per_a": math.nan,
                "load_changes": 0,
                "starts": 0,
            }
        )
    for c, chiller in enumerate(parameters.chillers):
        size, heat = float(design.chiller_kW[c]), per_a * float(design.chilled_kW[c].sum())
        rows.append(
            {
                "name": chiller.name,
                "kind": "chiller",
                "size": size,
                "unit": "kW",
                "capex_EUR_per_a": size * parameters.size_cost_EUR_per_a(chiller),
                "heat_MWh_per_a": heat / 1000.0,
                "full_load_h_per_a": heat / size if size > 0.0 else 0.0,
                "load_changes": 0,
                "starts": 0,
            }
        )
    return pd.DataFrame(rows, columns=list(SIZES))


def _electricity_kW(simulation: Simulation) -> float:
    """Sum over units, chillers and steps."""
    return float(simulation.electricity_kW.sum() + simulation.chiller_electricity_kW.sum())


def _operation_table(
    profile: HeatProfile,
    parameters: SizingParameters,
    design: SizingDesign,
    simulation: Simulation,
) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "time_h": profile.time_h,
        "heat_demand_kW": np.asarray(profile.heat_demand_kW),
        "waste_heat_kW": np.asarray(profile.waste_heat_kW),
        "cooling_water_kW": simulation.cooling_water_kW,
    }
    for u, unit in enumerate(parameters.heat_units):
        columns[f"{unit.name}_heat_kW"] = design.heat_kW[u]
        columns[f"{unit.name}_is_on"] = design.is_on[u]
        columns[f"{unit.name}_load_change"] = simulation.is_load_change[u]
    for k, store in enumerate(parameters.stores):
        columns[f"{store.name}_charge_kW"] = design.charge_kW[k]
        columns[f"{store.name}_discharge_kW"] = design.discharge_kW[k]
        columns[f"{store.name}_level_kWh"] = simulation.level_kWh[k, :-1]
        columns[f"{store.name}_end_level_kWh"] = simulation.level_kWh[k, 1:]
    for c, chiller in enumerate(parameters.chillers):
        columns[f"{chiller.name}_chilled_kW"] = design.chilled_kW[c]
    return pd.DataFrame(columns)
