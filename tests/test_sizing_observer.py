"""The observer of the search: what it is told is true, and it ends the search with its best."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable

import pytest

from milpcore import sizing
from milpcore.core import Status
from milpcore.sizing import SizingProgress, SizingResult, solve

has_highspy = pytest.mark.skipif(
    importlib.util.find_spec("highspy") is None, reason="the solver cannot be asked"
)


def size(
    observer: Callable[[SizingProgress], bool] | None = None, *, n_steps: int = 24, gap: float = 0.0
) -> SizingResult:
    profile, parameters = sizing.load_case("base_48h")
    return sizing.size_plant(
        profile.part(0, n_steps), parameters, mip_rel_gap=gap, observer=observer
    )


def test_what_is_told_encloses_the_optimum_and_gets_no_worse() -> None:
    told: list[SizingProgress] = []

    def listen(progress: SizingProgress) -> bool:
        told.append(progress)
        return False

    optimum = size(listen, gap=1e-5)
    assert optimum.status is Status.OPTIMAL
    tac, slack = optimum.tac_EUR_per_a, 1e-5 * optimum.tac_EUR_per_a
    bounds = [progress.bound_EUR_per_a for progress in told]
    assert bounds == sorted(bounds)
    assert max(bounds) <= tac + slack
    costs = [progress.best_EUR_per_a for progress in told if progress.design is not None]
    assert costs == sorted(costs, reverse=True)
    assert min(costs) >= tac - slack
    assert math.isnan(told[0].best_EUR_per_a)
    assert told[0].design is None
    elapsed_s = [progress.elapsed_s for progress in told]
    assert elapsed_s == sorted(elapsed_s)
    assert {progress.phase for progress in told} >= {"first design", "limits of the sizes"}


def test_a_search_that_is_stopped_at_once_has_no_design_but_a_bound() -> None:
    result = size(lambda _: True)
    assert result.status is Status.INTERRUPTED
    assert result.design is None
    assert result.message == "stopped before a design was looked for"
    assert 0.0 < result.bound_EUR_per_a < size(gap=1e-3).tac_EUR_per_a


OFTEN = 6
"""More often than a search asks between two solves."""


@pytest.mark.parametrize("phase", ["limits of the sizes", "boxes of sizes", "box 1"])
def test_the_best_design_is_kept_with_a_bound_that_holds(phase: str) -> None:
    asked: list[SizingProgress] = []

    def stop(progress: SizingProgress) -> bool:
        asked.append(progress)
        return progress.phase.startswith(phase)

    result = size(stop)
    assert result.status is Status.INTERRUPTED
    assert [progress.phase.startswith(phase) for progress in asked].count(True) == 1
    assert asked[-1].best_EUR_per_a >= result.tac_EUR_per_a * (1.0 - 1e-9)
    optimum = size(gap=1e-5)
    assert result.tac_EUR_per_a >= optimum.bound_EUR_per_a * (1.0 - 1e-9)
    assert result.bound_EUR_per_a <= optimum.tac_EUR_per_a * (1.0 + 1e-9)


@has_highspy
def test_the_solver_is_stopped_while_it_runs() -> None:
    """An endless search, gap 0 over the whole horizon, ends once the solver has been asked."""
    asked: list[SizingProgress] = []

    def stop(progress: SizingProgress) -> bool:
        if progress.phase.startswith("box"):
            asked.append(progress)
        return len(asked) >= OFTEN

    result = size(stop, n_steps=192)
    assert result.status is Status.INTERRUPTED
    assert result.design is not None
    assert len(asked) == OFTEN
    assert result.bound_EUR_per_a >= asked[-1].bound_EUR_per_a * (1.0 - 1e-9)


@has_highspy
def test_designs_are_taken_while_the_solver_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "first_solution", lambda *_, **__: None)
    told: list[SizingProgress] = []

    def stop(progress: SizingProgress) -> bool:
        told.append(progress)
        return progress.design is not None

    result = size(stop, n_steps=16)
    assert result.status is Status.INTERRUPTED
    assert {progress.phase for progress in told} == {"first design"}
    assert result.tac_EUR_per_a <= told[-1].best_EUR_per_a * (1.0 + 1e-9)


def test_what_the_observer_raises_arrives() -> None:
    def fail(progress: SizingProgress) -> bool:
        if progress.phase.startswith("box 1"):
            raise RuntimeError(progress.phase)
        return False

    with pytest.raises(RuntimeError, match="box 1"):
        size(fail)
