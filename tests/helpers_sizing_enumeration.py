"""The least TAC of tiny sizing problems by enumeration; no code of the models.

Every *schedule* of a unit is listed step by step: built or not, on or off, load changed or not. The
rules of time stand in `schedules` and nowhere else. With one schedule for each unit and a direction
for each store and step, what is left is a linear program. Sets of schedules share the linear
program of what all their members have in common, a bound for each of them: a set is split until the
solution of its program keeps to a member, or the bound is above a solution that does.

Conventions that the module docstring of `milpcore.sizing.units` leaves open, in steps, with every
duration first rounded up to whole ones:

- a change ``h`` steps before the horizon binds the first ``ceil(duration - h)`` steps, also where
  ``h`` is not whole: it counts as one ``floor(h)`` steps before;
- a unit of size 0 has heat 0 and nothing else counts for it, no minimum time and no window, also
  where a state before the first step is given;
- the load before the first step is no limit of the size.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from milpcore.sizing import (
    Chiller,
    HeatProfile,
    HeatUnit,
    SizingParameters,
    Unit,
    is_existing,
    size_limits,
)
from milpcore.sizing.design import SizingDesign

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int_]

NEARLY = 1e-9
"""Share of a step, or of the largest heat, that does not count."""
WITHOUT_OPTIMUM = {2: math.inf, 3: -math.inf}
"""Least cost by the status of linprog: infeasible, unbounded."""
FREE, CHARGES, DISCHARGES = 0, 1, 2


@dataclass(frozen=True)
class Least:
    """The least TAC; infinite where nothing is feasible, -infinite where there is no bound."""

    tac_EUR_per_a: float
    opex_EUR_per_a: float
    capex_EUR_per_a: float
    co2_t_per_a: float
    design: SizingDesign | None
    n_programs: int


@dataclass(frozen=True)
class Schedules:
    """Allowed courses of one unit or store, one per row.

    `is_steady` (n, T) where the load is that of the step before, at step 0 the given one; of a
    store or chiller only `is_built` (n,) counts.
    """

    is_built: Booleans
    is_on: Booleans
    is_steady: Booleans

    def __len__(self) -> int:
        return self.is_built.size

    def rows(self, chosen: Booleans) -> Schedules:
        return Schedules(self.is_built[chosen], self.is_on[chosen], self.is_steady[chosen])

    @property
    def features(self) -> Booleans:
        """What may tell schedules apart (n, 1 + 2 T)."""
        return np.column_stack([self.is_built, self.is_on, self.is_steady])

    @property
    def tells_apart(self) -> Booleans:
        """Features that some schedules have and others do not."""
        return np.asarray(self.features.any(axis=0) & ~self.features.all(axis=0))


def whole_steps(duration_h: float, step_h: float) -> int:
    return math.ceil(duration_h / step_h - NEARLY)


def steps_bound(duration_h: float, passed_h: float, step_h: float) -> int:
    """Steps of the horizon that fall into a duration of which some hours have passed."""
    if math.isinf(passed_h):
        return 0
    return max(0, math.ceil(whole_steps(duration_h, step_h) - passed_h / step_h - NEARLY))


def keeps_minimum_times(unit: HeatUnit, is_on: tuple[bool, ...], step_h: float) -> bool:
    """Whether all that is on or off stays so for long enough."""
    least_h = {True: unit.min_up_h, False: unit.min_down_h}
    state = is_on[0]
    if unit.initial is not None:
        state = unit.initial.is_on
        bound = steps_bound(least_h[state], unit.initial.hours_in_state_h, step_h)
        if any(later != state for later in is_on[:bound]):
            return False
    for step, now in enumerate(is_on):
        if now != state:
            stay = is_on[step : step + whole_steps(least_h[now], step_h)]
            if any(later != now for later in stay):
                return False
            state = now
    return True


def keeps_windows(unit: HeatUnit, changed: tuple[bool, ...], step_h: float) -> bool:
    """Whether no window has too many load changes; a window that begins with one has most."""
    if unit.load_changes_per_window is None:
        return True
    times = [float(step) for step, change in enumerate(changed) if change]
    if unit.initial is not None and math.isfinite(unit.initial.last_change_h):
        times.insert(0, -unit.initial.last_change_h / step_h)
    window = whole_steps(unit.window_h, step_h)
    return all(
        sum(first <= time < first + window - NEARLY for time in times)
        <= unit.load_changes_per_window
        for first in times
    )


def schedules(
    unit: HeatUnit,
    profile: HeatProfile,
    *,
    all_of_them: bool = False,
) -> Schedules:
    """List the allowed courses, by default without those that another one makes needless.

    Needless are those whose loads another course allows as well: one that may change the load in
    more steps, because a change may be 0, and with minimum load 0 also one that is on in more
    steps.
    """
    n_steps, initial = profile.n_steps, unit.initial
    before = None if initial is None else initial.is_on
    found: list[tuple[tuple[bool, ...], tuple[bool, ...]]] = []
    for is_on in itertools.product((False, True), repeat=n_steps):
        if not keeps_minimum_times(unit, is_on, profile.step_h):
            continue
        options: list[tuple[bool, ...]] = []
        for now, last in zip(is_on, (before, *is_on), strict=False):
            if last is None:
                options.append((False,))  # nothing counts at the first step
            elif now != last:
                options.append((True,))
            else:
                options.append((False, True) if now else (False,))
        for changed in itertools.product(*options):
            if keeps_windows(unit, changed, profile.step_h):
                found.append((is_on, changed))
    on = np.array([is_on for is_on, _ in found], dtype=bool).reshape(-1, n_steps)
    steady = ~np.array([changed for _, changed in found], dtype=bool).reshape(-1, n_steps)
    if initial is None:
        steady[:, 0] = False
    if not all_of_them:
        kept = [row for row in range(len(on)) if not _is_needless(unit, on, steady, row)]
        on, steady = on[kept], steady[kept]
    built = np.ones(len(on), dtype=bool)
    smallest = size_limits(unit)[0]
    may_lack = not is_existing(unit) and (unit.is_optional or smallest == 0.0)
    stops = initial is not None and initial.load_kW > 0.0
    if may_lack and (smallest > 0.0 or initial is not None):  # else like one that is built
        built = np.append(built, False)
        on = np.vstack([on, np.zeros(n_steps, dtype=bool)])
        steady = np.vstack([steady, [not (stops or initial is None), *[True] * (n_steps - 1)]])
    return Schedules(built, on, steady)


def _is_needless(unit: HeatUnit, on: Booleans, steady: Booleans, row: int) -> bool:
    no_steadier = (steady <= steady[row]).all(axis=1)
    same = (on == on[row]).all(axis=1)
    covers = same if unit.minimum_load > 0.0 else (on >= on[row]).all(axis=1)
    differs = ~(same & (steady == steady[row]).all(axis=1))
    return bool((no_steadier & covers & differs).any())


def size_schedules(unit: Unit) -> Schedules:
    """Built or not, of what has no states: stores and chillers."""
    may_lack = unit.is_optional and not is_existing(unit) and size_limits(unit)[0] > 0.0
    built = np.array([True, False] if may_lack else [True])
    nothing = np.zeros((built.size, 0), dtype=bool)
    return Schedules(built, nothing, nothing)


class Program:
    """The linear program of sets of schedules, one for each unit, store and chiller."""

    def __init__(self, profile: HeatProfile, parameters: SizingParameters) -> None:
        self.profile, self.parameters = profile, parameters
        self.units, self.stores = parameters.heat_units, parameters.stores
        n_units, n_stores, n_steps = len(self.units), len(self.stores), profile.n_steps
        shapes = [(n_units,), (n_stores,), (n_units, n_steps), *[(n_stores, n_steps)] * 2]
        sizes = [math.prod(shape) for shape in (*shapes, (n_stores, n_steps + 1))]
        self.chillers = parameters.chillers
        n_chillers = len(self.chillers)
        sizes += [n_chillers, n_chillers * n_steps]
        self.n_columns = sum(sizes)
        parts = np.split(np.arange(self.n_columns), np.cumsum(sizes)[:-1])
        self.size, self.capacity = parts[0], parts[1]
        self.heat = parts[2].reshape(n_units, n_steps)
        self.charge, self.discharge = (part.reshape(n_stores, n_steps) for part in parts[3:5])
        self.level = parts[5].reshape(n_stores, n_steps + 1)
        self.chiller, self.chilled = parts[6], parts[7].reshape(n_chillers, n_steps)
        self.sizes = (*self.size, *self.capacity, *self.chiller)
        self.hours_per_a = parameters.annual_scale_per_a(profile) * profile.step_h
        self.nearly_kW = NEARLY * max(1.0, float(profile.heat_demand_kW.max()))
        self.cost, self.constant = self._cost()
        self.equal: list[tuple[Floats, float]] = []
        self.at_most: list[tuple[Floats, float]] = []
        self._add_rows_of_units()
        for k in range(n_stores):
            self._add_rows_of_store(k)
        self.n_solved = 0

    def _cost(self) -> tuple[Floats, float]:
        """Cost of each column, and that of cooling all waste heat, EUR/a."""
        profile, parameters = self.profile, self.parameters
        cost = np.zeros(self.n_columns)
        for column, unit in zip(self.size, self.units, strict=True):
            cost[column] = parameters.size_cost_EUR_per_a(unit)
        for column, store in zip(self.capacity, self.stores, strict=True):
            cost[column] = parameters.size_cost_EUR_per_a(store)
        cooling = parameters.cooling_cost_EUR_per_kWh(profile)
        for columns, unit in zip(self.heat, self.units, strict=True):
            saved = cooling * parameters.source_share(unit, profile)
            paid = parameters.heat_cost_EUR_per_kWh(unit, profile)
            cost[columns] = self.hours_per_a * (paid - saved)
        for size, columns, chiller in zip(self.chiller, self.chilled, self.chillers, strict=True):
            cost[size] = parameters.size_cost_EUR_per_a(chiller)
            cost[columns] = self.hours_per_a * (self._paid_for_chilling(chiller) - cooling)
        return cost, self.hours_per_a * float(cooling @ profile.waste_heat_kW)

    def _paid_for_chilling(self, chiller: Chiller) -> Floats:
        """Electricity with its CO2 per kWh removed (T,), EUR."""
        series = self.parameters.plant_series
        electricity = series("electricity_price_EUR_per_MWh", self.profile)
        emission = series("electricity_emission_t_per_MWh", self.profile)
        co2 = self.parameters.plant.co2_price_EUR_per_t
        cop = self.profile.series.get(f"cop_{chiller.name}", chiller.cop)
        return np.asarray((electricity + co2 * emission) / cop / 1000.0)

    def _row(self, *terms: tuple[int, float]) -> Floats:
        row = np.zeros(self.n_columns)
        for column, factor in terms:
            row[column] += factor
        return row

    def _add_rows_of_units(self) -> None:
        profile, parameters = self.profile, self.parameters
        share = [parameters.source_share(unit, profile) for unit in self.units]
        for t in range(profile.n_steps):
            into = [(column, 1.0) for column in (*self.heat[:, t], *self.discharge[:, t])]
            out = [(column, -1.0) for column in self.charge[:, t]]
            self.equal.append((self._row(*into, *out), profile.heat_demand_kW[t]))
            taken = [(self.heat[u, t], share[u][t]) for u in range(len(self.units))]
            taken += [(column, 1.0) for column in self.chilled[:, t]]
            self.at_most.append((self._row(*taken), profile.waste_heat_kW[t]))
            for size, column in zip(self.chiller, self.chilled[:, t], strict=True):
                self.at_most.append((self._row((column, 1.0), (size, -1.0)), 0.0))
            for u in range(len(self.units)):
                self.at_most.append((self._row((self.heat[u, t], 1.0), (self.size[u], -1.0)), 0.0))

    def _add_rows_of_store(self, k: int) -> None:
        store, step_h, level = self.stores[k], self.profile.step_h, self.level[k]
        for t in range(self.profile.n_steps):
            recursion = self._row(
                (level[t + 1], 1.0),
                (level[t], store.loss_per_h * step_h - 1.0),
                (self.charge[k, t], -store.charge_efficiency * step_h),
                (self.discharge[k, t], step_h / store.discharge_efficiency),
            )
            self.equal.append((recursion, 0.0))
            both = ((self.charge[k, t], 1.0), (self.discharge[k, t], 1.0))
            self.at_most.append((self._row(*both, (self.capacity[k], -store.rate_per_h)), 0.0))
        for column in level:
            self.at_most.append((self._row((column, 1.0), (self.capacity[k], -1.0)), 0.0))
        self.equal.append((self._row((level[0], 1.0), (level[-1], -1.0)), 0.0))
        if store.start_end_share is not None:
            share = (self.capacity[k], -store.start_end_share)
            self.equal.append((self._row((level[0], 1.0), share), 0.0))

    def solve(self, node: Node) -> tuple[float, Floats | None]:
        """Solve with what all schedules of each set have in common; TAC and columns.

        Infinite if infeasible, -infinite if unbounded, both without columns.
        """
        lower, upper = np.zeros(self.n_columns), np.full(self.n_columns, np.inf)
        equal, at_most = list(self.equal), list(self.at_most)
        for column, unit, chosen in zip(self.sizes, self.parameters.units, node.sets, strict=True):
            smallest, largest = size_limits(unit)
            lower[column] = smallest if chosen.is_built.all() else 0.0
            upper[column] = largest if chosen.is_built.any() else 0.0
        for u, (unit, chosen) in enumerate(zip(self.units, node.sets, strict=False)):
            upper[self.heat[u, ~chosen.is_on.any(axis=0)]] = 0.0
            for t in np.flatnonzero(chosen.is_on.all(axis=0)):
                minimum = (self.size[u], unit.minimum_load), (self.heat[u, t], -1.0)
                at_most.append((self._row(*minimum), 0.0))
            for t in np.flatnonzero(chosen.is_steady.all(axis=0)):
                if t:
                    change = (self.heat[u, t], 1.0), (self.heat[u, t - 1], -1.0)
                    equal.append((self._row(*change), 0.0))
                else:
                    equal.append((self._row((self.heat[u, 0], 1.0)), given_load_kW(unit)))
        upper[self.discharge[node.direction == CHARGES]] = 0.0
        upper[self.charge[node.direction == DISCHARGES]] = 0.0
        self.n_solved += 1
        values = _solve(self.cost, at_most, equal, np.column_stack([lower, upper]))
        if isinstance(values, float):
            return values, None
        return float(self.cost @ values) + self.constant, values

    def violations(self, index: int, values: Floats) -> tuple[Floats, Floats]:
        """How far a solution is from each feature of a unit's schedules, and from its opposite."""
        size = values[self.sizes[index]]
        too_small = max(0.0, size_limits(self.parameters.units[index])[0] - size)
        if index >= len(self.units):
            return np.array([too_small]), np.array([size])
        unit, heat = self.units[index], values[self.heat[index]]
        before = heat[0] if unit.initial is None else given_load_kW(unit)
        change = np.abs(np.diff(heat, prepend=before))
        too_low = np.maximum(0.0, unit.minimum_load * size - heat)
        return np.array([too_small, *too_low, *change]), np.array([size, *heat, *0.0 * change])

    def misfits(self, index: int, chosen: Schedules, values: Floats) -> Floats:
        """How far a solution is from each schedule of a set (n,)."""
        has, has_not = self.violations(index, values)
        return np.asarray(np.where(chosen.features, has, has_not).max(axis=1))

    def at_once(self, node: Node, values: Floats) -> Floats:
        """Charge and discharge at once where no direction is fixed (K, T)."""
        both = np.minimum(values[self.charge], values[self.discharge])
        return np.where(node.direction == FREE, both, 0.0)

    def member(self, node: Node, values: Floats) -> Node | None:
        """Return one schedule of each set, and directions, that a solution keeps to."""
        if self.at_once(node, values).max(initial=0.0) > self.nearly_kW:
            return None
        sets = []
        for index, chosen in enumerate(node.sets):
            misfits = self.misfits(index, chosen, values)
            if misfits.min() > self.nearly_kW:
                return None
            sets.append(chosen.rows(np.arange(len(chosen)) == np.argmin(misfits)))
        ways = np.where(values[self.charge] > values[self.discharge], CHARGES, DISCHARGES)
        return Node(sets, np.where(node.direction == FREE, ways, node.direction))

    def branches(self, node: Node, values: Floats) -> list[Node]:
        """Split the set, or fix the direction, that a solution is farthest from."""
        options = []
        for index, chosen in enumerate(node.sets):
            if self.misfits(index, chosen, values).min() > self.nearly_kW:
                violations = self.violations(index, values)
                score = np.minimum(*violations) + 0.1 * np.maximum(*violations)
                score[~chosen.tells_apart] = 0.0
                options.append((float(score.max()), index, int(np.argmax(score))))
        if options and max(options)[0] > 0.0:
            return node.split(*max(options)[1:])
        both = self.at_once(node, values)
        if both.max(initial=0.0) > self.nearly_kW:
            return node.directed(np.unravel_index(np.argmax(both), both.shape))
        return node.next_branches()

    def result(self, tac: float, node: Node | None, values: Floats | None) -> Least:
        """Read the design from the columns."""
        if node is None or values is None:
            return Least(tac, math.nan, math.nan, math.nan, None, self.n_solved)
        sizes = list(self.sizes)
        capex = float(self.cost[sizes] @ values[sizes])
        is_on = np.array([chosen.is_on[0] for chosen in node.sets[: len(self.units)]])
        size_kW = values[self.size]
        is_on &= (size_kW > self.nearly_kW)[:, None]
        heat_kW = np.where(is_on, values[self.heat], 0.0)
        emission = [
            self.parameters.heat_emission_t_per_kWh(unit, self.profile) for unit in self.units
        ]
        design = SizingDesign(
            size_kW=np.where(size_kW > self.nearly_kW, size_kW, 0.0),
            capacity_kWh=values[self.capacity],
            heat_kW=heat_kW,
            is_on=is_on,
            charge_kW=values[self.charge],
            discharge_kW=values[self.discharge],
            level_kWh=values[self.level],
            chiller_kW=values[self.chiller],
            chilled_kW=values[self.chilled],
        )
        co2 = self.hours_per_a * float((np.array(emission) * heat_kW).sum())
        factor = self.parameters.plant_series("electricity_emission_t_per_MWh", self.profile)
        for columns, chiller in zip(self.chilled, self.chillers, strict=True):
            cop = self.profile.series.get(f"cop_{chiller.name}", chiller.cop)
            co2 += self.hours_per_a * float((values[columns] * factor / cop).sum()) / 1000.0
        return Least(tac, tac - capex, capex, co2, design, self.n_solved)


