"""``milpcore sizing``: JSON, text, files, faults, interruption.

The child process is replaced by a call, a second faster, and the search by a plant made up where
another one would show no more; the last tests run the real ones.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Channel, files_in, in_this_process, run
from helpers_sizing_results import boiler_only, no_result, small_ranges, small_result

from milpcore import sizing
from milpcore.cli import program, sizing_study
from milpcore.cli import sizing as command
from milpcore.cli.sizing_arguments import CASE_NAMES, DEFAULT_CASE, DEFAULT_GAP, DEFAULT_SHARE, fill
from milpcore.cli.sizing_study import NOTHING_YET, Request, progress_line
from milpcore.cli.sizing_text import sizing_json
from milpcore.core import ChildInterrupted, Status
from milpcore.plots.sizing_tables import cost_split
from milpcore.report import ProgressLine
from milpcore.sizing import RangesProgress, SizingParameters, SizingProgress, SizingResult
from milpcore.sizing.size_plant import DEFAULT_GAP as GAP_OF_PYTHON

NUMBERS = (
    "tac_EUR_per_a",
    "bound_EUR_per_a",
    "gap",
    "opex_EUR_per_a",
    "capex_EUR_per_a",
    "co2_t_per_a",
)
NO_PLANT = "no operation meets the demand in every step"


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing_study, "run_in_child", in_this_process)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[SizingResult], None]:
    """Have the search bring a plant."""

    def bring(result: SizingResult) -> None:
        monkeypatch.setattr(sizing_study, "size_plant", lambda *_, **__: result)

    monkeypatch.setattr(sizing_study, "size_ranges", small_ranges)
    bring(small_result())
    return bring


@pytest.fixture
def hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The first six hours of the bundled case as a file in the working folder."""
    monkeypatch.chdir(tmp_path)
    sizing.write_profile(sizing.load_case("base_48h").profile.part(0, 24), "hours.csv")
    return "hours.csv"


def _asked(monkeypatch: pytest.MonkeyPatch, *argv: str) -> Request:
    """Return the request that arguments make."""
    asked: list[Request] = []

    def stop(request: Request, _line: object) -> None:
        asked.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run_study", stop)
    parser = argparse.ArgumentParser(allow_abbrev=False)
    fill(parser)
    with pytest.raises(KeyboardInterrupt):
        command.run(parser.parse_args(argv))
    return asked[0]


def test_the_default_is_the_bundled_case(monkeypatch: pytest.MonkeyPatch) -> None:
    request = _asked(monkeypatch)
    assert request == Request(*sizing.load_case("base_48h"), 1e-3, None, 1e-3, None)
    assert (sizing.case_names(), GAP_OF_PYTHON) == (CASE_NAMES, DEFAULT_GAP)
    share = inspect.signature(sizing.size_ranges).parameters["within_share"].default
    assert share == DEFAULT_SHARE
    assert DEFAULT_CASE in CASE_NAMES


