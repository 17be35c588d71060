from __future__ import annotations

import inspect
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helpers_core as jobs
import numpy as np
import pytest

from milpcore.core import (
    ChildError,
    ChildInterrupted,
    ChildTimeoutError,
    Status,
    run_in_child,
    solve,
    solve_in_child,
)

posix_only = pytest.mark.skipif(os.name != "posix", reason="sends signals")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After every test: no process of ours runs on, and Ctrl-C is as it was."""
    yield
    assert multiprocessing.active_children() == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_messages_come_in_order_and_the_value_last() -> None:
    heard: list[Any] = []
    assert run_in_child(jobs.count, 500, on_message=heard.append) == "counted"
    assert heard == [{"number": number} for number in range(500)]


@pytest.mark.slow
def test_large_arguments_messages_and_values_pass() -> None:
    array = np.arange(1_000_000.0)
    heard: list[Any] = []
    value = run_in_child(jobs.echo_array, array, on_message=heard.append)
    assert value.tolist() == heard[0].tolist() == array.tolist()


def test_an_error_keeps_its_type_and_tells_the_childs_traceback() -> None:
    heard: list[Any] = []
    with pytest.raises(ValueError, match=r"^a wrong value") as caught:
        run_in_child(jobs.fail, "value", on_message=heard.append)
    assert str(caught.value) == "a wrong value"
    assert heard == ["before"]
    assert re.search(
        r"(?s)^in the child process:.*in fail\n.*a wrong value", caught.value.__notes__[0]
    )


@pytest.mark.slow
def test_an_error_that_cannot_travel_is_told() -> None:
    with pytest.raises(ChildError) as caught:
        run_in_child(jobs.fail, "picky")
    assert str(caught.value) == "PickyError: not readable"
    assert "PickyError" in caught.value.__notes__[0]


@pytest.mark.slow
def test_a_value_that_cannot_travel_is_told() -> None:
    with pytest.raises(ChildError, match=r"^the function's value cannot be sent to the parent: "):
        run_in_child(jobs.lambda_value)


def test_a_function_that_cannot_travel_is_refused() -> None:
    message = (
        "^a child process needs a function defined at the top level of a module, "
        "and arguments that can be pickled: "
    )
    with pytest.raises(TypeError, match=message):
        run_in_child(lambda _channel: None)
    with pytest.raises(TypeError, match=message):
        run_in_child(jobs.double, threading.Lock())


@posix_only
@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("kill", "the child process was ended by the signal SIGKILL; was there too little memory?"),
        pytest.param(
            "exit",
            "the child process ended with exit code 3 before its function returned",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "segfault",
            "the child process was ended by the signal SIGSEGV",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_child_that_dies_is_told(what: str, message: str) -> None:
    heard: list[Any] = []
    with pytest.raises(ChildError, match=jobs.exactly(message)):
        run_in_child(jobs.fail, what, on_message=heard.append)
    assert heard == ["before"]


@pytest.mark.slow
def test_an_error_of_on_message_ends_the_child() -> None:
    pids: list[int] = []

    def refuse(pid: int) -> None:
        pids.append(pid)
        raise RuntimeError("cannot draw")

    with pytest.raises(RuntimeError, match=jobs.exactly("cannot draw")):
        run_in_child(jobs.wait_deaf, on_message=refuse)
    assert jobs.has_ended(pids[0])


@posix_only
def test_ctrl_c_brings_messages_and_a_value_in_time() -> None:
    heard: list[Any] = []

    def listen(message: Any) -> None:
        heard.append(message)
        if isinstance(message, int):
            press_ctrl_c()

    with pytest.raises(
        ChildInterrupted, match=jobs.exactly("interrupted; the child process was ended")
    ) as caught:
        run_in_child(jobs.wait_until_told, on_message=listen, grace_s=5.0)
    assert caught.value.value == "stopped early"
    assert heard[1:] == ["asked to stop"]
    assert jobs.has_ended(heard[0])


@posix_only
def test_ctrl_c_ends_a_child_that_does_not_listen() -> None:
    pids: list[int] = []
    pressed_s = 0.0

    def listen(pid: int) -> None:
        nonlocal pressed_s
        pids.append(pid)
        pressed_s = time.monotonic()
        press_ctrl_c()

    with pytest.raises(KeyboardInterrupt) as caught:
        run_in_child(jobs.wait_deaf, on_message=listen, grace_s=0.3)
    assert 0.25 < time.monotonic() - pressed_s < 1.0
    assert isinstance(caught.value, ChildInterrupted)
    assert caught.value.value is None
    assert jobs.has_ended(pids[0])


@posix_only
@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait() -> None:
    pressed_s = 0.0

    def listen(_pid: int) -> None:
        nonlocal pressed_s
        pressed_s = time.monotonic()
        press_ctrl_c()
        threading.Timer(0.2, press_ctrl_c).start()

    with pytest.raises(ChildInterrupted):
        run_in_child(jobs.wait_deaf, on_message=listen, grace_s=20.0)
    assert time.monotonic() - pressed_s < 1.5


@posix_only
@pytest.mark.slow
def test_an_error_while_stopping_is_the_cause() -> None:
    with pytest.raises(ChildInterrupted) as caught:
        run_in_child(jobs.stop_then_fail, on_message=lambda _pid: press_ctrl_c(), grace_s=5.0)
    assert isinstance(caught.value.__cause__, ValueError)
    assert str(caught.value.__cause__) == "could not tidy up"


@posix_only
@pytest.mark.slow
def test_another_handler_of_ctrl_c_is_respected() -> None:
    class OwnError(Exception):
        pass

    def own(*_: object) -> None:
        raise OwnError

    pids: list[int] = []

    def listen(pid: int) -> None:
        pids.append(pid)
        press_ctrl_c()

    signal.signal(signal.SIGINT, own)
    try:
        with pytest.raises(OwnError):
            run_in_child(jobs.wait_deaf, on_message=listen)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert jobs.has_ended(pids[0])


def test_a_time_limit_ends_the_child() -> None:
    pids: list[int] = []
    start_s = time.monotonic()
    with pytest.raises(ChildTimeoutError, match=jobs.exactly("the time limit of 1.5 s is over")):
        run_in_child(jobs.wait_deaf, on_message=pids.append, time_limit_s=1.5, grace_s=0.1)
    assert 1.5 < time.monotonic() - start_s < 3.5
    assert all(jobs.has_ended(pid) for pid in pids)


@pytest.mark.slow
def test_a_value_within_the_grace_period_counts() -> None:
    assert run_in_child(jobs.wait_until_told, time_limit_s=1.5, grace_s=10.0) == "stopped early"


@pytest.mark.slow
def test_it_works_outside_the_main_thread() -> None:
    values: list[float] = []
    thread = threading.Thread(target=lambda: values.append(run_in_child(jobs.double, 2.0)))
    thread.start()
    thread.join()
    assert values == [4.0]


@pytest.mark.slow
def test_a_child_may_start_a_child() -> None:
    assert run_in_child(jobs.double_in_grandchild, 4.0) == 8.0


def test_interruptions_can_be_pickled() -> None:
    copy = pickle.loads(pickle.dumps(ChildInterrupted("text", 5)))
    assert (str(copy), copy.value) == ("text", 5)


@pytest.mark.slow
def test_solving_in_a_child_is_solving() -> None:
    problem = jobs.knapsack()
    there, here = solve_in_child(problem, mip_rel_gap=0.0), solve(problem, mip_rel_gap=0.0)
    assert there.status is Status.OPTIMAL
    assert there.objective == here.objective
    assert there.values["take"].tolist() == here.values["take"].tolist()


def test_solving_in_a_child_takes_the_same_options() -> None:
    assert inspect.signature(solve_in_child) == inspect.signature(solve)
    limited = solve_in_child(jobs.market_split(), node_limit=5)
    assert limited.status is Status.NODE_LIMIT


def start_script(folder: Path, body: str) -> subprocess.Popen[str]:
    """Run a script as from a terminal: in a process group of its own."""
    path = folder / "script.py"
    path.write_text(
        "import helpers_core as jobs\nfrom milpcore.core import *\n" + textwrap.dedent(body)
    )
    root = Path(__file__).resolve().parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root.parent), str(root)])}
    return subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


@posix_only
def test_a_grandchild_that_holds_the_pipe_keeps_nobody_waiting() -> None:
    pids: list[int] = []
    start_s = time.monotonic()
    with pytest.raises(ChildError, match="exit code 3 before its function returned"):
        run_in_child(jobs.die_and_leave_a_grandchild, 30.0, on_message=pids.append)
    assert time.monotonic() - start_s < 10.0
    os.kill(pids[0], signal.SIGKILL)


@pytest.mark.parametrize("shows", [False, True])
def test_what_a_child_prints_goes_to_standard_error(shows: bool, tmp_path: Path) -> None:
    body = f"""
        if __name__ == "__main__":
            run_in_child(jobs.print_everywhere, shows_solver_output={shows})
            print("done")
    """
    with start_script(tmp_path, body) as process:
        output, error = process.communicate(timeout=30)
    assert output == "done\n"
    compiled = ["compiled to output"] if shows else []
    expected = ["python to output", "python to error", *compiled, "compiled to error"]
    assert error.splitlines() == expected


@pytest.mark.parametrize("log", [False, True])
def test_the_log_of_a_solver_in_a_child_can_be_had(log: bool, tmp_path: Path) -> None:
    body = f"""
        if __name__ == "__main__":
            print(solve_in_child(jobs.knapsack(), log={log}).status.value)
    """
    with start_script(tmp_path, body) as process:
        output, error = process.communicate(timeout=30)
    assert output == "optimal\n"
    assert ("HiGHS" in error) is log
    assert log or error == ""


@posix_only
def test_ctrl_c_answers_while_the_child_is_in_the_solver(tmp_path: Path) -> None:
    body = """
        import sys
        if __name__ == "__main__":
            try:
                run_in_child(jobs.solve_forever, on_message=lambda _: print("solving", flush=True))
            except ChildInterrupted as interrupt:
                print(interrupt)
                sys.exit(5)
    """
    with start_script(tmp_path, body) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "solving\n"
        time.sleep(0.3)
        output, errors, answer_s = press_in_terminal(process)
    assert errors == ""
    assert (process.returncode, output) == (5, "interrupted; the child process was ended\n")
    assert answer_s < 2.0
    assert not group_lives(process.pid)


@posix_only
@pytest.mark.slow
@pytest.mark.parametrize("wait_s", [0.0, 0.3, 3.0], ids=["at once", "starting", "solving"])
def test_ctrl_c_ends_a_long_solve(tmp_path: Path, wait_s: float) -> None:
    body = """
        import sys
        if __name__ == "__main__":
            problem = jobs.market_split(5, 45)
            print("starting", flush=True)
            solution = solve_in_child(problem)
            print(solution.status.value, solution.has_incumbent, solution.message)
            sys.exit(5)
    """
    with start_script(tmp_path, body) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "starting\n"
        time.sleep(wait_s)
        assert process.poll() is None
        output, errors, answer_s = press_in_terminal(process)
    assert answer_s < 2.0
    assert not group_lives(process.pid)
    if wait_s == 0.0 and process.returncode != 5:
        assert "KeyboardInterrupt" in errors  # pressed before the parent listens: Python's answer
        return
    message = "interrupted; the solver hands out no incumbent before it ends"
    assert (process.returncode, output) == (5, f"interrupted False {message}\n")
    assert errors == ""


@posix_only
@pytest.mark.slow
def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    body = """
        if __name__ == "__main__":
            run_in_child(jobs.solve_forever, on_message=lambda pid: print(pid, flush=True))
    """
    with start_script(tmp_path, body) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        time.sleep(0.3)
        process.kill()
        assert jobs.has_ended(pid)


@posix_only
@pytest.mark.slow
def test_a_script_without_a_guard_is_told(tmp_path: Path) -> None:
    with start_script(tmp_path, "\nrun_in_child(jobs.double, 1.0)\n") as process:
        _, errors = process.communicate(timeout=30.0)
    assert process.returncode == 1
    assert errors.rstrip().endswith(
        "ChildError: the child process ended with exit code 1 before it began; a script that "
        'starts one must guard its entry point with if __name__ == "__main__":'
    )


def press_in_terminal(process: subprocess.Popen[str]) -> tuple[str, str, float]:
    """Send Ctrl-C to all processes of the group, as a terminal does; return the answer."""
    pressed_s = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=20.0)
    return output, errors, time.monotonic() - pressed_s


def group_lives(group: int) -> bool:
    """Whether a process group keeps members: a child that is still importing ends after that."""
    end_s = time.monotonic() + 10.0
    while time.monotonic() < end_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True
