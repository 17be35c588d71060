from __future__ import annotations

import math
import pickle
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers_core import exactly, knapsack, market_split, random_lp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import milp

from milpcore.core import Assembly, Problem, Solution, Status, outcome, relative_gap, solve

INF = math.inf
SOLVE_MODULE = sys.modules[solve.__module__]  # the package's name `solve` is the function


def single(lower: float, upper: float, cost: float, *, integer: bool = False) -> Problem:
    assembly = Assembly()
    column = assembly.columns("x", (), lower=lower, upper=upper, integer=integer)
    assembly.cost(column, cost)
    return assembly.problem()


def impossible_sum(integer: bool) -> Problem:
    """``2 a + 2 b = 3``: no integers solve it."""
    assembly = Assembly()
    columns = assembly.columns("x", 2, upper=9.0, integer=integer)
    assembly.put(assembly.rows("sum", (), lower=3.0, upper=3.0), columns, 2.0)
    assembly.cost(columns, 1.0)
    return assembly.problem()


def falling(integer: bool) -> Problem:
    """Two columns that rise together without end."""
    assembly = Assembly()
    columns = assembly.columns("x", 2, integer=integer)
    assembly.put(assembly.rows("equal", (), lower=0.0, upper=0.0), columns, [1.0, -1.0])
    assembly.cost(columns, -1.0)
    return assembly.problem()


def test_a_known_problem() -> None:
    solution = solve(knapsack(), mip_rel_gap=0.0)
    assert solution.status is Status.OPTIMAL
    assert solution.has_incumbent
    assert solution.objective == pytest.approx(-19.0)
    assert solution.bound == pytest.approx(-19.0)
    assert solution.gap == pytest.approx(0.0, abs=1e-9)
    assert solution.values["take"] == pytest.approx([0.0, 1.0, 0.0, 1.0])
    assert solution.x == pytest.approx([0.0, 1.0, 0.0, 1.0])
    assert solution.max_violation < 1e-6
    assert 0.0 < solution.solve_s < 10.0
    assert solution.message.startswith("optimal; HiGHS: ")
    assert dict(solution.row_duals) == dict(solution.column_duals) == {}


def test_values_keep_the_shape_of_their_block() -> None:
    assembly = Assembly()
    flow = assembly.columns("flow", (2, 3), lower=np.arange(6.0).reshape(2, 3))
    total = assembly.columns("total", ())
    row = assembly.rows("sum", (), lower=0.0, upper=0.0)
    assembly.put(row, flow, 1.0)
    assembly.put(row, total, -1.0)
    assembly.cost(total, 1.0)
    solution = solve(assembly.problem())
    assert solution.values["flow"] == pytest.approx(np.arange(6.0).reshape(2, 3))
    assert solution.values["total"].shape == ()
    assert float(solution.values["total"]) == pytest.approx(15.0)


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_small_problems_equal_full_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 6, (3, 5)).astype(float)
    upper = rng.integers(0, 3, 5).astype(float)
    limit = rng.integers(-1, 8, 3).astype(float)
    cost = rng.integers(-5, 6, 5).astype(float)
    assembly = Assembly()
    columns = assembly.columns("x", 5, upper=upper, integer=True)
    assembly.put(assembly.rows("limit", 3, upper=limit)[:, None], columns, matrix)
    assembly.cost(columns, cost)
    assembly.constant(2.5)
    solution = solve(assembly.problem(), mip_rel_gap=0.0)
    points = np.array(list(product(*(range(int(u) + 1) for u in upper))), dtype=float)
    feasible = points[(points @ matrix.T <= limit).all(axis=1)]
    if feasible.size == 0:
        assert solution.status is Status.INFEASIBLE
        return
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx((feasible @ cost).min() + 2.5, abs=1e-6)
    assert solution.bound == pytest.approx(solution.objective, abs=1e-6)


