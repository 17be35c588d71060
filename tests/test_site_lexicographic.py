"""TAC second, over the choice of levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_sites import PRICES, enumerated_lexicographic, site_at_levels

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.explain import explain
from milpcore.site.inputs import SiteInputs
from milpcore.site.level_path import LevelPath
from milpcore.site.lexicographic import least_tac
from milpcore.site.model import Outcome, nearest_levels, relative_gap
from milpcore.site.operate import objective_value, operate
from milpcore.site.path_search import PathSearch
from milpcore.site.path_search.network import level_network
from milpcore.site.path_search.run import Run
from milpcore.site.path_search.search import SearchState
from milpcore.site.path_search.solvers import default_solver
from milpcore.site.path_search.tac_second import settle_tac


@pytest.fixture
def self_fed() -> SiteInputs:
    """Any pump that runs on its own heat costs the same OPEX; a long lift needs a small pump."""
    return site_at_levels(
        {},
        {50.0: 7.0, 107.0: 7.0, 110.0: 7.0},
        economics=PRICES["cheap electricity, dear pumps"],
        objective="opex",
    )


def outcome_at(inputs: SiteInputs, *levels: int) -> Outcome:
    """The outcome of a search that found these levels."""
    is_open = np.isin(np.arange(inputs.n_candidates), levels)
    design = operate(inputs, is_open, nearest_levels(inputs, is_open))
    assert design is not None
    value = objective_value(inputs, design)
    return Outcome(Status.OPTIMAL, design, value, 0.999 * value, 0.001, 5, 1.0, "found")


def values(inputs: SiteInputs, outcome: Outcome) -> tuple[float, float]:
    """OPEX and TAC."""
    design = outcome.design
    assert design is not None
    flows = (design.external_heat_kW, design.cooling_kW, design.pump_heat_kW)
    return inputs.evaluate(Measure.OPEX, *flows), inputs.evaluate(Measure.TAC, *flows)


def test_levels_of_equal_opex_are_settled_by_tac(self_fed: SiteInputs) -> None:
    short_lift = outcome_at(self_fed, 1, 2)
    settled = least_tac(LevelPath(2), self_fed, short_lift, mip_rel_gap=0.0)
    opex_before, tac_before = values(self_fed, short_lift)
    opex, tac = values(self_fed, settled)
    assert opex == pytest.approx(opex_before, rel=1e-8)
    assert tac < 0.5 * tac_before
    assert (opex, tac) == pytest.approx(enumerated_lexicographic(self_fed, 2), rel=1e-6)
    assert settled.design is not None
    assert settled.design.is_open.tolist() == [True, False, True]
    assert (settled.status, settled.message) == (Status.OPTIMAL, "found")
    assert settled.bound == short_lift.bound
    assert settled.gap == relative_gap(settled.objective, settled.bound) < 0.001
    assert settled.n_nodes >= 5
    assert settled.solve_s > 1.0


def test_a_solve_settles_them_too(self_fed: SiteInputs) -> None:
    outcome = LevelPath(2).solve(self_fed, mip_rel_gap=0.0)
    expected = enumerated_lexicographic(self_fed, 2)
    assert values(self_fed, outcome) == pytest.approx(expected, rel=1e-6)


def test_out_of_time_the_design_stays_and_a_note_says_so(self_fed: SiteInputs) -> None:
    first = outcome_at(self_fed, 1, 2)
    settled = least_tac(LevelPath(2), self_fed, first, time_limit_s=0.0)
    assert settled.status is Status.OPTIMAL
    notes = explain(self_fed, settled, max_levels=2)
    assert settled.tac_proven != any("is not proven least" in note for note in notes)
    opex, tac = values(self_fed, settled)
    assert opex == pytest.approx(values(self_fed, first)[0], rel=1e-8)
    assert tac <= values(self_fed, first)[1]


def test_nothing_happens_where_tac_comes_first(self_fed: SiteInputs) -> None:
    for objective in (Measure.TAC, Measure.CAPEX):
        inputs = replace(self_fed, objective=objective)
        outcome = outcome_at(inputs, 1, 2)
        assert least_tac(LevelPath(2), inputs, outcome) is outcome
    nothing = replace(outcome_at(self_fed, 1, 2), design=None)
    assert least_tac(LevelPath(2), self_fed, nothing) is nothing


def test_a_search_that_cannot_settle_them_says_so(self_fed: SiteInputs) -> None:
    network = level_network(self_fed)
    first = outcome_at(self_fed, 1, 2)
    prices = network.lowest_price
    state = SearchState(np.array([1, 2]), 1.0, prices, finished=True)
    run = Run(default_solver(), 2, 0.0, 0.0, None)
    settled, _ = settle_tac(self_fed, first, state, run)
    assert not settled.tac_proven
    assert values(self_fed, settled) <= values(self_fed, first)
    notes = explain(self_fed, settled, max_levels=2)
    assert "TAC, which decides between designs of equal objective, is not proven least." in notes
    assert settle_tac(self_fed, first, state, replace(run, time_limit_s=None))[0].tac_proven


def test_cooling_moves_up_only_where_tac_allows_it() -> None:
    """CO2 does not mind where heat is removed; at 50 °C that costs more."""
    inputs = site_at_levels(
        {-50.0: 7.0, -30.0: 7.0, 50.0: 7.0},
        {110.0: 7.0},
        economics=SiteEconomics(cooling_price_EUR_per_MWh=7.0),
        objective="co2",
    )
    inputs = replace(inputs, cooling_factor=np.array([5.0, 5.0, 6.0, 6.0]) / 13.0)
    outcome = PathSearch(3).solve(inputs, mip_rel_gap=0.0)
    assert outcome.design is not None
    flows = outcome.design
    tac = inputs.evaluate(Measure.TAC, flows.external_heat_kW, flows.cooling_kW, flows.pump_heat_kW)
    assert tac == pytest.approx(enumerated_lexicographic(inputs, 3)[1], rel=1e-7)
    assert outcome.tac_proven
