from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers_core import exactly, knapsack, random_lp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from milpcore.core import Assembly, Problem, Solution, Status, solve, solve_lp

INF = math.inf
METHODS = ("highs", "highs-ds", "highs-ipm")


def dual_objective(problem: Problem, solution: Solution) -> float:
    """Sum of dual times binding bound: a positive dual belongs to the lower bound."""
    total = problem.objective_constant
    for duals, blocks, lower, upper in (
        (solution.row_duals, problem.row_blocks, problem.row_lower, problem.row_upper),
        (solution.column_duals, problem.column_blocks, problem.column_lower, problem.column_upper),
    ):
        for name, dual in duals.items():
            positions = blocks[name]
            bound = np.where(dual > 0.0, lower[positions], upper[positions])
            total += float((dual * np.where(np.abs(dual) < 1e-9, 0.0, bound))[dual != 0.0].sum())
    return total


@pytest.fixture
def transport() -> Problem:
    """Two sources (10 and 8 units), two sinks (6 and 7), costs 1, 4, 3, 2."""
    assembly = Assembly()
    flow = assembly.columns("flow", (2, 2), upper=[[INF, INF], [2.0, INF]])
    supply = assembly.rows("supply", 2, upper=[10.0, 8.0])
    demand = assembly.rows("demand", 2, lower=[6.0, 7.0], upper=[6.0, 20.0])
    assembly.put(supply[:, None], flow, 1.0)
    assembly.put(demand, flow, 1.0)
    assembly.cost(flow, [[1.0, 4.0], [3.0, 2.0]])
    return assembly.problem()


@pytest.mark.parametrize("method", METHODS)
def test_known_duals(transport: Problem, method: Any) -> None:
    solution = solve_lp(transport, method=method)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(20.0)
    assert (solution.bound, solution.gap) == (solution.objective, 0.0)
    assert solution.values["flow"] == pytest.approx(np.array([[6.0, 0.0], [0.0, 7.0]]), abs=1e-7)
    assert solution.row_duals["supply"] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert solution.row_duals["demand"] == pytest.approx([1.0, 2.0])
    assert solution.column_duals["flow"] == pytest.approx(np.array([[0.0, 2.0], [2.0, 0.0]]))


@pytest.mark.parametrize(
    ("row", "column", "cost", "objective", "dual", "reduced_cost"),
    [
        pytest.param((2.0, 2.0), (-5.0, 5.0), 3.0, 3.0, 1.5, 0.0, id="equation"),
        pytest.param((2.0, 2.0), (-5.0, 5.0), -3.0, -3.0, -1.5, 0.0, id="equation, reward"),
        pytest.param((2.0, INF), (-5.0, 5.0), 3.0, 3.0, 1.5, 0.0, id="lower bound"),
        pytest.param((-INF, 2.0), (-5.0, 5.0), -3.0, -3.0, -1.5, 0.0, id="upper bound"),
        pytest.param((2.0, 6.0), (-5.0, 5.0), 3.0, 3.0, 1.5, 0.0, id="range, at the lower"),
        pytest.param((2.0, 6.0), (-5.0, 5.0), -3.0, -9.0, -1.5, 0.0, id="range, at the upper"),
        pytest.param((-8.0, 9.0), (-INF, INF), 3.0, -12.0, 1.5, 0.0, id="free column"),
        pytest.param((-INF, INF), (-5.0, 5.0), 3.0, -15.0, 0.0, 3.0, id="free row"),
        pytest.param((-INF, 99.0), (-5.0, 5.0), -3.0, -15.0, 0.0, -3.0, id="slack row"),
        pytest.param((-99.0, 99.0), (1.0, 1.0), -3.0, -3.0, 0.0, -3.0, id="fixed column"),
    ],
)
def test_every_kind_of_row_has_the_right_sign(
    row: tuple[float, float],
    column: tuple[float, float],
    cost: float,
    objective: float,
    dual: float,
    reduced_cost: float,
) -> None:
    """Minimise ``cost x`` over one row ``2 x`` and one column."""
    assembly = Assembly()
    x = assembly.columns("x", 1, lower=column[0], upper=column[1])
    assembly.put(assembly.rows("row", (), lower=row[0], upper=row[1]), x, 2.0)
    assembly.cost(x, cost)
    solution = solve_lp(assembly.problem())
    assert solution.objective == pytest.approx(objective)
    assert float(solution.row_duals["row"]) == pytest.approx(dual)
    assert solution.column_duals["x"] == pytest.approx([reduced_cost])


@settings(max_examples=40)
@given(st.integers(0, 100_000), st.sampled_from(METHODS))
def test_strong_duality(seed: int, method: Any) -> None:
    problem = random_lp(seed)
    solution = solve_lp(problem, method=method)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(solve(problem).objective, abs=1e-7)
    assert dual_objective(problem, solution) == pytest.approx(solution.objective, abs=1e-6)


