"""The sifted LP of the exact search on networks with hundreds of levels."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from milpcore.site import PathSearch, prepare, random_site
from milpcore.site.generator import CHEMICAL_BANDS
from milpcore.site.path_search.bounding import best_at_levels


@given(
    n=st.integers(2, 8),
    limit=st.one_of(st.just(np.inf), st.integers(0, 9).map(float)),
    data=st.data(),
)
def test_the_best_arc_into_and_out_of_every_level_is_chosen(
    n: int, limit: float, data: st.DataObject
) -> None:
    tail, head = (index.astype(np.int64) for index in np.triu_indices(n, 1))
    values = data.draw(st.lists(st.integers(0, 9), min_size=tail.size, max_size=tail.size))
    through = np.array(values, dtype=np.float64)
    chosen = best_at_levels(tail, head, through, limit, n)
    needed = set()
    for ends in (tail, head):
        for level in range(n):
            below = np.flatnonzero((ends == level) & (through < limit))
            if below.size:
                needed.add(int(below[through[below].argmin()]))
    assert set(np.flatnonzero(chosen).tolist()) == needed


@pytest.mark.compiled
def test_ten_thousand_streams_on_a_fine_grid_are_proven() -> None:
    bands = [band._replace(step_K=band.step_K / 2.0) for band in CHEMICAL_BANDS]
    inputs = prepare(random_site(10_000, seed=1, bands=bands))
    assert inputs.n_candidates > 500
    outcome = PathSearch(8).solve(inputs, mip_rel_gap=1e-3, time_limit_s=60.0)
    assert outcome.status.value == "optimal"
    assert outcome.n_nodes < 100
