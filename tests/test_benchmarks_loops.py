"""One tiny run of the benchmark of loops."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import loops as benchmark
from milpcore.loops import case


@pytest.mark.compiled
def test_tiny_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = benchmark.random_plants(4, 2)
    monkeypatch.setattr(benchmark, "load_case", lambda _: tiny)
    table = benchmark.run(tmp_path, sizes=((6, 2),), limit_s=3.0)
    assert list(table.columns) == list(benchmark.COLUMNS)
    assert {"transport", "bound", "residual"} <= set(table["part"])
    bound = table[table["part"] == "bound"]
    assert (bound["bound_per_a"] <= bound["tac_per_a"]).all()
    assert isinstance(tiny, case.LoopCase)


def test_random_plants_are_seeded_and_one_sided() -> None:
    one, other = (benchmark.random_plants(12, 4, seed=3) for _ in range(2))
    assert one.streams == other.streams
    for plant in range(4):
        assert len(set(one.streams.is_hot[one.plant_of_stream == plant])) == 1