def test_every_option_arrives(hours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plant.toml").write_text("[[boiler]]\nefficiency = 0.95\n", encoding="utf-8")
    options = ("--economics", "plant.toml", "--gap", "5e-4", "--time-limit", "20")
    request = _asked(monkeypatch, hours, *options)
    assert request.profile == sizing.read_profile(hours)
    assert [unit.name for unit in request.parameters.units] == ["boiler"]
    assert request.parameters.boilers[0].efficiency == 0.95
    assert (request.mip_rel_gap, request.time_limit_s) == (5e-4, 20.0)
    ranges = _asked(monkeypatch, hours, "--ranges", "0.01", "--ranges-time", "7")
    assert (ranges.ranges_share, ranges.ranges_time_s) == (0.01, 7.0)
    assert _asked(monkeypatch, hours, "--no-ranges").ranges_share is None
    assert _asked(monkeypatch, hours).parameters == SizingParameters()
    assert _asked(monkeypatch, "base_48h", *options).parameters == request.parameters


@pytest.mark.usefixtures("found")
def test_a_sheet_of_a_workbook_is_read(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    profile = sizing.read_profile(hours)
    sizing.write_profile(profile, "book.xlsx")
    book = openpyxl.load_workbook("book.xlsx")
    book["profile"].title = "winter"
    book.create_sheet("summer")
    book.save("book.xlsx")
    done = run(capsys, "sizing", "book.xlsx")
    assert done.code == 2
    assert "the workbook has several sheets; call the sheet 'profile'" in done.err
    assert run(capsys, "sizing", "book.xlsx", "--sheet", "winter", "--quiet").code == 0


def test_json_is_what_python_finds(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "sizing", hours, "--json")
    assert (done.code, done.err) == (0, "")
    content = json.loads(done.out)
    keys = ["sizes", "size_ranges", "ranges_share", *NUMBERS, "status", "solve_s"]
    assert list(content) == keys
    expected = sizing.size_plant(sizing.read_profile(hours))
    ranges = content["size_ranges"]
    assert list(ranges) == ["heat_pump", "boiler", "store"]
    assert content["ranges_share"] == 1e-3
    for (name, known), size in zip(ranges.items(), expected.sizes["size"], strict=True):
        assert set(known) == {"unit", "proven_least", "found_least", "found_most", "proven_most"}
        assert known["unit"] == ("kWh" if name == "store" else "kW")
        assert known["proven_least"] <= known["found_least"] <= size
        assert size <= known["found_most"] <= known["proven_most"]
    assert ranges["boiler"]["found_least"] < ranges["boiler"]["found_most"]
    row = expected.summary.iloc[0]
    assert content["sizes"] == dict(
        zip(("heat_pump_kW", "boiler_kW", "store_kWh"), expected.sizes["size"], strict=True)
    )
    assert {key: content[key] for key in NUMBERS} == {key: row[key] for key in NUMBERS}
    assert content["status"] == "optimal"
    assert content["gap"] <= 1e-3
    assert content["solve_s"] > 0.0


def test_sizes_are_named_by_unit_and_unit_of_measurement() -> None:
    free: dict[str, Any] = {"existing_kW": 5.0}
    parameters = small_result().parameters.replace(
        electric_boilers=[sizing.ElectricBoiler(name="rod", **free)], stores=[]
    )
    outcome = sizing.SizingOutcome(Status.ERROR, None, math.nan, 1.0, 0)
    profile = small_result().profile
    result = sizing.results.result_of(profile, parameters, outcome, model="", solve_s=0.0)
    sizes = sizing_json(result)["sizes"]
    assert sizes == {"heat_pump_kW": None, "boiler_kW": None, "rod_kW": None}


def test_text_has_sizes_costs_bound_and_status(
    hours: str, found: Callable[[SizingResult], None], capsys: pytest.CaptureFixture[str]
) -> None:
    standing = small_result().parameters.replace_unit("boiler", existing_kW=120)
    found(small_result(Status.TIME_LIMIT, standing))
    done = run(capsys, "sizing", hours, "--time-limit", "9", "--gap", "2e-3")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert re.fullmatch(
        r"hours\.csv: 6 h in 24 steps, mean demand \d+\.\d kW, peak \d+\.\d kW, "
        r"mean waste heat \d+\.\d kW",
        lines[0],
    )
    assert lines[1] == "least TAC, gap 0.002, at most 9 s, formulation made_up"
    assert [" ".join(line.split()) for line in lines[3:9]] == [
        "unit size investment CAPEX heat full load load changes starts",
        "k€ k€/a MWh/a h/a in 3 h in 3 h",
        "----------------- ----- --- ---------- ----- ----- --------- ------------ ------",
        "heat_pump 40.0 kW 20.00 2.00 80 2000 1 0",
        "boiler (existing) 120.0 kW 0.00 0.00 245 2042 4 0",
        "store 120.0 kWh 2.40 0.24 30 – – –",
    ]
    assert [" ".join(line.split()) for line in lines[10:17]] == [
        "sizes of all plants that cost at most 0.1 % more",
        "proven found found proven",
        "unit at least from shown to at most",
        "--------- -------- ----- ----- ----- ------- ---",
        "heat_pump 36.0 38.0 40.0 48.0 52.0 kW",
        "boiler 108.0 114.0 120.0 144.0 156.0 kW",
        "store 108.0 114.0 120.0 144.0 156.0 kWh",
    ]
    costs = [" ".join(line.split()) for line in lines[18:29]]
    assert costs[:2] == ["cost share", "k€/a %"]
    assert costs[3:6] == [
        "investment, heat_pump 2.00 8.82",
        "investment, store 0.24 1.06",
        "electricity 4.00 17.64",
    ]
    assert costs[-2:] == ["cooling water 0.66 2.91", "TAC 22.67 –"]
    assert lines[-5:] == [
        "OPEX 20.43 k€/a, CAPEX 2.24 k€/a, CO2 70.44 t/a",
        "electricity 40 MWh/a, gas 272 MWh/a, cooling water 165 MWh/a",
        "TAC 22.67 k€/a, proven bound 22.45, gap 1.00 %, time_limit after 1.2 s",
        "",
        "figures and tables: add --out DIR",
    ]
    assert all(line == line.rstrip() for line in lines)
    without = run(capsys, "sizing", hours, "--no-ranges")
    assert "at most" not in without.out
    case = run(capsys, "sizing")
    assert case.out.splitlines()[1].startswith("assumed: made up in the form that Hochhaus")


def test_without_a_plant_it_is_1_and_says_why(
    hours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("small.toml").write_text("[[boiler]]\nexisting_kW = 10\n", encoding="utf-8")
    argv = ("sizing", hours, "--economics", "small.toml")
    done = run(capsys, *argv, "--json")
    assert done.code == 1
    assert done.err.startswith(f"milpcore: infeasible: {NO_PLANT}: ")
    content = json.loads(done.out)
    assert content["sizes"] == {"boiler_kW": None}
    assert {content[key] for key in NUMBERS} == {None}
    assert content["status"] == "infeasible"
    done = run(capsys, *argv)
    assert (done.code, done.err) == (1, "")
    assert f"\nNo plant: infeasible: {NO_PLANT}: " in done.out
    assert "proven" not in done.out
    assert done.out.endswith("\n\ntables: add --out DIR\n")


def test_a_bound_is_told_without_a_plant(
    hours: str, found: Callable[[SizingResult], None], capsys: pytest.CaptureFixture[str]
) -> None:
    found(no_result(Status.TIME_LIMIT, 12_345.6, "no design was found in time"))
    done = run(capsys, "sizing", hours, "--out", "out")
    assert done.code == 1
    assert (
        "\nNo plant: time_limit: no design was found in time\n"
        "proven: none costs less than 12.35 k€/a\n"
    ) in done.out
    assert done.err == "milpcore: nothing was finished, and nothing was written: out\n"
    assert not Path("out").exists()
    found(no_result(Status.ERROR, math.nan, ""))
    assert run(capsys, "sizing", hours, "--json").err == "milpcore: error\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("base_48",), "PROFILE = base_48: neither a file nor a bundled case; did you mean 'bas"),
        (("missing.csv",), "missing.csv: does not exist"),
        (("base_48h", "--sheet", "x"), "--sheet = x: is for files, bundled cases have no sheets"),
        (("hours.csv", "--sheet", "x"), "sheet = x: is for workbooks only (.xlsx)"),
        (("hours.csv", "--economics", "none.toml"), "none.toml: does not exist"),
        (("hours.csv", "--economics", "bad.toml"), "gas_prise_EUR_per_MWh"),
        (("hours.csv", "--economics", "free.toml"), "no limit, and the store costs nothing"),
        (("bad.csv",), "waste_heat_kW: missing column"),
    ],
)
@pytest.mark.usefixtures("hours")
def test_bad_input_comes_before_the_child(
    argv: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("bad.toml").write_text("[plant]\ngas_prise_EUR_per_MWh = 50\n", encoding="utf-8")
    free = "[[boiler]]\n[[store]]\ninvestment_EUR_per_kWh = 0\n"
    Path("free.toml").write_text(free, encoding="utf-8")
    Path("bad.csv").write_text("time_h,heat_demand_kW\n0,1\n1,2\n", encoding="utf-8")
    monkeypatch.setattr(sizing_study, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    done = run(capsys, "sizing", *argv)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--gap", "1"), "argument --gap: '1' must be a number from 0 to below 1"),
        (("--ranges", "1"), "argument --ranges: '1' must be a number above 0 and below 1"),
        (("--ranges", "0.1", "--no-ranges"), "--no-ranges: not allowed with argument --ranges"),
        (("--time-limit", "0"), "argument --time-limit: '0' must be a positive number (s)"),
        (("a.csv", "b.csv"), "unrecognized arguments: b.csv"),
        (("--temperature-unit", "K"), "unrecognized arguments: --temperature-unit"),
    ],
)
def test_bad_arguments_say_the_rule(
    argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "sizing", *argv)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_help_has_json_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "sizing", "--help")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 100
    text = " ".join(done.out.split())
    for part in ("default: base_48h", "default: 1e-3", '"heat_pump_kW": ...', "exit codes: 0 "):
        assert part in text
    assert "  sizing " in run(capsys, "--help").out