def test_the_constant_counts_in_objective_bound_and_gap() -> None:
    problem = market_split()
    plain = solve(problem, node_limit=20)
    shifted = solve(replace(problem, objective_constant=90.0), node_limit=20)
    assert shifted.objective == pytest.approx(90.0 + shifted.values["slack"].sum())
    assert plain.bound == pytest.approx(0.0)
    assert shifted.bound == pytest.approx(90.0)
    assert plain.gap == pytest.approx(1.0)
    assert shifted.gap == pytest.approx(1.0 - 90.0 / shifted.objective)


def test_the_gap_asked_for_is_that_of_the_objective_with_its_constant() -> None:
    """Without the constant the bound is 0 and no relative gap below 1 is ever reached."""
    loose = solve(replace(market_split(), objective_constant=1e4), mip_rel_gap=0.05)
    assert loose.status is Status.OPTIMAL
    assert 0.0 < loose.gap <= 0.05


@pytest.mark.parametrize("presolve", [True, False])
def test_infeasible(presolve: bool) -> None:
    solution = solve(impossible_sum(integer=True), presolve=presolve)
    assert solution.status is Status.INFEASIBLE
    assert solution.bound == INF
    assert math.isnan(solution.objective)
    assert math.isnan(solution.gap)
    assert math.isnan(solution.max_violation)
    assert solution.x is None
    assert not solution.has_incumbent
    assert dict(solution.values) == {}
    assert solution.message.startswith(
        "infeasible: no point satisfies all rows and bounds; HiGHS: "
    )
    assert solve(impossible_sum(integer=False)).status is Status.OPTIMAL


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("presolve", [True, False])
def test_unbounded(integer: bool, presolve: bool) -> None:
    for problem in (falling(integer), single(-INF, 5.0, 1.0, integer=integer)):
        solution = solve(problem, presolve=presolve, time_limit_s=10.0)
        assert solution.status is Status.UNBOUNDED
        assert solution.bound == -INF
        assert solution.x is None
        assert solution.message.startswith("unbounded: the objective falls without end; HiGHS: ")


