"""``milpcore pareto`` from parsed arguments: JSON, text, files, faults, interruption, no solution.

The child process is left out but for one run; `milpcore.core.run_in_child` has tests of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers_cli import Channel, Run, files_in, in_this_process, run
from helpers_pareto import contrary_site

import milpcore
from milpcore.cli import observing, pareto_study
from milpcore.cli import pareto as command
from milpcore.cli.pareto_arguments import fill, share
from milpcore.cli.pareto_study import Answer, Request, progress_line
from milpcore.cli.pareto_text import MOST_ROWS, pareto_text, proof_text
from milpcore.cli.parser import add_streams
from milpcore.core import ChildInterrupted
from milpcore.report import ProgressLine
from milpcore.site import FrontProgress, ParetoStudy, pareto
from milpcore.site.pareto_request import ParetoOptions

LEVELS = "15,35,80,134,214,285,1600"
FIGURES = ("designs_along_front", "marginal_cost", "pareto_front")


@pytest.fixture(autouse=True)
def _no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pareto_study, "run_in_child", in_this_process)


@pytest.fixture(scope="module")
def rich() -> ParetoStudy:
    """A front with jumps and unsupported points."""
    streams, economics = contrary_site(122)
    return pareto(streams, n_levels=4, economics=economics, resolution=0.0)


def _parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_streams(parser, default="site_400")
    fill(parser)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    arguments = _parsed(*argv, "--quiet")
    capsys.readouterr()
    code = command.run(arguments)
    return Run(code, *capsys.readouterr())


def test_json_is_what_python_finds(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "dairy_8", "--levels", "4", "--points", "2", "--json")
    content = json.loads(done.out)
    expected = pareto(milpcore.load_case("dairy_8"), n_levels=4, n_points=2).to_json_dict()
    for one in (content, expected):
        del one["solve_s"]
    assert (done.code, done.err) == (0, "")
    assert content == expected


def test_all_options_are_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["dairy_8", "--existing", "5,40,85,205", "--move", "2", "--range", "25"]
    argv += ["--movable", "40,85", "--objectives", "opex,capex", "--resolution", "0.05"]
    argv += ["--time-limit", "60", "--points", "3", "--json"]
    content = json.loads(_run(capsys, *argv).out)
    expected = pareto(
        milpcore.load_case("dairy_8"),
        objectives=("opex", "capex"),
        existing_C=[5.0, 40.0, 85.0, 205.0],
        move=2,
        range_K=25.0,
        movable_C=[40.0, 85.0],
        resolution=0.05,
        n_points=3,
    ).to_json_dict()
    assert content["points"] == expected["points"]
    assert len(content["points"]) > 3
    assert (content["resolution"], content["levels_kind"]) == (0.05, "retrofit")
    bare = json.loads(_run(capsys, *argv, "--no-pumps").out)
    assert [one["heat_pumps"] for one in bare["points"]] == [[]]


def test_the_default_is_a_greenfield_of_eight_levels() -> None:
    request, _ = command._request(_parsed("dairy_8"))
    assert request.options == ParetoOptions(n_levels=8)
    existing, _ = command._request(_parsed("dairy_8", "--existing", "5,85"))
    assert existing.options == ParetoOptions(existing_C=(5.0, 85.0))


@pytest.mark.compiled
def test_text_shows_points_and_what_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "--existing", LEVELS)
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].startswith("site_400: 400 streams")
    assert lines[1].startswith("fitted: synthetic site")
    assert lines[2] == (
        "TAC over CO2, levels at 15, 35, 80, 134, 214, 285, 1600 °C, 159 candidate levels, "
        "resolution 0.001"
    )
    assert lines[4].startswith("front: 2 points, 2 of them supported, exact; ")
    (first,) = [line for line in lines if line.split()[:1] == ["1"] and "147.432" in line]
    assert first.split()[1:] == ["147.432", "524.812", "150.5", "yes", "end", "1", "35→80"]
    assert any("abatement first pays above 230.5 EUR/t." in line for line in lines)
    assert lines[-1] == "figures and tables: add --out DIR"


def test_the_heading_tells_moves_and_pumps(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["dairy_8", "--existing", "5,40,85,205", "--move", "1", "--no-pumps"]
    heading = _run(capsys, *argv).out.splitlines()
    assert any(
        ", 1 of them may move by 10 K, no heat pumps, " in line and line.startswith("TAC over CO2")
        for line in heading
    )
    assert any("The front is a single point" in line for line in heading)


@pytest.mark.compiled
def test_text_of_many_points_leaves_some_out(rich: ParetoStudy) -> None:
    text = pareto_text(rich)
    jumps = int((rich.segments["jump_tac_EUR_per_a"] > 0.0).sum())
    said = "1 jump" if jumps == 1 else f"{jumps} jumps"
    assert f", {said}, exact; " in text
    assert "  no " in text
    streams, economics = contrary_site(122)
    many = pareto(streams, n_levels=4, economics=economics, n_points=58)
    lines = pareto_text(many).splitlines()
    hidden = len(many.points) - MOST_ROWS
    assert f"{hidden} points between these are not printed; --json has them" in lines
    shown = [line for line in lines if line.split()[:1] in (["1"], [str(len(many.points))])]
    assert len(shown) >= 2
    assert "no design is better by more than" in proof_text(many)


def test_out_writes_tables_figures_inputs_and_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "front"
    done = _run(capsys, "dairy_8", "--levels", "4", "--out", str(out))
    assert done.out.splitlines()[-1] == f"figures and tables: {out}"
    tables = ("bounds", "connections", "heat_pumps", "level_sets", "levels", "notes", "points")
    assert files_in(out) == sorted(
        [
            *(f"{name}.csv" for name in (*tables, "segments")),
            *(f"{name}.{suffix}" for name in FIGURES for suffix in ("png", "svg")),
            "inputs/economics.toml",
            "inputs/streams.csv",
            "run.json",
        ]
    )
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    asked = {
        "command": "pareto",
        "streams": "dairy_8",
        "objectives": ["tac", "co2"],
        "levels": 4,
        "existing_C": None,
        "move": 0,
        "range_K": 10.0,
        "movable_C": None,
        "heat_pumps": True,
        "resolution": 1e-3,
        "points": 0,
        "time_limit_s": None,
    }
    assert {key: record[key] for key in asked} == asked


@pytest.mark.parametrize("name", ["points.csv", "pareto_front.png", "segments.csv"])
def test_an_input_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    milpcore.write_streams(milpcore.load_case("dairy_8"), file.with_suffix(".csv"))
    file.with_suffix(".csv").rename(file)
    with pytest.raises(milpcore.InputError, match=f"its file {name} is an input of this run"):
        _run(capsys, str(file), "--levels", "3", "--out", str(tmp_path))


def test_no_front_is_told_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    text = _run(capsys, "two_streams", "--levels", "1")
    assert text.code == 1
    assert "No design with 1 level: " in text.out
    as_json = _run(capsys, "two_streams", "--levels", "1", "--json")
    assert as_json.code == 1
    assert json.loads(as_json.out)["points"] == []
    assert as_json.err.startswith("milpcore: No design with 1 level: ")


def test_a_time_limit_shows_the_front_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "loop_two_plants", "--levels", "5", "--time-limit", "1e-6")
    assert done.code == 0
    assert "Stopped at the time limit: the designs are feasible" in done.out


def test_ctrl_c_shows_the_front_so_far(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(function: Any, *args: Any, on_message: Any, grace_s: float) -> Any:
        assert grace_s == pareto_study.GRACE_S
        channel = Channel(on_message)
        channel.should_stop.set()
        raise ChildInterrupted("interrupted", function(channel, *args))

    monkeypatch.setattr(pareto_study, "run_in_child", interrupted)
    out = tmp_path / "front"
    done = _run(capsys, "loop_two_plants", "--levels", "5", "--out", str(out))
    assert done.code == 130
    assert "milpcore: interrupted; the front found so far is shown" in done.err
    assert "Interrupted: the designs are feasible" in done.out
    assert (out / "points.csv").is_file()


@pytest.mark.parametrize("place", ["run_in_child", "plan_pareto"])
def test_ctrl_c_before_anything_is_found_says_so(
    place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = getattr(pareto_study, place)
    answers = iter([ChildInterrupted("interrupted")])

    def interrupted(*args: Any, **options: Any) -> Any:
        for answer in answers:
            raise answer
        return whole(*args, **options)

    monkeypatch.setattr(pareto_study, place, interrupted)
    out = tmp_path / "front"
    done = _run(capsys, "dairy_8", "--levels", "4", "--json", "--out", str(out))
    content = json.loads(done.out)
    assert done.code == 130
    assert done.err == (
        "milpcore: interrupted\n"
        "milpcore: neither the least TAC nor the least CO2 is proven, and nothing was written: "
        f"{out}\nmilpcore: Interrupted before any design was found.\n"
    )
    assert (content["points"], content["segments"], content["status"]) == ([], [], "interrupted")
    assert (content["distance_percent"], content["unproven_ends"]) == (None, ["tac", "co2"])
    assert not out.exists()
    text = _run(capsys, "dairy_8", "--levels", "4")
    assert text.code == 0, "the child is replaced no more"


def _stopped(when: Callable[[FrontProgress], bool]) -> Callable[..., Any]:
    """Stand in for a child that is asked to stop as soon as it has told of something."""

    def run_in_child(function: Any, *args: Any, on_message: Any, **_: Any) -> Any:
        channel = Channel(on_message)

        def send(progress: FrontProgress) -> None:
            if when(progress):
                channel.should_stop.set()

        channel.send = send
        raise ChildInterrupted("interrupted", function(channel, *args))

    return run_in_child


@pytest.mark.parametrize(
    ("ends_proven", "missing"),
    [
        (0, "neither the least TAC nor the least CO2 is proven"),
        (1, "the least CO2 is not proven"),
        (2, ""),
    ],
)
def test_older_results_are_replaced_once_both_ends_are_proven(
    ends_proven: int,
    missing: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A front that is interrupted before holds less than any finished one."""

    def is_there(progress: FrontProgress) -> bool:
        return progress.phase != "ends" or progress.n_done == ends_proven

    out = tmp_path / "front"
    argv = ("dairy_8", "--levels", "5", "--out")
    assert _run(capsys, *argv, str(out)).code == 0
    older = {name: (out / name).read_bytes() for name in files_in(out)}
    monkeypatch.setattr(observing, "SEND_EVERY_S", 0.0)
    monkeypatch.setattr(pareto_study, "run_in_child", _stopped(is_there))
    done = _run(capsys, *argv, str(out))
    assert done.code == 130
    first_line = next(line for line in done.out.splitlines() if line.startswith("front: "))
    assert missing in first_line
    assert ("not known" in first_line) == bool(missing)
    now = {name: (out / name).read_bytes() for name in files_in(out)}
    assert (now == older) == bool(missing)
    told = f"milpcore: {missing}, and nothing was written: {out}\n"
    assert (told in done.err) == bool(missing)
    assert _run(capsys, *argv, str(tmp_path / "new")).code == 130
    assert (tmp_path / "new" / "points.csv").is_file(), "nothing older is lost there"


