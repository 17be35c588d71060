"""Figures of sweeps."""

from __future__ import annotations

import pandas as pd

from milpcore.plots import heat_pump_shares, tac_distribution


def test_the_distribution_has_all_cases_and_its_median() -> None:
    table = pd.DataFrame({"tac_EUR_per_a": [1e8, 2e8, 3e8, 4e8, float("nan")]})
    figure = tac_distribution(table)
    axes = figure.axes[0]
    assert sum(patch.get_height() for patch in axes.patches[:-1]) == 4
    (below,) = figure.legends
    assert below.get_texts()[0].get_text() == "median 250 M€/a"
    figure.draw_without_rendering()
    assert below.get_window_extent().y1 < axes.xaxis.label.get_window_extent().y0
    assert axes.get_ylabel() == "cases of 4"


def test_shares_name_the_heat_pumps() -> None:
    pumps = pd.DataFrame(
        {
            "source_C": [35.0, 80.0],
            "sink_C": [80.0, 134.0],
            "share": [0.97, 0.6],
            "mean_heat_kW": [2.3e4, 2.5e4],
        }
    )
    axes = heat_pump_shares(pumps).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["35 → 80 °C", "80 → 134 °C"]
    assert axes.texts[0].get_text() == "97.0 %, mean 23.0 MW"


def test_nothing_to_draw_is_a_sentence() -> None:
    for figure in (tac_distribution(pd.DataFrame({"x": [1]})), heat_pump_shares(pd.DataFrame())):
        assert figure.axes[0].texts[0].get_text().startswith("no ")
