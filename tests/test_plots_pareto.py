"""Figures of Pareto fronts: what they show, for rich and for poor fronts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_pareto import contrary_site

import milpcore
from milpcore.plots import designs_along_front, marginal_cost, pareto_front, save_figure
from milpcore.site import ParetoStudy, pareto

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def rich() -> ParetoStudy:
    """A front with jumps, unsupported points, and points that were asked for."""
    streams, economics = contrary_site(122)
    return pareto(streams, n_levels=4, economics=economics, resolution=0.0, n_points=3)


@pytest.fixture(scope="module")
def single() -> ParetoStudy:
    """A front of one point."""
    return pareto(milpcore.load_case("two_streams"), n_levels=2)


def test_the_front_marks_what_is_supported(rich: ParetoStudy) -> None:
    (axes,) = pareto_front(rich, name="case").axes
    assert axes.get_title(loc="left") == "case: TAC over CO₂, at most 4 levels"
    assert axes.get_xlabel().startswith("CO₂, ")
    assert axes.get_ylabel().startswith("TAC, ")
    marked = {
        (bool(group.get_facecolor()[0][:3].min() < 1.0), len(group.get_offsets()))
        for group in axes.collections
    }
    asked = rich.points["kind"] == "asked"
    supported = int((rich.points["is_supported"] & ~asked).sum())
    unsupported = int((~rich.points["is_supported"] & ~asked).sum())
    assert unsupported > 0
    assert {(True, supported), (False, unsupported)} <= marked
    (legend,) = axes.figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    for label in (
        "supported point",
        "unsupported point",
        "limit on CO₂ asked for",
        "jump to another set of levels",
        "lower hull: what prices alone bring about",
    ):
        assert label in labels
    assert sum(label.endswith(" °C") for label in labels) == len(rich.level_sets)
    assert not any(label.startswith("not excluded") for label in labels)


def test_edges_are_drawn_where_they_are(rich: ParetoStudy) -> None:
    (axes,) = pareto_front(rich).axes
    edges = rich.segments[rich.segments["level_set"] > 0]
    drawn = [line.get_ydata() for line in axes.lines if line.get_linewidth() == 2.0]
    drawn = [values for values in drawn if len(values) == 2]
    assert len(drawn) == len(edges)
    factor = edges["begin_tac_EUR_per_a"].iloc[0] / drawn[0][0]
    for values, begin, end in zip(
        drawn, edges["begin_tac_EUR_per_a"], edges["end_tac_EUR_per_a"], strict=True
    ):
        assert np.array(values) * factor == pytest.approx([begin, end])


def test_a_front_that_is_not_proven_is_shaded(rich: ParetoStudy) -> None:
    unproven = replace(rich, distance=0.25)
    (axes,) = pareto_front(unproven).axes
    (legend,) = axes.figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert "not excluded, up to 25 % of the range" in labels


def test_many_level_sets_are_counted_instead_of_named(rich: ParetoStudy) -> None:
    many = rich.level_sets.iloc[[0] * 13].assign(level_set=range(1, 14))
    (axes,) = pareto_front(replace(rich, level_sets=many)).axes
    (legend,) = axes.figure.legends
    assert "13 sets of levels, by colour" in [text.get_text() for text in legend.get_texts()]


def test_marginal_costs_are_steps(rich: ParetoStudy) -> None:
    (axes,) = marginal_cost(rich, name="case").axes
    assert axes.get_xlabel().startswith("CO₂ abated from the first point, ")
    assert axes.get_ylabel() == "marginal abatement cost, €/t"
    steps, hull = axes.lines[:2]
    kept = rich.points[rich.points["kind"] != "asked"]  # which --points asked for changes no step
    assert len(kept) < len(rich.points)
    slope = np.diff(kept["tac_EUR_per_a"]) / -np.diff(kept["co2_t_per_a"])
    assert np.asarray(steps.get_ydata())[:-1] == pytest.approx(slope)
    between = np.asarray(hull.get_ydata())
    assert np.all(np.diff(between) >= 0.0)
    duals = [line.get_ydata() for line in axes.lines[2:] if len(line.get_xdata()) == 2]
    edges = rich.segments[rich.segments["level_set"] > 0]
    assert [values[0] for values in duals] == pytest.approx(edges["slope_EUR_per_t"].tolist())


def test_other_measures_are_named() -> None:
    streams = milpcore.load_case("loop_two_plants")
    study = pareto(streams, objectives=("opex", "capex"), n_levels=4)
    assert len(study.points) > 1
    (axes,) = marginal_cost(study).axes
    assert axes.get_ylabel() == "marginal cost, €/€"
    assert axes.get_xlabel().startswith("less CAPEX from the first point, ")


def test_designs_show_levels_and_heat_pumps(rich: ParetoStudy) -> None:
    upper, lower = designs_along_front(rich, name="case").axes
    (group,) = upper.collections
    assert len(group.get_segments()) == len(rich.levels) or len(rich.points) > 16
    arrows = [text for text in upper.texts if text.get_text() == ""]
    assert len(arrows) == len(rich.heat_pumps)
    heat, electricity = lower.lines[:2]
    assert np.all(np.asarray(electricity.get_ydata()) <= np.asarray(heat.get_ydata()))
    assert [tick.get_text() for tick in lower.get_xticklabels()] == [
        str(number) for number in rich.points["point"]
    ]


def test_of_many_points_the_first_of_each_level_set_is_drawn() -> None:
    streams, economics = contrary_site(122)
    study = pareto(streams, n_levels=4, economics=economics, n_points=20)
    assert len(study.points) > 16
    _, lower = designs_along_front(study).axes
    shown = study.points.drop_duplicates("level_set")["point"]
    assert [int(tick.get_text()) for tick in lower.get_xticklabels()] == shown.tolist()
    assert lower.get_xlabel().startswith("first point of each set (")


@pytest.mark.parametrize("draw", [pareto_front, marginal_cost, designs_along_front])
def test_poor_fronts_can_be_drawn(draw: object, single: ParetoStudy, tmp_path: Path) -> None:
    assert callable(draw)
    nothing = pareto(milpcore.load_case("two_streams"), n_levels=1)
    bare = pareto(milpcore.load_case("dairy_8"), n_levels=3, heat_pumps=False)
    for number, study in enumerate((single, nothing, bare)):
        figure = draw(study, name="case")
        (path,) = save_figure(figure, tmp_path / f"figure_{number}", formats=("png",))
        assert path.stat().st_size > 3000
        assert "case: " in "".join(axes.get_title(loc="left") for axes in figure.axes)
