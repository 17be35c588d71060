"""The figure of a profile shows its numbers, with titles, units and legends."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_sizing import profile

from milpcore import MissingExtraError, sizing
from milpcore.plots import draw_profile
from milpcore.sizing import HeatProfile

matplotlib = pytest.importorskip("matplotlib")


def _steps(axes: Any) -> list[tuple[Any, Any]]:
    """Values and edges of the stepped lines."""
    from matplotlib.patches import StepPatch

    return [patch.get_data()[:2] for patch in axes.patches if isinstance(patch, StepPatch)]


def _legend(figure: Any) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def _stays_inside(figure: Any) -> None:
    import matplotlib.text

    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    assert width == 1000
    written = [axes.title for axes in figure.axes] + figure.findobj(matplotlib.text.Annotation)
    for text in [*written, *(text for legend in figure.legends for text in legend.get_texts())]:
        box = text.get_window_extent()
        assert min(box.x0, box.y0) > -2
        assert max(box.x1 - width, box.y1 - height) < 2


def test_both_columns_over_time_and_sorted() -> None:
    found = profile(96, start_h=6.0, waste_heat_kW=np.linspace(500, 1500, 96))
    figure = draw_profile(found, title="Plant 1")
    over_time, duration = figure.axes
    (waste, edges), (demand, _) = _steps(over_time)
    np.testing.assert_allclose(demand, found.heat_demand_kW)
    np.testing.assert_allclose(waste, found.waste_heat_kW)
    np.testing.assert_allclose(edges, 6.0 + 0.25 * np.arange(97))
    (waste, hours), (demand, _) = _steps(duration)
    np.testing.assert_allclose(demand, np.sort(found.heat_demand_kW)[::-1])
    np.testing.assert_allclose(waste, np.sort(found.waste_heat_kW)[::-1])
    np.testing.assert_allclose(hours, 0.25 * np.arange(97))
    assert over_time.get_title(loc="left") == "Plant 1"
    assert duration.get_title(loc="left") == "Duration curves"
    assert (over_time.get_xlabel(), over_time.get_ylabel()) == ("time, h", "heat, kW")
    assert (duration.get_xlabel(), duration.get_ylabel()) == ("time at or above, h", "heat, kW")
    assert _legend(figure) == ["waste heat", "heat demand", "mean demand, 1000.0 kW"]
    assert over_time.get_xlim() == (6.0, 30.0)
    np.testing.assert_allclose(over_time.get_xticks(), np.arange(6, 31, 2))
    _stays_inside(figure)


def test_large_profiles_are_in_megawatt_and_dated() -> None:
    found = profile(8, heat_demand_kW=np.full(8, 25_000.0), start=pd.Timestamp("2024-05-01 06:00"))
    figure = draw_profile(found)
    assert figure.axes[0].get_ylabel() == "heat, MW"
    assert figure.axes[0].get_xlabel() == "time since 2024-05-01 06:00, h"
    np.testing.assert_allclose(_steps(figure.axes[0])[1][0], 25.0)
    texts = [text.get_text() for text in figure.axes[1].texts]
    assert texts == ["peak demand 25.0 MW"]
    _stays_inside(figure)


def test_long_profiles_are_drawn_by_days() -> None:
    found = sizing.seasonal_profile(n_steps=4000)
    figure = draw_profile(found)
    over_time = figure.axes[0]
    assert over_time.get_xlabel() == "time, d"
    assert _steps(over_time) == []
    lines = {line.get_label(): line for line in over_time.get_lines()}
    days = found.heat_demand_kW[: 166 * 24].reshape(166, 24)
    mean = lines["heat demand: mean of the day, range within"]
    np.testing.assert_allclose(mean.get_ydata()[:166], days.mean(axis=1))
    assert mean.get_ydata()[166] == pytest.approx(found.heat_demand_kW[166 * 24 :].mean())
    np.testing.assert_allclose(mean.get_xdata(), np.arange(167) + 0.5)
    low, high = (
        band.get_paths()[0].get_extents() for band in over_time.collections[1:2] for _ in range(2)
    )
    assert low.y0 == pytest.approx(days.min(), rel=1e-6)
    assert high.y1 == pytest.approx(days.max(), rel=1e-6)
    assert len(_legend(figure)) == 3
    _stays_inside(figure)


@pytest.mark.parametrize(
    "found",
    [
        profile(2),
        profile(2, step_h=24.0),
        profile(900, step_h=24.0),
        sizing.random_profile(seed=1, n_steps=672),
    ],
)
def test_any_length_can_be_drawn(found: HeatProfile) -> None:
    _stays_inside(draw_profile(found))


def test_figures_need_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"milpcore\[plot\]"):
        draw_profile(profile())
