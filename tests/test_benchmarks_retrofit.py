"""The benchmark of the retrofit study, on a small case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import milpcore
from benchmarks import retrofit as benchmark
from benchmarks.retrofit_models import Solved, paper_model
from milpcore.core import Problem, solve
from milpcore.site import retrofit

EXISTING = (5.0, 40.0, 60.0, 85.0, 205.0)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("benchmark")
    return benchmark.run(folder, case="dairy_8", existing_C=EXISTING, moves=(1, 2), repeats=2)


def test_every_configuration_has_a_row_for_each_method(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(benchmark.COLUMNS)
    assert set(table["case"]) == {"dairy_8"}
    rows = table[table["part"] == "configuration"]
    for method in (benchmark.OURS, benchmark.OURS_ALONE, benchmark.PAPER_HIGHS):
        assert (rows["method"] == method).sum() == 5 + 10
    assert (rows["median_s"] > 0.0).all()
    assert (rows["repeats"] == 2).all()
    by_method = rows.pivot_table(index="configuration", columns="method", values="median_s")
    assert (by_method[benchmark.OURS_ALONE] < by_method[benchmark.OURS]).all()
    cost = rows.groupby("configuration")["objective_EUR_per_a"]
    assert (cost.max() <= cost.min() * (1.0 + benchmark.LARGEST_DISAGREEMENT)).all()


def test_means_are_those_of_the_configurations(table: pd.DataFrame) -> None:
    rows = table[table["part"] == "configuration"]
    means = table[table["part"] == "mean"]
    whole = means[means["configuration"] == "all that this method has solved"]
    for row in whole.to_dict("records"):
        chosen = rows[(rows["move"] == row["move"]) & (rows["method"] == row["method"])]
        assert row["n_configurations"] == len(chosen)
        assert row["median_s"] == pytest.approx(chosen["median_s"].mean())
    assert set(table["part"]) == {"configuration", "mean"}


def _places(existing_C: tuple[float, ...], choice_C: tuple[float, ...]) -> tuple[Problem, float]:
    return paper_model(milpcore.load_case("dairy_8"), existing_C, choice_C)


def test_the_paper_model_keeps_what_does_not_move() -> None:
    problem, unit = _places(EXISTING, (40.0,))
    solution = solve(problem, mip_rel_gap=0.0)
    is_open = solution.values["is_open"] > 0.5
    assert is_open.sum() <= 5
    own = retrofit(milpcore.load_case("dairy_8"), existing_C=EXISTING, movable_C=[40.0])
    expected = own.summary["objective_value"].iloc[0]
    assert solution.objective * unit == pytest.approx(expected, rel=1e-7)
    problem, _ = _places(EXISTING, ())
    assert solve(problem, mip_rel_gap=0.0).values["is_open"].tolist() == [1.0] * 5


def test_a_disagreement_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrong(_: Problem, __: float) -> Solved:
        return Solved(0.1, 1.0, True)

    monkeypatch.setattr(benchmark, "highs", wrong)
    with pytest.raises(RuntimeError, match="5: paper's model, HiGHS through SciPy finds "):
        benchmark.run(tmp_path, case="dairy_8", existing_C=EXISTING, moves=(1,), repeats=1)


@pytest.mark.compiled
def test_published_savings_stand_beside_ours_with_the_reservation() -> None:
    streams = milpcore.load_case(benchmark.CASE)
    studies = [
        retrofit(streams, existing_C=benchmark.EXISTING_C, movable_C=[25.0, 80.0, 143.0], move=n)
        for n in (1, 2)
    ]
    rows = benchmark._savings(studies)
    assert rows["paper_percent"].tolist() == [0.28, 0.36, 1.08, 0.68, 1.37]
    assert np.round(rows["saving_percent"], 3).tolist() == [0.281, 0.380, 1.088, 0.732, 1.413]
    assert all("were fitted" in note and "unpublished" in note for note in rows["note"])
