r"""Why no operation meets the demand: which heat is missing, when, and what would bring it.

Linear programs that know nothing of commitment let heat :math:`m(t)` be missing from the balance
of every step,

.. math:: \min \sum_t m(t), \qquad \sum_i q_i(t) + \sum_k di_k(t) - ch_k(t) + m(t) = d(t). \tag{1}

Where even they miss some, a cause is found by asking again with unlimited waste heat, with larger
units and with larger stores: the first one with which nothing is missing any more is named. Loads
are first limited by the waste heat and size of each step, then by what holds over the windows of
units whose load may change once in them (`milpcore.sizing.caps`). Where (1) misses nothing, the
demand may still swing by more than stores and other units can take between the load changes of some
units (`milpcore.sizing.size_cuts`). What else minimum loads, times and load changes forbid, this
does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import sparse

from milpcore.core import Problem, Status
from milpcore.sizing.caps import Caps, caps
from milpcore.sizing.inputs import Floats, SizingInputs
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.no_commitment import NoCommitment, without_caps
from milpcore.sizing.progress import SecondsLeft, no_limit
from milpcore.sizing.size_cuts import ranges_kW
from milpcore.sizing.size_limits import wide_capacities
from milpcore.sizing.solver import solve_relaxed

NO_OPERATION = "no operation meets the demand in every step"
UNKNOWN = (
    "more or larger units, more waste heat, smaller minimum loads, shorter times on or off, more "
    "load changes, or a larger store may help"
)
NOTHING = 1e-6
"""Share of the mean demand below which no heat is missing."""
_WIDEST = 1000.0
"""Multiple of the first limits of capacities within which loads are held over windows."""


def why_infeasible(inputs: SizingInputs, *, seconds_left: SecondsLeft = no_limit) -> str:
    """Say that no operation meets the demand, and why, as far as that can be told.

    Parameters
    ----------
    inputs : SizingInputs
        Of a problem that has no solution.
    seconds_left : callable

    Returns
    -------
    str

    Examples
    --------
    >>> from milpcore.sizing import HeatProfile, HeatPump, SizingParameters, prepare
    >>> profile = HeatProfile(step_h=1.0, heat_demand_kW=[80, 120], waste_heat_kW=[50, 50])
    >>> pump = HeatPump(cop=2.0)
    >>> parameters = SizingParameters(heat_pumps=[pump], boilers=[], stores=[])
    >>> print(why_infeasible(prepare(profile, parameters)).split(";")[0])
    no operation meets the demand in every step: waste heat is missing
    """
    for is_held, words in ((False, ""), (True, " where loads are held over their windows")):
        missing = _missing_kW(inputs, is_held, seconds_left)
        if missing is None:
            break
        if missing.max() > NOTHING * float(inputs.demand_kW.mean()):
            cause, remedy = _cause(inputs, is_held, seconds_left)
            return f"{NO_OPERATION}: {cause}{words}; {_figures(inputs, missing)}; {remedy}"
    return f"{NO_OPERATION}: {_swings(inputs) or UNKNOWN}"


def _swings(inputs: SizingInputs) -> str:
    """Say which units leave swings of the demand that nothing else can take; empty if none do."""
    units, stores = inputs.units, inputs.stores
    rate_kW = 2.0 * float(stores.rate_per_h @ stores.largest_kWh) if inputs.n_stores else 0.0
    names = [unit.name for unit in inputs.parameters.heat_units]
    for held, swing_kW in ranges_kW(inputs):
        room_kW = rate_kW + float(np.delete(units.largest_kW, held).sum())
        if swing_kW > room_kW * (1.0 + NOTHING):
            who = " and ".join(names[unit] for unit in held)
            return (
                f"between the load changes that {who} may make the demand swings by at least "
                f"{swing_kW:.6g} kW, of which stores and other units take {room_kW:.6g}; a larger "
                "store, more load changes or a shorter window may help"
            )
    return ""


def _cause(inputs: SizingInputs, is_held: bool, seconds_left: SecondsLeft) -> tuple[str, str]:
    """Name the first change with which nothing is missing, and what helps."""
    for changed, cause, remedy in _changes(inputs):
        missing = _missing_kW(changed, is_held, seconds_left)
        if missing is not None and missing.max() <= NOTHING * float(inputs.demand_kW.mean()):
            return cause, remedy
    return "heat is missing", UNKNOWN


def _changes(inputs: SizingInputs) -> Iterator[tuple[SizingInputs, str, str]]:
    """Problems with a limit less, with the cause that it is, and the remedy."""
    units, stores = inputs.units, inputs.stores
    if np.any(units.source_share > 0.0):
        endless = np.full(inputs.n_steps, np.inf)
        remedy = "more waste heat, a higher COP, or a unit that needs none may help"
        yield replace(inputs, waste_kW=endless), "waste heat is missing", remedy
    if np.any(np.isfinite(units.largest_kW)):
        large = replace(units, largest_kW=np.full(inputs.n_units, np.inf))
        remedy = "a larger limit of size or a further unit may help"
        yield replace(inputs, units=large), "the units are too small", remedy
    if np.any(np.isfinite(stores.largest_kWh)):
        most = replace(stores, largest_kWh=np.full(inputs.n_stores, np.inf))
        remedy = "a larger store may help"
        yield replace(inputs, stores=most), "the stores are too small", remedy


def _missing_kW(inputs: SizingInputs, is_held: bool, seconds_left: SecondsLeft) -> Floats | None:
    """Solve (1); heat that is missing in each step (T,), None if the program was not solved."""
    model = SizingModel(NoCommitment(), size_cuts=False)
    problem = with_missing_heat(build(inputs, model, _caps(inputs, is_held)))
    found = solve_relaxed(problem, seconds_left)
    if found.status is not Status.OPTIMAL:
        return None
    return np.asarray(found.values["missing"] * inputs.heat_scale_kW)


def _caps(inputs: SizingInputs, is_held: bool) -> Caps:
    return caps(inputs, _WIDEST * wide_capacities(inputs)) if is_held else without_caps(inputs)


def with_missing_heat(problem: Problem) -> Problem:
    """Add the columns ``missing`` (T,) to the heat balance, and make them the objective.

    Parameters
    ----------
    problem : Problem
        From `milpcore.sizing.model.build`.

    Returns
    -------
    Problem
    """
    balance = problem.row_blocks["heat_balance"]
    n_steps = balance.size
    one = sparse.csc_array(
        (np.ones(n_steps), (balance, np.arange(n_steps))), shape=(problem.n_rows, n_steps)
    )
    free = replace(problem, cost=np.zeros(problem.n_columns), objective_constant=0.0)
    return free.with_columns("missing", one, cost=1.0)


def _figures(inputs: SizingInputs, missing_kW: Floats) -> str:
    """Say when most heat is missing, and how much in all."""
    step = int(np.argmax(missing_kW))
    time_h = float(inputs.profile.time_h[step])
    demand_kW, waste_kW = float(inputs.demand_kW[step]), float(inputs.waste_kW[step])
    words = (
        f"in step {step} ({time_h:.12g} h) {missing_kW[step]:.6g} of {demand_kW:.6g} kW cannot be "
        "delivered"
    )
    if np.any(inputs.units.source_share > 0.0):
        words += f" with {waste_kW:.6g} kW of waste heat"
    n_steps = int(np.sum(missing_kW > NOTHING * float(inputs.demand_kW.mean())))
    total_kWh = float(missing_kW.sum()) * inputs.step_h
    return f"{words}; in all {total_kWh:.6g} kWh in {n_steps} of {inputs.n_steps} steps"
