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
    """Write the number of each case into a file, and take some time."""

    def __init__(self, log: str, pause_s: float) -> None:
        self.log, self.pause_s = log, pause_s

    def __call__(self, case: Mapping[str, Any]) -> dict[str, Any]:
        time.sleep(self.pause_s)
        with Path(self.log).open("a") as file:
            file.write(f"{case['x']}\n")
        return {"twice": 2 * case["x"], "worker": os.getpid()}


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
    checkpoint, log, executor = sys.argv[1:4]
    table = sweep(
        Slow(log, 0.02),
        grid({"x": list(range(60))}),
        executor=int(executor) or None,
        checkpoint=checkpoint,
        chunk_size=1,
    )
    print(int(table["twice"].sum()))