@pytest.mark.usefixtures("found")
def test_out_writes_tables_figures_inputs_and_a_record(
    hours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "sizing", hours, "--out", "out", "--time-limit", "7")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("\n\nfigures and tables: out\n")
    folder = Path("out")
    tables = ("summary", "sizes", "operation", "costs", "size_ranges")
    expected = [
        *(f"{name}.csv" for name in tables),
        *(f"{name}.{suffix}" for name in ("operation", "costs") for suffix in ("png", "svg")),
        "inputs/parameters.toml",
        "inputs/profile.csv",
        "run.json",
    ]
    assert files_in(folder) == sorted(expected)
    result = small_result()
    frames = {name: getattr(result, name) for name in tables[:3]}
    frames |= {"costs": cost_split(result), "size_ranges": small_ranges(result).table}
    for name, frame in frames.items():
        written = pd.read_csv(folder / f"{name}.csv", keep_default_na=name != "costs")
        pd.testing.assert_frame_equal(written, frame, check_dtype=False)
    assert sizing.read_profile(folder / "inputs" / "profile.csv") == sizing.read_profile(hours)
    copy = sizing.read_parameters(folder / "inputs" / "parameters.toml")
    assert copy == SizingParameters()
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    told = {key: record[key] for key in ("command", "profile", "gap", "time_limit_s")}
    assert told == {"command": "sizing", "profile": hours, "gap": 1e-3, "time_limit_s": 7.0}
    assert record["formulation"] == "made_up"
    assert (record["ranges_share"], record["ranges_time_s"]) == (1e-3, None)
    assert set(record["inputs_sha256"]) == {"inputs/parameters.toml", "inputs/profile.csv"}
    svg = (folder / "operation.svg").read_text(encoding="utf-8")
    assert "hours.csv: operation over 3 h" in svg
    assert "hours.csv: total annual cost: " in (folder / "costs.svg").read_text(encoding="utf-8")


