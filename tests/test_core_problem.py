from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from helpers_core import exactly, knapsack, market_split, random_lp
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from milpcore.core import Assembly, Problem

INF = math.inf


@pytest.fixture
def problem() -> Problem:
    assembly = Assembly()
    flow = assembly.columns("flow", (2, 2), lower=-1.0, upper=[2.0, 400.0])
    count = assembly.columns("count", 2, upper=[1.0, 5.0], integer=True)
    balance = assembly.rows("balance", 2, lower=[0.0, -INF], upper=[0.0, 3.0])
    assembly.put(balance[:, None], flow, [[1.0, -2.0], [0.01, 1.0]])
    assembly.put(balance[1], count, [0.0, -50.0])
    assembly.cost(count, [7.0, -0.5])
    assembly.constant(10.0)
    return assembly.problem()


def test_sizes(problem: Problem) -> None:
    assert (problem.n_rows, problem.n_columns, problem.n_nonzeros) == (2, 6, 5)
    assert (problem.n_integers, problem.n_binaries) == (2, 1)


def test_a_problem_cannot_be_changed(problem: Problem) -> None:
    with pytest.raises(FrozenInstanceError):
        problem.objective_constant = 0.0  # type: ignore[misc]


def test_a_problem_survives_pickling(problem: Problem) -> None:
    copy = pickle.loads(pickle.dumps(problem))
    assert (copy.matrix != problem.matrix).nnz == 0
    assert copy.column_blocks["flow"].tolist() == [[0, 1], [2, 3]]
    assert copy.objective_constant == 10.0


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("row_lower", "Problem: row_lower has the shape (5,), but the matrix has 2 rows"),
        ("row_upper", "Problem: row_upper has the shape (5,), but the matrix has 2 rows"),
        ("column_lower", "Problem: column_lower has the shape (5,), but the matrix has 6 columns"),
        ("column_upper", "Problem: column_upper has the shape (5,), but the matrix has 6 columns"),
        ("cost", "Problem: cost has the shape (5,), but the matrix has 6 columns"),
        ("integrality", "Problem: integrality has the shape (5,), but the matrix has 6 columns"),
    ],
)
def test_contradicting_shapes_are_refused(problem: Problem, field: str, message: str) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        replace(problem, **{field: np.zeros(5)})


def test_relaxed_drops_integrality_only(problem: Problem) -> None:
    relaxed = problem.relaxed()
    assert relaxed.n_integers == 0
    assert problem.n_integers == 2
    assert relaxed.matrix is problem.matrix
    assert relaxed.column_upper is problem.column_upper


def test_with_bounds(problem: Problem) -> None:
    flow = problem.column_blocks["flow"]
    changed = problem.with_bounds(flow[:, 1], [5.0, -INF], 6.0)
    assert changed.column_lower.tolist() == [-1.0, 5.0, -1.0, -INF, 0.0, 0.0]
    assert changed.column_upper.tolist() == [2.0, 6.0, 2.0, 6.0, 1.0, 5.0]
    assert problem.column_lower[1] == -1.0


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        (
            2.0,
            [3.0, 1.0],
            "with_bounds: flow[1,1]: there is no number from 2 to 1",
        ),
        (
            math.nan,
            1.0,
            "with_bounds: flow[0,1]: there is no number from nan to 1",
        ),
        (
            INF,
            INF,
            "with_bounds: flow[0,1]: there is no number from inf to inf",
        ),
        (
            -INF,
            -INF,
            "with_bounds: flow[0,1]: there is no number from -inf to -inf",
        ),
        (
            0.0,
            [1.0, 2.0, 3.0],
            "with_bounds: upper has the shape (3,), which does not broadcast to (2,)",
        ),
    ],
)
def test_impossible_bounds_are_refused(
    problem: Problem, lower: float, upper: float, message: str
) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        problem.with_bounds(problem.column_blocks["flow"][:, 1], lower, upper)


def test_bounds_of_columns_that_do_not_exist_are_refused(problem: Problem) -> None:
    message = r"^with_bounds: columns hold the position 6, but there are only 6 columns \(from 0\)$"
    with pytest.raises(ValueError, match=message):
        problem.with_bounds(6, 0.0, 1.0)


def test_a_column_of_no_block_is_named_by_position(problem: Problem) -> None:
    unnamed = replace(problem, column_blocks={})
    with pytest.raises(ValueError, match=r"^with_bounds: \[3\]: there is no number"):
        unnamed.with_bounds(3, 1.0, 0.0)


