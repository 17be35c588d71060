"""The linear programs of the search keep its time limit."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from milpcore import site
from milpcore.site.path_search.relaxation import LinearProgram, LinearSolution, LinearSolver
from milpcore.site.path_search.solvers import HighsSolver, ScipySolver, Until


class _Recorder:
    """Another solver that remembers what it was asked."""

    def __init__(self, solver: LinearSolver) -> None:
        self.solver = solver
        self.asked: list[tuple[LinearProgram, float]] = []

    def solve(
        self, program: LinearProgram, *statuses: Any, time_limit_s: float = math.inf
    ) -> LinearSolution | None:
        self.asked.append((program, time_limit_s))
        return self.solver.solve(program, *statuses, time_limit_s=time_limit_s)


def _recorded(**options: Any) -> _Recorder:
    recorder = _Recorder(ScipySolver())
    inputs = site.prepare(site.random_site(200, seed=1))
    site.PathSearch(6, recorder).solve(inputs, mip_rel_gap=0.0, **options)
    assert recorder.asked
    return recorder


@pytest.mark.compiled
def test_every_program_of_a_search_gets_what_is_left_of_its_time() -> None:
    assert all(limit_s == math.inf for _, limit_s in _recorded().asked)
    limits_s = [limit_s for _, limit_s in _recorded(time_limit_s=1e4).asked]
    assert all(0.0 < limit_s < 1e4 for limit_s in limits_s)
    assert limits_s == sorted(limits_s, reverse=True)


@pytest.mark.parametrize("solver", [HighsSolver, ScipySolver])
@pytest.mark.compiled
def test_a_program_without_time_is_given_up(solver: type[HighsSolver | ScipySolver]) -> None:
    largest = max((one for one, _ in _recorded().asked), key=lambda one: one.value.size)
    assert solver().solve(largest, None, None) is not None
    assert solver().solve(largest, None, None, time_limit_s=0.0) is None


@pytest.mark.compiled
def test_nothing_is_solved_after_the_deadline() -> None:
    recorder = _recorded()
    n_before = len(recorder.asked)
    late = Until(recorder, time.perf_counter() - 1.0)
    assert late.solve(recorder.asked[0][0], None, None) is None
    assert len(recorder.asked) == n_before


@pytest.mark.compiled
def test_the_time_of_earlier_programs_does_not_count() -> None:
    program = _recorded().asked[0][0]
    solver, run_s = HighsSolver(), 0.0
    while run_s < 0.2:
        assert solver.solve(program, None, None) is not None
        run_s = solver._highs.getRunTime()
    assert solver.solve(program, None, None, time_limit_s=0.1) is not None
