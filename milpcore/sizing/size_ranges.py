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

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from milpcore.core import Problem, Solution
from milpcore.faults import FaultList
from milpcore.sizing.call_faults import note_kind, note_number, note_observer
from milpcore.sizing.caps import Caps
from milpcore.sizing.check import check
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.hull_bound import (
    NEAR_NODES,
    HeldPlateaus,
    held_plateaus,
    unit_to_hold,
    with_plateaus,
)
from milpcore.sizing.inputs import Booleans, Floats, Integers, SizingInputs, prepare
from milpcore.sizing.model import SizingModel, build
from milpcore.sizing.progress import Clock, SecondsLeft, at_least, share_of
from milpcore.sizing.range_table import COLUMNS, SizeRanges
from milpcore.sizing.read import at_once, design_of, one_way
from milpcore.sizing.results import SizingResult
from milpcore.sizing.simulate import simulate
from milpcore.sizing.size_limits import aimed, energy_relaxation, largest_sizes, tightened
from milpcore.sizing.solver import solve_milp
from milpcore.sizing.start import with_states
from milpcore.sizing.units import Store

SETUP_s = 5.0
"""Time for the first linear programs, however short the limit."""
SETUP_SHARE = 0.3
"""Share of the time left that limits of all sizes together may take."""
GAP = 1e-3
"""Relative to the size that is sought."""
LEAST_S = 0.1
"""Shortest time limit of a search."""
_BLOCKS = ("size", "capacity", "chiller")
"""Columns of sizes, in the order of `SizingParameters.units`."""
HELD_SHARE = 0.5
"""Share of a limit's time that the held unit's plateaus may take; the rest is for branching."""


class RangesProgress(NamedTuple):
    """What is known while ranges are searched for.

    Attributes
    ----------
    elapsed_s : float
        Seconds since it began.
    name : str
        The unit or store whose size is being looked at.
    ranges : SizeRanges
        What is proven and found so far, of all sizes.
    """

    elapsed_s: float
    name: str
    ranges: SizeRanges


RangesObserver = Callable[[RangesProgress], bool]
"""Called now and then with `RangesProgress`; returning True asks to stop."""


def size_ranges(
    result: SizingResult,
    *,
    within_share: float = 1e-3,
    time_limit_s: float = 60.0,
    model: SizingModel | None = None,
    observer: RangesObserver | None = None,
) -> SizeRanges:
    """Find how small and how large each size may be in designs that cost hardly more.

    Parameters
    ----------
    result : SizingResult
        With a design.
    within_share : float
        Share of its TAC that designs may cost more.
    time_limit_s : float
        For all sizes together; what is not finished keeps the limits proven so far. The linear
        programs that it begins with have `SETUP_s` seconds in any case.
    model : SizingModel, optional
        The formulation.
    observer : callable, optional
        Called with `RangesProgress` before each of the searches, two for a size, and with highspy
        during them; once it returns True, what is known is returned.

    Returns
    -------
    SizeRanges

    Raises
    ------
    InputError
        If an argument has the wrong type or is out of range, or the result has no design.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> result = sizing.size_plant(profile.part(0, 8), parameters)
    >>> ranges = size_ranges(result, within_share=0.01).table
    >>> bool((ranges["proven_least"] <= ranges["size"]).all())
    True
    """
    _refuse_wrong(result, within_share, time_limit_s, model, observer)
    clock = Clock(time_limit_s, None)
    left = at_least(SETUP_s, clock.seconds_left)
    model = SizingModel() if model is None else model
    inputs = prepare(result.profile, result.parameters)
    tac = result.tac_EUR_per_a
    most_cost = (tac + within_share * abs(tac)) / inputs.cost_scale_EUR_per_a
    limits = _limits(inputs, model, most_cost, left)
    if limits is None:
        return _given_limits(inputs, result, within_share)
    search = _RangeSearch(result, inputs, model, limits, most_cost, within_share, clock, observer)
    return search.ranges(left)


def _refuse_wrong(
    result: SizingResult,
    within_share: float,
    time_limit_s: float,
    model: SizingModel | None,
    observer: RangesObserver | None,
) -> None:
    faults = FaultList()
    if note_kind("result", result, SizingResult, faults) and result.design is None:
        faults.add("", "result", result.status.value, "has no design", "solve it first")
    rule, remedy = "must be above 0 and below 1", "such as 1e-3 for 0.1 %"
    note_number("within_share", within_share, lambda one: 0.0 < one < 1.0, rule, remedy, faults)
    rule = "must be above 0"
    note_number("time_limit_s", time_limit_s, lambda s: s > 0.0, rule, "such as 60", faults)
    note_kind("model", model, SizingModel, faults, is_optional=True)
    note_observer(observer, faults)
    faults.raise_if_any("size_ranges")


