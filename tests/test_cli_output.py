"""The folder of ``--out``: inputs stay, old files go, nothing is half-written, full disks."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from helpers_cli import files_in, in_this_process, run

import milpcore
from milpcore import plots
from milpcore.cli import greenfield, output, placing, study
from milpcore.cli.messages import print_error
from milpcore.cli.placing import PARTIAL
from milpcore.cli.record import recorded_files, write_record
from milpcore.core import ChildInterrupted
from milpcore.site.model import Progress

STREAMS = """\
zone,name,t_supply,t_target,heat_flow,dt_cont
site,H,150,60,100,5
site,C,30,120,90,5
"""
PRICES = "[site]\ngas_price_EUR_per_MWh = 55.0  # as agreed\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and device files")


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "run_in_child", in_this_process)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, which is the current one, with stream table and prices."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "streams.csv").write_text(STREAMS, encoding="utf-8")
    (folder / "economics.toml").write_text(PRICES, encoding="utf-8")
    return folder


def _record(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


COMMANDS = {
    "targets": ("targets", "streams.csv"),
    "greenfield": ("greenfield", "streams.csv", "--levels", "2"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_inputs_in_the_output_folder_stay_as_they_are(
    command: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ("--economics", "economics.toml") if command == "greenfield" else ()
    for _ in range(2):
        assert run(capsys, *COMMANDS[command], *prices, "--out", ".").code == 0
        assert (site / "streams.csv").read_text(encoding="utf-8") == STREAMS
        assert (site / "economics.toml").read_text(encoding="utf-8") == PRICES
        copy = milpcore.read_streams(site / "inputs" / "streams.csv")
        assert copy == milpcore.read_streams(site / "streams.csv")


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("greenfield", "inputs/streams.csv"), "inputs/streams.csv"),
        (("greenfield", "summary.csv"), "summary.csv"),
        (("greenfield", "levels_03.png", "--levels", "2-4"), "levels_03.png"),
        (("greenfield", "--economics", "./run.json"), "run.json"),
        (("greenfield", "--economics", "link.toml"), "inputs/economics.toml"),
        (("tightness", "tightness.csv"), "tightness.csv"),
        (("tightness", "--economics", "inputs/economics.toml"), "inputs/economics.toml"),
        (("targets", "composite_curves.csv"), "composite_curves.csv"),
        (("targets", "inputs/streams.csv"), "inputs/streams.csv"),
    ],
)
def test_an_input_that_would_be_overwritten_is_refused_first(
    argv: tuple[str, ...], name: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "inputs").mkdir()
    file = site / name
    file.write_text("mine", encoding="utf-8")
    (site / "link.toml").symlink_to(site / "inputs" / "economics.toml")
    done = run(capsys, *argv, "--out", "../site")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"milpcore: --out: 1 fault\n  - DIR = ../site: its file {name} is an input of this run "
        "and would be overwritten; name another folder\n"
    )
    assert file.read_text(encoding="utf-8") == "mine"


def test_inputs_must_be_a_folder(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "inputs").write_text("mine", encoding="utf-8")
    done = run(capsys, *COMMANDS["targets"], "--out", ".")
    assert done.code == 2
    assert "DIR = .: 'inputs' in it is a file, not a folder; name another folder" in done.err


def test_all_that_is_written_was_looked_at_before(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check_output` knows every file, so that it can refuse one that is an input."""
    argv = ("greenfield", "dairy_8", "--levels", "1,3,12", "--out", "results")
    assert run(capsys, *argv).code == 1
    known = {*greenfield._writes((1, 3, 12)), "run.json"}
    known |= {"inputs/streams.csv", "inputs/economics.toml"}
    assert set(files_in(site / "results")) <= known


