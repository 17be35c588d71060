from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from helpers_core import exactly
from hypothesis import given
from hypothesis import strategies as st

from milpcore.core import Assembly, arrays
from milpcore.core.assembly import MAX_POSITIONS

INF = math.inf


@pytest.fixture
def assembly() -> Assembly:
    made = Assembly()
    made.columns("x", (2, 3))
    made.rows("r", 4)
    return made


def test_blocks_are_consecutive_positions() -> None:
    assembly = Assembly()
    first = assembly.columns("first", 3)
    second = assembly.columns("second", (2, 2))
    single = assembly.columns("single", ())
    assert first.tolist() == [0, 1, 2]
    assert second.tolist() == [[3, 4], [5, 6]]
    assert single.shape == ()
    assert int(single) == 7
    assert {first.dtype, second.dtype, single.dtype} == {np.dtype(np.int64)}


def test_positions_cannot_be_overwritten(assembly: Assembly) -> None:
    with pytest.raises(ValueError, match="read-only"):
        assembly.columns("y", 2)[0] = 5


def test_matrix_equals_the_dense_one_made_by_hand() -> None:
    assembly = Assembly()
    x = assembly.columns("x", (2, 2), lower=[[0.0, -1.0], [-INF, 2.0]], upper=[3.0, 4.0])
    y = assembly.columns("y", 2, upper=1.0, integer=True)
    balance = assembly.rows("balance", 2, lower=[5.0, -INF], upper=[5.0, 7.0])
    link = assembly.rows("link", (2, 2), upper=0.0)
    assembly.put(balance[:, None], x, [[1.0, 2.0], [3.0, 4.0]])
    assembly.put(link, x, 1.0)
    assembly.put(link, y, -10.0)  # y runs along the last axis
    assembly.put(balance[0], y, [0.5, 0.0])
    assembly.cost(x, [1.0, 2.0])
    assembly.cost(y[1], 7.0)
    assembly.cost(x[0], 0.5)
    assembly.constant(-3.0)
    problem = assembly.problem()
    expected = [
        [1.0, 2.0, 0.0, 0.0, 0.5, 0.0],
        [0.0, 0.0, 3.0, 4.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0, -10.0, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0, -10.0],
        [0.0, 0.0, 1.0, 0.0, -10.0, 0.0],
        [0.0, 0.0, 0.0, 1.0, 0.0, -10.0],
    ]
    assert problem.matrix.toarray().tolist() == expected
    assert problem.n_nonzeros == 13
    assert problem.row_lower.tolist() == [5.0, -INF, -INF, -INF, -INF, -INF]
    assert problem.row_upper.tolist() == [5.0, 7.0, 0.0, 0.0, 0.0, 0.0]
    assert problem.column_lower.tolist() == [0.0, -1.0, -INF, 2.0, 0.0, 0.0]
    assert problem.column_upper.tolist() == [3.0, 4.0, 3.0, 4.0, 1.0, 1.0]
    assert problem.cost.tolist() == [1.5, 2.5, 1.0, 2.0, 0.0, 7.0]
    assert problem.integrality.tolist() == [0, 0, 0, 0, 1, 1]
    assert problem.objective_constant == -3.0
    assert problem.column_blocks["y"].tolist() == [4, 5]
    assert problem.row_blocks["link"].tolist() == [[2, 3], [4, 5]]


def test_matrix_is_canonical_and_small(assembly: Assembly) -> None:
    assembly.put([3, 0, 3, 1], [0, 0, 0, 1], [1.0, 2.0, 1.5, 4.0])
    assembly.put(2, 0, 1.0)
    assembly.put(2, 0, -1.0)  # cancels
    assembly.put(1, 5, 0.0)
    matrix = assembly.problem().matrix
    assert matrix.nnz == 3
    assert matrix.has_canonical_format
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    assert matrix.indices.tolist() == [0, 3, 1]
    assert matrix.data.tolist() == [2.0, 2.5, 4.0]


Puts = list[tuple[list[int], list[int], list[float], bool]]


@st.composite
def put_sequences(draw: st.DrawFn) -> tuple[int, int, Puts]:
    n_rows, n_columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    puts: Puts = []
    for _ in range(draw(st.integers(0, 6))):
        size = draw(st.integers(0, 6))
        row = draw(st.lists(st.integers(0, n_rows - 1), min_size=size, max_size=size))
        column = draw(st.lists(st.integers(0, n_columns - 1), min_size=size, max_size=size))
        value = draw(st.lists(st.integers(-3, 3).map(float), min_size=size, max_size=size))
        puts.append((row, column, value, draw(st.booleans())))
    return n_rows, n_columns, puts


