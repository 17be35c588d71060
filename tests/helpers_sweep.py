"""Runs for the tests of sweeps; in a module, so that other processes can import them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from milpcore.faults import Fault, InputError
from milpcore.sweeps import grid, sweep


def square(case: Mapping[str, Any]) -> dict[str, Any]:
    """Square a number; refuse 3, fail at 5."""
    x = case["x"]
    if x == 3:
        raise InputError("case", (Fault("", "x", "3", "must not be 3", "take 4"),))
    if x == 5:
        raise ZeroDivisionError("five")
    return {"square": x * x, "text": f"<{x}>"}


class Slow:
    """Take some time, and write number and end (s) of each case into a file."""

    fingerprint = "slow"

    def __init__(self, log: str, pause_s: float) -> None:
        self.log, self.pause_s = log, pause_s

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        time.sleep(self.pause_s)
        with Path(self.log).open("a") as file:
            file.write(f"{case['x']} {time.time()}\n")
        return {"twice": 2 * case["x"]}


class Stopped:
    """Take some time; at a given case raise Ctrl-C, as it comes in the midst of a chunk."""

    fingerprint = "stopped"

    def __init__(self, pause_s: float, stop_at: int) -> None:
        self.pause_s, self.stop_at, self.ran = pause_s, stop_at, list[int]()

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        if case["x"] == self.stop_at:
            raise KeyboardInterrupt
        time.sleep(self.pause_s)
        self.ran.append(case["x"])
        return {"twice": 2 * case["x"]}


class Long:
    """Take half a minute, but for the first case."""

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        time.sleep(30.0 if case["x"] else 0.0)
        return {"x": case["x"]}


class Dying:
    """End the process at one case: always, or only where the file that it makes then is missing."""

    def __init__(self, die_at: int, once: str | None = None) -> None:
        self.die_at, self.once = die_at, once

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        time.sleep(0.05)
        if case["x"] == self.die_at and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            os._exit(9)
        return {"twice": 2 * case["x"]}


class Together:
    """Run chunks at once; fail together where a case is negative."""

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        return self.run_many([case])[0]

    def run_many(self, cases: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Root of each."""
        if any(case["x"] < 0 for case in cases):
            raise ValueError("negative")
        return [{"root": case["x"] ** 0.5, "together": len(cases)} for case in cases]


class Counted:
    """Count how often it is set up in a process."""

    n_setups = 0

    def __init__(self) -> None:
        self.name = "counted"

    def __call__(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"worker": os.getpid(), "n_setups": Counted.n_setups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Counted.n_setups += 1


if __name__ == "__main__":
    checkpoint, log, n_processes, pause_s, n_cases = sys.argv[1:6]
    table = sweep(
        Slow(log, float(pause_s)),
        grid({"x": list(range(int(n_cases)))}),
        executor=int(n_processes) or None,
        checkpoint=checkpoint,
    )
    print(int(table["twice"].sum()))
