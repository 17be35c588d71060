"""One point of a study solved: plain numbers for a row, and the design where it is kept."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from milpcore.core import Status
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.results import SizingResult, result_of
from milpcore.sizing.simulate import Simulation, simulate
from milpcore.sizing.size_plant import size_plant
from milpcore.sizing.size_ranges import size_ranges
from milpcore.sizing.solve import SizingOutcome
from milpcore.sizing.studies.points import BOILER, PUMP, STORE, point_of, problem
from milpcore.sizing.studies.profiles import waste_shortage
from milpcore.sizing.units import Store

DESIGN = "design"
"""Column of a row that has a whole design, as JSON."""
_FORM = "sizing study 2"
"""Part of the fingerprint: changes with what a row says."""


@dataclass(frozen=True, kw_only=True)
class StudyRun:
    """Solve the points of a study, each in its own time.

    Attributes
    ----------
    mip_rel_gap : float
        Gap at which a search ends.
    time_limit_s : float
        For each point; its best design is kept with the gap reached.
    ranges_s : float
        For the ranges of the sizes of a point that asks for them, besides.
    """

    mip_rel_gap: float
    time_limit_s: float
    ranges_s: float

    @property
    def fingerprint(self) -> str:
        """Hash of all that a row depends on, but for the point."""
        text = repr((_FORM, self.mip_rel_gap, self.time_limit_s, self.ranges_s))
        return hashlib.sha256(text.encode()).hexdigest()

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """Values of one point, see `row_of`."""
        point = point_of(case)
        profile, parameters = problem(point)
        result = size_plant(
            profile,
            parameters,
            mip_rel_gap=self.mip_rel_gap,
            time_limit_s=self.time_limit_s,
        )
        row = row_of(result)
        if result.design is None:
            return row
        if point.ranges_within is not None:
            within = size_ranges(
                result, within_share=point.ranges_within, time_limit_s=self.ranges_s
            )
            for found in within.table.to_dict("records"):
                name = f"{found['name']}_{found['unit']}"
                row[f"{name}_least"] = float(found["proven_least"])
                row[f"{name}_most"] = float(found["proven_most"])
                row[f"{name}_found_least"] = float(found["found_least"])
                row[f"{name}_found_most"] = float(found["found_most"])
        if point.keeps_operation:
            row[DESIGN] = _design_text(result.design)
        return row


def row_of(result: SizingResult) -> dict[str, Any]:
    """Describe a plant in plain numbers.

    Parameters
    ----------
    result : SizingResult
        The plant.

    Returns
    -------
    dict
        ``status``, costs with bound and gap, sizes (a unit that the plant does not have is 0), the
        pump's share of heat, load changes, the mean level of the store as a share of its capacity,
        and what the profile lacks of waste heat. Without a design: ``status`` and ``error``.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> row = row_of(sizing.size_plant(profile.part(0, 8), parameters))
    >>> row["status"], row["heat_pump_kW"], row["heat_pump_heat_share"]
    ('optimal', 0.0, 0.0)
    """
    bound = float(result.summary["bound_EUR_per_a"].iloc[0])
    if result.design is None:
        row = {"status": result.status.value, "error": result.message}
        return row | ({"bound_EUR_per_a": bound} if math.isfinite(bound) else {})
    simulation = simulate(result.profile, result.parameters, result.design)
    summary = result.summary.iloc[0]
    sizes = {
        f"{unit.name}_{'kWh' if isinstance(unit, Store) else 'kW'}": float(size)
        for unit, size in zip(result.parameters.units, result.sizes["size"], strict=True)
    }
    return {
        "status": result.status.value,
        "tac_EUR_per_a": result.tac_EUR_per_a,
        "bound_EUR_per_a": bound,
        "gap": result.gap,
        "opex_EUR_per_a": float(summary["opex_EUR_per_a"]),
        "capex_EUR_per_a": float(summary["capex_EUR_per_a"]),
        f"{PUMP}_kW": 0.0,
        f"{BOILER}_kW": 0.0,
        f"{STORE}_kWh": 0.0,
        **sizes,
        **_operation_values(result, result.design, simulation),
        **_cost_values(result),
    }


def result_of_row(case: Mapping[str, Any]) -> SizingResult:
    """Make the result of a point again from a row with its design; it is checked again.

    Parameters
    ----------
    case : mapping
        A row of the sweep's table: the point, and what was found.

    Returns
    -------
    SizingResult

    Raises
    ------
    CheckError
        If the design is not one of this point's problem.
    """
    profile, parameters = problem(point_of(case))
    arrays = {name: np.array(value) for name, value in json.loads(case[DESIGN]).items()}
    n_stores, n_steps = arrays["capacity_kWh"].size, profile.n_steps
    for name, length in (("charge_kW", 0), ("discharge_kW", 0), ("level_kWh", 1)):
        arrays[name] = arrays[name].reshape(n_stores, n_steps + length)
    outcome = SizingOutcome(
        status=Status(case["status"]),
        design=SizingDesign(**arrays),
        objective_EUR_per_a=float(case["tac_EUR_per_a"]),
        bound_EUR_per_a=float(case["bound_EUR_per_a"]),
        n_nodes=0,
    )
    return result_of(profile, parameters, outcome, model="study", solve_s=float(case["run_s"]))


def _operation_values(
    result: SizingResult, design: SizingDesign, simulation: Simulation
) -> dict[str, Any]:
    """Heat, load changes and levels; all 0 for a unit that the plant does not have."""
    names = [unit.name for unit in result.parameters.heat_units]
    heat_kW = dict(zip(names, design.heat_kW.sum(axis=1).tolist(), strict=True))
    changes = dict(zip(names, simulation.is_load_change, strict=True))
    none = np.zeros(result.profile.n_steps, dtype=bool)
    of_pump, of_boiler = changes.get(PUMP, none), changes.get(BOILER, none)
    values: dict[str, Any] = {
        "heat_pump_heat_share": heat_kW.get(PUMP, 0.0) / sum(heat_kW.values()),
        "heat_pump_load_changes": int(of_pump.sum()),
        "boiler_load_changes": int(of_boiler.sum()),
        "load_changes_together": int((of_pump & of_boiler).sum()),
    }
    has_store = bool(result.parameters.stores) and float(design.capacity_kWh[0]) > 0.0
    if has_store:
        share = simulation.level_kWh[0] / float(design.capacity_kWh[0])
        loss = result.parameters.stores[0].loss_per_h * simulation.level_kWh[0, :-1].mean()
        hours = result.parameters.plant.operating_hours_h_per_a
        values |= {
            "level_mean_share": float(share[:-1].mean()),
            "level_time_below_start_share": float(np.mean(share[:-1] < share[0] - 1e-6)),
            "standing_loss_MWh_per_a": float(loss) * hours / 1000.0,
        }
    return values


def _cost_values(result: SizingResult) -> dict[str, Any]:
    """Costs of heat per MWh, what a kWh of store costs, and where waste heat is short."""
    parameters, profile = result.parameters, result.profile
    values: dict[str, Any] = {}
    for unit in parameters.heat_units:
        cost = 1000.0 * float(parameters.heat_cost_EUR_per_kWh(unit, profile).mean())
        values[f"{unit.name}_heat_EUR_per_MWh"] = cost
    for store in parameters.stores:
        values["store_EUR_per_kWh_a"] = parameters.size_cost_EUR_per_a(store)
    if parameters.heat_pumps:
        share = float(parameters.source_share(parameters.heat_pumps[0], profile).mean())
        values["heat_pump_source_share"] = share
        short = waste_shortage(profile, source_share=share)
        values |= {
            "short_step_share": short.step_share,
            "short_heat_share": short.heat_share,
            "lowest_waste_share": short.lowest_waste_share,
            "sigma_margin": short.sigma_margin,
        }
    return values


def _design_text(design: SizingDesign) -> str:
    arrays = {
        "size_kW": design.size_kW,
        "capacity_kWh": design.capacity_kWh,
        "heat_kW": design.heat_kW,
        "is_on": design.is_on,
        "charge_kW": design.charge_kW,
        "discharge_kW": design.discharge_kW,
        "level_kWh": design.level_kWh,
    }
    return json.dumps({name: np.asarray(value).tolist() for name, value in arrays.items()})