def test_a_long_horizon_has_a_figure_of_its_peak_which_a_short_one_removes(
    hours: str, found: Callable[[SizingResult], None], capsys: pytest.CaptureFixture[str]
) -> None:
    found(boiler_only(304))
    assert run(capsys, "sizing", hours, "--out", "out").code == 0
    known = {*command._writes(), "run.json", *(f"inputs/{name}" for name in command._COPIES)}
    assert set(files_in(Path("out"))) == known
    svg = Path("out/operation_peak.svg").read_text(encoding="utf-8")
    assert "hours.csv: operation around the highest demand" in svg
    found(small_result())
    assert run(capsys, "sizing", hours, "--out", "out").code == 0
    left = {name for name in known if not name.startswith("operation_peak")}
    assert set(files_in(Path("out"))) == left
    assert run(capsys, "sizing", hours, "--out", "out", "--no-ranges").code == 0
    assert set(files_in(Path("out"))) == left - {"size_ranges.csv"}


def test_the_proof_that_there_is_none_is_written_too(
    hours: str, found: Callable[[SizingResult], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "sizing", hours, "--out", "out").code == 0
    found(no_result(Status.INFEASIBLE, math.inf, "nothing meets the demand"))
    done = run(capsys, "sizing", hours, "--out", "out")
    assert done.code == 1
    assert done.out.endswith("\n\ntables: out\n")
    tables = ["costs.csv", "sizes.csv", "summary.csv"]
    copies = ["inputs/parameters.toml", "inputs/profile.csv"]
    assert files_in(Path("out")) == [tables[0], *copies, "run.json", *tables[1:]]
    assert pd.read_csv("out/summary.csv")["status"].tolist() == ["infeasible"]
    assert len(pd.read_csv("out/sizes.csv")) == 0


@pytest.mark.parametrize("name", ["summary.csv", "operation_peak.png", "inputs/profile.csv"])
@pytest.mark.usefixtures("found")
def test_an_input_is_not_overwritten(
    name: str, hours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("inputs").mkdir()
    Path(hours).rename(name)
    done = run(capsys, "sizing", name, "--out", ".")
    assert (done.code, done.out) == (2, "")
    assert f"its file {name} is an input of this run and would be overwritten" in done.err


@pytest.mark.usefixtures("found")
def test_an_edited_file_is_refused_before_the_search(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "sizing", hours, "--out", "out").code == 0
    copy = Path("out/inputs/parameters.toml")
    copy.write_text("[plant]\n", encoding="utf-8")
    monkeypatch.setattr(sizing_study, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    done = run(capsys, "sizing", hours, "--out", "out")
    assert (done.code, done.out) == (2, "")
    assert (
        "DIR = out: its file inputs/parameters.toml is not what a run has written (it was changed "
        "since), and would be overwritten"
    ) in done.err
    assert copy.read_text(encoding="utf-8") == "[plant]\n"


def _interrupted_with(value: object) -> Callable[..., Any]:
    def run_in_child(*_: Any, **__: Any) -> Any:
        raise ChildInterrupted("interrupted", value)

    return run_in_child


@pytest.mark.usefixtures("found")
def test_ctrl_c_keeps_older_results_and_says_so(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "sizing", hours, "--out", "out").code == 0
    older = {name: Path("out", name).read_bytes() for name in files_in(Path("out"))}
    monkeypatch.setattr(sizing_study, "run_in_child", _interrupted_with(None))
    done = run(capsys, "sizing", hours, "--json", "--out", "out")
    assert done.code == 130
    assert done.err == (
        "milpcore: interrupted\nmilpcore: nothing was finished, and nothing was written: out\n"
    )
    content = json.loads(done.out)
    assert content["sizes"] == {"heat_pump_kW": None, "boiler_kW": None, "store_kWh": None}
    assert {content[key] for key in NUMBERS} == {None}
    assert content["status"] == "interrupted"
    assert {name: Path("out", name).read_bytes() for name in files_in(Path("out"))} == older
    done = run(capsys, "sizing", hours)
    assert (done.code, done.err) == (130, "milpcore: interrupted\n")
    assert f"\nNo plant: interrupted: {NOTHING_YET}\n" in done.out


def test_a_plant_that_comes_just_in_time_is_kept(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizing_study, "run_in_child", _interrupted_with(small_result()))
    done = run(capsys, "sizing", hours, "--json", "--out", "out")
    assert done.code == 130
    first = "milpcore: interrupted\n"
    assert done.err.startswith(f"{first}milpcore: writing what there is, figures last; ")
    assert json.loads(done.out)["sizes"]["boiler_kW"] == 120.0
    assert Path("out/operation.png").is_file()


def _told_then_interrupted(*told: SizingProgress | None) -> Callable[..., Any]:
    """Stand in for a child that tells of its progress and is ended."""

    def run_in_child(*_: Any, on_message: Callable[[Any], object], grace_s: float) -> Any:
        for progress in told:
            on_message(progress)
        raise ChildInterrupted(f"interrupted; ended after {grace_s} s")

    return run_in_child


def test_ctrl_c_keeps_the_best_plant_that_was_told_of(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[SizingProgress] = []

    def listen(progress: SizingProgress) -> bool:
        told.append(progress)
        return False

    found = sizing.size_plant(sizing.read_profile(hours), observer=listen)
    best = told[-1]
    assert best.design is not None
    monkeypatch.setattr(sizing_study, "run_in_child", _told_then_interrupted(None, *told))
    done = run(capsys, "sizing", hours, "--json", "--out", "out")
    assert done.code == 130
    content = json.loads(done.out)
    assert content["status"] == "interrupted"
    assert content["tac_EUR_per_a"] == pytest.approx(best.best_EUR_per_a, rel=1e-9)
    assert content["bound_EUR_per_a"] == pytest.approx(best.bound_EUR_per_a, rel=1e-9)
    assert content["sizes"]["store_kWh"] == pytest.approx(best.design.capacity_kWh[0])
    assert len(pd.read_csv("out/operation.csv")) == found.profile.n_steps
    text = run(capsys, "sizing", hours).out
    assert re.search(r"proven bound \d+\.\d\d, gap 0\.\d+ %, interrupted after 0\.0 s\n", text)


@pytest.mark.usefixtures("found")
def test_an_interrupted_plant_replaces_nothing_older(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "sizing", hours, "--out", "out").code == 0
    older = {name: Path("out", name).read_bytes() for name in files_in(Path("out"))}
    interrupted = small_result(Status.INTERRUPTED)
    monkeypatch.setattr(sizing_study, "run_in_child", _interrupted_with(interrupted))
    done = run(capsys, "sizing", hours, "--out", "out")
    assert done.code == 130
    assert done.err.endswith("milpcore: nothing was finished, and nothing was written: out\n")
    assert {name: Path("out", name).read_bytes() for name in files_in(Path("out"))} == older
    assert run(capsys, "sizing", hours, "--out", "new").code == 130
    assert pd.read_csv("new/summary.csv")["status"].tolist() == ["interrupted"]


@pytest.mark.usefixtures("found")
def test_a_better_plant_is_sent_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    design = small_result().design
    worse, better = (SizingProgress(0.0, cost, 1.0, "box 1 of 1", design) for cost in (30.0, 20.0))
    answers: list[bool] = []

    def size_plant(*_: Any, observer: Callable[[SizingProgress], bool], **__: Any) -> SizingResult:
        answers.extend(map(observer, (worse, worse, better)))
        return small_result()

    monkeypatch.setattr(sizing_study, "size_plant", size_plant)
    sent: list[object] = []
    channel = Channel(sent.append)
    sizing_study._size_in_child(channel, Request(*sizing.load_case("base_48h"), 1e-3, None))
    assert (sent[:2], sent[-1], answers) == ([None, worse], better, [False, False, False])
    channel.should_stop.set()
    sizing_study._size_in_child(channel, Request(*sizing.load_case("base_48h"), 1e-3, None))
    assert answers[3:] == [True, True, True]


def test_ctrl_c_during_the_ranges_keeps_the_plant_and_what_is_known_of_them(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = small_result()
    known = RangesProgress(0.5, "boiler", small_ranges(plant, within_share=0.02))
    for told, share in (([None, plant], None), ([None, plant, known], 0.02)):
        monkeypatch.setattr(sizing_study, "run_in_child", _told_then_interrupted(*told))
        done = run(capsys, "sizing", hours, "--json", "--out", "out")
        assert done.code == 130
        content = json.loads(done.out)
        assert (content["status"], content["ranges_share"]) == ("optimal", share)
        assert content["sizes"]["boiler_kW"] == 120.0
        assert Path("out/operation.csv").is_file()
    assert content["size_ranges"]["boiler"]["proven_most"] == pytest.approx(156.0)


def test_ranges_get_what_was_asked_for_and_are_not_searched_for_in_vain(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []

    def ranges(result: SizingResult, **options: Any) -> sizing.SizeRanges:
        calls.append(options)
        return small_ranges(result)

    monkeypatch.setattr(sizing_study, "size_ranges", ranges)
    monkeypatch.setattr(sizing_study, "size_plant", lambda *_, **__: small_result())
    assert run(capsys, "sizing", hours, "--ranges", "0.03", "--time-limit", "3").code == 0
    assert run(capsys, "sizing", hours, "--ranges-time", "99").code == 0
    assert [(call["within_share"], call["time_limit_s"]) for call in calls] == [
        (0.03, 3.0),
        (1e-3, 99.0),
    ]
    nothing = no_result(Status.TIME_LIMIT, 1.0, "")
    monkeypatch.setattr(sizing_study, "size_plant", lambda *_, **__: nothing)
    assert run(capsys, "sizing", hours).code == 1
    channel = Channel(lambda _: None)
    channel.should_stop.set()
    monkeypatch.setattr(sizing_study, "size_plant", lambda *_, **__: small_result())
    request = Request(*sizing.load_case("base_48h"), 1e-3, None, 1e-3)
    assert sizing_study._size_in_child(channel, request).ranges is None
    assert len(calls) == 2


def test_ctrl_c_before_the_child_starts(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sizing_study, "prepare", press)
    done = run(capsys, "sizing", hours, "--json")
    assert (done.code, json.loads(done.out)["status"]) == (130, "interrupted")


def test_ctrl_c_while_the_command_is_imported(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported(name: str, package: str | None = None) -> ModuleType:
        signal.raise_signal(signal.SIGINT)
        return import_module(name, package)

    monkeypatch.setattr(program.importlib, "import_module", imported)
    monkeypatch.setattr(sizing_study, "run_in_child", lambda *_, **__: pytest.fail("started"))
    done = run(capsys, "sizing", hours, "--json")
    assert (done.code, done.err) == (130, "milpcore: interrupted\n")
    assert json.loads(done.out)["status"] == "interrupted"
    done = run(capsys, "sizing", "missing.csv", "--json")
    assert (done.code, done.out) == (2, "")
    assert run(capsys, "sizing", hours) == (130, "", "milpcore: interrupted\n")


def test_the_search_gets_what_was_asked_for(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def size_plant(*args: Any, **options: Any) -> SizingResult:
        calls.append((args, options))
        return small_result()

    monkeypatch.setattr(sizing_study, "size_plant", size_plant)
    assert run(capsys, "sizing", hours, "--gap", "0.02", "--time-limit", "3").code == 0
    [(args, options)] = calls
    assert args == (sizing.read_profile(hours), SizingParameters())
    assert options.pop("observer")(SizingProgress(0.0, math.nan, 1.0, "first design")) is False
    assert options == {"mip_rel_gap": 0.02, "time_limit_s": 3.0}


def test_progress_tells_what_is_known() -> None:
    case = sizing.load_case("base_48h")
    endless, limited = Request(*case, 1e-3, None), Request(*case, 1e-3, 60.0)
    assert progress_line(endless, None, 2.04) == "192 steps  2.0 s"
    assert progress_line(limited, None, 0.0) == "192 steps  0.0 s of at most 60 s"
    begun = SizingProgress(0.1, math.nan, 680_000.0, "first design")
    assert progress_line(endless, begun, 0.1) == (
        "192 steps  0.1 s  TAC above 680.00 k€/a  first design"
    )
    design = small_result().design
    later = SizingProgress(9.0, 687_000.0, 686_500.0, "box 12 of 14", design)
    text = progress_line(limited, later, 9.26)
    assert text == "192 steps  9.3 s of at most 60 s  TAC 687.00 k€/a  gap 0.07 %  box 12 of 14"
    assert len(text) < 80
    nothing = SizingProgress(0.0, math.nan, -math.inf, "first design")
    assert progress_line(endless, nothing, 0.0) == "192 steps  0.0 s  first design"


@pytest.mark.usefixtures("found")
def test_the_clock_begins_with_the_search() -> None:
    lines: list[str] = []

    class Line(ProgressLine):
        def begin(self, compose: Callable[[float], str]) -> None:
            lines.append(compose(0.0))

    answer = sizing_study.run_study(
        Request(*sizing.load_case("base_48h"), 1e-3, None), Line(io.StringIO())
    )
    assert not answer.was_interrupted
    assert lines == ["starting", "192 steps  0.0 s"]
    request = Request(*sizing.load_case("base_48h"), 1e-3, None, 1e-3)
    sizing_study.run_study(request, Line(io.StringIO()))
    assert lines[2:] == [*lines[:2], "ranges of sizes  0.0 s of at most 30 s"]
    watch = sizing_study._Watch(request, Line(io.StringIO()), None, small_result())
    watch.hear(RangesProgress(0.1, "boiler", small_ranges(small_result())))
    assert watch.text(2.0) == "ranges of sizes  2.0 s of at most 30 s  boiler"


def test_the_real_child_finds_the_same(
    hours: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizing_study, "run_in_child", import_module("milpcore.core").run_in_child)
    done = run(capsys, "sizing", hours, "--json", "--ranges-time", "1")
    assert (done.code, done.err) == (0, "")
    expected = sizing.size_plant(sizing.read_profile(hours))
    assert json.loads(done.out)["size_ranges"]["boiler"]["proven_most"] > 0.0
    assert json.loads(done.out)["tac_EUR_per_a"] == pytest.approx(expected.tac_EUR_per_a, rel=1e-3)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal and process groups")
def test_ctrl_c_is_answered_at_once() -> None:
    """A hard instance in its own process: progress on a terminal, then Ctrl-C."""
    terminal, end = os.openpty()
    os.set_blocking(terminal, False)
    process = subprocess.Popen(
        [sys.executable, "-m", "milpcore", "sizing", "--gap", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
        start_new_session=True,
    )
    os.close(end)
    seen = ""
    try:
        until_s = time.monotonic() + 60.0
        while not re.search(r"\r192 steps  [1-9]\d*\.\d s  TAC \d+\.\d\d k€/a  gap \d", seen):
            assert time.monotonic() < until_s, seen
            with suppress(BlockingIOError):
                seen += os.read(terminal, 65536).decode()
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=30)
        with suppress(BlockingIOError, OSError):
            seen += os.read(terminal, 65536).decode()
        assert process.returncode == 130
        content = json.loads(output)
        assert content["status"] == "interrupted"
        assert 0.0 < content["bound_EUR_per_a"] < content["tac_EUR_per_a"]
        assert content["sizes"]["boiler_kW"] > 0.0
        assert seen.endswith("milpcore: interrupted\r\n")
        assert "Traceback" not in seen
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(terminal)


def test_faults_of_both_files_come_in_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "time_h,heat_demand_kW,waste_heat_kW\n0,5,x\n1,6,7\n"
    Path("day.csv").write_text(text, encoding="utf-8")
    Path("plant.toml").write_text("[[boiler]]\nefficiency = 5\n[[boiler]]\n", encoding="utf-8")
    done = run(capsys, "sizing", "day.csv", "--economics", "plant.toml")
    assert done.code == 2
    assert [line.split(";")[0] for line in done.err.splitlines()] == [
        "milpcore: profile and economics: 3 faults",
        "  - day.csv, line 2: waste_heat_kW = x: is not a number",
        "  - plant.toml, [[boiler]] 1: efficiency = 5: must be at least 0.01 and at most 1.2",
        "  - plant.toml, [[boiler]] 2: name = boiler: must be unique, [[boiler]] 1 has it too",
    ]
    alone = run(capsys, "sizing", "base_48h", "--economics", "plant.toml")
    assert alone.err.startswith("milpcore: plant.toml: 2 faults\n  - [[boiler]] 1: ")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--workers", "2"), "sizing: 1 fault\n  - --workers = 2: has no meaning without --study;"),
        (
            ("--no-ranges", "--ranges-time", "5"),
            "--ranges-time = 5: has no meaning with --no-ranges; leave one of them out",
        ),
        (("--study", "case1", "--no-ranges"), "--no-ranges: has no meaning with --study"),
        (("--study", "case1", "--ranges", "0.01"), "--ranges = 0.01: has no meaning with --study"),
        (
            ("empty.csv",),
            "table = no columns: is empty: must have a line with the columns time_h, ",
        ),
    ],
)
@pytest.mark.usefixtures("hours")
def test_options_and_files_without_effect_are_refused(
    argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.csv").write_text("\n", encoding="utf-8")
    done = run(capsys, "sizing", *argv)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_tables_have_nothing_where_json_has_null(
    hours: str, found: Callable[[SizingResult], None], capsys: pytest.CaptureFixture[str]
) -> None:
    found(no_result(Status.INFEASIBLE, math.inf, "nothing fits"))
    assert run(capsys, "sizing", hours, "--out", "out").code == 1
    summary = Path("out/summary.csv").read_text(encoding="utf-8")
    assert "inf," not in summary
    assert pd.isna(pd.read_csv("out/summary.csv")["bound_EUR_per_a"].iloc[0])


def test_operation_has_the_level_at_the_end_of_every_step() -> None:
    table = small_result().operation
    names = [name for name in table if name.endswith("_end_level_kWh")]
    assert names
    for name in names:
        start = table[name.replace("_end_level", "_level")]
        assert table[name].iloc[:-1].tolist() == start.iloc[1:].tolist()
        assert table[name].iloc[-1] == pytest.approx(start.iloc[0])
