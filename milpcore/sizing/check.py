"""The independent check of a design of model B, by its decisions, the profile and the parameters.

Nothing here knows the columns or rows that a formulation solved; the design is simulated again
(`milpcore.sizing.simulate`) and held against these rules, in the numbering of `check_rules`:

1. the arrays have the right shape, and finite numbers; sizes, heat, charge, discharge and heat
   removed are not negative
2. sizes: that of an existing unit is given, others lie within their limits or, where optional, are
   0; a unit that is not built is never on
3. every step balances: ``sum of heat + sum of discharge - sum of charge = demand``
4. heat pumps and chillers take no more than the waste heat of the step, a chiller no more than its
   size
5. a unit that is on delivers from its minimum load to its size, one that is off nothing
6. load changes: any ``load_changes_per_window + 1`` of them in a row are at least a window apart,
   from the first to the last
7. a unit that starts stays on for its minimum up time, one that stops stays off for its minimum
   down time, but for the end of the horizon
8. stores: levels follow from charge and discharge, lie between 0 and the capacity, and are at start
   and end the given share of it, or equal; charge and discharge together keep to the rate and never
   come in the same step
9. reported costs and emissions are those of the simulation

**The state before the first step.** Nothing counts at the first step if it is free. If it is given,
the first step may be a start, a stop or a load change; the hours passed since the last one count in
rules 6 and 7 as whole steps, a part of a step does not. So with steps of 15 min a load change 40
min before the first step counts as two steps ago: a window of an hour has the next one from the
third step (step 2) on. Times and windows that are no multiple of the step take the next whole step.
A unit that is not built has no state, no past and no obligations: rules 6 and 7 are not for it. One
that is built or exists is bound by all that is given of its past.

**Tolerances.** Heat may miss its limit by a share (1e-6) of the mean demand, a content by that heat
in an hour, costs by that share of the largest of TAC, OPEX and CAPEX, emissions by that share of
their own. Levels are compared step by step, each with what follows from the one before: an error is
shown where it happens. So levels simulated over all steps may differ from the reported ones by one
tolerance for each step. What is another load is said in `milpcore.sizing.simulate`.
"""

from __future__ import annotations

from milpcore.sizing.check_rules import (
    check_balances,
    check_charges,
    check_chilled,
    check_costs,
    check_form,
    check_levels,
    check_loads,
    check_signs,
    check_size,
    check_spacing,
    check_times,
)
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.simulate import TOLERANCE, Simulation, heat_margin_kW, simulate
from milpcore.sizing.violations import CheckError, Margin, Report, Rule, Violation

__all__ = ["CheckError", "Rule", "Violation", "check", "checked"]