def test_more_rows_and_columns_are_those_of_an_assembly(problem: Problem) -> None:
    further = [[1.0, 0.0, 0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0, 0.0, -1.0]]
    larger = problem.with_rows("more", further, lower=[-INF, 1.0], upper=5.0)
    larger = larger.with_columns("late", sparse.csc_array([[0, 7.0], [0, 0], [4, 0], [0, 9.0]]))
    larger = larger.with_columns("last", [1.0, 0.0, 0.0, 2.0], cost=3.0, lower=-2.0, upper=8.0)
    assert larger.matrix.toarray().tolist() == [
        [1.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 7.0, 1.0],
        [0.0, 0.0, 0.01, 1.0, 0.0, -50.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 4.0, 0.0, 0.0],
        [0.0, 0.0, 3.0, 0.0, 0.0, -1.0, 0.0, 9.0, 2.0],
    ]
    assert larger.row_lower.tolist() == [0.0, -INF, -INF, 1.0]
    assert larger.row_upper.tolist() == [0.0, 3.0, 5.0, 5.0]
    assert larger.column_lower.tolist() == [-1.0] * 4 + [0.0] * 4 + [-2.0]
    assert larger.column_upper.tolist() == [2.0, 400.0, 2.0, 400.0, 1.0, 5.0, INF, INF, 8.0]
    assert larger.cost.tolist() == [0.0] * 4 + [7.0, -0.5, 0.0, 0.0, 3.0]
    assert larger.integrality.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0]
    assert larger.row_blocks["more"].tolist() == [2, 3]
    assert larger.column_blocks["late"].tolist() == [6, 7]
    assert larger.column_blocks["last"].tolist() == 8
    assert larger.objective_constant == 10.0
    assert (problem.n_rows, problem.n_columns) == (2, 6)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (
            lambda one: one.with_rows("balance", np.zeros(6)),
            "with_rows: there is a block 'balance' of rows already",
        ),
        (
            lambda one: one.with_columns("flow", np.zeros(2)),
            "with_columns: there is a block 'flow' of columns already",
        ),
        (
            lambda one: one.with_rows("more", np.zeros(5)),
            "with_rows: more has the shape (1, 5), but there are 6 columns",
        ),
        (
            lambda one: one.with_columns("more", np.zeros((6, 2))),
            "with_columns: more has the shape (6, 2), but there are 2 rows",
        ),
        (
            lambda one: one.with_rows("more", np.full(6, np.nan)),
            "with_rows: more must be finite; got nan at [0]",
        ),
        (
            lambda one: one.with_rows("more", np.ones((2, 6)), lower=1.0, upper=[2.0, 0.0]),
            "with_rows: more[1]: the lower bound 1 is above the upper bound 0",
        ),
        (
            lambda one: one.with_columns("more", np.ones(2), cost=INF),
            "with_columns: more: cost must be finite; got inf at []",
        ),
    ],
)
def test_impossible_rows_and_columns_are_refused(
    problem: Problem, add: Callable[[Problem], Problem], message: str
) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        add(problem)


def test_fixed_takes_solver_values(problem: Problem) -> None:
    fixed = problem.fixed("count", [0.9999999, 3.0000001])
    assert fixed.column_lower.tolist() == [-1.0, -1.0, -1.0, -1.0, 1.0, 3.0]
    assert fixed.column_upper.tolist() == [2.0, 400.0, 2.0, 400.0, 1.0, 3.0]


def test_fixed_takes_a_part(problem: Problem) -> None:
    mask = np.array([[True, False], [False, True]])
    fixed = problem.fixed("flow", [2.0000005, 7.0], index=mask)
    assert fixed.column_lower.tolist() == [2.0, -1.0, -1.0, 7.0, 0.0, 0.0]
    assert problem.fixed("flow", -1.0, index=0).column_upper.tolist()[:2] == [-1.0, -1.0]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("flows", 1.0, "fixed: there is no column block 'flows'; known: flow, count"),
        ("flow", 3.0, "fixed: flow[0,0] = 3 must be a number from -1 to 2"),
        ("count", [1.0, 2.5], "fixed: count[1] = 2.5 must be an integer from 0 to 5"),
        ("count", [1.0, 6.0], "fixed: count[1] = 6 must be an integer from 0 to 5"),
        ("count", math.nan, "fixed: count[0] = nan must be an integer from 0 to 1"),
        (
            "count",
            [1.0, 2.0, 3.0],
            "fixed: count has the shape (2,) here, but the values have (3,)",
        ),
    ],
)
def test_impossible_values_are_not_fixed(
    problem: Problem, name: str, values: float, message: str
) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        problem.fixed(name, values)