def test_files_of_an_older_run_are_removed_and_nothing_else(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("greenfield", "dairy_8", "--out", "results", "--levels")
    assert run(capsys, *argv, "2,5").code == 0
    folder = site / "results"
    older = files_in(folder)
    assert {"levels_05.png", "levels_05.svg", "levels_02.png"} <= set(older)
    for name in ("levels_07.png", "inputs/mine.csv", "deeper/levels_05.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine", encoding="utf-8")
    assert run(capsys, *argv, "2").code == 0
    expected = {*older, "levels_07.png", "inputs/mine.csv", "deeper/levels_05.png"}
    assert set(files_in(folder)) == (expected - {"levels_05.png", "levels_05.svg"}) | {
        "levels_02.svg"
    }
    assert set(_record(folder)["files"]) == {
        *older,
        "levels_02.svg",
    } - {"levels_05.png", "levels_05.svg"}


def test_an_input_stays_even_where_an_older_run_has_written_it(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *COMMANDS["targets"], "--out", ".").code == 0
    record = _record(site)
    record["files"] += ["streams.csv", "economics.toml"]
    (site / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert run(capsys, *COMMANDS["targets"], "--out", ".").code == 0
    assert (site / "streams.csv").read_text(encoding="utf-8") == STREAMS
    assert not (site / "economics.toml").exists(), "listed, and no input of this run"


def test_a_copy_that_was_edited_stays(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "2", "--out", "results")
    copy = site / "results" / "inputs" / "economics.toml"
    for text in (None, PRICES):
        assert run(capsys, *argv).code == 0
        if text is not None:
            copy.write_text(text, encoding="utf-8")
        assert run(capsys, "targets", "dairy_8", "--out", "results").code == 0
        assert copy.exists() == (text is not None)


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (("targets", "streams.csv"), ["composite_curves.svg"]),
        (("targets", "streams.csv"), ["inputs/streams.csv", "run.json"]),
        (("greenfield", "streams.csv", "--levels", "2"), ["notes.csv", "run.json"]),
        (("greenfield", "streams.csv", "--levels", "2"), ["levels_02.png"]),
        (("retrofit", "streams.csv", "--existing", "25,125"), ["existing.csv"]),
        (("tightness", "streams.csv"), ["inputs/economics.toml"]),
    ],
)
def test_files_that_no_run_has_written_are_refused_first(
    argv: tuple[str, ...], names: list[str], site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = site / "mine"
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("mine", encoding="utf-8")
    done = run(capsys, *argv, "--out", "mine")
    assert (done.code, done.out) == (2, "")
    for name in names:
        assert (
            f"DIR = mine: its file {name} is not what a run has written, and would be overwritten; "
            "move the file away, or name another folder\n"
        ) in done.err
        assert (folder / name).read_text(encoding="utf-8") == "mine"
    assert files_in(folder) == sorted(names)


def test_a_link_that_leads_nowhere_is_in_the_way_too(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "results").mkdir()
    (site / "results" / "run.json").symlink_to(site / "nowhere")
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 2
    assert (site / "results" / "run.json").is_symlink()


def test_a_copy_that_was_edited_is_not_overwritten(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "2", "--out", "results")
    assert run(capsys, *argv).code == 0
    copy = site / "results" / "inputs" / "economics.toml"
    copy.write_text(PRICES, encoding="utf-8")
    done = run(capsys, *argv)
    assert done.code == 2
    assert "its file inputs/economics.toml is not what a run has written" in done.err
    assert copy.read_text(encoding="utf-8") == PRICES


@pytest.mark.parametrize("name", ["summary.csv", "levels_02.png"])
def test_results_that_were_edited_are_refused_before_anything_is_computed(
    name: str, site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "2,4", "--out", "results")
    assert run(capsys, *argv).code == 0
    hashes = _record(site / "results")["results_sha256"]
    assert {"summary.csv", "levels_02.png", "levels_04.svg"} <= set(hashes)
    assert not {"run.json", "inputs/streams.csv"} & set(hashes)
    edited = site / "results" / name
    edited.write_bytes(edited.read_bytes() + b"mine")
    older = _contents(site / "results")
    monkeypatch.setattr(greenfield, "run_study", lambda *_: pytest.fail("too late"))
    done = run(capsys, *argv)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"milpcore: --out: 1 fault\n  - DIR = results: its file {name} is not what a run has "
        "written (it was changed since), and would be overwritten; move the file away, or name "
        "another folder\n"
    )
    assert _contents(site / "results") == older


