"""Ranges of sizes against plants whose sizes are held outside and inside of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from milpcore import sizing
from milpcore.core import Status
from milpcore.faults import InputError

SHARE = 5e-3


@pytest.fixture(scope="module")
def result() -> sizing.SizingResult:
    case = sizing.benchmark_scenario("A", deviation_share=0.2, seed=2, n_steps=8)
    return sizing.size_plant(*case, mip_rel_gap=1e-6)


@pytest.fixture(scope="module")
def ranges(result: sizing.SizingResult) -> sizing.SizeRanges:
    return sizing.size_ranges(result, within_share=SHARE, time_limit_s=60.0)


def held(result: sizing.SizingResult, row: int, low: float, high: float) -> float:
    """TAC of the best plant with a size within limits; infinite if there is none."""
    unit = result.parameters.units[row]
    suffix = "kWh" if isinstance(unit, sizing.Store) else "kW"
    limits = {f"smallest_{suffix}": low, f"largest_{suffix}": high, "is_optional": False}
    changed = result.parameters.replace_unit(unit.name, **limits)
    other = sizing.size_plant(result.profile, changed, mip_rel_gap=1e-6)
    return other.bound_EUR_per_a if other.design is not None else float("inf")


def test_ranges_hold_the_best_size_and_found_lies_within_proven(ranges: sizing.SizeRanges) -> None:
    table = ranges.table
    assert list(table["name"]) == ["heat_pump", "boiler", "store"]
    assert list(table["unit"]) == ["kW", "kW", "kWh"]
    order = ["proven_least", "found_least", "size", "found_most", "proven_most"]
    for one, next_one in pairwise(order):
        assert (table[one] <= table[next_one] * (1 + 1e-9) + 1e-9).all()
    assert (table["proven_most"] > table["proven_least"]).all()


@pytest.mark.parametrize("row", [0, 1, 2])
def test_no_design_of_that_cost_lies_outside(
    row: int, result: sizing.SizingResult, ranges: sizing.SizeRanges
) -> None:
    most_cost = result.tac_EUR_per_a * (1.0 + SHARE)
    least, most = ranges.table.loc[row, ["proven_least", "proven_most"]]
    beyond = 1.02 * most + 1.0
    assert held(result, row, beyond, 10.0 * beyond) > most_cost
    if least > 1.0:
        assert held(result, row, 0.0, 0.98 * least) > most_cost


@pytest.mark.parametrize("row", [0, 1, 2])
def test_designs_of_that_cost_reach_what_was_found(
    row: int, result: sizing.SizingResult, ranges: sizing.SizeRanges
) -> None:
    most_cost = result.tac_EUR_per_a * (1.0 + SHARE)
    found_least, found_most = ranges.table.loc[row, ["found_least", "found_most"]]
    for size in (found_least, found_most):
        low, high = size * (1 - 1e-4), size * (1 + 1e-4) + 1e-3
        assert held(result, row, low, high) <= most_cost * (1.0 + 1e-6)


def test_a_wider_share_never_narrows_a_range(
    result: sizing.SizingResult, ranges: sizing.SizeRanges
) -> None:
    narrow = sizing.size_ranges(result, within_share=SHARE / 50.0, time_limit_s=60.0).table
    wide = ranges.table
    assert (narrow["found_least"] >= wide["proven_least"] * (1 - 1e-6) - 1e-6).all()
    assert (narrow["found_most"] <= wide["proven_most"] * (1 + 1e-6) + 1e-6).all()


def test_wrong_options_are_listed_together() -> None:
    profile = sizing.HeatProfile(step_h=1, heat_demand_kW=[5, 6], waste_heat_kW=[0, 0])
    boiler = sizing.Boiler(existing_kW=1.0)
    parameters = sizing.SizingParameters(heat_pumps=[], boilers=[boiler], stores=[])
    without = sizing.size_plant(profile, parameters)
    assert without.status is Status.INFEASIBLE
    with pytest.raises(InputError) as caught:
        sizing.size_ranges(without, within_share=0.0, time_limit_s=-1.0)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["result", "within_share", "time_limit_s"]
