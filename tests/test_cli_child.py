"""``milpcore greenfield`` as a user runs it: its own process, a terminal, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

GREENFIELD = [sys.executable, "-m", "milpcore", "greenfield"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal and process groups")


def test_standard_output_is_json_and_nothing_is_said_off_a_terminal(tmp_path: Path) -> None:
    command = [*GREENFIELD, "dairy_8", "--levels", "2,4", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)["configurations"]
    assert [one["max_levels"] for one in found] == [2, 4]
    assert list(tmp_path.iterdir()) == []


class Session:
    """A process whose standard error is a terminal, in a process group of its own."""

    def __init__(self, *argv: str) -> None:
        self.seen = ""
        self.terminal, end = os.openpty()
        os.set_blocking(self.terminal, False)
        command = [*GREENFIELD, *argv]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=end, text=True, start_new_session=True
        )
        os.close(end)

    def wait_for(self, pattern: str, timeout_s: float = 60.0) -> None:
        """Read the terminal until it shows a pattern."""
        until_s = time.monotonic() + timeout_s
        while not re.search(pattern, self.seen):
            assert time.monotonic() < until_s, f"{pattern!r} not in {self.seen!r}"
            self.read()
            time.sleep(0.02)

    def read(self) -> None:
        with suppress(BlockingIOError, OSError):
            self.seen += os.read(self.terminal, 65536).decode()

    def ctrl_c(self) -> str:
        """Press Ctrl-C, which reaches the whole group; output.

        The searches here would go on for minutes: they must end within the timeout.
        """
        os.killpg(self.process.pid, signal.SIGINT)
        output, _ = self.process.communicate(timeout=30)
        self.read()
        return output

    def is_empty_within(self, timeout_s: float) -> bool:
        """Whether no process of the group is left, after those that are just ending."""
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.02)
        return False

    def close(self) -> None:
        """End everything that is left of the group, which should be nothing."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.terminal)


@posix
def test_ctrl_c_is_answered_at_once_and_keeps_what_is_done() -> None:
    session = Session("--levels", "2,8", "--formulation", "assignment_weak", "--json")
    try:
        session.wait_for(r"\rN=2  \d+\.\d s  TAC 215\.18 M€/a  bound 215\.18  gap \S+ %.*optimal")
        session.wait_for(r"\rN=8  [1-9]\d*\.\d s")
        output = session.ctrl_c()
        assert session.process.returncode == 130
        found = json.loads(output)["configurations"]
        statuses = [(one["max_levels"], one["status"]) for one in found]
        assert statuses == [(2, "optimal"), (8, "interrupted")]
        assert found[0]["tac_EUR_per_a"] == pytest.approx(215_183_197, rel=1e-4)
        assert "milpcore: interrupted\r\n" in session.seen
        assert "Traceback" not in session.seen
        assert session.is_empty_within(5.0)
    finally:
        session.close()


@posix
def test_sigterm_keeps_what_is_done_too() -> None:
    session = Session("--levels", "2,8", "--formulation", "assignment_weak", "--json")
    try:
        session.wait_for(r"\rN=8  [1-9]\d*\.\d s")
        session.process.send_signal(signal.SIGTERM)
        output, _ = session.process.communicate(timeout=30)
        assert session.process.returncode == 143
        found = json.loads(output)["configurations"]
        assert [one["status"] for one in found] == ["optimal", "interrupted"]
        assert session.is_empty_within(5.0)
    finally:
        session.close()


@posix
@pytest.mark.parametrize("package", ["numpy", "scipy", "argparse"])
def test_ctrl_c_while_packages_are_imported(package: str, tmp_path: Path) -> None:
    slow = "import time; print('importing', flush=True); time.sleep(60)"
    (tmp_path / f"{package}.py").write_text(slow, encoding="utf-8")
    with subprocess.Popen(
        [*GREENFIELD, "two_streams"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), *sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "milpcore: interrupted\n")


@posix
def test_ctrl_c_while_the_child_starts() -> None:
    session = Session("--levels", "8", "--formulation", "assignment_weak")
    try:
        session.wait_for("starting")
        output = session.ctrl_c()
        assert session.process.returncode == 130
        assert "interrupted" in output
        assert "Traceback" not in session.seen
    finally:
        session.close()
