"""What the benchmarks of the search compute from their measurements, and one tiny run of each."""

from __future__ import annotations

import importlib
import inspect
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import milpcore
from benchmarks import (
    baselines,
    greenfield,
    greenfield_figure,
    greenfield_targets,
    other_tools,
    random_sites,
    scaling,
    search_profile,
)
from milpcore import site
from milpcore.core import run_in_child
from milpcore.extras import MissingExtraError
from milpcore.site.path_search.solvers import ScipySolver


def test_the_shifted_geometric_mean() -> None:
    assert baselines.shifted_geometric_mean([0.1, 0.1]) == pytest.approx(0.1)
    assert baselines.shifted_geometric_mean([0.0, 0.3], 0.1) == pytest.approx(0.2 - 0.1)
    expected = (1.1 * 8.1 * 64.1) ** (1.0 / 3.0) - 0.1
    assert baselines.shifted_geometric_mean([1.0, 8.0, 64.0]) == pytest.approx(expected)


def _measurements() -> pd.DataFrame:
    own = greenfield_targets.search_method("highspy", "alone")
    rows = [("search", own, 3, 0.4, False), ("search", own, 5, 0.9, False)]
    rows += [("baseline", "assignment_weak", n, 99.0, True) for n in (3, 5)]
    rows += [("baseline", "level_path", 3, 4.9, False), ("baseline", "level_path", 5, 9.9, False)]
    columns = ["part", "method", "max_levels", "median_s", "at_least"]
    return pd.DataFrame(rows, columns=columns)


def test_an_unfinished_baseline_counts_its_limit_and_is_marked() -> None:
    own = greenfield_targets.search_method("highspy", "alone")
    table = baselines.ratios(_measurements(), own, limit_s=20.0).set_index("method")
    own_s = math.sqrt(0.5 * 1.0) - 0.1
    assert table["own_geometric_mean_s"].tolist() == pytest.approx([own_s, own_s])
    assert table.loc["assignment_weak", "geometric_mean_s"] == pytest.approx(20.0)
    assert table.loc["assignment_weak", "times_faster"] == pytest.approx(20.0 / own_s)
    assert table["unfinished"].tolist() == [2, 0]
    assert table["at_least"].tolist() == [True, False]
    fast_s = math.sqrt(5.0 * 10.0) - 0.1
    assert table.loc["level_path", "times_faster"] == pytest.approx(fast_s / own_s)


def test_targets_are_stated_with_what_was_measured() -> None:
    measured = _measurements()
    own = greenfield_targets.search_method("highspy", "alone")
    compared = baselines.ratios(measured, own, limit_s=20.0)
    targets = greenfield_targets.measured_targets(measured, compared, random_limit_s=60.0)
    targets = targets.set_index("target")
    mean = targets.loc["site_400, highspy, alone: mean, s"]
    assert mean.tolist() == ["<= 0.5", pytest.approx(0.65), False]
    assert targets.loc["site_400, highspy, alone: worst, s", "is_met"]
    assert not targets.loc["times faster than level_path, the best", "is_met"]
    assert not targets.loc["times faster than assignment_weak, the paper's", "is_met"]
    assert not any("random" in target for target in targets.index)


def test_disagreeing_searches_are_refused() -> None:
    rows = [{"max_levels": 3, "objective_EUR_per_a": cost} for cost in (100.0, 100.1)]
    with pytest.raises(RuntimeError, match="3 levels: objectives differ"):
        greenfield._refuse_disagreement(rows)
    greenfield._refuse_disagreement(rows[:1])


def test_a_bound_above_a_cost_is_refused() -> None:
    rows = [
        {"part": "search", "max_levels": 3, "objective_EUR_per_a": 100.0, "bound_EUR_per_a": 99.0},
        {"part": "baseline", "max_levels": 3, "objective_EUR_per_a": 103.0, "bound_EUR_per_a": 101},
    ]
    with pytest.raises(RuntimeError, match=r"3 levels: bound 101\.0 is above the cost 100\.0"):
        greenfield._refuse_wrong_baseline(rows)
    greenfield._refuse_wrong_baseline(rows[:1])


def test_the_random_sites_are_24_and_vary() -> None:
    cases = random_sites.random_cases()
    assert len(cases) == 24
    assert len({case.seed for case in cases}) == len({case.name for case in cases}) == 24
    for values in (
        {case.bands for case in cases},
        {case.n_streams for case in cases},
        {case.duties for case in cases},
        {case.prices for case in cases},
    ):
        assert len(values) >= 3
    inputs = cases[0].inputs()
    assert inputs.n_streams == cases[0].n_streams == 100
    assert inputs.economics == random_sites.PRICES[cases[0].prices]


def test_every_function_that_the_profile_counts_exists() -> None:
    for counted, elsewhere in search_profile.PHASES.values():
        for part in (*counted, *elsewhere):
            module = importlib.import_module(f"milpcore.site.path_search.{part.module}")
            source = inspect.getsource(module)
            for name in part.functions:
                assert f"def {name}(" in source, f"{part.module}.{name}"


def test_the_profile_shares_the_whole_time_out() -> None:
    inputs = site.prepare(milpcore.load_case("dairy_8"))
    table = search_profile.profile_search(inputs, ScipySolver(), [2, 3], mip_rel_gap=1e-4)
    assert table["share"].sum() == pytest.approx(1.0)
    assert (table["share"] > -1e-9).all()
    shares = table.set_index("phase")["share"]
    assert shares[["assembly of the network", "first guess", "labels and reduction"]].min() > 0.0