class _RangeSearch:
    """The searches for the least and the most of every size."""

    def __init__(
        self,
        result: SizingResult,
        inputs: SizingInputs,
        model: SizingModel,
        limits: Caps,
        most_cost: float,
        within_share: float,
        clock: Clock,
        observer: RangesObserver | None,
    ) -> None:
        assert result.design is not None
        self.result, self.within_share = result, within_share
        self.clock, self.observer, self.is_stopped = clock, observer, False
        self.inputs, self.limits, self.most_cost = inputs, limits, most_cost
        self.problem = build(inputs, model, limits)
        self.columns = _columns(self.problem)
        self.size = _sizes(result.design)
        scale = self.inputs.heat_scale_kW
        low, high = self.problem.column_lower, self.problem.column_upper
        self.proven = np.array([low[self.columns], high[self.columns]]) * scale
        self.found = np.array([self.size, self.size])
        self.known = self._known()
        self.states = _states(self.inputs, result)
        self.held: HeldPlateaus | None = None

    def _held(self, left: SecondsLeft) -> HeldPlateaus | None:
        """Plateaus of the unit that makes most of the heat, if they say much."""
        start = with_states(self.inputs, self.problem, *self.states, seconds_left=left)
        unit = None if start is None else unit_to_hold(self.inputs, start)
        return None if unit is None else held_plateaus(self.inputs, self.limits, unit)

    def ranges(self, left: SecondsLeft) -> SizeRanges:
        """Search for the least and the most of every size in the time left."""
        self.held = self._held(left)
        n_left = 2 * self.columns.size
        for place, part in enumerate(self.result.parameters.units):
            for end, sign in enumerate((1.0, -1.0)):
                if self._stops(part.name) or left() <= 0.0:
                    return self.known
                limit_s = max(self.clock.left_s / n_left, LEAST_S)
                self._look(place, end, sign, limit_s, left)
                n_left -= 1
        return self.known

    def _look(self, place: int, end: int, sign: float, limit_s: float, left: SecondsLeft) -> None:
        """Search for one end of one range, from the best design's states.

        Every valid design counts for all ranges.
        """
        until_s = self.clock.elapsed_s + limit_s
        problem = aimed(self.problem, int(self.columns[place]), sign, self.most_cost)
        start = with_states(self.inputs, problem, *self.states, seconds_left=left)
        self._keep(problem, start)
        held_s = max(HELD_SHARE * limit_s, LEAST_S)
        near = None if self.held is None else self._hold(self.held, place, end, sign, held_s)
        if near is not None:
            held = aimed(near, int(self.columns[place]), sign, self.most_cost)
            self._solve(held, None, place, max(until_s - self.clock.elapsed_s, LEAST_S), NEAR_NODES)
        missing = abs(self.proven[end, place] - self.found[end, place])
        if missing <= GAP * abs(self.found[end, place]):
            return
        left_s = max(until_s - self.clock.elapsed_s, LEAST_S)
        self._prove(place, end, sign, self._solve(problem, start, place, left_s, None))

    def _hold(
        self, held: HeldPlateaus, place: int, end: int, sign: float, limit_s: float
    ) -> Problem | None:
        """Prove a limit by the plateaus of the held unit; the model near to their path."""
        column = int(_columns(held.problem)[place])
        aim = aimed(held.problem, column, sign, self.most_cost)
        found = held.bound(aim, time_limit_s=limit_s)
        self._prove(place, end, sign, found.bound)
        if found.border is None:
            return None
        return with_plateaus(self.problem, held.unit, found.border)

    def _solve(
        self,
        problem: Problem,
        start: Solution | None,
        place: int,
        limit_s: float,
        node_limit: int | None,
    ) -> float:
        """Solve, and keep the design if it is valid; the bound."""
        name, is_watched = self.result.parameters.units[place].name, self.observer is not None
        found = solve_milp(
            problem,
            start,
            mip_rel_gap=GAP,
            time_limit_s=limit_s,
            node_limit=node_limit,
            observer=(lambda _: self._stops(name)) if is_watched else None,
        )
        self._keep(problem, found)
        return found.bound

    def _prove(self, place: int, end: int, sign: float, bound: float) -> None:
        """Take a bound of the least (sign 1) or minus the most (-1) of a size, if it is one."""
        if not np.isfinite(bound):
            return
        closer = max if sign > 0.0 else min
        proven = sign * bound * self.inputs.heat_scale_kW
        self.proven[end, place] = closer(self.proven[end, place], proven)
        self.known = self._known()

    def _keep(self, problem: Problem, found: Solution | None) -> None:
        """Count the sizes of a design that is valid."""
        design = self._valid(problem, found)
        if design is not None:
            sizes = _sizes(design)
            self.found[0] = np.minimum(self.found[0], sizes)
            self.found[1] = np.maximum(self.found[1], sizes)
            self.known = self._known()

    def _valid(self, problem: Problem, found: Solution | None) -> SizingDesign | None:
        """Return the design of a solution, with stores that go one way; None if it is not valid."""
        inputs = self.inputs
        if found is None or not found.has_incumbent:
            return None
        design = design_of(inputs, found)
        if at_once(design):
            one = one_way(inputs, problem, found)
            if one is None:
                return None
            design = design_of(inputs, one)
        return None if check(inputs.profile, inputs.parameters, design) else design

    def _stops(self, name: str) -> bool:
        """Ask the observer, but not again after a yes."""
        if self.observer is not None and not self.is_stopped:
            progress = RangesProgress(self.clock.elapsed_s, name, self.known)
            self.is_stopped = bool(self.observer(progress))
        return self.is_stopped

    def _known(self) -> SizeRanges:
        """Put together what is known; the sizes of valid designs are never outside."""
        return _table(self.inputs, self.size, self.proven, self.found, self.within_share)


