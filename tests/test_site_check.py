"""The check passes good results and finds every way of tampering with them."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from helpers_results import EVERYTHING, PRICES, everything, streams_of

from milpcore import SiteEconomics, Status, Streams
from milpcore.site.check import CheckError, check
from milpcore.site.greenfield import greenfield
from milpcore.site.results import SiteResult
from milpcore.site.tables import empty_table

STREAMS = streams_of(EVERYTHING)
Tamper = Callable[[SiteResult], SiteResult]


def with_table(result: SiteResult, name: str, table: pd.DataFrame) -> SiteResult:
    return dataclasses.replace(result, **{name: table.reset_index(drop=True)})


def put(name: str, row: int, /, **values: Any) -> Tamper:
    """Set values, or change numbers by a function of the old one."""

    def tamper(result: SiteResult) -> SiteResult:
        table = getattr(result, name).copy()
        for column, value in values.items():
            old = table.loc[row, column]
            table.loc[row, column] = value(old) if callable(value) else value
        return with_table(result, name, table)

    return tamper


def times(factor: float) -> Callable[[float], float]:
    return lambda old: old * factor


def plus(step: float) -> Callable[[float], float]:
    return lambda old: old + step


def drop(name: str, row: int) -> Tamper:
    return lambda result: with_table(result, name, getattr(result, name).drop(index=row))


def repeat(name: str, row: int, /, **values: Any) -> Tamper:
    def tamper(result: SiteResult) -> SiteResult:
        table = getattr(result, name)
        added = table.iloc[[row]].assign(**values)
        return with_table(result, name, pd.concat([table, added]))

    return tamper


def both(*steps: Tamper) -> Tamper:
    def tamper(result: SiteResult) -> SiteResult:
        for step in steps:
            result = step(result)
        return result

    return tamper


def shift_duty_between_levels(result: SiteResult) -> SiteResult:
    """Serve a hot stream from a level above its limit, and mend all the sums."""
    step = 410.0
    return both(
        put("connections", 2, level_C=55.0, dt_min_K=-13.0),
        put("levels", 1, n_hot_streams=0, hot_streams_kW=0.0, external_heat_kW=plus(step)),
        put("levels", 2, n_hot_streams=2, hot_streams_kW=plus(step), cooling_kW=plus(step)),
    )(result)


def heat_up_the_cascade(result: SiteResult) -> SiteResult:
    """Let the highest level be fed from below: leaving heat that nobody receives."""
    return both(
        put("levels", 4, cascade_in_kW=100.0, cooling_kW=plus(100.0)),
        put("levels", 3, cascade_out_kW=100.0, external_heat_kW=plus(100.0)),
    )(result)


def pump_beyond_limits(result: SiteResult) -> SiteResult:
    """Add a heat pump from 55 to 200 °C whose own numbers are right."""
    heat_kW = 100.0
    cop = 0.65 * 483.15 / (483.15 - 318.15)
    pump = {
        "source_C": 55.0,
        "sink_C": 200.0,
        "lift_K": 145.0,
        "cop": cop,
        "heat_kW": heat_kW,
        "source_heat_kW": heat_kW * (1 - 1 / cop),
        "power_kW": heat_kW / cop,
        "investment_EUR": 700.0 * heat_kW,
    }
    return with_table(result, "heat_pumps", pd.concat([result.heat_pumps, pd.DataFrame([pump])]))


def move_pumped_heat(result: SiteResult) -> SiteResult:
    """Pump more, with all pump numbers and sums in step, and balance it by utilities."""
    more, first = 1.01, result.heat_pumps.iloc[0]
    scaled = ("heat_kW", "source_heat_kW", "power_kW", "investment_EUR")
    source_kW, heat_kW = (0.01 * first[name] for name in ("source_heat_kW", "heat_kW"))
    power_kW = heat_kW - source_kW
    return both(
        put("heat_pumps", 0, **{name: times(more) for name in scaled}),
        put("levels", 1, heat_pump_source_kW=plus(source_kW), cooling_kW=plus(-source_kW)),
        put("levels", 3, heat_pump_sink_kW=plus(heat_kW), cooling_kW=plus(heat_kW)),
        put(
            "summary",
            0,
            cooling_kW=plus(power_kW),
            electricity_kW=plus(power_kW),
            heat_pump_heat_kW=plus(heat_kW),
        ),
    )(result)


def without_levels(result: SiteResult) -> SiteResult:
    return with_table(result, "levels", result.levels.iloc[:0])


# Levels of the site: 0 = 10, 1 = 32, 2 = 55, 3 = 85, 4 = 95 or 120, 5 = 200 °C; connections in
# the order H1..H4, C1..C3; heat pumps 32 → 85 and 55 → 85 °C.
TAMPERINGS: dict[str, tuple[Tamper, str]] = {
    "duty of a connection": (
        put("connections", 4, duty_kW=plus(1.0)),
        r"stream site/C1: duty_kW: found 1501, expected 1500 \(within 1.5e-06\)",
    ),
    "duty moved from one stream to another": (
        both(put("connections", 4, duty_kW=plus(5.0)), put("connections", 5, duty_kW=plus(-5.0))),
        r"stream site/C2: duty_kW: found 1895, expected 1900",
    ),
    "duty moved to an unfit level": (
        shift_duty_between_levels,
        r"stream site/H3: temperature difference to the level at 55 °C, K: found -13, "
        r"expected at least 10",
    ),
    "level of a connection": (
        put("connections", 4, level_C=120.5),
        r"stream site/C1: level_C: found 120.5, expected the temperature of an open level",
    ),
    "another open level": (
        put("connections", 4, level_C=200.0, dt_min_K=125.0),
        r"level 200 °C: cold_streams_kW: found 980, expected 2480",
    ),
    "removed connection": (
        drop("connections", 2),
        r"stream site/H3: number of connections: found 0, expected 1",
    ),
    "repeated connection": (
        repeat("connections", 2),
        r"stream site/H3: number of connections: found more than one, expected 1",
    ),
    "unknown stream": (
        repeat("connections", 2, name="H9"),
        r"stream site/H9: connection: found a stream not in the table, expected none",
    ),
    "kind of a stream": (
        put("connections", 2, kind="cold"),
        r"stream site/H3: kind: found cold, expected hot",
    ),
    "supply temperature": (
        put("connections", 0, t_supply_C=181.0),
        r"stream site/H1: t_supply_C: found 181, expected 180",
    ),
    "target temperature": (
        put("connections", 0, t_target_C=131.0),
        r"stream site/H1: t_target_C: found 131, expected 130",
    ),
    "temperature difference": (
        put("connections", 4, dt_min_K=11.0),
        r"stream site/C1: dt_min_K: found 11, expected 10",
    ),
    "temperature of a level": (
        put("levels", 0, temperature_C=10.1),
        r"stream site/H4: level_C: found 10, expected the temperature of an open level",
    ),
    "levels out of order": (
        lambda result: with_table(result, "levels", result.levels.iloc[::-1]),
        r"levels: temperature_C: found \[200.0, .*\], expected rising, no two equal",
    ),
    "an idle level": (
        repeat("levels", 0, **dict.fromkeys(everything().levels.columns, 0)),
        r"level 0 °C: use of the level: found none, expected a stream, heat pump or utility",
    ),
    "count of streams": (
        put("levels", 0, n_hot_streams=2),
        r"level 10 °C: n_hot_streams: found 2, expected 1",
    ),
    "hot heat of a level": (
        put("levels", 0, hot_streams_kW=plus(1.0), cooling_kW=plus(1.0)),
        r"level 10 °C: hot_streams_kW: found 481, expected 480",
    ),
    "external heat": (
        put("levels", 5, external_heat_kW=times(1.0 - 1e-5)),
        r"level 200 °C: level balance, supply in kW: found 979.9902, expected 980 "
        r"\(within 0.00098\)",
    ),
    "cooling": (
        put("levels", 0, cooling_kW=times(1.0 + 1e-5)),
        r"level 10 °C: level balance, supply in kW: found 480, expected 480.0048",
    ),
    "negative cooling": (
        put("levels", 2, cooling_kW=-1.0),
        r"levels row 3: cooling_kW: found -1, expected finite and not negative",
    ),
    "a hole in the table": (
        put("levels", 2, external_heat_kW=math.nan),
        r"levels row 3: external_heat_kW: found nan, expected finite and not negative",
    ),
    "infinite temperature": (
        put("levels", 5, temperature_C=math.inf),
        r"levels row 6: temperature_C: found inf, expected finite",
    ),
    "pump sums of a level": (
        put("levels", 3, heat_pump_sink_kW=plus(1.0), cooling_kW=plus(1.0)),
        r"level 85 °C: heat_pump_sink_kW: found 1101, expected 1100",
    ),
    "pump source of a level": (
        put("levels", 2, heat_pump_source_kW=plus(-1.0), cooling_kW=plus(1.0)),
        r"level 55 °C: heat_pump_source_kW: found 499, expected 500",
    ),
    "a break in the cascade": (
        put("levels", 3, cascade_in_kW=plus(-1.0), external_heat_kW=plus(1.0)),
        r"level 85 °C: cascade_in_kW: found 399, expected 400",
    ),
    "heat upwards": (heat_up_the_cascade, r"level 85 °C: cascade_out_kW: found 100, expected 0"),
    "cascade out of the lowest level": (
        put("levels", 0, cascade_out_kW=480.0, cooling_kW=0.0),
        r"level 10 °C: cascade_out_kW: found 480, expected 0",
    ),
    "heat from nowhere": (
        put("levels", 5, cascade_in_kW=980.0, external_heat_kW=0.0),
        r"level 200 °C: cascade_in_kW: found 980, expected 0",
    ),
    "unbalanced site": (
        put("levels", 5, cascade_in_kW=980.0, external_heat_kW=0.0),
        r"whole site: energy balance, supply in kW: found \S+, expected \S+ \(within \S+\)",
    ),
    "scaled COP": (
        put("heat_pumps", 0, cop=times(1.001)),
        r"heat pump 32 → 85 °C: cop: found 3.281\d+, expected 3.278\d+",
    ),
    "scaled COP with its power": (
        put(
            "heat_pumps",
            0,
            cop=times(1.001),
            power_kW=times(1.0 / 1.001),
            source_heat_kW=lambda old: (
                old + everything().heat_pumps.loc[0, "power_kW"] * 0.1 / 100.1
            ),
        ),
        r"heat pump 32 → 85 °C: heat_kW/power_kW: found 3.281\d+, expected 3.278\d+",
    ),
    "power of a pump": (
        put("heat_pumps", 1, power_kW=times(1.01)),
        r"heat pump 55 → 85 °C: source_heat_kW \+ power_kW: found 633.387\d+, "
        r"expected 632.067\d+",
    ),
    "lift of a pump": (
        put("heat_pumps", 1, lift_K=31.0),
        r"heat pump 55 → 85 °C: lift_K: found 31, expected 30",
    ),
    "investment": (
        put("heat_pumps", 1, investment_EUR=times(1.0001)),
        r"heat pump 55 → 85 °C: investment_EUR: found 442491.\d+, expected 442447.\d+",
    ),
    "pump beyond the lift": (
        pump_beyond_limits,
        r"heat pump 55 → 200 °C: lift, K: found 145, expected at most 60",
    ),
    "pump downwards": (
        put("heat_pumps", 0, source_C=85.0, sink_C=32.0, lift_K=-53.0),
        r"heat pump 85 → 32 °C: lift, K: found -53, expected positive",
    ),
    "pump on the spot": (
        put("heat_pumps", 0, source_C=85.0, sink_C=85.0, lift_K=0.0),
        r"heat pump 85 → 85 °C: lift, K: found 0, expected positive",
    ),
    "pump from a closed level": (
        put("heat_pumps", 0, source_C=40.0, lift_K=45.0),
        r"heat pump 40 → 85 °C: source_C: found 40, expected the temperature of an open level",
    ),
    "pump listed twice": (
        repeat("heat_pumps", 0),
        r"heat pump 32 → 85 °C: number of rows: found more than one, expected 1",
    ),
    "removed pump": (
        drop("heat_pumps", 0),
        r"level 32 °C: heat_pump_source_kW: found 325.185\d+, expected 0",
    ),
    "more pumped than costed": (
        move_pumped_heat,
        r"summary: tac_EUR_per_a: found 828466.07\d+, expected 830127",
    ),
    "TAC off by 1e-4": (
        put("summary", 0, tac_EUR_per_a=times(1.0001)),
        r"summary: tac_EUR_per_a: found 828548.92\d+, expected 828466.07\d+ \(within 0.000828",
    ),
    "OPEX off by 1e-4": (
        put("summary", 0, opex_EUR_per_a=times(1.0001)),
        r"summary: opex_EUR_per_a: found 755859.10\d+, expected 755783.52\d+",
    ),
    "CAPEX off by 1e-4": (
        put("summary", 0, capex_EUR_per_a=times(0.9999)),
        r"summary: capex_EUR_per_a: found 72675.28\d+, expected 72682.55\d+",
    ),
    "CO2 off by 1e-4": (
        put("summary", 0, co2_t_per_a=times(1.0001)),
        r"summary: co2_t_per_a: found 2586.62\d+, expected 2586.36\d+",
    ),
    "total external heat": (
        put("summary", 0, external_heat_kW=plus(1.0)),
        r"summary: external_heat_kW: found 981, expected 980",
    ),
    "total cooling": (
        put("summary", 0, cooling_kW=0.0),
        r"summary: cooling_kW: found 0, expected 564.8\d+",
    ),
    "total electricity": (
        put("summary", 0, electricity_kW=times(2.0)),
        r"summary: electricity_kW: found 549.6\d+, expected 274.8\d+",
    ),
    "total pump heat": (
        put("summary", 0, heat_pump_heat_kW=0.0),
        r"summary: heat_pump_heat_kW: found 0, expected 1100",
    ),
    "number of levels": (
        put("summary", 0, n_levels=5),
        r"summary: n_levels: found 5, expected 6",
    ),
    "number of pumps": (
        put("summary", 0, n_heat_pumps=1),
        r"summary: n_heat_pumps: found 1, expected 2",
    ),
    "more levels than allowed": (
        lambda result: dataclasses.replace(put("summary", 0, max_levels=5)(result), max_levels=5),
        r"levels: number of levels: found 6, expected at most 5",
    ),
    "levels allowed": (
        put("summary", 0, max_levels=7),
        r"summary: max_levels: found 7, expected 6",
    ),
    "objective value": (
        put("summary", 0, objective_value=times(0.999)),
        r"summary: objective_value \(tac_EUR_per_a\): found 827637.6\d+, expected 828466.0\d+",
    ),
    "objective of another measure": (
        put("summary", 0, objective="opex"),
        r"result: objective: found tac, expected opex(.|\n)*"
        r"summary: objective_value \(opex_EUR_per_a\): found 828466.\d+, expected 755783.\d+",
    ),
    "unknown objective": (
        put("summary", 0, objective="profit"),
        r"summary: objective: found profit, expected one of tac, opex, capex, co2",
    ),
    "unit": (
        put("summary", 0, unit="t/a"),
        r"summary: unit: found t/a, expected EUR/a",
    ),
    "bound above the objective": (
        put("summary", 0, bound=times(1.0 + 1e-6)),
        r"summary: bound: found 828466.9\d+, expected at most 828466.0\d+",
    ),
    "bound without its gap": (
        put("summary", 0, bound=times(0.99)),
        r"summary: gap: found \S+, expected 0.01",
    ),
    "no bound": (put("summary", 0, bound=math.nan), r"summary: bound: found nan, expected at most"),
    "gap": (put("summary", 0, gap=0.5), r"summary: gap: found 0.5, expected \S+ \(within 1e-09\)"),
    "status": (
        put("summary", 0, status="splendid"),
        r"summary: status: found splendid, expected one of optimal, time_limit, ",
    ),
    "infeasible with a design": (
        put("summary", 0, status="infeasible"),
        r"summary: status: found infeasible, expected another one, as there is a design",
    ),
    "status beside the table": (
        lambda result: dataclasses.replace(result, status=Status.TIME_LIMIT),
        r"result: status: found time_limit, expected optimal",
    ),
    "missing column": (
        lambda result: with_table(result, "levels", result.levels.drop(columns="cooling_kW")),
        r"levels: columns: found \[.*\], expected \[.*'cooling_kW'.*\]",
    ),
    "two summaries": (repeat("summary", 0), r"summary: number of rows: found 2, expected 1"),
    "no levels": (
        without_levels,
        r"heat_pumps: number of rows without a design: found 2, expected 0",
    ),
}


def test_a_good_result_passes() -> None:
    result = everything()
    assert result.levels["cascade_in_kW"].max() > 0.0
    assert len(result.heat_pumps) == 2
    check(result, STREAMS, PRICES)


@pytest.mark.parametrize(("tamper", "message"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found(tamper: Tamper, message: str) -> None:
    with pytest.raises(CheckError, match=message):
        check(tamper(everything()), STREAMS, PRICES)


@pytest.mark.parametrize("column", ["external_heat_kW", "cooling_kW", "cascade_in_kW"])
@pytest.mark.parametrize("row", range(6))
def test_a_kilowatt_more_at_any_level_is_found(row: int, column: str) -> None:
    with pytest.raises(CheckError, match="level balance, supply in kW"):
        check(put("levels", row, **{column: plus(1.0)})(everything()), STREAMS, PRICES)


@pytest.mark.parametrize("name", ["levels", "heat_pumps", "summary", "connections"])
def test_a_change_of_any_number_is_found(name: str) -> None:
    """One thousandth or one more in any numeric column is a contradiction somewhere."""
    silent = {"n_nodes", "solve_s"}
    table = getattr(everything(), name)
    for column in [c for c in table.select_dtypes("number") if c not in silent]:
        change = (lambda old: old + max(1.0, 1e-3 * abs(old))) if column != "gap" else plus(1e-3)
        with pytest.raises(CheckError):
            check(put(name, 0, **{column: change})(everything()), STREAMS, PRICES)


def test_all_violations_are_listed() -> None:
    tamper = both(put("summary", 0, gap=0.5), put("connections", 4, duty_kW=plus(1.0)))
    with pytest.raises(CheckError) as caught:
        check(tamper(everything()), STREAMS, PRICES)
    violations = caught.value.violations
    assert [(one.what, one.where) for one in violations] == [
        ("duty_kW", "stream site/C1"),
        ("cold_streams_kW", "level 85 °C"),
        ("gap", "summary"),
    ]
    message = str(caught.value)
    assert message.startswith("check failed: 3 violations\n  - stream site/C1: duty_kW: found 1501")
    assert pickle.loads(pickle.dumps(caught.value)).violations == violations


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_lift_K": 50.0}, r"32 → 85 °C: lift, K: found 53, expected at most 50 "),
        ({"max_sink_C": 84.0}, r"55 → 85 °C: sink_C: found 85, expected at most 84 "),
        ({"carnot_efficiency": 0.6}, r"cop: found 3.27\d+, expected 3.02\d+"),
        ({"heat_pump_dt_sink_K": 5.0}, r"cop: found 3.27\d+, expected 3.47\d+"),
        ({"heat_pump_dt_source_K": 5.0}, r"cop: found 3.27\d+, expected 3.51\d+"),
        ({"level_dt_cont_K": 6.0}, r"H4: temperature difference .*found 10, expected at least 11"),
        ({"gas_price_EUR_per_MWh": 41.0}, r"tac_EUR_per_a: found 828466"),
        ({"electricity_price_EUR_per_MWh": 86.0}, r"opex_EUR_per_a: found 755783"),
        ({"co2_price_EUR_per_t": 81.0}, r"opex_EUR_per_a: found 755783"),
        ({"cooling_price_EUR_per_MWh": 0.0}, r"opex_EUR_per_a: found 755783"),
        ({"gas_emission_t_per_MWh": 0.2}, r"co2_t_per_a: found 2586"),
        ({"electricity_emission_t_per_MWh": 0.3}, r"co2_t_per_a: found 2586"),
        ({"boiler_efficiency": 0.95}, r"co2_t_per_a: found 2586"),
        ({"operating_hours_h_per_a": 8001.0}, r"co2_t_per_a: found 2586"),
        ({"interest_rate": 0.0}, r"capex_EUR_per_a: found 72682.\d+, expected 38500"),
        ({"lifetime_a": 19.0}, r"capex_EUR_per_a: found 72682"),
        ({"heat_pump_investment_EUR_per_kW": 701.0}, r"investment_EUR: found 327552"),
    ],
)
def test_every_price_and_limit_counts(change: dict[str, float], message: str) -> None:
    """The result contradicts any other prices than those it was made with."""
    with pytest.raises(CheckError, match=message):
        check(everything(), STREAMS, PRICES.replace(**change))


def test_cascading_heat_is_refused_where_it_was_not_allowed() -> None:
    message = r"level 85 °C: cascade_in_kW: found 400, expected 0 \(within 0\)"
    with pytest.raises(CheckError, match=message):
        check(everything(), STREAMS, PRICES, cascade=False)


def test_a_result_without_cascade_passes() -> None:
    result = greenfield(STREAMS, n_levels=4, economics=PRICES, cascade=False)
    check(result, STREAMS, PRICES, cascade=False)
    check(result, STREAMS, PRICES)


def test_another_stream_table_is_refused() -> None:
    fewer = streams_of(EVERYTHING[:-1])
    message = r"stream site/C3: connection: found a stream not in the table, expected none"
    with pytest.raises(CheckError, match=message):
        check(everything(), fewer, PRICES)


def test_the_share_of_the_minimum_temperature_difference_counts() -> None:
    wider = Streams(STREAMS.table.assign(dt_cont=5.1))
    with pytest.raises(CheckError, match=r"found 10, expected at least 10.1 \(within 2e-06\)"):
        check(everything(), wider, PRICES)


def infeasible() -> SiteResult:
    return greenfield(STREAMS, n_levels=1)


def test_a_result_without_design_passes() -> None:
    check(infeasible(), STREAMS, SiteEconomics())


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (
            put("summary", 0, status="optimal"),
            "summary: status: found optimal, expected another one, as there is no level",
        ),
        (
            put("summary", 0, tac_EUR_per_a=1.0),
            "summary: tac_EUR_per_a without a design: found 1, expected nan",
        ),
        (
            put("summary", 0, n_levels=1),
            "summary: n_levels without a design: found 1, expected 0",
        ),
        (
            lambda result: with_table(result, "connections", everything().connections),
            "connections: number of rows without a design: found 7, expected 0",
        ),
    ],
)
def test_claims_without_a_design_are_found(tamper: Tamper, message: str) -> None:
    with pytest.raises(CheckError, match=message):
        check(tamper(infeasible()), STREAMS, SiteEconomics())


def test_empty_tables_have_the_columns_of_full_ones() -> None:
    for name in ("summary", "levels", "heat_pumps", "connections"):
        full, empty = getattr(everything(), name), getattr(infeasible(), name)
        assert full.dtypes.equals(empty.dtypes)
        assert empty_table(full.dtypes.astype(str).to_dict()).dtypes.equals(full.dtypes)
