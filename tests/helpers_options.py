"""The optimum of small sites with options, by full enumeration.

Levels, and which heat pumps are built, are enumerated; the rest is a linear program written anew
from the options themselves: nothing here knows `milpcore.site.option_terms` or a formulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import linprog

from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs
from milpcore.site_options import ExistingPump, HeatPumpOptions, HeatPumpType, SiteOptions

Floats = npt.NDArray[np.float64]
KELVIN = 273.15


class Pump(NamedTuple):
    """A heat pump that may be had: ends as positions in a level set, sizes, costs."""

    source: int
    sink: int
    cop: float
    least_kW: float
    most_kW: float
    fixed_EUR: float
    investment_EUR_per_kW: float
    is_new: bool
    kind: int = 0


def of_type(inputs: SiteInputs, one: HeatPumpType) -> SiteInputs:
    """Site whose heat pumps are all of one type."""
    usual = inputs.economics
    own = (
        ("carnot_efficiency", one.carnot_efficiency),
        ("max_lift_K", one.max_lift_K),
        ("max_sink_C", one.max_sink_C),
        ("heat_pump_investment_EUR_per_kW", one.investment_EUR_per_kW),
    )
    pumps = HeatPumpOptions(
        fixed_investment_EUR=one.fixed_investment_EUR,
        min_size_kW=one.min_size_kW,
        max_size_kW=one.max_size_kW,
        cop_table=one.cop_table,
        investment_points=one.investment_points,
        forbidden=inputs.options.heat_pumps.forbidden,
        existing=tuple(
            ExistingPump(source_C=there.source_C, sink_C=there.sink_C, size_kW=there.size_kW)
            for there in inputs.options.heat_pumps.existing
            if there.type == one.name
        ),
    )
    return replace(
        inputs,
        economics=replace(usual, **{name: value for name, value in own if value is not None}),
        options=replace(inputs.options, heat_pumps=pumps),
    )


def pumps_between(inputs: SiteInputs, levels: Sequence[int], *, kind: int = 0) -> list[Pump]:
    """List every heat pump that options allow between the levels of a set."""
    if inputs.options.heat_pumps.types:
        return [
            pump
            for number, one in enumerate(inputs.options.heat_pumps.types)
            for pump in pumps_between(of_type(inputs, one), levels, kind=number)
        ]
    economics, options = inputs.economics, inputs.options.heat_pumps
    level_C = inputs.level_C[list(levels)]
    pumps = []
    for i, j in combinations(range(len(levels)), 2):
        warm_K = level_C[j] + economics.heat_pump_dt_sink_K + KELVIN
        cold_K = level_C[i] - economics.heat_pump_dt_source_K + KELVIN
        cop = economics.carnot_efficiency * warm_K / (warm_K - cold_K)
        if options.cop_table:
            cop = cop_in_table(inputs, level_C[i], level_C[j])
        lift_K = level_C[j] - level_C[i]
        is_allowed = lift_K <= economics.max_lift_K + 1e-9
        is_allowed &= level_C[j] <= economics.max_sink_C + 1e-9 and cop > 1.0
        for one in options.forbidden:
            from_here = one.source_from_C <= level_C[i] <= one.source_to_C
            is_allowed &= not (from_here and one.sink_from_C <= level_C[j] <= one.sink_to_C)
        if is_allowed:
            price = economics.heat_pump_investment_EUR_per_kW
            sizes = options.min_size_kW, options.max_size_kW
            fixed = options.fixed_investment_EUR
            if not options.investment_points:
                pumps.append(Pump(i, j, cop, *sizes, fixed, price, is_new=True, kind=kind))
            for one, other in pairwise(options.investment_points):
                price = (other.investment_EUR - one.investment_EUR) / (other.heat_kW - one.heat_kW)
                fixed = one.investment_EUR - price * one.heat_kW
                within = max(sizes[0], one.heat_kW), min(sizes[1], other.heat_kW)
                if within[0] <= within[1]:
                    pumps.append(Pump(i, j, cop, *within, fixed, price, is_new=True, kind=kind))
        for there in options.existing:
            if abs(there.source_C - level_C[i]) < 1e-6 and abs(there.sink_C - level_C[j]) < 1e-6:
                pumps.append(Pump(i, j, cop, 0.0, there.size_kW, 0.0, 0.0, is_new=False, kind=kind))
    return pumps


def cop_in_table(inputs: SiteInputs, source_C: float, sink_C: float) -> float:
    """COP by SciPy's interpolation of the table, a full grid; 0 outside."""
    points = inputs.options.heat_pumps.cop_table
    sources = sorted({one.source_C for one in points})
    sinks = sorted({one.sink_C for one in points})
    values = {(one.source_C, one.sink_C): one.cop for one in points}
    grid = np.array([[values[i, j] for j in sinks] for i in sources])
    within = RegularGridInterpolator((sources, sinks), grid, bounds_error=False, fill_value=0.0)
    return float(within((source_C, sink_C)))


