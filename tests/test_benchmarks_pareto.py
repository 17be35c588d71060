"""The benchmark of fronts: what it measures, and that it refuses what contradicts a front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks import pareto as benchmark
from milpcore.core import Solution

pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("out")
    return benchmark.run(out, levels=(5,), moves=(1,), n_limits=1, limit_s=2.0)


def test_fronts_are_timed_with_what_is_proven(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(benchmark.COLUMNS)
    fronts = table[table["part"] == "front"]
    assert fronts["what"].unique().tolist() == [
        "fixed levels",
        "retrofit, 1 may move",
        "greenfield, 5 levels",
    ]
    assert fronts["resolution"].tolist() == [1e-3, 0.0] * 3
    assert (fronts["seconds"] > 0.0).all()
    assert (fronts["proven_percent"] <= 0.1 * (1.0 + 1e-9)).all()
    assert (fronts["n_supported"] + fronts["n_unsupported"] == fronts["n_points"]).all()
    assert (fronts["status"] == "optimal").all()


def test_limits_stand_beside_the_front(table: pd.DataFrame) -> None:
    (limit,) = table[table["part"] == "limit"].itertuples()
    (ratio,) = table[table["part"] == "ratio"].itertuples()
    exact = table[(table["part"] == "front") & (table["resolution"] == 0.0)].iloc[-1]
    assert ratio.seconds == pytest.approx(limit.seconds * exact["n_points"])
    assert ratio.times_faster == pytest.approx(ratio.seconds / exact["seconds"])


def test_a_program_that_contradicts_the_front_is_not_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    solve = benchmark.solve

    def wrong(*args: Any, **options: Any) -> Solution:
        solution = solve(*args, **options)
        return replace(solution, bound=2.0 * abs(solution.bound) + 1.0)

    monkeypatch.setattr(benchmark, "solve", wrong)
    with pytest.raises(RuntimeError, match=r"greenfield, 5 levels, .* but the front"):
        benchmark.run(tmp_path, levels=(5,), moves=(), n_limits=1, limit_s=2.0)
