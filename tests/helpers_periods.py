"""Small sites with periods, and their optimum by full enumeration.

The oracle shares nothing with the formulations: a dense linear program for each choice of levels,
with external heat, cooling and cascade at every open level of every period, and one size a pump.
"""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from helpers_sites import PRICES, level_sets, mask_of, site_at_levels, stream_tables
from scipy.optimize import linprog

from milpcore.economics import Measure
from milpcore.site.model import nearest_levels
from milpcore.site.periods import PeriodInputs, Periods, prepare_periods

Floats = npt.NDArray[np.float64]


@st.composite
def small_period_sites(
    draw: st.DrawFn,
    *,
    max_streams: int = 6,
    max_periods: int = 3,
    objectives: Sequence[str] = ("tac", "tac", "opex", "capex", "co2"),
) -> PeriodInputs:
    """Draw a site with up to three periods of any length, streams standing still now and then."""
    objective = draw(st.sampled_from(objectives))
    streams = draw(stream_tables(max_streams=max_streams))
    n_periods = draw(st.integers(1, max_periods))
    factors = st.lists(st.integers(0, 5), min_size=streams.n_streams, max_size=streams.n_streams)
    duty_kW = np.array([draw(factors) for _ in range(n_periods)]) * streams.duty_kW / 3.0
    duty_kW[0] += np.where(duty_kW.sum(axis=0) == 0.0, streams.duty_kW, 0.0)
    hours = [draw(st.sampled_from([300.0, 1100.0, 2900.0])) for _ in range(n_periods)]
    names = tuple(f"period {number}" for number in range(n_periods))
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    extra_C = draw(st.lists(st.sampled_from([62.0, 97.0]), max_size=1))
    periods = Periods(names, np.array(hours), duty_kW)
    inputs = prepare_periods(streams, periods, economics=economics, objective=objective)
    if not extra_C:
        return inputs
    wider_C = [*inputs.site.level_C, *extra_C]
    return prepare_periods(
        streams, periods, economics=economics, candidates_C=wider_C, objective=objective
    )


def cost_of_set(inputs: PeriodInputs, levels: Sequence[int], *, tac_second: bool = False) -> float:
    """Least objective with given levels, EUR/a or t/a (TAC for CAPEX); inf if a stream has none.

    With `tac_second`, the least TAC of all operations of that objective.
    """
    first = Measure.TAC if inputs.site.objective is Measure.CAPEX else inputs.site.objective
    least = _least(inputs, levels, first)
    if not tac_second or np.isinf(least):
        return least
    return _least(inputs, levels, Measure.TAC, (first, least))


def _least(
    inputs: PeriodInputs,
    levels: Sequence[int],
    measure: Measure,
    kept: tuple[Measure, float] | None = None,
) -> float:
    """Least of a measure with given levels, where another one is no more than a value."""
    site, economics = inputs.site, inputs.site.economics
    connected = nearest_levels(site, mask_of(site, levels))
    if connected.min() < 0:
        return np.inf
    chosen, n = list(levels), len(levels)
    pairs = [
        k
        for k in range(site.n_pairs)
        if site.pump_source[k] in chosen and site.pump_sink[k] in chosen
    ]
    width, n_pairs = 3 * n + len(pairs), len(pairs)
    columns = inputs.n_periods * width + n_pairs
    equal, right, most = [], [], []

    def costs_in(one: Measure) -> Floats:
        cost = np.zeros(columns)
        cost[columns - n_pairs :] = economics.heat_pump_investment(one)
        for period, hours in enumerate(inputs.periods.hours_h_per_a):
            weight, at = hours / economics.operating_hours_h_per_a, period * width
            cost[at : at + n] = weight * economics.external_heat_price(one)
            cost[at + n : at + 2 * n] = weight * economics.cooling_price(one)
            power = economics.electricity_price(one) / site.pump_cop[pairs]
            cost[at + 3 * n : at + width] = weight * power
        return cost

    for period in range(inputs.n_periods):
        at = period * width
        for place in range(n_pairs):
            row = np.zeros(columns)
            row[at + 3 * n + place], row[columns - n_pairs + place] = 1.0, -1.0
            most.append(row)
        for place, level in enumerate(chosen):
            here = connected == level
            duty_kW = inputs.periods.duty_kW[period]
            row = np.zeros(columns)
            row[at + place], row[at + n + place] = 1.0, -1.0
            if place > 0:
                row[at + 2 * n + place] = -1.0
            if place + 1 < n:
                row[at + 2 * n + place + 1] = 1.0
            for column, k in enumerate(pairs, start=at + 3 * n):
                row[column] += float(site.pump_sink[k] == level)
                row[column] -= (site.pump_source[k] == level) * (1.0 - 1.0 / site.pump_cop[k])
            equal.append(row)
            needed = duty_kW[here & ~site.stream_is_hot].sum()
            right.append(needed - duty_kW[here & site.stream_is_hot].sum())
    limits = [0.0] * len(most)
    if kept is not None:
        cost = costs_in(kept[0])
        scale = cost.max() or 1.0
        most.append(cost / scale)
        limits.append(kept[1] * (1.0 + 1e-9) / scale)
    cost = costs_in(measure)
    scale = cost.max() or 1.0
    result = linprog(
        cost / scale,
        A_ub=np.array(most) if most else None,
        b_ub=limits or None,
        A_eq=np.array(equal),
        b_eq=np.array(right),
    )
    assert result.status == 0, result.message
    return float(result.fun * scale)


def enumerated_periods(inputs: PeriodInputs, n_levels: int) -> float:
    """Least objective over all level sets; inf if there is none."""
    return min(cost_of_set(inputs, levels) for levels in level_sets(inputs.site, n_levels))


@st.composite
def middle_period_sites(draw: st.DrawFn) -> PeriodInputs:
    """Draw a site with 8 to 12 kinks and two or three periods, dense enough to branch."""
    kinks = draw(st.lists(st.integers(3, 24), min_size=8, max_size=12, unique=True))
    duties = st.lists(st.integers(0, 60), min_size=len(kinks), max_size=len(kinks))
    is_hot = draw(st.lists(st.booleans(), min_size=len(kinks), max_size=len(kinks)))
    hot = {kink * 7.0: 100.0 for kink, one in zip(kinks, is_hot, strict=True) if one}
    cold = {kink * 7.0: 100.0 for kink, one in zip(kinks, is_hot, strict=True) if not one}
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    site = site_at_levels(hot, cold, economics=economics)
    duty_kW = np.array([draw(duties) for _ in range(draw(st.integers(2, 3)))]) * 13.0
    duty_kW[0] += np.where(duty_kW.sum(axis=0) == 0.0, 100.0, 0.0)
    hours = np.linspace(1000.0, 3000.0, len(duty_kW))
    names = tuple(f"period {number}" for number in range(len(duty_kW)))
    return prepare_periods(site.streams, Periods(names, hours, duty_kW), economics=economics)