def test_values_and_objective(problem: Problem) -> None:
    point = np.arange(6.0)
    values = problem.values(point)
    assert values["flow"].tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert values["count"].tolist() == [4.0, 5.0]
    assert problem.objective(point) == 10.0 + 7.0 * 4.0 - 0.5 * 5.0


def test_a_point_of_the_wrong_shape_is_refused(problem: Problem) -> None:
    with pytest.raises(
        ValueError, match=exactly("x has the shape (5,), but the problem has 6 columns")
    ):
        problem.violation(np.zeros(5))


def test_violation_finds_every_kind_of_tampering(problem: Problem) -> None:
    feasible = np.array([2.0, 1.0, 0.0, 1.0, 1.0, 2.0])
    assert problem.violation(feasible) == 0.0
    for position, value, expected in (
        (0, 2.25, 0.25),  # above a bound, and the equation by as much
        (1, 1.5, 1.0),  # the equation, twice
        (2, -1.125, 0.125),  # below a bound
        (3, 104.0, 1.0),  # an inequality
        (4, 0.75, 0.25),  # integrality
    ):
        tampered = feasible.copy()
        tampered[position] = value
        assert problem.violation(tampered) == pytest.approx(expected), position


def test_a_point_that_is_not_finite_violates_without_end(problem: Problem) -> None:
    assert problem.violation([0.0, 0.0, math.nan, 0.0, 0.0, 0.0]) == INF
    assert problem.violation([0.0, 0.0, 0.0, INF, 0.0, 0.0]) == INF


def test_relative_violation_is_per_size_of_terms(problem: Problem) -> None:
    point = np.array([0.0, 0.0, 0.0, 300.0, 0.0, 5.0])  # 300 - 250 <= 3 is broken by 47
    assert problem.violation(point) == pytest.approx(47.0)
    assert problem.violation(point, relative=True) == pytest.approx(47.0 / 550.0)


@given(st.integers(0, 10_000), st.integers(0, 5), st.floats(0.1, 5.0))
def test_violation_equals_a_dense_computation(seed: int, column: int, scale: float) -> None:
    problem = random_lp(seed)
    point = np.random.default_rng(seed).uniform(-3.0, 3.0, 6)
    point[column] *= scale
    activity = problem.matrix.toarray() @ point
    worst = 0.0
    for value, low, high in [
        *zip(activity, problem.row_lower, problem.row_upper, strict=True),
        *zip(point, problem.column_lower, problem.column_upper, strict=True),
    ]:
        worst = max(worst, low - value, value - high)
    assert problem.violation(point) == pytest.approx(worst, abs=1e-12)


def test_ranges(problem: Problem) -> None:
    table = problem.ranges().set_index("name")
    assert list(table.columns) == [
        "kind",
        "size",
        "n_integers",
        "n_nonzeros",
        "min_coefficient",
        "max_coefficient",
        "min_bound",
        "max_bound",
        "min_cost",
        "max_cost",
    ]
    assert list(table.index) == ["flow", "count", "balance"]
    assert table.loc["flow"].tolist()[:8] == ["columns", 4, 0, 4, 0.01, 2.0, 1.0, 400.0]
    assert table.loc["flow", ["min_cost", "max_cost"]].isna().all()
    assert table.loc["count"].tolist() == ["columns", 2, 2, 1, 50.0, 50.0, 1.0, 5.0, 0.5, 7.0]
    assert table.loc["balance"].tolist()[:8] == ["rows", 2, 0, 5, 0.01, 50.0, 3.0, 3.0]


def test_ranges_of_empty_things() -> None:
    assembly = Assembly()
    assembly.columns("none", 0)
    assembly.rows("free", 2)
    table = assembly.problem().ranges()
    assert table["size"].tolist() == [0, 2]
    assert table.loc[:, "min_coefficient":].isna().all(axis=None)
    assert len(Assembly().problem().ranges()) == 0


def test_ranges_count_every_nonzero() -> None:
    for problem in (knapsack(), market_split()):
        table = problem.ranges()
        by_kind = table.groupby("kind")["n_nonzeros"].sum()
        assert by_kind["rows"] == by_kind["columns"] == problem.n_nonzeros
