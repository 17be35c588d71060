"""Run the command line in this process, and stand in for its child process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from milpcore.cli import main
from milpcore.core import ChildInterrupted


class Run(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    """Run a command: exit code, standard output, standard error."""
    capsys.readouterr()
    code = main(argv)
    return Run(code, *capsys.readouterr())


def files_in(folder: Path) -> list[str]:
    """Files in a folder and its sub-folders, relative to it, sorted."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


class Channel:
    """The child's end of a line that leads nowhere else."""

    def __init__(self, hear: Callable[[Any], object]) -> None:
        self.should_stop = threading.Event()
        self.send = hear


def in_this_process(
    function: Callable[..., Any], *args: Any, on_message: Callable[[Any], object], grace_s: float
) -> Any:
    """Stand in for `milpcore.core.run_in_child`, a second faster."""
    assert grace_s < 1.0
    return function(Channel(on_message), *args)


def interrupted_after_one(
    function: Callable[..., Any], *args: Any, on_message: Callable[[Any], object], grace_s: float
) -> None:
    """Stand in for `milpcore.core.run_in_child` with Ctrl-C after the first message."""
    assert grace_s < 1.0
    channel = Channel(on_message)

    def send(message: Any) -> None:
        on_message(message)
        channel.should_stop.set()

    channel.send = send
    function(channel, *args)
    raise ChildInterrupted("interrupted")


def interrupted_at_once(*_: Any, **__: Any) -> None:
    """Stand in for `milpcore.core.run_in_child` with Ctrl-C before the first message."""
    raise KeyboardInterrupt
