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


def test_an_observer_hears_ranges_that_only_get_closer_and_stops_them(
    result: sizing.SizingResult, ranges: sizing.SizeRanges
) -> None:
    told: list[sizing.RangesProgress] = []

    def stop(progress: sizing.RangesProgress) -> bool:
        told.append(progress)
        return progress.name == "store"

    stopped = sizing.size_ranges(result, within_share=SHARE, time_limit_s=60.0, observer=stop)
    assert stopped is told[-1].ranges
    assert [progress.name for progress in told].count("store") == 1
    assert {progress.name for progress in told} == {"heat_pump", "boiler", "store"}
    for progress, later in pairwise(told):
        before, after = progress.ranges.table, later.ranges.table
        assert (before["proven_least"] <= after["proven_least"]).all()
        assert (before["proven_most"] >= after["proven_most"]).all()
        assert (before["found_least"] >= after["found_least"]).all()
        assert (before["found_most"] <= after["found_most"]).all()
    for progress in told:  # what is known before the end is true, too
        table = progress.ranges.table
        assert (table["proven_least"] <= ranges.table["found_least"] * (1 + 1e-9) + 1e-9).all()
        assert (table["proven_most"] >= ranges.table["found_most"] * (1 - 1e-9) - 1e-9).all()
    assert stopped.table["found_most"][1] == pytest.approx(ranges.table["found_most"][1], rel=1e-3)


def test_without_time_the_best_states_still_reach_other_sizes(
    result: sizing.SizingResult, ranges: sizing.SizeRanges
) -> None:
    at_once = sizing.size_ranges(result, within_share=SHARE, time_limit_s=1e-6).table
    assert (at_once["found_most"][1:] > at_once["size"][1:] * 1.001).all()
    assert (at_once["found_most"] <= ranges.table["proven_most"] * (1 + 1e-6) + 1e-6).all()
    assert (at_once["found_least"] >= ranges.table["proven_least"] * (1 - 1e-6) - 1e-6).all()


def test_a_result_shows_the_ranges_added_to_it(
    result: sizing.SizingResult, ranges: sizing.SizeRanges
) -> None:
    assert result.ranges is None
    shown = result.with_ranges(ranges)
    assert shown.ranges is ranges
    least, most = ranges.table.loc[1, ["proven_least", "proven_most"]]
    text = f"boiler {least:.6g} to {most:.6g} kW"
    assert text in repr(shown)
    assert text not in repr(result)
    assert repr(shown).startswith(repr(result)[:-1])
    assert "SizeRanges(0.5 % of TAC; heat_pump " in repr(shown)


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
