"""Figures of sizing studies: what they show, with units, bands where something is proven."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers_sizing_results import boiler_only, no_result, small_result
from helpers_sizing_studies import row, table, within

from milpcore.core import Status
from milpcore.sizing.studies import Point, findings1, findings2, findings3
from milpcore.sizing.studies.case1 import WITH, WITHOUT

pytest.importorskip("matplotlib")
from milpcore import plots

EMPTY = pd.DataFrame()


def texts(figure) -> str:  # type: ignore[no-untyped-def]
    found = [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]
    return "\n".join(found)


def flexible() -> pd.DataFrame:
    case = "flexible_pump_48h"
    rows = table(
        row(
            Point(experiment="flexible", label=WITH, case=case),
            tac_EUR_per_a=90e3,
            bound_EUR_per_a=89e3,
        ),
        row(
            Point(experiment="flexible", label=WITHOUT, case=case),
            tac_EUR_per_a=100e3,
            bound_EUR_per_a=99e3,
        ),
    )
    return findings1.tables(rows)["flexible"]


def test_flexibility_shows_what_is_proven_and_whose_parameters_they_are() -> None:
    shown = texts(plots.draw_flexibility(flexible()))
    assert "worth 9,000 to 11,000 €/a (proven); parameters are ours" in shown
    assert "least TAC, k€/a" in shown


def test_load_changes_are_in_order_with_their_band() -> None:
    rows = table(
        row(
            Point(experiment="load_changes", load_changes=1, window_h=4.0),
            **within("store_kWh", 300.0, 500.0),
        ),
        row(
            Point(experiment="load_changes", load_changes=0, window_h=1.0),
            **within("store_kWh", 0.0, 50.0),
        ),
    )
    figure = plots.draw_load_changes(findings1.tables(rows)["load_changes"])
    figure.canvas.draw()
    labels = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    assert labels == ["no limit", "1 in 4 h"]
    assert "all designs up to 0.1 % dearer (proven)" in texts(figure)


def test_levels_start_and_end_half_full() -> None:
    figure = plots.draw_store_levels([small_result(), boiler_only(8)])
    lines = figure.axes[0].get_lines()
    assert lines[0].get_ydata()[0] == lines[0].get_ydata()[-1] == 50.0
    assert "level, % of the capacity" in texts(figure)
    assert len(lines) == 2


def test_cooling_water_has_no_band_where_nothing_is_proven() -> None:
    key = "cooling_water_price_EUR_per_MWh"
    points = [
        row(Point(experiment="cooling_water", label=label, **{key: price}))  # type: ignore[arg-type]
        for price in (3.0, 40.0)
        for label in (WITH, WITHOUT)
    ]
    shown = texts(plots.draw_cooling_water(findings1.tables(table(*points))["cooling_water"]))
    assert "0.1 % dearer" not in shown
    assert "price of cooling water, €/MWh" in shown


def test_investment_has_a_column_for_each_ratio() -> None:
    points = [
        row(
            Point(
                experiment="investment",
                electricity_price_EUR_per_MWh=price,
                heat_pump_investment_EUR_per_kW=investment,
            ),
            **within("heat_pump_kW", 0.0, 90.0),
        )
        for price in (90.0, 120.0)
        for investment in (100.0, 1500.0)
    ]
    figure = plots.draw_investment(findings2.tables(table(*points))["investment"])
    shown = texts(figure)
    assert "Electricity : gas = 1.5" in shown
    assert "Electricity : gas = 2" in shown
    assert "gaps up to 0.10 %" in shown


def test_rules_are_named_with_their_size_and_limits() -> None:
    points = [
        row(Point(experiment="rules", label="optimum")),
        row(
            Point(experiment="rules", label="20 % of peak"),
            tac_EUR_per_a=110.0,
            bound_EUR_per_a=109.0,
            heat_pump_kW=340.0,
        ),
    ]
    shown = texts(plots.draw_rules(findings2.tables(table(*points))["rules"]))
    assert "20 % of peak: 340 kW" in shown
    assert "9.00 to 10.10 %" in shown


def test_deviations_and_shapes_have_a_column_for_each_ratio() -> None:
    points = [
        row(
            Point(
                experiment=shape,
                shape=shape,
                deviation_share=share,
                seed=seed,
                electricity_price_EUR_per_MWh=price,
            )
        )
        for shape in ("random", "step", "seasonal")
        for share in (0.1, 0.4)
        for seed in (1, 2)
        for price in (90.0, 180.0)
    ]
    tables = findings3.tables(table(*points))
    figure = plots.draw_deviations(tables["deviations"], tables["points"])
    assert len(figure.axes) == 6
    assert "33.3 %: mean less three standard deviations is 0" in texts(figure)
    assert "mean of 2 profiles; gaps up to 0.10 %" in texts(figure)
    assert len(plots.draw_shapes(tables["deviations"]).axes) == 6


def test_without_plants_there_is_a_sentence() -> None:
    nothing = no_result(Status.TIME_LIMIT, 1.0, "no time")
    for figure in (
        plots.draw_flexibility(EMPTY),
        plots.draw_load_changes(EMPTY),
        plots.draw_store_levels([nothing]),
        plots.draw_cooling_water(EMPTY),
        plots.draw_investment(EMPTY),
        plots.draw_rules(EMPTY),
        plots.draw_deviations(EMPTY, EMPTY),
        plots.draw_shapes(EMPTY),
    ):
        assert "No point of this figure has a plant." in texts(figure)
