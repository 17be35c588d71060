"""`milpcore.compare`: the rows of a tightness table, their relations, and what is refused."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from helpers_sites import enumerated_optimum, small_sites, streams_of
from hypothesis import given, settings

import milpcore
from milpcore.compare import COLUMNS
from milpcore.core import solve_lp
from milpcore.faults import InputError
from milpcore.plots import root_gaps
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.variants import REFERENCE, VARIANTS, find_variants

STREAMS = milpcore.load_case("dairy_8")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return milpcore.compare(STREAMS, levels=[2, 3], time_limit_s=5.0, mip_rel_gap=0.0)


def test_there_is_a_row_for_every_number_of_levels_and_variant(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    names = [variant.name for variant in VARIANTS]
    assert len(set(names)) == len(names)
    assert table["variant"].tolist() == names * 2
    assert table["max_levels"].tolist() == [2] * len(names) + [3] * len(names)
    assert set(table["unit"]) == {"EUR/a"}


def test_bounds_are_below_the_enumerated_optimum(table: pd.DataFrame) -> None:
    inputs = prepare(STREAMS)
    for n_levels, part in table.groupby("max_levels"):
        best = enumerated_optimum(inputs, int(n_levels))
        assert part["optimum"].to_numpy() == pytest.approx(best, rel=1e-6)
        assert (part["optimum_gap"] <= 1e-6).all()
        assert (part["lp_bound"] <= best * (1.0 + 1e-7)).all()
        gap = (part["optimum"] - part["lp_bound"]).clip(lower=0.0) / part["optimum"]
        assert part["root_gap"].to_numpy() == pytest.approx(gap.to_numpy(), abs=2e-9)


def test_every_search_ends_at_the_same_optimum(table: pd.DataFrame) -> None:
    searched = table[table["status"] != ""]
    assert set(searched["status"]) == {"optimal"}
    assert searched["objective_value"].to_numpy() == pytest.approx(
        searched["optimum"].to_numpy(), rel=1e-6
    )
    assert (searched["n_nodes"] >= 0).all()
    without = table[table["status"] == ""]
    assert all("_intervals" in name for name in without["variant"])
    assert without["objective_value"].isna().all()
    assert (without["n_nodes"] == -1).all()
    assert (
        without["note"].str.fullmatch(r"bound of \d+ intervals; size of one linear program").all()
    )


def test_gap_closed_is_relative_to_the_reference(table: pd.DataFrame) -> None:
    gap = table.pivot_table(index="max_levels", columns="variant", values="root_gap")
    closed = table.pivot_table(index="max_levels", columns="variant", values="gap_closed")
    assert gap.loc[3, REFERENCE] > 0.0
    expected = 1.0 - gap.loc[3] / gap.loc[3, REFERENCE]
    assert np.allclose(closed.loc[3][expected.index], expected)
    assert closed.loc[3, REFERENCE] == 0.0
    assert closed.loc[3, "reduced:level_path"] >= 0.0
    for tighter, looser in (
        ("layered_path:tight", "layered_path:loose"),
        ("layered_path:tight", "arc_path:tight"),
        ("reduced:layered_path:tight+pairing", "reduced:layered_path:tight"),
        ("reduced:layered_path:tight+coverage", "reduced:layered_path:tight"),
        ("reduced:level_path+16_intervals", "reduced:level_path"),
        ("level_path", "assignment_weak"),
    ):
        assert gap.loc[3, tighter] <= gap.loc[3, looser] + 1e-9, tighter


def test_sizes_are_those_of_the_problem(table: pd.DataFrame) -> None:
    inputs = prepare(STREAMS)
    for variant in find_variants(["level_path", "layered_path:tight"]):
        row = table[(table["variant"] == variant.name) & (table["max_levels"] == 3)].iloc[0]
        problem = variant.make(3, float(row["optimum"])).build(inputs)
        assert row["n_columns"] == problem.n_columns
        assert row["n_rows"] == problem.n_rows
        assert row["n_integers"] == problem.n_integers
        assert row["n_binaries"] == problem.n_binaries
        assert row["n_nonzeros"] == problem.n_nonzeros
        bound = solve_lp(problem.relaxed()).objective * 1000.0 * inputs.cost_scale
        assert row["lp_bound"] == pytest.approx(bound, rel=1e-9)


def test_relaxations_only_by_default() -> None:
    found = milpcore.compare(STREAMS, levels=[2], formulations=["kink", "arc_path:tight"])
    assert found["variant"].tolist() == ["kink_assignment", "arc_path:tight"]
    assert set(found["status"]) == {""}
    assert found["milp_s"].isna().all()


def test_what_is_refused_for_the_input_is_noted() -> None:
    cheap = milpcore.SiteEconomics(
        electricity_price_EUR_per_MWh=20.0, electricity_emission_t_per_MWh=0.05
    )
    found = milpcore.compare(
        STREAMS, levels=[3], formulations=["arc_path:tight", "arc_path:loose"], economics=cheap
    )
    tight = found[found["variant"] == "arc_path:tight"].iloc[0]
    assert tight["note"].startswith("would be wrong with the tight limit of the cascade")
    assert math.isnan(tight["lp_bound"])
    assert tight["n_columns"] == -1
    loose = found[found["variant"] == "arc_path:loose"].iloc[0]
    assert (loose["note"], math.isnan(loose["lp_bound"])) == ("", False)


def test_a_number_of_levels_without_a_design_is_noted() -> None:
    needs_two = streams_of((150.0, 60.0, 100.0, 5.0), (30.0, 120.0, 100.0, 5.0))
    found = milpcore.compare(needs_two, levels=[1], formulations=["level_path"])
    assert found["optimum"].isna().all()
    assert found["lp_bound"].isna().all()
    assert found["note"].iloc[0]


def test_a_relaxation_at_its_time_limit_is_noted() -> None:
    found = milpcore.compare(
        milpcore.load_case("site_400"),
        levels=[4],
        formulations=["assignment_strong"],
        lp_time_limit_s=0.05,
    )
    assert found["lp_bound"].isna().all()
    assert found["lp_status"].tolist() == ["time_limit"]
    assert found["note"].iloc[0].startswith("relaxation: time limit of 0.05")


def test_emissions_are_in_tonnes() -> None:
    found = milpcore.compare(STREAMS, levels=[2], formulations=["level_path"], objective="co2")
    assert found["unit"].tolist() == ["t/a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": []}, "levels=[]: must hold whole numbers from 1; give at least one"),
        ({"levels": [0]}, "levels=[0]: must hold whole numbers from 1; give at least one"),
        ({"time_limit_s": -1.0}, "time_limit_s=-1.0: must be a number from 0 (s)"),
        ({"time_limit_s": math.nan}, "0 solves the relaxations only"),
        ({"formulations": ["level_pth"]}, "did you mean 'level_path'?"),
        ({"formulations": [""]}, "formulation: unknown"),
    ],
)
def test_bad_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        milpcore.compare(STREAMS, **options)  # type: ignore[arg-type]
    text = str(caught.value)
    wanted = re.split(r"=|: |; ", message)
    assert all(part in text for part in wanted), text


def test_the_figure_has_a_mark_for_every_bound(table: pd.DataFrame) -> None:
    (axes,) = root_gaps(table, title="Small").axes
    assert axes.get_title(loc="left") == "Small"
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_yticklabels()] == [one.name for one in VARIANTS]
    marks = [line for line in axes.lines if line.get_label().startswith("N = ")]
    assert [line.get_label() for line in marks] == ["N = 2", "N = 3"]
    for line, (_, part) in zip(marks, table.groupby("max_levels"), strict=True):
        shown = np.asarray(line.get_xdata(), dtype=np.float64)
        assert shown == pytest.approx(np.maximum(100.0 * part["root_gap"], 1e-3))


def test_the_figure_of_an_empty_table_is_empty(table: pd.DataFrame) -> None:
    (axes,) = root_gaps(table.iloc[:0]).axes
    assert not axes.lines


@settings(max_examples=5)
@given(small_sites(objectives=("tac", "capex")))
def test_no_variant_loses_the_optimum_on_random_sites(inputs: SiteInputs) -> None:
    best = enumerated_optimum(inputs, 3)
    if best == np.inf:
        return
    found = [
        variant.make(3, best).build(inputs)
        for variant in VARIANTS
        if variant.make(3, best).refusal(inputs) is None
    ]
    largest = max(costs.max(initial=0.0) for costs in inputs.objective_costs[:3])
    slack = 1e-7 * best + 1e-8 * float(largest) * float(inputs.stream_duty_kW.sum())
    for problem in found:
        bound = solve_lp(problem.relaxed()).objective * 1000.0 * inputs.cost_scale
        assert bound <= best + slack