def given_load_kW(unit: HeatUnit) -> float:
    assert unit.initial is not None
    return unit.initial.load_kW


def _solve(
    cost: Floats,
    at_most: list[tuple[Floats, float]],
    equal: list[tuple[Floats, float]],
    bounds: Floats,
) -> Floats | float:
    """Solve a linear program; infinity if infeasible, -infinity if unbounded."""
    matrices = [np.array([row for row, _ in rows]) for rows in (at_most, equal)]
    limits = [np.array([limit for _, limit in rows]) for rows in (at_most, equal)]
    for presolve in (True, False):
        found = linprog(
            cost / (np.abs(cost).max() or 1.0),
            A_ub=matrices[0],
            b_ub=limits[0],
            A_eq=matrices[1],
            b_eq=limits[1],
            bounds=[(low, high) for low, high in bounds.tolist()],
            method="highs-ds",
            options={
                "presolve": presolve,
                "primal_feasibility_tolerance": 1e-10,
                "dual_feasibility_tolerance": 1e-10,
            },
        )
        if found.status == 0:
            return np.asarray(found.x, dtype=np.float64)
        if found.status in WITHOUT_OPTIMUM:
            return WITHOUT_OPTIMUM[found.status]
    raise RuntimeError(found.message)


class Node(NamedTuple):
    """Sets of schedules, and what each store may do in each step (K, T)."""

    sets: list[Schedules]
    direction: Integers

    def split(self, index: int, feature: int) -> list[Node]:
        chosen = self.sets[index]
        has = chosen.features[:, feature]
        halves = [chosen.rows(has), chosen.rows(~has)]
        return [
            Node([*self.sets[:index], half, *self.sets[index + 1 :]], self.direction)
            for half in halves
        ]

    def directed(self, place: tuple[np.intp, ...]) -> list[Node]:
        parts = []
        for way in (CHARGES, DISCHARGES):
            direction = self.direction.copy()
            direction[place] = way
            parts.append(Node(self.sets, direction))
        return parts

    def next_branches(self) -> list[Node]:
        """Split any set, or fix any direction; none once there is one schedule and direction."""
        for index, chosen in enumerate(self.sets):
            if len(chosen) > 1:
                return self.split(index, int(np.argmax(chosen.tells_apart)))
        free = np.argwhere(self.direction == FREE)
        return self.directed(tuple(free[0])) if len(free) else []


