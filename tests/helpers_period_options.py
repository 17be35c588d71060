"""The optimum of small sites with periods and options, by full enumeration.

Levels, and which heat pumps are built, are enumerated; the rest is a linear program over all
periods, written anew from the options themselves: sizes, not the heat of single periods, lie within
limits and cost what they cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from helpers_options import Pump, choices_of, forced_levels_C, nearest, needs_choice, pumps_between
from helpers_sites import PRICES, stream_tables
from hypothesis import reject
from scipy.optimize import linprog

from milpcore.economics import Measure
from milpcore.faults import InputError
from milpcore.site.periods import PeriodInputs, Periods, prepare_periods
from milpcore.site_options import PriceOptions, SiteOptions
from milpcore.streams import Streams

Floats = npt.NDArray[np.float64]


def priced(options: PriceOptions, level_C: float, usual: float) -> float:
    """Price of the highest step that is not above a level."""
    able = [one for one in options.prices if one.from_C <= level_C]
    return max(able, key=lambda one: one.from_C).price_EUR_per_MWh if able else usual


def flow_prices(
    inputs: PeriodInputs, levels: Sequence[int], built: Sequence[Pump], measure: Measure
) -> Floats:
    """Cost of a kW for 1000 h: bought, removed, cascaded, of pumps, of sources at levels."""
    site, economics = inputs.site, inputs.site.economics
    options, level_C = site.options, site.level_C[list(levels)]
    is_co2, n = measure is Measure.CO2, len(levels)
    co2_price = economics.co2_price_EUR_per_t
    t_gas = economics.gas_emission_t_per_MWh / economics.boiler_efficiency
    gas = economics.gas_price_EUR_per_MWh / economics.boiler_efficiency
    bought, removed = np.full(n, t_gas), np.zeros(n)
    if not is_co2:
        bought = np.array([priced(options.external_heat, one, gas) for one in level_C])
        bought += t_gas * co2_price
        usual = economics.cooling_price_EUR_per_MWh
        removed = np.array([priced(options.cooling, one, usual) for one in level_C])
    t_power = economics.electricity_emission_t_per_MWh
    power = t_power if is_co2 else economics.electricity_price_EUR_per_MWh + t_power * co2_price
    of_sources = [
        (
            one.emission_t_per_MWh
            if is_co2
            else one.price_EUR_per_MWh + one.emission_t_per_MWh * co2_price
        )
        / one.efficiency
        for one in options.external_heat.sources
    ]
    pumps = [power / pump.cop for pump in built]
    return np.concatenate([bought, removed, np.zeros(n), pumps, np.repeat(of_sources, n)])


def least_of_choice(
    inputs: PeriodInputs, levels: Sequence[int], chosen: Sequence[int], built: Sequence[Pump]
) -> float:
    """Least objective with given levels, connections and heat pumps; inf if impossible."""
    site, periods, options = inputs.site, inputs.periods, inputs.site.options
    economics, sources = site.economics, options.external_heat.sources
    level_C, n, p = site.level_C[list(levels)], len(levels), len(built)
    width = 3 * n + p + n * len(sources)
    total = periods.n_periods * width + p
    annuity = economics.annuity_per_a if site.objective is Measure.TAC else 0.0
    flows = flow_prices(inputs, levels, built, site.objective)
    emitted = np.zeros(total)
    cost = np.zeros(total)
    cost[total - p :] = [annuity * pump.investment_EUR_per_kW for pump in built]
    bounds: list[tuple[float, float | None]] = []
    equal, right, limits, most = [], [], [], []

    def row() -> Floats:
        return np.zeros(total)

    for period, hours in enumerate(periods.hours_h_per_a / 1000.0):
        at = period * width
        cost[at : at + width] = hours * flows
        emitted[at : at + width] = hours * flow_prices(inputs, levels, built, Measure.CO2)
        if sources:
            cost[at : at + n] = emitted[at : at + n] = 0.0
        signed = np.where(site.stream_is_hot, 1.0, -1.0) * periods.duty_kW[period]
        supply_kW = np.bincount(chosen, weights=signed, minlength=n)
        bought = row()
        for place in range(n):
            balance = row()
            balance[at + place], balance[at + n + place] = 1.0, -1.0
            if place > 0:
                balance[at + 2 * n + place] = -1.0
            if place + 1 < n:
                balance[at + 2 * n + place + 1] = 1.0
            for column, pump in enumerate(built, start=at + 3 * n):
                balance[column] += float(pump.sink == place)
                balance[column] -= (pump.source == place) * (1.0 - 1.0 / pump.cop)
            for number in range(len(sources)):
                balance[at + 3 * n + p + number * n + place] = 1.0
            equal.append(balance)
            right.append(-supply_kW[place])
            bought[at + place] = 1.0
        bounds += [(0.0, 0.0 if sources else None)] * n + [(0.0, None)] * n
        bounds += [(0.0, None if place else 0.0) for place in range(n)] + [(0.0, None)] * p
        for number, source in enumerate(sources):
            here = at + 3 * n + p + number * n
            bounds += [(0.0, None if one <= source.max_level_C else 0.0) for one in level_C]
            bought[here : here + n] = 1.0
            if np.isfinite(source.capacity_kW):
                own = row()
                own[here : here + n] = 1.0
                limits.append(own)
                most.append(source.capacity_kW)
        if np.isfinite(options.limits.external_heat_kW):
            limits.append(bought)
            most.append(options.limits.external_heat_kW)
        for place in range(p):
            within = row()
            within[at + 3 * n + place], within[total - p + place] = 1.0, -1.0
            limits.append(within)
            most.append(0.0)
    if np.isfinite(options.limits.emission_t_per_a):
        limits.append(emitted)
        most.append(options.limits.emission_t_per_a)
    for one in options.heat_pumps.forced:
        forced = row()
        for place, pump in enumerate(built, start=total - p):
            ends_C = level_C[[pump.source, pump.sink]]
            forced[place] = -float(np.abs(ends_C - [one.source_C, one.sink_C]).max() < 1e-6)
        limits.append(forced)
        most.append(-one.heat_kW)
    for pump in built:
        bounds.append((pump.least_kW, pump.most_kW if np.isfinite(pump.most_kW) else None))
    scale = cost.max() or 1.0
    found = linprog(
        cost / scale,
        A_ub=np.array(limits) if limits else None,
        b_ub=most or None,
        A_eq=np.array(equal),
        b_eq=np.array(right),
        bounds=bounds,
    )
    if found.status != 0:
        return np.inf
    fixed_EUR = sum(pump.fixed_EUR for pump in built)
    fixed_EUR += options.levels.investment_EUR * n
    return float(found.fun * scale + annuity * fixed_EUR)


def least_of_set(inputs: PeriodInputs, levels: Sequence[int]) -> float:
    """Least objective with given levels; inf if there is none."""
    level_C = inputs.site.level_C[list(levels)]
    forced_C = forced_levels_C(inputs.site.options)
    chosen = nearest(inputs.site, levels)
    if chosen is None or any(np.abs(level_C - one).min() > 1e-6 for one in forced_C):
        return np.inf
    pumps = pumps_between(inputs.site, levels)
    choices = choices_of(inputs.site, pumps) if needs_choice(inputs.site) else iter([pumps])
    return min(least_of_choice(inputs, levels, chosen, built) for built in choices)


def enumerated_period_options(inputs: PeriodInputs, n_levels: int) -> float:
    """Least objective over all level sets and choices of heat pumps; inf if there is none."""
    n = inputs.site.n_candidates
    return min(
        (
            least_of_set(inputs, levels)
            for size in range(1, min(n_levels, n) + 1)
            for levels in combinations(range(n), size)
        ),
        default=np.inf,
    )


@st.composite
def sites_with_options(
    draw: st.DrawFn,
    options: st.SearchStrategy[SiteOptions],
    *,
    tables: st.SearchStrategy[Streams] | None = None,
    max_periods: int = 2,
) -> PeriodInputs:
    """Draw a site with some periods and options; what options refuse is drawn again."""
    tables = stream_tables(max_streams=4) if tables is None else tables
    streams, asked = draw(tables), draw(options)
    periods = draw(periods_of(streams, max_periods))
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    objective = draw(st.sampled_from(["tac", "tac", "opex", "co2"]))
    try:
        found = prepare_periods(
            streams, periods, economics=economics, objective=objective, options=asked
        )
    except InputError as error:
        known = "candidate", "no size", "COP above 1", "cannot be had", "cannot deliver"
        if not any(part in str(error) for part in known):
            raise
        reject()
    return found


@st.composite
def periods_of(draw: st.DrawFn, streams: Streams, most: int) -> Periods:
    """Draw periods of any length for some streams, which stand still now and then."""
    n_periods = draw(st.integers(1, most))
    factors = st.lists(st.integers(0, 5), min_size=streams.n_streams, max_size=streams.n_streams)
    duty_kW = np.array([draw(factors) for _ in range(n_periods)]) * streams.duty_kW / 3.0
    duty_kW[0] += np.where(duty_kW.sum(axis=0) == 0.0, streams.duty_kW, 0.0)
    hours = [draw(st.sampled_from([300.0, 1100.0, 2900.0])) for _ in range(n_periods)]
    names = tuple(f"period {number}" for number in range(n_periods))
    return Periods(names, np.array(hours), duty_kW)