def check(
    profile: HeatProfile,
    parameters: SizingParameters,
    design: SizingDesign,
    *,
    tac_EUR_per_a: float | None = None,
    opex_EUR_per_a: float | None = None,
    capex_EUR_per_a: float | None = None,
    co2_t_per_a: float | None = None,
    tolerance: float = TOLERANCE,
) -> tuple[Violation, ...]:
    """Find everything that a design gets wrong.

    Parameters
    ----------
    profile : HeatProfile
        Demand and waste heat that were asked about.
    parameters : SizingParameters
        Prices and units that were asked about.
    design : SizingDesign
        Sizes and operation that were found.
    tac_EUR_per_a, opex_EUR_per_a, capex_EUR_per_a, co2_t_per_a : float, optional
        Reported costs and emissions; those left out are not compared.
    tolerance : float
        Share of the mean demand, and of the costs, that does not matter.

    Returns
    -------
    tuple of Violation
        Empty for a valid design. Only shapes, or only numbers that are not finite, if there are
        any: the other rules need them right.

    Raises
    ------
    InputError
        If profile and parameters do not fit, or the tolerance is not from 0 to 0.01.

    Examples
    --------
    >>> import numpy as np
    >>> from milpcore.sizing import Boiler, HeatProfile, SizingParameters
    >>> from milpcore.sizing.design import SizingDesign
    >>> profile = HeatProfile(step_h=1.0, heat_demand_kW=[80, 120], waste_heat_kW=[50, 50])
    >>> parameters = SizingParameters(heat_pumps=[], boilers=[Boiler()], stores=[])
    >>> design = SizingDesign(
    ...     size_kW=np.array([100.0]),
    ...     capacity_kWh=np.zeros(0),
    ...     heat_kW=np.array([[80.0, 120.0]]),
    ...     is_on=np.array([[True, True]]),
    ...     charge_kW=np.zeros((0, 2)),
    ...     discharge_kW=np.zeros((0, 2)),
    ...     level_kWh=np.zeros((0, 3)),
    ... )
    >>> for violation in check(profile, parameters, design):
    ...     print(violation)
    boiler, step 1 (1 h): load range: found 120 kW, expected at most 100 kW (within 0.0001 kW)
    """
    margin_kW = heat_margin_kW(profile, tolerance)
    heat, content = Margin(margin_kW, "kW"), Margin(margin_kW, "kWh")
    report = Report(profile)
    check_form(report, profile, parameters, design)
    if report.violations:
        return tuple(report.violations)
    simulation = simulate(profile, parameters, design, tolerance=tolerance)
    check_signs(report, parameters, design, margin_kW)
    check_balances(report, profile, design, simulation, heat)
    for u, unit in enumerate(parameters.heat_units):
        check_size(report, unit, float(design.size_kW[u]), heat)
        check_loads(report, unit, design, u, heat)
        if design.size_kW[u] > margin_kW:
            check_spacing(report, unit, simulation.is_load_change[u], profile.step_h)
            check_times(report, unit, design.is_on[u], profile.step_h)
    for k, store in enumerate(parameters.stores):
        check_size(report, store, float(design.capacity_kWh[k]), content)
        check_levels(report, store, design, k, profile.step_h, content)
        check_charges(report, store, design, k, heat)
    for c, chiller in enumerate(parameters.chillers):
        check_size(report, chiller, float(design.chiller_kW[c]), heat)
        check_chilled(report, chiller, design, c, heat)
    reported = {
        Rule.TAC: tac_EUR_per_a,
        Rule.OPEX: opex_EUR_per_a,
        Rule.CAPEX: capex_EUR_per_a,
        Rule.CO2: co2_t_per_a,
    }
    check_costs(report, reported, simulation, tolerance)
    return tuple(report.violations)


def checked(
    profile: HeatProfile,
    parameters: SizingParameters,
    design: SizingDesign,
    *,
    tac_EUR_per_a: float | None = None,
    opex_EUR_per_a: float | None = None,
    capex_EUR_per_a: float | None = None,
    co2_t_per_a: float | None = None,
    tolerance: float = TOLERANCE,
) -> Simulation:
    """Return the simulation of a valid design, and refuse any other.

    Parameters
    ----------
    profile, parameters, design
        As in `check`.
    tac_EUR_per_a, opex_EUR_per_a, capex_EUR_per_a, co2_t_per_a, tolerance
        As in `check`.

    Returns
    -------
    Simulation

    Raises
    ------
    CheckError
        With every violation: rule, unit, step, time, value, limit, tolerance.
    InputError
        As in `check`.

    Examples
    --------
    >>> import numpy as np
    >>> from milpcore.sizing import Boiler, HeatProfile, SizingParameters
    >>> from milpcore.sizing.design import SizingDesign
    >>> profile = HeatProfile(step_h=1.0, heat_demand_kW=[80, 80], waste_heat_kW=[50, 50])
    >>> parameters = SizingParameters(
    ...     heat_pumps=[], boilers=[Boiler(efficiency=0.8)], stores=[]
    ... )
    >>> design = SizingDesign(
    ...     size_kW=np.array([80.0]),
    ...     capacity_kWh=np.zeros(0),
    ...     heat_kW=np.array([[80.0, 80.0]]),
    ...     is_on=np.array([[True, True]]),
    ...     charge_kW=np.zeros((0, 2)),
    ...     discharge_kW=np.zeros((0, 2)),
    ...     level_kWh=np.zeros((0, 3)),
    ... )
    >>> f"{checked(profile, parameters, design).co2_t_per_a:.6g} t/a"
    '160.8 t/a'
    >>> checked(profile, parameters, design, co2_t_per_a=100.0)
    Traceback (most recent call last):
        ...
    milpcore.sizing.violations.CheckError: check failed: 1 violation
      - plant: CO2: found 100 t/a, expected 160.8 t/a (within 0.0001608 t/a)
    """
    violations = check(
        profile,
        parameters,
        design,
        tac_EUR_per_a=tac_EUR_per_a,
        opex_EUR_per_a=opex_EUR_per_a,
        capex_EUR_per_a=capex_EUR_per_a,
        co2_t_per_a=co2_t_per_a,
        tolerance=tolerance,
    )
    if violations:
        raise CheckError(violations)
    return simulate(profile, parameters, design, tolerance=tolerance)
