from __future__ import annotations

import builtins
import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_core import exactly, knapsack, random_lp
from hypothesis import given, settings
from hypothesis import strategies as st

from milpcore.core import Assembly, Problem, Status, solve
from milpcore.core.model_file import element_names
from milpcore.extras import MissingExtraError

INF = math.inf


def read_back(path: Path) -> Any:
    """Read a model file with another reader and solve it."""
    highspy = pytest.importorskip("highspy")
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    return highs


def mixed() -> Problem:
    """Every kind of bound, row and column; a constant; numbers that decimals do not hold."""
    assembly = Assembly()
    count = assembly.columns("count", (2, 2), lower=[0.0, -3.0], upper=[INF, 7.0], integer=True)
    free = assembly.columns("free", (), lower=-INF)
    below = assembly.columns("below", 1, lower=-INF, upper=2.0)
    unused = assembly.columns("unused", 1, upper=1.0)
    rows = assembly.rows(
        "row", 5, lower=[1 / 3, -INF, -2.0, 0.1, -INF], upper=[1 / 3, 9.0, 5.0, INF, INF]
    )
    assembly.put(rows[0], count, [[1.0, 2.0], [1 / 7, 0.0]])
    assembly.put(rows[:4], free, [1.0, 1.0, -1.0, 1.0])
    assembly.put(rows[1:3, None], below, [[1.0], [2.0]])
    assembly.put(rows[4], count[0], 1.0)
    assembly.rows("empty", 2, lower=-1.0, upper=1.0)
    assembly.cost(count, [[1.1, -2.0], [0.3, 1.0]])
    assembly.cost(below, -1 / 3)
    assembly.cost(free, 0.25)
    assembly.cost(unused, 0.0)
    assembly.constant(-12.5)
    return assembly.problem()


@pytest.mark.parametrize("suffix", [".mps", ".lp", ".MPS"])
@pytest.mark.parametrize("make", [mixed, knapsack], ids=["mixed", "knapsack"])
def test_a_saved_problem_has_the_same_optimum(make: Any, suffix: str, tmp_path: Path) -> None:
    problem = make()
    ours = solve(problem, mip_rel_gap=0.0)
    assert ours.status is Status.OPTIMAL
    path = tmp_path / f"model{suffix}"
    problem.save(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    info = read_back(path).getInfo()
    assert info.objective_function_value == pytest.approx(ours.objective, rel=1e-9)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_any_saved_problem_has_the_same_optimum(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    problem = random_lp(seed)
    ours = solve(problem)
    for suffix in (".mps", ".lp"):
        path = tmp_path_factory.getbasetemp() / f"random{suffix}"
        problem.save(path)
        objective = read_back(path).getInfo().objective_function_value
        assert objective == pytest.approx(ours.objective, rel=1e-7, abs=1e-9)


def test_mps_keeps_names_matrix_and_bounds(tmp_path: Path) -> None:
    problem = mixed()
    problem.save(tmp_path / "model.mps")
    model = read_back(tmp_path / "model.mps").getLp()
    assert list(model.col_names_) == [
        "count[0,0]",
        "count[0,1]",
        "count[1,0]",
        "count[1,1]",
        "free[]",
        "below[0]",
        "unused[0]",
    ]
    assert list(model.row_names_) == [
        "row[0]",
        "row[1]",
        "row[2]",
        "row[3]",
        "empty[0]",
        "empty[1]",
    ]
    assert model.offset_ == -12.5
    np.testing.assert_allclose(model.col_cost_, problem.cost, rtol=1e-14)
    np.testing.assert_array_equal(model.col_lower_, problem.column_lower)
    np.testing.assert_array_equal(model.col_upper_, problem.column_upper)
    np.testing.assert_allclose(model.row_lower_[:4], problem.row_lower[:4], rtol=1e-14)
    np.testing.assert_allclose(model.row_upper_[:4], problem.row_upper[:4], rtol=1e-14)


def test_lp_names_have_parentheses(tmp_path: Path) -> None:
    problem = knapsack()
    problem.save(tmp_path / "model.lp")
    model = read_back(tmp_path / "model.lp").getLp()
    assert list(model.col_names_) == ["take(0)", "take(1)", "take(2)", "take(3)"]
    assert list(model.row_names_) == ["weight()"]


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
@pytest.mark.parametrize("shape", [(), 2], ids=["single", "block"])
def test_keywords_of_the_formats_are_fine_as_names(suffix: str, shape: Any, tmp_path: Path) -> None:
    words = [
        "st",
        "free",
        "bounds",
        "inf",
        "e1",
        "end",
        "bin",
        "min",
        "obj",
        "Obj",
        "RHS",
        "RHS_V",
        "NAME",
        "infeed",
        "Nancy",
        "BOUND",
    ]
    assembly = Assembly()
    total = assembly.rows("total", (), lower=5.0)
    for number, word in enumerate(words):
        column = assembly.columns(word, shape, upper=1.0, integer=number % 2 == 0)
        row = assembly.rows(word, shape, lower=0.25)
        assembly.put(row, column, 1.0)
        assembly.put(total, column, 1.0)
        assembly.cost(column, number + 1.0)
    problem = assembly.problem()
    problem.save(tmp_path / f"model{suffix}")
    objective = read_back(tmp_path / f"model{suffix}").getInfo().objective_function_value
    assert objective == pytest.approx(solve(problem).objective)


def test_two_elements_of_one_name_are_refused(tmp_path: Path) -> None:
    assembly = Assembly()
    assembly.columns("inflow", 1)
    assembly.columns("_inflow", 1)
    problem = assembly.problem()
    with pytest.raises(
        ValueError, match=exactly("the .lp file would have two elements named _inflow(0)")
    ):
        problem.save(tmp_path / "model.lp")
    problem.save(tmp_path / "model.mps")


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "model.mps"
    path.write_text("old")
    knapsack().save(str(path))
    assert "take[3]" in path.read_text()


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=exactly("model.txt: a model file must end in .mps or .lp")
    ):
        knapsack().save(tmp_path / "model.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "model.mps"
    with pytest.raises(
        OSError, match=r"model\.mps: the file cannot be written; does its folder exist\?$"
    ):
        knapsack().save(path)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.mps"
    path.write_text("old")

    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        knapsack().save(path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["model.mps"]


def test_an_impossible_empty_row_cannot_be_an_lp(tmp_path: Path) -> None:
    assembly = Assembly()
    assembly.columns("x", 1)
    assembly.rows("never", 2, lower=[0.0, 1.0])
    problem = assembly.problem()
    message = (
        r"^row never\[1\] is empty and cannot be met, which the \.lp format cannot state; "
        r"save it as \.mps$"
    )
    with pytest.raises(ValueError, match=message):
        problem.save(tmp_path / "model.lp")
    problem.save(tmp_path / "model.mps")
    assert solve(problem).status is Status.INFEASIBLE


def test_without_highspy_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__
    monkeypatch.setattr(
        importlib,
        "import_module",
        lambda name: real("no_such_package") if name == "highspy" else real(name),
    )
    with pytest.raises(
        MissingExtraError, match=r'^writing \.mps files needs .*"milpcore\[highs\]"$'
    ):
        knapsack().save(tmp_path / "model.mps")


def test_what_belongs_to_no_block_has_a_name() -> None:
    assert element_names({"x": np.array([[1], [2]])}, 4, "column") == [
        "column[0]",
        "x[0,0]",
        "x[1,0]",
        "column[3]",
    ]
