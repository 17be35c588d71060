"""The benchmark of sensitivity: what it measures, and that it refuses to compare what differs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import sensitivity as benchmark


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("out")
    return benchmark.run(out, repeats=1, n_steps=3, designs=False)


def test_points_are_timed_beside_the_baseline(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(benchmark.COLUMNS)
    points = table[table["part"] == "point"]
    assert points["method"].tolist() == [
        benchmark.OURS,
        benchmark.OURS_POINTS,
        benchmark.BASELINE,
    ]
    assert (points["n_points"] == 12).all()
    assert (points["median_s"] > 0.0).all()
    assert points["times_faster"].iloc[-1] == 1.0
    assert table[table["part"] == "map"]["n_points"].tolist() == [9]


def test_tipping_points_stand_beside_the_published_ones(table: pd.DataFrame) -> None:
    tips = table[table["part"] == "tipping point"]
    assert tips["parameter"].tolist() == list(benchmark.PUBLISHED)
    apart = (tips["percent"] - tips["published_percent"]).abs()
    assert (apart[:3] < 1.0).all()
    assert tips["note"].str.contains("fitted").all()
    assert tips["note"].iloc[3].startswith("none from -50 to 50 %")
    (target,) = table[table["part"] == "target"].itertuples()
    assert "wanted at most 0.005 s" in target.note
    assert "fitted" in target.note


def test_costs_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(benchmark, "objective_value", lambda *_: 1.0)
    with pytest.raises(RuntimeError, match="costs differ by 1"):
        benchmark.run(tmp_path, repeats=1, n_steps=2, designs=False)
