"""Small random sites of model A, and their optimum by full enumeration.

The oracle shares nothing with the formulations: dense arrays, the balance of every open level as
the model's definition states it, and every choice of levels (and connections) tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.inputs import SiteInputs, UnitCosts, prepare
from milpcore.site.model import nearest_levels
from milpcore.streams import Streams

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PRICES = {
    "base": SiteEconomics(),
    "cheap electricity": SiteEconomics(
        electricity_price_EUR_per_MWh=20.0, electricity_emission_t_per_MWh=0.05
    ),
    "cheap electricity, dear pumps": SiteEconomics(
        electricity_price_EUR_per_MWh=11.0,
        electricity_emission_t_per_MWh=0.02,
        heat_pump_investment_EUR_per_kW=2100.0,
    ),
    "cooling has a price": SiteEconomics(cooling_price_EUR_per_MWh=7.0),
    "good pumps, cheap electricity, cooling has a price": SiteEconomics(
        electricity_price_EUR_per_MWh=5.3,
        electricity_emission_t_per_MWh=0.01,
        heat_pump_investment_EUR_per_kW=90.0,
        cooling_price_EUR_per_MWh=11.0,
        carnot_efficiency=0.9,
        heat_pump_dt_source_K=2.0,
        heat_pump_dt_sink_K=3.0,
    ),
    "poor pumps": SiteEconomics(
        carnot_efficiency=0.3, max_lift_K=45.0, max_sink_C=140.0, cooling_price_EUR_per_MWh=1.7
    ),
}
"""Economics on both sides of the conditions of `milpcore.site.conditions`."""


def streams_of(*rows: tuple[float, float, float, float]) -> Streams:
    """Streams from (t_supply, t_target, heat_flow, dt_cont) each."""
    table = pd.DataFrame(rows, columns=["t_supply", "t_target", "heat_flow", "dt_cont"])
    table.insert(0, "zone", "site")
    table.insert(1, "name", [f"S{number}" for number in range(len(rows))])
    return Streams(table.astype(dict.fromkeys(table.columns[2:], float)))


def site_at_levels(
    hot_kW: dict[float, float],
    cold_kW: dict[float, float],
    *,
    candidates_C: Sequence[float] | None = None,
    economics: SiteEconomics | None = None,
    **options: object,
) -> SiteInputs:
    """Site whose streams have given limit temperatures: heat (kW) by temperature (°C)."""
    economics = SiteEconomics() if economics is None else economics
    shift_K = 5.0 + economics.level_dt_cont_K
    rows = [(limit + shift_K + 20.0, limit + shift_K, kW, 5.0) for limit, kW in hot_kW.items()]
    rows += [(limit - shift_K - 20.0, limit - shift_K, kW, 5.0) for limit, kW in cold_kW.items()]
    return prepare(
        streams_of(*rows),
        economics=economics,
        candidates_C=candidates_C,
        **options,  # type: ignore[arg-type]
    )


@st.composite
def stream_tables(draw: st.DrawFn, *, max_streams: int = 6) -> Streams:
    """Draw a table of up to `max_streams` streams, often with common kinks."""
    rows = []
    for _ in range(draw(st.integers(1, max_streams))):
        supply_C = draw(st.integers(3, 19)) * 10.0
        target_C = supply_C + draw(st.sampled_from([-70.0, -30.0, -10.0, 10.0, 30.0, 70.0]))
        heat_kW = draw(st.integers(1, 400)) * 7.0
        rows.append((supply_C, target_C, heat_kW, draw(st.sampled_from([5.0, 2.0]))))
    return streams_of(*rows)


def price_factors(n_levels: int) -> st.SearchStrategy[Floats]:
    """Draw prices by level, relative: uniform, rising, falling or any."""
    values = st.lists(st.integers(5, 30), min_size=n_levels, max_size=n_levels)
    arrays = values.map(lambda numbers: np.array(numbers) / 13.0)
    return st.one_of(
        st.just(np.ones(n_levels)),
        arrays.map(np.sort),
        arrays.map(lambda array: np.sort(array)[::-1].copy()),
        arrays,
    )


@st.composite
def small_sites(
    draw: st.DrawFn,
    *,
    max_streams: int = 6,
    cascade: bool = True,
    objectives: Sequence[str] = ("tac", "tac", "opex", "capex", "co2"),
    any_profile: bool = True,
) -> SiteInputs:
    """Draw a site with prices on either side of every condition, at most 7 candidates."""
    streams = draw(stream_tables(max_streams=max_streams))
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    objective = draw(st.sampled_from(list(objectives)))
    inputs = prepare(streams, economics=economics, cascade=cascade, objective=objective)
    extra_C = draw(st.lists(st.sampled_from([25.0, 62.0, 97.0, 131.0]), max_size=1))
    if extra_C:
        inputs = prepare(
            streams,
            economics=economics,
            cascade=cascade,
            objective=objective,
            candidates_C=[*inputs.level_C, *extra_C],
        )
    if not any_profile or draw(st.booleans()):
        return inputs
    return replace(
        inputs,
        external_heat_factor=draw(price_factors(inputs.n_candidates)),
        cooling_factor=draw(price_factors(inputs.n_candidates)),
    )


def least_cost(
    inputs: SiteInputs,
    levels: Sequence[int],
    stream_level: Integers,
    *,
    is_used: bool = False,
    is_found: bool = False,
    measure: Measure | None = None,
    at_most: float = np.inf,
    most_bought_kW: float = np.inf,
) -> float:
    """Least objective at given levels and connections, in EUR/a or t/a; inf if impossible.

    With `is_used`, pump heat into a level is at most cold duty plus source heat there; with
    `is_found`, source heat is at most hot heat plus pump heat there. With `measure`, that one is
    minimised, and the site's own objective is `at_most` so much. No more than `most_bought_kW` of
    external heat is bought; other options are not known here.
    """
    costs = inputs.objective_costs if measure is None else inputs.costs(measure)
    chosen = list(levels)
    pairs = [
        k
        for k in range(inputs.n_pairs)
        if inputs.pump_source[k] in chosen and inputs.pump_sink[k] in chosen
    ]
    n, p = len(chosen), len(pairs)
    balance, pumps_in, pumps_out = np.zeros((3, n, 3 * n + p))
    cold_kW, hot_kW = np.zeros((2, n))
    for row, level in enumerate(chosen):
        at_level = stream_level == level
        hot_kW[row] = inputs.stream_duty_kW[at_level & inputs.stream_is_hot].sum()
        cold_kW[row] = inputs.stream_duty_kW[at_level & ~inputs.stream_is_hot].sum()
        balance[row, row], balance[row, n + row] = 1.0, -1.0
        if row > 0:
            balance[row, 2 * n + row], balance[row - 1, 2 * n + row] = -1.0, 1.0
        for column, k in enumerate(pairs, start=3 * n):
            if inputs.pump_sink[k] == level:
                pumps_in[row, column] = 1.0
            if inputs.pump_source[k] == level:
                pumps_out[row, column] = 1.0 - 1.0 / inputs.pump_cop[k]

    def prices_of(costs: UnitCosts) -> Floats:
        heat, cooling, pump_heat = costs[:3]
        return np.concatenate((heat[chosen], cooling[chosen], np.zeros(n), pump_heat[pairs]))

    prices = prices_of(costs)
    upper: list[float | None] = [None] * (3 * n + p)
    if not inputs.cascade:
        upper[2 * n : 3 * n] = [0.0] * n
    upper[2 * n] = 0.0
    net_in = pumps_in - pumps_out
    limits = np.vstack((net_in[: n * is_used], -net_in[: n * is_found]))
    most = np.concatenate((cold_kW[: n * is_used], hot_kW[: n * is_found]))
    if np.isfinite(at_most):
        limits = np.vstack((limits, prices_of(inputs.costs(inputs.objective))))
        most = np.append(most, at_most)
    if np.isfinite(most_bought_kW):
        limits = np.vstack((limits, np.arange(3 * n + p) < n))
        most = np.append(most, most_bought_kW)
    scale = prices.max() or 1.0
    result = linprog(
        prices / scale,
        A_ub=limits,
        b_ub=most,
        A_eq=balance + net_in,
        b_eq=cold_kW - hot_kW,
        bounds=[(0.0, highest) for highest in upper],
    )
    return float(result.fun * scale) if result.status == 0 else np.inf


def level_sets(inputs: SiteInputs, n_levels: int) -> Iterator[tuple[int, ...]]:
    """Yield every set of at most `n_levels` levels."""
    for size in range(1, min(n_levels, inputs.n_candidates) + 1):
        yield from combinations(range(inputs.n_candidates), size)


def mask_of(inputs: SiteInputs, levels: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Open levels as an array of bool (L,)."""
    is_open = np.zeros(inputs.n_candidates, dtype=bool)
    is_open[list(levels)] = True
    return is_open


