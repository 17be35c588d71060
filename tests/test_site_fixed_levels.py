"""Levels that stay where they are: the fast operation is that of the linear program."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers_fixed_levels import (
    ELECTRICITY,
    EMISSION,
    INVESTMENT,
    LEVELS_C,
    LevelSite,
    level_sites,
    prices,
)
from helpers_sites import least_cost, streams_of
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore import InputError, SiteEconomics, load_case
from milpcore.economics import Measure
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.inputs import SiteInputs, prepare, without_heat_pumps
from milpcore.site.model import nearest_levels
from milpcore.site.operate import operate

OBJECTIVES = [measure.value for measure in Measure]


def inputs_of(
    site: LevelSite, economics: SiteEconomics, objective: str, *, heat_pumps: bool = True
) -> SiteInputs:
    if not heat_pumps:  # and no electricity
        economics = economics.replace(**{ELECTRICITY: 1.0})
    inputs = prepare(
        site.streams, economics=economics, candidates_C=site.levels_C, objective=objective
    )
    return inputs if heat_pumps else without_heat_pumps(inputs)


def without_profitable_waste(objective: str) -> st.SearchStrategy[SiteEconomics]:
    """Draw prices; where investment does not count, electricity must cost something."""
    if objective != "opex":
        return prices()
    return prices().filter(lambda one: one.electricity_price(Measure.OPEX) >= 0.0)


def least_values(inputs: SiteInputs) -> dict[Measure, float]:
    """Objective, and TAC of the cheapest operation of least objective, by HiGHS."""
    every = np.ones(inputs.n_candidates, dtype=bool)
    design = operate(inputs, every, nearest_levels(inputs, every))
    assert design is not None
    flows = design.external_heat_kW, design.cooling_kW, design.pump_heat_kW
    return {
        measure: sum(
            float(costs @ flow) for costs, flow in zip(inputs.costs(measure), flows, strict=False)
        )
        for measure in (inputs.objective, Measure.TAC)
    }


@settings(max_examples=60)
@given(level_sites(), st.sampled_from(OBJECTIVES), st.booleans(), st.data())
def test_every_case_costs_what_the_linear_program_costs(
    site: LevelSite, objective: str, heat_pumps: bool, data: st.DataObject
) -> None:
    drawn = st.lists(without_profitable_waste(objective), min_size=1, max_size=4)
    cases = data.draw(drawn)
    system = FixedLevels(*site, objective=objective, heat_pumps=heat_pumps)
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    shape = len(cases), system.level_C.size
    for start in (None, rng.integers(-2, 60, shape)):
        found = system.operate(cases, start=start)
        for case, economics in enumerate(cases):
            inputs = inputs_of(site, economics, objective, heat_pumps=heat_pumps)
            scale = sum(
                abs(economics.electricity_price(m)) + economics.external_heat_price(m)
                for m in Measure
            )
            slack = 1e-7 * scale * float(site.streams.duty_kW.sum())
            for measure, value in least_values(inputs).items():
                assert abs(found.cost[measure][case] - value) <= slack, measure


@settings(max_examples=25)
@given(level_sites(), st.sampled_from(["opex", "co2"]), st.data())
def test_tac_comes_second(site: LevelSite, objective: str, data: st.DataObject) -> None:
    economics = data.draw(without_profitable_waste(objective))
    found = FixedLevels(*site, objective=objective).operate([economics])
    inputs = inputs_of(site, economics, objective)
    nearest = nearest_levels(inputs, np.ones(inputs.n_candidates, dtype=bool))
    every = list(range(inputs.n_candidates))
    first = least_cost(inputs, every, nearest, measure=inputs.objective)
    scale = economics.external_heat_price(Measure.TAC) * float(site.streams.duty_kW.sum())
    tac = least_cost(inputs, every, nearest, measure=Measure.TAC, at_most=first * (1 + 1e-9) + 1e-9)
    assert found.cost[inputs.objective][0] <= first * (1 + 1e-7) + 1e-6
    assert found.cost[Measure.TAC][0] <= tac + 1e-5 * scale


@settings(max_examples=30)
@given(level_sites(), st.lists(prices(), min_size=2, max_size=5))
def test_a_basis_found_before_leads_to_the_same_cost(
    site: LevelSite, cases: list[SiteEconomics]
) -> None:
    system = FixedLevels(*site)
    alone = system.operate(cases)
    again = system.operate(cases, start=alone.basis)
    other = system.operate(cases, start=np.roll(alone.basis, 1, axis=0))
    for found in (again, other):
        np.testing.assert_allclose(
            found.cost[Measure.TAC], alone.cost[Measure.TAC], rtol=1e-9, atol=1e-3
        )
    assert (np.sort(again.basis) == np.sort(alone.basis)).all(), "nothing to improve"


def test_the_reference_system_has_the_pumps_of_the_design_notes() -> None:
    system = FixedLevels(load_case("site_400"), LEVELS_C)
    base = SiteEconomics()
    found = system.operate([base, base.replace(**{ELECTRICITY: 85.0 * 0.83})])
    level = {value: index for index, value in enumerate(LEVELS_C)}
    low, middle, high = level[35.0], level[80.0], level[134.0]
    heat_MW = found.pump_heat_kW / 1e3
    assert found.is_used.sum(axis=(1, 2)).tolist() == [1, 2]
    assert heat_MW[0, low, middle] == pytest.approx(11.6, abs=0.05)
    assert heat_MW[1, low, middle] == pytest.approx(30.2, abs=0.05)
    assert heat_MW[1, middle, high] == pytest.approx(25.5, abs=0.05)


def test_different_shares_of_the_levels_in_one_call_are_each_their_own() -> None:
    streams = streams_of((200.0, 120.0, 900.0, 5.0), (60.0, 101.0, 700.0, 5.0))
    system = FixedLevels(streams, [40.0, 109.0, 112.0, 130.0], heat_pumps=False)
    wide, narrow = SiteEconomics(), SiteEconomics(level_dt_cont_K=1.0)
    found = system.operate([wide, narrow, wide])
    assert found.external_heat_kW.sum(axis=1).tolist() == pytest.approx([700.0, 0.0, 700.0])
    assert found.cooling_kW.sum(axis=1).tolist() == pytest.approx([900.0, 200.0, 900.0])


def test_pickled_and_shared_between_threads_it_finds_the_same() -> None:
    system = FixedLevels(load_case("site_400"), LEVELS_C, objective="co2")
    base = SiteEconomics()
    cases = [base.replace(level_dt_cont_K=dt, max_lift_K=50.0 + dt) for dt in (4.0, 4.5, 5.0)] * 8
    expected = system.operate(cases).cost[Measure.TAC]
    copy = pickle.loads(pickle.dumps(FixedLevels(system.streams, LEVELS_C, objective="co2")))
    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lambda one: copy.operate([one]).cost[Measure.TAC][0], cases))
    assert alone == expected.tolist()
    operations = system.operate(cases[:2])
    assert pickle.loads(pickle.dumps(operations)).cost[Measure.TAC].tolist() == alone[:2]


def test_of_operations_that_cost_the_same_the_least_heat_is_pumped() -> None:
    streams = streams_of((30.0, 52.0, 7.0, 5.0))  # heat pumps are but electric heaters here
    free = SiteEconomics(heat_pump_investment_EUR_per_kW=0.0).replace(
        **{ELECTRICITY: 1.0, "co2_price_EUR_per_t": 0.0}
    )
    system = FixedLevels(streams, [62.0, 69.0, 70.0, 71.0])
    for limit_C, sink in ((71.0, 3), (70.5, 2), (69.0, 1)):
        found = system.operate([free.replace(max_sink_C=limit_C)])
        assert np.argwhere(found.is_used[0]).tolist() == [[0, sink]]
        assert found.electricity_kW[0] == pytest.approx(7.0)


def test_where_electricity_is_free_the_best_cop_is_used() -> None:
    streams = streams_of((-30.0, -40.0, 7.0, 5.0), (20.0, 40.0, 7.0, 5.0))
    free = SiteEconomics().replace(**{ELECTRICITY: 0.0, EMISSION: 0.0, "max_lift_K": 110.0})
    system = FixedLevels(streams, [-53.0, -52.0, -50.5, 51.0], objective="opex")
    found = system.operate([free])
    assert np.argwhere(found.is_used[0]).tolist() == [[2, 3]]


def test_no_case_at_all_is_no_result() -> None:
    found = FixedLevels(load_case("two_streams"), [50.0, 130.0]).operate([])
    assert found.n_cases == 0
    assert found.cost[Measure.TAC].tolist() == []


def test_supplies_that_cancel_but_for_rounding_need_nothing() -> None:
    streams = streams_of(
        (90.0, 60.0, 0.1, 5.0), (90.0, 60.0, 0.2, 5.0), (20.0, 30.0, 0.1 + 0.2 - 1e-16, 5.0)
    )
    found = FixedLevels(streams, [45.0]).operate([SiteEconomics()])
    assert found.cost[Measure.TAC].tolist() == [0.0]


def test_profitable_waste_is_refused_by_the_names_of_the_cases() -> None:
    streams = load_case("site_400")
    cheap = {ELECTRICITY: -200.0, "co2_price_EUR_per_t": 0.0}
    cases = [SiteEconomics(), SiteEconomics(**cheap), SiteEconomics(**cheap, **{INVESTMENT: 1e5})]
    with pytest.raises(InputError) as error:
        FixedLevels(streams, LEVELS_C, objective="opex").operate(cases)
    told = [(fault.where, fault.field) for fault in error.value.faults]
    assert told == [
        ("case 2", "opex of heat pump heat"),
        ("case 3", "opex of heat pump heat"),
        ("case 2", "tac of heat pump heat"),
    ]
    assert error.value.faults[0].rule == (
        "must not be negative: searches and bounds of model A rely on it"
    )
    with pytest.raises(InputError, match="at night: tac of heat pump heat = -"):
        FixedLevels(streams, LEVELS_C).operate(cases[1:2], names=["at night"])
    without = FixedLevels(streams, LEVELS_C, heat_pumps=False)
    assert not without.operate(cases).is_used.any()


def test_levels_that_do_not_serve_are_refused() -> None:
    streams = load_case("two_streams")
    with pytest.raises(InputError, match="no level high enough for this cold stream"):
        FixedLevels(streams, [50.0, 129.0])
    system = FixedLevels(streams, [50.0, 129.0], level_dt_cont_K=2.0)
    assert system.operate([SiteEconomics(level_dt_cont_K=2.0)]).n_cases == 1
    with pytest.raises(InputError, match="no level high enough for this cold stream"):
        system.operate([SiteEconomics()])
    with pytest.raises(InputError, match=r"must be a temperature above -273\.15 °C"):
        FixedLevels(streams, [float("nan"), 130.0])


def test_bases_of_another_shape_are_refused() -> None:
    system = FixedLevels(load_case("two_streams"), [50.0, 130.0])
    with pytest.raises(InputError) as error:
        system.operate([SiteEconomics()] * 2, start=np.zeros((1, 2), dtype=np.int64))
    (fault,) = error.value.faults
    assert fault.value == "shape (1, 2)"
    assert fault.rule == "must have the shape (2, 2): cases, levels"


def test_streams_whose_limit_all_but_meets_a_level_are_served_alike_by_the_check() -> None:
    # Limits move past the levels in steps of a tenth of the tolerance; tipping points are found so.
    streams = streams_of((60.0, 50.0, 546.0, 0.0), (50.0, 80.0, 300.0, 0.0))
    margins_K = 3.0 + 1e-7 * np.arange(-31.0, 32.0)
    cases = [SiteEconomics(level_dt_cont_K=float(margin_K)) for margin_K in margins_K]
    found = FixedLevels(streams, [10.0, 47.0, 83.0, 120.0]).operate(cases)
    is_cooled_at_47 = found.cooling_kW[:, 1] > 1.0
    assert is_cooled_at_47[0]
    assert not is_cooled_at_47[-1]
    assert np.count_nonzero(np.diff(is_cooled_at_47.astype(int))) == 1