def test_an_edited_result_that_a_run_does_not_write_stays(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "greenfield", "dairy_8", "--levels", "2,4", "--out", "results").code == 0
    edited = site / "results" / "summary.csv"
    edited.write_text("mine", encoding="utf-8")
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    assert edited.read_text(encoding="utf-8") == "mine"
    assert "levels.csv" not in files_in(site / "results")
    assert "summary.csv" not in _record(site / "results")["files"]


def test_a_record_without_hashes_of_results_counts_all_the_same(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    record = _record(site / "results")
    del record["results_sha256"]
    (site / "results" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (site / "results" / "composite_curves.csv").write_text("of an older version", encoding="utf-8")
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0


@pytest.mark.parametrize("how", ["permissions", "file system"])
@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("results", "cannot be written to; name a folder that you can write to"),
        ("results/inputs", "'inputs' in it cannot be written to; name another folder"),
    ],
)
def test_a_folder_that_cannot_be_written_to_is_refused_before_anything_is_computed(
    place: str,
    rule: str,
    how: str,
    site: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(capsys, *COMMANDS["greenfield"], "--out", "results").code == 0
    older = _contents(site / "results")
    allowed, made = os.access, tempfile.mkdtemp

    def access(path: Any, mode: int) -> bool:
        return Path(path) != Path(place) and allowed(path, mode)

    def mkdtemp(suffix: Any = None, prefix: Any = None, dir: Any = None) -> str:
        if dir is not None and Path(dir) == Path(place):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return made(suffix, prefix, dir)

    if how == "permissions":
        monkeypatch.setattr(output.os, "access", access)
    else:
        monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    monkeypatch.setattr(greenfield, "run_study", lambda *_: pytest.fail("too late"))
    done = run(capsys, *COMMANDS["greenfield"], "--out", "results")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"milpcore: --out: 1 fault\n  - DIR = results: {rule}\n"
    assert _contents(site / "results") == older


def _contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def test_a_file_that_came_while_a_run_was_computing_is_not_overwritten(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    whole = greenfield.run_study

    def slow(*args: Any) -> Any:
        (site / "results" / "notes.csv").write_text("mine", encoding="utf-8")
        return whole(*args)

    monkeypatch.setattr(greenfield, "run_study", slow)
    done = run(capsys, *COMMANDS["greenfield"], "--out", "results")
    assert done.code == 74
    assert done.err == (
        "milpcore: the output could not be written to results: "
        "no run has written the file notes.csv there\n"
    )
    assert (site / "results" / "notes.csv").read_text(encoding="utf-8") == "mine"
    assert "composite_curves.csv" in files_in(site / "results")


OURS = {"milpcore": "0.1.0", "command": "targets", "inputs_sha256": {}}


@pytest.mark.parametrize(
    "record",
    [
        "no JSON",
        "[" * 100_000,
        "[]",
        {"files": ["a.png"]},
        {**OURS, "command": "targets"},
        {**OURS, "files": "a.png"},
        {**OURS, "files": ["a.png", 3]},
        {**OURS, "files": ["a.png", "../outside.png"]},
        {**OURS, "files": ["a.png", "inside/../../outside.png"]},
        {**OURS, "files": ["a.png", "link/outside.png"]},
        {**OURS, "files": ["a.png", ""]},
    ],
)
def test_a_record_that_is_in_doubt_stays_and_removes_nothing(
    record: object, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (site / "a.png", tmp_path / "outside.png"):
        file.write_text("mine", encoding="utf-8")
    (site / "inside").mkdir()
    (site / "link").symlink_to(tmp_path)
    text = record if isinstance(record, str) else json.dumps(record)
    (site / "run.json").write_text(text, encoding="utf-8")
    assert recorded_files(site) == set()
    before = files_in(tmp_path)
    done = run(capsys, *COMMANDS["targets"], "--out", ".")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "milpcore: --out: 1 fault\n  - DIR = .: its file run.json is not what a run has written, "
        "and would be overwritten; move the file away, or name another folder\n"
    )
    assert files_in(tmp_path) == before
    assert (site / "run.json").read_text(encoding="utf-8") == text


def test_an_absolute_path_is_outside(site: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_text("mine", encoding="utf-8")
    record = {**OURS, "files": [str(outside)]}
    (site / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert recorded_files(site) == set()


def test_a_folder_in_the_record_is_no_file(site: Path) -> None:
    (site / "folder").mkdir()
    write_record(site, ["folder", "missing.csv", "streams.csv"], {"command": "targets"})
    assert recorded_files(site) == {"streams.csv", "run.json"}


@pytest.mark.parametrize("n_figures", [0, 1, 3])
def test_ctrl_c_while_figures_are_drawn_keeps_the_rest(
    n_figures: int,
    site: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "2,4", "--out", "results")
    assert run(capsys, *argv).code == 0
    folder = site / "results"
    everything = files_in(folder)
    whole = greenfield._figures

    def interrupted(name: str, found: Any) -> Any:
        for _, figure in zip(range(n_figures), whole(name, found), strict=False):
            yield figure
        raise KeyboardInterrupt

    monkeypatch.setattr(greenfield, "_figures", interrupted)
    done = run(capsys, *argv)
    told = "milpcore: interrupted; figures are missing: results\n"
    assert (done.code, done.err) == (130, told)
    assert "Best: at most" in done.out
    figures = [name for name in everything if name.endswith((".png", ".svg"))]
    kept = ["cost_over_levels.png", "cost_over_levels.svg", "heat_pump_use.png"]
    kept += ["heat_pump_use.svg", "levels_02.png"]
    expected = (set(everything) - set(figures)) | set(kept[: (0, 2, None, 5)[n_figures]])
    assert files_in(folder) == sorted(expected) == _record(folder)["files"]


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("place", "what", "code"),
    [
        ("milpcore.cli.study.run_in_child", _interrupt, 130),
        ("milpcore.cli.study.run_in_child", _fail, 70),
        ("milpcore.site.path_search.formulation.level_network", _fail, 1),
        ("milpcore.cli.greenfield.write_inputs", _interrupt, 130),
        ("milpcore.cli.greenfield.write_inputs", _fail, 70),
    ],
)
def test_a_run_without_results_leaves_those_of_an_older_one(
    place: str,
    what: Any,
    code: int,
    site: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "2,4", "--out")
    assert run(capsys, *argv, "results").code == 0
    older = _contents(site / "results")
    monkeypatch.setattr(place, what)
    assert run(capsys, *argv, "results").code == code
    assert run(capsys, *argv, "new").code == code
    assert _contents(site / "results") == older
    assert not (site / "new").exists()
    assert sorted(path.name for path in site.iterdir()) == [
        "economics.toml",
        "results",
        "streams.csv",
    ]


def test_what_was_not_written_is_told(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "run_in_child", _interrupt)
    done = run(capsys, "greenfield", "dairy_8", "--levels", "2", "--out", "results")
    assert done.err == (
        "milpcore: interrupted; not started: N = 2\n"
        "milpcore: nothing was finished, and nothing was written: results\n"
    )
    assert "figures and tables" not in done.out
    assert not (site / "results").exists()


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("write_inputs", "interrupted, and nothing was written: results"),
        ("levels_and_streams", "interrupted; figures are missing: results"),
    ],
)
def test_a_second_ctrl_c_says_what_is_missing(
    place: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = study.run_study

    def interrupted(*args: Any) -> Any:
        return whole(*args)._replace(was_interrupted=True)

    monkeypatch.setattr(greenfield, "run_study", interrupted)
    argv = ("greenfield", "dairy_8", "--levels", "2", "--out", "results")
    first = "milpcore: interrupted\n"
    first += "milpcore: writing what there is, figures last; Ctrl-C again stops it: results\n"
    done = run(capsys, *argv)
    assert (done.code, done.err) == (130, first)
    module = greenfield if hasattr(greenfield, place) else plots
    monkeypatch.setattr(module, place, _interrupt)
    done = run(capsys, *argv)
    assert (done.code, done.err) == (130, f"{first}milpcore: {told}\n")


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("argv", "place"),
    [
        (COMMANDS["greenfield"], "milpcore.cli.study._Watch.complete"),
        (COMMANDS["targets"], "milpcore.cli.targets.targets"),
        (("tightness", "streams.csv"), "milpcore.cli.tightness.comparison_table"),
    ],
)
def test_ctrl_c_before_anything_is_shown_says_that_nothing_was_written(
    argv: tuple[str, ...],
    place: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (study.__name__, "milpcore.cli.tightness_rows"):
        monkeypatch.setattr(f"{name}.run_in_child", _interrupt)
    monkeypatch.setattr(place, _interrupt)
    done = run(capsys, *argv, "--out", "results")
    assert done.code == 130
    assert done.out == ""
    assert done.err.endswith("milpcore: interrupted, and nothing was written: results\n")


@pytest.mark.usefixtures("site")
def test_a_time_limit_replaces_older_results_once_a_number_of_levels_is_proven(
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ("greenfield", "site_400", "--time-limit", "0.01", "--quiet", "--json", "--levels")
    assert run(capsys, "greenfield", "dairy_8", "--levels", "2", "--out", "old").code == 0
    older = _contents(Path("old"))
    done = run(capsys, *argv, "6", "--out", "old")
    (found,) = json.loads(done.out)["configurations"]
    assert (done.code, found["status"]) == (0, "time_limit")
    told = "no number of levels is proven to the gap asked for, and nothing was written"
    assert done.err == f"milpcore: {told}: old\n"
    assert _contents(Path("old")) == older
    assert run(capsys, *argv, "6", "--out", "new").err == ""
    assert "levels_06.png" in files_in(Path("new")), "nothing older is lost there"
    assert run(capsys, "greenfield", "dairy_8", "--levels", "3", "--out", "old").code == 0
    assert "levels_03.png" in files_in(Path("old"))


def test_an_unfinished_design_is_kept_only_where_there_is_nothing_better(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(function: Any, *args: Any, on_message: Any, grace_s: float) -> None:
        on_message(Progress(0.0, float("inf"), 0.0, 0))
        raise ChildInterrupted(f"{function} {args} {grace_s}")

    argv = ("greenfield", "dairy_8", "--levels", "4", "--out")
    assert run(capsys, *argv, "old").code == 0
    older = _contents(site / "old")
    monkeypatch.setattr(study, "run_in_child", stopped)
    assert run(capsys, *argv, "old").code == 130
    assert _contents(site / "old") == older
    assert run(capsys, *argv, "new").code == 130
    assert "levels_04.png" in files_in(site / "new")


@pytest.mark.parametrize("n_moves", [0, 1, 7, 30])
def test_a_move_that_fails_takes_all_back(
    n_moves: int, site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, *COMMANDS["greenfield"], "--out", "results").code == 0
    (site / "results" / "mine.csv").write_text("mine", encoding="utf-8")
    older = _contents(site / "results")
    whole, moves = placing._move, iter(range(n_moves))

    def move(*args: Any) -> None:
        if next(moves, None) is None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        whole(*args)

    monkeypatch.setattr(placing, "_move", move)
    done = run(capsys, *COMMANDS["targets"], "--out", "results")
    if n_moves < 30:
        assert done.code == 74
        assert done.err.endswith("not be written to results: Permission denied\n")
        assert _contents(site / "results") == older
    else:
        assert done.code == 0
        assert {"mine.csv", "composite_curves.csv"} <= set(files_in(site / "results"))
        assert "summary.csv" not in files_in(site / "results")


@pytest.mark.usefixtures("site")
def test_a_disk_that_is_full_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    argv = ("targets", "dairy_8", "--out", "results")
    for place in ("matplotlib.figure.Figure.savefig", "pandas.DataFrame.to_csv"):
        monkeypatch.setattr(place, full)
        done = run(capsys, *argv)
        assert done.code == 74
        assert done.err == (
            "milpcore: the output could not be written to results: No space left on device\n"
        )
    monkeypatch.setattr("sys.stderr.write", full)
    print_error("this cannot be read anywhere")


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "argv", [("targets", "two_streams"), ("targets", "two_streams", "--json"), ("--help",)]
)
def test_standard_output_that_is_full_is_named(argv: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "milpcore", *argv]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.stderr == (
        "milpcore: the output could not be written to standard output: No space left on device\n"
    )
    assert done.returncode == 74


def test_nobody_reading_the_text_loses_no_files(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_text: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(output, "print_output", nobody)
    monkeypatch.setattr("milpcore.cli.program._forget_output", lambda: None)
    argv = ("greenfield", "two_streams", "--levels", "2", "--out", "results")
    assert run(capsys, *argv).code == 141
    assert "summary.csv" in files_in(site / "results")


SLOW_TABLES = """
import sys, time
from milpcore.cli import main, targets

def slow(*_):
    print("filling", flush=True)
    time.sleep(60)

targets.write_inputs = slow
sys.exit(main(["targets", "two_streams", "--out", "results"]))
"""


@posix
@pytest.mark.parametrize("sigint", ["answered", "ignored"])
def test_sigterm_cleans_up(sigint: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_TABLES],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        preexec_fn=_ignore_sigint if sigint == "ignored" else None,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == "filling\n":
            break
    assert [path.name.startswith(PARTIAL) for path in tmp_path.iterdir()] == [True]
    began_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    told = "milpcore: interrupted, and nothing was written: results\n"
    assert (process.returncode, err) == (143, told)
    assert time.monotonic() - began_s < 10.0
    assert list(tmp_path.iterdir()) == []


def _ignore_sigint() -> None:
    """What a shell without job control does to a command in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


KILLED = """
import os, signal, sys
from milpcore.cli import main, targets
from milpcore.cli import output, placing

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

{where} = die
main(["targets", "dairy_8", "--out", "results"])
"""


@posix
@pytest.mark.parametrize("where", ["targets.write_inputs", "output.put_in_place"])
@pytest.mark.parametrize("has_older", [True, False])
def test_a_killed_run_leaves_older_results_and_the_next_one_cleans_up(
    where: str, has_older: bool, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if has_older:
        assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    older = _contents(site / "results")
    process = subprocess.run([sys.executable, "-c", KILLED.format(where=where)], timeout=60)
    assert process.returncode == -signal.SIGKILL
    beside = site / "results" if has_older else site
    (left,) = (path for path in beside.iterdir() if path.name.startswith(PARTIAL))
    now = _contents(site / "results")
    assert {name: now[name] for name in now if not name.startswith(PARTIAL)} == older
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    assert not left.exists()


@posix
def test_the_folder_of_a_run_that_is_still_writing_stays(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    with placing.partial_folder(site / "results") as busy:
        assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
        assert busy.is_dir()
    assert not busy.exists()


@posix
def test_a_run_killed_between_two_moves_says_so_and_is_replaced(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *COMMANDS["greenfield"], "--out", "results").code == 0
    subprocess.run([sys.executable, "-c", KILLED.format(where="placing._move")], timeout=60)
    record = _record(site / "results")
    assert record["complete"] is False
    assert {"summary.csv", "composite_curves.csv"} <= set(record["files"])
    assert run(capsys, *COMMANDS["targets"], "--out", "results").code == 0
    record = _record(site / "results")
    assert "complete" not in record
    assert record["files"] == files_in(site / "results")
