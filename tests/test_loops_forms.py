"""Ways to write the models of loops: the same optimum, and what is tighter than what."""

from __future__ import annotations

from itertools import product

import pytest
from helpers_loop_cases import case_of, random_case, two_streams

from milpcore import loops
from milpcore.core import Problem, Status, solve, solve_lp
from milpcore.loops import Limits
from milpcore.loops.inputs import LoopInputs, Route, prepare
from milpcore.loops.residual import residual_model
from milpcore.loops.residual_form import ResidualForm
from milpcore.loops.route_stages import sides_of, staged
from milpcore.loops.transport import transport_model
from milpcore.loops.transport_form import SegmentProduct, TransportForm, WholeProduct

PRODUCTS = (WholeProduct(), WholeProduct(is_loose=True), SegmentProduct(False), SegmentProduct())
TRANSPORT_FORMS = tuple(
    TransportForm(*choice) for choice in product((True, False), PRODUCTS, (False, True))
)
RESIDUAL_FORMS = tuple(ResidualForm(*choice) for choice in product((True, False), repeat=4))
TIGHTEST = TransportForm(product=SegmentProduct(), has_links=True)
SLACK = 1e-7
"""Relative to the optimum; tolerances of the linear programs."""


def _bound(problem: Problem) -> float:
    relaxed = solve_lp(problem.relaxed())
    assert relaxed.status is Status.OPTIMAL
    return relaxed.objective


def _optimum(problem: Problem) -> float:
    found = solve(problem, mip_rel_gap=0.0)
    assert found.status is Status.OPTIMAL
    return found.objective


def _transport(
    inputs: LoopInputs, form: TransportForm, routes: tuple[Route, ...] | None, cell_K: float
) -> Problem:
    model = transport_model(
        inputs,
        routes=routes,
        stream_cell_K=cell_K,
        loop_cell_K=cell_K,
        n_segments=3,
        form=form,
    )
    return model.problem


def _forms_agree(
    inputs: LoopInputs, routes: tuple[Route, ...] | None = None, *, cell_K: float = 20.0
) -> dict[TransportForm, float]:
    """Swap contract; return the share of the root gap that each form leaves of the optimum."""
    problems = {form: _transport(inputs, form, routes, cell_K) for form in TRANSPORT_FORMS}
    optimum = _optimum(problems[TransportForm()])
    gaps = {}
    for form, problem in problems.items():
        assert _optimum(problem) == pytest.approx(optimum, rel=SLACK), form
        gaps[form] = 1.0 - _bound(problem) / optimum
        assert gaps[form] >= -SLACK, form
    for form, gap in gaps.items():
        assert gap >= gaps[TransportForm(True, form.product, form.has_links)] - SLACK
        assert gap >= gaps[TransportForm(form.joins_by_cell, form.product, True)] - SLACK
    for one, links in product((True, False), repeat=2):
        left = [gaps[TransportForm(one, how, links)] for how in PRODUCTS]
        assert left[0] <= left[1] + SLACK
        assert left[2] <= left[0] + SLACK
        assert left[3] <= left[2] + SLACK
    assert min(gaps.values()) >= gaps[TIGHTEST] - SLACK
    return gaps


@pytest.mark.parametrize("seed", [1, 2])
def test_forms_of_the_transport_model_agree_on_random_plants(seed: int) -> None:
    gaps = _forms_agree(prepare(random_case(seed, n_hot=3, n_cold=3)))
    assert gaps[TIGHTEST] < 0.7 * gaps[TransportForm()], "by-segment limits and links do tighten"


@pytest.mark.parametrize("seed", [3])
def test_forms_agree_where_plants_give_and_take(seed: int) -> None:
    inputs = prepare(random_case(seed, n_hot=3, n_cold=3, n_plants=3))
    _forms_agree(inputs, cell_K=25.0)
    routes = tuple(
        staged(route, [sides_of(inputs, plant)[0] for plant in route.plants])
        for route in inputs.routes[:2]
    )
    _forms_agree(inputs, routes, cell_K=40.0)


