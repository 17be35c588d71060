"""The benchmark of periods: its duties, and one row."""

from __future__ import annotations

import numpy as np
import pytest

import milpcore
from benchmarks import periods as benchmark


def test_seeded_duties_are_the_same_on_every_run() -> None:
    streams = milpcore.load_case("site_400")
    one, again = (benchmark.seasonal_periods(streams, 12, seed=1) for _ in range(2))
    other = benchmark.seasonal_periods(streams, 12, seed=2)
    np.testing.assert_array_equal(one.duty_kW, again.duty_kW)
    assert not np.array_equal(one.duty_kW, other.duty_kW)
    factor = one.duty_kW / streams.duty_kW
    assert 0.05 < np.mean(factor == 0.0) < 0.15
    assert factor.max() <= 1.5
    assert one.hours_h_per_a.sum() == pytest.approx(8000.0)


def test_a_row_says_what_was_found() -> None:
    (row,) = benchmark.rows(((1, 1),), (2,), (1e-2,))
    assert row["status"] == "optimal"
    assert row["gap"] <= 1e-2
    assert row["tac_EUR_per_a"] == pytest.approx(215_183_197, rel=1e-2)
    assert row["tac_EUR_per_a"] <= row["mean_levels_EUR_per_a"] * (1.0 + 1e-2)
    assert len(row["levels_C"].split()) == 2