def _sizes(design: SizingDesign) -> Floats:
    """Return the sizes and capacities (U + K + C,) of a design, kW and kWh."""
    return np.concatenate([design.size_kW, design.capacity_kWh, design.chiller_kW])


def _columns(problem: Problem) -> Integers:
    """Columns (U + K + C,) of all sizes and capacities."""
    blocks = problem.column_blocks
    return np.concatenate([blocks[name] for name in _BLOCKS])


def _table(
    inputs: SizingInputs, size: Floats, proven: Floats, found: Floats, within_share: float
) -> SizeRanges:
    """Put limits proven and found (2, U + K + C) in a table."""
    least = np.maximum(np.minimum(proven[0], found[0]), 0.0)
    most = np.maximum(proven[1], found[1])
    parts = inputs.parameters.units
    units = ["kWh" if isinstance(part, Store) else "kW" for part in parts]
    names = [part.name for part in parts]
    values = (names, units, least, found[0], size, found[1], most)
    columns = dict(zip(COLUMNS, values, strict=True))
    return SizeRanges(pd.DataFrame(columns).copy(), within_share)


def _given_limits(inputs: SizingInputs, result: SizingResult, within_share: float) -> SizeRanges:
    """Return the limits that the parameters give, where there was no time for others."""
    assert result.design is not None
    units, stores, chillers = inputs.units, inputs.stores, inputs.chillers
    least = np.concatenate([units.least_kW, stores.least_kWh, chillers.least_kW])
    most = np.concatenate([units.largest_kW, stores.largest_kWh, chillers.largest_kW])
    size = _sizes(result.design)
    return _table(inputs, size, np.array([least, most]), np.array([size, size]), within_share)


def _limits(
    inputs: SizingInputs, model: SizingModel, most_cost: float, left: SecondsLeft
) -> Caps | None:
    """Limits that hold for every design of at most that cost; None if the time did not do."""
    energy = energy_relaxation(inputs)
    largest = largest_sizes(energy, most_cost, blocks=_BLOCKS, seconds_left=left)
    scale = inputs.heat_scale_kW
    if not np.all(np.isfinite(largest["capacity"])):
        return None
    some = share_of(SETUP_SHARE, left)
    limits = tightened(inputs, model, largest["capacity"] * scale, most_cost, seconds_left=some)

    def wider(block: str, limit_kW: Floats) -> Floats:
        """Sizes that are never used in full count, too."""
        size = largest[block] * scale
        return np.where(np.isfinite(size), np.maximum(size, limit_kW), limit_kW)

    return replace(
        limits,
        size_kW=wider("size", limits.size_kW),
        chiller_kW=wider("chiller", limits.chiller_kW),
    )


def _states(inputs: SizingInputs, result: SizingResult) -> tuple[Booleans, Booleans]:
    """States and load changes of a design, as the model has them."""
    assert result.design is not None
    simulation = simulate(result.profile, result.parameters, result.design)
    units = inputs.units
    is_on = result.design.is_on | units.is_always_on[:, None]
    absent = (result.design.size_kW == 0.0) & units.has_past
    is_on[absent] = units.was_on[absent, None]  # a unit that is not built stays as it was
    return is_on, simulation.is_load_change
