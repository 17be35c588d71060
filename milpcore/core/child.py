"""Run a long computation in a child process that Ctrl-C, or a time limit, can end.

A solver call in the caller's own process answers no signal until it returns. Here the computation
runs in a process of its own, which ignores Ctrl-C; the parent keeps listening, hands on what the
child sends, and ends the child when asked to. A child whose parent dies ends itself.

The child is started afresh ("spawn", the one way that exists on every system). So the function
and its arguments must be picklable: the function is defined at the top level of a module. And a
script must guard its entry point with ``if __name__ == "__main__":``, because the child imports
the script too. Starting takes as long as importing the modules needed, about a second.

What the child logs goes to the parent's loggers (`milpcore.core.child_logs`).
"""

from __future__ import annotations

import math
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

from milpcore.core.child_logs import levels_here, take_record
from milpcore.core.child_side import Channel, ChildError, Kind, child_main
from milpcore.core.problem import Problem
from milpcore.core.solution import Solution, Status
from milpcore.core.solve import solve

Value = TypeVar("Value")

LISTENING_S = 0.05
"""Longest time the parent listens before it looks for Ctrl-C again."""

ENDING_S = 1.0
"""Time a child has to end after its result, and again after it is told to."""


class ChildInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a child; what the child had sent before has reached ``on_message``.

    A `KeyboardInterrupt`, so that ``except Exception`` does not swallow it.

    Attributes
    ----------
    value : object
        What the function returned within the grace period; ``None`` if it did not.
    """

    def __init__(self, message: str, value: Any = None) -> None:
        super().__init__(message)
        self.value = value


class ChildTimeoutError(TimeoutError):
    """A time limit ended a child; what the child had sent before has reached ``on_message``."""


def run_in_child(
    function: Callable[..., Value],
    *args: Any,
    on_message: Callable[[Any], object] | None = None,
    grace_s: float = 0.5,
    time_limit_s: float | None = None,
    shows_solver_output: bool = False,
) -> Value:
    """Call ``function(channel, *args)`` in a child process and return its value.

    Ctrl-C, or the end of the time limit, sets ``channel.should_stop``; the function may then
    return early. After `grace_s`, or at a second Ctrl-C, the child is ended. No process is left
    behind, however the call ends.

    Parameters
    ----------
    function : callable
        Defined at the top level of a module. Its first argument is a `Channel`:
        ``channel.send(message)`` sends to `on_message`, ``channel.should_stop.is_set()`` asks
        whether to stop.
    *args : object
        Further arguments; picklable.
    on_message : callable, optional
        Called in the parent with each message, in order.
    grace_s : float
        Seconds the function has to return once it is asked to stop.
    time_limit_s : float, optional
        Wall-clock seconds, the child's start included.
    shows_solver_output : bool
        Whether what compiled code prints to standard output appears on standard error, as what
        Python prints does. Otherwise it is dropped: HiGHS prints lines for its developers.

    Returns
    -------
    object
        The function's value.

    Raises
    ------
    ChildInterrupted
        At Ctrl-C, even if the function's value came in time; its `value` holds that.
    ChildTimeoutError
        At the time limit, unless the function's value came in time, which is then returned.
    ChildError
        If the child died, or its value or error cannot be pickled.
    TypeError
        If the function or an argument cannot be pickled.
    Exception
        What the function raised, with the child's traceback as a note.

    Examples
    --------
    >>> run_in_child(isinstance, Channel)  # isinstance(channel, Channel), in the child
    True
    """
    try:
        job = pickle.dumps((function, args, levels_here()), protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"a child process needs a function defined at the top level of a module, and "
            f"arguments that can be pickled: {error}"
        ) from error
    context = get_context("spawn")
    should_stop = context.Event()  # also starts Python's resource tracker, see _sigint_blocked
    ours, theirs = context.Pipe()
    process = context.Process(
        target=child_main,
        args=(theirs, should_stop),
        kwargs={"shows_solver_output": shows_solver_output},
        name="milpcore",
    )
    with ours, _ctrl_c_noted() as presses:
        with theirs, _sigint_blocked():
            process.start()
        listener = _Listener(ours, process, on_message or _ignore)
        sender = threading.Thread(target=_send_job, args=(ours, job), daemon=True)
        sender.start()
        try:
            _listen(listener, presses, should_stop, grace_s, time_limit_s)
        finally:
            _end(process, ENDING_S if listener.is_over else 0.0)
            sender.join()
        listener.drain()
    if presses:
        message = "interrupted; the child process was ended"
        raise ChildInterrupted(message, listener.value) from listener.error
    if listener.error is not None:
        raise listener.error
    if not listener.is_done and should_stop.is_set():
        raise ChildTimeoutError(f"the time limit of {time_limit_s:g} s is over")
    if not listener.is_done:
        raise ChildError(_last_words(process.exitcode, listener.is_ready))
    value: Value = listener.value
    return value


def solve_in_child(
    problem: Problem,
    *,
    mip_rel_gap: float = 1e-4,
    mip_abs_gap: float = 0.0,
    time_limit_s: float | None = None,
    node_limit: int | None = None,
    presolve: bool = True,
    threads: int | None = None,
    random_seed: int | None = None,
    mip_heuristic_effort: float | None = None,
    mip_feasibility_tolerance: float | None = None,
    primal_feasibility_tolerance: float | None = None,
    dual_feasibility_tolerance: float | None = None,
    log: bool = False,
) -> Solution:
    """Solve in a child process, so that Ctrl-C ends the solve within a second.

    Parameters
    ----------
    problem : Problem
        What to solve.
    mip_rel_gap, mip_abs_gap, time_limit_s, node_limit, presolve, threads, random_seed, \
    mip_heuristic_effort, mip_feasibility_tolerance, primal_feasibility_tolerance, \
    dual_feasibility_tolerance, log : optional
        As for `solve`.

    Returns
    -------
    Solution
        That of `solve`; after Ctrl-C one with the status INTERRUPTED. It has no incumbent (SciPy
        hands out none before the end) unless the solve ended in the same moment.

    Raises
    ------
    ChildError
        If the child died.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> from milpcore.core import Assembly
    >>> assembly = Assembly()
    >>> count = assembly.columns("count", (), lower=1.5, integer=True)
    >>> assembly.cost(count, 1.0)
    >>> solve_in_child(assembly.problem(), time_limit_s=10.0).objective
    2.0
    """
    call = partial(
        solve,
        mip_rel_gap=mip_rel_gap,
        mip_abs_gap=mip_abs_gap,
        time_limit_s=time_limit_s,
        node_limit=node_limit,
        presolve=presolve,
        threads=threads,
        random_seed=random_seed,
        mip_heuristic_effort=mip_heuristic_effort,
        mip_feasibility_tolerance=mip_feasibility_tolerance,
        primal_feasibility_tolerance=primal_feasibility_tolerance,
        dual_feasibility_tolerance=dual_feasibility_tolerance,
        log=log,
    )
    start_s = time.perf_counter()
    try:
        return run_in_child(_solve, call, problem, grace_s=0.0, shows_solver_output=log)
    except ChildInterrupted as interrupt:
        if isinstance(interrupt.value, Solution):
            return replace(interrupt.value, status=Status.INTERRUPTED)
        return Solution.without_point(
            Status.INTERRUPTED,
            "interrupted; the solver hands out no incumbent before it ends",
            solve_s=time.perf_counter() - start_s,
        )


def _solve(_channel: Channel, call: Callable[[Problem], Solution], problem: Problem) -> Solution:
    """Solve in the child."""
    return call(problem)


class _Listener:
    """What the parent has heard from the child."""

    def __init__(
        self, pipe: Connection[Any, Any], process: SpawnProcess, on_message: Callable[[Any], object]
    ) -> None:
        self.pipe = pipe
        self.process = process
        self.on_message = on_message
        self.is_ready = False
        self.is_done = False
        self.is_silent = False
        self.value: Any = None
        self.error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.is_done or self.is_silent

    def hear(self, timeout_s: float) -> None:
        """Take one message, if one comes in time.

        The pipe alone does not tell the child's end: a process that the child has started may
        outlive it and keep the pipe open.
        """
        has_ended = not self.process.is_alive()
        try:
            if not self.pipe.poll(timeout_s):
                self.is_silent = has_ended
                return
            packed = self.pipe.recv_bytes()
        except (EOFError, OSError):
            self.is_silent = True
            return
        kind = packed[0]
        try:
            content = pickle.loads(memoryview(packed)[1:])
        except Exception as error:
            raise ChildError(f"a message of the child process cannot be read: {error}") from error
        if kind == Kind.READY:
            self.is_ready = True
        elif kind == Kind.MESSAGE:
            self.on_message(content)
        elif kind == Kind.LOG:
            take_record(content)
        elif kind == Kind.RESULT:
            self.is_done, self.value = True, content
        else:
            self.is_done = True
            self.error, text = content
            self.error.add_note(f"in the child process:\n{text}")

    def drain(self) -> None:
        """Take everything an ended child has left in the pipe."""
        while not self.is_over:
            self.hear(0.0)


def _listen(
    listener: _Listener,
    presses: list[int],
    should_stop: Event,
    grace_s: float,
    time_limit_s: float | None,
) -> None:
    """Listen until nothing more will come or the child must be ended."""
    end_s = math.inf if time_limit_s is None else time.monotonic() + time_limit_s
    kill_s = math.inf
    while not listener.is_over:
        now_s = time.monotonic()
        if not should_stop.is_set() and (presses or now_s >= end_s):
            should_stop.set()
            kill_s = now_s + grace_s
        if now_s >= kill_s or len(presses) > 1:
            break
        listener.hear(max(0.0, min(LISTENING_S, end_s - now_s, kill_s - now_s)))


def _end(process: SpawnProcess, patience_s: float) -> None:
    """Make sure that the process has ended."""
    process.join(patience_s)
    if process.is_alive():
        process.terminate()
        process.join(ENDING_S)
    if process.is_alive():
        process.kill()
        process.join()


def _send_job(pipe: Connection[Any, Any], job: bytes) -> None:
    """Send the job; a large one blocks until the child reads, hence in a thread of its own."""
    with suppress(OSError):
        pipe.send_bytes(job)


def _ignore(_message: object) -> None:
    """Do nothing with a message."""


@contextmanager
def _ctrl_c_noted() -> Iterator[list[int]]:
    """Note Ctrl-C in a list instead of raising in the middle of a message.

    Only in the main thread, and only in place of Python's own handler: another handler, or a
    Ctrl-C that is ignored, is the caller's choice.
    """
    presses: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield presses
        return
    signal.signal(signal.SIGINT, lambda *_: presses.append(1))
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Let a child that starts now inherit a blocked SIGINT, until it ignores the signal itself.

    Otherwise a Ctrl-C, which a terminal sends to all processes, would end it while it imports.
    Starting Python's resource tracker unblocks the signal, so that must have happened before.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def _last_words(exit_code: int | None, is_ready: bool) -> str:
    """Explain a child that ended without a result."""
    if exit_code is not None and exit_code < 0:
        with suppress(ValueError):
            name = signal.Signals(-exit_code).name
            hint = "; was there too little memory?" if name == "SIGKILL" else ""
            return f"the child process was ended by the signal {name}{hint}"
    if not is_ready:
        return (
            f"the child process ended with exit code {exit_code} before it began; a script that "
            'starts one must guard its entry point with if __name__ == "__main__":'
        )
    return f"the child process ended with exit code {exit_code} before its function returned"