@given(put_sequences())
def test_any_sequence_of_puts_equals_numpy(case: tuple[int, int, Puts]) -> None:
    n_rows, n_columns, puts = case
    assembly = Assembly()
    assembly.rows("r", n_rows)
    assembly.columns("c", n_columns)
    dense, cost = np.zeros((n_rows, n_columns)), np.zeros(n_columns)
    for row, column, value, crossed in puts:
        rows, columns = np.array(row, dtype=int), np.array(column, dtype=int)
        if crossed:  # every row with every column
            assembly.put(rows[:, None], columns, np.array(value)[:, None])
            np.add.at(dense, (rows[:, None], columns), np.array(value)[:, None])
        else:
            assembly.put(rows, columns, value)
            np.add.at(dense, (rows, columns), value)
        assembly.cost(columns, value)
        np.add.at(cost, columns, value)
    problem = assembly.problem()
    np.testing.assert_array_equal(problem.matrix.toarray(), dense)
    np.testing.assert_array_equal(problem.cost, cost)
    assert problem.n_nonzeros == np.count_nonzero(dense)


def test_later_changes_of_the_callers_arrays_do_not_matter(assembly: Assembly) -> None:
    rows, columns, values, lower = np.arange(2), np.arange(2), np.ones(2), np.zeros(2)
    assembly.put(rows, columns, values)
    assembly.cost(columns, values)
    assembly.columns("late", 2, lower=lower)
    rows += 1
    columns += 1
    values *= 7.0
    lower -= 5.0
    problem = assembly.problem()
    assert problem.matrix.toarray()[:2, :2].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert problem.cost[:2].tolist() == [1.0, 1.0]
    assert problem.column_lower[-2:].tolist() == [0.0, 0.0]


def test_assembly_goes_on_after_a_problem(assembly: Assembly) -> None:
    assembly.put(0, 0, 1.0)
    first = assembly.problem()
    extra = assembly.columns("extra", 1)
    assembly.put(0, extra, 2.0)
    second = assembly.problem()
    assert first.matrix.shape == (4, 6)
    assert "extra" not in first.column_blocks
    assert second.matrix.toarray()[0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]


def test_empty_blocks_are_fine() -> None:
    assembly = Assembly()
    nothing = assembly.columns("nothing", (3, 0))
    none = assembly.rows("none", 0, lower=1.0, upper=2.0)
    assembly.put(none[:, None], nothing[0], 1.0)
    assembly.put([], [], [])
    assembly.cost(nothing, 1.0)
    problem = assembly.problem()
    assert problem.matrix.shape == (0, 0)
    assert problem.column_blocks["nothing"].shape == (3, 0)
    assert problem.n_nonzeros == 0


