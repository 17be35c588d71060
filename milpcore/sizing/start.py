"""A first design: the relaxation's loads, turned into schedules unit by unit, then one LP.

The cheaper a unit's heat, the earlier it takes its schedule: the one nearest to what it delivers in
the relaxation, within the waste heat that is left; the last one covers what is left of the demand.
Units whose past holds a load only if they are built get a schedule, or stay as they were for the
case that they are not. With states and load changes fixed so, an LP finds sizes, loads and the
store.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np

from milpcore.core import Problem, Solution, Status, solve
from milpcore.sizing.caps import Caps, source_limit_kW
from milpcore.sizing.inputs import UNLIMITED, Booleans, Floats, SizingInputs
from milpcore.sizing.progress import SecondsLeft, at_least, no_limit
from milpcore.sizing.solver import solve_relaxed
from preprocess.schedules import Schedule, nearest_schedule

MARGINS = (1.0, 0.8, 0.6)
"""Shares of the relaxation's largest load that are tried as the size of each unit."""
POLISH_s = 5.0
"""Time that a solution found by a search is given to be made exact, however late it is."""
CHOICES = ("has_size", "has_capacity", "has_chiller", "is_charging")
"""Binaries besides states and load changes: what is built, and which way stores go."""


def first_solution(
    inputs: SizingInputs,
    problem: Problem,
    caps: Caps,
    relaxed: Solution | None = None,
    *,
    seconds_left: SecondsLeft = no_limit,
) -> Solution | None:
    """Find a solution without search.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    problem : Problem
        From `milpcore.sizing.model.build`.
    caps : Caps
        That it was built with.
    relaxed : Solution, optional
        Of its relaxation, if that is known.
    seconds_left : callable
        For all linear programs together.

    Returns
    -------
    Solution or None
        Of the problem with its binaries fixed; None if that has no solution, or none in time.
    """
    relaxed = solve_relaxed(problem, seconds_left) if relaxed is None else relaxed
    if not relaxed.has_incumbent:
        return None
    wished_kW = relaxed.values["heat"] * inputs.heat_scale_kW
    best = None
    nobody = np.zeros(inputs.n_units, dtype=bool)
    held = inputs.units.is_held_if_built
    for margin, idle in product(MARGINS, [nobody, held] if held.any() else [nobody]):
        schedules = _schedules(inputs, caps, wished_kW, margin, idle)
        if schedules is None or seconds_left() <= 0.0:
            continue
        is_on = np.array([schedule.is_on for schedule in schedules])
        border = np.array([schedule.is_border for schedule in schedules])
        found = with_states(inputs, problem, is_on, border, seconds_left=seconds_left)
        if found is not None and (best is None or found.objective < best.objective):
            best = found
    return best


def states_of(solution: Solution) -> tuple[Booleans, Booleans]:
    """Where units run (U, T) and where their loads may change, in a solution."""
    return solution.values["is_on"] > 0.5, solution.values["change"] > 0.5


def polished(
    inputs: SizingInputs,
    problem: Problem,
    solution: Solution,
    *,
    seconds_left: SecondsLeft = no_limit,
) -> Solution | None:
    """Solve again with the binaries of a solution fixed, to an exact vertex.

    Parameters
    ----------
    inputs : SizingInputs
    problem : Problem
        That was solved.
    solution : Solution
        With an incumbent.
    seconds_left : callable
        `POLISH_s` seconds count as left in any case: what a search has found is mostly polished
        after its time is up.

    Returns
    -------
    Solution or None
        The given one if the linear program fails, None if the time did not do: a solution that is
        not exact need not pass the check.
    """
    left = at_least(POLISH_s, seconds_left)
    states = states_of(solution)
    again = with_states(inputs, _chosen(problem, solution), *states, seconds_left=left)
    if again is None and left() > 0.0:
        return solution
    return again


