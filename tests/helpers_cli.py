"""Run the command line in this process, and stand in for its child process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from milpcore.cli import main


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
