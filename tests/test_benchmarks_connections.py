"""The benchmark of connections on a small site: what it measures, and against what."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.connections import BASELINE, GAPS, LAWS, rows


def test_each_law_is_measured_beside_the_assignment() -> None:
    table = pd.DataFrame(list(rows((3,), (3,), case="dairy_8", time_limit_s=20.0)))
    keys = ["law", "formulation", "gap_asked"]
    assert len(table) == 2 * len(LAWS) * len(GAPS)
    assert not table.duplicated(keys).any()
    assert (table["status"] == "optimal").all()
    assert (table["gap"] <= table["gap_asked"]).all()
    costs = table[table["gap_asked"] == min(GAPS)].set_index(["law", "formulation"])
    for law in LAWS:
        found = costs.loc[(law, "connection_search")]
        other = costs.loc[(law, BASELINE)]
        assert found["objective_EUR_per_a"] == pytest.approx(
            other["objective_EUR_per_a"], rel=2.0 * min(GAPS)
        )
        assert found["bound_EUR_per_a"] <= other["objective_EUR_per_a"] * (1.0 + 1e-9)
        assert 0.0 < found["share_percent"] < 100.0
