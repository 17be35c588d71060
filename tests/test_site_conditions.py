"""The conditions under which shortcuts are exact, against linear programs without any shortcut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_sites import (
    PRICES,
    all_connections,
    enumerated_optimum,
    least_cost,
    level_sets,
    mask_of,
    site_at_levels,
    small_sites,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.economics import SiteEconomics
from milpcore.faults import InputError
from milpcore.site.conditions import (
    local_exchange_faults,
    nearest_level_faults,
    pump_dominance_faults,
)
from milpcore.site.inputs import SiteInputs
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.level_path import LevelPath
from milpcore.site.milp_parts import uses_dominance_rows
from milpcore.site.model import nearest_levels
from milpcore.site_options import LimitOptions, SiteOptions

CHEAP_ELECTRICITY = PRICES["cheap electricity"]


def costs_with_and_without_dominance(
    inputs: SiteInputs, levels: tuple[int, ...], most_bought_kW: float = np.inf
) -> tuple[float, float]:
    stream_level = nearest_levels(inputs, mask_of(inputs, levels))
    given = {"most_bought_kW": most_bought_kW}
    return (
        least_cost(inputs, levels, stream_level, is_used=True, is_found=True, **given),
        least_cost(inputs, levels, stream_level, **given),
    )


@settings(max_examples=100)
@given(small_sites(objectives=("tac", "opex")), st.data())
def test_dominance_rows_cost_nothing_where_no_condition_fails(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    levels = data.draw(st.sampled_from(list(level_sets(inputs, 5))))
    if nearest_levels(inputs, mask_of(inputs, levels)).min() < 0 or pump_dominance_faults(inputs):
        return
    with_rows, without = costs_with_and_without_dominance(inputs, levels)
    assert with_rows == pytest.approx(without, rel=1e-7, abs=1e-6)


@settings(max_examples=40)
@given(small_sites(max_streams=4, objectives=("tac", "opex")), st.data())
def test_nearest_levels_cost_least_whatever_the_prices(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    levels = data.draw(st.sampled_from(list(level_sets(inputs, 4))))
    nearest = nearest_levels(inputs, mask_of(inputs, levels))
    choices = list(all_connections(inputs, levels))
    assert (nearest.min() < 0) == (not choices)
    if choices:
        stream_level = data.draw(st.sampled_from(choices))
        other = least_cost(inputs, levels, stream_level)
        assert least_cost(inputs, levels, nearest) <= other * (1.0 + 1e-9) + 1e-6


def test_without_cascade_the_nearest_level_can_be_wrong() -> None:
    # 90 kW at 100 °C serve the need at 60 °C only if both are connected to 60 °C.
    inputs = site_at_levels({100.0: 90.0}, {60.0: 90.0}, cascade=False)
    assert nearest_level_faults(inputs) == ["heat may not cascade between levels"]
    both, nearest = np.array([0, 0]), inputs.stream_kink
    assert least_cost(inputs, (0, 1), both) == 0.0
    assert least_cost(inputs, (0, 1), nearest) > 40_000.0
    assert nearest_level_faults(replace(inputs, cascade=True)) == []


def cheap_electricity_site() -> SiteInputs:
    """Waste heat at 60 °C, need at 80 °C, a level at 110 °C that only pumps can use."""
    return site_at_levels(
        {60.0: 100.0}, {80.0: 1000.0}, candidates_C=[60.0, 80.0, 110.0], economics=CHEAP_ELECTRICITY
    )


def test_cheap_electricity_makes_dominance_rows_wrong() -> None:
    inputs = cheap_electricity_site()
    assert pump_dominance_faults(inputs) == [
        "a kW of heat pump electricity with its investment costs 258.075 a year, "
        "less than a kW of external heat, 498.489",
        "lifting external heat bought at a lower level pays",
    ]
    levels, nearest = (0, 1, 2), inputs.stream_kink
    # Pumped to 110 °C, heat falls to the need at 80 °C and on to the pump's own source at 60 °C.
    assert least_cost(inputs, levels, nearest) == pytest.approx(389_897.0, abs=1.0)
    # Pumps fed by process heat alone, whose heat may still fall; and with both rows. These two are
    # published as 446,179 and 450,343, with external heat at the rounded price of 498.49.
    fed_by_streams = least_cost(inputs, levels, nearest, is_found=True)
    assert fed_by_streams == pytest.approx(446_177.6, abs=1.0)
    with_rows = least_cost(inputs, levels, nearest, is_used=True, is_found=True)
    assert with_rows == pytest.approx(450_342.3, abs=1.0)


@pytest.mark.parametrize("formulation", [LevelPath(3), KinkAssignment(3)])
def test_cheap_electricity_is_solved_without_dominance_rows(
    formulation: LevelPath | KinkAssignment,
) -> None:
    inputs = cheap_electricity_site()
    assert "pumped_heat_is_used" not in formulation.build(inputs).row_blocks
    outcome = formulation.solve(inputs, mip_rel_gap=0.0)
    assert outcome.objective == pytest.approx(389_897.0, abs=1.0)
    forced = replace(formulation, dominance_rows=True)
    with pytest.raises(InputError, match="would be wrong with dominance rows, because a kW of"):
        forced.build(inputs)


def rising_heat_price() -> SiteInputs:
    """External heat is cheap at 60 °C, dear at 90 °C, where the need is."""
    inputs = site_at_levels({}, {60.0: 1.0, 90.0: 1000.0})
    return replace(inputs, external_heat_factor=np.array([0.2, 1.0]))


def falling_cooling_price() -> SiteInputs:
    """Removing heat costs 240 EUR/(kW a) at 60 °C and nothing at 70 °C."""
    economics = SiteEconomics(
        cooling_price_EUR_per_MWh=30.0, gas_price_EUR_per_MWh=0.1, carnot_efficiency=0.9
    )
    inputs = site_at_levels({60.0: 1000.0, 70.0: 1.0}, {}, economics=economics)
    return replace(inputs, cooling_factor=np.array([1.0, 0.0]))


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        (rising_heat_price(), "lifting external heat bought at a lower level pays"),
        (falling_cooling_price(), "lifting heat to a level where cooling is cheaper pays"),
    ],
    ids=["rising heat price", "falling cooling price"],
)
def test_monotone_prices_and_dear_electricity_are_not_enough(
    inputs: SiteInputs, fault: str
) -> None:
    costs = inputs.objective_costs
    assert np.all(np.diff(costs.external_heat) >= 0.0)
    assert np.all(np.diff(costs.cooling) <= 0.0)
    assert costs.electricity + costs.heat_pump >= costs.external_heat.max()
    assert pump_dominance_faults(inputs) == [fault]
    with_rows, without = costs_with_and_without_dominance(inputs, (0, 1))
    assert with_rows > 1.05 * without
    assert not uses_dominance_rows(inputs, None)
    best = enumerated_optimum(inputs, 2)
    assert best == pytest.approx(without)
    for formulation in (LevelPath(2), KinkAssignment(2)):
        outcome = formulation.solve(inputs, mip_rel_gap=0.0)
        assert outcome.objective == pytest.approx(best, rel=1e-7)


def test_a_limit_of_external_heat_makes_dominance_rows_wrong() -> None:
    """Where no heat is to be bought, heat is pumped higher than needed to have more of it."""
    options = SiteOptions(limits=LimitOptions(external_heat_kW=0.0))
    sites = {
        kW: site_at_levels({40.0: 1000.0}, {60.0: kW, 90.0: 1.0}, options=options)
        for kW in (900.0, 1250.0)
    }
    for kW, inputs in sites.items():
        assert pump_dominance_faults(inputs) == ["external heat or emissions are limited"]
        with_rows, without = costs_with_and_without_dominance(inputs, (0, 1, 2), 0.0)
        assert np.isfinite(without)
        assert np.isfinite(with_rows) == (kW == 900.0)
        outcome = LevelPath(3).solve(inputs, mip_rel_gap=0.0)
        assert outcome.objective == pytest.approx(without, rel=1e-7)


def test_without_pumps_nothing_can_fail_but_the_cascade() -> None:
    inputs = site_at_levels({60.0: 1.0}, {80.0: 1.0}, objective="capex")
    assert inputs.n_pairs == 0
    assert pump_dominance_faults(inputs) == []
    no_cascade = replace(inputs, cascade=False)
    assert pump_dominance_faults(no_cascade) == ["heat may not cascade between levels"]


def test_base_prices_meet_all_conditions() -> None:
    inputs = site_at_levels({60.0: 1.0, 90.0: 1.0}, {80.0: 1.0, 110.0: 1.0})
    assert local_exchange_faults(inputs) == []


def test_local_exchange_names_every_profile_that_fails() -> None:
    inputs = site_at_levels(
        {60.0: 1.0, 90.0: 1.0},
        {80.0: 1.0, 110.0: 1.0},
        economics=SiteEconomics(cooling_price_EUR_per_MWh=5.0),
    )
    assert local_exchange_faults(inputs) == []
    profile = np.array([1.0, 1.0, 1.01, 1.0])
    assert local_exchange_faults(replace(inputs, external_heat_factor=profile)) == [
        "external heat is cheaper at a higher level"
    ]
    assert local_exchange_faults(replace(inputs, cooling_factor=profile)) == [
        "cooling is dearer at a higher level"
    ]
    cop = inputs.pump_cop.copy()
    cop[0] = 1.01  # the shortest lift from 60 °C
    assert local_exchange_faults(replace(inputs, pump_cop=cop))[-1] == (
        "a heat pump's COP rises with the sink or falls with the source temperature"
    )
