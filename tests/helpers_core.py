"""Problems and child functions for the tests of `milpcore.core`; importable by a child process."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from milpcore.core import Assembly, Channel, Problem, run_in_child, solve


def exactly(message: str) -> str:
    """Pattern for ``pytest.raises(match=...)`` that the whole message must equal."""
    return f"^{re.escape(message)}$"


def market_split(n_markets: int = 4, n_retailers: int = 30, seed: int = 0) -> Problem:
    """Split retailers in halves of equal demand in every market: a bound that stays at zero.

    Cornuejols and Dawande (1998): branch and bound needs about 2**n nodes. The objective is the
    total slack, so any assignment is feasible.
    """
    rng = np.random.default_rng(seed)
    demand = rng.integers(0, 100, (n_markets, n_retailers)).astype(float)
    half = np.floor(demand.sum(axis=1) / 2.0)
    assembly = Assembly()
    chosen = assembly.columns("chosen", n_retailers, upper=1.0, integer=True)
    slack = assembly.columns("slack", (n_markets, 2))
    split = assembly.rows("split", n_markets, lower=half, upper=half)
    assembly.put(split[:, None], chosen, demand)
    assembly.put(split[:, None], slack, [1.0, -1.0])
    assembly.cost(slack, 1.0)
    return assembly.problem()


def knapsack() -> Problem:
    """Four items, capacity 10: the second and the fourth are best, worth 19."""
    assembly = Assembly()
    take = assembly.columns("take", 4, upper=1.0, integer=True)
    weight = assembly.rows("weight", (), upper=10.0)
    assembly.put(weight, take, [5.0, 6.0, 3.0, 4.0])
    assembly.cost(take, [-10.0, -13.0, -5.0, -6.0])
    return assembly.problem()


def random_lp(seed: int, n_rows: int = 8, n_columns: int = 6) -> Problem:
    """A bounded feasible linear program with rows of every kind."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < 0.7)
    inside = rng.uniform(-1.0, 2.0, n_columns)
    activity = matrix @ inside
    slack = rng.uniform(0.1, 1.0, (2, n_rows))
    kind = np.arange(n_rows) % 5  # equation, upper, lower, two bounds, none
    lower = np.where(
        kind == 0, activity, np.where(np.isin(kind, (2, 3)), activity - slack[0], -np.inf)
    )
    upper = np.where(
        kind == 0, activity, np.where(np.isin(kind, (1, 3)), activity + slack[1], np.inf)
    )
    assembly = Assembly()
    columns = assembly.columns("x", n_columns, lower=-2.0, upper=3.0)
    rows = assembly.rows("row", n_rows, lower=lower, upper=upper)
    assembly.put(rows[:, None], columns, matrix)
    assembly.cost(columns, rng.normal(size=n_columns))
    assembly.constant(float(rng.normal()))
    return assembly.problem()


def double(_channel: Channel, number: float) -> float:
    return 2.0 * number


def count(channel: Channel, n: int) -> str:
    for number in range(n):
        channel.send({"number": number})
    return "counted"


def echo_array(channel: Channel, array: Any) -> Any:
    channel.send(array)
    return array


class PickyError(Exception):
    """An error that pickle writes but cannot read again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def fail(channel: Channel, what: str) -> None:
    channel.send("before")
    if what == "value":
        raise ValueError("a wrong value")
    if what == "picky":
        raise PickyError("not", "readable")
    if what == "exit":
        sys.exit(3)
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)


def lambda_value(_channel: Channel) -> Any:
    return lambda: None


def wait_until_told(channel: Channel) -> str:
    """Stop when asked."""
    channel.send(os.getpid())
    channel.should_stop.wait(30.0)
    channel.send("asked to stop")
    return "stopped early"


def wait_deaf(channel: Channel, seconds: float = 30.0) -> str:
    """Never look at the stop event."""
    channel.send(os.getpid())
    time.sleep(seconds)
    return "slept"


def stop_then_fail(channel: Channel) -> None:
    channel.send(os.getpid())
    channel.should_stop.wait(30.0)
    raise ValueError("could not tidy up")


def has_ended(pid: int, patience_s: float = 3.0) -> bool:
    """Whether a process is gone, or no more than an uncollected exit status."""
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def die_and_leave_a_grandchild(channel: Channel, seconds: float) -> None:
    """End at once; a process that was started before keeps the pipes open."""
    pid = os.fork()
    if pid == 0:
        time.sleep(seconds)
        os._exit(0)
    channel.send(pid)
    time.sleep(0.2)
    os._exit(3)


def print_everywhere(_channel: Channel) -> None:
    """Print from Python and as compiled code does, to both outputs."""
    print("python to output", flush=True)
    print("python to error", file=sys.stderr, flush=True)
    os.write(1, b"compiled to output\n")
    os.write(2, b"compiled to error\n")


def double_in_grandchild(_channel: Channel, number: float) -> float:
    return run_in_child(double, number)


def solve_forever(channel: Channel) -> None:
    channel.send(os.getpid())
    solve(market_split(5, 45))
