"""What the statements of the tools share: a file in, a file out, and the clocks."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any


def answer(solve: Callable[[dict[str, Any], Clock], dict[str, Any]], packages: list[str]) -> None:
    """Read a statement, solve it, write the answer; both files are named on the command line."""
    question, reply = map(Path, sys.argv[1:])
    statement = json.loads(question.read_text(encoding="utf-8"))
    clock = Clock()
    found = solve(statement, clock)
    found |= {
        "build_s": clock.build_s,
        "solve_s": time.perf_counter() - clock.solving_since_s,
        "cpu_s": processor_s() - clock.cpu_since_s,
        "versions": " ".join(f"{package} {version(package)}" for package in packages),
    }
    reply.write_text(json.dumps(found), encoding="utf-8")


class Clock:
    """Seconds from its making to `solving`, and since then."""

    def __init__(self) -> None:
        self.begun_s = time.perf_counter()
        self.build_s = self.solving_since_s = self.cpu_since_s = 0.0

    def solving(self) -> None:
        """Note that the model is built."""
        self.solving_since_s = time.perf_counter()
        self.cpu_since_s = processor_s()
        self.build_s = self.solving_since_s - self.begun_s


def processor_s() -> float:
    """Return the processor time of this process and its ended children, s."""
    return sum(os.times()[:4])
