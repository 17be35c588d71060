"""The benchmark of the formulations, on a small case."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import formulations
from milpcore.site import PathSearch

SIZES = ["n_columns", "n_rows", "n_integers", "n_nonzeros"]
MATRIX_ONLY = [*SIZES, "lp_bound_EUR_per_a", "root_gap", "build_s", "lp_s"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The benchmark on the smallest case."""
    folder = tmp_path_factory.mktemp("benchmark")
    return formulations.run(folder, level_counts=[2], time_limit_s=20.0, case="two_streams")


def test_all_rows_have_the_columns_and_the_same_objective(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(formulations.COLUMNS)
    assert len(table) == table["formulation"].nunique() >= 7
    assert set(table["status"]) == {"optimal"}
    first = table["objective_EUR_per_a"].iloc[0]
    assert table["objective_EUR_per_a"].to_numpy() == pytest.approx(first, rel=1e-4)


def test_the_search_has_a_row_without_what_only_a_matrix_has(table: pd.DataFrame) -> None:
    (row,) = table[table["formulation"] == PathSearch.name].to_dict("records")
    assert [name for name, value in row.items() if pd.isna(value)] == MATRIX_ONLY
    assert "no LP bound" in row["note"]
    assert row["milp_s"] > 0.0
    assert row["bound_EUR_per_a"] <= row["objective_EUR_per_a"]
    others = table[table["formulation"] != PathSearch.name]
    assert set(others["note"]) == {""}
    assert not others.isna().any(axis=None)


def test_sizes_stay_whole_numbers_beside_empty_cells(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "table.csv", index=False)
    written = pd.read_csv(tmp_path / "table.csv", dtype=str, keep_default_na=False)
    assert set(written.loc[written["formulation"] == PathSearch.name, "n_rows"]) == {""}
    assert written["n_rows"].str.fullmatch(r"\d*").all()