def all_connections(inputs: SiteInputs, levels: Sequence[int]) -> Iterator[Integers]:
    """Yield every way to connect each stream to one of the levels that can serve it."""
    choices = [
        [level for level in levels if (level <= kink if is_hot else level >= kink)]
        for is_hot, kink in zip(inputs.stream_is_hot, inputs.stream_kink, strict=True)
    ]
    for choice in product(*choices):
        yield np.array(choice, dtype=np.int64)


def cost_of_levels(inputs: SiteInputs, levels: Sequence[int]) -> float:
    """Least objective with given levels open and streams at the nearest one; inf if impossible."""
    stream_level = nearest_levels(inputs, mask_of(inputs, levels))
    return np.inf if stream_level.min() < 0 else least_cost(inputs, levels, stream_level)


def enumerated_optimum(inputs: SiteInputs, n_levels: int) -> float:
    """Least objective over all level sets with nearest connections; inf if there is none."""
    return min(cost_of_levels(inputs, levels) for levels in level_sets(inputs, n_levels))


def enumerated_with_connections(inputs: SiteInputs, n_levels: int) -> float:
    """Least objective over all level sets and all connections; inf if there is none."""
    return min(
        (
            least_cost(inputs, levels, stream_level)
            for levels in level_sets(inputs, n_levels)
            for stream_level in all_connections(inputs, levels)
        ),
        default=np.inf,
    )


def enumerated_lexicographic(inputs: SiteInputs, n_levels: int) -> tuple[float, float]:
    """Least value of the site's objective, and least TAC of all designs that reach it."""
    by_set = {}
    for levels in level_sets(inputs, n_levels):
        nearest = nearest_levels(inputs, mask_of(inputs, levels))
        if nearest.min() >= 0:
            by_set[levels] = least_cost(inputs, levels, nearest, measure=inputs.objective)
    first = min(by_set.values(), default=np.inf)
    at_most = first * (1.0 + 1e-8) + 1e-6
    tac = [
        least_cost(
            inputs,
            levels,
            nearest_levels(inputs, mask_of(inputs, levels)),
            measure=Measure.TAC,
            at_most=at_most,
        )
        for levels, least in by_set.items()
        if least <= at_most
    ]
    return first, min(tac, default=np.inf)
