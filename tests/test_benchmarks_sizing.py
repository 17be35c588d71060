"""The benchmark of sizing: its rows and targets, and other tools on tiny instances of it."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import sizing as benchmark
from benchmarks.sizing_figure import draw_gaps
from benchmarks.sizing_rows import RowFile, fingerprint
from benchmarks.sizing_targets import compared, growth, measured_targets, refuse_contradictions
from benchmarks.sizing_tools import environments
from benchmarks.sizing_tools.call import solve_with
from benchmarks.sizing_tools.statement import (
    design_of,
    limited,
    statement_of,
    without_load_changes,
)
from milpcore import sizing
from milpcore.extras import MissingExtraError


def test_the_instances_are_36() -> None:
    instances = benchmark.instances()
    assert len(set(instances)) == 36
    assert {i.scenario for i in instances} == {"A", "B", "C"}
    profile = instances[-1].case().profile
    assert profile.n_steps == 192
    assert profile.heat_demand_kW.std() > 0.25 * profile.heat_demand_kW.mean()


ASKED = {"part": "proof", "scenario": "A", "deviation_percent": 5.0, "seed": 1, "n_steps": 192}
ASKED |= {"method": "milpcore"}
FOUND = {"status": "optimal", "gap": 1e-4, "elapsed_s": 1.0}


def _get(rows: RowFile, code: str = "code", **found: Any) -> dict[str, Any]:
    return rows.get(ASKED, code, lambda: {**FOUND, **found})


def test_rows_are_kept_and_not_measured_again(tmp_path: Path) -> None:
    path, finished = tmp_path / "rows.jsonl", tmp_path / "table.csv"
    assert _get(RowFile(path, finished))["gap"] == 1e-4
    again = RowFile(path, finished)
    assert len(again) == 1
    assert _get(again, gap=0.5)["gap"] == 1e-4
    assert _get(again, code="other code", gap=0.5)["gap"] == 0.5
    assert len(RowFile(path, finished)) == 2


def test_a_row_cut_short_is_measured_again(tmp_path: Path) -> None:
    path, finished = tmp_path / "rows.jsonl", tmp_path / "table.csv"
    _get(RowFile(path, finished))
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    assert _get(RowFile(path, finished), gap=0.5)["gap"] == 0.5
    assert _get(RowFile(path, finished))["gap"] == 0.5


def test_rows_of_a_finished_benchmark_are_dropped(tmp_path: Path) -> None:
    path, finished = tmp_path / "rows.jsonl", tmp_path / "table.csv"
    _get(RowFile(path, finished))
    finished.write_text("table", encoding="utf-8")
    os.utime(finished, (path.stat().st_mtime + 1.0,) * 2)
    assert len(RowFile(path, finished)) == 0
    _get(RowFile(path, finished))
    os.utime(finished, (path.stat().st_mtime - 1.0,) * 2)
    assert len(RowFile(path, finished)) == 1


def test_the_fingerprint_tells_code_apart() -> None:
    assert fingerprint(("benchmarks",)) == fingerprint(("benchmarks",))
    assert len({fingerprint((x,)) for x in ("benchmarks/sizing_tools", "preprocess")}) == 2
    assert fingerprint(("preprocess",), "1") != fingerprint(("preprocess",), "2")


def _row(part: str, method: str = "milpcore", **values: Any) -> dict[str, Any]:
    row = dict.fromkeys(benchmark.COLUMNS)
    row |= {"part": part, "scenario": "B", "deviation_percent": 30.0, "seed": 1, "n_steps": 192}
    row |= {"load_changes": "limited", "method": method, "status": "optimal", "violations": 0}
    return {**row, "limit_s": 60.0, "mip_rel_gap": 1e-4, **values}


def _targets(*rows: dict[str, Any]) -> pd.DataFrame:
    return measured_targets(pd.DataFrame(list(rows))).set_index("target")


def test_the_first_gap_counts_from_either_run() -> None:
    late = {"s_to_gap_1e-3": 80.0, "s_to_gap_5e-4": 170.0}
    first = "gap of 0.001 within 60 s: instances of 1"
    targets = _targets(_row("proof", **late))
    assert targets.loc[first, ["measured", "is_met"]].tolist() == [0, False]
    assert targets.loc[first, "where"] == "B 30 % seed 1"
    targets = _targets(_row("proof", **late), _row("first gap", **{"s_to_gap_1e-3": 59.0}))
    assert targets.loc[first, ["measured", "is_met"]].tolist() == [1, True]
    assert targets.loc["gap of 0.0005 within 180 s: instances of 1", "is_met"]
    unproven = _targets(_row("proof"))
    assert unproven.loc[first, ["measured", "is_met"]].tolist() == [0, False]


def test_a_week_must_be_proven_in_time() -> None:
    week = {"n_steps": 672, "mip_rel_gap": 5e-3, "gap": 4e-3}
    name = "B: a week of 672 steps to 0.005, s"
    assert _targets(_row("horizon", elapsed_s=599.0, **week)).loc[name, "is_met"]
    assert not _targets(_row("horizon", elapsed_s=601.0, **week)).loc[name, "is_met"]
    unproven = _row("horizon", elapsed_s=60.0, **{**week, "status": "time_limit"})
    assert _targets(unproven).loc[name, "where"] == "time_limit, gap 4.00e-03"


def _beside(own: dict[str, Any], other: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    base = {"tac_EUR_per_a": 100.0, "bound_EUR_per_a": 99.9, "gap": 1e-3}
    return _row("comparison", **{**base, **own}), _row("comparison", "pypsa", **{**base, **other})


def test_targets_of_the_comparison() -> None:
    cost = "pypsa, load changes limited: instances with our cost above its own"
    ratio = "pypsa, load changes limited: on these, its gap over ours, least"
    easy = _targets(*_beside({}, {"gap": 5e-3}))
    assert easy.loc[cost, "is_met"]
    assert ratio not in easy.index
    hard = _targets(*_beside({"tac_EUR_per_a": 100.1}, {"gap": 2.5e-2}))
    assert not hard.loc[cost, "is_met"]
    assert hard.loc[ratio, "measured"] == pytest.approx(25.0)
    assert hard.loc[ratio, "is_met"]
    assert not _targets(*_beside({}, {"gap": 1.5e-2})).loc[ratio, "is_met"]
    nothing = _targets(*_beside({}, {"gap": None, "tac_EUR_per_a": None}))
    assert nothing.loc[cost, "is_met"]
    assert math.isinf(nothing.loc[ratio, "measured"])


def test_a_bound_above_a_cost_is_refused() -> None:
    refuse_contradictions(pd.DataFrame(_beside({}, {})))
    with pytest.raises(RuntimeError, match="bounds above costs"):
        refuse_contradictions(pd.DataFrame(_beside({}, {"bound_EUR_per_a": 100.1})))
    below = {"tac_EUR_per_a": 99.0}
    with pytest.raises(RuntimeError, match="bounds above costs"):
        refuse_contradictions(pd.DataFrame(_beside({}, below)))
    refuse_contradictions(pd.DataFrame(_beside({}, {**below, "violations": 2})))


def test_growth_is_the_slope_of_what_was_proven() -> None:
    runs = [
        _row("horizon", n_steps=n, elapsed_s=1e-4 * n**2, mip_rel_gap=5e-3) for n in (96, 192, 384)
    ]
    runs.append(_row("horizon", n_steps=672, elapsed_s=9.0, mip_rel_gap=5e-3, status="time_limit"))
    row = growth(pd.DataFrame(runs)).iloc[0]
    assert row[["scenario", "n_proven", "n_measured"]].tolist() == ["B", 3, 4]
    assert row["exponent"] == pytest.approx(2.0)


def _tiny(**arguments: Any) -> sizing.SizingCase:
    return limited(sizing.benchmark_scenario("B", deviation_share=0.4, n_steps=16, **arguments))


def test_the_statement_has_the_numbers_of_the_scenario() -> None:
    stated = json.loads(json.dumps(statement_of(_tiny(seed=1))))
    assert stated["electricity_EUR_per_kWh"] == pytest.approx((120 + 0.38 * 90) / 1000)
    assert stated["gas_EUR_per_kWh"] == pytest.approx((80 + 0.202 * 90) / 1000)
    assert stated["annual_scale_per_a"] * 16 * 0.25 == pytest.approx(8000.0)
    assert stated["heat_pump"]["cost_EUR_per_kW_a"] == pytest.approx(50.0)
    assert stated["heat_pump"]["largest_kW"] == max(stated["demand_kW"])
    assert [stated["boiler"][key] for key in ("min_up", "min_down", "window")] == [8, 8, 4]
    kept = (1.0 - stated["store"]["compound_loss_per_h"]) ** 0.25
    assert kept == pytest.approx(1.0 - 0.005 * 0.25, rel=1e-12)
    free = statement_of(without_load_changes(_tiny(seed=1)))
    assert free["heat_pump"]["window"] is None


def test_what_the_tools_do_not_state_is_refused() -> None:
    profile, parameters = _tiny(seed=1)
    for changed in (
        parameters.replace(stores=[]),
        parameters.replace_unit("heat_pump", load_changes_per_window=2),
        parameters.replace_unit("store", largest_kWh=math.inf),
    ):
        with pytest.raises(ValueError, match="only a new heat pump, boiler and store"):
            statement_of(sizing.SizingCase(profile, changed))
    free_end = parameters.replace_unit("store", start_end_share="free")
    with pytest.raises(ValueError, match="given share at start and end"):
        statement_of(sizing.SizingCase(profile, free_end))


def test_units_that_are_not_built_are_off() -> None:
    table = {"size_kW": [1e-9, 50.0], "capacity_kWh": 10.0, "heat_kW": [[0.0, -1e-9], [40.0, 0.0]]}
    table |= {"is_on": [[1.0, 1.0], [0.999999, 1e-7]], "charge_kW": [0.0, 1.0]}
    table |= {"discharge_kW": [2.0, 0.0], "level_kWh": [5.0, 4.0, 5.0]}
    design = design_of(table, margin_kW=1e-3)
    assert design.is_on.tolist() == [[False, False], [True, False]]
    assert design.heat_kW.min() == 0.0
    assert design.level_kWh.shape == (1, 3)


def test_a_missing_environment_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"needs an environment with the extra 'pypsa'"):
        environments.interpreter("pypsa")
    assert benchmark._available(["pypsa"]) == []
    assert "pypsa is not measured" in capsys.readouterr().err
    python = environments.python_of(tmp_path / "pypsa")
    python.parent.mkdir(parents=True)
    python.touch()
    assert environments.interpreter("pypsa") == python


def test_every_tool_has_an_extra_and_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(environments.__file__).parent
    for tool in environments.MODULES:
        assert any(name.startswith("highspy") for name in environments.requirements(tool))
        assert (folder / f"{tool}_model.py").is_file()
    assert environments.main([]) == environments.main(["folder", "no_such_tool"]) == 2
    assert "FOLDER [oemof pypsa]" in capsys.readouterr().err


def test_the_times_of_gaps_come_from_the_observer() -> None:
    row = benchmark.measure_own(_tiny(seed=1), mip_rel_gap=5e-4, time_limit_s=60.0)
    assert row["status"] == "optimal"
    times_s = [row[name] for name in benchmark.GAPS]
    assert times_s == sorted(times_s)
    assert times_s[-1] <= row["elapsed_s"]
    assert row["gap"] <= 5e-4


def test_a_tiny_run_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [benchmark.Instance("B", 15.0, 1, 16)]
    options: dict[str, Any] = {"cases": cases, "horizons": (12, 16), "tools": ()}
    table = benchmark.run(tmp_path, **options)
    assert table["part"].tolist() == ["proof", *["horizon"] * 4]
    assert set(table["status"]) == {"optimal"}
    assert tuple(table.columns) == benchmark.COLUMNS
    written = {file.name for file in tmp_path.iterdir()}
    assert written == {"sizing_rows.jsonl", "sizing_targets.csv", "sizing_growth.csv"}

    def measured_again(*_: object, **__: object) -> dict[str, Any]:
        raise AssertionError

    monkeypatch.setattr(benchmark, "measure_own", measured_again)
    pd.testing.assert_frame_equal(benchmark.run(tmp_path, **options), table)


def test_the_figure_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = _beside({}, {"gap": None})
    assert draw_gaps(pd.DataFrame(rows), tmp_path / "gaps") == (tmp_path / "gaps.png",)
    assert draw_gaps(pd.DataFrame(rows[:0], columns=list(rows[0])), tmp_path / "none") == ()
    assert len(compared(pd.DataFrame(rows))) == 1


def _borders() -> sizing.SizingCase:
    """The pump runs in the first two steps, and in the last three: both cut by the horizon."""
    n_steps = 16
    waste_kW = np.zeros(n_steps)
    waste_kW[:2] = waste_kW[-3:] = 500.0
    demand_kW = np.full(n_steps, 400.0)
    demand_kW[-3:] = demand_kW[:2] = 900.0
    profile = sizing.HeatProfile(step_h=0.25, heat_demand_kW=demand_kW, waste_heat_kW=waste_kW)
    _, parameters = sizing.benchmark_scenario("B", n_steps=16)
    parameters = parameters.replace(electricity_price_EUR_per_MWh=5.0)
    parameters = parameters.replace_unit("store", investment_EUR_per_kWh=1000.0)
    return limited(sizing.SizingCase(profile, parameters))


CASES = {
    "B": lambda: _tiny(seed=2),
    "A": lambda: limited(sizing.benchmark_scenario("A", deviation_share=0.3, n_steps=16)),
    "any load changes": lambda: without_load_changes(_tiny(seed=2)),
    "borders": _borders,
}


def test_the_horizon_cuts_both_rests_of_the_case_of_borders() -> None:
    design = sizing.size_plant(*_borders(), mip_rel_gap=1e-6).design
    assert design is not None
    assert np.flatnonzero(design.is_on[0]).tolist() == [0, 1, 13, 14, 15]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("tool", environments.MODULES)
def test_another_tool_has_the_same_optimum(tool: str, name: str) -> None:
    try:
        environments.interpreter(tool)
    except MissingExtraError as error:
        pytest.skip(str(error))
    case = CASES[name]()
    ours = sizing.size_plant(*case, mip_rel_gap=1e-6)
    options: dict[str, Any] = {"time_limit_s": 120.0, "mip_rel_gap": 1e-6, "threads": 1}
    found = solve_with(tool, case, **options)
    assert found.violations == ()
    assert found.objective_EUR_per_a == pytest.approx(ours.tac_EUR_per_a, rel=3e-6)
    assert found.tac_EUR_per_a == pytest.approx(found.objective_EUR_per_a, rel=1e-7)
    assert found.bound_EUR_per_a <= ours.tac_EUR_per_a * (1.0 + 1e-9)
    fixed = solve_with(tool, case, **options, fixed=ours.design)
    assert fixed.objective_EUR_per_a == pytest.approx(ours.tac_EUR_per_a, rel=1e-7)
    row = benchmark.tool_row(found)
    assert row["gap"] <= 1e-6
    assert tool in row["versions"]