def test_forms_agree_with_limits_two_loops_and_heaters() -> None:
    limits = Limits(min_unit_duty_kW=3000.0, forbidden_matches=["east/H1"], max_units=4)
    rows = [
        ("east", "H1", 160.0, 80.0, 8000.0, 1.5),
        ("east", "H2", 140.0, 65.0, 9000.0, 1.5),
        ("west", "C1", 50.0, 110.0, 6000.0, 1.2),
        ("west", "C2", 60.0, 100.0, 7000.0, 0.7),
    ]
    case = case_of(rows, distance_m=60.0, limits=limits, has_utility_data=True)
    _forms_agree(prepare(case, costs_utility_exchangers=True), cell_K=25.0)
    _forms_agree(prepare(two_streams(distance_m=60.0), n_loops=2), cell_K=40.0)


def test_forms_of_the_transport_model_agree_on_the_printed_example() -> None:
    inputs = prepare(loops.load_case("loop_two_plants"))
    forms = (
        TransportForm(),
        TransportForm(joins_by_cell=False),
        TransportForm(product=WholeProduct(is_loose=True)),
        TransportForm(product=SegmentProduct()),
        TIGHTEST,
    )
    problems = [
        transport_model(inputs, stream_cell_K=16.0, loop_cell_K=16.0, form=form).problem
        for form in forms
    ]
    optima = [_optimum(problem) for problem in problems]
    assert optima == pytest.approx([optima[0]] * len(forms), rel=SLACK)
    gaps = [1.0 - _bound(problem) / optima[0] for problem in problems]
    assert gaps[0] > 2.0 * gaps[3] > 3.0 * gaps[4] > 0.0
    assert gaps[2] == pytest.approx(gaps[0], abs=SLACK), "the limit of the flow changes nothing"


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_forms_of_the_residual_model_agree(seed: int | None) -> None:
    case = loops.load_case("loop_two_plants") if seed is None else random_case(seed, n_hot=3)
    inputs, most = prepare(case), 921.0 if seed is None else 80.0 + 40.0 * seed
    gaps, optimum = {}, None
    for form in RESIDUAL_FORMS:
        if seed is None and not form.is_monotone and not form.has_starts:
            continue  # seconds each
        problem = residual_model(inputs, max_flow_kW_per_K=most, form=form)
        found = _optimum(problem)
        optimum = found if optimum is None else optimum
        assert found == pytest.approx(optimum, rel=SLACK), form
        gaps[form] = 1.0 - _bound(problem) / optimum
    for form, gap in gaps.items():
        assert gap >= -SLACK
        values = (form.big_m_by_level, form.use_by_stream, form.is_monotone, form.has_starts)
        for place in range(4):
            better = ResidualForm(*(place == at or value for at, value in enumerate(values)))
            assert better not in gaps or gaps[better] <= gap + SLACK, (form, better)
    if seed is None:
        plain, starts = gaps[ResidualForm()], gaps[ResidualForm(has_starts=True)]
        assert starts < 0.6 * plain, "places of the loop's ends close half of the gap"
        assert gaps[ResidualForm(big_m_by_level=False)] > plain + 0.01


def test_a_loop_may_begin_at_the_very_last_level() -> None:
    """Water at ΔTmin to both ends of both streams, which have the same capacity flow."""
    rows = [
        ("east", "H1", 140.0, 80.0, 12000.0, 1.5),
        ("west", "C1", 60.0, 120.0, 12000.0, 1.2),
    ]
    inputs = prepare(case_of(rows))
    for form in RESIDUAL_FORMS:
        problem = residual_model(inputs, max_flow_kW_per_K=200.0, form=form)
        assert _optimum(problem) == pytest.approx(0.0, abs=1e-6), form
