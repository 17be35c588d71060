"""From a solution's columns to a design in kW, and the designs whose stores go one way only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from milpcore.core import Problem, Solution
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.inputs import Floats, SizingInputs
from milpcore.sizing.model import StoreStep
from milpcore.sizing.progress import SecondsLeft, at_least, no_limit
from milpcore.sizing.start import POLISH_s, states_of, with_states

NOISE = 1e-9
"""Heat below this share of the mean demand is none."""


def design_of(inputs: SizingInputs, solution: Solution) -> SizingDesign:
    """Read a design from a solution of `milpcore.sizing.model.build`.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.
    solution : Solution
        With an incumbent.

    Returns
    -------
    SizingDesign
        Flows below 1e-9 of the mean demand are zero, units without size are off, and levels follow
        from charge and discharge.
    """
    values = {name: value * inputs.heat_scale_kW for name, value in solution.values.items()}
    tiny = NOISE * float(inputs.demand_kW.mean())

    def flow(name: str) -> Floats:
        return np.where(values[name] > tiny, values[name], 0.0)

    size = flow("size")
    is_on = (solution.values["is_on"] > 0.5) & (size > 0.0)[:, None]
    return SizingDesign(
        size_kW=size,
        capacity_kWh=flow("capacity"),
        heat_kW=np.where(is_on, flow("heat"), 0.0),
        is_on=is_on,
        charge_kW=flow("charge"),
        discharge_kW=flow("discharge"),
        level_kWh=np.maximum(values["level"], 0.0),
        chiller_kW=flow("chiller"),
        chilled_kW=flow("chilled"),
    )


def at_once(design: SizingDesign) -> tuple[StoreStep, ...]:
    """Find the steps in which a store of a design charges and discharges."""
    both = (design.charge_kW > 0.0) & (design.discharge_kW > 0.0)
    return tuple(StoreStep(int(k), int(t)) for k, t in np.argwhere(both))


def one_way(
    inputs: SizingInputs,
    problem: Problem,
    solution: Solution,
    *,
    seconds_left: SecondsLeft = no_limit,
) -> Solution | None:
    """Solve with the states of a solution, every store going only the way it went on balance.

    Parameters
    ----------
    inputs : SizingInputs
    problem : Problem
    solution : Solution
        With an incumbent.
    seconds_left : callable
        `milpcore.sizing.start.POLISH_s` seconds count as left in any case.

    Returns
    -------
    Solution or None
        None if that has no solution, or none in time.
    """
    net = solution.values["charge"] - solution.values["discharge"]
    upper = problem.column_upper.copy()
    charge, discharge = problem.column_blocks["charge"], problem.column_blocks["discharge"]
    upper[charge[net <= 0.0]] = 0.0
    upper[discharge[net > 0.0]] = 0.0
    one = replace(problem, column_upper=upper)
    left = at_least(POLISH_s, seconds_left)
    return with_states(inputs, one, *states_of(solution), seconds_left=left)
