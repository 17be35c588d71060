"""The figures of a sized plant show its operation and its cost, with titles, units and legends."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_sizing_results import (
    BOILER_kW,
    CHARGE_kW,
    DEMAND_kW,
    DISCHARGE_kW,
    LEVEL_kWh,
    PUMP_kW,
    WASTE_kW,
    boiler_only,
    checked_result,
    no_result,
    small_parameters,
    small_result,
)

from milpcore import MissingExtraError, sizing
from milpcore.core import Status
from milpcore.plots import around_peak, draw_costs, draw_operation, save_figure
from milpcore.plots.sizing_look import short_name, unit_colours
from milpcore.plots.sizing_tables import COLUMNS, cost_split
from milpcore.sizing import Boiler, HeatPump, SizingDesign, SizingResult, Store

pytest.importorskip("matplotlib")

EDGES_h = 0.5 * np.arange(7)


def _steps(axes: Any) -> dict[str, tuple[Any, Any, Any]]:
    """Values, edges and baseline of the stepped areas and lines by label."""
    from matplotlib.patches import StepPatch

    return {p.get_label(): p.get_data() for p in axes.patches if isinstance(p, StepPatch)}


def _legend(figure: Any) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def _legend_columns(figure: Any) -> int:
    figure.draw_without_rendering()
    (legend,) = figure.legends
    return len({round(text.get_window_extent().x0) for text in legend.get_texts()})


def _stays_inside(figure: Any) -> None:
    """Draw the figure: nothing warns, and no text leaves the picture."""
    import matplotlib.text

    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    assert width == 1000
    ticks = {
        id(label)
        for axes in figure.axes
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels())
        if not any(letter.isalpha() for letter in label.get_text())
    }
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in ticks:
            box = text.get_window_extent()
            inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
            assert inside, f"{text.get_text()!r} at {box}"


def _titles(figure: Any) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_heat_is_stacked_up_to_the_demand_and_what_is_stored() -> None:
    figure = draw_operation(small_result(), title="plant")
    axes = figure.axes[0]
    parts = _steps(axes)
    pump, boiler, out, into, demand = parts.values()
    assert list(parts) == [
        "heat of heat_pump, 40.0 kW",
        "heat of boiler, 120.0 kW",
        "out of store",
        "into the store",
        "heat demand",
    ]
    tops = np.cumsum([PUMP_kW, BOILER_kW, DISCHARGE_kW], axis=0)
    for (top, edges, below), expected, under in zip(
        (pump, boiler, out), tops, (np.zeros(6), *tops[:2]), strict=True
    ):
        np.testing.assert_allclose(top, expected)
        np.testing.assert_allclose(below, under)
        np.testing.assert_allclose(edges, EDGES_h)
    np.testing.assert_allclose(demand[0], DEMAND_kW)
    np.testing.assert_allclose(into[2], DEMAND_kW)
    np.testing.assert_allclose(np.subtract(into[0], into[2]), CHARGE_kW)
    (hatched,) = [patch for patch in axes.patches if patch.get_hatch()]
    assert hatched.get_label() == "into the store"
    assert (axes.get_title(loc="left"), axes.get_ylabel()) == ("plant", "heat, kW")
    _stays_inside(figure)


def test_load_changes_are_ticks_on_the_times_with_heat() -> None:
    figure = draw_operation(small_result(start_h=12.0))
    axes = figure.axes[1]
    pump_on, pump_changes, boiler_on, boiler_changes = axes.collections
    assert axes.get_title(loc="left") == "Units on, and their load changes"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["heat_pump: 1", "boiler: 4"]
    for changes, times_h in ((pump_changes, [14.0]), (boiler_changes, [12.5, 13.5, 14.0, 14.5])):
        assert [segment[0][0] for segment in changes.get_segments()] == times_h
    for bars, last_h in ((pump_on, 14.0), (boiler_on, 15.0)):
        (bar,) = bars.get_paths()
        assert (bar.get_extents().x0, bar.get_extents().x1) == (12.0, last_h)
    assert figure.axes[-1].get_xlim() == (12.0, 15.0)
    assert figure.axes[-1].get_xlabel() == "time, h"
    assert "load change (at the left their number)" in _legend(figure)


def test_load_changes_are_counted_in_the_window() -> None:
    axes = draw_operation(small_result(), window_h=(0.5, 2.0)).axes[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["heat_pump: 0", "boiler: 2"]
    assert axes.get_xlim() == (0.5, 2.0)


def test_levels_run_below_the_capacity() -> None:
    axes = draw_operation(small_result()).axes[2]
    level, capacity = axes.get_lines()
    np.testing.assert_allclose(level.get_ydata(), LEVEL_kWh)
    np.testing.assert_allclose(level.get_xdata(), EDGES_h)
    assert set(capacity.get_ydata()) == {120.0}
    assert level.get_label() == "level of store"
    assert capacity.get_label() == "capacity of store, 120.0 kWh"
    assert (axes.get_title(loc="left"), axes.get_ylabel()) == ("Level of the store", "heat, kWh")
    assert axes.get_ylim()[0] == 0.0
    assert axes.get_ylim()[1] > 120.0


def test_waste_heat_goes_to_pumps_and_to_cooling_water() -> None:
    axes = draw_operation(small_result()).axes[3]
    parts = _steps(axes)
    assert list(parts) == ["waste heat into heat_pump", "to cooling water", "waste heat"]
    taken, rest, waste = parts.values()
    np.testing.assert_allclose(taken[0], 0.5 * np.array(PUMP_kW))
    np.testing.assert_allclose(rest[2], taken[0])
    np.testing.assert_allclose(rest[0], WASTE_kW)
    np.testing.assert_allclose(waste[0], WASTE_kW)
    assert (axes.get_title(loc="left"), axes.get_ylabel()) == ("Waste heat", "heat, kW")


def test_what_is_not_built_has_no_part_and_is_named() -> None:
    figure = draw_operation(boiler_only(8))
    assert _titles(figure) == [
        "Operation",
        "Units on, and their load changes; not built: heat_pump, store",
    ]
    assert _legend(figure) == [
        "heat of boiler, 90.0 kW",
        "heat demand",
        "load change (at the left their number)",
    ]
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["boiler: 0"]
    _stays_inside(figure)


def test_a_unit_that_is_on_without_heat_is_not_shown_as_on() -> None:
    idle = boiler_only(8)
    assert idle.design is not None
    heat_kW = idle.design.heat_kW.copy()
    heat_kW[:, :4] = [[90.0], [0.0]]
    parameters = idle.parameters.replace_unit("boiler", minimum_load=0)
    profile = replace(idle.profile, waste_heat_kW=np.full(8, 90.0))
    design = replace(
        idle.design,
        heat_kW=heat_kW,
        size_kW=np.array([90.0, 90.0]),
        is_on=np.array([[True] * 4 + [False] * 4, [True] * 8]),
    )
    figure = draw_operation(checked_result(profile, parameters, design, Status.OPTIMAL))
    (bar,) = figure.axes[1].collections[2].get_paths()
    assert (bar.get_extents().x0, bar.get_extents().x1) == (1.0, 2.0)


def test_long_horizons_have_thin_lines_and_a_window_around_the_peak() -> None:
    widths = []
    for n_steps, window_h in ((300, None), (500, None), (672, None), (672, (10.0, 58.0))):
        figure = draw_operation(boiler_only(n_steps), window_h=window_h)
        patch = next(p for p in figure.axes[0].patches if p.get_label() == "heat demand")
        widths.append(patch.get_linewidth())
        expected = (0.0, n_steps / 4) if window_h is None else window_h
        assert figure.axes[-1].get_xlim() == expected
        _stays_inside(figure)
    assert widths == [1.5, 0.9, 0.5, 1.5]


def _peak_at(step: int, n_steps: int = 672) -> sizing.HeatProfile:
    demand_kW = np.full(n_steps, 10.0)
    demand_kW[step] = 20.0
    return sizing.HeatProfile(
        step_h=0.25, heat_demand_kW=demand_kW, waste_heat_kW=demand_kW, start_h=6.0
    )


@pytest.mark.parametrize(
    ("step", "window_h"),
    [(0, (6.0, 54.0)), (400, (82.0, 130.0)), (671, (126.0, 174.0))],
)
def test_the_window_stays_in_the_horizon(step: int, window_h: tuple[float, float]) -> None:
    assert around_peak(_peak_at(step)) == window_h


def test_a_short_horizon_needs_no_window() -> None:
    assert around_peak(_peak_at(5, 300)) is None
    assert around_peak(_peak_at(5, 301)) is not None


def _many_units() -> SizingResult:
    """Two of each, with long names and signs that Matplotlib reads as its own."""
    free: dict[str, Any] = {"load_changes_per_window": None, "min_up_h": 0.0, "min_down_h": 0.0}
    names = [f"_${number} unit of the dairy behind the hill" for number in range(6)]
    parameters = small_parameters().replace(
        heat_pumps=[HeatPump(name=name, cop=2.0, **free) for name in names[:2]],
        boilers=[Boiler(name=name, **free) for name in names[2:4]],
        stores=[Store(name=name, start_end_share="free") for name in names[4:]],
    )
    demand_kW = np.array([30_000.0, 20_000.0])
    profile = sizing.HeatProfile(
        step_h=1.0,
        heat_demand_kW=demand_kW,
        waste_heat_kW=demand_kW,
        start=pd.Timestamp("2024-05-01 06:00"),
    )
    design = SizingDesign(
        size_kW=np.full(4, 7500.0),
        capacity_kWh=np.array([5000.0, 40_000.0]),
        heat_kW=np.tile(demand_kW / 4.0, (4, 1)),
        is_on=np.ones((4, 2), dtype=bool),
        charge_kW=np.zeros((2, 2)),
        discharge_kW=np.zeros((2, 2)),
        level_kWh=np.zeros((2, 3)),
    )
    return checked_result(profile, parameters, design, Status.OPTIMAL)


def test_many_units_have_colours_of_their_own_and_names_that_fit() -> None:
    result = _many_units()
    colours = unit_colours(result.parameters)
    assert len(set(colours.values())) == 6
    figure = draw_operation(result)
    _stays_inside(figure)
    legend = _legend(figure)
    assert legend[0] == r"heat of _\$0 unit of the dairy b…, 7.5 MW"
    assert "into stores" in legend
    assert _titles(figure)[2] == "Levels of the stores"
    assert figure.axes[2].get_ylabel() == "heat, MWh"
    assert figure.axes[-1].get_xlabel() == "time since 2024-05-01 06:00, h"
    small = draw_operation(small_result())
    assert (_legend_columns(figure), _legend_columns(small)) == (2, 3)
    _stays_inside(draw_costs(result))


def test_names_are_cut_and_dollars_are_dollars() -> None:
    assert short_name("x" * 24) == "x" * 24
    assert short_name("x" * 25) == "x" * 23 + "…"
    assert short_name("a$b$") == r"a\$b\$"


def test_the_cost_is_split_into_what_is_paid_for() -> None:
    result = small_result()
    split = cost_split(result)
    hours = 3000.0 / 6 / 1000.0  # in MWh a year, of a kW in a step
    electricity_MWh = hours * sum(PUMP_kW) / 2.0
    gas_MWh = hours * sum(BOILER_kW) / 0.9
    cooling_MWh = hours * (sum(WASTE_kW) - sum(PUMP_kW) / 2.0)
    expected = [
        ("investment", "heat_pump", 500.0 * 40.0 / 10.0),
        ("investment", "boiler", 60.0 * 120.0 / 10.0),
        ("investment", "store", 20.0 * 120.0 / 10.0),
        ("electricity", "", 100.0 * electricity_MWh),
        ("CO2", "electricity", 50.0 * 0.4 * electricity_MWh),
        ("gas", "", 45.0 * gas_MWh),
        ("CO2", "gas", 50.0 * 0.2 * gas_MWh),
        ("cooling water", "", 4.0 * cooling_MWh),
    ]
    assert tuple(split.columns) == COLUMNS
    assert list(zip(split["part"], split["of"], strict=True)) == [row[:2] for row in expected]
    assert split["cost_EUR_per_a"].tolist() == pytest.approx([row[2] for row in expected])
    assert split["cost_EUR_per_a"].sum() == pytest.approx(result.tac_EUR_per_a)
    assert split["share"].tolist() == pytest.approx(
        [row[2] / result.tac_EUR_per_a for row in expected]
    )


def test_the_split_follows_prices_over_time_and_leaves_out_what_stands() -> None:
    made = small_result()
    assert made.design is not None
    prices = np.array([500.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    profile = replace(made.profile, series={"gas_price_EUR_per_MWh": prices})
    parameters = made.parameters.replace_unit("boiler", existing_kW=120)
    result = checked_result(profile, parameters, made.design, Status.OPTIMAL)
    split = cost_split(result).set_index(["part", "of"])["cost_EUR_per_a"]
    assert ("investment", "boiler") not in split.index
    assert split["gas", ""] == pytest.approx(500.0 * 0.5 * BOILER_kW[0] / 0.9)
    assert split.sum() == pytest.approx(result.tac_EUR_per_a)


def test_a_plant_that_earns_has_no_shares() -> None:
    made = small_result()
    assert made.design is not None
    parameters = made.parameters.replace(electricity_price_EUR_per_MWh=-4000)
    result = checked_result(made.profile, parameters, made.design, Status.OPTIMAL)
    assert result.tac_EUR_per_a < 0.0
    split = cost_split(result)
    assert split["share"].isna().all()
    assert split["cost_EUR_per_a"].sum() == pytest.approx(result.tac_EUR_per_a)
    figure = draw_costs(result)
    _stays_inside(figure)
    assert not any("%" in text.get_text() for text in figure.axes[0].texts)


def test_costs_are_bars_with_their_numbers() -> None:
    figure = draw_costs(small_result(), title="plant")
    (axes,) = figure.axes
    split = cost_split(small_result())
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx((split["cost_EUR_per_a"] / 1000.0).tolist())
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[:3] == ["investment, heat_pump", "investment, boiler", "investment, store"]
    assert labels[3:6] == ["electricity", "CO₂ of electricity", "gas"]
    assert labels[6:] == ["CO₂ of gas", "cooling water"]
    texts = [text.get_text() for text in axes.texts]
    assert texts[0] == "2.0 k€/a  (8.5 %)"
    assert texts[1] == "0.72 k€/a  (3.1 %)"
    assert axes.get_title(loc="left").startswith("plant: 23.")
    assert axes.get_xlabel() == "cost, k€/a"
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first part stands on top"
    _stays_inside(figure)


def test_parts_that_cost_nothing_have_no_bar() -> None:
    labels = draw_costs(boiler_only(8)).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["investment, boiler", "gas", "CO₂ of gas"]


@pytest.mark.parametrize("draw", [draw_operation, draw_costs])
def test_without_a_plant_a_sentence_says_why(draw: Callable[..., Any]) -> None:
    empty = no_result(Status.INFEASIBLE, math.inf, "nothing meets the demand")
    figure = draw(empty, title="plant")
    assert [text.get_text() for text in figure.axes[0].texts] == ["nothing meets the demand"]
    assert _titles(figure) == ["plant"]
    figure = draw(no_result(Status.ERROR, math.nan, ""))
    assert [text.get_text() for text in figure.axes[0].texts] == ["No design was found."]
    assert len(cost_split(empty)) == 0
    assert tuple(cost_split(empty).columns) == COLUMNS


@pytest.mark.parametrize("draw", [draw_operation, draw_costs])
def test_figures_need_matplotlib(draw: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"milpcore\[plot\]"):
        draw(small_result())


def test_the_same_plant_gives_the_same_bytes(tmp_path: Any) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        save_figure(draw_operation(small_result()), tmp_path / folder / "operation")
    for name in ("operation.png", "operation.svg"):
        first, second = (tmp_path / folder / name for folder in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()
