"""``milpcore greenfield`` in this process: JSON, text, files, faults, interruption.

The child process is replaced by a call, a second faster; `test_cli_child` runs the real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd
import pytest
from helpers_cli import files_in, in_this_process, run

import milpcore
from milpcore import SiteEconomics, Status
from milpcore.cli import greenfield, study
from milpcore.cli.alternatives import Wanted
from milpcore.cli.greenfield_text import best_result
from milpcore.core import ChildInterrupted
from milpcore.plots import tables
from milpcore.report import ProgressLine
from milpcore.site.candidates import Grid, Kinks
from milpcore.site.greenfield import greenfield_study
from milpcore.site.model import Progress
from milpcore.site.results import GreenfieldStudy, SiteResult
from milpcore.site_options import LevelOptions, SiteOptions

KEYS = [
    "max_levels",
    "levels_C",
    "heat_pumps",
    "tac_EUR_per_a",
    "opex_EUR_per_a",
    "capex_EUR_per_a",
    "co2_t_per_a",
    "external_heat_kW",
    "objective",
    "objective_value",
    "bound",
    "unit",
    "gap",
    "status",
    "solve_s",
]
PUMP_KEYS = ["source_C", "sink_C", "heat_kW", "power_kW", "cop"]
TABLES = ("summary", "levels", "heat_pumps", "connections")


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "run_in_child", in_this_process)


def _json(
    capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0
) -> tuple[list[dict[str, Any]], str]:
    """Configurations and standard error of a run with --json."""
    done = run(capsys, "greenfield", *argv, "--json")
    assert done.code == code, done.err
    found = json.loads(done.out)
    assert list(found) == ["configurations"]
    configurations: list[dict[str, Any]] = found["configurations"]
    return configurations, done.err


def test_json_has_exactly_the_keys_promised(capsys: pytest.CaptureFixture[str]) -> None:
    found, err = _json(capsys, "dairy_8", "--levels", "2,6,4")
    assert err == ""
    assert [one["max_levels"] for one in found] == [2, 4, 6]
    for one in found:
        assert list(one) == KEYS
        assert all(list(pump) == PUMP_KEYS for pump in one["heat_pumps"])
        assert (one["status"], one["objective"], one["unit"]) == ("optimal", "tac", "EUR/a")
        assert one["levels_C"] == sorted(one["levels_C"])
        assert one["gap"] <= 1e-4 * (1.0 + 1e-9)
        assert one["bound"] <= one["objective_value"] == one["tac_EUR_per_a"]
    assert len(found[-1]["heat_pumps"]) >= 3


def test_json_is_what_python_finds(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = _json(capsys, "two_streams", "--levels", "2")
    (expected,) = greenfield_study(milpcore.load_case("two_streams"), levels=[2]).results
    assert {**found[0], "solve_s": 0.0} == {**expected.to_json_dict(), "solve_s": 0.0}


def test_the_default_is_the_bundled_site_with_2_to_15_levels(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[study.Request] = []

    def stop(request: study.Request, _line: object) -> None:
        asked.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr(greenfield, "run_study", stop)
    done = run(capsys, "greenfield")
    assert done == (130, "", "milpcore: interrupted\n")
    (request,) = asked
    assert request.streams == milpcore.load_case("site_400")
    assert request.levels == tuple(range(2, 16))
    assert request.economics == SiteEconomics()
    assert request[3:] == ("tac", None, 1e-4, None, True, Kinks(), Wanted(), SiteOptions())


def test_every_option_arrives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = tmp_path / "prices.toml"
    text = "[site]\ngas_price_EUR_per_MWh = 55.0\n[levels]\ninvestment_EUR = 1e5\n"
    prices.write_text(text, encoding="utf-8")
    asked: list[study.Request] = []

    def stop(request: study.Request, _line: object) -> None:
        asked.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr(greenfield, "run_study", stop)
    options = (
        "--levels 3-4 --objective co2 --formulation level_path --gap 0.5 --time-limit 7 "
        "--candidates grid:20 --alternatives 7 --within 0.5"
    )
    run(capsys, "greenfield", "dairy_8", *options.split(), "--economics", str(prices))
    run(capsys, "greenfield", "dairy_8", "--no-cascade")
    assert asked[0].economics == SiteEconomics(gas_price_EUR_per_MWh=55.0)
    assert asked[0].levels == (3, 4)
    assert asked[0][3:10] == ("co2", "level_path", 0.5, 7.0, True, Grid(20.0), Wanted(7, 0.5))
    assert asked[0].options == SiteOptions(levels=LevelOptions(investment_EUR=1e5))
    assert asked[1].cascade is False


@pytest.mark.parametrize("flag", [[], ["--quiet"]])
def test_progress_is_wanted_unless_quiet(
    flag: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def line(stream: TextIO, *, wanted: bool) -> ProgressLine:
        asked.append(wanted)
        return ProgressLine(stream, wanted=wanted)

    monkeypatch.setattr(greenfield, "ProgressLine", line)
    assert run(capsys, "greenfield", "two_streams", "--levels", "2", *flag).err == ""
    assert asked == [not flag]


@pytest.mark.parametrize(
    ("objective", "unit", "column"),
    [
        ("opex", "EUR/a", "opex_EUR_per_a"),
        ("capex", "EUR/a", "capex_EUR_per_a"),
        ("co2", "t/a", "co2_t_per_a"),
    ],
)
def test_other_objectives_are_minimised(
    objective: str, unit: str, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (least_tac,), _ = _json(capsys, "dairy_8", "--levels", "5")
    (found,), _ = _json(capsys, "dairy_8", "--levels", "5", "--objective", objective)
    assert (found["objective"], found["unit"], found["status"]) == (objective, unit, "optimal")
    assert found["objective_value"] == found[column] <= least_tac[column] * (1.0 + 1e-9)


def test_without_cascade_another_formulation_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run(capsys, "greenfield", "two_streams", "--levels", "2", "--no-cascade")
    assert done.code == 0
    heading = done.out.splitlines()[2]
    assert "formulation assignment_strong" in heading
    assert heading.endswith(", no cascade")


def test_text_has_table_notes_best_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "greenfield", "dairy_8", "--levels", "2-4", "--time-limit", "60")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "dairy_8: 8 streams, 4 hot with 2880.0 kW, 4 cold with 3660.0 kW"
    assert lines[1].startswith("assumed: a small dairy")
    assert lines[2].startswith("least TAC, gap 0.0001, formulation ")
    assert lines[2].endswith(", 8 candidate levels, at most 60 s each")
    table = lines[4:]
    titles = "at most used pumps TAC OPEX CAPEX CO2 heat tricity cooling gap status time"
    assert " ".join(table[1].split()) == titles
    assert " ".join(table[2].split()) == "k€/a k€/a k€/a t/a kW kW kW % s"
    rows = [line.split() for line in table[4:7]]
    assert [row[0] for row in rows] == ["2", "3", "4"]
    assert rows[0][3] == "1824.47"
    assert rows[2][3:5] == ["1412.19", "1299.91"]
    assert [row[-2] for row in rows] == ["optimal"] * 3
    assert lines[12].startswith("N = 2-3: No heat pump: ")
    assert "Best: at most 4 levels, TAC 1412.19 k€/a" in lines
    assert lines[-1] == "figures and tables: add --out DIR"
    pumps = lines[lines.index("") :]
    assert any(line.split()[:2] == ["54.5", "83.5"] for line in pumps)
    assert all(len(line) <= 120 for line in table[:8])
    assert all(line == line.rstrip() for line in lines)


def test_a_configuration_without_a_design_is_1_and_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, err = _json(capsys, "dairy_8", "--levels", "1,2", code=1)
    assert [one["status"] for one in found] == ["infeasible", "optimal"]
    assert found[0]["levels_C"] == found[0]["heat_pumps"] == []
    assert found[0]["tac_EUR_per_a"] is None
    assert err.startswith("milpcore: N = 1: infeasible: No design with 1 level: hot stream ")

    done = run(capsys, "greenfield", "dairy_8", "--levels", "1,2")
    assert (done.code, done.err) == (1, "")
    assert "N = 1: No design with 1 level: hot stream " in done.out
    assert "1824.47" in done.out


def test_one_level_is_no_plural(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "cold.csv"
    rows = "zone,name,t_supply,t_target,heat_flow,dt_cont\nsite,C1,20,80,50,5\nsite,C2,20,90,50,5\n"
    table.write_text(rows, encoding="utf-8")
    done = run(capsys, "greenfield", str(table), "--levels", "1")
    assert done.code == 0
    assert "\nBest: at most 1 level, TAC " in done.out
    assert "1 levels" not in done.out


def _costs(results: GreenfieldStudy, *rows: tuple[int, float, float]) -> GreenfieldStudy:
    """Return a study whose configurations have other levels used, objectives and TAC."""
    changed = []
    for result, (n_levels, value, tac) in zip(results.results, rows, strict=True):
        summary = result.summary.assign(n_levels=n_levels, objective_value=value, tac_EUR_per_a=tac)
        changed.append(replace(result, summary=summary))
    return GreenfieldStudy(tuple(changed))


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([(2, 9.0, 9.0), (3, 8.0, 9.5), (4, 8.5, 1.0)], 1),
        ([(2, 8.0, 9.0), (3, 8.0 * (1 - 5e-10), 9.5), (4, 8.0 * (1 + 5e-10), 7.0)], 2),
        ([(2, 8.0, 9.0), (3, 8.0 * (1 - 5e-9), 9.5), (4, 8.0, 7.0)], 1),
        ([(4, 8.0, 7.0), (3, 8.0, 7.0 * (1 + 5e-10)), (3, 8.0, 7.0)], 1),
        ([(2, 0.0, 9.0), (3, 0.0, 7.0), (4, 0.0, 8.0)], 1),
    ],
)
def test_the_best_has_least_objective_then_tac_then_levels(
    rows: list[tuple[int, float, float]], place: int
) -> None:
    found = greenfield_study(milpcore.load_case("dairy_8"), levels=[2, 3, 4], objective="co2")
    changed = _costs(found, *rows)
    assert best_result(changed) is changed.results[place]


def test_nothing_but_failures_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "greenfield", "dairy_8", "--levels", "1")
    assert done.code == 1
    assert "infeasible" in done.out
    assert "Best" not in done.out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--formulation", "level_pth"), "formulation = level_pth: unknown; did you mean"),
        (("--formulation", "level_path", "--no-cascade"), "formulation = level_path: "),
        (("--economics", "missing.toml"), "missing.toml: does not exist"),
    ],
)
def test_bad_input_is_2_and_comes_before_the_child(
    argv: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    done = run(capsys, "greenfield", "dairy_8", *argv)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_all_faults_of_the_prices_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[site]\ngas_prise_EUR_per_MWh = 1\nlifetime_a = -1\n", encoding="utf-8")
    done = run(capsys, "greenfield", "dairy_8", "--economics", str(prices))
    assert done.code == 2
    assert "2 faults" in done.err
    assert "did you mean 'gas_price_EUR_per_MWh'?" in done.err


def test_out_writes_tables_figures_and_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[site]\ncooling_price_EUR_per_MWh = 3.0\n", encoding="utf-8")
    folder = tmp_path / "results"
    argv = ("dairy_8", "--levels", "1,3,5", "--economics", str(prices), "--out", str(folder))
    done = run(capsys, "greenfield", *argv)
    assert done.code == 1
    assert done.out.endswith(f"\n\nfigures and tables: {folder}\n")
    names = sorted(path.name for path in folder.iterdir())
    figures = ("cost_over_levels", "heat_pump_use", "levels_05")
    assert names == sorted(
        [
            *(f"{name}.csv" for name in (*TABLES, "notes", "cost_components", "heat_pump_use")),
            *(f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")),
            "levels_03.png",
            "inputs",
            "run.json",
        ]
    )
    economics = SiteEconomics(cooling_price_EUR_per_MWh=3.0)
    streams = milpcore.load_case("dairy_8")
    assert milpcore.read_streams(folder / "inputs" / "streams.csv") == streams
    assert milpcore.read_economics(folder / "inputs" / "economics.toml") == economics
    expected = greenfield_study(streams, levels=[1, 3, 5], economics=economics)
    for name in TABLES:
        written = pd.read_csv(folder / f"{name}.csv")
        table = getattr(expected, name).drop(columns=["solve_s"], errors="ignore")
        assert list(written.columns.drop("solve_s", errors="ignore")) == list(table.columns)
        for column in table.select_dtypes("number"):
            np.testing.assert_allclose(written[column], table[column], rtol=1e-12, err_msg=column)
    for name in ("cost_components", "heat_pump_use"):
        written = pd.read_csv(folder / f"{name}.csv")
        table = getattr(tables, name)(expected)
        pd.testing.assert_frame_equal(written, table, check_dtype=False, rtol=1e-12)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["files"] == files_in(folder)
    assert (record["levels"], record["gap"], record["objective"]) == ([1, 3, 5], 1e-4, "tac")
    assert list(record["inputs_sha256"]) == ["inputs/economics.toml", "inputs/streams.csv"]
    assert {"python", "numpy", "scipy", "numba", "pandas", "highspy"} <= set(record["versions"])


def test_nothing_is_written_without_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "greenfield", "two_streams", "--levels", "2").code == 0
    assert list(tmp_path.iterdir()) == []


def _interrupted_after(n_messages: int, *, stops: bool) -> Callable[..., None]:
    """Stand in for a child that Ctrl-C ends after some results, or that then stops by itself."""

    def run_in_child(
        function: Callable[..., None],
        request: study.Request,
        *,
        on_message: Callable[[Any], object],
        grace_s: float,
    ) -> None:
        messages: list[Any] = []
        in_this_process(function, request, on_message=messages.append, grace_s=grace_s)
        results = [one for one in messages if isinstance(one, SiteResult)]
        for result in results[:n_messages]:
            on_message(Progress(0.0, float("inf"), 0.0, 0))
            on_message(result)
        on_message(Progress(1.0, 2e6, 1e6, 7))
        if stops:
            for result in results[n_messages:]:
                on_message(_as_interrupted(result))
        raise ChildInterrupted("interrupted; the child process was ended")

    return run_in_child


def _as_interrupted(result: SiteResult) -> SiteResult:
    summary = result.summary.assign(status="interrupted")
    return replace(result, status=Status.INTERRUPTED, summary=summary)


def test_an_interruption_keeps_what_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(2, stops=False))
    found, err = _json(capsys, "dairy_8", "--levels", "2-7", code=130)
    assert [(one["max_levels"], one["status"]) for one in found] == [
        (2, "optimal"),
        (3, "optimal"),
        *((n_levels, "interrupted") for n_levels in range(4, 8)),
    ]
    assert found[2] == {
        **found[1],
        **{key: found[2][key] for key in ("max_levels", "status", "bound", "gap", "solve_s")},
    }, "the design with fewer levels is allowed with more"
    assert found[2]["bound"] == 1e6
    for one in found[3:]:
        assert list(one) == KEYS
        assert one["levels_C"] == one["heat_pumps"] == []
        assert (one["objective"], one["unit"]) == ("tac", "EUR/a")
        numbers = set(KEYS[3:]) - {"objective", "unit", "status"}
        assert {one[key] for key in numbers} == {None}
    assert err == "milpcore: interrupted; not started: N = 5-7\n"


@pytest.mark.parametrize("objective", ["tac", "co2"])
def test_an_interrupted_search_without_incumbent_has_a_design_all_the_same(
    objective: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that a time limit gives: lowest and highest candidate."""
    argv = ("dairy_8", "--levels", "4,6", "--objective", objective)
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(0, stops=False))
    found, err = _json(capsys, *argv, code=130)
    levels_C = milpcore.site.prepare(milpcore.load_case("dairy_8")).level_C
    assert found[0]["levels_C"] == [levels_C[0], levels_C[-1]]
    assert found[0]["status"] == "interrupted"
    assert 0.0 <= found[0]["gap"] <= 1.0
    assert found[0]["bound"] <= found[0]["objective_value"]
    assert found[1]["levels_C"] == []
    assert err == "milpcore: interrupted; not started: N = 6\n"
    text = run(capsys, "greenfield", *argv)
    assert "N = 4: Interrupted (no design found yet; this one has the lowest and the" in text.out
    assert "N = 6: Not started: the study was interrupted.\n" in text.out


