"""The time limit of a search holds for every linear program on its way; what is left is honest."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from milpcore import sizing
from milpcore.core import Problem, Solution, Status, solve_lp
from milpcore.sizing import SizingModel, prepare, size_plant, size_ranges, solver, start
from milpcore.sizing import size_ranges as ranges_function
from milpcore.sizing.caps import caps
from milpcore.sizing.model import build
from milpcore.sizing.progress import at_least, no_limit, share_of
from milpcore.sizing.size_boxes import leaves
from milpcore.sizing.size_limits import energy_relaxation, largest_sizes, tightened, wide_capacities
from milpcore.sizing.start import first_solution, polished, states_of, with_states

LIMIT_s = 500.0


def none_left() -> float:
    return 0.0


def case(n_steps: int = 16) -> sizing.SizingCase:
    return sizing.benchmark_scenario("B", deviation_share=0.4, seed=1, n_steps=n_steps)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Time limits that solvers were called with, of programs with fixed states and relaxations."""
    limits: list[float | None] = []

    def heard(call: Callable[..., Solution]) -> Callable[..., Solution]:
        def solve(problem: Problem, **options: Any) -> Solution:
            limits.append(options.get("time_limit_s"))
            return call(problem, **options)

        return solve

    monkeypatch.setattr(solver, "solve_lp", heard(solve_lp))
    monkeypatch.setattr(start, "solve", heard(start.solve))
    return limits


def test_every_program_of_a_search_has_what_is_left_of_the_limit(
    asked: list[float | None],
) -> None:
    profile, parameters = case()
    smallest = parameters.replace_unit("heat_pump", smallest_kW=50.0)  # built or not: a choice
    result = size_plant(profile, smallest, time_limit_s=LIMIT_s, mip_rel_gap=1e-5)
    assert result.status is Status.OPTIMAL
    assert len(asked) > 10
    assert all(limit_s is not None and 0.0 < limit_s <= LIMIT_s for limit_s in asked)
    n_of_search = len(asked)
    size_ranges(result, time_limit_s=LIMIT_s)
    assert len(asked) > n_of_search + 10
    assert all(limit_s is not None and 0.0 < limit_s <= LIMIT_s for limit_s in asked)


def test_without_a_limit_no_program_has_one(asked: list[float | None]) -> None:
    size_plant(*case(8))
    assert set(asked) == {None}


def test_no_time_is_no_verdict() -> None:
    result = size_plant(*case(), time_limit_s=1e-6)
    assert (result.status, result.design) == (Status.TIME_LIMIT, None)
    assert result.message == "no design was found in time"
    assert result.bound_EUR_per_a == -math.inf
    assert math.isnan(result.gap)


def test_a_design_found_late_is_handed_over_with_its_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time is up as soon as there is a design: limits of sizes and boxes do not begin."""
    from milpcore.sizing import solve

    def late(*args: Any, **options: Any) -> dict[str, Any]:
        over.append(True)
        return largest_sizes(*args, **options)

    over: list[bool] = []
    monkeypatch.setattr(solve, "largest_sizes", late)
    clock = solve.Clock
    left = property(lambda _: 0.0 if over else math.inf)
    monkeypatch.setattr(clock, "left_s", left)
    result = size_plant(*case(), time_limit_s=LIMIT_s, mip_rel_gap=1e-6)
    assert result.status is Status.TIME_LIMIT
    assert result.design is not None
    assert 0.0 < result.bound_EUR_per_a < result.tac_EUR_per_a


def test_parts_of_the_search_without_time_say_nothing_wrong() -> None:
    inputs = prepare(*case())
    limits = caps(inputs, wide_capacities(inputs))
    problem = build(inputs, SizingModel(), limits)
    assert first_solution(inputs, problem, limits, seconds_left=none_left) is None
    found = first_solution(inputs, problem, limits)
    assert found is not None
    states = states_of(found)
    assert with_states(inputs, problem, *states, seconds_left=none_left) is None
    exact = polished(inputs, problem, found, seconds_left=none_left)  # that has its own time
    assert exact is not None
    assert exact.objective == pytest.approx(found.objective)
    energy = largest_sizes(energy_relaxation(inputs), found.objective, seconds_left=none_left)
    assert np.all(np.isinf(energy["capacity"]))
    same = tightened(
        inputs, SizingModel(), limits.capacity_kWh, found.objective, seconds_left=none_left
    )
    np.testing.assert_array_equal(same.size_kW, limits.size_kW)
    (box,) = leaves(
        inputs,
        SizingModel(),
        limits,
        cutoff=lambda: found.objective,
        offer=lambda *_: None,
        is_over=lambda: True,
        seconds_left=none_left,
    )
    assert box.bound == -math.inf


def test_a_relaxation_that_fails_does_not_close_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = prepare(*case())
    nothing = Solution.without_point(
        Status.ERROR, "failed", bound=-math.inf, n_nodes=0, solve_s=0.0
    )
    monkeypatch.setattr(solver, "solve_lp", lambda *_, **__: nothing)
    found = leaves(
        inputs,
        SizingModel(),
        caps(inputs, wide_capacities(inputs)),
        cutoff=lambda: 1e9,
        offer=lambda *_: None,
        is_over=lambda: False,
    )
    assert [box.bound for box in found] == [-math.inf]


def test_a_search_that_fails_is_no_proof_that_nothing_exists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from milpcore.sizing import solve

    late = Solution.without_point(
        Status.TIME_LIMIT, "late", bound=-math.inf, n_nodes=0, solve_s=0.0
    )
    monkeypatch.setattr(solve, "first_solution", lambda *_, **__: None)
    monkeypatch.setattr(solve, "solve_milp", lambda *_, **__: late)
    result = size_plant(*case(8), time_limit_s=LIMIT_s)
    assert (result.status, result.design) == (Status.TIME_LIMIT, None)
    assert math.isfinite(result.bound_EUR_per_a)


def test_ranges_without_time_are_those_that_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    profile, parameters = case()
    given = parameters.replace_unit("heat_pump", largest_kW=2000.0)
    result = size_plant(profile, given)
    monkeypatch.setitem(ranges_function.__globals__, "SETUP_s", 0.0)
    table = size_ranges(result, time_limit_s=1e-9).table
    assert table["proven_least"].tolist() == [0.0] * 3
    assert table["proven_most"].tolist() == [2000.0, math.inf, math.inf]
    for found in ("found_least", "found_most"):
        assert table[found].tolist() == table["size"].tolist()


def test_times_left() -> None:
    assert share_of(0.3, no_limit)() == math.inf
    assert at_least(5.0, lambda: 9.0)() == 9.0
    assert 4.0 < at_least(5.0, none_left)() <= 5.0
    assert at_least(0.0, lambda: -1.0)() <= 0.0


def test_nothing_begins_without_time() -> None:
    inputs = prepare(*case(8))
    limits = caps(inputs, wide_capacities(inputs))
    found = solver.solve_relaxed(build(inputs, SizingModel(), limits), none_left)
    assert (found.status, found.bound, found.message) == (
        Status.TIME_LIMIT,
        -math.inf,
        solver.NO_TIME,
    )
