"""``milpcore retrofit`` from parsed arguments: JSON, text, files, faults, interruption.

The child process is replaced by a call, a second faster; one test runs the real one.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Run, files_in, in_this_process

import milpcore
from milpcore import InputError, SiteEconomics
from milpcore.cli import retrofit as command
from milpcore.cli import retrofit_study
from milpcore.cli.parser import add_streams
from milpcore.cli.retrofit_arguments import count, fill, kelvin, temperatures
from milpcore.cli.retrofit_study import Answer, Request, progress_line
from milpcore.cli.retrofit_text import MOST_ROWS, retrofit_text
from milpcore.core import ChildInterrupted
from milpcore.report import ProgressLine
from milpcore.site import RetrofitProgress, RetrofitStudy, retrofit
from milpcore.site.candidates import Kinks, KinksAndGaps
from milpcore.site.retrofit_plan import RetrofitOptions

EXISTING = "5,40,60,85,205"
SMALL = (5.0, 40.0, 60.0, 85.0, 205.0)


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrofit_study, "run_in_child", in_this_process)


@pytest.fixture(scope="module")
def study() -> RetrofitStudy:
    return retrofit(milpcore.load_case("dairy_8"), existing_C=SMALL)


def _parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_streams(parser, default="site_400")
    fill(parser)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    capsys.readouterr()
    code = command.run(_parsed(*argv))
    return Run(code, *capsys.readouterr())


def _asked(monkeypatch: pytest.MonkeyPatch, *argv: str) -> Request:
    """Return the request that arguments make."""
    asked: list[Request] = []

    def stop(request: Request, _line: object) -> None:
        asked.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run_study", stop)
    with pytest.raises(KeyboardInterrupt):
        command.run(_parsed(*argv))
    return asked[0]


def test_the_default_moves_one_level_of_the_bundled_site_by_10_K(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = _asked(monkeypatch, "--existing", "13,25,80,143,214,285,1600")
    assert request.streams == milpcore.load_case("site_400")
    assert request.economics == SiteEconomics()
    existing_C = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
    expected = RetrofitOptions(existing_C, 1, 10.0, None, True, 0, 0, Kinks())
    assert request.options == expected
    assert (request.objective, request.wants_singles) == ("tac", False)


def test_every_option_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[site]\ngas_price_EUR_per_MWh = 55.0\n", encoding="utf-8")
    options = (
        "--move 2 --range 7.5 --movable 40,60 --no-pumps --add 3 --close 1 --objective co2 "
        "--candidates kinks+gaps:9"
    )
    argv = ("dairy_8", "--existing", EXISTING, *options.split(), "--economics", str(prices))
    request = _asked(monkeypatch, *argv)
    assert request.economics == SiteEconomics(gas_price_EUR_per_MWh=55.0)
    expected = RetrofitOptions(SMALL, 2, 7.5, (40.0, 60.0), False, 3, 1, KinksAndGaps(9.0))
    assert request.options == expected
    assert (request.objective, request.wants_singles) == ("co2", False)
    assert _asked(monkeypatch, *argv, "--out", str(tmp_path / "out")).wants_singles


def test_json_is_what_python_finds(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "dairy_8", "--existing", EXISTING, "--range", "25", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    streams = milpcore.load_case("dairy_8")
    expected = retrofit(streams, existing_C=SMALL, range_K=25.0).to_json_dict()

    def timeless(content: dict[str, Any]) -> dict[str, Any]:
        parts = [content["baseline"], content["without_moves"], *content["results"]]
        return {"parts": [{**part, "solve_s": 0.0} for part in parts]}

    assert timeless(found) == timeless(expected)
    assert found["results"][1]["moved_C"] == {"40": 54.5}


def test_text_has_existing_levels_table_notes_best_and_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ("dairy_8", "--existing", EXISTING, "--range", "25", "--close", "1", "--add", "0")
    done = _run(capsys, *argv)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "dairy_8: 8 streams, 4 hot with 2880.0 kW, 4 cold with 3660.0 kW"
    assert lines[1].startswith("assumed: a small dairy")
    assert lines[2] == (
        "least TAC, 1 of 5 levels may move by 25 K, 1 given up, 13 candidate levels"
    )
    assert lines[4:6] == [
        "existing levels 5, 40, 60, 85, 205 °C: TAC 1824.47 k€/a without heat pumps",
        "with heat pumps (40→85): 1487.80 k€/a, 18.453 % saved, nothing moved",
    ]
    titles = "may move moved given up heat pumps TAC saving gap time"
    assert " ".join(lines[7].split()) == titles
    assert " ".join(lines[8].split()) == "°C °C °C °C k€/a % % s"
    rows = [line.split() for line in lines[10:15]]
    assert [row[0] for row in rows] == ["5", "40", "60", "85", "205"]
    assert rows[0][1:6] == ["–", "60", "40→85", "1487.80", "18.453"]
    assert rows[1][1:6] == ["40→54.5", "60", "54.5→85", "1417.93", "22.282"]
    assert "Best: 40→54.5; given up 60 °C, 22.282 % saved" in lines
    assert any(line.split()[:2] == ["54.5", "85"] for line in lines)
    assert lines[-1] == "figures and tables: add --out DIR"
    assert all(line == line.rstrip() for line in lines)


def test_other_objectives_have_a_column_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ("dairy_8", "--existing", EXISTING, "--no-pumps", "--add", "1", "--objective", "co2")
    done = _run(capsys, *argv)
    lines = done.out.splitlines()
    assert lines[2] == (
        "least CO2, 1 of 5 levels may move by 10 K, 1 added, no heat pumps, 13 candidate levels"
    )
    assert lines[4].endswith(" t/a without heat pumps")
    assert lines[5] == ""
    titles = " ".join(lines[6].split())
    assert titles == "may move moved heat pumps CO2 TAC saving gap time"
    assert "\nNo heat pump: heat pumps are left out.\n" in done.out
    assert "\nBest: nothing moved, 0.000 % saved\n" in done.out


def test_a_configuration_without_a_design_is_1_and_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ("dairy_8", "--existing", "5,85,205", "--close", "2", "--add", "1")
    done = _run(capsys, *argv, "--json")
    assert done.code == 1
    found = json.loads(done.out)["results"]
    assert [one["status"] for one in found] == ["optimal", "infeasible", "optimal"]
    assert (found[1]["tac_EUR_per_a"], found[1]["levels_C"]) == (None, [])
    assert done.err == (
        "milpcore: 85: No design with at most 2 levels: the levels that are left do not serve "
        "every stream.\n"
    )
    done = _run(capsys, *argv)
    assert (done.code, done.err) == (1, "")
    assert "85: No design with at most 2 levels: " in done.out
    assert "infeasible" in done.out


def test_more_combinations_than_fit_are_cut(study: RetrofitStudy) -> None:
    (_, moved, *_) = results = study.results
    better = replace(moved, saving_percent=50.0, choice_C=(40.0, 60.0))
    many = replace(study, results=(*results * MOST_ROWS, better), n_configurations=300)
    text = retrofit_text(many)
    rows = text.split("\n\n")[1].splitlines()[3:]
    assert len(rows) == MOST_ROWS
    assert rows[0].startswith("40, 60 ")
    hidden = 5 * MOST_ROWS + 1 - MOST_ROWS
    assert f"\n{hidden} combinations that save less are not printed; --json has them\n" in text
    assert f"\n{300 - 5 * MOST_ROWS - 1} of 300 combinations were not looked at\n" in text


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--existing", "50,205"), "no level low enough for this hot stream"),
        (("--existing", EXISTING, "--movable", "41"), "movable_C = 41: must be one of"),
        (("--existing", EXISTING, "--move", "6"), "move = 6: must be a whole number from 0 to 5"),
        (("--existing", EXISTING, "--close", "5"), "close = 5: must be at most 4"),
        (("--existing", EXISTING, "--economics", "missing.toml"), "missing.toml: does not exist"),
    ],
)
def test_bad_input_comes_before_the_child(
    argv: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrofit_study, "run_in_child", lambda *_, **__: pytest.fail("too late"))
    with pytest.raises(InputError) as caught:
        command.run(_parsed("dairy_8", *argv))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "the following arguments are required: --existing"),
        (("--existing", "5;40"), "'5;40' must be temperatures like 25,80,143 (°C)"),
        (("--existing", "5,"), "'5,' must be temperatures like 25,80,143 (°C)"),
        (("--existing", "5", "--move", "one"), "'one' must be a whole number from 0"),
        (("--existing", "5", "--move", "1.0"), "'1.0' must be a whole number from 0"),
        (("--existing", "5", "--add", "-1"), "'-1' must be a whole number from 0"),
        (("--existing", "5", "--close", "²"), "'²' must be a whole number from 0"),
        (("--existing", "5", "--range", "-1"), "'-1' must be a number from 0 (K)"),
        (("--existing", "5", "--range", "inf"), "'inf' must be a number from 0 (K)"),
        (("--existing", "5", "--range", "ten"), "'ten' must be a number from 0 (K)"),
        (("--existing", "5", "--objective", "cost"), "invalid choice: 'cost'"),
    ],
)
def test_bad_arguments_say_the_rule(
    argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _parsed(*argv)
    assert message in capsys.readouterr().err


def test_arguments_are_read() -> None:
    assert temperatures(" -13.5, 25") == (-13.5, 25.0)
    assert (count("0"), count("12")) == (0, 12)
    assert kelvin("0") == 0.0


def test_out_writes_tables_figures_and_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "results"
    argv = ("dairy_8", "--existing", EXISTING, "--movable", "40,60,85", "--move", "2")
    done = _run(capsys, *argv, "--out", str(folder))
    assert done.code == 0
    assert done.out.endswith(f"\n\nfigures and tables: {folder}\n")
    tables = ("summary", "existing", "levels", "heat_pumps", "connections", "notes")
    figures = ("retrofit_savings", "levels_best")
    assert files_in(folder) == sorted(
        [
            *(f"{name}.csv" for name in tables),
            *(f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")),
            "inputs/economics.toml",
            "inputs/streams.csv",
            "run.json",
        ]
    )
    assert set(command._writes(with_periods=False)) - {"heat_sources.csv"} == {
        name for name in files_in(folder) if name != "run.json" and "/" not in name
    }
    streams = milpcore.load_case("dairy_8")
    expected = retrofit(streams, existing_C=SMALL, move=2, movable_C=(40.0, 60.0, 85.0))
    written = pd.read_csv(folder / "summary.csv")
    assert written["saving_percent"].tolist() == pytest.approx(
        expected.summary["saving_percent"].tolist()
    )
    assert milpcore.read_streams(folder / "inputs" / "streams.csv") == streams
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert {key: record[key] for key in ("command", "existing_C", "move", "range_K")} == {
        "command": "retrofit",
        "existing_C": list(SMALL),
        "move": 2,
        "range_K": 10.0,
    }
    assert record["movable_C"] == [40.0, 60.0, 85.0]
    svg = (folder / "retrofit_savings.svg").read_text(encoding="utf-8")
    assert "diagonal: the level moved alone" in svg


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    streams = milpcore.load_case("dairy_8")
    milpcore.write_streams(streams, tmp_path / "summary.csv")
    argv = (str(tmp_path / "summary.csv"), "--existing", EXISTING, "--out", str(tmp_path))
    with pytest.raises(InputError, match="is an input of this run and would be overwritten"):
        command.run(_parsed(*argv))


def _interrupted_after(n_done: int) -> Callable[..., Any]:
    def run_in_child(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        class Channel:
            class should_stop:  # noqa: N801
                answers = iter([False] * (2 * n_done))

                @classmethod
                def is_set(cls) -> bool:
                    return next(cls.answers, True)

            send = options["on_message"]

        raise ChildInterrupted("interrupted", function(Channel, *args))

    return run_in_child


def test_what_is_finished_is_kept_after_ctrl_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrofit_study, "run_in_child", _interrupted_after(2))
    argv = ("dairy_8", "--existing", EXISTING, "--move", "2", "--out", str(tmp_path / "out"))
    done = _run(capsys, *argv)
    assert done.code == 130
    first = "milpcore: interrupted; 8 of 10 combinations not started\n"
    assert done.err.startswith(f"{first}milpcore: writing what there is, figures last; ")
    assert "8 of 10 combinations were not looked at" in done.out
    assert len(pd.read_csv(tmp_path / "out" / "summary.csv")) == 2
    monkeypatch.setattr(retrofit_study, "run_in_child", _interrupted_after(2))
    content = json.loads(_run(capsys, *argv[:-2], "--json").out)
    told = [content[key] for key in ("status", "n_configurations", "n_not_started")]
    assert told == ["interrupted", 10, 8]
    assert len(content["results"]) == 2


def test_ctrl_c_before_anything_is_finished_shows_today(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrofit_study, "run_in_child", _interrupted_after(0))
    done = _run(capsys, "dairy_8", "--existing", EXISTING)
    assert done.code == 130
    assert "existing levels 5, 40, 60, 85, 205 °C: TAC 1824.47 k€/a" in done.out

    def nothing(*_: Any, **__: Any) -> None:
        raise ChildInterrupted("interrupted")

    monkeypatch.setattr(retrofit_study, "run_in_child", nothing)
    found = _run(capsys, "dairy_8", "--existing", EXISTING, "--json")
    assert found.code == 130
    content = json.loads(found.out)
    assert content["baseline"]["tac_EUR_per_a"] == pytest.approx(1824469.3333)
    assert content["results"] == []
    told = [content[key] for key in ("status", "n_configurations", "n_not_started")]
    assert told == ["interrupted", 5, 5]


def test_ctrl_c_before_the_child_starts_shows_today_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    argv = ("dairy_8", "--existing", EXISTING, "--json", "--out", str(folder))
    assert _run(capsys, *argv).code == 0
    older = {name: (folder / name).read_bytes() for name in files_in(folder)}
    whole = retrofit_study.plan_retrofit
    answers = iter([KeyboardInterrupt])

    def plan(*args: Any, **options: Any) -> Any:
        for answer in answers:
            raise answer
        return whole(*args, **options)

    monkeypatch.setattr(retrofit_study, "plan_retrofit", plan)
    found = _run(capsys, *argv)
    assert (found.code, json.loads(found.out)["results"]) == (130, [])
    assert found.err == (
        "milpcore: interrupted; 5 of 5 combinations not started\n"
        f"milpcore: nothing was finished, and nothing was written: {folder}\n"
    )
    assert {name: (folder / name).read_bytes() for name in files_in(folder)} == older


def test_progress_tells_how_far_it_is() -> None:
    first = progress_line(RetrofitProgress(0.0, 0, 21, float("nan")))
    assert first(0.26) == "0 of 21 combinations  0.3 s"
    later = progress_line(RetrofitProgress(1.5, 12, 21, 1.4134))
    assert later(0.5) == "12 of 21 combinations  2.0 s  best saving 1.413 %"


def test_progress_is_sent_once_for_each_combination() -> None:
    lines: list[str] = []

    class Line(ProgressLine):
        def begin(self, compose: Callable[[float], str]) -> None:
            lines.append(compose(0.0))

    options = RetrofitOptions(SMALL, 1, 10.0, None, True, 0, 0, None)
    request = Request(milpcore.load_case("dairy_8"), SiteEconomics(), options, "tac", False)
    answer = retrofit_study.run_study(request, Line(io.StringIO()))
    assert isinstance(answer, Answer)
    assert not answer.was_interrupted
    assert lines[0] == "starting"
    assert [line.split()[0] for line in lines[1:]] == ["0", "1", "2", "3", "4"]


@pytest.mark.slow
def test_the_real_child_finds_the_same(
    study: RetrofitStudy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    done = _run(capsys, "dairy_8", "--existing", EXISTING, "--json")
    found = json.loads(done.out)["results"]
    assert [one["saving_percent"] for one in found] == pytest.approx(
        [one.saving_percent for one in study.results]
    )
