"""Odd sites are explained in the user's words, with their numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from helpers_results import EVERYTHING, PRICES, Row, everything, streams_of

from milpcore import Measure, SiteEconomics, Status
from milpcore.site.explain import conflict, explain
from milpcore.site.greenfield import greenfield
from milpcore.site.inputs import prepare
from milpcore.site.level_path import LevelPath

HOT: Row = ("H1", 100.0, 60.0, 1000.0)
COLD: Row = ("C1", 20.0, 70.0, 600.0)


def notes(rows: list[Row] | tuple[Row, ...], n_levels: int, **options: object) -> tuple[str, ...]:
    result = greenfield(streams_of(rows), n_levels=n_levels, mip_rel_gap=0.0, **options)  # type: ignore[arg-type]
    assert result.status is Status.OPTIMAL
    return result.notes


def test_an_ordinary_site_needs_no_explanation() -> None:
    assert everything().notes == ()


def test_one_level_that_cannot_serve_all_names_the_streams_in_conflict() -> None:
    result = greenfield(streams_of(EVERYTHING), n_levels=1)
    assert result.notes == (
        "No design with 1 level: hot stream site/H4 needs a level at or below 10 °C, "
        "cold stream site/C3 one at or above 200 °C; allow at least 2 levels.",
    )


def test_candidates_that_leave_no_common_level_are_named() -> None:
    rows = [HOT, ("C1", 5.0, 30.0, 600.0)]
    assert conflict(prepare(streams_of(rows))) == ""
    result = greenfield(streams_of(rows), n_levels=1, candidates_C=[30.0, 60.0])
    assert result.notes == (
        "No design with 1 level: hot stream site/H1 needs a level at or below 50 °C, cold stream "
        "site/C1 one at or above 40 °C, and no candidate lies between; allow at least 2 levels.",
    )


def test_one_level_that_serves_all_is_no_conflict() -> None:
    rows = [HOT, ("C1", 5.0, 30.0, 600.0)]
    assert notes(rows, 1) == (
        "No external heat is needed: process heat covers all demand, and 400 kW are left for "
        "cooling.",
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            HOT,
            "The site is the single hot stream site/H1: there is nothing to exchange heat with, "
            "and its 1000 kW are removed by cooling at one level at or below 50 °C.",
        ),
        (
            COLD,
            "The site is the single cold stream site/C1: there is nothing to exchange heat with, "
            "and its 600 kW are bought at one level at or above 80 °C.",
        ),
    ],
)
@pytest.mark.parametrize("n_levels", [1, 4])
def test_a_single_stream(row: Row, sentence: str, n_levels: int) -> None:
    assert notes([row], n_levels) == (sentence,)


def test_only_hot_streams() -> None:
    assert notes([HOT, ("H2", 300.0, 20.0, 25000.4)], 1) == (
        "The site has only hot streams: there is no heat demand, all 26000 kW leave with cooling, "
        "and one level at or below 10 °C is enough.",
    )


def test_only_cold_streams() -> None:
    assert notes([COLD, ("C2", 20.0, 110.0, 1.5)], 1) == (
        "The site has only cold streams: there is no heat to recover, all 601.5 kW are bought, "
        "and one level at or above 120 °C is enough.",
    )


def test_all_temperatures_equal() -> None:
    rows = [("H1", 80.0, 80.0, 500.0), ("C1", 80.0, 80.0, 400.0)]
    assert notes(rows, 2)[0] == (
        "All temperatures are 80 °C: hot streams need a level at or below 70 °C and cold ones at "
        "or above 90 °C, so only a heat pump can recover heat."
    )


def test_external_heat_never_needed() -> None:
    cooling_kW = 1000.0 - 600.0 * (1.0 - 50.0 / (0.65 * 363.15))
    assert notes([HOT, COLD], 2) == (
        "No external heat is needed: process heat and heat pumps cover all demand, and "
        f"{cooling_kW:.4g} kW are left for cooling.",
    )
    assert notes([("H1", 200.0, 160.0, 1000.0), COLD], 2) == (
        "No external heat is needed: process heat covers all demand, and 400 kW are left for "
        "cooling.",
        "1 of at most 2 levels is used: a further one does not lower the TAC.",
    )


def test_fewer_levels_than_allowed() -> None:
    prices = {"economics": PRICES}
    assert notes(EVERYTHING, 7, **prices)[-1] == (
        "6 of at most 7 levels are used: a further one does not lower the TAC."
    )
    assert notes([HOT, COLD], 5)[-1] == (
        "2 of at most 5 levels are used: the site has no more candidate levels."
    )


def test_fewer_levels_than_allowed_within_the_gap_or_without_proof() -> None:
    inputs = prepare(streams_of(EVERYTHING), economics=PRICES, objective="co2")
    outcome = LevelPath(6).solve(inputs, mip_rel_gap=0.0)
    loose = replace(outcome, gap=0.012)
    assert explain(inputs, loose, max_levels=8)[-1] == (
        "6 of at most 8 levels are used: a further one does not lower the CO2 emission by more "
        "than 1.2 %."
    )
    stopped = replace(loose, status=Status.TIME_LIMIT, message="")
    assert explain(inputs, stopped, max_levels=8) == (
        "Stopped at the time limit: the design is feasible, and at most 1.2 % of its objective "
        "could still be saved.",
        "6 of at most 8 levels are used in the best design found.",
    )
    unproven = replace(stopped, status=Status.INTERRUPTED, gap=math.inf, message="Ctrl-C")
    assert explain(inputs, unproven, max_levels=6) == (
        "Interrupted (Ctrl-C): the design is feasible, nothing is proven about it.",
    )


@pytest.mark.parametrize("objective", list(Measure))
def test_heat_pumps_that_never_pay_are_compared_with_external_heat(objective: Measure) -> None:
    dear = SiteEconomics(
        electricity_price_EUR_per_MWh=300.0,
        electricity_emission_t_per_MWh=1.2,
        cooling_price_EUR_per_MWh=2.0,
    )
    note = notes([HOT, COLD], 2, economics=dear, objective=objective)[-1]
    cop = 0.65 * 363.15 / 50.0
    if objective is Measure.CAPEX:
        expected = "No heat pump: least CAPEX leaves out all of them, and TAC decides the rest."
    else:
        pump, saved, unit = {
            Measure.TAC: (
                8.0 * (300 + 96) / cop + dear.annuity_per_a * 700.0,
                8.0 * (40 + 16.08) / 0.9 + 16.0 * (1.0 - 1.0 / cop),
                "EUR/(kW a)",
            ),
            Measure.OPEX: (
                8.0 * (300 + 96) / cop,
                8.0 * (40 + 16.08) / 0.9 + 16.0 * (1.0 - 1.0 / cop),
                "EUR/(kW a)",
            ),
            Measure.CO2: (8.0 * 1.2 / cop, 8.0 * 0.201 / 0.9, "t/(kW a)"),
        }[objective]
        what = "external heat" if objective is Measure.CO2 else "external heat and cooling"
        expected = (
            "No heat pump: none is worthwhile on this site. Even at best (COP 4.72, 50 → 80 °C) "
            f"its heat costs {pump:.4g} {unit}, the {what} it saves {saved:.4g} {unit}."
        )
    assert note == expected


@pytest.mark.parametrize(
    ("rows", "limits", "reason"),
    [
        (
            [HOT, COLD],
            {"max_lift_K": 20.0},
            "candidate levels up to 200 °C are at least 30 K apart, more than the largest lift of "
            "20 K",
        ),
        (
            [HOT, COLD],
            {"max_sink_C": 75.0},
            "the lowest possible sink is the candidate level 80 °C, above the limit of 75 °C",
        ),
        (
            [HOT, COLD],
            {"carnot_efficiency": 0.05},
            "no pair of candidate levels within a lift of 60 K and a sink of 200 °C has a COP "
            "above 1",
        ),
        (
            [("H1", 110.0, 90.0, 1000.0), ("C1", 20.0, 70.0, 1200.0)],
            {},
            "the only candidate level is 80 °C, and a heat pump joins two levels",
        ),
    ],
)
def test_heat_pumps_that_are_impossible(
    rows: list[Row], limits: dict[str, float], reason: str
) -> None:
    found = notes(rows, 2, economics=SiteEconomics(**limits))
    assert f"No heat pump: {reason}." in found


def test_levels_too_far_apart_for_a_heat_pump() -> None:
    found = notes(EVERYTHING, 3, economics=PRICES)
    assert found[0] == (
        "No heat pump: no two levels of the design are within a lift of 60 K and a sink of 200 °C."
    )


def test_a_single_level_for_a_heat_pump() -> None:
    """One level at 80 °C serves all streams with 700 kW of external heat."""
    rows = [("H1", 110.0, 100.0, 300.0), ("C1", 20.0, 70.0, 1000.0)]
    assert notes(rows, 1) == (
        "No heat pump: the design has a single level, and a heat pump joins two.",
    )


def test_a_heat_pump_that_would_take_heat_from_where_it_is_needed() -> None:
    """A pump 80 → 100 °C would pay, but all heat at 80 °C is used there."""
    rows = [
        ("H1", 110.0, 90.0, 300.0),
        ("C1", 20.0, 70.0, 1000.0),
        ("C2", 60.0, 90.0, 500.0),
    ]
    assert notes(rows, 2) == (
        "No heat pump: none between the levels of the design lowers the TAC.",
    )


def test_a_time_limit_is_explained() -> None:
    result = greenfield(
        streams_of(EVERYTHING), n_levels=4, time_limit_s=1e-9, formulation="assignment_weak"
    )
    assert result.status is Status.TIME_LIMIT
    assert result.levels["temperature_C"].tolist() == [
        prepare(streams_of(EVERYTHING)).level_C.min(),
        prepare(streams_of(EVERYTHING)).level_C.max(),
    ]
    assert result.notes[0].startswith("Stopped at the time limit (no design found yet")


def test_a_time_limit_with_one_level_is_explained() -> None:
    result = greenfield(
        streams_of([("H", 200.0, 190.0, 100.0), ("C", 20.0, 30.0, 100.0)]),
        n_levels=1,
        time_limit_s=1e-9,
        formulation="assignment_weak",
    )
    assert not result.has_design
    assert len(result.notes) == 1
    assert result.notes[0].startswith("No design was found (time_limit")
