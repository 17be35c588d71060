"""Lower bounds from dual values of any quality."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest
from helpers_core import random_lp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from milpcore.core import Assembly, Problem, Status, dual_bound, lp_bound, solve_lp


def flattened(problem: Problem, duals: dict[str, np.ndarray]) -> np.ndarray:
    flat = np.zeros(problem.n_rows)
    for name, rows in problem.row_blocks.items():
        flat[np.ravel(rows)] = np.ravel(duals[name])
    return flat


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), noise=st.floats(0.0, 3.0))
def test_any_duals_prove_a_bound_and_the_best_prove_the_optimum(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    problem = random_lp(seed)
    solution = solve_lp(problem)
    assume(solution.status is Status.OPTIMAL)
    scale = max(1.0, abs(solution.objective))
    duals = flattened(problem, solution.row_duals)
    shaken = duals + noise * rng.normal(size=duals.size)
    assert dual_bound(problem, shaken) <= solution.objective + 1e-6 * scale
    finite = np.isfinite(problem.column_lower) & np.isfinite(problem.column_upper)
    if finite.all():
        assert dual_bound(problem, duals) == pytest.approx(solution.objective, abs=1e-5 * scale)


def two_flows(upper: float) -> Problem:
    assembly = Assembly()
    flow = assembly.columns("flow", 2, upper=upper)
    assembly.put(assembly.rows("need", (), lower=6.0), flow, [1.0, 2.0])
    assembly.cost(flow, [3.0, 4.0])
    assembly.constant(5.0)
    return assembly.problem()


def test_duals_of_the_wrong_sign_count_as_none() -> None:
    assert dual_bound(two_flows(9.0), np.array([-1.0])) == 5.0
    assert dual_bound(two_flows(9.0), np.array([2.0])) == 17.0
    assert dual_bound(two_flows(9.0), np.array([4.0])) == 24.0 - 9.0 - 36.0 + 5.0


def test_columns_without_bound_prove_nothing_once_they_would_pay() -> None:
    assert dual_bound(two_flows(math.inf), np.array([2.5])) == -math.inf


@pytest.mark.parametrize("has_highs", [True, False])
def test_the_bound_is_the_optimum(has_highs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if has_highs:
        pytest.importorskip("highspy")
    else:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    found = lp_bound(two_flows(9.0), time_limit_s=60.0)
    assert found.bound == pytest.approx(17.0, abs=1e-6)
    assert found.x == pytest.approx(np.array([0.0, 3.0]), abs=1e-5)
    assert lp_bound(two_flows(1.0)).bound == math.inf
    assert lp_bound(two_flows(1.0)).x is None


def test_integer_columns_are_refused() -> None:
    assembly = Assembly()
    assembly.columns("take", 2, upper=1.0, integer=True)
    with pytest.raises(ValueError, match=r"problem\.relaxed"):
        lp_bound(assembly.problem())
