"""Signals that ask a process to end: SIGTERM is answered like Ctrl-C, which may have to wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


@contextmanager
def termination_as_ctrl_c() -> Iterator[list[int]]:
    """Hand SIGTERM on to whatever answers Ctrl-C, as long as the block runs.

    Only in the main thread, and only in place of the system's own answer: another handler, or
    a signal that is ignored, is the caller's choice.

    Yields
    ------
    list of int
        Grows by one entry with each SIGTERM.

    Examples
    --------
    >>> with termination_as_ctrl_c() as terminations:
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print(len(terminations))
    1
    """
    terminations: list[int] = []

    def answer(number: int, frame: FrameType | None) -> None:
        terminations.append(number)
        on_ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(on_ctrl_c):
            raise KeyboardInterrupt
        on_ctrl_c(signal.SIGINT, frame)

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield terminations
        return
    signal.signal(signal.SIGTERM, answer)
    try:
        yield terminations
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def ctrl_c_held() -> Iterator[list[int]]:
    """Note the first Ctrl-C while the block runs, instead of raising it; a second one is raised.

    Only in the main thread, and only in place of Python's own handler.

    Yields
    ------
    list of int
        Has an entry once Ctrl-C was pressed.

    Examples
    --------
    >>> with ctrl_c_held() as presses:
    ...     signal.raise_signal(signal.SIGINT)
    >>> len(presses)
    1
    """
    presses: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if presses:
            signal.default_int_handler(number, frame)
        presses.append(number)

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield presses
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def ctrl_c_after() -> Iterator[None]:
    """Raise the first Ctrl-C that comes while the block runs at its end; a second one at once.

    For the first calls of compiled functions: what is raised while one is loaded is lost, because
    LLVM calls back into Python and drops it. Only where `ctrl_c_held` works.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed and the block has raised nothing else.

    Examples
    --------
    >>> try:
    ...     with ctrl_c_after():
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("to its end")
    ... except KeyboardInterrupt:
    ...     print("interrupted")
    to its end
    interrupted
    """
    with ctrl_c_held() as presses:
        yield
    if presses:
        raise KeyboardInterrupt


@contextmanager
def early_ctrl_c_held(arguments: Namespace) -> Iterator[None]:
    """Hold Ctrl-C until a command asks `is_interrupted_early`, or the block ends.

    Parameters
    ----------
    arguments : Namespace
        The command's, which gets ``end_of_hold``.
    """
    with ExitStack() as hold:
        presses = hold.enter_context(ctrl_c_held())

        def end_of_hold() -> bool:
            hold.close()
            return bool(presses)

        arguments.end_of_hold = end_of_hold
        yield


def is_interrupted_early(arguments: Namespace) -> bool:
    """Whether Ctrl-C came before the command's inputs were read, and was held; it is no longer."""
    end_of_hold: Callable[[], bool] | None = getattr(arguments, "end_of_hold", None)
    return end_of_hold is not None and end_of_hold()
