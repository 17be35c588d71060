"""The folder of ``--out``: inputs stay, old files go, nothing is half-written, full disks."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from helpers_cli import files_in, in_this_process, run

import milpcore
from milpcore.cli import greenfield, study
from milpcore.cli.messages import print_error
from milpcore.cli.record import recorded_files, write_record

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
def test_a_record_that_is_in_doubt_removes_nothing(
    record: object, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (site / "a.png", tmp_path / "outside.png"):
        file.write_text("mine", encoding="utf-8")
    (site / "inside").mkdir()
    (site / "link").symlink_to(tmp_path)
    text = record if isinstance(record, str) else json.dumps(record)
    (site / "run.json").write_text(text, encoding="utf-8")
    assert recorded_files(site) == set()
    assert run(capsys, *COMMANDS["targets"], "--out", ".").code == 0
    assert (site / "a.png").exists()
    assert (tmp_path / "outside.png").exists()


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
    assert (done.code, done.err) == (130, "milpcore: interrupted\n")
    assert "Best: at most" in done.out
    figures = [name for name in everything if name.endswith((".png", ".svg"))]
    kept = ["cost_over_levels.png", "cost_over_levels.svg", "heat_pump_use.png"]
    kept += ["heat_pump_use.svg", "levels_02.png"]
    expected = (set(everything) - set(figures)) | set(kept[: (0, 2, None, 5)[n_figures]])
    assert files_in(folder) == sorted(expected) == _record(folder)["files"]


def test_ctrl_c_while_tables_are_written_leaves_the_old_ones(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "2,4", "--out")
    assert run(capsys, *argv, "results").code == 0
    older = {name: (site / "results" / name).read_bytes() for name in files_in(site / "results")}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(greenfield, "write_inputs", interrupt)
    assert run(capsys, *argv, "results").code == 130
    assert run(capsys, *argv, "new").code == 130
    newer = {name: (site / "results" / name).read_bytes() for name in files_in(site / "results")}
    assert newer == older
    assert not (site / "new").exists()


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

    monkeypatch.setattr(greenfield, "print_output", nobody)
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
    assert [path.name.startswith(".milpcore-") for path in tmp_path.iterdir()] == [True]
    began_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (143, "milpcore: interrupted\n")
    assert time.monotonic() - began_s < 10.0
    assert list(tmp_path.iterdir()) == []


def _ignore_sigint() -> None:
    """What a shell without job control does to a command in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