def choices_of(inputs: SiteInputs, pumps: Sequence[Pump]) -> Iterator[list[Pump]]:
    """Yield every set of heat pumps that may be built together."""
    most = inputs.options.heat_pumps.max_number
    for taken in product((False, True), repeat=len(pumps)):
        built = [pump for pump, is_taken in zip(pumps, taken, strict=True) if is_taken]
        new = [(pump.source, pump.sink, pump.kind) for pump in built if pump.is_new]
        if len(set(new)) < len(new):
            continue  # two segments of one heat pump
        if most is None or sum(pump.is_new for pump in built) <= most:
            yield built


def needs_choice(inputs: SiteInputs) -> bool:
    """Whether it matters which heat pumps are built."""
    options = inputs.options.heat_pumps
    return bool(
        options.types
        or options.investment_points
        or options.fixed_investment_EUR
        or options.min_size_kW
        or options.max_number is not None
    )


def nearest(inputs: SiteInputs, levels: Sequence[int]) -> list[int] | None:
    """Position in the set of the level that each stream uses; None if one has none."""
    chosen = []
    for is_hot, limit_C in zip(inputs.stream_is_hot, inputs.stream_limit_C, strict=True):
        able = [
            place
            for place, level in enumerate(levels)
            if (inputs.level_C[level] - limit_C) * (1 if is_hot else -1) <= 1e-6
        ]
        if not able:
            return None
        chosen.append(max(able) if is_hot else min(able))
    return chosen


class Operation(NamedTuple):
    """A dense linear program ``min price x + fixed`` over ``x`` in kW.

    Columns are external heat, cooling and cascade of every level, the heat pumps that are built,
    and heat from sources.
    """

    price: Floats
    fixed: float
    limits: list[Floats]
    most: list[float]
    balance: Floats
    demand_kW: Floats
    bounds: list[tuple[float, float | None]]

    def least(self, aim: Floats) -> float:
        """Least of an amount; inf without any flows, -inf where it falls without end."""
        scale = np.abs(aim).max() or 1.0
        found = linprog(
            aim / scale,
            A_ub=np.array(self.limits) if self.limits else None,
            b_ub=self.most or None,
            A_eq=self.balance,
            b_eq=self.demand_kW,
            bounds=self.bounds,
        )
        if found.status == 3:
            return -np.inf
        return float(found.fun * scale) if found.status == 0 else np.inf

    def within(self, budget: float) -> Operation:
        """Return the same with operations that cost at most so much."""
        scale = self.price.max() or 1.0
        limits = [*self.limits, self.price / scale]
        return self._replace(limits=limits, most=[*self.most, (budget - self.fixed) / scale])


def least_operation(
    inputs: SiteInputs, levels: Sequence[int], chosen: Sequence[int], built: Sequence[Pump]
) -> float:
    """Cost of the best heat flows at given levels, connections and heat pumps; inf without any."""
    operation = operation_of(inputs, levels, chosen, built)
    return operation.least(operation.price) + operation.fixed


