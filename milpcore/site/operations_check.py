"""The check of operations at fixed levels, from streams and prices alone.

Nothing of what found them is used: supplies are summed stream by stream, COP and costs follow from
their definitions, and prices of heat prove that no operation of the same levels is cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.inputs import Booleans, Floats
from milpcore.site.operations import Operations
from milpcore.site.violations import Report
from milpcore.streams import Streams

BALANCE_TOLERANCE = 1e-6
"""Of energy balances, relative to all duties."""
TABLE_TOLERANCE = 1e-9
"""Of COP and costs, relative."""
LIMIT_TOLERANCE_K = 1e-6
"""Of lifts, sink temperatures, and the limit temperatures of streams."""
PRICE_TOLERANCE = 1e-9
"""Of heat prices, relative to the largest unit cost."""
OPTIMALITY_TOLERANCE = 1e-8
"""Of the proof that nothing cheaper exists, relative to all heat at the largest unit cost."""


def check_operations(
    operations: Operations,
    streams: Streams,
    economics: Sequence[SiteEconomics],
    objective: Measure,
    *,
    heat_pumps: bool = True,
) -> None:
    """Check every case.

    Parameters
    ----------
    operations : Operations
    streams : Streams
        The stream table that was asked about.
    economics : sequence of SiteEconomics
        Prices and limits of each case.
    objective : Measure
        What was minimised.
    heat_pumps : bool
        Whether heat pumps were allowed.

    Raises
    ------
    CheckError
        With every violation.
    """
    report = Report()
    supply_kW = _supplies(report, operations.level_C, streams, economics)
    total_kW = float(streams.duty_kW.sum())
    _check_balances(report, operations, total_kW, supply_kW)
    _check_heat_pumps(report, operations, economics, objective, heat_pumps)
    _check_costs(report, operations, economics)
    _check_optimality(report, operations, economics, objective, supply_kW, total_kW)
    report.raise_if_any()


def _names(operations: Operations) -> list[str]:
    return [f"case {case + 1}" for case in range(operations.n_cases)]


def _supplies(
    report: Report, level_C: Floats, streams: Streams, economics: Sequence[SiteEconomics]
) -> Floats:
    """Hot heat less cold duty at each level (C, L), kW: every stream at the nearest that fits.

    A stream's limit temperature is rounded to 1e-6 K, and a level may miss it by as much.
    """
    hot, duty_kW = streams.is_hot, streams.duty_kW
    shift_K, target_C = streams.dt_cont_K, streams.t_target_C
    by_margin: dict[float, Floats] = {}
    for margin_K in {one.level_dt_cont_K for one in economics}:
        supply_kW = np.zeros(len(level_C))
        limit_C = np.round(target_C + np.where(hot, -(shift_K + margin_K), shift_K + margin_K), 6)
        highest = limit_C[hot] + LIMIT_TOLERANCE_K
        lowest = limit_C[~hot] - LIMIT_TOLERANCE_K
        cools = np.searchsorted(level_C, highest, side="right") - 1
        heats = np.searchsorted(level_C, lowest)
        n_unserved = int((cools < 0).sum() + (heats == len(level_C)).sum())
        where = f"level_dt_cont_K = {margin_K:g}"
        report.near("streams that no level serves", [where], n_unserved, 0.0, 0.0)
        report.raise_if_any()
        np.add.at(supply_kW, cools, duty_kW[hot])
        np.subtract.at(supply_kW, heats, duty_kW[~hot])
        by_margin[margin_K] = supply_kW
    rows = [by_margin[one.level_dt_cont_K] for one in economics]
    return np.array(rows).reshape(len(rows), len(level_C))


def _check_balances(
    report: Report, operations: Operations, total_kW: float, supply_kW: Floats
) -> None:
    """No flow is negative, and every level balances."""
    flows = {
        "external heat": operations.external_heat_kW,
        "cooling": operations.cooling_kW,
        "cascade": operations.cascade_kW,
        "pump heat": operations.pump_heat_kW.reshape(
            operations.n_cases, operations.level_C.size**2
        ),
    }
    for name, flow in flows.items():
        least = flow.min(axis=1, initial=0.0)
        report.near(f"{name}, least in kW", _names(operations), np.minimum(least, 0.0), 0.0, 0.0)
    heat, cop = operations.pump_heat_kW, operations.cop
    drawn = heat - np.divide(heat, cop, where=cop > 0.0, out=np.zeros_like(heat))
    falling = np.roll(operations.cascade_kW, 1, axis=1)
    lowest = falling[:, 0].copy()
    falling[:, 0] = 0.0
    report.near("heat into the highest level from above, kW", _names(operations), lowest, 0.0, 0.0)
    left = (
        supply_kW
        + operations.external_heat_kW
        - operations.cooling_kW
        + operations.cascade_kW
        - falling
        + heat.sum(axis=1)
        - drawn.sum(axis=2)
    )
    tolerance = BALANCE_TOLERANCE * total_kW
    worst = np.abs(left).max(axis=1, initial=0.0)
    report.near("level balance, kW", _names(operations), worst, 0.0, tolerance)


def _check_heat_pumps(
    report: Report,
    operations: Operations,
    economics: Sequence[SiteEconomics],
    objective: Measure,
    heat_pumps: bool,
) -> None:
    """Heat pumps stay within the limits, have the COP of their temperatures; none is left out."""
    level_C, found = operations.level_C, operations.cop
    efficiency, dt_source_K, dt_sink_K, max_lift_K, max_sink_C, capital = (
        np.array(
            [
                (
                    one.carnot_efficiency,
                    one.heat_pump_dt_source_K,
                    one.heat_pump_dt_sink_K,
                    one.max_lift_K,
                    one.max_sink_C,
                    _prices(one, Measure.CAPEX)[3],
                )
                for one in economics
            ]
        )
        .reshape(-1, 6)
        .T[:, :, None, None]
    )
    lift_K = level_C[None, :] - level_C[:, None]
    hot_K = level_C + dt_sink_K + 273.15
    cold_K = level_C[:, None] - dt_source_K + 273.15
    rises = (lift_K > 0.0) & (hot_K > cold_K)
    cop = np.divide(efficiency * hot_K, hot_K - cold_K, where=rises, out=np.zeros(found.shape))
    room_K = np.minimum(max_lift_K - lift_K, max_sink_C - level_C)
    are_allowed = np.full(capital.shape, heat_pumps)
    if objective is Measure.CAPEX:
        are_allowed &= capital <= 0.0
    may_run = are_allowed & rises & (room_K >= -LIMIT_TOLERANCE_K) & (cop > 1.0 - 1e-9)
    must_be = are_allowed & rises & (room_K > LIMIT_TOLERANCE_K) & (cop > 1.0 + 1e-9)
    is_there = (found > 0.0) | operations.is_used
    for rule, is_wrong, expected in (
        ("COP of a heat pump that is not possible", is_there & ~may_run, 0.0 * cop),
        ("COP", is_there & may_run & ~_is_near(found, cop), cop),
        ("COP of a heat pump left out", must_be & ~is_there, cop),
    ):
        for case, source, sink in np.argwhere(is_wrong):
            where = f"case {case + 1}, {level_C[source]:g} → {level_C[sink]:g} °C"
            place = case, source, sink
            report.add(rule, where, found[place], expected[place], TABLE_TOLERANCE * cop[place])


def _is_near(found: Floats, expected: Floats) -> Booleans:
    return np.asarray(np.abs(found - expected) <= TABLE_TOLERANCE * expected)


def _check_costs(
    report: Report, operations: Operations, economics: Sequence[SiteEconomics]
) -> None:
    """Costs are amounts times prices."""
    sums = np.stack(
        [
            operations.external_heat_kW.sum(axis=1),
            operations.cooling_kW.sum(axis=1),
            operations.electricity_kW,
            operations.pump_heat_kW.sum(axis=(1, 2)),
        ],
        axis=1,
    )
    for measure in Measure:
        prices = np.array([_prices(one, measure) for one in economics]).reshape(-1, 4)
        parts = sums * prices
        report.near(
            f"{measure.value}, {measure.unit}",
            _names(operations),
            operations.cost[measure],
            parts.sum(axis=1),
            TABLE_TOLERANCE * np.maximum(np.abs(parts).sum(axis=1), 1e-9),
        )


def _prices(one: SiteEconomics, measure: Measure) -> tuple[float, float, float, float]:
    """External heat, cooling, electricity and pump sink heat, from the cost laws."""
    hours = one.operating_hours_h_per_a / 1000.0
    if measure is Measure.CO2:
        gas, electricity = one.gas_emission_t_per_MWh, one.electricity_emission_t_per_MWh
        return hours * gas / one.boiler_efficiency, 0.0, hours * electricity, 0.0
    rate, years = one.interest_rate, one.lifetime_a
    annuity = rate / -np.expm1(-years * np.log1p(rate)) if rate > 1e-300 else 1.0 / years
    capital = annuity * one.heat_pump_investment_EUR_per_kW
    if measure is Measure.CAPEX:
        return 0.0, 0.0, 0.0, capital
    gas = one.gas_price_EUR_per_MWh + one.gas_emission_t_per_MWh * one.co2_price_EUR_per_t
    electricity = (
        one.electricity_price_EUR_per_MWh
        + one.electricity_emission_t_per_MWh * one.co2_price_EUR_per_t
    )
    return (
        hours * gas / one.boiler_efficiency,
        hours * one.cooling_price_EUR_per_MWh,
        hours * electricity,
        capital if measure is Measure.TAC else 0.0,
    )


def _check_optimality(
    report: Report,
    operations: Operations,
    economics: Sequence[SiteEconomics],
    objective: Measure,
    supply_kW: Floats,
    total_kW: float,
) -> None:
    """Prices of heat that pay for no unused way of heating prove that the cost is the least."""
    measure = Measure.TAC if objective is Measure.CAPEX else objective
    prices = np.array([_prices(one, measure) for one in economics]).reshape(-1, 4)
    external, cooling, electricity, capital = (column[:, None] for column in prices.T)
    price, names = operations.price, _names(operations)
    scale = np.maximum(prices.max(axis=1, initial=0.0), 1e-300)
    slack = [
        external - price,
        price + cooling,
        np.diff(price, axis=1) if price.shape[1] > 1 else np.zeros_like(price),
    ]
    possible = operations.cop > 0.0
    cop = np.where(possible, operations.cop, 1.0)
    pump = (
        electricity[:, :, None] / cop
        + capital[:, :, None]
        + (1.0 - 1.0 / cop) * price[:, :, None]
        - price[:, None, :]
    )
    slack.append(np.where(possible, pump, 0.0).reshape(len(price), price.shape[1] ** 2))
    least = np.concatenate(slack, axis=1).min(axis=1, initial=0.0)
    report.near(
        "heat price that some way of heating undercuts, relative",
        names,
        least / scale,
        0.0,
        PRICE_TOLERANCE,
    )
    bound = -(price * supply_kW).sum(axis=1)
    handled_kW = total_kW + operations.pump_heat_kW.sum(axis=(1, 2))
    report.near(
        f"{measure.value} less the least possible, relative",
        names,
        (operations.cost[measure] - bound) / np.maximum(scale * handled_kW, 1e-300),
        0.0,
        OPTIMALITY_TOLERANCE,
    )