def test_a_time_limit_replaces_no_older_results_before_the_ends_are_proven(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "front"
    argv = ("loop_two_plants", "--levels", "5", "--out", str(out))
    assert _run(capsys, *argv).code == 0
    older = {name: (out / name).read_bytes() for name in files_in(out)}
    done = _run(capsys, *argv, "--time-limit", "1e-6", "--json")
    assert done.code == 0
    assert json.loads(done.out)["status"] == "time_limit"
    assert done.err.endswith(f" is proven, and nothing was written: {out}\n")
    assert {name: (out / name).read_bytes() for name in files_in(out)} == older


def test_marginal_costs_wait_for_both_ends(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("site_400", "--levels", "6", "--quiet")
    done = _run(capsys, *argv, "--time-limit", "0.01", "--json")
    content = json.loads(done.out)
    assert content["unproven_ends"] == ["tac", "co2"]
    assert len(content["points"]) > 1
    for one in content["points"]:
        assert (one["is_supported"], one["marginal_EUR_per_t"]) == (None, None)
    for one in content["segments"]:
        assert (one["is_supported"], one["slope_EUR_per_t"]) == (None, None)
    text = _run(capsys, *argv, "--time-limit", "0.01").out
    assert "supported," not in text
    (first,) = [line for line in text.splitlines() if line.split()[:1] == ["1"] and "end" in line]
    assert first.split()[3:6] == ["–", "–", "end"]
    assert "marginal costs come on top" not in text


def test_ctrl_c_while_tables_are_made_still_shows_the_whole_front(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pareto_study.front_study

    def pressed(*args: Any) -> ParetoStudy:
        signal.raise_signal(signal.SIGINT)
        return whole(*args)

    monkeypatch.setattr(pareto_study, "front_study", pressed)
    done = _run(capsys, "dairy_8", "--levels", "4", "--json")
    assert (done.code, json.loads(done.out)["status"]) == (130, "optimal")


def test_faults_come_before_the_search(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pareto_study, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    argv = ("pareto", "dairy_8", "--levels", "0", "--objectives", "tac,cost", "--move", "1")
    done = run(capsys, *argv)
    assert done.code == 2
    for message in (
        "n_levels = 0: must be a whole number from 1",
        "objectives = cost: must be one of tac, opex, capex, co2",
        "move = 1: has no meaning without existing levels",
    ):
        assert message in done.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--levels", "4", "--existing", "5,85"), "not allowed with argument --levels"),
        (("--resolution", "1"), "'1' must be a number from 0 to below 1"),
        (("--resolution", "fine"), "'fine' must be a number from 0 to below 1"),
        (("--points", "-1"), "'-1' must be a whole number from 0"),
        (("--time-limit", "0"), "'0' must be a positive number (s)"),
    ],
)
def test_arguments_are_refused(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SystemExit):
        _parsed("dairy_8", *argv)
    assert message in capsys.readouterr().err


def test_a_share_is_from_0_to_below_1() -> None:
    assert (share("0"), share("0.5")) == (0.0, 0.5)


def test_the_progress_line_tells_phase_time_and_level_sets() -> None:
    told = progress_line(FrontProgress(1.2, "between", 3, 5, 17))(0.3)
    assert told == "between supported points: 3 of 5  1.5 s  17 level sets"
    assert progress_line(FrontProgress(0.0, "ends", 0, 2, 1))(0.0).startswith("ends of the front")
    assert progress_line(FrontProgress(0.0, "supported", 0, 2, 1))(0.0).startswith("supported p")


def test_progress_reaches_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "SEND_EVERY_S", 0.0)
    told: list[str] = []

    class Line(ProgressLine):  # type: ignore[misc]
        """Keeps what it is told."""

        def begin(self, text: Any) -> None:
            told.append(text(0.0))

    streams, economics = contrary_site(122)
    request = Request(streams, economics, ParetoOptions(n_levels=4))
    answer = pareto_study.run_study(request, Line(io.StringIO(), wanted=False))
    assert isinstance(answer, Answer)
    assert answer.n_candidates > 4
    assert told[0] == "starting"
    assert any(text.startswith("between supported points") for text in told)


def test_the_command_runs_in_a_child_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    done = run(capsys, "pareto", "dairy_8", "--levels", "3", "--json", "--quiet")
    assert done.code == 0
    assert json.loads(done.out)["status"] == "optimal"
