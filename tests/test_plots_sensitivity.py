"""Figures of sensitivity studies show the numbers of the tables, with titles, units, legends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers_fixed_levels import ELECTRICITY, EMISSION, INVESTMENT, LEVELS_C

from milpcore import SiteEconomics, load_case
from milpcore.plots.sensitivity import cost_over_parameters, heat_pump_map
from milpcore.site.map_cells import FINEST
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
    ends = border_ends(figure)
    borders = found.borders[["first_percent", "second_percent"]].to_numpy()
    assert set(found.borders["along"]) == {ELECTRICITY, "carnot_efficiency"}
    for border in borders:
        assert np.abs(ends - border).sum(axis=1).min() < 1e-6
    for end in ends[np.abs(ends).max(axis=1) > 50.0 - 1e-6]:  # on an edge of the map
        assert np.abs(borders - end).sum(axis=1).min() < 1e-6
    stays_inside(figure)
    assert FINEST * figure.get_size_inches()[0] * figure.dpi < 2.0  # as the docstring says


def border_ends(figure: Any) -> Any:
    """Ends of the borders that a map shows, in the units of its axes (E, 2)."""
    (axes,) = figure.axes
    drawn = [line.get_xydata() for line in axes.get_lines() if line.get_linewidth() == 1.2]
    ends = np.concatenate([np.empty((0, 2)), *drawn])
    return ends[~np.isnan(ends).any(axis=1)]


def colours_at(figure: Any, x: float, y: float) -> list[str]:
    """Colours of the areas that hold a place."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_hex

    return [
        to_hex(one.get_facecolor()[0])
        for one in figure.axes[0].collections
        if isinstance(one, PolyCollection)
        for path in one.get_paths()
        if path.contains_point((x, y))
    ]


def test_every_point_has_the_colour_of_its_set(found: SensitivityMap) -> None:
    from matplotlib.colors import to_hex

    figure = heat_pump_map(found)
    entries = zip(figure.legends[0].legend_handles, legend(figure), strict=True)
    colours = {text: to_hex(one.get_facecolor()) for one, text in list(entries)[:3]}
    points = found.points[["first_percent", "second_percent", "heat_pumps"]]
    inside = points[points.iloc[:, :2].abs().max(axis=1) < 50.0]
    assert len(inside) == 49
    for x, y, text in inside.itertuples(index=False):
        told = "no heat pump" if text == "none" else text
        assert set(colours_at(figure, x + 1e-3, y + 2e-3)) == {colours[told]}


@pytest.mark.parametrize("n_steps", [2, 3, 5])
def test_a_coarse_map_has_its_border(n_steps: int) -> None:
    found = sensitivity_map(
        load_case("site_400"), levels_C=LEVELS_C, vary=(ELECTRICITY, CO2_PRICE), n_steps=n_steps
    )
    ends = border_ends(heat_pump_map(found))
    for edge, percent in ((-50.0, -20.625), (50.0, -11.963)):
        on_edge = ends[np.abs(ends[:, 1] - edge) < 1e-9]
        np.testing.assert_allclose(on_edge[:, 0], [percent], atol=0.01)


@pytest.mark.compiled
def test_sets_beyond_the_colours_share_one() -> None:
    found = sensitivity_map(
        load_case("site_400"),
        levels_C=(15, 35, 50, 65, 80, 100, 134, 160, 214, 285, 1600),
        vary=("max_lift_K", "carnot_efficiency"),
        n_steps=3,
    )
    assert len(found.sets) > 7
    figure = heat_pump_map(found)
    assert legend(figure)[6] == "other sets"
    for text in found.sets["heat_pumps"][6:]:
        area = next(one for one in found.pieces.areas if one.heat_pumps == text)
        values = np.mean(area.corners, axis=0)
        percent = [
            100.0 * (v / axis.base - 1.0) for v, axis in zip(values, found.axes, strict=True)
        ]
        assert colours_at(figure, *percent) == ["#e6e6e6"]


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


def test_borders_of_a_map_without_percent_are_at_values() -> None:
    values = {"cooling_price_EUR_per_MWh": [0.0, 4.0], ELECTRICITY: [50.0, 120.0]}
    found = sensitivity_map(
        load_case("site_400"),
        levels_C=LEVELS_C,
        vary=values,
        economics=SiteEconomics(cooling_price_EUR_per_MWh=0.0),
    )
    ends = border_ends(heat_pump_map(found))
    np.testing.assert_allclose(np.sort(ends[:, 0]), [0.0, 4.0])
    np.testing.assert_allclose(ends[ends[:, 0] == 0.0, 1], found.borders["second_value"].iloc[0])
    assert (np.abs(ends[:, 1] - 71.0) < 5.0).all()


def test_a_map_of_one_cost_has_no_contours() -> None:
    found = sensitivity_map(
        load_case("site_400"),
        levels_C=LEVELS_C,
        vary=(ELECTRICITY, INVESTMENT),
        n_steps=3,
        heat_pumps=False,
    )
    figure = heat_pump_map(found)
    assert legend(figure) == ["no heat pump", "base values"]
    assert len(border_ends(figure)) == 0
    assert colours_at(figure, 1.0, 1.0) == ["#cde3f1"]