def least_tac(profile: HeatProfile, parameters: SizingParameters) -> Least:
    """Find the least TAC over all schedules, directions, sizes and loads, to 1e-9 of it."""
    program = Program(profile, parameters)
    least = math.inf
    best: Node | None = None
    best_values: Floats | None = None
    sets = [schedules(unit, profile) for unit in parameters.heat_units]
    sets += [size_schedules(unit) for unit in (*parameters.stores, *parameters.chillers)]
    if not all(len(chosen) for chosen in sets):
        return program.result(math.inf, None, None)
    slack = 1e-10 * np.abs(program.cost).max() * max(1.0, profile.heat_demand_kW.sum())
    parts = [Node(sets, np.full(program.charge.shape, FREE))]
    heap: list[tuple[float, int, Node, Floats | None]] = []
    while parts or (heap and heap[0][0] < least - slack):
        for part in parts:
            bound, values = program.solve(part)
            if bound < least - slack:
                heapq.heappush(heap, (bound, -program.n_solved, part, values))
        parts = []
        if not heap:
            break
        bound, _, node, values = heapq.heappop(heap)
        if values is None:  # unbounded
            parts = node.next_branches()
            if not parts:
                return program.result(-math.inf, None, None)
            continue
        member = program.member(node, values)
        if member is not None:
            tac, member_values = program.solve(member)
            if tac < least:
                least, best, best_values = tac, member, member_values
            if tac <= bound + slack:
                continue
        parts = program.branches(node, values)
    return program.result(least, best, best_values)