def with_states(
    inputs: SizingInputs,
    problem: Problem,
    is_on: Booleans,
    is_change: Booleans,
    *,
    seconds_left: SecondsLeft = no_limit,
) -> Solution | None:
    """Solve a problem with given states and load changes; what is built is left to choose.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    problem : Problem
        From `milpcore.sizing.model.build`.
    is_on, is_change : ndarray of bool (U, T)
        Where each unit runs, and where its load may change.
    seconds_left : callable

    Returns
    -------
    Solution or None
        A vertex of the linear program with all binaries fixed; None if there is none, or none was
        found in time.
    """
    free = ~inputs.units.is_limited
    change = is_change | free[:, None]
    change[~inputs.units.has_past, 0] = False
    lower, upper = problem.column_lower.copy(), problem.column_upper.copy()
    for name, value in (("is_on", is_on), ("change", change)):
        columns = problem.column_blocks[name]
        lower[columns] = upper[columns] = np.asarray(value, dtype=float)
    fixed = replace(problem, column_lower=lower, column_upper=upper)
    integrality = np.zeros_like(problem.integrality)
    for name in CHOICES:
        columns = problem.column_blocks[name]
        integrality[columns] = lower[columns] < upper[columns]
    if integrality.any():
        limit_s = max(seconds_left(), 0.0)
        chosen = solve(
            replace(fixed, integrality=integrality),
            mip_rel_gap=0.0,
            time_limit_s=None if math.isinf(limit_s) else limit_s,
        )
        if not chosen.has_incumbent:
            return None
        fixed = _chosen(fixed, chosen)
    solution = solve_relaxed(fixed, seconds_left)
    return solution if solution.status is Status.OPTIMAL else None


def _chosen(problem: Problem, solution: Solution) -> Problem:
    """Fix the binaries besides states and load changes as a solution has them."""
    lower, upper = problem.column_lower.copy(), problem.column_upper.copy()
    for name in CHOICES:
        columns = problem.column_blocks[name]
        lower[columns] = upper[columns] = np.round(solution.values[name])
    return replace(problem, column_lower=lower, column_upper=upper)


def _schedules(
    inputs: SizingInputs, caps: Caps, wished_kW: Floats, margin: float, idle: Booleans
) -> list[Schedule] | None:
    """Return a schedule for each unit, idle ones as not built; None if one has none."""
    units = inputs.units
    order = np.argsort(units.heat_cost_EUR_per_kWh.mean(axis=1), kind="stable")
    order = order[~idle[order]]
    waste_kW = inputs.waste_kW.copy()
    found = {int(unit): _as_before(inputs, int(unit)) for unit in np.flatnonzero(idle)}
    covered = np.zeros(inputs.n_steps)
    for place, unit in enumerate(order):
        wish = wished_kW[unit]
        if place == order.size - 1:
            wish = np.maximum(inputs.demand_kW - covered, 0.0)
        share = units.source_share[unit]
        source = source_limit_kW(waste_kW, share)
        most = int(units.most_changes[unit])
        window = int(units.window[unit])
        spacing = 1 if most >= UNLIMITED else -(-window // max(most, 1))
        size = max(margin * float(wish.max()), float(units.smallest_kW[unit]))
        if units.smallest_kW[unit] == units.largest_kW[unit]:
            size = float(units.smallest_kW[unit])
        past = None
        if units.has_past[unit]:
            past = (
                bool(units.was_on[unit]),
                float(units.past_load_kW[unit]),
                int(units.steps_in_state[unit]),
                int(units.steps_since_change[unit]),
            )
        schedule = nearest_schedule(
            wish,
            np.minimum(np.minimum(source, caps.load_kW[unit]), max(size, 0.0)),
            least_load=float(units.minimum_load[unit]) * size,
            spacing=spacing,
            min_up=int(units.min_up[unit]),
            min_down=int(units.min_down[unit]),
            past=past,
        )
        if not np.isfinite(schedule.distance):
            return None
        if units.is_always_on[unit]:
            schedule = schedule._replace(is_on=np.ones(inputs.n_steps, dtype=bool))
        found[int(unit)] = schedule
        waste_kW = np.maximum(waste_kW - share * schedule.load, 0.0)
        covered += schedule.load
    return [found[unit] for unit in range(inputs.n_units)]


def _as_before(inputs: SizingInputs, unit: int) -> Schedule:
    """Schedule of a unit of size 0: no load, no change, in the state before the first step."""
    n_steps = inputs.n_steps
    is_on = np.full(n_steps, bool(inputs.units.was_on[unit]))
    return Schedule(np.zeros(n_steps), is_on, np.zeros(n_steps, dtype=bool), 0.0)
