r"""How far sizes may be from those of the best design at hardly higher cost.

Where prices of two kinds of heat are near to each other, cost hardly depends on the sizes, and the
sizes of one optimal design say little. For every size ``N``

.. math:: \min N,\ \max N \quad\text{over all designs with}\quad TAC \le (1 + x)\, z \tag{1}

is solved as a mixed-integer program, ``z`` being the cost of the best design known. What the
solver proves is a limit that no such design exceeds; what it finds is a design that reaches so far.
A size that is never used in full is a size, too, as long as it is paid for; where sizes cost
nothing, only those that can be used count.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from milpcore.core import Problem, Solution
from milpcore.faults import FaultList
from milpcore.sizing.check import check
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.inputs import Booleans, SizingInputs, prepare
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.no_commitment import NoCommitment, without_caps
from milpcore.sizing.read import at_once, design_of, one_way
from milpcore.sizing.results import SizingResult
from milpcore.sizing.simulate import simulate
from milpcore.sizing.size_limits import aimed, largest_sizes, tightened
from milpcore.sizing.solver import solve_milp
from milpcore.sizing.start import with_states

GAP = 1e-3
"""Relative to the size that is sought."""
COLUMNS = ("name", "unit", "proven_least", "found_least", "size", "found_most", "proven_most")


@dataclass(frozen=True, eq=False)
class SizeRanges:
    """Ranges of all sizes.

    Attributes
    ----------
    table : DataFrame
        One row per unit and store: ``proven_least`` and ``proven_most`` that no design within the
        share exceeds, ``found_least`` and ``found_most`` that checked designs reach, ``size`` of
        the best design; all in ``unit``.
    within_share : float
        Share of TAC by which these designs may cost more than the best one known.
    """

    table: pd.DataFrame
    within_share: float


def size_ranges(
    result: SizingResult,
    *,
    within_share: float = 1e-3,
    time_limit_s: float = 60.0,
    model: SizingModel | None = None,
) -> SizeRanges:
    """Find how small and how large each size may be in designs that cost hardly more.

    Parameters
    ----------
    result : SizingResult
        With a design.
    within_share : float
        Share of its TAC that designs may cost more.
    time_limit_s : float
        For all sizes together; what is not finished keeps the limits proven so far.
    model : SizingModel, optional
        The formulation.

    Returns
    -------
    SizeRanges

    Raises
    ------
    InputError
        If the result has no design, or an option is out of range.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> result = sizing.size_plant(profile.part(0, 8), parameters)
    >>> ranges = size_ranges(result, within_share=0.01).table
    >>> bool((ranges["proven_least"] <= ranges["size"]).all())
    True
    """
    design = _checked_design(result, within_share, time_limit_s)
    model = SizingModel() if model is None else model
    deadline_s = time.perf_counter() + time_limit_s
    inputs = prepare(result.profile, result.parameters)
    most_cost = result.tac_EUR_per_a + within_share * abs(result.tac_EUR_per_a)
    most_cost /= inputs.cost_scale_EUR_per_a
    problem = _problem(inputs, model, most_cost)
    start = with_states(inputs, problem, *_states(inputs, result))
    columns = [*problem.column_blocks["size"], *problem.column_blocks["capacity"]]
    sizes = [*design.size_kW, *design.capacity_kWh]
    units = ["kW"] * inputs.n_units + ["kWh"] * inputs.n_stores
    rows = []
    for place, (part, column) in enumerate(zip(result.parameters.units, columns, strict=True)):
        proven, found = [], []
        for sign in (1.0, -1.0):
            left = 2 * (len(columns) - place) - (sign < 0.0)
            limit_s = max((deadline_s - time.perf_counter()) / left, 0.1)
            bound, reached = _extreme(inputs, problem, int(column), sign, most_cost, start, limit_s)
            proven.append(bound)
            found.append(sizes[place] if np.isnan(reached) else reached)
        least, most = max(min(proven[0], sizes[place]), 0.0), max(proven[1], sizes[place])
        reach = min(found[0], sizes[place]), max(found[1], sizes[place])
        rows.append((part.name, units[place], least, reach[0], sizes[place], reach[1], most))
    return SizeRanges(pd.DataFrame(rows, columns=list(COLUMNS)), within_share)


def _checked_design(result: SizingResult, within_share: float, time_limit_s: float) -> SizingDesign:
    faults = FaultList()
    if result.design is None:
        faults.add("", "result", result.status.value, "has no design", "solve it first")
    if not 0.0 < within_share < 1.0:
        rule = "must be above 0 and below 1"
        faults.add("", "within_share", within_share, rule, "such as 1e-3 for 0.1 %")
    if not time_limit_s > 0.0:
        faults.add("", "time_limit_s", time_limit_s, "must be above 0", "such as 60")
    faults.raise_if_any("size_ranges")
    assert result.design is not None
    return result.design


def _problem(inputs: SizingInputs, model: SizingModel, most_cost: float) -> Problem:
    """Build the model with limits that hold for every design of at most that cost."""
    energy = build(inputs, SizingModel(NoCommitment()), without_caps(inputs)).relaxed()
    largest = largest_sizes(energy, most_cost)
    scale = inputs.heat_scale_kW
    limits = tightened(inputs, model, largest["capacity"] * scale, most_cost)
    size = largest["size"] * scale  # sizes that are never used in full count, too
    size = np.where(np.isfinite(size), np.maximum(size, limits.size_kW), limits.size_kW)
    return build(inputs, model, replace(limits, size_kW=size))


def _states(inputs: SizingInputs, result: SizingResult) -> tuple[Booleans, Booleans]:
    """States and load changes of a design, as the model has them."""
    assert result.design is not None
    simulation = simulate(result.profile, result.parameters, result.design)
    is_on = result.design.is_on | inputs.units.is_always_on[:, None]
    return is_on, simulation.is_load_change


def _extreme(
    inputs: SizingInputs,
    problem: Problem,
    column: int,
    sign: float,
    most_cost: float,
    start: Solution | None,
    limit_s: float,
) -> tuple[float, float]:
    """Proven limit of a column and the most extreme value of a valid design, NaN if none."""
    scale = inputs.heat_scale_kW
    found = solve_milp(
        aimed(problem, column, sign, most_cost), start, mip_rel_gap=GAP, time_limit_s=limit_s
    )
    proven = sign * found.bound * scale
    if not found.has_incumbent:
        return proven, np.nan
    valid: Solution | None = found
    if at_once(design_of(inputs, found)):
        valid = one_way(inputs, aimed(problem, column, sign, most_cost), found)
    if valid is None or valid.x is None:
        return proven, np.nan
    if check(inputs.profile, inputs.parameters, design_of(inputs, valid)):
        return proven, np.nan
    return proven, float(valid.x[column]) * scale