@settings(max_examples=10)
@given(st.integers(0, 100_000))
def test_duals_are_derivatives(seed: int) -> None:
    problem = random_lp(seed)
    base = solve_lp(problem)
    step = 1e-5

    def slopes(name: str, position: int) -> tuple[float, float]:
        """Change of the optimum per unit, left and right, as both bounds of one element move."""
        moved = []
        for sign in (-1.0, 1.0):
            lower, upper = getattr(problem, f"{name}_lower"), getattr(problem, f"{name}_upper")
            shift = np.zeros(lower.size)
            shift[position] = sign * step
            changes = {f"{name}_lower": lower + shift, f"{name}_upper": upper + shift}
            other = solve_lp(replace(problem, **changes))
            moved.append(sign * (other.objective - base.objective) / step)
        return moved[0], moved[1]

    for name, duals in (("row", base.row_duals["row"]), ("column", base.column_duals["x"])):
        for position, dual in enumerate(duals):
            left, right = slopes(name, position)
            assume(not math.isnan(left) and not math.isnan(right))
            # the optimum is convex in the right-hand side: the dual lies between the slopes
            assert left - 1e-4 <= dual <= right + 1e-4


def test_reduced_costs_close_the_stationarity_condition(transport: Problem) -> None:
    solution = solve_lp(transport)
    row_duals = np.concatenate([solution.row_duals["supply"], solution.row_duals["demand"]])
    left = transport.matrix.T @ row_duals + solution.column_duals["flow"].ravel()
    np.testing.assert_allclose(left, transport.cost, atol=1e-12)


def test_integer_columns_must_be_relaxed_by_the_caller() -> None:
    message = (
        "^solve_lp: 4 columns are integer; "
        r"pass problem\.relaxed\(\) to solve the linear relaxation$"
    )
    with pytest.raises(ValueError, match=message):
        solve_lp(knapsack())
    assert solve_lp(knapsack().relaxed()).objective < -19.0


def test_options_are_checked() -> None:
    problem = knapsack().relaxed()
    with pytest.raises(
        ValueError, match=exactly("method must be 'highs', 'highs-ds' or 'highs-ipm'; got 'x'")
    ):
        solve_lp(problem, method="x")  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=exactly("time_limit_s must be a number of at least 0; got -1")
    ):
        solve_lp(problem, time_limit_s=-1)
    with pytest.raises(
        ValueError,
        match=exactly("primal_feasibility_tolerance must be a number of at least 1e-10; got 0.0"),
    ):
        solve_lp(problem, primal_feasibility_tolerance=0.0)
    with pytest.raises(
        ValueError,
        match=exactly("dual_feasibility_tolerance must be a number of at least 1e-10; got 0.0"),
    ):
        solve_lp(problem, dual_feasibility_tolerance=0.0)


@pytest.mark.parametrize("presolve", [True, False])
def test_infeasible_and_unbounded_have_no_duals(presolve: bool) -> None:
    assembly = Assembly()
    x = assembly.columns("x", 2)
    assembly.put(assembly.rows("sum", (), lower=1.0), x, [1.0, -1.0])
    assembly.cost(x, -1.0)
    unbounded = solve_lp(assembly.problem(), presolve=presolve)
    assert unbounded.status is Status.UNBOUNDED
    infeasible = solve_lp(
        assembly.problem().with_bounds(x, [0.0, 2.0], [1.0, 3.0]), presolve=presolve
    )
    assert infeasible.status is Status.INFEASIBLE
    for solution in (unbounded, infeasible):
        assert dict(solution.row_duals) == dict(solution.column_duals) == {}
        assert solution.x is None


def test_no_time_at_all() -> None:
    solution = solve_lp(random_lp(3, 40, 30), time_limit_s=0.0, presolve=False)
    assert solution.status in (Status.TIME_LIMIT, Status.OPTIMAL)
    if solution.status is Status.TIME_LIMIT:
        assert dict(solution.row_duals) == {}


def test_without_rows_and_without_columns() -> None:
    assembly = Assembly()
    x = assembly.columns("x", 2, lower=1.0, upper=3.0)
    assembly.cost(x, [2.0, -1.0])
    solution = solve_lp(assembly.problem())
    assert solution.objective == pytest.approx(-1.0)
    assert solution.column_duals["x"].tolist() == [2.0, -1.0]
    empty = Assembly()
    empty.constant(5.0)
    empty.rows("idle", 2, upper=1.0)
    nothing = solve_lp(empty.problem())
    assert (nothing.status, nothing.objective) == (Status.OPTIMAL, 5.0)
    assert nothing.row_duals["idle"].tolist() == [0.0, 0.0]
    empty.rows("broken", (), lower=1.0)
    assert solve_lp(empty.problem()).status is Status.INFEASIBLE
