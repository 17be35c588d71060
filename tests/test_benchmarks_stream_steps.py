"""The benchmark of service in steps, on small sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from helpers_sites import PRICES

from benchmarks import stream_steps as benchmark
from milpcore import SiteEconomics, load_case
from milpcore.site import prepare


def _sites() -> Iterator[benchmark.Site]:
    yield benchmark.Site("bundled", "plants", load_case("loop_four_plants"), SiteEconomics())
    dairy = load_case("dairy_8")
    yield benchmark.Site("random", "dear", dairy, SiteEconomics())
    yield benchmark.Site("random", "cheap", dairy, PRICES["cheap electricity"])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder: Path = tmp_path_factory.mktemp("benchmark")
    found = benchmark.run(
        folder,
        levels=(3, 4),
        streams=load_case("dairy_8"),
        sites=_sites,
        bound_s=0.2,
        site_limit_s=0.2,
    )
    assert (folder / "stream_steps.png").exists()
    return found


def test_savings_are_against_one_level_a_stream(table: pd.DataFrame) -> None:
    for n_levels in (3, 4):
        rows = table[(table["part"] == "levels") & (table["max_levels"] == n_levels)]
        assert rows["service"].tolist() == ["one level", *["steps"] * 4, "any temperature"]
        one, kinks = rows.iloc[0], rows.iloc[1]
        assert (one["saving_percent"], one["n_steps"]) == (0.0, 8)
        ratio = kinks["objective_EUR_per_a"] / one["objective_EUR_per_a"]
        assert kinks["saving_percent"] == pytest.approx(100.0 * (1.0 - ratio))
        steps = rows[rows["service"] == "steps"].set_index("candidates")
        for finer in ("kinks+10 K", "kinks+5 K", "ends+1 K"):
            at_most = steps.loc["kinks", "objective_EUR_per_a"] * (1.0 + 2e-4)
            assert steps.loc[finer, "objective_EUR_per_a"] <= at_most
        bound = rows.iloc[-1]
        assert bound["bound_EUR_per_a"] <= steps["objective_EUR_per_a"].min()
        assert bound["gap_percent"] >= 0.0


def test_the_bound_is_for_sites_with_its_condition(table: pd.DataFrame) -> None:
    bounds = table[(table["part"] == "site") & (table["service"] == "any temperature")]
    assert bounds["site"].tolist() == ["plants", "dear"]


def test_the_summary_is_of_the_random_sites(table: pd.DataFrame) -> None:
    summary = table[table["part"] == "summary"].set_index(["service", "candidates"])
    assert summary.loc[("steps", "kinks"), "n_sites"] == 2
    assert summary.loc[("steps", "kinks"), "least_saving_percent"] > 0.0


def test_candidates_of_grids_hold_the_kinks() -> None:
    dairy = load_case("dairy_8")
    assert benchmark.candidates_of("kinks", dairy, SiteEconomics()) is None
    sets = [
        set(benchmark.candidates_of(name, dairy, SiteEconomics()) or ())
        for name in ("kinks+10 K", "kinks+5 K", "ends+1 K")
    ]
    assert set(prepare(dairy).level_C) <= sets[0] < sets[1] < sets[2]
