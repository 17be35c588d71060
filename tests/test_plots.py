"""Figures show the numbers of the tables, with titles, units and legends."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import milpcore
from milpcore import InputError, MissingExtraError, SiteEconomics, Status, Streams
from milpcore.plots import (
    composite_curves,
    cost_over_levels,
    grand_composite_curve,
    heat_pump_use,
    levels_and_streams,
    root_gaps,
    save_figure,
    tables,
)
from milpcore.plots.style import heat_label, spread
from milpcore.scales import Kind, scale_for
from milpcore.site.greenfield import greenfield_study
from milpcore.site.results import GreenfieldStudy, SiteResult
from milpcore.site_options import ConnectionOptions, LevelOptions, SiteOptions

pytest.importorskip("matplotlib")

Floats = np.ndarray[Any, np.dtype[np.float64]]


@pytest.fixture(scope="module")
def study() -> GreenfieldStudy:
    prices = SiteEconomics(cooling_price_EUR_per_MWh=3.0)
    return greenfield_study(milpcore.load_case("dairy_8"), levels=range(1, 9), economics=prices)


@pytest.fixture(scope="module")
def best(study: GreenfieldStudy) -> SiteResult:
    return study.results[-1]


@pytest.fixture(scope="module")
def dairy() -> milpcore.Targets:
    return milpcore.targets(milpcore.load_case("dairy_8"))


def _texts(figure: Any) -> list[str]:
    """All that is written in a figure."""
    import matplotlib.text

    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def _legend(figure: Any) -> list[str]:
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def _stays_inside(figure: Any) -> None:
    """Draw the figure: nothing warns, and no text leaves the picture."""
    import matplotlib.text

    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    assert width == 1000
    ticks = _tick_labels(figure)
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in ticks:
            box = text.get_window_extent()
            inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
            assert inside, f"{text.get_text()!r} at {box}"


def _tick_labels(figure: Any) -> set[int]:
    """Labels of ticks, of which those outside the limits exist but are not drawn."""
    axis = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = [tick for one in axis for tick in (*one.majorTicks, *one.minorTicks)]
    return {id(label) for tick in ticks for label in (tick.label1, tick.label2)}


def test_composite_curves_show_their_tables(dairy: milpcore.Targets) -> None:
    figure = composite_curves(dairy, title="dairy")
    axes = figure.axes[0]
    hot, cold = axes.get_lines()[:2]
    table = dairy.composite_curves
    for line, side in ((hot, "hot"), (cold, "cold")):
        part = table[table["side"] == side]
        np.testing.assert_allclose(line.get_xdata(), part["enthalpy_kW"])
        np.testing.assert_allclose(line.get_ydata(), part["temperature_C"])
    assert axes.get_title(loc="left") == "dairy"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("enthalpy, kW", "temperature, °C")
    assert _legend(figure) == ["hot streams, 2880.0 kW", "cold streams, 3660.0 kW"]
    assert {"hot utility 2640.6 kW", "cold utility 1860.6 kW"} <= set(_texts(figure))
    _stays_inside(figure)


def test_the_curves_of_a_large_site_are_in_megawatt() -> None:
    found = milpcore.targets(milpcore.load_case("site_400"))
    figure = composite_curves(found)
    assert figure.axes[0].get_xlabel() == "enthalpy, MW"
    enthalpy_kW = found.hot_composite.heat_kW
    np.testing.assert_allclose(figure.axes[0].get_lines()[0].get_xdata(), enthalpy_kW / 1000.0)


def test_a_utility_that_is_not_needed_has_no_arrow() -> None:
    figure = composite_curves(milpcore.targets(milpcore.load_case("two_streams")))
    assert [text for text in _texts(figure) if "utility" in text] == ["cold utility 300.0 kW"]


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_one_side_alone_can_be_drawn(kind: str) -> None:
    streams = milpcore.load_case("dairy_8")
    found = milpcore.targets(streams.select(streams.is_hot == (kind == "hot")))
    figure = composite_curves(found)
    assert len(_legend(figure)) == 1
    assert _legend(figure)[0].startswith(f"{kind} streams")
    _stays_inside(figure)
    _stays_inside(grand_composite_curve(found))


def test_grand_composite_curve_shows_its_table(dairy: milpcore.Targets) -> None:
    figure = grand_composite_curve(dairy, title="dairy")
    axes = figure.axes[0]
    table = dairy.grand_composite_curve
    np.testing.assert_allclose(axes.get_lines()[0].get_xdata(), table["net_heat_kW"])
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), table["shifted_temperature_C"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "net heat flow, kW",
        "shifted temperature, °C",
    )
    assert _legend(figure) == [
        "net heat flow",
        "hot utility, 2640.6 kW",
        "cold utility, 1860.6 kW",
        "pinch, 59.5 °C",
    ]
    _stays_inside(figure)


def test_costs_show_the_summary(study: GreenfieldStudy) -> None:
    figure = cost_over_levels(study, title="dairy")
    upper, lower = figure.axes
    summary = study.summary
    line = upper.get_lines()[0]
    found = summary[summary["objective_value"].notna()]
    np.testing.assert_allclose(line.get_xdata(), found["max_levels"])
    np.testing.assert_allclose(line.get_ydata(), found["objective_value"] / 1e3)
    assert upper.get_title(loc="left") == "dairy"
    assert upper.get_ylabel() == "TAC, k€/a"
    assert (lower.get_xlabel(), lower.get_ylabel()) == (
        "largest number of utility levels",
        "TAC, k€/a",
    )
    pumps = [t.get_text() for t in upper.texts if t.get_text().isdigit()]
    assert pumps == [str(n) for n in found["n_heat_pumps"]]
    assert "no design: infeasible" in _texts(figure)
    assert _legend(figure) == [
        "TAC, proven optimal",
        "number of heat pumps",
        "external heat with its CO₂",
        "electricity with its CO₂",
        "investment in heat pumps",
        "cooling",
    ]
    assert [int(tick) for tick in lower.get_xticks()] == summary["max_levels"].tolist()
    _stays_inside(figure)


def test_bars_are_the_cost_components_and_add_up_to_tac(study: GreenfieldStudy) -> None:
    costs = tables.cost_components(study)
    parts = costs.columns[1:-1]
    np.testing.assert_allclose(costs[parts].sum(axis=1), costs["tac_EUR_per_a"], rtol=1e-9)
    assert (costs[parts].max() > 0.0).all()
    lower = cost_over_levels(study).axes[1]
    for bars, part in zip(lower.containers, parts, strict=True):
        heights = [bar.get_height() for bar in bars]
        np.testing.assert_allclose(heights, costs[part] / 1e3, rtol=1e-9)
    tops = [bar.get_y() + bar.get_height() for bar in lower.containers[-1]]
    np.testing.assert_allclose(tops, costs["tac_EUR_per_a"] / 1e3, rtol=1e-9)


def test_the_legend_names_levels_where_they_cost_something() -> None:
    connections = ConnectionOptions(area_investment_EUR=500.0, stream_htc_kW_per_m2_K=0.5)
    options = SiteOptions(levels=LevelOptions(investment_EUR=2e4), connections=connections)
    paid = greenfield_study(milpcore.load_case("dairy_8"), levels=[2, 4], options=options)
    legend = cost_over_levels(paid).axes[1].get_legend_handles_labels()[1]
    assert {"investment in levels", "investment in exchangers"} <= set(legend)
    costs = tables.cost_components(paid)
    np.testing.assert_allclose(costs.iloc[:, 1:-1].sum(axis=1), costs["tac_EUR_per_a"])
    per_a = milpcore.SiteEconomics().annuity_per_a
    exchangers = [per_a * one.connections["investment_EUR"].sum() for one in paid.results]
    np.testing.assert_allclose(costs["exchangers_EUR_per_a"], exchangers)
    pumps = [per_a * one.heat_pumps["investment_EUR"].sum() for one in paid.results]
    np.testing.assert_allclose(costs["heat_pumps_EUR_per_a"], pumps, atol=1e-6)


def _unproven(result: SiteResult, bound_share: float) -> SiteResult:
    """Return the same result, as if a time limit had ended its search."""
    summary = result.summary.copy()
    summary["status"] = "time_limit"
    summary["bound"] = bound_share * summary["objective_value"]
    summary["gap"] = 1.0 - bound_share
    return replace(result, status=Status.TIME_LIMIT, summary=summary)


def test_what_is_not_proven_shows_its_bound(study: GreenfieldStudy) -> None:
    results = list(study.results)
    results[4], results[5] = _unproven(results[4], 0.9), _unproven(results[5], 0.0)
    figure = cost_over_levels(GreenfieldStudy(tuple(results)))
    upper = figure.axes[0]
    assert {"best found, not proven", "down to the lower bound"} <= set(_legend(figure))
    (whisker,) = upper.containers
    value = results[4].summary["objective_value"].iloc[0] / 1e3
    (ends,) = whisker[2][0].get_segments()
    np.testing.assert_allclose(ends, [[5.0, 0.9 * value], [5.0, value]])
    _stays_inside(figure)


def test_emissions_are_in_tonnes() -> None:
    streams = milpcore.load_case("dairy_8")
    study = greenfield_study(streams, levels=[2, 4], objective="co2")
    figure = cost_over_levels(study)
    assert figure.axes[0].get_ylabel() == "CO₂, t/a"
    assert _legend(figure)[0] == "CO₂, proven optimal"
    levels = levels_and_streams(study.results[-1])
    assert ", CO₂ " in levels.get_suptitle()
    assert not [text for text in (*_texts(figure), *_texts(levels)) if "CO2" in text]


def test_pump_use_adds_up_over_the_configurations(study: GreenfieldStudy) -> None:
    use, pumps = tables.heat_pump_use(study), study.heat_pumps
    assert len(use) > 3
    assert use["total_heat_kW"].sum() == pytest.approx(pumps["heat_kW"].sum(), rel=1e-12)
    assert use["n_configurations"].sum() == len(pumps)
    assert use["total_heat_kW"].is_monotonic_decreasing
    first = use.iloc[0]
    same = pumps[(pumps["source_C"] == first["source_C"]) & (pumps["sink_C"] == first["sink_C"])]
    assert first["largest_heat_kW"] == same["heat_kW"].max()

    figure = heat_pump_use(study, title="dairy")
    left, right = figure.axes
    np.testing.assert_allclose([bar.get_width() for bar in left.patches], use["total_heat_kW"])
    np.testing.assert_allclose([bar.get_width() for bar in right.patches], use["n_configurations"])
    assert [label.get_text() for label in left.get_yticklabels()] == [
        f"{a:g} → {b:g}" for a, b in zip(use["source_C"], use["sink_C"], strict=True)
    ]
    assert left.get_title(loc="left") == "dairy"
    assert left.get_xlabel() == "sink heat, sum over the configurations, kW"
    assert left.get_ylabel() == "source → sink, °C"
    assert right.get_xlabel() == "configurations that use it, of 7"
    _stays_inside(figure)


def test_many_pumps_are_cut_and_the_rest_is_named(best: SiteResult) -> None:
    pumps = best.heat_pumps.loc[np.zeros(40, dtype=int)].reset_index(drop=True)
    pumps["sink_C"] = 80.0 + np.arange(40)
    pumps["heat_kW"] = 100.0 + np.arange(40)
    many = GreenfieldStudy((replace(best, heat_pumps=pumps),))
    figure = heat_pump_use(many)
    assert len(figure.axes[0].patches) == 30
    rest_kW = sum(range(100, 110))
    assert f"not drawn: 10 more pairs with {rest_kW}.0 kW in all" in _texts(figure)
    _stays_inside(figure)
    arrows = levels_and_streams(many.results[0])
    assert "heat pump" in _legend(arrows), "no room for their heat"
    assert not set(_texts(arrows)) & {f"{heat}.0" for heat in range(100, 140)}
    _stays_inside(arrows)


def test_no_pump_at_all_is_said(study: GreenfieldStudy) -> None:
    figure = heat_pump_use(GreenfieldStudy(study.results[:2]))
    _is_only_text(figure, "no heat pump in any configuration")
    assert "no heat pump" in _texts(levels_and_streams(study.results[1]))


def _is_only_text(figure: Any, text: str) -> None:
    """No ticks, no lines, a title and one sentence."""
    (axes,) = figure.axes
    assert [one.get_text() for one in axes.texts] == [text]
    assert not axes.axison
    assert not [*axes.lines, *axes.patches, *axes.collections]
    assert _legend(figure) == []
    assert axes.get_title(loc="left")
    _stays_inside(figure)


@pytest.mark.parametrize(
    ("n_results", "text"),
    [
        (1, "no configuration has a design (1 infeasible)"),
        (0, "no configuration has a design (there is none)"),
    ],
)
def test_a_study_without_any_design_says_so(
    study: GreenfieldStudy, n_results: int, text: str
) -> None:
    nothing = GreenfieldStudy(study.results[:n_results])
    costs = cost_over_levels(nothing, title="dairy")
    _is_only_text(costs, text)
    assert costs.axes[0].get_title(loc="left") == "dairy"
    _is_only_text(heat_pump_use(nothing), text)


def test_a_configuration_without_design_has_no_figure(study: GreenfieldStudy) -> None:
    nothing = GreenfieldStudy(study.results[:1])
    with pytest.raises(ValueError, match=r"^max_levels = 1: there is no design to draw$"):
        levels_and_streams(nothing.results[0])


def test_small_heat_is_no_zero() -> None:
    """A site of 100 MW with flows of a few kW beside."""
    rows = [("H1", 160.0, 40.0, 90_000.0), ("C1", 20.0, 120.0, 100_000.0), ("C2", 60.0, 130.0, 9.0)]
    names = ("name", "t_supply", "t_target", "heat_flow")
    records = [dict(zip(names, row, strict=True), zone="site", dt_cont=5.0) for row in rows]
    (result,) = greenfield_study(milpcore.read_streams(records), levels=[4]).results
    small_kW = float(result.heat_pumps["heat_kW"].min())
    share = 40.0 / small_kW
    result = replace(
        result,
        heat_pumps=result.heat_pumps.assign(heat_kW=result.heat_pumps["heat_kW"] * share),
        levels=result.levels.assign(
            external_heat_kW=[12_000.0, 45.0, 0.0, 3.0][: len(result.levels)]
        ),
    )
    texts = _texts(levels_and_streams(result))
    assert {"12.0", "0.045"} <= set(texts)
    assert "0.0" not in texts


@given(st.floats(0.02, 1e9))
def test_a_label_of_heat_is_rounded_but_never_to_zero(heat_kW: float) -> None:
    scale = scale_for(Kind.HEAT, [heat_kW, 2e4])
    value = heat_kW / scale.factor
    label = heat_label(heat_kW, scale)
    half = 0.0501 if value >= 0.1 else 0.0501 * value
    assert float(label) == pytest.approx(value, abs=half, rel=1e-9)
    assert float(label) > 0.0


def test_rounding_noise_is_zero_heat() -> None:
    assert heat_label(1e-6, scale_for(Kind.HEAT, [2e4])) == "0.0"
    assert heat_label(-1e-6, scale_for(Kind.HEAT, [2e4])) == "0.0"


def test_a_tightness_table_without_gaps_says_so() -> None:
    streams = _site(200.0)
    table = milpcore.compare(streams, levels=[1], formulations=["level_path"])
    assert table["root_gap"].isna().all()
    figure = root_gaps(table, title="nothing")
    _is_only_text(figure, "no variant has a root gap: its bound or the optimum is missing")


def test_levels_show_duties_pumps_and_utilities(best: SiteResult) -> None:
    figure = levels_and_streams(best, name="dairy")
    hot, pumps, cold, _rows = figure.axes
    levels = best.levels
    for axes, column in ((hot, "hot_streams_kW"), (cold, "cold_streams_kW")):
        segments = np.array(axes.collections[0].get_segments())
        lengths_kW = segments[:, 1, 0] - segments[:, 0, 0]
        np.testing.assert_allclose(lengths_kW, levels[column], atol=1e-9)
        np.testing.assert_allclose(segments[:, 0, 1], levels["temperature_C"])
        assert axes.get_xlabel() == "heat, kW"
    arrows = [note for note in pumps.texts if not note.get_text()]
    ends = [(arrow.xyann[1], arrow.xy[1]) for arrow in arrows]
    table = best.heat_pumps
    assert ends == list(zip(table["source_C"], table["sink_C"], strict=True))
    beside = [note.get_text() for note in pumps.texts if note.get_text()]
    assert beside == [f"{heat:.1f}" for heat in table["heat_kW"]]
    texts = set(_texts(figure))
    assert {f"{temperature:g}" for temperature in levels["temperature_C"]} <= texts
    for column in ("external_heat_kW", "cooling_kW"):
        assert {f"{heat:.1f}" for heat in levels[column] if heat > 0.0} <= texts
    assert hot.get_ylabel() == "temperature, °C"
    assert figure.get_suptitle().startswith("dairy: 8 utility levels (at most 8), TAC ")
    assert _legend(figure) == [
        "hot streams",
        "duty of a utility level",
        "cold streams",
        "heat pump with its sink heat, kW",
    ]
    _stays_inside(figure)


def _site(top_C: float) -> Streams:
    rows = [
        ("H1", "hot", 160.0, 40.0, 900.0),
        ("C1", "cold", 20.0, 150.0, 800.0),
        ("C2", "cold", 150.0, top_C, 60.0),
    ]
    names = ("name", "kind", "t_supply", "t_target", "heat_flow")
    records = [dict(zip(names, row, strict=True), zone="site", dt_cont=5.0) for row in rows]
    return milpcore.read_streams(records)


@pytest.mark.parametrize(("top_C", "knee"), [(1600.0, True), (200.0, False)])
def test_a_far_top_is_compressed(top_C: float, knee: bool) -> None:
    (result,) = greenfield_study(_site(top_C), levels=[4]).results
    figure = levels_and_streams(result)
    said = [text for text in _texts(figure) if text.startswith("scale compressed above")]
    axes = figure.axes[0]
    assert (len(said), axes.get_yscale()) == ((1, "function") if knee else (0, "linear"))
    low, high = axes.get_ylim()
    assert low < 20.0
    assert high > top_C
    if knee:
        place = axes.transData.transform(np.array([[0.0, low], [0.0, 200.0], [0.0, high]]))[:, 1]
        assert 0.75 < (place[1] - place[0]) / (place[2] - place[0]) < 0.85
    _stays_inside(figure)


@given(
    st.lists(st.floats(0.0, 1.0), max_size=30).map(sorted),
    st.floats(0.001, 0.2),
)
def test_labels_are_moved_apart_within_limits(wanted: list[float], gap: float) -> None:
    places = spread(wanted, gap, 0.0, 1.0)
    assert len(places) == len(wanted)
    assert all(-1e-9 <= place <= 1.0 + 1e-9 for place in places)
    least = min(gap, 1.0 / max(1, len(wanted) - 1))
    assert all(b - a >= least - 1e-9 for a, b in pairwise(places))
    if all(b - a >= gap for a, b in pairwise(wanted)):
        np.testing.assert_allclose(places, wanted)


def test_files_are_written_whole_and_always_alike(dairy: milpcore.Targets, tmp_path: Path) -> None:
    first = save_figure(composite_curves(dairy), tmp_path / "curves")
    content = [path.read_bytes() for path in first]
    assert [path.name for path in first] == ["curves.png", "curves.svg"]
    assert content[0].startswith(b"\x89PNG")
    assert b"<svg" in content[1]
    second = save_figure(composite_curves(dairy), tmp_path / "curves")
    assert [path.read_bytes() for path in second] == content
    assert sorted(file.name for file in tmp_path.iterdir()) == ["curves.png", "curves.svg"]


def test_a_folder_that_is_missing_is_named(dairy: milpcore.Targets, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"curves\.png: cannot be written: No such file"):
        save_figure(composite_curves(dairy), tmp_path / "missing" / "curves")


def test_figures_leave_pyplot_alone(dairy: milpcore.Targets) -> None:
    before = "matplotlib.pyplot" in sys.modules
    composite_curves(dairy)
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_without_matplotlib_the_extra_is_named(
    dairy: milpcore.Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError) as caught:
        composite_curves(dairy)
    said = "drawing figures needs the package matplotlib: python -m pip install "
    assert str(caught.value).startswith(said)
    assert "[plot]" in str(caught.value)
