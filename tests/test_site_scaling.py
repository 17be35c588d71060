"""Sites of unusual size cost in proportion to their duties, whatever solves them."""

from __future__ import annotations

import pytest
from helpers_results import streams_of

from milpcore import site
from milpcore.site.inputs import prepare
from milpcore.site.model import Progress
from milpcore.site.scaling import observer_in_own_size, resized, size_factor

ROWS = (
    ("H1", 120.0, 60.0, 1.0),
    ("H2", 90.0, 30.0, 0.7),
    ("C1", 30.0, 80.0, 0.8),
    ("C2", 60.0, 130.0, 1.1),
)


def site_of(scale: float) -> list[tuple[str, float, float, float]]:
    return [(name, supply, target, duty * scale) for name, supply, target, duty in ROWS]


@pytest.mark.parametrize("formulation", ["path_search", "level_path", "assignment_strong"])
@pytest.mark.parametrize("objective", ["tac", "co2"])
@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e9])
def test_cost_is_proportional_to_size(formulation: str, objective: str, scale: float) -> None:
    usual, scaled = (
        site.greenfield(
            streams_of(site_of(size)), n_levels=3, formulation=formulation, objective=objective
        )
        for size in (1e4, scale)
    )
    assert usual.status.value == scaled.status.value == "optimal"
    value = float(scaled.summary["objective_value"].iloc[0])
    assert value / scale * 1e4 == pytest.approx(
        float(usual.summary["objective_value"].iloc[0]), rel=1e-4
    )


def test_usual_sizes_are_solved_as_they_are() -> None:
    inputs = prepare(streams_of(site_of(1e4)))
    assert size_factor(inputs) == 1.0
    assert resized(inputs, 1.0) is inputs


def test_an_observer_hears_of_the_site_as_it_is() -> None:
    heard: list[Progress] = []

    def observe(progress: Progress) -> bool:
        heard.append(progress)
        return True

    observer = observer_in_own_size(observe, 100.0)
    assert observer is not None
    assert observer(Progress(1.0, 500.0, 400.0, 3))
    assert heard == [Progress(1.0, 5.0, 4.0, 3)]
    assert observer_in_own_size(None, 100.0) is None
