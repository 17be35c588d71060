"""The figure of best designs shows the numbers of the tables, with titles, units, legend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers_fixed_levels import ELECTRICITY, INVESTMENT

from milpcore import SiteEconomics, load_case
from milpcore.economics import Measure
from milpcore.plots import designs_over_parameters
from milpcore.site import DesignSensitivityStudy, greenfield_sensitivity

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def study() -> DesignSensitivityStudy:
    keys = (ELECTRICITY, INVESTMENT)
    return greenfield_sensitivity(load_case("dairy_8"), n_levels=4, vary=keys, n_steps=7)


def bars(axes: Any) -> dict[str, list[tuple[float, float]]]:
    """Begin and end of the bars of every row, by the row's name."""
    names = [label.get_text() for label in axes.get_yticklabels()]
    found = {}
    for name, collection in zip(names, axes.collections, strict=True):
        boxes = [path.get_extents() for path in collection.get_paths()]
        found[name] = [(float(box.x0), float(box.x1)) for box in boxes]
    return found


def legend(figure: Any) -> list[str]:
    return [text.get_text() for one in figure.legends for text in one.get_texts()]


def stays_inside(figure: Any) -> None:
    """Draw the figure: nothing warns, and no text leaves the picture."""
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    texts = [text for one in figure.legends for text in one.get_texts()]
    for axes in figure.axes:
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_yticklabels()]
    for text in texts:
        box = text.get_window_extent()
        inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
        assert inside or not text.get_text(), text.get_text()


def test_bars_reach_over_the_ranges_of_the_tables(study: DesignSensitivityStudy) -> None:
    figure = designs_over_parameters(study, title="dairy")
    assert figure._suptitle.get_text() == "dairy"  # type: ignore[attr-defined]
    assert len(figure.axes) == 6
    for key, (cost, levels, pumps) in zip(
        (ELECTRICITY, INVESTMENT), (figure.axes[:3], figure.axes[3:]), strict=True
    ):
        designs = study.designs[study.designs["parameter"] == key]
        assert len(designs) > 1, "nothing to see"
        names = [label.get_text() for label in figure.axes[1].get_yticklabels()]
        assert names == sorted(names, key=float)
        for axes, of_first, column in (
            (levels, figure.axes[1], "levels_C"),
            (pumps, figure.axes[2], "heat_pumps"),
        ):
            names = [label.get_text() for label in of_first.get_yticklabels()]
            drawn = [[path.get_extents() for path in one.get_paths()] for one in axes.collections]
            for name, boxes in zip(names, drawn, strict=True):
                used = designs[[name in text.split(", ") for text in designs[column]]]
                length = (used["to_percent"] - used["from_percent"]).sum()
                assert sum(box.x1 - box.x0 for box in boxes) == pytest.approx(length)
                for middle in 0.5 * (used["to_percent"] + used["from_percent"]):
                    assert any(box.x0 < middle < box.x1 for box in boxes)
        assert cost.get_title(loc="left").startswith(
            "electricity price\nbase value 85 EUR/MWh"
            if key == ELECTRICITY
            else "heat pump investment\nbase value 700 EUR/kW"
        )
    stays_inside(figure)


def test_ranges_that_touch_are_one_bar(study: DesignSensitivityStudy) -> None:
    (levels, *_) = (axes for axes in designs_over_parameters(study).axes[1:])
    designs = study.designs[study.designs["parameter"] == ELECTRICITY]
    everywhere = set.intersection(*(set(text.split(", ")) for text in designs["levels_C"]))
    assert everywhere
    for name in everywhere:
        assert bars(levels)[name] == [(-50.0, 50.0)]


def test_cost_and_markers_are_those_of_the_tables(study: DesignSensitivityStudy) -> None:
    figure = designs_over_parameters(study)
    cost = figure.axes[0]
    line, *_ = cost.get_lines()
    tips = study.tipping_points[study.tipping_points["parameter"] == ELECTRICITY]
    points = study.points[study.points["parameter"] == ELECTRICITY]
    assert sorted(line.get_xdata()) == sorted([*points["percent"], *tips["percent"]])
    values = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
    for row in (*points.itertuples(), *tips.itertuples()):
        assert values[row.percent] == pytest.approx(row.tac_EUR_per_a / 1e3)
    assert cost.get_ylabel() == "TAC, k€/a"
    marks = {
        line.get_markerfacecolor(): line
        for line in cost.get_lines()
        if line.get_marker() == "o" and len(line.get_xdata())
    }
    changed = tips["before_levels_C"] != tips["after_levels_C"]
    for colour, mark in marks.items():
        expected = tips[~changed] if colour == "white" else tips[changed]
        assert list(mark.get_xdata()) == expected["percent"].tolist()
    assert sum(len(mark.get_xdata()) for mark in marks.values()) == len(tips) > 0


def test_the_legend_explains_what_there_is(study: DesignSensitivityStudy) -> None:
    texts = legend(designs_over_parameters(study))
    changed = study.tipping_points["before_levels_C"] != study.tipping_points["after_levels_C"]
    assert ("tipping point: levels change" in texts) == changed.any()
    assert ("tipping point: only heat pumps change" in texts) == (~changed).any()
    assert texts[-2:] == ["level in use", "heat pump in use"]


def test_a_line_has_a_gap_where_it_may_jump() -> None:
    study = greenfield_sensitivity(
        load_case("dairy_8"),
        n_levels=4,
        vary={"max_lift_K": [20.0, 40.0, 60.0, 80.0]},
        objective="co2",
    )
    figure = designs_over_parameters(study)
    lines = [
        line
        for line in figure.axes[0].get_lines()
        if len(line.get_xdata()) and line.get_marker() != "o"
    ]
    solid = [line for line in lines if line.get_linestyle() == "-"]
    assert len(solid) == len(study.tipping_points) + 1 > 1
    assert figure.axes[0].get_ylabel() == "CO₂, t/a"
    stays_inside(figure)


def test_four_parameters_make_two_rows_and_values_replace_percent() -> None:
    study = greenfield_sensitivity(
        load_case("two_streams"),
        n_levels=2,
        vary={
            "cooling_price_EUR_per_MWh": [0.0, 20.0],
            "lifetime_a": [10.0, 30.0],
            "interest_rate": [0.05, 0.1],
            "gas_price_EUR_per_MWh": [20.0, 40.0],
        },
    )
    figure = designs_over_parameters(study)
    labels = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert labels == ["EUR/MWh", *["change, %"] * 3]
    assert legend(figure) == ["level in use"]
    left = [axes.get_position().x0 for axes in figure.axes[::2]]
    assert left[3] == pytest.approx(left[0], abs=0.05)
    assert left[0] < left[1] < left[2]
    stays_inside(figure)


def test_without_any_design_there_is_a_sentence_or_an_empty_line() -> None:
    empty = DesignSensitivityStudy.of(Measure.TAC, SiteEconomics(), (ELECTRICITY,), [])
    (axes,) = designs_over_parameters(empty).axes
    assert [text.get_text() for text in axes.texts] == ["Nothing was finished."]
    none = greenfield_sensitivity(load_case("two_streams"), n_levels=1, vary=ELECTRICITY, n_steps=2)
    figure = designs_over_parameters(none)
    assert len(figure.axes) == 1
    assert np.isnan(figure.axes[0].get_lines()[0].get_ydata()).all()
    assert legend(figure) == []
    stays_inside(figure)
