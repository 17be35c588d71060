"""The rules of the check of a design, one function each; `milpcore.sizing.check` numbers them."""

from __future__ import annotations

import math

import numpy as np

from milpcore.sizing.chiller import Chiller
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.design_form import design_numbers, number_flaws, shape_flaws
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.simulate import Booleans, Simulation, level_after
from milpcore.sizing.units import HeatUnit, Store, Unit, is_existing, size_limits
from milpcore.sizing.violations import Margin, Report, Rule

PLANT = "plant"
"""The `unit` of violations that concern all units."""
_ROUNDING_STEPS = 1e-9
"""Part of a step by which durations may be rounded."""


def check_form(
    report: Report, profile: HeatProfile, parameters: SizingParameters, design: SizingDesign
) -> None:
    """Rule 1: shapes; only where they are right, finite numbers."""
    for flaw in shape_flaws(profile, parameters, design):
        report.add(Rule.SHAPE, flaw.unit, flaw.step, f"{flaw.field} = {flaw.found}", flaw.expected)
    if report.violations:
        return
    for flaw in number_flaws(parameters, design):
        report.add(Rule.NUMBER, flaw.unit, flaw.step, f"{flaw.field} = {flaw.found}", flaw.expected)


def check_signs(
    report: Report, parameters: SizingParameters, design: SizingDesign, margin: float
) -> None:
    """Rule 1: nothing negative; levels have limits of their own."""
    for field, name, step, value in design_numbers(parameters, design):
        if field != "level_kWh" and not value >= -margin:
            found = f"{field} = {value:.12g}"
            report.add(Rule.SIGN, name, step, found, "not negative", f"{margin:.12g}")


def check_size(report: Report, unit: Unit, size: float, margin: Margin) -> None:
    """Rule 2: the given size, or one within the limits, or 0."""
    smallest, largest = size_limits(unit)
    if is_existing(unit):
        report.near(Rule.SIZE, unit.name, None, size, smallest, margin)
    elif not (unit.is_optional and abs(size) <= margin.amount):
        if not size >= smallest - margin.amount:
            limit = f"at least {margin.text(smallest)}{', or 0' if unit.is_optional else ''}"
            found, tolerance = margin.text(size), margin.text(margin.amount)
            report.add(Rule.SIZE, unit.name, None, found, limit, tolerance)
        report.at_most(Rule.SIZE, unit.name, None, size, largest, margin)


def check_balances(
    report: Report,
    profile: HeatProfile,
    design: SizingDesign,
    simulation: Simulation,
    margin: Margin,
) -> None:
    """Rules 3 and 4: heat balance and waste heat of every step."""
    for t in range(profile.n_steps):
        supply_kW = float(design.heat_kW[:, t].sum())
        supply_kW += float(design.discharge_kW[:, t].sum())
        supply_kW -= float(design.charge_kW[:, t].sum())
        demand_kW = float(profile.heat_demand_kW[t])
        report.near(Rule.BALANCE, PLANT, t, supply_kW, demand_kW, margin)
        taken_kW = float(simulation.source_heat_kW[:, t].sum())
        taken_kW += sum(float(removed_kW[t]) for removed_kW in design.chilled_kW)
        waste_kW = float(profile.waste_heat_kW[t])
        report.at_most(Rule.WASTE, PLANT, t, taken_kW, waste_kW, margin)


def check_loads(
    report: Report, unit: HeatUnit, design: SizingDesign, u: int, margin: Margin
) -> None:
    """Rules 2 and 5: load of every step, on or off."""
    size_kW = float(design.size_kW[u])
    for t, heat in enumerate(design.heat_kW[u]):
        heat_kW = float(heat)
        if not design.is_on[u, t]:
            report.near(Rule.OFF, unit.name, t, heat_kW, 0.0, margin)
            continue
        least_kW = unit.minimum_load * size_kW
        report.at_least(Rule.LOAD, unit.name, t, heat_kW, least_kW, margin)
        report.at_most(Rule.LOAD, unit.name, t, heat_kW, size_kW, margin)
        if not size_kW > margin.amount:
            report.add(Rule.NOT_BUILT, unit.name, t, "on", "off")


def check_spacing(report: Report, unit: HeatUnit, is_load_change: Booleans, step_h: float) -> None:
    """Rule 6: time from the first to the last of too many load changes."""
    most = unit.load_changes_per_window
    if most is None:
        return
    steps = [float(t) for t in np.flatnonzero(is_load_change)]
    if unit.initial is not None:
        steps.insert(0, -_whole_steps(unit.initial.last_change_h, step_h))
    for first, last in zip(steps, steps[most:], strict=False):
        time_h = (last - first) * step_h
        if not time_h >= unit.window_h - _ROUNDING_STEPS * step_h:
            found = f"{most + 1} load changes, the last {time_h:.12g} h after the first"
            limit = f"at most {most} in any {unit.window_h:.12g} h"
            report.add(Rule.SPACING, unit.name, int(last), found, limit)