def test_infeasible_where_it_would_be_unbounded() -> None:
    assembly = Assembly()
    fall = assembly.columns("fall", 1)
    assembly.cost(fall, -1.0)
    pair = assembly.columns("pair", 2, upper=9.0, integer=True)
    assembly.put(assembly.rows("sum", (), lower=3.0, upper=3.0), pair, 2.0)
    assert solve(assembly.problem()).status is Status.INFEASIBLE


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Replace the solver by reports given in order; return what it was called with."""

    def use(*reports: tuple[int, str, Any, float | None]) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []
        left = list(reports)

        def report(**arguments: Any) -> SimpleNamespace:
            calls.append(arguments)
            status, message, x, bound = left.pop(0)
            x = None if x is None else np.array(x, dtype=float)
            return SimpleNamespace(
                status=status, message=message, x=x, mip_dual_bound=bound, mip_node_count=7
            )

        monkeypatch.setattr(SOLVE_MODULE, "milp", report)
        return calls

    return use


OPEN = (4, "(HiGHS Status 9: unbounded or infeasible)", None, None)


@pytest.mark.parametrize(
    ("second", "status"),
    [
        ((0, "(HiGHS Status 7: Optimal)", [0, 0, 0, 0], 0.0), Status.UNBOUNDED),
        ((2, "(HiGHS Status 8: Infeasible)", None, None), Status.INFEASIBLE),
        ((1, "(HiGHS Status 13: Time limit)", None, None), Status.ERROR),
    ],
)
def test_unbounded_or_infeasible_is_decided_without_the_objective(
    reported: Callable[..., Any], second: Any, status: Status
) -> None:
    calls = reported(OPEN, second)
    solution = solve(replace(knapsack(), objective_constant=3.0), time_limit_s=60.0)
    assert solution.status is status
    assert calls[0]["c"].tolist() == [-10.0, -13.0, -5.0, -6.0, 3.0]
    assert calls[1]["c"].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert 0.0 < calls[1]["options"]["time_limit"] <= 60.0


@pytest.mark.parametrize(
    ("report", "options", "status", "message"),
    [
        (
            (1, "(HiGHS Status 13: Time)", [0, 0, 0, 1], -25.0),
            {"time_limit_s": 1.0},
            Status.TIME_LIMIT,
            "time limit of 1 s reached with an incumbent; HiGHS: (HiGHS Status 13: Time)",
        ),
        (
            (1, "(HiGHS Status 13: Time)", None, None),
            {"time_limit_s": 1.6907660070020938},
            Status.TIME_LIMIT,
            "time limit of 1.69 s reached with no incumbent; HiGHS: (HiGHS Status 13: Time)",
        ),
        (
            (1, "Time limit reached", None, None),
            {"time_limit_s": 86400},
            Status.TIME_LIMIT,
            "time limit of 86400 s reached with no incumbent; HiGHS: Time limit reached",
        ),
        (
            (4, "(HiGHS Status 16: Limit)", [0, 0, 0, 1], -25.0),
            {"node_limit": 9},
            Status.NODE_LIMIT,
            "limit of 9 nodes reached with an incumbent; HiGHS: (HiGHS Status 16: Limit)",
        ),
        (
            (4, "(HiGHS Status 16: Limit)", [0, 0, 0, 1], -25.0),
            {"time_limit_s": 1.0},
            Status.ERROR,
            "no result; HiGHS: (HiGHS Status 16: Limit)",
        ),
        (
            (1, "(HiGHS Status 14: Iterations)", None, None),
            {},
            Status.ERROR,
            "no result; HiGHS: (HiGHS Status 14: Iterations)",
        ),
        (
            (2, "(HiGHS Status 2: Model error)", None, None),
            {},
            Status.ERROR,
            "no result; HiGHS: (HiGHS Status 2: Model error)",
        ),
        (
            (4, "(HiGHS Status 0: Not Set)", None, None),
            {},
            Status.ERROR,
            "no result; HiGHS: (HiGHS Status 0: Not Set)",
        ),
        ((4, "strange", None, None), {}, Status.ERROR, "no result; HiGHS: strange"),
        (
            (0, "(HiGHS Status 7: Optimal)", None, None),
            {},
            Status.ERROR,
            "no result; HiGHS: (HiGHS Status 7: Optimal)",
        ),
    ],
)
def test_a_status_is_what_the_report_supports(
    reported: Callable[..., Any], report: Any, options: Any, status: Status, message: str
) -> None:
    reported(report)
    solution = solve(knapsack(), **options)
    assert (solution.status, solution.message) == (status, message)
    assert solution.has_incumbent == ("an incumbent" in message)
    assert solution.n_nodes == 7
    assert math.isinf(solution.bound) == (not solution.has_incumbent)


@pytest.mark.parametrize(
    ("point", "doubt"),
    [
        (
            [1.0, 1.0, 0.0, 0.0],
            "the solver's point violates the problem by 9.1e-02 (relative); dropped; ",
        ),
        (
            [0.5, 0.0, 0.0, 0.0],
            "the solver's point violates the problem by 5.0e-01 (relative); dropped; ",
        ),
        (
            [0.0, 0.0, 0.0, math.nan],
            "the solver's point violates the problem by inf (relative); dropped; ",
        ),
    ],
)
def test_a_point_that_breaks_the_problem_is_not_believed(
    reported: Callable[..., Any], point: list[float], doubt: str
) -> None:
    reported((0, "(HiGHS Status 7: Optimal)", point, -23.0))
    solution = solve(knapsack())
    assert solution.status is Status.ERROR
    assert solution.x is None
    assert solution.bound == -INF
    assert solution.message == f"{doubt}no result; HiGHS: (HiGHS Status 7: Optimal)"


def test_a_time_limit_returns_the_incumbent_and_its_gap() -> None:
    problem = market_split()
    solution = solve(problem, time_limit_s=1.0)
    assert solution.status is Status.TIME_LIMIT
    assert solution.has_incumbent
    assert solution.x is not None
    assert problem.violation(solution.x) == solution.max_violation < 1e-5
    assert solution.objective == pytest.approx(solution.values["slack"].sum())
    assert solution.objective > 0.5
    assert solution.bound == pytest.approx(0.0, abs=1e-9)
    assert solution.gap == pytest.approx(1.0)
    assert solution.n_nodes > 0
    assert 0.9 < solution.solve_s < 3.0


def test_no_time_at_all_gives_no_incumbent() -> None:
    solution = solve(market_split(), time_limit_s=0.0)
    assert solution.status is Status.TIME_LIMIT
    assert not solution.has_incumbent
    assert solution.bound == -INF
    assert math.isnan(solution.objective)


def test_a_node_limit_returns_the_incumbent_and_its_gap() -> None:
    solution = solve(market_split(), node_limit=20, time_limit_s=60.0)
    assert solution.status is Status.NODE_LIMIT
    assert solution.has_incumbent
    assert solution.gap == pytest.approx(1.0)
    assert 1 <= solution.n_nodes <= 40


def test_problems_without_rows_or_columns() -> None:
    assert solve(single(1.5, 4.0, 2.0)).objective == pytest.approx(3.0)
    assert solve(single(1.5, 4.0, 2.0, integer=True)).objective == pytest.approx(4.0)
    assembly = Assembly()
    assembly.constant(4.0)
    assembly.rows("met", 1, lower=-1.0, upper=0.0)
    nothing = solve(assembly.problem())
    assert nothing.status is Status.OPTIMAL
    assert (nothing.objective, nothing.bound, nothing.gap) == (4.0, 4.0, 0.0)
    assembly.rows("broken", 1, lower=1.0)
    assert solve(assembly.problem()).status is Status.INFEASIBLE


def test_a_linear_program_has_its_objective_as_bound() -> None:
    solution = solve(random_lp(1))
    assert solution.status is Status.OPTIMAL
    assert solution.bound == solution.objective
    assert (solution.gap, solution.n_nodes) == (0.0, 0)


def test_relaxing_and_fixing_order_the_optima() -> None:
    problem = knapsack()
    relaxed = solve(problem.relaxed()).objective
    free = solve(problem, mip_rel_gap=0.0).objective
    fixed = solve(problem.fixed("take", 1.0, index=0), mip_rel_gap=0.0).objective
    assert relaxed < free < fixed
    assert fixed == pytest.approx(-16.0)


def test_a_solution_survives_pickling() -> None:
    solution = solve(knapsack())
    copy = pickle.loads(pickle.dumps(solution))
    assert isinstance(copy, Solution)
    assert copy.status is Status.OPTIMAL
    assert copy.values["take"].tolist() == solution.values["take"].tolist()


def test_options_reach_the_solver_under_its_names(reported: Callable[..., Any]) -> None:
    done = (0, "(HiGHS Status 7: Optimal)", [0, 1, 0, 1], -19.0)
    calls = reported(done, done)
    solve(knapsack())
    solve(
        knapsack(),
        mip_rel_gap=0.5,
        mip_abs_gap=1,
        time_limit_s=np.float64(2.0),
        node_limit=np.int64(3),
        presolve=False,
        threads=2,
        random_seed=5,
        mip_heuristic_effort=0.25,
        mip_feasibility_tolerance=1e-5,
        primal_feasibility_tolerance=1e-4,
        dual_feasibility_tolerance=1e-3,
        log=True,
    )
    assert calls[0]["options"] == {
        "mip_rel_gap": 1e-4,
        "mip_abs_gap": 0.0,
        "presolve": True,
        "disp": False,
    }
    assert calls[1]["options"] == {
        "mip_rel_gap": 0.5,
        "mip_abs_gap": 1.0,
        "time_limit": 2.0,
        "node_limit": 3,
        "presolve": False,
        "threads": 2,
        "random_seed": 5,
        "mip_heuristic_effort": 0.25,
        "mip_feasibility_tolerance": 1e-5,
        "primal_feasibility_tolerance": 1e-4,
        "dual_feasibility_tolerance": 1e-3,
        "disp": True,
    }
    assert {type(value) for value in calls[1]["options"].values()} == {bool, int, float}
    assert len(calls[0]["constraints"].lb) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mip_rel_gap": -0.1}, "mip_rel_gap must be a number of at least 0; got -0.1"),
        ({"mip_abs_gap": math.nan}, "mip_abs_gap must be a number of at least 0; got nan"),
        ({"time_limit_s": -1}, "time_limit_s must be a number of at least 0; got -1"),
        ({"time_limit_s": "60"}, "time_limit_s must be a number of at least 0; got '60'"),
        (
            {"node_limit": 2.5},
            "node_limit must be an integer of at least 0 and at most 2147483647; got 2.5",
        ),
        (
            {"node_limit": 2**31},
            "node_limit must be an integer of at least 0 and at most 2147483647; got 2147483648",
        ),
        ({"threads": 0}, "threads must be an integer of at least 1 and at most 2147483647; got 0"),
        (
            {"random_seed": -1},
            "random_seed must be an integer of at least 0 and at most 2147483647; got -1",
        ),
        (
            {"mip_heuristic_effort": 1.5},
            "mip_heuristic_effort must be a number of at least 0 and at most 1; got 1.5",
        ),
        (
            {"mip_feasibility_tolerance": 0.0},
            "mip_feasibility_tolerance must be a number of at least 1e-10; got 0.0",
        ),
        (
            {"primal_feasibility_tolerance": 0.0},
            "primal_feasibility_tolerance must be a number of at least 1e-10; got 0.0",
        ),
        (
            {"dual_feasibility_tolerance": True},
            "dual_feasibility_tolerance must be a number of at least 1e-10; got True",
        ),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        solve(knapsack(), **options)


def test_the_options_take_effect() -> None:
    problem = market_split()
    plain = solve(problem, node_limit=60)
    assert plain.objective == solve(problem, node_limit=60).objective
    others = [solve(problem, node_limit=60, random_seed=seed).objective for seed in (1, 2, 3)]
    assert any(abs(other - plain.objective) > 1e-6 for other in others)
    assert solve(problem, mip_abs_gap=1e6).status is Status.OPTIMAL
    assert solve(problem, mip_rel_gap=2.0).status is Status.OPTIMAL
    rough = solve(problem, mip_feasibility_tolerance=0.4, node_limit=60)
    assert rough.max_violation > 0.01
    assembly = Assembly()
    column = assembly.columns("x", ())
    assembly.put(assembly.rows("both", 2, lower=[-INF, 1.0005], upper=[1.0, INF]), column, 1.0)
    slightly_off = assembly.problem()
    strict = solve(slightly_off, presolve=False)
    lenient = solve(slightly_off, presolve=False, primal_feasibility_tolerance=1e-3)
    assert (strict.status, lenient.status) == (Status.INFEASIBLE, Status.OPTIMAL)


def test_the_number_of_threads_may_change_from_call_to_call() -> None:
    before = threading.active_count()
    objectives = [
        solve(knapsack(), threads=threads).objective for threads in (None, 2, 1, None, 3, 2)
    ]
    assert objectives == pytest.approx([-19.0] * 6)
    assert threading.active_count() == before


def test_only_the_one_warning_is_silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    def warning(**arguments: Any) -> Any:
        warnings.warn("something else", RuntimeWarning, stacklevel=2)
        return milp(**arguments)

    monkeypatch.setattr(SOLVE_MODULE, "milp", warning)
    with pytest.warns(RuntimeWarning, match=exactly("something else")) as caught:
        solve(knapsack(), random_seed=1)
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("objective", "bound", "gap"),
    [
        (100.0, 99.0, 0.01),
        (-100.0, -101.0, 0.01),
        (0.0, 0.0, 0.0),
        (5.0, -INF, INF),
        (0.0, -1e-3, 1e9),
        (INF, INF, 0.0),
    ],
)
def test_relative_gap(objective: float, bound: float, gap: float) -> None:
    assert relative_gap(objective, bound) == pytest.approx(gap)


def test_status_numbers_are_read_from_the_message() -> None:
    assert outcome.highs_status(4, "x (HiGHS Status 16: y)") == outcome.SOLUTION_LIMIT
    assert outcome.highs_status(2, "no number") == outcome.INFEASIBLE
    assert outcome.highs_status(4, "no number") == outcome.UNKNOWN