def test_one_level_has_no_design_to_fall_back_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(0, stops=False))
    (found,), err = _json(capsys, "dairy_8", "--levels", "1", code=130)
    assert (found["status"], found["levels_C"], found["gap"]) == ("interrupted", [], None)
    assert "milpcore: N = 1: interrupted: No design was found (interrupted: the search " in err


@pytest.mark.parametrize("place", ["prepare", "run_in_child"])
def test_ctrl_c_before_the_first_search_prints_all_configurations(
    place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(study, place, interrupt)
    found, err = _json(capsys, "dairy_8", "--levels", "2-4", code=130)
    assert [(one["max_levels"], one["status"]) for one in found] == [
        (n_levels, "interrupted") for n_levels in (2, 3, 4)
    ]
    assert err == "milpcore: interrupted; not started: N = 2-4\n"
    done = run(capsys, "greenfield", "dairy_8", "--levels", "2-4")
    assert done.code == 130
    assert "\nNot started: the study was interrupted.\n" in done.out


def test_an_interrupted_search_may_hand_over_its_incumbent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(1, stops=True))
    found, err = _json(capsys, "dairy_8", "--levels", "2-7", code=130)
    statuses = [(one["max_levels"], one["status"]) for one in found]
    assert statuses[:3] == [(2, "optimal"), (3, "interrupted"), (4, "interrupted")]
    assert found[1]["tac_EUR_per_a"] == pytest.approx(1824469.3333)
    assert found[2]["tac_EUR_per_a"] is None
    assert err == "milpcore: interrupted; not started: N = 4-7\n"


def test_an_interruption_before_the_first_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(0, stops=False))
    done = run(capsys, "greenfield", "dairy_8", "--levels", "2")
    assert done.code == 130
    assert done.err == "milpcore: interrupted\n"
    assert "interrupted" in done.out


def test_an_interruption_after_the_last_result_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(1, stops=False))
    found, _ = _json(capsys, "dairy_8", "--levels", "2", code=130)
    assert [one["status"] for one in found] == ["optimal"]


def test_what_is_done_is_written_after_an_interruption(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupted_after(1, stops=False))
    folder = tmp_path / "results"
    done = run(capsys, "greenfield", "dairy_8", "--levels", "2,4", "--out", str(folder))
    assert done.code == 130
    summary = pd.read_csv(folder / "summary.csv")
    assert summary["status"].tolist() == ["optimal", "interrupted"]
    assert (folder / "cost_over_levels.png").is_file()
