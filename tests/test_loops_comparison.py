"""`loops.compare`: the rows of a tightness table, their relations, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_loop_cases import case_of, random_case, two_streams

from milpcore import loops
from milpcore.core import Problem, Solution, solve
from milpcore.faults import InputError
from milpcore.loops import comparison
from milpcore.loops.comparison import BEYOND, COLUMNS, ONE_SIDED, default_flow_kW_per_K
from milpcore.loops.inputs import prepare
from milpcore.loops.variants import VARIANTS, find_variants, reference_of
from milpcore.plots import loop_root_gaps

SLACK = 1e-7
"""Relative to the optimum; tolerances of the linear programs."""
SMALL = ["energy", "16K", "8K"]


@pytest.fixture(scope="module", params=[None, 1])
def table(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Rows of the printed example, and of random plants."""
    if request.param is None:
        return loops.compare(loops.load_case("loop_two_plants"), variants=SMALL)
    return loops.compare(random_case(request.param, n_hot=3, n_cold=3), variants=SMALL)


def test_every_variant_has_a_row(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    names = [variant.name for variant in VARIANTS]
    assert len(set(names)) == len(names)
    assert table["variant"].tolist() == [name for name in names if ":4K:" not in name]
    assert (table["unit"] == "$/a").all()
    assert table["cells_K"].isna().tolist() == (table["question"] == "energy").tolist()
    flows = table.groupby("question")["max_flow_kW_per_K"].nunique()
    assert flows.tolist() == [1, 1]


def test_no_relaxation_is_above_the_optimum(table: pd.DataFrame) -> None:
    assert (table["optimum_gap"] <= 1e-6).all()
    assert (table["note"] == "").all()
    optimum, bound = table["optimum"], table["lp_bound"]
    assert (bound <= optimum * (1.0 + SLACK)).all()
    gap = (optimum - bound).clip(lower=0.0) / optimum
    assert table["root_gap"].to_numpy() == pytest.approx(gap.to_numpy(), abs=2e-9)
    gaps = dict(zip(table["variant"], gap, strict=True))
    for row in table.itertuples():
        (variant,) = find_variants([str(row.variant)])[:1]
        whole = gaps[reference_of(variant).name]
        if whole > 1e-6:
            assert row.gap_closed == pytest.approx(1.0 - gaps[row.variant] / whole, abs=1e-5)
        else:
            assert np.isnan(row.gap_closed) or whole > comparison.NO_GAP


def test_each_optimum_is_its_own(table: pd.DataFrame) -> None:
    of_cells = table.groupby(table["cells_K"].fillna(0.0))["optimum"]
    assert of_cells.min().tolist() == of_cells.max().tolist()
    assert len(set(table["optimum"])) == 3


def test_what_is_claimed_to_be_tighter_is(table: pd.DataFrame) -> None:
    rows = table.set_index("variant")

    def gains(stronger: str, weaker: str) -> float:
        gain = float(rows.loc[stronger, "lp_bound"] - rows.loc[weaker, "lp_bound"])
        assert gain >= -SLACK * rows.loc[weaker, "optimum"], (stronger, weaker)
        return gain / float(rows.loc[weaker, "optimum"])

    weak = "one_big_m+summed+any_order"
    for one in ("one_big_m", "summed", "any_order"):
        gains("energy:residual:plain", f"energy:residual:{one}")
        gains(f"energy:residual:{one}", f"energy:residual:{weak}")
    gains("energy:residual:starts", "energy:residual:plain")
    assert gains("energy:residual:plain", "energy:residual:one_big_m") > 1e-3
    gains("energy:transport:limits+links", "energy:transport:plain")
    for cells in ("16K", "8K"):
        for stronger, weaker in (
            ("plain", "summed"),
            ("plain", "loose"),
            ("links", "plain"),
            ("segments", "plain"),
            ("limits", "segments"),
            ("limits+links", "links"),
        ):
            gains(f"cost:{cells}:{stronger}", f"cost:{cells}:{weaker}")
        assert gains(f"cost:{cells}:limits", f"cost:{cells}:segments") > 0.01
        assert gains(f"cost:{cells}:limits+links", f"cost:{cells}:limits") > 1e-3
    assert rows.loc["energy:transport:plain", "root_gap"] < 1e-6


def test_sizes_are_those_of_the_problems(table: pd.DataFrame) -> None:
    rows = table.set_index("variant")
    assert (table[["build_s", "lp_s"]].to_numpy() >= 0.0).all()
    assert (rows["n_columns"] > rows["n_binaries"]).all()
    plain = rows.loc["energy:residual:plain"]
    assert rows.loc["energy:residual:any_order", "n_rows"] == (
        plain["n_rows"] - (plain["n_binaries"] - 2)
    )
    for cells in ("16K", "8K"):
        of_cells = rows[rows.index.str.contains(f":{cells}:")]
        assert len(set(of_cells["n_binaries"])) == 1
        same = of_cells.loc[[f"cost:{cells}:plain", f"cost:{cells}:loose"]]
        assert same[["n_columns", "n_rows", "n_nonzeros"]].drop_duplicates().shape[0] == 1


def test_searches_end_at_the_same_optimum() -> None:
    case = random_case(2, n_hot=2, n_cold=2)
    table = loops.compare(
        case, variants=["energy", "16K"], time_limit_s=30.0, mip_rel_gap=0.0, max_flow_kW_per_K=90.0
    )
    assert (table["status"] == "optimal").all()
    assert table["objective"].to_numpy() == pytest.approx(table["optimum"].to_numpy(), rel=2e-6)
    assert (table["bound"] <= table["objective"] * (1.0 + SLACK)).all()
    assert (table["n_nodes"] >= 0).all()
    assert set(table.loc[table["question"] == "energy", "max_flow_kW_per_K"]) == {90.0}


def test_the_flow_of_the_target_is_within_the_limits() -> None:
    free = prepare(two_streams())
    limited = prepare(two_streams(limits=loops.Limits(max_flow_kW_per_K=20.0)))
    coldest, hottest = free.loop_range_C()
    assert default_flow_kW_per_K(free) == pytest.approx(12000.0 / (hottest - coldest))
    assert default_flow_kW_per_K(limited) == 20.0


def test_a_bound_above_a_solution_that_exists_is_called_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def proud(problem: Problem, **options: Any) -> Solution:
        found = solve(problem, **options)
        return replace(found, bound=1.01 * found.objective)

    monkeypatch.setattr(comparison, "solve", proud)
    table = loops.compare(two_streams(), variants=["16K:plain"], time_limit_s=30.0)
    assert table["note"].tolist() == [BEYOND]


def test_the_transport_target_is_another_where_plants_give_and_take() -> None:
    table = loops.compare(random_case(3, n_hot=3, n_cold=3, n_plants=3), variants=["energy"])
    is_transport = table["variant"].str.contains("transport")
    assert (table.loc[is_transport, "note"] == ONE_SIDED).all()
    assert (table.loc[is_transport, "n_columns"] == -1).all()
    assert table.loc[~is_transport, "root_gap"].notna().all()


def test_a_loop_that_cannot_be_has_rows_that_say_so() -> None:
    rows = [("east", "H1", 160.0, 80.0, 16000.0, 1.5), ("west", "C1", 100.0, 125.0, 12000.0, 1.2)]
    # above 120 °C, which is 20 K above the cold stream's supply, there are 8000 kW
    limits = loops.Limits(forced_matches=["east/H1"], min_unit_duty_kW=11000.0)
    table = loops.compare(case_of(rows, limits=limits), variants=["16K:l"])
    assert table["optimum"].isna().all()
    assert (table["note"] != "").all()
    assert (table["n_columns"] == -1).all()


def test_wrong_options_are_refused() -> None:
    with pytest.raises(InputError, match=r"formulation = residul: is not part .*'residual'"):
        find_variants(["residul"])
    with pytest.raises(InputError) as caught:
        loops.compare(
            two_streams(),
            time_limit_s=-1.0,
            lp_time_limit_s=0.0,
            optimum_time_limit_s=0.0,
            max_flow_kW_per_K=float("inf"),
        )
    assert [(fault.field, fault.rule) for fault in caught.value.faults] == [
        ("time_limit_s", "must be a number from 0 (s)"),
        ("lp_time_limit_s", "must be above 0 (s)"),
        ("optimum_time_limit_s", "must be above 0 (s)"),
        ("max_flow_kW_per_K", "must be above 0 (kW/K)"),
    ]


def test_the_figure_has_a_mark_for_every_bound(table: pd.DataFrame) -> None:
    pytest.importorskip("matplotlib")
    figure = loop_root_gaps(table, title="Small")
    energy, cost = figure.axes
    assert energy.get_title(loc="left") == "Small"
    for axes, question in ((energy, "energy"), (cost, "cost")):
        drawn = sorted(x for line in axes.lines for x in line.get_xdata())
        asked = table["question"] == question
        assert drawn == pytest.approx(sorted(100.0 * table.loc[asked, "root_gap"]))
    assert [tick.get_text() for tick in cost.get_yticklabels()] == [
        "plain",
        "summed",
        "loose",
        "links",
        "segments",
        "limits",
        "limits+links",
    ]
    assert energy.get_yticklabels()[6].get_text() == "transport: plain"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["cells of 16 K", "cells of 8 K"]
    assert len(loop_root_gaps(table[table["question"] == "energy"]).axes) == 1
    (empty,) = loop_root_gaps(table.iloc[:0]).axes
    assert "no variant has a root gap" in empty.texts[0].get_text()
