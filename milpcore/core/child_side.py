"""What runs in the child process of `milpcore.core.child`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from contextlib import suppress
from enum import IntEnum
from functools import partial
from multiprocessing import connection, parent_process
from multiprocessing.synchronize import Event
from typing import Any

from milpcore.core.child_logs import send_records

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2


class ChildError(RuntimeError):
    """A child process died, or what it sent cannot be read."""


class Kind(IntEnum):
    """First byte of everything the child sends."""

    READY = 0
    MESSAGE = 1
    RESULT = 2
    ERROR = 3
    LOG = 4


class Channel:
    """The child's end of the line; a function run in a child gets it as first argument.

    Parameters
    ----------
    pipe : multiprocessing.connection.Connection
        To the parent.
    should_stop : multiprocessing.synchronize.Event
        Set when the function should return soon.

    Attributes
    ----------
    should_stop : multiprocessing.synchronize.Event
        Ask with ``should_stop.is_set()``.
    """

    def __init__(self, pipe: connection.Connection[Any, Any], should_stop: Event) -> None:
        self.should_stop = should_stop
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Send a message to the parent's ``on_message``; any thread may.

        Parameters
        ----------
        message : object
            Anything picklable.
        """
        self._send(Kind.MESSAGE, message)

    def _send(self, kind: Kind, content: object) -> None:
        packed = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._pipe.send_bytes(bytes([kind]) + packed)


def child_main(
    pipe: connection.Connection[Any, Any], should_stop: Event, *, shows_solver_output: bool
) -> None:
    """Receive a job, do it, send its value or error.

    Parameters
    ----------
    pipe : multiprocessing.connection.Connection
        To the parent.
    should_stop : multiprocessing.synchronize.Event
        Handed to the function.
    shows_solver_output : bool
        Whether what compiled code prints goes to standard error, or nowhere.
    """
    _ignore_ctrl_c()
    _leave_standard_output(shows_solver_output)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    channel = Channel(pipe, should_stop)
    with suppress(OSError):  # the parent has gone, and nobody listens
        channel._send(Kind.READY, None)
        try:
            function, args, levels = pickle.loads(pipe.recv_bytes())
            send_records(levels, partial(channel._send, Kind.LOG))
            value = function(channel, *args)
        except Exception as error:
            channel._send(Kind.ERROR, _portable(error))
            return
        try:
            channel._send(Kind.RESULT, value)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            unsent = ChildError(f"the function's value cannot be sent to the parent: {error}")
            channel._send(Kind.ERROR, _portable(unsent))


def _ignore_ctrl_c() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _leave_standard_output(shows_solver_output: bool) -> None:
    """Keep standard output for the parent: Python prints to standard error in its place.

    Compiled code has its own way there. HiGHS prints single lines for its developers even when
    told to be silent; they are dropped unless its log is wanted. What a crash says goes to
    standard error, which stays as it is.
    """
    sys.stdout = sys.stderr
    if shows_solver_output:
        os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != STANDARD_OUTPUT:
        os.dup2(nowhere, STANDARD_OUTPUT)
        os.close(nowhere)


def _end_with_parent() -> None:
    """End this process as soon as the parent is no more."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _portable(error: Exception) -> tuple[Exception, str]:
    """Return an error that survives pickling, and its traceback as text."""
    text = "".join(traceback.format_exception(error))
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:
        copy = None
    if type(copy) is type(error):
        return error, text
    return ChildError(f"{type(error).__name__}: {error}"), text
