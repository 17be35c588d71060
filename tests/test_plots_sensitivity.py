"""Figures of sensitivity studies show the numbers of the tables, with titles, units, legends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers_fixed_levels import ELECTRICITY, EMISSION, INVESTMENT, LEVELS_C

from milpcore import SiteEconomics, load_case
from milpcore.plots.sensitivity import cost_over_parameters, heat_pump_map
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_map import sensitivity_map
from milpcore.site.sensitivity_map_results import SensitivityMap
from milpcore.site.sensitivity_results import SensitivityStudy

pytest.importorskip("matplotlib")
CO2_PRICE = "co2_price_EUR_per_t"


@pytest.fixture(scope="module")
def study() -> SensitivityStudy:
    keys = (ELECTRICITY, CO2_PRICE, INVESTMENT, EMISSION)
    return sensitivity(load_case("site_400"), levels_C=LEVELS_C, vary=keys)


@pytest.fixture(scope="module")
def found() -> SensitivityMap:
    return sensitivity_map(
        load_case("site_400"), levels_C=LEVELS_C, vary=(ELECTRICITY, "carnot_efficiency"), n_steps=9
    )


def legend(figure: Any) -> list[str]:
    return [text.get_text() for one in figure.legends for text in one.get_texts()]


def stays_inside(figure: Any) -> None:
    """Draw the figure: nothing warns, and no text leaves the picture."""
    import matplotlib.text

    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    labels = [text for one in figure.legends for text in one.get_texts()]
    labels += [axes.title for axes in figure.axes] + [axes.xaxis.label for axes in figure.axes]
    for text in labels:
        assert isinstance(text, matplotlib.text.Text)
        box = text.get_window_extent()
        inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
        assert inside or not text.get_text(), text.get_text()


def test_lines_and_markers_are_those_of_the_tables(study: SensitivityStudy) -> None:
    figure = cost_over_parameters(study, title="scenario 3")
    upper, lower = figure.axes
    assert upper.get_title(loc="left") == "scenario 3"
    assert (upper.get_ylabel(), lower.get_xlabel()) == ("TAC, M€/a", "change of the parameter, %")
    assert lower.get_ylabel() == "heat of all\nheat pumps, MW"
    lines = [line for line in upper.get_lines() if len(line.get_xdata()) > 2]
    assert len(lines) == 4
    points = study.points[study.points["parameter"] == CO2_PRICE]
    np.testing.assert_allclose(lines[1].get_xdata(), points["percent"])
    np.testing.assert_allclose(lines[1].get_ydata(), points["tac_EUR_per_a"] / 1e6)
    markers = [line for line in upper.get_lines() if line.get_marker() == "o"]
    at = [float(x) for line in markers for x in line.get_xdata()]
    assert at == study.tipping_points["percent"].tolist()
    stays_inside(figure)


def test_the_legend_names_the_heat_pumps_at_tipping_points(study: SensitivityStudy) -> None:
    assert legend(cost_over_parameters(study)) == [
        "electricity price\n  80→134 up to −16.3 % (71.15 EUR/MWh)",
        "CO2 price",
        "heat pump investment\n  80→134 up to −45.9 % (378.44 EUR/kW)",
        "electricity emission\n  80→134 up to −45.6 % (0.20688 t/MWh)",
        "tipping point: the set of heat pumps changes",
    ]


def test_heat_jumps_at_a_tipping_point(study: SensitivityStudy) -> None:
    line = cost_over_parameters(study).axes[1].get_lines()[0]
    x, heat_MW = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    (jump,) = np.flatnonzero(np.abs(np.diff(heat_MW)) > 1.0)
    assert x[jump] == x[jump + 1] == study.tipping_points["percent"].iloc[0]
    assert heat_MW[[jump, jump + 1]].tolist() == pytest.approx([55.7, 11.6], abs=0.1)


def test_without_percent_every_parameter_has_its_panels() -> None:
    study = sensitivity(
        load_case("site_400"),
        levels_C=LEVELS_C,
        vary={"cooling_price_EUR_per_MWh": [0.0, 20.0], "carnot_efficiency": [0.3, 0.6]},
        objective="co2",
    )
    figure = cost_over_parameters(study)
    assert len(figure.axes) == 4
    assert [axes.get_xlabel() for axes in figure.axes[1::2]] == [
        "cooling price, EUR/MWh",
        "carnot efficiency",
    ]
    assert figure.axes[0].get_ylabel() == "CO₂, kt/a"
    assert "carnot efficiency\n  " in "".join(legend(figure))
    stays_inside(figure)


def test_nothing_tips_without_heat_pumps() -> None:
    bare = sensitivity(
        load_case("site_400"), levels_C=LEVELS_C, vary=ELECTRICITY, n_steps=3, heat_pumps=False
    )
    figure = cost_over_parameters(bare)
    assert legend(figure) == ["electricity price"]
    assert all(not len(line.get_xdata()) for line in figure.axes[0].get_lines()[1:])


def test_the_map_shows_sets_borders_and_contours(found: SensitivityMap) -> None:
    figure = heat_pump_map(found, title="map")
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "map"
    assert axes.get_xlabel() == "change of electricity price from 85 EUR/MWh, %"
    assert axes.get_ylabel() == "change of carnot efficiency from 0.65, %"
    assert axes.get_xlim() == axes.get_ylim() == (-50.0, 50.0)
    names = ["no heat pump" if text == "none" else text for text in found.sets["heat_pumps"]]
    assert legend(figure) == [*names, "equal TAC, M€/a", "base values"]
    drawn = np.concatenate([line.get_xydata() for line in axes.get_lines()])
    borders = found.borders[["first_percent", "second_percent"]].to_numpy()
    for border in borders:
        assert np.abs(drawn - border).sum(axis=1).min() < 1e-9
    stays_inside(figure)


def test_a_map_without_percent_is_over_values() -> None:
    found = sensitivity_map(
        load_case("two_streams"),
        levels_C=[50.0, 130.0],
        vary={"cooling_price_EUR_per_MWh": [0.0, 4.0], "max_lift_K": [30.0, 90.0]},
        economics=SiteEconomics(electricity_price_EUR_per_MWh=5.0),
    )
    figure = heat_pump_map(found)
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("cooling price, EUR/MWh", "max lift, K")
    assert "base values" not in legend(figure)
    stays_inside(figure)


def test_a_map_of_one_cost_has_no_contours() -> None:
    found = sensitivity_map(
        load_case("site_400"),
        levels_C=LEVELS_C,
        vary=(ELECTRICITY, INVESTMENT),
        n_steps=3,
        heat_pumps=False,
    )
    assert legend(heat_pump_map(found)) == ["no heat pump", "base values"]