def test_rows_and_columns_may_share_a_name() -> None:
    assembly = Assembly()
    assembly.columns("cascade", 2)
    assembly.rows("cascade", 3)
    assert assembly.problem().matrix.shape == (3, 2)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("columns", {"name": "x", "shape": 1}, "columns x: there is a block of this name already"),
        ("rows", {"name": "r", "shape": 1}, "rows r: there is a block of this name already"),
        (
            "columns",
            {"name": "two words", "shape": 1},
            "columns: the name 'two words' must be an identifier, such as 'level_balance'",
        ),
        (
            "rows",
            {"name": 3, "shape": 1},
            "rows: the name 3 must be an identifier, such as 'level_balance'",
        ),
        (
            "columns",
            {"name": "y", "shape": -1},
            "columns y: the shape -1 must hold integers of at least 0",
        ),
        (
            "columns",
            {"name": "y", "shape": (2, -1)},
            "columns y: the shape (2, -1) must hold integers of at least 0",
        ),
        (
            "rows",
            {"name": "y", "shape": 2.0},
            "rows y: the shape 2.0 must hold integers of at least 0",
        ),
        (
            "rows",
            {"name": "y", "shape": True},
            "rows y: the shape True must hold integers of at least 0",
        ),
        (
            "rows",
            {"name": "y", "shape": [[1]]},
            "rows y: the shape [[1]] must hold integers of at least 0",
        ),
        (
            "columns",
            {"name": "y", "shape": (2, 3), "lower": [1.0, 2.0]},
            "columns y: lower has the shape (2,), which does not broadcast to (2, 3)",
        ),
        (
            "rows",
            {"name": "y", "shape": 2, "upper": [[1.0, 2.0]] * 2},
            "rows y: upper has the shape (2, 2), which does not broadcast to (2,)",
        ),
        (
            "columns",
            {"name": "y", "shape": (2, 2), "lower": [[0, 0], [0, 3]], "upper": 2},
            "columns y[1,1]: the lower bound 3 is above the upper bound 2",
        ),
        (
            "rows",
            {"name": "y", "shape": (), "lower": 1.0, "upper": 0.5},
            "rows y: the lower bound 1 is above the upper bound 0.5",
        ),
        (
            "rows",
            {"name": "y", "shape": 2, "lower": [0.0, math.nan]},
            "rows y[1]: the lower bound must be a number or -inf; got nan",
        ),
        (
            "columns",
            {"name": "y", "shape": 2, "lower": INF},
            "columns y[0]: the lower bound must be a number or -inf; got inf",
        ),
        (
            "columns",
            {"name": "y", "shape": 2, "lower": -INF, "upper": -INF},
            "columns y[0]: the upper bound must be a number or inf; got -inf",
        ),
    ],
)
def test_unusable_blocks_are_refused(
    assembly: Assembly, kind: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        getattr(assembly, kind)(**arguments)


def test_bounds_must_be_numbers(assembly: Assembly) -> None:
    with pytest.raises(TypeError, match=exactly("columns y: upper must be real numbers; got <U4")):
        assembly.columns("y", 1, upper="much")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([4], 0, 1.0),
            ValueError,
            "put: rows hold the position 4, but there are only 4 rows (from 0)",
        ),
        (
            (-1, 0, 1.0),
            ValueError,
            "put: rows hold the position -1, but there are only 4 rows (from 0)",
        ),
        (
            (0, [[2, 6]], 1.0),
            ValueError,
            "put: cols hold the position 6, but there are only 6 columns (from 0)",
        ),
        (
            (0.0, 0, 1.0),
            TypeError,
            "put: rows must be integer positions, as returned by rows(); got float64",
        ),
        (
            (0, [True], 1.0),
            TypeError,
            "put: cols must be integer positions, as returned by columns(); got bool",
        ),
        ((0, [0, 1], [1.0, math.nan]), ValueError, "put: values must be finite; got nan at [1]"),
        ((0, 0, -INF), ValueError, "put: values must be finite; got -inf at []"),
        ((0, 0, 1j), TypeError, "put: values must be real numbers; got complex128"),
        (
            ([0, 1], [0, 1, 2], 1.0),
            ValueError,
            "put: rows (2,), cols (3,) and values () do not broadcast to one shape",
        ),
    ],
)
def test_unusable_coefficients_are_refused(
    assembly: Assembly, arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=exactly(message)):
        assembly.put(*arguments)
    assert assembly.problem().n_nonzeros == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            (6, 1.0),
            ValueError,
            "cost: cols hold the position 6, but there are only 6 columns (from 0)",
        ),
        (
            (1.5, 1.0),
            TypeError,
            "cost: cols must be integer positions, as returned by columns(); got float64",
        ),
        ((0, [INF]), ValueError, "cost: values must be finite; got inf at [0]"),
        (
            ([0, 1], [1.0, 2.0, 3.0]),
            ValueError,
            "cost: cols (2,) and values (3,) do not broadcast to one shape",
        ),
    ],
)
def test_unusable_costs_are_refused(
    assembly: Assembly, arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=exactly(message)):
        assembly.cost(*arguments)


def test_unusable_constants_are_refused(assembly: Assembly) -> None:
    with pytest.raises(ValueError, match=exactly("constant must be finite; got nan at []")):
        assembly.constant(math.nan)
    with pytest.raises(
        ValueError, match=exactly("constant must be one number; got the shape (2,)")
    ):
        assembly.constant([1.0, 2.0])  # type: ignore[arg-type]


def test_what_does_not_fit_32_bits_is_refused(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_POSITIONS == arrays.MAX_POSITIONS == 2**31 - 1
    monkeypatch.setattr("milpcore.core.assembly.MAX_POSITIONS", 10)
    with pytest.raises(ValueError, match=exactly("columns y: 11 columns in all; at most 10 fit")):
        assembly.columns("y", 5)
    assembly.put(0, [0] * 11, 1.0)
    with pytest.raises(ValueError, match=exactly("problem: 11 coefficients put; at most 10 fit")):
        assembly.problem()
