"""`sizing.compare`: the rows of a tightness table, their relations, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest

from milpcore import sizing
from milpcore.core import Problem, Solution
from milpcore.faults import InputError
from milpcore.plots import sizing_root_gaps
from milpcore.sizing import comparison
from milpcore.sizing.comparison import BEYOND, BY_DUALS, COLUMNS
from milpcore.sizing.model import SizingModel
from milpcore.sizing.no_commitment import NoCommitment
from milpcore.sizing.solver import solve_milp
from milpcore.sizing.variants import CUTS, DIRECTIONS, REFERENCE, VARIANTS, find_variants

N_STEPS = 20
SLACK = 1e-7
"""Relative; twice the solver's tolerances in costs of order 1."""


def case(
    name: str = "B", deviation_share: float = 0.4, n_steps: int = N_STEPS
) -> sizing.SizingCase:
    return sizing.benchmark_scenario(name, deviation_share=deviation_share, seed=1, n_steps=n_steps)


@pytest.fixture(scope="module", params=[("A", 0.3), ("B", 0.4), ("C", 0.2)])
def table(request: pytest.FixtureRequest) -> pd.DataFrame:
    return sizing.compare(*case(*request.param), optimum_time_limit_s=60.0)


def test_every_choice_of_parts_has_a_row(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    names = [variant.name for variant in VARIANTS]
    assert len(set(names)) == len(names)
    assert table["variant"].tolist() == names
    tight = table[table["limits"] == "tight"]
    some = {"+".join(CUTS), "no_cuts", *CUTS}
    every = set(product((one.name for one in sizing.COMMITMENTS), DIRECTIONS, some))
    rows = tight[["commitment", "direction", "cuts"]].itertuples(index=False, name=None)
    assert every <= set(rows)
    assert VARIANTS[0].model == SizingModel()
    assert set(CUTS) >= {"size_cuts", "window_limits"}
    for variant in VARIANTS:
        told = variant.name.split(":")[2]
        for cut in CUTS:
            assert getattr(variant.model, cut) == (cut in told.split("+"))


def test_no_relaxation_is_above_the_optimum(table: pd.DataFrame) -> None:
    assert (table["optimum_gap"] <= 1e-6).all()
    is_held = table["variant"].str.endswith(":held")
    assert set(table.loc[~is_held, "lp_status"]) == {"optimal"}
    assert set(table.loc[is_held, "lp_status"]) == {BY_DUALS}
    optimum = table["optimum_EUR_per_a"]
    assert (table["lp_bound_EUR_per_a"] <= optimum * (1.0 + SLACK)).all()
    gap = (optimum - table["lp_bound_EUR_per_a"]).clip(lower=0.0) / optimum
    assert table["root_gap"].to_numpy() == pytest.approx(gap.to_numpy(), abs=2e-9)
    whole = float(table.set_index("variant").loc[REFERENCE, "root_gap"])
    assert table["gap_closed"].to_numpy() == pytest.approx(1.0 - gap.to_numpy() / whole, abs=1e-6)
    assert (table["status"] == "").all()


def test_no_part_makes_a_relaxation_weaker(table: pd.DataFrame) -> None:
    bound = table.set_index("variant")["lp_bound_EUR_per_a"]
    least = -SLACK * float(table["optimum_EUR_per_a"].iloc[0])

    def gains(stronger: str, weaker: str) -> float:
        gain = float(bound[stronger] - bound[weaker])
        assert gain >= least, (stronger, weaker)
        return gain

    every = "+".join(CUTS)
    commitments = [one.name for one in sizing.COMMITMENTS]
    cut_gains = []
    for commitment, direction in product(commitments, DIRECTIONS):
        for cut in CUTS:
            cut_gains.append(
                gains(f"{commitment}:{direction}:{cut}", f"{commitment}:{direction}:no_cuts")
            )
            gains(f"{commitment}:{direction}:{every}", f"{commitment}:{direction}:{cut}")
    assert max(cut_gains) > -1e3 * least
    for commitment, cuts in product(commitments, (every, "no_cuts", *CUTS)):
        gains(f"{commitment}:every_step:{cuts}", f"{commitment}:where_needed:{cuts}")
        gains(f"{commitment}:where_needed:{cuts}", f"big_m:where_needed:{cuts}")
    for commitment in commitments:
        name = f"{commitment}:where_needed:{every}"
        gains(name, f"{name}:wide_limits")


def test_the_plateau_hull_is_above_what_it_is_added_to(table: pd.DataFrame) -> None:
    """Above the relaxation without commitment for all; tighter where one unit never stops."""
    rows = table.set_index("variant")
    optimum = float(rows["optimum_EUR_per_a"].iloc[0])
    held = rows[rows["held"] != ""]
    assert held.index.tolist() == [one.name for one in VARIANTS if one.is_held]
    assert len(held) == len(sizing.COMMITMENTS) + 1
    assert len(set(held["held"])) == 1
    energy = float(
        rows.loc["no_commitment:where_needed:size_cuts+window_limits"].lp_bound_EUR_per_a
    )
    assert (held["lp_bound_EUR_per_a"] >= energy - SLACK * optimum).all()
    assert (held["lp_bound_EUR_per_a"] <= optimum * (1.0 + SLACK)).all()
    for name, row in held.iterrows():
        plain = rows.loc[str(name).removesuffix(":held")]
        assert row["lp_bound_EUR_per_a"] >= plain["lp_bound_EUR_per_a"] - SLACK * optimum
        assert row["n_binaries"] == plain["n_binaries"]
        for size in ("n_columns", "n_rows", "n_nonzeros"):
            assert row[size] > plain[size]
    assert held["lp_bound_EUR_per_a"].min() > energy + 1e-4 * optimum


def test_a_unit_that_may_change_often_is_not_held() -> None:
    profile, parameters = case("A", 0.3, n_steps=8)
    often = parameters.replace_unit("boiler", load_changes_per_window=2)
    table = sizing.compare(profile, often, variants=["big_m:where_needed:size_cuts+window"])
    (row,) = table[table["variant"].str.endswith(":held")].to_dict("records")
    assert row["note"] == "boiler may change its load more than once in a window"
    assert (row["held"], row["n_columns"]) == ("", -1)


def test_the_relaxation_without_commitment_is_not_searched() -> None:
    table = sizing.compare(
        *case("A", 0.3, n_steps=8), variants=["no_commitment"], time_limit_s=10.0
    )
    assert [NoCommitment().name] * 2 == table["commitment"].tolist()
    assert (table["status"] == "").all()
    assert (table["n_nodes"] == -1).all()


def test_sizes_are_those_of_the_problems(table: pd.DataFrame) -> None:
    rows = table.set_index("variant")
    every = "+".join(CUTS)
    one, other = rows.loc[f"big_m:where_needed:{every}"], rows.loc[f"big_m:every_step:{every}"]
    assert other["n_binaries"] - one["n_binaries"] == N_STEPS
    assert other["n_rows"] - one["n_rows"] == 2 * N_STEPS
    assert one["n_binaries"] == 4 * N_STEPS
    assert (table["n_nonzeros"] > table["n_rows"]).all()
    assert (table["n_columns"] > table["n_binaries"]).all()


def test_searches_end_at_the_same_optimum() -> None:
    table = sizing.compare(
        *case("A", 0.3, n_steps=12),
        variants=["where_needed:size_cuts"],
        time_limit_s=30.0,
        mip_rel_gap=0.0,
    )
    assert table["commitment"].tolist() == [
        *(one.name for one in sizing.COMMITMENTS for _ in range(4)),
        *[NoCommitment().name] * 2,
    ]
    table = table[table["commitment"] != NoCommitment().name]
    assert set(table["status"]) == {"optimal"}
    assert (table["n_nodes"] >= 0).all()
    optimum = table["optimum_EUR_per_a"].iloc[0]
    # With its presolve HiGHS 1.15.1 cuts off the optimum of some plateau paths.
    assert not (table["note"] == BEYOND).any()
    right = table[table["n_both_ways"] == 0]
    assert set(right["commitment"]) >= {"big_m", "three_binary"}
    assert right["objective_EUR_per_a"].to_numpy() == pytest.approx(optimum, rel=2e-6)
    assert (table["objective_EUR_per_a"] <= optimum * (1.0 + 2e-6)).all()


def test_a_bound_above_a_design_that_exists_is_called_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def proud(problem: Problem, start: None, **options: float) -> Solution:
        found = solve_milp(problem, start, **options)
        return replace(found, bound=1.01 * found.objective)

    monkeypatch.setattr(comparison, "solve_milp", proud)
    one = ["big_m:where_needed:no_cuts"]
    table = sizing.compare(*case("A", 0.3, n_steps=8), variants=one, time_limit_s=30.0)
    assert table["note"].tolist() == [BEYOND]


def test_a_plant_that_cannot_be_has_rows_that_say_so() -> None:
    profile = sizing.HeatProfile(step_h=1, heat_demand_kW=[5, 6], waste_heat_kW=[0, 0])
    boiler = sizing.Boiler(existing_kW=1.0)
    parameters = sizing.SizingParameters(heat_pumps=[], boilers=[boiler], stores=[])
    table = sizing.compare(profile, parameters, variants=["big_m:every_step"])
    assert table["optimum_EUR_per_a"].isna().all()
    assert table["note"].str.startswith("no operation meets the demand").all()
    assert (table["n_columns"] == -1).all()


def test_a_commitment_that_would_be_wrong_says_what_to_use() -> None:
    profile, parameters = case("A", 0.3)
    often = parameters.replace_unit("boiler", load_changes_per_window=2)
    often = often.replace_unit("heat_pump", load_changes_per_window=2)
    table = sizing.compare(profile, often, variants=["where_needed:no_cuts"])
    refused = table[table["commitment"] == "plateau_path"].iloc[0]
    assert refused["note"] == sizing.PlateauPath().refusal(sizing.prepare(profile, often))
    assert refused["note"]
    assert pd.isna(refused["lp_bound_EUR_per_a"])
    assert table.loc[table["commitment"] == "big_m", "lp_bound_EUR_per_a"].notna().all()


def test_wrong_options_are_refused() -> None:
    with pytest.raises(InputError, match=r"formulation = big_n: is not part .*'big_m'"):
        find_variants(["big_n"])
    with pytest.raises(InputError) as caught:
        sizing.compare(*case(), time_limit_s=-1.0, optimum_time_limit_s=0.0)
    assert [fault.field for fault in caught.value.faults] == [
        "time_limit_s",
        "optimum_time_limit_s",
    ]


def test_the_figure_has_a_mark_for_every_bound() -> None:
    pytest.importorskip("matplotlib")
    table = sizing.compare(*case(), variants=["big_m", "three_binary:every"])
    (axes,) = sizing_root_gaps(table, title="Small").axes
    assert axes.get_title(loc="left") == "Small"
    drawn = sorted(x for line in axes.lines for x in line.get_xdata())
    assert drawn == pytest.approx(sorted(100.0 * table["root_gap"]))
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        "big_m, where_needed",
        "big_m, every_step",
        "big_m, where_needed, wide limits",
        "big_m, where_needed, heat_pump held",
        "three_binary, every_step",
    ]
    (legend,) = axes.figure.legends
    assert len(legend.get_texts()) == table["cuts"].nunique()
    (empty,) = sizing_root_gaps(table.iloc[:0]).axes
    assert "no variant has a root gap" in empty.texts[0].get_text()
