"""Signals that ask a process to end: SIGTERM is answered like Ctrl-C, which may have to wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


def is_interrupted_early(arguments: Namespace) -> bool:
    """Whether Ctrl-C came while the command's modules were imported, and was held."""
    return bool(getattr(arguments, "is_interrupted", False))
