"""The check of operations at fixed levels catches every kind of tampering."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_fixed_levels import ELECTRICITY, INVESTMENT, LEVELS_C

from milpcore import SiteEconomics, load_case
from milpcore.economics import Measure
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.operations import Operations
from milpcore.site.operations_check import check_operations
from milpcore.site.violations import CheckError

STREAMS = load_case("site_400")
CASES = [
    SiteEconomics(cooling_price_EUR_per_MWh=2.0),
    SiteEconomics(cooling_price_EUR_per_MWh=2.0).replace(**{ELECTRICITY: 60.0}),
]


@pytest.fixture(scope="module")
def good() -> Operations:
    return FixedLevels(STREAMS, LEVELS_C).operate(CASES)


def rules(
    operations: Operations,
    *,
    economics: list[SiteEconomics] | None = None,
    objective: Measure = Measure.TAC,
    heat_pumps: bool = True,
) -> list[tuple[str, str]]:
    """Where and what the check finds wrong."""
    cases = CASES if economics is None else economics
    try:
        check_operations(operations, STREAMS, cases, objective, heat_pumps=heat_pumps)
    except CheckError as error:
        return [(found.where, found.what) for found in error.violations]
    return []


def changed(array: np.ndarray, place: tuple[int, ...], value: float) -> np.ndarray:
    copy = array.copy()
    copy[place] = value
    return copy


def test_what_was_found_passes(good: Operations) -> None:
    assert rules(good) == []


def test_an_unbalanced_level_is_caught(good: Operations) -> None:
    total_kW = float(STREAMS.duty_kW.sum())
    for field in ("external_heat_kW", "cooling_kW"):
        flow = getattr(good, field)
        bad = replace(good, **{field: changed(flow, (1, 2), flow[1, 2] + 2e-6 * total_kW)})
        assert ("case 2", "level balance, kW") in rules(bad)
        assert all(where == "case 2" for where, _ in rules(bad))
        near = replace(good, **{field: changed(flow, (1, 2), flow[1, 2] + 1e-12 * total_kW)})
        assert rules(near) == []


@pytest.mark.parametrize(
    ("field", "place", "rule"),
    [
        ("external_heat_kW", (0, 0), "external heat, least in kW"),
        ("cooling_kW", (0, 5), "cooling, least in kW"),
        ("cascade_kW", (0, 1), "cascade, least in kW"),
        ("pump_heat_kW", (0, 3, 4), "pump heat, least in kW"),
    ],
)
def test_a_negative_flow_is_caught(
    good: Operations, field: str, place: tuple[int, ...], rule: str
) -> None:
    bad = replace(good, **{field: changed(getattr(good, field), place, -1e-3)})
    assert ("case 1", rule) in rules(bad)


def test_heat_into_the_highest_level_from_above_is_caught(good: Operations) -> None:
    bad = replace(good, cascade_kW=changed(good.cascade_kW, (1, 6), 5.0))
    assert ("case 2", "heat into the highest level from above, kW") in rules(bad)


def test_a_wrong_cop_is_caught(good: Operations) -> None:
    place = 1, 2, 3
    assert good.is_used[place]
    bad = replace(good, cop=changed(good.cop, place, good.cop[place] * 1.001))
    assert ("case 2, 80 → 134 °C", "COP") in rules(bad)


def test_a_heat_pump_left_out_is_caught(good: Operations) -> None:
    assert not good.is_used[0, 2, 3]
    bad = replace(good, cop=changed(good.cop, (0, 2, 3), 0.0))
    assert rules(bad) == [("case 1, 80 → 134 °C", "COP of a heat pump left out")]


@pytest.mark.parametrize(
    ("place", "change", "label"),
    [
        ((0, 1, 2), {"max_lift_K": 44.0}, "35 → 80 °C"),
        ((0, 1, 2), {"max_sink_C": 79.0}, "35 → 80 °C"),
        ((0, 2, 1), {}, "80 → 35 °C"),
    ],
)
def test_a_heat_pump_outside_its_limits_is_caught(
    good: Operations, place: tuple[int, ...], change: dict[str, float], label: str
) -> None:
    found = replace(good, cop=changed(good.cop, place, 3.0)) if not change else good
    cases = [CASES[0].replace(**change), CASES[1]]
    wrong = rules(found, economics=cases)
    assert (f"case 1, {label}", "COP of a heat pump that is not possible") in wrong


def test_heat_pumps_where_none_are_allowed_are_caught(good: Operations) -> None:
    told = {what for _, what in rules(good, heat_pumps=False)}
    assert told == {"COP of a heat pump that is not possible"}
    capex = FixedLevels(STREAMS, LEVELS_C, objective="capex").operate(CASES)
    assert rules(capex, objective=Measure.CAPEX) == []
    told = {what for _, what in rules(good, objective=Measure.CAPEX)}
    assert told == {"COP of a heat pump that is not possible"}


@pytest.mark.parametrize("measure", list(Measure))
def test_a_wrong_cost_is_caught(good: Operations, measure: Measure) -> None:
    value = good.cost[measure]
    cost = {**good.cost, measure: changed(value, (1,), value[1] * (1.0 + 1e-7) + 1e-3)}
    unit = measure.unit
    wrong = rules(replace(good, cost=cost))
    assert ("case 2", f"{measure.value}, {unit}") in wrong


def test_costs_that_cancel_are_compared_with_their_parts() -> None:
    cheap = SiteEconomics().replace(
        **{ELECTRICITY: -30.0, INVESTMENT: 1500.0, "co2_price_EUR_per_t": 0.0}
    )
    system = FixedLevels(STREAMS, LEVELS_C, objective="tac")
    assert system.operate([cheap]).n_cases == 1


def test_an_operation_that_is_not_the_cheapest_is_caught(good: Operations) -> None:
    from_first = {
        name: getattr(good, name)[[0, 0]]
        for name in ("external_heat_kW", "cooling_kW", "cascade_kW", "pump_heat_kW", "cop")
    }
    dearer = replace(good, **from_first, price=good.price)
    sums = dearer.external_heat_kW.sum(axis=1), dearer.cooling_kW.sum(axis=1)
    cost = {
        measure: np.array(
            [
                one.external_heat_price(measure) * sums[0][case]
                + one.cooling_price(measure) * sums[1][case]
                + one.electricity_price(measure) * dearer.electricity_kW[case]
                + one.heat_pump_investment(measure) * dearer.pump_heat_kW[case].sum()
                for case, one in enumerate(CASES)
            ]
        )
        for measure in Measure
    }
    wrong = rules(replace(dearer, cost=cost))
    assert wrong == [("case 2", "tac less the least possible, relative")]


@pytest.mark.parametrize(
    ("level", "factor"), [(6, 1.001), (0, -1.0), (3, 1.2)], ids=["external", "cooling", "pump"]
)
def test_prices_that_are_no_proof_are_caught(good: Operations, level: int, factor: float) -> None:
    price = changed(good.price, (1, level), good.price[1, level] * factor - (factor < 0.0) * 50.0)
    wrong = rules(replace(good, price=price))
    assert ("case 2", "heat price that some way of heating undercuts, relative") in wrong


def test_levels_that_do_not_serve_are_caught(good: Operations) -> None:
    bad = replace(good, level_C=good.level_C + 100.0)
    assert rules(bad) == [("level_dt_cont_K = 5", "streams that no level serves")]


def test_nan_never_passes(good: Operations) -> None:
    bad = replace(good, external_heat_kW=changed(good.external_heat_kW, (0, 1), np.nan))
    assert ("case 1", "level balance, kW") in rules(bad)
