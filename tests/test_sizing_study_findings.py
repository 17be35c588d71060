"""Findings of sizing studies: what is proven counts, what lies within the gaps does not."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers_sizing_studies import row, table, within

from milpcore.sizing.studies import Point, findings1, findings2, findings3
from milpcore.sizing.studies.case1 import WITH, WITHOUT
from milpcore.sizing.studies.evidence import Interval, compared, extra_cost, gap_words, verdict_of
from milpcore.sizing.studies.findings3 import averaged


def verdicts(found: list) -> dict[str, str]:  # type: ignore[type-arg]
    return {one.statement: one.verdict for one in found}


def flexible(tac_with: float, bound_with: float, **found: float) -> pd.DataFrame:
    case = "flexible_pump_48h"
    return table(
        row(
            Point(experiment="flexible", label=WITH, case=case),
            tac_EUR_per_a=tac_with,
            bound_EUR_per_a=bound_with,
            **found,
        ),
        row(Point(experiment="flexible", label=WITHOUT, case=case), heat_pump_kW=0.0),
    )


@pytest.mark.parametrize(
    ("tac", "bound", "found", "verdict"),
    [
        (99.0, 98.0, {}, "agrees"),
        (99.95, 98.0, {}, "not decided"),
        (101.0, 100.1, {}, "disagrees"),
        (99.0, 98.0, {"heat_pump_heat_EUR_per_MWh": 82.0}, "not decided"),
        (99.0, 98.0, {"heat_pump_kW": 950.0}, "not decided"),
    ],
)
def test_a_flexible_pump_counts_only_if_proven(
    tac: float, bound: float, found: dict[str, float], verdict: str
) -> None:
    said = verdicts(findings1.findings(flexible(tac, bound, **found)))
    assert said[findings1.FLEXIBLE_PUMP] == verdict


def test_load_changes_between_those_of_the_boiler_are_counted() -> None:
    said = verdicts(findings1.findings(flexible(99.0, 98.0, load_changes_together=10)))
    assert said[findings1.BETWEEN] == "not decided"  # of a plant that is proven to 1 %
    for together, verdict in ((1, "agrees"), (10, "disagrees")):
        rows = flexible(99.0, 98.95, load_changes_together=together)
        assert verdicts(findings1.findings(rows))[findings1.BETWEEN] == verdict


def changes(count: int, hours: float, size: float, least: float, most: float) -> dict[str, object]:
    point = Point(experiment="load_changes", load_changes=count, window_h=hours)
    return row(point, store_kWh=size, **within("store_kWh", least, most))


def test_stores_over_load_changes_are_compared_by_their_ranges() -> None:
    none, few = changes(0, 1.0, 0.0, 0.0, 50.0), changes(1, 1.0, 400.0, 300.0, 500.0)
    said = verdicts(findings1.findings(table(few, none)))
    assert said == {findings1.NO_STORE: "agrees", findings1.LARGER_STORE: "agrees"}
    overlap = changes(1, 4.0, 450.0, 350.0, 600.0)
    said = verdicts(findings1.findings(table(none, few, overlap)))  # one of two steps is proven
    assert said == {findings1.NO_STORE: "agrees", findings1.LARGER_STORE: "not decided"}
    said = verdicts(findings1.findings(table(few, overlap)))
    assert said == {findings1.LARGER_STORE: "not decided"}
    smaller = changes(1, 4.0, 100.0, 90.0, 110.0)
    said = verdicts(findings1.findings(table(few, smaller, changes(0, 1.0, 300.0, 290.0, 295.0))))
    assert said == {findings1.NO_STORE: "disagrees", findings1.LARGER_STORE: "disagrees"}


def test_a_level_counts_only_where_its_loss_exceeds_what_is_not_proven() -> None:
    point = Point(experiment="store_level", loss_per_h=0.005)
    said = verdicts(findings1.findings(table(row(point))))
    assert said[findings1.BELOW_START] == "agrees"
    loose = row(point, bound_EUR_per_a=-2000.0)
    assert verdicts(findings1.findings(table(loose)))[findings1.BELOW_START] == "not decided"
    high = row(point, level_mean_share=0.6)
    assert verdicts(findings1.findings(table(high)))[findings1.BELOW_START] == "disagrees"
    lossless = row(Point(experiment="store_level", loss_per_h=0.0), standing_loss_MWh_per_a=0.0)
    assert findings1.findings(table(lossless)) == []


def test_cooling_water_names_the_first_price_that_is_proven() -> None:
    def pair(price: float, tac: float) -> list[dict[str, object]]:
        name, key = "cooling_water", "cooling_water_price_EUR_per_MWh"
        return [
            row(
                Point(experiment=name, label=WITH, **{key: price}),  # type: ignore[arg-type]
                tac_EUR_per_a=tac,
                bound_EUR_per_a=tac - 1.0,
            ),
            row(Point(experiment=name, label=WITHOUT, **{key: price})),  # type: ignore[arg-type]
        ]

    rows = table(*pair(3.0, 100.0), *pair(20.0, 99.95), *pair(30.0, 98.0), *pair(40.0, 90.0))
    (found,) = findings1.findings(rows)
    assert (found.statement, found.verdict) == (findings1.COOLING, "agrees")
    assert "from 30 EUR/MWh on" in found.evidence
    (found,) = findings1.findings(table(*pair(3.0, 100.0)))
    assert found.verdict == "not decided"


def invested(investment: float, **found: float) -> dict[str, object]:
    point = Point(
        experiment="investment",
        electricity_price_EUR_per_MWh=90.0,
        heat_pump_investment_EUR_per_kW=investment,
    )
    return row(point, **found)


def test_sizes_over_the_investment_are_compared_by_their_ranges() -> None:
    cheap = invested(100.0, **within("heat_pump_kW", 900, 950), **within("store_kWh", 100, 300))
    dear = invested(1500.0, **within("heat_pump_kW", 100, 200), **within("store_kWh", 250, 400))
    said = verdicts(findings2.findings(table(dear, cheap)))
    assert said == {findings2.SMALLER_PUMP: "agrees", findings2.LARGER_STORE: "not decided"}
    dear = invested(1500.0, **within("heat_pump_kW", 960, 970), **within("store_kWh", 50, 90))
    said = verdicts(findings2.findings(table(dear, cheap)))
    assert set(said.values()) == {"disagrees"}


def test_rules_are_judged_by_proven_regret() -> None:
    def ruled(label: str, tac: float, bound: float) -> dict[str, object]:
        return row(Point(experiment="rules", label=label), tac_EUR_per_a=tac, bound_EUR_per_a=bound)

    rows = table(
        ruled("optimum", 100.0, 99.9),
        ruled("near", 100.5, 100.0),
        ruled("open", 101.5, 100.5),
        ruled("far", 120.0, 119.0),
    )
    found = findings2.findings(rows)
    assert [one.verdict for one in found] == ["agrees", "not decided", "disagrees"]
    assert "19.00 to 20.10 % of TAC" in found[2].evidence
    regret = findings2.tables(rows)["rules"]
    assert regret["regret_least_EUR_per_a"].tolist() == pytest.approx([0.0, 0.0, 0.5, 19.0])


def spread(share: float, seed: int, boiler_kW: float, store_kWh: float, **found: float):  # type: ignore[no-untyped-def]
    point = Point(
        experiment="random",
        shape="random",
        deviation_share=share,
        seed=seed,
        electricity_price_EUR_per_MWh=90.0,
    )
    return row(point, heat_pump_kW=1000.0, boiler_kW=boiler_kW, store_kWh=store_kWh, **found)


def ranged(share: float, boiler: tuple[float, float], store: tuple[float, float]):  # type: ignore[no-untyped-def]
    found = {
        **within("boiler_kW", *boiler),
        **within("store_kWh", *store),
        **within("heat_pump_kW", 900.0, 1100.0),
    }
    return spread(share, 1, sum(boiler) / 2.0, sum(store) / 2.0, **found)


def test_growth_preference_and_regime_are_judged_by_proven_ranges() -> None:
    rows = [
        ranged(0.05, (0.0, 100.0), (200.0, 800.0)),
        ranged(0.33, (0.0, 200.0), (2900.0, 3100.0)),
        ranged(0.40, (300.0, 800.0), (2000.0, 2800.0)),
    ]
    found = findings3.findings(table(*rows))
    assert set(verdicts(found).values()) == {"agrees"}
    assert "proven of one profile at 3 of 3 spreads" in found[1].evidence
    assert "proven ranges of one profile 200 to 800 and 2900 to 3100" in found[0].evidence
    assert found[2].evidence.endswith("boiler larger, store smaller")


def test_wide_ranges_decide_nothing() -> None:
    wide = (0.0, 5000.0)
    rows = [ranged(share, wide, wide) for share in (0.05, 0.33, 0.40)]
    assert set(verdicts(findings3.findings(table(*rows))).values()) == {"not decided"}
    without = [spread(0.05, 1, 0.0, 10.0), spread(0.33, 1, 0.0, 900.0), spread(0.4, 1, 500.0, 10.0)]
    assert set(verdicts(findings3.findings(table(*without))).values()) == {"not decided"}


def test_ranges_the_other_way_disagree() -> None:
    rows = [
        ranged(0.05, (1200.0, 1300.0), (2900.0, 3100.0)),
        ranged(0.33, (1200.0, 1300.0), (200.0, 300.0)),
        ranged(0.40, (0.0, 100.0), (900.0, 950.0)),
    ]
    assert set(verdicts(findings3.findings(table(*rows))).values()) == {"disagrees"}


def shaped(shape: str, share: float, **found: float) -> dict[str, object]:
    point = Point(
        experiment=shape,
        shape=shape,
        deviation_share=share,
        seed=1,
        electricity_price_EUR_per_MWh=90.0,
    )
    return row(point, **found)


def test_two_levels_have_a_store_where_waste_heat_is_short() -> None:
    calm = shaped("step", 0.25, store_kWh=0.0)
    short = shaped("step", 0.40, store_kWh=900.0, short_step_share=0.02)
    assert verdicts(findings3.findings(table(calm, short))) == {findings3.STEP_STORE: "agrees"}
    for other in (
        shaped("step", 0.33, store_kWh=900.0),
        shaped("step", 0.33, store_kWh=0.0, short_step_share=0.02),
    ):
        said = verdicts(findings3.findings(table(calm, other)))
        assert said == {findings3.STEP_STORE: "disagrees"}


def test_a_boiler_jumps_from_a_tenth_of_the_mean_demand_on() -> None:
    small, large = shaped("seasonal", 0.4, boiler_kW=51.0), shaped("seasonal", 0.4, boiler_kW=300.0)
    assert verdicts(findings3.findings(table(small))) == {findings3.SMOOTH: "agrees"}
    assert verdicts(findings3.findings(table(large))) == {findings3.SMOOTH: "disagrees"}
    loose = shaped("seasonal", 0.5, boiler_kW=0.0, bound_EUR_per_a=99.0)
    assert verdicts(findings3.findings(table(small, loose))) == {findings3.SMOOTH: "not decided"}


def test_steps_of_the_mean_store_are_counted_beyond_the_gap() -> None:
    def said(bound: float) -> str:
        rows = [
            spread(share, 1, 0.0, store, bound_EUR_per_a=bound)
            for share, store in ((0.05, 100.0), (0.15, 400.0), (0.30, 300.0))
        ]
        return str(findings3.findings(table(*rows))[0].evidence)

    assert "1 are up and 1 down" in said(99.9)
    assert "0 are up and 0 down" in said(-300.0)


def test_averages_have_the_spread_and_the_largest_gap() -> None:
    rows = findings3.all_solved(table(spread(0.3, 1, 0, 1000), spread(0.3, 2, 0, 2000)))
    (mean,) = averaged(rows).to_dict("records")
    assert (mean["store_kWh"], mean["store_kWh_min"], mean["store_kWh_max"]) == (1500, 1000, 2000)
    assert mean["n_seeds"] == 2
    assert mean["gap"] == pytest.approx(1e-3)
    assert mean["store_unproven_kWh"] == pytest.approx(0.05)


def test_nothing_is_said_of_points_without_a_plant() -> None:
    point = Point(experiment="flexible", label=WITH)
    empty = table({**row(point), "tac_EUR_per_a": None})
    for module in (findings1, findings2, findings3):
        assert module.findings(empty) == []
        assert list(module.tables(empty)["findings"].columns) == [
            "statement",
            "source",
            "verdict",
            "evidence",
        ]
        assert module.findings(pd.DataFrame({"experiment": ["random"]})) == []


def test_intervals() -> None:
    both = extra_cost(
        row(Point(experiment="x")),
        row(Point(experiment="x"), tac_EUR_per_a=90.0, bound_EUR_per_a=80.0),
    )
    assert both == pytest.approx(Interval(9.9, 20.0))
    assert compared(Interval(3.0, 4.0), Interval(1.0, 2.0)) == -1
    assert verdict_of([1, 1, 1], 1) == "agrees"
    assert verdict_of([0, 1, 1], 1) == "not decided"
    assert verdict_of([0, -1, 1], 1) == "disagrees"
    assert verdict_of([], 1) == "not decided"
    assert gap_words(pd.DataFrame({"gap": []})) == "no plants"
