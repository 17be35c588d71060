"""The swap contract: every formulation of model A is the same model.

Small sites are solved at gap 0 and agree to 1e-7 with each other and with full enumeration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from helpers_sites import (
    PRICES,
    cost_of_levels,
    enumerated_lexicographic,
    enumerated_optimum,
    enumerated_with_connections,
    level_sets,
    mask_of,
    small_sites,
    streams_of,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from milpcore.core import Problem, Status, solve, solve_lp
from milpcore.economics import Measure
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.conditions import pump_dominance_faults
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.level_path import IntegerColumns, LevelPath
from milpcore.site.model import KW_PER_MW, Design, MilpFormulation
from milpcore.site.path_search import PathSearch

AGREEMENT = 1e-7
"""Relative difference allowed between optima."""

Maker = Callable[[int], MilpFormulation]


@dataclass(frozen=True)
class KinkWithout:
    """Makes `KinkAssignment` without dominance rows."""

    def __call__(self, n_levels: int) -> KinkAssignment:
        return KinkAssignment(n_levels, dominance_rows=False)


@dataclass(frozen=True)
class Path:
    """Makes `LevelPath` with the given options."""

    integer: IntegerColumns
    dominance_rows: bool | None

    def __call__(self, n_levels: int) -> LevelPath:
        return LevelPath(n_levels, integer=self.integer, dominance_rows=self.dominance_rows)


PLAIN: dict[str, Maker] = {
    "weak": AssignmentWeak,
    "strong": AssignmentStrong,
    "kink": KinkWithout(),
    **{f"path, integer {kind.value}": Path(kind, False) for kind in IntegerColumns},
}
"""Without dominance rows."""
DOMINATED: dict[str, Maker] = {
    "kink, dominance": KinkAssignment,
    **{f"path, integer {kind.value}, dominance": Path(kind, None) for kind in IntegerColumns},
}
"""With dominance rows where they are exact."""
ALL = PLAIN | DOMINATED

small_counts = st.integers(1, 4)


def unit(inputs: SiteInputs) -> float:
    """Objective of one unit in a problem, EUR/a or t/a."""
    return KW_PER_MW * inputs.cost_scale


def tolerance(inputs: SiteInputs, value: float) -> float:
    """Difference allowed at a value: relative, and the solver's own where costs are nearly nil."""
    largest = max(costs.max(initial=0.0) for costs in inputs.objective_costs[:3])
    return AGREEMENT * value + 1e-8 * largest * inputs.stream_duty_kW.sum()


def bound_tolerance(inputs: SiteInputs, value: float) -> float:
    """Difference allowed below an optimum: the solver's integers are whole within 1e-6."""
    external_heat = inputs.objective_costs.external_heat.max() * inputs.stream_duty_kW.sum()
    return 1e-6 * float(value + external_heat)


def optimum(inputs: SiteInputs, problem: Problem) -> float:
    """Least objective of a problem at gap 0, inf if infeasible."""
    solution = solve(problem, mip_rel_gap=0.0)
    if solution.status is Status.INFEASIBLE:
        return np.inf
    assert solution.status is Status.OPTIMAL, solution.message
    return solution.objective * unit(inputs)


def lp_bound(inputs: SiteInputs, formulation: MilpFormulation) -> float:
    return solve_lp(formulation.build(inputs).relaxed()).objective * unit(inputs)


def site_of_a_loose_bound() -> SiteInputs:
    """A site whose bound by `LevelPath` with integer arcs is 5e-7 below the optimum."""
    rows = [(70.0, 80.0, 7.0, 5.0), (30.0, -40.0, 7.0, 5.0), (40.0, -30.0, 7.0, 5.0)]
    rows += [(30.0, -40.0, 7.0, 2.0), (70.0, 80.0, 714.0, 2.0), (50.0, -20.0, 7.0, 5.0)]
    candidates_C = [-50, -47, -40, -30, 25, 87, 90]
    return prepare(streams_of(*rows), candidates_C=candidates_C)


@settings(max_examples=30)
@example(site_of_a_loose_bound(), 4)
@given(small_sites(objectives=("tac", "tac", "capex")), small_counts)
def test_every_formulation_has_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = enumerated_optimum(inputs, n_levels)
    for name, make in ALL.items():
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        if best == np.inf:
            assert outcome.status is Status.INFEASIBLE, name
            assert outcome.design is None
            continue
        assert outcome.status is Status.OPTIMAL, name
        assert abs(outcome.objective - best) <= tolerance(inputs, best), name
        assert outcome.bound <= outcome.objective, name
        assert outcome.bound >= best - bound_tolerance(inputs, best), name
        assert outcome.design is not None
        assert outcome.design.is_open.sum() <= n_levels


@settings(max_examples=20)
@given(small_sites(objectives=("opex", "co2")), small_counts)
def test_tac_comes_second_over_all_sets_of_levels(inputs: SiteInputs, n_levels: int) -> None:
    first, second = enumerated_lexicographic(inputs, n_levels)
    scale_kW = inputs.stream_duty_kW.sum()
    names = ("strong", "kink, dominance", "path, integer counts, dominance")
    for name, make in {"search": PathSearch, **{name: ALL[name] for name in names}}.items():
        design = make(n_levels).solve(inputs, mip_rel_gap=0.0).design
        if first == np.inf:
            assert design is None
            continue
        assert design is not None
        flows = (design.external_heat_kW, design.cooling_kW, design.pump_heat_kW)
        assert inputs.evaluate(inputs.objective, *flows) == pytest.approx(
            first, rel=AGREEMENT, abs=1e-8 * scale_kW
        ), name
        assert inputs.evaluate(Measure.TAC, *flows) == pytest.approx(
            second, rel=1e-5, abs=1e-5 * scale_kW
        ), name