@pytest.mark.compiled
def test_a_counting_solver_counts() -> None:
    inputs = site.prepare(milpcore.load_case("site_400"))
    solver = search_profile.CountingSolver(ScipySolver())
    site.PathSearch(8, solver=solver).solve(inputs, mip_rel_gap=3e-3)
    assert solver.n_programs > 0
    assert solver.solve_s > 0.0


def test_a_tiny_study_is_measured_alone_and_together() -> None:
    inputs = site.prepare(milpcore.load_case("dairy_8"))
    rows = greenfield._search_rows(inputs, "scipy", ScipySolver, [2, 3], repeats=2)
    table = pd.DataFrame(rows)
    assert set(table["method"]) == {
        greenfield_targets.search_method("scipy", way) for way in ("alone", "in a study")
    }
    assert len(table) == 4
    assert (table["min_s"] <= table["median_s"]).all()
    assert (table["median_s"] <= table["max_s"]).all()
    assert set(table["status"]) == {"optimal"}
    assert table["levels_C"].map(lambda levels: 1 <= len(levels.split()) <= 3).all()


def test_the_gap_over_time_ends_with_the_proof() -> None:
    inputs = site.prepare(site.random_site(40, seed=1))
    table = greenfield._gap_over_time(inputs, 4, {"scipy": ScipySolver})
    assert table["elapsed_s"].is_monotonic_increasing
    assert (table["gap"].diff().dropna() <= 1e-12).all()
    assert table["gap"].iloc[-1] <= 1e-4


def test_a_baseline_is_measured_in_a_process_of_its_own() -> None:
    rows = [
        baselines._run("dairy_8", make, 2, 20.0, 1e-6)
        for make in (site.AssignmentWeak, site.LevelPath)
    ]
    assert [row["method"] for row in rows] == ["assignment_weak", "level_path"]
    assert not any(row["at_least"] for row in rows)
    costs = [row["objective_EUR_per_a"] for row in rows]
    assert costs[0] == pytest.approx(costs[1], rel=1e-5)


def test_linopy_states_the_same_model() -> None:
    pytest.importorskip("linopy")
    inputs = site.prepare(milpcore.load_case("dairy_8"))
    ours = milpcore.solve(site.AssignmentWeak(2).build(inputs), mip_rel_gap=1e-8).objective
    objective, bound, is_proven = other_tools.solve_linopy(
        inputs, 2, limit_s=20.0, mip_rel_gap=1e-8
    )
    assert is_proven
    assert objective == pytest.approx(ours, rel=1e-7)
    assert bound == pytest.approx(ours, rel=1e-7)


def test_a_solver_that_is_not_installed_is_named() -> None:
    with pytest.raises(
        MissingExtraError, match="no_solver is not installed: python -m pip install no_solver"
    ):
        other_tools._solver_package("no_solver")


def test_tools_that_disagree_are_refused() -> None:
    row = {"case": "a", "max_levels": 3, "at_least": False, "objective_EUR_per_a": 100.0}
    other_tools._refuse_disagreement([row])
    with pytest.raises(RuntimeError, match="a, 3 levels: optima differ"):
        other_tools._refuse_disagreement([row, {**row, "objective_EUR_per_a": 101.0}])
    other_tools._refuse_disagreement([row, {**row, "at_least": True, "objective_EUR_per_a": 120.0}])


def test_the_figure_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    table = _measurements()
    table["method"] = table["method"].str.replace("alone", "in a study")
    gaps = pd.DataFrame(
        {"max_levels": [8, 8, 14], "elapsed_s": [0.1, 0.2, 0.3], "gap": [1.0, 0.1, 0.0]}
    )
    paths = greenfield_figure.draw_speed(table, gaps, limit_s=20.0, path=tmp_path / "speed")
    assert [path.name for path in paths] == ["speed.png"]
    assert paths[0].stat().st_size > 10_000


def test_exponents_are_slopes_of_the_logarithms() -> None:
    rows = [
        {
            "phase": phase,
            "n_streams": n_streams,
            "n_candidates": n_streams**0.5,
            "elapsed_s": 1e-6 * n_streams**1.5,
        }
        for phase in scaling.PHASES
        for n_streams in (100, 400, 1600)
    ]
    table = scaling.fitted_exponents(pd.DataFrame(rows)).set_index("phase")
    assert table.loc["read", ["over", "exponent"]].tolist() == ["n_streams", pytest.approx(1.5)]
    assert table.loc["search", ["over", "exponent"]].tolist() == [
        "n_candidates",
        pytest.approx(3.0),
    ]


def test_a_tiny_site_is_measured_phase_by_phase() -> None:
    rows = run_in_child(scaling.measure, 30, "fine", 1, 20.0)
    assert [row["phase"] for row in rows] == list(scaling.PHASES)
    table = pd.DataFrame(rows)
    assert (table["elapsed_s"] > 0.0).all()
    assert (table["grown_MiB"] >= 0.0).all() or np.isnan(table["grown_MiB"]).all()
    assert table.loc[table["phase"] == "search", "status"].tolist() == ["optimal"]


def test_the_verdict_names_the_largest_proven_site_and_what_is_not() -> None:
    rows = [
        {
            "case": f"{n} streams",
            "n_streams": n,
            "n_candidates": n,
            "phase": "search",
            "status": status,
            "elapsed_s": float(n),
            "peak_MiB": 100.0 + n,
        }
        for n, status in ((100, "optimal"), (200, "optimal"), (200, "optimal"), (400, "time_limit"))
    ]
    lines = scaling.verdict(pd.DataFrame(rows))
    assert lines[0] == "largest size with all sites proven: 200 streams (target 4000)"
    assert lines[1] == "unproven: ['400 streams']"
    assert lines[2] == "slowest search: 400.00 s, 400 streams, 400 candidates"
    assert lines[3] == "largest memory: 500 MiB (target below 2000)"
