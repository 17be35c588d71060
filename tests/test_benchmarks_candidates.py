"""The benchmark of candidate sets, on small sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from helpers_sites import PRICES, site_at_levels

from benchmarks import candidates as benchmark
from milpcore import SiteEconomics, load_case
from milpcore.site import Grid, Kinks, KinksAndGaps, KinksAndGrid

CHEAP = PRICES["cheap electricity"]
RELAY_PRICES = SiteEconomics(
    electricity_price_EUR_per_MWh=60.0, heat_pump_investment_EUR_per_kW=200.0
)


def _sites() -> Iterator[benchmark.Site]:
    yield benchmark.Site("random", "dairy", load_case("dairy_8"), SiteEconomics(), 4)
    relay = site_at_levels({40.0: 2000.0}, {130.0: 1500.0}).streams
    yield benchmark.Site("small", "relay", relay, RELAY_PRICES, 3)
    yield benchmark.Site("small", "cheap", relay, CHEAP, 3)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder: Path = tmp_path_factory.mktemp("benchmark")
    sets = (KinksAndGrid(5.0), Kinks(), KinksAndGaps(), Grid(20.0))
    found = benchmark.run(folder, sites=_sites, sets=sets)
    assert (folder / "candidates.png").exists()
    return found


def test_losses_are_against_the_first_set(table: pd.DataFrame) -> None:
    rows = table[table["part"] == "site"].set_index(["site", "candidates"])
    assert len(rows) == 12
    for name in ("dairy", "relay", "cheap"):
        first = rows.loc[(name, "kinks+grid:5")]
        assert first["loss_percent"] == 0.0
        kinks = rows.loc[(name, "kinks")]
        ratio = kinks["objective_EUR_per_a"] / first["objective_EUR_per_a"]
        assert kinks["loss_percent"] == pytest.approx(100.0 * (ratio - 1.0))
    relay = rows.loc["relay"]
    assert relay.loc["kinks", "loss_percent"] > 30.0
    assert relay.loc["kinks", "n_relays"] == 0
    assert relay.loc["kinks+gaps", ["n_relays", "n_relays_off_kinks"]].tolist() == [1, 1]


def test_the_bound_for_all_temperatures_is_for_sites_with_its_condition(
    table: pd.DataFrame,
) -> None:
    bounds = table[table["part"] == "any temperature"].set_index("site")
    assert set(bounds.index) == {"dairy", "relay"}
    assert bounds.loc["relay", "gap_percent"] > 25.0
    assert 0.0 <= bounds.loc["dairy", "gap_percent"] < 2.0


def test_the_summary_counts_what_loses(table: pd.DataFrame) -> None:
    summary = table[table["part"] == "summary"].set_index(["kind", "candidates"])
    small = summary.loc[("small", "kinks")]
    rows = table[(table["part"] == "site") & (table["kind"] == "small")]
    loss = rows[rows["candidates"] == "kinks"]["loss_percent"]
    assert small["n_sites"] == 2
    assert small["worst_loss_percent"] == loss.max()
    assert small["n_losing"] == (loss > benchmark.PAYS_PERCENT).sum()


def test_the_default_sites_are_the_bundled_and_48_random_ones() -> None:
    sites = list(benchmark.all_sites())
    assert [site.n_levels for site in sites[:3]] == list(benchmark.LEVELS)
    assert [site.kind for site in sites].count("random") == 24
    small = [site for site in sites if site.kind == "small"]
    assert len({site.name for site in small}) == 24
    assert {site.streams.n_streams for site in small} == {benchmark.SMALL}
