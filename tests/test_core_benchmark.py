"""The assembly benchmark compares like with like; nothing large is measured here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_core import exactly

from benchmarks import assembly as benchmark
from milpcore.extras import MissingExtraError


@pytest.fixture
def fake_child(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Measure nothing; return which tools were asked for."""
    tools: list[str] = []

    def measure(_function: Any, tool: str, n_streams: int, _n_levels: int) -> dict[str, Any]:
        tools.append(tool)
        median_s = {"milpcore": 0.5, "linopy": 2.0}[tool]
        return {"n_nonzeros": n_streams, "median_s": median_s, "signature": [1.0, n_streams]}

    monkeypatch.setattr(benchmark, "run_in_child", measure)
    monkeypatch.setattr(benchmark, "require", lambda *_: None)
    monkeypatch.setattr(benchmark, "CASES", ((4, 3), (5, 2)))
    return tools


def test_the_ratio_is_baseline_over_ours(fake_child: list[str], tmp_path: Path) -> None:
    table = benchmark.run(tmp_path)
    assert fake_child == ["milpcore", "linopy"] * 2
    assert table["case"].unique().tolist() == ["4 streams x 3 levels", "5 streams x 2 levels"]
    ours = table[table["tool"] == "milpcore"]
    assert ours["times_faster_than_linopy"].tolist() == [4.0, 4.0]
    assert table.loc[table["tool"] == "linopy", "times_faster_than_linopy"].isna().all()
    assert "signature" not in table


def test_without_linopy_ours_is_measured_alone(
    fake_child: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: str) -> None:
        raise MissingExtraError("the comparison needs the package linopy")

    monkeypatch.setattr(benchmark, "require", refuse)
    table = benchmark.run(tmp_path)
    assert fake_child == ["milpcore"] * 2
    assert table["times_faster_than_linopy"].isna().all()
    note = "only milpcore is measured: the comparison needs the package linopy\n"
    assert capsys.readouterr().err == note


@pytest.mark.usefixtures("fake_child")
def test_different_models_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(_function: Any, tool: str, *_: int) -> dict[str, Any]:
        return {"median_s": 1.0, "signature": [1.0 if tool == "milpcore" else 2.0]}

    monkeypatch.setattr(benchmark, "run_in_child", measure)
    message = "the tools built different models: {'milpcore': [1.0], 'linopy': [2.0]}"
    with pytest.raises(RuntimeError, match=exactly(message)):
        benchmark.run(tmp_path)


def test_our_model_is_the_one_described() -> None:
    n_streams, n_levels = 3, 2
    arrays = benchmark.build_milpcore(n_streams, n_levels)
    duty_MW, heat_cost = benchmark.sample(n_streams, n_levels)
    dense = arrays.matrix.toarray()
    share = np.arange(6).reshape(3, 2)
    expected = np.zeros((3 + 6 + 2, 6 + 2 + 2 + 2))
    for s in range(n_streams):
        expected[s, share[s]] = 1.0
        for level in range(n_levels):
            expected[3 + share[s, level], [share[s, level], 6 + level]] = 1.0, -1.0
            expected[9 + level, share[s, level]] = duty_MW[s]
    for level in range(n_levels):
        expected[9 + level, [8 + level, 10 + level]] = 1.0, -1.0
    np.testing.assert_array_equal(dense, expected)
    assert arrays.cost.tolist() == [*[0.0] * 8, *heat_cost, 0.01, 0.01]
    assert arrays.is_integer.tolist() == [*[False] * 6, True, True, *[False] * 4]


def test_the_signature_notices_a_moved_and_a_changed_coefficient() -> None:
    arrays = benchmark.build_milpcore(3, 2)
    plain = benchmark.signature(arrays)
    for change in (lambda m: m[:, ::-1], lambda m: m[::-1], lambda m: m * (1.0 + 1e-6)):
        other = benchmark.signature(arrays._replace(matrix=change(arrays.matrix).tocsc()))
        assert not np.allclose(plain, other, rtol=1e-9)
    assert benchmark.signature(arrays._replace(lower=arrays.lower + 1e-5)) != plain


@pytest.mark.slow
def test_both_tools_build_the_same_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("linopy")
    monkeypatch.setattr(benchmark, "CASES", ((7, 4),))
    monkeypatch.setattr(benchmark, "TIME_PER_ROW_S", 0.0)
    table = benchmark.run(tmp_path)
    assert table["n_nonzeros"].tolist() == [4 * 28 + 8] * 2
    assert (table["repeats"] >= 3).all()
    assert (table["median_s"] >= table["min_s"]).all()