@settings(max_examples=12)
@given(small_sites(max_streams=3, any_profile=True), st.integers(1, 3))
def test_nearest_levels_are_best_among_all_connections(inputs: SiteInputs, n_levels: int) -> None:
    best = enumerated_with_connections(inputs, n_levels)
    nearest = enumerated_optimum(inputs, n_levels)
    assert (nearest == best) or abs(nearest - best) <= tolerance(inputs, best)


@settings(max_examples=12)
@given(small_sites(max_streams=3, cascade=False, objectives=("tac", "capex")), st.integers(1, 3))
def test_without_cascade_assignments_have_the_optimum_of_full_enumeration(
    inputs: SiteInputs, n_levels: int
) -> None:
    best = enumerated_with_connections(inputs, n_levels)
    for make in (AssignmentWeak, AssignmentStrong):
        outcome = make(n_levels).solve(inputs, mip_rel_gap=0.0)
        if best == np.inf:
            assert outcome.status is Status.INFEASIBLE
            continue
        assert outcome.status is Status.OPTIMAL
        assert abs(outcome.objective - best) <= tolerance(inputs, best)
        assert outcome.design is not None
        assert not outcome.design.cascade_kW.any()


@settings(max_examples=30)
@given(small_sites(), st.integers(2, 4))
def test_lp_bounds_keep_their_declared_order(inputs: SiteInputs, n_levels: int) -> None:
    bounds = {name: lp_bound(inputs, make(n_levels)) for name, make in ALL.items()}
    best = enumerated_optimum(inputs, n_levels)
    slack = tolerance(inputs, best)
    for name, bound in bounds.items():
        assert bound <= best + slack, name
    assert bounds["weak"] <= bounds["strong"] + slack
    for name in ("kink", *(f"path, integer {kind.value}" for kind in IntegerColumns)):
        assert abs(bounds[name] - bounds["strong"]) <= slack, name
    if not pump_dominance_faults(inputs):
        for kind in IntegerColumns:
            path = bounds[f"path, integer {kind.value}, dominance"]
            assert path >= bounds["kink, dominance"] - slack


@settings(max_examples=20)
@given(small_sites(), st.data())
def test_with_open_levels_fixed_every_formulation_has_the_same_cost(
    inputs: SiteInputs, data: st.DataObject
) -> None:
    levels = data.draw(st.sampled_from(list(level_sets(inputs, 4))))
    best = cost_of_levels(inputs, levels)
    for name, make in ALL.items():
        problem = make(4).build(inputs)
        least = optimum(inputs, problem.fixed("is_open", mask_of(inputs, levels).astype(float)))
        assert (least == best) or abs(least - best) <= tolerance(inputs, best), name


def with_design(problem: Problem, design: Design) -> Problem:
    """Fix the whole interface to a design."""
    for block, values in (
        ("is_open", design.is_open.astype(float)),
        ("external_heat", design.external_heat_kW / KW_PER_MW),
        ("cooling", design.cooling_kW / KW_PER_MW),
        ("cascade", design.cascade_kW / KW_PER_MW),
        ("pump_heat", design.pump_heat_kW / KW_PER_MW),
    ):
        problem = problem.fixed(block, values)
    return problem


@settings(max_examples=12)
@given(small_sites(), st.integers(2, 4))
def test_formulations_without_dominance_rows_accept_each_others_interface(
    inputs: SiteInputs, n_levels: int
) -> None:
    makers = {name: PLAIN[name] for name in ("weak", "strong", "kink", "path, integer counts")}
    problems = {name: make(n_levels).build(inputs) for name, make in makers.items()}
    outcomes = {
        name: make(n_levels).solve(inputs, mip_rel_gap=0.0) for name, make in makers.items()
    }
    for (giver, outcome), taker in product(outcomes.items(), makers):
        assert outcome.design is not None
        least = optimum(inputs, with_design(problems[taker], outcome.design))
        assert abs(least - outcome.objective) <= tolerance(inputs, least), (giver, taker)


@settings(max_examples=10)
@given(small_sites(objectives=("tac", "capex")), st.integers(1, 3))
def test_more_levels_never_cost_more(inputs: SiteInputs, n_levels: int) -> None:
    fewer, more = (
        LevelPath(count).solve(inputs, mip_rel_gap=0.0) for count in (n_levels, n_levels + 1)
    )
    if fewer.design is not None:
        assert more.objective <= fewer.objective + tolerance(inputs, fewer.objective)


def mid_size_site(seed: int, economics: str) -> SiteInputs:
    """Forty streams on a 5 K grid."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(40):
        supply_C = 5.0 * random.integers(6, 44)
        change_K = 5.0 * random.integers(1, 12) * random.choice([-1.0, 1.0])
        rows.append((supply_C, supply_C + change_K, float(random.integers(50, 5000)), 5.0))
    return prepare(streams_of(*rows), economics=PRICES[economics])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("economics", sorted(PRICES))
def test_mid_size_sites_agree(seed: int, economics: str) -> None:
    inputs = mid_size_site(seed, economics)
    reference = LevelPath(4).solve(inputs, mip_rel_gap=0.0)
    assert reference.status is Status.OPTIMAL
    for name, make in ALL.items():
        limit_s = 20.0 if name == "weak" else None
        outcome = make(4).solve(inputs, mip_rel_gap=0.0, time_limit_s=limit_s)
        slack = tolerance(inputs, reference.objective)
        assert outcome.bound <= reference.objective + slack, name
        assert outcome.objective >= reference.objective - slack, name
        if outcome.status is Status.OPTIMAL:
            assert abs(outcome.objective - reference.objective) <= slack, name
        else:
            assert (outcome.status, name) == (Status.TIME_LIMIT, "weak")