def check_times(report: Report, unit: HeatUnit, is_on: Booleans, step_h: float) -> None:
    """Rule 7: time in every state that is left."""
    if unit.initial is None:
        state, since = bool(is_on[0]), -math.inf
    else:
        state = unit.initial.is_on
        since = -_whole_steps(unit.initial.hours_in_state_h, step_h)
    for t in range(is_on.size):
        if bool(is_on[t]) == state:
            continue
        time_h = (t - since) * step_h
        rule, least_h = (Rule.UP, unit.min_up_h) if state else (Rule.DOWN, unit.min_down_h)
        if not time_h >= least_h - _ROUNDING_STEPS * step_h:
            found = f"{'on' if state else 'off'} for {time_h:.12g} h"
            report.add(rule, unit.name, t, found, f"at least {least_h:.12g} h")
        state, since = not state, float(t)


def check_levels(
    report: Report, store: Store, design: SizingDesign, k: int, step_h: float, margin: Margin
) -> None:
    """Rule 8: recursion, limits, start and end of the levels."""
    name, capacity_kWh = store.name, float(design.capacity_kWh[k])
    levels_kWh = [float(level) for level in design.level_kWh[k]]
    for t, level_kWh in enumerate(levels_kWh):
        report.at_least(Rule.LEVEL, name, t, level_kWh, 0.0, margin)
        report.at_most(Rule.LEVEL, name, t, level_kWh, capacity_kWh, margin)
        if t > 0:
            charge, discharge = float(design.charge_kW[k, t - 1]), design.discharge_kW[k, t - 1]
            follows_kWh = level_after(store, levels_kWh[t - 1], charge, float(discharge), step_h)
            report.near(Rule.RECURSION, name, t, level_kWh, follows_kWh, margin)
    start_kWh, end = levels_kWh[0], len(levels_kWh) - 1
    if store.start_end_share is None:
        report.near(Rule.END, name, end, levels_kWh[end], start_kWh, margin)
        return
    given_kWh = store.start_end_share * capacity_kWh
    report.near(Rule.START, name, 0, start_kWh, given_kWh, margin)
    report.near(Rule.END, name, end, levels_kWh[end], given_kWh, margin)


def check_charges(
    report: Report, store: Store, design: SizingDesign, k: int, margin: Margin
) -> None:
    """Rule 8: charge and discharge of every step."""
    most_kW = store.rate_per_h * float(design.capacity_kWh[k])
    for t in range(design.charge_kW.shape[1]):
        charge_kW, discharge_kW = float(design.charge_kW[k, t]), float(design.discharge_kW[k, t])
        report.at_most(Rule.RATE, store.name, t, charge_kW + discharge_kW, most_kW, margin)
        if not (charge_kW <= margin.amount or discharge_kW <= margin.amount):
            found = f"{margin.text(charge_kW)} and {margin.text(discharge_kW)}"
            tolerance = margin.text(margin.amount)
            report.add(Rule.EXCLUSIVE, store.name, t, found, "one of them 0", tolerance)


def check_chilled(
    report: Report, chiller: Chiller, design: SizingDesign, c: int, margin: Margin
) -> None:
    """Rule 4: heat that a chiller removes, in every step."""
    size_kW = float(design.chiller_kW[c])
    for t, removed_kW in enumerate(design.chilled_kW[c]):
        report.at_most(Rule.CHILLED, chiller.name, t, float(removed_kW), size_kW, margin)


def check_costs(
    report: Report,
    reported: dict[Rule, float | None],
    simulation: Simulation,
    tolerance: float,
) -> None:
    """Rule 9: reported costs and emissions."""
    simulated = {
        Rule.TAC: simulation.tac_EUR_per_a,
        Rule.OPEX: simulation.opex_EUR_per_a,
        Rule.CAPEX: simulation.capex_EUR_per_a,
        Rule.CO2: simulation.co2_t_per_a,
    }
    # Negative electricity prices may bring OPEX below 0 and TAC near it.
    largest = max(abs(simulated[rule]) for rule in (Rule.TAC, Rule.OPEX, Rule.CAPEX))
    cost = Margin(tolerance * largest, "EUR/a")
    emission = Margin(tolerance * abs(simulated[Rule.CO2]), "t/a")
    for rule, value in reported.items():
        if value is not None:
            margin = emission if rule is Rule.CO2 else cost
            report.near(rule, PLANT, None, float(value), simulated[rule], margin)


def _whole_steps(hours_h: float, step_h: float) -> float:
    """Whole steps in a duration; infinite in an infinite one."""
    return math.floor(hours_h / step_h + _ROUNDING_STEPS) if hours_h < math.inf else math.inf
