"""Solving from a known point: the point is used, bounds are told without an incumbent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from milpcore.core import Assembly, Problem, SolveProgress, Status, solve
from milpcore.core.solve_from import solve_from
from milpcore.extras import MissingExtraError


def knapsack(n: int = 30, seed: int = 1) -> Problem:
    rng = np.random.default_rng(seed)
    assembly = Assembly()
    take = assembly.columns("take", n, upper=1.0, integer=True)
    for row in range(3):
        weight = rng.integers(10, 60, n).astype(float)
        assembly.put(assembly.rows(f"weight_{row}", (), upper=weight.sum() / 3), take, weight)
    assembly.cost(take, -rng.integers(10, 60, n).astype(float))
    assembly.constant(5.0)
    return assembly.problem()


def test_the_optimum_is_that_of_scipy() -> None:
    problem = knapsack()
    mine, others = solve_from(problem, mip_rel_gap=0.0), solve(problem, mip_rel_gap=0.0)
    assert mine.status is Status.OPTIMAL
    assert mine.objective == pytest.approx(others.objective)
    assert mine.bound == pytest.approx(others.bound)


def test_a_start_is_the_incumbent_of_a_search_without_time_or_nodes() -> None:
    problem = knapsack(60)
    best = solve(problem, mip_rel_gap=0.0)
    assert best.x is not None
    at_once = solve_from(problem, np.round(best.x), mip_rel_gap=0.0, time_limit_s=0.0)
    assert at_once.objective == pytest.approx(best.objective)
    assert not solve_from(problem, mip_rel_gap=0.0, time_limit_s=0.0).has_incumbent
    found = solve_from(problem, np.round(best.x), mip_rel_gap=0.0, node_limit=1)
    assert found.objective == pytest.approx(best.objective)
    assert found.bound <= best.objective + 1e-9


def test_a_start_that_breaks_the_problem_is_ignored() -> None:
    problem = knapsack()
    found = solve_from(problem, np.ones(problem.n_columns), mip_rel_gap=0.0)
    assert found.objective == pytest.approx(solve(problem, mip_rel_gap=0.0).objective)


def test_infeasible_and_limits_have_a_status() -> None:
    assembly = Assembly()
    one = assembly.columns("one", (), upper=1.0, integer=True)
    assembly.put(assembly.rows("need", (), lower=2.5), one, 2.0)
    assert solve_from(assembly.problem()).status is Status.INFEASIBLE
    stopped = solve_from(knapsack(200, seed=3), mip_rel_gap=0.0, time_limit_s=1e-3)
    assert stopped.status in (Status.TIME_LIMIT, Status.OPTIMAL)
    assert not math.isnan(stopped.bound)


def test_without_highspy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "highspy", None)
    with pytest.raises(MissingExtraError, match=r"milpcore\[highs\]"):
        solve_from(knapsack())


def test_an_observer_hears_bounds_and_stops_the_search() -> None:
    problem = knapsack(120, seed=3)
    heard: list[SolveProgress] = []

    def stop(progress: SolveProgress) -> bool:
        heard.append(progress)
        return len(heard) == 3

    found = solve_from(problem, mip_rel_gap=0.0, observer=stop)
    assert found.status is Status.INTERRUPTED
    assert len(heard) == 3
    assert found.has_incumbent == math.isfinite(heard[-1].objective)
    assert found.message.startswith("stopped by the observer with ")
    optimum = solve(problem, mip_rel_gap=0.0).objective
    assert found.bound <= optimum + 1e-6
    whole: list[SolveProgress] = []
    assert solve_from(
        knapsack(), mip_rel_gap=0.0, observer=lambda progress: whole.append(progress) is not None
    ).objective == pytest.approx(solve(knapsack(), mip_rel_gap=0.0).objective)
    incumbents = [progress.incumbent for progress in whole if progress.incumbent is not None]
    assert incumbents[-1].objective == pytest.approx(whole[-1].objective)
    for found in incumbents:
        assert found.x is not None
        assert knapsack().violation(found.x) <= 1e-6
        assert found.objective == pytest.approx(knapsack().objective(found.x))
    for progress in heard:
        assert progress.bound <= optimum + 1e-6
        assert progress.objective >= optimum - 1e-6


def test_what_an_observer_raises_arrives() -> None:
    def fail(_: SolveProgress) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_from(knapsack(120, seed=3), mip_rel_gap=0.0, observer=fail)