def operation_of(
    inputs: SiteInputs, levels: Sequence[int], chosen: Sequence[int], built: Sequence[Pump]
) -> Operation:
    """Heat flows at given levels, connections and heat pumps."""
    measure = inputs.objective
    economics, n = inputs.economics, len(levels)
    sources = inputs.options.external_heat.sources
    from_sources = [(row, one) for row in range(n) for one in sources]
    p = len(built) + len(from_sources)
    annuity = economics.annuity_per_a if measure is Measure.TAC else 0.0
    signed = np.where(inputs.stream_is_hot, inputs.stream_duty_kW, -inputs.stream_duty_kW)
    supply_kW = np.bincount(chosen, weights=signed, minlength=n)
    balance = np.zeros((n, 3 * n + p))
    price = np.zeros(3 * n + p)
    hours = economics.operating_hours_h_per_a / 1000.0
    gas = economics.gas_price_EUR_per_MWh / economics.boiler_efficiency
    for row, level in enumerate(levels):
        price[row] = economics.external_heat_price(measure)
        price[n + row] = economics.cooling_price(measure)
        if measure is Measure.CO2:
            continue
        for column, steps, usual in (
            (
                row,
                inputs.options.external_heat,
                gas,
            ),
            (n + row, inputs.options.cooling, economics.cooling_price_EUR_per_MWh),
        ):
            able = [step for step in steps.prices if step.from_C <= inputs.level_C[level]]
            if able:
                here = max(able, key=lambda step: step.from_C).price_EUR_per_MWh
                price[column] += hours * (here - usual)
    bounds: list[tuple[float, float | None]] = [(0.0, 0.0 if sources else None)] * n
    bounds += [(0.0, None)] * n
    for row in range(n):
        balance[row, row], balance[row, n + row] = 1.0, -1.0
        bounds.append((0.0, None if inputs.cascade and row > 0 else 0.0))
        if row > 0:
            balance[row, 2 * n + row], balance[row - 1, 2 * n + row] = -1.0, 1.0
    for column, pump in enumerate(built, start=3 * n):
        balance[pump.sink, column] += 1.0
        balance[pump.source, column] -= 1.0 - 1.0 / pump.cop
        price[column] = economics.electricity_price(measure) / pump.cop
        price[column] += annuity * pump.investment_EUR_per_kW
        bounds.append((pump.least_kW, pump.most_kW if np.isfinite(pump.most_kW) else None))
    for column, (row, source) in enumerate(from_sources, start=3 * n + len(built)):
        balance[row, column] = 1.0
        t_per_MWh, fuel = source.emission_t_per_MWh, hours / source.efficiency
        cost = source.price_EUR_per_MWh + economics.co2_price_EUR_per_t * t_per_MWh
        price[column] = fuel * (t_per_MWh if measure is Measure.CO2 else cost)
        able = inputs.level_C[levels[row]] <= source.max_level_C
        bounds.append((0.0, None if able else 0.0))
    limits, most = [], []
    if np.isfinite(inputs.options.limits.external_heat_kW):
        bought = np.append(np.ones(n), np.zeros(2 * n + p))
        bought[3 * n + len(built) :] = 1.0
        limits.append(bought)
        most.append(inputs.options.limits.external_heat_kW)
    if np.isfinite(inputs.options.limits.emission_t_per_a):
        heat = economics.external_heat_price(Measure.CO2)
        electric = economics.electricity_price(Measure.CO2)
        power = [electric / pump.cop for pump in built]
        fuels = [hours * one.emission_t_per_MWh / one.efficiency for _, one in from_sources]
        limits.append(np.concatenate((np.full(n, heat), np.zeros(2 * n), power, fuels)))
        most.append(inputs.options.limits.emission_t_per_a)
    for one in inputs.options.heat_pumps.forced:
        ends_C = [inputs.level_C[list(levels)][[p.source, p.sink]] for p in built]
        here = [float(np.abs(c - [one.source_C, one.sink_C]).max() < 1e-6) for c in ends_C]
        limits.append(-np.concatenate((np.zeros(3 * n), here, np.zeros(len(from_sources)))))
        most.append(-one.heat_kW)
    for source in sources:
        if np.isfinite(source.capacity_kW):
            own = [float(one is source) for _, one in from_sources]
            limits.append(np.append(np.zeros(3 * n + len(built)), own))
            most.append(source.capacity_kW)
    fixed_EUR = sum(pump.fixed_EUR for pump in built)
    fixed_EUR += inputs.options.levels.investment_EUR * len(levels)
    return Operation(price, annuity * fixed_EUR, limits, most, balance, -supply_kW, bounds)


def forced_levels_C(options: SiteOptions) -> list[float]:
    """Levels that every design has: forced ones, and the ends of forced heat pumps."""
    ends_C = [end_C for one in options.heat_pumps.forced for end_C in (one.source_C, one.sink_C)]
    return [*options.levels.forced_C, *ends_C]


def enumerated_with_options(inputs: SiteInputs, n_levels: int) -> float:
    """Least objective over all level sets and sets of heat pumps; inf if there is none."""
    best = np.inf
    forced_C = forced_levels_C(inputs.options)
    for size in range(1, min(n_levels, inputs.n_candidates) + 1):
        for levels in combinations(range(inputs.n_candidates), size):
            level_C = inputs.level_C[list(levels)]
            if any(np.abs(level_C - one).min() > 1e-6 for one in forced_C):
                continue
            chosen = nearest(inputs, levels)
            if chosen is None:
                continue
            pumps = pumps_between(inputs, levels)
            choices = choices_of(inputs, pumps) if needs_choice(inputs) else [pumps]
            for built in choices:
                best = min(best, least_operation(inputs, levels, chosen, list(built)))
    return best
